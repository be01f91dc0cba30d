/* SPDX-License-Identifier: MIT
 * Reading test vectors: a JSON fixture, its numbers, parameters by path or by bare key. */
#ifndef OCQ_TEST_VECTORS_H
#define OCQ_TEST_VECTORS_H

#include "test.h"

#include "config/config.h"
#include "json/json.h"
#include "kernel/snapshot.h"

#include <math.h>
#include <stdlib.h>

struct vectors { struct buf text; struct json_doc doc; };

static inline void vectors_load(struct vectors *v, const char *path)
{
	struct errmsg e;

	memset(v, 0, sizeof *v);
	if (!buf_read_file(&v->text, path, 64 << 20, &e) || !json_parse(&v->doc, v->text.data, v->text.len, &e))
		die(EX_DATA, "%s: %s", path, e.text);
}

static inline void vectors_release(struct vectors *v)
{
	json_release(&v->doc);
	buf_release(&v->text);
}

static inline const struct json *get(const struct vectors *v, const struct json *o, const char *key)
{
	return json_get(&v->doc, o, key);
}

/* A number; null stands for NaN, a missing member for `other`. */
static inline double number(const struct vectors *v, const struct json *o, const char *key, double other)
{
	const struct json *x = json_get(&v->doc, o, key);
	double d = NAN;

	if (!x)
		return other;
	json_f64(&v->doc, x, &d);
	return d;
}

static inline double number_at(const struct vectors *v, const struct json *array, uint32_t i)
{
	double d = NAN;

	json_f64(&v->doc, json_at(array, i), &d);
	return d;
}

static inline bool truth(const struct vectors *v, const struct json *o, const char *key)
{
	bool b = false;

	json_bool(json_get(&v->doc, o, key), &b);
	return b;
}

static inline const char *word(const struct vectors *v, const struct json *x)
{
	static char text[4][160];
	static int at;

	at = (at + 1) % 4;
	if (!json_str(&v->doc, x, text[at], sizeof text[at]))
		text[at][0] = '\0';
	return text[at];
}

static inline uint8_t confidence_of(const char *w)
{
	if (strcmp(w, "high") == 0)
		return CONFIDENCE_HIGH;
	return strcmp(w, "medium") == 0 ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW;
}

static inline uint8_t signal_of(const char *w)
{
	if (strcasecmp(w, "buy") == 0)
		return SIGNAL_BUY;
	return strcasecmp(w, "sell") == 0 ? SIGNAL_SELL : SIGNAL_NEUTRAL;
}

/* "sl_atr_mult" is trade.sl_atr_mult; a path is itself. */
static inline const char *param_path(const char *key)
{
	unsigned i;

	if (strcmp(key, "macd_mode") == 0)
		return "thresholds.entry.macd_hist_entry_mode";
	for (i = 0; i < n_param_rows; i++) {
		const char *dot = strrchr(param_rows[i].path, '.');

		if (strcmp(param_rows[i].path, key) == 0 || (strcmp(dot + 1, key) == 0 && param_rows[i].type != PARAM_TEXT)
		    || (strcmp(dot + 1, key) == 0 && strncmp(param_rows[i].path, "engine.", 7) == 0))
			return param_rows[i].path;
	}
	die(EX_DATA, "vector sets unknown parameter %s", key);
}

/* Sets every member of an object of parameters. */
static inline void set_params(struct config *c, const struct vectors *v, const struct json *o)
{
	const struct json *k = o + 1;
	struct errmsg e = { "" };
	uint32_t i;

	for (i = 0; o && i < o->size; i++, k = k + k->skip + (k + k->skip)->skip) {
		const struct json *x = k + k->skip;
		const char *path = param_path(word(v, k));
		char text[64];

		if (x->type == JSON_STRING)
			json_str(&v->doc, x, text, sizeof text);
		else
			snprintf(text, sizeof text, "%.*s", (int)(x->end - x->start), v->doc.text + x->start);
		if (x->type == JSON_NUMBER) {
			double d = 0;

			json_f64(&v->doc, x, &d);
			CHECK(config_set_value(c, path, d, &e));
		} else {
			CHECK(config_set_text(c, path, text, &e));
		}
		if (e.text[0])
			printf("%s: %s\n", path, e.text);
	}
}

static inline void snapshot_read(struct snapshot *s, const struct vectors *v, const struct json *o)
{
	snapshot_init(s);
#define SNAP_F64(member, init, meaning) s->member = number(v, o, #member, s->member);
#include "kernel/snapshot.def"
#undef SNAP_F64
	s->vol_trend = truth(v, o, "vol_trend");
}

/* Walks an array: for (EACH(x, array)) */
#define EACH(x, array) const struct json *x = (array) ? (array) + 1 : NULL, *x##_end = (array) ? (array) + (array)->skip : NULL; x != x##_end; x += x->skip

#endif
