/* SPDX-License-Identifier: MIT
 * SQLite as the stores use it: opening without ever writing, opening for writing, and errors that name the file.
 * Nothing outside lib/store includes sqlite3.h. */
#ifndef OCQ_STORE_DB_H
#define OCQ_STORE_DB_H

#include "store/fault.h"

#include <sqlite3.h>

struct db { sqlite3 *h; char *path; };

/* Opens for reading and starts one read transaction, so that all statements see the same rows. Works on read-only
 * files and directories. The file must have a table of that name. On failure *d is empty. */
bool db_open_read(struct db *d, const char *path, const char *table, struct fault *f) MUST_USE;
/* The same, but a store without the table is no fault: whoever began it was killed before it had one. */
bool db_open_look(struct db *d, const char *path, const char *table, bool *found, struct fault *f) MUST_USE;

/* Opens or creates for writing and applies the schema (which must be idempotent). A new file is readable by its
 * owner and group as umask allows. */
bool db_open_write(struct db *d, const char *path, const char *schema, struct fault *f) MUST_USE;
void db_close(struct db *d);

/* Prepares; the SQL is a program's constant, so a failure names the file. */
bool db_prepare(struct db *d, sqlite3_stmt **s, const char *sql, struct fault *f) MUST_USE;
/* Runs statements without results. */
bool db_run(struct db *d, const char *sql, struct fault *f) MUST_USE;
/* *row: a row is there. False: an error. */
bool db_step(struct db *d, sqlite3_stmt *s, bool *row, struct fault *f) MUST_USE;
/* The last error of the connection as a fault. */
bool db_fault(const struct db *d, struct fault *f);

/* A set of stores, in the order that decides which of two equal rows stays. */
struct db_set { unsigned n; struct db *db; };

/* Comma list of files and directories; a directory stands for its files candles_*.db (any case of "db"), sorted by
 * name. A path that was named before is dropped (store_files() in candles.h). */
bool db_set_open(struct db_set *set, const char *list, const char *table, struct fault *f) MUST_USE;
void db_set_close(struct db_set *set);

#endif
