/* SPDX-License-Identifier: MIT
 * The rows of params.def as data; changes when params.def gets another column or type. */
#include "config/row.h"

#include "base/num.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

#define OPEN0 0, .lo_open = true
#define INF INFINITY
#define NINF (-INFINITY)
#define INIT_F64(x) .init = (x)
#define INIT_UINT(x) .init = (x)
#define INIT_FLAG(x) .init = (x)
#define INIT_CONF(x) .init = (x)
#define INIT_MACD(x) .init = (x)
#define INIT_TEXT(x) .init_text = (x)
const struct param_row param_rows[] = {
#define PARAM(type_, section_path, section, key, init_, lo_, hi_, flags_, meaning_) \
	{ .path = section_path "." #key, .type = PARAM_##type_, INIT_##type_(init_), .lo = lo_, .hi = hi_, .flags = flags_, .meaning = meaning_ },
#include "kernel/params.def"
#undef PARAM
};
const unsigned n_param_rows = N_PARAMS;

static const size_t slot[] = {
#define AT_F64(member) offsetof(struct config, params.member)
#define AT_UINT AT_F64
#define AT_FLAG AT_F64
#define AT_CONF AT_F64
#define AT_MACD AT_F64
#define AT_TEXT(member) offsetof(struct config, member)
#define PARAM(type, section_path, section, key, init, lo, hi, flags, meaning) AT_##type(section##_##key),
#include "kernel/params.def"
#undef PARAM
};

const char *const *row_words(enum param_type type)
{
	static const char *const conf[] = { [CONFIDENCE_LOW] = "low", [CONFIDENCE_MEDIUM] = "medium", [CONFIDENCE_HIGH] = "high" },
		*const macd[] = { [MACD_ACCEL] = "accel", [MACD_SIGN] = "sign", [MACD_NONE] = "none" };

	return type == PARAM_CONF ? conf : type == PARAM_MACD ? macd : NULL;
}

/* Made by gen_order.c: row_canon[], row_by_path[]. */
#include "config/order.inc"

const uint8_t *row_order(void)
{
	return row_canon;
}

static int path_to_row(const void *path, const void *row)
{
	return strcmp(path, param_rows[*(const uint8_t *)row].path);
}

int row_find(const char *path)
{
	const uint8_t *row = bsearch(path, row_by_path, N_PARAMS, sizeof *row_by_path, path_to_row);

	return row ? *row : -1;
}

bool row_section(const char *path)
{
	size_t len = strlen(path);
	unsigned i;

	for (i = 0; i < N_PARAMS; i++)
		if (strncmp(param_rows[i].path, path, len) == 0 && param_rows[i].path[len] == '.')
			return true;
	return false;
}

static const struct repair repairs[] = {
#define REPAIR(name, meaning) { #name, offsetof(struct params, repair_##name), meaning },
#include "kernel/repairs.def"
#undef REPAIR
};

const struct repair *repair_at(unsigned i)
{
	unsigned r, k, before;

	for (r = 0; r < N_REPAIRS; r++) {
		for (before = 0, k = 0; k < N_REPAIRS; k++)
			before += strcmp(repairs[k].name, repairs[r].name) < 0;
		if (before == i)
			return repairs + r;
	}
	return NULL;
}

const struct repair *repair_find(const char *name)
{
	unsigned i;

	for (i = 0; i < N_REPAIRS; i++)
		if (strcmp(repairs[i].name, name) == 0)
			return repairs + i;
	return NULL;
}

double row_get(const struct config *c, unsigned row)
{
	const void *p = (const char *)c + slot[row];

	switch (param_rows[row].type) {
	case PARAM_F64: return *(const double *)p;
	case PARAM_UINT: return *(const uint32_t *)p;
	case PARAM_FLAG: return *(const bool *)p;
	case PARAM_CONF:
	case PARAM_MACD: return *(const uint8_t *)p;
	case PARAM_TEXT: break;
	}
	return NAN;
}

void row_put(struct config *c, unsigned row, double v, struct config_origin from)
{
	void *p = (char *)c + slot[row];

	switch (param_rows[row].type) {
	case PARAM_F64: *(double *)p = v; break;
	case PARAM_UINT: *(uint32_t *)p = (uint32_t)v; break;
	case PARAM_FLAG: *(bool *)p = v != 0; break;
	case PARAM_CONF:
	case PARAM_MACD: *(uint8_t *)p = (uint8_t)v; break;
	case PARAM_TEXT: return;
	}
	c->origin[row] = from;
}

const char *row_get_text(const struct config *c, unsigned row)
{
	return *(char *const *)((const char *)c + slot[row]);
}

void row_put_text(struct config *c, unsigned row, const char *text, struct config_origin from)
{
	char **p = (char **)((char *)c + slot[row]), *copy = xstrdup(text);

	free(*p);
	*p = copy;
	c->origin[row] = from;
}

void row_free_text(struct config *c, unsigned row)
{
	free(*(char **)((char *)c + slot[row]));
}

enum {
#define PARAM(type, section_path, section, key, init, lo, hi, flags, meaning) ROW_##section##_##key,
#include "kernel/params.def"
#undef PARAM
};

int row_twin(unsigned row)
{
	if (row == ROW_indicators_ave_avg_atr_window)
		return ROW_entry_ave_avg_atr_window;
	return row == ROW_entry_ave_avg_atr_window ? ROW_indicators_ave_avg_atr_window : -1;
}

const char *row_range(unsigned row, struct errmsg *to)
{
	const struct param_row *r = param_rows + row;

	if (isinf(r->lo) && isinf(r->hi))
		errmsg_set(to, "any");
	else if (isinf(r->lo))
		errmsg_set(to, "at most %g", r->hi);
	else if (isinf(r->hi))
		errmsg_set(to, r->lo_open ? "more than %g" : "at least %g", r->lo);
	else
		errmsg_set(to, "from %g to %g", r->lo, r->hi);
	return to->text;
}

const char *member_path(const char *member)
{
	static const char outer[] = "thresholds.";
	const char *path, *m, *p;
	unsigned i;

	for (i = 0; i < N_PARAMS; i++) {
		path = param_rows[i].path;
		p = strncmp(path, outer, sizeof outer - 1) ? path : path + sizeof outer - 1;
		for (m = member; *m && (*m == *p || (*m == '_' && *p == '.')); m++, p++)
			;
		if (!*m && !*p)
			return path;
	}
	return NULL;
}

const char *idle_meaning(const char *path)
{
	static const struct { const char *path, *meaning; } idle[] = {
#define IDLE(key_path, words) { key_path, words },
#include "config/idle.def"
#undef IDLE
	};
	size_t i;

	for (i = 0; i < sizeof idle / sizeof *idle; i++)
		if (strcmp(idle[i].path, path) == 0)
			return idle[i].meaning;
	return NULL;
}

void row_show_string(struct buf *b, const char *s)
{
	struct jsonw w;

	jsonw_init(&w, b, false);
	jsonw_str(&w, s);
}

void row_show_value(struct buf *b, unsigned row, double v)
{
	char text[NUM_F64_MAX];

	switch (param_rows[row].type) {
	case PARAM_F64: buf_add(b, text, (size_t)(num_f64_put_float(text, v) - text)); break;
	case PARAM_UINT: buf_add(b, text, (size_t)(num_u64_put(text, (uint64_t)v) - text)); break;
	case PARAM_FLAG: buf_adds(b, v != 0 ? "true" : "false"); break;
	case PARAM_CONF:
	case PARAM_MACD: row_show_string(b, row_words(param_rows[row].type)[(unsigned)v]); break;
	case PARAM_TEXT: break;
	}
}

void row_show(struct buf *b, const struct config *c, unsigned row)
{
	if (param_rows[row].type == PARAM_TEXT)
		row_show_string(b, row_get_text(c, row));
	else if (isfinite(row_get(c, row)))
		row_show_value(b, row, row_get(c, row));
	else
		buf_adds(b, "null");
}
