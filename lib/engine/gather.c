/* SPDX-License-Identifier: MIT
 * Reads rows of several streams; changes when headers have to agree in something else. */
#include "engine/gather.h"

#include "base/num.h"
#include "engine/contract.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WANT_CONTRACT };		/* the first want is the gather's own */

void gather_open(struct gather *g, char **path, int n, bool strict, bool ignore_contract)
{
	static char *stdin_only[] = { "-" };

	memset(g, 0, sizeof *g);
	g->path = n ? path : stdin_only;
	g->n = n ? n : 1;
	g->strict = strict;
	g->ignore_contract = ignore_contract;
	gather_want(g, "contract_id");
}

unsigned gather_want(struct gather *g, const char *path)
{
	if (g->n_want == GATHER_WANTS)
		die(EX_BUG, "more than %d members are wanted of a row", GATHER_WANTS);
	g->want[g->n_want].path = path;
	return g->n_want++;
}

void gather_close(struct gather *g)
{
	json_release(&g->doc);
	while (g->n_members) {
		free(g->member[--g->n_members].key);
		free(g->member[g->n_members].value);
	}
	free(g->member);
	if (g->open)
		in_close(&g->in.in);
}

/* ---- headers ---- */

/* Notes an identity; one that is not known agrees with any. Dies if it is another than before, unless it may be. why: what else
 * makes it another. */
static void agree(struct gather *g, struct identity *known, const char *key, const char *id, const char *why)
{
	if (!*why && (!*id || !known->id[0] || !strcmp(known->id, id))) {
		if (*id)
			strcpy(known->id, id);
		if (!known->from)
			known->from = g->in.in.name;
	} else if (g->ignore_contract) {
		known->mixed = true;
	} else {
		in_die(&g->in.in, "\"%s\" is not that of %s before%s: such results are not compared (--ignore-contract does)", key, known->from, why);
	}
}

/* " (data, window)": the members in which two contracts differ, if they say so. */
static void name_differences(struct buf *why, const char *a, const char *b)
{
	const char *at = a;
	char name[64];

	while (contract_difference(&at, b, name))
		buf_addf(why, "%s%s", why->len ? ", " : " (", name);
	if (why->len)
		buf_addc(why, ')');
}

static bool is_own(const char *key, size_t len)		/* does records.def have it? */
{
	const struct record_desc *d = &record_descs[REC_header];
	unsigned i;

	for (i = 0; i < d->n_fields; i++)
		if (strlen(d->fields[i].key) == len && !memcmp(d->fields[i].key, key, len))
			return true;
	return len == strlen("type") && !memcmp("type", key, len);
}

static struct member *member(const struct gather *g, const char *key)
{
	size_t i;

	for (i = 0; i < g->n_members; i++)
		if (!strcmp(g->member[i].key, key))
			return &g->member[i];
	return NULL;
}

/* Takes over key and value. */
static void take_member(struct gather *g, char *key, char *value)
{
	struct member *m = member(g, key);

	if (!m) {
		g->member = xreallocarray(g->member, g->n_members + 1, sizeof *g->member);
		g->member[g->n_members++] = (struct member){ .key = key, .value = value };
		return;
	}
	if (strcmp(m->value, value) != 0) {
		if (!strcmp(key, "paths"))
			in_die(&g->in.in, "\"paths\" are others than before: one header cannot say what all values are for");
		m->mixed = true;
	}
	free(key);
	free(value);
}

/* The text of a value, a string's with its quotes. */
static struct json_span span(const struct json_doc *d, const struct json *v)
{
	bool quoted = v->type == JSON_STRING;

	return (struct json_span){ .start = d->text + v->start - quoted, .end = d->text + v->end + quoted };
}

static void take_members(struct gather *g)
{
	const struct json *key = g->doc.tok + 1;
	struct json_span value;
	uint32_t i;

	for (i = 0; i < g->doc.tok->size; i++, key += 1 + key[1].skip) {
		const char *name = g->doc.text + key->start;
		size_t len = key->end - key->start;

		if (is_own(name, len))
			continue;
		value = span(&g->doc, key + 1);
		take_member(g, xstrndup(name, len), xstrndup(value.start, (size_t)(value.end - value.start)));
	}
}

static void read_header(struct gather *g)
{
	const struct rec_header *h = &g->row.u.header;
	struct buf why = BUF_INIT;

	agree(g, &g->config, "config_id", h->config_id, "");
	name_differences(&why, g->text, h->contract);
	agree(g, &g->contract, "contract_id", h->contract_id, buf_cstr(&why));
	buf_release(&why);
	if (!g->text[0])
		strcpy(g->text, h->contract);
	gather_parse(g);
	g->has_paths = json_get(&g->doc, g->doc.tok, "paths") != NULL;
	take_members(g);
}

void gather_header(const struct gather *g, struct out *o)
{
	struct buf more = BUF_INIT;
	size_t i;

	for (i = 0; i < g->n_members; i++)
		if (!g->member[i].mixed)
			buf_addf(&more, ",\"%s\":%s", g->member[i].key, g->member[i].value);
	record_header(o, g->config.mixed ? NULL : g->config.id, g->contract.mixed ? NULL : g->contract.id, g->contract.mixed ? NULL : g->text);
	record_extend(o, more.data, more.len);
	buf_release(&more);
}

const char *gather_member(const struct gather *g, const char *key)
{
	const struct member *m = member(g, key);

	return m ? m->value : NULL;
}

/* ---- rows ---- */

const struct json_doc *gather_parse(struct gather *g)
{
	struct errmsg e;

	if (g->parsed)
		return &g->doc;
	json_release(&g->doc);
	if (!json_parse(&g->doc, g->row.line, g->row.len, &e))
		in_die(&g->in.in, "%s", e.text + strlen("line 1, "));
	g->parsed = true;
	if (!g->has_paths && gather_member(g, "paths") && json_get(&g->doc, g->doc.tok, "values"))
		in_die(&g->in.in, "\"values\", but no header of this stream named their paths");
	return &g->doc;
}

static void find_wants(struct gather *g)
{
	const struct json *v;
	unsigned i;

	gather_parse(g);
	for (i = 0; i < g->n_want; i++) {
		const char *path = g->want[i].path;

		v = json_find(&g->doc, g->doc.tok, path);
		g->want[i] = v ? span(&g->doc, v) : (struct json_span){ 0 };
		g->want[i].path = path;
	}
}

static void check_contract(struct gather *g)
{
	const struct json_span *w = &g->want[WANT_CONTRACT];
	char id[ID_MAX];

	if (w->start && *w->start == '"') {
		if (!json_decode(w->start + 1, w->end - 1, id, sizeof id))
			in_die(&g->in.in, "\"contract_id\" is not null or a text of at most %d bytes", ID_MAX - 1);
		agree(g, &g->contract, "contract_id", id, "");
	}
}

static bool next_stream(struct gather *g)
{
	if (g->open) {
		record_finish(&g->in);
		if (g->in.seen_header && !g->in.seen_end && !stream_stop) {
			warn("%s has no end: it was cut", g->in.in.name);
			g->cut = true;
		}
		in_close(&g->in.in);
	}
	g->open = g->at < g->n && !stream_stop;
	if (!g->open)
		return false;
	record_open(&g->in, g->path[g->at++], NULL, g->strict);
	g->in.raw = true;
	g->has_paths = false;
	return true;
}

bool gather_read(struct gather *g)
{
	do {
		g->parsed = false;
		while (!g->open || !record_read(&g->in, &g->row))
			if (!next_stream(g))
				return false;
		if (g->row.type == REC_header)
			read_header(g);
	} while (g->row.type == REC_header || g->row.type == REC_end);
	if (!json_skim(g->row.line, g->row.len, g->want, g->n_want))
		find_wants(g);
	check_contract(g);
	return true;
}

/* ---- figures ---- */

/* "Infinity", "+inf", "-Infinity" ..., in whatever case. */
static bool is_infinite(const char *p, const char *end, double *v)
{
	static const char *const words[] = { "infinity", "inf" };
	unsigned i;

	if (end - p < 2 || *p != '"')
		return false;
	p++, end--;
	*v = *p == '-' ? -INFINITY : INFINITY;
	p += *p == '-' || *p == '+';
	for (i = 0; i < 2; i++)
		if ((size_t)(end - p) == strlen(words[i]) && !strncasecmp(p, words[i], strlen(words[i])))
			return true;
	return false;
}

static bool is_text(const char *p, const char *end, const char *text)
{
	return (size_t)(end - p) == strlen(text) && !memcmp(p, text, strlen(text));
}

bool gather_null(const struct gather *g, unsigned want)
{
	const struct json_span *w = &g->want[want];

	return w->start && is_text(w->start, w->end, "null");
}

/* What was found of a want; a key that is spelt with escapes is found by its tokens only. */
static const struct json_span *found(struct gather *g, unsigned want)
{
	if (!g->want[want].start && !g->parsed)
		find_wants(g);
	return &g->want[want];
}

bool gather_is(struct gather *g, unsigned want, const char *text)
{
	const struct json_span *w = found(g, want);

	return w->start && *w->start == '"' && is_text(w->start + 1, w->end - 1, text);
}

double gather_number(struct gather *g, unsigned want)
{
	const struct json_span *w = found(g, want);
	double v;

	if (!w->start || gather_null(g, want))
		return NAN;
	if (num_f64_get(w->start, w->end, &v) != w->end && !is_infinite(w->start, w->end, &v))
		in_die(&g->in.in, "\"%s\" is not a number or \"Infinity\"", w->path);
	return v;
}

void gather_missing(struct gather *g, unsigned want)
{
	in_die(&g->in.in, gather_null(g, want) ? "\"%s\" is null, not a number" : "\"%s\" is missing", g->want[want].path);
}
