/* SPDX-License-Identifier: MIT
 * The points of a sweep specification by number (docs/sweep.md "The specification"): the full grid in its order, and random points.
 *   struct space s;
 *   if (!space_init(&s, &spec, base, &e)) ...
 *   space_first(&s);
 *   do use(s.choice); while (space_next(&s)); */
#ifndef OCQ_ENGINE_SPACE_H
#define OCQ_ENGINE_SPACE_H

#include "config/spec.h"

/* An axis in its place. An axis whose gate is shut has its first value. */
struct space_axis {
	const struct spec_axis *of;
	uint32_t index;			/* in the specification */
	uint32_t n;			/* values in play: 1 where the base keeps the gate shut */
	int gate;			/* place of the axis that its gate looks at, an earlier one; -1: always active */
};

struct space {
	uint32_t n;
	struct space_axis *axis;	/* in order: without gate as the specification has them, then gated ones behind their gate's axis */
	uint32_t *choice;		/* the point at hand: which value each axis has */
};

/* base decides the gates on keys that are no axis. It may be NULL: then such a gate is an error that names the axis. spec is
 * kept by reference. */
bool space_init(struct space *s, const struct spec *spec, const struct config *base, struct errmsg *e) MUST_USE;
void space_release(struct space *s);

/* The number of points of the full grid. */
struct space_size { bool exact; uint64_t n; double about; };	/* n counts where exact: below 2^63 */
struct space_size space_size(const struct space *s);

/* Sets choice to the first point of the full grid; to the next, false (and back at the first) after the last. The last axis
 * turns fastest. */
void space_first(struct space *s);
bool space_next(struct space *s);
/* Sets choice to random point number `trial` of a seed: each active axis has one of its values, all equally likely, whatever
 * the other axes and trials have (base/rng.h, stream = index of the axis in the specification). */
void space_random(struct space *s, uint64_t seed, uint64_t trial);

static inline double space_value(const struct space *s, uint32_t place)
{
	return s->axis[place].of->value[s->choice[place]];
}

#endif
