/* SPDX-License-Identifier: MIT
 * What the files of the process share. */
#ifndef OCQ_PAPERX_RUN_H
#define OCQ_PAPERX_RUN_H

#include "base/stream.h"
#include "journal/journal.h"
#include "net/loop.h"
#include "net/server.h"
#include "net/unix.h"
#include "paperx/paperx.h"

/* A socket of the exchange. waits: it has not answered the last ping; sent_ns: when it was last sent something. */
struct client { uint64_t id; struct server_conn *conn; struct paperx *p; bool waits; int64_t sent_ns; struct client *next; };

/* An answer or message that a fault holds back. */
struct held { struct paperx *p; struct loop_timer timer; struct server_request *request; struct exchange_reply reply; uint64_t client;
	struct held *next, **at; };

struct paperx {
	struct paperx_options o;
	struct loop *loop;
	struct exchange *x;
	struct server *server;
	struct unix_server *control;
	struct out out;
	struct client *clients;
	uint64_t next_client;
	struct held *held;

	struct loop_timer tick;		/* the clock */
	int64_t lockstep_ms, lockstep_ns;	/* until when time ran ahead of the lane, and since when it waits there */
	struct loop_timer sweep;	/* of sockets that have been quiet for too long */
	bool hold, over;
	unsigned waiting;		/* clients that have not answered the ping behind the last step */
	uint64_t serial;		/* of that ping */
	int64_t began_ns, began_ms;	/* of a path with a speed: real time and the exchange's */

	struct journal journal;
	bool keeps, failed;		/* a journal is open; it could not be written */
	int lock_fd;			/* while it is open: nobody else's */
	struct twin *twin;		/* NULL: nobody asked for the past yet */
	struct buf start;		/* what decides the state at the start */

	char *feed_line;
	size_t feed_len, feed_cap;
};

/* pace.c */
void pace_begin(struct paperx *p);
void pace_tick(struct paperx *p);		/* brings the exchange's time up to now */
void pace_look(struct paperx *p);		/* who is subscribed may have changed */
void pace_pong(struct paperx *p, struct client *c, uint64_t cookie);
void pace_gone(struct paperx *p, struct client *c);
/* hold, resume. False: no such request. */
bool pace_control(struct paperx *p, const char *line, size_t n, struct buf *answer);

/* keep.c */
bool keep_peek(struct paperx *p, struct errmsg *e, int *status);	/* before the exchange is made */
bool keep_open(struct paperx *p, struct errmsg *e, int *status);
void keep_close(struct paperx *p);
void keep_input(void *paperx, const char *line, size_t n);
bool keep_stale(void *paperx, int64_t t_ms, const char *body, size_t n, struct buf *answer);

/* feed.c */
void feed_begin(struct paperx *p);
void feed_end(struct paperx *p);

/* paperx.c */
/* An exchange as it is at the start. */
struct exchange *paperx_make(struct paperx *p, const struct exchange_sink *sink, struct errmsg *e, int *status);

#endif
