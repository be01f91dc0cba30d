/* SPDX-License-Identifier: MIT
 * Changes when the file of imported state does (docs/rules/report.md "Imported state"). */
#include "engine/run.h"

#include "engine/reason.h"
#include "json/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_LIMIT (1u << 20)

/* Reading one object: where it stands, for messages, and the first thing that was wrong. */
struct reader {
	const struct json_doc *doc;
	const struct json *object;
	const char *path;
	char place[64];		/* "", "positions[3]." */
	bool ok;
	struct errmsg *e;
};

static void wrong(struct reader *r, const char *key, const char *want)
{
	if (r->ok)
		r->ok = errmsg_set(r->e, "%s: \"%s%s\" %s", r->path, r->place, key, want);
}

/* The member, or NULL if it may be left out and is; null counts as left out. */
static const struct json *member(struct reader *r, const char *key, bool required)
{
	const struct json *v = json_get(r->doc, r->object, key);

	if (v && v->type == JSON_NULL)
		v = NULL;
	if (!v && required)
		wrong(r, key, "is missing");
	return v;
}

/* A number that is not negative. */
static double get_f64(struct reader *r, const char *key, bool required)
{
	const struct json *v = member(r, key, required);
	double x = 0;

	if (v && (!json_f64(r->doc, v, &x) || !(x >= 0)))
		wrong(r, key, "is not a number >= 0");
	return x;
}

static int64_t get_ms(struct reader *r, const char *key, bool required)
{
	const struct json *v = member(r, key, required);
	int64_t x = 0;

	if (v && !json_i64(r->doc, v, &x))
		wrong(r, key, "is not a time in whole milliseconds");
	return x;
}

static uint32_t get_count(struct reader *r, const char *key)
{
	const struct json *v = member(r, key, false);
	int64_t x = 0;

	if (v && (!json_i64(r->doc, v, &x) || x < 0 || x > UINT32_MAX))
		wrong(r, key, "is not a whole number >= 0");
	return (uint32_t)x;
}

static bool get_flag(struct reader *r, const char *key)
{
	const struct json *v = member(r, key, false);
	bool x = false;

	if (v && !json_bool(v, &x))
		wrong(r, key, "is not true or false");
	return x;
}

static void get_text(struct reader *r, const char *key, char *dst, size_t cap)
{
	const struct json *v = member(r, key, true);

	dst[0] = '\0';
	if (v && (v->type != JSON_STRING || !json_str(r->doc, v, dst, cap) || !*dst))
		wrong(r, key, "is not a text of the expected length");
}

/* True if the position is one that can be used; a side that is none of ours is skipped with a warning. */
static bool get_side(struct reader *r, uint8_t *side)
{
	char text[32];

	get_text(r, "side", text, sizeof text);
	*side = !strcasecmp(text, "short") ? SIDE_SHORT : SIDE_LONG;
	if (!r->ok || !strcasecmp(text, "short") || !strcasecmp(text, "long"))
		return true;
	warn("%s: \"%sside\" is \"%s\", neither long nor short: position skipped", r->path, r->place, text);
	return false;
}

static uint8_t get_confidence(struct reader *r)
{
	char text[32];
	int c;

	get_text(r, "confidence", text, sizeof text);
	c = confidence_parse(text);
	return (uint8_t)(c < 0 ? CONFIDENCE_MEDIUM : c);
}

/* Reads one position; false if it is to be left out. */
static bool get_position(struct reader *r, struct init_position *p)
{
	struct position *pos = &p->pos;
	bool usable;

	memset(p, 0, sizeof *p);
	get_text(r, "symbol", p->symbol, sizeof p->symbol);
	usable = get_side(r, &pos->side);
	pos->open = true;
	pos->size = get_f64(r, "size", true);
	pos->entry_price = get_f64(r, "entry_price", true);
	pos->entry_atr = get_f64(r, "entry_atr", true);
	pos->trailing_sl = get_f64(r, "trailing_sl", false);
	pos->has_trailing = member(r, "trailing_sl", false) != NULL;
	pos->confidence = get_confidence(r);
	pos->leverage = get_f64(r, "leverage", true);
	pos->margin_usd = get_f64(r, "margin_used", true);
	pos->adds_count = get_count(r, "adds_count");
	pos->tp1_taken = get_flag(r, "tp1_taken");
	pos->open_ms = get_ms(r, "open_time_ms", false);
	pos->last_add_ms = get_ms(r, "last_add_time_ms", false);
	pos->entry_adx_threshold = get_f64(r, "entry_adx_threshold", false);
	return usable;
}

static bool seen(const struct init_state *s, const char *symbol)
{
	size_t i;

	for (i = 0; i < s->n_positions; i++)
		if (!strcmp(s->position[i].symbol, symbol))
			return true;
	return false;
}

static bool get_positions(struct init_state *s, const struct reader *top)
{
	const struct json *array = json_get(top->doc, top->object, "positions"), *v;
	struct init_position p;
	bool usable;
	uint32_t i;

	if (!array || array->type != JSON_ARRAY)
		return errmsg_set(top->e, "%s: \"positions\" is not a list", top->path);
	s->position = xcalloc(array->size + 1, sizeof *s->position);
	for (i = 0, v = array + 1; i < array->size; i++, v += v->skip) {
		struct reader r = *top;

		r.object = v;
		snprintf(r.place, sizeof r.place, "positions[%" PRIu32 "].", i);
		if (r.object->type != JSON_OBJECT)
			return errmsg_set(top->e, "%s: \"positions[%" PRIu32 "]\" is not an object", top->path, i);
		usable = get_position(&r, &p);
		if (usable && seen(s, p.symbol))
			wrong(&r, "symbol", "is there twice");
		if (!r.ok)
			return false;
		if (usable)
			s->position[s->n_positions++] = p;
	}
	return true;
}

/* A map of symbol to time; left out means empty. */
static bool get_clocks(struct reader *r, const char *key, struct init_clock **clock, size_t *n)
{
	const struct json *map = member(r, key, false), *k, *v;
	uint32_t i;

	if (!map)
		return r->ok;
	if (map->type != JSON_OBJECT) {
		wrong(r, key, "is not an object");
		return false;
	}
	*clock = xcalloc(map->size + 1, sizeof **clock);
	for (i = 0, k = map + 1; i < map->size; i++, k = v + v->skip) {
		struct init_clock *c = &(*clock)[(*n)++];

		v = k + k->skip;
		if (!json_str(r->doc, k, c->symbol, sizeof c->symbol))
			wrong(r, key, "has a symbol that is too long");
		else if (!json_i64(r->doc, v, &c->t_ms))
			wrong(r, key, "has a time that is not in whole milliseconds");
	}
	return r->ok;
}

/* What was left last, by symbol: the flip is in the reason's words. */
static bool get_closes(struct init_state *s, const struct reader *runtime)
{
	const struct json *map = json_get(runtime->doc, runtime->object, "last_close_info_by_symbol"), *k, *v;
	uint32_t i;

	if (!map || map->type != JSON_OBJECT)
		return true;
	s->last_close = xcalloc(map->size + 1, sizeof *s->last_close);
	for (i = 0, k = map + 1; i < map->size; i++, k = v + v->skip) {
		struct init_close *c = &s->last_close[s->n_last_close];
		struct reader r = *runtime;

		v = k + k->skip;
		r.object = v;
		snprintf(r.place, sizeof r.place, "runtime.last_close_info_by_symbol[%" PRIu32 "].", i);
		if (v->type != JSON_OBJECT || !json_str(r.doc, k, c->symbol, sizeof c->symbol))
			return errmsg_set(r.e, "%s: \"%s\" is not an object under a symbol", r.path, r.place);
		c->t_ms = get_ms(&r, "timestamp_ms", true);
		c->was_flip = json_is(r.doc, json_get(r.doc, v, "reason"), "Signal Flip");
		s->n_last_close += get_side(&r, &c->side);
		if (!r.ok)
			return false;
	}
	return true;
}

static bool get_runtime(struct init_state *s, const struct reader *top)
{
	struct reader r = *top;

	r.object = member(&r, "runtime", false);
	if (!r.object)
		return true;
	if (r.object->type != JSON_OBJECT)
		return errmsg_set(r.e, "%s: \"runtime\" is not an object", r.path);
	snprintf(r.place, sizeof r.place, "runtime.");
	return get_clocks(&r, "entry_attempt_ms_by_symbol", &s->last_entry, &s->n_last_entry) &&
		get_clocks(&r, "exit_attempt_ms_by_symbol", &s->last_exit, &s->n_last_exit) &&
		get_closes(s, &r);
}

static bool get_state(struct init_state *s, const struct json_doc *doc, const char *path, struct errmsg *e)
{
	struct reader r = { .doc = doc, .object = doc->tok, .path = path, .ok = true, .e = e };
	const struct json *version;
	int64_t number = 0;
	char source[256];

	if (r.object->type != JSON_OBJECT)
		return errmsg_set(e, "%s: the document is not an object", path);
	version = member(&r, "version", true);
	if (version && (!json_i64(doc, version, &number) || number < 1 || number > 2))
		wrong(&r, "version", "is not 1 or 2");
	get_text(&r, "source", source, sizeof source);
	s->exported_ms = get_ms(&r, "exported_at_ms", true);
	s->balance_usd = get_f64(&r, "balance", true);
	return r.ok && get_positions(s, &r) && get_runtime(s, &r);
}

bool init_state_load(struct init_state *s, const char *path, struct errmsg *e)
{
	struct buf text = BUF_INIT;
	struct json_doc doc = { 0 };
	struct errmsg why;
	bool ok = false;

	*s = (struct init_state){ 0 };
	if (!buf_read_file(&text, path, FILE_LIMIT, e))
		goto cleanup;
	if (!json_parse(&doc, text.data, text.len, &why)) {
		errmsg_set(e, "%s: %s", path, why.text);
		goto cleanup;
	}
	ok = get_state(s, &doc, path, e);
cleanup:
	json_release(&doc);
	buf_release(&text);
	if (!ok)
		init_state_release(s);
	return ok;
}

void init_state_release(struct init_state *s)
{
	free(s->position);
	free(s->last_entry);
	free(s->last_exit);
	free(s->last_close);
	*s = (struct init_state){ 0 };
}
