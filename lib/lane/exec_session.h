/* SPDX-License-Identifier: MIT
 * What the files of ocq-exec share: the session, and work under way. exec.c looks at the journal and decides what is next; exec_send.c signs,
 * journals and posts; exec_resolve.c finds out what became of an order that has no answer; exec_cancel.c takes orders from the book. */
#ifndef OCQ_LANE_EXEC_SESSION_H
#define OCQ_LANE_EXEC_SESSION_H

#include "base/coproc.h"
#include "engine/venue.h"
#include "hl/ws.h"
#include "lane/exec.h"
#include "lane/follow.h"
#include "net/budget.h"
#include "net/http.h"
#include "net/ws.h"
#include "trade/plan.h"

struct mid { double px; int64_t ns; };		/* clock_mono_ns() when it came; 0: never */

struct exec {
	const struct exec_options *o;
	struct out *out;
	struct follow f;
	struct venue_table venue;
	struct mid *mid;		/* beside venue.at */
	unsigned *leverage;		/* that this process has set, beside venue.at; 0: none */
	struct coproc signer;
	struct loop *loop;
	struct http *http;
	struct ws *ws;
	struct hl_ws_event scratch;
	struct budget *budget;
	struct work *works;		/* one at most for a symbol */
	struct loop_timer soon;
	char *info_url, *exchange_url;
	bool input_over, dry;
	int64_t progress_ms;		/* as published */
	int64_t orders_ms;		/* the list of open orders that resting orders were looked for in */
	double max_cancels_per_min;
	char_text armed_why;		/* as the journal has it */
	bool armed_known;
};

/* What is under way: of a symbol an order, the leverage before it, or its cancellation; of "" what an operator wants cancelled. */
struct work {
	struct exec *x;
	struct work *next;
	char intent[INTENT_ID];		/* or the operator's action */
	char_symbol symbol;
	uint64_t nonce;
	uint32_t ticket;
	unsigned weight, leverage;
	struct loop_timer timer;
	unsigned many, tries;		/* cancellations in the last action; actions */
	/* resolving */
	int64_t since_ns;		/* the order is unresolved */
	bool nonce_used, alarmed;
	unsigned noes;			/* answers that know nothing of it */
	int64_t first_no_ns;
	bool ask_fills;			/* next time instead of the status */
};

/* exec.c */
void exec_look(struct exec *x);				/* from the loop alone: work may be freed by it */
void exec_look_soon(struct exec *x, int64_t ms);
struct work *exec_work_of(const struct exec *x, const char *symbol);	/* NULL: nothing is under way */
struct work *exec_work(struct exec *x, const char *intent, const char *symbol);
void exec_work_done(struct work *w);			/* and looks what is next */
void exec_work_drop(struct work *w);
void exec_put(struct exec *x, enum record_type type, const void *rec, enum journal_sync sync);
struct outcome_of { struct plan_result r; uint64_t nonce; unsigned attempt; dec8 filled; double avg_px; const char *oid, *code, *evidence, *error; };
void exec_outcome(struct exec *x, const struct lane_intent *i, const struct outcome_of *o);

/* exec_send.c */
bool exec_send_order(struct exec *x, const struct lane_intent *i);	/* false: the address's weight does not allow it now */
/* Signs, journals and posts, in this order. s: all but the body is set. */
void exec_launch(struct work *w, struct rec_send *s, const struct buf *action, http_done *done);
int64_t exec_weigh(struct work *w, unsigned weight);	/* 0: it may be posted; else how long to wait before asking again */
struct rec_send exec_new_send(const struct exec *x, const char *kind, const char *symbol);
enum hl_outcome exec_answer(const struct http_answer *a, unsigned n, struct rec_ack *to);	/* of an action with n parts: to the last one's */
void exec_settle(struct work *w, const struct http_answer *a);

/* exec_resolve.c */
void exec_resolve(struct work *w, int64_t in_ms);

/* exec_cancel.c */
void exec_cancel_asked(struct exec *x, const struct plan_gates *g);
void exec_tend_resting(struct exec *x, const struct plan_gates *g);

#endif
