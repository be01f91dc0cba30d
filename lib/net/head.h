/* SPDX-License-Identifier: MIT
 * Heads of HTTP/1.1 messages and chunked bodies, read strictly (RFC 9112): what two readers could take for different messages is
 * refused. Pure, no sockets. */
#ifndef OCQ_NET_HEAD_H
#define OCQ_NET_HEAD_H

#include "base/buf.h"

#include <stdint.h>

#define HEAD_MAX (16u << 10)

struct head {
	const char *method, *path, *type;	/* of a request; type: Content-Type or "" */
	int status;				/* of a response */
	bool keep;				/* the connection stays */
	bool has_length, chunked, expect;	/* expect: 100-continue */
	uint64_t length;
	bool websocket;				/* asks for, or grants, the upgrade */
	const char *key, *version, *accept;	/* Sec-WebSocket-*, "" if absent */
};

/* The size of the head at the start of text, with its empty line; 0: it is not all there. *seen: looked at by earlier calls. */
size_t head_size(const char *text, size_t n, size_t *seen);
/* n: as head_size() says. Changes text, which h points into. 0, or the status to refuse with. */
int head_request(char *text, size_t n, struct head *h);
bool head_response(char *text, size_t n, struct head *h);	/* status line and the fields of an upgrade */

/* A chunked body, byte for byte. All zero at its start. */
struct chunks { unsigned state; unsigned digits; uint64_t left; size_t extra; };
/* Takes bytes from *text on, appends what is body. 1: the body is complete (*text stands behind it), 0: more is needed, else the
 * status to refuse with: 400 it is broken, 413 it is longer than max. */
int chunks_read(struct chunks *c, const char **text, const char *end, struct buf *body, size_t max);

#endif
