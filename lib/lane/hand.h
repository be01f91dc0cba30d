/* SPDX-License-Identifier: MIT
 * Orders by hand: what is held, the intents that belong to an operator's action, and waiting for what becomes of them (docs/lane.md "The
 * operator"). */
#ifndef OCQ_LANE_HAND_H
#define OCQ_LANE_HAND_H

#include "lane/follow.h"

/* What the lane holds of a symbol, signed: what the ledger says; in a rehearsal, or before the ledger is known, the strategy's account. */
dec8 hand_held(const struct lane *l, const struct lane_symbol *s);
/* An order at market that belongs to op. size is above 0. */
void hand_intent(struct rec_intent *i, const char *op, const char *symbol, enum intent_action action, bool buy, dec8 size, double ref_px,
		     int64_t t_ms);

/* Calls fn for every record of the journal that is of the type, from its begin. Returns an exit status. */
int hand_each(const char *dir, enum record_type type, void (*fn)(void *arg, const struct record *r), void *arg, struct errmsg *e) MUST_USE;

/* dir: its journal. Waits until every intent of op has ended or rests and what it wants cancelled is gone, at most so long, and writes a table of them. EX_OK: all
 * are filled (or would be), or rest; EX_NO: one is not; EX_RETRY: the time was up. */
int hand_wait(struct follow *f, const char *dir, const char *op, int64_t wait_ms, struct out *o, struct errmsg *e) MUST_USE;

#endif
