/* SPDX-License-Identifier: MIT
 * What candidates of a sweep have in common: indicator columns by kind and windows, the market context by its averages,
 * entry marks by the entry rules. Each distinct one is computed once, by whichever thread asks first, and kept while the
 * bound allows; what was used longest ago goes first. */
#ifndef OCQ_ENGINE_CACHE_H
#define OCQ_ENGINE_CACHE_H

#include "engine/marks.h"

struct cache;

/* bytes: bound on what is kept. What running candidates need is kept in any case. p by reference. */
struct cache *cache_open(const struct prepared *p, uint64_t bytes);
void cache_close(struct cache *c);

enum { CACHE_HELD_MAX = 16 };
struct cache_held {
	struct cache_item *item[CACHE_HELD_MAX];
	unsigned n;
	struct walk_rules rules;
	struct marks own;	/* marks of this candidate alone, until its rules are seen a second time */
};

/* Points the rules of a walk, whose market and strategy are set, at what its strategy needs. They are in *held and stay valid until
 * cache_give(). stats: the gates of every bar of the window are counted there; NULL: not wanted. Any thread may call. */
void cache_take(struct cache *c, struct walk *w, struct gate_stats *stats, struct cache_held *held);
void cache_give(struct cache *c, struct cache_held *held);

/* ---- for who keeps copies, and makes marks, elsewhere ---- */

/* The series of a strategy: the columns in the order of struct walk_columns, and the context, breadth by step with BTC's trend by step
 * behind it. Equal keys, equal series. */
enum { CACHE_CONTEXT = 12, CACHE_SERIES };
struct cache_key { uint32_t kind, window[3]; };
void cache_keys(struct cache_key key[CACHE_SERIES], const struct params *p);

/* As cache_take(), without marks. cache_series() is then number i of them. */
void cache_take_series(struct cache *c, struct walk *w, struct cache_held *held);
const void *cache_series(const struct cache_held *held, unsigned i);

/* What marks depend on, for memcmp(): the entry rules, every other member zero. */
struct cache_rules { struct params params; struct plan plan; };
void cache_rules(struct cache_rules *r, const struct strategy *st);

#endif
