/* SPDX-License-Identifier: MIT
 * Decimals: text, arithmetic with a rounding that is asked for, tick and lot rules. */
#include "hl/decimal.h"

#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 8

__extension__ typedef __int128 wide;

static const int64_t pow10_of[19] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
	10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
};

/* Decimal text taken apart: digits before and behind the point, without the zeros that say nothing. */
struct decimal_text { bool negative; const char *whole, *places; size_t n_whole, n_places; };

static size_t count_digits(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return (size_t)(p - s);
}

static bool take_apart(const char *s, size_t n, struct decimal_text *t)
{
	const char *end = s + n;
	size_t digits;

	*t = (struct decimal_text){ .negative = s < end && *s == '-' };
	s += t->negative;
	t->whole = s;
	t->n_whole = count_digits(s, end);
	s += t->n_whole;
	digits = t->n_whole;
	if (s < end && *s == '.') {
		t->places = ++s;
		t->n_places = count_digits(s, end);
		s += t->n_places;
		digits += t->n_places;
	}
	if (s != end || digits == 0)
		return false;
	for (; t->n_whole && *t->whole == '0'; t->whole++)
		t->n_whole--;
	while (t->n_places && t->places[t->n_places - 1] == '0')
		t->n_places--;
	return true;
}

bool dec8_parse(const char *s, size_t n, dec8 *v)
{
	struct decimal_text t;
	uint64_t sum = 0;

	if (!take_apart(s, n, &t) || t.n_whole + PLACES > 19 || t.n_places > PLACES)
		return false;
	for (size_t i = 0; i < t.n_whole; i++)
		sum = 10 * sum + (uint64_t)(t.whole[i] - '0');
	for (size_t i = 0; i < PLACES; i++)
		sum = 10 * sum + (i < t.n_places ? (uint64_t)(t.places[i] - '0') : 0);
	if (sum > INT64_MAX)
		return false;
	*v = t.negative ? -(dec8)sum : (dec8)sum;
	return true;
}

static char *put(char *dst, dec8 v, unsigned least)
{
	uint64_t size = v < 0 ? -(uint64_t)v : (uint64_t)v, places = size % DEC8_ONE;
	unsigned n = PLACES;

	if (v < 0)
		*dst++ = '-';
	dst = num_u64_put(dst, size / DEC8_ONE);
	for (; n > least && places % 10 == 0; places /= 10)
		n--;
	if (n == 0)
		return dst;
	*dst = '.';
	for (unsigned i = n; i > 0; places /= 10)
		dst[i--] = (char)('0' + places % 10);
	return dst + 1 + n;
}

char *dec8_put(char *dst, dec8 v)
{
	return put(dst, v, 0);
}

char *dec8_put_answer(char *dst, dec8 v)
{
	return put(dst, v, 1);
}

/* n / d for d > 0. */
static wide divide(wide n, wide d, enum dec8_round r)
{
	wide q = n / d, rest = n % d, twice = 2 * (rest < 0 ? -rest : rest);
	int away = n < 0 ? -1 : 1;

	switch (r) {
	case DEC8_DOWN:
		return q;
	case DEC8_UP:
		return rest ? q + away : q;
	case DEC8_HALF_UP:
		return twice >= d ? q + away : q;
	case DEC8_HALF_EVEN:
		return twice > d || (twice == d && q % 2) ? q + away : q;
	}
	return q;
}

static dec8 saturate(wide v)
{
	return v > INT64_MAX ? INT64_MAX : v < INT64_MIN ? INT64_MIN : (dec8)v;
}

dec8 dec8_mul(dec8 a, dec8 b, enum dec8_round r)
{
	return saturate(divide((wide)a * b, DEC8_ONE, r));
}

dec8 dec8_div(dec8 a, dec8 b, enum dec8_round r)
{
	wide n = (wide)a * DEC8_ONE, d = b;

	return saturate(d < 0 ? divide(-n, -d, r) : divide(n, d, r));
}

static wide round_to(wide v, int64_t unit, enum dec8_round r)
{
	return divide(v, unit, r) * unit;
}

static int64_t place_unit(unsigned places)
{
	return pow10_of[places < PLACES ? PLACES - places : 0];
}

dec8 dec8_places(dec8 v, unsigned places, enum dec8_round r)
{
	return saturate(round_to(v, place_unit(places), r));
}

double dec8_f64(dec8 v)
{
	char text[DEC8_TEXT];
	double f = 0;

	if (v > -(INT64_C(1) << 53) && v < INT64_C(1) << 53)
		return (double)v / 1e8;		/* both exact, so rounded once */
	(void)!num_f64_get(text, dec8_put(text, v), &f);
	return f;
}

bool dec8_of_f64(double v, enum dec8_round r, dec8 *out)
{
	int exponent;
	wide n;

	if (!(fabs(v) < 92233720368.0))
		return false;
	n = (wide)(int64_t)ldexp(frexp(v, &exponent), 53) * DEC8_ONE;	/* v = n * 2^(exponent - 53) / 1e8, exactly */
	exponent -= 53;
	if (exponent > -100)
		*out = (dec8)divide(n, (wide)1 << -exponent, r);
	else					/* far below a unit */
		*out = r == DEC8_UP && n ? (n < 0 ? -1 : 1) : 0;
	return true;
}

unsigned tick_places(unsigned sz_decimals, bool spot)
{
	unsigned most = spot ? 8 : 6;

	return sz_decimals < most ? most - sz_decimals : 0;
}

/* The unit of the last of max(5, digits before the point) significant digits. */
static int64_t significant_unit(dec8 px)
{
	uint64_t size = px < 0 ? -(uint64_t)px : (uint64_t)px;
	unsigned digits = 1, kept;

	while (digits < 19 && size >= (uint64_t)pow10_of[digits])
		digits++;
	kept = digits > PLACES + 5 ? digits - PLACES : 5;
	return pow10_of[digits > kept ? digits - kept : 0];
}

dec8 tick_round(dec8 px, unsigned sz_decimals, bool spot, enum dec8_round r)
{
	wide significant = round_to(px, significant_unit(px), r);

	return saturate(round_to(significant, place_unit(tick_places(sz_decimals, spot)), r));
}

bool tick_ok(dec8 px, unsigned sz_decimals, bool spot)
{
	return tick_round(px, sz_decimals, spot, DEC8_DOWN) == px;
}

dec8 lot_round(dec8 sz, unsigned sz_decimals, enum dec8_round r)
{
	return dec8_places(sz, sz_decimals, r);
}

bool lot_ok(dec8 sz, unsigned sz_decimals)
{
	return lot_round(sz, sz_decimals, DEC8_DOWN) == sz;
}

dec8 slippage_price(dec8 mid, double slippage, bool buy, unsigned sz_decimals, bool spot)
{
	double px = dec8_f64(mid) * (buy ? 1 + slippage : 1 - slippage);
	char text[64];
	dec8 v = 0;
	int n;

	if (!(px > 0 && px < 92233720368.0))
		return 0;
	snprintf(text, sizeof text, "%.5g", px);
	n = snprintf(text, sizeof text, "%.*f", (int)tick_places(sz_decimals, spot), strtod(text, NULL));
	return dec8_parse(text, (size_t)n, &v) ? v : 0;
}

bool wire_number(const char *s, size_t n, struct buf *out, struct errmsg *e)
{
	struct decimal_text t;

	if (!take_apart(s, n, &t))
		return errmsg_set(e, "'%.*s' is not decimal text", (int)(n < 64 ? n : 64), s);
	if (t.negative && t.n_whole + t.n_places > 0)
		buf_addc(out, '-');
	if (t.n_whole)
		buf_add(out, t.whole, t.n_whole);
	else
		buf_addc(out, '0');
	if (t.n_places) {
		buf_addc(out, '.');
		buf_add(out, t.places, t.n_places);
	}
	return true;
}

bool wire_f64(double v, struct buf *out, struct errmsg *e)
{
	char text[400];
	int n;

	if (!isfinite(v))
		return errmsg_set(e, "%f is no number for the exchange", v);
	n = snprintf(text, sizeof text, "%.8f", v);
	if (fabs(strtod(text, NULL) - v) >= 1e-12)
		return errmsg_set(e, "%.17g would be rounded to 8 places", v);
	return wire_number(text, (size_t)n, out, e);
}

/* Whether the digits behind an integer leave it at once, or by adding one: less than 0.001 from it. */
static bool near_integer(const char *rest, size_t n, bool *up)
{
	char three[4] = "000";

	memcpy(three, rest, n < 3 ? n : 3);
	*up = strcmp(three, "999") == 0 && n > 3;	/* the last digit is no zero */
	return *up || strcmp(three, "000") == 0;
}

bool wire_scaled(const char *s, size_t n, unsigned power, struct buf *out, struct errmsg *e)
{
	struct decimal_text t;
	char digits[40];
	size_t at = 0;
	wide sum = 0;
	bool up = false;

	if (!take_apart(s, n, &t))
		return errmsg_set(e, "'%.*s' is not decimal text", (int)(n < 64 ? n : 64), s);
	if (t.n_whole + power > 37)
		return errmsg_set(e, "'%.*s' is too large", (int)(n < 64 ? n : 64), s);
	for (size_t i = 0; i < t.n_whole; i++)
		sum = 10 * sum + (t.whole[i] - '0');
	for (size_t i = 0; i < power; i++)
		sum = 10 * sum + (i < t.n_places ? t.places[i] - '0' : 0);
	if (t.n_places > power && !near_integer(t.places + power, t.n_places - power, &up))
		return errmsg_set(e, "'%.*s' has more than %u places", (int)(n < 64 ? n : 64), s, power);
	sum += up;
	if (t.negative && sum)
		buf_addc(out, '-');
	do
		digits[at++] = (char)('0' + (int)(sum % 10));
	while (sum /= 10);
	while (at)
		buf_addc(out, digits[--at]);
	return true;
}
