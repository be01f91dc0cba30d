/* SPDX-License-Identifier: MIT
 * plain-sweep - the rows of `ocq-sweep --rows full`, each made by a replay of its own: what the fast loop is compared with.
 * Same options as ocq-sweep, as far as it has them. Not installed. */
#include "engine/load.h"
#include "engine/sweep.h"

#include <string.h>

static struct load load = LOAD_INIT;
static struct run_options run = { .balance_usd = 10000 };
static uint32_t lookback = UINT32_MAX;

static const struct opt opts[] = {
	LOAD_CONFIG_OPTION(load),
	MARKET_OPTIONS(load.query),
	LOAD_PACK_OPTION(load),
	{ 0, "live", OPT_FLAG, &load.layers.live, NULL, "apply the live: layer" },
	{ 0, "balance", OPT_F64, &run.balance_usd, "USD", "start balance" },
	{ 0, "lookback", OPT_U32, &lookback, "N", "warm-up bars" },
	{ 0, "strict-semantics", OPT_FLAG, &load.strict_semantics, NULL, "all repairs" },
	{ 0 }
};

static void one(struct out *out, const struct sweep *s, const struct market *m, const struct point *pt)
{
	struct buf row = BUF_INIT;
	struct run_result r;
	struct config c;
	struct errmsg e;

	if (!sweep_config(&c, s, pt, &e) || !replay_run(&r, m, &c, &run, &e))
		die(EX_DATA, "%s: %s", pt->id, e.text);
	sweep_full_row(&row, s, &r, pt, &c);
	out_add(out, row.data, row.len);
	buf_release(&row);
	run_result_release(&r);
}

int main(int argc, char **argv)
{
	static struct points points;
	static struct point pt;
	struct prepared data = { 0 };
	struct sweep s = { .data = &data };
	struct market m;
	struct config base;
	struct out out;
	bool some;

	err_init(argv[0]);
	opt_parse(argc, argv, opts, "-c FILE (--candles DBS | --pack FILE) [options] <CANDIDATES", "Rows by replays.");
	load_config(&load, &base, 0);
	points_open(&points, "-", NULL, false);
	some = points_read(&points, &pt);
	run.lookback = lookback != UINT32_MAX ? lookback : points.has_lookback ? points.lookback : 200;
	load.query.want_data_id = true;
	load_market(&load, &m, &base);
	data.market = &m;
	s.base = &base;
	s.balance_usd = run.balance_usd;
	s.lookback = run.lookback;
	out_open(&out, "-");
	for (; some; some = points_read(&points, &pt))
		one(&out, &s, &m, &pt);
	points_close(&points);
	out_close(&out);
	market_release(&m);
	config_release(&base);
	return EX_OK;
}
