/* SPDX-License-Identifier: MIT
 * What the files of /info answers share. */
#ifndef OCQ_VENUE_INFO_H
#define OCQ_VENUE_INFO_H

#include "venue/surface.h"

/* A request, and the answer that is being written; its rows add to its weight. */
struct info { struct exchange *x; const struct json_doc *d; const struct json *v; struct jsonw w; unsigned rows; };

bool info_text(const struct info *i, const char *key, char *dst, size_t cap);	/* absent is ""; false: ill-typed */
bool info_range(const struct info *i, const struct json *from, int64_t *from_ms, int64_t *to_ms);
/* nSigFigs and mantissa, 0 where null. False: outside what there is. */
bool book_grouping(const struct json_doc *d, const struct json *v, int *figures, int *mantissa);
int info_dex(const struct info *i, char dex[ASSET_NAME]);		/* 200, 422, 500 */
bool info_user(const struct info *i, struct address *a, struct person **p);	/* *p NULL: nobody known; false: no address */

const char *coin_text(const struct exchange *x, uint32_t asset);
void put_flag(struct jsonw *w, const char *key, bool v);
void put_null(struct jsonw *w, const char *key);
void put_cloid(struct jsonw *w, const unsigned char cloid[16]);

/* Each writes its answer and returns 200, or the status that is answered instead. */
int info_state(struct info *i), info_spot_state(struct info *i), info_open_orders(struct info *i), info_front_orders(struct info *i),
	info_order_status(struct info *i), info_history(struct info *i), info_fills(struct info *i), info_fills_by_time(struct info *i),
	info_user_funding(struct info *i), info_ledger(struct info *i), info_fees(struct info *i), info_rate_limit(struct info *i),
	info_role(struct info *i), info_agents(struct info *i), info_abstraction(struct info *i), info_asset_data(struct info *i),
	info_builder_fee(struct info *i), info_sub_accounts(struct info *i), info_nothing(struct info *i);

#endif
