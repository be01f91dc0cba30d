/* SPDX-License-Identifier: MIT
 * The server's sockets and HTTP: accepting, requests in, answers out, and the end of a connection. */
#include "net/server.h"

#include "base/clock.h"
#include "net/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE (64u << 10)
#define PIPELINE_MAX (256u << 10)	/* answers that wait unread before the next request is taken */
#define LINGER_MS 2000
#define ACCEPT_AT_ONCE 32
#define PAUSE_MS 100
#define OTHER_FILES 64			/* descriptors that the rest of the program may need */

void client_mark(struct client *c)
{
	if (c->marked)
		return;
	c->marked = true;
	c->next_marked = c->server->marked;
	c->server->marked = c;
}

static void time_is_up(void *arg)
{
	struct client *c = arg;

	client_leave(c, LEAVE_NOW);
}

void client_limit(struct client *c, int ms)
{
	loop_after(c->server->loop, &c->timer, ms, time_is_up, c);
}

/* The first way of leaving counts, unless a later one is at once. */
void client_leave(struct client *c, enum client_leave how)
{
	if (c->stage == CLIENT_GONE || (c->stage == CLIENT_LEAVING && how != LEAVE_NOW))
		return;
	c->stage = CLIENT_LEAVING;
	c->leave = how;
	if (how != LEAVE_NOW)
		client_limit(c, LINGER_MS);
	client_mark(c);
}

/* ---- answers ---- */

static const char *reason(int status)
{
	static const struct { int status; const char *words; } known[] = {
		{ 101, "Switching Protocols" }, { 200, "OK" }, { 400, "Bad Request" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 413, "Content Too Large" }, { 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Entity" }, { 426, "Upgrade Required" }, { 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" }, { 500, "Internal Server Error" }, { 501, "Not Implemented" },
		{ 502, "Bad Gateway" }, { 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].status == status)
			return known[i].words;
	return "Status";
}

static void wait_for_request(struct client *c)
{
	c->stage = CLIENT_HEAD;
	c->begun = false;
	c->seen = 0;
	c->since_ns = clock_mono_ns();
	client_limit(c, c->server->o.idle_ms);
}

static void answer(struct client *c, int status, const char *type, const char *fields, const void *body, size_t n)
{
	struct buf *out = &c->io.out;

	buf_addf(out, "HTTP/1.1 %d %s\r\ncontent-length: %zu\r\n", status, reason(status), n);
	if (type)
		buf_addf(out, "content-type: %s\r\n", type);
	buf_adds(out, fields);
	buf_adds(out, c->head.keep ? "\r\n" : "connection: close\r\n\r\n");
	if (strcmp(c->head.method, "HEAD") != 0)
		buf_add(out, body, n);
	if (c->head.keep)
		wait_for_request(c);
	else
		client_leave(c, LEAVE_LINGER);
	client_mark(c);
}

/* What the handler never gets to see. */
static void refuse(struct client *c, int status)
{
	const char *words = reason(status);

	c->head.keep = false;
	answer(c, status, "text/plain; charset=utf-8", status == 426 ? "sec-websocket-version: 13\r\n" : "", words, strlen(words));
}

static struct client *of_request(struct server_request *r)
{
	return (struct client *)((char *)r - offsetof(struct client, request));
}

/* Whether somebody is there to answer; the request is no longer the handler's. */
static bool let_go(struct client *c)
{
	c->held = false;
	buf_clear(&c->body);
	if (c->body.cap > READ_SIZE)
		buf_release(&c->body);
	client_mark(c);
	return c->stage == CLIENT_HANDLER;
}

void server_reply(struct server_request *r, int status, const char *type, const void *body, size_t n)
{
	struct client *c = of_request(r);
	char retry[48] = "";

	if (!let_go(c))
		return;
	if (r->retry_after_s > 0)
		snprintf(retry, sizeof retry, "retry-after: %d\r\n", r->retry_after_s);
	answer(c, status, type, retry, body, n);
}

void server_drop(struct server_request *r, bool reset)
{
	struct client *c = of_request(r);

	if (let_go(c))
		client_leave(c, reset ? LEAVE_RESET : LEAVE_FLUSHED);
}

/* ---- requests ---- */

static void hand_over(struct client *c)
{
	struct server *s = c->server;

	c->stage = CLIENT_HANDLER;
	c->served++;
	loop_cancel(s->loop, &c->timer);
	c->request = (struct server_request){
		.method = c->head.method, .path = c->head.path, .type = c->head.type, .peer = c->peer,
		.body = buf_cstr(&c->body), .len = c->body.len,
	};
	if (!s->on.request) {
		answer(c, 404, NULL, "", NULL, 0);
		return;
	}
	c->held = true;
	s->on.request(s->arg, &c->request);
}

static void upgrade(struct client *c)
{
	struct server *s = c->server;
	char accept[29];
	int status;

	if (strcmp(c->head.version, "13") != 0 || strlen(c->head.key) != 24) {
		refuse(c, strcmp(c->head.version, "13") != 0 ? 426 : 400);
		return;
	}
	status = s->on.upgrade ? s->on.upgrade(s->arg, c->head.path, c->peer) : 0;
	if (status < 0) {
		client_leave(c, LEAVE_FLUSHED);
	} else if (status > 0) {
		refuse(c, status);
	} else {
		frame_accept(accept, c->head.key, 24);
		buf_addf(&c->io.out, "HTTP/1.1 101 %s\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: %s\r\n\r\n",
			 reason(101), accept);
		loop_cancel(s->loop, &c->timer);
		client_mark(c);
		client_ws_open(c);
	}
}

/* Empty lines before a request line are let pass, as the standard asks. */
static bool read_request_head(struct client *c)
{
	struct buf *in = &c->rx.in;
	size_t size;
	int status;

	while (!c->seen && in->len - c->rx.at >= 2 && memcmp(in->data + c->rx.at, "\r\n", 2) == 0)
		c->rx.at += 2;
	if (in->len == c->rx.at || conn_backlog(&c->io) > PIPELINE_MAX)
		return false;
	if (!c->begun) {
		c->begun = true;
		client_limit(c, c->server->o.request_ms);
	}
	size = head_size(in->data + c->rx.at, in->len - c->rx.at, &c->seen);
	if (!size && in->len - c->rx.at < HEAD_MAX)
		return false;
	if (!size)
		size = HEAD_MAX + 1;	/* refused for it */
	buf_clear(&c->head_text);
	buf_add(&c->head_text, in->data + c->rx.at, size < in->len - c->rx.at ? size : in->len - c->rx.at);
	buf_cstr(&c->head_text);
	c->rx.at += c->head_text.len;
	status = head_request(c->head_text.data, size, &c->head);
	if (!status && c->head.length > c->server->o.body_max)
		status = 413;
	c->chunks = (struct chunks){ 0 };
	buf_clear(&c->body);
	if (status) {
		refuse(c, status);
	} else if (c->head.websocket) {
		upgrade(c);
	} else {
		c->stage = CLIENT_BODY;
		if (c->head.expect && (c->head.chunked || c->head.length)) {
			buf_adds(&c->io.out, "HTTP/1.1 100 Continue\r\n\r\n");
			client_mark(c);
		}
	}
	return true;
}

static bool read_request_body(struct client *c)
{
	struct buf *in = &c->rx.in;
	const char *at = in->data + c->rx.at;
	size_t n = in->len - c->rx.at;
	int status = 1;

	if (c->head.chunked) {
		status = chunks_read(&c->chunks, &at, in->data + in->len, &c->body, c->server->o.body_max);
		c->rx.at = (size_t)(at - in->data);
	} else {
		n = n < c->head.length - c->body.len ? n : (size_t)(c->head.length - c->body.len);
		buf_add(&c->body, at, n);
		c->rx.at += n;
		status = c->body.len == c->head.length;
	}
	if (status == 1)
		hand_over(c);
	else if (status)
		refuse(c, status);
	return status;
}

/* As far as what came in goes. */
static void go_on(struct client *c)
{
	bool more = true;

	while (more && c->rx.in.data)
		more = c->stage == CLIENT_HEAD ? read_request_head(c) : c->stage == CLIENT_BODY ? read_request_body(c) : false;
	if (c->stage == CLIENT_WS)
		client_ws_read(c);
	else if (c->stage == CLIENT_HEAD && c->rx.in.len == c->rx.at)
		frames_release(&c->rx);		/* idle connections cost little */
}

static bool wants_input(const struct client *c)
{
	switch (c->stage) {
	case CLIENT_HEAD:	return conn_backlog(&c->io) <= PIPELINE_MAX;
	case CLIENT_BODY:	return true;
	case CLIENT_WS:		return !c->frozen;
	case CLIENT_LEAVING:	return c->leave == LEAVE_LINGER;
	default:		return false;
	}
}

static void take_input(struct client *c)
{
	char *room = frames_room(&c->rx, READ_SIZE);
	int n = conn_read(&c->io, room, READ_SIZE);

	if (n == 0 || n == -2) {
		client_leave(c, LEAVE_NOW);
	} else if (n > 0 && c->stage != CLIENT_LEAVING) {	/* who leaves only empties the line */
		c->rx.in.len += (size_t)n;
		go_on(c);
	}
}

static void client_ready(void *arg, short revents)
{
	struct client *c = arg;

	if (revents & POLLIN && wants_input(c))
		take_input(c);
	else if (revents & (POLLERR | POLLHUP))
		client_leave(c, LEAVE_NOW);
	if (revents & POLLOUT)
		client_mark(c);
}

/* ---- the end ---- */

static void release(struct client *c)
{
	*(c->prev ? &c->prev->next : &c->server->clients) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	frames_release(&c->rx);
	buf_release(&c->head_text);
	buf_release(&c->body);
	free(c);
}

/* A reset instead of an orderly end; for that, bytes that nobody has read must not be left either. */
static void close_socket(struct client *c)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	char rest[4096];

	if (c->leave == LEAVE_RESET)
		setsockopt(c->io.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	else
		while (conn_read(&c->io, rest, sizeof rest) > 0)
			;
	conn_close(&c->io);
}

static void finish(struct client *c)
{
	struct server *s = c->server;

	loop_cancel(s->loop, &c->timer);
	close_socket(c);
	s->n--;
	c->stage = CLIENT_GONE;
	c->request.gone = true;
	if (c->open) {
		c->open = false;
		if (s->on.ws_closed)
			s->on.ws_closed(s->arg, &c->ws, c->code);
	}
	if (!c->held)
		release(c);
}

/* True: it is over. */
static bool leaves(struct client *c)
{
	if (c->stage != CLIENT_LEAVING)
		return false;
	if (c->leave == LEAVE_NOW || c->frozen)
		return true;
	if (conn_backlog(&c->io))
		return false;
	if (c->leave != LEAVE_LINGER)
		return true;
	if (!c->shut)
		shutdown(c->io.fd, SHUT_WR);
	c->shut = true;
	return false;
}

static void client_settle(struct client *c)
{
	bool blocked;

	if (c->stage == CLIENT_GONE) {
		if (!c->held)
			release(c);
		return;
	}
	if ((c->stage == CLIENT_HEAD || c->stage == CLIENT_WS) && c->rx.in.len > c->rx.at)
		go_on(c);
	blocked = conn_backlog(&c->io) > PIPELINE_MAX;
	if (!c->frozen && !c->shut && (c->stage != CLIENT_LEAVING || c->leave != LEAVE_NOW) && !conn_flush(&c->io)) {
		c->stage = CLIENT_LEAVING;
		c->leave = LEAVE_NOW;
	}
	if (leaves(c)) {
		finish(c);
		return;
	}
	if (c->frozen)
		loop_fd_events(c->server->loop, c->io.fd, 0);
	else
		conn_watch(&c->io, wants_input(c));
	if (blocked && conn_backlog(&c->io) <= PIPELINE_MAX)
		client_mark(c);		/* requests may be waiting for that */
}

/* What one client's end or answer brings about for another is settled in the same go. */
static void settle(void *arg)
{
	struct server *s = arg;
	struct client *c;

	while ((c = s->marked)) {
		s->marked = c->next_marked;
		c->marked = false;
		client_settle(c);
	}
}

/* ---- accepting ---- */

static bool is_weaker(const struct client *c, const struct client *than)
{
	if ((c->served == 0) != (than->served == 0))
		return c->served == 0;
	return c->since_ns < than->since_ns;
}

/* The connection whose end hurts least: one that never asked for anything to the end, then one between two requests; the oldest of
 * them. */
static struct client *weakest(const struct server *s)
{
	struct client *c, *best = NULL;

	for (c = s->clients; c; c = c->next)
		if ((c->stage == CLIENT_HEAD || c->stage == CLIENT_BODY) && (!best || is_weaker(c, best)))
			best = c;
	return best;
}

static void name_peer(struct client *c, const struct sockaddr_storage *a)
{
	const struct sockaddr_in *v4 = (const void *)a;
	const struct sockaddr_in6 *v6 = (const void *)a;
	bool six = a->ss_family == AF_INET6;
	char host[INET6_ADDRSTRLEN] = "";

	inet_ntop(a->ss_family, six ? (const void *)&v6->sin6_addr : (const void *)&v4->sin_addr, host, sizeof host);
	snprintf(c->peer, sizeof c->peer, six ? "[%s]:%u" : "%s:%u", host, ntohs(six ? v6->sin6_port : v4->sin_port));
}

static void welcome(struct server *s, int fd, const struct sockaddr_storage *from)
{
	struct client *c = xcalloc(1, sizeof *c);
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	c->server = s;
	c->rx.masked = true;
	c->rx.max = s->o.message_max;
	c->code = CLOSE_ABNORMAL;
	name_peer(c, from);
	conn_open(&c->io, s->loop, fd, client_ready, c);
	wait_for_request(c);
	c->next = s->clients;
	if (c->next)
		c->next->prev = c;
	s->clients = c;
	s->n++;
}

static bool make_room(struct server *s)
{
	struct client *c = weakest(s);

	if (c)
		client_leave(c, LEAVE_NOW);
	settle(s);
	return c;
}

static void listen_again(void *arg)
{
	struct server *s = arg;

	loop_fd_events(s->loop, s->fd, POLLIN);
}

static void accept_ready(void *arg, short revents)
{
	struct server *s = arg;
	struct sockaddr_storage from;
	socklen_t size;
	int fd, i;

	(void)revents;
	for (i = 0; i < ACCEPT_AT_ONCE; i++) {
		size = sizeof from;
		fd = accept4(s->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0 && (s->n < s->o.connections || make_room(s))) {
			welcome(s, fd, &from);
		} else if (fd >= 0) {
			close(fd);
		} else if (errno != EMFILE && errno != ENFILE) {
			return;
		} else if (!make_room(s)) {	/* no descriptor left, and nobody to take one from: it would be ready all the time */
			loop_fd_events(s->loop, s->fd, 0);
			loop_after(s->loop, &s->pause, PAUSE_MS, listen_again, s);
			return;
		}
	}
}

static bool listen_on(struct server *s, struct errmsg *e)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in *v4 = (void *)&a;
	struct sockaddr_in6 *v6 = (void *)&a;
	socklen_t size = sizeof a;
	int on = 1;

	if (inet_pton(AF_INET, s->o.address, &v4->sin_addr) == 1) {
		a.ss_family = AF_INET;
		v4->sin_port = htons(s->o.port);
		size = sizeof *v4;
	} else if (inet_pton(AF_INET6, s->o.address, &v6->sin6_addr) == 1) {
		a.ss_family = AF_INET6;
		v6->sin6_port = htons(s->o.port);
		size = sizeof *v6;
	} else {
		return errmsg_set(e, "%s: not an IP address", s->o.address);
	}
	s->fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd >= 0)
		setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&a, size) < 0 || listen(s->fd, SOMAXCONN) < 0 ||
	    getsockname(s->fd, (struct sockaddr *)&a, &size) < 0)
		return errmsg_set(e, "%s port %u: cannot be listened on: %s", s->o.address, s->o.port, strerror(errno));
	s->port = ntohs(a.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
	return true;
}

/* ---- server ---- */

/* The soft limit of descriptors is often 1024; up to the hard one it is ours to raise. */
static void raise_limit(unsigned connections)
{
	struct rlimit r;
	rlim_t want = connections + OTHER_FILES;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur >= want)
		return;
	r.rlim_cur = r.rlim_max < want ? r.rlim_max : want;
	setrlimit(RLIMIT_NOFILE, &r);
}

struct server *server_new(struct loop *l, const struct server_options *o, const struct server_handlers *h, void *arg,
			  struct errmsg *e)
{
	struct server *s = xcalloc(1, sizeof *s);

	*s = (struct server){ .loop = l, .on = *h, .arg = arg, .fd = -1 };
	if (o)
		s->o = *o;
	s->o.address = s->o.address ? s->o.address : "127.0.0.1";
	s->o.body_max = s->o.body_max ? s->o.body_max : 1u << 20;
	s->o.request_ms = s->o.request_ms ? s->o.request_ms : 10000;
	s->o.idle_ms = s->o.idle_ms ? s->o.idle_ms : 120000;
	s->o.connections = s->o.connections ? s->o.connections : 512;
	s->o.message_max = s->o.message_max ? s->o.message_max : 1u << 20;
	s->o.backlog_max = s->o.backlog_max ? s->o.backlog_max : 16u << 20;
	if (!listen_on(s, e)) {
		if (s->fd >= 0)
			close(s->fd);
		free(s);
		return NULL;
	}
	raise_limit(s->o.connections);
	loop_fd(l, s->fd, POLLIN, accept_ready, s);
	loop_before_wait(l, settle, s);
	return s;
}

void server_free(struct server *s)
{
	struct client *c;

	if (!s)
		return;
	loop_before_wait_drop(s->loop, settle, s);
	loop_cancel(s->loop, &s->pause);
	loop_fd_drop(s->loop, s->fd);
	close(s->fd);
	for (c = s->clients; c; c = c->next) {
		c->held = false;
		client_leave(c, LEAVE_NOW);
		client_mark(c);
	}
	settle(s);
	free(s);
}

uint16_t server_port(const struct server *s) { return s->port; }
unsigned server_connections(const struct server *s) { return s->n; }
