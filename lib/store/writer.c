/* SPDX-License-Identifier: MIT
 * The SQL that puts rows into stores. */
#include "store/writer.h"
#include "store/db.h"
#include "store/row.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *schema, *insert, *update;
} kinds[] = {
	[STORE_CANDLES] = {
#include "store/candles.sql.inc"
		, ROW_INSERT, ROW_REPLACE
	},
	[STORE_FUNDING] = {
#include "store/funding.sql.inc"
		, "INSERT INTO funding_rates(symbol, time, funding_rate, premium) VALUES(?, ?, ?, ?)",
		" ON CONFLICT(symbol, time) DO UPDATE SET funding_rate = excluded.funding_rate, premium = excluded.premium "
		"WHERE (funding_rates.funding_rate, funding_rates.premium) IS NOT (excluded.funding_rate, excluded.premium)"
	},
	[STORE_UNIVERSE] = {
#include "store/universe.sql.inc"
		, "INSERT INTO universe_listings(symbol, first_seen_ms, last_seen_ms) VALUES(?, ?, ?)",
		" ON CONFLICT(symbol) DO UPDATE SET first_seen_ms = excluded.first_seen_ms, last_seen_ms = excluded.last_seen_ms "
		"WHERE (universe_listings.first_seen_ms, universe_listings.last_seen_ms) IS NOT "
		"(excluded.first_seen_ms, excluded.last_seen_ms)"
	},
};

static void release(struct writer *w)
{
	sqlite3_finalize(w->put);
	db_close(w->db);
	free(w->db);
	w->put = NULL;
	w->db = NULL;
}

bool writer_open(struct writer *w, const char *path, enum store_kind kind, bool replace, struct fault *f)
{
	sqlite3_stmt *put = NULL;
	char sql[1024];
	bool ok;

	*w = (struct writer){ .db = xcalloc(1, sizeof *w->db) };
	snprintf(sql, sizeof sql, "%s%s", kinds[kind].insert, replace ? kinds[kind].update : " ON CONFLICT DO NOTHING");
	ok = db_open_write(w->db, path, kinds[kind].schema, f) && db_prepare(w->db, &put, sql, f) &&
	     db_run(w->db, "BEGIN IMMEDIATE", f);
	w->put = put;
	if (!ok)
		release(w);
	return ok;
}

/* Runs the statement with what was bound to it. */
static bool put_row(struct writer *w, struct fault *f)
{
	bool row, ok = db_step(w->db, w->put, &row, f);

	sqlite3_reset(w->put);
	if (ok && sqlite3_changes(w->db->h))
		w->written++;
	else
		w->left += ok;
	return ok;
}

void row_bind(sqlite3_stmt *s, const struct rec_candle *c, const char *updated_at)
{
	const double value[] = { c->o, c->h, c->l, c->c, c->v };

	sqlite3_bind_text(s, 1, c->symbol, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, c->interval, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, c->t_ms);
	sqlite3_bind_int64(s, 4, c->t_close_ms);
	for (int k = 0; k < 5; k++)
		sqlite3_bind_double(s, 5 + k, value[k]);
	sqlite3_bind_int64(s, 10, c->n);
	sqlite3_bind_text(s, 11, updated_at, -1, SQLITE_STATIC);
}

bool writer_candle(struct writer *w, const struct rec_candle *c, const char *updated_at, struct fault *f)
{
	row_bind(w->put, c, updated_at);
	return put_row(w, f);
}

bool writer_rate(struct writer *w, const char *symbol, int64_t t_ms, double rate, double premium, struct fault *f)
{
	sqlite3_bind_text(w->put, 1, symbol, -1, SQLITE_STATIC);
	sqlite3_bind_int64(w->put, 2, t_ms);
	sqlite3_bind_double(w->put, 3, rate);
	sqlite3_bind_double(w->put, 4, premium);	/* NaN is NULL */
	return put_row(w, f);
}

bool writer_listing(struct writer *w, const char *symbol, int64_t first_ms, int64_t last_ms, struct fault *f)
{
	sqlite3_bind_text(w->put, 1, symbol, -1, SQLITE_STATIC);
	sqlite3_bind_int64(w->put, 2, first_ms);
	sqlite3_bind_int64(w->put, 3, last_ms);
	return put_row(w, f);
}

bool writer_commit(struct writer *w, struct fault *f)
{
	bool ok = db_run(w->db, "COMMIT", f);

	release(w);
	return ok;
}

void writer_abandon(struct writer *w)
{
	if (w->db)
		release(w);
}
