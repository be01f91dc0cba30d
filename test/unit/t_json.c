/* SPDX-License-Identifier: MIT
 * lib/json: what is refused and where, what is found, what is written. */
#include "test.h"

#include "json/json.h"

#include <math.h>
#include <stdlib.h>

static void check_wrong(const char *text, size_t n, const char *want)
{
	struct json_doc d;
	struct errmsg e;
	char *exact = malloc(n ? n : 1);	/* no byte behind the text may be read */

	memcpy(exact, text, n);
	if (CHECK(!json_parse(&d, exact, n, &e)))
		test_text(e.text, want, __FILE__, __LINE__);
	else
		json_release(&d);
	free(exact);
}

static void test_refused(void)
{
	static const struct { const char *text, *want; } wrong[] = {
		{ "", "line 1, column 1: the text ends too early" },
		{ "  ", "line 1, column 3: the text ends too early" },
		{ "{", "line 1, column 2: a key in quotes is expected" },
		{ "{\"a\":1,}", "line 1, column 8: a key in quotes is expected" },
		{ "{a:1}", "line 1, column 2: a key in quotes is expected" },
		{ "{\"a\" 1}", "line 1, column 6: \":\" is expected" },
		{ "{\"a\":}", "line 1, column 6: no JSON value" },
		{ "{\"a\":1 \"b\":2}", "line 1, column 8: \",\" or \"}\" is expected" },
		{ "{\"a\":1", "line 1, column 7: \",\" or \"}\" is expected" },
		{ "[1,2,]", "line 1, column 6: no JSON value" },
		{ "[1 2]", "line 1, column 4: \",\" or \"]\" is expected" },
		{ "[1}", "line 1, column 3: \",\" or \"]\" is expected" },
		{ "[,1]", "line 1, column 2: no JSON value" },
		{ "01", "line 1, column 1: a number is not in JSON's form, or beyond the range of a double" },
		{ "1 2", "line 1, column 3: something follows the value" },
		{ "{}{}", "line 1, column 3: something follows the value" },
		{ "+1", "line 1, column 1: no JSON value" },
		{ "1e999", "line 1, column 1: a number is not in JSON's form, or beyond the range of a double" },
		{ "NaN", "line 1, column 1: no JSON value" },
		{ "Infinity", "line 1, column 1: no JSON value" },
		{ "nul", "line 1, column 1: no JSON value" },
		{ "trux", "line 1, column 1: no JSON value" },
		{ "nullx", "line 1, column 5: something follows the value" },
		{ "'a'", "line 1, column 1: no JSON value" },
		{ "// x\n1", "line 1, column 1: no JSON value" },
		{ "\xef\xbb\xbf{}", "line 1, column 1: no JSON value" },
		{ "[1,\n 2,\n  x]", "line 3, column 3: no JSON value" },
		{ "\"abc", "line 1, column 2: a string does not end" },
		{ "\"", "line 1, column 2: a string does not end" },
		{ "\"\\", "line 1, column 2: wrong escape in a string" },
		{ "\"\\x\"", "line 1, column 2: wrong escape in a string" },
		{ "\"\\u12\"", "line 1, column 2: wrong escape in a string" },
		{ "\"\\u12g4\"", "line 1, column 2: wrong escape in a string" },
		{ "\"\\u0000\"", "line 1, column 2: wrong escape in a string" },
		{ "\"\\ud800\"", "line 1, column 2: wrong escape in a string" },
		{ "\"\\ud800\\n....\"", "line 1, column 2: wrong escape in a string" },
		{ "\"\\ud800\\ud800\"", "line 1, column 2: wrong escape in a string" },
		{ "\"\\udc00\"", "line 1, column 2: wrong escape in a string" },
		{ "\"a\tb\"", "line 1, column 2: control character in a string" },
		{ "\"\xff\"", "line 1, column 2: a string is not UTF-8" },
		{ "\"\x80\"", "line 1, column 2: a string is not UTF-8" },
		{ "\"\xc0\xaf\"", "line 1, column 2: a string is not UTF-8" },
		{ "\"\xc3\"", "line 1, column 2: a string is not UTF-8" },
		{ "\"\xe0\x80\xaf\"", "line 1, column 2: a string is not UTF-8" },
		{ "\"\xed\xa0\x80\"", "line 1, column 2: a string is not UTF-8" },
		{ "\"\xf0\x80\x80\xaf\"", "line 1, column 2: a string is not UTF-8" },
		{ "\"\xf4\x90\x80\x80\"", "line 1, column 2: a string is not UTF-8" },
		{ "\"\xf5\x80\x80\x80\"", "line 1, column 2: a string is not UTF-8" },
		{ "\"\xe2\x82\"", "line 1, column 2: a string is not UTF-8" },
		{ "{\"a\":1,\"b\":2,\"a\":3}", "line 1, column 19: an object has the same key twice" },
		{ "{\"a\":1,\"\\u0061\":2}", "line 1, column 18: an object has the same key twice" },
		{ "[{\"x\":{\"k\":[],\"k\":0}}]", "line 1, column 20: an object has the same key twice" },
		{ "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"c\":10}", "line 1, column 62: an object has the same key twice" },
	};
	char deep[2 * JSON_DEPTH + 2];
	struct json_doc d;
	struct errmsg e;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		check_wrong(wrong[i].text, strlen(wrong[i].text), wrong[i].want);
	check_wrong("\"a\0b\"", 5, "line 1, column 2: control character in a string");
	check_wrong("\"\\\0\"", 4, "line 1, column 2: wrong escape in a string");
	check_wrong("1\0", 2, "line 1, column 2: something follows the value");

	memset(deep, '[', sizeof deep);
	memset(deep + JSON_DEPTH, ']', JSON_DEPTH);
	CHECK(json_parse(&d, deep, 2 * JSON_DEPTH, &e));
	json_release(&d);
	memset(deep, '[', JSON_DEPTH + 1);
	memset(deep + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
	check_wrong(deep, 2 * JSON_DEPTH + 2, "line 1, column 65: nested too deeply");

	/* Every beginning of a whole text is refused. */
	for (size_t n = 0; n < 59; n++) {
		static const char whole[] = "{\"a\":[1.5e3,true,null,\"\\ud83d\\ude00\xe2\x82\xac\"],\"b\":{\"c\":false}}";

		CHECK(!json_parse(&d, whole, n, NULL) || n == sizeof whole - 1);
		if (n == sizeof whole - 1)
			json_release(&d);
	}
}

static void test_access(void)
{
	static const char text[] = " {\"name\":\"k\\u0050EPE\",\"px\":[1,-2.5,3e2,\"4\"],\"deep\":{\"on\":true,\"off\":false,\"none\":null},"
		"\"big\":9223372036854775807,\"over\":9223372036854775808,\"k\\\"q\":1,\"smile\":\"\\ud83d\\ude00\\n\xe2\x82\xac\",\"\":0} \r\n";
	const struct json *px, *deep;
	struct json_doc d;
	struct errmsg e;
	char name[16];
	int64_t i = 0;
	uint64_t u = 0;
	double v = 0;
	bool on = false, off = true;

	CHECK(json_parse(&d, text, sizeof text - 1, &e));
	CHECK(d.tok[0].type == JSON_OBJECT && d.tok[0].size == 8 && d.tok[0].skip == d.n && d.tok[0].start == 1);
	CHECK(json_str(&d, json_get(&d, d.tok, "name"), name, sizeof name));
	CHECK_TEXT(name, "kPEPE");
	CHECK(json_str(&d, json_get(&d, d.tok, "name"), name, 6) && !json_str(&d, json_get(&d, d.tok, "name"), name, 5));
	CHECK(!json_str(&d, json_get(&d, d.tok, "name"), name, 0));
	CHECK(json_is(&d, json_get(&d, d.tok, "name"), "kPEPE") && !json_is(&d, json_get(&d, d.tok, "name"), "kPEP"));
	CHECK(!json_is(&d, json_get(&d, d.tok, "name"), "kPEPEX") && !json_is(&d, json_get(&d, d.tok, "px"), "px"));
	CHECK(json_str(&d, json_get(&d, d.tok, "smile"), name, sizeof name));
	CHECK_TEXT(name, "\xf0\x9f\x98\x80\n\xe2\x82\xac");

	px = json_get(&d, d.tok, "px");
	CHECK(px && px->size == 4 && json_f64(&d, json_at(px, 1), &v) && v == -2.5);
	CHECK(json_f64(&d, json_at(px, 2), &v) && v == 300 && !json_i64(&d, json_at(px, 2), &i));
	CHECK(json_i64(&d, json_at(px, 0), &i) && i == 1 && json_u64(&d, json_at(px, 0), &u) && u == 1);
	CHECK(!json_u64(&d, json_at(px, 1), &u) && !json_u64(&d, json_at(px, 2), &u) && !json_u64(&d, NULL, &u));
	CHECK(!json_f64(&d, json_at(px, 3), &v) && !json_at(px, 4) && !json_at(d.tok, 0) && !json_get(&d, px, "name"));
	deep = json_get(&d, d.tok, "deep");
	CHECK(json_bool(json_get(&d, deep, "on"), &on) && on && json_bool(json_get(&d, deep, "off"), &off) && !off);
	CHECK(!json_bool(json_get(&d, deep, "none"), &on) && json_get(&d, deep, "none")->type == JSON_NULL);
	CHECK(json_i64(&d, json_get(&d, d.tok, "big"), &i) && i == INT64_MAX && !json_i64(&d, json_get(&d, d.tok, "over"), &i));
	CHECK(json_i64(&d, json_get(&d, d.tok, "k\"q"), &i) && i == 1 && json_i64(&d, json_get(&d, d.tok, ""), &i) && i == 0);

	/* Lookups chain through what is not there. */
	CHECK(!json_get(&d, json_get(&d, json_get(&d, d.tok, "no"), "such"), "thing") && !json_at(NULL, 0));
	CHECK(!json_f64(&d, NULL, &v) && !json_i64(&d, NULL, &i) && !json_bool(NULL, &on) && !json_str(&d, NULL, name, 9) && !json_is(&d, NULL, ""));
	json_release(&d);
	CHECK(!d.tok);
}

/* An object with very many keys is checked for duplicates in reasonable time. */
static void test_many(void)
{
	enum { MANY = 100000 };
	struct buf b = BUF_INIT;
	struct json_doc d;
	struct errmsg e;
	int64_t v;

	buf_addc(&b, '{');
	for (int i = 0; i < MANY; i++)
		buf_addf(&b, "%s\"key%d\":%d", i ? "," : "", i, i);
	buf_addc(&b, '}');
	CHECK(json_parse(&d, b.data, b.len, &e) && d.tok->size == MANY && json_i64(&d, json_get(&d, d.tok, "key77777"), &v) && v == 77777);
	json_release(&d);
	b.len--;
	buf_adds(&b, ",\"key5\":0}");
	CHECK(!json_parse(&d, b.data, b.len, &e));
	buf_release(&b);
}

static void check_skim(const char *text, const char *path, const char *want)
{
	size_t n = strlen(text);
	char *exact = malloc(n ? n : 1), got[64] = "refused";
	struct json_span w = { .path = path };

	memcpy(exact, text, n);
	if (json_skim(exact, n, &w, 1))
		snprintf(got, sizeof got, "%.*s", w.start ? (int)(w.end - w.start) : 7, w.start ? w.start : "nothing");
	test_text(got, want, __FILE__, __LINE__);
	free(exact);
}

/* Every place of an escape, a bracket and the end against the blocks in which nested values are passed over. */
static void check_skim_places(unsigned pad)
{
	struct buf b = BUF_INIT;
	struct json_span w[] = { { .path = "x" }, { .path = "deep.list" }, { .path = "deep" } };
	struct json_doc d;
	struct errmsg e;
	size_t n;

	buf_adds(&b, "{\"deep\":{\"number\":1");
	for (unsigned i = 0; i < pad % 67; i++)
		buf_addc(&b, '0');
	buf_adds(&b, ",\"text\":\"");
	for (unsigned i = 0; i < pad; i++)
		buf_addc(&b, "ab]}[{,:"[i % 8]);
	buf_adds(&b, "\\\"}\\\\\",\"list\":[[1,{\"a\":\"}\"}],[");
	for (unsigned i = 0; i < pad; i++)
		buf_adds(&b, i == 0 ? "{}" : i % 3 ? ",[{}]" : ",{}");
	buf_adds(&b, "]],\"nest\":");
	for (unsigned i = 0; i < 116; i++)
		buf_addc(&b, i < 58 ? '[' : ']');
	buf_adds(&b, "},\"x\":17,\"behind\":\"");
	for (unsigned i = 0; i < 80; i++)
		buf_addc(&b, "}]{["[i % 4]);
	buf_adds(&b, "\"}");
	CHECK(json_parse(&d, b.data, b.len, &e));
	CHECK(json_skim(b.data, b.len, w, 3));
	CHECK(w[0].end - w[0].start == 2 && !memcmp(w[0].start, "17", 2));
	CHECK(w[1].start == b.data + json_find(&d, d.tok, "deep.list")->start && w[1].end == b.data + json_find(&d, d.tok, "deep.list")->end);
	CHECK(w[2].start == b.data + json_get(&d, d.tok, "deep")->start && w[2].end == b.data + json_get(&d, d.tok, "deep")->end);
	json_release(&d);
	for (n = 0; n < b.len; n++) {	/* cut anywhere it is no object */
		char *exact = malloc(n ? n : 1);

		memcpy(exact, b.data, n);
		if (!CHECK(!json_skim(exact, n, w, 3)))
			n = b.len;
		free(exact);
	}
	buf_release(&b);
}

static void test_skim(void)
{
	check_skim("{\"a\":1}", "a", "1");
	check_skim("{\"a\":1}", "b", "nothing");
	check_skim("{}", "a", "nothing");
	check_skim("{\"a\":\"x\\\"y\",\"b\":-1.5e3}", "a", "\"x\\\"y\"");
	check_skim("{\"a\":\"x\\\"y\",\"b\":-1.5e3}", "b", "-1.5e3");
	check_skim("{\"a\":{\"b\":{\"c\":true}},\"ab\":2}", "a.b.c", "true");
	check_skim("{\"a\":{\"b\":{\"c\":true}},\"ab\":2}", "a.b", "{\"c\":true}");
	check_skim("{\"a\":{\"b\":{\"c\":true}},\"ab\":2}", "a.c", "nothing");
	check_skim("{\"a\":{\"b\":{\"c\":true}},\"ab\":2}", "ab", "2");
	check_skim("{\"o\":{\"trade.sl\":1,\"trade\":2}}", "o.trade.sl", "1");
	check_skim("{\"o.p\":1,\"o\":{\"p\":2}}", "o.p", "1");
	check_skim("{\"o\":{\"p\":2},\"o.p\":1}", "o.p", "1");
	check_skim("{\"n\":{\"a\":1},\"l\":[{\"a\":2}],\"a\":3}", "a", "3");
	check_skim("{\"a\":null}", "a", "null");
	check_skim("{\"a\":[1.5]}", "a.0", "nothing");

	check_skim("", "a", "refused");
	check_skim("[1]", "a", "refused");
	check_skim("{ \"a\":1}", "a", "refused");
	check_skim("{\"a\": 1}", "a", "refused");
	check_skim("{\"a\":1 }", "a", "refused");
	check_skim("{\"a\":1} ", "a", "refused");
	check_skim("{\"a\":1}}", "a", "refused");
	check_skim("{\"a\":1,}", "a", "refused");
	check_skim("{\"a\":}", "a", "refused");
	check_skim("{\"a\"}", "a", "refused");
	check_skim("{\"a\":1{\"type\":\"result\",\"a\":2}", "a", "refused");	/* one line written into another */
	check_skim("{\"a\":1,\"tot{\"type\":\"result\",\"a\":2}", "a", "refused");
	check_skim("{\"a\":[1,{\"b\":2]}", "a", "refused");

	for (unsigned pad = 0; pad < 140; pad++)
		check_skim_places(pad);
}

static void test_find(void)
{
	static const char text[] = "{\"a\":{\"b\":{\"c\":1},\"d.e\":2},\"a.b\":3}";
	struct json_doc d;
	struct errmsg e;
	int64_t v = 0;

	CHECK(json_parse(&d, text, sizeof text - 1, &e));
	CHECK(json_i64(&d, json_find(&d, d.tok, "a.b"), &v) && v == 3);	/* as one key first */
	CHECK(json_i64(&d, json_find(&d, d.tok, "a.b.c"), &v) && v == 1);
	CHECK(json_i64(&d, json_find(&d, d.tok, "a.d.e"), &v) && v == 2);
	CHECK(!json_find(&d, d.tok, "a.x") && !json_find(&d, d.tok, "a.b.c.d") && !json_find(&d, d.tok, ".") && !json_find(&d, NULL, "a"));
	json_release(&d);
}

static void test_writer(void)
{
	struct buf b = BUF_INIT;
	struct json_doc d;
	struct jsonw w;

	for (int pretty = 0; pretty < 2; pretty++) {
		buf_clear(&b);
		jsonw_init(&w, &b, pretty);
		jsonw_object(&w);
		jsonw_key(&w, "a\"b");
		jsonw_array(&w);
		jsonw_f64(&w, 0.5);
		jsonw_f64(&w, -0.0);
		jsonw_f64(&w, NAN);
		jsonw_f64(&w, -INFINITY);
		jsonw_i64(&w, INT64_MIN);
		jsonw_u64(&w, UINT64_MAX);
		jsonw_end(&w);
		jsonw_key(&w, "empty");
		jsonw_object(&w);
		jsonw_end(&w);
		jsonw_key(&w, "none");
		jsonw_array(&w);
		jsonw_end(&w);
		jsonw_key(&w, "s");
		jsonw_str(&w, "\x01\x1f\b\f\n\r\t\"\\/\xe2\x82\xac\x7f");
		jsonw_key(&w, "n");
		jsonw_strn(&w, "abc", 2);
		jsonw_key(&w, "t");
		jsonw_bool(&w, true);
		jsonw_key(&w, "f");
		jsonw_bool(&w, false);
		jsonw_key(&w, "x");
		jsonw_null(&w);
		jsonw_end(&w);
		if (pretty)
			CHECK_TEXT(buf_cstr(&b), "{\n \"a\\\"b\": [\n  0.5,\n  -0,\n  null,\n  null,\n  -9223372036854775808,\n  18446744073709551615\n ],\n"
				" \"empty\": {},\n \"none\": [],\n \"s\": \"\\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\xe2\x82\xac\x7f\",\n"
				" \"n\": \"ab\",\n \"t\": true,\n \"f\": false,\n \"x\": null\n}");
		else
			CHECK_TEXT(buf_cstr(&b), "{\"a\\\"b\":[0.5,-0,null,null,-9223372036854775808,18446744073709551615],\"empty\":{},\"none\":[],"
				"\"s\":\"\\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\xe2\x82\xac\x7f\",\"n\":\"ab\",\"t\":true,\"f\":false,\"x\":null}");
		CHECK(json_parse(&d, b.data, b.len, NULL));
		CHECK(json_is(&d, json_get(&d, d.tok, "s"), "\x01\x1f\b\f\n\r\t\"\\/\xe2\x82\xac\x7f"));
		json_release(&d);
	}
	buf_clear(&b);
	jsonw_init(&w, &b, true);
	jsonw_i64(&w, 7);
	CHECK_TEXT(buf_cstr(&b), "7");
	buf_release(&b);
}

int main(void)
{
	test_refused();
	test_access();
	test_many();
	test_skim();
	test_find();
	test_writer();
	return test_end("json");
}
