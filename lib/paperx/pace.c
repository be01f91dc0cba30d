/* SPDX-License-Identifier: MIT
 * The exchange's time: the clock's, as commanded, or along a path, where a speed of 0 means one step whenever every subscribed client
 * has answered a ping that was sent behind the data of the step before. */
#include "base/clock.h"
#include "paperx/run.h"

#include <string.h>

#define TICK_MS 10
#define LOCKSTEP_SLACK_MS 70000	/* more than a feed's grace and patience */
#define LOCKSTEP_LOOK_MS 1
#define TURN_NS INT64_C(20000000)	/* of steps at a stretch: clients and signals are heard in between */

static void tick(void *paperx);

static void again_in(struct paperx *p, int64_t ms)
{
	loop_after(p->loop, &p->tick, ms, tick, p);
}

static void publish(struct paperx *p)
{
	if (p->o.clock)
		clock_publish(p->o.clock, venue_now(exchange_core(p->x)));
}

/* ---- a path with a speed ---- */

static int64_t path_now(const struct paperx *p)
{
	return p->began_ms + (int64_t)((double)(clock_mono_ns() - p->began_ns) * 1e-6 * p->o.speed);
}

static void restart_at(struct paperx *p)
{
	p->began_ns = clock_mono_ns();
	p->began_ms = venue_now(exchange_core(p->x));
}

static void path_is_over(struct paperx *p)
{
	if (p->over)
		return;
	p->over = true;
	note("the path is over at step %llu", (unsigned long long)path_position(p->o.path));
	if (p->o.until_end)
		loop_stop(p->loop, EX_OK);
}

static void follow(struct paperx *p)
{
	int64_t now_ms = path_now(p), next_ms, stop_ns = clock_mono_ns() + TURN_NS;

	if (p->hold || p->over)
		return;
	while ((next_ms = path_next(p->o.path)) <= now_ms && !p->failed) {
		if (clock_mono_ns() > stop_ns)
			return;
		path_step(p->o.path);
	}
	if (next_ms == INT64_MAX) {
		path_is_over(p);
		return;
	}
	exchange_advance(p->x, now_ms < next_ms ? now_ms : next_ms);
}

/* Steps are due that did not fit into the turn. */
static bool lags(const struct paperx *p)
{
	return p->o.time == PAPERX_PATH && !p->hold && !p->over && path_next(p->o.path) <= path_now(p);
}

/* ---- as fast as the clients keep up ---- */

static unsigned subscribed(const struct paperx *p)
{
	const struct client *c;
	unsigned n = 0;

	for (c = p->clients; c; c = c->next)
		n += exchange_subscribed(p->x, c->id);
	return n;
}

static void ask_clients(struct paperx *p)
{
	struct client *c;

	p->serial++;
	for (c = p->clients; c; c = c->next) {
		if (!exchange_subscribed(p->x, c->id))
			continue;
		c->waits = true;
		p->waiting++;
		server_ping(c->conn, p->serial);
	}
}

static bool may_step(const struct paperx *p)
{
	return !p->hold && !p->over && !p->failed && !p->waiting && subscribed(p) >= p->o.clients;
}

/* A lane that is through with a step will be with the next one once that has closed, and all bars of it have been waited for. */
static int64_t lockstep_until(const struct paperx *p)
{
	return p->o.lockstep ? clock_published(p->o.lockstep) + 2 * p->o.lockstep_ms + LOCKSTEP_SLACK_MS : INT64_MAX;
}

/* Time goes as far as the lane may see, and from there on as the wall's, until the next prices are due: so that what waits for a time
 * gets there. */
static bool waits_for_lane(struct paperx *p)
{
	int64_t until_ms = lockstep_until(p), next_ms = path_next(p->o.path), now_ms;

	if (next_ms <= until_ms)
		return false;
	if (p->lockstep_ms != until_ms) {
		p->lockstep_ms = until_ms;
		p->lockstep_ns = clock_mono_ns();
	}
	now_ms = until_ms + (clock_mono_ns() - p->lockstep_ns) / 1000000;
	exchange_advance(p->x, now_ms < next_ms ? now_ms : next_ms - 1);
	publish(p);
	again_in(p, LOCKSTEP_LOOK_MS);
	return true;
}

/* One step; the next one follows when all pongs are there, from the loop. */
static void step(struct paperx *p)
{
	if (!may_step(p))
		return;
	if (path_next(p->o.path) == INT64_MAX) {
		path_is_over(p);
		return;
	}
	if (waits_for_lane(p))
		return;
	path_step(p->o.path);
	publish(p);
	ask_clients(p);
	if (!p->waiting)
		again_in(p, 0);
}

static void answered(struct paperx *p, struct client *c)
{
	if (!c->waits)
		return;
	c->waits = false;
	if (!--p->waiting)
		again_in(p, 0);
}

void pace_pong(struct paperx *p, struct client *c, uint64_t cookie)
{
	if (cookie == p->serial)
		answered(p, c);
}

void pace_gone(struct paperx *p, struct client *c)
{
	answered(p, c);
}

/* Somebody new is asked as well before time goes on: what it has sent behind its first subscription is then read. */
void pace_look(struct paperx *p)
{
	if (p->o.time == PAPERX_PATH && p->o.speed == 0 && may_step(p) && !loop_pending(&p->tick)) {
		ask_clients(p);
		if (!p->waiting)
			again_in(p, 0);
	}
}

/* ---- any ---- */

void pace_tick(struct paperx *p)
{
	if (p->o.time == PAPERX_REAL)
		exchange_advance(p->x, clock_ms() + exchange_advanced(p->x));
	else if (p->o.time == PAPERX_PATH && p->o.speed > 0)
		follow(p);
	publish(p);
}

static void tick(void *paperx)
{
	struct paperx *p = paperx;

	if (p->o.time == PAPERX_PATH && p->o.speed == 0) {
		step(p);
		return;
	}
	pace_tick(p);
	again_in(p, lags(p) ? 0 : TICK_MS);
}

void pace_begin(struct paperx *p)
{
	p->hold = p->o.hold;
	restart_at(p);
	publish(p);
	again_in(p, 0);
}

static bool is_word(const char *line, size_t n, const char *word)
{
	return n == strlen(word) && !memcmp(line, word, n);
}

bool pace_control(struct paperx *p, const char *line, size_t n, struct buf *answer)
{
	bool hold = is_word(line, n, "{\"hold\":true}");

	if (!hold && !is_word(line, n, "{\"resume\":true}"))
		return false;
	if (!hold && p->hold)
		restart_at(p);
	p->hold = hold;
	if (!hold)
		pace_look(p);
	buf_adds(answer, "{\"ok\":true}");
	return true;
}
