/* SPDX-License-Identifier: MIT
 * Candle tapes of the local exchange: which bars are visible when, bars made by trades, and numbers as plain text. */
#include "test.h"
#include "venue/bars.h"

#include <math.h>
#include <stdlib.h>

#define MINUTE INT64_C(60000)
#define N 6000

static const char *plain(double v)
{
	static char text[PLAIN_MAX];

	*plain_put(text, v) = 0;
	return text;
}

static void texts(void)
{
	static const double tenth = 0.1;
	char want[32];
	unsigned i;
	double v;

	CHECK_TEXT(plain(0), "0.0");
	CHECK_TEXT(plain(84143), "84143.0");
	CHECK_TEXT(plain(1e21), "1000000000000000000000.0");
	CHECK_TEXT(plain(123456.5), "123456.5");
	CHECK_TEXT(plain(1e-7), "0.0000001");
	CHECK_TEXT(plain(-2.25), "-2.25");
	CHECK_TEXT(plain(tenth + 0.2), "0.30000000000000004");
	for (i = 0; i < 20000; i++) {
		v = ldexp((double)rand() / RAND_MAX, rand() % 120 - 60);
		if (!CHECK(strtod(plain(v), NULL) == v && !strpbrk(plain(v), "eE") && strchr(plain(v), '.')))
			break;
		snprintf(want, sizeof want, "%d.0", rand());
		CHECK_TEXT(plain(atoi(want)), want);
	}
}

static void bounds(void)
{
	int64_t t, end;

	CHECK(interval_index("1m") == 0 && interval_index("1M") == 13 && interval_index("7m") < 0);
	interval_bounds(interval_index("15m"), 1763820000000 + 5, &t, &end);
	CHECK(t == 1763820000000 && end == 1763820899999);
	interval_bounds(interval_index("1w"), 1763820000000, &t, &end);
	CHECK((t - 4 * 86400000) % (7 * 86400000) == 0 && end - t == 7 * INT64_C(86400000) - 1);
	interval_bounds(interval_index("1M"), 1763820000000, &t, &end);
	CHECK(t == 1761955200000 && end == 1764547199999);
}

static int64_t open_ms[N], close_ms[N], trades[N];
static double px[N];

static struct tape stored(void)
{
	struct tape t = { .has_store = true, .forming = { .t_ms = -1 } };
	int i;

	for (i = 0; i < N; i++) {
		open_ms[i] = i * MINUTE;
		close_ms[i] = open_ms[i] + MINUTE - 1;
		px[i] = i + 1;
	}
	t.stored = (struct bars){ N, open_ms, close_ms, px, px, px, px, px, trades };
	return t;
}

static int64_t first_of(const struct bar_range *r)
{
	return (r->n + r->forming) > 0 ? bar_at(r, 0).t_ms : -1;
}

static int64_t last_of(const struct bar_range *r)
{
	return (r->n + r->forming) > 0 ? bar_at(r, r->n + r->forming - 1).t_ms : -1;
}

static void stored_bars(void)
{
	struct tape t = stored();
	struct bar_range r;

	r = tape_range(&t, 0, INT64_MAX, 10 * MINUTE - 2);
	CHECK(r.n == 9 && !r.forming && last_of(&r) == 8 * MINUTE);	/* not a millisecond too early */
	r = tape_range(&t, 0, INT64_MAX, 10 * MINUTE - 1);
	CHECK(r.n == 10 && last_of(&r) == 9 * MINUTE);
	r = tape_range(&t, 3 * MINUTE - 1, 4 * MINUTE, 10 * MINUTE);	/* bars 2, 3, 4 overlap */
	CHECK(r.n == 3 && first_of(&r) == 2 * MINUTE && last_of(&r) == 4 * MINUTE);
	r = tape_range(&t, 3 * MINUTE, 4 * MINUTE - 1, 10 * MINUTE);
	CHECK(r.n == 1 && first_of(&r) == 3 * MINUTE);
	r = tape_range(&t, 20 * MINUTE, 30 * MINUTE, 10 * MINUTE);
	CHECK(r.n + r.forming == 0);
	t.forming = (struct bar){ .t_ms = 10 * MINUTE, .t_close_ms = 11 * MINUTE - 1, .o = 7 };
	r = tape_range(&t, 9 * MINUTE, INT64_MAX, 10 * MINUTE + 5);
	CHECK(r.n == 1 && r.forming && last_of(&r) == 10 * MINUTE && bar_at(&r, 1).o == 7);
	r = tape_range(&t, 9 * MINUTE, INT64_MAX, 11 * MINUTE - 1);	/* it is over: the store's word counts */
	CHECK(r.n == 2 && !r.forming && bar_at(&r, 1).o == 11);
	t.forming.t_ms = -1;
	r = tape_range(&t, 0, INT64_MAX, INT64_MAX);
	CHECK(r.n == SNAPSHOT_BARS && first_of(&r) == (N - SNAPSHOT_BARS) * MINUTE);
	t.forming = (struct bar){ .t_ms = 5500 * MINUTE, .t_close_ms = 5501 * MINUTE - 1 };
	r = tape_range(&t, 0, INT64_MAX, 5500 * MINUTE);
	CHECK(r.n == SNAPSHOT_BARS - 1 && r.forming && first_of(&r) == 501 * MINUTE);
}

static void made_bars(void)
{
	struct tape t = { .forming = { .t_ms = -1 } };
	const struct bar *b;
	struct bar_range r;
	int i;

	tape_trade(&t, 0, 5 * MINUTE + 1, DEC8_OF(10), DEC8_ONE / 10);
	tape_trade(&t, 0, 5 * MINUTE + 2, DEC8_OF(12), DEC8_ONE / 5);
	b = tape_trade(&t, 0, 6 * MINUTE - 1, DEC8_OF(9), DEC8_ONE / 10);
	CHECK(b->t_ms == 5 * MINUTE && b->o == 10 && b->h == 12 && b->l == 9 && b->c == 9 && b->v == 0.4 && b->n == 3);
	b = tape_trade(&t, 0, 6 * MINUTE, DEC8_OF(11), DEC8_ONE);
	CHECK(b->t_ms == 6 * MINUTE && b->o == 11 && b->n == 1 && t.n_own == 2);
	tape_put(&t, &(struct bar){ .t_ms = 5 * MINUTE, .t_close_ms = 6 * MINUTE - 1, .c = 42 });	/* corrected */
	r = tape_range(&t, 5 * MINUTE + 3, INT64_MAX, 6 * MINUTE);
	CHECK(r.n == 2 && bar_at(&r, 0).c == 42);
	for (i = 7; i < 3 * SNAPSHOT_BARS; i++)
		tape_put(&t, &(struct bar){ .t_ms = i * MINUTE, .t_close_ms = (i + 1) * MINUTE - 1 });
	CHECK(t.n_own < 2 * SNAPSHOT_BARS + 1);
	r = tape_range(&t, 0, INT64_MAX, INT64_MAX);
	CHECK(r.n == SNAPSHOT_BARS && last_of(&r) == (3 * SNAPSHOT_BARS - 1) * MINUTE);
	free(t.own);
}

static void json(void)
{
	struct buf out = BUF_INIT;
	struct bar b = { 1763820000000, 1763820899999, 84010, 84101, 83990, 84055, 131.20421, 1821, 0 };

	bar_json(&out, &b, "BTC", "15m");
	CHECK_TEXT(buf_cstr(&out), "{\"t\":1763820000000,\"T\":1763820899999,\"s\":\"BTC\",\"i\":\"15m\",\"o\":\"84010.0\",\"c\":\"84055.0\","
		   "\"h\":\"84101.0\",\"l\":\"83990.0\",\"v\":\"131.20421\",\"n\":1821}");
	buf_release(&out);
}

int main(void)
{
	texts();
	bounds();
	stored_bars();
	made_bars();
	json();
	return test_end("bars");
}
