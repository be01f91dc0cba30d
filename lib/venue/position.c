/* SPDX-License-Identifier: MIT
 * What a fill does to an account: position, cash, fee, the row that is kept, and the reduce-only orders that must follow. */
#include "venue/core.h"

#include <string.h>

static dec8 lesser(dec8 a, dec8 b)
{
	return a < b ? a : b;
}

dec8 position_reducible(const struct venue_account *a, const struct market *m, bool buy)
{
	const struct holding *h = account_find(a, m);

	return h && h->at.size && (h->at.size > 0) != buy ? dec8_abs(h->at.size) : 0;
}

static bool is_last_cross(const struct venue_account *a)
{
	for (unsigned k = 0; k < a->holdings.n; k++) {
		const struct holding *h = a->holdings.at[k];

		if (h->cross && h->at.size)
			return false;
	}
	return true;
}

/* What closes or opens moves cash from and to an isolated position; the share of the margin that a part has is nearest. */
static dec8 release_margin(struct holding *h, const struct perp_change *c)
{
	dec8 whole = dec8_abs(c->start), released = h->margin;

	if (!c->closed)
		return 0;
	if (c->closed != whole)
		released = (dec8)(((__int128)h->margin * c->closed + whole / 2) / whole);
	h->margin -= released;
	return released;
}

static void reserve_margin(struct venue_account *a, struct holding *h, dec8 px, dec8 opened)
{
	dec8 margin = opened ? perp_initial_margin(perp_notional(px, opened), h->leverage) : 0;

	h->margin += margin;
	a->cash -= margin;
}

/* A backstop leaves nothing and takes no more than there is; selling out an isolated position takes no more than its margin. */
static dec8 limited_pnl(const struct venue_account *a, const struct holding *h, const struct fill *f, dec8 pnl, dec8 released)
{
	if (f->kind == FILL_BACKSTOP && !h->cross)
		return -released;
	if (f->kind == FILL_BACKSTOP && is_last_cross(a))
		return -a->cash;
	if (f->kind == FILL_LIQUIDATION && !h->cross && pnl < -released)
		return -released;
	return pnl;
}

/* released and pnl are in the cash already: the fee of a liquidation is paid as far as there is something left to pay it from. */
static dec8 fee_of(const struct venue_account *a, const struct holding *h, const struct fill *f, dec8 isolated, dec8 *builder)
{
	dec8 ntl = perp_notional(f->px, f->sz), fee, left;

	*builder = 0;
	if (f->kind == FILL_BACKSTOP || f->kind == FILL_ADL)
		return 0;
	fee = perp_fee(ntl, f->crossed ? a->taker : a->maker);
	if (f->kind == FILL_LIQUIDATION) {
		left = h->cross ? margin_cross(a).value : isolated;
		return left > 0 ? lesser(fee, left) : lesser(fee, 0);
	}
	if (f->order->has_builder)
		*builder = perp_builder_fee(ntl, f->order->builder_tenths);
	return fee + *builder;
}

static const char *dir_of(const struct holding *h, const struct fill *f, const struct perp_change *c)
{
	if (f->kind == FILL_ADL)
		return "Auto-Deleveraging";
	if (f->kind != FILL_BACKSTOP)
		return c->dir;
	if (h->cross)
		return c->start > 0 ? "Liquidated Cross Long" : "Liquidated Cross Short";
	return c->start > 0 ? "Liquidated Isolated Long" : "Liquidated Isolated Short";
}

static void count_funding_anew(struct holding *h, const struct perp_change *c)
{
	h->funding_change = 0;
	if (!c->start || c->closed == dec8_abs(c->start))
		h->funding_open = 0;
}

static void keep_fill(struct venue *v, struct venue_account *a, struct market *m, const struct fill *f, struct venue_fill *row)
{
	row->asset = m->asset.id;
	row->px = f->px;
	row->sz = f->sz;
	row->buy = f->buy;
	row->crossed = f->crossed;
	row->t_ms = v->now;
	row->tid = f->tid;
	row->oid = f->order ? f->order->oid : ids_oid(v);
	if (f->order && f->order->has_cloid) {
		row->has_cloid = true;
		memcpy(row->cloid, f->order->cloid, sizeof row->cloid);
	}
	memcpy(row->hash, ids_hash(v), sizeof row->hash);
	if (f->liquidated) {
		row->liquidation = true;
		row->backstop = f->kind == FILL_BACKSTOP;
		row->liquidated = *f->liquidated;
		row->liquidation_mark = f->mark;
	}
	event_fill(v, a, row);
}

void position_fill(struct venue *v, struct venue_account *a, struct market *m, const struct fill *f)
{
	struct holding *h = account_holding(a, m);
	struct perp_change c = perp_fill(&h->at, f->px, f->buy ? f->sz : -f->sz);
	struct venue_fill row = { .start_position = c.start };
	dec8 released = release_margin(h, &c);

	row.closed_pnl = c.closed ? limited_pnl(a, h, f, c.closed_pnl, released) : 0;
	row.dir = dir_of(h, f, &c);
	a->cash += released + row.closed_pnl;
	row.fee = fee_of(a, h, f, released + row.closed_pnl, &row.builder_fee);
	a->cash -= row.fee;
	if (!h->cross)
		reserve_margin(a, h, f->px, f->sz - c.closed);
	add_to(&a->volume, perp_notional(f->px, f->sz));
	count_funding_anew(h, &c);
	keep_fill(v, a, m, f, &row);
	position_limit_orders(v, a, m);
	account_check(a);
}

/* What a reduce-only order that rests or waits for its trigger may still do. */
static dec8 allowed(const struct node *n, dec8 position, dec8 left)
{
	bool closes = position && (position > 0) != n->o.buy;

	if (!closes)
		return 0;
	return n->place == IN_BOOK ? lesser(left, n->o.sz) : n->o.sz;
}

void position_limit_orders(struct venue *v, struct venue_account *a, struct market *m)
{
	const struct holding *h = account_find(a, m);
	dec8 position = h ? h->at.size : 0, left = dec8_abs(position);

	for (unsigned k = 0; k < a->open.n; ) {
		struct node *n = a->open.at[k++];
		dec8 may;

		if (n->market != m || !n->o.reduce_only || (n->place != IN_BOOK && n->place != AT_TRIGGER))
			continue;
		may = allowed(n, position, left);
		if (n->place == IN_BOOK)
			left -= may;
		if (!may && !(n->o.position_tpsl && position && (position > 0) != n->o.buy)) {
			order_close(v, n, VENUE_REDUCE_ONLY_CANCELED);
			k = 0;
			left = dec8_abs(position);
		} else if (may < n->o.sz) {
			n->o.sz = may;
			m->book_changed = true;
			order_status(v, n, n->o.status);
		}
	}
}
