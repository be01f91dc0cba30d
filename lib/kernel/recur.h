/* SPDX-License-Identifier: MIT
 * The recurrences and windows that indicators are made of (docs/rules/indicators.md), each a small struct with init and
 * push. Bank and batch (engine/series.c) share what is called _next and _of, so every formula stands here once. */
#ifndef OCQ_KERNEL_RECUR_H
#define OCQ_KERNEL_RECUR_H

#include "kernel/kernel.h"

/* Wilder's smoothing, of a mean and of a sum. Macros, since the batch form uses them on pairs of doubles too. */
#define WILDER_MEAN_NEXT(mean, less_one, x, w) (((mean) * (less_one) + (x)) / (w))
#define WILDER_SUM_NEXT(sum, w, x) ((sum) - (sum) / (w) + (x))

KERNEL_INLINE double true_range_of(double h, double l, double prev_close)
{
	double range = h - l, up = fabs(h - prev_close), down = fabs(l - prev_close);

	range = up > range ? up : range;
	return down > range ? down : range;
}

/* The part of x above zero: a gain of a change, a loss of its negative. */
KERNEL_INLINE double positive_of(double x) { return x > 0 ? x : 0.0; }

/* Directional movement: of the two ways the bar reaches beyond the last one, only the longer counts, and if positive. */
KERNEL_INLINE double movement_of(double way, double other)
{
	double least = positive_of(other);

	return way > least ? way : 0.0;
}

KERNEL_INLINE double di_of(double sum, double range)
{
	double di = sum / range * 100.0;

	return range > 0 ? di : 0.0;
}

KERNEL_INLINE double dx_of(double pos, double neg)
{
	double sum = pos + neg, dx = fabs(pos - neg) / sum * 100.0;

	return sum > 0 ? dx : 0.0;
}

KERNEL_INLINE double rsi_of(double gain, double loss)
{
	double rsi = 100.0 - 100.0 / (1.0 + gain / loss);

	return loss <= 0 ? 100.0 : rsi;
}

/* Where x stands in lo..hi, 0..1; the middle where there is no range. */
KERNEL_INLINE double place_of(double x, double lo, double hi)
{
	double place = (x - lo) / (hi - lo);

	return hi <= lo ? 0.5 : place;
}

KERNEL_INLINE double ratio_of(double x, double base, double otherwise)
{
	double ratio = x / base;

	return base > 0 ? ratio : otherwise;
}

/* Exponential mean, seeded with its first input. No guard: one NaN stays. */
struct ema { double value, alpha, keep; bool fed; };

KERNEL_INLINE double ema_next(struct ema *e, double x) { return e->value = e->alpha * x + e->keep * e->value; }

KERNEL_INLINE void ema_init(struct ema *e, uint32_t window)
{
	e->value = 0;
	e->alpha = 2.0 / ((double)(window ? window : 1) + 1.0);
	e->keep = 1.0 - e->alpha;
	e->fed = false;
}

KERNEL_INLINE double ema_push(struct ema *e, double x)
{
	if (e->fed)
		return ema_next(e, x);
	e->fed = true;
	return e->value = x;
}

/* Average true range; n counts accepted bars. */
struct atr { double value, prev_close, sum; uint32_t window; uint64_t n; };

KERNEL_INLINE void atr_init(struct atr *a, uint32_t window)
{
	a->value = a->prev_close = a->sum = 0;
	a->window = window;
	a->n = 0;
}

KERNEL_INLINE double atr_push(struct atr *a, double h, double l, double c)
{
	double w = a->window, range;

	if (a->window == 0 || !isfinite(h) || !isfinite(l) || !isfinite(c))
		return a->value;
	range = a->n == 0 ? h - l : true_range_of(h, l, a->prev_close);
	a->prev_close = c;
	if (a->n++ < a->window) {
		a->sum += range;
		a->value = a->sum / (double)a->n;
	} else {
		a->value = WILDER_MEAN_NEXT(a->value, w - 1.0, range, w);
	}
	return a->value;
}

/* Relative strength; n counts accepted closes. Until the window-th change the means are still sums and the value is 50. */
struct rsi { double value, prev_close, gain, loss; uint32_t window; uint64_t n; };

KERNEL_INLINE void rsi_init(struct rsi *r, uint32_t window)
{
	r->value = 50;
	r->prev_close = r->gain = r->loss = 0;
	r->window = window;
	r->n = 0;
}

KERNEL_INLINE double rsi_push(struct rsi *r, double c)
{
	double w = r->window, change, gain, loss;

	if (r->window == 0 || !isfinite(c))
		return r->value;
	change = c - r->prev_close;
	gain = positive_of(change);
	loss = positive_of(-change);
	r->prev_close = c;
	if (r->n++ == 0)
		return r->value;
	if (r->n - 1 > r->window) {
		r->gain = WILDER_MEAN_NEXT(r->gain, w - 1.0, gain, w);
		r->loss = WILDER_MEAN_NEXT(r->loss, w - 1.0, loss, w);
	} else {
		r->gain += gain;
		r->loss += loss;
		if (r->n - 1 < r->window)
			return r->value;
		r->gain /= w;
		r->loss /= w;
	}
	return r->value = rsi_of(r->gain, r->loss);
}

/* Average directional index. Phases: nothing stored, sums growing, the mean of DX growing, warm. */
enum adx_phase { ADX_EMPTY, ADX_SUMS, ADX_MEAN, ADX_WARM };
struct adx {
	double adx, pos, neg;		/* the output */
	double prev_high, prev_low, prev_close;
	double sum_pos, sum_neg, sum_range, dx_sum;
	uint32_t window, n, dx_count, phase;	/* n: bars in the sums while they grow */
};

KERNEL_INLINE void adx_init(struct adx *a, uint32_t window)
{
	a->adx = a->pos = a->neg = 0;
	a->prev_high = a->prev_low = a->prev_close = 0;
	a->sum_pos = a->sum_neg = a->sum_range = a->dx_sum = 0;
	a->window = window;
	a->n = a->dx_count = 0;
	a->phase = ADX_EMPTY;
}

KERNEL_INLINE void adx_directions(struct adx *a)
{
	a->pos = di_of(a->sum_pos, a->sum_range);
	a->neg = di_of(a->sum_neg, a->sum_range);
}

/* The sums after one more bar: plain while they grow, smoothed afterwards. */
KERNEL_INLINE void adx_add(struct adx *a, double pos, double neg, double range)
{
	double w = a->window;

	if (a->phase == ADX_SUMS) {
		a->sum_pos += pos;
		a->sum_neg += neg;
		a->sum_range += range;
	} else {
		a->sum_pos = WILDER_SUM_NEXT(a->sum_pos, w, pos);
		a->sum_neg = WILDER_SUM_NEXT(a->sum_neg, w, neg);
		a->sum_range = WILDER_SUM_NEXT(a->sum_range, w, range);
	}
}

/* The index after one more bar, from the sums. */
KERNEL_INLINE void adx_index(struct adx *a)
{
	double w = a->window, dx;

	if (a->phase == ADX_SUMS && ++a->n < a->window) {
		a->pos = a->neg = 0;
		return;
	}
	adx_directions(a);
	dx = dx_of(a->pos, a->neg);
	if (a->phase == ADX_WARM) {
		a->adx = WILDER_MEAN_NEXT(a->adx, w - 1.0, dx, w);
		return;
	}
	a->dx_sum += dx;
	a->dx_count++;
	if (a->phase == ADX_MEAN && a->dx_count >= a->window) {
		a->adx = a->dx_sum / w;	/* window 1: the sum of two, as the reference has it */
		a->phase = ADX_WARM;
	} else {
		a->adx = a->dx_sum / (double)a->dx_count;
		a->phase = ADX_MEAN;
	}
}

KERNEL_INLINE void adx_push(struct adx *a, double h, double l, double c)
{
	double up = h - a->prev_high, down = a->prev_low - l;

	if (a->window == 0)
		return;
	if (!isfinite(h) || !isfinite(l) || !isfinite(c)) {
		adx_directions(a);
		return;
	}
	if (a->phase == ADX_EMPTY) {
		a->phase = ADX_SUMS;
	} else {
		adx_add(a, movement_of(up, down), movement_of(down, up), true_range_of(h, l, a->prev_close));
		adx_index(a);
	}
	a->prev_high = h;
	a->prev_low = l;
	a->prev_close = c;
}

/* The mean of the last `cap` values. One running sum per window still open: each starts from 0 at its oldest value and
 * grows by every new one, so a finished sum has been added oldest first, and the cap additions of a push are
 * independent of each other (a sum over a ring would be one long chain). Memory: mean_memory(cap) doubles. */
struct mean { double *sum; uint32_t cap, n, at; };

#define MEAN_LANES 8u
KERNEL_INLINE uint32_t mean_memory(uint32_t cap) { return (cap + MEAN_LANES - 1) / MEAN_LANES * MEAN_LANES; }

KERNEL_INLINE void mean_init(struct mean *m, uint32_t cap, double *memory)
{
	m->sum = memory;
	m->cap = cap;
	m->n = m->at = 0;
	for (uint32_t i = 0; i < mean_memory(cap); i++)
		memory[i] = 0;
}

KERNEL_INLINE double mean_push(struct mean *m, double x)
{
	double *s = m->sum;

	for (uint32_t i = 0; i < m->cap; i += MEAN_LANES) {
		double *lane = s + i;

		lane[0] += x;
		lane[1] += x;
		lane[2] += x;
		lane[3] += x;
		lane[4] += x;
		lane[5] += x;
		lane[6] += x;
		lane[7] += x;
	}
	s[m->at] = 0.0 + x;	/* this one was complete; after the loop, so that no wide load waits for a narrow store */
	m->at = m->at + 1 == m->cap ? 0 : m->at + 1;
	if (m->n < m->cap)
		m->n++;
	return s[m->at] / (double)m->n;	/* while cold: a sum that has not started, hence one of all values */
}

/* The last `cap` values. Every value is stored twice, so that the window is always contiguous and oldest first.
 * Memory: 2 * cap doubles. */
struct ring { double *v; uint32_t cap, n, at; };

KERNEL_INLINE void ring_init(struct ring *r, uint32_t cap, double *memory)
{
	r->v = memory;
	r->cap = cap;
	r->n = r->at = 0;
}

KERNEL_INLINE void ring_push(struct ring *r, double x)
{
	r->v[r->at] = r->v[r->at + r->cap] = x;
	r->at = r->at + 1 == r->cap ? 0 : r->at + 1;
	if (r->n < r->cap)
		r->n++;
}

KERNEL_INLINE bool ring_full(const struct ring *r) { return r->n == r->cap; }
/* n values, oldest first. */
KERNEL_INLINE const double *ring_window(const struct ring *r) { return r->v + (ring_full(r) ? r->at : 0); }

/* Population standard deviation of n values around their mean. */
KERNEL_INLINE double deviation_of(const double *v, uint32_t n, double mean)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (v[i] - mean) * (v[i] - mean);
	return sqrt(sum / (double)n);
}

#endif
