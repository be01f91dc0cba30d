/* SPDX-License-Identifier: MIT
 * JSON strings: what is a valid one, and its bytes with and without escapes. */
#include "json/json.h"

#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return -1;
}

/* "u12ab": the value, -1 if it is none. p is at the 'u'. */
static int32_t hex4(const char *p, const char *end)
{
	int32_t v = 0;

	if (end - p < 5 || *p != 'u')
		return -1;
	for (int i = 1; i <= 4; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* The escape at p (behind the backslash): its code point, *next behind it; -1 if it is wrong. U+0000 is wrong because
 * strings end with it here, half a surrogate pair because it has no UTF-8. */
static int32_t escape(const char *p, const char *end, const char **next)
{
	static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *letter;
	int32_t high, low;

	if (p == end || !*p)
		return -1;
	*next = p + 1;
	letter = strchr(letters, *p);
	if (letter)
		return values[letter - letters];
	high = hex4(p, end);
	*next = p + 5;
	if (high <= 0 || (high >= 0xdc00 && high < 0xe000))
		return -1;
	if (high < 0xd800 || high >= 0xdc00)
		return high;
	if (end - *next < 6 || **next != '\\')
		return -1;
	low = hex4(*next + 1, end);
	*next += 6;
	if (low < 0xdc00 || low >= 0xe000)
		return -1;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* Length of the UTF-8 sequence at p, 0 if it is not the shortest form of a code point. */
static int utf8_length(const char *s, const char *end)
{
	const unsigned char *p = (const unsigned char *)s;
	int n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (p[0] < 0xc2 || p[0] > 0xf4 || end - s < n)
		return 0;
	for (int i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0))
		return 0;
	if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

const char *json_string_end(const char *p, const char *end, bool *escaped, const char **why)
{
	*escaped = false;
	while (p < end) {
		unsigned char c = (unsigned char)*p;
		int n;

		if (c == '"')
			return p;
		if (c == '\\') {
			*escaped = true;
			if (escape(p + 1, end, &p) < 0) {
				*why = "wrong escape in a string";
				return NULL;
			}
		} else if (c < 0x20) {
			*why = "control character in a string";
			return NULL;
		} else if (c < 0x80) {
			p++;
		} else if ((n = utf8_length(p, end))) {
			p += n;
		} else {
			*why = "a string is not UTF-8";
			return NULL;
		}
	}
	*why = "a string does not end";
	return NULL;
}

static char *put_utf8(char *dst, int32_t c)
{
	if (c < 0x80) {
		*dst++ = (char)c;
		return dst;
	}
	if (c < 0x800) {
		*dst++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*dst++ = (char)(0xe0 | c >> 12);
		} else {
			*dst++ = (char)(0xf0 | c >> 18);
			*dst++ = (char)(0x80 | (c >> 12 & 63));
		}
		*dst++ = (char)(0x80 | (c >> 6 & 63));
	}
	*dst++ = (char)(0x80 | (c & 63));
	return dst;
}

bool json_decode(const char *p, const char *end, char *dst, size_t cap)
{
	while (p < end) {
		char bytes[4] = { *p };
		size_t n = 1;

		if (*p == '\\')
			n = (size_t)(put_utf8(bytes, escape(p + 1, end, &p)) - bytes);
		else
			p++;
		if (n >= cap)
			return false;
		memcpy(dst, bytes, n);
		dst += n;
		cap -= n;
	}
	if (!cap)
		return false;
	*dst = '\0';
	return true;
}

char *json_encode(char *dst, const char *s, size_t n)
{
	static const char short_form[32] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r' };

	for (; n; n--, s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= 0x20) {
			if (c == '"' || c == '\\')
				*dst++ = '\\';
			*dst++ = (char)c;
			continue;
		}
		*dst++ = '\\';
		if (short_form[c]) {
			*dst++ = short_form[c];
			continue;
		}
		memcpy(dst, "u00", 3);
		dst[3] = "01"[c >> 4];
		dst[4] = "0123456789abcdef"[c & 15];
		dst += 5;
	}
	return dst;
}

const char *json_string_get(const char *p, const char *end, char *dst, size_t cap)
{
	const char *start = p + 1, *why;
	bool escaped;

	if (p == end || *p != '"')
		return NULL;
	for (p = start; p < end && (signed char)*p >= 0x20 && *p != '"' && *p != '\\'; p++)
		;	/* plain ASCII, which is nearly every string */
	if (p < end && *p == '"') {
		if ((size_t)(p - start) >= cap)
			return NULL;
		memcpy(dst, start, (size_t)(p - start));
		dst[p - start] = '\0';
		return p + 1;
	}
	p = json_string_end(start, end, &escaped, &why);
	return p && json_decode(start, p, dst, cap) ? p + 1 : NULL;
}
