/* SPDX-License-Identifier: MIT
 * Writing stores: the reference's schemas, everything of one writer in one transaction. Rows are checked before they get
 * here (candle_problem() in candles.h). */
#ifndef OCQ_STORE_WRITER_H
#define OCQ_STORE_WRITER_H

#include "record/record.h"
#include "store/fault.h"

enum store_kind { STORE_CANDLES, STORE_FUNDING, STORE_UNIVERSE };

struct writer {
	struct db *db;		/* private */
	void *put;		/* private: the prepared statement */
	uint64_t written;	/* rows that were new or changed something */
	uint64_t left;		/* rows whose key was there already and that changed nothing */
};

/* Opens or creates a store and starts the transaction. `replace`: a row that is there already takes the new values,
 * else it stays as it is. On failure *w is empty. */
bool writer_open(struct writer *w, const char *path, enum store_kind kind, bool replace, struct fault *f) MUST_USE;

/* updated_at may be NULL; premium may be NaN: not known. */
bool writer_candle(struct writer *w, const struct rec_candle *c, const char *updated_at, struct fault *f) MUST_USE;
bool writer_rate(struct writer *w, const char *symbol, int64_t t_ms, double rate, double premium, struct fault *f) MUST_USE;
bool writer_listing(struct writer *w, const char *symbol, int64_t first_ms, int64_t last_ms, struct fault *f) MUST_USE;

/* All rows or, on failure, none; w is empty afterwards except for its counts. */
bool writer_commit(struct writer *w, struct fault *f) MUST_USE;
void writer_abandon(struct writer *w);

#endif
