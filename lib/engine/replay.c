/* SPDX-License-Identifier: MIT
 * The replay loop: timeline, cursors into every symbol's data, sub-bars, funding, the close-out (docs/rules/replay.md). */
#include "engine/run.h"

#include "base/clock.h"
#include "engine/series.h"
#include "engine/stepper.h"
#include "kernel/events_hash.h"
#include "store/columns.h"
#include "store/fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One symbol's place in its data. */
struct track {
	const struct bars *bars;
	struct series series;
	size_t fed;		/* bars fed so far: series index fed - 1 is the latest */
	bool now;		/* the latest bar is the current step's */
	size_t exit_at, entry_at;	/* first sub-bar after the current step */
	size_t rate_at;		/* rates known so far */
};

struct replay {
	const struct market *m;
	struct stepper st;
	struct track *track;
	struct run_streams use;
};

/* The snapshot before the current step's bar: of the bar before, or a bank that was never fed. */
static bool previous_snapshot(const struct track *k, struct snapshot *s)
{
	size_t fed = k->fed - (k->now ? 1 : 0);

	if (fed == 0) {
		snapshot_init(s);
		return false;
	}
	series_snapshot(&k->series, fed - 1, s);
	return true;
}

static void feed_bars(struct replay *r, int64_t t, bool in_window)
{
	struct snapshot s;
	uint32_t i;

	for (i = 0; i < r->m->n_symbols; i++) {
		struct track *k = &r->track[i];

		k->now = k->fed < k->bars->n && k->bars->t_ms[k->fed] == t;
		if (!k->now)
			continue;
		series_reach(&k->series, k->fed);
		series_snapshot(&k->series, k->fed++, &s);
		if (in_window && i != r->m->context_symbol)
			stepper_bar(&r->st, i, &s, !r->use.exits, !r->use.entries);
		else
			stepper_feed(&r->st, i, &s);
	}
}

/* First index whose time is > t, from a cursor that only moves on. */
static size_t after(const struct bars *b, size_t at, int64_t t)
{
	while (at < b->n && b->t_ms[at] <= t)
		at++;
	return at;
}

static void hybrid(struct snapshot *out, const struct snapshot *base, const struct bars *b, size_t i)
{
	snapshot_hybrid(out, base, b->t_ms[i], b->open[i], b->high[i], b->low[i], b->close[i]);
}

/* Exits over (t, next] of every open position, symbol by symbol. */
static void exit_sub_bars(struct replay *r, int64_t t, int64_t next)
{
	struct snapshot base, s;
	uint32_t i;

	for (i = 0; i < r->m->n_symbols && r->st.run.n_open > 0; i++) {
		const struct bars *b = &r->m->exit.of[i];
		struct track *k = &r->track[i];
		size_t at;

		if (!r->st.sym[i].pos.open || b->n == 0)
			continue;
		if (!previous_snapshot(k, &base) && r->st.strategy.params.repair_exit_needs_fed_bar)
			continue;
		k->exit_at = after(b, k->exit_at, t);
		for (at = k->exit_at; at < b->n && b->t_ms[at] <= next && r->st.sym[i].pos.open; at++) {
			hybrid(&s, &base, b, at);
			stepper_exit_sub_bar(&r->st, i, &s, b->t_ms[at]);
		}
	}
}

/* One tick: every symbol that has an indicator bar at this step and an entry sub-bar at exactly this time. */
static void entry_tick(struct replay *r, int64_t tick, int64_t now_ms, const double *equity_usd)
{
	struct snapshot current, base, s;
	uint32_t i;

	for (i = 0; i < r->m->n_symbols; i++) {
		const struct bars *b = &r->m->entry.of[i];
		struct track *k = &r->track[i];

		if (!k->now || k->entry_at >= b->n || b->t_ms[k->entry_at] != tick || i == r->m->context_symbol)
			continue;
		series_snapshot(&k->series, k->fed - 1, &current);
		if (r->use.on_close)
			base = current;
		else
			previous_snapshot(k, &base);
		base.ema_slow_slope = current.ema_slow_slope;
		hybrid(&s, &base, b, k->entry_at);
		stepper_entry_sub_bar(&r->st, i, &s, now_ms);
	}
	stepper_rank(&r->st, now_ms, equity_usd);
}

/* The earliest entry sub-bar of any symbol that is still ahead; INT64_MAX when there is none. */
static int64_t next_tick(const struct replay *r)
{
	int64_t t = INT64_MAX;
	uint32_t i;

	for (i = 0; i < r->m->n_symbols; i++) {
		const struct bars *b = &r->m->entry.of[i];
		size_t at = r->track[i].entry_at;

		if (at < b->n && b->t_ms[at] < t)
			t = b->t_ms[at];
	}
	return t;
}

static void entry_cursors_after(struct replay *r, int64_t t)
{
	uint32_t i;

	for (i = 0; i < r->m->n_symbols; i++)
		r->track[i].entry_at = after(&r->m->entry.of[i], r->track[i].entry_at, t);
}

/* The sub-bar that ends with the indicator bar (or starts there, when its length is unknown). */
static void entry_on_close(struct replay *r, int64_t next, const double *equity_usd)
{
	if (next == INT64_MAX || step_entries_full(&r->st.run, &r->st.strategy))
		return;
	entry_cursors_after(r, next - r->use.entry_ms - 1);
	entry_tick(r, next - r->use.entry_ms, next, equity_usd);
}

static void entry_each_tick(struct replay *r, int64_t t, int64_t next, const double *equity_usd)
{
	int64_t tick;

	entry_cursors_after(r, t);
	while ((tick = next_tick(r)) <= next && tick != INT64_MAX) {
		if (step_entries_full(&r->st.run, &r->st.strategy))
			return;
		entry_tick(r, tick, tick, equity_usd);
		entry_cursors_after(r, tick);
	}
}

static void entry_sub_bars(struct replay *r, int64_t t, int64_t next)
{
	double equity_usd = run_equity(&r->st.run);

	if (r->use.on_close)
		entry_on_close(r, next, &equity_usd);
	else
		entry_each_tick(r, t, next, &equity_usd);
}

/* Hourly boundaries after the previous step, up to this one. */
static void funding(struct replay *r, int64_t previous, int64_t t)
{
	int64_t b;
	uint32_t i;

	for (b = funding_hour_after(previous); b <= t && r->st.run.n_open > 0; b += FUNDING_PERIOD_MS)
		for (i = 0; i < r->m->n_symbols; i++) {
			const struct rates *f = &r->m->funding[i];
			struct track *k = &r->track[i];

			while (k->rate_at < f->n && f->t_ms[k->rate_at] <= b)
				k->rate_at++;
			if (r->st.sym[i].pos.open && r->st.sym[i].bars > 0 && k->rate_at > 0)
				stepper_funding(&r->st, i, f->rate[k->rate_at - 1], b);
		}
}

int64_t funding_hour_after(int64_t previous_ms)
{
	return (previous_ms / FUNDING_PERIOD_MS + 1) * FUNDING_PERIOD_MS;
}

int64_t run_end_ms(const struct market *m)
{
	size_t after = time_upper(m->timeline, m->n_timeline, m->to_ms);

	return after > 0 ? m->timeline[after - 1] : m->to_ms;
}

static bool close_out(struct replay *r, struct errmsg *e)
{
	uint32_t i;

	return stepper_close_out(&r->st, run_end_ms(r->m), &i)
	    || errmsg_set(e, "%s has an open position but no price up to the end of the window", r->m->symbol[i]);
}

static void step(struct replay *r, size_t i)
{
	const struct market *m = r->m;
	int64_t t = m->timeline[i];
	int64_t next = i + 1 < m->n_timeline ? m->timeline[i + 1] : INT64_MAX;

	stepper_begin(&r->st, t);
	feed_bars(r, t, t >= m->from_ms);
	if (t < m->from_ms)
		return;
	stepper_rank(&r->st, t, NULL);
	if (r->use.exits)
		exit_sub_bars(r, t, next);
	if (r->use.entries)
		entry_sub_bars(r, t, next);
	if (m->funding)
		funding(r, i > 0 ? m->timeline[i - 1] : t, t);
	stepper_equity(&r->st, t);
}

static bool check_amounts(const struct replay *r, struct errmsg *e)
{
	const struct event *bad = stepper_overflow(r->st.out);

	return !bad || errmsg_set(e, "%s at %s: " OVERFLOW_TEXT, r->m->symbol[bad->symbol], time_text(bad->t_ms));
}

void events_hash_text(char text[33], const uint64_t bits[2])
{
	snprintf(text, 33, "%016" PRIx64 "%016" PRIx64, bits[0], bits[1]);
}

static void hash_events(struct run_result *out, const struct symbol_state *sym)
{
	struct events_hash h;
	uint64_t bits[2];
	size_t i;

	events_hash_init(&h);
	for (i = 0; i < out->n_events; i++)
		events_hash_add(&h, &out->event[i], sym[out->event[i].symbol].name_hash);
	events_hash_end(&h, bits);
	events_hash_text(out->events_hash, bits);
}

static int find_symbol(void *market, const char *name)
{
	return market_find(market, name);
}

struct run_streams run_streams(const struct market *m, const struct config *c)
{
	bool from_data = c->params.repair_intervals_from_data;
	const char *main_iv = from_data ? m->main.interval : c->engine_interval;

	return (struct run_streams){
		.exits = m->exit.of && strcmp(from_data ? m->exit.interval : c->engine_exit_interval, main_iv) != 0,
		.entries = m->entry.of != NULL,
		.on_close = c->params.engine_signal_on_candle_close,
		.entry_ms = clock_interval_ms(from_data ? m->entry.interval : c->engine_entry_interval),
	};
}

static bool replay_init(struct replay *r, const struct market *m, const struct config *c, const struct run_options *o,
			struct run_result *out, struct errmsg *e)
{
	uint32_t i;

	memset(r, 0, sizeof *r);
	r->m = m;
	if (!stepper_init(&r->st, c, o, out, e))
		return false;
	r->use = run_streams(m, c);
	r->track = xcalloc(m->n_symbols, sizeof *r->track);
	for (i = 0; i < m->n_symbols; i++) {
		r->track[i].bars = &m->main.of[i];
		series_open(&r->track[i].series, &m->main.of[i], &r->st.strategy.params, SERIES_AT_ONCE);
		stepper_insert(&r->st, i, m->symbol[i]);
	}
	if (o->init)
		stepper_import(&r->st, o->init, find_symbol, (void *)m);
	return true;
}

static void replay_release(struct replay *r)
{
	uint32_t i;

	for (i = 0; i < r->m->n_symbols; i++)
		series_close(&r->track[i].series);
	free(r->track);
	stepper_release(&r->st);
}

bool replay_run(struct run_result *out, const struct market *m, const struct config *c, const struct run_options *o,
		struct errmsg *e)
{
	struct replay r;
	bool ok;
	size_t i;

	memset(out, 0, sizeof *out);
	if (!replay_init(&r, m, c, o, out, e))
		return false;
	for (i = 0; i < m->n_timeline && m->timeline[i] <= m->to_ms; i++)
		step(&r, i);
	ok = close_out(&r, e) && check_amounts(&r, e);
	out->initial_balance_usd = o->balance_usd;
	out->final_balance_usd = r.st.run.balance_usd;
	hash_events(out, r.st.sym);
	replay_release(&r);
	if (!ok)
		run_result_release(out);
	return ok;
}

void run_result_release(struct run_result *r)
{
	free(r->event);
	free(r->equity);
	memset(r, 0, sizeof *r);
}
