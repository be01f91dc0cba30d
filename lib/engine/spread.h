/* SPDX-License-Identifier: MIT
 * A stretch of equal pieces of work spread over several threads, which end with it. */
#ifndef OCQ_ENGINE_SPREAD_H
#define OCQ_ENGINE_SPREAD_H

#include <stdint.h>

/* work(arg, from, to) for all of 0..n, at most `piece` at once; the caller is one of the threads. */
void spread(unsigned threads, uint32_t n, uint32_t piece, void (*work)(void *arg, uint32_t from, uint32_t to), void *arg);

#endif
