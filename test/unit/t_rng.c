/* SPDX-License-Identifier: MIT
 * lib/base/rng: known answers, and that no direction of (seed, stream, counter) shows a pattern. */
#include "test.h"

#include "base/rng.h"

#include <stdlib.h>

enum { DRAWS = 1 << 16 };

/* The first three are SplitMix64 of seed 0 as published; the others come from another implementation of the same definition. */
static void test_known(void)
{
	CHECK(rng_u64(0, 0, 0) == 0xe220a8397b1dcdaf);
	CHECK(rng_u64(0, 0, 1) == 0x6e789e6aa1b965f4);
	CHECK(rng_u64(0, 0, 2) == 0x06c45d188009454f);
	CHECK(rng_u64(42, 0, 0) == 0x9d591bb7266b13f3);
	CHECK(rng_u64(42, 1, 0) == 0x5599b3e06d073327);
	CHECK(rng_u64(42, 137, 999999) == 0x270056faa18909f6);
	CHECK(rng_u64(UINT64_MAX, UINT64_MAX, UINT64_MAX) == 0x6b643b67d3be7677);
	CHECK_SAME(rng_f64(0, 0, 0), 0.8833108082136426);
	CHECK_SAME(rng_f64(42, 137, 999999), 0.15234893435402708);
	CHECK(rng_below(0, 0, 0, 10) == 8 && rng_below(42, 0, 0, 10) == 6 && rng_below(42, 1, 0, 10) == 3);
}

/* Number i of a walk in one direction: along a stream, over streams, over seeds. */
static uint64_t draw(int direction, uint64_t i, uint64_t n)
{
	return direction == 0 ? rng_below(42, 7, i, n) : direction == 1 ? rng_below(42, i, 7, n) : rng_below(i, 7, 42, n);
}

/* The sum of (count - expected)^2 / expected over n cells has mean n - 1 and variance 2(n - 1). */
static bool even(const uint32_t *count, uint64_t n)
{
	double expected = (double)DRAWS / (double)n, sum = 0, off;
	uint64_t i;

	for (i = 0; i < n; i++)
		sum += ((double)count[i] - expected) * ((double)count[i] - expected) / expected;
	off = sum - (double)(n - 1);
	return off * off < 25 * 2 * (double)(n - 1);	/* five deviations, to both sides: too even is a pattern as well */
}

static void test_uniform(int direction)
{
	static const uint64_t cells[] = { 2, 3, 7, 10, 256, 1000 };
	uint32_t count[1000];
	uint64_t i, k;

	for (k = 0; k < sizeof cells / sizeof *cells; k++) {
		memset(count, 0, sizeof count);
		for (i = 0; i < DRAWS; i++)
			count[draw(direction, i, cells[k])]++;
		CHECK(even(count, cells[k]));
	}
}

/* A number and its successor are independent: pairs fill a square evenly. */
static void test_pairs(int direction)
{
	uint32_t count[256] = { 0 };
	uint64_t i;

	for (i = 0; i < DRAWS; i++)
		count[16 * draw(direction, i, 16) + draw(direction, i + 1, 16)]++;
	CHECK(even(count, 256));
}

/* Every bit is set half of the time: 32768 of 65536 with a deviation of 128. */
static void test_bits(void)
{
	unsigned bit, ones;
	uint64_t i;

	for (bit = 0; bit < 64; bit++) {
		for (ones = 0, i = 0; i < DRAWS; i++)
			ones += rng_u64(1, 2, i) >> bit & 1;
		CHECK(abs((int)ones - DRAWS / 2) < 5 * 128);
	}
}

static void test_ranges(void)
{
	double v, sum = 0;
	bool inside = true;
	uint64_t i;

	for (i = 0; i < DRAWS; i++) {
		v = rng_f64(3, 5, i);
		inside = inside && v >= 0 && v < 1;
		sum += v;
		inside = inside && rng_below(3, 5, i, 1) == 0 && rng_below(3, 5, i, 3) < 3 && rng_below(3, 5, i, UINT64_MAX) < UINT64_MAX;
	}
	CHECK(inside);
	CHECK(sum / DRAWS > 0.494 && sum / DRAWS < 0.506);	/* 0.5 with a deviation of 0.0011 */
}

int main(void)
{
	int direction;

	test_known();
	for (direction = 0; direction < 3; direction++) {
		test_uniform(direction);
		test_pairs(direction);
	}
	test_bits();
	test_ranges();
	return test_end("rng");
}
