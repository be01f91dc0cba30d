/* SPDX-License-Identifier: MIT
 * HTTP/1.1 and WebSocket server on one port, plain, for one machine. Requests reach a handler whole and are answered now or later;
 * WebSocket connections exchange text messages. It can also misbehave on command, for whoever tests clients.
 *
 * Bounds, so that no client hurts another: body_max (413), request_ms for a whole request to arrive (the connection is closed),
 * idle_ms between requests, connections (a new one takes the place of the oldest that has not got a request through, or else of
 * one that is between two; if there is none, it is closed), message_max (closed with 1009), text that is no UTF-8 (1007),
 * backlog_max of what a client does not read (dropped).
 *
 * HTTP that is answered without the handler: 400 for what is no HTTP/1.1 or 1.0 request, has two lengths, or a length and a chunked
 * body; 413; 426 for another version of WebSocket; 431 for more than 16 KiB of headers; 501 for a transfer coding other than chunked;
 * 505. Pipelined requests are handled one after another. An answer to HEAD leaves its body out. */
#ifndef OCQ_NET_SERVER_H
#define OCQ_NET_SERVER_H

#include "base/err.h"
#include "net/loop.h"

/* 0 or NULL takes the default. */
struct server_options {
	const char *address;	/* 127.0.0.1 */
	uint16_t port;		/* 0: a free one, see server_port() */
	size_t body_max;	/* 1 MiB */
	int request_ms;		/* 10,000 */
	int idle_ms;		/* 120,000 */
	unsigned connections;	/* 512, HTTP and WebSocket together; the process's limit of descriptors is raised for them */
	size_t message_max;	/* 1 MiB */
	size_t backlog_max;	/* 16 MiB */
};

/* A request, from request() until server_reply() or server_drop(): exactly one of them is called for each, also when the client
 * has left meanwhile (then it only frees). Texts are terminated. */
struct server_request {
	const char *method;	/* "POST" */
	const char *path;	/* as sent, with its query: "/info" */
	const char *type;	/* Content-Type as sent, "" if none */
	const char *body;
	size_t len;
	const char *peer;	/* "127.0.0.1:40112" */
	bool gone;		/* the client has left */
	int retry_after_s;	/* the handler's: > 0 adds Retry-After to the answer */
	void *user;		/* the handler's */
};

/* A WebSocket connection, from ws_opened() to the end of ws_closed(). */
struct server_conn {
	const char *path, *peer;
	void *user;		/* the handler's */
};

/* Any may be NULL: no request() is 404, no upgrade() accepts. Handlers may call everything here but server_free(). */
struct server_handlers {
	void (*request)(void *arg, struct server_request *r);
	/* A client asks for a WebSocket on this path: 0 lets it in, a status (404, 429 ...) refuses, -1 closes without an answer. */
	int (*upgrade)(void *arg, const char *path, const char *peer);
	void (*ws_opened)(void *arg, struct server_conn *c);
	void (*ws_text)(void *arg, struct server_conn *c, const char *text, size_t n);	/* valid UTF-8, valid during the call */
	void (*ws_pong)(void *arg, struct server_conn *c, uint64_t cookie);
	/* The code of the first close frame, from either side; 1005: it had none, 1006: there was no close frame. */
	void (*ws_closed)(void *arg, struct server_conn *c, unsigned code);
};

/* NULL with *e: the address cannot be had. */
struct server *server_new(struct loop *l, const struct server_options *o, const struct server_handlers *h, void *arg,
			  struct errmsg *e) MUST_USE;
/* Drops everyone: ws_closed() is called, requests that are not answered must not be touched any more. */
void server_free(struct server *s);
uint16_t server_port(const struct server *s);
unsigned server_connections(const struct server *s);

/* ---- HTTP ---- */

/* type NULL: no Content-Type. body is copied. */
void server_reply(struct server_request *r, int status, const char *type, const void *body, size_t n);
/* Closes the TCP connection without an answer: orderly, or by a reset. */
void server_drop(struct server_request *r, bool reset);

/* ---- WebSocket ---- */

/* Queues a text message; it leaves in this turn of the loop unless the peer is slow. False: the connection is ending, or the
 * message would pass backlog_max, and then it is dropped (ws_closed() follows). */
bool server_send(struct server_conn *c, const char *text, size_t n);
size_t server_backlog(const struct server_conn *c);	/* bytes that are queued here and not yet with the kernel */
/* A ping that carries the cookie: its pong says that everything sent before has been read. */
void server_ping(struct server_conn *c, uint64_t cookie);

void server_conn_close(struct server_conn *c, unsigned code);	/* close handshake, after what is queued */
void server_conn_drop(struct server_conn *c, bool reset);	/* no handshake, after what is queued: the client sees 1006 */
/* The first half of a text message as a fragment, then server_conn_drop(). */
void server_conn_tear(struct server_conn *c, const char *text, size_t n);
/* Open, but silent and deaf: nothing is read, nothing sent, not even pongs; sends are swallowed. Until thawed or dropped. */
void server_conn_freeze(struct server_conn *c, bool frozen);

#endif
