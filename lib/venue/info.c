/* SPDX-License-Identifier: MIT
 * Answers of /info about markets, and the table of all its types. */
#include "venue/info.h"

#include "base/num.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

#define FUNDING_ROWS 500
#define HOUR INT64_C(3600000)
#define BOOK_DEPTH 20
#define BOOK_ALL 4096

/* ---- numbers ---- */

void put_dec_value(struct jsonw *w, dec8 v)
{
	char text[DEC8_TEXT + 4];

	jsonw_strn(w, text, (size_t)(dec8_put_answer(text, v) - text));
}

void put_dec(struct jsonw *w, const char *key, dec8 v)
{
	jsonw_key(w, key);
	put_dec_value(w, v);
}

void put_rate(struct jsonw *w, const char *key, rate16 v)
{
	char text[RATE16_TEXT];

	jsonw_key(w, key);
	jsonw_strn(w, text, (size_t)(rate16_put(text, v) - text));
}

void put_int(struct jsonw *w, const char *key, int64_t v)
{
	jsonw_key(w, key);
	jsonw_i64(w, v);
}

void put_address(struct jsonw *w, const char *key, const struct address *a)
{
	char text[ADDRESS_TEXT];

	address_put(text, a);
	jsonw_put_text(w, key, text);
}

void put_hash(struct jsonw *w, const unsigned char hash[32])
{
	char text[67];

	hex0x_put(text, hash, 32);
	jsonw_put_text(w, "hash", text);
}

static void put_raw(struct jsonw *w, const struct exchange *x, const struct json *v)
{
	/* an object's or array's text stands between its brackets; the writer must know that a value came */
	jsonw_array(w);
	w->out->len--;
	buf_add(w->out, x->market.text + v->start, v->end - v->start);
	w->depth--;
}

/* ---- what a request names ---- */

bool info_text(const struct info *i, const char *key, char *dst, size_t cap)
{
	const struct json *v = json_get(i->d, i->v, key);

	*dst = 0;
	return !v || v->type == JSON_NULL || json_str(i->d, v, dst, cap);
}

bool info_range(const struct info *i, const struct json *from, int64_t *from_ms, int64_t *to_ms)
{
	const struct json *end = json_get(i->d, from, "endTime");

	*to_ms = INT64_MAX;
	return json_i64(i->d, json_get(i->d, from, "startTime"), from_ms)
		&& (!end || end->type == JSON_NULL || json_i64(i->d, end, to_ms));
}

/* 200, or what the request is answered with instead. */
static int named_coin(const struct info *i, struct coin **c)
{
	char name[64];

	*c = NULL;
	if (!json_str(i->d, json_get(i->d, i->v, "coin"), name, sizeof name))
		return 422;
	*c = coin_named(i->x, name);
	return 200;
}

int info_dex(const struct info *i, char dex[ASSET_NAME])
{
	if (!info_text(i, "dex", dex, ASSET_NAME))
		return 422;
	return dex_known(i->x, dex) ? 200 : 500;
}

/* ---- meta and contexts ---- */

static int info_meta(struct info *i)
{
	char dex[ASSET_NAME];
	int status = info_dex(i, dex);

	if (status == 200)
		put_raw(&i->w, i->x, market_meta(i->x, dex));
	return status;
}

static dec8 day_before(const struct coin *c, int64_t now_ms)
{
	int64_t hour = now_ms / HOUR;
	dec8 px = 0;
	int k;

	for (k = 24; k >= 0 && !px; k--)
		if (c->hours[(hour - k) % 25].hour == hour - k)
			px = c->hours[(hour - k) % 25].last;
	return px;
}

static void day_volume(const struct coin *c, int64_t now_ms, dec8 *ntl, dec8 *base)
{
	int64_t hour = now_ms / HOUR;
	int k;

	*ntl = *base = 0;
	for (k = 0; k < 25; k++)
		if (c->hours[k].hour > hour - 24 && c->hours[k].hour <= hour) {
			*ntl += c->hours[k].ntl;
			*base += c->hours[k].base;
		}
}

static void put_dec_or_null(struct jsonw *w, const char *key, dec8 v, bool has)
{
	if (has) {
		put_dec(w, key, v);
		return;
	}
	jsonw_key(w, key);
	jsonw_null(w);
}

void asset_ctx(struct jsonw *w, const struct exchange *x, const struct coin *c)
{
	struct venue_market_state s = { 0 };
	dec8 ntl, base, before = day_before(c, venue_now(x->core));

	venue_market_state(x->core, c->asset.id, &s);
	day_volume(c, venue_now(x->core), &ntl, &base);
	jsonw_object(w);
	put_rate(w, "funding", s.funding);
	put_dec(w, "openInterest", s.open_interest);
	put_dec(w, "prevDayPx", before ? before : s.mark);
	put_dec(w, "dayNtlVlm", ntl);
	if (s.has_impact) {
		put_rate(w, "premium", s.premium);
	} else {
		jsonw_key(w, "premium");
		jsonw_null(w);
	}
	put_dec(w, "oraclePx", s.oracle);
	put_dec(w, "markPx", s.mark);
	put_dec_or_null(w, "midPx", s.mid, s.mid != 0);
	jsonw_key(w, "impactPxs");
	if (s.has_impact) {
		jsonw_array(w);
		put_dec_value(w, s.impact_bid);
		put_dec_value(w, s.impact_ask);
		jsonw_end(w);
	} else {
		jsonw_null(w);
	}
	put_dec(w, "dayBaseVlm", base);
	jsonw_end(w);
}

static int info_meta_ctxs(struct info *i)
{
	char dex[ASSET_NAME];
	int status = info_dex(i, dex);
	uint32_t k;

	if (status != 200)
		return status;
	jsonw_array(&i->w);
	put_raw(&i->w, i->x, market_meta(i->x, dex));
	jsonw_array(&i->w);
	for (k = 0; k < i->x->n_coins; k++)
		if (of_dex(&i->x->coin[k], dex))
			asset_ctx(&i->w, i->x, &i->x->coin[k]);
	jsonw_end(&i->w);
	jsonw_end(&i->w);
	return 200;
}

static void empty_spot(struct jsonw *w)
{
	jsonw_object(w);
	jsonw_key(w, "tokens");
	jsonw_array(w);
	jsonw_end(w);
	jsonw_key(w, "universe");
	jsonw_array(w);
	jsonw_end(w);
	jsonw_end(w);
}

static int info_spot_meta(struct info *i)
{
	if (i->x->spot_meta)
		put_raw(&i->w, i->x, i->x->spot_meta);
	else
		empty_spot(&i->w);
	return 200;
}

static void spot_ctx(struct info *i, const struct coin *c)
{
	struct venue_market_state s = { 0 };
	struct jsonw *w = &i->w;
	dec8 ntl, base, px;

	venue_market_state(i->x->core, c->asset.id, &s);
	day_volume(c, venue_now(i->x->core), &ntl, &base);
	px = s.mark ? s.mark : DEC8_ONE;
	jsonw_object(w);
	put_dec(w, "prevDayPx", px);
	put_dec(w, "dayNtlVlm", ntl);
	put_dec(w, "markPx", px);
	put_dec_or_null(w, "midPx", s.mid, s.mid != 0);
	put_dec(w, "circulatingSupply", DEC8_OF(1000000));
	jsonw_put_text(w, "coin", c->asset.name);
	put_dec(w, "totalSupply", DEC8_OF(1000000));
	put_dec(w, "dayBaseVlm", base);
	jsonw_end(w);
}

static int info_spot_ctxs(struct info *i)
{
	uint32_t k;

	jsonw_array(&i->w);
	info_spot_meta(i);
	jsonw_array(&i->w);
	for (k = 0; k < i->x->n_coins; k++)
		if (i->x->coin[k].asset.spot)
			spot_ctx(i, &i->x->coin[k]);
	jsonw_end(&i->w);
	jsonw_end(&i->w);
	return 200;
}

static int info_perp_dexs(struct info *i)
{
	if (i->x->perp_dexs) {
		put_raw(&i->w, i->x, i->x->perp_dexs);
		return 200;
	}
	jsonw_array(&i->w);
	jsonw_null(&i->w);
	jsonw_end(&i->w);
	return 200;
}

void mids_object(struct jsonw *w, const struct exchange *x, const char *dex)
{
	struct venue_market_state s;
	const struct coin *c;

	jsonw_object(w);
	for (c = x->coin; c < x->coin + x->n_coins; c++)
		if ((of_dex(c, dex) || (!*dex && c->asset.spot)) && venue_market_state(x->core, c->asset.id, &s) && s.mid)
			put_dec(w, c->asset.name, s.mid);
	jsonw_end(w);
}

static int info_mids(struct info *i)
{
	char dex[ASSET_NAME];
	int status = info_dex(i, dex);

	if (status == 200)
		mids_object(&i->w, i->x, dex);
	return status;
}

/* ---- book ---- */

/* The grid that so many significant figures make at this price: a power of ten, times mantissa. */
static dec8 grid_of(dec8 px, int figures, int mantissa)
{
	dec8 step = 1, top = 10;

	while (top <= px && top < INT64_MAX / 10)
		top *= 10;			/* px has as many digits as top - 1 */
	while (figures-- > 0 && top > 1)
		top /= 10;
	step = top > 1 ? top : 1;
	return mantissa ? step * mantissa : step;
}

static dec8 group_px(dec8 px, bool bid, int figures, int mantissa)
{
	dec8 grid = figures ? grid_of(px, figures, mantissa) : 1;

	return bid ? px / grid * grid : (px + grid - 1) / grid * grid;
}

static void put_level(struct buf *out, const struct venue_level *l, bool first)
{
	char *p;

	buf_reserve(out, 128);
	p = out->data + out->len;
	p = dec8_put_answer(text_put(p, first ? "{\"px\":\"" : ",{\"px\":\""), l->px);
	p = dec8_put_answer(text_put(p, "\",\"sz\":\""), l->sz);
	p = num_u64_put(text_put(p, "\",\"n\":"), l->n);
	*p++ = '}';
	out->len = (size_t)(p - out->data);
}

static void put_side(struct buf *out, const struct exchange *x, const struct coin *c, bool bids, int figures, int mantissa,
		     unsigned depth)
{
	static struct venue_level level[BOOK_ALL];
	struct venue_level sum = { 0 };
	unsigned n = venue_levels(x->core, c->asset.id, bids, level, figures ? BOOK_ALL : depth), k, shown = 0;
	dec8 px;

	buf_addc(out, '[');
	for (k = 0; k < n && shown < depth; k++) {
		px = group_px(level[k].px, bids, figures, mantissa);
		if (sum.sz && px != sum.px) {
			put_level(out, &sum, !shown++);
			sum = (struct venue_level){ 0 };
		}
		sum = (struct venue_level){ px, sum.sz + level[k].sz, sum.n + level[k].n };
	}
	if (sum.sz && shown < depth)
		put_level(out, &sum, !shown);
	buf_addc(out, ']');
}

void book_object(struct buf *out, const struct exchange *x, const struct coin *c, int figures, int mantissa, unsigned depth)
{
	buf_addf(out, "{\"coin\":\"%s\",\"time\":%lld,\"levels\":[", c->asset.name, (long long)exchange_now(x));
	put_side(out, x, c, true, figures, mantissa, depth);
	buf_addc(out, ',');
	put_side(out, x, c, false, figures, mantissa, depth);
	buf_adds(out, "]}");
}

bool book_grouping(const struct json_doc *d, const struct json *v, int *figures, int *mantissa)
{
	const struct json *f = json_get(d, v, "nSigFigs"), *m = json_get(d, v, "mantissa");
	int64_t n = 0, k = 0;

	if ((f && f->type != JSON_NULL && (!json_i64(d, f, &n) || n < 2 || n > 5))
	    || (m && m->type != JSON_NULL && (!json_i64(d, m, &k) || (k != 1 && k != 2 && k != 5))))
		return false;
	*figures = (int)n;
	*mantissa = (int)k;
	return true;
}

static int info_book(struct info *i)
{
	int figures, mantissa, status;
	struct coin *c;

	status = named_coin(i, &c);
	if (status != 200 || !book_grouping(i->d, i->v, &figures, &mantissa))
		return 422;
	if (mantissa == 1 || (mantissa && figures != 5))
		return 500;
	if (c)
		book_object(i->w.out, i->x, c, figures, mantissa, BOOK_DEPTH);
	else
		jsonw_null(&i->w);
	return 200;
}

/* ---- trades, candles, funding ---- */

void trade_row(struct buf *out, const struct coin *c, const struct recent *t)
{
	char hash[67], buyer[ADDRESS_TEXT], seller[ADDRESS_TEXT];
	char *p;

	hex0x_put(hash, t->hash, 32);
	address_put(buyer, &t->buyer);
	address_put(seller, &t->seller);
	buf_reserve(out, 512);
	p = text_put(text_put(text_put(out->data + out->len, "{\"coin\":\""), c->asset.name), "\",\"side\":\"");
	*p++ = t->buy ? 'B' : 'A';
	p = dec8_put_answer(text_put(p, "\",\"px\":\""), t->px);
	p = dec8_put_answer(text_put(p, "\",\"sz\":\""), t->sz);
	p = num_i64_put(text_put(p, "\",\"time\":"), t->t_ms);
	p = text_put(text_put(text_put(p, ",\"hash\":\""), hash), "\",\"tid\":");
	p = num_u64_put(p, t->tid);
	p = text_put(text_put(text_put(p, ",\"users\":[\""), buyer), "\",\"");
	p = text_put(text_put(p, seller), "\"]}");
	out->len = (size_t)(p - out->data);
}

static int info_trades(struct info *i)
{
	struct coin *c;
	uint64_t k, n;
	int status = named_coin(i, &c);

	if (status != 200 || !c)
		return status == 200 ? 500 : status;
	n = c->n_trades < RECENT_TRADES ? c->n_trades : RECENT_TRADES;
	buf_addc(i->w.out, '[');
	for (k = 0; k < n; k++) {
		if (k)
			buf_addc(i->w.out, ',');
		trade_row(i->w.out, c, &c->recent[(c->n_trades - 1 - k) % RECENT_TRADES]);
	}
	buf_addc(i->w.out, ']');
	i->rows = (unsigned)n;
	return 200;
}

/* Bars that a fault makes go missing; flat ones are a matter of pushes. */
static bool bar_is_gone(const struct exchange *x, const struct coin *c, const struct bar *b)
{
	return faults_in_force(x->faults, FAULT_gap_candles, c->asset.name, b->t_ms) != NULL;
}

static int info_candles(struct info *i)
{
	const struct json *req = json_get(i->d, i->v, "req");
	char name[64], text[16];
	int64_t from_ms, to_ms;
	struct bar_range r;
	struct bar b;
	struct coin *c;
	size_t k, n = 0;
	int iv;

	if (!json_str(i->d, json_get(i->d, req, "coin"), name, sizeof name)
	    || !json_str(i->d, json_get(i->d, req, "interval"), text, sizeof text) || !info_range(i, req, &from_ms, &to_ms))
		return 422;
	iv = interval_index(text);
	c = coin_named(i->x, name);
	if (iv < 0)
		return 422;
	if (!c)
		return 500;
	r = tape_range(&i->x->tapes.of[c->index][iv], from_ms, to_ms, venue_now(i->x->core));
	buf_addc(i->w.out, '[');
	for (k = 0; k < r.n + r.forming; k++) {
		b = bar_at(&r, k);
		if (bar_is_gone(i->x, c, &b))
			continue;
		if (n++)
			buf_addc(i->w.out, ',');
		bar_json(i->w.out, &b, c->asset.name, text);
	}
	buf_addc(i->w.out, ']');
	i->rows = (unsigned)n;
	return 200;
}

/* The premium that gives this hourly rate; within the clamp any does, the interest itself is taken. */
static rate16 premium_of(rate16 hourly)
{
	rate16 f = 8 * hourly, interest = RATE16_ONE / 10000, clamp = RATE16_ONE / 2000;

	return f == interest ? interest : f > interest ? f + clamp : f - clamp;
}

static void rate_row(struct info *i, const struct coin *c, int64_t t_ms, rate16 rate, rate16 premium)
{
	jsonw_object(&i->w);
	jsonw_put_text(&i->w, "coin", c->asset.name);
	put_rate(&i->w, "fundingRate", rate);
	put_rate(&i->w, "premium", premium);
	put_int(&i->w, "time", t_ms);
	jsonw_end(&i->w);
}

/* A few ms after the hour, always the same for an hour and coin; other times as they are. */
int64_t funding_time(const struct exchange *x, const struct coin *c, int64_t t_ms)
{
	return t_ms % HOUR ? t_ms : t_ms + 1 + (int64_t)rng_below(x->opt.rules.seed, c->index, (uint64_t)(t_ms / HOUR), 120);
}

static unsigned history_rows(struct info *i, const struct coin *c, int64_t from_ms, int64_t to_ms)
{
	const struct rates *h = c->history;
	int64_t t_ms, now_ms = venue_now(i->x->core);
	rate16 rate;
	unsigned n = 0;
	size_t k;

	for (k = 0; k < h->n && n < FUNDING_ROWS && h->t_ms[k] <= now_ms; k++) {
		t_ms = funding_time(i->x, c, h->t_ms[k] - h->t_ms[k] % HOUR);
		if (t_ms < from_ms || t_ms > to_ms)
			continue;
		rate = rate16_of_f64(h->rate[k]);
		rate_row(i, c, t_ms, rate, premium_of(rate));
		n++;
	}
	return n;
}

static unsigned paid_rows(struct info *i, const struct coin *c, int64_t from_ms, int64_t to_ms)
{
	unsigned n = 0;
	size_t k;

	for (k = 0; k < c->n_rates && n < FUNDING_ROWS; k++)
		if (c->rates[k].t_ms >= from_ms && c->rates[k].t_ms <= to_ms) {
			rate_row(i, c, c->rates[k].t_ms, c->rates[k].rate, c->rates[k].premium);
			n++;
		}
	return n;
}

static int info_funding_history(struct info *i)
{
	int64_t from_ms, to_ms;
	struct coin *c;
	int status = named_coin(i, &c);
	unsigned n;

	if (status != 200 || !info_range(i, i->v, &from_ms, &to_ms))
		return 422;
	if (!c)
		return 500;
	jsonw_array(&i->w);
	n = c->history ? history_rows(i, c, from_ms, to_ms) : paid_rows(i, c, from_ms, to_ms);
	jsonw_end(&i->w);
	i->rows = n;
	return 200;
}

static void predicted(struct jsonw *w, const char *venue, rate16 rate, int64_t next_ms, bool hourly)
{
	jsonw_array(w);
	jsonw_str(w, venue);
	jsonw_object(w);
	put_rate(w, "fundingRate", rate);
	put_int(w, "nextFundingTime", next_ms);
	if (hourly)
		put_int(w, "fundingIntervalHours", 1);
	jsonw_end(w);
	jsonw_end(w);
}

static int info_predicted(struct info *i)
{
	struct venue_market_state s;
	const struct coin *c;

	jsonw_array(&i->w);
	for (c = i->x->coin; c < i->x->coin + i->x->n_coins; c++) {
		if (!of_dex(c, "") || !venue_market_state(i->x->core, c->asset.id, &s))
			continue;
		jsonw_array(&i->w);
		jsonw_str(&i->w, c->asset.name);
		jsonw_array(&i->w);
		predicted(&i->w, "HlPerp", s.funding, s.next_funding_ms, true);
		jsonw_end(&i->w);
		jsonw_end(&i->w);
	}
	jsonw_end(&i->w);
	return 200;
}

static int info_status(struct info *i)
{
	jsonw_object(&i->w);
	jsonw_key(&i->w, "specialStatuses");
	jsonw_null(&i->w);
	put_int(&i->w, "time", exchange_now(i->x));
	jsonw_end(&i->w);
	return 200;
}

static int info_outcomes(struct info *i)
{
	buf_adds(i->w.out, "{\"outcomes\":[],\"questions\":[]}");
	return 200;
}

/* ---- all types ---- */

static const struct { const char *type; int (*answer)(struct info *i); } types[] = {
	{ "meta", info_meta },
	{ "metaAndAssetCtxs", info_meta_ctxs },
	{ "allMids", info_mids },
	{ "l2Book", info_book },
	{ "candleSnapshot", info_candles },
	{ "recentTrades", info_trades },
	{ "fundingHistory", info_funding_history },
	{ "predictedFundings", info_predicted },
	{ "spotMeta", info_spot_meta },
	{ "spotMetaAndAssetCtxs", info_spot_ctxs },
	{ "perpDexs", info_perp_dexs },
	{ "exchangeStatus", info_status },
	{ "outcomeMeta", info_outcomes },
	{ "clearinghouseState", info_state },
	{ "spotClearinghouseState", info_spot_state },
	{ "openOrders", info_open_orders },
	{ "frontendOpenOrders", info_front_orders },
	{ "orderStatus", info_order_status },
	{ "historicalOrders", info_history },
	{ "userFills", info_fills },
	{ "userFillsByTime", info_fills_by_time },
	{ "userFunding", info_user_funding },
	{ "userNonFundingLedgerUpdates", info_ledger },
	{ "userFees", info_fees },
	{ "userRateLimit", info_rate_limit },
	{ "userRole", info_role },
	{ "extraAgents", info_agents },
	{ "userAbstraction", info_abstraction },
	{ "activeAssetData", info_asset_data },
	{ "maxBuilderFee", info_builder_fee },
	{ "subAccounts", info_sub_accounts },
	{ "userTwapSliceFills", info_nothing },
	{ "userTwapSliceFillsByTime", info_nothing },
	{ "twapHistory", info_nothing },
	{ "nonUserFundingUpdates", info_nothing },
};
#define N_TYPES (sizeof types / sizeof types[0])

bool info_known(const char *type)
{
	size_t k;

	for (k = 0; k < N_TYPES && strcmp(types[k].type, type); k++)
		;
	return k < N_TYPES;
}

int info_answer(struct exchange *x, const struct json_doc *d, struct buf *out, unsigned *rows)
{
	struct info i = { .x = x, .d = d, .v = d->tok };
	char type[48];
	size_t k;
	int status = 422;

	jsonw_init(&i.w, out, false);
	if (!json_str(d, json_get(d, d->tok, "type"), type, sizeof type))
		return 422;
	for (k = 0; k < N_TYPES; k++)
		if (!strcmp(types[k].type, type))
			status = types[k].answer(&i);
	*rows = i.rows;
	if (status != 200)
		buf_clear(out);
	return status;
}
