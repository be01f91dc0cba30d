/* SPDX-License-Identifier: MIT
 * A small exchange for tests of clients of POST /info: markets, candles and funding that follow from a formula, the weight limit,
 * and failures on demand. It lives on the test's own loop and on a simulated clock. */
#ifndef OCQ_TEST_EXCHANGE_H
#define OCQ_TEST_EXCHANGE_H

#include "base/buf.h"
#include "base/clock.h"
#include "json/json.h"
#include "net/server.h"

#include <stdlib.h>

#define HOUR INT64_C(3600000)
#define MINUTE INT64_C(60000)
#define START INT64_C(1760000400000)	/* 2025-10-09T09:00:00Z */
#define KEPT 5000
#define RATES_MAX 500

/* hole: bars whose number ends with this digit do not exist; -1: all do. */
struct test_coin { const char *name; bool delisted; int64_t listed_ms, until_ms; int hole; };
static const struct test_coin test_coins[] = {
	{ "BTC", false, 0, INT64_MAX, -1 },
	{ "ETH", false, 0, INT64_MAX, -1 },
	{ "kPEPE", false, START - 700 * HOUR, INT64_MAX, -1 },
	{ "OLD", true, START - 2000 * HOUR, START - 50 * HOUR, -1 },
	{ "HOLE", false, 0, INT64_MAX, 3 },
};
enum { N_COINS = sizeof test_coins / sizeof *test_coins };

enum test_fault { FAULT_NONE, FAULT_500, FAULT_502, FAULT_429, FAULT_422, FAULT_DROP, FAULT_JUNK, FAULT_BAD_ROW };

struct exchange {
	struct loop *loop;
	struct server *server;
	struct loop_timer tick;
	const char *clock_path;
	int64_t begun_ns, begun_ms;
	double speed;
	char url[64];
	double level;			/* of weight; drains 1200 a minute */
	int64_t level_ms;
	unsigned total, most, refused, asked;
	enum test_fault fault;		/* of the next `faults` questions, or of every fault_every-th */
	unsigned faults, fault_every;
};

static double test_price(const char *coin, int64_t t_ms, int64_t length)
{
	unsigned h = (unsigned)(t_ms / length) * 2654435761u + (unsigned char)coin[0] * 40503u;

	return 100 + (h >> 8) % 10000 / 100.0;
}

static bool test_bar_there(const struct test_coin *c, int64_t t_ms, int64_t length)
{
	return t_ms >= c->listed_ms && t_ms < c->until_ms && (c->hole < 0 || t_ms / length % 10 != c->hole);
}

static const struct test_coin *test_coin_named(const char *name)
{
	for (unsigned i = 0; i < N_COINS; i++)
		if (strcmp(test_coins[i].name, name) == 0)
			return &test_coins[i];
	return NULL;
}

/* ---- answers ---- */

static void answer_meta(struct buf *b)
{
	buf_adds(b, "[{\"universe\":[");
	for (unsigned i = 0; i < N_COINS; i++)
		buf_addf(b, "%s{\"szDecimals\":2,\"name\":\"%s\",\"maxLeverage\":20,\"marginTableId\":20%s}", i ? "," : "", test_coins[i].name,
		         test_coins[i].delisted ? ",\"isDelisted\":true" : "");
	buf_adds(b, "],\"marginTables\":[],\"collateralToken\":0},[");
	for (unsigned i = 0; i < N_COINS; i++)
		buf_addf(b, "%s{\"funding\":\"0.0000125\",\"openInterest\":\"1.0\",\"prevDayPx\":\"1.0\",\"dayNtlVlm\":\"%u.0\",\"premium\":null,"
		         "\"oraclePx\":\"1.0\",\"markPx\":\"1.0\",\"midPx\":null,\"impactPxs\":null,\"dayBaseVlm\":\"1.0\"}", i ? "," : "",
		         i == 1 ? 900 : 100 * (N_COINS - i));
	buf_adds(b, "]]");
}

static void answer_candle(const struct exchange *x, struct buf *b, const struct test_coin *c, const char *interval, int64_t t,
                          int64_t length, unsigned n)
{
	unsigned cents = (unsigned)(test_price(c->name, t, length) * 100 + 0.5);
	unsigned low = x->fault == FAULT_BAD_ROW && n == 7 ? cents + 100 : cents - 50;

	buf_addf(b, "%s{\"t\":%lld,\"T\":%lld,\"s\":\"%s\",\"i\":\"%s\",\"o\":\"%u.%02u\",\"c\":\"%u.%02u\",", n ? "," : "[", (long long)t,
	         (long long)(t + length - 1), c->name, interval, cents / 100, cents % 100, (cents + 25) / 100, (cents + 25) % 100);
	buf_addf(b, "\"h\":\"%u.%02u\",\"l\":\"%u.%02u\",\"v\":\"%u.0\",\"n\":%u}", (cents + 50) / 100, (cents + 50) % 100, low / 100,
	         low % 100, cents, n % 7);
}

static unsigned answer_candles(const struct exchange *x, struct buf *b, const struct test_coin *c, const char *interval, int64_t from,
                               int64_t to)
{
	int64_t now = clock_ms(), length = clock_bar(interval, 0, 1) - clock_bar(interval, 0, 0);
	int64_t oldest = clock_bar(interval, now, 1 - KEPT), t = clock_bar(interval, from > oldest ? from : oldest, 0);
	unsigned n = 0;

	for (; t <= to && t <= now; t += length)
		if (test_bar_there(c, t, length))
			answer_candle(x, b, c, interval, t, length, n++);
	buf_adds(b, n ? "]" : "[]");
	return n;
}

static unsigned answer_rates(struct buf *b, const struct test_coin *c, int64_t from, int64_t to)
{
	unsigned n = 0;

	for (int64_t h = from / HOUR * HOUR; h <= to && n < RATES_MAX; h += HOUR) {
		int64_t t = h + 1 + h / HOUR % 100;

		if (t < from || t > to || t > clock_ms() || !test_bar_there(c, h, HOUR))
			continue;
		buf_addf(b, "%s{\"coin\":\"%s\",\"fundingRate\":\"%.8f\",\"premium\":\"%.8f\",\"time\":%lld}", n++ ? "," : "[", c->name,
		         (double)(h / HOUR % 50) * 1e-6, (double)(h / HOUR % 70) * 1e-6, (long long)t);
	}
	buf_adds(b, n ? "]" : "[]");
	return n;
}

/* ---- the limit ---- */

static bool may_spend(struct exchange *x, unsigned weight)
{
	int64_t now = clock_ms();

	x->level -= (double)(now - x->level_ms) * 1200 / MINUTE;
	x->level = x->level > 0 ? x->level : 0;
	x->level_ms = now;
	return x->level + weight <= 1200;
}

static void spend(struct exchange *x, unsigned weight)
{
	x->level += weight;
	x->total += weight;
	x->most = x->level > x->most ? (unsigned)x->level : x->most;
}

/* ---- requests ---- */

static enum test_fault fault_now(struct exchange *x)
{
	if (x->faults) {
		x->faults--;
		return x->fault;
	}
	return x->fault_every && x->asked % x->fault_every == 0 ? x->fault : FAULT_NONE;
}

static bool misbehave(struct exchange *x, struct server_request *r)
{
	switch (fault_now(x)) {
	case FAULT_500: server_reply(r, 500, "application/json", "null", 4); return true;
	case FAULT_502: server_reply(r, 502, "text/html", "<html>bad gateway</html>", 24); return true;
	case FAULT_429: r->retry_after_s = 1; server_reply(r, 429, NULL, "null", 4); return true;
	case FAULT_422: server_reply(r, 422, "text/plain", "Failed to deserialize", 21); return true;
	case FAULT_DROP: server_drop(r, true); return true;
	case FAULT_JUNK: server_reply(r, 200, "application/json", "[{\"t\":", 6); return true;
	default: return false;
	}
}

static int64_t int_of(const struct json_doc *d, const struct json *v, const char *key)
{
	int64_t n = 0;

	return json_i64(d, json_get(d, v, key), &n) ? n : INT64_MAX;
}

/* The rows of the answer cost after it is known; unknown coins are status 500. */
static void on_request(void *arg, struct server_request *r)
{
	struct exchange *x = arg;
	struct json_doc d = { 0 };
	struct buf b = BUF_INIT;
	struct errmsg e;
	const struct json *req;
	const struct test_coin *c = NULL;
	char type[64] = "", coin[64] = "", interval[8] = "";
	bool candles;

	x->asked++;
	if (misbehave(x, r))
		return;
	if (!json_parse(&d, r->body, r->len, &e) || !json_str(&d, json_get(&d, d.tok, "type"), type, sizeof type))
		abort();
	candles = strcmp(type, "candleSnapshot") == 0;
	req = candles ? json_get(&d, d.tok, "req") : d.tok;
	if (json_str(&d, json_get(&d, req, "coin"), coin, sizeof coin))
		c = test_coin_named(coin);
	json_str(&d, json_get(&d, req, "interval"), interval, sizeof interval);
	if (!may_spend(x, 20)) {
		x->refused++;
		server_reply(r, 429, NULL, "null", 4);
	} else if (strcmp(type, "metaAndAssetCtxs") == 0) {
		spend(x, 20);
		answer_meta(&b);
		server_reply(r, 200, "application/json", b.data, b.len);
	} else if (!c) {
		spend(x, 20);
		server_reply(r, 500, "application/json", "null", 4);
	} else {
		int64_t from = int_of(&d, req, "startTime"), to = int_of(&d, req, "endTime");

		spend(x, 20 + (candles ? answer_candles(x, &b, c, interval, from, to) / 60 : answer_rates(&b, c, from, to) / 20));
		server_reply(r, 200, "application/json", b.data, b.len);
	}
	json_release(&d);
	buf_release(&b);
}

/* ---- the clock ---- */

static void tick(void *arg)
{
	struct exchange *x = arg;

	clock_publish(x->clock_path, x->begun_ms + (int64_t)((double)(clock_mono_ns() - x->begun_ns) / 1e6 * x->speed));
	loop_after(x->loop, &x->tick, 1, tick, x);
}

/* Before the first clock_ms() of the process. */
static struct exchange *exchange_new(const char *clock_path, double speed)
{
	struct exchange *x = xcalloc(1, sizeof *x);
	struct errmsg e;

	clock_publish(clock_path, START);
	setenv("OCQ_CLOCK", clock_path, 1);
	*x = (struct exchange){ .loop = loop_new(), .clock_path = clock_path, .begun_ns = clock_mono_ns(), .begun_ms = START, .speed = speed };
	x->server = server_new(x->loop, NULL, &(struct server_handlers){ .request = on_request }, x, &e);
	if (!x->server)
		die(EX_RETRY, "%s", e.text);
	snprintf(x->url, sizeof x->url, "http://127.0.0.1:%u", server_port(x->server));
	tick(x);
	return x;
}

static void exchange_free(struct exchange *x)
{
	loop_cancel(x->loop, &x->tick);
	server_free(x->server);
	loop_free(x->loop);
	free(x);
}

#endif
