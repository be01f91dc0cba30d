/* SPDX-License-Identifier: MIT
 * Matching: price, then time. One thing is met at a step, and the book is looked at anew after each: a fill may cancel orders. */
#include "venue/core.h"

#include <string.h>

/* An order and a taker trade. The order's state is told before its fill, the trade on the public feed last. */
static void trade(struct venue *v, struct market *m, struct taker *t, struct node *maker, dec8 px, dec8 sz)
{
	struct venue_account *owner = maker ? maker->o.account : NULL, *taker = t->node ? t->node->o.account : NULL;
	struct venue_trade row = { .asset = m->asset.id, .buy = t->buy, .px = px, .sz = sz, .t_ms = v->now, .tid = ids_tid(v) };
	bool liquidation = t->node && t->node->o.liquidation;
	struct fill f = {
		.kind = liquidation ? FILL_LIQUIDATOR : FILL_TRADE, .buy = !t->buy, .px = px, .sz = sz, .tid = row.tid,
		.liquidated = liquidation ? &taker->address : NULL, .mark = market_mark(m),
	};
	struct venue_order order;

	t->left -= sz;
	t->filled += sz;
	t->cost += perp_notional(px, sz);
	m->last = px;
	market_touch(v, m);
	if (maker) {
		maker->o.sz -= sz;
		order = maker->o;
		f.order = &order;
		m->book_changed = true;
		if (order.sz)
			order_status(v, maker, order.status);
		else
			order_close(v, maker, VENUE_FILLED);
		position_fill(v, owner, m, &f);
	}
	if (taker) {
		t->node->o.sz -= sz;
		f.kind = liquidation ? FILL_LIQUIDATION : FILL_TRADE;
		f.order = &t->node->o;
		f.buy = t->buy;
		f.crossed = true;
		position_fill(v, taker, m, &f);
	}
	if (owner)
		*(t->buy ? &row.seller : &row.buyer) = owner->address;
	if (taker)
		*(t->buy ? &row.buyer : &row.seller) = taker->address;
	memcpy(row.hash, ids_hash(v), sizeof row.hash);
	event_trade(v, &row);
}

static dec8 lesser(dec8 a, dec8 b)
{
	return a < b ? a : b;
}

static void meet_order(struct venue *v, struct market *m, struct taker *t, struct node *maker)
{
	dec8 sz = lesser(t->left, maker->o.sz);

	if (t->node && t->node->o.account == maker->o.account)
		order_close(v, maker, VENUE_SELF_TRADE_CANCELED);
	else if (!maker->o.reduce_only && margin_allows(maker->o.account, m, maker->o.buy, sz, maker->o.px) != HL_ERR_UNKNOWN)
		order_close(v, maker, VENUE_MARGIN_CANCELED);
	else
		trade(v, m, t, maker, maker->o.px, sz);
}

/* One thing at a price, which no order of an account betters. False: there is nothing. */
static bool meet(struct venue *v, struct market *m, struct taker *t, dec8 px)
{
	struct node *first = book_first(m, !t->buy);
	dec8 sz = lesser(t->left, book_others(m, !t->buy, px));

	if (first && first->o.px == px) {
		if (!first->ahead) {
			meet_order(v, m, t, first);
			return true;
		}
		sz = lesser(sz, first->ahead);
	}
	if (!sz)
		return false;
	book_pass(v, m, !t->buy, px, sz);
	trade(v, m, t, NULL, px, sz);
	return true;
}

void match_run(struct venue *v, struct market *m, struct taker *t)
{
	while (t->left && book_crosses(m, t->buy, t->px))
		if (!meet(v, m, t, book_best(m, !t->buy)))
			return;
}

dec8 match_outside(struct venue *v, struct market *m, struct node *maker, dec8 sz)
{
	struct taker t = { .buy = !maker->o.buy, .px = maker->o.px, .left = sz };

	meet_order(v, m, &t, maker);
	return t.filled;
}

void match_trade(struct venue *v, struct market *m, bool buy, dec8 px, dec8 sz)
{
	struct taker t = { .buy = buy, .px = px, .left = sz };

	while (t.left && meet(v, m, &t, px))
		;
	if (t.left)
		trade(v, m, &t, NULL, px, t.left);
}
