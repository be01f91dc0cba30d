/* SPDX-License-Identifier: MIT
 * Trigger orders: when they fire and what they become. */
#include "venue/core.h"

bool trigger_fires(bool buy, bool tp, dec8 trigger_px, dec8 mark)
{
	return buy == tp ? mark <= trigger_px : mark >= trigger_px;
}

/* Of one parent, or bound to one position: one is enough. */
static bool is_sibling(const struct node *of, const struct node *n)
{
	if (n == of || n->o.account != of->o.account || n->market != of->market || !n->o.trigger)
		return false;
	return of->o.parent ? n->o.parent == of->o.parent : of->o.position_tpsl && n->o.position_tpsl;
}

static void cancel_siblings(struct venue *v, const struct node *of)
{
	const struct list *open = &of->o.account->open;

	for (unsigned k = 0; k < open->n; ) {
		struct node *n = open->at[k];

		if (is_sibling(of, n)) {
			order_close(v, n, VENUE_SIBLING_FILLED_CANCELED);
			k = 0;
		} else
			k++;
	}
}

/* The worst price of the order that it sends: its own, and for a market order no further from the mark than the slippage. */
static dec8 worst_px(const struct venue *v, const struct node *n, dec8 mark)
{
	dec8 away = perp_share(mark, v->rules.trigger_slippage), px = n->o.buy ? mark + away : mark - away;

	if (!n->o.is_market)
		return n->o.px;
	px = tick_round(px, n->market->asset.sz_decimals, false, n->o.buy ? DEC8_DOWN : DEC8_UP);
	return n->o.buy == (n->o.px < px) ? n->o.px : px;
}

static enum venue_status refused(const struct node *n)
{
	enum hl_error why;

	if (n->o.reduce_only)
		return position_reducible(n->o.account, n->market, n->o.buy) ? VENUE_TRIGGERED : VENUE_REDUCE_ONLY_REJECTED;
	why = margin_allows(n->o.account, n->market, n->o.buy, n->o.sz, n->o.px);
	if (why == HL_ERR_UNKNOWN)
		return VENUE_TRIGGERED;
	return why == HL_ERR_TIER ? VENUE_PERP_MAX_POSITION_REJECTED : VENUE_PERP_MARGIN_REJECTED;
}

static void fire(struct venue *v, struct node *n, dec8 mark)
{
	dec8 px = worst_px(v, n, mark);
	struct venue_result ignored = { 0 };
	enum venue_status now;

	order_to(v, n, NOWHERE);
	order_status(v, n, VENUE_TRIGGERED);
	if (n->o.position_tpsl && !n->o.orig_sz)
		n->o.orig_sz = n->o.sz = position_reducible(n->o.account, n->market, n->o.buy);
	now = refused(n);
	if (now != VENUE_TRIGGERED) {
		order_close(v, n, now);
		return;
	}
	if (!n->o.is_market || book_crosses(n->market, n->o.buy, px))
		cancel_siblings(v, n);
	submit(v, n, px, &ignored);
}

void trigger_run(struct venue *v, struct market *m)
{
	dec8 mark = market_mark(m);

	for (unsigned k = 0; mark && k < m->triggers.n; ) {
		struct node *n = m->triggers.at[k];

		if (trigger_fires(n->o.buy, n->o.tp, n->o.trigger_px, mark)) {
			fire(v, n, mark);
			k = 0;
		} else
			k++;
	}
}
