/* SPDX-License-Identifier: MIT
 * Lines on the feed's socket: each is answered by exactly one line that is JSON with an id, or waits, whatever it is; nothing is answered
 * to a client behind its wait before that ends. */
#include "feed/api.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned answers;
static struct collect *collect;

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void on_send(void *arg, void *conn, const char *line, size_t len)
{
	struct json_doc d;
	bool ok;

	(void)arg, (void)conn;
	require(json_parse(&d, line, len, NULL));
	require(json_bool(json_get(&d, d.tok, "ok"), &ok));
	require(json_get(&d, d.tok, "id") && (json_get(&d, d.tok, "result") != NULL) == ok && (json_get(&d, d.tok, "error") != NULL) != ok);
	json_release(&d);
	answers++;
}

static void on_drop(void *arg, void *conn) { (void)arg, (void)conn; }
static void on_restart(void *arg) { (void)arg; }
static void on_stats(void *arg, struct jsonw *w, bool all) { (void)arg, (void)w, (void)all; }

static bool on_coverage(void *arg, struct jsonw *w, const char *symbol, const char *interval, uint64_t limit)
{
	(void)arg, (void)w, (void)symbol, (void)interval;
	return limit > 0;
}

static void on_series(void *arg, const char *symbol, const char *interval, uint64_t limit)
{
	(void)arg, (void)limit;
	require(strlen(symbol) < SYMBOL_MAX && strlen(interval) < 8);
}

static void on_wants(void *arg)
{
	struct symbol_list users = { 0 };

	api_wants(*(struct api **)arg, on_series, &users, NULL);
	symbol_list_release(&users);
}

static void no_record(void *arg, enum record_type type, const void *rec) { (void)arg, (void)type, (void)rec; }
static void no_row(void *arg, unsigned interval, const struct rec_candle *c) { (void)arg, (void)interval, (void)c; }
static void no_step(void *arg, int64_t t_ms) { (void)arg, (void)t_ms; }
static void no_ask(void *arg, uint32_t series, int64_t from_ms, int64_t to_ms, bool urgent) { (void)arg, (void)series, (void)from_ms, (void)to_ms, (void)urgent; }
static void no_prove(void *arg) { (void)arg; }

/* A feed that knows something: two symbols, one of them with a told bar. */
static struct collect *make_collect(void)
{
	static const struct collect_sink sink = { no_record, no_row, no_step, no_ask, no_prove, NULL };
	struct collect_options o = { .n_intervals = 2, .interval = { "1m", "1h" }, .grace_ms = 2000, .patience_ms = 60000, .mids = true, .bbo = true };
	const char *symbols[] = { "BTC", "kPEPE" };
	struct rec_candle c = { "BTC", "1m", 1763827200000, 1763827259999, 1, 2, 1, 2, 3, 4 };
	struct collect *x = collect_new(&o, &sink, NULL);

	collect_follow(x, symbols, 2, NULL, 0, 1763827203000);
	collect_up(x, 1763827203000);
	collect_candle(x, &c, 1763827203000);
	collect_mid(x, &(struct rec_mid){ "BTC", 1763827203000, 100.5 }, 1763827203000);
	collect_bbo(x, &(struct rec_bbo){ "kPEPE", 1763827203000, 1, 2, 3, 4 }, 1763827203000);
	return x;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct api_host host = { on_send, on_drop, on_restart, on_wants, on_stats, on_coverage };
	static struct api *api;
	struct api_client *k;
	const char *p = (const char *)data, *end = p + size, *stop;
	int64_t now_ms = 1763827204000;
	unsigned lines = 0;

	if (!collect)
		collect = make_collect();
	api = api_new(collect, &host, &api, CLIENT_TTL_MS);
	k = api_opened(api, NULL);
	answers = 0;
	api_event(api, 0, "{\"tid\":1}", 9, now_ms);
	api_event(api, 1, "[]", 2, now_ms);
	for (; p < end; p = stop + 1, lines++) {
		stop = memchr(p, '\n', (size_t)(end - p));
		stop = stop ? stop : end;
		api_line(api, k, p, (size_t)(stop - p), now_ms);
		require(answers <= lines + 1);
	}
	for (unsigned i = 0; i <= lines; i++)	/* every wait ends */
		api_turn(api, now_ms += 200000);
	require(size > 60000 || answers == lines);
	api_closed(api, k);
	api_free(api);
	return 0;
}
