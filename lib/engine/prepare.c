/* SPDX-License-Identifier: MIT
 * Makes the tables of kernel/walk.h out of a market; changes when a step's data is chosen otherwise (docs/rules/replay.md). */
#include "engine/prepare.h"

#include "engine/run.h"
#include "store/columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Everything that is allocated for one market, freed together. */
struct blocks { void **at; size_t n, cap; };

static void *block(struct prepared *p, size_t n, size_t size)
{
	struct blocks *b = p->memory;

	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 32;
		b->at = xreallocarray(b->at, b->cap, sizeof *b->at);
	}
	return b->at[b->n++] = xreallocarray(NULL, n ? n : 1, size);
}

void prepared_release(struct prepared *p)
{
	struct blocks *b = p->memory;

	while (b && b->n)
		free(b->at[--b->n]);
	if (b)
		free(b->at);
	free(b);
	memset(p, 0, sizeof *p);
}

/* ---- bars end to end ---- */

static size_t count_bars(const struct market *m, const struct bar_set *set)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; set->of && i < m->n_symbols; i++)
		n += set->of[i].n;
	return n;
}

#define JOIN(member, type) do { \
	type *to_ = block(p, n, sizeof *to_); \
	size_t at_ = 0; \
	for (uint32_t i_ = 0; i_ < p->walk.n_symbols; i_++) { \
		memcpy(to_ + at_, set->of[i_].member, set->of[i_].n * sizeof *to_); \
		at_ += set->of[i_].n; \
	} \
	b->member = to_; \
} while (0)

static void join(struct prepared *p, struct walk_bars *b, const struct bar_set *set, size_t n)
{
	JOIN(t_ms, int64_t);
	JOIN(open, double);
	JOIN(high, double);
	JOIN(low, double);
	JOIN(close, double);
	JOIN(volume, double);
}

static uint32_t *firsts(struct prepared *p, const struct bar_set *set)
{
	uint32_t *first = block(p, p->walk.n_symbols + 1, sizeof *first), i;

	first[0] = 0;
	for (i = 0; i < p->walk.n_symbols; i++)
		first[i + 1] = first[i] + (uint32_t)set->of[i].n;
	return first;
}

/* to[step][i]: the first bar of a set that opens at (or only behind) the step; a last row of ends. */
static const uint32_t *from_table(struct prepared *p, const struct bar_set *set, const uint32_t *first, bool behind)
{
	const struct market *m = p->market;
	uint32_t n = m->n_symbols, *table = block(p, (m->n_timeline + 1) * n, sizeof *table), i;
	size_t step;

	for (i = 0; i < n; i++) {
		const struct bars *b = &set->of[i];
		size_t at = 0;

		for (step = 0; step < m->n_timeline; step++) {
			while (at < b->n && (behind ? b->t_ms[at] <= m->timeline[step] : b->t_ms[at] < m->timeline[step]))
				at++;
			table[step * n + i] = first[i] + (uint32_t)at;
		}
		table[step * n + i] = first[i + 1];
	}
	return table;
}

static bool has_bar(const struct walk_market *w, size_t step, uint32_t i)
{
	return w->bar_from[step * w->n_symbols + i] != w->bar_from[(step + 1) * w->n_symbols + i];
}

static const uint32_t *steps_of(struct prepared *p)
{
	uint32_t *step_of = block(p, p->n_bars, sizeof *step_of), n = p->walk.n_symbols, step, i;

	for (step = 0; step < p->walk.n_steps; step++)
		for (i = 0; i < n; i++)
			if (has_bar(&p->walk, step, i))
				step_of[p->walk.bar_from[(size_t)step * n + i]] = step;
	return step_of;
}

/* ---- ticks ---- */

struct ticks { int64_t *ms; uint32_t *bar; size_t n, cap; };

/* Room for one more tick, without sub-bars yet. */
static uint32_t *tick_add(struct ticks *t, int64_t now_ms, uint32_t n_symbols)
{
	uint32_t i;

	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 1024;
		t->ms = xreallocarray(t->ms, t->cap, sizeof *t->ms);
		t->bar = xreallocarray(t->bar, t->cap, n_symbols * sizeof *t->bar);
	}
	t->ms[t->n] = now_ms;
	for (i = 0; i < n_symbols; i++)
		t->bar[t->n * n_symbols + i] = WALK_NONE;
	return t->bar + t->n++ * n_symbols;
}

/* Sub-bars that open at exactly at_ms, of symbols that have a bar at the step. cursor moves on. */
static bool fill_tick(const struct prepared *p, uint32_t *bar, uint32_t *cursor, const uint32_t *first, size_t step, int64_t at_ms)
{
	const int64_t *t_ms = p->walk.entry.t_ms;
	bool some = false;
	uint32_t i;

	for (i = 0; i < p->walk.n_symbols; i++) {
		while (cursor[i] < first[i + 1] && t_ms[cursor[i]] < at_ms)
			cursor[i]++;
		if (cursor[i] == first[i + 1] || t_ms[cursor[i]] != at_ms || !has_bar(&p->walk, step, i))
			continue;
		bar[i] = cursor[i];
		some = true;
	}
	return some;
}

/* The earliest sub-bar of any symbol that opens behind t_ms; INT64_MAX when there is none. */
static int64_t next_sub_bar(const struct prepared *p, uint32_t *cursor, const uint32_t *first, int64_t t_ms)
{
	const int64_t *at = p->walk.entry.t_ms;
	int64_t next = INT64_MAX;
	uint32_t i;

	for (i = 0; i < p->walk.n_symbols; i++) {
		while (cursor[i] < first[i + 1] && at[cursor[i]] <= t_ms)
			cursor[i]++;
		if (cursor[i] < first[i + 1] && at[cursor[i]] < next)
			next = at[cursor[i]];
	}
	return next;
}

/* A tick where no symbol can do anything is dropped again. */
static void add_tick(struct prepared *p, struct ticks *t, uint32_t *cursor, const uint32_t *first, size_t step, int64_t at_ms, int64_t now_ms)
{
	if (!fill_tick(p, tick_add(t, now_ms, p->walk.n_symbols), cursor, first, step, at_ms))
		t->n--;
}

static void make_ticks(struct prepared *p, const struct run_streams *use)
{
	const struct market *m = p->market;
	const uint32_t *first = firsts(p, &m->entry);
	uint32_t *from = block(p, m->n_timeline + 1, sizeof *from);
	uint32_t *cursor = xreallocarray(NULL, m->n_symbols, sizeof *cursor);
	struct ticks t = { 0 };
	int64_t next, at;
	size_t step;

	memcpy(cursor, first, m->n_symbols * sizeof *cursor);
	for (step = 0; step < m->n_timeline; step++) {
		from[step] = (uint32_t)t.n;
		next = step + 1 < m->n_timeline ? m->timeline[step + 1] : INT64_MAX;
		if (use->on_close && next != INT64_MAX)
			add_tick(p, &t, cursor, first, step, next - use->entry_ms, next);
		for (at = m->timeline[step]; !use->on_close && (at = next_sub_bar(p, cursor, first, at)) <= next && at != INT64_MAX;)
			add_tick(p, &t, cursor, first, step, at, at);
	}
	from[step] = (uint32_t)t.n;
	free(cursor);
	p->n_ticks = (uint32_t)t.n;
	p->walk.tick_from = from;
	p->walk.tick_ms = memcpy(block(p, t.n, sizeof *t.ms), t.n ? t.ms : (void *)from, t.n * sizeof *t.ms);
	p->walk.tick_bar = memcpy(block(p, t.n * m->n_symbols, sizeof *t.bar), t.n ? t.bar : from, t.n * m->n_symbols * sizeof *t.bar);
	free(t.ms);
	free(t.bar);
}

/* ---- funding ---- */

/* The latest rate at or before an hour, NaN when none is known. */
static double rate_at(const struct rates *r, int64_t hour_ms)
{
	size_t known = time_upper(r->t_ms, r->n, hour_ms);

	return known ? r->rate[known - 1] : NAN;
}

static void make_hours(struct prepared *p)
{
	const struct market *m = p->market;
	uint32_t *from = block(p, m->n_timeline + 1, sizeof *from), i;
	int64_t *ms, h;
	double *rate;
	size_t step, n = 0;

	for (step = 0; step < m->n_timeline; step++) {
		from[step] = (uint32_t)n;
		if (step > 0 && m->timeline[step] >= m->from_ms)
			for (h = funding_hour_after(m->timeline[step - 1]); h <= m->timeline[step]; h += FUNDING_PERIOD_MS)
				n++;
	}
	from[step] = (uint32_t)n;
	ms = block(p, n, sizeof *ms);
	rate = block(p, n * m->n_symbols, sizeof *rate);
	for (step = 1; step < m->n_timeline; step++)
		for (n = from[step], h = funding_hour_after(m->timeline[step - 1]); n < from[step + 1]; n++, h += FUNDING_PERIOD_MS) {
			ms[n] = h;
			for (i = 0; i < m->n_symbols; i++)
				rate[n * m->n_symbols + i] = rate_at(&m->funding[i], h);
		}
	p->n_hours = from[m->n_timeline];
	p->walk.hour_from = from;
	p->walk.hour_ms = ms;
	p->walk.rate = rate;
}

/* ---- all of it ---- */

static void make_fresh(struct prepared *p)
{
	const struct market *m = p->market;
	struct symbol_state *fresh = block(p, m->n_symbols, sizeof *fresh);
	struct run_state run;
	uint32_t i;

	for (i = 0; i < m->n_symbols; i++)
		symbol_init(&fresh[i], m->symbol[i], (uint32_t)strlen(m->symbol[i]));
	run_symbols(&run, fresh, m->n_symbols);
	p->walk.fresh = fresh;
	p->walk.btc = run.btc;
	p->walk.btcusdt = run.btcusdt;
}

static bool fits(const struct market *m, struct errmsg *e)
{
	uint64_t cells = (uint64_t)(m->n_timeline + 1) * m->n_symbols;

	if (m->n_symbols > WALK_SYMBOLS_MAX)
		return errmsg_set(e, "%u symbols; a sweep takes at most %d", m->n_symbols, WALK_SYMBOLS_MAX);
	if (cells >= UINT32_MAX || count_bars(m, &m->main) >= UINT32_MAX || count_bars(m, &m->exit) >= UINT32_MAX
	    || count_bars(m, &m->entry) >= UINT32_MAX)
		return errmsg_set(e, "too many bars: a sweep takes less than 4294967295 of each kind; choose a window with --from and --to");
	return true;
}

bool prepare(struct prepared *p, const struct market *m, const struct config *c, struct errmsg *e)
{
	struct run_streams use = run_streams(m, c);
	struct walk_market *w = &p->walk;

	memset(p, 0, sizeof *p);
	if (!fits(m, e))
		return false;
	p->market = m;
	p->memory = xcalloc(1, sizeof(struct blocks));
	w->n_symbols = m->n_symbols;
	w->words = (m->n_symbols + 63) / 64;
	w->n_steps = (uint32_t)m->n_timeline;
	w->first_step = (uint32_t)time_lower(m->timeline, m->n_timeline, m->from_ms);
	w->end_step = (uint32_t)time_upper(m->timeline, m->n_timeline, m->to_ms);
	w->context_symbol = m->context_symbol;
	w->end_ms = run_end_ms(m);
	w->step_ms = m->timeline;
	p->n_bars = (uint32_t)count_bars(m, &m->main);
	w->first = firsts(p, &m->main);
	join(p, &w->bars, &m->main, p->n_bars);
	w->bar_from = from_table(p, &m->main, w->first, false);
	p->step_of = steps_of(p);
	if (use.exits) {
		p->n_exit_bars = (uint32_t)count_bars(m, &m->exit);
		join(p, &w->exit, &m->exit, p->n_exit_bars);
		w->exit_from = from_table(p, &m->exit, firsts(p, &m->exit), true);
	}
	if (use.entries) {
		p->n_entry_bars = (uint32_t)count_bars(m, &m->entry);
		join(p, &w->entry, &m->entry, p->n_entry_bars);
		make_ticks(p, &use);
	}
	if (m->funding)
		make_hours(p);
	w->on_close = use.on_close;
	w->exit_needs_fed_bar = c->params.repair_exit_needs_fed_bar;
	make_fresh(p);
	return true;
}
