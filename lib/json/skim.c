/* SPDX-License-Identifier: MIT
 * Members of an object found by quotes and brackets alone; changes when texts of another form shall be skimmed. */
#include "json/json.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK = 64 };

/* Inside a nested value: brackets that are open, and whether the bytes are a string's. */
struct nesting { uint64_t depth; bool quoted; };

#ifdef __SSE2__
/* A bit per byte that is c, whatever bits of `mask` it has besides. */
static uint64_t equal(const char *p, char c, char mask)
{
	uint64_t bits = 0;
	int i;

	for (i = 0; i < BLOCK / 16; i++) {
		__m128i bytes = _mm_or_si128(_mm_loadu_si128((const __m128i *)p + i), _mm_set1_epi8(mask));

		bits |= (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))) << 16 * i;
	}
	return bits;
}

/* Bit i of the result: is the number of bits up to i odd? */
static uint64_t odd_so_far(uint64_t bits)
{
	for (int shift = 1; shift < 64; shift *= 2)
		bits ^= bits << shift;
	return bits;
}

/* Passes over a whole block; false if the value may end in it, or if it holds escapes. */
static bool pass_block(struct nesting *n, const char *p)
{
	uint64_t quoted, opened, closed;

	if (equal(p, '\\', 0))
		return false;
	quoted = odd_so_far(equal(p, '"', 0)) ^ (n->quoted ? UINT64_MAX : 0);
	opened = equal(p, '{', 0x20) & ~quoted;		/* "[" is "{" but for this bit, "]" is "}" */
	closed = equal(p, '}', 0x20) & ~quoted;
	if (n->depth <= (unsigned)__builtin_popcountll(closed))
		return false;
	n->depth += (unsigned)__builtin_popcountll(opened) - (uint64_t)__builtin_popcountll(closed);
	n->quoted = quoted >> 63;
	return true;
}
#else
static bool pass_block(struct nesting *n, const char *p)
{
	(void)n, (void)p;
	return false;
}
#endif

/* The same byte by byte, up to `stop` (or one byte further, if an escape stands before it) or the end of the value. */
static const char *pass_bytes(struct nesting *n, const char *p, const char *stop, const char *end)
{
	for (; p < stop && n->depth; p++)
		if (*p == '"')
			n->quoted = !n->quoted;
		else if (n->quoted)
			p += *p == '\\' && p + 1 < end;
		else if (*p == '{' || *p == '[')
			n->depth++;
		else if (*p == '}' || *p == ']')
			n->depth--;
	return p;
}

/* p is at the opening bracket. Returns the byte behind the closing one, NULL if there is none. */
static const char *nested_end(const char *p, const char *end)
{
	struct nesting n = { .depth = 1 };

	for (p++; n.depth && p < end; )
		if (end - p >= BLOCK && pass_block(&n, p))
			p += BLOCK;
		else
			p = pass_bytes(&n, p, end - p > BLOCK ? p + BLOCK : end, end);
	return n.depth ? NULL : p;
}

/* p is behind the opening quote. Returns the closing one, NULL if there is none. */
static const char *string_end(const char *p, const char *end)
{
	for (; p < end && *p != '"'; p++)
		if (*p == '\\' && ++p == end)
			return NULL;
	return p < end ? p : NULL;
}

/* The bytes of numbers, true, false and null. */
static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '+' || c == 'E';
}

static const char *value_end(const char *p, const char *end)
{
	const char *start = p;

	if (p == end)
		return NULL;
	if (*p == '{' || *p == '[')
		return nested_end(p, end);
	if (*p == '"') {
		p = string_end(p + 1, end);
		return p ? p + 1 : NULL;
	}
	while (p < end && is_plain(*p))
		p++;
	return p > start ? p : NULL;
}

/* Takes a value that is wanted, or the wanted one inside it. */
static void take(struct json_span *w, const char *key, size_t len, const char *start, const char *end)
{
	struct json_span below;

	if (strnlen(w->path, len) < len || memcmp(w->path, key, len) != 0)
		return;
	if (w->path[len] == '\0') {
		w->start = start;
		w->end = end;
	} else if (w->path[len] == '.' && *start == '{' && !w->start) {
		below = (struct json_span){ .path = w->path + len + 1 };
		if (json_skim(start, (size_t)(end - start), &below, 1) && below.start) {
			w->start = below.start;
			w->end = below.end;
		}
	}
}

bool json_skim(const char *text, size_t len, struct json_span *want, unsigned n)
{
	const char *p = text, *end = text + len, *key, *key_end, *value;
	unsigned i;

	for (i = 0; i < n; i++)
		want[i].start = NULL;
	if (len < 2 || *p != '{')
		return false;
	for (p += p[1] == '}'; *p != '}'; ) {	/* at the brace or comma before a member */
		key = p + 2;
		if (end - p < 2 || p[1] != '"' || !(key_end = string_end(key, end)) || end - key_end < 2 || key_end[1] != ':')
			return false;
		value = key_end + 2;
		p = value_end(value, end);
		if (!p || p == end || (*p != ',' && *p != '}'))
			return false;
		for (i = 0; i < n; i++)
			take(&want[i], key, (size_t)(key_end - key), value, p);
	}
	return p + 1 == end;
}
