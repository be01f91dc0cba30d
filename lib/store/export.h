/* SPDX-License-Identifier: MIT
 * Bars as a stream of records: time by time, symbols ascending within a time, a step after each time. */
#ifndef OCQ_STORE_EXPORT_H
#define OCQ_STORE_EXPORT_H

#include "record/record.h"
#include "store/market.h"

/* Writes candles and steps with from_ms <= t_ms <= to_ms, without header and end; returns how many records. Bars of
 * symbol i are set->of[i]. Stops after a step when a signal asks for it. */
uint64_t candles_export(struct out *o, const char *const *symbol, uint32_t n_symbols, const struct bar_set *set,
                        int64_t from_ms, int64_t to_ms);

/* Bar i of b as a record. */
void candle_of(struct rec_candle *c, const struct bars *b, size_t i);

#endif
