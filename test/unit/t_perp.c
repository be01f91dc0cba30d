/* SPDX-License-Identifier: MIT
 * The arithmetic of perpetual futures at its edges; the vectors hold the rest (ocq-hl vectors). */
#include "test.h"
#include "hl/perp.h"

static dec8 D(const char *text)
{
	dec8 d = -1;

	CHECK(dec8_parse(text, strlen(text), &d));
	return d;
}

static const char *T(dec8 d)
{
	static char text[DEC8_TEXT + 1];

	*dec8_put(text, d) = '\0';
	return text;
}
#define CHECK_D(got, want) CHECK_TEXT(T(got), want)

static rate16 R(const char *text)
{
	rate16 r = -1;

	CHECK(rate16_parse(text, strlen(text), &r));
	return r;
}

static void same_rate(const char *text, const char *back)
{
	char got[RATE16_TEXT + 1];

	*rate16_put(got, R(text)) = '\0';
	CHECK_TEXT(got, back);
}

static void rates(void)
{
	static const char *const none[] = { "", "-", ".", "1e-5", "+1", " 1", "1 ", "1.2.3", "0x1", "923", "99999999999999999999" };
	rate16 r;

	same_rate("0", "0.0");
	same_rate("-0", "0.0");
	same_rate("0.0000125", "0.0000125");
	same_rate("-0.00000052173", "-0.00000052173");
	same_rate(".5", "0.5");
	same_rate("7.", "7.0");
	same_rate("922.3372036854775807", "922.3372036854775807");
	same_rate("-12", "-12.0");
	same_rate("0.12345678901234567", "0.1234567890123456");		/* cut */
	same_rate("0000000000000000000000001.5", "1.5");
	for (unsigned k = 0; k < sizeof none / sizeof *none; k++)
		CHECK(!rate16_parse(none[k], strlen(none[k]), &r));
	CHECK(rate16_of_f64(0.00045) == R("0.00045"));
	CHECK(rate16_of_f64(-0.0000125) == R("-0.0000125"));
}

static void fees(void)
{
	CHECK_D(perp_fee(D("24.24257"), R("0.000432")), "0.010472");
	CHECK_D(perp_fee(D("24.24257"), R("-0.000432")), "-0.010472");	/* cut is toward 0 */
	CHECK_D(perp_fee(D("0.001"), R("0.00045")), "0");
	CHECK_D(perp_builder_fee(D("24.24257"), 10), "0.002424");
	CHECK_D(perp_fee(D("90000000000"), R("0.00045")), "40500000");
}

static void positions(void)
{
	struct perp_position p = { 0 };
	struct perp_change c;

	perp_fill(&p, D("3"), D("1"));
	perp_fill(&p, D("4"), D("2"));
	CHECK_D(perp_entry_px(&p), "3.66666667");
	c = perp_fill(&p, D("5"), D("-1"));
	CHECK_D(c.closed_pnl, "1.33333333");
	c = perp_fill(&p, D("5"), D("-2"));
	CHECK_D(c.closed_pnl, "2.66666667");				/* nothing is lost: 4 in all */
	CHECK(p.size == 0 && p.cost == 0 && perp_entry_px(&p) == 0);
	c = perp_fill(&p, D("5"), D("-2"));
	CHECK_TEXT(c.dir, "Open Short");
	c = perp_fill(&p, D("4"), D("3"));
	CHECK_TEXT(c.dir, "Short > Long");
	CHECK_D(c.closed, "2");
	CHECK_D(c.closed_pnl, "2");
	CHECK_D(p.size, "1");
	CHECK_D(perp_entry_px(&p), "4");
	CHECK_D(perp_pnl(&p, D("4.5")), "0.5");
	CHECK_TEXT(perp_dir(D("2"), -D("2")), "Close Long");
	CHECK_TEXT(perp_dir(-D("2"), D("2")), "Close Short");
}

static void margins(void)
{
	struct perp_tiers t = { 3, { { 0, 50 }, { DEC8_OF(100), 20 }, { DEC8_OF(1000), 3 } } };
	dec8 px = 0;

	CHECK(perp_tier_of(&t, D("99.99999999")) == 0 && perp_tier_of(&t, DEC8_OF(100)) == 1);
	CHECK(perp_tier_of(&t, DEC8_OF(5000)) == 2);
	CHECK_D(perp_maintenance(&t, DEC8_OF(100)), "1");			/* continuous at the borders */
	CHECK_D(perp_maintenance(&t, D("99.99999999")), "1");
	CHECK_D(perp_maintenance_deduction(&t, 1), "1.5");
	CHECK_D(perp_maintenance(&t, DEC8_OF(1000)), "23.5");
	CHECK_D(perp_maintenance(&t, D("999.99999999")), "23.5");
	CHECK_D(perp_initial_margin(D("10"), 3), "3.33333334");
	CHECK_D(perp_initial_margin(D("9"), 3), "3");
	CHECK(!perp_liquidation_px(&t, 0, D("5"), D("1"), &px));
	CHECK(!perp_liquidation_px(&t, D("1"), D("5"), D("5"), &px));
	CHECK(perp_liquidation_px(&t, D("1"), D("5"), D("4.9"), &px));
	CHECK_D(px, "0.05050505");						/* 5 − 4.9 / 0.99; nearest: 0.0505050505.. */
	CHECK(perp_liquidation_px(&t, -D("1"), D("5"), D("4.9"), &px));
	CHECK_D(px, "9.85148515");
	CHECK(!perp_liquidation_px(&t, -1, D("5"), D("50000000"), &px));	/* beyond all prices */
}

static void funding(void)
{
	CHECK_D(perp_funding_payment(D("0.01"), D("84150"), R("0.0000125")), "-0.010519");	/* nearest, not cut */
	CHECK_D(perp_funding_payment(-D("0.01"), D("84150"), R("0.0000125")), "0.010519");
	CHECK_D(perp_funding_payment(D("0.01"), D("84150"), 0), "0");
	CHECK(perp_premium(D("100"), D("99.99"), D("100.01")) == 0);
	CHECK(perp_funding_hourly(R("0.0006")) == R("0.0000125"));
	CHECK(perp_funding_hourly(R("900")) == R("0.04"));
	CHECK(perp_funding_hourly(R("-900")) == R("-0.04"));
}

int main(void)
{
	CHECK(perp_fits(D("90000"), D("1000000")) && !perp_fits(D("90000"), D("2000000")) && !perp_fits(D("90000"), -D("2000000")));
	CHECK_D(perp_notional(D("0.00000001"), D("0.5")), "0.00000001");
	CHECK_D(perp_notional(D("0.00000001"), -D("0.5")), "-0.00000001");
	CHECK_D(perp_share(DEC8_OF(84000), R("0.1")), "8400");
	rates();
	fees();
	positions();
	margins();
	funding();
	return test_end("perp");
}
