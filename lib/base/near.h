/* SPDX-License-Identifier: MIT
 * How far apart two names are, for "did you mean". */
#ifndef OCQ_BASE_NEAR_H
#define OCQ_BASE_NEAR_H

enum { NEAR_LONGEST = 64 };

/* Letters to change, drop, add or swap with their neighbour to make one name the other. NEAR_LONGEST if one is longer than that. */
unsigned near_distance(const char *a, const char *b);

#endif
