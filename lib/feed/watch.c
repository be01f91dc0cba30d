/* SPDX-License-Identifier: MIT
 * The two turns of a watch. */
#include "feed/watch.h"

enum watch_turn watch_look(struct watch *w, int64_t age_ms)
{
	bool stale = w->limit_ms > 0 && age_ms > w->limit_ms;

	if (stale == w->stale)
		return WATCH_SAME;
	w->stale = stale;
	return stale ? WATCH_STALE : WATCH_WELL;
}
