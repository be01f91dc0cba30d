/* SPDX-License-Identifier: MIT
 * An order made, signed, journaled, posted, answered. */
#include "lane/exec_session.h"

#include "base/clock.h"
#include "hl/nonce.h"
#include "hl/weight.h"
#include "sign/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { MID_MS = 10000, RETRY_MS = 1000, LOOK_MS = 200 };	/* an older middle says nothing */

/* ---- signing ---- */

/* One that was killed may be started again; any other has said why it does not sign. */
_Noreturn static void signer_left(struct exec *x)
{
	int status = coproc_end(&x->signer);

	if (WIFSIGNALED(status))
		die(EX_RETRY, "the signer was ended by signal %d", WTERMSIG(status));
	die(EX_DENIED, "the signer has left, with status %d", WEXITSTATUS(status));
}

static void sign(struct exec *x, const struct buf *action, uint64_t nonce, int64_t expires_ms, struct buf *body)
{
	struct signing s = { .network = x->f.lane.testnet ? HL_TESTNET : HL_MAINNET, .nonce = nonce, .has_expires = expires_ms != 0,
			     .expires_ms = (uint64_t)expires_ms };

	signing_reckon(&s, action->data, action->len);
	signing_ask(&s, "ocq-exec", &x->signer);
	if (!signing_take(&s, &x->signer, x->out, body))
		signer_left(x);
	buf_release(&s.canonical);
}

/* ---- posting ---- */

int64_t exec_weigh(struct work *w, unsigned weight)
{
	w->weight = weight;
	return budget_take(w->x->budget, weight, BUDGET_ORDER, &w->ticket);
}

void exec_settle(struct work *w, const struct http_answer *a)
{
	if (a->status == 429)
		budget_refused(w->x->budget, a->retry_after_s);
	budget_settle(w->x->budget, w->ticket, a->outcome == HTTP_NOT_SENT || a->status == 429 ? 0 : w->weight);
}

static void keep_ack(void *arg, const struct record *r)
{
	*(struct rec_ack *)arg = r->u.ack;
}

enum hl_outcome exec_answer(const struct http_answer *a, unsigned n, struct rec_ack *to)
{
	if (a->outcome == HTTP_ANSWERED)
		return hl_answer_http(a->status, a->type, a->body, a->len, n, keep_ack, to);
	return hl_answer_none(a->outcome == HTTP_UNKNOWN, a->why, n, keep_ack, to);
}

/* ---- orders ---- */

static void order_answered(void *arg, const struct http_answer *a)
{
	struct work *w = arg;
	struct exec *x = w->x;
	const struct lane_intent *i = lane_intent_find(&x->f.lane, w->intent);
	struct rec_ack got;
	struct outcome_of o = { .nonce = w->nonce, .evidence = "answer" };
	enum hl_outcome worst = exec_answer(a, 1, &got);

	exec_settle(w, a);
	if (!dec8_of_f64(got.total_sz, DEC8_HALF_EVEN, &o.filled))
		worst = HL_UNKNOWN;
	o.attempt = i->send.attempt;
	o.avg_px = got.avg_px;
	o.oid = got.oid;
	o.code = got.code;
	o.error = got.error;
	o.r = plan_answer(i, strcmp(got.code, "nonce_duplicate") == 0 ? HL_UNKNOWN : worst, o.filled, got.code);
	exec_outcome(x, i, &o);
	if (o.r.outcome == OUTCOME_unknown) {
		exec_resolve(w, LOOK_MS);
		return;
	}
	exec_work_done(w);
	if (!o.r.over && o.r.outcome == OUTCOME_rejected)
		exec_look_soon(x, RETRY_MS);
}

static void end_here(struct exec *x, const struct lane_intent *i, enum outcome is, const char *why)
{
	exec_outcome(x, i, &(struct outcome_of){ .r = { is, true }, .attempt = i->attempts, .evidence = "local", .error = why });
}

/* What is journaled and posted, in this order: the bytes are on the disk before the first of them leaves. */
void exec_launch(struct work *w, struct rec_send *s, const struct buf *action, http_done *done)
{
	struct exec *x = w->x;
	struct buf body = BUF_INIT;

	sign(x, action, s->nonce, s->expires_ms, &body);
	if (body.len >= sizeof s->body)
		die(EX_BUG, "a signed action of %zu bytes", body.len);
	strcpy(s->body, buf_cstr(&body));
	w->nonce = s->nonce;
	exec_put(x, REC_send, s, JOURNAL_DURABLE | JOURNAL_MUST);
	http_post(x->http, x->exchange_url, body.data, body.len, done, w);
	buf_release(&body);
}

struct rec_send exec_new_send(const struct exec *x, const char *kind, const char *symbol)
{
	struct rec_send s = { .nonce = nonce_next(x->f.lane.nonce, clock_ms()), .expires_ms = clock_ms() + x->o->expires_ms };

	strcpy(s.kind, kind);
	strcpy(s.symbol, symbol);
	return s;
}

/* ---- leverage ---- */

static void leverage_answered(void *arg, const struct http_answer *a)
{
	struct work *w = arg;
	struct exec *x = w->x;
	const struct lane_intent *i = lane_intent_find(&x->f.lane, w->intent);
	struct rec_ack got;
	enum hl_outcome worst = exec_answer(a, 1, &got);

	exec_settle(w, a);
	if (worst == HL_OK)
		x->leverage[rules_find(&x->venue, w->symbol) - x->venue.at] = w->leverage;
	else if (worst == HL_REFUSED)
		end_here(x, i, OUTCOME_rejected, got.error);
	/* unknown: it is asked for again, which changes nothing if it was done */
	exec_work_done(w);
	if (worst == HL_UNKNOWN)
		exec_look_soon(x, RETRY_MS);
}

/* The exchange's is another one, for all that is known here. */
static bool needs_leverage(const struct exec *x, const struct lane_intent *i, const struct venue_market *m)
{
	return intent_enters(i->action) && i->leverage >= 1 && x->leverage[m - x->venue.at] != (unsigned)i->leverage;
}

static void send_leverage(struct exec *x, struct work *w, const struct lane_intent *i, const struct venue_market *m)
{
	struct rec_send s = exec_new_send(x, "leverage", i->symbol);
	struct buf action = BUF_INIT;

	w->leverage = (unsigned)i->leverage;
	action_write_leverage(&action, m->id, !m->only_isolated, w->leverage);
	exec_launch(w, &s, &action, leverage_answered);
	buf_release(&action);
}

/* ---- an order ---- */

/* The middle of the book as it came last; the price of the decision where none came for a while. */
static double price_of(const struct exec *x, const struct lane_intent *i, const struct venue_market *m)
{
	const struct mid *mid = &x->mid[m - x->venue.at];

	return mid->ns && clock_mono_ns() - mid->ns < MID_MS * INT64_C(1000000) ? mid->px : i->ref_px;
}

static bool make_order(struct exec *x, const struct lane_intent *i, const struct venue_market *m, struct hl_order *o, double *mid,
		       const char **why)
{
	dec8 px;

	*mid = price_of(x, i, m);
	*o = (struct hl_order){ .asset = m->id, .buy = i->buy, .reduce_only = i->reduce_only, .tif = i->limit_px ? TIF_GTC : TIF_IOC,
				.has_cloid = true };
	*why = "there is no price";
	if (!dec8_of_f64(*mid, DEC8_HALF_EVEN, &px) || px <= 0)
		return false;
	o->px = i->limit_px ? i->limit_px : slippage_price(px, x->o->slippage, i->buy, m->sz_decimals, false);
	if (o->px <= 0 || !plan_size(&x->f.lane, i, m->sz_decimals, o->px < px ? o->px : px, &o->sz, why))
		return false;
	intent_cloid(o->cloid, x->o->prefix, i->id, i->attempts);
	return true;
}

static void send_order(struct exec *x, struct work *w, const struct lane_intent *i, const struct hl_order *o, double mid)
{
	struct rec_send s = exec_new_send(x, "order", i->symbol);
	struct buf action = BUF_INIT;

	strcpy(s.intent, i->id);
	s.attempt = i->attempts;
	s.mid_px = mid;
	cloid_put(s.cloid, o->cloid);
	*dec8_put(s.size, o->sz) = '\0';
	*dec8_put(s.limit_px, o->px) = '\0';
	action_write_orders(&action, o, 1, "na");
	exec_launch(w, &s, &action, order_answered);
	buf_release(&action);
}

/* Everything but the sending. */
static void rehearse(struct exec *x, const struct lane_intent *i, const struct hl_order *o)
{
	struct rec_send s = exec_new_send(x, "order", i->symbol);
	struct buf action = BUF_INIT, body = BUF_INIT;

	action_write_orders(&action, o, 1, "na");
	sign(x, &action, s.nonce, s.expires_ms, &body);
	end_here(x, i, OUTCOME_would, "dry");
	buf_release(&action);
	buf_release(&body);
}

bool exec_send_order(struct exec *x, const struct lane_intent *i)
{
	const struct venue_market *m = rules_find(&x->venue, i->symbol);
	struct hl_order o;
	struct work *w;
	const char *why = "no such market";
	int64_t wait_ms;
	double mid;

	if (!m || !make_order(x, i, m, &o, &mid, &why)) {
		end_here(x, i, OUTCOME_rejected, why);
		return true;
	}
	if (x->dry) {
		rehearse(x, i, &o);
		return true;
	}
	w = exec_work(x, i->id, i->symbol);
	wait_ms = exec_weigh(w, hl_weight_action(1));
	if (wait_ms > 0) {
		exec_look_soon(x, wait_ms < RETRY_MS ? wait_ms : RETRY_MS);
		exec_work_drop(w);
		return false;
	}
	if (needs_leverage(x, i, m))
		send_leverage(x, w, i, m);
	else
		send_order(x, w, i, &o, mid);
	return true;
}
