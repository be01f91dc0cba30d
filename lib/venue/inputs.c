/* SPDX-License-Identifier: MIT
 * Inputs as lines for a journal, inputs again after a restart, and the log. */
#include "venue/surface.h"

#include <stdlib.h>
#include <string.h>

/* ---- lines ---- */

static const struct mishap *stuck(const struct exchange *x)
{
	return faults_in_force(x->faults, FAULT_stuck_mark, NULL, venue_now(x->core));
}

/* What an input's effect depends on beside itself: the time, and the faults that bend time and prices. */
void input_begin(struct exchange *x, struct jsonw *w, const char *type)
{
	const struct mishap *m = x->again ? NULL : stuck(x);
	int64_t skew_ms = exchange_now(x) - venue_now(x->core);

	if (!x->again)
		x->stuck = m != NULL;
	buf_clear(&x->scratch);
	jsonw_init(w, &x->scratch, false);
	jsonw_object(w);
	jsonw_put_text(w, "type", type);
	put_int(w, "t", venue_now(x->core));
	if (skew_ms)
		put_int(w, "skew", skew_ms);
	if (x->stuck) {
		jsonw_key(w, "stuck");
		jsonw_bool(w, true);
	}
}

void input_end(struct exchange *x, struct jsonw *w)
{
	jsonw_end(w);
	buf_addc(&x->scratch, '\n');
	if (!x->again && x->sink.input)
		x->sink.input(x->sink.arg, x->scratch.data, x->scratch.len);
}

/* ---- again ---- */

/* A member's text, decoded; NULL: it is not there. */
static char *text_of(const struct json_doc *d, const char *key, size_t *n)
{
	const struct json *v = json_get(d, d->tok, key);
	char *text;

	if (!v || v->type != JSON_STRING)
		return NULL;
	text = xmalloc(v->end - v->start + 1u);
	if (!json_str(d, v, text, v->end - v->start + 1u)) {
		free(text);
		return NULL;
	}
	*n = strlen(text);
	return text;
}

static bool again_request(struct exchange *x, const struct json_doc *line, struct errmsg *e)
{
	struct exchange_request request = { 0 };
	struct json_doc d = { 0 };
	struct acting a = { .x = x, .d = &d, .q = &request };
	const struct json *with = json_get(line, line->tok, "with");
	struct buf answer = BUF_INIT;
	struct mishap m;
	size_t n = 0;
	char *body = text_of(line, "body", &n);
	bool ok = body && (!with || fault_read(line, with, &m, e)) && json_parse(&d, body, n, e)
		&& exchange_request_read(&d, &request, e);

	if (ok) {
		a.mishap = with ? &m : NULL;
		action_resolve(&a);
		action_execute(&a, body, n, &answer);
	}
	exchange_request_release(&request);
	json_release(&d);
	buf_release(&answer);
	free(body);
	return ok || (!body && errmsg_set(e, "\"body\" is missing"));
}

static bool again_line(struct exchange *x, const struct json_doc *line, bool record, struct errmsg *e)
{
	struct buf answer = BUF_INIT;
	size_t n = 0;
	char *text = text_of(line, "line", &n);
	bool ok = true;

	if (!text)
		return errmsg_set(e, "\"line\" is missing");
	if (!record)
		exchange_control(x, text, n, &answer);
	else
		ok = exchange_record(x, text, n, e);
	buf_release(&answer);
	free(text);
	return ok;
}

static bool again(struct exchange *x, const struct json_doc *d, exchange_step *step, void *arg, struct errmsg *e)
{
	const struct json *type = json_get(d, d->tok, "type");
	int64_t t_ms, n;
	bool held = false;

	if (!json_i64(d, json_get(d, d->tok, "t"), &t_ms))
		return errmsg_set(e, "\"t\" is missing");
	x->skew_ms = 0;
	json_i64(d, json_get(d, d->tok, "skew"), &x->skew_ms);
	x->stuck = json_bool(json_get(d, d->tok, "stuck"), &held) && held;
	venue_advance(x->core, t_ms);
	if (json_is(d, type, "request"))
		return again_request(x, d, e);
	if (json_is(d, type, "control") || json_is(d, type, "record"))
		return again_line(x, d, json_is(d, type, "record"), e);
	if (json_is(d, type, "time"))
		return true;
	if (json_is(d, type, "step") && json_i64(d, json_get(d, d->tok, "position"), &n) && step) {
		step(arg, (uint64_t)n);
		return true;
	}
	return errmsg_set(e, "no input of an exchange");
}

bool exchange_again(struct exchange *x, const char *line, size_t n, exchange_step *step, void *arg, struct errmsg *e)
{
	struct json_doc d = { 0 };
	bool ok;

	x->again = true;
	ok = json_parse(&d, line, n, e) && again(x, &d, step, arg, e);
	pushes_flush(x);
	x->again = x->stuck = false;
	x->skew_ms = 0;
	json_release(&d);
	return ok;
}

/* ---- log ---- */

static void log_open(struct exchange *x, struct jsonw *w, const char *kind, const char *what)
{
	buf_clear(&x->log);
	jsonw_init(w, &x->log, false);
	jsonw_object(w);
	jsonw_put_text(w, "type", "wire");
	put_int(w, "t_ms", venue_now(x->core));
	jsonw_put_text(w, "kind", kind);
	jsonw_put_text(w, "what", what);
}

static void log_close(struct exchange *x, struct jsonw *w)
{
	jsonw_end(w);
	buf_addc(&x->log, '\n');
	x->sink.log(x->sink.arg, x->log.data, x->log.len);
}

static bool is_logged(const struct exchange *x)
{
	return x->opt.log && x->sink.log && !x->again;
}

void log_text(struct exchange *x, const char *kind, const char *what, const char *account, const char *signer, uint64_t conn,
	      const char *text, size_t n)
{
	struct jsonw w;

	if (!is_logged(x))
		return;
	log_open(x, &w, kind, what);
	jsonw_put_text(&w, "account", account);
	jsonw_put_text(&w, "signer", signer);
	if (conn)
		jsonw_put_u64(&w, "conn", conn);
	jsonw_key(&w, "text");
	jsonw_strn(&w, n ? text : "", n);
	log_close(x, &w);
}

void log_fault(struct exchange *x, const struct mishap *m, const char *kind, uint64_t conn)
{
	struct jsonw w;

	if (!is_logged(x))
		return;
	log_open(x, &w, "fault", fault_names[m->what]);
	jsonw_put_text(&w, "on", kind);
	if (conn)
		jsonw_put_u64(&w, "conn", conn);
	jsonw_put_u64(&w, "struck", m->struck);
	log_close(x, &w);
}
