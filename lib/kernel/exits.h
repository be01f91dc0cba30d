/* SPDX-License-Identifier: MIT
 * Whether an open position is closed, wholly or in part, at a snapshot's close (docs/rules/exits.md). */
#ifndef OCQ_KERNEL_EXITS_H
#define OCQ_KERNEL_EXITS_H

#include "kernel/state.h"

enum exit_kind { EXIT_HOLD, EXIT_FULL, EXIT_PARTIAL };

struct exit_decision {
	uint8_t kind, reason;	/* enum reason */
	double fraction;	/* of the size, for EXIT_PARTIAL */
	double arg[3];		/* the reason's numbers */
	double profit_atr;	/* open profit in entry ATRs */
	bool has_stop;
	double stop;		/* where the stop loss stood after the last rule looked at */
};

/* Runs the plan's exit behaviours in order; the first that triggers wins. May move pos->trailing_sl, whatever is decided.
 * is_paxg: exempt from the stagnation exit. */
KERNEL_FN void exit_eval(struct exit_decision *d, struct position *pos, const struct params *p, const struct plan *plan,
			 const struct snapshot *s, bool is_paxg, int64_t now_ms);

/* Prices at which an open position is left, as its rules stand behind a snapshot: 0 where there is none. Rules that look at indicators are
 * not among them. For a host alone: a GPU shows no tunnels. */
struct exit_bounds { double stop, partial, full; };
void exit_bounds(struct exit_bounds *b, const struct position *pos, const struct params *p, const struct plan *plan,
			   const struct snapshot *s, bool is_paxg, int64_t now_ms);

#endif
