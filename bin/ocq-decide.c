/* SPDX-License-Identifier: MIT
 * ocq-decide - take snapshots, step by step, to decisions. With --fill replay it fills them itself and writes the events
 * that ocq-replay gives for the same bars; with -j it decides for a lane, whose orders others send. */
#include "base/opt.h"
#include "config/config.h"
#include "crypto/address.h"
#include "engine/emit.h"
#include "engine/section.h"
#include "lane/decide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *config_path, *symbols, *fill, *init_path, *venue_path;
static struct config_layers layers;
static struct run_options run = { .balance_usd = 10000, .lookback = 200 };
static int64_t from_ms = INT64_MIN, to_ms = INT64_MAX;
static double slippage_bps = NAN;
static bool strict, no_header;
static struct decide_options lane;
static const char *mode = "paper", *network = "mainnet";
static double settle_s = 30, max_delay_s = -1;
static uint64_t grace_ms = 2000;

static const struct opt opts[] = {
	{ 'c', "config", OPT_TEXT, &config_path, "FILE", "strategy YAML" },
	{ 'j', "journal", OPT_TEXT, &lane.dir, "DIR", "decide for the lane that keeps this journal" },
	{ 0, "mode", OPT_TEXT, &mode, "M", "paper, dry_live, live or shadow (paper)" },
	{ 0, "account", OPT_TEXT, &lane.account, "ADDR", "that is traded; mainnet or testnet" },
	{ 0, "network", OPT_TEXT, &network, "N", NULL },
	{ 'i', "interval", OPT_TEXT, &lane.interval, "IV", "of its steps (as configured)" },
	{ 0, "settle-wait", OPT_F64, &settle_s, "S", "wait for the orders of the last step (30)" },
	{ 0, "max-delay", OPT_F64, &max_delay_s, "S", "no entries later than this (half an interval)" },
	{ 0, "grace", OPT_U64, &grace_ms, "MS", "as the feed has it (2000)" },
	{ 0, "fill", OPT_TEXT, &fill, "replay", "fill decisions as a replay does and write the events" },
	{ 's', "symbols", OPT_TEXT, &symbols, "A", "apply the symbols: layer of this one symbol" },
	{ 0, "live", OPT_FLAG, &layers.live, NULL, "apply the live: layer" },
	{ 0, "from", OPT_TIME, &from_ms, "T", "first step that may trade, last step" },
	{ 0, "to", OPT_TIME, &to_ms, "T", NULL },
	{ 0, "init-state", OPT_TEXT, &init_path, "FILE", "start with these positions and this balance" },
	{ 0, "balance", OPT_F64, &run.balance_usd, "USD", "start balance (10000), warm-up bars (200)" },
	{ 0, "lookback", OPT_U32, &run.lookback, "N", NULL },
	{ 0, "slippage-bps", OPT_F64, &slippage_bps, "BPS", "instead of trade.slippage_bps" },
	{ 0, "venue", OPT_TEXT, &venue_path, "META", "keep an exchange's rules: records of ocq-hl meta" },
	{ 0, "strict", OPT_FLAG, &strict, NULL, "a stream without header or end is an error" },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "write the events without header and end", OPT_OUTPUT },
	{ 0, "lenient", OPT_FLAG, &layers.lenient, NULL, "configuration errors become warnings" },
	{ 0 }
};

struct decide {
	struct config config;
	char config_id[65];
	struct init_state init;
	struct venue_table venue;
	struct stepper st;
	struct run_result result;	/* holds the events of one step only */
	struct section section;
	struct record_in in;
	struct out out;
	uint64_t seq;
};

static void load(struct decide *d)
{
	struct errmsg e;

	layers.symbol = symbols;
	if (!config_load(&d->config, config_path, &layers, config_warn, NULL, &e))
		die(EX_CONFIG, "%s", e.text);
	if (!isnan(slippage_bps))
		d->config.params.trade_slippage_bps = slippage_bps;
	config_check_run(&d->config, &(struct config_run){ .lookback = run.lookback }, config_warn, NULL);
	if (init_path && !init_state_load(&d->init, init_path, &e))
		die(EX_DATA, "%s", e.text);
	if (init_path)
		run.balance_usd = d->init.balance_usd;
	if (venue_path) {
		rules_load(&d->venue, venue_path);
		run.venue = &d->venue;
	}
	if (!stepper_init(&d->st, &d->config, &run, &d->result, &e))
		die(EX_CONFIG, "%s", e.text);
}

static int find(void *arg, const char *name)
{
	int64_t at = section_find(arg, name);

	return at < 0 ? -1 : (int)at;
}

static void import(struct decide *d)
{
	size_t i;

	for (i = 0; i < d->init.n_positions; i++)
		section_learn(&d->section, &d->st, d->init.position[i].symbol);
	for (i = 0; i < d->init.n_last_entry; i++)
		section_learn(&d->section, &d->st, d->init.last_entry[i].symbol);
	for (i = 0; i < d->init.n_last_exit; i++)
		section_learn(&d->section, &d->st, d->init.last_exit[i].symbol);
	stepper_import(&d->st, &d->init, find, &d->section);
}

static void write_events(struct decide *d)
{
	const struct event *bad = stepper_overflow(&d->result);
	struct rec_event rec;
	size_t i;

	if (bad)
		in_die(&d->in.in, "%s: " OVERFLOW_TEXT, d->section.name[bad->symbol]);
	for (i = 0; i < d->result.n_events; i++) {
		event_record(&rec, &d->result.event[i], ++d->seq, d->section.name[d->result.event[i].symbol]);
		record_write(&d->out, REC_event, &rec);
	}
	d->result.n_events = 0;
}

static void take_step(struct decide *d, int64_t t_ms)
{
	struct snapshot s;
	uint32_t i, symbol = 0;

	if (t_ms > to_ms) {
		d->section.n = 0;
		return;
	}
	section_close(&d->section, &d->st, t_ms, &d->in.in);
	stepper_begin(&d->st, t_ms);
	for (i = 0; i < d->section.n; i++) {
		while (strcmp(d->section.name[symbol], d->section.rec[i].symbol) != 0)
			symbol++;	/* both are ascending, and every name is known */
		record_to_snapshot(&s, &d->section.rec[i]);
		if (t_ms < from_ms)
			stepper_feed(&d->st, symbol, &s);
		else
			stepper_bar(&d->st, symbol, &s, true, true);
	}
	stepper_rank(&d->st, t_ms, NULL);
	write_events(d);
	d->section.n = 0;
}

static void close_out(struct decide *d)
{
	uint32_t i;

	if (!stepper_close_out(&d->st, d->section.last_ms, &i))
		die(EX_DATA, "%s has an open position but no price in the stream", d->section.name[i]);
	write_events(d);
}

static void decide(struct decide *d)
{
	struct record r;

	while (record_read(&d->in, &r)) {
		if (r.type == REC_snapshot)
			section_take(&d->section, &r.u.snapshot, &d->in.in);
		else if (r.type == REC_header)
			section_origin(&d->in.in, &r.u.header, d->config_id);
		else if (r.type == REC_step)
			take_step(d, r.u.step.t_ms);
		else if (r.type == REC_OTHER)
			record_pass(&d->out, &r);
	}
	record_finish(&d->in);
	if (stream_stop)
		return;		/* the market goes on: nothing is closed, and a step that was cut is not decided */
	if (d->section.n > 0)
		die(EX_DATA, "%s: the last step is not closed: %u snapshots without their step record", d->in.in.name, d->section.n);
	close_out(d);
}

static void decide_release(struct decide *d)
{
	in_close(&d->in.in);
	stepper_release(&d->st);
	run_result_release(&d->result);
	init_state_release(&d->init);
	rules_release(&d->venue);
	config_release(&d->config);
	section_release(&d->section);
}

/* ---- the two kinds ---- */

static void check_options(void)
{
	if (!(run.balance_usd > 0))
		die(EX_USAGE, "--balance must be above 0");
	if (slippage_bps < 0)
		die(EX_USAGE, "--slippage-bps must not be negative");
	if (!config_path)
		die(EX_USAGE, "no strategy: give --config FILE");
	if (!lane.dir && (!fill || strcmp(fill, "replay") != 0))
		die(EX_USAGE, "give --fill replay for events, or -j DIR for a lane");
	if (lane.dir && (fill || init_path || to_ms != INT64_MAX || strict || !isnan(slippage_bps)))
		die(EX_USAGE, "with -j there is no --fill, --init-state, --to, --strict and --slippage-bps");
}

static void fill_replay(const char *path)
{
	struct decide d = { .section = SECTION_INIT };

	load(&d);
	import(&d);
	out_open(&d.out, "-");
	record_open(&d.in, path, &d.out, strict);
	config_id(&d.config, d.config_id);
	if (!no_header)
		record_header(&d.out, d.config_id, NULL, NULL);
	decide(&d);
	if (!no_header)
		record_end(&d.out, d.seq);
	out_close(&d.out);
	decide_release(&d);
}

/* Addresses are compared as text: lower case. */
static const char *account_text(void)
{
	static char text[ADDRESS_TEXT];
	struct address a;

	if (!lane.account)
		die(EX_USAGE, "-j wants --account, the address that is traded");
	if (!address_parse(lane.account, strlen(lane.account), &a))
		die(EX_USAGE, "\"%s\" is no address: 0x and 40 hex digits", lane.account);
	address_put(text, &a);
	return text;
}

static void for_lane(const char *path)
{
	struct record_in in;
	struct out out;

	if (!lane_mode_parse(mode, &lane.mode))
		die(EX_USAGE, "--mode is paper, dry_live, live or shadow");
	if (strcmp(network, "mainnet") != 0 && strcmp(network, "testnet") != 0)
		die(EX_USAGE, "--network is mainnet or testnet");
	if (!venue_path)
		die(EX_USAGE, "-j wants --venue, the exchange's markets");
	if (!(settle_s >= 0 && settle_s <= 3600) || !(max_delay_s <= 86400) || grace_ms > 60000)
		die(EX_USAGE, "--settle-wait is at most an hour, --max-delay a day, --grace a minute");
	lane.account = account_text();
	lane.testnet = strcmp(network, "testnet") == 0;
	layers.symbol = symbols;
	lane.layers = layers;
	lane.config_path = config_path;
	lane.venue_path = venue_path;
	lane.lookback = run.lookback;
	lane.balance_usd = run.balance_usd;
	lane.from_ms = from_ms;
	lane.settle_wait_ms = (int64_t)(settle_s * 1000);
	lane.max_delay_ms = max_delay_s < 0 ? -1 : (int64_t)(max_delay_s * 1000);
	lane.grace_ms = (int64_t)grace_ms;
	out_open(&out, "-");
	record_open(&in, path, &out, false);
	lane_decide(&lane, &in, &out);
	in_close(&in.in);
	out_close(&out);
}

int main(int argc, char **argv)
{
	const char *path;
	int n;

	err_init(argv[0]);
	n = opt_parse(argc, argv, opts, "-c FILE (--fill replay | -j DIR) [options] [SNAPSHOTS]",
		      "Turns snapshots into decisions, one step after another.");
	if (n > 1)
		die(EX_USAGE, "one input at most");
	check_options();
	path = n ? argv[0] : "-";
	stream_signals();
	if (lane.dir)
		for_lane(path);
	else
		fill_replay(path);
	return EX_OK;
}
