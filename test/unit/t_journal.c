/* SPDX-License-Identifier: MIT
 * lib/journal: what is committed is read back, whatever a crash left behind it; what is damaged is refused; an append that
 * fails leaves nothing. */
#include "child.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "journal/journal.h"
#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define T0 INT64_C(1763828000123)
#define FIRST "/00000001.ndjson"

/* ---- a disk that fails on demand: these stand before libc's own ---- */

static struct {
	int write_errno, sync_errno, truncate_errno;
	size_t write_most;
	unsigned interrupts, writes, syncs, removed;
	bool removing_helps;	/* what is removed makes room */
} disk;

static int disk_fails(int error)
{
	errno = error;
	return -1;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	disk.writes++;
	if (disk.interrupts) {
		disk.interrupts--;
		return disk_fails(EINTR);
	}
	if (disk.write_errno && !disk.write_most)
		return disk_fails(disk.write_errno);
	if (disk.write_most && n > disk.write_most) {
		n = disk.write_most;
		disk.write_most = 0;	/* the next one fails, if any does */
	}
	return syscall(SYS_write, fd, bytes, n);
}

int fdatasync(int fd)
{
	disk.syncs++;
	return disk.sync_errno ? disk_fails(disk.sync_errno) : (int)syscall(SYS_fdatasync, fd);
}

int unlinkat(int dir_fd, const char *path, int flags)
{
	disk.removed++;
	if (disk.removing_helps)
		disk.write_errno = 0;
	return (int)syscall(SYS_unlinkat, dir_fd, path, flags);
}

int ftruncate(int fd, off_t size)
{
	return disk.truncate_errno ? disk_fails(disk.truncate_errno) : (int)syscall(SYS_ftruncate, fd, size);
}

/* ---- helpers ---- */

static struct errmsg why;

static void remove_journal(const char *dir)
{
	char command[256];

	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	if (system(command) != 0)
		abort();
}

static void load(struct buf *b, const char *path)
{
	buf_clear(b);
	if (!buf_read_file(b, path, 1 << 20, &why))
		abort();
}

static void store(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
		abort();
}

static int append(struct journal *j, const char *lines, enum journal_sync sync)
{
	return journal_append(j, lines, strlen(lines), T0, sync, &why);
}

/* The records of a journal as "seq:type,seq:type", with what the reader ended on. */
static const char *told(const char *dir, uint64_t from, int *end)
{
	static char text[4096];
	struct journal_reader *r = NULL;
	struct journal_record record;
	size_t n = 0;

	text[0] = '\0';
	*end = from ? journal_read(&r, dir, from, &why) : journal_resume(&r, dir, &why);
	while (*end == EX_OK && (*end = journal_next(r, &record, &why)) == EX_OK)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%" PRIu64 ":%.*s", n ? "," : "", record.seq, (int)record.type_len,
		                      record.type);
	journal_reader_free(r);
	return text;
}
#define CHECK_TOLD(dir, from, want) do { \
	int end_; \
	CHECK_TEXT(told(dir, from, &end_), want); \
	CHECK(end_ == EX_IDLE); \
} while (0)

/* step x 2 and end as one batch, then a fill: seq 1, 2, 3 and 4. */
static void make(const char *dir)
{
	struct journal j;

	remove_journal(dir);
	CHECK(journal_open(&j, dir, 0, &why) == EX_OK && j.seq == 0);
	CHECK(append(&j, "{\"type\":\"step\",\"t_ms\":1}\n{\"type\":\"step\",\"t_ms\":2}\n{\"type\":\"commit\"}\n", JOURNAL_KEPT) == EX_OK);
	CHECK(j.seq == 3);
	CHECK(append(&j, "{\"type\":\"fill\",\"symbol\":\"kPEPE\",\"px\":0.5}\n", JOURNAL_DURABLE) == EX_OK && j.seq == 4);
	journal_close(&j);
}

/* ---- the form ---- */

static void check_line(const struct buf *b, const char *open, const char *members)
{
	char want[256];
	int n = snprintf(want, sizeof want, "%s%s}", open, members);
	uint32_t crc = crc32_ieee(0, want, (size_t)n);

	snprintf(want + n - 1, sizeof want - (size_t)n, ",\"c\":\"%08x\"}\n", crc);
	CHECK(strstr(b->data, want));
}

static void test_form(void)
{
	struct buf b = BUF_INIT;

	make("j");
	load(&b, "j" FIRST);
	buf_cstr(&b);
	check_line(&b, "{\"type\":\"step\",\"seq\":1,\"ts_ms\":1763828000123,\"more\":2", ",\"t_ms\":1");
	check_line(&b, "{\"type\":\"commit\",\"seq\":3,\"ts_ms\":1763828000123", "");
	check_line(&b, "{\"type\":\"fill\",\"seq\":4,\"ts_ms\":1763828000123", ",\"symbol\":\"kPEPE\",\"px\":0.5");
	buf_release(&b);
}

static void test_read(void)
{
	struct journal_reader *r;
	struct journal_record record;
	struct record parsed;

	make("j");
	CHECK_TOLD("j", 1, "1:step,2:step,3:commit,4:fill");
	CHECK_TOLD("j", 3, "3:commit,4:fill");
	CHECK_TOLD("j", 5, "");
	CHECK(journal_read(&r, "j", 2, &why) == EX_OK && journal_next(r, &record, &why) == EX_OK);
	CHECK(record.seq == 2 && record.ts_ms == T0 && record.more == 1);
	CHECK(record_parse(&parsed, record.line, record.len, &why) && parsed.type == REC_step && parsed.u.step.t_ms == 2);
	journal_reader_free(r);
	CHECK(journal_read(&r, "absent", 1, &why) == EX_DATA && strstr(why.text, "absent: "));
}

static void test_follow(void)
{
	struct journal_reader *r;
	struct journal_record record;
	struct journal j;

	remove_journal("j");
	CHECK(journal_open(&j, "j", 0, &why) == EX_OK);
	CHECK(journal_read(&r, "j", 1, &why) == EX_OK && journal_next(r, &record, &why) == EX_IDLE);
	CHECK(append(&j, "{\"type\":\"a\"}\n", JOURNAL_KEPT) == EX_OK);
	CHECK(journal_next(r, &record, &why) == EX_OK && record.seq == 1 && journal_next(r, &record, &why) == EX_IDLE);
	CHECK(append(&j, "{\"type\":\"b\"}\n{\"type\":\"c\"}\n", JOURNAL_KEPT) == EX_OK);
	CHECK(journal_next(r, &record, &why) == EX_OK && journal_next(r, &record, &why) == EX_OK && record.seq == 3);
	CHECK(journal_next(r, &record, &why) == EX_IDLE);
	journal_reader_free(r);
	journal_close(&j);
}

static void test_refused_records(void)
{
	static const struct { const char *lines, *want; } wrong[] = {
		{ "", "a batch is not one or more whole lines" },
		{ "{\"type\":\"a\"}", "a batch is not one or more whole lines" },
		{ "{\"type\":\"a\"}\n\n", "record 2 of a batch: a record begins with {\"type\":\" and ends with }" },
		{ "{\"seq\":1}\n", "record 1 of a batch: a record begins with {\"type\":\" and ends with }" },
		{ "{\"type\":\"a\",\"seq\":1}\n", "record 1 of a batch: \"seq\" is the journal's own member" },
		{ "{\"type\":\"a\",\"c\":1}\n", "record 1 of a batch: \"c\" is the journal's own member" },
		{ "{\"type\":\"a\\n\"}\n", "record 1 of a batch: \"type\" is not a plain text" },
	};
	struct journal j;

	make("j");
	CHECK(journal_open(&j, "j", 0, &why) == EX_OK);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		CHECK(append(&j, wrong[i].lines, JOURNAL_KEPT) == EX_DATA);
		CHECK_TEXT(why.text, wrong[i].want);
	}
	CHECK(append(&j, "{\"type\":\"a\",\"x\":}\n", JOURNAL_KEPT) == EX_DATA);
	CHECK(append(&j, "{\"type\":\"a\",\"x\":\"\xff\"}\n", JOURNAL_KEPT) == EX_DATA);
	journal_close(&j);
	CHECK_TOLD("j", 1, "1:step,2:step,3:commit,4:fill");
}

/* ---- crashes ---- */

/* What remains after a cut at every byte: whole batches before it, nothing else; and appending goes on behind them. */
static void test_cut_everywhere(void)
{
	struct buf b = BUF_INIT;
	const char *fill;
	struct journal j;
	struct stat st;

	make("j");
	load(&b, "j" FIRST);
	fill = strstr(buf_cstr(&b), "{\"type\":\"fill\"");
	for (size_t n = 0; n <= b.len; n++) {
		size_t committed = n == b.len ? n : n >= (size_t)(fill - b.data) ? (size_t)(fill - b.data) : 0;
		bool whole = n == b.len, batch = committed > 0;

		store("j" FIRST, b.data, n);
		CHECK_TOLD("j", 1, whole ? "1:step,2:step,3:commit,4:fill" : batch ? "1:step,2:step,3:commit" : "");
		CHECK(journal_open(&j, "j", 0, &why) == EX_OK && j.seq == (whole ? 4 : batch ? 3 : 0));
		CHECK(j.cut_bytes == n - committed && stat("j" FIRST, &st) == 0 && (size_t)st.st_size == committed);
		CHECK(append(&j, "{\"type\":\"next\"}\n", JOURNAL_KEPT) == EX_OK);
		journal_close(&j);
		CHECK_TOLD("j", 1, whole ? "1:step,2:step,3:commit,4:fill,5:next" : batch ? "1:step,2:step,3:commit,4:next" : "1:next");
	}
	buf_release(&b);
}

/* Any changed bit is noticed: in the last line as what a crash left, elsewhere as damage, with file and line. */
static void test_flip_everywhere(void)
{
	struct buf b = BUF_INIT;
	struct journal j;
	size_t last;

	make("j");
	load(&b, "j" FIRST);
	last = (size_t)(strstr(buf_cstr(&b), "{\"type\":\"fill\"") - b.data);
	for (size_t i = 0; i < b.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			int end, rc;

			b.data[i] ^= (char)(1 << bit);
			store("j" FIRST, b.data, b.len);
			b.data[i] ^= (char)(1 << bit);
			told("j", 1, &end);
			rc = journal_open(&j, "j", 0, &why);
			/* A newline that becomes part of the last line makes that one longer; one made within it is damage. */
			if (i >= last - 1 && end == EX_IDLE)
				CHECK(rc == EX_OK && j.seq == (i < last ? 0 : 3) && j.cut_bytes == b.len - (i < last ? 0 : last));
			else
				CHECK(end == EX_DATA && rc == EX_DATA && strncmp(why.text, "j/00000001.ndjson:", 18) == 0);
			if (rc == EX_OK)
				journal_close(&j);
		}
	buf_release(&b);
}

static void test_damage_is_named(void)
{
	struct buf b = BUF_INIT;
	struct journal j;
	int end;

	make("j");
	load(&b, "j" FIRST);
	*(strstr(buf_cstr(&b), "\"t_ms\":2") + 7) = '3';
	store("j" FIRST, b.data, b.len);
	CHECK(journal_open(&j, "j", 0, &why) == EX_DATA);
	CHECK_TEXT(why.text, "j/00000001.ndjson:2: the line is damaged: form or checksum");
	CHECK_TEXT(told("j", 1, &end), "");	/* the batch has a damaged line */
	make("j");
	load(&b, "j" FIRST);
	store("j" FIRST, strchr(b.data, '\n') + 1, b.len - (size_t)(strchr(b.data, '\n') + 1 - b.data));
	CHECK_TEXT(told("j", 1, &end), "");
	CHECK_TEXT(why.text, "j: begins with record 2; those before it are not there");
	buf_release(&b);
}

/* A last write that never reached the disk although the file had grown. */
static void test_zeros(void)
{
	static const char zeros[5000];
	struct buf b = BUF_INIT;
	struct journal j;

	make("j");
	load(&b, "j" FIRST);
	buf_add(&b, zeros, sizeof zeros);
	store("j" FIRST, b.data, b.len);
	CHECK_TOLD("j", 1, "1:step,2:step,3:commit,4:fill");
	CHECK(journal_open(&j, "j", 0, &why) == EX_OK && j.seq == 4 && j.cut_bytes == sizeof zeros);
	journal_close(&j);
	buf_release(&b);
}

/* A batch without commit and a writer that did not cut it: nobody may go on behind it. */
static void test_lost_commit(void)
{
	struct buf b = BUF_INIT;
	char *commit;
	int end;

	make("j");
	load(&b, "j" FIRST);
	commit = strstr(buf_cstr(&b), "{\"type\":\"commit\"");
	memmove(commit, strchr(commit, '\n') + 1, strlen(strchr(commit, '\n') + 1) + 1);
	store("j" FIRST, b.data, strlen(b.data));
	CHECK_TEXT(told("j", 1, &end), "");
	CHECK(end == EX_DATA);
	CHECK_TEXT(why.text, "j/00000001.ndjson:3: its seq does not follow the one before it");
	buf_release(&b);
}

/* ---- a disk that fails ---- */

static void check_unchanged(struct journal *j, const struct buf *before)
{
	struct buf after = BUF_INIT;

	load(&after, "j" FIRST);
	CHECK(after.len == before->len && memcmp(after.data, before->data, after.len) == 0 && j->seq == 4);
	buf_release(&after);
}

static void test_failed_write(void)
{
	static const char batch[] = "{\"type\":\"x\",\"n\":1}\n{\"type\":\"x\",\"n\":2}\n";
	struct buf before = BUF_INIT;
	struct journal j;

	make("j");
	load(&before, "j" FIRST);
	CHECK(journal_open(&j, "j", 0, &why) == EX_OK);
	for (size_t most = 0; most < 100; most++) {	/* so many bytes fit, then the disk is full */
		disk.write_errno = ENOSPC;
		disk.write_most = most;
		CHECK(append(&j, batch, JOURNAL_DURABLE) == EX_RETRY);
		CHECK_TEXT(why.text, "j: segment 00000001 cannot be appended to: No space left on device; nothing was appended");
		disk.write_errno = 0;
		disk.write_most = 0;
		check_unchanged(&j, &before);
	}
	disk.write_errno = EIO;
	disk.write_most = 30;
	disk.truncate_errno = EIO;
	CHECK(append(&j, batch, JOURNAL_KEPT) == EX_RETRY && strstr(why.text, "; the batch could not be taken back: Input/output error"));
	memset(&disk, 0, sizeof disk);
	CHECK(append(&j, "{\"type\":\"y\"}\n", JOURNAL_KEPT) == EX_OK && j.seq == 5 && j.cut_bytes == 30);
	CHECK_TOLD("j", 4, "4:fill,5:y");
	journal_close(&j);
	buf_release(&before);
}

static bool reserve_is_there(void)
{
	struct stat st;

	return stat("j/reserve", &st) == 0 && st.st_size == 1 << 20 && st.st_blocks * 512 >= st.st_size;
}

/* The disk is full until the reserve is gone. */
static void test_reserve(void)
{
	static const char batch[] = "{\"type\":\"x\",\"n\":1}\n{\"type\":\"x\",\"n\":2}\n";
	struct journal j, other;

	make("j");
	CHECK(journal_open(&j, "j", 0, &why) == EX_OK && j.reserved && reserve_is_there());
	for (size_t most = 0; most < 100; most += 33) {
		memset(&disk, 0, sizeof disk);
		disk.write_errno = ENOSPC;
		disk.write_most = most;
		CHECK(append(&j, batch, JOURNAL_DURABLE) == EX_RETRY && reserve_is_there());	/* not for everybody */
		disk.removing_helps = true;
		disk.write_most = most;
		CHECK(append(&j, batch, JOURNAL_DURABLE | JOURNAL_MUST) == EX_OK && !reserve_is_there() && disk.removed == 1);
		disk.write_errno = ENOSPC;
		CHECK(append(&j, batch, JOURNAL_DURABLE | JOURNAL_MUST) == EX_RETRY);	/* there is none any more */
		CHECK_TEXT(why.text, "j: segment 00000001 cannot be appended to: No space left on device; nothing was appended");
		memset(&disk, 0, sizeof disk);
		CHECK(journal_open(&other, "j", 0, &why) == EX_OK && other.reserved && reserve_is_there());
		journal_close(&other);
	}
	disk.write_errno = EIO;
	CHECK(append(&j, batch, JOURNAL_MUST) == EX_RETRY && reserve_is_there());	/* room is not what it lacks */
	memset(&disk, 0, sizeof disk);
	CHECK(append(&j, batch, JOURNAL_MUST) == EX_OK && reserve_is_there() && disk.syncs == 0);
	journal_close(&j);
	CHECK_TOLD("j", 4, "4:fill,5:x,6:x,7:x,8:x,9:x,10:x,11:x,12:x,13:x,14:x");
}

/* A part of a reserve is made whole. */
static void test_reserve_again(void)
{
	struct journal j;

	make("j");
	CHECK(journal_open(&j, "j", 0, &why) == EX_OK);
	journal_close(&j);
	CHECK(truncate("j/reserve", 4096) == 0 && !reserve_is_there());
	CHECK(journal_open(&j, "j", 0, &why) == EX_OK && reserve_is_there());
	journal_close(&j);
	CHECK(unlink("j/reserve") == 0 && mkdir("j/reserve", 0700) == 0);
	CHECK(journal_open(&j, "j", 0, &why) == EX_OK && !j.reserved);	/* without one all the same */
	journal_close(&j);
	CHECK(rmdir("j/reserve") == 0);
}

/* From the first that is there. */
static void test_from_the_first(void)
{
	struct journal_reader *r;
	struct journal_record record;
	struct journal j;

	make("j");
	CHECK(journal_open(&j, "j", 1, &why) == EX_OK);
	for (int i = 0; i < 3; i++)
		CHECK(append(&j, "{\"type\":\"x\"}\n", JOURNAL_KEPT) == EX_OK);
	journal_close(&j);
	CHECK(unlink("j" FIRST) == 0);
	CHECK(journal_read(&r, "j", 1, &why) == EX_DATA);
	CHECK(journal_read(&r, "j", 0, &why) == EX_OK && journal_next(r, &record, &why) == EX_OK && record.seq > 1);
	journal_place(r, &why);
	CHECK_TEXT(why.text, "j/00000002.ndjson:1");
	journal_reader_free(r);
}

static void test_short_and_interrupted(void)
{
	struct journal j;

	make("j");
	CHECK(journal_open(&j, "j", 0, &why) == EX_OK);
	disk.write_most = 7;
	disk.interrupts = 3;
	CHECK(append(&j, "{\"type\":\"x\"}\n", JOURNAL_KEPT) == EX_OK && j.seq == 5);
	memset(&disk, 0, sizeof disk);
	CHECK(append(&j, "{\"type\":\"x\"}\n{\"type\":\"x\"}\n", JOURNAL_KEPT) == EX_OK && disk.writes == 1 && disk.syncs == 0);
	CHECK(append(&j, "{\"type\":\"x\"}\n", JOURNAL_DURABLE) == EX_OK && disk.writes == 2 && disk.syncs == 1);
	journal_close(&j);
	CHECK_TOLD("j", 4, "4:fill,5:x,6:x,7:x,8:x");
}

static void test_failed_sync(void)
{
	struct buf before = BUF_INIT;
	struct journal j;

	make("j");
	load(&before, "j" FIRST);
	CHECK(journal_open(&j, "j", 0, &why) == EX_OK);
	disk.sync_errno = EIO;
	CHECK(append(&j, "{\"type\":\"x\"}\n", JOURNAL_DURABLE) == EX_RETRY);
	CHECK_TEXT(why.text, "j: segment 00000001 cannot be synced: Input/output error; nothing was appended");
	disk.sync_errno = 0;
	check_unchanged(&j, &before);
	CHECK(append(&j, "{\"type\":\"x\"}\n", JOURNAL_DURABLE) == EX_RETRY);
	CHECK_TEXT(why.text, "j: a sync failed before: nothing more is appended");
	journal_close(&j);
	CHECK(journal_open(&j, "j", 0, &why) == EX_OK && append(&j, "{\"type\":\"x\"}\n", JOURNAL_DURABLE) == EX_OK && j.seq == 5);
	journal_close(&j);
	buf_release(&before);
}

/* What was kept in the full segment must be on the disk before another is begun. */
static void test_failed_rollover(void)
{
	struct journal j;

	make("j");
	CHECK(journal_open(&j, "j", 10, &why) == EX_OK);
	disk.sync_errno = EIO;
	CHECK(append(&j, "{\"type\":\"x\"}\n", JOURNAL_KEPT) == EX_RETRY);
	CHECK_TEXT(why.text, "j: segment 00000001 cannot be synced: Input/output error");
	memset(&disk, 0, sizeof disk);
	CHECK(append(&j, "{\"type\":\"x\"}\n", JOURNAL_KEPT) == EX_RETRY && access("j/00000002.ndjson", F_OK) != 0);
	journal_close(&j);
	CHECK(journal_open(&j, "j", 10, &why) == EX_OK && append(&j, "{\"type\":\"x\"}\n", JOURNAL_KEPT) == EX_OK && j.seq == 5);
	journal_close(&j);
}

/* The kernel's own limit: a write that fits in part. */
static void fill_up(void *arg)
{
	struct rlimit most = { 1000, 1000 };
	struct journal j;

	(void)arg;
	err_init("t_journal");
	if (journal_open(&j, "j", 0, &why) != EX_OK || setrlimit(RLIMIT_FSIZE, &most) != 0)
		exit(99);
	while (append(&j, "{\"type\":\"x\",\"text\":\"0123456789012345678901234567890123456789\"}\n", JOURNAL_KEPT) == EX_OK)
		;
	printf("%s", why.text);
	journal_close(&j);
}

static void test_full(void)
{
	struct child c;
	struct stat st;
	int end;

	make("j");
	c = child_run(fill_up, NULL, NULL);
	CHECK(c.status == 0);
	CHECK_TEXT(c.out, "j: segment 00000001 cannot be appended to: File too large; nothing was appended");
	CHECK(stat("j" FIRST, &st) == 0 && st.st_size > 850 && st.st_size < 1000);
	CHECK(strlen(told("j", 5, &end)) > 10 && end == EX_IDLE);
}

/* ---- segments, snapshots, several writers ---- */

static void test_segments(void)
{
	struct journal j;
	struct stat st;
	int end;

	remove_journal("j");
	CHECK(journal_open(&j, "j", 200, &why) == EX_OK);
	for (int i = 0; i < 20; i++)
		CHECK(append(&j, "{\"type\":\"a\"}\n{\"type\":\"b\"}\n", JOURNAL_KEPT) == EX_OK);
	journal_close(&j);
	CHECK(stat("j/00000010.ndjson", &st) == 0 && stat("j/00000011.ndjson", &st) != 0);
	CHECK(stat("j", &st) == 0 && (st.st_mode & 0777) == 0700 && stat("j" FIRST, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK_TOLD("j", 37, "37:a,38:b,39:a,40:b");
	CHECK_TOLD("j", 12, "12:b,13:a,14:b,15:a,16:b,17:a,18:b,19:a,20:b,21:a,22:b,23:a,24:b,25:a,26:b,27:a,28:b,29:a,30:b,"
	                    "31:a,32:b,33:a,34:b,35:a,36:b,37:a,38:b,39:a,40:b");
	/* a crash right behind the making of a segment, and one in its first batch */
	store("j/00000011.ndjson", "", 0);
	CHECK(journal_open(&j, "j", 200, &why) == EX_OK && j.seq == 40);
	journal_close(&j);
	store("j/00000011.ndjson", "{\"type\":\"a\",\"seq\":41,\"ts", 24);
	CHECK(journal_open(&j, "j", 200, &why) == EX_OK && j.seq == 40 && j.cut_bytes == 24);
	CHECK(append(&j, "{\"type\":\"c\"}\n", JOURNAL_KEPT) == EX_OK);
	journal_close(&j);
	CHECK_TOLD("j", 39, "39:a,40:b,41:c");
	/* what is no longer needed may be removed from the front, from nowhere else */
	unlink("j" FIRST);
	CHECK_TOLD("j", 39, "39:a,40:b,41:c");
	told("j", 1, &end);
	CHECK(end == EX_DATA);
	unlink("j/00000005.ndjson");
	told("j", 39, &end);
	CHECK(end == EX_DATA);
	CHECK_TEXT(why.text, "j: a segment between 00000002 and 00000011 is missing");
}

static void test_torn_inside(void)
{
	struct buf b = BUF_INIT;
	struct journal j;
	int end;

	remove_journal("j");
	CHECK(journal_open(&j, "j", 1, &why) == EX_OK);
	for (int i = 0; i < 3; i++)
		CHECK(append(&j, "{\"type\":\"a\"}\n", JOURNAL_KEPT) == EX_OK);
	journal_close(&j);
	load(&b, "j/00000002.ndjson");
	store("j/00000002.ndjson", b.data, b.len - 1);
	CHECK_TEXT(told("j", 1, &end), "");
	CHECK(end == EX_DATA);
	CHECK_TEXT(why.text, "j/00000002.ndjson:1: no commit, but another segment follows");
	buf_release(&b);
}

static void test_snapshots(void)
{
	struct journal j;
	int end;

	remove_journal("j");
	CHECK(journal_open(&j, "j", 150, &why) == EX_OK);
	CHECK(append(&j, "{\"type\":\"a\"}\n", JOURNAL_KEPT) == EX_OK);
	CHECK_TOLD("j", 0, "1:a");
	CHECK(append(&j, "{\"type\":\"state\",\"covers\":1,\"x\":{}}\n", JOURNAL_KEPT) == EX_OK);
	for (int i = 0; i < 6; i++)
		CHECK(append(&j, "{\"type\":\"b\"}\n", JOURNAL_KEPT) == EX_OK);
	CHECK_TOLD("j", 0, "2:state,2:state,3:b,4:b,5:b,6:b,7:b,8:b");
	CHECK(append(&j, "{\"type\":\"state\",\"covers\":7,\"x\":{}}\n{\"type\":\"d\"}\n", JOURNAL_KEPT) == EX_OK);
	CHECK(append(&j, "{\"type\":\"e\"}\n", JOURNAL_KEPT) == EX_OK);
	CHECK_TOLD("j", 0, "9:state,8:b,9:state,10:d,11:e");
	for (int i = 0; i < 6; i++)
		CHECK(append(&j, "{\"type\":\"f\"}\n", JOURNAL_KEPT) == EX_OK);
	CHECK_TOLD("j", 0, "9:state,8:b,9:state,10:d,11:e,12:f,13:f,14:f,15:f,16:f,17:f");
	CHECK(append(&j, "{\"type\":\"state\",\"covers\":18}\n", JOURNAL_KEPT) == EX_OK);
	told("j", 0, &end);
	CHECK(end == EX_DATA);
	CHECK_TEXT(why.text, "j: record 18 is a state without a seq before its own in \"covers\"");
	journal_close(&j);
}

static void append_many(void *arg)
{
	struct journal j;

	(void)arg;
	if (journal_open(&j, "j", 5000, &why) != EX_OK)
		exit(1);
	for (int i = 0; i < 200; i++)
		if (append(&j, "{\"type\":\"a\"}\n{\"type\":\"b\"}\n{\"type\":\"c\"}\n", JOURNAL_KEPT) != EX_OK)
			exit(1);
	journal_close(&j);
}

static void test_writers(void)
{
	struct journal_reader *r;
	struct journal_record record;
	uint64_t n = 0;
	int status, rc;

	remove_journal("j");
	fflush(NULL);
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			append_many(NULL);
			_exit(0);
		}
	for (int i = 0; i < 4; i++)
		CHECK(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(journal_read(&r, "j", 1, &why) == EX_OK);
	while ((rc = journal_next(r, &record, &why)) == EX_OK)
		CHECK(record.seq == ++n && record.type[0] == (char)('a' + (n - 1) % 3));
	CHECK(rc == EX_IDLE && n == 2400);
	journal_reader_free(r);
}

int main(void)
{
	char dir[] = "/tmp/t_journal.XXXXXX";

	if (!mkdtemp(dir) || chdir(dir) != 0)
		return 1;
	test_form();
	test_read();
	test_follow();
	test_refused_records();
	test_cut_everywhere();
	test_flip_everywhere();
	test_damage_is_named();
	test_zeros();
	test_lost_commit();
	test_failed_write();
	test_reserve();
	test_reserve_again();
	test_from_the_first();
	test_short_and_interrupted();
	test_failed_sync();
	test_failed_rollover();
	test_full();
	test_segments();
	test_torn_inside();
	test_snapshots();
	test_writers();
	remove_journal(dir);
	return test_end("t_journal");
}
