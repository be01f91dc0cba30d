/* SPDX-License-Identifier: MIT
 * A step's records (docs/lane.md "A step"). */
#include "lane/step.h"

#include "engine/emit.h"
#include "engine/reason.h"

#include <string.h>

void step_write_decisions(struct out *o, const struct step_view *v)
{
	const struct run_result *r = v->st->out;
	struct rec_decision rec;
	size_t i;

	for (i = 0; i < r->n_events; i++) {
		decision_record(&rec, &r->event[i], v->section->name[r->event[i].symbol]);
		record_write(o, REC_decision, &rec);
	}
}

void step_write_signal(struct out *o, const char *symbol, int64_t t_ms, const struct snapshot *s, const struct signal *raw)
{
	struct rec_signal rec = { .t_ms = t_ms, .price = s->close, .rsi = s->rsi, .adx = s->adx, .atr = s->atr, .ema_fast = s->ema_fast,
				  .ema_slow = s->ema_slow };

	strcpy(rec.symbol, symbol);
	strcpy(rec.side, raw->side == SIGNAL_BUY ? "buy" : "sell");
	strcpy(rec.confidence, confidence_name(raw->confidence));
	record_write(o, REC_signal, &rec);
}

/* ---- marks ---- */

/* What the last price makes of a symbol is no change: a replay that goes on from here sees prices of its own. */
static bool changed(const struct rec_mark *a, const struct rec_mark *b)
{
	struct rec_mark x = *a;

	x.close = b->close;
	return memcmp(&x, b, sizeof x) != 0;
}

void step_write_marks(struct out *o, const struct step_view *v)
{
	struct rec_mark now, before;
	uint32_t i;

	for (i = 0; i < v->st->run.n_symbols; i++) {
		memset(&now, 0, sizeof now);
		memset(&before, 0, sizeof before);
		mark_from_state(&now, &v->st->sym[i], v->section->name[i], v->t_ms);
		mark_from_state(&before, &v->before[i], v->section->name[i], v->t_ms);
		if (v->st->sym[i].pos.open || changed(&now, &before))
			record_write(o, REC_mark, &now);
	}
}

/* ---- intents ---- */

static enum intent_action action_of(int a)
{
	if (a == ACT_OPEN_LONG || a == ACT_OPEN_SHORT)
		return INTENT_OPEN;
	if (a == ACT_ADD_LONG || a == ACT_ADD_SHORT)
		return INTENT_ADD;
	return a == ACT_REDUCE_LONG || a == ACT_REDUCE_SHORT ? INTENT_REDUCE : INTENT_CLOSE;
}

static bool of_long(int a)
{
	return a == ACT_OPEN_LONG || a == ACT_ADD_LONG || a == ACT_REDUCE_LONG || a == ACT_CLOSE_LONG;
}

/* Of intents with the same action for the symbol, how many came before event n. */
static unsigned ordinal(const struct run_result *r, size_t n)
{
	unsigned k = 0;
	size_t i;

	for (i = 0; i < n; i++)
		k += r->event[i].symbol == r->event[n].symbol && r->event[i].action != ACT_FUNDING
		  && action_of(r->event[i].action) == action_of(r->event[n].action);
	return k;
}

static void write_intent(struct out *o, const struct step_view *v, size_t n, unsigned place)
{
	const struct run_result *r = v->st->out;
	const struct event *e = &r->event[n];
	const struct symbol_state *sym = &v->st->sym[e->symbol];
	enum intent_action action = action_of(e->action);
	bool enters = intent_enters(action);
	struct rec_intent rec = {
		.t_ms = e->t_ms, .reduce_only = !enters, .ref_px = sym->close, .notional_usd = e->size * sym->close, .place = place,
		.cash_usd = enters ? -e->fee_usd : e->pnl_usd - e->fee_usd, .leverage = enters ? e->leverage : 0,
		.entry_atr = enters ? e->entry_atr : 0, .adx_threshold = action == INTENT_OPEN ? sym->pos.entry_adx_threshold : 0,
		.valid_until_ms = enters ? v->valid_until_ms : 0,
	};
	dec8 size;

	if (!dec8_of_f64(e->size, DEC8_HALF_EVEN, &size))
		die(EX_DATA, "%s: an order of %g is larger than the exchange's numbers", v->section->name[e->symbol], e->size);
	strcpy(rec.symbol, v->section->name[e->symbol]);
	intent_id(rec.id, lane_mode_name(v->lane->mode), v->lane->account, rec.symbol, e->t_ms, action, ordinal(r, n));
	strcpy(rec.action, intent_action_name(action));
	strcpy(rec.side, of_long(e->action) == enters ? "buy" : "sell");
	*dec8_put(rec.size, size) = '\0';
	strcpy(rec.confidence, confidence_name(e->confidence));
	strcpy(rec.reason_code, reason_code_name(reason_code_of(e->reason)));
	reason_text(rec.reason, sizeof rec.reason, e);
	record_write(o, REC_intent, &rec);
}

/* In order of sending: what leaves a position, by symbol, and then what enters, in order of rank. Events are in both orders. */
unsigned step_write_intents(struct out *o, const struct step_view *v)
{
	const struct run_result *r = v->st->out;
	unsigned place = 0;
	size_t i;
	int enters;

	for (enters = 0; enters < 2 && v->orders; enters++)
		for (i = 0; i < r->n_events; i++)
			if (r->event[i].action != ACT_FUNDING && intent_enters(action_of(r->event[i].action)) == (bool)enters)
				write_intent(o, v, i, place++);
	return place;
}

/* ---- tunnels ---- */

static void write_tunnel(struct out *o, const struct step_view *v, uint32_t symbol, const struct snapshot *s)
{
	const struct position *p = &v->st->sym[symbol].pos;
	bool is_long = p->side == SIDE_LONG;
	struct rec_tunnel rec = { .t_ms = v->t_ms, .open_ms = p->open_ms, .entry_price = p->entry_price };
	struct exit_bounds b;

	exit_bounds(&b, p, &v->st->strategy.params, &v->st->strategy.plan, s, v->st->sym[symbol].is_paxg, v->t_ms);
	strcpy(rec.symbol, v->section->name[symbol]);
	strcpy(rec.side, is_long ? "long" : "short");
	rec.upper_full = is_long ? b.full : b.stop;
	rec.lower_full = is_long ? b.stop : b.full;
	rec.upper_partial = b.partial;
	record_write(o, REC_tunnel, &rec);
}

void step_write_tunnels(struct out *o, const struct step_view *v)
{
	struct snapshot s;
	uint32_t i;

	for (i = 0; i < v->section->n; i++) {
		int64_t k = section_find(v->section, v->section->rec[i].symbol);

		if (!v->st->sym[k].pos.open)
			continue;
		record_to_snapshot(&s, &v->section->rec[i]);
		write_tunnel(o, v, (uint32_t)k, &s);
	}
}

void step_write_commit(struct out *o, const struct step_view *v, unsigned intents)
{
	const struct run_state *r = &v->st->run;
	struct rec_step_commit rec = { .t_ms = v->t_ms, .balance_usd = r->balance_usd, .equity_usd = run_equity(r), .margin_usd = run_margin(r),
				       .positions = r->n_open, .decisions = v->st->out->n_events, .intents = intents, .seen = v->lane->seq, .late = v->late };

	strcpy(rec.config_id, v->config_id);
	record_write(o, REC_step_commit, &rec);
}
