/* SPDX-License-Identifier: MIT
 * ocq-feed - collect the market over the exchange's WebSocket: closed candles in steps, prices and our own events as
 * records, candle stores, a socket for others. Changes when its options do. */
#include "base/clock.h"
#include "base/opt.h"
#include "feed/chain.h"
#include "feed/feed.h"
#include "net/url.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENT_TTL_S = 90, SAMPLE_MS = 1000 };

static struct feed_options o = {
	.url = "https://api.hyperliquid.xyz", .bbo_sample_ms = SAMPLE_MS, .from_ms = INT64_MIN,
	.collect = { .stale_mids_ms = STALE_MIDS_MS, .stale_bbo_ms = STALE_BBO_MS, .stale_candles_ms = STALE_CANDLES_MS,
		.audit_ms = AUDIT_MS },
};
static const char *intervals, *follow, *price;
static uint64_t grace_ms = GRACE_MS, patience_s = PATIENCE_MS / 1000, throttle_ms;
static uint32_t client_ttl_s = CLIENT_TTL_S;
static int64_t to_ms = INT64_MAX;
static bool no_mids, no_header;

static const struct opt opts[] = {
	{ 's', "symbols", OPT_TEXT, &o.symbols, "A,B|@FILE", "follow these; a file is read again when it changes" },
	{ 0, "top", OPT_U32, &o.top, "N", "and the N of most volume, if at least USD" },
	{ 0, "min-volume", OPT_F64, &o.min_volume_usd, "USD", NULL },
	{ 0, "require", OPT_TEXT, &o.require, "A,B|@FILE", "no step closes without these (BTC, if followed)" },
	{ 'i', "interval", OPT_TEXT, &intervals, "A,B", "bars of these; the first closes steps (1h)" },
	{ 0, "user", OPT_TEXT, &o.users, "ADDR", "fills, orders, funding of this account" },
	{ 0, "bbo", OPT_FLAG, &o.collect.bbo, NULL, "which prices are told" },
	{ 0, "mids-from-bbo", OPT_FLAG, &o.collect.mids_from_bbo, NULL, NULL },
	{ 0, "no-mids", OPT_FLAG, &no_mids, NULL, NULL },
	{ 0, "throttle", OPT_U64, &throttle_ms, "MS", "at most one mid or bbo of a symbol in MS (0)" },
	{ 0, "grace", OPT_U64, &grace_ms, "MS", "after its end a bar may still change (2000)" },
	{ 0, "patience", OPT_U64, &patience_s, "S", "a step waits for bars that are missing (60)" },
	{ 0, "from", OPT_TIME, &o.from_ms, "T", "first step (the one behind the store's last)" },
	{ 0, "to", OPT_TIME, &to_ms, "T", "end with this step" },
	{ 0, "dir", OPT_TEXT, &o.dir, "DIR", "candle stores, filled with the last N bars before", OPT_OUTPUT },
	{ 0, "history", OPT_U32, &o.history_bars, "N", NULL },
	{ 0, "bbo-store", OPT_U32, &o.bbo_hours, "H", "and a store of bid and ask of the last H hours" },
	{ 0, "socket", OPT_TEXT, &o.socket, "PATH", "serve others; forget them after S (90)", OPT_OUTPUT },
	{ 0, "client-ttl", OPT_U32, &client_ttl_s, "S", NULL },
	{ 0, "follow", OPT_TEXT, &follow, "PATH", "no exchange: the records of the feed that serves PATH" },
	{ 0, "price", OPT_TEXT, &price, "A,B", "no collecting: the best price there is, from anywhere" },
	{ 0, "url", OPT_TEXT, &o.url, "URL", "the exchange; PEM file of its authority", OPT_HOST },
	{ 0, "ca", OPT_TEXT, &o.ca_file, "FILE", NULL, OPT_HOST },
	{ 0, "no-limits", OPT_FLAG, &o.no_limits, NULL, "an exchange without limits, for tests" },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "records without header and end", OPT_OUTPUT },
	{ 0 }
};

/* An option that was not given may be in the environment, under its old name. */
static void from_environment(const char **option, const char *name)
{
	const char *value = getenv(name);

	if (!*option && value && *value)
		*option = value;
}

static void read_intervals(const char *list)
{
	char *copy = xstrdup(list), *rest = copy, *item;
	struct collect_options *c = &o.collect;

	while ((item = strsep(&rest, ","))) {
		if (!collect_length_ms(item))
			die(EX_USAGE, "interval \"%s\" is not one of 1m 3m 5m 15m 30m 1h 2h 4h 8h 12h 1d 3d 1w", item);
		for (unsigned k = 0; k < c->n_intervals; k++)
			if (strcmp(c->interval[k], item) == 0)
				die(EX_USAGE, "interval %s is there twice", item);
		strcpy(c->interval[c->n_intervals++], item);
	}
	free(copy);
}

static void check_options(void)
{
	struct symbol_list l = { 0 };
	struct errmsg e;

	if ((o.symbols && !symbol_list_read(&l, o.symbols, &e)) || (o.require && !symbol_list_read(&l, o.require, &e)))
		die(EX_USAGE, "%s", e.text);
	symbol_list_release(&l);
	if (o.users && !user_list_read(&l, o.users, &e))
		die(EX_USAGE, "%s", e.text);
	symbol_list_release(&l);
	o.url = url_option(o.url);
	if (!o.symbols && !o.require && !o.top && !o.socket)
		die(EX_USAGE, "nothing to follow: give --symbols, --top or --socket");
	if (grace_ms > 60000 || patience_s > 86400)
		die(EX_USAGE, "grace is at most 60000 ms, patience a day");
	if (o.collect.mids_from_bbo || o.bbo_hours)
		o.collect.bbo = true;
	o.collect.mids = !no_mids;
	o.collect.to_ms = to_ms == INT64_MAX ? 0 : to_ms;
	o.collect.grace_ms = (int64_t)grace_ms;
	o.collect.patience_ms = (int64_t)patience_s * 1000;
	o.collect.throttle_ms = (int64_t)throttle_ms;
	o.client_ttl_ms = (int64_t)client_ttl_s * 1000;
}

/* What consumers of the fallback chain get: mid records that say where their price is from. */
static int write_prices(struct out *out, uint64_t *records)
{
	struct chain_options co = { o.socket, o.dir, o.collect.interval[0], o.url, o.ca_file, CHAIN_MAX_AGE_MS, CHAIN_TIMEOUT_MS };
	struct chain *c = chain_open(&co);
	struct symbol_list l = { 0 };
	struct chain_price p;
	struct errmsg e;
	char more[96];
	int status = EX_OK;

	if (!symbol_list_read(&l, price, &e))
		die(EX_USAGE, "%s", e.text);
	for (unsigned i = 0; i < l.n; i++) {
		struct rec_mid r = { 0 };

		if (!chain_price(c, l.at[i], &p)) {
			warn("%s: nobody knows a price", l.at[i]);
			status = EX_ABSENT;
			continue;
		}
		strcpy(r.symbol, l.at[i]);
		r.t_ms = clock_ms() - p.age_ms;
		r.px = p.px;
		record_write(out, REC_mid, &r);
		record_extend(out, more, (size_t)snprintf(more, sizeof more, ",\"age_ms\":%" PRId64 ",\"source\":\"%s\"",
			p.age_ms, chain_source_text(p.source)));
		++*records;
	}
	symbol_list_release(&l);
	chain_close(c);
	return status;
}

int main(int argc, char **argv)
{
	struct feed_count count = { 0 };
	struct out out;
	int n, status;

	err_init(argv[0]);
	n = opt_parse(argc, argv, opts, "-s A,B|--top N [-i A,B] [--dir DIR] [--socket PATH] [options]",
		      "Collects the market: closed candles in steps, prices, our own events.");
	if (n)
		die(EX_USAGE, "no operands: \"%s\"", argv[0]);
	stream_signals();
	if (!follow) {
		from_environment(&o.dir, "AI_QUANT_CANDLES_DB_DIR");
		from_environment(&o.socket, "AI_QUANT_WS_SIDECAR_SOCK");
		from_environment(&o.symbols, "AI_QUANT_SIDECAR_SYMBOLS");
		from_environment(&intervals, "AI_QUANT_SIDECAR_INTERVALS");
		read_intervals(intervals ? intervals : "1h");
		if (!price)
			check_options();
	}
	out_open(&out, "-");
	if (!no_header)
		record_header(&out, NULL, NULL, NULL);
	out_flush(&out);
	status = price ? write_prices(&out, &count.records) : follow ? feed_follow(follow, o.from_ms, to_ms, &out, &count) :
		feed_run(&o, &out, &count);
	if (!no_header)
		record_end(&out, count.records);
	out_close(&out);
	return status;
}
