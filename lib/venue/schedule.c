/* SPDX-License-Identifier: MIT
 * Time: what is due fires in order, at its time. */
#include "venue/core.h"

#include <inttypes.h>
#include <stdio.h>

#define LEAST_AHEAD_MS 5000

int64_t venue_now(const struct venue *v)
{
	return v->now;
}

static int64_t next_hour(const struct venue *v)
{
	return v->rules.funding ? (v->now / HOUR_MS + 1) * HOUR_MS : NEVER;
}

static struct venue_account *next_cancel(const struct venue *v)
{
	struct venue_account *first = NULL;

	for (struct venue_account *a = v->first; a; a = a->next)
		if (a->cancel_ms != NEVER && (!first || a->cancel_ms < first->cancel_ms))
			first = a;
	return first;
}

static struct node *next_held(const struct venue *v)
{
	struct node *first = NULL;

	for (unsigned k = 0; k < v->held.n; k++) {
		struct node *n = v->held.at[k];

		if (!first || submit_next(n) < submit_next(first))
			first = n;
	}
	return first;
}

int64_t venue_due(const struct venue *v)
{
	const struct venue_account *a = next_cancel(v);
	const struct node *n = next_held(v);
	int64_t due = next_hour(v);

	if (a && a->cancel_ms < due)
		due = a->cancel_ms;
	if (n && submit_next(n) < due)
		due = submit_next(n);
	return due;
}

static void cancel_all(struct venue *v, struct venue_account *a)
{
	a->cancel_ms = NEVER;
	if (a->fire_day != v->now / DAY_MS)
		a->fires = 0;
	a->fire_day = v->now / DAY_MS;
	a->fires++;
	while (a->open.n)
		order_close(v, a->open.at[0], VENUE_SCHEDULED_CANCEL);
}

/* One thing of those that are due now; the hour goes last, as it comes once. */
static void fire(struct venue *v, bool hour)
{
	struct venue_account *a = next_cancel(v);
	struct node *n = next_held(v);

	settle_begin(v);
	if (a && a->cancel_ms <= v->now)
		cancel_all(v, a);
	else if (n && submit_next(n) <= v->now)
		submit_due(v, n);
	else if (hour)
		funding_hour(v);
	settle(v);
}

void venue_advance(struct venue *v, int64_t t_ms)
{
	while (v->now < t_ms) {
		int64_t due = venue_due(v), hour = next_hour(v);

		if (due > t_ms) {
			v->now = t_ms;
			return;
		}
		v->now = due;
		while (venue_due(v) <= v->now)
			fire(v, false);
		if (hour == v->now)
			fire(v, true);
	}
}

bool venue_schedule_cancel(struct venue *v, struct venue_account *a, const int64_t *t_ms, struct errmsg *e)
{
	char required[DEC8_TEXT + 1], traded[DEC8_TEXT + 1];

	if (a->volume < v->rules.schedule_volume) {
		*dec8_put(required, v->rules.schedule_volume) = '\0';
		*dec8_put(traded, a->volume) = '\0';
		return refuse_call_with(e, HL_ERR_SCHEDULE_VOLUME, required, traded);
	}
	if (t_ms && *t_ms < v->now + LEAST_AHEAD_MS)
		return refuse_call_with(e, HL_ERR_SCHEDULE_SOON, "Scheduled cancel time", "");
	if (t_ms && v->rules.schedule_fires && a->fire_day == v->now / DAY_MS && a->fires >= v->rules.schedule_fires)
		return errmsg_set(e, "Cannot set scheduled cancel time: it has fired %u times today.", a->fires);
	a->cancel_ms = t_ms ? *t_ms : NEVER;
	return true;
}

int64_t venue_scheduled(const struct venue_account *a)
{
	return a->cancel_ms;
}
