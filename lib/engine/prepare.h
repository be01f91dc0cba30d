/* SPDX-License-Identifier: MIT
 * Market data in the form in which candidates walk it (kernel/walk.h): columns of all symbols end to end, and tables that say
 * which bars, sub-bars, ticks and funding hours belong to a step. Made once a sweep. */
#ifndef OCQ_ENGINE_PREPARE_H
#define OCQ_ENGINE_PREPARE_H

#include "config/config.h"
#include "kernel/walk.h"
#include "store/market.h"

struct prepared {
	struct walk_market walk;	/* its arrays are owned by `memory` */
	const struct market *market;	/* kept by reference */
	uint32_t n_bars;		/* of all symbols */
	const uint32_t *step_of;	/* the step of each bar */
	uint32_t n_ticks, n_hours, n_exit_bars, n_entry_bars;
	void *memory;			/* private */
};

/* c: the sweep's base; its engine.* keys and repairs hold for every candidate. False: the market is too large for the tables'
 * 32 bits, or has more than WALK_SYMBOLS_MAX symbols. */
bool prepare(struct prepared *p, const struct market *m, const struct config *c, struct errmsg *e) MUST_USE;
void prepared_release(struct prepared *p);

#endif
