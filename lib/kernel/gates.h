/* SPDX-License-Identifier: MIT
 * Gates: market conditions that an entry needs (docs/rules/entry.md "Gates"). All are always evaluated. */
#ifndef OCQ_KERNEL_GATES_H
#define OCQ_KERNEL_GATES_H

#include "kernel/state.h"

#define TMC_ADX_CAP 25.0	/* the ADX floor is capped here while the trend gathers momentum */

enum btc_state { BTC_UNKNOWN, BTC_BULLISH, BTC_BEARISH };

/* The market as a whole before a step: BTC's trend at its last bar, and the percentage of symbols in an up-trend. */
struct context { uint8_t btc; double breadth; };

struct gates {
	bool ranging, anomaly, extended, vol_confirm, trending_up, adx_above_min;
	bool bullish, bearish;		/* EMA alignment */
	bool btc_ok_long, btc_ok_short;
	bool all_pass;			/* adx_above_min .. trending_up; alignment and BTC are not part of it */
	double min_adx;			/* the floor in force */
	double rsi_long_limit, rsi_short_limit;
};

KERNEL_FN void gates_eval(struct gates *g, const struct params *p, const struct plan *plan, const struct snapshot *s,
			  bool is_btc, uint8_t btc);

/* The ATR multiple of a take profit that the trend's strength suggests. Informational: no rule reads it. */
KERNEL_FN double gates_tp_mult(const struct params *p, const struct snapshot *s);

/* How many of the three signs of a ranging market there are (low ADX, narrow bands, middling RSI), and how many it takes. */
KERNEL_FN uint32_t ranging_votes(const struct params *p, const struct snapshot *s);
KERNEL_FN uint32_t ranging_votes_needed(const struct params *p);

/* |close - previous close| / previous close, and |close - ema_fast| / ema_fast; 0 where the denominator is not > 0. */
KERNEL_FN double price_jump(const struct snapshot *s);
KERNEL_FN double ema_fast_distance(const struct snapshot *s);

#endif
