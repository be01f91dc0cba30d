/* SPDX-License-Identifier: MIT
 * Gates: docs/rules/entry.md "Gates" gives the same list in the same order. Market comparisons are joined with & and |:
 * their outcomes are close to coin tosses, and a branch on each costs more than all of the arithmetic. */
#include "kernel/gates.h"

#include "kernel/math.h"

#define TMC_ADX_SLOPE 0.5	/* momentum strong enough to cap the ADX floor */

KERNEL_FN double price_jump(const struct snapshot *s)
{
	return s->prev_close > 0 ? fabs(s->close - s->prev_close) / s->prev_close : 0;
}

KERNEL_FN double ema_fast_distance(const struct snapshot *s)
{
	return s->ema_fast > 0 ? fabs(s->close - s->ema_fast) / s->ema_fast : 0;
}

KERNEL_FN uint32_t ranging_votes(const struct params *p, const struct snapshot *s)
{
	return (uint32_t)(s->adx < p->ranging_adx_below)
	     + (uint32_t)(s->bb_width_ratio < p->ranging_bb_width_ratio_below)
	     + (uint32_t)((p->ranging_rsi_low < s->rsi) & (s->rsi < p->ranging_rsi_high));
}

KERNEL_FN uint32_t ranging_votes_needed(const struct params *p)
{
	return p->ranging_min_signals > 1 ? p->ranging_min_signals : 1;
}

static KERNEL_FN bool ranging(const struct params *p, const struct plan *plan, const struct snapshot *s)
{
	return plan_on(plan, B_GATE_RANGING_VOTE) && p->filters_enable_ranging_filter
	    && ranging_votes(p, s) >= ranging_votes_needed(p);
}

static KERNEL_FN bool anomaly(const struct params *p, const struct plan *plan, const struct snapshot *s, double distance)
{
	return plan_on(plan, B_GATE_ANOMALY_FILTER) && p->filters_enable_anomaly_filter
	    && (price_jump(s) > p->anomaly_price_change_pct_gt) | (distance > p->anomaly_ema_fast_dev_pct_gt);
}

static KERNEL_FN bool extended(const struct params *p, const struct plan *plan, double distance)
{
	return plan_on(plan, B_GATE_EXTENSION_FILTER) && p->filters_enable_extension_filter
	    && distance > p->entry_max_dist_ema_fast;
}

static KERNEL_FN bool volume_confirms(const struct params *p, const struct plan *plan, const struct snapshot *s)
{
	bool above;

	if (!plan_on(plan, B_GATE_VOLUME_CONFIRMATION) || !p->filters_require_volume_confirmation)
		return true;
	above = s->volume > s->vol_sma;
	return p->filters_vol_confirm_include_prev ? above | s->vol_trend : above & s->vol_trend;
}

static KERNEL_FN bool trending_up(const struct params *p, const struct plan *plan, const struct snapshot *s)
{
	return !plan_on(plan, B_GATE_ADX_RISING) || !p->filters_require_adx_rising
	    || (s->adx_slope > 0) | (s->adx > p->filters_adx_rising_saturation);
}

/* Capped while the trend gathers momentum, then raised while volatility is abnormal. */
static KERNEL_FN double adx_floor(const struct params *p, const struct plan *plan, const struct snapshot *s)
{
	double m;

	if (!plan_on(plan, B_GATE_ADX_FLOOR))
		return 0;
	m = p->entry_min_adx;
	if (plan_on(plan, B_GATE_ADX_FLOOR_TMC_CAP) && s->adx_slope > TMC_ADX_SLOPE)
		m = min_f64(m, TMC_ADX_CAP);
	if (plan_on(plan, B_GATE_ADX_FLOOR_AVE_MULTIPLIER) && p->entry_ave_enabled && s->avg_atr > 0
	    && s->atr / s->avg_atr > p->entry_ave_atr_ratio_gt)
		m = m * (p->entry_ave_adx_mult > 0 ? p->entry_ave_adx_mult : 1.0);
	return m;
}

static KERNEL_FN void alignment(struct gates *g, const struct params *p, const struct plan *plan, const struct snapshot *s)
{
	g->bullish = s->ema_fast > s->ema_slow;
	g->bearish = s->ema_fast < s->ema_slow;
	if (plan_on(plan, B_GATE_ALIGNMENT_MACRO) && p->filters_require_macro_alignment) {
		g->bullish = g->bullish & (s->ema_slow > s->ema_macro);
		g->bearish = g->bearish & (s->ema_slow < s->ema_macro);
	}
}

static KERNEL_FN void btc_alignment(struct gates *g, const struct params *p, const struct plan *plan,
				    const struct snapshot *s, bool is_btc, uint8_t btc)
{
	bool waived = !plan_on(plan, B_GATE_ALIGNMENT_BTC) || !p->filters_require_btc_alignment || is_btc
		   || btc == BTC_UNKNOWN || s->adx > p->entry_btc_adx_override;

	g->btc_ok_long = waived || btc == BTC_BULLISH;
	g->btc_ok_short = waived || btc == BTC_BEARISH;
}

/* RSI limits slide from weak to strong while ADX goes from the configured floor to the strong level. */
static KERNEL_FN void rsi_limits(struct gates *g, const struct params *p, const struct snapshot *s)
{
	double a0 = p->entry_min_adx;
	double a1 = p->tp_and_momentum_adx_strong_gt > a0 ? p->tp_and_momentum_adx_strong_gt : a0 + 1;
	double w = clamp_f64((s->adx - a0) / (a1 - a0), 0, 1);

	g->rsi_long_limit = p->tp_and_momentum_rsi_long_weak
			  + w * (p->tp_and_momentum_rsi_long_strong - p->tp_and_momentum_rsi_long_weak);
	g->rsi_short_limit = p->tp_and_momentum_rsi_short_weak
			   + w * (p->tp_and_momentum_rsi_short_strong - p->tp_and_momentum_rsi_short_weak);
}

KERNEL_FN double gates_tp_mult(const struct params *p, const struct snapshot *s)
{
	if (s->adx > p->tp_and_momentum_adx_strong_gt)
		return p->tp_and_momentum_tp_mult_strong;
	return s->adx < p->tp_and_momentum_adx_weak_lt ? p->tp_and_momentum_tp_mult_weak : p->trade_tp_atr_mult;
}

KERNEL_FN void gates_eval(struct gates *g, const struct params *p, const struct plan *plan, const struct snapshot *s,
			  bool is_btc, uint8_t btc)
{
	double distance = ema_fast_distance(s);

	g->ranging = ranging(p, plan, s);
	g->anomaly = anomaly(p, plan, s, distance);
	g->extended = extended(p, plan, distance);
	g->vol_confirm = volume_confirms(p, plan, s);
	g->trending_up = trending_up(p, plan, s);
	g->min_adx = adx_floor(p, plan, s);
	g->adx_above_min = s->adx > g->min_adx;
	alignment(g, p, plan, s);
	btc_alignment(g, p, plan, s, is_btc, btc);
	/* A slow drift un-ranges the market for every mode, not only for its own. */
	if (g->ranging && plan_on(plan, B_GATE_OVERRIDE_SLOW_DRIFT_UNRANGE) && p->entry_enable_slow_drift_entries
	    && fabs(s->ema_slow_slope) >= p->entry_slow_drift_min_slope_pct)
		g->ranging = false;
	rsi_limits(g, p, s);
	g->all_pass = g->adx_above_min & !(g->ranging | g->anomaly | g->extended) & g->vol_confirm & g->trending_up;
}
