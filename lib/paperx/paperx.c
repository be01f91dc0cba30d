/* SPDX-License-Identifier: MIT
 * The sockets: requests to the exchange and answers back, now or later. */
#include "paperx/paperx.h"

#include "base/clock.h"
#include "paperx/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUIET_NS INT64_C(60000000000)
#define SWEEP_MS 2000

/* ---- what leaves later ---- */

static struct client *client_of(const struct paperx *p, uint64_t id)
{
	struct client *c;

	for (c = p->clients; c && c->id != id; c = c->next)
		;
	return c;
}

static void release_held(struct held *h)
{
	if ((*h->at = h->next))
		h->next->at = h->at;
	buf_release(&h->reply.body);
	free(h);
}

static void reply_now(struct server_request *r, const struct exchange_reply *reply)
{
	if (reply->drop)
		server_drop(r, false);
	else
		server_reply(r, reply->status, reply->type, reply->body.data, reply->body.len);
}

static void held_is_due(void *held)
{
	struct held *h = held;
	struct client *c;

	if (h->request)
		reply_now(h->request, &h->reply);
	else if ((c = client_of(h->p, h->client)))
		server_send(c->conn, h->reply.body.data, h->reply.body.len);
	release_held(h);
}

static struct held *hold_back(struct paperx *p, int64_t ms)
{
	struct held *h = xcalloc(1, sizeof *h);

	h->p = p;
	h->at = &p->held;
	h->next = p->held;
	if (h->next)
		h->next->at = &h->next;
	p->held = h;
	loop_after(p->loop, &h->timer, ms, held_is_due, h);
	return h;
}

/* ---- what the exchange has to say ---- */

static void send_text(void *paperx, uint64_t id, const char *text, size_t n, int64_t delay_ms)
{
	struct paperx *p = paperx;
	struct client *c = client_of(p, id);
	struct held *h;

	if (!c || p->failed)
		return;
	c->sent_ns = clock_mono_ns();
	if (!delay_ms) {
		server_send(c->conn, text, n);
		return;
	}
	h = hold_back(p, delay_ms);
	h->client = id;
	buf_add(&h->reply.body, text, n);
}

static void drop_client(void *paperx, uint64_t id, int code)
{
	struct client *c = client_of(paperx, id);

	if (c && code > 0)
		server_conn_close(c->conn, (unsigned)code);
	else if (c)
		server_conn_drop(c->conn, false);
}

static void tear_client(void *paperx, uint64_t id, const char *text, size_t n)
{
	struct client *c = client_of(paperx, id);

	if (c)
		server_conn_tear(c->conn, text, n);
}

static void freeze_client(void *paperx, uint64_t id)
{
	struct client *c = client_of(paperx, id);

	if (!c)
		return;
	server_conn_freeze(c->conn, true);
	pace_gone(paperx, c);
}

static void write_log(void *paperx, const char *line, size_t n)
{
	struct paperx *p = paperx;

	out_add(&p->out, line, n);
}

static void flush_log(void *paperx)
{
	struct paperx *p = paperx;

	out_flush(&p->out);
}

/* ---- HTTP ---- */

static const char *within(const struct paperx *p, const char *path)
{
	size_t n = p->o.prefix ? strlen(p->o.prefix) : 0;

	return n && !strncmp(path, p->o.prefix, n) ? path + n : n ? "" : path;
}

static void request(void *paperx, struct server_request *r)
{
	struct paperx *p = paperx;
	struct exchange_ask a = { r->method, within(p, r->path), r->type, r->body, r->len, r->peer };
	struct exchange_reply reply;
	struct held *h;

	pace_tick(p);
	exchange_http(p->x, &a, &reply);
	if (p->failed)
		reply.drop = true;
	if (reply.delay_ms <= 0) {
		reply_now(r, &reply);
		buf_release(&reply.body);
		return;
	}
	h = hold_back(p, reply.delay_ms);
	h->request = r;
	h->reply = reply;
}

/* ---- WebSocket ---- */

static int upgrade(void *paperx, const char *path, const char *peer)
{
	struct paperx *p = paperx;

	pace_tick(p);
	return exchange_upgrade(p->x, within(p, path), peer);
}

static void opened(void *paperx, struct server_conn *conn)
{
	struct paperx *p = paperx;
	struct client *c = xcalloc(1, sizeof *c);

	c->id = ++p->next_client;
	c->conn = conn;
	c->p = p;
	c->sent_ns = clock_mono_ns();
	c->next = p->clients;
	p->clients = c;
	conn->user = c;
	exchange_opened(p->x, c->id, conn->peer);
}

static void text(void *paperx, struct server_conn *conn, const char *s, size_t n)
{
	struct paperx *p = paperx;
	struct client *c = conn->user;

	pace_tick(p);
	exchange_text(p->x, c->id, s, n);
	pace_look(p);
}

static void pong(void *paperx, struct server_conn *conn, uint64_t cookie)
{
	pace_pong(paperx, conn->user, cookie);
}

static void closed(void *paperx, struct server_conn *conn, unsigned code)
{
	struct paperx *p = paperx;
	struct client *c = conn->user, **at;

	(void)code;
	pace_gone(p, c);
	exchange_closed(p->x, c->id);
	for (at = &p->clients; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	free(c);
}

/* The exchange closes a socket that it has had nothing to send to for a minute. */
static void sweep(void *paperx)
{
	struct paperx *p = paperx;
	struct client *c, *next;

	for (c = p->o.exchange.limits ? p->clients : NULL; c; c = next) {
		next = c->next;
		if (clock_mono_ns() - c->sent_ns > QUIET_NS)
			server_conn_close(c->conn, 1000);
	}
	loop_after(p->loop, &p->sweep, SWEEP_MS, sweep, p);
}

/* ---- control ---- */

static void control_line(void *paperx, struct unix_peer *peer, const char *line, size_t n)
{
	struct paperx *p = paperx;
	struct buf answer = BUF_INIT;

	pace_tick(p);
	if (!pace_control(p, line, n, &answer) && !exchange_control(p->x, line, n, &answer))
		buf_adds(&answer, "{\"error\":\"no such request\"}");
	pace_tick(p);
	if (!p->failed)
		unix_send(peer, answer.data, answer.len);
	buf_release(&answer);
}

/* ---- beginning and end ---- */

/* What is wrong, said with where. */
static bool blame(struct errmsg *e, const char *where)
{
	struct errmsg what = *e;

	return errmsg_set(e, "%s: %s", where, what.text);
}

struct exchange *paperx_make(struct paperx *p, const struct exchange_sink *sink, struct errmsg *e, int *status)
{
	struct exchange *x = exchange_new(&p->o.exchange, sink, e);
	char address[64];
	const char *usd;
	unsigned i;
	bool ok = x || blame(e, "--market");

	*status = ok ? EX_USAGE : EX_DATA;
	for (i = 0; ok && i < p->o.n_accounts; i++) {
		usd = strchr(p->o.accounts[i], '=');
		if (!usd || (size_t)(usd - p->o.accounts[i]) >= sizeof address) {
			ok = errmsg_set(e, "\"%s\" is not ADDRESS=USD", p->o.accounts[i]);
			break;
		}
		memcpy(address, p->o.accounts[i], (size_t)(usd - p->o.accounts[i]));
		address[usd - p->o.accounts[i]] = 0;
		ok = exchange_account(x, address, usd + 1, e);
	}
	if (ok && p->o.setup_text) {
		*status = EX_DATA;
		ok = exchange_setup(x, p->o.setup_text, strlen(p->o.setup_text), e) || blame(e, "--setup");
	}
	if (ok)
		return x;
	exchange_free(x);
	return NULL;
}

/* All that the state at the start follows from. */
static void describe_start(struct paperx *p)
{
	const struct exchange_options *o = &p->o.exchange;
	unsigned i;

	buf_addf(&p->start, "%d %llu %d %d %g %d %d\n%s\n", (int)o->network, (unsigned long long)o->rules.seed, o->any_nonce_time,
		 o->limits, o->limit_scale, o->refuse_builder_fee, (int)p->o.time, o->market ? o->market : "");
	if (p->o.path)
		path_describe(p->o.path, &p->start);
	for (i = 0; i < p->o.n_accounts; i++)
		buf_addf(&p->start, "%s\n", p->o.accounts[i]);
	buf_adds(&p->start, p->o.setup_text ? p->o.setup_text : "");
}

static bool start_exchange(struct paperx *p, struct errmsg *e, int *status)
{
	struct exchange_sink sink = { p, send_text, drop_client, tear_client, freeze_client, write_log, keep_input, keep_stale };

	if (!keep_peek(p, e, status))
		return false;
	p->x = paperx_make(p, &sink, e, status);
	if (!p->x)
		return false;
	if (p->o.path)
		path_attach(p->o.path, p->x);
	describe_start(p);
	if (!keep_open(p, e, status))
		return false;
	*status = EX_DATA;
	return !p->o.faults_text || exchange_faults_load(p->x, p->o.faults_text, strlen(p->o.faults_text), e) || blame(e, "--faults");
}

static bool start_sockets(struct paperx *p, struct errmsg *e, int *status)
{
	struct server_options so = { .port = p->o.port, .connections = 2048 };
	struct server_handlers sh = { request, upgrade, opened, text, pong, closed };
	struct unix_handlers uh = { .line = control_line };

	*status = EX_RETRY;
	p->server = server_new(p->loop, &so, &sh, p, e);
	if (!p->server)
		return false;
	if (p->o.control)
		p->control = unix_listen(p->loop, p->o.control, NULL, &uh, p, e);
	return !p->o.control || p->control;
}

static void announce(struct paperx *p)
{
	const char *prefix = p->o.prefix ? p->o.prefix : "";
	struct buf line = BUF_INIT;

	buf_addf(&line, "{\"type\":\"listening\",\"url\":\"http://127.0.0.1:%u%s\",\"ws\":\"ws://127.0.0.1:%u%s/ws\",\"network\":\"%s\"}\n",
		 server_port(p->server), prefix, server_port(p->server), prefix, hl_network_name(p->o.exchange.network));
	out_add(&p->out, line.data, line.len);
	out_flush(&p->out);
	buf_release(&line);
}

static void end(struct paperx *p)
{
	if (p->control)
		unix_free(p->control);
	feed_end(p);
	while (p->held) {
		loop_cancel(p->loop, &p->held->timer);
		if (p->held->request)
			server_drop(p->held->request, false);
		release_held(p->held);
	}
	if (p->server)
		server_free(p->server);
	loop_cancel(p->loop, &p->tick);
	loop_cancel(p->loop, &p->sweep);
	keep_close(p);
	exchange_free(p->x);
	buf_release(&p->start);
	loop_free(p->loop);
}

int paperx_run(const struct paperx_options *o, struct errmsg *e)
{
	struct paperx p = { .o = *o };
	int status = EX_OK;

	*e->text = 0;
	p.loop = loop_new();
	out_fd(&p.out, STDOUT_FILENO, "stdout");
	if (start_exchange(&p, e, &status) && start_sockets(&p, e, &status)) {
		loop_before_wait(p.loop, flush_log, &p);
		feed_begin(&p);
		pace_begin(&p);
		sweep(&p);
		announce(&p);
		status = loop_run(p.loop);
		out_flush(&p.out);
	}
	end(&p);
	out_close(&p.out);
	return status;
}
