/* SPDX-License-Identifier: MIT
 * The socket's side: connections, subscriptions with their acknowledgements and refusals, posts, pings. */
#include "base/clock.h"
#include "hl/errors.h"
#include "venue/info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const channel_names[N_CHANNELS] = {
#define X(name, channel, type, user) channel,
	CHANNELS(X)
#undef X
};
static const char *const type_names[N_CHANNELS] = {
#define X(name, channel, type, user) type,
	CHANNELS(X)
#undef X
};
static const bool per_user[N_CHANNELS] = {
#define X(name, channel, type, user) user,
	CHANNELS(X)
#undef X
};

_Static_assert(N_CHANNELS <= SUBSCRIBED_CHANNELS, "people.h has a list for each channel");

/* ---- connections ---- */

struct conn *conn_find(const struct exchange *x, uint64_t id)
{
	struct conn *c;

	for (c = x->conns; c && c->id != id; c = c->next)
		;
	return c;
}

int exchange_upgrade(struct exchange *x, const char *path, const char *peer)
{
	struct happening h = { .where = AT_UPGRADE, .class = "ws", .kind = "upgrade", .now_ms = venue_now(x->core) };
	const struct mishap *m = faults_strike(x->faults, &h);

	if (strncmp(path, "/ws", 3) || (path[3] && path[3] != '?' && path[3] != '/'))
		return 404;
	if (m) {
		log_fault(x, m, "upgrade", 0);
		x->refuse_until_ms = h.now_ms + m->ms;
		x->refuse_status = m->status;
	}
	if (m || h.now_ms < x->refuse_until_ms)
		return (int)x->refuse_status;
	return x->opt.limits && !limits_connect(x->limits, peer, h.now_ms) ? 429 : 0;
}

void exchange_opened(struct exchange *x, uint64_t id, const char *peer)
{
	struct conn *c = xcalloc(1, sizeof *c);

	c->id = id;
	snprintf(c->peer, sizeof c->peer, "%s", peer);
	c->next = x->conns;
	x->conns = c;
	log_text(x, "opened", "ws", NULL, NULL, id, "", 0);
}

static struct sublist *list_of(struct exchange *x, const struct sub *s)
{
	if (s->channel == CH_MIDS)
		return &x->mids;
	if (s->person)
		return &s->person->subs[s->channel];
	return s->channel == CH_CANDLE ? &s->coin->candles[s->interval] : &s->coin->subs[s->channel];
}

static void link_sub(struct exchange *x, struct sub *s)
{
	struct sublist *l = list_of(x, s);

	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 4;
		l->at = xreallocarray(l->at, l->cap, sizeof *l->at);
	}
	l->at[l->n++] = s;
	s->next = s->conn->subs;
	s->conn->subs = s;
	s->conn->n_subs++;
}

/* Takes the subscription that *at points to out of everything. */
static void unlink_sub(struct exchange *x, struct sub **at)
{
	struct sub *s = *at;
	struct sublist *l = list_of(x, s);
	struct person *p = s->person;
	unsigned i;

	for (i = 0; i < l->n && l->at[i] != s; i++)
		;
	memmove(l->at + i, l->at + i + 1, (--l->n - i) * sizeof *l->at);
	*at = s->next;
	s->conn->n_subs--;
	x->late -= s->late_ms > 0;
	free(s);
	if (p)
		person_leave(&x->people, p);
}

void exchange_closed(struct exchange *x, uint64_t id)
{
	struct conn **at, *c;
	unsigned i;

	for (at = &x->conns; *at && (*at)->id != id; at = &(*at)->next)
		;
	c = *at;
	if (!c)
		return;
	log_text(x, "closed", "ws", NULL, NULL, id, "", 0);
	while (c->subs)
		unlink_sub(x, &c->subs);
	if (x->opt.limits)
		limits_disconnect(x->limits, c->peer);
	for (i = 0; i < c->n_held; i++)
		buf_release(&c->held[i]);
	free(c->held);
	*at = c->next;
	free(c);
}

bool exchange_subscribed(const struct exchange *x, uint64_t id)
{
	const struct conn *c = conn_find(x, id);

	return c && c->n_subs && !c->silent;
}

/* ---- what a subscription is ---- */

enum verdict { GOOD, INVALID, DROPPED };

struct request {
	struct exchange *x;
	struct conn *conn;
	const struct json_doc *d;
	const char *text;
	size_t len;
	const struct json *sub;		/* its "subscription" */
};

static bool find_channel(const struct request *r, enum channel *ch)
{
	unsigned i;

	for (i = 0; i < N_CHANNELS; i++)
		if (json_is(r->d, json_get(r->d, r->sub, "type"), type_names[i])) {
			*ch = (enum channel)i;
			return true;
		}
	return false;
}

static bool wants_coin(enum channel ch)
{
	return ch == CH_CANDLE || ch == CH_BBO || ch == CH_BOOK || ch == CH_TRADES || ch == CH_CTX || ch == CH_ASSET_DATA;
}

static bool optional_bool(const struct request *r, const char *key, bool *to)
{
	const struct json *v = json_get(r->d, r->sub, key);

	return !v || v->type == JSON_NULL || json_bool(v, to);
}

/* Nobody is remembered for having been named in a request that is refused. */
static bool read_user(const struct request *r, struct sub *s)
{
	char text[64];

	if (!json_str(r->d, json_get(r->d, r->sub, "user"), text, sizeof text) || !address_parse(text, strlen(text), &s->user))
		return false;
	s->person = person_find(&r->x->people, &s->user);
	return true;
}

static bool read_dex(const struct request *r, struct sub *s)
{
	const struct json *v = json_get(r->d, r->sub, "dex");

	s->has_dex = v && v->type == JSON_STRING;
	return !v || v->type == JSON_NULL || json_str(r->d, v, s->dex, sizeof s->dex);
}

static enum verdict read_coin(const struct request *r, struct sub *s)
{
	char name[64], interval[16];

	if (!json_str(r->d, json_get(r->d, r->sub, "coin"), name, sizeof name))
		return INVALID;
	s->coin = coin_named(r->x, name);
	if (s->channel == CH_CANDLE) {
		if (!json_str(r->d, json_get(r->d, r->sub, "interval"), interval, sizeof interval))
			return INVALID;
		s->interval = interval_index(interval);
		if (s->interval < 0)
			return INVALID;
	}
	if (s->channel == CH_BOOK && (!book_grouping(r->d, r->sub, &s->figures, &s->mantissa) || (s->mantissa && s->figures != 5)))
		return DROPPED;
	return s->coin ? GOOD : DROPPED;
}

static enum verdict read_sub(const struct request *r, struct sub *s)
{
	*s = (struct sub){ .conn = r->conn };
	if (!r->sub || r->sub->type != JSON_OBJECT || !find_channel(r, &s->channel))
		return INVALID;
	if (per_user[s->channel] && !read_user(r, s))
		return INVALID;
	if (!optional_bool(r, "fast", &s->fast) || !optional_bool(r, "aggregateByTime", &s->aggregate) || !read_dex(r, s))
		return INVALID;
	return wants_coin(s->channel) ? read_coin(r, s) : dex_known(r->x, s->dex) ? GOOD : DROPPED;
}

static bool same_sub(const struct sub *a, const struct sub *b)
{
	return a->channel == b->channel && a->coin == b->coin && a->person == b->person && a->interval == b->interval
		&& a->figures == b->figures && a->mantissa == b->mantissa && a->fast == b->fast && a->aggregate == b->aggregate
		&& !strcmp(a->dex, b->dex);
}

static struct sub **find_sub(struct conn *c, const struct sub *like)
{
	struct sub **at;

	for (at = &c->subs; *at && !same_sub(*at, like); at = &(*at)->next)
		;
	return at;
}

/* ---- answers ---- */

static void answer(struct exchange *x, struct conn *c, const char *channel, struct jsonw *w)
{
	push_text(x, c, channel, NULL, w->out->data, w->out->len);
}

static void open_message(struct exchange *x, struct jsonw *w, const char *channel)
{
	buf_clear(&x->message);
	jsonw_init(w, &x->message, false);
	jsonw_object(w);
	jsonw_put_text(w, "channel", channel);
	jsonw_key(w, "data");
}

static void say_error(const struct request *r, const char *what, const char *json, size_t n)
{
	struct buf text = BUF_INIT;
	struct jsonw w;

	buf_adds(&text, what);
	buf_add(&text, json, n);
	open_message(r->x, &w, "error");
	jsonw_strn(&w, text.data, text.len);
	jsonw_end(&w);
	answer(r->x, r->conn, "error", &w);
	buf_release(&text);
}

static void say_about(const struct request *r, const char *what)
{
	const struct json *v = r->sub;

	if (v)
		say_error(r, what, r->text + v->start, v->end - v->start);
	else
		say_error(r, what, "{}", 2);
}

static void put_number_or_null(struct jsonw *w, const char *key, int v)
{
	jsonw_key(w, key);
	if (v)
		jsonw_i64(w, v);
	else
		jsonw_null(w);
}

/* The subscription in normal form, defaults filled in. */
static void put_sub(struct jsonw *w, const struct sub *s)
{
	jsonw_object(w);
	jsonw_put_text(w, "type", type_names[s->channel]);
	if (s->person)
		jsonw_put_text(w, "user", s->person->text);
	if (s->coin)
		jsonw_put_text(w, "coin", s->coin->asset.name);
	if (s->channel == CH_CANDLE)
		jsonw_put_text(w, "interval", clock_intervals[s->interval]);
	if (s->channel == CH_BOOK) {
		put_number_or_null(w, "nSigFigs", s->figures);
		put_number_or_null(w, "mantissa", s->mantissa);
		jsonw_key(w, "fast");
		jsonw_bool(w, s->fast);
	}
	if (s->channel == CH_FILLS) {
		jsonw_key(w, "aggregateByTime");
		jsonw_bool(w, s->aggregate);
	}
	if (s->has_dex) {
		jsonw_key(w, "dex");
		jsonw_str(w, s->dex);
	}
	jsonw_end(w);
}

static void acknowledge(const struct request *r, const char *method, const struct sub *s)
{
	struct jsonw w;

	open_message(r->x, &w, "subscriptionResponse");
	jsonw_object(&w);
	jsonw_put_text(&w, "method", method);
	jsonw_key(&w, "subscription");
	put_sub(&w, s);
	jsonw_end(&w);
	jsonw_end(&w);
	answer(r->x, r->conn, "subscriptionResponse", &w);
}

/* ---- subscribe, unsubscribe ---- */

static bool same_ip(const struct conn *a, const struct conn *b)
{
	const char *x = strrchr(a->peer, ':'), *y = strrchr(b->peer, ':');

	return x && y && x - a->peer == y - b->peer && !strncmp(a->peer, b->peer, (size_t)(x - a->peer));
}

/* Of an IP's subscriptions to a user the one that is counted. */
static const struct sub *first_sub(const struct person *p, const struct conn *like)
{
	unsigned i, ch;

	for (ch = 0; ch < N_CHANNELS; ch++)
		for (i = 0; i < p->subs[ch].n; i++)
			if (same_ip(p->subs[ch].at[i]->conn, like))
				return p->subs[ch].at[i];
	return NULL;
}

/* Distinct users that an IP's connections watch. */
static unsigned users_of(const struct exchange *x, const struct conn *like, const struct person *but)
{
	const struct conn *c;
	const struct sub *s;
	unsigned n = 0;

	for (c = x->conns; c; c = c->next)
		for (s = same_ip(c, like) ? c->subs : NULL; s; s = s->next)
			n += s->person && s->person != but && first_sub(s->person, like) == s;
	return n;
}

static unsigned subs_of(const struct exchange *x, const struct conn *like)
{
	const struct conn *c;
	unsigned n = 0;

	for (c = x->conns; c; c = c->next)
		n += same_ip(c, like) ? c->n_subs : 0;
	return n;
}

static bool within_limits(const struct request *r, const struct sub *s)
{
	struct exchange *x = r->x;
	struct buf text = BUF_INIT;
	char most[16];
	bool ok = true;

	if (!x->opt.limits)
		return true;
	if (subs_of(x, r->conn) >= limits_scaled(x->limits, HL_WS_SUBSCRIPTIONS)) {
		say_error(r, "Cannot have more subscriptions.", "", 0);
		return false;
	}
	if (per_user[s->channel] && users_of(x, r->conn, s->person) >= limits_scaled(x->limits, HL_WS_USERS)) {
		snprintf(most, sizeof most, "%u", limits_scaled(x->limits, HL_WS_USERS));
		hl_error_put(&text, HL_ERR_TOO_MANY_USERS, most);
		say_error(r, buf_cstr(&text), "", 0);
		ok = false;
	}
	buf_release(&text);
	return ok;
}

static void drop(const struct request *r)
{
	if (r->x->sink.drop)
		r->x->sink.drop(r->x->sink.arg, r->conn->id, 0);
	r->conn->silent = true;
}

static void late_or_first(struct exchange *x, struct sub *s)
{
	struct happening h = { .where = AT_SNAPSHOT, .kind = channel_names[s->channel], .class = "ws",
		.account = s->person ? s->person->text : NULL, .now_ms = venue_now(x->core) };
	const struct mishap *m = s->channel == CH_FILLS ? faults_strike(x->faults, &h) : NULL;

	if (!m) {
		push_first(x, s);
		return;
	}
	log_fault(x, m, h.kind, s->conn->id);
	s->late_ms = h.now_ms + m->ms;
	x->late++;
}

static void subscribe(const struct request *r)
{
	struct sub like, *s;
	enum verdict v = read_sub(r, &like);

	if (v == INVALID) {
		say_about(r, "Invalid subscription ");
		return;
	}
	if (v == DROPPED) {
		drop(r);
		return;
	}
	if (*find_sub(r->conn, &like)) {
		say_about(r, "Already subscribed: ");
		return;
	}
	if (!within_limits(r, &like))
		return;
	if (per_user[like.channel])
		like.person = person_of(&r->x->people, &like.user);
	s = xmalloc(sizeof *s);
	*s = like;
	link_sub(r->x, s);
	acknowledge(r, "subscribe", s);
	late_or_first(r->x, s);
}

static void unsubscribe(const struct request *r)
{
	struct sub like, **at;

	if (read_sub(r, &like) != GOOD) {
		say_about(r, "Invalid subscription ");
		return;
	}
	at = find_sub(r->conn, &like);
	if (!*at) {
		say_about(r, "Already unsubscribed: ");
		return;
	}
	acknowledge(r, "unsubscribe", *at);
	unlink_sub(r->x, at);
}

/* ---- posts ---- */

static void put_reply(struct jsonw *w, const struct asking *q, const struct exchange_reply *reply, const char *type)
{
	jsonw_object(w);
	jsonw_put_text(w, "type", reply->status != 200 ? "error" : q->action ? "action" : "info");
	jsonw_key(w, "payload");
	if (reply->status == 500) {	/* its body says nothing */
		jsonw_str(w, "500 Internal Server Error");
	} else if (reply->status != 200) {
		jsonw_strn(w, reply->body.len ? reply->body.data : "", reply->body.len);
	} else if (q->action) {
		w->after_key = false;
		buf_add(w->out, reply->body.data, reply->body.len);
	} else {
		jsonw_object(w);
		jsonw_put_text(w, "type", type);
		jsonw_key(w, "data");
		w->after_key = false;
		buf_add(w->out, reply->body.data, reply->body.len);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void reply_to_post(const struct request *r, int64_t id, const struct asking *q, struct exchange_reply *reply, const char *type,
			  enum fault_kind struck)
{
	struct exchange *x = r->x;
	struct jsonw w;

	pushes_flush(x);
	if (reply->drop) {
		drop(r);
		return;
	}
	if (struck == FAULT_no_post_answer)
		return;
	open_message(x, &w, "post");
	jsonw_object(&w);
	put_int(&w, "id", id);
	jsonw_key(&w, "response");
	put_reply(&w, q, reply, type);
	jsonw_end(&w);
	jsonw_end(&w);
	if (reply->delay_ms && x->sink.text)
		x->sink.text(x->sink.arg, r->conn->id, x->message.data, x->message.len, reply->delay_ms);
	else
		answer(x, r->conn, "post", &w);
	if (struck == FAULT_dup_response_ws)
		answer(x, r->conn, "post", &w);
}

static bool post(const struct request *r)
{
	const struct json *request = json_get(r->d, r->d->tok, "request"), *payload = json_get(r->d, request, "payload");
	struct asking q = { .socket = true, .peer = r->conn->peer };
	struct exchange_reply reply = { 0 };
	char type[48] = "";
	int64_t id;

	if (!json_i64(r->d, json_get(r->d, r->d->tok, "id"), &id) || !payload || payload->type != JSON_OBJECT)
		return false;
	q.action = json_is(r->d, json_get(r->d, request, "type"), "action");
	if (!q.action && !json_is(r->d, json_get(r->d, request, "type"), "info"))
		return false;
	json_str(r->d, json_get(r->d, payload, "type"), type, sizeof type);
	q.text = r->text + payload->start;
	q.len = payload->end - payload->start;
	request_answer(r->x, &q, &reply);
	reply_to_post(r, id, &q, &reply, type, q.struck ? q.struck->what : N_FAULT_KINDS);
	buf_release(&reply.body);
	return true;
}

/* ---- messages ---- */

static bool obey(struct request *r)
{
	const struct json *method = json_get(r->d, r->d->tok, "method");

	r->sub = json_get(r->d, r->d->tok, "subscription");
	if (json_is(r->d, method, "ping"))
		push_text(r->x, r->conn, "pong", NULL, "{\"channel\":\"pong\"}", 18);
	else if (json_is(r->d, method, "subscribe") && r->sub)
		subscribe(r);
	else if (json_is(r->d, method, "unsubscribe") && r->sub)
		unsubscribe(r);
	else
		return json_is(r->d, method, "post") && post(r);
	return true;
}

void exchange_text(struct exchange *x, uint64_t id, const char *text, size_t n)
{
	struct json_doc d = { 0 };
	struct request r = { .x = x, .conn = conn_find(x, id), .d = &d, .text = text, .len = n };

	if (!r.conn || r.conn->silent)
		return;
	log_text(x, "message", "ws", NULL, NULL, id, text, n);
	push_held(x, r.conn);
	if (x->opt.limits && !limits_message(x->limits, r.conn->peer, venue_now(x->core)))
		say_error(&r, "Too many messages sent.", "", 0);
	else if (!json_parse(&d, text, n, NULL) || d.tok->type != JSON_OBJECT || !obey(&r))
		say_error(&r, "Error parsing JSON into valid websocket request: ", text, n);
	json_release(&d);
	pushes_flush(x);
}
