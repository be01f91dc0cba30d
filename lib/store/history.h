/* SPDX-License-Identifier: MIT
 * What a store holds of one series, and the history of the universe. */
#ifndef OCQ_STORE_HISTORY_H
#define OCQ_STORE_HISTORY_H

#include "store/fault.h"

#include <stddef.h>

/* Times of a symbol's rows between from_ms and to_ms, both included, ascending; freed by the caller. interval NULL: of a funding store.
 * A store that does not exist, or was begun and has no table yet, holds nothing. */
bool store_times(const char *path, const char *symbol, const char *interval, int64_t from_ms, int64_t to_ms, int64_t **t, size_t *n,
                 struct fault *f) MUST_USE;

/* A symbol as the exchange lists it at some time. first_ms .. last_ms: bars prove that it was traded then; first_ms > last_ms: no bars. */
struct universe_symbol { const char *symbol; bool delisted; int64_t first_ms, last_ms; };
/* One transaction: a snapshot at t_ms of the symbols that are not delisted; each listing widened to what is known; who is delisted, and
 * when that was first seen. A delisted symbol's listing ends with its bars. */
bool universe_note(const char *path, int64_t t_ms, const struct universe_symbol *s, size_t n, struct fault *f) MUST_USE;

#endif
