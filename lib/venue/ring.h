/* SPDX-License-Identifier: MIT
 * The latest rows of a kind: grows up to a limit, then the oldest gives way. */
#ifndef OCQ_VENUE_RING_H
#define OCQ_VENUE_RING_H

#include <stddef.h>

struct ring { char *at; size_t row; unsigned n, cap, limit, next; };

void ring_init(struct ring *r, size_t row, unsigned limit);
void *ring_add(struct ring *r, const void *row);		/* the copy; valid until the next one */
void *ring_get(const struct ring *r, unsigned k);		/* 0: the newest; NULL: there are not so many */
void ring_release(struct ring *r);

#endif
