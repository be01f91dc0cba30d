/* SPDX-License-Identifier: MIT
 * From records to alerts. */
#include "lane/alert.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void begin(struct rec_alarm *a, int64_t t_ms, const char *what, const char *level, const char *symbol)
{
	*a = (struct rec_alarm){ .t_ms = t_ms };
	snprintf(a->what, sizeof a->what, "%s", what);
	snprintf(a->level, sizeof a->level, "%s", level);
	snprintf(a->symbol, sizeof a->symbol, "%s", symbol);
}

static bool of_kill(struct rec_alarm *a, const struct rec_kill_level *k, int64_t ts_ms)
{
	begin(a, ts_ms, "kill_level", strcmp(k->level, "off") == 0 ? "info" : "error", "");
	snprintf(a->text, sizeof a->text, "%s: %s, by %s: %.1500s", k->cause, k->level, k->by, k->why);
	return true;
}

static bool of_drift(struct rec_alarm *a, const struct rec_drift *d, int64_t ts_ms)
{
	begin(a, ts_ms, "drift", strcmp(d->severity, "critical") == 0 ? "error" : strcmp(d->severity, "none") == 0 ? "info" : "warn", d->symbol);
	snprintf(a->text, sizeof a->text, "%s: %s, ours %s, the exchange's %s", d->class, d->severity, d->ours, d->theirs);
	return true;
}

static bool of_outcome(struct rec_alarm *a, const struct rec_outcome *o, int64_t ts_ms)
{
	if (strcmp(o->outcome, "unknown") != 0)
		return false;
	begin(a, ts_ms, "unknown", "error", o->intent);
	snprintf(a->text, sizeof a->text, "%s of intent %s, attempt %" PRIu64 ", may or may not have been taken: %.1500s", o->kind,
		 *o->intent ? o->intent : "(none)", o->attempt, o->error);
	return true;
}

bool alert_of(struct rec_alarm *a, const struct record *r, int64_t ts_ms)
{
	switch (r->type) {
	case REC_kill_level: return of_kill(a, &r->u.kill_level, ts_ms);
	case REC_drift: return of_drift(a, &r->u.drift, ts_ms);
	case REC_outcome: return of_outcome(a, &r->u.outcome, ts_ms);
	case REC_alarm: *a = r->u.alarm; return strcmp(a->level, "info") != 0;
	default: return false;
	}
}

/* ---- beats ---- */

void alert_beat(struct alert_beats *b, const char *by, int64_t ms)
{
	unsigned i = 0;

	while (i < b->n && strcmp(b->program[i].by, by) != 0)
		i++;
	if (i == ALERT_PROGRAMS)
		return;
	snprintf(b->program[i].by, sizeof b->program[i].by, "%s", by);
	b->program[i].ms = ms;
	b->program[i].told = false;
	b->n += i == b->n;
}

bool alert_silent(struct alert_beats *b, int64_t now_ms, int64_t period_ms, struct rec_alarm *a)
{
	for (unsigned i = 0; i < b->n; i++) {
		if (b->program[i].told || now_ms - b->program[i].ms <= 2 * period_ms)
			continue;
		b->program[i].told = true;
		begin(a, now_ms, "beat", "error", b->program[i].by);
		snprintf(a->text, sizeof a->text, "%s has not been heard of for %" PRId64 " s", b->program[i].by,
			 (now_ms - b->program[i].ms) / 1000);
		return true;
	}
	return false;
}

/* ---- how often ---- */

bool alert_allowed(struct alert_limit *l, const char *journal, const struct rec_alarm *a, int64_t now_ms, int64_t cooldown_ms)
{
	char key[sizeof l->told[0].key];
	unsigned minute = 0;

	snprintf(key, sizeof key, "%.100s|%s|%s|%s", journal, a->what, a->symbol, a->level);
	for (unsigned i = 0; i < l->n && i < ALERT_TOLD; i++) {
		if (strcmp(l->told[i].key, key) == 0 && now_ms - l->told[i].ms < cooldown_ms)
			return false;
		minute += now_ms - l->told[i].ms < 60000;
	}
	if (minute >= ALERT_MINUTE)
		return false;
	snprintf(l->told[l->n % ALERT_TOLD].key, sizeof key, "%s", key);
	l->told[l->n++ % ALERT_TOLD].ms = now_ms;
	return true;
}
