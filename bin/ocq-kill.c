/* SPDX-License-Identifier: MIT
 * ocq-kill - close a lane for entries, or for everything, and open it again. Closing appends to the journal and looks at nothing else, so
 * that it works when all else is broken. */
#include "base/clock.h"
#include "base/opt.h"
#include "lane/follow.h"
#include "lane/operator.h"

#include <stdio.h>
#include <string.h>

#define SYNC ((enum journal_sync)(JOURNAL_DURABLE | JOURNAL_MUST))

static const char *dir, *why, *cause;

static const struct opt opts[] = {
	{ 'j', "journal", OPT_TEXT, &dir, "DIR", "the lane's journal" },
	{ 0, "why", OPT_TEXT, &why, "TEXT", "close_only, halt_all: said with it" },
	{ 0, "cause", OPT_TEXT, &cause, "C", "clear: this cause alone" },
	{ 0 }
};

static void check(int n)
{
	if (n)
		die(EX_USAGE, "one verb and no more: the lane's journal is given by -j");
	if (!dir)
		die(EX_USAGE, "no journal: give -j DIR");
	operator_need_journal(dir);
}

/* ---- closing ---- */

/* Not folded: a level that is lower than the one that stands changes nothing, whoever reads it. */
static int close_lane(enum kill_level level, int n)
{
	struct rec_kill_level k;
	struct journal j;
	struct errmsg e;
	struct rec_op op;
	struct out o;

	check(n);
	must(journal_open(&j, dir, FOLLOW_SEGMENT_BYTES, &e), &e);
	operator_op(&op, NULL, "kill", why ? why : "");
	operator_kill(&k, &op, KILL_operator, level, why);
	out_memory(&o);
	record_write(&o, REC_op, &op);
	record_write(&o, REC_kill_level, &k);
	must(journal_append(&j, o.data, o.len, clock_ms(), SYNC, &e), &e);
	note("%s: %s since record %llu", dir, k.level, (unsigned long long)j.seq);
	out_abandon(&o);
	journal_close(&j);
	return EX_OK;
}

static int do_close_only(char **operands, int n)
{
	(void)operands;
	return close_lane(KILL_CLOSE_ONLY, n);
}

static int do_halt_all(char **operands, int n)
{
	(void)operands;
	return close_lane(KILL_HALT_ALL, n);
}

/* ---- opening again ---- */

static void clear_cause(struct follow *f, struct out *o, const struct rec_op *op, enum kill_cause c)
{
	struct rec_kill_level k;

	if (f->lane.kill[c].level == KILL_OFF)
		return;
	operator_kill(&k, op, c, KILL_OFF, NULL);
	record_write(o, REC_kill_level, &k);
	note("%s: %s is off", kill_cause_name(c), kill_level_name(f->lane.kill[c].level));
	if (c == KILL_env || c == KILL_file)
		note("ocq-risk raises it again as long as %s says so", c == KILL_env ? "AI_QUANT_KILL_SWITCH" : "the file");
}

static int do_clear(char **operands, int n)
{
	struct follow f = { .seen = NULL };
	enum kill_cause only = KILL_operator;
	struct rec_op op;
	struct errmsg e;
	struct out *o;

	(void)operands;
	check(n);
	if (cause && !kill_cause_parse(cause, &only))
		die(EX_USAGE, "--cause: \"%s\" is no cause; status shows those that stand", cause);
	must(follow_open(&f, dir, &e), &e);
	if (cause ? f.lane.kill[only].level == KILL_OFF : lane_kill_level(&f.lane) == KILL_OFF)
		die(EX_IDLE, "%s: nothing to clear", dir);
	operator_op(&op, NULL, "clear", cause ? cause : "");
	o = follow_begin(&f);
	record_write(o, REC_op, &op);
	for (unsigned c = 0; c < N_KILL_CAUSES; c++)
		if (!cause || c == only)
			clear_cause(&f, o, &op, (enum kill_cause)c);
	must(follow_commit(&f, SYNC, &e), &e);
	follow_close(&f);
	return EX_OK;
}

/* ---- looking ---- */

static void show(const struct lane *l)
{
	char since[CLOCK_TEXT_MAX];

	printf("level %s\n", kill_level_name(lane_kill_level(l)));
	for (unsigned c = 0; c < N_KILL_CAUSES; c++) {
		const struct lane_kill *k = &l->kill[c];

		if (k->level == KILL_OFF)
			continue;
		*clock_put(since, k->since_ms) = '\0';
		printf("%-11s %-10s since %s%s%s\n", kill_cause_name((enum kill_cause)c), kill_level_name(k->level), since, *k->why ? "  " : "", k->why);
	}
	if (fflush(stdout) != 0)
		die_sys(EX_RETRY, "stdout: cannot be written");
}

static int do_status(char **operands, int n)
{
	struct follow f = { .seen = NULL };
	struct errmsg e;

	(void)operands;
	check(n);
	must(follow_open(&f, dir, &e), &e);
	show(&f.lane);
	follow_close(&f);
	return EX_OK;
}

static const struct verb verbs[] = {
	{ "close_only", do_close_only, "journal why" },
	{ "halt_all", do_halt_all, "journal why" },
	{ "clear", do_clear, "journal cause" },
	{ "status", do_status, "journal" },
	{ 0 }
};

int main(int argc, char **argv)
{
	err_init(argv[0]);
	return opt_verb(argc, argv, opts, verbs, "VERB -j JOURNAL [options]", "Closes a lane, and opens it again.");
}
