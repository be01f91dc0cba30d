/* SPDX-License-Identifier: MIT
 * The directory of a journal and a reader's place in it. Private to the journal. */
#ifndef OCQ_JOURNAL_SEGMENTS_H
#define OCQ_JOURNAL_SEGMENTS_H

#include "journal/journal.h"

struct segments { uint32_t first, last; };	/* numbers; 0, 0: there is none */

/* Opens the directory; -1 with a message. */
int segments_dir(const char *dir, struct errmsg *e);
/* Which there are; EX_DATA when one in between is missing. */
int segments_list(int dir_fd, const char *dir, struct segments *s, struct errmsg *e) MUST_USE;
/* open(2) of one; -1 with errno. */
int segments_open(int dir_fd, uint32_t number, int flags);

struct journal_reader {
	char *dir;
	int dir_fd, fd;		/* fd: of the segment, -1 before the first */
	uint32_t segment;	/* its number, 0 before the first */
	uint64_t line;		/* lines of it before `at` */
	uint64_t at;		/* bytes of it that were handed out: always the end of a record */
	uint64_t end;		/* of the batch that is being handed out; at == end: none is */
	struct buf text;	/* its bytes from text_at on; all of that batch */
	uint64_t text_at;
	uint64_t seq;		/* of the record handed out last; 0: not known */
	uint64_t from;		/* records before it are passed over */
	struct journal_record state;	/* the snapshot to begin with; its line is owned, NULL: there is none */
	bool begun;
};

/* At the begin of the last segment whose first record has seq <= from, or before the first segment. */
int reader_at(struct journal_reader **r, const char *dir, uint64_t from, struct errmsg *e) MUST_USE;
/* Goes on at the begin of another segment. */
int reader_enter(struct journal_reader *r, uint32_t segment, struct errmsg *e) MUST_USE;

#endif
