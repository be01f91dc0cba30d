/* SPDX-License-Identifier: MIT
 * Where a candidate's entry rules speak: one bit per symbol and step, or per symbol and tick (kernel/walk.h). */
#ifndef OCQ_ENGINE_MARKS_H
#define OCQ_ENGINE_MARKS_H

#include "engine/prepare.h"

struct marks {
	uint64_t *mark, *enter;		/* as in struct walk_marks */
	struct walk_spoken *spoken;
	uint32_t *spoken_from;
	struct gate_stats stats;
	uint64_t bytes;			/* of all this */
};

/* The marks of all candidates with these entry rules: the rules are asked about every bar at which they could speak. Of w,
 * market, columns, strategy and context are read. stats: the gates of every bar of the window are counted, which takes
 * several times longer. */
void marks_make(struct marks *k, const struct prepared *p, const struct walk *w, bool stats);
/* The marks of this candidate alone, some too many: no rule is asked. Not for ticks. Less work where no other candidate has the
 * same entry rules. */
void marks_guess(struct marks *k, const struct prepared *p, const struct walk *w);
void marks_release(struct marks *k);

#endif
