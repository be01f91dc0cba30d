/* SPDX-License-Identifier: MIT
 * talk - says what a script says to a WebSocket or a unix socket, and prints what it hears, a line each.
 *
 * talk ws://HOST:PORT/PATH | SOCKET <script. A line of the script is sent, but: "wait TEXT" waits until something heard since the last
 * wait contains TEXT; "count N" until N lines were heard since then; "closed" until the other side has closed, which is printed as
 * "closed CODE"; "sleep MS". It ends with the script, or with 1 when a wait takes longer than 10 s. */
#include "base/buf.h"
#include "base/stream.h"
#include "net/loop.h"
#include "net/unix.h"
#include "net/ws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 10000

static struct loop *loop;
static struct ws *ws;
static struct unix_peer *peer;
static struct buf script, heard;
static size_t at;
static unsigned lines;
static bool ready, gone;
static struct loop_timer patience, pause_timer;

static void go_on(void *arg);

static void out_of_patience(void *arg)
{
	(void)arg;
	fprintf(stderr, "talk: waited too long at: %s\n", script.data + at);
	loop_stop(loop, 1);
}

static void later(void *arg)
{
	(void)arg;
	loop_after(loop, &pause_timer, 0, go_on, NULL);
}

static void hear(const char *text, size_t n)
{
	fwrite(text, 1, n, stdout);
	putchar('\n');
	fflush(stdout);
	buf_add(&heard, text, n);
	buf_addc(&heard, '\n');
	lines++;
	later(NULL);
}

static void ws_heard(void *arg, const char *text, size_t n)
{
	(void)arg;
	hear(text, n);
}

static void ws_ready(void *arg)
{
	ready = true;
	later(arg);
}

static void ws_gone(void *arg, const char *why)
{
	(void)why;
	if (!gone)
		printf("closed %u\n", ws_stats(ws)->close_code);
	fflush(stdout);
	gone = true;
	later(arg);
}

static void peer_heard(void *arg, struct unix_peer *p, const char *line, size_t n)
{
	(void)arg;
	(void)p;
	hear(line, n);
}

static void peer_gone(void *arg, struct unix_peer *p)
{
	(void)p;
	peer = NULL;
	gone = true;
	later(arg);
}

static void say(const char *text, size_t n)
{
	if (gone)
		return;
	if (ws ? !ws_send(ws, text, n) : !unix_send(peer, text, n))
		fprintf(stderr, "talk: cannot send\n");
}

static void forget(void)
{
	buf_clear(&heard);
	lines = 0;
}

/* False: not yet. */
static bool obey(const char *line, size_t n)
{
	if (!strncmp(line, "wait ", 5)) {
		if (!heard.len || !memmem(heard.data, heard.len, line + 5, n - 5))
			return false;
		forget();
	} else if (!strncmp(line, "count ", 6)) {
		if (lines < (unsigned)atoi(line + 6))
			return false;
		forget();
	} else if (!strncmp(line, "closed", 6)) {
		return gone;
	} else if (!strncmp(line, "sleep ", 6)) {
		loop_after(loop, &pause_timer, atoi(line + 6), go_on, NULL);
	} else if (n) {
		say(line, n);
	}
	return true;
}

static void go_on(void *arg)
{
	char *line, *stop;

	(void)arg;
	if (!ready)
		return;
	while (at < script.len) {
		line = script.data + at;
		stop = memchr(line, '\n', script.len - at);
		if (!obey(line, stop ? (size_t)(stop - line) : script.len - at)) {
			if (!loop_pending(&patience))
				loop_after(loop, &patience, PATIENCE_MS, out_of_patience, NULL);
			return;
		}
		loop_cancel(loop, &patience);
		at = stop ? (size_t)(stop - script.data) + 1 : script.len;
		if (!strncmp(line, "sleep ", 6))
			return;
	}
	loop_stop(loop, 0);
}

int main(int argc, char **argv)
{
	struct ws_handlers wh = { ws_ready, ws_heard, ws_gone };
	struct unix_handlers uh = { .line = peer_heard, .closed = peer_gone };
	struct errmsg e;
	int status;

	err_init(argv[0]);
	stream_signals();
	if (argc != 2 || !buf_read_file(&script, "-", 64u << 20, &e))
		die(EX_USAGE, "usage: talk ws://... | SOCKET <script");
	loop = loop_new();
	if (!strncmp(argv[1], "ws", 2))
		ws = ws_open(loop, &(struct ws_options){ .url = argv[1], .ping = "", .backoff_min_ms = 30000 }, &wh, NULL, &e);
	else
		ready = (peer = unix_connect(loop, argv[1], NULL, &uh, NULL, &e)) != NULL;
	if (!ws && !peer)
		die(EX_ABSENT, "%s", e.text);
	loop_after(loop, &pause_timer, 0, go_on, NULL);
	status = loop_run(loop);
	if (peer)
		unix_drop(peer);
	ws_free(ws);
	loop_turn(loop, 0);
	loop_free(loop);
	buf_release(&script);
	buf_release(&heard);
	return status;
}
