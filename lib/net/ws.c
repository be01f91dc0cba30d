/* SPDX-License-Identifier: MIT
 * WebSocket client: libcurl makes the connection (name, TCP, TLS), the protocol over it is ours (frame.h). */
#include "net/ws.h"

#include "base/clock.h"
#include "net/frame.h"
#include "net/head.h"
#include "net/multi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define READ_SIZE (256u << 10)
#define READS_AT_ONCE 32	/* of a TLS connection, which gives 16 KiB at a time; then others have their turn */
#define RECORD_SIZE (16u << 10)
#define STEADY_MS 60000		/* a connection that has lived so long ends the back-off */
#define MINUTE_MS 60000
#define LOOK_MS 100		/* how often a wait for clock_ms(), which may be simulated, looks at it */

enum ws_stage { WS_WAITING, WS_CONNECTING, WS_UPGRADING, WS_OPEN };

struct ws {
	struct loop *loop;
	struct multi *multi;
	struct ws_options o;
	struct ws_handlers on;
	void *arg;
	char *url, *http_url, *path, *host;
	enum ws_stage stage;
	CURL *easy;
	curl_socket_t fd;
	char error[CURL_ERROR_SIZE];
	char accept[29];		/* what the server must answer */
	struct frames rx;
	size_t seen;
	struct buf out;
	size_t sent;
	char record[RECORD_SIZE];	/* of out, while it is being sent */
	size_t record_len;
	struct loop_timer retry, ping, idle, again;
	int backoff_ms;
	int64_t opened_ns;
	struct ws_stats stats;
	bool inside;			/* in read_more(): an end waits until it is left */
	char end[200];			/* why, once it is to end */
	bool restart;
};

static void attempt(void *arg);

/* ---- random bytes ---- */

/* Masks need to be such that nobody foresees them; a system call for each would be the most expensive part of sending. */
static void random_bytes(unsigned char *dst, size_t n)
{
	static unsigned char pool[512];
	static size_t left;

	if (left < n) {
		if (getrandom(pool, sizeof pool, 0) != (ssize_t)sizeof pool)
			die_sys(EX_RETRY, "no random numbers");
		left = sizeof pool;
	}
	left -= n;
	memcpy(dst, pool + left, n);
}

/* ---- when to connect ---- */

enum { ATTEMPTS = 256 };

/* Of all connections of the process, in clock_ms(), since the venue counts by address. */
static int64_t attempt_ms[ATTEMPTS];
static unsigned attempts;

/* Whether per_minute still allows one now, and notes it. */
static bool may_attempt(unsigned per_minute)
{
	unsigned limit = per_minute < ATTEMPTS ? per_minute : ATTEMPTS;
	int64_t now = clock_ms(), before = attempts >= limit ? attempt_ms[(attempts - limit) % ATTEMPTS] : now - MINUTE_MS;

	if (now - before < MINUTE_MS && before <= now)
		return false;
	attempt_ms[attempts++ % ATTEMPTS] = now;
	return true;
}

/* A quarter less to a quarter more, so that the clients of one server do not come back together. */
static int with_jitter(int ms)
{
	uint16_t r;

	random_bytes((unsigned char *)&r, sizeof r);
	return ms - ms / 4 + (int)((int64_t)(ms / 2) * r / UINT16_MAX);
}

static void wait_for_retry(struct ws *w)
{
	int64_t lived = w->opened_ns ? (clock_mono_ns() - w->opened_ns) / 1000000 : 0;

	if (!w->backoff_ms || lived >= STEADY_MS)
		w->backoff_ms = w->o.backoff_min_ms;
	loop_after(w->loop, &w->retry, w->restart ? 0 : with_jitter(w->backoff_ms), attempt, w);
	if (!w->restart)
		w->backoff_ms = w->backoff_ms * 2 < w->o.backoff_max_ms ? w->backoff_ms * 2 : w->o.backoff_max_ms;
	w->restart = false;
}

/* ---- the end of a connection ---- */

static void disconnect(struct ws *w)
{
	loop_cancel(w->loop, &w->retry);
	loop_cancel(w->loop, &w->ping);
	loop_cancel(w->loop, &w->idle);
	loop_cancel(w->loop, &w->again);
	if (!w->easy)
		return;
	if (w->stage >= WS_UPGRADING)
		loop_fd_drop(w->loop, w->fd);
	multi_drop(w->multi, w->easy);
	curl_easy_cleanup(w->easy);
	w->easy = NULL;
}

static void end(struct ws *w)
{
	bool was_open = w->stage == WS_OPEN;

	disconnect(w);
	w->stage = WS_WAITING;
	snprintf(w->stats.error, sizeof w->stats.error, "%s", w->end);
	*w->end = '\0';
	w->stats.error_ms = clock_ms();
	if (was_open) {
		w->stats.disconnects++;
		w->stats.disconnected_ms = w->stats.error_ms;
		if (!w->stats.close_code)
			w->stats.close_code = CLOSE_ABNORMAL;
	}
	wait_for_retry(w);
	w->opened_ns = 0;
	if (was_open && w->on.closed)
		w->on.closed(w->arg, w->stats.error);
}

/* Within read_more() frames are still being looked at. */
static void end_with(struct ws *w, const char *why)
{
	if (!*w->end)
		snprintf(w->end, sizeof w->end, "%s", why);
	if (!w->inside)
		end(w);
}

static void end_now(void *arg)
{
	end(arg);
}

/* ---- sending ---- */

/* TLS wants to see the very same bytes again, at the same place, after a write that could not be done. */
static bool flush(struct ws *w)
{
	CURLcode result = CURLE_OK;
	size_t n;

	while (w->sent < w->out.len && result == CURLE_OK) {
		if (!w->record_len) {
			w->record_len = w->out.len - w->sent < RECORD_SIZE ? w->out.len - w->sent : RECORD_SIZE;
			memcpy(w->record, w->out.data + w->sent, w->record_len);
		}
		result = curl_easy_send(w->easy, w->record, w->record_len, &n);
		if (result == CURLE_OK) {
			w->sent += n;
			w->record_len = 0;
		}
	}
	if (w->sent == w->out.len) {
		buf_clear(&w->out);
		w->sent = 0;
	}
	loop_fd_events(w->loop, w->fd, w->out.len ? POLLIN | POLLOUT : POLLIN);
	return result == CURLE_OK || result == CURLE_AGAIN;
}

static void put(struct ws *w, enum frame_op op, const char *text, size_t n)
{
	unsigned char mask[4];

	random_bytes(mask, sizeof mask);
	frame_put(&w->out, op, true, text, n, mask);
}

/* A failure is found by the loop: nobody's connection ends while he sends. */
static void send_out(struct ws *w)
{
	if (!flush(w) && !*w->end) {
		snprintf(w->end, sizeof w->end, "cannot be sent to");
		if (!w->inside)
			loop_after(w->loop, &w->again, 0, end_now, w);
	}
}

bool ws_send(struct ws *w, const char *text, size_t n)
{
	if (w->stage != WS_OPEN || *w->end || w->out.len - w->sent + n > w->o.queue_max)
		return false;
	put(w, FRAME_TEXT, text, n);
	send_out(w);
	return true;
}

/* ---- timers of an open connection ---- */

static void ping(void *arg)
{
	struct ws *w = arg;

	loop_after(w->loop, &w->ping, w->o.ping_ms, ping, w);
	if (!ws_send(w, w->o.ping, strlen(w->o.ping)) && !*w->end)
		end_with(w, "does not read what it is sent");
}

static void idle(void *arg)
{
	struct ws *w = arg;
	int64_t left_ms = w->o.idle_ms - (clock_mono_ns() - w->stats.frame_ns) / 1000000;

	if (left_ms <= 0)
		end_with(w, "silent for too long");
	else
		loop_after(w->loop, &w->idle, left_ms, idle, w);
}

static void upgrade_late(void *arg)
{
	end_with(arg, "no answer to the upgrade");
}

/* ---- receiving ---- */

static void opened(struct ws *w)
{
	w->stage = WS_OPEN;
	w->opened_ns = clock_mono_ns();
	w->stats.connects++;
	w->stats.connected_ms = clock_ms();
	w->stats.close_code = 0;
	loop_after(w->loop, &w->idle, w->o.idle_ms, idle, w);
	if (*w->o.ping)
		loop_after(w->loop, &w->ping, w->o.ping_ms, ping, w);
	if (w->on.opened)
		w->on.opened(w->arg);
}

/* True: there may be frames. */
static bool take_upgrade(struct ws *w)
{
	size_t size = head_size(w->rx.in.data + w->rx.at, w->rx.in.len - w->rx.at, &w->seen);
	struct buf text = BUF_INIT;
	struct head h;

	if (!size) {
		if (w->rx.in.len - w->rx.at > HEAD_MAX)
			end_with(w, "no WebSocket server: too long an answer to the upgrade");
		return false;
	}
	buf_add(&text, w->rx.in.data + w->rx.at, size);
	buf_cstr(&text);
	w->rx.at += size;
	if (!head_response(text.data, size, &h))
		end_with(w, "no WebSocket server: the answer to the upgrade is no HTTP");
	else if (h.status != 101)
		snprintf(w->end, sizeof w->end, "upgrade refused with status %d", h.status);
	else if (!h.websocket || strcmp(h.accept, w->accept) != 0)
		end_with(w, "no WebSocket server: the upgrade is not answered as it should be");
	else
		opened(w);
	buf_release(&text);
	return !*w->end;
}

static void take_close(struct ws *w, const char *text, size_t n)
{
	w->stats.close_code = frame_close_code(text, n);
	put(w, FRAME_CLOSE, text, n < 2 ? 0 : 2);
	send_out(w);
	snprintf(w->end, sizeof w->end, "closed by the peer with code %u%s%.*s", w->stats.close_code, n > 2 ? ": " : "",
		 n > 2 ? (int)(n - 2) : 0, n > 2 ? text + 2 : "");
}

static void take_frames(struct ws *w)
{
	const char *text;
	size_t n;
	int op;

	while (!*w->end && (op = frames_next(&w->rx, &text, &n))) {
		if (op < 0) {
			end_with(w, w->rx.bad == CLOSE_TOO_BIG ? "sent a message that is too long" : "broke the protocol");
		} else if (op == FRAME_TEXT) {
			w->stats.messages++;
			if (w->on.text)
				w->on.text(w->arg, text, n);
		} else if (op == FRAME_PING) {
			if (w->out.len - w->sent <= w->o.queue_max)
				put(w, FRAME_PONG, text, n);
			send_out(w);
		} else if (op == FRAME_CLOSE) {
			take_close(w, text, n);
		}
	}
}

/* False: nothing was there. */
static bool read_some(struct ws *w, size_t *n)
{
	char *room = frames_room(&w->rx, READ_SIZE);
	CURLcode result = curl_easy_recv(w->easy, room, w->rx.in.cap - w->rx.in.len, n);

	if (result == CURLE_AGAIN)
		return false;
	if (result != CURLE_OK || *n == 0) {
		end_with(w, result == CURLE_OK ? "left without a close frame" : "connection lost");
		return false;
	}
	w->rx.in.len += *n;
	w->stats.bytes += *n;
	return true;
}

/* A plain socket that still has something says so in the next turn, so there is one read per turn; TLS keeps bytes of its own
 * back, which only a further read shows. */
static void read_more(void *arg)
{
	struct ws *w = arg;
	bool tls = w->http_url[4] == 's';
	size_t n = 0;
	int i;

	w->inside = true;
	for (i = 0; i < READS_AT_ONCE && !*w->end && read_some(w, &n); i++) {
		w->stats.frame_ns = clock_mono_ns();
		if (w->stage == WS_OPEN || take_upgrade(w))
			take_frames(w);
		if (!tls)
			break;
	}
	w->inside = false;
	if (*w->end)
		end(w);
	else if (tls && i == READS_AT_ONCE)
		loop_after(w->loop, &w->again, 0, read_more, w);
}

static void socket_ready(void *arg, short revents)
{
	struct ws *w = arg;

	if (revents & POLLOUT)
		send_out(w);
	if (revents & (POLLIN | POLLERR | POLLHUP))
		read_more(w);
}

/* ---- connecting ---- */

static void ask_upgrade(struct ws *w)
{
	unsigned char nonce[18] = { 0 };
	char key[25];

	random_bytes(nonce, 16);
	frame_base64(key, nonce, sizeof nonce);
	key[22] = key[23] = '=';
	frame_accept(w->accept, key, 24);
	buf_clear(&w->out);
	w->sent = w->record_len = 0;
	buf_addf(&w->out, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: ocq/%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		 "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n", w->path, w->host, OCQ_VERSION, key);
	send_out(w);
}

static void connected(void *arg, CURL *easy, CURLcode result)
{
	struct ws *w = arg;
	char why[200];

	if (result == CURLE_OK)
		result = curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &w->fd);
	if (result != CURLE_OK) {
		multi_why(why, sizeof why, w->url, result, w->error);
		end_with(w, why);
		return;
	}
	w->stage = WS_UPGRADING;
	frames_release(&w->rx);
	w->seen = 0;
	loop_fd(w->loop, w->fd, POLLIN, socket_ready, w);
	loop_after(w->loop, &w->idle, w->o.connect_ms, upgrade_late, w);
	ask_upgrade(w);
}

static void attempt(void *arg)
{
	struct ws *w = arg;

	if (!may_attempt(w->o.per_minute)) {
		loop_after(w->loop, &w->retry, LOOK_MS, attempt, w);
		return;
	}
	w->stats.attempts++;
	w->stage = WS_CONNECTING;
	w->easy = multi_easy(w->http_url, w->o.ca_file, w->o.connect_ms, w->error);
	curl_easy_setopt(w->easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(w->easy, CURLOPT_BUFFERSIZE, (long)READ_SIZE);	/* it reads no more at a time */
	multi_add(w->multi, w->easy);
}

/* ---- client ---- */

/* ws://host:port/path: the same for libcurl, and the parts that the upgrade names. */
static bool read_url(struct ws *w, struct errmsg *e)
{
	bool tls = strncmp(w->url, "wss://", 6) == 0;
	const char *host = w->url + (tls ? 6 : 5), *path;
	struct buf b = BUF_INIT;

	if (!tls && strncmp(w->url, "ws://", 5) != 0)
		return errmsg_set(e, "%s: not a WebSocket URL: want ws://host/path or wss://host/path", w->url);
	path = host + strcspn(host, "/?#");
	if (path == host || strpbrk(w->url, " \t\r\n#") || memchr(host, '@', (size_t)(path - host)))
		return errmsg_set(e, "%s: not a WebSocket URL", w->url);
	w->host = xstrndup(host, (size_t)(path - host));
	buf_addf(&b, "%s%s", *path == '/' ? "" : "/", path);
	w->path = xstrdup(buf_cstr(&b));
	buf_clear(&b);
	buf_addf(&b, "%s://%s%s", tls ? "https" : "http", w->host, w->path);
	w->http_url = xstrdup(buf_cstr(&b));
	buf_release(&b);
	return true;
}

static void set_defaults(struct ws_options *o)
{
	o->ping = xstrdup(o->ping ? o->ping : "{\"method\":\"ping\"}");
	o->ca_file = o->ca_file ? xstrdup(o->ca_file) : NULL;
	o->ping_ms = o->ping_ms ? o->ping_ms : 20000;
	o->idle_ms = o->idle_ms ? o->idle_ms : 60000;
	o->connect_ms = o->connect_ms ? o->connect_ms : 10000;
	o->backoff_min_ms = o->backoff_min_ms ? o->backoff_min_ms : 500;
	o->backoff_max_ms = o->backoff_max_ms ? o->backoff_max_ms : 30000;
	o->per_minute = o->per_minute ? o->per_minute : 30;
	o->message_max = o->message_max ? o->message_max : 16u << 20;
	o->queue_max = o->queue_max ? o->queue_max : 1u << 20;
}

static void release(struct ws *w)
{
	if (w->multi)
		multi_free(w->multi);
	frames_release(&w->rx);
	buf_release(&w->out);
	free((char *)w->o.ping);
	free((char *)w->o.ca_file);
	free(w->url);
	free(w->http_url);
	free(w->path);
	free(w->host);
	free(w);
}

struct ws *ws_open(struct loop *l, const struct ws_options *o, const struct ws_handlers *h, void *arg, struct errmsg *e)
{
	struct ws *w = xcalloc(1, sizeof *w);

	*w = (struct ws){ .loop = l, .o = *o, .on = *h, .arg = arg, .url = xstrdup(o->url) };
	set_defaults(&w->o);
	w->rx.max = w->o.message_max;
	if (!read_url(w, e) || !multi_ca_ok(w->o.ca_file, e)) {
		release(w);
		return NULL;
	}
	w->multi = multi_new(l, connected, w);
	loop_after(l, &w->retry, 0, attempt, w);
	return w;
}

void ws_free(struct ws *w)
{
	if (!w)
		return;
	if (w->stage == WS_OPEN) {
		put(w, FRAME_CLOSE, "\x03\xe8", 2);
		send_out(w);
	}
	disconnect(w);
	release(w);
}

bool ws_connected(const struct ws *w) { return w->stage == WS_OPEN && !*w->end; }

void ws_restart(struct ws *w)
{
	if (w->stage == WS_OPEN && !*w->end) {
		put(w, FRAME_CLOSE, "\x03\xe8", 2);
		send_out(w);
	}
	w->restart = true;
	if (w->stage == WS_WAITING)
		wait_for_retry(w);
	else
		end_with(w, "restarted");
}

const struct ws_stats *ws_stats(const struct ws *w) { return &w->stats; }
