/* SPDX-License-Identifier: MIT
 * The loop, the server, the clients and unix sockets, each against the other and against peers that misbehave. */
#include "child.h"
#include "test.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/stream.h"
#include "net/frame.h"
#include "net/http.h"
#include "net/server.h"
#include "net/unix.h"
#include "net/url.h"
#include "net/ws.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

static struct loop *l;

/* Turns the loop until it is so, or five seconds have passed. */
#define UNTIL(cond) ({ \
	int64_t stop_ = clock_mono_ns() + 5000000000; \
	while (!(cond) && clock_mono_ns() < stop_) \
		loop_turn(l, 10); \
	CHECK(cond); \
})

static void turn_for(int ms)
{
	int64_t stop = clock_mono_ns() + ms * INT64_C(1000000);

	while (clock_mono_ns() < stop)
		loop_turn(l, 5);
}

/* ---- loop ---- */

static char order[32];

static void note_a(void *arg) { strcat(order, arg ? arg : "a"); }

static void test_timers(void)
{
	struct loop_timer t[40] = { 0 }, again = { 0 };
	int64_t begun = clock_mono_ns();
	static char name[40][2];
	int i;

	*order = '\0';
	loop_after(l, &t[0], 30, note_a, "3");
	loop_after(l, &t[1], 10, note_a, "1");
	loop_after(l, &t[2], 20, note_a, "2");
	loop_after(l, &t[3], 15, note_a, "x");
	loop_after(l, &again, 5000, note_a, "y");
	loop_after(l, &again, 25, note_a, "+");
	loop_cancel(l, &t[3]);
	loop_cancel(l, &t[3]);
	CHECK(!loop_pending(&t[3]) && loop_pending(&t[0]));
	UNTIL(strlen(order) == 4);
	CHECK_TEXT(order, "12+3");
	CHECK(clock_mono_ns() - begun >= 30000000 && !loop_pending(&t[0]));
	*order = '\0';
	for (i = 0; i < 26; i++) {
		name[i][0] = (char)('a' + i * 7 % 26);
		loop_after(l, &t[i], i * 7 % 26, note_a, name[i]);
	}
	for (i = 0; i < 26; i += 2)
		loop_cancel(l, &t[i]);
	UNTIL(strlen(order) == 13);
	for (i = 1; order[i]; i++)
		CHECK(order[i] > order[i - 1]);
}

static int pipes[2][2];

static void hears_stale(void *arg, short revents)
{
	(void)arg;
	(void)revents;
	strcat(order, "s");
}

static void drops_both(void *arg, short revents)
{
	(void)revents;
	strcat(order, "d");
	loop_fd_drop(l, pipes[0][0]);
	loop_fd_drop(l, pipes[1][0]);
	if (arg)
		loop_fd(l, pipes[arg == pipes[0]][0], 0, hears_stale, NULL);
}

/* What is dropped is not called, even when it was ready too; nor is what took its place. */
static void test_drop_in_turn(bool again)
{
	int i;

	*order = '\0';
	for (i = 0; i < 2; i++) {
		CHECK(pipe(pipes[i]) == 0 && write(pipes[i][1], "x", 1) == 1);
		loop_fd(l, pipes[i][0], POLLIN, drops_both, again ? pipes[i] : NULL);
	}
	turn_for(20);
	CHECK_TEXT(order, "d");
	for (i = 0; i < 4; i++) {
		loop_fd_drop(l, pipes[i / 2][i % 2]);
		close(pipes[i / 2][i % 2]);
	}
}

static void reads_file(void *arg, short revents)
{
	char byte;

	(void)revents;
	if (read(*(int *)arg, &byte, 1) == 1)
		strncat(order, &byte, 1);
	else
		loop_fd_drop(l, *(int *)arg);
}

static void test_disk_file(void)
{
	FILE *f = tmpfile();
	int fd = fileno(f);

	*order = '\0';
	CHECK(write(fd, "abc", 3) == 3 && lseek(fd, 0, SEEK_SET) == 0);
	loop_fd(l, fd, POLLIN, reads_file, &fd);
	UNTIL(strlen(order) == 3);
	CHECK_TEXT(order, "abc");
	loop_fd_drop(l, fd);
	fclose(f);
}

static void terminate(void *arg) { (void)arg; raise(SIGTERM); }

static void runs_until_signal(void *arg)
{
	struct loop_timer t = { 0 };
	struct loop *own;

	(void)arg;
	stream_signals();
	own = loop_new();
	loop_after(own, &t, 20, terminate, NULL);
	if (loop_run(own) != 0 || !stream_stop)
		_exit(1);
	loop_after(own, &t, 20, note_a, "after");	/* the loop still turns, and waits */
	*order = '\0';
	while (!*order)
		loop_turn(own, 1000);
	loop_free(own);
	_exit(7);
}

static void stop_five(void *arg) { (void)arg; loop_stop(l, 5); }

static void test_stop(void)
{
	struct loop_timer t = { 0 };

	CHECK(child_run(runs_until_signal, NULL, NULL).status == 7);
	loop_after(l, &t, 5, stop_five, NULL);
	CHECK(loop_run(l) == 5);
}

/* ---- a server whose handlers do what the path says ---- */

static struct {
	struct server *s;
	struct server_request *kept[64];
	unsigned n_kept, requests, n_conns, closed, refuse;
	struct server_conn *conn[2048];
	unsigned code;
	char text[256];
	uint64_t pong;
	int retry_after;
} srv;

static void on_request(void *arg, struct server_request *r)
{
	struct buf b = BUF_INIT;

	(void)arg;
	srv.requests++;
	if (strncmp(r->path, "/keep", 5) == 0) {
		srv.kept[srv.n_kept++ % 64] = r;
	} else if (strcmp(r->path, "/drop") == 0) {
		server_drop(r, false);
	} else if (strcmp(r->path, "/reset") == 0) {
		server_drop(r, true);
	} else if (strcmp(r->path, "/busy") == 0) {
		r->retry_after_s = 7;
		server_reply(r, 429, NULL, "", 0);
	} else if (strcmp(r->path, "/date") == 0) {
		server_reply(r, 200, "text/plain\r\nDate: Sat, 22 Nov 2025 16:00:00 GMT", "", 0);
	} else if (strcmp(r->path, "/big") == 0) {
		buf_reserve(&b, 3000000);
		memset(b.data, 'x', b.len = 3000000);
		server_reply(r, 200, "text/plain", b.data, b.len);
	} else {
		buf_addf(&b, "%s %s [%s] %zu:%.*s", r->method, r->path, r->type, r->len, r->len < 100 ? (int)r->len : 0, r->body);
		server_reply(r, 200, "application/json", b.data, b.len);
	}
	buf_release(&b);
}

static int on_upgrade(void *arg, const char *path, const char *peer)
{
	(void)arg;
	CHECK(strncmp(peer, "127.0.0.1:", 10) == 0);
	return strcmp(path, "/ws") == 0 ? (int)srv.refuse : strcmp(path, "/gone") == 0 ? -1 : 404;
}

static void on_opened(void *arg, struct server_conn *c)
{
	(void)arg;
	srv.conn[srv.n_conns++ % 2048] = c;
}

static void on_text(void *arg, struct server_conn *c, const char *text, size_t n)
{
	(void)arg;
	snprintf(srv.text, sizeof srv.text, "%.*s", (int)n, text);
	if (strcmp(srv.text, "echo") == 0)
		server_send(c, text, n);
}

static void on_pong(void *arg, struct server_conn *c, uint64_t cookie)
{
	(void)arg;
	(void)c;
	srv.pong = cookie;
}

static void on_closed(void *arg, struct server_conn *c, unsigned code)
{
	unsigned i;

	(void)arg;
	srv.code = code;
	srv.closed++;
	for (i = 0; i < 2048; i++)
		if (srv.conn[i] == c)
			srv.conn[i] = NULL;
}

static void serve(const struct server_options *o)
{
	static const struct server_handlers h = { on_request, on_upgrade, on_opened, on_text, on_pong, on_closed };
	struct errmsg e;

	memset(&srv, 0, sizeof srv);
	srv.s = server_new(l, o, &h, NULL, &e);
	CHECK(srv.s != NULL && server_port(srv.s) > 0);
}

static void url_of(char url[64], const char *scheme, const char *path)
{
	snprintf(url, 64, "%s://127.0.0.1:%u%s", scheme, server_port(srv.s), path);
}

/* ---- raw sockets ---- */

static int raw_to(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static int raw(void) { return raw_to(server_port(srv.s)); }

static void say(int fd, const char *text)
{
	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

/* What comes back: until the end ("|" is added, "!" for a reset), or until `want` is in it. */
static const char *hear(int fd, const char *want)
{
	static char got[1 << 16];
	int64_t stop = clock_mono_ns() + 5000000000;
	size_t len = 0;
	ssize_t n;

	*got = '\0';
	while (clock_mono_ns() < stop && !(want && strstr(got, want))) {
		loop_turn(l, 2);
		n = recv(fd, got + len, sizeof got - len - 2, 0);
		if (n > 0)
			got[len += (size_t)n] = '\0';
		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			strcpy(got + len, n == 0 ? "|" : "!");
			break;
		}
	}
	return got;
}

static bool ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

/* ---- HTTP by hand ---- */

#define UPGRADE(path, version) \
	"GET " path " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: " version "\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define POST(path, body_len, body) \
	"POST " path " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " body_len "\r\n\r\n" body

static void test_http_server(void)
{
	const char *got;
	int fd;

	serve(NULL);
	fd = raw();
	say(fd, POST("/info", "2", "{}"));
	got = hear(fd, "2:{}");
	CHECK_TEXT(got, "HTTP/1.1 200 OK\r\ncontent-length: 34\r\ncontent-type: application/json\r\n\r\n"
			"POST /info [application/json] 2:{}");
	say(fd, "\r\n" POST("/a", "1", "x") "GET /b HTTP/1.1\r\nHost: a\r\n\r\n" POST("/c", "0", ""));	/* pipelined */
	got = hear(fd, "/c [application/json] 0:");
	CHECK(strstr(got, "POST /a [application/json] 1:x") && strstr(got, "GET /b [] 0:") && strstr(got, "/c"));
	say(fd, "POST /d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
	CHECK(strstr(hear(fd, "5:abcde"), "POST /d [] 5:abcde"));
	say(fd, "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	CHECK_TEXT(hear(fd, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
	say(fd, "xyz");
	CHECK(strstr(hear(fd, "3:xyz"), "3:xyz"));
	say(fd, "HEAD /f HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	got = hear(fd, NULL);
	CHECK(ends_with(got, "connection: close\r\n\r\n|") && strstr(got, "content-length: 13"));
	close(fd);
	UNTIL(server_connections(srv.s) == 0);
	server_free(srv.s);
}

static void test_http_refusals(void)
{
	static const struct { const char *text, *status; } rows[] = {
		{ "nonsense\r\n\r\n", "HTTP/1.1 400 " },
		{ "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 " },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 413 " },
		{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n", NULL },
		{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400 " },
		{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 501 " },
		{ "GET / HTTP/3.0\r\nHost: a\r\n\r\n", "HTTP/1.1 505 " },
		{ UPGRADE("/ws", "8") KEY "\r\n", "HTTP/1.1 426 " },
		{ UPGRADE("/ws", "13") "\r\n", "HTTP/1.1 400 " },
		{ UPGRADE("/no", "13") KEY "\r\n", "HTTP/1.1 404 " },
		{ UPGRADE("/gone", "13") KEY "\r\n", "|" },
	};
	struct server_options o = { .body_max = 999 };
	char long_head[17000];
	const char *got;
	size_t i;
	int fd;

	serve(&o);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		fd = raw();
		say(fd, rows[i].text);
		if (!rows[i].status) {	/* the size alone is no offence yet, its bytes are */
			turn_for(10);
			memset(long_head, 'x', 1000);
			CHECK(send(fd, long_head, 1000, 0) == 1000);
			CHECK(strncmp(hear(fd, NULL), "HTTP/1.1 413 ", 13) == 0);
			close(fd);
			continue;
		}
		got = hear(fd, NULL);
		if (!CHECK(strncmp(got, rows[i].status, strlen(rows[i].status)) == 0 && ends_with(got, "|")))
			printf("  %s gives %s\n", rows[i].text, got);
		close(fd);
	}
	fd = raw();
	memset(long_head, 'a', sizeof long_head);
	CHECK(send(fd, long_head, sizeof long_head, 0) == (ssize_t)sizeof long_head);
	CHECK(strncmp(hear(fd, NULL), "HTTP/1.1 431 ", 13) == 0);
	close(fd);
	CHECK(srv.requests == 0);
	server_free(srv.s);
}

/* Answers that come late, to a client that has left, and none at all. */
static void test_http_later(void)
{
	int fd, other;

	serve(NULL);
	fd = raw();
	other = raw();
	say(fd, POST("/keep", "1", "a") POST("/x", "1", "b"));
	say(other, POST("/other", "0", ""));
	CHECK(strstr(hear(other, "/other"), "/other"));
	UNTIL(srv.n_kept == 1);
	CHECK(srv.requests == 2);	/* the pipelined one waits for its turn */
	server_reply(srv.kept[0], 200, "text/plain", "late", 4);
	CHECK(strstr(hear(fd, "POST /x"), "\r\n\r\nlateHTTP/1.1 200 OK"));
	say(fd, POST("/keep", "0", ""));
	UNTIL(srv.n_kept == 2);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger)) == 0);
	close(fd);
	UNTIL(srv.kept[1]->gone);
	server_reply(srv.kept[1], 200, NULL, "nobody", 6);
	say(other, POST("/drop", "0", ""));
	CHECK_TEXT(hear(other, NULL), "|");
	close(other);
	other = raw();
	say(other, POST("/reset", "0", ""));
	CHECK_TEXT(hear(other, NULL), "!");
	close(other);
	other = raw();
	say(other, POST("/keep", "0", ""));
	UNTIL(srv.n_kept == 3);
	server_free(srv.s);		/* with a request that nobody has answered */
	CHECK_TEXT(hear(other, NULL), "|");
	close(other);
}

/* ---- REST client ---- */

static struct http_answer ans;
static char ans_body[200];
static unsigned answers;

static void on_answer(void *arg, const struct http_answer *a)
{
	(void)arg;
	ans = *a;
	snprintf(ans_body, sizeof ans_body, "%s", a->body ? a->body : "");
	answers++;
}

static const struct http_answer *ask(struct http *h, const char *path)
{
	char url[64];

	url_of(url, "http", path);
	return http_post_wait(h, url, "{}", 2);
}

static void test_http_client(void)
{
	const struct http_answer *a;
	struct http_options o = { .body_max = 1000000, .total_ms = 300 };
	struct http *h;
	char url[64];
	unsigned i, before;

	serve(NULL);
	h = http_new(l, NULL);
	a = ask(h, "/info");
	CHECK(a->outcome == HTTP_ANSWERED && a->status == 200 && a->retry_after_s == -1 && a->took_us > 0);
	CHECK_TEXT(a->body, "POST /info [application/json] 2:{}");
	CHECK_TEXT(a->type, "application/json");
	CHECK(ask(h, "/again")->status == 200 && server_connections(srv.s) == 1);	/* the connection was kept */
	a = ask(h, "/busy");
	CHECK(a->outcome == HTTP_ANSWERED && a->status == 429 && a->retry_after_s == 7 && a->len == 0);
	CHECK(ask(h, "/busy")->date_ms == 0 && ask(h, "/date")->date_ms == 1763827200000);
	CHECK(ask(h, "/big")->len == 3000000);
	/* Over a kept connection too, nothing is sent a second time. */
	for (i = 0; i < 4; i++) {
		CHECK(ask(h, "/info")->status == 200);
		before = srv.requests;
		a = ask(h, i % 2 ? "/drop" : "/reset");
		CHECK(a->outcome == HTTP_UNKNOWN && a->status == 0 && srv.requests == before + 1 && !strstr(a->why, "seek"));
		CHECK(strncmp(a->why, "127.0.0.1:", 10) == 0);
	}
	answers = 0;
	url_of(url, "http", "/x");
	for (i = 0; i < 30; i++)
		http_post(h, url, "{}", 2, on_answer, NULL);
	UNTIL(answers == 30);
	CHECK(ans.status == 200 && server_connections(srv.s) <= 8);
	url_of(url, "http", "/keep");
	http_post(h, url, "{}", 2, on_answer, NULL);
	UNTIL(srv.n_kept == 1);
	http_free(h);			/* with a request under way */
	CHECK(answers == 31 && ans.outcome == HTTP_UNKNOWN);
	server_drop(srv.kept[0], false);

	h = http_new(l, &o);
	a = ask(h, "/keep");
	CHECK(a->outcome == HTTP_UNKNOWN && a->took_us >= 290000 && srv.n_kept == 2);
	server_drop(srv.kept[1], false);
	a = ask(h, "/big");
	CHECK(a->outcome == HTTP_UNKNOWN && strstr(a->why, "longer"));
	http_free(h);
	server_free(srv.s);
}

/* A server that answers once with whatever text it is given, and closes. */
static struct { int fd, conn; const char *text; char got[4096]; size_t len; } bare;

static void bare_conn(void *arg, short revents)
{
	ssize_t n = recv(bare.conn, bare.got + bare.len, sizeof bare.got - bare.len, 0);

	(void)arg;
	(void)revents;
	if (n > 0)
		bare.len += (size_t)n;
	if (n > 0 && !ends_with(bare.got, "{}") && !ends_with(bare.got, "\r\n\r\n"))
		return;
	if (bare.text && *bare.text)
		send(bare.conn, bare.text, strlen(bare.text), MSG_NOSIGNAL);
	loop_fd_drop(l, bare.conn);
	if (bare.text)
		close(bare.conn);
}

static void bare_accept(void *arg, short revents)
{
	(void)arg;
	(void)revents;
	bare.conn = accept4(bare.fd, NULL, NULL, SOCK_CLOEXEC);
	memset(bare.got, 0, sizeof bare.got);
	bare.len = 0;
	loop_fd(l, bare.conn, POLLIN, bare_conn, NULL);
}

static unsigned bare_listen(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;

	bare.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(bare.fd, (struct sockaddr *)&a, size) == 0 && listen(bare.fd, 5) == 0);
	getsockname(bare.fd, (struct sockaddr *)&a, &size);
	loop_fd(l, bare.fd, POLLIN, bare_accept, NULL);
	return ntohs(a.sin_port);
}

static void bare_end(void)
{
	loop_fd_drop(l, bare.fd);
	close(bare.fd);
}

static void test_http_outcomes(void)
{
	static const struct { enum http_outcome outcome; const char *text; } rows[] = {
		{ HTTP_UNKNOWN, "" },
		{ HTTP_UNKNOWN, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" },
		{ HTTP_UNKNOWN, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe" },
		{ HTTP_UNKNOWN, "HTTP/1.1 200 OK\r\nContent-Le" },
		{ HTTP_UNKNOWN, "no HTTP at all" },
		{ HTTP_ANSWERED, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n" },
		{ HTTP_ANSWERED, "HTTP/1.1 502 Bad\r\nContent-Length: 6\r\n\r\n<html>" },
		{ HTTP_ANSWERED, "HTTP/1.1 200 OK\r\n\r\nuntil the end" },
	};
	struct http_options o = { .total_ms = 1000, .connect_ms = 800 };
	struct http *h = http_new(l, &o);
	const struct http_answer *a;
	char url[64];
	unsigned port = bare_listen();
	size_t i;

	setenv("http_proxy", "http://127.0.0.1:1", 1);	/* is none of our business */
	snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		bare.text = rows[i].text;
		a = http_post_wait(h, url, "{}", 2);
		if (!CHECK(a->outcome == rows[i].outcome))
			printf("  %s: %s\n", rows[i].text, a->why);
		CHECK(a->outcome != HTTP_ANSWERED || a->status == atoi(rows[i].text + 9));
	}
	CHECK(strstr(bare.got, "User-Agent: ocq/" OCQ_VERSION "\r\n") && strstr(bare.got, "Content-Type: application/json\r\n"));
	CHECK(!strstr(bare.got, "Expect") && strstr(bare.got, "Content-Length: 2\r\n"));
	bare.text = "";
	CHECK(http_post_wait(h, url, NULL, 0)->outcome == HTTP_UNKNOWN);
	bare.text = NULL;		/* reads, and says nothing */
	CHECK(http_post_wait(h, url, "{}", 2)->outcome == HTTP_UNKNOWN);
	close(bare.conn);
	bare_end();
	CHECK(http_post_wait(h, url, "{}", 2)->outcome == HTTP_NOT_SENT);
	CHECK(http_post_wait(h, "http://no-such-host.invalid/", "{}", 2)->outcome == HTTP_NOT_SENT);
	a = http_post_wait(h, "file:///etc/passwd", "{}", 2);
	CHECK(a->outcome == HTTP_NOT_SENT && strstr(a->why, "rotocol"));
	unsetenv("http_proxy");
	port = bare_listen();		/* a TLS client meets a server that speaks none */
	bare.text = "HTTP/1.1 400 Bad\r\n\r\n";
	snprintf(url, sizeof url, "https://127.0.0.1:%u/", port);
	CHECK(http_post_wait(h, url, "{}", 2)->outcome == HTTP_NOT_SENT);
	bare_end();
	http_free(h);
}

/* ---- WebSocket client ---- */

static struct { unsigned opened, texts, closed; char text[256], why[200]; size_t len; struct ws *w; bool restart; } cli;

static void cli_opened(void *arg)
{
	(void)arg;
	cli.opened++;
	CHECK(ws_send(cli.w, "subscribe", 9));
}

static void cli_text(void *arg, const char *text, size_t n)
{
	(void)arg;
	cli.texts++;
	cli.len = n;
	snprintf(cli.text, sizeof cli.text, "%.*s", n < 200 ? (int)n : 200, text);
	if (cli.restart)
		ws_restart(cli.w);
	cli.restart = false;
}

static void cli_closed(void *arg, const char *why)
{
	(void)arg;
	cli.closed++;
	snprintf(cli.why, sizeof cli.why, "%s", why);
}

static void dial(const char *path, struct ws_options o)
{
	static const struct ws_handlers h = { cli_opened, cli_text, cli_closed };
	struct errmsg e;
	char url[64];

	memset(&cli, 0, sizeof cli);
	url_of(url, "ws", path);
	o.url = url;
	o.per_minute = o.per_minute ? o.per_minute : 10000;
	o.backoff_min_ms = o.backoff_min_ms ? o.backoff_min_ms : 20;
	cli.w = ws_open(l, &o, &h, NULL, &e);
	CHECK(cli.w != NULL);
}

static void test_ws(void)
{
	static char big[3 << 20];
	struct server_options o = { .message_max = sizeof big };
	int64_t from;
	int i;

	serve(&o);
	dial("/ws", (struct ws_options){ .queue_max = 4 << 20 });
	CHECK(!ws_send(cli.w, "x", 1));
	UNTIL(strcmp(srv.text, "subscribe") == 0);
	CHECK(ws_connected(cli.w) && cli.opened == 1);
	CHECK(ws_send(cli.w, "echo", 4));
	UNTIL(cli.texts == 1);
	CHECK_TEXT(cli.text, "echo");
	memset(big, 'z', sizeof big);
	CHECK(server_send(srv.conn[0], big, sizeof big) && server_backlog(srv.conn[0]) > sizeof big);
	UNTIL(cli.len == sizeof big);
	CHECK(ws_send(cli.w, big, sizeof big));
	UNTIL(srv.text[0] == 'z');
	for (i = 0; i < 20 && ws_send(cli.w, big, sizeof big); i++)
		;
	CHECK(i < 20);		/* the queue has a bound */
	UNTIL(server_backlog(srv.conn[0]) == 0);
	server_ping(srv.conn[0], 4711);
	UNTIL(srv.pong == 4711);
	/* The server drops without a word, and with one. */
	from = clock_mono_ns();
	server_conn_drop(srv.conn[0], false);
	UNTIL(cli.opened == 2);
	CHECK(clock_mono_ns() - from >= 15000000 && srv.code == 1006 && cli.closed == 1);
	CHECK_TEXT(cli.why, "left without a close frame");
	CHECK(ws_stats(cli.w)->close_code == 0);	/* of the new connection */
	server_conn_drop(srv.conn[1], true);
	UNTIL(cli.opened == 3);
	CHECK_TEXT(cli.why, "connection lost");
	server_conn_close(srv.conn[2], 1001);
	UNTIL(cli.closed == 3);
	CHECK(ws_stats(cli.w)->close_code == 1001);
	CHECK_TEXT(cli.why, "closed by the peer with code 1001");
	UNTIL(cli.opened == 4);
	CHECK(srv.code == 1001);
	server_send(srv.conn[3], "whole", 5);
	server_conn_tear(srv.conn[3], "torn in the middle", 18);
	UNTIL(cli.opened == 5);
	CHECK_TEXT(cli.text, "whole");
	/* The client leaves and comes back when told to, also from within a handler. */
	ws_restart(cli.w);
	UNTIL(cli.opened == 6);
	CHECK(cli.closed == 5 && srv.code == 1000);
	cli.restart = true;
	server_send(srv.conn[5], "go", 2);
	server_send(srv.conn[5], "lost", 4);
	UNTIL(cli.opened == 7);
	CHECK_TEXT(cli.text, "go");
	CHECK(ws_stats(cli.w)->attempts == 7 && ws_stats(cli.w)->connects == 7 && ws_stats(cli.w)->disconnects == 6);
	ws_free(cli.w);
	UNTIL(srv.closed == 7);
	CHECK(srv.code == 1000 && server_connections(srv.s) == 0);
	server_free(srv.s);
}

/* A frozen server, pings, refusals, back-off and the limit of attempts. */
static void test_ws_trouble(void)
{
	struct server_conn *c;
	int64_t from;
	unsigned n;

	serve(NULL);
	dial("/ws", (struct ws_options){ .idle_ms = 500, .ping_ms = 100 });
	UNTIL(strcmp(srv.text, "{\"method\":\"ping\"}") == 0);
	while (cli.closed == 0 && srv.n_conns == 1) {	/* the server is alive as long as it sends anything */
		server_send(srv.conn[0], "{}", 2);
		turn_for(50);
		if (cli.texts > 5)
			break;
	}
	CHECK(cli.opened == 1 && cli.texts > 5);
	c = srv.conn[0];
	server_conn_freeze(c, true);
	CHECK(server_send(c, "swallowed", 9));
	from = clock_mono_ns();
	UNTIL(cli.closed == 1);
	CHECK_TEXT(cli.why, "silent for too long");
	CHECK(clock_mono_ns() - from >= 400000000);
	UNTIL(cli.opened == 2);
	CHECK(srv.closed == 0 || srv.code == 1006);
	server_conn_drop(c, false);
	srv.refuse = 429;
	server_conn_drop(srv.conn[1], false);
	from = (int64_t)ws_stats(cli.w)->attempts;
	UNTIL(strcmp(ws_stats(cli.w)->error, "upgrade refused with status 429") == 0);
	turn_for(700);	/* 20, 40, 80, 160, 320 ms: about five; without doubling it would be 35 */
	n = (unsigned)((int64_t)ws_stats(cli.w)->attempts - from);
	CHECK(n >= 2 && n <= 7);
	srv.refuse = 0;
	UNTIL(cli.opened == 3);
	ws_free(cli.w);
	/* A server that closes by itself: what a client may not send. */
	server_free(srv.s);
	serve(NULL);
	dial("/ws", (struct ws_options){ .message_max = 1000 });
	UNTIL(cli.opened == 1);
	server_send(srv.conn[0], (char[1001]){ 0 }, 1001);
	UNTIL(cli.opened == 2);
	CHECK_TEXT(cli.why, "sent a message that is too long");
	CHECK(ws_send(cli.w, "\xff\xfe", 2));
	UNTIL(cli.closed == 2);
	CHECK(ws_stats(cli.w)->close_code == 1007);
	UNTIL(srv.closed == 2);
	CHECK(srv.code == 1007);
	ws_free(cli.w);
	server_free(srv.s);
	CHECK(!ws_open(l, &(struct ws_options){ .url = "http://a/" }, &(struct ws_handlers){ 0 }, NULL, NULL));
	CHECK(!ws_open(l, &(struct ws_options){ .url = "ws:///a" }, &(struct ws_handlers){ 0 }, NULL, NULL));
	CHECK(!ws_open(l, &(struct ws_options){ .url = "wss://a/", .ca_file = "/nowhere" }, &(struct ws_handlers){ 0 }, NULL, NULL));
}

/* Who answers the upgrade wrongly is no WebSocket server. */
static void test_ws_impostors(void)
{
	static const struct { const char *text, *error; } rows[] = {
		{ "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
		  "no WebSocket server: the upgrade is not answered as it should be" },
		{ "HTTP/1.1 101 OK\r\n\r\n", "no WebSocket server: the upgrade is not answered as it should be" },
		{ "HTTP/1.1 200 OK\r\n\r\n", "upgrade refused with status 200" },
		{ "SMTP ready\r\n\r\n", "no WebSocket server: the answer to the upgrade is no HTTP" },
		{ "", "left without a close frame" },
	};
	struct ws_options o = { .per_minute = 10000, .backoff_min_ms = 500, .connect_ms = 600 };
	char url[64], want[100];
	unsigned port = bare_listen();
	size_t i;

	snprintf(url, sizeof url, "ws://127.0.0.1:%u/ws", port);
	o.url = url;
	for (i = 0; i <= sizeof rows / sizeof *rows; i++) {
		bare.text = i < sizeof rows / sizeof *rows ? rows[i].text : NULL;
		memset(&cli, 0, sizeof cli);
		cli.w = ws_open(l, &o, &(struct ws_handlers){ NULL, cli_text, cli_closed }, NULL, NULL);
		UNTIL(*ws_stats(cli.w)->error);
		CHECK_TEXT(ws_stats(cli.w)->error, bare.text ? rows[i].error : "no answer to the upgrade");
		CHECK(cli.closed == 0 && !ws_connected(cli.w));
		ws_free(cli.w);
	}
	close(bare.conn);
	bare_end();
	cli.w = ws_open(l, &o, &(struct ws_handlers){ 0 }, NULL, NULL);
	UNTIL(*ws_stats(cli.w)->error);
	snprintf(want, sizeof want, "127.0.0.1:%u: ", port);
	CHECK(strncmp(ws_stats(cli.w)->error, want, strlen(want)) == 0);
	ws_free(cli.w);
}

static void test_ws_per_minute(void)
{
	static char clock_file[] = "/tmp/ocq-net-clock-XXXXXX";
	int64_t t = 1700000000000;
	pid_t pid;
	int fd, status;

	pid = fork();		/* the clock of a process is chosen once */
	if (pid == 0) {
		fd = mkstemp(clock_file);
		close(fd);
		setenv("OCQ_CLOCK", clock_file, 1);
		clock_publish(clock_file, t);
		l = loop_new();
		serve(NULL);
		srv.refuse = 503;
		dial("/ws", (struct ws_options){ .per_minute = 5, .backoff_min_ms = 1, .backoff_max_ms = 1 });
		UNTIL(ws_stats(cli.w)->attempts == 5);
		turn_for(200);
		CHECK(ws_stats(cli.w)->attempts == 5);
		clock_publish(clock_file, t + 60000);
		UNTIL(ws_stats(cli.w)->attempts == 10);
		turn_for(200);
		CHECK(ws_stats(cli.w)->attempts == 10);
		unlink(clock_file);
		fflush(stdout);
		_exit(test_failed ? 1 : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- hostile clients ---- */

static int shake(void)
{
	int fd = raw();

	say(fd, UPGRADE("/ws", "13") KEY "\r\n");
	CHECK(strstr(hear(fd, "\r\n\r\n"), "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
	return fd;
}

/* What the server answers to these bytes of an open connection: its close code. */
static unsigned answer_to(const void *bytes, size_t n)
{
	const unsigned char *got;
	int fd = shake();

	CHECK(send(fd, bytes, n, 0) == (ssize_t)n);
	got = (const unsigned char *)hear(fd, NULL);
	close(fd);
	return got[0] == 0x88 && got[1] == 2 ? (unsigned)got[2] << 8 | got[3] : 0;
}

static void test_bad_frames(void)
{
	serve(NULL);
	CHECK(answer_to("\x81\x82\0\0\0\0\xc3\x28", 8) == 1007);
	CHECK(answer_to("\x81\x02hi", 4) == 1002);			/* not masked */
	CHECK(answer_to("\x82\x81\0\0\0\0x", 7) == 1003);		/* binary */
	CHECK(answer_to("\xf1\x80\0\0\0\0", 6) == 1002);
	CHECK(answer_to("\x81\xff\0\0\0\0\0\x20\0\0\0\0\0\0", 14) == 1009);	/* 2 MiB announced */
	CHECK(answer_to("\x88\x82\0\0\0\0\x03\xe8", 8) == 1000);	/* a good-bye is returned */
	UNTIL(srv.closed == 6);
	server_free(srv.s);
}

static bool served_at_once(struct http *h)
{
	const struct http_answer *a = ask(h, "/info");

	return a->outcome == HTTP_ANSWERED && a->status == 200 && a->took_us < 2000000;
}

/* A 10 MB body, a slow loris, a thousand idle sockets, readers that do not read, connections that are half open: whoever
 * behaves is served meanwhile, over the connections that he has and over new ones. */
static void test_hostile(void)
{
	struct server_options o = { .connections = 200, .request_ms = 1500, .backlog_max = 1 << 20 };
	static char chunk[100000];
	struct rlimit files;
	static int idle[1000];
	int loris[20], kept, half, lazy, big, i;
	struct http *good, *other;
	ssize_t sent = 1;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
	setrlimit(RLIMIT_NOFILE, &files);
	serve(&o);
	good = http_new(l, NULL);
	dial("/ws", (struct ws_options){ 0 });
	UNTIL(cli.opened == 1);
	CHECK(served_at_once(good));
	kept = raw();
	say(kept, POST("/info", "0", ""));
	CHECK(strstr(hear(kept, "0:"), "200 OK"));
	for (i = 0; i < 20; i++)
		say(loris[i] = raw(), "POST /info HTTP/1.1\r\nHo");
	for (i = 0; i < 1000; i++) {
		idle[i] = raw();
		if (i >= 500)	/* of some there is half a body too */
			say(idle[i], "POST /info HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
		if (i % 50 == 0)
			loop_turn(l, 0);
	}
	CHECK(served_at_once(good));
	CHECK(server_connections(srv.s) <= 200 && cli.closed == 0);
	other = http_new(l, NULL);
	CHECK(served_at_once(other));
	say(kept, POST("/info", "0", ""));	/* who has asked before keeps his connection */
	CHECK(strstr(hear(kept, "0:"), "200 OK"));
	big = raw();
	say(big, "POST /info HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
	for (i = 0; i < 100 && sent > 0; i++) {
		sent = send(big, chunk, sizeof chunk, MSG_NOSIGNAL);
		loop_turn(l, 0);
		if (sent < 0 && errno == EAGAIN)
			sent = 1;
	}
	CHECK(i == 100);	/* it is listened to until it has had its answer */
	CHECK(strncmp(hear(big, NULL), "HTTP/1.1 413 ", 13) == 0);
	close(big);
	close(kept);
	CHECK(served_at_once(good));
	/* Bytes that come one at a time do not make a request live longer. */
	half = raw();
	for (i = 0; i < 60 && send(half, "G", 1, MSG_NOSIGNAL) == 1; i++)
		turn_for(50);
	CHECK(i > 3 && i < 60);
	close(half);
	half = shake();
	shutdown(half, SHUT_WR);	/* half open */
	lazy = shake();
	while (srv.n_conns < 3)
		turn_for(5);
	memset(chunk, 'x', sizeof chunk);
	for (i = 0; i < 400 && srv.conn[2]; i++) {
		server_send(srv.conn[2], chunk, sizeof chunk);
		loop_turn(l, 0);
	}
	CHECK(!srv.conn[2] && i > 5);	/* who does not read is dropped, when its kernel buffers and the backlog are full */
	CHECK(served_at_once(good) && served_at_once(other));
	CHECK(ws_send(cli.w, "echo", 4));
	UNTIL(strcmp(cli.text, "echo") == 0);
	CHECK(cli.closed == 0);
	for (i = 0; i < 1000; i++)
		close(idle[i]);
	for (i = 0; i < 20; i++)
		close(loris[i]);
	close(half);
	close(lazy);
	http_free(other);
	http_free(good);
	ws_free(cli.w);
	UNTIL(server_connections(srv.s) == 0);
	server_free(srv.s);
}

/* When all places are taken: the oldest without a whole request goes, not who has asked before. */
static void test_full_house(void)
{
	struct server_options o = { .connections = 3 };
	int kept, half[2], idle, late, i;

	serve(&o);
	kept = raw();
	say(kept, POST("/info", "0", ""));
	hear(kept, "0:");
	for (i = 0; i < 2; i++) {
		say(half[i] = raw(), "POST /info HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
		turn_for(5);
	}
	late = raw();
	CHECK_TEXT(hear(half[0], NULL), "|");
	say(late, POST("/info", "0", ""));
	CHECK(strstr(hear(late, "0:"), "200 OK"));
	idle = raw();
	CHECK_TEXT(hear(half[1], NULL), "|");
	say(kept, POST("/keep", "0", ""));
	say(late, POST("/keep", "0", ""));
	UNTIL(srv.n_kept == 2);
	close(half[0]);
	half[0] = raw();
	CHECK_TEXT(hear(idle, NULL), "|");
	say(half[0], POST("/keep", "0", ""));
	UNTIL(srv.n_kept == 3);
	close(half[1]);
	half[1] = raw();	/* nobody can be asked to leave */
	CHECK_TEXT(hear(half[1], NULL), "|");
	for (i = 0; i < 3; i++)
		server_reply(srv.kept[i], 200, NULL, "done", 4);
	CHECK(strstr(hear(kept, "done"), "done") && strstr(hear(late, "done"), "done") && strstr(hear(half[0], "done"), "done"));
	close(kept);
	close(late);
	close(idle);
	close(half[0]);
	close(half[1]);
	server_free(srv.s);
}

/* Idle connections and late requests end by themselves. */
static void test_server_times(void)
{
	struct server_options o = { .request_ms = 60, .idle_ms = 1000 };
	int64_t from = clock_mono_ns();
	int idle, slow;

	serve(&o);
	idle = raw();
	slow = raw();
	say(slow, "POST /info HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
	CHECK_TEXT(hear(slow, NULL), "|");
	CHECK(clock_mono_ns() - from >= 60000000 && clock_mono_ns() - from < 1000000000);
	CHECK_TEXT(hear(idle, NULL), "|");
	CHECK(clock_mono_ns() - from >= 1000000000);
	close(idle);
	close(slow);
	server_free(srv.s);
}

/* ---- unix sockets ---- */

static struct { struct unix_peer *peer[300]; unsigned opened, closed, lines; char line[200]; } un, up;

static void un_opened(void *arg, struct unix_peer *p)
{
	(void)arg;
	un.peer[un.opened++ % 300] = p;
}

static void un_line(void *arg, struct unix_peer *p, const char *line, size_t n)
{
	(void)arg;
	un.lines++;
	snprintf(un.line, sizeof un.line, "%s", line);
	CHECK(strlen(line) == n);
	if (*line == '{')
		unix_send(p, line, n);
	else if (strcmp(line, "bye") == 0)
		unix_drop(p);
}

static void un_closed(void *arg, struct unix_peer *p)
{
	unsigned i;

	(void)arg;
	un.closed++;
	for (i = 0; i < 300; i++)
		if (un.peer[i] == p)
			un.peer[i] = NULL;
}

static void up_line(void *arg, struct unix_peer *p, const char *line, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
	up.lines++;
	snprintf(up.line, sizeof up.line, "%.100s", line);
}

static void up_closed(void *arg, struct unix_peer *p)
{
	(void)arg;
	(void)p;
	up.closed++;
}

static void test_unix(void)
{
	static const struct unix_handlers h = { un_opened, un_line, un_closed }, uh = { NULL, up_line, up_closed };
	static char page[60000], endless[200000];
	struct unix_options o = { .line_max = 100000, .backlog_max = 1 << 20, .clients = 20 };
	char dir[] = "/tmp/ocq-net-XXXXXX", path[100];
	struct unix_server *s, *again;
	struct unix_peer *p, *many[30];
	struct errmsg e;
	struct stat st;
	unsigned i;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof path, "%s/sub/feed.sock", dir);
	s = unix_listen(l, path, &o, &h, NULL, &e);
	CHECK(s && stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	again = unix_listen(l, path, &o, &h, NULL, &e);
	CHECK(!again && strstr(e.text, "another process listens"));
	UNTIL(un.closed == 1);		/* that was asked by connecting */
	memset(&un, 0, sizeof un);
	p = unix_connect(l, path, &o, &uh, NULL, &e);
	CHECK(p && unix_send(p, "one", 3) && unix_send(p, "{\"two\":2}", 9) && unix_send(p, "", 0));
	UNTIL(un.lines == 3 && up.lines == 1);
	CHECK_TEXT(up.line, "{\"two\":2}");
	CHECK(unix_clients(s) == 1);
	/* A reader that never reads is dropped, the other goes on; so is who sends a line without end. */
	UNTIL(un.opened == 1);
	many[0] = unix_connect(l, path, &o, &uh, NULL, &e);
	UNTIL(un.opened == 2);
	memset(page, 'p', sizeof page);
	for (i = 0; i < 100 && unix_send(un.peer[1], page, sizeof page); i++)
		;
	CHECK(i > 5 && i < 100);
	UNTIL(un.closed == 1 && un.peer[0]);
	UNTIL(up.closed == 1);
	CHECK(unix_send(p, "{}", 2));
	UNTIL(strcmp(up.line, "{}") == 0);
	many[0] = unix_connect(l, path, &(struct unix_options){ .backlog_max = 1 << 20 }, &uh, NULL, &e);
	memset(page, 'x', sizeof page);
	page[30000] = '\n';
	CHECK(unix_send(many[0], page, 60000));		/* two lines */
	UNTIL(un.opened == 3 && un.lines == 6);
	memset(endless, 'y', sizeof endless);
	CHECK(unix_send(many[0], endless, sizeof endless));
	UNTIL(up.closed == 2 && un.closed == 2);
	CHECK(unix_send(p, "bye", 3));
	UNTIL(up.closed == 3);
	for (i = 0; i < 25; i++)
		many[i] = unix_connect(l, path, &o, &uh, NULL, &e);
	UNTIL(unix_clients(s) == 20 && up.closed == 8);
	unix_free(s);
	UNTIL(up.closed == 28);
	CHECK(stat(path, &st) < 0);
	/* A socket that its owner left behind is replaced, a file is not. */
	if (fork() == 0)
		_exit(!unix_listen(l, path, &o, &h, NULL, &e));
	wait(NULL);
	CHECK(stat(path, &st) == 0);
	s = unix_listen(l, path, &o, &h, NULL, &e);
	CHECK(s != NULL);
	unix_free(s);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	CHECK(!unix_listen(l, path, &o, &h, NULL, &e) && strstr(e.text, "no socket"));
	CHECK(!unix_connect(l, path, &o, &uh, NULL, &e));
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(dir);
}

/* ---- TLS ---- */

static pid_t tls_server(char *dir, unsigned port, int to[2], int from[2])
{
	char accept_at[40], cert[200], key[200];
	pid_t pid;

	snprintf(accept_at, sizeof accept_at, "127.0.0.1:%u", port);
	snprintf(cert, sizeof cert, "%s/server.pem", dir);
	snprintf(key, sizeof key, "%s/server.key", dir);
	CHECK(pipe(to) == 0 && pipe(from) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		dup2(open("/dev/null", O_WRONLY), 2);
		close(to[1]);
		execlp("openssl", "openssl", "s_server", "-quiet", "-accept", accept_at, "-cert", cert, "-key", key, (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	fcntl(from[0], F_SETFL, O_NONBLOCK);
	return pid;
}

static unsigned free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(bind(fd, (struct sockaddr *)&a, size) == 0);
	getsockname(fd, (struct sockaddr *)&a, &size);
	close(fd);
	return ntohs(a.sin_port);
}

/* What came out of the server so far, until the words are in it. */
static const char *tls_hear(int from, const char *words)
{
	static char got[8192];
	int64_t stop = clock_mono_ns() + 5000000000;
	size_t len = 0;
	ssize_t n;

	*got = '\0';
	while (!strstr(got, words) && clock_mono_ns() < stop) {
		loop_turn(l, 2);
		n = read(from, got + len, sizeof got - len - 1);
		got[len += n > 0 ? (size_t)n : 0] = '\0';
	}
	CHECK(strstr(got, words) != NULL);
	return got;
}

static void tls_exchange(const char *dir, unsigned port, int to, int from)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
	static const struct ws_handlers h = { NULL, cli_text, cli_closed };
	struct http_options o = { 0 };
	struct http *client;
	struct buf b = BUF_INIT;
	char url[64], ca[200], accept[29], key[25];
	struct errmsg e;
	static char big[50000];

	snprintf(ca, sizeof ca, "%s/ca.pem", dir);
	o.ca_file = ca;
	o.total_ms = 3000;
	client = http_new(l, &o);
	answers = 0;
	snprintf(url, sizeof url, "https://127.0.0.1:%u/info", port);
	http_post(client, url, "{\"tls\":1}", 9, on_answer, NULL);
	CHECK(strstr(tls_hear(from, "{\"tls\":1}"), "POST /info HTTP/1.1\r\n"));
	CHECK(write(to, reply, strlen(reply)) == (ssize_t)strlen(reply));
	UNTIL(answers == 1);
	CHECK(ans.outcome == HTTP_ANSWERED && ans.status == 200);
	CHECK_TEXT(ans_body, "ok");
	http_free(client);

	memset(&cli, 0, sizeof cli);
	snprintf(url, sizeof url, "wss://127.0.0.1:%u/ws", port);
	cli.w = ws_open(l, &(struct ws_options){ .url = url, .ca_file = ca, .per_minute = 10000, .backoff_min_ms = 20 }, &h, NULL, &e);
	snprintf(key, sizeof key, "%.24s", strstr(tls_hear(from, "\r\n\r\n"), "Sec-WebSocket-Key: ") + 19);
	frame_accept(accept, key, 24);
	buf_addf(&b, "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
	frame_put(&b, FRAME_TEXT, true, "over TLS", 8, NULL);
	CHECK(write(to, b.data, b.len) == (ssize_t)b.len);
	UNTIL(cli.texts == 1);
	CHECK_TEXT(cli.text, "over TLS");
	buf_clear(&b);		/* several records of TLS */
	memset(big, 'b', sizeof big);
	frame_put(&b, FRAME_TEXT, true, big, sizeof big, NULL);
	frame_put(&b, FRAME_TEXT, true, "last", 4, NULL);
	CHECK(write(to, b.data, b.len) == (ssize_t)b.len);
	UNTIL(cli.texts == 3);
	CHECK_TEXT(cli.text, "last");
	ws_free(cli.w);
	buf_release(&b);
}

static void tls_refused(unsigned port, const char *host, const char *ca)
{
	struct http_options o = { .ca_file = ca, .total_ms = 3000 };
	struct http *client = http_new(l, &o);
	const struct http_answer *a;
	char url[64];
	struct errmsg e;

	snprintf(url, sizeof url, "https://%s:%u/info", host, port);
	a = http_post_wait(client, url, "{}", 2);
	CHECK(a->outcome == HTTP_NOT_SENT && (strstr(a->why, "certificate") || strstr(a->why, "SSL")));
	http_free(client);
	memset(&cli, 0, sizeof cli);
	snprintf(url, sizeof url, "wss://%s:%u/ws", host, port);
	cli.w = ws_open(l, &(struct ws_options){ .url = url, .ca_file = ca, .per_minute = 10000, .backoff_min_ms = 1000 },
			&(struct ws_handlers){ 0 }, NULL, &e);
	UNTIL(*ws_stats(cli.w)->error);
	CHECK(strstr(ws_stats(cli.w)->error, "certificate") || strstr(ws_stats(cli.w)->error, "SSL"));
	ws_free(cli.w);
}

static void test_tls(void)
{
	static const char make[] = "exec 2>/dev/null; cd \"$0\" && for n in ca other; do "
		"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$n -keyout $n.key -out $n.pem || exit; done && "
		"printf 'subjectAltName=IP:127.0.0.1\\n' >san && "
		"openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr && "
		"openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem";
	char dir[] = "/tmp/ocq-net-XXXXXX", ca[200];
	unsigned port = free_port();
	int to[2], from[2], status, i, fd = -1;
	pid_t pid;

	CHECK(mkdtemp(dir) != NULL);
	pid = fork();
	if (pid == 0) {
		execlp("sh", "sh", "-c", make, dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		printf("TLS not tested: no openssl command\n");
	} else {
		pid = tls_server(dir, port, to, from);
		for (i = 0; i < 200 && fd < 0; i++) {
			usleep(20000);
			fd = raw_to(port);
		}
		CHECK(fd >= 0);
		close(fd);
		tls_exchange(dir, port, to[1], from[0]);
		tls_refused(port, "127.0.0.1", NULL);
		snprintf(ca, sizeof ca, "%s/other.pem", dir);
		tls_refused(port, "127.0.0.1", ca);
		snprintf(ca, sizeof ca, "%s/ca.pem", dir);
		tls_refused(port, "localhost", ca);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(to[1]);
		close(from[0]);
	}
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-r", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static int open_files(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 4096; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_urls(void)
{
	static const struct { const char *text, *base; bool loopback; } good[] = {
		{ "https://api.hyperliquid.xyz", "https://api.hyperliquid.xyz", false }, { "http://127.0.0.1:80//", "http://127.0.0.1:80", true },
		{ "http://localhost/x/", "http://localhost/x", true }, { "http://[::1]:5", "http://[::1]:5", true },
		{ "http://127.evil.com", "http://127.evil.com", false }, { "http://localhost.evil", "http://localhost.evil", false },
		{ "http://127.9.8.7", "http://127.9.8.7", true },
	};
	static const char *const wrong[] = { "", "http://", "ws://a", "api.hyperliquid.xyz", "http://127.0.0.1@evil.com", "http://a?b", "http://a#b" };
	struct errmsg e;

	for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
		char *base = url_base(good[i].text, &e);

		if (!CHECK(base))
			continue;
		CHECK_TEXT(base, good[i].base);
		test_check(url_is_loopback(base) == good[i].loopback, __FILE__, __LINE__, base);
		free(base);
	}
	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
		test_check(!url_base(wrong[i], &e) && *e.text, __FILE__, __LINE__, wrong[i]);
}

int main(void)
{
	int files = open_files();

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_ws_per_minute();
	l = loop_new();
	test_timers();
	test_drop_in_turn(false);
	test_drop_in_turn(true);
	test_disk_file();
	test_stop();
	test_http_server();
	test_http_refusals();
	test_http_later();
	test_server_times();
	test_full_house();
	test_http_client();
	test_http_outcomes();
	test_ws();
	test_ws_trouble();
	test_ws_impostors();
	test_bad_frames();
	test_hostile();
	test_unix();
	test_tls();
	loop_free(l);
	CHECK(open_files() == files);
	test_urls();
	return test_end("net");
}
