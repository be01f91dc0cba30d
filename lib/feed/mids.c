/* SPDX-License-Identifier: MIT
 * The cache of prices. */
#include "feed/mids.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void mids_init(struct mids *m, bool from_bbo)
{
	*m = (struct mids){ .heard_ms = INT64_MIN, .from_bbo = from_bbo, .fallback_ms = MIDS_FALLBACK_MS };
}

void mids_release(struct mids *m)
{
	free(m->of);
	*m = (struct mids){ 0 };
}

static struct price *place(struct mids *m, uint32_t symbol)
{
	uint32_t n = m->n;

	if (symbol >= n) {
		m->n = symbol + 1 > 2 * n ? symbol + 1 : 2 * n;
		m->of = xreallocarray(m->of, m->n, sizeof *m->of);
		for (; n < m->n; n++)
			m->of[n] = (struct price){ .mid_ms = INT64_MIN, .mid_changed_ms = INT64_MIN, .bbo_ms = INT64_MIN,
				.bbo_changed_ms = INT64_MIN };
	}
	return &m->of[symbol];
}

const struct price *mids_of(const struct mids *m, uint32_t symbol)
{
	return symbol < m->n ? &m->of[symbol] : NULL;
}

int64_t ms_since(int64_t at_ms, int64_t now_ms)
{
	return at_ms == INT64_MIN ? INT64_MAX : now_ms > at_ms ? now_ms - at_ms : 0;
}

int64_t mids_age_ms(const struct mids *m, uint32_t symbol, int64_t now_ms)
{
	return symbol < m->n ? ms_since(m->of[symbol].mid_ms, now_ms) : INT64_MAX;
}

int64_t bbo_age_ms(const struct mids *m, uint32_t symbol, int64_t now_ms)
{
	return symbol < m->n ? ms_since(m->of[symbol].bbo_ms, now_ms) : INT64_MAX;
}

static bool is_price(double px)
{
	return isfinite(px) && px > 0;
}

static bool set_mid(struct mids *m, struct price *p, double px, int64_t now_ms)
{
	bool changed = p->mid != px;

	p->mid_ms = now_ms;
	if (changed) {
		p->mid = px;
		p->mid_changed_ms = now_ms;
		m->mid_seq++;
	}
	return changed;
}

bool mids_mid(struct mids *m, uint32_t symbol, double px, int64_t now_ms)
{
	struct price *p = place(m, symbol);

	m->heard_ms = now_ms;
	if (!is_price(px) || (m->from_bbo && ms_since(p->bbo_ms, now_ms) <= m->fallback_ms && is_price(p->bid) && is_price(p->ask)))
		return false;
	return set_mid(m, p, px, now_ms);
}

bool mids_bbo(struct mids *m, uint32_t symbol, const struct price *bbo, int64_t now_ms, bool *bbo_changed)
{
	struct price *p = place(m, symbol);

	*bbo_changed = p->bbo_ms == INT64_MIN || p->bid != bbo->bid || p->ask != bbo->ask || p->bid_sz != bbo->bid_sz ||
		p->ask_sz != bbo->ask_sz;
	p->bid = bbo->bid;
	p->ask = bbo->ask;
	p->bid_sz = bbo->bid_sz;
	p->ask_sz = bbo->ask_sz;
	p->bbo_time_ms = bbo->bbo_time_ms;
	p->bbo_ms = now_ms;
	if (*bbo_changed) {
		p->bbo_changed_ms = now_ms;
		m->bbo_seq++;
	}
	return m->from_bbo && is_price(p->bid) && is_price(p->ask) && set_mid(m, p, (p->bid + p->ask) / 2, now_ms);
}

void mids_set_back(struct mids *m, int64_t now_ms)
{
	for (uint32_t i = 0; i < m->n; i++) {
		int64_t *const t[] = { &m->of[i].mid_ms, &m->of[i].mid_changed_ms, &m->of[i].bbo_ms, &m->of[i].bbo_changed_ms };

		for (unsigned k = 0; k < sizeof t / sizeof *t; k++)
			*t[k] = *t[k] < now_ms ? *t[k] : now_ms;
	}
	m->heard_ms = m->heard_ms < now_ms ? m->heard_ms : now_ms;
}
