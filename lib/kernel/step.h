/* SPDX-License-Identifier: MIT
 * One time step of one strategy: what a driver (replay, stream filter, sweep, lane) calls, in the order of
 * docs/rules/replay.md. The driver brings the loops and the data; every rule is in here or below. Functions that change
 * the account write events and return how many. */
#ifndef OCQ_KERNEL_STEP_H
#define OCQ_KERNEL_STEP_H

#include "kernel/account.h"
#include "kernel/exits.h"
#include "kernel/signal.h"

struct strategy {
	struct plan plan;
	uint32_t lookback;	/* a symbol may enter from its lookback-th bar on */
	struct params params;	/* lowered */
};

struct candidate {
	struct entry entry;
	int32_t score;
};

enum { STEP_BAR_EVENTS = 2 };	/* an exit, and a flip or an add */

/* What a bar or sub-bar led to besides events. */
struct bar_outcome {
	bool evaluated;		/* past warm-up: gates and signal are valid */
	bool sub_bar;
	bool candidate;		/* *cand was written */
	struct gates gates;
	struct signal signal;	/* raw: before reverse and regime filter */
};

/* A symbol that has not been seen yet. name: n bytes. */
KERNEL_FN void symbol_init(struct symbol_state *sym, const char *name, uint32_t n);
/* Empty account without symbols. */
KERNEL_FN void run_init(struct run_state *r, double balance_usd);
/* The account's symbols: n, ascending by name, each through symbol_init(). May be called again when some were inserted. */
KERNEL_FN void run_symbols(struct run_state *r, struct symbol_state *sym, uint32_t n);

/* Market breadth in percent: up of n symbols in an up-trend. */
KERNEL_INLINE double breadth_of(uint32_t up, uint32_t n)
{
	return n ? (double)up / (double)n * 100.0 : 50.0;
}

/* Counts one evaluation. side: enum signal_side of the raw signal. */
KERNEL_FN void gate_stats_add(struct gate_stats *n, const struct gates *g, uint8_t side);

/* Before any bar of the step is fed. Returns the market as of the previous bars. */
KERNEL_FN void step_begin(struct run_state *r, struct context *c);

/* The market memory of a symbol takes a bar; done for every bar, also before the trading window. */
KERNEL_FN void step_feed(struct run_state *r, uint32_t symbol, const struct snapshot *s);

/* An indicator bar inside the window, after step_feed(). exits: the position is looked at here (no exit sub-bars);
 * entries: entry wishes become candidates here (no entry sub-bars). ev has room for STEP_BAR_EVENTS. */
KERNEL_FN int step_bar(struct run_state *r, const struct strategy *st, const struct context *c, uint32_t symbol,
		       const struct snapshot *s, bool exits, bool entries, struct event *ev, struct candidate *cand,
		       struct bar_outcome *out);

/* The second half of step_bar(): what a raw signal that is not neutral leads to. Of s, t_ms, close, adx, atr, rsi and macd_hist
 * are read; with a position also adx_slope and atr_slope. At most one event. */
KERNEL_FN int step_signal(struct run_state *r, const struct strategy *st, const struct context *c, uint32_t symbol,
			  const struct snapshot *s, const struct signal *raw, struct event *ev, struct candidate *cand,
			  bool *candidate);

/* False: whatever the account's state, step_signal() makes no candidate of the signal. It still may add to a position or flip it, and
 * counts what blocks. */
KERNEL_FN bool step_may_open(const struct strategy *st, const struct context *c, const struct snapshot *s, const struct signal *raw);

/* Best first: score descending, then symbol ascending. Candidates must come in ascending symbol order. */
KERNEL_FN void rank(struct candidate *c, uint32_t n);
KERNEL_FN int32_t rank_score(uint8_t confidence, double adx);

/* Opens ranked candidates while budget, slots and margin last. ev has room for n. */
KERNEL_FN int step_execute(struct run_state *r, const struct strategy *st, const struct candidate *c, uint32_t n,
			   double equity, struct event *ev);
/* The same for one of them. *last: what comes behind it need not be tried. At most one event. */
KERNEL_FN int step_open(struct run_state *r, const struct strategy *st, const struct candidate *c, double equity, bool *last,
			struct event *ev);
/* The exit rules alone at a bar, after step_feed(); what step_bar() does first. At most one event. */
KERNEL_FN int step_exit(struct run_state *r, const struct strategy *st, uint32_t symbol, const struct snapshot *s,
			struct event *ev);
/* The end of a run for one symbol: closes at its last price. Returns the events, -1 if an open position has no price. */
KERNEL_FN int step_close_out(struct run_state *r, uint32_t symbol, int64_t t_ms, struct event *ev);

/* A sub-bar of an open position: s is the base snapshot with the sub-bar's prices. At most one event. */
KERNEL_FN int step_exit_sub_bar(struct run_state *r, const struct strategy *st, uint32_t symbol, const struct snapshot *s,
				int64_t now_ms, struct event *ev);

/* The budget for sub-bar entries of this step is used up. */
KERNEL_FN bool step_entries_full(const struct run_state *r, const struct strategy *st);
/* A sub-bar as a chance to enter or add; never a flip. At most one event. */
KERNEL_FN int step_entry_sub_bar(struct run_state *r, const struct strategy *st, const struct context *c, uint32_t symbol,
				 const struct snapshot *s, int64_t now_ms, struct event *ev, struct candidate *cand,
				 struct bar_outcome *out);

/* Prices of a sub-bar on the indicators of a bar. */
KERNEL_FN void snapshot_hybrid(struct snapshot *out, const struct snapshot *base, int64_t t_ms, double open, double high,
			       double low, double close);

#endif
