/* SPDX-License-Identifier: MIT
 * The exchange as a whole: making it, time, and requests over HTTP with the faults that strike them. */
#include "venue/surface.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define JSON_TYPE "application/json"
#define TEXT_TYPE "text/plain; charset=utf-8"

struct exchange_options exchange_options(void)
{
	return (struct exchange_options){ .rules = venue_rules(), .limits = true, .limit_scale = 1 };
}

struct exchange *exchange_new(const struct exchange_options *o, const struct exchange_sink *sink, struct errmsg *e)
{
	struct exchange *x = xcalloc(1, sizeof *x);

	x->opt = *o;
	x->sink = *sink;
	x->core = venue_new(&o->rules, pushes_hear, x);
	x->faults = faults_new(o->rules.seed);
	x->limits = limits_new(o->limit_scale);
	x->mids_pushed_ms = INT64_MIN / 2;
	if (market_read(x, o->market, e))
		return x;
	exchange_free(x);
	return NULL;
}

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	while (x->conns)
		exchange_closed(x, x->conns->id);
	market_close(x);
	people_release(&x->people);
	faults_free(x->faults);
	limits_free(x->limits);
	venue_free(x->core);
	free(x->happened);
	free(x->dirty);
	free(x->mids.at);
	buf_release(&x->scratch);
	buf_release(&x->message);
	buf_release(&x->log);
	free(x);
}

struct venue *exchange_core(struct exchange *x)
{
	return x->core;
}

/* ---- time ---- */

int64_t exchange_now(const struct exchange *x)
{
	const struct mishap *m = faults_in_force(x->faults, FAULT_clock_skew, NULL, venue_now(x->core));

	return venue_now(x->core) + (x->again ? x->skew_ms : m ? m->ms : 0);
}

/* What falls due is kept before it is pushed. */
void exchange_advance(struct exchange *x, int64_t t_ms)
{
	bool due = venue_due(x->core) <= t_ms;
	struct jsonw w;

	if (t_ms <= venue_now(x->core) || t_ms - venue_now(x->core) > EXCHANGE_JUMP_MS)
		return;
	venue_advance(x->core, t_ms);
	if (due) {
		input_begin(x, &w, "time");
		input_end(x, &w);
	}
	pushes_flush(x);
}

void exchange_begin_step(struct exchange *x, int64_t t_ms, uint64_t position)
{
	struct jsonw w;

	venue_advance(x->core, t_ms);
	input_begin(x, &w, "step");
	put_int(&w, "position", (int64_t)position);
	input_end(x, &w);
	x->position = position;
}

void exchange_end_step(struct exchange *x)
{
	pushes_flush(x);
}

/* ---- faults of requests ---- */

static void reply_text(struct exchange_reply *r, int status, const char *type, const char *text)
{
	r->status = status;
	r->type = type;
	buf_clear(&r->body);
	buf_adds(&r->body, text);
}

static void reply_status(struct exchange_reply *r, int status)
{
	char text[160];

	if (status == 429) {
		reply_text(r, 429, TEXT_TYPE, "429 Too Many Requests");
		return;
	}
	if (status == 500) {
		reply_text(r, 500, JSON_TYPE, "null");
		return;
	}
	snprintf(text, sizeof text, "<html><head><title>%d</title></head><body><center><h1>%d</h1></center></body></html>\r\n",
		 status, status);
	reply_text(r, status, "text/html", text);
}

static int status_of(enum fault_kind what)
{
	switch (what) {
	case FAULT_http_429: return 429;
	case FAULT_http_500: return 500;
	case FAULT_http_502: return 502;
	case FAULT_http_503: return 503;
	case FAULT_http_504: return 504;
	default: return 0;
	}
}

static void reply_refusal(struct exchange_reply *r, const struct mishap *m, const char *type)
{
	struct jsonw w;
	const char *text = *m->text ? m->text : "Refused by a fault.";

	reply_text(r, 200, JSON_TYPE, "");
	jsonw_init(&w, &r->body, false);
	jsonw_object(&w);
	jsonw_put_text(&w, "status", m->what == FAULT_single_status ? "ok" : "err");
	jsonw_key(&w, "response");
	if (m->what == FAULT_err_status) {
		jsonw_str(&w, text);
	} else {
		jsonw_object(&w);
		jsonw_put_text(&w, "type", type);
		jsonw_key(&w, "data");
		jsonw_object(&w);
		jsonw_key(&w, "statuses");
		jsonw_array(&w);
		jsonw_object(&w);
		jsonw_put_text(&w, "error", text);
		jsonw_end(&w);
		jsonw_end(&w);
		jsonw_end(&w);
		jsonw_end(&w);
	}
	jsonw_end(&w);
}

/* True: that is the answer, nothing is executed. */
static bool struck_before(const struct mishap *m, const char *type, struct exchange_reply *r)
{
	if (!m)
		return false;
	if (m->what == FAULT_drop_before) {
		r->drop = true;
		return true;
	}
	if (m->what == FAULT_err_status || m->what == FAULT_single_status) {
		reply_refusal(r, m, type);
		return true;
	}
	if (!status_of(m->what) || m->after)
		return false;
	reply_status(r, status_of(m->what));
	return true;
}

static void struck_after(const struct mishap *m, struct exchange_reply *r)
{
	if (!m)
		return;
	if (status_of(m->what)) {
		reply_status(r, status_of(m->what));
		return;
	}
	switch (m->what) {
	case FAULT_delay:
		r->delay_ms = m->ms;
		break;
	case FAULT_drop_after:
		r->drop = true;
		break;
	case FAULT_bad_json:
		r->body.len /= 2;
		break;
	case FAULT_empty_body:
		buf_clear(&r->body);
		break;
	case FAULT_text_type:
		r->type = TEXT_TYPE;
		break;
	default:
		break;
	}
}

/* ---- requests ---- */

static const struct mishap *strike(struct exchange *x, struct asking *q, enum fault_where where, const char *kind,
				   const char *account)
{
	struct happening h = { where, kind, q->action ? "exchange" : "info", account, NULL, venue_now(x->core) };
	const struct mishap *m = faults_strike(x->faults, &h);

	if (m)
		log_fault(x, m, kind, 0);
	return m;
}

static bool pay(struct exchange *x, const struct asking *q, unsigned weight, struct exchange_reply *r)
{
	if (!x->opt.limits || limits_spend(x->limits, q->peer, weight, venue_now(x->core)))
		return true;
	reply_status(r, 429);
	return false;
}

static void not_json(struct exchange_reply *r, const struct errmsg *e)
{
	reply_text(r, 400, TEXT_TYPE, "Failed to parse the request body as JSON: ");
	buf_adds(&r->body, e->text);
}

static void not_the_type(struct exchange_reply *r)
{
	reply_text(r, 422, TEXT_TYPE, "Failed to deserialize the JSON body into the target type");
}

static void lower_address(const struct json_doc *d, const struct json *v, char text[ADDRESS_TEXT])
{
	char raw[64];
	struct address a;

	*text = 0;
	if (json_str(d, v, raw, sizeof raw) && address_parse(raw, strlen(raw), &a))
		address_put(text, &a);
}

static void ask_info(struct exchange *x, struct asking *q, const struct json_doc *d, struct exchange_reply *r)
{
	char type[48], account[ADDRESS_TEXT];
	const struct mishap *m;
	unsigned rows = 0;
	int status;

	if (!json_str(d, json_get(d, d->tok, "type"), type, sizeof type) || !info_known(type)) {
		not_the_type(r);
		return;
	}
	lower_address(d, json_get(d, d->tok, "user"), account);
	log_text(x, "request", type, account, NULL, 0, q->text, q->len);
	if (!pay(x, q, hl_weight_info(type), r))
		return;
	q->struck = m = strike(x, q, AT_REQUEST, type, account);
	if (struck_before(m, type, r))
		return;
	reply_text(r, 200, JSON_TYPE, "");
	if (!(m && m->what == FAULT_stale_info && x->sink.stale
	      && x->sink.stale(x->sink.arg, venue_now(x->core) - m->ms, q->text, q->len, &r->body))) {
		status = info_answer(x, d, &r->body, &rows);
		if (status == 422)
			not_the_type(r);
		else if (status != 200)
			reply_status(r, status);
		if (x->opt.limits)
			limits_charge(x->limits, q->peer, hl_weight_rows(type, rows), venue_now(x->core));
	}
	struck_after(m, r);
	log_text(x, "answer", type, account, NULL, 0, r->body.data, r->body.len);
}

static void ask_action(struct exchange *x, struct asking *q, const struct json_doc *d, struct exchange_reply *r)
{
	struct exchange_request request = { 0 };
	struct acting a = { .x = x, .d = d, .q = &request };
	const struct mishap *m;
	const char *account;
	char signer[ADDRESS_TEXT] = "";

	if (!exchange_request_read(d, &request, &a.e) || !request.known) {
		not_the_type(r);
		exchange_request_release(&request);
		return;
	}
	action_resolve(&a);
	account = a.person ? a.person->text : "";
	if (a.has_signer)
		address_put(signer, &a.signer);
	log_text(x, "request", request.type, account, signer, 0, q->text, q->len);
	if (pay(x, q, hl_weight_action(action_elements(d, &request)), r)) {
		q->struck = m = strike(x, q, AT_REQUEST, request.type, account);
		if (!struck_before(m, request.type, r)) {
			reply_text(r, 200, JSON_TYPE, "");
			a.mishap = strike(x, q, AT_ACTION, request.type, account);
			action_execute(&a, q->text, q->len, &r->body);
			struck_after(m, r);
		}
	}
	log_text(x, "answer", request.type, account, signer, 0, r->body.data, r->body.len);
	exchange_request_release(&request);
}

void request_answer(struct exchange *x, struct asking *q, struct exchange_reply *r)
{
	struct json_doc d = { 0 };
	struct errmsg e;

	if (!json_parse(&d, q->text, q->len, &e))
		not_json(r, &e);
	else if (d.tok->type != JSON_OBJECT)
		not_the_type(r);
	else if (q->action)
		ask_action(x, q, &d, r);
	else
		ask_info(x, q, &d, r);
	json_release(&d);
}

/* ---- HTTP ---- */

static bool is_path(const char *path, const char *want)
{
	size_t n = strlen(want);

	return !strncmp(path, want, n) && (!path[n] || path[n] == '?' || !strcmp(path + n, "/"));
}

/* With or without parameters. */
static bool is_json(const char *type)
{
	size_t n = strlen(JSON_TYPE);

	return !strncasecmp(type, JSON_TYPE, n) && strchr("; \t", type[n]);	/* or its end */
}

void exchange_http(struct exchange *x, const struct exchange_ask *a, struct exchange_reply *r)
{
	struct asking q = { .action = is_path(a->path, "/exchange"), .text = a->body, .len = a->len, .peer = a->peer };

	*r = (struct exchange_reply){ 0 };
	if (!q.action && !is_path(a->path, "/info")) {
		r->status = 404;
		return;
	}
	if (strcmp(a->method, "POST")) {
		r->status = 405;
		return;
	}
	if (!is_json(a->type)) {
		reply_text(r, 415, TEXT_TYPE, "Expected request with `Content-Type: application/json`");
		return;
	}
	request_answer(x, &q, r);
	pushes_flush(x);
}
