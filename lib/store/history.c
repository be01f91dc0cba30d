/* SPDX-License-Identifier: MIT
 * Times of a series; snapshots, listings and delistings of the universe. */
#include "store/history.h"
#include "store/db.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- times ---- */

static bool read_times(struct db *d, sqlite3_stmt *s, int64_t **t, size_t *n, struct fault *f)
{
	size_t cap = 0;
	bool row, ok;

	while ((ok = db_step(d, s, &row, f)) && row) {
		if (*n == cap) {
			cap = cap ? 2 * cap : 1024;
			*t = xreallocarray(*t, cap, sizeof **t);
		}
		(*t)[(*n)++] = sqlite3_column_int64(s, 0);
	}
	return ok;
}

bool store_times(const char *path, const char *symbol, const char *interval, int64_t from_ms, int64_t to_ms, int64_t **t, size_t *n,
                 struct fault *f)
{
	sqlite3_stmt *s = NULL;
	struct db d;
	bool found, ok;

	*t = NULL;
	*n = 0;
	if (access(path, F_OK) != 0)
		return true;
	if (!db_open_look(&d, path, interval ? "candles" : "funding_rates", &found, f))
		return false;
	if (!found) {
		db_close(&d);
		return true;
	}
	ok = db_prepare(&d, &s, interval ? "SELECT t FROM candles WHERE symbol = ?1 AND t BETWEEN ?2 AND ?3 AND interval = ?4 ORDER BY t"
	                                 : "SELECT time FROM funding_rates WHERE symbol = ?1 AND time BETWEEN ?2 AND ?3 ORDER BY time", f);
	if (ok) {
		sqlite3_bind_text(s, 1, symbol, -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 2, from_ms);
		sqlite3_bind_int64(s, 3, to_ms);
		if (interval)
			sqlite3_bind_text(s, 4, interval, -1, SQLITE_STATIC);
		ok = read_times(&d, s, t, n, f);
	}
	sqlite3_finalize(s);
	db_close(&d);
	if (!ok) {
		free(*t);
		*t = NULL;
	}
	return ok;
}

/* ---- the universe ---- */

static const char schema[] =
#include "store/universe.sql.inc"
	;

/* What each symbol adds: ?1 symbol, ?2 and ?3 times. */
enum { SNAPSHOT, LISTING, DELISTING, N_STATEMENTS };
static const char *const sql[N_STATEMENTS] = {
	[SNAPSHOT] = "INSERT OR IGNORE INTO universe_snapshots(symbol, ts_ms) VALUES(?1, ?2)",
	[LISTING] = "INSERT INTO universe_listings(symbol, first_seen_ms, last_seen_ms) VALUES(?1, ?2, ?3) "
	            "ON CONFLICT(symbol) DO UPDATE SET first_seen_ms = MIN(first_seen_ms, excluded.first_seen_ms), "
	            "last_seen_ms = MAX(last_seen_ms, excluded.last_seen_ms)",
	[DELISTING] = "INSERT OR IGNORE INTO universe_delistings(symbol, seen_ms) VALUES(?1, ?2)",
};

static bool put(struct db *d, sqlite3_stmt *s, const char *symbol, int64_t a, int64_t b, struct fault *f)
{
	bool row, ok;

	sqlite3_bind_text(s, 1, symbol, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, a);
	if (sqlite3_bind_parameter_count(s) > 2)
		sqlite3_bind_int64(s, 3, b);
	ok = db_step(d, s, &row, f);
	sqlite3_reset(s);
	return ok;
}

static bool put_symbol(struct db *d, sqlite3_stmt **s, const struct universe_symbol *u, int64_t t_ms, struct fault *f)
{
	int64_t first = u->first_ms, last = u->last_ms;

	if (u->delisted)
		return put(d, s[DELISTING], u->symbol, t_ms, 0, f) && (first > last || put(d, s[LISTING], u->symbol, first, last, f));
	first = first <= last && first < t_ms ? first : t_ms;
	return put(d, s[SNAPSHOT], u->symbol, t_ms, 0, f) && put(d, s[LISTING], u->symbol, first, t_ms, f);
}

bool universe_note(const char *path, int64_t t_ms, const struct universe_symbol *u, size_t n, struct fault *f)
{
	sqlite3_stmt *s[N_STATEMENTS] = { NULL };
	struct db d;
	bool ok;

	if (!db_open_write(&d, path, schema, f))
		return false;
	ok = db_run(&d, "BEGIN IMMEDIATE", f);
	for (int i = 0; ok && i < N_STATEMENTS; i++)
		ok = db_prepare(&d, &s[i], sql[i], f);
	for (size_t i = 0; ok && i < n; i++)
		ok = put_symbol(&d, s, &u[i], t_ms, f);
	for (int i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(s[i]);
	ok = ok && db_run(&d, "COMMIT", f);
	db_close(&d);
	return ok;
}
