/* SPDX-License-Identifier: MIT
 * The state of one strategy on one account: balance, positions, cooldown clocks, counters (docs/rules/accounting.md).
 * Plain structs; the owner gives the array of symbols, ascending by name, since sums run in that order. */
#ifndef OCQ_KERNEL_STATE_H
#define OCQ_KERNEL_STATE_H

#include "kernel/event.h"
#include "kernel/params.h"
#include "kernel/plan.h"
#include "kernel/snapshot.h"
#include "kernel/venue.h"

struct position {
	double entry_price;		/* size-weighted fills; quantised at open, not after an add */
	double size, margin_usd;	/* not quantised */
	double entry_atr;		/* after the floor, at open */
	double entry_adx_threshold;	/* 0: none */
	double leverage;
	int64_t open_ms, last_add_ms;
	double trailing_sl;		/* valid if has_trailing */
	uint32_t adds_count;
	uint8_t side, confidence;
	bool open, tp1_taken, has_trailing;
};

/* What a sweep on a GPU carries to and fro comes first (SYMBOL_NEAR): in front what an open position keeps, behind it, from
 * trailing_sl to close, what changes bar by bar, and last the clocks. */
struct symbol_state {
	struct position pos;		/* pos.open says whether there is one */
	double close;			/* of the last fed bar */
	int64_t last_entry_ms, last_exit_ms;	/* T_NEVER at first */
	int64_t last_close_ms;		/* for the re-entry cooldown; T_NEVER at first */
	uint32_t bars;			/* fed so far */
	uint8_t last_close_side;
	bool last_close_was_flip;
	bool is_btc, is_paxg;		/* by name, in any case: exempt from BTC alignment, from stagnation */
	uint64_t name_hash;		/* identifies the symbol in the events hash */
	double ema_fast, ema_slow;	/* of the last fed bar */
	const struct venue_rule *venue;	/* NULL: no exchange's rules */
} KERNEL_ALIGNED(16);

#define SYMBOL_NEAR offsetof(struct symbol_state, name_hash)

#define GATE_STATS(X) \
	X(total_checks) X(neutral) X(buy) X(sell) X(ranging) X(anomaly) X(extension) X(adx_low) X(adx_not_rising) \
	X(volume) X(btc) X(confidence) X(max_positions) X(pesc) X(ssf) X(reef) X(margin)

struct gate_stats {
#define X(name) uint64_t name;
	GATE_STATS(X)
#undef X
};

struct run_state {
	double balance_usd;
	uint32_t n_symbols, n_open;
	uint32_t entries;		/* opens since step_begin() */
	int32_t btc, btcusdt;		/* index of the trend anchors named exactly BTC and BTCUSDT; -1: not among the symbols */
	struct symbol_state *sym;	/* n_symbols, ascending by name */
	uint64_t *open;			/* a bit for each symbol that may have a position, the caller's; NULL: any may */
	struct gate_stats *stats;	/* counted there, or NULL */
#ifdef KERNEL_NEAR
	struct symbol_state *near;	/* symbol near_at, instead of its place in sym; its first SYMBOL_NEAR bytes */
	uint32_t near_at;
#endif
};

KERNEL_INLINE struct symbol_state *run_symbol(const struct run_state *r, uint32_t symbol)
{
#ifdef KERNEL_NEAR
	if (symbol == r->near_at)
		return r->near;
#endif
	return &r->sym[symbol];
}

/* On a GPU there are sweeps only, and those know no exchange. */
KERNEL_INLINE const struct venue_rule *run_venue(const struct run_state *r, uint32_t symbol)
{
#ifdef __CUDA_ARCH__
	return 0;
#else
	return r->sym[symbol].venue;
#endif
}

#endif
