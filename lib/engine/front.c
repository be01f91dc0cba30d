/* SPDX-License-Identifier: MIT
 * A Pareto front that grows with the results; changes when what counts as better does. */
#include "engine/front.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

/* At least as good in everything. */
static bool covers(const struct front_point *a, const struct front_point *b)
{
	return a->pnl_usd >= b->pnl_usd && a->max_drawdown_pct <= b->max_drawdown_pct && a->trades >= b->trades;
}

/* Whoever covers one result often covers the next one, too: it moves half way to the front of the list. */
static bool is_covered(struct front *f, const struct front_point *p)
{
	struct front_row found;
	size_t i;

	for (i = 0; i < f->n && !covers(&f->row[i].of, p); i++)
		;
	if (i == f->n)
		return false;
	found = f->row[i];
	f->row[i] = f->row[i / 2];
	f->row[i / 2] = found;
	return true;
}

static void drop_covered(struct front *f, const struct front_point *p)
{
	size_t i, kept = 0;

	for (i = 0; i < f->n; i++)
		if (covers(p, &f->row[i].of))
			free(f->row[i].line);
		else
			f->row[kept++] = f->row[i];
	f->n = kept;
}

void front_add(struct front *f, const struct front_point *p, uint64_t trial, const char *line, size_t len)
{
	if (is_covered(f, p))
		return;
	drop_covered(f, p);
	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 64;
		f->row = xreallocarray(f->row, f->cap, sizeof *f->row);
	}
	f->row[f->n++] = (struct front_row){ *p, trial, xstrndup(line, len), len };
}

static int by_trial(const void *x, const void *y)
{
	const struct front_row *a = x, *b = y;

	return (a->trial > b->trial) - (a->trial < b->trial);
}

void front_sort(struct front *f)
{
	if (f->n)
		qsort(f->row, f->n, sizeof *f->row, by_trial);
}

void front_release(struct front *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		free(f->row[i].line);
	free(f->row);
	*f = (struct front){ 0 };
}
