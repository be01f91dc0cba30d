/* SPDX-License-Identifier: MIT
 * Names that are functions of their cause: intent ids, client order ids. The configuration is not part of them, so that a restart with
 * another one cannot trade the same bar twice (docs/lane.md "Ids"). */
#ifndef OCQ_TRADE_INTENT_H
#define OCQ_TRADE_INTENT_H

#include <stdbool.h>
#include <stdint.h>

enum intent_action { INTENT_OPEN, INTENT_ADD, INTENT_REDUCE, INTENT_CLOSE };
const char *intent_action_name(enum intent_action a);			/* "OPEN" */
bool intent_action_parse(const char *text, enum intent_action *a);
static inline bool intent_enters(enum intent_action a) { return a == INTENT_OPEN || a == INTENT_ADD; }

#define INTENT_ID 33		/* 32 hex digits and a terminator */

/* The first 16 bytes of SHA-256 over "mode|account|symbol|t_ms|ACTION|ordinal". ordinal: of intents with the same action for the symbol in
 * one step, from 0. */
void intent_id(char id[INTENT_ID], const char *mode, const char *account, const char *symbol, int64_t t_ms, enum intent_action a,
	       unsigned ordinal);
/* The same over "op|symbol|ACTION", op being the id of the operator's action. */
void intent_id_op(char id[INTENT_ID], const char *op, const char *symbol, enum intent_action a);
/* The id of an operator's action over "who|what|text|t_ms". */
void op_id(char id[INTENT_ID], const char *by, const char *what, const char *text, int64_t t_ms);

/* Client order id: 4 bytes of prefix, the first 11 of the intent's id, the attempt (below 256). */
#define CLOID_PREFIX "ocq_"
void intent_cloid(unsigned char cloid[16], const char prefix[4], const char *id, unsigned attempt);
/* Whether a client order id is one of ours, and whose: the 22 hex digits that begin the intent's id, and the attempt. */
bool intent_of_cloid(const unsigned char cloid[16], const char prefix[4], char id_begins[23], unsigned *attempt);

#endif
