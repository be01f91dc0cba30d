/* SPDX-License-Identifier: MIT
 * ocq-backfill - candles, funding, metadata and listings that the exchange still has, into the stores. Changes when its options do. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/opt.h"
#include "feed/backfill.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>

enum { INTERVALS_MAX = 32 };

static const char *symbols, *intervals = "1h";
static struct backfill_options o = { .url = "https://api.hyperliquid.xyz", .from_ms = INT64_MIN, .to_ms = INT64_MAX };
static bool no_header;

static const struct opt opts[] = {
	{ 'd', "dir", OPT_TEXT, &o.dir, "DIR", "candles into DIR/candles_<interval>.db" },
	{ 's', "symbols", OPT_TEXT, &symbols, "A,B|@FILE", "of these, or of those listed in FILE" },
	{ 'n', "top", OPT_U32, &o.top, "N", "of the N with the highest volume of the day" },
	{ 'i', "interval", OPT_TEXT, &intervals, "IV,IV", "1m 3m 5m 15m 30m 1h 2h 4h 8h 12h 1d 3d 1w 1M (1h)" },
	{ 0, "funding", OPT_TEXT, &o.funding, "DB", "funding rates into this store" },
	{ 0, "universe", OPT_TEXT, &o.universe, "DB", "listings and delistings into this store" },
	{ 0, "meta", OPT_TEXT, &o.meta, "FILE", "the exchange's metadata into this file" },
	{ 0, "from", OPT_TIME, &o.from_ms, "T", "from then on (the last 5,000 bars)" },
	{ 0, "to", OPT_TIME, &o.to_ms, "T", "up to then (the last bar that is closed)" },
	{ 0, "url", OPT_TEXT, &o.url, "URL", "of the exchange (https://api.hyperliquid.xyz)" },
	{ 0, "ca", OPT_TEXT, &o.ca_file, "FILE", "authorities to trust (the system's)" },
	{ 0, "budget", OPT_TEXT, &o.budget, "FILE", "weight budget to share (one per user and host)" },
	{ 0, "in-flight", OPT_U32, &o.in_flight, "N", "questions at a time (8)", OPT_HOST },
	{ 0, "tries", OPT_U32, &o.tries, "N", "of a question that is not answered (6)", OPT_HOST },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "write the gaps without header and end", OPT_OUTPUT },
	{ 0 }
};

/* The interval that a word names, as a text that stays. */
static const char *interval_named(const char *word)
{
	for (int i = 0; clock_intervals[i]; i++)
		if (strcmp(clock_intervals[i], word) == 0)
			return clock_intervals[i];
	die(EX_USAGE, "\"%s\" is not one of 1m 3m 5m 15m 30m 1h 2h 4h 8h 12h 1d 3d 1w 1M", word);
}

static void read_intervals(const char **list)
{
	char *copy = xstrdup(intervals), *rest = copy, *word;

	while ((word = strsep(&rest, ",")))
		if (o.n_intervals < INTERVALS_MAX)
			list[o.n_intervals++] = interval_named(word);
	o.interval = list;
	free(copy);
}

static void read_symbols(void)
{
	struct errmsg e;

	if (symbols && !symbol_list_read(&o.symbols, symbols, &e))
		die(*symbols == '@' ? EX_DATA : EX_USAGE, "--symbols: %s", e.text);
	if ((o.dir || o.funding) && !o.symbols.n && !o.top)
		die(EX_USAGE, "--symbols or --top says whose history");
}

int main(int argc, char **argv)
{
	const char *list[INTERVALS_MAX];
	struct errmsg e;
	struct out out;
	uint64_t records;
	int status;

	err_init(argv[0]);
	if (opt_parse(argc, argv, opts, "[options]", "Fetches the history that stores lack; writes what cannot be had."))
		die(EX_USAGE, "no operands, only options");
	if (!o.dir && !o.funding && !o.universe && !o.meta)
		die(EX_USAGE, "--dir, --funding, --universe or --meta says where to");
	o.url = url_option(o.url);
	read_intervals(list);
	read_symbols();
	stream_signals();
	out_open(&out, "-");
	if (!no_header)
		record_header(&out, NULL, NULL, NULL);
	status = backfill_run(&o, &out, &records, &e);
	if (!no_header && (status == EX_OK || status == EX_NO))
		record_end(&out, records);
	out_close(&out);
	symbol_list_release(&o.symbols);
	if (status != EX_OK)
		warn("%s", e.text);
	return status;
}
