/* SPDX-License-Identifier: MIT
 * The SQLite view of a lane's journal (docs/lane.md "The view"). What each record writes is lib/lane/project.sql, the tables are
 * lib/lane/view.sql. A transaction holds rows, the fold's state and how far the journal is in them, so that a view is always that of a
 * prefix of its journal. */
#ifndef OCQ_LANE_VIEW_H
#define OCQ_LANE_VIEW_H

#include "journal/journal.h"
#include "store/db.h"
#include "trade/lane.h"

enum { VIEW_SCHEMA = 1 };	/* of the file: user_version */

struct view {
	struct lane lane;		/* as of the last record that is in it */
	uint64_t applied;		/* its seq; 0: none */
	struct journal_reader *reader;
	/* Private. */
	struct db db;
	struct view_statements *statements;
	char last[65];			/* SHA-256 of its text: a journal that says something else there is another one */
};

/* Opens or creates the view (path) of the journal (dir) and reads on behind its last record. *missing: the first record that is left of a
 * journal whose beginning was removed, if the view begins there; else 0. A view that is not of this journal, or of another schema, is a
 * fault that says what to do. Only after true there is something to close. */
bool view_open(struct view *v, const char *path, const char *dir, uint64_t *missing, struct fault *f) MUST_USE;
void view_close(struct view *v);

/* Takes what the journal has, at most so many records and then to the end of the batch, in one transaction. *more: there may be more. After
 * false nothing of it is in the view, which is to be closed. */
bool view_take(struct view *v, uint64_t records, bool *more, struct fault *f) MUST_USE;

#endif
