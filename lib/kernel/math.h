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

/* Sets of 64: the lowest member of one that has any, and how many there are. */
KERNEL_INLINE uint32_t lowest(uint64_t set)
{
#ifdef __CUDA_ARCH__
	return (uint32_t)__ffsll((long long)set) - 1;
#else
	return (uint32_t)__builtin_ctzll(set);
#endif
}

KERNEL_INLINE uint32_t members(uint64_t set)
{
#ifdef __CUDA_ARCH__
	return (uint32_t)__popcll(set);
#else
	set -= set >> 1 & 0x5555555555555555u;	/* in pairs of bits, fours, eights; the product adds the eights up */
	set = (set & 0x3333333333333333u) + (set >> 2 & 0x3333333333333333u);
	return (uint32_t)(((set + (set >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u >> 56);
#endif
}

/* Twelve decimals, halves away from zero. Above 9007 the product exceeds 2^53 and only the rounding error of the
 * multiplication and division is left: still applied, always the same three operations. */
KERNEL_INLINE double quantise(double x)
{
	return round(x * 1e12) / 1e12;
}

#endif
