/* SPDX-License-Identifier: MIT
 * The one loop of a process: descriptors and timers, one thread. Everything that net does (http.h, ws.h, server.h, unix.h) hangs
 * on such a loop, and so may anything else that has a descriptor.
 *
 * Callbacks run one at a time, from loop_run() or loop_turn() only. A callback may add, change and drop any descriptor and
 * timer, its own too: what has been dropped is not called any more, even if it was ready in the same turn. Descriptors are
 * level triggered and stay the caller's: drop them here before they are closed. Time is real (clock_mono_ns()): who waits for
 * a time of clock_ms() looks again and again. */
#ifndef OCQ_NET_LOOP_H
#define OCQ_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>

struct loop;

/* Never fails (no descriptor left is die(EX_RETRY)). Call stream_signals() first: a loop stops on SIGTERM and SIGINT. */
struct loop *loop_new(void);
/* After everything that hangs on it has been freed. */
void loop_free(struct loop *l);

/* events: POLLIN and POLLOUT, or 0 for errors alone; revents may add POLLERR and POLLHUP. Files on disk count as always ready. */
typedef void loop_ready(void *arg, short revents);
void loop_fd(struct loop *l, int fd, short events, loop_ready *ready, void *arg);
void loop_fd_events(struct loop *l, int fd, short events);	/* no system call when nothing changes */
void loop_fd_drop(struct loop *l, int fd);			/* a descriptor that is not there is no error */

/* Timers are the caller's memory, all zero before their first use; a set one must not move. It fires once, in order of time. */
typedef void loop_fire(void *arg);
struct loop_timer { int64_t at_ns; size_t place; loop_fire *fire; void *arg; };	/* private; place 0: not set */
/* Set again: replaced. ms <= 0: in the next turn, or this one if it has not come to timers yet. */
void loop_after(struct loop *l, struct loop_timer *t, int64_t ms, loop_fire *fire, void *arg);
void loop_cancel(struct loop *l, struct loop_timer *t);
static inline bool loop_pending(const struct loop_timer *t) { return t->place != 0; }

/* Called each time before the loop waits, when everything that was ready has been handled: the place to flush output. Several may
 * be set; each is known by its function and argument. */
void loop_before_wait(struct loop *l, loop_fire *idle, void *arg);
void loop_before_wait_drop(struct loop *l, loop_fire *idle, void *arg);

/* Until loop_stop() or stream_stop. Returns the status given to loop_stop(), 0 after a signal. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l, int status);
/* One turn, waiting at most ms (-1: as long as it takes) for something to be ready. False once the loop is to stop; it can be
 * turned on then, so that what is under way ends in order. */
bool loop_turn(struct loop *l, int64_t ms);

#endif
