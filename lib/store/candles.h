/* SPDX-License-Identifier: MIT
 * Looking after candle stores: what makes a bar wrong, what a store holds and lacks, and the changes a keeper makes. */
#ifndef OCQ_STORE_CANDLES_H
#define OCQ_STORE_CANDLES_H

#include "record/record.h"
#include "store/fault.h"
#include "store/market.h"

/* What is wrong with a bar, as '"h" is below another price of the bar'; NULL if nothing is. */
const char *candle_problem(const struct rec_candle *c);

/* The files that a comma list of stores and directories means. Freed with store_files_free(). */
char **store_files(const char *list, unsigned *n);
void store_files_free(char **file, unsigned n);

/* The intervals of a set of stores (comma list), shortest first; at least one, 1M left out. Freed with free(l->at). */
struct interval_list { size_t n; char (*at)[8]; };
bool store_intervals(const char *list, struct interval_list *l, struct fault *f) MUST_USE;

/* Like market_load() of one set, but only with times: m->main.of[i] has n and t_ms, nothing else may be used. */
bool market_load_times(struct market *m, const char *list, const char *interval, const char *symbols, struct fault *f) MUST_USE;

/* Runs of missing bars between from_ms and to_ms (inclusive; the series' own ends where INT64_MIN / INT64_MAX), oldest
 * first. A bar is missing where none opens within one interval of the grid. Returns their number; *gaps is freed by the
 * caller. */
struct gap { int64_t from_ms, to_ms; };	/* opens of the first and last missing bar */
size_t gaps_find(const struct bars *b, int64_t interval_ms, int64_t from_ms, int64_t to_ms, struct gap **gaps);

/* Examines every row and the file's structure; calls found() for each problem. Returns false if the file cannot be read
 * as a store at all. Members of the finding are empty where they do not apply. */
typedef void finding_fn(void *arg, const struct rec_finding *found);
bool store_check(const char *path, finding_fn *found, void *arg, struct fault *f) MUST_USE;

/* Removes bars that open before a time; interval and symbols (comma list) narrow it down where not NULL. */
bool store_prune(const char *path, int64_t before_ms, const char *interval, const char *symbols, uint64_t *n, struct fault *f) MUST_USE;

/* Moves bars that open before a time into one file per interval and month, DIR/IV/candles_IV_YYYY-MM.db. Bars that are
 * there already stay as they are. `remove`: bars whose equal is then in the month's file leave the store; the month's
 * file is on disk before. Without `apply` nothing is written. told() hears of each month. */
struct partition { const char *dir; int64_t before_ms; bool apply, remove, vacuum; };
struct partition_month { const char *path; char interval[8], month[8]; uint64_t rows, copied, removed; };
typedef void month_fn(void *arg, const struct partition_month *m);
bool store_partition(const char *path, const struct partition *p, month_fn *told, void *arg, struct fault *f) MUST_USE;

#endif
