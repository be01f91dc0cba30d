/* SPDX-License-Identifier: MIT
 * Candidate records as text and back; changes when their form does. */
#include "engine/point.h"

#include "base/hash.h"
#include "base/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES 128

/* ---- points in JSON ---- */

/* The row that a JSON string names, -1 if it names none. */
static int path_row(const struct json_doc *d, const struct json *path, const char *member, struct errmsg *e)
{
	char text[PATH_MAX_BYTES];
	struct errmsg why;
	int row;

	if (!json_str(d, path, text, sizeof text)) {
		errmsg_set(e, "\"%s\": a path is a text of less than %d bytes", member, PATH_MAX_BYTES);
		return -1;
	}
	row = config_row(text, &why);
	if (row < 0)
		errmsg_set(e, "\"%s\": %.400s", member, why.text);
	return row;
}

/* Is row[n] new? Either name of a key counts as that key. */
static bool is_new(const uint16_t *row, uint32_t n, const char *member, struct errmsg *e)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (row[i] == row[n] || config_row_twin(row[i]) == row[n])
			return errmsg_set(e, "\"%s\": %s and %s are the same key", member, param_rows[row[i]].path, param_rows[row[n]].path);
	return true;
}

static bool take_value(struct point *pt, const struct json_doc *d, const struct json *v, const char *member, struct errmsg *e)
{
	const char *path = param_rows[pt->row[pt->n]].path;
	struct errmsg why;

	if (!json_f64(d, v, &pt->value[pt->n]))
		return errmsg_set(e, "\"%s\": %s is not a number", member, path);
	if (!config_row_takes(pt->row[pt->n], pt->value[pt->n], &why))
		return errmsg_set(e, "\"%s\": %.400s", member, why.text);
	pt->n++;
	return true;
}

static bool take_overrides(struct point *pt, const struct json_doc *d, const struct json *map, struct errmsg *e)
{
	const struct json *key = map + 1;
	uint32_t i;
	int row;

	if (map->type != JSON_OBJECT)
		return errmsg_set(e, "\"overrides\" is not an object of paths and numbers");
	if (map->size > N_PARAMS)
		return errmsg_set(e, "\"overrides\" has %" PRIu32 " members, more than there are keys", map->size);
	for (i = 0; i < map->size; i++, key += 1 + key[1].skip) {
		row = path_row(d, key, "overrides", e);
		if (row < 0)
			return false;
		pt->row[pt->n] = (uint16_t)row;
		if (!is_new(pt->row, pt->n, "overrides", e) || !take_value(pt, d, key + 1, "overrides", e))
			return false;
	}
	return true;
}

static bool take_values(struct point *pt, const struct point_paths *p, const struct json_doc *d, const struct json *list, struct errmsg *e)
{
	const struct json *v = list + 1;
	uint32_t i;

	if (!p->known)
		return errmsg_set(e, "\"values\", but no header named their paths");
	if (list->type != JSON_ARRAY || list->size != p->n)
		return errmsg_set(e, "\"values\" is not a list of %" PRIu32 " numbers, one per path of the header", p->n);
	for (i = 0; i < p->n; i++, v += v->skip) {
		pt->row[pt->n] = p->row[i];
		if (!take_value(pt, d, v, "values", e))
			return false;
	}
	return true;
}

bool point_paths(struct point_paths *p, const struct json_doc *d, const struct json *header, struct errmsg *e)
{
	const struct json *paths = json_get(d, header, "paths"), *v;
	int row;

	*p = (struct point_paths){ .known = paths != NULL };
	if (!paths)
		return true;
	if (paths->type != JSON_ARRAY || paths->size > N_PARAMS)
		return errmsg_set(e, "\"paths\" is not a list of at most %d paths", (int)N_PARAMS);
	for (v = paths + 1; p->n < paths->size; p->n++, v += v->skip) {
		row = path_row(d, v, "paths", e);
		if (row < 0)
			return false;
		p->row[p->n] = (uint16_t)row;
		if (!is_new(p->row, p->n, "paths", e))
			return false;
	}
	return true;
}

bool point_parse(struct point *pt, const struct point_paths *p, const struct json_doc *d, const struct json *record, struct errmsg *e)
{
	const struct json *overrides = json_get(d, record, "overrides"), *values = json_get(d, record, "values");

	pt->n = 0;
	if (overrides && values)
		return errmsg_set(e, "both \"overrides\" and \"values\"");
	if (!overrides && !values)
		return errmsg_set(e, "neither \"overrides\" nor \"values\", as in rows of the form id");
	return overrides ? take_overrides(pt, d, overrides, e) : take_values(pt, p, d, values, e);
}

void point_key(const struct point *pt, unsigned char key[POINT_KEY])
{
	struct config c = { 0 };	/* types what is set */
	bool set[N_PARAMS] = { false };
	struct sha256 sha;
	unsigned i;

	for (i = 0; i < pt->n; i++) {
		int twin = config_row_twin(pt->row[i]);

		config_set_row(&c, pt->row[i], pt->value[i]);
		set[twin >= 0 && twin < pt->row[i] ? twin : pt->row[i]] = true;
	}
	sha256_init(&sha);
	for (i = 0; i < N_PARAMS; i++)
		if (set[i]) {
			double v = config_get_row(&c, i) + 0.0;		/* -0 is 0 */

			sha256_add(&sha, &i, sizeof i);
			sha256_add(&sha, &v, sizeof v);
		}
	sha256_end(&sha, key);
}

void point_key_of_id(const char *id, unsigned char key[POINT_KEY])
{
	struct sha256 sha;

	sha256_init(&sha);
	sha256_add(&sha, "id", sizeof "id");	/* no row has this number */
	sha256_add(&sha, id, strlen(id));
	sha256_end(&sha, key);
}

uint64_t point_mark(const struct point *pt)
{
	unsigned char key[POINT_KEY];
	uint64_t mark = 0;
	int i;

	point_key(pt, key);
	for (i = 0; i < 8; i++)
		mark = mark << 8 | key[i];
	return mark;
}

void point_mark_text(uint64_t mark, char text[17])
{
	snprintf(text, 17, "%016" PRIx64, mark);
}

bool point_mark_of_row(const struct json_doc *d, uint64_t *mark, struct errmsg *e)
{
	static const struct point_paths none;
	const struct json *point = json_get(d, d->tok, "point");
	char text[17];
	struct point pt;

	if (!point) {
		if (!point_parse(&pt, &none, d, d->tok, e))
			return false;
		*mark = point_mark(&pt);
		return true;
	}
	if (!json_str(d, point, text, sizeof text) || strspn(text, "0123456789abcdef") != 16)
		return errmsg_set(e, "\"point\" is not 16 hex digits");
	*mark = strtoull(text, NULL, 16);
	return true;
}

/* ---- candidate streams ---- */

void points_open(struct points *p, const char *path, struct out *flush, bool strict)
{
	memset(p, 0, sizeof *p);
	record_open(&p->in, path, flush, strict);
}

void points_close(struct points *p)
{
	record_finish(&p->in);
	json_release(&p->doc);
	in_close(&p->in.in);
}

static bool read_header(struct points *p, struct errmsg *e)
{
	const struct json *root = p->doc.tok, *lookback = json_get(&p->doc, root, "lookback");
	int64_t v = 0;

	p->total = json_i64(&p->doc, json_get(&p->doc, root, "candidates"), &v) && v > 0 ? (uint64_t)v : 0;
	if (lookback && (!json_i64(&p->doc, lookback, &v) || v < 0 || v > UINT32_MAX))
		return errmsg_set(e, "\"lookback\" is not a number of bars");
	p->has_lookback = lookback != NULL;
	p->lookback = lookback ? (uint32_t)v : 0;
	return point_paths(&p->paths, &p->doc, root, e);
}

static bool read_candidate(struct points *p, struct point *pt, struct errmsg *e)
{
	if (!json_str(&p->doc, json_get(&p->doc, p->doc.tok, "id"), pt->id, sizeof pt->id) || !pt->id[0])
		return errmsg_set(e, "\"id\" is not a text of 1 to %d bytes", TEXT_MAX - 1);
	return point_parse(pt, &p->paths, &p->doc, p->doc.tok, e);
}

/* Records that are neither header nor candidate have no place here: a row that is lost is worse than a stop. */
bool points_parse(struct points *p, const char *line, size_t len, struct point *pt, bool *candidate, struct errmsg *e)
{
	const struct json *type;

	*candidate = false;
	json_release(&p->doc);
	if (!json_parse(&p->doc, line, len, e))
		return false;
	type = json_get(&p->doc, p->doc.tok, "type");
	if (json_is(&p->doc, type, "header"))
		return read_header(p, e);
	if (!json_is(&p->doc, type, "candidate"))
		return errmsg_set(e, "\"type\" is not \"candidate\"");
	*candidate = true;
	return read_candidate(p, pt, e);
}

/* ---- compact records in the writer's own form, read in one pass; whatever is unusual goes the other way ---- */

#define MATCH(p, end, text) match(p, end, text, sizeof text - 1)
static const char *match(const char *p, const char *end, const char *text, size_t n)
{
	return (size_t)(end - p) >= n && memcmp(p, text, n) == 0 ? p + n : NULL;
}

/* An id of plain ASCII, up to its closing quote. */
static const char *quick_id(const char *p, const char *end, char id[TEXT_MAX])
{
	const char *start = p;

	while (p < end && (signed char)*p >= 0x20 && *p != '"' && *p != '\\')
		p++;
	if (p == start || p - start >= TEXT_MAX)
		return NULL;
	memcpy(id, start, (size_t)(p - start));
	id[p - start] = '\0';
	return p;
}

static bool quick(const struct point_paths *p, const char *at, const char *end, struct point *pt)
{
	uint32_t i;

	if (!p->known || !(at = MATCH(at, end, "{\"type\":\"candidate\",\"id\":\"")) || !(at = quick_id(at, end, pt->id))
	    || !(at = MATCH(at, end, "\",\"values\":[")))
		return false;
	for (i = 0; i < p->n; i++) {
		if (i > 0 && (at == end || *at++ != ','))
			return false;
		at = num_f64_get(at, end, &pt->value[i]);
		if (!at || !config_row_takes(p->row[i], pt->value[i], NULL))
			return false;
		pt->row[i] = p->row[i];
	}
	pt->n = p->n;
	return end - at == 2 && memcmp(at, "]}", 2) == 0;
}

bool points_read(struct points *p, struct point *pt)
{
	bool candidate = false;
	struct record r;
	struct errmsg e;

	while (!candidate && record_line(&p->in, &r)) {
		if (quick(&p->paths, r.line, r.line + r.len, pt)) {
			record_other(&p->in);
			return true;
		}
		record_parse_line(&p->in, &r);
		if (r.type == REC_end)
			continue;
		if (!points_parse(p, r.line, r.len, pt, &candidate, &e))
			in_die(&p->in.in, "%s", e.text);
	}
	return candidate;
}

/* ---- writing ---- */

void points_header(struct out *o, const char *config_id, const uint16_t *row, uint32_t n, const uint32_t *lookback, uint64_t total)
{
	struct buf more = BUF_INIT;
	uint32_t i;

	if (lookback)
		buf_addf(&more, ",\"lookback\":%" PRIu32, *lookback);
	if (total)
		buf_addf(&more, ",\"candidates\":%" PRIu64, total);
	for (i = 0; i < n; i++)
		buf_addf(&more, "%s\"%s\"", i ? "," : ",\"paths\":[", param_rows[row[i]].path);
	if (n)
		buf_addc(&more, ']');
	record_header(o, config_id, NULL, NULL);
	record_extend(o, more.data, more.len);
	buf_release(&more);
}

void point_overrides(struct jsonw *w, const struct point *pt)
{
	uint32_t i;

	jsonw_object(w);
	for (i = 0; i < pt->n; i++) {
		jsonw_key(w, param_rows[pt->row[i]].path);
		jsonw_f64(w, pt->value[i]);
	}
	jsonw_end(w);
}

void point_write(struct out *o, const struct point *pt, bool compact)
{
	static struct buf b;
	struct jsonw w;
	uint32_t i;

	buf_clear(&b);
	jsonw_init(&w, &b, false);
	jsonw_object(&w);
	jsonw_key(&w, "type");
	jsonw_str(&w, "candidate");
	jsonw_key(&w, "id");
	jsonw_str(&w, pt->id);
	if (compact) {
		jsonw_key(&w, "values");
		jsonw_array(&w);
		for (i = 0; i < pt->n; i++)
			jsonw_f64(&w, pt->value[i]);
		jsonw_end(&w);
	} else {
		jsonw_key(&w, "overrides");
		point_overrides(&w, pt);
	}
	jsonw_end(&w);
	buf_addc(&b, '\n');
	out_add(o, b.data, b.len);
}
