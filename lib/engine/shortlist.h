/* SPDX-License-Identifier: MIT
 * Shortlists of results, one per channel: no two entries of all of them stand for the same point (docs/ranking.md). What is
 * held of the rows does not grow with their number, but for their figures, which the ranks are counted in.
 *
 *   s = shortlists_new(...);
 *   for every row: if (shortlists_want(s, &figures)) shortlists_add(s, &figures, key, text, len); else shortlists_pass(s, &figures);
 *   shortlists_take(s, take, arg);
 *   shortlists_free(s); */
#ifndef OCQ_ENGINE_SHORTLIST_H
#define OCQ_ENGINE_SHORTLIST_H

#include "engine/point.h"
#include "engine/rank.h"

struct shortlists;
/* n channels, which choose in that order; `most` rows each, 0: all. */
struct shortlists *shortlists_new(const enum rank_channel *channel, unsigned n, uint64_t most, bool score);
void shortlists_free(struct shortlists *s);

/* Could the next row still be chosen? */
bool shortlists_want(const struct shortlists *s, const struct rank_figures *f);
/* The next row, by one of two calls: rows with the same key stand for the same point; the text is copied. */
void shortlists_add(struct shortlists *s, const struct rank_figures *f, const unsigned char key[POINT_KEY], const char *text, size_t len);
void shortlists_pass(struct shortlists *s, const struct rank_figures *f);

/* Calls take() for each entry, channel by channel. rank: the row's place among all rows in that channel's order, from 1. */
typedef void shortlist_take_fn(void *arg, enum rank_channel c, uint64_t rank, const struct rank_figures *f, const char *text, size_t len);
void shortlists_take(struct shortlists *s, shortlist_take_fn *take, void *arg);

#endif
