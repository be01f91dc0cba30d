/* SPDX-License-Identifier: MIT
 * SHA-256 (identities), CRC-32 (journal records), a fast 64-bit checksum (packs). */
#ifndef OCQ_BASE_HASH_H
#define OCQ_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct sha256 { uint32_t h[8]; uint64_t bytes; unsigned char block[64]; };
void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t n);
void sha256_end(struct sha256 *s, unsigned char out[32]);
void sha256_hex(const void *bytes, size_t n, char hex[65]);	/* lower case, terminated */
void hex_put(char *dst, const void *bytes, size_t n);		/* 2n characters and a terminator */

uint32_t crc32_ieee(uint32_t crc, const void *bytes, size_t n);	/* start with 0 */

/* Not cryptographic; >= 4 GB/s. The value is part of the pack format: never change it. */
uint64_t checksum64(const void *bytes, size_t n);

#endif
