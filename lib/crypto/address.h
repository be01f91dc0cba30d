/* SPDX-License-Identifier: MIT
 * Addresses (20 bytes) and other bytes that travel as hex text. Texts are "0x" and lower case unless said otherwise. */
#ifndef OCQ_CRYPTO_ADDRESS_H
#define OCQ_CRYPTO_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_TEXT 43		/* "0x", 40 digits, terminator */

struct address { unsigned char at[20]; };

/* 40 hex digits of any case, with "0x" or "0X" before them or without. False, *a untouched: it is something else. */
bool address_parse(const char *s, size_t n, struct address *a);
void address_put(char dst[ADDRESS_TEXT], const struct address *a);
void address_put_checksum(char dst[ADDRESS_TEXT], const struct address *a);	/* mixed case, as wallets show it */
bool address_same(const struct address *a, const struct address *b);
bool address_is_zero(const struct address *a);

/* Exactly 2n hex digits of any case, no prefix. */
bool hex_parse(const char *s, size_t len, unsigned char *out, size_t n);
/* The same behind a "0x" or "0X" that must be there. */
bool hex0x_parse(const char *s, size_t len, unsigned char *out, size_t n);
/* A number in at most 2n hex digits, at least one, prefix allowed: right aligned in out, zeros before it. */
bool hex_number(const char *s, size_t len, unsigned char *out, size_t n);
/* "0x", 2n digits, terminator: 2n + 3 bytes. */
void hex0x_put(char *dst, const void *bytes, size_t n);

#endif
