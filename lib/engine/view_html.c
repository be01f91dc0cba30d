/* SPDX-License-Identifier: MIT
 * Changes when the report page should look otherwise. One file: style and drawings are in it, nothing is fetched. */
#include "engine/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char STYLE[] =
	":root{--ink:#1b2430;--dim:#667386;--line:#e3e8ef;--page:#f6f8fb;--card:#fff;--good:#12805c;--bad:#c4314b;--curve:#2563c9;"
	"color-scheme:light dark}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#e6ebf2;--dim:#93a0b4;--line:#2a3342;--page:#11161d;--card:#19202a;"
	"--good:#3fc08f;--bad:#f0718a;--curve:#6ea4ff}}\n"
	"*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.45 system-ui,sans-serif}\n"
	"main{max-width:980px;margin:0 auto;padding:28px 20px 60px}h1{font-size:24px;margin:0}h2{font-size:16px;margin:0 0 10px}\n"
	".ids{color:var(--dim);font:12px ui-monospace,monospace;margin:4px 0 20px;overflow-wrap:anywhere}\n"
	".figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:10px;margin-bottom:18px}\n"
	".figures div,section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}\n"
	".figures span{display:block;color:var(--dim);font-size:12px}.figures b{font-weight:600;font-variant-numeric:tabular-nums}\n"
	"section{margin-bottom:18px;overflow-x:auto}svg{display:block;width:100%;height:auto;font:11px ui-monospace,monospace}\n"
	"svg text{fill:var(--dim)}.grid{stroke:var(--line)}.curve{fill:none;stroke-width:1.5;stroke-linejoin:round}\n"
	".equity .curve{stroke:var(--curve)}.equity .area{fill:var(--curve);opacity:.12}\n"
	".drawdown .curve{stroke:var(--bad)}.drawdown .area{fill:var(--bad);opacity:.14}\n"
	"table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th{color:var(--dim);font-weight:500;font-size:12px}\n"
	"th,td{text-align:right;padding:4px 8px;border-bottom:1px solid var(--line);white-space:nowrap}th:first-child,td:first-child{text-align:left}\n"
	"tr:last-child td{border-bottom:0}td.bar{width:22%;min-width:90px}td.bar i{display:block;height:9px;border-radius:2px;background:var(--dim)}\n"
	"td.bar i.good{background:var(--good)}td.bar i.bad{background:var(--bad)}.good{color:var(--good)}.bad{color:var(--bad)}p{margin:0;color:var(--dim)}\n";

static void put_escaped(struct buf *out, const char *s)
{
	for (; *s; s++)
		if (*s == '<')
			buf_adds(out, "&lt;");
		else if (*s == '>')
			buf_adds(out, "&gt;");
		else if (*s == '&')
			buf_adds(out, "&amp;");
		else if (*s == '"')
			buf_adds(out, "&quot;");
		else
			buf_addc(out, *s);
}

static const char *tone_class(enum tone tone)
{
	return tone == TONE_GOOD ? " class=\"good\"" : tone == TONE_BAD ? " class=\"bad\"" : "";
}

static void put_id(struct buf *out, const char *name, const char *id)
{
	if (!*id)
		return;
	buf_addf(out, "%s ", name);
	put_escaped(out, id);
	buf_adds(out, "<br>\n");
}

static void put_top(struct buf *out, const struct view *v)
{
	buf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>");
	put_escaped(out, v->title);
	buf_addf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", STYLE);
	put_escaped(out, v->title);
	buf_adds(out, "</h1>\n<div class=\"ids\">");
	put_id(out, "config", v->config_id);
	put_id(out, "events", v->events_hash);
	buf_adds(out, "</div>\n");
}

static void put_figures(struct buf *out, const struct view *v)
{
	unsigned i;

	buf_adds(out, "<div class=\"figures\">\n");
	for (i = 0; i < v->n_figures; i++) {
		buf_addf(out, "<div><span>%s</span><b%s>", v->figure[i].label, tone_class(v->figure[i].tone));
		put_escaped(out, v->figure[i].text);
		buf_adds(out, "</b></div>\n");
	}
	buf_adds(out, "</div>\n");
}

static void put_charts(struct buf *out, const struct view *v)
{
	if (v->equity.n < 2)
		return;
	buf_adds(out, "<section><h2>Equity</h2>\n");
	chart_svg(out, &v->equity, "equity", 920, 280, view_money_label);
	buf_adds(out, "</section>\n<section><h2>Below the peak</h2>\n");
	chart_svg(out, &v->drawdown, "drawdown", 920, 150, view_percent_label);
	buf_adds(out, "</section>\n");
}

static void put_table(struct buf *out, const struct table *t)
{
	double max = table_largest_bar(t);
	unsigned i, k;

	buf_addf(out, "<section><h2>%s</h2>\n<table>\n<tr>", t->title);
	for (k = 0; k < t->columns; k++)
		buf_addf(out, "<th>%s</th>", t->head[k]);
	buf_adds(out, "<th></th></tr>\n");
	for (i = 0; i < t->rows; i++) {
		buf_adds(out, "<tr>");
		for (k = 0; k < t->columns; k++) {
			const struct cell *c = &t->cell[i * t->columns + k];

			buf_addf(out, "<td%s>", tone_class(c->tone));
			put_escaped(out, c->text);
			buf_adds(out, "</td>");
		}
		buf_addf(out, "<td class=\"bar\"><i%s style=\"width:%.1f%%\"></i></td></tr>\n", tone_class(table_tone(t, t->bar[i])),
			 max > 0 ? fabs(t->bar[i]) / max * 100 : 0);
	}
	buf_adds(out, "</table>\n</section>\n");
}

void view_html(struct buf *out, const struct view *v)
{
	unsigned i;

	put_top(out, v);
	put_figures(out, v);
	put_charts(out, v);
	for (i = 0; i < v->n_tables; i++)
		put_table(out, &v->table[i]);
	if (v->quirks.len) {
		buf_adds(out, "<section><h2>Reproduced quirks</h2>\n<p>");
		put_escaped(out, v->quirks.data);
		buf_adds(out, "</p></section>\n");
	}
	buf_adds(out, "</main>\n</body>\n</html>\n");
}
