/* SPDX-License-Identifier: MIT
 * The fills that were seen: their keys in the order in which they came, and a hash table of their places. */
#include "trade/fold.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_text(uint32_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT32_C(16777619);	/* FNV-1a */
	return h;
}

/* The cell of the key, or the free one where it belongs. */
static uint32_t *cell(const struct lane *l, const char *symbol, const char *tid)
{
	uint32_t mask = l->cap_tid_at - 1, at = hash_text(hash_text(UINT32_C(2166136261), tid), symbol);

	for (at ^= at >> 15;; at++) {
		uint32_t *c = &l->tid_at[at & mask];
		const struct lane_tid *t = *c ? &l->tid[*c - 1] : NULL;

		if (!t || (strcmp(t->tid, tid) == 0 && strcmp(t->symbol, symbol) == 0))
			return c;
	}
}

void lane_tids_index(struct lane *l)
{
	uint32_t cap = 64;

	while (cap < 2 * (l->n_tids + 1))
		cap *= 2;
	if (cap > l->cap_tid_at) {
		l->tid_at = xreallocarray(l->tid_at, cap, sizeof *l->tid_at);
		l->cap_tid_at = cap;
	}
	memset(l->tid_at, 0, l->cap_tid_at * sizeof *l->tid_at);
	for (uint32_t i = 0; i < l->n_tids; i++)
		*cell(l, l->tid[i].symbol, l->tid[i].tid) = i + 1;
}

bool lane_fill_seen(const struct lane *l, const char *symbol, const char *tid, int64_t t_ms)
{
	return lane_fill_is_old(l, t_ms) || (l->n_tids && *cell(l, symbol, tid));
}

bool lane_tid_add(struct lane *l, const struct rec_fill *r)
{
	struct lane_tid *t;
	uint32_t *c;

	if (2 * (l->n_tids + 1) > l->cap_tid_at)
		lane_tids_index(l);
	c = cell(l, r->symbol, r->tid);
	if (*c)
		return false;
	l->tid = lane_room(l->tid, l->n_tids, &l->cap_tids, sizeof *l->tid);
	t = &l->tid[l->n_tids++];
	*t = (struct lane_tid){ .t_ms = r->t_ms };
	strcpy(t->symbol, r->symbol);
	strcpy(t->tid, r->tid);
	*c = l->n_tids;
	return true;
}

/* They come in order of time, more or less; an eighth of them is worth the walk. */
void lane_tids_prune(struct lane *l)
{
	uint32_t kept = 0;

	if (!l->n_tids || !lane_fill_is_old(l, l->tid[l->n_tids / 8].t_ms))
		return;
	for (uint32_t i = 0; i < l->n_tids; i++)
		if (!lane_fill_is_old(l, l->tid[i].t_ms))
			l->tid[kept++] = l->tid[i];
	l->n_tids = kept;
	lane_tids_index(l);
}
