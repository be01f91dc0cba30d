/* SPDX-License-Identifier: MIT
 * Funding: the premium is sampled every 5 s and averaged over the hour; at the full hour it is paid at the oracle's price. */
#include "venue/core.h"

#include <string.h>

#define SAMPLE_MS 5000
#define IMPACT_LARGE DEC8_OF(20000)	/* notional whose average price is the impact price: of BTC and ETH, of others */
#define IMPACT_USUAL DEC8_OF(6000)

/* The average price of a sale into the bids, or a purchase from the asks. A thinner book gives the average of what it has. */
bool funding_impact(const struct market *m, bool buy, dec8 *px)
{
	bool large = !strcmp(m->asset.name, "BTC") || !strcmp(m->asset.name, "ETH");
	dec8 left = large ? IMPACT_LARGE : IMPACT_USUAL;
	__int128 ntl = 0, size = 0;
	const struct side *s = &m->side[buy];
	unsigned others = 0, own = 0;

	while (left > 0 && (others < s->n || own < s->own.n)) {
		const struct node *n = own < s->own.n ? s->own.at[own] : NULL;
		const struct venue_level *l = others < s->n ? &s->others[others] : NULL;
		bool mine = n && (!l || (buy ? n->o.px > l->px : n->o.px < l->px));
		dec8 at = mine ? n->o.px : l->px, sz = mine ? n->o.sz : l->sz, value;

		own += mine;
		others += !mine;
		if (!perp_fits(at, sz) || perp_notional(at, sz) > left)
			sz = dec8_div(left, at, DEC8_UP);
		value = perp_notional(at, sz);
		left -= value;
		ntl += value;
		size += sz;
	}
	if (!size)
		return false;
	*px = (dec8)((ntl * DEC8_ONE + size / 2) / size);
	return true;
}

rate16 funding_premium(const struct market *m)
{
	dec8 bid, ask, oracle = market_oracle(m);

	if (!oracle || !funding_impact(m, true, &bid) || !funding_impact(m, false, &ask))
		return 0;
	return perp_premium(oracle, bid, ask);
}

void funding_sample(struct venue *v, struct market *m)
{
	int64_t due = v->now / SAMPLE_MS - m->sampled_ms / SAMPLE_MS;

	if (due <= 0)
		return;
	m->sampled += (__int128)funding_premium(m) * due;
	m->samples += due;
	m->sampled_ms = v->now;
}

static rate16 average(const struct market *m)
{
	if (m->has_rate)
		return m->premium;
	return m->samples ? (rate16)(m->sampled / m->samples) : funding_premium(m);
}

rate16 funding_rate(const struct market *m)
{
	return m->has_rate ? m->rate : perp_funding_hourly(average(m));
}

static void pay(struct venue *v, struct venue_account *a, struct market *m, struct venue_funding row)
{
	struct holding *h = account_find(a, m);

	if (!h || !h->at.size)
		return;
	row.size = h->at.size;
	row.usdc = perp_funding_payment(h->at.size, market_oracle(m), row.rate);
	*(h->cross ? &a->cash : &h->margin) += row.usdc;
	h->funding_all -= row.usdc;
	h->funding_open -= row.usdc;
	h->funding_change -= row.usdc;
	event_funding(v, a, &row);
	account_check(a);
}

static void pay_all(struct venue *v, struct market *m)
{
	struct venue_funding row = { .t_ms = v->now, .asset = m->asset.id, .rate = funding_rate(m), .premium = average(m) };

	event_funding(v, NULL, &row);
	for (struct venue_account *a = v->first; a; a = a->next)
		pay(v, a, m, row);
}

void funding_hour(struct venue *v)
{
	for (unsigned k = 0; k < v->markets.n; k++) {
		struct market *m = v->markets.at[k];

		if (m->asset.spot)
			continue;
		funding_sample(v, m);
		if (!m->asset.delisted)
			pay_all(v, m);
		m->sampled = 0;
		m->samples = 0;
	}
}

void venue_rate(struct venue *v, uint32_t asset, rate16 hourly, rate16 premium)
{
	struct market *m = markets_find(v, asset);

	if (!m)
		return;
	m->has_rate = true;
	m->rate = hourly;
	m->premium = premium;
}

void venue_pay_funding(struct venue *v, uint32_t asset)
{
	struct market *m = markets_find(v, asset);

	if (!m || m->asset.spot)
		return;
	settle_begin(v);
	pay_all(v, m);
	settle(v);
}
