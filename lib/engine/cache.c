/* SPDX-License-Identifier: MIT
 * The table of shared columns and marks; changes when something else is worth sharing (docs/sweep.md "How a sweep is fast").
 *
 * An item is absent, being made, or made; only the thread that inserted it makes it, and makes all of its own before it
 * waits for another's, so that two threads never wait for each other. An item that somebody holds is never dropped. */
#include "engine/cache.h"

#include "base/hash.h"
#include "engine/series.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Kinds of items. */
enum kind {
	EMA_SLOW, EMA_FAST, EMA_MACRO, ADX, BB_WIDTH_RATIO, ATR, AVG_ATR, RSI, STOCH_RSI_K, MACD_HIST, VOL_SMA, VOL_TREND, N_COLUMNS,
	CONTEXT = N_COLUMNS, MARKS, MARKS_AND_STATS
};
_Static_assert((int)CONTEXT + 1 == (int)CACHE_SERIES, "columns and context");

struct key {
	struct cache_key series;	/* of marks: their kind alone */
	struct cache_rules rules;	/* of marks */
};

struct cache_item {
	struct key key;
	uint64_t hash;
	struct cache_item *next;		/* in its bucket */
	struct cache_item *newer, *older;	/* by last use, while nobody holds it */
	unsigned holders;
	bool made;
	uint64_t bytes;
	/* A column; of CONTEXT breadth by step, then BTC's trend by step; of MARKS a struct marks. */
	void *data;
};

enum { BUCKETS = 4096, SEEN = 4096 };

/* Items that age together. Marks are of use only to candidates that follow each other, and new ones come with every other set
 * of entry rules: they must not push columns out, nor take fresh memory while their own could be used again. */
struct shelf {
	struct cache_item idle;		/* idle.newer is the oldest that nobody holds */
	uint64_t bytes, limit;
};
#define MARKS_LIMIT (16u << 20)

struct cache {
	const struct prepared *p;
	pthread_mutex_t lock;
	pthread_cond_t some_made;
	struct cache_item *bucket[BUCKETS];
	struct shelf columns, marks;
	uint64_t seen[SEEN];		/* hashes of entry rules that some candidate had, each in its place */
};


/* ---- the table ---- */

static bool is_marks(const struct key *k)
{
	return k->series.kind >= MARKS;
}

/* The part of a key that means something. */
static size_t key_bytes(const struct key *k)
{
	return is_marks(k) ? sizeof *k : sizeof k->series;
}

static void unlink_idle(struct cache_item *i)
{
	i->newer->older = i->older;
	i->older->newer = i->newer;
}

static struct shelf *shelf_of(struct cache *c, const struct cache_item *i)
{
	return is_marks(&i->key) ? &c->marks : &c->columns;
}

static void link_newest(struct shelf *r, struct cache_item *i)
{
	i->newer = &r->idle;
	i->older = r->idle.older;
	r->idle.older->newer = i;
	r->idle.older = i;
}

static void drop(struct cache *c, struct cache_item *i)
{
	struct cache_item **at = &c->bucket[i->hash % BUCKETS];

	while (*at != i)
		at = &(*at)->next;
	*at = i->next;
	unlink_idle(i);
	shelf_of(c, i)->bytes -= i->bytes;
	if (is_marks(&i->key))
		marks_release(i->data);
	free(i->data);
	free(i);
}

static void make_room(struct cache *c, struct shelf *r)
{
	while (r->bytes > r->limit && r->idle.newer != &r->idle)
		drop(c, r->idle.newer);
}

static struct cache_item *find(struct cache *c, const struct key *k, uint64_t hash)
{
	struct cache_item *i = c->bucket[hash % BUCKETS];

	while (i && (i->hash != hash || memcmp(&i->key, k, key_bytes(k))))
		i = i->next;
	return i;
}

static struct cache_item *insert(struct cache *c, const struct key *k, uint64_t hash, uint64_t bytes)
{
	struct cache_item *i = xcalloc(1, sizeof *i);

	memcpy(&i->key, k, key_bytes(k));
	i->hash = hash;
	i->bytes = bytes;
	i->next = c->bucket[hash % BUCKETS];
	c->bucket[hash % BUCKETS] = i;
	shelf_of(c, i)->bytes += bytes;
	return i;
}

/* Holds the item of a key; true if the caller has to make it. */
static bool hold(struct cache *c, const struct key *k, uint64_t bytes, struct cache_item **item)
{
	uint64_t hash = checksum64(k, key_bytes(k));
	struct cache_item *i = find(c, k, hash);
	bool absent = !i;

	if (absent)
		i = insert(c, k, hash, bytes);
	else if (i->holders == 0)
		unlink_idle(i);
	i->holders++;
	*item = i;
	return absent;
}

static void wait_for(struct cache *c, const struct cache_item *i)
{
	while (!i->made)
		pthread_cond_wait(&c->some_made, &c->lock);
}

static void made(struct cache *c, struct cache_item *const *item, unsigned n)
{
	pthread_mutex_lock(&c->lock);
	while (n)
		item[--n]->made = true;
	make_room(c, &c->columns);
	pthread_cond_broadcast(&c->some_made);
	pthread_mutex_unlock(&c->lock);
}

void cache_give(struct cache *c, struct cache_held *held)
{
	pthread_mutex_lock(&c->lock);
	while (held->n) {
		struct cache_item *i = held->item[--held->n];

		if (--i->holders == 0)
			link_newest(shelf_of(c, i), i);
	}
	make_room(c, &c->columns);
	make_room(c, &c->marks);
	pthread_mutex_unlock(&c->lock);
	marks_release(&held->own);
}

struct cache *cache_open(const struct prepared *p, uint64_t bytes)
{
	struct cache *c = xcalloc(1, sizeof *c);

	c->p = p;
	c->columns.limit = bytes;
	c->marks.limit = bytes < MARKS_LIMIT ? bytes : MARKS_LIMIT;
	c->columns.idle.newer = c->columns.idle.older = &c->columns.idle;
	c->marks.idle.newer = c->marks.idle.older = &c->marks.idle;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->some_made, NULL);
	return c;
}

void cache_close(struct cache *c)
{
	if (!c)
		return;
	c->columns.limit = c->marks.limit = 0;
	make_room(c, &c->columns);
	make_room(c, &c->marks);
	pthread_cond_destroy(&c->some_made);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* ---- columns ---- */

static void series_key(struct cache_key *k, enum kind kind, const struct params *p)
{
	*k = (struct cache_key){ kind, { 0 } };
#define WINDOWS(a, b, c) k->window[0] = (a), k->window[1] = (b), k->window[2] = (c)
	switch (kind) {
	case EMA_SLOW:	WINDOWS(p->indicators_ema_slow_window, 0, 0); break;
	case EMA_FAST:	WINDOWS(p->indicators_ema_fast_window, 0, 0); break;
	case EMA_MACRO:	WINDOWS(p->indicators_ema_macro_window, 0, 0); break;
	case ADX:	WINDOWS(p->indicators_adx_window, 0, 0); break;
	case BB_WIDTH_RATIO: WINDOWS(p->indicators_bb_window, p->indicators_bb_width_avg_window, 0); break;
	case ATR:	WINDOWS(p->indicators_atr_window, 0, 0); break;
	case AVG_ATR:	WINDOWS(p->indicators_atr_window, p->entry_ave_avg_atr_window, 0); break;
	case RSI:	WINDOWS(p->indicators_rsi_window, 0, 0); break;
	case STOCH_RSI_K:
		if (p->filters_use_stoch_rsi_filter)
			WINDOWS(p->indicators_rsi_window, p->indicators_stoch_rsi_window, p->indicators_stoch_rsi_smooth1);
		break;
	case VOL_SMA:	WINDOWS(p->indicators_vol_sma_window, 0, 0); break;
	case VOL_TREND:	WINDOWS(p->indicators_vol_sma_window, p->indicators_vol_trend_window, 0); break;
	case CONTEXT:	WINDOWS(p->indicators_ema_fast_window, p->indicators_ema_slow_window, 0); break;
	default: break;	/* MACD_HIST has no window of its own */
	}
#undef WINDOWS
	if (kind == EMA_FAST || kind == EMA_MACRO)
		k->kind = EMA_SLOW;	/* one column serves all three */
}

void cache_keys(struct cache_key key[CACHE_SERIES], const struct params *p)
{
	unsigned kind;

	for (kind = 0; kind < CACHE_SERIES; kind++)
		series_key(&key[kind], kind, p);
}

static unsigned groups_of(enum kind kind)
{
	switch (kind) {
	case BB_WIDTH_RATIO: return SERIES_BANDS;
	case AVG_ATR: return SERIES_AVG_ATR;
	case STOCH_RSI_K: return SERIES_STOCH;
	case VOL_SMA:
	case VOL_TREND: return SERIES_VOLUME;
	default: return 0;
	}
}

/* One kind of column that has to be made. */
struct wanted { enum kind kind; void *to; };

static void copy_column(const struct wanted *w, const struct series *s, size_t at, size_t from, size_t n)
{
	const double *const source[N_COLUMNS] = {
		[EMA_SLOW] = s->ema_slow, [EMA_FAST] = s->ema_fast, [EMA_MACRO] = s->ema_macro, [ADX] = s->adx,
		[BB_WIDTH_RATIO] = s->bb_width_ratio, [ATR] = s->atr, [AVG_ATR] = s->avg_atr, [RSI] = s->rsi,
		[STOCH_RSI_K] = s->stoch_rsi_k, [MACD_HIST] = s->macd_hist, [VOL_SMA] = s->vol_sma,
	};

	if (w->kind == VOL_TREND)
		memcpy((uint8_t *)w->to + at, s->vol_trend + from, n);
	else
		memcpy((double *)w->to + at, source[w->kind] + from, n * sizeof(double));
}

/* All of them in one pass over the bars, with the parameters of the candidate that wants them. */
static void make_columns(const struct prepared *p, const struct params *params, const struct wanted *wanted, unsigned n)
{
	struct series s;
	unsigned groups = 0, k;
	uint32_t i;

	for (k = 0; k < n; k++)
		groups |= groups_of(wanted[k].kind);
	for (i = 0; i < p->walk.n_symbols; i++) {
		const struct bars *b = &p->market->main.of[i];

		series_open(&s, b, params, SERIES_AT_ONCE);
		series_want(&s, groups);
		while (s.to < b->n) {
			size_t before = s.to;

			series_advance(&s);
			for (k = 0; k < n; k++)
				copy_column(&wanted[k], &s, p->walk.first[i] + before, before - s.from, s.to - before);
		}
		series_close(&s);
	}
}

static void take_columns(struct cache *c, struct walk *w, struct cache_held *held)
{
	struct cache_item *item[N_COLUMNS], *mine[N_COLUMNS];
	struct wanted wanted[N_COLUMNS];
	unsigned kind, n = 0;
	struct key k;

	pthread_mutex_lock(&c->lock);
	for (kind = 0; kind < N_COLUMNS; kind++) {
		uint64_t bytes = (uint64_t)c->p->n_bars * (kind == VOL_TREND ? sizeof(uint8_t) : sizeof(double));

		series_key(&k.series, kind, &w->strategy.params);
		if (hold(c, &k, bytes, &item[kind])) {
			item[kind]->data = xreallocarray(NULL, bytes, 1);
			wanted[n] = (struct wanted){ kind, item[kind]->data };
			mine[n++] = item[kind];
		}
		held->item[held->n++] = item[kind];
	}
	pthread_mutex_unlock(&c->lock);
	if (n) {
		make_columns(c->p, &w->strategy.params, wanted, n);
		made(c, mine, n);
	}
	pthread_mutex_lock(&c->lock);
	for (kind = 0; kind < N_COLUMNS; kind++)
		wait_for(c, item[kind]);
	pthread_mutex_unlock(&c->lock);
	held->rules.columns = (struct walk_columns){
		.ema_slow = item[EMA_SLOW]->data, .ema_fast = item[EMA_FAST]->data, .ema_macro = item[EMA_MACRO]->data,
		.adx = item[ADX]->data, .bb_width_ratio = item[BB_WIDTH_RATIO]->data, .atr = item[ATR]->data,
		.avg_atr = item[AVG_ATR]->data, .rsi = item[RSI]->data, .stoch_rsi_k = item[STOCH_RSI_K]->data,
		.macd_hist = item[MACD_HIST]->data, .vol_sma = item[VOL_SMA]->data, .vol_trend = item[VOL_TREND]->data,
	};
	held->rules.columns.slope_back = walk_slope_back(&w->strategy.params);
}

/* ---- context ---- */

static void make_context(const struct walk *w, double *breadth, uint8_t *btc)
{
	struct context context;
	uint32_t step;

	for (step = 0; step < w->market->n_steps; step++) {
		walk_context(&context, w->market, &w->rules->columns, step);
		breadth[step] = context.breadth;
		btc[step] = context.btc;
	}
}

static void take_context(struct cache *c, struct walk *w, struct cache_held *held)
{
	uint64_t bytes = (uint64_t)w->market->n_steps * (sizeof(double) + sizeof(uint8_t));
	struct cache_item *i;
	struct key k;
	bool absent;

	series_key(&k.series, CONTEXT, &w->strategy.params);
	pthread_mutex_lock(&c->lock);
	absent = hold(c, &k, bytes, &i);
	held->item[held->n++] = i;
	if (absent)
		i->data = xmalloc(bytes ? bytes : 1);
	pthread_mutex_unlock(&c->lock);
	held->rules.marks.breadth = i->data;
	held->rules.marks.btc = (const uint8_t *)((const double *)i->data + w->market->n_steps);
	if (absent) {
		make_context(w, i->data, (uint8_t *)((double *)i->data + w->market->n_steps));
		made(c, &i, 1);
	}
	pthread_mutex_lock(&c->lock);
	wait_for(c, i);
	pthread_mutex_unlock(&c->lock);
}

/* ---- marks ---- */

/* What gates and signals read, every other member zero: sections of params.def whose rules are the account's stay out. */
static void entry_rules(struct params *to, const struct params *from)
{
#define SECTION_trade(member)
#define SECTION_market_regime(member)
#define SECTION_engine(member)
#define SECTION_runtime(member)
#define SECTION_indicators(member) to->member = from->member;
#define SECTION_filters(member) to->member = from->member;
#define SECTION_entry(member) to->member = from->member;
#define SECTION_ranging(member) to->member = from->member;
#define SECTION_anomaly(member) to->member = from->member;
#define SECTION_tp_and_momentum(member) to->member = from->member;
#define SECTION_stoch_rsi(member) to->member = from->member;
#define PARAM(type, path, section, key, init, lo, hi, flags, meaning) SECTION_##section(section##_##key)
#include "kernel/params.def"
#undef PARAM
}

void cache_rules(struct cache_rules *r, const struct strategy *st)
{
	memset(r, 0, sizeof *r);	/* padding is compared, too */
	entry_rules(&r->params, &st->params);
	r->plan.on = st->plan.on;
	memcpy(r->plan.exits, st->plan.exits, sizeof r->plan.exits);
	memcpy(r->plan.modes, st->plan.modes, sizeof r->plan.modes);
}

/* Notes the rules; true if they were noted before. */
static bool seen(struct cache *c, const struct key *k)
{
	uint64_t hash = checksum64(k, sizeof *k), *place = &c->seen[hash % SEEN];
	bool before = *place == hash;

	*place = hash;
	return before;
}

static void use_marks(struct walk_rules *r, const struct marks *marks)
{
	r->marks.mark = marks->mark;
	r->marks.enter = marks->enter;
	r->marks.spoken = marks->spoken;
	r->marks.spoken_from = marks->spoken_from;
}

static void take_shared_marks(struct cache *c, struct walk *w, const struct key *k, struct gate_stats *stats, struct cache_held *held)
{
	struct cache_item *i;
	bool absent;

	pthread_mutex_lock(&c->lock);
	absent = hold(c, k, 0, &i);
	held->item[held->n++] = i;
	pthread_mutex_unlock(&c->lock);
	if (absent) {
		i->data = xmalloc(sizeof(struct marks));
		marks_make(i->data, c->p, w, stats != NULL);
		made(c, &i, 1);
	}
	pthread_mutex_lock(&c->lock);
	wait_for(c, i);
	if (absent) {
		i->bytes = ((struct marks *)i->data)->bytes;
		c->marks.bytes += i->bytes;
	}
	pthread_mutex_unlock(&c->lock);
	use_marks(&held->rules, i->data);
	if (stats)
		*stats = ((const struct marks *)i->data)->stats;
}

/* To ask the rules about every bar pays for whoever comes second. */
static void take_marks(struct cache *c, struct walk *w, struct gate_stats *stats, struct cache_held *held)
{
	struct key k;
	bool again;

	k.series = (struct cache_key){ stats ? MARKS_AND_STATS : MARKS, { 0 } };
	cache_rules(&k.rules, &w->strategy);
	pthread_mutex_lock(&c->lock);
	again = seen(c, &k);
	pthread_mutex_unlock(&c->lock);
	if (again || stats || w->market->tick_from) {
		take_shared_marks(c, w, &k, stats, held);
		return;
	}
	marks_guess(&held->own, c->p, w);
	use_marks(&held->rules, &held->own);
}

void cache_take_series(struct cache *c, struct walk *w, struct cache_held *held)
{
	held->n = 0;
	held->rules = (struct walk_rules){ 0 };
	held->own = (struct marks){ 0 };
	w->rules = &held->rules;
	take_columns(c, w, held);
	take_context(c, w, held);
}

const void *cache_series(const struct cache_held *held, unsigned i)
{
	return held->item[i]->data;
}

void cache_take(struct cache *c, struct walk *w, struct gate_stats *stats, struct cache_held *held)
{
	cache_take_series(c, w, held);
	take_marks(c, w, stats, held);
}
