/* SPDX-License-Identifier: MIT
 * Events and gates as records. */
#ifndef OCQ_ENGINE_EMIT_H
#define OCQ_ENGINE_EMIT_H

#include "engine/run.h"
#include "record/record.h"

void event_record(struct rec_event *rec, const struct event *e, uint64_t seq, const char *symbol);
void decision_record(struct rec_decision *rec, const struct event *e, const char *symbol);
void trade_record(struct rec_trade *rec, const struct event *e, const char *symbol);

/* Writes one `gate` record for every gate and filter of an evaluation: value, relation, bound, verdict. sym: after it. */
uint64_t explain_write(struct out *o, const struct params *p, const char *symbol, int64_t t_ms,
		       const struct symbol_state *sym, const struct snapshot *s, const struct context *c,
		       const struct bar_outcome *outcome);

#endif
