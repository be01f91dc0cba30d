/* SPDX-License-Identifier: MIT
 * Exit rules: docs/rules/exits.md has a paragraph per behaviour, in the order of this file. */
#include "kernel/exits.h"

#include "kernel/math.h"

/* What one evaluation knows. The position is seen quantised; nothing of the stop survives the evaluation. */
struct look {
	struct exit_decision *d;
	struct position *pos;
	const struct params *p;
	const struct snapshot *s;
	bool is_long, low, is_paxg;
	int64_t now_ms;
	double entry, size, close;
	double atr;		/* at entry, or half a percent of the entry price */
	double move;		/* price move in the position's favour */
	double profit;		/* the same in ATRs */
	/* stop loss family */
	double stop_mult;
	bool breakeven;
	/* trailing family */
	double trail_start, trail_distance;
	bool trail_buffered, trailing;
};

static KERNEL_FN bool underwater(const struct look *k)
{
	return k->is_long ? k->close < k->entry : k->close > k->entry;
}

/* Price at n ATRs in the position's favour. */
static KERNEL_FN double level(const struct look *k, double n)
{
	return k->is_long ? k->entry + k->atr * n : k->entry - k->atr * n;
}

static KERNEL_FN bool reached(const struct look *k, double price)
{
	return k->is_long ? k->close >= price : k->close <= price;
}

static KERNEL_FN bool breached(const struct look *k, double price)
{
	return k->is_long ? k->close <= price : k->close >= price;
}

static KERNEL_FN bool full(struct look *k, uint8_t reason)
{
	k->d->kind = EXIT_FULL;
	k->d->reason = reason;
	return true;
}

static KERNEL_FN bool full_args(struct look *k, uint8_t reason, double a, double b, double c)
{
	k->d->arg[0] = a;
	k->d->arg[1] = b;
	k->d->arg[2] = c;
	return full(k, reason);
}

/* A print far from the previous close: no exit is decided on it. */
static KERNEL_FN bool glitch(const struct look *k)
{
	double dev = fabs(k->close - k->s->prev_close);

	if (!k->p->trade_block_exits_on_extreme_dev || !(k->s->prev_close > 0))
		return false;
	return dev / k->s->prev_close > k->p->trade_glitch_price_dev_pct
	    || (k->s->atr > 0 && dev > k->s->atr * k->p->trade_glitch_atr_mult);
}

static KERNEL_FN double stop_price(const struct look *k)
{
	double atr = max_f64(k->atr, 1e-12), stop, start = k->p->trade_breakeven_start_atr;

	stop = k->is_long ? k->entry - atr * k->stop_mult : k->entry + atr * k->stop_mult;
	if (!k->breakeven || !k->p->trade_enable_breakeven_stop || !(start > 0) || !(k->move >= atr * start))
		return stop;
	if (k->is_long)
		return max_f64(stop, k->entry + atr * k->p->trade_breakeven_buffer_atr);
	return min_f64(stop, k->entry - atr * k->p->trade_breakeven_buffer_atr);
}

/* Modifiers that come after the base recompute the stop; every rule of the family then looks at it. */
static KERNEL_FN bool stop_loss(struct look *k, int behaviour)
{
	bool set = k->d->has_stop;

	switch (behaviour) {
	case B_EXIT_STOP_LOSS_ASE:
		if (k->s->adx_slope < 0 && underwater(k))
			k->stop_mult *= 0.8;
		break;
	case B_EXIT_STOP_LOSS_DASE:
		if (k->s->adx > 40 && k->profit > 0.5)
			k->stop_mult *= 1.15;
		break;
	case B_EXIT_STOP_LOSS_SLB:
		if (k->s->adx > 45)
			k->stop_mult *= 1.10;
		break;
	case B_EXIT_STOP_LOSS_BASE:
		set = true;
		break;
	default:	/* breakeven */
		if (!k->p->trade_enable_breakeven_stop || !(k->p->trade_breakeven_start_atr > 0))
			return false;
		k->breakeven = k->move >= k->atr * k->p->trade_breakeven_start_atr;
		break;
	}
	if (!set)
		return false;
	k->d->has_stop = true;
	k->d->stop = stop_price(k);
	return breached(k, k->d->stop) && full(k, WHY_STOP_LOSS);
}

static KERNEL_FN double trail_distance(const struct look *k)
{
	const struct snapshot *s = k->s;
	double tightest = (k->is_long && s->rsi > 60) || (!k->is_long && s->rsi < 40) ? 0.7 : 0.5;
	double d = k->trail_distance;

	if (k->profit > 2.0) {
		if (s->adx > 35 && s->adx_slope > 0)
			d = d * 1.0;
		else
			d = d * (s->atr_slope > 0 ? 0.75 : 0.5);
	} else if (s->adx < 25) {
		d = d * 0.7;
	} else if (k->trail_buffered && s->bb_width_ratio > 1.2) {
		d = d * 1.25;
	}
	return max_f64(d, tightest);
}

/* The trailing stop only tightens; it stays where it is while the profit is below the start. */
static KERNEL_FN void trail_move(struct look *k)
{
	double distance, want;

	if (k->profit < k->trail_start)
		return;
	distance = trail_distance(k);
	want = k->is_long ? k->close - k->atr * distance : k->close + k->atr * distance;
	if (k->pos->has_trailing)
		want = k->is_long ? max_f64(want, k->pos->trailing_sl) : min_f64(want, k->pos->trailing_sl);
	k->pos->has_trailing = true;
	k->pos->trailing_sl = want;
}

static KERNEL_FN bool trailing(struct look *k, int behaviour)
{
	const struct params *p = k->p;

	switch (behaviour) {
	case B_EXIT_TRAILING_LOW_CONF_OVERRIDE:
		if (k->low && p->trade_trailing_start_atr_low_conf > 0)
			k->trail_start = p->trade_trailing_start_atr_low_conf;
		if (k->low && p->trade_trailing_distance_atr_low_conf > 0)
			k->trail_distance = p->trade_trailing_distance_atr_low_conf;
		break;
	case B_EXIT_TRAILING_VOL_BUFFER:
		if (p->trade_enable_vol_buffered_trailing)
			k->trail_buffered = true;
		break;
	default:	/* base */
		k->trailing = true;
		break;
	}
	if (!k->trailing)
		return false;
	trail_move(k);
	return k->pos->has_trailing && breached(k, k->pos->trailing_sl) && full(k, WHY_TRAILING_STOP);
}

static KERNEL_FN bool take_profit_partial(struct look *k)
{
	const struct params *p = k->p;
	double mult = p->trade_tp_partial_atr_mult > 0 ? p->trade_tp_partial_atr_mult : p->trade_tp_atr_mult;
	double pct;

	if (!p->trade_enable_partial_tp || k->pos->tp1_taken || !reached(k, level(k, mult)))
		return false;
	pct = clamp_f64(p->trade_tp_partial_pct, 0, 1);
	if (pct >= 1)
		return full(k, WHY_TAKE_PROFIT);
	if (!(pct > 0) || k->size * (1 - pct) * k->close < p->trade_tp_partial_min_notional_usd)
		return false;
	k->d->kind = EXIT_PARTIAL;
	k->d->reason = WHY_TAKE_PROFIT_PARTIAL;
	k->d->fraction = pct;
	return true;
}

static KERNEL_FN bool take_profit_full(struct look *k)
{
	const struct params *p = k->p;

	if (p->trade_enable_partial_tp && k->pos->tp1_taken && p->trade_tp_partial_atr_mult <= 0)
		return false;
	return reached(k, level(k, p->trade_tp_atr_mult)) && full(k, WHY_TAKE_PROFIT);
}

static KERNEL_FN bool trend_breakdown(struct look *k)
{
	const struct snapshot *s = k->s;
	double dev = s->ema_slow > 0 ? fabs(s->ema_fast - s->ema_slow) / s->ema_slow : 0;
	bool weak_cross = dev < 0.001 && s->adx > 25;

	return !weak_cross && (k->is_long ? s->ema_fast < s->ema_slow : s->ema_fast > s->ema_slow)
	    && full(k, WHY_TREND_BREAKDOWN);
}

static KERNEL_FN bool trend_exhaustion(struct look *k)
{
	const struct params *p = k->p;
	double limit = p->trade_smart_exit_adx_exhaustion_lt;

	if (k->pos->entry_adx_threshold > 0)
		limit = k->pos->entry_adx_threshold;
	else if (k->low && p->trade_smart_exit_adx_exhaustion_lt_low_conf > 0)
		limit = p->trade_smart_exit_adx_exhaustion_lt_low_conf;
	limit = max_f64(limit, 0);
	return limit > 0 && k->s->adx < limit && full_args(k, WHY_TREND_EXHAUSTION, limit, 0, 0);
}

static KERNEL_FN bool macro_breakdown(struct look *k)
{
	const struct snapshot *s = k->s;

	if (!k->p->filters_require_macro_alignment || !(s->ema_macro > 0))
		return false;
	if (k->is_long)
		return k->close < s->ema_macro && full(k, WHY_MACRO_BREAKDOWN);
	return k->close > s->ema_macro && full(k, WHY_MACRO_BREAKOUT);
}

static KERNEL_FN bool stagnation(struct look *k)
{
	double quiet = k->atr * 0.70;

	return k->s->atr < quiet && underwater(k) && !k->is_paxg
	    && full_args(k, WHY_STAGNATION, k->s->atr, quiet, 0);
}

/* How far under water, in ATRs, a position may be while it pays this funding rate. */
static KERNEL_FN double funding_patience(const struct look *k, double rate, double atr, double hours)
{
	const struct snapshot *s = k->s;
	bool with_trend = (k->is_long ? s->ema_fast > s->ema_slow : s->ema_fast < s->ema_slow) && s->adx > 25;
	bool improving = k->is_long ? s->macd_hist > s->prev_macd_hist : s->macd_hist < s->prev_macd_hist;
	bool with_macro = s->ema_macro > 0 && (k->is_long ? k->close > s->ema_macro : k->close < s->ema_macro);
	bool sure = k->pos->confidence == CONFIDENCE_HIGH;
	double t;

	if (rate > 0.0001)
		t = 0.15;
	else if (rate > 0.00006)
		t = 0.25;
	else if (rate > 0.00004)
		t = 0.40;
	else if (rate > 0.00002)
		t = 0.60;
	else
		t = rate < 0.00001 ? 0.95 : 0.80;
	if (s->atr > atr * 1.2)
		t *= 0.6;
	if (hours > 1)
		t = max_f64(t * max_f64(1 - (hours - 1) / 11, 0), 0.35);
	if (with_trend)
		t = max_f64(t, 0.75);
	if (improving)
		t = max_f64(t * 1.5, 0.5);
	if (s->adx > 35)
		t *= 1.4;
	if (sure)
		t *= 1.25;
	if (with_macro)
		t *= 1.3;
	if (improving && with_macro && sure)
		t *= 1.5;
	if (k->close > 0 && s->atr / k->close < 0.002)
		t *= 1.25;
	if (k->is_long ? s->rsi < 35 : s->rsi > 65)
		t *= 1.3;
	if (s->adx > 45)
		t *= 1.6;
	if (s->adx_slope > 1)
		t *= 1.4;
	if (s->adx > 40)
		t *= 1.25;
	if (k->profit > 1.5 && s->atr_slope > 0)
		t *= 1.5;
	if (k->profit > 3)
		t *= 2.0;
	else if (k->profit > 2)
		t *= 1.5;
	if (s->adx_slope < 0)
		t *= 0.75;
	return t;
}

static KERNEL_FN bool funding_headwind(struct look *k)
{
	double rate = k->s->funding_rate, atr = max_f64(k->atr, 1e-12), hours = 0, limit;

	if (!(k->is_long ? rate > 0 : rate < 0))
		return false;
	if (k->now_ms > k->pos->open_ms)
		hours = (double)(k->now_ms - k->pos->open_ms) / 3600000.0;
	limit = funding_patience(k, fabs(rate), atr, hours);
	return underwater(k) && fabs(k->close - k->entry) / atr > limit
	    && full_args(k, WHY_FUNDING_HEADWIND, rate, limit, hours);
}

static KERNEL_FN bool trend_saturation(struct look *k)
{
	const struct snapshot *s = k->s;
	bool fading = k->is_long
		? s->macd_hist < s->prev_macd_hist && s->prev_macd_hist < s->prev2_macd_hist
		: s->macd_hist > s->prev_macd_hist && s->prev_macd_hist > s->prev2_macd_hist;

	return s->adx > 50 && k->profit >= k->p->trade_tsme_min_profit_atr
	    && (s->adx_slope < 0 || !k->p->trade_tsme_require_adx_slope_negative) && fading
	    && full_args(k, WHY_TSME, s->adx, s->adx_slope, 0);
}

static KERNEL_FN bool macd_divergence(struct look *k)
{
	const struct snapshot *s = k->s;
	bool fading = k->is_long
		? s->macd_hist < s->prev_macd_hist && s->prev_macd_hist < s->prev2_macd_hist
		  && s->prev2_macd_hist < s->prev3_macd_hist
		: s->macd_hist > s->prev_macd_hist && s->prev_macd_hist > s->prev2_macd_hist
		  && s->prev2_macd_hist > s->prev3_macd_hist;

	return k->profit > 1.5 && s->adx > 35 && fading && full_args(k, WHY_MMDE, k->profit, 0, 0);
}

static KERNEL_FN bool rsi_overextension(struct look *k)
{
	const struct params *p = k->p;
	bool lo = k->profit < max_f64(p->trade_rsi_exit_profit_atr_switch, 0);
	double ub = lo ? p->trade_rsi_exit_ub_lo_profit : p->trade_rsi_exit_ub_hi_profit;
	double lb = lo ? p->trade_rsi_exit_lb_lo_profit : p->trade_rsi_exit_lb_hi_profit;
	double ub_low = lo ? p->trade_rsi_exit_ub_lo_profit_low_conf : p->trade_rsi_exit_ub_hi_profit_low_conf;
	double lb_low = lo ? p->trade_rsi_exit_lb_lo_profit_low_conf : p->trade_rsi_exit_lb_hi_profit_low_conf;

	if (!p->trade_enable_rsi_overextension_exit)
		return false;
	if (k->low && ub_low > 0)
		ub = ub_low;
	if (k->low && lb_low > 0)
		lb = lb_low;
	if (k->is_long)
		return k->s->rsi > ub && full_args(k, WHY_RSI_OVERBOUGHT, k->s->rsi, ub, 0);
	return k->s->rsi < lb && full_args(k, WHY_RSI_OVERSOLD, k->s->rsi, lb, 0);
}

static KERNEL_FN bool triggers(struct look *k, int behaviour)
{
	switch (behaviour) {
	case B_EXIT_STOP_LOSS_ASE:
	case B_EXIT_STOP_LOSS_DASE:
	case B_EXIT_STOP_LOSS_SLB:
	case B_EXIT_STOP_LOSS_BASE:
	case B_EXIT_STOP_LOSS_BREAKEVEN:
		return stop_loss(k, behaviour);
	case B_EXIT_TRAILING_LOW_CONF_OVERRIDE:
	case B_EXIT_TRAILING_VOL_BUFFER:
	case B_EXIT_TRAILING_BASE:
		return trailing(k, behaviour);
	case B_EXIT_TAKE_PROFIT_PARTIAL:
		return take_profit_partial(k);
	case B_EXIT_TAKE_PROFIT_FULL:
		return take_profit_full(k);
	case B_EXIT_SMART_TREND_BREAKDOWN:
		return trend_breakdown(k);
	case B_EXIT_SMART_TREND_EXHAUSTION:
		return trend_exhaustion(k);
	case B_EXIT_SMART_EMA_MACRO_BREAKDOWN:
		return macro_breakdown(k);
	case B_EXIT_SMART_STAGNATION:
		return stagnation(k);
	case B_EXIT_SMART_FUNDING_HEADWIND:
		return funding_headwind(k);
	case B_EXIT_SMART_TSME:
		return trend_saturation(k);
	case B_EXIT_SMART_MMDE:
		return macd_divergence(k);
	default:
		return rsi_overextension(k);
	}
}

static KERNEL_FN void look_init(struct look *k, struct exit_decision *d, struct position *pos, const struct params *p,
				const struct snapshot *s)
{
	d->kind = EXIT_HOLD;
	d->reason = 0;
	d->fraction = 0;
	d->arg[0] = d->arg[1] = d->arg[2] = 0;
	d->has_stop = false;
	d->stop = 0;
	k->d = d;
	k->pos = pos;
	k->p = p;
	k->s = s;
	k->is_long = pos->side == SIDE_LONG;
	k->low = pos->confidence == CONFIDENCE_LOW;
	k->entry = quantise(pos->entry_price);
	k->size = quantise(pos->size);
	k->close = s->close;
	k->atr = pos->entry_atr > 0 ? pos->entry_atr : k->entry * 0.005;
	k->move = k->is_long ? k->close - k->entry : k->entry - k->close;
	k->profit = k->atr > 0 ? k->move / k->atr : 0;
	k->stop_mult = p->trade_sl_atr_mult;
	k->breakeven = false;
	k->trail_start = p->trade_trailing_start_atr;
	k->trail_distance = p->trade_trailing_distance_atr;
	k->trail_buffered = k->trailing = false;
	d->profit_atr = k->profit;
}

KERNEL_FN void exit_eval(struct exit_decision *d, struct position *pos, const struct params *p, const struct plan *plan,
			 const struct snapshot *s, bool is_paxg, int64_t now_ms)
{
	struct look k;
	int i;

	look_init(&k, d, pos, p, s);
	k.is_paxg = is_paxg;
	k.now_ms = now_ms;
	if (!(k.size > 0))
		return;
	if (glitch(&k)) {
		d->has_stop = plan_on(plan, B_EXIT_STOP_LOSS_BASE);
		d->stop = d->has_stop ? stop_price(&k) : 0;
		return;
	}
	for (i = 0; i < N_EXITS; i++)
		if (plan_on(plan, plan->exits[i]) && triggers(&k, plan->exits[i]))
			return;
}

/* The nearer of stop and trailing stop. */
static double stop_bound(const struct exit_decision *d, const struct position *pos)
{
	if (!pos->has_trailing)
		return d->has_stop ? d->stop : 0;
	if (!d->has_stop)
		return pos->trailing_sl;
	return pos->side == SIDE_LONG ? max_f64(d->stop, pos->trailing_sl) : min_f64(d->stop, pos->trailing_sl);
}

void exit_bounds(struct exit_bounds *b, const struct position *pos, const struct params *p, const struct plan *plan,
			   const struct snapshot *s, bool is_paxg, int64_t now_ms)
{
	struct exit_decision d;
	struct position copy = *pos;
	struct look k;
	double partial = p->trade_tp_partial_atr_mult > 0 ? p->trade_tp_partial_atr_mult : p->trade_tp_atr_mult;

	exit_eval(&d, &copy, p, plan, s, is_paxg, now_ms);
	b->stop = stop_bound(&d, &copy);
	look_init(&k, &d, &copy, p, s);
	b->partial = b->full = 0;
	if (plan_on(plan, B_EXIT_TAKE_PROFIT_PARTIAL) && p->trade_enable_partial_tp && !pos->tp1_taken)
		b->partial = level(&k, partial);
	if (plan_on(plan, B_EXIT_TAKE_PROFIT_FULL) && !(p->trade_enable_partial_tp && pos->tp1_taken && p->trade_tp_partial_atr_mult <= 0))
		b->full = level(&k, p->trade_tp_atr_mult);
}
