/* SPDX-License-Identifier: MIT
 * Turns, gates, sizes, results. */
#include "trade/plan.h"

#include <string.h>

static bool before(const struct lane_intent *a, const struct lane_intent *b)
{
	return a->seq < b->seq;		/* a batch has its intents in order of place */
}

bool plan_turn(const struct lane *l, const struct lane_intent *i)
{
	uint32_t k;

	if (lane_done(i) || lane_unresolved(l, i->symbol))
		return false;
	for (k = 0; k < l->n_intents; k++) {
		const struct lane_intent *x = &l->intent[k];

		if (!before(x, i) || lane_done(x))
			continue;
		if (strcmp(x->symbol, i->symbol) == 0)
			return false;
		if (intent_enters(i->action) && !intent_enters(x->action) && !*i->op && !*x->op && x->t_ms == i->t_ms)
			return false;
	}
	return true;
}

/* ---- gates ---- */

/* Too soon, for an exit: ocq-risk looks at it again. */
static bool later(const struct lane_intent *i)
{
	return !intent_enters(i->action) && (strcmp(i->cause, "min_order_gap") == 0 || strcmp(i->cause, "exit_rate") == 0);
}

static enum plan_move end(enum outcome *o, enum outcome is, const char **why, const char *text)
{
	*o = is;
	*why = text;
	return PLAN_END;
}

/* What would be sold may be what the position before it was not closed by: a second order on top of it. */
static bool left_open(const struct lane *l, const struct lane_intent *i)
{
	uint32_t k;

	for (k = 0; k < l->n_intents; k++) {
		const struct lane_intent *x = &l->intent[k];

		if (before(x, i) && x->t_ms == i->t_ms && x->action == INTENT_CLOSE && x->over && strcmp(x->symbol, i->symbol) == 0
		    && x->outcome != OUTCOME_filled && x->outcome != OUTCOME_would)
			return true;
	}
	return false;
}

enum plan_move plan_gate(const struct lane *l, const struct lane_intent *i, const struct plan_gates *g, enum outcome *o, const char **why)
{
	enum kill_level level = lane_kill_level(l);
	bool enters = intent_enters(i->action);

	if (!i->judged)
		return PLAN_WAIT;
	if (!i->allowed)
		return later(i) ? PLAN_WAIT : end(o, OUTCOME_blocked, why, i->cause);
	if (g->hard_kill)
		return end(o, OUTCOME_blocked, why, "AI_QUANT_HARD_KILL_SWITCH");
	if (level == KILL_HALT_ALL || (level == KILL_CLOSE_ONLY && enters))
		return end(o, OUTCOME_blocked, why, kill_level_name(level));
	if (i->valid_until_ms && g->now_ms > i->valid_until_ms)
		return end(o, OUTCOME_expired, why, "too old");
	if (enters && left_open(l, i))
		return end(o, OUTCOME_rejected, why, "the position before it was not closed");
	if (l->mode == LANE_LIVE && g->not_armed)
		return end(o, OUTCOME_would, why, g->not_armed);
	return PLAN_SEND;
}

/* ---- what rests ---- */

enum { LIST_LATE_MS = 5000 };	/* a list may have been made before an order that was sent before it came */

bool plan_take_back(const struct lane *l, const struct lane_intent *i, int64_t now_ms, int64_t stale_ms)
{
	enum kill_level level = lane_kill_level(l);

	if (!lane_rests(i))
		return false;
	return level == KILL_HALT_ALL || (level == KILL_CLOSE_ONLY && !i->reduce_only) || (stale_ms && now_ms - i->send.sent_ms >= stale_ms);
}

bool plan_unlisted(const struct lane *l, const struct lane_intent *i)
{
	uint32_t k;

	if (!lane_rests(i) || l->awaited || l->orders_ms < i->send.sent_ms + LIST_LATE_MS)
		return false;
	for (k = 0; k < l->n_orders; k++)
		if (l->order[k].has_cloid && memcmp(l->order[k].cloid, i->send.cloid, sizeof i->send.cloid) == 0)
			return false;
	return true;
}

/* ---- sizes ---- */

#define LEAST_USD 10	/* that the exchange takes, of any order */

/* Reduce-only lets the exchange cut what is more than it holds; what is less would stay. */
static dec8 exit_size(const struct lane *l, const struct lane_intent *i)
{
	const struct lane_symbol *s = lane_symbol_find(l, i->symbol);
	dec8 left = i->size - i->acked, held = s && s->theirs_known && (s->theirs < 0) == i->buy ? dec8_abs(s->theirs) : 0;

	return i->action == INTENT_CLOSE && held > left ? held : left;
}

bool plan_size(const struct lane *l, const struct lane_intent *i, unsigned sz_decimals, dec8 px, dec8 *size, const char **why)
{
	bool enters = intent_enters(i->action);
	dec8 least = lot_round(dec8_div(DEC8_OF(LEAST_USD), px, DEC8_UP), sz_decimals, DEC8_UP);

	*size = lot_round(enters ? i->size : exit_size(l, i), sz_decimals, enters || i->action == INTENT_REDUCE ? DEC8_DOWN : DEC8_UP);
	if (*size <= 0)
		*why = "less than a lot";
	else if (enters && *size < least)
		*why = "less than 10 USD";
	else
		*why = NULL;
	if (!enters && *size > 0 && *size < least)
		*size = least;
	return !*why;
}

/* ---- results ---- */

/* An exit is tried again; an entry is not: the next bar decides. */
static bool last_try(const struct lane_intent *i)
{
	return intent_enters(i->action) || i->attempts >= PLAN_ATTEMPTS;
}

/* Refusals that another try may not meet. */
static bool passing(const char *code)
{
	return code && (strcmp(code, "ioc") == 0 || strcmp(code, "no_liquidity") == 0 || strcmp(code, "not_sent") == 0
			|| strcmp(code, "oracle") == 0 || strcmp(code, "expired") == 0 || strncmp(code, "http_", 5) == 0);
}

/* By the last send. It may have been raised to the least that the exchange takes, which then cuts it to what it holds. */
static dec8 wanted(const struct lane_intent *i)
{
	return i->size - (i->acked - i->send.acked);
}

struct plan_result plan_ended(const struct lane_intent *i, dec8 filled, bool dead)
{
	if (dead)
		return (struct plan_result){ OUTCOME_dead, last_try(i) };
	if (filled >= i->send.size || (!intent_enters(i->action) && filled >= wanted(i)))
		return (struct plan_result){ OUTCOME_filled, true };
	if (filled > 0)
		return (struct plan_result){ OUTCOME_partial, last_try(i) };
	return (struct plan_result){ OUTCOME_cancelled, last_try(i) };
}

struct plan_result plan_answer(const struct lane_intent *i, enum hl_outcome answer, dec8 filled, const char *code)
{
	bool resting = answer == HL_RESTING || answer == HL_WAITING;

	if (resting && i->limit_px)
		return (struct plan_result){ OUTCOME_resting, false };
	if (answer == HL_FILLED)
		return plan_ended(i, filled, false);
	if (answer == HL_REFUSED)
		return (struct plan_result){ OUTCOME_rejected, last_try(i) || !passing(code) };
	return (struct plan_result){ OUTCOME_unknown, false };
}
