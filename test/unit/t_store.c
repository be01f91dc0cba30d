/* SPDX-License-Identifier: MIT
 * lib/store: what a query gives (docs/rules/data.md), from stores and from packs, and what is refused. */
#include "child.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/stream.h"
#include "store/candles.h"
#include "store/columns.h"
#include "store/csv.h"
#include "store/synth.h"
#include "store/writer.h"

#include <math.h>
#include <sqlite3.h>
#include <sys/stat.h>

#define HOUR INT64_C(3600000)
#define T0 INT64_C(1700002800000)	/* a full hour: 2023-11-14T23:00:00Z */

#define CANDLES "CREATE TABLE candles(symbol TEXT NOT NULL, interval TEXT NOT NULL, t INTEGER NOT NULL, t_close INTEGER, " \
	"o REAL, h REAL, l REAL, c REAL, v REAL, n INTEGER, updated_at TEXT, PRIMARY KEY(symbol, interval, t));"
#define FUNDING "CREATE TABLE funding_rates(symbol TEXT NOT NULL, time INTEGER NOT NULL, funding_rate REAL NOT NULL, " \
	"premium REAL, PRIMARY KEY(symbol, time));"
#define UNIVERSE "CREATE TABLE universe_listings(symbol TEXT PRIMARY KEY, first_seen_ms INTEGER NOT NULL, " \
	"last_seen_ms INTEGER NOT NULL);"

/* -- making stores -- */

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *h = NULL;
	char *why = NULL;
	bool ok = sqlite3_open(path, &h) == SQLITE_OK && sqlite3_exec(h, sql, NULL, NULL, &why) == SQLITE_OK;

	if (!CHECK(ok))
		printf("%s: %s\n", path, why ? why : sqlite3_errmsg(h));
	sqlite3_free(why);
	sqlite3_close(h);
}

static void make(const char *path, const char *schema, const char *rows)
{
	struct buf sql = BUF_INIT;

	unlink(path);
	buf_addf(&sql, "BEGIN; %s %s; COMMIT", schema, rows);
	run_sql(path, buf_cstr(&sql));
	buf_release(&sql);
}

/* Bars first..last (steps from T0) of a symbol; the close tells symbol and step apart. */
static void bar_rows(struct buf *sql, const char *symbol, const char *interval, int64_t step, int first, int last, double base)
{
	for (int i = first; i <= last; i++)
		buf_addf(sql, "INSERT INTO candles VALUES('%s','%s',%" PRId64 ",%" PRId64 ",%d,%d,%d,%d,%d.5,%d,NULL);", symbol, interval,
		         T0 + i * step, T0 + (i + 1) * step - 1, (int)base + i, (int)base + i + 2, (int)base + i - 1,
		         (int)base + i + 1, 10 + i, i % 3);
}

/* A market of three symbols with 5m sub-bars, funding and listings:
 *   BTC 0..49, ETH 0..49 without 20..22, kPEPE 10..39 (hours); sub-bars of all hours 20..39; rates every hour from -5 on. */
static void make_market(void)
{
	struct buf sql = BUF_INIT;

	bar_rows(&sql, "BTC", "1h", HOUR, 0, 49, 1000);
	bar_rows(&sql, "ETH", "1h", HOUR, 0, 19, 2000);
	bar_rows(&sql, "ETH", "1h", HOUR, 23, 49, 2000);
	bar_rows(&sql, "kPEPE", "1h", HOUR, 10, 39, 3000);
	make("candles_1h.db", CANDLES, buf_cstr(&sql));
	buf_clear(&sql);
	bar_rows(&sql, "BTC", "5m", HOUR / 12, 240, 479, 1000);
	bar_rows(&sql, "kPEPE", "5m", HOUR / 12, 240, 467, 3000);
	bar_rows(&sql, "XRP", "5m", HOUR / 12, 236, 480, 4000);
	make("candles_5m.db", CANDLES, buf_cstr(&sql));
	buf_clear(&sql);
	for (int i = -5; i < 50; i++)
		buf_addf(&sql, "INSERT INTO funding_rates VALUES('BTC',%" PRId64 ",%g,NULL),('ETH',%" PRId64 ",%g,NULL);",
		         T0 + i * HOUR + 70, 1e-5 * i, T0 + 2 * i * HOUR + 90, 2e-5 * i);
	make("funding.db", FUNDING, buf_cstr(&sql));
	buf_clear(&sql);
	buf_addf(&sql, "INSERT INTO universe_listings VALUES('BTC',0,9000000000000),('ETH',%" PRId64 ",%" PRId64 "),"
	               "('kPEPE',%" PRId64 ",9000000000000)", T0 - 5 * HOUR, T0 + 25 * HOUR, T0 + 30 * HOUR);
	make("universe.db", UNIVERSE, buf_cstr(&sql));
	buf_release(&sql);
}

/* -- asking -- */

static struct market_query query(const char *candles, const char *interval)
{
	struct market_query q = MARKET_QUERY_INIT;

	q.candles = candles;
	q.interval = interval;
	return q;
}

static bool load(struct market *m, const struct market_query *q)
{
	struct errmsg e = { "" };
	int status = -1;
	bool ok = market_load(m, q, &e, &status);

	if (!ok)
		printf("%s\n", e.text);
	return CHECK(ok) && CHECK(status == EX_OK);
}

/* The query is refused with this status, and these words are part of the message. */
static void refused(const struct market_query *q, int want, const char *words, int line)
{
	struct errmsg e = { "" };
	int status = -1;
	struct market m;
	bool ok = market_load(&m, q, &e, &status);

	test_check(!ok, __FILE__, line, "refused");
	test_check(status == want, __FILE__, line, "status");
	if (!test_check(strstr(e.text, words) != NULL, __FILE__, line, words))
		printf("got: %s\n", e.text);
	if (ok)
		market_release(&m);
}
#define REFUSED(q, want, words) refused(q, want, words, __LINE__)

static bool same_bars(const struct bars *a, const struct bars *b)
{
	bool same = a->n == b->n;

	for (unsigned k = 0; same && a->n && k < N_BAR_COLUMNS; k++)
		same = memcmp(bars_column(a, k), bars_column(b, k), a->n * 8) == 0;
	return same;
}

static bool same_set(const struct bar_set *a, const struct bar_set *b, uint32_t n)
{
	bool same = strcmp(a->interval, b->interval) == 0 && !a->of == !b->of;

	for (uint32_t i = 0; same && a->of && i < n; i++)
		same = same_bars(&a->of[i], &b->of[i]);
	return same;
}

static bool same_rates(const struct market *a, const struct market *b)
{
	bool same = !a->funding == !b->funding;

	for (uint32_t i = 0; same && a->funding && i < a->n_symbols; i++)
		same = a->funding[i].n == b->funding[i].n &&
		       (a->funding[i].n == 0 || (memcmp(a->funding[i].t_ms, b->funding[i].t_ms, a->funding[i].n * 8) == 0 &&
		                                 memcmp(a->funding[i].rate, b->funding[i].rate, a->funding[i].n * 8) == 0));
	return same;
}

static bool same_market(const struct market *a, const struct market *b)
{
	bool same = a->n_symbols == b->n_symbols && a->from_ms == b->from_ms && a->to_ms == b->to_ms &&
	            a->data_from_ms == b->data_from_ms && a->data_to_ms == b->data_to_ms &&
	            a->context_symbol == b->context_symbol && a->n_timeline == b->n_timeline &&
	            memcmp(a->timeline, b->timeline, a->n_timeline * 8) == 0 && strcmp(a->data_id, b->data_id) == 0;

	for (uint32_t i = 0; same && i < a->n_symbols; i++)
		same = strcmp(a->symbol[i], b->symbol[i]) == 0;
	return same && same_set(&a->main, &b->main, a->n_symbols) && same_set(&a->exit, &b->exit, a->n_symbols) &&
	       same_set(&a->entry, &b->entry, a->n_symbols) && same_rates(a, b);
}

/* -- rows -- */

static void test_rows(void)
{
	struct market_query q = query("candles_1h.db", "1h");
	struct market m;

	if (!load(&m, &q))
		return;
	CHECK(m.n_symbols == 3);
	CHECK_TEXT(m.symbol[0], "BTC");
	CHECK_TEXT(m.symbol[2], "kPEPE");
	CHECK(market_find(&m, "kPEPE") == 2 && market_find(&m, "KPEPE") == -1 && market_find(&m, "A") == -1);
	CHECK(m.main.of[0].n == 50 && m.main.of[1].n == 47 && m.main.of[2].n == 30);
	CHECK(m.main.of[1].t_ms[20] == T0 + 23 * HOUR);
	CHECK(m.main.of[2].t_close_ms[0] == T0 + 11 * HOUR - 1);
	CHECK_SAME(m.main.of[2].open[1], 3011);
	CHECK_SAME(m.main.of[2].high[1], 3013);
	CHECK_SAME(m.main.of[2].low[1], 3010);
	CHECK_SAME(m.main.of[2].close[1], 3012);
	CHECK_SAME(m.main.of[2].volume[1], 21.5);
	CHECK(m.main.of[2].trades[1] == 2);
	CHECK(m.n_timeline == 50 && m.timeline[0] == T0 && m.timeline[49] == T0 + 49 * HOUR);
	CHECK(m.data_from_ms == T0 && m.data_to_ms == T0 + 49 * HOUR);
	CHECK(!m.exit.of && !m.entry.of && !m.funding && m.context_symbol == UINT32_MAX);
	CHECK_TEXT(m.data_id, "");
	market_release(&m);
	q = query("candles_1h.db", "5m");
	REFUSED(&q, EX_DATA, "candles_1h.db: no 5m candles; there are 1h");
	q = query("candles_1h.db", "2h");
	REFUSED(&q, EX_USAGE, "\"2h\" is not one of 1m 3m 5m");
	q = query(NULL, "1h");
	REFUSED(&q, EX_USAGE, "no data");
}

/* One odd row among good ones. */
static void odd_row(const char *row, const char *words, int line)
{
	struct market_query q = query("odd.db", "1h");
	struct buf sql = BUF_INIT;
	struct market m;

	bar_rows(&sql, "ETH", "1h", HOUR, 0, 3, 100);
	buf_addf(&sql, "INSERT INTO candles VALUES('ETH','1h',%" PRId64 ",%s,NULL)", T0 + 4 * HOUR, row);
	make("odd.db", CANDLES, buf_cstr(&sql));
	buf_release(&sql);
	if (words)
		refused(&q, EX_DATA, words, line);
	else if (load(&m, &q)) {
		test_check(m.main.of[0].n == 5, __FILE__, line, row);
		market_release(&m);
	}
}
#define ODD(row, words) odd_row(row, words, __LINE__)

static void test_cells(void)
{
	struct market_query q = query("odd.db", "1h");
	struct market m;

	ODD("1, 1, 2, 3, 4, 5, 6", NULL);	/* integers are numbers */
	CHECK(load(&m, &q));
	CHECK_SAME(m.main.of[0].open[4], 1);
	market_release(&m);
	ODD("1, 1, 2, 3, 4, 5, NULL", NULL);	/* no count is 0 */
	CHECK(load(&m, &q));
	CHECK(m.main.of[0].trades[4] == 0);
	market_release(&m);
	ODD("1, 5, 1, 9, 4, 5, 0", NULL);	/* h < l: what a row says is not judged here */
	ODD("1, -0.0, 2, 3, 4, -0.0, 1", NULL);
	CHECK(load(&m, &q));
	CHECK_SAME(m.main.of[0].volume[4], 0.0);
	market_release(&m);
	ODD("NULL, 1, 2, 3, 4, 5, 6", "odd.db: ETH at 2023-11-15T03:00:00Z: \"t_close\" is NULL, not a time");
	ODD("1, NULL, 2, 3, 4, 5, 6", "odd.db: ETH at 2023-11-15T03:00:00Z: \"o\" is NULL, not a number");
	ODD("1, 1, NULL, 3, 4, 5, 6", "\"h\" is NULL");
	ODD("1, 1, 2, NULL, 4, 5, 6", "\"l\" is NULL");
	ODD("1, 1, 2, 3, NULL, 5, 6", "\"c\" is NULL");
	ODD("1, 1, 2, 3, 4, NULL, 6", "\"v\" is NULL");
	ODD("1, 1, 2, 3, '4x', 5, 6", "\"c\" is text, not a number");
	ODD("1, 1, 2, 3, x'34', 5, 6", "\"c\" is a blob, not a number");
	ODD("1, 1, 9e999, 3, 4, 5, 6", "\"h\" is out of range");
	ODD("1, 1, 2, -9e999, 4, 5, 6", "\"l\" is out of range");
	ODD("1, 1, 2, 3, 1e101, 5, 6", "\"c\" is out of range");
	ODD("1, 1e-101, 2, 3, 4, 5, 6", "\"o\" is out of range");
	ODD("1, 1, 2, 3, 4, 5, 6.5", "\"n\" is a decimal, not an integer");
	ODD("-1, 1, 2, 3, 4, 5, 6", "\"t_close\" is out of range");
	ODD("1.5, 1, 2, 3, 4, 5, 6", "\"t_close\" is a decimal");
	make("odd.db", CANDLES, "INSERT INTO candles VALUES('ETH','1h','soon',1,1,2,3,4,5,6,NULL)");
	REFUSED(&q, EX_DATA, "odd.db: ETH: \"t\" is not an integer everywhere");
	make("odd.db", CANDLES, "INSERT INTO candles VALUES('ETH','1h',-3600000,1,1,2,3,4,5,6,NULL)");
	REFUSED(&q, EX_DATA, "odd.db: ETH: \"t\" is out of range");
	make("odd.db", CANDLES, "INSERT INTO candles VALUES('ETH','1h',-9223372036854775808,1,1,2,3,4,5,6,NULL);"
	     "INSERT INTO candles VALUES('ETH','1h',9223372036854775807,1,1,2,3,4,5,6,NULL)");
	REFUSED(&q, EX_DATA, "odd.db: ETH: \"t\" is out of range");
	make("odd.db", CANDLES, "INSERT INTO candles VALUES('E,H','1h',1,1,1,2,3,4,5,6,NULL)");
	REFUSED(&q, EX_DATA, "odd.db: symbol \"E,H\" is not a name");
	make("odd.db", CANDLES, "INSERT INTO candles VALUES('ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF','1h',1,1,1,2,3,4,5,6,NULL)");
	REFUSED(&q, EX_DATA, "is not a name of 1 to 31");
}

/* -- sets of files -- */

static void test_sets(void)
{
	char **file;
	unsigned n;
	struct buf sql = BUF_INIT;
	struct market_query q;
	struct market m;

	mkdir("parts", 0777);
	bar_rows(&sql, "BTC", "1h", HOUR, 0, 9, 100);
	make("parts/candles_a.db", CANDLES, buf_cstr(&sql));
	buf_clear(&sql);
	bar_rows(&sql, "BTC", "1h", HOUR, 5, 14, 500);
	bar_rows(&sql, "ETH", "1h", HOUR, 12, 14, 600);
	make("parts/candles_b.DB", CANDLES, buf_cstr(&sql));
	make("parts/other.db", "CREATE TABLE empty(a);", "");
	make("parts/candles_c.txt", "CREATE TABLE empty(a);", "");

	q = query("parts", "1h");	/* a directory: candles_*.db by name, the first of equal times stays */
	if (load(&m, &q)) {
		CHECK(m.n_symbols == 2 && m.main.of[0].n == 15 && m.main.of[1].n == 3);
		CHECK_SAME(m.main.of[0].open[9], 109);
		CHECK_SAME(m.main.of[0].open[10], 510);
		market_release(&m);
	}
	q = query("parts/candles_b.DB,parts/candles_a.db,parts/candles_b.DB", "1h");	/* the other order */
	if (load(&m, &q)) {
		CHECK(m.main.of[0].n == 15);
		CHECK_SAME(m.main.of[0].open[4], 104);
		CHECK_SAME(m.main.of[0].open[5], 505);
		CHECK(m.main.of[0].t_ms[4] + HOUR == m.main.of[0].t_ms[5]);
		market_release(&m);
	}
	q = query("candles_1h.db,parts/", "1h");
	if (load(&m, &q)) {
		CHECK(m.n_symbols == 3);
		CHECK_SAME(m.main.of[0].open[9], 1009);
		market_release(&m);
	}
	q = query("candles_1h.db,parts/other.db", "1h");
	REFUSED(&q, EX_DATA, "parts/other.db: no table \"candles\"");
	make("view.db", "CREATE VIEW candles AS SELECT 1 AS symbol;", "");
	file = store_files("parts,candles_1h.db,,parts/candles_b.DB,candles_1h.db", &n);
	CHECK(n == 3);
	CHECK_TEXT(file[0], "parts/candles_a.db");
	CHECK_TEXT(file[1], "parts/candles_b.DB");
	CHECK_TEXT(file[2], "candles_1h.db");
	store_files_free(file, n);
	q = query("view.db", "1h");
	REFUSED(&q, EX_DATA, "view.db: no table \"candles\"");
	mkdir("empty", 0777);
	q = query("empty", "1h");
	REFUSED(&q, EX_DATA, "empty: directory without");
	q = query("none.db", "1h");
	REFUSED(&q, EX_DATA, "none.db: No such file");
	CHECK(access("none.db", F_OK) != 0);
	q = query("", "1h");
	REFUSED(&q, EX_DATA, "No such file");
	buf_release(&sql);
}

/* Without its key a table may hold a bar twice, in any order of rows: the first row stays. */
static void test_no_key(void)
{
	struct market_query q = query("no key?&#%.db", "1h");
	struct market m;

	make("no key?&#%.db", "CREATE TABLE candles(symbol, interval, t, t_close, o, h, l, c, v, n);",
	     "INSERT INTO candles VALUES('A','1h',7200000,1,5,1,1,1,1,1),('A','1h',3600000,1,6,1,1,1,1,1),"
	     "('A','1h',7200000,1,7,1,1,1,1,1),('A','1h',0,1,8,1,1,1,-0.0,1),('A','1h',3600000,1,9,1,1,1,1,1)");
	if (!load(&m, &q))
		return;
	CHECK(m.main.of[0].n == 3 && m.main.of[0].t_ms[0] == 0 && m.main.of[0].t_ms[2] == 7200000);
	CHECK_SAME(m.main.of[0].open[0], 8);
	CHECK_SAME(m.main.of[0].volume[0], 0.0);	/* a column without a type keeps the sign */
	CHECK_SAME(m.main.of[0].open[1], 6);
	CHECK_SAME(m.main.of[0].open[2], 5);
	market_release(&m);
	make("no key?&#%.db", "CREATE TABLE candles(symbol, interval, t, t_close, o, h, l, c, v, n);",
	     "INSERT INTO candles VALUES('A','1h',0,1,5,1,1,1,1,1),(NULL,'1h',3600000,1,6,1,1,1,1,1)");
	REFUSED(&q, EX_DATA, "symbol \"NULL\" is not a name");
}

/* -- choosing -- */

static void check_window(struct market_query q, int64_t from, int64_t to, int line)
{
	struct market m;

	if (!load(&m, &q))
		return;
	test_check(m.from_ms == from && m.to_ms == to, __FILE__, line, "window");
	test_check(m.main.of[0].n == 50, __FILE__, line, "main bars are not cut");
	for (uint32_t i = 0; m.exit.of && i < m.n_symbols; i++)
		for (size_t k = 0; k < m.exit.of[i].n; k++)
			if (m.exit.of[i].t_ms[k] < from || m.exit.of[i].t_ms[k] > to)
				test_check(false, __FILE__, line, "sub-bars within the window");
	market_release(&m);
}
#define WINDOW(q, from, to) check_window(q, from, to, __LINE__)

static void test_window(void)
{
	const int64_t sub_from = T0 + 236 * (HOUR / 12), sub_to = T0 + 480 * (HOUR / 12);
	struct market_query q = query("candles_1h.db", "1h");
	struct market m;

	WINDOW(q, T0, T0 + 49 * HOUR);
	q.from_ms = T0 + 3 * HOUR;
	WINDOW(q, T0 + 3 * HOUR, T0 + 49 * HOUR);
	q.to_ms = T0 + 3 * HOUR;
	WINDOW(q, T0 + 3 * HOUR, T0 + 3 * HOUR);
	q.to_ms = T0 + 3 * HOUR - 1;
	REFUSED(&q, EX_USAGE, "the window starts at");
	q.from_ms = T0;			/* the limits themselves are within */
	q.to_ms = T0 + 49 * HOUR;
	WINDOW(q, T0, T0 + 49 * HOUR);
	q = query("candles_1h.db", "1h");
	q.from_ms = T0 - 1;
	REFUSED(&q, EX_USAGE, "from 2023-11-14T22:59:59.999Z is outside the data");
	q.no_auto_scope = true;
	REFUSED(&q, EX_USAGE, "outside the data");
	q.from_ms = INT64_MIN;
	q.to_ms = T0 + 49 * HOUR + 1;
	REFUSED(&q, EX_USAGE, "to 2023-11-17T00:00:00.001Z is outside the data");
	q.to_ms = INT64_MAX;
	WINDOW(q, INT64_MIN, INT64_MAX);
	q.to_ms = T0 + 9 * HOUR;
	WINDOW(q, INT64_MIN, T0 + 9 * HOUR);

	q = query("candles_1h.db", "1h");	/* sub-bars decide, all their symbols count */
	q.exit_candles = "candles_5m.db";
	q.exit_interval = "5m";
	WINDOW(q, sub_from, sub_to);
	q.from_ms = sub_from - 1;
	REFUSED(&q, EX_USAGE, "outside the data");
	q.from_ms = sub_from + 17;
	WINDOW(q, sub_from + 17, sub_to);
	q.symbols = "btc,kPEPE";
	q.to_ms = T0 + 30 * HOUR;
	WINDOW(q, sub_from + 17, T0 + 30 * HOUR);
	if (load(&m, &q)) {
		CHECK(m.n_symbols == 2 && m.exit.of[0].n == 121 && m.exit.of[1].n == 121);
		CHECK(m.exit.of[0].t_ms[0] == T0 + 20 * HOUR && m.exit.of[0].t_ms[120] == T0 + 30 * HOUR);
		CHECK_TEXT(m.exit.interval, "5m");
		market_release(&m);
	}
	q = query("candles_1h.db", "1h");	/* ETH has no sub-bars; XRP has nothing else and is left out */
	q.exit_candles = q.entry_candles = "candles_5m.db";
	q.exit_interval = q.entry_interval = "5m";
	if (load(&m, &q)) {
		CHECK(m.n_symbols == 3 && m.exit.of[1].n == 0 && m.entry.of[0].n == 240 && m.entry.of[2].n == 228);
		market_release(&m);
	}
	q.exit_interval = NULL;		/* the indicator interval */
	REFUSED(&q, EX_DATA, "candles_5m.db: no 1h candles; there are 5m");
	q.exit_candles = "candles_1h.db";
	if (load(&m, &q)) {
		CHECK_TEXT(m.exit.interval, "1h");
		CHECK(m.from_ms == sub_from && m.to_ms == sub_to);
		CHECK(m.exit.of[0].n == 21);
		market_release(&m);
	}
}

/* Two sets of sub-bars: the window is what they share, if they share anything. */
static void test_overlap(void)
{
	struct market_query q = query("candles_1h.db", "1h");
	struct buf sql = BUF_INIT;
	struct market m;

	bar_rows(&sql, "BTC", "3m", HOUR / 20, 0, 100, 10);
	make("early.db", CANDLES, buf_cstr(&sql));
	buf_release(&sql);
	q.exit_candles = "candles_5m.db";
	q.exit_interval = "5m";
	q.entry_candles = "early.db";
	q.entry_interval = "3m";
	REFUSED(&q, EX_DATA, "candles_5m.db and early.db have no time in common");
	q.no_auto_scope = true;
	if (load(&m, &q)) {
		CHECK(m.from_ms == INT64_MIN && m.to_ms == INT64_MAX && m.entry.of[0].n == 101 && m.exit.of[0].n == 240);
		market_release(&m);
	}
	q.from_ms = T0 + HOUR;
	REFUSED(&q, EX_USAGE, "outside the data");
}

static void test_symbols(void)
{
	struct market_query q = query("candles_1h.db", "1h");
	struct market m;

	q.symbols = "eth,kPEPE,ETH";
	if (load(&m, &q)) {
		CHECK(m.n_symbols == 2);
		CHECK_TEXT(m.symbol[0], "ETH");
		CHECK(m.from_ms == T0);		/* scoped before the choice */
		CHECK(m.n_timeline == 47 + 3);
		market_release(&m);
	}
	q.symbols = "kPEPE";
	if (load(&m, &q)) {
		CHECK(m.n_timeline == 30 && m.data_from_ms == T0 + 10 * HOUR && m.data_to_ms == T0 + 39 * HOUR);
		market_release(&m);
	}
	q.symbols = "kpepe";
	REFUSED(&q, EX_USAGE, "no symbol \"kpepe\" in the data; there are BTC ETH kPEPE");
	q.symbols = "BTC,,ETH";
	REFUSED(&q, EX_USAGE, "empty name");
	make("case.db", CANDLES, "INSERT INTO candles VALUES('ABC','1h',0,1,1,1,1,1,1,1,0),('abc','1h',0,1,2,1,1,1,1,1,0)");
	q = query("case.db", "1h");
	q.symbols = "abc";		/* exact case first */
	if (load(&m, &q)) {
		CHECK(m.n_symbols == 1);
		CHECK_SAME(m.main.of[0].open[0], 2);
		market_release(&m);
	}
	q.symbols = "aBC";
	if (load(&m, &q)) {
		CHECK_SAME(m.main.of[0].open[0], 1);
		market_release(&m);
	}
}

static uint32_t n_in_window(int64_t from, int64_t to, const char *symbols)
{
	struct market_query q = query("candles_1h.db", "1h");
	struct market m;
	uint32_t n = 0;

	q.universe = "universe.db";
	q.from_ms = from;
	q.to_ms = to;
	q.symbols = symbols;
	if (load(&m, &q)) {
		n = m.n_symbols;
		market_release(&m);
	}
	return n;
}

static void test_universe(void)
{
	struct market_query q = query("candles_1h.db", "1h");
	struct market m;

	CHECK(n_in_window(INT64_MIN, INT64_MAX, NULL) == 3);
	CHECK(n_in_window(T0 + 25 * HOUR, INT64_MAX, NULL) == 3);		/* last_seen >= from: included */
	CHECK(n_in_window(T0 + 25 * HOUR + 1, INT64_MAX, NULL) == 2);
	CHECK(n_in_window(INT64_MIN, T0 + 30 * HOUR, NULL) == 3);		/* first_seen <= to: included */
	CHECK(n_in_window(INT64_MIN, T0 + 30 * HOUR - 1, NULL) == 2);
	CHECK(n_in_window(INT64_MIN, T0 + 10 * HOUR, "kPEPE,ETH") == 1);
	q.universe = "universe.db";
	q.symbols = "ETH";
	q.from_ms = T0 + 40 * HOUR;
	REFUSED(&q, EX_DATA, "the universe lists none of the symbols");
	q.symbols = "XRP";		/* a wrong name is a wrong name, listed or not */
	REFUSED(&q, EX_USAGE, "no symbol \"XRP\"");
	q = query("candles_1h.db", "1h");	/* an open window: the candles' range decides */
	q.universe = "late.db";
	q.no_auto_scope = true;
	make("late.db", UNIVERSE, "INSERT INTO universe_listings VALUES('BTC',0,1699999999999),('ETH',0,1700002800000)");
	if (load(&m, &q)) {
		CHECK(m.n_symbols == 1);
		CHECK_TEXT(m.symbol[0], "ETH");
		market_release(&m);
	}
	make("late.db", "CREATE TABLE universe_listings(symbol, first_seen_ms, last_seen_ms);",
	     "INSERT INTO universe_listings VALUES('BTC',0,NULL)");
	REFUSED(&q, EX_DATA, "late.db: BTC: first_seen_ms or last_seen_ms is not an integer");
	q.universe = "funding.db";
	REFUSED(&q, EX_DATA, "funding.db: no table \"universe_listings\"");
}

static void test_funding(void)
{
	struct market_query q = query("candles_1h.db", "1h");
	struct market m;

	q.funding = "funding.db";
	q.from_ms = T0 + 10 * HOUR;
	q.to_ms = T0 + 12 * HOUR;
	if (load(&m, &q)) {
		CHECK(m.funding[0].n == 2 && m.funding[0].t_ms[0] == T0 + 10 * HOUR + 70);
		CHECK_SAME(m.funding[0].rate[1], 1e-5 * 11);
		CHECK(m.funding[1].n == 1 && m.funding[1].t_ms[0] == T0 + 10 * HOUR + 90);
		CHECK(m.funding[2].n == 0);
		market_release(&m);
	}
	q.funding_before_window = true;
	if (load(&m, &q)) {
		CHECK(m.funding[0].n == 3 && m.funding[0].t_ms[0] == T0 + 9 * HOUR + 70);
		CHECK(m.funding[1].n == 2 && m.funding[1].t_ms[0] == T0 + 8 * HOUR + 90);
		market_release(&m);
	}
	q.from_ms = T0 + 10 * HOUR + 70;	/* both ends are included */
	q.to_ms = T0 + 12 * HOUR + 70;
	q.funding_before_window = false;
	if (load(&m, &q)) {
		CHECK(m.funding[0].n == 3 && m.funding[0].t_ms[0] == q.from_ms && m.funding[0].t_ms[2] == q.to_ms);
		market_release(&m);
	}
	q.funding = "candles_1h.db";
	REFUSED(&q, EX_DATA, "candles_1h.db: no table \"funding_rates\"");
	make("odd.db", "CREATE TABLE funding_rates(symbol, time, funding_rate);",
	     "INSERT INTO funding_rates VALUES('BTC',1700000000000,NULL)");
	q.funding = "odd.db";
	q.from_ms = INT64_MIN;
	q.no_auto_scope = true;
	REFUSED(&q, EX_DATA, "odd.db: BTC at 2023-11-14T22:13:20Z: \"funding_rate\" is NULL, not a number");
}

static void test_context(void)
{
	struct market_query q = query("candles_1h.db", "1h");
	struct market m, plain;

	q.symbols = "kPEPE";
	q.funding = "funding.db";
	q.want_data_id = true;
	CHECK(load(&plain, &q));
	q.btc_context = q.funding_before_window = true;
	if (load(&m, &q)) {
		CHECK(m.n_symbols == 2 && m.context_symbol == 0);
		CHECK(m.funding[0].n == 0);
		CHECK(m.n_timeline == 50);		/* its bars are fed at all their times */
		CHECK_TEXT(m.data_id, plain.data_id);	/* a repair is not other data */
		market_release(&m);
	}
	market_release(&plain);
	q.symbols = "BTC,kPEPE";
	if (load(&m, &q)) {
		CHECK(m.n_symbols == 2 && m.context_symbol == UINT32_MAX);
		market_release(&m);
	}
	q.symbols = "kPEPE";		/* what the universe leaves out stays out */
	q.universe = "nobtc.db";
	make("nobtc.db", UNIVERSE, "INSERT INTO universe_listings VALUES('kPEPE',0,9000000000000)");
	if (load(&m, &q)) {
		CHECK(m.n_symbols == 1 && m.context_symbol == UINT32_MAX);
		market_release(&m);
	}
}

/* -- identity -- */

static void test_data_id(void)
{
	struct market_query q = query("tiny.db", "1h");
	struct market m;

	/* The same bytes put together by hand, as docs/rules/data.md says it. */
	static const char *const text[] = { "1h", "", "" };
	const int64_t row[] = { 3600000, 7199999 };
	const double price[] = { 1.5, 2, 1, 1.75, 10 };
	const int64_t trades = 3, one = 1, none = 0;
	char hex[65], pad[32];
	struct sha256 h;
	unsigned char digest[32];

	make("tiny.db", CANDLES, "INSERT INTO candles VALUES('kX','1h',3600000,7199999,1.5,2,1,1.75,10,3,NULL)");
	sha256_init(&h);
	sha256_add(&h, "ocq-data 1\n", 11);
	for (int i = 0; i < 3; i++) {
		memset(pad, 0, sizeof pad);
		memcpy(pad, text[i], strlen(text[i]));
		sha256_add(&h, pad, 8);
	}
	sha256_add(&h, &none, 8);	/* no rates */
	sha256_add(&h, &one, 8);	/* one symbol */
	memset(pad, 0, sizeof pad);
	memcpy(pad, "kX", 2);
	sha256_add(&h, pad, 32);
	sha256_add(&h, &one, 8);	/* one bar */
	sha256_add(&h, row, 16);
	sha256_add(&h, price, 40);
	sha256_add(&h, &trades, 8);
	sha256_add(&h, &none, 8);	/* exit */
	sha256_add(&h, &none, 8);	/* entry */
	sha256_add(&h, &none, 8);	/* rates */
	sha256_end(&h, digest);
	hex_put(hex, digest, 32);
	q.want_data_id = true;
	if (load(&m, &q)) {
		CHECK_TEXT(m.data_id, hex);
		CHECK_TEXT(m.data_id, "6845e3f3756e83992d55eaa05cd68dffda645f28ddea315d54e738be93528b27");
		market_release(&m);
	}
}

/* -- read-only places, write-ahead logs -- */

static void load_unprivileged(void *arg)
{
	struct market_query q = query(arg, "1h");
	struct errmsg e;
	struct market m;
	int status;

	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		die(EX_BUG, "cannot drop root");
	if (!market_load(&m, &q, &e, &status))
		die((enum exit_status)status, "%s", e.text);
	printf("%zu bars\n", m.main.of[0].n);
	market_release(&m);
}

static void test_read_only(void)
{
	struct child c;
	struct buf sql = BUF_INIT;
	sqlite3 *h;

	mkdir("ro", 0777);
	bar_rows(&sql, "BTC", "1h", HOUR, 0, 9, 100);
	make("ro/candles_plain.db", CANDLES, buf_cstr(&sql));
	make("ro/candles_wal.db", CANDLES, buf_cstr(&sql));
	run_sql("ro/candles_wal.db", "PRAGMA journal_mode = WAL");
	buf_release(&sql);
	CHECK(chmod(".", 0755) == 0 && chmod("ro", 0555) == 0 && chmod("ro/candles_wal.db", 0444) == 0);
	c = child_run(load_unprivileged, "ro/candles_plain.db", NULL);
	CHECK_TEXT(c.out, "10 bars\n");
	c = child_run(load_unprivileged, "ro/candles_wal.db", NULL);
	CHECK_TEXT(c.err, "");
	CHECK_TEXT(c.out, "10 bars\n");
	CHECK(access("ro/candles_wal.db-shm", F_OK) != 0);

	/* A reader beside a writer sees what was committed, through the log. */
	chmod("ro", 0777);
	chmod("ro/candles_wal.db", 0666);
	CHECK(sqlite3_open("ro/candles_wal.db", &h) == SQLITE_OK);
	sqlite3_exec(h, "INSERT INTO candles VALUES('BTC','1h',0,1,1,1,1,1,1,1,NULL); BEGIN IMMEDIATE;"
	                "INSERT INTO candles VALUES('BTC','1h',3600000,1,1,1,1,1,1,1,NULL)", NULL, NULL, NULL);
	c = child_run(load_unprivileged, "ro/candles_wal.db", NULL);
	CHECK_TEXT(c.out, "11 bars\n");

	/* Changes that can be seen but not read must not be left out silently. */
	CHECK(system("mkdir ro2 && cp ro/candles_wal.db ro/candles_wal.db-wal ro2 && chmod 555 ro2 && chmod 444 ro2/*") == 0);
	CHECK(system("mkdir rw && cp ro/candles_wal.db ro/candles_wal.db-wal rw") == 0);
	sqlite3_close(h);
	c = child_run(load_unprivileged, "ro2/candles_wal.db", NULL);
	CHECK(c.status == EX_DATA);
	CHECK(strstr(c.err, "unfinished changes wait beside it"));
	chmod("ro2", 0777);
	/* Where its writer was killed and the reader may write, they are put in their place, or taken back. */
	CHECK(sqlite3_open("ro/candles_plain.db", &h) == SQLITE_OK);
	sqlite3_exec(h, "PRAGMA cache_size = 1; BEGIN; UPDATE candles SET c = 7; CREATE TABLE x AS WITH RECURSIVE n(i) AS "
	                "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) SELECT i, hex(randomblob(99)) FROM n", NULL, NULL, NULL);
	CHECK(system("cp ro/candles_plain.db ro/candles_plain.db-journal rw && chmod 777 rw && chmod 666 rw/*") == 0);
	sqlite3_close(h);
	c = child_run(load_unprivileged, "rw/candles_wal.db", NULL);
	CHECK_TEXT(c.out, "11 bars\n");
	c = child_run(load_unprivileged, "rw/candles_plain.db", NULL);
	CHECK_TEXT(c.err, "");
	CHECK_TEXT(c.out, "10 bars\n");
}

/* -- packs -- */

static struct market_query whole_query(void)
{
	struct market_query q = query("candles_1h.db", "1h");

	q.exit_candles = "candles_5m.db";
	q.exit_interval = "5m";
	q.entry_candles = "candles_5m.db";
	q.entry_interval = "5m";
	q.funding = "funding.db";
	q.universe = "universe.db";
	return q;
}

/* A pack as ocq-pack makes it. */
static bool pack_of(const char *path, struct market_query q)
{
	struct errmsg e = { "" };
	struct market m;
	bool ok;

	q.funding_before_window = q.btc_context = true;
	if (!load(&m, &q))
		return false;
	ok = pack_write(path, &m, &e);
	if (!CHECK(ok))
		printf("%s\n", e.text);
	market_release(&m);
	return ok;
}

/* The same question to the stores and to a pack: the same answer, or a refusal with the same status. */
static bool same_answer(struct market_query stores, const char *pack)
{
	struct market_query packed = MARKET_QUERY_INIT;
	struct errmsg a = { "" }, b = { "" };
	struct market m, p;
	int status_m, status_p;
	bool ok_m, ok_p, same;

	packed.pack = pack;
	packed.symbols = stores.symbols;
	packed.from_ms = stores.from_ms;
	packed.to_ms = stores.to_ms;
	packed.funding_before_window = stores.funding_before_window;
	packed.btc_context = stores.btc_context;
	packed.want_data_id = stores.want_data_id = true;
	ok_m = market_load(&m, &stores, &a, &status_m);
	ok_p = market_load(&p, &packed, &b, &status_p);
	same = ok_m == ok_p && status_m == status_p && (!ok_m || same_market(&m, &p));
	if (!same)
		printf("%s %" PRId64 " %" PRId64 ": \"%s\" \"%s\"\n", stores.symbols ? stores.symbols : "all", stores.from_ms,
		       stores.to_ms, a.text, b.text);
	if (ok_m)
		market_release(&m);
	if (ok_p)
		market_release(&p);
	return same;
}

static void test_pack_answers(void)
{
	static const char *const symbols[] = { NULL, "BTC", "eth", "kPEPE", "BTC,ETH", "ETH,kPEPE", "XRP" };
	static const int64_t hours[] = { -1, 0, 19, 20, 22, 25, 26, 29, 30, 39, 40, 41, 49, 50 };
	enum { N = sizeof hours / sizeof *hours, S = sizeof symbols / sizeof *symbols };
	struct market_query base[3] = { whole_query(), query("candles_1h.db", "1h"), whole_query() };

	base[1].funding = "funding.db";
	base[2].universe = NULL;
	base[2].no_auto_scope = true;
	for (int b = 0; b < 3; b++) {
		if (!pack_of("m.pack", base[b]))
			return;
		for (int s = 0; s < S; s++)
			for (int i = -1; i < N; i++)
				for (int k = -1; k < N; k++)
					for (int repaired = 0; repaired < 2; repaired++) {
						struct market_query q = base[b];

						q.symbols = symbols[s];
						q.from_ms = i < 0 ? INT64_MIN : T0 + hours[i] * HOUR;
						q.to_ms = k < 0 ? INT64_MAX : T0 + hours[k] * HOUR;
						q.btc_context = q.funding_before_window = repaired;
						CHECK(same_answer(q, "m.pack"));
					}
	}
}

static void test_pack_choice(void)
{
	struct market_query q = whole_query(), p = MARKET_QUERY_INIT;
	struct errmsg e = { "" };
	char data_id[65];
	struct market m;

	q.symbols = "kPEPE,ETH";
	q.from_ms = T0 + 24 * HOUR;
	if (!pack_of("m.pack", q))
		return;
	p.pack = "m.pack";
	if (load(&m, &p)) {		/* carried, and BTC is there for context only */
		CHECK(m.n_symbols == 2 && m.context_symbol == UINT32_MAX && m.data_id[0]);
		CHECK(pack_check("m.pack", data_id, &e));
		CHECK_TEXT(data_id, m.data_id);
		market_release(&m);
	}
	p.symbols = "BTC";
	REFUSED(&p, EX_USAGE, "no symbol \"BTC\" in the data; there are ETH kPEPE");
	p.symbols = NULL;
	p.btc_context = true;
	if (load(&m, &p)) {
		CHECK(m.n_symbols == 3 && m.context_symbol == 0);
		market_release(&m);
	}
	p.candles = "candles_1h.db";
	REFUSED(&p, EX_USAGE, "a pack holds all data");
	p.candles = NULL;
	p.interval = "5m";
	REFUSED(&p, EX_USAGE, "m.pack: holds 1h bars, not 5m");
	p.interval = "1h";
	p.exit_interval = "3m";
	REFUSED(&p, EX_USAGE, "m.pack: holds 5m bars, not 3m");
	p.exit_interval = NULL;
	p.from_ms = T0 + 23 * HOUR;	/* the stores have it, the pack has not */
	REFUSED(&p, EX_USAGE, "from 2023-11-15T22:00:00Z is outside the data, which goes from 2023-11-15T23:00:00Z");
	p = (struct market_query)MARKET_QUERY_INIT;
	p.pack = "candles_1h.db";
	REFUSED(&p, EX_DATA, "candles_1h.db: not a pack");
	p.pack = "none.pack";
	REFUSED(&p, EX_DATA, "none.pack: No such file");
	p.pack = ".";
	REFUSED(&p, EX_DATA, "no regular file");
	CHECK(!pack_check("candles_1h.db", data_id, &e));
	if (load(&m, &q)) {
		CHECK(!pack_write("no/such/dir.pack", &m, &e));
		CHECK(strstr(e.text, "no/such/dir.pack"));
		market_release(&m);
	}
}

static void write_bytes(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	CHECK(fwrite(bytes, 1, n, f) == n);
	fclose(f);
}

/* Whatever is done to its bytes, a pack is refused: every bit of the head, and one in seven of the rest. */
static void test_pack_damage(void)
{
	struct market_query q = query("tiny.db", "1h"), p = MARKET_QUERY_INIT;
	struct buf pack = BUF_INIT;
	struct errmsg e;
	struct market m;
	int status;

	if (!pack_of("m.pack", q) || !CHECK(buf_read_file(&pack, "m.pack", 1 << 20, &e)))
		return;
	p.pack = "bad.pack";
	for (size_t bit = 0; bit < 8 * pack.len; bit += bit < 8 * 256 ? 1 : 7) {
		pack.data[bit / 8] ^= (char)(1 << bit % 8);
		write_bytes("bad.pack", pack.data, pack.len);
		if (!CHECK(!market_load(&m, &p, &e, &status) && status == EX_DATA))
			market_release(&m);
		pack.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t n = 0; n < pack.len; n += 24) {
		write_bytes("bad.pack", pack.data, n);
		REFUSED(&p, EX_DATA, n < 8 ? "not a pack" : "pack");
	}
	buf_addc(&pack, '\0');
	write_bytes("bad.pack", pack.data, pack.len);
	REFUSED(&p, EX_DATA, "damaged pack");
	pack.data[8] = 9;
	write_bytes("bad.pack", pack.data, pack.len - 1);
	REFUSED(&p, EX_DATA, "pack format 9, this program reads format 1");
	pack.data[12] = 0x0a;
	write_bytes("bad.pack", pack.data, pack.len - 1);
	REFUSED(&p, EX_DATA, "another byte order");
	buf_release(&pack);
}

/* -- bars that are right, gaps, CSV -- */

static const struct rec_candle good = { "kPEPE", "1h", T0, T0 + HOUR - 1, 2, 3, 1, 2, 0, 0 };

#define PROBLEM(change, words) do { \
	struct rec_candle c = good; \
	const char *problem; \
	change; \
	problem = candle_problem(&c); \
	test_check(words[0] ? problem && strncmp(problem, words, strlen(words)) == 0 : !problem, __FILE__, __LINE__, #change); \
} while (0)

static void test_problems(void)
{
	PROBLEM((void)0, "");
	PROBLEM(c.symbol[0] = '\0', "\"symbol\"");
	PROBLEM(c.symbol[0] = ' ', "\"symbol\"");
	PROBLEM(memcpy(c.interval, "7h", 3), "\"interval\"");
	PROBLEM(c.t_ms = -HOUR, "\"t_ms\" is no time");
	PROBLEM(c.t_ms = INT64_MAX, "\"t_ms\" is no time");
	PROBLEM(c.t_ms++, "\"t_ms\" is not a multiple");
	PROBLEM(c.t_close_ms++, "\"t_close_ms\"");
	PROBLEM(c.o = 0, "\"o\" is not a positive price");
	PROBLEM(c.h = -1, "\"h\" is not a positive price");
	PROBLEM(c.l = 0, "\"l\" is not a positive price");
	PROBLEM(c.c = HUGE_VAL, "\"c\" is not a positive price");
	PROBLEM(c.h = 1.5, "\"h\" is below");
	PROBLEM(c.o = 3.5, "\"h\" is below");
	PROBLEM(c.l = 2.5, "\"l\" is above");
	PROBLEM(c.o = 0.5, "\"l\" is above");
	PROBLEM(c.c = 0.5, "\"l\" is above");
	PROBLEM(c.v = -1, "\"v\"");
	PROBLEM(c.v = HUGE_VAL, "\"v\"");
	PROBLEM(c.n = -1, "\"n\"");
	PROBLEM(c.o = c.h = c.l = c.c = 5, "");
}

static void test_gaps(void)
{
	static const int64_t t[] = { 10, 20, 50, 60, 65, 90 };
	struct bars b = { .n = 6, .t_ms = t };
	struct gap *g;

	CHECK(gaps_find(&b, 10, INT64_MIN, INT64_MAX, &g) == 2);
	CHECK(g[0].from_ms == 30 && g[0].to_ms == 40 && g[1].from_ms == 75 && g[1].to_ms == 75);
	free(g);
	CHECK(gaps_find(&b, 10, 0, 110, &g) == 4);	/* the ends count when they are named */
	CHECK(g[0].from_ms == 0 && g[0].to_ms == 0 && g[3].from_ms == 100 && g[3].to_ms == 110);
	free(g);
	CHECK(gaps_find(&b, 10, 15, 45, &g) == 1);	/* 15 means the next bar, 20 */
	CHECK(g[0].from_ms == 30 && g[0].to_ms == 40);
	free(g);
	CHECK(gaps_find(&b, 10, 35, 45, &g) == 1);	/* 30 opens before it */
	CHECK(g[0].from_ms == 40 && g[0].to_ms == 40);
	free(g);
	CHECK(gaps_find(&b, 10, 200, 230, &g) == 1);
	CHECK(g[0].from_ms == 200 && g[0].to_ms == 230);
	free(g);
	CHECK(gaps_find(&b, 10, 10, 20, &g) == 0);
	free(g);
}

/* A CSV row becomes this bar, or a message with these words. */
static void csv_case(const char *header, const char *row, const struct rec_candle *want, const char *words, int line)
{
	struct rec_candle preset = { .symbol = "", .interval = "" }, got;
	struct errmsg e = { "" };
	struct csv csv;
	bool ok;

	if (strncmp(header, "t,", 2) == 0) {
		memcpy(preset.symbol, "kPEPE", 6);
		memcpy(preset.interval, "1h", 3);
	}
	ok = csv_header(&csv, header, strlen(header), &preset, &e) && csv_row(&csv, row, strlen(row), &got, &e);
	test_check(ok == (want != NULL), __FILE__, line, row);
	if (want && ok)
		test_check(memcmp(&got, want, sizeof got) == 0, __FILE__, line, "the same bar");
	if (!want && !test_check(strstr(e.text, words) != NULL, __FILE__, line, words))
		printf("got: %s\n", e.text);
}
#define CSV(header, row, want, words) csv_case(header, row, want, words, __LINE__)

static void test_csv(void)
{
	static const char all[] = "symbol,interval,t_ms,t_close_ms,o,h,l,c,v,n";
	static const char more[] = "\xef\xbb\xbf" "exchange,Coin,\"interval\",Time,OPEN,High,low,Close,Volume\r";
	struct rec_candle counted = good;

	counted.n = 7;
	counted.v = 0.5;
	CSV(all, "kPEPE,1h,1700002800000,1700006399999,2,3,1,2,0,0", &good, "");
	CSV(all, "\"kPEPE\",\"1h\",1700002800000,1700006399999,2,3,1,2.0,0.5,7\r", &counted, "");
	CSV(more, "\"a \"\"b\"\", c\",kPEPE,1h,2023-11-14T23:00:00Z,2,3,1,2,0", &good, "");
	CSV("t,T,o,h,l,c,v,n", "1700002800000,1700006399999,2,3,1,2,0.5,7", &counted, "");
	CSV("t,o,h,l,c,v", "1700002800,2,3,1,2,0", &good, "");
	CSV("t,o,h,l,c", "1700002800000,2,3,1,2", NULL, "no column \"v\"");
	CSV("interval,t,o,h,l,c,v", "", NULL, "no column \"symbol\" (or s, coin); give one name with --symbols");
	CSV("t,o,h,l,c,v,open", "", NULL, "column \"o\" is there twice");
	CSV(all, "kPEPE,1h,1700002800000,1700006399999,2,3,1,2,0", NULL, "9 columns instead of 10");
	CSV(all, "kPEPE,1h,1700002800000,1700006399999,2,3,1,2,0,0,0", NULL, "11 columns instead of 10");
	CSV(all, "kPEPE,1h,1700002800000,1700006399999,2,3,1,x,0,0", NULL, "\"c\" is not a decimal: \"x\"");
	CSV(all, "kPEPE,1h,1700002800000,1700006399999,2,3,1,,0,0", NULL, "\"c\" is not a decimal: \"\"");
	CSV(all, "kPEPE,1h,1700002800000,1700006399999,2,3,1,1e999,0,0", NULL, "\"c\" is not a decimal");
	CSV(all, "kPEPE,1h,tomorrow,1700006399999,2,3,1,2,0,0", NULL, "\"t_ms\" is not a time");
	CSV(all, "kPEPE,1h,1700002800000,1700006399999,2,3,1,2,0,0.5", NULL, "\"n\" is not an integer");
	CSV(all, ",1h,1700002800000,1700006399999,2,3,1,2,0,0", NULL, "\"symbol\" is not a symbol");
	CSV(all, "kPEPE,\"1h,1700002800000,1700006399999,2,3,1,2,0,0", NULL, "quotation marks do not match");
	CSV(all, "kPEPE,\"1\"h,1700002800000,1700006399999,2,3,1,2,0,0", NULL, "quotation marks do not match");
	CSV(all, "kPE\"PE,1h,1700002800000,1700006399999,2,3,1,2,0,0", NULL, "quotation marks do not match");
}

/* -- writing -- */

static void put(const char *path, bool replace, const struct rec_candle *c, size_t n, uint64_t written, uint64_t left)
{
	struct writer w;
	struct fault f;

	CHECK(writer_open(&w, path, STORE_CANDLES, replace, &f));
	for (size_t i = 0; i < n; i++)
		CHECK(writer_candle(&w, &c[i], NULL, &f));
	CHECK(writer_commit(&w, &f));
	CHECK(w.written == written && w.left == left);
}

static void test_writer(void)
{
	struct market_query q = query("w.db", "1h");
	struct rec_candle c[2] = { good, good };
	struct market m;
	struct writer w;
	struct fault f;

	c[1].c = 2.5;
	unlink("w.db");
	put("w.db", false, c, 2, 1, 1);		/* the first stays */
	CHECK(load(&m, &q));
	CHECK_SAME(m.main.of[0].close[0], 2);
	market_release(&m);
	put("w.db", true, c, 2, 1, 1);		/* the last one counts; an equal row is no change */
	CHECK(load(&m, &q));
	CHECK_SAME(m.main.of[0].close[0], 2.5);
	market_release(&m);
	CHECK(writer_open(&w, "w.db", STORE_CANDLES, true, &f));
	CHECK(writer_candle(&w, &c[0], NULL, &f));
	writer_abandon(&w);
	CHECK(load(&m, &q));
	CHECK_SAME(m.main.of[0].close[0], 2.5);
	market_release(&m);
	CHECK(!writer_open(&w, "no/such/dir/w.db", STORE_CANDLES, true, &f));
	CHECK(strstr(f.e.text, "no/such/dir/w.db"));
}

/* -- synthetic markets -- */

static const struct synth_symbol *synth_symbol(const struct synth *s, const char *name)
{
	for (uint32_t i = 0; i < s->n_symbols; i++)
		if (strcmp(s->symbol[i].name, name) == 0)
			return &s->symbol[i];
	return NULL;
}

/* Every coarse bar is the fold of its fine bars, and no fine bar is outside one. */
static void check_fold(const struct synth_symbol *y, int64_t coarse_ms)
{
	struct bars a = columns_bars(&y->bars[0]), b = columns_bars(&y->bars[1]);
	bool ok = a.n > 0;
	size_t k = 0;

	for (size_t i = 0; ok && i < a.n; i++) {
		double h = 0, l = 1e300, o = 0, c = 0, v = 0;
		int64_t n = 0;

		for (size_t first = k; k < b.n && b.t_ms[k] < a.t_ms[i] + coarse_ms; k++) {
			o = k == first ? b.open[k] : o;
			h = b.high[k] > h ? b.high[k] : h;
			l = b.low[k] < l ? b.low[k] : l;
			c = b.close[k];
			v += b.volume[k];
			n += b.trades[k];
			ok = ok && b.t_ms[k] >= a.t_ms[i];
		}
		ok = ok && o == a.open[i] && h == a.high[i] && l == a.low[i] && c == a.close[i] && n == a.trades[i] &&
		     v <= a.volume[i] * (1 + 1e-12) && v >= a.volume[i] * (1 - 1e-12);
	}
	CHECK(ok && k == b.n);
}

static void check_bars(const struct synth_symbol *y, const char *interval, const struct columns *col)
{
	struct bars b = columns_bars(col);
	bool ok = true;

	for (size_t i = 0; i < b.n; i++) {
		struct rec_candle c = { .t_ms = b.t_ms[i], .t_close_ms = b.t_close_ms[i], .o = b.open[i], .h = b.high[i],
		                        .l = b.low[i], .c = b.close[i], .v = b.volume[i], .n = b.trades[i] };

		memcpy(c.symbol, y->name, sizeof c.symbol);
		memcpy(c.interval, interval, strlen(interval) + 1);
		ok = ok && !candle_problem(&c) && (i == 0 || b.t_ms[i - 1] < b.t_ms[i]);
		ok = ok && c.t_ms >= y->listed_from_ms && c.t_ms <= y->listed_to_ms;
	}
	CHECK(ok);
}

static void test_synth(void)
{
	struct synth_plan plan = SYNTH_PLAN_INIT;
	struct synth all, one, other;
	struct bars a, b;
	struct fault f;

	plan.intervals = "1h,5m";
	plan.gaps = 6;
	plan.late = 2;
	plan.delisted = 1;
	if (!CHECK(synth_make(&all, &plan, &f)))
		return;
	CHECK(all.n_symbols == 8);
	for (uint32_t i = 0; i < all.n_symbols; i++) {
		check_fold(&all.symbol[i], HOUR);
		check_bars(&all.symbol[i], "1h", &all.symbol[i].bars[0]);
		check_bars(&all.symbol[i], "5m", &all.symbol[i].bars[1]);
	}
	CHECK(synth_symbol(&all, "ETH")->listed_to_ms < plan.from_ms + 30 * 24 * HOUR - 1);
	CHECK(synth_symbol(&all, "AVAX")->listed_from_ms > plan.from_ms);
	CHECK(synth_symbol(&all, "BTC")->rates.n == 30 * 24);
	CHECK(columns_bars(&synth_symbol(&all, "BTC")->bars[1]).n < 30 * 288);	/* outages */

	plan.symbols = "kPEPE,BTC";	/* a symbol does not depend on the company it keeps */
	plan.late = plan.delisted = 0;
	plan.intervals = "5m";
	CHECK(synth_make(&one, &plan, &f));
	a = columns_bars(&synth_symbol(&all, "kPEPE")->bars[1]);
	b = columns_bars(&synth_symbol(&one, "kPEPE")->bars[0]);
	CHECK(same_bars(&a, &b));
	plan.seed++;
	CHECK(synth_make(&other, &plan, &f));
	a = columns_bars(&synth_symbol(&other, "kPEPE")->bars[0]);
	CHECK(!same_bars(&a, &b));
	synth_release(&other);
	synth_release(&one);
	synth_release(&all);
	plan.intervals = "1h,2h";
	CHECK(!synth_make(&one, &plan, &f) && f.status == EX_USAGE && strstr(f.e.text, "\"2h\""));
	plan = (struct synth_plan)SYNTH_PLAN_INIT;
	plan.regime = "quiet";
	CHECK(!synth_make(&one, &plan, &f) && strstr(f.e.text, "no regime \"quiet\""));
	plan = (struct synth_plan)SYNTH_PLAN_INIT;
	plan.symbols = "A,A";
	CHECK(!synth_make(&one, &plan, &f) && strstr(f.e.text, "A is there twice"));
	plan = (struct synth_plan)SYNTH_PLAN_INIT;
	plan.n_symbols = 17;
	CHECK(!synth_make(&one, &plan, &f) && strstr(f.e.text, "16 are built in"));
}

/* The first bars of a market, for good: a change of them is a change of every fixture. */
static void test_synth_bytes(void)
{
	struct synth_plan plan = SYNTH_PLAN_INIT;
	struct sha256 h;
	struct synth s;
	struct fault f;
	unsigned char digest[32];
	char hex[65];

	plan.intervals = "1h,1m";
	plan.n_symbols = 16;
	plan.symbols = "BTC,kPEPE,MADEUP";
	CHECK(synth_make(&s, &plan, &f));
	sha256_init(&h);
	for (uint32_t i = 0; i < s.n_symbols; i++) {
		for (unsigned k = 0; k < N_BAR_COLUMNS; k++)
			for (unsigned iv = 0; iv < 2; iv++)
				sha256_add(&h, s.symbol[i].bars[iv].col[k], 8 * s.symbol[i].bars[iv].n);
		for (unsigned k = 0; k < N_RATE_COLUMNS; k++)
			sha256_add(&h, s.symbol[i].rates.col[k], 8 * s.symbol[i].rates.n);
	}
	sha256_end(&h, digest);
	hex_put(hex, digest, 32);
	CHECK_TEXT(hex, "d2cbb1df4b0c495fb13fce3077213b7cd8113d95edf86990467390ed04b00695");
	synth_release(&s);
}

int main(void)
{
	char dir[] = "/tmp/ocq-t_store-XXXXXX", remove[64];

	err_init("t_store");
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return 1;
	make_market();
	test_rows();
	test_cells();
	test_sets();
	test_no_key();
	test_window();
	test_overlap();
	test_symbols();
	test_universe();
	test_funding();
	test_context();
	test_data_id();
	test_read_only();
	test_pack_answers();
	test_pack_choice();
	test_pack_damage();
	test_problems();
	test_gaps();
	test_csv();
	test_writer();
	test_synth();
	test_synth_bytes();
	snprintf(remove, sizeof remove, "rm -rf %s", dir);
	if (chdir("/") != 0 || system(remove) != 0)
		return 1;
	return test_end("t_store");
}
