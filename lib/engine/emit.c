/* SPDX-License-Identifier: MIT
 * Fills records from what the kernel made. */
#include "engine/emit.h"

#include "engine/reason.h"

#include <stdio.h>
#include <string.h>

static void put_symbol(char_symbol dst, const char *symbol)
{
	snprintf(dst, SYMBOL_MAX, "%s", symbol);
}

static void put_text(char_text dst, const char *text)
{
	size_t n = strlen(text);

	memcpy(dst, text, n + 1);
}

/* What an event and a decision have alike: all but its number. */
#define PUT_CHANGE(rec, e, name) \
	do { \
		(rec)->t_ms = (e)->t_ms; \
		put_symbol((rec)->symbol, name); \
		put_text((rec)->action, action_name((e)->action)); \
		put_text((rec)->reason_code, reason_code_name(reason_code_of((e)->reason))); \
		reason_text((rec)->reason, sizeof (rec)->reason, e); \
		put_text((rec)->confidence, confidence_name((e)->confidence)); \
		(rec)->price = (e)->price; \
		(rec)->size = (e)->size; \
		(rec)->notional_usd = (e)->notional_usd; \
		(rec)->pnl_usd = (e)->pnl_usd; \
		(rec)->fee_usd = (e)->fee_usd; \
		(rec)->balance_usd = (e)->balance_usd; \
		(rec)->entry_atr = (e)->entry_atr; \
		(rec)->leverage = (e)->leverage; \
		(rec)->margin_usd = (e)->margin_usd; \
	} while (0)

void event_record(struct rec_event *rec, const struct event *e, uint64_t seq, const char *symbol)
{
	rec->seq = seq;
	PUT_CHANGE(rec, e, symbol);
}

void decision_record(struct rec_decision *rec, const struct event *e, const char *symbol)
{
	PUT_CHANGE(rec, e, symbol);
}

void trade_record(struct rec_trade *rec, const struct event *e, const char *symbol)
{
	put_text(rec->action, action_name(e->action));
	rec->balance = e->balance_usd;
	put_text(rec->confidence, confidence_name(e->confidence));
	rec->fee = e->fee_usd;
	rec->pnl = e->pnl_usd;
	rec->price = e->price;
	reason_text(rec->reason, sizeof rec->reason, e);
	put_text(rec->reason_code, reason_code_name(reason_code_of(e->reason)));
	rec->size = e->size;
	put_symbol(rec->symbol, symbol);
	rec->timestamp = e->t_ms;
}

/* One explained evaluation: where to write, and the fields that all its records share. */
struct explanation {
	struct out *out;
	struct rec_gate rec;
	uint64_t n;
};

static void gate(struct explanation *x, const char *name, double value, const char *relation, double bound, bool passed)
{
	put_text(x->rec.gate, name);
	x->rec.value = value;
	put_text(x->rec.relation, relation);
	x->rec.bound = bound;
	x->rec.passed = passed;
	record_write(x->out, REC_gate, &x->rec);
	x->n++;
}

static void explain_market(struct explanation *x, const struct params *p, const struct snapshot *s, const struct gates *g)
{
	bool middling = p->ranging_rsi_low < s->rsi && s->rsi < p->ranging_rsi_high;

	gate(x, "ranging_adx", s->adx, "adx >=", p->ranging_adx_below, !(s->adx < p->ranging_adx_below));
	gate(x, "ranging_width", s->bb_width_ratio, "bb_width_ratio >=", p->ranging_bb_width_ratio_below,
	     !(s->bb_width_ratio < p->ranging_bb_width_ratio_below));
	gate(x, "ranging_rsi", s->rsi, "rsi <=", p->ranging_rsi_low, !middling);
	gate(x, "ranging_rsi", s->rsi, "rsi >=", p->ranging_rsi_high, !middling);
	gate(x, "ranging", ranging_votes(p, s), "votes <", ranging_votes_needed(p), !g->ranging);
	gate(x, "anomaly", price_jump(s), "price jump <=", p->anomaly_price_change_pct_gt, !g->anomaly);
	gate(x, "anomaly", ema_fast_distance(s), "distance to ema_fast <=", p->anomaly_ema_fast_dev_pct_gt, !g->anomaly);
	gate(x, "extension", ema_fast_distance(s), "distance to ema_fast <=", p->entry_max_dist_ema_fast, !g->extended);
	gate(x, "volume", s->volume, "volume > vol_sma", s->vol_sma, g->vol_confirm);
	gate(x, "volume", s->vol_trend, "volume rises =", 1, g->vol_confirm);
	gate(x, "adx_rising", s->adx_slope, "adx_slope >", 0, g->trending_up);
	gate(x, "adx_rising", s->adx, "adx >", p->filters_adx_rising_saturation, g->trending_up);
	gate(x, "adx_min", s->adx, "adx >", g->min_adx, g->adx_above_min);
}

static void explain_direction(struct explanation *x, const struct params *p, const struct snapshot *s, const struct gates *g,
			      uint8_t btc)
{
	gate(x, "alignment_long", s->ema_fast, "ema_fast > ema_slow", s->ema_slow, g->bullish);
	gate(x, "alignment_short", s->ema_fast, "ema_fast < ema_slow", s->ema_slow, g->bearish);
	gate(x, "btc_long", btc == BTC_BULLISH, "BTC bullish =", 1, g->btc_ok_long);
	gate(x, "btc_short", btc == BTC_BEARISH, "BTC bearish =", 1, g->btc_ok_short);
	gate(x, "rsi_long", s->rsi, "rsi >", g->rsi_long_limit, s->rsi > g->rsi_long_limit);
	gate(x, "rsi_short", s->rsi, "rsi <", g->rsi_short_limit, s->rsi < g->rsi_short_limit);
	gate(x, "stoch_rsi_long", s->stoch_rsi_k, "stoch_rsi_k <", p->stoch_rsi_block_long_if_k_gt,
	     !p->filters_use_stoch_rsi_filter || s->stoch_rsi_k < p->stoch_rsi_block_long_if_k_gt);
	gate(x, "stoch_rsi_short", s->stoch_rsi_k, "stoch_rsi_k >", p->stoch_rsi_block_short_if_k_lt,
	     !p->filters_use_stoch_rsi_filter || s->stoch_rsi_k > p->stoch_rsi_block_short_if_k_lt);
}

/* What the symbol's earlier trades forbid. A close of the other side, or by a flip, needs no waiting. */
static void explain_past(struct explanation *x, const struct params *p, const struct symbol_state *sym, const struct snapshot *s,
			 uint8_t side)
{
	bool closed = sym->last_close_ms != T_NEVER;

	gate(x, "position", !sym->pos.open ? 0 : sym->pos.side == SIDE_LONG ? 1 : -1, "open, long 1, short -1 =", 0, !sym->pos.open);
	gate(x, "pesc", closed ? (double)(x->rec.t_ms - sym->last_close_ms) / 60000 : 0, closed ? "minutes since close >=" : "never closed",
	     (double)pesc_cooldown_ms(p, s->adx) / 60000, !pesc_blocks(p, sym, s->adx, side, x->rec.t_ms));
}

static void explain_signal(struct explanation *x, const struct params *p, const struct symbol_state *sym, const struct snapshot *s,
			   const struct context *c, const struct signal *raw)
{
	uint8_t reversed = signal_reverse(p, raw->side, c->breadth);
	uint8_t wanted = signal_regime(p, reversed, c->breadth);
	bool buy = reversed == SIGNAL_BUY;

	gate(x, "signal", raw->side == SIGNAL_BUY ? 1 : raw->side == SIGNAL_SELL ? -1 : 0, "buy 1, sell -1, other than", 0,
	     raw->side != SIGNAL_NEUTRAL);
	if (raw->side == SIGNAL_NEUTRAL)
		return;
	gate(x, "regime", c->breadth, wanted == SIGNAL_NEUTRAL ? "breadth blocks" : "breadth allows",
	     buy ? p->market_regime_breadth_block_long_below : p->market_regime_breadth_block_short_above,
	     wanted != SIGNAL_NEUTRAL);
	gate(x, "confidence", raw->confidence, "confidence >=", p->trade_entry_min_confidence,
	     raw->confidence >= p->trade_entry_min_confidence);
	explain_past(x, p, sym, s, reversed);
	gate(x, "ssf", s->macd_hist, buy ? "macd_hist >" : "macd_hist <", 0, !ssf_blocks(p, s, reversed));
	gate(x, "reef", s->rsi, buy ? "rsi <=" : "rsi >=", reef_limit(p, s, reversed), !reef_blocks(p, s, reversed));
}

uint64_t explain_write(struct out *o, const struct params *p, const char *symbol, int64_t t_ms,
		       const struct symbol_state *sym, const struct snapshot *s, const struct context *c,
		       const struct bar_outcome *outcome)
{
	struct explanation x = { .out = o };

	x.rec.t_ms = t_ms;
	put_symbol(x.rec.symbol, symbol);
	explain_market(&x, p, s, &outcome->gates);
	explain_direction(&x, p, s, &outcome->gates, c->btc);
	explain_signal(&x, p, sym, s, c, &outcome->signal);
	gate(&x, "candidate", outcome->candidate, "entry wish survives every filter =", 1, outcome->candidate);
	return x.n;
}
