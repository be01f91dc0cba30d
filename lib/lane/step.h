/* SPDX-License-Identifier: MIT
 * What a step was, as records of its batch: decisions, signals, marks, intents, tunnels, the commit. */
#ifndef OCQ_LANE_STEP_H
#define OCQ_LANE_STEP_H

#include "engine/section.h"
#include "trade/lane.h"

struct step_view {
	const struct lane *lane;	/* whose: mode and account are in the ids */
	const struct stepper *st;	/* behind the step; st->out has its events */
	const struct section *section;	/* its bars; names of all symbols */
	const struct symbol_state *before;	/* the symbols as the journal has them, beside st->sym */
	const char *config_id;
	int64_t t_ms, valid_until_ms;	/* of entries */
	bool late;
	bool orders;			/* intents are written: a shadow has none */
};

void step_write_decisions(struct out *o, const struct step_view *v);
void step_write_signal(struct out *o, const char *symbol, int64_t t_ms, const struct snapshot *s, const struct signal *raw);
void step_write_marks(struct out *o, const struct step_view *v);
unsigned step_write_intents(struct out *o, const struct step_view *v);	/* how many */
void step_write_tunnels(struct out *o, const struct step_view *v);
void step_write_commit(struct out *o, const struct step_view *v, unsigned intents);

#endif
