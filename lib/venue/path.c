/* SPDX-License-Identifier: MIT
 * The path of prices through stored bars. */
#include "venue/path.h"

#include "base/clock.h"
#include "base/rng.h"
#include "store/columns.h"
#include "venue/market.h"
#include "venue/surface.h"

#include <stdlib.h>
#include <string.h>

#define HOUR INT64_C(3600000)
#define LEVELS_MAX 20
#define DEFAULT_RATE (RATE16_ONE / 80000)	/* 0.0000125 an hour */

/* A loaded interval. */
struct set { struct market market; const struct bar_set *bars; int interval; int64_t ms; };

struct walker {				/* a coin with bars */
	struct coin *coin;
	const struct bars *bars[INTERVAL_COUNT];	/* by place in path.set; NULL: none */
	size_t at[INTERVAL_COUNT];			/* the bar that forms, or comes next */
	const struct rates *rates;
	double price, high, low;			/* where the base bar's path is */
	dec8 last;
	dec8 traded;					/* of the base bar, so far */
};

struct path {
	struct path_options o;
	struct set set[INTERVAL_COUNT];	/* set[0] moves the prices */
	unsigned n_sets;
	struct exchange *x;
	struct walker *walker;
	uint32_t n_walkers;
	const struct market *rates;	/* the market that has the funding */
	const int64_t *timeline;	/* opens of the base bars of all coins */
	int64_t *own_timeline;		/* where no market has it */
	size_t n_timeline, slot;
	bool looked;			/* orphan_ms is that of this slot */
	unsigned step;			/* within the slot */
	uint64_t position;
	bool borrowed;			/* bars and timeline are another path's */
	int64_t orphan_ms;		/* a longer bar ends while no base bar does; INT64_MAX: none before the slot */
};

struct path_options path_options(void)
{
	return (struct path_options){ .from_ms = INT64_MIN, .to_ms = INT64_MAX, .steps = 4, .spread_bps = 2, .levels = 10,
		.level_usd = 50000, .seed = 1 };
}

/* ---- loading ---- */

static void take_set(struct path *p, const struct market *m, const struct bar_set *bars)
{
	struct set *s = &p->set[p->n_sets++];

	s->market = *m;
	s->bars = bars;
	s->interval = interval_index(bars->interval);
	s->ms = clock_interval_ms(bars->interval);
}

static bool load_pack(struct path *p, struct errmsg *e, int *status)
{
	struct market_query q = MARKET_QUERY_INIT;
	struct market *m = &p->set[0].market;
	const struct bar_set *other;

	q.pack = p->o.pack;
	q.symbols = p->o.symbols;
	q.to_ms = p->o.to_ms;
	if (!market_load(m, &q, e, status))
		return false;
	take_set(p, m, &m->main);
	for (other = &m->exit; other; other = other == &m->exit ? &m->entry : NULL)
		if (other->of && strcmp(other->interval, m->main.interval))
			take_set(p, &(struct market){ .n_symbols = m->n_symbols, .symbol = m->symbol }, other);
	return true;
}

static bool load_interval(struct path *p, const char *interval, struct errmsg *e, int *status)
{
	struct market_query q = MARKET_QUERY_INIT;
	struct set *s = &p->set[p->n_sets];

	if (interval_index(interval) < 0 || !clock_interval_ms(interval)) {
		*status = EX_USAGE;
		return errmsg_set(e, "no store has bars of %s", interval);
	}
	if (p->n_sets == INTERVAL_COUNT) {
		*status = EX_USAGE;
		return errmsg_set(e, "too many intervals");
	}
	q.candles = p->o.candles;
	q.interval = interval;
	q.symbols = p->o.symbols;
	q.funding = p->o.funding;
	q.to_ms = p->o.to_ms;
	q.no_auto_scope = true;
	if (!market_load(&s->market, &q, e, status))
		return false;
	take_set(p, &s->market, &s->market.main);
	s->bars = &s->market.main;
	return true;
}

static bool load_stores(struct path *p, struct errmsg *e, int *status)
{
	const char *at = p->o.intervals, *stop;
	char interval[8];

	for (; at; at = *stop ? stop + 1 : NULL) {
		stop = strchrnul(at, ',');
		if (stop == at || (size_t)(stop - at) >= sizeof interval) {
			*status = EX_USAGE;
			return errmsg_set(e, "\"%s\" is no list of intervals", p->o.intervals);
		}
		memcpy(interval, at, (size_t)(stop - at));
		interval[stop - at] = 0;
		if (!load_interval(p, interval, e, status))
			return false;
	}
	return true;
}

static int shorter(const void *a, const void *b)
{
	const struct set *x = a, *y = b;

	return (x->ms > y->ms) - (x->ms < y->ms);
}

/* Bars are looked up in the market that a set lies in, wherever sorting has put it. */
static void sort_sets(struct path *p)
{
	unsigned i;

	qsort(p->set, p->n_sets, sizeof *p->set, shorter);
	for (i = 0; i < p->n_sets; i++)
		if (!p->o.pack)
			p->set[i].bars = &p->set[i].market.main;
}

static int earlier(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void make_timeline(struct path *p)
{
	const struct set *s = &p->set[0];
	size_t n = 0, kept = 0, i;
	uint32_t k;

	p->timeline = s->market.timeline;
	p->n_timeline = s->market.n_timeline;
	if (p->timeline)
		return;
	for (k = 0; k < s->market.n_symbols; k++)
		n += s->bars->of[k].n;
	p->own_timeline = xmalloc((n ? n : 1) * sizeof *p->own_timeline);
	for (n = 0, k = 0; k < s->market.n_symbols; n += s->bars->of[k++].n)
		memcpy(p->own_timeline + n, s->bars->of[k].t_ms, s->bars->of[k].n * sizeof *p->own_timeline);
	qsort(p->own_timeline, n, sizeof *p->own_timeline, earlier);
	for (i = 0; i < n; i++)
		if (!kept || p->own_timeline[kept - 1] != p->own_timeline[i])
			p->own_timeline[kept++] = p->own_timeline[i];
	p->timeline = p->own_timeline;
	p->n_timeline = kept;
}

static void find_rates(struct path *p)
{
	unsigned k;

	for (k = 0; k < p->n_sets && !p->rates; k++)
		if (p->set[k].market.funding)
			p->rates = &p->set[k].market;
}

static void write_market(const struct path *p, struct buf *out)
{
	const struct market *m = &p->set[0].market;
	double *px = xcalloc(m->n_symbols ? m->n_symbols : 1, sizeof *px);
	uint32_t i;

	for (i = 0; i < m->n_symbols; i++)
		px[i] = p->set[0].bars->of[i].n ? p->set[0].bars->of[i].close[0] : 100;
	market_write(out, m->symbol, px, m->n_symbols);
	free(px);
}

struct path *path_open(const struct path_options *o, struct buf *market, struct errmsg *e, int *status)
{
	struct path *p = xcalloc(1, sizeof *p);

	p->o = *o;
	p->orphan_ms = INT64_MAX;
	*status = EX_USAGE;
	if (o->steps < 4 || o->levels < 1 || o->levels > LEVELS_MAX || !(o->spread_bps > 0 && o->spread_bps < 1000)
	    || !(o->level_usd > 0)) {
		errmsg_set(e, "at least 4 steps, 1 to %d levels, a spread of 0 to 1000 bps, money in each level", LEVELS_MAX);
		path_free(p);
		return NULL;
	}
	if (!(o->pack ? load_pack(p, e, status) : load_stores(p, e, status))) {
		path_free(p);
		return NULL;
	}
	sort_sets(p);
	make_timeline(p);
	if (p->o.to_ms != INT64_MAX)	/* markets are loaded whole: their own window is that of a replay */
		p->n_timeline = time_lower(p->timeline, p->n_timeline, p->o.to_ms + 1);
	find_rates(p);
	if (market)
		write_market(p, market);
	return p;
}

struct path *path_again(const struct path *p)
{
	struct path *q = xmalloc(sizeof *q);

	*q = *p;
	q->borrowed = true;
	q->x = NULL;
	q->walker = NULL;
	q->n_walkers = 0;
	q->position = 0;
	q->step = 0;
	q->looked = false;
	return q;
}

void path_free(struct path *p)
{
	unsigned i;

	if (!p)
		return;
	for (i = 0; i < p->n_sets && !p->borrowed; i++)
		if (p->set[i].market.owner)
			market_release(&p->set[i].market);
	if (!p->borrowed)
		free(p->own_timeline);
	free(p->walker);
	free(p);
}

void path_describe(const struct path *p, struct buf *out)
{
	const struct market *m = &p->set[0].market;
	unsigned i;

	buf_addf(out, "path %lld %u %.17g %u %.17g %llu", (long long)path_start(p), p->o.steps, p->o.spread_bps, p->o.levels, p->o.level_usd,
		 (unsigned long long)p->o.seed);
	for (i = 0; i < p->n_sets; i++)
		buf_addf(out, " %s", p->set[i].bars->interval);
	for (i = 0; i < m->n_symbols; i++)
		buf_addf(out, " %s", m->symbol[i]);
	buf_addf(out, "%s\n", p->rates ? " rates" : "");
}

/* ---- attaching ---- */

static void place_walker(struct path *p, struct walker *w, unsigned k, const struct bars *b)
{
	struct tape *t = &p->x->tapes.of[w->coin->index][p->set[k].interval];

	w->bars[k] = b;
	t->stored = *b;
	t->has_store = true;
	w->at[k] = p->o.from_ms == INT64_MIN ? 0 : time_lower(k ? b->t_close_ms : b->t_ms, b->n, p->o.from_ms);
}

/* The rate of the next full hour, which is paid when it comes. */
static void tell_rate(struct path *p, struct walker *w, int64_t now_ms)
{
	int64_t hour = now_ms / HOUR * HOUR + HOUR;
	rate16 rate = DEFAULT_RATE;
	size_t at;

	if (!w->rates)
		return;
	at = time_lower(w->rates->t_ms, w->rates->n, hour);
	if (at < w->rates->n && w->rates->t_ms[at] < hour + HOUR)
		rate = rate16_of_f64(w->rates->rate[at]);
	venue_rate(p->x->core, w->coin->asset.id, rate, rate);
}

static void attach_coin(struct path *p, struct coin *c, const char *name)
{
	struct walker *w = &p->walker[p->n_walkers++];
	unsigned k;
	int at;

	*w = (struct walker){ .coin = c };
	for (k = 0; k < p->n_sets; k++) {
		at = market_find(&p->set[k].market, name);
		if (at >= 0 && p->set[k].bars->of[at].n)
			place_walker(p, w, k, &p->set[k].bars->of[at]);
	}
	at = p->rates ? market_find(p->rates, name) : -1;
	if (at >= 0)
		c->history = w->rates = &p->rates->funding[at];
}

static size_t first_slot(const struct path *p)
{
	return p->o.from_ms == INT64_MIN ? 0 : time_lower(p->timeline, p->n_timeline, p->o.from_ms);
}

void path_attach(struct path *p, struct exchange *x)
{
	const struct market *m = &p->set[0].market;
	struct coin *c;
	uint32_t i;

	p->x = x;
	p->walker = xcalloc(m->n_symbols ? m->n_symbols : 1, sizeof *p->walker);
	for (i = 0; i < m->n_symbols; i++) {
		c = coin_named(x, m->symbol[i]);
		if (c)
			attach_coin(p, c, m->symbol[i]);
	}
	p->slot = first_slot(p);
	for (i = 0; i < p->n_walkers; i++)
		tell_rate(p, &p->walker[i], path_start(p));
}

/* ---- time ---- */

int64_t path_start(const struct path *p)
{
	size_t slot = first_slot(p);

	return slot < p->n_timeline ? p->timeline[slot] : INT64_MAX;
}

uint64_t path_position(const struct path *p)
{
	return p->position;
}

static int64_t slot_time(const struct path *p)
{
	return p->slot < p->n_timeline ? p->timeline[p->slot] : INT64_MAX;
}

/* Steps are spread over the bar: the first at its open, the last in its last millisecond. */
static int64_t step_time(const struct path *p, unsigned step)
{
	return slot_time(p) + (p->set[0].ms - 1) * step / (p->o.steps - 1);
}

/* The earliest end of a longer bar before the next base slot: a bar whose end falls where its coins have no base bar. */
static int64_t find_orphan(const struct path *p)
{
	int64_t first = INT64_MAX, slot_ms = slot_time(p), end;
	const struct walker *w;
	unsigned k;

	for (w = p->walker; w < p->walker + p->n_walkers; w++)
		for (k = 1; k < p->n_sets; k++) {
			if (!w->bars[k] || w->at[k] >= w->bars[k]->n)
				continue;
			end = w->bars[k]->t_close_ms[w->at[k]];
			if (end < slot_ms && end < first)
				first = end;
		}
	return slot_ms == INT64_MAX && first > p->o.to_ms ? INT64_MAX : first;
}

int64_t path_next(struct path *p)
{
	if (p->step)
		return step_time(p, p->step);
	if (!p->looked)
		p->orphan_ms = p->n_sets > 1 ? find_orphan(p) : INT64_MAX;
	p->looked = true;
	return p->orphan_ms != INT64_MAX ? p->orphan_ms : slot_time(p);
}

/* ---- candles ---- */

static struct bar stored_bar(const struct bars *b, size_t i)
{
	return (struct bar){ .t_ms = b->t_ms[i], .t_close_ms = b->t_close_ms[i], .o = b->open[i], .h = b->high[i], .l = b->low[i],
		.c = b->close[i], .v = b->volume[i], .n = b->trades[i] };
}

static double clamp(double v, double low, double high)
{
	return v < low ? low : v > high ? high : v;
}

/* A part of a volume, to eight decimals, so that its text is short. */
static double part_of(double v, double part)
{
	dec8 d;

	return dec8_of_f64(v * part, DEC8_DOWN, &d) ? dec8_f64(d) : v * part;
}

static void show_candle(struct path *p, struct walker *w, unsigned k, const struct bar *b)
{
	p->x->tapes.of[w->coin->index][p->set[k].interval].forming = *b;
	w->coin->candle_dirty |= 1u << p->set[k].interval;
	touch_coin(p->x, w->coin);
}

static void close_bar(struct path *p, struct walker *w, unsigned k)
{
	struct bar b = stored_bar(w->bars[k], w->at[k]++);

	show_candle(p, w, k, &b);
}

/* The bar as far as the price has come: it never shows more than the store has. */
static void form_bar(struct path *p, struct walker *w, unsigned k, int64_t now_ms)
{
	struct bar *f = &p->x->tapes.of[w->coin->index][p->set[k].interval].forming, b = stored_bar(w->bars[k], w->at[k]);
	bool begins = f->t_ms != b.t_ms;
	double part = (double)(now_ms - b.t_ms + 1) / (double)(b.t_close_ms - b.t_ms + 1);
	double high = begins ? b.o : f->h, low = begins ? b.o : f->l;

	if (now_ms >= b.t_close_ms) {
		close_bar(p, w, k);
		return;
	}
	b.h = clamp(w->high > high ? w->high : high, b.o, b.h);
	b.l = clamp(w->low < low ? w->low : low, b.l, b.o);
	b.c = clamp(w->price, b.l, b.h);
	b.v = part_of(b.v, part);
	b.n = (int64_t)((double)b.n * part);
	show_candle(p, w, k, &b);
}

static void form_bars(struct path *p, struct walker *w, int64_t now_ms)
{
	unsigned k;

	for (k = 1; k < p->n_sets; k++)
		if (w->bars[k] && w->at[k] < w->bars[k]->n && w->bars[k]->t_ms[w->at[k]] <= now_ms)
			form_bar(p, w, k, now_ms);
}

/* ---- prices ---- */

/* Where the path of a bar is after step of n: its corners open, low, high, close, or open, high, low, close of a falling bar, with
 * straight lines between. */
static double path_price(const struct bars *b, size_t i, unsigned step, unsigned n)
{
	unsigned a = (n - 1) / 3, c = 2 * (n - 1) / 3, last = n - 1;
	bool rising = b->close[i] >= b->open[i];
	double one = rising ? b->low[i] : b->high[i], two = rising ? b->high[i] : b->low[i];

	if (step == 0)
		return b->open[i];
	if (step == last)
		return b->close[i];
	if (step == a)
		return one;
	if (step == c)
		return two;
	if (step < a)
		return b->open[i] + (one - b->open[i]) * step / a;
	if (step < c)
		return one + (two - one) * (step - a) / (c - a);
	return two + (b->close[i] - two) * (step - c) / (last - c);
}

static dec8 shifted(dec8 px, double bps)
{
	dec8 v;

	return dec8_of_f64(dec8_f64(px) * (1 + bps / 10000), DEC8_HALF_EVEN, &v) ? v : px;
}

/* One side: each level a tick at least beyond the one before. */
static unsigned make_side(const struct path *p, const struct coin *c, dec8 px, bool bid, struct venue_level *l)
{
	enum dec8_round away = bid ? DEC8_DOWN : DEC8_UP;
	dec8 last = px, at, sz;
	unsigned i;

	for (i = 0; i < p->o.levels; i++) {
		at = tick_round(shifted(px, (bid ? -1 : 1) * p->o.spread_bps * (0.5 + i)), c->asset.sz_decimals, c->asset.spot, away);
		if (bid ? at >= last : at <= last)
			at = tick_round(shifted(last, bid ? -1 : 1), c->asset.sz_decimals, c->asset.spot, away);
		if (at <= 0 || (bid ? at >= last : at <= last) || !dec8_of_f64(p->o.level_usd / dec8_f64(at), DEC8_DOWN, &sz))
			break;
		sz = lot_round(sz, c->asset.sz_decimals, DEC8_UP);
		l[i] = (struct venue_level){ at, sz, 1 + (unsigned)rng_below(p->o.seed, c->index, p->position * LEVELS_MAX + i, 5) };
		last = at;
	}
	return i;
}

static void make_book(struct path *p, const struct coin *c, dec8 px)
{
	struct venue_level bids[LEVELS_MAX], asks[LEVELS_MAX];
	unsigned n_bids = make_side(p, c, px, true, bids), n_asks = make_side(p, c, px, false, asks);

	venue_book(p->x->core, c->asset.id, bids, n_bids, asks, n_asks);
}

/* What outsiders trade in this step: the bar's volume in equal parts, the last of which takes what is left. */
static void trade(struct path *p, struct walker *w, const struct bars *b, dec8 px)
{
	dec8 all, sz;

	if (!dec8_of_f64(b->volume[w->at[0]], DEC8_DOWN, &all) || all <= 0)
		return;
	sz = p->step + 1 == p->o.steps ? all - w->traded : all / p->o.steps;
	sz = lot_round(sz, w->coin->asset.sz_decimals, DEC8_DOWN);
	w->traded = p->step + 1 == p->o.steps ? 0 : w->traded + sz;
	if (sz > 0)
		venue_trade(p->x->core, w->coin->asset.id, px >= w->last, px, sz);
}

static void walk(struct path *p, struct walker *w, int64_t now_ms)
{
	const struct bars *b = w->bars[0];
	const struct coin *c = w->coin;
	struct bar shown;
	dec8 px;

	w->price = path_price(b, w->at[0], p->step, p->o.steps);
	w->high = !p->step || w->price > w->high ? w->price : w->high;
	w->low = !p->step || w->price < w->low ? w->price : w->low;
	if (!dec8_of_f64(w->price, DEC8_HALF_EVEN, &px))
		return;
	px = tick_round(px, c->asset.sz_decimals, c->asset.spot, DEC8_HALF_EVEN);
	if (px > 0) {
		trade(p, w, b, px);
		make_book(p, c, px);
		exchange_price(p->x, w->coin, px, true, true);
		w->last = px;
	}
	if (p->step + 1 == p->o.steps) {
		close_bar(p, w, 0);
	} else {
		shown = stored_bar(b, w->at[0]);
		shown.h = w->high;
		shown.l = w->low;
		shown.c = w->price;
		shown.v = part_of(shown.v, (p->step + 1.0) / p->o.steps);
		shown.n = shown.n * (p->step + 1) / p->o.steps;
		show_candle(p, w, 0, &shown);
	}
	form_bars(p, w, now_ms);
}

/* ---- steps ---- */

static void step_orphans(struct path *p, int64_t now_ms)
{
	struct walker *w;
	unsigned k;

	exchange_begin_step(p->x, now_ms, p->position);
	for (w = p->walker; w < p->walker + p->n_walkers; w++)
		for (k = 1; k < p->n_sets; k++)
			if (w->bars[k] && w->at[k] < w->bars[k]->n && w->bars[k]->t_close_ms[w->at[k]] == now_ms)
				close_bar(p, w, k);
	exchange_end_step(p->x);
}

static void step_slot(struct path *p, int64_t now_ms)
{
	int64_t slot_ms = slot_time(p);
	struct walker *w;

	exchange_begin_step(p->x, now_ms, p->position);
	for (w = p->walker; w < p->walker + p->n_walkers; w++)
		if (w->bars[0] && w->at[0] < w->bars[0]->n && w->bars[0]->t_ms[w->at[0]] == slot_ms)
			walk(p, w, now_ms);
		else if (w->bars[0] && p->step + 1 == p->o.steps)
			form_bars(p, w, now_ms);
	if (p->step + 1 == p->o.steps)
		for (w = p->walker; w < p->walker + p->n_walkers; w++)
			tell_rate(p, w, now_ms);
	exchange_end_step(p->x);
	if (++p->step == p->o.steps) {
		p->step = 0;
		p->slot++;
	}
}

void path_step(struct path *p)
{
	int64_t now_ms = path_next(p);

	if (now_ms == INT64_MAX)
		return;
	p->position++;
	p->looked = false;
	if (!p->step && p->orphan_ms != INT64_MAX)
		step_orphans(p, now_ms);
	else
		step_slot(p, now_ms);
}
