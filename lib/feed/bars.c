/* SPDX-License-Identifier: MIT
 * The rule of closed bars. */
#include "feed/bars.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

enum { REFUSALS = 3, PENDING_MAX = 2048 };

/* have: messages brought values, the last of them on connection `epoch`. rolled: on that same connection a later bar followed, so
 * that nothing of this one can be missing. confirmed: an answer of the exchange brought the values. absent: it said there is none.
 * row: the answer that is being read has a row of it. */
struct bar_pending {
	int64_t t_ms;
	struct bar_values is;
	uint64_t epoch;
	bool have, rolled, confirmed, absent, row;
	uint8_t refused;
};
struct bar_past { struct bar_values is; bool there, owed; uint8_t refused; };

void bars_init(struct bar_series *b, int64_t interval_ms, int64_t next_ms)
{
	*b = (struct bar_series){ .interval_ms = interval_ms, .origin_ms = next_ms % interval_ms, .next_ms = next_ms,
		.past_from_ms = next_ms, .checked_ms = next_ms,
			    .newest_ms = INT64_MIN, .heard_ms = INT64_MIN };
	b->past = xcalloc(BARS_TOLD, sizeof *b->past);
}

void bars_release(struct bar_series *b)
{
	free(b->bar);
	free(b->past);
	*b = (struct bar_series){ 0 };
}

static struct bar_past *past_at(const struct bar_series *b, int64_t t_ms)
{
	return &b->past[(t_ms - b->origin_ms) / b->interval_ms % BARS_TOLD];
}

/* Whether a bar of the series can open then. */
static bool on_grid(const struct bar_series *b, int64_t t_ms)
{
	return t_ms >= b->origin_ms && (t_ms - b->origin_ms) % b->interval_ms == 0;
}

static void owe(struct bar_series *b, struct bar_past *p, bool owed)
{
	b->n_owed += owed;
	b->n_owed -= p->owed;
	p->owed = owed;
}

void bars_remember(struct bar_series *b, int64_t from_ms)
{
	int64_t oldest = b->next_ms - BARS_TOLD * b->interval_ms;

	b->past_from_ms = b->checked_ms = from_ms > oldest ? from_ms : oldest;
	for (int64_t t = b->past_from_ms; t < b->next_ms; t += b->interval_ms)
		owe(b, past_at(b, t), true);
}

void bars_recall(struct bar_series *b, int64_t t_ms, const struct bar_values *v)
{
	struct bar_past *p = past_at(b, t_ms);

	if (!on_grid(b, t_ms) || t_ms < b->past_from_ms || t_ms >= b->next_ms)
		return;
	p->is = *v;
	p->there = true;
	owe(b, p, false);
}

/* Index of the first bar that is not told yet and opens at or after t_ms. */
static size_t lower(const struct bar_series *b, int64_t t_ms)
{
	size_t i = b->n;

	while (i && b->bar[i - 1].t_ms >= t_ms)
		i--;
	return i;
}

static struct bar_pending *find(const struct bar_series *b, int64_t t_ms)
{
	size_t i = lower(b, t_ms);

	return i < b->n && b->bar[i].t_ms == t_ms ? &b->bar[i] : NULL;
}

static struct bar_pending *insert(struct bar_series *b, int64_t t_ms)
{
	size_t i = lower(b, t_ms);

	if (i < b->n && b->bar[i].t_ms == t_ms)
		return &b->bar[i];
	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 4;
		b->bar = xreallocarray(b->bar, b->cap, sizeof *b->bar);
	}
	memmove(&b->bar[i + 1], &b->bar[i], (b->n++ - i) * sizeof *b->bar);
	b->bar[i] = (struct bar_pending){ .t_ms = t_ms };
	return &b->bar[i];
}

static void drop_first(struct bar_series *b, size_t n)
{
	memmove(b->bar, b->bar + n, (b->n -= n) * sizeof *b->bar);
}

static bool same(const struct bar_values *a, const struct bar_values *b)
{
	return a->o == b->o && a->h == b->h && a->l == b->l && a->c == b->c && a->v == b->v && a->n == b->n;
}

/* Trades and volume of a bar only ever grow. */
static bool is_older(const struct bar_values *a, const struct bar_values *b)
{
	return a->n < b->n || (a->n == b->n && a->v < b->v);
}

static void told_message(struct bar_series *b, int64_t t_ms, const struct bar_values *v)
{
	struct bar_past *p = past_at(b, t_ms);

	if (t_ms >= b->past_from_ms && (!p->there || (!same(&p->is, v) && !is_older(v, &p->is))))
		owe(b, p, true);
}

/* Bars of this connection that are followed by one of this connection: what `bar` says about others, and others about it. */
static void roll(struct bar_series *b, struct bar_pending *bar, uint64_t epoch)
{
	for (struct bar_pending *x = b->bar; x < b->bar + b->n; x++) {
		if (x->epoch != epoch)
			continue;
		if (x->t_ms < bar->t_ms)
			x->rolled = true;
		else if (x->t_ms > bar->t_ms)
			bar->rolled = true;
	}
}

bool bars_message(struct bar_series *b, int64_t t_ms, const struct bar_values *v, uint64_t epoch, int64_t now_ms)
{
	struct bar_pending *bar;

	if (!on_grid(b, t_ms) || t_ms > now_ms + b->interval_ms)
		return false;
	b->heard_ms = now_ms;
	if (t_ms > b->newest_ms)
		b->newest_ms = t_ms;
	if (t_ms < b->next_ms) {
		told_message(b, t_ms, v);
		return false;
	}
	bar = insert(b, t_ms);
	if (bar->have && is_older(v, &bar->is))
		return false;
	bar->is = *v;
	bar->have = true;
	bar->absent = false;
	if (bar->epoch != epoch) {
		bar->epoch = epoch;
		bar->rolled = false;
	}
	roll(b, bar, epoch);
	if (b->n > PENDING_MAX)	/* the exchange is asked for these in any case */
		drop_first(b, b->n - PENDING_MAX);
	return true;
}

void bars_doubt(struct bar_series *b)
{
	for (struct bar_pending *x = b->bar; x < b->bar + b->n; x++) {
		x->epoch = 0;	/* of no connection */
		x->rolled = false;
	}
}

static bool is_over(const struct bar_series *b, int64_t t_ms, int64_t now_ms, int64_t grace_ms)
{
	return now_ms >= t_ms + b->interval_ms + grace_ms;	/* now > t_close + grace, t_close being the last millisecond */
}

static bool is_proved(const struct bar_series *b, int64_t t_ms, const struct feed_link *link, int64_t grace_ms)
{
	return link->up && link->proved_ms >= t_ms + b->interval_ms + grace_ms;
}

static enum bar_look look(const struct bar_series *b, const struct bar_pending *bar, const struct feed_link *link, int64_t now_ms,
		int64_t grace_ms)
{
	if (!bar || !is_over(b, bar->t_ms, now_ms, grace_ms))
		return BAR_WAITS;
	if (bar->absent)
		return BAR_ABSENT;
	if (bar->confirmed || bar->rolled)
		return BAR_FINAL;
	return bar->have && bar->epoch == link->epoch && is_proved(b, bar->t_ms, link, grace_ms) ? BAR_FINAL : BAR_WAITS;
}

enum bar_look bars_look(const struct bar_series *b, const struct feed_link *link, int64_t now_ms, int64_t grace_ms,
		struct bar_values *v)
{
	const struct bar_pending *bar = b->n && b->bar[0].t_ms == b->next_ms ? &b->bar[0] : NULL;
	enum bar_look is = look(b, bar, link, now_ms, grace_ms);

	if (is == BAR_FINAL)
		*v = bar->is;
	return is;
}

void bars_told(struct bar_series *b, const struct bar_values *v)
{
	struct bar_pending *bar = b->n && b->bar[0].t_ms == b->next_ms ? &b->bar[0] : NULL;
	struct bar_past *p = past_at(b, b->next_ms);
	bool answered = bar && (bar->confirmed || bar->absent);

	owe(b, p, !v && !answered);
	p->there = v != NULL;
	p->refused = 0;
	if (v)
		p->is = *v;
	if (bar)
		drop_first(b, 1);
	b->next_ms += b->interval_ms;
	if (b->past_from_ms < b->next_ms - BARS_TOLD * b->interval_ms)
		b->past_from_ms = b->next_ms - BARS_TOLD * b->interval_ms;
	if (b->checked_ms < b->past_from_ms)
		b->checked_ms = b->past_from_ms;
}

/* Whether messages alone can no longer make a bar that is over final. */
static bool needs_answer(const struct bar_series *b, const struct bar_pending *bar, int64_t t_ms, const struct feed_link *link,
		int64_t now_ms, int64_t grace_ms)
{
	bool in_time = link->up && !is_over(b, t_ms, now_ms, grace_ms + BARS_PROOF_MS);

	if (bar && bar->have && bar->epoch != link->epoch)
		return true;
	if (bar && bar->have)
		return !in_time;
	return !in_time || is_proved(b, t_ms, link, grace_ms);
}

bool bars_wanted(const struct bar_series *b, const struct feed_link *link, int64_t now_ms, int64_t grace_ms, int64_t *from_ms,
		int64_t *to_ms)
{
	size_t i = 0;
	bool any = false;

	for (int64_t t = b->past_from_ms; b->n_owed && t < b->next_ms; t += b->interval_ms)
		if (past_at(b, t)->owed) {
			*from_ms = any ? *from_ms : t;
			*to_ms = t;
			any = true;
		}
	for (int64_t t = b->next_ms; is_over(b, t, now_ms, grace_ms); t += b->interval_ms) {
		const struct bar_pending *bar = i < b->n && b->bar[i].t_ms == t ? &b->bar[i++] : NULL;

		if (any && t >= *from_ms + BARS_ASK * b->interval_ms)
			break;
		if (look(b, bar, link, now_ms, grace_ms) != BAR_WAITS || !needs_answer(b, bar, t, link, now_ms, grace_ms))
			continue;
		*from_ms = any ? *from_ms : t;
		*to_ms = t;
		any = true;
	}
	if (any && b->checked_ms < *from_ms) {	/* it costs little more, and after a restart they may soon be forgotten */
		*from_ms = b->checked_ms;
		if (*to_ms >= *from_ms + BARS_ASK * b->interval_ms)
			*to_ms = *from_ms + (BARS_ASK - 1) * b->interval_ms;
	}
	return any;
}

bool bars_unchecked(const struct bar_series *b, int64_t now_ms, int64_t *from_ms, int64_t *to_ms)
{
	*from_ms = b->checked_ms;
	*to_ms = b->next_ms - b->interval_ms;
	return b->checked_ms < b->next_ms && is_over(b, b->checked_ms, now_ms, BARS_SETTLE_MS);
}

/* A row for a bar that is told. */
static bool past_row(struct bar_series *b, int64_t t_ms, const struct bar_values *v)
{
	struct bar_past *p = past_at(b, t_ms);
	bool changes = !p->there || !same(&p->is, v);

	if (t_ms < b->past_from_ms)
		return false;
	if (p->there && is_older(v, &p->is) && p->refused++ < REFUSALS)
		return false;
	owe(b, p, false);
	p->is = *v;
	p->there = true;
	p->refused = 0;
	return changes;
}

bool bars_row(struct bar_series *b, int64_t t_ms, const struct bar_values *v, int64_t asked_ms, int64_t grace_ms)
{
	struct bar_pending *bar;

	if (!on_grid(b, t_ms) || !is_over(b, t_ms, asked_ms, grace_ms))
		return false;
	if (t_ms < b->next_ms)
		return past_row(b, t_ms, v);
	bar = insert(b, t_ms);
	bar->row = true;
	if (bar->have && is_older(v, &bar->is) && bar->refused++ < REFUSALS)
		return false;
	bar->is = *v;
	bar->confirmed = true;
	bar->absent = false;
	return false;
}

/* A bar that is over and that the answer has no row of. */
static void no_row(struct bar_series *b, int64_t t_ms)
{
	struct bar_pending *bar = find(b, t_ms);

	if (bar && (bar->confirmed || bar->row))
		bar->row = false;
	else if (!bar || !bar->have)
		insert(b, t_ms)->absent = true;
	else if (bar->refused++ >= REFUSALS)
		bar->confirmed = true;	/* messages had trades of it */
}

void bars_answered(struct bar_series *b, int64_t from_ms, int64_t to_ms, int64_t asked_ms, int64_t grace_ms)
{
	bool whole = true;	/* every told bar so far has been confirmed */

	for (int64_t t = from_ms; t <= to_ms && is_over(b, t, asked_ms, grace_ms); t += b->interval_ms) {
		struct bar_past *p = past_at(b, t);

		if (t >= b->next_ms) {
			no_row(b, t);
		} else if (t >= b->past_from_ms) {
			owe(b, p, false);
			whole = whole && !p->refused && is_over(b, t, asked_ms, BARS_SETTLE_MS);
			if (whole && t == b->checked_ms)
				b->checked_ms += b->interval_ms;
		}
	}
}

const struct bar_values *bars_past_values(const struct bar_series *b, int64_t t_ms)
{
	const struct bar_past *p = past_at(b, t_ms);

	return on_grid(b, t_ms) && t_ms >= b->past_from_ms && t_ms < b->next_ms && p->there ? &p->is : NULL;
}

bool bars_newest(const struct bar_series *b, int64_t *t_ms, struct bar_values *v)
{
	for (size_t i = b->n; i--; )
		if (b->bar[i].have || b->bar[i].confirmed) {
			*t_ms = b->bar[i].t_ms;
			*v = b->bar[i].is;
			return true;
		}
	for (int64_t t = b->next_ms - b->interval_ms; t >= b->past_from_ms; t -= b->interval_ms)
		if (past_at(b, t)->there) {
			*t_ms = t;
			*v = past_at(b, t)->is;
			return true;
		}
	return false;
}
