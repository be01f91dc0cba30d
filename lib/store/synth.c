/* SPDX-License-Identifier: MIT
 * How a synthetic price moves. Only + - * / and sqrt are used, and floor of positive numbers: no result depends on the
 * compiler's mathematics library. */
#include "store/synth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TICKS = 4, DAY_MINUTES = 1440, MINUTE_MS = 60000, HOUR_MS = 3600000, DAYS_MAX = 3660 };

const char synth_regimes[] =
#define REGIME(name, ...) #name " "
#include "store/synth.def"
#undef REGIME
	;
const char synth_coins[] =
#define COIN(name, ...) name " "
#include "store/synth.def"
#undef COIN
	;

static const struct coin { const char *name; double price; unsigned size_decimals; double volatility, turnover; } coins[] = {
#define COIN(...) { __VA_ARGS__ },
#include "store/synth.def"
#undef COIN
};
static const struct regime {
	const char *name;
	unsigned weight;
	double drift, volatility, pull;
	unsigned shortest, longest;
} regimes[] = {
#define REGIME(name, ...) { #name, __VA_ARGS__ },
#include "store/synth.def"
#undef REGIME
};
#define COUNT(a) (sizeof (a) / sizeof *(a))

/* -- chance: splitmix64, one stream per purpose -- */

static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The stream of a name and purpose: their FNV-1a hash starts it. */
static uint64_t stream(uint64_t seed, const char *name, const char *purpose)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const char *p = name; *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	h = (h ^ '/') * UINT64_C(0x100000001b3);
	for (const char *p = purpose; *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	h ^= draw(&seed);
	return draw(&h);
}

static double uniform(uint64_t *state)	/* [0, 1) */
{
	return (double)(draw(state) >> 11) / 9007199254740992.0;
}

/* Nearly normal, mean 0, deviation 1, within 3.47: the sum of four uniform 16-bit numbers. */
static double bell(uint64_t *state)
{
	uint64_t r = draw(state);
	double sum = (double)((r & 0xffff) + (r >> 16 & 0xffff) + (r >> 32 & 0xffff) + (r >> 48));

	return (sum - 131070.0) / 37837.2;
}

/* -- moods: which regime holds, and for how long -- */

struct mood {
	uint64_t chance;
	const struct regime *fixed, *now;
	unsigned minutes;	/* left */
	bool fresh;		/* it began with this minute */
};

static const struct regime *pick_regime(uint64_t *chance)
{
	unsigned total = 0, at;

	for (size_t i = 0; i < COUNT(regimes); i++)
		total += regimes[i].weight;
	at = (unsigned)(draw(chance) % total);
	for (size_t i = 0; i < COUNT(regimes) - 1; at -= regimes[i++].weight)
		if (at < regimes[i].weight)
			return &regimes[i];
	return &regimes[COUNT(regimes) - 1];
}

static void mood_minute(struct mood *m)
{
	const struct regime *r;

	m->fresh = m->minutes == 0;
	if (m->fresh) {
		r = pick_regime(&m->chance);
		m->now = m->fixed ? m->fixed : r;
		m->minutes = m->now->shortest + (unsigned)(draw(&m->chance) % (m->now->longest - m->now->shortest + 1));
	}
	m->minutes--;
}

/* -- one symbol, minute by minute -- */

struct minute {
	int64_t t_ms;
	double o, h, l, c;
	uint64_t lots, trades;
};

struct maker {
	struct coin coin;
	struct mood market, own;
	uint64_t market_chance, own_chance, volume_chance, gap_chance;
	double price, anchor;	/* unrounded; where the present regime began */
	double tick_volatility, tick_drift;
	unsigned gap;		/* minutes left of an outage */
	uint32_t gaps;
};

static const double power10[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6 };

/* Five significant digits, and no more than six decimals less those of the size: the exchange's rule for prices. */
static double round_price(const struct coin *c, double p)
{
	unsigned decimals = 0, most = 6 - c->size_decimals;
	double ticks;

	while (decimals < most && p * power10[decimals] < 10000)
		decimals++;
	ticks = floor(p * power10[decimals] + 0.5);
	return (ticks < 1 ? 1 : ticks) / power10[decimals];
}

/* A name that is not in the list gets a plausible coin of its own. */
static struct coin find_coin(const char *name)
{
	uint64_t chance = stream(0, name, "coin");
	struct coin c = { .name = name };

	for (size_t i = 0; i < COUNT(coins); i++)
		if (strcmp(coins[i].name, name) == 0)
			return coins[i];
	c.size_decimals = (unsigned)(draw(&chance) % 4);
	c.price = (1 + 9 * uniform(&chance)) * power10[c.size_decimals];
	c.volatility = 0.03 + 0.06 * uniform(&chance);
	c.turnover = 5e6 + 1e8 * uniform(&chance);
	return c;
}

/* What pulls a price back when it has gone very far from where the coin began. */
static double leash(const struct maker *m)
{
	double up = m->price / m->coin.price, far = 1 / up - up;

	return 0.01 * (far > 10 ? 10 : far < -10 ? -10 : far);
}

/* One of the minute's moves: 0.8 of the market's and 0.6 of the coin's own; squares add up to one. */
static void move(struct maker *m)
{
	const struct regime *all = m->market.now, *own = m->own.now;
	double common = 0.8 * (all->drift * m->tick_drift + all->volatility * bell(&m->market_chance) * m->tick_volatility);
	double alone = 0.6 * (own->drift * m->tick_drift + own->volatility * bell(&m->own_chance) * m->tick_volatility);
	double pull = own->pull / TICKS * (m->anchor / m->price - 1);

	m->price = m->price * (1 + (common + alone + pull + leash(m) / (DAY_MINUTES * TICKS)));
}

static void trade(struct maker *m, struct minute *b)
{
	double u = uniform(&m->volume_chance), span = (b->h - b->l) / b->o / m->tick_volatility;
	double usd = m->coin.turnover / DAY_MINUTES * (0.15 + 1.7 * u * u) * (0.4 + (span < 8 ? span : 8) * 0.25);

	b->lots = (uint64_t)(usd / b->c * power10[m->coin.size_decimals]);
	b->trades = b->lots ? 1 + (uint64_t)(usd / 2600) : 0;
}

static void make_minute(struct maker *m, struct minute *b)
{
	double p = round_price(&m->coin, m->price);

	mood_minute(&m->market);
	mood_minute(&m->own);
	if (m->own.fresh)
		m->anchor = m->price;
	b->o = b->h = b->l = p;
	for (int k = 0; k < TICKS; k++) {
		move(m);
		p = round_price(&m->coin, m->price);
		b->h = p > b->h ? p : b->h;
		b->l = p < b->l ? p : b->l;
	}
	b->c = p;
	trade(m, b);
}

/* Outages: mostly minutes, sometimes hours. The price moves on meanwhile. */
static bool in_gap(struct maker *m)
{
	uint64_t r = draw(&m->gap_chance), len;

	if (m->gap == 0 && r % (30 * DAY_MINUTES) < m->gaps) {
		len = draw(&m->gap_chance);
		m->gap = len % 10 < 6 ? 1 + (unsigned)(len / 10 % 30) : 31 + (unsigned)(len / 10 % 570);
	}
	if (m->gap == 0)
		return false;
	m->gap--;
	return true;
}

/* -- bars of any interval from minutes -- */

struct folder {
	struct columns *to;
	int64_t from_ms, length_ms;
	unsigned size_decimals;
	struct minute bar;
	bool open;
};

static void add_row(struct columns *c, const int64_t *time, const double *value, int64_t n)
{
	if (c->n == c->cap)
		columns_grow(c);
	((int64_t *)c->col[COL_t_ms])[c->n] = time[0];
	((int64_t *)c->col[COL_t_close_ms])[c->n] = time[1];
	for (unsigned k = COL_open; k <= COL_volume; k++)
		((double *)c->col[k])[c->n] = value[k - COL_open];
	((int64_t *)c->col[COL_trades])[c->n] = n;
	c->n++;
}

static void close_bar(struct folder *d)
{
	const struct minute *b = &d->bar;
	int64_t time[] = { b->t_ms, b->t_ms + d->length_ms - 1 };
	double value[] = { b->o, b->h, b->l, b->c, (double)b->lots / power10[d->size_decimals] };

	if (d->open && b->t_ms >= d->from_ms)
		add_row(d->to, time, value, (int64_t)b->trades);
	d->open = false;
}

static void fold(struct folder *d, const struct minute *m)
{
	int64_t t = m->t_ms - m->t_ms % d->length_ms;
	struct minute *b = &d->bar;

	if (d->open && b->t_ms != t)
		close_bar(d);
	if (!d->open) {
		*b = *m;
		b->t_ms = t;
		d->open = true;
		return;
	}
	b->h = m->h > b->h ? m->h : b->h;
	b->l = m->l < b->l ? m->l : b->l;
	b->c = m->c;
	b->lots += m->lots;
	b->trades += m->trades;
}

/* -- funding: a base rate and a part of the last hour's move, to ten decimals, a moment after the full hour -- */

static void add_rate(struct columns *c, uint64_t *chance, int64_t t, double before, double now)
{
	double premium = 0.004 * (now / before - 1);
	double rate = 0.0000125 + (premium > 0.002 ? 0.002 : premium < -0.002 ? -0.002 : premium);
	double units = floor(fabs(rate) * 1e10 + 0.5);

	if (c->n == c->cap)
		columns_grow(c);
	((int64_t *)c->col[RATE_T])[c->n] = t + (int64_t)(draw(chance) % 200);
	((double *)c->col[RATE_VALUE])[c->n] = (rate < 0 && units > 0 ? -units : units) / 1e10;
	c->n++;
}

static struct maker maker_of(const struct synth_plan *plan, const char *name, const struct regime *fixed)
{
	struct maker m = { .coin = find_coin(name), .gaps = plan->gaps };

	m.market = (struct mood){ .chance = stream(plan->seed, "", "mood"), .fixed = fixed };
	m.own = (struct mood){ .chance = stream(plan->seed, name, "mood"), .fixed = fixed };
	m.market_chance = stream(plan->seed, "", "move");
	m.own_chance = stream(plan->seed, name, "move");
	m.volume_chance = stream(plan->seed, name, "volume");
	m.gap_chance = stream(plan->seed, name, "gap");
	m.price = m.anchor = m.coin.price;
	m.tick_volatility = m.coin.volatility / sqrt(DAY_MINUTES * TICKS);
	m.tick_drift = m.coin.volatility / (DAY_MINUTES * TICKS);
	return m;
}

static void make_symbol(const struct synth *s, struct synth_symbol *y, const struct synth_plan *plan, const struct regime *fixed)
{
	struct maker m = maker_of(plan, y->name, fixed);
	uint64_t rate_chance = stream(plan->seed, y->name, "rate");
	struct folder *d = xcalloc(s->n_intervals, sizeof *d);
	double hour_ago = m.price;

	for (uint32_t k = 0; k < s->n_intervals; k++)
		d[k] = (struct folder){ .to = &y->bars[k], .from_ms = plan->from_ms, .size_decimals = m.coin.size_decimals,
		                        .length_ms = clock_interval_ms(s->interval[k]) };
	for (int64_t i = 0; i < (int64_t)plan->days * DAY_MINUTES; i++) {
		struct minute b = { .t_ms = plan->from_ms + i * MINUTE_MS };
		bool listed = b.t_ms >= y->listed_from_ms && b.t_ms <= y->listed_to_ms;

		if (b.t_ms % HOUR_MS == 0) {
			if (listed)
				add_rate(&y->rates, &rate_chance, b.t_ms, hour_ago, m.price);
			hour_ago = m.price;
		}
		make_minute(&m, &b);
		if (!in_gap(&m) && listed)
			for (uint32_t k = 0; k < s->n_intervals; k++)
				fold(&d[k], &b);
	}
	for (uint32_t k = 0; k < s->n_intervals; k++)
		close_bar(&d[k]);
	free(d);
}

/* -- the plan -- */

static const struct regime *find_regime(const char *name)
{
	for (size_t i = 0; i < COUNT(regimes); i++)
		if (strcmp(regimes[i].name, name) == 0)
			return &regimes[i];
	return NULL;
}

static bool add_symbol(struct synth *s, const char *name, struct fault *f)
{
	if (!symbol_valid(name, strlen(name)))
		return fault_set(f, EX_USAGE, "symbol \"%.40s\" is not a name of 1 to %d printable characters", name, SYMBOL_MAX - 1);
	for (uint32_t i = 0; i < s->n_symbols; i++)
		if (strcmp(s->symbol[i].name, name) == 0)
			return fault_set(f, EX_USAGE, "symbol %s is there twice", name);
	s->symbol = xreallocarray(s->symbol, s->n_symbols + 1, sizeof *s->symbol);
	s->symbol[s->n_symbols] = (struct synth_symbol){ .rates = { .width = N_RATE_COLUMNS } };
	memcpy(s->symbol[s->n_symbols++].name, name, strlen(name) + 1);
	return true;
}

static bool add_interval(struct synth *s, const char *interval, struct fault *f)
{
	if (!clock_interval_ms(interval))
		return fault_set(f, EX_USAGE, "interval \"%.20s\" is not one of 1m 3m 5m 15m 30m 1h 4h 1d", interval);
	s->interval = xreallocarray(s->interval, s->n_intervals + 1, sizeof *s->interval);
	memcpy(s->interval[s->n_intervals++], interval, strlen(interval) + 1);
	return true;
}

static bool add_each(struct synth *s, const char *list, bool (*add)(struct synth *, const char *, struct fault *), struct fault *f)
{
	char *copy = xstrdup(list), *rest = copy, *item;
	bool ok = true;

	while (ok && (item = strsep(&rest, ",")))
		ok = add(s, item, f);
	free(copy);
	return ok;
}

/* Whole hours between the given tenths of the window. */
static int64_t hour_within(const struct synth_plan *plan, uint64_t chance, unsigned first, unsigned last)
{
	uint64_t hours = (uint64_t)plan->days * 24, low = hours * first / 10, high = hours * last / 10;

	return plan->from_ms + (int64_t)(low + draw(&chance) % (high - low + 1)) * HOUR_MS;
}

static void set_listings(struct synth *s, const struct synth_plan *plan)
{
	int64_t end = plan->from_ms + (int64_t)plan->days * DAY_MINUTES * MINUTE_MS - 1;

	for (uint32_t i = 0; i < s->n_symbols; i++) {
		struct synth_symbol *y = &s->symbol[i];

		y->listed_from_ms = plan->from_ms;
		y->listed_to_ms = end;
		if (i + plan->late >= s->n_symbols)
			y->listed_from_ms = hour_within(plan, stream(plan->seed, y->name, "listed"), 1, 5);
		if (i >= 1 && i <= plan->delisted)
			y->listed_to_ms = hour_within(plan, stream(plan->seed, y->name, "delisted"), 6, 9) - 1;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct synth_symbol *)a)->name, ((const struct synth_symbol *)b)->name);
}

static bool check_plan(const struct synth_plan *plan, struct fault *f)
{
	if (plan->from_ms < TIME_MIN || plan->from_ms > TIME_MAX / 2 || plan->from_ms % MINUTE_MS)
		return fault_set(f, EX_USAGE, "the start %s is not a whole minute since 1970", time_text(plan->from_ms));
	if (plan->days < 1 || plan->days > DAYS_MAX)
		return fault_set(f, EX_USAGE, "%u days: give 1 to %d", plan->days, DAYS_MAX);
	if (plan->regime && !find_regime(plan->regime))
		return fault_set(f, EX_USAGE, "no regime \"%.20s\"; there are %s", plan->regime, synth_regimes);
	if (!plan->symbols && (plan->n_symbols < 1 || plan->n_symbols > COUNT(coins)))
		return fault_set(f, EX_USAGE, "%u symbols: %zu are built in; name others with --symbols", plan->n_symbols, COUNT(coins));
	return true;
}

bool synth_make(struct synth *s, const struct synth_plan *plan, struct fault *f)
{
	const struct regime *fixed = plan->regime ? find_regime(plan->regime) : NULL;
	bool ok = check_plan(plan, f);

	*s = (struct synth){ 0 };
	if (ok && plan->symbols)
		ok = add_each(s, plan->symbols, add_symbol, f);
	for (uint32_t i = 0; ok && !plan->symbols && i < plan->n_symbols; i++)
		ok = add_symbol(s, coins[i].name, f);
	ok = ok && add_each(s, plan->intervals, add_interval, f);
	if (!ok) {
		synth_release(s);
		return false;
	}
	set_listings(s, plan);
	for (uint32_t i = 0; i < s->n_symbols; i++) {
		s->symbol[i].bars = xcalloc(s->n_intervals, sizeof *s->symbol[i].bars);
		for (uint32_t k = 0; k < s->n_intervals; k++)
			s->symbol[i].bars[k].width = N_BAR_COLUMNS;
		make_symbol(s, &s->symbol[i], plan, fixed);
	}
	qsort(s->symbol, s->n_symbols, sizeof *s->symbol, by_name);
	return true;
}

void synth_release(struct synth *s)
{
	for (uint32_t i = 0; i < s->n_symbols; i++) {
		for (uint32_t k = 0; s->symbol[i].bars && k < s->n_intervals; k++)
			columns_release(&s->symbol[i].bars[k]);
		free(s->symbol[i].bars);
		columns_release(&s->symbol[i].rates);
	}
	free(s->symbol);
	free(s->interval);
	*s = (struct synth){ 0 };
}
