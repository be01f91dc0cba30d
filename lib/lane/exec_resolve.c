/* SPDX-License-Identifier: MIT
 * What became of an order without an answer (docs/lane.md "Sending", 6): its status, a fence on its nonce, its fills, its expiry. */
#include "lane/exec_session.h"

#include "base/clock.h"
#include "hl/action.h"
#include "hl/status.h"
#include "hl/weight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
enum { AGAIN_MS = 500, ALARM_MS = 30000, APART_MS = 10000, EXPIRED_MS = 2000, FILLS_BACK_MS = 5000 };

static void ask(void *work);

static const struct lane_intent *intent_of(const struct work *w)
{
	return lane_intent_find(&w->x->f.lane, w->intent);
}

void exec_resolve(struct work *w, int64_t in_ms)
{
	if (w->since_ns == 0)
		w->since_ns = clock_mono_ns();
	loop_after(w->x->loop, &w->timer, in_ms, ask, w);
}

static void conclude(struct work *w, struct plan_result r, dec8 filled, const char *oid, const char *evidence, const char *error)
{
	const struct lane_intent *i = intent_of(w);

	exec_outcome(w->x, i, &(struct outcome_of){ .r = r, .nonce = i->send.nonce, .attempt = i->send.attempt, .filled = filled, .oid = oid,
						    .evidence = evidence, .error = error });
	exec_work_done(w);
}

static void alarm_once(struct work *w)
{
	struct rec_alarm rec = { .t_ms = clock_ms() };

	if (w->alarmed || clock_mono_ns() - w->since_ns < ALARM_MS * MS)
		return;
	w->alarmed = true;
	strcpy(rec.what, "unresolved");
	strcpy(rec.level, "error");
	strcpy(rec.symbol, w->symbol);
	snprintf(rec.text, sizeof rec.text, "what became of order %s is not known", w->intent);
	exec_put(w->x, REC_alarm, &rec, JOURNAL_KEPT);
}

/* Within the address's weight: else a little later, from the start. */
static bool weighed(struct work *w, unsigned weight)
{
	int64_t wait_ms = exec_weigh(w, weight);

	if (wait_ms > 0)
		exec_resolve(w, wait_ms < AGAIN_MS ? wait_ms : AGAIN_MS);
	return wait_ms <= 0;
}

static void post(struct work *w, const struct buf *body, unsigned weight, http_done *done)
{
	if (weighed(w, weight))
		http_post(w->x->http, w->x->info_url, body->data, body->len, done, w);
}

/* ---- (b) the fence ---- */

static void fence_answered(void *arg, const struct http_answer *a)
{
	struct work *w = arg;
	struct rec_ack got;
	enum hl_outcome o = exec_answer(a, 1, &got);

	exec_settle(w, a);
	if (o == HL_OK) {
		conclude(w, plan_ended(intent_of(w), 0, true), 0, NULL, "fence", "");
		return;
	}
	if (o == HL_REFUSED && strncmp(got.code, "nonce_", 6) == 0)
		w->nonce_used = true;	/* the order was processed: it must show */
	exec_resolve(w, AGAIN_MS);
}

/* An action that does nothing takes the order's nonce: once it is taken, the order never can be. */
static void fence(struct work *w)
{
	struct rec_send s = { .nonce = intent_of(w)->send.nonce };
	struct buf action = BUF_INIT;

	if (!weighed(w, hl_weight_action(1)))
		return;
	strcpy(s.kind, "noop");
	action_write_noop(&action);
	exec_launch(w, &s, &action, fence_answered);
	buf_release(&action);
}

/* ---- nothing is known of it ---- */

/* It rests, as was known: what is looked at is whether it still does. */
static bool still_rests(struct work *w)
{
	if (!lane_rests(intent_of(w)))
		return false;
	exec_work_done(w);
	return true;
}

/* (c): it can no longer be taken, and was not, by two looks at a distance. */
static bool expired(const struct work *w)
{
	const struct lane_send *s = &intent_of(w)->send;

	return s->expires_ms && clock_ms() > s->expires_ms + EXPIRED_MS && w->noes >= 2 && clock_mono_ns() - w->first_no_ns > APART_MS * MS;
}

static void know_nothing(struct work *w)
{
	if (still_rests(w))	/* that one answer does not know it proves nothing: the next list of open orders asks again */
		return;
	if (w->noes++ == 0)
		w->first_no_ns = clock_mono_ns();
	if (expired(w)) {
		conclude(w, plan_ended(intent_of(w), 0, true), 0, NULL, "expiry", "");
		return;
	}
	if (w->nonce_used) {
		w->ask_fills = !w->ask_fills;
		exec_resolve(w, AGAIN_MS);
		return;
	}
	fence(w);
}

/* ---- (a) status and fills ---- */

struct found { const char *cloid; bool any; struct rec_order order; dec8 filled; char oid[24]; };

static void keep_order(void *arg, const struct record *r)
{
	struct found *f = arg;

	if (r->type != REC_order || strcmp(r->u.order.cloid, f->cloid) != 0)
		return;
	f->any = true;
	f->order = r->u.order;
}

static void keep_fill(void *arg, const struct record *r)
{
	struct found *f = arg;
	dec8 sz;

	if (r->type != REC_fill || strcmp(r->u.fill.cloid, f->cloid) != 0 || !dec8_of_f64(r->u.fill.sz, DEC8_HALF_EVEN, &sz))
		return;
	f->any = true;
	f->filled += sz;
	snprintf(f->oid, sizeof f->oid, "%.23s", r->u.fill.oid);
}

static bool read_info(const char *type, const struct http_answer *a, hl_record_fn *fn, struct found *f)
{
	struct errmsg e;

	if (a->outcome != HTTP_ANSWERED || a->status != 200)
		return false;
	if (hl_info_read(type, a->body, a->len, clock_ms(), fn, f, NULL, &e))
		return true;
	warn("%s: the exchange's answer is wrong: %s", type, e.text);
	return false;
}

static void take_status(struct work *w, const struct rec_order *o)
{
	const struct lane_intent *i = intent_of(w);
	dec8 open, all;

	if (!dec8_of_f64(o->sz, DEC8_HALF_EVEN, &open) || !dec8_of_f64(o->orig_sz, DEC8_HALF_EVEN, &all)) {
		know_nothing(w);
		return;
	}
	switch (hl_status_life(o->status)) {
	case HL_LIFE_FILLED:
		conclude(w, plan_ended(i, i->send.size, false), i->send.size, o->oid, "status", "");
		break;
	case HL_LIFE_CANCELLED:
		conclude(w, plan_ended(i, all - open, false), all - open, o->oid, "status", o->status);
		break;
	case HL_LIFE_REJECTED:
		conclude(w, plan_answer(i, HL_REFUSED, 0, strcmp(o->status, "iocCancelRejected") == 0 ? "ioc" : NULL), 0, o->oid, "status",
			 o->status);
		break;
	case HL_LIFE_ALIVE:
		if (still_rests(w))
			break;
		if (i->limit_px)
			conclude(w, (struct plan_result){ OUTCOME_resting, false }, all - open, o->oid, "status", "");
		else
			exec_resolve(w, AGAIN_MS);
		break;
	default:
		exec_resolve(w, AGAIN_MS);
	}
}

static void status_answered(void *arg, const struct http_answer *a)
{
	struct work *w = arg;
	char cloid[CLOID_TEXT];
	struct found f = { .cloid = cloid };

	exec_settle(w, a);
	cloid_put(cloid, intent_of(w)->send.cloid);
	if (!read_info("orderStatus", a, keep_order, &f))
		exec_resolve(w, AGAIN_MS);
	else if (f.any)
		take_status(w, &f.order);
	else
		know_nothing(w);
}

static void fills_answered(void *arg, const struct http_answer *a)
{
	struct work *w = arg;
	char cloid[CLOID_TEXT];
	struct found f = { .cloid = cloid };

	exec_settle(w, a);
	cloid_put(cloid, intent_of(w)->send.cloid);
	if (!read_info("userFillsByTime", a, keep_fill, &f))
		exec_resolve(w, AGAIN_MS);
	else if (f.any)
		conclude(w, plan_ended(intent_of(w), f.filled, false), f.filled, f.oid, "fills", "");
	else
		know_nothing(w);
}

static void ask(void *work)
{
	struct work *w = work;
	const struct lane_intent *i;
	struct buf body = BUF_INIT;
	char cloid[CLOID_TEXT];

	alarm_once(w);
	i = intent_of(w);
	cloid_put(cloid, i->send.cloid);
	if (w->ask_fills) {
		hl_info_user_span(&body, "userFillsByTime", w->x->f.lane.account, i->send.sent_ms - FILLS_BACK_MS, -1);
		post(w, &body, hl_weight_info("userFillsByTime"), fills_answered);
	} else {
		hl_info_order(&body, w->x->f.lane.account, cloid);
		post(w, &body, hl_weight_info("orderStatus"), status_answered);
	}
	buf_release(&body);
}
