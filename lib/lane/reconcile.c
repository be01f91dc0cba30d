/* SPDX-License-Identifier: MIT
 * What the exchange pushes and answers, as records, each fill once; and drift. */
#include "lane/reconcile.h"

#include "base/clock.h"
#include "hl/info.h"
#include "hl/weight.h"
#include "hl/ws.h"
#include "lane/follow.h"
#include "net/budget.h"
#include "net/http.h"
#include "net/url.h"
#include "net/ws.h"
#include "trade/recon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 200, BACK_MS = 300000, FILLS_MAX = 2000, FUNDING_MAX = 500 };	/* an answer has no more rows */

/* What a round asks for, in this order. */
enum question { ASK_FILLS, ASK_FUNDING, ASK_STATE, ASK_ORDERS, N_QUESTIONS };
static const char *const question_type[] = { "userFillsByTime", "userFunding", "clearinghouseState", "frontendOpenOrders" };

/* The drift of a symbol as it was seen last, and as the journal has it. */
struct seen_drift { char_symbol symbol; enum drift_class last, told; unsigned times; };

/* Records of one answer. */
struct rows { struct record *at; uint32_t n, cap; };

struct reconcile {
	const struct reconcile_options *o;
	struct out *out;
	struct follow f;
	struct loop *loop;
	struct http *http;
	struct ws *ws;
	struct hl_ws_event scratch;
	struct budget *budget;
	char *info_url;
	struct loop_timer next;		/* the next question, or the next round */
	unsigned question;		/* N_QUESTIONS: none is under way */
	int64_t page_ms;		/* where the next page of the question begins; 0: it is the first */
	bool asked, again;		/* again: this round began before the connection did */
	uint32_t ticket;
	struct rows rows;
	struct seen_drift *drift;
	uint32_t n_drift;
};

/* ---- rows of an answer ---- */

static void keep_row(void *arg, const struct record *r)
{
	struct rows *rows = arg;

	if (rows->n == rows->cap) {
		rows->cap = rows->cap ? rows->cap * 2 : 64;
		rows->at = xreallocarray(rows->at, rows->cap, sizeof *rows->at);
	}
	rows->at[rows->n++] = *r;
}

/* ---- fills and funding ---- */

static int by_time(const void *a, const void *b)
{
	const struct rec_fill *x = &((const struct record *)a)->u.fill, *y = &((const struct record *)b)->u.fill;

	if (x->t_ms != y->t_ms)
		return x->t_ms < y->t_ms ? -1 : 1;
	if (strlen(x->tid) != strlen(y->tid))
		return strlen(x->tid) < strlen(y->tid) ? -1 : 1;
	return strcmp(x->tid, y->tid);
}

static void put_cursor(struct reconcile *x, const char *what, int64_t from_ms, int64_t to_ms)
{
	struct rec_cursor rec = { .from_ms = from_ms, .to_ms = to_ms };

	strcpy(rec.what, what);
	record_write(&x->f.batch, REC_cursor, &rec);
}

/* A full page has others behind it, which begin with its last moment: what of that is here already is known. True: there is another one. */
static bool page_on(struct reconcile *x, uint32_t most, int64_t from_ms, int64_t last_ms)
{
	bool more = x->rows.n >= most && last_ms > from_ms;

	x->page_ms = more ? last_ms : 0;
	return more;
}

static int64_t fills_from(const struct reconcile *x)
{
	const struct lane *l = &x->f.lane;

	return x->page_ms ? x->page_ms : (l->fills_to_ms ? l->fills_to_ms : l->from_ms) - BACK_MS;
}

static bool take_fills(struct reconcile *x)
{
	int64_t from_ms = fills_from(x), to_ms = x->f.lane.fills_to_ms;
	const struct rec_fill *last = NULL;
	uint32_t i;

	if (x->rows.n > 1)
		qsort(x->rows.at, x->rows.n, sizeof *x->rows.at, by_time);
	follow_begin(&x->f);
	for (i = 0; i < x->rows.n; i++) {
		const struct rec_fill *r = &x->rows.at[i].u.fill;
		bool again = last && strcmp(last->tid, r->tid) == 0 && strcmp(last->symbol, r->symbol) == 0;

		last = r;
		if (r->t_ms > to_ms)
			to_ms = r->t_ms;
		if (!again && !lane_fill_seen(&x->f.lane, r->symbol, r->tid, r->t_ms))
			record_write(&x->f.batch, REC_fill, r);
	}
	if (to_ms > x->f.lane.fills_to_ms)
		put_cursor(x, "fills", from_ms, to_ms);
	follow_tell(&x->f, JOURNAL_DURABLE, x->out);
	return page_on(x, FILLS_MAX, from_ms, last ? last->t_ms : 0);
}

static int64_t funding_from(const struct reconcile *x)
{
	const struct lane *l = &x->f.lane;

	return l->funding_to_ms ? l->funding_to_ms + 1 : l->from_ms;
}

/* All symbols are paid at one moment. What a full page has of its last one is left to the next page, so that the cursor never stands inside. */
static bool take_funding(struct reconcile *x)
{
	int64_t from_ms = funding_from(x), first_ms = INT64_MAX, last_ms = 0, to_ms = 0;
	bool full;
	uint32_t i;

	for (i = 0; i < x->rows.n; i++) {
		int64_t t_ms = x->rows.at[i].u.funding.t_ms;

		first_ms = t_ms < first_ms ? t_ms : first_ms;
		last_ms = t_ms > last_ms ? t_ms : last_ms;
	}
	full = x->rows.n >= FUNDING_MAX && first_ms < last_ms;
	follow_begin(&x->f);
	for (i = 0; i < x->rows.n; i++) {
		const struct rec_funding *r = &x->rows.at[i].u.funding;

		if (r->t_ms < from_ms || (full && r->t_ms == last_ms))
			continue;
		record_write(&x->f.batch, REC_funding, r);
		to_ms = r->t_ms > to_ms ? r->t_ms : to_ms;
	}
	if (to_ms)
		put_cursor(x, "funding", from_ms, to_ms);
	follow_tell(&x->f, JOURNAL_KEPT, x->out);
	return full;
}

/* ---- positions, account, orders ---- */

static void take_state(struct reconcile *x)
{
	struct rec_positions head = { .t_ms = clock_ms() };
	uint32_t i;

	for (i = 0; i < x->rows.n; i++) {
		head.n += x->rows.at[i].type == REC_position;
		if (x->rows.at[i].type == REC_account)
			head.t_ms = x->rows.at[i].u.account.t_ms;
	}
	record_write(follow_begin(&x->f), REC_positions, &head);
	for (i = 0; i < x->rows.n; i++)
		if (x->rows.at[i].type == REC_position)
			record_write(&x->f.batch, REC_position, &x->rows.at[i].u);
	for (i = 0; i < x->rows.n; i++)
		if (x->rows.at[i].type == REC_account)
			record_write(&x->f.batch, REC_account, &x->rows.at[i].u);
	follow_tell(&x->f, JOURNAL_KEPT, x->out);
}

static void take_orders(struct reconcile *x)
{
	struct rec_open_orders head = { .t_ms = clock_ms(), .n = x->rows.n };
	uint32_t i;

	record_write(follow_begin(&x->f), REC_open_orders, &head);
	for (i = 0; i < x->rows.n; i++)
		record_write(&x->f.batch, REC_order, &x->rows.at[i].u);
	follow_tell(&x->f, JOURNAL_KEPT, x->out);
}

/* ---- drift ---- */

static struct seen_drift *drift_of_symbol(struct reconcile *x, const char *symbol)
{
	uint32_t i;

	for (i = 0; i < x->n_drift; i++)
		if (strcmp(x->drift[i].symbol, symbol) == 0)
			return &x->drift[i];
	x->drift = xreallocarray(x->drift, x->n_drift + 1, sizeof *x->drift);
	x->drift[x->n_drift] = (struct seen_drift){ 0 };
	strcpy(x->drift[x->n_drift].symbol, symbol);
	return &x->drift[x->n_drift++];
}

static void put_size(char_text text, dec8 size)
{
	*dec8_put(text, size) = '\0';
}

static void tell_drift(struct reconcile *x, const char *symbol, dec8 ours, dec8 theirs, enum drift_class c, enum drift_severity s)
{
	struct rec_drift rec = { .t_ms = clock_ms() };

	strcpy(rec.symbol, symbol);
	put_size(rec.ours, ours);
	put_size(rec.theirs, theirs);
	strcpy(rec.class, drift_class_name(c));
	strcpy(rec.severity, drift_severity_name(s));
	record_write(&x->f.batch, REC_drift, &rec);
}

static void heal(struct reconcile *x, const struct lane_symbol *s)
{
	struct rec_heal rec = { .t_ms = clock_ms(), .entry_px = s->theirs_entry_px };

	strcpy(rec.symbol, s->name);
	strcpy(rec.how, s->theirs ? "resize" : "drop");
	put_size(rec.size, s->theirs);
	strcpy(rec.by, "ocq-reconcile");
	record_write(&x->f.batch, REC_heal, &rec);
}

static void close_lane(struct reconcile *x, const char *symbol)
{
	struct rec_kill_level rec = { 0 };

	if (x->f.lane.kill[KILL_drift].level >= KILL_CLOSE_ONLY)
		return;
	strcpy(rec.cause, kill_cause_name(KILL_drift));
	strcpy(rec.level, kill_level_name(KILL_CLOSE_ONLY));
	strcpy(rec.by, "ocq-reconcile");
	snprintf(rec.why, sizeof rec.why, "%s: the exchange holds the other side", symbol);
	record_write(&x->f.batch, REC_kill_level, &rec);
}

static void alarm_drift(struct reconcile *x, const char *symbol, enum drift_class c)
{
	struct rec_alarm rec = { .t_ms = clock_ms() };

	strcpy(rec.what, "drift");
	strcpy(rec.level, "error");
	strcpy(rec.symbol, symbol);
	snprintf(rec.text, sizeof rec.text, "%s: ocq-manual heal says what holds", drift_class_name(c));
	record_write(&x->f.batch, REC_alarm, &rec);
}

/* A difference counts when it is seen a second time: fills and positions do not come at one moment. One that heals is not looked at until
 * a step has adopted the heal: what is seen then is another one, of the same class or not. */
static void look_at(struct reconcile *x, const struct lane_symbol *s)
{
	struct seen_drift *d;
	enum drift_severity severity;
	enum drift_class c;
	bool heals;
	dec8 ours;

	if (!s->theirs_known || !drift_expected(&x->f.lane, s, &ours))
		return;
	c = drift_of(ours, s->theirs, &severity);
	d = drift_of_symbol(x, s->name);
	d->times = c == d->last ? d->times + 1 : 1;
	d->last = c;
	heals = c != DRIFT_match && drift_heals(ours, s->theirs);
	if ((c == d->told && !heals) || (d->times < 2 && c != DRIFT_match))
		return;
	d->told = c;
	tell_drift(x, s->name, ours, s->theirs, c, severity);
	if (heals) {
		heal(x, s);
		d->times = 0;
	} else if (c != DRIFT_match)
		alarm_drift(x, s->name, c);
	if (c == DRIFT_side_mismatch)
		close_lane(x, s->name);
}

/* A rehearsal holds nothing: what the account holds is somebody else's. */
static void look_for_drift(struct reconcile *x)
{
	const struct lane *l = &x->f.lane;
	uint32_t i;

	if (l->mode == LANE_DRY_LIVE)
		return;
	follow_begin(&x->f);
	for (i = 0; i < l->n_symbols; i++)
		look_at(x, &l->sym[i]);
	follow_tell(&x->f, JOURNAL_KEPT, x->out);
}

/* ---- a round of questions ---- */

static void ask(void *reconcile);

static void ask_in(struct reconcile *x, int64_t ms)
{
	loop_after(x->loop, &x->next, ms, ask, x);
}

static void beat(struct reconcile *x)
{
	struct rec_beat rec = { .t_ms = clock_ms(), .step_ms = x->f.lane.step_ms == INT64_MIN ? 0 : x->f.lane.step_ms };

	strcpy(rec.by, "ocq-reconcile");
	record_write(follow_begin(&x->f), REC_beat, &rec);
	follow_tell(&x->f, JOURNAL_KEPT, x->out);
}

static void round_done(struct reconcile *x)
{
	x->question = N_QUESTIONS;
	if (x->o->once) {
		loop_stop(x->loop, EX_OK);
		return;
	}
	look_for_drift(x);
	beat(x);
	ask_in(x, x->again ? 0 : x->o->every_ms);
	x->again = false;
}

static void take_answer(struct reconcile *x)
{
	bool more = false;

	switch ((enum question)x->question) {
	case ASK_FILLS: more = take_fills(x); break;
	case ASK_FUNDING: more = take_funding(x); break;
	case ASK_STATE: take_state(x); break;
	default: take_orders(x); break;
	}
	if (!more)
		x->question++;
	if (x->question == N_QUESTIONS)
		round_done(x);
	else
		ask_in(x, 0);
}

/* A question that has no answer says nothing, least of all that there is nothing. */
static void no_answer(struct reconcile *x, const char *why)
{
	warn("%s: %s", question_type[x->question], why);
	if (x->o->once)
		loop_stop(x->loop, EX_ABSENT);
	x->question = N_QUESTIONS;
	x->page_ms = 0;
	ask_in(x, x->o->every_ms);
}

static void answered(void *arg, const struct http_answer *a)
{
	struct reconcile *x = arg;
	const char *type = question_type[x->question];
	struct errmsg e;
	uint64_t n = 0;

	x->asked = false;
	if (a->status == 429)
		budget_refused(x->budget, a->retry_after_s);
	x->rows.n = 0;
	if (a->outcome != HTTP_ANSWERED)
		errmsg_set(&e, "%s", a->why);
	else if (a->status != 200)
		errmsg_set(&e, "HTTP %d", a->status);
	else if (hl_info_read(type, a->body, a->len, clock_ms(), keep_row, &x->rows, &n, &e))
		*e.text = '\0';
	budget_settle(x->budget, x->ticket, a->outcome == HTTP_NOT_SENT || a->status == 429 ? 0 : hl_weight_info(type) + hl_weight_rows(type, n));
	if (*e.text)
		no_answer(x, e.text);
	else
		take_answer(x);
}

static void write_question(struct reconcile *x, struct buf *body)
{
	const char *type = question_type[x->question], *user = x->f.lane.account;

	if (x->question == ASK_FILLS)
		hl_info_user_span(body, type, user, fills_from(x), -1);
	else if (x->question == ASK_FUNDING)
		hl_info_user_span(body, type, user, funding_from(x), -1);
	else
		hl_info_user(body, type, user);
}

static void ask(void *reconcile)
{
	struct reconcile *x = reconcile;
	struct buf body = BUF_INIT;
	struct errmsg e;
	int64_t wait_ms;

	must(follow_catch_up(&x->f, &e), &e);
	if (x->asked || !x->f.lane.begun) {
		ask_in(x, LOOK_MS);
		return;
	}
	if (x->question == N_QUESTIONS)
		x->question = 0;
	wait_ms = budget_take(x->budget, hl_weight_info(question_type[x->question]), BUDGET_READ, &x->ticket);
	if (wait_ms > 0) {
		ask_in(x, wait_ms < LOOK_MS ? wait_ms : LOOK_MS);
		return;
	}
	write_question(x, &body);
	x->asked = true;
	http_post(x->http, x->info_url, body.data, body.len, answered, x);
	buf_release(&body);
}

/* ---- pushes ---- */

static void take_push(void *arg, const struct hl_ws_event *e)
{
	struct reconcile *x = arg;
	const struct rec_fill *r = &e->record.u.fill;

	if (e->kind != HL_WS_RECORD || e->record.type != REC_fill || lane_fill_seen(&x->f.lane, r->symbol, r->tid, r->t_ms))
		return;
	record_write(follow_begin(&x->f), REC_fill, r);
	follow_tell(&x->f, JOURNAL_DURABLE, x->out);
}

static void ws_text(void *arg, const char *text, size_t n)
{
	struct reconcile *x = arg;
	struct errmsg e;

	must(follow_catch_up(&x->f, &e), &e);
	if (!hl_ws_read(&x->scratch, text, n, clock_ms(), take_push, x, &e))
		warn("the exchange's message is wrong: %s", e.text);
}

/* What was pushed while nobody listened is asked for. */
static void ws_opened(void *arg)
{
	struct reconcile *x = arg;
	struct buf sub = BUF_INIT, text = BUF_INIT;

	hl_ws_sub_user(&sub, "userFills", x->f.lane.account);
	hl_ws_subscribe(&text, sub.data, sub.len);
	if (!ws_send(x->ws, text.data, text.len))
		ws_restart(x->ws);
	if (x->question == N_QUESTIONS)
		ask_in(x, 0);
	else
		x->again = true;
	buf_release(&sub);
	buf_release(&text);
}

/* ---- begin and end ---- */

static void wait_for_lane(struct reconcile *x)
{
	struct errmsg e;

	do
		must(follow_catch_up(&x->f, &e), &e);
	while (!x->f.lane.begun && loop_turn(x->loop, LOOK_MS));
}

static void open_place(struct reconcile *x)
{
	char *path = budget_path(x->o->url);
	const struct ws_handlers on = { .opened = ws_opened, .text = ws_text };
	struct errmsg e;

	if (!(x->budget = budget_open(path, 0, 0, &e)))
		die(EX_RETRY, "%s", e.text);
	free(path);
	x->http = http_new(x->loop, &(struct http_options){ .ca_file = x->o->ca_file });
	x->info_url = url_below(x->o->url, "/info");
	if (!x->o->once) {
		char *ws_url = url_ws(x->o->url);

		x->ws = ws_open(x->loop, &(struct ws_options){ .url = ws_url, .ca_file = x->o->ca_file }, &on, x, &e);
		if (!x->ws)
			die(EX_CONFIG, "%s", e.text);
		free(ws_url);
	}
}

static void close_place(struct reconcile *x)
{
	loop_cancel(x->loop, &x->next);
	x->o = &(const struct reconcile_options){ .every_ms = LOOK_MS };	/* for the answer that ends here */
	if (x->http)
		http_free(x->http);
	loop_cancel(x->loop, &x->next);
	ws_free(x->ws);
	if (x->budget)
		budget_close(x->budget);
	loop_free(x->loop);
	follow_close(&x->f);
	free(x->info_url);
	free(x->rows.at);
	free(x->drift);
}

int reconcile_run(const struct reconcile_options *o, struct out *out)
{
	struct reconcile x = { .o = o, .out = out, .question = N_QUESTIONS };
	struct errmsg e;
	int rc = EX_OK;

	must(follow_open(&x.f, o->dir, &e), &e);
	if (!follow_lock(o->dir, "reconcile", &e))
		die(EX_RETRY, "%s", e.text);
	x.loop = loop_new();
	wait_for_lane(&x);
	if (x.f.lane.begun) {
		open_place(&x);
		ask_in(&x, 0);
		rc = loop_run(x.loop);
	}
	close_place(&x);
	return rc;
}
