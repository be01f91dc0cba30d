/* SPDX-License-Identifier: MIT
 * Orders, cancels, modifies. */
#include "venue/act.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUILDER_MAX_TENTHS 100		/* 0.1 % */

/* ---- orders ---- */

static bool read_builder(struct acting *a, struct venue_builder *b, bool *has)
{
	const struct json *v = act_member(a, "builder");
	char text[64];
	int64_t tenths;
	int approved;

	*has = v && v->type == JSON_OBJECT;
	if (!*has)
		return true;
	tenths = act_integer(a, json_get(a->d, v, "f"));
	if (!json_str(a->d, json_get(a->d, v, "b"), text, sizeof text) || !address_parse(text, strlen(text), &b->address))
		return act_refuse(a, HL_ERR_BUILDER, "", "", "");
	approved = approval_of(a->master, &b->address);
	if (approved < 0 || tenths < 0 || tenths > approved || tenths > BUILDER_MAX_TENTHS)
		return act_refuse(a, HL_ERR_BUILDER, "", "", "");
	b->tenths = (unsigned)tenths;
	return true;
}

static enum venue_group read_group(const struct acting *a)
{
	const struct json *v = act_member(a, "grouping");

	return json_is(a->d, v, "normalTpsl") ? VENUE_NORMAL_TPSL : json_is(a->d, v, "positionTpsl") ? VENUE_POSITION_TPSL : VENUE_NA;
}

/* A number beyond every dec8 is no price. */
static void bad_order(const struct acting *a, const struct json *order, struct venue_result *r)
{
	*r = (struct venue_result){ .outcome = VENUE_ERROR };
	snprintf(r->error, sizeof r->error, "%s asset=%" PRIu32, hl_error_text(HL_ERR_BAD_PRICE),
		 act_asset(a, json_get(a->d, order, "a")));
}

static void hold_fills(const struct acting *a)
{
	const struct mishap *m = a->mishap;

	if (m && (m->what == FAULT_fill_delay || m->what == FAULT_partial_fill))
		venue_hold_fills(a->x->core, a->person->account, m->ms, m->sizes, m->n_sizes);
}

/* Orders that no fault refuses are placed together; results[i] belongs to element i. */
static bool place(struct acting *a, const struct json *batch, struct hl_order *orders, unsigned *index, struct venue_result *results)
{
	struct venue_result *placed = xcalloc(batch->size, sizeof *placed);
	struct venue_builder builder;
	const char *why;
	unsigned i, n = 0;
	bool has_builder, ok;

	ok = read_builder(a, &builder, &has_builder);
	for (i = 0; ok && i < batch->size; i++) {
		why = act_struck(a, i);
		if (why) {
			results[i].outcome = VENUE_ERROR;
			snprintf(results[i].error, sizeof results[i].error, "%.*s", (int)sizeof results[i].error - 1, why);
		} else if (!order_read(a->d, json_at(batch, i), &orders[n], NULL)) {
			bad_order(a, json_at(batch, i), &results[i]);
		} else {
			index[n++] = i;
		}
	}
	hold_fills(a);
	ok = ok && (!n || venue_place(a->x->core, a->person->account, orders, n, read_group(a), has_builder ? &builder : NULL, placed,
				      &a->e));
	for (i = 0; ok && i < n; i++)
		results[index[i]] = placed[i];
	free(placed);
	return ok;
}

bool act_order(struct acting *a)
{
	const struct json *batch = act_member(a, "orders");
	struct hl_order *orders = xcalloc(batch->size, sizeof *orders);
	struct venue_result *results = xcalloc(batch->size, sizeof *results);
	unsigned *index = xcalloc(batch->size, sizeof *index), i;
	bool ok = place(a, batch, orders, index, results);

	if (ok) {
		act_open_statuses(a, "order");
		for (i = 0; i < batch->size; i++)
			act_put_result(a->w, &results[i]);
		act_close(a->w);
	}
	free(orders);
	free(results);
	free(index);
	return ok;
}

/* ---- cancels ---- */

static void race(const struct acting *a, uint64_t oid)
{
	if (a->mishap && a->mishap->what == FAULT_cancel_race && !venue_hit(a->x->core, oid, 0))
		return;	/* it does not rest: nothing to race with */
}

static bool read_cloid(const struct acting *a, const struct json *v, unsigned char cloid[16])
{
	char text[CLOID_TEXT];

	return json_str(a->d, v, text, sizeof text) && cloid_parse(text, strlen(text), cloid);
}

static bool cancel_one(struct acting *a, const struct json *c, bool by_cloid, struct errmsg *e)
{
	struct venue *core = a->x->core;
	const struct venue_order *o;
	unsigned char cloid[16];
	uint64_t oid;

	if (!by_cloid) {
		oid = (uint64_t)act_integer(a, json_get(a->d, c, "o"));
		race(a, oid);
		return venue_cancel(core, a->person->account, act_asset(a, json_get(a->d, c, "a")), oid, e);
	}
	if (!read_cloid(a, json_get(a->d, c, "cloid"), cloid))
		return errmsg_set(e, "%s", hl_error_text(HL_ERR_GONE));
	o = venue_by_cloid(a->person->account, cloid);
	if (o)
		race(a, o->oid);
	return venue_cancel_cloid(core, a->person->account, act_asset(a, json_get(a->d, c, "asset")), cloid, e);
}

static bool cancel_all(struct acting *a, bool by_cloid)
{
	const struct json *batch = act_member(a, "cancels");
	struct errmsg e;
	const char *why;
	unsigned i;

	act_open_statuses(a, "cancel");
	for (i = 0; i < batch->size; i++) {
		why = act_struck(a, i);
		if (why)
			act_put_error(a->w, why);
		else if (cancel_one(a, json_at(batch, i), by_cloid, &e))
			jsonw_str(a->w, "success");
		else
			act_put_error(a->w, e.text);
	}
	act_close(a->w);
	return true;
}

bool act_cancel(struct acting *a)
{
	return cancel_all(a, false);
}

bool act_cancel_by_cloid(struct acting *a)
{
	return cancel_all(a, true);
}

/* ---- modify ---- */

static void modify_one(struct acting *a, const struct json *m, bool always, struct venue_result *r)
{
	const struct json *id = json_get(a->d, m, "oid"), *to = json_get(a->d, m, "order");
	unsigned char cloid[16];
	bool by_cloid = id && id->type == JSON_STRING && read_cloid(a, id, cloid);
	struct hl_order order;

	if (!order_read(a->d, to, &order, NULL)) {
		bad_order(a, to, r);
		return;
	}
	hold_fills(a);
	venue_modify(a->x->core, a->person->account, by_cloid ? 0 : (uint64_t)act_integer(a, id), by_cloid ? cloid : NULL, &order, always,
		     r);
}

bool act_modify(struct acting *a)
{
	struct venue_result r = { 0 };
	const char *why = act_struck(a, 0);

	if (why)
		return errmsg_set(&a->e, "%s", why);
	modify_one(a, a->q->action, act_flag(act_member(a, "a")), &r);
	return r.outcome == VENUE_ERROR ? errmsg_set(&a->e, "%s", r.error) : act_done(a);
}

bool act_batch_modify(struct acting *a)
{
	const struct json *batch = act_member(a, "modifies");
	bool always = act_flag(act_member(a, "a"));
	struct venue_result r;
	const char *why;
	unsigned i;

	act_open_statuses(a, "order");
	for (i = 0; i < batch->size; i++) {
		why = act_struck(a, i);
		r = (struct venue_result){ 0 };
		if (!why)
			modify_one(a, json_at(batch, i), always, &r);
		if (why)
			act_put_error(a->w, why);
		else
			act_put_result(a->w, &r);
	}
	act_close(a->w);
	return true;
}
