/* SPDX-License-Identifier: MIT
 * The core of the local exchange under random play, held against a second ledger that knows nothing but the events: money is
 * conserved, positions are the sums of fills, and the same calls give the same events. */
#include "venue.h"
#include "base/rng.h"

#include <stdlib.h>

#define PLAYERS 4

/* A ledger that knows nothing but the events. */
struct ledger { dec8 position[2], cash; };
static struct ledger books[PLAYERS];
static struct venue_account *player[PLAYERS];
static uint64_t fingerprint;
static unsigned long fills, states[64], liquidations, backstops, isolated_backstops;

static void mix(const void *bytes, size_t n)
{
	for (size_t k = 0; k < n; k++)
		fingerprint = (fingerprint ^ ((const unsigned char *)bytes)[k]) * UINT64_C(1099511628211);
}

static struct ledger *ledger_of(const struct venue_account *who)
{
	for (unsigned k = 0; k < PLAYERS; k++)
		if (player[k] == who)
			return &books[k];
	return &books[0];
}

static void note_fill(struct ledger *l, const struct venue_fill *f)
{
	fills++;
	CHECK(f->start_position == l->position[f->asset]);
	CHECK(f->sz > 0);
	l->position[f->asset] += f->buy ? f->sz : -f->sz;
	l->cash += f->closed_pnl - f->fee;
	backstops += f->backstop;
	isolated_backstops += f->backstop && strstr(f->dir, "Isolated");
	mix(&f->oid, sizeof f->oid);
	mix(&f->tid, sizeof f->tid);
	mix(f->hash, sizeof f->hash);
}

static void watch(void *arg, const struct venue_event *e)
{
	(void)arg;
	mix(&e->kind, sizeof e->kind);
	mix(&e->t_ms, sizeof e->t_ms);
	if (e->kind == VENUE_EV_ORDER)
		states[e->order->status]++;
	if (e->order) {
		mix(&e->order->oid, sizeof e->order->oid);
		mix(&e->order->sz, sizeof e->order->sz);
		mix(&e->order->status, sizeof e->order->status);
	}
	if (e->fill)
		note_fill(ledger_of(e->account), e->fill);
	if (e->kind == VENUE_EV_FUNDING)
		ledger_of(e->account)->cash += e->funding->usdc;
	if (e->kind == VENUE_EV_LEDGER && e->ledger->kind != VENUE_LIQUIDATION)
		ledger_of(e->account)->cash += e->ledger->usdc;
	liquidations += e->kind == VENUE_EV_LIQUIDATION;
	if (e->kind == VENUE_EV_TRADE)
		mix(&e->trade->px, sizeof e->trade->px);
}

static uint64_t seed, draws;

static uint64_t below(uint64_t n)
{
	return rng_below(seed, 0, draws++, n);
}

/* In half of the games: an order that is held back looks after its size when its time has come. */
static bool holds(void)
{
	return seed & 1;
}

static const dec8 centre[2] = { DEC8_OF(84000), DEC8_OF(2500) };

static dec8 some_px(uint32_t asset, unsigned spread_bp)
{
	dec8 px = centre[asset] + centre[asset] / 10000 * ((int64_t)below(2 * spread_bp + 1) - spread_bp);

	return tick_round(px, asset == BTC ? 5 : 4, false, DEC8_DOWN);
}

static dec8 some_sz(uint32_t asset)
{
	return (dec8)(1 + below(300)) * (asset == BTC ? DEC8_ONE / 1000 : DEC8_ONE / 10);
}

static void some_book(uint32_t asset)
{
	struct venue_level bids[5], asks[5];
	dec8 mid = some_px(asset, 150);

	for (unsigned k = 0; k < 5; k++) {
		bids[k] = (struct venue_level){ tick_round(mid - (k + 1) * mid / 5000, 4, false, DEC8_DOWN), some_sz(asset), 1 };
		asks[k] = (struct venue_level){ tick_round(mid + (k + 1) * mid / 5000, 4, false, DEC8_UP), some_sz(asset), 1 };
	}
	venue_book(v, asset, bids, below(5) + 1, asks, below(5) + 1);
}

/* What no client in its right mind sends. */
static dec8 wild(dec8 tame)
{
	static const dec8 values[] = { 0, -1, 1, INT64_MAX, INT64_MIN, DEC8_OF(40000000000), DEC8_ONE / 3 };

	return below(40) ? tame : values[below(sizeof values / sizeof *values)];
}

static struct hl_order some_order(uint32_t asset)
{
	static const enum hl_tif tifs[] = { TIF_GTC, TIF_GTC, TIF_IOC, TIF_ALO, TIF_FRONTEND_MARKET };
	struct hl_order o = {
		.asset = asset, .buy = below(2), .px = wild(some_px(asset, 200)), .sz = wild(some_sz(asset)), .tif = tifs[below(5)],
		.reduce_only = below(4) == 0,
	};

	if (below(5) == 0) {
		o.trigger = true;
		o.is_market = below(2);
		o.tp = below(2);
		o.trigger_px = wild(some_px(asset, 200));
		o.reduce_only = below(3) != 0;
	}
	if (below(3) == 0) {
		o.has_cloid = true;
		o.cloid[0] = (unsigned char)below(40);
	}
	return o;
}

static void some_group(struct venue_account *who, uint32_t asset)
{
	struct hl_order o[3] = { some_order(asset), some_order(asset), some_order(asset) };
	struct venue_result r[3];
	bool bound = below(2);

	o[0].trigger = bound;
	for (unsigned k = 0; k < 3; k++) {
		o[k].trigger |= k > 0;
		o[k].reduce_only |= o[k].trigger;
		o[k].trigger_px = some_px(asset, 200);
		o[k].buy = k ? !o[0].buy : o[0].buy;
		if (bound)
			o[k].sz = 0;
	}
	(void)!venue_place(v, who, o, 3, bound ? VENUE_POSITION_TPSL : VENUE_NORMAL_TPSL, NULL, r, &err);
}

static void some_step(void)
{
	struct venue_account *who = player[below(PLAYERS)];
	uint32_t asset = (uint32_t)below(2);
	struct hl_order o = some_order(asset);
	const struct venue_order *open = venue_open(who, (unsigned)below(4));
	struct venue_result r;
	dec8 parts[] = { some_sz(asset), some_sz(asset) };

	switch (below(16)) {
	case 0: case 1:
		some_book(asset);
		break;
	case 2:
		venue_trade(v, asset, below(2), wild(some_px(asset, 150)), wild(some_sz(asset)));
		break;
	case 3: case 4:
		venue_mark(v, asset, some_px(asset, below(20) ? 200 : 900));
		break;
	case 5:
		venue_oracle(v, asset, some_px(asset, 200));
		break;
	case 6:
		venue_advance(v, venue_now(v) + (int64_t)below(600000));
		break;
	case 7:
		if (open)
			(void)!venue_cancel(v, who, open->asset, open->oid, &err);
		break;
	case 8:
		venue_modify(v, who, open ? open->oid : 1, NULL, &o, below(2), &r);
		break;
	case 9:
		some_group(who, asset);
		break;
	case 10:
		(void)!venue_leverage(v, who, asset, below(2), 1 + (unsigned)below(40), &err);
		break;
	case 11:
		(void)!venue_isolated_margin(v, who, asset, wild(((dec8)below(2000) - 1000) * DEC8_ONE), &err);
		if (below(10) == 0)
			(void)!venue_fund(v, who, VENUE_DEPOSIT, wild(DEC8_OF(20000)), &err);
		break;
	case 12:
		if (holds() && below(4) == 0)
			venue_hold_fills(v, who, 1 + (int64_t)below(100000), parts, (unsigned)below(3));
		break;
	default:
		(void)!venue_place(v, who, &o, 1, VENUE_NA, NULL, &r, &err);
	}
}

/* What must hold after every call. */
static void audit(void)
{
	for (unsigned k = 0; k < PLAYERS; k++) {
		struct venue_position p;
		const struct venue_order *o;
		dec8 cash = summary(player[k]).raw_usd;

		for (uint32_t asset = 0; asset < 2; asset++) {
			bool any = venue_position_of(v, player[k], asset, &p);

			CHECK((any ? p.size : 0) == books[k].position[asset]);
			if (any)
				cash += p.value * (p.size > 0 ? 1 : -1) - p.pnl;	/* its cost */
		}
		CHECK(cash == books[k].cash);
		for (unsigned each = 0; (o = venue_open(player[k], each)); each++) {
			CHECK(venue_status_alive(o->status) && (o->sz > 0 || o->position_tpsl));
			CHECK(venue_by_oid(v, player[k], o->oid) == o);
			CHECK(!o->reduce_only || o->trigger || holds() || o->sz <= llabs(books[k].position[o->asset]));
		}
		o = venue_finished(player[k], 0);
		CHECK(!o || (!venue_status_alive(o->status) && (o->status != VENUE_FILLED || o->sz == 0)));
	}
}

/* Nobody's bid stands at or above an ask, and no order is both open and finished. */
static void audit_books(void)
{
	for (uint32_t asset = 0; asset < 2; asset++) {
		struct venue_level bid, ask;

		if (venue_levels(v, asset, true, &bid, 1) && venue_levels(v, asset, false, &ask, 1))
			CHECK(bid.px < ask.px);
	}
	for (unsigned k = 0; k < PLAYERS; k++)
		for (unsigned each = 0; venue_finished(player[k], each); each++)
			for (unsigned open = 0; venue_open(player[k], open); open++)
				CHECK(venue_open(player[k], open)->oid != venue_finished(player[k], each)->oid);
}

static uint64_t play(uint64_t with, unsigned steps)
{
	struct venue_rules r = usual();

	seed = with;
	draws = 0;
	fingerprint = UINT64_C(14695981039346656037);
	memset(books, 0, sizeof books);
	memset(player, 0, sizeof player);
	r.seed = with;
	r.modify_posts = false;
	v = venue_new(&r, watch, NULL);
	add_market(BTC, "BTC", 5, 40, (struct asset){ 0 });
	add_market(ETH, "ETH", 4, 25, (struct asset){ 0 });
	for (unsigned k = 0; k < PLAYERS; k++) {
		struct address at = { { (unsigned char)(k + 1) } };

		player[k] = venue_account(v, &at);
		CHECK(venue_fund(v, player[k], VENUE_DEPOSIT, DEC8_OF(30000), &err));
	}
	for (unsigned k = 0; k < steps; k++) {
		some_step();
		audit();
		if (k % 256 == 0)
			audit_books();
	}
	venue_free(v);
	v = NULL;
	return fingerprint;
}

static void random_play(void)
{
	uint64_t once, twice;

	for (uint64_t with = 1; with <= 6; with++) {
		once = play(with, 4000);
		twice = play(with, 4000);
		CHECK(once == twice);
		CHECK(once != play(with + 100, 100));
	}
	/* The play has seen what it is for. */
	CHECK(fills > 5000);
	CHECK(states[VENUE_TRIGGERED] && states[VENUE_MARGIN_CANCELED] && states[VENUE_SELF_TRADE_CANCELED]);
	CHECK(states[VENUE_REDUCE_ONLY_CANCELED] && states[VENUE_SIBLING_FILLED_CANCELED] && states[VENUE_PERP_MARGIN_REJECTED]);
	CHECK(states[VENUE_MARKET_ORDER_NO_LIQUIDITY_REJECTED]);
	CHECK(liquidations > 20 && backstops && isolated_backstops);
}

int main(void)
{
	random_play();
	return test_end("venue_play");
}
