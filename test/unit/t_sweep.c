/* SPDX-License-Identifier: MIT
 * The parts of a sweep alone: marks found by comparisons are those that the rules give, results come in order, a walk's memory
 * stays within its bound. That whole rows equal a replay's is test/sweep.bats' business. */
#include "config/spec.h"
#include "engine/crew.h"
#include "engine/marks.h"
#include "engine/sweep.h"
#include "base/rng.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { N_SYMBOLS = 5, N_BARS = 700 };
#define HOUR INT64_C(3600000)

static uint64_t drawn;
static double uniform(void) { return rng_f64(1, 0, drawn++); }
static uint32_t below(uint32_t n) { return (uint32_t)rng_below(1, 1, drawn++, n); }

/* ---- a market: late starts, holes, flat stretches ---- */

struct rows { int64_t t[N_BARS]; double o[N_BARS], h[N_BARS], l[N_BARS], c[N_BARS], v[N_BARS]; };
static struct rows rows[N_SYMBOLS];
static struct bars bars[N_SYMBOLS];
static int64_t timeline[N_BARS];
static const char *names[N_SYMBOLS] = { "AAVE", "BTC", "ETH", "PAXG", "kPEPE" };
static struct market market;

static void make_symbol(uint32_t i)
{
	double price = 100;
	size_t n = 0;

	for (int64_t k = i * 40; k < N_BARS; k++) {
		struct rows *r = &rows[i];

		if (i != 1 && below(60) == 0)
			continue;
		r->t[n] = k * HOUR;
		r->o[n] = price;
		if (k % 150 >= 110 || i < 2)	/* some also stand still, so that averages equal prices */
			price *= 1 + (uniform() - 0.49) * (below(20) ? 0.02 : 0.12);
		r->c[n] = price;
		r->h[n] = fmax(r->o[n], price) * (1 + 0.004 * uniform());
		r->l[n] = fmin(r->o[n], price) * (1 - 0.004 * uniform());
		r->v[n++] = below(30) ? uniform() * 1000 : 0;
	}
	bars[i] = (struct bars){ .n = n, .t_ms = rows[i].t, .open = rows[i].o, .high = rows[i].h, .low = rows[i].l,
				 .close = rows[i].c, .volume = rows[i].v };
}

static void make_market(void)
{
	for (uint32_t i = 0; i < N_SYMBOLS; i++)
		make_symbol(i);
	for (int k = 0; k < N_BARS; k++)
		timeline[k] = k * HOUR;
	market = (struct market){ .n_symbols = N_SYMBOLS, .symbol = names, .main = { "1h", bars }, .n_timeline = N_BARS,
				  .timeline = timeline, .from_ms = 100 * HOUR, .to_ms = 690 * HOUR, .context_symbol = UINT32_MAX };
}

/* ---- marks ---- */

static void random_config(struct config *c, const struct spec *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		config_set_row(c, s->axis[i].row, s->axis[i].value[below(s->axis[i].n)]);
}

/* Columns whole, as the cache has them, in a walk. */
static void take(struct cache *cache, struct walk *w, const struct config *c, struct cache_held *held, struct gate_stats *stats)
{
	struct errmsg e;

	CHECK(config_plan(c, NULL, &w->strategy.plan, &w->strategy.params, &e));
	cache_take(cache, w, stats, held);
}

static bool same_spoken(const struct walk_spoken *a, const struct walk_spoken *b)
{
	return a->adx_threshold == b->adx_threshold && a->side == b->side && a->confidence == b->confidence;
}

static uint64_t compare_marks(const struct prepared *p, const struct walk *w)
{
	struct marks quick, slow;
	uint32_t n = w->market->n_steps, signals;

	marks_make(&quick, p, w, false);
	marks_make(&slow, p, w, true);
	CHECK(memcmp(quick.mark, slow.mark, (size_t)n * w->market->words * sizeof *quick.mark) == 0);
	CHECK(memcmp(quick.spoken_from, slow.spoken_from, ((size_t)n + 1) * sizeof *quick.spoken_from) == 0);
	signals = slow.spoken_from[n];
	for (uint32_t i = 0; i < signals && i < quick.spoken_from[n]; i++)
		if (!CHECK(same_spoken(&quick.spoken[i], &slow.spoken[i])))
			break;
	CHECK(slow.stats.buy + slow.stats.sell == signals);
	marks_release(&quick);
	marks_release(&slow);
	return signals;
}

static void test_marks(const struct spec *s)
{
	static const uint32_t lookbacks[] = { 0, 1, 2, 60 };
	struct prepared p;
	struct config c;
	struct cache *cache;
	uint64_t signals = 0;
	struct errmsg e;

	config_defaults(&c);
	CHECK(prepare(&p, &market, &c, &e));
	cache = cache_open(&p, 1 << 20);	/* less than what all of it takes: columns go and come again */
	for (int turn = 0; turn < 400; turn++) {
		struct walk w = { .market = &p.walk, .strategy.lookback = lookbacks[turn % 4] };
		struct gate_stats stats;
		struct cache_held held;

		random_config(&c, s);
		if (turn % 7 == 0) {	/* odd, but allowed */
			c.params.entry_ave_adx_mult = -1;
			c.params.entry_min_adx = 40;
			c.params.entry_pullback_min_adx = 0;
			c.params.entry_slow_drift_min_slope_pct = -0.001;
		}
		take(cache, &w, &c, &held, turn % 2 ? &stats : NULL);
		signals += compare_marks(&p, &w);
		cache_give(cache, &held);
	}
	CHECK(signals > 10000);
	cache_close(cache);
	prepared_release(&p);
	config_release(&c);
}

/* ---- rows: each form says the same, whatever the cache may keep ---- */

static void evaluate(const struct sweep *s, const struct point *pt, struct buf *row)
{
	struct sweep_worker w;
	struct errmsg e;

	sweep_worker_init(&w, s);
	buf_clear(row);
	CHECK(sweep_evaluate(&w, s, pt, row, &e));
	sweep_worker_release(&w);
}

static void test_rows(const struct spec *spec)
{
	struct buf row[3] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct point pt = { .id = "one" };
	struct prepared p;
	struct config base;
	struct errmsg e;

	config_defaults(&base);
	CHECK(prepare(&p, &market, &base, &e));
	for (uint32_t i = 0; i < spec->n; i++) {
		pt.row[i] = spec->axis[i].row;
		pt.value[i] = spec->axis[i].value[0];
	}
	pt.n = spec->n;
	for (int form = 0; form < N_ROW_FORMS; form++) {
		struct sweep s;

		sweep_init(&s, &base, &p, (enum row_form)form, 10000, 60);
		s.cache = cache_open(&p, form == ROWS_id ? 0 : 1 << 24);
		evaluate(&s, &pt, &row[form]);
		cache_close(s.cache);
	}
	for (int form = 1; form < N_ROW_FORMS; form++)
		for (const char *const *key = (const char *[]){ "\"events_hash\":\"", "\"total_pnl\":", "\"total_trades\":", "\"profit_factor\":", "\"max_drawdown_pct\":", NULL }; *key; key++) {
			const char *a = strstr(buf_cstr(&row[0]), *key), *b = strstr(buf_cstr(&row[form]), *key);

			if (CHECK(a && b))
				CHECK(strcspn(a, ",}") == strcspn(b, ",}") && strncmp(a, b, strcspn(a, ",}")) == 0);
		}
	for (int form = 0; form < N_ROW_FORMS; form++)
		buf_release(&row[form]);
	prepared_release(&p);
	config_release(&base);
}

/* ---- crew ---- */

struct tally { uint64_t next, idle; bool order; };

static void sleep_some(void *arg, unsigned worker, void *job)
{
	uint64_t *n = job;

	(void)arg, (void)worker;
	usleep((useconds_t)(*n * 7919 % 13) * 50);
	*n = ~*n;
}

static void count(void *arg, void *job)
{
	struct tally *t = arg;

	if (!job) {
		t->idle++;
		return;
	}
	t->order &= *(uint64_t *)job == ~t->next;
	t->next++;
}

static void test_crew(void)
{
	for (unsigned threads = 1; threads <= 5; threads += 2)
		for (size_t depth = 1; depth <= 16; depth *= 4) {
			struct tally t = { .order = true };
			struct crew *c = crew_open(threads, depth, sizeof(uint64_t), sleep_some, count, &t);

			for (uint64_t i = 0; i < 300; i++) {
				*(uint64_t *)crew_next(c) = i;
				crew_start(c);
				if (i == 150) {
					crew_settle(c);
					CHECK(t.next == 151 && t.idle > 0);
				}
			}
			crew_close(c, NULL);
			CHECK(t.order && t.next == 300);
		}
}

int main(void)
{
	struct errmsg e = { "" };
	struct spec spec;

	if (!spec_load(&spec, "test/fixtures/sweep/all_axes.yaml", &e)) {
		printf("%s\n", e.text);
		return 1;
	}
	make_market();
	test_marks(&spec);
	test_rows(&spec);
	test_crew();
	/* docs/sweep.md: at most 8.5 KB an account of 52 symbols */
	CHECK(52 * sizeof(struct symbol_state) + sizeof(struct run_state) + sizeof(struct walk_sums) <= 8704);
	spec_release(&spec);
	return test_end("t_sweep");
}
