/* SPDX-License-Identifier: MIT
 * The order in which a market becomes a stream. */
#include "store/export.h"
#include "store/columns.h"

#include <stdlib.h>
#include <string.h>

void candle_of(struct rec_candle *c, const struct bars *b, size_t i)
{
	c->t_ms = b->t_ms[i];
	c->t_close_ms = b->t_close_ms[i];
	c->o = b->open[i];
	c->h = b->high[i];
	c->l = b->low[i];
	c->c = b->close[i];
	c->v = b->volume[i];
	c->n = b->trades[i];
}

/* A symbol's place in the stream. */
struct cursor { const struct bars *bars; size_t at; struct rec_candle record; };

static int64_t next_time(const struct cursor *c, uint32_t n)
{
	int64_t t = INT64_MAX;

	for (uint32_t i = 0; i < n; i++)
		if (c[i].at < c[i].bars->n && c[i].bars->t_ms[c[i].at] < t)
			t = c[i].bars->t_ms[c[i].at];
	return t;
}

static uint64_t put_step(struct out *o, struct cursor *c, uint32_t n, int64_t t)
{
	struct rec_step step = { .t_ms = t };
	uint64_t records = 1;

	for (uint32_t i = 0; i < n; i++) {
		if (c[i].at >= c[i].bars->n || c[i].bars->t_ms[c[i].at] != t)
			continue;
		candle_of(&c[i].record, c[i].bars, c[i].at++);
		record_write(o, REC_candle, &c[i].record);
		records++;
	}
	record_write(o, REC_step, &step);
	return records;
}

uint64_t candles_export(struct out *o, const char *const *symbol, uint32_t n_symbols, const struct bar_set *set,
                        int64_t from_ms, int64_t to_ms)
{
	struct cursor *c = xcalloc(n_symbols, sizeof *c);
	uint64_t records = 0;
	int64_t t;

	for (uint32_t i = 0; i < n_symbols; i++) {
		c[i].bars = &set->of[i];
		c[i].at = time_lower(c[i].bars->t_ms, c[i].bars->n, from_ms);
		memcpy(c[i].record.symbol, symbol[i], strlen(symbol[i]) + 1);
		memcpy(c[i].record.interval, set->interval, sizeof set->interval);
	}
	while (!stream_stop && (t = next_time(c, n_symbols)) <= to_ms && t != INT64_MAX)
		records += put_step(o, c, n_symbols, t);
	free(c);
	return records;
}
