/* SPDX-License-Identifier: MIT
 * Random numbers that need no state: each follows from (seed, stream, counter) alone, so that number 10^6 of a stream costs what
 * the first one does, and work that is split or begun again draws what it would have drawn. Not for secrets.
 *
 * A stream (an axis, say) is SplitMix64, begun at a place of its period that seed and stream choose; counter (the trial) is the
 * index in it. Results are written down under their seed: the values never change. */
#ifndef OCQ_BASE_RNG_H
#define OCQ_BASE_RNG_H

#include <stdint.h>

uint64_t rng_u64(uint64_t seed, uint64_t stream, uint64_t counter);
/* In [0, 1): a multiple of 2^-53. */
double rng_f64(uint64_t seed, uint64_t stream, uint64_t counter);
/* Below n, which is at least 1. A number's probability is 1/n to within 2^-64. */
uint64_t rng_below(uint64_t seed, uint64_t stream, uint64_t counter, uint64_t n);

#endif
