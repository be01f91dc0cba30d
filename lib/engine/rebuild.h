/* SPDX-License-Identifier: MIT
 * A run made again from its records, so that figures can be computed from a file of events, trades or equity. What the
 * records do not carry stays 0: gate counters, and in trades notional, leverage and margin. */
#ifndef OCQ_ENGINE_REBUILD_H
#define OCQ_ENGINE_REBUILD_H

#include "engine/run.h"
#include "record/record.h"

struct rebuilt {
	struct run_result run;
	struct market market;	/* names of symbols only, ascending */
};

/* Takes an event, trade or equity record; others are ignored. False: the record has an action, reason or confidence that
 * no list has. */
bool rebuild_add(struct rebuilt *b, const struct record *r, struct errmsg *e) MUST_USE;

/* After the last record: sorts the symbols, finds the balances. Without equity records the balance after each event
 * takes their place. */
void rebuild_end(struct rebuilt *b);
void rebuild_release(struct rebuilt *b);

#endif
