/* SPDX-License-Identifier: MIT
 * Accounts: found, made, funded; their holdings, one per market they have touched. */
#include "venue/core.h"

#include <stdlib.h>
#include <string.h>

/* What the exchange sets where nobody has chosen. */
#define USUAL_LEVERAGE 20
/* With more than this, at the highest leverage, notionals would not fit a dec8. */
#define MOST_CASH DEC8_OF(1000000000)

struct venue_account *venue_find(const struct venue *v, const struct address *address)
{
	struct venue_account *a = v->first;

	while (a && !address_same(&a->address, address))
		a = a->next;
	return a;
}

struct venue_account *venue_account(struct venue *v, const struct address *address)
{
	struct venue_account *a = venue_find(v, address);

	if (a)
		return a;
	a = xcalloc(1, sizeof *a);
	a->venue = v;
	a->address = *address;
	a->taker = v->rules.taker;
	a->maker = v->rules.maker;
	a->cancel_ms = NEVER;
	ring_init(&a->finished, sizeof(struct venue_order), VENUE_FINISHED);
	ring_init(&a->fills, sizeof(struct venue_fill), VENUE_FILLS);
	ring_init(&a->funding, sizeof(struct venue_funding), VENUE_ROWS);
	ring_init(&a->ledger, sizeof(struct venue_ledger), VENUE_ROWS);
	*(v->last ? &v->last->next : &v->first) = a;
	v->last = a;
	return a;
}

struct venue_account *venue_next_account(const struct venue *v, const struct venue_account *a)
{
	return a ? a->next : v->first;
}

void account_release(struct venue_account *a)
{
	for (unsigned k = 0; k < a->open.n; k++)
		free(a->open.at[k]);
	for (unsigned k = 0; k < a->holdings.n; k++)
		free(a->holdings.at[k]);
	list_release(&a->open);
	list_release(&a->holdings);
	ring_release(&a->finished);
	ring_release(&a->fills);
	ring_release(&a->funding);
	ring_release(&a->ledger);
}

static unsigned place_of(const struct venue_account *a, const struct market *m)
{
	unsigned lo = 0, hi = a->holdings.n;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (((struct holding *)a->holdings.at[mid])->market->asset.id < m->asset.id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct holding *account_find(const struct venue_account *a, const struct market *m)
{
	unsigned k = place_of(a, m);
	struct holding *h = k < a->holdings.n ? a->holdings.at[k] : NULL;

	return h && h->market == m ? h : NULL;
}

struct holding account_usual(const struct market *m)
{
	unsigned most = m->asset.max_leverage ? m->asset.max_leverage : 1;

	return (struct holding){
		.market = (struct market *)m, .cross = !m->asset.only_isolated,
		.leverage = most < USUAL_LEVERAGE ? most : USUAL_LEVERAGE,
	};
}

struct holding *account_holding(struct venue_account *a, struct market *m)
{
	struct holding *h = account_find(a, m);

	if (h)
		return h;
	h = xmalloc(sizeof *h);
	*h = account_usual(m);
	list_insert(&a->holdings, place_of(a, m), h);
	return h;
}

void account_check(struct venue_account *a)
{
	if (!a->to_check)
		list_add(&a->venue->to_check, a);
	a->to_check = true;
}

const struct address *venue_address(const struct venue_account *a)
{
	return &a->address;
}

void venue_fees(struct venue_account *a, rate16 taker, rate16 maker)
{
	a->taker = taker;
	a->maker = maker;
}

rate16 venue_taker(const struct venue_account *a)
{
	return a->taker;
}

rate16 venue_maker(const struct venue_account *a)
{
	return a->maker;
}

bool venue_ever_funded(const struct venue_account *a)
{
	return a->funded;
}

dec8 venue_volume(const struct venue_account *a)
{
	return a->volume;
}

static bool may_change(const struct venue *v, const struct venue_account *a, dec8 usdc, struct errmsg *e)
{
	struct venue_state s;

	if (usdc > MOST_CASH || (usdc > 0 && a->cash > MOST_CASH - usdc))
		return errmsg_set(e, "An account holds at most a thousand million USD here.");
	venue_state(v, a, &s);
	return usdc >= -s.withdrawable || refuse_call(e, HL_ERR_WITHDRAWAL);
}

static void change(struct venue *v, struct venue_account *a, struct venue_ledger *row)
{
	a->cash += row->usdc;
	a->funded |= row->usdc > 0;
	event_ledger(v, a, row);
	account_check(a);
}

bool venue_fund(struct venue *v, struct venue_account *a, enum venue_ledger_kind kind, dec8 usdc, struct errmsg *e)
{
	struct venue_ledger row = { .t_ms = v->now, .kind = kind, .usdc = usdc };

	if (!may_change(v, a, usdc, e))
		return false;
	settle_begin(v);
	memcpy(row.hash, ids_hash(v), sizeof row.hash);
	change(v, a, &row);
	settle(v);
	return true;
}

bool venue_transfer(struct venue *v, struct venue_account *from, struct venue_account *to, enum venue_ledger_kind kind, dec8 usdc,
	struct errmsg *e)
{
	struct venue_ledger row = { .t_ms = v->now, .kind = kind, .usdc = -usdc, .from = from->address, .to = to->address };

	if (!may_change(v, from, -usdc, e) || !may_change(v, to, usdc, e))
		return false;
	settle_begin(v);
	memcpy(row.hash, ids_hash(v), sizeof row.hash);
	change(v, from, &row);
	row.usdc = usdc;
	change(v, to, &row);
	settle(v);
	return true;
}
