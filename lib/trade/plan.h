/* SPDX-License-Identifier: MIT
 * What is to be done with an intent now: whether its turn has come, whether it may leave, how large, and what an answer makes of it
 * (docs/lane.md "Sending"). Pure functions over the fold. */
#ifndef OCQ_TRADE_PLAN_H
#define OCQ_TRADE_PLAN_H

#include "hl/answer.h"
#include "trade/lane.h"

enum { PLAN_ATTEMPTS = 3 };	/* of an exit */

/* Its turn: nothing of it is in flight or rests, no order of the symbol is unresolved, what comes before it for the symbol has ended, and, for
 * an entry, every exit of its step. */
bool plan_turn(const struct lane *l, const struct lane_intent *i);

/* What the outside says. */
struct plan_gates {
	int64_t now_ms;
	const char *not_armed;		/* live: the condition that does not hold; NULL: all do */
	bool hard_kill;
};
enum plan_move { PLAN_SEND, PLAN_WAIT, PLAN_END };
/* PLAN_END: with this outcome and this reason. */
enum plan_move plan_gate(const struct lane *l, const struct lane_intent *i, const struct plan_gates *g, enum outcome *o, const char **why);

/* An order of ours rests and may not: halt_all, close_only for what is not reduce-only, stale_ms (0: no such bound) since it was sent. */
bool plan_take_back(const struct lane *l, const struct lane_intent *i, int64_t now_ms, int64_t stale_ms);
/* It rests, and a list of open orders that is newer by some seconds does not have it. */
bool plan_unlisted(const struct lane *l, const struct lane_intent *i);

/* How much is sent, in whole lots of sz_decimals, at about px: of an exit what the exchange holds, of an entry what was decided. False: *why. */
bool plan_size(const struct lane *l, const struct lane_intent *i, unsigned sz_decimals, dec8 px, dec8 *size, const char **why);

/* What an answer to the last send makes of the intent: the outcome, and whether that ends it. filled: by this attempt; code: of a refusal.
 * HL_UNKNOWN is OUTCOME_unknown. */
struct plan_result { enum outcome outcome; bool over; };
struct plan_result plan_answer(const struct lane_intent *i, enum hl_outcome answer, dec8 filled, const char *code);
/* The same for an order that has ended: with filled of it, or (dead) proven never to have been taken. */
struct plan_result plan_ended(const struct lane_intent *i, dec8 filled, bool dead);

#endif
