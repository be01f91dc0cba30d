/* SPDX-License-Identifier: MIT
 * An exchange's rules, as far as a strategy's own account keeps them: whole lots, prices on the tick, the smallest order, the fee, the
 * highest leverage (docs/parity.md "Under an exchange's rules"). A run without them knows none: sweeps, and replays without --venue. */
#ifndef OCQ_KERNEL_VENUE_H
#define OCQ_KERNEL_VENUE_H

#include "kernel/kernel.h"

struct venue_rule {
	double lots;			/* of one base unit: 10^decimals of a size */
	double ticks;			/* of one USD: 10^decimals of a price, at most; five significant digits, whole numbers always */
	double min_notional_usd;	/* of every order but one that closes all */
	double fee_bps;
	double max_leverage;		/* a whole number, at least 1 */
};

#define VENUE_LOT_SLACK 1e-6	/* of a lot or tick: what products of doubles are off by, and more */

KERNEL_INLINE double venue_lots_down(const struct venue_rule *v, double size)
{
	return floor(size * v->lots + VENUE_LOT_SLACK) / v->lots;
}

KERNEL_INLINE double venue_lots_up(const struct venue_rule *v, double size)
{
	return ceil(size * v->lots - VENUE_LOT_SLACK) / v->lots;
}

/* A sum of whole lots, which doubles may have missed by a little: the double that its decimal text means. */
KERNEL_INLINE double venue_lots(const struct venue_rule *v, double size)
{
	return floor(size * v->lots + 0.5) / v->lots;
}

/* The next price that an order may have, against the trader: up for who buys. */
KERNEL_INLINE double venue_price(const struct venue_rule *v, double price, bool up)
{
	double scale = 1, n;

	while (scale < v->ticks && price * scale * 10 < 100000)
		scale *= 10;
	n = up ? ceil(price * scale - VENUE_LOT_SLACK) : floor(price * scale + VENUE_LOT_SLACK);
	return (n < 1 ? 1 : n) / scale;
}

KERNEL_INLINE double venue_leverage(const struct venue_rule *v, double leverage)
{
	double whole = floor(leverage < v->max_leverage ? leverage : v->max_leverage);

	return whole < 1 ? 1 : whole;
}

/* What a partial exit closes: whole lots of what was wished, at least the smallest order; all of it if that or the rest would be
 * too small an order. */
KERNEL_INLINE double venue_part(const struct venue_rule *v, double size, double wished, double price)
{
	double part = venue_lots_down(v, wished), least = venue_lots_up(v, v->min_notional_usd / price);

	if (part < least)
		part = least;
	return part >= size || (size - part) * price < v->min_notional_usd ? size : part;
}

#endif
