/* SPDX-License-Identifier: MIT
 * Prints order.inc: the rows of params.def in the order of the canonical form, and sorted by path. Changes when a section
 * is added: the canonical form has its sections in this order and everything below them bytewise. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const path[] = {
#define PARAM(type, section_path, section, key, init, lo, hi, flags, meaning) section_path "." #key,
#include "kernel/params.def"
#undef PARAM
};
enum { N = sizeof path / sizeof *path };
_Static_assert(N < 256, "rows are bytes");

static const char *const top[] = { "trade.", "indicators.", "filters.", "market_regime.", "thresholds.", "engine.", "runtime." };
enum { N_TOP = sizeof top / sizeof *top };

static int section(const char *p)
{
	int i = 0;

	while (i < N_TOP && strncmp(p, top[i], strlen(top[i])))
		i++;
	return i;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(path[*(const int *)a], path[*(const int *)b]);
}

static int by_canon(const void *a, const void *b)
{
	int x = section(path[*(const int *)a]), y = section(path[*(const int *)b]);

	return x != y ? x - y : by_path(a, b);
}

static void print(const char *name, int (*order)(const void *, const void *))
{
	int row[N], i;

	for (i = 0; i < N; i++)
		row[i] = i;
	qsort(row, N, sizeof *row, order);
	printf("static const uint8_t %s[] = {", name);
	for (i = 0; i < N; i++)
		printf("%s%d,", i % 24 ? " " : "\n\t", row[i]);
	printf("\n};\n");
}

int main(void)
{
	int i;

	for (i = 0; i < N; i++)
		if (section(path[i]) == N_TOP) {
			fprintf(stderr, "gen_order: %s: its section has no place in the canonical form\n", path[i]);
			return 1;
		}
	printf("/* made by gen_order.c from params.def */\n");
	print("row_canon", by_canon);
	print("row_by_path", by_path);
	return fflush(stdout) || ferror(stdout);
}
