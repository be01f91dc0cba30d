/* SPDX-License-Identifier: MIT
 * The cross-section of a step from a stream of snapshots, and the names of the symbols that the stream has brought so far. The stepper has
 * these symbols, in this order. What comes out of order ends the program with its line. */
#ifndef OCQ_ENGINE_SECTION_H
#define OCQ_ENGINE_SECTION_H

#include "engine/stepper.h"
#include "record/record.h"

struct section {
	struct rec_snapshot *rec;	/* of the step that is being read, ascending by symbol */
	uint32_t n, cap;
	int64_t last_ms;		/* of the last step that was closed; INT64_MIN: none */
	char_symbol *name;		/* ascending, beside stepper.sym */
	uint32_t n_names, cap_names;
};
#define SECTION_INIT { .last_ms = INT64_MIN }

void section_release(struct section *s);
/* Says so if the snapshots were made under another configuration than this one. */
void section_origin(const struct in *in, const struct rec_header *h, const char *config_id);
void section_take(struct section *s, const struct rec_snapshot *rec, struct in *in);
/* The step is complete: its symbols are known to st from here on. The caller sets n to 0 when it has done with it. */
void section_close(struct section *s, struct stepper *st, int64_t t_ms, struct in *in);

int64_t section_find(const struct section *s, const char *name);	/* below 0: unknown */
uint32_t section_learn(struct section *s, struct stepper *st, const char *name);

#endif
