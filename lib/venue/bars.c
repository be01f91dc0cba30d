/* SPDX-License-Identifier: MIT
 * Tapes of candles: what is visible now, and its text. */
#include "venue/bars.h"

#include "base/clock.h"
#include "base/num.h"
#include "store/columns.h"

#include <stdlib.h>
#include <string.h>

int interval_index(const char *name)
{
	int i;

	for (i = 0; i < INTERVAL_COUNT; i++)
		if (!strcmp(clock_intervals[i], name))
			return i;
	return -1;
}

void interval_bounds(int interval, int64_t at_ms, int64_t *t_ms, int64_t *t_close_ms)
{
	*t_ms = clock_bar(clock_intervals[interval], at_ms, 0);
	*t_close_ms = clock_bar(clock_intervals[interval], at_ms, 1) - 1;
}

void tapes_init(struct tapes *t, uint32_t n_coins)
{
	uint32_t i;
	int k;

	t->of = xcalloc(n_coins ? n_coins : 1, sizeof *t->of);
	t->n = n_coins;
	for (i = 0; i < n_coins; i++)
		for (k = 0; k < INTERVAL_COUNT; k++)
			t->of[i][k].forming.t_ms = -1;
}

void tapes_release(struct tapes *t)
{
	uint32_t i;
	int k;

	for (i = 0; i < t->n; i++)
		for (k = 0; k < INTERVAL_COUNT; k++)
			free(t->of[i][k].own);
	free(t->of);
	*t = (struct tapes){ 0 };
}

static size_t own_lower(const struct tape *t, int64_t at_ms)
{
	size_t low = 0, high = t->n_own, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (t->own[mid].t_ms < at_ms)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Nobody is shown more than the latest SNAPSHOT_BARS. */
static void forget_old(struct tape *t)
{
	if (t->n_own < 2 * SNAPSHOT_BARS)
		return;
	memmove(t->own, t->own + t->n_own - SNAPSHOT_BARS, SNAPSHOT_BARS * sizeof *t->own);
	t->n_own = SNAPSHOT_BARS;
}

void tape_put(struct tape *t, const struct bar *b)
{
	size_t at;

	forget_old(t);
	at = own_lower(t, b->t_ms);

	if (at == t->n_own || t->own[at].t_ms != b->t_ms) {
		if (t->n_own == t->cap_own) {
			t->cap_own = t->cap_own ? 2 * t->cap_own : 16;
			t->own = xreallocarray(t->own, t->cap_own, sizeof *t->own);
		}
		memmove(t->own + at + 1, t->own + at, (t->n_own - at) * sizeof *t->own);
		t->n_own++;
	}
	t->own[at] = *b;
}

const struct bar *tape_trade(struct tape *t, int interval, int64_t at_ms, dec8 px, dec8 sz)
{
	double price = dec8_f64(px);
	struct bar *b = t->n_own ? &t->own[t->n_own - 1] : NULL, fresh = { .o = price, .h = price, .l = price };

	if (!b || at_ms > b->t_close_ms) {
		interval_bounds(interval, at_ms, &fresh.t_ms, &fresh.t_close_ms);
		tape_put(t, &fresh);
		b = &t->own[t->n_own - 1];
	}
	if (price > b->h)
		b->h = price;
	if (price < b->l)
		b->l = price;
	b->c = price;
	b->v8 += sz;
	b->v = dec8_f64(b->v8);
	b->n++;
	return b;
}

/* ---- what is visible ---- */

static size_t at_least(size_t first, size_t end, size_t most)
{
	return end - first > most ? end - most : first;
}

/* Of the store only what is over: the forming bar is what the last step made of it. */
static struct bar_range stored_range(const struct tape *t, int64_t from_ms, int64_t to_ms, int64_t now_ms)
{
	struct bar_range r = { .tape = t };
	size_t end = time_lower(t->stored.t_close_ms, t->stored.n, now_ms < INT64_MAX ? now_ms + 1 : now_ms), first;
	bool forms = t->forming.t_ms >= 0 && t->forming.t_close_ms > now_ms;

	r.forming = forms && t->forming.t_ms <= to_ms && t->forming.t_close_ms >= from_ms;
	first = at_least(0, end, SNAPSHOT_BARS - forms);
	r.first = time_lower(t->stored.t_close_ms, end, from_ms);
	if (r.first < first)
		r.first = first;
	end = time_upper(t->stored.t_ms, end, to_ms);
	r.n = end > r.first ? end - r.first : 0;
	return r;
}

static struct bar_range own_range(const struct tape *t, int64_t from_ms, int64_t to_ms)
{
	struct bar_range r = { .tape = t };
	size_t end = to_ms < INT64_MAX ? own_lower(t, to_ms + 1) : t->n_own;

	r.first = own_lower(t, from_ms);
	if (r.first && t->own[r.first - 1].t_close_ms >= from_ms)
		r.first--;
	if (r.first < at_least(0, t->n_own, SNAPSHOT_BARS))
		r.first = at_least(0, t->n_own, SNAPSHOT_BARS);
	r.n = end > r.first ? end - r.first : 0;
	return r;
}

struct bar_range tape_range(const struct tape *t, int64_t from_ms, int64_t to_ms, int64_t now_ms)
{
	return t->has_store ? stored_range(t, from_ms, to_ms, now_ms) : own_range(t, from_ms, to_ms);
}

struct bar bar_at(const struct bar_range *r, size_t i)
{
	const struct bars *s = &r->tape->stored;
	size_t at = r->first + i;

	if (i == r->n)
		return r->tape->forming;
	if (!r->tape->has_store)
		return r->tape->own[at];
	return (struct bar){ .t_ms = s->t_ms[at], .t_close_ms = s->t_close_ms[at], .o = s->open[at], .h = s->high[at], .l = s->low[at],
		.c = s->close[at], .v = s->volume[at], .n = s->trades[at] };
}

/* ---- text ---- */

static char *put_zeros(char *dst, int n)
{
	while (n-- > 0)
		*dst++ = '0';
	return dst;
}

char *plain_put(char *dst, double v)
{
	char digits[NUM_I64_MAX];
	uint64_t d = 0;
	int exp10 = 0, n, whole;

	if (v < 0) {
		*dst++ = '-';
		v = -v;
	}
	if (v > 0)
		num_f64_shortest(v, &d, &exp10);
	n = (int)(num_u64_put(digits, d) - digits);
	whole = n + exp10;	/* digits before the point */
	if (whole <= 0) {
		*dst++ = '0';
		*dst++ = '.';
		dst = put_zeros(dst, -whole);
		memcpy(dst, digits, (size_t)n);
		return dst + n;
	}
	if (exp10 >= 0) {
		memcpy(dst, digits, (size_t)n);
		dst = put_zeros(dst + n, exp10);
		*dst++ = '.';
		*dst++ = '0';
		return dst;
	}
	memcpy(dst, digits, (size_t)whole);
	dst[whole] = '.';
	memcpy(dst + whole + 1, digits + whole, (size_t)(n - whole));
	return dst + n + 1;
}

char *text_put(char *dst, const char *text)
{
	size_t n = strlen(text);

	memcpy(dst, text, n);
	return dst + n;
}

static char *put_price(char *dst, const char *key, double v)
{
	dst = plain_put(text_put(dst, key), v);
	*dst++ = '"';
	return dst;
}

void bar_json(struct buf *out, const struct bar *b, const char *coin, const char *interval)
{
	char *p;

	buf_reserve(out, 5 * PLAIN_MAX + 256);
	p = num_i64_put(text_put(out->data + out->len, "{\"t\":"), b->t_ms);
	p = num_i64_put(text_put(p, ",\"T\":"), b->t_close_ms);
	p = text_put(text_put(p, ",\"s\":\""), coin);
	p = text_put(text_put(p, "\",\"i\":\""), interval);
	p = put_price(p, "\",\"o\":\"", b->o);
	p = put_price(p, ",\"c\":\"", b->c);
	p = put_price(p, ",\"h\":\"", b->h);
	p = put_price(p, ",\"l\":\"", b->l);
	p = put_price(p, ",\"v\":\"", b->v);
	p = num_i64_put(text_put(p, ",\"n\":"), b->n);
	*p++ = '}';
	out->len = (size_t)(p - out->data);
}
