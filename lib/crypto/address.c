/* SPDX-License-Identifier: MIT
 * Hex text and addresses. */
#include "crypto/address.h"

#include "base/hash.h"
#include "crypto/keccak.h"

#include <string.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool has_prefix(const char *s, size_t len)
{
	return len >= 2 && s[0] == '0' && (s[1] | 0x20) == 'x';
}

bool hex_parse(const char *s, size_t len, unsigned char *out, size_t n)
{
	if (len != 2 * n)
		return false;
	for (size_t i = 0; i < len; i++)
		if (digit(s[i]) < 0)
			return false;
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)(digit(s[2 * i]) << 4 | digit(s[2 * i + 1]));
	return true;
}

bool hex0x_parse(const char *s, size_t len, unsigned char *out, size_t n)
{
	return has_prefix(s, len) && hex_parse(s + 2, len - 2, out, n);
}

bool hex_number(const char *s, size_t len, unsigned char *out, size_t n)
{
	size_t skip = has_prefix(s, len) ? 2 : 0, digits = len - skip, at;

	if (digits == 0 || digits > 2 * n)
		return false;
	memset(out, 0, n);
	for (size_t i = 0; i < digits; i++) {
		if (digit(s[skip + i]) < 0)
			return false;
		at = 2 * n - digits + i;
		out[at / 2] |= (unsigned char)(digit(s[skip + i]) << (at % 2 ? 0 : 4));
	}
	return true;
}

void hex0x_put(char *dst, const void *bytes, size_t n)
{
	memcpy(dst, "0x", 2);
	hex_put(dst + 2, bytes, n);
}

bool address_parse(const char *s, size_t n, struct address *a)
{
	return hex_parse(s, n, a->at, sizeof a->at) || hex0x_parse(s, n, a->at, sizeof a->at);
}

void address_put(char dst[ADDRESS_TEXT], const struct address *a)
{
	hex0x_put(dst, a->at, sizeof a->at);
}

/* A letter is a capital where the digit of the lower-case text's hash at its place is 8 or more. */
void address_put_checksum(char dst[ADDRESS_TEXT], const struct address *a)
{
	unsigned char hash[32];

	address_put(dst, a);
	keccak256(dst + 2, 40, hash);
	for (unsigned i = 0; i < 40; i++)
		if (dst[2 + i] >= 'a' && (hash[i / 2] >> (i % 2 ? 0 : 4) & 8))
			dst[2 + i] &= ~0x20;
}

bool address_same(const struct address *a, const struct address *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

bool address_is_zero(const struct address *a)
{
	return address_same(a, &(struct address){ { 0 } });
}
