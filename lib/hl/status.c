/* SPDX-License-Identifier: MIT
 * What a word of the exchange says about an order. */
#include "hl/status.h"

#include <stdbool.h>
#include <string.h>

const struct hl_status hl_statuses[] = {
#define HL_STATUS(word, life, meaning) { word, HL_LIFE_##life, meaning },
#include "hl/status.def"
#undef HL_STATUS
	{ 0 }
};

static bool ends_in(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n >= m && strcmp(s + n - m, tail) == 0;
}

enum hl_life hl_status_life(const char *status)
{
	for (const struct hl_status *s = hl_statuses; s->word; s++)
		if (strcmp(s->word, status) == 0)
			return s->life;
	if (ends_in(status, "Canceled"))
		return HL_LIFE_CANCELLED;
	return ends_in(status, "Rejected") ? HL_LIFE_REJECTED : HL_LIFE_UNKNOWN;
}
