/* SPDX-License-Identifier: MIT
 * What a request costs of the 1200 that an address (IP) has a minute (info.def, docs/exchange.md). */
#ifndef OCQ_HL_WEIGHT_H
#define OCQ_HL_WEIGHT_H

#include <stdint.h>

enum {
	HL_WEIGHT_MINUTE = 1200,	/* of REST, per IP */
	HL_WS_CONNECTIONS = 10,		/* per IP, and 30 new ones a minute */
	HL_WS_NEW_MINUTE = 30,
	HL_WS_SUBSCRIPTIONS = 1000,
	HL_WS_USERS = 10,		/* in subscriptions of a user's own channels */
	HL_WS_SENT_MINUTE = 2000,	/* messages to the exchange */
	HL_WS_POSTS = 100,		/* in flight */
	HL_BATCH_MAX = 200,		/* orders or cancellations in an action */
};

unsigned hl_weight_action(unsigned batch);			/* POST /exchange with a batch of so many; 1 for what is none */
unsigned hl_weight_info(const char *type);			/* before it is sent; an unknown type costs as most do */
unsigned hl_weight_rows(const char *type, uint64_t rows);	/* more, once the answer's rows are known */
unsigned hl_weight_candles(uint64_t rows);			/* candleSnapshot with so many rows expected, in all */

#endif
