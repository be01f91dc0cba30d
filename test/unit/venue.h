/* SPDX-License-Identifier: MIT
 * For tests of the local exchange's core: one exchange at a time, and its markets. */
#ifndef OCQ_TEST_VENUE_H
#define OCQ_TEST_VENUE_H

#include "test.h"
#include "venue/venue.h"

enum { BTC, ETH, ISO, DEAD, NONE = 77, PURR = 10000 };

#define DAY0 INT64_C(1763769600000)		/* a midnight */
#define HOUR INT64_C(3600000)

static struct venue *v;
static struct errmsg err;

__attribute__((unused)) static dec8 D(const char *text)
{
	dec8 d = -1;

	CHECK(dec8_parse(text, strlen(text), &d));
	return d;
}

static void add_market(uint32_t id, const char *name, uint8_t decimals, uint16_t leverage, struct asset more)
{
	struct margin_tier btc[] = { { 0, 40 }, { DEC8_OF(150000000), 20 } }, flat = { 0, leverage };

	snprintf(more.name, sizeof more.name, "%s", name);
	more.id = id;
	more.sz_decimals = decimals;
	more.max_leverage = leverage;
	venue_market(v, &more, id == BTC ? btc : &flat, id == BTC ? 2 : 1);
}

static struct venue_rules usual(void)
{
	struct venue_rules r = venue_rules();

	r.t_ms = DAY0 + 1000;
	return r;
}

static struct venue_summary summary(struct venue_account *who)
{
	struct venue_state s;

	venue_state(v, who, &s);
	return s.all;
}

#endif
