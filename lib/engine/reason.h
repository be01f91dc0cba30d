/* SPDX-License-Identifier: MIT
 * Texts of events: action and reason names, the reason's sentence. */
#ifndef OCQ_ENGINE_REASON_H
#define OCQ_ENGINE_REASON_H

#include "kernel/event.h"

#include <stddef.h>

const char *action_name(int action);
const char *confidence_name(int confidence);		/* "low", "medium", "high" */
int reason_code_of(int reason);				/* enum reason_code */
const char *reason_code_name(int code);
const char *reason_category(int reason);		/* exit statistics; "" for what is no exit */
/* Writes the sentence with terminator; returns its length. 128 bytes always suffice for finite arguments below 1e15. */
size_t reason_text(char *dst, size_t cap, const struct event *e);

/* The other way, for readers of records; -1 for a name or sentence that no list has. A sentence's numbers are not read back. */
int action_parse(const char *name);
int confidence_parse(const char *name);			/* any case */
int reason_parse(const char *sentence);

#endif
