/* SPDX-License-Identifier: MIT
 * lib/feed/backfill: what the stores hold afterwards, whatever the exchange does and wherever the run is killed, and what is told
 * to be missing; against a small exchange in another process. */
#include "test.h"
#include "exchange.h"

#include "feed/backfill.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

static struct exchange *x;
static const char *const some[] = { "3m", "1h" };

static struct backfill_options options(void)
{
	return (struct backfill_options){ .url = x->url, .budget = "budget", .dir = "dbs", .interval = some, .n_intervals = 2,
	                                  .funding = "dbs/funding.db", .universe = "dbs/universe.db", .from_ms = INT64_MIN,
	                                  .to_ms = INT64_MAX };
}

/* ---- running ---- */

static pid_t start(struct backfill_options o, const char *symbols)
{
	struct errmsg e = { "" };
	uint64_t records;
	struct out out;
	pid_t pid;
	int status, fd;

	fflush(NULL);
	if ((pid = fork()))
		return pid;
	fd = open("told", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDOUT_FILENO);
	fd = open("said", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDERR_FILENO);
	if (!symbol_list_read(&o.symbols, symbols, &e))
		_exit(99);
	stream_signals();
	out_open(&out, "-");
	status = backfill_run(&o, &out, &records, &e);
	out_close(&out);
	warn("%s", e.text);
	_exit(status);
}

static int finish(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0)
		loop_turn(x->loop, 2);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run(struct backfill_options o, const char *symbols)
{
	x->asked = x->refused = 0;
	return finish(start(o, symbols));
}

static void fresh(void)
{
	x->fault = FAULT_NONE;
	x->faults = x->fault_every = 0;
	CHECK(system("rm -rf dbs told said meta.json") == 0);
}

/* ---- looking ---- */

static const char *text_of(const char *path)
{
	static struct buf b;
	struct errmsg e;

	buf_clear(&b);
	return buf_read_file(&b, path, 1 << 24, &e) ? buf_cstr(&b) : "";
}

static const char *ask_sql(const char *path, const char *sql)
{
	static char text[8192];
	sqlite3 *db;
	sqlite3_stmt *s;
	size_t n = 0;

	text[0] = '\0';
	if (sqlite3_open(path, &db) == SQLITE_OK && sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
		while (sqlite3_step(s) == SQLITE_ROW)
			for (int i = 0; i < sqlite3_column_count(s); i++)
				n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? (i ? "|" : " ") : "",
				                      (const char *)sqlite3_column_text(s, i));
		sqlite3_finalize(s);
	}
	sqlite3_close(db);
	return text;
}

/* Row for row what the exchange has of a series: nothing else, nothing less. */
static bool same_candles(const char *coin, const char *interval, int64_t from_ms, int64_t to_ms)
{
	const struct test_coin *c = test_coin_named(coin);
	int64_t length = clock_bar(interval, 0, 1), t = from_ms;
	char path[64], sql[256], want[512];
	sqlite3 *db;
	sqlite3_stmt *s;
	bool same;

	snprintf(path, sizeof path, "dbs/candles_%s.db", interval);
	snprintf(sql, sizeof sql, "SELECT t || ' ' || t_close || ' ' || o || ' ' || h || ' ' || l || ' ' || c || ' ' || v FROM candles "
	         "WHERE symbol = '%s' AND interval = '%s' ORDER BY t", coin, interval);
	same = sqlite3_open(path, &db) == SQLITE_OK && sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK;
	for (; same && t <= to_ms; t += length) {
		double cents = (double)(unsigned)(test_price(coin, t, length) * 100 + 0.5);

		if (!test_bar_there(c, t, length))
			continue;
		sqlite3_snprintf(sizeof want, want, "%lld %lld %!.15g %!.15g %!.15g %!.15g %!.15g", (long long)t, (long long)(t + length - 1),
		                 cents / 100, (cents + 50) / 100, (cents - 50) / 100, (cents + 25) / 100, cents);
		same = sqlite3_step(s) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(s, 0), want) == 0;
	}
	same = same && sqlite3_step(s) == SQLITE_DONE;
	sqlite3_finalize(s);
	sqlite3_close(db);
	return same;
}

/* Times are the run's own: its first and last bars are those of the store. */
static void check_series(const char *coin, const char *interval)
{
	char path[64], sql[256];
	int64_t first, last, length = clock_bar(interval, 0, 1);

	snprintf(path, sizeof path, "dbs/candles_%s.db", interval);
	snprintf(sql, sizeof sql, "SELECT MIN(t), MAX(t) FROM candles WHERE symbol = '%s'", coin);
	if (!CHECK(sscanf(ask_sql(path, sql), "%" SCNd64 "|%" SCNd64, &first, &last) == 2)) {
		printf("%s %s has no rows\n", coin, interval);
		return;
	}
	if (strcmp(coin, "OLD") == 0)
		CHECK(last == test_coin_named(coin)->until_ms - length);
	else
		CHECK(last + length <= clock_ms() && last >= clock_ms() - 60 * MINUTE - 2 * length);
	CHECK(first == test_coin_named(coin)->listed_ms || last - first >= 4990 * length);
	CHECK(same_candles(coin, interval, first, last));
}

static void check_funding(const char *coin, int64_t hours)
{
	char sql[512];

	snprintf(sql, sizeof sql, "SELECT COUNT(*) BETWEEN %" PRId64 " AND %" PRId64 ", COUNT(DISTINCT time / 3600000) = COUNT(*), "
	         "(MAX(time) / 3600000 - MIN(time) / 3600000 + 1) = COUNT(*), MIN(ABS(funding_rate - time / 3600000 %% 50 * 1e-6) < 1e-12), "
	         "MIN(ABS(premium - time / 3600000 %% 70 * 1e-6) < 1e-12), MIN(time %% 3600000 = 1 + time / 3600000 %% 100) "
	         "FROM funding_rates WHERE symbol = '%s'", hours, hours + 3, coin);
	CHECK_TEXT(ask_sql("dbs/funding.db", sql), "1|1|1|1|1|1");
}

/* ---- a whole run ---- */

static void test_whole(void)
{
	struct backfill_options o = options();

	fresh();
	o.meta = "meta.json";
	CHECK(run(o, "BTC,kpepe,OLD,HOLE,NONE") == 0 && x->refused == 0);
	check_series("BTC", "1h");
	check_series("BTC", "3m");
	check_series("kPEPE", "1h");
	check_series("OLD", "1h");
	check_series("HOLE", "3m");
	check_funding("BTC", 4999);
	check_funding("kPEPE", 700);
	CHECK_TEXT(ask_sql("dbs/candles_1h.db", "SELECT DISTINCT symbol FROM candles"), "BTC HOLE OLD kPEPE");
	CHECK(strncmp(text_of("meta.json"), "{\"universe\":[{\"szDecimals\":2,\"name\":\"BTC\"", 41) == 0);
	CHECK_TEXT(ask_sql("dbs/universe.db", "SELECT symbol FROM universe_snapshots ORDER BY symbol"), "BTC ETH HOLE kPEPE");
	CHECK_TEXT(ask_sql("dbs/universe.db", "SELECT symbol FROM universe_delistings"), "OLD");
	CHECK_TEXT(ask_sql("dbs/universe.db", "SELECT first_seen_ms, last_seen_ms FROM universe_listings WHERE symbol = 'OLD'"),
	           "1752800400000|1759820399999");
	CHECK_TEXT(ask_sql("dbs/universe.db", "SELECT first_seen_ms FROM universe_listings WHERE symbol = 'kPEPE'"), "1757480400000");
}

/* Where the first gap of a series with this reason begins; 0: there is none. */
static int64_t told_gap(const char *told, const char *symbol, const char *interval, const char *reason)
{
	char begin[128], end[160];
	const char *line;
	size_t n = (size_t)snprintf(begin, sizeof begin, "{\"type\":\"gap\",\"symbol\":\"%s\",\"interval\":\"%s\",\"from_ms\":", symbol, interval);

	snprintf(end, sizeof end, "\"why\":\"%s\"}\n", reason);
	for (line = strstr(told, begin); line; line = strstr(line + 1, begin)) {
		const char *why = strstr(line, "\"why\":");

		if (why && strncmp(why, end, strlen(end)) == 0)
			return atoll(line + n);
	}
	return 0;
}

/* What cannot be had is told, with the reason; what is complete is not. */
static void test_told(void)
{
	const char *told = text_of("told");

	CHECK(!strstr(told, "\"symbol\":\"BTC\""));
	CHECK(told_gap(told, "NONE", "1h", "the exchange has no such symbol") && told_gap(told, "NONE", "funding", "the exchange has no such symbol"));
	CHECK(told_gap(told, "kPEPE", "1h", "before the first that the exchange has"));
	CHECK(told_gap(told, "kPEPE", "funding", "before the first that the exchange has"));
	CHECK(told_gap(told, "OLD", "1h", "delisted") == 1759820400000 && told_gap(told, "OLD", "3m", "delisted"));
	CHECK(told_gap(told, "OLD", "funding", "delisted"));
	CHECK(told_gap(told, "HOLE", "1h", "the exchange has none") && told_gap(told, "HOLE", "3m", "the exchange has none"));
}

/* A second run asks for nothing that is there: markets, new bars, and what the exchange says it does not have. */
static void test_again(void)
{
	CHECK(run(options(), "BTC") == 0 && x->asked <= 4);
	CHECK(strstr(text_of("said"), "rows were new or changed"));
}

static void test_range(void)
{
	struct backfill_options o = options();

	fresh();
	o.from_ms = START - 6000 * HOUR + 1;
	o.to_ms = START - 4900 * HOUR - 1;
	o.interval = some + 1;
	o.n_intervals = 1;
	o.universe = NULL;
	CHECK(run(o, "ETH") == 0);
	CHECK_TEXT(ask_sql("dbs/candles_1h.db", "SELECT MAX(t), COUNT(*) BETWEEN 85 AND 100 FROM candles"), "1742356800000|1");
	CHECK_TEXT(ask_sql("dbs/funding.db", "SELECT COUNT(*), MIN(time / 3600000), MAX(time / 3600000) FROM funding_rates"),
	           "1099|482890|483988");
	CHECK(strstr(text_of("told"), "\"why\":\"older than the bars that the exchange keeps\"}"));
}

static void test_top(void)
{
	struct backfill_options o = options();

	fresh();
	o.top = 2;
	o.funding = NULL;
	o.interval = some + 1;
	o.n_intervals = 1;
	CHECK(run(o, "") == 0);
	CHECK_TEXT(ask_sql("dbs/candles_1h.db", "SELECT DISTINCT symbol FROM candles"), "BTC ETH");
}

/* ---- an exchange that fails ---- */

static void test_faults(void)
{
	static const enum test_fault kinds[] = { FAULT_500, FAULT_502, FAULT_DROP };

	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		fresh();
		x->fault = kinds[i];
		x->fault_every = 5;
		CHECK(run(options(), "ETH,kPEPE") == 0 && x->asked > 10);
		check_series("ETH", "1h");
		check_series("ETH", "3m");
		check_funding("kPEPE", 700);
	}
}

static void test_missing_after_all(void)
{
	struct backfill_options o = options();

	fresh();
	o.funding = o.universe = NULL;
	x->fault = FAULT_422;
	x->fault_every = 3;	/* markets, 1h, 3m */
	CHECK(run(o, "ETH") == 1);
	CHECK(strstr(text_of("told"), "\"why\":\"not answered: candleSnapshot: status 422: Failed to deserialize\"}"));
	CHECK(strstr(text_of("said"), "something that the exchange has is missing"));
	x->fault_every = 0;
	CHECK(run(o, "ETH") == 0);
	check_series("ETH", "3m");
}

static void test_bad_row(void)
{
	struct backfill_options o = options();

	fresh();
	o.funding = o.universe = NULL;
	o.interval = some + 1;
	o.n_intervals = 1;
	x->fault = FAULT_BAD_ROW;
	CHECK(run(o, "BTC") == 1);
	CHECK(strstr(text_of("told"), "\"bars\":1,\"why\":\"\\\"h\\\" is below another price of the bar\"}"));
	CHECK(strstr(text_of("said"), "BTC 1h 2025-") && strstr(text_of("said"), "the exchange's bar is not taken"));
	x->fault = FAULT_NONE;
	CHECK(run(o, "BTC") == 0);
	check_series("BTC", "1h");
}

static void test_absent(void)
{
	struct backfill_options o = options();
	char dir[] = "nowhere/dbs";

	fresh();
	o.url = "http://127.0.0.1:1";
	o.tries = 2;
	CHECK(run(o, "BTC") == 69 && strstr(text_of("said"), "http://127.0.0.1:1: cannot be reached: "));
	o = options();
	o.dir = dir;
	CHECK(run(o, "BTC") == 75);
	CHECK_TEXT(text_of("said"), "t_backfill: nowhere/dbs: cannot be created: No such file or directory\n");
}

/* ---- kills ---- */

/* Killed again and again, it goes on from what is there: the stores end as those of a run that was left alone. */
static void test_kills(void)
{
	const char *times = getenv("OCQ_KILLS");
	int n = times ? atoi(times) : 12, killed = 0;
	struct backfill_options o = options();
	unsigned lot = (unsigned)clock_mono_ns();

	fresh();
	for (int i = 0; i < n; i++) {
		pid_t pid = start(o, "BTC,ETH,kPEPE,OLD,HOLE");
		int64_t end = clock_mono_ns() + (int64_t)(lot = lot * 1103515245 + 12345) % 400 * 1000000;
		int status;

		while (clock_mono_ns() < end)
			loop_turn(x->loop, 1);
		kill(pid, SIGKILL);
		killed += waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
	}
	CHECK(killed > n / 2);
	if (!CHECK(run(o, "BTC,ETH,kPEPE,OLD,HOLE") == 0))
		printf("%s", text_of("said"));
	for (unsigned i = 0; i < N_COINS; i++) {
		check_series(test_coins[i].name, "1h");
		if (!test_coins[i].delisted)
			check_series(test_coins[i].name, "3m");
	}
	check_funding("BTC", 4999);
	check_funding("ETH", 4999);
	check_funding("OLD", 1950);
	CHECK_TEXT(ask_sql("dbs/candles_1h.db", "PRAGMA integrity_check"), "ok");
}

static void test_signal(void)
{
	pid_t pid;

	fresh();
	pid = start(options(), "BTC,ETH,kPEPE,HOLE");
	for (int64_t end = clock_mono_ns() + 60000000; clock_mono_ns() < end; )
		loop_turn(x->loop, 1);
	kill(pid, SIGTERM);
	CHECK(finish(pid) == 75);
	CHECK_TEXT(text_of("said"), "t_backfill: stopped by a signal; the next run goes on from here\n");
	CHECK_TEXT(text_of("told"), "");
}

int main(void)
{
	char dir[] = "/tmp/t_backfill.XXXXXX", command[64];

	if (!mkdtemp(dir) || chdir(dir) != 0)
		return 1;
	err_init("t_backfill");
	x = exchange_new("clock", 120);
	test_whole();
	test_told();
	test_again();
	test_range();
	test_top();
	test_faults();
	test_missing_after_all();
	test_bad_row();
	test_absent();
	test_kills();
	test_signal();
	exchange_free(x);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	CHECK(system(command) == 0);
	return test_end("t_backfill");
}
