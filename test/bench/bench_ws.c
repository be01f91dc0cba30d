/* SPDX-License-Identifier: MIT
 * WebSocket messages to records, on one core. Prints "name<TAB>value<TAB>unit" per line, best of several turns. */
#include "base/clock.h"
#include "hl/ws.h"

#include <stdio.h>

#define TURNS 7
#define MESSAGES 10000

static const char candle[] = "{\"channel\":\"candle\",\"data\":{\"t\":1763820000000,\"T\":1763820899999,\"s\":\"BTC\",\"i\":\"15m\","
	"\"o\":\"84010.0\",\"c\":\"84055.0\",\"h\":\"84101.0\",\"l\":\"83990.0\",\"v\":\"131.20421\",\"n\":1821}}";
static const char bbo[] = "{\"channel\":\"bbo\",\"data\":{\"coin\":\"BTC\",\"time\":1763828003456,"
	"\"bbo\":[{\"px\":\"84143.0\",\"sz\":\"1.2501\",\"n\":4},{\"px\":\"84144.0\",\"sz\":\"0.7\",\"n\":2}]}}";
static struct buf mids;		/* of 200 symbols */

static struct hl_ws_event scratch;
static uint64_t events;

static void count(void *arg, const struct hl_ws_event *e)
{
	(void)arg;
	events += e->kind == HL_WS_RECORD;
}

static double best(const char *text, size_t n)
{
	int64_t least = INT64_MAX;
	struct errmsg e;

	for (int turn = 0; turn < TURNS; turn++) {
		int64_t start = clock_mono_ns(), spent;

		for (int i = 0; i < MESSAGES; i++)
			if (!hl_ws_read(&scratch, text, n, 0, count, NULL, &e))
				die(EX_BUG, "%s", e.text);
		spent = clock_mono_ns() - start;
		least = spent < least ? spent : least;
	}
	return (double)least / MESSAGES;
}

int main(void)
{
	err_init("bench_ws");
	buf_adds(&mids, "{\"channel\":\"allMids\",\"data\":{\"mids\":{");
	for (int i = 0; i < 200; i++)
		buf_addf(&mids, "%s\"SYM%d\":\"%d.%d\"", i ? "," : "", i, 17 * i, i);
	buf_adds(&mids, "}}}");
	printf("ws_candle\t%.3f\tus\n", best(candle, sizeof candle - 1) / 1e3);
	printf("ws_bbo\t%.3f\tus\n", best(bbo, sizeof bbo - 1) / 1e3);
	printf("ws_mids\t%.3f\tus\n", best(mids.data, mids.len) / 1e3);
	buf_release(&mids);
	return events == 0;
}
