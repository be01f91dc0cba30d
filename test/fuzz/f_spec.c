/* SPDX-License-Identifier: MIT
 * Sweep specifications: any bytes are refused with a message, or become axes whose points are sound and as many as counted. */
#include "config/spec.h"
#include "engine/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_POINTS = 3000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
	if (!ok)
		abort();
}

static void on_warning(void *arg, const char *text)
{
	(void)arg;
	need(strncmp(text, "fuzz:", 5) == 0 && !strchr(text, '\n'));
}

static void check_axis(const struct spec *s, uint32_t i)
{
	const struct spec_axis *a = s->axis + i;
	struct errmsg e;
	uint32_t v, steps;
	int at;

	need(a->n > 0 && a->line > 0 && a->row < N_PARAMS && config_is_axis(param_rows + a->row));
	need(spec_find(s, a->row) == (int)i);
	for (v = 0; v < a->n; v++)
		need(isfinite(a->value[v]) && config_row_takes(a->row, a->value[v], &e));
	need(a->gated ? a->gate_axis == spec_find(s, a->gate_row) && isfinite(a->gate_eq) : a->gate_axis == -1);
	for (at = (int)i, steps = 0; at >= 0; at = s->axis[at].gate_axis)
		need(steps++ <= s->n);
}

/* Gates that are shut leave the first value. */
static void check_point(const struct space *s)
{
	const struct space_axis *a;
	uint32_t i;

	for (i = 0; i < s->n; i++) {
		a = s->axis + i;
		need(s->choice[i] < a->n && a->gate < (int)i);
		need(s->choice[i] == 0 || a->gate < 0 || spec_opens(a->of, space_value(s, (uint32_t)a->gate)));
	}
}

static void check_points(const struct spec *spec, const struct config *base)
{
	struct space_size size;
	struct space s;
	struct errmsg e;
	uint64_t n = 0;

	need(space_init(&s, spec, base, &e) && s.n == spec->n);
	size = space_size(&s);
	need(size.about >= 1 && (!size.exact || size.n >= 1));
	space_first(&s);
	do
		check_point(&s);
	while (++n < MOST_POINTS && space_next(&s));
	need(!size.exact || size.n >= MOST_POINTS || size.n == n);
	for (n = 0; n < 50; n++) {
		space_random(&s, 42, n);
		check_point(&s);
	}
	space_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config base;
	struct errmsg e = { "" };
	struct spec s;
	uint32_t i;

	if (!spec_load_text(&s, "fuzz", (const char *)data, size, &e)) {
		need(strncmp(e.text, "fuzz:", 5) == 0);
		return 0;
	}
	for (i = 0; i < s.n; i++)
		check_axis(&s, i);
	spec_check(&s, on_warning, NULL);
	config_defaults(&base);
	check_points(&s, &base);
	config_release(&base);
	spec_release(&s);
	return 0;
}
