/* SPDX-License-Identifier: MIT
 * A ring of keys and a hash of places in it. Slots hold places + 1; what leaves the ring leaves the hash by moving back those
 * behind it. */
#include "feed/seen.h"

#include "base/err.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 * SEEN_MAX };

static uint32_t home(uint64_t key)
{
	return (uint32_t)(key ^ key >> 32) & (SLOTS - 1);
}

/* The slot of the key, or the free one where it would be. */
static uint32_t find(const struct seen *s, uint64_t key)
{
	uint32_t at = home(key);

	while (s->slot[at] && s->key[s->slot[at] - 1] != key)
		at = (at + 1) & (SLOTS - 1);
	return at;
}

/* A key behind the hole that could not be found any more fills it. */
static void remove_at(struct seen *s, uint32_t hole)
{
	uint32_t at = hole, from;

	for (;;) {
		s->slot[hole] = 0;
		do {
			at = (at + 1) & (SLOTS - 1);
			if (!s->slot[at])
				return;
			from = home(s->key[s->slot[at] - 1]);
		} while (((at - from) & (SLOTS - 1)) < ((at - hole) & (SLOTS - 1)));
		s->slot[hole] = s->slot[at];
		hole = at;
	}
}

bool seen_before(struct seen *s, uint64_t key)
{
	uint32_t at;

	if (!s->key) {
		s->key = xcalloc(SEEN_MAX, sizeof *s->key);
		s->slot = xcalloc(SLOTS, sizeof *s->slot);
	}
	at = find(s, key);
	if (s->slot[at])
		return true;
	if (s->n == SEEN_MAX) {
		remove_at(s, find(s, s->key[s->at]));
		at = find(s, key);
	} else {
		s->n++;
	}
	s->key[s->at] = key;
	s->slot[at] = s->at + 1;
	s->at = (s->at + 1) % SEEN_MAX;
	return false;
}

uint64_t seen_key(const char *const *part, unsigned n)
{
	uint64_t key = n;

	for (unsigned i = 0; i < n; i++) {
		key ^= checksum64(part[i], strlen(part[i]));
		key *= UINT64_C(0x9e3779b97f4a7c15);
		key ^= key >> 29;
	}
	return key;
}

void seen_release(struct seen *s)
{
	free(s->key);
	free(s->slot);
	*s = (struct seen){ 0 };
}
