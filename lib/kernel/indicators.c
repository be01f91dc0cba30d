/* SPDX-License-Identifier: MIT
 * The indicator bank: which indicator reads what, and how a snapshot is made of them (docs/rules/indicators.md). */
#include "kernel/indicators.h"

KERNEL_INLINE uint32_t at_least_one(uint32_t window) { return window ? window : 1; }

/* Every window with memory, once: X(kind, member, window) */
#define BANK_WINDOWS(X) \
	X(mean, bb_mean, p->indicators_bb_window) \
	X(ring, bb, p->indicators_bb_window) \
	X(mean, bb_width, p->indicators_bb_width_avg_window) \
	X(mean, avg_atr, p->entry_ave_avg_atr_window) \
	X(ring, stoch, p->indicators_stoch_rsi_window) \
	X(mean, stoch_k, p->indicators_stoch_rsi_smooth1) \
	X(mean, stoch_d, p->indicators_stoch_rsi_smooth2) \
	X(mean, vol_sma, p->indicators_vol_sma_window) \
	X(mean, vol_short, p->indicators_vol_trend_window) \
	X(ring, slope, p->entry_slow_drift_slope_window)
#define MEMORY_mean(w) (size_t)mean_memory(at_least_one(w))
#define MEMORY_ring(w) ((size_t)2 * at_least_one(w))

KERNEL_FN size_t bank_memory(const struct params *p)
{
	size_t n = 0;

#define X(kind, member, window) n += MEMORY_##kind(window);
	BANK_WINDOWS(X)
#undef X
	return n;
}

KERNEL_FN void bank_init(struct bank *b, const struct params *p, double *memory)
{
	ema_init(&b->slow, p->indicators_ema_slow_window);
	ema_init(&b->fast, p->indicators_ema_fast_window);
	ema_init(&b->macro, p->indicators_ema_macro_window);
	ema_init(&b->macd_fast, MACD_FAST);
	ema_init(&b->macd_slow, MACD_SLOW);
	ema_init(&b->macd_signal, MACD_SIGNAL);
	adx_init(&b->adx, p->indicators_adx_window);
	atr_init(&b->atr, p->indicators_atr_window);
	rsi_init(&b->rsi, p->indicators_rsi_window);
#define X(kind, member, window) \
	kind##_init(&b->member, at_least_one(window), memory); \
	memory += MEMORY_##kind(window);
	BANK_WINDOWS(X)
#undef X
	b->bb_upper = b->bb_lower = b->vol_short_mean = 0;
	b->use_stoch_rsi = p->filters_use_stoch_rsi_filter;
	b->bars = 0;
	snapshot_init(&b->last);
}

KERNEL_INLINE void push_bands(struct bank *b, double close)
{
	double mean, reach;

	if (!isfinite(close))
		return;
	ring_push(&b->bb, close);
	mean = mean_push(&b->bb_mean, close);
	if (!ring_full(&b->bb)) {
		b->bb_upper = b->bb_lower = mean;
		return;
	}
	reach = BB_DEVIATIONS * deviation_of(ring_window(&b->bb), b->bb.n, mean);
	b->bb_upper = mean + reach;
	b->bb_lower = mean - reach;
}

/* Where the newest value stands among all. It comes last in both chains: the others need not wait for it. */
KERNEL_INLINE double ring_place(const struct ring *r)
{
	const double *v = ring_window(r);
	double lo = v[0], hi = v[0];

	for (uint32_t i = 1; i < r->n; i++) {
		lo = v[i] < lo ? v[i] : lo;
		hi = v[i] > hi ? v[i] : hi;
	}
	return place_of(v[r->n - 1], lo, hi);
}

KERNEL_INLINE void push_stoch_rsi(struct bank *b, struct snapshot *s)
{
	s->stoch_rsi_k = s->stoch_rsi_d = b->use_stoch_rsi ? 0.5 : 0.0;
	if (!b->use_stoch_rsi)
		return;
	ring_push(&b->stoch, s->rsi);
	if (!ring_full(&b->stoch))
		return;
	s->stoch_rsi_k = mean_push(&b->stoch_k, ring_place(&b->stoch));
	s->stoch_rsi_d = mean_push(&b->stoch_d, s->stoch_rsi_k);
}

KERNEL_INLINE double push_slope(struct bank *b, double ema_slow, double close)
{
	ring_push(&b->slope, ema_slow);
	if (!ring_full(&b->slope))
		return 0.0;
	return ratio_of(ema_slow - ring_window(&b->slope)[0], close, 0.0);
}

/* What the snapshot remembers of the one before it. */
KERNEL_INLINE void carry_lags(struct snapshot *s)
{
	s->prev3_macd_hist = s->prev2_macd_hist;
	s->prev2_macd_hist = s->prev_macd_hist;
	s->prev_macd_hist = s->macd_hist;
	s->prev_close = s->close;
	s->prev_ema_fast = s->ema_fast;
	s->prev_ema_slow = s->ema_slow;
}

KERNEL_FN void bank_push(struct bank *b, const struct bar *bar)
{
	struct snapshot *s = &b->last;
	double c = bar->close, line, prev_adx = s->adx, prev_atr = s->atr;

	carry_lags(s);
	s->t_ms = bar->t_ms;
	s->bar_count = b->bars++;
	s->open = bar->open;
	s->high = bar->high;
	s->low = bar->low;
	s->close = c;
	s->volume = bar->volume;

	push_bands(b, c);
	s->bb_upper = b->bb_upper;
	s->bb_lower = b->bb_lower;

	s->ema_slow = ema_push(&b->slow, c);
	s->ema_fast = ema_push(&b->fast, c);
	s->ema_macro = ema_push(&b->macro, c);
	s->ema_slow_slope = push_slope(b, s->ema_slow, c);

	adx_push(&b->adx, bar->high, bar->low, c);
	s->adx = b->adx.adx;
	s->adx_pos = b->adx.pos;
	s->adx_neg = b->adx.neg;
	s->adx_slope = s->adx - prev_adx;

	s->bb_width = ratio_of(s->bb_upper - s->bb_lower, c, 0.0);
	s->bb_width_avg = mean_push(&b->bb_width, s->bb_width);
	s->bb_width_ratio = ratio_of(s->bb_width, s->bb_width_avg, 1.0);

	s->atr = atr_push(&b->atr, bar->high, bar->low, c);
	s->atr_slope = s->atr - prev_atr;
	s->avg_atr = mean_push(&b->avg_atr, s->atr);

	s->rsi = rsi_push(&b->rsi, c);
	push_stoch_rsi(b, s);

	line = ema_push(&b->macd_fast, c) - ema_push(&b->macd_slow, c);
	s->macd_hist = line - ema_push(&b->macd_signal, line);

	s->vol_sma = mean_push(&b->vol_sma, bar->volume);
	b->vol_short_mean = mean_push(&b->vol_short, bar->volume);
	s->vol_trend = b->vol_short_mean > s->vol_sma;
}
