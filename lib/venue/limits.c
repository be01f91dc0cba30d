/* SPDX-License-Identifier: MIT
 * Limits per IP: weights, connections and messages of the last minute. A minute is the exchange's. */
#include "venue/surface.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE INT64_C(60000)

/* What was spent when; the sum of what is younger than a minute is kept. */
struct spent { int64_t t_ms; unsigned n; };
struct rolling { struct spent *at; size_t first, n, cap; uint64_t sum; };

/* Weight rises with what is asked and drains evenly, a minute's worth in a minute. Weight times ms. */
struct bucket { int64_t level, t_ms; };

struct host {
	char ip[64];
	struct bucket weight;
	struct rolling opened, messages;
	unsigned connections;
	struct host *next;
};

struct limits { double scale; struct host *hosts; };

struct limits *limits_new(double scale)
{
	struct limits *l = xcalloc(1, sizeof *l);

	l->scale = scale;
	return l;
}

void limits_free(struct limits *l)
{
	struct host *h, *next;

	for (h = l ? l->hosts : NULL; h; h = next) {
		next = h->next;
		free(h->opened.at);
		free(h->messages.at);
		free(h);
	}
	free(l);
}

unsigned limits_scaled(const struct limits *l, unsigned n)
{
	double scaled = n * l->scale;

	return scaled < 1 ? 1 : scaled > 4e9 ? UINT32_MAX : (unsigned)scaled;
}

static struct host *host_of(struct limits *l, const char *peer)
{
	const char *colon = strrchr(peer, ':');
	size_t n = colon ? (size_t)(colon - peer) : strlen(peer);
	struct host *h;

	if (n >= sizeof h->ip)
		n = sizeof h->ip - 1;
	for (h = l->hosts; h; h = h->next)
		if (!strncmp(h->ip, peer, n) && !h->ip[n])
			return h;
	h = xcalloc(1, sizeof *h);
	memcpy(h->ip, peer, n);
	h->next = l->hosts;
	return l->hosts = h;
}

static void forget(struct rolling *r, int64_t now_ms)
{
	while (r->n && r->at[r->first].t_ms <= now_ms - MINUTE) {
		r->sum -= r->at[r->first].n;
		r->first++;
		r->n--;
	}
	if (!r->n)
		r->first = 0;
}

static void add(struct rolling *r, unsigned n, int64_t now_ms)
{
	if (r->first && r->first + r->n == r->cap) {
		memmove(r->at, r->at + r->first, r->n * sizeof *r->at);
		r->first = 0;
	}
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 64;
		r->at = xreallocarray(r->at, r->cap, sizeof *r->at);
	}
	r->at[r->first + r->n++] = (struct spent){ now_ms, n };
	r->sum += n;
}

static bool take(struct rolling *r, unsigned n, unsigned most, int64_t now_ms)
{
	forget(r, now_ms);
	if (r->sum + n > most)
		return false;
	add(r, n, now_ms);
	return true;
}

static struct bucket *drained(struct bucket *b, unsigned most, int64_t now_ms)
{
	int64_t drains = now_ms > b->t_ms ? (now_ms - b->t_ms) * most : 0;

	b->level = drains < b->level ? b->level - drains : 0;
	b->t_ms = now_ms;
	return b;
}

bool limits_spend(struct limits *l, const char *peer, unsigned weight, int64_t now_ms)
{
	unsigned most = limits_scaled(l, HL_WEIGHT_MINUTE);
	struct bucket *b = drained(&host_of(l, peer)->weight, most, now_ms);

	if (b->level + weight * MINUTE > most * MINUTE)
		return false;
	b->level += weight * MINUTE;
	return true;
}

void limits_charge(struct limits *l, const char *peer, unsigned weight, int64_t now_ms)
{
	drained(&host_of(l, peer)->weight, limits_scaled(l, HL_WEIGHT_MINUTE), now_ms)->level += weight * MINUTE;
}

bool limits_connect(struct limits *l, const char *peer, int64_t now_ms)
{
	struct host *h = host_of(l, peer);

	if (h->connections >= limits_scaled(l, HL_WS_CONNECTIONS) || !take(&h->opened, 1, limits_scaled(l, HL_WS_NEW_MINUTE), now_ms))
		return false;
	h->connections++;
	return true;
}

void limits_disconnect(struct limits *l, const char *peer)
{
	struct host *h = host_of(l, peer);

	h->connections -= h->connections > 0;
}

bool limits_message(struct limits *l, const char *peer, int64_t now_ms)
{
	return take(&host_of(l, peer)->messages, 1, limits_scaled(l, HL_WS_SENT_MINUTE), now_ms);
}
