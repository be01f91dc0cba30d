/* SPDX-License-Identifier: MIT
 * What is right and complete in a series of bars. */
#include "store/candles.h"
#include "store/columns.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)
#define LONGEST_BAR_MS (31 * DAY_MS)

static bool is_price(double p)
{
	return number_is_sane(p) && p > 0;
}

const char *candle_problem(const struct rec_candle *c)
{
	int64_t length, grid;

	if (!symbol_valid(c->symbol, strlen(c->symbol)))
		return "\"symbol\" is not a name of 1 to 31 printable characters";
	if (clock_bar(c->interval, 0, 0) == INT64_MIN)
		return "\"interval\" is not one of 1m 3m 5m 15m 30m 1h 2h 4h 8h 12h 1d 3d 1w 1M";
	if (c->t_ms < TIME_MIN || c->t_ms > TIME_MAX - LONGEST_BAR_MS)
		return "\"t_ms\" is no time between 1970 and 9999";
	length = clock_bar(c->interval, c->t_ms, 1) - clock_bar(c->interval, c->t_ms, 0);
	grid = length < DAY_MS ? length : DAY_MS;	/* which day a longer bar begins with is the exchange's choice */
	if (c->t_ms % grid)
		return "\"t_ms\" is not a multiple of the interval";
	if (c->t_close_ms != c->t_ms + length - 1)
		return "\"t_close_ms\" is not the last millisecond of the bar";
	if (!is_price(c->o) || !is_price(c->h) || !is_price(c->l) || !is_price(c->c))
		return !is_price(c->o) ? "\"o\" is not a positive price" : !is_price(c->h) ? "\"h\" is not a positive price" :
		       !is_price(c->l) ? "\"l\" is not a positive price" : "\"c\" is not a positive price";
	if (c->h < c->o || c->h < c->l || c->h < c->c)
		return "\"h\" is below another price of the bar";
	if (c->l > c->o || c->l > c->c)
		return "\"l\" is above another price of the bar";
	if (!number_is_sane(c->v) || c->v < 0)
		return "\"v\" is not a volume from 0";
	if (c->n < 0)
		return "\"n\" is not a count from 0";
	return NULL;
}

/* The first point of the grid that is not before t. */
static int64_t grid_up(int64_t t, int64_t step)
{
	return t <= TIME_MIN ? 0 : (t + step - 1) / step * step;
}

static void add_gap(struct gap **gaps, size_t *n, int64_t from, int64_t to)
{
	*gaps = xreallocarray(*gaps, *n + 1, sizeof **gaps);
	(*gaps)[(*n)++] = (struct gap){ from, to };
}

size_t gaps_find(const struct bars *b, int64_t interval_ms, int64_t from_ms, int64_t to_ms, struct gap **gaps)
{
	int64_t due = from_ms == INT64_MIN ? b->t_ms[0] : grid_up(from_ms, interval_ms);
	int64_t last = to_ms == INT64_MAX ? b->t_ms[b->n - 1] : to_ms;
	size_t n = 0;

	*gaps = NULL;
	for (size_t i = time_lower(b->t_ms, b->n, due); i < b->n && b->t_ms[i] <= last; i++) {
		if (b->t_ms[i] - due >= interval_ms)
			add_gap(gaps, &n, due, due + ((b->t_ms[i] - due) / interval_ms - 1) * interval_ms);
		due = b->t_ms[i] + interval_ms;
	}
	if (due <= last)
		add_gap(gaps, &n, due, due + (last - due) / interval_ms * interval_ms);
	return n;
}
