/* SPDX-License-Identifier: MIT
 * The journal of a lane folded, followed and appended to. */
#include "lane/follow.h"

#include "base/clock.h"
#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* A start looks for the snapshot through a segment and then reads what is behind it: together some 4 MB. */
enum { SNAPSHOT_RECORDS = 10000 };

/* ---- reading ---- */

static bool is_state(const struct journal_record *j)
{
	return j->type_len == 5 && memcmp(j->type, "state", 5) == 0;
}

static int wrong(const struct follow *f, const struct journal_record *j, const char *why, struct errmsg *e)
{
	struct errmsg place;

	journal_place(f->reader, &place);
	errmsg_set(e, "%s: record %" PRIu64 ": %s", place.text, j->seq, why);
	return EX_DATA;
}

static int take(struct follow *f, const struct journal_record *j, struct errmsg *e)
{
	struct record r;
	struct errmsg why;

	if (!record_parse(&r, j->line, j->len, &why) || !lane_apply(&f->lane, &r, j->seq, j->ts_ms, &why))
		return wrong(f, j, why.text, e);
	if (is_state(j))
		f->snapshot_seq = j->seq;
	if (f->seen)
		f->seen(f->arg, &r, j->seq, f->fresh);
	return EX_OK;
}

static int take_all(struct follow *f, struct errmsg *e)
{
	struct journal_record j;
	int rc;

	while ((rc = journal_next(f->reader, &j, e)) == EX_OK)
		if ((rc = take(f, &j, e)) != EX_OK)
			return rc;
	return rc == EX_IDLE ? EX_OK : rc;
}

int follow_catch_up(struct follow *f, struct errmsg *e)
{
	journal_watch_drain(f->watch_fd);
	return take_all(f, e);
}

/* ---- opening ---- */

/* The snapshot, if there is one, is the first that a reader that resumes gets. */
static int begin(struct follow *f, struct errmsg *e)
{
	struct journal_record j;
	struct errmsg why;
	int rc = journal_next(f->reader, &j, e);

	if (rc != EX_OK)
		return rc == EX_IDLE ? EX_OK : rc;
	if (!is_state(&j))
		return take(f, &j, e);
	f->snapshot_seq = j.seq;
	return lane_read(&f->lane, j.line, j.len, &why) ? EX_OK : wrong(f, &j, why.text, e);
}

int follow_open(struct follow *f, const char *dir, struct errmsg *e)
{
	int rc;

	f->reader = NULL;
	f->watch_fd = -1;
	f->fresh = false;
	f->snapshot_seq = 0;
	lane_init(&f->lane);
	out_memory(&f->batch);
	rc = journal_open(&f->journal, dir, FOLLOW_SEGMENT_BYTES, e);
	if (rc == EX_OK && (f->watch_fd = journal_watch(dir, e)) < 0)
		rc = EX_RETRY;
	if (rc == EX_OK)
		rc = journal_resume(&f->reader, dir, e);
	if (rc == EX_OK)
		rc = begin(f, e);
	if (rc == EX_OK)
		rc = follow_catch_up(f, e);
	f->fresh = true;
	if (rc != EX_OK)
		follow_close(f);
	return rc;
}

void follow_close(struct follow *f)
{
	journal_reader_free(f->reader);
	f->reader = NULL;
	journal_close(&f->journal);
	if (f->watch_fd >= 0)
		close(f->watch_fd);
	f->watch_fd = -1;
	out_abandon(&f->batch);
	lane_release(&f->lane);
}

/* ---- appending ---- */

struct out *follow_begin(struct follow *f)
{
	f->batch.len = 0;
	return &f->batch;
}

/* What stands in the text from `at` on. */
static int append(struct follow *f, size_t at, enum journal_sync sync, struct errmsg *e)
{
	size_t n = f->batch.len - at;
	int rc = n ? journal_append(&f->journal, f->batch.data + at, n, clock_ms(), sync, e) : EX_OK;

	f->batch.len = at;
	return rc == EX_OK && n ? follow_catch_up(f, e) : rc;
}

int follow_commit(struct follow *f, enum journal_sync sync, struct errmsg *e)
{
	return append(f, 0, sync, e);
}

void follow_tell(struct follow *f, enum journal_sync sync, struct out *out)
{
	struct errmsg e;
	size_t n = f->batch.len;

	must(follow_commit(f, sync, &e), &e);
	out_add(out, f->batch.data, n);
	out_flush(out);
}

int follow_put(struct follow *f, enum record_type type, const void *rec, enum journal_sync sync, struct errmsg *e)
{
	size_t at = f->batch.len;

	record_write(&f->batch, type, rec);
	return append(f, at, sync, e);
}

bool follow_snapshot_due(const struct follow *f)
{
	return f->lane.seq - f->snapshot_seq > SNAPSHOT_RECORDS;
}

int follow_snapshot(struct follow *f, struct errmsg *e)
{
	struct buf line = BUF_INIT;
	int rc;

	lane_write(&f->lane, &line);
	rc = journal_append(&f->journal, line.data, line.len, clock_ms(), JOURNAL_KEPT, e);
	buf_release(&line);
	return rc == EX_OK ? follow_catch_up(f, e) : rc;
}

/* ---- one of a kind ---- */

/* Says who holds it. */
static void say_held(int fd, const char *path, struct errmsg *e)
{
	char pid[NUM_I64_MAX] = "";
	ssize_t n = pread(fd, pid, sizeof pid - 1, 0);

	pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
	errmsg_set(e, "%s: held by process %s; one program of a kind runs for a lane", path, *pid ? pid : "(not known)");
}

/* For that message alone: on a full disk it is poorer, and the lane starts. */
static void write_pid(int fd)
{
	char pid[NUM_I64_MAX + 1], *end = num_i64_put(pid, getpid());

	*end++ = '\n';
	if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)(end - pid), 0) < 0)
		errno = 0;
}

bool follow_lock(const char *dir, const char *name, struct errmsg *e)
{
	struct buf path = BUF_INIT;
	bool ok;
	int fd;

	buf_addf(&path, "%s/lock.%s", dir, name);
	fd = open(buf_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ok = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
	if (ok)
		write_pid(fd);
	else if (fd >= 0 && errno == EWOULDBLOCK)
		say_held(fd, buf_cstr(&path), e);
	else
		errmsg_set(e, "%s: cannot be locked: %s", buf_cstr(&path), strerror(errno));
	if (!ok && fd >= 0)
		close(fd);
	buf_release(&path);
	return ok;
}
