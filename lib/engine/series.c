/* SPDX-License-Identifier: MIT
 * The batch form of the indicator bank (docs/rules/indicators.md "Two forms", docs/performance.md "Indicators").
 *
 * Windows of neighbouring bars are summed side by side, one bar per SIMD lane: each lane still adds oldest first, so the
 * bits are those of the bank. Recurrences run bar by bar, all of them in one loop, to hide each other's latency. The bank
 * itself does the first bars, until every window is full, and all of a series with a number that lanes would not treat as
 * it does. Work goes in tiles that stay in the first-level cache, and columns hold only the bars around the latest: memory
 * that is touched once costs more than computing what goes into it. */
#include "engine/series.h"

#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define TILE 64u
#define ORDINARY 1e300	/* below it no difference or sum of the recurrences overflows */

typedef double lanes __attribute__((vector_size(32)));
typedef double lanes_at __attribute__((vector_size(32), aligned(8), may_alias));	/* anywhere in an array */
#define LANES 4u
#define AT(p) (*(const lanes_at *)(p))
#define PUT(p) (*(lanes_at *)(p))

typedef double pair __attribute__((vector_size(16)));	/* two values that divide together */

/* Where the recurrences stand, and their windows. */
struct recurrences {
	struct ema slow, fast, macro, macd_fast, macd_slow, macd_signal;
	pair moves, changes;	/* ADX's sums up and down; RSI's means of gain and loss */
	double range, atr, adx;
	double adx_w, atr_w, rsi_w;
};

/* What each bar of a tile adds to them, and the sums and means after it. */
struct moves { double range[TILE], up[TILE], down[TILE], gain[TILE], loss[TILE]; };
struct sums { double range[TILE], up[TILE], down[TILE], gain[TILE], loss[TILE]; };

struct series_work {
	struct series *s;
	struct params p;
	double *bank_memory;
	struct bank bank;	/* does the bars before `cold` */
	size_t cold;
	size_t history;		/* bars that a window or lag may reach back */
	size_t at_once;		/* bars computed in one go: whole tiles, or all */
	size_t room;		/* bars that the columns hold */
	double *memory;		/* of everything */
	unsigned want;		/* SERIES_STOCH ... */
	struct recurrences now;
	double dx[TILE];	/* of the last tile: `pending` bars from pending_at on wait for their ADX */
	size_t pending, pending_at;	/* a place in the columns */
	double spare[TILE];
	double *scratch;	/* 4 * (TILE + StochRSI window) doubles: running extremes */
	double *raw;		/* %K's window - 1 of the latest raw values, then room for a tile's */
};

/* out[j] = mean of the w values that end with v[j]. */
INLINE void window_means(double *restrict out, const double *restrict v, size_t m, uint32_t w)
{
	double count = w;
	size_t j = 0;

	v -= w - 1;
	for (; j + 4 * LANES <= m; j += 4 * LANES) {
		lanes a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };

		for (const double *x = v + j, *end = x + w; x < end; x++) {
			a += AT(x);
			b += AT(x + LANES);
			c += AT(x + 2 * LANES);
			d += AT(x + 3 * LANES);
		}
		PUT(out + j) = a / count;
		PUT(out + j + LANES) = b / count;
		PUT(out + j + 2 * LANES) = c / count;
		PUT(out + j + 3 * LANES) = d / count;
	}
	for (; j < m; j++) {
		double sum = 0;

		for (uint32_t k = 0; k < w; k++)
			sum += v[j + k];
		out[j] = sum / count;
	}
}

/* out[j] = mean squared distance to mean[j] of the w values that end with v[j]. */
INLINE void window_variances(double *restrict out, const double *restrict v, const double *restrict mean, size_t m, uint32_t w)
{
	double count = w;
	size_t j = 0;

	v -= w - 1;
	for (; j + 4 * LANES <= m; j += 4 * LANES) {
		lanes a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
		lanes ma = AT(mean + j), mb = AT(mean + j + LANES), mc = AT(mean + j + 2 * LANES), md = AT(mean + j + 3 * LANES);

		for (const double *x = v + j, *end = x + w; x < end; x++) {
			lanes da = AT(x) - ma, db = AT(x + LANES) - mb, dc = AT(x + 2 * LANES) - mc, dd = AT(x + 3 * LANES) - md;

			a += da * da;
			b += db * db;
			c += dc * dc;
			d += dd * dd;
		}
		PUT(out + j) = a / count;
		PUT(out + j + LANES) = b / count;
		PUT(out + j + 2 * LANES) = c / count;
		PUT(out + j + 3 * LANES) = d / count;
	}
	for (; j < m; j++) {
		double sum = 0;

		for (uint32_t k = 0; k < w; k++)
			sum += (v[j + k] - mean[j]) * (v[j + k] - mean[j]);
		out[j] = sum / count;
	}
}

INLINE void lower_and_higher(double *restrict lo, double *restrict hi, const double *a_lo, const double *b_lo,
			     const double *a_hi, const double *b_hi, size_t n)
{
	size_t even = n & ~(size_t)7;	/* a count that the compiler can divide into lanes */

	for (size_t j = 0; j < even; j++) {
		lo[j] = a_lo[j] < b_lo[j] ? a_lo[j] : b_lo[j];
		hi[j] = a_hi[j] > b_hi[j] ? a_hi[j] : b_hi[j];
	}
	for (size_t j = even; j < n; j++) {
		lo[j] = a_lo[j] < b_lo[j] ? a_lo[j] : b_lo[j];
		hi[j] = a_hi[j] > b_hi[j] ? a_hi[j] : b_hi[j];
	}
}

/* lo[j], hi[j] = the extremes of the w values from v[j]: spans double until two of them cover the window. (An extreme
 * does not depend on the order.) */
INLINE void window_extremes(double *restrict lo, double *restrict hi, const double *v, size_t m, uint32_t w, double *scratch)
{
	size_t room = m + w, n = m + w - 1, span = 1;
	const double *low = v, *high = v;
	double *to = scratch, *other = scratch + 2 * room, *swap;

	for (; 2 * span <= w; span *= 2) {
		n -= span;
		lower_and_higher(to, to + room, low, low + span, high, high + span, n);
		low = to;
		high = to + room;
		swap = to;
		to = other;
		other = swap;
	}
	lower_and_higher(lo, hi, low, low + (w - span), high, high + (w - span), m);
}

/* One formula over a tile. Apart from each other, since the compiler makes lanes of simple loops over distinct arrays. */
INLINE void each_di(double *restrict out, const double *restrict sum, const double *restrict range, size_t m)
{
	for (size_t j = 0; j < m; j++)
		out[j] = di_of(sum[j], range[j]);
}

INLINE void each_dx(double *restrict out, const double *restrict pos, const double *restrict neg, size_t m)
{
	for (size_t j = 0; j < m; j++)
		out[j] = dx_of(pos[j], neg[j]);
}

INLINE void each_rsi(double *restrict out, const double *restrict gain, const double *restrict loss, size_t m)
{
	for (size_t j = 0; j < m; j++)
		out[j] = rsi_of(gain[j], loss[j]);
}

INLINE void each_place(double *restrict out, const double *restrict x, const double *restrict lo, const double *restrict hi, size_t m)
{
	for (size_t j = 0; j < m; j++)
		out[j] = place_of(x[j], lo[j], hi[j]);
}

INLINE void each_ratio(double *restrict out, const double *restrict x, const double *restrict base, double otherwise, size_t m)
{
	for (size_t j = 0; j < m; j++)
		out[j] = ratio_of(x[j], base[j], otherwise);
}

INLINE void each_reach(double *restrict variance, size_t m)
{
	for (size_t j = 0; j < m; j++)
		variance[j] = BB_DEVIATIONS * sqrt(variance[j]);
}

INLINE void each_band(double *restrict upper, double *restrict lower, double *restrict span,
		      const double *restrict mean, const double *restrict reach, size_t m)
{
	for (size_t j = 0; j < m; j++) {
		upper[j] = mean[j] + reach[j];
		lower[j] = mean[j] - reach[j];
		span[j] = upper[j] - lower[j];
	}
}

/* What each bar adds to the recurrences. */
INLINE void tile_moves(struct moves *restrict t, const struct bars *b, size_t bar, size_t m)
{
	const double *h = b->high + bar, *l = b->low + bar, *c = b->close + bar;
	const double *ph = h - 1, *pl = l - 1, *pc = c - 1;

	for (size_t j = 0; j < m; j++) {
		double up = h[j] - ph[j], down = pl[j] - l[j], change = c[j] - pc[j];

		t->range[j] = true_range_of(h[j], l[j], pc[j]);
		t->up[j] = movement_of(up, down);
		t->down[j] = movement_of(down, up);
		t->gain[j] = positive_of(change);
		t->loss[j] = positive_of(-change);
	}
}

/* All recurrences in one loop: each waits for its own division, so they wait together. ADX runs one tile late, since it
 * needs the sums first; in the first tile it runs over nothing, into a spare array. */
INLINE void tile_recurrences(struct series_work *w, const struct moves *t, struct sums *sums,
			    const double *close, size_t at, size_t m)
{
	struct recurrences r = w->now;
	double *slow = w->s->ema_slow + at, *fast = w->s->ema_fast + at, *macro = w->s->ema_macro + at;
	double *atr = w->s->atr + at, *hist = w->s->macd_hist + at, *adx = w->pending ? w->s->adx + w->pending_at : w->spare;
	double adx_less = r.adx_w - 1.0, atr_less = r.atr_w - 1.0, rsi_less = r.rsi_w - 1.0;

	for (size_t j = 0; j < m; j++) {
		double c = close[j], line;
		pair moves = { t->up[j], t->down[j] }, changes = { t->gain[j], t->loss[j] };

		r.moves = WILDER_SUM_NEXT(r.moves, r.adx_w, moves);
		r.range = WILDER_SUM_NEXT(r.range, r.adx_w, t->range[j]);
		r.atr = WILDER_MEAN_NEXT(r.atr, atr_less, t->range[j], r.atr_w);
		r.changes = WILDER_MEAN_NEXT(r.changes, rsi_less, changes, r.rsi_w);
		r.adx = WILDER_MEAN_NEXT(r.adx, adx_less, w->dx[j], r.adx_w);
		sums->up[j] = r.moves[0];
		sums->down[j] = r.moves[1];
		sums->range[j] = r.range;
		atr[j] = r.atr;
		sums->gain[j] = r.changes[0];
		sums->loss[j] = r.changes[1];
		adx[j] = r.adx;
		slow[j] = ema_next(&r.slow, c);
		fast[j] = ema_next(&r.fast, c);
		macro[j] = ema_next(&r.macro, c);
		line = ema_next(&r.macd_fast, c) - ema_next(&r.macd_slow, c);
		hist[j] = line - ema_next(&r.macd_signal, line);
	}
	if (!w->pending)
		r.adx = w->now.adx;
	w->now = r;
}

/* ADX of the bars that wait for it, from the j-th on. */
INLINE void finish_adx(struct series_work *w, size_t j)
{
	double *adx = w->s->adx + w->pending_at, window = w->now.adx_w;

	for (; j < w->pending; j++)
		adx[j] = w->now.adx = WILDER_MEAN_NEXT(w->now.adx, window - 1.0, w->dx[j], window);
	w->pending = 0;
}

INLINE void tile_directions(struct series_work *w, const struct sums *sums, size_t at, size_t m)
{
	double *pos = w->s->adx_pos + at, *neg = w->s->adx_neg + at;

	each_di(pos, sums->up, sums->range, m);
	each_di(neg, sums->down, sums->range, m);
	each_dx(w->dx, pos, neg, m);
	w->pending = m;
	w->pending_at = at;
}

/* StochRSI before smoothing, of m bars. */
INLINE void tile_stoch_raw(struct series_work *w, double *restrict raw, size_t at, size_t m)
{
	uint32_t window = w->bank.stoch.cap;
	const double *rsi = w->s->rsi + at;
	double lo[TILE], hi[TILE];

	window_extremes(lo, hi, rsi - (window - 1), m, window, w->scratch);
	each_place(raw, rsi, lo, hi, m);
}

INLINE void tile_stoch(struct series_work *w, size_t at, size_t m)
{
	struct series *s = w->s;

	if (w->bank.use_stoch_rsi) {
		double *now = w->raw + w->bank.stoch_k.cap - 1;

		tile_stoch_raw(w, now, at, m);
		window_means(s->stoch_rsi_k + at, now, m, w->bank.stoch_k.cap);
		memmove(w->raw, w->raw + m, (size_t)(now - w->raw) * sizeof *w->raw);
		window_means(s->stoch_rsi_d + at, s->stoch_rsi_k + at, m, w->bank.stoch_d.cap);
	} else {
		for (size_t j = 0; j < m; j++)
			s->stoch_rsi_k[at + j] = s->stoch_rsi_d[at + j] = 0;
	}
}

INLINE void tile_bands(struct series_work *w, const double *c, size_t at, size_t m)
{
	struct series *s = w->s;
	double mean[TILE], reach[TILE], span[TILE];
	uint32_t window = w->bank.bb.cap;

	window_means(mean, c, m, window);
	window_variances(reach, c, mean, m, window);
	each_reach(reach, m);
	each_band(s->bb_upper + at, s->bb_lower + at, span, mean, reach, m);
	each_ratio(s->bb_width + at, span, c, 0.0, m);
	window_means(s->bb_width_avg + at, s->bb_width + at, m, w->bank.bb_width.cap);
	each_ratio(s->bb_width_ratio + at, s->bb_width + at, s->bb_width_avg + at, 1.0, m);
}

INLINE void tile_volume(struct series *s, const double *volume, size_t at, size_t m, uint32_t window, uint32_t short_window)
{
	double vol_short[TILE];

	window_means(s->vol_sma + at, volume, m, window);
	window_means(vol_short, volume, m, short_window);
	for (size_t j = 0; j < m; j++)
		s->vol_trend[at + j] = vol_short[j] > s->vol_sma[at + j];
}

/* m bars from the next one on. */
INLINE void tile(struct series_work *w, size_t m)
{
	struct series *s = w->s;
	const double *close = s->bars->close + s->to, *volume = s->bars->volume + s->to;
	size_t at = s->to - s->from;
	struct moves moves;
	struct sums sums;

	tile_moves(&moves, s->bars, s->to, m);
	tile_recurrences(w, &moves, &sums, close, at, m);
	finish_adx(w, m);
	tile_directions(w, &sums, at, m);
	each_rsi(s->rsi + at, sums.gain, sums.loss, m);
	if (w->want & SERIES_STOCH)
		tile_stoch(w, at, m);
	if (w->want & SERIES_BANDS)
		tile_bands(w, close, at, m);
	if (w->want & SERIES_AVG_ATR)
		window_means(s->avg_atr + at, s->atr + at, m, w->bank.avg_atr.cap);
	if (w->want & SERIES_VOLUME)
		tile_volume(s, volume, at, m, w->bank.vol_sma.cap, w->bank.vol_short.cap);
	s->to += m;
}

INLINE void tiles(struct series_work *w, size_t end)
{
	while (w->s->to + TILE <= end)
		tile(w, TILE);	/* a constant: its loops become lanes */
	if (w->s->to < end)
		tile(w, end - w->s->to);
	finish_adx(w, 0);
}

static void tiles_here(struct series_work *w, size_t end) { tiles(w, end); }
#if defined __x86_64__
__attribute__((target("avx2"))) static void tiles_avx2(struct series_work *w, size_t end) { tiles(w, end); }
#define HAVE_AVX2 __builtin_cpu_supports("avx2")
#else
#define tiles_avx2 tiles_here
#define HAVE_AVX2 0
#endif

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/* Bars until every window is full and every recurrence past its seed. */
static size_t cold_bars(const struct params *p)
{
	size_t cold = (size_t)2 * p->indicators_adx_window + 2;

	cold = larger(cold, (size_t)p->indicators_atr_window + 1);
	cold = larger(cold, (size_t)p->indicators_rsi_window + 2);
	cold = larger(cold, p->indicators_bb_window);
	cold = larger(cold, p->indicators_bb_width_avg_window);
	cold = larger(cold, p->entry_ave_avg_atr_window);
	cold = larger(cold, (size_t)p->indicators_stoch_rsi_window + p->indicators_stoch_rsi_smooth1 + p->indicators_stoch_rsi_smooth2);
	cold = larger(cold, p->indicators_vol_sma_window);
	return larger(cold, p->indicators_vol_trend_window);
}

/* Bars that windows over columns and the lags of the bar before reach back. */
static size_t history_bars(const struct params *p)
{
	size_t history = (size_t)p->entry_slow_drift_slope_window + 4;

	history = larger(history, p->indicators_bb_width_avg_window);
	history = larger(history, p->entry_ave_avg_atr_window);
	return larger(history, (size_t)p->indicators_stoch_rsi_window + p->indicators_stoch_rsi_smooth1 + p->indicators_stoch_rsi_smooth2);
}

static void push(struct series_work *w, size_t i)
{
	const struct bars *b = w->s->bars;
	struct bar bar = { b->t_ms[i], b->open[i], b->high[i], b->low[i], b->close[i], b->volume[i] };

	bank_push(&w->bank, &bar);
}

/* The next bars through the bank. */
static void push_until(struct series_work *w, size_t end)
{
	struct series *s = w->s;

	for (; s->to < end; s->to++) {
		size_t at = s->to - s->from;

		push(w, s->to);
#define X(name) s->name[at] = w->bank.last.name;
		SERIES_COLUMNS(X)
#undef X
		s->vol_trend[at] = w->bank.last.vol_trend;
	}
}

/* The recurrences go on where the bank stopped, and %K looks back on raw values. */
static void take_over(struct series_work *w)
{
	const struct bank *b = &w->bank;
	size_t at = w->s->to - w->s->from, raw = w->bank.stoch_k.cap - 1;

	w->now = (struct recurrences){
		.slow = b->slow, .fast = b->fast, .macro = b->macro,
		.macd_fast = b->macd_fast, .macd_slow = b->macd_slow, .macd_signal = b->macd_signal,
		.moves = { b->adx.sum_pos, b->adx.sum_neg }, .changes = { b->rsi.gain, b->rsi.loss },
		.range = b->adx.sum_range, .atr = b->atr.value, .adx = b->adx.adx,
		.adx_w = b->adx.window, .atr_w = b->atr.window, .rsi_w = b->rsi.window,
	};
	for (size_t done = 0, m; b->use_stoch_rsi && done < raw; done += m) {
		m = raw - done < TILE ? raw - done : TILE;
		tile_stoch_raw(w, w->raw + done, at - raw + done, m);
	}
}

static bool ordinary(const struct bars *b, size_t i, size_t end)
{
	bool all = true;

	for (; i < end; i++)
		all &= (fabs(b->high[i]) < ORDINARY) & (fabs(b->low[i]) < ORDINARY) & (fabs(b->close[i]) < ORDINARY);
	return all;
}

/* A bar that lanes cannot do: the bank does the rest. If lanes were at work, it is fed again up to here first. */
static void back_to_bank(struct series_work *w)
{
	bool behind = w->s->to > w->cold;

	w->cold = w->s->bars->n;
	if (!behind)
		return;
	bank_init(&w->bank, &w->p, w->bank_memory);
	for (size_t i = 0; i < w->s->to; i++)
		push(w, i);
}

/* Keeps what windows and lags reach back to. */
static void drop_old(struct series_work *w)
{
	struct series *s = w->s;
	size_t keep = s->to - s->from < w->history ? s->to - s->from : w->history, at = s->to - s->from - keep;

#define X(name) memmove(s->name, s->name + at, keep * sizeof *s->name);
	SERIES_COLUMNS(X) X(vol_trend)
#undef X
	s->from = s->to - keep;
}

void series_advance(struct series *s)
{
	struct series_work *w = s->work;
	size_t left = s->bars->n - s->to, end = s->to + (left < w->at_once ? left : w->at_once);

	w->s = s;	/* it may have been moved */
	if (end - s->from > w->room)
		drop_old(w);
	if (!ordinary(s->bars, s->to, end))
		back_to_bank(w);
	if (s->to >= w->cold) {
		(HAVE_AVX2 ? tiles_avx2 : tiles_here)(w, end);
		return;
	}
	push_until(w, end < w->cold ? end : w->cold);
	if (s->to == w->cold && s->to < s->bars->n)
		take_over(w);
}

/* Columns are an odd number of cache lines apart, so that one bar's values do not fall into one cache set. */
static size_t stride(size_t room) { return (room / 8 + 1) / 2 * 16 + 8; }

/* Divides the memory; with memory NULL only counts it. Returns the doubles needed. */
static size_t place(struct series_work *w, double *memory)
{
	size_t at = 0;

#define PLACE(pointer, doubles) do { if (memory) (pointer) = memory + at; at += (doubles); } while (0)
#define X(name) PLACE(w->s->name, stride(w->room));
	SERIES_COLUMNS(X)
#undef X
	if (memory)
		w->s->vol_trend = (uint8_t *)(memory + at);
	at += stride(w->room);
	PLACE(w->bank_memory, bank_memory(&w->p));
	PLACE(w->scratch, 4 * (TILE + (size_t)w->p.indicators_stoch_rsi_window));
	PLACE(w->raw, (size_t)w->p.indicators_stoch_rsi_smooth1 + TILE);
#undef PLACE
	return at;
}

void series_open(struct series *s, const struct bars *bars, const struct params *p, size_t at_once)
{
	struct series_work *w = s->work = xcalloc(1, sizeof *w);

	s->bars = bars;
	s->from = s->to = 0;
	s->slope_window = p->entry_slow_drift_slope_window ? p->entry_slow_drift_slope_window : 1;
	w->s = s;
	w->p = *p;
	w->cold = p->indicators_adx_window && p->indicators_atr_window && p->indicators_rsi_window ? cold_bars(p) : bars->n;
	w->history = history_bars(p);
	w->at_once = at_once && at_once < bars->n ? (at_once + TILE - 1) / TILE * TILE : bars->n;
	w->room = w->at_once < bars->n ? w->history + w->at_once : bars->n;
	w->memory = xreallocarray(NULL, place(w, NULL), sizeof *w->memory);
	place(w, w->memory);
	bank_init(&w->bank, &w->p, w->bank_memory);
	w->want = SERIES_ALL;
}

void series_want(struct series *s, unsigned groups)
{
	s->work->want = groups;
}

void series_close(struct series *s)
{
	free(s->work->memory);
	free(s->work);
	s->work = NULL;
}
