/* SPDX-License-Identifier: MIT
 * Keccak-f[1600] with every lane in a variable of its own, and the sponge around it. */
#include "crypto/keccak.h"

#include <string.h>

static const uint64_t iota[24] = {
	0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
	0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
	0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
	0x000000000000800a, 0x800000008000000a, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

#define ROTATE(v, n) ((v) << (n) | (v) >> (64 - (n)))

#define PARITY(x) (a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20])
#define THETA(x, left, right) \
	(t = left ^ ROTATE(right, 1), a[x] ^= t, a[x + 5] ^= t, a[x + 10] ^= t, a[x + 15] ^= t, a[x + 20] ^= t)
/* Lane `moved` goes, rotated, to place `to`, and what was there is moved next. */
#define RHO_PI(to, n) (t = a[to], a[to] = ROTATE(moved, n), moved = t)
#define CHI(y) \
	(c0 = a[y], c1 = a[y + 1], a[y] ^= ~c1 & a[y + 2], a[y + 1] ^= ~a[y + 2] & a[y + 3], a[y + 2] ^= ~a[y + 3] & a[y + 4], \
	 a[y + 3] ^= ~a[y + 4] & c0, a[y + 4] ^= ~c0 & c1)

static void permute(uint64_t state[25])
{
	uint64_t a[25], c0, c1, c2, c3, c4, moved, t;

	memcpy(a, state, sizeof a);
	for (unsigned round = 0; round < 24; round++) {
		c0 = PARITY(0), c1 = PARITY(1), c2 = PARITY(2), c3 = PARITY(3), c4 = PARITY(4);
		THETA(0, c4, c1), THETA(1, c0, c2), THETA(2, c1, c3), THETA(3, c2, c4), THETA(4, c3, c0);
		moved = a[1];
		RHO_PI(10, 1), RHO_PI(7, 3), RHO_PI(11, 6), RHO_PI(17, 10), RHO_PI(18, 15), RHO_PI(3, 21);
		RHO_PI(5, 28), RHO_PI(16, 36), RHO_PI(8, 45), RHO_PI(21, 55), RHO_PI(24, 2), RHO_PI(4, 14);
		RHO_PI(15, 27), RHO_PI(23, 41), RHO_PI(19, 56), RHO_PI(13, 8), RHO_PI(12, 25), RHO_PI(2, 43);
		RHO_PI(20, 62), RHO_PI(14, 18), RHO_PI(22, 39), RHO_PI(9, 61), RHO_PI(6, 20), RHO_PI(1, 44);
		CHI(0), CHI(5), CHI(10), CHI(15), CHI(20);
		a[0] ^= iota[round];
	}
	memcpy(state, a, sizeof a);
}

static void absorb(struct keccak *k, const unsigned char block[KECCAK_BLOCK])
{
	uint64_t lane;

	for (unsigned i = 0; i < KECCAK_BLOCK / 8; i++) {
		memcpy(&lane, block + 8 * i, 8);
		k->state[i] ^= lane;
	}
	permute(k->state);
}

void keccak_init(struct keccak *k)
{
	memset(k->state, 0, sizeof k->state);
	k->at = 0;
}

void keccak_add(struct keccak *k, const void *bytes, size_t n)
{
	const unsigned char *from = bytes;
	size_t part;

	if (k->at) {
		part = n < KECCAK_BLOCK - k->at ? n : KECCAK_BLOCK - k->at;
		memcpy(k->block + k->at, from, part);
		k->at += (unsigned)part;
		from += part;
		n -= part;
		if (k->at < KECCAK_BLOCK)
			return;
		absorb(k, k->block);
		k->at = 0;
	}
	for (; n >= KECCAK_BLOCK; from += KECCAK_BLOCK, n -= KECCAK_BLOCK)
		absorb(k, from);
	if (n)
		memcpy(k->block, from, n);
	k->at = (unsigned)n;
}

void keccak_end(struct keccak *k, unsigned char out[32])
{
	memset(k->block + k->at, 0, KECCAK_BLOCK - k->at);
	k->block[k->at] |= 0x01;
	k->block[KECCAK_BLOCK - 1] |= 0x80;
	absorb(k, k->block);
	memcpy(out, k->state, 32);
}

void keccak256(const void *bytes, size_t n, unsigned char out[32])
{
	struct keccak k;

	keccak_init(&k);
	keccak_add(&k, bytes, n);
	keccak_end(&k, out);
}
