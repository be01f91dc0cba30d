/* SPDX-License-Identifier: MIT
 * What is subscribed, what comes of it. */
#include "feed/session.h"

#include "base/clock.h"
#include "hl/ws.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

enum { PINGS = 64, KEEP_ALIVE_MS = 20000, SIMULATED_ALIVE_MS = 100, SIMULATED_BACK_OFF_MS = 5, SEND_AT_ONCE = 16 };
#define PONG_LEAST_NS INT64_C(200000000)	/* of real time, however fast the simulated one goes */
#define PONG_MOST_NS INT64_C(500000000)	/* where the simulated one stands, perhaps for us */


struct subscription { char *json; bool sent; };
struct subscriptions { struct subscription *at; unsigned n, cap; };

struct session {
	struct loop *loop;
	struct collect *c;
	struct session_handlers h;
	void *arg;
	bool limits;
	struct ws *ws;
	struct hl_ws_event scratch;
	struct buf text;

	struct subscriptions want, leave;	/* leave: subscribed and no longer wanted */
	unsigned next;				/* of want: those before are sent */
	int64_t minute_ms;			/* since when `sent` messages were sent */
	unsigned sent;
	struct loop_timer more, alive;

	struct { int64_t sent_ms, sent_ns; } ping[PINGS];	/* under way: a ring */
	unsigned first_ping, n_pings;
	struct session_stats stats;
};

/* ---- sending ---- */

static bool may_send(struct session *s)
{
	int64_t now_ms = clock_ms();

	if (now_ms >= s->minute_ms + 60000 || now_ms < s->minute_ms) {
		s->minute_ms = now_ms;
		s->sent = 0;
	}
	return !s->limits || s->sent < SENT_PER_MINUTE;
}

static bool send_text(struct session *s)
{
	s->sent++;
	return ws_send(s->ws, s->text.data, s->text.len);
}

void session_ping(struct session *s)
{
	unsigned at = (s->first_ping + s->n_pings) % PINGS;

	if (!ws_connected(s->ws) || s->n_pings == PINGS)
		return;
	buf_clear(&s->text);
	hl_ws_ping(&s->text);
	s->ping[at].sent_ms = clock_ms();
	s->ping[at].sent_ns = clock_mono_ns();
	s->n_pings += send_text(s);
}

static void keep_alive(void *arg)
{
	struct session *s = arg;

	session_ping(s);
	loop_after(s->loop, &s->alive, clock_simulated() ? SIMULATED_ALIVE_MS : KEEP_ALIVE_MS, keep_alive, s);
}

static void send_more(void *arg);

static void send_soon(struct session *s)
{
	if (!loop_pending(&s->more))
		loop_after(s->loop, &s->more, 10, send_more, s);
}

static bool send_leave(struct session *s)
{
	struct subscription *x = &s->leave.at[s->leave.n - 1];

	buf_clear(&s->text);
	hl_ws_unsubscribe(&s->text, x->json, strlen(x->json));
	if (!send_text(s))
		return false;
	free(x->json);
	s->leave.n--;
	return true;
}

static bool send_want(struct session *s)
{
	struct subscription *x = &s->want.at[s->next];

	if (x->sent) {
		s->next++;
		return true;
	}
	buf_clear(&s->text);
	hl_ws_subscribe(&s->text, x->json, strlen(x->json));
	x->sent = send_text(s);
	s->next += x->sent;
	return x->sent;
}

/* A few at a time, so that neither the exchange nor our own messages wait for a thousand of them. */
static void send_more(void *arg)
{
	struct session *s = arg;
	bool ok = ws_connected(s->ws);

	for (int i = 0; ok && i < SEND_AT_ONCE && may_send(s) && (s->leave.n || s->next < s->want.n); i++)
		ok = s->leave.n ? send_leave(s) : send_want(s);
	if (ok && (s->leave.n || s->next < s->want.n))
		send_soon(s);
}

/* ---- what is wanted ---- */

static void release(struct subscriptions *l)
{
	while (l->n)
		free(l->at[--l->n].json);
	free(l->at);
	*l = (struct subscriptions){ 0 };
}

static void add(struct subscriptions *l, struct buf *json, bool sent)
{
	if (l->n == l->cap)
		l->at = xreallocarray(l->at, l->cap = l->cap ? 2 * l->cap : 256, sizeof *l->at);
	l->at[l->n++] = (struct subscription){ xstrndup(json->data, json->len), sent };
	buf_clear(json);
}

/* Most important first: what is beyond the limit is left out from the end. */
static struct subscriptions list(struct session *s, const struct symbol_list *users)
{
	static const char *const user_channel[] = { "userFills", "orderUpdates", "userFundings", "userNonFundingLedgerUpdates" };
	const struct collect_options *o = collect_options(s->c);
	const struct names *names = collect_names(s->c);
	struct subscriptions l = { 0 };
	struct buf json = BUF_INIT;
	const uint32_t *symbol;
	unsigned n;

	symbol = collect_followed(s->c, &n);
	hl_ws_sub_mids(&json);
	add(&l, &json, false);
	for (unsigned i = 0; i < users->n && (i < USERS_MAX || !s->limits); i++)
		for (unsigned k = 0; k < sizeof user_channel / sizeof *user_channel; k++) {
			hl_ws_sub_user(&json, user_channel[k], users->at[i]);
			add(&l, &json, false);
		}
	for (unsigned k = 0; k < o->n_intervals; k++)
		for (unsigned i = 0; i < n; i++) {
			hl_ws_sub_candle(&json, names->name[symbol[i]], o->interval[k]);
			add(&l, &json, false);
		}
	for (unsigned i = 0; o->bbo && i < n; i++) {
		hl_ws_sub_bbo(&json, names->name[symbol[i]]);
		add(&l, &json, false);
	}
	buf_release(&json);
	return l;
}

static int by_text(const void *a, const void *b)
{
	const struct subscription *x = a, *y = b;

	return strcmp(x->json, y->json);
}

/* What is subscribed already stays so; what is no longer wanted is left. Both lists are consumed: old is released. */
static void merge(struct session *s, struct subscriptions *old)
{
	struct subscriptions by_name = { .n = s->want.n };

	by_name.at = xcalloc(s->want.n ? s->want.n : 1, sizeof *by_name.at);
	for (unsigned i = 0; i < s->want.n; i++)
		by_name.at[i] = s->want.at[i];
	qsort(by_name.at, by_name.n, sizeof *by_name.at, by_text);
	if (old->n)
		qsort(old->at, old->n, sizeof *old->at, by_text);
	for (unsigned i = 0; i < s->want.n; i++) {
		struct subscription *was = old->n ? bsearch(&s->want.at[i], old->at, old->n, sizeof *old->at, by_text) : NULL;

		s->want.at[i].sent = was && was->sent;
	}
	for (unsigned i = 0; i < old->n; i++)
		if (old->at[i].sent && !bsearch(&old->at[i], by_name.at, by_name.n, sizeof *by_name.at, by_text)) {
			struct buf json = BUF_INIT;

			buf_adds(&json, old->at[i].json);
			add(&s->leave, &json, true);
			buf_release(&json);
		}
	free(by_name.at);
	release(old);
}

unsigned session_refresh(struct session *s, const struct symbol_list *users)
{
	struct subscriptions old = s->want;
	unsigned beyond = 0;

	s->want = list(s, users);
	if (s->limits && s->want.n > SUBSCRIPTIONS_MAX)
		beyond = s->want.n - SUBSCRIPTIONS_MAX;
	for (unsigned i = 0; i < beyond; i++)
		free(s->want.at[--s->want.n].json);
	merge(s, &old);
	s->next = 0;
	send_soon(s);
	return beyond;
}

/* ---- the connection ---- */

static void on_opened(void *arg)
{
	struct session *s = arg;

	s->next = s->n_pings = 0;
	for (unsigned i = 0; i < s->want.n; i++)
		s->want.at[i].sent = false;
	release(&s->leave);
	collect_up(s->c, clock_ms());
	send_soon(s);
}

static void on_closed(void *arg, const char *why)
{
	struct session *s = arg;

	s->n_pings = 0;
	collect_down(s->c, why);
}

static void pong(struct session *s)
{
	if (!s->n_pings)
		return;
	collect_proved(s->c, s->ping[s->first_ping].sent_ms);
	s->first_ping = (s->first_ping + 1) % PINGS;
	s->n_pings--;
}

static bool pong_is_late(const struct session *s)
{
	int64_t real_ns = clock_mono_ns() - s->ping[s->first_ping].sent_ns;

	return (clock_ms() > s->ping[s->first_ping].sent_ms + PONG_LATE_MS && real_ns > PONG_LEAST_NS) ||
	       (clock_simulated() && real_ns > PONG_MOST_NS);
}

void session_turn(struct session *s)
{
	if (s->n_pings && pong_is_late(s))
		session_restart(s);
	if (ws_connected(s->ws) && (s->leave.n || s->next < s->want.n))
		send_soon(s);
}

void session_restart(struct session *s)
{
	s->n_pings = 0;
	ws_restart(s->ws);
}

/* ---- messages ---- */

static void take_record(struct session *s, const struct record *r, int64_t now_ms)
{
	switch (r->type) {
	case REC_candle: collect_candle(s->c, &r->u.candle, now_ms); break;
	case REC_bbo: collect_bbo(s->c, &r->u.bbo, now_ms); break;
	case REC_mid: collect_mid(s->c, &r->u.mid, now_ms); break;
	case REC_fill: collect_fill(s->c, &r->u.fill); break;
	case REC_order: collect_order(s->c, &r->u.order); break;
	case REC_funding: collect_funding(s->c, &r->u.funding); break;
	case REC_ledger: collect_ledger(s->c, &r->u.ledger); break;
	default: break;
	}
}

static void take_event(void *arg, const struct hl_ws_event *e)
{
	struct session *s = arg;

	switch (e->kind) {
	case HL_WS_RECORD:
		take_record(s, &e->record, clock_ms());
		break;
	case HL_WS_PONG:
		pong(s);
		break;
	case HL_WS_REFUSED:
		if (!e->already) {
			s->stats.refused++;
			warn("refused: %.*s", e->n < 300 ? (int)e->n : 300, e->text);
		}
		break;
	default:
		break;
	}
}

static void hand_on(struct session *s, enum user_events kind, const struct json_doc *d, const struct json *v)
{
	s->h.user_event(s->arg, kind, d->text + v->start, v->end - v->start);
}

/* Fills one by one, each with whether it is of the first message; the others as they are. */
static void take_fills(struct session *s, const struct json_doc *d, const struct json *data)
{
	const struct json *fills = json_get(d, data, "fills");
	bool first = false;

	json_bool(json_get(d, data, "isSnapshot"), &first);
	for (const struct json *v = fills ? fills + 1 : NULL; v && v < fills + fills->skip; v += v->skip) {
		if (v->type != JSON_OBJECT || !v->size)
			continue;
		buf_clear(&s->text);
		buf_addf(&s->text, "{\"_is_snapshot\":%s,", first ? "true" : "false");
		buf_add(&s->text, d->text + v->start + 1, v->end - v->start - 1);
		s->h.user_event(s->arg, USER_FILLS, s->text.data, s->text.len);
	}
}

/* The channels of a user once more, as text. They are few. */
static void take_user(struct session *s, const char *text, size_t n)
{
	static const char *const channel[] = { "userFills", "orderUpdates", "userFundings", "userNonFundingLedgerUpdates" };
	struct json_doc d;
	const struct json *data;

	if (!json_parse(&d, text, n, NULL))
		return;
	data = json_get(&d, d.tok, "data");
	for (unsigned k = 0; data && k < N_USER_EVENTS; k++)
		if (json_is(&d, json_get(&d, d.tok, "channel"), channel[k])) {
			if (k == USER_FILLS)
				take_fills(s, &d, data);
			else
				hand_on(s, (enum user_events)k, &d, data);
		}
	json_release(&d);
}

static bool starts_with(const char *text, size_t n, const char *with)
{
	return n > strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static void on_text(void *arg, const char *text, size_t n)
{
	struct session *s = arg;
	struct errmsg e;

	collect_heard(s->c, clock_ms());
	s->stats.messages++;
	if (!hl_ws_read(&s->scratch, text, n, clock_ms(), take_event, s, &e)) {
		if (s->stats.bad++ == 0)
			warn("a message that cannot be read: %s", e.text);
		collect_doubt(s->c);
	}
	if (starts_with(text, n, "{\"channel\":\"user") || starts_with(text, n, "{\"channel\":\"orderUpdates"))
		take_user(s, text, n);
	s->h.taken(s->arg);
}

/* ---- */

struct session *session_new(struct loop *l, const struct session_options *o, struct collect *c, const struct session_handlers *h,
		void *arg,
			    struct errmsg *e)
{
	static const struct ws_handlers handlers = { on_opened, on_text, on_closed };
	struct ws_options wo = { .url = o->url, .ca_file = o->ca_file, .ping = "" };	/* pongs have to tell which ping they answer */
	struct session *s = xcalloc(1, sizeof *s);

	s->loop = l;
	s->c = c;
	s->h = *h;
	s->arg = arg;
	s->limits = o->limits;
	if (clock_simulated())
		wo.backoff_min_ms = wo.backoff_max_ms = SIMULATED_BACK_OFF_MS;
	if (!o->limits)
		wo.per_minute = 100000;
	s->ws = ws_open(l, &wo, &handlers, s, e);
	if (!s->ws) {
		free(s);
		return NULL;
	}
	loop_after(l, &s->alive, KEEP_ALIVE_MS, keep_alive, s);
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	loop_cancel(s->loop, &s->alive);
	loop_cancel(s->loop, &s->more);
	ws_free(s->ws);
	release(&s->want);
	release(&s->leave);
	buf_release(&s->text);
	free(s);
}

struct ws *session_ws(struct session *s)
{
	return s->ws;
}

const struct session_stats *session_stats(const struct session *s)
{
	return &s->stats;
}
