/* SPDX-License-Identifier: MIT
 * The estimator behind ocq-tpe; changes when docs/tpe.md "The estimator" does. Arithmetic is + - x / in the written order, so
 * that every machine draws the same trials. */
#include "engine/tpe.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	GOOD_PART = 10,		/* one observation in so many is good, rounded up */
	MOST = 1000, KEEP = 500,	/* more than MOST observations: only the best KEEP stay */
	NARROWEST = 100,	/* a kernel is at least this part of the scale wide */
	REDRAWS = 64,
};
#define HALF_BASE 2.449489742783178	/* root of 6: the triangle whose base is twice this has a deviation of 1 */
#define ONE (UINT64_C(1) << 53)		/* probability 1 */

struct weighed { double ratio, good; uint16_t value; };

/* Per-value arrays hold the values of axis a from at[a] on. */
struct tpe_state {
	const struct tpe_space *space;
	struct tpe_options o;
	uint32_t *at;
	uint64_t *bound;		/* per value: probability of it or one before it, times ONE */
	uint16_t *drawn;		/* the last two batches */

	/* Observations. slot lists them best first, the earlier first among equals, then the free places. */
	uint16_t *seen;
	double objective[MOST + 1];
	uint16_t slot[MOST + 1];
	uint32_t n_seen;
	uint32_t *active;		/* per axis: observations in which it was active */
	uint32_t *total;		/* per value: how many of those have it */

	uint32_t *count;		/* the rest is room for one axis */
	double *good, *bad;
	struct weighed *weighed;
};

/* ---- observations ---- */

static uint16_t *observation(const struct tpe_state *s, uint32_t slot) { return s->seen + (size_t)slot * s->space->n; }

static void count(struct tpe_state *s, const uint16_t *values, uint32_t by)
{
	uint32_t a;

	for (a = 0; a < s->space->n; a++)
		if (!(values[a] & TPE_INACTIVE)) {
			s->active[a] += by;
			s->total[s->at[a] + values[a]] += by;
		}
}

static uint32_t rank(const struct tpe_state *s, double objective)
{
	uint32_t from = 0, to = s->n_seen, middle;

	while (from < to) {
		middle = (from + to) / 2;
		if (s->objective[s->slot[middle]] >= objective)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void forget_the_worst(struct tpe_state *s)
{
	while (s->n_seen > KEEP)
		count(s, observation(s, s->slot[--s->n_seen]), UINT32_MAX);	/* one less */
}

static void observe(struct tpe_state *s, const uint16_t *values, double objective)
{
	uint32_t at = rank(s, objective);
	uint16_t slot = s->slot[s->n_seen];

	memmove(s->slot + at + 1, s->slot + at, (s->n_seen - at) * sizeof *s->slot);
	s->slot[at] = slot;
	s->n_seen++;
	s->objective[slot] = objective;
	memcpy(observation(s, slot), values, s->space->n * sizeof *values);
	count(s, values, 1);
	if (s->n_seen > MOST)
		forget_the_worst(s);
}

/* Counts the values of the good observations of an axis; returns how many these are. */
static uint32_t count_good(const struct tpe_state *s, uint32_t axis)
{
	uint32_t want = (s->active[axis] + GOOD_PART - 1) / GOOD_PART, found = 0, i;
	uint16_t value;

	memset(s->count, 0, s->space->axis[axis].n * sizeof *s->count);
	for (i = 0; found < want; i++) {
		value = observation(s, s->slot[i])[axis];
		if (value & TPE_INACTIVE)
			continue;
		s->count[value]++;
		found++;
	}
	return found;
}

/* ---- densities ---- */

static uint32_t distance(uint32_t a, uint32_t b) { return a > b ? a - b : b - a; }

/* A triangle around one value of the scale, of that deviation in steps, cut at the ends and then of that weight. */
static void add_kernel(const struct tpe_axis *a, double *mass, uint32_t value, double weight, double deviation)
{
	double half = HALF_BASE * deviation, sum = 0;
	uint32_t reach = half < a->n ? (uint32_t)half : a->n, i;
	uint32_t from = value - a->loose > reach ? value - reach : a->loose;
	uint32_t to = a->n - 1 - value > reach ? value + reach : a->n - 1;

	for (i = from; i <= to; i++)
		sum += 1 - distance(i, value) / half;
	for (i = from; i <= to; i++)
		mass[i] += weight * (1 - distance(i, value) / half) / sum;
}

/* Equal observations lie side by side: the first of them sees the gap before, the last the gap behind, the others none. */
static void add_equals(const struct tpe_axis *a, double *mass, uint32_t value, uint32_t n, double before, double behind, double least)
{
	if (n == 1) {
		add_kernel(a, mass, value, 1, fmax(fmax(before, behind), least));
		return;
	}
	add_kernel(a, mass, value, 1, fmax(before, least));
	add_kernel(a, mass, value, 1, fmax(behind, least));
	if (n > 2)
		add_kernel(a, mass, value, n - 2, least);
}

static void add_scale(const struct tpe_axis *a, double *mass, const uint32_t *n, uint32_t observations)
{
	double width = a->n - a->loose > 1 ? a->n - a->loose - 1 : 1;
	double least = width / (observations < NARROWEST ? 1 + observations : NARROWEST), before = 0;
	uint32_t value, next;

	for (value = a->loose; value < a->n && !n[value]; value++)
		;
	for (; value < a->n; value = next) {
		for (next = value + 1; next < a->n && !n[next]; next++)
			;
		add_equals(a, mass, value, n[value], before, next < a->n ? next - value : 0, least);
		before = next - value;
	}
}

/* Probability of each value after n[] observations: of a word by its count and one more, of the values of a scale (or one with
 * an "off" beside it) by kernels around the observed ones and one observation's worth spread over all. */
static void densities(const struct tpe_axis *a, const uint32_t *n, uint32_t observations, double *mass)
{
	double prior = a->loose == a->n ? 1 : 1.0 / a->n;
	double all = observations + prior * a->n;
	uint32_t i;

	for (i = 0; i < a->n; i++)
		mass[i] = prior + (i < a->loose ? n[i] : 0);
	add_scale(a, mass, n, observations);
	for (i = 0; i < a->n; i++)
		mass[i] /= all;
}

/* ---- the best of some draws ---- */

static int by_ratio(const void *x, const void *y)
{
	const struct weighed *a = x, *b = y;

	return a->ratio != b->ratio ? (a->ratio > b->ratio) - (a->ratio < b->ratio) : (a->value > b->value) - (a->value < b->value);
}

static double power(double x, uint32_t n)
{
	double p = 1;

	for (; n; n >>= 1, x *= x)
		p *= n & 1 ? x : 1;
	return p;
}

/* Of n draws by `good` the one with the greatest good / bad counts, the last among equals. All n are below a ratio with the n-th
 * power of the probability that one is; that power's growth is the chance of the values there, which share it as `good` has
 * them. Leaves the chances in good[]. */
static void best_of_draws(uint32_t draws, struct weighed *w, uint32_t n, double *good, const double *bad)
{
	double sum = 0, below = 0, upto = 0, share;
	uint32_t i, end;

	for (i = 0; i < n; i++) {
		w[i] = (struct weighed){ good[i] / bad[i], good[i], (uint16_t)i };
		sum += good[i];
	}
	qsort(w, n, sizeof *w, by_ratio);
	for (i = 0; i < n; below = upto) {
		for (end = i, share = 0; end < n && w[end].ratio == w[i].ratio; end++)
			share += w[end].good;
		upto = below + share;
		for (; i < end; i++)
			good[w[i].value] = (power(upto / sum, draws) - power(below / sum, draws)) * w[i].good / share;
	}
}

/* The chances of the values of an axis, in good[]. */
static void weigh(const struct tpe_state *s, uint32_t axis)
{
	const struct tpe_axis *a = s->space->axis + axis;
	uint32_t n = count_good(s, axis), i;

	densities(a, s->count, n, s->good);
	for (i = 0; i < a->n; i++)
		s->count[i] = s->total[s->at[axis] + i] - s->count[i];
	densities(a, s->count, s->active[axis] - n, s->bad);
	best_of_draws(s->o.draws, s->weighed, a->n, s->good, s->bad);
}

static void tabulate(struct tpe_state *s, uint32_t axis)
{
	uint32_t n = s->space->axis[axis].n, i;
	double upto = 0;

	weigh(s, axis);
	for (i = 0; i < n; i++) {
		upto += s->good[i];
		s->bound[s->at[axis] + i] = upto < 1 ? (uint64_t)(upto * (double)ONE) : ONE;
	}
	s->bound[s->at[axis] + n - 1] = ONE;
}

/* ---- drawing ---- */

/* The first value whose bound exceeds u. */
static uint32_t pick(const uint64_t *bound, uint32_t n, uint64_t u)
{
	uint32_t at = 0, half;

	for (; n > 1; n -= half) {
		half = n / 2;
		at += u >= bound[at + half - 1] ? half : 0;
	}
	return at;
}

static void draw(const struct tpe_state *s, uint64_t trial, uint32_t attempt, uint16_t *values)
{
	const struct tpe_axis *a;
	uint32_t axis;
	uint64_t u;

	for (axis = 0; axis < s->space->n; axis++) {
		a = s->space->axis + axis;
		if (a->gate >= 0 && (values[a->gate] & ~TPE_INACTIVE) != a->gate_value) {
			values[axis] = (uint16_t)(a->first | TPE_INACTIVE);
			continue;
		}
		u = rng_u64(s->o.seed, (uint64_t)attempt << 32 | a->stream, trial) >> 11;
		values[axis] = (uint16_t)pick(s->bound + s->at[axis], a->n, u);
	}
}

static bool in_order(const struct tpe_space *space, const uint16_t *values)
{
	return space->below < 0 ||
	       (values[space->above] & ~TPE_INACTIVE) >= space->above_least[values[space->below] & ~TPE_INACTIVE];
}

static uint16_t *place(const struct tpe_state *s, uint64_t trial)
{
	return s->drawn + trial % (2 * (uint64_t)s->o.batch) * s->space->n;
}

/* A trial out of order is drawn again as a whole, now and then in vain. */
static void draw_batch(struct tpe *t)
{
	struct tpe_state *s = t->state;
	uint64_t end = t->drawn + s->o.batch;
	uint32_t axis, attempt;

	for (axis = 0; axis < s->space->n; axis++)
		tabulate(s, axis);
	for (; t->drawn < end; t->drawn++) {
		attempt = 0;
		do
			draw(s, t->drawn, attempt, place(s, t->drawn));
		while (!in_order(s->space, place(s, t->drawn)) && ++attempt < REDRAWS);
	}
}

/* ---- the optimiser ---- */

void tpe_open(struct tpe *t, const struct tpe_space *space, const struct tpe_options *o)
{
	struct tpe_state *s = xcalloc(1, sizeof *s);
	uint32_t values = 0, widest = 0, i;

	*s = (struct tpe_state){ .space = space, .o = *o };
	s->at = xreallocarray(NULL, space->n, sizeof *s->at);
	for (i = 0; i < space->n; i++) {
		s->at[i] = values;
		values += space->axis[i].n;
		widest = space->axis[i].n > widest ? space->axis[i].n : widest;
	}
	for (i = 0; i <= MOST; i++)
		s->slot[i] = (uint16_t)i;
	s->bound = xreallocarray(NULL, values, sizeof *s->bound);
	s->drawn = xreallocarray(NULL, 2 * (size_t)o->batch, space->n * sizeof *s->drawn);
	s->seen = xreallocarray(NULL, MOST + 1, space->n * sizeof *s->seen);
	s->active = xcalloc(space->n, sizeof *s->active);
	s->total = xcalloc(values, sizeof *s->total);
	s->count = xreallocarray(NULL, widest, sizeof *s->count);
	s->good = xreallocarray(NULL, widest, sizeof *s->good);
	s->bad = xreallocarray(NULL, widest, sizeof *s->bad);
	s->weighed = xreallocarray(NULL, widest, sizeof *s->weighed);
	*t = (struct tpe){ .state = s };
	draw_batch(t);
	draw_batch(t);
}

const uint16_t *tpe_trial(const struct tpe *t, uint64_t trial) { return place(t->state, trial); }

void tpe_tell(struct tpe *t, double objective)
{
	const uint16_t *values = place(t->state, t->told);

	observe(t->state, values, in_order(t->state->space, values) ? objective : -INFINITY);
	if (++t->told % t->state->o.batch == 0)
		draw_batch(t);
}

void tpe_odds(const struct tpe *t, uint32_t axis, double *p)
{
	weigh(t->state, axis);
	memcpy(p, t->state->good, t->state->space->axis[axis].n * sizeof *p);
}

void tpe_close(struct tpe *t)
{
	struct tpe_state *s = t->state;

	free(s->at);
	free(s->bound);
	free(s->drawn);
	free(s->seen);
	free(s->active);
	free(s->total);
	free(s->count);
	free(s->good);
	free(s->bad);
	free(s->weighed);
	free(s);
	*t = (struct tpe){ 0 };
}
