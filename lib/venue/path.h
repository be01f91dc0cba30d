/* SPDX-License-Identifier: MIT
 * Prices from candle stores: every stored bar becomes a path open, low or high, the other, close, in steps of its interval; round
 * each price a book of outside orders, at each step a trade of outsiders. The candles of all loaded intervals end as the store has
 * them, exactly. The same store and seed give the same path. */
#ifndef OCQ_VENUE_PATH_H
#define OCQ_VENUE_PATH_H

#include "venue/exchange.h"

struct path_options {
	const char *pack;		/* or candles and intervals */
	const char *candles;		/* comma list of stores */
	const char *intervals;		/* comma list; the shortest one moves the prices */
	const char *funding;		/* store of rates; NULL: rates follow from the book */
	const char *symbols;		/* comma list; NULL: all */
	int64_t from_ms, to_ms;		/* what is played; older bars are history. INT64_MIN / INT64_MAX: all */
	unsigned steps;			/* of a bar, at least 4 */
	double spread_bps;		/* between best bid and best ask */
	unsigned levels;		/* a side, at most 20 */
	double level_usd;		/* of each */
	uint64_t seed;
};
struct path_options path_options(void);

struct path;
/* NULL with *e and *status. Appends the market text of its symbols to market unless that is NULL. */
struct path *path_open(const struct path_options *o, struct buf *market, struct errmsg *e, int *status) MUST_USE;
/* The same path from its start, for another exchange. It borrows the bars: free it first. */
struct path *path_again(const struct path *p);
void path_free(struct path *p);

/* The exchange whose market it moves; its coins without bars stand still. Once, before the first step. */
void path_attach(struct path *p, struct exchange *x);
int64_t path_start(const struct path *p);		/* time of the first step */
int64_t path_next(struct path *p);			/* time of the next one; INT64_MAX: it is over */
void path_step(struct path *p);
uint64_t path_position(const struct path *p);		/* steps taken */
/* All that its steps follow from, the bars themselves apart: its stores may have grown since. */
void path_describe(const struct path *p, struct buf *out);

#endif
