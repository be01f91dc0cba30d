/* SPDX-License-Identifier: MIT
 * The replay loop, end to end, against small markets with known trades: bars, exit and entry sub-bars, funding, windows,
 * ranking and context. */
#include "vectors.h"

#include "engine/metrics.h"
#include "engine/reason.h"

#define MAX_SYMBOLS 8

/* A market built from rows in a fixture. */
struct fixture {
	struct market m;
	const char *name[MAX_SYMBOLS];
	struct bars bars[MAX_SYMBOLS], exit[MAX_SYMBOLS], entry[MAX_SYMBOLS];
	struct rates rates[MAX_SYMBOLS];
	int64_t *timeline;
};

static void *column(const struct vectors *v, const struct json *rows, uint32_t at, bool is_time)
{
	double *d = xcalloc(rows->size + 1, sizeof *d);
	int64_t *t = (int64_t *)d;
	size_t i = 0;

	for (EACH(r, rows)) {
		double x = number_at(v, r, at);

		if (is_time)
			t[i++] = (int64_t)x;
		else
			d[i++] = x;
	}
	return d;
}

/* rows: [t, open, high, low, close, volume], or [t, close] */
static void bars_read(struct bars *b, const struct vectors *v, const struct json *rows)
{
	bool flat = rows->size > 0 && json_at(rows, 0)->size == 2;

	b->n = rows->size;
	b->t_ms = b->t_close_ms = column(v, rows, 0, true);
	b->trades = column(v, rows, 0, true);
	b->open = column(v, rows, 1, false);
	b->high = column(v, rows, flat ? 1 : 2, false);
	b->low = column(v, rows, flat ? 1 : 3, false);
	b->close = column(v, rows, flat ? 1 : 4, false);
	b->volume = column(v, rows, flat ? 1 : 5, false);
}

static void bars_free(const struct bars *b)
{
	free((void *)b->t_ms);
	free((void *)b->trades);
	free((void *)b->open);
	free((void *)b->high);
	free((void *)b->low);
	free((void *)b->close);
	free((void *)b->volume);
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void make_timeline(struct fixture *f)
{
	size_t n = 0, k = 0, j;
	uint32_t i;

	for (i = 0; i < f->m.n_symbols; i++)
		n += f->bars[i].n;
	f->timeline = xcalloc(n + 1, sizeof *f->timeline);
	for (i = 0; i < f->m.n_symbols; i++)
		for (j = 0; j < f->bars[i].n; j++)
			f->timeline[k++] = f->bars[i].t_ms[j];
	qsort(f->timeline, n, sizeof *f->timeline, by_time);
	for (j = k = 0; j < n; j++)
		if (j == 0 || f->timeline[j] != f->timeline[k - 1])
			f->timeline[k++] = f->timeline[j];
	f->m.timeline = f->timeline;
	f->m.n_timeline = k;
}

/* bars: {SYMBOL: rows}; the other three may be NULL. Symbols in fixtures are in ascending order already. */
static void fixture_make(struct fixture *f, const struct vectors *v, const struct json *bars, const struct json *exit_rows,
			 const struct json *entry_rows, const struct json *funding)
{
	const struct json *k = bars + 1;
	uint32_t i;

	memset(f, 0, sizeof *f);
	f->m.from_ms = INT64_MIN;
	f->m.to_ms = INT64_MAX;
	f->m.context_symbol = UINT32_MAX;
	f->m.symbol = f->name;
	f->m.n_symbols = bars->size;
	strcpy(f->m.main.interval, "1h");
	f->m.main.of = f->bars;
	for (i = 0; i < bars->size; i++, k = k + k->skip + (k + k->skip)->skip) {
		const char *name = f->name[i] = xstrdup(word(v, k));
		const struct json *rates = get(v, funding, name);

		bars_read(&f->bars[i], v, k + k->skip);
		if (get(v, exit_rows, name))
			bars_read(&f->exit[i], v, get(v, exit_rows, name));
		if (get(v, entry_rows, name))
			bars_read(&f->entry[i], v, get(v, entry_rows, name));
		if (rates) {
			f->rates[i].n = rates->size;
			f->rates[i].t_ms = column(v, rates, 0, true);
			f->rates[i].rate = column(v, rates, 1, false);
		}
	}
	if (exit_rows) {
		strcpy(f->m.exit.interval, "15m");
		f->m.exit.of = f->exit;
	}
	if (entry_rows) {
		strcpy(f->m.entry.interval, "15m");
		f->m.entry.of = f->entry;
	}
	if (funding)
		f->m.funding = f->rates;
	make_timeline(f);
}

static void fixture_free(struct fixture *f)
{
	uint32_t i;

	for (i = 0; i < f->m.n_symbols; i++) {
		free((char *)f->name[i]);
		bars_free(&f->bars[i]);
		bars_free(&f->exit[i]);
		bars_free(&f->entry[i]);
		free((void *)f->rates[i].t_ms);
		free((void *)f->rates[i].rate);
	}
	free(f->timeline);
}

static void check_trade(const struct vectors *v, const struct json *w, const struct event *e, const struct fixture *f)
{
	char text[128];

	CHECK(e->t_ms == (int64_t)number_at(v, w, 0));
	CHECK_TEXT(f->name[e->symbol], word(v, json_at(w, 1)));
	CHECK_TEXT(action_name(e->action), word(v, json_at(w, 2)));
	CHECK_SAME(e->price, number_at(v, w, 3));
	CHECK_SAME(e->size, number_at(v, w, 4));
	CHECK_SAME(e->notional_usd, number_at(v, w, 5));
	reason_text(text, sizeof text, e);
	CHECK_TEXT(text, word(v, json_at(w, 6)));
	CHECK_TEXT(confidence_name(e->confidence), word(v, json_at(w, 7)));
	CHECK_SAME(e->pnl_usd + 0.0, number_at(v, w, 8) + 0.0);
	CHECK_SAME(e->fee_usd, number_at(v, w, 9));
	CHECK_SAME(e->balance_usd, number_at(v, w, 10));
	CHECK_SAME(e->entry_atr, number_at(v, w, 11));
	CHECK_SAME(e->leverage, number_at(v, w, 12));
	CHECK_SAME(e->margin_usd, number_at(v, w, 13));
}

static void check_metrics(const struct vectors *v, const struct json *w, const struct run_result *r)
{
	struct metrics m;

	metrics_compute(&m, r);
	CHECK_SAME(m.total_pnl, number(v, w, "total_pnl", NAN));
	CHECK(m.total_trades == (uint64_t)number(v, w, "total_trades", -1));
	CHECK(m.total_wins == (uint64_t)number(v, w, "total_wins", -1));
	CHECK(m.total_losses == (uint64_t)number(v, w, "total_losses", -1));
	CHECK_SAME(m.win_rate, number(v, w, "win_rate", NAN));
	CHECK_SAME(m.profit_factor, number(v, w, "profit_factor", NAN));
	CHECK_SAME(m.sharpe_ratio, number(v, w, "sharpe_ratio", NAN));
	CHECK_SAME(m.max_drawdown_usd, number(v, w, "max_drawdown_usd", NAN));
	CHECK_SAME(m.max_drawdown_pct, number(v, w, "max_drawdown_pct", NAN));
	CHECK_SAME(m.avg_trade_pnl, number(v, w, "avg_trade_pnl", NAN));
	CHECK_SAME(m.avg_win, number(v, w, "avg_win", NAN));
	CHECK_SAME(m.avg_loss, number(v, w, "avg_loss", NAN));
	CHECK_SAME(m.total_fees, number(v, w, "total_fees", NAN));
}

static void check_scenario(const struct vectors *v, const struct json *w, const struct run_result *r, const struct fixture *f)
{
	const struct json *trades = get(v, w, "trades");
	const struct equity_point *first = r->equity, *last = r->equity + r->n_equity - 1;
	size_t i = 0;

	CHECK_SAME(r->final_balance_usd, number(v, w, "final_balance", NAN));
	if (CHECK(r->n_events == trades->size))
		for (EACH(t, trades))
			check_trade(v, t, &r->event[i++], f);
	if (CHECK(r->n_equity == (size_t)number(v, w, "equity_points", -1))) {
		CHECK(first->t_ms == (int64_t)number_at(v, get(v, w, "equity_first"), 0));
		CHECK_SAME(first->balance_usd, number_at(v, get(v, w, "equity_first"), 1));
		CHECK(last->t_ms == (int64_t)number_at(v, get(v, w, "equity_last"), 0));
		CHECK_SAME(last->balance_usd, number_at(v, get(v, w, "equity_last"), 1));
	}
	check_metrics(v, get(v, w, "metrics"), r);
}

static int64_t bound(const struct vectors *v, const struct json *x, const char *key, int64_t open_end)
{
	return get(v, x, key)->type == JSON_NULL ? open_end : (int64_t)number(v, x, key, 0);
}

static void test_scenarios(void)
{
	struct vectors v;

	vectors_load(&v, "test/fixtures/replay_small.json");
	for (EACH(x, get(&v, v.doc.tok, "scenarios"))) {
		const struct json *subs = get(&v, get(&v, v.doc.tok, "sub_candles"), "rows");
		struct run_options o = { .balance_usd = 10000, .lookback = 30 };
		unsigned long failed = test_failed;
		struct run_result r;
		struct fixture f;
		struct config c;
		struct errmsg e;

		config_defaults(&c);
		set_params(&c, &v, get(&v, v.doc.tok, "shared_config"));
		set_params(&c, &v, get(&v, x, "config"));
		fixture_make(&f, &v, get(&v, get(&v, v.doc.tok, "candles"), "rows"),
			     truth(&v, x, "exit_sub_bars") ? subs : NULL, truth(&v, x, "entry_sub_bars") ? subs : NULL,
			     truth(&v, x, "funding") ? get(&v, get(&v, v.doc.tok, "funding"), "rows") : NULL);
		f.m.from_ms = bound(&v, x, "from_ts", INT64_MIN);
		f.m.to_ms = bound(&v, x, "to_ts", INT64_MAX);
		if (CHECK(replay_run(&r, &f.m, &c, &o, &e)))
			check_scenario(&v, get(&v, x, "expect"), &r, &f);
		if (test_failed > failed)
			printf("  in scenario %s\n", word(&v, get(&v, x, "id")));
		run_result_release(&r);
		fixture_free(&f);
		config_release(&c);
	}
	vectors_release(&v);
}

/* Compares what an observer sees with the fixture's lists, in order. */
struct watch {
	const struct vectors *v;
	const struct fixture *f;
	const struct json *context, *signals, *ranked;
	uint32_t n_context, n_signals, n_ranked;
};

static void watch_context(void *arg, int64_t t_ms, const struct context *c)
{
	struct watch *w = arg;
	const struct json *want = json_at(w->context, w->n_context++), *btc = json_at(want, 2);

	if (!CHECK(want != NULL))
		return;
	CHECK(t_ms == (int64_t)number_at(w->v, want, 0));
	CHECK_SAME(c->breadth, number_at(w->v, want, 1));
	CHECK(c->btc == (btc->type == JSON_NULL ? BTC_UNKNOWN : btc->type == JSON_TRUE ? BTC_BULLISH : BTC_BEARISH));
}

static void watch_evaluated(void *arg, int64_t t_ms, uint32_t symbol, const struct symbol_state *sym, const struct snapshot *s,
			    const struct bar_outcome *o)
{
	struct watch *w = arg;
	const struct json *want;

	(void)sym, (void)s;
	if (o->sub_bar || o->signal.side == SIGNAL_NEUTRAL)
		return;
	want = json_at(w->signals, w->n_signals++);
	if (!CHECK(want != NULL))
		return;
	CHECK(t_ms == (int64_t)number_at(w->v, want, 0));
	CHECK_TEXT(w->f->name[symbol], word(w->v, json_at(want, 1)));
	CHECK(o->signal.side == signal_of(word(w->v, json_at(want, 2))));
	CHECK_TEXT(confidence_name(o->signal.confidence), word(w->v, json_at(want, 3)));
}

static void watch_ranked(void *arg, int64_t t_ms, const struct candidate *c, uint32_t n)
{
	struct watch *w = arg;
	const struct json *want = json_at(w->ranked, w->n_ranked++), *list = want ? json_at(want, 1) : NULL;
	uint32_t i;

	if (!CHECK(want != NULL) || !CHECK(t_ms == (int64_t)number_at(w->v, want, 0)) || !CHECK(list->size == n))
		return;
	for (i = 0; i < n; i++) {
		const struct json *k = json_at(list, i);

		CHECK_TEXT(w->f->name[c[i].entry.symbol], word(w->v, json_at(k, 0)));
		CHECK_TEXT(c[i].entry.side == SIDE_LONG ? "buy" : "sell", word(w->v, json_at(k, 1)));
		CHECK_TEXT(confidence_name(c[i].entry.confidence), word(w->v, json_at(k, 2)));
		CHECK(c[i].score == (int32_t)number_at(w->v, k, 3));
	}
}

static void check_actions(const struct vectors *v, const struct json *want, const struct run_result *r, const struct fixture *f)
{
	size_t i, n = 0;

	for (i = 0; i < r->n_events; i++) {
		const struct event *e = &r->event[i];
		const struct json *w;

		if (e->reason == WHY_END_OF_BACKTEST)
			continue;
		w = json_at(want, (uint32_t)n++);
		if (!CHECK(w != NULL))
			return;
		CHECK(e->t_ms == (int64_t)number_at(v, w, 0));
		CHECK_TEXT(f->name[e->symbol], word(v, json_at(w, 1)));
		CHECK_TEXT(action_name(e->action), word(v, json_at(w, 2)));
		if (!action_is_close(e->action)) {
			CHECK_TEXT(confidence_name(e->confidence), word(v, json_at(w, 3)));
			CHECK_SAME(e->entry_atr, number_at(v, w, 4));
		}
	}
	CHECK(n == want->size);
}

static void list_add(struct config_list *l, const char *id)
{
	l->id = xreallocarray(l->id, l->n + 1, sizeof *l->id);
	l->line = xreallocarray(l->line, l->n + 1, sizeof *l->line);
	l->line[l->n] = 0;
	l->id[l->n++] = xstrdup(id);
}

/* Exits other than flips off, no cap in the way of sizing. */
static void without_exits(struct config *c)
{
	struct errmsg e;

	c->params.trade_max_total_margin_pct = 1e9;
	c->params.trade_min_notional_usd = 0;
	c->profiles = xcalloc(1, sizeof *c->profiles);
	c->n_profiles = 1;
	c->profiles[0].name = xstrdup("production");
	c->profiles[0].ranker = xstrdup("");
#define BEHAVIOUR_GROUP(group)
#define BEHAVIOUR(group_, name_, id_, meaning_) \
	if (GROUP_##group_ == GROUP_exits) \
		list_add(&c->profiles[0].group[GROUP_exits].disabled, id_);
#include "kernel/behaviours.def"
#undef BEHAVIOUR
#undef BEHAVIOUR_GROUP
	CHECK(config_check(c, true, NULL, NULL, &e));
}

static void test_pipeline(const struct vectors *v, const char *name)
{
	const struct json *x = get(v, get(v, v->doc.tok, "cases"), name);
	struct watch w = { .v = v, .context = get(v, x, "expected_context"), .signals = get(v, x, "expected_raw_signals"),
			   .ranked = get(v, x, "expected_ranked_candidates") };
	const struct run_observer observer = { &w, watch_context, watch_evaluated, watch_ranked };
	struct run_options o = { .balance_usd = 10000, .lookback = (uint32_t)number(v, x, "lookback", 0), .observer = &observer };
	unsigned long failed = test_failed;
	struct run_result r;
	struct fixture f;
	struct config c;
	struct errmsg e;

	config_defaults(&c);
	set_params(&c, v, get(v, x, "windows"));
	set_params(&c, v, get(v, x, "config_overrides"));
	c.params.entry_slow_drift_slope_window = (uint32_t)number(v, x, "slow_drift_slope_window", 0);
	without_exits(&c);
	fixture_make(&f, v, get(v, x, "bars"), NULL, get(v, x, "entry_sub_bars"), NULL);
	w.f = &f;
	if (CHECK(replay_run(&r, &f.m, &c, &o, &e))) {
		CHECK(w.n_context == w.context->size && w.n_signals == w.signals->size && w.n_ranked == w.ranked->size);
		check_actions(v, get(v, x, "expected_actions"), &r, &f);
	}
	if (test_failed > failed)
		printf("  in %s\n", name);
	run_result_release(&r);
	fixture_free(&f);
	config_release(&c);
}

int main(int argc, char **argv)
{
	struct vectors v;

	(void)argc;
	err_init(argv[0]);
	test_scenarios();
	vectors_load(&v, "test/fixtures/indicators_small.json");
	test_pipeline(&v, "pipeline_indicator_bars");
	test_pipeline(&v, "pipeline_sub_bar_close");
	test_pipeline(&v, "pipeline_sub_bar_tick");
	vectors_release(&v);
	return test_end("t_replay");
}
