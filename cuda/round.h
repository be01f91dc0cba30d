/* SPDX-License-Identifier: MIT
 * Which candidates of a batch go to a device together: as many, from one on, as there is room for. Those with the same entry rules
 * share one set of marks, those with the same windows their series. */
#ifndef OCQ_CUDA_ROUND_H
#define OCQ_CUDA_ROUND_H

#include "cuda/gpu.h"
#include "engine/cache.h"

/* A series that the round needs, a task that has it (relative to the round), and its slot once it has one. */
struct round_series { struct cache_key key; uint32_t task, slot; };

struct round {
	uint32_t from, to;		/* of the batch's tasks */
	struct gpu_rules *rules;	/* their slots are indices into series until round_place() */
	uint32_t n_rules;
	struct round_series *series;
	uint32_t n_series;
	/* room */
	uint32_t most, most_rules, most_series;
	/* private: by hash, index + 1 */
	uint32_t *rules_at, *series_at;
	uint32_t rules_mask, series_mask;
};

void round_init(struct round *r, uint32_t most, uint32_t most_rules, uint32_t most_series);
void round_release(struct round *r);

/* hash[i] is round_hash() of task[i]. Tasks from..n, of which the round takes the first ones; their .rules are set. */
uint64_t round_hash(const struct strategy *st);
void round_make(struct round *r, struct gpu_task *task, const uint64_t *hash, uint32_t from, uint32_t n);
/* At most n sets of entry rules from now on; fewer than before. */
void round_limit(struct round *r, uint32_t n);
/* From indices of series to their slots. */
void round_place(struct round *r);

#endif
