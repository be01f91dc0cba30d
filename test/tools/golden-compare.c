/* SPDX-License-Identifier: MIT
 * golden-compare - is a run the reference's run, bit for bit? Changes when the reference's files do.
 *
 *   golden-compare CASES NAME PREFIX     PREFIX.trades .equity .report (.csv where the reference has one)
 *                                        against CASES/NAME.*
 *   golden-compare --figures CASES NAME  the report's figures computed again from the reference's own trades
 *
 * Prints the first difference of each part with both sides, then one line for the case. Numbers are equal when they are
 * the same double. Exit status 1 when anything differs. */
#include "engine/metrics.h"
#include "engine/reason.h"
#include "engine/rebuild.h"
#include "json/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT ((size_t)1 << 30)

/* Two documents on the way down to the value where they part. */
struct pair {
	const struct json_doc *want, *got;
	const char *const *skip;	/* keys that are not compared; NULL: none */
	char path[256];			/* for the message */
};

/* A line iterator over a text in memory. */
struct lines { const char *at, *end; const char *line; size_t len; uint64_t n; };

static bool next_line(struct lines *l)
{
	const char *newline;

	if (l->at == l->end)
		return false;
	newline = memchr(l->at, '\n', (size_t)(l->end - l->at));
	l->line = l->at;
	l->len = (size_t)((newline ? newline : l->end) - l->at);
	l->at = newline ? newline + 1 : l->end;
	l->n++;
	return true;
}

static struct lines lines_of(const struct buf *b)
{
	return (struct lines){ .at = b->data, .end = b->data + b->len };
}

static int source_len(const struct json *v)
{
	return v ? (int)(v->end - v->start) : 7;
}

static const char *source(const struct json_doc *d, const struct json *v)
{
	return v ? d->text + v->start : "nothing";
}

static bool part(const struct pair *p, const struct json *want, const struct json *got)
{
	printf("%s: got %.*s, want %.*s\n", p->path, source_len(got), source(p->got, got), source_len(want), source(p->want, want));
	return false;
}

static bool listed(const char *const *list, const char *key)
{
	for (; list && *list; list++)
		if (!strcmp(*list, key))
			return true;
	return false;
}

static bool same(struct pair *p, const struct json *want, const struct json *got);

static bool same_member(struct pair *p, const char *key, const struct json *want, const struct json *got)
{
	size_t len = strlen(p->path);
	bool ok;

	snprintf(p->path + len, sizeof p->path - len, ".%s", key);
	ok = got ? same(p, want, got) : part(p, want, NULL);
	p->path[len] = '\0';
	return ok;
}

/* Every member that the reference has; we may have more. */
static bool same_object(struct pair *p, const struct json *want, const struct json *got)
{
	const struct json *k, *v;
	char key[64];
	uint32_t i;

	for (i = 0, k = want + 1; i < want->size; i++, k = v + v->skip) {
		v = k + k->skip;
		if (!json_str(p->want, k, key, sizeof key))
			return part(p, k, NULL);
		if (!listed(p->skip, key) && !same_member(p, key, v, json_get(p->got, got, key)))
			return false;
	}
	return true;
}

static bool same_array(struct pair *p, const struct json *want, const struct json *got)
{
	char key[24];
	uint32_t i;

	for (i = 0; i < want->size; i++) {
		snprintf(key, sizeof key, "%" PRIu32, i);
		if (!same_member(p, key, json_at(want, i), json_at(got, i)))
			return false;
	}
	return want->size == got->size || part(p, NULL, json_at(got, i));
}

static bool same_number(const struct pair *p, const struct json *want, const struct json *got)
{
	double w, g;

	return json_f64(p->want, want, &w) && json_f64(p->got, got, &g) && !memcmp(&w, &g, sizeof w);
}

static bool same(struct pair *p, const struct json *want, const struct json *got)
{
	char text[256];

	if (want->type != got->type)
		return part(p, want, got);
	if (want->type == JSON_OBJECT)
		return same_object(p, want, got);
	if (want->type == JSON_ARRAY)
		return same_array(p, want, got);
	if (want->type == JSON_NUMBER)
		return same_number(p, want, got) || part(p, want, got);
	if (want->type == JSON_STRING)
		return (json_str(p->want, want, text, sizeof text) && json_is(p->got, got, text)) || part(p, want, got);
	return true;
}

static void parse(struct json_doc *d, const char *text, size_t len, const char *what)
{
	struct errmsg e;

	json_release(d);
	if (!json_parse(d, text, len, &e))
		die(EX_DATA, "%s: %s", what, e.text);
}

static bool is_type(const struct json_doc *d, const char *type)
{
	return json_is(d, json_get(d, d->tok, "type"), type);
}

/* One record of ours against one of theirs: objects member by member, [t, balance] against an equity record. */
static bool same_record(struct pair *p)
{
	const struct json *w = p->want->tok, *g = p->got->tok;

	if (w->type != JSON_ARRAY)
		return same(p, w, g);
	return same_member(p, "t_ms", json_at(w, 0), json_get(p->got, g, "t_ms")) &&
		same_member(p, "balance", json_at(w, 1), json_get(p->got, g, "balance"));
}

/* Next record of `type` of ours; header and end are looked at on the way. */
static bool our_record(struct lines *l, struct json_doc *d, const char *path, const char *type, bool *ended)
{
	while (next_line(l)) {
		parse(d, l->line, l->len, path);
		if (is_type(d, type))
			return true;
		if (l->n == 1 && is_type(d, "header"))
			continue;
		*ended = is_type(d, "end") && l->at == l->end;
		if (!*ended)
			die(EX_DATA, "%s:%" PRIu64 ": neither %s nor end", path, l->n, type);
	}
	return false;
}

/* The stream of ours against the lines of theirs. Counts the equal records. */
static bool same_stream(const char *label, const char *path, const char *type, const struct buf *ours, const struct buf *theirs, uint64_t *n)
{
	struct lines g = lines_of(ours), w = lines_of(theirs);
	struct json_doc gd = { 0 }, wd = { 0 };
	struct pair p = { .want = &wd, .got = &gd };
	bool ended = false, ok = true, more;

	for (*n = 0; ok && next_line(&w); *n += ok) {
		parse(&wd, w.line, w.len, label);
		more = our_record(&g, &gd, path, type, &ended);
		snprintf(p.path, sizeof p.path, "%s: %s %" PRIu64, label, type, w.n);
		ok = more ? same_record(&p) : part(&p, wd.tok, NULL);
		if (!ok && more)
			printf("\tgot  %.*s\n\twant %.*s\n", (int)g.len, g.line, (int)w.len, w.line);
	}
	if (ok && our_record(&g, &gd, path, type, &ended)) {
		snprintf(p.path, sizeof p.path, "%s: %s %" PRIu64, label, type, w.n + 1);
		ok = part(&p, NULL, gd.tok);
	}
	if (ok && !ended) {
		printf("%s: %s does not end with an end record\n", label, path);
		ok = false;
	}
	json_release(&gd);
	json_release(&wd);
	return ok;
}

/* Our name for the reference's config_id is id: compared by hand, since our config_id is the fingerprint. */
static bool same_report(const char *label, const struct buf *ours, const struct buf *theirs, const char *const *skip)
{
	struct json_doc g = { 0 }, w = { 0 };
	struct pair p = { .want = &w, .got = &g, .skip = skip };
	bool ok;

	parse(&g, ours->data, ours->len, label);
	parse(&w, theirs->data, theirs->len, label);
	snprintf(p.path, sizeof p.path, "%s: report", label);
	ok = same(&p, w.tok, g.tok);
	if (ok && !listed(skip, "id"))
		ok = same_member(&p, "id", json_get(&w, w.tok, "config_id"), json_get(&g, g.tok, "id"));
	json_release(&g);
	json_release(&w);
	return ok;
}

static bool same_text(const char *label, const struct buf *ours, const struct buf *theirs)
{
	struct lines g = lines_of(ours), w = lines_of(theirs);
	bool more_g, more_w;

	do {
		more_g = next_line(&g);
		more_w = next_line(&w);
		if (more_g == more_w && (!more_g || (g.len == w.len && !memcmp(g.line, w.line, g.len))))
			continue;
		printf("%s: csv line %" PRIu64 ":\n\tgot  %.*s\n\twant %.*s\n", label, w.n,
		       more_g ? (int)g.len : 0, g.line, more_w ? (int)w.len : 0, w.line);
		return false;
	} while (more_g);
	return true;
}

static void read_all(struct buf *b, const char *fmt, const char *dir, const char *name)
{
	struct errmsg e;
	char path[1024];

	snprintf(path, sizeof path, fmt, dir, name);
	if (!buf_read_file(b, path, LIMIT, &e))
		die(EX_DATA, "%s", e.text);
}

/* A gzip file of the reference; false if there is none. */
static bool read_gz(struct buf *b, const char *dir, const char *name, const char *what)
{
	char path[1024], command[1100];
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s.%s.gz", dir, name, what);
	f = fopen(path, "r");
	if (!f)
		return false;
	fclose(f);
	snprintf(command, sizeof command, "gzip -dc -- '%s'", path);
	f = popen(command, "r");
	if (!f)
		die_sys(EX_RETRY, "gzip");
	do {
		buf_reserve(b, 1 << 18);
		n = fread(b->data + b->len, 1, b->cap - b->len, f);
		b->len += n;
	} while (n);
	if (pclose(f))
		die(EX_DATA, "%s: gzip failed", path);
	return true;
}

static void need_gz(struct buf *b, const char *dir, const char *name, const char *what)
{
	if (!read_gz(b, dir, name, what))
		die(EX_DATA, "%s/%s.%s.gz: not there", dir, name, what);
}

static bool stream_case(const char *cases, const char *name, const char *prefix, const char *what, const char *type, uint64_t *n)
{
	struct buf ours = BUF_INIT, theirs = BUF_INIT;
	char path[1024], golden[32];
	bool ok;

	snprintf(path, sizeof path, "%s.%s", prefix, what);
	snprintf(golden, sizeof golden, "%s.ndjson", what);
	read_all(&ours, "%s.%s", prefix, what);
	need_gz(&theirs, cases, name, golden);
	ok = same_stream(name, path, type, &ours, &theirs, n);
	buf_release(&ours);
	buf_release(&theirs);
	return ok;
}

static bool csv_case(const char *cases, const char *name, const char *prefix, bool *there)
{
	struct buf ours = BUF_INIT, theirs = BUF_INIT;
	bool ok = true;

	*there = read_gz(&theirs, cases, name, "trades.csv");
	if (*there) {
		read_all(&ours, "%s.%s", prefix, "csv");
		ok = same_text(name, &ours, &theirs);
	}
	buf_release(&ours);
	buf_release(&theirs);
	return ok;
}

static bool report_case(const char *cases, const char *name, const char *prefix)
{
	static const char *const skip[] = { "decision_diagnostics", "config_id", NULL };
	struct buf ours = BUF_INIT, theirs = BUF_INIT;
	bool ok;

	read_all(&ours, "%s.%s", prefix, "report");
	read_all(&theirs, "%s/%s.report.json", cases, name);
	ok = same_report(name, &ours, &theirs, skip);
	buf_release(&ours);
	buf_release(&theirs);
	return ok;
}

static bool run_case(const char *cases, const char *name, const char *prefix)
{
	uint64_t trades, points;
	bool csv, ok = stream_case(cases, name, prefix, "trades", "trade", &trades);

	ok = stream_case(cases, name, prefix, "equity", "equity", &points) && ok;
	ok = report_case(cases, name, prefix) && ok;
	ok = csv_case(cases, name, prefix, &csv) && ok;
	printf("%s: %s: %" PRIu64 " records, %" PRIu64 " equity points, report%s\n", name, ok ? "equal" : "DIFFERENT", trades, points,
	       csv ? ", CSV" : "");
	return ok;
}

/* --figures: the run made again from the reference's records. */

static void text_of(const struct json_doc *d, const char *key, char *dst, size_t cap)
{
	if (!json_str(d, json_get(d, d->tok, key), dst, cap))
		die(EX_DATA, "record without \"%s\"", key);
}

static double number_of(const struct json_doc *d, const char *key)
{
	double v;

	if (!json_f64(d, json_get(d, d->tok, key), &v))
		die(EX_DATA, "record without \"%s\"", key);
	return v;
}

static void to_trade(struct rec_trade *t, const struct json_doc *d)
{
	text_of(d, "action", t->action, sizeof t->action);
	text_of(d, "confidence", t->confidence, sizeof t->confidence);
	text_of(d, "reason", t->reason, sizeof t->reason);
	text_of(d, "reason_code", t->reason_code, sizeof t->reason_code);
	text_of(d, "symbol", t->symbol, sizeof t->symbol);
	t->balance = number_of(d, "balance");
	t->fee = number_of(d, "fee");
	t->pnl = number_of(d, "pnl");
	t->price = number_of(d, "price");
	t->size = number_of(d, "size");
	t->timestamp = (int64_t)number_of(d, "timestamp");
}

static void add(struct rebuilt *run, const struct record *r, const char *label, uint64_t line)
{
	struct errmsg e;

	if (!rebuild_add(run, r, &e))
		die(EX_DATA, "%s:%" PRIu64 ": %s", label, line, e.text);
}

static void add_trades(struct rebuilt *run, const struct buf *trades)
{
	struct lines l = lines_of(trades);
	struct record r = { .type = REC_trade };
	struct json_doc d = { 0 };
	const char *code;

	while (next_line(&l)) {
		parse(&d, l.line, l.len, "trades");
		to_trade(&r.u.trade, &d);
		add(run, &r, "trades", l.n);
		code = reason_code_name(reason_code_of(run->run.event[run->run.n_events - 1].reason));
		if (strcmp(r.u.trade.reason_code, code))
			die(EX_DATA, "trades:%" PRIu64 ": reason code %s, want %s", l.n, code, r.u.trade.reason_code);
	}
	json_release(&d);
}

static void add_equity(struct rebuilt *run, const struct buf *equity)
{
	struct lines l = lines_of(equity);
	struct record r = { .type = REC_equity };
	struct json_doc d = { 0 };
	double t;

	while (next_line(&l)) {
		parse(&d, l.line, l.len, "equity");
		if (!json_f64(&d, json_at(d.tok, 0), &t) || !json_f64(&d, json_at(d.tok, 1), &r.u.equity.balance))
			die(EX_DATA, "equity:%" PRIu64 ": no [time, balance]", l.n);
		r.u.equity.t_ms = (int64_t)t;
		add(run, &r, "equity", l.n);
	}
	json_release(&d);
}

/* The balances that the run started and ended with are in the report alone, if the log does not say them. */
static void set_balances(struct run_result *r, const struct buf *report)
{
	struct json_doc d = { 0 };

	parse(&d, report->data, report->len, "report");
	r->initial_balance_usd = number_of(&d, "initial_balance");
	if (!r->n_events)
		r->final_balance_usd = r->initial_balance_usd;
	json_release(&d);
}

static bool figures_case(const char *cases, const char *name)
{
	/* what the reference's trade list does not carry: gate counters, notional */
	static const char *const skip[] = { "decision_diagnostics", "config_id", "id", "config_fingerprint", "gate_stats", "total_signals",
		"slippage_bps", "estimated_slippage_usd", NULL };
	struct buf trades = BUF_INIT, equity = BUF_INIT, theirs = BUF_INIT, ours = BUF_INIT;
	struct rebuilt run = { 0 };
	struct metrics m;
	bool ok;

	need_gz(&trades, cases, name, "trades.ndjson");
	need_gz(&equity, cases, name, "equity.ndjson");
	read_all(&theirs, "%s/%s.report.json", cases, name);
	add_trades(&run, &trades);
	add_equity(&run, &equity);
	rebuild_end(&run);
	set_balances(&run.run, &theirs);
	metrics_compute(&m, &run.run);
	report_json(&ours, &run.run, &m, &(struct report_context){ .market = &run.market });
	ok = same_report(name, &ours, &theirs, skip);
	printf("%s: figures %s: %zu records, %zu equity points\n", name, ok ? "equal" : "DIFFERENT", run.run.n_events, run.run.n_equity);
	rebuild_release(&run);
	buf_release(&trades);
	buf_release(&equity);
	buf_release(&theirs);
	buf_release(&ours);
	return ok;
}

int main(int argc, char **argv)
{
	bool ok;

	err_init(argv[0]);
	if (argc != 4)
		die(EX_USAGE, "usage: golden-compare CASES NAME PREFIX | golden-compare --figures CASES NAME");
	ok = strcmp(argv[1], "--figures") ? run_case(argv[1], argv[2], argv[3]) : figures_case(argv[2], argv[3]);
	return ok ? EX_OK : EX_NO;
}
