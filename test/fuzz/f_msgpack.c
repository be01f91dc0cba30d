/* SPDX-License-Identifier: MIT
 * JSON values into msgpack: a reader of its own, which insists on the shortest form, finds the same values. */
#include "base/num.h"
#include "hl/action.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
	if (!ok)
		abort();
}

struct reader { const unsigned char *p, *end; };

static uint64_t big_endian(struct reader *r, unsigned bytes)
{
	uint64_t v = 0;

	need((size_t)(r->end - r->p) >= bytes);
	while (bytes--)
		v = v << 8 | *r->p++;
	return v;
}

static unsigned head(struct reader *r)
{
	need(r->p < r->end);
	return *r->p++;
}

/* A length: in the head's low bits up to `fix`, else behind heads of 1 (0: no such head), 2 and 4 bytes. */
static uint64_t length(struct reader *r, unsigned base, unsigned fix, unsigned one, unsigned two)
{
	unsigned h = head(r);
	uint64_t n;

	if (h >= base && h <= base + fix)
		return h - base;
	if (one && h == one) {
		n = big_endian(r, 1);
		need(n > fix);
		return n;
	}
	if (h == two) {
		n = big_endian(r, 2);
		need(n > (one ? UINT8_MAX : fix));
		return n;
	}
	need(h == two + 1);
	n = big_endian(r, 4);
	need(n > UINT16_MAX);
	return n;
}

static void number(struct reader *r, const char *text, const char *end)
{
	static const uint64_t above[] = { 127, UINT8_MAX, UINT16_MAX, UINT32_MAX };
	static const int64_t below[] = { -32, INT8_MIN, INT16_MIN, INT32_MIN };
	unsigned h = head(r), i;
	uint64_t u, want_u;
	int64_t s, want_s;

	if (h <= 127 || (h >= 0xcc && h <= 0xcf)) {
		u = h <= 127 ? h : big_endian(r, 1u << (h - 0xcc));
		need(h <= 127 || u > above[h - 0xcc]);
		if (num_u64_get(text, end, &want_u) == end)
			need(u == want_u);
		else
			need(u == 0 && end - text == 2 && text[0] == '-');	/* -0 */
		return;
	}
	i = h - 0xd0;
	need(h >= 0xe0 || i < 4);
	s = h >= 0xe0 ? (int8_t)h : (int64_t)(big_endian(r, 1u << i) << (64 - (8u << i))) >> (64 - (8u << i));
	need(s < 0 && (h >= 0xe0 || s < below[i]));
	need(num_i64_get(text, end, &want_s) == end && s == want_s);
}

static void string(struct reader *r, const struct json_doc *d, const struct json *v)
{
	uint64_t n = length(r, 0xa0, 31, 0xd9, 0xda);
	char *text = malloc(n + 1);

	need((uint64_t)(r->end - r->p) >= n);
	memcpy(text, r->p, n);
	text[n] = '\0';
	need(strlen(text) == n && json_is(d, v, text));
	r->p += n;
	free(text);
}

static const struct json *value(struct reader *r, const struct json_doc *d, const struct json *v)
{
	const struct json *child = v + 1;

	switch (v->type) {
	case JSON_NULL:
		need(head(r) == 0xc0);
		return child;
	case JSON_FALSE:
	case JSON_TRUE:
		need(head(r) == (v->type == JSON_TRUE ? 0xc3 : 0xc2));
		return child;
	case JSON_NUMBER:
		number(r, d->text + v->start, d->text + v->end);
		return child;
	case JSON_STRING:
		string(r, d, v);
		return child;
	}
	need(v->size == (v->type == JSON_ARRAY ? length(r, 0x90, 15, 0, 0xdc) : length(r, 0x80, 15, 0, 0xde)));
	for (uint32_t i = 0; i < v->size; i++) {
		if (v->type == JSON_OBJECT)
			string(r, d, child++);
		child = value(r, d, child);
	}
	return child;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf packed = BUF_INIT;
	struct json_doc d;
	struct errmsg e;
	struct reader r;

	if (!json_parse(&d, (const char *)data, size, &e))
		return 0;
	if (json_pack(&d, d.tok, &packed, &e)) {
		r = (struct reader){ (unsigned char *)packed.data, (unsigned char *)packed.data + packed.len };
		need(value(&r, &d, d.tok) == d.tok + d.n && r.p == r.end);
	}
	buf_release(&packed);
	json_release(&d);
	return 0;
}
