/* SPDX-License-Identifier: MIT
 * ocq-risk - a verdict on each intent of a lane, and kill levels that rise by themselves. */
#include "base/clock.h"
#include "base/opt.h"
#include "engine/venue.h"
#include "lane/follow.h"
#include "lane/settings.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS = 500 };		/* a time comes without an event, and so does a file */
enum { KILL_FILE_MAX = 65536 };

static const char *dir, *venue_path;
static double feed_stale_s;

static const struct opt opts[] = {
	{ 'j', "journal", OPT_TEXT, &dir, "DIR", "the lane's journal" },
	{ 0, "venue", OPT_TEXT, &venue_path, "META", "the exchange's markets, for their highest leverage" },
	{ 0, "feed-stale", OPT_F64, &feed_stale_s, "S", "close_only when none came for so long (0: never)" },
	{ 0 }
};

static struct follow lane;
static struct risk_settings settings;
static struct venue_table venue;
static struct out out;
static int64_t again_ms;	/* an exit is to be judged again; INT64_MAX: none */
static int64_t alive_ns;	/* clock_mono_ns() of the last step or beat */
static struct buf torn;		/* of the input: the begin of a line */

/* ---- settings ---- */

static unsigned max_leverage(void *arg, const char *symbol, double notional_usd)
{
	const struct venue_market *m = rules_find(arg, symbol);

	(void)notional_usd;
	return m ? (unsigned)m->rule.max_leverage : 0;
}

/* ---- records ---- */

static void put(enum record_type type, const void *rec, enum journal_sync sync)
{
	struct errmsg e;

	must(follow_put(&lane, type, rec, sync, &e), &e);
	record_write(&out, type, rec);
}

static void raise_level(void *arg, enum kill_cause c, enum kill_level level, const char *why)
{
	struct rec_kill_level rec = { 0 };

	(void)arg;
	strcpy(rec.cause, kill_cause_name(c));
	strcpy(rec.level, kill_level_name(level));
	strcpy(rec.by, "ocq-risk");
	snprintf(rec.why, sizeof rec.why, "%s", why);
	put(REC_kill_level, &rec, (enum journal_sync)(JOURNAL_DURABLE | JOURNAL_MUST));
	warn("%s: %s: %s", rec.cause, rec.level, why);
}

/* ---- kill levels ---- */

static void rise(enum kill_cause c, enum kill_level level, const char *why)
{
	if (level > lane.lane.kill[c].level)
		raise_level(NULL, c, level, why);
}

/* A level is taken away by ocq-kill alone, so a word that clears says nothing here. */
static void heed_environment(void)
{
	const char *text = getenv("AI_QUANT_KILL_SWITCH");
	char why[TEXT_MAX];
	enum kill_level level;
	bool clear;

	if (!kill_text(text, getenv("AI_QUANT_KILL_SWITCH_MODE"), &level, &clear))
		return;
	snprintf(why, sizeof why, "AI_QUANT_KILL_SWITCH is \"%.60s\"", text);
	rise(KILL_env, level, why);
}

/* A file that is there but says nothing, or cannot be read, closes. */
static void heed_file(void)
{
	const char *path = getenv("AI_QUANT_KILL_SWITCH_FILE");
	struct buf text = BUF_INIT;
	enum kill_level level = KILL_CLOSE_ONLY;
	char why[LONG_MAX_TEXT];
	struct errmsg e;
	bool clear;

	if (!path || !*path || (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR)))
		return;
	if (!buf_read_file(&text, path, KILL_FILE_MAX, &e)) {
		snprintf(why, sizeof why, "%s", e.text);
	} else {
		snprintf(why, sizeof why, "%.1000s is there", path);
		if (!kill_text(buf_cstr(&text), getenv("AI_QUANT_KILL_SWITCH_MODE"), &level, &clear))
			level = KILL_CLOSE_ONLY;
	}
	buf_release(&text);
	rise(KILL_file, level, why);
}

static void heed_feed(void)
{
	char why[TEXT_MAX];

	if (feed_stale_s <= 0 || (double)(clock_mono_ns() - alive_ns) <= feed_stale_s * 1e9)
		return;
	snprintf(why, sizeof why, "no step and no beat for %g s", feed_stale_s);
	rise(KILL_feed, KILL_CLOSE_ONLY, why);
}

static void watch_levels(void)
{
	heed_environment();
	heed_file();
	heed_feed();
	risk_watch(&lane.lane, &settings, clock_ms(), raise_level, NULL);
}

/* ---- verdicts ---- */

/* An exit that has to wait is asked again. */
static bool is_delayed(const struct lane_intent *i)
{
	return !intent_enters(i->action) && (strcmp(i->cause, verdict_name(VERDICT_min_order_gap)) == 0 ||
					     strcmp(i->cause, verdict_name(VERDICT_exit_rate)) == 0);
}

static bool is_due(const struct lane_intent *i)
{
	return !i->over && (!i->judged || (!i->allowed && is_delayed(i)));
}

/* A delay that goes on is not said again. */
static void judge(const struct lane_intent *i)
{
	const struct risk_view view = { clock_ms(), max_leverage, &venue };
	struct rec_verdict rec = { .allow = false };
	int64_t then_ms;
	enum verdict v = risk_judge(&lane.lane, &settings, i, &view, &then_ms);

	if (then_ms && then_ms < again_ms)
		again_ms = then_ms;
	if (i->judged && strcmp(i->cause, verdict_name(v)) == 0)
		return;
	strcpy(rec.intent, i->id);
	rec.allow = v == VERDICT_ok;
	strcpy(rec.cause, verdict_name(v));
	put(REC_verdict, &rec, JOURNAL_KEPT);	/* and folds it: the next one is judged with it */
}

/* The intents that are there may move while others are folded, and step commits drop some: the next one is looked for by its seq. */
static const struct lane_intent *next_due(uint64_t after)
{
	for (uint32_t k = 0; k < lane.lane.n_intents; k++)
		if (lane.lane.intent[k].seq > after && is_due(&lane.lane.intent[k]))
			return &lane.lane.intent[k];
	return NULL;
}

static void judge_all(void)
{
	const struct lane_intent *i;
	uint64_t seq = 0;

	again_ms = INT64_MAX;
	while ((i = next_due(seq))) {
		seq = i->seq;
		judge(i);
	}
}

/* ---- the loop ---- */

static void seen(void *arg, const struct record *r, uint64_t seq, bool fresh)
{
	(void)arg, (void)seq;
	if (fresh && (r->type == REC_step_commit || r->type == REC_beat))
		alive_ns = clock_mono_ns();
}

/* Whole lines, since verdicts are put between them. */
static void pass_lines(const char *text, size_t n)
{
	size_t whole;

	buf_add(&torn, text, n);
	for (whole = torn.len; whole > 0 && torn.data[whole - 1] != '\n'; whole--)
		;
	out_add(&out, torn.data, whole);
	memmove(torn.data, torn.data + whole, torn.len - whole);
	torn.len -= whole;
}

/* What comes in goes on; it rings as well. False at its end. */
static bool pass_input(void)
{
	char text[65536];
	ssize_t n = read(STDIN_FILENO, text, sizeof text);

	if (n > 0)
		pass_lines(text, (size_t)n);
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		die_sys(EX_RETRY, "stdin");
	if (n == 0 && torn.len > 0)
		warn("stdin: the last line is torn: it is not passed on");
	return n != 0;
}

static void look(void)
{
	struct errmsg e;

	must(follow_catch_up(&lane, &e), &e);
	watch_levels();
	judge_all();
	out_flush(&out);
}

static int wait_ms(void)
{
	int64_t ms = again_ms == INT64_MAX ? LOOK_MS : again_ms - clock_ms();

	return ms < 1 ? 1 : ms > LOOK_MS ? LOOK_MS : (int)ms;
}

/* Until the input has ended and no exit waits. */
static void run(void)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = lane.watch_fd, .events = POLLIN },
			      { .fd = stream_stop_fd(), .events = POLLIN } };

	while (!stream_stop) {
		look();
		if (p[0].fd < 0 && again_ms == INT64_MAX)
			return;
		if (poll(p, 3, wait_ms()) > 0 && p[0].revents && !pass_input())
			p[0].fd = -1;
	}
}

static void begin(void)
{
	struct errmsg e;

	settings_read(&settings);
	if (venue_path)
		rules_load(&venue, venue_path);
	stream_signals();
	out_open(&out, "-");
	lane.seen = seen;
	must(follow_open(&lane, dir, &e), &e);
	if (!follow_lock(dir, "risk", &e))
		die(EX_RETRY, "%s", e.text);
	alive_ns = clock_mono_ns();
}

int main(int argc, char **argv)
{
	err_init(argv[0]);
	if (opt_parse(argc, argv, opts, "-j DIR [options]", "Judges the intents of a lane. Input is passed on, and rings.") != 0)
		die(EX_USAGE, "unexpected operand %s", argv[0]);
	if (!dir)
		die(EX_USAGE, "whose? -j DIR, the lane's journal");
	if (!(feed_stale_s >= 0))
		die(EX_USAGE, "--feed-stale must not be below 0");
	begin();
	run();
	follow_close(&lane);
	rules_release(&venue);
	buf_release(&torn);
	out_close(&out);
	return EX_OK;
}
