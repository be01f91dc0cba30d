/* SPDX-License-Identifier: MIT
 * WebSocket framing (RFC 6455), for client and server alike: pure, no sockets. Bytes go in as they come, whole messages come out;
 * a message that came in one frame is not copied. Extensions are never negotiated. */
#ifndef OCQ_NET_FRAME_H
#define OCQ_NET_FRAME_H

#include "base/buf.h"

#include <stdint.h>

enum frame_op { FRAME_MORE = 0, FRAME_TEXT = 1, FRAME_BINARY = 2, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };
enum { FRAME_HEAD_MAX = 14, FRAME_CONTROL_MAX = 125 };
enum close_code {
	CLOSE_NORMAL = 1000, CLOSE_AWAY = 1001, CLOSE_PROTOCOL = 1002, CLOSE_NONE = 1005, CLOSE_ABNORMAL = 1006, CLOSE_UTF8 = 1007,
	CLOSE_TOO_BIG = 1009
};

struct frames {
	bool masked;		/* what comes in must be masked (we are the server), else must not be */
	size_t max;		/* of a message */
	unsigned bad;		/* after -1: the close code that says what was wrong */
	struct buf in;		/* bytes from `at` on are not yet looked at */
	size_t at;
	struct buf message;	/* fragments so far */
	unsigned op;		/* of the message they belong to, 0: none */
};

void frames_release(struct frames *f);
/* Where to read to: at least `least` bytes of room. Then f->in.len grows by what was read. Messages given before are gone. */
char *frames_room(struct frames *f, size_t least);
/* The next whole message or control frame: its enum frame_op (never FRAME_MORE), *text valid until the next call with f. 0: more
 * bytes are needed. -1: the peer broke the protocol, f->bad. A text's UTF-8 is not checked here. */
int frames_next(struct frames *f, const char **text, size_t *n);

/* Appends a frame. mask: four random bytes if we are the client, else NULL. */
void frame_put(struct buf *out, enum frame_op op, bool fin, const void *text, size_t n, const unsigned char *mask);
/* The code of a close frame's text: 1005 if it has none, 1002 if it is not one that may be sent. */
unsigned frame_close_code(const char *text, size_t n);

bool utf8_ok(const char *s, size_t n);

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key, terminated. */
void frame_accept(char dst[29], const char *key, size_t n);
/* n bytes (a multiple of three) as base64, terminated. */
void frame_base64(char *dst, const unsigned char *bytes, size_t n);

#endif
