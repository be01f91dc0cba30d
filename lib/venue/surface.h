/* SPDX-License-Identifier: MIT
 * What the files of the exchange's surface share: its state, and who does what. Nobody else includes this. */
#ifndef OCQ_VENUE_SURFACE_H
#define OCQ_VENUE_SURFACE_H

#include "hl/nonce.h"
#include "hl/request.h"
#include "hl/weight.h"
#include "record/record.h"
#include "venue/bars.h"
#include "venue/exchange.h"
#include "venue/faults.h"
#include "venue/people.h"

/* ---- subscriptions ---- */

/* X(name, channel of the messages, subscription type, per user) */
#define CHANNELS(X) \
	X(MIDS, "allMids", "allMids", false) \
	X(CANDLE, "candle", "candle", false) \
	X(BBO, "bbo", "bbo", false) \
	X(BOOK, "l2Book", "l2Book", false) \
	X(TRADES, "trades", "trades", false) \
	X(CTX, "activeAssetCtx", "activeAssetCtx", false) \
	X(ASSET_DATA, "activeAssetData", "activeAssetData", true) \
	X(ORDERS, "orderUpdates", "orderUpdates", true) \
	X(EVENTS, "user", "userEvents", true) \
	X(FILLS, "userFills", "userFills", true) \
	X(FUNDINGS, "userFundings", "userFundings", true) \
	X(LEDGER, "userNonFundingLedgerUpdates", "userNonFundingLedgerUpdates", true) \
	X(STATE, "clearinghouseState", "clearinghouseState", true) \
	X(OPEN_ORDERS, "openOrders", "openOrders", true) \
	X(SPOT, "spotState", "spotState", true) \
	X(WEB, "webData3", "webData3", true) \
	X(NOTIFICATION, "notification", "notification", true) \
	X(HISTORY, "userHistoricalOrders", "userHistoricalOrders", true)
enum channel {
#define X(name, channel, type, user) CH_##name,
	CHANNELS(X)
#undef X
	N_CHANNELS
};
extern const char *const channel_names[N_CHANNELS];	/* of messages */

struct conn;
struct sub {
	struct conn *conn;
	enum channel channel;
	struct coin *coin;		/* NULL: none */
	struct address user;		/* of a channel that is per user */
	struct person *person;		/* NULL: none */
	int interval;
	int figures, mantissa;		/* l2Book; 0: null */
	bool fast, aggregate, has_dex;
	char dex[16];
	int64_t late_ms;		/* its snapshot is still to come, then; 0: it has been */
	struct sub *next;		/* of the connection */
};

struct conn {
	uint64_t id;
	char peer[64];
	struct sub *subs;
	unsigned n_subs;
	bool silent;
	uint64_t lose;			/* messages still to be swallowed */
	struct buf *held;		/* messages that are kept back to be turned round */
	unsigned n_held, hold;
	struct conn *next;
};

/* ---- coins ---- */

#define RECENT_TRADES 256
struct recent { int64_t t_ms; dec8 px, sz; bool buy; uint64_t tid; unsigned char hash[32]; struct address buyer, seller; };
struct rate_row { int64_t t_ms; rate16 rate, premium; };
struct hour { int64_t hour; dec8 last, ntl, base; };

struct coin {
	struct asset asset;
	uint32_t index;				/* of the coin in exchange.coin and of its tapes */
	struct recent recent[RECENT_TRADES];	/* ring */
	uint64_t n_trades;			/* that ever were */
	struct hour hours[25];			/* ring by hour */
	struct rate_row *rates;			/* paid, ascending */
	size_t n_rates, cap_rates;
	const struct rates *history;		/* of a store; rates[] is used where NULL */
	bool fed;				/* candles come from a feed or by command: trades make none */
	bool touched, book_dirty, bbo_dirty, mark_dirty;
	uint32_t candle_dirty;			/* bit per interval */
	int64_t owed[INTERVAL_COUNT];		/* opens of bars that were shown flat; 0: none */
	uint64_t told_trades;			/* of n_trades */
	int64_t book_pushed_ms, ctx_pushed_ms;
	struct sublist subs[N_CHANNELS], candles[INTERVAL_COUNT];
};

/* ---- what one input made happen, until it is pushed ---- */

struct happened {
	enum venue_event_kind kind;
	struct person *person;
	union { struct venue_order order; struct venue_fill fill; struct venue_funding funding; struct venue_liquidation liquidation;
		struct venue_ledger ledger; } u;
};

struct exchange {
	struct exchange_options opt;
	struct exchange_sink sink;
	struct venue *core;
	struct people people;
	struct faults *faults;
	struct limits *limits;
	struct tapes tapes;

	struct coin *coin;		/* ascending by asset number */
	uint32_t n_coins;
	uint32_t *by_name;		/* indexes of coin, ascending by name */
	struct buf market_text;		/* what the docs below point into */
	struct json_doc market;
	const struct json *meta, *spot_meta, *perp_dexs;	/* NULL: none in the text */

	struct happened *happened;
	size_t n_happened, cap_happened;
	struct coin **touched;		/* coins with something to push */
	size_t n_touched;
	struct person **dirty;		/* accounts whose state changed */
	size_t n_dirty, cap_dirty;

	struct conn *conns;
	struct sublist mids;
	bool mids_dirty;
	unsigned late;			/* subscriptions whose snapshot is late */
	int64_t mids_pushed_ms;
	int64_t refuse_until_ms, refuse_status;

	uint64_t position;		/* steps of the market that were taken */
	bool again;			/* inputs of before a restart: nothing leaves */
	int64_t skew_ms;
	bool stuck;			/* mark and oracle do not move */
	int64_t advanced_ms;		/* by command */
	struct buf scratch, message, log;
};

/* market.c: finding a coin */
struct coin *coin_named(const struct exchange *x, const char *name);
struct coin *coin_at(const struct exchange *x, uint32_t asset);

/* market.c: what is traded */
bool market_read(struct exchange *x, const char *text, struct errmsg *e);
void market_close(struct exchange *x);
const struct json *market_meta(const struct exchange *x, const char *dex);	/* "": the main one; NULL: there is none */

/* exchange.c: a request from wherever it comes, with its faults */
struct asking { bool action, socket; const char *text; size_t len; const char *peer; const struct mishap *struck; };
void request_answer(struct exchange *x, struct asking *q, struct exchange_reply *r);

/* actions.c */
struct acting {
	struct exchange *x;
	const struct json_doc *d;
	struct exchange_request *q;
	bool has_signer, by_agent;
	struct address signer;
	struct person *master, *person;	/* whose key it is; whose account. NULL: nobody's */
	const struct mishap *mishap;	/* of what the action does; NULL: none */
	struct jsonw *w;
	struct errmsg e;
};
unsigned action_elements(const struct json_doc *d, const struct exchange_request *q);	/* of a batch; 1 for everything else */
void action_resolve(struct acting *a);		/* signer, master, person as far as they are known */
void action_execute(struct acting *a, const char *body, size_t n, struct buf *answer);

/* info.c: 200, 422, or 500 with body null */
int info_answer(struct exchange *x, const struct json_doc *d, struct buf *out, unsigned *rows);
bool info_known(const char *type);

/* info_user.c, info_market.c: parts of answers that pushes have too */
void put_dec(struct jsonw *w, const char *key, dec8 v);
void put_dec_value(struct jsonw *w, dec8 v);
void put_rate(struct jsonw *w, const char *key, rate16 v);
void put_int(struct jsonw *w, const char *key, int64_t v);
void put_address(struct jsonw *w, const char *key, const struct address *a);
void put_hash(struct jsonw *w, const unsigned char hash[32]);
void order_basic(struct jsonw *w, const struct exchange *x, const struct venue_order *o);	/* members of openOrders rows */
void order_row(struct jsonw *w, const struct exchange *x, const struct venue_order *o);		/* a frontendOpenOrders row */
void order_stated(struct jsonw *w, const struct exchange *x, const struct venue_order *o);	/* {order, status, statusTimestamp} */
void fill_row(struct jsonw *w, const struct exchange *x, const struct venue_fill *f);
void funding_members(struct jsonw *w, const struct exchange *x, const struct venue_funding *f);
int64_t funding_time(const struct exchange *x, const struct coin *c, int64_t t_ms);
int64_t funding_row_time(const struct exchange *x, const struct venue_funding *f);
void ledger_row(struct jsonw *w, const struct exchange *x, const struct venue_ledger *l);
/* Between two times, newest or oldest first. */
void fills_array(struct jsonw *w, const struct exchange *x, const struct person *p, bool aggregate, int64_t from, int64_t to,
		 bool oldest, unsigned *rows);
void account_state(struct jsonw *w, const struct exchange *x, const struct person *p, const char *dex);
void spot_state(struct jsonw *w, const struct person *p);
void open_orders_array(struct jsonw *w, const struct exchange *x, const struct person *p, const char *dex, bool front);
void asset_data(struct jsonw *w, const struct exchange *x, const struct person *p, const struct address *user, const struct coin *c);
void asset_ctx(struct jsonw *w, const struct exchange *x, const struct coin *c);
void history_array(struct jsonw *w, const struct exchange *x, const struct person *p, unsigned *rows);
void mids_object(struct jsonw *w, const struct exchange *x, const char *dex);
void book_object(struct buf *out, const struct exchange *x, const struct coin *c, int figures, int mantissa, unsigned depth);
void trade_row(struct buf *out, const struct coin *c, const struct recent *t);
bool of_dex(const struct coin *c, const char *dex);		/* "": the main one, without spot */
bool dex_known(const struct exchange *x, const char *dex);

/* subs.c */
struct conn *conn_find(const struct exchange *x, uint64_t id);

/* push.c */
void pushes_hear(void *exchange, const struct venue_event *e);	/* the core's listener */
void pushes_flush(struct exchange *x);
void push_text(struct exchange *x, struct conn *c, const char *channel, const char *account, const char *text, size_t n);
void push_held(struct exchange *x, struct conn *c);		/* what was kept back to be turned round leaves now */
void push_first(struct exchange *x, struct sub *s);		/* what follows an acknowledgement */
void push_bar(struct exchange *x, struct coin *c, int iv, const struct bar *b);
void touch_coin(struct exchange *x, struct coin *c);
void touch_person(struct exchange *x, struct person *p);

/* limits.c */
struct limits *limits_new(double scale);
void limits_free(struct limits *l);
bool limits_spend(struct limits *l, const char *peer, unsigned weight, int64_t now_ms);	/* false: 429 */
void limits_charge(struct limits *l, const char *peer, unsigned weight, int64_t now_ms);	/* known only afterwards */
bool limits_connect(struct limits *l, const char *peer, int64_t now_ms);
void limits_disconnect(struct limits *l, const char *peer);
bool limits_message(struct limits *l, const char *peer, int64_t now_ms);
unsigned limits_scaled(const struct limits *l, unsigned n);

/* control.c */
void exchange_price(struct exchange *x, struct coin *c, dec8 px, bool mark, bool oracle);
void exchange_candle(struct exchange *x, struct coin *c, int iv, const struct bar *b);

/* inputs.c */
void input_begin(struct exchange *x, struct jsonw *w, const char *type);	/* into x->scratch */
void input_end(struct exchange *x, struct jsonw *w);
void log_text(struct exchange *x, const char *kind, const char *what, const char *account, const char *signer, uint64_t conn,
	      const char *text, size_t n);
void log_fault(struct exchange *x, const struct mishap *m, const char *kind, uint64_t conn);

#endif
