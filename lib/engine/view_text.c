/* SPDX-License-Identifier: MIT
 * Changes when a report should look otherwise on a terminal or in Markdown. */
#include "engine/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, BAR_MAX = 14, BAR_MIN = 4, ID_SHOWN = 12, LABEL_WIDTH = 16, FIGURE_WIDTH = 38 };

struct pen { struct buf *out; bool colour, ascii; };

static const char *const BOLD = "\033[1m", *const DIM = "\033[2m", *const GREEN = "\033[32m", *const RED = "\033[31m",
	*const RESET = "\033[0m";

static const char *code(const struct pen *p, const char *sgr)
{
	return p->colour ? sgr : "";
}

static const char *tone_code(const struct pen *p, enum tone tone)
{
	return tone == TONE_GOOD ? code(p, GREEN) : tone == TONE_BAD ? code(p, RED) : "";
}

/* Columns that a UTF-8 text takes. */
static int width_of(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void put_blanks(struct buf *out, int n)
{
	buf_addf(out, "%*s", n > 0 ? n : 0, "");
}

static void put_cell(const struct pen *p, const char *text, int width, bool left, const char *sgr)
{
	int pad = width - width_of(text);

	if (!left)
		put_blanks(p->out, pad);
	buf_adds(p->out, sgr);
	buf_adds(p->out, text);
	if (*sgr)
		buf_adds(p->out, RESET);
	if (left)
		put_blanks(p->out, pad);
}

static void put_title(const struct pen *p, const char *title)
{
	buf_addc(p->out, '\n');
	put_cell(p, title, 0, true, code(p, BOLD));
	buf_addc(p->out, '\n');
}

static void put_head(const struct pen *p, const struct view *v)
{
	put_cell(p, v->title, 0, true, code(p, BOLD));
	if (v->config_id[0])
		buf_addf(p->out, "%s   config %.*s%s", code(p, DIM), ID_SHOWN, v->config_id, code(p, RESET));
	if (v->events_hash[0])
		buf_addf(p->out, "%s   events %.*s%s", code(p, DIM), ID_SHOWN, v->events_hash, code(p, RESET));
	buf_adds(p->out, "\n\n");
}

static void put_figure(const struct pen *p, const struct figure *f, int width)
{
	put_cell(p, f->label, LABEL_WIDTH, true, code(p, DIM));
	put_cell(p, f->text, width - LABEL_WIDTH, true, tone_code(p, f->tone));
}

/* Two columns, read downwards. */
static void put_figures(const struct pen *p, const struct view *v)
{
	unsigned rows = (v->n_figures + 1) / 2, i;

	for (i = 0; i < rows; i++) {
		buf_adds(p->out, "  ");
		put_figure(p, &v->figure[i], i + rows < v->n_figures ? FIGURE_WIDTH + 2 : 0);
		if (i + rows < v->n_figures)
			put_figure(p, &v->figure[i + rows], 0);
		buf_addc(p->out, '\n');
	}
}

static void put_chart(const struct pen *p, const struct curve *c, const char *title, unsigned rows, const char *sgr, chart_label_fn *label)
{
	struct chart_style style = { .columns = 66, .rows = rows, .ascii = p->ascii, .on = code(p, sgr), .off = code(p, RESET), .label = label };

	if (c->n < 2)
		return;
	put_title(p, title);
	chart_text(p->out, c, &style);
}

/* A bar in eighths of a character; in ASCII in whole ones. */
static void put_bar(const struct pen *p, double v, double max, int width, const char *sgr)
{
	static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	long eighths = max > 0 ? lround(fabs(v) / max * width * 8) : 0, i;

	if (!eighths)
		return;
	buf_adds(p->out, "  ");
	buf_adds(p->out, sgr);
	for (i = 0; i < eighths / 8; i++)
		buf_adds(p->out, p->ascii ? "#" : "█");
	if (!p->ascii)
		buf_adds(p->out, part[eighths % 8]);
	if (*sgr)
		buf_adds(p->out, RESET);
}

/* Widths of the columns; returns what they take with their gaps. */
static int measure(const struct table *t, int width[TABLE_COLUMNS])
{
	int sum = 2, w;
	unsigned i, k;

	for (k = 0; k < t->columns; k++) {
		width[k] = width_of(t->head[k]);
		for (i = 0; i < t->rows; i++) {
			w = width_of(t->cell[i * t->columns + k].text);
			if (w > width[k])
				width[k] = w;
		}
		sum += width[k] + (k ? 2 : 0);
	}
	return sum;
}

static void put_table(const struct pen *p, const struct table *t)
{
	int width[TABLE_COLUMNS], bar = WIDTH - 2 - measure(t, width);
	double max = table_largest_bar(t);
	unsigned i, k;

	put_title(p, t->title);
	for (k = 0; k < t->columns; k++) {
		buf_adds(p->out, "  ");
		put_cell(p, t->head[k], width[k], k == 0, code(p, DIM));
	}
	buf_addc(p->out, '\n');
	for (i = 0; i < t->rows; i++) {
		for (k = 0; k < t->columns; k++) {
			const struct cell *c = &t->cell[i * t->columns + k];

			buf_adds(p->out, "  ");
			put_cell(p, c->text, width[k], k == 0, tone_code(p, c->tone));
		}
		if (bar >= BAR_MIN)
			put_bar(p, t->bar[i], max, bar < BAR_MAX ? bar : BAR_MAX, tone_code(p, table_tone(t, t->bar[i])));
		buf_addc(p->out, '\n');
	}
}

/* Words, wrapped. */
static void put_words(const struct pen *p, const char *text)
{
	int column = WIDTH, n;

	for (; *text; text += n, text += strspn(text, " ")) {
		n = (int)strcspn(text, " ");
		if (column + n + 1 > WIDTH) {
			buf_adds(p->out, column == WIDTH ? "  " : "\n  ");
			column = 2;
		} else {
			buf_addc(p->out, ' ');
			column++;
		}
		buf_add(p->out, text, (size_t)n);
		column += n;
	}
	buf_addc(p->out, '\n');
}

void view_text(struct buf *out, const struct view *v, bool colour, bool ascii)
{
	struct pen p = { out, colour, ascii };
	unsigned i;

	put_head(&p, v);
	put_figures(&p, v);
	put_chart(&p, &v->equity, "Equity", 8, GREEN, view_money_label);
	put_chart(&p, &v->drawdown, "Below the peak", 3, RED, view_percent_label);
	for (i = 0; i < v->n_tables; i++)
		put_table(&p, &v->table[i]);
	if (v->quirks.len) {
		put_title(&p, "Reproduced quirks (docs/parity.md)");
		put_words(&p, v->quirks.data);
	}
}

/* Markdown */

static void put_escaped(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (strchr("|\\`*_<>[]#", *s))
			buf_addc(out, '\\');
		buf_addc(out, *s);
	}
}

static void markdown_table(struct buf *out, const struct table *t)
{
	unsigned i, k;

	buf_addf(out, "\n## %s\n\n", t->title);
	for (k = 0; k < t->columns; k++)
		buf_addf(out, "| %s ", t->head[k]);
	buf_adds(out, "|\n");
	for (k = 0; k < t->columns; k++)
		buf_adds(out, k ? "|---:" : "|---");
	buf_adds(out, "|\n");
	for (i = 0; i < t->rows; i++) {
		for (k = 0; k < t->columns; k++) {
			buf_adds(out, "| ");
			put_escaped(out, t->cell[i * t->columns + k].text);
			buf_addc(out, ' ');
		}
		buf_adds(out, "|\n");
	}
}

static void markdown_chart(struct buf *out, const struct view *v)
{
	struct pen p = { out, false, false };

	if (v->equity.n < 2)
		return;
	buf_adds(out, "\n```\n");
	put_chart(&p, &v->equity, "Equity", 8, "", view_money_label);
	put_chart(&p, &v->drawdown, "Below the peak", 3, "", view_percent_label);
	buf_adds(out, "```\n");
}

void view_markdown(struct buf *out, const struct view *v)
{
	unsigned i;

	buf_adds(out, "# ");
	put_escaped(out, v->title);
	buf_adds(out, "\n\n| | |\n|---|---|\n");
	for (i = 0; i < v->n_figures; i++) {
		buf_addf(out, "| %s | ", v->figure[i].label);
		put_escaped(out, v->figure[i].text);
		buf_adds(out, " |\n");
	}
	if (v->config_id[0])
		buf_addf(out, "| Configuration | `%s` |\n", v->config_id);
	if (v->events_hash[0])
		buf_addf(out, "| Events hash | `%s` |\n", v->events_hash);
	markdown_chart(out, v);
	for (i = 0; i < v->n_tables; i++)
		markdown_table(out, &v->table[i]);
	if (v->quirks.len) {
		buf_adds(out, "\n## Reproduced quirks\n\n");
		put_escaped(out, v->quirks.data);
		buf_addc(out, '\n');
	}
}
