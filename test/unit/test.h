/* SPDX-License-Identifier: MIT
 * Unit tests: one program per file; main() calls TEST functions, returns test_end(). A failed check is printed with its
 * place and does not stop the program. The last line is "NAME: N passed, N failed". */
#ifndef OCQ_TEST_H
#define OCQ_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static unsigned long test_passed, test_failed;

__attribute__((unused)) static bool test_check(bool ok, const char *file, int line, const char *what)
{
	if (ok)
		test_passed++;
	else if (test_failed++ < 50)
		printf("%s:%d: failed: %s\n", file, line, what);
	return ok;
}
#define CHECK(cond) test_check(cond, __FILE__, __LINE__, #cond)

/* Same bits, or both NaN. */
__attribute__((unused)) static bool test_same(double got, double want, const char *file, int line, const char *what)
{
	char text[256];

	snprintf(text, sizeof text, "%s: got %.17g, want %.17g", what, got, want);
	return test_check(memcmp(&got, &want, sizeof got) == 0 || (got != got && want != want), file, line, text);
}
#define CHECK_SAME(got, want) test_same(got, want, __FILE__, __LINE__, #got)

__attribute__((unused)) static bool test_text(const char *got, const char *want, const char *file, int line)
{
	char text[512];

	snprintf(text, sizeof text, "got \"%s\", want \"%s\"", got, want);
	return test_check(strcmp(got, want) == 0, file, line, text);
}
#define CHECK_TEXT(got, want) test_text(got, want, __FILE__, __LINE__)

__attribute__((unused)) static int test_end(const char *name)
{
	printf("%s: %lu passed, %lu failed\n", name, test_passed, test_failed);
	return test_failed || !test_passed;
}

#endif
