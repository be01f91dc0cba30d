/* SPDX-License-Identifier: MIT
 * Lines over a unix-domain stream socket: a server with many clients, and a client. A line is what stands before a newline; what it
 * means is its reader's business. A peer that does not read is dropped when more than backlog_max waits for it, a line above
 * line_max drops its sender; nobody waits for anybody. */
#ifndef OCQ_NET_UNIX_H
#define OCQ_NET_UNIX_H

#include "base/err.h"
#include "net/loop.h"

/* 0 takes the default. */
struct unix_options {
	size_t line_max;	/* 1 MiB */
	size_t backlog_max;	/* 4 MiB */
	unsigned clients;	/* 256; the next one is closed at once */
};

struct unix_peer { void *user; };	/* user is the handler's; a peer lives until closed() has been called */

/* Any may be NULL. None is called from within a function below, except by unix_free(). */
struct unix_handlers {
	void (*opened)(void *arg, struct unix_peer *p);
	/* Without its newline, terminated; valid during the call. */
	void (*line)(void *arg, struct unix_peer *p, const char *line, size_t n);
	void (*closed)(void *arg, struct unix_peer *p);
};

/* Creates the parent directory (0700) and the socket (0600). A socket file that nobody listens on is removed; one that somebody does
 * is an error, as is a file of another kind. NULL: *e says why. */
struct unix_server *unix_listen(struct loop *l, const char *path, const struct unix_options *o, const struct unix_handlers *h,
				void *arg, struct errmsg *e) MUST_USE;
void unix_free(struct unix_server *s);		/* closes everyone (closed() is called) and removes the file */
unsigned unix_clients(const struct unix_server *s);

/* The other side. NULL: nobody listens there. opened() is not called. */
struct unix_peer *unix_connect(struct loop *l, const char *path, const struct unix_options *o, const struct unix_handlers *h,
			       void *arg, struct errmsg *e) MUST_USE;

/* Queues a line; the newline is added. False: the peer is leaving, or has just been dropped for its backlog (closed() follows). */
bool unix_send(struct unix_peer *p, const char *line, size_t n);
size_t unix_backlog(const struct unix_peer *p);
void unix_drop(struct unix_peer *p);		/* closed() follows from the loop; what is queued is lost */

#endif
