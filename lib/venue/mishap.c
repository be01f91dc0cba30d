/* SPDX-License-Identifier: MIT
 * What goes otherwise than an order's owner expects, on demand. */
#include "venue/core.h"

void venue_hold_fills(struct venue *v, struct venue_account *a, int64_t ms, const dec8 *parts, unsigned n)
{
	struct armed *armed = &v->armed;

	*armed = (struct armed){ .on = true, .account = a };
	armed->hold.step_ms = ms > 0 ? ms : 1;
	armed->hold.n = n < HOLD_PARTS ? n : HOLD_PARTS;
	for (unsigned k = 0; k < armed->hold.n; k++)
		armed->hold.parts[k] = parts[k] > 0 ? parts[k] : 0;
}

bool venue_hit(struct venue *v, uint64_t oid, dec8 sz)
{
	struct node *n = order_find(v, oid);

	if (!n || (n->place != IN_BOOK && n->place != HELD))
		return false;
	settle_begin(v);
	match_outside(v, n->market, n, sz > 0 ? sz : n->o.sz);
	settle(v);
	return true;
}

bool venue_deleverage(struct venue *v, struct venue_account *a, uint32_t asset, dec8 sz, dec8 px)
{
	struct market *m = markets_find(v, asset);
	struct holding *h = m ? account_find(a, m) : NULL;
	struct fill f = { .kind = FILL_ADL, .px = px };
	dec8 whole = h ? h->at.size : 0;

	if (!whole || px <= 0)
		return false;
	f.buy = whole < 0;
	whole = whole < 0 ? -whole : whole;
	f.sz = sz > 0 && sz < whole ? sz : whole;
	if (!perp_fits(px, f.sz))
		return false;
	settle_begin(v);
	f.tid = ids_tid(v);
	position_fill(v, a, m, &f);
	settle(v);
	return true;
}
