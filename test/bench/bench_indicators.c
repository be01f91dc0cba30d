/* SPDX-License-Identifier: MIT
 * All indicators of a market of 16 symbols and eight months of hours, per symbol-bar: bar by bar, in batch, and in batch
 * with the snapshot of every bar. BENCH_CONFIG names a strategy for the windows; without it the defaults. */
#include "base/clock.h"
#include "config/config.h"
#include "engine/series.h"

#include <stdio.h>
#include <stdlib.h>

enum { SYMBOLS = 16, BARS = 5963, RUNS = 25 };

static uint64_t seed = 88172645463325252;
static double sink;	/* keeps results from being optimised away */

static double uniform(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double)(seed >> 11) * 0x1p-53;
}

static struct bars walk(void)
{
	double *o = xmalloc(5 * BARS * sizeof *o), *h = o + BARS, *l = h + BARS, *c = l + BARS, *v = c + BARS, price = 100;
	int64_t *t = xmalloc(BARS * sizeof *t);

	for (size_t i = 0; i < BARS; i++) {
		t[i] = (int64_t)i * 3600000;
		o[i] = price;
		c[i] = price *= 1 + (uniform() - 0.5) * 0.02;
		h[i] = fmax(o[i], c[i]) * (1 + uniform() * 0.005);
		l[i] = fmin(o[i], c[i]) * (1 - uniform() * 0.005);
		v[i] = uniform() * 1000;
	}
	return (struct bars){ .n = BARS, .t_ms = t, .open = o, .high = h, .low = l, .close = c, .volume = v };
}

static void stream(const struct bars *b, const struct params *p)
{
	double *memory = xmalloc(bank_memory(p) * sizeof *memory);
	struct bank bank;

	bank_init(&bank, p, memory);
	for (size_t i = 0; i < BARS; i++) {
		struct bar bar = { b->t_ms[i], b->open[i], b->high[i], b->low[i], b->close[i], b->volume[i] };

		bank_push(&bank, &bar);
	}
	sink += bank.last.rsi;
	free(memory);
}

/* Not inlined, so that all of the snapshot is made. */
static __attribute__((noinline)) void take(struct series *s, size_t i, struct snapshot *out)
{
	series_reach(s, i);
	series_snapshot(s, i, out);
}

static double ns_per_bar(int64_t start) { return (double)(clock_mono_ns() - start) / (SYMBOLS * BARS); }

int main(int argc, char **argv)
{
	const char *strategy = getenv("BENCH_CONFIG");
	double streamed = 1e9, batch = 1e9, snapshots = 1e9;
	struct bars bars[SYMBOLS];
	struct series s[SYMBOLS];
	struct snapshot snap;
	struct config c;
	struct errmsg e;

	(void)argc;
	err_init(argv[0]);
	if (!strategy)
		config_defaults(&c);
	else if (!config_load(&c, strategy, NULL, NULL, NULL, &e))
		die(EX_CONFIG, "%s", e.text);
	for (int k = 0; k < SYMBOLS; k++)
		bars[k] = walk();
	for (int run = 0; run < RUNS; run++) {
		int64_t start = clock_mono_ns();

		for (int k = 0; k < SYMBOLS; k++)
			stream(&bars[k], &c.params);
		streamed = fmin(streamed, ns_per_bar(start));

		start = clock_mono_ns();
		for (int k = 0; k < SYMBOLS; k++) {
			series_open(&s[0], &bars[k], &c.params, SERIES_AT_ONCE);
			series_reach(&s[0], BARS - 1);
			series_close(&s[0]);
		}
		batch = fmin(batch, ns_per_bar(start));

		start = clock_mono_ns();	/* as a replay goes: through time, symbol by symbol, every snapshot */
		for (int k = 0; k < SYMBOLS; k++)
			series_open(&s[k], &bars[k], &c.params, SERIES_AT_ONCE);
		for (size_t i = 0; i < BARS; i++)
			for (int k = 0; k < SYMBOLS; k++) {
				take(&s[k], i, &snap);
				sink += snap.prev3_macd_hist;
			}
		for (int k = 0; k < SYMBOLS; k++)
			series_close(&s[k]);
		snapshots = fmin(snapshots, ns_per_bar(start));
	}
	printf("indicators_stream\t%.2f\tns\nindicators_batch\t%.2f\tns\nindicators_snapshots\t%.2f\tns\n",
	       streamed, batch, snapshots);
	for (int k = 0; k < SYMBOLS; k++) {
		free((void *)bars[k].open);
		free((void *)bars[k].t_ms);
	}
	config_release(&c);
	return sink == 0;
}
