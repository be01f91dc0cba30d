/* SPDX-License-Identifier: MIT
 * Intents of an operator's actions, and what became of them. */
#include "lane/hand.h"

#include "base/clock.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

dec8 hand_held(const struct lane *l, const struct lane_symbol *s)
{
	return l->mode == LANE_DRY_LIVE || !s->theirs_known ? lane_own_size(s) : s->theirs;
}

void hand_intent(struct rec_intent *i, const char *op, const char *symbol, enum intent_action action, bool buy, dec8 size, double ref_px,
		     int64_t t_ms)
{
	*i = (struct rec_intent){ .t_ms = t_ms, .reduce_only = !intent_enters(action), .ref_px = ref_px, .notional_usd = dec8_f64(size) * ref_px };
	intent_id_op(i->id, op, symbol, action);
	strcpy(i->op, op);
	strcpy(i->symbol, symbol);
	strcpy(i->action, intent_action_name(action));
	strcpy(i->side, buy ? "buy" : "sell");
	*dec8_put(i->size, size) = '\0';
	strcpy(i->confidence, "low");
	strcpy(i->reason_code, "manual_trade");
}

int hand_each(const char *dir, enum record_type type, void (*fn)(void *arg, const struct record *r), void *arg, struct errmsg *e)
{
	const char *name = record_descs[type].name;
	size_t len = strlen(name);
	struct journal_reader *reader;
	struct journal_record j;
	struct record r;
	int rc = journal_read(&reader, dir, 0, e);

	if (rc != EX_OK)
		return rc;
	while ((rc = journal_next(reader, &j, e)) == EX_OK) {
		if (j.type_len != len || memcmp(j.type, name, len) != 0)
			continue;
		if (!record_parse(&r, j.line, j.len, e)) {
			rc = EX_DATA;
			break;
		}
		fn(arg, &r);
	}
	journal_reader_free(reader);
	return rc == EX_IDLE ? EX_OK : rc;
}

/* ---- what became of them ---- */

/* An intent that has been forgotten has ended. One that rests is where it was sent to. */
static bool all_over(const struct lane *l, const char *op)
{
	for (uint32_t k = 0; k < l->n_intents; k++)
		if (strcmp(l->intent[k].op, op) == 0 && !lane_done(&l->intent[k]))
			return false;
	return !lane_asked(l, op);
}

static bool is_well(const struct lane_intent *i)
{
	enum intent_status s = lane_intent_status(i);

	return s == INTENT_STATUS_FILLED || s == INTENT_STATUS_WOULD || lane_rests(i);
}

static void put_row(struct out *o, const struct lane_intent *i)
{
	char line[512], size[DEC8_TEXT], got[DEC8_TEXT];
	int n;

	*dec8_put(size, i->size) = '\0';
	*dec8_put(got, i->acked > i->filled ? i->acked : i->filled) = '\0';
	n = snprintf(line, sizeof line, "%-12s %-6s %-4s %14s %14s  %-17s %s\n", i->symbol, intent_action_name(i->action),
		     i->buy ? "buy" : "sell", size, got, intent_status_name(lane_intent_status(i)), *i->error ? i->error : i->judged && !i->allowed ? i->cause : "");
	out_add(o, line, n < (int)sizeof line ? (size_t)n : sizeof line - 1);
}

/* What became of the cancellation that the action asked for, if it asked for one. */
struct taken_back { const char *op; struct rec_outcome is; };

static void look_at_outcome(void *arg, const struct record *r)
{
	struct taken_back *t = arg;

	if (strcmp(r->u.outcome.kind, "cancel") == 0 && strcmp(r->u.outcome.intent, t->op) == 0)
		t->is = r->u.outcome;
}

static bool put_taken_back(struct out *o, const char *dir, const char *op, bool *well, struct errmsg *e)
{
	struct taken_back t = { .op = op, .is.over = false };
	char line[256];
	int n;

	if (hand_each(dir, REC_outcome, look_at_outcome, &t, e) != EX_OK)
		return false;
	if (!t.is.over)
		return true;
	n = snprintf(line, sizeof line, "%-12s %-6s %-4s %14s %14s  %-17s %.99s\n", "orders", "CANCEL", "", "", "", t.is.outcome, t.is.error);
	out_add(o, line, (size_t)n);
	*well &= strcmp(t.is.outcome, "done") == 0 || strcmp(t.is.outcome, "would") == 0;
	return true;
}

/* well: whether all are. */
static bool put_table(struct out *o, const struct lane *l, const char *dir, const char *op, bool *well, struct errmsg *e)
{
	static const char head[] = "symbol       action side           size         filled  status            why\n";

	*well = true;
	out_add(o, head, sizeof head - 1);
	for (uint32_t k = 0; k < l->n_intents; k++)
		if (strcmp(l->intent[k].op, op) == 0) {
			put_row(o, &l->intent[k]);
			*well &= is_well(&l->intent[k]);
		}
	return put_taken_back(o, dir, op, well, e);
}

int hand_wait(struct follow *f, const char *dir, const char *op, int64_t wait_ms, struct out *o, struct errmsg *e)
{
	int64_t until_ns = clock_mono_ns() + wait_ms * 1000000, left_ns;
	struct pollfd p = { .fd = f->watch_fd, .events = POLLIN };
	bool well;
	int rc;

	while ((rc = follow_catch_up(f, e)) == EX_OK && !all_over(&f->lane, op) && !stream_stop && (left_ns = until_ns - clock_mono_ns()) > 0)
		poll(&p, 1, left_ns < 1000000000 ? (int)(left_ns / 1000000) + 1 : 1000);
	if (rc != EX_OK)
		return rc;
	if (!put_table(o, &f->lane, dir, op, &well, e))
		return EX_DATA;
	if (all_over(&f->lane, op) && well)
		return EX_OK;
	if (all_over(&f->lane, op)) {
		errmsg_set(e, "not all was done");
		return EX_NO;
	}
	errmsg_set(e, "orders have not ended after %g s: are ocq-risk and ocq-exec running?", (double)wait_ms / 1000);
	return EX_RETRY;
}
