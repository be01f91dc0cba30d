/* SPDX-License-Identifier: MIT
 * A growing array of pointers that keeps its order. Zeroed is empty. */
#ifndef OCQ_VENUE_LIST_H
#define OCQ_VENUE_LIST_H

#include <stdbool.h>

struct list { void **at; unsigned n, cap; };

void list_insert(struct list *l, unsigned where, void *p);
void list_add(struct list *l, void *p);
void list_drop_at(struct list *l, unsigned where);
bool list_drop(struct list *l, const void *p);		/* false: it was not there */
void list_release(struct list *l);			/* not what the pointers point to */

#endif
