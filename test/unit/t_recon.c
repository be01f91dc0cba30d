/* SPDX-License-Identifier: MIT
 * Drift between the strategy's account and the exchange (trade/recon.h), against docs/lane.md "Reconciliation". */
#include "test.h"
#include "trade/recon.h"

#include <string.h>

static bool is(double ours, double theirs, enum drift_class c, enum drift_severity s)
{
	enum drift_severity got;
	dec8 a, b;

	return dec8_of_f64(ours, DEC8_HALF_EVEN, &a) && dec8_of_f64(theirs, DEC8_HALF_EVEN, &b) && drift_of(a, b, &got) == c && got == s;
}

static void classes(void)
{
	CHECK(is(0, 0, DRIFT_match, SEVERITY_none));
	CHECK(is(100, 99, DRIFT_match, SEVERITY_none));
	CHECK(is(99, 100, DRIFT_match, SEVERITY_none));
	CHECK(is(100, 98.99, DRIFT_size_mismatch, SEVERITY_minor));
	CHECK(is(100, 90, DRIFT_size_mismatch, SEVERITY_minor));
	CHECK(is(100, 89.99, DRIFT_size_mismatch, SEVERITY_major));
	CHECK(is(-1, 1, DRIFT_side_mismatch, SEVERITY_critical));
	CHECK(is(-1, 0, DRIFT_missing_exchange, SEVERITY_major));
	CHECK(is(0, -1, DRIFT_missing_ours, SEVERITY_major));
	CHECK_TEXT(drift_class_name(DRIFT_side_mismatch), "side_mismatch");
	CHECK_TEXT(drift_severity_name(SEVERITY_critical), "critical");
}

static void heals(void)
{
	CHECK(drift_heals(DEC8_OF(2), 0) && drift_heals(DEC8_OF(2), DEC8_OF(1)) && drift_heals(-DEC8_OF(2), -DEC8_OF(1)));
	CHECK(!drift_heals(0, DEC8_OF(1)) && !drift_heals(DEC8_OF(2), DEC8_OF(3)) && !drift_heals(DEC8_OF(2), -DEC8_OF(1)));
}

static void expected(void)
{
	struct lane l;
	struct lane_symbol *s;
	struct lane_intent i = { .action = INTENT_OPEN, .buy = true, .size = DEC8_OF(2), .over_seq = 5, .outcome = OUTCOME_dead };
	dec8 ours;

	lane_init(&l);
	s = lane_symbol(&l, "BTC");
	s->own.pos = (struct position){ .open = true, .size = 2 };
	CHECK(drift_expected(&l, s, &ours) && ours == DEC8_OF(2));
	strcpy(i.symbol, "BTC");
	l.intent = &i;
	l.n_intents = 1;
	CHECK(!drift_expected(&l, s, &ours));		/* under way */
	i.over = true;
	CHECK(drift_expected(&l, s, &ours) && ours == 0);	/* the next step adopts that it was not filled */
	s->heal = true;
	CHECK(!drift_expected(&l, s, &ours));
	l.intent = NULL;
	l.n_intents = 0;
	lane_release(&l);
}

int main(void)
{
	classes();
	heals();
	expected();
	return test_end("recon");
}
