/* SPDX-License-Identifier: MIT
 * Staleness: what is watched, how old it may be, and the two moments that are told, when it gets too old and when it is well again
 * (docs/market-data.md "Health"). Pure. */
#ifndef OCQ_FEED_WATCH_H
#define OCQ_FEED_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct watch { int64_t limit_ms; bool stale; };	/* limit 0: not watched */

enum watch_turn { WATCH_SAME, WATCH_STALE, WATCH_WELL };

/* age_ms INT64_MAX: never heard of. */
enum watch_turn watch_look(struct watch *w, int64_t age_ms);

#endif
