/* SPDX-License-Identifier: MIT
 * The questions of POST /info and their answers as records. info.def is the list of questions; docs/exchange.md explains. */
#ifndef OCQ_HL_INFO_H
#define OCQ_HL_INFO_H

#include "base/buf.h"
#include "record/record.h"

/* A row of info.def; NULL: no such type. */
struct hl_info { const char *type; unsigned weight, rows; const char *keys, *meaning; };
const struct hl_info *hl_info_find(const char *type);
extern const struct hl_info hl_infos[];		/* .type NULL ends it */
bool hl_info_has_records(const struct hl_info *i);	/* hl_info_read() makes some */

/* Appends the request's body. words: "key=value" of the row's keys in any order, n of them; an address in any case. False:
 * no such type or key, one that must be there is missing, or a value is not of its kind. */
bool hl_info_body(struct buf *b, const char *type, const char *const *words, unsigned n, struct errmsg *e) MUST_USE;

/* The same for programs, which hold the right values. user: 0x and 40 hex digits. to_ms < 0: to the present. */
void hl_info_plain(struct buf *b, const char *type);				/* no keys */
void hl_info_user(struct buf *b, const char *type, const char *user);
void hl_info_user_span(struct buf *b, const char *type, const char *user, int64_t from_ms, int64_t to_ms);
void hl_info_candles(struct buf *b, const char *symbol, const char *interval, int64_t from_ms, int64_t to_ms);
void hl_info_rates(struct buf *b, const char *symbol, int64_t from_ms, int64_t to_ms);		/* fundingHistory */
void hl_info_book(struct buf *b, const char *symbol);
void hl_info_order(struct buf *b, const char *user, const char *oid_or_cloid);			/* orderStatus */

/* Gets one record; it lives until the function returns. */
typedef void hl_record_fn(void *arg, const struct record *r);

/* Reads the body of an answer with status 200 and hands on its records in the answer's order (userFills: newest first; sort and
 * drop doubles yourself). now_ms is t_ms where the answer has none. *rows, which may be NULL: rows of the answer, for the
 * weight. Integers and decimals are taken as JSON numbers or as texts, keys that are not known are ignored, keys that may be
 * missing count as 0 or null. False: not an answer of this type, or one value is wrong; records before it were handed on.
 * No record and true: the answer says there is nothing (an unknown coin or order, an empty list).
 *
 *	meta asset; metaAndAssetCtxs asset and context of each market in turn; allMids mid; l2Book level; candleSnapshot candle;
 *	fundingHistory rate, its time cut to the hour; clearinghouseState account, then position; spotClearinghouseState balance;
 *	openOrders, frontendOpenOrders, orderStatus, historicalOrders order, children of a parent behind it; userFills(ByTime) fill;
 *	userFunding funding; userNonFundingLedgerUpdates ledger; userFees fees; userRateLimit budget; userRole role; extraAgents
 *	agent; userAbstraction abstraction; exchangeStatus venue */
bool hl_info_read(const char *type, const char *body, size_t n, int64_t now_ms, hl_record_fn *fn, void *arg, uint64_t *rows,
		  struct errmsg *e) MUST_USE;

#endif
