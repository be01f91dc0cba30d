/* SPDX-License-Identifier: MIT
 * The kernel's state of a symbol as a record, and back. */
#include "trade/lane.h"

#include <string.h>

static const char *const sides[] = { [SIDE_LONG] = "long", [SIDE_SHORT] = "short" };
static const char *const confidences[] = { [CONFIDENCE_LOW] = "low", [CONFIDENCE_MEDIUM] = "medium", [CONFIDENCE_HIGH] = "high" };

static int64_t time_put(int64_t ms)
{
	return ms == T_NEVER ? 0 : ms;
}

static int64_t time_get(int64_t ms)
{
	return ms ? ms : T_NEVER;
}

static uint8_t confidence_get(const char *text)
{
	uint8_t c = CONFIDENCE_LOW;

	while (c < CONFIDENCE_HIGH && strcmp(text, confidences[c]) != 0)
		c++;
	return c;
}

void mark_from_state(struct rec_mark *m, const struct symbol_state *s, const char *name, int64_t t_ms)
{
	const struct position *p = &s->pos;

	*m = (struct rec_mark){
		.t_ms = t_ms, .size = p->size, .entry_price = p->entry_price, .margin_usd = p->margin_usd, .leverage = p->leverage,
		.entry_atr = p->entry_atr, .entry_adx_threshold = p->entry_adx_threshold, .trailing_sl = p->trailing_sl,
		.has_trailing = p->has_trailing, .tp1_taken = p->tp1_taken, .adds_count = p->adds_count,
		.open_ms = time_put(p->open_ms), .last_add_ms = time_put(p->last_add_ms),
		.last_entry_ms = time_put(s->last_entry_ms), .last_exit_ms = time_put(s->last_exit_ms),
		.last_close_ms = time_put(s->last_close_ms), .last_close_was_flip = s->last_close_was_flip, .close = s->close,
	};
	strcpy(m->symbol, name);
	strcpy(m->side, p->open ? sides[p->side] : "flat");
	strcpy(m->confidence, confidences[p->confidence]);
	strcpy(m->last_close_side, sides[s->last_close_side]);
}

void mark_to_state(struct symbol_state *s, const struct rec_mark *m)
{
	s->pos = (struct position){
		.entry_price = m->entry_price, .size = m->size, .margin_usd = m->margin_usd, .entry_atr = m->entry_atr,
		.entry_adx_threshold = m->entry_adx_threshold, .trailing_sl = m->trailing_sl, .leverage = m->leverage,
		.open_ms = time_get(m->open_ms), .last_add_ms = time_get(m->last_add_ms), .adds_count = (uint32_t)m->adds_count,
		.side = strcmp(m->side, sides[SIDE_SHORT]) == 0 ? SIDE_SHORT : SIDE_LONG, .confidence = confidence_get(m->confidence),
		.open = strcmp(m->side, "flat") != 0, .tp1_taken = m->tp1_taken, .has_trailing = m->has_trailing,
	};
	s->last_entry_ms = time_get(m->last_entry_ms);
	s->last_exit_ms = time_get(m->last_exit_ms);
	s->last_close_ms = time_get(m->last_close_ms);
	s->last_close_side = strcmp(m->last_close_side, sides[SIDE_SHORT]) == 0 ? SIDE_SHORT : SIDE_LONG;
	s->last_close_was_flip = m->last_close_was_flip;
	s->close = m->close;
}

dec8 lane_own_size(const struct lane_symbol *s)
{
	dec8 size;

	if (!s->own.pos.open || !dec8_of_f64(s->own.pos.size, DEC8_HALF_EVEN, &size))
		return 0;
	return s->own.pos.side == SIDE_SHORT ? -size : size;
}
