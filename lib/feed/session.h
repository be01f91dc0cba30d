/* SPDX-License-Identifier: MIT
 * The WebSocket session with the exchange: subscriptions that follow what the collector follows, within the exchange's
 * limits; its messages into the collector; pings that prove that a connection is not frozen (docs/market-data.md
 * "Connection"). */
#ifndef OCQ_FEED_SESSION_H
#define OCQ_FEED_SESSION_H

#include "feed/collect.h"
#include "feed/symbols.h"
#include "net/ws.h"

enum {
	SUBSCRIPTIONS_MAX = 1000, USERS_MAX = 10,	/* of an address, over all its connections */
	SENT_PER_MINUTE = 1900,				/* of the 2000 messages that may be sent */
	PONG_LATE_MS = 10000,				/* the connection is given up when a pong takes longer */
};

struct session_options {
	const char *url, *ca_file;	/* ca_file NULL: the system's */
	bool limits;			/* keep the exchange's limits */
};

/* A user's rows as the exchange sent them, for the socket protocol. */
enum user_events { USER_FILLS, USER_ORDERS, USER_FUNDINGS, USER_LEDGER, N_USER_EVENTS };

struct session_handlers {
	void (*taken)(void *arg);	/* a message has been put where it belongs */
	void (*user_event)(void *arg, enum user_events kind, const char *json, size_t len);
};

struct session *session_new(struct loop *l, const struct session_options *o, struct collect *c, const struct session_handlers *h,
		void *arg,
			    struct errmsg *e);
void session_free(struct session *s);

/* Subscribes to what the collector follows now, and to the channels of these users; to the rest no more. Returns how many
 * subscriptions that are beyond the limit: the last ones are left out. */
unsigned session_refresh(struct session *s, const struct symbol_list *users);
void session_ping(struct session *s);
void session_turn(struct session *s);	/* often: late pongs, subscriptions that wait */
void session_restart(struct session *s);
struct ws *session_ws(struct session *s);

struct session_stats { uint64_t messages, bad, refused; unsigned subscriptions, waiting; };
const struct session_stats *session_stats(const struct session *s);

#endif
