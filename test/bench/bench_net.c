/* SPDX-License-Identifier: MIT
 * The network on loopback, peer in a second process: WebSocket messages of 150 bytes through the client and through the server, time
 * from a write to the handler, REST round trips. */
#include "base/buf.h"
#include "base/clock.h"
#include "net/http.h"
#include "net/server.h"
#include "net/ws.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGES = 2000000, BEATS = 3000, CALLS = 3000, SIZE = 150, AHEAD = 256 << 10 };

static struct loop *l;

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void figure(const char *name, double value, const char *unit)
{
	printf("%s\t%.4g\t%s\n", name, value, unit);
}

static int up(const void *a, const void *b)
{
	return (*(const int64_t *)a > *(const int64_t *)b) - (*(const int64_t *)a < *(const int64_t *)b);
}

static double micros(int64_t *ns, size_t n, double share)
{
	qsort(ns, n, sizeof *ns, up);
	return (double)ns[(size_t)((double)(n - 1) * share)] / 1000;
}

/* ---- the peer: sends what the path says, and answers ---- */

static struct { struct server_conn *conn; int sent; double from; struct loop_timer timer; } peer;

static void put_message(char *text)
{
	memset(text, 'x', SIZE);
	memcpy(text + snprintf(text, SIZE, "%" PRId64, clock_mono_ns()), " ", 1);
	server_send(peer.conn, text, SIZE);
	peer.sent++;
}

static void flood(void *arg)
{
	char text[SIZE + 1];
	int i;

	(void)arg;
	for (i = 0; i < 1000 && peer.conn && peer.sent < MESSAGES && server_backlog(peer.conn) < AHEAD; i++)
		put_message(text);
	if (peer.conn && peer.sent < MESSAGES)
		loop_after(l, &peer.timer, server_backlog(peer.conn) < AHEAD ? 0 : 1, flood, NULL);
	else
		fprintf(stderr, "server: %.2f million messages per second of CPU time\n", 1e-6 * MESSAGES / (cpu_s() - peer.from));
}

static void beat(void *arg)
{
	char text[SIZE + 1];

	(void)arg;
	if (!peer.conn)
		return;
	put_message(text);
	loop_after(l, &peer.timer, 1, beat, NULL);
}

static void opened(void *arg, struct server_conn *c)
{
	(void)arg;
	peer.conn = c;
	peer.sent = 0;
	peer.from = cpu_s();
	loop_after(l, &peer.timer, 0, strcmp(c->path, "/flood") == 0 ? flood : beat, NULL);
}

static void closed(void *arg, struct server_conn *c, unsigned code)
{
	(void)arg;
	(void)c;
	(void)code;
	peer.conn = NULL;
}

static void answer(void *arg, struct server_request *r)
{
	(void)arg;
	server_reply(r, 200, "application/json", r->body, r->len);
}

static pid_t start_peer(unsigned *port)
{
	static const struct server_handlers h = { .request = answer, .ws_opened = opened, .ws_closed = closed };
	struct server *s;
	int to[2];
	pid_t pid;

	if (pipe(to) < 0)
		die_sys(EX_RETRY, "no pipe");
	pid = fork();
	if (pid == 0) {
		l = loop_new();
		s = server_new(l, NULL, &h, NULL, NULL);
		*port = server_port(s);
		if (write(to[1], port, sizeof *port) == sizeof *port)
			loop_run(l);
		_exit(0);
	}
	if (read(to[0], port, sizeof *port) != sizeof *port)
		die(EX_RETRY, "no server");
	return pid;
}

/* ---- our side ---- */

static int64_t waited[BEATS];
static int got;

static void count(void *arg, const char *text, size_t n)
{
	(void)arg;
	(void)text;
	(void)n;
	got++;
}

static void clock_in(void *arg, const char *text, size_t n)
{
	int64_t now = clock_mono_ns();

	(void)arg;
	(void)n;
	if (got < BEATS)
		waited[got++] = now - strtoll(text, NULL, 10);
}

static struct ws *dial(unsigned port, const char *path, void (*text)(void *, const char *, size_t))
{
	char url[64];

	got = 0;
	snprintf(url, sizeof url, "ws://127.0.0.1:%u%s", port, path);
	return ws_open(l, &(struct ws_options){ .url = url }, &(struct ws_handlers){ .text = text }, NULL, NULL);
}

static void bench_flood(unsigned port)
{
	struct ws *w = dial(port, "/flood", count);
	int64_t from;
	double cpu;

	while (!got)
		loop_turn(l, -1);
	from = clock_mono_ns();
	cpu = cpu_s();
	while (got < MESSAGES)
		loop_turn(l, -1);
	figure("ws_messages", 1e3 * MESSAGES / (double)(clock_mono_ns() - from), "M/s");
	figure("ws_messages_cpu", 1e-6 * MESSAGES / (cpu_s() - cpu), "M/s");
	ws_free(w);
}

static void bench_latency(unsigned port)
{
	struct ws *w = dial(port, "/beat", clock_in);

	while (got < BEATS)
		loop_turn(l, -1);
	figure("ws_p50", micros(waited, BEATS, 0.5), "us");
	figure("ws_p99", micros(waited, BEATS, 0.99), "us");
	ws_free(w);
}

static void bench_rest(unsigned port)
{
	struct http *h = http_new(l, NULL);
	char url[64];
	int i;

	snprintf(url, sizeof url, "http://127.0.0.1:%u/info", port);
	for (i = 0; i < CALLS; i++)
		waited[i] = http_post_wait(h, url, "{\"type\":\"meta\"}", 15)->took_us * 1000;
	figure("rest_p50", micros(waited, CALLS, 0.5), "us");
	http_free(h);
}

int main(void)
{
	unsigned port;
	pid_t pid;

	err_init("bench_net");
	pid = start_peer(&port);
	l = loop_new();
	bench_flood(port);
	bench_latency(port);
	bench_rest(port);
	loop_free(l);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	return 0;
}
