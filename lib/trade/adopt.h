/* SPDX-License-Identifier: MIT
 * What the strategy's account has to take over of what became of its orders (docs/lane.md "Two accounts"). Pure. */
#ifndef OCQ_TRADE_ADOPT_H
#define OCQ_TRADE_ADOPT_H

#include "trade/lane.h"

struct adoption {
	const char *cause;		/* docs/parity.md "A lane and its replay" */
	char intent[INTENT_ID];		/* the first that ended otherwise; "": none */
	dec8 before, after;		/* signed sizes */
	double cash_usd;		/* that the balance gains */
	double entry_px;		/* of a heal that knows one; 0 */
};

/* Of a symbol, by the intents that ended since the last step, and by a heal, which is answered even where it changes nothing: until then the
 * symbol is not reconciled. False: nothing. */
bool adopt_look(struct adoption *a, const struct lane *l, const struct lane_symbol *s);
/* The position that follows: own is the strategy's as its last step left it, s->prior what it was before its last change. In a dry lane
 * nothing is held, and nothing adopted. t_ms: when a position begins that the strategy never opened. */
void adopt_position(struct symbol_state *own, const struct lane_symbol *s, const struct adoption *a, int64_t t_ms);

#endif
