/* SPDX-License-Identifier: MIT
 * The table of candles in statements that write it: the columns and what is bound to them. */
#ifndef OCQ_STORE_ROW_H
#define OCQ_STORE_ROW_H

#include "record/record.h"

#include <sqlite3.h>

#define ROW_INSERT "INSERT INTO candles(symbol, interval, t, t_close, o, h, l, c, v, n, updated_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
/* To go behind it: a row that is there takes other values; equal ones leave it as it is, its time of update too. */
#define ROW_REPLACE \
	" ON CONFLICT(symbol, interval, t) DO UPDATE SET t_close = excluded.t_close, o = excluded.o, h = excluded.h, " \
	"l = excluded.l, c = excluded.c, v = excluded.v, n = excluded.n, updated_at = excluded.updated_at " \
	"WHERE (candles.t_close, candles.o, candles.h, candles.l, candles.c, candles.v, candles.n) IS NOT " \
	"(excluded.t_close, excluded.o, excluded.h, excluded.l, excluded.c, excluded.v, excluded.n)"

/* Until the statement has run c and updated_at (may be NULL) must stay. */
void row_bind(sqlite3_stmt *s, const struct rec_candle *c, const char *updated_at);

#endif
