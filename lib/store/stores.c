/* SPDX-License-Identifier: MIT
 * Reading SQLite stores into a source: catalogue, rows, funding, universe (docs/rules/data.md "Stores"). */
#include "store/candles.h"
#include "store/db.h"
#include "store/source.h"
#include "base/buf.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* A table with a symbol, a time and numbers; cells in the order of its columns in memory. */
struct shape {
	const char *table, *select, *time;
	bool has_interval, in_index;	/* in_index: the index alone has all of it */
	unsigned width;
	struct { const char *name; bool is_f64, is_time; } cell[N_BAR_COLUMNS];
};

#define CELL(member, kind, name) { name, kind == F64, kind == TIME },
static const struct shape candles_shape = {
	"candles", "t, t_close, o, h, l, c, v, COALESCE(n, 0)", "t", true, false, N_BAR_COLUMNS, { BAR_COLUMNS(CELL) }
};
static const struct shape rates_shape = {
	"funding_rates", "time, funding_rate", "time", false, false, N_RATE_COLUMNS, { RATE_COLUMNS(CELL) }
};
#undef CELL
static const struct shape times_shape = { "candles", "t", "t", true, true, 1, { { "t", false, true } } };

struct range { int64_t from, to; };	/* inclusive; empty if from > to */
#define RANGE_EMPTY { INT64_MAX, INT64_MIN }

struct stores {
	struct db_set set[N_SETS];
	struct range range[N_SETS];
	struct db funding;
	bool rate_before;
};

/* -- catalogue -- */

static void extend(struct range *r, int64_t from, int64_t to)
{
	if (from < r->from)
		r->from = from;
	if (to > r->to)
		r->to = to;
}

static struct source_symbol *add_symbol(struct source *s, const char *name, size_t len)
{
	struct source_symbol *y;
	uint32_t at = 0;

	while (at < s->n && strcmp(s->symbol[at].name, name) < 0)
		at++;
	if (at < s->n && strcmp(s->symbol[at].name, name) == 0)
		return &s->symbol[at];
	s->symbol = xreallocarray(s->symbol, s->n + 1, sizeof *s->symbol);
	y = &s->symbol[at];
	memmove(y + 1, y, (s->n++ - at) * sizeof *y);
	*y = (struct source_symbol){ .listed_from_ms = INT64_MIN, .listed_to_ms = INT64_MAX };
	memcpy(y->name, name, len + 1);
	return y;
}

/* Text of a result's symbol; NULL with a fault if it is not one. */
static const char *symbol_cell(const struct db *d, sqlite3_stmt *st, struct fault *f)
{
	bool is_text = sqlite3_column_type(st, 0) == SQLITE_TEXT;	/* asked first: reading as text may change it */
	const char *name = (const char *)sqlite3_column_text(st, 0);

	if (is_text && name && symbol_valid(name, (size_t)sqlite3_column_bytes(st, 0)))
		return name;
	fault_set(f, EX_DATA, "%s: symbol \"%.40s\" is not a name of 1 to %d printable characters", d->path, name ? name : "NULL",
	          SYMBOL_MAX - 1);
	return NULL;
}

/* First and last time of one symbol's rows of the interval; an empty range if it has none. */
static bool symbol_range(struct db *d, sqlite3_stmt *st, const char *name, struct range *r, struct fault *f)
{
	bool row = false;

	sqlite3_reset(st);
	sqlite3_bind_text(st, 1, name, -1, SQLITE_TRANSIENT);
	*r = (struct range)RANGE_EMPTY;
	if (!db_step(d, st, &row, f))
		return false;
	if (sqlite3_column_type(st, 0) == SQLITE_NULL)
		return true;
	if (sqlite3_column_type(st, 0) != SQLITE_INTEGER || sqlite3_column_type(st, 1) != SQLITE_INTEGER)
		return fault_set(f, EX_DATA, "%s: %s: \"t\" is not an integer everywhere", d->path, name);
	r->from = sqlite3_column_int64(st, 0);
	r->to = sqlite3_column_int64(st, 1);
	return true;
}

/* Symbols and time range of one file, by jumps along its index: a few lookups per symbol, whatever the file's size. */
static bool catalogue_file(struct db *d, const char *interval, struct source *s, struct range *all, struct fault *f)
{
	sqlite3_stmt *next = NULL, *ends = NULL;
	char at[SYMBOL_MAX] = "";
	bool row = true, ok;

	ok = db_prepare(d, &next, "SELECT symbol FROM candles WHERE symbol COLLATE BINARY > ?1 "
	                          "ORDER BY symbol COLLATE BINARY LIMIT 1", f) &&
	     db_prepare(d, &ends, "SELECT (SELECT MIN(t) FROM candles WHERE symbol COLLATE BINARY = ?1 AND interval = ?2), "
	                          "(SELECT MAX(t) FROM candles WHERE symbol COLLATE BINARY = ?1 AND interval = ?2)", f);
	if (ok)
		sqlite3_bind_text(ends, 2, interval, -1, SQLITE_STATIC);
	while (ok) {
		const char *name;
		struct range r;

		sqlite3_reset(next);
		sqlite3_bind_text(next, 1, at, -1, SQLITE_TRANSIENT);
		ok = db_step(d, next, &row, f);
		if (!ok || !row)
			break;
		ok = (name = symbol_cell(d, next, f)) != NULL;
		if (!ok)
			break;
		if (strcmp(name, at) <= 0) {	/* a damaged index could lead around for ever */
			ok = fault_set(f, EX_DATA, "%s: the index of candles is damaged: %s does not follow %s", d->path, name, at);
			break;
		}
		memcpy(at, name, strlen(name) + 1);
		ok = symbol_range(d, ends, at, &r, f);
		if (!ok || r.from > r.to)
			continue;
		extend(all, r.from, r.to);
		if (s)
			add_symbol(s, at, strlen(at));
	}
	sqlite3_finalize(next);
	sqlite3_finalize(ends);
	return ok;
}

static bool no_rows(struct db_set *set, const char *list, const char *interval, struct fault *f)
{
	struct buf has = BUF_INIT;
	sqlite3_stmt *st = NULL;
	bool row = false;

	if (db_prepare(&set->db[0], &st, "SELECT DISTINCT interval FROM candles LIMIT 10", f))
		while (db_step(&set->db[0], st, &row, f) && row)
			if (sqlite3_column_type(st, 0) == SQLITE_TEXT)
				buf_addf(&has, " %.8s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	fault_set(f, EX_DATA, "%s: no %s candles%s%s", list, interval, has.len ? "; there are" : "", has.len ? buf_cstr(&has) : "");
	buf_release(&has);
	return false;
}

/* Opens a set and finds out what it offers; s receives the symbols of the main set. */
static bool open_set(struct stores *st, unsigned set, const char *list, const char *interval, struct source *s, struct fault *f)
{
	struct db_set *d = &st->set[set];

	memcpy(s->interval[set], interval, strlen(interval) + 1);
	st->range[set] = (struct range)RANGE_EMPTY;
	if (!db_set_open(d, list, "candles", f))
		return false;
	for (unsigned i = 0; i < d->n; i++)
		if (!catalogue_file(&d->db[i], interval, set == SET_MAIN ? s : NULL, &st->range[set], f))
			return false;
	return st->range[set].from <= st->range[set].to || no_rows(d, list, interval, f);
}

/* The sub-bars decide about the window if there are any, else the main candles do. */
static bool scope(const struct stores *st, const struct market_query *q, struct source *s, struct fault *f)
{
	bool sub = st->set[SET_EXIT].n || st->set[SET_ENTRY].n;

	s->range_from_ms = st->range[SET_MAIN].from;
	s->range_to_ms = st->range[SET_MAIN].to;
	s->limit_from_ms = INT64_MIN;
	s->limit_to_ms = INT64_MAX;
	for (unsigned set = 0; set < N_SETS; set++) {
		const struct range *r = &st->range[set];

		if (!st->set[set].n || (set == SET_MAIN && sub))
			continue;
		if (r->from > s->limit_from_ms)
			s->limit_from_ms = r->from;
		if (r->to < s->limit_to_ms)
			s->limit_to_ms = r->to;
	}
	s->from_ms = q->no_auto_scope ? INT64_MIN : s->limit_from_ms;
	s->to_ms = q->no_auto_scope ? INT64_MAX : s->limit_to_ms;
	return q->no_auto_scope || s->from_ms <= s->to_ms ||
	       fault_set(f, EX_DATA, "%s and %s have no time in common", q->exit_candles, q->entry_candles);
}

/* A symbol that the universe does not know was never listed. */
static bool read_universe(const char *path, struct source *s, struct fault *f)
{
	struct db d;
	sqlite3_stmt *st = NULL;
	bool row = true, ok;

	for (uint32_t i = 0; i < s->n; i++) {
		s->symbol[i].listed_from_ms = INT64_MAX;
		s->symbol[i].listed_to_ms = INT64_MIN;
	}
	if (!db_open_read(&d, path, "universe_listings", f))
		return false;
	ok = db_prepare(&d, &st, "SELECT symbol, first_seen_ms, last_seen_ms FROM universe_listings", f);
	while (ok && (ok = db_step(&d, st, &row, f)) && row) {
		const char *name = symbol_cell(&d, st, f);
		int64_t i;

		ok = name && ((sqlite3_column_type(st, 1) == SQLITE_INTEGER && sqlite3_column_type(st, 2) == SQLITE_INTEGER) ||
		              fault_set(f, EX_DATA, "%s: %s: first_seen_ms or last_seen_ms is not an integer", path, name));
		if (!ok || (i = source_find(s, name, strlen(name))) < 0)
			continue;
		s->symbol[i].listed_from_ms = sqlite3_column_int64(st, 1);
		s->symbol[i].listed_to_ms = sqlite3_column_int64(st, 2);
	}
	sqlite3_finalize(st);
	db_close(&d);
	return ok;
}

struct source *stores_open(struct stores **out, const struct market_query *q, struct fault *f)
{
	const char *list[N_SETS] = { q->candles, q->exit_candles, q->entry_candles };
	const char *interval[N_SETS] = { q->interval, q->exit_interval, q->entry_interval };
	struct source *s = xcalloc(1, sizeof *s);
	struct stores *st = *out = xcalloc(1, sizeof *st);
	bool ok = true;

	s->context_only = s->context = UINT32_MAX;
	st->rate_before = q->funding_before_window;
	for (unsigned set = 0; ok && set < N_SETS; set++)
		if (list[set])
			ok = open_set(st, set, list[set], interval[set] ? interval[set] : q->interval, s, f);
	if (ok && q->funding)
		ok = s->has_rates = db_open_read(&st->funding, q->funding, "funding_rates", f);
	if (ok && q->universe)
		ok = read_universe(q->universe, s, f);
	if (ok && scope(st, q, s, f))
		return s;
	source_free(s);
	return NULL;
}

void stores_close(struct stores *st)
{
	for (unsigned set = 0; set < N_SETS; set++)
		db_set_close(&st->set[set]);
	db_close(&st->funding);
	free(st);
}

/* -- rows -- */

enum { N_KINDS = N_SETS + 1, KIND_RATES = N_SETS };	/* what a symbol has columns of */

struct reader {
	struct db *d;
	const struct shape *shape;
	struct source *s;
	unsigned kind;
	struct range window;
	const char *interval;
	bool bounded;
	sqlite3_stmt *st;
	struct columns *to;	/* of the symbol of the last row; NULL: not wanted */
	char symbol[SYMBOL_MAX];
	struct fault *f;
};

static const char *type_text(int type)
{
	return type == SQLITE_NULL ? "NULL" : type == SQLITE_TEXT ? "text" : type == SQLITE_BLOB ? "a blob" :
	       type == SQLITE_FLOAT ? "a decimal" : "out of range";
}

static bool cell_fault(struct reader *r, unsigned k)
{
	const char *name = r->shape->cell[k].name;

	if (k == 0)
		return fault_set(r->f, EX_DATA, "%s: %s: \"%s\" is %s, not a time in ms", r->d->path, r->symbol, name,
		                 type_text(sqlite3_column_type(r->st, 1)));
	if (r->shape->cell[k].is_f64 && sqlite3_column_type(r->st, (int)k + 1) == SQLITE_FLOAT)
		return fault_set(r->f, EX_DATA, "%s: %s at %s: \"%s\" is out of range; 0 or a size from 1e-100 to 1e100 is wanted", r->d->path, r->symbol,
		                 time_text(sqlite3_column_int64(r->st, 1)), name);
	return fault_set(r->f, EX_DATA, "%s: %s at %s: \"%s\" is %s, not %s", r->d->path, r->symbol,
	                 time_text(sqlite3_column_int64(r->st, 1)), name, type_text(sqlite3_column_type(r->st, (int)k + 1)),
	                 r->shape->cell[k].is_f64 ? "a number" : r->shape->cell[k].is_time ? "a time in ms" : "an integer");
}

/* A value instead of column_type() and column_double(): SQLite looks the cell up once. No other thread has the connection.
 * Numbers may be stored as integers. -0 is read as 0: SQLite does not keep its sign either. */
static bool take_f64(sqlite3_stmt *st, int k, double *to)
{
	sqlite3_value *v = sqlite3_column_value(st, k);
	int type = sqlite3_value_type(v);

	*to = sqlite3_value_double(v) + 0.0;
	return (type == SQLITE_FLOAT || type == SQLITE_INTEGER) && number_is_sane(*to);
}

static bool take_i64(sqlite3_stmt *st, int k, bool is_time, int64_t *to)
{
	sqlite3_value *v = sqlite3_column_value(st, k);

	*to = sqlite3_value_int64(v);
	return sqlite3_value_type(v) == SQLITE_INTEGER && (!is_time || (*to >= TIME_MIN && *to <= TIME_MAX));
}

static bool take_row(struct reader *r)
{
	struct columns *c = r->to;
	size_t n = c->n;

	if (n == c->cap)
		columns_grow(c);
	for (unsigned k = 0; k < c->width; k++)
		if (r->shape->cell[k].is_f64 ? !take_f64(r->st, (int)k + 1, (double *)c->col[k] + n) :
		    !take_i64(r->st, (int)k + 1, r->shape->cell[k].is_time, (int64_t *)c->col[k] + n))
			return cell_fault(r, k);
	if (n && ((int64_t *)c->col[0])[n - 1] >= ((int64_t *)c->col[0])[n])
		c->unordered = true;
	c->n++;
	return true;
}

/* The catalogue comes from the index, the rows from the table: a symbol that only one of them knows is not left out silently. */
static bool damaged(const char *path, const char *symbol, struct fault *f)
{
	return fault_set(f, EX_DATA, "%s: damaged: index and table do not agree about %s", path, symbol);
}

/* Rows of one symbol usually follow one another. */
static bool find_symbol(struct reader *r)
{
	const char *name = (const char *)sqlite3_column_text(r->st, 0);
	int64_t i;

	if (name && *r->symbol && strcmp(name, r->symbol) == 0)
		return true;
	if (!(name = symbol_cell(r->d, r->st, r->f)))
		return false;
	memcpy(r->symbol, name, strlen(name) + 1);
	i = source_find(r->s, name, strlen(name));
	if (i < 0 && r->kind == SET_MAIN)
		return damaged(r->d->path, name, r->f);
	r->to = i >= 0 && r->s->symbol[i].wanted ? &r->s->column[(size_t)i * N_KINDS + r->kind] : NULL;
	return true;
}

static bool read_rows(struct reader *r)
{
	bool row = true, ok = true;

	while (ok && (ok = db_step(r->d, r->st, &row, r->f)) && row)
		ok = find_symbol(r) && (!r->to || take_row(r));
	return ok;
}

/* One pass over the table, or the symbol's part of the index. */
static bool prepare_rows(struct reader *r, bool by_symbol)
{
	const struct shape *h = r->shape;
	struct buf sql = BUF_INIT;
	bool ok;

	buf_addf(&sql, "SELECT symbol, %s FROM %s%s WHERE TRUE", h->select, h->table, by_symbol || h->in_index ? "" : " NOT INDEXED");
	if (h->has_interval)
		buf_adds(&sql, " AND interval = $interval");
	if (r->bounded)
		buf_addf(&sql, " AND %s BETWEEN $from AND $to", h->time);
	if (by_symbol)
		buf_addf(&sql, " AND symbol COLLATE BINARY = $symbol ORDER BY %s", h->time);
	ok = db_prepare(r->d, &r->st, buf_cstr(&sql), r->f);
	buf_release(&sql);
	if (!ok)
		return false;
	if (h->has_interval)
		sqlite3_bind_text(r->st, sqlite3_bind_parameter_index(r->st, "$interval"), r->interval, -1, SQLITE_STATIC);
	if (r->bounded) {
		sqlite3_bind_int64(r->st, sqlite3_bind_parameter_index(r->st, "$from"), r->window.from);
		sqlite3_bind_int64(r->st, sqlite3_bind_parameter_index(r->st, "$to"), r->window.to);
	}
	return true;
}

static bool read_by_symbol(struct reader *r)
{
	bool ok = prepare_rows(r, true);

	for (uint32_t i = 0; ok && i < r->s->n; i++) {
		if (!r->s->symbol[i].wanted || (i == r->s->context && r->kind != SET_MAIN))
			continue;
		sqlite3_reset(r->st);
		sqlite3_bind_text(r->st, sqlite3_bind_parameter_index(r->st, "$symbol"), r->s->symbol[i].name, -1, SQLITE_STATIC);
		ok = read_rows(r);
	}
	return ok;
}

static bool read_file(struct reader *r, struct db *d, bool by_symbol)
{
	bool ok;

	r->d = d;
	*r->symbol = '\0';
	ok = by_symbol ? read_by_symbol(r) : prepare_rows(r, false) && read_rows(r);
	sqlite3_finalize(r->st);
	r->st = NULL;
	return ok;
}

/* The last rate before the window, ahead of the others. */
static bool read_rates_before(struct reader *r)
{
	sqlite3_stmt *st = NULL;
	bool ok, row = false;

	if (r->window.from == INT64_MIN)
		return true;
	ok = db_prepare(r->d, &st, "SELECT symbol, time, funding_rate FROM funding_rates "
	                           "WHERE symbol COLLATE BINARY = ?1 AND time < ?2 ORDER BY time DESC LIMIT 1", r->f);
	r->st = st;
	for (uint32_t i = 0; ok && i < r->s->n; i++) {
		if (!r->s->symbol[i].wanted || i == r->s->context)
			continue;
		sqlite3_reset(st);
		sqlite3_bind_text(st, 1, r->s->symbol[i].name, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 2, r->window.from);
		ok = db_step(r->d, st, &row, r->f) && (!row || (find_symbol(r) && take_row(r)));
	}
	sqlite3_finalize(st);
	r->st = NULL;
	*r->symbol = '\0';
	return ok;
}

/* Times that a wrong store may hold can be further apart than an int64_t goes. */
static uint64_t length(int64_t from, int64_t to)
{
	return (uint64_t)to - (uint64_t)from;
}

/* The index pays when it skips at least half of the rows: each of its rows costs about two of a plain pass. */
static bool few_rows(const struct source *s, const struct range *all, const struct range *window)
{
	uint32_t wanted = 0;
	int64_t from = window->from > all->from ? window->from : all->from;
	int64_t to = window->to < all->to ? window->to : all->to;

	for (uint32_t i = 0; i < s->n; i++)
		wanted += s->symbol[i].wanted;
	return wanted <= s->n / 2 ||
	       (all->from < all->to && from < to && length(from, to) < length(all->from, all->to) / 2);
}

static bool fetch_candles(struct stores *st, struct source *s, unsigned set, const struct shape *shape, struct fault *f)
{
	struct range window = { set == SET_MAIN ? INT64_MIN : s->from_ms, set == SET_MAIN ? INT64_MAX : s->to_ms };
	struct reader r = { .shape = shape, .s = s, .kind = set, .window = window, .interval = s->interval[set], .f = f,
	                    .bounded = window.from != INT64_MIN || window.to != INT64_MAX };
	bool ok = true;

	for (unsigned i = 0; ok && i < st->set[set].n; i++)
		ok = read_file(&r, &st->set[set].db[i], few_rows(s, &st->range[set], &window));
	return ok;
}

static bool fetch_rates(struct stores *st, struct source *s, struct fault *f)
{
	struct range window = { s->from_ms, s->to_ms };
	struct reader r = { .d = &st->funding, .shape = &rates_shape, .s = s, .kind = KIND_RATES, .window = window, .f = f,
	                    .bounded = window.from != INT64_MIN || window.to != INT64_MAX };

	/* The funding store's own range is not known; the main candles' is close. */
	return (!st->rate_before || read_rates_before(&r)) &&
	       read_file(&r, &st->funding, few_rows(s, &st->range[SET_MAIN], &window));
}

static void make_columns(struct source *s, const struct shape *bars)
{
	s->n_columns = (size_t)s->n * N_KINDS;
	s->column = xcalloc(s->n_columns, sizeof *s->column);
	for (size_t i = 0; i < s->n_columns; i++)
		s->column[i].width = i % N_KINDS == KIND_RATES ? rates_shape.width : bars->width;
}

static bool settle(const struct stores *st, struct source *s, struct fault *f)
{
	for (size_t i = 0; i < s->n_columns; i++)
		columns_settle(&s->column[i]);
	for (uint32_t i = 0; i < s->n; i++) {
		struct columns *c = s->column + (size_t)i * N_KINDS;

		for (unsigned set = 0; set < N_SETS; set++)
			s->symbol[i].bars[set] = columns_bars(&c[set]);
		s->symbol[i].rates = columns_rates(&c[KIND_RATES]);
		if (s->symbol[i].wanted && s->symbol[i].bars[SET_MAIN].n == 0)
			return damaged(st->set[SET_MAIN].db[0].path, s->symbol[i].name, f);
	}
	return true;
}

bool stores_fetch(struct stores *st, struct source *s, struct fault *f)
{
	make_columns(s, &candles_shape);
	for (unsigned set = 0; set < N_SETS; set++)
		if (st->set[set].n && !fetch_candles(st, s, set, &candles_shape, f))
			return false;
	if (s->has_rates && !fetch_rates(st, s, f))
		return false;
	return settle(st, s, f);
}

bool stores_fetch_times(struct stores *st, struct source *s, struct fault *f)
{
	make_columns(s, &times_shape);
	if (!fetch_candles(st, s, SET_MAIN, &times_shape, f))
		return false;
	return settle(st, s, f);
}

/* -- what a set holds -- */

static int by_length(const void *a, const void *b)
{
	int64_t x = clock_length_ms(a), y = clock_length_ms(b);

	return (x > y) - (x < y);
}

static bool file_intervals(struct db *d, struct interval_list *l, struct fault *f)
{
	sqlite3_stmt *st = NULL;
	bool row = false, ok = db_prepare(d, &st, "SELECT DISTINCT interval FROM candles", f);

	while (ok && (ok = db_step(d, st, &row, f)) && row) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		if (!text || !clock_length_ms(text) || lfind(text, l->at, &l->n, sizeof *l->at, by_length))
			continue;
		l->at = xreallocarray(l->at, l->n + 1, sizeof *l->at);
		memcpy(l->at[l->n++], text, strlen(text) + 1);
	}
	sqlite3_finalize(st);
	return ok;
}

bool store_intervals(const char *list, struct interval_list *l, struct fault *f)
{
	struct db_set set;
	bool ok = db_set_open(&set, list, "candles", f);

	*l = (struct interval_list){ 0 };
	for (unsigned i = 0; ok && i < set.n; i++)
		ok = file_intervals(&set.db[i], l, f);
	if (ok && l->n == 0)
		ok = fault_set(f, EX_DATA, "%s: no candles", list);
	if (ok)
		qsort(l->at, l->n, sizeof *l->at, by_length);
	else
		free(l->at);
	db_set_close(&set);
	return ok;
}
