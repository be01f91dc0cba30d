/* SPDX-License-Identifier: MIT
 * The form of a line: {"type":"X","seq":N,"ts_ms":T[,"more":K]...,"c":"checksum"}. */
#include "journal/line.h"

#include "base/hash.h"
#include "base/num.h"
#include "base/stream.h"
#include "json/json.h"

#include <stdio.h>
#include <string.h>

#define HEAD "{\"type\":\""
#define TAIL ",\"c\":\"89abcdef\"}"
enum { HEAD_LEN = sizeof HEAD - 1, TAIL_LEN = sizeof TAIL - 1, OWN_MAX = 128 };

static const char *const own[] = { "seq", "ts_ms", "more", "c" };

/* ---- writing ---- */

static bool check_members(const struct json_doc *d, struct errmsg *e)
{
	for (unsigned i = 0; i < sizeof own / sizeof *own; i++)
		if (json_get(d, d->tok, own[i]))
			return errmsg_set(e, "\"%s\" is the journal's own member", own[i]);
	return true;
}

bool line_check(const char *line, size_t n, struct errmsg *e)
{
	struct json_doc d = { 0 };
	bool ok;

	if (n < HEAD_LEN || memcmp(line, HEAD, HEAD_LEN) != 0 || line[n - 1] != '}')
		return errmsg_set(e, "a record begins with " HEAD " and ends with }");
	if (n > LINE_LIMIT - OWN_MAX)
		return errmsg_set(e, "a record of %zu bytes is too long", n);
	ok = json_parse(&d, line, n, e) &&
	     ((d.tok[2].type == JSON_STRING && !d.tok[2].escaped) || errmsg_set(e, "\"type\" is not a plain text")) && check_members(&d, e);
	json_release(&d);
	return ok;
}

/* Of the line without the member "c". */
static uint32_t line_crc(const char *line, size_t n)
{
	return crc32_ieee(crc32_ieee(0, line, n), "}", 1);
}

void line_seal(struct buf *out, const char *record, size_t n, uint64_t seq, int64_t ts_ms, uint32_t more)
{
	size_t begin = out->len, type_end = (size_t)((const char *)memchr(record + HEAD_LEN, '"', n - HEAD_LEN) + 1 - record);

	buf_add(out, record, type_end);
	buf_addf(out, ",\"seq\":%llu,\"ts_ms\":%lld", (unsigned long long)seq, (long long)ts_ms);
	if (more)
		buf_addf(out, ",\"more\":%u", more);
	buf_add(out, record + type_end, n - type_end - 1);
	buf_addf(out, ",\"c\":\"%08x\"}\n", line_crc(out->data + begin, out->len - begin));
}

/* ---- reading ---- */

static bool read_crc(const char *hex, uint32_t *crc)
{
	*crc = 0;
	for (int i = 0; i < 8; i++) {
		const char *digits = "0123456789abcdef", *d = hex[i] ? strchr(digits, hex[i]) : NULL;

		if (!d)
			return false;
		*crc = *crc << 4 | (uint32_t)(d - digits);
	}
	return true;
}

static bool checksum_holds(const char *line, size_t n)
{
	const char *tail = line + n - TAIL_LEN;
	uint32_t crc;

	return memcmp(tail, TAIL, 6) == 0 && tail[14] == '"' && tail[15] == '}' && read_crc(tail + 6, &crc) &&
	       crc == line_crc(line, n - TAIL_LEN);
}

/* The text that must stand at p; behind it, or NULL. */
static const char *skip(const char *p, const char *end, const char *text)
{
	size_t n = strlen(text);

	return p && (size_t)(end - p) >= n && memcmp(p, text, n) == 0 ? p + n : NULL;
}

bool line_parse(const char *line, size_t n, struct journal_record *r)
{
	const char *end = line + n - TAIL_LEN, *p, *q;
	uint64_t more = 0;

	if (n < HEAD_LEN + TAIL_LEN || !(p = skip(line, end, HEAD)) || !(q = memchr(p, '"', (size_t)(end - p))))
		return false;
	*r = (struct journal_record){ .type = p, .type_len = (size_t)(q - p), .line = line, .len = n - TAIL_LEN + 1 };
	if (!(p = skip(q, end, "\",\"seq\":")) || !(p = num_u64_get(p, end, &r->seq)) ||
	    !(p = skip(p, end, ",\"ts_ms\":")) || !(p = num_i64_get(p, end, &r->ts_ms)))
		return false;
	if ((q = skip(p, end, ",\"more\":")) && !(q = num_u64_get(q, end, &more)))
		return false;
	r->more = (uint32_t)more;
	return r->seq > 0 && more <= UINT32_MAX;
}

bool line_read(const char *line, size_t n, struct journal_record *r)
{
	return n >= HEAD_LEN + TAIL_LEN && checksum_holds(line, n) && line_parse(line, n, r);
}

void line_open(char *line, const struct journal_record *r)
{
	line[r->len - 1] = '}';
}
