/* SPDX-License-Identifier: MIT
 * Order ids, trade ids and hashes: all follow from the seed and the calls so far. */
#include "venue/core.h"
#include "base/rng.h"

#include <string.h>

enum { STREAM_OID, STREAM_TID, STREAM_HASH };

/* As large as the exchange's: they need 64 bits and fit a double. */
#define FIRST_OID UINT64_C(100000000000)

uint64_t ids_oid(struct venue *v)
{
	return FIRST_OID + rng_below(v->rules.seed, STREAM_OID, 0, FIRST_OID) + ++v->oids;
}

uint64_t ids_tid(struct venue *v)
{
	return (rng_u64(v->rules.seed, STREAM_TID, v->tids++) >> 14) | 1;
}

const unsigned char *ids_hash(struct venue *v)
{
	uint64_t words[4];

	if (!v->hashed) {
		for (unsigned k = 0; k < 4; k++)
			words[k] = rng_u64(v->rules.seed, STREAM_HASH, 4 * v->calls + k);
		memcpy(v->hash, words, sizeof v->hash);
		v->hashed = true;
	}
	return v->hash;
}
