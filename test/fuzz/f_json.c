/* SPDX-License-Identifier: MIT
 * JSON texts: what is accepted and written again is accepted again and the same; every token is inside the text; members that
 * are skimmed are those that the tokens have. */
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static const struct json *rewrite(struct jsonw *w, const struct json_doc *d, const struct json *v);

static char *decoded(const struct json_doc *d, const struct json *v)
{
	size_t cap = v->end - v->start + 1;
	char *s = malloc(cap);

	require(json_str(d, v, s, cap));
	require(json_is(d, v, s));
	return s;
}

static const struct json *rewrite_children(struct jsonw *w, const struct json_doc *d, const struct json *v)
{
	const struct json *child = v + 1;

	for (uint32_t i = 0; i < v->size; i++) {
		if (v->type == JSON_OBJECT) {
			char *key = decoded(d, child);

			require(json_get(d, v, key) == child + 1);
			jsonw_key(w, key);
			free(key);
			child++;
		} else if (v->size < 100) {
			require(json_at(v, i) == child);
		}
		child = rewrite(w, d, child);
	}
	jsonw_end(w);
	return child;
}

/* Writes v and returns its next sibling. */
static const struct json *rewrite(struct jsonw *w, const struct json_doc *d, const struct json *v)
{
	double number;
	char *s;

	require(v < d->tok + d->n && v->start <= v->end);
	switch (v->type) {
	case JSON_OBJECT:
		jsonw_object(w);
		return rewrite_children(w, d, v);
	case JSON_ARRAY:
		jsonw_array(w);
		return rewrite_children(w, d, v);
	case JSON_STRING:
		s = decoded(d, v);
		jsonw_str(w, s);
		free(s);
		break;
	case JSON_NUMBER:
		require(json_f64(d, v, &number));
		jsonw_f64(w, number);
		break;
	case JSON_NULL:
		jsonw_null(w);
		break;
	default:
		jsonw_bool(w, v->type == JSON_TRUE);
	}
	return v + 1;
}

static unsigned depth(const struct json_doc *d)
{
	unsigned open[JSON_DEPTH], n = 0, most = 0;

	for (uint32_t i = 0; i < d->n; i++) {
		while (n && i >= open[n - 1])
			n--;
		if (d->tok[i].type >= JSON_ARRAY)
			open[n++] = i + d->tok[i].skip;
		if (n > most)
			most = n;
	}
	return most;
}

/* Each member by its name, where that is spelt plainly. */
static void skim(const struct json_doc *d, size_t size)
{
	const struct json *key = d->tok + 1, *v;
	struct json_span w = { 0 };
	bool quoted;
	char *name;

	for (uint32_t i = 0; d->tok->type == JSON_OBJECT && i < d->tok->size && i < 100; i++, key = v + v->skip) {
		v = key + 1;
		if (key->escaped)
			continue;
		name = decoded(d, key);
		w.path = name;
		if (json_skim(d->text, size, &w, 1)) {
			quoted = v->type == JSON_STRING;
			require(w.start == d->text + v->start - quoted && w.end == d->text + v->end + quoted);
		}
		free(name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;
	char *text = malloc(size ? size : 1);
	struct json_span any = { .path = "a.b" };
	struct json_doc d, again;
	struct errmsg e;
	struct jsonw w;

	if (size)
		memcpy(text, data, size);
	if (json_parse(&d, text, size, &e)) {
		skim(&d, size);
		if (depth(&d) <= sizeof w.first) {
			jsonw_init(&w, &once, size % 2);
			require(rewrite(&w, &d, d.tok) == d.tok + d.n);
			require(json_parse(&again, once.data, once.len, &e) && again.n == d.n);
			jsonw_init(&w, &twice, size % 2);
			rewrite(&w, &again, again.tok);
			require(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
			json_release(&again);
		}
		json_release(&d);
	}
	if (json_skim(text, size, &any, 1) && any.start)
		require(any.start > text && any.end < text + size && any.start < any.end);
	buf_release(&once);
	buf_release(&twice);
	free(text);
	return 0;
}
