/* SPDX-License-Identifier: MIT
 * The loop on epoll, so that a thousand idle descriptors cost nothing, with timers in a heap. */
#include "net/loop.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/stream.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define AT_ONCE 64

/* Of a descriptor, at its number. born tells it from the one that had the number before and whose event is still in `ready`. */
struct watch { loop_ready *ready; void *arg; uint32_t born; short events; bool disk; };
struct hook { loop_fire *fire; void *arg; };

struct loop {
	int epoll, status;
	int stop_fd;			/* -1: not watched yet, -2: has told */
	bool stopping;
	struct watch *watch;
	int watches, disks;		/* disks: files that epoll does not take, always ready */
	uint32_t born;
	struct loop_timer **heap;	/* from 1; a timer's place is its index */
	size_t timers, heap_cap;
	struct hook *hook;
	size_t hooks;
};

struct loop *loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof *l);

	l->stop_fd = -1;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		die_sys(EX_RETRY, "no event loop");
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	close(l->epoll);
	free(l->watch);
	free(l->heap);
	free(l->hook);
	free(l);
}

/* ---- descriptors ---- */

_Static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLERR == EPOLLERR && POLLHUP == EPOLLHUP,
	       "poll and epoll have the same bits");

static int control(struct loop *l, int op, int fd)
{
	const struct watch *w = l->watch + fd;
	struct epoll_event e = { .events = (uint32_t)w->events, .data.u64 = (uint64_t)w->born << 32 | (uint32_t)fd };

	return epoll_ctl(l->epoll, op, fd, &e);
}

static void watch_room(struct loop *l, int fd)
{
	int n = l->watches ? l->watches : 64;

	while (n <= fd)
		n *= 2;
	if (n == l->watches)
		return;
	l->watch = xreallocarray(l->watch, (size_t)n, sizeof *l->watch);
	for (; l->watches < n; l->watches++)
		l->watch[l->watches] = (struct watch){ 0 };
}

void loop_fd(struct loop *l, int fd, short events, loop_ready *ready, void *arg)
{
	struct watch *w;

	loop_fd_drop(l, fd);
	watch_room(l, fd);
	w = l->watch + fd;
	*w = (struct watch){ ready, arg, ++l->born, events, false };
	if (control(l, EPOLL_CTL_ADD, fd) == 0)
		return;
	if (errno != EPERM)
		die_sys(EX_RETRY, "descriptor %d cannot be waited for", fd);
	w->disk = true;
	l->disks++;
}

void loop_fd_events(struct loop *l, int fd, short events)
{
	struct watch *w = l->watch + fd;

	if (fd >= l->watches || !w->ready || w->events == events)
		return;
	w->events = events;
	if (!w->disk && control(l, EPOLL_CTL_MOD, fd) < 0)
		die_sys(EX_RETRY, "descriptor %d cannot be waited for", fd);
}

/* It may be closed already: libcurl closes its sockets before it says so. */
void loop_fd_drop(struct loop *l, int fd)
{
	struct watch *w = l->watch + fd;

	if (fd < 0 || fd >= l->watches || !w->ready)
		return;
	if (w->disk)
		l->disks--;
	else
		control(l, EPOLL_CTL_DEL, fd);
	*w = (struct watch){ 0 };
}

static void dispatch(struct loop *l, const struct epoll_event *e)
{
	const struct watch *w = l->watch + (uint32_t)e->data.u64;

	if (w->ready && w->born == e->data.u64 >> 32)
		w->ready(w->arg, (short)e->events);
}

static void dispatch_disks(struct loop *l)
{
	int fd;

	for (fd = 0; l->disks && fd < l->watches; fd++)
		if (l->watch[fd].disk && l->watch[fd].events)
			l->watch[fd].ready(l->watch[fd].arg, l->watch[fd].events);
}

/* ---- timers ---- */

static void put(struct loop *l, size_t place, struct loop_timer *t)
{
	l->heap[place] = t;
	t->place = place;
}

static void rise(struct loop *l, struct loop_timer *t)
{
	size_t at = t->place;

	for (; at > 1 && l->heap[at / 2]->at_ns > t->at_ns; at /= 2)
		put(l, at, l->heap[at / 2]);
	put(l, at, t);
}

static void sink(struct loop *l, struct loop_timer *t)
{
	size_t at = t->place, child;

	for (; (child = 2 * at) <= l->timers; at = child) {
		if (child < l->timers && l->heap[child + 1]->at_ns < l->heap[child]->at_ns)
			child++;
		if (l->heap[child]->at_ns >= t->at_ns)
			break;
		put(l, at, l->heap[child]);
	}
	put(l, at, t);
}

void loop_cancel(struct loop *l, struct loop_timer *t)
{
	struct loop_timer *last;

	if (!t->place)
		return;
	last = l->heap[l->timers--];
	if (last != t) {
		put(l, t->place, last);
		rise(l, last);
		sink(l, last);
	}
	t->place = 0;
}

void loop_after(struct loop *l, struct loop_timer *t, int64_t ms, loop_fire *fire, void *arg)
{
	loop_cancel(l, t);
	if (l->timers + 2 > l->heap_cap) {
		l->heap_cap = l->heap_cap ? l->heap_cap * 2 : 64;
		l->heap = xreallocarray(l->heap, l->heap_cap, sizeof *l->heap);
	}
	*t = (struct loop_timer){ clock_mono_ns() + (ms > 0 ? ms * 1000000 : 0), 0, fire, arg };
	put(l, ++l->timers, t);
	rise(l, t);
}

/* What these set for now waits for the next turn. */
static void fire_timers(struct loop *l)
{
	int64_t now = l->timers ? clock_mono_ns() : 0;
	struct loop_timer *t;

	while (l->timers && l->heap[1]->at_ns <= now) {
		t = l->heap[1];
		loop_cancel(l, t);
		t->fire(t->arg);
	}
}

/* Until the first timer, in whole milliseconds: not before it. */
static int64_t until_timer(const struct loop *l, int64_t ms)
{
	int64_t ns;

	if (!l->timers)
		return ms;
	ns = l->heap[1]->at_ns - clock_mono_ns();
	ns = ns > 0 ? (ns + 999999) / 1000000 : 0;
	return ms < 0 || ns < ms ? ns : ms;
}

/* ---- turns ---- */

void loop_before_wait(struct loop *l, loop_fire *idle, void *arg)
{
	size_t i;

	for (i = 0; i < l->hooks && l->hook[i].fire; i++)
		;
	if (i == l->hooks)
		l->hook = xreallocarray(l->hook, ++l->hooks, sizeof *l->hook);
	l->hook[i] = (struct hook){ idle, arg };
}

void loop_before_wait_drop(struct loop *l, loop_fire *idle, void *arg)
{
	size_t i;

	for (i = 0; i < l->hooks; i++)
		if (l->hook[i].fire == idle && l->hook[i].arg == arg)
			l->hook[i].fire = NULL;		/* its place is for the next one: turns may be going through them */
}

/* Whoever is asked to stop need not be told twice: later turns wait again. */
static void watch_stop(struct loop *l)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = UINT64_MAX };

	if (l->stop_fd == -1 && (l->stop_fd = stream_stop_fd()) >= 0)
		epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->stop_fd, &e);
	if (l->stop_fd >= 0 && stream_stop) {
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, l->stop_fd, &e);
		l->stop_fd = -2;
	}
}

bool loop_turn(struct loop *l, int64_t ms)
{
	struct epoll_event ready[AT_ONCE];
	size_t h;
	int n, i;

	watch_stop(l);
	for (h = 0; h < l->hooks; h++)
		if (l->hook[h].fire)
			l->hook[h].fire(l->hook[h].arg);
	ms = l->disks ? 0 : until_timer(l, ms);
	n = epoll_wait(l->epoll, ready, AT_ONCE, ms > INT_MAX ? INT_MAX : (int)ms);
	if (n < 0 && errno != EINTR)
		die_sys(EX_RETRY, "no event loop");
	for (i = 0; i < n; i++)
		if (ready[i].data.u64 != UINT64_MAX)
			dispatch(l, ready + i);
	dispatch_disks(l);
	fire_timers(l);
	return !l->stopping && !stream_stop;
}

int loop_run(struct loop *l)
{
	int status;

	while (!l->stopping && !stream_stop)
		loop_turn(l, -1);
	status = l->status;
	l->stopping = false;
	l->status = 0;
	return status;
}

void loop_stop(struct loop *l, int status)
{
	l->stopping = true;
	l->status = status;
}
