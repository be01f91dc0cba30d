/* SPDX-License-Identifier: MIT
 * The order in which one step's rules are applied (docs/rules/replay.md "The step"). */
#include "kernel/step.h"

#include "kernel/math.h"

static KERNEL_FN bool named(const char *name, uint32_t n, const char *upper, uint32_t upper_n, bool any_case)
{
	uint32_t i;

	if (n != upper_n)
		return false;
	for (i = 0; i < n; i++) {
		char c = name[i];

		if (any_case && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c != upper[i])
			return false;
	}
	return true;
}

/* FNV-1a, 64 bits: part of the canonical event stream (docs/parity.md). */
static KERNEL_FN uint64_t name_hash(const char *name, uint32_t n)
{
	uint64_t h = 0xcbf29ce484222325u;
	uint32_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)name[i]) * 0x100000001b3u;
	return h;
}

KERNEL_FN void symbol_init(struct symbol_state *sym, const char *name, uint32_t n)
{
	sym->pos.open = false;
	sym->last_entry_ms = sym->last_exit_ms = sym->last_close_ms = T_NEVER;
	sym->last_close_side = SIDE_LONG;
	sym->last_close_was_flip = false;
	sym->is_btc = named(name, n, "BTC", 3, true);
	sym->is_paxg = named(name, n, "PAXG", 4, true);
	sym->name_hash = name_hash(name, n);
	sym->bars = 0;
	sym->close = sym->ema_fast = sym->ema_slow = 0;
	sym->venue = 0;
}

KERNEL_FN void run_init(struct run_state *r, double balance_usd)
{
	r->balance_usd = balance_usd;
	r->n_open = r->entries = 0;
	r->open = 0;
	r->stats = 0;
#ifdef KERNEL_NEAR
	r->near = 0;
	r->near_at = UINT32_MAX;
#endif
	run_symbols(r, 0, 0);
}

KERNEL_FN void run_symbols(struct run_state *r, struct symbol_state *sym, uint32_t n)
{
	uint64_t btc = name_hash("BTC", 3), btcusdt = name_hash("BTCUSDT", 7);
	uint32_t i;

	r->n_symbols = n;
	r->sym = sym;
	r->btc = r->btcusdt = -1;
	for (i = 0; i < n; i++) {
		if (sym[i].name_hash == btc)
			r->btc = (int32_t)i;
		if (sym[i].name_hash == btcusdt)
			r->btcusdt = (int32_t)i;
	}
}

static KERNEL_FN bool fed(const struct run_state *r, int32_t symbol)
{
	return symbol >= 0 && r->sym[symbol].bars > 0;
}

static KERNEL_FN uint8_t btc_trend(const struct run_state *r)
{
	int32_t i = fed(r, r->btc) ? r->btc : r->btcusdt;

	if (!fed(r, i))
		return BTC_UNKNOWN;
	return r->sym[i].close > r->sym[i].ema_slow ? BTC_BULLISH : BTC_BEARISH;
}

/* Share of symbols in an up-trend. A symbol whose data ended keeps its last vote. */
static KERNEL_FN double breadth(const struct run_state *r)
{
	uint32_t i, up = 0, n = 0;

	for (i = 0; i < r->n_symbols; i++) {
		const struct symbol_state *sym = &r->sym[i];

		if (sym->bars < 2)
			continue;
		n++;
		up += sym->ema_fast > sym->ema_slow;
	}
	return breadth_of(up, n);
}

KERNEL_FN void step_begin(struct run_state *r, struct context *c)
{
	c->btc = btc_trend(r);
	c->breadth = breadth(r);
	r->entries = 0;
}

KERNEL_FN void step_feed(struct run_state *r, uint32_t symbol, const struct snapshot *s)
{
	struct symbol_state *sym = run_symbol(r, symbol);

	sym->bars++;
	sym->close = s->close;
	sym->ema_fast = s->ema_fast;
	sym->ema_slow = s->ema_slow;
}

static KERNEL_FN int try_exit(struct run_state *r, const struct strategy *st, uint32_t symbol, const struct snapshot *s,
			      int64_t now_ms, struct event *ev)
{
	struct symbol_state *sym = run_symbol(r, symbol);
	struct exit_decision d;

	if (cooling(now_ms, sym->last_exit_ms, st->params.trade_exit_cooldown_s))
		return 0;
	exit_eval(&d, &sym->pos, &st->params, &st->plan, s, sym->is_paxg, now_ms);
	if (d.kind == EXIT_HOLD)
		return 0;
	account_close(r, symbol, d.kind == EXIT_FULL, d.fraction, s->close, d.reason, d.arg, now_ms, ev);
	return 1;
}

KERNEL_FN void gate_stats_add(struct gate_stats *n, const struct gates *g, uint8_t side)
{
	n->total_checks++;
	n->neutral += side == SIGNAL_NEUTRAL;
	n->buy += side == SIGNAL_BUY;
	n->sell += side == SIGNAL_SELL;
	n->ranging += g->ranging;
	n->anomaly += g->anomaly;
	n->extension += g->extended;
	n->adx_low += !g->adx_above_min;
	n->adx_not_rising += !g->trending_up;
	n->volume += !g->vol_confirm;
	n->btc += !g->btc_ok_long || !g->btc_ok_short;
}

static KERNEL_FN void count_blocked(struct gate_stats *n, uint8_t why)
{
	if (!n)
		return;
	n->confidence += why == BLOCKED_CONFIDENCE;
	n->pesc += why == BLOCKED_PESC;
	n->ssf += why == BLOCKED_SSF;
	n->reef += why == BLOCKED_REEF;
}

static KERNEL_FN void evaluate(const struct run_state *r, const struct strategy *st, const struct context *c, uint32_t symbol,
			       const struct snapshot *s, struct bar_outcome *out)
{
	gates_eval(&out->gates, &st->params, &st->plan, s, run_symbol(r, symbol)->is_btc, c->btc);
	signal_eval(&out->signal, &st->params, &st->plan, s, &out->gates);
	out->evaluated = true;
}

/* The entry wish behind a raw signal: false if reverse and regime filter leave nothing. */
static KERNEL_FN bool wish(struct entry *e, const struct strategy *st, const struct context *c, uint32_t symbol,
			   const struct snapshot *s, const struct signal *raw, bool sub_bar, int64_t now_ms)
{
	uint8_t side = signal_reverse(&st->params, raw->side, c->breadth);

	side = signal_regime(&st->params, side, c->breadth);
	if (side == SIGNAL_NEUTRAL)
		return false;
	e->symbol = symbol;
	e->side = side == SIGNAL_BUY ? SIDE_LONG : SIDE_SHORT;
	e->confidence = raw->confidence;
	e->sub_bar = sub_bar;
	e->price = s->close;
	e->atr = atr_floored(&st->params, s->atr, s->close);
	e->adx = s->adx;
	e->adx_threshold = raw->adx_threshold;
	e->t_ms = now_ms;
	return true;
}

/* The profit that an add asks for, in current ATRs: half of it while the trend accelerates in a calm market. */
static KERNEL_FN double add_profit_needed(const struct params *p, const struct snapshot *s, uint8_t side)
{
	bool extreme = side == SIDE_LONG ? s->rsi > 65 : s->rsi < 35;

	return s->adx_slope > 0.75 && s->atr_slope <= 0 && !extreme ? p->trade_add_min_profit_atr * 0.5
								    : p->trade_add_min_profit_atr;
}

static KERNEL_FN bool add_allowed(const struct strategy *st, const struct symbol_state *sym, const struct entry *e,
				  const struct snapshot *s)
{
	const struct params *p = &st->params;
	const struct position *pos = &sym->pos;
	double atr, profit;

	if (pos->adds_count >= p->trade_max_adds_per_symbol || e->confidence < p->trade_add_min_confidence)
		return false;
	if ((double)(e->t_ms - pos->last_add_ms) / 60000.0 < (double)p->trade_add_cooldown_minutes)
		return false;
	atr = e->atr > 0 ? e->atr : pos->entry_atr > 0 ? pos->entry_atr : pos->entry_price > 0 ? pos->entry_price * 0.005 : 0;
	if (!(atr > 0))
		return false;
	profit = (pos->side == SIDE_LONG ? e->price - pos->entry_price : pos->entry_price - e->price) / atr;
	if (profit < add_profit_needed(p, s, pos->side))
		return false;
	return !cooling(e->t_ms, sym->last_entry_ms, p->trade_entry_cooldown_s);
}

static KERNEL_FN int try_add(struct run_state *r, const struct strategy *st, const struct entry *e, const struct snapshot *s,
			     struct event *ev)
{
	struct symbol_state *sym = run_symbol(r, e->symbol);
	struct order o;

	if (!st->params.trade_enable_pyramiding || !add_allowed(st, sym, e, s))
		return 0;
	if (!add_size(&o, &st->params, run_venue(r, e->symbol), r->balance_usd, e->price, sym->pos.leverage, run_margin(r)))
		return 0;
	account_add(r, &st->params, e, &o, ev);
	return 1;
}

KERNEL_FN int32_t rank_score(uint8_t confidence, double adx)
{
	return 100 * (int32_t)confidence + trunc_i32(adx);
}

static KERNEL_FN void candidate_make(struct candidate *cand, const struct entry *e)
{
	cand->entry = *e;
	cand->score = rank_score(e->confidence, e->adx);
}

KERNEL_FN int step_exit(struct run_state *r, const struct strategy *st, uint32_t symbol, const struct snapshot *s,
			struct event *ev)
{
	return run_symbol(r, symbol)->pos.open ? try_exit(r, st, symbol, s, s->t_ms, ev) : 0;
}

KERNEL_FN bool step_may_open(const struct strategy *st, const struct context *c, const struct snapshot *s, const struct signal *raw)
{
	struct entry e;
	uint8_t side;

	if (raw->confidence < st->params.trade_entry_min_confidence || !wish(&e, st, c, 0, s, raw, false, 0))
		return false;
	side = e.side == SIDE_LONG ? SIGNAL_BUY : SIGNAL_SELL;
	return !ssf_blocks(&st->params, s, side) && !reef_blocks(&st->params, s, side);
}

KERNEL_FN int step_signal(struct run_state *r, const struct strategy *st, const struct context *c, uint32_t symbol,
			  const struct snapshot *s, const struct signal *raw, struct event *ev, struct candidate *cand,
			  bool *candidate)
{
	struct symbol_state *sym = run_symbol(r, symbol);
	struct entry e;
	uint8_t why;
	int n = 0;

	*candidate = false;
	if (!wish(&e, st, c, symbol, s, raw, false, s->t_ms))
		return 0;
	if (sym->pos.open && sym->pos.side == e.side)
		return try_add(r, st, &e, s, ev);
	if (sym->pos.open) {	/* a flip asks for no confidence and knows no cooldown */
		account_close(r, symbol, true, 1, e.price, WHY_SIGNAL_FLIP, 0, e.t_ms, ev);
		n++;
	}
	why = entry_blocked(&st->params, sym, s, e.side == SIDE_LONG ? SIGNAL_BUY : SIGNAL_SELL, e.confidence, e.t_ms);
	count_blocked(r->stats, why);
	if (why == BLOCKED_NOT) {
		candidate_make(cand, &e);
		*candidate = true;
	}
	return n;
}

KERNEL_FN int step_bar(struct run_state *r, const struct strategy *st, const struct context *c, uint32_t symbol,
		       const struct snapshot *s, bool exits, bool entries, struct event *ev, struct candidate *cand,
		       struct bar_outcome *out)
{
	int n = 0;

	out->evaluated = out->candidate = out->sub_bar = false;
	if (exits)
		n += step_exit(r, st, symbol, s, ev);
	if (run_symbol(r, symbol)->bars < st->lookback)
		return n;
	evaluate(r, st, c, symbol, s, out);
	if (r->stats)
		gate_stats_add(r->stats, &out->gates, out->signal.side);
	if (entries && out->signal.side != SIGNAL_NEUTRAL)
		n += step_signal(r, st, c, symbol, s, &out->signal, ev + n, cand, &out->candidate);
	return n;
}

/* Insertion sort: a handful of candidates, in symbol order already, and stable. */
KERNEL_FN void rank(struct candidate *c, uint32_t n)
{
	uint32_t i, j;

	for (i = 1; i < n; i++) {
		struct candidate x = c[i];

		for (j = i; j > 0 && c[j - 1].score < x.score; j--)
			c[j] = c[j - 1];
		c[j] = x;
	}
}

KERNEL_FN int step_open(struct run_state *r, const struct strategy *st, const struct candidate *c, double equity, bool *last,
			struct event *ev)
{
	const struct params *p = &st->params;
	const struct entry *e = &c->entry;
	const struct symbol_state *sym = run_symbol(r, e->symbol);
	struct order o;
	uint8_t sizing;

	*last = true;
	if (plan_on(&st->plan, B_ENGINE_ENTRY_BUDGET) && r->entries >= p->trade_max_entry_orders_per_loop)
		return 0;
	if (r->n_open >= p->trade_max_open_positions) {
		if (r->stats)
			r->stats->max_positions += !e->sub_bar;
		return 0;
	}
	*last = false;
	if (sym->pos.open || cooling(e->t_ms, sym->last_entry_ms, p->trade_entry_cooldown_s))
		return 0;
	sizing = entry_size(&o, p, run_venue(r, e->symbol), e->confidence, e->price, e->atr, e->adx, equity, run_margin(r));
	if (r->stats && sizing == SIZING_NO_HEADROOM)
		r->stats->margin += !e->sub_bar;
	if (sizing != SIZING_OK)
		return 0;
	account_open(r, p, e, &o, ev);
	r->entries++;
	return 1;
}

KERNEL_FN int step_execute(struct run_state *r, const struct strategy *st, const struct candidate *c, uint32_t n,
			   double equity, struct event *ev)
{
	bool last = false;
	uint32_t i;
	int done = 0;

	for (i = 0; i < n && !last; i++)
		done += step_open(r, st, &c[i], equity, &last, ev + done);
	return done;
}

KERNEL_FN int step_close_out(struct run_state *r, uint32_t symbol, int64_t t_ms, struct event *ev)
{
	const struct symbol_state *sym = run_symbol(r, symbol);

	if (!sym->pos.open)
		return 0;
	if (sym->bars == 0 || !(sym->close > 0))
		return -1;
	account_close(r, symbol, true, 1, sym->close, WHY_END_OF_BACKTEST, 0, t_ms, ev);
	return 1;
}

KERNEL_FN int step_exit_sub_bar(struct run_state *r, const struct strategy *st, uint32_t symbol, const struct snapshot *s,
				int64_t now_ms, struct event *ev)
{
	return try_exit(r, st, symbol, s, now_ms, ev);
}

/* Looked at before each tick even where the plan lifts the budget: docs/parity.md "sub-bar budget". */
KERNEL_FN bool step_entries_full(const struct run_state *r, const struct strategy *st)
{
	return r->entries >= st->params.trade_max_entry_orders_per_loop;
}

KERNEL_FN int step_entry_sub_bar(struct run_state *r, const struct strategy *st, const struct context *c, uint32_t symbol,
				 const struct snapshot *s, int64_t now_ms, struct event *ev, struct candidate *cand,
				 struct bar_outcome *out)
{
	const struct symbol_state *sym = run_symbol(r, symbol);
	struct entry e;
	uint8_t side;

	out->evaluated = out->candidate = false;
	out->sub_bar = true;
	if (sym->bars < st->lookback)
		return 0;
	evaluate(r, st, c, symbol, s, out);
	if (out->signal.side == SIGNAL_NEUTRAL || !wish(&e, st, c, symbol, s, &out->signal, true, now_ms))
		return 0;
	side = e.side == SIDE_LONG ? SIGNAL_BUY : SIGNAL_SELL;
	if (entry_blocked(&st->params, sym, s, side, e.confidence, now_ms) != BLOCKED_NOT)
		return 0;
	if (sym->pos.open)
		return sym->pos.side == e.side ? try_add(r, st, &e, s, ev) : 0;
	candidate_make(cand, &e);
	out->candidate = true;
	return 0;
}

KERNEL_FN void snapshot_hybrid(struct snapshot *out, const struct snapshot *base, int64_t t_ms, double open, double high,
			       double low, double close)
{
	*out = *base;
	out->t_ms = t_ms;
	out->open = open;
	out->high = high;
	out->low = low;
	out->close = close;
}
