/* SPDX-License-Identifier: MIT
 * Control: what the world outside does to the exchange, on request. One object with one member per line. */
#include "venue/surface.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS_MAX 1000

struct order {		/* of a control line */
	struct exchange *x;
	const struct json_doc *d;
	const struct json *v;		/* the member's value */
	struct jsonw *w;		/* members of the answer */
	struct errmsg e;
};

/* ---- reading ---- */

static bool want(struct order *o, const char *key, const char *what)
{
	return errmsg_set(&o->e, "\"%s\" is not %s", key, what);
}

static bool read_text(struct order *o, const char *key, char *dst, size_t cap)
{
	return json_str(o->d, json_get(o->d, o->v, key), dst, cap) || want(o, key, "a text");
}

/* "1.5" or 1.5 */
static bool number_of(const struct order *o, const struct json *v, dec8 *to)
{
	return v && (v->type == JSON_STRING || v->type == JSON_NUMBER) && dec8_parse(o->d->text + v->start, v->end - v->start, to);
}

static bool read_number(struct order *o, const char *key, dec8 *to)
{
	return number_of(o, json_get(o->d, o->v, key), to) || want(o, key, "a decimal");
}

static bool read_price(struct order *o, const char *key, dec8 *to)
{
	return read_number(o, key, to) && (*to > 0 || want(o, key, "above 0"));
}

static bool read_rate(struct order *o, const char *key, rate16 *to)
{
	const struct json *v = json_get(o->d, o->v, key);

	return (v && (v->type == JSON_STRING || v->type == JSON_NUMBER) && rate16_parse(o->d->text + v->start, v->end - v->start, to))
		|| want(o, key, "a rate");
}

static bool read_coin(struct order *o, struct coin **c)
{
	char name[64];

	if (!read_text(o, "coin", name, sizeof name))
		return false;
	*c = coin_named(o->x, name);
	return *c || want(o, "coin", "a coin of this exchange");
}

static bool read_address(struct order *o, const char *key, struct address *a)
{
	char text[64];

	return read_text(o, key, text, sizeof text) && (address_parse(text, strlen(text), a) || want(o, key, "an address"));
}

static bool read_person(struct order *o, const char *key, struct person **p)
{
	struct address a;

	if (!read_address(o, key, &a))
		return false;
	*p = person_known(&o->x->people, o->x->core, &a);
	return true;
}

/* ["84143", "1.5"] or {"px": ..., "sz": ..., "n": ...} */
static bool read_level(const struct order *o, const struct json *v, struct venue_level *l)
{
	int64_t n = 1;
	const struct json *px = v->type == JSON_ARRAY ? json_at(v, 0) : json_get(o->d, v, "px");
	const struct json *sz = v->type == JSON_ARRAY ? json_at(v, 1) : json_get(o->d, v, "sz");

	json_i64(o->d, v->type == JSON_OBJECT ? json_get(o->d, v, "n") : NULL, &n);
	l->n = n < 1 || n > 1000000 ? 1 : (unsigned)n;
	return number_of(o, px, &l->px) && number_of(o, sz, &l->sz) && l->px > 0 && l->sz > 0;
}

static bool read_side(struct order *o, const char *key, struct venue_level *l, unsigned *n)
{
	const struct json *v = json_get(o->d, o->v, key);
	uint32_t i;

	*n = 0;
	if (!v)
		return true;
	if (v->type != JSON_ARRAY || v->size > LEVELS_MAX)
		return want(o, key, "a list of levels");
	for (i = 0; i < v->size; i++) {
		if (!read_level(o, json_at(v, i), &l[i]))
			return want(o, key, "a list of levels [px, sz]");
		if (i && (*key == 'b' ? l[i].px >= l[i - 1].px : l[i].px <= l[i - 1].px))
			return want(o, key, "in order from the best price on");
	}
	*n = v->size;
	return true;
}

/* ---- markets ---- */

static bool do_book(struct order *o)
{
	struct venue_level *bids = xcalloc(LEVELS_MAX, sizeof *bids), *asks = xcalloc(LEVELS_MAX, sizeof *asks);
	unsigned n_bids, n_asks;
	struct coin *c;
	bool ok = read_coin(o, &c) && read_side(o, "bids", bids, &n_bids) && read_side(o, "asks", asks, &n_asks);

	if (ok && n_bids && n_asks && bids[0].px >= asks[0].px)
		ok = errmsg_set(&o->e, "the book is crossed");
	if (ok)
		venue_book(o->x->core, c->asset.id, bids, n_bids, asks, n_asks);
	free(bids);
	free(asks);
	return ok;
}

static bool do_trade(struct order *o)
{
	struct coin *c;
	char side[8];
	dec8 px, sz;

	if (!read_coin(o, &c) || !read_price(o, "px", &px) || !read_price(o, "sz", &sz) || !read_text(o, "side", side, sizeof side))
		return false;
	if (strcmp(side, "B") && strcmp(side, "A"))
		return want(o, "side", "B or A");
	venue_trade(o->x->core, c->asset.id, *side == 'B', px, sz);
	return true;
}

void exchange_price(struct exchange *x, struct coin *c, dec8 px, bool mark, bool oracle)
{
	if (x->stuck)
		return;
	if (oracle)
		venue_oracle(x->core, c->asset.id, px);
	if (mark)
		venue_mark(x->core, c->asset.id, px);
}

static bool do_mark(struct order *o)
{
	struct coin *c;
	dec8 px;

	if (!read_coin(o, &c) || !read_price(o, "px", &px))
		return false;
	exchange_price(o->x, c, px, true, false);
	return true;
}

static bool do_oracle(struct order *o)
{
	struct coin *c;
	dec8 px;

	if (!read_coin(o, &c) || !read_price(o, "px", &px))
		return false;
	exchange_price(o->x, c, px, false, true);
	return true;
}

static bool do_rate(struct order *o)
{
	struct coin *c;
	rate16 hourly, premium = 0;

	if (!read_coin(o, &c) || !read_rate(o, "hourly", &hourly))
		return false;
	if (json_get(o->d, o->v, "premium") && !read_rate(o, "premium", &premium))
		return false;
	venue_rate(o->x->core, c->asset.id, hourly, premium);
	return true;
}

static bool do_pay_funding(struct order *o)
{
	struct coin *c;

	if (!read_coin(o, &c))
		return false;
	venue_pay_funding(o->x->core, c->asset.id);
	return true;
}

static bool do_open_interest(struct order *o)
{
	struct coin *c;
	char text[16];

	if (!read_coin(o, &c) || !read_text(o, "state", text, sizeof text))
		return false;
	if (strcmp(text, "free") && strcmp(text, "capped") && strcmp(text, "fast"))
		return want(o, "state", "free, capped or fast");
	venue_open_interest_cap(o->x->core, c->asset.id, !strcmp(text, "capped") ? VENUE_OI_CAPPED
				: !strcmp(text, "fast") ? VENUE_OI_FAST : VENUE_OI_FREE);
	return true;
}

static bool price_text(struct order *o, const char *key, double *to)
{
	dec8 v;

	if (!read_number(o, key, &v))
		return false;
	*to = dec8_f64(v);
	return true;
}

static bool do_candle(struct order *o)
{
	struct bar b = { 0 };
	struct coin *c;
	char text[16];
	int iv;

	if (!read_coin(o, &c) || !read_text(o, "interval", text, sizeof text))
		return false;
	iv = interval_index(text);
	if (iv < 0)
		return want(o, "interval", "an interval");
	if (!json_i64(o->d, json_get(o->d, o->v, "t"), &b.t_ms) || b.t_ms < 0 || b.t_ms > INT64_MAX / 2000)
		return want(o, "t", "a time in ms");
	if (!price_text(o, "o", &b.o) || !price_text(o, "h", &b.h) || !price_text(o, "l", &b.l) || !price_text(o, "c", &b.c)
	    || !price_text(o, "v", &b.v))
		return false;
	json_i64(o->d, json_get(o->d, o->v, "n"), &b.n);
	interval_bounds(iv, b.t_ms, &b.t_ms, &b.t_close_ms);
	exchange_candle(o->x, c, iv, &b);
	return true;
}

void exchange_candle(struct exchange *x, struct coin *c, int iv, const struct bar *b)
{
	c->fed = true;
	tape_put(&x->tapes.of[c->index][iv], b);
	push_bar(x, c, iv, b);
}

/* ---- accounts ---- */

static bool do_fund(struct order *o)
{
	struct person *p;
	dec8 usd;

	if (!read_person(o, "account", &p) || !read_number(o, "usd", &usd))
		return false;
	return !usd || venue_fund(o->x->core, p->account, usd > 0 ? VENUE_DEPOSIT : VENUE_WITHDRAW, usd, &o->e);
}

static bool do_spot(struct order *o)
{
	struct person *p;
	dec8 usd;

	if (!read_person(o, "account", &p) || !read_number(o, "usd", &usd))
		return false;
	p->spot_usdc = usd;
	touch_person(o->x, p);
	return true;
}

static bool do_agent(struct order *o)
{
	struct person *master;
	struct address agent;
	char name[64] = "";

	if (!read_person(o, "master", &master) || !read_address(o, "agent", &agent))
		return false;
	if (json_get(o->d, o->v, "name") && !read_text(o, "name", name, sizeof name))
		return false;
	return agent_approve(&o->x->people, master, &agent, name, exchange_now(o->x), &o->e);
}

static bool belongs(struct order *o, enum role role)
{
	struct person *master, *p;
	char name[AGENT_NAME] = "";

	if (!read_person(o, "master", &master) || !read_person(o, "account", &p))
		return false;
	if (json_get(o->d, o->v, "name") && !read_text(o, "name", name, sizeof name))
		return false;
	if (p->master || p == master || master->role != ROLE_USER)
		return want(o, "account", "free to belong to somebody");
	person_belongs(p, master, role, name);
	return true;
}

static bool do_sub(struct order *o)
{
	return belongs(o, ROLE_SUB);
}

static bool do_vault(struct order *o)
{
	return belongs(o, ROLE_VAULT);
}

static bool do_fees(struct order *o)
{
	struct person *p;
	rate16 taker, maker;

	if (!read_person(o, "account", &p) || !read_rate(o, "taker", &taker) || !read_rate(o, "maker", &maker))
		return false;
	venue_fees(p->account, taker, maker);
	return true;
}

static bool do_deleverage(struct order *o)
{
	struct person *p;
	struct coin *c;
	dec8 px, sz = 0;

	if (!read_person(o, "account", &p) || !read_coin(o, &c) || !read_price(o, "px", &px))
		return false;
	if (json_get(o->d, o->v, "sz") && !read_number(o, "sz", &sz))
		return false;
	return venue_deleverage(o->x->core, p->account, c->asset.id, sz, px) || errmsg_set(&o->e, "no position");
}

static bool do_hit(struct order *o)
{
	int64_t oid;
	dec8 sz = 0;

	if (!json_i64(o->d, json_get(o->d, o->v, "oid"), &oid))
		return want(o, "oid", "an order's number");
	if (json_get(o->d, o->v, "sz") && !read_number(o, "sz", &sz))
		return false;
	return venue_hit(o->x->core, (uint64_t)oid, sz) || errmsg_set(&o->e, "that order does not rest");
}

/* ---- time, rules, faults ---- */

static bool do_advance(struct order *o)
{
	int64_t ms;

	if (!json_i64(o->d, o->v, &ms) || ms < 0 || ms > EXCHANGE_JUMP_MS)
		return errmsg_set(&o->e, "\"advance_ms\" is not a number of ms");
	o->x->advanced_ms += ms;
	venue_advance(o->x->core, venue_now(o->x->core) + ms);
	return true;
}

static bool read_flag(struct order *o, const char *key, bool *to)
{
	return json_bool(json_get(o->d, o->v, key), to) || want(o, key, "true or false");
}

static bool read_rule(struct order *o, const char *name)
{
	struct venue_rules *r = venue_knobs(o->x->core);

	if (!strcmp(name, "band"))
		return read_rate(o, name, &r->band);
	if (!strcmp(name, "min_value"))
		return read_number(o, name, &r->min_value);
	if (!strcmp(name, "schedule_volume"))
		return read_number(o, name, &r->schedule_volume);
	if (!strcmp(name, "post_only"))
		return read_flag(o, name, &r->post_only);
	if (!strcmp(name, "modify_posts"))
		return read_flag(o, name, &r->modify_posts);
	if (!strcmp(name, "partly_filled"))
		return read_flag(o, name, &r->partly_filled);
	if (!strcmp(name, "funding"))
		return read_flag(o, name, &r->funding);
	if (!strcmp(name, "notional_caps"))
		return read_flag(o, name, &r->notional_caps);
	if (!strcmp(name, "refuse_builder_fee"))
		return read_flag(o, name, &o->x->opt.refuse_builder_fee);
	return errmsg_set(&o->e, "no rule is called %s", name);
}

static bool do_rules(struct order *o)
{
	const struct json *key;
	char name[32];
	uint32_t i;

	if (o->v->type != JSON_OBJECT)
		return errmsg_set(&o->e, "\"rules\" is an object of rules");
	for (key = o->v + 1, i = 0; i < o->v->size; i++, key += 1 + key[1].skip) {
		if (!json_str(o->d, key, name, sizeof name))
			return errmsg_set(&o->e, "no rule has so long a name");
		if (!read_rule(o, name))
			return false;
	}
	return true;
}

static bool do_fault(struct order *o)
{
	return faults_add(o->x->faults, o->d, o->v, venue_now(o->x->core), &o->e);
}

static bool do_clear_faults(struct order *o)
{
	faults_clear(o->x->faults);
	o->x->refuse_until_ms = 0;
	return true;
}

static bool do_state(struct order *o)
{
	const struct conn *c;
	unsigned n = 0;

	for (c = o->x->conns; c; c = c->next)
		n++;
	put_int(o->w, "t_ms", exchange_now(o->x));
	jsonw_put_u64(o->w, "position", o->x->position);
	put_int(o->w, "connections", n);
	jsonw_put_u64(o->w, "accounts", o->x->people.n);
	return true;
}

/* kept: it changes what a journal must bring back */
static const struct { const char *name; bool (*obey)(struct order *o); bool kept; } orders[] = {
	{ "set_book", do_book, true },
	{ "trade", do_trade, true },
	{ "mark", do_mark, true },
	{ "oracle", do_oracle, true },
	{ "rate", do_rate, true },
	{ "pay_funding", do_pay_funding, true },
	{ "open_interest", do_open_interest, true },
	{ "candle", do_candle, true },
	{ "fund", do_fund, true },
	{ "spot", do_spot, true },
	{ "approve_agent", do_agent, true },
	{ "sub_account", do_sub, true },
	{ "vault", do_vault, true },
	{ "fees", do_fees, true },
	{ "deleverage", do_deleverage, true },
	{ "hit", do_hit, true },
	{ "advance_ms", do_advance, true },
	{ "rules", do_rules, true },
	{ "fault", do_fault, false },
	{ "clear_faults", do_clear_faults, false },
	{ "state", do_state, false },
};
#define N_ORDERS (sizeof orders / sizeof orders[0])

static void keep_line(struct exchange *x, const char *line, size_t n)
{
	struct jsonw w;

	input_begin(x, &w, "control");
	jsonw_key(&w, "line");
	jsonw_strn(&w, line, n);
	input_end(x, &w);
}

/* 1: done or refused; 0: not for the exchange. */
static int obey(struct order *o, const char *line, size_t n)
{
	char name[32];
	size_t i;

	if (o->d->tok->type != JSON_OBJECT || o->d->tok->size != 1 || !json_str(o->d, o->d->tok + 1, name, sizeof name)) {
		errmsg_set(&o->e, "a control line is an object with one member");
		return 1;
	}
	o->v = o->d->tok + 2;
	for (i = 0; i < N_ORDERS && strcmp(orders[i].name, name); i++)
		;
	if (i == N_ORDERS)
		return 0;
	*o->e.text = 0;
	if (orders[i].kept)
		keep_line(o->x, line, n);
	if (!orders[i].obey(o) && !*o->e.text)
		errmsg_set(&o->e, "refused");
	return 1;
}

static void answer(struct buf *out, const struct errmsg *e, const struct buf *members)
{
	struct jsonw w;

	jsonw_init(&w, out, false);
	jsonw_object(&w);
	if (*e->text) {
		jsonw_put_text(&w, "error", e->text);
	} else {
		jsonw_key(&w, "ok");
		jsonw_bool(&w, true);
		if (members->len > 2) {		/* an object's inside */
			buf_addc(out, ',');
			buf_add(out, members->data + 1, members->len - 2);
		}
	}
	jsonw_end(&w);
}

/* False: not for the exchange. */
static bool control(struct exchange *x, const char *line, size_t n, struct buf *out)
{
	struct json_doc d = { 0 };
	struct buf members = BUF_INIT;
	struct jsonw w;
	struct order o = { .x = x, .d = &d, .w = &w };
	bool ours = true;

	jsonw_init(&w, &members, false);
	jsonw_object(&w);
	if (json_parse(&d, line, n, &o.e))
		ours = obey(&o, line, n) != 0;
	jsonw_end(&w);
	if (ours)
		answer(out, &o.e, &members);
	json_release(&d);
	buf_release(&members);
	pushes_flush(x);
	return ours;
}

bool exchange_control(struct exchange *x, const char *line, size_t n, struct buf *out)
{
	log_text(x, "control", "line", NULL, NULL, 0, line, n);
	return control(x, line, n, out);
}

int64_t exchange_advanced(const struct exchange *x)
{
	return x->advanced_ms;
}

/* ---- records of a feed ---- */

static void hear_bbo(struct exchange *x, struct coin *c, dec8 bid, dec8 bid_sz, dec8 ask, dec8 ask_sz)
{
	struct venue_level b = { bid, bid_sz, 1 }, a = { ask, ask_sz, 1 };

	venue_bbo(x->core, c->asset.id, &b, &a);
	if (bid_sz && ask_sz)
		exchange_price(x, c, (bid + ask) / 2, true, true);
}

/* A mid alone is a book of one tick around it, and as deep as anybody needs. */
static void hear_mid(struct exchange *x, struct coin *c, dec8 px)
{
	dec8 bid = tick_round(px, c->asset.sz_decimals, c->asset.spot, DEC8_DOWN), ask;

	ask = tick_round(px, c->asset.sz_decimals, c->asset.spot, DEC8_UP);
	if (ask <= bid)
		ask = tick_round(bid + bid / 10000, c->asset.sz_decimals, c->asset.spot, DEC8_UP);
	if (bid > 0 && ask > bid)
		hear_bbo(x, c, bid, DEC8_OF(1000000), ask, DEC8_OF(1000000));
	exchange_price(x, c, px, true, true);
}

static bool hear_record(struct exchange *x, const struct record *r, struct errmsg *e)
{
	const char *symbol = r->type == REC_candle ? r->u.candle.symbol : r->type == REC_bbo ? r->u.bbo.symbol : r->u.mid.symbol;
	struct coin *c = coin_named(x, symbol);
	dec8 bid, bid_sz, ask, ask_sz;
	struct bar b;
	int iv;

	if (!c)
		return errmsg_set(e, "%s is no coin of this exchange", symbol);
	if (r->type == REC_candle) {
		iv = interval_index(r->u.candle.interval);
		if (iv < 0)
			return errmsg_set(e, "%s is no interval", r->u.candle.interval);
		b = (struct bar){ r->u.candle.t_ms, r->u.candle.t_close_ms, r->u.candle.o, r->u.candle.h, r->u.candle.l, r->u.candle.c,
			r->u.candle.v, r->u.candle.n, 0 };
		exchange_candle(x, c, iv, &b);
		return true;
	}
	if (r->type == REC_mid) {
		if (!dec8_of_f64(r->u.mid.px, DEC8_HALF_EVEN, &bid) || bid <= 0)
			return errmsg_set(e, "\"px\" is no price");
		hear_mid(x, c, bid);
		return true;
	}
	if (!dec8_of_f64(r->u.bbo.bid, DEC8_HALF_EVEN, &bid) || !dec8_of_f64(r->u.bbo.bid_sz, DEC8_HALF_EVEN, &bid_sz)
	    || !dec8_of_f64(r->u.bbo.ask, DEC8_HALF_EVEN, &ask) || !dec8_of_f64(r->u.bbo.ask_sz, DEC8_HALF_EVEN, &ask_sz)
	    || bid < 0 || ask < 0 || bid_sz < 0 || ask_sz < 0)
		return errmsg_set(e, "a price or size is out of range");
	hear_bbo(x, c, bid, bid ? bid_sz : 0, ask, ask ? ask_sz : 0);
	return true;
}

bool exchange_record(struct exchange *x, const char *line, size_t n, struct errmsg *e)
{
	struct record r;
	struct jsonw w;
	bool ok;

	if (!record_parse(&r, line, n, e))
		return false;
	if (r.type != REC_candle && r.type != REC_mid && r.type != REC_bbo)
		return true;
	input_begin(x, &w, "record");
	jsonw_key(&w, "line");
	jsonw_strn(&w, line, n);
	input_end(x, &w);
	ok = hear_record(x, &r, e);
	pushes_flush(x);
	return ok;
}

/* ---- accounts at the start ---- */

bool exchange_account(struct exchange *x, const char *address, const char *usd, struct errmsg *e)
{
	struct address a;
	dec8 v;

	if (!address_parse(address, strlen(address), &a))
		return errmsg_set(e, "%s is no address", address);
	if (!dec8_parse(usd, strlen(usd), &v) || v < 0)
		return errmsg_set(e, "%s is no amount of USD", usd);
	return !v ? person_known(&x->people, x->core, &a) != NULL
		: venue_fund(x->core, person_known(&x->people, x->core, &a)->account, VENUE_DEPOSIT, v, e);
}

bool exchange_faults_load(struct exchange *x, const char *text, size_t n, struct errmsg *e)
{
	return faults_load(x->faults, text, n, venue_now(x->core), e);
}

/* Lines of control requests: fund, approve_agent, sub_account, vault and the like. They belong to the start: nobody sent them. */
bool exchange_setup(struct exchange *x, const char *text, size_t n, struct errmsg *e)
{
	const char *end = text + n, *stop;
	struct buf out = BUF_INIT;
	unsigned line = 1;
	bool ok = true, ours;

	for (; ok && text < end; text = stop + 1, line++) {
		stop = memchr(text, '\n', (size_t)(end - text));
		if (!stop)
			stop = end;
		if (stop == text)
			continue;
		buf_clear(&out);
		ours = control(x, text, (size_t)(stop - text), &out);
		if (!ours || out.len < 6 || memcmp(out.data, "{\"ok\"", 5))
			ok = errmsg_set(e, "line %u: %s", line, ours ? buf_cstr(&out) : "no such request");
	}
	buf_release(&out);
	return ok;
}
