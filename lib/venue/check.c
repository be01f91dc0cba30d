/* SPDX-License-Identifier: MIT
 * The checks of an order, in the exchange's order, and its words. */
#include "venue/core.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPEN_ORDERS_MOST 5000
#define OPEN_ORDERS_STEP DEC8_OF(5000000)	/* of volume, for one more */
#define OPEN_ORDERS_BARE 1000			/* from here on no reduce-only and no trigger orders */

void refuse(struct refusal *r, enum venue_status status, enum hl_error error, const char *one, const char *two)
{
	struct buf b = BUF_INIT;

	hl_error_put(&b, error, one, two);
	r->status = status;
	r->error = error;
	snprintf(r->text, sizeof r->text, "%s", buf_cstr(&b));
	buf_release(&b);
}

bool refuse_call_with(struct errmsg *e, enum hl_error error, const char *one, const char *two)
{
	struct refusal r;

	refuse(&r, VENUE_REJECTED, error, one, two);
	return errmsg_set(e, "%s", r.text);
}

bool refuse_call(struct errmsg *e, enum hl_error error)
{
	return refuse_call_with(e, error, "", "");
}

static bool no(struct refusal *r, enum venue_status status, enum hl_error error)
{
	refuse(r, status, error, "", "");
	return false;
}

static bool sizes(const struct check *c, struct refusal *r)
{
	const struct hl_order *o = c->order;
	bool whole_position = !o->sz && o->trigger && c->group == VENUE_POSITION_TPSL;

	if (!o->sz && !whole_position)
		return no(r, VENUE_REJECTED, HL_ERR_ZERO_SIZE);
	if (o->sz < 0 || !lot_ok(o->sz, c->market->asset.sz_decimals))
		return no(r, VENUE_REJECTED, HL_ERR_BAD_SIZE);
	return true;
}

static bool price(const struct check *c, dec8 px, struct refusal *r)
{
	if (px <= 0)
		return no(r, VENUE_REJECTED, HL_ERR_BAD_PRICE);
	if (!tick_ok(px, c->market->asset.sz_decimals, c->market->asset.spot))
		return no(r, VENUE_TICK_REJECTED, HL_ERR_TICK);
	return perp_fits(px, c->order->sz) || no(r, VENUE_REJECTED, HL_ERR_BAD_SIZE);
}

static bool cloid(const struct check *c, struct refusal *r)
{
	const struct list *open = &c->account->open;

	if (!c->order->has_cloid)
		return true;
	for (unsigned k = 0; k < open->n; k++) {
		const struct node *n = open->at[k];

		if (n->o.has_cloid && !memcmp(n->o.cloid, c->order->cloid, sizeof n->o.cloid))
			return no(r, VENUE_REJECTED, HL_ERR_CLOID);
	}
	return true;
}

static bool band(const struct venue *v, const struct check *c, struct refusal *r)
{
	dec8 reference = market_oracle(c->market), away = c->order->px - reference;
	char percent[RATE16_TEXT];

	if (!reference || !v->rules.band || (__int128)(away < 0 ? -away : away) * RATE16_ONE <= (__int128)reference * v->rules.band)
		return true;
	snprintf(percent, sizeof percent, "%" PRId64, v->rules.band / (RATE16_ONE / 100));
	refuse(r, VENUE_ORACLE_REJECTED, HL_ERR_BAND, percent, "");
	return false;
}

/* A child closes what its parent opens. */
static bool reduces(const struct check *c, struct refusal *r)
{
	const struct hl_order *o = c->order;

	if (!o->reduce_only)
		return true;
	if (c->parent ? c->parent->buy != o->buy : position_reducible(c->account, c->market, o->buy) > 0)
		return true;
	return no(r, VENUE_REDUCE_ONLY_REJECTED, HL_ERR_REDUCE_ONLY);
}

static bool closes_all(const struct check *c)
{
	const struct hl_order *o = c->order;
	dec8 whole = c->parent ? c->parent->sz : position_reducible(c->account, c->market, o->buy);

	return whole && (o->reduce_only ? o->sz >= whole || !o->sz : o->sz == whole);
}

static bool value(const struct venue *v, const struct check *c, struct refusal *r)
{
	char least[DEC8_TEXT + 1];

	if (perp_notional(c->order->px, c->order->sz) >= v->rules.min_value || closes_all(c))
		return true;
	*dec8_put(least, v->rules.min_value) = '\0';
	refuse(r, VENUE_MIN_TRADE_NTL_REJECTED, HL_ERR_MIN_VALUE, least, "");
	return false;
}

/* Nobody owns spot tokens here; what is worth too little is refused before that. */
static bool spot(const struct venue *v, const struct check *c, struct refusal *r)
{
	const char *quote = strchr(c->market->asset.symbol, '/');
	char least[DEC8_TEXT + ASSET_NAME + 2];

	if (perp_notional(c->order->px, c->order->sz) >= v->rules.min_value)
		return no(r, VENUE_INSUFFICIENT_SPOT_BALANCE_REJECTED, HL_ERR_SPOT_BALANCE);
	snprintf(dec8_put(least, v->rules.min_value), ASSET_NAME + 2, " %s", quote ? quote + 1 : "USDC");
	refuse(r, VENUE_MIN_TRADE_NTL_REJECTED, HL_ERR_MIN_VALUE_SPOT, least, "");
	return false;
}

/* What a market order may be worth. */
static dec8 notional_cap(const struct asset *a)
{
	if (a->max_leverage >= 20)
		return a->max_leverage >= 25 ? DEC8_OF(30000000) : DEC8_OF(5000000);
	return a->max_leverage >= 10 ? DEC8_OF(2000000) : DEC8_OF(500000);
}

/* Other orders may be worth ten times that. */
static bool notional(const struct venue *v, const struct check *c, struct refusal *r)
{
	const struct hl_order *o = c->order;
	dec8 cap = notional_cap(&c->market->asset);
	bool market = o->trigger ? o->is_market : o->tif == TIF_FRONTEND_MARKET;

	if (v->rules.notional_caps && perp_notional(o->px, o->sz) > (market ? cap : 10 * cap))
		return no(r, VENUE_REJECTED, HL_ERR_BAD_SIZE);
	return true;
}

/* A child's trigger is judged from where its parent is going to fill. */
static bool trigger(const struct check *c, struct refusal *r)
{
	const struct hl_order *o = c->order;
	dec8 from = market_mark(c->market);

	if (!o->trigger || !from)
		return true;
	if (c->parent && (c->parent->buy ? c->parent->px < from : c->parent->px > from))
		from = c->parent->px;
	if (trigger_fires(o->buy, o->tp, o->trigger_px, from))
		return no(r, VENUE_BAD_TRIGGER_PX_REJECTED, HL_ERR_TPSL);
	return true;
}

static bool meets_book(const struct check *c, struct refusal *r)
{
	const struct hl_order *o = c->order;
	bool crosses = book_crosses(c->market, o->buy, o->px);
	char bid[DEC8_TEXT + 1], ask[DEC8_TEXT + 1];

	if (o->tif == TIF_FRONTEND_MARKET && !book_best(c->market, !o->buy))
		return no(r, VENUE_MARKET_ORDER_NO_LIQUIDITY_REJECTED, HL_ERR_NO_LIQUIDITY);
	if (!crosses && (o->tif == TIF_IOC || o->tif == TIF_FRONTEND_MARKET))
		return no(r, VENUE_IOC_CANCEL_REJECTED, HL_ERR_IOC);
	if (!crosses || (o->tif != TIF_ALO && !c->posts))
		return true;
	*dec8_put(bid, book_best(c->market, true)) = '\0';
	*dec8_put(ask, book_best(c->market, false)) = '\0';
	refuse(r, VENUE_BAD_ALO_PX_REJECTED, HL_ERR_POST_ONLY, bid, ask);
	return false;
}

static bool interest(const struct check *c, struct refusal *r)
{
	dec8 closes = position_reducible(c->account, c->market, c->order->buy);

	if (c->market->interest == VENUE_OI_FREE || c->order->reduce_only || c->order->sz <= closes)
		return true;
	if (c->market->interest == VENUE_OI_FAST)
		return no(r, VENUE_OPEN_INTEREST_INCREASE_REJECTED, HL_ERR_OI_GROWTH);
	return no(r, closes ? VENUE_POSITION_FLIP_AT_CAP_REJECTED : VENUE_POSITION_INCREASE_AT_CAP_REJECTED, HL_ERR_OI_CAP);
}

static bool margin(const struct check *c, struct refusal *r)
{
	const struct hl_order *o = c->order;
	enum hl_error why = o->reduce_only ? HL_ERR_UNKNOWN : margin_allows(c->account, c->market, o->buy, o->sz, o->px);

	if (why == HL_ERR_TIER)
		return no(r, VENUE_PERP_MAX_POSITION_REJECTED, why);
	return why == HL_ERR_UNKNOWN || no(r, VENUE_PERP_MARGIN_REJECTED, why);
}

static bool count(const struct venue *v, const struct check *c, struct refusal *r)
{
	const struct hl_order *o = c->order;
	dec8 most = v->rules.open_orders + c->account->volume / OPEN_ORDERS_STEP;
	unsigned n = c->account->open.n;
	bool rests = o->trigger || o->tif == TIF_GTC || o->tif == TIF_ALO;

	if (!v->rules.open_orders || !rests)
		return true;
	if (n >= most || n >= OPEN_ORDERS_MOST || (n >= OPEN_ORDERS_BARE && (o->reduce_only || o->trigger)))
		return no(r, VENUE_TOO_MANY_OPEN_ORDERS_REJECTED, HL_ERR_OPEN_ORDERS);
	return true;
}

bool check_order(struct venue *v, const struct check *c, struct refusal *r)
{
	const struct hl_order *o = c->order;

	if (!sizes(c, r) || !price(c, o->px, r) || (o->trigger && !price(c, o->trigger_px, r)) || !cloid(c, r) || !band(v, c, r))
		return false;
	if (v->rules.post_only && (o->trigger || o->tif != TIF_ALO))
		return no(r, VENUE_REJECTED, HL_ERR_UPGRADE);
	if (c->market->asset.spot)
		return spot(v, c, r);
	if (!reduces(c, r) || !value(v, c, r) || !notional(v, c, r) || !trigger(c, r))
		return false;
	return (o->trigger || (meets_book(c, r) && interest(c, r) && margin(c, r))) && count(v, c, r);
}
