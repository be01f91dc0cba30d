/* SPDX-License-Identifier: MIT
 * Stores that are added to while they are in use. */
#include "store/live.h"
#include "store/candles.h"
#include "store/db.h"
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

enum { PUT, STEP, FORGET, NEWEST, LAST_STEP, SPAN, N_STATEMENTS };

static const char *const schema[] = {
	[LIVE_CANDLES] =
#include "store/candles.sql.inc"
#include "store/steps.sql.inc"
	, [LIVE_BBO] =
#include "store/bbo.sql.inc"
};

static const char *const sql[][N_STATEMENTS] = {
	[LIVE_CANDLES] = {
		[PUT] = ROW_INSERT ROW_REPLACE,
		[STEP] = "INSERT INTO steps(interval, t) VALUES(?, ?) ON CONFLICT(interval) DO UPDATE SET t = excluded.t",
		[NEWEST] = "SELECT t, t_close, o, h, l, c, v, COALESCE(n, 0) FROM candles WHERE symbol = ?1 AND interval = ?2 AND t < ?3 "
			   "ORDER BY t DESC LIMIT ?4",
		[LAST_STEP] = "SELECT t FROM steps WHERE interval = ?",
		[SPAN] = "SELECT COUNT(*), MIN(t), MAX(t), MAX(COALESCE(t_close, t)) FROM candles WHERE symbol = ? AND interval = ? AND t >= ?",
	},
	[LIVE_BBO] = {
		[PUT] = "INSERT INTO bbo_snapshots(symbol, ts_ms, bid, ask, mid, updated_at) VALUES(?, ?, ?, ?, ?, ?) "
			"ON CONFLICT(symbol, ts_ms) DO UPDATE SET bid = excluded.bid, ask = excluded.ask, mid = excluded.mid, updated_at = excluded.updated_at",
		[FORGET] = "DELETE FROM bbo_snapshots WHERE ts_ms < ?",
	},
};

struct live { struct db d; sqlite3_stmt *s[N_STATEMENTS]; };

struct live *live_open(const char *path, enum live_kind kind, struct fault *f)
{
	struct live *l = xcalloc(1, sizeof *l);
	bool ok = db_open_write(&l->d, path, schema[kind], f);

	for (unsigned i = 0; ok && i < N_STATEMENTS; i++)
		ok = !sql[kind][i] || db_prepare(&l->d, &l->s[i], sql[kind][i], f);
	if (ok)
		return l;
	live_close(l);
	return NULL;
}

void live_close(struct live *l)
{
	if (!l)
		return;
	for (unsigned i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(l->s[i]);
	if (l->d.h)
		db_close(&l->d);
	free(l);
}

bool live_begin(struct live *l, struct fault *f)
{
	return db_run(&l->d, "BEGIN IMMEDIATE", f);
}

bool live_commit(struct live *l, struct fault *f)
{
	return db_run(&l->d, "COMMIT", f);
}

void live_abandon(struct live *l)
{
	if (!sqlite3_get_autocommit(l->d.h))
		sqlite3_exec(l->d.h, "ROLLBACK", NULL, NULL, NULL);
}

/* Runs a statement with what is bound to it, for its effect. */
static bool run(struct live *l, sqlite3_stmt *s, struct fault *f)
{
	bool row, ok = db_step(&l->d, s, &row, f);

	sqlite3_reset(s);
	return ok;
}

bool live_candle(struct live *l, const struct rec_candle *c, const char *updated_at, struct fault *f)
{
	row_bind(l->s[PUT], c, updated_at);
	return run(l, l->s[PUT], f);
}

bool live_step(struct live *l, const char *interval, int64_t t_ms, struct fault *f)
{
	sqlite3_bind_text(l->s[STEP], 1, interval, -1, SQLITE_STATIC);
	sqlite3_bind_int64(l->s[STEP], 2, t_ms);
	return run(l, l->s[STEP], f);
}

bool live_bbo(struct live *l, const char *symbol, int64_t t_ms, double bid, double ask, const char *updated_at, struct fault *f)
{
	sqlite3_stmt *s = l->s[PUT];

	sqlite3_bind_text(s, 1, symbol, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, t_ms);
	sqlite3_bind_double(s, 3, bid);
	sqlite3_bind_double(s, 4, ask);
	sqlite3_bind_double(s, 5, (bid + ask) / 2);
	sqlite3_bind_text(s, 6, updated_at, -1, SQLITE_STATIC);
	return run(l, s, f);
}

bool live_forget_bbo(struct live *l, int64_t before_ms, struct fault *f)
{
	sqlite3_bind_int64(l->s[FORGET], 1, before_ms);
	return run(l, l->s[FORGET], f);
}

static bool read_candle(sqlite3_stmt *s, struct rec_candle *c)
{
	double *const value[] = { &c->o, &c->h, &c->l, &c->c, &c->v };

	c->t_ms = sqlite3_column_int64(s, 0);
	c->t_close_ms = sqlite3_column_int64(s, 1);
	for (int k = 0; k < 5; k++)
		*value[k] = sqlite3_column_double(s, 2 + k);
	c->n = sqlite3_column_int64(s, 7);
	return !candle_problem(c);
}

static void reverse(struct rec_candle *c, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct rec_candle swap = c[i];

		c[i] = c[n - 1 - i];
		c[n - 1 - i] = swap;
	}
}

/* Rows of the statement NEWEST. */
static bool newest(struct db *d, sqlite3_stmt *s, const char *interval, const char *symbol, int64_t before_ms, struct rec_candle *to, size_t max,
		   size_t *n, struct fault *f)
{
	bool row = true, ok = true;

	sqlite3_bind_text(s, 1, symbol, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, interval, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, before_ms);
	sqlite3_bind_int64(s, 4, (int64_t)max);
	for (*n = 0; *n < max && (ok = db_step(d, s, &row, f)) && row; ) {
		to[*n] = (struct rec_candle){ 0 };
		strncpy(to[*n].symbol, symbol, sizeof to->symbol - 1);
		strncpy(to[*n].interval, interval, sizeof to->interval - 1);
		*n += read_candle(s, &to[*n]);
	}
	sqlite3_reset(s);
	reverse(to, *n);
	return ok;
}

bool live_newest(struct live *l, const char *interval, const char *symbol, int64_t before_ms, struct rec_candle *to, size_t max, size_t *n,
		 struct fault *f)
{
	return newest(&l->d, l->s[NEWEST], interval, symbol, before_ms, to, max, n, f);
}

bool store_newest(const char *path, const char *interval, const char *symbol, int64_t before_ms, struct rec_candle *to, size_t max, size_t *n,
		  struct fault *f)
{
	sqlite3_stmt *s = NULL;
	struct db d;
	bool ok;

	if (!db_open_read(&d, path, "candles", f))
		return false;
	ok = db_prepare(&d, &s, sql[LIVE_CANDLES][NEWEST], f) && newest(&d, s, interval, symbol, before_ms, to, max, n, f);
	sqlite3_finalize(s);
	db_close(&d);
	return ok;
}

bool live_last_step(struct live *l, const char *interval, int64_t *t_ms, bool *any, struct fault *f)
{
	sqlite3_stmt *s = l->s[LAST_STEP];
	bool ok;

	sqlite3_bind_text(s, 1, interval, -1, SQLITE_STATIC);
	ok = db_step(&l->d, s, any, f);
	if (ok && *any)
		*t_ms = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return ok;
}

bool live_span(struct live *l, const char *interval, const char *symbol, int64_t from_ms, struct live_span *span, struct fault *f)
{
	sqlite3_stmt *s = l->s[SPAN];
	bool row, ok;

	sqlite3_bind_text(s, 1, symbol, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, interval, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, from_ms);
	ok = db_step(&l->d, s, &row, f);
	if (ok)
		*span = (struct live_span){ (uint64_t)sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2),
					    sqlite3_column_int64(s, 3) };
	sqlite3_reset(s);
	return ok;
}
