/* SPDX-License-Identifier: MIT
 * A command at two pipes: lines go to its stdin, its stdout comes back in lines, its stderr is ours. One at a time.
 *
 * Nobody waits for ever. Sending never blocks: what the pipe does not take is kept, and coproc_line() waits for both directions
 * at once. So the command can always write (we read whenever it has), hence it always comes back to reading, hence what
 * was sent always goes out, whatever the pipes hold. Only a command that waits for more input than it was sent, while it
 * holds back what it owes for that, would stop: a filter flushes before it waits. */
#ifndef OCQ_BASE_COPROC_H
#define OCQ_BASE_COPROC_H

#include "base/buf.h"
#include "base/stream.h"

#include <sys/types.h>

struct coproc {
	const char *name;	/* the command's word, for messages */
	uint64_t line;		/* number of the line last returned, from 1 */
	pid_t pid;
	int in, out;		/* our ends of its stdin and stdout; -1: closed */
	struct buf to, from;
	size_t sent, at;	/* of to: what went out; of from: what was returned */
	bool shut, stopped, torn;
};

/* Runs argv, looked up in PATH. False: it cannot be run, *e says why. When this program ends before coproc_end() the
 * command gets SIGTERM. */
bool coproc_start(struct coproc *c, char **argv, struct errmsg *e) MUST_USE;
void coproc_send(struct coproc *c, const void *bytes, size_t n);
void coproc_shut(struct coproc *c);	/* nothing more: its input ends behind what was sent */
/* Its next line without newline, valid until the next call. False at the end of its output; torn then says that a line
 * without newline was left. flush is flushed before a wait. Once stream_stop is set the command gets SIGTERM and its input
 * ends, but lines that still come are returned. */
bool coproc_line(struct coproc *c, struct out *flush, const char **line, size_t *len);
/* Waits for its end; returns its status as waitpid() has it. */
int coproc_end(struct coproc *c);

#endif
