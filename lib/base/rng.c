/* SPDX-License-Identifier: MIT
 * SplitMix64 (Steele, Lea, Flood 2014) by index. The values are part of every seeded result: never change them. */
#include "base/rng.h"

#define STEP 0x9e3779b97f4a7c15	/* 2^64 over the golden ratio, odd: the state visits all 2^64 values */

/* A bijection after which each bit of x has a say in every bit. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* The streams of a seed begin at different states: mix() is a bijection and STEP is odd. */
uint64_t rng_u64(uint64_t seed, uint64_t stream, uint64_t counter)
{
	uint64_t start = mix(mix(seed) + stream * STEP);

	return mix(start + (counter + 1) * STEP);
}

double rng_f64(uint64_t seed, uint64_t stream, uint64_t counter)
{
	return (double)(rng_u64(seed, stream, counter) >> 11) * 0x1p-53;
}

uint64_t rng_below(uint64_t seed, uint64_t stream, uint64_t counter, uint64_t n)
{
	return (uint64_t)((unsigned __int128)rng_u64(seed, stream, counter) * n >> 64);
}
