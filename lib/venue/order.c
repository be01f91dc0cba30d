/* SPDX-License-Identifier: MIT
 * The life of an order: where it waits, what its last state is, what becomes of its children. */
#include "venue/core.h"

#include <stdlib.h>
#include <string.h>

static const char *const texts[] = {
#define X(name, text) text,
	VENUE_STATUSES(X)
#undef X
};

const char *venue_status_text(enum venue_status s)
{
	return texts[s];
}

bool venue_status_alive(enum venue_status s)
{
	return s == VENUE_OPEN || s == VENUE_TRIGGERED;
}

/* Ends that the owner has neither asked for nor was told of in the answer. */
static bool unasked(enum venue_status s)
{
	return s == VENUE_MARGIN_CANCELED || s == VENUE_SELF_TRADE_CANCELED || s == VENUE_SIBLING_FILLED_CANCELED ||
	       s == VENUE_DELISTED_CANCELED || s == VENUE_LIQUIDATED_CANCELED || s == VENUE_SCHEDULED_CANCEL;
}

struct node *order_new(struct venue *v, struct venue_account *a, struct market *m, const struct hl_order *o)
{
	struct node *n = xcalloc(1, sizeof *n);

	n->market = m;
	n->o = (struct venue_order){
		.oid = ids_oid(v), .account = a, .asset = o->asset, .buy = o->buy, .reduce_only = o->reduce_only, .tif = o->tif,
		.px = o->px, .sz = o->sz, .orig_sz = o->sz, .trigger = o->trigger, .is_market = o->is_market, .tp = o->tp,
		.trigger_px = o->trigger_px, .has_cloid = o->has_cloid, .t_ms = v->now,
	};
	if (o->has_cloid)
		memcpy(n->o.cloid, o->cloid, sizeof n->o.cloid);
	return n;
}

static struct node **bucket(const struct venue *v, uint64_t oid)
{
	return &v->buckets[oid & (v->n_buckets - 1)];
}

static void widen(struct venue *v)
{
	struct node **old = v->buckets;
	unsigned n = v->n_buckets;

	v->n_buckets = n ? 2 * n : 64;
	v->buckets = xcalloc(v->n_buckets, sizeof *v->buckets);
	for (unsigned k = 0; k < n; k++)
		for (struct node *each = old[k], *next; each; each = next) {
			struct node **to = bucket(v, each->o.oid);

			next = each->same;
			each->same = *to;
			*to = each;
		}
	free(old);
}

struct node *order_find(const struct venue *v, uint64_t oid)
{
	struct node *n = v->n_buckets ? *bucket(v, oid) : NULL;

	while (n && n->o.oid != oid)
		n = n->same;
	return n;
}

void order_list(struct venue *v, struct node *n)
{
	struct node **to;

	if (v->n_nodes == v->n_buckets)
		widen(v);
	to = bucket(v, n->o.oid);
	n->same = *to;
	*to = n;
	v->n_nodes++;
	n->listed = true;
	list_add(&n->o.account->open, n);
}

static void unlist(struct venue *v, struct node *n)
{
	struct node **at = bucket(v, n->o.oid);

	while (*at != n)
		at = &(*at)->same;
	*at = n->same;
	v->n_nodes--;
	list_drop(&n->o.account->open, n);
}

void order_to(struct venue *v, struct node *n, enum place place)
{
	if (n->place == IN_BOOK)
		book_remove(v, n);
	else if (n->place == AT_TRIGGER)
		list_drop(&n->market->triggers, n);
	else if (n->place == HELD)
		list_drop(&v->held, n);
	n->place = place;
	n->o.waits_for_fill = place == WAITING;
	if (place == IN_BOOK)
		book_insert(v, n);
	else if (place == AT_TRIGGER)
		list_add(&n->market->triggers, n);
	else if (place == HELD)
		list_add(&v->held, n);
}

void order_status(struct venue *v, struct node *n, enum venue_status s)
{
	n->o.status = s;
	n->o.status_t_ms = v->now;
	event_order(v, &n->o);
}

static void close_one(struct venue *v, struct node *n, enum venue_status s)
{
	order_to(v, n, NOWHERE);
	if (n->listed)
		unlist(v, n);
	order_status(v, n, s);
	if (unasked(s))
		event_non_user_cancel(v, &n->o);
	ring_add(&n->o.account->finished, &n->o);
	free(n);
}

/* The next child in the list of open orders, from k on. */
static struct node *child(const struct venue_account *a, uint64_t parent, unsigned *k)
{
	for (; *k < a->open.n; ++*k) {
		struct node *n = a->open.at[*k];

		if (n->o.parent == parent && n->place == WAITING)
			return n;
	}
	return NULL;
}

static void wake(struct venue *v, struct node *n)
{
	order_to(v, n, AT_TRIGGER);
	order_status(v, n, VENUE_OPEN);
	n->market->run_triggers = true;
	market_touch(v, n->market);
}

void order_close(struct venue *v, struct node *n, enum venue_status s)
{
	struct venue_account *a = n->o.account;
	uint64_t oid = n->o.oid;
	bool has_children = n->has_children;
	struct node *each;
	unsigned k = 0;

	close_one(v, n, s);
	while (has_children && (each = child(a, oid, &k))) {
		if (s == VENUE_FILLED)
			wake(v, each);
		else
			close_one(v, each, VENUE_CANCELED);
	}
}

const char *venue_order_type(const struct venue_order *o)
{
	if (!o->trigger)
		return o->liquidation || o->tif == TIF_FRONTEND_MARKET ? "Market" : "Limit";
	if (o->tp)
		return o->is_market ? "Take Profit Market" : "Take Profit Limit";
	return o->is_market ? "Stop Market" : "Stop Limit";
}

void venue_order_condition(const struct venue_order *o, char dst[64])
{
	const char *words = o->buy == o->tp ? "Price below " : "Price above ";
	size_t n = strlen(words);

	if (!o->trigger) {
		memcpy(dst, "N/A", sizeof "N/A");
		return;
	}
	memcpy(dst, words, n);
	*dec8_put(dst + n, o->trigger_px) = '\0';
}
