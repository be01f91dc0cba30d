/* SPDX-License-Identifier: MIT
 * The feed's stores: candles_<interval>.db per interval, and bbo_snapshots.db, in one directory. Rows go to a thread of its
 * own, which commits what has gathered, as one transaction per file: records never wait for a disk. A kill loses at most
 * what was not committed, never half a batch: the candles of a step and the mark that it was told are in one transaction.
 * Only one feed may keep a directory: it holds a lock there. */
#ifndef OCQ_FEED_ARCHIVE_H
#define OCQ_FEED_ARCHIVE_H

#include "record/record.h"
#include "store/live.h"

enum {
	ARCHIVE_MS = 200,			/* at least between two batches */
	ARCHIVE_ROWS_MAX = 1 << 18,	/* that wait for a store that cannot be written; more, and the program ends with EX_RETRY */
};

struct archive;

/* bbo_hours: how long bbo snapshots are kept; 0: none are made. Creates what is missing. NULL with the fault. */
struct archive *archive_open(const char *dir, const char (*interval)[8], unsigned n_intervals, unsigned bbo_hours, struct fault *f);
bool archive_close(struct archive *k);	/* writes the rest; false: a store did not let it, warned of. NULL is nothing */

/* From the thread that opened it; none of them waits for a disk. Nothing is written before archive_release(). */
void archive_candle(struct archive *k, unsigned interval, const struct rec_candle *c);
void archive_step(struct archive *k, unsigned interval, int64_t t_ms);
void archive_bbo(struct archive *k, const char *symbol, int64_t t_ms, double bid, double ask);
void archive_release(struct archive *k);	/* the records of what was given so far are written: it may be committed */

/* For how long rows have waited because a store cannot be written, with the reason; 0: all is well. */
int64_t archive_late_ms(struct archive *k, struct errmsg *why);

/* Reading: what is committed. False: the store cannot be read, warned of. */
size_t archive_newest(struct archive *k, unsigned interval, const char *symbol, struct rec_candle *to, size_t max);
bool archive_last_step(struct archive *k, unsigned interval, int64_t *t_ms);
bool archive_span(struct archive *k, unsigned interval, const char *symbol, int64_t from_ms, struct live_span *s);

#endif
