/* SPDX-License-Identifier: MIT
 * From gates to a raw signal, and from a raw signal to an entry wish (docs/rules/entry.md). */
#ifndef OCQ_KERNEL_SIGNAL_H
#define OCQ_KERNEL_SIGNAL_H

#include "kernel/gates.h"

struct signal {
	uint8_t side;		/* enum signal_side */
	uint8_t confidence;
	uint8_t mode;		/* enum behaviour of the mode that spoke; meaningless when neutral */
	double adx_threshold;	/* travels with the position to the exhaustion exit */
};

/* Modes in plan order; the first that gives a side wins. */
KERNEL_FN void signal_eval(struct signal *out, const struct params *p, const struct plan *plan, const struct snapshot *s,
			   const struct gates *g);

/* ATR, not less than min_atr_pct of the price. */
KERNEL_FN double atr_floored(const struct params *p, double atr, double price);

/* Reverse, then the breadth filter: the side that is really wanted. The two steps can be looked at one by one. */
KERNEL_FN uint8_t signal_reverse(const struct params *p, uint8_t side, double breadth);
KERNEL_FN uint8_t signal_regime(const struct params *p, uint8_t side, double breadth);

enum blocked { BLOCKED_NOT, BLOCKED_CONFIDENCE, BLOCKED_PESC, BLOCKED_SSF, BLOCKED_REEF };
/* The filters between an entry wish and a candidate; the first that objects. side: BUY or SELL. */
KERNEL_FN uint8_t entry_blocked(const struct params *p, const struct symbol_state *sym, const struct snapshot *s,
				uint8_t side, uint8_t confidence, int64_t now_ms);

/* The same one by one, for who wants to know all that object. */
KERNEL_FN bool pesc_blocks(const struct params *p, const struct symbol_state *sym, double adx, uint8_t side, int64_t now_ms);
KERNEL_FN bool ssf_blocks(const struct params *p, const struct snapshot *s, uint8_t side);
KERNEL_FN bool reef_blocks(const struct params *p, const struct snapshot *s, uint8_t side);

/* Length of the re-entry cooldown at this ADX, and the RSI beyond which nothing is bought or sold. */
KERNEL_FN int64_t pesc_cooldown_ms(const struct params *p, double adx);
KERNEL_FN double reef_limit(const struct params *p, const struct snapshot *s, uint8_t side);

KERNEL_INLINE bool cooling(int64_t now_ms, int64_t last_ms, uint32_t seconds)
{
	return seconds > 0 && last_ms != T_NEVER && now_ms - last_ms < (int64_t)seconds * 1000;
}

#endif
