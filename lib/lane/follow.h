/* SPDX-License-Identifier: MIT
 * A program's hold on the journal of its lane: the fold brought up to date, records appended, and a descriptor that says that others
 * have appended. Every program of a lane begins with follow_open() and acts on what the fold says; pipes between programs carry the same
 * records for people, and tell when the one before has ended. */
#ifndef OCQ_LANE_FOLLOW_H
#define OCQ_LANE_FOLLOW_H

#include "journal/journal.h"
#include "trade/lane.h"

struct follow {
	struct lane lane;
	struct journal journal;
	struct journal_reader *reader;
	int watch_fd;			/* readable when the journal's directory has changed: inotify */
	/* Called for every record as the fold takes it, behind lane_apply(); may be NULL. fresh: it came after follow_open() had read all
	 * there was. */
	void (*seen)(void *arg, const struct record *r, uint64_t seq, bool fresh);
	void *arg;
};

/* Opens or creates the journal (dir), and folds it. A directory without a `lane` record is not an error here: lane.begun says so.
 * Returns an exit status. */
int follow_open(struct follow *f, const char *dir, struct errmsg *e) MUST_USE;
void follow_close(struct follow *f);

/* Folds what has been appended since, also by ourselves. Returns an exit status; EX_OK when all is read. */
int follow_catch_up(struct follow *f, struct errmsg *e) MUST_USE;

/* A batch in the making. Records are written by record_write() into its text. */
struct out *follow_begin(struct follow *f);
/* Appends what was written since follow_begin() as one batch, folds it, and empties the text. Nothing written: nothing done. */
int follow_commit(struct follow *f, enum journal_sync sync, struct errmsg *e) MUST_USE;
/* One record, the same. */
int follow_put(struct follow *f, enum record_type type, const void *rec, enum journal_sync sync, struct errmsg *e) MUST_USE;

/* The one program of its kind for a lane: a lock in the journal's directory, "lock.NAME", with the pid in it; held until exit. False with
 * *e (who holds it): EX_RETRY. */
bool follow_lock(const char *dir, const char *name, struct errmsg *e) MUST_USE;

#endif
