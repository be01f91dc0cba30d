/* SPDX-License-Identifier: MIT
 * Backfill: the exchange's markets first, then series after series, the most valuable first, a few under way at a time. */
#include "feed/backfill.h"

#include "base/clock.h"
#include "base/progress.h"
#include "feed/rest.h"
#include "hl/info.h"
#include "json/json.h"
#include "store/candles.h"
#include "store/history.h"
#include "store/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	REACH_BARS = REST_CANDLES_PAGE,		/* bars that the exchange keeps */
	NEAR_BARS = 1200, NEAR_RATES = 400,	/* rows between two gaps that cost as much as another question */
	UNDER_WAY = 24,				/* runs asked for at a time: more than are in flight, so that none is waited for */
	FUNDING_LATE_MS = 60000,		/* an hour's rate is looked for from then on */
};

struct coin { char name[SYMBOL_MAX]; bool delisted; int64_t first_ms, last_ms; };	/* the times: of bars that stores have */

struct series;

/* Missing bars that lie near each other, asked for in one go. at_ms: the first that is not answered. */
struct run { struct series *of; int64_t from_ms, to_ms, at_ms; };

struct series {
	struct backfill *b;
	const char *symbol, *interval;	/* interval NULL: funding */
	char *path;
	struct coin *coin;		/* NULL: the exchange does not know it */
	int64_t from_ms, to_ms;		/* wanted: opens of bars, or full hours */
	int64_t ask_ms;			/* of these the first that the exchange may have */
	struct run *run;
	unsigned n_runs;
	char failed[TEXT_MAX];		/* why a run was not answered */
	const char *problem;		/* of a row that was not taken */
};

struct backfill {
	const struct backfill_options *o;
	struct loop *loop;
	struct rest *rest;
	struct coin *coin;
	size_t n_coins;
	struct symbol_list symbols;
	struct series *series;
	size_t n_series, planned;
	unsigned under_way;
	int64_t meta_ms;
	uint64_t rows, bars_done;
	struct progress progress;
	struct errmsg *e;
	int status;
};

static void stop(struct backfill *b, int status)
{
	b->status = status;
	loop_stop(b->loop, status);
}

static void stop_fault(struct backfill *b, const struct fault *f)
{
	*b->e = f->e;
	stop(b, f->status);
}

/* ---- the grid of a series ---- */

static const char *grid(const struct series *s)
{
	return s->interval ? s->interval : "1h";
}

static int64_t bar_of(const struct series *s, int64_t t_ms, int64_t n)
{
	return clock_bar(grid(s), t_ms, n);
}

/* Bars from one open to another, both counted; months count as 28 days or more. */
static int64_t bars_between(const struct series *s, int64_t from_ms, int64_t to_ms)
{
	int64_t length = bar_of(s, from_ms, 1) - bar_of(s, from_ms, 0);

	return to_ms < from_ms ? 0 : (to_ms - from_ms) / length + 1;
}

struct gaps { struct gap *at; size_t n; };

static void add_gap(struct gaps *g, int64_t from_ms, int64_t to_ms)
{
	g->at = xreallocarray(g->at, g->n + 1, sizeof *g->at);
	g->at[g->n++] = (struct gap){ from_ms, to_ms };
}

/* Which bars from from_ms to s->to_ms none of the ascending times lies in. */
static struct gaps gaps_of(const struct series *s, const int64_t *t, size_t n, int64_t from_ms)
{
	struct gaps g = { 0 };
	int64_t due = from_ms;

	for (size_t i = 0; i < n; i++) {
		int64_t bar = bar_of(s, t[i], 0);

		if (bar > due)
			add_gap(&g, due, bar_of(s, bar, -1));
		if (bar >= due)
			due = bar_of(s, bar, 1);
	}
	if (due <= s->to_ms)
		add_gap(&g, due, s->to_ms);
	return g;
}

static bool stored_times(struct series *s, int64_t from_ms, int64_t **t, size_t *n)
{
	struct fault f;

	if (store_times(s->path, s->symbol, s->interval, from_ms, bar_of(s, s->to_ms, 1) - 1, t, n, &f))
		return true;
	stop_fault(s->b, &f);
	return false;
}

/* ---- planning ---- */

/* What is wanted as of now; nothing if to_ms is before from_ms. */
static void want(struct series *s, int64_t now_ms)
{
	const struct backfill_options *o = s->b->o;
	int64_t over = s->interval ? bar_of(s, now_ms - REST_GRACE_MS, -1) : bar_of(s, now_ms - FUNDING_LATE_MS, 0);
	int64_t oldest = bar_of(s, now_ms, 1 - REACH_BARS);

	s->to_ms = o->to_ms < over ? bar_of(s, o->to_ms, 0) : over;
	s->from_ms = o->from_ms == INT64_MIN ? oldest : bar_of(s, o->from_ms - 1, 1);
	s->ask_ms = s->interval && s->from_ms < oldest ? oldest : s->from_ms;
}

static void add_run(struct series *s, const struct gap *g)
{
	struct run *last = s->n_runs ? &s->run[s->n_runs - 1] : NULL;

	if (last && bars_between(s, last->to_ms, g->from_ms) <= (s->interval ? NEAR_BARS : NEAR_RATES)) {
		last->to_ms = g->to_ms;
		return;
	}
	s->run = xreallocarray(s->run, s->n_runs + 1, sizeof *s->run);
	s->run[s->n_runs++] = (struct run){ s, g->from_ms, g->to_ms, g->from_ms };
}

static void ask(struct run *r);

static void count(struct series *s, int64_t bars)
{
	s->b->bars_done += (uint64_t)bars;
	progress_at(&s->b->progress, s->b->bars_done);
}

static void plan(struct series *s)
{
	struct gaps g;
	int64_t *t;
	size_t n;

	want(s, clock_ms());
	if (!s->coin || s->to_ms < s->ask_ms || !stored_times(s, s->ask_ms, &t, &n))
		return;
	g = gaps_of(s, t, n, s->ask_ms);
	for (size_t i = 0; i < g.n; i++)
		add_run(s, &g.at[i]);
	count(s, bars_between(s, s->ask_ms, s->to_ms));
	for (unsigned i = 0; i < s->n_runs; i++) {
		count(s, -bars_between(s, s->run[i].from_ms, s->run[i].to_ms));
		ask(&s->run[i]);
	}
	free(g.at);
	free(t);
}

static void go_on(struct backfill *b)
{
	while (b->under_way < UNDER_WAY && b->planned < b->n_series && !b->status)
		plan(&b->series[b->planned++]);
	if (!b->under_way)
		loop_stop(b->loop, b->status);
}

/* ---- runs ---- */

static void run_done(void *arg, const struct rest_answer *a)
{
	struct run *r = arg;
	struct series *s = r->of;
	struct backfill *b = s->b;

	b->under_way--;
	if (a->outcome != REST_OK && !b->status && !stream_stop) {
		snprintf(s->failed, sizeof s->failed, "not answered: %.100s", a->why);
		if (a->outcome == REST_FAILED && !a->reached) {
			errmsg_set(b->e, "%s: cannot be reached: %.300s", b->o->url, a->why);
			stop(b, EX_ABSENT);
		}
	}
	go_on(b);
}

static void page_done(struct run *r, int64_t to_ms)
{
	count(r->of, bars_between(r->of, r->at_ms, to_ms));
	r->at_ms = bar_of(r->of, to_ms, 1);
}

/* A row that is no bar is left out and told. */
static bool put_candles(struct series *s, struct writer *w, const struct rec_candle *row, size_t n, struct fault *f)
{
	char updated_at[CLOCK_TEXT_MAX + 1];
	const char *problem;

	*clock_put(updated_at, clock_ms() / 1000 * 1000) = '\0';
	for (size_t i = 0; i < n; i++)
		if ((problem = candle_problem(&row[i]))) {
			warn("%s %s %s: the exchange's bar is not taken: %s", s->symbol, s->interval, time_text(row[i].t_ms), problem);
			s->problem = problem;
		} else if (!writer_candle(w, &row[i], updated_at, f)) {
			return false;
		}
	return true;
}

static bool put_rates(struct series *s, struct writer *w, const struct rest_rate *row, size_t n, struct fault *f)
{
	for (size_t i = 0; i < n; i++)
		if (!writer_rate(w, s->symbol, row[i].t_ms, row[i].rate, row[i].premium, f))
			return false;
	return true;
}

static bool write_page(struct series *s, const struct rec_candle *candle, const struct rest_rate *rate, size_t n)
{
	struct writer w;
	struct fault f;

	if (!n)
		return true;
	if (!writer_open(&w, s->path, candle ? STORE_CANDLES : STORE_FUNDING, true, &f)) {
		stop_fault(s->b, &f);
		return false;
	}
	if (candle ? !put_candles(s, &w, candle, n, &f) : !put_rates(s, &w, rate, n, &f)) {
		writer_abandon(&w);
		stop_fault(s->b, &f);
		return false;
	}
	if (!writer_commit(&w, &f)) {
		stop_fault(s->b, &f);
		return false;
	}
	s->b->rows += w.written;
	return true;
}

static bool candles_page(void *arg, const struct rec_candle *row, size_t n, int64_t from_ms, int64_t to_ms, int64_t asked_ms)
{
	struct run *r = arg;

	(void)from_ms, (void)asked_ms;
	if (!write_page(r->of, row, NULL, n))
		return false;
	page_done(r, to_ms);
	return true;
}

static bool rates_page(void *arg, const struct rest_rate *row, size_t n, int64_t from_ms, int64_t to_ms)
{
	struct run *r = arg;

	(void)from_ms;
	if (!write_page(r->of, NULL, row, n))
		return false;
	page_done(r, bar_of(r->of, to_ms, 0));
	return true;
}

static void ask(struct run *r)
{
	struct series *s = r->of;
	struct rest_candles c = { .from_ms = r->from_ms, .to_ms = r->to_ms, .page = candles_page, .done = run_done, .arg = r };
	struct rest_rates q = { .from_ms = r->from_ms, .to_ms = bar_of(s, r->to_ms, 1) - 1, .page = rates_page, .done = run_done,
	                        .arg = r };

	s->b->under_way++;
	if (s->interval) {
		snprintf(c.symbol, sizeof c.symbol, "%s", s->symbol);
		snprintf(c.interval, sizeof c.interval, "%s", s->interval);
		rest_candles(s->b->rest, &c);
	} else {
		snprintf(q.symbol, sizeof q.symbol, "%s", s->symbol);
		rest_rates(s->b->rest, &q);
	}
}

/* ---- the list of series ---- */

/* A coin by its name, else by the only name that differs in nothing but case. */
static struct coin *find_coin(struct backfill *b, const char *name)
{
	struct coin *same = NULL;

	for (size_t i = 0; i < b->n_coins; i++) {
		if (strcmp(b->coin[i].name, name) == 0)
			return &b->coin[i];
		if (strcasecmp(b->coin[i].name, name) == 0) {
			if (same)
				return NULL;
			same = &b->coin[i];
		}
	}
	return same;
}

/* One symbol may have been named in two spellings, and an interval twice. */
static bool is_listed(const struct series *s)
{
	for (size_t i = 0; i < s->b->n_series; i++) {
		const struct series *t = &s->b->series[i];

		if (t->interval == s->interval && strcmp(t->symbol, s->symbol) == 0)
			return true;
	}
	return false;
}

static void add_series(struct backfill *b, const char *symbol, const char *interval)
{
	struct coin *coin = find_coin(b, symbol);
	struct series s = { .b = b, .symbol = coin ? coin->name : symbol, .interval = interval, .coin = coin };
	struct buf path = BUF_INIT;

	if (is_listed(&s))
		return;
	if (interval)
		buf_addf(&path, "%s/candles_%s.db", b->o->dir, interval);
	else
		buf_adds(&path, b->o->funding);
	s.path = xstrdup(buf_cstr(&path));
	buf_release(&path);
	b->series = xreallocarray(b->series, b->n_series + 1, sizeof *b->series);
	b->series[b->n_series++] = s;
	want(&s, b->meta_ms);
	b->progress.total += coin ? (uint64_t)bars_between(&s, s.ask_ms, s.to_ms) : 0;
}

static void add_all_symbols(struct backfill *b, const char *interval)
{
	for (unsigned i = 0; i < b->symbols.n; i++)
		add_series(b, b->symbols.at[i], interval);
}

/* By value: 1h candles, funding, the other intervals. */
static void list_series(struct backfill *b)
{
	const struct backfill_options *o = b->o;
	unsigned n = o->dir ? o->n_intervals : 0;

	for (unsigned i = 0; i < n; i++)
		if (strcmp(o->interval[i], "1h") == 0)
			add_all_symbols(b, o->interval[i]);
	if (o->funding)
		add_all_symbols(b, NULL);
	for (unsigned i = 0; i < n; i++)
		if (strcmp(o->interval[i], "1h") != 0)
			add_all_symbols(b, o->interval[i]);
}

/* ---- the exchange's markets ---- */

static void take_asset(void *arg, const struct record *r)
{
	struct backfill *b = arg;
	struct coin *c;

	if (r->type != REC_asset)
		return;
	b->coin = xreallocarray(b->coin, b->n_coins + 1, sizeof *b->coin);
	c = &b->coin[b->n_coins++];
	*c = (struct coin){ .delisted = r->u.asset.delisted, .first_ms = INT64_MAX, .last_ms = INT64_MIN };
	snprintf(c->name, sizeof c->name, "%s", r->u.asset.symbol);
}

/* The first half of [meta, contexts], as it came. */
static bool keep_meta(struct backfill *b, const char *body, size_t len)
{
	struct json_doc d = { 0 };
	const struct json *meta;
	bool ok = json_parse(&d, body, len, b->e);

	if (ok && (meta = json_at(d.tok, 0)))
		ok = file_replace(b->o->meta, body + meta->start, meta->end - meta->start, b->e);
	json_release(&d);
	return ok;
}

static bool note_universe(struct backfill *b)
{
	struct universe_symbol *u = xcalloc(b->n_coins + 1, sizeof *u);
	struct fault f;
	bool ok;

	for (size_t i = 0; i < b->n_coins; i++)
		u[i] = (struct universe_symbol){ b->coin[i].name, b->coin[i].delisted, b->coin[i].first_ms, b->coin[i].last_ms };
	ok = universe_note(b->o->universe, b->meta_ms, u, b->n_coins, &f);
	free(u);
	if (!ok)
		stop_fault(b, &f);
	return ok;
}

static bool read_markets(struct backfill *b, const char *body, size_t len)
{
	const struct backfill_options *o = b->o;
	struct errmsg why;

	if (!hl_info_read("metaAndAssetCtxs", body, len, b->meta_ms, take_asset, b, NULL, &why) || !b->n_coins ||
	    (o->top && !symbol_list_top(&b->symbols, body, len, o->top, 0, &why))) {
		errmsg_set(b->e, "%s: metaAndAssetCtxs: %.300s", o->url, b->n_coins ? why.text : "there are no markets");
		stop(b, EX_ABSENT);
		return false;
	}
	if (o->meta && !keep_meta(b, body, len)) {
		stop(b, EX_RETRY);
		return false;
	}
	return !o->universe || note_universe(b);
}

static void markets_answered(void *arg, const struct rest_answer *a)
{
	struct backfill *b = arg;

	b->meta_ms = a->asked_ms;
	if (a->outcome != REST_OK) {
		errmsg_set(b->e, "%s: cannot be reached: %.300s", b->o->url, a->why);
		stop(b, stream_stop ? EX_RETRY : EX_ABSENT);
		return;
	}
	if (!read_markets(b, a->body, a->len))
		return;
	progress_start(&b->progress, "bars", 0);
	list_series(b);
	go_on(b);
}

/* ---- what is missing at the end ---- */

/* NULL: nothing that the exchange should have had. */
static bool overlaps_failed(const struct series *s, const struct gap *g)
{
	for (unsigned i = 0; s->failed[0] && i < s->n_runs; i++)
		if (s->run[i].at_ms <= s->run[i].to_ms && g->from_ms <= s->run[i].to_ms && g->to_ms >= s->run[i].at_ms)
			return true;
	return false;
}

/* first_ms: of what is stored, INT64_MAX: nothing. *within: the exchange should have had it. */
static const char *reason(const struct series *s, const struct gap *g, int64_t first_ms, bool *within)
{
	*within = false;
	if (!s->coin)
		return "the exchange has no such symbol";
	if ((*within = overlaps_failed(s, g)))
		return s->failed;
	if (s->interval && g->to_ms < bar_of(s, clock_ms(), 1 - REACH_BARS))
		return "older than the bars that the exchange keeps";
	if (g->from_ms < first_ms)
		return s->coin->delisted && first_ms == INT64_MAX ? "delisted" : "before the first that the exchange has";
	if (s->coin->delisted && g->to_ms == s->to_ms)
		return "delisted";
	if ((*within = s->problem != NULL))
		return s->problem;
	return "the exchange has none";
}

static bool tell_gap(const struct series *s, const struct gap *g, int64_t first_ms, struct out *out)
{
	struct rec_gap r = { .from_ms = g->from_ms, .to_ms = g->to_ms, .bars = (uint64_t)bars_between(s, g->from_ms, g->to_ms) };
	bool within;

	snprintf(r.symbol, sizeof r.symbol, "%s", s->symbol);
	snprintf(r.interval, sizeof r.interval, "%s", s->interval ? s->interval : "funding");
	snprintf(r.why, sizeof r.why, "%s", reason(s, g, first_ms, &within));
	record_write(out, REC_gap, &r);
	return !within;
}

static void prove(const struct series *s, const int64_t *t, size_t n)
{
	int64_t end;

	if (!s->interval || !n)
		return;
	end = bar_of(s, t[n - 1], 1) - 1;
	s->coin->first_ms = t[0] < s->coin->first_ms ? t[0] : s->coin->first_ms;
	s->coin->last_ms = end > s->coin->last_ms ? end : s->coin->last_ms;
}

/* Looks at what the store holds now. False: something that the exchange has is missing. */
static bool tell_gaps(struct series *s, struct out *out, uint64_t *records)
{
	struct gaps g;
	bool complete = true;
	int64_t *t;
	size_t n;

	if (s->b->o->from_ms == INT64_MIN && s->interval)
		s->from_ms = bar_of(s, clock_ms(), 1 - REACH_BARS);	/* what grew too old meanwhile was not asked for by name */
	if (s->to_ms < s->from_ms || !stored_times(s, s->from_ms, &t, &n))
		return true;
	if (s->coin)
		prove(s, t, n);
	g = gaps_of(s, t, n, s->from_ms);
	for (size_t i = 0; i < g.n; i++)
		complete &= tell_gap(s, &g.at[i], n ? t[0] : INT64_MAX, out);
	*records += g.n;
	free(g.at);
	free(t);
	return complete;
}

static int conclude(struct backfill *b, struct out *out, uint64_t *records)
{
	bool complete = true;

	for (size_t i = 0; i < b->n_series && !b->status; i++)
		complete &= tell_gaps(&b->series[i], out, records);
	if (!b->status && b->o->universe)
		note_universe(b);
	if (b->status)
		return b->status;
	note("%" PRIu64 " rows were new or changed", b->rows);
	if (!complete)
		errmsg_set(b->e, "something that the exchange has is missing: see the gap records");
	return complete ? EX_OK : EX_NO;
}

/* ---- the run ---- */

static void release(struct backfill *b)
{
	for (size_t i = 0; i < b->n_series; i++) {
		free(b->series[i].path);
		free(b->series[i].run);
	}
	free(b->series);
	free(b->coin);
	symbol_list_release(&b->symbols);
	loop_free(b->loop);
}

static bool copy_symbols(struct backfill *b)
{
	for (unsigned i = 0; i < b->o->symbols.n; i++)
		if (!symbol_list_add(&b->symbols, b->o->symbols.at[i], strlen(b->o->symbols.at[i]), b->e))
			return false;
	return true;
}

static bool make_dir(const char *dir, struct errmsg *e)
{
	return mkdir(dir, 0777) == 0 || errno == EEXIST || errmsg_set(e, "%s: cannot be created: %s", dir, strerror(errno));
}

int backfill_run(const struct backfill_options *o, struct out *out, uint64_t *records, struct errmsg *e)
{
	struct backfill b = { .o = o, .e = e, .loop = loop_new() };
	struct rest_options r = { .url = o->url, .ca_file = o->ca_file, .budget = o->budget, .class = BUDGET_BACKFILL,
	                          .in_flight = o->in_flight, .tries = o->tries };
	struct buf body = BUF_INIT;
	int status = EX_RETRY;

	*records = 0;
	if (copy_symbols(&b) && (!o->dir || make_dir(o->dir, e)) && (b.rest = rest_new(b.loop, &r, e))) {
		hl_info_plain(&body, "metaAndAssetCtxs");
		rest_ask(b.rest, "metaAndAssetCtxs", body.data, body.len, 0, false, markets_answered, &b);
		status = loop_run(b.loop);
		if (stream_stop) {
			b.status = EX_RETRY;
			errmsg_set(e, "stopped by a signal; the next run goes on from here");
		}
		rest_free(b.rest);
		progress_end(&b.progress);
		status = b.status ? b.status : conclude(&b, out, records);
		buf_release(&body);
	}
	release(&b);
	return status;
}
