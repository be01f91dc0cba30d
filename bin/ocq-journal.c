/* SPDX-License-Identifier: MIT
 * ocq-journal - read, check and append to a journal: one verb per thing an operator does. */
#include "base/clock.h"
#include "base/num.h"
#include "base/opt.h"
#include "lane/follow.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static uint64_t at_seq = UINT64_MAX;
static const char *from, *to, *types;
static bool follow_on, each, use_reserve, no_header;

static const struct opt opts[] = {
	{ 'f', "follow", OPT_FLAG, &follow_on, NULL, "tail: and what is appended from now on", 0 },
	{ 0, "from", OPT_TEXT, &from, "SEQ|T", "tail, export: from this record or time", 0 },
	{ 0, "to", OPT_TEXT, &to, "SEQ|T", "export: up to and with this record or time", 0 },
	{ 't', "type", OPT_TEXT, &types, "A,B", "tail, export: only records of these types", 0 },
	{ 0, "at", OPT_U64, &at_seq, "SEQ", "fold: as it was behind this record", 0 },
	{ 0, "each", OPT_FLAG, &each, NULL, "append: a batch for each record instead of one for all", 0 },
	{ 0, "must", OPT_FLAG, &use_reserve, NULL, "append: on a full disk use the reserve", 0 },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "export: records without header and end", OPT_OUTPUT },
	{ 0 }
};

static const char *one_journal(char **operand, int n)
{
	if (n != 1)
		die(EX_USAGE, "give one journal");
	return operand[0];
}

/* -- which records -- */

/* A bound is a seq, or a time if it is none: milliseconds are larger than any seq will be. */
struct bound { bool is_time; uint64_t seq; int64_t t_ms; };

static struct bound bound_of(const char *text, const char *option)
{
	enum { FIRST_MS_DIGITS = 12 };
	const char *end = text + strlen(text);
	struct bound b = { .is_time = false };

	if (num_u64_get(text, end, &b.seq) == end && end - text < FIRST_MS_DIGITS)
		return b;
	b.is_time = true;
	if (!clock_parse(text, &b.t_ms))
		die(EX_USAGE, "--%s \"%s\" is neither a seq nor a time", option, text);
	return b;
}

static bool has_type(const struct journal_record *r)
{
	const char *p = types, *comma;

	for (; p; p = *comma ? comma + 1 : NULL) {
		comma = strchr(p, ',');
		comma = comma ? comma : p + strlen(p);
		if ((size_t)(comma - p) == r->type_len && memcmp(p, r->type, r->type_len) == 0)
			return true;
	}
	return !types;
}

static bool is_before(const struct journal_record *r, const struct bound *b)
{
	return b->is_time ? r->ts_ms < b->t_ms : r->seq < b->seq;
}

static bool is_behind(const struct journal_record *r, const struct bound *b)
{
	return b->is_time ? r->ts_ms > b->t_ms : r->seq > b->seq;
}

/* At the first record that may be wanted. */
static struct journal_reader *reader_from(const char *dir, const struct bound *b)
{
	struct journal_reader *r;
	struct errmsg e;

	must(journal_read(&r, dir, b->is_time ? 0 : b->seq, &e), &e);
	return r;
}

static bool next_record(struct journal_reader *r, struct journal_record *record)
{
	struct errmsg e;
	int status = journal_next(r, record, &e);

	if (status == EX_IDLE)
		return false;
	must(status, &e);
	return true;
}

/* -- tail -- */

static void show_from(struct journal_reader *r, const struct bound *first, struct out *o)
{
	struct journal_record j;

	while (!stream_stop && next_record(r, &j))
		if (!is_before(&j, first) && has_type(&j)) {
			out_add(o, j.line, j.len);
			out_add(o, "\n", 1);
		}
	out_flush(o);
}

/* Until something may have been appended. False: the program shall stop, or nobody reads what it writes. */
static bool wait_for_more(int watch_fd, int out_fd)
{
	struct pollfd p[] = { { .fd = watch_fd, .events = POLLIN }, { .fd = stream_stop_fd(), .events = POLLIN }, { .fd = out_fd } };

	while (poll(p, 3, -1) < 0)
		if (errno != EINTR)
			die_sys(EX_RETRY, "poll");
	journal_watch_drain(watch_fd);
	return !stream_stop && !p[2].revents;
}

/* The last snapshot is near the end. */
static struct journal_reader *reader_at_end(const char *dir)
{
	struct journal_record j;
	struct journal_reader *r;
	struct errmsg e;

	must(journal_resume(&r, dir, &e), &e);
	while (next_record(r, &j))
		;
	return r;
}

static int do_tail(char **operand, int n)
{
	const char *dir = one_journal(operand, n);
	struct bound first = from ? bound_of(from, "from") : (struct bound){ .is_time = false };
	struct journal_reader *r;
	struct errmsg e;
	struct out o;
	int watch_fd = -1;

	stream_signals();
	if (follow_on && (watch_fd = journal_watch(dir, &e)) < 0)
		die(EX_DATA, "%s", e.text);
	r = follow_on && !from ? reader_at_end(dir) : reader_from(dir, &first);
	out_open(&o, "-");
	do
		show_from(r, &first, &o);
	while (follow_on && wait_for_more(watch_fd, o.fd));
	journal_reader_free(r);
	out_close(&o);
	return EX_OK;
}

/* -- export -- */

/* Without the two or three members that the journal added behind the type: numbers all. */
static void put_plain(const struct journal_record *j, struct out *o)
{
	const char *added = j->type + j->type_len + 1, *rest = added;

	for (unsigned n = j->more ? 3 : 2; n; n--)
		do
			rest++;
		while (*rest != ',' && *rest != '}');
	out_add(o, j->line, (size_t)(added - j->line));
	out_add(o, rest, (size_t)(j->line + j->len - rest));
	out_add(o, "\n", 1);
}

static int do_export(char **operand, int n)
{
	const char *dir = one_journal(operand, n);
	struct bound first = from ? bound_of(from, "from") : (struct bound){ .is_time = false };
	struct bound last = to ? bound_of(to, "to") : (struct bound){ .seq = UINT64_MAX };
	struct journal_reader *r = reader_from(dir, &first);
	struct journal_record j;
	uint64_t records = 0;
	struct out o;

	out_open(&o, "-");
	if (!no_header)
		record_header(&o, NULL, NULL, NULL);
	while (next_record(r, &j) && (last.is_time || j.seq <= last.seq))
		if (!is_before(&j, &first) && !is_behind(&j, &last) && has_type(&j)) {
			put_plain(&j, &o);
			records++;
		}
	if (!no_header)
		record_end(&o, records);
	journal_reader_free(r);
	out_close(&o);
	return EX_OK;
}

/* -- append -- */

/* Looked at before anything is appended: a record that contradicts the lane would stop it for good. */
static void check_record(struct follow *f, struct record_in *in, const struct record *r)
{
	struct errmsg e;

	if (!lane_apply(&f->lane, r, f->lane.seq + 1, clock_ms(), &e))
		in_die(&in->in, "%s", e.text);
}

static void put_batch(struct follow *f, struct buf *batch)
{
	enum journal_sync sync = (enum journal_sync)(JOURNAL_DURABLE | (use_reserve ? JOURNAL_MUST : 0));
	struct errmsg e;

	if (batch->len)
		must(journal_append(&f->journal, batch->data, batch->len, clock_ms(), sync, &e), &e);
	buf_clear(batch);
}

static int do_append(char **operand, int n)
{
	struct follow f = { .seen = NULL };
	struct buf batch = BUF_INIT;
	struct record_in in;
	struct record r;
	struct errmsg e;
	uint64_t before;

	must(follow_open(&f, one_journal(operand, n), &e), &e);
	before = f.journal.seq;
	record_open(&in, "-", NULL, false);
	while (record_read(&in, &r)) {
		if (r.type == REC_header || r.type == REC_end)
			continue;
		check_record(&f, &in, &r);
		buf_add(&batch, r.line, r.len);
		buf_addc(&batch, '\n');
		if (each)
			put_batch(&f, &batch);
	}
	put_batch(&f, &batch);
	note("%" PRIu64 " records appended, the last one is %" PRIu64, f.journal.seq - before, f.journal.seq);
	in_close(&in.in);
	buf_release(&batch);
	follow_close(&f);
	return EX_OK;
}

/* -- fold, snapshot, verify -- */

static bool is_state(const struct journal_record *j)
{
	return j->type_len == 5 && memcmp(j->type, "state", 5) == 0;
}

_Noreturn static void wrong(const struct journal_reader *r, const char *what)
{
	struct errmsg place;

	journal_place(r, &place);
	die(EX_DATA, "%s: %s", place.text, what);
}

static void take(struct lane *l, const struct journal_reader *reader, const struct journal_record *j)
{
	struct record r;
	struct errmsg e;

	if (!record_parse(&r, j->line, j->len, &e) || !lane_apply(l, &r, j->seq, j->ts_ms, &e))
		wrong(reader, e.text);
}

static void put_state(const struct lane *l)
{
	struct buf line = BUF_INIT;
	struct out o;

	out_open(&o, "-");
	lane_write(l, &line);
	out_add(&o, line.data, line.len);
	out_close(&o);
	buf_release(&line);
}

static int do_fold(char **operand, int n)
{
	const char *dir = one_journal(operand, n);
	struct journal_reader *r;
	struct journal_record j;
	struct errmsg e;
	struct lane l;
	bool first = true;

	lane_init(&l);
	must(at_seq == UINT64_MAX ? journal_resume(&r, dir, &e) : journal_read(&r, dir, 1, &e), &e);
	for (; next_record(r, &j) && j.seq <= at_seq; first = false)
		if (!first || !is_state(&j))
			take(&l, r, &j);
		else if (!lane_read(&l, j.line, j.len, &e))
			wrong(r, e.text);
	put_state(&l);
	lane_release(&l);
	journal_reader_free(r);
	return EX_OK;
}

static int do_snapshot(char **operand, int n)
{
	struct follow f = { .seen = NULL };
	struct errmsg e;
	uint64_t covers;

	must(follow_open(&f, one_journal(operand, n), &e), &e);
	covers = f.lane.seq;
	must(follow_snapshot(&f, &e), &e);
	note("record %" PRIu64 " covers %" PRIu64, f.snapshot_seq, covers);
	follow_close(&f);
	return EX_OK;
}

/* A snapshot of the record before it must be what was folded up to there. */
static void check_state(const struct lane *l, const struct journal_reader *r, const struct journal_record *j)
{
	struct buf ours = BUF_INIT, theirs = BUF_INIT;
	struct errmsg e;
	struct lane read;

	if (!lane_read(&read, j->line, j->len, &e))
		wrong(r, e.text);
	lane_write(l, &ours);
	lane_write(&read, &theirs);
	if (read.seq == l->seq && (ours.len != theirs.len || memcmp(ours.data, theirs.data, ours.len) != 0))
		wrong(r, "a snapshot that differs from what the records before it come to");
	lane_release(&read);
	buf_release(&ours);
	buf_release(&theirs);
}

static void verify_record(struct lane *l, const struct journal_reader *r, const struct journal_record *j)
{
	if (is_state(j))
		check_state(l, r, j);
	take(l, r, j);
}

/* Where records were removed from the front, what the others mean follows from the last snapshot. */
static void verify_resumed(struct lane *l, const char *dir)
{
	struct journal_reader *r;
	struct journal_record j;
	struct errmsg e;

	must(journal_resume(&r, dir, &e), &e);
	if (next_record(r, &j) && !lane_read(l, j.line, j.len, &e))
		wrong(r, e.text);
	while (next_record(r, &j))
		verify_record(l, r, &j);
	journal_reader_free(r);
}

static int do_verify(char **operand, int n)
{
	const char *dir = one_journal(operand, n);
	struct journal_reader *r = reader_from(dir, &(struct bound){ .is_time = false });
	uint64_t records = 0, first = 1;
	struct journal_record j;
	struct lane l;

	lane_init(&l);
	for (; next_record(r, &j); records++) {
		first = records ? first : j.seq;
		if (first == 1)
			verify_record(&l, r, &j);
	}
	journal_reader_free(r);
	if (first != 1)
		verify_resumed(&l, dir);
	note("%" PRIu64 " records from %" PRIu64 " on are right: %" PRIu64 " intents, %" PRIu32 " kept", records, first, l.intents_ever,
	     l.n_intents);
	lane_release(&l);
	return EX_OK;
}

static const struct verb verbs[] = {
	{ "append", do_append, "each must" },
	{ "tail", do_tail, "follow from type" },
	{ "verify", do_verify, "" },
	{ "fold", do_fold, "at" },
	{ "export", do_export, "from to type no-header" },
	{ "snapshot", do_snapshot, "" },
	{ NULL }
};

int main(int argc, char **argv)
{
	err_init(argv[0]);
	return opt_verb(argc, argv, opts, verbs, "VERB [options] JOURNAL", "Reads, checks and appends to a journal.");
}
