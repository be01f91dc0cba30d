/* SPDX-License-Identifier: MIT
 * The server's WebSocket half: messages both ways, closing, and the faults that it can be told to have. */
#include "net/client.h"

#include <string.h>

#define CLOSE_MS 2000	/* for the peer's close frame */
#define CLOSE_UNSUPPORTED 1003

static struct client *of_conn(struct server_conn *c)
{
	return (struct client *)((char *)c - offsetof(struct client, ws));
}

static void put(struct client *c, enum frame_op op, bool fin, const void *text, size_t n)
{
	frame_put(&c->io.out, op, fin, text, n, NULL);
	client_mark(c);
}

static void put_close(struct client *c, unsigned code)
{
	unsigned char text[2] = { (unsigned char)(code >> 8), (unsigned char)code };

	if (!c->closing)
		put(c, FRAME_CLOSE, true, text, code == CLOSE_NONE ? 0 : 2);
	c->closing = true;
}

/* After that nothing of the peer can be understood any more. */
static void fail(struct client *c, unsigned code)
{
	c->code = code;
	put_close(c, code);
	client_leave(c, LEAVE_LINGER);
}

static void closed_by_peer(struct client *c, const char *text, size_t n)
{
	unsigned code = frame_close_code(text, n);

	if (!c->closing || c->code == CLOSE_ABNORMAL)
		c->code = code;
	put_close(c, code);
	client_leave(c, LEAVE_LINGER);
}

static void take(struct client *c, enum frame_op op, const char *text, size_t n)
{
	struct server *s = c->server;
	uint64_t cookie;

	switch (op) {
	case FRAME_TEXT:
		if (!utf8_ok(text, n))
			fail(c, CLOSE_UTF8);
		else if (!c->closing && s->on.ws_text)
			s->on.ws_text(s->arg, &c->ws, text, n);
		break;
	case FRAME_PING:
		if (conn_backlog(&c->io) > s->o.backlog_max)
			client_leave(c, LEAVE_NOW);
		else if (!c->closing)
			put(c, FRAME_PONG, true, text, n);
		break;
	case FRAME_PONG:
		if (n != sizeof cookie || !s->on.ws_pong)
			break;
		memcpy(&cookie, text, sizeof cookie);
		s->on.ws_pong(s->arg, &c->ws, cookie);
		break;
	case FRAME_CLOSE:
		closed_by_peer(c, text, n);
		break;
	default:
		fail(c, CLOSE_UNSUPPORTED);
	}
}

void client_ws_read(struct client *c)
{
	const char *text;
	size_t n;
	int op;

	while (c->stage == CLIENT_WS && !c->frozen && (op = frames_next(&c->rx, &text, &n))) {
		if (op < 0)
			fail(c, c->rx.bad);
		else
			take(c, (enum frame_op)op, text, n);
	}
}

void client_ws_open(struct client *c)
{
	struct server *s = c->server;

	c->stage = CLIENT_WS;
	c->open = true;
	c->ws = (struct server_conn){ .path = c->head.path, .peer = c->peer };
	if (s->on.ws_opened)
		s->on.ws_opened(s->arg, &c->ws);
}

/* ---- what handlers ask for ---- */

bool server_send(struct server_conn *conn, const char *text, size_t n)
{
	struct client *c = of_conn(conn);

	if (c->stage != CLIENT_WS || c->closing)
		return false;
	if (c->frozen)
		return true;
	if (conn_backlog(&c->io) + n > c->server->o.backlog_max) {
		client_leave(c, LEAVE_NOW);
		return false;
	}
	put(c, FRAME_TEXT, true, text, n);
	return true;
}

size_t server_backlog(const struct server_conn *conn)
{
	return conn_backlog(&of_conn((struct server_conn *)conn)->io);
}

void server_ping(struct server_conn *conn, uint64_t cookie)
{
	struct client *c = of_conn(conn);

	if (c->stage == CLIENT_WS && !c->closing && !c->frozen)
		put(c, FRAME_PING, true, &cookie, sizeof cookie);
}

void server_conn_close(struct server_conn *conn, unsigned code)
{
	struct client *c = of_conn(conn);

	if (c->stage != CLIENT_WS || c->closing)
		return;
	c->code = code;
	put_close(c, code);
	client_limit(c, CLOSE_MS);
}

void server_conn_drop(struct server_conn *conn, bool reset)
{
	client_leave(of_conn(conn), reset ? LEAVE_RESET : LEAVE_FLUSHED);
}

void server_conn_tear(struct server_conn *conn, const char *text, size_t n)
{
	struct client *c = of_conn(conn);

	if (c->stage == CLIENT_WS && !c->closing)
		put(c, FRAME_TEXT, false, text, n / 2);
	client_leave(c, LEAVE_FLUSHED);
}

void server_conn_freeze(struct server_conn *conn, bool frozen)
{
	struct client *c = of_conn(conn);

	c->frozen = frozen;
	client_mark(c);		/* what came in meanwhile is read there */
}
