/* SPDX-License-Identifier: MIT
 * Changes and examinations of whole stores: check, prune, partition. */
#include "store/candles.h"
#include "store/columns.h"
#include "store/db.h"
#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char schema[] =
#include "store/candles.sql.inc"
	;

/* -- check -- */

struct examiner {
	struct db d;
	sqlite3_stmt *st;
	struct rec_finding found;
	finding_fn *tell;
	void *arg;
};

static void tell(struct examiner *x, const char *problem)
{
	snprintf(x->found.problem, sizeof x->found.problem, "%s", problem);
	x->tell(x->arg, &x->found);
}

/* A name from the file as text that every output can carry. */
static void put_name(char *to, size_t cap, sqlite3_stmt *st, int k)
{
	const char *text = (const char *)sqlite3_column_text(st, k);

	snprintf(to, cap, "%s", text ? text : "NULL");
	for (char *p = to; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

static bool structure(struct examiner *x, struct fault *f)
{
	bool row = false, ok = db_prepare(&x->d, &x->st, "PRAGMA integrity_check(20)", f);

	while (ok && (ok = db_step(&x->d, x->st, &row, f)) && row) {
		char text[TEXT_MAX];

		put_name(text, sizeof text, x->st, 0);
		if (strcmp(text, "ok") != 0)
			tell(x, text);
	}
	sqlite3_finalize(x->st);
	return ok;
}

/* The first cell of another type than the schema promises, as a problem. */
static const char *type_problem(sqlite3_stmt *st)
{
	static const struct { const char *problem; bool is_f64; } cell[N_BAR_COLUMNS] = {
#define COLUMN(member, kind, name) { "\"" name "\" is not a number of its kind", kind == F64 },
		BAR_COLUMNS(COLUMN)
#undef COLUMN
	};

	for (int k = 0; k < N_BAR_COLUMNS; k++) {
		int type = sqlite3_column_type(st, k + 2);

		if (type != SQLITE_INTEGER && !(type == SQLITE_FLOAT && cell[k].is_f64) &&
		    !(type == SQLITE_NULL && k == COL_trades))
			return cell[k].problem;
	}
	return NULL;
}

static const char *row_problem(sqlite3_stmt *st)
{
	struct rec_candle c = { 0 };
	const char *problem = type_problem(st), *text;

	if (problem)
		return problem;
	text = (const char *)sqlite3_column_text(st, 0);
	snprintf(c.symbol, sizeof c.symbol, "%s", text && strlen(text) < sizeof c.symbol ? text : "");
	text = (const char *)sqlite3_column_text(st, 1);
	snprintf(c.interval, sizeof c.interval, "%s", text ? text : "");
	c.t_ms = sqlite3_column_int64(st, 2);
	c.t_close_ms = sqlite3_column_int64(st, 3);
	c.o = sqlite3_column_double(st, 4);
	c.h = sqlite3_column_double(st, 5);
	c.l = sqlite3_column_double(st, 6);
	c.c = sqlite3_column_double(st, 7);
	c.v = sqlite3_column_double(st, 8);
	c.n = sqlite3_column_int64(st, 9);
	return candle_problem(&c);
}

static bool rows(struct examiner *x, struct fault *f)
{
	struct rec_finding before = { .t_ms = INT64_MIN };
	bool row = false, ok;

	ok = db_prepare(&x->d, &x->st, "SELECT symbol, interval, t, t_close, o, h, l, c, v, n FROM candles "
	                               "ORDER BY symbol COLLATE BINARY, interval, t", f);
	while (ok && (ok = db_step(&x->d, x->st, &row, f)) && row) {
		const char *problem = row_problem(x->st);

		put_name(x->found.symbol, sizeof x->found.symbol, x->st, 0);
		put_name(x->found.interval, sizeof x->found.interval, x->st, 1);
		x->found.t_ms = sqlite3_column_int64(x->st, 2);
		if (problem)
			tell(x, problem);
		if (x->found.t_ms == before.t_ms && strcmp(x->found.symbol, before.symbol) == 0 &&
		    strcmp(x->found.interval, before.interval) == 0)
			tell(x, "the bar is there twice");
		before = x->found;
	}
	sqlite3_finalize(x->st);
	return ok;
}

bool store_check(const char *path, finding_fn *found, void *arg, struct fault *f)
{
	struct examiner x = { .tell = found, .arg = arg };
	struct fault broken;

	if (!db_open_read(&x.d, path, "candles", f))
		return false;
	snprintf(x.found.file, sizeof x.found.file, "%s", path);
	if (!structure(&x, &broken) || !rows(&x, &broken)) {
		x.found = (struct rec_finding){ 0 };
		snprintf(x.found.file, sizeof x.found.file, "%s", path);
		tell(&x, broken.e.text);
	}
	db_close(&x.d);
	return true;
}

/* -- prune -- */

/* Never makes a store, or a table in a file of another kind. */
static bool open_existing(struct db *d, const char *path, struct fault *f)
{
	if (!db_open_read(d, path, "candles", f))
		return false;
	db_close(d);
	return db_open_write(d, path, schema, f);
}

static bool prune_one(struct db *d, const char *symbol, const char *interval, int64_t before_ms, uint64_t *n, struct fault *f)
{
	sqlite3_stmt *st = NULL;
	bool row, ok = db_prepare(d, &st, "DELETE FROM candles WHERE t < ?1 AND (?2 IS NULL OR interval = ?2) "
	                                  "AND (?3 IS NULL OR symbol = ?3)", f);

	if (!ok)
		return false;
	sqlite3_bind_int64(st, 1, before_ms);
	sqlite3_bind_text(st, 2, interval, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 3, symbol, -1, SQLITE_STATIC);
	ok = db_step(d, st, &row, f);
	*n += ok ? (uint64_t)sqlite3_changes(d->h) : 0;
	sqlite3_finalize(st);
	return ok;
}

bool store_prune(const char *path, int64_t before_ms, const char *interval, const char *symbols, uint64_t *n, struct fault *f)
{
	char *copy = symbols ? xstrdup(symbols) : NULL, *rest = copy, *symbol;
	struct db d;
	bool ok;

	*n = 0;
	ok = open_existing(&d, path, f) && db_run(&d, "BEGIN IMMEDIATE", f);
	if (ok && !symbols)
		ok = prune_one(&d, NULL, interval, before_ms, n, f);
	while (ok && rest && (symbol = strsep(&rest, ",")))
		ok = prune_one(&d, symbol, interval, before_ms, n, f);
	ok = ok && db_run(&d, "COMMIT", f);
	db_close(&d);
	free(copy);
	return ok;
}

/* -- partition -- */

struct mover {
	struct db d;
	const struct partition *p;
	month_fn *told;
	void *arg;
};

#define KEY_AND_VALUES "symbol, interval, t, t_close, o, h, l, c, v, n"
#define OF_MONTH "interval = ?1 AND t >= ?2 AND t < ?3"

/* Runs a statement on the month's rows; *n: rows it changed. */
static bool on_month(struct db *d, const char *sql, const char *interval, int64_t from, int64_t to, uint64_t *n, struct fault *f)
{
	sqlite3_stmt *st = NULL;
	bool row, ok = db_prepare(d, &st, sql, f);

	if (!ok)
		return false;
	sqlite3_bind_text(st, 1, interval, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, from);
	sqlite3_bind_int64(st, 3, to);
	ok = db_run(d, "BEGIN IMMEDIATE", f) && db_step(d, st, &row, f);
	*n = ok ? (uint64_t)sqlite3_changes(d->h) : 0;
	sqlite3_finalize(st);
	return ok && db_run(d, "COMMIT", f);
}

/* Every directory of a path. */
static bool make_dirs(const char *file, struct fault *f)
{
	char *path = xstrdup(file);
	bool ok = true;

	for (char *p = path + 1; ok && (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		ok = mkdir(path, 0777) == 0 || errno == EEXIST ||
		     fault_set(f, EX_RETRY, "%s: cannot be made: %s", path, strerror(errno));
	}
	free(path);
	return ok;
}

static bool attach(struct db *d, const char *path, struct fault *f)
{
	struct db month;
	sqlite3_stmt *st = NULL;
	bool row, ok;

	if (!make_dirs(path, f) || !db_open_write(&month, path, schema, f))
		return false;
	db_close(&month);
	ok = db_prepare(d, &st, "ATTACH ?1 AS month", f) && sqlite3_bind_text(st, 1, path, -1, SQLITE_STATIC) == SQLITE_OK &&
	     db_step(d, st, &row, f);
	sqlite3_finalize(st);
	/* FULL: the copy is on the disk before the original is removed. */
	return ok && db_run(d, "PRAGMA month.synchronous = FULL", f);
}

static bool move_month(struct mover *m, struct partition_month *t, int64_t from, int64_t to, struct fault *f)
{
	struct db *d = &m->d;
	bool ok = attach(d, t->path, f) &&
	          on_month(d, "INSERT OR IGNORE INTO month.candles(" KEY_AND_VALUES ", updated_at) "
	                      "SELECT " KEY_AND_VALUES ", updated_at FROM main.candles WHERE " OF_MONTH,
	                   t->interval, from, to, &t->copied, f);

	if (ok && m->p->remove)
		ok = on_month(d, "DELETE FROM main.candles WHERE " OF_MONTH " AND EXISTS (SELECT 1 FROM month.candles AS p "
		                 "WHERE p.symbol = candles.symbol AND p.interval = candles.interval AND p.t = candles.t "
		                 "AND (p.t_close, p.o, p.h, p.l, p.c, p.v, p.n) IS "
		                 "(candles.t_close, candles.o, candles.h, candles.l, candles.c, candles.v, candles.n))",
		              t->interval, from, to, &t->removed, f);
	return ok && db_run(d, "DETACH month", f);
}

/* First ms of the month "YYYY-MM" and of the next one. */
static bool month_bounds(const char *month, int64_t *from, int64_t *to)
{
	int year, number;
	char text[32];

	if (sscanf(month, "%4d-%2d", &year, &number) != 2)
		return false;
	snprintf(text, sizeof text, "%04d-%02d-01", year + number / 12, number % 12 + 1);
	if (!clock_parse(text, to))
		return false;
	snprintf(text, sizeof text, "%04d-%02d-01", year, number);
	return clock_parse(text, from);
}

static bool take_month(struct mover *m, struct partition_month *t, struct fault *f)
{
	struct buf path = BUF_INIT;
	int64_t from, to;
	bool ok;

	if (!clock_interval_ms(t->interval) || !month_bounds(t->month, &from, &to))
		return fault_set(f, EX_DATA, "%s: bars of interval \"%s\" in month \"%s\"", m->d.path, t->interval, t->month);
	buf_addf(&path, "%s/%s/candles_%s_%s.db", m->p->dir, t->interval, t->interval, t->month);
	t->path = buf_cstr(&path);
	ok = !m->p->apply || move_month(m, t, from, to < m->p->before_ms ? to : m->p->before_ms, f);
	if (ok)
		m->told(m->arg, t);
	buf_release(&path);
	return ok;
}

/* The months that have bars to move; freed by the caller. */
static bool list_months(struct mover *m, struct partition_month **months, size_t *n, struct fault *f)
{
	sqlite3_stmt *st = NULL;
	bool row = false, ok;

	*months = NULL;
	*n = 0;
	ok = db_prepare(&m->d, &st, "SELECT interval, strftime('%Y-%m', t / 1000, 'unixepoch') AS month, COUNT(*) FROM candles "
	                            "WHERE t < ?1 GROUP BY interval, month ORDER BY interval, month", f);
	if (ok)
		sqlite3_bind_int64(st, 1, m->p->before_ms);
	while (ok && (ok = db_step(&m->d, st, &row, f)) && row) {
		struct partition_month *t;

		*months = xreallocarray(*months, *n + 1, sizeof **months);
		t = &(*months)[(*n)++];
		*t = (struct partition_month){ .rows = (uint64_t)sqlite3_column_int64(st, 2) };
		put_name(t->interval, sizeof t->interval, st, 0);
		put_name(t->month, sizeof t->month, st, 1);
	}
	sqlite3_finalize(st);
	return ok;
}

bool store_partition(const char *path, const struct partition *p, month_fn *told, void *arg, struct fault *f)
{
	struct mover m = { .p = p, .told = told, .arg = arg };
	struct partition_month *months = NULL;
	size_t n = 0;
	bool ok = p->apply ? open_existing(&m.d, path, f) : db_open_read(&m.d, path, "candles", f);

	if (!ok)
		return false;
	ok = list_months(&m, &months, &n, f);
	for (size_t i = 0; ok && i < n; i++)
		ok = take_month(&m, &months[i], f);
	if (ok && p->vacuum)
		ok = db_run(&m.d, "VACUUM", f);
	db_close(&m.d);
	free(months);
	return ok;
}
