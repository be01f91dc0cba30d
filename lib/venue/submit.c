/* SPDX-License-Identifier: MIT
 * An order that has passed its checks meets the book: it fills, rests, goes, or is held back. */
#include "venue/core.h"

static bool takes_only(const struct venue_order *o)
{
	return o->liquidation || (o->trigger ? o->is_market : o->tif == TIF_IOC || o->tif == TIF_FRONTEND_MARKET);
}

/* A second reduce-only order beyond the position drives out the oldest. */
static void drive_out(struct venue *v, const struct node *n)
{
	const struct list *open = &n->o.account->open;
	dec8 whole = position_reducible(n->o.account, n->market, n->o.buy), sum = n->o.sz;
	struct node *oldest;

	do {
		oldest = NULL;
		sum = n->o.sz;
		for (unsigned k = open->n; k-- > 0; ) {
			struct node *each = open->at[k];

			if (each->place == IN_BOOK && each->market == n->market && each->o.reduce_only && each->o.buy == n->o.buy) {
				sum += each->o.sz;
				oldest = each;
			}
		}
		if (sum > whole && oldest)
			order_close(v, oldest, VENUE_REDUCE_ONLY_CANCELED);
	} while (sum > whole && oldest);
}

static void rest(struct venue *v, struct node *n)
{
	if (n->o.reduce_only)
		drive_out(v, n);
	if (!n->listed)
		order_list(v, n);
	order_to(v, n, IN_BOOK);
	order_status(v, n, VENUE_OPEN);
}

static void answer(struct venue_result *r, const struct taker *t, enum venue_outcome outcome)
{
	r->outcome = outcome;
	r->total_sz = t->filled;
	r->avg_px = t->filled ? dec8_div(t->cost, t->filled, DEC8_HALF_UP) : 0;
}

/* n is gone afterwards unless it rests. */
static void finish(struct venue *v, struct node *n, const struct taker *t, struct venue_result *r)
{
	bool takes = takes_only(&n->o), sent = n->o.trigger || n->o.liquidation;

	if (!t->filled && takes) {
		n->o.why = sent ? HL_ERR_NO_LIQUIDITY : HL_ERR_IOC;
		answer(r, t, VENUE_ERROR);
		order_close(v, n, sent ? VENUE_MARKET_ORDER_NO_LIQUIDITY_REJECTED : VENUE_IOC_CANCEL_REJECTED);
	} else if (!n->o.sz || takes) {
		answer(r, t, VENUE_MATCHED);
		order_close(v, n, n->o.sz ? VENUE_CANCELED : VENUE_FILLED);
	} else {
		answer(r, t, t->filled && v->rules.partly_filled ? VENUE_MATCHED : VENUE_RESTING);
		rest(v, n);
	}
}

static bool held_back(struct venue *v, struct node *n, dec8 px)
{
	struct armed *armed = &v->armed;

	if (!armed->on || (armed->account && armed->account != n->o.account) || n->o.liquidation)
		return false;
	if (!book_crosses(n->market, n->o.buy, px))
		return false;
	armed->on = false;
	n->hold = armed->hold;
	n->hold.start_ms = v->now;
	if (!n->listed)
		order_list(v, n);
	order_to(v, n, HELD);
	order_status(v, n, VENUE_OPEN);
	return true;
}

static void cut(struct node *n)
{
	dec8 most = position_reducible(n->o.account, n->market, n->o.buy);

	if (n->o.reduce_only && n->o.sz > most)
		n->o.sz = most;
}

void submit(struct venue *v, struct node *n, dec8 px, struct venue_result *r)
{
	struct taker t = { .node = n, .buy = n->o.buy, .px = px };

	cut(n);
	if (held_back(v, n, px)) {
		answer(r, &t, VENUE_RESTING);
		return;
	}
	t.left = n->o.sz;
	match_run(v, n->market, &t);
	finish(v, n, &t, r);
}

int64_t submit_next(const struct node *n)
{
	return n->hold.start_ms + (n->hold.done + 1) * n->hold.step_ms;
}

void submit_due(struct venue *v, struct node *n)
{
	struct taker t = { .node = n, .buy = n->o.buy, .px = n->o.px };
	struct venue_result ignored = { 0 };
	dec8 whole;

	cut(n);
	if (!n->o.sz) {
		order_close(v, n, VENUE_REDUCE_ONLY_CANCELED);
		return;
	}
	whole = t.left = n->o.sz;
	if (n->hold.done < n->hold.n && t.left > n->hold.parts[n->hold.done])
		t.left = n->hold.parts[n->hold.done];
	match_run(v, n->market, &t);
	if (n->hold.done++ < n->hold.n && n->o.sz) {
		if (n->o.sz < whole)
			order_status(v, n, VENUE_OPEN);
	} else {
		order_to(v, n, NOWHERE);
		t.filled += n->o.orig_sz - whole;	/* of what it takes it has had some before */
		finish(v, n, &t, &ignored);
	}
}
