/* SPDX-License-Identifier: MIT
 * What a lane's journal asks for, and in which order it is done. */
#include "lane/exec_session.h"

#include "base/clock.h"
#include "lane/arm.h"
#include "lane/settings.h"
#include "net/url.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS = 1000, RESERVE = 100 };		/* a time of the simulated clock comes without an event; weight kept for orders */

/* ---- records ---- */

void exec_put(struct exec *x, enum record_type type, const void *rec, enum journal_sync sync)
{
	struct errmsg e;

	must(follow_put(&x->f, type, rec, sync, &e), &e);
	record_write(x->out, type, rec);
	out_flush(x->out);
}

static void copy_text(char *dst, size_t size, const char *text)
{
	size_t n = text ? strnlen(text, size - 1) : 0;

	if (n)
		memcpy(dst, text, n);
	dst[n] = '\0';
}

void exec_outcome(struct exec *x, const struct lane_intent *i, const struct outcome_of *o)
{
	struct rec_outcome rec = { .attempt = o->attempt, .nonce = o->nonce, .over = o->r.over, .avg_px = o->avg_px };

	strcpy(rec.intent, i->id);
	strcpy(rec.kind, "order");
	strcpy(rec.outcome, outcome_name(o->r.outcome));
	copy_text(rec.oid, sizeof rec.oid, o->oid);
	copy_text(rec.code, sizeof rec.code, o->code);
	copy_text(rec.evidence, sizeof rec.evidence, o->evidence);
	copy_text(rec.error, sizeof rec.error, o->error);
	*dec8_put(rec.filled, o->filled) = '\0';
	exec_put(x, REC_outcome, &rec, JOURNAL_KEPT | JOURNAL_MUST);
}

/* ---- work ---- */

struct work *exec_work_of(const struct exec *x, const char *symbol)
{
	struct work *w;

	for (w = x->works; w && strcmp(w->symbol, symbol) != 0; w = w->next)
		;
	return w;
}

struct work *exec_work(struct exec *x, const char *intent, const char *symbol)
{
	struct work *w = xcalloc(1, sizeof *w);

	w->x = x;
	strcpy(w->intent, intent);
	strcpy(w->symbol, symbol);
	w->next = x->works;
	x->works = w;
	return w;
}

void exec_work_drop(struct work *w)
{
	struct work **at = &w->x->works;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	loop_cancel(w->x->loop, &w->timer);
	free(w);
}

void exec_work_done(struct work *w)
{
	exec_look_soon(w->x, 0);
	exec_work_drop(w);
}

/* ---- what is next ---- */

/* Said in the journal when it changes. */
static const char *armed(struct exec *x)
{
	const struct lane *l = &x->f.lane;
	const char *why = l->mode == LANE_LIVE ? arm_missing(x->o->arm_file, l->account, clock_ms()) : NULL;
	struct rec_armed rec = { .armed = !why };

	if (l->mode != LANE_LIVE || (x->armed_known && strcmp(x->armed_why, why ? why : "") == 0))
		return why;
	x->armed_known = true;
	copy_text(x->armed_why, sizeof x->armed_why, why);
	copy_text(rec.why, sizeof rec.why, why);
	exec_put(x, REC_armed, &rec, JOURNAL_KEPT);
	return why;
}

/* True: something was done, and the intents must be looked at again: they may have moved. */
static bool take(struct exec *x, const struct lane_intent *i, const struct plan_gates *g)
{
	struct outcome_of o = { .attempt = i->attempts, .evidence = "local", .r.over = true };

	switch (plan_gate(&x->f.lane, i, g, &o.r.outcome, &o.error)) {
	case PLAN_WAIT:
		return false;
	case PLAN_END:
		exec_outcome(x, i, &o);
		return true;
	default:
		return exec_send_order(x, i);
	}
}

static struct plan_gates gates(struct exec *x)
{
	return (struct plan_gates){ .not_armed = armed(x), .hard_kill = arm_hard_kill(), .now_ms = clock_ms() };
}

static bool take_next(struct exec *x)
{
	struct plan_gates g = gates(x);
	const struct lane *l = &x->f.lane;
	uint32_t k;

	for (k = 0; k < l->n_intents; k++)
		if (plan_turn(l, &l->intent[k]) && !exec_work_of(x, l->intent[k].symbol) && take(x, &l->intent[k], &g))
			return true;
	return false;
}

static void take_back(struct exec *x)
{
	struct plan_gates g = gates(x);

	exec_cancel_asked(x, &g);
	exec_tend_resting(x, &g);
}

/* A send without an answer, of an earlier life or of a connection that broke. */
static void take_up(struct exec *x)
{
	const struct lane *l = &x->f.lane;
	uint32_t k;

	for (k = 0; k < l->n_intents; k++)
		if (l->intent[k].in_flight && !exec_work_of(x, l->intent[k].symbol))
			exec_resolve(exec_work(x, l->intent[k].id, l->intent[k].symbol), 0);
}

static void publish(struct exec *x)
{
	const struct lane *l = &x->f.lane;

	if (!x->o->progress || l->step_ms == INT64_MIN || l->step_ms == x->progress_ms || x->works || !lane_settled(l, l->step_ms))
		return;
	x->progress_ms = l->step_ms;
	clock_publish(x->o->progress, l->step_ms);
}

void exec_look(struct exec *x)
{
	struct errmsg e;

	must(follow_catch_up(&x->f, &e), &e);
	if (!x->f.lane.begun)
		return;
	take_up(x);
	take_back(x);
	if (take_next(x))
		exec_look_soon(x, 0);	/* the bytes of this one leave before the next one is signed and synced */
	else if (x->input_over && !x->works)
		loop_stop(x->loop, EX_OK);
	publish(x);
}

static void look_now(void *arg)
{
	struct exec *x = arg;

	exec_look_soon(x, LOOK_MS);
	exec_look(x);
}

void exec_look_soon(struct exec *x, int64_t ms)
{
	loop_after(x->loop, &x->soon, ms, look_now, x);
}

static void journal_grew(void *arg, short revents)
{
	(void)revents;
	exec_look(arg);
}

/* What comes in only rings; its end is the lane's. */
static void input(void *arg, short revents)
{
	struct exec *x = arg;
	char text[65536];
	ssize_t n = read(STDIN_FILENO, text, sizeof text);

	(void)revents;
	if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
		return;
	loop_fd_drop(x->loop, STDIN_FILENO);
	x->input_over = true;
	exec_look(x);
}

/* ---- prices ---- */

static void take_mid(void *arg, const struct hl_ws_event *e)
{
	struct exec *x = arg;
	const struct venue_market *m;

	if (e->kind != HL_WS_RECORD || e->record.type != REC_mid || !(m = rules_find(&x->venue, e->record.u.mid.symbol)))
		return;
	x->mid[m - x->venue.at] = (struct mid){ e->record.u.mid.px, clock_mono_ns() };
}

static void ws_text(void *arg, const char *text, size_t n)
{
	struct exec *x = arg;
	struct errmsg e;

	if (!hl_ws_read(&x->scratch, text, n, clock_ms(), take_mid, x, &e))
		warn("the exchange's message is wrong: %s", e.text);
}

static void ws_opened(void *arg)
{
	struct exec *x = arg;
	struct buf sub = BUF_INIT, text = BUF_INIT;

	hl_ws_sub_mids(&sub);
	hl_ws_subscribe(&text, sub.data, sub.len);
	if (!ws_send(x->ws, text.data, text.len))
		ws_restart(x->ws);
	buf_release(&sub);
	buf_release(&text);
}

/* ---- begin and end ---- */

/* Two lanes cannot trade on one account. */
static void lock_account(struct exec *x, const char *budget_file)
{
	const struct lane *l = &x->f.lane;
	const char *slash = strrchr(budget_file, '/');
	char *dir = xstrndup(budget_file, (size_t)(slash - budget_file));
	struct buf name = BUF_INIT;
	struct errmsg e;

	buf_addf(&name, "account-%s-%s", l->testnet ? "testnet" : "mainnet", l->account);
	if (!follow_lock(dir, buf_cstr(&name), &e))
		die(EX_RETRY, "%s", e.text);
	buf_release(&name);
	free(dir);
}

/* The lane begins with what ocq-decide writes first. */
static void wait_for_lane(struct exec *x)
{
	while (!x->f.lane.begun && !x->input_over && loop_turn(x->loop, LOOK_MS))
		;
}

static void open_place(struct exec *x)
{
	char *path = budget_path(x->o->url), *ws_url = url_ws(x->o->url);
	struct ws_handlers on = { .opened = ws_opened, .text = ws_text };
	struct errmsg e;

	x->budget = budget_open(path, 0, RESERVE, &e);
	if (!x->budget)
		die(EX_RETRY, "%s", e.text);
	lock_account(x, path);
	free(path);
	x->http = http_new(x->loop, &(struct http_options){ .ca_file = x->o->ca_file });
	x->ws = ws_open(x->loop, &(struct ws_options){ .url = ws_url, .ca_file = x->o->ca_file }, &on, x, &e);
	if (!x->ws)
		die(EX_CONFIG, "%s", e.text);
	free(ws_url);
}

static void open_exec(struct exec *x)
{
	const struct exec_options *o = x->o;
	struct risk_settings bounds;
	struct errmsg e;

	settings_read(&bounds);
	x->max_cancels_per_min = bounds.max_cancels_per_min;
	rules_load(&x->venue, o->venue_path);
	x->mid = xcalloc(x->venue.n, sizeof *x->mid);
	x->leverage = xcalloc(x->venue.n, sizeof *x->leverage);
	x->info_url = url_below(o->url, "/info");
	x->exchange_url = url_below(o->url, "/exchange");
	must(follow_open(&x->f, o->dir, &e), &e);
	if (!follow_lock(o->dir, "exec", &e))
		die(EX_RETRY, "%s", e.text);
	x->loop = loop_new();
	loop_fd(x->loop, x->f.watch_fd, POLLIN, journal_grew, x);
	loop_fd(x->loop, STDIN_FILENO, POLLIN, input, x);
}

static void check_mode(struct exec *x)
{
	enum lane_mode mode = x->f.lane.mode;

	if (mode == LANE_SHADOW)
		die(EX_CONFIG, "%s: a shadow lane sends nothing", x->o->dir);
	if (mode == LANE_PAPER && !url_is_loopback(x->o->url))
		die(EX_DENIED, "a paper lane sends to this host alone: %s is elsewhere", x->o->url);
	x->dry = x->o->dry || mode == LANE_DRY_LIVE;
}

static void close_exec(struct exec *x)
{
	if (x->http)
		http_free(x->http);	/* what is under way ends as unknown, and is resolved at the next start */
	while (x->works)
		exec_work_drop(x->works);
	loop_cancel(x->loop, &x->soon);
	ws_free(x->ws);
	if (x->budget)
		budget_close(x->budget);
	loop_fd_drop(x->loop, x->f.watch_fd);
	loop_free(x->loop);
	follow_close(&x->f);
	rules_release(&x->venue);
	free(x->mid);
	free(x->leverage);
	free(x->info_url);
	free(x->exchange_url);
}

int exec_run(const struct exec_options *o, struct out *out)
{
	struct exec x = { .o = o, .out = out, .progress_ms = INT64_MIN };
	struct errmsg e;
	int rc = EX_OK;

	if (!coproc_start(&x.signer, o->signer, &e))
		die(EX_ABSENT, "%s", e.text);
	open_exec(&x);
	wait_for_lane(&x);
	if (x.f.lane.begun) {
		check_mode(&x);
		open_place(&x);
		exec_look_soon(&x, 0);
		rc = loop_run(x.loop);
	}
	coproc_shut(&x.signer);
	coproc_end(&x.signer);
	close_exec(&x);
	return rc;
}
