/* SPDX-License-Identifier: MIT
 * The symbol at hand. A GPU's threads have their symbols in the device's memory, where neighbours never look at one place, and it takes
 * hundreds of clocks to get there. So what a bar needs comes into the walk at once, in the widest words there are, and only
 * what changed goes back (docs/performance.md "GPU"). On a CPU, which has caches for that, all of this is nothing. */
#ifndef OCQ_KERNEL_NEAR_H
#define OCQ_KERNEL_NEAR_H

#include "kernel/walk.h"

#ifdef KERNEL_NEAR
enum { NEAR_CHANGES = offsetof(struct symbol_state, pos.trailing_sl), NEAR_CLOCKS = offsetof(struct symbol_state, last_entry_ms) };
static_assert(NEAR_CHANGES % 16 == 0 && NEAR_CLOCKS % 16 == 0 && SYMBOL_NEAR % 16 == 0, "whole words of 16 bytes");

struct near_word { uint64_t half[2]; };

static KERNEL_FN KERNEL_INTO void near_come(uint64_t *near, const struct symbol_state *far, unsigned from, unsigned to)
{
	const char *at = (const char *)__builtin_assume_aligned(far, 16);
	struct near_word w[SYMBOL_NEAR / 16];
	unsigned i;

	KERNEL_UNROLL
	for (i = from / 16; i < to / 16; i++)
		__builtin_memcpy(&w[i], at + i * 16, 16);
	KERNEL_UNROLL
	for (i = from / 16; i < to / 16; i++) {
		near[2 * i] = w[i].half[0];
		near[2 * i + 1] = w[i].half[1];
	}
}

static KERNEL_FN KERNEL_INTO void near_go(struct symbol_state *far, const uint64_t *near, unsigned from, unsigned to)
{
	char *at = (char *)__builtin_assume_aligned(far, 16);
	struct near_word w;
	unsigned i;

	KERNEL_UNROLL
	for (i = from / 16; i < to / 16; i++) {
		w.half[0] = near[2 * i];
		w.half[1] = near[2 * i + 1];
		__builtin_memcpy(at + i * 16, &w, 16);
	}
}

/* open: symbol i has a position; of one that has none only the clocks are looked at. */
static KERNEL_FN void near_take(struct walk *w, uint32_t i, bool open)
{
	if (open)
		near_come(w->near, &w->run.sym[i], 0, NEAR_CHANGES);
	near_come(w->near, &w->run.sym[i], NEAR_CHANGES, SYMBOL_NEAR);
	w->run.near_at = i;
}

/* events: there were some. */
static KERNEL_FN void near_give(struct walk *w, uint32_t i, bool open, bool events)
{
	w->run.near_at = WALK_NONE;
	if (events) {
		near_go(&w->run.sym[i], w->near, 0, NEAR_CHANGES);
		near_go(&w->run.sym[i], w->near, NEAR_CLOCKS, SYMBOL_NEAR);
	}
	if (open)
		near_go(&w->run.sym[i], w->near, NEAR_CHANGES, NEAR_CLOCKS);
}
#else
static KERNEL_FN void near_take(struct walk *w, uint32_t i, bool open)
{
	(void)w, (void)i, (void)open;
}

static KERNEL_FN void near_give(struct walk *w, uint32_t i, bool open, bool events)
{
	(void)w, (void)i, (void)open, (void)events;
}
#endif

#endif
