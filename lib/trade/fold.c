/* SPDX-License-Identifier: MIT
 * What each record does to a lane. Every function looks at the whole record before it changes anything. */
#include "trade/fold.h"

#include "hl/action.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- members ---- */

static bool want_number(const char *text, dec8 *v, const char *what, struct errmsg *e)
{
	return (dec8_parse(text, strlen(text), v) && *v >= 0) || errmsg_set(e, "\"%s\" is \"%s\": no decimal from 0", what, text);
}

/* An empty text is 0. */
static bool may_number(const char *text, dec8 *v, const char *what, struct errmsg *e)
{
	*v = 0;
	return !*text || want_number(text, v, what, e);
}

static bool want_copy(char *dst, size_t cap, const char *text, const char *what, struct errmsg *e)
{
	if (strlen(text) >= cap)
		return errmsg_set(e, "\"%s\" has more than %zu bytes", what, cap - 1);
	strcpy(dst, text);
	return true;
}

static bool unknown_word(const char *what, const char *text, struct errmsg *e)
{
	return errmsg_set(e, "\"%s\" is \"%s\", which is none of its words", what, text);
}

static struct lane_intent *want_intent(const struct lane *l, const char *id, const char *what, struct errmsg *e)
{
	struct lane_intent *i = lane_intent_find(l, id);

	if (!i)
		errmsg_set(e, "%s of intent \"%s\", which is not there", what, id);
	return i;
}

/* The begin of a text that may be too long: whole characters of UTF-8. */
static void copy_begin(char_text dst, const char *text)
{
	size_t n = strnlen(text, sizeof (char_text) - 1);

	while (n && ((unsigned char)text[n] & 0xC0) == 0x80)
		n--;
	memcpy(dst, text, n);
	dst[n] = '\0';
}

/* ---- the strategy ---- */

static bool apply_lane(struct lane *l, const struct rec_lane *r, struct errmsg *e)
{
	enum lane_mode mode;
	char account[sizeof l->account], interval[sizeof l->interval];

	if (l->begun)
		return errmsg_set(e, "a second lane begins in this journal");
	if (!lane_mode_parse(r->mode, &mode))
		return unknown_word("mode", r->mode, e);
	if (strcmp(r->network, "mainnet") != 0 && strcmp(r->network, "testnet") != 0)
		return unknown_word("network", r->network, e);
	if (r->lookback > UINT32_MAX)
		return errmsg_set(e, "\"lookback\" is too large");
	if (!want_copy(account, sizeof account, r->account, "account", e) ||
	    !want_copy(interval, sizeof interval, r->interval, "interval", e))
		return false;
	strcpy(l->account, account);
	strcpy(l->interval, interval);
	l->begun = true;
	l->mode = mode;
	l->testnet = strcmp(r->network, "testnet") == 0;
	l->first_ms = r->first_ms;
	l->from_ms = r->from_ms;
	l->lookback = (uint32_t)r->lookback;
	l->balance_usd = r->balance_usd;
	return true;
}

static bool apply_config(struct lane *l, const struct rec_config *r)
{
	if (r->accepted)
		strcpy(l->config_id, r->config_id);
	return true;
}

static bool is_position(const struct rec_mark *r, struct errmsg *e)
{
	dec8 size;

	if (strcmp(r->side, "long") != 0 && strcmp(r->side, "short") != 0 && strcmp(r->side, "flat") != 0)
		return unknown_word("side", r->side, e);
	if (strcmp(r->confidence, "low") != 0 && strcmp(r->confidence, "medium") != 0 && strcmp(r->confidence, "high") != 0)
		return unknown_word("confidence", r->confidence, e);
	if (strcmp(r->last_close_side, "long") != 0 && strcmp(r->last_close_side, "short") != 0)
		return unknown_word("last_close_side", r->last_close_side, e);
	if (!dec8_of_f64(r->size, DEC8_HALF_EVEN, &size) || size < 0 || r->adds_count > UINT32_MAX)
		return errmsg_set(e, "\"size\" or \"adds_count\" is out of range");
	return true;
}

static bool apply_mark(struct lane *l, const struct rec_mark *r, struct errmsg *e)
{
	struct lane_symbol *s;
	struct position before;
	dec8 size;

	if (!is_position(r, e))
		return false;
	s = lane_symbol(l, r->symbol);
	before = s->own.pos;
	size = lane_own_size(s);
	mark_to_state(&s->own, r);
	s->marked = true;
	if (lane_own_size(s) != size)
		s->prior = before;
	return true;
}

/* The marks of the batch say what became of positions. */
static bool apply_adopt(struct lane *l, const struct rec_adopt *r)
{
	struct lane_symbol *s = lane_symbol_find(l, r->symbol);

	l->balance_usd = r->balance_after;
	if (s)
		s->heal = false;
	return true;
}

static bool apply_step_commit(struct lane *l, const struct rec_step_commit *r, struct errmsg *e)
{
	if (!l->begun)
		return errmsg_set(e, "a step before the lane began");
	if (r->t_ms <= l->step_ms)
		return errmsg_set(e, "step %" PRId64 " does not come after the last one, %" PRId64, r->t_ms, l->step_ms);
	if (r->seen > l->seq)
		return errmsg_set(e, "step %" PRId64 " has seen record %" PRIu64 ", which comes behind it", r->t_ms, r->seen);
	l->step_ms = r->t_ms;
	l->prev_step_seq = l->step_seq;
	l->step_seq = r->seen ? r->seen : l->seq;
	l->balance_usd = r->balance_usd;
	lane_prune(l);
	return true;
}

/* ---- intents ---- */

static bool read_intent(struct lane_intent *i, const struct rec_intent *r, struct errmsg *e)
{
	if (strlen(r->id) != INTENT_ID - 1 || strspn(r->id, "0123456789abcdef") != INTENT_ID - 1)
		return errmsg_set(e, "\"id\" is \"%s\": not 32 hexadecimal digits", r->id);
	if (!intent_action_parse(r->action, &i->action))
		return unknown_word("action", r->action, e);
	if (strcmp(r->side, "buy") != 0 && strcmp(r->side, "sell") != 0)
		return unknown_word("side", r->side, e);
	if (!want_number(r->size, &i->size, "size", e) || !may_number(r->limit_px, &i->limit_px, "limit_px", e) ||
	    !want_copy(i->confidence, sizeof i->confidence, r->confidence, "confidence", e) ||
	    !want_copy(i->reason_code, sizeof i->reason_code, r->reason_code, "reason_code", e) ||
	    !want_copy(i->op, sizeof i->op, r->op, "op", e))
		return false;
	if (r->place > UINT32_MAX)
		return errmsg_set(e, "\"place\" is too large");
	strcpy(i->id, r->id);
	strcpy(i->symbol, r->symbol);
	strcpy(i->reason, r->reason);
	i->buy = strcmp(r->side, "buy") == 0;
	i->reduce_only = r->reduce_only;
	i->ref_px = r->ref_px;
	i->notional_usd = r->notional_usd;
	i->cash_usd = r->cash_usd;
	i->leverage = r->leverage;
	i->entry_atr = r->entry_atr;
	i->adx_threshold = r->adx_threshold;
	i->t_ms = r->t_ms;
	i->valid_until_ms = r->valid_until_ms;
	i->place = (uint32_t)r->place;
	return true;
}

static bool apply_intent(struct lane *l, const struct rec_intent *r, struct errmsg *e)
{
	struct lane_intent i = { .seq = l->seq, .created_ms = l->ts_ms };

	if (!read_intent(&i, r, e))
		return false;
	if (!l->begun)
		return errmsg_set(e, "intent %s before the lane began", i.id);
	if (lane_intent_find(l, i.id))
		return errmsg_set(e, "intent %s a second time", i.id);
	if (!*i.op && i.t_ms <= l->step_ms)
		return errmsg_set(e, "intent %s of step %" PRId64 ", which has been committed", i.id, i.t_ms);
	l->intent = lane_room(l->intent, l->n_intents, &l->cap_intents, sizeof *l->intent);
	l->intent[l->n_intents++] = i;
	l->intents_ever++;
	return true;
}

static bool apply_verdict(struct lane *l, const struct rec_verdict *r, struct errmsg *e)
{
	struct lane_intent *i = want_intent(l, r->intent, "verdict", e);

	if (!i || !want_copy(i->cause, sizeof i->cause, r->cause, "cause", e))
		return false;
	i->judged = true;
	i->judged_ms = l->ts_ms;
	i->allowed = r->allow;
	return true;
}

static void note_sent(struct lane *l, const struct lane_intent *i)
{
	struct lane_sent *s = &l->sent[l->n_sent++ % LANE_RING];

	*s = (struct lane_sent){ .ms = l->ts_ms, .entry = intent_enters(i->action), .notional_usd = i->notional_usd };
	strcpy(s->symbol, i->symbol);
}

/* A leverage, a cancellation, a fence. */
static bool apply_other_send(struct lane *l, const struct rec_send *r)
{
	if (strcmp(r->kind, "cancel") == 0)
		l->cancel_ms[l->n_cancels++ % LANE_RING] = l->ts_ms;
	if (r->nonce > l->nonce)
		l->nonce = r->nonce;
	return true;
}

static bool may_send(const struct lane *l, const struct lane_intent *i, const struct rec_send *r, struct errmsg *e)
{
	if (!*i->op && i->t_ms > l->step_ms)
		return errmsg_set(e, "send of intent %s before its step was committed", i->id);
	if (i->over)
		return errmsg_set(e, "send of intent %s, which has ended", i->id);
	if (lane_unresolved(l, i->symbol))
		return errmsg_set(e, "send of intent %s while an order of %s is unresolved", i->id, i->symbol);
	if (lane_rests(i))
		return errmsg_set(e, "send of intent %s, whose order rests", i->id);
	if (r->attempt != i->attempts)
		return errmsg_set(e, "send of intent %s with attempt %" PRIu64 " where %u is due", i->id, r->attempt, i->attempts);
	if (r->nonce <= l->nonce)
		return errmsg_set(e, "send of intent %s with nonce %" PRIu64 ", which is not above the last one, %" PRIu64, i->id, r->nonce,
				  l->nonce);
	return true;
}

static bool apply_send(struct lane *l, const struct rec_send *r, struct errmsg *e)
{
	struct lane_send s = { .attempt = (unsigned)r->attempt, .nonce = r->nonce, .seq = l->seq, .sent_ms = l->ts_ms,
			       .expires_ms = r->expires_ms, .mid_px = r->mid_px };
	struct lane_intent *i;

	if (strcmp(r->kind, "order") != 0)
		return apply_other_send(l, r);
	if (!(i = want_intent(l, r->intent, "send", e)) || !may_send(l, i, r, e) || !want_number(r->size, &s.size, "size", e) ||
	    !want_number(r->limit_px, &s.limit_px, "limit_px", e))
		return false;
	if (!cloid_parse(r->cloid, strlen(r->cloid), s.cloid))
		return errmsg_set(e, "\"cloid\" is \"%s\": not a client order id", r->cloid);
	s.body = xstrdup(r->body);
	i->send = s;
	i->attempts++;
	i->in_flight = true;
	i->outcome = OUTCOME_unknown;
	l->nonce = r->nonce;
	note_sent(l, i);
	return true;
}

/* ---- cancellations ---- */

static bool apply_cancel(struct lane *l, const struct rec_cancel *r, struct errmsg *e)
{
	struct lane_cancel c = { .asked_ms = l->ts_ms };

	if (!want_copy(c.op, sizeof c.op, r->op, "op", e) || !want_copy(c.symbol, sizeof c.symbol, r->symbol, "symbol", e) ||
	    !want_copy(c.oid, sizeof c.oid, r->oid, "oid", e))
		return false;
	if (lane_asked(l, c.op))
		return errmsg_set(e, "action %s asks for a second cancellation", c.op);
	l->asked = lane_room(l->asked, l->n_asked, &l->cap_asked, sizeof *l->asked);
	l->asked[l->n_asked++] = c;
	return true;
}

static void cancel_done(struct lane *l, const char *op)
{
	const struct lane_cancel *c = lane_asked(l, op);
	uint32_t at;

	if (!c)
		return;
	at = (uint32_t)(c - l->asked);
	memmove(&l->asked[at], &l->asked[at + 1], (--l->n_asked - at) * sizeof *c);
}

static bool may_come_out(const struct lane_intent *i, const struct rec_outcome *r, enum outcome o, struct errmsg *e)
{
	if (i->over)
		return errmsg_set(e, "outcome of intent %s, which has ended", i->id);
	if (r->over && !outcome_over(o))
		return errmsg_set(e, "outcome \"%s\" cannot end intent %s", r->outcome, i->id);
	if (!r->nonce && i->in_flight)
		return errmsg_set(e, "outcome without a nonce of intent %s, whose order is unresolved", i->id);
	if (r->nonce && (!i->attempts || r->nonce != i->send.nonce || r->attempt != i->send.attempt))
		return errmsg_set(e, "outcome of attempt %" PRIu64 " with nonce %" PRIu64 " of intent %s: it is not what was sent last",
				  r->attempt, r->nonce, i->id);
	return true;
}

/* Of what was sent last. */
static void take_answer(struct lane_intent *i, enum outcome o, dec8 filled)
{
	i->acked += filled - i->send.acked;
	i->send.acked = filled;
	i->in_flight = o != OUTCOME_resting && !outcome_over(o);
	if (o == OUTCOME_unknown)
		return;
	free(i->send.body);
	i->send.body = NULL;
}

static bool apply_outcome(struct lane *l, const struct rec_outcome *r, struct errmsg *e)
{
	struct lane_intent *i;
	char oid[sizeof i->oid];
	enum outcome o;
	dec8 filled;

	if (strcmp(r->kind, "cancel") == 0 && r->over)
		cancel_done(l, r->intent);
	if (!*r->intent || strcmp(r->kind, "order") != 0)
		return true;	/* a leverage, a cancellation, a fence: its sender asks again or sends another */
	if (!outcome_parse(r->outcome, &o))
		return unknown_word("outcome", r->outcome, e);
	if (!(i = want_intent(l, r->intent, "outcome", e)) || !may_come_out(i, r, o, e) || !may_number(r->filled, &filled, "filled", e) ||
	    !want_copy(oid, sizeof oid, r->oid, "oid", e))
		return false;
	if (r->nonce)
		take_answer(i, o, filled);
	if (*oid)
		strcpy(i->oid, oid);
	copy_begin(i->error, r->error);
	i->outcome = o;
	i->over = r->over;
	i->over_seq = r->over ? l->seq : 0;
	return true;
}

/* ---- ledger and risk ---- */

static bool apply_cursor(struct lane *l, const struct rec_cursor *r)
{
	int64_t *to = strcmp(r->what, "fills") == 0 ? &l->fills_to_ms : strcmp(r->what, "funding") == 0 ? &l->funding_to_ms : NULL;

	if (to && r->to_ms > *to)
		*to = r->to_ms;
	return true;
}

static bool apply_heal(struct lane *l, const struct rec_heal *r, struct errmsg *e)
{
	struct lane_symbol *s;
	dec8 size;

	if (!dec8_parse(r->size, strlen(r->size), &size))
		return errmsg_set(e, "\"size\" is \"%s\": no decimal", r->size);
	if (strcmp(r->how, "ignore") == 0)
		return true;
	s = lane_symbol(l, r->symbol);
	s->heal = true;
	s->heal_size = size;
	s->heal_entry_px = r->entry_px;
	return true;
}

static void forget_exits(struct lane *l)
{
	l->n_exits = 0;
	for (uint32_t i = 0; i < l->n_intents; i++)
		l->intent[i].exit_no = 0;
}

static void forget_measure(struct lane *l, enum kill_cause c)
{
	if (c == KILL_drawdown)
		l->n_peaks = 0;
	else if (c == KILL_daily_loss)
		l->day_pnl_usd = l->day_fee_usd = l->day_entry_fee_usd = 0;
	else if (c == KILL_slippage)
		l->n_slip = 0;
	else if (c == KILL_performance)
		forget_exits(l);
}

static bool apply_kill_level(struct lane *l, const struct rec_kill_level *r, struct errmsg *e)
{
	enum kill_level level;
	enum kill_cause c;
	struct lane_kill *k;

	if (!kill_cause_parse(r->cause, &c))
		return unknown_word("cause", r->cause, e);
	if (!kill_level_parse(r->level, &level))
		return unknown_word("level", r->level, e);
	k = &l->kill[c];
	if (level != KILL_OFF && level < k->level)
		return true;	/* a level rises, until it is taken away */
	if (level != k->level)
		k->since_ms = l->ts_ms;
	if (level == KILL_OFF)
		forget_measure(l, c);
	k->level = level;
	copy_begin(k->why, r->why);
	return true;
}

static bool apply_armed(struct lane *l, const struct rec_armed *r)
{
	l->armed = r->armed;
	copy_begin(l->armed_why, r->why);
	return true;
}

/* ---- any ---- */

static bool apply(struct lane *l, const struct record *r, struct errmsg *e)
{
	switch ((int)r->type) {
	case REC_lane: return apply_lane(l, &r->u.lane, e);
	case REC_config: return apply_config(l, &r->u.config);
	case REC_mark: return apply_mark(l, &r->u.mark, e);
	case REC_adopt: return apply_adopt(l, &r->u.adopt);
	case REC_step_commit: return apply_step_commit(l, &r->u.step_commit, e);
	case REC_intent: return apply_intent(l, &r->u.intent, e);
	case REC_cancel: return apply_cancel(l, &r->u.cancel, e);
	case REC_verdict: return apply_verdict(l, &r->u.verdict, e);
	case REC_send: return apply_send(l, &r->u.send, e);
	case REC_outcome: return apply_outcome(l, &r->u.outcome, e);
	case REC_fill: return fold_fill(l, &r->u.fill, e);
	case REC_positions: return fold_positions(l, &r->u.positions, e);
	case REC_position: return fold_position(l, &r->u.position, e);
	case REC_open_orders: return fold_open_orders(l, &r->u.open_orders, e);
	case REC_order: return fold_order(l, &r->u.order, e);
	case REC_account: return fold_account(l, &r->u.account);
	case REC_cursor: return apply_cursor(l, &r->u.cursor);
	case REC_heal: return apply_heal(l, &r->u.heal, e);
	case REC_kill_level: return apply_kill_level(l, &r->u.kill_level, e);
	case REC_armed: return apply_armed(l, &r->u.armed);
	default: return true;
	}
}

bool lane_apply(struct lane *l, const struct record *r, uint64_t seq, int64_t ts_ms, struct errmsg *e)
{
	int64_t before_ms = l->ts_ms;
	enum record_type awaited = l->awaits_orders ? REC_order : REC_position;

	l->seq = seq;
	if (l->awaited && r->type != awaited)
		return errmsg_set(e, "\"%s\" records are missing: %" PRIu32, record_descs[awaited].name, l->awaited);
	l->ts_ms = ts_ms;
	if (apply(l, r, e))
		return true;
	l->ts_ms = before_ms;
	return false;
}
