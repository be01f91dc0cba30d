/* SPDX-License-Identifier: MIT
 * Margin: what an account is worth, what its positions bind, and what it may still do. */
#include "venue/core.h"

/* No account holds more coins of a kind: sizes can be added without a thought. */
#define MOST_COINS DEC8_OF(40000000000)

dec8 margin_ntl(const struct holding *h)
{
	return perp_notional(market_mark(h->market), dec8_abs(h->at.size));
}

dec8 margin_value(const struct holding *h)
{
	return h->margin + perp_pnl(&h->at, market_mark(h->market));
}

dec8 margin_maintenance(const struct holding *h)
{
	return perp_maintenance(&h->market->tiers, margin_ntl(h));
}

struct margin margin_cross(const struct venue_account *a)
{
	struct margin m = { .value = a->cash, .raw = a->cash };

	for (unsigned k = 0; k < a->holdings.n; k++) {
		const struct holding *h = a->holdings.at[k];
		dec8 ntl;

		if (!h->cross || !h->at.size)
			continue;
		ntl = margin_ntl(h);
		add_to(&m.value, perp_pnl(&h->at, market_mark(h->market)));
		add_to(&m.raw, -h->at.cost);
		add_to(&m.ntl, ntl);
		add_to(&m.initial, perp_initial_margin(ntl, h->leverage));
		add_to(&m.maintenance, margin_maintenance(h));
	}
	return m;
}

static bool beyond_tier(const struct market *m, dec8 ntl, unsigned leverage)
{
	return m->tiers.at[perp_tier_of(&m->tiers, ntl)].max_leverage < leverage;
}

enum hl_error margin_allows(const struct venue_account *a, const struct market *m, bool buy, dec8 sz, dec8 px)
{
	const struct holding *held = account_find(a, m), usual = account_usual(m), *h = held ? held : &usual;
	dec8 mark = market_mark(m), at = mark ? mark : px, closes = position_reducible(a, m, buy), after, needed;
	struct margin cross = margin_cross(a);

	if (sz <= closes)
		return HL_ERR_UNKNOWN;
	if (sz > MOST_COINS)
		return HL_ERR_TIER;
	after = closes ? sz - closes : dec8_abs(h->at.size) + sz;
	if (after > MOST_COINS || !perp_fits(at, after) || beyond_tier(m, perp_notional(at, after), h->leverage))
		return HL_ERR_TIER;
	if (h->cross) {
		needed = perp_initial_margin(perp_notional(at, after), h->leverage);
		cross.initial -= h->at.size ? perp_initial_margin(margin_ntl(h), h->leverage) : 0;
	} else
		needed = perp_initial_margin(perp_notional(at, sz - closes), h->leverage);
	return cross.value - cross.initial >= needed ? HL_ERR_UNKNOWN : HL_ERR_MARGIN;
}

void venue_state(const struct venue *v, const struct venue_account *a, struct venue_state *s)
{
	struct margin cross = margin_cross(a);
	dec8 bound;

	(void)v;
	s->cross = (struct venue_summary){ cross.value, cross.ntl, cross.raw, cross.initial };
	s->cross_maintenance = cross.maintenance;
	s->all = s->cross;
	for (unsigned k = 0; k < a->holdings.n; k++) {
		const struct holding *h = a->holdings.at[k];

		if (h->cross || !h->at.size)
			continue;
		add_to(&s->all.account_value, margin_value(h));
		add_to(&s->all.margin_used, margin_value(h));
		add_to(&s->all.total_ntl, margin_ntl(h));
		add_to(&s->all.raw_usd, h->margin - h->at.cost);
	}
	bound = s->all.total_ntl / 10;
	if (bound < s->all.margin_used)
		bound = s->all.margin_used;
	s->withdrawable = s->all.account_value > bound ? s->all.account_value - bound : 0;
}

static void show(const struct venue_account *a, const struct holding *h, struct venue_position *p)
{
	struct margin cross = margin_cross(a);
	dec8 available = h->cross ? cross.value - cross.maintenance : margin_value(h) - margin_maintenance(h), base;
	dec8 mark = market_mark(h->market);

	*p = (struct venue_position){
		.asset = h->market->asset.id, .size = h->at.size, .entry_px = perp_entry_px(&h->at), .value = margin_ntl(h),
		.pnl = perp_pnl(&h->at, mark), .cross = h->cross, .leverage = h->leverage,
		.raw_usd = h->margin - h->at.cost, .funding_all = h->funding_all, .funding_open = h->funding_open,
		.funding_change = h->funding_change,
	};
	p->margin_used = h->cross ? perp_initial_margin(p->value, h->leverage) : margin_value(h);
	p->has_liquidation_px = perp_liquidation_px(&h->market->tiers, h->at.size, mark, available, &p->liquidation_px);
	base = perp_initial_margin(dec8_abs(h->at.cost), h->leverage);
	if (base > 0 && dec8_abs(p->pnl) / base < 900)
		p->return_on_equity = (rate16)((__int128)p->pnl * RATE16_ONE / base);
}

bool venue_position(const struct venue *v, const struct venue_account *a, unsigned k, struct venue_position *p)
{
	(void)v;
	for (unsigned each = 0; each < a->holdings.n; each++) {
		const struct holding *h = a->holdings.at[each];

		if (h->at.size && k-- == 0) {
			show(a, h, p);
			return true;
		}
	}
	return false;
}

bool venue_position_of(const struct venue *v, const struct venue_account *a, uint32_t asset, struct venue_position *p)
{
	const struct market *m = markets_find(v, asset);
	const struct holding *h = m ? account_find(a, m) : NULL;

	if (!h || !h->at.size)
		return false;
	show(a, h, p);
	return true;
}

/* Closing frees the margin that the position binds, which opens as much again. */
static dec8 free_for(const struct venue_account *a, const struct market *m, bool buy, unsigned leverage)
{
	struct margin cross = margin_cross(a);
	dec8 freed = perp_initial_margin(perp_notional(market_mark(m), position_reducible(a, m, buy)), leverage);

	return (cross.value > cross.initial ? cross.value - cross.initial : 0) + 2 * freed;
}

bool venue_setting(const struct venue *v, const struct venue_account *a, uint32_t asset, struct venue_setting *s)
{
	const struct market *m = markets_find(v, asset);
	struct holding usual, *held;
	const struct holding *h;
	dec8 mark;

	if (!m)
		return false;
	usual = account_usual(m);
	held = account_find(a, m);
	h = held ? held : &usual;
	*s = (struct venue_setting){ .cross = h->cross, .leverage = h->leverage, .raw_usd = h->margin - h->at.cost };
	s->free_buy = free_for(a, m, true, h->leverage);
	s->free_sell = free_for(a, m, false, h->leverage);
	mark = market_mark(m);
	if (mark) {
		s->max_buy = lot_round(dec8_div(s->free_buy * h->leverage, mark, DEC8_DOWN), m->asset.sz_decimals, DEC8_DOWN);
		s->max_sell = lot_round(dec8_div(s->free_sell * h->leverage, mark, DEC8_DOWN), m->asset.sz_decimals, DEC8_DOWN);
	}
	return true;
}
