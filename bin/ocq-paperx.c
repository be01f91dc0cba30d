/* SPDX-License-Identifier: MIT
 * ocq-paperx - a local exchange that speaks Hyperliquid. Changes when its options do. */
#include "base/clock.h"
#include "base/opt.h"
#include "base/stream.h"
#include "paperx/paperx.h"

#include <stdlib.h>
#include <string.h>

#define SPEED_MAX 1e9		/* the exchange's time stays a number of ms for years */

static struct path_options path;
static const char *lockstep;
static const char *network = "mainnet", *market, *setup, *faults, *control, *journal, *clock_file, *prefix, *limits = "on", *depth;
static uint64_t seed = 1;
static uint32_t port, clients = 1, push_ms;
static double speed = -1, limit_scale = 1;
static int64_t now_ms = INT64_MIN;
static bool any_time, hold, until_end, feed, durable, log_wire, no_builder_fee;

static const struct opt opts[] = {
	{ 'p', "port", OPT_U32, &port, "N", "where on 127.0.0.1 (a free port; it is printed)", OPT_HOST },
	{ 0, "prefix", OPT_TEXT, &prefix, "PATH", NULL },
	{ 0, "network", OPT_TEXT, &network, "mainnet|testnet", "whose signatures are good (mainnet)" },
	{ 0, "market", OPT_TEXT, &market, "FILE", "meta, spotMeta, perpDexs as JSON (12 coins)" },
	{ 0, "setup", OPT_TEXT, &setup, "FILE", "control lines that come first" },
	{ 0, "control", OPT_TEXT, &control, "SOCKET", "unix socket that takes control lines", OPT_OUTPUT },
	{ 0, "journal", OPT_TEXT, &journal, "DIR", "keep every input there, synced; go on from it", OPT_OUTPUT },
	{ 0, "durable", OPT_FLAG, &durable, NULL, NULL, OPT_HOST },
	{ 0, "faults", OPT_TEXT, &faults, "FILE", "how it misbehaves" },
	{ 0, "pack", OPT_TEXT, &path.pack, "FILE", "prices from a pack, or" },
	{ 0, "candles", OPT_TEXT, &path.candles, "DB,DB", "from stores with these bars" },
	{ 'i', "interval", OPT_TEXT, &path.intervals, "IV,IV", NULL },
	{ 0, "funding", OPT_TEXT, &path.funding, "DB", "rates, coins, window" },
	{ 's', "symbols", OPT_TEXT, &path.symbols, "A,B", NULL },
	{ 0, "from", OPT_TIME, &path.from_ms, "T", NULL },
	{ 0, "to", OPT_TIME, &path.to_ms, "T", NULL },
	{ 0, "path-steps", OPT_U32, &path.steps, "N", "of a bar (4); book (2,10,50000)" },
	{ 0, "depth", OPT_TEXT, &depth, "BPS,LEVELS,USD", NULL },
	{ 0, "speed", OPT_F64, &speed, "N", "times faster (1); 0: as N clients keep up (1)", OPT_HOST },
	{ 0, "clients", OPT_U32, &clients, "N", NULL, OPT_HOST },
	{ 0, "lockstep", OPT_TEXT, &lockstep, "FILE,IV", "until a lane, told; the end", OPT_HOST },
	{ 0, "hold", OPT_FLAG, &hold, NULL, NULL, OPT_HOST },
	{ 0, "until-end", OPT_FLAG, &until_end, NULL, NULL, OPT_HOST },
	{ 0, "clock", OPT_TEXT, &clock_file, "FILE", "publish the time for OCQ_CLOCK=FILE", OPT_OUTPUT },
	{ 0, "now", OPT_TIME, &now_ms, "T", "the clock stands at T and moves by command" },
	{ 0, "feed", OPT_FLAG, &feed, NULL, "candle, mid and bbo records on stdin" },
	{ 0, "log", OPT_FLAG, &log_wire, NULL, "a record of all that comes and goes", OPT_OUTPUT },
	{ 0, "any-time", OPT_FLAG, &any_time, NULL, "nonces of any time; orders without builder" },
	{ 0, "no-builder-fee", OPT_FLAG, &no_builder_fee, NULL, NULL },
	{ 0, "limits", OPT_TEXT, &limits, "on|off", "of requests (on), times X (1)" },
	{ 0, "limit-scale", OPT_F64, &limit_scale, "X", NULL },
	{ 0, "push-ms", OPT_U32, &push_ms, "N", "between books, mids, states (0); chance (1)" },
	{ 0, "seed", OPT_U64, &seed, "N", NULL },
	{ 0 }
};

static struct buf market_text, setup_text, faults_text;

static const char *read_file(struct buf *b, const char *name)
{
	struct errmsg e;

	if (!name)
		return NULL;
	if (!buf_read_file(b, name, 64u << 20, &e))
		die(EX_DATA, "%s", e.text);
	return buf_cstr(b);
}

static bool is_on(const char *option, const char *text)
{
	if (strcmp(text, "on") && strcmp(text, "off"))
		die(EX_USAGE, "--%s is on or off, not \"%s\"", option, text);
	return !strcmp(text, "on");
}

/* "2,10,50000": spread in basis points, levels a side, USD in each. */
static void read_depth(void)
{
	char *rest;

	if (!depth)
		return;
	path.spread_bps = strtod(depth, &rest);
	if (*rest == ',')
		path.levels = (unsigned)strtoul(rest + 1, &rest, 10);
	if (*rest == ',')
		path.level_usd = strtod(rest + 1, &rest);
	if (*rest)
		die(EX_USAGE, "--depth is BPS,LEVELS,USD, not \"%s\"", depth);
}

/* It becomes part of addresses. */
static void check_prefix(void)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

	if (prefix && (*prefix != '/' || prefix[strlen(prefix) - 1] == '/' || prefix[strspn(prefix, good)]))
		die(EX_USAGE, "--prefix is a path like /hl, not \"%s\"", prefix);
}

static void read_exchange(struct exchange_options *o)
{
	*o = exchange_options();
	if (!hl_network_parse(network, &o->network))
		die(EX_USAGE, "--network is mainnet or testnet, not \"%s\"", network);
	if (!(limit_scale > 0))
		die(EX_USAGE, "--limit-scale is above 0");
	o->rules.seed = seed;
	o->any_nonce_time = any_time;
	o->limits = is_on("limits", limits);
	o->limit_scale = limit_scale;
	o->refuse_builder_fee = no_builder_fee;
	o->mids_ms = o->book_ms = o->state_ms = push_ms;
	o->log = log_wire;
	o->market = read_file(&market_text, market);
}

/* Prices from stores bring time and, where no file names them, coins. */
static void read_path(struct paperx_options *o)
{
	struct errmsg e;
	int status;

	if (!path.pack && !path.candles)
		return;
	if (path.pack ? path.candles || path.intervals || path.funding : !path.intervals)
		die(EX_USAGE, "prices come from --pack, or from --candles with --interval");
	path.seed = seed;
	read_depth();
	o->path = path_open(&path, o->exchange.market ? NULL : &market_text, &e, &status);
	if (!o->path)
		die((enum exit_status)status, "%s", e.text);
	if (speed > SPEED_MAX)
		die(EX_USAGE, "--speed is at most %g; 0 is as fast as the clients keep up", SPEED_MAX);
	if (path_start(o->path) == INT64_MAX)
		die(EX_DATA, "there are no bars to play");
	o->exchange.market = buf_cstr(&market_text);
	if (speed > 1e9)
		die(EX_USAGE, "--speed is at most 1e9");
	o->time = PAPERX_PATH;
	o->exchange.rules.t_ms = path_start(o->path);
	o->speed = speed < 0 ? 1 : speed;
}

static void read_time(struct paperx_options *o)
{
	o->exchange.rules.t_ms = clock_ms();
	read_path(o);
	if (o->path && now_ms != INT64_MIN)
		die(EX_USAGE, "--now is for an exchange without a path of prices");
	if (!o->path && (speed >= 0 || until_end || hold))
		die(EX_USAGE, "--speed, --hold and --until-end are for prices from --pack or --candles");
	if (now_ms == INT64_MIN)
		return;
	o->time = PAPERX_COMMANDED;
	o->exchange.rules.t_ms = now_ms;
}

/* "FILE,1h" */
static void read_lockstep(struct paperx_options *o)
{
	const char *comma = lockstep ? strrchr(lockstep, ',') : NULL;

	if (!lockstep)
		return;
	if (!comma || (o->lockstep_ms = clock_interval_ms(comma + 1)) == 0)
		die(EX_USAGE, "--lockstep wants FILE,INTERVAL: \"%s\"", lockstep);
	if (!o->path || o->speed != 0)
		die(EX_USAGE, "--lockstep goes with --speed 0");
	o->lockstep = xstrndup(lockstep, (size_t)(comma - lockstep));
}

int main(int argc, char **argv)
{
	struct paperx_options o = { 0 };
	struct errmsg e;
	int n, status;

	err_init(argv[0]);
	path = path_options();
	stream_signals();
	n = opt_parse(argc, argv, opts, "[options] [ADDRESS=USD...]",
		      "A local exchange: REST and WebSocket as Hyperliquid speaks them.");
	if (port > 65535)
		die(EX_USAGE, "--port is at most 65535");
	check_prefix();
	read_exchange(&o.exchange);
	read_time(&o);
	read_lockstep(&o);
	o.port = (uint16_t)port;
	o.prefix = prefix;
	o.control = control;
	o.journal = journal;
	o.durable = durable;
	o.clock = clock_file;
	o.accounts = (const char *const *)argv;
	o.n_accounts = (unsigned)n;
	o.setup_text = read_file(&setup_text, setup);
	o.faults_text = read_file(&faults_text, faults);
	o.clients = clients;
	o.hold = hold;
	o.until_end = until_end;
	o.feed = feed;
	status = paperx_run(&o, &e);
	free((char *)o.lockstep);
	path_free(o.path);
	buf_release(&market_text);
	buf_release(&setup_text);
	buf_release(&faults_text);
	if (*e.text)
		die((enum exit_status)status, "%s", e.text);
	return status;
}
