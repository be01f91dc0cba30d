/* SPDX-License-Identifier: MIT
 * script-venue - an exchange that does what it is told, for tests of what listens to one. Lines on stdin:
 *	clock MS		the simulated time, published in the file that is the operand
 *	send TEXT		to everyone connected
 *	candle SYMBOL IV T N C	a bar that opens at T with N trades and this close, as message
 *	answer KEY BODY		what /info says from now on; KEY is the type, for candleSnapshot candleSnapshot:SYMBOL:IV
 *	status N		what /info says instead, while it is not 200
 *	drop  freeze  thaw	all connections
 * Lines on stdout: port N, subscribe JSON, unsubscribe JSON, open, close, asked KEY. */
#include "base/clock.h"
#include "base/err.h"
#include "base/stream.h"
#include "json/json.h"
#include "net/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNS_MAX = 64, ANSWERS_MAX = 256 };

static struct loop *loop;
static struct server_conn *conns[CONNS_MAX];
static unsigned n_conns;
static struct { char *key, *body; } answers[ANSWERS_MAX];
static unsigned n_answers;
static int status = 200;
static const char *clock_file;
static char line[1 << 20];
static size_t line_len;

static void say(const char *what, const char *text, size_t n)
{
	printf("%s %.*s\n", what, (int)n, text);
	fflush(stdout);
}

/* ---- what clients do ---- */

static void on_opened(void *arg, struct server_conn *c)
{
	(void)arg;
	if (n_conns == CONNS_MAX) {
		server_conn_drop(c, false);
		return;
	}
	conns[n_conns++] = c;
	say("open", c->peer, strlen(c->peer));
}

static void on_closed(void *arg, struct server_conn *c, unsigned code)
{
	(void)arg, (void)code;
	for (unsigned i = 0; i < n_conns; i++)
		if (conns[i] == c)
			conns[i] = conns[--n_conns];
	say("close", "", 0);
}

static void on_text(void *arg, struct server_conn *c, const char *text, size_t n)
{
	struct json_doc d;
	const struct json *method, *what;

	(void)arg;
	if (!json_parse(&d, text, n, NULL))
		return;
	method = json_get(&d, d.tok, "method");
	what = json_get(&d, d.tok, "subscription");
	if (json_is(&d, method, "ping")) {
		static const char pong[] = "{\"channel\":\"pong\"}";

		server_send(c, pong, sizeof pong - 1);
	} else if (what) {
		say(json_is(&d, method, "subscribe") ? "subscribe" : "unsubscribe", text + what->start, what->end - what->start);
	}
	json_release(&d);
}

static void key_of(const struct json_doc *d, char *key, size_t cap)
{
	const struct json *req = json_get(d, d->tok, "req");
	char type[64] = "", coin[64] = "", interval[16] = "";

	json_str(d, json_get(d, d->tok, "type"), type, sizeof type);
	json_str(d, json_get(d, req, "coin"), coin, sizeof coin);
	json_str(d, json_get(d, req, "interval"), interval, sizeof interval);
	snprintf(key, cap, req ? "%s:%s:%s" : "%s", type, coin, interval);
}

static void on_request(void *arg, struct server_request *r)
{
	const char *body = "[]";
	struct json_doc d;
	char key[256];

	(void)arg;
	if (!json_parse(&d, r->body, r->len, NULL)) {
		server_reply(r, 422, NULL, "", 0);
		return;
	}
	key_of(&d, key, sizeof key);
	json_release(&d);
	say("asked", key, strlen(key));
	for (unsigned i = 0; i < n_answers; i++)
		if (strcmp(answers[i].key, key) == 0)
			body = answers[i].body;
	if (status == 200)
		server_reply(r, 200, "application/json", body, strlen(body));
	else
		server_reply(r, status, NULL, "", 0);
}

/* ---- what it is told ---- */

static void send_all(const char *text)
{
	for (unsigned i = n_conns; i-- > 0; )
		server_send(conns[i], text, strlen(text));
}

static void send_candle(const char *s)
{
	char symbol[32], interval[8], close[32], text[512];
	long long t, n;

	if (sscanf(s, "%31s %7s %lld %lld %31s", symbol, interval, &t, &n, close) != 5)
		die(EX_DATA, "candle %s", s);
	snprintf(text, sizeof text, "{\"channel\":\"candle\",\"data\":{\"t\":%lld,\"T\":%lld,\"s\":\"%s\",\"i\":\"%s\",\"o\":\"100.0\",\"c\":\"%s\",\"h\":\"200.0\","
		 "\"l\":\"50.0\",\"v\":\"%lld.5\",\"n\":%lld}}", t, t + (long long)clock_interval_ms(interval) - 1, symbol, interval, close, n, n);
	send_all(text);
}

static void set_answer(char *s)
{
	char *body = strchr(s, ' ');
	unsigned i = 0;

	if (!body)
		die(EX_DATA, "answer %s", s);
	*body++ = '\0';
	while (i < n_answers && strcmp(answers[i].key, s) != 0)
		i++;
	if (i == ANSWERS_MAX)
		die(EX_DATA, "more than %d answers", ANSWERS_MAX);
	if (i == n_answers)
		answers[n_answers++].key = xstrdup(s);
	free(answers[i].body);
	answers[i].body = xstrdup(body);
}

static char *word(char *s, const char *what)
{
	size_t n = strlen(what);

	return strncmp(s, what, n) == 0 && (s[n] == ' ' || !s[n]) ? s + n + (s[n] == ' ') : NULL;
}

static void obey(char *s)
{
	char *rest;

	if ((rest = word(s, "clock")))
		clock_publish(clock_file, atoll(rest));
	else if ((rest = word(s, "send")))
		send_all(rest);
	else if ((rest = word(s, "candle")))
		send_candle(rest);
	else if ((rest = word(s, "answer")))
		set_answer(rest);
	else if ((rest = word(s, "status")))
		status = atoi(rest);
	else if (word(s, "drop"))
		for (unsigned i = n_conns; i-- > 0; )
			server_conn_drop(conns[i], false);
	else if (word(s, "freeze") || word(s, "thaw"))
		for (unsigned i = n_conns; i-- > 0; )
			server_conn_freeze(conns[i], *s == 'f');
	else
		die(EX_DATA, "unknown: %s", s);
}

static void on_input(void *arg, short revents)
{
	ssize_t n = read(STDIN_FILENO, line + line_len, sizeof line - line_len);
	char *end;

	(void)arg, (void)revents;
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			loop_stop(loop, EX_OK);
		return;
	}
	line_len += (size_t)n;
	while ((end = memchr(line, '\n', line_len))) {
		*end++ = '\0';
		obey(line);
		line_len -= (size_t)(end - line);
		memmove(line, end, line_len);
	}
}

int main(int argc, char **argv)
{
	static const struct server_handlers handlers = { .request = on_request, .ws_opened = on_opened, .ws_text = on_text, .ws_closed = on_closed };
	struct server *server;
	struct errmsg e;

	err_init(argv[0]);
	stream_signals();
	clock_file = argc > 1 ? argv[1] : NULL;
	loop = loop_new();
	server = server_new(loop, NULL, &handlers, NULL, &e);
	if (!server)
		die(EX_RETRY, "%s", e.text);
	printf("port %u\n", server_port(server));
	fflush(stdout);
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	loop_fd(loop, STDIN_FILENO, POLLIN, on_input, NULL);
	loop_run(loop);
	server_free(server);
	loop_free(loop);
	return EX_OK;
}
