/* SPDX-License-Identifier: MIT
 * The surface of the local exchange: what comes in over HTTP, WebSocket and control goes in here as text, and answers and pushes
 * come out, as the real exchange words them. Below it is the core of venue.h; above it the sockets of lib/paperx. It has no socket
 * and no clock: time comes in through exchange_advance().
 *
 * Everything that changes its state is an input: an /exchange body, a control line, a step of the market, time in which something
 * falls due. Each is handed to the sink's input() before it is acted upon; the same inputs give the same state, ids and answers
 * (exchange_again()). */
#ifndef OCQ_VENUE_EXCHANGE_H
#define OCQ_VENUE_EXCHANGE_H

#include "hl/action.h"
#include "venue/venue.h"

struct exchange;

struct exchange_options {
	enum hl_network network;
	struct venue_rules rules;	/* its seed serves here too, t_ms is the time at the start */
	bool any_nonce_time;		/* nonces and expiries of any time are taken */
	bool refuse_builder_fee;	/* approveBuilderFee is answered with an error */
	bool limits;			/* weights, sockets, addresses: 429 and refusals */
	double limit_scale;		/* each limit times this; at least 1 of everything */
	int64_t mids_ms, book_ms, state_ms;	/* pushes of allMids; l2Book and activeAssetCtx; account states are this far apart at least */
	const char *market;		/* JSON of meta, or of {"meta":..., "spotMeta":..., "perpDexs":...}; NULL: built-in coins */
	bool log;			/* sink.log() is wanted */
};
struct exchange_options exchange_options(void);

/* How an HTTP request or a post over the socket ends. */
struct exchange_reply {
	int status;
	const char *type;		/* content type, NULL: none */
	struct buf body;
	int64_t delay_ms;		/* in real time */
	bool drop;			/* close the connection instead */
	int retry_after_s;
};

/* Where things go. text() ... freeze() concern a socket by its number; delays are real time. Any may be NULL. */
struct exchange_sink {
	void *arg;
	void (*text)(void *arg, uint64_t conn, const char *text, size_t n, int64_t delay_ms);
	void (*drop)(void *arg, uint64_t conn, int code);			/* 0: no handshake */
	void (*tear)(void *arg, uint64_t conn, const char *text, size_t n);	/* closes in the middle of this message */
	void (*freeze)(void *arg, uint64_t conn);				/* silent and deaf from now on */
	void (*log)(void *arg, const char *line, size_t n);
	/* A line of JSON with newline, to be kept before anything that follows from it leaves. Ends the program when it cannot. */
	void (*input)(void *arg, const char *line, size_t n);
	/* An info request that is to be answered from the state of then; false: that is not known. */
	bool (*stale)(void *arg, int64_t t_ms, const char *body, size_t n, struct buf *answer);
};

/* NULL with *e: the market text is wrong. */
struct exchange *exchange_new(const struct exchange_options *o, const struct exchange_sink *sink, struct errmsg *e) MUST_USE;
void exchange_free(struct exchange *x);
struct venue *exchange_core(struct exchange *x);

/* --- Time. Fires what falls due and pushes it. A jump of more than EXCHANGE_JUMP_MS is not made: no clock means that. --- */
#define EXCHANGE_JUMP_MS (INT64_C(10) * 366 * 86400000)
void exchange_advance(struct exchange *x, int64_t t_ms);
int64_t exchange_now(const struct exchange *x);			/* as clients see it: with the clock's skew */

/* --- HTTP: any method and path. The body of the reply is the caller's to release. --- */
struct exchange_ask { const char *method, *path, *type, *body; size_t len; const char *peer; };
void exchange_http(struct exchange *x, const struct exchange_ask *a, struct exchange_reply *r);

/* --- WebSocket. conn is the caller's number for a connection, never used twice. --- */
int exchange_upgrade(struct exchange *x, const char *path, const char *peer);	/* 0: welcome, else the status that refuses */
void exchange_opened(struct exchange *x, uint64_t conn, const char *peer);
void exchange_text(struct exchange *x, uint64_t conn, const char *text, size_t n);
void exchange_closed(struct exchange *x, uint64_t conn);
bool exchange_subscribed(const struct exchange *x, uint64_t conn);		/* has it any subscription? */

/* --- Control: one line in, one line out (docs/exchange.md). False: it is not for the exchange (hold, resume ...). --- */
bool exchange_control(struct exchange *x, const char *line, size_t n, struct buf *answer);

int64_t exchange_advanced(const struct exchange *x);	/* ms that the clock was advanced by command, all together */

/* --- A candle, mid or bbo record of a feed; others are passed over. False: it is not one, or of an unknown coin. --- */
bool exchange_record(struct exchange *x, const char *line, size_t n, struct errmsg *e) MUST_USE;

/* --- The start: accounts, control lines, faults. --- */
bool exchange_account(struct exchange *x, const char *address, const char *usd, struct errmsg *e) MUST_USE;
bool exchange_setup(struct exchange *x, const char *lines, size_t n, struct errmsg *e) MUST_USE;
bool exchange_faults_load(struct exchange *x, const char *text, size_t n, struct errmsg *e) MUST_USE;

/* --- An input again, after a restart; nothing is pushed or logged meanwhile. False: it is none of ours. Steps of the market are a
 * path's: step() is told the position up to which it is to go. --- */
typedef void exchange_step(void *arg, uint64_t position);
bool exchange_again(struct exchange *x, const char *line, size_t n, exchange_step *step, void *arg, struct errmsg *e) MUST_USE;

/* --- For path.h. --- */
void exchange_begin_step(struct exchange *x, int64_t t_ms, uint64_t position);
void exchange_end_step(struct exchange *x);

#endif
