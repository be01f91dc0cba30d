/* SPDX-License-Identifier: MIT
 * From a specification to the values that an optimiser may draw; changes when docs/tpe.md "The space" does. */
#include "engine/search.h"

#include "base/hash.h"
#include "base/num.h"
#include "config/row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define UNITS 1e9		/* values are laid on a grid in billionths */
#define LARGEST 9e6		/* where a double still tells billionths apart */

static bool wrong(const struct spec_axis *a, struct errmsg *e, const char *what)
{
	return errmsg_set(e, "%" PRIu32 ": %s: %s", a->line, param_rows[a->row].path, what);
}

static int by_size(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

static double *ascending(const double *value, uint32_t n)
{
	double *v = xreallocarray(NULL, n, sizeof *v);

	memcpy(v, value, n * sizeof *v);
	qsort(v, n, sizeof *v, by_size);
	return v;
}

/* A 0 that lies further below the other values than any of those lies from the next means "off", not a small amount. */
static bool has_off(const struct spec_axis *a)
{
	double *v = ascending(a->value, a->n), widest = 0;
	bool off = a->n > 2 && v[0] == 0 && param_rows[a->row].type == PARAM_F64;
	uint32_t i;

	for (i = 2; i < a->n; i++)
		widest = fmax(widest, v[i] - v[i - 1]);
	off = off && v[1] > widest;
	free(v);
	return off;
}

/* ---- values between the listed ones ---- */

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	uint64_t rest;

	for (; b; b = rest) {
		rest = a % b;
		a = b;
	}
	return a;
}

/* n values from `from` on in steps, all in units of 1/per. */
struct grid { int64_t from, step; uint64_t n; double per; };

static struct grid whole_numbers(unsigned row, const double *v, uint32_t n)
{
	int64_t from = (int64_t)row_typed(row, v[0]), to = (int64_t)row_typed(row, v[n - 1]);

	return (struct grid){ from, 1, (uint64_t)(to - from) + 1, 1 };
}

/* The coarsest grid on which all listed values lie, an "off" left out. */
static struct grid finest_step(const double *v, uint32_t n)
{
	struct grid g = { .from = llround(v[0] * UNITS), .per = UNITS };
	uint64_t step = 0;
	uint32_t i;

	for (i = 1; i < n; i++)
		step = common_divisor(step, (uint64_t)(llround(v[i] * UNITS) - llround(v[i - 1] * UNITS)));
	g.step = (int64_t)step;
	g.n = step ? (uint64_t)(llround(v[n - 1] * UNITS) - g.from) / step + 1 : 1;
	return g;
}

static bool on_grid(const double *v, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (fabs(v[i]) > LARGEST || (double)llround(v[i] * UNITS) / UNITS != v[i])
			return false;
	return true;
}

/* The first listed value, which an inactive axis has, stays in front. */
static void lay_out(struct spec_axis *a, struct grid g, bool off)
{
	double *value = xreallocarray(NULL, g.n + 2, sizeof *value), v;
	uint64_t i;

	value[0] = a->value[0];
	a->n = 1;
	if (off && value[0] != 0)
		value[a->n++] = 0;
	for (i = 0; i < g.n; i++) {
		v = (double)(g.from + (int64_t)i * g.step) / g.per;
		if (v != value[0])
			value[a->n++] = v;
	}
	free(a->value);
	a->value = value;
}

static bool widen(struct spec_axis *a, struct errmsg *e)
{
	bool whole = param_rows[a->row].type == PARAM_UINT, off = has_off(a), ok;
	struct grid g = { 0 };
	double *v;

	if (!whole && param_rows[a->row].type != PARAM_F64)
		return true;
	v = ascending(a->value, a->n);
	ok = on_grid(v, a->n) || wrong(a, e, "a range takes decimals of nine places at most, up to 9000000");
	if (ok)
		g = whole ? whole_numbers(a->row, v, a->n) : finest_step(v + off, a->n - off);
	free(v);
	if (g.n >= TPE_VALUES)
		ok = wrong(a, e, "its range has more than 32766 values; list values with a common step, and fewer");
	if (ok && whole)
		a->value[0] = row_typed(a->row, a->value[0]);
	if (ok)
		lay_out(a, g, off);
	return ok;
}

bool search_widen(struct spec *s, struct errmsg *e)
{
	struct spec_axis *a;

	for (a = s->axis; a < s->axis + s->n; a++)
		if (!widen(a, e))
			return false;
	return true;
}

/* ---- the space ---- */

static double value_of(const struct search *s, uint32_t place, uint32_t value)
{
	return s->space->axis[place].of->value[s->choice[place][value]];
}

/* choice[]: the values of the space in ascending order. */
static void sort_values(struct search *s, uint32_t place)
{
	const struct space_axis *a = s->space->axis + place;
	double *v = ascending(a->of->value, a->n), *at;
	uint32_t i;

	s->choice[place] = xreallocarray(NULL, a->n, sizeof **s->choice);
	for (i = 0; i < a->n; i++) {
		at = bsearch(a->of->value + i, v, a->n, sizeof *v, by_size);
		s->choice[place][at - v] = (uint16_t)i;
	}
	free(v);
}

static uint32_t first_value(const struct search *s, uint32_t place)
{
	uint32_t i = 0;

	while (s->choice[place][i] != 0)
		i++;
	return i;
}

static uint32_t loose_values(const struct space_axis *a)
{
	switch (param_rows[a->of->row].type) {
	case PARAM_F64:
		return a->n > 1 && has_off(a->of);
	case PARAM_UINT:
		return 0;
	default:
		return a->n;
	}
}

static uint32_t gate_value(const struct search *s, uint32_t place)
{
	int gate = s->space->axis[place].gate;
	uint32_t i;

	for (i = 0; gate >= 0 && i < s->space->axis[gate].n; i++)
		if (spec_opens(s->space->axis[place].of, value_of(s, (uint32_t)gate, i)))
			return i;
	return TPE_NEVER;
}

static bool make_axis(struct search *s, uint32_t place, struct errmsg *e)
{
	const struct space_axis *a = s->space->axis + place;

	if (a->n > TPE_VALUES)
		return wrong(a->of, e, "more than 32767 values");
	sort_values(s, place);
	s->tpe.axis[place] = (struct tpe_axis){ .n = a->n, .loose = loose_values(a), .first = first_value(s, place),
		.gate = a->gate, .gate_value = gate_value(s, place), .stream = a->index };
	return true;
}

static int place_of(const struct search *s, const char *path)
{
	uint32_t i;

	for (i = 0; i < s->space->n; i++)
		if (!strcmp(param_rows[s->space->axis[i].of->row].path, path))
			return (int)i;
	return -1;
}

/* A fast average that is not the faster one makes no sense: such trials are not drawn (docs/tpe.md "The space"). */
static bool order_averages(struct search *s, struct errmsg *e)
{
	int fast = place_of(s, "indicators.ema_fast_window"), slow = place_of(s, "indicators.ema_slow_window");
	uint32_t f, v;
	unsigned row;

	s->tpe.below = fast >= 0 && slow >= 0 ? fast : -1;
	if (s->tpe.below < 0)
		return true;
	s->tpe.above = slow;
	s->tpe.above_least = xreallocarray(NULL, s->tpe.axis[fast].n, sizeof *s->tpe.above_least);
	row = s->space->axis[fast].of->row;
	for (f = 0, v = 0; f < s->tpe.axis[fast].n; f++) {
		while (v < s->tpe.axis[slow].n && row_typed(row, value_of(s, (uint32_t)slow, v)) <= row_typed(row, value_of(s, (uint32_t)fast, f)))
			v++;
		s->tpe.above_least[f] = (uint16_t)v;
	}
	return s->tpe.above_least[0] < s->tpe.axis[slow].n ||
	       wrong(s->space->axis[fast].of, e, "no value is below one of indicators.ema_slow_window");
}

/* ---- identity ---- */

static void describe(const struct search *s, uint32_t place, struct buf *b)
{
	const struct space_axis *a = s->space->axis + place;
	char number[NUM_F64_MAX];
	uint32_t i;

	buf_addf(b, "%s %" PRIu32, param_rows[a->of->row].path, a->index);
	if (a->gate >= 0) {
		*num_f64_put(number, a->of->gate_eq) = '\0';
		buf_addf(b, " if %s = %s", param_rows[a->of->gate_row].path, number);
	}
	for (i = 0; i < a->n; i++) {
		*num_f64_put(number, a->of->value[i]) = '\0';
		buf_addf(b, " %s", number);
	}
	buf_addc(b, '\n');
}

static void identify(struct search *s)
{
	struct buf b = BUF_INIT;
	uint32_t i;

	for (i = 0; i < s->space->n; i++)
		describe(s, i, &b);
	sha256_hex(b.data, b.len, s->id);
	buf_release(&b);
}

bool search_init(struct search *s, struct space *space, struct errmsg *e)
{
	uint32_t i;

	*s = (struct search){ .space = space, .choice = xcalloc(space->n, sizeof *s->choice) };
	s->tpe = (struct tpe_space){ .axis = xcalloc(space->n, sizeof *s->tpe.axis), .n = space->n };
	for (i = 0; i < space->n; i++)
		if (!make_axis(s, i, e))
			break;
	if (i < space->n || !order_averages(s, e)) {
		search_release(s);
		return false;
	}
	identify(s);
	return true;
}

void search_release(struct search *s)
{
	uint32_t i;

	for (i = 0; s->choice && i < s->space->n; i++)
		free(s->choice[i]);
	free(s->choice);
	free(s->tpe.axis);
	free(s->tpe.above_least);
	*s = (struct search){ 0 };
}

void search_point(struct search *s, const uint16_t *trial)
{
	uint32_t i;

	for (i = 0; i < s->space->n; i++)
		s->space->choice[i] = s->choice[i][trial[i] & ~TPE_INACTIVE];
}
