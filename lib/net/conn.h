/* SPDX-License-Identifier: MIT
 * A plain stream socket with a queue for output, as server.c and unix.c have many of. It never blocks. */
#ifndef OCQ_NET_CONN_H
#define OCQ_NET_CONN_H

#include "base/buf.h"
#include "net/loop.h"

struct conn {
	struct loop *loop;
	int fd;			/* -1: closed */
	struct buf out;
	size_t sent;		/* of out */
};

/* fd is non-blocking and close-on-exec; ready is told of it from now on. */
void conn_open(struct conn *c, struct loop *l, int fd, loop_ready *ready, void *arg);
void conn_close(struct conn *c);		/* what is queued is lost */
static inline size_t conn_backlog(const struct conn *c) { return c->out.len - c->sent; }
/* Sends what the kernel takes. False: the peer is gone. */
bool conn_flush(struct conn *c) MUST_USE;
/* Waits for input if `reading`, and for room while something is queued. */
void conn_watch(struct conn *c, bool reading);
/* Reads at most n bytes: > 0 so many, 0 the end, -1 nothing now, -2 the peer is gone. */
int conn_read(struct conn *c, char *to, size_t n) MUST_USE;

#endif
