/* SPDX-License-Identifier: MIT
 * Pieces are taken from the front by whoever is free. */
#include "engine/spread.h"

#include "base/err.h"

#include <pthread.h>
#include <stdlib.h>

struct stretch {
	uint32_t n, piece;
	uint64_t next;
	void (*work)(void *arg, uint32_t from, uint32_t to);
	void *arg;
};

static void *take_pieces(void *of)
{
	struct stretch *s = of;
	uint64_t from, to;

	while ((from = __atomic_fetch_add(&s->next, s->piece, __ATOMIC_RELAXED)) < s->n) {
		to = from + s->piece < s->n ? from + s->piece : s->n;
		s->work(s->arg, (uint32_t)from, (uint32_t)to);
	}
	return NULL;
}

void spread(unsigned threads, uint32_t n, uint32_t piece, void (*work)(void *arg, uint32_t from, uint32_t to), void *arg)
{
	struct stretch s = { n, piece, 0, work, arg };
	uint64_t pieces = ((uint64_t)n + piece - 1) / piece;
	unsigned helpers = pieces < threads ? (unsigned)pieces : threads, i;
	pthread_t *helper;

	helpers -= helpers > 0;
	helper = xcalloc(helpers, sizeof *helper);
	for (i = 0; i < helpers; i++)
		if (pthread_create(&helper[i], NULL, take_pieces, &s))
			die(EX_RETRY, "thread %u of %u cannot be started", i + 2, threads);
	take_pieces(&s);
	for (i = 0; i < helpers; i++)
		pthread_join(helper[i], NULL);
	free(helper);
}
