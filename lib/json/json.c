/* SPDX-License-Identifier: MIT
 * JSON text to tokens, and looking things up in them. */
#include "json/json.h"

#include "base/num.h"

#include <stdlib.h>
#include <string.h>

/* ---- parsing ---- */

struct parser {
	struct json_doc *d;
	const char *p, *end;
	const char *why;		/* what is wrong at p; NULL: nothing yet */
	uint32_t open[JSON_DEPTH];	/* tokens of the containers that are open */
	unsigned depth;
};

static bool wrong(struct parser *s, const char *why)
{
	s->why = why;
	return false;
}

static void skip_space(struct parser *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

static struct json *add_token(struct parser *s, enum json_type type)
{
	struct json_doc *d = s->d;

	if (d->n == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 64;
		d->tok = xreallocarray(d->tok, d->cap, sizeof *d->tok);
	}
	d->tok[d->n] = (struct json){ .type = (uint8_t)type, .start = (uint32_t)(s->p - d->text), .skip = 1 };
	return &d->tok[d->n++];
}

static bool parse_string(struct parser *s)
{
	struct json *t;
	const char *stop;
	bool escaped;

	s->p++;
	t = add_token(s, JSON_STRING);
	stop = json_string_end(s->p, s->end, &escaped, &s->why);
	if (!stop)
		return false;
	t->end = (uint32_t)(stop - s->d->text);
	t->escaped = escaped;
	s->p = stop + 1;
	return true;
}

static bool parse_word(struct parser *s, const char *word, enum json_type type)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return wrong(s, "no JSON value");
	add_token(s, type)->end = (uint32_t)(s->p + n - s->d->text);
	s->p += n;
	return true;
}

static bool parse_number(struct parser *s)
{
	double v;
	const char *stop = num_f64_get(s->p, s->end, &v);

	if (!stop)
		return wrong(s, "a number is not in JSON's form, or beyond the range of a double");
	add_token(s, JSON_NUMBER)->end = (uint32_t)(stop - s->d->text);
	s->p = stop;
	return true;
}

/* Compares the text of two keys, decoded. */
static int compare_keys(const char *text, const struct json *a, const struct json *b)
{
	size_t n = a->end - a->start, m = b->end - b->start;
	int order;

	if (a->escaped || b->escaped) {	/* rare enough to decode each time */
		char *x = xmalloc(n + m + 2), *y = x + n + 1;

		if (!json_decode(text + a->start, text + a->end, x, n + 1) || !json_decode(text + b->start, text + b->end, y, m + 1))
			die(EX_BUG, "a checked key does not decode");
		order = strcmp(x, y);
		free(x);
		return order;
	}
	order = memcmp(text + a->start, text + b->start, n < m ? n : m);
	return order ? order : (n > m) - (n < m);
}

static int compare_key_pointers(const void *a, const void *b, void *text)
{
	return compare_keys(text, *(const struct json *const *)a, *(const struct json *const *)b);
}

/* Few members: each against each. Many: sorted first, or a hostile text would take quadratic time. */
static bool has_duplicate(const struct json_doc *d, const struct json *object)
{
	const struct json *few[8], **key = object->size <= 8 ? few : xreallocarray(NULL, object->size, sizeof *key), *t = object + 1;
	uint32_t n = object->size;
	bool found = false;

	for (uint32_t i = 0; i < n; i++) {
		key[i] = t;
		t += 1 + t[1].skip;
	}
	if (key != few)
		qsort_r(key, n, sizeof *key, compare_key_pointers, (void *)d->text);
	for (uint32_t i = 1; i < n && !found; i++)
		for (uint32_t j = key == few ? 0 : i - 1; j < i; j++)
			found |= compare_keys(d->text, key[i], key[j]) == 0;
	if (key != few)
		free(key);
	return found;
}

static bool parse_open(struct parser *s, enum json_type type)
{
	if (s->depth == JSON_DEPTH)
		return wrong(s, "nested too deeply");
	s->open[s->depth++] = s->d->n;
	add_token(s, type);
	s->p++;
	return true;
}

/* The innermost container ends here. */
static bool parse_close(struct parser *s)
{
	struct json *t = &s->d->tok[s->open[s->depth - 1]];

	t->skip = s->d->n - s->open[s->depth - 1];
	if (t->type == JSON_OBJECT && has_duplicate(s->d, t))
		return wrong(s, "an object has the same key twice");
	s->depth--;
	s->p++;
	t->end = (uint32_t)(s->p - s->d->text);
	return true;
}

static bool parse_key(struct parser *s)
{
	if (s->p == s->end || *s->p != '"')
		return wrong(s, "a key in quotes is expected");
	if (!parse_string(s))
		return false;
	skip_space(s);
	if (s->p == s->end || *s->p != ':')
		return wrong(s, "\":\" is expected");
	s->p++;
	skip_space(s);
	return true;
}

/* A value, or the opening of one. */
static bool parse_value(struct parser *s)
{
	if (s->p == s->end)
		return wrong(s, "the text ends too early");
	switch (*s->p) {
	case '{': return parse_open(s, JSON_OBJECT);
	case '[': return parse_open(s, JSON_ARRAY);
	case '"': return parse_string(s);
	case 't': return parse_word(s, "true", JSON_TRUE);
	case 'f': return parse_word(s, "false", JSON_FALSE);
	case 'n': return parse_word(s, "null", JSON_NULL);
	case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
		return parse_number(s);
	default: return wrong(s, "no JSON value");
	}
}

/* The next member or element of the innermost container, or its end. */
static bool parse_next(struct parser *s)
{
	struct json *t = &s->d->tok[s->open[s->depth - 1]];
	bool object = t->type == JSON_OBJECT;

	if (s->p < s->end && *s->p == (object ? '}' : ']'))
		return parse_close(s);
	if (t->size) {
		if (s->p == s->end || *s->p != ',')
			return wrong(s, object ? "\",\" or \"}\" is expected" : "\",\" or \"]\" is expected");
		s->p++;
		skip_space(s);
	}
	t->size++;
	return (!object || parse_key(s)) && parse_value(s);
}

static bool parse(struct parser *s)
{
	skip_space(s);
	if (!parse_value(s))
		return false;
	for (skip_space(s); s->depth; skip_space(s))
		if (!parse_next(s))
			return false;
	return s->p == s->end || wrong(s, "something follows the value");
}

static bool report(const struct parser *s, struct errmsg *e)
{
	unsigned line = 1, column = 1;

	for (const char *p = s->d->text; p < s->p; p++) {
		column = *p == '\n' ? 1 : column + 1;
		line += *p == '\n';
	}
	return errmsg_set(e, "line %u, column %u: %s", line, column, s->why);
}

bool json_parse(struct json_doc *d, const char *text, size_t len, struct errmsg *e)
{
	struct parser s = { .d = d, .p = text, .end = text + len };

	*d = (struct json_doc){ .text = text };
	if (len >= UINT32_MAX)
		return errmsg_set(e, "text is larger than 4 GiB");
	if (parse(&s))
		return true;
	report(&s, e);
	json_release(d);
	return false;
}

void json_release(struct json_doc *d)
{
	free(d->tok);
	*d = (struct json_doc){ 0 };
}

/* ---- access ---- */

bool json_is(const struct json_doc *d, const struct json *v, const char *text)
{
	size_t n = strlen(text);
	const char *p, *end;
	char *decoded;
	bool equal;

	if (!v || v->type != JSON_STRING)
		return false;
	p = d->text + v->start;
	end = d->text + v->end;
	if (!v->escaped)
		return (size_t)(end - p) == n && memcmp(p, text, n) == 0;
	decoded = xmalloc(n + 1);
	equal = json_decode(p, end, decoded, n + 1) && strcmp(decoded, text) == 0;
	free(decoded);
	return equal;
}

const struct json *json_get(const struct json_doc *d, const struct json *object, const char *key)
{
	const struct json *t;

	if (!object || object->type != JSON_OBJECT)
		return NULL;
	t = object + 1;
	for (uint32_t i = 0; i < object->size; i++, t += 1 + t[1].skip)
		if (json_is(d, t, key))
			return t + 1;
	return NULL;
}

const struct json *json_find(const struct json_doc *d, const struct json *object, const char *path)
{
	const struct json *v = json_get(d, object, path);
	char key[128];

	for (const char *dot = strchr(path, '.'); !v && dot; dot = strchr(dot + 1, '.')) {
		if ((size_t)(dot - path) >= sizeof key)
			break;
		*(char *)mempcpy(key, path, (size_t)(dot - path)) = '\0';
		v = json_find(d, json_get(d, object, key), dot + 1);
	}
	return v;
}

const struct json *json_at(const struct json *array, uint32_t index)
{
	const struct json *t;

	if (!array || array->type != JSON_ARRAY || index >= array->size)
		return NULL;
	t = array + 1;
	while (index--)
		t += t->skip;
	return t;
}

bool json_f64(const struct json_doc *d, const struct json *v, double *out)
{
	return v && v->type == JSON_NUMBER && num_f64_get(d->text + v->start, d->text + v->end, out);
}

bool json_i64(const struct json_doc *d, const struct json *v, int64_t *out)
{
	const char *end = v ? d->text + v->end : NULL;

	return v && v->type == JSON_NUMBER && num_i64_get(d->text + v->start, end, out) == end;
}

bool json_u64(const struct json_doc *d, const struct json *v, uint64_t *out)
{
	const char *end = v ? d->text + v->end : NULL;

	return v && v->type == JSON_NUMBER && num_u64_get(d->text + v->start, end, out) == end;
}

bool json_bool(const struct json *v, bool *out)
{
	if (!v || (v->type != JSON_TRUE && v->type != JSON_FALSE))
		return false;
	*out = v->type == JSON_TRUE;
	return true;
}

bool json_str(const struct json_doc *d, const struct json *v, char *dst, size_t cap)
{
	return v && v->type == JSON_STRING && json_decode(d->text + v->start, d->text + v->end, dst, cap);
}
