/* SPDX-License-Identifier: MIT
 * The results that no other one beats in profit, drawdown and number of trades at once (docs/tpe.md "The front"). */
#ifndef OCQ_ENGINE_FRONT_H
#define OCQ_ENGINE_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct front_point { double pnl_usd, max_drawdown_pct; int64_t trades; };
struct front_row { struct front_point of; uint64_t trial; char *line; size_t len; };

/* Init with { 0 }. Rows are in no order until front_sort(). */
struct front { struct front_row *row; size_t n, cap; };

/* Adds a trial with its record, a line without newline that is copied, unless another one is at least as good in all three;
 * drops those that it beats. */
void front_add(struct front *f, const struct front_point *p, uint64_t trial, const char *line, size_t len);
void front_sort(struct front *f);	/* by trial */
void front_release(struct front *f);

#endif
