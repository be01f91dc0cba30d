/* SPDX-License-Identifier: MIT
 * What a merged configuration may not be, and what looks like a mistake; changes when a bound or a combination does
 * (docs/rules/parameters.md "Checks"). */
#include "config/row.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check {
	const struct config *c;
	struct config *fix;
	bool lenient;
	config_warn_fn *on_warning;
	void *arg;
	struct errmsg *e;
};

void config_warn(void *arg, const char *text)
{
	(void)arg;
	warn("%s", text);
}

static void warn_at(const struct check *k, uint32_t line, const char *text)
{
	struct errmsg all;

	if (k->c->file && line)
		errmsg_set(&all, "%s:%u: %s", k->c->file, line, text);
	else
		errmsg_set(&all, "%s", text);
	if (k->on_warning)
		k->on_warning(k->arg, all.text);
}

PRINTF(3, 4) static void warn_row(const struct check *k, int row, const char *fmt, ...)
{
	struct errmsg text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text.text, sizeof text.text, fmt, ap);
	va_end(ap);
	warn_at(k, k->c->origin[row].line, text.text);
}

/* The end; or under lenient a warning, and row gets v (or text) where there is something to put it into. */
static bool refuse(const struct check *k, int row, double v, const char *what)
{
	const struct param_row *r = param_rows + row;
	struct buf b = BUF_INIT;
	bool ok = k->lenient;

	buf_adds(&b, what);
	if (!ok && k->c->file && k->c->origin[row].line)
		errmsg_set(k->e, "%s:%u: %s", k->c->file, k->c->origin[row].line, buf_cstr(&b));
	else if (!ok)
		errmsg_set(k->e, "%s", buf_cstr(&b));
	if (ok && k->fix) {
		buf_adds(&b, "; using ");
		if (r->type == PARAM_TEXT)
			row_show_string(&b, r->init_text);
		else
			row_show_value(&b, (unsigned)row, v);
	}
	if (ok)
		warn_row(k, row, "%.400s", buf_cstr(&b));
	if (ok && k->fix && r->type == PARAM_TEXT)
		row_put_text(k->fix, (unsigned)row, r->init_text, k->fix->origin[row]);
	else if (ok && k->fix)
		row_put(k->fix, (unsigned)row, v, k->fix->origin[row]);
	buf_release(&b);
	return ok;
}

static bool check_range(const struct check *k, int row)
{
	const struct param_row *r = param_rows + row;
	struct errmsg text, range;
	struct buf b = BUF_INIT;
	double v = row_get(k->c, (unsigned)row);
	bool low;

	if (r->type == PARAM_TEXT)
		return true;
	if (!isfinite(v)) {
		errmsg_set(&text, "%s is not a finite number", r->path);
		return refuse(k, row, r->init, text.text);
	}
	if (!(r->flags & (HARD | WINDOW)) && !k->on_warning)
		return true;
	low = v < r->lo || (r->lo_open && v == r->lo);
	if (!low && v <= r->hi)
		return true;
	row_show_value(&b, (unsigned)row, v);
	errmsg_set(&text, "%s: %s is out of range; %s is wanted", r->path, buf_cstr(&b), row_range((unsigned)row, &range));
	buf_release(&b);
	if (r->flags & (HARD | WINDOW))
		return refuse(k, row, low ? r->lo : r->hi, text.text);
	warn_row(k, row, "%s", text.text);
	return true;
}

/* Sizes are clamped between bounds; bounds the wrong way round have no meaning. */
static bool check_bounds(const struct check *k)
{
	const struct params *p = &k->c->params;
	struct errmsg text;

	if (p->trade_vol_scalar_min > p->trade_vol_scalar_max) {
		errmsg_set(&text, "trade.vol_scalar_min: %g is above trade.vol_scalar_max, %g", p->trade_vol_scalar_min, p->trade_vol_scalar_max);
		if (!refuse(k, row_find("trade.vol_scalar_min"), p->trade_vol_scalar_max, text.text))
			return false;
	}
	if (p->trade_adx_sizing_min_mult > 1) {
		errmsg_set(&text, "trade.adx_sizing_min_mult: %g is above 1, the upper bound of that multiplier", p->trade_adx_sizing_min_mult);
		return refuse(k, row_find("trade.adx_sizing_min_mult"), 1, text.text);
	}
	return true;
}

static bool check_interval(const struct check *k, const char *path, bool may_be_empty)
{
	int row = row_find(path);
	const char *text = row_get_text(k->c, (unsigned)row);
	int64_t main_ms = clock_interval_ms(k->c->engine_interval), ms = clock_interval_ms(text);
	struct errmsg what;
	struct shown s;

	if (may_be_empty && !*text)
		return true;
	if (!ms) {
		errmsg_set(&what, "%s: %s is not an interval; 1m 3m 5m 15m 30m 1h 4h and 1d are%s", path, shown(&s, text),
			   may_be_empty ? ", or \"\" for the main bar" : "");
		return refuse(k, row, 0, what.text);
	}
	if (may_be_empty && main_ms && ms >= main_ms)
		warn_row(k, row, "%s: %s is not shorter than engine.interval, %s", path, text, k->c->engine_interval);
	return true;
}

static void check_odd(const struct check *k)
{
#define ODD(one, relation, other, follows) { one, #relation, other, follows },
	static const struct { const char *one, *relation, *other, *follows; } odd[] = {
#include "config/odd.def"
	};
#undef ODD
	struct buf b = BUF_INIT;
	double a, c;
	size_t i;
	int row;

	for (i = 0; i < sizeof odd / sizeof *odd; i++) {
		row = row_find(odd[i].one);
		a = row_get(k->c, (unsigned)row);
		c = row_get(k->c, (unsigned)row_find(odd[i].other));
		if (*odd[i].relation == '<' ? !(a < c) : odd[i].relation[1] ? !(a >= c) : !(a > c))
			continue;
		buf_clear(&b);
		buf_addf(&b, "%s (", odd[i].one);
		row_show_value(&b, (unsigned)row, a);
		buf_addf(&b, ") %s %s (", odd[i].relation, odd[i].other);
		row_show_value(&b, (unsigned)row_find(odd[i].other), c);
		buf_addf(&b, "): %s", odd[i].follows);
		warn_row(k, row, "%s", buf_cstr(&b));
	}
	buf_release(&b);
}

static void check_alias(const struct check *k)
{
	int alias = row_find("indicators.ave_avg_atr_window"), real = row_twin((unsigned)alias);

	if (k->c->origin[alias].layer != LAYER_DEFAULT && row_get(k->c, (unsigned)alias) != row_get(k->c, (unsigned)real))
		warn_row(k, alias, "%s is read by no rule; set %s", param_rows[alias].path, param_rows[real].path);
}

/* Only exits and signal_modes are tried in an order. */
static void check_orders(const struct check *k, const struct config_profile *p, const struct resolved *r)
{
	struct errmsg text;
	unsigned g, b;

	for (g = 0; g < N_GROUPS; g++) {
		if (g == GROUP_exits || g == GROUP_signal_modes)
			continue;
		for (b = group_first(g); b < group_first(g + 1) && r->order[b] == b; b++)
			;
		if (b == group_first(g + 1))
			continue;
		errmsg_set(&text, "pipeline.profiles.%s.behaviours.%s.order has no effect: only exits and signal_modes are tried in an order",
			   p->name, group_name[g]);
		warn_at(k, p->group[g].order.line ? p->group[g].order.line[0] : 0, text.text);
	}
}

static bool check_profile(const struct check *k)
{
	char name[CONFIG_NAME_MAX];
	struct config_profile *p;
	struct resolved r;
	struct errmsg text;
	struct shown s;
	struct fault f;

	config_profile_name(k->c, NULL, name);
	if (!profile_resolve(k->c, name, &r, &f, k->e))
		return false;
	if (!r.known)
		warn_row(k, row_find("runtime.profile"), "there is no profile %s: everything is on, in default order", shown(&s, name));
	p = profile_find(k->c, name);
	if (!p)
		return true;
	check_orders(k, p, &r);
	if (strcmp(p->ranker, "raw_notional_desc") == 0) {
		errmsg_set(&text, "pipeline.profiles.%s.ranker has no effect: entries are ranked by confidence and ADX", p->name);
		warn_at(k, p->line, text.text);
	}
	return true;
}

static bool check_numbers(const struct check *k)
{
	int row;

	for (row = 0; row < N_PARAMS; row++)
		if (!check_range(k, row))
			return false;
	return check_bounds(k);
}

bool check_values(const struct config *c, struct config *fix, bool lenient, config_warn_fn *on_warning, void *arg, struct errmsg *e)
{
	struct check k = { c, fix, lenient, on_warning, arg, e };

	if (!check_numbers(&k) || !check_interval(&k, "engine.interval", false) || !check_interval(&k, "engine.entry_interval", true) ||
	    !check_interval(&k, "engine.exit_interval", true) || !check_profile(&k))
		return false;
	check_odd(&k);
	check_alias(&k);
	return true;
}

bool config_check(const struct config *c, bool lenient, config_warn_fn *on_warning, void *arg, struct errmsg *e)
{
	return check_values(c, NULL, lenient, on_warning, arg, e);
}

bool config_check_numbers(const struct config *c, struct errmsg *e)
{
	struct check k = { .c = c, .e = e };

	return check_numbers(&k);
}

static void check_lookback(const struct check *k, uint32_t lookback)
{
	struct buf b = BUF_INIT;
	unsigned i;

	for (i = 0; lookback && i < N_PARAMS; i++)
		if (param_rows[i].flags & WINDOW && !(param_rows[i].flags & UNUSED) && row_get(k->c, i) > lookback)
			buf_addf(&b, "%s %s (%.0f)", b.len ? "," : "", param_rows[i].path, row_get(k->c, i));
	if (b.len) {
		struct buf text = BUF_INIT;

		buf_addf(&text, "a lookback of %u bars is shorter than%s: the first decisions see unfinished values", lookback, buf_cstr(&b));
		warn_at(k, 0, buf_cstr(&text));
		buf_release(&text);
	}
	buf_release(&b);
}

static void check_given(const struct check *k, const char *option, const char *given, const char *path, const char *have)
{
	struct errmsg text;

	if (!given || strcmp(given, have) == 0)
		return;
	if (*have)
		errmsg_set(&text, "%s %s, but %s is %s", option, given, path, have);
	else
		errmsg_set(&text, "%s %s, but %s is not set; rules that read it go by the main bar", option, given, path);
	warn_at(k, 0, text.text);
}

void config_check_run(const struct config *c, const struct config_run *run, config_warn_fn *on_warning, void *arg)
{
	struct check k = { .c = c, .on_warning = on_warning, .arg = arg };

	check_lookback(&k, run->lookback);
	check_given(&k, "--interval", run->interval, "engine.interval", c->engine_interval);
	check_given(&k, "--entry-interval", run->entry_interval, "engine.entry_interval", c->engine_entry_interval);
	check_given(&k, "--exit-interval", run->exit_interval, "engine.exit_interval", c->engine_exit_interval);
}
