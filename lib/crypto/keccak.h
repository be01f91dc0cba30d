/* SPDX-License-Identifier: MIT
 * Keccak-256 as Ethereum uses it: padding byte 0x01, so it is not SHA3-256. */
#ifndef OCQ_CRYPTO_KECCAK_H
#define OCQ_CRYPTO_KECCAK_H

#include <stddef.h>
#include <stdint.h>

#define KECCAK_BLOCK 136	/* bytes taken per permutation */

struct keccak { uint64_t state[25]; unsigned char block[KECCAK_BLOCK]; unsigned at; };
void keccak_init(struct keccak *k);
void keccak_add(struct keccak *k, const void *bytes, size_t n);
void keccak_end(struct keccak *k, unsigned char out[32]);	/* k must be initialised again before it is used again */

void keccak256(const void *bytes, size_t n, unsigned char out[32]);

#endif
