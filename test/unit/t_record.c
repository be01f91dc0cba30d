/* SPDX-License-Identifier: MIT
 * The record codec: every type there and back, every form of a line, every way to be wrong, whole streams. */
#include "child.h"

#include "base/buf.h"
#include "base/num.h"
#include "base/opt.h"
#include "json/json.h"
#include "record/record.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>

#define CANDLE "{\"type\":\"candle\",\"symbol\":\"kPEPE\",\"interval\":\"1h\",\"t_ms\":1748732400000,\"t_close_ms\":1748735999999," \
	"\"o\":0.0115,\"h\":0.012,\"l\":0.011,\"c\":0.0118,\"v\":1e+21,\"n\":42}"

/* ---- samples: each kind's harder values ---- */

static void sample_ms(int64_t *v, unsigned i) { *v = 1748732400000 + i; }
static void sample_i64(int64_t *v, unsigned i) { *v = i % 2 ? INT64_MIN : INT64_MAX; }
static void sample_u64(uint64_t *v, unsigned i) { *v = i % 2 ? UINT64_MAX : i; }
static void sample_flag(bool *v, unsigned i) { *v = i % 2; }

static void sample_f64(double *v, unsigned i)
{
	static const double values[] = { 0.1 + 0.2, -0.0, 5e-324, 1e21, 1.7976931348623157e308, 43012.3, -1e-7, 1.0 / 3, 0, 100 };

	*v = values[i % (sizeof values / sizeof *values)];
}

static void sample_string(char *v, size_t cap, unsigned i)
{
	static const char *const values[] = { "plain", "q\"b\\", "\n\t\x01", "\xe2\x82\xac\xf0\x9f\x98\x80", "/" };

	snprintf(v, cap, "%s", values[i % (sizeof values / sizeof *values)]);
	if (i % 7 == 0) {	/* as long as it may be */
		memset(v, '"', cap - 1);
		v[cap - 1] = '\0';
	}
}

static void sample_sym(char *v, unsigned i) { sample_string(v, SYMBOL_MAX, i); }
static void sample_text(char *v, unsigned i) { sample_string(v, TEXT_MAX, i); }
static void sample_long(char *v, unsigned i) { sample_string(v, LONG_MAX_TEXT, i); }

static void sample_id(char *v, unsigned i)
{
	sample_string(v, ID_MAX, i);
	if (i % 2)
		*v = '\0';
}

#define RECORD(name, meaning) static void sample_##name(struct rec_##name *r, unsigned i) \
{ \
	memset(r, 0, sizeof *r);
#define FIELD(kind, member, key, meaning) sample_##kind((void *)&r->member, i++);
#define RECORD_END }
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END

/* Bits of decimals, bytes of texts up to their end. */
static bool same_f64(const double *a, const double *b) { return memcmp(a, b, sizeof *a) == 0; }
static bool same_i64(const int64_t *a, const int64_t *b) { return *a == *b; }
static bool same_ms(const int64_t *a, const int64_t *b) { return *a == *b; }
static bool same_u64(const uint64_t *a, const uint64_t *b) { return *a == *b; }
static bool same_flag(const bool *a, const bool *b) { return *a == *b; }
static bool same_sym(const char *a, const char *b) { return strcmp(a, b) == 0; }
static bool same_text(const char *a, const char *b) { return strcmp(a, b) == 0; }
static bool same_long(const char *a, const char *b) { return strcmp(a, b) == 0; }
static bool same_id(const char *a, const char *b) { return strcmp(a, b) == 0; }

#define RECORD(name, meaning) static bool same_##name(const struct rec_##name *a, const struct rec_##name *b) \
{ \
	bool same = true;
#define FIELD(kind, member, key, meaning) \
	same &= CHECK(same_##kind((const void *)&a->member, (const void *)&b->member));
#define RECORD_END return same; }
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END

/* ---- there and back ---- */

static struct out null_out(void)
{
	struct out o;

	out_fd(&o, open("/dev/null", O_WRONLY), "null");
	return o;
}

static void check_parse(struct record *r, const char *line, size_t len, enum record_type type)
{
	char *exact = malloc(len);	/* no byte behind the line may be read */
	struct errmsg e = { "" };

	memcpy(exact, line, len);
	if (!CHECK(record_parse(r, exact, len, &e)))
		printf("%s in %.*s\n", e.text, (int)len, line);
	CHECK(r->type == type && r->len == len);
	free(exact);
}

static void check_line(struct record *r, const char *line, enum record_type type)
{
	check_parse(r, line, strlen(line), type);
}

/* The members of a line in another order, with spaces and with members that nobody knows. */
static void shuffle(struct buf *b, const struct out *o, unsigned turn)
{
	struct json_doc d;
	struct errmsg e;
	uint32_t n;

	buf_clear(b);
	if (!CHECK(json_parse(&d, o->data, o->len, &e)))
		return;
	n = d.tok->size;
	buf_adds(b, " {\"unknown\" : {\"c\":[1,{}]}");
	for (uint32_t i = 0; i < n; i++) {
		const struct json *key = d.tok + 1;

		for (uint32_t skip = (i * 997 + turn) % n; skip; skip--)	/* a prime beyond any number of members */
			key += 1 + key[1].skip;
		buf_addf(b, "%s,\t\"%.*s\" : ", i % 3 ? " " : "", (int)(key->end - key->start), o->data + key->start);
		if (key[1].type == JSON_STRING)
			buf_addf(b, "\"%.*s\"", (int)(key[1].end - key[1].start), o->data + key[1].start);
		else
			buf_add(b, o->data + key[1].start, key[1].end - key[1].start);
	}
	buf_adds(b, " }\r");
	json_release(&d);
}

#define RECORD(name, meaning) static void round_trip_##name(void) \
{ \
	for (unsigned turn = 0; turn < 21; turn++) { \
		struct out o = null_out(), again = null_out(); \
		struct buf b = BUF_INIT; \
		struct rec_##name want; \
		struct record r; \
\
		sample_##name(&want, turn); \
		record_write(&o, REC_##name, &want); \
		CHECK(o.data[o.len - 1] == '\n' && !memchr(o.data, '\n', o.len - 1)); \
		o.len--; \
		check_parse(&r, o.data, o.len, REC_##name); \
		CHECK(same_##name(&r.u.name, &want)); \
		record_write(&again, REC_##name, &r.u.name); \
		CHECK(again.len == o.len + 1 && memcmp(again.data, o.data, o.len) == 0); \
		shuffle(&b, &o, turn); \
		check_parse(&r, b.data, b.len, REC_##name); \
		CHECK(same_##name(&r.u.name, &want)); \
		for (size_t n = 0; n < o.len; n++)	/* a line cut anywhere */ \
			if (!CHECK(!record_parse(&r, o.data, n, NULL))) \
				break; \
		buf_release(&b); \
		o.len = again.len = 0; \
		out_close(&o); \
		out_close(&again); \
	} \
}
#define FIELD(kind, member, key, meaning)
#define RECORD_END
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END

static void test_texts(void)
{
	struct out o = null_out();
	struct record r;

	check_parse(&r, CANDLE, sizeof CANDLE - 1, REC_candle);
	record_write(&o, REC_candle, &r.u.candle);
	CHECK(o.len == sizeof CANDLE && memcmp(o.data, CANDLE "\n", o.len) == 0);
	o.len = 0;
	record_pass(&o, &(struct record){ .line = "as it is", .len = 8 });
	CHECK(o.len == 9 && memcmp(o.data, "as it is\n", 9) == 0);
	o.len = 0;
	record_write(&o, REC_header, &(struct rec_header){ .schema = 1, .program = "ocq-x", .version = "1", .config_id = "ab" });
	CHECK(o.data[o.len - 1] == '\n' && strncmp(o.data, "{\"type\":\"header\",\"schema\":1,\"program\":\"ocq-x\",\"version\":\"1\",\"command\":\"\","
		"\"config_id\":\"ab\",\"contract_id\":null,\"contract\":\"\"}\n", o.len) == 0);
	o.len = 0;
	out_close(&o);
}

/* ---- wrong lines ---- */

static void check_wrong(const char *line, const char *want)
{
	size_t len = strlen(line);
	char *exact = malloc(len + 1);
	struct errmsg e = { "accepted" };
	struct record r;

	memcpy(exact, line, len);
	CHECK(!record_parse(&r, exact, len, &e));
	test_text(e.text, want, __FILE__, __LINE__);
	free(exact);
}

/* CANDLE with the value of one member replaced; NULL: the member is left out. */
static void check_member(const char *key, const char *value, const char *want)
{
	const char *text = CANDLE;
	struct buf b = BUF_INIT;
	struct json_doc d;
	bool first = true;

	if (!CHECK(json_parse(&d, text, strlen(text), NULL)))
		return;
	for (const struct json *k = d.tok + 1; k < d.tok + d.n; k += 2) {
		bool this = json_is(&d, k, key);

		if (this && !value)
			continue;
		buf_adds(&b, first ? "{" : ",");
		buf_add(&b, text + k->start - 1, k->end - k->start + 2);
		buf_addc(&b, ':');
		if (this)
			buf_adds(&b, value);
		else
			buf_add(&b, text + k[1].start - (k[1].type == JSON_STRING), k[1].end - k[1].start + 2 * (k[1].type == JSON_STRING));
		first = false;
	}
	buf_addc(&b, '}');
	check_wrong(buf_cstr(&b), want);
	json_release(&d);
	buf_release(&b);
}

static void test_wrong(void)
{
	char long_text[200];
	struct record r;

	check_wrong("", "column 1: the text ends too early");
	check_wrong("{", "not a record but the start of a document over many lines, such as a report");
	check_wrong("[]", "a record is a JSON object");
	check_wrong("1", "a record is a JSON object");
	check_wrong("{}", "\"type\" is missing");
	check_wrong("{\"type\":1}", "\"type\" is not a text");
	check_wrong(CANDLE "x", "column 158: something follows the value");
	check_wrong("{\"type\":\"step\",\"t_ms\":1,\"t_ms\":1}", "column 33: an object has the same key twice");
	check_wrong("{\"type\":\"step\",\"t_ms\":1,\"type\":\"step\"}", "column 38: an object has the same key twice");
	check_wrong("{\"type\":\"step\",\"t_ms\":1,\"x\":0,\"x\":0}", "column 36: an object has the same key twice");
	check_wrong("{\"type\":\"step\",\"t_ms\":01}", "column 23: a number is not in JSON's form, or beyond the range of a double");
	check_wrong("{\"type\":\"other\",\"x\":nan}", "column 21: no JSON value");

	check_member("c", NULL, "\"c\" is missing");
	check_member("c", "\"1.5\"", "\"c\" is not a decimal");
	check_member("c", "null", "\"c\" is not a decimal");
	check_member("c", "true", "\"c\" is not a decimal");
	check_member("c", "[1]", "\"c\" is not a decimal");
	check_member("n", "1.0", "\"n\" is not an integer");
	check_member("n", "1e3", "\"n\" is not an integer");
	check_member("n", "9223372036854775808", "\"n\" is not an integer");
	check_member("t_ms", "\"now\"", "\"t_ms\" is not a time in whole milliseconds");
	check_member("symbol", "\"\"", "\"symbol\" is not a symbol: 1 to 31 bytes in quotes");
	check_member("symbol", "\"12345678901234567890123456789012\"", "\"symbol\" is not a symbol: 1 to 31 bytes in quotes");
	check_member("symbol", "5", "\"symbol\" is not a symbol: 1 to 31 bytes in quotes");
	check_member("interval", "{}", "\"interval\" is not a text of at most 127 bytes");
	snprintf(long_text, sizeof long_text, "\"%0128d\"", 0);
	check_member("interval", long_text, "\"interval\" is not a text of at most 127 bytes");
	check_wrong("{\"type\":\"end\",\"records\":-1}", "\"records\" is not an integer from 0");
	check_wrong("{\"type\":\"header\",\"schema\":1,\"program\":\"\",\"version\":\"\",\"command\":\"\",\"config_id\":1,\"contract_id\":null,\"contract\":\"\"}",
		"\"config_id\" is not null or a text of at most 64 bytes");
	check_wrong("{\"type\":\"gate\",\"t_ms\":1,\"symbol\":\"B\",\"gate\":\"\",\"value\":1,\"relation\":\"\",\"bound\":1,\"passed\":1}",
		"\"passed\" is not true or false");

	check_line(&r, "{\"type\":\"\\u0073tep\",\"t_ms\":7}", REC_step);
	CHECK(r.u.step.t_ms == 7);
	check_line(&r, "{\"t_ms\":-7,\"type\":\"step\"}", REC_step);
	CHECK(r.u.step.t_ms == -7);
	check_line(&r, "{\"type\":\"st\\u0065p2\",\"x\":null}", REC_OTHER);
	check_line(&r, "{\"type\":\"\"}", REC_OTHER);
	check_line(&r, "{\"type\":\"candles\",\"symbol\":\"x\"}", REC_OTHER);
}

/* ---- streams ---- */

static void filter(void *strict)
{
	struct record_in in;
	struct out out;
	struct record r;
	uint64_t n = 0;

	out_open(&out, "-");
	record_open(&in, "-", &out, *(bool *)strict);
	while (record_read(&in, &r)) {
		if (r.type == REC_header || r.type == REC_end)
			continue;
		record_pass(&out, &r);
		n++;
	}
	record_finish(&in);
	record_end(&out, n);
	in_close(&in.in);
	out_close(&out);
}

static void check_stream(bool strict, const char *input, int status, const char *out, const char *err)
{
	struct child c = child_run(filter, &strict, input);

	CHECK(c.status == status);
	CHECK_TEXT(c.out, out);
	CHECK_TEXT(c.err, err);
}

#define HEADER "{\"type\":\"header\",\"schema\":1,\"program\":\"p\",\"version\":\"1\",\"command\":\"p\",\"config_id\":null,\"contract_id\":null,\"contract\":\"\"}\n"
#define STEP "{\"type\":\"step\",\"t_ms\":1}\n"
#define END(n) "{\"type\":\"end\",\"records\":" #n "}\n"

static void test_streams(void)
{
	check_stream(false, "", 0, END(0), "");
	check_stream(true, "", 65, "", "ocq-x: stdin:0: the stream has no header\n");
	check_stream(true, HEADER END(0), 0, END(0), "");
	check_stream(true, HEADER STEP "{\"type\":\"new\"}\n" END(2), 0, STEP "{\"type\":\"new\"}\n" END(2), "");
	check_stream(true, HEADER STEP END(1) HEADER END(0) HEADER STEP END(1), 0, STEP STEP END(2), "");
	check_stream(true, STEP END(1), 65, STEP, "ocq-x: stdin:2: the stream has no header\n");
	check_stream(false, STEP, 0, STEP END(1), "");
	check_stream(true, HEADER STEP, 65, STEP, "ocq-x: stdin:2: the stream has no end: it was cut\n");
	check_stream(true, HEADER STEP END(2), 65, STEP, "ocq-x: stdin:3: \"records\" is 2, but 1 came\n");
	check_stream(false, HEADER STEP END(2), 0, STEP END(1), "");
	check_stream(true, HEADER END(0) STEP, 65, "", "ocq-x: stdin:3: a record follows the end\n");
	check_stream(false, HEADER END(0) STEP, 0, STEP END(1), "");
	check_stream(true, HEADER END(0) END(0), 65, "", "ocq-x: stdin:3: a record follows the end\n");
	check_stream(false, "{\"type\":\"header\",\"schema\":2,\"program\":\"\",\"version\":\"\",\"command\":\"\",\"config_id\":null,\"contract_id\":null,\"contract\":\"\"}\n",
		65, "", "ocq-x: stdin:1: \"schema\" is 2, known is 1\n");
	check_stream(false, STEP "{\"type\":\"step\",\"t_ms\":null}\n" STEP, 65, STEP, "ocq-x: stdin:2: \"t_ms\" is not a time in whole milliseconds\n");
	check_stream(false, STEP "\n", 65, STEP, "ocq-x: stdin:2: column 1: the text ends too early\n");
	check_stream(false, STEP "{\"type\":\"step\",\"t_ms\":1}", 0, STEP STEP END(2), "");
	check_stream(true, HEADER STEP "{\"type\":\"end\",\"records\":1}", 65, STEP, "ocq-x: stdin:3: line is cut: it has no newline\n");
	check_stream(false, STEP "{\"type\":\"step\",\"t_", 65, STEP, "ocq-x: stdin:2: line is cut: column 17: a string does not end\n");
}

static void write_head(void *ids)
{
	struct out out;
	char *argv[] = { "ocq-x", "file" };
	char contract[3000];

	memset(contract, 'c', sizeof contract);
	contract[ids ? sizeof contract - 1 : 0] = '\0';
	opt_parse(2, argv, &(struct opt){ 0 }, "", "");
	out_open(&out, "-");
	record_header(&out, ids, ids, ids ? contract : NULL);
	stream_stop = ids != NULL;
	record_end(&out, 3);
	out_close(&out);
}

static void write_nan(void *value)
{
	struct out out = null_out();

	record_write(&out, REC_equity, &(struct rec_equity){ .balance = *(double *)value });
}

static void test_writer(void)
{
	struct child c;
	struct record r;

	CHECK_TEXT(child_run(write_head, NULL, NULL).out, "{\"type\":\"header\",\"schema\":1,\"program\":\"ocq-x\",\"version\":\"" OCQ_VERSION "\","
		"\"command\":\"ocq-x file\",\"config_id\":null,\"contract_id\":null,\"contract\":\"\"}\n" END(3));
	c = child_run(write_head, "abc", NULL);	/* stopped: no end */
	CHECK(strlen(c.out) > 2047 && c.out[strlen(c.out) - 1] == '\n');
	check_parse(&r, c.out, strlen(c.out) - 1, REC_header);
	CHECK_TEXT(r.u.header.config_id, "abc");
	CHECK(strlen(r.u.header.contract) == LONG_MAX_TEXT - 1 && strcmp(r.u.header.contract + LONG_MAX_TEXT - 5, "c...") == 0);
	CHECK_DIES(write_nan, &(double){ NAN }, NULL, 70, "ocq-x: a record would hold nan\n");
	CHECK_DIES(write_nan, &(double){ -INFINITY }, NULL, 70, "ocq-x: a record would hold -inf\n");
}

static void test_snapshot(void)
{
	struct rec_snapshot a, b;
	struct snapshot s;

	sample_snapshot(&a, 3);
	snprintf(a.symbol, sizeof a.symbol, "BTC");
	record_to_snapshot(&s, &a);
	memset(&b, 0, sizeof b);
	record_from_snapshot(&b, "BTC", &s);
	CHECK(same_snapshot(&a, &b));
	CHECK(s.bar_count == a.bar_count && s.t_ms == a.t_ms && s.vol_trend == a.vol_trend);
}

/* The table and the codec name the same members in the same order. */
static void test_descs(void)
{
	struct out o = null_out();

	CHECK(!record_descs[REC_OTHER].name && !record_descs[REC_OTHER].n_fields);
#define RECORD(type, meaning_) do { \
		const struct record_desc *d = &record_descs[REC_##type]; \
		struct rec_##type sample; \
		struct json_doc doc; \
		const struct json *t; \
\
		sample_##type(&sample, 1); \
		o.len = 0; \
		record_write(&o, REC_##type, &sample); \
		CHECK_TEXT(d->name, #type); \
		if (!CHECK(json_parse(&doc, o.data, o.len, NULL)) || !CHECK(doc.tok->size == d->n_fields + 1)) \
			break; \
		t = doc.tok + 3; \
		for (unsigned i = 0; i < d->n_fields; i++, t += 1 + t[1].skip) \
			CHECK(json_is(&doc, t, d->fields[i].key) && *d->fields[i].kind && *d->fields[i].meaning); \
		json_release(&doc); \
	} while (0);
#define FIELD(kind, member, key, meaning)
#define RECORD_END
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END
	o.len = 0;
	out_close(&o);
}

int main(void)
{
	err_init("ocq-x");
#define RECORD(name, meaning) round_trip_##name();
#define FIELD(kind, member, key, meaning)
#define RECORD_END
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END
	test_texts();
	test_wrong();
	test_streams();
	test_writer();
	test_snapshot();
	test_descs();
	return test_end("record");
}
