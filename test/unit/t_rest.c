/* SPDX-License-Identifier: MIT
 * lib/feed/rest: what is asked again and what is not, pages, the closed rule, and the pace; against a small exchange. */
#include "test.h"
#include "exchange.h"

#include "feed/rest.h"

#include <unistd.h>

static struct exchange *x;
static struct rest *rest;
static struct errmsg why;

static void begin(unsigned tries)
{
	rest = rest_new(x->loop, &(struct rest_options){ .url = x->url, .budget = "budget", .class = BUDGET_READ, .tries = tries,
	                                                 .back_off_ms = 2 }, &why);
	x->asked = 0;
	x->fault_every = x->faults = 0;
}

/* ---- one question ---- */

static struct { unsigned calls; struct rest_answer a; char body[200], why[200]; } got;

static void on_done(void *arg, const struct rest_answer *a)
{
	(void)arg;
	got.calls++;
	got.a = *a;
	snprintf(got.body, sizeof got.body, "%.*s", a->outcome == REST_OK ? (int)a->len : 0, a->outcome == REST_OK ? a->body : "");
	snprintf(got.why, sizeof got.why, "%s", a->why);
}

static enum rest_outcome ask(enum test_fault fault, unsigned faults, unsigned tries)
{
	static const char body[] = "{\"type\":\"metaAndAssetCtxs\"}";

	begin(tries);
	x->fault = fault;
	x->faults = faults;
	got.calls = 0;
	rest_ask(rest, "metaAndAssetCtxs", body, sizeof body - 1, 0, false, on_done, NULL);
	CHECK(got.calls == 0);
	while (!got.calls && loop_turn(x->loop, -1))
		;
	rest_free(rest);
	CHECK(got.calls == 1);
	return got.a.outcome;
}

static void test_tries(void)
{
	CHECK(ask(FAULT_NONE, 0, 0) == REST_OK && x->asked == 1);
	CHECK(strncmp(got.body, "[{\"universe\":[{\"szDecimals\":2,\"name\":\"BTC\"", 42) == 0);
	CHECK(ask(FAULT_500, 2, 0) == REST_OK && x->asked == 3);
	CHECK(ask(FAULT_502, 5, 0) == REST_OK && x->asked == 6);
	CHECK(ask(FAULT_DROP, 3, 0) == REST_OK && x->asked == 4);
	CHECK(ask(FAULT_429, 2, 0) == REST_OK && x->asked == 3);
	CHECK(ask(FAULT_502, 100, 4) == REST_FAILED && x->asked == 4 && got.a.status == 502 && got.a.reached);
	CHECK_TEXT(got.why, "metaAndAssetCtxs: status 502: <html>bad gateway</html>");
	CHECK(ask(FAULT_DROP, 100, 2) == REST_FAILED && x->asked == 2 && !got.a.reached);
	CHECK(ask(FAULT_422, 1, 0) == REST_REFUSED && x->asked == 1 && got.a.status == 422);
	CHECK_TEXT(got.why, "metaAndAssetCtxs: status 422: Failed to deserialize");
	CHECK(ask(FAULT_JUNK, 1, 0) == REST_OK && x->asked == 1);	/* a whole answer: who asked reads it */
}

static void test_absent(void)
{
	rest = rest_new(x->loop, &(struct rest_options){ .url = "http://127.0.0.1:1", .budget = "budget", .tries = 2,
	                                                 .back_off_ms = 2 }, &why);
	got.calls = 0;
	rest_ask(rest, "meta", "{}", 2, 0, false, on_done, NULL);
	while (!got.calls && loop_turn(x->loop, -1))
		;
	CHECK(got.a.outcome == REST_FAILED && !got.a.reached && got.a.status == 0 && strstr(got.why, "127.0.0.1"));
	rest_free(rest);
}

static void test_given_up(void)
{
	begin(0);
	got.calls = 0;
	rest_ask(rest, "meta", "{}", 2, 0, false, on_done, NULL);
	rest_free(rest);
	CHECK(got.calls == 1 && got.a.outcome == REST_FAILED);
	CHECK_TEXT(got.why, "meta: given up before it was asked");
}

/* ---- ranges ---- */

static struct {
	unsigned pages, done;
	size_t rows;
	int64_t from_ms, to_ms, first_ms, last_ms;
	enum rest_outcome outcome;
	bool ordered, right;
} range;

static void on_end(void *arg, const struct rest_answer *a)
{
	(void)arg;
	range.done++;
	range.outcome = a->outcome;
	snprintf(got.why, sizeof got.why, "%s", a->why);
}

static void take_times(int64_t t_ms, bool right)
{
	range.ordered &= !range.rows || t_ms > range.last_ms;
	range.right &= right;
	if (!range.rows++)
		range.first_ms = t_ms;
	range.last_ms = t_ms;
}

static bool on_candles(void *arg, const struct rec_candle *row, size_t n, int64_t from_ms, int64_t to_ms, int64_t asked_ms)
{
	const struct rest_candles *q = arg;

	range.ordered &= !range.pages || from_ms > range.to_ms;
	range.from_ms = range.pages++ ? range.from_ms : from_ms;
	range.to_ms = to_ms;
	for (size_t i = 0; i < n; i++)
		take_times(row[i].t_ms, row[i].t_ms >= from_ms && row[i].t_ms <= to_ms && row[i].t_close_ms + REST_GRACE_MS < asked_ms &&
		                        strcmp(row[i].symbol, q->symbol) == 0 && strcmp(row[i].interval, q->interval) == 0);
	return true;
}

static bool on_rates(void *arg, const struct rest_rate *row, size_t n, int64_t from_ms, int64_t to_ms)
{
	(void)arg;
	range.pages++;
	for (size_t i = 0; i < n; i++)
		take_times(row[i].t_ms, row[i].t_ms >= from_ms && row[i].t_ms <= to_ms && row[i].rate < 1e-4 && row[i].premium < 1e-4);
	return true;
}

static void wait_range(void)
{
	while (!range.done && loop_turn(x->loop, -1))
		;
	CHECK(range.done == 1 && range.ordered && range.right);
	rest_free(rest);
}

static void candles(const char *symbol, const char *interval, int64_t from_ms, int64_t to_ms)
{
	struct rest_candles q = { .from_ms = from_ms, .to_ms = to_ms, .page = on_candles, .done = on_end, .arg = &q };

	snprintf(q.symbol, sizeof q.symbol, "%s", symbol);
	snprintf(q.interval, sizeof q.interval, "%s", interval);
	memset(&range, 0, sizeof range);
	range.ordered = range.right = true;
	rest_candles(rest, &q);
	wait_range();
}

/* The forming bar never comes, nor one that closed less than the grace ago. */
static void test_closed(void)
{
	int64_t now = clock_ms();

	begin(0);
	candles("kPEPE", "1m", now - 30 * MINUTE, now + HOUR);
	CHECK(range.outcome == REST_OK && range.pages == 1 && range.rows >= 29 && range.rows < 40 && range.last_ms < clock_ms() - MINUTE);
}

static size_t hours_there(const char *coin, int64_t from_ms, int64_t to_ms)
{
	size_t n = 0;

	for (int64_t t = from_ms; t <= to_ms; t += HOUR)
		n += test_bar_there(test_coin_named(coin), t, HOUR);
	return n;
}

/* Pages of 5,000 bars at most, which always go on; what the exchange does not have ends nothing and loops nowhere. */
static void test_pages(void)
{
	int64_t now = clock_bar("1m", clock_ms() - 2 * REST_GRACE_MS, 0);	/* the last bar is closed for good */

	begin(0);
	candles("BTC", "1m", now - 12000 * MINUTE, now - MINUTE);
	CHECK(range.outcome == REST_OK && range.pages == 3 && x->asked == 3);
	CHECK(range.from_ms == now - 12000 * MINUTE && range.to_ms == now - MINUTE);
	CHECK(range.rows > 4950 && range.rows < 5000 && range.last_ms == now - MINUTE);
	begin(0);
	candles("OLD", "1h", START - 100 * HOUR, START);
	CHECK(range.outcome == REST_OK && range.rows == 50 && range.last_ms == START - 51 * HOUR);
	begin(0);
	candles("HOLE", "1h", START - 99 * HOUR, START);
	CHECK(range.outcome == REST_OK && range.rows == hours_there("HOLE", START - 99 * HOUR, START - HOUR));
}

static void test_refused(void)
{
	begin(2);
	x->fault = FAULT_JUNK;
	x->faults = 1;
	candles("BTC", "1h", START - 10 * HOUR, START - HOUR);
	CHECK(range.outcome == REST_REFUSED && x->asked == 1 && range.pages == 0);
	begin(2);
	candles("KPEPE", "1h", START - 10 * HOUR, START - HOUR);	/* the wrong case: 500 again and again */
	CHECK(range.outcome == REST_FAILED && x->asked == 2);
}

static void rates(const char *symbol, int64_t from_ms, int64_t to_ms)
{
	struct rest_rates q = { .from_ms = from_ms, .to_ms = to_ms, .page = on_rates, .done = on_end };

	snprintf(q.symbol, sizeof q.symbol, "%s", symbol);
	memset(&range, 0, sizeof range);
	range.ordered = range.right = true;
	begin(0);
	rest_rates(rest, &q);
	wait_range();
}

static void test_rates(void)
{
	rates("ETH", START - 1999 * HOUR, START - 1);
	CHECK(range.outcome == REST_OK && range.rows == 1999 && x->asked == 4 && range.pages == 4);
	rates("ETH", START - 1000 * HOUR, START - 1);	/* full pages: one question more finds nothing more */
	CHECK(range.rows == 1000 && x->asked == 3);
	rates("kPEPE", START - 1000 * HOUR, START - 1);
	CHECK(range.rows == 700 && x->asked == 2 && range.first_ms / HOUR * HOUR == START - 700 * HOUR);
	rates("OLD", START - 10 * HOUR, START - 1);
	CHECK(range.rows == 0 && range.outcome == REST_OK);
}

/* ---- the pace ---- */

static unsigned ended;

static void on_each(void *arg, const struct rest_answer *a)
{
	(void)arg;
	ended += a->outcome == REST_OK;
}

/* Minutes for 130 questions of weight 29, with never a 429. */
static double paced(void)
{
	struct rest_candles q = { .symbol = "BTC", .interval = "3m", .page = on_candles, .done = on_each, .arg = &q };
	int64_t begun;
	double minutes;

	while (x->level > 0 && loop_turn(x->loop, 5))
		may_spend(x, 0);
	x->total = x->most = x->refused = ended = 0;
	unlink("budget");
	begin(0);
	begun = clock_ms();
	q.from_ms = clock_bar("3m", begun, -590);
	q.to_ms = clock_bar("3m", begun, -1);
	for (unsigned i = 0; i < 130; i++)
		rest_candles(rest, &q);
	while (ended < 130 && loop_turn(x->loop, -1))
		;
	minutes = (double)(clock_ms() - begun) / MINUTE;
	printf("pace: weight %u in %.2f minutes, the level at most %u, %u refused\n", x->total, minutes, x->most, x->refused);
	CHECK(x->total == 130 * 29 && x->most < 1200 + 29 && x->refused == 0);
	rest_free(rest);
	return minutes;
}

/* As fast as the weights allow. What a busy machine adds counts sixtyfold, so one of three tries has to; under a sanitizer the reading of the
 * answers alone takes longer than the weights do. */
static void test_pace(void)
{
#ifdef __SANITIZE_ADDRESS__
	const double bound = 10;
#else
	const double bound = 1.02 * (130 * 29 - 1200) / 1200;
#endif

	CHECK(paced() < bound || paced() < bound || paced() < bound);
}

int main(void)
{
	char dir[] = "/tmp/t_rest.XXXXXX", command[64];

	if (!mkdtemp(dir) || chdir(dir) != 0)
		return 1;
	err_init("t_rest");
	x = exchange_new("clock", 60);
	test_tries();
	test_absent();
	test_given_up();
	test_closed();
	test_pages();
	test_refused();
	test_rates();
	test_pace();
	exchange_free(x);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	CHECK(system(command) == 0);
	return test_end("t_rest");
}
