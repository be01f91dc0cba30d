/* SPDX-License-Identifier: MIT
 * One run of the kernel over market data, and what it leaves behind. replay_run() is the reference loop: the stream filter
 * and every sweep must give its events (docs/rules/replay.md). */
#ifndef OCQ_ENGINE_RUN_H
#define OCQ_ENGINE_RUN_H

#include "base/err.h"
#include "config/config.h"
#include "engine/venue.h"
#include "kernel/step.h"
#include "store/market.h"

struct equity_point { int64_t t_ms; double balance_usd; };	/* realised balance after each step */

/* Where the events of a run go: kept in memory, in processing order. */
struct run_result {
	double initial_balance_usd, final_balance_usd;
	struct event *event;		/* heap */
	size_t n_events, cap_events;
	struct equity_point *equity;	/* heap */
	size_t n_equity, cap_equity;
	struct gate_stats stats;
	char events_hash[33];		/* 128 bits, lower-case hex */
	uint64_t bars;			/* symbol-bars fed */
};

struct init_position { char symbol[32]; struct position pos; };
struct init_clock { char symbol[32]; int64_t t_ms; };
struct init_close { char symbol[32]; int64_t t_ms; uint8_t side; bool was_flip; };
/* The --init-state file (docs/rules/replay.md "Imported state"). */
struct init_state {
	double balance_usd;
	int64_t exported_ms;
	struct init_position *position; size_t n_positions;
	struct init_clock *last_entry; size_t n_last_entry;
	struct init_clock *last_exit; size_t n_last_exit;
	struct init_close *last_close; size_t n_last_close;	/* ocq-snapshot's: a replay does not read it */
};
bool init_state_load(struct init_state *s, const char *path, struct errmsg *e) MUST_USE;
void init_state_release(struct init_state *s);

/* Looks at a run from outside; any member may be NULL. It must not change anything. */
struct run_observer {
	void *arg;
	void (*context)(void *arg, int64_t t_ms, const struct context *c);	/* before a step's bars */
	/* gates and raw signal of a bar or sub-bar that got that far; sym is the state after it */
	void (*evaluated)(void *arg, int64_t t_ms, uint32_t symbol, const struct symbol_state *sym, const struct snapshot *s,
			  const struct bar_outcome *o);
	void (*ranked)(void *arg, int64_t t_ms, const struct candidate *c, uint32_t n);	/* n > 0, best first */
};

struct run_options {
	double balance_usd;
	uint32_t lookback;
	const struct init_state *init;		/* or NULL; its balance is not read */
	const struct run_observer *observer;	/* or NULL */
	const struct venue_table *venue;	/* has every symbol of the run; NULL: no exchange's rules */
};

/* Which sub-bars a run uses, and how: by the texts of the configuration, or by what was loaded (repair intervals_from_data). */
struct run_streams {
	bool exits, entries;	/* from sub-bars */
	bool on_close;		/* entries at the sub-bar that ends with the indicator bar, else at each */
	int64_t entry_ms;	/* length of an entry sub-bar; 0: unknown */
};
struct run_streams run_streams(const struct market *m, const struct config *c);
/* When a run's open positions are closed: its last step inside the window, or the window's end if there is none. */
int64_t run_end_ms(const struct market *m);
/* Hourly funding times up to t_ms, from the first that lies behind previous_ms. */
int64_t funding_hour_after(int64_t previous_ms);
#define FUNDING_PERIOD_MS 3600000

bool replay_run(struct run_result *r, const struct market *m, const struct config *c, const struct run_options *o, struct errmsg *e) MUST_USE;
void run_result_release(struct run_result *r);

#define OVERFLOW_TEXT "an amount overflows: balance, prices and parameters must be of a sane size"

/* 32 lower-case hex digits and a terminator. */
void events_hash_text(char text[33], const uint64_t bits[2]);

#endif
