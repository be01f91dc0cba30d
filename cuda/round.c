/* SPDX-License-Identifier: MIT
 * Candidates grouped by entry rules, entry rules by series. */
#include "cuda/round.h"

#include "base/err.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)GPU_SERIES == (int)CACHE_SERIES, "columns and context");

/* At least twice as many places as entries. */
static uint32_t mask_for(uint32_t n)
{
	uint32_t places = 16;

	while (places / 2 < n)
		places *= 2;
	return places - 1;
}

void round_init(struct round *r, uint32_t most, uint32_t most_rules, uint32_t most_series)
{
	*r = (struct round){ .most = most, .most_rules = most_rules, .most_series = most_series };
	r->rules = xcalloc(most_rules, sizeof *r->rules);
	r->series = xcalloc(most_series, sizeof *r->series);
	r->rules_mask = mask_for(most_rules);
	r->series_mask = mask_for(most_series);
	r->rules_at = xcalloc(r->rules_mask + (size_t)1, sizeof *r->rules_at);
	r->series_at = xcalloc(r->series_mask + (size_t)1, sizeof *r->series_at);
}

void round_release(struct round *r)
{
	free(r->rules);
	free(r->series);
	free(r->rules_at);
	free(r->series_at);
}

uint64_t round_hash(const struct strategy *st)
{
	struct cache_rules rules;

	cache_rules(&rules, st);
	return checksum64(&rules, sizeof rules);
}

static bool same_rules(const struct strategy *a, const struct strategy *b)
{
	struct cache_rules x, y;

	cache_rules(&x, a);
	cache_rules(&y, b);
	return memcmp(&x, &y, sizeof x) == 0;
}

/* The place of a series: its own, or the free one where it would go. */
static uint32_t *series_place(struct round *r, const struct cache_key *key)
{
	uint64_t at = checksum64(key, sizeof *key);

	while (r->series_at[at & r->series_mask] && memcmp(&r->series[r->series_at[at & r->series_mask] - 1].key, key, sizeof *key))
		at++;
	return &r->series_at[at & r->series_mask];
}

/* Adds what a task needs and the round does not have. False: no room; the round is as it was, but for series that nobody needs. */
static bool add_series(struct round *r, struct gpu_rules *rules, const struct strategy *st, uint32_t task)
{
	struct cache_key key[CACHE_SERIES];
	uint32_t i, *place;

	cache_keys(key, &st->params);
	for (i = 0; i < CACHE_SERIES; i++) {
		place = series_place(r, &key[i]);
		if (!*place) {
			if (r->n_series == r->most_series)
				return false;
			r->series[r->n_series] = (struct round_series){ .key = key[i], .task = task };
			*place = ++r->n_series;
		}
		rules->slot[i] = *place - 1;
	}
	return true;
}

/* The place of a set of rules, likewise. */
static uint32_t *rules_place(struct round *r, const struct gpu_task *task, const uint64_t *hash, uint32_t i)
{
	uint64_t at = hash[i];
	uint32_t known;

	for (; r->rules_at[at & r->rules_mask]; at++) {
		known = r->from + r->rules[r->rules_at[at & r->rules_mask] - 1].task;
		if (hash[known] == hash[i] && same_rules(&task[known].strategy, &task[i].strategy))
			break;
	}
	return &r->rules_at[at & r->rules_mask];
}

static bool add(struct round *r, struct gpu_task *task, const uint64_t *hash, uint32_t i)
{
	uint32_t *place = rules_place(r, task, hash, i);
	struct gpu_rules *rules = &r->rules[r->n_rules];

	if (!*place) {
		if (r->n_rules == r->most_rules || !add_series(r, rules, &task[i].strategy, i - r->from))
			return false;
		rules->task = i - r->from;
		*place = ++r->n_rules;
	}
	task[i].rules = *place - 1;
	return true;
}

void round_make(struct round *r, struct gpu_task *task, const uint64_t *hash, uint32_t from, uint32_t n)
{
	memset(r->rules_at, 0, (r->rules_mask + (size_t)1) * sizeof *r->rules_at);
	memset(r->series_at, 0, (r->series_mask + (size_t)1) * sizeof *r->series_at);
	r->n_rules = r->n_series = 0;
	r->from = r->to = from;
	while (r->to < n && r->to - from < r->most && add(r, task, hash, r->to))
		r->to++;
}

void round_limit(struct round *r, uint32_t n)
{
	r->most_rules = n < r->n_rules ? n : r->n_rules - 1;
}

void round_place(struct round *r)
{
	uint32_t i, k;

	for (i = 0; i < r->n_rules; i++)
		for (k = 0; k < CACHE_SERIES; k++)
			r->rules[i].slot[k] = r->series[r->rules[i].slot[k]].slot;
}
