/* SPDX-License-Identifier: MIT
 * The socket protocol: one JSON request a line, one JSON answer a line, in order; any number of clients
 * (docs/market-data.md "Socket"). It knows no sockets: lines come in, lines go out through struct api_host. */
#ifndef OCQ_FEED_API_H
#define OCQ_FEED_API_H

#include "feed/collect.h"
#include "feed/symbols.h"
#include "json/json.h"

enum {
	CLIENT_TTL_MS = 90000,		/* of what a client asked for with ensure_started, since its last request */
	EVENTS_MAX = 5000,		/* of each kind, for the drain methods; the oldest go first */
	EVENT_BYTES_MAX = 16 << 20,	/* the same in bytes */
	RECENT_STEPS = 64,		/* that a subscriber can still have */
	WAITING_MAX = 1 << 16,		/* bytes of requests behind one that waits */
};

struct api;
struct api_client;	/* a connection */

/* What the protocol asks of the feed. None may call back into it. */
struct api_host {
	void (*send)(void *arg, void *conn, const char *line, size_t len);	/* the newline is the host's; a peer that does not read as well */
	void (*drop)(void *arg, void *conn);		/* it asks for too much; api_closed() follows later */
	void (*restart)(void *arg);			/* connect again */
	void (*wants)(void *arg);			/* what clients want has changed: api_wants() */
	void (*stats)(void *arg, struct jsonw *w, bool all);	/* members of health, or all those of ws_stats, that are the connection's */
	/* Members of candles_health for a series; whether it is ready. w may be NULL. */
	bool (*coverage)(void *arg, struct jsonw *w, const char *symbol, const char *interval, uint64_t limit);
};

struct api *api_new(struct collect *c, const struct api_host *host, void *arg, int64_t ttl_ms);
void api_free(struct api *a);

struct api_client *api_opened(struct api *a, void *conn);
void api_closed(struct api *a, struct api_client *k);
/* A line without its newline. */
void api_line(struct api *a, struct api_client *k, const char *line, size_t len, int64_t now_ms);
void api_turn(struct api *a, int64_t now_ms);	/* answers to those who wait; clients that are idle for too long are forgotten */

/* A record that was just written, with newline, goes to those who subscribed to its type and symbol ("": it has none). */
void api_record(struct api *a, enum record_type type, const char *symbol, const char *line, size_t len, bool of_step, int64_t t_ms);

/* User events, for the drain methods, in this order: fills, orders, fundings, ledger. */
enum { API_EVENTS = 4 };
void api_event(struct api *a, unsigned kind, const char *json, size_t len, int64_t now_ms);

/* What all clients together want. series() is called for each symbol and interval of each client, as the client spelt them. */
typedef void api_series(void *arg, const char *symbol, const char *interval, uint64_t limit);
void api_wants(struct api *a, api_series *series, struct symbol_list *users, void *arg);

#endif
