/* SPDX-License-Identifier: MIT
 * Open addressing over the names' checksums, at most half full. */
#include "feed/names.h"

#include "base/hash.h"
#include "store/columns.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The slot that has the name, or the free one where it would be. */
static uint32_t slot_of(const struct names *t, const char *s, size_t len)
{
	uint32_t at = (uint32_t)checksum64(s, len) & (t->slots - 1);

	for (; t->slot[at] != NAME_NONE; at = (at + 1) & (t->slots - 1)) {
		const char *name = t->name[t->slot[at]];

		if (memcmp(name, s, len) == 0 && !name[len])
			break;
	}
	return at;
}

uint32_t names_find(const struct names *t, const char *s, size_t len)
{
	return t->slots && len < SYMBOL_MAX ? t->slot[slot_of(t, s, len)] : NAME_NONE;
}

static void grow(struct names *t)
{
	t->slots = t->slots ? 2 * t->slots : 1024;
	t->slot = xreallocarray(t->slot, t->slots, sizeof *t->slot);
	memset(t->slot, 0xff, t->slots * sizeof *t->slot);
	for (uint32_t i = 0; i < t->n; i++)
		t->slot[slot_of(t, t->name[i], strlen(t->name[i]))] = i;
}

uint32_t names_add(struct names *t, const char *s, size_t len)
{
	uint32_t at = names_find(t, s, len);

	if (at != NAME_NONE || !symbol_valid(s, len) || t->n == NAMES_LIMIT)
		return at;
	if (2 * t->n >= t->slots)
		grow(t);
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 256;
		t->name = xreallocarray(t->name, t->cap, sizeof *t->name);
	}
	memset(t->name[t->n], 0, SYMBOL_MAX);
	memcpy(t->name[t->n], s, len);
	t->slot[slot_of(t, s, len)] = t->n;
	return t->n++;
}

uint32_t names_find_any_case(const struct names *t, const char *s, size_t len)
{
	uint32_t at = names_find(t, s, len);

	for (uint32_t i = 0; at == NAME_NONE && i < t->n; i++)
		if (strncasecmp(t->name[i], s, len) == 0 && !t->name[i][len])
			at = i;
	return at;
}

void names_release(struct names *t)
{
	free(t->name);
	free(t->slot);
	*t = (struct names){ 0 };
}
