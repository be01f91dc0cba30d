/* SPDX-License-Identifier: MIT
 * The few numeric helpers every rule shares; all exact in what they promise, on every compiler (docs/parity.md). */
#ifndef OCQ_KERNEL_MATH_H
#define OCQ_KERNEL_MATH_H

#include "kernel/kernel.h"

/* Larger and smaller operand; a NaN yields the other one. */
KERNEL_INLINE double max_f64(double a, double b)
{
	if (a != a)
		return b;
	return b > a ? b : a;
}

KERNEL_INLINE double min_f64(double a, double b)
{
	if (a != a)
		return b;
	return b < a ? b : a;
}

/* lo below lo, hi above hi, else x (NaN stays NaN). */
KERNEL_INLINE double clamp_f64(double x, double lo, double hi)
{
	if (x < lo)
		return lo;
	return x > hi ? hi : x;
}

/* Toward zero, saturating, NaN gives 0. */
KERNEL_INLINE int64_t trunc_i64(double x)
{
	if (x != x)
		return 0;
	if (x >= 9223372036854775807.0)
		return INT64_MAX;
	if (x <= -9223372036854775808.0)
		return INT64_MIN;
	return (int64_t)x;
}

KERNEL_INLINE int32_t trunc_i32(double x)
{
	int64_t v = trunc_i64(x);

	if (v > INT32_MAX)
		return INT32_MAX;
	return v < INT32_MIN ? INT32_MIN : (int32_t)v;
}

/* Twelve decimals, halves away from zero. Above 9007 the product exceeds 2^53 and only the rounding error of the
 * multiplication and division is left: still applied, always the same three operations. */
KERNEL_INLINE double quantise(double x)
{
	return round(x * 1e12) / 1e12;
}

#endif
