/* SPDX-License-Identifier: MIT
 * fake-sweep - an evaluator without a market, for tests and benchmarks of what drives one: candidates on stdin, rows on stdout.
 * The profit is 1000 less the distances of some values from where they would be best. */
#include "base/clock.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/rng.h"
#include "engine/point.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *peak, *trades_path, *drawdown_path, *strategy;
static uint32_t pause_us;
static bool blind, with_overrides;

static const struct opt opts[] = {
	{ 0, "peak", OPT_TEXT, &peak, "PATH=V,...", "the best values; default: none, every profit is 1000", 0 },
	{ 0, "trades", OPT_TEXT, &trades_path, "PATH", "the number of trades is this value, not 100", 0 },
	{ 0, "drawdown", OPT_TEXT, &drawdown_path, "PATH", "the drawdown is this value, not 0", 0 },
	{ 0, "overrides", OPT_FLAG, &with_overrides, NULL, "rows with their overrides", 0 },
	{ 0, "config-id", OPT_TEXT, &strategy, "ID", "for the header", 0 },
	{ 0, "pause-us", OPT_U32, &pause_us, "N", "wait up to so long before a row, now and then", 0 },
	{ 0, "blind", OPT_FLAG, &blind, NULL, "read no values: as fast as can be", 0 },
	{ 0 }
};

static double value_at(const struct point *pt, const char *path)
{
	uint32_t i;

	for (i = 0; i < pt->n; i++)
		if (!strcmp(param_rows[pt->row[i]].path, path))
			return pt->value[i];
	die(EX_USAGE, "no candidate has %s", path);
}

static double profit(const struct point *pt)
{
	char *all = xstrdup(peak ? peak : ""), *save, *one, *equals;
	double sum = 1000, v;

	for (one = strtok_r(all, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
		equals = strchr(one, '=');
		if (!equals || !num_f64_parse(equals + 1, &v))
			die(EX_USAGE, "--peak: %s is not PATH=VALUE", one);
		*equals = '\0';
		sum -= fabs(value_at(pt, one) - v);
	}
	free(all);
	return sum;
}

static void wait_a_little(void)
{
	static uint64_t n;
	uint64_t us = pause_us ? rng_below((uint64_t)clock_mono_ns(), 0, n++, pause_us) : 0;

	if (us % 4 == 0 && us)
		nanosleep(&(struct timespec){ (time_t)(us / 1000000), (long)(us % 1000000 * 1000) }, NULL);
}

static void write_row(struct out *o, const struct point *pt)
{
	struct buf b = BUF_INIT;
	struct jsonw w;

	jsonw_init(&w, &b, false);
	jsonw_object(&w);
	jsonw_key(&w, "type"), jsonw_str(&w, "result");
	jsonw_key(&w, "id"), jsonw_str(&w, pt->id);
	jsonw_key(&w, "max_drawdown_pct"), jsonw_f64(&w, drawdown_path ? value_at(pt, drawdown_path) : 0);
	jsonw_key(&w, "total_pnl"), jsonw_f64(&w, profit(pt));
	jsonw_key(&w, "total_trades"), jsonw_u64(&w, trades_path ? (uint64_t)value_at(pt, trades_path) : 100);
	if (with_overrides)
		jsonw_key(&w, "overrides"), point_overrides(&w, pt);
	jsonw_end(&w);
	buf_addc(&b, '\n');
	out_add(o, b.data, b.len);
	buf_release(&b);
	if (pause_us)
		out_flush(o);
}

static void evaluate(struct out *o)
{
	static struct points in;
	static struct point pt;
	uint64_t n = 0;

	points_open(&in, "-", o, true);
	while (points_read(&in, &pt)) {
		wait_a_little();
		write_row(o, &pt);
		n++;
	}
	points_close(&in);
	record_end(o, n);
}

/* {"type":"candidate","id":"tpe_0000001","values":[...]} */
static void evaluate_blind(struct out *o)
{
	static const char before[] = "{\"type\":\"candidate\",\"id\":\"";
	uint64_t n = 0, r;
	const char *line;
	struct in in;
	size_t len;
	char *p;

	in_open(&in, "-");
	in.flush = o;
	while (in_line(&in, &line, &len)) {
		if (memcmp(line, before, sizeof before - 1))
			continue;
		r = rng_u64(1, 0, n++);
		p = out_room(o, 512);
		o->len += (size_t)sprintf(p, "{\"type\":\"result\",\"id\":\"%.11s\",\"events_hash\":\"0123456789abcdef0123456789abcdef\",\"max_drawdown_pct\":0.%03u,\"profit_factor\":1.%03u,\"total_pnl\":%d.%02u,\"total_trades\":%u}\n",
			line + sizeof before - 1, (unsigned)(r % 1000), (unsigned)(r >> 10 & 511), (int)(r >> 20 & 4095) - 2048, (unsigned)(r >> 40 & 63), (unsigned)(r >> 50 & 1023));
	}
	record_end(o, n);
}

int main(int argc, char **argv)
{
	struct out o;

	err_init(argv[0]);
	stream_signals();
	if (opt_parse(argc, argv, opts, "[options] <CANDIDATES", "Evaluates candidates without a market."))
		die(EX_USAGE, "no operands are taken");
	out_open(&o, "-");
	record_header(&o, strategy, NULL, NULL);
	if (blind)
		evaluate_blind(&o);
	else
		evaluate(&o);
	out_close(&o);
	return EX_OK;
}
