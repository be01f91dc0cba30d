/* SPDX-License-Identifier: MIT
 * Orders and scores of results; changes when a channel does (docs/ranking.md). */
#include "engine/rank.h"

#include "base/err.h"

#include <math.h>
#include <string.h>

#define LEAST_DRAWDOWN 0.01	/* no profit is divided by less */
#define BEST_FACTOR 10		/* of balanced: beyond it a profit factor counts no more */
#define FEW_TRADES 20		/* of balanced: with fewer a result counts half */

static const struct { const char *name; bool ordered; } channels[] = {
#define X(name, ordered) { #name, ordered },
	RANK_CHANNELS(X)
#undef X
};

const char *rank_channel_name(enum rank_channel c)
{
	return channels[c].name;
}

bool rank_has_order(enum rank_channel c)
{
	return channels[c].ordered;
}

/* The bits of a double ascend with it, those of negative ones descend. */
int64_t rank_total(double v)
{
	int64_t bits;

	memcpy(&bits, &v, sizeof bits);
	return bits < 0 ? bits ^ INT64_MAX : bits;
}

static int ascending(double a, double b)
{
	int64_t x = rank_total(a), y = rank_total(b);

	return (x > y) - (x < y);
}

static int descending(double a, double b)
{
	return ascending(b, a);
}

static int profitable_first(const struct rank_figures *a, const struct rank_figures *b)
{
	return (b->total_pnl > 0) - (a->total_pnl > 0);
}

#define OR_ELSE(order, next) ((order) ? (order) : (next))

static int by_figures(enum rank_channel c, const struct rank_figures *a, const struct rank_figures *b)
{
	int pnl = descending(a->total_pnl, b->total_pnl), factor = descending(a->profit_factor, b->profit_factor),
	    drawdown = ascending(a->max_drawdown_pct, b->max_drawdown_pct);

	switch (c) {
	case RANK_efficient: return OR_ELSE(pnl, OR_ELSE(factor, drawdown));
	case RANK_growth: return OR_ELSE(factor, OR_ELSE(pnl, drawdown));
	case RANK_conservative: return OR_ELSE(profitable_first(a, b), OR_ELSE(drawdown, OR_ELSE(factor, pnl)));
	case RANK_balanced:
	case N_RANK_CHANNELS: break;
	}
	die(EX_BUG, "channel %d has no order by figures", (int)c);
}

int rank_compare(enum rank_channel c, bool score, const struct rank_figures *a, const struct rank_figures *b)
{
	return score ? descending(rank_channel_score(c, a), rank_channel_score(c, b)) : by_figures(c, a, b);
}

static double or_else(double v, double otherwise)
{
	return isfinite(v) ? v : otherwise;
}

double rank_channel_score(enum rank_channel c, const struct rank_figures *f)
{
	double pnl = or_else(f->total_pnl, 0), factor = fmax(or_else(f->profit_factor, 1), 0);

	switch (c) {
	case RANK_efficient: return pnl / fmax(or_else(f->max_drawdown_pct, 1), LEAST_DRAWDOWN) * factor;
	case RANK_growth: return pnl * (1 - fmin(fmax(or_else(f->max_drawdown_pct, 0), 0), 1)) * factor;
	case RANK_conservative: return -or_else(f->max_drawdown_pct, 1);
	case RANK_balanced:
		return (0.3 * f->total_pnl + 20 * fmin(f->profit_factor, BEST_FACTOR) + 15 * f->sharpe_ratio - 100 * f->max_drawdown_pct) *
			(f->total_trades < FEW_TRADES ? 0.5 : 1);
	case N_RANK_CHANNELS: break;
	}
	die(EX_BUG, "channel %d has no score", (int)c);
}
