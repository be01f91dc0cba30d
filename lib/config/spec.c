/* SPDX-License-Identifier: MIT
 * From a YAML file to the axes of a sweep; changes when the shape of a specification does (docs/sweep.md "The specification"). */
#include "config/spec.h"

#include "base/num.h"
#include "config/row.h"
#include "config/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GATE_WITHIN 1e-9	/* a gate's value and eq are equal when they differ by less */

struct reader { const struct ydoc *d; struct spec *s; struct errmsg *e; };

PRINTF(3, 4) static bool wrong(const struct reader *r, uint32_t line, const char *fmt, ...)
{
	struct errmsg text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text.text, sizeof text.text, fmt, ap);
	va_end(ap);
	return errmsg_set(r->e, "%s:%u: %.400s", r->d->name, line, text.text);
}

/* ---- mappings with a few known keys ---- */

/* The values of a mapping's keys in the order of `known`, NULL for one that is missing. what: names the mapping. */
static bool get_keys(const struct reader *r, const struct ynode *map, const char *what, const char *const *known, const struct ynode **value)
{
	const struct ynode *key = map + 1;
	struct nearest near;
	struct errmsg hint;
	struct shown s;
	uint32_t i, k;

	if (map->kind != Y_MAP)
		return wrong(r, map->line, "%s is not a mapping", what);
	for (k = 0; known[k]; k++)
		value[k] = NULL;
	for (i = 0; i < map->size; i++, key += 1 + key[1].skip) {
		for (k = 0; known[k] && strcmp(known[k], ynode_text(r->d, key)); k++)
			;
		if (known[k]) {
			value[k] = key + 1;
			continue;
		}
		near = (struct nearest){ .want = ynode_text(r->d, key) };
		for (k = 0; known[k]; k++)
			nearest_try(&near, known[k]);
		return wrong(r, key->line, "%s has no key %s%s", what, shown(&s, near.want), nearest_hint(&near, &hint));
	}
	return true;
}

static bool get_row(const struct reader *r, const struct ynode *path, uint16_t *to)
{
	struct errmsg why;
	int row;

	if (path->kind != Y_SCALAR || ynode_null(r->d, path))
		return wrong(r, path->line, "path is not the name of a key");
	row = config_row(ynode_text(r->d, path), &why);
	if (row < 0)
		return wrong(r, path->line, "%s", why.text);
	*to = (uint16_t)row;
	return true;
}

/* ---- numbers ---- */

/* A sweep's number: a decimal, or for keys that have words one of those. */
static bool get_number(const struct reader *r, const struct ynode *n, unsigned row, const char *what, double *v)
{
	const char *text = n->kind == Y_SCALAR ? ynode_text(r->d, n) : "";
	struct errmsg why;
	struct typed t;
	bool whole;

	if (n->kind != Y_SCALAR || ynode_null(r->d, n))
		return wrong(r, n->line, "%s: %s is not a number", param_rows[row].path, what);
	if (n->plain && yaml_number(text, v, &whole))
		return isfinite(*v) || wrong(r, n->line, "%s: %s is not a finite number", param_rows[row].path, text);
	if (!row_type(row, text, n->plain, &t, &why))
		return wrong(r, n->line, "%s: %s", param_rows[row].path, why.text);
	*v = t.v;
	return true;
}

struct listed { double typed; uint32_t at; };

static int by_typed(const void *x, const void *y)
{
	const struct listed *a = x, *b = y;

	return a->typed != b->typed ? (a->typed > b->typed) - (a->typed < b->typed) : (a->at > b->at) - (a->at < b->at);
}

static bool values_differ(const struct reader *r, const struct spec_axis *a, const struct ynode *first)
{
	struct listed *l = xreallocarray(NULL, a->n, sizeof *l);
	struct buf typed = BUF_INIT;
	uint32_t i, same = 0;

	for (i = 0; i < a->n; i++)
		l[i] = (struct listed){ row_typed(a->row, a->value[i]), i };
	qsort(l, a->n, sizeof *l, by_typed);
	for (i = 1; i < a->n && !same; i++)
		same = l[i].typed == l[i - 1].typed ? i : 0;
	if (same) {
		row_show_value(&typed, a->row, l[same].typed);
		wrong(r, first[l[same].at].line, "%s: the values %s and %s both mean %s", param_rows[a->row].path,
		      ynode_text(r->d, first + l[same - 1].at), ynode_text(r->d, first + l[same].at), buf_cstr(&typed));
		buf_release(&typed);
	}
	free(l);
	return !same;
}

static bool get_values(const struct reader *r, const struct ynode *list, struct spec_axis *a)
{
	const struct ynode *n = list + 1;
	struct errmsg why;

	if (list->kind != Y_LIST)
		return wrong(r, list->line, "%s: values is not a list of numbers", param_rows[a->row].path);
	if (!list->size)
		return wrong(r, list->line, "%s: values is empty; an axis has one value at least", param_rows[a->row].path);
	a->value = xreallocarray(NULL, list->size, sizeof *a->value);
	for (; a->n < list->size; a->n++, n++) {
		if (!get_number(r, n, a->row, "a value", a->value + a->n))
			return false;
		if (!config_row_takes(a->row, a->value[a->n], &why))
			return wrong(r, n->line, "%s", why.text);
	}
	return values_differ(r, a, list + 1);
}

/* ---- axes ---- */

static bool get_gate(const struct reader *r, const struct ynode *gate, struct spec_axis *a)
{
	static const char *const known[] = { "path", "eq", NULL };
	const struct ynode *value[2];

	if (ynode_null(r->d, gate))
		return true;
	if (!get_keys(r, gate, "gate", known, value))
		return false;
	if (!value[0] || !value[1])
		return wrong(r, gate->line, "%s: gate has no %s; {path: KEY, eq: NUMBER} is wanted", param_rows[a->row].path, known[value[0] != NULL]);
	a->gated = true;
	return get_row(r, value[0], &a->gate_row) && get_number(r, value[1], a->gate_row, "eq", &a->gate_eq);
}

/* Either name of a key counts as that key. */
static bool is_new(const struct reader *r, const struct spec_axis *a, uint32_t line)
{
	int twice = spec_find(r->s, a->row);
	const struct spec_axis *b = r->s->axis + (twice < 0 ? 0 : twice);

	if (twice < 0)
		return true;
	if (b->row == a->row)
		return wrong(r, line, "%s is already an axis at line %u", param_rows[a->row].path, b->line);
	return wrong(r, line, "%s is the same key as %s, an axis at line %u", param_rows[a->row].path, param_rows[b->row].path, b->line);
}

/* The axis counts from the start, so that whoever releases the specification releases it too. */
static bool get_axis(const struct reader *r, const struct ynode *map)
{
	static const char *const known[] = { "path", "values", "gate", NULL };
	struct spec_axis *a = r->s->axis + r->s->n;
	const struct ynode *value[3];

	*a = (struct spec_axis){ .gate_axis = -1, .line = map->line };
	if (!get_keys(r, map, "an axis", known, value))
		return false;
	if (!value[0])
		return wrong(r, map->line, "an axis has no path; the key that it varies is wanted");
	if (!get_row(r, value[0], &a->row) || !is_new(r, a, value[0]->line))
		return false;
	r->s->n++;
	if (!value[1])
		return wrong(r, map->line, "%s: values is missing; a list of numbers is wanted", param_rows[a->row].path);
	return get_values(r, value[1], a) && get_gate(r, value[2], a);
}

static bool get_axes(const struct reader *r, const struct ynode *list)
{
	const struct ynode *n = list + 1;
	uint32_t i;

	if (list->kind != Y_LIST)
		return wrong(r, list->line, "axes is not a list of axes, {path: KEY, values: [NUMBER, ...]} each");
	if (!list->size)
		return wrong(r, list->line, "axes is empty; one axis at least is wanted");
	r->s->axis = xreallocarray(NULL, list->size, sizeof *r->s->axis);
	for (i = 0; i < list->size; i++, n += n->skip)
		if (!get_axis(r, n))
			return false;
	return true;
}

/* ---- gates as a graph ---- */

static void name_cycle(const struct spec *s, uint32_t from, struct buf *to)
{
	uint32_t i = from;

	do {
		buf_addf(to, "%s <- ", param_rows[s->axis[i].row].path);
		i = (uint32_t)s->axis[i].gate_axis;
	} while (i != from);
	buf_adds(to, param_rows[s->axis[from].row].path);
}

/* Each axis has one gate at most: whoever follows them from an axis on a cycle comes back to it. */
static bool on_cycle(const struct spec *s, uint32_t from)
{
	int at = s->axis[from].gate_axis;
	uint32_t steps;

	for (steps = 1; at >= 0 && at != (int)from && steps < s->n; steps++)
		at = s->axis[at].gate_axis;
	return at == (int)from;
}

static bool link_gates(const struct reader *r)
{
	struct spec *s = r->s;
	struct buf path = BUF_INIT;
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (s->axis[i].gated)
			s->axis[i].gate_axis = spec_find(s, s->axis[i].gate_row);
	for (i = 0; i < s->n && !on_cycle(s, i); i++)
		;
	if (i == s->n)
		return true;
	if (s->axis[i].gate_axis == (int)i)
		return wrong(r, s->axis[i].line, "%s: its gate is the axis itself", param_rows[s->axis[i].row].path);
	name_cycle(s, i, &path);
	wrong(r, s->axis[i].line, "the gates form a circle: %.300s", buf_cstr(&path));
	buf_release(&path);
	return false;
}

/* ---- the file ---- */

static bool get_lookback(const struct reader *r, const struct ynode *n)
{
	double v;
	bool whole;

	if (n->kind != Y_SCALAR || !n->plain || !yaml_number(ynode_text(r->d, n), &v, &whole) || !whole || !(v >= 0 && v <= UINT32_MAX))
		return wrong(r, n->line, "lookback is not a number of bars, a whole number from 0 to %u", UINT32_MAX);
	r->s->has_lookback = true;
	r->s->lookback = (uint32_t)v;
	return true;
}

static bool get_balance(const struct reader *r, const struct ynode *n)
{
	double v;
	bool whole;

	if (n->kind != Y_SCALAR || !n->plain || !yaml_number(ynode_text(r->d, n), &v, &whole) || !(v > 0 && isfinite(v)))
		return wrong(r, n->line, "initial_balance is not an amount in USD, a number above 0");
	r->s->has_balance = true;
	r->s->initial_balance_usd = v;
	return true;
}

static bool get_document(const struct reader *r)
{
	static const char *const known[] = { "axes", "lookback", "initial_balance", NULL };
	const struct ynode *value[3];

	if (!get_keys(r, r->d->node, "a specification", known, value))
		return false;
	if (!value[0])
		return wrong(r, r->d->node->line, "axes is missing; a list of {path: KEY, values: [NUMBER, ...]} is wanted");
	return (!value[1] || get_lookback(r, value[1])) && (!value[2] || get_balance(r, value[2])) && get_axes(r, value[0]) && link_gates(r);
}

bool spec_load_text(struct spec *s, const char *name, const char *text, size_t len, struct errmsg *e)
{
	struct ydoc d;
	bool ok;

	*s = (struct spec){ .file = xstrdup(strcmp(name, "-") ? name : "stdin") };
	ok = ydoc_parse(&d, s->file, text, len, e);
	if (ok) {
		ok = get_document(&(struct reader){ &d, s, e });
		ydoc_release(&d);
	}
	if (!ok)
		spec_release(s);
	return ok;
}

bool spec_load(struct spec *s, const char *path, struct errmsg *e)
{
	struct buf text = BUF_INIT;
	bool ok = buf_read_file(&text, path, YAML_MAX, e) && spec_load_text(s, path, text.data, text.len, e);

	if (!ok)
		*s = (struct spec){ 0 };
	buf_release(&text);
	return ok;
}

void spec_release(struct spec *s)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		free(s->axis[i].value);
	free(s->axis);
	free(s->file);
	*s = (struct spec){ 0 };
}

int spec_find(const struct spec *s, unsigned row)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (s->axis[i].row == row || config_row_twin(s->axis[i].row) == (int)row)
			return (int)i;
	return -1;
}

bool spec_opens(const struct spec_axis *a, double gate_value)
{
	return fabs(gate_value - a->gate_eq) < GATE_WITHIN;
}

/* ---- what looks like a mistake ---- */

struct warner { const struct spec *s; config_warn_fn *on_warning; void *arg; };

PRINTF(3, 4) static void warn_axis(const struct warner *w, const struct spec_axis *a, const char *fmt, ...)
{
	struct errmsg text, all;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text.text, sizeof text.text, fmt, ap);
	va_end(ap);
	errmsg_set(&all, "%s:%u: %s: %.400s", w->s->file, a->line, param_rows[a->row].path, text.text);
	w->on_warning(w->arg, all.text);
}

static void check_gate(const struct warner *w, const struct spec_axis *a)
{
	const struct spec_axis *parent = w->s->axis + a->gate_axis;
	char eq[NUM_F64_MAX];
	uint32_t i;

	for (i = 0; i < parent->n; i++)
		if (spec_opens(a, parent->value[i]))
			return;
	*num_f64_put(eq, a->gate_eq) = '\0';
	warn_axis(w, a, "never active, as no value of %s is %s", param_rows[parent->row].path, eq);
}

static void check_value(const struct warner *w, const struct spec_axis *a, double v)
{
	const struct param_row *r = param_rows + a->row;
	double typed = row_typed(a->row, v);
	struct buf taken = BUF_INIT;
	char text[NUM_F64_MAX];
	struct errmsg range;

	*num_f64_put(text, v) = '\0';
	row_show_value(&taken, a->row, typed);
	if (typed != v)
		warn_axis(w, a, "%s is taken as %s", text, buf_cstr(&taken));
	else if (v > r->hi || (r->lo_open ? v <= r->lo : v < r->lo))
		warn_axis(w, a, "%s is out of range; %s is wanted", text, row_range(a->row, &range));
	buf_release(&taken);
}

void spec_check(const struct spec *s, config_warn_fn *on_warning, void *arg)
{
	const struct warner w = { s, on_warning, arg };
	const struct spec_axis *a;
	uint32_t i;

	for (a = s->axis; a < s->axis + s->n; a++) {
		if (a->gate_axis >= 0)
			check_gate(&w, a);
		for (i = 0; i < a->n; i++)
			check_value(&w, a, a->value[i]);
	}
}
