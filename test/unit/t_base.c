/* SPDX-License-Identifier: MIT
 * lib/base without the number codec (t_num.c). */
#include "child.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/opt.h"
#include "base/progress.h"
#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>

static char dir[] = "/tmp/ocq-t_base-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[4][PATH_MAX];
	static int turn;
	char *p = path[turn++ % 4];

	snprintf(p, PATH_MAX, "%s/%s", dir, name);
	return p;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static const char *read_file(const char *path)
{
	static char text[256];
	FILE *f = fopen(path, "r");

	text[f ? fread(text, 1, sizeof text - 1, f) : 0] = '\0';
	if (f)
		fclose(f);
	return text;
}

static int count_files(void)
{
	char command[PATH_MAX + 20];
	int n = -1;
	FILE *f;

	snprintf(command, sizeof command, "ls -A %s | wc -l", dir);
	f = popen(command, "r");
	if (fscanf(f, "%d", &n) != 1)
		n = -1;
	pclose(f);
	return n;
}

/* ---- err ---- */

static void dies(void *arg)
{
	(void)arg;
	die(EX_DATA, "%s:%d: wrong", "file", 3);
}

static void dies_sys(void *arg)
{
	(void)arg;
	errno = ENOENT;
	die_sys(EX_RETRY, "cannot");
}

static void dies_long(void *arg)
{
	char text[5000];

	(void)arg;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	die(EX_BUG, "%s", text);
}

static void says(void *arg)
{
	note("one");
	err_quiet = true;
	note("two");
	warn("three %s", (const char *)arg);
}

static void overflows(void *arg)
{
	(void)arg;
	free(xreallocarray(NULL, SIZE_MAX / 2, 3));
}

static void test_err(void)
{
	struct errmsg e;
	char big[1000];
	struct child c;

	CHECK_TEXT(exit_meaning(0), "done");
	CHECK_TEXT(exit_meaning(78), "wrong configuration");
	CHECK_TEXT(exit_meaning(2), "unknown");
	err_init("/usr/bin/ocq-test");
	CHECK_TEXT(err_program, "ocq-test");
	err_init("ocq-x");
	CHECK_DIES(dies, NULL, NULL, 65, "ocq-x: file:3: wrong\n");
	CHECK_DIES(dies_sys, NULL, NULL, 75, "ocq-x: cannot: No such file or directory\n");
	CHECK_DIES(says, "3", NULL, 0, "ocq-x: one\nocq-x: three 3\n");
	CHECK_DIES(says, "\x1b[31m\n\x7f\xc3\xa9", NULL, 0, "ocq-x: one\nocq-x: three ?[31m??\xc3\xa9\n");
	CHECK_DIES(overflows, NULL, NULL, 75, "ocq-x: out of memory\n");
	c = child_run(dies_long, NULL, NULL);
	CHECK(c.status == 70 && strlen(c.err) == 2048 - 1 && c.err[2046] == '\n' && !strchr(c.err, '\n')[1]);

	memset(big, 'y', sizeof big);
	big[sizeof big - 1] = '\0';
	CHECK(!errmsg_set(&e, "%d %s", 7, "seven"));
	CHECK_TEXT(e.text, "7 seven");
	CHECK(!errmsg_set(&e, "%s", big) && strlen(e.text) == 511);
	CHECK(!errmsg_set(NULL, "nobody listens"));
}

/* ---- buf ---- */

static void read_stdin(void *arg)
{
	struct buf b = BUF_INIT;
	struct errmsg e;

	(void)arg;
	if (!buf_read_file(&b, "-", 5, &e))
		die(EX_DATA, "%s", e.text);
	printf("%s", buf_cstr(&b));
	buf_release(&b);
}

static void test_buf(void)
{
	struct buf b = BUF_INIT;
	struct errmsg e;
	char want[PATH_MAX + 100];

	buf_add(&b, NULL, 0);
	CHECK(b.len == 0);
	CHECK_TEXT(buf_cstr(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_addc(&b, (char)('a' + i % 26));
	CHECK(b.len == 1000 && b.data[0] == 'a' && b.data[999] == 'a' + 999 % 26);
	buf_clear(&b);
	buf_addf(&b, "%d-%s", 12, "x");
	buf_adds(&b, "yz");
	CHECK_TEXT(buf_cstr(&b), "12-xyz");

	write_file(in_dir("five"), "12345");
	CHECK(buf_read_file(&b, in_dir("five"), 5, &e));
	CHECK_TEXT(buf_cstr(&b), "12-xyz12345");	/* appended */
	CHECK(!buf_read_file(&b, in_dir("five"), 4, &e) && b.len == 11);
	snprintf(want, sizeof want, "%s: larger than 4 bytes", in_dir("five"));
	CHECK_TEXT(e.text, want);
	CHECK(!buf_read_file(&b, in_dir("none"), 4, &e));
	snprintf(want, sizeof want, "%s: cannot be opened: No such file or directory", in_dir("none"));
	CHECK_TEXT(e.text, want);
	CHECK(!buf_read_file(&b, dir, 4, &e));
	snprintf(want, sizeof want, "%s: cannot be read: Is a directory", dir);
	CHECK_TEXT(e.text, want);
	CHECK(buf_read_file(&b, in_dir("five"), SIZE_MAX, &e) && b.len == 16);
	write_file(in_dir("five"), "");
	CHECK(buf_read_file(&b, in_dir("five"), 0, &e) && b.len == 16);
	buf_release(&b);
	CHECK(!b.data && !b.len && !b.cap);
	unlink(in_dir("five"));

	CHECK_TEXT(child_run(read_stdin, NULL, "abcde").out, "abcde");
	CHECK_DIES(read_stdin, NULL, "abcdef", 65, "ocq-x: stdin: larger than 5 bytes\n");
}

/* ---- clock ---- */

static void test_clock(void)
{
	static const struct { const char *text; int64_t t_ms; } good[] = {
		{ "2025-05-31T23:00:00Z", 1748732400000 }, { "2025-05-31t23:00:00z", 1748732400000 }, { "2025-05-31 23:00:00Z", 1748732400000 },
		{ "2025-05-31T23:00:00.5Z", 1748732400500 }, { "2025-05-31T23:00:00.123987Z", 1748732400123 },
		{ "2025-06-01T01:30:00+02:30", 1748732400000 }, { "2025-05-31T18:00:00-05:00", 1748732400000 },
		{ "2025-05-31", 1748649600000 }, { "1970-01-01", 0 }, { "1969-12-31T23:59:59.999Z", -1 }, { "0000-03-01", -62162035200000 },
		{ "2024-02-29", 1709164800000 }, { "2000-02-29", 951782400000 }, { "9999-12-31T23:59:59Z", 253402300799000 },
		{ "2016-12-31T23:59:60Z", 1483228800000 },
		{ "0", 0 }, { "-0", 0 }, { "1748732400", 1748732400000 }, { "+1748732400", 1748732400000 }, { "1_748_732_400", 1748732400000 },
		{ "1748732400000", 1748732400000 }, { "1748732400000999", 1748732400000 }, { "1748732400000999999", 1748732400000 },
		{ "9999999999", 9999999999000 }, { "10000000000", 10000000000 }, { "9999999999999", 9999999999999 },
		{ "10000000000000", 10000000000 }, { "9999999999999999", 9999999999999 }, { "10000000000000000", 10000000000 },
		{ "-9999999999", -9999999999000 }, { "-10000000000", -10000000000 }, { "-10000000000999", -10000000000 },
		{ "9223372036854775807", 9223372036854 },
	};
	static const char *const bad[] = {
		"", "-", "_", "+", "1.5", "12a", " 1", "9223372036854775808", "99999999999999999999", "2025-02-29", "2025-13-01", "2025-00-01",
		"2025-01-00", "2025-01-32", "1900-02-29", "2025-1-1", "2025-01-01T", "2025-01-01T00:00Z", "2025-01-01T00:00:00",
		"2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z", "2025-01-01T00:00:61Z", "2025-01-01T00:00:00.Z", "2025-01-01T00:00:00Zx",
		"2025-01-01T00:00:00+0100", "2025-01-01T00:00:00+24:00", "2025-01-01T00:00:00+01:60", "2025-01-01 ", "x", "now",
	};
	static const struct { int64_t t_ms; const char *text; } out[] = {
		{ 0, "1970-01-01T00:00:00Z" }, { 1748732400000, "2025-05-31T23:00:00Z" }, { 1748732400007, "2025-05-31T23:00:00.007Z" },
		{ -1, "1969-12-31T23:59:59.999Z" }, { 1709164800000, "2024-02-29T00:00:00Z" }, { 253402300800000, "10000-01-01T00:00:00Z" },
		{ -62167219200001, "-1-12-31T23:59:59.999Z" },
	};
	char text[CLOCK_TEXT_MAX + 1];
	int64_t t, first;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		test_check(clock_parse(good[i].text, &t) && t == good[i].t_ms, __FILE__, __LINE__, good[i].text);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		test_check(!clock_parse(bad[i], &t), __FILE__, __LINE__, bad[i]);
	for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
		*clock_put(text, out[i].t_ms) = '\0';
		CHECK_TEXT(text, out[i].text);
	}
	for (int64_t day = -800000; day < 800000; day += 17) {
		char *end = clock_put(text, day * 86400000 + 12345);

		*end = '\0';
		CHECK(end - text <= CLOCK_TEXT_MAX);
		if (text[4] == '-' && text[0] != '-')
			CHECK(clock_parse(text, &t) && t == day * 86400000 + 12345);
	}
	CHECK(clock_put(text, INT64_MAX) - text <= CLOCK_TEXT_MAX);
	CHECK(clock_put(text, INT64_MIN) - text <= CLOCK_TEXT_MAX);

	CHECK(clock_interval_ms("1m") == 60000 && clock_interval_ms("3m") == 180000 && clock_interval_ms("5m") == 300000);
	CHECK(clock_interval_ms("15m") == 900000 && clock_interval_ms("30m") == 1800000 && clock_interval_ms("1h") == 3600000);
	CHECK(clock_interval_ms("4h") == 14400000 && clock_interval_ms("1d") == 86400000);
	CHECK(!clock_interval_ms("2h") && !clock_interval_ms("1H") && !clock_interval_ms("") && !clock_interval_ms("1d "));
	CHECK(clock_bar("1h", 7200000 - 1, 0) == 3600000 && clock_bar("1h", 7200000, 0) == 7200000 && clock_bar("1h", -1, 0) == -3600000);
	CHECK(clock_bar("3m", 179999, 2) == 360000 && clock_bar("1d", 5 * 86400000, -4999) == -4994 * INT64_C(86400000));
	for (int i = 0; clock_intervals[i]; i++)
		CHECK(!clock_interval_ms(clock_intervals[i]) || clock_bar(clock_intervals[i], 0, 1) == clock_interval_ms(clock_intervals[i]));
	CHECK(clock_parse("2025-06-04T12:00:00Z", &t) && clock_parse("2025-06-02", &first) && clock_bar("1w", t, 0) == first);
	CHECK(clock_parse("2024-02-01", &first) && clock_bar("1M", t, -16) == first && clock_parse("2024-03-01", &t) && clock_bar("1M", first, 1) == t);
	CHECK(clock_length_ms("2h") == 7200000 && clock_length_ms("1w") == 604800000 && !clock_length_ms("1M") && !clock_length_ms("7h"));
	CHECK(clock_bar("1H", 0, 0) == INT64_MIN && clock_bar("", 0, 0) == INT64_MIN && clock_bar("1M ", 0, 0) == INT64_MIN);
	CHECK(clock_ms() > 1700000000000 && clock_mono_ns() <= clock_mono_ns());
}

/* ---- opt ---- */

static struct { bool flag; const char *config, *output; double f; uint32_t u32; uint64_t u64; int64_t from; } given;
static const struct opt table[] = {
	{ 'f', "flag", OPT_FLAG, &given.flag, NULL, "turn it on", 0 },
	{ 'c', "config", OPT_TEXT, &given.config, "FILE", "strategy", 0 },
	{ 'o', "output", OPT_TEXT, &given.output, "FILE", "write here", OPT_OUTPUT },
	{ 0, "ratio", OPT_F64, &given.f, "X", "a ratio", 0 },
	{ 'n', "count", OPT_U32, &given.u32, "N", "how many", 0 },
	{ 'j', "threads", OPT_U64, &given.u64, "N", "threads", OPT_HOST },
	{ 0, "from", OPT_TIME, &given.from, "T", "first bar", 0 },
	{ 0 },
};

struct line { int n; char *word[12]; };

static void parses(void *arg)
{
	struct line *l = arg;
	char *argv[13];
	int n;

	memcpy(argv, l->word, sizeof l->word);
	memset(&given, 0, sizeof given);
	n = opt_parse(l->n, argv, table, "[-f] [FILE...]", "Does things.");
	printf("%d%s%s|%s", n, n ? " " : "", n ? argv[0] : "", opt_command());
	printf("|%d %s %s %g %u %llu %lld|%d", given.flag, given.config ? given.config : "-", given.output ? given.output : "-", given.f,
		given.u32, (unsigned long long)given.u64, (long long)given.from, err_quiet);
}
#define LINE(...) &(struct line){ (int)(sizeof (char *[]){ __VA_ARGS__ } / sizeof (char *)), { __VA_ARGS__ } }

/* More options than a screen has lines: those without help share a line, the common ones another. */
static void parses_many(void *arg)
{
	char *argv[] = { "ocq-x", "--help" };
	struct opt many[30] = { 0 };

	(void)arg;
	for (int i = 0; i < 28; i++)
		many[i] = (struct opt){ 0, i % 2 ? "second" : "first", OPT_FLAG, &given.flag, i % 2 ? "X" : NULL, i % 2 ? NULL : "both", 0 };
	for (int i = 20; i < 28; i++)
		many[i].help = "own";
	opt_parse(2, argv, many, "", "");
}

static void test_opt(void)
{
	struct child c;
	unsigned lines = 0, column = 0;

	CHECK_TEXT(child_run(parses, LINE("ocq-x"), NULL).out, "0|ocq-x|0 - - 0 0 0 0|0");
	CHECK_TEXT(child_run(parses, LINE("ocq-x", "a b", "-fn5", "--config=x.yaml", "-o", "out", "-j4", "--ratio", "-1e-3"), NULL).out,
		"1 a b|ocq-x --flag --count 5 --config x.yaml --ratio -1e-3 'a b'|1 x.yaml out -0.001 5 4 0|0");
	CHECK_TEXT(child_run(parses, LINE("ocq-x", "-q", "--from", "2025-05-31", "--", "-f", "it's"), NULL).out,
		"2 -f|ocq-x --from 2025-05-31 -f 'it'\\''s'|0 - - 0 0 0 1748649600000|1");
	CHECK_TEXT(child_run(parses, LINE("ocq-x", "-", "--config", "a", "--config", "b"), NULL).out, "1 -|ocq-x --config a --config b -|0 b - 0 0 0 0|0");
	CHECK_DIES(parses, LINE("ocq-x", "--confg", "x"), NULL, 64, "ocq-x: unknown option --confg: did you mean --config?\n");
	CHECK_DIES(parses, LINE("ocq-x", "--conf=x"), NULL, 64, "ocq-x: unknown option --conf: did you mean --config?\n");
	CHECK_DIES(parses, LINE("ocq-x", "--hlep"), NULL, 64, "ocq-x: unknown option --hlep: did you mean --help?\n");
	CHECK_DIES(parses, LINE("ocq-x", "--zzzzzz"), NULL, 64, "ocq-x: unknown option --zzzzzz: --help lists them all\n");
	CHECK_DIES(parses, LINE("ocq-x", "-fz"), NULL, 64, "ocq-x: unknown option -z: --help lists them all\n");
	CHECK_DIES(parses, LINE("ocq-x", "--config"), NULL, 64, "ocq-x: --config needs a value: --config FILE\n");
	CHECK_DIES(parses, LINE("ocq-x", "-c"), NULL, 64, "ocq-x: --config needs a value: --config FILE\n");
	CHECK_DIES(parses, LINE("ocq-x", "--config="), NULL, 64, "ocq-x: --config: \"\" is not a text that is not empty\n");
	CHECK_DIES(parses, LINE("ocq-x", "--flag=1"), NULL, 64, "ocq-x: --flag takes no value\n");
	CHECK_DIES(parses, LINE("ocq-x", "--ratio", "nan"), NULL, 64, "ocq-x: --ratio: \"nan\" is not a number\n");
	CHECK_DIES(parses, LINE("ocq-x", "-n", "4294967296"), NULL, 64,
		"ocq-x: --count: \"4294967296\" is not a whole number from 0 to 4294967295\n");
	CHECK_DIES(parses, LINE("ocq-x", "-n-1"), NULL, 64, "ocq-x: --count: \"-1\" is not a whole number from 0 to 4294967295\n");
	CHECK_DIES(parses, LINE("ocq-x", "--from", "yesterday"), NULL, 64,
		"ocq-x: --from: \"yesterday\" is not a time: RFC 3339, YYYY-MM-DD, or seconds or milliseconds since 1970\n");

	c = child_run(parses, LINE("ocq-x", "--help", "--nonsense"), NULL);
	CHECK(c.status == 0 && !*c.err);
	CHECK(strstr(c.out, "usage: ocq-x [-f] [FILE...]\nDoes things.\n\n  -f, --flag              turn it on\n") == c.out);
	CHECK(strstr(c.out, "      --ratio X           a ratio\n") && strstr(c.out, "  -q, --quiet             no progress, no summary\n"));
	for (const char *p = c.out; *p; p++) {
		column = *p == '\n' ? 0 : column + 1;
		lines += *p == '\n';
		CHECK(column <= 80);
	}
	CHECK(lines <= 24);
	c = child_run(parses_many, NULL, NULL);
	CHECK(c.status == 0 && strstr(c.out, "\n\n      --first, --second X both\n      --first"));
	CHECK(strstr(c.out, "own\n  -h, --help  -V, --version  -q, --quiet\n"));
	CHECK_TEXT(child_run(parses, LINE("ocq-x", "-V"), NULL).out, "ocq-x " OCQ_VERSION "\n");
}

/* ---- hash ---- */

static void test_hash(void)
{
	static const struct { const char *text, *hex; } known[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	unsigned char bytes[1000], digest[32];
	uint64_t sum, others = 0;
	struct sha256 s;
	char hex[65];

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		sha256_hex(known[i].text, strlen(known[i].text), hex);
		CHECK_TEXT(hex, known[i].hex);
	}
	sha256_init(&s);
	memset(bytes, 'a', sizeof bytes);
	for (int i = 0; i < 1000; i++)
		sha256_add(&s, bytes, sizeof bytes);
	sha256_end(&s, digest);
	hex_put(hex, digest, 32);
	CHECK_TEXT(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");	/* a million times "a" */

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 256);
	for (size_t n = 0; n < 200; n++) {	/* in pieces as at once, over every block boundary */
		char whole[65];

		sha256_hex(bytes, n, whole);
		sha256_init(&s);
		for (size_t at = 0, step = 1; at < n; at += step, step = step % 70 + 3)
			sha256_add(&s, bytes + at, step < n - at ? step : n - at);
		sha256_end(&s, digest);
		hex_put(hex, digest, 32);
		CHECK_TEXT(hex, whole);
	}

	CHECK(crc32_ieee(0, "123456789", 9) == 0xcbf43926);
	CHECK(crc32_ieee(0, "", 0) == 0);
	CHECK(crc32_ieee(0, "The quick brown fox jumps over the lazy dog", 43) == 0x414fa339);
	for (size_t n = 0; n < 100; n++)
		CHECK(crc32_ieee(crc32_ieee(0, bytes, n), bytes + n, 500 - n) == crc32_ieee(0, bytes, 500));

	/* The pack format rests on these values. */
	CHECK(checksum64("", 0) == 0xcf5ac2f4e7344a4f);
	CHECK(checksum64("abc", 3) == 0xc82f3b37e39f24fc);
	CHECK(checksum64(bytes, sizeof bytes) == 0x04bde873cd93632b);
	sum = checksum64(bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		for (int bit = 0; bit < 8; bit++) {
			bytes[i] ^= (unsigned char)(1 << bit);
			others += checksum64(bytes, sizeof bytes) == sum;
			bytes[i] ^= (unsigned char)(1 << bit);
		}
	for (size_t n = 0; n < sizeof bytes; n++)
		others += checksum64(bytes, n) == sum;
	memset(bytes, 0, sizeof bytes);
	for (size_t n = 0; n < sizeof bytes; n++)	/* zeros are told apart by their number */
		others += checksum64(bytes, n) == checksum64(bytes, n + 1);
	CHECK(others == 0);
}

/* ---- stream ---- */

struct copy { const char *in, *out; bool abandon, die; };

static void copies(void *arg)
{
	struct copy *c = arg;
	struct out o;
	struct in i;
	const char *line;
	size_t len;

	out_open(&o, c->out);
	in_open(&i, c->in);
	i.flush = &o;
	while (in_line(&i, &line, &len)) {
		out_add(&o, line, len);
		out_add(&o, i.torn ? "|" : "\n", 1);
	}
	if (c->die)
		in_die(&i, "that is %s", "enough");
	in_close(&i);
	if (c->abandon)
		out_abandon(&o);
	else
		out_close(&o);
}

static void test_out(void)
{
	struct copy whole = { "-", in_dir("out"), false, false }, dead = whole, left = whole, device = { "-", "/dev/full", false, false };
	struct copy nowhere = { "-", "/nonexistent/x", false, false }, through = { "-", in_dir("link"), false, false };
	struct errmsg e;
	struct child c;
	struct stat st;
	char want[PATH_MAX + 100];

	umask(022);
	CHECK(child_run(copies, &whole, "a\nb\n").status == 0);
	CHECK_TEXT(read_file(whole.out), "a\nb\n");
	CHECK(stat(whole.out, &st) == 0 && (st.st_mode & 0777) == 0644);
	dead.die = true;
	CHECK_DIES(copies, &dead, "new\n", 65, "ocq-x: stdin:1: that is enough\n");
	CHECK_TEXT(read_file(whole.out), "a\nb\n");
	left.abandon = true;
	CHECK(child_run(copies, &left, "new\n").status == 0);
	CHECK_TEXT(read_file(whole.out), "a\nb\n");
	CHECK(count_files() == 1);	/* no temporary is left behind */
	chmod(whole.out, 0600);
	CHECK(child_run(copies, &whole, "secret\n").status == 0);
	CHECK_TEXT(read_file(whole.out), "secret\n");
	CHECK(stat(whole.out, &st) == 0 && (st.st_mode & 0777) == 0600);	/* the old file's mode */

	CHECK(symlink("out", through.out) == 0 && child_run(copies, &through, "linked\n").status == 0);
	CHECK_TEXT(read_file(whole.out), "linked\n");
	CHECK(lstat(through.out, &st) == 0 && S_ISLNK(st.st_mode));

	CHECK_DIES(copies, &device, "x\n", 75, "ocq-x: /dev/full: cannot be written: No space left on device\n");
	c = child_run(copies, &nowhere, "x\n");
	CHECK(c.status == 75);
	CHECK_TEXT(c.err, "ocq-x: /nonexistent/x: cannot be created: No such file or directory\n");

	CHECK(file_replace(whole.out, "replaced", 8, &e));
	CHECK_TEXT(read_file(whole.out), "replaced");
	CHECK(!file_replace("/nonexistent/x", "", 0, &e));
	CHECK_TEXT(e.text, "/nonexistent/x: cannot be created: No such file or directory");
	snprintf(want, sizeof want, "%s: cannot be written: Is a directory", dir);
	CHECK(!file_replace(dir, "x", 1, &e));
	CHECK_TEXT(e.text, want);
	unlink(through.out);
	unlink(whole.out);
	CHECK(count_files() == 0);
}

static char *repeat(char c, size_t n)
{
	char *s = xmalloc(n + 1);

	memset(s, c, n);
	s[n] = '\0';
	return s;
}

static void test_in(void)
{
	struct copy pass = { "-", "-", false, false }, missing = { "/nonexistent/x", "-", false, false }, folder = { dir, "-", false, false };
	const char *line;
	char *text, want[PATH_MAX + 100];
	struct out none;
	struct in i;
	size_t len;
	int fd;

	CHECK_TEXT(child_run(copies, &pass, "").out, "");
	CHECK_TEXT(child_run(copies, &pass, "\n\na\n").out, "\n\na\n");
	CHECK_TEXT(child_run(copies, &pass, "a\nb").out, "a\nb|");
	CHECK_DIES(copies, &missing, "", 65, "ocq-x: /nonexistent/x: cannot be opened: No such file or directory\n");
	snprintf(want, sizeof want, "ocq-x: %s:1: cannot be read: Is a directory\n", dir);
	CHECK_DIES(copies, &folder, "", 75, want);

	/* Lines around every size of the buffer, then the limit itself. */
	for (size_t n = 262140; n < 262150; n++) {
		text = repeat('x', 2 * n + 4);
		text[n] = text[2 * n + 1] = '\n';
		write_file(in_dir("lines"), text);
		in_open(&i, in_dir("lines"));
		CHECK(in_line(&i, &line, &len) && len == n && i.line == 1 && line[0] == 'x' && line[n - 1] == 'x');
		CHECK(in_line(&i, &line, &len) && len == n && i.line == 2 && !i.torn);
		CHECK(in_line(&i, &line, &len) && len == 2 && i.line == 3 && i.torn);
		CHECK(!in_line(&i, &line, &len) && !in_line(&i, &line, &len));
		in_close(&i);
		free(text);
	}
	text = repeat('x', LINE_LIMIT + 1);
	text[LINE_LIMIT] = '\n';
	write_file(in_dir("lines"), text);
	in_open(&i, in_dir("lines"));
	CHECK(in_line(&i, &line, &len) && len == LINE_LIMIT);
	in_close(&i);
	free(text);

	/* With a limit of one's own a longer line is said to be cut, and the next one comes whole. */
	for (size_t n = 99; n < 20 << 20; n = n * 3 + 1) {
		text = repeat('x', n + 5);
		memcpy(text + n, "\nab\ny", 5);
		write_file(in_dir("lines"), text);
		in_open(&i, in_dir("lines"));
		i.limit = 100;
		CHECK(in_line(&i, &line, &len) && i.cut == (n > 100) && i.line == 1 && (n > 100 || len == n));
		CHECK(in_line(&i, &line, &len) && !i.cut && i.line == 2 && len == 2 && memcmp(line, "ab", 2) == 0);
		CHECK(in_line(&i, &line, &len) && !i.cut && i.torn && len == 1);
		CHECK(!in_line(&i, &line, &len));
		in_close(&i);
		text[n] = 'x';	/* torn as well */
		text[n + 3] = 'x';
		write_file(in_dir("lines"), text);
		in_open(&i, in_dir("lines"));
		i.limit = 50;
		CHECK(in_line(&i, &line, &len) && i.cut && i.torn && !in_line(&i, &line, &len));
		in_close(&i);
		free(text);
	}
	text = repeat('x', LINE_LIMIT + 1);
	text[LINE_LIMIT] = 'x';
	write_file(in_dir("lines"), text);
	snprintf(want, sizeof want, "ocq-x: %s:1: line is longer than 16777216 bytes\n", in_dir("lines"));
	CHECK_DIES(copies, (&(struct copy){ in_dir("lines"), "-", false, false }), "", 65, want);
	free(text);
	unlink(in_dir("lines"));

	out_open(&none, in_dir("none"));
	out_abandon(&none);
	fd = open("/dev/null", O_WRONLY);
	out_fd(&none, fd, "null");
	memset(out_room(&none, 1 << 20), 'x', 1 << 20);	/* larger than the buffer */
	none.len += 1 << 20;
	out_close(&none);
	CHECK(fcntl(fd, F_GETFD) < 0);
}

/* A line must come out before the filter waits for the next one, although far less than a block has come. */
static void test_latency(void)
{
	int to[2], from[2], status;
	char got[8];
	pid_t pid;

	CHECK(pipe(to) == 0 && pipe(from) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[0]), close(to[1]), close(from[0]), close(from[1]);
		copies(&(struct copy){ "-", "-", false, false });
		exit(0);
	}
	close(to[0]), close(from[1]);
	for (int i = 0; i < 100; i++) {
		CHECK(write(to[1], "ping\n", 5) == 5);
		CHECK(read(from[0], got, sizeof got) == 5 && memcmp(got, "ping\n", 5) == 0);
	}
	close(to[1]);
	CHECK(read(from[0], got, sizeof got) == 0);
	close(from[0]);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void closed_reader(void *arg)
{
	int ends[2];
	struct out o;

	(void)arg;
	if (pipe(ends) < 0)
		exit(126);
	close(ends[0]);
	out_fd(&o, ends[1], "pipe");
	out_add(&o, "x", 1);
	out_close(&o);
	exit(125);
}

/* SIGTERM while waiting: the filter ends its output and exits by itself. */
static void test_stop(int signal_number)
{
	int to[2], from[2], status;
	char got[8];
	pid_t pid;

	CHECK(pipe(to) == 0 && pipe(from) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[0]), close(to[1]), close(from[0]), close(from[1]);
		stream_signals();
		copies(&(struct copy){ "-", "-", false, false });
		exit(stream_stop ? 42 : 0);
	}
	close(to[0]), close(from[1]);
	CHECK(write(to[1], "a\nhalf", 6) == 6);
	CHECK(read(from[0], got, sizeof got) == 2);
	kill(pid, signal_number);
	CHECK(read(from[0], got, sizeof got) == 0);	/* the half line is not taken for a record */
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 42);
	close(to[1]), close(from[0]);
}

static void works(void *arg)
{
	struct progress p;

	(void)arg;
	progress_start(&p, "work", 10);
	for (uint64_t i = 0; i < 10; i++)
		progress_at(&p, i);
	progress_end(&p);
}

/* ---- simulated time ---- */

static char clock_file[64];

static void reads_clock(void *arg)
{
	(void)arg;
	setenv("OCQ_CLOCK", clock_file, 1);
	printf("%d %" PRId64, clock_simulated(), clock_ms());
}

static void test_simulated(void)
{
	snprintf(clock_file, sizeof clock_file, "%s/clock", dir);
	CHECK(child_run(reads_clock, NULL, NULL).status == EX_CONFIG);
	for (int64_t t = 1700000000000; t < 1700000000002; t++) {
		char want[32];

		clock_publish(clock_file, t);
		snprintf(want, sizeof want, "1 %" PRId64, t);
		CHECK_TEXT(child_run(reads_clock, NULL, NULL).out, want);
	}
	CHECK(!clock_simulated() && clock_ms() > 1700000000002);	/* the owner's own clock is the wall's */
	unlink(clock_file);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 70;
	test_simulated();	/* first: a process asks for OCQ_CLOCK once */
	test_err();
	test_buf();
	test_clock();
	test_opt();
	test_hash();
	test_out();
	test_in();
	test_latency();
	CHECK_DIES(closed_reader, NULL, NULL, 0, "");
	test_stop(SIGTERM);
	test_stop(SIGINT);
	CHECK_DIES(works, NULL, NULL, 0, "");	/* stderr is no terminal */
	CHECK(rmdir(dir) == 0);
	return test_end("base");
}
