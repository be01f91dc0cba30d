/* SPDX-License-Identifier: MIT
 * Changes when another figure of a report should be seen. */
#include "engine/view.h"

#include <stdarg.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 1234567.891 -> "1,234,567.89" */
static int put_grouped(char *dst, size_t cap, double v, int decimals, const char *plus)
{
	char plain[400];
	int n = snprintf(plain, sizeof plain, "%.*f", decimals, fabs(v)), whole = n - (decimals ? decimals + 1 : 0), i;
	size_t len = (size_t)snprintf(dst, cap, "%s", v < 0 && strspn(plain, "0.") < (size_t)n ? "-" : v > 0 ? plus : "");

	for (i = 0; i < n && len + 2 < cap; i++) {
		dst[len++] = plain[i];
		if (i + 1 < whole && (whole - i - 1) % 3 == 0)
			dst[len++] = ',';
	}
	dst[len] = '\0';
	return (int)len;
}

static const char *money(char dst[40], double v)
{
	put_grouped(dst, 40, v, 2, "");
	return dst;
}

static const char *gain(char dst[40], double v)
{
	put_grouped(dst, 40, v, 2, "+");
	return dst;
}

static const char *count(char dst[40], double v)
{
	put_grouped(dst, 40, v, 0, "");
	return dst;
}

int view_money_label(char *dst, size_t cap, double v)
{
	return put_grouped(dst, cap, v, fabs(v) < 100 ? 2 : 0, "");
}

int view_percent_label(char *dst, size_t cap, double v)
{
	return snprintf(dst, cap, "%.1f %%", v * 100);
}

static enum tone tone_of(double v)
{
	return v > 0 ? TONE_GOOD : v < 0 ? TONE_BAD : TONE_PLAIN;
}

/* Reading the document. A member that is missing reads as 0; view_make() asks for those that a report cannot lack. */

static double number(const struct json_doc *d, const struct json *object, const char *key)
{
	double v = 0;

	return json_f64(d, json_get(d, object, key), &v) ? v : 0;
}

/* A text of the document, "?" if it is none. What a terminal could take for a command is replaced. */
static void text(char *dst, size_t cap, const struct json_doc *d, const struct json *v)
{
	char *c;

	if (!json_str(d, v, dst, cap))
		snprintf(dst, cap, "?");
	for (c = dst; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

static double sum_symbols(const struct json_doc *d, const char *key)
{
	const struct json *all = json_get(d, d->tok, "per_symbol"), *k, *v;
	double sum = 0;
	uint32_t i;

	if (!all || all->type != JSON_OBJECT)
		return 0;
	for (i = 0, k = all + 1; i < all->size; i++, k = v + v->skip) {
		v = k + k->skip;
		sum += number(d, v, key);
	}
	return sum;
}

/* Key figures */

static void add_figure(struct view *v, const char *label, enum tone tone, const char *fmt, ...) PRINTF(4, 5);
static void add_figure(struct view *v, const char *label, enum tone tone, const char *fmt, ...)
{
	struct figure *f = &v->figure[v->n_figures++];
	va_list ap;

	f->label = label;
	f->tone = tone;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
}

static void add_profit_factor(struct view *v, const struct json_doc *d)
{
	const struct json *factor = json_get(d, d->tok, "profit_factor");
	char word[32];

	text(word, sizeof word, d, factor);
	if (factor && factor->type == JSON_STRING)
		add_figure(v, "Profit factor", TONE_PLAIN, "%s", word);
	else
		add_figure(v, "Profit factor", TONE_PLAIN, "%.2f", number(d, d->tok, "profit_factor"));
}

static void add_money_figures(struct view *v, const struct json_doc *d, const struct view_options *o)
{
	double from = number(d, d->tok, "initial_balance"), to = number(d, d->tok, "final_balance"), pnl = number(d, d->tok, "total_pnl");
	char a[40], b[40];

	add_figure(v, "Balance", TONE_PLAIN, "%s to %s", money(a, from), money(b, to));
	if (from > 0)
		add_figure(v, "Profit", tone_of(pnl), "%s (%+.2f %%)", gain(a, pnl), pnl / from * 100);
	else
		add_figure(v, "Profit", tone_of(pnl), "%s", gain(a, pnl));
	add_figure(v, "Max drawdown", TONE_PLAIN, "%s (%.2f %%)", money(a, number(d, d->tok, "max_drawdown_usd")),
		   number(d, d->tok, "max_drawdown_pct") * 100);
	if (!o->sparse)
		add_figure(v, "Sharpe ratio", TONE_PLAIN, "%.2f", number(d, d->tok, "sharpe_ratio"));
	add_profit_factor(v, d);
}

static void add_trade_figures(struct view *v, const struct json_doc *d)
{
	char a[40], b[40];

	add_figure(v, "Trades closed", TONE_PLAIN, "%s", count(a, number(d, d->tok, "total_trades")));
	add_figure(v, "Win rate", TONE_PLAIN, "%.1f %% (%s won, %s lost)", number(d, d->tok, "win_rate") * 100,
		   count(a, number(d, d->tok, "total_wins")), count(b, number(d, d->tok, "total_losses")));
	add_figure(v, "Mean trade", tone_of(number(d, d->tok, "avg_trade_pnl")), "%s", gain(a, number(d, d->tok, "avg_trade_pnl")));
	add_figure(v, "Mean win, loss", TONE_PLAIN, "%s, %s", gain(a, number(d, d->tok, "avg_win")), gain(b, number(d, d->tok, "avg_loss")));
}

static void add_cost_figures(struct view *v, const struct json_doc *d, const struct view_options *o)
{
	char a[40], b[40];

	add_figure(v, "Fees", TONE_PLAIN, "%s", money(a, number(d, d->tok, "total_fees")));
	if (!o->computed)
		add_figure(v, "Slippage", TONE_PLAIN, "about %s (%g bps)", money(a, sum_symbols(d, "estimated_slippage_usd")),
			   number(d, d->tok, "slippage_bps"));
	if (sum_symbols(d, "funding_events") > 0)
		add_figure(v, "Funding", tone_of(sum_symbols(d, "funding_pnl_usd")), "%s", gain(a, sum_symbols(d, "funding_pnl_usd")));
	if (!o->computed)
		add_figure(v, "Signals", TONE_PLAIN, "%s of %s checks", count(a, number(d, d->tok, "total_signals")),
			   count(b, number(d, json_get(d, d->tok, "gate_stats"), "total_checks")));
}

/* Tables */

static struct table *new_table(struct view *v, const char *title, unsigned columns, const char *const *head)
{
	struct table *t = &v->table[v->n_tables++];
	unsigned i;

	t->title = title;
	t->columns = columns;
	for (i = 0; i < columns; i++)
		t->head[i] = head[i];
	return t;
}

static struct cell *new_row(struct table *t, double bar)
{
	if (t->rows == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 16;
		t->cell = xreallocarray(t->cell, (size_t)t->cap * t->columns, sizeof *t->cell);
		t->bar = xreallocarray(t->bar, t->cap, sizeof *t->bar);
	}
	t->bar[t->rows] = bar;
	memset(&t->cell[t->rows * t->columns], 0, t->columns * sizeof *t->cell);
	return &t->cell[t->rows++ * t->columns];
}

static void set_gain(struct cell *c, double v)
{
	put_grouped(c->text, sizeof c->text, v, 2, "+");
	c->tone = tone_of(v);
}

static void set_money(struct cell *c, double v)
{
	put_grouped(c->text, sizeof c->text, v, 2, "");
}

static void set_count(struct cell *c, double v)
{
	put_grouped(c->text, sizeof c->text, v, 0, "");
}

static void set_percent(struct cell *c, double v)
{
	snprintf(c->text, sizeof c->text, "%.1f %%", v * 100);
}

/* Without any payment the funding column is left out: it comes last. */
static void add_symbols(struct view *v, const struct json_doc *d)
{
	static const char *const head[] = { "Symbol", "Trades", "Won", "Profit", "Fees", "Net", "Drawdown", "Funding" };
	const struct json *all = json_get(d, d->tok, "per_symbol"), *k, *s;
	bool funding = sum_symbols(d, "funding_events") > 0;
	struct table *t;
	struct cell *c;
	uint32_t i;

	if (!all || all->type != JSON_OBJECT || !all->size)
		return;
	t = new_table(v, "By symbol", funding ? 8 : 7, head);
	for (i = 0, k = all + 1; i < all->size; i++, k = s + s->skip) {
		s = k + k->skip;
		c = new_row(t, number(d, s, "net_pnl_usd"));
		text(c[0].text, sizeof c[0].text, d, k);
		set_count(&c[1], number(d, s, "trades"));
		set_percent(&c[2], number(d, s, "win_rate"));
		set_gain(&c[3], number(d, s, "realised_pnl_usd"));
		set_money(&c[4], number(d, s, "fees_usd"));
		set_gain(&c[5], number(d, s, "net_pnl_usd"));
		set_money(&c[6], number(d, s, "max_drawdown_usd"));
		if (funding)
			set_gain(&c[7], number(d, s, "funding_pnl_usd"));
	}
}

/* A by_* list of the report. */
static void add_buckets(struct view *v, const struct json_doc *d, const char *list, const char *key, const char *title,
			const char *name)
{
	const char *const head[] = { name, "Trades", "Won", "Profit", "Mean" };
	const struct json *all = json_get(d, d->tok, list), *row;
	struct table *t;
	struct cell *c;
	uint32_t i;

	if (!all || all->type != JSON_ARRAY || !all->size)
		return;
	t = new_table(v, title, 5, head);
	for (i = 0, row = all + 1; i < all->size; i++, row += row->skip) {
		double pnl = number(d, row, "pnl"), trades = number(d, row, "trades");

		c = new_row(t, pnl);
		text(c[0].text, sizeof c[0].text, d, json_get(d, row, key));
		set_count(&c[1], trades);
		set_percent(&c[2], number(d, row, "win_rate"));
		set_gain(&c[3], pnl);
		set_gain(&c[4], trades > 0 ? pnl / trades : 0);
	}
}

static void add_gates(struct view *v, const struct json_doc *d)
{
	static const char *const head[] = { "Gate", "Blocked", "of checks" };
	static const char prefix[] = "blocked_by_";
	const struct json *all = json_get(d, d->tok, "gate_stats"), *k, *x;
	double checks = number(d, all, "total_checks"), n;
	struct table *t;
	struct cell *c;
	char name[64];
	uint32_t i;

	if (checks <= 0 || all->type != JSON_OBJECT)
		return;
	t = new_table(v, "Gates", 3, head);
	t->is_count = true;
	for (i = 0, k = all + 1; i < all->size; i++, k = x + x->skip) {
		x = k + k->skip;
		if (!json_str(d, k, name, sizeof name) || strncmp(name, prefix, strlen(prefix)) || !json_f64(d, x, &n) || n <= 0)
			continue;
		c = new_row(t, n);
		text(c[0].text, sizeof c[0].text, d, k);
		memmove(c[0].text, c[0].text + strlen(prefix), strlen(c[0].text + strlen(prefix)) + 1);
		set_count(&c[1], n);
		set_percent(&c[2], n / checks);
	}
}

static void add_quirks(struct view *v, const struct json_doc *d)
{
	const struct json *all = json_get(d, d->tok, "compat"), *quirk;
	char name[64];
	uint32_t i;

	if (!all || all->type != JSON_ARRAY)
		return;
	for (i = 0, quirk = all + 1; i < all->size; i++, quirk += quirk->skip) {
		text(name, sizeof name, d, quirk);
		buf_addf(&v->quirks, "%s%s", v->quirks.len ? ", " : "", name);
	}
	buf_cstr(&v->quirks);
}

static bool is_report(const struct json_doc *d, struct errmsg *e)
{
	static const char *const needed[] = { "total_trades", "initial_balance", "final_balance", "total_pnl", "win_rate" };
	double v;
	size_t i;

	for (i = 0; i < sizeof needed / sizeof *needed; i++)
		if (d->tok->type != JSON_OBJECT || !json_f64(d, json_get(d, d->tok, needed[i]), &v))
			return errmsg_set(e, "no report: \"%s\" is not a number in it", needed[i]);
	return true;
}

/* "" for null or nothing. */
static void get_id(char *dst, size_t cap, const struct json_doc *d, const char *key)
{
	const struct json *v = json_get(d, d->tok, key);

	*dst = '\0';
	if (v && v->type != JSON_NULL)
		text(dst, cap, d, v);
}

enum tone table_tone(const struct table *t, double bar)
{
	return t->is_count ? TONE_PLAIN : tone_of(bar);
}

double table_largest_bar(const struct table *t)
{
	double max = 0;
	unsigned i;

	for (i = 0; i < t->rows; i++)
		max = fmax(max, fabs(t->bar[i]));
	return max;
}

bool view_make(struct view *v, const struct json_doc *report, const struct curve *equity, const struct view_options *o, struct errmsg *e)
{
	*v = (struct view){ 0 };
	if (!is_report(report, e))
		return false;
	get_id(v->title, sizeof v->title, report, "id");
	if (o->title || !v->title[0])
		snprintf(v->title, sizeof v->title, "%s", o->title ? o->title : "run");
	get_id(v->config_id, sizeof v->config_id, report, "config_fingerprint");
	get_id(v->events_hash, sizeof v->events_hash, report, "events_hash");
	add_money_figures(v, report, o);
	if (!o->computed || number(report, report->tok, "total_trades") > 0) {
		add_trade_figures(v, report);
		add_cost_figures(v, report, o);
	}
	add_symbols(v, report);
	add_buckets(v, report, "by_exit_reason", "reason", "By exit", "Exit");
	add_buckets(v, report, "by_side", "side", "By side", "Side");
	add_buckets(v, report, "by_confidence", "confidence", "By confidence", "Confidence");
	add_gates(v, report);
	add_quirks(v, report);
	v->equity = *equity;
	v->drawdown = chart_drawdown(equity);
	return true;
}

void view_release(struct view *v)
{
	unsigned i;

	for (i = 0; i < v->n_tables; i++) {
		free(v->table[i].cell);
		free(v->table[i].bar);
	}
	free(v->drawdown.point);
	buf_release(&v->quirks);
	*v = (struct view){ 0 };
}
