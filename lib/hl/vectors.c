/* SPDX-License-Identifier: MIT
 * Runs a vectors file: its sections, cases, and the counting. */
#include "hl/vectors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct vector_section *const lists[] = { vectors_signing, vectors_numbers, vectors_perp, vectors_answers };

static const struct vector_section *find_section(const struct json_doc *d, const struct json *name)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (const struct vector_section *s = lists[i]; s->name; s++)
			if (json_is(d, name, s->name))
				return s;
	return NULL;
}

static void say(struct vectors *t, const char *fmt, ...) PRINTF(2, 3);
static void say(struct vectors *t, const char *fmt, ...)
{
	va_list args;
	char *line;
	int n;

	va_start(args, fmt);
	n = vasprintf(&line, fmt, args);
	va_end(args);
	if (n < 0)
		die(EX_RETRY, "out of memory");
	out_add(t->out, line, (size_t)n);
	free(line);
}

void vector_fail(struct vectors *t, const char *where, const char *fmt, ...)
{
	va_list args;
	char *what;
	int n;

	if (t->wrong)
		return;
	t->wrong = true;
	va_start(args, fmt);
	n = vasprintf(&what, fmt, args);
	va_end(args);
	if (n < 0)
		die(EX_RETRY, "out of memory");
	say(t, "%s %s %s: %s\n", t->section, t->id, where, what);
	free(what);
}

void vector_same(struct vectors *t, const char *where, const char *want, const char *got)
{
	if (strcmp(want, got) != 0)
		vector_fail(t, where, "want %s, got %s", want, got);
}

void vector_begin(struct vectors *t, const char *id)
{
	snprintf(t->id, sizeof t->id, "%s", id);
	t->wrong = false;
}

void vector_end(struct vectors *t)
{
	if (t->wrong)
		t->failed++;
	else
		t->passed++;
	while (t->n_texts)
		free(t->texts[--t->n_texts]);
}

char *vector_keep(struct vectors *t, const char *s, size_t n)
{
	if (t->n_texts == t->cap_texts) {
		t->cap_texts = t->cap_texts ? 2 * t->cap_texts : 64;
		t->texts = xreallocarray(t->texts, t->cap_texts, sizeof *t->texts);
	}
	return t->texts[t->n_texts++] = xstrndup(s, n);
}

static const char *keep_value(struct vectors *t, const struct json *v)
{
	size_t n = v->end - v->start;
	char *text = vector_keep(t, t->doc->text + v->start, n);

	if (v->type == JSON_STRING)
		(void)!json_str(t->doc, v, text, n + 1);	/* escapes only make it shorter */
	return text;
}

const char *vector_text_or_null(struct vectors *t, const struct json *c, const char *key)
{
	const struct json *v = json_get(t->doc, c, key);

	if (!v || v->type == JSON_NULL)
		return NULL;
	if (v->type < JSON_ARRAY)
		return keep_value(t, v);
	vector_fail(t, key, "is neither text nor number");
	return NULL;
}

const char *vector_text(struct vectors *t, const struct json *c, const char *key)
{
	const char *text = vector_text_or_null(t, c, key);

	if (text)
		return text;
	vector_fail(t, key, "is missing");
	return "";
}

bool vector_bool(struct vectors *t, const struct json *c, const char *key)
{
	const struct json *v = json_get(t->doc, c, key);
	bool b = false;

	if (v && !json_bool(v, &b))
		vector_fail(t, key, "is not true or false");
	return b;
}

bool vector_u64(struct vectors *t, const struct json *c, const char *key, uint64_t *v)
{
	if (json_u64(t->doc, json_get(t->doc, c, key), v))
		return true;
	vector_fail(t, key, "is missing, or no integer of 64 bits");
	*v = 0;
	return false;
}

const struct json *vector_other(struct vectors *t, const char *section, const char *id)
{
	const struct json *cases = json_get(t->doc, json_get(t->doc, t->root, "vectors"), section);
	const struct json *c = cases ? cases + 1 : NULL;

	for (uint32_t i = 0; cases && i < cases->size; i++, c += c->skip)
		if (json_is(t->doc, json_get(t->doc, c, "id"), id))
			return c;
	vector_fail(t, section, "has no case %s", id);
	return NULL;
}

/* So that a run that has begun comes to its end. */
static bool check_form(const struct json_doc *d, const struct json *vectors, struct errmsg *e)
{
	const struct json *name = vectors + 1, *section, *c;
	const struct vector_section *known;

	for (uint32_t i = 0; i < vectors->size; i++, name = section + section->skip) {
		section = name + 1;
		known = find_section(d, name);
		if (!known)
			continue;
		if (section->type != (known->whole ? JSON_OBJECT : JSON_ARRAY))
			return errmsg_set(e, "section %s is no %s", known->name, known->whole ? "object" : "array");
		c = section + 1;
		for (uint32_t k = 0; !known->whole && k < section->size; k++, c += c->skip)
			if (c->type != JSON_OBJECT || !json_get(d, c, "id") || json_get(d, c, "id")->type != JSON_STRING)
				return errmsg_set(e, "case %u of section %s has no id", k, known->name);
	}
	return true;
}

static void run_section(struct vectors *t, const struct vector_section *known, const struct json *section)
{
	const struct json *c = section + 1;
	char id[sizeof t->id];

	t->section = known->name;
	if (known->whole) {
		known->run(t, section);
		return;
	}
	for (uint32_t i = 0; i < section->size; i++, c += c->skip) {
		if (!json_str(t->doc, json_get(t->doc, c, "id"), id, sizeof id))
			strcpy(id, "(a very long id)");
		vector_begin(t, id);
		known->run(t, c);
		vector_end(t);
	}
}

static void run_sections(struct vectors *t, const struct json *vectors)
{
	const struct json *name = vectors + 1, *section;
	const struct vector_section *known;

	for (uint32_t i = 0; i < vectors->size; i++, name = section + section->skip) {
		section = name + 1;
		known = find_section(t->doc, name);
		if (known)
			run_section(t, known, section);
		else
			say(t, "skipped: %.*s\n", (int)(name->end - name->start), t->doc->text + name->start);
	}
	say(t, "%llu passed, %llu failed\n", (unsigned long long)t->passed, (unsigned long long)t->failed);
}

static bool run_doc(const struct json_doc *d, struct out *out, uint64_t *failed, struct errmsg *e)
{
	struct vectors t = { .doc = d, .root = d->tok, .out = out };
	const struct json *vectors = json_get(d, d->tok, "vectors");

	if (!vectors || vectors->type != JSON_OBJECT)
		return errmsg_set(e, "no object \"vectors\": not a vectors file");
	if (!check_form(d, vectors, e))
		return false;
	run_sections(&t, vectors);
	free(t.texts);
	*failed = t.failed;
	return true;
}

bool vectors_run(const char *text, size_t n, struct out *out, uint64_t *failed, struct errmsg *e)
{
	struct json_doc d;
	bool ok;

	if (!json_parse(&d, text, n, e))
		return false;
	ok = run_doc(&d, out, failed, e);
	json_release(&d);
	return ok;
}
