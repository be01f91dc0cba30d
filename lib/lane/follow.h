/* SPDX-License-Identifier: MIT
 * A program's hold on the journal of its lane: the fold brought up to date, records appended, and a descriptor that says that others
 * have appended. Every program of a lane begins with follow_open() and acts on what the fold says; pipes between programs carry the same
 * records for people, and tell when the one before has ended. */
#ifndef OCQ_LANE_FOLLOW_H
#define OCQ_LANE_FOLLOW_H

#include "journal/journal.h"
#include "trade/lane.h"

/* Of a lane's journal. An open checks the last segment, and ocq-kill, which opens, shall be done in 10 ms. */
enum { FOLLOW_SEGMENT_BYTES = 1 << 20 };

struct follow {
	struct lane lane;
	struct journal journal;
	struct journal_reader *reader;
	int watch_fd;			/* readable when the journal's directory has changed: inotify */
	/* Called for every record as the fold takes it, behind lane_apply(); may be NULL. fresh: it came after follow_open() had read all
	 * there was. What a snapshot covers is not called for. Set before follow_open(). */
	void (*seen)(void *arg, const struct record *r, uint64_t seq, bool fresh);
	void *arg;
	/* Private. */
	struct out batch;
	bool fresh;
	uint64_t snapshot_seq;		/* of the last snapshot, 0: none */
};

/* Opens or creates the journal (dir), and folds it from its last snapshot. A directory without a `lane` record is not an error here:
 * lane.begun says so. Sets all but seen and arg. Returns an exit status; only after EX_OK there is something to close. */
int follow_open(struct follow *f, const char *dir, struct errmsg *e) MUST_USE;
void follow_close(struct follow *f);

/* Folds what has been appended since, also by ourselves. Returns an exit status; EX_OK when all is read. */
int follow_catch_up(struct follow *f, struct errmsg *e) MUST_USE;

/* A batch in the making, empty. Records are written by record_write() into its text. */
struct out *follow_begin(struct follow *f);
/* Appends what was written since follow_begin() as one batch, dated clock_ms(), folds it, and empties the text. Nothing written: nothing
 * done. After an error of the append nothing of it is in the journal. */
int follow_commit(struct follow *f, enum journal_sync sync, struct errmsg *e) MUST_USE;
/* The same, and what was appended goes to out, at once. An error ends the program. */
void follow_tell(struct follow *f, enum journal_sync sync, struct out *out);
/* One record, the same; a batch in the making stays as it is. */
int follow_put(struct follow *f, enum record_type type, const void *rec, enum journal_sync sync, struct errmsg *e) MUST_USE;

/* Appends a snapshot of the fold, so that a start reads what comes behind it alone. ocq-decide does it behind a step, when it is due: many
 * records came since the last one. */
bool follow_snapshot_due(const struct follow *f);
int follow_snapshot(struct follow *f, struct errmsg *e) MUST_USE;

/* The one program of its kind for a lane: a lock in the journal's directory, "lock.NAME", with the pid in it; held until exit. The directory
 * must be there: after follow_open(). False with *e (who holds it): EX_RETRY. */
bool follow_lock(const char *dir, const char *name, struct errmsg *e) MUST_USE;

#endif
