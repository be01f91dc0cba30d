/* SPDX-License-Identifier: MIT
 * The exchange's numbers: decimals with at most 8 places, as text or as dec8, never by way of a double. */
#ifndef OCQ_HL_DECIMAL_H
#define OCQ_HL_DECIMAL_H

#include "base/buf.h"

#include <stdint.h>

/* Units of 1e-8, so the magnitude stays below 9.2e10. */
typedef int64_t dec8;
#define DEC8_ONE INT64_C(100000000)
#define DEC8_TEXT 24		/* bytes that a dec8_put() may write */
#define DEC8_OF(whole) ((dec8)(whole) * DEC8_ONE)

static inline dec8 dec8_abs(dec8 v) { return v < 0 ? -v : v; }

enum dec8_round {
	DEC8_DOWN,	/* toward zero */
	DEC8_UP,	/* away from zero */
	DEC8_HALF_UP,	/* nearest, halves away from zero */
	DEC8_HALF_EVEN,	/* nearest, halves to the even digit */
};

/* Decimal text: digits with at most one point among, before or behind them, '-' allowed, no exponent, no '+', no blanks.
 * False: something else, more than 8 places that are not zero, or out of range. */
bool dec8_parse(const char *s, size_t n, dec8 *v);
/* The forms on the wire: "84143", "0.0015", "-2"; zero is "0". Answers of the exchange have a place at least: "84143.0".
 * Returns the end, no terminator. */
char *dec8_put(char *dst, dec8 v);
char *dec8_put_answer(char *dst, dec8 v);

/* Product and quotient, rounded to 8 places. They saturate at INT64_MAX and INT64_MIN; b of dec8_div() must not be 0. */
dec8 dec8_mul(dec8 a, dec8 b, enum dec8_round r);
dec8 dec8_div(dec8 a, dec8 b, enum dec8_round r);
/* Rounded to places (0..8) decimals. */
dec8 dec8_places(dec8 v, unsigned places, enum dec8_round r);

/* For records and reckoning only. dec8_of_f64() rounds the double's exact value; false: not finite or out of range. */
double dec8_f64(dec8 v);
bool dec8_of_f64(double v, enum dec8_round r, dec8 *out);

/* Prices: at most 5 significant digits and at most (perp 6, spot 8) - sz_decimals places; a whole number always passes.
 * tick_round() gives the nearest legal price in the direction asked: first to max(5, digits before the point) significant
 * digits, then to the places. It may give 0, which is no price. */
bool tick_ok(dec8 px, unsigned sz_decimals, bool spot);
dec8 tick_round(dec8 px, unsigned sz_decimals, bool spot, enum dec8_round r);
unsigned tick_places(unsigned sz_decimals, bool spot);
/* Sizes: at most sz_decimals places. */
bool lot_ok(dec8 sz, unsigned sz_decimals);
dec8 lot_round(dec8 sz, unsigned sz_decimals, enum dec8_round r);

/* Limit price of a market order: mid * (1 + slippage) for a buy, * (1 - slippage) for a sale, to 5 significant digits, then
 * to the tick's places, halves to even. The product is a double's, as clients of this exchange reckon it. 0: no price. */
dec8 slippage_price(dec8 mid, double slippage, bool buy, unsigned sz_decimals, bool spot);

/* Appends any decimal text (as dec8_parse() reads it, but of any length) in wire form, without loss: "00123" is "123",
 * ".50" is "0.5", "-0.0" is "0". False, nothing appended: not decimal text. */
bool wire_number(const char *s, size_t n, struct buf *out, struct errmsg *e) MUST_USE;
/* A double: 8 places, refused when that differs by 1e-12 or more, or is not finite. */
bool wire_f64(double v, struct buf *out, struct errmsg *e) MUST_USE;
/* Decimal text times ten to the power (<= 18), as the integers of some actions: 1.5 USD is 1500000 at power 6. Refused when
 * 0.001 or more from an integer, or beyond 38 digits. */
bool wire_scaled(const char *s, size_t n, unsigned power, struct buf *out, struct errmsg *e) MUST_USE;

#endif
