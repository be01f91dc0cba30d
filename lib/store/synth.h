/* SPDX-License-Identifier: MIT
 * Synthetic markets: the same bytes for the same plan with every compiler (docs/rules/data.md "Synthetic markets"). A
 * symbol's bars depend on seed, start, name, regime and gaps only: not on the other symbols, and not on the intervals
 * asked for, which are all made from the same minutes. */
#ifndef OCQ_STORE_SYNTH_H
#define OCQ_STORE_SYNTH_H

#include "record/record.h"
#include "store/columns.h"
#include "store/fault.h"

struct synth_plan {
	uint64_t seed;
	int64_t from_ms;		/* a whole minute */
	uint32_t days;
	const char *symbols;		/* comma list; NULL: the first n_symbols of the built-in coins */
	uint32_t n_symbols;
	const char *intervals;		/* comma list */
	const char *regime;		/* one for the whole market instead of the mixture; NULL: the mixture */
	uint32_t gaps;			/* outages of a symbol in 30 days, about */
	uint32_t late;			/* this many symbols at the end of the list are listed within the window */
	uint32_t delisted;		/* this many from the second on end within it */
};
#define SYNTH_PLAN_INIT { .seed = 1, .from_ms = INT64_C(1735689600000), .days = 30, .n_symbols = 8, .intervals = "1h", .gaps = 1 }

struct synth_symbol {
	char name[SYMBOL_MAX];
	int64_t listed_from_ms, listed_to_ms;	/* inclusive */
	struct columns *bars;			/* by interval */
	struct columns rates;
};

struct synth {
	uint32_t n_symbols, n_intervals;
	struct synth_symbol *symbol;		/* ascending by bytes */
	char (*interval)[8];			/* in the order asked for */
};

bool synth_make(struct synth *s, const struct synth_plan *plan, struct fault *f) MUST_USE;
void synth_release(struct synth *s);

/* "range rise fall volatile crash" and "BTC ETH ...": for messages and help. */
extern const char synth_regimes[], synth_coins[];

#endif
