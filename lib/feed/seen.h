/* SPDX-License-Identifier: MIT
 * Which keys have come before: the last SEEN_MAX of them, oldest forgotten first. For fills, funding payments and order states,
 * which the exchange repeats after each reconnect. */
#ifndef OCQ_FEED_SEEN_H
#define OCQ_FEED_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEEN_MAX = 1 << 16 };

struct seen { uint64_t *key; uint32_t *slot; uint32_t n, at; };

bool seen_before(struct seen *s, uint64_t key);		/* remembers it */
uint64_t seen_key(const char *const *part, unsigned n);	/* 64 bits over texts and their borders */
void seen_release(struct seen *s);

#endif
