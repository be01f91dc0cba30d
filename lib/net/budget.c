/* SPDX-License-Identifier: MIT
 * The shared table of request weights: one entry a request, in a mapped file. */
#include "net/budget.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MINUTE_MS 60050		/* a little more than the venue's: its clock and ours tick apart */
#define HOLD_MS 90000		/* what is not settled by then was left by a killed process */
#define LOOK_MS 1000		/* who waits for requests under way looks again */
#define REFUSED_MS 5000
#define LEVEL_MINUTES 10	/* more is not waited for */
#define REFUSED_MAX_MS 120000
#define NAME "budget3-"		/* its form is in its name: what an older program left is not touched */
#define MAGIC UINT64_C(0x3374656764756271)	/* "qbudget3" */

/* A request under way; weight 0: free. An entry is filled with its weight last and emptied with it first, so one half written is none. */
struct entry { int64_t until_ms; uint32_t weight, ticket, times; };
enum { ENTRIES = 2048 };

struct table {
	uint64_t magic;
	uint32_t ticket;		/* the last one given */
	uint32_t reserve;		/* of the last process that declared one; counts while any that did is alive */
	int64_t shut_until_ms;		/* after a 429 */
	int64_t refused_ms;		/* how long the last one shut us out */
	int64_t level, level_ms;	/* what settled requests weighed at that time, times MINUTE_MS */
	struct entry entry[ENTRIES];
};

struct budget { int fd; uint32_t per_minute; bool reserves; struct table *t; };

/* Locks of the open file, which end with the process: byte 0 is held while the table is worked on, byte 1 by who has a reserve. */
enum { LOCK_TABLE, LOCK_RESERVE };

static bool lock(struct budget *b, int command, short type, off_t byte, short *found)
{
	struct flock f = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
	int r;

	while ((r = fcntl(b->fd, command, &f)) < 0 && errno == EINTR)
		;
	if (found)
		*found = f.l_type;
	return r == 0;
}

static void enter(struct budget *b)
{
	if (!lock(b, F_OFD_SETLKW, F_WRLCK, LOCK_TABLE, NULL))
		die_sys(EX_RETRY, "the weight budget cannot be locked");
}

static void leave(struct budget *b)
{
	lock(b, F_OFD_SETLK, F_UNLCK, LOCK_TABLE, NULL);
}

/* ---- the file ---- */

char *budget_path(const char *url)
{
	const char *run = getenv("XDG_RUNTIME_DIR"), *simulated = getenv("OCQ_CLOCK"), *host = strstr(url, "://");
	struct buf b = BUF_INIT;
	char hex[65];

	if (run && *run)
		buf_addf(&b, "%s/ocq/" NAME, run);
	else
		buf_addf(&b, "/tmp/ocq-%u/" NAME, geteuid());
	host = host ? host + 3 : url;
	buf_add(&b, host, strcspn(host, "/?#"));
	if (clock_simulated()) {
		char *whole = realpath(simulated, NULL);

		sha256_hex(whole ? whole : simulated, strlen(whole ? whole : simulated), hex);
		buf_addf(&b, "-%.16s", hex);
		free(whole);
	}
	buf_cstr(&b);
	return b.data;
}

static bool open_file(struct budget *b, const char *path, struct errmsg *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash && slash > path ? xstrndup(path, (size_t)(slash - path)) : NULL;
	struct stat st;

	if (dir && mkdir(dir, 0700) < 0 && errno != EEXIST)
		errmsg_set(e, "%s: cannot be created: %s", dir, strerror(errno));
	free(dir);
	b->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (b->fd < 0 || fstat(b->fd, &st) < 0)
		return errmsg_set(e, "%s: cannot be opened: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || (st.st_size && st.st_size != sizeof(struct table)))
		return errmsg_set(e, "%s: is no weight budget", path);
	if (st.st_uid != geteuid())	/* /tmp is everybody's */
		return errmsg_set(e, "%s: belongs to somebody else", path);
	return true;
}

static bool map_file(struct budget *b, const char *path, struct errmsg *e)
{
	int error = posix_fallocate(b->fd, 0, sizeof(struct table));	/* or a page for which the disk has no block is SIGBUS */

	if (error)
		return errmsg_set(e, "%s: cannot be written: %s", path, strerror(error));
	b->t = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
	if (b->t == MAP_FAILED) {
		b->t = NULL;
		return errmsg_set(e, "%s: cannot be mapped: %s", path, strerror(errno));
	}
	if (b->t->magic && b->t->magic != MAGIC)
		return errmsg_set(e, "%s: is no weight budget", path);
	b->t->magic = MAGIC;	/* of a new file the rest is zero, which is an empty table */
	return true;
}

struct budget *budget_open(const char *path, uint32_t per_minute, uint32_t reserve, struct errmsg *e)
{
	struct budget *b = xcalloc(1, sizeof *b);
	bool ok;

	b->per_minute = per_minute ? per_minute : BUDGET_PER_MINUTE;
	b->reserves = reserve > 0;
	ok = open_file(b, path, e);
	if (ok) {
		enter(b);
		ok = map_file(b, path, e);
		if (ok && reserve)
			b->t->reserve = reserve;
		if (ok && reserve && !lock(b, F_OFD_SETLK, F_RDLCK, LOCK_RESERVE, NULL))
			ok = errmsg_set(e, "%s: cannot be locked: %s", path, strerror(errno));
		leave(b);
	}
	if (ok)
		return b;
	budget_close(b);
	return NULL;
}

void budget_close(struct budget *b)
{
	if (!b)
		return;
	if (b->t)
		munmap(b->t, sizeof *b->t);
	if (b->fd >= 0)
		close(b->fd);
	free(b);
}

/* ---- taking and settling ---- */

/* An entry that would weigh longer than any can was made by a clock that has been set back since. */
static void expire(struct entry *x, int64_t now)
{
	if (x->weight && (x->until_ms <= now || x->until_ms > now + HOLD_MS + MINUTE_MS))
		x->weight = 0;
}

/* Who is killed between the two stores leaves a level that is too high, never one too low. Of a clock that was set back by more
 * than a minute nothing can be told. */
static void drain(struct budget *b, int64_t now)
{
	int64_t ms = now - b->t->level_ms, left = b->t->level, most = LEVEL_MINUTES * MINUTE_MS * (int64_t)b->per_minute;

	if (ms > MINUTE_MS * INT64_C(100) || ms < -MINUTE_MS)
		left = 0;
	if (left > most)	/* no requests weigh that: the file is damaged */
		left = most;
	if (left && ms > 0)
		left -= ms * b->per_minute;
	__atomic_store_n(&b->t->level_ms, now, __ATOMIC_RELEASE);
	__atomic_store_n(&b->t->level, left > 0 ? left : 0, __ATOMIC_RELEASE);
}

static uint32_t used(struct budget *b, int64_t now)
{
	uint32_t sum;
	int i;

	drain(b, now);
	sum = (uint32_t)((b->t->level + MINUTE_MS - 1) / MINUTE_MS);
	for (i = 0; i < ENTRIES; i++) {
		expire(b->t->entry + i, now);
		sum += b->t->entry[i].weight;
	}
	return sum;
}

static uint32_t reserved(struct budget *b)
{
	short held = F_UNLCK;

	if (b->t->reserve && !b->reserves)	/* nobody is told of his own lock */
		lock(b, F_OFD_GETLK, F_WRLCK, LOCK_RESERVE, &held);
	return b->reserves || held != F_UNLCK ? b->t->reserve : 0;
}

/* When enough of the level will have drained; what is under way does not. */
static int64_t wait_for(const struct budget *b, uint32_t sum, uint32_t allowed)
{
	int64_t under_way = sum - (b->t->level + MINUTE_MS - 1) / MINUTE_MS, stays = (allowed - under_way) * MINUTE_MS;

	return stays < 0 ? LOOK_MS : (b->t->level - stays + b->per_minute - 1) / b->per_minute;
}

static struct entry *free_entry(struct budget *b)
{
	int i;

	for (i = 0; i < ENTRIES; i++)
		if (!b->t->entry[i].weight)
			return b->t->entry + i;
	return NULL;
}

int64_t budget_take(struct budget *b, uint32_t weight, enum budget_class c, uint32_t *ticket)
{
	int64_t now, wait = 0;
	uint32_t sum, keep, allowed, times;
	struct entry *x;

	enter(b);
	now = clock_ms();
	sum = used(b, now);
	keep = reserved(b) * (uint32_t)c;
	times = keep && c == BUDGET_BACKFILL ? 2 : 1;
	weight *= times;
	allowed = b->per_minute > keep ? b->per_minute - keep : 0;
	allowed = allowed > weight ? allowed - weight : 0;	/* that may weigh already */
	x = free_entry(b);
	if (b->t->shut_until_ms > now && b->t->shut_until_ms <= now + REFUSED_MAX_MS)
		wait = b->t->shut_until_ms - now;
	else if (sum > allowed || !x)
		wait = x ? wait_for(b, sum, allowed) : LOOK_MS;
	if (!wait) {
		*ticket = ++b->t->ticket ? b->t->ticket : ++b->t->ticket;
		x->until_ms = now + HOLD_MS;
		x->ticket = *ticket;
		x->times = times;
		__atomic_store_n(&x->weight, weight, __ATOMIC_RELEASE);
	}
	leave(b);
	return wait;
}

void budget_settle(struct budget *b, uint32_t ticket, uint32_t weight)
{
	struct entry *x;
	int64_t now;

	enter(b);
	now = clock_ms();	/* not before: others may have been here meanwhile, later */
	drain(b, now);
	for (x = b->t->entry; x < b->t->entry + ENTRIES; x++)
		if (x->weight && x->ticket == ticket) {
			__atomic_store_n(&b->t->level, b->t->level + x->times * weight * (int64_t)MINUTE_MS, __ATOMIC_RELEASE);
			x->weight = 0;
			break;
		}
	if (now >= b->t->shut_until_ms && weight)
		b->t->refused_ms = 0;
	leave(b);
}

void budget_refused(struct budget *b, int retry_after_s)
{
	int64_t now, ms = REFUSED_MS;
	struct table *t = b->t;

	enter(b);
	now = clock_ms();
	if (now < t->shut_until_ms)	/* sent before the last one was known: no worse */
		ms = t->shut_until_ms - now;
	else if (t->refused_ms)
		ms = t->refused_ms * 2;
	if (retry_after_s > 0 && ms < retry_after_s * INT64_C(1000))
		ms = retry_after_s * INT64_C(1000);
	if (ms > REFUSED_MAX_MS)
		ms = REFUSED_MAX_MS;
	if (now >= t->shut_until_ms)
		t->refused_ms = ms;
	t->shut_until_ms = now + ms;
	leave(b);
}

uint32_t budget_used(struct budget *b)
{
	uint32_t sum;

	enter(b);
	sum = used(b, clock_ms());
	leave(b);
	return sum;
}
