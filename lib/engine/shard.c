/* SPDX-License-Identifier: MIT
 * Which part a candidate belongs to. Results are merged by it: it never changes. */
#include "engine/shard.h"

#include "base/hash.h"
#include "base/num.h"

#include <string.h>

bool shard_parse(struct shard *s, const char *text)
{
	const char *end = text + strlen(text), *slash;
	uint64_t i, n;

	slash = num_u64_get(text, end, &i);
	if (!slash || *slash != '/' || num_u64_get(slash + 1, end, &n) != end || i < 1 || i > n || n > UINT32_MAX)
		return false;
	*s = (struct shard){ (uint32_t)i, (uint32_t)n };
	return true;
}

bool shard_has(const struct shard *s, const char *id)
{
	return checksum64(id, strlen(id)) % s->n == s->i - 1;
}
