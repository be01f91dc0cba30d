/* SPDX-License-Identifier: MIT
 * Points gathered into batches, for evaluators that want many at once: several lanes have one each, and what they give out
 * comes in the order of the points. A batch goes to an idle lane when it is full, or as it is while there is nothing
 * to read: so a file fills batches, and a slow pipe is answered point by point. */
#ifndef OCQ_ENGINE_BATCHES_H
#define OCQ_ENGINE_BATCHES_H

#include "engine/point.h"

struct batch {
	uint32_t n;
	struct point *point;
	uint64_t *line;		/* where the input has each */
};

struct batches;

/* work(arg, lane, batch): each lane on a thread of its own; emit(arg, lane, batch): behind it on the same thread, in order and one at a
 * time. cap: points of a batch. */
struct batches *batches_open(unsigned lanes, uint32_t cap, void (*work)(void *arg, unsigned lane, struct batch *b),
			     void (*emit)(void *arg, unsigned lane, struct batch *b), void *arg);
/* Takes a copy of a point; waits while all batches are full or under way. */
void batches_add(struct batches *b, const struct point *pt, uint64_t line);
/* From now on a batch is full with n points, at least 1; more than cap is cap. */
void batches_limit(struct batches *b, uint32_t n);
/* For struct in: whether the reader waits for input. */
void batches_wait(void *batches, bool waiting);
/* Waits until everything has been given out. */
void batches_settle(struct batches *b);
/* Settles, ends the lanes, frees. */
void batches_close(struct batches *b);

#endif
