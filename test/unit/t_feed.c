/* SPDX-License-Identifier: MIT
 * lib/feed without an exchange: the rule of closed bars, steps, prices, doubles, and a collector that lives through days of
 * a bad connection and is compared with what really happened. FEED_DAYS: how many days (2). */
#include "test.h"

#include "base/clock.h"
#include "base/rng.h"
#include "feed/archive.h"
#include "feed/collect.h"
#include "feed/feed.h"
#include "feed/notify.h"
#include "feed/steps.h"
#include "feed/symbols.h"
#include "feed/watch.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MINUTE INT64_C(60000)
#define HOUR INT64_C(3600000)
#define T0 INT64_C(1763827200000)	/* a full day */

/* ---- bars ---- */

static struct bar_values bar(double c, int64_t n)
{
	return (struct bar_values){ 100, 110, 90, c, (double)n, n };
}

/* What happens to a series of 1m bars from T0 on, and what is known of its first bar then. */
struct event {
	enum { END, MESSAGE, PROVED, DOWN, UP, ROW, ANSWER } what;
	int64_t at_s;		/* of the message's bar, from T0; of the proof; of an answer's asking */
	int64_t n;		/* trades so far */
};

static enum bar_look play(const struct event *e, int64_t now_ms, struct bar_values *v, bool *wanted)
{
	struct feed_link link = { .epoch = 1, .up = true };
	struct bar_series b;
	int64_t from, to;
	enum bar_look is;

	bars_init(&b, MINUTE, T0);
	for (; e->what != END; e++) {
		struct bar_values x = bar(100 + (double)e->n, e->n);

		switch (e->what) {
		case MESSAGE: bars_message(&b, T0 + e->at_s * 1000, &x, link.epoch, T0); break;
		case PROVED: link.proved_ms = T0 + e->at_s * 1000; break;
		case DOWN: link.up = false; break;
		case UP: link = (struct feed_link){ .epoch = link.epoch + 1, .up = true }; break;
		case ROW: bars_row(&b, T0, &x, T0 + e->at_s * 1000, 2000); break;
		case ANSWER: bars_answered(&b, T0, T0, T0 + e->at_s * 1000, 2000); break;
		case END: break;
		}
	}
	is = bars_look(&b, &link, now_ms, 2000, v);
	*wanted = bars_wanted(&b, &link, now_ms, 2000, &from, &to);
	bars_release(&b);
	return is;
}

static void closed_rule(void)
{
	static const struct {
		const char *what;
		struct event e[8];
		int64_t now_ms;
		enum bar_look is;
		int64_t n;
		bool wanted;
	} cases[] = {
		{ "nothing yet", { { 0 } }, 30000, BAR_WAITS, 0, false },
		{ "forming", { { MESSAGE, 0, 3 } }, 30000, BAR_WAITS, 0, false },
		{ "a far future follows nothing", { { MESSAGE, 0, 3 }, { MESSAGE, 60000, 1 } }, 62000, BAR_WAITS, 0, false },
		{ "the forming bar is not final, whatever follows", { { MESSAGE, 0, 3 }, { MESSAGE, 60, 1 } }, 59999, BAR_WAITS, 0, false },
		{ "not at t_close + grace", { { MESSAGE, 0, 3 }, { MESSAGE, 60, 1 } }, 61999, BAR_WAITS, 0, false },
		{ "one millisecond later", { { MESSAGE, 0, 3 }, { MESSAGE, 60, 1 } }, 62000, BAR_FINAL, 3, false },
		{ "the last state counts", { { MESSAGE, 0, 3 }, { MESSAGE, 0, 5 }, { MESSAGE, 60, 1 } }, 62000, BAR_FINAL, 5, false },
		{ "a late message within the grace", { { MESSAGE, 0, 3 }, { MESSAGE, 60, 1 }, { MESSAGE, 0, 4 } }, 62000, BAR_FINAL, 4, false },
		{ "an older state that comes late", { { MESSAGE, 0, 3 }, { MESSAGE, 60, 1 }, { MESSAGE, 0, 2 } }, 62000, BAR_FINAL, 3, false },
		{ "doubled and reordered", { { MESSAGE, 0, 5 }, { MESSAGE, 0, 3 }, { MESSAGE, 0, 5 }, { MESSAGE, 60, 1 } }, 62000, BAR_FINAL, 5, false },
		{ "quiet: not before the connection proves it", { { MESSAGE, 0, 3 }, { PROVED, 61, 0 } }, 62000, BAR_WAITS, 0, false },
		{ "quiet and proved", { { MESSAGE, 0, 3 }, { PROVED, 62, 0 } }, 62100, BAR_FINAL, 3, false },
		{ "quiet and never proved: ask", { { MESSAGE, 0, 3 } }, 67000, BAR_WAITS, 0, true },
		{ "quiet, connection lost: ask", { { MESSAGE, 0, 3 }, { DOWN, 0, 0 } }, 62000, BAR_WAITS, 0, true },
		{ "lost before the end of the bar", { { MESSAGE, 0, 3 }, { UP, 0, 0 }, { MESSAGE, 60, 1 }, { PROVED, 62, 0 } }, 62100, BAR_WAITS, 0, true },
		{ "lost within the bar, but heard again", { { MESSAGE, 0, 3 }, { UP, 0, 0 }, { MESSAGE, 0, 3 }, { MESSAGE, 60, 1 } }, 62000, BAR_FINAL, 3, false },
		{ "lost after it was followed", { { MESSAGE, 0, 3 }, { MESSAGE, 60, 1 }, { DOWN, 0, 0 } }, 62000, BAR_FINAL, 3, false },
		{ "no message: not asked before the proof", { { MESSAGE, 60, 1 } }, 62000, BAR_WAITS, 0, false },
		{ "no message: ask", { { MESSAGE, 60, 1 }, { PROVED, 62, 0 } }, 62100, BAR_WAITS, 0, true },
		{ "answered", { { DOWN, 0, 0 }, { ROW, 62, 7 }, { ANSWER, 62, 0 } }, 62100, BAR_FINAL, 7, false },
		{ "answered, asked too early", { { DOWN, 0, 0 }, { ROW, 61, 7 }, { ANSWER, 61, 0 } }, 62100, BAR_WAITS, 0, true },
		{ "the exchange has no such bar", { { DOWN, 0, 0 }, { ANSWER, 62, 0 } }, 62100, BAR_ABSENT, 0, false },
		{ "an answer that knows less than we do", { { MESSAGE, 0, 9 }, { DOWN, 0, 0 }, { ROW, 62, 7 }, { ANSWER, 62, 0 } }, 62100, BAR_WAITS, 0, true },
		{ "an answer corrects", { { MESSAGE, 0, 9 }, { DOWN, 0, 0 }, { ROW, 62, 10 }, { ANSWER, 62, 0 } }, 62100, BAR_FINAL, 10, false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bar_values v = { 0 };
		bool wanted;
		enum bar_look is = play(cases[i].e, T0 + cases[i].now_ms, &v, &wanted);

		if (!CHECK(is == cases[i].is && v.n == cases[i].n && wanted == cases[i].wanted))
			printf("%s: look %d, n %" PRId64 ", wanted %d\n", cases[i].what, is, v.n, wanted);
	}
}

static void repeated_refusal(void)
{
	struct bar_values less = bar(100, 7), more = bar(100, 9), v;
	struct feed_link link = { .epoch = 2 };
	struct bar_series b;
	int i = 0;

	bars_init(&b, MINUTE, T0);
	bars_message(&b, T0, &more, 1, T0);
	for (; i < 10 && bars_look(&b, &link, T0 + HOUR, 2000, &v) == BAR_WAITS; i++) {
		bars_row(&b, T0, &less, T0 + HOUR, 2000);
		bars_answered(&b, T0, T0, T0 + HOUR, 2000);
	}
	CHECK(i > 1 && i < 10 && v.n == 7);	/* what is said again and again is believed */
	bars_release(&b);
}

static void told_bars(void)
{
	struct bar_values v = bar(100, 5), late = bar(101, 6), old = bar(99, 4);
	struct feed_link link = { .epoch = 1, .up = true };
	struct bar_series b;
	int64_t from, to;

	bars_init(&b, MINUTE, T0);
	bars_message(&b, T0, &v, 1, T0);
	bars_told(&b, &v);
	CHECK(b.next_ms == T0 + MINUTE);
	CHECK(!bars_message(&b, T0, &old, 1, T0) && !bars_wanted(&b, &link, T0, 2000, &from, &to));
	CHECK(!bars_message(&b, T0, &v, 1, T0) && !bars_wanted(&b, &link, T0, 2000, &from, &to));
	CHECK(!bars_message(&b, T0, &late, 1, T0) && bars_wanted(&b, &link, T0, 2000, &from, &to) && from == T0 && to == T0);
	CHECK(bars_unchecked(&b, T0 + HOUR, &from, &to) && from == T0);
	CHECK(bars_row(&b, T0, &late, T0 + HOUR, 2000));	/* a revision */
	bars_answered(&b, T0, T0, T0 + HOUR, 2000);
	CHECK(!bars_wanted(&b, &link, T0, 2000, &from, &to) && !bars_unchecked(&b, T0 + HOUR, &from, &to));
	CHECK(!bars_row(&b, T0, &late, T0 + HOUR, 2000));	/* no second one */

	bars_told(&b, NULL);	/* patience ended */
	CHECK(bars_wanted(&b, &link, T0, 2000, &from, &to) && from == T0 + MINUTE && to == T0 + MINUTE);
	CHECK(bars_row(&b, T0 + MINUTE, &v, T0 + HOUR, 2000));
	bars_answered(&b, T0 + MINUTE, T0 + MINUTE, T0 + HOUR, 2000);
	CHECK(!bars_wanted(&b, &link, T0, 2000, &from, &to));
	for (int i = 0; i < 3 * BARS_TOLD; i++)
		bars_told(&b, NULL);
	CHECK(bars_wanted(&b, &link, T0, 2000, &from, &to) && from == b.next_ms - BARS_TOLD * MINUTE);	/* bounded */
	CHECK(!bars_row(&b, T0, &old, T0 + HOUR, 2000));
	bars_release(&b);
}

static void recalled_bars(void)
{
	struct bar_values v = bar(100, 5);
	struct feed_link link = { .epoch = 1, .up = true };
	struct bar_series b;
	int64_t from, to;

	bars_init(&b, MINUTE, T0 + 10 * MINUTE);
	bars_remember(&b, T0 + 2 * MINUTE);
	for (int i = 2; i < 10; i++)
		if (i != 5)
			bars_recall(&b, T0 + i * MINUTE, &v);
	CHECK(bars_wanted(&b, &link, T0, 2000, &from, &to) && from == T0 + 2 * MINUTE && to == T0 + 5 * MINUTE);	/* the hole, and what is unchecked */
	CHECK(bars_unchecked(&b, T0 + HOUR, &from, &to) && from == T0 + 2 * MINUTE && to == T0 + 9 * MINUTE);
	CHECK(bars_past_values(&b, T0 + 4 * MINUTE) && !bars_past_values(&b, T0 + 5 * MINUTE));
	bars_answered(&b, T0, T0 + 9 * MINUTE, T0 + HOUR, 2000);
	CHECK(!bars_wanted(&b, &link, T0, 2000, &from, &to) && !bars_unchecked(&b, T0 + HOUR, &from, &to));
	bars_release(&b);
}

/* ---- steps ---- */

static void step_rule(void)
{
	static const struct {
		struct step_count n;
		int64_t turn_s, now_s;
		enum step_verdict want;
	} cases[] = {	/* the step's bars end at 60 s; grace 2 s, patience 60 s */
		{ { .followed = 3, .final = 3 }, 62, 61, STEP_WAITS },
		{ { .followed = 3, .final = 3 }, 62, 62, STEP_DUE },
		{ { .followed = 3, .final = 2, .absent = 1 }, 62, 62, STEP_DUE },
		{ { .followed = 3, .final = 2 }, 62, 119, STEP_WAITS },
		{ { .followed = 3, .final = 2 }, 62, 120, STEP_DUE },
		{ { .followed = 3, .final = 2, .hopeless = 1 }, 62, 119, STEP_WAITS },
		{ { .followed = 3, .final = 2, .required_waits = true }, 62, 1000, STEP_WAITS },
		{ { .followed = 3, .final = 0 }, 62, 1000, STEP_WAITS },
		{ { .followed = 3, .absent = 3 }, 62, 62, STEP_EMPTY },
		{ { .followed = 3, .final = 2 }, 1000, 1599, STEP_WAITS },	/* late: time for the answers */
		{ { .followed = 3, .final = 2 }, 1000, 1600, STEP_DUE },
		{ { .followed = 3, .final = 2, .hopeless = 1 }, 1000, 1001, STEP_DUE },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (!CHECK(step_look(&cases[i].n, 60000, cases[i].turn_s * 1000, cases[i].now_s * 1000, 2000, 60000) == cases[i].want))
			printf("step case %zu\n", i);
}

/* ---- small parts ---- */

static void doubles(void)
{
	struct seen s = { 0 };
	unsigned again = 0, before = 0;

	for (uint64_t i = 0; i < 3 * SEEN_MAX; i++) {
		again += seen_before(&s, i * 0x9e3779b97f4a7c15);
		before += seen_before(&s, i * 0x9e3779b97f4a7c15);
	}
	CHECK(again == 0 && before == 3 * SEEN_MAX);
	CHECK(!seen_before(&s, 0));	/* forgotten long ago */
	CHECK(seen_before(&s, (uint64_t)(3 * SEEN_MAX - 1) * 0x9e3779b97f4a7c15));
	seen_release(&s);
	CHECK(seen_key((const char *[]){ "ab", "c" }, 2) != seen_key((const char *[]){ "a", "bc" }, 2));
}

static void names(void)
{
	struct names t = { 0 };
	char name[16];

	for (int i = 0; i < 5000; i++) {
		sprintf(name, "S%d", i);
		CHECK(names_add(&t, name, strlen(name)) == (uint32_t)i);
	}
	CHECK(names_add(&t, "kPEPE", 5) == 5000 && names_find(&t, "KPEPE", 5) == NAME_NONE);
	CHECK(names_find(&t, "S4999", 5) == 4999 && names_find(&t, "S49", 2) == 4 && names_find(&t, "S49", 3) == 49);
	CHECK(names_find_any_case(&t, "KPEPE", 5) == 5000);
	CHECK(names_add(&t, "", 0) == NAME_NONE && names_add(&t, "a b", 3) == NAME_NONE && t.n == 5001);
	names_release(&t);
	CHECK(names_find(&t, "S1", 2) == NAME_NONE);
}

static void prices(void)
{
	struct mids m;
	struct price p = { .bid = 99, .ask = 101, .bid_sz = 1, .ask_sz = 1 };
	bool bbo;

	mids_init(&m, false);
	CHECK(mids_age_ms(&m, 3, 1000) == INT64_MAX);
	CHECK(mids_mid(&m, 3, 100, 1000) && m.mid_seq == 1);
	CHECK(!mids_mid(&m, 3, 100, 2000) && m.mid_seq == 1);
	CHECK(mids_age_ms(&m, 3, 2500) == 500 && mids_of(&m, 3)->mid_changed_ms == 1000);
	CHECK(mids_age_ms(&m, 2, 2500) == INT64_MAX);		/* one coin does not keep the others fresh */
	CHECK(!mids_mid(&m, 3, 0, 3000) && !mids_mid(&m, 3, -1, 3000) && mids_age_ms(&m, 3, 3000) == 1000);
	CHECK(!mids_bbo(&m, 3, &p, 3000, &bbo) && bbo && m.bbo_seq == 1 && m.mid_seq == 1);
	CHECK(!mids_bbo(&m, 3, &p, 4000, &bbo) && !bbo && bbo_age_ms(&m, 3, 4000) == 0);
	mids_release(&m);

	mids_init(&m, true);
	CHECK(mids_mid(&m, 0, 90, 1000));			/* no bid and ask yet */
	CHECK(mids_bbo(&m, 0, &p, 2000, &bbo) && mids_of(&m, 0)->mid == 100);
	CHECK(!mids_mid(&m, 0, 90, 2000 + MIDS_FALLBACK_MS) && mids_of(&m, 0)->mid == 100);
	CHECK(mids_mid(&m, 0, 90, 2001 + MIDS_FALLBACK_MS));
	p.ask = 0;
	CHECK(!mids_bbo(&m, 0, &p, 9000, &bbo) && bbo);		/* one side only */
	mids_release(&m);
}

static void staleness(void)
{
	struct watch w = { .limit_ms = 100 }, off = { 0 };

	CHECK(watch_look(&w, 100) == WATCH_SAME && watch_look(&w, 101) == WATCH_STALE && watch_look(&w, 500) == WATCH_SAME);
	CHECK(watch_look(&w, 100) == WATCH_WELL && watch_look(&w, 0) == WATCH_SAME && watch_look(&w, INT64_MAX) == WATCH_STALE);
	CHECK(watch_look(&off, INT64_MAX) == WATCH_SAME);
}

static void lists(void)
{
	struct symbol_list l = { 0 };
	struct symbol_file file = { 0 };
	struct errmsg e;
	char path[] = "/tmp/t_feed.XXXXXX", at[32];
	static const char text[] = "ETH # second\n\n# none\nkPEPE,SOL BTC\n";
	int fd = mkstemp(path);

	CHECK(symbol_list_read(&l, "BTC,kPEPE,BTC,", &e) && l.n == 2 && symbol_list_has(&l, "kPEPE") && !symbol_list_has(&l, "KPEPE"));
	CHECK(write(fd, text, sizeof text - 1) == sizeof text - 1);
	snprintf(at, sizeof at, "@%s", path);
	CHECK(symbol_file_changed(&file, at) && !symbol_file_changed(&file, at));
	CHECK(symbol_list_read(&l, at, &e) && l.n == 4 && strcmp(l.at[2], "ETH") == 0 && strcmp(l.at[3], "SOL") == 0);
	CHECK(write(fd, "\"x\"", 3) == 3 && symbol_file_changed(&file, at));
	CHECK(!symbol_list_read(&l, at, &e) && strstr(e.text, path) && strstr(e.text, "is not a symbol"));
	CHECK(!symbol_file_changed(&file, "BTC"));
	symbol_list_release(&l);
	close(fd);
	unlink(path);
	CHECK(!symbol_list_read(&l, at, &e));

	CHECK(user_list_read(&l, "0x14791697260E4c9A71f18484C9f997B308e59325,0x14791697260e4c9a71f18484c9f997b308e59325", &e) && l.n == 1);
	CHECK(!user_list_read(&l, "0x14791697260E4c9A71f18484C9f997B308e5932", &e) && !user_list_read(&l, "0x14791697260E4c9A71f18484C9f997B308e5932g", &e));
	symbol_list_release(&l);
}

static const char markets[] = "[{\"universe\":[{\"szDecimals\":5,\"name\":\"A\",\"maxLeverage\":4,\"marginTableId\":4},"
	"{\"szDecimals\":5,\"name\":\"B\",\"maxLeverage\":4,\"marginTableId\":4},{\"szDecimals\":5,\"name\":\"C\",\"maxLeverage\":4,\"marginTableId\":4},"
	"{\"szDecimals\":5,\"name\":\"D\",\"maxLeverage\":4,\"marginTableId\":4,\"isDelisted\":true}],\"marginTables\":[]},["
	"{\"funding\":\"0\",\"openInterest\":\"0\",\"prevDayPx\":\"1\",\"dayNtlVlm\":\"5\",\"oraclePx\":\"1\",\"markPx\":\"1\"},"
	"{\"funding\":\"0\",\"openInterest\":\"0\",\"prevDayPx\":\"1\",\"dayNtlVlm\":\"9\",\"oraclePx\":\"1\",\"markPx\":\"1\"},"
	"{\"funding\":\"0\",\"openInterest\":\"0\",\"prevDayPx\":\"1\",\"dayNtlVlm\":\"9\",\"oraclePx\":\"1\",\"markPx\":\"1\"},"
	"{\"funding\":\"0\",\"openInterest\":\"0\",\"prevDayPx\":\"1\",\"dayNtlVlm\":\"99\",\"oraclePx\":\"1\",\"markPx\":\"1\"}]]";

static void top_symbols(void)
{
	struct symbol_list l = { 0 };
	struct errmsg e;

	CHECK(symbol_list_top(&l, markets, sizeof markets - 1, 2, 0, &e) && l.n == 2 && strcmp(l.at[0], "B") == 0 && strcmp(l.at[1], "C") == 0);
	symbol_list_release(&l);
	CHECK(symbol_list_top(&l, markets, sizeof markets - 1, 9, 6, &e) && l.n == 2);
	symbol_list_release(&l);
	CHECK(!symbol_list_top(&l, "{}", 2, 9, 6, &e) && l.n == 0);
}

/* What systemd hears. */
static void notifications(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "\0t_feed" };
	char text[64] = "", name[32], pid[16];
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(name, sizeof name, "@t_feed.%d", (int)getpid());
	memcpy(at.sun_path + 1, name + 1, strlen(name) - 1);
	CHECK(bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))) == 0);
	notify_send("READY=1");		/* to nobody */
	setenv("NOTIFY_SOCKET", name, 1);
	notify_send("WATCHDOG=1");
	CHECK(recv(fd, text, sizeof text - 1, MSG_DONTWAIT) == 10 && strcmp(text, "WATCHDOG=1") == 0);
	unsetenv("NOTIFY_SOCKET");
	close(fd);
	CHECK(notify_watchdog_ms() == 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	CHECK(notify_watchdog_ms() == 15000);
	setenv("WATCHDOG_PID", "1", 1);
	CHECK(notify_watchdog_ms() == 0);
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	CHECK(notify_watchdog_ms() == 15000);
	unsetenv("WATCHDOG_USEC");
}

/* Rows are written when they are released, a step with its rows; a second feed is kept out. */
static void stores(void)
{
	static const char iv[][8] = { "1m" };
	struct rec_candle c = { "BTC", "1m", T0, T0 + MINUTE - 1, 1, 2, 1, 2, 3, 4 }, row[4];
	char dir[] = "/tmp/t_feed.XXXXXX", command[64];
	struct live_span span;
	struct archive *a, *b;
	struct errmsg why;
	struct fault f;
	int64_t step;

	CHECK(mkdtemp(dir) != NULL);
	a = archive_open(dir, iv, 1, 0, &f);
	if (!CHECK(a != NULL))
		return;
	b = archive_open(dir, iv, 1, 0, &f);
	CHECK(!b && f.status == EX_RETRY && strstr(f.e.text, "another ocq-feed"));
	archive_candle(a, 0, &c);
	archive_step(a, 0, T0);
	usleep(300000);
	CHECK(archive_newest(a, 0, "BTC", row, 4) == 0 && !archive_last_step(a, 0, &step));
	archive_release(a);
	c.t_ms += MINUTE, c.t_close_ms += MINUTE;
	archive_candle(a, 0, &c);	/* not released: by the end it is */
	for (int i = 0; i < 100 && !archive_last_step(a, 0, &step); i++)
		usleep(20000);
	CHECK(archive_last_step(a, 0, &step) && step == T0);
	CHECK(archive_newest(a, 0, "BTC", row, 4) == 1 && row[0].t_ms == T0 && row[0].n == 4 && strcmp(row[0].symbol, "BTC") == 0);
	CHECK(archive_late_ms(a, &why) == 0);
	archive_close(a);
	a = archive_open(dir, iv, 1, 0, &f);
	CHECK(a && archive_newest(a, 0, "BTC", row, 1) == 1 && row[0].t_ms == T0 + MINUTE);
	CHECK(archive_span(a, 0, "BTC", T0, &span) && span.rows == 2 && span.min_t_ms == T0 && span.max_t_close_ms == T0 + 2 * MINUTE - 1);
	archive_close(a);
	snprintf(command, sizeof command, "rm -r %s", dir);
	CHECK(system(command) == 0);
}

/* ---- a bad world ----
 * Trades make the exchange's bars; a connection that drops, freezes, doubles, reorders and loses messages, and a REST side that is slow,
 * stale or away bring them to a collector that is killed now and then. */

enum { SYMBOLS = 5, INTERVALS = 2, TICK_MS = 100, QUEUE = 4096, ASKS = 64, COMMIT_MS = 200 };
static const char *const symbol_name[SYMBOLS] = { "BTC", "ETH", "SOL", "kPEPE", "ZRO" };
static const double trades_per_tick[SYMBOLS] = { 0.02, 0.01, 0.004, 0.001, 0.0006 };	/* the last ones are quiet for minutes */
static const int64_t length_of[INTERVALS] = { MINUTE, 5 * MINUTE };

struct real_bar { struct bar_values is, stored; bool there, in_store; unsigned candles, gaps, revisions; };

struct message { int64_t due_ms, t_ms; unsigned symbol, interval; struct bar_values is; bool pong; int64_t sent_ms; };
struct question { bool open; uint32_t series; int64_t from_ms, to_ms, asked_ms, due_ms; };
struct waiting_row { unsigned symbol, interval; int64_t t_ms, at_ms; struct bar_values is; };

struct world {
	uint64_t draws;
	int64_t now_ms, end_ms;
	size_t n_bars[INTERVALS];
	struct real_bar *real[SYMBOLS][INTERVALS];
	double last[SYMBOLS];

	struct collect *c;
	bool up, frozen;
	int64_t change_ms, rest_away_ms, next_kill_ms, subscribed_ms;
	struct message queue[QUEUE];
	unsigned head, n_queue;
	struct question q[ASKS];
	struct waiting_row *row;
	size_t n_rows, cap_rows;

	int64_t last_step_ms, told_step_ms;
	unsigned forming, steps, kills, bad_steps, drops;
	bool calm;
};

static struct real_bar *real_at(struct world *w, unsigned symbol, unsigned interval, int64_t t_ms)
{
	return &w->real[symbol][interval][(t_ms - T0) / length_of[interval]];
}

static double draw(struct world *w)
{
	return rng_f64(7, 0, w->draws++);
}

static bool chance(struct world *w, double p)
{
	return draw(w) < p;
}

static int64_t between(struct world *w, int64_t a, int64_t b)
{
	return a + (int64_t)(draw(w) * (double)(b - a));
}

static unsigned symbol_index(const char *name)
{
	unsigned i = 0;

	while (i < SYMBOLS && strcmp(symbol_name[i], name) != 0)
		i++;
	return i;
}

static unsigned interval_index(const char *name)
{
	return strcmp(name, "1m") != 0;
}

static void send_bar(struct world *w, unsigned s, unsigned k, int64_t t_ms)
{
	struct message *m = &w->queue[(w->head + w->n_queue) % QUEUE];

	if (!w->up || w->now_ms < w->subscribed_ms || w->n_queue == QUEUE || (!w->calm && chance(w, 0.0005)))	/* lost */
		return;
	*m = (struct message){ .due_ms = w->now_ms + 20, .t_ms = t_ms, .symbol = s, .interval = k, .is = real_at(w, s, k, t_ms)->is };
	w->n_queue++;
	if (!w->calm && chance(w, 0.01) && w->n_queue < QUEUE) {	/* doubled */
		w->queue[(w->head + w->n_queue) % QUEUE] = *m;
		w->n_queue++;
	}
	if (!w->calm && w->n_queue > 3 && chance(w, 0.01)) {		/* reordered */
		struct message *before = &w->queue[(w->head + w->n_queue - 2) % QUEUE], last = w->queue[(w->head + w->n_queue - 1) % QUEUE];

		if (!before->pong && !last.pong) {
			w->queue[(w->head + w->n_queue - 1) % QUEUE] = *before;
			*before = last;
		}
	}
}

static void trade_in(struct world *w, unsigned s, unsigned k, int64_t t_ms, double px, double sz)
{
	struct real_bar *b = real_at(w, s, k, t_ms);

	if (!b->there)
		b->is = (struct bar_values){ px, px, px, px, 0, 0 };
	b->there = true;
	b->is.h = px > b->is.h ? px : b->is.h;
	b->is.l = px < b->is.l ? px : b->is.l;
	b->is.c = px;
	b->is.v += sz;
	b->is.n++;
	send_bar(w, s, k, t_ms);
}

static void trade(struct world *w, unsigned s)
{
	w->last[s] *= 1 + (draw(w) - 0.5) / 500;
	for (unsigned k = 0; k < INTERVALS; k++)
		trade_in(w, s, k, w->now_ms - w->now_ms % length_of[k], w->last[s], 1 + (double)between(w, 0, 100));
}

/* A bar that ended is changed: shortly afterwards with a message, or some time later without. */
static void correct(struct world *w)
{
	unsigned s = (unsigned)between(w, 0, SYMBOLS), k = (unsigned)between(w, 0, INTERVALS);
	int64_t open = w->now_ms - w->now_ms % length_of[k] - length_of[k];
	bool late = chance(w, 0.3), up = w->up;

	if (open < T0 || (!late && w->now_ms % length_of[k] > 2000))
		return;
	if (late)
		w->up = false;
	trade_in(w, s, k, open, w->last[s], 1);
	w->up = up;
}

/* -- the collector's surroundings -- */

static void on_record(void *arg, enum record_type type, const void *rec)
{
	struct world *w = arg;

	if (type == REC_candle || type == REC_revision) {
		const struct rec_candle *r = rec;
		struct real_bar *b = real_at(w, symbol_index(r->symbol), interval_index(r->interval), r->t_ms);

		w->forming += w->now_ms <= r->t_close_ms + 2000;
		b->candles += type == REC_candle;
		b->revisions += type == REC_revision;
		if (type == REC_candle && interval_index(r->interval) == 0)
			w->bad_steps += r->t_ms <= w->last_step_ms;
	} else if (type == REC_gap) {
		const struct rec_gap *g = rec;
		unsigned k = interval_index(g->interval);

		for (int64_t t = g->from_ms; t <= g->to_ms; t += length_of[k])
			real_at(w, symbol_index(g->symbol), k, t)->gaps++;
	} else if (type == REC_step) {
		const struct rec_step *s = rec;

		w->bad_steps += s->t_ms <= w->last_step_ms;
		w->last_step_ms = s->t_ms;
		w->steps++;
	}
}

static void on_row(void *arg, unsigned interval, const struct rec_candle *c)
{
	struct world *w = arg;

	if (w->n_rows == w->cap_rows) {
		w->cap_rows = w->cap_rows ? 2 * w->cap_rows : 64;
		w->row = realloc(w->row, w->cap_rows * sizeof *w->row);
	}
	w->row[w->n_rows++] = (struct waiting_row){ symbol_index(c->symbol), interval, c->t_ms, w->now_ms, { c->o, c->h, c->l, c->c, c->v, c->n } };
}

static void commit(struct world *w, int64_t before_ms)
{
	size_t n = 0;

	for (; n < w->n_rows && w->row[n].at_ms <= before_ms; n++) {
		struct real_bar *b = real_at(w, w->row[n].symbol, w->row[n].interval, w->row[n].t_ms);

		b->stored = w->row[n].is;
		b->in_store = true;
	}
	if (n)
		memmove(w->row, w->row + n, (w->n_rows -= n) * sizeof *w->row);
}

static void on_step(void *arg, int64_t t_ms)
{
	((struct world *)arg)->told_step_ms = t_ms;
}

static void on_ask(void *arg, uint32_t series, int64_t from_ms, int64_t to_ms, bool urgent)
{
	struct world *w = arg;

	(void)urgent;
	for (struct question *q = w->q; q < w->q + ASKS; q++)
		if (!q->open) {
			*q = (struct question){ true, series, from_ms, to_ms, w->now_ms, w->now_ms + between(w, 30, 1500) };
			return;
		}
	CHECK(false);
}

static void on_prove(void *arg)
{
	struct world *w = arg;

	if (w->up && w->n_queue < QUEUE) {
		w->queue[(w->head + w->n_queue) % QUEUE] = (struct message){ .due_ms = w->now_ms + 40, .pong = true, .sent_ms = w->now_ms };
		w->n_queue++;
	}
}

static size_t on_recall(void *arg, unsigned interval, const char *symbol, struct rec_candle *to, size_t max)
{
	struct world *w = arg;
	unsigned s = symbol_index(symbol);
	size_t newest = w->n_bars[interval], from, n = 0;

	while (newest && !w->real[s][interval][newest - 1].in_store)
		newest--;
	for (from = newest; from && n < max; from--)
		n += w->real[s][interval][from - 1].in_store;
	n = 0;
	for (; from < newest; from++) {
		const struct real_bar *b = &w->real[s][interval][from];

		if (b->in_store)
			to[n++] = (struct rec_candle){ .t_ms = T0 + (int64_t)from * length_of[interval], .o = b->stored.o, .h = b->stored.h,
						       .l = b->stored.l, .c = b->stored.c, .v = b->stored.v, .n = b->stored.n };
	}
	return n;
}

static const struct collect_sink sink = { on_record, on_row, on_step, on_ask, on_prove, on_recall };

static void start(struct world *w)
{
	struct collect_options o = { .n_intervals = INTERVALS, .interval = { "1m", "5m" }, .grace_ms = 2000, .patience_ms = 60000, .audit_ms = 5000,
				     .stale_candles_ms = STALE_CANDLES_MS };

	w->c = collect_new(&o, &sink, w);
	if (w->told_step_ms)
		collect_start(w->c, w->told_step_ms + MINUTE, w->told_step_ms);
	collect_follow(w->c, symbol_name, SYMBOLS, NULL, 0, w->now_ms);
	w->up = w->frozen = false;
	w->change_ms = w->now_ms + 1000;
}

static void kill_it(struct world *w)
{
	w->kills++;
	commit(w, w->now_ms - COMMIT_MS);
	w->n_rows = 0;
	collect_free(w->c);
	w->c = NULL;
	w->up = false;
	w->n_queue = 0;
	memset(w->q, 0, sizeof w->q);
	w->change_ms = w->now_ms + between(w, 1000, 20 * MINUTE);
}

static void connection_changes(struct world *w)
{
	if (!w->c) {
		start(w);
	} else if (!w->up) {
		w->up = true;
		w->n_queue = 0;
		w->subscribed_ms = w->now_ms + between(w, 0, 3000);
		collect_up(w->c, w->now_ms);
		w->change_ms = w->now_ms + (w->calm ? HOUR * 100 : between(w, MINUTE, 2 * HOUR));
	} else if (!w->frozen && chance(w, 0.5)) {
		w->frozen = true;
		w->change_ms = w->now_ms + between(w, 1000, 90000);
	} else if (w->frozen && chance(w, 0.5)) {
		w->frozen = false;
		w->change_ms = w->now_ms + between(w, MINUTE, HOUR);
	} else {
		w->drops++;
		w->up = w->frozen = false;
		w->n_queue = 0;
		collect_down(w->c, "dropped");
		w->change_ms = w->now_ms + between(w, 500, 4 * MINUTE);
	}
}

static void deliver(struct world *w)
{
	while (w->n_queue && !w->frozen && w->queue[w->head].due_ms <= w->now_ms) {
		struct message *m = &w->queue[w->head];
		struct rec_candle r = { .t_ms = m->t_ms, .t_close_ms = m->t_ms + length_of[m->interval] - 1, .o = m->is.o, .h = m->is.h, .l = m->is.l,
					.c = m->is.c, .v = m->is.v, .n = m->is.n };

		w->head = (w->head + 1) % QUEUE;
		w->n_queue--;
		collect_heard(w->c, w->now_ms);
		if (m->pong) {
			collect_proved(w->c, m->sent_ms);
			continue;
		}
		strcpy(r.symbol, symbol_name[m->symbol]);
		strcpy(r.interval, m->interval ? "5m" : "1m");
		collect_candle(w->c, &r, w->now_ms);
	}
}

static void answer(struct world *w, struct question *q)
{
	unsigned k = q->series % INTERVALS;
	bool fails = !w->calm && (w->now_ms < w->rest_away_ms || chance(w, 0.05));
	const char *symbol, *interval;

	collect_series(w->c, q->series, &symbol, &interval);
	for (int64_t t = q->from_ms; !fails && t <= q->to_ms; t += length_of[k]) {
		struct real_bar *b;
		struct rec_candle r = { .t_ms = t, .t_close_ms = t + length_of[k] - 1 };

		if (t < T0 || t + length_of[k] > q->asked_ms || !(b = real_at(w, symbol_index(symbol), k, t))->there)
			continue;
		strcpy(r.symbol, symbol);
		strcpy(r.interval, interval);
		r.o = b->is.o, r.h = b->is.h, r.l = b->is.l, r.c = b->is.c, r.v = b->is.v, r.n = b->is.n;
		collect_row(w->c, q->series, &r, q->asked_ms);
	}
	q->open = false;
	collect_answered(w->c, q->series, q->from_ms, q->to_ms, q->asked_ms, fails, w->now_ms);
}

static void tick(struct world *w)
{
	for (unsigned s = 0; s < SYMBOLS; s++)
		if (chance(w, trades_per_tick[s]))
			trade(w, s);
	if (!w->calm && chance(w, 0.0005))
		correct(w);
	if (w->now_ms >= w->change_ms)
		connection_changes(w);
	if (!w->calm && chance(w, 1e-5))
		w->rest_away_ms = w->now_ms + between(w, 1000, 10 * MINUTE);
	if (!w->c)
		return;
	deliver(w);
	for (struct question *q = w->q; q < w->q + ASKS; q++)
		if (q->open && w->now_ms >= q->due_ms)
			answer(w, q);
	collect_turn(w->c, w->now_ms);
	commit(w, w->now_ms - COMMIT_MS);
	if (!w->calm && w->now_ms >= w->next_kill_ms) {
		w->next_kill_ms = w->now_ms + between(w, HOUR, 8 * HOUR);
		kill_it(w);
	}
}

static void compare(struct world *w)
{
	int64_t told = collect_bars(w->c, 0, 0)->next_ms, first = INT64_MAX;
	unsigned differ = 0, twice = 0, silent = 0, unasked = 0, gaps = 0, revisions = 0, candles = 0;

	for (unsigned s = 0; s < SYMBOLS; s++)
		for (unsigned k = 0; k < INTERVALS; k++)
			for (size_t i = 0; i < w->n_bars[k]; i++) {
				struct real_bar *b = &w->real[s][k][i];
				int64_t t = T0 + (int64_t)i * length_of[k];

				if (t >= told - length_of[k])
					continue;
				if (k == 0 && b->there && t < first)
					first = t;
				if (getenv("FEED_SHOW") && ((b->there != b->in_store || (b->there && memcmp(&b->is, &b->stored, sizeof b->is) != 0)) || (b->there && !b->candles && !(b->gaps && b->revisions))))
					printf("%s %u bar %zu: there %d store %d n %" PRId64 " %" PRId64 " candles %u gaps %u rev %u\n", symbol_name[s], k, i, b->there, b->in_store, b->is.n, b->stored.n, b->candles, b->gaps, b->revisions);
				differ += b->there != b->in_store || (b->there && memcmp(&b->is, &b->stored, sizeof b->is) != 0);
				silent += b->there && !b->candles && !(b->gaps && b->revisions);
				unasked += !b->there && !b->gaps;
				twice += k == 0 && b->candles + b->gaps > 1;
				gaps += b->gaps > 0;
				revisions += b->revisions;
				candles += b->candles;
			}
	CHECK(differ == 0);
	CHECK(twice == 0);
	CHECK(silent == 0);
	CHECK(unasked == 0);
	CHECK(w->forming == 0);
	CHECK(w->bad_steps == 0);
	CHECK(told > w->now_ms - 5 * MINUTE);
	printf("feed: %u steps, %u candles, %u kills, %u drops, %u gaps, %u revisions; differ %u, twice %u, silent %u, unasked %u\n",
	       w->steps, candles, w->kills, w->drops, gaps, revisions, differ, twice, silent, unasked);
}

static void bad_world(unsigned days)
{
	struct world *w = calloc(1, sizeof *w);

	w->now_ms = T0 + 3000;
	w->end_ms = T0 + days * 24 * HOUR;
	for (unsigned s = 0; s < SYMBOLS; s++) {
		w->last[s] = 100 * (s + 1);
		for (unsigned k = 0; k < INTERVALS; k++) {
			w->n_bars[k] = (size_t)((w->end_ms - T0) / length_of[k]) + 2;
			w->real[s][k] = calloc(w->n_bars[k], sizeof *w->real[s][k]);
		}
	}
	w->next_kill_ms = T0 + 3 * HOUR;
	start(w);
	for (; w->now_ms < w->end_ms; w->now_ms += TICK_MS) {
		if (w->now_ms == w->end_ms - HOUR)	/* the last hour is quiet: what is wrong by then must be found */
			w->calm = true;
		tick(w);
	}
	commit(w, INT64_MAX);
	compare(w);
	collect_free(w->c);
	for (unsigned s = 0; s < SYMBOLS; s++)
		for (unsigned k = 0; k < INTERVALS; k++)
			free(w->real[s][k]);
	free(w->row);
	free(w);
}

/* ---- a clock that is wrong ---- */

static struct { unsigned candles, gaps, pings, asks; } out;

static void out_record(void *arg, enum record_type type, const void *rec)
{
	(void)arg, (void)rec;
	out.candles += type == REC_candle;
	out.gaps += type == REC_gap;
}

static void out_row(void *arg, unsigned interval, const struct rec_candle *c) { (void)arg, (void)interval, (void)c; }
static void out_step(void *arg, int64_t t_ms) { (void)arg, (void)t_ms; }
static void out_prove(void *arg) { (void)arg, out.pings++; }

static void out_ask(void *arg, uint32_t series, int64_t from_ms, int64_t to_ms, bool urgent)
{
	(void)arg, (void)series, (void)from_ms, (void)to_ms, (void)urgent;
	out.asks++;
}

static struct collect *one_symbol(void)
{
	static const struct collect_sink to = { out_record, out_row, out_step, out_ask, out_prove, NULL };
	static const char *const symbol[] = { "BTC" };
	struct collect_options o = { .n_intervals = 1, .interval = { "1m" }, .grace_ms = 2000, .patience_ms = 60000 };
	struct rec_candle m = { .symbol = "BTC", .interval = "1m", .t_ms = T0, .t_close_ms = T0 + MINUTE - 1,
		.o = 1, .h = 1, .l = 1, .c = 1, .n = 1 };
	struct collect *c = collect_new(&o, &to, NULL);

	memset(&out, 0, sizeof out);
	collect_follow(c, symbol, 1, NULL, 0, T0 + 3000);
	collect_up(c, T0 + 3000);
	CHECK(collect_candle(c, &m, T0 + 3000));
	collect_turn(c, T0 + 3000);
	return c;
}

/* The clock runs away by an hour: the bar that forms is not over. */
static void clock_ahead(void)
{
	struct collect *c = one_symbol();
	unsigned pings;

	collect_ahead(c, HOUR);
	collect_turn(c, T0 + HOUR + 10000);
	collect_proved(c, T0 + HOUR + 10000);
	collect_turn(c, T0 + HOUR + 10010);
	CHECK(out.asks == 1);
	pings = out.pings;
	collect_answered(c, 0, T0, T0, T0 + 10000, false, T0 + HOUR + 10020);	/* asked too early, by the exchange's clock */
	collect_turn(c, T0 + HOUR + 10100);
	CHECK(!out.candles && !out.gaps && out.pings == pings);
	collect_turn(c, T0 + HOUR + 62000);
	CHECK(out.pings == pings + 1 && !out.candles);
	collect_proved(c, T0 + HOUR + 62000);
	collect_turn(c, T0 + HOUR + 62010);
	CHECK(out.candles == 1 && !out.gaps);
	collect_free(c);
}

/* Set back by an hour, it goes on at once: what had a time still to wait does not wait an hour. */
static void clock_set_back(void)
{
	struct collect *c = one_symbol();
	unsigned pings;

	collect_turn(c, T0 + 68000);
	CHECK(out.asks == 1 && !out.candles);
	collect_answered(c, 0, T0, T0, T0 + 68000, true, T0 + 68000);
	collect_turn(c, T0 + HOUR);
	CHECK(out.asks == 2);
	collect_answered(c, 0, T0, T0, T0 + HOUR, true, T0 + HOUR);
	pings = out.pings;
	collect_turn(c, T0 + 70000);
	CHECK(out.asks == 3 && out.pings == pings + 1 && !out.candles);
	collect_proved(c, T0 + 70000);
	collect_turn(c, T0 + 70010);
	CHECK(out.candles == 1);
	collect_free(c);
}

/* ---- another feed's records ---- */

static void send_lines(int server, const char *lines)
{
	int fd = accept(server, NULL, NULL);
	char request[256];

	if (fd < 0 || read(fd, request, sizeof request) <= 0 || write(fd, lines, strlen(lines)) < 0)
		_exit(1);
	close(fd);
}

#define BAR(symbol, t, end) "{\"type\":\"candle\",\"symbol\":\"" symbol "\",\"interval\":\"1m\",\"t_ms\":" t \
	",\"t_close_ms\":" end \
	",\"o\":1,\"h\":1,\"l\":1,\"c\":1,\"v\":1,\"n\":1}\n"
#define STEP(t) "{\"type\":\"step\",\"t_ms\":" t "}\n"

/* The other feed ends within a step and tells it anew: no bar comes twice. */
static void torn_step(void)
{
	static const char first[] = BAR("BTC", "0", "59999") BAR("ETH", "0", "59999") STEP("0"),
		second[] = BAR("BTC", "60000", "119999"), rest[] = BAR("ETH", "60000", "119999") STEP("60000");
	char dir[] = "/tmp/t_feed.XXXXXX", all[2048], want[2048], path[64];
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	struct feed_count n = { 0 };
	struct out to;
	ssize_t len;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(a.sun_path, sizeof a.sun_path, "%s/s", dir);
	snprintf(path, sizeof path, "%s/out", dir);
	CHECK(bind(server, (struct sockaddr *)&a, sizeof a) == 0 && listen(server, 4) == 0);
	if (fork() == 0) {
		snprintf(all, sizeof all, "%s%s", first, second);
		send_lines(server, all);
		snprintf(all, sizeof all, "%s%s", second, rest);
		send_lines(server, all);
		_exit(0);
	}
	out_open(&to, path);
	CHECK(feed_follow(a.sun_path, INT64_MIN, 60000, &to, &n) == EX_OK && n.records == 6);
	out_close(&to);
	f = fopen(path, "r");
	len = (ssize_t)fread(all, 1, sizeof all - 1, f);
	all[len] = '\0';
	fclose(f);
	snprintf(want, sizeof want, "%s%s%s", first, second, rest);
	CHECK(strcmp(all, want) == 0);
	close(server);
	unlink(path), unlink(a.sun_path), rmdir(dir);
}

int main(void)
{
	const char *days = getenv("FEED_DAYS");

	closed_rule();
	repeated_refusal();
	told_bars();
	recalled_bars();
	step_rule();
	doubles();
	names();
	prices();
	staleness();
	lists();
	top_symbols();
	notifications();
	stores();
	clock_ahead();
	clock_set_back();
	torn_step();
	bad_world(days ? (unsigned)atoi(days) : 2);
	return test_end("t_feed");
}
