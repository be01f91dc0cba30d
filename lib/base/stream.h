/* SPDX-License-Identifier: MIT
 * Line streams: blocks of 256 KiB in, buffered out. The output is flushed just before the input would block (no
 * complete line left), so a filter has block speed on files and line latency on pipes. Lines of any length up to
 * LINE_LIMIT; a longer one, a read error, a write error or a full disk ends the program with a message
 * "ocq-x: stdin:17: ..." and the right status; a closed reader (EPIPE) ends it quietly with status 0. */
#ifndef OCQ_BASE_STREAM_H
#define OCQ_BASE_STREAM_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_LIMIT (16u << 20)

struct out {
	int fd;
	const char *name;	/* for messages */
	char *data;
	size_t len, cap;
	char *path, *temp;	/* out_open(): renamed to path by out_close() */
};

/* "-" or NULL is stdout. Any other path is written to a temporary sibling, synced and renamed by out_close(), so
 * that readers see the old file or the whole new one. Dies (EX_RETRY) when it cannot be created. A path that is a
 * device or a FIFO is written in place. */
void out_open(struct out *o, const char *path);
void out_fd(struct out *o, int fd, const char *name);
void out_memory(struct out *o);		/* written to nowhere: the text is data, len bytes; out_abandon() frees it */
/* Room for n bytes at the end; write there and advance len. */
char *out_room(struct out *o, size_t n);
void out_add(struct out *o, const void *bytes, size_t n);
void out_flush(struct out *o);
void out_close(struct out *o);		/* flush, sync, rename; every failure dies with EX_RETRY */
void out_abandon(struct out *o);	/* removes the temporary, keeps the old file */

struct in {
	int fd;
	const char *name;	/* "stdin" or the path */
	uint64_t line;		/* number of the line last returned, from 1 */
	struct out *flush;	/* flushed before a read that may block; may be NULL */
	char *data;
	size_t at, end, cap;
	bool eof, torn;		/* torn: the last line had no newline */
	/* For who must outlive any line: one longer than limit comes as cut, without most of its bytes, and does not end the
	 * program. 0: LINE_LIMIT holds. */
	size_t limit;
	bool cut;
	/* For who has work under way on earlier lines: in_die() calls it first, so that they are answered. May be NULL. */
	void (*settle)(void *arg);
	void *settle_arg;
	/* For who gathers lines: told when there is nothing to read for now, and when there is again. May be NULL. */
	void (*waits)(void *arg, bool waiting);
	void *waits_arg;
};

void in_open(struct in *i, const char *path);	/* "-" is stdin; dies EX_DATA when it cannot be opened */
void in_fd(struct in *i, int fd, const char *name);
/* Next line without its newline; valid until the next call. False at the end or after SIGTERM. */
bool in_line(struct in *i, const char **line, size_t *len);
void in_close(struct in *i);
/* EX_DATA with "ocq-x: stdin:17: <text>" for the line last returned, after flushing what earlier lines gave. */
_Noreturn void in_die(struct in *i, const char *fmt, ...) PRINTF(2, 3);

/* Replaces a whole file with bytes: temporary sibling, write, fsync, rename, fsync of the directory. Behind a symbolic link
 * the file is replaced, not the link; devices and pipes are written to. */
bool file_replace(const char *path, const void *bytes, size_t n, struct errmsg *e) MUST_USE;

/* SIGTERM and SIGINT set this; in_line() then returns false, so that the record at hand is finished. */
extern volatile int stream_stop;
void stream_signals(void);
int stream_stop_fd(void);	/* readable once stream_stop is set, for poll(); -1 before stream_signals() */

#endif
