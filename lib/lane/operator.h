/* SPDX-License-Identifier: MIT
 * What an operator does to a lane, as records: who, what, and the kill level that goes with it. */
#ifndef OCQ_LANE_OPERATOR_H
#define OCQ_LANE_OPERATOR_H

#include "record/record.h"
#include "trade/lane.h"

/* An action now, by the user that runs this program. id: as given, or NULL: a function of the rest. */
void operator_op(struct rec_op *op, const char *id, const char *what, const char *text);
/* Of the cause, by whom the action is. why: NULL: nothing is said. */
void operator_kill(struct rec_kill_level *k, const struct rec_op *op, enum kill_cause c, enum kill_level level, const char *why);
/* What the action wants taken from the book: NULL: of every symbol, every order. */
void operator_cancel(struct rec_cancel *c, const struct rec_op *op, const char *symbol, const char *oid);
/* Ends the program, unless a journal is there: a name that was mistyped must not begin one. */
void operator_need_journal(const char *dir);

#endif
