/* SPDX-License-Identifier: MIT
 * The history that the exchange still has, into the stores. What a store lacks is asked for, what came is written page by page, each
 * in one transaction, and what cannot be had is told at the end. There is no other state: a run that was killed anywhere goes on
 * from what the stores hold (docs/market-data.md "Backfill"). */
#ifndef OCQ_FEED_BACKFILL_H
#define OCQ_FEED_BACKFILL_H

#include "feed/symbols.h"

struct backfill_options {
	const char *url, *ca_file, *budget;	/* as in rest.h */
	unsigned in_flight, tries;
	const char *dir;			/* of candles_<interval>.db; created; NULL: no candles */
	const char *const *interval;		/* of clock_intervals[]; 1h goes first, the others in this order */
	unsigned n_intervals;
	const char *funding, *universe;		/* stores; NULL: none */
	const char *meta;			/* file for the exchange's metadata; NULL: none */
	struct symbol_list symbols;		/* in the order of their value */
	unsigned top;				/* and behind them the first so many by volume */
	int64_t from_ms, to_ms;			/* INT64_MIN: the last 5,000 bars of each interval; INT64_MAX: to the present */
};

/* Runs to the end and writes gap records, series by series; *records is how many. EX_OK; EX_NO: something that the exchange has is
 * missing all the same; EX_ABSENT: it cannot be reached; EX_RETRY, EX_DATA: a store; EX_RETRY also after a signal. */
int backfill_run(const struct backfill_options *o, struct out *out, uint64_t *records, struct errmsg *e) MUST_USE;

#endif
