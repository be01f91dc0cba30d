/* SPDX-License-Identifier: MIT
 * Leverage and the margin of isolated positions. */
#include "venue/core.h"

static dec8 free_margin(const struct venue_account *a)
{
	struct margin m = margin_cross(a);

	return m.value > m.initial ? m.value - m.initial : 0;
}

static void move_margin(struct venue *v, struct venue_account *a, struct holding *h, dec8 usdc)
{
	settle_begin(v);
	a->cash -= usdc;
	h->margin += usdc;
	account_check(a);
	settle(v);
}

/* What the lower leverage binds in addition must be there. */
static bool lower(struct venue *v, struct venue_account *a, struct holding *h, unsigned leverage, struct errmsg *e)
{
	dec8 needed = perp_initial_margin(margin_ntl(h), leverage), had;

	if (h->cross) {
		had = perp_initial_margin(margin_ntl(h), h->leverage);
		return free_margin(a) >= needed - had || refuse_call(e, HL_ERR_LEVERAGE_CROSS);
	}
	had = margin_value(h);
	if (needed <= had)
		return true;
	if (free_margin(a) < needed - had)
		return refuse_call(e, HL_ERR_LEVERAGE_ISOLATED);
	move_margin(v, a, h, needed - had);
	return true;
}

bool venue_leverage(struct venue *v, struct venue_account *a, uint32_t asset, bool cross, unsigned leverage, struct errmsg *e)
{
	struct market *m = markets_find(v, asset);
	struct holding *h;

	if (!m || m->asset.spot || m->asset.delisted)
		return refuse_call(e, HL_ERR_BAD_ASSET);
	if (!leverage || leverage > m->asset.max_leverage)
		return refuse_call(e, HL_ERR_LEVERAGE);
	if (cross && m->asset.only_isolated)
		return refuse_call(e, HL_ERR_NO_CROSS);
	h = account_holding(a, m);
	if (h->at.size && h->cross != cross)
		return refuse_call(e, HL_ERR_LEVERAGE_TYPE);
	if (h->at.size && leverage > m->tiers.at[perp_tier_of(&m->tiers, margin_ntl(h))].max_leverage)
		return refuse_call(e, HL_ERR_LEVERAGE);
	if (h->at.size && leverage < h->leverage && !lower(v, a, h, leverage, e))
		return false;
	h->cross = cross;
	h->leverage = leverage;
	return true;
}

/* The isolated position, NULL if there is none. */
static struct holding *isolated(const struct venue *v, const struct venue_account *a, uint32_t asset, struct errmsg *e)
{
	const struct market *m = markets_find(v, asset);
	struct holding *h = m && !m->asset.spot ? account_find(a, m) : NULL;

	if (!m || m->asset.spot)
		refuse_call(e, HL_ERR_BAD_ASSET);
	else if (!h || !h->at.size)
		refuse_call(e, HL_ERR_EMPTY_POSITION);
	else if (h->cross)
		refuse_call(e, HL_ERR_NOT_ISOLATED);
	else
		return h;
	return NULL;
}

/* A position must keep its initial margin and a tenth of its notional. usdc is below 0. */
static bool reducible(const struct holding *h, dec8 usdc)
{
	dec8 ntl = margin_ntl(h), keep = perp_initial_margin(ntl, h->leverage), value = margin_value(h);

	if (keep < ntl / 10)
		keep = ntl / 10;
	return !h->market->asset.no_margin_removal && usdc >= -value && value + usdc >= keep;
}

bool venue_isolated_margin(struct venue *v, struct venue_account *a, uint32_t asset, dec8 usdc, struct errmsg *e)
{
	struct holding *h;

	if (!usdc)
		return refuse_call(e, HL_ERR_ZERO_MARGIN);
	if (!(h = isolated(v, a, asset, e)))
		return false;
	if (usdc > 0 && usdc > free_margin(a))
		return refuse_call(e, HL_ERR_MARGIN_INCREASE);
	if (usdc < 0 && !reducible(h, usdc))
		return refuse_call(e, HL_ERR_MARGIN_REDUCTION);
	move_margin(v, a, h, usdc);
	return true;
}

bool venue_top_up(struct venue *v, struct venue_account *a, uint32_t asset, dec8 leverage, struct errmsg *e)
{
	struct holding *h;
	dec8 lacking;

	if (leverage <= 0)
		return refuse_call(e, HL_ERR_LEVERAGE);
	if (!(h = isolated(v, a, asset, e)))
		return false;
	lacking = dec8_div(margin_ntl(h), leverage, DEC8_UP) - margin_value(h);
	if (lacking > free_margin(a))
		return refuse_call(e, HL_ERR_MARGIN_INCREASE);
	if (lacking > 0)
		move_margin(v, a, h, lacking);
	return true;
}
