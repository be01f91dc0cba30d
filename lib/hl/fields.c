/* SPDX-License-Identifier: MIT
 * One reader of values for both ways to an object: by tokens, and straight from the text. */
#include "hl/fields.h"

#include "base/num.h"

static const char *const wants[] = {
	[FIELD_DEC] = "a decimal",
	[FIELD_INT] = "an integer",
	[FIELD_COUNT] = "an integer from 0",
	[FIELD_SYM] = "a symbol",
	[FIELD_SIDE] = "A or B",
	[FIELD_TEXT] = "a text of at most 127 bytes",
	[FIELD_DIGITS] = "an integer from 0",
	[FIELD_ID] = "a text of at most 64 bytes",
	[FIELD_FLAG] = "true or false",
};

/* ---- values: each reads at p and returns the byte behind it, NULL if it is of another kind ---- */

static const char *get_digits(const char *p, const char *end, char *dst)
{
	const char *start = p;

	while (p < end && *p >= '0' && *p <= '9' && p - start < ID_MAX)
		p++;
	if (p == start || p - start == ID_MAX)
		return NULL;
	*(char *)mempcpy(dst, start, (size_t)(p - start)) = '\0';
	return p;
}

static const char *get_number(const char *p, const char *end, enum field_kind kind, void *dst)
{
	switch (kind) {
	case FIELD_DEC: return num_f64_get(p, end, dst);
	case FIELD_INT: return num_i64_get(p, end, dst);
	case FIELD_COUNT: return num_u64_get(p, end, dst);
	default: return get_digits(p, end, dst);
	}
}

/* A number, or a text that is one. */
static const char *get_loose(const char *p, const char *end, enum field_kind kind, void *dst)
{
	if (p == end || *p != '"')
		return get_number(p, end, kind, dst);
	p = get_number(p + 1, end, kind, dst);
	return p && p < end && *p == '"' ? p + 1 : NULL;
}

static const char *get_filled(const char *p, const char *end, char *dst, size_t cap)
{
	p = json_string_get(p, end, dst, cap);
	return p && *dst ? p : NULL;
}

static const char *get_side(const char *p, const char *end, char *dst)
{
	p = json_string_get(p, end, dst, TEXT_MAX);
	return p && (*dst == 'A' || *dst == 'B') && !dst[1] ? p : NULL;
}

static const char *get_flag(const char *p, const char *end, bool *dst)
{
	const char *stop = SKIM(p, end, "true");

	*dst = stop != NULL;
	return stop ? stop : SKIM(p, end, "false");
}

const char *field_skim(const char *p, const char *end, enum field_kind kind, void *dst)
{
	switch (kind) {
	case FIELD_SYM: return get_filled(p, end, dst, SYMBOL_MAX);
	case FIELD_SIDE: return get_side(p, end, dst);
	case FIELD_TEXT: return json_string_get(p, end, dst, TEXT_MAX);
	case FIELD_ID: return json_string_get(p, end, dst, ID_MAX);
	case FIELD_FLAG: return get_flag(p, end, dst);
	default: return get_loose(p, end, kind, dst);
	}
}

static void set_empty(enum field_kind kind, void *dst)
{
	switch (kind) {
	case FIELD_DEC: *(double *)dst = 0; break;
	case FIELD_INT: *(int64_t *)dst = 0; break;
	case FIELD_COUNT: *(uint64_t *)dst = 0; break;
	case FIELD_FLAG: *(bool *)dst = false; break;
	default: *(char *)dst = '\0'; break;
	}
}

/* ---- from tokens ---- */

bool field_read(const struct json_doc *d, const struct json *v, const char *key, enum field_kind kind, void *dst, struct errmsg *e)
{
	bool quoted = v && v->type == JSON_STRING;
	const char *end;

	if (!v)
		return errmsg_set(e, "\"%s\" is missing", key);
	end = d->text + v->end + quoted;
	if (field_skim(d->text + v->start - quoted, end, kind, dst) != end)
		return errmsg_set(e, "\"%s\" is not %s", key, wants[kind]);
	return true;
}

bool fields_read(const struct json_doc *d, const struct json *object, const struct field *table, void *record, struct errmsg *e)
{
	if (!object || object->type != JSON_OBJECT)
		return errmsg_set(e, "what should be an object is none");
	for (const struct field *f = table; f->key; f++) {
		const struct json *v = json_get(d, object, f->key);
		char *dst = (char *)record + f->at;

		if (f->optional && (!v || v->type == JSON_NULL))
			set_empty(f->kind, dst);
		else if (!field_read(d, v, f->key, f->kind, dst, e))
			return false;
	}
	return true;
}

/* ---- from text ---- */

/* The row of the key of n bytes at p. The search starts behind the last row found: the exchange mostly keeps the order of the
 * tables. */
static const struct field *find(const struct field *table, const struct field *from, const char *p, size_t n)
{
	for (const struct field *f = from; f->key; f++)
		if (strlen(f->key) == n && memcmp(f->key, p, n) == 0)
			return f;
	for (const struct field *f = table; f < from; f++)
		if (strlen(f->key) == n && memcmp(f->key, p, n) == 0)
			return f;
	return NULL;
}

/* The end of a scalar that nobody wants. */
static const char *skip_scalar(const char *p, const char *end)
{
	char text[TEXT_MAX];
	double number;
	bool flag;

	if (p < end && *p == '"')
		return json_string_get(p, end, text, sizeof text);
	if (p < end && *p == 'n')
		return SKIM(p, end, "null");
	if (p < end && (*p == 't' || *p == 'f'))
		return get_flag(p, end, &flag);
	return num_f64_get(p, end, &number);
}

/* All of the table's members that must be there were seen; those that were not are made empty. */
static bool settle(const struct field *table, uint32_t seen, void *record)
{
	for (const struct field *f = table; f->key; f++) {
		if (seen >> (f - table) & 1)
			continue;
		if (!f->optional)
			return false;
		set_empty(f->kind, (char *)record + f->at);
	}
	return true;
}

const char *fields_skim(const char *p, const char *end, const struct field *table, void *record)
{
	const struct field *f, *next = table;
	uint32_t seen = 0;
	const char *key;

	for (p = SKIM(p, end, "{"); p; p++) {
		if (!(key = SKIM(p, end, "\"")) || !(p = memchr(key, '"', (size_t)(end - key))))
			return NULL;
		f = find(table, next, key, (size_t)(p - key));
		p = SKIM(p, end, "\":");
		if (!p || (f ? seen >> (f - table) & 1 : memchr(key, '\\', (size_t)(p - key)) != NULL))
			return NULL;
		if (f && !(f->optional && SKIM(p, end, "null"))) {
			seen |= 1u << (f - table);
			next = f + 1;
			p = field_skim(p, end, f->kind, (char *)record + f->at);
		} else {
			p = skip_scalar(p, end);
		}
		if (!p || p == end)
			return NULL;
		if (*p == '}')
			return settle(table, seen, record) ? p + 1 : NULL;
		if (*p != ',')
			return NULL;
	}
	return NULL;
}
