/* SPDX-License-Identifier: MIT
 * Parts of a set of candidates for several machines (docs/sweep.md "Shards"): a candidate's part follows from its id alone, so
 * that for any N the parts 1/N to N/N have each one once. */
#ifndef OCQ_ENGINE_SHARD_H
#define OCQ_ENGINE_SHARD_H

#include "base/err.h"

#include <stdint.h>

struct shard { uint32_t i, n; };

/* "i/N" with 1 <= i <= N. */
bool shard_parse(struct shard *s, const char *text) MUST_USE;
/* 1 + checksum64(id) mod N is i. */
bool shard_has(const struct shard *s, const char *id);

#endif
