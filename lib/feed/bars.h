/* SPDX-License-Identifier: MIT
 * One series: the bars of one symbol and one interval, from the first message of a bar to its last correction. Pure: the time,
 * the connection and the answers of the exchange come in as arguments (docs/market-data.md "Closed bars").
 *
 * A series is told in order, one bar after another: the bar that opens at next_ms is looked at until it is final or known to
 * be absent, then bars_told() goes on. The forming bar is never final. What was told is remembered for BARS_TOLD bars, so that
 * a correction is noticed; what was told to be missing although the exchange never said so is owed and asked for again. */
#ifndef OCQ_FEED_BARS_H
#define OCQ_FEED_BARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BARS_TOLD = 128,	/* bars behind next_ms that are still compared with what the exchange says */
	BARS_ASK = 500,		/* bars that are asked for at once */
	BARS_SETTLE_MS = 600000,	/* after its end a bar is corrected no more */
	BARS_PROOF_MS = 5000,	/* how long a connection is given to prove that it is not frozen before the exchange is asked instead */
};

struct bar_values { double o, h, l, c, v; int64_t n; };

/* The connection that brings the messages. epoch: counts connections from 1. proved_ms: everything that the exchange sent
 * on this connection before that time has been taken; 0 on a fresh connection. up: it stands. */
struct feed_link { uint64_t epoch; int64_t proved_ms; bool up; };

struct bar_pending;	/* a bar that is not told yet */
struct bar_past;	/* one that is */

struct bar_series {
	int64_t interval_ms, origin_ms, next_ms;	/* bars open at origin_ms + n * interval_ms: a week's is a Monday */
	struct bar_pending *bar;		/* ascending, none before next_ms */
	size_t n, cap;
	struct bar_past *past;		/* by (t_ms / interval_ms) % BARS_TOLD */
	int64_t past_from_ms;		/* the oldest that is remembered */
	int64_t checked_ms;		/* told bars that open before this agree with what the exchange said when they had settled */
	unsigned n_owed;
	int64_t newest_ms;		/* open of the newest bar that a message had; INT64_MIN: none */
	int64_t heard_ms;		/* when its last message came; INT64_MIN: never */
};

enum bar_look { BAR_WAITS, BAR_FINAL, BAR_ABSENT };

/* next_ms: open of the first bar to tell, on the grid. */
void bars_init(struct bar_series *b, int64_t interval_ms, int64_t next_ms);
void bars_release(struct bar_series *b);
/* An earlier run told bars from from_ms (on the grid, not after next_ms) on: before anything else. Those that are not recalled
 * are owed. */
void bars_remember(struct bar_series *b, int64_t from_ms);
void bars_recall(struct bar_series *b, int64_t t_ms, const struct bar_values *v);

/* A message of the subscription. False: it is of no use (a bar that is told, an older state of a bar than is known, off the
 * grid, or later than the bar after the one that forms).
 * A told bar that it knows more about than was told becomes one to ask for. */
bool bars_message(struct bar_series *b, int64_t t_ms, const struct bar_values *v, uint64_t epoch, int64_t now_ms);

/* A message of the series that is no bar: what it should have said is not known, so that the exchange is asked for what is
 * not told yet. */
void bars_doubt(struct bar_series *b);

/* What is known of the bar at next_ms. FINAL fills *v. */
enum bar_look bars_look(const struct bar_series *b, const struct feed_link *link, int64_t now_ms, int64_t grace_ms,
		struct bar_values *v);
/* It has been told: final with these values, or missing (v NULL), which is owed unless the exchange itself says so. */
void bars_told(struct bar_series *b, const struct bar_values *v);

/* Which bars, at most BARS_ASK, the exchange should be asked for now: those that cannot become final by messages, and those
 * owed; what is not checked before them as well. False: none. */
bool bars_wanted(const struct bar_series *b, const struct feed_link *link, int64_t now_ms, int64_t grace_ms, int64_t *from_ms,
		int64_t *to_ms);
/* Told bars that no answer has confirmed since they have settled. */
bool bars_unchecked(const struct bar_series *b, int64_t now_ms, int64_t *from_ms, int64_t *to_ms);

/* An answer for the bars that open from from_ms to to_ms, both on the grid, asked at asked_ms: its rows, ascending, then
 * bars_answered(). A bar that was not over by then with its grace is left out. A row with fewer trades than are known is an
 * old state and not believed until it is repeated. bars_row() returns whether it changes a bar that has been told. */
bool bars_row(struct bar_series *b, int64_t t_ms, const struct bar_values *v, int64_t asked_ms, int64_t grace_ms);
void bars_answered(struct bar_series *b, int64_t from_ms, int64_t to_ms, int64_t asked_ms, int64_t grace_ms);

/* The values of a told bar that is remembered; NULL: it is not, or it is missing. */
const struct bar_values *bars_past_values(const struct bar_series *b, int64_t t_ms);
/* Of the newest bar that is known, told or not. False: none. */
bool bars_newest(const struct bar_series *b, int64_t *t_ms, struct bar_values *v);

#endif
