/* SPDX-License-Identifier: MIT
 * The optimiser without its program: which trials it draws, what it makes of results, the space it searches, the front. */
#include "base/err.h"
#include "base/rng.h"
#include "engine/front.h"
#include "engine/search.h"
#include "engine/tpe.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

static struct tpe_axis words(uint32_t n, uint32_t stream) { return (struct tpe_axis){ .n = n, .loose = n, .gate = -1, .stream = stream }; }
static struct tpe_axis scale(uint32_t n, uint32_t stream) { return (struct tpe_axis){ .n = n, .gate = -1, .stream = stream }; }
static struct tpe_space space_of(struct tpe_axis *axis, uint32_t n) { return (struct tpe_space){ .axis = axis, .n = n, .below = -1 }; }

static void open_tpe(struct tpe *t, const struct tpe_space *space, uint64_t seed, uint32_t batch)
{
	tpe_open(t, space, &(struct tpe_options){ seed, batch, 24 });
}

static bool near(double a, double b, double within) { return fabs(a - b) <= within; }

/* ---- drawing ---- */

static void test_batches(void)
{
	struct tpe_axis axis[] = { words(3, 0), scale(5, 1) };
	struct tpe_space space = space_of(axis, 2);
	struct tpe t;
	int i;

	open_tpe(&t, &space, 1, 10);
	CHECK(t.drawn == 20 && t.told == 0);
	for (i = 0; i < 9; i++)
		tpe_tell(&t, i);
	CHECK(t.drawn == 20 && t.told == 9);
	tpe_tell(&t, 9);
	CHECK(t.drawn == 30 && t.told == 10);
	tpe_close(&t);
}

/* Before the first result every value is as likely as any other. */
static void test_prior(void)
{
	struct tpe_axis axis[] = { words(4, 0), scale(5, 1), { .n = 6, .loose = 1, .gate = -1, .stream = 2 } };
	struct tpe_space space = space_of(axis, 3);
	unsigned seen[3][6] = { 0 };
	double p[6];
	struct tpe t;
	uint32_t a, i, sum = 0;

	open_tpe(&t, &space, 7, 6000);
	for (a = 0; a < 3; a++) {
		tpe_odds(&t, a, p);
		for (i = 0; i < axis[a].n; i++)
			CHECK(near(p[i], 1.0 / axis[a].n, 1e-12));
		for (i = 0; i < 12000; i++)
			seen[a][tpe_trial(&t, i)[a]]++;
		for (i = 0; i < axis[a].n; i++)
			CHECK(near(seen[a][i], 12000.0 / axis[a].n, 200));
	}
	for (i = 1; i < 12000; i++)	/* neither axes nor trials follow each other */
		sum += tpe_trial(&t, i)[0] == tpe_trial(&t, i - 1)[0];
	CHECK(near(sum, 3000, 200));
	tpe_close(&t);
}

/* A trial is what (seed, axis, trial) and the batches told before make it: later results and other axes change nothing. */
static void test_follows(void)
{
	struct tpe_axis two[] = { scale(9, 0), scale(9, 5) }, other[] = { scale(9, 3), scale(9, 5) };
	struct tpe_space space = space_of(two, 2), space_b = space_of(other, 2);
	unsigned same = 0, differ = 0, i;
	struct tpe a, b;

	open_tpe(&a, &space, 3, 50);
	open_tpe(&b, &space_b, 3, 50);
	for (i = 0; i < 100; i++)
		same += tpe_trial(&a, i)[1] == tpe_trial(&b, i)[1];
	CHECK(same == 100);
	tpe_close(&b);
	open_tpe(&b, &space, 4, 50);
	for (i = 0; i < 100; i++)
		differ += tpe_trial(&a, i)[1] != tpe_trial(&b, i)[1];
	CHECK(differ > 70);
	tpe_close(&b);
	open_tpe(&b, &space, 3, 50);
	for (i = 0; i < 50; i++)
		tpe_tell(&a, tpe_trial(&a, i)[0]), tpe_tell(&b, tpe_trial(&b, i)[0]);
	for (i = 50; i < 100; i++)	/* batch 1 came out differently: batch 2 is drawn already */
		tpe_tell(&a, tpe_trial(&a, i)[0]), tpe_tell(&b, -(double)tpe_trial(&b, i)[0]);
	for (same = 0, i = 100; i < 150; i++)
		same += tpe_trial(&a, i)[0] == tpe_trial(&b, i)[0];
	CHECK(same == 50);
	for (differ = 0, i = 150; i < 200; i++)
		differ += tpe_trial(&a, i)[0] != tpe_trial(&b, i)[0];
	CHECK(differ > 10);
	tpe_close(&a);
	tpe_close(&b);
}

/* ---- the estimator ---- */

/* Draws by `good` and keeps the one of the greatest good / bad, as the rule says it. */
static uint32_t best_draw(uint32_t draws, const double *good, const double *bad, uint32_t n, uint64_t at)
{
	uint32_t best = 0, d, i;
	double u;

	for (d = 0; d < draws; d++) {
		u = rng_f64(11, d, at);
		for (i = 0; i + 1 < n && u >= good[i]; i++)
			u -= good[i];
		if (d == 0 || good[i] / bad[i] >= good[best] / bad[best])
			best = i;
	}
	return best;
}

/* Nearly equal ratios: which one counts is a matter of the last bit. */
static bool has_equal(const double *good, const double *bad, uint32_t n, uint32_t i)
{
	uint32_t j;

	for (j = 0; j < n && (j == i || !near(good[j] / bad[j], good[i] / bad[i], 1e-9)); j++)
		;
	return j < n;
}

/* One draw is by `good`; two are looked through, 24 tried out. */
static void check_odds(uint32_t draws, const double *odds, const double *good, const double *bad, uint32_t n)
{
	enum { RUNS = 200000, MOST = 400 };
	static double want[MOST];
	uint32_t i, j;

	memset(want, 0, sizeof want);
	for (i = 0; draws == 1 && i < n; i++)
		want[i] = good[i];
	for (i = 0; draws == 2 && i < n; i++)
		for (j = 0; j < n; j++)
			want[good[j] / bad[j] >= good[i] / bad[i] ? j : i] += good[i] * good[j];
	for (i = 0; draws > 2 && i < RUNS; i++)
		want[best_draw(draws, good, bad, n, i)] += 1.0 / RUNS;
	for (i = 0; i < n; i++)
		CHECK(near(odds[i], want[i], draws > 2 ? 0.004 : 1e-12) || (draws == 2 && has_equal(good, bad, n, i)));
}

/* Tells n trials by the value's score and keeps the books: counts[value] is {bad, good}. */
struct told { double objective; uint16_t value; };

static void tell_all(struct tpe *t, uint32_t n, const double *score, unsigned (*counts)[2], uint32_t n_values)
{
	static struct told told[1001];
	struct told x;
	uint32_t i, j, all = 0;

	for (i = 0; i < n; i++) {
		x.value = tpe_trial(t, t->told)[0];
		x.objective = score[x.value] + (double)rng_below(5, 1, i, 3);
		tpe_tell(t, x.objective);
		for (j = all++; j > 0 && told[j - 1].objective < x.objective; j--)
			told[j] = told[j - 1];
		told[j] = x;
		all = all > 1000 ? 500 : all;
	}
	memset(counts, 0, n_values * sizeof *counts);
	for (i = 0; i < all; i++)
		counts[told[i].value][i < (all + 9) / 10]++;
}

static void check_words(uint32_t draws, uint32_t n)
{
	static const double score[] = { 0, 1, 0.5, 0 };
	struct tpe_axis axis[] = { words(4, 0) };
	struct tpe_space space = space_of(axis, 1);
	unsigned counts[4][2], bads = 0, goods = 0, i;
	double odds[4], good[4], bad[4];
	struct tpe t;

	tpe_open(&t, &space, &(struct tpe_options){ 1, 10, draws });
	tell_all(&t, n, score, counts, 4);
	for (i = 0; i < 4; i++)
		bads += counts[i][0], goods += counts[i][1];
	for (i = 0; i < 4; i++) {
		bad[i] = (counts[i][0] + 1) / (bads + 4.0);
		good[i] = (counts[i][1] + 1) / (goods + 4.0);
	}
	tpe_odds(&t, 0, odds);
	check_odds(draws, odds, good, bad, 4);
	tpe_close(&t);
}

static void test_words(void)
{
	static const uint32_t n[] = { 1, 9, 10, 11, 200, 1000, 1001, 1499, 1501, 2200 };
	unsigned i;

	for (i = 0; i < sizeof n / sizeof *n; i++) {
		check_words(1, n[i]);
		check_words(2, n[i]);
	}
	check_words(24, 200);
	check_words(3, 200);
}

/* The kernels of docs/tpe.md, written down once more: each observation by itself, its neighbours in ascending order. */
static void parzen(const unsigned *count, uint32_t n, uint32_t loose, double *mass)
{
	static uint32_t at[1000];
	uint32_t k = 0, i, j, observed = 0;
	double width = fmax(1, n - loose - 1.0), gap, sum, half;

	for (i = 0; i < n; i++) {
		mass[i] = 1.0 / n;
		observed += count[i];
		if (i < loose)
			mass[i] += count[i];
		for (j = 0; i >= loose && j < count[i]; j++)
			at[k++] = i;
	}
	for (j = 0; j < k; j++) {
		gap = fmax(j > 0 ? at[j] - at[j - 1] : 0, j + 1 < k ? at[j + 1] - at[j] : 0);
		half = sqrt(6) * fmax(gap, width / fmin(100, 1 + observed));
		for (sum = 0, i = loose; i < n; i++)
			sum += fmax(0, 1 - fabs((double)i - at[j]) / half);
		for (i = loose; i < n; i++)
			mass[i] += fmax(0, 1 - fabs((double)i - at[j]) / half) / sum;
	}
	for (i = 0; i < n; i++)
		mass[i] /= observed + 1;
}

static void check_scale(uint32_t draws, uint32_t values, uint32_t loose, const double *score, uint32_t n)
{
	struct tpe_axis axis[] = { { .n = values, .loose = loose, .gate = -1 } };
	struct tpe_space space = space_of(axis, 1);
	static unsigned counts[400][2], of[2][400];
	static double odds[400], mass[2][400];
	struct tpe t;
	uint32_t i;

	tpe_open(&t, &space, &(struct tpe_options){ 2, 10, draws });
	tell_all(&t, n, score, counts, values);
	for (i = 0; i < values; i++)
		of[0][i] = counts[i][0], of[1][i] = counts[i][1];
	parzen(of[0], values, loose, mass[0]);
	parzen(of[1], values, loose, mass[1]);
	tpe_odds(&t, 0, odds);
	check_odds(draws, odds, mass[1], mass[0], values);
	tpe_close(&t);
}

static void test_scales(void)
{
	static const double hill[] = { 0, 0, 1, 3, 6, 3, 1, 0, 0 }, off[] = { 9, 0, 0, 0, 1, 1, 4, 1, 1 };
	static const uint32_t n[] = { 1, 2, 10, 11, 30, 200, 500, 1000, 1400 };
	static double wide[400];
	unsigned i;

	for (i = 0; i < 400; i++)
		wide[i] = -fabs(i / 60 - 3.0);	/* plateaus, so that many values are good */
	for (i = 0; i < sizeof n / sizeof *n; i++) {
		check_scale(1, 9, 0, hill, n[i]);
		check_scale(2, 9, 0, hill, n[i]);
		check_scale(1, 9, 4, hill, n[i]);
		check_scale(2, 9, 1, off, n[i]);
		check_scale(1, 400, 0, wide, n[i]);
		check_scale(1, 400, 190, wide, n[i]);
		check_scale(2, 400, 2, wide, n[i]);
	}
	check_scale(24, 9, 0, hill, 30);
	check_scale(24, 9, 1, off, 200);
	check_scale(1, 2, 1, off, 40);		/* a scale of one value */
}

/* What a gate holds back is drawn at its first value, marked, and told to nobody. */
static void test_gates(void)
{
	struct tpe_axis axis[] = { words(2, 0), { .n = 5, .loose = 0, .first = 3, .gate = 0, .gate_value = 1, .stream = 1 },
				   { .n = 4, .loose = 4, .first = 2, .gate = 1, .gate_value = 3, .stream = 2 },
				   { .n = 3, .loose = 0, .first = 1, .gate = 0, .gate_value = TPE_NEVER, .stream = 3 } };
	struct tpe_space space = space_of(axis, 4);
	unsigned shut = 0, chained = 0, i;
	double p[5];
	struct tpe t;

	open_tpe(&t, &space, 5, 100);
	for (i = 0; i < 1000; i++) {
		const uint16_t *v = tpe_trial(&t, t.told);

		CHECK(v[0] < 2 && v[3] == (1 | TPE_INACTIVE));
		CHECK(v[0] ? v[1] < 5 : v[1] == (3 | TPE_INACTIVE));
		CHECK((v[1] & ~TPE_INACTIVE) == 3 ? v[2] < 4 : v[2] == (2 | TPE_INACTIVE));	/* a shut gate's value counts, too */
		shut += !v[0];
		chained += !v[0] && v[2] < 4;
		tpe_tell(&t, v[0] ? 0 : 1);	/* good is only what is shut: of axis 1 nothing good may be learnt from that */
	}
	CHECK(shut > 300 && chained == shut);
	tpe_odds(&t, 3, p);
	CHECK(near(p[0], 1.0 / 3, 1e-12) && near(p[1], 1.0 / 3, 1e-12));
	tpe_close(&t);
}

/* Few observations of an axis are split among themselves, however they rank among all. */
static void test_split_by_axis(void)
{
	struct tpe_axis axis[] = { words(2, 0), { .n = 2, .loose = 2, .first = 0, .gate = 0, .gate_value = 1, .stream = 1 } };
	struct tpe_space space = space_of(axis, 2);
	double p[2];
	struct tpe t;
	unsigned i;

	open_tpe(&t, &space, 5, 100);
	for (i = 0; i < 200; i++) {
		const uint16_t *v = tpe_trial(&t, t.told);

		tpe_tell(&t, v[0] == 0 ? 100 : v[1]);	/* active trials are all worse, value 1 the better one */
	}
	tpe_odds(&t, 1, p);
	CHECK(p[1] > 0.9);
	tpe_close(&t);
}

/* The first of equals ranks first, so that it is the good one. */
static void test_ties(void)
{
	struct tpe_axis axis[] = { words(16, 0) };
	struct tpe_space space = space_of(axis, 1);
	uint16_t first;
	double p[16];
	struct tpe t;
	uint64_t seed;
	int i;

	for (seed = 1; seed < 6; seed++) {
		tpe_open(&t, &space, &(struct tpe_options){ seed, 10, 1 });
		first = tpe_trial(&t, 0)[0];
		for (i = 0; i < 10; i++)
			tpe_tell(&t, 1);
		tpe_odds(&t, 0, p);
		for (i = 0; i < 16; i++)
			CHECK(near(p[i], (i == first ? 2 : 1) / 17.0, 1e-12));
		tpe_close(&t);
	}
}

/* The odds on axis 1 after trials of which the last ones are told to be worth so much, the others 0. */
static void told_odds(const struct tpe_space *space, double worth, double *p)
{
	struct tpe t;
	int i;

	open_tpe(&t, space, 1, 50);
	for (i = 0; i < 100; i++)
		tpe_tell(&t, i < 90 ? 0 : worth);
	tpe_odds(&t, 1, p);
	tpe_close(&t);
}

/* Axis 0 must not have the greater value: such trials are drawn again, and count as the worst where none is found. */
static void test_order(void)
{
	static uint16_t least[] = { 0, 1, 2, 3 };
	struct tpe_axis axis[] = { scale(4, 0), scale(4, 1) };
	struct tpe_space space = { .axis = axis, .n = 2, .below = 0, .above = 1, .above_least = least };
	unsigned i, wrong = 0, seen = 0;
	double p[4], want[4];
	struct tpe t;

	open_tpe(&t, &space, 1, 50);
	for (i = 0; i < 2000; i++) {
		const uint16_t *v = tpe_trial(&t, t.told);

		wrong += v[0] > v[1];
		seen += v[0] == v[1];
		tpe_tell(&t, v[0] + v[1]);
	}
	CHECK(wrong == 0 && seen > 100);
	tpe_close(&t);
	least[3] = 4;			/* with 3 on axis 0 nothing is in order */
	open_tpe(&t, &space, 1, 50);
	for (i = 0; i < 100; i++)
		CHECK(tpe_trial(&t, i)[0] != 3);
	tpe_close(&t);
	axis[0].n = 1;
	least[0] = 2;			/* 2 or 3 on axis 1 */
	axis[1].n = 3;
	open_tpe(&t, &space, 1, 50);
	for (i = 0; i < 100; i++)
		CHECK(tpe_trial(&t, i)[1] == 2);
	tpe_close(&t);
	least[0] = 3;			/* nothing at all: then what a trial is told to be worth is no merit */
	told_odds(&space, 9, p);
	told_odds(&space, 0, want);
	CHECK(!memcmp(p, want, 3 * sizeof *p));
	space.below = -1;
	told_odds(&space, 9, p);
	CHECK(memcmp(p, want, 3 * sizeof *p));
}

/* ---- searching ---- */

/* Trials until the best of 5^10 points is found; n: not before. */
static unsigned search(uint64_t seed, bool ordered, uint32_t draws, unsigned n)
{
	struct tpe_axis axis[10];
	struct tpe_space space = space_of(axis, 10);
	unsigned i, a, found = n;
	struct tpe t;
	double sum;

	for (a = 0; a < 10; a++)
		axis[a] = ordered ? scale(5, a) : words(5, a);
	tpe_open(&t, &space, &(struct tpe_options){ seed, 32, draws });
	for (i = 0; i < n && found == n; i++) {
		for (sum = 0, a = 0; a < 10; a++)
			sum -= abs((int)tpe_trial(&t, i)[a] - (int)(a * 3 % 5)) * (1.0 + a % 3);
		found = sum == 0 ? i + 1 : n;
		tpe_tell(&t, sum);
	}
	tpe_close(&t);
	return found;
}

/* Half of random searches need more than six million trials. */
static void test_search(void)
{
	unsigned in_time[2][2] = { { 0 } };
	uint64_t seed;

	for (seed = 1; seed <= 10; seed++) {
		in_time[0][0] += search(seed, false, 24, 20000) < 20000;
		in_time[0][1] += search(seed, true, 24, 20000) < 20000;
		in_time[1][0] += search(seed, false, 2, 5000) < 5000;
		in_time[1][1] += search(seed, true, 2, 5000) < 5000;
	}
	CHECK(in_time[0][0] >= 2);
	CHECK(in_time[0][1] == 10);
	CHECK(in_time[1][0] == 10);
	CHECK(in_time[1][1] == 10);
}

/* ---- the space ---- */

struct searched { struct spec spec; struct space space; struct search search; };

static bool open_text(struct searched *s, const char *text, bool range, struct errmsg *e)
{
	bool ok = spec_load_text(&s->spec, "spec.yaml", text, strlen(text), e);

	if (!CHECK(ok))
		return false;
	if (range && !search_widen(&s->spec, e)) {
		spec_release(&s->spec);
		return false;
	}
	if (CHECK(space_init(&s->space, &s->spec, NULL, e)) && search_init(&s->search, &s->space, e))
		return true;
	space_release(&s->space);
	spec_release(&s->spec);
	return false;
}

static void close_text(struct searched *s)
{
	search_release(&s->search);
	space_release(&s->space);
	spec_release(&s->spec);
}

/* "1 2 [3] 5": the values of the axis in order, the first listed one in brackets, | behind those that stand by themselves. */
static void show(const struct searched *s, uint32_t place, char *to)
{
	const struct tpe_axis *a = s->search.tpe.axis + place;
	uint32_t i;

	for (i = 0; i < a->n; i++)
		to += sprintf(to, i == a->first ? "%s[%g]%s" : "%s%g%s", i ? " " : "",
			      s->space.axis[place].of->value[s->search.choice[place][i]], i + 1 == a->loose && a->loose < a->n ? " |" : "");
}

static void check_axis(const char *path, const char *values, bool range, const char *want)
{
	char text[512], got[4096];
	struct searched s;
	struct errmsg e;

	snprintf(text, sizeof text, "axes: [{path: %s, values: %s}]", path, values);
	if (!CHECK(open_text(&s, text, range, &e)))
		return;
	show(&s, 0, got);
	CHECK_TEXT(got, want);
	close_text(&s);
}

static void refuses(const char *axes, bool range, const char *want)
{
	struct searched s;
	struct errmsg e;

	if (CHECK(!open_text(&s, axes, range, &e)))
		CHECK_TEXT(e.text, want);
}

static void test_values(void)
{
	check_axis("trade.sl_atr_mult", "[2.5, 1, 1.5]", false, "1 1.5 [2.5]");
	check_axis("trade.sl_atr_mult", "[2.5, 1, 1.5]", true, "1 1.5 2 [2.5]");
	check_axis("trade.tp_partial_atr_mult", "[1, 1.5, 2.5]", true, "[1] 1.5 2 2.5");
	check_axis("trade.breakeven_start_atr", "[0.3, 0.5, 0.7, 1]", true, "[0.3] 0.4 0.5 0.6 0.7 0.8 0.9 1");
	check_axis("trade.sl_atr_mult", "[3]", true, "[3]");
	/* a 0 far below the others is an "off", in either set */
	check_axis("trade.rsi_exit_ub_hi_profit_low_conf", "[0, 60, 70]", false, "[0] | 60 70");
	check_axis("trade.rsi_exit_ub_hi_profit_low_conf", "[0, 60, 70]", true, "[0] | 60 70");
	check_axis("trade.trailing_start_atr_low_conf", "[0.7, 0, 1, 1.1]", true, "0 | [0.7] 0.8 0.9 1 1.1");
	check_axis("trade.smart_exit_adx_exhaustion_lt", "[0, 15, 30]", true, "[0] 15 30");
	check_axis("trade.smart_exit_adx_exhaustion_lt", "[0, 15, 35]", true, "[0] 5 10 15 20 25 30 35");
	check_axis("trade.min_atr_pct", "[0, 0.002]", true, "[0] 0.002");
	/* whole numbers, ends included */
	check_axis("indicators.adx_window", "[12, 8, 15]", true, "8 9 10 11 [12] 13 14 15");
	check_axis("indicators.adx_window", "[12, 8, 15]", false, "8 [12] 15");
	check_axis("trade.entry_cooldown_s", "[3.7, 1.2]", true, "1 2 [3]");
	/* words have no order and nothing between them */
	check_axis("trade.entry_min_confidence", "[2, 0]", true, "0 [2]");
	check_axis("filters.require_adx_rising", "[1, 0]", true, "0 [1]");
}

static void test_refusals(void)
{
	refuses("axes:\n- {path: trade.sl_atr_mult, values: [1, 1.0000000001]}", true,
		"2: trade.sl_atr_mult: a range takes decimals of nine places at most, up to 9000000");
	refuses("axes:\n- {path: trade.min_notional_usd, values: [1, 1e9]}", true,
		"2: trade.min_notional_usd: a range takes decimals of nine places at most, up to 9000000");
	refuses("axes:\n- {path: trade.sl_atr_mult, values: [1, 1.00001, 2]}", true,
		"2: trade.sl_atr_mult: its range has more than 32766 values; list values with a common step, and fewer");
	refuses("axes:\n- {path: indicators.ema_fast_window, values: [20, 30]}\n- {path: indicators.ema_slow_window, values: [10, 20]}", false,
		"2: indicators.ema_fast_window: no value is below one of indicators.ema_slow_window");
}

static void test_averages(void)
{
	struct searched s;
	struct errmsg e;

	if (!CHECK(open_text(&s, "axes:\n- {path: indicators.ema_slow_window, values: [20, 8, 13]}\n"
				 "- {path: indicators.ema_fast_window, values: [13, 5, 8.9]}", false, &e)))
		return;
	CHECK(s.search.tpe.below == 1 && s.search.tpe.above == 0);
	CHECK(s.search.tpe.above_least[0] == 0);	/* 5 < 8 */
	CHECK(s.search.tpe.above_least[1] == 1);	/* 8.9 is 8: below 13 */
	CHECK(s.search.tpe.above_least[2] == 2);	/* 13 < 20 */
	close_text(&s);
}

static void test_point(void)
{
	static const uint16_t trial[] = { 1, 2 | TPE_INACTIVE };
	char before[65];
	struct searched s;
	struct errmsg e;

	if (!CHECK(open_text(&s, "axes:\n- {path: trade.tp_partial_pct, values: [0.7, 0.5, 0.6], gate: {path: trade.enable_partial_tp, eq: 1}}\n"
				 "- {path: trade.enable_partial_tp, values: [1, 0]}", false, &e)))
		return;
	search_point(&s.search, trial);
	CHECK_SAME(space_value(&s.space, 0), 1);
	CHECK_SAME(space_value(&s.space, 1), 0.7);
	CHECK(s.search.tpe.axis[1].gate == 0 && s.search.tpe.axis[1].gate_value == 1 && s.search.tpe.axis[1].stream == 0);
	strcpy(before, s.search.id);
	close_text(&s);
	/* another first value is another space */
	if (!CHECK(open_text(&s, "axes:\n- {path: trade.tp_partial_pct, values: [0.5, 0.7, 0.6], gate: {path: trade.enable_partial_tp, eq: 1}}\n"
				 "- {path: trade.enable_partial_tp, values: [1, 0]}", false, &e)))
		return;
	CHECK(strcmp(before, s.search.id));
	close_text(&s);
}

/* ---- the front ---- */

static void test_front(void)
{
	enum { N = 600 };
	static struct front_point p[N];
	struct front f = { 0 };
	unsigned i, j, want = 0, ok = 0;
	char line[32];

	for (i = 0; i < N; i++) {	/* few distinct values, so that there are ties and equals */
		p[i] = (struct front_point){ (double)rng_below(1, 0, i, 12), (double)rng_below(1, 1, i, 12), (int64_t)rng_below(1, 2, i, 12) };
		snprintf(line, sizeof line, "row %u", i);
		front_add(&f, p + i, i, line, strlen(line));
	}
	front_sort(&f);
	for (i = 0; i < N; i++) {
		bool beaten = false;

		for (j = 0; j < N; j++)
			beaten |= p[j].pnl_usd >= p[i].pnl_usd && p[j].max_drawdown_pct <= p[i].max_drawdown_pct && p[j].trades >= p[i].trades &&
				  (p[j].pnl_usd > p[i].pnl_usd || p[j].max_drawdown_pct < p[i].max_drawdown_pct || p[j].trades > p[i].trades || j < i);
		snprintf(line, sizeof line, "row %u", i);
		if (beaten)
			continue;
		ok += want < f.n && f.row[want].trial == i && f.row[want].len == strlen(line) && !memcmp(f.row[want].line, line, strlen(line));
		want++;
	}
	CHECK(want > 3 && f.n == want && ok == want);
	front_release(&f);
}

int main(int argc, char **argv)
{
	(void)argc;
	err_init(argv[0]);
	test_batches();
	test_prior();
	test_follows();
	test_words();
	test_scales();
	test_gates();
	test_split_by_axis();
	test_ties();
	test_order();
	test_search();
	test_values();
	test_refusals();
	test_averages();
	test_point();
	test_front();
	return test_end("t_tpe");
}
