/* SPDX-License-Identifier: MIT
 * A growing array of pointers. */
#include "venue/list.h"
#include "base/err.h"

#include <stdlib.h>
#include <string.h>

void list_insert(struct list *l, unsigned where, void *p)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 8;
		l->at = xreallocarray(l->at, l->cap, sizeof *l->at);
	}
	memmove(l->at + where + 1, l->at + where, (l->n - where) * sizeof *l->at);
	l->at[where] = p;
	l->n++;
}

void list_add(struct list *l, void *p)
{
	list_insert(l, l->n, p);
}

void list_drop_at(struct list *l, unsigned where)
{
	l->n--;
	memmove(l->at + where, l->at + where + 1, (l->n - where) * sizeof *l->at);
}

bool list_drop(struct list *l, const void *p)
{
	for (unsigned k = 0; k < l->n; k++)
		if (l->at[k] == p) {
			list_drop_at(l, k);
			return true;
		}
	return false;
}

void list_release(struct list *l)
{
	free(l->at);
	*l = (struct list){ 0 };
}
