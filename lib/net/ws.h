/* SPDX-License-Identifier: MIT
 * WebSocket client: a connection that comes back by itself. Whole text messages in, text messages out.
 *
 * It connects, and after every end connects again: after back-off (0.5 s, doubled up to 30 s, each ±25 %; from the start again once
 * a connection has lived for a minute), and never more than 30 times a minute of clock_ms() over all connections of the process.
 * A peer that sends no frame at all for idle_ms is dead. Every ping_ms it gets the exchange's own ping, a text message. */
#ifndef OCQ_NET_WS_H
#define OCQ_NET_WS_H

#include "base/err.h"
#include "net/loop.h"

/* 0 or NULL takes the default. */
struct ws_options {
	const char *url;	/* ws://host[:port]/path or wss:// */
	const char *ca_file;	/* PEM; default: the system's */
	const char *ping;	/* {"method":"ping"}; "": none */
	int ping_ms;		/* 20,000 */
	int idle_ms;		/* 60,000 */
	int connect_ms;		/* until the upgrade is answered: 10,000 */
	int backoff_min_ms;	/* 500 */
	int backoff_max_ms;	/* 30,000 */
	unsigned per_minute;	/* 30 */
	size_t message_max;	/* 16 MiB: a longer message ends the connection */
	size_t queue_max;	/* bytes waiting to be sent: 1 MiB */
};

/* Any may be NULL. None is called from within ws_open() or ws_send(). All but ws_free() may be called from them. */
struct ws_handlers {
	void (*opened)(void *arg);				/* connected: subscribe again */
	void (*text)(void *arg, const char *text, size_t n);	/* valid during the call; UTF-8 is for the JSON reader to check */
	void (*closed)(void *arg, const char *why);		/* after opened(): the connection is gone, another will follow */
};

struct ws_stats {
	uint64_t attempts, connects, disconnects;
	uint64_t messages, bytes;	/* received, since ws_open() */
	int64_t connected_ms, disconnected_ms, error_ms;	/* clock_ms() of the last one; 0: never */
	int64_t frame_ns;		/* clock_mono_ns() of the last read that had something; 0: never */
	unsigned close_code;		/* the peer's last close code, 1006: it left without, 0: none yet */
	char error[200];		/* last reason for a failed attempt or a disconnect */
};

/* NULL with *e when the URL is wrong or the CA file cannot be read; anything else is an attempt that fails and is repeated. */
struct ws *ws_open(struct loop *l, const struct ws_options *o, const struct ws_handlers *h, void *arg, struct errmsg *e) MUST_USE;
void ws_free(struct ws *w);	/* closes; no handler is called any more; NULL is nothing */

/* False: not connected, or queue_max would be passed. Sent in order. What was queued when a connection ends is dropped. */
bool ws_send(struct ws *w, const char *text, size_t n) MUST_USE;
bool ws_connected(const struct ws *w);
/* Leaves the connection, calling closed(), and connects again at once, within 30 a minute. */
void ws_restart(struct ws *w);
const struct ws_stats *ws_stats(const struct ws *w);

#endif
