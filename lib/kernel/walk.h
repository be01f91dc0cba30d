/* SPDX-License-Identifier: MIT
 * One candidate's walk over prepared market data: the loop of a sweep, on a CPU thread or a GPU one (docs/sweep.md "How a sweep
 * is fast"). It calls the same rules in the same order as a replay, but looks only at bars where something can happen: a
 * mark says that the entry rules speak there, or the symbol has an open position. Marks do not depend on the account, so
 * they are made beforehand, over whole columns. Everything is memory that the caller owns; nothing is allocated. */
#ifndef OCQ_KERNEL_WALK_H
#define OCQ_KERNEL_WALK_H

#include "kernel/events_hash.h"
#include "kernel/step.h"

#define WALK_NONE UINT32_MAX		/* no such bar, in the index tables below */
#define WALK_SYMBOLS_MAX 1024
#define WALK_WORDS_MAX (WALK_SYMBOLS_MAX / 64)

struct walk_bars { const int64_t *t_ms; const double *open, *high, *low, *close, *volume; };

/* The indicators that rules read, one value per bar, in the order of walk_market.bars. */
#define WALK_COLUMNS(X) \
	X(ema_slow) X(ema_fast) X(ema_macro) X(adx) X(bb_width_ratio) X(atr) X(avg_atr) X(rsi) X(stoch_rsi_k) X(macd_hist) X(vol_sma)
struct walk_columns {
#define X(name) const double *name;
	WALK_COLUMNS(X)
#undef X
	const uint8_t *vol_trend;
	uint32_t slope_back;		/* bars that ema_slow_slope reaches back */
};

/* Market data as every candidate sees it. Symbols ascend by name; bars of symbol i are first[i]..first[i + 1]. A table [a][i]
 * has n_symbols entries a row. */
struct walk_market {
	uint32_t n_symbols, words;	/* 64-bit words for one bit per symbol */
	uint32_t n_steps, first_step, end_step;	/* the window is first_step..end_step, the latter not included */
	uint32_t context_symbol;	/* trades nothing; WALK_NONE: every symbol trades */
	int64_t end_ms;			/* when open positions are closed at the end */
	const int64_t *step_ms;
	const uint32_t *first;
	struct walk_bars bars;
	/* [step], with a row more than there are steps: the first bar that does not open before the step. It is the step's own
	 * if the next row differs. */
	const uint32_t *bar_from;
	/* Sub-bars; exit_from NULL: exits look at the step's bars. exit_from[step], again with a row more: the first that opens
	 * after the step. */
	const uint32_t *exit_from;
	struct walk_bars exit;
	/* Ticks: times at which entry sub-bars are looked at. tick_from NULL: entries come from the step's bars.
	 * tick_from[step]..tick_from[step + 1] are a step's; tick_bar[tick]: the sub-bar, or WALK_NONE. */
	const uint32_t *tick_from;
	const int64_t *tick_ms;
	const uint32_t *tick_bar;
	struct walk_bars entry;
	bool on_close;			/* a tick sees the step's indicators, else those before */
	bool exit_needs_fed_bar;	/* a repair: docs/parity.md */
	/* Funding hours settled at a step; hour_from NULL: no funding. rate[hour]: NaN where none is known. */
	const uint32_t *hour_from;
	const int64_t *hour_ms;
	const double *rate;
	const struct symbol_state *fresh;	/* every symbol before its first bar */
	int32_t btc, btcusdt;		/* as in struct run_state */
};

/* A raw signal. */
struct walk_spoken {
	double adx_threshold;
	uint8_t side, confidence;
};

/* Where entries may come from, apart from the account: a bit per symbol, in market.words words a row. */
struct walk_marks {
	const uint64_t *mark;		/* [step], or [tick] where there are ticks: the entry rules speak there */
	/* [step]: of the marks those that can open a position: no filter of the candidate is sure to refuse them. NULL: all, of
	 * which those whose signals are given are asked. */
	const uint64_t *enter;
	/* The signals of the marks, a step's from spoken_from[step] on, in the order of its symbols: so that columns are looked
	 * at in their own order, not in the walk's. NULL, and with ticks: the rules are asked when the walk gets there; then
	 * there may be marks too many. */
	const struct walk_spoken *spoken;
	const uint32_t *spoken_from;
	const double *breadth;		/* by step: the market before it (struct context) */
	const uint8_t *btc;
};

/* Figures of a walk, kept as it goes (docs/rules/report.md has their definitions). */
struct walk_sums {
	struct events_hash hash;
	double profit_usd, loss_usd;	/* of winning and losing closes, before fees; loss_usd <= 0 */
	double peak_usd, max_drawdown_pct, max_drawdown_usd;
	uint64_t trades, wins, losses;
	bool overflow;			/* some amount is not finite: no result */
	bool no_price;			/* an open position could not be closed at the end: no result */
};

/* What a walk did, for who wants more than sums. */
struct walk_log {
	struct event *event;		/* the first cap of them; NULL: cap is 0 */
	uint64_t cap, n;		/* n: how many there were, which may be more than cap */
	double *equity_usd;		/* by step, from first_step on: the realised balance after it; or NULL */
};

/* What candidates with the same entry rules have in common. */
struct walk_rules {
	struct walk_columns columns;
	struct walk_marks marks;
};

/* One candidate. */
struct walk {
	const struct walk_market *market;
	const struct walk_rules *rules;
	struct candidate *cand;		/* room for market->n_symbols; may be shared by walks that do not run at once */
	struct walk_log *log;		/* or NULL */
	struct run_state run;		/* its symbols: market->n_symbols, the caller's */
	struct walk_sums sums;
#ifdef KERNEL_NEAR
	uint64_t near[SYMBOL_NEAR / 8];	/* of the symbol at hand */
#endif
	struct strategy strategy;	/* last: walk_run_plain() reads WALK_PLAIN bytes of it all */
};

#define WALK_PLAIN (offsetof(struct walk, strategy) + offsetof(struct strategy, params) + PARAMS_ACCOUNT)

/* The market before a step: breadth and BTC's trend as step_begin() has them. */
KERNEL_FN void walk_context(struct context *c, const struct walk_market *m, const struct walk_columns *columns, uint32_t step);
/* False unless the step has a bar of symbol i that may enter: of a symbol that trades, after its warm-up. *at: that bar. */
KERNEL_FN bool walk_entry_bar(const struct walk *w, uint32_t i, uint32_t step, uint32_t *at);
/* True if the entry rules speak for symbol i at its bar `at`, which is the step's (*out is set), or at a tick of the step. Of w,
 * market, columns, strategy, breadth and btc are read. The step must be inside the window, and the bar one that
 * may enter; for ticks that is looked at. stats: gates are counted there, or NULL. */
KERNEL_FN bool walk_speaks(const struct walk *w, uint32_t i, uint32_t step, uint32_t at, struct walk_spoken *out,
			   struct gate_stats *stats);
KERNEL_FN bool walk_tick_speaks(const struct walk *w, uint32_t i, uint32_t step, uint32_t tick);

/* walk_columns.slope_back of a strategy. */
KERNEL_INLINE uint32_t walk_slope_back(const struct params *p)
{
	return p->entry_slow_drift_slope_window ? p->entry_slow_drift_slope_window - 1 : 0;
}

/* w becomes fresh, with market, rules, cand, log and strategy as they are. sym: market->n_symbols, open: market->words. stats: what
 * blocks entries is counted there, or NULL. */
KERNEL_FN void walk_begin(struct walk *w, struct symbol_state *sym, uint64_t *open, struct gate_stats *stats, double balance_usd);
/* From the first step to the close-out, with a fresh w. The same for less: walk_run_told() where marks have
 * their signals, walk_run_plain() where there are no sub-bars, too. */
KERNEL_FN void walk_run(struct walk *w);
KERNEL_FN void walk_run_told(struct walk *w);
KERNEL_FN void walk_run_plain(struct walk *w);

#endif
