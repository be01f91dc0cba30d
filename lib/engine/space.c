/* SPDX-License-Identifier: MIT
 * The order of axes and of points, and how many there are; changes when the meaning of gates does. */
#include "engine/space.h"

#include "base/rng.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* ---- the order of axes ---- */

struct order { struct space *s; const struct spec *spec; int place[N_PARAMS]; };	/* place: -1 until the axis has one */

static void put_axis(struct order *o, uint32_t index, uint32_t n, int gate)
{
	o->place[index] = (int)o->s->n;
	o->s->axis[o->s->n++] = (struct space_axis){ o->spec->axis + index, index, n, gate };
}

/* The axis of the gate goes first, wherever the file has it: a point is decided from the front. Gates form no circle. */
static void put_gated(struct order *o, uint32_t index)
{
	const struct spec_axis *a = o->spec->axis + index;

	if (o->place[index] >= 0)
		return;
	if (a->gate_axis < 0) {	/* the base keeps it shut */
		put_axis(o, index, 1, -1);
		return;
	}
	put_gated(o, (uint32_t)a->gate_axis);
	put_axis(o, index, a->n, o->place[a->gate_axis]);
}

bool space_init(struct space *s, const struct spec *spec, const struct config *base, struct errmsg *e)
{
	struct order o = { s, spec, { 0 } };
	const struct spec_axis *a;
	uint32_t i;

	for (i = 0; i < spec->n; i++) {
		a = spec->axis + i;
		if (a->gated && a->gate_axis < 0 && !base)
			return errmsg_set(e, "%s:%" PRIu32 ": %s: its gate, %s, is no axis: name the configuration that has it", spec->file, a->line,
					  param_rows[a->row].path, param_rows[a->gate_row].path);
	}
	*s = (struct space){ .axis = xcalloc(spec->n, sizeof *s->axis), .choice = xcalloc(spec->n, sizeof *s->choice) };
	for (i = 0; i < spec->n; i++) {
		a = spec->axis + i;
		o.place[i] = -1;
		if (!a->gated || (a->gate_axis < 0 && spec_opens(a, config_get_row(base, a->gate_row))))
			put_axis(&o, i, a->n, -1);
	}
	for (i = 0; i < spec->n; i++)
		put_gated(&o, i);
	return true;
}

void space_release(struct space *s)
{
	free(s->axis);
	free(s->choice);
	*s = (struct space){ 0 };
}

/* ---- how many ---- */

#define LARGEST ((uint64_t)INT64_MAX)

static struct space_size plus(struct space_size a, struct space_size b)
{
	bool exact = a.exact && b.exact && b.n <= LARGEST - a.n;

	return (struct space_size){ exact, exact ? a.n + b.n : 0, a.about + b.about };
}

static struct space_size times(struct space_size a, struct space_size b)
{
	bool exact = a.exact && b.exact && a.n <= LARGEST / b.n;	/* no count is 0 */

	return (struct space_size){ exact, exact ? a.n * b.n : 0, a.about * b.about };
}

/* The ways in which the axes whose gates look at this one, and theirs in turn, can stand while it has a value. */
static struct space_size below(const struct space *s, uint32_t place, double value, struct space_size (*of)[2])
{
	struct space_size n = { true, 1, 1 };
	uint32_t i;

	for (i = place + 1; i < s->n; i++)
		if (s->axis[i].gate == (int)place)
			n = times(n, of[i][spec_opens(s->axis[i].of, value)]);
	return n;
}

/* of[place][active]: the ways of an axis and what hangs on it. From the back, as a gate's axis stands before. */
struct space_size space_size(const struct space *s)
{
	struct space_size of[N_PARAMS][2], all = { true, 1, 1 };
	const struct space_axis *a;
	uint32_t place, v;

	for (place = s->n; place-- > 0; ) {
		a = s->axis + place;
		of[place][0] = of[place][1] = below(s, place, a->of->value[0], of);
		for (v = 1; v < a->n; v++)
			of[place][1] = plus(of[place][1], below(s, place, a->of->value[v], of));
		if (a->gate < 0)
			all = times(all, of[place][1]);
	}
	return all;
}

/* ---- points ---- */

static bool active(const struct space *s, uint32_t place)
{
	int gate = s->axis[place].gate;

	return gate < 0 || spec_opens(s->axis[place].of, space_value(s, (uint32_t)gate));
}

void space_first(struct space *s)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		s->choice[i] = 0;
}

bool space_next(struct space *s)
{
	uint32_t place;

	for (place = s->n; place-- > 0; ) {
		if (s->choice[place] + 1 < s->axis[place].n && active(s, place)) {
			s->choice[place]++;
			return true;
		}
		s->choice[place] = 0;
	}
	return false;
}

void space_random(struct space *s, uint64_t seed, uint64_t trial)
{
	const struct space_axis *a;
	uint32_t place;

	for (place = 0; place < s->n; place++) {
		a = s->axis + place;
		s->choice[place] = active(s, place) ? (uint32_t)rng_below(seed, a->index, trial, a->n) : 0;
	}
}
