/* SPDX-License-Identifier: MIT
 * Placing orders, alone and in groups. */
#include "venue/core.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void place_error(struct venue_result *r, const char *text, uint32_t asset)
{
	r->outcome = VENUE_ERROR;
	snprintf(r->error, sizeof r->error, "%s asset=%" PRIu32, text, asset);
}

/* A refused order has an id and a place in the history. */
static void reject(struct venue *v, struct node *n, const struct refusal *why, struct venue_result *r)
{
	uint32_t asset = n->o.asset;

	n->o.why = why->error;
	order_close(v, n, why->status);
	place_error(r, why->text, asset);
}

/* At most one tp and one sl are bound to a position. */
static void replace_bound(struct venue *v, const struct node *n)
{
	const struct list *open = &n->o.account->open;

	for (unsigned k = 0; k < open->n; k++) {
		struct node *each = open->at[k];

		if (each->o.position_tpsl && each->market == n->market && each->o.tp == n->o.tp) {
			order_close(v, each, VENUE_CANCELED);
			return;
		}
	}
}

static void wait_for_trigger(struct venue *v, struct node *n, enum place place)
{
	if (n->o.position_tpsl)
		replace_bound(v, n);
	order_list(v, n);
	order_to(v, n, place);
	order_status(v, n, VENUE_OPEN);
}

/* The child of a parent that was cut short when it was placed never lives. */
static void place_child(struct venue *v, const struct placing *p, struct node *n, struct venue_result *r)
{
	struct node *parent = order_find(v, p->parent);

	n->o.parent = p->parent;
	r->outcome = p->parent_filled ? VENUE_WAITING_FOR_TRIGGER : VENUE_WAITING_FOR_FILL;
	if (parent)
		parent->has_children = true;
	if (parent || p->parent_filled)
		wait_for_trigger(v, n, parent ? WAITING : AT_TRIGGER);
	else
		order_close(v, n, VENUE_CANCELED);
}

static void place_trigger(struct venue *v, const struct placing *p, struct node *n, struct venue_result *r)
{
	n->o.position_tpsl = p->check.group == VENUE_POSITION_TPSL;
	if (p->parent)
		place_child(v, p, n, r);
	else {
		r->outcome = n->o.position_tpsl ? VENUE_WAITING_FOR_TRIGGER : VENUE_RESTING;
		wait_for_trigger(v, n, AT_TRIGGER);
	}
}

void place_one(struct venue *v, const struct placing *p, struct venue_result *r)
{
	const struct hl_order *o = p->check.order;
	struct node *n = order_new(v, p->check.account, p->check.market, o);
	struct refusal why;

	*r = (struct venue_result){ .oid = n->o.oid, .has_cloid = o->has_cloid };
	memcpy(r->cloid, n->o.cloid, sizeof r->cloid);
	if (p->builder) {
		n->o.has_builder = true;
		n->o.builder = p->builder->address;
		n->o.builder_tenths = p->builder->tenths;
	}
	if (!check_order(v, &p->check, &why))
		reject(v, n, &why, r);
	else if (o->trigger)
		place_trigger(v, p, n, r);
	else {
		submit(v, n, o->px, r);
		if (r->outcome == VENUE_ERROR) {
			refuse(&why, VENUE_IOC_CANCEL_REJECTED, HL_ERR_IOC, "", "");
			place_error(r, why.text, o->asset);
		}
	}
}

bool place_tradable(const struct venue *v, const struct hl_order *o, struct errmsg *e)
{
	const struct market *m = markets_find(v, o->asset);
	struct refusal why;

	if (m && !m->asset.delisted)
		return true;
	refuse(&why, VENUE_REJECTED, HL_ERR_BAD_ASSET, "", "");
	return errmsg_set(e, "%s asset=%" PRIu32, why.text, o->asset);
}

static bool grouped(const struct hl_order *orders, unsigned n, enum venue_group group, struct errmsg *e)
{
	unsigned first = group == VENUE_NORMAL_TPSL;

	if (group == VENUE_NA)
		return true;
	if (n <= first || (first && orders[0].trigger))
		return refuse_call(e, HL_ERR_TRIGGERS);
	for (unsigned k = first; k < n; k++) {
		if (!orders[k].trigger || orders[k].asset != orders[0].asset)
			return refuse_call(e, HL_ERR_TRIGGERS);
		if (!orders[k].reduce_only)
			return errmsg_set(e, "TP/SL orders must be reduce only.");
	}
	return true;
}

bool venue_place(struct venue *v, struct venue_account *a, const struct hl_order *orders, unsigned n, enum venue_group group,
	const struct venue_builder *builder, struct venue_result *results, struct errmsg *e)
{
	for (unsigned k = 0; k < n; k++)
		if (!place_tradable(v, &orders[k], e))
			return false;
	if (!grouped(orders, n, group, e))
		return false;
	settle_begin(v);
	for (unsigned k = 0; k < n; k++) {
		struct placing p = {
			.builder = builder,
			.check = { .account = a, .market = markets_find(v, orders[k].asset), .order = &orders[k], .group = group },
		};

		if (group == VENUE_NORMAL_TPSL && k) {
			if (results[0].outcome == VENUE_ERROR) {
				results[k] = results[0];
				results[k].oid = 0;
				continue;
			}
			p.parent = results[0].oid;
			p.parent_filled = results[0].total_sz && results[0].total_sz == orders[0].sz;
			p.check.parent = &orders[0];
		}
		place_one(v, &p, &results[k]);
	}
	settle(v);
	return true;
}
