/* SPDX-License-Identifier: MIT
 * What makes one result better than another (docs/ranking.md): the order of each channel, and the scores. Pure. */
#ifndef OCQ_ENGINE_RANK_H
#define OCQ_ENGINE_RANK_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, has an order by figures as well as a score) */
#define RANK_CHANNELS(X) \
	X(efficient, true) \
	X(growth, true) \
	X(conservative, true) \
	X(balanced, false)

enum rank_channel {
#define X(name, ordered) RANK_##name,
	RANK_CHANNELS(X)
#undef X
	N_RANK_CHANNELS
};
const char *rank_channel_name(enum rank_channel c);
bool rank_has_order(enum rank_channel c);

/* Figures of a result. NaN: not there. */
struct rank_figures { double total_pnl, profit_factor, max_drawdown_pct, total_trades, sharpe_ratio; };

/* All doubles in one order, -0 before +0, infinities and NaN at the ends: compare what this returns. */
int64_t rank_total(double v);

/* Below 0: a comes before b. 0: what came first comes first. score: by rank_channel_score(), the highest first. */
int rank_compare(enum rank_channel c, bool score, const struct rank_figures *a, const struct rank_figures *b);
double rank_channel_score(enum rank_channel c, const struct rank_figures *f);

#endif
