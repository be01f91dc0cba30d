/* SPDX-License-Identifier: MIT
 * Markets and their prices. */
#include "venue/core.h"

#include <stdlib.h>

static unsigned market_place(const struct venue *v, uint32_t asset)
{
	unsigned lo = 0, hi = v->markets.n;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (((struct market *)v->markets.at[mid])->asset.id < asset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct market *markets_find(const struct venue *v, uint32_t asset)
{
	unsigned k = market_place(v, asset);
	struct market *m = k < v->markets.n ? v->markets.at[k] : NULL;

	return m && m->asset.id == asset ? m : NULL;
}

dec8 market_mid(const struct market *m)
{
	dec8 bid = book_best(m, true), ask = book_best(m, false);

	return bid && ask ? bid + (ask - bid) / 2 : m->last;
}

dec8 market_mark(const struct market *m)
{
	return m->mark ? m->mark : market_mid(m);
}

dec8 market_oracle(const struct market *m)
{
	return m->oracle ? m->oracle : market_mark(m);
}

void market_touch(struct venue *v, struct market *m)
{
	if (!m->touched)
		list_add(&v->touched, m);
	m->touched = true;
}

/* Of a market that is delisted nobody's order stays. */
static void cancel_all(struct venue *v, const struct market *m)
{
	for (struct venue_account *a = v->first; a; a = a->next)
		for (unsigned k = 0; k < a->open.n; ) {
			struct node *n = a->open.at[k];

			if (n->market == m) {
				order_close(v, n, VENUE_DELISTED_CANCELED);
				k = 0;
			} else
				k++;
		}
}

void venue_market(struct venue *v, const struct asset *asset, const struct margin_tier *tiers, unsigned n)
{
	struct market *m = markets_find(v, asset->id);

	settle_begin(v);
	if (!m) {
		m = xcalloc(1, sizeof *m);
		m->sampled_ms = v->now;
		list_insert(&v->markets, market_place(v, asset->id), m);
	}
	m->asset = *asset;
	m->tiers = (struct perp_tiers){ .n = n < PERP_TIERS ? n : PERP_TIERS };
	for (unsigned k = 0; k < m->tiers.n; k++)
		m->tiers.at[k] = tiers[k];
	if (!m->tiers.n)
		m->tiers = (struct perp_tiers){ .n = 1, .at[0].max_leverage = asset->max_leverage };
	if (asset->delisted)
		cancel_all(v, m);
	settle(v);
}

void markets_release(struct market *m)
{
	for (unsigned k = 0; k < 2; k++) {
		free(m->side[k].others);
		list_release(&m->side[k].own);
	}
	list_release(&m->triggers);
}

const struct asset *venue_asset(const struct venue *v, uint32_t asset)
{
	const struct market *m = markets_find(v, asset);

	return m ? &m->asset : NULL;
}

const struct perp_tiers *venue_tiers(const struct venue *v, uint32_t asset)
{
	const struct market *m = markets_find(v, asset);

	return m ? &m->tiers : NULL;
}

void venue_open_interest_cap(struct venue *v, uint32_t asset, enum venue_interest state)
{
	struct market *m = markets_find(v, asset);

	if (m)
		m->interest = state;
}

/* Every contract has a long and a short side, of which one may be outside. */
static dec8 open_interest(const struct venue *v, const struct market *m)
{
	dec8 sides[2] = { 0 };

	for (const struct venue_account *a = v->first; a; a = a->next) {
		const struct holding *h = account_find(a, m);

		if (h)
			sides[h->at.size > 0] += h->at.size > 0 ? h->at.size : -h->at.size;
	}
	return sides[sides[1] > sides[0]];
}

bool venue_market_state(const struct venue *v, uint32_t asset, struct venue_market_state *s)
{
	const struct market *m = markets_find(v, asset);

	if (!m)
		return false;
	*s = (struct venue_market_state){
		.mark = market_mark(m), .oracle = market_oracle(m), .mid = market_mid(m), .last = m->last,
		.has_mark = m->mark != 0, .has_oracle = m->oracle != 0,
		.funding = funding_rate(m), .premium = m->has_rate ? m->premium : funding_premium(m),
		.open_interest = open_interest(v, m), .next_funding_ms = (v->now / HOUR_MS + 1) * HOUR_MS,
	};
	s->has_impact = funding_impact(m, true, &s->impact_bid) && funding_impact(m, false, &s->impact_ask);
	return true;
}
