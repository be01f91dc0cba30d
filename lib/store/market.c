/* SPDX-License-Identifier: MIT
 * From a query to a market: window, symbols, universe, and the order in which they apply. */
#include "store/market.h"
#include "store/candles.h"
#include "store/source.h"
#include "base/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int64_t source_find(const struct source *s, const char *name, size_t len)
{
	uint32_t low = 0, high = s->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const char *at = s->symbol[mid].name;
		int order = strncmp(at, name, len);

		if (order == 0)
			order = at[len] != '\0';
		if (order == 0)
			return mid;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

static bool unknown_symbol(const struct source *s, const char *name, struct fault *f)
{
	struct buf list = BUF_INIT;

	for (uint32_t i = 0; i < s->n; i++)
		if (i != s->context_only)
			buf_addf(&list, " %s", s->symbol[i].name);
	fault_set(f, EX_USAGE, "no symbol \"%.40s\" in the data; there are%s", name, buf_cstr(&list));
	buf_release(&list);
	return false;
}

/* Exact case first, then upper case: kPEPE can be named, and btc means BTC. */
static bool want_symbol(struct source *s, char *name, struct fault *f)
{
	size_t len = strlen(name);
	char upper[SYMBOL_MAX];
	int64_t i = -1;

	if (len < sizeof upper) {
		for (size_t k = 0; k <= len; k++)
			upper[k] = (char)toupper((unsigned char)name[k]);
		i = source_find(s, name, len);
		if (i < 0)
			i = source_find(s, upper, len);
	}
	if (i < 0 || i == s->context_only)
		return unknown_symbol(s, name, f);
	s->symbol[i].wanted = true;
	return true;
}

static bool want_symbols(struct source *s, const char *list, struct fault *f)
{
	char *copy, *rest, *item;
	bool ok = true;

	for (uint32_t i = 0; i < s->n; i++)
		s->symbol[i].wanted = !list && i != s->context_only;
	if (!list)
		return true;
	rest = copy = xstrdup(list);
	while (ok && (item = strsep(&rest, ",")))
		ok = *item ? want_symbol(s, item, f) : fault_set(f, EX_USAGE, "empty name in the symbol list \"%.100s\"", list);
	free(copy);
	return ok;
}

/* One bound of the window: the one asked for, which must lie within the data, or the default. */
static bool bound(int64_t *to, int64_t asked, int64_t open, const struct source *s, const char *what, struct fault *f)
{
	if (asked == open)
		return true;
	if (asked < s->limit_from_ms || asked > s->limit_to_ms)
		return fault_set(f, EX_USAGE, "%s %s is outside the data, which goes from %s to %s", what, time_text(asked),
		                 time_text(s->limit_from_ms), time_text(s->limit_to_ms));
	*to = asked;
	return true;
}

static bool choose_window(struct source *s, const struct market_query *q, struct fault *f)
{
	if (!bound(&s->from_ms, q->from_ms, INT64_MIN, s, "from", f) || !bound(&s->to_ms, q->to_ms, INT64_MAX, s, "to", f))
		return false;
	if (s->from_ms > s->to_ms)
		return fault_set(f, EX_USAGE, "the window starts at %s, after its end %s", time_text(s->from_ms), time_text(s->to_ms));
	return true;
}

/* One test for the whole run: a symbol takes part if it was listed at any time within the window. */
static bool is_listed(const struct source *s, const struct source_symbol *y)
{
	int64_t from = s->from_ms == INT64_MIN ? s->range_from_ms : s->from_ms;
	int64_t to = s->to_ms == INT64_MAX ? s->range_to_ms : s->to_ms;

	return y->listed_from_ms <= to && y->listed_to_ms >= from;
}

/* The symbol of the alignment gate: BTC, or BTCUSDT where there is no BTC. */
static void choose_context(struct source *s)
{
	int64_t i = source_find(s, "BTC", 3);

	if (i < 0)
		i = source_find(s, "BTCUSDT", 7);
	if (i >= 0 && !s->symbol[i].wanted && is_listed(s, &s->symbol[i])) {
		s->context = (uint32_t)i;
		s->symbol[i].wanted = true;
	}
}

bool source_choose(struct source *s, const struct market_query *q, struct fault *f)
{
	uint32_t n = 0;

	s->context = UINT32_MAX;
	if (!want_symbols(s, q->symbols, f) || !choose_window(s, q, f))
		return false;
	for (uint32_t i = 0; i < s->n; i++)
		n += s->symbol[i].wanted = s->symbol[i].wanted && is_listed(s, &s->symbol[i]);
	if (n == 0)
		return fault_set(f, EX_DATA, "the universe lists none of the symbols between %s and %s",
		                 time_text(s->from_ms == INT64_MIN ? s->range_from_ms : s->from_ms),
		                 time_text(s->to_ms == INT64_MAX ? s->range_to_ms : s->to_ms));
	if (q->btc_context)
		choose_context(s);
	return true;
}

/* out = a united with b, all ascending; returns its length. */
static size_t unite(const int64_t *a, size_t na, const int64_t *b, size_t nb, int64_t *out)
{
	size_t i = 0, j = 0, n = 0;

	while (i < na || j < nb) {
		int64_t t = j >= nb || (i < na && a[i] <= b[j]) ? a[i] : b[j];

		i += i < na && a[i] == t;
		j += j < nb && b[j] == t;
		out[n++] = t;
	}
	return n;
}

int64_t *timeline_of(const struct source *s, bool wanted_only, size_t *n)
{
	int64_t *now = NULL, *next = NULL, *swap;
	size_t cap = 0;

	*n = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		const struct bars *b = &s->symbol[i].bars[SET_MAIN];

		if (wanted_only && !s->symbol[i].wanted)
			continue;
		if (*n + b->n > cap) {
			cap = 2 * (*n + b->n);
			now = xreallocarray(now, cap, sizeof *now);
			next = xreallocarray(next, cap, sizeof *next);
		}
		*n = unite(now, *n, b->t_ms, b->n, next);
		swap = now;
		now = next;
		next = swap;
	}
	free(next);
	return now;
}

static struct bars window_bars(const struct bars *b, int64_t from, int64_t to)
{
	size_t first = time_lower(b->t_ms, b->n, from);
	size_t end = time_upper(b->t_ms, b->n, to);

	return bars_slice(b, first, end > first ? end - first : 0);
}

/* `before`: the last rate before the window stays (repair funding_before_window). */
static struct rates window_rates(const struct rates *r, int64_t from, int64_t to, bool before)
{
	size_t first = time_lower(r->t_ms, r->n, from);
	size_t end = time_upper(r->t_ms, r->n, to);

	if (before && first > 0)
		first--;
	return rates_slice(r, first, end > first ? end - first : 0);
}

/* Bars outside the window serve the indicators; sub-bars and rates outside it serve nobody. */
static void take_symbol(struct source *s, const struct market_query *q, uint32_t i, uint32_t k)
{
	const struct source_symbol *y = &s->symbol[i];
	bool context = i == s->context;

	s->taken[k] = i;
	s->name[k] = y->name;
	s->set[SET_MAIN][k] = y->bars[SET_MAIN];
	for (unsigned set = SET_EXIT; set < N_SETS; set++)
		if (s->set[set] && !context)
			s->set[set][k] = window_bars(&y->bars[set], s->from_ms, s->to_ms);
	if (s->rates && !context)
		s->rates[k] = window_rates(&y->rates, s->from_ms, s->to_ms, q->funding_before_window);
}

static void take_timeline(struct source *s, struct market *m, bool all)
{
	if (all && s->timeline) {
		m->timeline = s->timeline;
		m->n_timeline = s->n_timeline;
	} else {
		free(s->own_timeline);
		m->timeline = s->own_timeline = timeline_of(s, true, &m->n_timeline);
	}
	m->data_from_ms = m->timeline[0];
	m->data_to_ms = m->timeline[m->n_timeline - 1];
}

static void take_set(const struct source *s, unsigned set, struct bar_set *b)
{
	memcpy(b->interval, s->interval[set], sizeof b->interval);
	b->of = s->set[set];
}

void source_take(struct source *s, const struct market_query *q, struct market *m)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++)
		n += s->symbol[i].wanted;
	*m = (struct market){ .n_symbols = n, .from_ms = s->from_ms, .to_ms = s->to_ms, .context_symbol = UINT32_MAX, .owner = s };
	s->taken = xcalloc(n, sizeof *s->taken);
	s->name = xcalloc(n, sizeof *s->name);
	for (unsigned set = 0; set < N_SETS; set++)
		s->set[set] = *s->interval[set] ? xcalloc(n, sizeof *s->set[set]) : NULL;
	s->rates = s->has_rates ? xcalloc(n, sizeof *s->rates) : NULL;
	for (uint32_t i = 0, k = 0; i < s->n; i++) {
		if (!s->symbol[i].wanted)
			continue;
		if (i == s->context)
			m->context_symbol = k;
		take_symbol(s, q, i, k++);
	}
	m->symbol = s->name;
	take_set(s, SET_MAIN, &m->main);
	take_set(s, SET_EXIT, &m->exit);
	take_set(s, SET_ENTRY, &m->entry);
	m->funding = s->rates;
	take_timeline(s, m, n == s->n);
}

void source_free(struct source *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_columns; i++)
		columns_release(&s->column[i]);
	for (unsigned set = 0; set < N_SETS; set++)
		free(s->set[set]);
	if (s->map)
		munmap(s->map, s->map_len);
	free(s->column);
	free(s->own_timeline);
	free(s->rates);
	free(s->name);
	free(s->taken);
	free(s->symbol);
	free(s);
}

static bool check_interval(const char *what, const char *interval, struct fault *f)
{
	return !interval || clock_interval_ms(interval) > 0 ||
	       fault_set(f, EX_USAGE, "%s \"%.20s\" is not one of 1m 3m 5m 15m 30m 1h 4h 1d", what, interval);
}

static bool check_query(const struct market_query *q, struct fault *f)
{
	if (!q->any_interval && (!check_interval("interval", q->interval, f) || !check_interval("exit interval", q->exit_interval, f) ||
	                         !check_interval("entry interval", q->entry_interval, f)))
		return false;
	if (q->pack && (q->candles || q->exit_candles || q->entry_candles || q->funding || q->universe))
		return fault_set(f, EX_USAGE, "a pack holds all data: no other data file can be given with it");
	if (!q->pack && (!q->candles || !q->interval))
		return fault_set(f, EX_USAGE, "no data: give candles and their interval, or a pack");
	return true;
}

/* A pack answers only for the intervals it was made with. */
static bool same_interval(const struct source *s, unsigned set, const char *asked, const char *path, struct fault *f)
{
	return !asked || !*s->interval[set] || strcmp(asked, s->interval[set]) == 0 ||
	       fault_set(f, EX_USAGE, "%s: holds %s bars, not %s", path, s->interval[set], asked);
}

static struct source *load_pack(const struct market_query *q, struct fault *f)
{
	struct source *s = pack_open(q->pack, f);
	int64_t from, to;

	if (!s)
		return NULL;
	from = s->from_ms;
	to = s->to_ms;
	if (same_interval(s, SET_MAIN, q->interval, q->pack, f) && same_interval(s, SET_EXIT, q->exit_interval, q->pack, f) &&
	    same_interval(s, SET_ENTRY, q->entry_interval, q->pack, f) && source_choose(s, q, f)) {
		if (s->from_ms != from || s->to_ms != to)
			*s->data_id = '\0';
		for (uint32_t i = 0; i < s->n; i++)
			if (i != s->context_only && (!s->symbol[i].wanted || i == s->context))
				*s->data_id = '\0';
		return s;
	}
	source_free(s);
	return NULL;
}

typedef bool fetch_fn(struct stores *st, struct source *s, struct fault *f);

static struct source *load_stores(const struct market_query *q, fetch_fn *fetch, struct fault *f)
{
	struct stores *st = NULL;
	struct source *s = stores_open(&st, q, f);

	if (s && (!source_choose(s, q, f) || !fetch(st, s, f))) {
		source_free(s);
		s = NULL;
	}
	stores_close(st);
	return s;
}

bool market_load(struct market *m, const struct market_query *q, struct errmsg *e, int *status)
{
	struct fault f = { .status = EX_OK };
	struct source *s = NULL;

	*m = (struct market){ 0 };
	if (check_query(q, &f))
		s = q->pack ? load_pack(q, &f) : load_stores(q, stores_fetch, &f);
	*status = f.status;
	if (!s)
		return errmsg_set(e, "%s", f.e.text);
	source_take(s, q, m);
	memcpy(m->data_id, s->data_id, sizeof m->data_id);
	if (q->want_data_id && !*m->data_id)
		market_data_id(m, m->data_id);
	return true;
}

bool market_load_times(struct market *m, const char *list, const char *interval, const char *symbols, struct fault *f)
{
	struct market_query q = MARKET_QUERY_INIT;
	struct source *s;

	*m = (struct market){ 0 };
	q.candles = list;
	q.interval = interval;
	q.symbols = symbols;
	if ((s = load_stores(&q, stores_fetch_times, f)))
		source_take(s, &q, m);
	return s;
}

void market_release(struct market *m)
{
	source_free(m->owner);
	*m = (struct market){ 0 };
}

int market_find(const struct market *m, const char *symbol)
{
	uint32_t low = 0, high = m->n_symbols;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = strcmp(m->symbol[mid], symbol);

		if (order == 0)
			return (int)mid;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}
