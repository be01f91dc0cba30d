/* SPDX-License-Identifier: MIT
 * Which rows a shortlist can still need, and at last which it has; changes when rows are chosen in another way. */
#include "engine/shortlist.h"

#include <stdlib.h>
#include <string.h>

#define SPARE 64	/* rows that a list takes in beyond twice its bound before it is put in order */

/* A row's text, shared by the lists that have it. */
struct kept { unsigned users; size_t len; char text[]; };

struct entry {
	struct rank_figures f;
	uint64_t seq;
	unsigned char key[POINT_KEY];
	struct kept *row;
};

struct list {
	enum rank_channel channel;
	bool score;
	size_t bound;		/* distinct rows that can be needed: its own, and as many as the channels before it take */
	struct entry *entry;
	size_t n, cap;
	bool full;		/* of the first `bound` entries, in order, the last is the one to beat */
};

struct shortlists {
	struct list *list;
	unsigned n;
	uint64_t most;
	struct rank_figures *seen;	/* of all rows */
	size_t rows, cap;
	unsigned char (*taken)[POINT_KEY];	/* what the channels so far have, ascending */
	size_t n_taken;
};

struct shortlists *shortlists_new(const enum rank_channel *channel, unsigned n, uint64_t most, bool score)
{
	struct shortlists *s = xcalloc(1, sizeof *s);
	unsigned i;

	s->list = xcalloc(n, sizeof *s->list);
	s->n = n;
	s->most = most ? most : UINT64_MAX;
	for (i = 0; i < n; i++)
		s->list[i] = (struct list){ .channel = channel[i], .score = score,
			.bound = s->most < SIZE_MAX / 4 / n ? s->most * (i + 1) : SIZE_MAX / 4 };
	return s;
}

static void drop(struct kept *row)
{
	if (!--row->users)
		free(row);
}

void shortlists_free(struct shortlists *s)
{
	unsigned i;

	for (i = 0; i < s->n; i++) {
		while (s->list[i].n)
			drop(s->list[i].entry[--s->list[i].n].row);
		free(s->list[i].entry);
	}
	free(s->list);
	free(s->seen);
	free(s->taken);
	free(s);
}

/* ---- order ---- */

static int by_order(const void *a, const void *b, void *list)
{
	const struct entry *x = a, *y = b;
	const struct list *l = list;
	int order = rank_compare(l->channel, l->score, &x->f, &y->f);

	return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

static int by_key(const void *a, const void *b, void *list)
{
	int order = memcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key, POINT_KEY);

	return order ? order : by_order(a, b, list);
}

/* Puts a list in order, the best of each key alone, no more than can be needed. */
static void settle(struct list *l)
{
	size_t i, n = 0;

	if (!l->n)
		return;
	qsort_r(l->entry, l->n, sizeof *l->entry, by_key, l);
	for (i = 0; i < l->n; i++)
		if (i && !memcmp(l->entry[i].key, l->entry[n - 1].key, POINT_KEY))
			drop(l->entry[i].row);
		else
			l->entry[n++] = l->entry[i];
	qsort_r(l->entry, n, sizeof *l->entry, by_order, l);
	while (n > l->bound)
		drop(l->entry[--n].row);
	l->n = n;
	l->full = n == l->bound;
}

/* ---- rows come ---- */

static bool list_wants(const struct list *l, const struct rank_figures *f)
{
	return !l->full || rank_compare(l->channel, l->score, f, &l->entry[l->bound - 1].f) < 0;
}

bool shortlists_want(const struct shortlists *s, const struct rank_figures *f)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		if (list_wants(&s->list[i], f))
			return true;
	return false;
}

static void list_add(struct list *l, const struct entry *e)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : SPARE;
		l->entry = xreallocarray(l->entry, l->cap, sizeof *l->entry);
	}
	l->entry[l->n++] = *e;
	e->row->users++;
	if (l->n == 2 * l->bound + SPARE)
		settle(l);
}

void shortlists_pass(struct shortlists *s, const struct rank_figures *f)
{
	if (s->rows == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->seen = xreallocarray(s->seen, s->cap, sizeof *s->seen);
	}
	s->seen[s->rows++] = *f;
}

void shortlists_add(struct shortlists *s, const struct rank_figures *f, const unsigned char key[POINT_KEY], const char *text, size_t len)
{
	struct entry e = { .f = *f, .seq = s->rows };
	unsigned i;

	memcpy(e.key, key, POINT_KEY);
	e.row = xmalloc(sizeof *e.row + len);
	e.row->users = 1;
	e.row->len = len;
	memcpy(e.row->text, text, len);
	for (i = 0; i < s->n; i++)
		if (list_wants(&s->list[i], f))
			list_add(&s->list[i], &e);
	drop(e.row);
	shortlists_pass(s, f);
}

/* ---- rows are chosen ---- */

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, POINT_KEY);
}

static bool is_taken(const struct shortlists *s, const unsigned char key[POINT_KEY])
{
	return s->n_taken && bsearch(key, s->taken, s->n_taken, sizeof *s->taken, compare_keys);
}

/* Leaves those entries of a settled list that it may have: the best that no channel before it took. */
static void choose(struct shortlists *s, struct list *l)
{
	size_t k, n = 0;

	for (k = 0; k < l->n; k++)
		if (n == s->most || is_taken(s, l->entry[k].key))
			drop(l->entry[k].row);
		else
			l->entry[n++] = l->entry[k];
	l->n = n;
	s->taken = xreallocarray(s->taken, s->n_taken + n + 1, sizeof *s->taken);
	for (k = 0; k < n; k++)
		memcpy(s->taken[s->n_taken++], l->entry[k].key, POINT_KEY);
	qsort(s->taken, s->n_taken, sizeof *s->taken, compare_keys);
}

/* The first entry that comes after this row. */
static size_t first_after(const struct list *l, const struct entry *row)
{
	size_t low = 0, high = l->n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (by_order(row, &l->entry[middle], (void *)l) < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* How many rows come before each entry: those between it and the entry before are counted first. */
static uint64_t *count_before(const struct shortlists *s, const struct list *l)
{
	uint64_t *before = xcalloc(l->n + 1, sizeof *before);
	struct entry row;
	size_t k;

	for (row.seq = 0; row.seq < s->rows; row.seq++) {
		row.f = s->seen[row.seq];
		before[first_after(l, &row)]++;
	}
	for (k = 1; k < l->n; k++)
		before[k] += before[k - 1];
	return before;
}

void shortlists_take(struct shortlists *s, shortlist_take_fn *take, void *arg)
{
	const struct entry *e;
	uint64_t *before;
	struct list *l;
	unsigned i;
	size_t k;

	for (i = 0; i < s->n; i++) {
		l = &s->list[i];
		settle(l);
		choose(s, l);
		before = count_before(s, l);
		for (k = 0; k < l->n; k++) {
			e = &l->entry[k];
			take(arg, l->channel, before[k] + 1, &e->f, e->row->text, e->row->len);
		}
		free(before);
	}
}
