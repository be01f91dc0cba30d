/* SPDX-License-Identifier: MIT
 * The indicator bank against worked numbers: the vectors of fixtures/indicators_small.json, examples that can be checked by
 * hand, and the edges of every window (docs/rules/indicators.md). */
#include "json/json.h"
#include "kernel/indicators.h"
#include "test.h"

#include <stdlib.h>

#define END(array) (sizeof(array) / sizeof *(array))

/* A bank with memory of its own. */
struct fed { struct bank bank; double *memory; };

static void fed_init(struct fed *f, const struct params *p)
{
	f->memory = xmalloc((bank_memory(p) + 1) * sizeof *f->memory);
	bank_init(&f->bank, p, f->memory);
}

static const struct snapshot *fed_push(struct fed *f, double h, double l, double c, double v)
{
	struct bar bar = { (int64_t)f->bank.bars * 60000, c, h, l, c, v };

	bank_push(&f->bank, &bar);
	return &f->bank.last;
}

static const struct snapshot *fed_close(struct fed *f, double c) { return fed_push(f, c, c, c, 0); }
static void fed_release(struct fed *f) { free(f->memory); }

#define WINDOWS(X) \
	X(indicators_ema_slow_window, "ema_slow_window") \
	X(indicators_ema_fast_window, "ema_fast_window") \
	X(indicators_ema_macro_window, "ema_macro_window") \
	X(indicators_adx_window, "adx_window") \
	X(indicators_bb_window, "bb_window") \
	X(indicators_bb_width_avg_window, "bb_width_avg_window") \
	X(indicators_atr_window, "atr_window") \
	X(indicators_rsi_window, "rsi_window") \
	X(indicators_vol_sma_window, "vol_sma_window") \
	X(indicators_vol_trend_window, "vol_trend_window") \
	X(indicators_stoch_rsi_window, "stoch_rsi_window") \
	X(indicators_stoch_rsi_smooth1, "stoch_rsi_smooth1") \
	X(indicators_stoch_rsi_smooth2, "stoch_rsi_smooth2") \
	X(entry_ave_avg_atr_window, "ave_avg_atr_window")

/* Every window 3 or so; a test changes what it is about. */
static struct params small(void)
{
	struct params p = { 0 };

#define X(member, key) p.member = 3;
	WINDOWS(X)
#undef X
	p.entry_slow_drift_slope_window = 3;
	p.filters_use_stoch_rsi_filter = true;
	return p;
}

/* ---- vectors ---- */

static double number(const struct json_doc *d, const struct json *v)
{
	double x = NAN;	/* null stands for NaN */

	if (v->type != JSON_NULL)
		CHECK(json_f64(d, v, &x));
	return x;
}

static bool want(const struct json_doc *d, const struct json *expected, const char *key, uint32_t i, double *x)
{
	const struct json *column = json_get(d, expected, key);
	bool flag;

	if (!column || !CHECK(i < column->size))
		return false;
	if (json_bool(json_at(column, i), &flag))
		*x = flag;
	else
		*x = number(d, json_at(column, i));
	return true;
}

static void check_snapshot(const struct json_doc *d, const struct json *expected, uint32_t i, const struct snapshot *s, unsigned *seen)
{
	double x;

#define SNAP_F64(member, init, meaning) if (want(d, expected, #member, i, &x)) { CHECK_SAME(s->member, x); ++*seen; }
#include "kernel/snapshot.def"
#undef SNAP_F64
	if (want(d, expected, "vol_trend", i, &x)) { CHECK_SAME((double)s->vol_trend, x); ++*seen; }
	if (want(d, expected, "bar_count", i, &x)) { CHECK_SAME((double)s->bar_count, x); ++*seen; }
}

static void vector(const struct json_doc *d, const struct json *at)
{
	const struct json *bars = json_get(d, at, "bars"), *expected = json_get(d, at, "expected");
	struct params p = { 0 };
	struct fed f;
	unsigned seen = 0;
	int64_t window;

#define X(member, key) if (CHECK(json_i64(d, json_get(d, json_get(d, at, "windows"), key), &window))) p.member = (uint32_t)window;
	WINDOWS(X)
#undef X
	CHECK(json_bool(json_get(d, at, "use_stoch_rsi_filter"), &p.filters_use_stoch_rsi_filter));
	p.entry_slow_drift_slope_window = 20;
	fed_init(&f, &p);
	for (uint32_t i = 0; i < bars->size; i++) {
		const struct json *b = json_at(bars, i);
		struct bar bar;

		CHECK(json_i64(d, json_at(b, 0), &bar.t_ms));
		bar.open = number(d, json_at(b, 1));
		bar.high = number(d, json_at(b, 2));
		bar.low = number(d, json_at(b, 3));
		bar.close = number(d, json_at(b, 4));
		bar.volume = number(d, json_at(b, 5));
		bank_push(&f.bank, &bar);
		CHECK(f.bank.last.t_ms == bar.t_ms);
		CHECK_SAME(f.bank.last.high, bar.high);
		CHECK_SAME(f.bank.last.volume, bar.volume);
		check_snapshot(d, expected, i, &f.bank.last, &seen);
	}
	CHECK(seen == expected->size * bars->size);
	fed_release(&f);
}

static void vectors(void)
{
	static const char *const name[] = { "indicators_hand_14", "indicators_default_60", "indicators_nonfinite", "indicators_no_stoch" };
	struct buf text = BUF_INIT;
	struct json_doc d;
	struct errmsg e;

	if (!CHECK(buf_read_file(&text, "test/fixtures/indicators_small.json", 1 << 20, &e)) ||
	    !CHECK(json_parse(&d, text.data, text.len, &e)))
		return;
	for (size_t i = 0; i < END(name); i++) {
		const struct json *at = json_get(&d, json_get(&d, d.tok, "cases"), name[i]);

		if (CHECK(at))
			vector(&d, at);
	}
	json_release(&d);
	buf_release(&text);
}

/* ---- by hand ---- */

static const double hand[9][5] = {	/* o h l c v */
	{ 10, 10.5, 9.5, 10, 100 }, { 10, 11.2, 9.9, 11, 120 }, { 11, 11.1, 10.2, 10.5, 80 }, { 10.5, 11.8, 10.4, 11.5, 200 },
	{ 11.5, 11.6, 10.8, 11, 90 }, { 11, 12.4, 10.9, 12.2, 300 }, { 12.2, 12.9, 12, 12.8, 150 }, { 12.8, 12.9, 11.5, 11.7, 160 },
	{ 11.7, 11.9, 11, 11.1, 110 },
};

/* Equal to six decimals: what a person with a pocket calculator writes down. */
#define CHECK_NEAR(got, want_) CHECK(fabs((got) - (want_)) < 0.5000001e-6)

static void by_hand(void)
{
	static const double fast[] = { 10, 10.5, 10.5, 11, 11, 11.6, 12.2, 11.95, 11.525 };
	static const double rsi[] = { 50, 50, 50, 80, 61.538462, 78.991597, 84.326019, 49.653899, 37.154696 };
	static const double atr[] = { 1, 1.15, 1.066667, 1.177778, 1.051852, 1.201235, 1.100823, 1.200549, 1.100366 };
	static const double avg_atr[] = { 1, 1.075, 1.072222, 1.098611, 1.111574 };
	static const double pos[] = { 0, 0, 0, 38.888889, 29.166667, 39.143731, 43.589744, 26.707650, 19.445481 };
	static const double neg[] = { 0, 0, 0, 0, 0, 0, 0, 13.831967, 25.177173 };
	static const double adx[] = { 0, 0, 0, 100, 100, 100, 100, 77.253580, 55.783988 };
	static const double k[] = { 0.5, 0.5, 0.5, 0.75, 0.692308 }, dd[] = { 0.5, 0.5, 0.5, 0.625, 0.721154 };
	static const double hist[] = { 0, 0.063818, 0.068418 };
	static const double vol[] = { 100, 110, 100, 125, 122.5 };
	static const bool trend[] = { false, false, false, true, true };
	struct params p = small();
	const struct snapshot *s;
	struct fed f;

	p.indicators_ema_slow_window = 5;
	p.indicators_bb_window = p.indicators_vol_sma_window = p.entry_ave_avg_atr_window = 4;
	p.indicators_stoch_rsi_smooth1 = p.indicators_stoch_rsi_smooth2 = p.indicators_vol_trend_window = 2;
	fed_init(&f, &p);
	for (size_t i = 0; i < END(hand); i++) {
		s = fed_push(&f, hand[i][1], hand[i][2], hand[i][3], hand[i][4]);
		CHECK_NEAR(s->ema_fast, fast[i]);
		CHECK_NEAR(s->rsi, rsi[i]);
		CHECK_NEAR(s->atr, atr[i]);
		CHECK_NEAR(s->adx_pos, pos[i]);
		CHECK_NEAR(s->adx_neg, neg[i]);
		CHECK_NEAR(s->adx, adx[i]);
		CHECK_NEAR(s->adx_slope, adx[i] - (i ? adx[i - 1] : 0));
		if (i < END(avg_atr)) {
			CHECK_NEAR(s->avg_atr, avg_atr[i]);
			CHECK_NEAR(s->stoch_rsi_k, k[i]);
			CHECK_NEAR(s->stoch_rsi_d, dd[i]);
			CHECK_NEAR(s->vol_sma, vol[i]);
			CHECK(s->vol_trend == trend[i]);
		}
		if (i < END(hist))
			CHECK_NEAR(s->macd_hist, hist[i]);
		if (i < 3)	/* bands still cold */
			CHECK(s->bb_upper == s->bb_lower && s->bb_width == 0 && s->bb_width_ratio == 1);
		if (i == 3) {
			CHECK_NEAR(s->ema_slow, 10.759259);
			CHECK_NEAR(s->bb_upper, 11.868034);
			CHECK_NEAR(s->bb_lower, 9.631966);
			CHECK_NEAR(s->bb_width, 0.194441);
			CHECK_NEAR(s->bb_width_avg, 0.064814);
			CHECK_NEAR(s->bb_width_ratio, 3.0);	/* the cold zeros are in the mean: the smaller window */
		}
		if (i == 4) {
			CHECK_NEAR(s->bb_width_avg, 0.107669);
			CHECK_NEAR(s->bb_width_ratio, 1.194080);
		}
	}
	fed_release(&f);
}

/* ---- edges ---- */

static void never_fed(void)
{
	struct params p = small();
	struct fed f;

	fed_init(&f, &p);
	CHECK_SAME(f.bank.last.rsi, 50);
	CHECK_SAME(f.bank.last.bb_width_ratio, 1);
	CHECK_SAME(f.bank.last.close, 0);
	CHECK_SAME(f.bank.last.stoch_rsi_k, 0);
	CHECK(f.bank.last.bar_count == 0 && !f.bank.last.vol_trend);
	fed_release(&f);
}

/* A window 0 acts as 1, but for the three that then stay where they start. */
static void window_zero(void)
{
	struct params p = { .filters_use_stoch_rsi_filter = true };
	const struct snapshot *s;
	struct fed f;

	fed_init(&f, &p);
	for (int i = 0; i < 5; i++) {
		s = fed_push(&f, 12 + i, 9, 10 + i, 100 * i);
		CHECK_SAME(s->ema_slow, 10 + i);
	}
	CHECK_SAME(s->adx, 0);
	CHECK_SAME(s->adx_pos, 0);
	CHECK_SAME(s->atr, 0);
	CHECK_SAME(s->rsi, 50);
	CHECK_SAME(s->vol_sma, 400);
	CHECK_SAME(s->bb_width, 0);
	CHECK_SAME(s->ema_slow_slope, 0);
	CHECK_SAME(s->stoch_rsi_k, 0.5);
	fed_release(&f);
}

/* Window 1: the first warm value is the sum of two DX, as the reference has it. */
static void adx_window_one(void)
{
	struct adx a;

	adx_init(&a, 1);
	adx_push(&a, 10, 9, 9.5);
	CHECK_SAME(a.adx, 0);
	adx_push(&a, 11, 9.5, 10);	/* all up: DX 100 */
	CHECK_SAME(a.adx, 100);
	CHECK_SAME(a.pos, 1.0 / 1.5 * 100.0);
	adx_push(&a, 12, 10, 11);
	CHECK_SAME(a.adx, 200);
	adx_push(&a, 13, 11, 12);	/* and from here on Wilder's mean of one value: DX itself */
	CHECK_SAME(a.adx, 100);
}

/* A bar that is not finite is as if it had not been, but the directions are worked out again from the sums. */
static void adx_not_finite(void)
{
	struct adx a, b;

	adx_init(&a, 4);
	adx_push(&a, NAN, 1, 1);
	CHECK(a.phase == ADX_EMPTY && a.pos == 0);
	adx_push(&a, 10, 9, 9.5);
	adx_push(&a, 11, 9.5, 10.5);
	CHECK_SAME(a.pos, 0);
	b = a;
	adx_push(&a, 12, 10, INFINITY);
	CHECK_SAME(a.pos, 1.0 / 1.5 * 100.0);
	CHECK_SAME(a.adx, 0);
	adx_push(&a, 12, 10.5, 11.5);
	adx_push(&b, 12, 10.5, 11.5);
	CHECK_SAME(a.pos, 0);	/* still growing: 0 again */
	CHECK_SAME(a.sum_pos, b.sum_pos);
	CHECK_SAME(a.sum_range, b.sum_range);
	CHECK(a.n == b.n);
}

/* Equal movement counts for neither side; an inside bar for none. */
static void movement(void)
{
	CHECK_SAME(movement_of(1, 1), 0);
	CHECK_SAME(movement_of(2, 1), 2);
	CHECK_SAME(movement_of(1, 2), 0);
	CHECK_SAME(movement_of(-1, -2), 0);
	CHECK_SAME(movement_of(0, -1), 0);
	CHECK_SAME(true_range_of(11, 10, 10.5), 1);
	CHECK_SAME(true_range_of(11, 10, 9), 2);
	CHECK_SAME(true_range_of(11, 10, 13), 3);
	CHECK_SAME(di_of(1, 0), 0);
	CHECK_SAME(dx_of(0, 0), 0);
}

/* Bar w - 1 is the plain mean of w ranges: Wilder's step from the mean before it is the same number, rounded otherwise. */
static void atr_seed(void)
{
	int differ = 0;

	for (uint32_t w = 1; w <= 60; w++) {
		double sum = 0, before = 0, value = 0;
		struct atr a;

		atr_init(&a, w);
		for (uint32_t i = 0; i < w; i++) {
			double range = 0.1 * (i + 1);

			before = value;
			sum += range;
			value = atr_push(&a, range, 0, 0);
			CHECK_SAME(value, sum / (i + 1));
			differ += i + 1 == w && value != WILDER_MEAN_NEXT(before, w - 1.0, range, w);
		}
		CHECK_SAME(atr_push(&a, 2, 1, 1.5), (value * (w - 1.0) + 2.0) / w);	/* 2: from the close before, 0 */
	}
	CHECK(differ > 0);	/* else this test could not tell */
}

static void rsi_edges(void)
{
	struct rsi r;

	CHECK_SAME(rsi_of(1, 0), 100);
	CHECK_SAME(rsi_of(0, 0), 100);
	CHECK_SAME(rsi_of(0, 1), 0);
	CHECK_SAME(rsi_of(1, 1), 50);
	rsi_init(&r, 1);
	CHECK_SAME(rsi_push(&r, 10), 50);
	CHECK_SAME(rsi_push(&r, 10), 100);	/* no loss */
	CHECK_SAME(rsi_push(&r, NAN), 100);
	CHECK_SAME(rsi_push(&r, 9), 0);
	rsi_init(&r, 2);
	rsi_push(&r, 10);
	CHECK_SAME(rsi_push(&r, 11), 50);	/* one change is not enough */
	CHECK_SAME(rsi_push(&r, 10.5), 100.0 - 100.0 / (1.0 + 0.5 / 0.25));
}

/* Flat RSI gives the middle; K and D are partial means while their windows fill. */
static void stoch_rsi(void)
{
	struct params p = small();
	const struct snapshot *s;
	struct fed f;

	p.indicators_rsi_window = 1;	/* 100 after a rise or none, 0 after a fall */
	p.indicators_stoch_rsi_window = 2;
	fed_init(&f, &p);
	s = fed_close(&f, 10);		/* 50 */
	CHECK_SAME(s->stoch_rsi_k, 0.5);
	s = fed_close(&f, 11);		/* 100 over 50..100 */
	CHECK_SAME(s->stoch_rsi_k, 1);
	CHECK_SAME(s->stoch_rsi_d, 1);
	s = fed_close(&f, 12);		/* 100 over 100..100 */
	CHECK_SAME(s->stoch_rsi_k, 0.75);
	CHECK_SAME(s->stoch_rsi_d, 0.875);
	s = fed_close(&f, 11);		/* 0 over 0..100 */
	CHECK_SAME(s->stoch_rsi_k, 0.5);
	CHECK_SAME(s->stoch_rsi_d, 0.75);
	s = fed_close(&f, 11);		/* 100 over 0..100; the first 1 has left */
	CHECK_SAME(s->stoch_rsi_k, 0.5);
	fed_release(&f);
}

/* A mean is sum / count with the sum oldest first from 0: 1e16 + 1 + 1 loses both ones, 1 + 1 + 1e16 keeps them. */
static void sum_order(void)
{
	double memory[8];
	struct mean m;

	mean_init(&m, 3, memory);
	CHECK_SAME(mean_push(&m, 1e16), 1e16);
	CHECK_SAME(mean_push(&m, 1), (1e16 + 1) / 2);
	CHECK_SAME(mean_push(&m, 1), ((1e16 + 1) + 1) / 3);
	CHECK_SAME(mean_push(&m, 1e16), ((1.0 + 1.0) + 1e16) / 3);
	CHECK_SAME(mean_push(&m, -1e16), ((1.0 + 1e16) + -1e16) / 3);
	CHECK_SAME(mean_push(&m, 1), ((1e16 + -1e16) + 1) / 3);
	mean_init(&m, 1, memory);
	CHECK_SAME(mean_push(&m, -0.0), 0.0);	/* from 0, not from the first value */
	CHECK_SAME(mean_push(&m, 5), 5);
	CHECK_SAME(mean_push(&m, -0.0), 0.0);
}

/* NaN poisons a window while it is in it, an exponential mean for good. */
static void not_a_number(void)
{
	struct params p = small();
	const struct snapshot *s;
	struct fed f;

	fed_init(&f, &p);
	for (int i = 0; i < 4; i++)
		s = fed_push(&f, 11, 9, 10 + i % 2, i == 1 ? NAN : 100);
	CHECK_SAME(s->vol_sma, NAN);
	CHECK(!s->vol_trend);
	s = fed_push(&f, 11, 9, 10, 100);
	CHECK_SAME(s->vol_sma, 100);
	s = fed_push(&f, 11, 9, INFINITY, 100);
	CHECK_SAME(s->bb_width_ratio, 0);	/* the bands stand, the width is 0: nothing but the mean of widths moves */
	CHECK_SAME(s->close, INFINITY);
	s = fed_push(&f, 11, 9, 10, 100);
	CHECK_SAME(s->ema_fast, INFINITY);
	CHECK_SAME(s->macd_hist, NAN);
	CHECK(isfinite(s->bb_upper) && isfinite(s->rsi) && isfinite(s->atr) && isfinite(s->adx));
	fed_release(&f);
}

/* N bars of slope span N - 1 steps; unknown and a close of 0 are 0. With window 1 the mean is the close itself. */
static void slope(void)
{
	static const double want_[] = { 0, 0, 2.0 / 102, 2.0 / 103, (104.0 - 102) / 104 };
	struct params p = small();
	struct fed f;

	p.indicators_ema_slow_window = 1;
	fed_init(&f, &p);
	for (int i = 0; i < 5; i++)
		CHECK_SAME(fed_close(&f, 100 + i)->ema_slow_slope, want_[i]);
	CHECK_SAME(fed_close(&f, 0)->ema_slow_slope, 0);
	CHECK_SAME(fed_close(&f, -1)->ema_slow_slope, 0);
	fed_release(&f);
}

static void lags(void)
{
	struct params p = small();
	struct snapshot was[4];
	struct fed f;

	fed_init(&f, &p);
	for (int i = 0; i < 4; i++)
		was[i] = *fed_push(&f, hand[i][1], hand[i][2], hand[i][3], hand[i][4]);
	CHECK(was[0].bar_count == 0 && was[3].bar_count == 3);
	CHECK_SAME(was[0].prev_close, 0);
	CHECK_SAME(was[0].atr_slope, was[0].atr);
	CHECK_SAME(was[3].prev_close, was[2].close);
	CHECK_SAME(was[3].prev_ema_fast, was[2].ema_fast);
	CHECK_SAME(was[3].prev_ema_slow, was[2].ema_slow);
	CHECK_SAME(was[3].prev_macd_hist, was[2].macd_hist);
	CHECK_SAME(was[3].prev2_macd_hist, was[1].macd_hist);
	CHECK_SAME(was[3].prev3_macd_hist, was[0].macd_hist);
	CHECK_SAME(was[2].prev3_macd_hist, 0);
	CHECK_SAME(was[3].atr_slope, was[3].atr - was[2].atr);
	CHECK_SAME(was[3].funding_rate, 0);
	fed_release(&f);
}

int main(void)
{
	vectors();
	by_hand();
	never_fed();
	window_zero();
	adx_window_one();
	adx_not_finite();
	movement();
	atr_seed();
	rsi_edges();
	stoch_rsi();
	sum_order();
	not_a_number();
	slope();
	lags();
	return test_end("t_indicators");
}
