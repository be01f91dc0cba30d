/* SPDX-License-Identifier: MIT
 * Reading a journal: batch by batch, each looked at whole before its first record is handed out. */
#include "journal/line.h"
#include "journal/segments.h"

#include "base/num.h"
#include "json/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".ndjson"
enum { DIGITS = 8, NAME_CAP = DIGITS + sizeof SUFFIX, BLOCK = 64 << 10 };
#define NUMBER_MAX 99999999u

/* ---- the directory ---- */

int segments_dir(const char *dir, struct errmsg *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		errmsg_set(e, "%s: cannot be opened: %s", dir, strerror(errno));
	return fd;
}

int segments_open(int dir_fd, uint32_t number, int flags)
{
	char name[NAME_CAP + 4];

	if (number > NUMBER_MAX) {
		errno = EFBIG;
		return -1;
	}
	snprintf(name, sizeof name, "%08" PRIu32 SUFFIX, number);
	return openat(dir_fd, name, flags | O_CLOEXEC, 0600);
}

/* 0: not the name of a segment. */
static uint32_t segment_number(const char *name)
{
	const char *end = name + DIGITS;
	uint64_t number;

	if (strlen(name) != NAME_CAP - 1 || strcmp(end, SUFFIX) != 0 || strspn(name, "0123456789") != DIGITS)
		return 0;
	while (*name == '0')
		name++;
	return num_u64_get(name, end, &number) == end ? (uint32_t)number : 0;
}

int segments_list(int dir_fd, const char *dir, struct segments *s, struct errmsg *e)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	uint32_t n = 0;

	*s = (struct segments){ 0 };
	if (!d) {
		errmsg_set(e, "%s: cannot be read: %s", dir, strerror(errno));
		if (fd >= 0)
			close(fd);
		return EX_RETRY;
	}
	while ((entry = readdir(d))) {
		uint32_t k = segment_number(entry->d_name);

		if (!k)
			continue;
		n++;
		s->first = s->first && s->first < k ? s->first : k;
		s->last = s->last > k ? s->last : k;
	}
	closedir(d);
	if (n && s->last - s->first + 1 != n) {
		errmsg_set(e, "%s: a segment between %08" PRIu32 " and %08" PRIu32 " is missing", dir, s->first, s->last);
		return EX_DATA;
	}
	return EX_OK;
}

/* ---- the bytes of a segment ---- */

static int failed(const struct journal_reader *r, struct errmsg *e, const char *what)
{
	errmsg_set(e, "%s/%08" PRIu32 SUFFIX ": cannot be %s: %s", r->dir, r->segment, what, strerror(errno));
	return EX_RETRY;
}

static int wrong(const struct journal_reader *r, uint64_t line, struct errmsg *e, const char *what)
{
	errmsg_set(e, "%s/%08" PRIu32 SUFFIX ":%" PRIu64 ": %s", r->dir, r->segment, line, what);
	return EX_DATA;
}

static void forget_text(struct journal_reader *r)
{
	buf_clear(&r->text);
	r->text_at = r->end = r->at;
}

int reader_enter(struct journal_reader *r, uint32_t segment, struct errmsg *e)
{
	int fd = segments_open(r->dir_fd, segment, O_RDONLY);

	if (r->fd >= 0)
		close(r->fd);
	r->fd = fd;
	r->segment = segment;
	r->line = r->at = 0;
	forget_text(r);
	buf_reserve(&r->text, BLOCK);
	return fd < 0 ? failed(r, e, "opened") : EX_OK;
}

/* More of the segment behind the text; *got is false at its end. */
static int fill(struct journal_reader *r, bool *got, struct errmsg *e)
{
	ssize_t n;

	if (r->at > r->text_at) {
		size_t used = (size_t)(r->at - r->text_at);

		memmove(r->text.data, r->text.data + used, r->text.len - used);
		r->text.len -= used;
		r->text_at = r->at;
	}
	buf_reserve(&r->text, BLOCK);
	do
		n = pread(r->fd, r->text.data + r->text.len, r->text.cap - r->text.len, (off_t)(r->text_at + r->text.len));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return failed(r, e, "read");
	r->text.len += (size_t)n;
	*got = n > 0;
	return EX_OK;
}

/* The line at `at`: *len is -1 when the segment ends before its newline. */
static int whole_line(struct journal_reader *r, uint64_t at, ssize_t *len, struct errmsg *e)
{
	const char *begin, *newline;
	size_t seen = 0, have;
	bool got = true;
	int rc;

	for (;;) {
		begin = r->text.data + (at - r->text_at);
		have = r->text.len - (size_t)(at - r->text_at);
		newline = have > seen ? memchr(begin + seen, '\n', have - seen) : NULL;
		if (newline || !got) {
			*len = newline ? newline - begin : -1;
			return EX_OK;
		}
		seen = have;
		if ((rc = fill(r, &got, e)) != EX_OK)
			return rc;
	}
}

/* Does the segment go on at `at`? */
static int goes_on(struct journal_reader *r, uint64_t at, bool *yes, struct errmsg *e)
{
	*yes = true;
	return at < r->text_at + r->text.len ? EX_OK : fill(r, yes, e);
}

/* ---- batches ---- */

/* Sets r->end to the end of the batch at r->at. EX_IDLE: no commit there, and nothing behind what is wrong. */
static int find_batch(struct journal_reader *r, struct errmsg *e)
{
	struct journal_record record = { .seq = r->seq };
	uint64_t at = r->at, line = r->line;
	bool first = true, more_text;
	ssize_t len;
	int rc;

	do {
		uint64_t seq = record.seq;
		uint32_t more = record.more;

		line++;
		if ((rc = whole_line(r, at, &len, e)) != EX_OK)
			return rc;
		if (len < 0)
			return EX_IDLE;
		if (!line_read(r->text.data + (at - r->text_at), (size_t)len, &record)) {
			rc = goes_on(r, at + (uint64_t)len + 1, &more_text, e);
			return rc != EX_OK ? rc : more_text ? wrong(r, line, e, "the line is damaged: form or checksum") : EX_IDLE;
		}
		if (seq && record.seq != seq + 1)
			return wrong(r, line, e, "its seq does not follow the one before it");
		if (!first && record.more != more - 1)
			return wrong(r, line, e, "the batch before it has no commit");
		first = false;
		at += (uint64_t)len + 1;
	} while (record.more);
	r->end = at;
	return EX_OK;
}

/* Nothing committed behind r->at: either the next segment goes on, or that is all for now. */
static int next_segment(struct journal_reader *r, struct errmsg *e)
{
	int fd = segments_open(r->dir_fd, r->segment + 1, O_RDONLY);
	struct stat st;
	int rc;

	forget_text(r);
	if (fd < 0)
		return errno == ENOENT ? EX_IDLE : failed(r, e, "followed");
	close(fd);
	if (r->segment) {	/* it may have grown before that one was begun */
		if ((rc = find_batch(r, e)) != EX_IDLE)
			return rc;
		if (fstat(r->fd, &st) != 0)
			return failed(r, e, "looked at");
		if ((uint64_t)st.st_size > r->at)
			return wrong(r, r->line + 1, e, "no commit, but another segment follows");
	}
	return reader_enter(r, r->segment + 1, e);
}

static int want_batch(struct journal_reader *r, struct errmsg *e)
{
	int rc = EX_OK;

	while (rc == EX_OK && r->at == r->end) {
		rc = r->segment ? find_batch(r, e) : EX_IDLE;
		if (rc == EX_IDLE)
			rc = next_segment(r, e);
	}
	return rc;
}

int journal_next(struct journal_reader *r, struct journal_record *record, struct errmsg *e)
{
	char *line, *newline;
	int rc;

	if (r->state.line && !r->begun) {
		r->begun = true;
		*record = r->state;
		return EX_OK;
	}
	do {
		if ((rc = want_batch(r, e)) != EX_OK)
			return rc;
		line = r->text.data + (r->at - r->text_at);
		newline = memchr(line, '\n', (size_t)(r->end - r->at));
		if (!newline || !line_parse(line, (size_t)(newline - line), record))
			return wrong(r, r->line + 1, e, "the line is damaged in memory");
		line_open(line, record);
		r->at += (uint64_t)(newline + 1 - line);
		r->line++;
		r->seq = record->seq;
	} while (record->seq < r->from);
	return EX_OK;
}

void journal_place(const struct journal_reader *r, struct errmsg *place)
{
	if (r->line)
		errmsg_set(place, "%s/%08" PRIu32 SUFFIX ":%" PRIu64, r->dir, r->segment, r->line);
	else
		errmsg_set(place, "%s", r->dir);	/* the snapshot of one that resumes */
}

/* ---- what others append ---- */

int journal_watch(const char *dir, struct errmsg *e)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd >= 0 && inotify_add_watch(fd, dir, IN_MODIFY | IN_CREATE) >= 0)
		return fd;
	errmsg_set(e, "%s: cannot be watched: %s", dir, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

void journal_watch_drain(int watch_fd)
{
	char events[4096];

	while (read(watch_fd, events, sizeof events) > 0)
		;
}

/* ---- where to begin ---- */

static int reader_new(struct journal_reader **out, const char *dir, struct errmsg *e)
{
	int fd = segments_dir(dir, e);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? EX_DATA : EX_RETRY;
	*out = xmalloc(sizeof **out);
	**out = (struct journal_reader){ .dir = xstrdup(dir), .dir_fd = fd, .fd = -1 };
	return EX_OK;
}

void journal_reader_free(struct journal_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	close(r->dir_fd);
	buf_release(&r->text);
	free((char *)r->state.line);
	free(r->dir);
	free(r);
}

/* Enters the last segment that begins with seq <= from. */
static int seek(struct journal_reader *r, uint64_t from, struct errmsg *e)
{
	struct journal_record record;
	struct segments s;
	int rc = segments_list(r->dir_fd, r->dir, &s, e);

	for (uint32_t k = s.last; rc == EX_OK && k && k >= s.first; k--) {
		r->seq = 0;
		if ((rc = reader_enter(r, k, e)) != EX_OK)
			break;
		rc = journal_next(r, &record, e);
		if (rc == EX_OK && from && record.seq > from && k == s.first) {
			errmsg_set(e, "%s: begins with record %" PRIu64 "; those before it are not there", r->dir, record.seq);
			return EX_DATA;
		}
		if ((rc == EX_OK && record.seq <= from) || ((rc == EX_OK || rc == EX_IDLE) && k == s.first)) {
			r->seq = 0;
			return reader_enter(r, k, e);
		}
		rc = rc == EX_IDLE ? EX_OK : rc;
	}
	return rc;
}

int reader_at(struct journal_reader **r, const char *dir, uint64_t from, struct errmsg *e)
{
	int rc = reader_new(r, dir, e);

	if (rc == EX_OK && (rc = seek(*r, from, e)) != EX_OK) {
		journal_reader_free(*r);
		*r = NULL;
	}
	return rc;
}

int journal_read(struct journal_reader **r, const char *dir, uint64_t from, struct errmsg *e)
{
	int rc = reader_at(r, dir, from, e);

	if (rc == EX_OK)
		(*r)->from = from;
	return rc;
}

/* ---- snapshots ---- */

static bool is_state(const struct journal_record *record)
{
	return record->type_len == 5 && memcmp(record->type, "state", 5) == 0;
}

static void keep_state(struct journal_record *state, const struct journal_record *record)
{
	free((char *)state->line);
	*state = *record;
	state->line = xstrndup(record->line, record->len);
	state->type = state->line + (record->type - record->line);
}

/* The last snapshot of segment k and of those behind it. */
static int find_state(struct journal_reader *r, uint32_t k, struct journal_record *state, struct errmsg *e)
{
	struct journal_record record;
	int rc;

	r->seq = 0;
	if ((rc = reader_enter(r, k, e)) != EX_OK)
		return rc;
	while ((rc = journal_next(r, &record, e)) == EX_OK && !(state->line && r->segment > k))
		if (is_state(&record))
			keep_state(state, &record);
	return rc == EX_IDLE ? EX_OK : rc;
}

static int state_covers(const char *dir, const struct journal_record *state, uint64_t *seq, struct errmsg *e)
{
	struct json_span covers = { .path = "covers" };

	if (json_skim(state->line, state->len, &covers, 1) && covers.start && num_u64_get(covers.start, covers.end, seq) == covers.end &&
	    *seq < state->seq)
		return EX_OK;
	errmsg_set(e, "%s: record %" PRIu64 " is a state without a seq before its own in \"covers\"", dir, state->seq);
	return EX_DATA;
}

int journal_resume(struct journal_reader **out, const char *dir, struct errmsg *e)
{
	struct journal_record state = { 0 };
	struct journal_reader *r;
	struct segments s;
	uint64_t covers = 0;
	int rc = reader_new(&r, dir, e);

	if (rc != EX_OK)
		return rc;
	rc = segments_list(r->dir_fd, dir, &s, e);
	for (uint32_t k = s.last; rc == EX_OK && !state.line && k && k >= s.first; k--)
		rc = find_state(r, k, &state, e);
	journal_reader_free(r);
	if (rc == EX_OK && state.line)
		rc = state_covers(dir, &state, &covers, e);
	if (rc == EX_OK)
		rc = journal_read(out, dir, covers + 1, e);
	if (rc == EX_OK)
		(*out)->state = state;
	else
		free((char *)state.line);
	return rc;
}
