/* SPDX-License-Identifier: MIT
 * ocq-replay - run a strategy over recorded market data: trades, equity, events, report. */
#include "base/clock.h"
#include "config/config.h"
#include "engine/compat.h"
#include "engine/contract.h"
#include "engine/emit.h"
#include "engine/load.h"
#include "engine/metrics.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct load load = LOAD_INIT;
static struct run_options run = { .balance_usd = 10000, .lookback = 200 };
static const char *init_path, *explain_at, *venue_path;
static const char *decisions_path, *trades_path, *equity_path, *events_path, *report_path, *csv_path;
static bool no_header;

static const struct opt opts[] = {
	LOAD_CONFIG_OPTION(load),
	MARKET_OPTIONS(load.query),
	LOAD_PACK_OPTION(load),
	{ 0, "live", OPT_FLAG, &load.layers.live, NULL, "apply the live: layer" },
	{ 0, "init-state", OPT_TEXT, &init_path, "FILE", "start: positions, balance (10000)" },
	{ 0, "balance", OPT_F64, &run.balance_usd, "USD", NULL },
	{ 0, "lookback", OPT_U32, &run.lookback, "N", "bars before a symbol may enter (200)" },
	{ 0, "slippage-bps", OPT_F64, &load.slippage_bps, "BPS", "instead of trade.slippage_bps" },
	{ 0, "venue", OPT_TEXT, &venue_path, "META", "keep an exchange's rules: records of ocq-hl meta" },
	{ 0, "trades", OPT_TEXT, &trades_path, "FILE", "records", OPT_OUTPUT },
	{ 0, "decisions", OPT_TEXT, &decisions_path, "FILE", NULL, OPT_OUTPUT },
	{ 0, "equity", OPT_TEXT, &equity_path, "FILE", NULL, OPT_OUTPUT },
	{ 0, "events", OPT_TEXT, &events_path, "FILE", NULL, OPT_OUTPUT },
	{ 0, "report", OPT_TEXT, &report_path, "FILE", "JSON report; one CSV row per close", OPT_OUTPUT },
	{ 0, "csv", OPT_TEXT, &csv_path, "FILE", NULL, OPT_OUTPUT },
	{ 0, "explain", OPT_TEXT, &explain_at, "SYM@T", "write every gate of that evaluation to stdout", OPT_OUTPUT },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "streams without header; data_id of stores too", OPT_OUTPUT },
	{ 0, "contract", OPT_FLAG, &load.query.want_data_id, NULL, NULL, OPT_HOST },
	{ 0, "strict-semantics", OPT_FLAG, &load.strict_semantics, NULL, "all repairs; wrong configuration only warns" },
	{ 0, "lenient", OPT_FLAG, &load.layers.lenient, NULL },
	{ 0 }
};

struct job {
	struct config config;
	struct market market;
	struct init_state init;
	struct venue_table venue;
	struct contract contract;
	struct run_result result;
	char config_id[65];
};

static void load_init(struct init_state *s, const struct market *m)
{
	struct errmsg e;
	size_t i;

	if (!init_path)
		return;
	if (!init_state_load(s, init_path, &e))
		die(EX_DATA, "%s", e.text);
	for (i = 0; i < s->n_positions; i++)
		if (market_find(m, s->position[i].symbol) < 0)
			warn("%s: no candles for %s: its position is left out", init_path, s->position[i].symbol);
	run.balance_usd = s->balance_usd;
	run.init = s;
}

static void load_venue(struct venue_table *t, const struct market *m)
{
	uint32_t i;

	if (!venue_path)
		return;
	rules_load(t, venue_path);
	for (i = 0; i < m->n_symbols; i++)
		rules_need(t, m->symbol[i]);
	run.venue = t;
}

/* --explain: the evaluations of one symbol at one time. */
struct explain { struct job *s; struct out out; char *symbol; int64_t t_ms; struct context context; uint64_t n; };

static void explain_context(void *arg, int64_t t_ms, const struct context *c)
{
	struct explain *x = arg;

	(void)t_ms;
	x->context = *c;
}

static void explain_evaluated(void *arg, int64_t t_ms, uint32_t symbol, const struct symbol_state *sym, const struct snapshot *snap,
			      const struct bar_outcome *o)
{
	struct explain *x = arg;
	struct params lowered;
	struct plan plan;

	if (t_ms != x->t_ms || strcmp(x->s->market.symbol[symbol], x->symbol) != 0)
		return;
	if (!config_plan(&x->s->config, NULL, &plan, &lowered, NULL))
		die(EX_BUG, "the plan resolved for the run, but not for --explain");
	x->n += explain_write(&x->out, &lowered, x->symbol, t_ms, sym, snap, &x->context, o);
}

/* "BTC@2025-03-01T12:00:00Z" */
static void explain_parse(struct explain *x)
{
	const char *at = strchr(explain_at, '@');

	if (!at || at == explain_at || !clock_parse(at + 1, &x->t_ms))
		die(EX_USAGE, "--explain wants SYMBOL@TIME, for example BTC@2025-03-01T12:00:00Z");
	x->symbol = xstrndup(explain_at, (size_t)(at - explain_at));
}

static void explain_begin(struct explain *x, struct job *s)
{
	if (market_find(&s->market, x->symbol) < 0)
		die(EX_USAGE, "--explain: no candles for %s", x->symbol);
	x->s = s;
	out_open(&x->out, "-");
}

static void explain_end(struct explain *x)
{
	if (x->n == 0)
		warn("--explain: %s was not evaluated at that time (no bar, warm-up, or outside the window)", x->symbol);
	out_close(&x->out);
	free(x->symbol);
}

static void run_replay(struct job *s, struct explain *x)
{
	const struct run_observer observer = { x, explain_context, explain_evaluated, NULL };
	struct errmsg e;

	if (explain_at) {
		explain_begin(x, s);
		run.observer = &observer;
	}
	if (!replay_run(&s->result, &s->market, &s->config, &run, &e))
		die(EX_DATA, "%s", e.text);
	if (explain_at)
		explain_end(x);
}

static void stream_begin(struct out *o, const char *path, const struct job *s)
{
	out_open(o, path);
	if (!no_header)
		record_header(o, s->config_id, s->contract.id, s->contract.text.data);
}

static void stream_finish(struct out *o, uint64_t n)
{
	if (!no_header)
		record_end(o, n);
	out_close(o);
}

static void write_events(const struct job *s)
{
	const struct run_result *r = &s->result;
	struct rec_event rec;
	struct out o;
	size_t i;

	stream_begin(&o, events_path, s);
	for (i = 0; i < r->n_events; i++) {
		event_record(&rec, &r->event[i], i + 1, s->market.symbol[r->event[i].symbol]);
		record_write(&o, REC_event, &rec);
	}
	stream_finish(&o, r->n_events);
}

/* The end of the window closes every position; a lane goes on, and its journal has no such decisions. */
static void write_decisions(const struct job *s)
{
	const struct run_result *r = &s->result;
	struct rec_decision rec;
	uint64_t n = 0;
	struct out o;
	size_t i;

	stream_begin(&o, decisions_path, s);
	for (i = 0; i < r->n_events; i++) {
		if (r->event[i].reason == WHY_END_OF_BACKTEST)
			continue;
		decision_record(&rec, &r->event[i], s->market.symbol[r->event[i].symbol]);
		record_write(&o, REC_decision, &rec);
		n++;
	}
	stream_finish(&o, n);
}

static void write_trades(const struct job *s)
{
	const struct run_result *r = &s->result;
	struct rec_trade rec;
	struct out o;
	size_t i;

	stream_begin(&o, trades_path, s);
	for (i = 0; i < r->n_events; i++) {
		trade_record(&rec, &r->event[i], s->market.symbol[r->event[i].symbol]);
		record_write(&o, REC_trade, &rec);
	}
	stream_finish(&o, r->n_events);
}

static void write_equity(const struct job *s)
{
	const struct run_result *r = &s->result;
	struct rec_equity rec;
	struct out o;
	size_t i;

	stream_begin(&o, equity_path, s);
	for (i = 0; i < r->n_equity; i++) {
		rec.t_ms = r->equity[i].t_ms;
		rec.balance = r->equity[i].balance_usd;
		record_write(&o, REC_equity, &rec);
	}
	stream_finish(&o, r->n_equity);
}

static void write_whole(const char *path, const struct buf *b)
{
	struct out o;

	out_open(&o, path);
	out_add(&o, b->data, b->len);
	out_close(&o);
}

static void write_report(const struct job *s)
{
	const char *compat[COMPAT_MAX];
	struct report_context c = { &s->market, s->config_id, s->contract.id[0] ? s->contract.id : NULL,
				    s->config.params.trade_slippage_bps, compat };
	struct buf b = BUF_INIT;
	struct metrics m;

	compat_list(compat, &s->config, &s->market, &run);
	metrics_compute(&m, &s->result);
	report_json(&b, &s->result, &m, &c);
	write_whole(report_path, &b);
	buf_release(&b);
}

static void write_csv(const struct job *s)
{
	struct buf b = BUF_INIT;

	trades_csv(&b, &s->result, &s->market, run.init);
	write_whole(csv_path, &b);
	buf_release(&b);
}

/* The second would replace the first. Devices and pipes take both, one after the other. */
static bool same_file(const char *a, const char *b)
{
	struct stat st;

	return a && b && strcmp(a, "-") != 0 && strcmp(a, b) == 0 && (stat(a, &st) < 0 || S_ISREG(st.st_mode));
}

/* One of the outputs may be stdout; without any, the report is. */
static void check_outputs(void)
{
	const char *const paths[] = { decisions_path, trades_path, equity_path, events_path, report_path, csv_path, explain_at ? "-" : NULL };
	int given = 0, on_stdout = 0;
	size_t i, k;

	for (i = 0; i < sizeof paths / sizeof *paths; i++) {
		given += paths[i] != NULL;
		on_stdout += paths[i] && strcmp(paths[i], "-") == 0;
		for (k = 0; k < i; k++)
			if (same_file(paths[i], paths[k]))
				die(EX_USAGE, "two outputs cannot go to the same file %s", paths[i]);
	}
	if (on_stdout > 1)
		die(EX_USAGE, "only one output can go to stdout");
	if (!given)
		report_path = "-";
}

static void write_outputs(const struct job *s)
{
	if (decisions_path)
		write_decisions(s);
	if (trades_path)
		write_trades(s);
	if (equity_path)
		write_equity(s);
	if (events_path)
		write_events(s);
	if (csv_path)
		write_csv(s);
	if (report_path)
		write_report(s);
}

static void job_release(struct job *s)
{
	run_result_release(&s->result);
	contract_release(&s->contract);
	init_state_release(&s->init);
	rules_release(&s->venue);
	market_release(&s->market);
	config_release(&s->config);
}

int main(int argc, char **argv)
{
	struct job s = { 0 };
	struct explain explain = { 0 };

	err_init(argv[0]);
	if (opt_parse(argc, argv, opts, "-c FILE (--candles DBS | --pack FILE) [options]",
		      "Replays a strategy over recorded bars; the same events as ocq-decide gives.") != 0)
		die(EX_USAGE, "unexpected operand %s", argv[0]);
	if (!(run.balance_usd > 0))
		die(EX_USAGE, "--balance must be above 0");
	if (load.slippage_bps < 0)
		die(EX_USAGE, "--slippage-bps must not be negative");
	check_outputs();
	if (explain_at)
		explain_parse(&explain);
	load_config(&load, &s.config, run.lookback);
	load_market(&load, &s.market, &s.config);
	load_init(&s.init, &s.market);
	load_venue(&s.venue, &s.market);
	config_id(&s.config, s.config_id);
	contract_make(&s.contract, &s.market, run.lookback, run.balance_usd, s.config.params.trade_slippage_bps);
	run_replay(&s, &explain);
	write_outputs(&s);
	note("%zu events, final balance %.2f USD", s.result.n_events, s.result.final_balance_usd);
	job_release(&s);
	return EX_OK;
}
