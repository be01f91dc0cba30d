/* SPDX-License-Identifier: MIT
 * Numbers as text (docs/parity.md "Text"). A double's text is the shortest that reads back to the same bits, in
 * ECMAScript form (1e+21, 1e-7, 0.000001, 43012.3, 100), but -0 prints as "-0". Reading is correctly rounded.
 * Locale-free; no allocation. */
#ifndef OCQ_BASE_NUM_H
#define OCQ_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that a num_X_put() may write; the text is shorter, what stands behind it is unspecified. */
#define NUM_F64_MAX 40
#define NUM_I64_MAX 24

/* Writes at dst, returns the end; no terminator. v must be finite. */
char *num_f64_put(char *dst, double v);
char *num_i64_put(char *dst, int64_t v);
char *num_u64_put(char *dst, uint64_t v);

/* The same value for a fingerprint: always with fraction or exponent ("3.0", "0.25"), exponent form below 1e-5 and
 * from 1e16 ("1e-6", "1e16", no '+'). */
char *num_f64_put_float(char *dst, double v);

/* Shortest decimal digits: v = digits * 10^exp10, digits without trailing zeros; v finite and > 0. */
void num_f64_shortest(double v, uint64_t *digits, int *exp10);

/* Reads a JSON number at p (not past end): returns the first byte after it, NULL if there is none or it is not
 * finite after rounding ("1e999"). Strict JSON grammar: no "+1", "01", ".5", "1.", "NaN". */
const char *num_f64_get(const char *p, const char *end, double *v);
/* Integers: optional '-' and digits only; NULL on overflow. */
const char *num_i64_get(const char *p, const char *end, int64_t *v);
const char *num_u64_get(const char *p, const char *end, uint64_t *v);

/* Whole-string forms: the text must be the number and nothing else. */
bool num_f64_parse(const char *s, double *v);
bool num_i64_parse(const char *s, int64_t *v);

#endif
