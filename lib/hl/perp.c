/* SPDX-License-Identifier: MIT
 * The arithmetic of perpetual futures. */
#include "hl/perp.h"

#include <string.h>

typedef __int128 wide;

#define MILLIONTH (DEC8_ONE / 1000000)
#define RATE16_PLACES 16

/* den is above 0. */
static wide div_nearest(wide num, wide den)
{
	return num < 0 ? -((-num + den / 2) / den) : (num + den / 2) / den;
}

static int64_t clamped(wide v)
{
	return v > INT64_MAX ? INT64_MAX : v < INT64_MIN ? INT64_MIN : (int64_t)v;
}

bool rate16_parse(const char *s, size_t n, rate16 *v)
{
	const char *end = s + n;
	bool negative = n && *s == '-', digits = false;
	wide sum = 0;
	int places = -1;

	for (s += negative; s < end; s++) {
		if (*s == '.' && places < 0) {
			places = 0;
			continue;
		}
		if (*s < '0' || *s > '9')
			return false;
		digits = true;
		if (places >= RATE16_PLACES)
			continue;
		places += places >= 0;
		sum = sum * 10 + (*s - '0');
		if (sum > INT64_MAX)
			return false;
	}
	for (places = places < 0 ? 0 : places; places < RATE16_PLACES && sum <= INT64_MAX; places++)
		sum *= 10;
	if (!digits || sum > INT64_MAX)
		return false;
	*v = (rate16)(negative ? -sum : sum);
	return true;
}

char *rate16_put(char *dst, rate16 v)
{
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v, whole = u / RATE16_ONE, part = u % RATE16_ONE;
	char digits[RATE16_PLACES];
	int n = RATE16_PLACES;

	for (int k = RATE16_PLACES; k-- > 0; part /= 10)
		digits[k] = (char)('0' + part % 10);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	if (v < 0)
		*dst++ = '-';
	if (whole >= 100)
		*dst++ = (char)('0' + whole / 100);
	if (whole >= 10)
		*dst++ = (char)('0' + whole / 10 % 10);
	*dst++ = (char)('0' + whole % 10);
	*dst++ = '.';
	memcpy(dst, digits, (size_t)n);
	return dst + n;
}

rate16 rate16_of_f64(double v)
{
	return (rate16)(v * (double)RATE16_ONE + (v < 0 ? -0.5 : 0.5));
}

bool perp_fits(dec8 px, dec8 sz)
{
	wide ntl = (wide)px * sz / DEC8_ONE;

	return ntl < INT64_MAX && ntl > INT64_MIN;
}

dec8 perp_notional(dec8 px, dec8 sz)
{
	return clamped(div_nearest((wide)px * sz, DEC8_ONE));
}

dec8 perp_share(dec8 amount, rate16 rate)
{
	return clamped(div_nearest((wide)amount * rate, RATE16_ONE));
}

dec8 perp_fee(dec8 notional, rate16 rate)
{
	return clamped((wide)notional * rate / RATE16_ONE / MILLIONTH * MILLIONTH);
}

dec8 perp_builder_fee(dec8 notional, unsigned tenths_of_bp)
{
	return perp_fee(notional, (rate16)tenths_of_bp * (RATE16_ONE / 100000));
}

const char *perp_dir(dec8 start, dec8 size)
{
	bool buy = size > 0;

	if (start == 0 || (start > 0) == buy)
		return buy ? "Open Long" : "Open Short";
	if (dec8_abs(size) > dec8_abs(start))
		return buy ? "Short > Long" : "Long > Short";
	return buy ? "Close Short" : "Close Long";
}

/* The part of the cost that goes with closing so much of the position. */
static dec8 released_cost(const struct perp_position *p, dec8 closed)
{
	return (dec8)div_nearest((wide)p->cost * closed, dec8_abs(p->size));
}

struct perp_change perp_fill(struct perp_position *p, dec8 px, dec8 size)
{
	struct perp_change c = { .start = p->size, .dir = perp_dir(p->size, size) };
	dec8 opened = size, cost;

	if (p->size && (p->size > 0) != (size > 0)) {
		c.closed = dec8_abs(size) < dec8_abs(p->size) ? dec8_abs(size) : dec8_abs(p->size);
		cost = released_cost(p, c.closed);
		c.closed_pnl = perp_notional(px, p->size > 0 ? c.closed : -c.closed) - cost;
		p->cost -= cost;
		opened += size > 0 ? -c.closed : c.closed;
	}
	p->size += size;
	p->cost += perp_notional(px, opened);
	return c;
}

dec8 perp_entry_px(const struct perp_position *p)
{
	return p->size ? clamped(div_nearest((wide)dec8_abs(p->cost) * DEC8_ONE, dec8_abs(p->size))) : 0;
}

dec8 perp_pnl(const struct perp_position *p, dec8 mark)
{
	return perp_notional(mark, p->size) - p->cost;
}

unsigned perp_tier_of(const struct perp_tiers *t, dec8 notional)
{
	unsigned k = 0;

	while (k + 1 < t->n && notional >= t->at[k + 1].lower_bound)
		k++;
	return k;
}

rate16 perp_maintenance_rate(const struct perp_tiers *t, unsigned tier)
{
	return (rate16)div_nearest(RATE16_ONE, 2 * (wide)t->at[tier].max_leverage);
}

dec8 perp_maintenance_deduction(const struct perp_tiers *t, unsigned tier)
{
	wide sum = 0;

	for (unsigned k = 1; k <= tier; k++) {
		wide above = t->at[k].max_leverage, below = t->at[k - 1].max_leverage;

		sum += div_nearest((wide)t->at[k].lower_bound * (below - above), 2 * above * below);
	}
	return clamped(sum);
}

dec8 perp_maintenance(const struct perp_tiers *t, dec8 notional)
{
	unsigned tier = perp_tier_of(t, notional);

	return (dec8)div_nearest(notional, 2 * (wide)t->at[tier].max_leverage) - perp_maintenance_deduction(t, tier);
}

dec8 perp_initial_margin(dec8 notional, unsigned leverage)
{
	return notional / leverage + (notional % leverage != 0);
}

bool perp_liquidation_px(const struct perp_tiers *t, dec8 size, dec8 mark, dec8 available, dec8 *px)
{
	wide side = size > 0 ? 1 : -1, twice, away, at;

	if (!size)
		return false;
	/* available / size / (1 - rate x side), where rate is 1 / twice */
	twice = 2 * (wide)t->at[perp_tier_of(t, perp_notional(mark, dec8_abs(size)))].max_leverage;
	away = div_nearest((wide)available * DEC8_ONE * twice, dec8_abs(size) * (twice - side));
	at = mark - side * away;
	if (at <= 0 || at > INT64_MAX)
		return false;
	*px = (dec8)at;
	return true;
}

rate16 perp_premium(dec8 oracle, dec8 impact_bid, dec8 impact_ask)
{
	wide above = impact_bid > oracle ? impact_bid - oracle : 0, below = oracle > impact_ask ? oracle - impact_ask : 0;

	return clamped(div_nearest((above - below) * RATE16_ONE, oracle));
}

static rate16 within(rate16 v, rate16 lo, rate16 hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

rate16 perp_funding_8h(rate16 average_premium)
{
	const rate16 interest = RATE16_ONE / 10000, swing = 5 * interest;

	return average_premium + within(interest - average_premium, -swing, swing);
}

rate16 perp_funding_hourly(rate16 average_premium)
{
	const rate16 cap = RATE16_ONE / 25;

	return within((rate16)div_nearest(perp_funding_8h(average_premium), 8), -cap, cap);
}

dec8 perp_funding_payment(dec8 size, dec8 oracle, rate16 hourly_rate)
{
	wide paid = div_nearest((wide)perp_notional(oracle, size) * hourly_rate, (wide)RATE16_ONE * MILLIONTH);

	return clamped(-paid * MILLIONTH);
}
