/* SPDX-License-Identifier: MIT
 * A connection of the server, shared by its HTTP half (server.c) and its WebSocket half (server_ws.c).
 *
 * A client goes HEAD -> BODY -> HANDLER -> HEAD ... or HEAD -> WS, and ends by LEAVING. Whatever a handler asks for is only written
 * down here (client_mark()); before the loop waits, client_settle() does it: it flushes, goes on with what was pipelined, and is
 * the only place where a client is freed. So no callback ever finds its client gone. */
#ifndef OCQ_NET_CLIENT_H
#define OCQ_NET_CLIENT_H

#include "net/conn.h"
#include "net/frame.h"
#include "net/head.h"
#include "net/server.h"

enum client_stage {
	CLIENT_HEAD, CLIENT_BODY,	/* a request comes in */
	CLIENT_HANDLER,			/* it is the handler's */
	CLIENT_WS,
	CLIENT_LEAVING,			/* how: below */
	CLIENT_GONE,			/* closed; only a handler that still holds the request keeps it */
};
enum client_leave {
	LEAVE_NOW,			/* nothing more is sent */
	LEAVE_FLUSHED,			/* closed when what is queued is out */
	LEAVE_RESET,			/* the same, by a reset */
	LEAVE_LINGER,			/* our side is shut, the peer has time to read and to close: a reset loses no answer */
};

struct client {
	struct server *server;
	struct client *prev, *next;	/* of all */
	struct client *next_marked;
	bool marked;
	enum client_stage stage;
	enum client_leave leave;
	struct conn io;
	char peer[64];
	struct loop_timer timer;
	int64_t since_ns;		/* waits for a request since then */
	uint64_t served;		/* requests so far */
	struct frames rx;		/* what came in: rx.in from rx.at on, for HTTP too */
	/* HTTP */
	bool begun;			/* bytes of a request are there */
	size_t seen;
	struct buf head_text;		/* head's texts are in it */
	struct head head;
	struct chunks chunks;
	struct buf body;
	struct server_request request;
	bool held;			/* the handler owes a reply */
	bool shut;			/* LEAVE_LINGER: our side is */
	/* WebSocket */
	struct server_conn ws;
	bool open;			/* ws_opened() was called, ws_closed() not */
	bool frozen, closing;		/* closing: our close frame is queued */
	unsigned code;			/* for ws_closed() */
};

struct server {
	struct loop *loop;
	struct server_options o;
	struct server_handlers on;
	void *arg;
	int fd;
	uint16_t port;
	struct loop_timer pause;
	struct client *clients, *marked;
	unsigned n;
};

void client_mark(struct client *c);
void client_leave(struct client *c, enum client_leave how);
void client_limit(struct client *c, int ms);	/* it is over then, whatever it does */
/* Goes on with the frames that are there. */
void client_ws_read(struct client *c);
void client_ws_open(struct client *c);

#endif
