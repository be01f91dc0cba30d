/* SPDX-License-Identifier: MIT
 * The paced client of POST /info: questions wait for their turn in the weight budget that all processes of the host share
 * (net/budget.h), a few are under way at a time, and what failed for a passing reason is asked again: 429, 5xx, no connection,
 * time out; with back-off and jitter, never after another 4xx. Everything is called from the loop, one thing at a time; a
 * callback may ask again. */
#ifndef OCQ_FEED_REST_H
#define OCQ_FEED_REST_H

#include "net/budget.h"
#include "net/loop.h"
#include "record/record.h"

enum { REST_CANDLES_PAGE = 5000, REST_RATES_PAGE = 500, REST_GRACE_MS = 2000 };

/* 0 or NULL takes the default. */
struct rest_options {
	const char *url;		/* "https://api.hyperliquid.xyz"; /info is added */
	const char *ca_file;
	const char *budget;		/* file; default: budget_path(url) */
	uint32_t per_minute;		/* weight: 1200 */
	enum budget_class class;	/* whose weight; BUDGET_ORDER is 0: say what you are */
	unsigned in_flight;		/* questions at a time: 8 */
	unsigned tries;			/* of a question: 6 */
	int timeout_ms;			/* of a try: 15,000 */
	int back_off_ms;		/* before the second try; doubled for each further one, to 30 s: 500 */
};

struct rest *rest_new(struct loop *l, const struct rest_options *o, struct errmsg *e) MUST_USE;	/* NULL: *e says why */
/* Questions that are open end here, with done() called (REST_FAILED). */
void rest_free(struct rest *r);

enum rest_outcome {
	REST_OK,
	REST_REFUSED,	/* 4xx, or an answer that cannot be read: asking again would give the same */
	REST_FAILED,	/* every try failed, or rest_free() */
};

struct rest_answer {
	enum rest_outcome outcome;
	int status;		/* of the last try; 0: none answered */
	bool reached;		/* some try was answered, whatever its status */
	const char *body;	/* REST_OK; valid during done() */
	size_t len;
	const char *why;	/* not REST_OK: in words */
	int64_t asked_ms;	/* when the last try was sent: clock_ms(), but no later than the exchange's clock, if it is known */
	int64_t ahead_ms;	/* how far clock_ms() was known to be ahead of the exchange's clock; -1: nothing is known */
};

/* One question. body is copied; type is the row of info.def that it is, a static text; rows: how many its answer may have, for the pace.
 * Urgent questions go before those that wait. done() is called once, never from within rest_ask(). */
typedef void rest_done(void *arg, const struct rest_answer *a);
void rest_ask(struct rest *r, const char *type, const void *body, size_t n, uint64_t rows, bool urgent, rest_done *done, void *arg);

/* A range of history, page after page. page() gets the rows of a part of it in ascending order without doubles; what is
 * missing among them the exchange does not have. False from page() ends the range. done() comes last: REST_OK unless a page failed. */
struct rest_candles {
	char symbol[SYMBOL_MAX], interval[8];
	int64_t from_ms, to_ms;		/* opens of the first and last bar wanted, both on the grid */
	bool urgent;
	/* Closed bars only: t_close_ms + REST_GRACE_MS < asked_ms. */
	bool (*page)(void *arg, const struct rec_candle *row, size_t n, int64_t from_ms, int64_t to_ms, int64_t asked_ms);
	void (*done)(void *arg, const struct rest_answer *a);
	void *arg;
};
void rest_candles(struct rest *r, const struct rest_candles *c);

struct rest_rate { int64_t t_ms; double rate, premium; };	/* t_ms as the exchange has it: shortly after the full hour */
struct rest_rates {
	char symbol[SYMBOL_MAX];
	int64_t from_ms, to_ms;		/* both ends included */
	bool (*page)(void *arg, const struct rest_rate *row, size_t n, int64_t from_ms, int64_t to_ms);
	void (*done)(void *arg, const struct rest_answer *a);
	void *arg;
};
void rest_rates(struct rest *r, const struct rest_rates *q);

#endif
