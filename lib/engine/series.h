/* SPDX-License-Identifier: MIT
 * All indicators of one symbol for one parameter set, computed many bars at once: the same bits as pushing the bars one by
 * one through the kernel's bank, several times faster (docs/performance.md). */
#ifndef OCQ_ENGINE_SERIES_H
#define OCQ_ENGINE_SERIES_H

#include "kernel/indicators.h"
#include "store/market.h"

/* What is kept per bar; everything else in a snapshot is a bar's own value, a difference or a lag.
 * SERIES_COLUMNS(X): X(name in struct series and struct snapshot) */
#define SERIES_COLUMNS(X) \
	X(ema_slow) X(ema_fast) X(ema_macro) X(adx) X(adx_pos) X(adx_neg) X(bb_upper) X(bb_lower) X(bb_width) \
	X(bb_width_avg) X(bb_width_ratio) X(atr) X(avg_atr) X(rsi) X(stoch_rsi_k) X(stoch_rsi_d) X(macd_hist) X(vol_sma)

struct series {
	const struct bars *bars;	/* kept by reference */
	size_t from, to;		/* the bars that the columns hold: bar i stands at [i - from] */
#define X(name) double *name;
	SERIES_COLUMNS(X)
#undef X
	uint8_t *vol_trend;
	uint32_t slope_window;
	struct series_work *work;	/* owned, private: the columns too */
};

/* Starts; nothing is computed yet. at_once: how many bars are then computed in one go, 0 for all of them: then every bar
 * stays. A loop that goes through all symbols once takes SERIES_AT_ONCE: the columns of some fifty symbols fit into the
 * second-level cache together, and no memory is touched for the first time. */
#define SERIES_AT_ONCE 128
void series_open(struct series *s, const struct bars *bars, const struct params *p, size_t at_once);
void series_close(struct series *s);
/* Leaves out what is not wanted, for who keeps only some columns: the others of these groups then hold anything. Before the
 * first bar is computed. */
enum { SERIES_STOCH = 1, SERIES_BANDS = 2, SERIES_AVG_ATR = 4, SERIES_VOLUME = 8, SERIES_ALL = 15 };
void series_want(struct series *s, unsigned groups);

/* Computes the next bars. */
void series_advance(struct series *s);
/* Makes sure that bar i can be looked at. Then so can every later bar before s->to, and the one before i. */
static inline void series_reach(struct series *s, size_t i)
{
	while (i >= s->to)
		series_advance(s);
}

/* The value of a column n bars before bar i, 0 where there is none. */
static inline double series_lag(const struct series *s, const double *column, size_t i, size_t n)
{
	return i < n ? 0.0 : column[i - n - s->from];
}

static inline double series_slope(const struct series *s, size_t i)
{
	size_t back = s->slope_window - 1;

	return i < back ? 0.0 : ratio_of(s->ema_slow[i - s->from] - s->ema_slow[i - back - s->from], s->bars->close[i], 0.0);
}

/* The snapshot after bar i. */
static inline void series_snapshot(const struct series *s, size_t i, struct snapshot *out)
{
	const struct bars *b = s->bars;
	size_t at = i - s->from;

	out->t_ms = b->t_ms[i];
	out->bar_count = i;
	out->open = b->open[i];
	out->high = b->high[i];
	out->low = b->low[i];
	out->close = b->close[i];
	out->volume = b->volume[i];
#define X(name) out->name = s->name[at];
	SERIES_COLUMNS(X)
#undef X
	out->ema_slow_slope = series_slope(s, i);
	out->vol_trend = s->vol_trend[at];
	out->adx_slope = out->adx - series_lag(s, s->adx, i, 1);
	out->atr_slope = out->atr - series_lag(s, s->atr, i, 1);
	out->prev_macd_hist = series_lag(s, s->macd_hist, i, 1);
	out->prev2_macd_hist = series_lag(s, s->macd_hist, i, 2);
	out->prev3_macd_hist = series_lag(s, s->macd_hist, i, 3);
	out->prev_close = i > 0 ? b->close[i - 1] : 0.0;
	out->prev_ema_fast = series_lag(s, s->ema_fast, i, 1);
	out->prev_ema_slow = series_lag(s, s->ema_slow, i, 1);
	out->funding_rate = 0;
}

#endif
