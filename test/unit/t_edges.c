/* SPDX-License-Identifier: MIT
 * The edges of kernel rules: what happens one step below a bound, at it, and one step above. Vectors and recorded runs
 * hardly ever meet a bound exactly, so that `<` and `<=` look alike to them; make mutate found the gaps. */
#include "config/config.h"
#include "kernel/step.h"
#include "test.h"

#include <math.h>

/* The stage: parameters, a market, a position. Every test starts from stage() and moves one number. */
static struct config c;
static struct params *p = &c.params;
static struct plan plan;
static struct snapshot s;
static struct position pos;
static struct symbol_state sym;
static int64_t now_ms;

/* A strong calm up-trend (or down-trend) in which the standard mode wants to enter, and a position of 1 at 100, ATR 1, one hour old. */
static void stage(bool is_long)
{
	double sign = is_long ? 1 : -1;

	config_release(&c);
	config_defaults(&c);
	plan_default(&plan);
	p->trade_entry_min_confidence = CONFIDENCE_LOW;
	p->trade_min_atr_pct = 0;
	snapshot_init(&s);
	s.prev_close = s.close = 100 + sign;
	s.ema_fast = s.prev_ema_fast = 100;
	s.ema_slow = s.prev_ema_slow = 100 - sign;
	s.ema_macro = 100 - 2 * sign;
	s.adx = 35;
	s.adx_slope = 0.25;
	s.rsi = 50 + 12 * sign;
	s.macd_hist = 0.2 * sign;
	s.prev_macd_hist = 0.1 * sign;
	s.prev2_macd_hist = s.prev3_macd_hist = 0;
	s.stoch_rsi_k = 0.5;
	s.bb_width_ratio = 1;
	s.atr = s.avg_atr = 1;
	s.volume = s.vol_sma = 10;
	s.ema_slow_slope = 0.001 * sign;
	memset(&pos, 0, sizeof pos);
	pos.open = true;
	pos.side = is_long ? SIDE_LONG : SIDE_SHORT;
	pos.entry_price = 100;
	pos.size = pos.entry_atr = 1;
	pos.confidence = CONFIDENCE_MEDIUM;
	pos.leverage = 3;
	symbol_init(&sym, "SOL", 3);
	now_ms = 3600000;
}

typedef int verdict(void);

/* want: the verdicts below, at and above the bound, as digits. `step` is one ulp unless the rule's own arithmetic is coarser. */
static void edge(const char *what, double *field, double at, double step, verdict *v, const char *want)
{
	double at3[3] = { step > 0 ? at - step : nextafter(at, -INFINITY), at, step > 0 ? at + step : nextafter(at, INFINITY) };
	char got[4] = "", text[128];

	for (int i = 0; i < 3; i++) {
		*field = at3[i];
		got[i] = (char)('0' + v());
	}
	snprintf(text, sizeof text, "%s: got %s, want %s", what, got, want);
	test_check(strcmp(got, want) == 0, __FILE__, __LINE__, text);
}
#define EDGE(is_long, prepare, field, at, step, v, want) do { \
	stage(is_long); \
	(void)(prepare); \
	edge(#v " by " #field, &(field), at, step, v, want); \
} while (0)

/* ---- verdicts ---- */

static struct gates gates(void)
{
	struct gates g;

	gates_eval(&g, p, &plan, &s, false, BTC_BEARISH);
	return g;
}

static int ranging(void) { return gates().ranging; }
static int anomaly(void) { return gates().anomaly; }
static int extended(void) { return gates().extended; }
static int confirmed(void) { return gates().vol_confirm; }
static int rising(void) { return gates().trending_up; }
static int above_floor(void) { return gates().adx_above_min; }
static int floor_moved(void) { return gates().min_adx < p->entry_min_adx || gates().min_adx > p->entry_min_adx; }
static int bullish(void) { return gates().bullish; }
static int bearish(void) { return gates().bearish; }
static int btc_ok(void) { return gates().btc_ok_long; }

static struct signal signal_now(void)
{
	struct gates g;
	struct signal out;

	gates_eval(&g, p, &plan, &s, false, BTC_UNKNOWN);
	signal_eval(&out, p, &plan, &s, &g);
	return out;
}

static int enters(void) { return signal_now().side != SIGNAL_NEUTRAL; }
static int sure(void) { return signal_now().confidence == CONFIDENCE_HIGH; }

static int exits(void)
{
	struct exit_decision d;
	struct position at = pos;	/* an evaluation may move the trailing stop */

	exit_eval(&d, &at, p, &plan, &s, false, now_ms);
	return d.kind;
}

/* Between entry and stop, in ATRs. */
static double stop_distance(void)
{
	struct exit_decision d;
	struct position at = pos;

	exit_eval(&d, &at, p, &plan, &s, false, now_ms);
	return fabs(d.stop - pos.entry_price);
}

static double trail_distance(void)
{
	struct exit_decision d;
	struct position at = pos;

	exit_eval(&d, &at, p, &plan, &s, false, now_ms);
	return at.has_trailing ? fabs(at.trailing_sl - s.close) : -1;
}

static int trails(void) { return trail_distance() >= 0; }
static int blocked(void)
{
	return entry_blocked(p, &sym, &s, s.close > s.ema_slow ? SIGNAL_BUY : SIGNAL_SELL, CONFIDENCE_MEDIUM, now_ms);
}

/* ---- gates ---- */

static void only_vote(double *quiet_a, double a, double *quiet_b, double b)
{
	p->ranging_min_signals = 1;
	*quiet_a = a;
	*quiet_b = b;
}

static void test_gates(void)
{
	EDGE(true, only_vote(&s.bb_width_ratio, 1, &s.rsi, 60), s.adx, p->ranging_adx_below, 0, ranging, "100");
	EDGE(true, only_vote(&s.adx, 30, &s.rsi, 60), s.bb_width_ratio, p->ranging_bb_width_ratio_below, 0, ranging, "100");
	EDGE(true, only_vote(&s.adx, 30, &s.bb_width_ratio, 1), s.rsi, p->ranging_rsi_low, 0, ranging, "001");
	EDGE(true, only_vote(&s.adx, 30, &s.bb_width_ratio, 1), s.rsi, p->ranging_rsi_high, 0, ranging, "100");
	EDGE(true, (s.ema_fast = 0, s.prev_close = 64, p->anomaly_price_change_pct_gt = 0.125), s.close, 72, 0, anomaly, "001");
	EDGE(true, (s.ema_fast = 0, s.prev_close = 64, p->anomaly_price_change_pct_gt = 0.125), s.close, 56, 0, anomaly, "100");
	EDGE(true, (s.ema_fast = 64, s.prev_close = 0, p->anomaly_ema_fast_dev_pct_gt = 0.125), s.close, 72, 0, anomaly, "001");
	EDGE(true, (s.ema_fast = 64, p->entry_max_dist_ema_fast = 0.125), s.close, 72, 0, extended, "001");
	EDGE(true, (p->filters_require_volume_confirmation = true, s.vol_trend = true, p->filters_vol_confirm_include_prev = false),
	     s.volume, 10, 0, confirmed, "001");
	EDGE(true, s.adx = 30, s.adx_slope, 0, 0, rising, "001");
	EDGE(true, s.adx_slope = -1, s.adx, p->filters_adx_rising_saturation, 0, rising, "001");
	EDGE(true, p->entry_min_adx = 30, s.adx_slope, 0.5, 0, floor_moved, "001");
	EDGE(true, s.adx_slope = 0, s.atr, p->entry_ave_atr_ratio_gt, 0, floor_moved, "001");
	EDGE(true, s.adx_slope = 0, s.adx, p->entry_min_adx, 0, above_floor, "001");
	EDGE(true, 0, s.ema_fast, s.ema_slow, 0, bullish, "001");
	EDGE(true, 0, s.ema_fast, s.ema_slow, 0, bearish, "100");
	EDGE(true, p->filters_require_macro_alignment = true, s.ema_macro, s.ema_slow, 0, bullish, "100");
	EDGE(false, p->filters_require_macro_alignment = true, s.ema_macro, s.ema_slow, 0, bearish, "001");
	EDGE(true, 0, s.adx, p->entry_btc_adx_override, 0, btc_ok, "001");
	EDGE(true, (s.adx = 1, s.rsi = 50, p->entry_enable_slow_drift_entries = true), s.ema_slow_slope,
	     p->entry_slow_drift_min_slope_pct, 0, ranging, "100");
}

/* ---- entry modes ---- */

static void pullback_only(bool is_long)
{
	plan.on &= ~((uint64_t)1 << B_SIGNAL_MODE_STANDARD_TREND);
	p->entry_enable_pullback_entries = true;
	p->entry_pullback_min_adx = 25;
	s.prev_close = is_long ? 99.5 : 100.5;
}

static void drift_only(void)
{
	plan.on &= ~((uint64_t)1 << B_SIGNAL_MODE_STANDARD_TREND);
	p->entry_enable_slow_drift_entries = true;
	p->entry_slow_drift_min_adx = 25;
}

static void test_modes(void)
{
	stage(true);
	CHECK(enters());
	stage(false);
	CHECK(enters());
	EDGE(true, 0, s.close, s.ema_fast, 0, enters, "001");
	EDGE(false, 0, s.close, s.ema_fast, 0, enters, "100");
	EDGE(true, s.adx = 60, s.rsi, p->tp_and_momentum_rsi_long_strong, 0, enters, "001");
	EDGE(false, s.adx = 60, s.rsi, p->tp_and_momentum_rsi_short_strong, 0, enters, "100");
	EDGE(true, 0, s.macd_hist, s.prev_macd_hist, 0, enters, "001");
	EDGE(false, 0, s.macd_hist, s.prev_macd_hist, 0, enters, "100");
	EDGE(true, p->entry_macd_hist_entry_mode = MACD_SIGN, s.macd_hist, 0, 0, enters, "001");
	EDGE(false, p->entry_macd_hist_entry_mode = MACD_SIGN, s.macd_hist, 0, 0, enters, "100");
	EDGE(true, 0, s.stoch_rsi_k, p->stoch_rsi_block_long_if_k_gt, 0, enters, "100");
	EDGE(false, 0, s.stoch_rsi_k, p->stoch_rsi_block_short_if_k_lt, 0, enters, "001");
	EDGE(true, 0, s.volume, s.vol_sma * p->entry_high_conf_volume_mult, 0, sure, "001");

	EDGE(true, pullback_only(true), s.prev_close, s.prev_ema_fast, 0, enters, "110");
	EDGE(false, pullback_only(false), s.prev_close, s.prev_ema_fast, 0, enters, "011");
	EDGE(true, pullback_only(true), s.close, s.ema_fast, 0, enters, "001");
	EDGE(false, pullback_only(false), s.close, s.ema_fast, 0, enters, "100");
	EDGE(true, pullback_only(true), s.adx, 25, 0, enters, "011");
	EDGE(true, pullback_only(true), s.macd_hist, 0, 0, enters, "001");
	EDGE(false, pullback_only(false), s.macd_hist, 0, 0, enters, "100");
	EDGE(true, pullback_only(true), s.rsi, p->entry_pullback_rsi_long_min, 0, enters, "011");
	EDGE(false, pullback_only(false), s.rsi, p->entry_pullback_rsi_short_max, 0, enters, "110");

	EDGE(true, drift_only(), s.close, s.ema_slow, 0, enters, "001");
	EDGE(false, drift_only(), s.close, s.ema_slow, 0, enters, "100");
	EDGE(true, drift_only(), s.adx, 25, 0, enters, "011");
	EDGE(true, drift_only(), s.ema_slow_slope, p->entry_slow_drift_min_slope_pct, 0, enters, "011");
	EDGE(false, drift_only(), s.ema_slow_slope, -p->entry_slow_drift_min_slope_pct, 0, enters, "110");
	EDGE(true, drift_only(), s.macd_hist, 0, 0, enters, "001");
	EDGE(false, drift_only(), s.macd_hist, 0, 0, enters, "100");
	EDGE(true, drift_only(), s.rsi, p->entry_slow_drift_rsi_long_min, 0, enters, "011");
	EDGE(false, drift_only(), s.rsi, p->entry_slow_drift_rsi_short_max, 0, enters, "110");
}

/* ---- filters ---- */

static double breadth;
static int reversed(void) { return signal_reverse(p, SIGNAL_BUY, breadth) == SIGNAL_SELL; }
static int short_passes(void) { return signal_regime(p, SIGNAL_SELL, breadth) == SIGNAL_SELL; }
static int long_passes(void) { return signal_regime(p, SIGNAL_BUY, breadth) == SIGNAL_BUY; }
static int floored(void) { return atr_floored(p, s.atr, 64) > s.atr; }

static double wait_ms;
static int waits(void)
{
	sym.last_close_ms = 0;
	sym.last_close_side = SIDE_LONG;
	now_ms = (int64_t)wait_ms;
	return blocked() == BLOCKED_PESC;
}

static int cools(void) { return cooling((int64_t)wait_ms, 0, 20); }

static void test_filters(void)
{
	EDGE(true, 0, s.macd_hist, 0, 0, blocked, "330");
	EDGE(false, 0, s.macd_hist, 0, 0, blocked, "033");
	EDGE(true, 0, s.rsi, p->trade_reef_long_rsi_block_gt, 0, blocked, "004");
	EDGE(false, 0, s.rsi, p->trade_reef_short_rsi_block_lt, 0, blocked, "400");
	EDGE(true, s.rsi = 72, s.adx, p->trade_reef_adx_threshold, 0, blocked, "400");
	EDGE(true, s.adx = 60, s.rsi, p->trade_reef_long_rsi_extreme_gt, 0, blocked, "004");
	EDGE(false, s.adx = 60, s.rsi, p->trade_reef_short_rsi_extreme_lt, 0, blocked, "400");
	EDGE(true, p->market_regime_enable_auto_reverse = true, breadth, p->market_regime_auto_reverse_breadth_low, 0, reversed, "011");
	EDGE(true, p->market_regime_enable_auto_reverse = true, breadth, p->market_regime_auto_reverse_breadth_high, 0, reversed, "110");
	EDGE(true, p->market_regime_enable_regime_filter = true, breadth, p->market_regime_breadth_block_short_above, 0, short_passes, "110");
	EDGE(true, p->market_regime_enable_regime_filter = true, breadth, p->market_regime_breadth_block_long_below, 0, long_passes, "011");
	EDGE(true, p->trade_min_atr_pct = 0.125, s.atr, 8, 0, floored, "100");
	EDGE(true, s.adx = 60, wait_ms, 45 * 60000.0, 1, waits, "100");
	EDGE(true, s.adx = 40, wait_ms, 45 * 60000.0, 1, waits, "100");
	EDGE(true, s.adx = 25, wait_ms, 180 * 60000.0, 1, waits, "100");
	EDGE(true, s.adx = 32.5, wait_ms, 112.5 * 60000.0, 1, waits, "100");
	EDGE(true, 0, wait_ms, 20000, 1, cools, "100");
}

/* ---- exits ---- */

/* Only the named behaviours are on, so that no other exit speaks first. */
static void only(int a, int b)
{
	uint64_t modes = plan.on;

	for (int i = B_EXIT_STOP_LOSS_ASE; i <= B_EXIT_SMART_RSI_OVEREXTENSION; i++)
		modes &= ~((uint64_t)1 << i);
	plan.on = modes | (uint64_t)1 << a | (uint64_t)1 << b;
}

static int stop_wide(void) { return stop_distance() > p->trade_sl_atr_mult; }
static int stop_tight(void) { return stop_distance() < p->trade_sl_atr_mult; }
static int at_breakeven(void) { return stop_distance() < 0.5; }

static void test_stops(void)
{
	for (int i = 0; i < 2; i++) {
		bool is_long = !i;
		double sign = is_long ? 1 : -1;
		const char *worse = is_long ? "110" : "011";

		EDGE(is_long, only(B_EXIT_STOP_LOSS_BASE, B_EXIT_STOP_LOSS_BASE), s.close, 100 - 2 * sign, 0, exits, worse);
		EDGE(is_long, (only(B_EXIT_STOP_LOSS_ASE, B_EXIT_STOP_LOSS_BASE), s.close = 100 - sign), s.adx_slope, 0, 0, stop_tight, "100");
		EDGE(is_long, (only(B_EXIT_STOP_LOSS_ASE, B_EXIT_STOP_LOSS_BASE), s.adx_slope = -1), s.close, 100, 0, stop_tight,
		     is_long ? "100" : "001");
		EDGE(is_long, only(B_EXIT_STOP_LOSS_DASE, B_EXIT_STOP_LOSS_BASE), s.adx, 40, 0, stop_wide, "001");
		EDGE(is_long, (only(B_EXIT_STOP_LOSS_DASE, B_EXIT_STOP_LOSS_BASE), s.adx = 41), s.close, 100 + 0.5 * sign, 0, stop_wide,
		     is_long ? "001" : "100");
		EDGE(is_long, only(B_EXIT_STOP_LOSS_SLB, B_EXIT_STOP_LOSS_BASE), s.adx, 45, 0, stop_wide, "001");
		EDGE(is_long, (only(B_EXIT_STOP_LOSS_BREAKEVEN, B_EXIT_STOP_LOSS_BASE), p->trade_breakeven_start_atr = 0.5,
			       p->trade_breakeven_buffer_atr = 0.25, plan.exits[0] = B_EXIT_STOP_LOSS_BREAKEVEN),
		     s.close, 100 + 0.5 * sign, 0, at_breakeven, is_long ? "011" : "110");
	}
}

static int trail_narrow(void) { return trail_distance() < p->trade_trailing_distance_atr; }
static int trail_wide(void) { return trail_distance() > p->trade_trailing_distance_atr; }
static int trail_halved(void) { return trail_distance() < p->trade_trailing_distance_atr * 0.6; }

static void trailing_only(double profit)
{
	only(B_EXIT_TRAILING_BASE, B_EXIT_TRAILING_VOL_BUFFER);
	p->trade_trailing_distance_atr = 4;
	s.close = pos.side == SIDE_LONG ? 100 + profit : 100 - profit;
	s.rsi = 50;
}

static void test_trailing(void)
{
	for (int i = 0; i < 2; i++) {
		bool is_long = !i;
		double sign = is_long ? 1 : -1;

		EDGE(is_long, trailing_only(1), s.close, 100 + sign, 0, trails, is_long ? "011" : "110");
		EDGE(is_long, trailing_only(1.5), s.adx, 25, 0, trail_narrow, "100");
		EDGE(is_long, (trailing_only(1.5), s.adx = 30), s.bb_width_ratio, 1.2, 0, trail_wide, "001");
		EDGE(is_long, (trailing_only(0), s.adx = 36, s.adx_slope = -1), s.close, 100 + 2 * sign, 0, trail_halved,
		     is_long ? "001" : "100");
		EDGE(is_long, trailing_only(3), s.adx, 35, 0, trail_narrow, "110");
		EDGE(is_long, (trailing_only(3), s.adx = 36), s.adx_slope, 0, 0, trail_narrow, "110");
		EDGE(is_long, (trailing_only(3), s.adx = 30), s.atr_slope, 0, 0, trail_halved, "110");
		EDGE(is_long, (trailing_only(1.5), s.adx = 30, p->trade_trailing_distance_atr = 0.6), s.rsi, is_long ? 60 : 40, 0,
		     trail_wide, is_long ? "001" : "100");
		EDGE(is_long, (trailing_only(0.25), pos.has_trailing = true, pos.trailing_sl = 99), s.close, 99, 0, exits,
		     is_long ? "110" : "011");
	}
}

static void test_take_profit(void)
{
	for (int i = 0; i < 2; i++) {
		bool is_long = !i;
		double sign = is_long ? 1 : -1;

		EDGE(is_long, only(B_EXIT_TAKE_PROFIT_FULL, B_EXIT_TAKE_PROFIT_FULL), s.close, 100 + 4 * sign, 0, exits,
		     is_long ? "011" : "110");
		EDGE(is_long, (only(B_EXIT_TAKE_PROFIT_PARTIAL, B_EXIT_TAKE_PROFIT_PARTIAL), p->trade_tp_partial_atr_mult = 2), s.close,
		     100 + 2 * sign, 0, exits, is_long ? "022" : "220");
	}
	/* It is the remainder, not the part taken, that must not be too small; a bound it just reaches is enough. */
	EDGE(true, (s.close = 104, p->trade_tp_partial_pct = 0.75), p->trade_tp_partial_min_notional_usd, 26, 0, exits, "221");
	EDGE(true, (s.close = 104, p->trade_tp_partial_min_notional_usd = 0), p->trade_tp_partial_pct, 1, 0.25, exits, "211");
	EDGE(true, (s.close = 104, p->trade_tp_partial_min_notional_usd = 0), p->trade_tp_partial_pct, 0, 0.25, exits, "112");
	EDGE(true, (s.close = 104, pos.tp1_taken = true), p->trade_tp_partial_atr_mult, 0, 0, exits, "001");
}

/* A market in which only the rule at hand could close the position. */
static void smart(int behaviour, double profit)
{
	only(behaviour, behaviour);
	s.close = pos.side == SIDE_LONG ? 100 + profit : 100 - profit;
}

static void test_smart_exits(void)
{
	for (int i = 0; i < 2; i++) {
		bool is_long = !i;
		double sign = is_long ? 1 : -1;
		const char *lower = is_long ? "100" : "001", *higher = is_long ? "001" : "100";

		EDGE(is_long, (smart(B_EXIT_SMART_TREND_BREAKDOWN, 0), s.adx = 20), s.ema_fast, s.ema_slow, 0, exits, lower);
		EDGE(is_long, (smart(B_EXIT_SMART_TREND_BREAKDOWN, 0), s.ema_fast = s.ema_slow * (1 - 0.0005 * sign)), s.adx, 25, 0, exits, "110");
		EDGE(is_long, (smart(B_EXIT_SMART_EMA_MACRO_BREAKDOWN, 0), p->filters_require_macro_alignment = true), s.close, s.ema_macro, 0,
		     exits, lower);
		EDGE(is_long, smart(B_EXIT_SMART_STAGNATION, -0.5), s.atr, 0.7, 0, exits, "100");
		EDGE(is_long, (smart(B_EXIT_SMART_STAGNATION, 0), s.atr = 0.5), s.close, 100, 0, exits, lower);
		EDGE(is_long, (smart(B_EXIT_SMART_RSI_OVEREXTENSION, 1)), s.rsi, is_long ? 80 : 20, 0, exits, higher);
		EDGE(is_long, (smart(B_EXIT_SMART_RSI_OVEREXTENSION, 2)), s.rsi, is_long ? 70 : 30, 0, exits, higher);
		EDGE(is_long, (smart(B_EXIT_SMART_RSI_OVEREXTENSION, 0), s.rsi = is_long ? 75 : 25), s.close, 100 + 1.5 * sign, 0, exits,
		     is_long ? "011" : "110");

		EDGE(is_long, (smart(B_EXIT_SMART_TSME, 2), s.adx_slope = -1, s.prev2_macd_hist = 3 * sign, s.prev_macd_hist = 2 * sign,
			       s.macd_hist = sign), s.adx, 50, 0, exits, "001");
		EDGE(is_long, (smart(B_EXIT_SMART_TSME, 2), s.adx = 51, s.prev2_macd_hist = 3 * sign, s.prev_macd_hist = 2 * sign,
			       s.macd_hist = sign), s.adx_slope, 0, 0, exits, "100");
		EDGE(is_long, (smart(B_EXIT_SMART_TSME, 0), s.adx = 51, s.adx_slope = -1, s.prev2_macd_hist = 3 * sign,
			       s.prev_macd_hist = 2 * sign, s.macd_hist = sign), s.close, 100 + sign, 0, exits, is_long ? "011" : "110");
		EDGE(is_long, (smart(B_EXIT_SMART_TSME, 2), s.adx = 51, s.adx_slope = -1, s.prev2_macd_hist = 3 * sign,
			       s.prev_macd_hist = 2 * sign), s.macd_hist, 2 * sign, 0, exits, lower);
		EDGE(is_long, (smart(B_EXIT_SMART_TSME, 2), s.adx = 51, s.adx_slope = -1, s.prev2_macd_hist = 3 * sign,
			       s.macd_hist = sign), s.prev_macd_hist, 3 * sign, 0, exits, lower);
		EDGE(is_long, (smart(B_EXIT_SMART_MMDE, 2), s.prev3_macd_hist = 4 * sign, s.prev2_macd_hist = 3 * sign,
			       s.prev_macd_hist = 2 * sign, s.macd_hist = sign), s.adx, 35, 0, exits, "001");
		EDGE(is_long, (smart(B_EXIT_SMART_MMDE, 0), s.adx = 36, s.prev3_macd_hist = 4 * sign, s.prev2_macd_hist = 3 * sign,
			       s.prev_macd_hist = 2 * sign, s.macd_hist = sign), s.close, 100 + 1.5 * sign, 0, exits, higher);
		EDGE(is_long, (smart(B_EXIT_SMART_MMDE, 2), s.adx = 36, s.prev3_macd_hist = 4 * sign, s.prev2_macd_hist = 3 * sign,
			       s.prev_macd_hist = 2 * sign), s.macd_hist, 2 * sign, 0, exits, lower);
		EDGE(is_long, (smart(B_EXIT_SMART_MMDE, 2), s.adx = 36, s.prev3_macd_hist = 4 * sign, s.prev2_macd_hist = 3 * sign,
			       s.macd_hist = sign), s.prev_macd_hist, 3 * sign, 0, exits, lower);
		EDGE(is_long, (smart(B_EXIT_SMART_MMDE, 2), s.adx = 36, s.prev3_macd_hist = 4 * sign, s.prev_macd_hist = 2 * sign,
			       s.macd_hist = sign), s.prev2_macd_hist, 4 * sign, 0, exits, lower);
	}
	EDGE(true, (smart(B_EXIT_SMART_TREND_BREAKDOWN, 0), s.ema_slow = 1000), s.ema_fast, 999, 1e-6, exits, "110");
	EDGE(true, smart(B_EXIT_SMART_TREND_EXHAUSTION, 0), s.adx, p->trade_smart_exit_adx_exhaustion_lt, 0, exits, "100");
	EDGE(true, (smart(B_EXIT_SMART_TREND_EXHAUSTION, 0), pos.entry_adx_threshold = 22), s.adx, 22, 0, exits, "100");
	EDGE(true, (p->trade_block_exits_on_extreme_dev = true, p->trade_glitch_atr_mult = 1e9, p->trade_glitch_price_dev_pct = 0.25,
		    s.prev_close = 128), s.close, 96, 0, exits, "011");
	EDGE(true, (p->trade_block_exits_on_extreme_dev = true, p->trade_glitch_price_dev_pct = 1e9, p->trade_glitch_atr_mult = 12,
		    s.prev_close = 108), s.close, 96, 0, exits, "011");
	EDGE(true, (p->trade_block_exits_on_extreme_dev = true, p->trade_glitch_price_dev_pct = 1e9, s.close = 96), s.atr, 0, 0, exits, "110");
}

/* ---- adds, slots, money: one whole step ---- */

static struct event events[STEP_BAR_EVENTS];
static double number;	/* for bounds that are no double in their owner */

/* The events of an indicator bar with the position open and the market as staged. */
static int bar_events(struct run_state *r)
{
	struct strategy st = { plan, 0, *p };
	struct context market = { BTC_UNKNOWN, 50 };
	struct candidate candidate;
	struct bar_outcome out;
	struct symbol_state one = sym;

	one.pos = pos;
	one.bars = 1000;
	run_init(r, 10000);
	run_symbols(r, &one, 1);
	r->n_open = 1;
	s.t_ms = now_ms;
	return step_bar(r, &st, &market, 0, &s, false, true, events, &candidate, &out);
}

static int adds(void)
{
	struct run_state r;

	return bar_events(&r) == 1 && (events[0].action == ACT_ADD_LONG || events[0].action == ACT_ADD_SHORT);
}

static int adds_at(void)	/* number: minutes since the last one */
{
	pos.last_add_ms = 0;
	now_ms = (int64_t)(number * 60000);
	return adds();
}

static int adds_after(void) { return pos.adds_count = (uint32_t)number, adds(); }
static int adds_with(void) { return p->trade_add_min_confidence = (uint8_t)number, adds(); }

/* A standard signal on the position's side; the profit is 1 ATR. */
static void adding(double profit_needed)
{
	p->trade_add_min_profit_atr = profit_needed;
	p->trade_add_cooldown_minutes = 60;
	p->trade_entry_cooldown_s = 0;
	p->trade_slippage_bps = 0;
}

static void test_adds(void)
{
	for (int i = 0; i < 2; i++) {
		bool is_long = !i;
		double sign = is_long ? 1 : -1;

		EDGE(is_long, adding(1), p->trade_add_min_profit_atr, 1, 0, adds, "110");
		EDGE(is_long, (adding(2), s.atr_slope = 0), s.adx_slope, 0.75, 0, adds, "001");
		EDGE(is_long, (adding(2), s.adx_slope = 1), s.atr_slope, 0, 0, adds, "110");
		EDGE(is_long, (adding(2), s.adx_slope = 1, s.atr_slope = 0), s.rsi, 50 + 15 * sign, 0, adds, is_long ? "110" : "011");
		EDGE(is_long, adding(1), number, 60, 1, adds_at, "011");
		EDGE(is_long, adding(1), number, 2, 1, adds_after, "100");
		EDGE(is_long, adding(1), number, CONFIDENCE_MEDIUM, 1, adds_with, "110");
		EDGE(is_long, adding(1), p->trade_min_notional_usd, 10000 * 0.03 * 0.5 * 3, 0, adds, "110");
		EDGE(is_long, (adding(1), pos.leverage = 3, pos.margin_usd = 5850), p->trade_max_total_margin_pct, 0.6, 0, adds, "011");
	}
}

static int sized(void)
{
	struct order o;

	return entry_size(&o, p, NULL, CONFIDENCE_HIGH, 100, 1, 40, 10000, number);
}

static int opened(void)	/* number: positions there may be, one being open */
{
	struct strategy st = { plan, 0, *p };
	struct symbol_state two[2] = { sym, sym };
	struct candidate cand = { { 1, SIDE_LONG, CONFIDENCE_HIGH, false, 100, 1, 40, 0, now_ms }, 300 };
	struct run_state r;

	two[0].pos = pos;
	two[1].pos.open = false;
	run_init(&r, 10000);
	run_symbols(&r, two, 2);
	r.n_open = 1;
	r.entries = 1;
	return step_execute(&r, &st, &cand, 1, 10000, events);
}

static int opened_of(void) { return p->trade_max_open_positions = (uint32_t)number, opened(); }
static int opened_in(void) { return p->trade_max_entry_orders_per_loop = (uint32_t)number, opened(); }

static void test_money(void)
{
	double allocated = 10000 * 0.03;

	EDGE(true, p->trade_min_notional_usd = 0, number, 6000, 0, sized, "011");
	EDGE(true, (number = 0, p->trade_max_total_margin_pct = 1), p->trade_min_notional_usd, allocated * 5, 0, sized, "002");
	EDGE(true, 0, number, 1, 1, opened_of, "001");
	EDGE(true, 0, number, 1, 1, opened_in, "001");
	/* adx / full_adx between its clamps, and the calm of the market at its baseline */
	EDGE(true, (number = 0, p->trade_adx_sizing_full_adx = 0, p->trade_adx_sizing_min_mult = 1, p->trade_min_notional_usd = allocated * 5),
	     p->trade_vol_baseline_pct, 0.01, 0, sized, "200");
}

/* ---- patience with funding: at each row's position of the scene the loss that it takes ---- */

static void funding(double rate)
{
	only(B_EXIT_SMART_FUNDING_HEADWIND, B_EXIT_SMART_FUNDING_HEADWIND);
	s.funding_rate = pos.side == SIDE_LONG ? rate : -rate;
	s.adx = 20;
	s.adx_slope = 0;
	s.ema_macro = 0;
	s.rsi = 50;
	s.macd_hist = s.prev_macd_hist = 0;
	now_ms = 0;
}

/* The least loss, in ATRs, at which the position is closed; to a millionth. */
static double patience(void)
{
	double lo = -4, hi = 4;

	while (hi - lo > 1e-7) {
		double mid = (lo + hi) / 2;

		s.close = pos.side == SIDE_LONG ? 100 - mid : 100 + mid;
		if (exits() == EXIT_FULL)
			hi = mid;
		else
			lo = mid;
	}
	return hi;
}

static void test_funding(void)
{
	static const struct { double rate, patience; } ladder[] = {
		{ 0.000101, 0.15 }, { 0.0001, 0.25 }, { 0.000061, 0.25 }, { 0.00006, 0.40 }, { 0.000041, 0.40 }, { 0.00004, 0.60 },
		{ 0.000021, 0.60 }, { 0.00002, 0.80 }, { 0.00001, 0.80 }, { 0.0000099, 0.95 },
	};

	for (int i = 0; i < 2; i++) {
		bool is_long = !i;
		double sign = is_long ? 1 : -1;

#define PATIENCE(rate, prepare, want) do { \
	stage(is_long); \
	funding(rate); \
	(void)(prepare); \
	CHECK(fabs(patience() - (want)) < 1e-6); \
} while (0)
		for (size_t k = 0; k < sizeof ladder / sizeof *ladder; k++)
			PATIENCE(ladder[k].rate, 0, ladder[k].patience);
		PATIENCE(-0.0002, 0, 4);	/* paid, not paying */
		PATIENCE(0.00003, s.atr = 1.2, 0.60);
		PATIENCE(0.00003, s.atr = 1.21, 0.36);
		PATIENCE(0.00003, now_ms = 3600000, 0.60);
		PATIENCE(0.00003, now_ms = 3 * 3600000, 0.60 * (1 - 2.0 / 11));
		PATIENCE(0.00003, now_ms = 9 * 3600000, 0.35);
		PATIENCE(0.00003, now_ms = 30 * 3600000, 0.35);
		PATIENCE(0.00003, s.adx = 25, 0.60);
		PATIENCE(0.00003, s.adx = 26, 0.75);
		PATIENCE(0.00003, (s.adx = 26, s.ema_fast = s.ema_slow), 0.60);
		PATIENCE(0.00003, s.macd_hist = sign, 0.90);
		PATIENCE(0.0002, s.macd_hist = sign, 0.50);
		PATIENCE(0.00003, s.adx = 35, 0.75);
		PATIENCE(0.00003, s.adx = 36, 0.75 * 1.4);
		PATIENCE(0.00003, s.adx = 40, 0.75 * 1.4);
		PATIENCE(0.00003, s.adx = 41, 0.75 * 1.4 * 1.25);
		PATIENCE(0.00003, s.adx = 45, 0.75 * 1.4 * 1.25);
		PATIENCE(0.00003, s.adx = 46, 0.75 * 1.4 * 1.25 * 1.6);
		PATIENCE(0.00003, pos.confidence = CONFIDENCE_HIGH, 0.75);
		PATIENCE(0.00003, s.ema_macro = 100 - 9 * sign, 0.60 * 1.3);
		PATIENCE(0.00003, (s.ema_macro = 100 - 9 * sign, pos.confidence = CONFIDENCE_HIGH), 0.75 * 1.3);
		PATIENCE(0.00003, (s.ema_macro = 100 - 9 * sign, s.macd_hist = sign), 0.9 * 1.3);
		PATIENCE(0.00003, (s.ema_macro = 100 - 9 * sign, s.macd_hist = sign, pos.confidence = CONFIDENCE_HIGH), 0.9 * 1.25 * 1.3 * 1.5);
		PATIENCE(0.00003, s.atr = 0.19, 0.75);
		PATIENCE(0.00003, s.rsi = 50 - 15 * sign, 0.60);
		PATIENCE(0.00003, s.rsi = 50 - 16 * sign, 0.60 * 1.3);
		PATIENCE(0.00003, s.rsi = 50 + 16 * sign, 0.60);
		PATIENCE(0.00003, s.adx_slope = 1, 0.60);
		PATIENCE(0.00003, s.adx_slope = 1.1, 0.60 * 1.4);
		PATIENCE(0.00003, s.adx_slope = -0.1, 0.45);
#undef PATIENCE
	}
}

int main(void)
{
	test_gates();
	test_modes();
	test_filters();
	test_stops();
	test_trailing();
	test_take_profit();
	test_smart_exits();
	test_adds();
	test_money();
	test_funding();
	config_release(&c);
	return test_end("t_edges");
}
