/* SPDX-License-Identifier: MIT
 * Number texts: what is accepted is what JSON's grammar and strtod say, and writing it gives the same bits back. */
#include "base/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* Length of the longest JSON number at s, 0 if there is none. */
static size_t grammar(const char *s)
{
	static const char digits[] = "0123456789";
	size_t sign = *s == '-', at = sign, n;

	n = strspn(s + at, digits);
	if (n == 0 || (n > 1 && s[at] == '0'))
		return 0;
	at += n;
	if (s[at] == '.') {
		n = strspn(s + at + 1, digits);
		if (n == 0)
			return 0;
		at += 1 + n;
	}
	if (s[at] == 'e' || s[at] == 'E') {
		size_t exponent = at + 1 + (s[at + 1] == '+' || s[at + 1] == '-');

		n = strspn(s + exponent, digits);
		if (n == 0)
			return 0;
		at = exponent + n;
	}
	return at;
}

/* strtod() of the first n bytes only: it would read "0x5" as 5. */
static double want_f64(const char *s, size_t n)
{
	char *number = strndup(s, n);
	double v = strtod(number, NULL);

	free(number);
	return v;
}

static void check_f64(const char *s, const char *end)
{
	char text[NUM_F64_MAX + 1];
	double v, again;
	const char *stop = num_f64_get(s, end, &v);
	size_t n = grammar(s);
	double want = want_f64(s, n);

	require((stop != NULL) == (n > 0 && isfinite(want)));
	if (!stop)
		return;
	require((size_t)(stop - s) == n && memcmp(&v, &want, sizeof v) == 0);
	*num_f64_put(text, v) = '\0';
	require(num_f64_parse(text, &again) && memcmp(&v, &again, sizeof v) == 0);
	*num_f64_put_float(text, v) = '\0';
	require(num_f64_parse(text, &again) && memcmp(&v, &again, sizeof v) == 0);
}

static void check_integers(const char *s, const char *end)
{
	char text[NUM_I64_MAX + 1];
	const char *stop;
	uint64_t u;
	int64_t i;

	if ((stop = num_i64_get(s, end, &i))) {
		*num_i64_put(text, i) = '\0';
		require(strncmp(text, s, (size_t)(stop - s)) == 0 || strncmp(s, "-0", 2) == 0);
	}
	if ((stop = num_u64_get(s, end, &u))) {
		*num_u64_put(text, u) = '\0';
		require(strncmp(text, s, (size_t)(stop - s)) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	memcpy(s, data, size);
	s[size] = '\0';
	check_f64(s, s + strlen(s));
	check_integers(s, s + strlen(s));
	free(s);
	return 0;
}
