/* SPDX-License-Identifier: MIT
 * The folded state of a lane: what follows from the records of its journal, in their order, and from nothing else. Every program of a
 * lane keeps one of these and brings it up to date from the journal before it acts (lane/follow.h). Pure: no clock, no files.
 *
 * Three things are kept apart. The strategy's account (marks, balance) is what decisions are made on: the kernel's own state, exact. The
 * ledger (fills, positions, orders) is what the exchange says. Intents stand between the two. docs/lane.md says how they are kept
 * together. */
#ifndef OCQ_TRADE_LANE_H
#define OCQ_TRADE_LANE_H

#include "base/err.h"
#include "hl/decimal.h"
#include "kernel/state.h"
#include "record/record.h"
#include "trade/intent.h"

enum lane_mode { LANE_PAPER, LANE_DRY_LIVE, LANE_LIVE, LANE_SHADOW };
const char *lane_mode_name(enum lane_mode m);			/* "dry_live" */
bool lane_mode_parse(const char *text, enum lane_mode *m);

enum outcome {
#define OUTCOME(name, over, meaning) OUTCOME_##name,
#include "trade/outcomes.def"
#undef OUTCOME
	N_OUTCOMES
};
const char *outcome_name(enum outcome o);
bool outcome_parse(const char *text, enum outcome *o);
bool outcome_over(enum outcome o);				/* nothing more will come of the attempt */

enum intent_status {
#define STATUS(name, over, meaning) INTENT_STATUS_##name,
#include "trade/statuses.def"
#undef STATUS
	N_INTENT_STATUSES
};
const char *intent_status_name(enum intent_status s);
bool intent_status_over(enum intent_status s);

enum kill_cause {
#define KILL_CAUSE(name, meaning) KILL_##name,
#include "trade/kill_causes.def"
#undef KILL_CAUSE
	N_KILL_CAUSES
};
const char *kill_cause_name(enum kill_cause c);
bool kill_cause_parse(const char *text, enum kill_cause *c);
enum kill_level { KILL_OFF, KILL_CLOSE_ONLY, KILL_HALT_ALL };
const char *kill_level_name(enum kill_level l);			/* "close_only" */
bool kill_level_parse(const char *text, enum kill_level *l);

/* The last thing that was sent for an intent. */
struct lane_send {
	unsigned attempt;
	uint64_t nonce, seq;		/* seq: of its record */
	int64_t sent_ms, expires_ms;	/* ts_ms of the record; 0: no expiry */
	unsigned char cloid[16];
	dec8 size, limit_px;
	double mid_px;
	dec8 acked;			/* filled, by its outcomes */
	char *body;			/* owned; NULL once its outcome is known */
};

struct lane_intent {
	char id[INTENT_ID];
	char_symbol symbol;
	enum intent_action action;
	bool buy, reduce_only;
	dec8 size, limit_px;		/* limit_px 0: at market */
	double ref_px, notional_usd, cash_usd, leverage, entry_atr, adx_threshold;
	char confidence[8], reason_code[32];
	char_text reason;
	int64_t t_ms, created_ms, valid_until_ms;	/* created_ms: ts_ms of its record; valid_until_ms 0: always */
	uint32_t place;
	char op[INTENT_ID];		/* "": of a step */
	uint64_t seq;
	/* what became of it */
	bool judged, allowed;
	int64_t judged_ms;		/* ts_ms of the verdict */
	char cause[32];			/* of the verdict */
	unsigned attempts;		/* sends so far; the last one: */
	struct lane_send send;
	bool in_flight;			/* that one has no outcome that is over, and is not resting */
	enum outcome outcome;		/* the last one told, if attempts > 0 or over */
	bool over;			/* the last outcome said so: */
	uint64_t over_seq;		/* that record; behind lane.step_seq: no step has seen it yet */
	char oid[24];
	dec8 acked;			/* filled, by outcomes: sum over attempts */
	dec8 filled;			/* by fill records */
	double filled_usd, fee_usd;	/* of these */
	uint64_t exit_no;		/* of lane.exits, from 1: what its fills brought; 0: none yet */
	char_text error;
};
enum intent_status lane_intent_status(const struct lane_intent *i);

struct lane_symbol {
	char_symbol name;
	/* The strategy's account: pos, last_entry_ms, last_exit_ms, last_close_ms, last_close_side, last_close_was_flip, close of the last
	 * mark. The other members are the driver's. */
	struct symbol_state own;
	struct position prior;		/* pos as it was before the last mark that changed its size or side */
	bool marked;
	/* The ledger: signed size by the last `positions` batch (0 if that does not list it) or by a later fill, whichever the exchange
	 * dates later; a fill names the position before it. */
	dec8 theirs;
	double theirs_entry_px, theirs_leverage, theirs_margin_usd, theirs_liquidation_px;
	bool theirs_isolated, theirs_known;	/* known: there was a batch, or a fill of it */
	int64_t theirs_ms;
	/* A heal that no step has adopted yet. */
	bool heal;
	dec8 heal_size;
	double heal_entry_px;
};

/* A kill cause that is set, or was: level KILL_OFF. Clearing it forgets what it is measured by (peaks; sums of the day; slippages; exits), or
 * it would rise again at once. since_ms: of the last change of level. */
struct lane_kill { enum kill_level level; int64_t since_ms; char_text why; };

struct lane_order { char_symbol symbol; char oid[24]; unsigned char cloid[16]; bool has_cloid, buy, reduce_only; dec8 px, open, size; int64_t t_ms; };

/* What an operator wants taken from the book and has not been yet. "": every symbol, every order. */
struct lane_cancel { char op[INTENT_ID]; char_symbol symbol; char oid[24]; int64_t asked_ms; };

enum { LANE_RING = 1024 };		/* entries kept of each of the windows below; more than any bound of theirs */
struct lane_peak { int64_t day; double usd; };
struct lane_sent { int64_t ms; bool entry; char_symbol symbol; double notional_usd; };
struct lane_exit { int64_t ms; double net_usd; };

struct lane {
	bool begun;			/* the `lane` record was there */
	enum lane_mode mode;
	char account[43], interval[8];
	bool testnet;
	int64_t first_ms, from_ms;
	uint32_t lookback;
	char config_id[65];		/* in force; "": none yet */

	uint64_t seq;			/* of the last record applied */
	int64_t ts_ms;
	int64_t step_ms;		/* of the last step_commit; INT64_MIN: none */
	uint64_t step_seq, prev_step_seq;	/* what the last one, and the one before it, had seen; 0: none */
	double balance_usd;		/* of the strategy's account */

	struct lane_symbol *sym;	/* ascending by name */
	uint32_t n_symbols, cap_symbols;
	struct lane_intent *intent;	/* in order of seq; those that ended long before the last step are dropped: lane_prune() */
	uint32_t n_intents, cap_intents;
	uint64_t intents_ever;
	struct lane_order *order;	/* open orders of the last batch */
	uint32_t n_orders, cap_orders;
	int64_t orders_ms;
	struct lane_cancel *asked;	/* in the order in which it was */
	uint32_t n_asked, cap_asked;

	bool has_account;		/* the exchange's: */
	double account_value_usd, withdrawable_usd, margin_used_usd;
	int64_t account_ms, positions_ms;

	uint64_t nonce;			/* highest that was sent */
	int64_t fills_to_ms, funding_to_ms;	/* cursors; 0: none */
	struct lane_tid { char_symbol symbol; char tid[24]; int64_t t_ms; } *tid;	/* fills seen, those older than the cursor less a day dropped */
	uint32_t n_tids, cap_tids;
	uint32_t *tid_at, cap_tid_at;	/* hash table of places in tid, plus 1; 0: free */

	/* Risk. */
	struct lane_kill kill[N_KILL_CAUSES];
	struct lane_peak peak[LANE_RING];	/* highest account values of UTC days, ascending by day; a day that a later one topped is not
						 * there any more: ask lane_peak_usd() */
	uint32_t n_peaks;
	int64_t loss_day;		/* UTC day since 1970 of the newest fill */
	double day_pnl_usd, day_fee_usd;	/* of loss_day: closed_pnl of its fills, fees */
	double day_entry_fee_usd;	/* of these fees, those of entries */
	struct lane_sent sent[LANE_RING];	/* orders that were sent, newest last, wrapped: number i is sent[i % LANE_RING] */
	uint64_t n_sent;
	int64_t cancel_ms[LANE_RING];	/* when cancellations were sent, the same way */
	uint64_t n_cancels;
	double slip_bps[LANE_RING];	/* of entry fills against the middle when they were sent; what was gained is 0 */
	uint64_t n_slip;
	struct lane_exit exits[LANE_RING];	/* of one order each, all its fills; fees taken off */
	uint64_t n_exits;
	bool armed;
	char_text armed_why;

	/* While a batch of positions or open_orders is being read. */
	uint32_t awaited;
	bool awaits_orders;
};

void lane_init(struct lane *l);
void lane_release(struct lane *l);

/* Takes the next record of the journal: seq and ts_ms are the journal's. Types that mean nothing to the fold are passed over, and so is a
 * fill that was seen. False: the record contradicts what is known (a second commit of a step, an outcome of an intent that is not there
 * ...): *e says which rule. The state is then as it was, but for seq. Every step_commit prunes. */
bool lane_apply(struct lane *l, const struct record *r, uint64_t seq, int64_t ts_ms, struct errmsg *e) MUST_USE;

/* The snapshot: a record of type "state" whose member covers is l->seq, one line with its newline, and back. Both are exact: a lane read
 * from its snapshot writes the same line again. */
void lane_write(const struct lane *l, struct buf *line);
bool lane_read(struct lane *l, const char *line, size_t n, struct errmsg *e) MUST_USE;

/* Drops what no rule can ask for any more: intents that are over since before the step before the last, fills that lie before the cursor
 * by more than a day: what is older still counts as seen. */
void lane_prune(struct lane *l);

struct lane_intent *lane_intent_find(const struct lane *l, const char *id);		/* NULL: none */
struct lane_intent *lane_intent_of_cloid(const struct lane *l, const char *cloid);	/* text of 34 bytes; also of an earlier attempt */
struct lane_symbol *lane_symbol_find(const struct lane *l, const char *name);	/* NULL: none */
struct lane_symbol *lane_symbol(struct lane *l, const char *name);			/* made if there is none; moves the others */
/* Was seen, or lies so far before the cursor that it must have been. */
bool lane_fill_seen(const struct lane *l, const char *symbol, const char *tid, int64_t t_ms);

/* Highest account value in the last so many UTC days, day being the last of them; 0: none is known. */
double lane_peak_usd(const struct lane *l, int64_t day, double days);

enum kill_level lane_kill_level(const struct lane *l);
/* The cause with that level that has stood longest; only if the level is not KILL_OFF. */
enum kill_cause lane_kill_cause(const struct lane *l);
/* Its order stands in the book, as far as its outcomes say. */
bool lane_rests(const struct lane_intent *i);
/* It is over, or rests: nothing has to be done for it now. */
bool lane_done(const struct lane_intent *i);
/* How many cancellations were sent after that time. */
unsigned lane_cancels_since(const struct lane *l, int64_t ms);
const struct lane_cancel *lane_asked(const struct lane *l, const char *op);	/* NULL: none, or it is done */
/* An intent of the symbol is in flight. */
bool lane_unresolved(const struct lane *l, const char *symbol);
/* Every intent up to t_ms, an operator's included, is over or rests. */
bool lane_settled(const struct lane *l, int64_t t_ms);

/* Between the kernel's state and the record. Times that never were are 0 in records, T_NEVER in the kernel. */
void mark_from_state(struct rec_mark *m, const struct symbol_state *s, const char *name, int64_t t_ms);
void mark_to_state(struct symbol_state *s, const struct rec_mark *m);

/* Size of the strategy's position, signed, in lots of sz_decimals; 0: flat. */
dec8 lane_own_size(const struct lane_symbol *s);

#endif
