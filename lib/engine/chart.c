/* SPDX-License-Identifier: MIT
 * Changes when curves are drawn in another way. */
#include "engine/chart.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATE_LEN 10	/* of an RFC 3339 text */
#define TINY 1e-12

/* What a column of dots shows: the range of the values in its share of the time, and the value it ends with. */
struct span { double lo, hi, last; };

static int64_t column_end(const struct curve *c, size_t column, size_t n)
{
	double first = (double)c->point[0].t_ms, last = (double)c->point[c->n - 1].t_ms;

	return (int64_t)(first + (last - first) * (double)(column + 1) / (double)n);
}

/* n columns of equal time. A column also reaches back to where the one before it ended, so that the curve has no holes. */
static void resample(const struct curve *c, struct span *span, size_t n)
{
	double last = c->point[0].balance_usd;
	size_t i = 0, k;

	for (k = 0; k < n; k++) {
		int64_t end = column_end(c, k, n);

		span[k] = (struct span){ last, last, last };
		for (; i < c->n && (c->point[i].t_ms <= end || k + 1 == n); i++) {
			last = c->point[i].balance_usd;
			span[k].lo = fmin(span[k].lo, last);
			span[k].hi = fmax(span[k].hi, last);
		}
		span[k].last = last;
	}
}

static struct span range(const struct curve *c)
{
	struct span r = { c->point[0].balance_usd, c->point[0].balance_usd, 0 };
	double pad;
	size_t i;

	for (i = 0; i < c->n; i++) {
		r.lo = fmin(r.lo, c->point[i].balance_usd);
		r.hi = fmax(r.hi, c->point[i].balance_usd);
	}
	if (r.hi - r.lo < TINY * fmax(1, fabs(r.hi))) {	/* a flat curve runs through the middle */
		pad = fmax(1, fabs(r.hi) / 100);
		r.lo -= pad;
		r.hi += pad;
	}
	return r;
}

/* How far below the top v lies, 0 to 1; 0 where the range is too large for a number. */
static double depth(const struct span *r, double v)
{
	double share = (r->hi - v) / (r->hi - r->lo);

	return share > 0 ? fmin(share, 1) : 0;
}

/* A grid of dots, dots_x by dots_y of them per character. */
struct grid { unsigned char *cell; size_t columns, rows, dots_x, dots_y; };

/* Braille: the six upper dots are numbered down the columns, the two lowest ones came later. */
static const unsigned char braille_bit[4][2] = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };

static void set_dot(struct grid *g, size_t x, size_t y)
{
	g->cell[y / g->dots_y * g->columns + x / g->dots_x] |= braille_bit[y % g->dots_y][x % g->dots_x];
}

static size_t dot_row(double v, const struct span *r, size_t dots)
{
	return (size_t)(depth(r, v) * (double)(dots - 1) + 0.5);
}

static void draw(struct grid *g, const struct curve *c, const struct span *r)
{
	size_t width = g->columns * g->dots_x, height = g->rows * g->dots_y, x, y;
	struct span *span = xcalloc(width, sizeof *span);

	resample(c, span, width);
	for (x = 0; x < width; x++)
		for (y = dot_row(span[x].hi, r, height); y <= dot_row(span[x].lo, r, height); y++)
			set_dot(g, x, y);
	free(span);
}

static void put_cell(struct buf *out, unsigned char bits, bool ascii)
{
	char braille[4] = { (char)0xe2, (char)(0xa0 | bits >> 6), (char)(0x80 | (bits & 0x3f)), '\0' };

	if (ascii || !bits)
		buf_addc(out, bits ? '*' : ' ');
	else
		buf_adds(out, braille);
}

static void put_date(struct buf *out, int64_t t_ms)
{
	char text[CLOCK_TEXT_MAX];

	clock_put(text, t_ms);
	buf_add(out, text, DATE_LEN);
}

/* The value at the left of a row: the highest at the top, the lowest at the bottom, blanks elsewhere. */
static void put_label(struct buf *out, const struct chart_style *s, const struct span *r, size_t row, int width)
{
	char text[64] = "";

	if (row == 0)
		s->label(text, sizeof text, r->hi);
	else if (row + 1 == s->rows)
		s->label(text, sizeof text, r->lo);
	buf_addf(out, "%*s %s", width, text, s->ascii ? "|" : *text ? "┤" : "│");
}

static int label_width(const struct chart_style *s, const struct span *r)
{
	char text[64];
	int hi = s->label(text, sizeof text, r->hi), lo = s->label(text, sizeof text, r->lo);

	return hi > lo ? hi : lo;
}

void chart_text(struct buf *out, const struct curve *c, const struct chart_style *s)
{
	struct grid g = { .columns = s->columns, .rows = s->rows, .dots_x = s->ascii ? 1 : 2, .dots_y = s->ascii ? 1 : 4 };
	struct span r = range(c);
	int width = label_width(s, &r);
	size_t row, i;

	g.cell = xcalloc(g.columns * g.rows, 1);
	draw(&g, c, &r);
	for (row = 0; row < g.rows; row++) {
		put_label(out, s, &r, row, width);
		buf_adds(out, s->on);
		for (i = 0; i < g.columns; i++)
			put_cell(out, g.cell[row * g.columns + i], s->ascii);
		while (out->data[out->len - 1] == ' ')
			out->len--;
		buf_adds(out, s->off);
		buf_addc(out, '\n');
	}
	buf_addf(out, "%*s", width + 2, "");
	put_date(out, c->point[0].t_ms);
	buf_addf(out, "%*s", (int)s->columns - 2 * DATE_LEN, "");
	put_date(out, c->point[c->n - 1].t_ms);
	buf_addc(out, '\n');
	free(g.cell);
}

/* SVG */

enum { TICKS_MAX = 12, LEFT = 76, RIGHT = 12, TOP = 10, BOTTOM = 24 };	/* the latter are margins, in px */

struct plane { const struct curve *c; struct span r; double width, height; };

static double at_x(const struct plane *p, double share)
{
	return LEFT + share * (p->width - LEFT - RIGHT);
}

static double at_y(const struct plane *p, double v)
{
	return TOP + depth(&p->r, v) * (p->height - TOP - BOTTOM);
}

/* 1, 2 or 5 times a power of ten: about n steps in the range. */
static double tick_step(double range, double n)
{
	double power = pow(10, floor(log10(range / n))), x = range / n / power;

	return power * (x <= 1 ? 1 : x <= 2 ? 2 : x <= 5 ? 5 : 10);
}

static void put_value_ticks(struct buf *out, const struct plane *p, chart_label_fn *label)
{
	double step = tick_step(p->r.hi - p->r.lo, 4), first = ceil(p->r.lo / step), v;
	char text[64];
	int i;

	for (i = 0; i < TICKS_MAX; i++) {
		v = (first + i) * step;
		if (!(v <= p->r.hi))
			break;
		label(text, sizeof text, fabs(v) < step / 2 ? 0 : v);
		buf_addf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, p->width - RIGHT, at_y(p, v), at_y(p, v));
		buf_addf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT - 6, at_y(p, v) + 4, text);
	}
}

static void put_date_ticks(struct buf *out, const struct plane *p)
{
	const struct equity_point *point = p->c->point;
	int64_t span = point[p->c->n - 1].t_ms - point[0].t_ms;
	int i;

	for (i = 0; i <= 4; i++) {
		buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", at_x(p, i / 4.0), p->height - 6, i == 0 ? "start" : i == 4 ? "end" : "middle");
		put_date(out, point[0].t_ms + span / 4 * i);
		buf_adds(out, "</text>\n");
	}
}

static void put_path(struct buf *out, const struct plane *p)
{
	size_t n = (size_t)p->width, k;
	struct span *span = xcalloc(n, sizeof *span);

	resample(p->c, span, n);
	for (k = 0; k < n; k++) {
		double x = at_x(p, (double)k / (double)(n - 1));

		buf_addf(out, "%.1f,%.1f ", x, at_y(p, span[k].lo));
		if (span[k].hi > span[k].lo)
			buf_addf(out, "%.1f,%.1f %.1f,%.1f ", x, at_y(p, span[k].hi), x, at_y(p, span[k].last));
	}
	free(span);
}

void chart_svg(struct buf *out, const struct curve *c, const char *name, unsigned width, unsigned height, chart_label_fn *label)
{
	struct plane p = { c, range(c), width, height };
	double foot = p.r.lo <= 0 && p.r.hi >= 0 ? 0 : p.r.lo;

	buf_addf(out, "<svg class=\"%s\" viewBox=\"0 0 %u %u\" role=\"img\">\n", name, width, height);
	put_value_ticks(out, &p, label);
	put_date_ticks(out, &p);
	buf_addf(out, "<polygon class=\"area\" points=\"%.1f,%.1f ", at_x(&p, 0), at_y(&p, foot));
	put_path(out, &p);
	buf_addf(out, "%.1f,%.1f\"/>\n<polyline class=\"curve\" points=\"", at_x(&p, 1), at_y(&p, foot));
	put_path(out, &p);
	buf_adds(out, "\"/>\n</svg>\n");
}

struct curve chart_drawdown(const struct curve *c)
{
	struct curve d = { xcalloc(c->n + 1, sizeof *d.point), c->n };
	double peak = c->n ? c->point[0].balance_usd : 0;
	size_t i;

	for (i = 0; i < c->n; i++) {
		peak = fmax(peak, c->point[i].balance_usd);
		d.point[i].t_ms = c->point[i].t_ms;
		d.point[i].balance_usd = peak <= TINY ? 0 : (c->point[i].balance_usd - peak) / peak;
	}
	return d;
}
