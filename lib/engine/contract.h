/* SPDX-License-Identifier: MIT
 * The contract of a run: what two runs must share before their events may be compared (docs/parity.md "Contract"). */
#ifndef OCQ_ENGINE_CONTRACT_H
#define OCQ_ENGINE_CONTRACT_H

#include "base/buf.h"
#include "store/market.h"

struct contract {
	char id[65];		/* SHA-256 of text; "" when the market has no data_id */
	struct buf text;	/* "kernel=1 data=... window=... ": the members, for the stream header; terminated */
};

void contract_make(struct contract *c, const struct market *m, uint32_t lookback, double balance_usd, double slippage_bps);
void contract_release(struct contract *c);

/* The next member that two contract texts, "name=value name=value ...", give other values; one that a side lacks or calls
 * unknown is none. Start with *at = a; false: no further one. */
bool contract_difference(const char **at, const char *b, char name[64]);

#endif
