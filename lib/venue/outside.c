/* SPDX-License-Identifier: MIT
 * The outside world: books, trades, marks and oracle prices of others. */
#include "venue/core.h"

/* Own orders that others now cross are theirs, best and oldest first, as far as the crossing size goes. */
static void fill_crossed(struct venue *v, struct market *m, bool buy)
{
	struct side *others = &m->side[!buy];
	struct node *n;

	while (others->n && (n = book_first(m, buy)) && (buy ? others->others[0].px <= n->o.px : others->others[0].px >= n->o.px)) {
		dec8 px = others->others[0].px, filled = match_outside(v, m, n, others->others[0].sz);

		if (filled)
			book_pass(v, m, !buy, px, filled);
	}
}

void venue_book(struct venue *v, uint32_t asset, const struct venue_level *bids, unsigned n_bids,
	const struct venue_level *asks, unsigned n_asks)
{
	struct market *m = markets_find(v, asset);

	if (!m)
		return;
	settle_begin(v);
	funding_sample(v, m);
	book_replace_others(v, m, true, bids, n_bids);
	book_replace_others(v, m, false, asks, n_asks);
	fill_crossed(v, m, true);
	fill_crossed(v, m, false);
	settle(v);
}

void venue_bbo(struct venue *v, uint32_t asset, const struct venue_level *bid, const struct venue_level *ask)
{
	venue_book(v, asset, bid, bid->sz > 0, ask, ask->sz > 0);
}

void venue_trade(struct venue *v, uint32_t asset, bool buy, dec8 px, dec8 sz)
{
	struct market *m = markets_find(v, asset);
	struct node *n;

	if (!m || px <= 0 || sz <= 0 || !perp_fits(px, sz))
		return;
	settle_begin(v);
	funding_sample(v, m);
	while ((n = book_first(m, !buy)) && (buy ? n->o.px < px : n->o.px > px))
		match_outside(v, m, n, n->o.sz);
	match_trade(v, m, buy, px, sz);
	settle(v);
}

void venue_mark(struct venue *v, uint32_t asset, dec8 mark)
{
	struct market *m = markets_find(v, asset);

	if (!m || mark <= 0)
		return;
	settle_begin(v);
	if (!m->oracle)
		funding_sample(v, m);
	m->mark = mark;
	market_touch(v, m);
	settle(v);
}

void venue_oracle(struct venue *v, uint32_t asset, dec8 oracle)
{
	struct market *m = markets_find(v, asset);

	if (!m || oracle <= 0)
		return;
	settle_begin(v);
	funding_sample(v, m);
	m->oracle = oracle;
	market_touch(v, m);
	settle(v);
}
