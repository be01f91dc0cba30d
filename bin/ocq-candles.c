/* SPDX-License-Identifier: MIT
 * ocq-candles - look after candle stores: one verb per thing a keeper does. */
#include "base/buf.h"
#include "base/num.h"
#include "base/opt.h"
#include "json/json.h"
#include "store/candles.h"
#include "store/csv.h"
#include "store/export.h"
#include "store/writer.h"

#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRACE_MS = 2000, KEEP_DAYS = 90, DAY_MS = 86400000, JSON_BYTES_MAX = 1 << 30 };

static const char *interval, *symbols, *candles, *pack, *format, *dir;
static int64_t from_ms = INT64_MIN, to_ms = INT64_MAX, before_ms = INT64_MIN, now_ms = INT64_MIN;
static uint64_t grace_ms = GRACE_MS;
static uint32_t keep_days = KEEP_DAYS;
static bool strict, no_header, json, replace, apply, remove_moved, vacuum;

static const struct opt opts[] = {
	{ 'i', "interval", OPT_TEXT, &interval, "IV", "bars of this interval", 0 },
	{ 's', "symbols", OPT_TEXT, &symbols, "A,B", "only these; import: the CSV's symbol", 0 },
	{ 0, "from", OPT_TIME, &from_ms, "T", "export, gaps: from this time", 0 },
	{ 0, "to", OPT_TIME, &to_ms, "T", "export, gaps: up to and with this time", 0 },
	{ 0, "candles", OPT_TEXT, &candles, "DBS", "export: from stores, as elsewhere; from a pack", 0 },
	{ 0, "pack", OPT_TEXT, &pack, "FILE", NULL, 0 },
	{ 0, "strict", OPT_FLAG, &strict, NULL, "closed, import: a cut stream is an error", 0 },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "records without header and end", OPT_OUTPUT },
	{ 0, "json", OPT_FLAG, &json, NULL, "coverage: records instead of a table", 0 },
	{ 0, "format", OPT_TEXT, &format, "ndjson|csv|json", "import: else by the file's name", 0 },
	{ 0, "replace", OPT_FLAG, &replace, NULL, "import: new values for bars there are", 0 },
	{ 0, "before", OPT_TIME, &before_ms, "T", "prune, partition: bars that open before T", 0 },
	{ 0, "keep-days", OPT_U32, &keep_days, "N", "partition: bars older than this (90)", 0 },
	{ 0, "dir", OPT_TEXT, &dir, "DIR", "partition: where to (partitions beside the store)", 0 },
	{ 0, "apply", OPT_FLAG, &apply, NULL, "partition: do it; else only show it", 0 },
	{ 0, "delete", OPT_FLAG, &remove_moved, NULL, "partition: remove what was copied", 0 },
	{ 0, "vacuum", OPT_FLAG, &vacuum, NULL, "partition: shrink the store after that", 0 },
	{ 0, "grace", OPT_U64, &grace_ms, "MS", "closed: wait this long after a bar's end (2000)", 0 },
	{ 0, "now", OPT_TIME, &now_ms, "T", "closed, partition: take this as the current time", 0 },
	{ 0 }
};

_Noreturn static void fail(const struct fault *f)
{
	die((enum exit_status)f->status, "%s", f->e.text);
}

static int64_t now(void)
{
	return now_ms != INT64_MIN ? now_ms : clock_ms();
}

static void start(struct out *o)
{
	out_open(o, "-");
	if (!no_header)
		record_header(o, NULL, NULL, NULL);
}

static void finish(struct out *o, uint64_t records)
{
	if (!no_header)
		record_end(o, records);
	out_close(o);
}

/* Operands as one comma list, in their order; valid until the program ends. */
static const char *one_list(char **path, int n)
{
	static struct buf list;

	for (int i = 0; i < n; i++)
		buf_addf(&list, "%s%s", i ? "," : "", path[i]);
	return buf_cstr(&list);
}

static struct interval_list intervals_of(const char *list)
{
	struct interval_list l = { 0 };
	struct fault f;

	if (interval) {
		if (!clock_length_ms(interval))
			die(EX_USAGE, "interval \"%s\" is not one of 1m 3m 5m 15m 30m 1h 2h 4h 8h 12h 1d 3d 1w", interval);
		l.at = xcalloc(l.n = 1, sizeof *l.at);
		memcpy(l.at[0], interval, strlen(interval) + 1);
	} else if (!store_intervals(list, &l, &f)) {
		fail(&f);
	}
	return l;
}

static struct market times_of(const char *list, const char *iv)
{
	struct market m;
	struct fault f;

	if (!market_load_times(&m, list, iv, symbols, &f))
		fail(&f);
	return m;
}

/* -- export -- */

static void only_interval(struct market_query *q)
{
	static char only[8];
	struct interval_list l = intervals_of(q->candles);
	struct buf names = BUF_INIT;

	for (size_t i = 0; i < l.n; i++)
		buf_addf(&names, " %s", l.at[i]);
	if (l.n > 1)
		die(EX_USAGE, "%s: holds%s: choose one with --interval", q->candles, buf_cstr(&names));
	memcpy(only, l.at[0], sizeof only);
	q->interval = only;
	free(l.at);
	buf_release(&names);
}

static int do_export(char **path, int n)
{
	struct market_query q = MARKET_QUERY_INIT;
	struct market m;
	struct errmsg e;
	struct out o;
	int status;

	if ((n > 0) + (candles != NULL) + (pack != NULL) != 1)
		die(EX_USAGE, "export: give stores, as operands or with --candles, or --pack FILE");
	q.symbols = symbols;
	q.interval = interval;
	q.pack = pack;
	q.any_interval = true;
	if (!pack) {
		q.candles = candles ? candles : one_list(path, n);
		only_interval(&q);
	}
	if (!market_load(&m, &q, &e, &status))
		die((enum exit_status)status, "%s", e.text);
	start(&o);
	finish(&o, candles_export(&o, m.symbol, m.n_symbols, &m.main, from_ms, to_ms));
	market_release(&m);
	return EX_OK;
}

/* -- closed: a bar is over once its last millisecond and the grace after it have passed -- */

static void pass_closed(struct record_in *in, struct out *o, uint64_t *records)
{
	struct record r;
	bool any = false;	/* a bar of the present step went through */

	while (record_read(in, &r)) {
		if (r.type == REC_header || r.type == REC_end)
			continue;
		if (r.type == REC_candle && r.u.candle.t_close_ms >= now() - (int64_t)grace_ms)
			continue;
		if (r.type == REC_step && !any)
			continue;
		any = r.type == REC_candle || (any && r.type != REC_step);
		record_pass(o, &r);
		++*records;
	}
	record_finish(in);
	in_close(&in->in);
}

static int do_closed(char **path, int n)
{
	struct record_in in;
	uint64_t records = 0;
	struct out o;

	if (grace_ms > DAY_MS)
		die(EX_USAGE, "closed: a grace of more than a day");
	start(&o);
	for (int i = 0; i < (n ? n : 1); i++) {
		record_open(&in, n ? path[i] : "-", &o, strict);
		pass_closed(&in, &o, &records);
	}
	finish(&o, records);
	return EX_OK;
}

/* -- import: all rows are read and examined before the store is touched -- */

struct import { struct rec_candle *row; size_t n, cap; };

static void take_row(struct import *im, const struct rec_candle *c, const char *where, uint64_t line)
{
	const char *problem = candle_problem(c);

	if (problem)
		die(EX_DATA, "%s:%" PRIu64 ": %s", where, line, problem);
	if (im->n == im->cap) {
		im->cap = im->cap ? 2 * im->cap : 1024;
		im->row = xreallocarray(im->row, im->cap, sizeof *im->row);
	}
	im->row[im->n++] = *c;
}

static void import_records(struct import *im, const char *path)
{
	struct record_in in;
	struct record r;

	record_open(&in, path, NULL, strict);
	while (record_read(&in, &r))
		if (r.type == REC_candle)
			take_row(im, &r.u.candle, in.in.name, in.in.line);
	record_finish(&in);
	if (stream_stop)
		die(EX_RETRY, "%s: stopped by a signal; nothing was written", in.in.name);
	in_close(&in.in);
}

static void preset_of(struct rec_candle *c)
{
	*c = (struct rec_candle){ 0 };
	if (symbols && strlen(symbols) < sizeof c->symbol && !strchr(symbols, ','))
		memcpy(c->symbol, symbols, strlen(symbols) + 1);
	else if (symbols)
		die(EX_USAGE, "import: --symbols gives the one symbol of a CSV file, not \"%.40s\"", symbols);
	if (interval && strlen(interval) < sizeof c->interval)
		memcpy(c->interval, interval, strlen(interval) + 1);
}

static void import_csv(struct import *im, const char *path)
{
	struct rec_candle preset, row;
	struct errmsg e;
	const char *line;
	struct csv csv;
	struct in in;
	size_t len;

	preset_of(&preset);
	in_open(&in, path);
	if (in_line(&in, &line, &len) && !csv_header(&csv, line, len, &preset, &e))
		die(EX_DATA, "%s:%" PRIu64 ": %s", in.name, in.line, e.text);
	while (in_line(&in, &line, &len)) {
		if (!csv_row(&csv, line, len, &row, &e))
			die(EX_DATA, "%s:%" PRIu64 ": %s", in.name, in.line, e.text);
		take_row(im, &row, in.name, in.line);
	}
	if (stream_stop)
		die(EX_RETRY, "%s: stopped by a signal; nothing was written", in.name);
	in_close(&in);
}

/* The exchange writes prices as strings. */
static bool decimal(const struct json_doc *d, const struct json *v, double *to)
{
	char text[64];

	return json_f64(d, v, to) || (json_str(d, v, text, sizeof text) && num_f64_parse(text, to));
}

/* One element of candleSnapshot's answer; NULL or the key that is wrong. */
static const char *json_candle(const struct json_doc *d, const struct json *v, struct rec_candle *c)
{
	*c = (struct rec_candle){ 0 };
	return !json_str(d, json_get(d, v, "s"), c->symbol, sizeof c->symbol) ? "s" :
	       !json_str(d, json_get(d, v, "i"), c->interval, sizeof c->interval) ? "i" :
	       !json_i64(d, json_get(d, v, "t"), &c->t_ms) ? "t" : !json_i64(d, json_get(d, v, "T"), &c->t_close_ms) ? "T" :
	       !decimal(d, json_get(d, v, "o"), &c->o) ? "o" : !decimal(d, json_get(d, v, "h"), &c->h) ? "h" :
	       !decimal(d, json_get(d, v, "l"), &c->l) ? "l" : !decimal(d, json_get(d, v, "c"), &c->c) ? "c" :
	       !decimal(d, json_get(d, v, "v"), &c->v) ? "v" : !json_i64(d, json_get(d, v, "n"), &c->n) ? "n" : NULL;
}

/* The line on which a byte of the text stands. */
static uint64_t line_of(const struct json_doc *d, uint32_t at)
{
	uint64_t line = 1;

	for (uint32_t i = 0; i < at; i++)
		line += d->text[i] == '\n';
	return line;
}

static void import_json(struct import *im, const char *path)
{
	const char *name = strcmp(path, "-") == 0 ? "stdin" : path, *key;
	struct buf text = BUF_INIT;
	struct json_doc d = { 0 };
	struct rec_candle c;
	struct errmsg e;

	if (!buf_read_file(&text, path, JSON_BYTES_MAX, &e))
		die(EX_DATA, "%s", e.text);
	if (!json_parse(&d, text.data, text.len, &e))
		die(EX_DATA, "%s: %s", name, e.text);
	if (d.tok[0].type != JSON_ARRAY)
		die(EX_DATA, "%s:1: not an array of candles, as candleSnapshot answers it", name);
	for (const struct json *v = d.tok + 1; v < d.tok + d.tok[0].skip; v += v->skip) {
		if ((key = json_candle(&d, v, &c)))
			die(EX_DATA, "%s:%" PRIu64 ": \"%s\" is missing or of the wrong type", name, line_of(&d, v->start), key);
		take_row(im, &c, name, line_of(&d, v->start));
	}
	json_release(&d);
	buf_release(&text);
}

static bool ends_in(const char *path, const char *suffix)
{
	size_t n = strlen(path), k = strlen(suffix);

	return n >= k && strcmp(path + n - k, suffix) == 0;
}

static void import_file(struct import *im, const char *path)
{
	const char *how = format ? format : ends_in(path, ".csv") ? "csv" : ends_in(path, ".json") ? "json" : "ndjson";

	if (strcmp(how, "csv") == 0)
		import_csv(im, path);
	else if (strcmp(how, "json") == 0)
		import_json(im, path);
	else if (strcmp(how, "ndjson") == 0)
		import_records(im, path);
	else
		die(EX_USAGE, "format \"%s\" is not one of ndjson csv json", how);
}

static void write_rows(const struct import *im, const char *store)
{
	char stamp[CLOCK_TEXT_MAX + 1];
	struct writer w;
	struct fault f;

	*clock_put(stamp, clock_ms()) = '\0';
	if (!writer_open(&w, store, STORE_CANDLES, replace, &f))
		fail(&f);
	for (size_t i = 0; i < im->n; i++)
		if (!writer_candle(&w, &im->row[i], stamp, &f)) {
			writer_abandon(&w);
			fail(&f);
		}
	if (!writer_commit(&w, &f))
		fail(&f);
	note("%s: %" PRIu64 " bars written, %" PRIu64 " were there", store, w.written, w.left);
}

static int do_import(char **path, int n)
{
	struct import im = { 0 };

	if (n == 0)
		die(EX_USAGE, "import: into which store?");
	if (n == 1)
		import_file(&im, "-");
	for (int i = 1; i < n; i++)
		import_file(&im, path[i]);
	write_rows(&im, path[0]);
	free(im.row);
	return EX_OK;
}

/* -- coverage -- */

static struct rec_coverage coverage_of(const struct market *m, uint32_t i)
{
	const struct bars *b = &m->main.of[i];
	int64_t length = clock_length_ms(m->main.interval);
	struct rec_coverage c = { .first_ms = b->t_ms[0], .last_ms = b->t_ms[b->n - 1], .bars = b->n };
	struct gap *gap;

	snprintf(c.symbol, sizeof c.symbol, "%s", m->symbol[i]);
	snprintf(c.interval, sizeof c.interval, "%s", m->main.interval);
	c.gaps = gaps_find(b, length, INT64_MIN, INT64_MAX, &gap);
	for (uint64_t k = 0; k < c.gaps; k++)
		c.missing += (uint64_t)((gap[k].to_ms - gap[k].from_ms) / length + 1);
	free(gap);
	return c;
}

static void put_coverage(struct out *o, const struct rec_coverage *c)
{
	char line[256];
	int n;

	if (json) {
		record_write(o, REC_coverage, c);
		return;
	}
	n = snprintf(line, sizeof line, "%-12s %-4s %-20s  ", c->symbol, c->interval, time_text(c->first_ms));
	n += snprintf(line + n, sizeof line - (size_t)n, "%-20s  %9" PRIu64 " %9" PRIu64 " %6" PRIu64 "\n", time_text(c->last_ms),
	              c->bars, c->missing, c->gaps);
	out_add(o, line, (size_t)n);
}

static const char *need_stores(const char *verb, char **path, int n)
{
	if (n == 0)
		die(EX_USAGE, "%s: which stores?", verb);
	return one_list(path, n);
}

static int do_coverage(char **path, int n)
{
	static const char title[] = "symbol       iv   first                 last                       bars   missing   gaps\n";
	const char *list = need_stores("coverage", path, n);
	struct interval_list l = intervals_of(list);
	uint64_t records = 0;
	struct out o;

	no_header = no_header || !json;
	start(&o);
	if (!json)
		out_add(&o, title, sizeof title - 1);
	for (size_t k = 0; k < l.n; k++) {
		struct market m = times_of(list, l.at[k]);

		for (uint32_t i = 0; i < m.n_symbols; i++, records++) {
			struct rec_coverage c = coverage_of(&m, i);

			put_coverage(&o, &c);
		}
		market_release(&m);
	}
	finish(&o, records);
	free(l.at);
	return EX_OK;
}

/* -- gaps -- */

static uint64_t put_gaps(struct out *o, const struct market *m, uint32_t i)
{
	int64_t length = clock_length_ms(m->main.interval);
	struct rec_gap r = { 0 };
	struct gap *gap;
	size_t n = gaps_find(&m->main.of[i], length, from_ms, to_ms, &gap);

	snprintf(r.symbol, sizeof r.symbol, "%s", m->symbol[i]);
	snprintf(r.interval, sizeof r.interval, "%s", m->main.interval);
	for (size_t k = 0; k < n; k++) {
		r.from_ms = gap[k].from_ms;
		r.to_ms = gap[k].to_ms;
		r.bars = (uint64_t)((r.to_ms - r.from_ms) / length + 1);
		record_write(o, REC_gap, &r);
	}
	free(gap);
	return n;
}

static int do_gaps(char **path, int n)
{
	const char *list = need_stores("gaps", path, n);
	struct interval_list l = intervals_of(list);
	uint64_t records = 0;
	struct out o;

	start(&o);
	for (size_t k = 0; k < l.n; k++) {
		struct market m = times_of(list, l.at[k]);

		for (uint32_t i = 0; i < m.n_symbols; i++)
			records += put_gaps(&o, &m, i);
		market_release(&m);
	}
	finish(&o, records);
	free(l.at);
	return EX_OK;
}

/* -- align -- */

struct common { int64_t from_ms, to_ms; char from_by[64], to_by[64]; };

/* Every operand is a set of its own, every interval in it counts. */
static void narrow(struct common *c, const char *list)
{
	struct interval_list l = intervals_of(list);

	for (size_t k = 0; k < l.n; k++) {
		struct market m = times_of(list, l.at[k]);

		for (uint32_t i = 0; i < m.n_symbols; i++) {
			const struct bars *b = &m.main.of[i];

			if (b->t_ms[0] > c->from_ms) {
				c->from_ms = b->t_ms[0];
				snprintf(c->from_by, sizeof c->from_by, "%s %s", m.symbol[i], l.at[k]);
			}
			if (b->t_ms[b->n - 1] < c->to_ms) {
				c->to_ms = b->t_ms[b->n - 1];
				snprintf(c->to_by, sizeof c->to_by, "%s %s", m.symbol[i], l.at[k]);
			}
		}
		market_release(&m);
	}
	free(l.at);
}

static void put_bound(struct jsonw *w, const char *name, int64_t t, const char *by)
{
	jsonw_key(w, name);
	jsonw_object(w);
	jsonw_key(w, "t_ms");
	jsonw_i64(w, t);
	jsonw_key(w, "time");
	jsonw_str(w, time_text(t));
	jsonw_key(w, "set_by");
	jsonw_str(w, by);
	jsonw_end(w);
}

static int do_align(char **path, int n)
{
	struct common c = { .from_ms = INT64_MIN, .to_ms = INT64_MAX };
	struct buf text = BUF_INIT;
	struct jsonw w;
	struct out o;

	need_stores("align", path, n);
	for (int i = 0; i < n; i++)
		narrow(&c, path[i]);
	jsonw_init(&w, &text, true);
	jsonw_object(&w);
	put_bound(&w, "from", c.from_ms, c.from_by);
	put_bound(&w, "to", c.to_ms, c.to_by);
	jsonw_key(&w, "overlap");
	jsonw_bool(&w, c.from_ms <= c.to_ms);
	jsonw_end(&w);
	buf_addc(&text, '\n');
	out_open(&o, "-");
	out_add(&o, text.data, text.len);
	out_close(&o);
	buf_release(&text);
	return c.from_ms <= c.to_ms ? EX_OK : EX_NO;
}

/* -- check -- */

struct report { struct out out; uint64_t records; };

static void put_finding(void *arg, const struct rec_finding *found)
{
	struct report *r = arg;

	record_write(&r->out, REC_finding, found);
	r->records++;
}

static int do_check(char **path, int n)
{
	struct report r = { .records = 0 };
	struct fault f;
	unsigned n_files;
	char **file;

	file = store_files(need_stores("check", path, n), &n_files);
	start(&r.out);
	for (unsigned i = 0; i < n_files; i++)
		if (!store_check(file[i], put_finding, &r, &f))
			fail(&f);
	finish(&r.out, r.records);
	store_files_free(file, n_files);
	return r.records ? EX_NO : EX_OK;
}

/* -- prune and partition -- */

static int do_prune(char **path, int n)
{
	struct fault f;
	uint64_t removed;

	if (n != 1 || before_ms == INT64_MIN)
		die(EX_USAGE, "prune: give one store and --before");
	if (!store_prune(path[0], before_ms, interval, symbols, &removed, &f))
		fail(&f);
	note("%s: %" PRIu64 " bars removed", path[0], removed);
	return EX_OK;
}

static void told(void *arg, const struct partition_month *m)
{
	char line[256];
	int n = snprintf(line, sizeof line, "%-4s %-8s %9" PRIu64 " bars, %" PRIu64 " copied, %" PRIu64 " removed  ", m->interval,
	                 m->month, m->rows, m->copied, m->removed);

	out_add(arg, line, (size_t)n);
	out_add(arg, m->path, strlen(m->path));
	out_add(arg, "\n", 1);
}

static int do_partition(char **path, int n)
{
	struct partition p = { .dir = dir, .before_ms = before_ms, .apply = apply, .remove = remove_moved, .vacuum = vacuum };
	struct buf beside = BUF_INIT;
	struct fault f;
	struct out o;
	char *copy;

	if (n != 1)
		die(EX_USAGE, "partition: give one store");
	if ((remove_moved && !apply) || (vacuum && !remove_moved))
		die(EX_USAGE, "partition: --delete needs --apply, --vacuum needs both");
	if (before_ms == INT64_MIN && (keep_days < 1 || keep_days > 36500))
		die(EX_USAGE, "partition: --keep-days %u: give 1 to 36500", keep_days);
	if (before_ms == INT64_MIN)
		p.before_ms = now() - (int64_t)keep_days * DAY_MS;
	copy = xstrdup(path[0]);
	buf_addf(&beside, "%s/partitions", dirname(copy));
	if (!dir)
		p.dir = buf_cstr(&beside);
	out_open(&o, "-");
	if (!store_partition(path[0], &p, told, &o, &f))
		fail(&f);
	out_close(&o);
	if (!apply)
		note("nothing was written: --apply does it");
	buf_release(&beside);
	free(copy);
	return EX_OK;
}

/* -- verbs -- */

static const struct verb verbs[] = {
	{ "export", do_export, "interval symbols from to candles pack no-header" },
	{ "closed", do_closed, "grace now strict no-header" },
	{ "import", do_import, "interval symbols strict format replace" },
	{ "coverage", do_coverage, "interval symbols json no-header" },
	{ "gaps", do_gaps, "interval symbols from to no-header" },
	{ "align", do_align, "interval symbols" },
	{ "check", do_check, "no-header" },
	{ "prune", do_prune, "interval symbols before" },
	{ "partition", do_partition, "before keep-days dir apply delete vacuum now" },
	{ 0 }
};

int main(int argc, char **argv)
{
	err_init(argv[0]);
	stream_signals();
	return opt_verb(argc, argv, opts, verbs, "VERB [options] [STORE...]", "Looks after candle stores.");
}
