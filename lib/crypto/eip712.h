/* SPDX-License-Identifier: MIT
 * EIP-712: digests of typed structures. The hash of a structure is keccak(type hash, one word of 32 bytes per field). */
#ifndef OCQ_CRYPTO_EIP712_H
#define OCQ_CRYPTO_EIP712_H

#include "crypto/address.h"
#include "crypto/keccak.h"

/* Separator of the domain { name, version, chainId, verifyingContract 0 }. */
void eip712_domain(const char *name, const char *version, uint64_t chain_id, unsigned char out[32]);

/* A structure, field by field in the order of its type: eip712_begin(k, "Agent(string source,bytes32 connectionId)"),
 * the fields, keccak_end(k, hash). */
void eip712_begin(struct keccak *k, const char *type);
void eip712_text(struct keccak *k, const char *s, size_t n);		/* string */
void eip712_word(struct keccak *k, const unsigned char word[32]);	/* bytes32 */
void eip712_address(struct keccak *k, const struct address *a);
void eip712_u64(struct keccak *k, uint64_t v);				/* uint64, uint256, bool as 0 and 1 */

/* What is signed. */
void eip712_digest(const unsigned char domain[32], const unsigned char structure[32], unsigned char out[32]);

#endif
