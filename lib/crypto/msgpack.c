/* SPDX-License-Identifier: MIT
 * msgpack: a head byte, and for what does not fit into it a big-endian number behind. */
#include "crypto/msgpack.h"

static void put(struct buf *b, unsigned head, uint64_t v, unsigned bytes)
{
	unsigned char at[9] = { (unsigned char)head };

	for (unsigned i = 0; i < bytes; i++)
		at[1 + i] = (unsigned char)(v >> 8 * (bytes - 1 - i));
	buf_add(b, at, 1 + bytes);
}

void mp_map(struct buf *b, uint32_t pairs)
{
	if (pairs <= 15)
		put(b, 0x80 | pairs, 0, 0);
	else if (pairs <= UINT16_MAX)
		put(b, 0xde, pairs, 2);
	else
		put(b, 0xdf, pairs, 4);
}

void mp_array(struct buf *b, uint32_t n)
{
	if (n <= 15)
		put(b, 0x90 | n, 0, 0);
	else if (n <= UINT16_MAX)
		put(b, 0xdc, n, 2);
	else
		put(b, 0xdd, n, 4);
}

void mp_str(struct buf *b, const char *s, size_t n)
{
	if (n <= 31)
		put(b, 0xa0 | (unsigned)n, 0, 0);
	else if (n <= UINT8_MAX)
		put(b, 0xd9, n, 1);
	else if (n <= UINT16_MAX)
		put(b, 0xda, n, 2);
	else
		put(b, 0xdb, n, 4);
	buf_add(b, s, n);
}

void mp_u64(struct buf *b, uint64_t v)
{
	if (v <= 127)
		put(b, (unsigned)v, 0, 0);
	else if (v <= UINT8_MAX)
		put(b, 0xcc, v, 1);
	else if (v <= UINT16_MAX)
		put(b, 0xcd, v, 2);
	else if (v <= UINT32_MAX)
		put(b, 0xce, v, 4);
	else
		put(b, 0xcf, v, 8);
}

void mp_i64(struct buf *b, int64_t v)
{
	if (v >= 0)
		mp_u64(b, (uint64_t)v);
	else if (v >= -32)
		put(b, (unsigned)(v & 0xff), 0, 0);
	else if (v >= INT8_MIN)
		put(b, 0xd0, (uint64_t)v, 1);
	else if (v >= INT16_MIN)
		put(b, 0xd1, (uint64_t)v, 2);
	else if (v >= INT32_MIN)
		put(b, 0xd2, (uint64_t)v, 4);
	else
		put(b, 0xd3, (uint64_t)v, 8);
}

void mp_bool(struct buf *b, bool v)
{
	put(b, v ? 0xc3 : 0xc2, 0, 0);
}

void mp_nil(struct buf *b)
{
	put(b, 0xc0, 0, 0);
}
