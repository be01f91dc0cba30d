/* SPDX-License-Identifier: MIT
 * Entry modes, transforms and filters (docs/rules/entry.md). "Else" in a mode is literal: once a side's outer condition
 * holds, a failed inner test does not fall through to the other side. */
#include "kernel/signal.h"

#include "kernel/math.h"

#define PESC_ADX_WEAK 25.0
#define PESC_ADX_STRONG 40.0

static KERNEL_FN bool macd_agrees(const struct params *p, const struct snapshot *s, bool is_long)
{
	switch (p->entry_macd_hist_entry_mode) {
	case MACD_ACCEL:
		return is_long ? s->macd_hist > s->prev_macd_hist : s->macd_hist < s->prev_macd_hist;
	case MACD_SIGN:
		return is_long ? s->macd_hist > 0 : s->macd_hist < 0;
	default:
		return true;
	}
}

static KERNEL_FN uint8_t standard_trend(struct signal *out, const struct params *p, const struct plan *plan,
					const struct snapshot *s, const struct gates *g)
{
	bool stoch = p->filters_use_stoch_rsi_filter, loud;

	if (!g->all_pass)
		return SIGNAL_NEUTRAL;
	loud = plan_on(plan, B_SIGNAL_CONFIDENCE_HIGH_VOLUME_UPGRADE)
	    && s->volume > s->vol_sma * p->entry_high_conf_volume_mult;
	out->confidence = loud ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM;
	out->adx_threshold = g->min_adx;
	if (g->bullish && s->close > s->ema_fast)
		return s->rsi > g->rsi_long_limit && macd_agrees(p, s, true)
		    && (!stoch || s->stoch_rsi_k < p->stoch_rsi_block_long_if_k_gt) && g->btc_ok_long
			? SIGNAL_BUY : SIGNAL_NEUTRAL;
	if (g->bearish && s->close < s->ema_fast)
		return s->rsi < g->rsi_short_limit && macd_agrees(p, s, false)
		    && (!stoch || s->stoch_rsi_k > p->stoch_rsi_block_short_if_k_lt) && g->btc_ok_short
			? SIGNAL_SELL : SIGNAL_NEUTRAL;
	return SIGNAL_NEUTRAL;
}

static KERNEL_FN bool calm(const struct gates *g)
{
	return !(g->anomaly | g->extended | g->ranging) & g->vol_confirm;
}

static KERNEL_FN uint8_t pullback(struct signal *out, const struct params *p, const struct snapshot *s, const struct gates *g)
{
	bool sign = p->entry_pullback_require_macd_sign, crossed_up, crossed_down;

	if (!p->entry_enable_pullback_entries || !calm(g) || !(s->adx >= p->entry_pullback_min_adx))
		return SIGNAL_NEUTRAL;
	crossed_up = s->prev_close <= s->prev_ema_fast && s->close > s->ema_fast;
	crossed_down = s->prev_close >= s->prev_ema_fast && s->close < s->ema_fast;
	out->confidence = p->entry_pullback_confidence;
	out->adx_threshold = p->entry_pullback_min_adx;
	if (crossed_up && g->bullish && g->btc_ok_long)
		return (!sign || s->macd_hist > 0) && s->rsi >= p->entry_pullback_rsi_long_min
			? SIGNAL_BUY : SIGNAL_NEUTRAL;
	if (crossed_down && g->bearish && g->btc_ok_short)
		return (!sign || s->macd_hist < 0) && s->rsi <= p->entry_pullback_rsi_short_max
			? SIGNAL_SELL : SIGNAL_NEUTRAL;
	return SIGNAL_NEUTRAL;
}

static KERNEL_FN uint8_t slow_drift(struct signal *out, const struct params *p, const struct snapshot *s, const struct gates *g)
{
	bool sign = p->entry_slow_drift_require_macd_sign;

	if (!p->entry_enable_slow_drift_entries || !calm(g) || !(s->adx >= p->entry_slow_drift_min_adx))
		return SIGNAL_NEUTRAL;
	out->confidence = CONFIDENCE_LOW;
	out->adx_threshold = p->entry_slow_drift_min_adx;
	if (g->bullish && s->close > s->ema_slow && g->btc_ok_long
	    && s->ema_slow_slope >= p->entry_slow_drift_min_slope_pct)
		return (!sign || s->macd_hist > 0) && s->rsi >= p->entry_slow_drift_rsi_long_min
			? SIGNAL_BUY : SIGNAL_NEUTRAL;
	if (g->bearish && s->close < s->ema_slow && g->btc_ok_short
	    && s->ema_slow_slope <= -p->entry_slow_drift_min_slope_pct)
		return (!sign || s->macd_hist < 0) && s->rsi <= p->entry_slow_drift_rsi_short_max
			? SIGNAL_SELL : SIGNAL_NEUTRAL;
	return SIGNAL_NEUTRAL;
}

KERNEL_FN void signal_eval(struct signal *out, const struct params *p, const struct plan *plan, const struct snapshot *s,
			   const struct gates *g)
{
	int i;

	for (i = 0; i < N_MODES; i++) {
		out->side = SIGNAL_NEUTRAL;
		out->mode = plan->modes[i];
		if (!plan_on(plan, out->mode))
			continue;
		if (out->mode == B_SIGNAL_MODE_STANDARD_TREND)
			out->side = standard_trend(out, p, plan, s, g);
		else if (out->mode == B_SIGNAL_MODE_PULLBACK)
			out->side = pullback(out, p, s, g);
		else
			out->side = slow_drift(out, p, s, g);
		if (out->side != SIGNAL_NEUTRAL)
			return;
	}
	out->side = SIGNAL_NEUTRAL;
	out->confidence = CONFIDENCE_LOW;
	out->adx_threshold = 0;
}

KERNEL_FN double atr_floored(const struct params *p, double atr, double price)
{
	double floor_atr = price * p->trade_min_atr_pct;

	return p->trade_min_atr_pct > 0 && atr < floor_atr ? floor_atr : atr;
}

KERNEL_FN uint8_t signal_reverse(const struct params *p, uint8_t side, double breadth)
{
	bool reverse = p->trade_reverse_entry_signal;

	if (p->market_regime_enable_auto_reverse)	/* replaces the static flag both ways */
		reverse = p->market_regime_auto_reverse_breadth_low <= breadth
		       && breadth <= p->market_regime_auto_reverse_breadth_high;
	if (!reverse || side == SIGNAL_NEUTRAL)
		return side;
	return side == SIGNAL_BUY ? SIGNAL_SELL : SIGNAL_BUY;
}

KERNEL_FN uint8_t signal_regime(const struct params *p, uint8_t side, double breadth)
{
	if (!p->market_regime_enable_regime_filter)
		return side;
	if (side == SIGNAL_SELL && breadth > p->market_regime_breadth_block_short_above)
		return SIGNAL_NEUTRAL;
	if (side == SIGNAL_BUY && breadth < p->market_regime_breadth_block_long_below)
		return SIGNAL_NEUTRAL;
	return side;
}

KERNEL_FN int64_t pesc_cooldown_ms(const struct params *p, double adx)
{
	double lo = (double)p->trade_reentry_cooldown_min_mins;
	double hi = (double)p->trade_reentry_cooldown_max_mins;
	double minutes;

	if (adx >= PESC_ADX_STRONG)
		minutes = lo;
	else if (adx <= PESC_ADX_WEAK)
		minutes = hi;
	else
		minutes = hi + ((adx - PESC_ADX_WEAK) / (PESC_ADX_STRONG - PESC_ADX_WEAK)) * (lo - hi);
	return trunc_i64(minutes * 60000.0);
}

/* Post-exit same-direction cooldown. reentry_cooldown_minutes is only its switch. */
KERNEL_FN bool pesc_blocks(const struct params *p, const struct symbol_state *sym, double adx, uint8_t side, int64_t now_ms)
{
	uint8_t wanted = side == SIGNAL_BUY ? SIDE_LONG : SIDE_SHORT;

	return p->trade_reentry_cooldown_minutes != 0 && sym->last_close_ms != T_NEVER && !sym->last_close_was_flip
	    && sym->last_close_side == wanted && now_ms - sym->last_close_ms < pesc_cooldown_ms(p, adx);
}

KERNEL_FN bool ssf_blocks(const struct params *p, const struct snapshot *s, uint8_t side)
{
	return p->trade_enable_ssf_filter && !(side == SIGNAL_BUY ? s->macd_hist > 0 : s->macd_hist < 0);
}

KERNEL_FN double reef_limit(const struct params *p, const struct snapshot *s, uint8_t side)
{
	bool weak = s->adx < p->trade_reef_adx_threshold;

	if (side == SIGNAL_BUY)
		return weak ? p->trade_reef_long_rsi_block_gt : p->trade_reef_long_rsi_extreme_gt;
	return weak ? p->trade_reef_short_rsi_block_lt : p->trade_reef_short_rsi_extreme_lt;
}

KERNEL_FN bool reef_blocks(const struct params *p, const struct snapshot *s, uint8_t side)
{
	if (!p->trade_enable_reef_filter)
		return false;
	return side == SIGNAL_BUY ? s->rsi > reef_limit(p, s, side) : s->rsi < reef_limit(p, s, side);
}

KERNEL_FN uint8_t entry_blocked(const struct params *p, const struct symbol_state *sym, const struct snapshot *s,
				uint8_t side, uint8_t confidence, int64_t now_ms)
{
	if (confidence < p->trade_entry_min_confidence)
		return BLOCKED_CONFIDENCE;
	if (pesc_blocks(p, sym, s->adx, side, now_ms))
		return BLOCKED_PESC;
	if (ssf_blocks(p, s, side))
		return BLOCKED_SSF;
	return reef_blocks(p, s, side) ? BLOCKED_REEF : BLOCKED_NOT;
}
