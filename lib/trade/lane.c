/* SPDX-License-Identifier: MIT
 * What can be asked of a folded lane, and its memory. What records do to it is in fold.c. */
#include "trade/lane.h"

#include "hl/action.h"
#include "trade/fold.h"

#include <stdlib.h>
#include <string.h>

void lane_init(struct lane *l)
{
	*l = (struct lane){ .step_ms = INT64_MIN };
}

void lane_release(struct lane *l)
{
	for (uint32_t i = 0; i < l->n_intents; i++)
		free(l->intent[i].send.body);
	free(l->intent);
	free(l->sym);
	free(l->order);
	free(l->asked);
	free(l->tid);
	free(l->tid_at);
	lane_init(l);
}

void *lane_room(void *array, uint32_t n, uint32_t *cap, size_t size)
{
	if (n < *cap)
		return array;
	*cap = *cap ? 2 * *cap : 16;
	return xreallocarray(array, *cap, size);
}

/* ---- symbols ---- */

/* Where name stands, or would stand. */
static uint32_t symbol_place(const struct lane *l, const char *name, bool *there)
{
	uint32_t lo = 0, hi = l->n_symbols;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int order = strcmp(l->sym[mid].name, name);

		if (order == 0) {
			*there = true;
			return mid;
		}
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*there = false;
	return lo;
}

struct lane_symbol *lane_symbol_find(const struct lane *l, const char *name)
{
	bool there;
	uint32_t at = symbol_place(l, name, &there);

	return there ? &l->sym[at] : NULL;
}

/* A symbol that the last batch of positions does not list is flat. */
struct lane_symbol *lane_symbol(struct lane *l, const char *name)
{
	bool there;
	uint32_t at = symbol_place(l, name, &there);
	struct lane_symbol *s;

	if (there)
		return &l->sym[at];
	l->sym = lane_room(l->sym, l->n_symbols, &l->cap_symbols, sizeof *l->sym);
	s = &l->sym[at];
	memmove(s + 1, s, (l->n_symbols++ - at) * sizeof *s);
	memset(s, 0, sizeof *s);
	strcpy(s->name, name);
	s->own.last_entry_ms = s->own.last_exit_ms = s->own.last_close_ms = T_NEVER;
	s->own.pos.open_ms = s->own.pos.last_add_ms = s->prior.open_ms = s->prior.last_add_ms = T_NEVER;
	s->theirs_known = l->positions_ms != 0;
	s->theirs_ms = l->positions_ms;
	return s;
}

/* ---- intents, from the newest one: that is mostly asked for ---- */

struct lane_intent *lane_intent_find(const struct lane *l, const char *id)
{
	for (uint32_t i = l->n_intents; i-- > 0;)
		if (strcmp(l->intent[i].id, id) == 0)
			return &l->intent[i];
	return NULL;
}

/* "0x", 8 digits of prefix, 22 of the id, 2 of the attempt. */
struct lane_intent *lane_intent_of_cloid(const struct lane *l, const char *cloid)
{
	if (strlen(cloid) != CLOID_TEXT - 1)
		return NULL;
	for (uint32_t i = l->n_intents; i-- > 0;)
		if (memcmp(l->intent[i].id, cloid + 10, 22) == 0)
			return &l->intent[i];
	return NULL;
}

bool lane_unresolved(const struct lane *l, const char *symbol)
{
	for (uint32_t i = 0; i < l->n_intents; i++)
		if (l->intent[i].in_flight && strcmp(l->intent[i].symbol, symbol) == 0)
			return true;
	return false;
}

bool lane_rests(const struct lane_intent *i)
{
	return i->attempts && !i->in_flight && i->outcome == OUTCOME_resting;
}

bool lane_done(const struct lane_intent *i)
{
	return i->over || lane_rests(i);
}

unsigned lane_cancels_since(const struct lane *l, int64_t ms)
{
	unsigned n = 0;

	for (uint64_t k = l->n_cancels > LANE_RING ? l->n_cancels - LANE_RING : 0; k < l->n_cancels; k++)
		n += l->cancel_ms[k % LANE_RING] > ms;
	return n;
}

const struct lane_cancel *lane_asked(const struct lane *l, const char *op)
{
	for (uint32_t i = 0; i < l->n_asked; i++)
		if (strcmp(l->asked[i].op, op) == 0)
			return &l->asked[i];
	return NULL;
}

bool lane_settled(const struct lane *l, int64_t t_ms)
{
	for (uint32_t i = 0; i < l->n_intents; i++)
		if (l->intent[i].t_ms <= t_ms && !lane_done(&l->intent[i]))
			return false;
	return true;
}

/* ---- status ---- */

/* Of an intent that has ended with nothing filled. */
static const enum intent_status ended[N_OUTCOMES] = {
	[OUTCOME_filled] = INTENT_STATUS_FILLED,
	[OUTCOME_partial] = INTENT_STATUS_CANCELLED,
	[OUTCOME_cancelled] = INTENT_STATUS_CANCELLED,
	[OUTCOME_rejected] = INTENT_STATUS_REJECTED,
	[OUTCOME_dead] = INTENT_STATUS_DEAD,
	[OUTCOME_would] = INTENT_STATUS_WOULD,
	[OUTCOME_expired] = INTENT_STATUS_EXPIRED,
	[OUTCOME_blocked] = INTENT_STATUS_REJECTED,
	[OUTCOME_done] = INTENT_STATUS_FILLED,
};

static enum intent_status unsent(const struct lane_intent *i)
{
	bool later = !intent_enters(i->action) && (strcmp(i->cause, "exit_rate") == 0 || strcmp(i->cause, "min_order_gap") == 0);

	if (!i->judged || (!i->allowed && later))
		return INTENT_STATUS_NEW;
	return i->allowed ? INTENT_STATUS_ALLOWED : INTENT_STATUS_REJECTED;
}

/* got >= 0.999 * size, in whole numbers */
static bool whole(dec8 got, dec8 size)
{
	return got > 0 && size - got <= size / 1000;
}

enum intent_status lane_intent_status(const struct lane_intent *i)
{
	dec8 got = i->filled > i->acked ? i->filled : i->acked;

	if (whole(got, i->size))
		return INTENT_STATUS_FILLED;
	if (i->over)
		return got > 0 && ended[i->outcome] != INTENT_STATUS_FILLED ? INTENT_STATUS_PARTIAL_CANCELLED : ended[i->outcome];
	if (i->in_flight)
		return INTENT_STATUS_UNKNOWN;
	if (lane_rests(i))
		return got > 0 ? INTENT_STATUS_PARTIAL : INTENT_STATUS_SENT;
	return unsent(i);
}

/* ---- what is measured ---- */

double lane_peak_usd(const struct lane *l, int64_t day, double days)
{
	for (uint32_t i = 0; i < l->n_peaks; i++)	/* descending by value */
		if ((double)(day - l->peak[i].day) < days)
			return l->peak[i].usd;
	return 0;
}

enum kill_level lane_kill_level(const struct lane *l)
{
	enum kill_level level = KILL_OFF;

	for (unsigned c = 0; c < N_KILL_CAUSES; c++)
		if (l->kill[c].level > level)
			level = l->kill[c].level;
	return level;
}

enum kill_cause lane_kill_cause(const struct lane *l)
{
	enum kill_level level = lane_kill_level(l);
	unsigned first = N_KILL_CAUSES;

	for (unsigned c = 0; c < N_KILL_CAUSES; c++)
		if (l->kill[c].level == level && (first == N_KILL_CAUSES || l->kill[c].since_ms < l->kill[first].since_ms))
			first = c;
	return (enum kill_cause)first;
}

/* ---- forgetting ---- */

static void prune_intents(struct lane *l)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->n_intents; i++) {
		struct lane_intent *in = &l->intent[i];

		if (in->over && in->over_seq < l->prev_step_seq) {
			free(in->send.body);
			continue;
		}
		if (kept != i)
			l->intent[kept] = *in;
		kept++;
	}
	l->n_intents = kept;
}

void lane_prune(struct lane *l)
{
	prune_intents(l);
	lane_tids_prune(l);
}
