/* SPDX-License-Identifier: MIT
 * Symbols to small numbers, for one lookup per message: exact case, numbers in the order of their coming, never taken back. */
#ifndef OCQ_FEED_NAMES_H
#define OCQ_FEED_NAMES_H

#include "record/record.h"

struct names { uint32_t n, cap, slots; char (*name)[SYMBOL_MAX]; uint32_t *slot; };

#define NAME_NONE UINT32_MAX
#define NAMES_LIMIT (1u << 16)	/* no exchange has more; what comes beyond is not taken */

uint32_t names_find(const struct names *t, const char *s, size_t len);	/* NAME_NONE: not there */
uint32_t names_add(struct names *t, const char *s, size_t len);		/* NAME_NONE: no symbol_valid() name, or the table is full */
uint32_t names_find_any_case(const struct names *t, const char *s, size_t len);	/* the first; slow */
void names_release(struct names *t);

#endif
