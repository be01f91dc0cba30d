/* SPDX-License-Identifier: MIT
 * A batch is free, open (being filled), or a lane's. There is one more than there are lanes. `taken` and `given` count those
 * that lanes have begun and have given out; a lane's turn to give out is when `given` is its batch's number. */
#include "engine/batches.h"

#include <pthread.h>
#include <stdlib.h>

struct slot { struct batch batch; bool free; };

struct batches {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint32_t cap, limit;
	struct slot *slot, *open;
	bool waiting, settling, closing;
	uint64_t taken, given;
	void (*work)(void *arg, unsigned lane, struct batch *b);
	void (*emit)(void *arg, unsigned lane, struct batch *b);
	void *arg;
	unsigned lanes;
	struct lane { struct batches *of; unsigned index; pthread_t thread; } *lane;
};

/* All of these are called with the lock. */
static void changed(struct batches *b)
{
	pthread_cond_broadcast(&b->changed);
}

static void wait_for_change(struct batches *b)
{
	pthread_cond_wait(&b->changed, &b->lock);
}

static bool ready(const struct batches *b)
{
	return b->open && (b->open->batch.n >= b->limit || b->waiting || b->settling || b->closing);
}

static struct slot *find_free(struct batches *b)
{
	unsigned i;

	for (i = 0; i <= b->lanes; i++)
		if (b->slot[i].free)
			return &b->slot[i];
	return NULL;
}

static void give_out(struct batches *b, unsigned lane, struct slot *s, uint64_t number)
{
	while (b->given != number)
		wait_for_change(b);
	pthread_mutex_unlock(&b->lock);
	b->emit(b->arg, lane, &s->batch);
	pthread_mutex_lock(&b->lock);
	b->given++;
	s->free = true;
	changed(b);
}

static void *run_lane(void *arg)
{
	struct lane *l = arg;
	struct batches *b = l->of;
	struct slot *s;
	uint64_t number;

	pthread_mutex_lock(&b->lock);
	for (;;) {
		while (!ready(b) && !b->closing)
			wait_for_change(b);
		if (!ready(b))
			break;
		s = b->open;
		b->open = NULL;
		number = b->taken++;
		changed(b);
		pthread_mutex_unlock(&b->lock);
		b->work(b->arg, l->index, &s->batch);
		pthread_mutex_lock(&b->lock);
		give_out(b, l->index, s, number);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

struct batches *batches_open(unsigned lanes, uint32_t cap, void (*work)(void *arg, unsigned lane, struct batch *b),
			     void (*emit)(void *arg, unsigned lane, struct batch *b), void *arg)
{
	struct batches *b = xcalloc(1, sizeof *b);
	unsigned i;

	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	b->cap = b->limit = cap;
	b->work = work;
	b->emit = emit;
	b->arg = arg;
	b->lanes = lanes;
	b->slot = xcalloc(lanes + (size_t)1, sizeof *b->slot);
	b->lane = xcalloc(lanes, sizeof *b->lane);
	for (i = 0; i <= lanes; i++)
		b->slot[i] = (struct slot){ { 0, xreallocarray(NULL, cap, sizeof(struct point)), xreallocarray(NULL, cap, sizeof(uint64_t)) }, true };
	for (i = 0; i < lanes; i++) {
		b->lane[i] = (struct lane){ .of = b, .index = i };
		if (pthread_create(&b->lane[i].thread, NULL, run_lane, &b->lane[i]))
			die(EX_RETRY, "thread %u of %u cannot be started", i + 1, lanes);
	}
	return b;
}

/* The open batch with room for a point. */
static struct batch *with_room(struct batches *b)
{
	while (b->open && b->open->batch.n >= b->limit)
		wait_for_change(b);
	while (!b->open && !(b->open = find_free(b)))
		wait_for_change(b);
	if (b->open->free) {
		b->open->free = false;
		b->open->batch.n = 0;
	}
	return &b->open->batch;
}

void batches_add(struct batches *b, const struct point *pt, uint64_t line)
{
	struct batch *to;

	pthread_mutex_lock(&b->lock);
	to = with_room(b);
	to->point[to->n] = *pt;
	to->line[to->n] = line;
	if (++to->n >= b->limit)
		changed(b);
	pthread_mutex_unlock(&b->lock);
}

void batches_limit(struct batches *b, uint32_t n)
{
	pthread_mutex_lock(&b->lock);
	b->limit = n < b->cap ? n : b->cap;
	changed(b);
	pthread_mutex_unlock(&b->lock);
}

void batches_wait(void *batches, bool waiting)
{
	struct batches *b = batches;

	pthread_mutex_lock(&b->lock);
	b->waiting = waiting;
	changed(b);
	pthread_mutex_unlock(&b->lock);
}

void batches_settle(struct batches *b)
{
	pthread_mutex_lock(&b->lock);
	b->settling = true;
	changed(b);
	while (b->open || b->given < b->taken)
		wait_for_change(b);
	b->settling = false;
	pthread_mutex_unlock(&b->lock);
}

void batches_close(struct batches *b)
{
	unsigned i;

	batches_settle(b);
	pthread_mutex_lock(&b->lock);
	b->closing = true;
	changed(b);
	pthread_mutex_unlock(&b->lock);
	for (i = 0; i < b->lanes; i++)
		pthread_join(b->lane[i].thread, NULL);
	for (i = 0; i <= b->lanes; i++) {
		free(b->slot[i].batch.point);
		free(b->slot[i].batch.line);
	}
	pthread_mutex_destroy(&b->lock);
	pthread_cond_destroy(&b->changed);
	free(b->slot);
	free(b->lane);
	free(b);
}
