/* SPDX-License-Identifier: MIT
 * scrypt: a large table is filled from the passphrase and read in an order that depends on it, so that who guesses needs the
 * memory as often as the time. */
#include "crypto/scrypt.h"

#include "base/err.h"
#include "base/hash.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define R_MAX 32

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of a block are little-endian");

/* ---- HMAC ---- */

struct hmac { struct sha256 inner, outer; };

static void hmac_init(struct hmac *h, const void *key, size_t n)
{
	unsigned char block[64] = { 0 };
	int i;

	if (n <= sizeof block) {
		if (n)
			memcpy(block, key, n);
	} else {
		sha256_init(&h->inner);
		sha256_add(&h->inner, key, n);
		sha256_end(&h->inner, block);
	}
	for (i = 0; i < 64; i++)
		block[i] ^= 0x36;
	sha256_init(&h->inner);
	sha256_add(&h->inner, block, sizeof block);
	for (i = 0; i < 64; i++)
		block[i] ^= 0x36 ^ 0x5c;
	sha256_init(&h->outer);
	sha256_add(&h->outer, block, sizeof block);
	explicit_bzero(block, sizeof block);
}

static void hmac_end(struct hmac *h, unsigned char out[32])
{
	sha256_end(&h->inner, out);
	sha256_add(&h->outer, out, 32);
	sha256_end(&h->outer, out);
	explicit_bzero(h, sizeof *h);
}

void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t n, unsigned char out[32])
{
	struct hmac h;

	hmac_init(&h, key, key_len);
	sha256_add(&h.inner, bytes, n);
	hmac_end(&h, out);
}

/* PBKDF2 with one iteration: all that scrypt needs of it. */
static void stretch(const void *pass, size_t pass_len, const void *salt, size_t salt_len, unsigned char *out, size_t len)
{
	unsigned char counter[4] = { 0 }, block[32];
	struct hmac keyed, h;
	size_t take;

	hmac_init(&keyed, pass, pass_len);
	for (; len; out += take, len -= take) {
		counter[3]++;
		h = keyed;
		sha256_add(&h.inner, salt, salt_len);
		sha256_add(&h.inner, counter, sizeof counter);
		hmac_end(&h, block);
		take = len < sizeof block ? len : sizeof block;
		memcpy(out, block, take);
	}
	explicit_bzero(&keyed, sizeof keyed);
	explicit_bzero(block, sizeof block);
}

/* ---- the table ---- */

static uint32_t rotate(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static void quarter(uint32_t x[16], int a, int b, int c, int d)
{
	x[b] ^= rotate(x[a] + x[d], 7);
	x[c] ^= rotate(x[b] + x[a], 9);
	x[d] ^= rotate(x[c] + x[b], 13);
	x[a] ^= rotate(x[d] + x[c], 18);
}

static void salsa20_8(uint32_t b[16])
{
	uint32_t x[16];
	int i;

	memcpy(x, b, sizeof x);
	for (i = 0; i < 4; i++) {
		quarter(x, 0, 4, 8, 12);
		quarter(x, 5, 9, 13, 1);
		quarter(x, 10, 14, 2, 6);
		quarter(x, 15, 3, 7, 11);
		quarter(x, 0, 1, 2, 3);
		quarter(x, 5, 6, 7, 4);
		quarter(x, 10, 11, 8, 9);
		quarter(x, 15, 12, 13, 14);
	}
	for (i = 0; i < 16; i++)
		b[i] += x[i];
}

static void add_block(uint32_t *to, const uint32_t *b, size_t words)
{
	size_t i;

	for (i = 0; i < words; i++)
		to[i] ^= b[i];
}

/* 2r blocks of 16 words; the even ones of the result stand before the odd ones. */
static void mix_blocks(uint32_t *b, uint32_t *result, unsigned r)
{
	uint32_t x[16];
	unsigned i;

	memcpy(x, b + (2 * r - 1) * 16, sizeof x);
	for (i = 0; i < 2 * r; i++) {
		add_block(x, b + i * 16, 16);
		salsa20_8(x);
		memcpy(result + (i / 2 + (i & 1) * r) * 16, x, sizeof x);
	}
	memcpy(b, result, 128 * r);
}

static void mix_table(uint32_t *b, unsigned log_n, unsigned r)
{
	uint64_t n = UINT64_C(1) << log_n, i;
	size_t words = 32 * r;
	uint32_t *table = xmalloc(n * words * sizeof *table), result[32 * R_MAX];

	for (i = 0; i < n; i++) {
		memcpy(table + i * words, b, words * sizeof *b);
		mix_blocks(b, result, r);
	}
	for (i = 0; i < n; i++) {
		add_block(b, table + (b[words - 16] & (n - 1)) * words, words);
		mix_blocks(b, result, r);
	}
	explicit_bzero(table, n * words * sizeof *table);
	explicit_bzero(result, sizeof result);
	free(table);
}

void scrypt(const void *pass, size_t pass_len, const void *salt, size_t salt_len, unsigned log_n, unsigned r, void *out, size_t len)
{
	uint32_t b[32 * R_MAX];

	stretch(pass, pass_len, salt, salt_len, (unsigned char *)b, 128 * r);
	mix_table(b, log_n, r);
	stretch(pass, pass_len, b, 128 * r, out, len);
	explicit_bzero(b, sizeof b);
}
