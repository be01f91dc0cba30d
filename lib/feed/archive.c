/* SPDX-License-Identifier: MIT
 * The thread behind the stores: two heaps of rows, one that is filled, one that is being written. */
#include "feed/archive.h"

#include "base/buf.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

enum { INTERVALS_MAX = 13, RETRY_MS = 500, SWEEP_MS = 600000, HOUR_MS = 3600000 };

/* What one row says: a candle; a step's time; bid and ask (in o and c) of a symbol. */
struct row { enum { ROW_CANDLE, ROW_STEP, ROW_BBO } what; unsigned store; struct rec_candle c; };
struct rows { struct row *at; size_t n, cap, released; };

struct archive {
	unsigned n;
	char interval[INTERVALS_MAX][8];
	struct live *write[INTERVALS_MAX + 1], *read[INTERVALS_MAX];	/* the thread's; the opener's. The last one: bbo */
	unsigned bbo_hours;
	int lock;
	thrd_t thread;
	bool running;

	mtx_t mutex;	/* of what follows */
	cnd_t wake;
	struct rows filling;
	bool stop, lost;
	int64_t late_since_ns;
	struct errmsg why;
};

/* ---- the thread ---- */

static bool put(struct archive *k, const struct row *r, const char *now, struct fault *f)
{
	struct live *l = k->write[r->store];

	switch (r->what) {
	case ROW_CANDLE: return live_candle(l, &r->c, now, f);
	case ROW_STEP: return live_step(l, k->interval[r->store], r->c.t_ms, f);
	case ROW_BBO: return live_bbo(l, r->c.symbol, r->c.t_ms, r->c.o, r->c.c, now, f);
	}
	return true;
}

/* The rows of one store, whole or not at all. */
static bool write_store(struct archive *k, unsigned store, const struct rows *rows, const char *now, struct fault *f)
{
	bool any = false, ok = true;

	for (size_t i = 0; ok && i < rows->n; i++) {
		if (rows->at[i].store != store)
			continue;
		ok = (any || live_begin(k->write[store], f)) && put(k, &rows->at[i], now, f);
		any = true;
	}
	ok = ok && (!any || live_commit(k->write[store], f));
	if (!ok)
		live_abandon(k->write[store]);
	return ok;
}

static bool write_all(struct archive *k, const struct rows *rows, bool done[INTERVALS_MAX + 1], struct fault *f)
{
	char now[CLOCK_TEXT_MAX];
	bool ok = true;

	*clock_put(now, clock_ms() / 1000 * 1000) = '\0';
	for (unsigned i = 0; i <= k->n; i++)
		if (!done[i] && !(done[i] = write_store(k, i, rows, now, f)))
			ok = false;
	return ok;
}

static void sweep(struct archive *k, int64_t *swept_ms)
{
	int64_t now_ms = clock_ms();
	struct fault f;

	if (!k->write[k->n] || now_ms < *swept_ms + SWEEP_MS)
		return;
	*swept_ms = now_ms;
	if (!live_forget_bbo(k->write[k->n], now_ms - k->bbo_hours * (int64_t)HOUR_MS, &f))
		warn("%s", f.e.text);
}

static void wait_ms(struct archive *k, int64_t ms)
{
	struct timespec until;

	timespec_get(&until, TIME_UTC);
	until.tv_nsec += ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	cnd_timedwait(&k->wake, &k->mutex, &until);
}

/* The mutex is held. Takes what is released; what is not stays. */
static void take(struct archive *k, struct rows *to)
{
	struct rows *from = &k->filling, empty = *to;
	size_t rest = from->n - from->released;

	*to = *from;
	to->n = from->released;
	*from = empty;
	from->n = from->released = 0;
	if (!rest)
		return;
	if (from->cap < rest)
		from->at = xreallocarray(from->at, from->cap = 2 * rest, sizeof *from->at);
	memcpy(from->at, to->at + to->n, rest * sizeof *from->at);
	from->n = rest;
}

/* The mutex is held on entry and exit. False: given up, because the feed ends. */
static bool write_until_done(struct archive *k, const struct rows *rows)
{
	bool done[INTERVALS_MAX + 1] = { false };
	struct fault f;
	bool ok, last;

	do {
		last = k->stop;
		mtx_unlock(&k->mutex);
		ok = write_all(k, rows, done, &f);
		mtx_lock(&k->mutex);
		if (ok) {
			k->late_since_ns = 0;
		} else {
			if (!k->late_since_ns)
				k->late_since_ns = clock_mono_ns();
			k->why = f.e;
			if (!last)
				wait_ms(k, RETRY_MS);
		}
	} while (!ok && !last);
	return ok;
}

static int work(void *arg)
{
	struct archive *k = arg;
	struct rows rows = { 0 };
	int64_t swept_ms = INT64_MIN / 2;

	mtx_lock(&k->mutex);
	for (;;) {
		while (!k->filling.released && !k->stop)
			cnd_wait(&k->wake, &k->mutex);
		if (!k->filling.released)
			break;
		take(k, &rows);
		if (!write_until_done(k, &rows)) {
			warn("%s: the last %zu rows are not in the store", k->why.text, rows.n);
			k->lost = true;
		}
		mtx_unlock(&k->mutex);
		sweep(k, &swept_ms);
		if (!clock_simulated())
			thrd_sleep(&(struct timespec){ .tv_nsec = ARCHIVE_MS * 1000000 }, NULL);
		mtx_lock(&k->mutex);
	}
	mtx_unlock(&k->mutex);
	free(rows.at);
	return 0;
}

/* ---- opening and closing ---- */

static bool lock_directory(struct archive *k, const char *dir, struct fault *f)
{
	struct buf path = BUF_INIT;
	bool ok;

	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return fault_set(f, EX_RETRY, "%s: %s", dir, strerror(errno));
	buf_addf(&path, "%s/feed.lock", dir);
	k->lock = open(buf_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	ok = k->lock >= 0 && flock(k->lock, LOCK_EX | LOCK_NB) == 0;
	if (!ok)
		fault_set(f, EX_RETRY, errno == EWOULDBLOCK ? "%s: another ocq-feed keeps this directory" : "%s: %s", dir,
			strerror(errno));
	buf_release(&path);
	return ok;
}

static struct live *open_store(const char *dir, const char *name, enum live_kind kind, struct fault *f)
{
	struct buf path = BUF_INIT;
	struct live *l;

	buf_addf(&path, "%s/%s.db", dir, name);
	l = live_open(buf_cstr(&path), kind, f);
	buf_release(&path);
	return l;
}

static bool open_stores(struct archive *k, const char *dir, struct fault *f)
{
	char name[32];

	for (unsigned i = 0; i < k->n; i++) {
		strcpy(stpcpy(name, "candles_"), k->interval[i]);
		if (!(k->write[i] = open_store(dir, name, LIVE_CANDLES, f)) ||
		    !(k->read[i] = open_store(dir, name, LIVE_CANDLES, f)))
			return false;
	}
	return !k->bbo_hours || (k->write[k->n] = open_store(dir, "bbo_snapshots", LIVE_BBO, f));
}

static void release(struct archive *k)
{
	for (unsigned i = 0; i <= k->n; i++)
		live_close(k->write[i]);
	for (unsigned i = 0; i < k->n; i++)
		live_close(k->read[i]);
	if (k->lock >= 0)
		close(k->lock);
	free(k->filling.at);
	free(k);
}

struct archive *archive_open(const char *dir, const char (*interval)[8], unsigned n_intervals, unsigned bbo_hours, struct fault *f)
{
	struct archive *k = xcalloc(1, sizeof *k);

	k->n = n_intervals;
	k->bbo_hours = bbo_hours;
	k->lock = -1;
	memcpy(k->interval, interval, n_intervals * sizeof *interval);
	if (!lock_directory(k, dir, f) || !open_stores(k, dir, f)) {
		release(k);
		return NULL;
	}
	if (mtx_init(&k->mutex, mtx_plain) != thrd_success || cnd_init(&k->wake) != thrd_success ||
	    thrd_create(&k->thread, work, k) != thrd_success)
		die(EX_RETRY, "no thread for the stores");
	return k;
}

bool archive_close(struct archive *k)
{
	bool lost;

	if (!k)
		return true;
	archive_release(k);
	mtx_lock(&k->mutex);
	k->stop = true;
	cnd_signal(&k->wake);
	mtx_unlock(&k->mutex);
	thrd_join(k->thread, NULL);
	lost = k->lost;
	mtx_destroy(&k->mutex);
	cnd_destroy(&k->wake);
	release(k);
	return !lost;
}

/* ---- rows in ---- */

static void add(struct archive *k, const struct row *row)
{
	struct rows *r = &k->filling;

	mtx_lock(&k->mutex);
	if (r->n == ARCHIVE_ROWS_MAX)
		die(EX_RETRY, "%s: %d rows wait for it", k->why.text, ARCHIVE_ROWS_MAX);
	if (r->n == r->cap)
		r->at = xreallocarray(r->at, r->cap = r->cap ? 2 * r->cap : 256, sizeof *r->at);
	r->at[r->n++] = *row;
	mtx_unlock(&k->mutex);
}

void archive_candle(struct archive *k, unsigned interval, const struct rec_candle *c)
{
	add(k, &(struct row){ ROW_CANDLE, interval, *c });
}

void archive_step(struct archive *k, unsigned interval, int64_t t_ms)
{
	add(k, &(struct row){ ROW_STEP, interval, { .t_ms = t_ms } });
}

void archive_bbo(struct archive *k, const char *symbol, int64_t t_ms, double bid, double ask)
{
	struct row r = { ROW_BBO, k->n, { .t_ms = t_ms, .o = bid, .c = ask } };

	strncpy(r.c.symbol, symbol, sizeof r.c.symbol - 1);
	add(k, &r);
}

void archive_release(struct archive *k)
{
	mtx_lock(&k->mutex);
	if (k->filling.released != k->filling.n) {
		k->filling.released = k->filling.n;
		cnd_signal(&k->wake);
	}
	mtx_unlock(&k->mutex);
}

int64_t archive_late_ms(struct archive *k, struct errmsg *why)
{
	int64_t late = 0;

	mtx_lock(&k->mutex);
	if (k->late_since_ns) {
		late = (clock_mono_ns() - k->late_since_ns) / 1000000 + 1;
		*why = k->why;
	}
	mtx_unlock(&k->mutex);
	return late;
}

/* ---- reading ---- */

static bool or_warn(bool ok, const struct fault *f)
{
	if (!ok)
		warn("%s", f->e.text);
	return ok;
}

size_t archive_newest(struct archive *k, unsigned interval, const char *symbol, struct rec_candle *to, size_t max)
{
	struct fault f;
	size_t n = 0;

	return or_warn(live_newest(k->read[interval], k->interval[interval], symbol, INT64_MAX, to, max, &n, &f), &f) ? n : 0;
}

bool archive_last_step(struct archive *k, unsigned interval, int64_t *t_ms)
{
	struct fault f;
	bool any = false;

	return or_warn(live_last_step(k->read[interval], k->interval[interval], t_ms, &any, &f), &f) && any;
}

bool archive_span(struct archive *k, unsigned interval, const char *symbol, int64_t from_ms, struct live_span *s)
{
	struct fault f;

	return or_warn(live_span(k->read[interval], k->interval[interval], symbol, from_ms, s, &f), &f);
}
