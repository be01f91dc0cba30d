/* SPDX-License-Identifier: MIT
 * Candles as the exchange serves them: per coin and interval a tape of bars that a store holds, or that trades, a feed or
 * commands made, and the bar that is forming. A number's text reads back to the same double. */
#ifndef OCQ_VENUE_BARS_H
#define OCQ_VENUE_BARS_H

#include "base/buf.h"
#include "hl/decimal.h"
#include "store/market.h"

#define INTERVAL_COUNT 14	/* of clock_intervals[] */
#define SNAPSHOT_BARS 5000	/* of a coin and interval; older ones are gone */

int interval_index(const char *name);				/* in clock_intervals[]; -1: no such interval */
/* The bar that a time lies in: its open and last millisecond. */
void interval_bounds(int interval, int64_t at_ms, int64_t *t_ms, int64_t *t_close_ms);

struct bar { int64_t t_ms, t_close_ms; double o, h, l, c, v; int64_t n; dec8 v8; };

struct tape {
	struct bars stored;		/* a view; n == 0: none */
	bool has_store;
	struct bar forming;		/* t_ms < 0: none */
	struct bar *own;		/* ascending; used where there is no store */
	size_t n_own, cap_own;
};

/* One tape per coin and interval; coin counts from 0. */
struct tapes { struct tape (*of)[INTERVAL_COUNT]; uint32_t n; };
void tapes_init(struct tapes *t, uint32_t n_coins);
void tapes_release(struct tapes *t);

/* A bar given as a whole: replaces the one that opens at its time. */
void tape_put(struct tape *t, const struct bar *b);
/* A trade becomes part of the forming bar of an interval, which it begins when it is the first. Returns the bar. */
const struct bar *tape_trade(struct tape *t, int interval, int64_t at_ms, dec8 px, dec8 sz);

/* The bars that overlap [from, to] as of now, oldest first, of the latest SNAPSHOT_BARS: those that are over, then the forming one. */
struct bar_range { const struct tape *tape; size_t first, n; bool forming; };
struct bar_range tape_range(const struct tape *t, int64_t from_ms, int64_t to_ms, int64_t now_ms);
struct bar bar_at(const struct bar_range *r, size_t i);		/* i below n + forming */

/* "84143.0": plain digits, at least one decimal, never an exponent. v finite. Returns the end; no terminator. */
#define PLAIN_MAX 400
char *plain_put(char *dst, double v);
char *text_put(char *dst, const char *text);	/* returns the end; no terminator */
void bar_json(struct buf *out, const struct bar *b, const char *coin, const char *interval);

#endif
