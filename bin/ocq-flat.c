/* SPDX-License-Identifier: MIT
 * ocq-flat - leave every position: the lane is closed for entries, and an intent that closes is appended for each. */
#include "base/clock.h"
#include "base/opt.h"
#include "lane/follow.h"
#include "lane/operator.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define SYNC ((enum journal_sync)(JOURNAL_DURABLE | JOURNAL_MUST))

static const char *dir, *id, *why;
static double wait_s;

static const struct opt opts[] = {
	{ 'j', "journal", OPT_TEXT, &dir, "DIR", "the lane's journal" },
	{ 0, "id", OPT_TEXT, &id, "ID", "32 hex digits: a second call with the same does nothing again" },
	{ 0, "why", OPT_TEXT, &why, "TEXT", "said with the kill level" },
	{ 0, "wait", OPT_F64, &wait_s, "S", "wait so long for the outcomes, and show them (0)" },
	{ 0 }
};

static void must(int status, const struct errmsg *e)
{
	if (status != EX_OK)
		die((enum exit_status)status, "%s", e->text);
}

static void check_options(void)
{
	if (!dir)
		die(EX_USAGE, "no journal: give -j DIR");
	if (!(wait_s >= 0 && wait_s <= 86400))
		die(EX_USAGE, "--wait is at most a day");
	if (id && (strlen(id) != INTENT_ID - 1 || strspn(id, "0123456789abcdef") != INTENT_ID - 1))
		die(EX_USAGE, "--id: \"%s\" is not 32 hexadecimal digits, lower case", id);
	operator_need_journal(dir);
}

/* ---- what is to be done ---- */

/* The exchange's size where it holds something, else the strategy's. */
static dec8 open_size(const struct lane_symbol *s)
{
	return s->theirs ? s->theirs : lane_own_size(s);
}

static void write_close(struct out *o, const struct rec_op *op, const struct lane_symbol *s, unsigned place)
{
	struct rec_intent i = { .t_ms = op->t_ms, .action = "CLOSE", .reduce_only = true, .confidence = "high", .reason_code = "manual_trade",
				.reason = "ocq-flat", .place = place };
	dec8 size = open_size(s);

	intent_id_op(i.id, op->id, s->name, INTENT_CLOSE);
	strcpy(i.op, op->id);
	strcpy(i.symbol, s->name);
	strcpy(i.side, size > 0 ? "sell" : "buy");
	*dec8_put(i.size, dec8_abs(size)) = '\0';
	i.ref_px = s->own.close > 0 ? s->own.close : s->theirs_entry_px;
	i.notional_usd = i.ref_px * dec8_f64(dec8_abs(size));
	record_write(o, REC_intent, &i);
}

/* One batch: the kill level comes before the intents, and none of it is there without the rest. */
static void append(struct follow *f, const struct rec_op *op)
{
	struct out *o = follow_begin(f);
	struct rec_kill_level k;
	struct errmsg e;
	unsigned n = 0;

	operator_kill(&k, op, KILL_operator, KILL_CLOSE_ONLY, why ? why : "ocq-flat");
	record_write(o, REC_op, op);
	record_write(o, REC_kill_level, &k);
	for (uint32_t s = 0; s < f->lane.n_symbols; s++)
		if (open_size(&f->lane.sym[s]) != 0)
			write_close(o, op, &f->lane.sym[s], n++);
	must(follow_commit(f, SYNC, &e), &e);
	note("%s: close_only, %u positions to be closed, operation %s", dir, n, op->id);
}

/* The action is in the journal: it was appended whole. */
static bool is_there(const char *op)
{
	struct journal_reader *reader;
	struct journal_record j;
	struct record r;
	struct errmsg e;
	bool there = false;
	int rc;

	must(journal_read(&reader, dir, 0, &e), &e);
	while (!there && (rc = journal_next(reader, &j, &e)) != EX_IDLE) {
		must(rc, &e);
		if (j.type_len == 2 && memcmp(j.type, "op", 2) == 0)
			there = record_parse(&r, j.line, j.len, &e) && strcmp(r.u.op.id, op) == 0;
	}
	journal_reader_free(reader);
	return there;
}

/* ---- what became of it ---- */

static bool is_over(const struct lane *l, const char *op)
{
	for (uint32_t k = 0; k < l->n_intents; k++)
		if (strcmp(l->intent[k].op, op) == 0 && !l->intent[k].over)
			return false;
	return true;
}

static void wait_until_over(struct follow *f, const char *op)
{
	int64_t until_ns = clock_mono_ns() + (int64_t)(wait_s * 1e9);
	struct pollfd p[] = { { .fd = f->watch_fd, .events = POLLIN }, { .fd = stream_stop_fd(), .events = POLLIN } };
	struct errmsg e;

	for (;;) {
		int64_t left_ms = (until_ns - clock_mono_ns()) / 1000000;

		must(follow_catch_up(f, &e), &e);
		if (is_over(&f->lane, op) || left_ms <= 0 || stream_stop)
			return;
		if (poll(p, 2, left_ms < 1000 ? (int)left_ms : 1000) < 0 && errno != EINTR)
			die_sys(EX_RETRY, "poll");
	}
}

static bool show(const struct lane_intent *i)
{
	char size[DEC8_TEXT], filled[DEC8_TEXT];
	dec8 got = i->filled > i->acked ? i->filled : i->acked;
	enum intent_status s = lane_intent_status(i);

	*dec8_put(size, i->size) = '\0';
	*dec8_put(filled, got) = '\0';
	printf("%-12s %-4s %14s %14s  %-17s %s\n", i->symbol, i->buy ? "buy" : "sell", size, filled, intent_status_name(s),
	       *i->error ? i->error : i->judged && !i->allowed ? i->cause : "");
	return s == INTENT_STATUS_FILLED || s == INTENT_STATUS_WOULD;
}

/* Whether all of it was done. */
static bool show_all(const struct lane *l, const char *op)
{
	bool done = true;

	printf("%-12s %-4s %14s %14s  %-17s %s\n", "symbol", "side", "size", "filled", "status", "why");
	for (uint32_t k = 0; k < l->n_intents; k++)
		if (strcmp(l->intent[k].op, op) == 0)
			done = show(&l->intent[k]) && done;
	if (fflush(stdout) != 0)
		die_sys(EX_RETRY, "stdout: cannot be written");
	return done;
}

int main(int argc, char **argv)
{
	struct follow f = { .seen = NULL };
	struct rec_op op;
	struct errmsg e;
	bool done = true;

	err_init(argv[0]);
	if (opt_parse(argc, argv, opts, "-j JOURNAL [options]", "Leaves every position of a lane.") != 0)
		die(EX_USAGE, "no operands: the lane's journal is given by -j");
	check_options();
	stream_signals();
	must(follow_open(&f, dir, &e), &e);
	if (!f.lane.begun)
		die(EX_DATA, "%s: no lane has begun in this journal", dir);
	if (lane_kill_level(&f.lane) == KILL_HALT_ALL)
		die(EX_DENIED, "%s: halt_all stands, nothing would be sent: ocq-kill -j %s clear, then again", dir, dir);
	operator_op(&op, id, "flat", "{\"cancel\":\"all\"}");
	if (!id || !is_there(id))
		append(&f, &op);
	else
		note("%s: operation %s is there already", dir, id);
	if (wait_s > 0) {
		wait_until_over(&f, op.id);
		done = show_all(&f.lane, op.id);
	}
	follow_close(&f);
	return done ? EX_OK : EX_NO;
}
