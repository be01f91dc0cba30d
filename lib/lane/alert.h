/* SPDX-License-Identifier: MIT
 * Which records of a lane a person is told of, and that a program of it has fallen silent (docs/lane.md "Alerts"). Pure. An alert is an
 * `alarm` record. */
#ifndef OCQ_LANE_ALERT_H
#define OCQ_LANE_ALERT_H

#include "record/record.h"

/* True: *a says what the record means. */
bool alert_of(struct rec_alarm *a, const struct record *r, int64_t ts_ms);

enum { ALERT_PROGRAMS = 16 };
struct alert_beats {
	struct { char_text by; int64_t ms; bool told; } program[ALERT_PROGRAMS];
	unsigned n;
};
void alert_beat(struct alert_beats *b, const char *by, int64_t ms);
/* The next program that has not been heard of for two periods and was not told of since; false: none. */
bool alert_silent(struct alert_beats *b, int64_t now_ms, int64_t period_ms, struct rec_alarm *a);

/* What has been told: the same thing of the same symbol again only after a while, and no more than so many in a minute. */
enum { ALERT_TOLD = 128, ALERT_MINUTE = 20 };
struct alert_limit {
	struct { char key[4 * TEXT_MAX]; int64_t ms; } told[ALERT_TOLD];
	unsigned n;			/* the newest is told[(n - 1) % ALERT_TOLD] */
};
bool alert_allowed(struct alert_limit *l, const char *journal, const struct rec_alarm *a, int64_t now_ms, int64_t cooldown_ms);

#endif
