/* SPDX-License-Identifier: MIT
 * Reconciliation: how a symbol's size on the strategy's account and on the exchange compare, and which open orders are stale (docs/lane.md
 * "Reconciliation"). Pure. */
#ifndef OCQ_TRADE_RECON_H
#define OCQ_TRADE_RECON_H

#include "trade/lane.h"

enum drift_class { DRIFT_match, DRIFT_side_mismatch, DRIFT_size_mismatch, DRIFT_missing_exchange, DRIFT_missing_ours };
enum drift_severity { SEVERITY_none, SEVERITY_minor, SEVERITY_major, SEVERITY_critical };
const char *drift_class_name(enum drift_class c);
const char *drift_severity_name(enum drift_severity s);

/* Signed sizes. Equal sides within 1 % of the larger are a match, above 10 % a size mismatch is major. */
enum drift_class drift_of(dec8 ours, dec8 theirs, enum drift_severity *severity);

/* What the strategy expects the exchange to hold: its own size less what its intents of the symbol that are not over still want. */
dec8 drift_expected(const struct lane *l, const struct lane_symbol *s);

/* Why an open order is to be cancelled; NULL: it stays. ours: its cloid has our prefix, or its intent is known. */
struct stale_rule { int64_t known_ms, unknown_ms; bool cancel_unknown; };
const char *order_is_stale(const struct lane *l, const struct lane_order *o, const struct lane_intent *i, bool ours,
			   const struct stale_rule *rule, int64_t now_ms);

#endif
