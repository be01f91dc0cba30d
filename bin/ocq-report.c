/* SPDX-License-Identifier: MIT
 * ocq-report - shows a run to people. Changes when its options or the kinds of its input do; what is shown is
 * lib/engine/view.h's business. */
#include "base/opt.h"
#include "engine/metrics.h"
#include "engine/plot.h"
#include "engine/rebuild.h"
#include "engine/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_LIMIT ((size_t)1 << 30)

static const char *output = "-", *plot, *title;
static bool markdown, html, ascii, strict;

static const struct opt opts[] = {
	{ 'm', "markdown", OPT_FLAG, &markdown, NULL, "write Markdown", 0 },
	{ 'H', "html", OPT_FLAG, &html, NULL, "write one HTML page with its plots in it", 0 },
	{ 'p', "plot", OPT_TEXT, &plot, "FILE", "draw equity and drawdown with gnuplot: .png or .svg", OPT_OUTPUT },
	{ 't', "title", OPT_TEXT, &title, "TEXT", "heading (the report's id)", 0 },
	{ 0, "ascii", OPT_FLAG, &ascii, NULL, "no braille, blocks and lines: ASCII only", 0 },
	{ 0, "strict", OPT_FLAG, &strict, NULL, "a stream without its end record is wrong", 0 },
	{ 'o', "output", OPT_TEXT, &output, "FILE", "write there (-: stdout)", OPT_OUTPUT },
	{ 0 }
};

/* What the operands hold: a report, and a run made again from records. */
struct input {
	struct buf report;
	struct json_doc doc;
	const char *report_path;	/* NULL: none */
	struct rebuilt run;
	const char *equity_path, *events_path;	/* where they come from; NULL: none yet */
	enum record_type events_type;	/* events or trades */
	char config_id[ID_MAX];
};

/* A stream has a record with a type in its first line; a report is a document over many lines. */
static bool is_stream(const char *line, size_t len)
{
	struct json_doc d = { 0 };
	struct errmsg e;
	bool yes = json_parse(&d, line, len, &e) && json_get(&d, d.tok, "type");

	json_release(&d);
	return yes;
}

/* Where a stream stands. */
struct place { const char *path; uint64_t line, records; bool header, ended, torn; };

static _Noreturn void wrong(const struct place *at, const char *why)
{
	die(EX_DATA, "%s:%" PRIu64 ": %s%s", at->path, at->line, at->torn ? "line is cut: " : "", why);
}

/* Is the record part of the run? Events and trades tell the same: the first of the two kinds counts, the other is left out. */
static bool counts(struct input *in, const struct place *at, enum record_type type)
{
	const char **from = type == REC_equity ? &in->equity_path : &in->events_path;

	if (type != REC_event && type != REC_trade && type != REC_equity)
		return true;
	if (!*from && type != REC_equity)
		in->events_type = type;
	if (!*from)
		*from = at->path;
	if (type != REC_equity && type != in->events_type)
		return false;
	if (*from != at->path)
		die(EX_USAGE, "%s: \"%s\" records as in %s; one run at a time", at->path, record_descs[type].name, *from);
	return true;
}

static void take_header(struct input *in, struct place *at, const struct rec_header *h)
{
	if (h->schema != RECORD_SCHEMA)
		wrong(at, "\"schema\" is one that this version does not know");
	if (*in->config_id && *h->config_id && strcmp(in->config_id, h->config_id))
		wrong(at, "\"config_id\" is not that of the stream before; one run at a time");
	if (*h->config_id)
		memcpy(in->config_id, h->config_id, sizeof in->config_id);
	at->header = true;
	at->records = 0;
}

static void take_record(struct input *in, struct place *at, const char *line, size_t len)
{
	struct record r;
	struct errmsg e;

	if (!record_parse(&r, line, len, &e) || (counts(in, at, r.type) && !rebuild_add(&in->run, &r, &e)))
		wrong(at, e.text);
	at->ended = r.type == REC_end;
	if (r.type == REC_end && strict && r.u.end.records != at->records)
		wrong(at, "\"records\" is not the number of records that came");
	if (r.type == REC_header)
		take_header(in, at, &r.u.header);
	else
		at->records++;
}

static void take_stream(struct input *in, const char *path, const struct buf *text)
{
	const char *p = text->data, *end = p + text->len, *newline;
	struct place at = { .path = path };

	for (; p < end; p = newline + 1) {
		newline = memchr(p, '\n', (size_t)(end - p));
		at.line++;
		at.torn = !newline;
		if (at.torn)
			newline = end;
		if (at.torn && strict)
			wrong(&at, "it has no newline");
		take_record(in, &at, p, (size_t)(newline - p));
	}
	if (strict && !at.header)
		die(EX_DATA, "%s: the stream has no header", path);
	if (strict && !at.ended)
		die(EX_DATA, "%s: the stream has no end: it was cut", path);
}

static void take_report(struct input *in, const char *path, struct buf *text)
{
	struct errmsg e;

	if (in->report_path)
		die(EX_USAGE, "%s: a second report; one at a time", path);
	if (!json_parse(&in->doc, text->data, text->len, &e))
		die(EX_DATA, "%s: neither a report nor a stream of records: %s", path, e.text);
	in->report = *text;	/* the document points into it */
	*text = (struct buf)BUF_INIT;
	in->report_path = path;
}

static void take_file(struct input *in, const char *path)
{
	const char *name = strcmp(path, "-") ? path : "stdin", *newline;
	struct buf text = BUF_INIT;
	struct errmsg e;

	if (!buf_read_file(&text, path, FILE_LIMIT, &e))
		die(EX_DATA, "%s", e.text);
	if (!text.len)
		die(EX_DATA, "%s: empty: neither a report nor a stream of records", name);
	newline = memchr(text.data, '\n', text.len);
	if (is_stream(text.data, newline ? (size_t)(newline - text.data) : text.len))
		take_stream(in, name, &text);
	else
		take_report(in, name, &text);
	buf_release(&text);
}

/* Without a report the figures are computed from the records. */
static void compute_report(struct input *in)
{
	struct metrics m;
	struct errmsg e;

	if (!in->run.run.n_equity)
		die(EX_DATA, "nothing to show: no report, and no event, trade or equity record");
	metrics_compute(&m, &in->run.run);
	report_json(&in->report, &in->run.run, &m, &(struct report_context){ .market = &in->run.market, .config_id = in->config_id });
	if (!json_parse(&in->doc, in->report.data, in->report.len, &e))
		die(EX_BUG, "the report that was made is wrong: %s", e.text);
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return !strcmp(output, "-") && isatty(STDOUT_FILENO) && !(no && *no);
}

static void write_view(const struct view *v)
{
	struct buf text = BUF_INIT;
	struct out out;

	if (html)
		view_html(&text, v);
	else if (markdown)
		view_markdown(&text, v);
	else
		view_text(&text, v, wants_colour(), ascii);
	out_open(&out, output);
	out_add(&out, text.data, text.len);
	out_close(&out);
	buf_release(&text);
}

static void write_plot(const struct view *v)
{
	struct errmsg e;
	int status;

	if (v->equity.n < 2)
		die(EX_DATA, "--plot: no curve to draw: give the equity, trades or events file as well");
	if (!plot_write(plot, v->title, &v->equity, &v->drawdown, &e, &status))
		die(status, "%s", e.text);
}

int main(int argc, char **argv)
{
	struct input in = { 0 };
	struct view view;
	struct errmsg e;
	bool sparse;
	int n, i;

	err_init(argv[0]);
	n = opt_parse(argc, argv, opts, "[-mH] [-p FILE] [-t TEXT] [-o FILE] FILE...",
		      "Shows a run as table, Markdown or HTML: its report, equity, trades or events.");
	if (markdown && html)
		die(EX_USAGE, "--markdown or --html, not both");
	if (n == 0)
		die(EX_USAGE, "a file is needed: a report, equity, trades or events (\"-\" is stdin)");
	for (i = 0; i < n; i++)
		take_file(&in, argv[i]);
	sparse = !in.report_path && !in.run.run.n_equity;
	rebuild_end(&in.run);
	if (!in.report_path)
		compute_report(&in);
	if (!view_make(&view, &in.doc, &(struct curve){ in.run.run.equity, in.run.run.n_equity },
		       &(struct view_options){ .title = title, .computed = !in.report_path, .sparse = sparse }, &e))
		die(EX_DATA, "%s: %s", in.report_path ? in.report_path : "the records", e.text);
	if (plot)
		write_plot(&view);
	write_view(&view);
	view_release(&view);
	rebuild_release(&in.run);
	json_release(&in.doc);
	buf_release(&in.report);
	return EX_OK;
}
