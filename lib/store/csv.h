/* SPDX-License-Identifier: MIT
 * Bars as comma-separated lines under a line of column names (docs/rules/data.md "CSV"). */
#ifndef OCQ_STORE_CSV_H
#define OCQ_STORE_CSV_H

#include "record/record.h"

enum { CSV_FIELDS_MAX = 64, CSV_BYTES_MAX = 4096 };

struct csv {
	unsigned n;				/* columns of the file */
	int member[CSV_FIELDS_MAX];		/* what each one is; -1: ignored */
	struct rec_candle preset;		/* symbol and interval where no column has them */
};

/* Reads the line of names. `preset` may hold a symbol and an interval for files without such columns. */
bool csv_header(struct csv *c, const char *line, size_t len, const struct rec_candle *preset, struct errmsg *e) MUST_USE;

/* Reads a row. Without a column for it, t_close_ms follows from the interval and n is 0. */
bool csv_row(const struct csv *c, const char *line, size_t len, struct rec_candle *out, struct errmsg *e) MUST_USE;

#endif
