/* SPDX-License-Identifier: MIT
 * Packs: any bytes are refused, or become a market whose every number may be read. Size and checksum are put right
 * first, else nothing but them would be tested. */
#include "base/hash.h"
#include "store/market.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { AT_SIZE = 16, AT_CHECKSUM = 24, AT_SUMMED = 32, HEAD = 208 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile int64_t seen;

static void need(bool ok)
{
	if (!ok)
		abort();
}

/* Reads everything that the header of market.h promises. */
static void walk_set(const struct market *m, const struct bar_set *s)
{
	for (uint32_t i = 0; s->of && i < m->n_symbols; i++)
		for (size_t k = 0; k < s->of[i].n; k++) {
			const struct bars *b = &s->of[i];

			need(k == 0 || b->t_ms[k - 1] < b->t_ms[k]);
			need(b->t_ms[k] >= 0 && b->t_close_ms[k] >= 0);
			need(isfinite(b->open[k]) && isfinite(b->high[k]) && isfinite(b->low[k]));
			need(isfinite(b->close[k]) && isfinite(b->volume[k]));
			seen ^= b->trades[k];
		}
}

static void walk(const struct market *m)
{
	need(m->n_symbols > 0 && m->n_timeline > 0 && m->from_ms <= m->to_ms);
	for (uint32_t i = 0; i < m->n_symbols; i++) {
		need(strlen(m->symbol[i]) > 0 && m->main.of[i].n > 0 && market_find(m, m->symbol[i]) == (int)i);
		for (size_t k = 0; m->funding && k < m->funding[i].n; k++)
			need(isfinite(m->funding[i].rate[k]) && m->funding[i].t_ms[k] >= 0);
	}
	for (size_t k = 1; k < m->n_timeline; k++)
		need(m->timeline[k - 1] < m->timeline[k]);
	walk_set(m, &m->main);
	walk_set(m, &m->exit);
	walk_set(m, &m->entry);
}

static void ask(const char *path, const char *symbols, int64_t from, int64_t to, bool repairs)
{
	struct market_query q = MARKET_QUERY_INIT;
	struct errmsg e = { "" };
	struct market m;
	int status;

	q.pack = path;
	q.symbols = symbols;
	q.from_ms = from;
	q.to_ms = to;
	q.funding_before_window = q.btc_context = repairs;
	q.want_data_id = true;
	if (!market_load(&m, &q, &e, &status)) {
		need(*e.text && (status == EX_DATA || status == EX_USAGE));
		return;
	}
	walk(&m);
	market_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("pack", 0);
	uint8_t *bytes = malloc(size ? size : 1);
	uint64_t n = size, sum;
	char path[64];

	memcpy(bytes, data, size);
	if (size >= HEAD) {
		memcpy(bytes + AT_SIZE, &n, sizeof n);
		sum = checksum64(bytes + AT_SUMMED, size - AT_SUMMED);
		memcpy(bytes + AT_CHECKSUM, &sum, sizeof sum);
	}
	need(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ask(path, NULL, INT64_MIN, INT64_MAX, false);
	ask(path, NULL, INT64_MIN, INT64_MAX, true);
	ask(path, "ETH", 1700002800000 + 3600000, INT64_MAX, true);
	ask(path, "ETH,kPEPE", INT64_MIN, 1700002800000 + 2 * 3600000, false);
	close(fd);
	free(bytes);
	return 0;
}
