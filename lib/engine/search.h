/* SPDX-License-Identifier: MIT
 * What an optimiser searches: the space of a sweep specification with every value of every axis laid out in ascending order
 * (docs/tpe.md "The space"). */
#ifndef OCQ_ENGINE_SEARCH_H
#define OCQ_ENGINE_SEARCH_H

#include "engine/space.h"
#include "engine/tpe.h"

/* Gives the number axes of a specification every value on their grid from the least to the greatest listed one. False: *e says
 * the line, the axis and what would be right; the file is its caller's to name. */
bool search_widen(struct spec *s, struct errmsg *e) MUST_USE;

struct search {
	struct space *space;		/* its places are the axes of tpe */
	struct tpe_space tpe;
	uint16_t **choice;		/* [place][value of tpe]: which one it is in the space */
	char id[65];			/* SHA-256 of all that decides which trials can be drawn */
};

/* space is kept by reference. False: *e as above; s needs no release then. */
bool search_init(struct search *s, struct space *space, struct errmsg *e) MUST_USE;
void search_release(struct search *s);
/* Makes a trial the point at hand of s->space. */
void search_point(struct search *s, const uint16_t *trial);

#endif
