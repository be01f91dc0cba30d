/* SPDX-License-Identifier: MIT
 * A segment of any bytes: opening it either names damage or leaves whole batches in order, which stay as they were when more is appended.
 * A line that begins with '+' gets the checksum that belongs to it, so that the form behind it is looked at as well. */
#include "base/hash.h"
#include "journal/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char at[64], file[128];

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void seal(struct buf *b, const char *line, size_t n)
{
	size_t begin = b->len;

	buf_add(b, line, n);
	buf_addf(b, ",\"c\":\"%08x\"}", crc32_ieee(crc32_ieee(0, b->data + begin, n), "}", 1));
}

static void make_segment(struct buf *b, const char *p, size_t size)
{
	const char *end = p + size, *newline;

	for (; p < end; p = newline + 1) {
		newline = memchr(p, '\n', (size_t)(end - p));
		if (*p == '+')
			seal(b, p + 1, (size_t)((newline ? newline : end) - p - 1));
		else
			buf_add(b, p, (size_t)((newline ? newline : end) - p));
		if (!newline)
			break;
		buf_addc(b, '\n');
	}
}

static void store(const struct buf *b)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	require(fd >= 0 && write(fd, b->data, b->len) == (ssize_t)b->len && close(fd) == 0);
}

/* How many records there are; -1: damage. */
static int64_t records(uint64_t *last)
{
	struct journal_reader *r;
	struct journal_record record;
	struct errmsg e;
	int64_t n = 0;
	int rc = journal_read(&r, at, 1, &e);

	*last = 0;
	if (rc != EX_OK)
		return -1;
	while ((rc = journal_next(r, &record, &e)) == EX_OK) {
		require(!*last || record.seq == *last + 1);
		*last = record.seq;
		n++;
	}
	journal_reader_free(r);
	return rc == EX_IDLE ? n : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char more[] = "{\"type\":\"a\"}\n{\"type\":\"b\"}\n";
	struct buf b = BUF_INIT;
	struct journal j;
	struct errmsg e;
	uint64_t last, then;
	int64_t n;

	if (!*at) {
		snprintf(at, sizeof at, "%s/ocq-f_journal-%d", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
		require(mkdir(at, 0700) == 0);
		snprintf(file, sizeof file, "%s/00000001.ndjson", at);
	}
	buf_reserve(&b, 1);
	make_segment(&b, (const char *)data, size);
	store(&b);
	n = records(&last);
	if (journal_open(&j, at, 0, &e) == EX_OK) {
		if (n >= 0 && last < UINT64_MAX - 2) {
			require(j.seq == last && journal_append(&j, more, sizeof more - 1, 7, JOURNAL_KEPT, &e) == EX_OK);
			require(records(&then) == n + 2 && then == last + 2);
		}
		journal_close(&j);
	} else {
		require(n < 0);
	}
	buf_release(&b);
	return 0;
}
