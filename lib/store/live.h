/* SPDX-License-Identifier: MIT
 * A store that a long-running program adds to: batch after batch, one transaction each, open all the time but locked only
 * within a batch, so that others may prune, import and read meanwhile. A batch is there whole or not at all, whatever
 * happens to the program. */
#ifndef OCQ_STORE_LIVE_H
#define OCQ_STORE_LIVE_H

#include "record/record.h"
#include "store/fault.h"

enum live_kind { LIVE_CANDLES, LIVE_BBO };

/* Used by one thread at a time. */
struct live;
struct live *live_open(const char *path, enum live_kind kind, struct fault *f);	/* creates it; NULL with the fault */
void live_close(struct live *l);	/* an open batch is abandoned; NULL is nothing */

/* Rows go between the two. After a failure, live_abandon() and the whole batch again. */
bool live_begin(struct live *l, struct fault *f) MUST_USE;
bool live_commit(struct live *l, struct fault *f) MUST_USE;
void live_abandon(struct live *l);

/* A row that is there takes other values. updated_at may be NULL. */
bool live_candle(struct live *l, const struct rec_candle *c, const char *updated_at, struct fault *f) MUST_USE;
/* The last step of the interval that was told, in a table beside the candles. */
bool live_step(struct live *l, const char *interval, int64_t t_ms, struct fault *f) MUST_USE;
bool live_bbo(struct live *l, const char *symbol, int64_t t_ms, double bid, double ask, const char *updated_at,
		struct fault *f) MUST_USE;
bool live_forget_bbo(struct live *l, int64_t before_ms, struct fault *f) MUST_USE;

/* Reading, outside of batches. The newest closed bars of a series that open before a time, oldest first; rows that are no bars
 * are left out. */
bool live_newest(struct live *l, const char *interval, const char *symbol, int64_t before_ms, struct rec_candle *to, size_t max,
		 size_t *n, struct fault *f) MUST_USE;
/* The same from a file that somebody else writes: opened for reading only, and closed again. */
bool store_newest(const char *path, const char *interval, const char *symbol, int64_t before_ms, struct rec_candle *to,
		  size_t max, size_t *n, struct fault *f) MUST_USE;
bool live_last_step(struct live *l, const char *interval, int64_t *t_ms, bool *any, struct fault *f) MUST_USE;
/* What there is of a series from a time on; rows 0: the rest is not set. */
struct live_span { uint64_t rows; int64_t min_t_ms, max_t_ms, max_t_close_ms; };
bool live_span(struct live *l, const char *interval, const char *symbol, int64_t from_ms, struct live_span *s,
		struct fault *f) MUST_USE;

#endif
