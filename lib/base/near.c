/* SPDX-License-Identifier: MIT
 * The distance of two names: Levenshtein's, with a swap of neighbours as one step. */
#include "base/near.h"

#include <string.h>

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned near_distance(const char *a, const char *b)
{
	unsigned rows[3][NEAR_LONGEST + 1], *before = rows[0], *above = rows[1], *row = rows[2], *t, i, j;
	unsigned m = (unsigned)strlen(a), n = (unsigned)strlen(b);

	if (m > NEAR_LONGEST || n > NEAR_LONGEST)
		return NEAR_LONGEST;
	for (j = 0; j <= n; j++)
		above[j] = j;
	for (i = 1; i <= m; i++) {
		row[0] = i;
		for (j = 1; j <= n; j++) {
			row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		t = before;
		before = above;
		above = row;
		row = t;
	}
	return above[n];
}
