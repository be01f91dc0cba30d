/* SPDX-License-Identifier: MIT
 * Numbers to text and back. Reading: Clinger's exact cases, then the algorithm of Eisel and Lemire, whose 128-bit
 * products need no second opinion for 19 digits (Mushtak and Lemire); longer numbers are settled by an exact
 * comparison with the midpoint of the two candidates. Writing: Giulietti's Schubfach. One table serves both. */
#include "base/num.h"

#include <endian.h>
#include <string.h>

#include "base/pow10.inc"

#define MANTISSA_BITS 52
#define HIDDEN_BIT (UINT64_C(1) << MANTISSA_BITS)
#define INFINITE_BITS (UINT64_C(0x7ff) << MANTISSA_BITS)
#define EXACT_DIGITS 19		/* 10^19 < 2^64 */
#define MIDPOINT_DIGITS 780	/* no midpoint of two doubles has more significant digits (767) */

typedef unsigned __int128 u128;

static uint64_t bits_of(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	return bits;
}

static double double_of(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

/* floor(log2(10^e)), for |e| <= 1233 */
static int log2_pow10(int e)
{
	return e * 1741647 >> 19;
}

/* 10^e rounded up instead of down; only for a power that is not exact. */
static struct pow10 pow10_above(int e)
{
	struct pow10 g = pow10_table[e - POW10_FIRST];

	g.lo++;
	g.hi += g.lo == 0;
	return g;
}

/* ---- reading ---- */

static bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* The bits of w * 10^q correctly rounded; INFINITE_BITS above the largest double. */
static uint64_t nearest(uint64_t w, int64_t q)
{
	struct pow10 g;
	uint64_t hi, lo, mantissa;
	int zeros, upper, exponent, drop;
	u128 product;

	if (w == 0 || q < -342)
		return 0;
	if (q > 308)
		return INFINITE_BITS;
	g = q < 0 && q >= -27 ? pow10_above((int)q) : pow10_table[q - POW10_FIRST];
	zeros = __builtin_clzll(w);
	w <<= zeros;
	product = (u128)w * g.hi;
	hi = (uint64_t)(product >> 64);
	lo = (uint64_t)product;
	if ((hi & 0x1ff) == 0x1ff) {	/* the lower half of the power may carry into the bits that count */
		uint64_t more = (uint64_t)((u128)w * g.lo >> 64);

		lo += more;
		hi += lo < more;
	}
	upper = (int)(hi >> 63);
	drop = upper + 64 - MANTISSA_BITS - 3;
	mantissa = hi >> drop;	/* 53 bits and one to round by */
	exponent = log2_pow10((int)q) + 63 + upper - zeros + 1023;
	if (exponent <= 0) {
		if (exponent <= -63)
			return 0;
		mantissa >>= 1 - exponent;
		return (mantissa + (mantissa & 1)) >> 1;	/* a carry into HIDDEN_BIT is the least normal number */
	}
	/* Exactly half way, which only happens for these q: round to even, not up. */
	if (lo <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << drop == hi)
		mantissa &= ~UINT64_C(1);
	mantissa = (mantissa + (mantissa & 1)) >> 1;
	if (mantissa >= HIDDEN_BIT << 1) {
		mantissa = HIDDEN_BIT;
		exponent++;
	}
	if (exponent >= 0x7ff)
		return INFINITE_BITS;
	return (uint64_t)exponent << MANTISSA_BITS | (mantissa & (HIDDEN_BIT - 1));
}

/* Unsigned integers of up to 3200 bits, least word first; enough for 781 digits times any power that meets them. */
struct big { unsigned n; uint32_t word[100]; };

static void big_set(struct big *b, uint64_t v)
{
	b->word[0] = (uint32_t)v;
	b->word[1] = (uint32_t)(v >> 32);
	b->n = 2;
}

static void big_mul_add(struct big *b, uint32_t factor, uint32_t add)
{
	uint64_t carry = add;

	for (unsigned i = 0; i < b->n; i++) {
		carry += (uint64_t)b->word[i] * factor;
		b->word[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry)
		b->word[b->n++] = (uint32_t)carry;
}

static void big_times_pow5(struct big *b, int64_t n)
{
	for (; n >= 13; n -= 13)
		big_mul_add(b, 1220703125, 0);
	for (; n > 0; n--)
		big_mul_add(b, 5, 0);
}

static void big_shift(struct big *b, int64_t n)
{
	unsigned words = (unsigned)(n / 32);

	big_mul_add(b, 1u << n % 32, 0);
	memmove(b->word + words, b->word, b->n * sizeof *b->word);
	memset(b->word, 0, words * sizeof *b->word);
	b->n += words;
}

static int big_compare(const struct big *a, const struct big *b)
{
	for (unsigned i = a->n > b->n ? a->n : b->n; i-- > 0;) {
		uint32_t x = i < a->n ? a->word[i] : 0, y = i < b->n ? b->word[i] : 0;

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

/* A scanned number: digits from the first that is not 0, with at most one '.' among them; the value is those digits
 * as an integer times 10^exp10. */
struct scan { const char *digits, *digits_end; uint64_t w; int64_t n, exp10; bool negative; };

/* Decides between b = nearest(first 19 digits) and the double above it: the exact value against the midpoint. */
static uint64_t settle(const struct scan *s, uint64_t b)
{
	uint64_t mantissa = b & (HIDDEN_BIT - 1);
	int64_t exponent = (int64_t)(b >> MANTISSA_BITS), exp10 = s->exp10 + s->n, shift;
	struct big value = { 0 }, middle = { 0 };
	int64_t taken = 0;
	bool rest = false;
	int order;

	if (exponent)
		mantissa |= HIDDEN_BIT;
	else
		exponent = 1;
	big_set(&middle, 2 * mantissa + 1);	/* times 2^(exponent - 1076) */
	big_set(&value, 0);
	for (const char *p = s->digits; p < s->digits_end; p++) {
		if (*p == '.')
			continue;
		if (taken < MIDPOINT_DIGITS) {
			big_mul_add(&value, 10, (uint32_t)(*p - '0'));
			taken++;
		} else if (*p != '0') {
			rest = true;
			break;
		}
	}
	exp10 -= taken;
	big_times_pow5(exp10 < 0 ? &middle : &value, exp10 < 0 ? -exp10 : exp10);
	shift = exp10 - (exponent - 1076);
	big_shift(shift < 0 ? &middle : &value, shift < 0 ? -shift : shift);
	order = big_compare(&value, &middle);
	if (order == 0)
		order = rest ? 1 : b & 1 ? 1 : -1;
	return b + (order > 0);
}

/* More digits than fit a uint64. */
static uint64_t nearest_long(const struct scan *s)
{
	uint64_t w = 0, b;
	int64_t taken = 0, q;

	for (const char *p = s->digits; taken < EXACT_DIGITS; p++)
		if (*p != '.') {
			w = w * 10 + (uint64_t)(*p - '0');
			taken++;
		}
	q = s->exp10 + s->n - taken;
	b = nearest(w, q);
	return b == INFINITE_BITS || q < -342 ? b : settle(s, b);
}

/* Digits go into *w, which wraps silently after 19. */
static const char *scan_digits(const char *p, const char *end, uint64_t *w)
{
	uint64_t v = *w;

	for (; p < end && is_digit(*p); p++)
		v = v * 10 + (uint64_t)(*p - '0');
	*w = v;
	return p;
}

static const char *scan_exponent(const char *p, const char *end, int64_t *exp10)
{
	bool negative = false;
	int64_t e = 0;

	p++;
	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	if (p == end || !is_digit(*p))
		return NULL;
	for (; p < end && is_digit(*p); p++)
		if (e < INT64_C(1000000000000))	/* far beyond what any number of digits can make up for */
			e = e * 10 + (*p - '0');
	*exp10 += negative ? -e : e;
	return p;
}

static const char *scan(const char *p, const char *end, struct scan *s)
{
	const char *start;

	s->w = 0;
	s->exp10 = 0;
	s->negative = p < end && *p == '-';
	p += s->negative;
	start = s->digits = p;
	p = scan_digits(p, end, &s->w);
	s->n = p - start;
	if (s->n == 0 || (*start == '0' && s->n > 1))
		return NULL;
	if (p < end && *p == '.') {
		const char *fraction = p + 1;

		p = scan_digits(fraction, end, &s->w);
		if (p == fraction)
			return NULL;
		s->exp10 = fraction - p;
		s->n += p - fraction;
	}
	s->digits_end = p;
	if (p < end && (*p | 32) == 'e')
		p = scan_exponent(p, end, &s->exp10);
	if (s->n > EXACT_DIGITS)
		for (; s->digits < s->digits_end && (*s->digits == '0' || *s->digits == '.'); s->digits++)
			s->n -= *s->digits == '0';
	return p;
}

const char *num_f64_get(const char *p, const char *end, double *v)
{
	static const double exact[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
	};
	struct scan s;
	uint64_t bits;

	p = scan(p, end, &s);
	if (!p)
		return NULL;
	if (s.n <= EXACT_DIGITS && s.w <= HIDDEN_BIT << 1 && s.exp10 >= -22 && s.exp10 <= 22) {
		double w = (double)s.w;	/* both operands are exact: one rounding */

		w = s.exp10 < 0 ? w / exact[-s.exp10] : w * exact[s.exp10];
		*v = s.negative ? -w : w;
		return p;
	}
	bits = s.n <= EXACT_DIGITS ? nearest(s.w, s.exp10) : nearest_long(&s);
	if (bits == INFINITE_BITS)
		return NULL;
	*v = double_of(bits | (uint64_t)s.negative << 63);
	return p;
}

const char *num_u64_get(const char *p, const char *end, uint64_t *v)
{
	const char *start = p, *stop;

	*v = 0;
	p = scan_digits(p, end, v);
	if (p == start || (*start == '0' && p - start > 1))
		return NULL;
	if (p - start <= EXACT_DIGITS)
		return p;
	*v = 0;
	for (stop = p, p = start; p < stop; p++)
		if (__builtin_mul_overflow(*v, 10, v) || __builtin_add_overflow(*v, (uint64_t)(*p - '0'), v))
			return NULL;
	return p;
}

const char *num_i64_get(const char *p, const char *end, int64_t *v)
{
	bool negative = p < end && *p == '-';
	uint64_t u;

	p = num_u64_get(p + negative, end, &u);
	if (!p || u > (uint64_t)INT64_MAX + negative)
		return NULL;
	*v = (int64_t)(negative ? -u : u);
	return p;
}

bool num_f64_parse(const char *s, double *v)
{
	const char *end = s + strlen(s);

	return num_f64_get(s, end, v) == end;
}

bool num_i64_parse(const char *s, int64_t *v)
{
	const char *end = s + strlen(s);

	return num_i64_get(s, end, v) == end;
}

/* ---- writing ---- */

static const uint64_t pow10_u64[] = {
	UINT64_C(1), UINT64_C(10), UINT64_C(100), UINT64_C(1000), UINT64_C(10000), UINT64_C(100000), UINT64_C(1000000),
	UINT64_C(10000000), UINT64_C(100000000), UINT64_C(1000000000), UINT64_C(10000000000), UINT64_C(100000000000),
	UINT64_C(1000000000000), UINT64_C(10000000000000), UINT64_C(100000000000000), UINT64_C(1000000000000000),
	UINT64_C(10000000000000000), UINT64_C(100000000000000000), UINT64_C(1000000000000000000),
	UINT64_C(10000000000000000000),
};

static int count_digits(uint64_t v)
{
	int guess = (64 - __builtin_clzll(v | 1)) * 1233 >> 12;	/* 1233 / 4096 is log10(2), a little less */

	return guess + (v >= pow10_u64[guess]);
}

/* The eight digits of v < 10^8, one per byte, the first in the lowest: quartets, pairs, then digits are divided side by
 * side in one word. */
static uint64_t spread8(uint64_t v)
{
	uint64_t quartets = v / 10000 | v % 10000 << 32;
	uint64_t hundreds = quartets * 10486 >> 20 & UINT64_C(0x7f0000007f);
	uint64_t pairs = hundreds | (quartets - 100 * hundreds) << 16;
	uint64_t tens = pairs * 103 >> 10 & UINT64_C(0x000f000f000f000f);

	return tens | (pairs - 10 * tens) << 8;
}

static void put8(char *dst, uint64_t digits)
{
	digits = htole64(digits | UINT64_C(0x3030303030303030));
	memcpy(dst, &digits, 8);
}

/* v < 10^8 without leading zeros; writes eight bytes. */
static char *put_short(char *dst, uint64_t v)
{
	uint64_t digits = spread8(v);
	int zeros = __builtin_ctzll(digits | UINT64_C(1) << 56) & ~7;

	put8(dst, digits >> zeros);
	return dst + 8 - zeros / 8;
}

char *num_u64_put(char *dst, uint64_t v)
{
	if (v < 100000000)
		return put_short(dst, v);
	dst = num_u64_put(dst, v / 100000000);
	put8(dst, spread8(v % 100000000));
	return dst + 8;
}

char *num_i64_put(char *dst, int64_t v)
{
	if (v >= 0)
		return num_u64_put(dst, (uint64_t)v);
	*dst++ = '-';
	return num_u64_put(dst, -(uint64_t)v);
}

/* g * c / 2^128 with the last bit set when anything was cut off: comparisons stay exact. */
static uint64_t multiply_to_odd(struct pow10 g, uint64_t c)
{
	uint64_t low = (uint64_t)((u128)g.lo * c >> 64);
	u128 high = (u128)g.hi * c + low;

	return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* Schubfach for c * 2^q: 4s and 4s + 4 are the neighbours of v on the scale of 4 * 10^k; take the shorter one that lies
 * in the rounding interval of v, else the nearer. An interval's ends belong to it when c is even. */
static uint64_t shortest_of(uint64_t c, int q, bool lower_is_closer, int *exp10)
{
	int k = (q * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22, shift = q + log2_pow10(-k) + 1;
	struct pow10 g = -k < 0 || -k > 55 ? pow10_above(-k) : pow10_table[-k - POW10_FIRST];
	uint64_t v = multiply_to_odd(g, (4 * c) << shift), s = v / 4, odd = c & 1;
	uint64_t low = multiply_to_odd(g, (4 * c - 2 + lower_is_closer) << shift) + odd;
	uint64_t high = multiply_to_odd(g, (4 * c + 2) << shift) - odd;
	bool down, up;

	*exp10 = k;
	if (s >= 10) {
		uint64_t tens = s / 10;

		down = low <= 40 * tens;
		up = 40 * tens + 40 <= high;
		if (down != up) {
			*exp10 = k + 1;
			return tens + up;
		}
	}
	down = low <= 4 * s;
	up = 4 * s + 4 <= high;
	if (down != up)
		return s + up;
	return s + (v > 4 * s + 2 || (v == 4 * s + 2 && (s & 1)));
}

/* Digits and exponent as Schubfach leaves them: perhaps with zeros at the end. v > 0 */
static uint64_t shortest(double v, int *exp10)
{
	uint64_t bits = bits_of(v), mantissa = bits & (HIDDEN_BIT - 1);
	int exponent = (int)(bits >> MANTISSA_BITS);

	if (v < (double)(HIDDEN_BIT << 1) && (double)(uint64_t)v == v) {
		*exp10 = 0;
		return (uint64_t)v;
	}
	if (exponent == 0)
		return shortest_of(mantissa, -1074, false, exp10);
	return shortest_of(mantissa | HIDDEN_BIT, exponent - 1075, mantissa == 0 && exponent > 1, exp10);
}

void num_f64_shortest(double v, uint64_t *digits, int *exp10)
{
	*digits = shortest(v, exp10);
	for (uint64_t shorter; (shorter = *digits / 10) * 10 == *digits; ++*exp10)
		*digits = shorter;
}

/* The digits of a double as text, '0' behind them, and where the decimal point stands: before digit[point]. Fixed sizes
 * make the copies single instructions. */
struct decimal { char digit[40]; int n, point; };

static void decimal_of(struct decimal *d, double v)
{
	int exp10, n;
	uint64_t digits = shortest(v, &exp10), high, low;

	n = count_digits(digits);
	digits *= pow10_u64[17 - n];	/* never more than 17 */
	d->point = n + exp10;
	d->digit[0] = (char)('0' + digits / pow10_u64[16]);
	digits %= pow10_u64[16];
	high = spread8(digits / 100000000);
	low = spread8(digits % 100000000);
	put8(d->digit + 1, high);
	put8(d->digit + 9, low);
	memset(d->digit + 17, '0', sizeof d->digit - 17);
	d->n = low ? 17 - __builtin_clzll(low) / 8 : high ? 9 - __builtin_clzll(high) / 8 : 1;
}

/* Digits with a point before digit[point]; 0 < point < n. */
static char *put_pointed(char *dst, const struct decimal *d, int point)
{
	memcpy(dst, d->digit, 16);
	memcpy(dst + point + 1, d->digit + point, 16);
	dst[point] = '.';
	return dst + d->n + 1;
}

/* Without exponent, for -6 < point <= 21; a whole number has no point. */
static char *put_plain(char *dst, const struct decimal *d)
{
	if (d->point >= d->n) {
		memcpy(dst, d->digit, 24);
		return dst + d->point;
	}
	if (d->point > 0)
		return put_pointed(dst, d, d->point);
	memcpy(dst, "0.00000", 8);
	dst += 2 - d->point;
	memcpy(dst, d->digit, 24);
	return dst + d->n;
}

static char *put_exponent(char *dst, const struct decimal *d, const char *plus)
{
	if (d->n > 1)
		dst = put_pointed(dst, d, 1);
	else
		*dst++ = d->digit[0];
	*dst++ = 'e';
	if (d->point > 0)
		dst = stpcpy(dst, plus);
	return num_i64_put(dst, d->point - 1);
}

char *num_f64_put(char *dst, double v)
{
	struct decimal d;

	if (bits_of(v) >> 63) {
		*dst++ = '-';
		v = -v;
	}
	if (v < (double)(HIDDEN_BIT << 1) && (double)(uint64_t)v == v)
		return num_u64_put(dst, (uint64_t)v);
	decimal_of(&d, v);
	return d.point > 21 || d.point < -5 ? put_exponent(dst, &d, "+") : put_plain(dst, &d);
}

char *num_f64_put_float(char *dst, double v)
{
	struct decimal d;

	if (bits_of(v) >> 63) {
		*dst++ = '-';
		v = -v;
	}
	if (v == 0)
		return stpcpy(dst, "0.0");
	decimal_of(&d, v);
	if (d.point > 16 || d.point < -4)
		return put_exponent(dst, &d, "");
	dst = put_plain(dst, &d);
	return d.point >= d.n ? stpcpy(dst, ".0") : dst;
}
