/* SPDX-License-Identifier: MIT
 * Appending: under the lock of the directory first what others appended is read, what a crash left is cut, then the batch is
 * written at the end, and taken back if that fails. */
#include "journal/line.h"
#include "journal/reserve.h"
#include "journal/segments.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEGMENT_BYTES = 64 << 20 };

struct journal_state {
	struct journal_reader *end;	/* stands at the end of what is committed */
	int fd;				/* for appending to segment `segment`; -1: none is open */
	uint32_t segment;
	uint64_t segment_bytes;
	bool broken;			/* a sync failed */
	bool full;			/* what failed last found the disk full */
	struct buf batch;
};

static int failed(struct journal_state *s, struct errmsg *e, const char *what)
{
	s->full = errno == ENOSPC || errno == EDQUOT;
	errmsg_set(e, "%s: segment %08" PRIu32 " cannot be %s: %s", s->end->dir, s->end->segment, what, strerror(errno));
	return EX_RETRY;
}

/* ---- the end of the journal ---- */

static int lock(struct journal_state *s, struct errmsg *e)
{
	while (flock(s->end->dir_fd, LOCK_EX) != 0)
		if (errno != EINTR) {
			errmsg_set(e, "%s: cannot be locked: %s", s->end->dir, strerror(errno));
			return EX_RETRY;
		}
	return EX_OK;
}

static void unlock(struct journal_state *s)
{
	flock(s->end->dir_fd, LOCK_UN);
}

/* Opens the last segment for appending if it is not. */
static int open_end(struct journal_state *s, struct errmsg *e)
{
	if (s->segment == s->end->segment)
		return EX_OK;
	if (s->fd >= 0)
		close(s->fd);
	s->segment = 0;
	s->fd = segments_open(s->end->dir_fd, s->end->segment, O_WRONLY | O_APPEND);
	if (s->fd < 0)
		return failed(s, e, "opened for writing");
	s->segment = s->end->segment;
	return EX_OK;
}

/* After a sync that failed a second one may succeed although what the first should have written is lost. */
static bool sync_segment(struct journal_state *s)
{
	s->broken |= fdatasync(s->fd) != 0;
	return !s->broken;
}

/* The lock is held: what stands behind the last commit has no writer any more. */
static int cut(struct journal *j, struct errmsg *e)
{
	struct journal_state *s = j->state;
	struct stat st;

	if (fstat(s->fd, &st) != 0)
		return failed(s, e, "looked at");
	if ((uint64_t)st.st_size <= s->end->at)
		return EX_OK;
	if (ftruncate(s->fd, (off_t)s->end->at) != 0 || !sync_segment(s))
		return failed(s, e, "cut behind its last commit");
	j->cut_bytes += (uint64_t)st.st_size - s->end->at;
	return EX_OK;
}

/* Reads what others appended; afterwards s->end is the end of the file. */
static int catch_up(struct journal *j, struct errmsg *e)
{
	struct journal_state *s = j->state;
	struct journal_record record;
	int rc;

	while ((rc = journal_next(s->end, &record, e)) == EX_OK)
		;
	if (rc != EX_IDLE)
		return rc;
	j->seq = s->end->seq;
	if (!s->end->segment)
		return EX_OK;	/* there is no segment yet */
	rc = open_end(s, e);
	return rc == EX_OK ? cut(j, e) : rc;
}

/* What is durable in the new segment must not outlive what came before it. */
static int next_segment(struct journal_state *s, struct errmsg *e)
{
	int fd;

	if (s->fd >= 0 && !sync_segment(s))
		return failed(s, e, "synced");
	fd = segments_open(s->end->dir_fd, s->end->segment + 1, O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0)
		return failed(s, e, "followed by another");
	close(fd);
	if (fsync(s->end->dir_fd) != 0)
		return failed(s, e, "followed by another");
	return reader_enter(s->end, s->end->segment + 1, e);
}

static int want_room(struct journal_state *s, struct errmsg *e)
{
	int rc = EX_OK;

	if (!s->end->segment || s->end->at >= s->segment_bytes)
		rc = next_segment(s, e);
	return rc == EX_OK ? open_end(s, e) : rc;
}

/* ---- one batch ---- */

static int make_batch(struct journal *j, const char *lines, size_t n, int64_t ts_ms, uint32_t *records, struct errmsg *e)
{
	const char *end = lines + n, *p, *newline;
	struct errmsg why;
	uint32_t left = 0;

	for (p = lines; p < end && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1, left++)
		if (!line_check(p, (size_t)(newline - p), &why)) {
			errmsg_set(e, "record %" PRIu32 " of a batch: %s", left + 1, why.text);
			return EX_DATA;
		}
	if (p < end || !left) {
		errmsg_set(e, "a batch is not one or more whole lines");
		return EX_DATA;
	}
	*records = left;
	buf_clear(&j->state->batch);
	for (p = lines; left--; p = newline + 1) {
		newline = memchr(p, '\n', (size_t)(end - p));
		line_seal(&j->state->batch, p, (size_t)(newline - p), j->seq + *records - left, ts_ms, left);
	}
	return EX_OK;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* Nothing of the batch shall stay. */
static int take_back(struct journal_state *s, struct errmsg *e, const char *what)
{
	int rc = failed(s, e, what);
	size_t said = strlen(e->text);

	if (ftruncate(s->fd, (off_t)s->end->at) == 0)
		snprintf(e->text + said, sizeof e->text - said, "; nothing was appended");
	else
		snprintf(e->text + said, sizeof e->text - said, "; the batch could not be taken back: %s", strerror(errno));
	return rc;
}

static int put_batch(struct journal_state *s, enum journal_sync sync, struct errmsg *e)
{
	int rc = want_room(s, e);

	if (rc != EX_OK)
		return rc;
	if (!write_all(s->fd, s->batch.data, s->batch.len))
		return take_back(s, e, "appended to");
	if ((sync & JOURNAL_DURABLE) && !sync_segment(s))
		return take_back(s, e, "synced");
	return EX_OK;
}

/* Once more with the room of the reserve, if that is why it failed and there is one. */
static int put_batch_at_last(struct journal_state *s, enum journal_sync sync, struct errmsg *e)
{
	int rc;

	s->full = false;
	rc = put_batch(s, sync, e);
	if (rc != EX_OK && s->full && !s->broken && (sync & JOURNAL_MUST) && reserve_give_up(s->end->dir_fd))
		rc = put_batch(s, sync, e);
	return rc;
}

static int append(struct journal *j, const char *lines, size_t n, int64_t ts_ms, enum journal_sync sync, struct errmsg *e)
{
	struct journal_reader *end = j->state->end;
	uint32_t records;
	int rc = catch_up(j, e);

	if (rc != EX_OK || (rc = make_batch(j, lines, n, ts_ms, &records, e)) != EX_OK ||
	    (rc = put_batch_at_last(j->state, sync, e)) != EX_OK)
		return rc;
	j->seq = end->seq = j->seq + records;
	end->line += records;
	end->at = end->end = end->text_at = end->at + j->state->batch.len;
	return EX_OK;
}

int journal_append(struct journal *j, const char *lines, size_t n, int64_t ts_ms, enum journal_sync sync, struct errmsg *e)
{
	int rc;

	if (j->state->broken) {
		errmsg_set(e, "%s: a sync failed before: nothing more is appended", j->state->end->dir);
		return EX_RETRY;
	}
	if ((rc = lock(j->state, e)) != EX_OK)
		return rc;
	rc = append(j, lines, n, ts_ms, sync, e);
	unlock(j->state);
	return rc;
}

/* ---- opening ---- */

static bool sync_parent(const char *dir)
{
	struct buf parent = BUF_INIT;
	bool ok;
	int fd;

	buf_addf(&parent, "%s/..", dir);
	fd = open(buf_cstr(&parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	buf_release(&parent);
	return ok;
}

static int make_directory(const char *dir, struct errmsg *e)
{
	if ((mkdir(dir, 0700) == 0 && sync_parent(dir)) || errno == EEXIST)
		return EX_OK;
	errmsg_set(e, "%s: cannot be created: %s", dir, strerror(errno));
	return EX_RETRY;
}

int journal_open(struct journal *j, const char *dir, uint64_t segment_bytes, struct errmsg *e)
{
	struct journal_reader *end;
	int rc = make_directory(dir, e);

	*j = (struct journal){ 0 };
	if (rc != EX_OK || (rc = reader_at(&end, dir, UINT64_MAX, e)) != EX_OK)
		return rc;
	j->state = xmalloc(sizeof *j->state);
	*j->state = (struct journal_state){ .end = end, .fd = -1, .segment_bytes = segment_bytes ? segment_bytes : SEGMENT_BYTES };
	rc = lock(j->state, e);
	if (rc == EX_OK) {
		rc = catch_up(j, e);
		j->reserved = reserve_make(end->dir_fd);
		unlock(j->state);
	}
	if (rc != EX_OK)
		journal_close(j);
	return rc;
}

void journal_close(struct journal *j)
{
	struct journal_state *s = j->state;

	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	journal_reader_free(s->end);
	buf_release(&s->batch);
	free(s);
	j->state = NULL;
}
