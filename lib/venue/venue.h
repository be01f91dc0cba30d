/* SPDX-License-Identifier: MIT
 * The local exchange without its wire: books, matching, positions, margin, triggers, funding, liquidation.
 *
 * A pure state machine. It has no socket, file or clock: time comes in through venue_advance(), the outside world through
 * venue_book(), venue_trade(), venue_mark(), venue_oracle(), orders through venue_place() and its sisters; what changes leaves
 * through one callback. The same calls in the same order with the same seed give the same events, ids and hashes: a journal of the
 * calls is a journal of the exchange. One thread.
 *
 * Amounts, prices and sizes are dec8, rates rate16 (hl/perp.h), times ms since 1970. A market is named by its asset number.
 * Pointers to accounts stay valid for the venue's life. What an event points to is valid, and as it was then, in the callback
 * alone; what an answer points to until the next call that changes something. The callback may read, but must not call what
 * changes. */
#ifndef OCQ_VENUE_VENUE_H
#define OCQ_VENUE_VENUE_H

#include "base/err.h"
#include "crypto/address.h"
#include "hl/action.h"
#include "hl/asset.h"
#include "hl/errors.h"
#include "hl/perp.h"

struct venue;
struct venue_account;

/* Memory per account is bounded: the oldest beyond these are forgotten. */
#define VENUE_FINISHED 2000
#define VENUE_FILLS 10000
#define VENUE_ROWS 2000		/* funding rows; ledger rows */

struct venue_rules {
	uint64_t seed;			/* of oids, tids and hashes */
	rate16 taker, maker;		/* of new accounts */
	rate16 band;			/* |limit price / reference − 1| above this is refused; 0: no band */
	rate16 trigger_slippage;	/* of a market order that a trigger sends */
	dec8 min_value;			/* |size × limit price|; 0: none */
	unsigned open_orders;		/* limit of a young account, and 1 more per 5 M USD traded, 5000 at most; 0: none */
	bool notional_caps;		/* an order's notional is capped by the asset's leverage */
	dec8 schedule_volume;		/* traded volume that scheduleCancel asks for; 0: none */
	unsigned schedule_fires;	/* firings of scheduleCancel per UTC day; 0: no limit */
	bool modify_posts;		/* a modify without "always place" must be ALO, or a GTC that rests (then treated as ALO) */
	bool post_only;			/* nothing but ALO is taken, as after an upgrade of the network */
	bool partly_filled;		/* a GTC that matches in part and rests answers VENUE_MATCHED; else VENUE_RESTING */
	bool funding;			/* hourly, at the full hour */
	int64_t t_ms;			/* the time at which it starts */
};
/* What the exchange does: 0.045 % and 0.015 %, 80 %, 10 %, 10 USD, 1000, caps, 1 M USD, 10 a day, funding, modify_posts. */
struct venue_rules venue_rules(void);

/* Life states of an order. X(name, text). */
#define VENUE_STATUSES(X) \
	X(OPEN, "open") \
	X(TRIGGERED, "triggered") \
	X(FILLED, "filled") \
	X(CANCELED, "canceled") \
	X(MARGIN_CANCELED, "marginCanceled") \
	X(SELF_TRADE_CANCELED, "selfTradeCanceled") \
	X(REDUCE_ONLY_CANCELED, "reduceOnlyCanceled") \
	X(SIBLING_FILLED_CANCELED, "siblingFilledCanceled") \
	X(DELISTED_CANCELED, "delistedCanceled") \
	X(LIQUIDATED_CANCELED, "liquidatedCanceled") \
	X(SCHEDULED_CANCEL, "scheduledCancel") \
	X(REJECTED, "rejected") \
	X(TICK_REJECTED, "tickRejected") \
	X(MIN_TRADE_NTL_REJECTED, "minTradeNtlRejected") \
	X(PERP_MARGIN_REJECTED, "perpMarginRejected") \
	X(REDUCE_ONLY_REJECTED, "reduceOnlyRejected") \
	X(BAD_ALO_PX_REJECTED, "badAloPxRejected") \
	X(IOC_CANCEL_REJECTED, "iocCancelRejected") \
	X(BAD_TRIGGER_PX_REJECTED, "badTriggerPxRejected") \
	X(MARKET_ORDER_NO_LIQUIDITY_REJECTED, "marketOrderNoLiquidityRejected") \
	X(POSITION_INCREASE_AT_CAP_REJECTED, "positionIncreaseAtOpenInterestCapRejected") \
	X(POSITION_FLIP_AT_CAP_REJECTED, "positionFlipAtOpenInterestCapRejected") \
	X(OPEN_INTEREST_INCREASE_REJECTED, "openInterestIncreaseRejected") \
	X(INSUFFICIENT_SPOT_BALANCE_REJECTED, "insufficientSpotBalanceRejected") \
	X(ORACLE_REJECTED, "oracleRejected") \
	X(PERP_MAX_POSITION_REJECTED, "perpMaxPositionRejected") \
	X(TOO_MANY_OPEN_ORDERS_REJECTED, "tooManyOpenOrdersRejected")
enum venue_status {
#define X(name, text) VENUE_##name,
	VENUE_STATUSES(X)
#undef X
};
const char *venue_status_text(enum venue_status s);
bool venue_status_alive(enum venue_status s);	/* open or triggered */

enum venue_group { VENUE_NA, VENUE_NORMAL_TPSL, VENUE_POSITION_TPSL };

struct venue_order {
	uint64_t oid;
	struct venue_account *account;
	uint32_t asset;
	bool buy, reduce_only;
	enum hl_tif tif;		/* none while a trigger has not fired */
	bool liquidation;		/* the exchange sent it: "LiquidationMarket" */
	dec8 px, sz, orig_sz;		/* sz: still open */
	bool trigger, is_market, tp;	/* trigger stays true after it fired */
	dec8 trigger_px;
	bool position_tpsl;		/* size follows the position; sz and orig_sz are 0 if it was sent without one */
	bool has_cloid;
	unsigned char cloid[16];
	bool has_builder;
	struct address builder;
	unsigned builder_tenths;
	enum venue_status status;
	int64_t t_ms, status_t_ms;	/* placed; last change */
	uint64_t parent;		/* oid of the order whose child this is; 0: none */
	bool waits_for_fill;		/* a child whose parent has not filled: no trigger sees it */
	enum hl_error why;		/* of a refused order */
};
/* "Limit", "Stop Market", "Take Profit Limit", …; "Price above 2450", or "N/A" without a trigger. */
const char *venue_order_type(const struct venue_order *o);
void venue_order_condition(const struct venue_order *o, char dst[64]);

struct venue_fill {
	uint32_t asset;
	dec8 px, sz;
	bool buy, crossed;
	int64_t t_ms;
	dec8 start_position, closed_pnl;
	const char *dir;
	uint64_t oid, tid;
	dec8 fee, builder_fee;		/* fee includes builder_fee */
	bool has_cloid;
	unsigned char cloid[16];
	unsigned char hash[32];
	bool liquidation, backstop;	/* with liquidation: whom, at what mark, market or backstop */
	struct address liquidated;
	dec8 liquidation_mark;
};

struct venue_funding { int64_t t_ms; uint32_t asset; dec8 usdc, size; rate16 rate, premium; };	/* premium: the hour's average */

enum venue_ledger_kind { VENUE_DEPOSIT, VENUE_WITHDRAW, VENUE_CLASS_TRANSFER, VENUE_SUB_TRANSFER, VENUE_INTERNAL_TRANSFER, VENUE_LIQUIDATION };
#define VENUE_LIQUIDATED_MOST 8
struct venue_ledger {
	int64_t t_ms;
	enum venue_ledger_kind kind;
	dec8 usdc;			/* change of the account; of a liquidation: the notional that was liquidated */
	dec8 account_value;		/* of a liquidation: before it */
	bool isolated;
	unsigned n_liquidated;		/* positions before it, the first of them */
	struct { uint32_t asset; dec8 size; } liquidated[VENUE_LIQUIDATED_MOST];
	struct address from, to;	/* of a transfer between accounts */
	unsigned char hash[32];
};

struct venue_trade {			/* on the public feed */
	uint32_t asset;
	bool buy;			/* side of the aggressor */
	dec8 px, sz;
	int64_t t_ms;
	uint64_t tid;
	unsigned char hash[32];
	struct address buyer, seller;	/* zero: somebody outside */
};

struct venue_liquidation { uint64_t lid; struct address liquidator; dec8 ntl_pos, account_value; bool isolated; };

enum venue_event_kind {
	VENUE_EV_ORDER,			/* order: it is now in order->status; for orderUpdates and historicalOrders */
	VENUE_EV_FILL,			/* fill */
	VENUE_EV_TRADE,			/* trade */
	VENUE_EV_BOOK,			/* asset: its book changed; bbo: so did its best. Once per call and market, last */
	VENUE_EV_MARK,			/* asset: mark or oracle changed */
	VENUE_EV_FUNDING,		/* funding: paid or got by account */
	VENUE_EV_FUNDING_RATE,		/* asset, funding: rate and premium that were due at t_ms; no account, usdc 0 */
	VENUE_EV_LIQUIDATION,		/* liquidation of account */
	VENUE_EV_NON_USER_CANCEL,	/* order: its owner had not asked; follows its ORDER. Not for reduceOnlyCanceled */
	VENUE_EV_LEDGER			/* ledger */
};
struct venue_event {
	enum venue_event_kind kind;
	int64_t t_ms;
	uint32_t asset;
	bool bbo;
	struct venue_account *account;	/* whom it concerns; NULL for TRADE, BOOK, MARK, FUNDING_RATE */
	const struct venue_order *order;
	const struct venue_fill *fill;
	const struct venue_trade *trade;
	const struct venue_funding *funding;
	const struct venue_liquidation *liquidation;
	const struct venue_ledger *ledger;
};
typedef void venue_listener(void *arg, const struct venue_event *e);

struct venue *venue_new(const struct venue_rules *rules, venue_listener *listener, void *arg);
void venue_free(struct venue *v);
struct venue_rules *venue_knobs(struct venue *v);	/* may be changed between calls; seed and t_ms have no effect then */

/* --- Time. Never goes back: an earlier time changes nothing. Fires what is due, in order of time: funding, scheduled cancels, held
 * fills. Each call below happens at the time last given. --- */
void venue_advance(struct venue *v, int64_t t_ms);
int64_t venue_now(const struct venue *v);
int64_t venue_due(const struct venue *v);		/* the next time at which something fires; INT64_MAX: never */

/* --- Markets. Told again with the same number, a market keeps its book and positions and takes the new fields (delisting cancels
 * its orders). Spot markets are known, but nobody owns spot tokens here. --- */
/* tiers as assets_tiers() gives them, at most PERP_TIERS. */
void venue_market(struct venue *v, const struct asset *asset, const struct margin_tier *tiers, unsigned n);
const struct asset *venue_asset(const struct venue *v, uint32_t asset);		/* NULL: unknown */
const struct perp_tiers *venue_tiers(const struct venue *v, uint32_t asset);
enum venue_interest { VENUE_OI_FREE, VENUE_OI_CAPPED, VENUE_OI_FAST };
void venue_open_interest_cap(struct venue *v, uint32_t asset, enum venue_interest state);

/* --- The outside world. Unknown assets are ignored. --- */
struct venue_level { dec8 px, sz; unsigned n; };	/* n: orders */
/* Replaces what others offer: bids from the best down, asks from the best up. Resting orders of accounts that they cross are filled
 * at their own price, by at most the size that crosses. An account's order stands behind what was at its price when it came. */
void venue_book(struct venue *v, uint32_t asset, const struct venue_level *bids, unsigned n_bids,
	const struct venue_level *asks, unsigned n_asks);
/* The same with one level a side; a size of 0 empties the side. */
void venue_bbo(struct venue *v, uint32_t asset, const struct venue_level *bid, const struct venue_level *ask);
/* Others trade with others or with resting orders: buy is the aggressor. Better orders fill whole, those at px by what sz leaves
 * when the outside size before them is through. */
void venue_trade(struct venue *v, uint32_t asset, bool buy, dec8 px, dec8 sz);
void venue_mark(struct venue *v, uint32_t asset, dec8 mark);	/* triggers and liquidations follow */
void venue_oracle(struct venue *v, uint32_t asset, dec8 oracle);
/* The rate for the coming full hours, until changed; premium is shown only. Without a call the premium is sampled from the book at
 * every change of book or oracle, weighted by time. */
void venue_rate(struct venue *v, uint32_t asset, rate16 hourly, rate16 premium);
void venue_pay_funding(struct venue *v, uint32_t asset);	/* now, at the rate in force, whatever the hour */

/* --- Accounts. --- */
struct venue_account *venue_account(struct venue *v, const struct address *a);		/* made when new */
struct venue_account *venue_find(const struct venue *v, const struct address *a);	/* NULL: unknown */
/* In order of making; after NULL comes the first. */
struct venue_account *venue_next_account(const struct venue *v, const struct venue_account *a);
const struct address *venue_address(const struct venue_account *a);
/* usdc below 0 takes out, as far as it is withdrawable. */
bool venue_fund(struct venue *v, struct venue_account *a, enum venue_ledger_kind kind, dec8 usdc, struct errmsg *e) MUST_USE;
/* usdc, above 0, from one account to another, as far as it is withdrawable: wholly or not at all. */
bool venue_transfer(struct venue *v, struct venue_account *from, struct venue_account *to, enum venue_ledger_kind kind, dec8 usdc,
	struct errmsg *e) MUST_USE;
void venue_fees(struct venue_account *a, rate16 taker, rate16 maker);
rate16 venue_taker(const struct venue_account *a);
rate16 venue_maker(const struct venue_account *a);
bool venue_ever_funded(const struct venue_account *a);
dec8 venue_volume(const struct venue_account *a);		/* traded since it exists, USD */

/* --- Orders. --- */
enum venue_outcome { VENUE_RESTING, VENUE_MATCHED, VENUE_ERROR, VENUE_WAITING_FOR_FILL, VENUE_WAITING_FOR_TRIGGER };
struct venue_result {
	enum venue_outcome outcome;
	uint64_t oid;			/* 0: it had none */
	dec8 total_sz, avg_px;		/* what matched at once; avg_px nearest */
	bool has_cloid;
	unsigned char cloid[16];
	char error[224];		/* VENUE_ERROR: the text with its " asset=N" */
};
struct venue_builder { struct address address; unsigned tenths; };	/* the caller has checked the approval */

/* One result per order, in order. False: the whole action is refused with *e, nothing was done. builder may be NULL. */
bool venue_place(struct venue *v, struct venue_account *a, const struct hl_order *orders, unsigned n, enum venue_group group,
	const struct venue_builder *builder, struct venue_result *results, struct errmsg *e) MUST_USE;
/* False with the error text: was never placed, or is gone. */
bool venue_cancel(struct venue *v, struct venue_account *a, uint32_t asset, uint64_t oid, struct errmsg *e) MUST_USE;
bool venue_cancel_cloid(struct venue *v, struct venue_account *a, uint32_t asset, const unsigned char cloid[16],
	struct errmsg *e) MUST_USE;
/* Cancel and place in one step: a new oid, no queue priority. The order to replace is named by oid, or by cloid where it is not
 * NULL. always: place even if the old one is gone. */
void venue_modify(struct venue *v, struct venue_account *a, uint64_t oid, const unsigned char *cloid, const struct hl_order *order,
	bool always, struct venue_result *result);
bool venue_leverage(struct venue *v, struct venue_account *a, uint32_t asset, bool cross, unsigned leverage,
	struct errmsg *e) MUST_USE;
bool venue_isolated_margin(struct venue *v, struct venue_account *a, uint32_t asset, dec8 usdc, struct errmsg *e) MUST_USE;
/* Adds what an isolated position lacks to have this leverage (topUpIsolatedOnlyMargin). */
bool venue_top_up(struct venue *v, struct venue_account *a, uint32_t asset, dec8 leverage, struct errmsg *e) MUST_USE;
/* NULL: the scheduled cancel is removed. */
bool venue_schedule_cancel(struct venue *v, struct venue_account *a, const int64_t *t_ms, struct errmsg *e) MUST_USE;

/* --- Faults. --- */
/* The account's next order that would match rests although it crosses, and is matched later: parts[k] of it (k + 1) × ms after it
 * was placed, and ms after the last of them all the rest. n 0: all of it after ms. NULL: whoever's comes next. */
void venue_hold_fills(struct venue *v, struct venue_account *a, int64_t ms, const dec8 *parts, unsigned n);
/* Somebody outside takes sz (0: all) of a resting order at its price. False: it does not rest. */
bool venue_hit(struct venue *v, uint64_t oid, dec8 sz) MUST_USE;
/* Auto-deleveraging: sz (0: all) of the account's position is closed at px. False: no position. */
bool venue_deleverage(struct venue *v, struct venue_account *a, uint32_t asset, dec8 sz, dec8 px) MUST_USE;

/* --- What answers are made of. --- */
struct venue_market_state {
	dec8 mark, oracle, mid, last;		/* 0: unknown; mid: of the book, else the last trade, else 0 */
	bool has_mark, has_oracle;		/* were told; else mark is the mid and oracle the mark */
	rate16 funding, premium;		/* hourly rate in force; premium now */
	bool has_impact;
	dec8 impact_bid, impact_ask;
	dec8 open_interest;			/* coins, of the accounts here */
	int64_t next_funding_ms;
};
bool venue_market_state(const struct venue *v, uint32_t asset, struct venue_market_state *s);	/* false: unknown asset */
/* Up to n levels from the best, accounts' orders included; the count. */
unsigned venue_levels(const struct venue *v, uint32_t asset, bool bids, struct venue_level *dst, unsigned n);

struct venue_summary { dec8 account_value, total_ntl, raw_usd, margin_used; };
struct venue_state {
	struct venue_summary all, cross;
	dec8 cross_maintenance, withdrawable;
};
void venue_state(const struct venue *v, const struct venue_account *a, struct venue_state *s);

struct venue_position {
	uint32_t asset;
	dec8 size, entry_px, value, pnl, margin_used, liquidation_px;
	bool has_liquidation_px, cross;
	unsigned leverage;
	dec8 raw_usd;				/* isolated */
	rate16 return_on_equity;
	dec8 funding_all, funding_open, funding_change;	/* paid is above 0 */
};
/* The k-th open position in order of asset numbers. False: there are not so many. */
bool venue_position(const struct venue *v, const struct venue_account *a, unsigned k, struct venue_position *p);
bool venue_position_of(const struct venue *v, const struct venue_account *a, uint32_t asset, struct venue_position *p);

struct venue_setting { bool cross; unsigned leverage; dec8 max_buy, max_sell, free_buy, free_sell, raw_usd; };	/* sizes; USD; isolated */
bool venue_setting(const struct venue *v, const struct venue_account *a, uint32_t asset, struct venue_setting *s);

/* Open orders, k from 0 in order of placing, children that wait among them. NULL: there are not so many. */
const struct venue_order *venue_open(const struct venue_account *a, unsigned k);
/* Finished ones, k from 0, newest first. */
const struct venue_order *venue_finished(const struct venue_account *a, unsigned k);
/* Open or finished. NULL: unknown, or forgotten. */
const struct venue_order *venue_by_oid(const struct venue *v, const struct venue_account *a, uint64_t oid);
const struct venue_order *venue_by_cloid(const struct venue_account *a, const unsigned char cloid[16]);		/* the newest */
const struct venue_fill *venue_fill(const struct venue_account *a, unsigned k);		/* newest first; NULL: no more */
const struct venue_funding *venue_funding(const struct venue_account *a, unsigned k);	/* newest first */
const struct venue_ledger *venue_ledger(const struct venue_account *a, unsigned k);	/* newest first */
int64_t venue_scheduled(const struct venue_account *a);					/* INT64_MAX: nothing is */

#endif
