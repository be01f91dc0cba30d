/* SPDX-License-Identifier: MIT
 * Answers of /info about orders and fills, and the rows that pushes have too. */
#include "venue/info.h"

#include <string.h>

#define FILLS_MOST 2000

/* ---- orders ---- */

void order_basic(struct jsonw *w, const struct exchange *x, const struct venue_order *o)
{
	jsonw_put_text(w, "coin", coin_text(x, o->asset));
	jsonw_put_text(w, "side", o->buy ? "B" : "A");
	put_dec(w, "limitPx", o->px);
	put_dec(w, "sz", o->sz);
	jsonw_put_u64(w, "oid", o->oid);
	put_int(w, "timestamp", o->t_ms);
	put_dec(w, "origSz", o->orig_sz);
	if (o->has_cloid)
		put_cloid(w, o->cloid);
	if (o->reduce_only)
		put_flag(w, "reduceOnly", true);
}

static const char *tif_text(const struct venue_order *o)
{
	return o->liquidation ? "LiquidationMarket" : tif_name(o->tif);
}

/* Children that wait for their parent stand inside it. */
static void put_children(struct jsonw *w, const struct exchange *x, const struct venue_order *o)
{
	const struct venue_order *child;
	unsigned k;

	jsonw_key(w, "children");
	jsonw_array(w);
	if (venue_status_alive(o->status) && !o->parent)
		for (k = 0; (child = venue_open(o->account, k)); k++)
			if (child->parent == o->oid && child->waits_for_fill)
				order_row(w, x, child);
	jsonw_end(w);
}

void order_row(struct jsonw *w, const struct exchange *x, const struct venue_order *o)
{
	char condition[64];

	venue_order_condition(o, condition);
	jsonw_object(w);
	jsonw_put_text(w, "coin", coin_text(x, o->asset));
	jsonw_put_text(w, "side", o->buy ? "B" : "A");
	put_dec(w, "limitPx", o->px);
	put_dec(w, "sz", o->sz);
	jsonw_put_u64(w, "oid", o->oid);
	put_int(w, "timestamp", o->t_ms);
	jsonw_put_text(w, "triggerCondition", condition);
	put_flag(w, "isTrigger", o->trigger);
	put_dec(w, "triggerPx", o->trigger ? o->trigger_px : 0);
	put_children(w, x, o);
	put_flag(w, "isPositionTpsl", o->position_tpsl);
	put_flag(w, "reduceOnly", o->reduce_only);
	jsonw_put_text(w, "orderType", venue_order_type(o));
	put_dec(w, "origSz", o->orig_sz);
	jsonw_put_text(w, "tif", o->trigger ? NULL : tif_text(o));
	if (o->has_cloid)
		put_cloid(w, o->cloid);
	else
		put_null(w, "cloid");
	jsonw_end(w);
}

void order_stated(struct jsonw *w, const struct exchange *x, const struct venue_order *o)
{
	jsonw_object(w);
	jsonw_key(w, "order");
	order_row(w, x, o);
	jsonw_put_text(w, "status", venue_status_text(o->status));
	put_int(w, "statusTimestamp", o->status_t_ms);
	jsonw_end(w);
}

void open_orders_array(struct jsonw *w, const struct exchange *x, const struct person *p, const char *dex, bool front)
{
	const struct venue_order *o;
	const struct coin *c;
	unsigned k;

	jsonw_array(w);
	for (k = 0; p && p->account && (o = venue_open(p->account, k)); k++) {
		c = coin_at(x, o->asset);
		if (o->waits_for_fill || !c || !of_dex(c, dex))
			continue;
		if (front) {
			order_row(w, x, o);
			continue;
		}
		jsonw_object(w);
		order_basic(w, x, o);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static int open_orders(struct info *i, bool front)
{
	char dex[ASSET_NAME];
	struct address a;
	struct person *p;
	int status = info_dex(i, dex);

	if (!info_user(i, &a, &p))
		return 422;
	if (status == 200)
		open_orders_array(&i->w, i->x, p, dex, front);
	return status;
}

int info_open_orders(struct info *i)
{
	return open_orders(i, false);
}

int info_front_orders(struct info *i)
{
	return open_orders(i, true);
}

/* 1: found, 0: not found, -1: neither a number nor a client order id. */
static int find_order(const struct info *i, const struct person *p, const struct venue_order **o)
{
	const struct json *v = json_get(i->d, i->v, "oid");
	unsigned char cloid[16];
	char text[64];
	int64_t oid;

	*o = NULL;
	if (json_i64(i->d, v, &oid)) {
		if (p)
			*o = venue_by_oid(i->x->core, p->account, (uint64_t)oid);
		return *o != NULL;
	}
	if (!json_str(i->d, v, text, sizeof text) || !cloid_parse(text, strlen(text), cloid))
		return -1;
	if (p)
		*o = venue_by_cloid(p->account, cloid);
	return *o != NULL;
}

int info_order_status(struct info *i)
{
	const struct venue_order *o;
	struct address a;
	struct person *p;
	int found;

	if (!info_user(i, &a, &p) || (found = find_order(i, p, &o)) < 0)
		return 422;
	jsonw_object(&i->w);
	jsonw_put_text(&i->w, "status", found ? "order" : "unknownOid");
	if (found) {
		jsonw_key(&i->w, "order");
		order_stated(&i->w, i->x, o);
	}
	jsonw_end(&i->w);
	return 200;
}

/* Both lists are in order of time, newest first where they are read from the right end. */
void history_array(struct jsonw *w, const struct exchange *x, const struct person *p, unsigned *rows)
{
	const struct venue_order *open, *over;
	unsigned n_open = 0, k = 0;

	*rows = 0;
	jsonw_array(w);
	while (p && p->account && venue_open(p->account, n_open))
		n_open++;
	while (p && p->account && *rows < FILLS_MOST) {
		open = n_open ? venue_open(p->account, n_open - 1) : NULL;
		over = venue_finished(p->account, k);
		if (!open && !over)
			break;
		if (!over || (open && open->status_t_ms > over->status_t_ms)) {
			order_stated(w, x, open);
			n_open--;
		} else {
			order_stated(w, x, over);
			k++;
		}
		++*rows;
	}
	jsonw_end(w);
}

int info_history(struct info *i)
{
	struct address a;
	struct person *p;
	unsigned rows;

	if (!info_user(i, &a, &p))
		return 422;
	history_array(&i->w, i->x, p, &rows);
	i->rows = rows;
	return 200;
}

/* ---- fills ---- */

void fill_row(struct jsonw *w, const struct exchange *x, const struct venue_fill *f)
{
	jsonw_object(w);
	jsonw_put_text(w, "coin", coin_text(x, f->asset));
	put_dec(w, "px", f->px);
	put_dec(w, "sz", f->sz);
	jsonw_put_text(w, "side", f->buy ? "B" : "A");
	put_int(w, "time", f->t_ms);
	put_dec(w, "startPosition", f->start_position);
	jsonw_put_text(w, "dir", f->dir);
	put_dec(w, "closedPnl", f->closed_pnl);
	put_hash(w, f->hash);
	jsonw_put_u64(w, "oid", f->oid);
	put_flag(w, "crossed", f->crossed);
	put_dec(w, "fee", f->fee);
	if (f->builder_fee)
		put_dec(w, "builderFee", f->builder_fee);
	jsonw_put_u64(w, "tid", f->tid);
	if (f->has_cloid)
		put_cloid(w, f->cloid);
	if (f->liquidation) {
		jsonw_key(w, "liquidation");
		jsonw_object(w);
		put_address(w, "liquidatedUser", &f->liquidated);
		put_dec(w, "markPx", f->liquidation_mark);
		jsonw_put_text(w, "method", f->backstop ? "backstop" : "market");
		jsonw_end(w);
	}
	jsonw_put_text(w, "feeToken", "USDC");
	put_null(w, "twapId");
	jsonw_end(w);
}

static bool same_block(const struct venue_fill *a, const struct venue_fill *b)
{
	return a->oid == b->oid && a->t_ms == b->t_ms && a->px == b->px && a->crossed == b->crossed;
}

/* Fills k, k + step, ... as one, as long as they are of one order, time and price; the older one tells position and direction. */
static struct venue_fill merged(const struct person *p, unsigned *k, int step, bool aggregate)
{
	struct venue_fill sum = *venue_fill(p->account, *k);
	const struct venue_fill *f;

	while (aggregate && (step > 0 || *k > 0) && (f = venue_fill(p->account, *k + (unsigned)step)) && same_block(f, &sum)) {
		*k += (unsigned)step;
		sum.sz += f->sz;
		sum.closed_pnl += f->closed_pnl;
		sum.fee += f->fee;
		sum.builder_fee += f->builder_fee;
		if (step > 0) {
			sum.start_position = f->start_position;
			sum.dir = f->dir;
		}
	}
	return sum;
}

void fills_array(struct jsonw *w, const struct exchange *x, const struct person *p, bool aggregate, int64_t from, int64_t to,
		 bool oldest, unsigned *rows)
{
	struct venue_fill f;
	unsigned n = 0, k;

	*rows = 0;
	jsonw_array(w);
	while (p && p->account && venue_fill(p->account, n))
		n++;
	for (k = oldest ? n - 1 : 0; n && k < n && *rows < FILLS_MOST; k += oldest ? -1u : 1u) {
		f = merged(p, &k, oldest ? -1 : 1, aggregate);
		if (f.t_ms < from || f.t_ms > to)
			continue;
		fill_row(w, x, &f);
		++*rows;
	}
	jsonw_end(w);
}

static bool aggregated(const struct info *i, bool *aggregate)
{
	const struct json *v = json_get(i->d, i->v, "aggregateByTime");

	*aggregate = false;
	return !v || v->type == JSON_NULL || json_bool(v, aggregate);
}

int info_fills(struct info *i)
{
	struct address a;
	struct person *p;
	unsigned rows;
	bool aggregate;

	if (!info_user(i, &a, &p) || !aggregated(i, &aggregate))
		return 422;
	fills_array(&i->w, i->x, p, aggregate, INT64_MIN, INT64_MAX, false, &rows);
	i->rows = rows;
	return 200;
}

int info_fills_by_time(struct info *i)
{
	int64_t from_ms, to_ms;
	struct address a;
	struct person *p;
	unsigned rows;
	bool aggregate;

	if (!info_user(i, &a, &p) || !info_range(i, i->v, &from_ms, &to_ms) || !aggregated(i, &aggregate))
		return 422;
	fills_array(&i->w, i->x, p, aggregate, from_ms, to_ms, true, &rows);
	i->rows = rows;
	return 200;
}
