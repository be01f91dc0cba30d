/* SPDX-License-Identifier: MIT
 * An order as a person writes it, held against the market's rules. Prices and sizes are decimal text and are never rounded: what
 * is off the tick or the lot is refused, with the nearest legal values. */
#ifndef OCQ_HL_TICKET_H
#define OCQ_HL_TICKET_H

#include "hl/action.h"
#include "hl/asset.h"

struct ticket {
	const char *side;		/* "buy" or "sell" */
	const char *size;
	const char *price;		/* NULL: at market, within slippage of the mid, or of the trigger */
	const char *tif;		/* Gtc, Ioc, Alo in any case; NULL: Gtc, Ioc at market */
	const char *trigger;		/* mark price that sets it off; NULL: none */
	const char *cloid;		/* NULL: none */
	bool take_profit;		/* of a trigger: else stop-loss */
	bool reduce_only;
	double slippage;		/* fraction, 0.05: 5 % */
};

/* Whether ticket_order() will look at mid. */
bool ticket_needs_mid(const struct ticket *t);
/* mid: of the market's book. False: *e says what is wrong and what would be right. */
bool ticket_order(const struct ticket *t, const struct asset *a, dec8 mid, struct hl_order *o, struct errmsg *e) MUST_USE;

#endif
