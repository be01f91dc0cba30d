/* SPDX-License-Identifier: MIT
 * Position and balance arithmetic (docs/rules/accounting.md). The balance itself is never quantised, its pieces are. */
#include "kernel/account.h"

#include "kernel/math.h"

static KERNEL_FN double fee_usd(const struct venue_rule *v, double notional_usd)
{
	return quantise(notional_usd * ((v ? v->fee_bps : TAKER_FEE_BPS) / 10000.0));
}

/* Price after slippage against the trader, who buys or sells. */
static KERNEL_FN double slipped(const struct venue_rule *v, double price, bool buys, double bps)
{
	double fill = quantise(buys ? price * (1 + bps / 10000.0) : price * (1 - bps / 10000.0));

	return v ? venue_price(v, fill, buys) : fill;
}

/* Of 64 symbols those that may have a position. */
static KERNEL_FN uint64_t maybe_open(const struct run_state *r, uint32_t word)
{
	uint32_t left = r->n_symbols - word * 64;

	if (r->open)
		return r->open[word];
	return left < 64 ? ((uint64_t)1 << left) - 1 : UINT64_MAX;
}

KERNEL_FN double run_margin(const struct run_state *r)
{
	double sum = 0;
	uint32_t word;
	uint64_t todo;

	for (word = 0; word * 64 < r->n_symbols; word++)
		for (todo = maybe_open(r, word); todo; todo &= todo - 1) {
			const struct position *pos = &run_symbol(r, word * 64 + lowest(todo))->pos;

			if (pos->open)
				sum += pos->margin_usd;
		}
	return sum;
}

static KERNEL_FN double open_profit(const struct symbol_state *sym)
{
	const struct position *pos = &sym->pos;
	double last = sym->bars ? sym->close : pos->entry_price;

	return pos->side == SIDE_LONG ? (last - pos->entry_price) * pos->size : (pos->entry_price - last) * pos->size;
}

KERNEL_FN double run_equity(const struct run_state *r)
{
	double sum = 0;
	uint32_t word;
	uint64_t todo;

	for (word = 0; word * 64 < r->n_symbols; word++)
		for (todo = maybe_open(r, word); todo; todo &= todo - 1) {
			const struct symbol_state *sym = run_symbol(r, word * 64 + lowest(todo));

			if (sym->pos.open)
				sum += open_profit(sym);
		}
	return r->balance_usd + sum;
}

static KERNEL_FN double by_confidence(uint8_t confidence, double low, double medium, double high)
{
	if (confidence == CONFIDENCE_HIGH)
		return high;
	return confidence == CONFIDENCE_MEDIUM ? medium : low;
}

/* Confidence x trend strength x calm market. */
static KERNEL_FN double dynamic_multiplier(const struct params *p, uint8_t confidence, double price, double atr, double adx)
{
	double conf = by_confidence(confidence, p->trade_confidence_mult_low, p->trade_confidence_mult_medium,
				    p->trade_confidence_mult_high);
	double trend = p->trade_adx_sizing_full_adx > 0
		? clamp_f64(adx / p->trade_adx_sizing_full_adx, p->trade_adx_sizing_min_mult, 1)
		: p->trade_adx_sizing_min_mult;
	double ratio = p->trade_vol_baseline_pct > 0 && price > 0 ? (atr / price) / p->trade_vol_baseline_pct : 1;
	double vol = clamp_f64(ratio > 0 ? 1 / ratio : 1, p->trade_vol_scalar_min, p->trade_vol_scalar_max);

	return conf * trend * vol;
}

KERNEL_FN void entry_raw_size(struct order *o, const struct params *p, const struct venue_rule *v, uint8_t confidence, double price,
			      double atr, double adx, double equity)
{
	o->margin_usd = equity * p->trade_allocation_pct;
	if (p->trade_enable_dynamic_sizing)
		o->margin_usd *= dynamic_multiplier(p, confidence, price, atr, adx);
	o->leverage = by_confidence(confidence, p->trade_leverage_low, p->trade_leverage_medium, p->trade_leverage_high);
	if (v)
		o->leverage = venue_leverage(v, o->leverage);
	o->notional_usd = o->margin_usd * o->leverage;
	o->size = price > 0 ? o->notional_usd / price : 0;
}

/* A size that was chosen, and the margin that it needs. */
static KERNEL_FN void resize(struct order *o, double size, double price)
{
	o->size = size;
	o->margin_usd = o->size * price / o->leverage;
	o->notional_usd = o->size * price;
}

static KERNEL_FN double least_notional(const struct params *p, const struct venue_rule *v)
{
	return v && v->min_notional_usd > p->trade_min_notional_usd ? v->min_notional_usd : p->trade_min_notional_usd;
}

KERNEL_FN uint8_t entry_size(struct order *o, const struct params *p, const struct venue_rule *v, uint8_t confidence, double price,
			     double atr, double adx, double equity, double margin_in_use)
{
	double headroom = equity * p->trade_max_total_margin_pct - margin_in_use, least = least_notional(p, v);

	entry_raw_size(o, p, v, confidence, price, atr, adx, equity);
	if (headroom <= 0)
		return SIZING_NO_HEADROOM;
	if (o->margin_usd > headroom) {
		o->size *= o->margin_usd > 1e-12 ? headroom / o->margin_usd : 0;
		o->margin_usd = headroom;
	}
	o->notional_usd = o->size * price;
	if (v)
		resize(o, venue_lots_down(v, o->size), price);
	if (o->notional_usd < least) {
		if (!p->trade_bump_to_min_notional || !(price > 0))
			return SIZING_TOO_SMALL;
		resize(o, v ? venue_lots_up(v, least / price) : least / price, price);
		if (o->margin_usd > headroom)
			return SIZING_TOO_SMALL;
	}
	if (o->size <= 0 || o->margin_usd <= 0 || o->leverage <= 0)
		return SIZING_ZERO;
	return SIZING_OK;
}

static KERNEL_FN void event_begin(struct event *out, int64_t t_ms, uint32_t symbol, int action_long, uint8_t side, uint8_t reason)
{
	out->t_ms = t_ms;
	out->symbol = symbol;
	out->action = (uint8_t)(action_long + (side == SIDE_SHORT));
	out->reason = reason;
	out->arg[0] = out->arg[1] = out->arg[2] = 0;
	out->pnl_usd = 0;
}

KERNEL_FN void account_open(struct run_state *r, const struct params *p, const struct entry *e, const struct order *o,
			    struct event *out)
{
	struct symbol_state *sym = run_symbol(r, e->symbol);
	struct position *pos = &sym->pos;
	const struct venue_rule *v = run_venue(r, e->symbol);
	double fee = fee_usd(v, o->notional_usd);

	r->balance_usd -= fee;
	pos->entry_price = slipped(v, e->price, e->side == SIDE_LONG, p->trade_slippage_bps);
	pos->size = o->size;
	pos->margin_usd = o->margin_usd;
	pos->entry_atr = e->atr;
	pos->entry_adx_threshold = e->adx_threshold;
	pos->trailing_sl = 0;
	pos->leverage = o->leverage;
	pos->open_ms = pos->last_add_ms = e->t_ms;
	pos->adds_count = 0;
	pos->side = e->side;
	pos->confidence = e->confidence;
	pos->tp1_taken = pos->has_trailing = false;
	pos->open = true;
	r->n_open++;
	sym->last_entry_ms = e->t_ms;

	event_begin(out, e->t_ms, e->symbol, ACT_OPEN_LONG, e->side, e->sub_bar ? WHY_ENTRY_SUB_BAR : WHY_ENTRY);
	out->confidence = e->confidence;
	out->price = pos->entry_price;
	out->size = o->size;
	out->notional_usd = o->notional_usd;
	out->fee_usd = fee;
	out->balance_usd = r->balance_usd;
	out->entry_atr = e->atr;
	out->leverage = o->leverage;
	out->margin_usd = o->margin_usd;
}

KERNEL_FN bool add_size(struct order *o, const struct params *p, const struct venue_rule *v, double balance, double price,
			double leverage, double margin_in_use)
{
	double least = least_notional(p, v);

	o->margin_usd = balance * p->trade_allocation_pct * p->trade_add_fraction_of_base_margin;
	o->leverage = leverage;
	o->notional_usd = o->margin_usd * leverage;
	if (!(price > 0))
		return false;
	o->size = o->notional_usd / price;
	if (v)
		resize(o, venue_lots_down(v, o->size), price);
	if (o->notional_usd < least) {
		if (!p->trade_bump_to_min_notional)
			return false;
		o->notional_usd = least;	/* the margin stays: docs/parity.md "bumped add" */
		o->size = o->notional_usd / price;
		if (v)
			resize(o, venue_lots_up(v, o->size), price);
	}
	if (balance * p->trade_max_total_margin_pct - (margin_in_use + o->margin_usd) < 0)
		return false;
	return o->size > 0 && o->margin_usd > 0;
}

KERNEL_FN void account_add(struct run_state *r, const struct params *p, const struct entry *e, const struct order *o,
			   struct event *out)
{
	struct symbol_state *sym = run_symbol(r, e->symbol);
	struct position *pos = &sym->pos;
	const struct venue_rule *v = run_venue(r, e->symbol);
	double fee = fee_usd(v, o->notional_usd);
	double fill = slipped(v, e->price, pos->side == SIDE_LONG, p->trade_slippage_bps);
	double total = v ? venue_lots(v, pos->size + o->size) : pos->size + o->size;

	r->balance_usd -= fee;
	pos->entry_price = total < 1e-12 ? fill : (pos->entry_price * pos->size + fill * o->size) / total;
	pos->size = total;
	pos->margin_usd += o->margin_usd;
	pos->adds_count++;
	pos->last_add_ms = e->t_ms;
	sym->last_entry_ms = e->t_ms;

	event_begin(out, e->t_ms, e->symbol, ACT_ADD_LONG, pos->side, WHY_PYRAMID);
	out->arg[0] = pos->adds_count;
	out->confidence = e->confidence;
	out->price = fill;
	out->size = o->size;
	out->notional_usd = o->notional_usd;
	out->fee_usd = fee;
	out->balance_usd = r->balance_usd;
	out->entry_atr = e->atr;
	out->leverage = pos->leverage;
	out->margin_usd = pos->margin_usd;
}

KERNEL_FN void account_close(struct run_state *r, uint32_t symbol, bool full, double fraction, double price, uint8_t reason,
			     const double arg[3], int64_t t_ms, struct event *out)
{
	struct symbol_state *sym = run_symbol(r, symbol);
	struct position *pos = &sym->pos;
	const struct venue_rule *v = run_venue(r, symbol);
	bool is_long = pos->side == SIDE_LONG;
	double fill = slipped(v, price, !is_long, EXIT_SLIPPAGE_BPS);
	double n = full ? pos->size : quantise(pos->size * clamp_f64(fraction, 0, 1));
	double gain, ratio;

	if (v && !full) {
		n = venue_part(v, pos->size, n, fill);
		full = n >= pos->size;
	}
	gain = (fill - pos->entry_price) * n;
	ratio = full ? 1 : clamp_f64(n / pos->size, 0, 1);
	event_begin(out, t_ms, symbol, full ? ACT_CLOSE_LONG : ACT_REDUCE_LONG, pos->side, reason);
	if (arg) {
		out->arg[0] = arg[0];
		out->arg[1] = arg[1];
		out->arg[2] = arg[2];
	}
	out->confidence = pos->confidence;
	out->price = fill;
	out->size = n;
	out->notional_usd = quantise(fill * n);
	out->pnl_usd = quantise(is_long ? gain : -gain);
	out->fee_usd = fee_usd(v, out->notional_usd);
	out->entry_atr = pos->entry_atr;
	out->leverage = pos->leverage;
	out->margin_usd = full ? pos->margin_usd : pos->margin_usd * (n / pos->size);
	r->balance_usd += out->pnl_usd - out->fee_usd;
	out->balance_usd = r->balance_usd;

	sym->last_exit_ms = sym->last_close_ms = t_ms;
	sym->last_close_side = pos->side;
	sym->last_close_was_flip = reason == WHY_SIGNAL_FLIP;
	if (full) {
		pos->open = false;
		r->n_open--;
	} else {
		pos->size = v ? venue_lots(v, pos->size - n) : pos->size - pos->size * ratio;
		pos->margin_usd = pos->margin_usd * (1 - ratio);
		pos->tp1_taken = true;
	}
}

KERNEL_FN double funding_delta(uint8_t side, double size, double mark, double rate)
{
	double s = side == SIDE_LONG ? size : -size;

	return quantise(-s * mark * rate);
}

KERNEL_FN void account_funding(struct run_state *r, uint32_t symbol, double rate, int64_t t_ms, struct event *out)
{
	const struct symbol_state *sym = run_symbol(r, symbol);
	const struct position *pos = &sym->pos;

	event_begin(out, t_ms, symbol, ACT_FUNDING, SIDE_LONG, WHY_FUNDING_PAYMENT);
	out->arg[0] = rate;
	out->confidence = pos->confidence;
	out->price = sym->close;
	out->size = pos->size;
	out->notional_usd = pos->size * sym->close;
	out->pnl_usd = funding_delta(pos->side, pos->size, sym->close, rate);
	out->fee_usd = 0;
	r->balance_usd += out->pnl_usd;
	out->balance_usd = r->balance_usd;
	out->entry_atr = pos->entry_atr;
	out->leverage = pos->leverage;
	out->margin_usd = pos->margin_usd;
}
