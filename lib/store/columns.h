/* SPDX-License-Identifier: MIT
 * Columns that grow row by row: how bars and rates are collected before they become a market. Every column is eight
 * bytes wide (int64_t or double); column 0 is the time. */
#ifndef OCQ_STORE_COLUMNS_H
#define OCQ_STORE_COLUMNS_H

#include "store/market.h"

#include <math.h>
#include <stdbool.h>

enum column_kind { TIME, I64, F64 };

/* The columns of a bar, in the order of stores, packs and data_id: X(member of struct bars, kind, name in a store). A TIME
 * and an I64 are int64_t, an F64 is a double. */
#define BAR_COLUMNS(X) \
	X(t_ms,       TIME, "t") \
	X(t_close_ms, TIME, "t_close") \
	X(open,       F64,  "o") \
	X(high,       F64,  "h") \
	X(low,        F64,  "l") \
	X(close,      F64,  "c") \
	X(volume,     F64,  "v") \
	X(trades,     I64,  "n")

#define RATE_COLUMNS(X) \
	X(t_ms, TIME, "time") \
	X(rate, F64,  "funding_rate")

enum bar_column {
#define COLUMN(member, kind, name) COL_##member,
	BAR_COLUMNS(COLUMN)
#undef COLUMN
	N_BAR_COLUMNS
};
enum { RATE_T, RATE_VALUE, N_RATE_COLUMNS };

/* No market is older than 1970, and every calendar ends with the year 9999: sums of such times and intervals never overflow. */
#define TIME_MIN INT64_C(0)
#define TIME_MAX INT64_C(253402300799999)

/* A price, volume or rate that no indicator overflows on: 0, or of a size between 1e-100 and 1e100 (docs/rules/data.md
 * "Cells"). NaN and infinity are none. */
static inline bool number_is_sane(double v)
{
	double size = fabs(v);

	return (size >= 1e-100 && size <= 1e100) || size == 0;
}

struct columns {
	unsigned width;			/* columns */
	bool unordered;			/* some row is not later than the one before it */
	size_t n, cap;
	void *col[N_BAR_COLUMNS];
};

void columns_grow(struct columns *s);	/* room for one more row */
void columns_release(struct columns *s);

/* Ascending by time; of equal times the row that was added first stays. */
void columns_settle(struct columns *s);

/* Views, valid while the series does not change. */
struct bars columns_bars(const struct columns *s);
struct rates columns_rates(const struct columns *s);

/* Column k of a view. */
const void *bars_column(const struct bars *b, unsigned k);
const void *rates_column(const struct rates *r, unsigned k);
/* Views of n rows whose columns lie at col(arg, k). */
struct bars bars_at(size_t n, const void *(*col)(const void *arg, unsigned k), const void *arg);
struct rates rates_at(size_t n, const void *(*col)(const void *arg, unsigned k), const void *arg);

/* First index with t[i] >= at; n if there is none. */
size_t time_lower(const int64_t *t, size_t n, int64_t at);
/* The first that is greater. */
size_t time_upper(const int64_t *t, size_t n, int64_t at);

/* The rows from `first` on, `n` of them. */
struct bars bars_slice(const struct bars *b, size_t first, size_t n);
struct rates rates_slice(const struct rates *r, size_t first, size_t n);

/* A symbol that stores, lists and records can all carry: 1 to 31 printable ASCII bytes without space, comma,
 * quotation mark and backslash. */
bool symbol_valid(const char *s, size_t len);

#endif
