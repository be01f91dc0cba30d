/* SPDX-License-Identifier: MIT
 * From words to an order. */
#include "hl/ticket.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool positive(const char *what, const char *text, dec8 *v, struct errmsg *e)
{
	if (!dec8_parse(text, strlen(text), v))
		return errmsg_set(e, "%s \"%s\" is no decimal of at most 8 places", what, text);
	return *v > 0 || errmsg_set(e, "%s %s is not above 0", what, text);
}

/* "x of BTC has ...: the nearest are 1 and 2". Below the least there is one alone. */
static bool off_grid(const char *what, const char *text, const struct asset *a, const char *rule, dec8 below, dec8 above,
		     struct errmsg *e)
{
	char low[DEC8_TEXT], high[DEC8_TEXT];

	*dec8_put(low, below) = *dec8_put(high, above) = '\0';
	if (below == 0)
		return errmsg_set(e, "%s %s of %s is not legal (%s): the nearest is %s", what, text, a->name, rule, high);
	return errmsg_set(e, "%s %s of %s is not legal (%s): the nearest are %s and %s", what, text, a->name, rule, low, high);
}

static bool read_price(const char *what, const char *text, const struct asset *a, dec8 *v, struct errmsg *e)
{
	bool spot = a->spot;
	unsigned d = a->sz_decimals;
	char rule[64];

	if (!positive(what, text, v, e))
		return false;
	if (tick_ok(*v, d, spot))
		return true;
	snprintf(rule, sizeof rule, "5 significant digits, %u decimals", tick_places(d, spot));
	return off_grid(what, text, a, rule, tick_round(*v, d, spot, DEC8_DOWN), tick_round(*v, d, spot, DEC8_UP), e);
}

static bool read_size(const char *text, const struct asset *a, dec8 *v, struct errmsg *e)
{
	char rule[64];

	if (!positive("size", text, v, e))
		return false;
	if (lot_ok(*v, a->sz_decimals))
		return true;
	snprintf(rule, sizeof rule, "%u decimals", a->sz_decimals);
	return off_grid("size", text, a, rule, lot_round(*v, a->sz_decimals, DEC8_DOWN), lot_round(*v, a->sz_decimals, DEC8_UP), e);
}

static bool read_side(const char *text, bool *buy, struct errmsg *e)
{
	*buy = strcasecmp(text, "buy") == 0;
	return *buy || strcasecmp(text, "sell") == 0 || errmsg_set(e, "\"%s\" is neither buy nor sell", text);
}

static bool read_tif(const struct ticket *t, struct hl_order *o, struct errmsg *e)
{
	static const enum hl_tif all[] = { TIF_GTC, TIF_IOC, TIF_ALO };

	o->tif = t->price ? TIF_GTC : TIF_IOC;
	if (!t->tif)
		return true;
	if (t->trigger || !t->price)
		return errmsg_set(e, "only a plain limit order has a tif");
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcasecmp(t->tif, tif_name(all[i])) == 0) {
			o->tif = all[i];
			return true;
		}
	return errmsg_set(e, "tif \"%s\" is none of Gtc, Ioc, Alo", t->tif);
}

static bool market_price(const struct ticket *t, const struct asset *a, dec8 near, struct hl_order *o, struct errmsg *e)
{
	if (!(t->slippage >= 0 && t->slippage < 1))
		return errmsg_set(e, "a slippage is a fraction from 0 to below 1");
	o->px = slippage_price(near, t->slippage, o->buy, a->sz_decimals, a->spot);
	return o->px > 0 || errmsg_set(e, "%s has no price near which to trade", a->name);
}

/* A triggered limit order whose limit lies short of the trigger could not be filled when it fires. */
static bool check_limit(const struct hl_order *o, struct errmsg *e)
{
	if (o->is_market || (o->buy ? o->px >= o->trigger_px : o->px <= o->trigger_px))
		return true;
	return errmsg_set(e, "the price of a triggered %s is not %s its trigger", o->buy ? "buy" : "sale", o->buy ? "below" : "above");
}

static bool read_prices(const struct ticket *t, const struct asset *a, dec8 mid, struct hl_order *o, struct errmsg *e)
{
	o->trigger = t->trigger != NULL;
	o->is_market = o->trigger && !t->price;
	o->tp = t->take_profit;
	if (o->trigger && !read_price("trigger", t->trigger, a, &o->trigger_px, e))
		return false;
	if (!(t->price ? read_price("price", t->price, a, &o->px, e) : market_price(t, a, o->trigger ? o->trigger_px : mid, o, e)))
		return false;
	return !o->trigger || check_limit(o, e);
}

static bool read_cloid(const struct ticket *t, struct hl_order *o, struct errmsg *e)
{
	o->has_cloid = t->cloid != NULL;
	return !t->cloid || cloid_parse(t->cloid, strlen(t->cloid), o->cloid) ||
	       errmsg_set(e, "client order id \"%s\" is not 0x and 32 hex digits", t->cloid);
}

bool ticket_needs_mid(const struct ticket *t)
{
	return !t->price && !t->trigger;
}

bool ticket_order(const struct ticket *t, const struct asset *a, dec8 mid, struct hl_order *o, struct errmsg *e)
{
	*o = (struct hl_order){ .asset = a->id, .reduce_only = t->reduce_only };
	if (a->delisted)
		return errmsg_set(e, "%s is delisted", a->name);
	return read_side(t->side, &o->buy, e) && read_size(t->size, a, &o->sz, e) && read_tif(t, o, e) &&
	       read_prices(t, a, mid, o, e) && read_cloid(t, o, e);
}
