/* SPDX-License-Identifier: MIT
 * What happened, to those who subscribed: of each account orderUpdates, fills, the rest; then the markets; then the states of
 * accounts. */
#include "venue/push.h"

#include <stdlib.h>
#include <string.h>

#define HOUR INT64_C(3600000)
#define RATES_KEPT 20000	/* the older half goes when there are so many */

/* ---- hearing the core ---- */

void touch_coin(struct exchange *x, struct coin *c)
{
	if (!c->touched) {
		c->touched = true;
		x->touched[x->n_touched++] = c;
	}
}

void touch_person(struct exchange *x, struct person *p)
{
	if (p->dirty)
		return;
	if (x->n_dirty == x->cap_dirty) {
		x->cap_dirty = x->cap_dirty ? 2 * x->cap_dirty : 16;
		x->dirty = xreallocarray(x->dirty, x->cap_dirty, sizeof *x->dirty);
	}
	p->dirty = true;
	x->dirty[x->n_dirty++] = p;
}

static struct happened *happen(struct exchange *x, const struct venue_event *e)
{
	struct happened *h;

	if (x->n_happened == x->cap_happened) {
		x->cap_happened = x->cap_happened ? 2 * x->cap_happened : 64;
		x->happened = xreallocarray(x->happened, x->cap_happened, sizeof *x->happened);
	}
	h = &x->happened[x->n_happened++];
	*h = (struct happened){ .kind = e->kind, .person = person_of(&x->people, venue_address(e->account)) };
	h->person->account = e->account;
	touch_person(x, h->person);
	return h;
}

/* Trades make candles where nothing better does. */
static void make_candles(struct exchange *x, struct coin *c, const struct venue_trade *t)
{
	struct tape *tape;
	int iv;

	for (iv = 0; iv < INTERVAL_COUNT; iv++) {
		tape = &x->tapes.of[c->index][iv];
		if (tape->has_store || c->fed)
			continue;
		tape_trade(tape, iv, t->t_ms, t->px, t->sz);
		c->candle_dirty |= 1u << iv;
	}
}

static void hear_trade(struct exchange *x, struct coin *c, const struct venue_trade *t)
{
	struct recent *r = &c->recent[c->n_trades++ % RECENT_TRADES];
	struct hour *h = &c->hours[t->t_ms / HOUR % 25];

	*r = (struct recent){ t->t_ms, t->px, t->sz, t->buy, t->tid, { 0 }, t->buyer, t->seller };
	memcpy(r->hash, t->hash, sizeof r->hash);
	if (h->hour != t->t_ms / HOUR)
		*h = (struct hour){ .hour = t->t_ms / HOUR };
	h->last = t->px;
	h->ntl += perp_notional(t->px, t->sz);
	h->base += t->sz;
	make_candles(x, c, t);
}

static void hear_rate(struct exchange *x, struct coin *c, const struct venue_event *e)
{
	if (c->history)
		return;
	if (c->n_rates == RATES_KEPT) {
		c->n_rates /= 2;
		memmove(c->rates, c->rates + c->n_rates, c->n_rates * sizeof *c->rates);
	}
	if (c->n_rates == c->cap_rates) {
		c->cap_rates = c->cap_rates ? 2 * c->cap_rates : 32;
		c->rates = xreallocarray(c->rates, c->cap_rates, sizeof *c->rates);
	}
	c->rates[c->n_rates++] = (struct rate_row){ funding_time(x, c, e->funding->t_ms), e->funding->rate, e->funding->premium };
}

static void hear_market(struct exchange *x, const struct venue_event *e)
{
	struct coin *c = coin_at(x, e->asset);

	if (!c)
		return;
	touch_coin(x, c);
	if (e->kind == VENUE_EV_TRADE)
		hear_trade(x, c, e->trade);
	else if (e->kind == VENUE_EV_MARK)
		c->mark_dirty = x->mids_dirty = true;
	else if (e->kind == VENUE_EV_FUNDING_RATE)
		hear_rate(x, c, e);
	else
		c->book_dirty = true;
	if (e->kind == VENUE_EV_BOOK && e->bbo)
		c->bbo_dirty = c->mark_dirty = x->mids_dirty = true;
}

void pushes_hear(void *exchange, const struct venue_event *e)
{
	struct exchange *x = exchange;

	switch (e->kind) {
	case VENUE_EV_ORDER:
	case VENUE_EV_NON_USER_CANCEL:
		happen(x, e)->u.order = *e->order;
		break;
	case VENUE_EV_FILL:
		happen(x, e)->u.fill = *e->fill;
		break;
	case VENUE_EV_FUNDING:
		happen(x, e)->u.funding = *e->funding;
		break;
	case VENUE_EV_LIQUIDATION:
		happen(x, e)->u.liquidation = *e->liquidation;
		break;
	case VENUE_EV_LEDGER:
		happen(x, e)->u.ledger = *e->ledger;
		break;
	default:
		hear_market(x, e);
	}
}

/* ---- what happened to one account ---- */

static bool any(const struct exchange *x, const struct person *p, enum venue_event_kind kind)
{
	size_t i;

	for (i = 0; i < x->n_happened; i++)
		if (x->happened[i].person == p && x->happened[i].kind == kind)
			return true;
	return false;
}

/* Calls put() for each event of this kind. */
static void each(struct exchange *x, struct jsonw *w, const struct person *p, enum venue_event_kind kind,
		 void (*put)(struct exchange *x, struct jsonw *w, const struct happened *h))
{
	size_t i;

	for (i = 0; i < x->n_happened; i++)
		if (x->happened[i].person == p && x->happened[i].kind == kind)
			put(x, w, &x->happened[i]);
}

static void put_update(struct exchange *x, struct jsonw *w, const struct happened *h)
{
	jsonw_object(w);
	jsonw_key(w, "order");
	jsonw_object(w);
	order_basic(w, x, &h->u.order);
	jsonw_end(w);
	jsonw_put_text(w, "status", venue_status_text(h->u.order.status));
	put_int(w, "statusTimestamp", h->u.order.status_t_ms);
	jsonw_end(w);
}

static void put_stated(struct exchange *x, struct jsonw *w, const struct happened *h)
{
	order_stated(w, x, &h->u.order);
}

static void put_cancel(struct exchange *x, struct jsonw *w, const struct happened *h)
{
	const struct coin *c = coin_at(x, h->u.order.asset);

	jsonw_object(w);
	jsonw_put_text(w, "coin", c ? c->asset.name : "?");
	jsonw_put_u64(w, "oid", h->u.order.oid);
	jsonw_end(w);
}

static void put_fill(struct exchange *x, struct jsonw *w, const struct happened *h)
{
	fill_row(w, x, &h->u.fill);
}

static void put_ledger(struct exchange *x, struct jsonw *w, const struct happened *h)
{
	ledger_row(w, x, &h->u.ledger);
}

static void put_funding(struct exchange *x, struct jsonw *w, const struct happened *h)
{
	jsonw_object(w);
	put_int(w, "time", funding_row_time(x, &h->u.funding));
	funding_members(w, x, &h->u.funding);
	jsonw_end(w);
}

static void push_orders(struct exchange *x, struct person *p)
{
	struct jsonw w;

	if (!any(x, p, VENUE_EV_ORDER))
		return;
	if (p->subs[CH_ORDERS].n) {
		w = push_open(x, CH_ORDERS);
		jsonw_array(&w);
		each(x, &w, p, VENUE_EV_ORDER, put_update);
		push_close(&w);
		push_list(x, &p->subs[CH_ORDERS], "orderUpdates", p->text);
	}
	if (p->subs[CH_HISTORY].n) {
		w = push_open(x, CH_HISTORY);
		jsonw_object(&w);
		jsonw_put_text(&w, "user", p->text);
		jsonw_key(&w, "orderHistory");
		jsonw_array(&w);
		each(x, &w, p, VENUE_EV_ORDER, put_stated);
		push_close(&w);
		push_list(x, &p->subs[CH_HISTORY], channel_names[CH_HISTORY], p->text);
	}
}

/* A message {"user":..., key:[rows]} of the events of one kind. */
static void push_rows(struct exchange *x, struct person *p, enum channel ch, const char *key, enum venue_event_kind kind,
		      void (*put)(struct exchange *x, struct jsonw *w, const struct happened *h))
{
	struct jsonw w;

	if (!p->subs[ch].n || !any(x, p, kind))
		return;
	w = push_open(x, ch);
	jsonw_object(&w);
	jsonw_put_text(&w, "user", p->text);
	jsonw_key(&w, key);
	jsonw_array(&w);
	each(x, &w, p, kind, put);
	push_close(&w);
	push_list(x, &p->subs[ch], channel_names[ch], p->text);
}

static void push_event_rows(struct exchange *x, struct person *p, const char *key, enum venue_event_kind kind,
			    void (*put)(struct exchange *x, struct jsonw *w, const struct happened *h))
{
	struct jsonw w;

	if (!any(x, p, kind))
		return;
	w = push_open(x, CH_EVENTS);
	jsonw_object(&w);
	jsonw_key(&w, key);
	jsonw_array(&w);
	each(x, &w, p, kind, put);
	push_close(&w);
	push_list(x, &p->subs[CH_EVENTS], "user", p->text);
}

/* userEvents carries one funding and one liquidation a message. */
static void push_single_events(struct exchange *x, struct person *p)
{
	const struct happened *h;
	struct jsonw w;
	size_t i;

	for (i = 0; i < x->n_happened; i++) {
		h = &x->happened[i];
		if (h->person != p || (h->kind != VENUE_EV_FUNDING && h->kind != VENUE_EV_LIQUIDATION))
			continue;
		w = push_open(x, CH_EVENTS);
		jsonw_object(&w);
		jsonw_key(&w, h->kind == VENUE_EV_FUNDING ? "funding" : "liquidation");
		if (h->kind == VENUE_EV_FUNDING) {
			put_funding(x, &w, h);
		} else {
			jsonw_object(&w);
			jsonw_put_u64(&w, "lid", h->u.liquidation.lid);
			put_address(&w, "liquidator", &h->u.liquidation.liquidator);
			jsonw_put_text(&w, "liquidated_user", p->text);
			put_dec(&w, "liquidated_ntl_pos", h->u.liquidation.ntl_pos);
			put_dec(&w, "liquidated_account_value", h->u.liquidation.account_value);
		}
		push_close(&w);
		push_list(x, &p->subs[CH_EVENTS], "user", p->text);
	}
}

static void push_person(struct exchange *x, struct person *p)
{
	push_orders(x, p);
	push_rows(x, p, CH_FILLS, "fills", VENUE_EV_FILL, put_fill);
	if (p->subs[CH_EVENTS].n) {
		push_event_rows(x, p, "fills", VENUE_EV_FILL, put_fill);
		push_event_rows(x, p, "nonUserCancel", VENUE_EV_NON_USER_CANCEL, put_cancel);
		push_single_events(x, p);
	}
	push_rows(x, p, CH_FUNDINGS, "fundings", VENUE_EV_FUNDING, put_funding);
	push_rows(x, p, CH_LEDGER, "nonFundingLedgerUpdates", VENUE_EV_LEDGER, put_ledger);
}

/* ---- all of it ---- */

static void push_people(struct exchange *x)
{
	size_t i, k;

	for (i = 0; i < x->n_happened; i++) {
		for (k = 0; k < i && x->happened[k].person != x->happened[i].person; k++)
			;
		if (k == i)
			push_person(x, x->happened[i].person);
	}
	x->n_happened = 0;
}

static void push_coins(struct exchange *x)
{
	size_t i, left = 0;
	bool moved = false;

	for (i = 0; i < x->n_touched; i++) {
		moved = moved || x->touched[i]->mark_dirty;
		if (push_coin(x, x->touched[i]))
			x->touched[left++] = x->touched[i];
		else
			x->touched[i]->touched = false;
	}
	x->n_touched = left;
	if (moved)
		touch_holders(x);
}

static void push_late(struct exchange *x)
{
	struct conn *c;
	struct sub *s;

	for (c = x->late ? x->conns : NULL; c; c = c->next)
		for (s = c->subs; s; s = s->next)
			if (s->late_ms && venue_now(x->core) >= s->late_ms) {
				s->late_ms = 0;
				x->late--;
				push_first(x, s);
			}
}

void pushes_flush(struct exchange *x)
{
	push_people(x);
	push_coins(x);
	push_mids(x);
	push_dirty(x);
	push_late(x);
}
