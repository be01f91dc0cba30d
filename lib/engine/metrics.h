/* SPDX-License-Identifier: MIT
 * Figures of a run, from its events and equity, in the order of summation that docs/rules/report.md gives. */
#ifndef OCQ_ENGINE_METRICS_H
#define OCQ_ENGINE_METRICS_H

#include "engine/run.h"
#include "json/json.h"

/* Closes that share something, in log order. */
struct bucket { uint64_t trades, wins; double pnl_usd; };
void bucket_add(struct bucket *b, double pnl_usd);
double bucket_win_rate(const struct bucket *b);

struct metrics {
	double initial_balance, final_balance, total_pnl;
	uint64_t total_trades, total_wins, total_losses;
	double win_rate, profit_factor;	/* profit_factor may be INFINITY */
	double avg_trade_pnl, avg_win, avg_loss, total_fees;
	double sharpe_ratio, max_drawdown_usd, max_drawdown_pct;
	struct bucket by_confidence[3], by_code[N_REASON_CODES], by_side[2];
};

void metrics_compute(struct metrics *m, const struct run_result *r);

/* Side of the position that an event other than FUNDING belongs to: every list of actions has LONG before SHORT. */
static inline int event_side(const struct event *e) { return e->action & 1; }

/* What a report says besides the run itself. */
struct report_context {
	const struct market *market;
	const char *config_id, *contract_id;	/* contract_id may be NULL: printed as null */
	double slippage_bps;
	const char *const *compat;	/* NULL-terminated names of the reference quirks that were reproduced */
	bool row;			/* of a sweep: it has an id of its own, no compat and config_id alone */
};
/* Gross profit through gross loss (which is <= 0); INFINITY without losses, 0 without either. */
double profit_factor_of(double profit_usd, double loss_usd);
/* Its member in a report or row. */
void profit_factor_put(struct jsonw *w, double v);

/* The members that a report and a result row have in common, keys ascending, into an object that is open. */
void report_members(struct jsonw *w, const struct run_result *r, const struct metrics *m, const struct report_context *c);
/* One pretty-printed JSON document, keys ascending, newline at the end (docs/rules/report.md). */
void report_json(struct buf *out, const struct run_result *r, const struct metrics *m, const struct report_context *c);

/* The trade CSV, one row per close. */
void trades_csv(struct buf *out, const struct run_result *r, const struct market *m, const struct init_state *init);

#endif
