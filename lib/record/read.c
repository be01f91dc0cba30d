/* SPDX-License-Identifier: MIT
 * Text to records. A line in the writer's own form is read in one pass by an expansion of records.def; any other form of
 * the same object, and every wrong line, goes through the JSON tokens, which also find the words for what is wrong. */
#include "record/record.h"

#include "base/num.h"
#include "json/json.h"

#include <inttypes.h>
#include <string.h>

/* ---- values: each get_KIND() reads the JSON value at p and returns the byte behind it, NULL if it is of another kind ---- */

static const char *get_i64(const char *p, const char *end, int64_t *v)
{
	return num_i64_get(p, end, v);
}

static const char *get_ms(const char *p, const char *end, int64_t *v)
{
	return num_i64_get(p, end, v);
}

static const char *get_u64(const char *p, const char *end, uint64_t *v)
{
	return num_u64_get(p, end, v);
}

static const char *get_f64(const char *p, const char *end, double *v)
{
	return num_f64_get(p, end, v);
}

/* The byte behind text, NULL if something else stands at p. */
static inline const char *match(const char *p, const char *end, const char *text, size_t n)
{
	return (size_t)(end - p) >= n && memcmp(p, text, n) == 0 ? p + n : NULL;
}
#define MATCH(p, end, text) match(p, end, text, sizeof text - 1)

static const char *get_flag(const char *p, const char *end, bool *v)
{
	const char *stop = MATCH(p, end, "true");

	*v = stop != NULL;
	return stop ? stop : MATCH(p, end, "false");
}

static const char *get_text(const char *p, const char *end, char *dst)
{
	return json_string_get(p, end, dst, TEXT_MAX);
}

static const char *get_long(const char *p, const char *end, char *dst)
{
	return json_string_get(p, end, dst, LONG_MAX_TEXT);
}

static const char *get_sym(const char *p, const char *end, char *dst)
{
	p = json_string_get(p, end, dst, SYMBOL_MAX);
	return p && *dst ? p : NULL;
}

static const char *get_id(const char *p, const char *end, char *dst)
{
	*dst = '\0';
	return p < end && *p == 'n' ? MATCH(p, end, "null") : json_string_get(p, end, dst, ID_MAX);
}

/* ---- the writer's own form ---- */

/* p is behind the type; true if everything to the end is as the writer makes it. */
#define RECORD(name, meaning) static bool fast_##name(const char *p, const char *end, struct rec_##name *r) \
{
#define FIELD(kind, member, key, meaning) \
	if (!(p = MATCH(p, end, ",\"" key "\":")) || !(p = get_##kind(p, end, (void *)&r->member))) \
		return false;
#define RECORD_END \
	return end - p == 1 && *p == '}'; \
}
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END

/* A line of a journal has members of its own behind the type (docs/journal.md). NULL: it is none. */
static const char *behind_journal(const char *p, const char *end)
{
	const char *more;
	uint64_t u;
	int64_t t;

	if (!(p = MATCH(p, end, ",\"seq\":")) || !(p = num_u64_get(p, end, &u)) || !(p = MATCH(p, end, ",\"ts_ms\":")) ||
	    !(p = num_i64_get(p, end, &t)))
		return NULL;
	more = MATCH(p, end, ",\"more\":");
	return more ? num_u64_get(more, end, &u) : p;
}

static bool parse_fast(struct record *r, const char *p, const char *end)
{
	const char *rest, *journal;

	p = MATCH(p, end, "{\"type\":\"");
	if (!p)
		return false;
#define RECORD(name, meaning) \
	rest = MATCH(p, end, #name "\""); \
	if (rest) { \
		r->type = REC_##name; \
		journal = behind_journal(rest, end); \
		return fast_##name(rest, end, &r->u.name) || (journal && fast_##name(journal, end, &r->u.name)); \
	}
#define FIELD(kind, member, key, meaning)
#define RECORD_END
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END
	return false;
}

/* ---- any form ---- */

enum kind {
#define KIND(name, type, want) K_##name,
#include "record/kinds.def"
#undef KIND
};

static const char *const kind_wants[] = {
#define KIND(name, type, want) want,
#include "record/kinds.def"
#undef KIND
};

static const char *get_kind(enum kind kind, const char *p, const char *end, void *dst)
{
	switch (kind) {
#define KIND(name, type, want) case K_##name: return get_##name(p, end, dst);
#include "record/kinds.def"
#undef KIND
	}
	return NULL;
}

/* The object's members and where the search for the next one starts: behind the last one found, since members that were
 * moved mostly keep their order. */
struct members { const struct json_doc *doc; const struct json *object, *next; struct errmsg *e; };

static const struct json *find(struct members *m, const char *key)
{
	const struct json *end = m->object + m->object->skip, *t = m->next;

	for (uint32_t i = 0; i < m->object->size; i++) {
		const struct json *value = t + 1;

		if (t == end)
			t = m->object + 1, value = t + 1;
		if (json_is(m->doc, t, key)) {
			m->next = value + value->skip;
			return value;
		}
		t = value + value->skip;
	}
	return NULL;
}

static bool member(struct members *m, const char *key, enum kind kind, void *dst)
{
	const struct json *v = find(m, key);
	const char *text = m->doc->text, *end;

	if (!v)
		return errmsg_set(m->e, "\"%s\" is missing", key);
	end = text + v->end + (v->type == JSON_STRING);	/* with its quotes */
	if (get_kind(kind, text + v->start - (v->type == JSON_STRING), end, dst) != end)
		return errmsg_set(m->e, "\"%s\" is not %s", key, kind_wants[kind]);
	return true;
}

#define RECORD(name, meaning) static bool members_##name(struct members *m, struct rec_##name *r) \
{ \
	return true
#define FIELD(kind, name, key, meaning) && member(m, key, K_##kind, &r->name)
#define RECORD_END ; }
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END

static bool parse_members(struct record *r, struct members *m)
{
	const struct json *type = json_get(m->doc, m->object, "type");

	if (m->object->type != JSON_OBJECT)
		return errmsg_set(m->e, "a record is a JSON object");
	if (!type)
		return errmsg_set(m->e, "\"type\" is missing");
	if (type->type != JSON_STRING)
		return errmsg_set(m->e, "\"type\" is not a text");
#define RECORD(name, meaning) \
	if (json_is(m->doc, type, #name)) { \
		r->type = REC_##name; \
		return members_##name(m, &r->u.name); \
	}
#define FIELD(kind, member, key, meaning)
#define RECORD_END
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END
	r->type = REC_OTHER;
	return true;
}

static bool parse_any(struct record *r, const char *line, size_t len, struct errmsg *e)
{
	struct errmsg why;
	struct json_doc doc;
	struct members m = { .doc = &doc, .e = e };
	bool ok;

	if (len == 1 && *line == '{')
		return errmsg_set(e, "not a record but the start of a document over many lines, such as a report");
	if (!json_parse(&doc, line, len, &why))
		return errmsg_set(e, "%s", strncmp(why.text, "line 1, ", 8) == 0 ? why.text + 8 : why.text);
	m.object = doc.tok;
	m.next = doc.tok + 1;
	ok = parse_members(r, &m);
	json_release(&doc);
	return ok;
}

bool record_parse(struct record *r, const char *line, size_t len, struct errmsg *e)
{
	r->line = line;
	r->len = len;
	return parse_fast(r, line, line + len) || parse_any(r, line, len, e);
}

/* ---- streams ---- */

void record_open(struct record_in *i, const char *path, struct out *flush, bool strict)
{
	*i = (struct record_in){ .strict = strict };
	in_open(&i->in, path);
	i->in.flush = flush;
}

static void check_header(struct record_in *i, const struct rec_header *h)
{
	if (h->schema != RECORD_SCHEMA)
		in_die(&i->in, "\"schema\" is %" PRIu64 ", known is %d", h->schema, RECORD_SCHEMA);
	i->seen_header = true;
	i->seen_end = false;	/* streams may follow each other */
	i->records = 0;
}

static void check_end(struct record_in *i, const struct rec_end *end)
{
	if (i->strict && end->records != i->records)
		in_die(&i->in, "\"records\" is %" PRIu64 ", but %" PRIu64 " came", end->records, i->records);
	i->seen_end = true;
}

/* A row that is not looked into; a line that is cut always is. */
static bool is_raw(const struct record_in *i, const struct record *r)
{
	return i->raw && !i->in.torn && MATCH(r->line, r->line + r->len, "{\"type\":\"result\",");
}

bool record_line(struct record_in *i, struct record *r)
{
	r->type = REC_OTHER;
	if (!in_line(&i->in, &r->line, &r->len))
		return false;
	if (i->in.torn && i->strict)
		in_die(&i->in, "line is cut: it has no newline");
	return true;
}

void record_other(struct record_in *i)
{
	if (i->seen_end && i->strict)
		in_die(&i->in, "a record follows the end");
	i->records++;
}

void record_parse_line(struct record_in *i, struct record *r)
{
	struct errmsg e;

	if (!record_parse(r, r->line, r->len, &e))
		in_die(&i->in, "%s%s", i->in.torn ? "line is cut: " : "", e.text);
	if (r->type == REC_header)
		check_header(i, &r->u.header);
	else if (r->type == REC_end && !(i->seen_end && i->strict))
		check_end(i, &r->u.end);
	else
		record_other(i);
}

bool record_read(struct record_in *i, struct record *r)
{
	if (!record_line(i, r))
		return false;
	if (is_raw(i, r))
		record_other(i);
	else
		record_parse_line(i, r);
	return true;
}

void record_finish(struct record_in *i)
{
	if (!i->strict || stream_stop)
		return;
	if (!i->seen_header)
		in_die(&i->in, "the stream has no header");
	if (!i->seen_end)
		in_die(&i->in, "the stream has no end: it was cut");
}
