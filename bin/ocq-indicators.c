/* SPDX-License-Identifier: MIT
 * ocq-indicators - candles in, snapshots out: every bar with its indicators. */
#include "base/opt.h"
#include "config/config.h"
#include "kernel/indicators.h"
#include "record/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *config_path, *symbols, *interval, *csv, *output = "-";
static struct config_layers layers;
static bool strict, no_header;

static const struct opt opts[] = {
	{ 'c', "config", OPT_TEXT, &config_path, "FILE", "strategy YAML whose windows are used (defaults)" },
	{ 's', "symbols", OPT_TEXT, &symbols, "A", "apply the symbols: layer of this one symbol" },
	{ 0, "live", OPT_FLAG, &layers.live, NULL, "apply the live: layer" },
	{ 'i', "interval", OPT_TEXT, &interval, "IV", "take candles of this interval (that of the first)" },
	{ 0, "csv", OPT_TEXT, &csv, "A", "write this symbol's indicators as CSV; implies -s A" },
	{ 'o', "output", OPT_TEXT, &output, "FILE", "write there (stdout)", OPT_OUTPUT },
	{ 0, "strict", OPT_FLAG, &strict, NULL, "a stream without header or end is an error" },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "write the records without header and end", OPT_OUTPUT },
	{ 0, "lenient", OPT_FLAG, &layers.lenient, NULL, "configuration errors become warnings" },
	{ 0 }
};

/* A symbol that has come. */
struct track {
	char_symbol name;
	int64_t last_ms;	/* its latest bar */
	struct bank bank;
	double *memory;
};

struct indicators {
	struct config config;
	struct track **track;	/* ascending by symbol */
	uint32_t n, cap;
	uint32_t next;		/* where the next candle's symbol is expected: steps repeat each other's order */
	char_text interval;	/* of the candles that are taken; "" until known */
	struct record_in in;
	struct out out;
	uint64_t written;
};

static void load(struct indicators *x)
{
	struct errmsg e;

	layers.symbol = symbols;
	if (!config_path)
		config_defaults(&x->config);
	else if (!config_load(&x->config, config_path, &layers, config_warn, NULL, &e))
		die(EX_CONFIG, "%s", e.text);
}

static struct track *track_new(const struct params *p, const char *symbol)
{
	struct track *k = xcalloc(1, sizeof *k);

	k->memory = xreallocarray(NULL, bank_memory(p), sizeof *k->memory);
	k->last_ms = INT64_MIN;
	bank_init(&k->bank, p, k->memory);
	snprintf(k->name, sizeof k->name, "%s", symbol);
	return k;
}

static void insert(struct indicators *x, uint32_t at, struct track *k)
{
	if (x->n == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 64;
		x->track = xreallocarray(x->track, x->cap, sizeof(struct track *));
	}
	memmove(x->track + at + 1, x->track + at, (x->n - at) * sizeof(struct track *));
	x->track[at] = k;
	x->n++;
}

/* First place whose symbol is not below. */
static uint32_t lower_bound(const struct indicators *x, const char *symbol)
{
	uint32_t lo = 0, hi = x->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (strcmp(x->track[mid]->name, symbol) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct track *find(struct indicators *x, const char *symbol)
{
	uint32_t at = x->next;

	if (at >= x->n || strcmp(x->track[at]->name, symbol) != 0) {
		at = lower_bound(x, symbol);
		if (at == x->n || strcmp(x->track[at]->name, symbol) != 0)
			insert(x, at, track_new(&x->config.params, symbol));
	}
	x->next = at + 1;
	return x->track[at];
}

/* Finite input can still overflow; what cannot be written must not go on into the sums of later bars. */
static bool is_finite(const struct snapshot *s)
{
	double sum = 0;

#define SNAP_F64(member, init, meaning) sum += s->member * 0.0;
#include "kernel/snapshot.def"
#undef SNAP_F64
	return sum == 0;
}

static struct track *push(struct indicators *x, const struct rec_candle *c)
{
	struct bar bar = { c->t_ms, c->o, c->h, c->l, c->c, c->v };
	struct track *k = find(x, c->symbol);

	if (c->t_ms <= k->last_ms)
		in_die(&x->in.in, "%s: a bar of %" PRId64 " after one of %" PRId64 "; bars must ascend", c->symbol, c->t_ms, k->last_ms);
	k->last_ms = c->t_ms;
	bank_push(&k->bank, &bar);
	if (!is_finite(&k->bank.last))
		in_die(&x->in.in, "%s: an indicator overflows; prices must be of a sane size", c->symbol);
	return k;
}

/* The indicators of a stream are those of one interval. */
static bool wanted(struct indicators *x, const struct rec_candle *c)
{
	if (!x->interval[0])
		snprintf(x->interval, sizeof x->interval, "%s", c->interval);
	if (strcmp(c->interval, x->interval) == 0)
		return true;
	if (!interval)
		in_die(&x->in.in, "%s: a candle of %s among those of %s; choose with --interval", c->symbol, c->interval, x->interval);
	return false;
}

static void put_record(struct indicators *x, const struct record *r)
{
	x->written++;
	if (r->type == REC_candle && wanted(x, &r->u.candle)) {
		const struct track *k = push(x, &r->u.candle);
		struct rec_snapshot s;

		record_from_snapshot(&s, k->name, &k->bank.last);
		record_write(&x->out, REC_snapshot, &s);
		return;
	}
	if (r->type == REC_step)
		x->next = 0;
	record_pass(&x->out, r);
}

/* CSV_COLUMN(name, decimals) */
#define CSV_COLUMNS(X) \
	X(close, 8) X(ema_slow, 8) X(ema_fast, 8) X(ema_macro, 8) X(adx, 4) X(adx_slope, 4) X(adx_pos, 4) X(adx_neg, 4) \
	X(bb_upper, 8) X(bb_lower, 8) X(bb_width, 6) X(atr, 8) X(rsi, 4) X(macd_hist, 8) X(stoch_rsi_k, 4) X(stoch_rsi_d, 4) \
	X(vol_sma, 4)

static void put_csv_header(struct out *o)
{
#define X(name, decimals) "," #name
	static const char text[] = "t" CSV_COLUMNS(X) ",vol_trend\n";
#undef X

	out_add(o, text, sizeof text - 1);
}

static void put_csv(struct out *o, const struct snapshot *s)
{
	enum { WIDEST = 330 };	/* 309 digits, sign, point and decimals */
#define X(name, decimals) + WIDEST
	char *start = out_room(o, 64 CSV_COLUMNS(X)), *p = start;
#undef X

	p += sprintf(p, "%" PRId64, s->t_ms);
#define X(name, decimals) p += sprintf(p, ",%.*f", decimals, s->name);
	CSV_COLUMNS(X)
#undef X
	p += sprintf(p, ",%d\n", s->vol_trend);
	o->len += (size_t)(p - start);
}

static void put_csv_of(struct indicators *x, const struct record *r)
{
	if (r->type == REC_candle && strcmp(r->u.candle.symbol, csv) == 0 && wanted(x, &r->u.candle)) {
		put_csv(&x->out, &push(x, &r->u.candle)->bank.last);
		x->written++;
	}
}

static void filter(struct indicators *x, const char *path)
{
	struct record r;

	record_open(&x->in, path, &x->out, strict);
	while (record_read(&x->in, &r)) {
		if (r.type == REC_header || r.type == REC_end)
			continue;
		if (csv)
			put_csv_of(x, &r);
		else
			put_record(x, &r);
	}
	record_finish(&x->in);
	in_close(&x->in.in);
}

static void begin(struct indicators *x)
{
	char id[65];

	if (csv) {
		put_csv_header(&x->out);
	} else if (!no_header) {
		config_id(&x->config, id);
		record_header(&x->out, id, NULL, NULL);
	}
}

static void finish(struct indicators *x)
{
	if (stream_stop && x->out.temp)
		die(EX_RETRY, "%s: stopped by a signal; nothing was written", output);
	if (csv && !x->written && !stream_stop)
		die(EX_DATA, "no candle of %s came", csv);
	if (!csv && !no_header)
		record_end(&x->out, x->written);
	out_close(&x->out);
	for (uint32_t i = 0; i < x->n; i++) {
		free(x->track[i]->memory);
		free(x->track[i]);
	}
	free(x->track);
	config_release(&x->config);
}

int main(int argc, char **argv)
{
	struct indicators x = { 0 };
	int n;

	err_init(argv[0]);
	n = opt_parse(argc, argv, opts, "[-c FILE] [options] [CANDLES ...]", "Turns candles into snapshots: every bar with its indicators.");
	if (csv && symbols && strcmp(csv, symbols) != 0)
		die(EX_USAGE, "--csv %s has the layer of that symbol, not of %s: leave -s out", csv, symbols);
	if (csv)
		symbols = csv;
	if (interval)
		snprintf(x.interval, sizeof x.interval, "%s", interval);
	load(&x);
	stream_signals();
	out_open(&x.out, output);
	begin(&x);
	for (int i = 0; i < n || i == 0; i++)
		filter(&x, n ? argv[i] : "-");
	finish(&x);
	return EX_OK;
}
