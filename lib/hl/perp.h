/* SPDX-License-Identifier: MIT
 * Perpetual futures in exact decimals: fees, positions, margin tiers, liquidation prices, funding.
 *
 * Amounts, prices and sizes are dec8 (units of 1e-8). Rates (fees, funding, premium, maintenance) are rate16: units of 1e-16,
 * because an hourly rate of 0.0000125 has no eight decimals to spare. Products are taken in 128 bits. Where something must be
 * rounded, it is said how; "cut" is toward zero, "nearest" takes halves away from zero. A position's cost is kept instead of its
 * entry price: price times size has at most six decimals on this exchange, so costs add up exactly and money is neither made nor
 * lost by rounding. */
#ifndef OCQ_HL_PERP_H
#define OCQ_HL_PERP_H

#include "hl/asset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t rate16;			/* |rate| < 922 */
#define RATE16_ONE INT64_C(10000000000000000)

/* Decimal text with up to 16 decimals, more are cut; no exponent. False: not a number or too large. */
bool rate16_parse(const char *s, size_t n, rate16 *v);
/* Without trailing zeros, but with one decimal at least: "0.0000125", "0.0". Returns the end, no terminator. */
#define RATE16_TEXT 24			/* bytes that it may write */
char *rate16_put(char *dst, rate16 v);
rate16 rate16_of_f64(double v);		/* nearest; |v| < 900 */

/* px × sz is a dec8. Every notional below is of such a pair. */
bool perp_fits(dec8 px, dec8 sz);
/* px × sz, nearest; signed like sz. */
dec8 perp_notional(dec8 px, dec8 sz);
/* amount × rate, nearest. */
dec8 perp_share(dec8 amount, rate16 rate);

/* Fees. The notional's share, cut to six decimals; below 0 is a rebate. */
dec8 perp_fee(dec8 notional, rate16 rate);
/* What a builder takes who asked for so many tenths of a basis point. */
dec8 perp_builder_fee(dec8 notional, unsigned tenths_of_bp);

/* Positions. size is signed: below 0 is short. cost has the same sign: the sum of size × price, in part released by closing. */
struct perp_position { dec8 size, cost; };
/* What one fill did. closed_pnl has no fee in it. */
struct perp_change { dec8 start, closed, closed_pnl; const char *dir; };
/* size is signed: above 0 was bought. The part of cost that a reduction releases is nearest; closing all releases all. */
struct perp_change perp_fill(struct perp_position *p, dec8 px, dec8 size);
const char *perp_dir(dec8 start, dec8 size);	/* "Open Long", "Close Long", "Long > Short", … */
dec8 perp_entry_px(const struct perp_position *p);		/* nearest; 0 without a position */
dec8 perp_pnl(const struct perp_position *p, dec8 mark);	/* unrealised, nearest */

/* Margin. Tiers ascend; the first begins at 0. */
#define PERP_TIERS 8
struct perp_tiers { unsigned n; struct margin_tier at[PERP_TIERS]; };

unsigned perp_tier_of(const struct perp_tiers *t, dec8 notional);		/* index; the border belongs to the tier above */
rate16 perp_maintenance_rate(const struct perp_tiers *t, unsigned tier);	/* 1 / (2 × max leverage), nearest */
dec8 perp_maintenance_deduction(const struct perp_tiers *t, unsigned tier);	/* nearest at each border */
dec8 perp_maintenance(const struct perp_tiers *t, dec8 notional);		/* nearest */
dec8 perp_initial_margin(dec8 notional, unsigned leverage);			/* up, so that leverage is never exceeded */
/* available: equity minus maintenance, of the account or of the isolated position. Nearest. False: there is none, it would not be
 * above 0 or is beyond all prices. */
bool perp_liquidation_px(const struct perp_tiers *t, dec8 size, dec8 mark, dec8 available, dec8 *px);

/* Funding. */
rate16 perp_premium(dec8 oracle, dec8 impact_bid, dec8 impact_ask);		/* nearest */
rate16 perp_funding_8h(rate16 average_premium);
rate16 perp_funding_hourly(rate16 average_premium);				/* nearest, within ±4 % */
/* Change of the account: below 0 was paid. Nearest millionth of a USD. */
dec8 perp_funding_payment(dec8 size, dec8 oracle, rate16 hourly_rate);

#endif
