/* SPDX-License-Identifier: MIT
 * Every decision rule alone, against vectors: gates and signals, filters, exits, sizing, fills, funding, rounding. */
#include "vectors.h"

#include "engine/reason.h"
#include "kernel/math.h"
#include "kernel/step.h"

static struct vectors exits, entries;

static void configure(struct config *c, struct params *p, struct plan *plan, const struct vectors *v, const struct json *overrides)
{
	struct errmsg e;

	config_defaults(c);
	set_params(c, v, overrides);
	if (!config_plan(c, NULL, plan, p, &e))
		die(EX_BUG, "%s", e.text);
}

static void check_gates(const struct vectors *v, const struct json *w, const struct gates *g, const struct params *p, const struct snapshot *s)
{
	CHECK(g->ranging == truth(v, w, "is_ranging"));
	CHECK(g->anomaly == truth(v, w, "is_anomaly"));
	CHECK(g->extended == truth(v, w, "is_extended"));
	CHECK(g->vol_confirm == truth(v, w, "vol_confirm"));
	CHECK(g->trending_up == truth(v, w, "is_trending_up"));
	CHECK(g->adx_above_min == truth(v, w, "adx_above_min"));
	CHECK(g->bullish == truth(v, w, "bullish_alignment"));
	CHECK(g->bearish == truth(v, w, "bearish_alignment"));
	CHECK(g->btc_ok_long == truth(v, w, "btc_ok_long"));
	CHECK(g->btc_ok_short == truth(v, w, "btc_ok_short"));
	CHECK(g->all_pass == truth(v, w, "all_gates_pass"));
	CHECK_SAME(g->min_adx, number(v, w, "effective_min_adx", NAN));
	CHECK_SAME(gates_tp_mult(p, s), number(v, w, "dynamic_tp_mult", NAN));
	CHECK_SAME(g->rsi_long_limit, number(v, w, "rsi_long_limit", NAN));
	CHECK_SAME(g->rsi_short_limit, number(v, w, "rsi_short_limit", NAN));
}

static void check_signal(const struct vectors *v, const struct json *w, const struct signal *got)
{
	const char *mode = word(v, get(v, w, "mode"));

	CHECK(got->side == signal_of(word(v, get(v, w, "side"))));
	CHECK(got->confidence == confidence_of(word(v, get(v, w, "confidence"))));
	CHECK_SAME(got->adx_threshold, number(v, w, "entry_adx_threshold", NAN));
	if (strcmp(mode, "standard_trend") == 0)
		CHECK(got->mode == B_SIGNAL_MODE_STANDARD_TREND);
	if (strcmp(mode, "pullback") == 0)
		CHECK(got->mode == B_SIGNAL_MODE_PULLBACK);
	if (strcmp(mode, "slow_drift") == 0)
		CHECK(got->mode == B_SIGNAL_MODE_SLOW_DRIFT);
}

static void test_gates_and_signals(void)
{
	const struct vectors *v = &entries;
	const struct json *cases = get(v, get(v, get(v, v->doc.tok, "cases"), "gates_and_signals"), "cases");

	for (EACH(x, cases)) {
		const struct json *btc = get(v, x, "btc_bullish");
		struct symbol_state sym;
		struct config c;
		struct params p;
		struct plan plan;
		struct snapshot s;
		struct gates g;
		struct signal sig;

		configure(&c, &p, &plan, v, get(v, x, "config_overrides"));
		snapshot_read(&s, v, get(v, x, "snapshot"));
		s.ema_slow_slope = number(v, x, "ema_slow_slope_pct", 0);
		symbol_init(&sym, word(v, get(v, x, "symbol")), (uint32_t)strlen(word(v, get(v, x, "symbol"))));
		gates_eval(&g, &p, &plan, &s, sym.is_btc,
			   btc->type == JSON_NULL ? BTC_UNKNOWN : btc->type == JSON_TRUE ? BTC_BULLISH : BTC_BEARISH);
		signal_eval(&sig, &p, &plan, &s, &g);
		check_gates(v, get(v, x, "expected_gates"), &g, &p, &s);
		check_signal(v, get(v, x, "expected_signal"), &sig);
		config_release(&c);
	}
}

static void test_entry_filters(void)
{
	const struct vectors *v = &entries;
	const struct json *cases = get(v, v->doc.tok, "cases");
	struct config c;
	struct params p;
	struct plan plan;

	for (EACH(x, get(v, cases, "pesc_minutes"))) {
		configure(&c, &p, &plan, v, NULL);
		p.trade_reentry_cooldown_min_mins = (uint32_t)number(v, x, "min_mins", 0);
		p.trade_reentry_cooldown_max_mins = (uint32_t)number(v, x, "max_mins", 0);
		CHECK(pesc_cooldown_ms(&p, number(v, x, "adx", 0)) == (int64_t)number(v, x, "cooldown_ms", 0));
		config_release(&c);
	}
	for (EACH(y, get(v, cases, "atr_floor"))) {
		configure(&c, &p, &plan, v, NULL);
		p.trade_min_atr_pct = number(v, y, "min_atr_pct", 0);
		CHECK_SAME(atr_floored(&p, number(v, y, "atr", 0), number(v, y, "price", 0)), number(v, y, "expected", NAN));
		config_release(&c);
	}
	for (EACH(z, get(v, cases, "reverse_then_regime"))) {
		const char *const words[] = { "buy", "sell" };
		double breadth = number(v, z, "breadth_pct", 0);
		int i;

		configure(&c, &p, &plan, v, get(v, z, "config_overrides"));
		for (i = 0; i < 2; i++) {
			const struct json *want = get(v, get(v, z, "expected_after_reverse_and_after_regime"), words[i]);
			uint8_t reversed = signal_reverse(&p, signal_of(words[i]), breadth);

			CHECK(reversed == signal_of(word(v, json_at(want, 0))));
			CHECK(signal_regime(&p, reversed, breadth) == signal_of(word(v, json_at(want, 1))));
		}
		config_release(&c);
	}
}

static void test_breadth(void)
{
	const struct vectors *v = &entries;

	for (EACH(x, get(v, get(v, v->doc.tok, "cases"), "breadth"))) {
		const struct json *banks = get(v, x, "prev_ema_fast_slow_and_bar_count");
		struct symbol_state sym[8];
		struct run_state r;
		struct context ctx;
		uint32_t n = 0;

		for (EACH(b, banks)) {
			symbol_init(&sym[n], "X", 1);
			sym[n].ema_fast = number_at(v, b, 0);
			sym[n].ema_slow = number_at(v, b, 1);
			sym[n++].bars = (uint64_t)number_at(v, b, 2);
		}
		run_init(&r, 0);
		run_symbols(&r, sym, n);
		step_begin(&r, &ctx);
		CHECK_SAME(ctx.breadth, number(v, x, "expected", NAN));
		CHECK(ctx.btc == BTC_UNKNOWN);
	}
}

/* BTC's own name in any case is exempt; the anchor is named exactly BTC, else BTCUSDT. */
static void test_btc_anchor(void)
{
	struct symbol_state sym[3];
	struct run_state r;
	struct context ctx;

	symbol_init(&sym[0], "BTC", 3);
	symbol_init(&sym[1], "BTCUSDT", 7);
	symbol_init(&sym[2], "btc", 3);
	CHECK(sym[0].is_btc && !sym[1].is_btc && sym[2].is_btc);
	run_init(&r, 0);
	run_symbols(&r, sym, 3);
	step_begin(&r, &ctx);
	CHECK(ctx.btc == BTC_UNKNOWN);
	sym[1].bars = 1;
	sym[1].close = 2;
	sym[1].ema_slow = 1;
	step_begin(&r, &ctx);
	CHECK(ctx.btc == BTC_BULLISH);
	sym[0].bars = 1;	/* close == ema_slow: equal is bearish, and BTC goes before BTCUSDT */
	step_begin(&r, &ctx);
	CHECK(ctx.btc == BTC_BEARISH);
}

static int by_symbol(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void test_ranking(void)
{
	const struct vectors *v = &entries;
	const struct json *x = get(v, get(v, v->doc.tok, "cases"), "ranking");
	const char *name[16];
	struct candidate cand[16];
	uint32_t i, n = 0;

	for (EACH(k, get(v, x, "candidates")))
		name[n++] = xstrdup(word(v, get(v, k, "symbol")));
	qsort(name, n, sizeof *name, by_symbol);
	for (EACH(c, get(v, x, "candidates")))
		for (i = 0; i < n; i++)
			if (strcmp(name[i], word(v, get(v, c, "symbol"))) == 0) {
				cand[i].entry.symbol = i;
				cand[i].score = rank_score(confidence_of(word(v, get(v, c, "confidence"))), number(v, c, "adx", 0));
				CHECK(cand[i].score == (int32_t)number(v, c, "score", 0));
			}
	rank(cand, n);
	for (i = 0; i < n; i++) {
		CHECK_TEXT(name[cand[i].entry.symbol], word(v, json_at(get(v, x, "expected_order"), i)));
	}
	for (i = 0; i < n; i++)
		free((char *)name[i]);
	CHECK(rank_score(CONFIDENCE_HIGH, NAN) == 200);
}

static void position_read(struct position *pos, const struct vectors *v, const struct json *o)
{
	const struct json *trail = get(v, o, "trailing_sl");

	memset(pos, 0, sizeof *pos);
	pos->open = true;
	pos->side = strcmp(word(v, get(v, o, "side")), "SHORT") == 0 ? SIDE_SHORT : SIDE_LONG;
	pos->entry_price = number(v, o, "entry_price", 0);
	pos->entry_atr = number(v, o, "entry_atr", 0);
	pos->size = number(v, o, "size", 0);
	pos->confidence = confidence_of(word(v, get(v, o, "confidence")));
	pos->entry_adx_threshold = number(v, o, "entry_adx_threshold", 0);
	pos->tp1_taken = truth(v, o, "tp1_taken");
	pos->open_ms = (int64_t)number(v, o, "open_time_ms", 0);
	pos->margin_usd = number(v, o, "margin_used", 0);
	pos->has_trailing = trail && trail->type == JSON_NUMBER;
	pos->trailing_sl = pos->has_trailing ? number(v, o, "trailing_sl", 0) : 0;
}

static void check_exit(const struct vectors *v, const struct json *w, const struct exit_decision *d, const struct position *pos)
{
	const char *action = word(v, get(v, w, "action"));
	const struct json *trail = get(v, w, "trailing_sl_after"), *stop = get(v, w, "composite_sl_price");
	struct event e = { 0 };
	char text[128];

	CHECK(d->kind == (strcmp(action, "hold") == 0 ? EXIT_HOLD : strcmp(action, "full_close") == 0 ? EXIT_FULL : EXIT_PARTIAL));
	CHECK_SAME(d->profit_atr, number(v, w, "profit_atr", NAN));
	CHECK(pos->has_trailing == (trail->type == JSON_NUMBER));
	if (pos->has_trailing)
		CHECK_SAME(pos->trailing_sl, number(v, w, "trailing_sl_after", NAN));
	if (stop && stop->type == JSON_NUMBER)
		CHECK_SAME(d->stop, number(v, w, "composite_sl_price", NAN));
	if (d->kind == EXIT_HOLD)
		return;
	e.reason = d->reason;
	memcpy(e.arg, d->arg, sizeof e.arg);
	reason_text(text, sizeof text, &e);
	CHECK_TEXT(text, word(v, get(v, w, "reason")));
	if (d->kind == EXIT_PARTIAL)
		CHECK_SAME(d->fraction, number(v, w, "fraction", NAN));
	if (d->reason == WHY_FUNDING_HEADWIND)
		CHECK_SAME(d->arg[1], number(v, w, "funding_threshold", NAN));
}

static const char *const behaviour_ids[] = {
#define BEHAVIOUR_GROUP(group)
#define BEHAVIOUR(group, name, id, meaning) id,
#include "kernel/behaviours.def"
#undef BEHAVIOUR
#undef BEHAVIOUR_GROUP
};

/* [{id, enabled} ...]: the exits in another order, some off. */
static void exit_plan(struct plan *plan, const struct vectors *v, const struct json *list)
{
	int b, n = 0;

	for (EACH(x, list))
		for (b = 0; b < N_BEHAVIOURS; b++)
			if (strcmp(behaviour_ids[b], word(v, get(v, x, "id"))) == 0) {
				plan->exits[n++] = (uint8_t)b;
				if (!truth(v, x, "enabled"))
					plan->on &= ~((uint64_t)1 << b);
			}
	CHECK(n == 0 || n == N_EXITS);
}

static void test_exits(void)
{
	const struct vectors *v = &exits;

	for (EACH(x, get(v, v->doc.tok, "exit_eval"))) {
		const struct json *o = get(v, x, "position");
		const char *symbol = word(v, get(v, o, "symbol"));
		unsigned long failed = test_failed;
		struct exit_decision d;
		struct symbol_state sym;
		struct position pos;
		struct snapshot s;
		struct config c;
		struct params p;
		struct plan plan;

		configure(&c, &p, &plan, v, get(v, x, "config"));
		exit_plan(&plan, v, get(v, x, "plan"));
		position_read(&pos, v, o);
		snapshot_read(&s, v, get(v, x, "snapshot"));
		symbol_init(&sym, symbol, (uint32_t)strlen(symbol));
		exit_eval(&d, &pos, &p, &plan, &s, sym.is_paxg, (int64_t)number(v, x, "ts_ms", 0));
		check_exit(v, get(v, x, "expect"), &d, &pos);
		if (test_failed > failed)
			printf("  in exit case %s\n", word(v, get(v, x, "id")));
		config_release(&c);
	}
}

/* The plan's order and switches really steer: the trailing stop before the stop loss, exits off one by one. */
static void test_exit_order(void)
{
	struct exit_decision d;
	struct position pos = { .open = true, .side = SIDE_LONG, .entry_price = 100, .entry_atr = 1, .size = 1,
				.confidence = CONFIDENCE_HIGH, .has_trailing = true, .trailing_sl = 99 };
	struct snapshot s;
	struct config c;
	struct params p;
	struct plan plan;

	configure(&c, &p, &plan, &exits, NULL);
	snapshot_init(&s);
	s.close = 97;
	s.adx = 30;
	s.ema_fast = 2;
	s.ema_slow = 1;
	s.atr = 1;
	exit_eval(&d, &pos, &p, &plan, &s, false, 0);
	CHECK(d.kind == EXIT_FULL && d.reason == WHY_STOP_LOSS);
	plan.exits[0] = B_EXIT_TRAILING_BASE;
	plan.exits[7] = B_EXIT_STOP_LOSS_ASE;
	exit_eval(&d, &pos, &p, &plan, &s, false, 0);
	CHECK(d.kind == EXIT_FULL && d.reason == WHY_TRAILING_STOP);
	plan.on &= ~((uint64_t)1 << B_EXIT_TRAILING_BASE | (uint64_t)1 << B_EXIT_STOP_LOSS_BASE);
	exit_eval(&d, &pos, &p, &plan, &s, false, 0);
	CHECK(d.kind == EXIT_HOLD && !d.has_stop);
	config_release(&c);
}

static void test_sizing(void)
{
	const struct vectors *v = &exits;
	struct config c;
	struct params p;
	struct plan plan;
	struct order o;

	for (EACH(x, get(v, v->doc.tok, "entry_sizing"))) {
		const struct json *w = get(v, x, "expect"), *raw = get(v, w, "raw");
		uint8_t conf = confidence_of(word(v, get(v, x, "confidence")));
		double price = number(v, x, "price", 0), atr = number(v, x, "atr", 0), adx = number(v, x, "adx", 0);
		double equity = number(v, x, "equity", 0);
		uint8_t got;

		configure(&c, &p, &plan, v, get(v, x, "config"));
		entry_raw_size(&o, &p, NULL, conf, price, atr, adx, equity);
		CHECK_SAME(o.size, number(v, raw, "size", NAN));
		CHECK_SAME(o.margin_usd, number(v, raw, "margin", NAN));
		CHECK_SAME(o.leverage, number(v, raw, "leverage", NAN));
		CHECK_SAME(o.notional_usd, number(v, raw, "notional", NAN));
		got = entry_size(&o, &p, NULL, conf, price, atr, adx, equity, number(v, x, "total_margin_used", 0));
		CHECK((got == SIZING_OK) == truth(v, w, "accepted"));
		CHECK((got == SIZING_NO_HEADROOM) == (number(v, w, "headroom", NAN) <= 0));
		if (got == SIZING_OK) {
			CHECK_SAME(o.size, number(v, w, "size", NAN));
			CHECK_SAME(o.margin_usd, number(v, w, "margin", NAN));
			CHECK_SAME(o.notional_usd, number(v, w, "notional", NAN));
		}
		config_release(&c);
	}
	for (EACH(y, get(v, v->doc.tok, "pyramid_sizing"))) {
		const struct json *w = get(v, y, "expect");
		bool got;

		configure(&c, &p, &plan, v, get(v, y, "config"));
		got = add_size(&o, &p, NULL, number(v, y, "equity", 0), number(v, y, "price", 0), number(v, y, "position_leverage", 0),
			       number(v, y, "total_margin_used", 0));
		CHECK(got == truth(v, w, "accepted"));
		CHECK_SAME(o.margin_usd, number(v, w, "add_margin", NAN));
		if (got) {
			CHECK_SAME(o.notional_usd, number(v, w, "add_notional", NAN));
			CHECK_SAME(o.size, number(v, w, "add_size", NAN));
		}
		config_release(&c);
	}
}

static void fill_open(const struct vectors *v, const struct json *x, struct run_state *r, const struct params *p, struct event *ev)
{
	struct entry e = { .side = strcmp(word(v, get(v, x, "side")), "SHORT") == 0, .price = number(v, x, "price", 0),
			   .t_ms = 5 };
	struct order o = { .size = number(v, x, "size", 0), .leverage = 1, .margin_usd = 1 };

	o.notional_usd = o.size * e.price;
	account_open(r, p, &e, &o, ev);
	CHECK(r->n_open == 1 && r->sym[0].last_entry_ms == 5 && r->sym[0].last_exit_ms == T_NEVER);
}

static void fill_add(const struct vectors *v, const struct json *x, struct run_state *r, struct params *p, struct event *ev)
{
	struct entry e = { .price = number(v, x, "add_fill_price", 0), .t_ms = 7 };
	struct order o = { .size = number(v, x, "add_size", 0) };

	p->trade_slippage_bps = 0;
	position_read(&r->sym[0].pos, v, x);
	account_add(r, p, &e, &o, ev);
	CHECK_SAME(r->sym[0].pos.entry_price, number(v, get(v, x, "expect"), "entry_price", NAN));
	CHECK_SAME(r->sym[0].pos.size, number(v, get(v, x, "expect"), "size", NAN));
	CHECK(r->sym[0].pos.adds_count == 1 && r->sym[0].pos.last_add_ms == 7 && r->sym[0].last_entry_ms == 7);
}

static void fill_close(const struct vectors *v, const struct json *x, struct run_state *r, bool full, struct event *ev)
{
	const struct json *w = get(v, x, "expect");
	struct position *pos = &r->sym[0].pos;

	position_read(pos, v, x);
	r->n_open = 1;
	account_close(r, 0, full, number(v, x, "fraction", 0), number(v, x, "price", 0), WHY_STOP_LOSS, NULL, 9, ev);
	CHECK_SAME(ev->size, number(v, w, "closed_size", NAN));
	CHECK_SAME(ev->pnl_usd, number(v, w, "pnl_usd", NAN));
	CHECK_SAME(r->balance_usd, number(v, w, "balance_delta", NAN));
	CHECK(r->sym[0].last_exit_ms == 9 && r->sym[0].last_close_ms == 9 && !r->sym[0].last_close_was_flip);
	CHECK(pos->open == !full && r->n_open == !full);
	if (!full) {
		CHECK(pos->tp1_taken);
		CHECK_SAME(ev->margin_usd, number(v, w, "recorded_margin", NAN));
		CHECK_SAME(pos->size, number(v, w, "remaining_size", NAN));
		CHECK_SAME(pos->margin_usd, number(v, w, "remaining_margin", NAN));
	}
}

static void test_fills(void)
{
	const struct vectors *v = &exits;

	for (EACH(x, get(v, v->doc.tok, "fills"))) {
		const struct json *w = get(v, x, "expect");
		const char *kind = word(v, get(v, x, "kind"));
		struct symbol_state sym;
		struct run_state r;
		struct event ev = { 0 };
		struct config c;
		struct params p;
		struct plan plan;

		configure(&c, &p, &plan, v, NULL);
		symbol_init(&sym, "X", 1);
		run_init(&r, 0);
		run_symbols(&r, &sym, 1);
		p.trade_slippage_bps = number(v, x, "slippage_bps", 0);
		if (strcmp(kind, "open") == 0)
			fill_open(v, x, &r, &p, &ev);
		else if (strcmp(kind, "add") == 0)
			fill_add(v, x, &r, &p, &ev);
		else
			fill_close(v, x, &r, strcmp(kind, "full_close") == 0, &ev);
		if (get(v, w, "fill_price"))
			CHECK_SAME(ev.price, number(v, w, "fill_price", NAN));
		if (get(v, w, "notional"))
			CHECK_SAME(ev.notional_usd, number(v, w, "notional", NAN));
		if (get(v, w, "fee_usd"))
			CHECK_SAME(ev.fee_usd, number(v, w, "fee_usd", NAN));
		config_release(&c);
	}
}

static void test_pesc(void)
{
	const struct vectors *v = &exits;

	for (EACH(x, get(v, v->doc.tok, "pesc"))) {
		const struct json *w = get(v, x, "expect");
		struct symbol_state sym;
		struct snapshot s;
		struct config c;
		struct params p;
		struct plan plan;
		uint8_t got;

		configure(&c, &p, &plan, v, NULL);
		p.trade_enable_ssf_filter = p.trade_enable_reef_filter = false;
		symbol_init(&sym, "X", 1);
		snapshot_init(&s);
		s.adx = number(v, x, "adx", 0);
		sym.last_close_ms = 1000;
		sym.last_close_side = truth(v, x, "same_side") ? SIDE_LONG : SIDE_SHORT;
		sym.last_close_was_flip = strcmp(word(v, get(v, x, "close_reason")), "Signal Flip") == 0;
		got = entry_blocked(&p, &sym, &s, SIGNAL_BUY, CONFIDENCE_HIGH,
				    1000 + (int64_t)number(v, x, "elapsed_minutes", 0) * 60000);
		CHECK((got == BLOCKED_PESC) == truth(v, w, "blocked"));
		if (get(v, w, "cooldown_ms"))
			CHECK(pesc_cooldown_ms(&p, s.adx) == (int64_t)number(v, w, "cooldown_ms", 0));
		config_release(&c);
	}
}

static void test_arithmetic(void)
{
	const struct vectors *v = &exits;

	for (EACH(x, get(v, v->doc.tok, "funding_delta"))) {
		uint8_t side = strcmp(word(v, get(v, x, "side")), "SHORT") == 0 ? SIDE_SHORT : SIDE_LONG;

		CHECK_SAME(funding_delta(side, number(v, x, "size", 0), number(v, x, "mark", 0), number(v, x, "rate", 0)),
			   number(v, x, "expect", NAN));
	}
	for (EACH(q, get(v, v->doc.tok, "quantize")))
		CHECK_SAME(quantise(number(v, q, "x", 0)), number(v, q, "expect", NAN));
	CHECK_SAME(max_f64(NAN, 1), 1);
	CHECK_SAME(max_f64(1, NAN), 1);
	CHECK_SAME(min_f64(2, 1), 1);
	CHECK(trunc_i32(NAN) == 0 && trunc_i32(-1.9) == -1 && trunc_i32(1e300) == INT32_MAX);
	CHECK(trunc_i64(-1e300) == INT64_MIN);
}

static void test_canonical_order(void)
{
	const struct vectors *v = &exits;
	struct plan plan;
	uint32_t i = 0;

	plan_default(&plan);
	for (EACH(x, get(v, v->doc.tok, "canonical_exit_order")))
		CHECK_TEXT(behaviour_ids[plan.exits[i++]], word(v, x));
	CHECK(i == N_EXITS);
}

int main(int argc, char **argv)
{
	(void)argc;
	err_init(argv[0]);
	vectors_load(&exits, "test/fixtures/exits_small.json");
	vectors_load(&entries, "test/fixtures/indicators_small.json");
	test_gates_and_signals();
	test_entry_filters();
	test_breadth();
	test_btc_anchor();
	test_ranking();
	test_exits();
	test_exit_order();
	test_sizing();
	test_fills();
	test_pesc();
	test_arithmetic();
	test_canonical_order();
	vectors_release(&exits);
	vectors_release(&entries);
	return test_end("t_kernel");
}
