/* SPDX-License-Identifier: MIT
 * data_id: what exactly is hashed, and in which order (docs/rules/data.md "Identity"). */
#include "store/columns.h"
#include "store/market.h"
#include "base/hash.h"
#include "record/record.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "columns are hashed and packed as they lie in memory: little-endian");

static void add_u64(struct sha256 *h, uint64_t v)
{
	sha256_add(h, &v, sizeof v);
}

static void add_text(struct sha256 *h, const char *text, size_t width)
{
	char padded[SYMBOL_MAX] = { 0 };

	memcpy(padded, text, strlen(text));
	sha256_add(h, padded, width);
}

static void add_bars(struct sha256 *h, const struct bar_set *set, uint32_t i)
{
	size_t n = set->of ? set->of[i].n : 0;

	add_u64(h, n);
	for (unsigned k = 0; n && k < N_BAR_COLUMNS; k++)
		sha256_add(h, bars_column(&set->of[i], k), n * sizeof(int64_t));
}

/* A rate from before the window is there only for a repair, so it is not part of the identity. */
static void add_rates(struct sha256 *h, const struct market *m, uint32_t i)
{
	struct rates r = { 0 };
	size_t first;

	if (m->funding) {
		first = time_lower(m->funding[i].t_ms, m->funding[i].n, m->from_ms);
		r = rates_slice(&m->funding[i], first, m->funding[i].n - first);
	}
	add_u64(h, r.n);
	for (unsigned k = 0; r.n && k < N_RATE_COLUMNS; k++)
		sha256_add(h, rates_column(&r, k), r.n * sizeof(int64_t));
}

void market_data_id(const struct market *m, char hex[65])
{
	const struct bar_set *set[] = { &m->main, &m->exit, &m->entry };
	unsigned char digest[32];
	struct sha256 h;

	sha256_init(&h);
	sha256_add(&h, "ocq-data 1\n", 11);
	for (unsigned k = 0; k < 3; k++)
		add_text(&h, set[k]->interval, sizeof set[k]->interval);
	add_u64(&h, m->funding != NULL);
	add_u64(&h, m->n_symbols - (m->context_symbol != UINT32_MAX));
	for (uint32_t i = 0; i < m->n_symbols; i++) {
		if (i == m->context_symbol)
			continue;
		add_text(&h, m->symbol[i], SYMBOL_MAX);
		for (unsigned k = 0; k < 3; k++)
			add_bars(&h, set[k], i);
		add_rates(&h, m, i);
	}
	sha256_end(&h, digest);
	hex_put(hex, digest, sizeof digest);
}
