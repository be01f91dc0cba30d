/* SPDX-License-Identifier: MIT
 * ocq-synth - make a synthetic market: as a stream of candles or as stores. */
#include "base/buf.h"
#include "base/opt.h"
#include "store/export.h"
#include "store/synth.h"
#include "store/writer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct synth_plan plan = SYNTH_PLAN_INIT;
static const char *db, *candles, *funding, *universe;
static bool no_header;

static const struct opt opts[] = {
	{ 0, "seed", OPT_U64, &plan.seed, "N", "another market for another number (1)", 0 },
	{ 'n', "count", OPT_U32, &plan.n_symbols, "N", "this many of the built-in symbols (8 of 16)", 0 },
	{ 's', "symbols", OPT_TEXT, &plan.symbols, "A,B", "these symbols instead", 0 },
	{ 'i', "interval", OPT_TEXT, &plan.intervals, "IV,IV", "intervals of the bars (1h)", 0 },
	{ 0, "from", OPT_TIME, &plan.from_ms, "T", "start (2025-01-01)", 0 },
	{ 0, "days", OPT_U32, &plan.days, "N", "length (30)", 0 },
	{ 0, "regime", OPT_TEXT, &plan.regime, "range|rise|fall|volatile|crash", "one for all (a mixture)", 0 },
	{ 0, "gaps", OPT_U32, &plan.gaps, "N", "outages of a symbol in 30 days (1)", 0 },
	{ 0, "late", OPT_U32, &plan.late, "N", "the last N symbols are listed within the window", 0 },
	{ 0, "delisted", OPT_U32, &plan.delisted, "N", "the second to N+1st symbol end within it", 0 },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "records without header and end", OPT_OUTPUT },
	{ 0, "db", OPT_TEXT, &db, "DIR", "write all stores there under their usual names", OPT_OUTPUT },
	{ 0, "candles", OPT_TEXT, &candles, "FILE", "write a candle store", OPT_OUTPUT },
	{ 0, "funding", OPT_TEXT, &funding, "FILE", "write a store of funding rates", OPT_OUTPUT },
	{ 0, "universe", OPT_TEXT, &universe, "FILE", "write a store of listings", OPT_OUTPUT },
	{ 0 }
};

_Noreturn static void fail(const struct fault *f)
{
	die((enum exit_status)f->status, "%s", f->e.text);
}

/* A store that exists may have readers and a write-ahead log: it is never overwritten. */
static void open_new(struct writer *w, const char *path, enum store_kind kind)
{
	struct fault f;
	struct stat st;

	if (stat(path, &st) == 0)
		die(EX_USAGE, "%s: exists; remove it first or name another file", path);
	if (!writer_open(w, path, kind, false, &f))
		fail(&f);
}

static void close_new(struct writer *w)
{
	struct fault f;

	if (!writer_commit(w, &f))
		fail(&f);
}

static void put_candles(struct writer *w, const struct synth *s, uint32_t interval)
{
	struct rec_candle c = { 0 };
	struct bars b;
	struct fault f;

	memcpy(c.interval, s->interval[interval], sizeof s->interval[interval]);
	for (uint32_t i = 0; i < s->n_symbols; i++) {
		b = columns_bars(&s->symbol[i].bars[interval]);
		memcpy(c.symbol, s->symbol[i].name, sizeof c.symbol);
		for (size_t k = 0; k < b.n; k++) {
			candle_of(&c, &b, k);
			if (!writer_candle(w, &c, NULL, &f))
				fail(&f);
		}
	}
}

static void write_candles(const struct synth *s, const char *path, uint32_t first, uint32_t n)
{
	struct writer w;

	open_new(&w, path, STORE_CANDLES);
	for (uint32_t k = first; k < first + n; k++)
		put_candles(&w, s, k);
	close_new(&w);
}

static void write_funding(const struct synth *s, const char *path)
{
	struct writer w;
	struct rates r;
	struct fault f;

	open_new(&w, path, STORE_FUNDING);
	for (uint32_t i = 0; i < s->n_symbols; i++) {
		r = columns_rates(&s->symbol[i].rates);
		for (size_t k = 0; k < r.n; k++)
			if (!writer_rate(&w, s->symbol[i].name, r.t_ms[k], r.rate[k], NAN, &f))
				fail(&f);
	}
	close_new(&w);
}

static void write_universe(const struct synth *s, const char *path)
{
	struct writer w;
	struct fault f;

	open_new(&w, path, STORE_UNIVERSE);
	for (uint32_t i = 0; i < s->n_symbols; i++)
		if (!writer_listing(&w, s->symbol[i].name, s->symbol[i].listed_from_ms, s->symbol[i].listed_to_ms, &f))
			fail(&f);
	close_new(&w);
}

static const char *in_dir(struct buf *b, const char *name, const char *interval)
{
	buf_clear(b);
	buf_addf(b, "%s/%s%s.db", db, name, interval);
	return buf_cstr(b);
}

static void write_dir(const struct synth *s)
{
	struct buf path = BUF_INIT;

	if (mkdir(db, 0777) != 0 && errno != EEXIST)
		die_sys(EX_RETRY, "%s: cannot be made", db);
	for (uint32_t k = 0; k < s->n_intervals; k++)
		write_candles(s, in_dir(&path, "candles_", s->interval[k]), k, 1);
	write_funding(s, in_dir(&path, "funding_rates", ""));
	write_universe(s, in_dir(&path, "universe_history", ""));
	buf_release(&path);
}

static void write_stream(const struct synth *s)
{
	struct bar_set set = { .of = xcalloc(s->n_symbols, sizeof *set.of) };
	const char **name = xcalloc(s->n_symbols, sizeof *name);
	uint64_t records;
	struct out o;

	if (s->n_intervals != 1)
		die(EX_USAGE, "a stream has one interval, not %u: name one, or --db or --candles", s->n_intervals);
	memcpy(set.interval, s->interval[0], sizeof set.interval);
	for (uint32_t i = 0; i < s->n_symbols; i++) {
		set.of[i] = columns_bars(&s->symbol[i].bars[0]);
		name[i] = s->symbol[i].name;
	}
	out_open(&o, "-");
	if (!no_header)
		record_header(&o, NULL, NULL, NULL);
	records = candles_export(&o, name, s->n_symbols, &set, INT64_MIN, INT64_MAX);
	if (!no_header)
		record_end(&o, records);
	out_close(&o);
	free(set.of);
	free(name);
}

int main(int argc, char **argv)
{
	struct synth s;
	struct fault f;

	err_init(argv[0]);
	stream_signals();
	if (opt_parse(argc, argv, opts, "[options]", "Makes a synthetic market: candles on stdout, or stores.") > 0)
		die(EX_USAGE, "\"%s\" is no option; --help lists them", argv[0]);
	if (!synth_make(&s, &plan, &f))
		fail(&f);
	if (db)
		write_dir(&s);
	if (candles)
		write_candles(&s, candles, 0, s.n_intervals);
	if (funding)
		write_funding(&s, funding);
	if (universe)
		write_universe(&s, universe);
	if (!db && !candles && !funding && !universe)
		write_stream(&s);
	synth_release(&s);
	return EX_OK;
}
