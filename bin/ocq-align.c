/* SPDX-License-Identifier: MIT
 * ocq-align - a lane's journal against the replay of its bars, and its fills against its decisions. Changes when its options or its printed
 * form do; what a difference is put down to is lib/trade/align.h's business. */
#include "base/clock.h"
#include "base/opt.h"
#include "journal/journal.h"
#include "trade/align.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIGNATURE "ocq-align: "		/* how a blocker of ours begins */
enum { BLOCKER_MAX = 65536 };

static const char *dir, *blocker;
static bool as_text;

static const struct opt opts[] = {
	{ 'j', "journal", OPT_TEXT, &dir, "DIR", "the lane's journal", 0 },
	{ 0, "blocker", OPT_TEXT, &blocker, "FILE", "is there while a difference has no cause", OPT_OUTPUT },
	{ 0, "text", OPT_FLAG, &as_text, NULL, "a table for people instead of records", 0 },
	{ 0 }
};

static struct align align;
static struct out out;
static char first[1024];	/* the first difference without a cause, in words */

/* ---- printing ---- */

static const char *or_none(const char *text)
{
	return *text ? text : "-";
}

static void words(char *dst, size_t cap, const struct rec_misalign *m)
{
	char at[CLOCK_TEXT_MAX + 1];

	*clock_put(at, m->t_ms) = '\0';
	snprintf(dst, cap, "%-20s  %-10s  %-12s  %-6s  %-8s  %s | %s", at, m->symbol, or_none(m->action), m->what, or_none(m->field),
		 or_none(m->lane), or_none(m->other));
}

static void tell(void *arg, const struct rec_misalign *m)
{
	char line[1024];

	(void)arg;
	words(line, sizeof line, m);
	if (!*first && strcmp(m->cause, align_cause_name(ALIGN_unexplained)) == 0)
		strcpy(first, line);
	if (!as_text) {
		record_write(&out, REC_misalign, m);
		return;
	}
	out_add(&out, m->cause, strlen(m->cause));
	out_add(&out, "             ", 13 - strlen(m->cause));
	out_add(&out, line, strlen(line));
	if (*m->detail) {
		out_add(&out, "  ", 2);
		out_add(&out, m->detail, strlen(m->detail));
	}
	out_add(&out, "\n", 1);
}

static void tell_sum(const struct rec_alignment *s)
{
	struct buf b = BUF_INIT;

	if (!as_text) {
		record_write(&out, REC_alignment, s);
		return;
	}
	buf_addf(&b, "%" PRIu64 " steps, %" PRIu64 " decisions, %" PRIu64 " of the replay, %" PRIu64 " equal, %" PRIu64 " follow from others\n",
		 s->steps, s->decisions, s->replayed, s->equal, s->follows);
	buf_addf(&b, "%" PRIu64 " intents, %" PRIu64 " pending, other prices cost %.2f USD, other fees %.2f USD\n", s->intents, s->pending,
		 s->price_usd, s->fee_usd);
	buf_addf(&b, "%" PRIu64 " differences, %" PRIu64 " unexplained\n", s->differences, s->unexplained);
	out_add(&out, b.data, b.len);
	buf_release(&b);
}

/* ---- reading ---- */

static void read_decisions(const char *path)
{
	struct record_in in;
	struct record r;

	record_open(&in, path, NULL, false);
	while (record_read(&in, &r))
		if (r.type == REC_decision) {
			if (align.n_want > 0 && r.u.decision.t_ms < align.want[align.n_want - 1].t_ms)
				in_die(&in.in, "earlier than the decision before it");
			align_expect(&align, &r.u.decision);
		} else if (r.type == REC_header) {
			strcpy(align.config_id, r.u.header.config_id);
		}
	record_finish(&in);
	in_close(&in.in);
}

static void read_journal(void)
{
	struct journal_reader *reader;
	struct journal_record j;
	struct errmsg e, place;
	struct record r;
	int rc = journal_read(&reader, dir, 0, &e);

	if (rc != EX_OK)
		die((enum exit_status)rc, "%s", e.text);
	while ((rc = journal_next(reader, &j, &e)) == EX_OK) {
		if (align.lane.seq == 0 && j.seq != 1)
			die(EX_DATA, "%s: its front was removed: decisions that are not there cannot be compared", dir);
		if (record_parse(&r, j.line, j.len, &e) && align_take(&align, &r, j.seq, j.ts_ms, &e))
			continue;
		journal_place(reader, &place);
		die(EX_DATA, "%s: %s", place.text, e.text);
	}
	if (rc != EX_IDLE)
		die((enum exit_status)rc, "%s", e.text);
	journal_reader_free(reader);
}

/* What would make every difference meaningless. */
static void check_pair(const char *path)
{
	if (!align.lane.begun)
		die(EX_DATA, "%s: no lane has begun in it", dir);
	if (align.sum.steps > 0 && !align.config_seen)
		die(EX_CONFIG, "%s: no step of the lane was decided under the replay's configuration, %s", path, align.config_id);
	if (align.n_want > 0 && align.want[0].t_ms < align.lane.from_ms)
		die(EX_CONFIG, "%s: begins before the lane may trade: run ocq-replay with --from %" PRId64, path, align.lane.from_ms);
}

/* ---- the blocker ---- */

static bool is_ours(const struct buf *text)
{
	return text->len >= strlen(SIGNATURE) && memcmp(text->data, SIGNATURE, strlen(SIGNATURE)) == 0;
}

/* One of somebody else's stays. */
static void remove_blocker(void)
{
	struct buf text = BUF_INIT;
	struct errmsg e;

	if (access(blocker, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return;
	if (!buf_read_file(&text, blocker, BLOCKER_MAX, &e))
		die(EX_RETRY, "%s", e.text);
	if (!is_ours(&text))
		warn("%s: not a blocker of ocq-align: it stays", blocker);
	else if (unlink(blocker) < 0)
		die_sys(EX_RETRY, "%s", blocker);
	buf_release(&text);
}

static void block(uint64_t n)
{
	struct buf text = BUF_INIT;
	struct errmsg e;

	buf_addf(&text, SIGNATURE "%" PRIu64 " differences of %s without a cause, the first:\n%s\n", n, dir, first);
	if (!file_replace(blocker, text.data, text.len, &e))
		die(EX_RETRY, "%s", e.text);
	buf_release(&text);
}

int main(int argc, char **argv)
{
	uint64_t unexplained;

	err_init(argv[0]);
	if (opt_parse(argc, argv, opts, "-j DIR [--blocker FILE] [--text] DECISIONS",
		      "Compares a lane with the replay of its bars, and fills with decisions.") != 1)
		die(EX_USAGE, "one operand is needed: what ocq-replay --venue --decisions wrote for the lane's bars (\"-\" is stdin)");
	if (!dir)
		die(EX_USAGE, "whose? -j DIR, the lane's journal");
	align_init(&align);
	align.tell = tell;
	out_open(&out, "-");
	read_decisions(argv[0]);
	read_journal();
	check_pair(argv[0]);
	align_finish(&align);
	tell_sum(&align.sum);
	unexplained = align.sum.unexplained;
	if (blocker && unexplained > 0)
		block(unexplained);
	else if (blocker)
		remove_blocker();
	align_release(&align);
	out_close(&out);
	return unexplained > 0 ? EX_NO : EX_OK;
}
