/* SPDX-License-Identifier: MIT
 * A curve over time, drawn by ourselves: in braille dots for a terminal, as SVG for a page. */
#ifndef OCQ_ENGINE_CHART_H
#define OCQ_ENGINE_CHART_H

#include "base/buf.h"
#include "engine/run.h"

struct curve { struct equity_point *point; size_t n; };	/* ascending in time */

/* How a value is written on the axis; returns the length. */
typedef int chart_label_fn(char *dst, size_t cap, double v);

struct chart_style {
	unsigned columns, rows;		/* of characters, axis not counted */
	bool ascii;			/* stars instead of braille */
	const char *on, *off;		/* around the curve: a colour and its end, or "" */
	chart_label_fn *label;
};
/* Lines of text: labels at the left, then a line with the first and the last date. */
void chart_text(struct buf *out, const struct curve *c, const struct chart_style *s);

/* An <svg> element. `name` is its class; a curve that touches zero is filled towards it, another towards its foot. */
void chart_svg(struct buf *out, const struct curve *c, const char *name, unsigned width, unsigned height, chart_label_fn *label);

/* The fraction below the running peak at each point, as a negative number; the caller frees .point. */
struct curve chart_drawdown(const struct curve *c);

#endif
