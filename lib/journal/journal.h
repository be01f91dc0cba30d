/* SPDX-License-Identifier: MIT
 * The journal: records that are appended, never changed, and read back in order. What is told to be done stands in it.
 *
 * A journal is a directory of segments 00000001.ndjson, 00000002.ndjson ... A line is a record as pipes carry it, with three
 * members more behind "type" and a checksum at the end:
 *
 *	{"type":"fill","seq":17,"ts_ms":1763828000123,"symbol":"BTC",...,"c":"89abcdef"}
 *
 * seq counts from 1 without a hole across all segments. c is the CRC-32 of the line without that member, which is
 * {"type":"fill",...}. The records of one append are a batch: each but the last also has "more", behind ts_ms, which says how
 * many follow it; the record without "more" commits them. What has no such record behind it does not count.
 *
 * Invariants
 *  1. A committed record never changes, and its seq is the one before it plus 1.
 *  2. Bytes behind the last commit are what a crash left: they are read as nothing and cut by the next append or open. That
 *     is a torn line, a last line that fails its checksum, or a batch whose commit is missing. Any other line that is wrong
 *     is an error that names its file and number, and nothing is appended to such a journal.
 *  3. Only the last segment is written to. Segments before it end with a commit.
 *  4. An append that fails leaves the journal as it was.
 *
 * Several processes may append: each append holds a lock on the directory. Readers need none.
 *
 * The file "reserve" takes room on the disk for nothing. An append that must succeed (JOURNAL_MUST) and finds the disk full removes it and
 * tries once more; the next journal_open() that finds room makes it again.
 *
 * A snapshot is a record of type "state" with the member "covers", the seq of the last record that its state contains: a reader that
 * resumes gets the last snapshot and then what came behind that. Functions that return int return an exit status: EX_OK, EX_RETRY
 * (disk, lock, memory), EX_DATA (the journal or a record is wrong), each with a message. */
#ifndef OCQ_JOURNAL_JOURNAL_H
#define OCQ_JOURNAL_JOURNAL_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum journal_sync {
	JOURNAL_KEPT = 0,	/* survives the end of this process, not that of the machine */
	JOURNAL_DURABLE = 1,	/* on the disk before the call returns */
	JOURNAL_MUST = 2,	/* with either: on a full disk the reserve is given up for it. For what brings a lane to rest, nothing else */
};

struct journal {
	uint64_t seq;		/* of the last record, 0 in an empty journal; as of the last call */
	uint64_t cut_bytes;	/* that a crash left and that were cut since journal_open() */
	bool reserved;		/* there is a reserve, as of journal_open(); else the disk has no room for one */
	struct journal_state *state;
};

/* Opens or creates (mode 0700; its parent must exist). The last segment is checked, what a crash left is cut. A segment that has
 * segment_bytes (0: 64 MiB) gets no further batch. */
int journal_open(struct journal *j, const char *dir, uint64_t segment_bytes, struct errmsg *e) MUST_USE;
void journal_close(struct journal *j);

/* Appends n bytes of lines, each a record {"type":"X",...} and a newline, as one batch: all of them or none. A record may not
 * have members seq, ts_ms, more or c of its own. j->seq is then that of the last one. When a sync fails nobody knows what the disk
 * holds: the batch is taken back and every later append is refused; start again. */
int journal_append(struct journal *j, const char *lines, size_t n, int64_t ts_ms, enum journal_sync sync, struct errmsg *e) MUST_USE;

struct journal_record {
	uint64_t seq;
	int64_t ts_ms;
	uint32_t more;		/* records of its batch that follow */
	const char *type;	/* not terminated */
	size_t type_len;
	const char *line;	/* {"type":...} without "c" and newline, for record_parse() or json_parse(); not terminated */
	size_t len;
};

/* Reads committed records with seq >= from, which must not have been removed; 0: from the first that is there. A journal without records
 * is empty, not an error; a directory that is not there is. */
struct journal_reader;
int journal_read(struct journal_reader **r, const char *dir, uint64_t from, struct errmsg *e) MUST_USE;
/* From the last snapshot: first that record, then those behind what it covers. Without a snapshot from the first record. */
int journal_resume(struct journal_reader **r, const char *dir, struct errmsg *e) MUST_USE;
void journal_reader_free(struct journal_reader *r);	/* NULL is fine */

/* The next record, valid until the next call. EX_OK: there is one. EX_IDLE: none for now; ask again later, and what has been
 * committed since will come. Else an error: the reader is of no further use. It may see a batch whose sync is still to fail. */
int journal_next(struct journal_reader *r, struct journal_record *record, struct errmsg *e) MUST_USE;
/* An inotify descriptor that is readable once something may have been appended, and what to call before reading then: events that it
 * takes away happened before. -1 with a message. */
int journal_watch(const char *dir, struct errmsg *e);
void journal_watch_drain(int watch_fd);
/* Where the record stands that was handed out last, for messages: "lane/00000001.ndjson:17". */
void journal_place(const struct journal_reader *r, struct errmsg *place);

#endif
