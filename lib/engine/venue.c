/* SPDX-License-Identifier: MIT
 * The exchange's markets, read and looked up. */
#include "engine/venue.h"

#include <stdlib.h>
#include <string.h>

#define SZ_DECIMALS_MAX 6	/* of a perpetual: so many decimals are price's and size's together */

static double power10(unsigned n)
{
	double x = 1;

	while (n-- > 0)
		x *= 10;
	return x;
}

static void take_asset(struct venue_table *t, struct in *in, const struct rec_asset *a)
{
	struct venue_market *m;

	if (a->max_leverage == 0)
		return;		/* spot */
	if (a->sz_decimals > SZ_DECIMALS_MAX)
		in_die(in, "%s: \"sz_decimals\" is at most %d", a->symbol, SZ_DECIMALS_MAX);
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 256;
		t->at = xreallocarray(t->at, t->cap, sizeof *t->at);
	}
	m = &t->at[t->n++];
	memcpy(m->symbol, a->symbol, sizeof m->symbol);
	m->id = (uint32_t)a->id;
	m->only_isolated = a->only_isolated;
	m->sz_decimals = (uint8_t)a->sz_decimals;
	m->rule = (struct venue_rule){
		.lots = power10((unsigned)a->sz_decimals),
		.ticks = power10(SZ_DECIMALS_MAX - (unsigned)a->sz_decimals),
		.min_notional_usd = VENUE_MIN_NOTIONAL_USD,
		.max_leverage = (double)a->max_leverage,
	};
}

static int by_symbol(const void *a, const void *b)
{
	return strcmp(((const struct venue_market *)a)->symbol, ((const struct venue_market *)b)->symbol);
}

static void finish(struct venue_table *t, const char *path, double fee_bps)
{
	uint32_t i;

	if (t->n == 0)
		die(EX_DATA, "%s: no asset records: `ocq-hl info meta` prints them", path);
	qsort(t->at, t->n, sizeof *t->at, by_symbol);
	for (i = 0; i < t->n; i++) {
		t->at[i].rule.fee_bps = fee_bps;
		if (i > 0 && strcmp(t->at[i - 1].symbol, t->at[i].symbol) == 0)
			die(EX_DATA, "%s: %s twice", path, t->at[i].symbol);
	}
}

void rules_load(struct venue_table *t, const char *path)
{
	double fee_bps = VENUE_TAKER_FEE_BPS;
	struct record_in in;
	struct record r;

	*t = (struct venue_table){ .path = path };
	record_open(&in, path, NULL, false);
	while (record_read(&in, &r)) {
		if (r.type == REC_asset)
			take_asset(t, &in.in, &r.u.asset);
		else if (r.type == REC_fees)
			fee_bps = r.u.fees.taker * 10000;
	}
	record_finish(&in);
	in_close(&in.in);
	if (!(fee_bps >= 0 && fee_bps <= 100))
		die(EX_DATA, "%s: a taker fee of %g bps", path, fee_bps);
	finish(t, path, fee_bps);
}

void rules_release(struct venue_table *t)
{
	free(t->at);
	*t = (struct venue_table){ 0 };
}

const struct venue_market *rules_find(const struct venue_table *t, const char *symbol)
{
	uint32_t lo = 0, hi = t->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = strcmp(t->at[mid].symbol, symbol);

		if (c == 0)
			return &t->at[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct venue_market *rules_need(const struct venue_table *t, const char *symbol)
{
	const struct venue_market *m = rules_find(t, symbol);

	if (!m)
		die(EX_DATA, "%s: no asset record of %s", t->path, symbol);
	return m;
}
