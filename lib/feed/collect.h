/* SPDX-License-Identifier: MIT
 * The collector: messages of the exchange and answers of its REST side in, records, rows for the stores and requests out.
 * It does no input or output and has no clock of its own: whoever drives it calls collect_turn() often. */
#ifndef OCQ_FEED_COLLECT_H
#define OCQ_FEED_COLLECT_H

#include "feed/bars.h"
#include "feed/mids.h"
#include "feed/names.h"
#include "feed/seen.h"
#include "record/record.h"

enum {
	COLLECT_INTERVALS_MAX = 13, GRACE_MS = 2000, PATIENCE_MS = 60000,
	STALE_CONNECTION_MS = 20000, STALE_MIDS_MS = 60000, STALE_BBO_MS = 120000, STALE_CANDLES_MS = 300000,
	AUDIT_MS = 5000,	/* between two questions that only look for corrections */
	DEPTH_BARS = 5000,	/* the exchange has no more of a series */
};

/* What comes out. None of them may call back into the collector. */
struct collect_sink {
	void (*record)(void *arg, enum record_type type, const void *rec);
	void (*row)(void *arg, unsigned interval, const struct rec_candle *c);	/* for the store */
	void (*step)(void *arg, int64_t t_ms);		/* it is closed: all its records and rows are out */
	/* Asks the exchange for bars; collect_row()s and collect_answered() answer, later. urgent: a step waits for it. */
	void (*ask)(void *arg, uint32_t series, int64_t from_ms, int64_t to_ms, bool urgent);
	void (*prove)(void *arg);			/* send a ping; its pong is collect_proved() */
	/* The newest rows of the store, oldest first, at most max; returns how many. May be NULL. */
	size_t (*recall)(void *arg, unsigned interval, const char *symbol, struct rec_candle *to, size_t max);
};

/* Of an interval that can be collected: those of clock_intervals but 1M, whose bars have no one length; 0: any other text. */
int64_t collect_length_ms(const char *interval);

struct collect_options {
	unsigned n_intervals;
	char interval[COLLECT_INTERVALS_MAX][8];	/* the first closes steps */
	int64_t grace_ms, patience_ms;
	int64_t to_ms;					/* no step behind this one is told; 0: there is no last one */
	int64_t stale_mids_ms, stale_bbo_ms;		/* of a followed symbol; 0: not watched */
	int64_t stale_candles_ms;			/* how long after its end a bar may stay untold; 0: not watched */
	int64_t throttle_ms;				/* least time between two mid or bbo records of a symbol; 0: every change is told */
	int64_t audit_ms;				/* 0: only what is in doubt is compared with the exchange */
	bool mids, bbo;					/* which of these records are wanted */
	bool mids_from_bbo;
};

struct collect *collect_new(const struct collect_options *o, const struct collect_sink *sink, void *arg);
void collect_free(struct collect *c);

/* Before anything else, unless the first step to close is that of the bar which forms now: its t_ms, and that of the last
 * one an earlier run has told, INT64_MIN: none. */
void collect_start(struct collect *c, int64_t step_ms, int64_t told_ms);
/* The symbols followed, in any order. Called again: new ones start with the bar that forms now, those that are missing are
 * forgotten. What is no symbol is ignored. Guests are followed beside them: steps neither wait for them nor have their
 * bars. */
void collect_follow(struct collect *c, const char *const *symbol, unsigned n, const char *const *guest, unsigned n_guests,
		int64_t now_ms);
/* Symbols without which no step closes, BTC aside, which is always one of them if it is followed. */
void collect_require(struct collect *c, const char *const *symbol, unsigned n);

/* The connection. */
void collect_up(struct collect *c, int64_t now_ms);		/* a new one stands, nothing is subscribed on it yet */
void collect_down(struct collect *c, const char *why);
void collect_proved(struct collect *c, int64_t t_ms);		/* all that was sent on it before t_ms has been taken */
void collect_doubt(struct collect *c);				/* a message may have been lost */
void collect_ahead(struct collect *c, int64_t ahead_ms);	/* our clock is so far ahead of the exchange's */
void collect_heard(struct collect *c, int64_t now_ms);		/* any message */
void collect_rest(struct collect *c, bool well, const char *why, int64_t now_ms);	/* how the last question went */
void collect_store(struct collect *c, int64_t late_ms, const char *why, int64_t now_ms);	/* for how long the store has not taken rows; 0: all is well */

/* Messages, in the order of the connection. False: of no use. */
bool collect_candle(struct collect *c, const struct rec_candle *m, int64_t now_ms);
void collect_mid(struct collect *c, const struct rec_mid *m, int64_t now_ms);
void collect_bbo(struct collect *c, const struct rec_bbo *m, int64_t now_ms);
/* Each is told once, however often it comes. False: it had come before. */
bool collect_fill(struct collect *c, const struct rec_fill *m);
bool collect_order(struct collect *c, const struct rec_order *m);
bool collect_funding(struct collect *c, const struct rec_funding *m);
bool collect_ledger(struct collect *c, const struct rec_ledger *m);

/* An answer to ask(): its rows, ascending, then its end; failed: nothing is known, it will be asked again. */
void collect_row(struct collect *c, uint32_t series, const struct rec_candle *row, int64_t asked_ms);
void collect_answered(struct collect *c, uint32_t series, int64_t from_ms, int64_t to_ms, int64_t asked_ms, bool failed,
		int64_t now_ms);

/* Tells what has become due. To be called when messages have been taken, and at least every COLLECT_TURN_MS of the clock. */
enum { COLLECT_TURN_MS = 50 };
void collect_turn(struct collect *c, int64_t now_ms);
bool collect_is_over(const struct collect *c);	/* the last step is told, or lies before the first */

/* Readers, for the socket protocol. */
const struct collect_options *collect_options(const struct collect *c);
const struct names *collect_names(const struct collect *c);
const struct mids *collect_mids(const struct collect *c);
/* Symbols followed, by name, as numbers of names. */
const uint32_t *collect_followed(const struct collect *c, unsigned *n);
bool collect_is_guest(const struct collect *c, const char *symbol);
unsigned collect_interval(const struct collect *c, const char *interval);	/* index; n_intervals: not collected */
const struct bar_series *collect_bars(const struct collect *c, uint32_t symbol, unsigned interval);	/* NULL: not followed */
/* Of a series' number as in ask(). */
void collect_series(const struct collect *c, uint32_t series, const char **symbol, const char **interval);
bool collect_is_stale(const struct collect *c);		/* connection, or every followed symbol's prices or candles: what a watchdog asks */

#endif
