/* SPDX-License-Identifier: MIT
 * One parameter at a time: defaults, setting and reading by path. */
#include "config/row.h"

#include "base/num.h"

#include <stdlib.h>
#include <string.h>

static const struct config_origin from_outside = { LAYER_SET, 0 };

void config_defaults(struct config *c)
{
	unsigned i;

	*c = (struct config){ 0 };
	for (i = 0; i < N_PARAMS; i++)
		if (param_rows[i].type == PARAM_TEXT)
			row_put_text(c, i, param_rows[i].init_text, (struct config_origin){ 0 });
		else
			row_put(c, i, param_rows[i].init, (struct config_origin){ 0 });
	c->pipeline_default_profile = xstrdup("production");
}

static bool unknown(const char *path, struct errmsg *e)
{
	struct errmsg hint;
	struct shown s;

	return errmsg_set(e, "%s is not a known key%s", shown(&s, path), key_hint(path, &hint));
}

bool config_is_axis(const struct param_row *r)
{
	return !(r->flags & RESTART);
}

double row_typed(unsigned row, double v)
{
	switch (param_rows[row].type) {
	case PARAM_UINT: return !(v > 0) ? 0 : v >= UINT32_MAX ? UINT32_MAX : floor(v);
	case PARAM_FLAG: return v != 0;
	case PARAM_CONF:
	case PARAM_MACD: return !(v >= 1) ? 0 : v < 2 ? 1 : 2;
	case PARAM_F64:
	case PARAM_TEXT: break;
	}
	return v;
}

static void put_both(struct config *c, unsigned row, double v)
{
	row_put(c, row, v, from_outside);
	if (row_twin(row) >= 0)
		row_put(c, (unsigned)row_twin(row), v, from_outside);
}

int config_row(const char *path, struct errmsg *e)
{
	int row = row_find(path);

	if (row < 0)
		unknown(path, e);
	else if (!config_is_axis(param_rows + row))
		errmsg_set(e, "%s is not an axis of a sweep", path), row = -1;
	return row;
}

int config_row_twin(unsigned row)
{
	return row_twin(row);
}

void config_set_row(struct config *c, unsigned row, double value)
{
	put_both(c, row, row_typed(row, value));
}

double config_get_row(const struct config *c, unsigned row)
{
	return row_get(c, row);
}

bool config_row_takes(unsigned row, double value, struct errmsg *e)
{
	const struct param_row *r = param_rows + row;
	double v = row_typed(row, value);
	struct errmsg range;
	char text[NUM_F64_MAX];

	if (!(r->flags & (HARD | WINDOW)) || (v <= r->hi && (r->lo_open ? v > r->lo : v >= r->lo)))
		return true;
	if (!e)
		return false;
	*num_f64_put(text, value) = '\0';
	return errmsg_set(e, "%s: %s is out of range; %s is wanted", r->path, text, row_range(row, &range));
}

bool config_set_value(struct config *c, const char *path, double value, struct errmsg *e)
{
	int row = config_row(path, e);

	if (row < 0)
		return false;
	config_set_row(c, (unsigned)row, value);
	return true;
}

bool config_get_value(const struct config *c, const char *path, double *value)
{
	int row = row_find(path);

	if (row < 0 || param_rows[row].type == PARAM_TEXT)
		return false;
	*value = row_get(c, (unsigned)row);
	return true;
}

static bool set_repair(struct config *c, const char *name, const char *text, struct errmsg *e)
{
	const struct repair *r = repair_find(name);
	struct nearest near = { .want = name };
	struct errmsg why, hint;
	struct shown s;
	unsigned i;

	for (i = 0; !r && i < N_REPAIRS; i++)
		nearest_try(&near, repair_at(i)->name);
	if (!r)
		return errmsg_set(e, "%s is not a repair%s", shown(&s, name), nearest_hint(&near, &hint));
	if (!flag_type(text, true, repair_flag(c, r), &why))
		return errmsg_set(e, "repairs.%s: %s", name, why.text);
	return true;
}

bool config_set_text(struct config *c, const char *path, const char *text, struct errmsg *e)
{
	int row = row_find(path);
	struct errmsg why;
	struct typed t;

	if (strncmp(path, "repairs.", 8) == 0)
		return set_repair(c, path + 8, text, e);
	if (strcmp(path, "pipeline.default_profile") == 0) {
		free(c->pipeline_default_profile);
		c->pipeline_default_profile = xstrdup(text);
		return true;
	}
	if (row < 0)
		return unknown(path, e);
	if (param_rows[row].type == PARAM_TEXT) {
		row_put_text(c, (unsigned)row, text, from_outside);
		return true;
	}
	if (!row_type((unsigned)row, text, true, &t, &why))
		return errmsg_set(e, "%s: %s", path, why.text);
	put_both(c, (unsigned)row, t.v);
	return true;
}

static bool same_row(const struct config *a, const struct config *b, unsigned row)
{
	if (param_rows[row].type == PARAM_TEXT)
		return strcmp(row_get_text(a, row), row_get_text(b, row)) == 0;
	return row_get(a, row) == row_get(b, row);
}

const char *config_cold_change(const struct config *a, const struct config *b)
{
	unsigned i;

	for (i = 0; i < N_PARAMS; i++)
		if (!(param_rows[i].flags & HOT) && !same_row(a, b, i))
			return param_rows[i].path;
	return NULL;
}
