/* SPDX-License-Identifier: MIT
 * The number codec against glibc: strtod for reading, snprintf("%.17g") for writing. An argument is the number of random
 * values per kind (default 200,000). */
#include "base/num.h"
#include "test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t random64(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static double of_bits(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

static bool same(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static const char *f64_text(double v)
{
	static char text[NUM_F64_MAX + 1];
	char *end = num_f64_put(text, v);

	CHECK(end - text <= NUM_F64_MAX);
	*end = '\0';
	return text;
}

static const char *float_text(double v)
{
	static char text[NUM_F64_MAX + 1];
	char *end = num_f64_put_float(text, v);

	CHECK(end - text <= NUM_F64_MAX);
	*end = '\0';
	return text;
}

/* ---- reading ---- */

static void check_read(const char *text)
{
	double want = strtod(text, NULL), got = 12345;
	bool ok = num_f64_parse(text, &got);
	char what[1200];

	snprintf(what, sizeof what, "%s: got %d %a, want %a", text, ok, got, want);
	if (isinf(want))
		test_check(!ok, __FILE__, __LINE__, what);
	else
		test_check(ok && same(got, want), __FILE__, __LINE__, what);
}

/* Where v and the double above it are equally near, and one unit of the last place to either side. */
static void check_halfway(double v)
{
	uint64_t bits;
	char text[1200];
	long double middle;
	size_t n;

	memcpy(&bits, &v, sizeof bits);
	middle = ((long double)v + (long double)of_bits(bits + 1)) / 2;	/* 64 bits of mantissa hold it */
	snprintf(text, sizeof text, "%.*Le", 780, middle);
	check_read(text);
	n = (size_t)(strchr(text, 'e') - text);
	for (size_t i = n; i-- > 2;)
		if (text[i] != '0') {	/* the last digit that counts */
			text[i]++;
			if (text[i] <= '9')
				check_read(text);
			text[i] -= 2;
			check_read(text);
			text[i]++;
			break;
		}
	text[n - 1] = '1';	/* a hair above, 780 places later */
	check_read(text);
}

static void test_read_known(void)
{
	static const char *const texts[] = {
		"0", "-0", "1", "-1", "0.1", "1e0", "1E5", "1e+5", "1e-5", "0e999999999999999999999", "0.0e5", "123456789012345678",
		"9007199254740991", "9007199254740992", "9007199254740993", "9007199254740993.0000000000000000000000000001",
		"9007199254740994.5", "18014398509481985", "1e22", "1e23", "8.5e22", "1.7976931348623157e308", "1.7976931348623158e308",
		"1.7976931348623159e308", ("179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587"
		"2070963302864166928879109465555478519404026306574886715058206819089020007083836762738548458177115317644757302700698555713"
		"66959622842914819860834936475292719074168444365510704342711559699508093042880"), "2.2250738585072014e-308",
		"2.2250738585072011e-308", "2.2250738585072009e-308", "4.9406564584124654e-324", "4.9e-324", "2.4703282292062327e-324",
		"2.4703282292062328e-324", "2.47032822920623272088284396434110686182e-324", "1e-323", "1e-324", "1e-400", "1e400", "1e999",
		"6.631236846766476e-316", ("3.237883913302901289588352412501532174863037669423108059901297049552301970670676565786835742587"
		"79e-319"), "100000000000000000000000000000000000000000e-20", "0.00000000000000000000000000000000000000000000001234567890123456789",
		"12345678901234567890", "123456789012345678901234567890", "0.12345678901234567890123", "7.2057594037927933e16",
		"1090544144181609348835077142190", "1090544144181609419040633126912", "3e-27", "5e-324", "1.00000000000000000000000000000000",
		"1.0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001", "43012.3",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_read(texts[i]);
}

static void test_read_grammar(void)
{
	static const char *const wrong[] = {
		"", "-", "+1", "01", "-01", "00", ".5", "1.", "1.e5", "-.5", "1e", "1e+", "1e-", "NaN", "nan", "Infinity", "-Infinity",
		"inf", "0x10", "1_000", " 1", "1 ", "1,5", "1f", "1e999", "-1e999", "1e1.5", "--1", "e5", "1ee5", "\xd9\xa1",
	};
	static const char text[] = "12.5,";
	const char *bounded = "12345";
	double v;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		test_check(!num_f64_parse(wrong[i], &v), __FILE__, __LINE__, wrong[i]);
	CHECK(num_f64_get(text, text + 5, &v) == text + 4 && v == 12.5);
	CHECK(num_f64_get(bounded, bounded + 3, &v) == bounded + 3 && v == 123);
	CHECK(num_f64_get(text, text + 3, &v) == NULL);	/* "12." */
	CHECK(num_f64_get(text, text, &v) == NULL);
}

/* Millions of zeros before or behind the digits must not be taken for a small exponent. */
static void test_read_long(void)
{
	enum { ZEROS = 100000 };
	char *text = malloc(ZEROS + 100);
	double v;

	strcpy(text, "0.");
	memset(text + 2, '0', ZEROS);
	strcpy(text + 2 + ZEROS, "1e100001");
	CHECK(num_f64_parse(text, &v) && v == 1);
	text[0] = '1';
	memset(text + 1, '0', ZEROS);
	strcpy(text + 1 + ZEROS, "e-100000");
	CHECK(num_f64_parse(text, &v) && v == 1);
	memset(text, '9', 1000);
	strcpy(text + 1000, "e-999");
	CHECK(num_f64_parse(text, &v) && v == 10);
	free(text);
}

static void test_read_random(long n)
{
	char text[64];

	for (long i = 0; i < n; i++) {
		int digits = 1 + (int)(random64() % 24), len = 0, point = (int)(random64() % 30);

		text[len++] = (char)('1' + random64() % 9);
		for (int d = 1; d < digits; d++) {
			if (d == point)
				text[len++] = '.';
			text[len++] = (char)('0' + random64() % 10);
		}
		if (random64() % 4)
			snprintf(text + len, sizeof text - (size_t)len, "e%d", (int)(random64() % 701) - 350);
		else
			text[len] = '\0';
		check_read(text);
	}
}

static void test_read_halfway(long n)
{
	for (long i = 0; i < n; i++) {
		uint64_t bits = random64() >> 1;

		if (i % 4 == 0)	/* near 1, where prices are */
			bits = (bits & 0x000fffffffffffff) | (uint64_t)(1000 + bits % 60) << 52;
		if (i % 4 == 1)	/* few bits set */
			bits &= random64() & random64() & random64();
		if (bits >= (uint64_t)0x7fe << 52)
			continue;
		check_halfway(of_bits(bits));
	}
	for (uint64_t bits = 1; bits < 200; bits++)
		check_halfway(of_bits(bits));
	for (uint64_t e = 0; e < 0x7fe; e++) {
		check_halfway(of_bits(e << 52));
		check_halfway(of_bits((e << 52) + 0x000fffffffffffff));
	}
}

/* ---- writing ---- */

/* The text reads back, no shorter one does, and it is the nearest of its length. */
static void check_write(double v)
{
	const char *text = f64_text(v);
	double again = 0, back;
	uint64_t digits = 0, size = 1;
	int exp10 = 0, n;
	char c_text[64], what[128];

	snprintf(what, sizeof what, "%.17g written as %s", v, text);
	test_check(num_f64_parse(text, &again) && same(again, v) && same(strtod(text, NULL), v), __FILE__, __LINE__, what);
	if (v == 0)
		return;
	num_f64_shortest(fabs(v), &digits, &exp10);
	test_check(digits % 10 != 0, __FILE__, __LINE__, what);
	for (n = 0; size <= digits / 10; n++)
		size *= 10;
	n++;
	snprintf(c_text, sizeof c_text, "%" PRIu64 "e%d", digits, exp10);
	test_check(same(strtod(c_text, NULL), fabs(v)), __FILE__, __LINE__, what);
	snprintf(c_text, sizeof c_text, "%.*e", n - 1, fabs(v));	/* the nearest with as many digits */
	back = strtod(c_text, NULL);
	if (same(back, fabs(v))) {
		char mine[64], *dot = strchr(c_text, '.');

		snprintf(mine, sizeof mine, "%" PRIu64, digits);
		if (dot)
			memmove(dot, dot + 1, strlen(dot));
		*strchr(c_text, 'e') = '\0';
		test_check(strcmp(mine, c_text) == 0, __FILE__, __LINE__, what);
	}
	if (n > 1) {
		snprintf(c_text, sizeof c_text, "%.*e", n - 2, fabs(v));
		test_check(!same(strtod(c_text, NULL), fabs(v)), __FILE__, __LINE__, what);
	}
	test_check(strspn(text, "-+.e0123456789") == strlen(text), __FILE__, __LINE__, what);
}

static void test_write_known(void)
{
	static const struct { double v; const char *text, *with_fraction; } known[] = {
		{ 0, "0", "0.0" }, { -0.0, "-0", "-0.0" }, { 1, "1", "1.0" }, { -1, "-1", "-1.0" }, { 3, "3", "3.0" },
		{ 100, "100", "100.0" }, { 43012.3, "43012.3", "43012.3" }, { 0.25, "0.25", "0.25" }, { 1e21, "1e+21", "1e21" },
		{ 1e20, "100000000000000000000", "1e20" }, { 123456789012345680000.0, "123456789012345680000", "1.2345678901234568e20" },
		{ 1.5e21, "1.5e+21", "1.5e21" }, { 999999999999999900000.0, "999999999999999900000", "9.999999999999999e20" },
		{ 1e-6, "0.000001", "1e-6" }, { 1e-7, "1e-7", "1e-7" }, { 1.5e-7, "1.5e-7", "1.5e-7" }, { 1e-5, "0.00001", "0.00001" },
		{ 1.25e-5, "0.0000125", "0.0000125" }, { 9.5e-6, "0.0000095", "9.5e-6" }, { 0.0001, "0.0001", "0.0001" },
		{ 1e15, "1000000000000000", "1000000000000000.0" }, { 1e16, "10000000000000000", "1e16" },
		{ 1.2e16, "12000000000000000", "1.2e16" }, { 123456.5, "123456.5", "123456.5" }, { 0.1 + 0.2, "0.30000000000000004", "0.30000000000000004" },
		{ 5e-324, "5e-324", "5e-324" }, { DBL_MAX, "1.7976931348623157e+308", "1.7976931348623157e308" },
		{ DBL_MIN, "2.2250738585072014e-308", "2.2250738585072014e-308" }, { 9007199254740991.0, "9007199254740991", "9007199254740991.0" },
		{ 9007199254740992.0, "9007199254740992", "9007199254740992.0" }, { 9007199254740994.0, "9007199254740994", "9007199254740994.0" },
		{ 1e23, "1e+23", "1e23" }, { 9.5367431640625e-7, "9.5367431640625e-7", "9.5367431640625e-7" }, { -1e-7, "-1e-7", "-1e-7" },
		{ 4.35, "4.35", "4.35" }, { 0.000001234, "0.000001234", "1.234e-6" }, { 9007199254740993e3, "9007199254740993000", "9.007199254740993e18" },
		{ 2.5, "2.5", "2.5" }, { 1.0 / 3, "0.3333333333333333", "0.3333333333333333" }, { 8.41e21, "8.41e+21", "8.41e21" },
		{ 2.98023223876953125e-8, "2.9802322387695312e-8", "2.9802322387695312e-8" }, { 5.0e-320, "5e-320", "5e-320" },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		CHECK_TEXT(f64_text(known[i].v), known[i].text);
		CHECK_TEXT(float_text(known[i].v), known[i].with_fraction);
	}
}

static void test_write_random(long n)
{
	static const double scales[] = { 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e8, 1e10, 1e12 };

	for (long i = 0; i < n; i++) {
		uint64_t r = random64();
		double any = of_bits(r), price = (double)(r % 100000000) / scales[r >> 32 & 7];

		if (isfinite(any))
			check_write(any);
		check_write(price);
		check_write((double)(r >> (r & 63)));
		check_write((double)(r & 0xfffffffffff) / scales[(r >> 44) % 10]);
		check_write((double)(r >> 11) * 0x1p-53 * scales[r % 10]);
	}
}

static void test_write_edges(void)
{
	for (int e = -1074; e <= 1023; e++) {
		double v = ldexp(1, e);

		check_write(v);
		check_write(nextafter(v, INFINITY));
		check_write(nextafter(v, 0));
		check_write(-v);
	}
	for (int e = -323; e <= 308; e++) {
		char text[16];
		double v;

		snprintf(text, sizeof text, "1e%d", e);
		v = strtod(text, NULL);
		check_write(v);
		check_write(nextafter(v, INFINITY));
		check_write(nextafter(v, 0));
	}
	for (uint64_t bits = 0; bits < 3000; bits++)
		check_write(of_bits(bits));
}

/* ---- integers ---- */

static void test_integers(void)
{
	static const int64_t known[] = { 0, 1, -1, 9, 10, 99, 100, 999, 1000, 12345, -98765, INT64_MAX, INT64_MIN, INT64_MIN + 1, 1748736000000 };
	static const char *const wrong[] = { "", "-", "+1", "01", "1.0", "1e3", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "1 ", "a" };
	char text[NUM_I64_MAX + 1], want[NUM_I64_MAX + 1];
	const char *max = "18446744073709551615", *more = "18446744073709551616";
	uint64_t u = 1;
	int64_t v;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		*num_i64_put(text, known[i]) = '\0';
		snprintf(want, sizeof want, "%" PRId64, known[i]);
		CHECK_TEXT(text, want);
		CHECK(num_i64_parse(text, &v) && v == known[i]);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		test_check(!num_i64_parse(wrong[i], &v), __FILE__, __LINE__, wrong[i]);
	for (int n = 0; n < 20; n++, u *= 10)
		for (int d = -1; d <= 1; d++) {
			*num_u64_put(text, u + (uint64_t)d) = '\0';
			snprintf(want, sizeof want, "%" PRIu64, u + (uint64_t)d);
			CHECK_TEXT(text, want);
		}
	CHECK(num_u64_get(max, max + 20, &u) && u == UINT64_MAX);
	CHECK(!num_u64_get(more, more + 20, &u));
	CHECK(num_i64_parse("-0", &v) && v == 0);
	CHECK(!num_u64_get("-1", max, &u));
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;

	if (argc > 2)
		seed = strtoull(argv[2], NULL, 10);
	test_read_known();
	test_read_grammar();
	test_read_long();
	test_read_random(n);
	test_read_halfway(n / 50);
	test_write_known();
	test_write_edges();
	test_write_random(n / 5);
	test_integers();
	return test_end("num");
}
