/* SPDX-License-Identifier: MIT
 * The batch form of the indicators gives the bits of the bank: random windows, lengths and markets, also broken ones
 * (docs/rules/indicators.md "Two forms"). */
#include "engine/series.h"
#include "json/json.h"
#include "test.h"

#include <stdlib.h>

static uint64_t seed = 88172645463325252;

static uint64_t random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint32_t below(uint32_t n) { return (uint32_t)(random_u64() % n); }
static double uniform(void) { return (double)(random_u64() >> 11) * 0x1p-53; }

struct market_rows { struct bars bars; double *v; int64_t *t; };

/* A walk with flat stretches, repeated closes and holes in time. */
static void market_init(struct market_rows *m, size_t n)
{
	double *o = m->v = xmalloc((5 * n + 1) * sizeof *m->v), *h = o + n, *l = h + n, *c = l + n, *v = c + n, price = 100;
	int64_t t = 1700000000000;

	m->t = xmalloc((n + 1) * sizeof *m->t);
	for (size_t i = 0; i < n; i++) {
		bool flat = below(50) == 0, same = below(20) == 0;

		t += 3600000 * (1 + (below(100) == 0 ? below(30) : 0));
		m->t[i] = t;
		o[i] = price;
		price *= flat || same ? 1 : 1 + (uniform() - 0.5) * 0.02;
		c[i] = price;
		h[i] = fmax(o[i], c[i]) * (flat ? 1 : 1 + uniform() * 0.005);
		l[i] = fmin(o[i], c[i]) * (flat ? 1 : 1 - uniform() * 0.005);
		v[i] = flat ? 0 : uniform() * 1000;
	}
	m->bars = (struct bars){ .n = n, .t_ms = m->t, .open = o, .high = h, .low = l, .close = c, .volume = v };
}

static void market_free(struct market_rows *m)
{
	free(m->v);
	free(m->t);
}

static void random_windows(struct params *p, uint32_t widest)
{
	*p = (struct params){
		.indicators_ema_slow_window = 1 + below(widest), .indicators_ema_fast_window = 1 + below(widest),
		.indicators_ema_macro_window = 1 + below(widest), .indicators_adx_window = 1 + below(widest),
		.indicators_bb_window = 1 + below(widest), .indicators_bb_width_avg_window = 1 + below(widest),
		.indicators_atr_window = 1 + below(widest), .indicators_rsi_window = 1 + below(widest),
		.indicators_vol_sma_window = 1 + below(widest), .indicators_vol_trend_window = 1 + below(widest),
		.indicators_stoch_rsi_window = 1 + below(widest), .indicators_stoch_rsi_smooth1 = 1 + below(widest),
		.indicators_stoch_rsi_smooth2 = 1 + below(widest), .entry_ave_avg_atr_window = 1 + below(widest),
		.entry_slow_drift_slope_window = 1 + below(widest), .filters_use_stoch_rsi_filter = below(5) > 0,
	};
}

/* Same bits, save that a NaN is a NaN. */
static bool same_f64(double a, double b) { return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b); }

static bool same_snapshot(const struct snapshot *a, const struct snapshot *b)
{
#define SNAP_F64(member, init, meaning) && same_f64(a->member, b->member)
	return a->t_ms == b->t_ms && a->bar_count == b->bar_count && a->vol_trend == b->vol_trend
#include "kernel/snapshot.def"
		;
#undef SNAP_F64
}

/* Every snapshot of both forms, and once more when the next one has been computed. */
static void compare(const struct bars *b, const struct params *p, size_t at_once, const char *what)
{
	double *memory = xmalloc((bank_memory(p) + 1) * sizeof *memory);
	struct snapshot batch, before;
	struct series s;
	struct bank bank;

	bank_init(&bank, p, memory);
	series_open(&s, b, p, at_once);
	for (size_t i = 0; i < b->n; i++) {
		struct bar bar = { b->t_ms[i], b->open[i], b->high[i], b->low[i], b->close[i], b->volume[i] };

		before = bank.last;
		bank_push(&bank, &bar);
		series_reach(&s, i);
		memset(&batch, 0x55, sizeof batch);
		series_snapshot(&s, i, &batch);
		if (!CHECK(same_snapshot(&batch, &bank.last)))
			break;
		if (i > 0)
			series_snapshot(&s, i - 1, &batch);
		if (i > 0 && !CHECK(same_snapshot(&batch, &before)))
			break;
	}
	if (!CHECK(bank.bars == b->n))
		printf("\t%s: bar %d of %zu, %zu at once\n", what, (int)bank.bars - 1, b->n, at_once);
	series_close(&s);
	free(memory);
}

/* With all at once every bar stays. */
static void all_at_once(void)
{
	struct market_rows m;
	struct snapshot first, again;
	struct params p;
	struct series s;

	random_windows(&p, 20);
	market_init(&m, 700);
	series_open(&s, &m.bars, &p, 0);
	series_reach(&s, 5);
	series_snapshot(&s, 5, &first);
	series_reach(&s, 699);
	series_snapshot(&s, 5, &again);
	CHECK(same_snapshot(&first, &again));
	CHECK(s.from == 0 && s.to == 700);
	series_close(&s);
	market_free(&m);
}

static const size_t at_once[4] = { 0, 64, 256, 1 };

static void ordinary_markets(void)
{
	struct market_rows m;
	struct params p;

	for (int i = 0; i < 300; i++) {
		random_windows(&p, i % 3 ? 40 : 300);
		market_init(&m, below(1500));
		compare(&m.bars, &p, at_once[i % 4], "ordinary");
		market_free(&m);
	}
}

/* Each value that is not finite, and some that overflow, now and then in any column. */
static void broken_markets(void)
{
	static const double odd[] = { NAN, INFINITY, -INFINITY, 1e308, -1e308, 1e300, 0.0, -0.0, -5, 5e-324 };
	struct market_rows m;
	struct params p;

	for (int i = 0; i < 200; i++) {
		size_t n = 1 + below(700), column = below(6);

		random_windows(&p, 60);
		market_init(&m, n);
		for (uint32_t k = below(6) + 1; k > 0; k--)	/* column 5: any */
			m.v[(column < 5 ? column : below(5)) * n + below((uint32_t)n)] = odd[below(sizeof odd / sizeof *odd)];
		compare(&m.bars, &p, at_once[i % 4], "broken");
		market_free(&m);
	}
}

/* Lengths around where the lanes take over, and around whole tiles. */
static void lengths(void)
{
	struct market_rows m;
	struct params p;

	random_windows(&p, 5);
	for (uint32_t n = 0; n < 300; n++) {
		market_init(&m, n);
		compare(&m.bars, &p, at_once[n % 4], "lengths");
		market_free(&m);
	}
}

/* One window alone at 0, 1, 2, and so wide that it alone decides when lanes take over. */
static void one_window(void)
{
	static const uint32_t width[] = { 0, 1, 2, 47, 200, 301 };
	struct market_rows m;
	struct params p;

	market_init(&m, 700);
	random_windows(&p, 5);
	p.filters_use_stoch_rsi_filter = true;
#define ONE(member) for (int i = 0; i < 6; i++) { struct params q = p; q.member = width[i]; compare(&m.bars, &q, 64, #member); }
	ONE(indicators_ema_slow_window)
	ONE(indicators_ema_fast_window)
	ONE(indicators_ema_macro_window)
	ONE(indicators_adx_window)
	ONE(indicators_bb_window)
	ONE(indicators_bb_width_avg_window)
	ONE(indicators_atr_window)
	ONE(indicators_rsi_window)
	ONE(indicators_vol_sma_window)
	ONE(indicators_vol_trend_window)
	ONE(indicators_stoch_rsi_window)
	ONE(indicators_stoch_rsi_smooth1)
	ONE(indicators_stoch_rsi_smooth2)
	ONE(entry_ave_avg_atr_window)
	ONE(entry_slow_drift_slope_window)
#undef ONE
	/* ATR's last running mean and Wilder's step from the one before seldom differ: only where ranges have all their bits */
	m.bars.n = 150;
	for (size_t i = 0; i < m.bars.n; i++)
		m.v[2 * 700 + i] = 0;
	for (p.indicators_atr_window = 20; p.indicators_atr_window < 130; p.indicators_atr_window++)
		compare(&m.bars, &p, 64, "ATR");
	market_free(&m);
}

/* The vectors of the slope, whose history and close are given apart. */
static void slope_vectors(void)
{
	struct buf text = BUF_INIT;
	const struct json *cases;
	struct json_doc d;
	struct errmsg e;

	if (!CHECK(buf_read_file(&text, "test/fixtures/indicators_small.json", 1 << 20, &e)) ||
	    !CHECK(json_parse(&d, text.data, text.len, &e)))
		return;
	cases = json_get(&d, json_get(&d, d.tok, "cases"), "ema_slow_slope");
	for (uint32_t i = 0; CHECK(cases) && i < cases->size; i++) {
		const struct json *history = json_get(&d, json_at(cases, i), "history");
		double ema[8], close[8], expected;
		struct bars bars = { .n = history->size, .close = close };
		struct series s = { .bars = &bars, .to = history->size, .ema_slow = ema };
		int64_t window;

		for (uint32_t k = 0; k < history->size; k++)
			CHECK(json_f64(&d, json_at(history, k), &ema[k]) && json_f64(&d, json_get(&d, json_at(cases, i), "close"), &close[k]));
		CHECK(json_i64(&d, json_get(&d, json_at(cases, i), "window"), &window));
		CHECK(json_f64(&d, json_get(&d, json_at(cases, i), "expected"), &expected));
		s.slope_window = (uint32_t)window;
		CHECK_SAME(series_slope(&s, bars.n - 1), expected);
	}
	json_release(&d);
	buf_release(&text);
}

int main(void)
{
	all_at_once();
	ordinary_markets();
	broken_markets();
	lengths();
	one_window();
	slope_vectors();
	return test_end("t_series");
}
