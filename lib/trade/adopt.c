/* SPDX-License-Identifier: MIT
 * Sizes by what was not filled, positions by sizes. */
#include "trade/adopt.h"

#include <string.h>

/* ---- what ended otherwise ---- */

/* What the strategy has had of the order and the exchange has not. An exit that the exchange calls filled left nothing behind, however
 * much it was; a rehearsal counts what it would have sent. */
static dec8 missing(const struct lane *l, const struct lane_intent *i)
{
	if (i->outcome == OUTCOME_filled && i->action == INTENT_CLOSE)
		return 0;
	if (i->outcome == OUTCOME_would && l->mode == LANE_DRY_LIVE)
		return 0;
	return i->acked < i->size ? i->size - i->acked : 0;
}

static void take_intent(struct adoption *a, const struct lane *l, const struct lane_intent *i)
{
	dec8 less = missing(l, i);

	if (less == 0)
		return;
	if (!a->cause) {
		a->cause = outcome_name(i->outcome);
		strcpy(a->intent, i->id);
	}
	a->after -= i->buy ? less : -less;
	a->cash_usd -= i->cash_usd * (dec8_f64(less) / dec8_f64(i->size));
}

bool adopt_look(struct adoption *a, const struct lane *l, const struct lane_symbol *s)
{
	uint32_t k;

	*a = (struct adoption){ .before = lane_own_size(s), .after = lane_own_size(s) };
	for (k = 0; k < l->n_intents; k++) {
		const struct lane_intent *i = &l->intent[k];

		if (i->over && i->over_seq > l->step_seq && !*i->op && strcmp(i->symbol, s->name) == 0)
			take_intent(a, l, i);
	}
	if (s->heal) {
		a->cause = "heal";
		a->after = s->heal_size;
		a->entry_px = s->heal_entry_px;
	}
	return s->heal || (a->cause && (a->after != a->before || a->cash_usd != 0));
}

/* ---- what is held then ---- */

static bool on_side(const struct position *p, dec8 size)
{
	return p->open && (p->side == SIDE_LONG) == (size > 0);
}

static void scale(struct position *p, double size)
{
	p->margin_usd *= size / p->size;
	p->size = size;
}

/* An add that came in part, or not at all: the mean of what was there and what came. */
static void less_of_an_add(struct position *p, const struct position *prior, double size)
{
	double added = p->size - prior->size, came = size - prior->size;
	double px = (p->entry_price * p->size - prior->entry_price * prior->size) / added;

	if (came > 0) {
		p->entry_price = (prior->entry_price * prior->size + px * came) / size;
		p->margin_usd = prior->margin_usd + (p->margin_usd - prior->margin_usd) * (came / added);
		p->size = size;
		return;
	}
	*p = *prior;
	scale(p, size);
}

/* What the strategy never opened: it has the exit rules of any other, from this step on. */
static void found(struct position *p, const struct lane_symbol *s, const struct adoption *a, double size, double close, int64_t t_ms)
{
	*p = (struct position){
		.open = true, .side = a->after > 0 ? SIDE_LONG : SIDE_SHORT, .size = size, .confidence = CONFIDENCE_LOW,
		.entry_price = a->entry_px > 0 ? a->entry_px : close, .leverage = s->theirs_leverage >= 1 ? s->theirs_leverage : 1,
		.open_ms = t_ms, .last_add_ms = t_ms,
	};
	p->margin_usd = p->size * p->entry_price / p->leverage;
}

void adopt_position(struct symbol_state *own, const struct lane_symbol *s, const struct adoption *a, int64_t t_ms)
{
	double size = dec8_f64(dec8_abs(a->after));
	struct position *p = &own->pos;
	bool grew = p->open && s->prior.open && p->side == s->prior.side && p->size > s->prior.size;

	if (a->after == a->before)
		return;
	if (a->after == 0)
		p->open = false;
	else if (on_side(p, a->after) && grew)
		less_of_an_add(p, &s->prior, size);
	else if (on_side(p, a->after) && size < p->size)
		scale(p, size);
	else if (on_side(&s->prior, a->after)) {
		*p = s->prior;
		scale(p, size);
	} else
		found(p, s, a, size, own->close, t_ms);
}
