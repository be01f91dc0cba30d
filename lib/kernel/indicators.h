/* SPDX-License-Identifier: MIT
 * Indicators of one symbol, bar by bar (docs/rules/indicators.md): struct bank is all of them for one parameter set. The
 * parts (kernel/recur.h) also stand alone, so that a sweep can compute every distinct series once. */
#ifndef OCQ_KERNEL_INDICATORS_H
#define OCQ_KERNEL_INDICATORS_H

#include <stddef.h>

#include "kernel/params.h"
#include "kernel/recur.h"
#include "kernel/snapshot.h"

#define BB_DEVIATIONS 2.0
#define MACD_FAST 12
#define MACD_SLOW 26
#define MACD_SIGNAL 9

struct bar { int64_t t_ms; double open, high, low, close, volume; };

struct bank {
	struct ema slow, fast, macro, macd_fast, macd_slow, macd_signal;
	struct adx adx;
	struct atr atr;
	struct rsi rsi;
	struct mean bb_mean, bb_width, avg_atr, stoch_k, stoch_d, vol_sma, vol_short;
	struct ring bb, stoch, slope;
	double bb_upper, bb_lower;	/* the last bands: repeated on a bar whose close is not finite */
	double vol_short_mean;		/* the last one; vol_trend says whether it is above vol_sma */
	bool use_stoch_rsi;
	uint64_t bars;			/* fed so far */
	struct snapshot last;		/* after the last bar; snapshot_init() before the first */
};

/* How many doubles of memory bank_init() needs for these parameters. Window 0 counts as 1, save that ADX, ATR and RSI
 * then stay at 0, 0 and 50. */
KERNEL_FN size_t bank_memory(const struct params *p);

/* memory: bank_memory() doubles, owned by the caller, alive as long as the bank. */
KERNEL_FN void bank_init(struct bank *b, const struct params *p, double *memory);
/* Feeds one bar; b->last is its snapshot. The state is never reset. */
KERNEL_FN void bank_push(struct bank *b, const struct bar *bar);

#endif
