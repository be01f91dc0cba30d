/* SPDX-License-Identifier: MIT
 * The latest rows of a kind. */
#include "venue/ring.h"
#include "base/err.h"

#include <stdlib.h>
#include <string.h>

void ring_init(struct ring *r, size_t row, unsigned limit)
{
	*r = (struct ring){ .row = row, .limit = limit };
}

/* Only a ring that has not gone round yet grows, so its rows lie in order. */
static void grow(struct ring *r)
{
	r->cap = r->cap ? 2 * r->cap : 16;
	if (r->cap > r->limit)
		r->cap = r->limit;
	r->at = xreallocarray(r->at, r->cap, r->row);
}

void *ring_add(struct ring *r, const void *row)
{
	char *dst;

	if (r->next == r->cap && r->cap < r->limit)
		grow(r);
	if (r->next == r->limit)
		r->next = 0;
	dst = r->at + r->next++ * r->row;
	memcpy(dst, row, r->row);
	if (r->n < r->limit)
		r->n++;
	return dst;
}

void *ring_get(const struct ring *r, unsigned k)
{
	if (k >= r->n)
		return NULL;
	return r->at + (r->next + r->limit - 1 - k) % r->limit * r->row;
}

void ring_release(struct ring *r)
{
	free(r->at);
	r->at = NULL;
}
