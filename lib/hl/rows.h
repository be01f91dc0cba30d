/* SPDX-License-Identifier: MIT
 * What the answers of POST /info and the messages of the WebSocket have in common: readers of JSON values that hand on records.
 * For lib/hl alone. */
#ifndef OCQ_HL_ROWS_H
#define OCQ_HL_ROWS_H

#include "hl/fields.h"
#include "hl/info.h"

struct rows {
	const struct json_doc *doc;
	struct record *record;		/* the one that is filled again and again */
	hl_record_fn *fn;
	void *arg;
	int64_t now_ms;
	bool snapshot;			/* for fills */
	uint64_t n;			/* rows read so far */
	uint64_t skip;			/* mids or candles that were handed on already */
	struct errmsg *e;
};

/* Each reads a value (NULL: it is missing, which is an error); false with *e. */
typedef bool rows_fn(struct rows *, const struct json *);
rows_fn rows_meta, rows_meta_ctxs, rows_mids, rows_book, rows_candles, rows_rates, rows_venue, rows_account, rows_balances,
	rows_open_orders, rows_order_status, rows_history, rows_fills, rows_fundings, rows_payments, rows_ledger, rows_fees, rows_budget,
	rows_role, rows_agents, rows_abstraction;
/* One row. A payment is a funding row without its envelope, as on the WebSocket. */
rows_fn rows_candle, rows_bbo, rows_context, rows_payment, rows_update, rows_cancels, rows_liquidation;

/* Hands the record on. */
void rows_emit(struct rows *, enum record_type);

extern const struct field candle_fields[];	/* for the way straight from the text */

#endif
