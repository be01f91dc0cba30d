/* SPDX-License-Identifier: MIT
 * Prices from a feed's records on stdin: candles, mids, best bids and asks, as they come. */
#include "paperx/run.h"
#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 65536

static int64_t time_of(const struct record *r)
{
	switch (r->type) {
	case REC_candle: return r->u.candle.t_close_ms;
	case REC_mid: return r->u.mid.t_ms;
	case REC_bbo: return r->u.bbo.t_ms;
	default: return INT64_MIN;
	}
}

static void hear(struct paperx *p, const char *line, size_t n)
{
	struct record r;
	struct errmsg e;

	if (!record_parse(&r, line, n, &e)) {
		warn("stdin: %s", e.text);
		return;
	}
	if (p->o.time == PAPERX_COMMANDED)
		exchange_advance(p->x, time_of(&r));
	else
		pace_tick(p);
	if (!exchange_record(p->x, line, n, &e))
		warn("stdin: %s", e.text);
}

static void take_lines(struct paperx *p)
{
	char *at = p->feed_line, *end = at + p->feed_len, *stop;

	for (; (stop = memchr(at, '\n', (size_t)(end - at))); at = stop + 1)
		if (stop > at)
			hear(p, at, (size_t)(stop - at));
	p->feed_len = (size_t)(end - at);
	memmove(p->feed_line, at, p->feed_len);
}

/* Nothing more is read, and whoever writes shall not wait for it. */
static void leave(struct paperx *p)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	loop_fd_drop(p->loop, STDIN_FILENO);
	p->o.feed = false;
	if (nothing >= 0) {
		dup2(nothing, STDIN_FILENO);
		close(nothing);
	}
}

static void readable(void *paperx, short revents)
{
	struct paperx *p = paperx;
	ssize_t n;

	(void)revents;
	if (p->feed_cap - p->feed_len < CHUNK) {
		p->feed_cap = p->feed_len + 2 * CHUNK;
		p->feed_line = xrealloc(p->feed_line, p->feed_cap);
	}
	n = read(STDIN_FILENO, p->feed_line + p->feed_len, CHUNK);
	if (n > 0) {
		p->feed_len += (size_t)n;
		take_lines(p);
	}
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN) || p->feed_len > LINE_LIMIT) {
		if (p->feed_len)
			warn("stdin: a line is cut or too long");
		leave(p);
	}
}

void feed_begin(struct paperx *p)
{
	if (p->o.feed)
		loop_fd(p->loop, STDIN_FILENO, POLLIN, readable, p);
}

void feed_end(struct paperx *p)
{
	if (p->o.feed)
		loop_fd_drop(p->loop, STDIN_FILENO);
	free(p->feed_line);
}
