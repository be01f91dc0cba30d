/* SPDX-License-Identifier: MIT
 * The rules of an exchange for each symbol, from the records that `ocq-hl info meta` and `info userFees` print (docs/parity.md "Under an
 * exchange's rules"). Start-up code: whatever is wrong ends the program with a message and the right status. */
#ifndef OCQ_ENGINE_VENUE_H
#define OCQ_ENGINE_VENUE_H

#include "kernel/venue.h"
#include "record/record.h"

#define VENUE_MIN_NOTIONAL_USD 10.0
#define VENUE_TAKER_FEE_BPS 4.5		/* where no `fees` record says otherwise */

struct venue_market { char_symbol symbol; uint32_t id; uint8_t sz_decimals; bool only_isolated; struct venue_rule rule; };	/* id: in orders */
struct venue_table {
	struct venue_market *at;	/* heap, ascending by symbol */
	uint32_t n, cap;
	const char *path;		/* for messages; the caller's */
};

/* Reads records `asset`, of which one names each symbol once, and at most one `fees`. Others are passed over. */
void rules_load(struct venue_table *t, const char *path);
void rules_release(struct venue_table *t);
const struct venue_market *rules_find(const struct venue_table *t, const char *symbol);	/* NULL: none */
const struct venue_market *rules_need(const struct venue_table *t, const char *symbol);	/* none: the end of the program */

#endif
