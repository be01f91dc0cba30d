/* SPDX-License-Identifier: MIT
 * An event: one change of a position or of the balance. The stream of events, in processing order, is what two runs are
 * compared by (docs/parity.md). Reasons are numbers and up to three values; engine/reason.h makes their text. */
#ifndef OCQ_KERNEL_EVENT_H
#define OCQ_KERNEL_EVENT_H

#include "kernel/kernel.h"

enum action {
#define ACTION(name, number) ACT_##name = number,
#include "kernel/actions.def"
#undef ACTION
};

enum reason {
#define REASON(name, number, code, category, text) WHY_##name = number,
#include "kernel/reasons.def"
#undef REASON
	N_REASONS
};

enum reason_code {
#define REASON_CODE(name, text) CODE_##name,
#include "kernel/reason_codes.def"
#undef REASON_CODE
	N_REASON_CODES
};

struct event {
	int64_t t_ms;
	uint32_t symbol;	/* index in the run's symbols, ascending by name */
	uint8_t action, reason, confidence;
	double arg[3];		/* numbers in the reason's text, see reasons.def */
	double price, size;	/* fill price (mark for FUNDING), base units */
	double notional_usd, pnl_usd, fee_usd;	/* pnl before fees */
	double balance_usd;	/* after this event */
	double entry_atr, leverage, margin_usd;
};

/* False: some amount overflowed, so that no record can hold it. (Zeros of either sign add nothing, infinity and NaN give NaN.) */
KERNEL_INLINE bool event_is_finite(const struct event *e)
{
	double sum = e->price * 0.0;

	sum += e->size * 0.0;
	sum += e->notional_usd * 0.0;
	sum += e->pnl_usd * 0.0;
	sum += e->fee_usd * 0.0;
	sum += e->balance_usd * 0.0;
	sum += e->entry_atr * 0.0;
	sum += e->leverage * 0.0;
	sum += e->margin_usd * 0.0;
	return sum == 0;
}

KERNEL_INLINE bool action_is_close(int a) { return a >= ACT_REDUCE_LONG && a <= ACT_CLOSE_SHORT; }

#endif
