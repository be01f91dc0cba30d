/* SPDX-License-Identifier: MIT
 * What has changed is told to the listener; rows that answers show are kept first. */
#include "venue/core.h"

static void tell(struct venue *v, struct venue_event e)
{
	e.t_ms = v->now;
	if (v->listener)
		v->listener(v->arg, &e);
}

void event_order(struct venue *v, const struct venue_order *o)
{
	tell(v, (struct venue_event){ .kind = VENUE_EV_ORDER, .asset = o->asset, .account = o->account, .order = o });
}

void event_non_user_cancel(struct venue *v, const struct venue_order *o)
{
	tell(v, (struct venue_event){ .kind = VENUE_EV_NON_USER_CANCEL, .asset = o->asset, .account = o->account, .order = o });
}

void event_fill(struct venue *v, struct venue_account *a, const struct venue_fill *f)
{
	tell(v, (struct venue_event){ .kind = VENUE_EV_FILL, .asset = f->asset, .account = a, .fill = ring_add(&a->fills, f) });
}

void event_trade(struct venue *v, const struct venue_trade *t)
{
	tell(v, (struct venue_event){ .kind = VENUE_EV_TRADE, .asset = t->asset, .trade = t });
}

void event_funding(struct venue *v, struct venue_account *a, const struct venue_funding *f)
{
	struct venue_event e = { .kind = VENUE_EV_FUNDING_RATE, .asset = f->asset, .funding = f };

	if (a) {
		e.kind = VENUE_EV_FUNDING;
		e.account = a;
		e.funding = ring_add(&a->funding, f);
	}
	tell(v, e);
}

void event_ledger(struct venue *v, struct venue_account *a, const struct venue_ledger *l)
{
	tell(v, (struct venue_event){ .kind = VENUE_EV_LEDGER, .account = a, .ledger = ring_add(&a->ledger, l) });
}

void event_liquidation(struct venue *v, struct venue_account *a, const struct venue_liquidation *l)
{
	tell(v, (struct venue_event){ .kind = VENUE_EV_LIQUIDATION, .account = a, .liquidation = l });
}

void event_market(struct venue *v, enum venue_event_kind kind, uint32_t asset, bool bbo)
{
	tell(v, (struct venue_event){ .kind = kind, .asset = asset, .bbo = bbo });
}
