/* SPDX-License-Identifier: MIT
 * The core of the local exchange: every check and every matching rule by name. */
#include "venue.h"
#include "hl/status.h"

static struct venue_account *a, *b;

static struct {
	struct venue_event e[4096];
	struct venue_order order[4096];
	struct venue_fill fill[4096];
	struct venue_trade trade[4096];
	unsigned n;
} seen;

static void hear(void *arg, const struct venue_event *e)
{
	unsigned k = seen.n;

	(void)arg;
	if (k == 4096)
		return;
	seen.e[k] = *e;
	if (e->order)
		seen.order[k] = *e->order;
	if (e->fill)
		seen.fill[k] = *e->fill;
	if (e->trade)
		seen.trade[k] = *e->trade;
	seen.n++;
}

static const char *T(dec8 d)
{
	static char texts[8][DEC8_TEXT + 1];
	static unsigned k;

	k = (k + 1) % 8;
	*dec8_put(texts[k], d) = '\0';
	return texts[k];
}
#define CHECK_D(got, want) CHECK_TEXT(T(got), want)

static struct venue_account *person(unsigned char n, const char *usdc)
{
	struct address at = { { n } };
	struct venue_account *who = venue_account(v, &at);

	CHECK(venue_fund(v, who, VENUE_DEPOSIT, D(usdc), &err));
	return who;
}

/* Two accounts with 100,000 USD, books of others around 84,000 and 2,500, marks and oracle prices there. */
static void begin(struct venue_rules r)
{
	struct venue_level bids[] = { { D("83999"), D("1"), 1 }, { D("83998"), D("2"), 2 }, { D("83990"), D("5"), 3 } };
	struct venue_level asks[] = { { D("84001"), D("1"), 1 }, { D("84002"), D("2"), 2 }, { D("84010"), D("5"), 3 } };
	struct venue_level bid = { D("2499.9"), D("20"), 1 }, ask = { D("2500.1"), D("20"), 1 };

	v = venue_new(&r, hear, NULL);
	add_market(BTC, "BTC", 5, 40, (struct asset){ 0 });
	add_market(ETH, "ETH", 4, 25, (struct asset){ 0 });
	add_market(ISO, "ISO", 0, 5, (struct asset){ .only_isolated = true });
	add_market(DEAD, "DEAD", 0, 3, (struct asset){ .delisted = true });
	add_market(PURR, "PURR/USDC", 0, 0, (struct asset){ .spot = true });
	a = person(1, "100000");
	b = person(2, "100000");
	venue_book(v, BTC, bids, 3, asks, 3);
	venue_bbo(v, ETH, &bid, &ask);
	venue_mark(v, BTC, D("84000"));
	venue_mark(v, ETH, D("2500"));
	venue_oracle(v, BTC, D("84000"));
	venue_oracle(v, ETH, D("2500"));
	seen.n = 0;
}

static void end(void)
{
	venue_free(v);
	v = NULL;
}

static struct hl_order limit(uint32_t asset, bool buy, const char *px, const char *sz, enum hl_tif tif)
{
	return (struct hl_order){ .asset = asset, .buy = buy, .px = D(px), .sz = D(sz), .tif = tif };
}

static struct hl_order reduce(struct hl_order o)
{
	o.reduce_only = true;
	return o;
}

static struct hl_order trigger(uint32_t asset, bool buy, bool tp, bool market, const char *trigger_px, const char *px,
	const char *sz)
{
	return (struct hl_order){
		.asset = asset, .buy = buy, .px = D(px), .sz = D(sz), .trigger = true, .is_market = market, .tp = tp,
		.trigger_px = D(trigger_px), .reduce_only = true,
	};
}

static struct hl_order named(struct hl_order o, unsigned char name)
{
	o.has_cloid = true;
	memset(o.cloid, name, sizeof o.cloid);
	return o;
}

static struct venue_result put(struct venue_account *who, struct hl_order o)
{
	struct venue_result r = { .outcome = VENUE_ERROR };

	seen.n = 0;
	if (!venue_place(v, who, &o, 1, VENUE_NA, NULL, &r, &err))
		snprintf(r.error, sizeof r.error, "whole: %.200s", err.text);
	return r;
}

static void opens(struct venue_account *who, struct hl_order o)
{
	CHECK(put(who, o).outcome != VENUE_ERROR);
}

/* An order is refused with this text and leaves this state behind. */
static void refused(struct venue_account *who, struct hl_order o, const char *text, enum venue_status status)
{
	struct venue_result r = put(who, o);
	char whole[256];

	snprintf(whole, sizeof whole, "%s asset=%u", text, (unsigned)o.asset);
	CHECK(r.outcome == VENUE_ERROR);
	CHECK_TEXT(r.error, whole);
	CHECK_TEXT(venue_status_text(venue_finished(who, 0)->status), venue_status_text(status));
	CHECK(venue_finished(who, 0)->oid == r.oid && r.oid > 100000000000u);
	CHECK(venue_by_oid(v, who, r.oid) == venue_finished(who, 0));
	CHECK(seen.n == 1 && seen.e[0].kind == VENUE_EV_ORDER);
	CHECK(!venue_open(who, 0) || venue_open(who, 0)->oid != r.oid);
}

static unsigned count(enum venue_event_kind kind)
{
	unsigned n = 0;

	for (unsigned k = 0; k < seen.n; k++)
		n += seen.e[k].kind == kind;
	return n;
}

/* The last event of a kind; the first record of all where there is none, which a check then notices. */
static unsigned last(enum venue_event_kind kind)
{
	for (unsigned k = seen.n; k-- > 0; )
		if (seen.e[k].kind == kind)
			return k;
	CHECK(!"no such event");
	return 0;
}

static enum venue_status state(struct venue_account *who, uint64_t oid)
{
	const struct venue_order *o = venue_by_oid(v, who, oid);

	CHECK(o);
	return o ? o->status : VENUE_REJECTED;
}

static dec8 position(struct venue_account *who, uint32_t asset)
{
	struct venue_position p;

	return venue_position_of(v, who, asset, &p) ? p.size : 0;
}

/* The exchange's own words, and alive is what they call alive. */
static void states(void)
{
	for (unsigned s = 0; s <= VENUE_TOO_MANY_OPEN_ORDERS_REJECTED; s++) {
		const char *word = venue_status_text(s);
		const struct hl_status *known = hl_statuses;

		while (known->word && strcmp(known->word, word))
			known++;
		CHECK(known->word);
		CHECK((hl_status_life(word) == HL_LIFE_ALIVE) == venue_status_alive(s));
	}
}

/* --- The checks, in their order. --- */

static void assets(void)
{
	begin(usual());
	CHECK_TEXT(put(a, limit(NONE, true, "1", "1", TIF_GTC)).error, "whole: Invalid asset asset=77");
	CHECK_TEXT(put(a, limit(DEAD, true, "1", "20", TIF_GTC)).error, "whole: Invalid asset asset=3");
	CHECK(seen.n == 0);
	refused(a, limit(PURR, true, "1", "20", TIF_GTC), "Insufficient spot balance", VENUE_INSUFFICIENT_SPOT_BALANCE_REJECTED);
	end();
}

static void sizes(void)
{
	begin(usual());
	refused(a, limit(BTC, true, "84000", "0", TIF_GTC), "Order has zero size.", VENUE_REJECTED);
	refused(a, limit(BTC, true, "84000", "-1", TIF_GTC), "Order has invalid size.", VENUE_REJECTED);
	refused(a, limit(BTC, true, "84000", "0.000001", TIF_GTC), "Order has invalid size.", VENUE_REJECTED);
	refused(a, limit(BTC, true, "84000", "90000000000", TIF_GTC), "Order has invalid size.", VENUE_REJECTED);
	end();
}

static void prices(void)
{
	begin(usual());
	refused(a, limit(BTC, true, "0", "1", TIF_GTC), "Order has invalid price.", VENUE_REJECTED);
	refused(a, limit(BTC, true, "-5", "1", TIF_GTC), "Order has invalid price.", VENUE_REJECTED);
	refused(a, limit(BTC, true, "84000.5", "1", TIF_GTC), "Price must be divisible by tick size.", VENUE_TICK_REJECTED);
	refused(a, limit(ETH, true, "2400.123", "1", TIF_GTC), "Price must be divisible by tick size.", VENUE_TICK_REJECTED);
	refused(a, trigger(BTC, false, true, true, "90000.5", "80000", "1"), "Price must be divisible by tick size.",
		VENUE_TICK_REJECTED);
	/* The lot comes before the tick. */
	refused(a, limit(BTC, true, "84000.5", "0.000001", TIF_GTC), "Order has invalid size.", VENUE_REJECTED);
	end();
}

static void cloids(void)
{
	struct venue_result r;

	begin(usual());
	opens(a, named(limit(BTC, true, "80000", "0.01", TIF_GTC), 7));
	refused(a, named(limit(BTC, true, "81000", "0.01", TIF_GTC), 7), "Duplicate cloid", VENUE_REJECTED);
	opens(b, named(limit(BTC, true, "80000", "0.01", TIF_GTC), 7));
	CHECK(venue_cancel_cloid(v, a, BTC, named((struct hl_order){ 0 }, 7).cloid, &err));
	r = put(a, named(limit(BTC, true, "81000", "0.01", TIF_GTC), 7));
	CHECK(r.outcome == VENUE_RESTING && r.has_cloid && r.cloid[15] == 7);
	CHECK(venue_by_cloid(a, r.cloid)->oid == r.oid);
	end();
}

static void band(void)
{
	begin(usual());
	refused(a, limit(BTC, true, "16799", "0.01", TIF_GTC), "Order price cannot be more than 80% away from the reference price",
		VENUE_ORACLE_REJECTED);
	refused(a, limit(BTC, false, "151201", "0.01", TIF_GTC),
		"Order price cannot be more than 80% away from the reference price", VENUE_ORACLE_REJECTED);
	opens(a, limit(BTC, true, "16800", "0.01", TIF_GTC));
	venue_knobs(v)->band = 95 * (RATE16_ONE / 100);
	opens(a, limit(BTC, true, "4201", "0.01", TIF_GTC));
	refused(a, limit(BTC, true, "4199", "0.01", TIF_GTC), "Order price cannot be more than 95% away from the reference price",
		VENUE_ORACLE_REJECTED);
	venue_knobs(v)->band = 0;
	opens(a, limit(BTC, true, "4199", "0.01", TIF_GTC));
	end();
}

static void reduce_only(void)
{
	begin(usual());
	refused(a, reduce(limit(BTC, false, "84000", "0.01", TIF_GTC)), "Reduce only order would increase position.",
		VENUE_REDUCE_ONLY_REJECTED);
	opens(a, limit(BTC, true, "84001", "0.01", TIF_IOC));
	refused(a, reduce(limit(BTC, true, "84000", "0.01", TIF_GTC)), "Reduce only order would increase position.",
		VENUE_REDUCE_ONLY_REJECTED);
	opens(a, reduce(limit(BTC, false, "84100", "0.01", TIF_GTC)));
	/* It comes before the value and after the band. */
	refused(b, reduce(limit(BTC, false, "84000", "0.0001", TIF_GTC)), "Reduce only order would increase position.",
		VENUE_REDUCE_ONLY_REJECTED);
	refused(b, reduce(limit(BTC, false, "10000", "0.0001", TIF_GTC)),
		"Order price cannot be more than 80% away from the reference price", VENUE_ORACLE_REJECTED);
	end();
}

static void values(void)
{
	begin(usual());
	refused(a, limit(BTC, true, "83000", "0.00012", TIF_GTC), "Order must have minimum value of $10.",
		VENUE_MIN_TRADE_NTL_REJECTED);
	opens(a, limit(BTC, true, "83000", "0.00013", TIF_GTC));
	opens(a, limit(BTC, true, "84001", "0.0002", TIF_IOC));
	refused(a, reduce(limit(BTC, false, "83999", "0.0001", TIF_IOC)), "Order must have minimum value of $10.",
		VENUE_MIN_TRADE_NTL_REJECTED);
	/* What closes the whole position may be smaller. */
	opens(a, limit(BTC, false, "83999", "0.00015", TIF_IOC));
	CHECK_D(position(a, BTC), "0.00005");
	refused(a, limit(BTC, false, "83999", "0.00006", TIF_IOC), "Order must have minimum value of $10.",
		VENUE_MIN_TRADE_NTL_REJECTED);
	opens(a, reduce(limit(BTC, false, "83999", "0.00006", TIF_IOC)));
	CHECK_D(position(a, BTC), "0");
	CHECK_D(venue_fill(a, 0)->sz, "0.00005");
	opens(a, limit(BTC, true, "84001", "0.0002", TIF_IOC));
	opens(a, limit(BTC, false, "83999", "0.00012", TIF_IOC));
	opens(a, limit(BTC, false, "83999", "0.00008", TIF_IOC));
	CHECK_D(position(a, BTC), "0");
	end();
}

static void trigger_sides(void)
{
	begin(usual());
	opens(a, limit(BTC, true, "84001", "0.01", TIF_IOC));
	refused(a, trigger(BTC, false, true, true, "84000", "80000", "0.01"), "Invalid TP/SL price.",
		VENUE_BAD_TRIGGER_PX_REJECTED);
	refused(a, trigger(BTC, false, false, true, "84000", "80000", "0.01"), "Invalid TP/SL price.",
		VENUE_BAD_TRIGGER_PX_REJECTED);
	opens(a, trigger(BTC, false, true, true, "84001", "80000", "0.01"));
	opens(a, trigger(BTC, false, false, true, "83999", "80000", "0.01"));
	CHECK(put(a, trigger(BTC, false, false, true, "83000", "80000", "0.01")).outcome == VENUE_RESTING);
	opens(b, limit(BTC, false, "83999", "0.01", TIF_IOC));
	refused(b, trigger(BTC, true, true, true, "84000", "90000", "0.01"), "Invalid TP/SL price.", VENUE_BAD_TRIGGER_PX_REJECTED);
	refused(b, trigger(BTC, true, false, true, "84000", "90000", "0.01"), "Invalid TP/SL price.",
		VENUE_BAD_TRIGGER_PX_REJECTED);
	opens(b, trigger(BTC, true, true, false, "83999", "84000", "0.01"));
	opens(b, trigger(BTC, true, false, false, "84001", "84000", "0.01"));
	end();
}

static void post_only(void)
{
	begin(usual());
	refused(a, limit(BTC, true, "84001", "0.01", TIF_ALO),
		"Post only order would have immediately matched, bbo was 83999@84001.", VENUE_BAD_ALO_PX_REJECTED);
	opens(a, limit(BTC, true, "84000", "0.01", TIF_ALO));
	refused(b, limit(BTC, false, "84000", "0.01", TIF_ALO),
		"Post only order would have immediately matched, bbo was 84000@84001.", VENUE_BAD_ALO_PX_REJECTED);
	venue_knobs(v)->post_only = true;
	refused(b, limit(BTC, false, "84500", "0.01", TIF_GTC), "Only post-only orders allowed immediately after a network upgrade",
		VENUE_REJECTED);
	opens(b, limit(BTC, false, "84500", "0.01", TIF_ALO));
	end();
}

static void immediate(void)
{
	struct venue_level none[1];

	begin(usual());
	refused(a, limit(BTC, true, "84000", "0.01", TIF_IOC), "Order could not immediately match against any resting orders.",
		VENUE_IOC_CANCEL_REJECTED);
	refused(a, limit(BTC, false, "84000", "0.01", TIF_FRONTEND_MARKET),
		"Order could not immediately match against any resting orders.", VENUE_IOC_CANCEL_REJECTED);
	venue_book(v, BTC, none, 0, none, 0);
	refused(a, limit(BTC, true, "84000", "0.01", TIF_FRONTEND_MARKET), "No liquidity available for market order.",
		VENUE_MARKET_ORDER_NO_LIQUIDITY_REJECTED);
	end();
}

static void margins(void)
{
	begin(usual());
	CHECK(venue_leverage(v, a, BTC, true, 10, &err));
	refused(a, limit(BTC, true, "84001", "11.91", TIF_IOC), "Insufficient margin to place order.", VENUE_PERP_MARGIN_REJECTED);
	/* 8 × 84000 / 10 = 67200 of 100000 is bound then, with fees and a worse price than the mark less is left. */
	opens(a, limit(BTC, true, "84010", "8", TIF_IOC));
	refused(a, limit(BTC, true, "84010", "4", TIF_GTC), "Insufficient margin to place order.", VENUE_PERP_MARGIN_REJECTED);
	opens(a, limit(BTC, true, "83000", "1", TIF_GTC));
	/* Netting: to close and to turn round to as much binds nothing more. */
	opens(a, limit(BTC, false, "90000", "8", TIF_GTC));
	opens(a, limit(BTC, false, "90000", "16", TIF_GTC));
	refused(a, limit(BTC, false, "90000", "20", TIF_GTC), "Insufficient margin to place order.", VENUE_PERP_MARGIN_REJECTED);
	end();
}

/* Closing needs no margin, however little there is. */
static void closing_is_free(void)
{
	begin(usual());
	CHECK(venue_leverage(v, a, ETH, true, 25, &err));
	CHECK(venue_fund(v, a, VENUE_WITHDRAW, -D("92000"), &err));
	opens(a, limit(ETH, true, "2500.1", "20", TIF_IOC));
	CHECK(venue_leverage(v, a, BTC, true, 40, &err));
	opens(a, limit(BTC, true, "84001", "1", TIF_IOC));
	venue_mark(v, BTC, D("78053"));
	CHECK(summary(a).account_value < D("2000"));
	refused(a, limit(ETH, false, "2499.9", "40.1", TIF_GTC), "Insufficient margin to place order.", VENUE_PERP_MARGIN_REJECTED);
	opens(a, limit(BTC, false, "84100", "1", TIF_GTC));
	opens(a, limit(ETH, false, "2600", "20", TIF_GTC));
	end();
}

static void tier_limit(void)
{
	begin(usual());
	venue_knobs(v)->notional_caps = false;
	CHECK(venue_fund(v, a, VENUE_DEPOSIT, DEC8_OF(900000000), &err));
	CHECK(venue_leverage(v, a, BTC, true, 40, &err));
	refused(a, limit(BTC, true, "83000", "1800", TIF_GTC),
		"Order would cause position to exceed margin tier limit at current leverage", VENUE_PERP_MAX_POSITION_REJECTED);
	CHECK(venue_leverage(v, a, BTC, true, 20, &err));
	opens(a, limit(BTC, true, "83000", "1800", TIF_GTC));
	end();
}

static void open_interest(void)
{
	begin(usual());
	opens(a, limit(BTC, true, "84001", "0.01", TIF_IOC));
	venue_open_interest_cap(v, BTC, VENUE_OI_CAPPED);
	refused(a, limit(BTC, true, "83000", "0.01", TIF_GTC), "Order would increase open interest while open interest is capped",
		VENUE_POSITION_INCREASE_AT_CAP_REJECTED);
	refused(a, limit(BTC, false, "85000", "0.02", TIF_GTC), "Order would increase open interest while open interest is capped",
		VENUE_POSITION_FLIP_AT_CAP_REJECTED);
	opens(a, limit(BTC, false, "85000", "0.01", TIF_GTC));
	venue_open_interest_cap(v, BTC, VENUE_OI_FAST);
	refused(a, limit(BTC, true, "83000", "0.01", TIF_GTC), "Order would increase open interest too quickly",
		VENUE_OPEN_INTEREST_INCREASE_REJECTED);
	venue_open_interest_cap(v, BTC, VENUE_OI_FREE);
	opens(a, limit(BTC, true, "83000", "0.01", TIF_GTC));
	end();
}

static void open_orders(void)
{
	begin(usual());
	venue_knobs(v)->open_orders = 3;
	for (unsigned k = 0; k < 3; k++)
		opens(a, limit(BTC, true, "80000", "0.001", TIF_GTC));
	refused(a, limit(BTC, true, "80000", "0.001", TIF_GTC), "Too many open orders", VENUE_TOO_MANY_OPEN_ORDERS_REJECTED);
	opens(a, limit(BTC, true, "84001", "0.001", TIF_IOC));
	venue_knobs(v)->open_orders = 0;
	for (unsigned k = 3; k < 1000; k++)
		opens(a, limit(BTC, true, "80000", "0.001", TIF_GTC));
	venue_knobs(v)->open_orders = 5000;
	refused(a, reduce(limit(BTC, false, "85000", "0.001", TIF_GTC)), "Too many open orders",
		VENUE_TOO_MANY_OPEN_ORDERS_REJECTED);
	opens(a, limit(BTC, true, "80000", "0.001", TIF_GTC));
	end();
}

static void notional_caps(void)
{
	begin(usual());
	CHECK(venue_fund(v, a, VENUE_DEPOSIT, DEC8_OF(900000000), &err));
	refused(a, limit(BTC, true, "84000", "358", TIF_FRONTEND_MARKET), "Order has invalid size.", VENUE_REJECTED);
	refused(a, limit(BTC, true, "84000", "3580", TIF_GTC), "Order has invalid size.", VENUE_REJECTED);
	opens(a, limit(BTC, true, "83000", "3500", TIF_GTC));
	end();
}

/* --- Matching. --- */

static void levels(void)
{
	struct venue_level l[4];
	struct venue_result r;

	begin(usual());
	r = put(a, limit(BTC, true, "84002", "2.5", TIF_GTC));
	CHECK(r.outcome == VENUE_MATCHED);
	CHECK_D(r.total_sz, "2.5");
	CHECK_D(r.avg_px, "84001.6");
	CHECK(count(VENUE_EV_FILL) == 2 && count(VENUE_EV_TRADE) == 2 && count(VENUE_EV_BOOK) == 1);
	CHECK(seen.e[last(VENUE_EV_BOOK)].bbo);
	CHECK(venue_fill(a, 0)->crossed && venue_fill(a, 0)->buy);
	CHECK_D(venue_fill(a, 1)->px, "84001");
	CHECK_D(venue_fill(a, 1)->fee, "37.80045");
	CHECK_TEXT(venue_fill(a, 0)->dir, "Open Long");
	CHECK_D(venue_fill(a, 0)->start_position, "1");
	CHECK(venue_fill(a, 0)->tid != venue_fill(a, 1)->tid && venue_fill(a, 0)->tid < UINT64_C(1) << 50);
	CHECK(venue_levels(v, BTC, false, l, 4) == 2);
	CHECK_D(l[0].sz, "0.5");
	/* The rest of an IOC goes quietly; that of a GTC rests. */
	r = put(a, limit(BTC, true, "84002", "0.7", TIF_IOC));
	CHECK(r.outcome == VENUE_MATCHED);
	CHECK_D(r.total_sz, "0.5");
	CHECK(state(a, r.oid) == VENUE_CANCELED && count(VENUE_EV_NON_USER_CANCEL) == 0);
	CHECK_D(venue_by_oid(v, a, r.oid)->sz, "0.2");
	r = put(a, limit(BTC, true, "84010", "5.1", TIF_GTC));
	CHECK(r.outcome == VENUE_RESTING && state(a, r.oid) == VENUE_OPEN);
	CHECK_D(r.total_sz, "5");
	CHECK_D(venue_by_oid(v, a, r.oid)->sz, "0.1");
	CHECK_D(venue_by_oid(v, a, r.oid)->orig_sz, "5.1");
	CHECK(venue_levels(v, BTC, true, l, 4) == 4);
	CHECK_D(l[0].px, "84010");
	end();
}

static void partly_filled(void)
{
	begin(usual());
	venue_knobs(v)->partly_filled = true;
	CHECK(put(a, limit(BTC, true, "84001", "1.5", TIF_GTC)).outcome == VENUE_MATCHED);
	CHECK_D(venue_open(a, 0)->sz, "0.5");
	end();
}

/* At a price: what was there first. */
static void time_priority(void)
{
	struct venue_result first, second;

	begin(usual());
	first = put(a, limit(BTC, true, "83999", "0.5", TIF_GTC));	/* behind 1 of others */
	second = put(b, limit(BTC, true, "83999", "0.5", TIF_GTC));
	seen.n = 0;
	venue_trade(v, BTC, false, D("83999"), D("0.8"));
	CHECK(count(VENUE_EV_FILL) == 0);
	venue_trade(v, BTC, false, D("83999"), D("0.3"));
	CHECK(count(VENUE_EV_FILL) == 1);
	CHECK_D(venue_fill(a, 0)->sz, "0.1");
	CHECK(!venue_fill(a, 0)->crossed);
	CHECK_D(venue_fill(a, 0)->fee, "1.259985");
	venue_trade(v, BTC, false, D("83999"), D("0.6"));
	CHECK(state(a, first.oid) == VENUE_FILLED && state(b, second.oid) == VENUE_OPEN);
	CHECK_D(venue_by_oid(v, b, second.oid)->sz, "0.3");
	end();
}

static void trade_through(void)
{
	struct venue_result r;

	begin(usual());
	r = put(a, limit(BTC, true, "84000", "0.5", TIF_GTC));
	seen.n = 0;
	venue_trade(v, BTC, false, D("83999"), D("0.001"));
	CHECK(state(a, r.oid) == VENUE_FILLED && count(VENUE_EV_FILL) == 1 && count(VENUE_EV_TRADE) == 2);
	CHECK_D(venue_fill(a, 0)->px, "84000");
	CHECK_D(seen.trade[last(VENUE_EV_TRADE)].px, "83999");
	CHECK_D(seen.trade[last(VENUE_EV_TRADE)].sz, "0.001");
	CHECK(seen.trade[last(VENUE_EV_TRADE)].buy == false);
	end();
}

/* The queue ahead shrinks with the level, never grows. */
static void queue_ahead(void)
{
	struct venue_level bid = { D("83999"), D("0.2"), 1 }, more = { D("83999"), D("9"), 1 }, ask = { D("84001"), D("1"), 1 };

	begin(usual());
	opens(a, limit(BTC, true, "83999", "0.5", TIF_GTC));
	venue_bbo(v, BTC, &bid, &ask);
	venue_bbo(v, BTC, &more, &ask);
	venue_trade(v, BTC, false, D("83999"), D("0.3"));
	CHECK_D(venue_fill(a, 0)->sz, "0.1");
	end();
}

static void crossed_book(void)
{
	struct venue_level bid = { D("83980"), D("1"), 1 }, ask = { D("83985"), D("0.3"), 1 };
	struct venue_level l;
	struct venue_result r;

	begin(usual());
	r = put(a, limit(BTC, true, "83990", "0.5", TIF_GTC));
	seen.n = 0;
	venue_bbo(v, BTC, &bid, &ask);
	CHECK_D(venue_fill(a, 0)->sz, "0.3");
	CHECK_D(venue_fill(a, 0)->px, "83990");
	CHECK(!venue_fill(a, 0)->crossed && state(a, r.oid) == VENUE_OPEN);
	CHECK(venue_levels(v, BTC, false, &l, 1) == 0);
	ask.px = D("83990");						/* at the same price too */
	venue_bbo(v, BTC, &bid, &ask);
	CHECK(state(a, r.oid) == VENUE_FILLED);
	end();
}

static void two_accounts(void)
{
	struct venue_result maker, taker;

	begin(usual());
	maker = put(a, limit(BTC, false, "84000", "0.3", TIF_GTC));
	taker = put(b, limit(BTC, true, "84000", "0.2", TIF_GTC));
	CHECK(taker.outcome == VENUE_MATCHED && state(b, taker.oid) == VENUE_FILLED && state(a, maker.oid) == VENUE_OPEN);
	CHECK(venue_fill(a, 0)->tid == venue_fill(b, 0)->tid);
	CHECK(!venue_fill(a, 0)->crossed && venue_fill(b, 0)->crossed);
	CHECK(!memcmp(venue_fill(a, 0)->hash, venue_fill(b, 0)->hash, 32));
	CHECK(seen.trade[last(VENUE_EV_TRADE)].buyer.at[0] == 2 && seen.trade[last(VENUE_EV_TRADE)].seller.at[0] == 1);
	/* The state of the resting order first, then its fill. */
	CHECK(seen.e[0].kind == VENUE_EV_ORDER && seen.e[1].kind == VENUE_EV_FILL && seen.e[0].account == a);
	CHECK_D(seen.order[0].sz, "0.1");
	CHECK_D(venue_volume(a), "16800");
	CHECK_D(venue_volume(b), "16800");
	end();
}

static void open_interest_counted(void)
{
	struct venue_market_state m;

	begin(usual());
	opens(a, limit(BTC, false, "84000", "0.3", TIF_GTC));
	opens(b, limit(BTC, true, "84000", "0.2", TIF_GTC));
	CHECK(venue_market_state(v, BTC, &m));
	CHECK_D(m.open_interest, "0.2");
	opens(b, limit(BTC, true, "84001", "0.5", TIF_IOC));
	CHECK(venue_market_state(v, BTC, &m));
	CHECK_D(m.open_interest, "0.7");
	CHECK_D(m.mark, "84000");
	CHECK(m.has_mark && m.has_oracle && !venue_market_state(v, NONE, &m));
	end();
}

/* What lies deeper than the best prices is no news to who watches those. */
static void best_prices(void)
{
	begin(usual());
	opens(a, limit(BTC, true, "80000", "0.3", TIF_GTC));
	CHECK(count(VENUE_EV_BOOK) == 1 && !seen.e[last(VENUE_EV_BOOK)].bbo);
	opens(a, limit(BTC, true, "83999", "0.3", TIF_GTC));
	CHECK(count(VENUE_EV_BOOK) == 1 && seen.e[last(VENUE_EV_BOOK)].bbo);
	end();
}

static void self_match(void)
{
	struct venue_result rest, take;

	begin(usual());
	rest = put(a, limit(BTC, false, "84000", "0.3", TIF_GTC));
	take = put(a, limit(BTC, true, "84001", "0.2", TIF_IOC));
	CHECK(state(a, rest.oid) == VENUE_SELF_TRADE_CANCELED && count(VENUE_EV_NON_USER_CANCEL) == 1);
	CHECK(take.outcome == VENUE_MATCHED && count(VENUE_EV_FILL) == 1);
	CHECK_D(take.avg_px, "84001");
	rest = put(a, limit(BTC, false, "84000", "0.3", TIF_GTC));
	refused(b, limit(BTC, true, "83999", "0.2", TIF_IOC), "Order could not immediately match against any resting orders.",
		VENUE_IOC_CANCEL_REJECTED);
	take = put(a, limit(BTC, true, "84000", "0.2", TIF_IOC));
	CHECK_TEXT(take.error, "Order could not immediately match against any resting orders. asset=0");
	CHECK(state(a, rest.oid) == VENUE_SELF_TRADE_CANCELED && count(VENUE_EV_TRADE) == 0);
	end();
}

/* --- Reduce-only. --- */

static void reduce_cut(void)
{
	struct venue_result r;

	begin(usual());
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	r = put(a, reduce(limit(BTC, false, "84500", "0.5", TIF_GTC)));
	CHECK_D(venue_by_oid(v, a, r.oid)->sz, "0.1");
	CHECK_D(venue_by_oid(v, a, r.oid)->orig_sz, "0.5");
	opens(a, limit(BTC, false, "83999", "0.04", TIF_IOC));
	CHECK_D(venue_by_oid(v, a, r.oid)->sz, "0.06");
	CHECK(state(a, r.oid) == VENUE_OPEN);
	opens(a, reduce(limit(BTC, false, "83999", "1", TIF_IOC)));
	CHECK_D(position(a, BTC), "0");
	CHECK(state(a, r.oid) == VENUE_REDUCE_ONLY_CANCELED && count(VENUE_EV_NON_USER_CANCEL) == 0);
	end();
}

static void reduce_replaces(void)
{
	struct venue_result first, second, third;

	begin(usual());
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	first = put(a, reduce(limit(BTC, false, "84500", "0.06", TIF_GTC)));
	second = put(a, reduce(limit(BTC, false, "84600", "0.04", TIF_GTC)));
	CHECK(state(a, first.oid) == VENUE_OPEN);
	third = put(a, reduce(limit(BTC, false, "84700", "0.05", TIF_GTC)));
	CHECK(state(a, first.oid) == VENUE_REDUCE_ONLY_CANCELED);
	CHECK(state(a, second.oid) == VENUE_OPEN && state(a, third.oid) == VENUE_OPEN);
	end();
}

static void reduce_flip(void)
{
	struct venue_result r, stop;

	begin(usual());
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	r = put(a, reduce(limit(BTC, false, "84500", "0.1", TIF_GTC)));
	stop = put(a, trigger(BTC, false, false, true, "83000", "80000", "0.1"));
	opens(a, limit(BTC, false, "83999", "0.3", TIF_IOC));
	CHECK_TEXT(venue_fill(a, 0)->dir, "Long > Short");
	CHECK(state(a, r.oid) == VENUE_REDUCE_ONLY_CANCELED && state(a, stop.oid) == VENUE_REDUCE_ONLY_CANCELED);
	CHECK_D(position(a, BTC), "-0.2");
	end();
}

/* A sweep meets two reduce-only orders of one account: the first closes the position, the second is gone. */
static void reduce_sweep(void)
{
	struct venue_result big;

	begin(usual());
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	opens(a, reduce(limit(BTC, false, "84000", "0.06", TIF_GTC)));
	opens(a, limit(BTC, false, "84000", "0.05", TIF_GTC));
	opens(a, reduce(limit(BTC, false, "84000", "0.04", TIF_GTC)));
	big = put(b, limit(BTC, true, "84000", "1", TIF_IOC));
	CHECK_D(big.total_sz, "0.11");
	CHECK_D(position(a, BTC), "-0.01");
	CHECK(!venue_open(a, 0));
	end();
}

/* --- Triggers. --- */

static void stop_market(void)
{
	struct venue_result r;
	unsigned k;

	begin(usual());
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	r = put(a, trigger(BTC, false, false, true, "83000", "70000", "0.1"));
	CHECK_TEXT(venue_order_type(venue_open(a, 0)), "Stop Market");
	venue_mark(v, BTC, D("83001"));
	CHECK(state(a, r.oid) == VENUE_OPEN);
	seen.n = 0;
	venue_mark(v, BTC, D("83000"));
	CHECK(state(a, r.oid) == VENUE_FILLED);
	CHECK(seen.e[0].kind == VENUE_EV_MARK && seen.e[1].kind == VENUE_EV_ORDER && seen.order[1].status == VENUE_TRIGGERED);
	k = last(VENUE_EV_ORDER);
	CHECK(seen.order[k].status == VENUE_FILLED && seen.order[k].oid == r.oid);
	CHECK_D(venue_fill(a, 0)->px, "83999");
	CHECK(venue_fill(a, 0)->crossed && venue_fill(a, 0)->oid == r.oid);
	end();
}

/* No further than 10 % from the mark, and no worse than the price that was sent. */
static void slippage(void)
{
	struct venue_level deep[] = { { D("74000"), D("1"), 1 } }, none[1];
	struct venue_result r;

	begin(usual());
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	r = put(a, trigger(BTC, false, false, true, "83000", "70000", "0.1"));
	venue_book(v, BTC, deep, 1, none, 0);
	venue_mark(v, BTC, D("83000"));
	CHECK(state(a, r.oid) == VENUE_MARKET_ORDER_NO_LIQUIDITY_REJECTED);
	CHECK(venue_finished(a, 0)->why == HL_ERR_NO_LIQUIDITY);
	venue_mark(v, BTC, D("84000"));
	r = put(a, trigger(BTC, false, false, true, "82000", "74001", "0.1"));
	venue_mark(v, BTC, D("82000"));
	CHECK(state(a, r.oid) == VENUE_MARKET_ORDER_NO_LIQUIDITY_REJECTED);
	venue_mark(v, BTC, D("84000"));
	r = put(a, trigger(BTC, false, false, true, "82000", "74000", "0.1"));
	venue_mark(v, BTC, D("82000"));
	CHECK(state(a, r.oid) == VENUE_FILLED);
	end();
}

/* A stop entry is judged when it fires. */
static void stop_entry(void)
{
	struct hl_order o = trigger(BTC, true, false, true, "84500", "90000", "100");
	struct venue_result r;

	begin(usual());
	o.reduce_only = false;
	r = put(a, o);
	CHECK(r.outcome == VENUE_RESTING);
	venue_mark(v, BTC, D("84500"));
	CHECK(state(a, r.oid) == VENUE_PERP_MARGIN_REJECTED);
	end();
}

static void stop_limit(void)
{
	struct venue_result r;

	begin(usual());
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	r = put(a, trigger(BTC, false, true, false, "85000", "85100", "0.1"));
	CHECK_TEXT(venue_order_type(venue_open(a, 0)), "Take Profit Limit");
	venue_mark(v, BTC, D("85001"));
	CHECK(state(a, r.oid) == VENUE_OPEN);
	venue_trade(v, BTC, true, D("85101"), D("0.1"));
	CHECK(state(a, r.oid) == VENUE_FILLED && !venue_fill(a, 0)->crossed);
	end();
}

/* Outside "na" all but the parent must be reduce-only triggers. */
static void groups(void)
{
	struct hl_order o[3];
	struct venue_result r[3];

	begin(usual());
	o[0] = limit(BTC, true, "84001", "0.1", TIF_GTC);
	o[1] = trigger(BTC, false, true, true, "85000", "80000", "0.1");
	CHECK(!venue_place(v, a, o, 1, VENUE_NORMAL_TPSL, NULL, r, &err));
	CHECK_TEXT(err.text, "Unexpected number of trigger orders");
	CHECK(!venue_place(v, a, o, 2, VENUE_POSITION_TPSL, NULL, r, &err));
	o[1].reduce_only = false;
	CHECK(!venue_place(v, a, o, 2, VENUE_NORMAL_TPSL, NULL, r, &err));
	CHECK(!venue_finished(a, 0) && !venue_open(a, 0));
	/* A stop entry stands alone. */
	o[1] = trigger(BTC, true, false, true, "85000", "90000", "0.1");
	o[1].reduce_only = false;
	opens(a, o[1]);
	venue_mark(v, BTC, D("85000"));
	CHECK_D(position(a, BTC), "0.1");
	end();
}

static void bracket(struct hl_order parent, struct venue_result r[3])
{
	struct hl_order o[3] = {
		parent,
		trigger(BTC, false, true, true, "85000", "80000", "0.1"),
		trigger(BTC, false, false, true, "83000", "80000", "0.1"),
	};

	CHECK(venue_place(v, a, o, 3, VENUE_NORMAL_TPSL, NULL, r, &err));
}

static void children_at_once(void)
{
	struct venue_result r[3];

	begin(usual());
	bracket(limit(BTC, true, "84001", "0.1", TIF_IOC), r);
	CHECK(r[0].outcome == VENUE_MATCHED);
	CHECK(r[1].outcome == VENUE_WAITING_FOR_TRIGGER && r[2].outcome == VENUE_WAITING_FOR_TRIGGER);
	seen.n = 0;
	venue_mark(v, BTC, D("85000"));
	CHECK(state(a, r[1].oid) == VENUE_FILLED && state(a, r[2].oid) == VENUE_SIBLING_FILLED_CANCELED);
	CHECK(count(VENUE_EV_NON_USER_CANCEL) == 1);
	CHECK_D(position(a, BTC), "0");
	end();
}

/* A parent that closed a position instead of opening one leaves them nothing. */
static void children_for_nothing(void)
{
	struct venue_result r[3];

	begin(usual());
	opens(a, limit(BTC, false, "83999", "0.1", TIF_IOC));
	bracket(limit(BTC, true, "84001", "0.1", TIF_IOC), r);
	venue_mark(v, BTC, D("85000"));
	CHECK(state(a, r[1].oid) == VENUE_REDUCE_ONLY_REJECTED && count(VENUE_EV_FILL) == 2);
	end();
}

static void children_wait(void)
{
	struct venue_result r[3];

	begin(usual());
	bracket(limit(BTC, true, "84000", "0.1", TIF_GTC), r);
	CHECK(r[0].outcome == VENUE_RESTING && r[1].outcome == VENUE_WAITING_FOR_FILL && r[2].outcome == VENUE_WAITING_FOR_FILL);
	CHECK(venue_by_oid(v, a, r[1].oid)->waits_for_fill && venue_by_oid(v, a, r[1].oid)->parent == r[0].oid);
	venue_mark(v, BTC, D("82000"));				/* no trigger sees them */
	CHECK(state(a, r[2].oid) == VENUE_OPEN);
	venue_mark(v, BTC, D("84000"));
	CHECK(venue_hit(v, r[0].oid, D("0.04")));
	CHECK(venue_by_oid(v, a, r[1].oid)->waits_for_fill);
	CHECK(venue_hit(v, r[0].oid, 0));
	CHECK(!venue_by_oid(v, a, r[1].oid)->waits_for_fill);
	venue_mark(v, BTC, D("83000"));
	CHECK(state(a, r[2].oid) == VENUE_FILLED && state(a, r[1].oid) == VENUE_SIBLING_FILLED_CANCELED);
	end();
}

/* A child's trigger is judged from where its parent fills, and it fires at once if the mark is beyond it by then. */
static void children_awake(void)
{
	struct hl_order o[2] = {
		limit(BTC, true, "82000", "0.1", TIF_GTC), trigger(BTC, false, true, true, "83000", "80000", "0.1"),
	};
	struct venue_result r[3];

	begin(usual());
	CHECK(venue_place(v, a, o, 2, VENUE_NORMAL_TPSL, NULL, r, &err));
	CHECK(r[1].outcome == VENUE_WAITING_FOR_FILL);
	bracket(limit(BTC, true, "84000", "0.1", TIF_GTC), r);
	venue_mark(v, BTC, D("82900"));
	CHECK(venue_hit(v, r[0].oid, 0));
	CHECK(state(a, r[2].oid) == VENUE_FILLED);
	CHECK_D(position(a, BTC), "0");
	end();
}

static void children_go(void)
{
	struct venue_result r[3];

	begin(usual());
	bracket(limit(BTC, true, "84000", "0.1", TIF_GTC), r);
	CHECK(venue_cancel(v, a, BTC, r[0].oid, &err));
	CHECK(state(a, r[1].oid) == VENUE_CANCELED && state(a, r[2].oid) == VENUE_CANCELED && !venue_open(a, 0));
	/* A refused parent takes them with it, and so does one that was cut short at once. */
	bracket(limit(BTC, true, "84000", "0.1", TIF_IOC), r);
	CHECK_TEXT(r[2].error, "Order could not immediately match against any resting orders. asset=0");
	bracket(limit(BTC, true, "84001", "3", TIF_IOC), r);
	CHECK(r[0].outcome == VENUE_MATCHED && state(a, r[1].oid) == VENUE_CANCELED);
	end();
}

static void bound_to_position(void)
{
	struct hl_order o[2] = {
		trigger(BTC, false, true, true, "85000", "80000", "0"), trigger(BTC, false, false, true, "83000", "80000", "0"),
	};
	struct venue_result r[2], again;

	begin(usual());
	CHECK(venue_place(v, a, o, 2, VENUE_POSITION_TPSL, NULL, r, &err));
	CHECK_TEXT(r[0].error, "Reduce only order would increase position. asset=0");
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	CHECK(venue_place(v, a, o, 2, VENUE_POSITION_TPSL, NULL, r, &err));
	CHECK(r[0].outcome == VENUE_WAITING_FOR_TRIGGER);
	CHECK(venue_place(v, a, o, 1, VENUE_POSITION_TPSL, NULL, &again, &err));
	CHECK(state(a, r[0].oid) == VENUE_CANCELED && state(a, r[1].oid) == VENUE_OPEN);
	opens(a, limit(BTC, true, "84001", "0.2", TIF_IOC));	/* the size follows */
	venue_mark(v, BTC, D("82999"));
	CHECK_D(position(a, BTC), "0");
	CHECK(state(a, r[1].oid) == VENUE_FILLED && state(a, again.oid) == VENUE_SIBLING_FILLED_CANCELED);
	CHECK_D(venue_by_oid(v, a, r[1].oid)->orig_sz, "0.3");
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	venue_mark(v, BTC, D("84000"));
	CHECK(venue_place(v, a, o, 2, VENUE_POSITION_TPSL, NULL, r, &err));
	opens(a, limit(BTC, false, "83990", "0.1", TIF_IOC));
	CHECK(state(a, r[0].oid) == VENUE_REDUCE_ONLY_CANCELED && !venue_open(a, 0));
	end();
}

/* --- Cancelling and modifying. --- */

static void cancels(void)
{
	struct venue_result r;

	begin(usual());
	r = put(a, limit(BTC, true, "80000", "0.01", TIF_GTC));
	CHECK(!venue_cancel(v, b, BTC, r.oid, &err));
	CHECK(!venue_cancel(v, a, ETH, r.oid, &err));
	CHECK_TEXT(err.text, "Order was never placed, already canceled, or filled. asset=1");
	seen.n = 0;
	CHECK(venue_cancel(v, a, BTC, r.oid, &err));
	CHECK(state(a, r.oid) == VENUE_CANCELED && count(VENUE_EV_NON_USER_CANCEL) == 0);
	CHECK(!venue_cancel(v, a, BTC, r.oid, &err));
	CHECK(!venue_cancel_cloid(v, a, BTC, (unsigned char[16]){ 1 }, &err));
	CHECK_TEXT(err.text, "Order was never placed, already canceled, or filled. asset=0");
	end();
}

static void modifies(void)
{
	struct hl_order o = named(limit(BTC, true, "80000", "0.01", TIF_GTC), 9);
	struct venue_result r, m;

	begin(usual());
	r = put(a, o);
	o.px = D("81000");
	seen.n = 0;
	venue_modify(v, a, r.oid, NULL, &o, false, &m);
	CHECK(m.outcome == VENUE_RESTING && m.oid != r.oid && state(a, r.oid) == VENUE_CANCELED && count(VENUE_EV_ORDER) == 2);
	CHECK_D(venue_by_oid(v, a, m.oid)->px, "81000");
	venue_modify(v, a, r.oid, NULL, &o, false, &m);
	CHECK_TEXT(m.error, "Cannot modify canceled or filled order");
	o.px = D("84001");
	venue_modify(v, a, 0, o.cloid, &o, false, &m);
	CHECK_TEXT(m.error, "Error placing new order during modify: "
		"Post only order would have immediately matched, bbo was 83999@84001. asset=0");
	CHECK(!venue_open(a, 0));
	venue_modify(v, a, r.oid, NULL, &o, true, &m);		/* the old one is gone, the new one comes all the same */
	CHECK(m.outcome == VENUE_MATCHED);
	venue_knobs(v)->modify_posts = false;
	o.px = D("80000");
	r = put(a, o);
	o.px = D("84001");
	venue_modify(v, a, r.oid, NULL, &o, false, &m);
	CHECK(m.outcome == VENUE_MATCHED && state(a, r.oid) == VENUE_CANCELED);
	end();
}

/* A child that is modified stays a child. */
static void modifies_children(void)
{
	struct hl_order o = trigger(BTC, false, false, true, "82000", "70000", "0.1");
	struct venue_result r[3], m;

	begin(usual());
	venue_knobs(v)->modify_posts = false;
	bracket(limit(BTC, true, "84000", "0.1", TIF_GTC), r);
	venue_modify(v, a, r[2].oid, NULL, &o, false, &m);
	CHECK(m.outcome == VENUE_WAITING_FOR_FILL && venue_by_oid(v, a, m.oid)->parent == r[0].oid);
	CHECK(venue_hit(v, r[0].oid, 0));
	o.trigger_px = D("82500");
	venue_modify(v, a, m.oid, NULL, &o, false, &m);
	CHECK(m.outcome == VENUE_WAITING_FOR_TRIGGER);
	venue_mark(v, BTC, D("85000"));
	CHECK(state(a, r[1].oid) == VENUE_FILLED && state(a, m.oid) == VENUE_SIBLING_FILLED_CANCELED);
	end();
}

static void delisting(void)
{
	struct venue_result r;

	begin(usual());
	r = put(a, limit(ETH, true, "2400", "1", TIF_GTC));
	add_market(ETH, "ETH", 4, 25, (struct asset){ .delisted = true });
	CHECK(state(a, r.oid) == VENUE_DELISTED_CANCELED);
	end();
}

/* --- Money. --- */

static void fees(void)
{
	struct venue_builder builder = { { { 9 } }, 10 };
	struct hl_order o = limit(ETH, true, "2500.1", "0.73", TIF_IOC);
	struct venue_result r;

	begin(usual());
	venue_fees(a, 432 * (RATE16_ONE / 1000000), -(RATE16_ONE / 100000));
	CHECK(venue_place(v, a, &o, 1, VENUE_NA, &builder, &r, &err));
	CHECK_D(venue_fill(a, 0)->builder_fee, "0.182507");		/* 1825.073 × 0.0001, cut */
	CHECK_D(venue_fill(a, 0)->fee, "0.970938");			/* and 1825.073 × 0.000432 = 0.788431.. */
	opens(a, limit(ETH, true, "2500", "0.01", TIF_GTC));
	venue_trade(v, ETH, false, D("2499"), D("1"));
	CHECK_D(venue_fill(a, 0)->fee, "-0.00025");			/* a rebate */
	/* Who modifies an order keeps its builder. */
	o = limit(ETH, true, "2400", "0.01", TIF_GTC);
	CHECK(venue_place(v, a, &o, 1, VENUE_NA, &builder, &r, &err));
	venue_modify(v, a, r.oid, NULL, &o, false, &r);
	CHECK(venue_by_oid(v, a, r.oid)->has_builder && venue_by_oid(v, a, r.oid)->builder_tenths == 10);
	end();
}

static void cross_state(void)
{
	struct venue_state s;
	struct venue_position p;

	begin(usual());
	venue_fees(a, 0, 0);
	CHECK(venue_leverage(v, a, BTC, true, 10, &err));
	opens(a, limit(BTC, true, "84001", "1", TIF_IOC));
	venue_mark(v, BTC, D("85000"));
	venue_state(v, a, &s);
	CHECK_D(s.all.account_value, "100999");
	CHECK_D(s.all.total_ntl, "85000");
	CHECK_D(s.all.raw_usd, "15999");
	CHECK_D(s.all.margin_used, "8500");
	CHECK_D(s.cross_maintenance, "1062.5");
	CHECK_D(s.withdrawable, "92499");
	CHECK(venue_position(v, a, 0, &p) && !venue_position(v, a, 1, &p));
	CHECK_D(p.entry_px, "84001");
	CHECK_D(p.pnl, "999");
	CHECK(!p.has_liquidation_px && p.cross && p.leverage == 10);
	CHECK(!venue_fund(v, a, VENUE_WITHDRAW, -D("92499.00000001"), &err));
	CHECK_TEXT(err.text, "Insufficient balance for withdrawal");
	CHECK(venue_fund(v, a, VENUE_WITHDRAW, -D("92499"), &err));
	CHECK(venue_position(v, a, 0, &p) && p.has_liquidation_px);
	CHECK_D(p.liquidation_px, "77468.35443038");			/* 85000 − (8500 − 1062.5) / (1 − 1/80) */
	CHECK(venue_ledger(a, 0)->kind == VENUE_WITHDRAW);
	end();
	begin(usual());
	/* All of a transfer or nothing, both sides told. */
	CHECK(!venue_transfer(v, a, b, VENUE_SUB_TRANSFER, D("100000.00000001"), &err));
	CHECK_TEXT(err.text, "Insufficient balance for withdrawal");
	CHECK(venue_fund(v, b, VENUE_DEPOSIT, D("999900000") - D("100"), &err) && !venue_transfer(v, a, b, VENUE_SUB_TRANSFER, D("100.00000001"), &err));
	CHECK(venue_ledger(a, 1) == NULL);
	CHECK(venue_transfer(v, a, b, VENUE_SUB_TRANSFER, D("100"), &err));
	CHECK_D(venue_ledger(a, 0)->usdc, "-100");
	CHECK_D(venue_ledger(b, 0)->usdc, "100");
	CHECK(address_same(&venue_ledger(a, 0)->to, venue_address(b)) && address_same(&venue_ledger(b, 0)->from, venue_address(a)));
	end();
	begin(usual());
	/* A tenth of the notional stays whatever the leverage. */
	CHECK(venue_leverage(v, b, BTC, true, 40, &err) && venue_ever_funded(b));
	CHECK(!venue_ever_funded(venue_account(v, &(struct address){ { 3 } })));
	venue_fees(b, 0, 0);
	opens(b, limit(BTC, true, "84001", "1", TIF_IOC));
	venue_state(v, b, &s);
	CHECK_D(s.withdrawable, "91599");
	end();
}

static void isolated_state(void)
{
	struct venue_state s;
	struct venue_position p;

	begin(usual());
	venue_fees(a, 0, 0);
	CHECK(venue_leverage(v, a, ETH, false, 5, &err));
	opens(a, limit(ETH, true, "2500.1", "10", TIF_IOC));
	venue_mark(v, ETH, D("2400"));
	venue_state(v, a, &s);
	CHECK_D(s.all.account_value, "98999");
	CHECK_D(s.cross.account_value, "94999.8");
	CHECK_D(s.cross.total_ntl, "0");
	CHECK(venue_position_of(v, a, ETH, &p));
	CHECK_D(p.margin_used, "3999.2");
	CHECK_D(p.raw_usd, "-20000.8");
	CHECK_D(p.liquidation_px, "2040.89795918");			/* 2400 − (3999.2 − 480) / 10 / 0.98 */
	CHECK(venue_isolated_margin(v, a, ETH, D("1000"), &err));
	CHECK_D(summary(a).account_value, "98999");
	CHECK(!venue_isolated_margin(v, a, ETH, -D("1000"), &err));
	CHECK_TEXT(err.text, "Position does not have sufficient margin for reduction.");
	CHECK(venue_isolated_margin(v, a, ETH, -D("199.2"), &err));
	/* Half of it closes: half of its margin comes back. */
	opens(a, limit(ETH, false, "2499.9", "5", TIF_IOC));
	CHECK(venue_position_of(v, a, ETH, &p));
	CHECK_D(p.margin_used, "2400");
	opens(a, limit(ETH, false, "2499.9", "5", TIF_IOC));
	CHECK_D(summary(a).account_value, "99998");
	end();
}

static void leverage(void)
{
	struct venue_setting s;

	begin(usual());
	CHECK(venue_setting(v, a, BTC, &s) && s.cross && s.leverage == 20);
	CHECK_D(s.free_buy, "100000");
	CHECK_D(s.max_buy, "23.80952");
	CHECK(venue_setting(v, a, ISO, &s) && !s.cross && s.leverage == 5);
	CHECK(!venue_leverage(v, a, BTC, true, 41, &err));
	CHECK_TEXT(err.text, "Invalid leverage value");
	CHECK(!venue_leverage(v, a, BTC, true, 0, &err));
	CHECK(!venue_leverage(v, a, ISO, true, 5, &err));
	CHECK_TEXT(err.text, "Cross margin is not allowed for this asset.");
	CHECK(venue_leverage(v, a, BTC, true, 40, &err));
	opens(a, limit(BTC, true, "84001", "1", TIF_IOC));
	opens(a, limit(BTC, true, "84002", "2", TIF_IOC));
	CHECK(!venue_leverage(v, a, BTC, false, 40, &err));
	CHECK_TEXT(err.text, "Cannot switch leverage type with open position.");
	CHECK(!venue_leverage(v, a, BTC, true, 2, &err));
	CHECK_TEXT(err.text, "Cross position does not have sufficient margin available to decrease leverage");
	CHECK(venue_leverage(v, a, BTC, true, 3, &err));
	CHECK(!venue_isolated_margin(v, a, BTC, D("1"), &err));
	CHECK_TEXT(err.text, "Position does not use isolated margin.");
	CHECK(!venue_isolated_margin(v, a, ETH, D("1"), &err));
	CHECK_TEXT(err.text, "Cannot update margin for empty position.");
	CHECK(!venue_isolated_margin(v, a, ETH, 0, &err));
	CHECK_TEXT(err.text, "Update to isolated margin cannot be zero.");
	CHECK(venue_leverage(v, b, ETH, false, 25, &err));
	opens(b, limit(ETH, true, "2500.1", "20", TIF_IOC));
	CHECK(!venue_isolated_margin(v, b, ETH, D("100000"), &err));
	CHECK_TEXT(err.text, "Account does not have sufficient margin available for increase.");
	CHECK(venue_fund(v, b, VENUE_WITHDRAW, -D("94000"), &err));
	CHECK(!venue_leverage(v, b, ETH, false, 1, &err));
	CHECK_TEXT(err.text, "Isolated position does not have sufficient margin available to decrease leverage");
	CHECK(venue_isolated_margin(v, b, ETH, D("3500"), &err));		/* 5499, of which a tenth of 50000 must stay */
	CHECK(!venue_isolated_margin(v, b, ETH, -D("500"), &err));
	CHECK(venue_isolated_margin(v, b, ETH, -D("495"), &err));
	CHECK(venue_leverage(v, b, ETH, false, 10, &err));
	CHECK(venue_top_up(v, b, ETH, DEC8_OF(9), &err));
	end();
}

/* A resting order that its account can no longer pay goes when it is met. */
static void unpaid_maker(void)
{
	struct venue_result first, second;

	begin(usual());
	CHECK(venue_leverage(v, a, BTC, true, 10, &err));
	first = put(a, limit(BTC, true, "84000", "10", TIF_GTC));
	second = put(a, limit(BTC, true, "84000", "10", TIF_GTC));
	CHECK(venue_hit(v, first.oid, 0));
	seen.n = 0;
	CHECK(venue_hit(v, second.oid, 0));
	CHECK(state(a, first.oid) == VENUE_FILLED && state(a, second.oid) == VENUE_MARGIN_CANCELED);
	CHECK(count(VENUE_EV_NON_USER_CANCEL) == 1);
	end();
}

/* --- Liquidation. --- */

static void liquidation_market(void)
{
	struct venue_level bids[] = { { D("80800"), D("10"), 1 } }, asks[] = { { D("80900"), D("10"), 1 } };
	struct venue_result r;
	const struct venue_fill *f;

	begin(usual());
	CHECK(venue_leverage(v, a, BTC, true, 40, &err));
	CHECK(venue_fund(v, a, VENUE_WITHDRAW, -D("90000"), &err));
	opens(a, limit(BTC, true, "84001", "1", TIF_IOC));
	opens(a, limit(BTC, true, "84002", "1.5", TIF_IOC));
	r = put(a, limit(ETH, true, "2000", "0.1", TIF_GTC));
	venue_book(v, BTC, bids, 1, asks, 1);
	seen.n = 0;
	venue_mark(v, BTC, D("80900"));					/* 10000 − fees − 7751 is left of 2528 */
	CHECK(count(VENUE_EV_LIQUIDATION) == 1 && count(VENUE_EV_LEDGER) == 1 && state(a, r.oid) == VENUE_MARGIN_CANCELED);
	CHECK_D(position(a, BTC), "0");
	f = venue_fill(a, 0);
	CHECK(f->liquidation && !f->backstop && f->crossed && f->liquidated.at[0] == 1);
	CHECK_D(f->liquidation_mark, "80900");
	CHECK_D(f->px, "80800");
	CHECK(venue_finished(a, 0)->liquidation && venue_finished(a, 0)->status == VENUE_FILLED);
	CHECK(summary(a).account_value > 0);
	CHECK(venue_ledger(a, 0)->kind == VENUE_LIQUIDATION && venue_ledger(a, 0)->n_liquidated == 1);
	CHECK_D(venue_ledger(a, 0)->liquidated[0].size, "2.5");
	end();
}

static void liquidation_backstop(void)
{
	begin(usual());
	CHECK(venue_leverage(v, a, BTC, true, 40, &err));
	CHECK(venue_fund(v, a, VENUE_WITHDRAW, -D("90000"), &err));
	opens(a, limit(BTC, true, "84002", "2", TIF_IOC));
	opens(a, limit(ETH, true, "2500.1", "7", TIF_IOC));
	venue_mark(v, BTC, D("70000"));
	CHECK_D(position(a, BTC), "0");
	CHECK_D(position(a, ETH), "0");
	CHECK(venue_fill(a, 0)->backstop && venue_fill(a, 0)->fee == 0);
	CHECK_TEXT(venue_fill(a, 0)->dir, "Liquidated Cross Long");
	CHECK_D(venue_fill(a, 1)->px, "70000");
	CHECK_D(summary(a).account_value, "0");
	end();
}

/* A price below 0 would have to tell what the last short cannot bear: the one before it does. */
static void liquidation_of_shorts(void)
{
	begin(usual());
	CHECK(venue_leverage(v, a, BTC, true, 40, &err));
	CHECK(venue_fund(v, a, VENUE_WITHDRAW, -D("90000"), &err));
	opens(a, limit(BTC, false, "83998", "2", TIF_IOC));
	opens(a, limit(ETH, false, "2499.9", "7", TIF_IOC));
	venue_mark(v, BTC, D("120000"));
	CHECK_D(position(a, BTC), "0");
	CHECK_D(position(a, ETH), "0");
	CHECK(venue_fill(a, 0)->asset == ETH && venue_fill(a, 0)->px < D("0.01") && venue_fill(a, 1)->px < D("120000"));
	CHECK(summary(a).account_value == 0);
	end();
}

/* What no book takes waits; the next book that does is used. */
static void liquidation_waits(void)
{
	struct venue_level none[1], bids[] = { { D("81000"), D("10"), 1 } };

	begin(usual());
	CHECK(venue_leverage(v, a, BTC, true, 40, &err));
	CHECK(venue_fund(v, a, VENUE_WITHDRAW, -D("90000"), &err));
	opens(a, limit(BTC, true, "84002", "2.5", TIF_IOC));
	venue_book(v, BTC, none, 0, none, 0);
	seen.n = 0;
	venue_mark(v, BTC, D("80900"));
	CHECK_D(position(a, BTC), "2.5");
	venue_book(v, BTC, bids, 1, none, 0);
	CHECK_D(position(a, BTC), "0");
	CHECK(count(VENUE_EV_LIQUIDATION) == 1);
	end();
}

/* The fee takes no more than is left. */
static void liquidation_fee(void)
{
	struct venue_level bids[] = { { D("81839"), D("1"), 1 } }, none[1];

	begin(usual());
	CHECK(venue_leverage(v, a, BTC, true, 40, &err));
	CHECK(venue_fund(v, a, VENUE_WITHDRAW, -D("97800"), &err));
	opens(a, limit(BTC, true, "84001", "1", TIF_IOC));
	venue_book(v, BTC, bids, 1, none, 0);
	venue_mark(v, BTC, D("82850"));
	CHECK_D(venue_fill(a, 0)->px, "81839");
	CHECK_D(venue_fill(a, 0)->fee, "0.19955");
	CHECK_D(summary(a).account_value, "0");
	end();
}

static void liquidation_orders(void)
{
	struct venue_level none[1];
	struct venue_result cross, isolated;

	begin(usual());
	CHECK(venue_leverage(v, a, BTC, true, 40, &err) && venue_leverage(v, a, ETH, false, 25, &err));
	CHECK(venue_fund(v, a, VENUE_WITHDRAW, -D("92000"), &err));
	opens(a, limit(BTC, true, "84001", "0.5", TIF_IOC));
	opens(a, limit(ETH, true, "2500.1", "1", TIF_IOC));
	cross = put(a, limit(BTC, true, "70000", "0.01", TIF_GTC));
	isolated = put(a, limit(ETH, true, "2000", "0.1", TIF_GTC));
	venue_book(v, ETH, none, 0, none, 0);
	seen.n = 0;
	venue_mark(v, ETH, D("2448"));					/* 100 − 52.1 is left of 48.96 */
	venue_mark(v, ETH, D("2447.9"));
	CHECK(count(VENUE_EV_LIQUIDATION) == 1 && seen.e[last(VENUE_EV_LIQUIDATION)].account == a);
	CHECK(state(a, isolated.oid) == VENUE_MARGIN_CANCELED && state(a, cross.oid) == VENUE_OPEN);
	CHECK_D(position(a, ETH), "1");
	CHECK(venue_isolated_margin(v, a, ETH, D("100"), &err));
	isolated = put(a, limit(ETH, true, "2000", "0.1", TIF_GTC));
	venue_mark(v, BTC, D("68000"));
	CHECK(state(a, isolated.oid) == VENUE_OPEN && state(a, cross.oid) == VENUE_MARGIN_CANCELED);
	CHECK_D(position(a, ETH), "1");
	CHECK_D(position(a, BTC), "0");
	end();
}

/* A fill so bad that the margin is gone with it. */
static void liquidation_by_fill(void)
{
	struct venue_level bids[] = { { D("83999"), D("1"), 1 } }, asks[] = { { D("85500"), D("1"), 1 } };

	begin(usual());
	venue_book(v, BTC, bids, 1, asks, 1);
	CHECK(venue_leverage(v, a, BTC, true, 40, &err));
	CHECK(venue_fund(v, a, VENUE_WITHDRAW, -D("97800"), &err));
	opens(a, limit(BTC, true, "85500", "1", TIF_IOC));
	CHECK(count(VENUE_EV_LIQUIDATION) == 1);
	CHECK_D(position(a, BTC), "0");
	end();
}

static void liquidation_isolated(void)
{
	struct venue_state before, after;

	begin(usual());
	CHECK(venue_leverage(v, a, ETH, false, 25, &err));
	opens(a, limit(ETH, true, "2500.1", "7.1", TIF_IOC));
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	CHECK(venue_isolated_margin(v, a, ETH, D("1"), &err));
	venue_state(v, a, &before);
	venue_mark(v, ETH, D("2300"));
	venue_state(v, a, &after);
	CHECK_D(position(a, ETH), "0");
	CHECK_D(position(a, BTC), "0.1");
	CHECK_D(after.cross.account_value, T(before.cross.account_value));
	CHECK_TEXT(venue_fill(a, 0)->dir, "Liquidated Isolated Long");
	end();
}

static void deleveraging(void)
{
	begin(usual());
	CHECK(!venue_deleverage(v, a, BTC, 0, D("80000")));
	opens(a, limit(BTC, false, "83999", "0.1", TIF_IOC));
	CHECK(venue_deleverage(v, a, BTC, D("0.04"), D("80000")));
	CHECK_D(position(a, BTC), "-0.06");
	CHECK_TEXT(venue_fill(a, 0)->dir, "Auto-Deleveraging");
	CHECK_D(venue_fill(a, 0)->closed_pnl, "159.96");
	end();
}

/* --- Time. --- */

static void funding(void)
{
	struct venue_position p;
	struct venue_market_state m;

	begin(usual());
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	CHECK(venue_market_state(v, BTC, &m));
	CHECK(m.funding == 125 * (RATE16_ONE / 10000000) && m.next_funding_ms == DAY0 + HOUR);
	venue_mark(v, BTC, D("85000"));					/* the oracle counts, not the mark */
	seen.n = 0;
	venue_advance(v, DAY0 + HOUR - 1);
	CHECK(seen.n == 0 && venue_due(v) == DAY0 + HOUR);
	venue_advance(v, DAY0 + 2 * HOUR + 5);
	CHECK(count(VENUE_EV_FUNDING) == 2 && count(VENUE_EV_FUNDING_RATE) == 2 * 3);
	CHECK_D(venue_funding(a, 0)->usdc, "-0.105");			/* 0.1 × 84000 × 0.0000125 */
	CHECK(venue_funding(a, 1)->t_ms == DAY0 + HOUR && venue_now(v) == DAY0 + 2 * HOUR + 5);
	CHECK(venue_position_of(v, a, BTC, &p));
	CHECK_D(p.funding_open, "0.21");
	venue_rate(v, BTC, -(RATE16_ONE / 10000), 0);
	venue_pay_funding(v, BTC);
	CHECK_D(venue_funding(a, 0)->usdc, "0.84");
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	CHECK(venue_position_of(v, a, BTC, &p));
	CHECK_D(p.funding_open, "-0.63");
	CHECK_D(p.funding_change, "0");
	opens(a, limit(BTC, false, "83999", "0.4", TIF_IOC));
	CHECK(venue_position_of(v, a, BTC, &p));
	CHECK_D(p.funding_open, "0");
	CHECK_D(p.funding_all, "-0.63");
	venue_advance(v, DAY0);
	CHECK(venue_now(v) == DAY0 + 2 * HOUR + 5);
	end();
}

static void funding_isolated(void)
{
	struct venue_state before, after;

	begin(usual());
	CHECK(venue_leverage(v, a, ETH, false, 5, &err));
	opens(a, limit(ETH, true, "2500.1", "10", TIF_IOC));
	venue_state(v, a, &before);
	venue_advance(v, DAY0 + HOUR);
	venue_state(v, a, &after);
	CHECK_D(venue_funding(a, 0)->usdc, "-0.3125");
	CHECK_D(after.cross.account_value, T(before.cross.account_value));
	CHECK_D(after.all.account_value, T(before.all.account_value - D("0.3125")));
	end();
}

/* Half an hour without a premium and half an hour with one of 1 % average 0.5 %. */
static void premium(void)
{
	struct venue_level bid = { D("84840"), D("9"), 1 }, ask = { D("84850"), D("9"), 1 };
	struct venue_rules r = usual();

	r.t_ms = DAY0;
	begin(r);
	opens(a, limit(BTC, true, "84001", "0.1", TIF_IOC));
	venue_advance(v, DAY0 + HOUR / 2);
	venue_bbo(v, BTC, &bid, &ask);
	venue_advance(v, DAY0 + HOUR);
	CHECK(venue_funding(a, 0)->rate == 5625 * (RATE16_ONE / 10000000));	/* (0.5 % − 0.05 %) / 8 */
	CHECK(venue_funding(a, 0)->premium == 5 * (RATE16_ONE / 1000));
	venue_advance(v, DAY0 + 2 * HOUR);
	CHECK(venue_funding(a, 0)->rate == 11875 * (RATE16_ONE / 10000000));	/* nothing is left of the hour before */
	end();
}

static void dead_mans_switch(void)
{
	int64_t at;
	struct venue_result r;

	begin(usual());
	at = venue_now(v) + 10000;
	CHECK(!venue_schedule_cancel(v, a, &at, &err));
	CHECK_TEXT(err.text, "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0.");
	CHECK(!venue_schedule_cancel(v, a, NULL, &err));
	venue_knobs(v)->schedule_volume = 0;
	at = venue_now(v) + 4999;
	CHECK(!venue_schedule_cancel(v, a, &at, &err));
	CHECK_TEXT(err.text, "Scheduled cancel time must be at least 5 seconds from now.");
	for (unsigned k = 0; k < 10; k++) {
		at = venue_now(v) + 5000;
		CHECK(venue_schedule_cancel(v, a, &at, &err) && venue_scheduled(a) == at);
		r = put(a, limit(BTC, true, "80000", "0.01", TIF_GTC));
		venue_advance(v, at - 1);
		CHECK(state(a, r.oid) == VENUE_OPEN);
		venue_advance(v, at);
		CHECK(state(a, r.oid) == VENUE_SCHEDULED_CANCEL && venue_scheduled(a) == INT64_MAX);
		CHECK(venue_finished(a, 0)->status_t_ms == at);
	}
	at = venue_now(v) + 5000;
	CHECK(!venue_schedule_cancel(v, a, &at, &err));
	venue_advance(v, DAY0 + 24 * HOUR);
	at = venue_now(v) + 5000;
	CHECK(venue_schedule_cancel(v, a, &at, &err) && venue_schedule_cancel(v, a, NULL, &err) && venue_scheduled(a) == INT64_MAX);
	CHECK(venue_schedule_cancel(v, a, &at, &err) && venue_schedule_cancel(v, b, &at, &err));
	opens(a, limit(BTC, true, "80000", "0.01", TIF_GTC));
	opens(b, limit(BTC, true, "80000", "0.01", TIF_GTC));
	venue_advance(v, at);
	CHECK(!venue_open(a, 0) && !venue_open(b, 0));
	at = venue_now(v) + 5000;
	CHECK(venue_schedule_cancel(v, a, &at, &err));
	end();
}

/* --- Memory. --- */

static void forgetting(void)
{
	struct venue_level bid = { D("2499.9"), D("1"), 1 }, ask = { D("2500.1"), D("1"), 1 };
	struct venue_result first, r;

	begin(usual());
	first = put(a, limit(BTC, true, "80000", "0.01", TIF_GTC));
	CHECK(venue_cancel(v, a, BTC, first.oid, &err));
	for (unsigned k = 1; k < VENUE_FINISHED; k++) {
		r = put(a, limit(BTC, true, "80000", "0.01", TIF_GTC));
		CHECK(venue_cancel(v, a, BTC, r.oid, &err));
	}
	CHECK(venue_finished(a, VENUE_FINISHED - 1)->oid == first.oid && !venue_finished(a, VENUE_FINISHED));
	CHECK(venue_by_oid(v, a, first.oid) && !venue_by_oid(v, b, first.oid));
	r = put(a, limit(BTC, true, "80000", "0.01", TIF_GTC));
	CHECK(venue_cancel(v, a, BTC, r.oid, &err));
	CHECK(!venue_by_oid(v, a, first.oid) && venue_finished(a, 0)->oid == r.oid);
	for (unsigned k = 0; k < VENUE_FILLS / 2 + 3; k++) {
		venue_bbo(v, ETH, &bid, &ask);
		opens(a, limit(ETH, true, "2501", "0.01", TIF_IOC));
		opens(a, limit(ETH, false, "2499", "0.01", TIF_IOC));
	}
	CHECK(venue_fill(a, VENUE_FILLS - 1) && !venue_fill(a, VENUE_FILLS));
	CHECK(venue_fill(a, 0)->buy == false && venue_fill(a, 1)->buy && venue_fill(a, 0)->oid > venue_fill(a, 1)->oid);
	end();
}

/* --- Faults. --- */

static void held_fills(void)
{
	dec8 parts[] = { D("0.1"), D("0.3") };
	struct venue_result r;

	begin(usual());
	venue_hold_fills(v, a, 200, parts, 2);
	r = put(a, limit(BTC, true, "80000", "0.01", TIF_GTC));		/* does not match: does not count */
	CHECK(venue_cancel(v, a, BTC, r.oid, &err));
	r = put(a, limit(BTC, true, "84001", "0.9", TIF_GTC));
	CHECK(r.outcome == VENUE_RESTING && count(VENUE_EV_FILL) == 0);
	venue_advance(v, venue_now(v) + 200);
	CHECK_D(venue_by_oid(v, a, r.oid)->sz, "0.8");
	venue_advance(v, venue_now(v) + 200);
	CHECK_D(venue_by_oid(v, a, r.oid)->sz, "0.5");
	venue_advance(v, venue_now(v) + 200);
	CHECK(state(a, r.oid) == VENUE_FILLED);
	CHECK(put(a, limit(BTC, true, "84001", "0.01", TIF_IOC)).outcome == VENUE_MATCHED);
	venue_hold_fills(v, a, 200, parts, 1);
	r = put(a, limit(BTC, true, "84001", "0.5", TIF_IOC));
	venue_advance(v, venue_now(v) + 200);
	CHECK_D(venue_by_oid(v, a, r.oid)->sz, "0.41");			/* 0.09 was left of the level */
	venue_advance(v, venue_now(v) + 200);
	CHECK(state(a, r.oid) == VENUE_CANCELED);
	venue_hold_fills(v, NULL, 200, NULL, 0);
	r = put(b, limit(BTC, false, "83999", "1.5", TIF_IOC));
	CHECK(r.outcome == VENUE_RESTING);
	venue_advance(v, venue_now(v) + 1000);
	CHECK(state(b, r.oid) == VENUE_CANCELED);
	CHECK_D(position(b, BTC), "-1");
	end();
}

static void hit(void)
{
	struct venue_result r;

	begin(usual());
	r = put(a, limit(BTC, true, "80000", "0.1", TIF_GTC));
	CHECK(venue_hit(v, r.oid, D("0.04")));
	CHECK_D(venue_by_oid(v, a, r.oid)->sz, "0.06");
	CHECK(venue_hit(v, r.oid, 0) && state(a, r.oid) == VENUE_FILLED && !venue_hit(v, r.oid, 0));
	CHECK(!venue_cancel(v, a, BTC, r.oid, &err));
	end();
}

int main(void)
{
	states();
	assets();
	sizes();
	prices();
	cloids();
	band();
	reduce_only();
	values();
	trigger_sides();
	post_only();
	immediate();
	margins();
	closing_is_free();
	tier_limit();
	open_interest();
	open_orders();
	notional_caps();
	levels();
	partly_filled();
	time_priority();
	trade_through();
	queue_ahead();
	crossed_book();
	two_accounts();
	open_interest_counted();
	best_prices();
	self_match();
	reduce_cut();
	reduce_replaces();
	reduce_flip();
	reduce_sweep();
	stop_market();
	slippage();
	stop_entry();
	stop_limit();
	groups();
	children_at_once();
	children_for_nothing();
	children_wait();
	children_awake();
	children_go();
	bound_to_position();
	cancels();
	modifies();
	modifies_children();
	delisting();
	fees();
	cross_state();
	isolated_state();
	leverage();
	unpaid_maker();
	liquidation_market();
	liquidation_backstop();
	liquidation_of_shorts();
	liquidation_waits();
	liquidation_fee();
	liquidation_orders();
	liquidation_by_fill();
	liquidation_isolated();
	deleveraging();
	funding();
	funding_isolated();
	premium();
	dead_mans_switch();
	forgetting();
	held_fills();
	hit();
	return test_end("venue");
}
