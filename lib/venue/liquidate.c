/* SPDX-License-Identifier: MIT
 * Liquidation, in one step: cancel the orders, close by market as long as that leaves something, give the rest to the backstop once
 * less than two thirds of the maintenance margin is left. What no book would take waits for the next change of mark or book. */
#include "venue/core.h"

#include <string.h>

/* The vault that takes over; nobody has its key. */
static const struct address backstop = { { 0xba, 0xcc, 0x57, 0x09 } };

static bool below_two_thirds(dec8 value, dec8 maintenance)
{
	return 3 * (__int128)value < 2 * (__int128)maintenance;
}

/* h NULL: all that are held across markets. */
static void list_positions(struct venue_ledger *row, const struct venue_account *a, const struct holding *h)
{
	for (unsigned k = 0; k < a->holdings.n && row->n_liquidated < VENUE_LIQUIDATED_MOST; k++) {
		const struct holding *each = a->holdings.at[k];

		if (!each->at.size || (h ? each != h : !each->cross))
			continue;
		row->liquidated[row->n_liquidated].asset = each->market->asset.id;
		row->liquidated[row->n_liquidated++].size = each->at.size;
	}
}

/* h NULL: of the cross margin. */
static void announce(struct venue *v, struct venue_account *a, const struct holding *h, dec8 ntl, dec8 value)
{
	struct venue_liquidation l = {
		.lid = ++v->lids, .liquidator = backstop, .ntl_pos = ntl, .account_value = value, .isolated = h != NULL,
	};
	struct venue_ledger row = {
		.t_ms = v->now, .kind = VENUE_LIQUIDATION, .usdc = ntl, .account_value = value, .isolated = h != NULL,
	};

	list_positions(&row, a, h);
	memcpy(row.hash, ids_hash(v), sizeof row.hash);
	event_liquidation(v, a, &l);
	event_ledger(v, a, &row);
}

/* m NULL: in all markets but those held isolated. */
static void cancel_orders(struct venue *v, struct venue_account *a, const struct market *m)
{
	for (unsigned k = 0; k < a->open.n; ) {
		struct node *n = a->open.at[k];
		const struct holding *h = account_find(a, n->market);
		bool isolated = h && !h->cross && h->at.size;

		if (m ? n->market == m : !isolated) {
			order_close(v, n, VENUE_MARGIN_CANCELED);
			k = 0;
		} else
			k++;
	}
}

/* The price at which closing the position would use up what there is. */
static dec8 worthless_px(const struct holding *h, dec8 value)
{
	dec8 away = dec8_div(value, dec8_abs(h->at.size), DEC8_DOWN), mark = market_mark(h->market);

	return h->at.size > 0 ? mark - away : mark + away;
}

/* The nearest price of an order that leaves something. */
static dec8 worst_px(const struct holding *h, dec8 value)
{
	dec8 px = worthless_px(h, value);

	px = tick_round(px, h->market->asset.sz_decimals, false, h->at.size > 0 ? DEC8_UP : DEC8_DOWN);
	return px > 0 ? px : 1;
}

static void sell_out(struct venue *v, struct venue_account *a, struct holding *h, dec8 value)
{
	struct hl_order o = {
		.asset = h->market->asset.id, .buy = h->at.size < 0, .reduce_only = true, .px = worst_px(h, value),
		.sz = dec8_abs(h->at.size), .tif = TIF_FRONTEND_MARKET,
	};
	struct venue_result ignored = { 0 };
	struct node *n;

	if (!book_crosses(h->market, o.buy, o.px))
		return;
	n = order_new(v, a, h->market, &o);
	n->o.liquidation = true;
	submit(v, n, o.px, &ignored);
}

/* The account keeps nothing and owes nothing: the price is where that is so. */
static void hand_over(struct venue *v, struct venue_account *a, struct holding *h, dec8 value)
{
	struct fill f = {
		.kind = FILL_BACKSTOP, .buy = h->at.size < 0, .sz = dec8_abs(h->at.size), .px = worthless_px(h, value),
		.tid = ids_tid(v), .liquidated = &a->address, .mark = market_mark(h->market),
	};

	if (f.px < 0)
		f.px = 0;
	position_fill(v, a, h->market, &f);
}

/* What is missing when h has taken all that it can: a short's price does not fall below 0. */
static dec8 missing_behind(const struct holding *h, dec8 value)
{
	dec8 left = h->at.size > 0 ? 0 : value + margin_ntl(h);

	return left < 0 ? left : 0;
}

/* All at the mark but the last, which takes what is left; what is too much for it the others take. */
static void hand_over_cross(struct venue *v, struct venue_account *a)
{
	struct holding *last = NULL, *h;
	unsigned k;

	for (k = 0; k < a->holdings.n; k++) {
		h = a->holdings.at[k];
		if (h->cross && h->at.size)
			last = h;
	}
	for (k = 0; k < a->holdings.n; k++) {
		h = a->holdings.at[k];
		if (h->cross && h->at.size && h != last)
			hand_over(v, a, h, missing_behind(last, margin_cross(a).value));
	}
	if (last)
		hand_over(v, a, last, margin_cross(a).value);
}

static void liquidate_cross(struct venue *v, struct venue_account *a)
{
	struct margin m = margin_cross(a);

	if (m.value >= m.maintenance) {
		a->liquidating = false;
		return;
	}
	if (!a->liquidating) {
		a->liquidating = true;
		announce(v, a, NULL, m.ntl, m.value);
		cancel_orders(v, a, NULL);
	}
	for (unsigned k = 0; k < a->holdings.n && m.value < m.maintenance && !below_two_thirds(m.value, m.maintenance); k++) {
		struct holding *h = a->holdings.at[k];

		if (h->cross && h->at.size)
			sell_out(v, a, h, m.value);
		m = margin_cross(a);
	}
	if (m.value < m.maintenance && below_two_thirds(m.value, m.maintenance))
		hand_over_cross(v, a);
}

static void liquidate_isolated(struct venue *v, struct venue_account *a, struct holding *h)
{
	dec8 value = margin_value(h), maintenance = margin_maintenance(h);

	if (value >= maintenance) {
		h->liquidating = false;
		return;
	}
	if (!h->liquidating) {
		h->liquidating = true;
		announce(v, a, h, margin_ntl(h), value);
		cancel_orders(v, a, h->market);
	}
	if (!below_two_thirds(value, maintenance))
		sell_out(v, a, h, value);
	value = margin_value(h);
	maintenance = margin_maintenance(h);
	if (h->at.size && below_two_thirds(value, maintenance))
		hand_over(v, a, h, value);
}

void liquidate_check(struct venue *v, struct venue_account *a)
{
	liquidate_cross(v, a);
	for (unsigned k = 0; k < a->holdings.n; k++) {
		struct holding *h = a->holdings.at[k];

		if (!h->cross && h->at.size)
			liquidate_isolated(v, a, h);
	}
}
