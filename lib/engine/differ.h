/* SPDX-License-Identifier: MIT
 * In which member two records differ, and what that says (docs/rules/report.md "Parity"). Numbers are equal when they are the
 * same double, also inside lists and objects; the order of members does not matter. */
#ifndef OCQ_ENGINE_DIFFER_H
#define OCQ_ENGINE_DIFFER_H

#include "engine/parity.h"
#include "json/json.h"

struct differ {
	struct json_doc a, b;
	bool ignore_contract;	/* rows may be of other contracts and configurations */
};

/* Parses both; false if one is no JSON object. */
bool differ_parse(struct differ *d, const char *a, size_t na, const char *b, size_t nb) MUST_USE;
void differ_release(struct differ *d);

/* Has a member of this name the same value in both, or neither has it? */
bool differ_same(const struct differ *d, const char *key);

/* The first member that differs, in the order in which one explains another: its class, the path to where it differs
 * ("by_symbol[3].pnl"), and the text of that value on either side. False: none. balance: what any earlier difference changes as
 * well, too. */
struct member_difference { enum parity_class class; char path[PARITY_PATH]; struct parity_text a, b; };
bool differ_first(const struct differ *d, bool balance, struct member_difference *m);

#endif
