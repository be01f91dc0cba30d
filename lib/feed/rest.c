/* SPDX-License-Identifier: MIT
 * Questions to POST /info: one queue, the budget in front of it, tries behind it; ranges of history as pages of questions. */
#include "feed/rest.h"

#include "base/clock.h"
#include "base/num.h"
#include "base/rng.h"
#include "hl/info.h"
#include "hl/weight.h"
#include "json/json.h"
#include "net/http.h"
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IN_FLIGHT = 8, TRIES = 6, TIMEOUT_MS = 15000, BACK_OFF_MS = 500, BACK_OFF_MAX_MS = 30000, LOOK_MS = 50,
       SIMULATED_LOOK_MS = 2 };

struct question {
	struct question *next;
	struct rest *rest;
	const char *type;
	char *body;
	size_t n;
	bool urgent, reached;
	rest_done *done;
	void *arg;
	unsigned tried;
	int status;
	int64_t asked_ms, ahead_ms, not_before_ns;
	uint32_t ticket;
	unsigned rows_weight;	/* what the rows that are expected will cost */
	char why[200];
};

struct rest {
	struct loop *loop;
	struct http *http;
	struct budget *budget;
	struct rest_options o;
	char *url;
	struct question *waiting, *flying;
	unsigned in_flight, rows_weight;	/* under way: questions, and what their rows will cost */
	bool closing;
	uint64_t jitter;
	struct loop_timer turn;
};

/* ---- the queue ---- */

static void take_turn(void *arg);

static void look_again(struct rest *r, int64_t ms)
{
	loop_after(r->loop, &r->turn, ms, take_turn, r);
}

/* Behind those of its kind; what is tried again keeps its place before all others of its kind. */
static void enqueue(struct rest *r, struct question *q)
{
	struct question **at = &r->waiting;

	while (*at && (q->urgent ? (*at)->urgent && !q->tried : (*at)->urgent || !q->tried))
		at = &(*at)->next;
	q->next = *at;
	*at = q;
	if (!r->closing)
		look_again(r, 0);
}

static void unlink_question(struct question **list, struct question *q)
{
	while (*list != q)
		list = &(*list)->next;
	*list = q->next;
}

/* Rows of an answer that is a list of flat objects; others cost nothing for their rows. */
static uint64_t rows_of(const struct http_answer *a)
{
	const char *p = a->body, *end = p + a->len;
	uint64_t n = 0;

	for (; (p = memchr(p, '{', (size_t)(end - p))); p++)
		n++;
	return n;
}

/* It is over: what did it cost? Before anything is done with the answer: its minute has begun. */
static void settle(struct question *q, const struct http_answer *a)
{
	unsigned weight = a->outcome == HTTP_NOT_SENT || a->status == 429 ? 0 : hl_weight_info(q->type);

	if (a->outcome == HTTP_UNKNOWN)
		weight += q->rows_weight;
	if (a->status / 100 == 2)
		weight += hl_weight_rows(q->type, rows_of(a));
	if (a->status == 429)
		budget_refused(q->rest->budget, a->retry_after_s);
	budget_settle(q->rest->budget, q->ticket, weight);
}

/* Tells how it ended. */
static void finish(struct question *q, enum rest_outcome outcome, const struct http_answer *a)
{
	struct rest_answer answer = { .outcome = outcome, .status = q->status, .reached = q->reached, .why = q->why,
	                              .asked_ms = q->asked_ms, .ahead_ms = q->ahead_ms };

	if (outcome == REST_OK) {
		answer.body = a->body;
		answer.len = a->len;
	}
	q->done(q->arg, &answer);
	free(q->body);
	free(q);
}

/* ---- answers ---- */

/* 500 ms, 1 s, 2 s ... 30 s, each up to a quarter more or less. */
static int64_t back_off_ns(struct rest *r, unsigned tried)
{
	int64_t ms = r->o.back_off_ms;

	while (--tried && ms < BACK_OFF_MAX_MS)
		ms *= 2;
	ms = ms < BACK_OFF_MAX_MS ? ms : BACK_OFF_MAX_MS;
	return (int64_t)((double)ms * 1e6 * (0.75 + 0.5 * rng_f64((uint64_t)getpid(), 0, r->jitter++)));
}

static bool passes(const struct http_answer *a)
{
	return a->outcome != HTTP_ANSWERED || a->status == 429 || a->status == 408 || a->status >= 500;
}

static void note_failure(struct question *q, const struct http_answer *a)
{
	if (a->outcome == HTTP_ANSWERED)
		snprintf(q->why, sizeof q->why, "%s: status %d: %.80s", q->type, a->status, a->body);
	else
		snprintf(q->why, sizeof q->why, "%s: %s", q->type, a->why);
	q->why[strcspn(q->why, "\r\n")] = '\0';
}

static void try_again(struct question *q)
{
	struct rest *r = q->rest;

	q->not_before_ns = clock_mono_ns() + back_off_ns(r, q->tried);
	enqueue(r, q);
}

/* What the exchange says when its clock has not come so far is no word about a bar that ours takes for over. */
static void compare_clocks(struct question *q, const struct http_answer *a)
{
	int64_t theirs_ms = a->date_ms + 999;

	q->ahead_ms = -1;
	if (!a->date_ms || clock_simulated())
		return;
	q->ahead_ms = q->asked_ms > theirs_ms ? q->asked_ms - theirs_ms : 0;
	q->asked_ms -= q->ahead_ms;
}

static void answered(void *arg, const struct http_answer *a)
{
	struct question *q = arg;
	struct rest *r = q->rest;

	unlink_question(&r->flying, q);
	r->in_flight--;
	r->rows_weight -= q->rows_weight;
	q->status = a->status;
	q->reached |= a->outcome == HTTP_ANSWERED;
	settle(q, a);
	compare_clocks(q, a);
	if (a->outcome == HTTP_ANSWERED && a->status / 100 == 2) {
		finish(q, REST_OK, a);
	} else {
		note_failure(q, a);
		if (!passes(a))
			finish(q, REST_REFUSED, a);
		else if (r->closing || q->tried >= r->o.tries)
			finish(q, REST_FAILED, a);
		else
			try_again(q);
	}
	if (!r->closing)
		take_turn(r);	/* at once: answers that come together shall not leave the exchange idle together */
}

/* ---- sending ---- */

static void send_question(struct rest *r, struct question *q)
{
	unlink_question(&r->waiting, q);
	q->next = r->flying;
	r->flying = q;
	r->in_flight++;
	r->rows_weight += q->rows_weight;
	q->tried++;
	q->asked_ms = clock_ms();
	http_post(r->http, r->url, q->body, q->n, answered, q);
}

/* The first that may be tried now; else *wait_ns is how long none may, if one waits at all. */
static struct question *next_question(const struct rest *r, int64_t *wait_ns)
{
	int64_t now = clock_mono_ns();

	*wait_ns = -1;
	for (struct question *q = r->waiting; q; q = q->next) {
		int64_t wait = q->not_before_ns - now;

		if (wait <= 0)
			return q;
		if (*wait_ns < 0 || wait < *wait_ns)
			*wait_ns = wait;
	}
	return NULL;
}

/* The exchange counts a question when it comes and its rows when it has answered. So one is let in as soon as its own weight fits,
 * and the rows of the last one may run over the minute; those of the others may be counted there already. ms to wait. */
static int64_t take_weight(struct rest *r, struct question *q)
{
	unsigned weight = hl_weight_info(q->type);

	if (r->rows_weight && budget_used(r->budget) + r->rows_weight + weight > r->o.per_minute)
		return LOOK_MS;
	return budget_take(r->budget, weight, r->o.class, &q->ticket);
}

/* The budget's times are clock_ms(), which may run faster than the loop's. */
static int64_t real_wait(int64_t ms)
{
	return clock_simulated() && ms > SIMULATED_LOOK_MS ? SIMULATED_LOOK_MS : ms;
}

static void take_turn(void *arg)
{
	struct rest *r = arg;
	struct question *q;
	int64_t wait;

	while (r->in_flight < r->o.in_flight && (q = next_question(r, &wait))) {
		wait = take_weight(r, q);
		if (wait > 0) {
			look_again(r, real_wait(wait));
			return;
		}
		send_question(r, q);
	}
	if (r->in_flight < r->o.in_flight && wait > 0)
		look_again(r, wait / 1000000 + 1);
}

void rest_ask(struct rest *r, const char *type, const void *body, size_t n, uint64_t rows, bool urgent, rest_done *done, void *arg)
{
	struct question *q = xcalloc(1, sizeof *q);

	*q = (struct question){ .rest = r, .type = type, .body = xmalloc(n), .n = n, .urgent = urgent,
	                         .done = done, .arg = arg, .ahead_ms = -1, .rows_weight = hl_weight_rows(type, rows) };
	memcpy(q->body, body, n);
	enqueue(r, q);
}

/* ---- the client ---- */

static struct budget *open_budget(const struct rest_options *o, struct errmsg *e)
{
	char *path = o->budget ? xstrdup(o->budget) : budget_path(o->url);
	struct budget *b = budget_open(path, o->per_minute, 0, e);

	free(path);
	return b;
}

struct rest *rest_new(struct loop *l, const struct rest_options *o, struct errmsg *e)
{
	struct budget *budget = open_budget(o, e);
	struct rest *r;

	if (!budget)
		return NULL;
	r = xcalloc(1, sizeof *r);
	*r = (struct rest){ .loop = l, .budget = budget, .o = *o, .url = url_below(o->url, "/info") };
	r->o.in_flight = o->in_flight ? o->in_flight : IN_FLIGHT;
	r->o.per_minute = o->per_minute ? o->per_minute : BUDGET_PER_MINUTE;
	r->o.tries = o->tries ? o->tries : TRIES;
	r->o.back_off_ms = o->back_off_ms ? o->back_off_ms : BACK_OFF_MS;
	r->http = http_new(l, &(struct http_options){ .ca_file = o->ca_file, .connections = r->o.in_flight,
	                                              .total_ms = o->timeout_ms ? o->timeout_ms : TIMEOUT_MS });
	return r;
}

void rest_free(struct rest *r)
{
	if (!r)
		return;
	r->closing = true;
	http_free(r->http);	/* calls answered() for each that flies */
	while (r->waiting) {
		struct question *q = r->waiting;

		r->waiting = q->next;
		if (!q->why[0])
			snprintf(q->why, sizeof q->why, "%s: given up before it was asked", q->type);
		finish(q, REST_FAILED, NULL);
	}
	loop_cancel(r->loop, &r->turn);
	budget_close(r->budget);
	free(r->url);
	free(r);
}

static void unreadable(struct rest_answer *a, const struct errmsg *e)
{
	a->outcome = REST_REFUSED;
	a->why = e->text;
}

/* ---- candles ---- */

struct candle_range {
	struct rest *rest;
	struct rest_candles q;
	int64_t from_ms, to_ms, asked_ms;	/* of the page at hand */
	struct rec_candle *row;
	size_t n, cap;
};

static void next_candles(struct candle_range *c);

static void end_candles(struct candle_range *c, const struct rest_answer *a)
{
	c->q.done(c->q.arg, a);
	free(c->row);
	free(c);
}

/* Keeps what was asked for and is over, in order, however it came. Of doubles the one with the most trades. */
static void take_candle(void *arg, const struct record *r)
{
	struct candle_range *c = arg;
	const struct rec_candle *row = &r->u.candle;
	size_t at = c->n;

	if (r->type != REC_candle || strcmp(row->symbol, c->q.symbol) != 0 || strcmp(row->interval, c->q.interval) != 0)
		return;
	if (row->t_ms < c->from_ms || row->t_ms > c->to_ms || row->t_close_ms + REST_GRACE_MS >= c->asked_ms)
		return;
	while (at && c->row[at - 1].t_ms > row->t_ms)
		at--;
	if (at && c->row[at - 1].t_ms == row->t_ms) {
		if (row->n > c->row[at - 1].n)
			c->row[at - 1] = *row;
		return;
	}
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 1024;
		c->row = xreallocarray(c->row, c->cap, sizeof *c->row);
	}
	memmove(&c->row[at + 1], &c->row[at], (c->n++ - at) * sizeof *c->row);
	c->row[at] = *row;
}

static void candles_answered(void *arg, const struct rest_answer *answer)
{
	struct candle_range *c = arg;
	struct rest_answer a = *answer;
	struct errmsg e;

	c->n = 0;
	c->asked_ms = a.asked_ms;
	if (a.outcome == REST_OK && !hl_info_read("candleSnapshot", a.body, a.len, a.asked_ms, take_candle, c, NULL, &e))
		unreadable(&a, &e);
	if (a.outcome != REST_OK || !c->q.page(c->q.arg, c->row, c->n, c->from_ms, c->to_ms, a.asked_ms) || c->to_ms >= c->q.to_ms) {
		end_candles(c, &a);
		return;
	}
	c->from_ms = clock_bar(c->q.interval, c->to_ms, 1);
	next_candles(c);
}

static void next_candles(struct candle_range *c)
{
	int64_t last = clock_bar(c->q.interval, c->from_ms, REST_CANDLES_PAGE - 1);
	struct buf body = BUF_INIT;
	uint64_t bars;

	c->to_ms = last < c->q.to_ms ? last : c->q.to_ms;
	bars = (uint64_t)((c->to_ms - c->from_ms) / (clock_bar(c->q.interval, c->from_ms, 1) - c->from_ms) + 1);
	hl_info_candles(&body, c->q.symbol, c->q.interval, c->from_ms, c->to_ms);
	rest_ask(c->rest, "candleSnapshot", body.data, body.len, bars, c->q.urgent, candles_answered, c);
	buf_release(&body);
}

void rest_candles(struct rest *r, const struct rest_candles *q)
{
	struct candle_range *c = xcalloc(1, sizeof *c);

	*c = (struct candle_range){ .rest = r, .q = *q, .from_ms = q->from_ms };
	next_candles(c);
}

/* ---- funding rates ---- */

struct rate_range {
	struct rest *rest;
	struct rest_rates q;
	int64_t from_ms;
	struct rest_rate row[REST_RATES_PAGE];
	size_t n;
};

static void next_rates(struct rate_range *c);

static bool text_f64(const struct json_doc *d, const struct json *v, double *to)
{
	char text[64];

	return json_f64(d, v, to) || (json_str(d, v, text, sizeof text) && num_f64_parse(text, to));
}

/* {"coin":"BTC","fundingRate":"0.0000125","premium":"0.0002973","time":1763824800061} */
static bool read_rate(const struct json_doc *d, const struct json *v, struct rest_rate *rate)
{
	return json_i64(d, json_get(d, v, "time"), &rate->t_ms) && text_f64(d, json_get(d, v, "fundingRate"), &rate->rate) &&
	       text_f64(d, json_get(d, v, "premium"), &rate->premium);
}

/* Rows in order, those of the range. *full: there may be more behind them. */
static bool read_rates(struct rate_range *c, const struct rest_answer *a, bool *full, struct errmsg *e)
{
	struct json_doc d = { 0 };
	bool ok = json_parse(&d, a->body, a->len, e) && (d.tok->type == JSON_ARRAY || errmsg_set(e, "fundingHistory: not a list"));

	c->n = 0;
	*full = ok && d.tok->size >= REST_RATES_PAGE;
	for (uint32_t i = 0; ok && i < d.tok->size && c->n < REST_RATES_PAGE; i++) {
		struct rest_rate *rate = &c->row[c->n];

		ok = read_rate(&d, json_at(d.tok, i), rate) || errmsg_set(e, "fundingHistory: row %u is not a rate", i);
		if (ok && rate->t_ms >= c->from_ms && rate->t_ms <= c->q.to_ms && (!c->n || rate->t_ms > c->row[c->n - 1].t_ms))
			c->n++;
	}
	json_release(&d);
	return ok;
}

/* The page's range ends with its last row if there may be more, else with the range. */
static void rates_answered(void *arg, const struct rest_answer *answer)
{
	struct rate_range *c = arg;
	struct rest_answer a = *answer;
	struct errmsg e;
	int64_t to_ms;
	bool full;

	if (a.outcome == REST_OK && !read_rates(c, &a, &full, &e))
		unreadable(&a, &e);
	if (a.outcome == REST_OK) {
		to_ms = full && c->n ? c->row[c->n - 1].t_ms : c->q.to_ms;
		if (c->q.page(c->q.arg, c->row, c->n, c->from_ms, to_ms) && to_ms < c->q.to_ms) {
			c->from_ms = to_ms + 1;
			next_rates(c);
			return;
		}
	}
	c->q.done(c->q.arg, &a);
	free(c);
}

static void next_rates(struct rate_range *c)
{
	int64_t hours = (c->q.to_ms - c->from_ms) / 3600000 + 1;
	struct buf body = BUF_INIT;

	hl_info_rates(&body, c->q.symbol, c->from_ms, c->q.to_ms);
	rest_ask(c->rest, "fundingHistory", body.data, body.len,
	         hours < REST_RATES_PAGE ? (uint64_t)hours : REST_RATES_PAGE, false, rates_answered, c);
	buf_release(&body);
}

void rest_rates(struct rest *r, const struct rest_rates *q)
{
	struct rate_range *c = xcalloc(1, sizeof *c);

	c->rest = r;
	c->q = *q;
	c->from_ms = q->from_ms;
	next_rates(c);
}
