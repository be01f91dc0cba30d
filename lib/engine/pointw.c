/* SPDX-License-Identifier: MIT
 * Candidate records from prepared texts; changes when their form does (engine/point.c reads it, and writes single ones). */
#include "engine/pointw.h"

#include "base/num.h"

#include <stdlib.h>
#include <string.h>

/* What stands for one value: ,1.5 or ,"trade.sl_atr_mult":1.5 and without comma for the first axis. */
static struct pointw_piece make_piece(struct pointw *w, uint32_t place, double v)
{
	uint32_t from = (uint32_t)w->texts.len;
	char number[NUM_F64_MAX];

	if (place)
		buf_addc(&w->texts, ',');
	if (!w->compact)
		buf_addf(&w->texts, "\"%s\":", param_rows[w->s->axis[place].of->row].path);
	buf_add(&w->texts, number, (size_t)(num_f64_put(number, v) - number));
	return (struct pointw_piece){ from, (uint32_t)w->texts.len - from };
}

/* Returns the length of the longest. */
static uint32_t make_pieces(struct pointw *w, uint32_t place)
{
	const struct space_axis *a = w->s->axis + place;
	uint32_t v, longest = 0;

	w->piece[place] = xreallocarray(NULL, a->n, sizeof *w->piece[place]);
	for (v = 0; v < a->n; v++) {
		w->piece[place][v] = make_piece(w, place, a->of->value[v]);
		longest = w->piece[place][v].len > longest ? w->piece[place][v].len : longest;
	}
	return longest;
}

void pointw_init(struct pointw *w, const struct space *s, bool compact)
{
	uint32_t place, longest = 0;

	*w = (struct pointw){ .s = s, .compact = compact };
	w->piece = xcalloc(s->n, sizeof *w->piece);
	w->written = xcalloc(s->n, sizeof *w->written);
	w->at = xcalloc(s->n + 1, sizeof *w->at);
	for (place = 0; place < s->n; place++) {
		longest += make_pieces(w, place);
		w->written[place] = UINT32_MAX;
	}
	w->body = xmalloc(longest);
}

void pointw_release(struct pointw *w)
{
	uint32_t place;

	for (place = 0; w->piece && place < w->s->n; place++)
		free(w->piece[place]);
	free(w->piece);
	free(w->written);
	free(w->at);
	free(w->body);
	buf_release(&w->texts);
	*w = (struct pointw){ 0 };
}

/* Texts in front of the first choice that differs stay where they are. */
static void update(struct pointw *w)
{
	const uint32_t *choice = w->s->choice, n = w->s->n;
	const struct pointw_piece *p;
	uint32_t place, at;

	for (place = 0; place < n && choice[place] == w->written[place]; place++)
		;
	for (at = w->at[place]; place < n; place++) {
		p = w->piece[place] + choice[place];
		memcpy(w->body + at, w->texts.data + p->at, p->len);
		w->at[place] = at;
		w->written[place] = choice[place];
		at += p->len;
	}
	w->at[n] = at;
}

const char *pointw_text(struct pointw *w, size_t *len)
{
	update(w);
	*len = w->at[w->s->n];
	return w->body;
}

static char *put(char *to, const char *bytes, size_t n)
{
	return (char *)memcpy(to, bytes, n) + n;
}

void pointw_write(struct pointw *w, struct out *o, const char *id)
{
	static const char head[] = "{\"type\":\"candidate\",\"id\":\"", values[] = "\",\"values\":[", overrides[] = "\",\"overrides\":{";
	size_t len = strlen(id);
	char *p;

	update(w);
	p = out_room(o, sizeof head + len + sizeof overrides + w->at[w->s->n] + sizeof "]}\n");
	p = put(p, head, sizeof head - 1);
	p = put(p, id, len);
	p = w->compact ? put(p, values, sizeof values - 1) : put(p, overrides, sizeof overrides - 1);
	p = put(p, w->body, w->at[w->s->n]);
	p = w->compact ? put(p, "]}\n", 3) : put(p, "}}\n", 3);
	o->len = (size_t)(p - o->data);
}
