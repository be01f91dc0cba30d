/* SPDX-License-Identifier: MIT
 * The records of another feed: a subscription over its socket that comes back after every end. */
#include "feed/feed.h"

#include "base/buf.h"
#include "net/unix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AGAIN_MS = 200 };

struct follow {
	const char *socket;
	int64_t after_ms, to_ms;	/* steps up to after_ms are known */
	struct out *out;
	struct feed_count *count;
	struct loop *loop;
	struct unix_peer *peer;
	struct loop_timer again;
	bool connected;

	char last[8], interval[8];	/* of the newest candle or gap; of those that belong to steps, "": not known yet */
	int64_t length_ms;
	bool back;			/* connected again, no step has come since */
	int64_t first_ms;		/* the bars that came first then; INT64_MIN: none yet */
	struct told { char symbol[SYMBOL_MAX]; int64_t t_ms; } *told;	/* of the step that is not closed yet */
	size_t n_told;
};

static void connect_again(void *arg);

static bool is_told(const struct follow *f, const char *symbol, int64_t t_ms)
{
	for (size_t i = 0; i < f->n_told; i++)
		if (f->told[i].t_ms == t_ms && strcmp(f->told[i].symbol, symbol) == 0)
			return true;
	return false;
}

/* Steps that the other feed no longer remembers are lost, which has to be said. */
static void tell_lost(struct follow *f, const char *symbol, int64_t t_ms)
{
	struct rec_gap g = { .from_ms = f->after_ms + f->length_ms, .to_ms = t_ms - f->length_ms,
		.why = "steps that the other feed does not remember" };

	if (f->first_ms == INT64_MIN)
		f->first_ms = t_ms;
	if (t_ms != f->first_ms || t_ms - f->after_ms <= f->length_ms)
		return;
	g.bars = (uint64_t)((g.to_ms - g.from_ms) / f->length_ms) + 1;
	memcpy(g.symbol, symbol, SYMBOL_MAX);
	memcpy(g.interval, f->interval, sizeof f->interval);
	record_write(f->out, REC_gap, &g);
	f->count->records++;
}

/* A bar of a step, closed or missing, of a connection that may have ended within the step. False: it came over the last one. */
static bool take_bar(struct follow *f, const char *symbol, const char *interval, int64_t t_ms)
{
	snprintf(f->last, sizeof f->last, "%s", interval);
	if (strcmp(interval, f->interval) != 0 || t_ms <= f->after_ms)
		return true;
	if (f->back && is_told(f, symbol, t_ms))
		return false;
	if (f->back)
		tell_lost(f, symbol, t_ms);
	f->told = xreallocarray(f->told, f->n_told + 1, sizeof *f->told);
	f->told[f->n_told].t_ms = t_ms;
	memcpy(f->told[f->n_told++].symbol, symbol, SYMBOL_MAX);
	return true;
}

/* What stands before a step belongs to it. */
static void take_step(struct follow *f, int64_t t_ms)
{
	memcpy(f->interval, f->last, sizeof f->interval);
	f->length_ms = collect_length_ms(f->interval);
	f->after_ms = t_ms;
	f->back = false;
	f->n_told = 0;
	if (t_ms >= f->to_ms)
		loop_stop(f->loop, EX_OK);
}

static void on_line(void *arg, struct unix_peer *p, const char *line, size_t n)
{
	struct follow *f = arg;
	struct record r;
	struct errmsg e;

	(void)p;
	if (!record_parse(&r, line, n, &e))
		return;		/* the answer to our request */
	if ((r.type == REC_candle && !take_bar(f, r.u.candle.symbol, r.u.candle.interval, r.u.candle.t_ms)) ||
	    (r.type == REC_gap && !take_bar(f, r.u.gap.symbol, r.u.gap.interval, r.u.gap.from_ms)))
		return;
	record_pass(f->out, &r);
	f->count->records++;
	if (r.type == REC_step)
		take_step(f, r.u.step.t_ms);
}

static void on_closed(void *arg, struct unix_peer *p)
{
	struct follow *f = arg;

	(void)p;
	f->peer = NULL;
	warn("%s: closed; waiting for it", f->socket);
	loop_after(f->loop, &f->again, AGAIN_MS, connect_again, f);
}

static void connect_again(void *arg)
{
	static const struct unix_handlers handlers = { .line = on_line, .closed = on_closed };
	struct follow *f = arg;
	struct buf request = BUF_INIT;
	struct errmsg e;

	f->peer = unix_connect(f->loop, f->socket, NULL, &handlers, f, &e);
	if (!f->peer) {
		if (!f->connected)
			die(EX_ABSENT, "%s", e.text);
		loop_after(f->loop, &f->again, AGAIN_MS, connect_again, f);
		return;
	}
	f->back = f->connected && f->interval[0];
	f->first_ms = INT64_MIN;
	f->connected = true;
	buf_adds(&request, "{\"id\":1,\"method\":\"subscribe\",\"params\":{");
	if (f->after_ms != INT64_MIN)
		buf_addf(&request, "\"after_ms\":%lld", (long long)f->after_ms);
	buf_adds(&request, "}}");
	unix_send(f->peer, request.data, request.len);
	buf_release(&request);
}

static void before_wait(void *arg)
{
	struct follow *f = arg;

	if (f->out->len)
		out_flush(f->out);
}

int feed_follow(const char *socket, int64_t from_ms, int64_t to_ms, struct out *out, struct feed_count *n)
{
	struct follow f = { .socket = socket, .after_ms = from_ms == INT64_MIN ? from_ms : from_ms - 1, .to_ms = to_ms,
		.out = out, .count = n };
	int status;

	f.loop = loop_new();
	loop_before_wait(f.loop, before_wait, &f);
	connect_again(&f);
	status = loop_run(f.loop);
	loop_cancel(f.loop, &f.again);
	if (f.peer)
		unix_drop(f.peer);
	while (f.peer)
		loop_turn(f.loop, 0);
	loop_cancel(f.loop, &f.again);
	loop_free(f.loop);
	free(f.told);
	return status;
}
