/* SPDX-License-Identifier: MIT
 * How SQLite files are opened, and which files a comma list means. */
#include "store/db.h"
#include "store/candles.h"
#include "base/buf.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_WAIT_MS = 5000 };

bool db_fault(const struct db *d, struct fault *f)
{
	int code = sqlite3_errcode(d->h) & 0xff;
	bool passes = code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_NOMEM || code == SQLITE_IOERR ||
	              code == SQLITE_FULL || code == SQLITE_READONLY || code == SQLITE_PERM;

	return fault_set(f, passes ? EX_RETRY : EX_DATA, "%s: %s", d->path, sqlite3_errmsg(d->h));
}

void db_close(struct db *d)
{
	sqlite3_close(d->h);	/* NULL is fine */
	free(d->path);
	*d = (struct db){ 0 };
}

bool db_prepare(struct db *d, sqlite3_stmt **s, const char *sql, struct fault *f)
{
	return sqlite3_prepare_v2(d->h, sql, -1, s, NULL) == SQLITE_OK || db_fault(d, f);
}

bool db_run(struct db *d, const char *sql, struct fault *f)
{
	return sqlite3_exec(d->h, sql, NULL, NULL, NULL) == SQLITE_OK || db_fault(d, f);
}

bool db_step(struct db *d, sqlite3_stmt *s, bool *row, struct fault *f)
{
	int rc = sqlite3_step(s);

	*row = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE || db_fault(d, f);
}

/* A file: URI; every byte that means something in a URI is escaped. */
static void put_uri(struct buf *b, const char *path, const char *query)
{
	buf_adds(b, path[0] == '/' ? "file://" : "file:");
	for (const char *p = path; *p; p++)
		if (isalnum((unsigned char)*p) || strchr("/._-", *p))
			buf_addc(b, *p);
		else
			buf_addf(b, "%%%02X", (unsigned char)*p);
	buf_adds(b, query);
}

static bool open_uri(struct db *d, const char *query, int how, struct fault *f)
{
	struct buf uri = BUF_INIT;
	int rc;

	put_uri(&uri, d->path, query);
	rc = sqlite3_open_v2(buf_cstr(&uri), &d->h, how | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	buf_release(&uri);
	if (rc != SQLITE_OK)
		return db_fault(d, f);
	sqlite3_busy_timeout(d->h, BUSY_WAIT_MS);
	/* A schema comes with the file, from wherever that came: it may not call anything that has an effect. */
	sqlite3_db_config(d->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(d->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return true;
}

/* Starts the read transaction with the first look at the file. Only a real table is accepted: a view could make any
 * number of rows of nothing. */
static bool begin(struct db *d, const char *table, bool *found, struct fault *f)
{
	sqlite3_stmt *s = NULL;
	bool ok = db_run(d, "BEGIN", f) &&
	          db_prepare(d, &s, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE", f) &&
	          sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC) == SQLITE_OK && db_step(d, s, found, f);

	sqlite3_finalize(s);
	return ok;
}

/* Size of a sibling such as the write-ahead log; 0 if there is none. */
static off_t sibling_size(const char *path, const char *suffix)
{
	struct buf b = BUF_INIT;
	struct stat st;
	off_t size = 0;

	buf_adds(&b, path);
	buf_adds(&b, suffix);
	if (stat(buf_cstr(&b), &st) == 0)
		size = st.st_size;
	buf_release(&b);
	return size;
}

static bool reopen(struct db *d, const char *query, int how, const char *table, bool *found, struct fault *f)
{
	sqlite3_close(d->h);
	d->h = NULL;
	return open_uri(d, query, how, f) && begin(d, table, found, f);
}

/* Changes wait beside the store whose writer was killed: whoever may write here can put them in their place. Else, in a read-only
 * directory, SQLite may not create the index file of WAL mode; if nothing waits, the file alone is complete and can be read as it is. */
static bool open_otherwise(struct db *d, const char *table, bool *found, struct fault *f)
{
	int code = sqlite3_errcode(d->h) & 0xff;
	bool waits = sibling_size(d->path, "-wal") > 0 || sibling_size(d->path, "-journal") > 0;

	if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY)
		return false;
	if (waits && access(d->path, W_OK) == 0 && reopen(d, "?mode=rw", SQLITE_OPEN_READWRITE, table, found, f))
		return true;
	if (waits)
		return fault_set(f, EX_DATA, "%s: unfinished changes wait beside it (-wal or -journal) and cannot be read here; "
		                             "open it once where it is writable", d->path);
	return reopen(d, "?immutable=1", SQLITE_OPEN_READONLY, table, found, f);
}

static bool check_file(const char *path, struct fault *f)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return fault_set(f, EX_DATA, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fault_set(f, EX_DATA, "%s: directory without a file candles_*.db", path);
	return true;
}

bool db_open_look(struct db *d, const char *path, const char *table, bool *found, struct fault *f)
{
	*found = false;
	*d = (struct db){ .path = xstrdup(path) };
	if (check_file(path, f) && open_uri(d, "?mode=ro", SQLITE_OPEN_READONLY, f) &&
	    (begin(d, table, found, f) || open_otherwise(d, table, found, f)))
		return true;
	db_close(d);
	return false;
}

bool db_open_read(struct db *d, const char *path, const char *table, struct fault *f)
{
	bool found;

	if (!db_open_look(d, path, table, &found, f))
		return false;
	if (!found) {
		fault_set(f, EX_DATA, "%s: no table \"%s\"", path, table);
		db_close(d);
	}
	return found;
}

bool db_open_write(struct db *d, const char *path, const char *schema, struct fault *f)
{
	*d = (struct db){ .path = xstrdup(path) };
	if (sqlite3_open_v2(path, &d->h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		db_fault(d, f);
		f->status = EX_RETRY;	/* it is about to be made: what is missing is a place for it */
		goto fail;
	}
	sqlite3_busy_timeout(d->h, BUSY_WAIT_MS);
	sqlite3_db_config(d->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (db_run(d, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", f) && db_run(d, schema, f))
		return true;
fail:
	db_close(d);
	return false;
}

void store_files_free(char **s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(s[i]);
	free(s);
}

struct paths { char **at; unsigned n; };

static void add_path(struct paths *p, const char *path)
{
	for (unsigned i = 0; i < p->n; i++)
		if (strcmp(p->at[i], path) == 0)
			return;
	p->at = xreallocarray(p->at, p->n + 1, sizeof *p->at);
	p->at[p->n++] = xstrdup(path);
}

static int is_store(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return strncmp(e->d_name, "candles_", 8) == 0 && len >= 3 && strcasecmp(e->d_name + len - 3, ".db") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A directory without stores stays as itself, so that opening it names it. */
static void add_item(struct paths *p, const char *item)
{
	struct dirent **entry = NULL;
	struct buf path = BUF_INIT;
	int n = scandir(item, &entry, is_store, by_name);

	for (int i = 0; i < n; i++) {
		buf_clear(&path);
		buf_addf(&path, "%s%s%s", item, item[strlen(item) - 1] == '/' ? "" : "/", entry[i]->d_name);
		add_path(p, buf_cstr(&path));
		free(entry[i]);
	}
	if (n <= 0)
		add_path(p, item);
	free(entry);
	buf_release(&path);
}

char **store_files(const char *list, unsigned *n)
{
	struct paths p = { 0 };
	char *copy = xstrdup(list), *rest = copy, *item;

	while ((item = strsep(&rest, ",")))
		if (*item)
			add_item(&p, item);
	if (p.n == 0)
		add_path(&p, list);
	free(copy);
	*n = p.n;
	return p.at;
}

bool db_set_open(struct db_set *set, const char *list, const char *table, struct fault *f)
{
	unsigned n;
	char **path = store_files(list, &n);
	bool ok = true;

	*set = (struct db_set){ .db = xcalloc(n, sizeof *set->db) };
	for (; ok && set->n < n; set->n += ok)
		ok = db_open_read(&set->db[set->n], path[set->n], table, f);
	store_files_free(path, n);
	if (!ok)
		db_set_close(set);
	return ok;
}

void db_set_close(struct db_set *set)
{
	for (unsigned i = 0; i < set->n; i++)
		db_close(&set->db[i]);
	free(set->db);
	*set = (struct db_set){ 0 };
}
