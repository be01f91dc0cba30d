/* SPDX-License-Identifier: MIT
 * A report for people: key figures and tables made from a report document, and three ways to write them. */
#ifndef OCQ_ENGINE_VIEW_H
#define OCQ_ENGINE_VIEW_H

#include "base/buf.h"
#include "engine/chart.h"
#include "json/json.h"

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD };

struct figure { const char *label; char text[80]; enum tone tone; };

/* A number in a table may be drawn as a bar beside it, in proportion to the largest of its column. */
struct cell { char text[80]; enum tone tone; };
enum { TABLE_COLUMNS = 8 };
struct table {
	const char *title;
	unsigned columns;		/* the first one is left-aligned text, the others are numbers */
	const char *head[TABLE_COLUMNS];
	unsigned rows, cap;
	struct cell *cell;		/* rows * columns */
	double *bar;			/* per row */
	bool is_count;			/* bars count something: more is neither good nor bad */
};
enum tone table_tone(const struct table *t, double bar);

double table_largest_bar(const struct table *t);

enum { VIEW_FIGURES = 16, VIEW_TABLES = 6 };
struct view {
	char title[64], config_id[65], events_hash[33];
	struct figure figure[VIEW_FIGURES];
	unsigned n_figures;
	struct table table[VIEW_TABLES];
	unsigned n_tables;
	struct buf quirks;		/* names of what the run reproduced, comma separated */
	struct curve equity, drawdown;	/* equity kept by reference; n < 2: no chart */
};

struct view_options {
	const char *title;		/* NULL: the report's id */
	bool computed;			/* the report was made from records: it lacks gates, slippage */
	bool sparse;			/* ... and the curve from events alone: no point on days without one, no Sharpe ratio */
};

/* False: the document is no report, with the member that is missing. */
bool view_make(struct view *v, const struct json_doc *report, const struct curve *equity, const struct view_options *o,
	       struct errmsg *e) MUST_USE;
void view_release(struct view *v);

void view_text(struct buf *out, const struct view *v, bool colour, bool ascii);
void view_markdown(struct buf *out, const struct view *v);
void view_html(struct buf *out, const struct view *v);	/* one file, nothing fetched */

/* Axis labels of the two curves. */
int view_money_label(char *dst, size_t cap, double v);
int view_percent_label(char *dst, size_t cap, double v);

#endif
