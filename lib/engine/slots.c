/* SPDX-License-Identifier: MIT
 * The table of slots: some hundreds, looked through from the front. */
#include "engine/slots.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	struct cache_key key;
	enum { EMPTY, FILLING, FILLED } state;
	unsigned holders;
	uint64_t used;		/* the time of its last use */
};

struct slots {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	uint32_t n;
	uint64_t now;
	struct slot *slot;
};

struct slots *slots_open(uint32_t n)
{
	struct slots *s = xcalloc(1, sizeof *s);

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->filled, NULL);
	s->n = n;
	s->slot = xcalloc(n, sizeof *s->slot);
	return s;
}

void slots_close(struct slots *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->filled);
	free(s->slot);
	free(s);
}

static struct slot *find(struct slots *s, const struct cache_key *key)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (s->slot[i].state != EMPTY && memcmp(&s->slot[i].key, key, sizeof *key) == 0)
			return &s->slot[i];
	return NULL;
}

/* Used longest ago; a slot that was never used comes first. */
static struct slot *oldest(struct slots *s)
{
	struct slot *best = NULL;
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (s->slot[i].holders == 0 && (!best || s->slot[i].used < best->used))
			best = &s->slot[i];
	if (!best)
		die(EX_BUG, "more series are in use than there are slots");
	return best;
}

uint32_t slots_take(struct slots *s, const struct cache_key *key, bool *fresh)
{
	struct slot *at;

	pthread_mutex_lock(&s->lock);
	at = find(s, key);
	*fresh = !at;
	if (!at) {
		at = oldest(s);
		at->key = *key;
		at->state = FILLING;
	}
	at->holders++;
	at->used = ++s->now;
	pthread_mutex_unlock(&s->lock);
	return (uint32_t)(at - s->slot);
}

void slots_filled(struct slots *s, uint32_t slot, bool ok)
{
	pthread_mutex_lock(&s->lock);
	s->slot[slot].state = ok ? FILLED : EMPTY;
	pthread_cond_broadcast(&s->filled);
	pthread_mutex_unlock(&s->lock);
}

bool slots_wait(struct slots *s, uint32_t slot)
{
	bool ok;

	pthread_mutex_lock(&s->lock);
	while (s->slot[slot].state == FILLING)
		pthread_cond_wait(&s->filled, &s->lock);
	ok = s->slot[slot].state == FILLED;
	pthread_mutex_unlock(&s->lock);
	return ok;
}

void slots_give(struct slots *s, uint32_t slot)
{
	pthread_mutex_lock(&s->lock);
	s->slot[slot].holders--;
	pthread_mutex_unlock(&s->lock);
}
