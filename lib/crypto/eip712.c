/* SPDX-License-Identifier: MIT
 * EIP-712: fields become words, words are hashed behind the hash of the type's text. */
#include "crypto/eip712.h"

#include <string.h>

void eip712_text(struct keccak *k, const char *s, size_t n)
{
	unsigned char hash[32];

	keccak256(s, n, hash);
	keccak_add(k, hash, sizeof hash);
}

void eip712_word(struct keccak *k, const unsigned char word[32])
{
	keccak_add(k, word, 32);
}

void eip712_address(struct keccak *k, const struct address *a)
{
	unsigned char word[32] = { 0 };

	memcpy(word + 12, a->at, sizeof a->at);
	eip712_word(k, word);
}

void eip712_u64(struct keccak *k, uint64_t v)
{
	unsigned char word[32] = { 0 };

	for (unsigned i = 0; i < 8; i++)
		word[24 + i] = (unsigned char)(v >> 8 * (7 - i));
	eip712_word(k, word);
}

void eip712_begin(struct keccak *k, const char *type)
{
	keccak_init(k);
	eip712_text(k, type, strlen(type));
}

void eip712_domain(const char *name, const char *version, uint64_t chain_id, unsigned char out[32])
{
	struct keccak k;

	eip712_begin(&k, "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
	eip712_text(&k, name, strlen(name));
	eip712_text(&k, version, strlen(version));
	eip712_u64(&k, chain_id);
	eip712_address(&k, &(struct address){ { 0 } });
	keccak_end(&k, out);
}

void eip712_digest(const unsigned char domain[32], const unsigned char structure[32], unsigned char out[32])
{
	unsigned char bytes[66] = { 0x19, 0x01 };

	memcpy(bytes + 2, domain, 32);
	memcpy(bytes + 34, structure, 32);
	keccak256(bytes, sizeof bytes, out);
}
