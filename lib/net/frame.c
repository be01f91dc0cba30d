/* SPDX-License-Identifier: MIT
 * WebSocket frames to messages and back, and the two small algorithms that a handshake needs. */
#include "net/frame.h"

#include <string.h>

/* ---- bytes ---- */

/* Eight at a time; the mask of a payload starts at its first byte. */
static void apply_mask(char *p, size_t n, const unsigned char mask[4])
{
	uint64_t wide, word;
	size_t i = 0;

	memcpy(&wide, mask, 4);
	memcpy((char *)&wide + 4, mask, 4);
	for (; i + 8 <= n; i += 8) {
		memcpy(&word, p + i, 8);
		word ^= wide;
		memcpy(p + i, &word, 8);
	}
	for (; i < n; i++)
		p[i] ^= (char)mask[i % 4];
}

/* Bytes of the character at p, 0 if it is none: no overlong forms, no surrogates, nothing above U+10FFFF. */
static size_t character(const unsigned char *p, size_t left)
{
	size_t n = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0, i;

	if (n > left)
		return 0;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

bool utf8_ok(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + n;
	uint64_t word;
	size_t step;

	while (p < end) {
		if (end - p >= 8) {
			memcpy(&word, p, 8);
			if (!(word & UINT64_C(0x8080808080808080))) {
				p += 8;
				continue;
			}
		}
		if (!(step = character(p, (size_t)(end - p))))
			return false;
		p += step;
	}
	return true;
}

/* ---- in ---- */

#define KEEP_MAX (1u << 20)	/* memory that an empty buffer keeps */

void frames_release(struct frames *f)
{
	buf_release(&f->in);
	buf_release(&f->message);
	f->at = 0;
	f->op = 0;
}

static void shrink(struct buf *b)
{
	if (b->len == 0 && b->cap > KEEP_MAX)
		buf_release(b);
}

char *frames_room(struct frames *f, size_t least)
{
	f->in.len -= f->at;
	if (f->in.len && f->at)
		memmove(f->in.data, f->in.data + f->at, f->in.len);
	f->at = 0;
	shrink(&f->in);
	buf_reserve(&f->in, least);
	return f->in.data + f->in.len;
}

struct head { unsigned op; bool fin, masked; unsigned char mask[4]; uint64_t len; size_t size; };

/* Whether the whole head is there. */
static bool read_head(const unsigned char *p, size_t n, struct head *h)
{
	unsigned wide, i;

	if (n < 2)
		return false;
	h->fin = p[0] & 0x80;
	h->op = p[0] & 0x0f;
	h->masked = p[1] & 0x80;
	h->len = p[1] & 0x7f;
	wide = h->len == 126 ? 2 : h->len == 127 ? 8 : 0;
	h->size = 2 + wide + (h->masked ? 4 : 0);
	if (n < h->size)
		return false;
	for (i = 0, h->len = wide ? 0 : h->len; i < wide; i++)
		h->len = h->len << 8 | p[2 + i];
	if (h->masked)
		memcpy(h->mask, p + 2 + wide, 4);
	return true;
}

static unsigned head_problem(const struct frames *f, unsigned first, const struct head *h)
{
	bool control = h->op & 8;

	if (first & 0x70 || h->masked != f->masked || (h->op > FRAME_BINARY && !control) || h->op > FRAME_PONG)
		return CLOSE_PROTOCOL;
	if (control)
		return h->fin && h->len <= FRAME_CONTROL_MAX ? 0 : CLOSE_PROTOCOL;
	if ((h->op == FRAME_MORE) != (f->op != 0))
		return CLOSE_PROTOCOL;
	return h->len > f->max || h->len + f->message.len > f->max ? CLOSE_TOO_BIG : 0;
}

/* A frame of a message that is not all there yet, or its last one: then the op. */
static int gather(struct frames *f, const struct head *h, const char **text, size_t *n)
{
	unsigned op = f->op;

	if (h->op != FRAME_MORE)
		op = f->op = h->op;
	buf_add(&f->message, *text, *n);
	if (!h->fin)
		return 0;
	*text = f->message.data ? f->message.data : "";
	*n = f->message.len;
	f->message.len = 0;	/* the bytes stay until the next fragment */
	f->op = 0;
	return (int)op;
}

int frames_next(struct frames *f, const char **text, size_t *n)
{
	struct head h;
	char *p;
	int op;

	if (!f->op)
		shrink(&f->message);
	if (!f->in.data)
		return 0;
	while (read_head((unsigned char *)f->in.data + f->at, f->in.len - f->at, &h)) {
		p = f->in.data + f->at;
		if ((f->bad = head_problem(f, (unsigned char)*p, &h)))
			return -1;
		if (f->in.len - f->at - h.size < h.len)
			return 0;
		f->at += h.size + (size_t)h.len;
		if (h.masked)
			apply_mask(p + h.size, (size_t)h.len, h.mask);
		*text = p + h.size;
		*n = (size_t)h.len;
		if (h.op & 8 || (h.fin && h.op != FRAME_MORE))
			return (int)h.op;
		if ((op = gather(f, &h, text, n)))
			return op;
	}
	return 0;
}

/* ---- out ---- */

void frame_put(struct buf *out, enum frame_op op, bool fin, const void *text, size_t n, const unsigned char *mask)
{
	unsigned char head[FRAME_HEAD_MAX];
	unsigned wide = n < 126 ? 0 : n < 65536 ? 2 : 8, i;
	size_t size = 2 + wide;

	head[0] = (unsigned char)((fin ? 0x80 : 0) | op);
	head[1] = (unsigned char)((mask ? 0x80 : 0) | (wide == 0 ? n : wide == 2 ? 126 : 127));
	for (i = 0; i < wide; i++)
		head[2 + i] = (unsigned char)((uint64_t)n >> 8 * (wide - 1 - i));
	if (mask) {
		memcpy(head + size, mask, 4);
		size += 4;
	}
	buf_reserve(out, size + n);
	buf_add(out, head, size);
	buf_add(out, text, n);
	if (mask)
		apply_mask(out->data + out->len - n, n, mask);
}

unsigned frame_close_code(const char *text, size_t n)
{
	unsigned code;

	if (n == 0)
		return CLOSE_NONE;
	if (n == 1 || !utf8_ok(text + 2, n - 2))
		return CLOSE_PROTOCOL;
	code = (unsigned)(unsigned char)text[0] << 8 | (unsigned char)text[1];
	if (code == 1004 || code == CLOSE_NONE || code == CLOSE_ABNORMAL)
		return CLOSE_PROTOCOL;
	return (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999) ? code : CLOSE_PROTOCOL;
}

/* ---- handshake ---- */

static uint32_t rotate(uint32_t x, unsigned by) { return x << by | x >> (32 - by); }

static void sha1_block(uint32_t h[5], const unsigned char *p)
{
	static const uint32_t add[] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], mix, t;
	unsigned i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (i = 0; i < 80; i++) {
		mix = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
		t = rotate(a, 5) + mix + e + add[i / 20] + w[i];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = t;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

/* For short texts: two blocks at most. The protocol wants SHA-1; nothing secret hangs on it. */
static void sha1(const char *text, size_t n, unsigned char out[20])
{
	uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	unsigned char block[128] = { 0 };
	size_t size = n < 56 ? 64 : 128, i;

	memcpy(block, text, n);
	block[n] = 0x80;
	block[size - 2] = (unsigned char)(n * 8 >> 8);
	block[size - 1] = (unsigned char)(n * 8);
	for (i = 0; i < size; i += 64)
		sha1_block(h, block + i);
	for (i = 0; i < 20; i++)
		out[i] = (unsigned char)(h[i / 4] >> 8 * (3 - i % 4));
}

void frame_base64(char *dst, const unsigned char *p, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;

	for (i = 0; i < n; i += 3) {
		*dst++ = digit[p[i] >> 2];
		*dst++ = digit[(p[i] & 3) << 4 | p[i + 1] >> 4];
		*dst++ = digit[(p[i + 1] & 15) << 2 | p[i + 2] >> 6];
		*dst++ = digit[p[i + 2] & 63];
	}
	*dst = '\0';
}

void frame_accept(char dst[29], const char *key, size_t n)
{
	static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char digest[21] = { 0 };	/* padded to a multiple of three */
	char text[64 + sizeof magic];

	n = n > 64 ? 64 : n;
	memcpy(text, key, n);
	memcpy(text + n, magic, sizeof magic - 1);
	sha1(text, n + sizeof magic - 1, digest);
	frame_base64(dst, digest, sizeof digest);
	dst[27] = '=';
}
