/* SPDX-License-Identifier: MIT
 * Runs while building: prints the upper 128 bits of 10^e, rounded down, for every e that lib/base/num.c looks up. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FIRST (-342)	/* 10^-342 times 19 digits is below the least subnormal's half */
#define LAST 324	/* what the writer needs for the least subnormal */
#define WORDS 42	/* 10^324 has 1077 bits; 2^(32 * WORDS - 1) / 10^342 keeps 207 */

static uint32_t big[WORDS];	/* least word first */

static void times_10(void)
{
	uint64_t carry = 0;

	for (int i = 0; i < WORDS; i++) {
		carry += (uint64_t)big[i] * 10;
		big[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

static void over_10(void)
{
	uint64_t rest = 0;

	for (int i = WORDS; i-- > 0;) {
		rest = rest << 32 | big[i];
		big[i] = (uint32_t)(rest / 10);
		rest %= 10;
	}
}

static int bit(int i)
{
	return i < 0 ? 0 : (int)(big[i / 32] >> i % 32 & 1);
}

static void print_top(int e)
{
	uint64_t word[2] = { 0, 0 };
	int top = 32 * WORDS - 1;

	while (!bit(top))
		top--;
	for (int i = 0; i < 128; i++)
		word[i / 64] = word[i / 64] << 1 | (uint64_t)bit(top - i);
	printf("\t{ 0x%016llx, 0x%016llx },\t/* %d */\n", (unsigned long long)word[0], (unsigned long long)word[1], e);
}

int main(void)
{
	printf("#define POW10_FIRST (%d)\n#define POW10_LAST %d\n", FIRST, LAST);
	puts("static const struct pow10 { uint64_t hi, lo; } pow10_table[] = {");
	for (int e = FIRST; e <= LAST; e++) {	/* rounding down twice is rounding down once, so dividing step by step is exact */
		memset(big, 0, sizeof big);
		if (e < 0)
			big[WORDS - 1] = 1u << 31;
		else
			big[0] = 1;
		for (int i = 0; i < e; i++)
			times_10();
		for (int i = 0; i < -e; i++)
			over_10();
		print_top(e);
	}
	puts("};");
	return ferror(stdout) || fflush(stdout);
}
