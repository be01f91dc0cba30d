/* SPDX-License-Identifier: MIT
 * Marks are found by simple comparisons that follow from the rules of kernel/signal.c, four bars side by side: they keep the bars at
 * which some entry mode could speak at all, and of those the ones where a position could be opened. Then the rules
 * themselves are asked, here or when the walk gets there. A bar that the comparisons drop wrongly would be a lost trade:
 * test/unit/t_sweep.c compares with the rules alone, over every kind of candidate. */
#include "engine/marks.h"

#include "kernel/math.h"

#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define TILE 64u
#define LANES 4u

typedef double lanes __attribute__((vector_size(32)));
typedef long long mask __attribute__((vector_size(32)));
typedef double lanes_at __attribute__((vector_size(32), aligned(8), may_alias));
#define AT(p) (*(const lanes_at *)(p))

/* Limits that hold whatever the bar: outside them a mode is silent (docs/rules/entry.md). */
struct limits {
	bool standard, pullback, drift;			/* the mode can speak at all */
	bool volume, either_volume, rising, macro, stoch, pullback_sign, drift_sign;
	uint8_t macd;
	double standard_adx, pullback_adx, drift_adx;	/* ADX is above the first, not below the others */
	double saturation, rsi_long, rsi_short;		/* of the standard mode */
	double stoch_long, stoch_short;
	double pullback_rsi_long, pullback_rsi_short;
	double drift_slope, drift_rsi_long, drift_rsi_short;
	/* what the filters behind the rules surely refuse (entry_blocked()) */
	bool standard_loud;				/* the standard mode's confidence must be high */
	bool standard_enters, pullback_enters, drift_enters;	/* by confidence */
	double loud;
	bool sides_known, reversed;			/* false: sides may be swapped at some bars, nothing is sure */
	bool ssf, reef;
	double reef_adx, reef_long, reef_long_extreme, reef_short, reef_short_extreme;
};

/* The lowest ADX floor that the gate can come to: capped, and multiplied if that lowers it. */
static double lowest_floor(const struct params *p, const struct plan *plan)
{
	double mult = p->entry_ave_adx_mult > 0 ? p->entry_ave_adx_mult : 1.0;
	double capped = min_f64(p->entry_min_adx, TMC_ADX_CAP);

	return plan_on(plan, B_GATE_ADX_FLOOR) ? min_f64(capped, capped * mult) : 0;
}

static void filters_of(struct limits *l, const struct params *p, const struct plan *plan)
{
	bool upgrade = plan_on(plan, B_SIGNAL_CONFIDENCE_HIGH_VOLUME_UPGRADE);

	l->standard_loud = p->trade_entry_min_confidence > CONFIDENCE_MEDIUM;
	l->standard_enters = !l->standard_loud || upgrade;
	l->pullback_enters = p->entry_pullback_confidence >= p->trade_entry_min_confidence;
	l->drift_enters = CONFIDENCE_LOW >= p->trade_entry_min_confidence;
	l->loud = p->entry_high_conf_volume_mult;
	l->sides_known = !p->market_regime_enable_auto_reverse;
	l->reversed = p->trade_reverse_entry_signal;
	l->ssf = p->trade_enable_ssf_filter;
	l->reef = p->trade_enable_reef_filter;
	l->reef_adx = p->trade_reef_adx_threshold;
	l->reef_long = p->trade_reef_long_rsi_block_gt;
	l->reef_long_extreme = p->trade_reef_long_rsi_extreme_gt;
	l->reef_short = p->trade_reef_short_rsi_block_lt;
	l->reef_short_extreme = p->trade_reef_short_rsi_extreme_lt;
}

static void limits_of(struct limits *l, const struct params *p, const struct plan *plan)
{
	const double slack = 1e-6;	/* sliding limits are rounded */

	l->standard = plan_on(plan, B_SIGNAL_MODE_STANDARD_TREND);
	l->pullback = plan_on(plan, B_SIGNAL_MODE_PULLBACK) && p->entry_enable_pullback_entries;
	l->drift = plan_on(plan, B_SIGNAL_MODE_SLOW_DRIFT) && p->entry_enable_slow_drift_entries;
	l->volume = plan_on(plan, B_GATE_VOLUME_CONFIRMATION) && p->filters_require_volume_confirmation;
	l->either_volume = p->filters_vol_confirm_include_prev;
	l->rising = plan_on(plan, B_GATE_ADX_RISING) && p->filters_require_adx_rising;
	l->saturation = p->filters_adx_rising_saturation;
	l->macro = plan_on(plan, B_GATE_ALIGNMENT_MACRO) && p->filters_require_macro_alignment;
	l->macd = p->entry_macd_hist_entry_mode;
	l->standard_adx = lowest_floor(p, plan);
	l->rsi_long = min_f64(p->tp_and_momentum_rsi_long_weak, p->tp_and_momentum_rsi_long_strong) - slack;
	l->rsi_short = max_f64(p->tp_and_momentum_rsi_short_weak, p->tp_and_momentum_rsi_short_strong) + slack;
	l->stoch = p->filters_use_stoch_rsi_filter;
	l->stoch_long = p->stoch_rsi_block_long_if_k_gt;
	l->stoch_short = p->stoch_rsi_block_short_if_k_lt;
	l->pullback_adx = p->entry_pullback_min_adx;
	l->pullback_sign = p->entry_pullback_require_macd_sign;
	l->pullback_rsi_long = p->entry_pullback_rsi_long_min;
	l->pullback_rsi_short = p->entry_pullback_rsi_short_max;
	l->drift_adx = p->entry_slow_drift_min_adx;
	l->drift_slope = p->entry_slow_drift_min_slope_pct;
	l->drift_sign = p->entry_slow_drift_require_macd_sign;
	l->drift_rsi_long = p->entry_slow_drift_rsi_long_min;
	l->drift_rsi_short = p->entry_slow_drift_rsi_short_max;
	filters_of(l, p, plan);
}

/* Four bars from the one at `at`, and what modes have in common. */
struct four {
	const struct walk_bars *b;
	const struct walk_columns *c;
	uint32_t at;
	lanes close, fast, slow, adx, rsi, macd;
	mask bull, bear;
};

/* Where a mode could buy and sell. */
struct sides { mask buy, sell; };

INLINE void need_volume(const struct limits *l, const struct four *k, mask *any)
{
	const uint8_t *t = k->c->vol_trend + k->at;
	mask rising = -(mask){ t[0], t[1], t[2], t[3] };
	mask above = AT(k->b->volume + k->at) > AT(k->c->vol_sma + k->at);

	*any &= l->either_volume ? above | rising : above & rising;
}

INLINE void align(const struct limits *l, struct four *k)
{
	k->bull = k->fast > k->slow;
	k->bear = k->fast < k->slow;
	if (l->macro) {
		lanes macro = AT(k->c->ema_macro + k->at);

		k->bull &= k->slow > macro;
		k->bear &= k->slow < macro;
	}
}

INLINE void need_sign(const struct four *k, struct sides *to)
{
	to->buy &= k->macd > 0.0;
	to->sell &= k->macd < 0.0;
}

INLINE void standard(const struct limits *l, const struct four *k, struct sides *to)
{
	mask adx = k->adx > l->standard_adx;

	if (l->rising)
		adx &= (k->adx - AT(k->c->adx + k->at - 1) > 0.0) | (k->adx > l->saturation);
	to->buy = adx & k->bull & (k->close > k->fast) & (k->rsi > l->rsi_long);
	to->sell = adx & k->bear & (k->close < k->fast) & (k->rsi < l->rsi_short);
	if (l->macd == MACD_ACCEL) {
		to->buy &= k->macd > AT(k->c->macd_hist + k->at - 1);
		to->sell &= k->macd < AT(k->c->macd_hist + k->at - 1);
	} else if (l->macd == MACD_SIGN) {
		need_sign(k, to);
	}
	if (l->stoch) {
		to->buy &= AT(k->c->stoch_rsi_k + k->at) < l->stoch_long;
		to->sell &= AT(k->c->stoch_rsi_k + k->at) > l->stoch_short;
	}
}

INLINE void pullback(const struct limits *l, const struct four *k, struct sides *to)
{
	lanes prev_close = AT(k->b->close + k->at - 1), prev_fast = AT(k->c->ema_fast + k->at - 1);
	mask adx = k->adx >= l->pullback_adx;

	to->buy = adx & k->bull & (prev_close <= prev_fast) & (k->close > k->fast) & (k->rsi >= l->pullback_rsi_long);
	to->sell = adx & k->bear & (prev_close >= prev_fast) & (k->close < k->fast) & (k->rsi <= l->pullback_rsi_short);
	if (l->pullback_sign)
		need_sign(k, to);
}

/* The slope's sign is that of the difference; its size is left to the rule. */
INLINE void drift(const struct limits *l, const struct four *k, struct sides *to)
{
	lanes change = k->slow - AT(k->c->ema_slow + k->at - k->c->slope_back);
	mask adx = k->adx >= l->drift_adx;

	to->buy = adx & k->bull & (k->close > k->slow) & (k->rsi >= l->drift_rsi_long);
	to->sell = adx & k->bear & (k->close < k->slow) & (k->rsi <= l->drift_rsi_short);
	if (l->drift_slope > 0) {
		to->buy &= change > 0.0;
		to->sell &= change < 0.0;
	}
	if (l->drift_sign)
		need_sign(k, to);
}

/* Bars at which the filters do not surely refuse a long, or a short. */
INLINE void pass_filters(const struct limits *l, const struct four *k, struct sides *ok)
{
	ok->buy = ok->sell = ~(mask){ 0 };
	if (l->ssf)
		need_sign(k, ok);
	if (l->reef) {
		mask weak = k->adx < l->reef_adx;

		ok->buy &= ~((weak & (k->rsi > l->reef_long)) | (~weak & (k->rsi > l->reef_long_extreme)));
		ok->sell &= ~((weak & (k->rsi < l->reef_short)) | (~weak & (k->rsi < l->reef_short_extreme)));
	}
}

/* Adds a mode's signals to those that speak, and to those that may enter. */
INLINE void add_mode(const struct limits *l, const struct sides *mode, const struct sides *ok, bool enters, mask *speak, mask *enter)
{
	*speak |= mode->buy | mode->sell;
	if (!enters)
		return;
	if (!l->sides_known)
		*enter |= mode->buy | mode->sell;
	else if (l->reversed)
		*enter |= (mode->buy & ok->sell) | (mode->sell & ok->buy);
	else
		*enter |= (mode->buy & ok->buy) | (mode->sell & ok->sell);
}

INLINE void could_speak(const struct limits *l, const struct walk_bars *b, const struct walk_columns *c, uint32_t at, mask *speak, mask *enter)
{
	struct four k = { .b = b, .c = c, .at = at };
	struct sides mode, ok;

	k.close = AT(b->close + at);
	k.fast = AT(c->ema_fast + at);
	k.slow = AT(c->ema_slow + at);
	k.adx = AT(c->adx + at);
	k.rsi = AT(c->rsi + at);
	k.macd = AT(c->macd_hist + at);
	align(l, &k);
	pass_filters(l, &k, &ok);
	*speak = *enter = (mask){ 0 };
	if (l->standard) {
		standard(l, &k, &mode);
		add_mode(l, &mode, &ok, l->standard_enters, speak, enter);
		if (l->standard_loud)
			*enter &= AT(b->volume + at) > AT(c->vol_sma + at) * l->loud;
	}
	if (l->pullback) {
		pullback(l, &k, &mode);
		add_mode(l, &mode, &ok, l->pullback_enters, speak, enter);
	}
	if (l->drift) {
		drift(l, &k, &mode);
		add_mode(l, &mode, &ok, l->drift_enters, speak, enter);
	}
	if (l->volume)
		need_volume(l, &k, speak);
	*enter &= *speak;
}

/* Bit j: the rules could speak at bar at + j, or enter there, j < n <= TILE. Bars before the first one may be looked at. */
struct bits { uint64_t speak, enter; };

INLINE uint64_t bits_of(const mask *m)
{
	return (uint64_t)(((*m)[0] & 1) | ((*m)[1] & 2) | ((*m)[2] & 4) | ((*m)[3] & 8));
}

INLINE struct bits tile(const struct limits *l, const struct walk_bars *b, const struct walk_columns *c, uint32_t at, uint32_t n)
{
	struct bits bits = { 0, 0 };
	uint64_t rest;
	uint32_t j;

	for (j = 0; j + LANES <= n; j += LANES) {
		mask speak, enter;

		could_speak(l, b, c, at + j, &speak, &enter);
		bits.speak |= bits_of(&speak) << j;
		bits.enter |= bits_of(&enter) << j;
	}
	if (j < n) {	/* the last few are not looked at */
		rest = (~(uint64_t)0 >> (64 - (n - j))) << j;
		bits.speak |= rest;
		bits.enter |= rest;
	}
	return bits;
}

static struct bits tile_here(const struct limits *l, const struct walk_bars *b, const struct walk_columns *c, uint32_t at, uint32_t n)
{
	return tile(l, b, c, at, n);
}
#if defined __x86_64__
__attribute__((target("avx2")))
static struct bits tile_avx2(const struct limits *l, const struct walk_bars *b, const struct walk_columns *c, uint32_t at, uint32_t n)
{
	return tile(l, b, c, at, n);
}
#define HAVE_AVX2 __builtin_cpu_supports("avx2")
#else
#define tile_avx2 tile_here
#define HAVE_AVX2 0
#endif

/* ---- bars ---- */

/* Signals as they are found, symbol by symbol. */
struct found { struct walk_spoken spoken; uint32_t step, i; };

struct marking {
	const struct prepared *p;
	const struct walk *w;
	struct marks *to;
	struct limits limits;
	bool stats;
	struct found *found;
	uint32_t n, cap;
};

/* One symbol's bars that may enter: inside the window, after the warm-up. */
struct range { uint32_t i, at, to; };

static struct range range_of(const struct walk *w, uint32_t i)
{
	const struct walk_market *m = w->market;
	uint32_t warm = m->first[i] + (w->strategy.lookback > 0 ? w->strategy.lookback - 1 : 0);
	struct range r = { i, m->bar_from[(uint64_t)m->first_step * m->n_symbols + i],
			   m->bar_from[(uint64_t)m->end_step * m->n_symbols + i] };

	if (r.at < warm)
		r.at = warm;
	return r;
}

/* Asks the rules about one bar. */
static void mark_bar(struct marking *k, uint32_t i, uint32_t at)
{
	uint32_t step = k->p->step_of[at];
	struct found *f;

	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 4096;
		k->found = xreallocarray(k->found, k->cap, sizeof *k->found);
	}
	f = &k->found[k->n];
	if (!walk_speaks(k->w, i, step, at, &f->spoken, k->stats ? &k->to->stats : NULL) || !k->to->mark)
		return;
	f->step = step;
	f->i = i;
	k->to->mark[(uint64_t)step * k->w->market->words + i / 64] |= (uint64_t)1 << i % 64;
	k->n++;
}

static void mark_each(struct marking *k, struct range *r, uint32_t to)
{
	for (; r->at < to && r->at < r->to; r->at++)
		mark_bar(k, r->i, r->at);
}

static struct bits next_tile(const struct marking *k, struct range *r, uint32_t *at)
{
	uint32_t n = r->to - r->at < TILE ? r->to - r->at : TILE;

	*at = r->at;
	r->at += n;
	return (HAVE_AVX2 ? tile_avx2 : tile_here)(&k->limits, &k->w->market->bars, &k->w->rules->columns, *at, n);
}

static void mark_tiles(struct marking *k, struct range *r)
{
	uint32_t at;
	uint64_t todo;

	while (r->at < r->to)
		for (todo = next_tile(k, r, &at).speak; todo; todo &= todo - 1)
			mark_bar(k, r->i, at + (uint32_t)__builtin_ctzll(todo));
}

/* The first bar that tiles, which look back, may start with. */
static uint32_t tiles_from(const struct marking *k, uint32_t i)
{
	return k->w->market->first[i] + (k->w->rules->columns.slope_back > 1 ? k->w->rules->columns.slope_back : 1);
}

static void mark_bars(struct marking *k)
{
	uint32_t i;

	for (i = 0; i < k->w->market->n_symbols; i++) {
		struct range r = range_of(k->w, i);

		if (i == k->w->market->context_symbol)
			continue;
		mark_each(k, &r, k->stats ? r.to : tiles_from(k, i));
		mark_tiles(k, &r);
	}
}

/* Into the walk's order: by step, then by symbol, which is the order of finding within a step. */
static void sort_found(struct marking *k)
{
	uint32_t n = k->w->market->n_steps, *from = xcalloc((size_t)n + 1, sizeof *from), i, before = 0, here;

	for (i = 0; i < k->n; i++)
		from[k->found[i].step]++;
	for (i = 0; i <= n; i++) {
		here = from[i];
		from[i] = before;
		before += here;
	}
	k->to->spoken = xreallocarray(NULL, (size_t)k->n + 1, sizeof *k->to->spoken);
	for (i = 0; i < k->n; i++)
		k->to->spoken[from[k->found[i].step]++] = k->found[i].spoken;
	memmove(from + 1, from, n * sizeof *from);	/* each is now the next one's start */
	from[0] = 0;
	k->to->spoken_from = from;
	k->to->bytes += k->n * sizeof *k->to->spoken + n * sizeof *from;
}

/* ---- ticks ---- */

static void mark_ticks(const struct walk *w, uint64_t *mark)
{
	const struct walk_market *m = w->market;
	uint32_t i, step, tick;

	for (step = m->first_step; step < m->end_step; step++)
		for (tick = m->tick_from[step]; tick < m->tick_from[step + 1]; tick++)
			for (i = 0; i < m->n_symbols; i++)
				if (walk_tick_speaks(w, i, step, tick))
					mark[(uint64_t)tick * m->words + i / 64] |= (uint64_t)1 << i % 64;
}

/* ---- guesses ---- */

/* Sets symbol i's bit at the steps of the bars at, at + 1 ... whose bits are set. */
static void spread(const struct marking *k, uint64_t *to, uint32_t i, uint32_t at, uint64_t bits)
{
	for (; bits; bits &= bits - 1)
		to[(uint64_t)k->p->step_of[at + (uint32_t)__builtin_ctzll(bits)] * k->w->market->words + i / 64] |= (uint64_t)1 << i % 64;
}

static void guess_symbol(const struct marking *k, uint32_t i)
{
	struct range r = range_of(k->w, i);
	struct bits bits;
	uint32_t at;

	for (; r.at < tiles_from(k, i) && r.at < r.to; r.at++) {
		spread(k, k->to->mark, i, r.at, 1);
		spread(k, k->to->enter, i, r.at, 1);
	}
	while (r.at < r.to) {
		bits = next_tile(k, &r, &at);
		spread(k, k->to->mark, i, at, bits.speak);
		spread(k, k->to->enter, i, at, bits.enter);
	}
}

void marks_guess(struct marks *to, const struct prepared *p, const struct walk *w)
{
	uint64_t words = (uint64_t)w->market->n_steps * w->market->words;
	struct marking k = { .p = p, .w = w, .to = to };
	uint32_t i;

	*to = (struct marks){ .mark = xcalloc(words + 1, sizeof *to->mark), .enter = xcalloc(words + 1, sizeof *to->enter) };
	limits_of(&k.limits, &w->strategy.params, &w->strategy.plan);
	for (i = 0; i < w->market->n_symbols; i++)
		if (i != w->market->context_symbol)
			guess_symbol(&k, i);
}

/* ---- all ---- */

void marks_make(struct marks *to, const struct prepared *p, const struct walk *w, bool stats)
{
	bool ticks = w->market->tick_from != NULL;
	uint64_t words = (uint64_t)(ticks ? p->n_ticks : w->market->n_steps) * w->market->words;
	struct marking k = { .p = p, .w = w, .to = to, .stats = stats };
	uint64_t *mark = xcalloc(words + 1, sizeof *mark);

	*to = (struct marks){ .bytes = sizeof *to + words * sizeof *mark };
	limits_of(&k.limits, &w->strategy.params, &w->strategy.plan);
	if (ticks)
		mark_ticks(w, mark);
	else
		to->mark = mark;
	if (stats || !ticks)
		mark_bars(&k);
	if (!ticks)
		sort_found(&k);
	to->mark = mark;
	free(k.found);
}

void marks_release(struct marks *k)
{
	free(k->mark);
	free(k->enter);
	free(k->spoken);
	free(k->spoken_from);
	*k = (struct marks){ 0 };
}
