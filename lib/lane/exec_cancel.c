/* SPDX-License-Identifier: MIT
 * Orders taken from the book (docs/lane.md "Taking back"): what an operator asks for, whoever sent it, by the exchange's own list; and what of the
 * lane's own rests and may not any more. */
#include "lane/exec_session.h"

#include "base/clock.h"
#include "hl/action.h"
#include "hl/info.h"
#include "hl/weight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 20, TRIES = 5, AGAIN_MS = 500, MINUTE_MS = 60000 };	/* MANY in one action: its bytes go into a record */

/* As many as are allowed in a minute, whatever asks for them. */
static bool within_rate(const struct exec *x)
{
	return lane_cancels_since(&x->f.lane, clock_ms() - MINUTE_MS) < x->max_cancels_per_min;
}

/* ---- what an operator asks for ---- */

static void ask(void *work);

static void again(struct work *w, int64_t in_ms)
{
	loop_after(w->x->loop, &w->timer, in_ms, ask, w);
}

static void end(struct exec *x, const char *op, enum outcome is, const char *evidence, const char *error)
{
	struct rec_outcome rec = { .over = true };

	strcpy(rec.intent, op);
	strcpy(rec.kind, "cancel");
	strcpy(rec.outcome, outcome_name(is));
	strcpy(rec.evidence, evidence);
	strcpy(rec.filled, "0");
	snprintf(rec.error, sizeof rec.error, "%s", error);
	exec_put(x, REC_outcome, &rec, JOURNAL_KEPT | JOURNAL_MUST);
}

static void done(struct work *w, enum outcome is, const char *evidence, const char *error)
{
	end(w->x, w->intent, is, evidence, error);
	exec_work_done(w);
}

/* Orders of the list that are asked for: the first MANY, and how many. */
struct found { const struct exec *x; const struct lane_cancel *asked; struct hl_cancel at[MANY]; unsigned n, strangers; };

static void keep(void *arg, const struct record *r)
{
	struct found *f = arg;
	const struct venue_market *m;

	if (r->type != REC_order || (*f->asked->symbol && strcmp(f->asked->symbol, r->u.order.symbol) != 0) ||
	    (*f->asked->oid && strcmp(f->asked->oid, r->u.order.oid) != 0))
		return;
	m = rules_find(&f->x->venue, r->u.order.symbol);
	if (!m)
		f->strangers++;
	else if (f->n < MANY)
		f->at[f->n++] = (struct hl_cancel){ m->id, strtoull(r->u.order.oid, NULL, 10) };
}

/* What is still there is seen in the next list; an answer that says otherwise, or none, changes nothing. */
static void cancelled(void *arg, const struct http_answer *a)
{
	struct work *w = arg;
	struct rec_ack got;

	exec_settle(w, a);
	if (exec_answer(a, w->many, &got) == HL_REFUSED)
		warn("a cancellation was refused: %s", got.error);
	again(w, AGAIN_MS);
}

static void take_from_book(struct work *w, const struct found *f)
{
	struct rec_send s = exec_new_send(w->x, "cancel", f->asked->symbol);
	struct buf action = BUF_INIT;

	w->tries++;
	w->many = f->n;
	action_write_cancels(&action, f->at, f->n);
	exec_launch(w, &s, &action, cancelled);
	buf_release(&action);
}

static void take_list(struct work *w, const struct found *f)
{
	int64_t wait_ms;

	if (f->n == 0 && f->strangers)
		done(w, OUTCOME_rejected, "local", "an order of a symbol that the markets do not have");
	else if (f->n == 0)
		done(w, OUTCOME_done, "status", "");
	else if (w->tries == TRIES)
		done(w, OUTCOME_rejected, "status", "still in the book after 5 cancellations");
	else if (!within_rate(w->x))
		again(w, AGAIN_MS);
	else if ((wait_ms = exec_weigh(w, hl_weight_action(f->n))) > 0)
		again(w, wait_ms < AGAIN_MS ? wait_ms : AGAIN_MS);
	else
		take_from_book(w, f);
}

static void listed(void *arg, const struct http_answer *a)
{
	struct work *w = arg;
	struct found f = { .x = w->x, .asked = lane_asked(&w->x->f.lane, w->intent) };
	struct errmsg e = { .text = "" };

	exec_settle(w, a);
	if (a->outcome == HTTP_ANSWERED && a->status == 200 && hl_info_read("frontendOpenOrders", a->body, a->len, clock_ms(), keep, &f, NULL, &e)) {
		take_list(w, &f);
		return;
	}
	if (*e.text)
		warn("frontendOpenOrders: the exchange's answer is wrong: %s", e.text);
	again(w, AGAIN_MS);
}

static void ask(void *work)
{
	struct work *w = work;
	struct buf body = BUF_INIT;
	int64_t wait_ms = exec_weigh(w, hl_weight_info("frontendOpenOrders"));

	if (wait_ms > 0) {
		again(w, wait_ms < AGAIN_MS ? wait_ms : AGAIN_MS);
		return;
	}
	hl_info_user(&body, "frontendOpenOrders", w->x->f.lane.account);
	http_post(w->x->http, w->x->info_url, body.data, body.len, listed, w);
	buf_release(&body);
}

/* A cancellation makes nothing larger: no kill level stops it. What keeps everything from leaving does. */
void exec_cancel_asked(struct exec *x, const struct plan_gates *g)
{
	const struct lane *l = &x->f.lane;

	while (l->n_asked && !exec_work_of(x, "")) {
		if (g->hard_kill)
			end(x, l->asked[0].op, OUTCOME_blocked, "local", "AI_QUANT_HARD_KILL_SWITCH");
		else if (x->dry || g->not_armed)
			end(x, l->asked[0].op, OUTCOME_would, "local", x->dry ? "dry" : g->not_armed);
		else
			again(exec_work(x, l->asked[0].op, ""), 0);
	}
}

/* ---- what rests ---- */

static void taken_back(void *arg, const struct http_answer *a)
{
	struct work *w = arg;

	exec_settle(w, a);
	exec_resolve(w, AGAIN_MS);	/* its status says what became of it, whatever the answer was */
}

static void take_back(struct exec *x, const struct lane_intent *i)
{
	const struct venue_market *m = rules_find(&x->venue, i->symbol);
	struct hl_cancel_cloid c;
	struct buf action = BUF_INIT;
	struct rec_send s;
	struct work *w;

	if (!m || !within_rate(x))
		return;
	w = exec_work(x, i->id, i->symbol);
	if (exec_weigh(w, hl_weight_action(1)) > 0) {
		exec_work_drop(w);
		return;
	}
	s = exec_new_send(x, "cancel", i->symbol);
	c.asset = m->id;
	memcpy(c.cloid, i->send.cloid, sizeof c.cloid);
	action_write_cancels_cloid(&action, &c, 1);
	exec_launch(w, &s, &action, taken_back);
	buf_release(&action);
}

void exec_tend_resting(struct exec *x, const struct plan_gates *g)
{
	const struct lane *l = &x->f.lane;
	bool may_leave = !g->hard_kill && !g->not_armed;
	uint32_t k;

	for (k = 0; k < l->n_intents; k++) {
		const struct lane_intent *i = &l->intent[k];

		if (!lane_rests(i) || exec_work_of(x, i->symbol))
			continue;
		if (may_leave && plan_take_back(l, i, g->now_ms, x->o->stale_ms))
			take_back(x, i);
		else if (l->orders_ms != x->orders_ms && plan_unlisted(l, i))
			exec_resolve(exec_work(x, i->id, i->symbol), 0);
	}
	x->orders_ms = l->orders_ms;
}
