/* SPDX-License-Identifier: MIT
 * Growing, ordering and slicing of columns. */
#include "store/columns.h"
#include "record/record.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROWS = 1024, WIDTH = 8 };	/* WIDTH: bytes of a cell */

void columns_grow(struct columns *s)
{
	size_t cap = s->cap ? 2 * s->cap : FIRST_ROWS;

	for (unsigned k = 0; k < s->width; k++)
		s->col[k] = xreallocarray(s->col[k], cap, WIDTH);
	s->cap = cap;
}

void columns_release(struct columns *s)
{
	for (unsigned k = 0; k < s->width; k++)
		free(s->col[k]);
	*s = (struct columns){ .width = s->width };
}

/* Merges the ordered runs [a, m) and [m, b) of row numbers; equal times keep their order. */
static void merge(const int64_t *t, const size_t *from, size_t *to, size_t a, size_t m, size_t b)
{
	size_t i = a, j = m;

	for (size_t k = a; k < b; k++)
		to[k] = i < m && (j >= b || t[from[i]] <= t[from[j]]) ? from[i++] : from[j++];
}

/* Row numbers in stable order of time; the caller frees the result. */
static size_t *order(const int64_t *t, size_t n)
{
	size_t *now = xmalloc(n * sizeof *now), *next = xmalloc(n * sizeof *next), *swap;

	for (size_t i = 0; i < n; i++)
		now[i] = i;
	for (size_t run = 1; run < n; run *= 2) {
		for (size_t a = 0; a < n; a += 2 * run) {
			size_t m = a + run < n ? a + run : n, b = m + run < n ? m + run : n;

			merge(t, now, next, a, m, b);
		}
		swap = now;
		now = next;
		next = swap;
	}
	free(next);
	return now;
}

static void permute(struct columns *s, const size_t *row, size_t n)
{
	for (unsigned k = 0; k < s->width; k++) {
		char *to = xmalloc(n * WIDTH);

		for (size_t i = 0; i < n; i++)
			memcpy(to + i * WIDTH, (char *)s->col[k] + row[i] * WIDTH, WIDTH);
		free(s->col[k]);
		s->col[k] = to;
	}
	s->n = s->cap = n;
}

void columns_settle(struct columns *s)
{
	const int64_t *t = s->col[0];
	size_t *row, n = 0;

	if (!s->unordered || s->n == 0)
		return;
	row = order(t, s->n);
	for (size_t i = 0; i < s->n; i++)
		if (n == 0 || t[row[i]] != t[row[n - 1]])
			row[n++] = row[i];
	permute(s, row, n);
	s->unordered = false;
	free(row);
}

static const void *columns_column(const void *s, unsigned k)
{
	return ((const struct columns *)s)->col[k];
}

struct bars bars_at(size_t n, const void *(*col)(const void *arg, unsigned k), const void *arg)
{
	struct bars b = { .n = n };

#define COLUMN(member, kind, name) b.member = col(arg, COL_##member);
	BAR_COLUMNS(COLUMN)
#undef COLUMN
	return b;
}

struct rates rates_at(size_t n, const void *(*col)(const void *arg, unsigned k), const void *arg)
{
	return (struct rates){ .n = n, .t_ms = col(arg, RATE_T), .rate = col(arg, RATE_VALUE) };
}

struct bars columns_bars(const struct columns *s)
{
	return bars_at(s->n, columns_column, s);
}

struct rates columns_rates(const struct columns *s)
{
	return rates_at(s->n, columns_column, s);
}

const void *bars_column(const struct bars *b, unsigned k)
{
	const void *col[] = {
#define COLUMN(member, kind, name) b->member,
		BAR_COLUMNS(COLUMN)
#undef COLUMN
	};

	return col[k];
}

const void *rates_column(const struct rates *r, unsigned k)
{
	return k == RATE_T ? (const void *)r->t_ms : r->rate;
}

size_t time_lower(const int64_t *t, size_t n, int64_t at)
{
	size_t low = 0;

	while (low < n) {
		size_t mid = low + (n - low) / 2;

		if (t[mid] < at)
			low = mid + 1;
		else
			n = mid;
	}
	return low;
}

size_t time_upper(const int64_t *t, size_t n, int64_t at)
{
	return at == INT64_MAX ? n : time_lower(t, n, at + 1);
}

struct bars bars_slice(const struct bars *b, size_t first, size_t n)
{
	struct bars s = { .n = n };

	if (n == 0)
		return s;
#define COLUMN(member, kind, name) s.member = b->member + first;
	BAR_COLUMNS(COLUMN)
#undef COLUMN
	return s;
}

struct rates rates_slice(const struct rates *r, size_t first, size_t n)
{
	return n == 0 ? (struct rates){ 0 } : (struct rates){ n, r->t_ms + first, r->rate + first };
}

bool symbol_valid(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~' || s[i] == ',' || s[i] == '"' || s[i] == '\\')
			return false;
	return len > 0 && len < SYMBOL_MAX;
}
