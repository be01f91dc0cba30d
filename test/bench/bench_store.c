/* SPDX-License-Identifier: MIT
 * How long market data take to arrive: from a store, from a pack, and out again as records. BENCH_DB names the store. */
#include "base/clock.h"
#include "store/export.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 9 };

static double load(struct market *m, const struct market_query *q)
{
	int64_t start = clock_mono_ns();
	struct errmsg e;
	int status;

	if (!market_load(m, q, &e, &status))
		die((enum exit_status)status, "%s", e.text);
	return (double)(clock_mono_ns() - start) * 1e-6;
}

static double best_load(const struct market_query *q)
{
	double best = 1e9, ms;
	struct market m;

	for (int i = 0; i < ROUNDS; i++) {
		ms = load(&m, q);
		best = ms < best ? ms : best;
		market_release(&m);
	}
	return best;
}

/* Million records a second from memory to /dev/null. */
static double best_export(const struct market *m)
{
	double best = 0, rate;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = clock_mono_ns();
		uint64_t records;
		struct out o;

		out_fd(&o, open("/dev/null", O_WRONLY), "/dev/null");
		records = candles_export(&o, m->symbol, m->n_symbols, &m->main, INT64_MIN, INT64_MAX);
		out_flush(&o);
		rate = (double)records * 1e3 / (double)(clock_mono_ns() - start);
		best = rate > best ? rate : best;
		close(o.fd);
		free(o.data);
	}
	return best;
}

static double best_identity(const struct market *m)
{
	double best = 1e9, ms;
	char hex[65];

	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = clock_mono_ns();

		market_data_id(m, hex);
		ms = (double)(clock_mono_ns() - start) * 1e-6;
		best = ms < best ? ms : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	struct market_query q = MARKET_QUERY_INIT, p = MARKET_QUERY_INIT;
	char pack[] = "/tmp/ocq-bench-XXXXXX";
	struct errmsg e;
	struct market m;

	(void)argc;
	err_init(argv[0]);
	if (!(q.candles = getenv("BENCH_DB")))
		die(EX_USAGE, "BENCH_DB names a candle store");
	q.interval = "1h";
	printf("store_load\t%.2f\tms\n", best_load(&q));
	load(&m, &q);
	printf("data_id\t%.2f\tms\n", best_identity(&m));
	close(mkstemp(pack));
	if (!pack_write(pack, &m, &e))
		die(EX_RETRY, "%s", e.text);
	p.pack = pack;
	printf("pack_load\t%.2f\tms\n", best_load(&p));
	printf("candle_export\t%.2f\tM/s\n", best_export(&m));
	market_release(&m);
	unlink(pack);
	return EX_OK;
}
