/* SPDX-License-Identifier: MIT
 * Candidate records of one space, by the million: what point_write() gives, with the text of each value made once and only
 * what differs from the record before written anew. */
#ifndef OCQ_ENGINE_POINTW_H
#define OCQ_ENGINE_POINTW_H

#include "base/stream.h"
#include "engine/space.h"

struct pointw_piece { uint32_t at, len; };	/* of the texts */

struct pointw {
	const struct space *s;
	bool compact;
	struct buf texts;
	struct pointw_piece **piece;	/* [place][value] */
	uint32_t *written;		/* the choices that body has */
	uint32_t *at;			/* where each place begins in body; at[n] is its length */
	char *body;
};

/* s is kept by reference and must not get other axes. */
void pointw_init(struct pointw *w, const struct space *s, bool compact);
void pointw_release(struct pointw *w);
/* Writes the point at hand of the space. */
void pointw_write(struct pointw *w, struct out *o, const char *id);
/* Only what stands between the brackets in it: 1.5,8 or "trade.sl_atr_mult":1.5,... Valid until the next call. */
const char *pointw_text(struct pointw *w, size_t *len);

#endif
