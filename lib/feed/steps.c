/* SPDX-License-Identifier: MIT
 * The verdict about one step. */
#include "feed/steps.h"

enum step_verdict step_look(const struct step_count *c, int64_t end_ms, int64_t turn_ms, int64_t now_ms, int64_t grace_ms,
		int64_t patience_ms)
{
	bool late = turn_ms >= end_ms + patience_ms;
	int64_t until_ms = late ? turn_ms + STEP_CATCH_UP * patience_ms : end_ms + patience_ms;
	unsigned waiting = c->followed - c->final - c->absent;

	if (now_ms < end_ms + grace_ms || c->required_waits)
		return STEP_WAITS;
	if (waiting && !(late && waiting == c->hopeless) && now_ms < until_ms)
		return STEP_WAITS;
	if (!c->final && waiting)	/* a step of nobody is told only when the exchange says so */
		return STEP_WAITS;
	return c->final ? STEP_DUE : STEP_EMPTY;
}
