/* SPDX-License-Identifier: MIT
 * Expands compat.def. */
#include "engine/compat.h"

int compat_list(const char *names[COMPAT_MAX], const struct config *c, const struct market *m, const struct run_options *o)
{
	const struct params *p = &c->params;
	int n = 0;

#define COMPAT(name, applies) \
	if (applies) \
		names[n++] = #name;
#include "engine/compat.def"
#undef COMPAT
	names[n] = NULL;
	return n;
}
