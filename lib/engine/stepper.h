/* SPDX-License-Identifier: MIT
 * Drives the kernel through one time step after another and collects what it does. Replay and the stream filter are two
 * sources of bars for the same stepper, so they cannot disagree (docs/rules/replay.md "The step"). */
#ifndef OCQ_ENGINE_STEPPER_H
#define OCQ_ENGINE_STEPPER_H

#include "engine/run.h"

struct stepper {
	struct strategy strategy;
	struct run_state run;
	struct context context;		/* of the current step */
	struct symbol_state *sym;	/* owned; run.sym */
	const struct venue_table *venue;	/* or NULL */
	struct candidate *cand;		/* owned; room for one per symbol */
	uint32_t n_cand, cap_symbols;
	struct run_result *out;		/* events are appended here */
	const struct run_observer *observer;
};

/* The strategy is config's plan and lowered parameters. False: the plan does not resolve. */
bool stepper_init(struct stepper *s, const struct config *c, const struct run_options *o, struct run_result *out,
		  struct errmsg *e) MUST_USE;
void stepper_release(struct stepper *s);

/* Inserts a symbol at index `at`, so that names stay ascending; the exchange's table, if there is one, must have it.
 * Not between stepper_begin() and stepper_rank(). */
void stepper_insert(struct stepper *s, uint32_t at, const char *name);
/* Imported positions and clocks of symbols that are known by now; find: index of a name or -1. */
void stepper_import(struct stepper *s, const struct init_state *init, int (*find)(void *arg, const char *name), void *arg);

void stepper_begin(struct stepper *s, int64_t t_ms);
void stepper_feed(struct stepper *s, uint32_t symbol, const struct snapshot *snap);	/* before the window */
void stepper_bar(struct stepper *s, uint32_t symbol, const struct snapshot *snap, bool exits, bool entries);
void stepper_exit_sub_bar(struct stepper *s, uint32_t symbol, const struct snapshot *snap, int64_t now_ms);
void stepper_entry_sub_bar(struct stepper *s, uint32_t symbol, const struct snapshot *snap, int64_t now_ms);
/* Ranks the candidates since the last call and opens what fits. equity: NULL means as of now. */
void stepper_rank(struct stepper *s, int64_t now_ms, const double *equity_usd);
void stepper_funding(struct stepper *s, uint32_t symbol, double rate, int64_t t_ms);
/* The end of a run: every open position is closed at its symbol's last price. False: *without has none; nothing after it is
 * closed. */
bool stepper_close_out(struct stepper *s, int64_t t_ms, uint32_t *without) MUST_USE;
void stepper_equity(struct stepper *s, int64_t t_ms);

/* The first event with a number that overflowed, which no record can hold; NULL if there is none. */
const struct event *stepper_overflow(const struct run_result *r);

#endif
