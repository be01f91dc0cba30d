/* SPDX-License-Identifier: MIT
 * Digests: SHA-256 (FIPS 180-4), CRC-32 (IEEE 802.3, reflected) and the checksum of packs. */
#include "base/hash.h"

#include <endian.h>
#include <string.h>

static uint32_t rotr32(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void sha256_block(uint32_t h[8], const unsigned char *p)
{
	static const uint32_t k[64] = {	/* cube roots of the first 64 primes, fractional bits */
		0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
		0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
		0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
		0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
		0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
		0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
		0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
		0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
	};
	uint32_t w[64], s[8];

	for (int i = 0; i < 16; i++) {
		memcpy(&w[i], p + 4 * i, 4);
		w[i] = be32toh(w[i]);
	}
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] + (rotr32(a, 7) ^ rotr32(a, 18) ^ a >> 3) + (rotr32(b, 17) ^ rotr32(b, 19) ^ b >> 10);
	}
	memcpy(s, h, sizeof s);
	for (int i = 0; i < 64; i += 8)	/* in eights, so that the roles of the words rotate instead of the words */
		for (int j = 0; j < 8; j++) {
			uint32_t a = s[-j & 7], b = s[(1 - j) & 7], c = s[(2 - j) & 7], e = s[(4 - j) & 7], *last = &s[(7 - j) & 7];

			*last += (rotr32(e, 6) ^ rotr32(e, 11) ^ rotr32(e, 25)) + ((e & s[(5 - j) & 7]) ^ (~e & s[(6 - j) & 7])) + k[i + j] + w[i + j];
			s[(3 - j) & 7] += *last;
			*last += (rotr32(a, 2) ^ rotr32(a, 13) ^ rotr32(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		}
	for (int i = 0; i < 8; i++)
		h[i] += s[i];
}

void sha256_init(struct sha256 *s)
{
	static const uint32_t start[8] = {	/* square roots of the first 8 primes, fractional bits */
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(s->h, start, sizeof start);
	s->bytes = 0;
}

void sha256_add(struct sha256 *s, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t have = s->bytes % 64;

	if (!n)
		return;
	s->bytes += n;
	if (have) {
		size_t take = n < 64 - have ? n : 64 - have;

		memcpy(s->block + have, p, take);
		if (have + take < 64)
			return;
		sha256_block(s->h, s->block);
		p += take;
		n -= take;
	}
	for (; n >= 64; p += 64, n -= 64)
		sha256_block(s->h, p);
	memcpy(s->block, p, n);
}

void sha256_end(struct sha256 *s, unsigned char out[32])
{
	static const unsigned char pad[64] = { 0x80 };
	uint64_t bits = htobe64(s->bytes * 8);

	sha256_add(s, pad, 1 + (119 - s->bytes % 64) % 64);	/* up to 8 bytes before the end of a block */
	sha256_add(s, &bits, sizeof bits);
	for (int i = 0; i < 8; i++) {
		uint32_t word = htobe32(s->h[i]);

		memcpy(out + 4 * i, &word, 4);
	}
}

void hex_put(char *dst, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++) {
		*dst++ = "0123456789abcdef"[p[i] >> 4];
		*dst++ = "0123456789abcdef"[p[i] & 15];
	}
	*dst = '\0';
}

void sha256_hex(const void *bytes, size_t n, char hex[65])
{
	unsigned char digest[32];
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, bytes, n);
	sha256_end(&s, digest);
	hex_put(hex, digest, sizeof digest);
}

static uint64_t load64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return le64toh(v);
}

/* Eight bytes per turn: row r of the table is the effect of a byte that has r more bytes behind it. */
uint32_t crc32_ieee(uint32_t crc, const void *bytes, size_t n)
{
	static const uint32_t table[8][256] = {
#include "base/crc32.inc"
	};
	const unsigned char *p = bytes;
	uint32_t c = ~crc;

	for (; n >= 8; p += 8, n -= 8) {
		uint64_t v = load64(p) ^ c;

		c = 0;
		for (int i = 0; i < 8; i++)
			c ^= table[7 - i][v >> (8 * i) & 255];
	}
	for (; n; n--)
		c = table[0][(c ^ *p++) & 255] ^ c >> 8;
	return ~c;
}

static uint64_t rotl64(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

/* Every step is a bijection of the state for a given word and of the word for a given state, so a change confined to one
 * word always shows; others escape with probability 2^-64. Four lanes hide the multiplication's latency. */
static uint64_t mix(uint64_t state, uint64_t word)
{
	return rotl64((state ^ word) * UINT64_C(0xd6e8feb86659fd93), 31);
}

uint64_t checksum64(const void *bytes, size_t n)
{
	uint64_t a = 0x243f6a8885a308d3, b = 0x13198a2e03707344, c = 0xa4093822299f31d0, d = 0x082efa98ec4e6c89;	/* pi */
	unsigned char tail[32] = { 0 };
	const unsigned char *p = bytes;
	uint64_t sum = n;

	for (size_t left = n; left; p += 32) {
		if (left < 32) {
			p = memcpy(tail, p, left);
			left = 32;
		}
		a = mix(a, load64(p));
		b = mix(b, load64(p + 8));
		c = mix(c, load64(p + 16));
		d = mix(d, load64(p + 24));
		left -= 32;
	}
	sum = mix(mix(mix(mix(sum, a), b), c), d);
	sum ^= sum >> 32;
	sum *= UINT64_C(0xd6e8feb86659fd93);
	return sum ^ sum >> 29;
}
