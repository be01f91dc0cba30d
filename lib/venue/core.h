/* SPDX-License-Identifier: MIT
 * What the parts of the exchange's core share. Each part is named after its file. */
#ifndef OCQ_VENUE_CORE_H
#define OCQ_VENUE_CORE_H

#include "venue/list.h"
#include "venue/ring.h"
#include "venue/venue.h"

#define NEVER INT64_MAX
#define HOUR_MS 3600000
#define DAY_MS (24 * HOUR_MS)
#define HOLD_PARTS 16

/* Sums that prices beyond all measure would make overflow stay at their end. */
static inline void add_to(dec8 *sum, dec8 more)
{
	if (__builtin_add_overflow(*sum, more, sum))
		*sum = more > 0 ? INT64_MAX : INT64_MIN;
}

/* Where an open order is. */
enum place { NOWHERE, IN_BOOK, AT_TRIGGER, HELD, WAITING };

struct hold { int64_t start_ms, step_ms; unsigned n, done; dec8 parts[HOLD_PARTS]; };

struct node {
	struct venue_order o;
	struct market *market;
	enum place place;
	bool listed;			/* among its account's open orders */
	bool has_children;
	dec8 ahead;			/* in the book: size of others at its price that goes first */
	struct hold hold;
	struct node *same;		/* next in the bucket of oids */
};

struct side {
	struct venue_level *others;	/* best first */
	unsigned n, cap;
	struct list own;		/* nodes: best price first, then oldest */
};

struct best { dec8 px, sz; };

struct market {
	struct asset asset;
	struct perp_tiers tiers;
	struct side side[2];		/* by whether it buys */
	struct list triggers;		/* nodes, oldest first */
	enum venue_interest interest;
	dec8 mark, oracle, last;	/* as told; 0: not yet */
	dec8 seen_mark, seen_oracle;	/* as last announced */
	struct best seen[2];
	bool touched, book_changed, run_triggers;
	bool has_rate;			/* told by venue_rate() */
	rate16 rate, premium;
	__int128 sampled;		/* sum of the hour's premiums */
	int64_t samples, sampled_ms;
};

struct holding {
	struct market *market;
	struct perp_position at;
	bool cross, liquidating;
	unsigned leverage;
	dec8 margin;			/* isolated: cash set apart */
	dec8 funding_all, funding_open, funding_change;
};

struct venue_account {
	struct venue *venue;
	struct address address;
	dec8 cash, volume;		/* cash: without what isolated positions hold */
	rate16 taker, maker;
	bool funded, liquidating, to_check;
	struct list holdings;		/* by asset number */
	struct list open;		/* nodes, oldest first */
	struct ring finished, fills, funding, ledger;
	int64_t cancel_ms, fire_day;	/* scheduleCancel */
	unsigned fires;
	struct venue_account *next;
};

struct armed { bool on; struct venue_account *account; struct hold hold; };

struct venue {
	struct venue_rules rules;
	venue_listener *listener;
	void *arg;
	int64_t now;
	uint64_t calls, oids, tids, lids;
	bool hashed;
	unsigned char hash[32];		/* of the call at hand, once hashed */
	struct list markets;		/* by asset number */
	struct list touched, to_check, held;	/* markets, accounts, nodes */
	struct venue_account *first, *last;
	struct node **buckets;
	unsigned n_buckets, n_nodes;
	struct armed armed;
};

/* ids.c */
uint64_t ids_oid(struct venue *v);
uint64_t ids_tid(struct venue *v);
const unsigned char *ids_hash(struct venue *v);		/* of the call at hand */

/* event.c: rows are kept, then told. */
void event_order(struct venue *v, const struct venue_order *o);
void event_non_user_cancel(struct venue *v, const struct venue_order *o);
void event_fill(struct venue *v, struct venue_account *a, const struct venue_fill *f);
void event_trade(struct venue *v, const struct venue_trade *t);
void event_funding(struct venue *v, struct venue_account *a, const struct venue_funding *f);	/* a NULL: the rate alone */
void event_ledger(struct venue *v, struct venue_account *a, const struct venue_ledger *l);
void event_liquidation(struct venue *v, struct venue_account *a, const struct venue_liquidation *l);
void event_market(struct venue *v, enum venue_event_kind kind, uint32_t asset, bool bbo);

/* markets.c */
struct market *markets_find(const struct venue *v, uint32_t asset);
dec8 market_mid(const struct market *m);		/* else the last trade, else 0 */
dec8 market_mark(const struct market *m);
dec8 market_oracle(const struct market *m);
void market_touch(struct venue *v, struct market *m);
void markets_release(struct market *m);

/* book.c */
dec8 book_best(const struct market *m, bool buy);	/* 0: an empty side */
struct best book_top(const struct market *m, bool buy);
bool book_crosses(const struct market *m, bool buy, dec8 px);		/* an order at px would match */
struct node *book_first(const struct market *m, bool buy);		/* the accounts' best and oldest order */
void book_insert(struct venue *v, struct node *n);
void book_remove(struct venue *v, struct node *n);
void book_replace_others(struct venue *v, struct market *m, bool buy, const struct venue_level *levels, unsigned n);
/* Others: their size at a price, and that so much of it is gone. */
dec8 book_others(const struct market *m, bool buy, dec8 px);
void book_pass(struct venue *v, struct market *m, bool buy, dec8 px, dec8 sz);

/* order.c */
struct node *order_new(struct venue *v, struct venue_account *a, struct market *m, const struct hl_order *o);
struct node *order_find(const struct venue *v, uint64_t oid);
void order_list(struct venue *v, struct node *n);			/* among the open ones */
void order_to(struct venue *v, struct node *n, enum place place);	/* from wherever it is */
void order_status(struct venue *v, struct node *n, enum venue_status s);
/* The last state; n is gone then. Its children come to life or go with it. */
void order_close(struct venue *v, struct node *n, enum venue_status s);

/* check.c */
struct refusal { enum hl_error error; enum venue_status status; char text[200]; };
struct check {
	struct venue_account *account;
	struct market *market;
	const struct hl_order *order;
	enum venue_group group;
	const struct hl_order *parent;		/* of a child that waits for it; else NULL */
	bool posts;				/* must not match, whatever its tif */
};
bool check_order(struct venue *v, const struct check *c, struct refusal *r) MUST_USE;
/* one, two: what the text's varying parts are. */
void refuse(struct refusal *r, enum venue_status status, enum hl_error error, const char *one, const char *two);
bool refuse_call(struct errmsg *e, enum hl_error error);	/* false, with the text */
bool refuse_call_with(struct errmsg *e, enum hl_error error, const char *one, const char *two);

/* place.c */
struct placing {
	const struct venue_builder *builder;
	struct check check;
	uint64_t parent;		/* oid of a child's parent; else 0 */
	bool parent_filled;
};
void place_one(struct venue *v, const struct placing *p, struct venue_result *r);
void place_error(struct venue_result *r, const char *text, uint32_t asset);
bool place_tradable(const struct venue *v, const struct hl_order *o, struct errmsg *e);

/* match.c */
struct taker {
	struct node *node;		/* NULL: somebody outside */
	bool buy;
	dec8 px, left;			/* the worst price; what is still to be had */
	dec8 filled, cost;
};
void match_run(struct venue *v, struct market *m, struct taker *t);
/* Somebody outside takes so much of an order; what was filled. */
dec8 match_outside(struct venue *v, struct market *m, struct node *maker, dec8 sz);
/* Others trade at px, which no order of an account betters. */
void match_trade(struct venue *v, struct market *m, bool buy, dec8 px, dec8 sz);

/* submit.c: an order that is checked meets the book. */
void submit(struct venue *v, struct node *n, dec8 px, struct venue_result *r);
void submit_due(struct venue *v, struct node *n);	/* the next part of a held one */
int64_t submit_next(const struct node *n);		/* when that is */

/* position.c */
enum fill_kind { FILL_TRADE, FILL_LIQUIDATION, FILL_LIQUIDATOR, FILL_BACKSTOP, FILL_ADL };
struct fill {
	enum fill_kind kind;
	const struct venue_order *order;	/* NULL: the exchange's own doing */
	bool buy, crossed;
	dec8 px, sz;
	uint64_t tid;
	const struct address *liquidated;
	dec8 mark;
};
void position_fill(struct venue *v, struct venue_account *a, struct market *m, const struct fill *f);
void position_limit_orders(struct venue *v, struct venue_account *a, struct market *m);	/* reduce-only ones, to the position */
/* What an order of this side can close. */
dec8 position_reducible(const struct venue_account *a, const struct market *m, bool buy);

/* account.c */
struct holding *account_holding(struct venue_account *a, struct market *m);		/* made when new */
struct holding *account_find(const struct venue_account *a, const struct market *m);	/* NULL: none */
struct holding account_usual(const struct market *m);	/* what an untouched market has */
void account_check(struct venue_account *a);		/* its margin, before the call ends */
void account_release(struct venue_account *a);

/* margin.c */
struct margin { dec8 value, initial, maintenance, ntl, raw; };
struct margin margin_cross(const struct venue_account *a);
dec8 margin_value(const struct holding *h);		/* isolated: with its unrealised result */
dec8 margin_maintenance(const struct holding *h);
dec8 margin_ntl(const struct holding *h);
/* May the account trade so much more? HL_ERR_UNKNOWN: yes; else why not. */
enum hl_error margin_allows(const struct venue_account *a, const struct market *m, bool buy, dec8 sz, dec8 px);

/* trigger.c */
bool trigger_fires(bool buy, bool tp, dec8 trigger_px, dec8 mark);
void trigger_run(struct venue *v, struct market *m);

/* liquidate.c */
void liquidate_check(struct venue *v, struct venue_account *a);

/* funding.c */
void funding_sample(struct venue *v, struct market *m);		/* up to now, before the book or the oracle changes */
void funding_hour(struct venue *v);
rate16 funding_rate(const struct market *m);
bool funding_impact(const struct market *m, bool buy, dec8 *px);
rate16 funding_premium(const struct market *m);

/* schedule.c */
int64_t schedule_next(const struct venue *v);
void schedule_fire(struct venue *v);

/* settle.c: what every call begins and ends with. */
void settle_begin(struct venue *v);
void settle(struct venue *v);

#endif
