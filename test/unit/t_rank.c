/* SPDX-License-Identifier: MIT
 * Channels, scores, the identity of a point, shortlists against a plain way to choose them. */
#include "test.h"

#include "engine/shortlist.h"

#include <math.h>
#include <stdlib.h>

static struct rank_figures figures(double pnl, double factor, double drawdown)
{
	return (struct rank_figures){ pnl, factor, drawdown, 100, NAN };
}

/* The rows stand in the channel's order; each is the first of the next in no other order. */
static void check_order(enum rank_channel c, const struct rank_figures *f, int n, const char *name)
{
	char what[64];
	int i, k, got, want;

	for (i = 0; i < n; i++)
		for (k = 0; k < n; k++) {
			got = rank_compare(c, false, &f[i], &f[k]);
			want = (i > k) - (i < k);
			snprintf(what, sizeof what, "%s: row %d against row %d", name, i, k);
			test_check((got > 0) - (got < 0) == want, __FILE__, __LINE__, what);
		}
}

static void test_channels(void)
{
	const struct rank_figures efficient[] = {
		{ 101, 0.5, 0.9, 100, NAN }, { 100, 2, 0.1, 100, NAN }, { 100, 1.5, 0.05, 100, NAN }, { 100, 1.5, 0.06, 100, NAN },
		{ 99, 9, 0.01, 100, NAN }, { 0, 0, 0, 100, NAN }, { -0.0, 0, 0, 100, NAN }, { -5, INFINITY, 0, 100, NAN },
	};
	const struct rank_figures growth[] = {
		{ -5, INFINITY, 0.9, 100, NAN }, { 1, 999, 0.9, 100, NAN }, { 100, 2, 0.1, 100, NAN }, { 90, 2, 0.01, 100, NAN },
		{ 90, 2, 0.02, 100, NAN }, { 500, 1.9, 0, 100, NAN },
	};
	const struct rank_figures conservative[] = {
		{ 1, 1, 0.01, 100, NAN }, { 5, 1, 0.4, 100, NAN }, { 0, 9, 0, 100, NAN }, { -1, 3, 0.01, 100, NAN },
		{ -1, 2.5, 0.01, 100, NAN }, { -2, 2.5, 0.01, 100, NAN }, { -1, 3, 0.02, 100, NAN },
	};

	check_order(RANK_efficient, efficient, sizeof efficient / sizeof *efficient, "efficient");
	check_order(RANK_growth, growth, sizeof growth / sizeof *growth, "growth");
	check_order(RANK_conservative, conservative, sizeof conservative / sizeof *conservative, "conservative");
	CHECK(rank_has_order(RANK_efficient) && !rank_has_order(RANK_balanced));
	CHECK_TEXT(rank_channel_name(RANK_conservative), "conservative");
}

static void test_total(void)
{
	const double ascending[] = { -NAN, -INFINITY, -1e300, -1, -5e-324, -0.0, 0.0, 5e-324, 1, 1e300, INFINITY, NAN };
	size_t i;

	for (i = 1; i < sizeof ascending / sizeof *ascending; i++)
		CHECK(rank_total(ascending[i - 1]) < rank_total(ascending[i]));
}

static void test_scores(void)
{
	struct rank_figures f = figures(120, 1.5, 0.3), none = { NAN, NAN, NAN, NAN, NAN };

	CHECK_SAME(rank_channel_score(RANK_efficient, &f), 120 / 0.3 * 1.5);
	CHECK_SAME(rank_channel_score(RANK_growth, &f), 120 * (1 - 0.3) * 1.5);
	CHECK_SAME(rank_channel_score(RANK_conservative, &f), -0.3);
	f = figures(120, 1.5, 0.005);		/* no smaller divisor than 0.01 */
	CHECK_SAME(rank_channel_score(RANK_efficient, &f), 120 / 0.01 * 1.5);
	f = figures(120, -3, 1.5);		/* a negative factor counts 0, a drawdown beyond 1 counts 1 */
	CHECK_SAME(rank_channel_score(RANK_efficient, &f), 0);
	CHECK_SAME(rank_channel_score(RANK_growth, &f), 0);
	f = figures(120, 2, 1.5);
	CHECK_SAME(rank_channel_score(RANK_growth, &f), 0);
	f = figures(120, 2, -1);
	CHECK_SAME(rank_channel_score(RANK_growth, &f), 240);
	f = figures(120, INFINITY, 0.5);	/* not finite: as if it were not there */
	CHECK_SAME(rank_channel_score(RANK_efficient, &f), 240);
	CHECK_SAME(rank_channel_score(RANK_growth, &f), 60);
	CHECK_SAME(rank_channel_score(RANK_efficient, &none), 0);
	CHECK_SAME(rank_channel_score(RANK_growth, &none), 0);
	CHECK_SAME(rank_channel_score(RANK_conservative, &none), -1);
	none.total_pnl = 50;
	CHECK_SAME(rank_channel_score(RANK_efficient, &none), 50);	/* factor 1, drawdown 1 */
	CHECK_SAME(rank_channel_score(RANK_growth, &none), 50);		/* drawdown 0 */

	f = (struct rank_figures){ 100, 2, 0.2, 20, 1.5 };
	CHECK_SAME(rank_channel_score(RANK_balanced, &f), 0.3 * 100 + 20 * 2 + 15 * 1.5 - 100 * 0.2);
	f.total_trades = 19;
	CHECK_SAME(rank_channel_score(RANK_balanced, &f), (0.3 * 100 + 20 * 2 + 15 * 1.5 - 100 * 0.2) * 0.5);
	f.profit_factor = INFINITY;
	f.total_trades = 20;
	CHECK_SAME(rank_channel_score(RANK_balanced, &f), 0.3 * 100 + 200 + 15 * 1.5 - 100 * 0.2);

	struct rank_figures high = figures(120, 1.5, 0.3), low = figures(119, 1.5, 0.3);

	CHECK(rank_compare(RANK_efficient, true, &high, &low) < 0);
	CHECK(rank_compare(RANK_efficient, true, &low, &high) > 0);
	CHECK(rank_compare(RANK_conservative, true, &low, &high) == 0);
}

/* ---- points ---- */

static struct point point(const char *a, double x, const char *b, double y)
{
	struct point p = { .n = b ? 2 : 1, .value = { x, y } };
	struct errmsg e;

	p.row[0] = (uint16_t)config_row(a, &e);
	if (b)
		p.row[1] = (uint16_t)config_row(b, &e);
	return p;
}

static bool same_point(struct point a, struct point b)
{
	unsigned char x[POINT_KEY], y[POINT_KEY];

	point_key(&a, x);
	point_key(&b, y);
	return memcmp(x, y, POINT_KEY) == 0;
}

static void test_keys(void)
{
	static const char sl[] = "trade.sl_atr_mult", fast[] = "indicators.ema_fast_window", conf[] = "trade.entry_min_confidence";
	unsigned char x[POINT_KEY], y[POINT_KEY];
	struct point nothing = { 0 };

	CHECK(same_point(point(sl, 1.5, fast, 8), point(fast, 8, sl, 1.5)));
	CHECK(!same_point(point(sl, 1.5, fast, 8), point(sl, 1.5, fast, 9)));
	CHECK(!same_point(point(sl, 1.5, NULL, 0), point(sl, 1.5, fast, 8)));
	CHECK(!same_point(point(sl, 1.5, NULL, 0), nothing));
	CHECK(same_point(point(fast, 8.9, NULL, 0), point(fast, 8, NULL, 0)));		/* a window is a whole number */
	CHECK(same_point(point(conf, 2, NULL, 0), point(conf, 7, NULL, 0)));		/* high and beyond */
	CHECK(same_point(point("trade.enable_partial_tp", 1, NULL, 0), point("trade.enable_partial_tp", 0.5, NULL, 0)));
	CHECK(!same_point(point(sl, 1.5, NULL, 0), point(sl, 1.5000000000000002, NULL, 0)));
	CHECK(same_point(point("trade.tp_atr_mult", 0.0, NULL, 0), point("trade.tp_atr_mult", -0.0, NULL, 0)));
	CHECK(same_point(point("indicators.ave_avg_atr_window", 30, NULL, 0), point("thresholds.entry.ave_avg_atr_window", 30, NULL, 0)));
	CHECK(!same_point(point(sl, 3, NULL, 0), point("trade.tp_atr_mult", 3, NULL, 0)));

	point_key_of_id("a", x);
	point_key_of_id("a", y);
	CHECK(!memcmp(x, y, POINT_KEY));
	point_key_of_id("b", y);
	CHECK(memcmp(x, y, POINT_KEY) != 0);
	point_key(&nothing, x);
	point_key_of_id("", y);
	CHECK(memcmp(x, y, POINT_KEY) != 0);
}

/* ---- shortlists ---- */

enum { MOST_ROWS = 600 };

struct sample { struct rank_figures f; unsigned point; };
struct taken { enum rank_channel c; uint64_t rank; unsigned row; };
struct taken_list { struct taken t[3 * MOST_ROWS]; unsigned n; };

static uint64_t seed = 1;

static unsigned roll(unsigned sides)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % sides;
}

/* The definition, word for word: all rows in order, one after another, unless the point is taken. */
static void choose_plainly(struct taken_list *out, const struct sample *s, unsigned n, const enum rank_channel *c, unsigned channels,
			   uint64_t most, bool score)
{
	static unsigned order[MOST_ROWS];
	static bool gone[MOST_ROWS];
	unsigned i, k, found;

	memset(gone, 0, sizeof gone);
	out->n = 0;
	for (; channels--; c++) {
		for (i = 0; i < n; i++) {	/* by insertion, which is stable */
			for (k = i; k > 0 && rank_compare(*c, score, &s[i].f, &s[order[k - 1]].f) < 0; k--)
				order[k] = order[k - 1];
			order[k] = i;
		}
		for (i = found = 0; i < n && (!most || found < most); i++)
			if (!gone[s[order[i]].point]) {
				gone[s[order[i]].point] = true;
				out->t[out->n++] = (struct taken){ *c, i + 1, order[i] };
				found++;
			}
	}
}

static void take(void *arg, enum rank_channel c, uint64_t rank, const struct rank_figures *f, const char *text, size_t len)
{
	struct taken_list *out = arg;
	unsigned row;

	(void)f;
	CHECK(len == sizeof row);
	memcpy(&row, text, sizeof row);
	out->t[out->n++] = (struct taken){ c, rank, row };
}

static void choose(struct taken_list *out, const struct sample *s, unsigned n, const enum rank_channel *c, unsigned channels,
		   uint64_t most, bool score)
{
	struct shortlists *lists = shortlists_new(c, channels, most, score);
	unsigned char key[POINT_KEY] = { 0 };
	unsigned i;

	for (i = 0; i < n; i++) {
		memcpy(key, &s[i].point, sizeof s[i].point);
		if (shortlists_want(lists, &s[i].f))
			shortlists_add(lists, &s[i].f, key, (const char *)&i, sizeof i);
		else
			shortlists_pass(lists, &s[i].f);
	}
	out->n = 0;
	shortlists_take(lists, take, out);
	shortlists_free(lists);
}

static bool same(const struct taken_list *a, const struct taken_list *b)
{
	unsigned i;

	for (i = 0; i < a->n && i < b->n; i++)
		if (a->t[i].c != b->t[i].c || a->t[i].rank != b->t[i].rank || a->t[i].row != b->t[i].row)
			return false;
	return a->n == b->n;
}

/* Few values, so that figures are often equal; points that come again with the same figures and with others. */
static void test_shortlists(void)
{
	static const enum rank_channel orders[][3] = {
		{ RANK_efficient, RANK_growth, RANK_conservative }, { RANK_conservative, RANK_efficient, RANK_growth },
	};
	static struct sample s[MOST_ROWS];
	static struct taken_list want, got;
	unsigned turn, i, n, points, channels;
	uint64_t most;
	bool score;

	for (turn = 0; turn < 400; turn++) {
		n = roll(MOST_ROWS);
		points = 1 + roll(roll(2) ? 20 : MOST_ROWS);
		most = roll(5) * roll(8);
		score = roll(2);
		channels = 1 + roll(3);
		for (i = 0; i < n; i++) {
			s[i].f = figures((int)roll(9) - 4, roll(12) ? roll(4) / 2.0 : INFINITY, roll(5) / 8.0);
			s[i].point = roll(points);
		}
		choose_plainly(&want, s, n, orders[turn % 2], channels, most, score);
		choose(&got, s, n, orders[turn % 2], channels, most, score);
		CHECK(same(&want, &got));
	}
}

int main(void)
{
	test_channels();
	test_total();
	test_scores();
	test_keys();
	test_shortlists();
	return test_end("t_rank");
}
