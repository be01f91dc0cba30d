/* SPDX-License-Identifier: MIT
 * The replay loop, indicators included, over data in memory: symbol-bars per second. BENCH_DB and BENCH_CONFIG name the data and the strategy. */
#include "base/clock.h"
#include "engine/run.h"

#include <stdio.h>
#include <stdlib.h>

static void no_warning(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static void load(struct market *m, struct config *c, const char *db, const char *strategy)
{
	struct market_query q = MARKET_QUERY_INIT;
	struct config_layers layers = { 0 };
	struct errmsg e;
	int status;

	q.candles = db;
	q.interval = "1h";
	if (!market_load(m, &q, &e, &status))
		die((enum exit_status)status, "%s", e.text);
	if (!config_load(c, strategy, &layers, no_warning, NULL, &e))
		die(EX_CONFIG, "%s", e.text);
}

/* Seconds of one run; bars is what it fed. */
static double run_once(const struct market *m, const struct config *c, uint64_t *bars)
{
	struct run_options o = { .balance_usd = 10000, .lookback = 200 };
	struct run_result r = { 0 };
	struct errmsg e;
	int64_t start = clock_mono_ns(), spent;

	if (!replay_run(&r, m, c, &o, &e))
		die(EX_DATA, "%s", e.text);
	spent = clock_mono_ns() - start;
	*bars = r.bars;
	run_result_release(&r);
	return (double)spent * 1e-9;
}

int main(int argc, char **argv)
{
	const char *db = getenv("BENCH_DB"), *strategy = getenv("BENCH_CONFIG");
	double best = 1e9;
	uint64_t bars = 0;
	struct market m;
	struct config c;

	(void)argc;
	err_init(argv[0]);
	if (!db || !strategy)
		die(EX_USAGE, "BENCH_DB and BENCH_CONFIG name a candle store and a strategy");
	load(&m, &c, db, strategy);
	for (int i = 0; i < 25; i++) {
		double spent = run_once(&m, &c, &bars);

		best = spent < best ? spent : best;
	}
	printf("replay_loop\t%.3f\tMbar/s\n", (double)bars / best * 1e-6);
	config_release(&c);
	market_release(&m);
	return 0;
}
