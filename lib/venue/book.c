/* SPDX-License-Identifier: MIT
 * A book: levels of others, which have only a size, and the orders of accounts among them by price, then time. */
#include "venue/core.h"

#include <stdlib.h>
#include <string.h>

static bool better(bool buy, dec8 px, dec8 than)
{
	return buy ? px > than : px < than;
}

static struct node *own_at(const struct side *s, unsigned k)
{
	return s->own.at[k];
}

dec8 book_best(const struct market *m, bool buy)
{
	const struct side *s = &m->side[buy];
	dec8 px = s->n ? s->others[0].px : 0;

	if (s->own.n && (!px || better(buy, own_at(s, 0)->o.px, px)))
		px = own_at(s, 0)->o.px;
	return px;
}

struct best book_top(const struct market *m, bool buy)
{
	const struct side *s = &m->side[buy];
	struct best b = { .px = book_best(m, buy) };

	if (s->n && s->others[0].px == b.px)
		b.sz += s->others[0].sz;
	for (unsigned k = 0; k < s->own.n && own_at(s, k)->o.px == b.px; k++)
		b.sz += own_at(s, k)->o.sz;
	return b;
}

bool book_crosses(const struct market *m, bool buy, dec8 px)
{
	dec8 best = book_best(m, !buy);

	return best && !better(!buy, px, best);
}

struct node *book_first(const struct market *m, bool buy)
{
	return m->side[buy].own.n ? own_at(&m->side[buy], 0) : NULL;
}

/* The index of the first level that is not better than px. */
static unsigned level_of(const struct side *s, bool buy, dec8 px)
{
	unsigned lo = 0, hi = s->n;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (better(buy, s->others[mid].px, px))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

dec8 book_others(const struct market *m, bool buy, dec8 px)
{
	const struct side *s = &m->side[buy];
	unsigned k = level_of(s, buy, px);

	return k < s->n && s->others[k].px == px ? s->others[k].sz : 0;
}

/* Behind all that are at least as good: those were here before. */
static unsigned own_place(const struct side *s, bool buy, dec8 px)
{
	unsigned lo = 0, hi = s->own.n;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (better(buy, px, own_at(s, mid)->o.px))
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

void book_insert(struct venue *v, struct node *n)
{
	struct market *m = n->market;
	struct side *s = &m->side[n->o.buy];

	n->ahead = book_others(m, n->o.buy, n->o.px);
	list_insert(&s->own, own_place(s, n->o.buy, n->o.px), n);
	m->book_changed = true;
	market_touch(v, m);
}

void book_remove(struct venue *v, struct node *n)
{
	list_drop(&n->market->side[n->o.buy].own, n);
	n->market->book_changed = true;
	market_touch(v, n->market);
}

void book_pass(struct venue *v, struct market *m, bool buy, dec8 px, dec8 sz)
{
	struct side *s = &m->side[buy];
	unsigned level = level_of(s, buy, px);

	for (unsigned k = own_place(s, buy, px); k-- > 0 && own_at(s, k)->o.px == px; )
		own_at(s, k)->ahead -= own_at(s, k)->ahead < sz ? own_at(s, k)->ahead : sz;
	s->others[level].sz -= sz;
	if (!s->others[level].sz) {
		s->n--;
		memmove(s->others + level, s->others + level + 1, (s->n - level) * sizeof *s->others);
	}
	m->book_changed = true;
	market_touch(v, m);
}

void book_replace_others(struct venue *v, struct market *m, bool buy, const struct venue_level *levels, unsigned n)
{
	struct side *s = &m->side[buy];

	if (n > s->cap) {
		s->cap = n;
		s->others = xreallocarray(s->others, n, sizeof *s->others);
	}
	s->n = 0;
	for (unsigned k = 0; k < n; k++)
		if (levels[k].px > 0 && levels[k].sz > 0 && (!s->n || better(buy, s->others[s->n - 1].px, levels[k].px)))
			s->others[s->n++] = levels[k];
	for (unsigned k = 0; k < s->own.n; k++) {
		struct node *own = own_at(s, k);
		dec8 there = book_others(m, buy, own->o.px);

		if (own->ahead > there)
			own->ahead = there;
	}
	m->book_changed = true;
	market_touch(v, m);
}

unsigned venue_levels(const struct venue *v, uint32_t asset, bool bids, struct venue_level *dst, unsigned n)
{
	const struct market *m = markets_find(v, asset);
	const struct side *s = m ? &m->side[bids] : NULL;
	unsigned others = 0, own = 0, out = 0;

	for (; s && out < n && (others < s->n || own < s->own.n); out++) {
		dec8 px = others < s->n ? s->others[others].px : own_at(s, own)->o.px;

		if (own < s->own.n && better(bids, own_at(s, own)->o.px, px))
			px = own_at(s, own)->o.px;
		dst[out] = (struct venue_level){ .px = px };
		if (others < s->n && s->others[others].px == px) {
			dst[out].sz = s->others[others].sz;
			dst[out].n = s->others[others].n ? s->others[others].n : 1;
			others++;
		}
		for (; own < s->own.n && own_at(s, own)->o.px == px; own++, dst[out].n++)
			dst[out].sz += own_at(s, own)->o.sz;
	}
	return out;
}
