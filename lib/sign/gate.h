/* SPDX-License-Identifier: MIT
 * The last safety gate: whether one action may be signed now. Pure but for the orders of the last minute, which it keeps. */
#ifndef OCQ_SIGN_GATE_H
#define OCQ_SIGN_GATE_H

#include "sign/limits.h"

/* What is signed: orders that may open and those that only reduce, each kind for itself, since a runaway that opens must not use up
 * what an exit needs; and the worth of the former. */
struct gate_cost { uint64_t opening, reducing; dec8 usd; };

/* The same by second. A minute is the 60 whole seconds before and the one that runs, so that a bound is never
 * passed in any 60 s; time does not go backwards here. */
#define GATE_SECONDS 61
struct gate_second { int64_t second; struct gate_cost cost; };

struct gate {
	struct limits limits;
	bool killed;		/* by kill; like reduce_only of the file, and never taken back */
	int64_t last_ms;
	struct gate_second seconds[GATE_SECONDS];
};

/* What is to be signed. The action is the canonical text that goes out, parsed again: nothing is judged by another reading. */
struct gate_request {
	const struct json_doc *doc;
	const struct json *action;
	enum hl_network network;	/* as the request names it, else the signer's own */
	uint64_t nonce;
	const struct address *vault;	/* NULL: none */
	const uint64_t *expires_ms;	/* NULL: none */
};
struct refusal { enum sign_limit limit; char reason[256]; };

void gate_init(struct gate *g, const struct limits *l);	/* takes over what l owns */
void gate_release(struct gate *g);
/* False: the first limit that is broken, with the value and the bound. True: what it costs, for gate_charge() once it is signed. */
bool gate_check(struct gate *g, const struct gate_request *r, int64_t now_ms, struct gate_cost *cost, struct refusal *why) MUST_USE;
void gate_charge(struct gate *g, const struct gate_cost *cost, int64_t now_ms);

#endif
