/* SPDX-License-Identifier: MIT
 * REST client: POST requests over kept connections, TLS checked against the system's authorities or those of a file. No
 * proxies, no redirects, no cookies, no compression, and nothing is ever sent twice by itself.
 *
 * What a request came to is one of three, and whoever sends orders lives by the difference:
 *   HTTP_ANSWERED  a whole answer came, whatever its status
 *   HTTP_NOT_SENT  certain: no byte of the request reached the server (no name, no connection, no TLS)
 *   HTTP_UNKNOWN   anything else: time ran out, reset, torn answer. The server may or may not have acted. */
#ifndef OCQ_NET_HTTP_H
#define OCQ_NET_HTTP_H

#include "base/err.h"
#include "net/loop.h"

enum http_outcome { HTTP_ANSWERED, HTTP_NOT_SENT, HTTP_UNKNOWN };

struct http_answer {
	enum http_outcome outcome;
	int status;		/* HTTP_ANSWERED: 200 ..., else 0 */
	int retry_after_s;	/* Retry-After in seconds, -1: none */
	const char *body;	/* terminated; valid during done() */
	size_t len;
	const char *type;	/* Content-Type, "" if there is none */
	int64_t date_ms;	/* the server's clock, in whole seconds; 0: it did not say */
	int64_t took_us;	/* from http_post() to the end */
	char why[160];		/* not HTTP_ANSWERED: in words, with the host */
};

/* 0 or NULL takes the default. */
struct http_options {
	const char *ca_file;	/* PEM; default: the system's */
	int connect_ms;		/* name, TCP and TLS: 5,000 */
	int total_ms;		/* whole request: 15,000 */
	size_t body_max;	/* of an answer: 64 MiB; longer is HTTP_UNKNOWN */
	unsigned connections;	/* at a time, to one host: 8; more requests wait for their turn, inside total_ms */
};

struct http *http_new(struct loop *l, const struct http_options *o);	/* o may be NULL; its texts are copied */
/* Requests under way end here, with their done() called (HTTP_UNKNOWN, or HTTP_NOT_SENT where that is certain). */
void http_free(struct http *h);

/* POST with Content-Type application/json. url and body are copied. done() is called once, from the loop, never from within
 * http_post(); it may call http_post() and http_cancel(). Returns the request, valid until done(). */
typedef void http_done(void *arg, const struct http_answer *a);
struct http_call *http_post(struct http *h, const char *url, const void *body, size_t n, http_done *done, void *arg);
/* Gives up at once: done() is called from here. */
void http_cancel(struct http *h, struct http_call *call);

/* For small tools: turns the loop until the answer is there. Valid until the next call with h. A signal ends the wait. */
const struct http_answer *http_post_wait(struct http *h, const char *url, const void *body, size_t n);

#endif
