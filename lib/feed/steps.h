/* SPDX-License-Identifier: MIT
 * When the time step of the decision interval closes (docs/market-data.md "Steps"): with all symbols as soon as they are
 * there, with those that are there when patience ends, never without the benchmark and the symbols that are required. */
#ifndef OCQ_FEED_STEPS_H
#define OCQ_FEED_STEPS_H

#include <stdbool.h>
#include <stdint.h>

/* The series of the step, counted. */
struct step_count {
	unsigned followed, final, absent;	/* absent: the exchange says that there is no such bar */
	unsigned hopeless;			/* neither, and asking for it fails again and again */
	bool required_waits;			/* a required symbol's bar is neither final nor absent */
};

enum step_verdict { STEP_WAITS, STEP_DUE, STEP_EMPTY };	/* EMPTY: over, and nobody has a bar: gaps are told, no step */

enum { STEP_CATCH_UP = 10 };	/* a step that is late when its turn comes is given this many times the patience, from then on */

/* end_ms: the first millisecond after the step's bars; turn_ms: when it became the next one to close and was over. */
enum step_verdict step_look(const struct step_count *c, int64_t end_ms, int64_t turn_ms, int64_t now_ms, int64_t grace_ms,
		int64_t patience_ms);

#endif
