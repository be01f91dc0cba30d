/* SPDX-License-Identifier: MIT
 * What a run leaves behind: sentences of reasons, figures, the report, the trade CSV, imported state. */
#include "test.h"

#include "base/buf.h"
#include "base/stream.h"
#include "engine/metrics.h"
#include "engine/reason.h"
#include "engine/rebuild.h"
#include "json/json.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define DAY 86400000

/* Reasons */

static void check_sentence(int reason, int confidence, double a, double b, double c, const char *want)
{
	struct event e = { .reason = (uint8_t)reason, .confidence = (uint8_t)confidence, .arg = { a, b, c } };
	char text[128];

	CHECK(reason_text(text, sizeof text, &e) == strlen(want));
	CHECK_TEXT(text, want);
	CHECK(reason_parse(text) == reason);
}

static void test_sentences(void)
{
	check_sentence(WHY_ENTRY, CONFIDENCE_HIGH, 0, 0, 0, "High entry");
	check_sentence(WHY_ENTRY, CONFIDENCE_LOW, 0, 0, 0, "Low entry");
	check_sentence(WHY_ENTRY_SUB_BAR, CONFIDENCE_MEDIUM, 0, 0, 0, "Medium entry (sub-bar)");
	check_sentence(WHY_PYRAMID, 0, 2, 0, 0, "Pyramid #2");
	check_sentence(WHY_STOP_LOSS, 0, 0, 0, 0, "Stop Loss");
	check_sentence(WHY_TAKE_PROFIT, 0, 0, 0, 0, "Take Profit");
	check_sentence(WHY_TAKE_PROFIT_PARTIAL, 0, 0, 0, 0, "Take Profit (Partial)");
	check_sentence(WHY_TREND_EXHAUSTION, 0, 18, 0, 0, "Trend Exhaustion (ADX < 18)");
	check_sentence(WHY_TREND_EXHAUSTION, 0, 27.5, 0, 0, "Trend Exhaustion (ADX < 27.5)");
	check_sentence(WHY_STAGNATION, 0, 0.125, 0.375, 0, "Stagnation Exit (Low Vol: 0.12 < 0.38)");	/* halves to even */
	check_sentence(WHY_FUNDING_HEADWIND, 0, 0.00012, 0.35, 3, "Funding Headwind Exit (FR: 0.000120, Thr: 0.35, Dur: 3.0h)");
	check_sentence(WHY_TSME, 0, 51.25, -0.5, 0, "Trend Saturation Momentum Exhaustion (ADX: 51.2, ADX_slope: -0.50)");
	check_sentence(WHY_MMDE, 0, 1.75, 0, 0, "MACD Persistent Divergence (Profit: 1.75 ATR)");
	check_sentence(WHY_RSI_OVERBOUGHT, 0, 81.06, 80, 0, "RSI Overbought (81.1, Thr: 80)");
	check_sentence(WHY_RSI_OVERSOLD, 0, 19.94, 20.5, 0, "RSI Oversold (19.9, Thr: 20.5)");
	check_sentence(WHY_FUNDING_PAYMENT, 0, -0.0000125, 0, 0, "Funding rate=-0.000013");
	check_sentence(WHY_END_OF_BACKTEST, 0, 0, 0, 0, "End of Backtest");
}

static void test_sentence_is_cut_at_cap(void)
{
	struct event e = { .reason = WHY_RSI_OVERBOUGHT, .arg = { 81.06, 80 } };
	char text[128], whole[128];
	size_t cap;

	reason_text(whole, sizeof whole, &e);
	for (cap = 1; cap < 40; cap++) {
		memset(text, 'x', sizeof text);
		CHECK(reason_text(text, cap, &e) == (strlen(whole) < cap ? strlen(whole) : cap - 1));
		CHECK(strlen(text) < cap && !strncmp(text, whole, strlen(text)) && text[cap] == 'x');
	}
}

static void test_names(void)
{
	int i;

	for (i = 0; i < N_REASONS; i++) {
		struct event e = { .reason = (uint8_t)i, .arg = { 1, 2, 3 } };
		char text[128];

		reason_text(text, sizeof text, &e);
		CHECK(reason_parse(text) == i);
		CHECK(reason_code_of(i) != CODE_UNKNOWN);
	}
	for (i = 0; i <= ACT_FUNDING; i++)
		CHECK(action_parse(action_name(i)) == i);
	for (i = CONFIDENCE_LOW; i <= CONFIDENCE_HIGH; i++)
		CHECK(confidence_parse(confidence_name(i)) == i);
	CHECK(confidence_parse("HIGH") == CONFIDENCE_HIGH);
	CHECK(confidence_parse("none") == -1 && action_parse("OPEN") == -1 && action_parse("") == -1);
	CHECK(reason_parse("Stop Los") == -1 && reason_parse("Stop Loss!") == -1 && reason_parse("") == -1);
	CHECK(reason_parse("RSI Overbought (81.1, Thr: 80") == -1);
	CHECK_TEXT(reason_code_name(CODE_EXIT_FILTER), "exit_filter");
	CHECK_TEXT(reason_category(WHY_MACRO_BREAKOUT), "EMA Macro Breakdown");
	CHECK_TEXT(reason_category(WHY_ENTRY), "");
}

/* Figures */

static struct buf text;
static struct json_doc doc;

static bool load(const char *path)
{
	struct errmsg e;

	buf_clear(&text);
	json_release(&doc);
	return CHECK(buf_read_file(&text, path, (size_t)1 << 28, &e)) && CHECK(json_parse(&doc, text.data, text.len, &e));
}

static double number(const struct json *object, const char *key)
{
	double v = NAN;

	CHECK(json_f64(&doc, json_get(&doc, object, key), &v));
	return v;
}

static double element(const struct json *array, uint32_t i)
{
	double v = NAN;

	CHECK(json_f64(&doc, json_at(array, i), &v));
	return v;
}

static const char *word(const struct json *v)
{
	static char dst[4][128];
	static int n;
	char *d = dst[n++ & 3];

	CHECK(json_str(&doc, v, d, 128));
	return d;
}

static void check_figures(const struct metrics *m, const struct json *want)
{
	CHECK_SAME(m->total_pnl, number(want, "total_pnl"));
	CHECK_SAME((double)m->total_trades, number(want, "total_trades"));
	CHECK_SAME((double)m->total_wins, number(want, "total_wins"));
	CHECK_SAME((double)m->total_losses, number(want, "total_losses"));
	CHECK_SAME(m->win_rate, number(want, "win_rate"));
	CHECK_SAME(m->profit_factor, number(want, "profit_factor"));
	CHECK_SAME(m->avg_trade_pnl, number(want, "avg_trade_pnl"));
	CHECK_SAME(m->avg_win, number(want, "avg_win"));
	CHECK_SAME(m->avg_loss, number(want, "avg_loss"));
	CHECK_SAME(m->total_fees, number(want, "total_fees"));
}

static void test_report_vector(void)
{
	const struct json *report, *trades, *curve, *want;
	struct run_result r = { 0 };
	struct metrics m;

	if (!load("test/fixtures/exits_small.json"))
		return;
	report = json_get(&doc, doc.tok, "report");
	trades = json_get(&doc, report, "trades");
	curve = json_get(&doc, report, "equity_curve");
	want = json_get(&doc, report, "expect");
	r.event = calloc(trades->size, sizeof *r.event);
	r.equity = calloc(curve->size, sizeof *r.equity);
	for (; r.n_events < trades->size; r.n_events++) {
		const struct json *t = json_at(trades, (uint32_t)r.n_events);

		r.event[r.n_events].action = (uint8_t)action_parse(word(json_get(&doc, t, "action")));
		r.event[r.n_events].pnl_usd = number(t, "pnl");
		r.event[r.n_events].fee_usd = number(t, "fee");
	}
	for (; r.n_equity < curve->size; r.n_equity++) {
		const struct json *p = json_at(curve, (uint32_t)r.n_equity);

		r.equity[r.n_equity] = (struct equity_point){ (int64_t)element(p, 0), element(p, 1) };
	}
	r.initial_balance_usd = number(report, "initial_balance");
	r.final_balance_usd = number(report, "final_balance");
	metrics_compute(&m, &r);
	check_figures(&m, want);
	CHECK_SAME(m.sharpe_ratio, number(want, "sharpe_ratio"));
	CHECK_SAME(m.max_drawdown_usd, number(want, "max_drawdown_usd"));
	CHECK_SAME(m.max_drawdown_pct, number(want, "max_drawdown_pct"));
	free(r.event);
	free(r.equity);
}

/* Every trade of a scenario through the records, as ocq-report takes them. */
static void check_scenario(const struct json *scenario)
{
	const struct json *want = json_get(&doc, scenario, "expect"), *trades = json_get(&doc, want, "trades"), *t;
	struct record rec = { .type = REC_event };
	struct rec_event *e = &rec.u.event;
	struct rebuilt run = { 0 };
	struct metrics m;
	struct errmsg err;
	uint32_t i;

	for (i = 0; i < trades->size; i++) {
		t = json_at(trades, i);
		e->t_ms = (int64_t)element(t, 0);
		snprintf(e->symbol, sizeof e->symbol, "%s", word(json_at(t, 1)));
		snprintf(e->action, sizeof e->action, "%s", word(json_at(t, 2)));
		e->price = element(t, 3);
		e->size = element(t, 4);
		snprintf(e->reason, sizeof e->reason, "%s", word(json_at(t, 6)));
		snprintf(e->confidence, sizeof e->confidence, "%s", word(json_at(t, 7)));
		e->pnl_usd = element(t, 8);
		e->fee_usd = element(t, 9);
		e->balance_usd = element(t, 10);
		CHECK(rebuild_add(&run, &rec, &err));
	}
	rebuild_end(&run);
	run.run.initial_balance_usd = number(doc.tok, "initial_balance");
	CHECK_SAME(run.run.final_balance_usd, number(want, "final_balance"));
	metrics_compute(&m, &run.run);
	check_figures(&m, json_get(&doc, want, "metrics"));
	rebuild_release(&run);
}

static void test_replay_vectors(void)
{
	const struct json *all;
	uint32_t i;

	if (!load("test/fixtures/replay_small.json"))
		return;
	all = json_get(&doc, doc.tok, "scenarios");
	CHECK(all && all->size == 4);
	for (i = 0; all && i < all->size; i++)
		check_scenario(json_at(all, i));
}

static struct metrics figures(struct event *e, size_t n, struct equity_point *p, size_t points)
{
	struct run_result r = { .initial_balance_usd = 100, .final_balance_usd = 100, .event = e, .n_events = n, .equity = p, .n_equity = points };
	struct metrics m;

	metrics_compute(&m, &r);
	return m;
}

static struct event closed(double pnl)
{
	return (struct event){ .action = ACT_CLOSE_LONG, .reason = WHY_STOP_LOSS, .pnl_usd = pnl, .fee_usd = 0.25 };
}

static void test_profit_factor(void)
{
	struct event e[3] = { closed(2), closed(0), closed(-1e-12) };

	CHECK_SAME(figures(NULL, 0, NULL, 0).profit_factor, 0);
	CHECK_SAME(figures(e, 1, NULL, 0).profit_factor, INFINITY);
	CHECK_SAME(figures(e + 1, 1, NULL, 0).profit_factor, 0);
	CHECK_SAME(figures(e, 3, NULL, 0).profit_factor, INFINITY);	/* a loss of 1e-12 is none */
	e[2].pnl_usd = -4;
	CHECK_SAME(figures(e, 3, NULL, 0).profit_factor, 0.5);
	CHECK(figures(e, 3, NULL, 0).total_wins == 1 && figures(e, 3, NULL, 0).total_losses == 1);
}

static void test_order_of_sums(void)
{
	struct event e[3] = { closed(1e16), closed(1), closed(1) };	/* each 1 alone is lost beside 1e16 */

	e[0].fee_usd = 1e16;
	e[1].fee_usd = e[2].fee_usd = 1;
	CHECK_SAME(figures(e, 3, NULL, 0).avg_win, 1e16 / 3);
	CHECK_SAME(figures(e, 3, NULL, 0).total_fees, 1e16);
	e[0].pnl_usd = 1;
	e[2].pnl_usd = 1e16;
	CHECK_SAME(figures(e, 3, NULL, 0).avg_win, (1e16 + 2) / 3);
}

static void test_sharpe(void)
{
	struct equity_point one_day[] = { { 0, 100 }, { DAY - 1, 110 } };
	struct equity_point flat[] = { { 0, 100 }, { DAY, 100 }, { 2 * DAY, 100 } };
	struct equity_point broke[] = { { 0, 1e-12 }, { DAY, 50 }, { 2 * DAY, 100 } };	/* a first return of 0, then 1 */
	struct equity_point days[] = { { 0, 1 }, { 5, 100 }, { DAY, 7 }, { DAY + 9, 110 }, { 3 * DAY, 99 } };
	double mean = ((110.0 - 100) / 100 + (99.0 - 110) / 110) / 2;

	CHECK_SAME(figures(NULL, 0, one_day, 2).sharpe_ratio, 0);
	CHECK_SAME(figures(NULL, 0, one_day, 1).sharpe_ratio, 0);
	CHECK_SAME(figures(NULL, 0, flat, 3).sharpe_ratio, 0);
	CHECK_SAME(figures(NULL, 0, broke, 3).sharpe_ratio, 0.5 / 0.5 * sqrt(365));
	CHECK_SAME(figures(NULL, 0, days, 5).sharpe_ratio, mean / sqrt(((0.1 - mean) * (0.1 - mean) + (-0.1 - mean) * (-0.1 - mean)) / 2) * sqrt(365));
}

static void test_drawdown(void)
{
	struct equity_point p[] = { { 0, 10 }, { 1, 5 }, { 2, 100 }, { 3, 60 }, { 4, 90 } };	/* in money later than as a part */
	struct equity_point under[] = { { 0, -5 }, { 1, -8 }, { 2, 0 } }, tiny[] = { { 0, 1e-12 }, { 1, -1 } };

	CHECK_SAME(figures(NULL, 0, p, 5).max_drawdown_usd, 40);
	CHECK_SAME(figures(NULL, 0, p, 5).max_drawdown_pct, 0.5);
	CHECK_SAME(figures(NULL, 0, p + 3, 2).max_drawdown_usd, 0);	/* the initial balance of 100 is no peak */
	CHECK_SAME(figures(NULL, 0, under, 3).max_drawdown_usd, 3);
	CHECK_SAME(figures(NULL, 0, under, 3).max_drawdown_pct, 0);
	CHECK_SAME(figures(NULL, 0, tiny, 2).max_drawdown_pct, 0);
}

/* The report */

static const char *symbols[] = { "BTC", "ETH", "kPEPE" };
static const int64_t bar_t[] = { 0, 10, 20, 30, 40 }, bar_close[] = { 9, 19, 29, 39, 49 }, bar_n[5];
static const double bar_low[] = { 90, 95, 80, 99, 70 }, bar_high[] = { 110, 105, 120, 101, 150 }, bar_mid[] = { 100, 100, 100, 100, 100 };
static struct bars bars[3];

static struct market small_market(void)
{
	int i;

	for (i = 0; i < 3; i++)
		bars[i] = (struct bars){ .n = 5, .t_ms = bar_t, .t_close_ms = bar_close, .open = bar_mid, .high = bar_high,
			.low = bar_low, .close = bar_mid, .volume = bar_mid, .trades = bar_n };
	return (struct market){ .n_symbols = 3, .symbol = symbols, .main = { "1h", bars } };
}

static struct event event(int64_t t, uint32_t symbol, int action, int reason, double price, double size, double pnl, double fee)
{
	return (struct event){ .t_ms = t, .symbol = symbol, .action = (uint8_t)action, .reason = (uint8_t)reason, .price = price,
		.size = size, .notional_usd = price * size, .pnl_usd = pnl, .fee_usd = fee, .arg = { 1 } };
}

/* Are the keys of every object below v ascending? */
static bool ascending(const struct json *v)
{
	const struct json *k, *x;
	char last[128] = "", key[128];
	uint32_t i;

	if (v->type == JSON_ARRAY)
		for (i = 0, x = v + 1; i < v->size; i++, x += x->skip)
			if (!ascending(x))
				return false;
	if (v->type != JSON_OBJECT)
		return true;
	for (i = 0, k = v + 1; i < v->size; i++, k = x + x->skip) {
		x = k + k->skip;
		if (!json_str(&doc, k, key, sizeof key) || strcmp(last, key) >= 0 || !ascending(x))
			return false;
		memcpy(last, key, sizeof last);
	}
	return true;
}

static void make_report(struct run_result *r, const struct report_context *c)
{
	struct metrics m;
	struct errmsg e;

	metrics_compute(&m, r);
	buf_clear(&text);
	json_release(&doc);
	report_json(&text, r, &m, c);
	CHECK(text.len && text.data[text.len - 1] == '\n');
	CHECK(json_parse(&doc, text.data, text.len, &e) && ascending(doc.tok));
}

static const struct json *top(const char *key)
{
	return json_get(&doc, doc.tok, key);
}

static void check_bucket(const char *list, uint32_t i, const char *key, const char *name, double trades, double pnl, double win_rate)
{
	const struct json *b = json_at(top(list), i);

	if (!CHECK(b))
		return;
	CHECK_TEXT(word(json_get(&doc, b, key)), name);
	CHECK_SAME(number(b, "trades"), trades);
	CHECK_SAME(number(b, "pnl"), pnl);
	CHECK_SAME(number(b, "win_rate"), win_rate);
}

static void test_report(void)
{
	static const char *const compat[] = { "stops_fill_at_close", NULL };
	struct market market = small_market();
	struct event e[] = {
		event(0, 2, ACT_OPEN_SHORT, WHY_ENTRY, 100, 2, 0, 1),
		event(10, 0, ACT_OPEN_LONG, WHY_ENTRY, 50, 4, 0, 1),
		event(10, 2, ACT_FUNDING, WHY_FUNDING_PAYMENT, 100, 2, -3, 0),
		event(20, 2, ACT_REDUCE_SHORT, WHY_TAKE_PROFIT_PARTIAL, 90, 1, 10, 0.5),
		event(20, 0, ACT_ADD_LONG, WHY_PYRAMID, 51, 1, 0, 0.25),
		event(30, 2, ACT_CLOSE_SHORT, WHY_RSI_OVERSOLD, 130, 1, -30, 0.5),
		event(30, 0, ACT_CLOSE_LONG, WHY_RSI_OVERBOUGHT, 60, 5, 50, 1),
		event(40, 0, ACT_OPEN_LONG, WHY_ENTRY_SUB_BAR, 60, 1, 0, 0.5),
		event(40, 0, ACT_CLOSE_LONG, WHY_END_OF_BACKTEST, 60, 1, 0, 0),
	};
	struct equity_point curve[] = { { 0, 1000 }, { DAY, 1010 } };
	struct run_result r = { .initial_balance_usd = 1000, .final_balance_usd = 1022.25, .event = e, .n_events = 9, .equity = curve,
		.n_equity = 2, .events_hash = "00ff", .stats = { .total_checks = 50, .buy = 3, .sell = 2, .pesc = 7 } };
	const struct json *s;

	e[0].confidence = e[3].confidence = e[5].confidence = CONFIDENCE_HIGH;
	make_report(&r, &(struct report_context){ .market = &market, .config_id = "c0ffee", .slippage_bps = 20, .compat = compat });
	CHECK_TEXT(word(top("id")), "replay");
	CHECK_TEXT(word(top("config_id")), "c0ffee");
	CHECK_TEXT(word(top("config_fingerprint")), "c0ffee");
	CHECK_TEXT(word(top("events_hash")), "00ff");
	CHECK(top("contract_id") && top("contract_id")->type == JSON_NULL);
	CHECK(top("compat")->size == 1);
	CHECK_TEXT(word(json_at(top("compat"), 0)), "stops_fill_at_close");
	CHECK_SAME(number(doc.tok, "total_pnl"), 22.25);
	CHECK_SAME(number(doc.tok, "profit_factor"), 2);
	CHECK_SAME(number(doc.tok, "total_signals"), 5);
	CHECK_SAME(number(doc.tok, "neutral_pct"), 0);
	CHECK_SAME(number(doc.tok, "slippage_bps"), 20);
	CHECK(top("by_confidence")->size == 2 && top("by_exit_reason")->size == 3 && top("by_reason_code")->size == 3);
	check_bucket("by_confidence", 0, "confidence", "low", 2, 50, 0.5);
	check_bucket("by_confidence", 1, "confidence", "high", 2, -20, 0.5);
	CHECK_SAME(number(json_at(top("by_confidence"), 1), "avg_pnl"), -10);
	check_bucket("by_exit_reason", 0, "reason", "End of Backtest", 1, 0, 0);
	check_bucket("by_exit_reason", 1, "reason", "RSI Overextension", 2, 20, 0.5);
	check_bucket("by_exit_reason", 2, "reason", "Take Profit", 1, 10, 1);
	check_bucket("by_reason_code", 0, "reason_code", "exit_take_profit", 1, 10, 1);
	check_bucket("by_reason_code", 1, "reason_code", "exit_filter", 2, 20, 0.5);
	check_bucket("by_reason_code", 2, "reason_code", "exit_end_of_backtest", 1, 0, 0);
	check_bucket("by_side", 0, "side", "LONG", 2, 50, 0.5);
	check_bucket("by_side", 1, "side", "SHORT", 2, -20, 0.5);
	check_bucket("by_symbol", 0, "symbol", "BTC", 2, 50, 0.5);
	check_bucket("by_symbol", 1, "symbol", "kPEPE", 2, -20, 0.5);
	CHECK_SAME(number(top("gate_stats"), "blocked_by_pesc"), 7);
	CHECK_SAME(number(top("gate_stats"), "signals_generated"), 5);
	CHECK_SAME(number(top("gate_stats"), "signal_pct"), 0.1);
	CHECK(top("per_symbol")->size == 2);	/* ETH has no record */
	s = json_get(&doc, top("per_symbol"), "kPEPE");
	CHECK_SAME(number(s, "fills"), 4);
	CHECK_SAME(number(s, "trades"), 2);
	CHECK_SAME(number(s, "wins"), 1);
	CHECK_SAME(number(s, "losses"), 1);
	CHECK_SAME(number(s, "funding_events"), 1);
	CHECK_SAME(number(s, "funding_pnl_usd"), -3);
	CHECK_SAME(number(s, "fees_usd"), 2);
	CHECK_SAME(number(s, "realised_pnl_usd"), -20);
	CHECK_SAME(number(s, "net_pnl_usd"), -25);
	CHECK_SAME(number(s, "max_drawdown_usd"), 30.5);	/* -1 -3 +9.5 = 5.5, then -30.5 */
	CHECK_SAME(number(s, "estimated_slippage_usd"), 200 * (20 / 10000.0) + 90 * (0.5 / 10000) + 130 * (0.5 / 10000));
	CHECK_SAME(number(json_get(&doc, top("per_symbol"), "BTC"), "losses"), 0);
	CHECK_SAME(number(json_get(&doc, top("per_symbol"), "BTC"), "max_drawdown_usd"), 1.25);	/* peak 0 at the start, then fees */
}

static void test_report_of_nothing(void)
{
	struct market market = small_market();
	struct run_result r = { .initial_balance_usd = 1000, .final_balance_usd = 1000 };
	struct event win = closed(5);

	make_report(&r, &(struct report_context){ .market = &market, .config_id = "c", .contract_id = "d" });
	CHECK(top("per_symbol")->size == 0 && top("by_side")->size == 0 && top("compat")->size == 0);
	CHECK_TEXT(word(top("contract_id")), "d");
	CHECK_SAME(number(doc.tok, "win_rate"), 0);
	CHECK_SAME(number(top("gate_stats"), "signal_pct"), 0);
	r.event = &win;
	r.n_events = 1;
	make_report(&r, &(struct report_context){ .market = &market, .config_id = "c" });
	CHECK_TEXT(word(top("profit_factor")), "Infinity");
}

/* The CSV */

static const char csv_head[] = "trade_id,position_id,entry_ts_ms,exit_ts_ms,symbol,side,entry_price,exit_price,exit_size,"
	"pnl_usd,fee_usd,mae_pct,mfe_pct,reason_code,reason\n";

static void check_csv(struct event *e, size_t n, const struct init_state *init, const char *want)
{
	struct market market = small_market();
	struct run_result r = { .event = e, .n_events = n };
	struct buf out = BUF_INIT;

	trades_csv(&out, &r, &market, init);
	CHECK(out.len > strlen(csv_head) - 1 && !memcmp(out.data, csv_head, strlen(csv_head)));
	CHECK_TEXT(buf_cstr(&out) + strlen(csv_head), want);
	buf_release(&out);
}

static void test_csv(void)
{
	struct event e[] = {
		event(10, 0, ACT_OPEN_LONG, WHY_ENTRY, 100, 2, 0, 1),
		event(10, 0, ACT_FUNDING, WHY_FUNDING_PAYMENT, 100, 2, -3, 0),
		event(15, 0, ACT_ADD_LONG, WHY_PYRAMID, 200, 1, 0, 1),
		event(20, 0, ACT_REDUCE_LONG, WHY_TAKE_PROFIT_PARTIAL, 110, 1, 10, 0.5),
		event(30, 0, ACT_CLOSE_LONG, WHY_RSI_OVERBOUGHT, 90, 1, -10, 0.25),
	};

	/* bars at 10 and 20 are in the first line, the one at 30 in the second; the add changes nothing */
	check_csv(e, 5, NULL,
		"1:1,1,10,20,BTC,LONG,100.00000000,110.00000000,1.00000000,10.00000000,0.50000000,-0.20000000,0.20000000,exit_take_profit,Take Profit (Partial)\n"
		"1:2,1,10,30,BTC,LONG,100.00000000,90.00000000,1.00000000,-10.00000000,0.25000000,-0.20000000,0.20000000,exit_filter,"
		"\"RSI Overbought (1.0, Thr: 0)\"\n");
}

static void test_csv_flip_and_end(void)
{
	struct event e[] = {
		event(20, 1, ACT_OPEN_LONG, WHY_ENTRY, 100, 1, 0, 0),
		event(20, 1, ACT_CLOSE_LONG, WHY_SIGNAL_FLIP, 101, 1, 1, 0),
		event(20, 1, ACT_OPEN_SHORT, WHY_ENTRY, 100, 1, 0, 0),
		event(30, 1, ACT_CLOSE_SHORT, WHY_STOP_LOSS, 99, 1, 1, 0),
		event(50, 2, ACT_OPEN_LONG, WHY_ENTRY_SUB_BAR, 100, 1, 0, 0),
		event(40, 2, ACT_CLOSE_LONG, WHY_END_OF_BACKTEST, 100, 1, 0, 0),	/* stamped before its opening: left out */
	};

	/* the bar at 20 belongs to the position that closed in it, not to the next one */
	check_csv(e, 6, NULL,
		"1:1,1,20,20,ETH,LONG,100.00000000,101.00000000,1.00000000,1.00000000,0.00000000,-0.20000000,0.20000000,exit_signal_flip,Signal Flip\n"
		"2:1,2,20,30,ETH,SHORT,100.00000000,99.00000000,1.00000000,1.00000000,0.00000000,-0.01000000,0.01000000,exit_stop_loss,Stop Loss\n");
}

static void test_csv_order_is_by_text(void)
{
	struct event e[12];
	int i;

	for (i = 0; i < 8; i++)		/* ids 1 to 8, without a close */
		e[i] = event(5, 1, ACT_OPEN_LONG, WHY_ENTRY, 100, 1, 0, 0);
	for (i = 8; i < 12; i += 2) {	/* 9 and 10 close at the same time */
		e[i] = event(5, 0, ACT_OPEN_LONG, WHY_ENTRY, 100, 1, 0, 0);
		e[i + 1] = event(5, 0, ACT_CLOSE_LONG, WHY_STOP_LOSS, 100, 1, 0, 0);
	}
	check_csv(e, 12, NULL,
		"10:1,10,5,5,BTC,LONG,100.00000000,100.00000000,1.00000000,0.00000000,0.00000000,0.00000000,0.00000000,exit_stop_loss,Stop Loss\n"
		"9:1,9,5,5,BTC,LONG,100.00000000,100.00000000,1.00000000,0.00000000,0.00000000,0.00000000,0.00000000,exit_stop_loss,Stop Loss\n");
}

static void test_csv_imported(void)
{
	struct init_position p[] = {
		{ "kPEPE", { .open = true, .size = 2, .entry_price = 100, .open_ms = 25, .side = SIDE_SHORT } },
		{ "DOGE", { .open = true, .size = 1, .entry_price = 100 } },	/* not in the market */
		{ "BTC", { .open = true, .size = 0, .entry_price = 100 } },	/* nothing there */
		{ "ETH", { .open = true, .size = 1, .entry_price = 50, .open_ms = 35 } },
	};
	struct init_state init = { .position = p, .n_positions = 4 };
	struct event e[] = {
		event(35, 2, ACT_CLOSE_SHORT, WHY_STOP_LOSS, 90, 2, 20, 0),
		event(40, 0, ACT_OPEN_LONG, WHY_ENTRY, 100, 1, 0, 0),
		event(40, 1, ACT_CLOSE_LONG, WHY_END_OF_BACKTEST, 60, 1, 10, 0),
	};

	/* ETH is 1, kPEPE 2, BTC's opening 3; kPEPE saw only the bar at 30, ETH only the one at 40 */
	check_csv(e, 3, &init,
		"2:1,2,25,35,kPEPE,SHORT,100.00000000,90.00000000,2.00000000,20.00000000,0.00000000,-0.01000000,0.01000000,exit_stop_loss,Stop Loss\n"
		"1:1,1,35,40,ETH,LONG,50.00000000,60.00000000,1.00000000,10.00000000,0.00000000,0.00000000,2.00000000,exit_end_of_backtest,End of Backtest\n");
}

/* Imported state */

static char path[64];

static bool load_state(struct init_state *s, const char *json, struct errmsg *e)
{
	if (!file_replace(path, json, strlen(json), e))
		return CHECK(false);
	return init_state_load(s, path, e);
}

#define TOP "\"version\": 2, \"source\": \"x\", \"exported_at_ms\": 5, \"balance\": 2500.5"
#define REQUIRED "\"symbol\": \"BTC\", \"size\": 0.5, \"entry_price\": 100, \"entry_atr\": 2, \"leverage\": 3, \"margin_used\": 20, \"confidence\": \"HIGH\""

static void test_init_state(void)
{
	struct init_state s;
	struct errmsg e;

	if (!CHECK(load_state(&s, "{" TOP ", \"more\": 1, \"positions\": [{" REQUIRED ", \"side\": \"Short\", \"trailing_sl\": 104.5, \"adds_count\": 2,"
			      "\"tp1_taken\": true, \"open_time_ms\": 7, \"last_add_time_ms\": 8, \"entry_adx_threshold\": 22}],"
			      "\"runtime\": {\"entry_attempt_ms_by_symbol\": {\"ETH\": 11, \"BTC\": 12}, \"exit_attempt_ms_by_symbol\": {\"kPEPE\": 13}}}", &e)))
		return;
	CHECK_SAME(s.balance_usd, 2500.5);
	CHECK(s.exported_ms == 5 && s.n_positions == 1 && s.n_last_entry == 2 && s.n_last_exit == 1);
	CHECK_TEXT(s.position[0].symbol, "BTC");
	CHECK_SAME(s.position[0].pos.size, 0.5);
	CHECK_SAME(s.position[0].pos.entry_price, 100);
	CHECK_SAME(s.position[0].pos.entry_atr, 2);
	CHECK_SAME(s.position[0].pos.leverage, 3);
	CHECK_SAME(s.position[0].pos.margin_usd, 20);
	CHECK_SAME(s.position[0].pos.trailing_sl, 104.5);
	CHECK_SAME(s.position[0].pos.entry_adx_threshold, 22);
	CHECK(s.position[0].pos.open && s.position[0].pos.has_trailing && s.position[0].pos.tp1_taken);
	CHECK(s.position[0].pos.side == SIDE_SHORT && s.position[0].pos.confidence == CONFIDENCE_HIGH);
	CHECK(s.position[0].pos.adds_count == 2 && s.position[0].pos.open_ms == 7 && s.position[0].pos.last_add_ms == 8);
	CHECK_TEXT(s.last_entry[1].symbol, "BTC");
	CHECK(s.last_entry[1].t_ms == 12 && s.last_exit[0].t_ms == 13);
	init_state_release(&s);
}

static void test_init_state_defaults(void)
{
	struct init_state s;
	struct errmsg e;

	if (!CHECK(load_state(&s, "{\"version\": 1, \"source\": \"x\", \"exported_at_ms\": 5, \"balance\": 0, \"positions\": ["
			      "{" REQUIRED ", \"side\": \"LONG\", \"trailing_sl\": null}]}", &e)))
		return;
	CHECK(s.n_positions == 1 && s.n_last_entry == 0 && s.n_last_exit == 0);
	CHECK(s.position[0].pos.side == SIDE_LONG && !s.position[0].pos.has_trailing && !s.position[0].pos.tp1_taken);
	CHECK(s.position[0].pos.open_ms == 0 && s.position[0].pos.adds_count == 0);
	init_state_release(&s);
	if (!CHECK(load_state(&s, "{" TOP ", \"positions\": [{\"symbol\": \"A\", \"size\": 1, \"entry_price\": 1, \"entry_atr\": 1, \"leverage\": 1,"
			      "\"margin_used\": 1, \"confidence\": \"sure\", \"side\": \"long\"}]}", &e)))
		return;
	CHECK(s.position[0].pos.confidence == CONFIDENCE_MEDIUM);
	init_state_release(&s);
}

static void check_state_wrong(const char *json, const char *want)
{
	struct init_state s;
	struct errmsg e;

	if (!CHECK(!load_state(&s, json, &e)))
		init_state_release(&s);
	else
		test_check(strstr(e.text, want) && !strncmp(e.text, path, strlen(path)), __FILE__, __LINE__, e.text);
	CHECK(!s.position && !s.last_entry && !s.last_exit);
}

static void test_init_state_wrong(void)
{
	static const char *const required[] = { "symbol", "side", "size", "entry_price", "entry_atr", "leverage", "margin_used", "confidence" };
	char json[1024], member[64];
	size_t i, k;

	check_state_wrong("", "line 1");
	check_state_wrong("[]", "not an object");
	check_state_wrong("{\"source\": \"x\", \"exported_at_ms\": 5, \"balance\": 1, \"positions\": []}", "\"version\" is missing");
	check_state_wrong("{\"version\": 3, \"source\": \"x\", \"exported_at_ms\": 5, \"balance\": 1, \"positions\": []}", "\"version\" is not 1 or 2");
	check_state_wrong("{\"version\": 1.5, \"source\": \"x\", \"exported_at_ms\": 5, \"balance\": 1, \"positions\": []}", "\"version\" is not 1 or 2");
	check_state_wrong("{\"version\": 1, \"exported_at_ms\": 5, \"balance\": 1, \"positions\": []}", "\"source\" is missing");
	check_state_wrong("{\"version\": 1, \"source\": \"x\", \"balance\": 1, \"positions\": []}", "\"exported_at_ms\" is missing");
	check_state_wrong("{\"version\": 1, \"source\": \"x\", \"exported_at_ms\": 5, \"balance\": -1, \"positions\": []}", "\"balance\" is not a number >= 0");
	check_state_wrong("{" TOP "}", "\"positions\" is not a list");
	check_state_wrong("{" TOP ", \"positions\": {}}", "\"positions\" is not a list");
	check_state_wrong("{" TOP ", \"positions\": [7]}", "\"positions[0]\" is not an object");
	check_state_wrong("{" TOP ", \"positions\": [{" REQUIRED ", \"side\": \"long\"}, {" REQUIRED ", \"side\": \"long\"}]}", "\"positions[1].symbol\" is there twice");
	check_state_wrong("{" TOP ", \"positions\": [{" REQUIRED ", \"side\": \"long\", \"adds_count\": -1}]}", "\"positions[0].adds_count\"");
	check_state_wrong("{" TOP ", \"positions\": [{" REQUIRED ", \"side\": \"long\", \"tp1_taken\": 1}]}", "\"positions[0].tp1_taken\"");
	check_state_wrong("{" TOP ", \"positions\": [{" REQUIRED ", \"side\": \"long\", \"open_time_ms\": 1.5}]}", "\"positions[0].open_time_ms\"");
	check_state_wrong("{" TOP ", \"positions\": [{" REQUIRED ", \"side\": \"long\", \"trailing_sl\": \"1\"}]}", "\"positions[0].trailing_sl\"");
	check_state_wrong("{" TOP ", \"positions\": [], \"runtime\": 1}", "\"runtime\" is not an object");
	check_state_wrong("{" TOP ", \"positions\": [], \"runtime\": {\"entry_attempt_ms_by_symbol\": []}}", "\"runtime.entry_attempt_ms_by_symbol\"");
	check_state_wrong("{" TOP ", \"positions\": [], \"runtime\": {\"exit_attempt_ms_by_symbol\": {\"A\": \"b\"}}}", "\"runtime.exit_attempt_ms_by_symbol\"");
	check_state_wrong("{" TOP ", \"positions\": [], \"runtime\": {\"exit_attempt_ms_by_symbol\": {\"0123456789012345678901234567890123456789\": 1}}}", "too long");
	for (i = 0; i < sizeof required / sizeof *required; i++) {
		size_t len = (size_t)snprintf(json, sizeof json, "{" TOP ", \"positions\": [{\"z\": 1");

		for (k = 0; k < sizeof required / sizeof *required; k++)
			if (k != i)
				len += (size_t)snprintf(json + len, sizeof json - len, ", \"%s\": %s", required[k],
						       k == 0 ? "\"A\"" : k == 1 ? "\"long\"" : k == 7 ? "\"low\"" : "1");
		snprintf(json + len, sizeof json - len, "}]}");
		snprintf(member, sizeof member, "\"positions[0].%s\" is missing", required[i]);
		check_state_wrong(json, member);
	}
}

int main(void)
{
	err_init("t_report");
	snprintf(path, sizeof path, "/tmp/t_report.%ld.json", (long)getpid());
	test_sentences();
	test_sentence_is_cut_at_cap();
	test_names();
	test_report_vector();
	test_replay_vectors();
	test_profit_factor();
	test_order_of_sums();
	test_sharpe();
	test_drawdown();
	test_report();
	test_report_of_nothing();
	test_csv();
	test_csv_flip_and_end();
	test_csv_order_is_by_text();
	test_csv_imported();
	test_init_state();
	test_init_state_defaults();
	test_init_state_wrong();
	unlink(path);
	json_release(&doc);
	buf_release(&text);
	return test_end("report");
}
