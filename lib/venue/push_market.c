/* SPDX-License-Identifier: MIT
 * What happened to markets, to those who subscribed: trades, books, contexts, candles, mids. */
#include "venue/push.h"

#include "base/clock.h"
#include "base/num.h"

#include <string.h>

#define FAST_DEPTH 5
#define DEPTH 20

static void push_trades(struct exchange *x, struct coin *c)
{
	uint64_t from = c->n_trades - c->told_trades > RECENT_TRADES ? c->n_trades - RECENT_TRADES : c->told_trades, k;

	if (c->subs[CH_TRADES].n && from < c->n_trades) {
		buf_clear(&x->message);
		buf_adds(&x->message, "{\"channel\":\"trades\",\"data\":[");
		for (k = from; k < c->n_trades; k++) {
			if (k > from)
				buf_addc(&x->message, ',');
			trade_row(&x->message, c, &c->recent[k % RECENT_TRADES]);
		}
		buf_adds(&x->message, "]}");
		push_list(x, &c->subs[CH_TRADES], "trades", NULL);
	}
	c->told_trades = c->n_trades;
}

static void put_best(struct buf *out, const struct exchange *x, const struct coin *c, bool bid)
{
	struct venue_level l;
	char *p;

	if (!venue_levels(x->core, c->asset.id, bid, &l, 1)) {
		buf_adds(out, "null");
		return;
	}
	buf_reserve(out, 128);
	p = out->data + out->len;
	p = dec8_put_answer((char *)memcpy(p, "{\"px\":\"", 7) + 7, l.px);
	p = dec8_put_answer((char *)memcpy(p, "\",\"sz\":\"", 8) + 8, l.sz);
	p = num_u64_put((char *)memcpy(p, "\",\"n\":", 6) + 6, l.n);
	*p++ = '}';
	out->len = (size_t)(p - out->data);
}

void make_bbo(struct exchange *x, const struct coin *c)
{
	buf_clear(&x->message);
	buf_addf(&x->message, "{\"channel\":\"bbo\",\"data\":{\"coin\":\"%s\",\"time\":%lld,\"bbo\":[", c->asset.name,
		 (long long)exchange_now(x));
	put_best(&x->message, x, c, true);
	buf_addc(&x->message, ',');
	put_best(&x->message, x, c, false);
	buf_adds(&x->message, "]}}");
}

void make_book(struct exchange *x, const struct sub *s)
{
	buf_clear(&x->message);
	buf_adds(&x->message, "{\"channel\":\"l2Book\",\"data\":");
	book_object(&x->message, x, s->coin, s->figures, s->mantissa, s->fast ? FAST_DEPTH : DEPTH);
	buf_addc(&x->message, '}');
}

void make_ctx(struct exchange *x, const struct coin *c)
{
	struct jsonw w;

	buf_clear(&x->message);
	jsonw_init(&w, &x->message, false);
	jsonw_object(&w);
	jsonw_put_text(&w, "channel", c->asset.spot ? "activeSpotAssetCtx" : "activeAssetCtx");
	jsonw_key(&w, "data");
	jsonw_object(&w);
	jsonw_put_text(&w, "coin", c->asset.name);
	jsonw_key(&w, "ctx");
	asset_ctx(&w, x, c);
	push_close(&w);
}

/* Subscribers of books differ in what they want of it; those that want the same as the one before get the same text. */
static void push_books(struct exchange *x, struct coin *c)
{
	const struct sublist *l = &c->subs[CH_BOOK];
	const struct sub *s, *made = NULL;
	unsigned i;

	for (i = 0; i < l->n; i++) {
		s = l->at[i];
		if (!made || made->figures != s->figures || made->mantissa != s->mantissa || made->fast != s->fast)
			make_book(x, s);
		made = s;
		push_text(x, s->conn, "l2Book", NULL, x->message.data, x->message.len);
	}
}

static void push_candle(struct exchange *x, const struct coin *c, int iv, const struct bar *b)
{
	buf_clear(&x->message);
	buf_adds(&x->message, "{\"channel\":\"candle\",\"data\":");
	bar_json(&x->message, b, c->asset.name, clock_intervals[iv]);
	buf_addc(&x->message, '}');
	push_list(x, &c->candles[iv], "candle", NULL);
}

/* The bar as it is now, which opened at t_ms. */
static bool bar_of(const struct exchange *x, const struct coin *c, int iv, int64_t t_ms, struct bar *b)
{
	struct bar_range r = tape_range(&x->tapes.of[c->index][iv], t_ms, t_ms, venue_now(x->core));

	if (!r.n)
		return false;
	*b = bar_at(&r, 0);
	return b->t_ms == t_ms;
}

/* A bar that a fault had shown flat is put right once the next one has begun. */
static void correct(struct exchange *x, struct coin *c, int iv, int64_t next_ms)
{
	struct bar b;

	if (!c->owed[iv] || next_ms <= c->owed[iv])
		return;
	if (bar_of(x, c, iv, c->owed[iv], &b))
		push_candle(x, c, iv, &b);
	c->owed[iv] = 0;
}

void push_bar(struct exchange *x, struct coin *c, int iv, const struct bar *b)
{
	struct bar shown = *b;

	if (!c->candles[iv].n || faults_in_force(x->faults, FAULT_gap_candles, c->asset.name, b->t_ms))
		return;
	correct(x, c, iv, b->t_ms);
	if (faults_in_force(x->faults, FAULT_flat_candles, c->asset.name, b->t_ms)) {
		shown.h = shown.l = shown.c = shown.o;
		c->owed[iv] = b->t_ms;
	}
	push_candle(x, c, iv, &shown);
}

static void push_candles(struct exchange *x, struct coin *c)
{
	const struct tape *t;
	int iv;

	for (iv = 0; iv < INTERVAL_COUNT; iv++) {
		if (!(c->candle_dirty & 1u << iv))
			continue;
		t = &x->tapes.of[c->index][iv];
		if (t->has_store)
			push_bar(x, c, iv, &t->forming);
		else if (t->n_own)
			push_bar(x, c, iv, &t->own[t->n_own - 1]);
	}
	c->candle_dirty = 0;
}

/* True: something is left for later. */
bool push_coin(struct exchange *x, struct coin *c)
{
	int64_t now_ms = venue_now(x->core);

	push_trades(x, c);
	if (c->bbo_dirty && c->subs[CH_BBO].n) {
		make_bbo(x, c);
		push_list(x, &c->subs[CH_BBO], "bbo", NULL);
	}
	c->bbo_dirty = false;
	if (c->book_dirty && now_ms >= c->book_pushed_ms + x->opt.book_ms) {
		push_books(x, c);
		c->book_dirty = false;
		c->book_pushed_ms = now_ms;
	}
	if (c->mark_dirty && now_ms >= c->ctx_pushed_ms + x->opt.book_ms) {
		if (c->subs[CH_CTX].n) {
			make_ctx(x, c);
			push_list(x, &c->subs[CH_CTX], c->asset.spot ? "activeSpotAssetCtx" : "activeAssetCtx", NULL);
		}
		c->mark_dirty = false;
		c->ctx_pushed_ms = now_ms;
	}
	push_candles(x, c);
	return c->book_dirty || c->mark_dirty;
}

void make_mids(struct exchange *x, const struct sub *s)
{
	struct jsonw w = push_open(x, CH_MIDS);

	jsonw_object(&w);
	jsonw_key(&w, "mids");
	mids_object(&w, x, s->dex);
	if (s->has_dex && *s->dex)
		jsonw_put_text(&w, "dex", s->dex);
	push_close(&w);
}

void push_mids(struct exchange *x)
{
	unsigned i;

	if (!x->mids_dirty || venue_now(x->core) < x->mids_pushed_ms + x->opt.mids_ms)
		return;
	x->mids_dirty = false;
	x->mids_pushed_ms = venue_now(x->core);
	for (i = 0; i < x->mids.n; i++) {
		make_mids(x, x->mids.at[i]);
		push_text(x, x->mids.at[i]->conn, "allMids", NULL, x->message.data, x->message.len);
	}
}

bool make_trades(struct exchange *x, const struct coin *c)
{
	uint64_t n = c->n_trades < RECENT_TRADES ? c->n_trades : RECENT_TRADES, k;

	buf_clear(&x->message);
	buf_adds(&x->message, "{\"channel\":\"trades\",\"data\":[");
	for (k = c->n_trades - n; k < c->n_trades; k++) {
		if (k > c->n_trades - n)
			buf_addc(&x->message, ',');
		trade_row(&x->message, c, &c->recent[k % RECENT_TRADES]);
	}
	buf_adds(&x->message, "]}");
	return n > 0;
}

bool make_candle(struct exchange *x, const struct sub *s)
{
	struct bar_range r = tape_range(&x->tapes.of[s->coin->index][s->interval], INT64_MIN, INT64_MAX, venue_now(x->core));
	struct bar b;

	if (!r.n && !r.forming)
		return false;
	b = bar_at(&r, r.n - !r.forming);
	buf_clear(&x->message);
	buf_adds(&x->message, "{\"channel\":\"candle\",\"data\":");
	bar_json(&x->message, &b, s->coin->asset.name, clock_intervals[s->interval]);
	buf_addc(&x->message, '}');
	return !faults_in_force(x->faults, FAULT_gap_candles, s->coin->asset.name, b.t_ms);
}
