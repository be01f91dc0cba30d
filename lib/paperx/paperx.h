/* SPDX-License-Identifier: MIT
 * The local exchange as a process: its sockets, its clock, its journal. One loop, one thread; everything happens in the order of its
 * arrival. */
#ifndef OCQ_PAPERX_PAPERX_H
#define OCQ_PAPERX_PAPERX_H

#include "venue/exchange.h"
#include "venue/path.h"

enum paperx_time {
	PAPERX_REAL,		/* clock_ms(), and what it was advanced by command */
	PAPERX_COMMANDED,	/* stands, moves by command and by records */
	PAPERX_PATH,		/* follows the path */
};

struct paperx_options {
	struct exchange_options exchange;
	uint16_t port;			/* on 127.0.0.1; 0: a free one */
	const char *prefix;		/* of every path, or NULL: "/hl" */
	const char *control;		/* path of the control socket, or NULL */
	const char *journal;		/* its directory, or NULL */
	bool durable;			/* inputs are on the disk before their answer leaves */
	const char *clock;		/* file on which the time is published, or NULL */
	enum paperx_time time;
	const char *const *accounts;	/* "ADDRESS=USD" */
	unsigned n_accounts;
	const char *setup_text, *faults_text;	/* of files, or NULL */
	struct path *path;		/* PAPERX_PATH; the caller's */
	double speed;			/* exchange seconds per second; 0: as fast as the clients keep up */
	unsigned clients;		/* while fewer sockets are subscribed, a path of speed 0 stands */
	const char *lockstep;		/* a lane says there which step it is through with, and time waits for it; or NULL */
	int64_t lockstep_ms;		/* length of its steps */
	bool hold;			/* the path stands until "resume" */
	bool until_end;			/* ends when the path does */
	bool feed;			/* records on stdin */
};

/* Runs until a signal or the end of the path. Returns the exit status; what went wrong at the start is in *e. When it is ready it prints
 * {"type":"listening","url":...} on stdout, and then its log if that is wanted. */
int paperx_run(const struct paperx_options *o, struct errmsg *e) MUST_USE;

#endif
