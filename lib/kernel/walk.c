/* SPDX-License-Identifier: MIT
 * The loop of a sweep. Order and meaning of everything in it: docs/rules/replay.md "The step". */
#include "kernel/walk.h"

#include "kernel/math.h"
#include "kernel/near.h"
#include "kernel/recur.h"

/* ---- looking at columns ---- */

static KERNEL_FN double lag(const double *column, uint32_t at, uint32_t before, uint32_t n)
{
	return before < n ? 0.0 : column[at - n];
}

#ifdef __CUDA_ARCH__
#define FETCH(p) ((void)(p))
#else
#define FETCH(p) __builtin_prefetch(p)
#endif

/* A position is looked at bar after bar, but between two of them come those of other symbols: more streams than a CPU follows
 * by itself. So the bar is asked for beforehand. */
static KERNEL_FN void fetch(const struct walk *w, uint32_t at)
{
	const struct walk_columns *c = &w->rules->columns;

	FETCH(w->market->bars.close + at);
	FETCH(c->ema_fast + at);
	FETCH(c->ema_slow + at);
	FETCH(c->ema_macro + at);
	FETCH(c->adx + at);
	FETCH(c->atr + at);
	FETCH(c->rsi + at);
	FETCH(c->bb_width_ratio + at);
	FETCH(c->macd_hist + at);
}

/* What exit rules read of the bar at `at`, which has `before` bars of its symbol before it. */
static KERNEL_FN void look_exit(struct snapshot *s, const struct walk *w, uint32_t at, uint32_t before)
{
	const struct walk_bars *b = &w->market->bars;
	const struct walk_columns *c = &w->rules->columns;

	s->close = b->close[at];
	s->prev_close = lag(b->close, at, before, 1);
	s->ema_fast = c->ema_fast[at];
	s->ema_slow = c->ema_slow[at];
	s->ema_macro = c->ema_macro[at];
	s->adx = c->adx[at];
	s->adx_slope = s->adx - lag(c->adx, at, before, 1);
	s->atr = c->atr[at];
	s->atr_slope = s->atr - lag(c->atr, at, before, 1);
	s->rsi = c->rsi[at];
	s->bb_width_ratio = c->bb_width_ratio[at];
	s->macd_hist = c->macd_hist[at];
	s->prev_macd_hist = lag(c->macd_hist, at, before, 1);
	s->prev2_macd_hist = lag(c->macd_hist, at, before, 2);
	s->prev3_macd_hist = lag(c->macd_hist, at, before, 3);
	s->funding_rate = 0;
}

/* What entry rules read beyond that. */
static KERNEL_FN void look_entry(struct snapshot *s, const struct walk *w, uint32_t at, uint32_t before)
{
	const struct walk_columns *c = &w->rules->columns;

	s->volume = w->market->bars.volume[at];
	s->vol_sma = c->vol_sma[at];
	s->vol_trend = c->vol_trend[at];
	s->avg_atr = c->avg_atr[at];
	s->stoch_rsi_k = c->stoch_rsi_k[at];
	s->prev_ema_fast = lag(c->ema_fast, at, before, 1);
	s->ema_slow_slope = before < c->slope_back ? 0.0 : ratio_of(s->ema_slow - c->ema_slow[at - c->slope_back], s->close, 0.0);
}

static KERNEL_FN void look(struct snapshot *s, const struct walk *w, uint32_t at, uint32_t before)
{
	look_exit(s, w, at, before);
	look_entry(s, w, at, before);
}

/* Symbol i's row entry of step `step`. */
static KERNEL_FN uint32_t bar_from(const struct walk_market *m, uint32_t step, uint32_t i)
{
	return m->bar_from[(uint64_t)step * m->n_symbols + i];
}

static KERNEL_FN bool has_bar(const struct walk_market *m, uint32_t step, uint32_t i)
{
	return bar_from(m, step + 1, i) != bar_from(m, step, i);
}

/* The last bar before a step; false if there is none. */
static KERNEL_FN bool bar_before(const struct walk_market *m, uint32_t step, uint32_t i, uint32_t *at)
{
	*at = bar_from(m, step, i) - 1;
	return bar_from(m, step, i) > m->first[i];
}

static KERNEL_FN uint8_t btc_trend(const struct walk_market *m, const struct walk_columns *c, uint32_t step)
{
	uint32_t at;

	if ((m->btc < 0 || !bar_before(m, step, (uint32_t)m->btc, &at))
	    && (m->btcusdt < 0 || !bar_before(m, step, (uint32_t)m->btcusdt, &at)))
		return BTC_UNKNOWN;
	return m->bars.close[at] > c->ema_slow[at] ? BTC_BULLISH : BTC_BEARISH;
}

KERNEL_FN void walk_context(struct context *c, const struct walk_market *m, const struct walk_columns *columns, uint32_t step)
{
	uint32_t i, at, up = 0, n = 0;

	for (i = 0; i < m->n_symbols; i++) {
		at = bar_from(m, step, i);
		if (at - m->first[i] < 2)
			continue;
		n++;
		up += columns->ema_fast[at - 1] > columns->ema_slow[at - 1];
	}
	c->breadth = breadth_of(up, n);
	c->btc = btc_trend(m, columns, step);
}

/* ---- where the entry rules speak ---- */

static KERNEL_FN bool speaks(const struct walk *w, uint32_t i, uint32_t step, const struct snapshot *s, struct signal *raw,
			     struct gate_stats *stats)
{
	struct gates g;

	gates_eval(&g, &w->strategy.params, &w->strategy.plan, s, w->market->fresh[i].is_btc, w->rules->marks.btc[step]);
	signal_eval(raw, &w->strategy.params, &w->strategy.plan, s, &g);
	if (stats)
		gate_stats_add(stats, &g, raw->side);
	return raw->side != SIGNAL_NEUTRAL;
}

KERNEL_FN bool walk_entry_bar(const struct walk *w, uint32_t i, uint32_t step, uint32_t *at)
{
	const struct walk_market *m = w->market;

	*at = bar_from(m, step, i);
	return has_bar(m, step, i) && i != m->context_symbol && *at - m->first[i] + 1 >= w->strategy.lookback;
}

KERNEL_FN bool walk_speaks(const struct walk *w, uint32_t i, uint32_t step, uint32_t at, struct walk_spoken *out,
			   struct gate_stats *stats)
{
	struct snapshot s;
	struct signal raw;

	look(&s, w, at, at - w->market->first[i]);
	if (!speaks(w, i, step, &s, &raw, stats))
		return false;
	out->adx_threshold = raw.adx_threshold;
	out->side = raw.side;
	out->confidence = raw.confidence;
	return true;
}

/* The snapshot before the step's bar: of the last bar there was, or of a bank that was never fed. */
static KERNEL_FN bool look_before(struct snapshot *s, const struct walk *w, uint32_t step, uint32_t i)
{
	uint32_t at;

	if (!bar_before(w->market, step, i, &at)) {
		snapshot_init(s);
		return false;
	}
	look(s, w, at, at - w->market->first[i]);
	return true;
}

static KERNEL_FN void hybrid(struct snapshot *s, const struct walk_bars *b, uint32_t at)
{
	struct snapshot base = *s;

	snapshot_hybrid(s, &base, b->t_ms[at], b->open[at], b->high[at], b->low[at], b->close[at]);
}

/* Symbol i at a tick of the step; it has a sub-bar there, and the step has a bar of it. */
static KERNEL_FN void look_tick(struct snapshot *s, const struct walk *w, uint32_t i, uint32_t step, uint32_t tick)
{
	const struct walk_market *m = w->market;
	uint32_t at = bar_from(m, step, i);
	double slope;

	look(s, w, at, at - m->first[i]);
	slope = s->ema_slow_slope;
	if (!m->on_close)
		look_before(s, w, step, i);
	s->ema_slow_slope = slope;
	hybrid(s, &m->entry, m->tick_bar[(uint64_t)tick * m->n_symbols + i]);
}

KERNEL_FN bool walk_tick_speaks(const struct walk *w, uint32_t i, uint32_t step, uint32_t tick)
{
	const struct walk_market *m = w->market;
	struct snapshot s;
	struct signal raw;

	if (m->tick_bar[(uint64_t)tick * m->n_symbols + i] == WALK_NONE || i == m->context_symbol
	    || bar_from(m, step + 1, i) - m->first[i] < w->strategy.lookback)
		return false;
	look_tick(&s, w, i, step, tick);
	return speaks(w, i, step, &s, &raw, 0);
}

/* ---- what comes out ---- */

/* Every opening and every full close passes here. */
static KERNEL_FN void follow(struct walk *w, const struct event *e)
{
	uint64_t bit = (uint64_t)1 << e->symbol % 64;

	if (e->action == ACT_OPEN_LONG || e->action == ACT_OPEN_SHORT)
		w->run.open[e->symbol / 64] |= bit;
	else if (e->action == ACT_CLOSE_LONG || e->action == ACT_CLOSE_SHORT)
		w->run.open[e->symbol / 64] &= ~bit;
}

static KERNEL_FN void take(struct walk *w, const struct event *e)
{
	struct walk_sums *s = &w->sums;

	events_hash_add(&s->hash, e, w->market->fresh[e->symbol].name_hash);
	if (!event_is_finite(e))
		s->overflow = true;
	follow(w, e);
	if (action_is_close(e->action)) {
		s->trades++;
		if (e->pnl_usd > 0) {
			s->wins++;
			s->profit_usd += e->pnl_usd;
		} else if (e->pnl_usd < 0) {
			s->losses++;
			s->loss_usd += e->pnl_usd;
		}
	}
	if (w->log && w->log->n++ < w->log->cap)
		w->log->event[w->log->n - 1] = *e;
}

static KERNEL_FN void take_all(struct walk *w, const struct event *e, int n)
{
	int i;

	for (i = 0; i < n; i++)
		take(w, e + i);
}

/* After a step: the drawdown of the realised balance. The peak starts at the first step's end. */
static KERNEL_FN void take_balance(struct walk *w, uint32_t step)
{
	struct walk_sums *s = &w->sums;
	double balance = w->run.balance_usd, depth, part;

	if (balance > s->peak_usd || step == w->market->first_step)
		s->peak_usd = balance;
	depth = s->peak_usd - balance;
	part = s->peak_usd <= 1e-12 ? 0 : depth / s->peak_usd;
	if (depth > s->max_drawdown_usd)
		s->max_drawdown_usd = depth;
	if (part > s->max_drawdown_pct)
		s->max_drawdown_pct = part;
}

/* ---- the step ---- */

/* One step. Its symbols are looked at in order, 64 at a time. */
struct turn {
	struct walk *w;
	uint32_t step;
	struct context context;
	uint32_t n_cand;
	uint32_t word;			/* the 64 at hand, of which: */
	uint64_t mark, open, marked;	/* marks, positions, marks that matter */
	const struct walk_spoken *spoken;	/* the signals of mark, or NULL */
	/* What the caller of run() knows, so that the rest is not compiled: is there anything finer than bars, and do marks come with
	 * their signals? */
	bool sub_bars, told;
};

/* Is there something finer than the step's bars to look at? */
static KERNEL_FN bool finer_exits(const struct turn *k)
{
	return k->sub_bars && k->w->market->exit_from;
}

static KERNEL_FN bool finer_entries(const struct turn *k)
{
	return k->sub_bars && k->w->market->tick_from;
}

/* The marks that can open a position; all of them where they are told. */
static KERNEL_FN const uint64_t *entering(const struct turn *k)
{
	const struct walk_marks *marks = &k->w->rules->marks;

	return !k->told && marks->enter ? marks->enter : marks->mark;
}

/* The market memory of a symbol at its latest bar, as if every bar had been fed. */
static KERNEL_FN void catch_up(struct walk *w, uint32_t i, uint32_t at)
{
	struct symbol_state *sym = run_symbol(&w->run, i);

	sym->bars = at - w->market->first[i] + 1;
	sym->close = w->market->bars.close[at];
}

/* ---- bars ---- */

/* The signal of a mark and the part of the snapshot that goes with it: spoken, or asked for now. */
static KERNEL_FN bool hear(const struct turn *k, uint32_t bit, struct snapshot *s, struct signal *raw)
{
	const struct walk_market *m = k->w->market;
	const struct walk_columns *c = &k->w->rules->columns;
	uint32_t i = k->word * 64 + bit, at = bar_from(m, k->step, i);
	const struct walk_spoken *spoken = k->spoken;
	struct walk_spoken now;

	if (k->told || spoken) {
		spoken += members(k->mark & (((uint64_t)1 << bit) - 1));
	} else {
		if (!walk_speaks(k->w, i, k->step, at, &now, 0))
			return false;
		spoken = &now;
	}
	raw->side = spoken->side;
	raw->confidence = spoken->confidence;
	raw->adx_threshold = spoken->adx_threshold;
	s->t_ms = m->step_ms[k->step];
	s->close = m->bars.close[at];
	s->adx = c->adx[at];
	s->atr = c->atr[at];
	s->rsi = c->rsi[at];
	s->macd_hist = c->macd_hist[at];
	return true;
}

/* Symbol number `bit` of those at hand. */
static KERNEL_FN void bar(struct turn *k, uint32_t bit)
{
	struct walk *w = k->w;
	const struct walk_market *m = w->market;
	uint32_t i = k->word * 64 + bit, at = bar_from(m, k->step, i);
	bool open = k->open >> bit & 1, marked = k->marked >> bit & 1;
	bool candidate, events = false;
	struct snapshot s;
	struct signal raw;
	struct event ev;

	if (!has_bar(m, k->step, i))
		return;
	near_take(w, i, open);
	catch_up(w, i, at);
	if (open && (marked || !finer_exits(k))) {
		look_exit(&s, w, at, at - m->first[i]);
		s.t_ms = m->step_ms[k->step];
		if (at % 8 == 0)
			fetch(w, at + 8);
	}
	if (!finer_exits(k) && step_exit(&w->run, &w->strategy, i, &s, &ev)) {
		take(w, &ev);
		events = true;
	}
	if (marked && hear(k, bit, &s, &raw)) {
		if (step_signal(&w->run, &w->strategy, &k->context, i, &s, &raw, &ev, w->cand + k->n_cand, &candidate)) {
			take(w, &ev);
			events = true;
		}
		k->n_cand += candidate;
	}
	near_give(w, i, open, events);
}

static KERNEL_FN void rank_and_open(struct turn *k, double equity)
{
	struct walk *w = k->w;
	struct event ev;
	bool last = false;
	uint32_t i;

	rank(w->cand, k->n_cand);
	for (i = 0; i < k->n_cand && !last; i++) {
		if (!step_open(&w->run, &w->strategy, &w->cand[i], equity, &last, &ev))
			continue;
		catch_up(w, ev.symbol, bar_from(w->market, k->step, ev.symbol));	/* near_give() leaves out what has no position */
		take(w, &ev);
		fetch(w, bar_from(w->market, k->step + 1, ev.symbol));
	}
	k->n_cand = 0;
}

/* Those of marked symbols without a position that may get one. */
static KERNEL_FN uint64_t opening(const struct turn *k, uint64_t marked)
{
	struct snapshot s;
	struct signal raw;
	uint64_t todo, set = marked;

	if ((!k->told && !k->spoken) || k->w->run.stats)
		return marked;
	for (todo = marked; todo; todo &= todo - 1) {
		hear(k, lowest(todo), &s, &raw);
		if (!step_may_open(&k->w->strategy, &k->context, &s, &raw))
			set &= ~(todo & -todo);
	}
	return set;
}

/* Of the symbols at hand those with a position, and marked ones that may get one. */
static KERNEL_FN void bars(struct turn *k)
{
	uint64_t at = (uint64_t)k->step * k->w->market->words + k->word, todo;

	k->open = k->w->run.open[k->word];
	k->mark = k->marked = 0;
	if (!finer_entries(k)) {	/* else marks are those of ticks */
		k->mark = k->w->rules->marks.mark[at];
		k->marked = opening(k, entering(k)[at] & ~k->open) | (k->open & k->mark);
	}
	for (todo = k->open | k->marked; todo; todo &= todo - 1)
		bar(k, lowest(todo));
	if (k->spoken)
		k->spoken += members(k->mark);
}

static KERNEL_FN void exit_sub_bars_of(struct turn *k, uint32_t i)
{
	struct walk *w = k->w;
	const struct walk_market *m = w->market;
	uint64_t row = (uint64_t)k->step * m->n_symbols + i;
	uint32_t at = m->exit_from[row], end = m->exit_from[row + m->n_symbols];
	struct snapshot base, s;
	struct event ev;

	if (at == end || (!look_before(&base, w, k->step, i) && m->exit_needs_fed_bar))
		return;
	for (; at < end && w->run.sym[i].pos.open; at++) {
		s = base;
		hybrid(&s, &m->exit, at);
		take_all(w, &ev, step_exit_sub_bar(&w->run, &w->strategy, i, &s, s.t_ms, &ev));
	}
}

static KERNEL_FN void exit_sub_bars(struct turn *k)
{
	uint32_t word;
	uint64_t todo;

	for (word = 0; word < k->w->market->words; word++)
		for (todo = k->w->run.open[word]; todo; todo &= todo - 1)
			exit_sub_bars_of(k, word * 64 + lowest(todo));
}

static KERNEL_FN void tick(struct turn *k, uint32_t tick, const uint64_t *mark, double equity)
{
	struct walk *w = k->w;
	const struct walk_market *m = w->market;
	struct bar_outcome o;
	struct snapshot s;
	struct event ev;
	uint32_t word, i;
	uint64_t todo;

	for (word = 0; word < m->words; word++)
		for (todo = mark[word]; todo; todo &= todo - 1) {
			i = word * 64 + lowest(todo);
			catch_up(w, i, bar_from(m, k->step, i));
			look_tick(&s, w, i, k->step, tick);
			take_all(w, &ev, step_entry_sub_bar(&w->run, &w->strategy, &k->context, i, &s, m->tick_ms[tick], &ev,
							    w->cand + k->n_cand, &o));
			k->n_cand += o.candidate;
		}
	rank_and_open(k, equity);
}

static KERNEL_FN bool any(const uint64_t *mark, uint32_t words)
{
	uint64_t all = 0;
	uint32_t i;

	for (i = 0; i < words; i++)
		all |= mark[i];
	return all != 0;
}

/* Nothing changes the equity between a step's exits and the first tick where a rule speaks. */
static KERNEL_FN void ticks(struct turn *k)
{
	struct walk *w = k->w;
	const struct walk_market *m = w->market;
	double equity = run_equity(&w->run);
	uint32_t t;

	for (t = m->tick_from[k->step]; t < m->tick_from[k->step + 1]; t++) {
		const uint64_t *mark = w->rules->marks.mark + (uint64_t)t * m->words;

		if (!any(mark, m->words))
			continue;
		if (step_entries_full(&w->run, &w->strategy))
			return;
		tick(k, t, mark, equity);
	}
}

static KERNEL_FN void funding(struct turn *k)
{
	struct walk *w = k->w;
	const struct walk_market *m = w->market;
	struct event ev;
	uint32_t hour, i;

	for (hour = m->hour_from[k->step]; hour < m->hour_from[k->step + 1] && w->run.n_open > 0; hour++)
		for (i = 0; i < m->n_symbols; i++) {
			double rate = m->rate[(uint64_t)hour * m->n_symbols + i];

			if (!w->run.sym[i].pos.open || rate != rate)
				continue;
			account_funding(&w->run, i, rate, m->hour_ms[hour], &ev);
			take(w, &ev);
		}
}

/* Can a position be opened at the step's bars, or at any of its ticks? */
static KERNEL_FN bool marked(const struct turn *k)
{
	const struct walk_market *m = k->w->market;
	const uint64_t *mark = entering(k);
	uint32_t from = k->step, to = k->step + 1;

	if (finer_entries(k)) {
		mark = k->w->rules->marks.mark;
		from = m->tick_from[k->step];
		to = m->tick_from[k->step + 1];
	}
	return any(mark + (uint64_t)from * m->words, (to - from) * m->words);
}

static KERNEL_FN void step(struct turn *k)
{
	struct walk *w = k->w;
	const struct walk_market *m = w->market;
	const struct walk_marks *marks = &w->rules->marks;
	double before_usd = w->run.balance_usd;

	k->context.btc = marks->btc[k->step];
	k->context.breadth = marks->breadth[k->step];
	k->spoken = marks->spoken ? marks->spoken + marks->spoken_from[k->step] : 0;
	k->n_cand = w->run.entries = 0;
	for (k->word = 0; k->word < m->words; k->word++)
		bars(k);
	if (k->n_cand)
		rank_and_open(k, run_equity(&w->run));
	if (finer_exits(k) && w->run.n_open > 0)
		exit_sub_bars(k);
	if (finer_entries(k))
		ticks(k);
	if (m->hour_from)
		funding(k);
	if (w->run.balance_usd != before_usd)
		take_balance(w, k->step);
}

static KERNEL_FN void close_out(struct walk *w)
{
	struct event ev;
	uint32_t i;
	int n;

	for (i = 0; i < w->market->n_symbols; i++) {
		n = step_close_out(&w->run, i, w->market->end_ms, &ev);
		if (n < 0) {
			w->sums.no_price = true;
			return;
		}
		take_all(w, &ev, n);
	}
}

KERNEL_FN void walk_begin(struct walk *w, struct symbol_state *sym, uint64_t *open, struct gate_stats *stats, double balance_usd)
{
	const struct walk_sums none = { 0 };
	uint32_t i;

	run_init(&w->run, balance_usd);
	w->run.n_symbols = w->market->n_symbols;
	w->run.sym = sym;
	w->run.stats = stats;
	w->run.open = open;
#ifdef KERNEL_NEAR
	w->run.near = (struct symbol_state *)w->near;
#endif
	w->run.btc = w->market->btc;
	w->run.btcusdt = w->market->btcusdt;
	for (i = 0; i < w->market->n_symbols; i++)
		sym[i] = w->market->fresh[i];
	for (i = 0; i < w->market->words; i++)
		open[i] = 0;
	w->sums = none;
	w->sums.peak_usd = balance_usd;
	events_hash_init(&w->sums.hash);
	if (w->log)
		w->log->n = 0;
}

static KERNEL_FN KERNEL_INTO void run(struct walk *w, bool sub_bars, bool told)
{
	const struct walk_market *m = w->market;
	struct turn k;

	k.w = w;
	k.sub_bars = sub_bars;
	k.told = told;
	for (k.step = m->first_step; k.step < m->end_step; k.step++) {
		if (w->run.n_open > 0 || marked(&k))
			step(&k);
		if (w->log && w->log->equity_usd)
			w->log->equity_usd[k.step - m->first_step] = w->run.balance_usd;
	}
	close_out(w);
}

KERNEL_FN void walk_run(struct walk *w)
{
	run(w, true, false);
}

KERNEL_FN void walk_run_told(struct walk *w)
{
	run(w, true, true);
}

KERNEL_FN void walk_run_plain(struct walk *w)
{
	run(w, false, true);
}
