/* SPDX-License-Identifier: MIT
 * An exchange's rules on a strategy's account (kernel/venue.h): each against its statement in docs/parity.md, on decimal numbers. */
#include "base/rng.h"
#include "kernel/step.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static const struct venue_rule btc = { .lots = 1e5, .ticks = 1e1, .min_notional_usd = 10, .fee_bps = 4.5, .max_leverage = 40 };
static const struct venue_rule doge = { .lots = 1, .ticks = 1e6, .min_notional_usd = 10, .fee_bps = 4.5, .max_leverage = 10 };

static void lots(void)
{
	CHECK_SAME(venue_lots_down(&btc, 0.123456), 0.12345);
	CHECK_SAME(venue_lots_up(&btc, 0.123451), 0.12346);
	CHECK_SAME(venue_lots_down(&btc, 0.3), 0.3);
	CHECK_SAME(venue_lots_down(&btc, 0.1 + 0.2), 0.3);
	CHECK_SAME(venue_lots_down(&btc, 0.3 - 1e-13), 0.3);
	CHECK_SAME(venue_lots_up(&btc, 0.3 + 1e-13), 0.3);
	CHECK_SAME(venue_lots(&btc, 0.1 + 0.2), 0.3);
	CHECK_SAME(venue_lots_down(&doge, 0.99), 0);
	CHECK_SAME(venue_lots_down(&doge, 1234.9), 1234);
}

/* Whole lots are the doubles that their decimal texts mean, whatever was added before. */
static void lots_are_decimals(void)
{
	int i;

	for (i = 0; i < 20000; i++) {
		long n = (long)rng_below(5, 0, (uint64_t)i, 100000000);
		char text[32];

		snprintf(text, sizeof text, "%ld.%05ld", n / 100000, n % 100000);
		CHECK_SAME(venue_lots_down(&btc, strtod(text, NULL)), strtod(text, NULL));
		CHECK_SAME(venue_lots_up(&btc, strtod(text, NULL)), strtod(text, NULL));
	}
}

static void ticks(void)
{
	CHECK_SAME(venue_price(&btc, 104123.4, true), 104124);		/* five digits, but whole numbers always */
	CHECK_SAME(venue_price(&btc, 104123.4, false), 104123);
	CHECK_SAME(venue_price(&btc, 2105.65, true), 2105.7);
	CHECK_SAME(venue_price(&btc, 2105.65, false), 2105.6);
	CHECK_SAME(venue_price(&btc, 2105.6, true), 2105.6);
	CHECK_SAME(venue_price(&btc, 36.5525, true), 36.6);			/* one decimal at most with five of a size */
	CHECK_SAME(venue_price(&doge, 0.1555512, true), 0.15556);
	CHECK_SAME(venue_price(&doge, 0.1555512, false), 0.15555);
	CHECK_SAME(venue_price(&doge, 0.0123456, false), 0.012345);
	CHECK_SAME(venue_price(&doge, 0.00000012, false), 0.000001);
	CHECK_SAME(venue_price(&doge, 9999.96, true), 10000);
}

static void leverage(void)
{
	CHECK_SAME(venue_leverage(&btc, 3.9), 3);
	CHECK_SAME(venue_leverage(&btc, 50), 40);
	CHECK_SAME(venue_leverage(&btc, 0.5), 1);
}

static void parts(void)
{
	CHECK_SAME(venue_part(&btc, 1, 0.333333, 100), 0.33333);
	CHECK_SAME(venue_part(&btc, 1, 0.05, 100), 0.1);	/* 5 USD: the smallest order instead */
	CHECK_SAME(venue_part(&btc, 1, 0.95, 100), 1);		/* 5 USD would be left */
	CHECK_SAME(venue_part(&btc, 0.15, 0.05, 100), 0.15);
	CHECK_SAME(venue_part(&doge, 3, 0.5, 20), 1);
}

static struct params base(void)
{
	struct params p;

	memset(&p, 0, sizeof p);
	p.trade_allocation_pct = 0.1;
	p.trade_leverage_low = p.trade_leverage_medium = p.trade_leverage_high = 3.5;
	p.trade_max_total_margin_pct = 0.6;
	p.trade_min_notional_usd = 5;
	return p;
}

static void entries(void)
{
	struct params p = base();
	struct order o;

	CHECK(entry_size(&o, &p, &btc, CONFIDENCE_HIGH, 70000, 1, 30, 10000, 0) == SIZING_OK);
	CHECK_SAME(o.leverage, 3);
	CHECK_SAME(o.size, 0.04285);		/* 3000 / 70000 = 0.042857 */
	CHECK_SAME(o.notional_usd, 0.04285 * 70000);
	CHECK_SAME(o.margin_usd, 0.04285 * 70000 / 3);
	CHECK(entry_size(&o, &p, &btc, CONFIDENCE_HIGH, 70000, 1, 30, 30, 0) == SIZING_TOO_SMALL);	/* 9 USD */
	p.trade_bump_to_min_notional = true;
	CHECK(entry_size(&o, &p, &btc, CONFIDENCE_HIGH, 70000, 1, 30, 30, 0) == SIZING_OK);
	CHECK_SAME(o.size, 0.00015);
	CHECK(entry_size(&o, &p, &doge, CONFIDENCE_HIGH, 70000, 1, 30, 10000, 0) == SIZING_TOO_SMALL);	/* no whole lot */
}

static void lifetime(void)
{
	struct params p = base();
	struct symbol_state sym;
	struct run_state r;
	struct event ev;
	struct entry e = { .side = SIDE_LONG, .confidence = CONFIDENCE_HIGH, .price = 100.003, .atr = 1 };
	struct order o = { .size = 0.1, .margin_usd = 3, .leverage = 3, .notional_usd = 10 };

	p.trade_slippage_bps = 1;
	symbol_init(&sym, "X", 1);
	run_init(&r, 1000);
	run_symbols(&r, &sym, 1);
	sym.venue = &btc;
	account_open(&r, &p, &e, &o, &ev);
	CHECK_SAME(ev.price, 100.1);
	CHECK_SAME(ev.fee_usd, 0.0045);
	o.size = 0.2;
	account_add(&r, &p, &e, &o, &ev);
	CHECK_SAME(sym.pos.size, 0.3);
	account_close(&r, 0, false, 0.5, 100.003, WHY_TAKE_PROFIT_PARTIAL, NULL, 1, &ev);
	CHECK_SAME(ev.size, 0.15);
	CHECK_SAME(ev.price, 99.9);
	CHECK_SAME(sym.pos.size, 0.15);
	account_close(&r, 0, false, 0.5, 100.003, WHY_TAKE_PROFIT_PARTIAL, NULL, 2, &ev);
	CHECK(ev.action == ACT_CLOSE_LONG);	/* either part would be below 10 USD */
	CHECK(!sym.pos.open);
	CHECK(r.n_open == 0);
}

int main(void)
{
	lots();
	lots_are_decimals();
	ticks();
	leverage();
	parts();
	entries();
	lifetime();
	return test_end("lots");
}
