/* SPDX-License-Identifier: MIT
 * ocq-flat - leave every position: the lane is closed for entries, and an intent that closes is appended for each. */
#include "base/opt.h"
#include "lane/hand.h"
#include "lane/operator.h"

#include <string.h>

#define SYNC ((enum journal_sync)(JOURNAL_DURABLE | JOURNAL_MUST))

static const char *dir, *id, *why;
static double wait_s;

static const struct opt opts[] = {
	{ 'j', "journal", OPT_TEXT, &dir, "DIR", "the lane's journal" },
	{ 0, "id", OPT_TEXT, &id, "ID", "32 hex digits: a second call does nothing again" },
	{ 0, "why", OPT_TEXT, &why, "TEXT", "said with the kill level" },
	{ 0, "wait", OPT_F64, &wait_s, "S", "wait so long for the outcomes, and show them (0)" },
	{ 0 }
};

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

/* What the lane holds; where that is nothing, what the strategy believes to hold. In a rehearsal what others hold on the account stays. */
static dec8 open_size(const struct lane *l, const struct lane_symbol *s)
{
	dec8 held = hand_held(l, s);

	return held ? held : lane_own_size(s);
}

static void write_close(struct out *o, const struct rec_op *op, const struct lane_symbol *s, dec8 size, unsigned place)
{
	double px = s->own.close > 0 ? s->own.close : s->theirs_entry_px;
	struct rec_intent i;

	hand_intent(&i, op->id, s->name, INTENT_CLOSE, size < 0, dec8_abs(size), px, op->t_ms);
	strcpy(i.reason, "ocq-flat");
	i.place = place;
	record_write(o, REC_intent, &i);
}

/* One batch: the kill level comes before the intents, and none of it is there without the rest. */
static void append(struct follow *f, const struct rec_op *op)
{
	struct out *o = follow_begin(f);
	struct rec_kill_level k;
	struct rec_cancel c;
	struct errmsg e;
	unsigned n = 0;

	operator_kill(&k, op, KILL_operator, KILL_CLOSE_ONLY, why ? why : "ocq-flat");
	record_write(o, REC_op, op);
	record_write(o, REC_kill_level, &k);
	operator_cancel(&c, op, NULL, NULL);
	record_write(o, REC_cancel, &c);
	for (uint32_t s = 0; s < f->lane.n_symbols; s++) {
		dec8 size = open_size(&f->lane, &f->lane.sym[s]);

		if (size != 0)
			write_close(o, op, &f->lane.sym[s], size, n++);
	}
	must(follow_commit(f, SYNC, &e), &e);
	note("%s: close_only, %u positions to be closed, operation %s", dir, n, op->id);
}

struct search { const char *op; bool found; };

static void look_at(void *arg, const struct record *r)
{
	struct search *s = arg;

	s->found |= strcmp(r->u.op.id, s->op) == 0;
}

/* The action is in the journal: it was appended whole. */
static bool is_there(const char *op)
{
	struct search s = { op, false };
	struct errmsg e;

	must(hand_each(dir, REC_op, look_at, &s, &e), &e);
	return s.found;
}

/* Waits for the outcomes, and shows them. */
static int show(struct follow *f, const char *op)
{
	struct errmsg e;
	struct out o;
	int rc;

	out_open(&o, "-");
	rc = hand_wait(f, dir, op, (int64_t)(wait_s * 1000), &o, &e);
	out_close(&o);
	if (rc != EX_OK)
		warn("%s", e.text);
	return rc;
}

int main(int argc, char **argv)
{
	struct follow f = { .seen = NULL };
	struct rec_op op;
	struct errmsg e;
	int rc = EX_OK;

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
	if (wait_s > 0)
		rc = show(&f, op.id);
	follow_close(&f);
	return rc;
}
