/* SPDX-License-Identifier: MIT
 * Cancelling and modifying. */
#include "venue/core.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct node *by_cloid(const struct venue_account *a, const unsigned char cloid[16])
{
	for (unsigned k = a->open.n; k-- > 0; ) {
		struct node *n = a->open.at[k];

		if (n->o.has_cloid && !memcmp(n->o.cloid, cloid, sizeof n->o.cloid))
			return n;
	}
	return NULL;
}

/* The open order that is meant. */
static struct node *own(struct venue *v, const struct venue_account *a, uint64_t oid, const unsigned char *cloid)
{
	struct node *n = cloid ? by_cloid(a, cloid) : order_find(v, oid);

	return n && n->o.account == a ? n : NULL;
}

static bool cancel(struct venue *v, struct node *n, uint32_t asset, struct errmsg *e)
{
	struct refusal why;

	if (!n || n->o.asset != asset) {
		refuse(&why, VENUE_REJECTED, HL_ERR_GONE, "", "");
		return errmsg_set(e, "%s asset=%" PRIu32, why.text, asset);
	}
	settle_begin(v);
	order_close(v, n, VENUE_CANCELED);
	settle(v);
	return true;
}

bool venue_cancel(struct venue *v, struct venue_account *a, uint32_t asset, uint64_t oid, struct errmsg *e)
{
	return cancel(v, own(v, a, oid, NULL), asset, e);
}

bool venue_cancel_cloid(struct venue *v, struct venue_account *a, uint32_t asset, const unsigned char cloid[16], struct errmsg *e)
{
	return cancel(v, own(v, a, 0, cloid), asset, e);
}

/* What a modify may place. False: only what posts. */
static bool may_modify(const struct venue *v, const struct hl_order *o, bool always)
{
	return always || !v->rules.modify_posts || (!o->trigger && (o->tif == TIF_ALO || o->tif == TIF_GTC));
}

/* What takes the place of a child is one too: it waits for the same parent, or has the same sibling. */
static void inherit(const struct venue *v, const struct node *old, struct placing *p, struct hl_order *parent)
{
	const struct node *waits_for = order_find(v, old->o.parent);

	p->parent = old->o.parent;
	p->parent_filled = !waits_for;
	if (!waits_for)
		return;
	*parent = (struct hl_order){ .buy = waits_for->o.buy, .px = waits_for->o.px, .sz = waits_for->o.orig_sz };
	p->check.parent = parent;
}

static void wrap(struct venue_result *r)
{
	struct refusal why;

	refuse(&why, VENUE_REJECTED, HL_ERR_MODIFY_NEW, r->error, "");
	r->outcome = VENUE_ERROR;
	snprintf(r->error, sizeof r->error, "%s", why.text);
}

void venue_modify(struct venue *v, struct venue_account *a, uint64_t oid, const unsigned char *cloid, const struct hl_order *order,
	bool always, struct venue_result *result)
{
	struct node *old = own(v, a, oid, cloid);
	struct placing p = {
		.check = { .account = a, .market = markets_find(v, order->asset), .order = order },
	};
	struct venue_builder builder;
	struct hl_order parent;
	struct errmsg e;

	*result = (struct venue_result){ 0 };
	if (!place_tradable(v, order, &e) || (!old && !always && !refuse_call(&e, HL_ERR_MODIFY_GONE))) {
		result->outcome = VENUE_ERROR;
		snprintf(result->error, sizeof result->error, "%.*s", (int)sizeof result->error - 1, e.text);
		return;
	}
	p.check.posts = v->rules.modify_posts && !always;
	settle_begin(v);
	if (old) {
		p.check.group = old->o.position_tpsl ? VENUE_POSITION_TPSL : VENUE_NA;
		builder = (struct venue_builder){ old->o.builder, old->o.builder_tenths };
		p.builder = old->o.has_builder ? &builder : NULL;
		if (old->o.parent && order->trigger)
			inherit(v, old, &p, &parent);
		order_close(v, old, VENUE_CANCELED);
	}
	if (may_modify(v, order, always))
		place_one(v, &p, result);
	else
		place_error(result, "Only post-only orders can be placed.", order->asset);
	if (result->outcome == VENUE_ERROR)
		wrap(result);
	settle(v);
}
