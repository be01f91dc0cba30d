/* SPDX-License-Identifier: MIT
 * Reconciliation: how a symbol's size on the strategy's account and on the exchange compare (docs/lane.md "Reconciliation"). Pure. */
#ifndef OCQ_TRADE_RECON_H
#define OCQ_TRADE_RECON_H

#include "trade/lane.h"

enum drift_class { DRIFT_match, DRIFT_side_mismatch, DRIFT_size_mismatch, DRIFT_missing_exchange, DRIFT_missing_ours };
enum drift_severity { SEVERITY_none, SEVERITY_minor, SEVERITY_major, SEVERITY_critical };
const char *drift_class_name(enum drift_class c);
const char *drift_severity_name(enum drift_severity s);

/* Signed sizes. Equal sides within 1 % of the larger are a match, above 10 % a size mismatch is major. */
enum drift_class drift_of(dec8 ours, dec8 theirs, enum drift_severity *severity);

/* What the strategy expects the exchange to hold: its own size, less what the next step will adopt. False: an order of the symbol is under
 * way, or a heal, so that nothing can be said. */
bool drift_expected(const struct lane *l, const struct lane_symbol *s, dec8 *ours);

/* The exchange holds less than the strategy, on the same side or nothing: that heals by itself. */
bool drift_heals(dec8 ours, dec8 theirs);

#endif
