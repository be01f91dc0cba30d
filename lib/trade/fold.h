/* SPDX-License-Identifier: MIT
 * Between the files of the fold. Private to it. */
#ifndef OCQ_TRADE_FOLD_H
#define OCQ_TRADE_FOLD_H

#include "trade/lane.h"

#define DAY_MS INT64_C(86400000)

/* Room for one element more behind n. */
void *lane_room(void *array, uint32_t n, uint32_t *cap, size_t size);
/* Remembers a fill; false: it was seen. */
bool lane_tid_add(struct lane *l, const struct rec_fill *r);
void lane_tids_prune(struct lane *l);
/* Makes the table anew: the list has changed. */
void lane_tids_index(struct lane *l);
/* So long before the cursor that its key is not kept: what was taken over whole is not new. */
static inline bool lane_fill_is_old(const struct lane *l, int64_t t_ms) { return t_ms < l->fills_to_ms - DAY_MS; }

/* The ledger's records. */
bool fold_fill(struct lane *l, const struct rec_fill *r, struct errmsg *e);
bool fold_positions(struct lane *l, const struct rec_positions *r, struct errmsg *e);
bool fold_position(struct lane *l, const struct rec_position *r, struct errmsg *e);
bool fold_open_orders(struct lane *l, const struct rec_open_orders *r, struct errmsg *e);
bool fold_order(struct lane *l, const struct rec_order *r, struct errmsg *e);
bool fold_account(struct lane *l, const struct rec_account *r);

#endif
