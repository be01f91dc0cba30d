/* SPDX-License-Identifier: MIT
 * What answers are made of: orders and rows that are kept. */
#include "venue/core.h"

#include <string.h>

const struct venue_order *venue_open(const struct venue_account *a, unsigned k)
{
	return k < a->open.n ? &((const struct node *)a->open.at[k])->o : NULL;
}

const struct venue_order *venue_finished(const struct venue_account *a, unsigned k)
{
	return ring_get(&a->finished, k);
}

const struct venue_order *venue_by_oid(const struct venue *v, const struct venue_account *a, uint64_t oid)
{
	const struct node *n = order_find(v, oid);
	const struct venue_order *o;

	if (n)
		return n->o.account == a ? &n->o : NULL;
	for (unsigned k = 0; (o = venue_finished(a, k)); k++)
		if (o->oid == oid)
			return o;
	return NULL;
}

static bool has(const struct venue_order *o, const unsigned char cloid[16])
{
	return o->has_cloid && !memcmp(o->cloid, cloid, sizeof o->cloid);
}

/* No two open orders have one cloid, and what is open came after what is finished. */
const struct venue_order *venue_by_cloid(const struct venue_account *a, const unsigned char cloid[16])
{
	const struct venue_order *o;

	for (unsigned k = a->open.n; k-- > 0; )
		if (has(venue_open(a, k), cloid))
			return venue_open(a, k);
	for (unsigned k = 0; (o = venue_finished(a, k)); k++)
		if (has(o, cloid))
			return o;
	return NULL;
}

const struct venue_fill *venue_fill(const struct venue_account *a, unsigned k)
{
	return ring_get(&a->fills, k);
}

const struct venue_funding *venue_funding(const struct venue_account *a, unsigned k)
{
	return ring_get(&a->funding, k);
}

const struct venue_ledger *venue_ledger(const struct venue_account *a, unsigned k)
{
	return ring_get(&a->ledger, k);
}
