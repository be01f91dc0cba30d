/* SPDX-License-Identifier: MIT
 * lib/hl beside the vectors of test/vectors.bats: decimals against glibc and against the rules read off the text, actions brought into
 * the exchange's form, requests there and back, nonces against a plain model, error texts, asset tables. */
#include "hl/asset.h"
#include "hl/errors.h"
#include "hl/nonce.h"
#include "hl/request.h"
#include "test.h"

#include <ctype.h>
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

/* Of every size. */
static dec8 random_dec8(void)
{
	return (dec8)random64() >> random64() % 63;
}

static const char *text_of(dec8 v)
{
	static char text[4][DEC8_TEXT + 1];
	static unsigned turn;
	char *at = text[turn++ % 4], *end = dec8_put(at, v);

	CHECK(end - at <= DEC8_TEXT);
	*end = '\0';
	return at;
}

static dec8 of_text(const char *text)
{
	dec8 v = 0;

	CHECK(dec8_parse(text, strlen(text), &v));
	return v;
}

/* ---- decimals ---- */

static void test_parse(void)
{
	static const struct { const char *text; dec8 v; } good[] = {
		{ "0", 0 }, { "-0.0", 0 }, { "1", DEC8_ONE }, { "00123", DEC8_OF(123) }, { ".5", 50000000 }, { "5.", DEC8_OF(5) },
		{ "-1.50", -150000000 }, { "0.00000001", 1 }, { "1.000000000000", DEC8_ONE },
		{ "92233720368.54775807", INT64_MAX }, { "-92233720368.54775807", -INT64_MAX },
	};
	static const char *const bad[] = {
		"", ".", "-", "-.", "+1", "1e5", "1E5", " 1", "1 ", "0x1", "1.2.3", "1,5", "nan", "1_0", "0.000000001", "--1",
		"92233720368.54775808", "100000000000", "9999999999999999999999",
	};
	char text[DEC8_TEXT + 1];
	dec8 v;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		CHECK(dec8_parse(good[i].text, strlen(good[i].text), &v) && v == good[i].v);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(!dec8_parse(bad[i], strlen(bad[i]), &v));
	for (int i = 0; i < 100000; i++) {
		v = random_dec8();
		CHECK(of_text(text_of(v)) == v);
	}
	CHECK_TEXT(text_of(DEC8_OF(84143)), "84143");
	CHECK_TEXT(text_of(-1), "-0.00000001");
	CHECK_TEXT(text_of(0), "0");
	*dec8_put_answer(text, DEC8_OF(84143)) = '\0';
	CHECK_TEXT(text, "84143.0");
	*dec8_put_answer(text, 150000) = '\0';
	CHECK_TEXT(text, "0.0015");
	*dec8_put_answer(text, INT64_MIN) = '\0';
	CHECK_TEXT(text, "-92233720368.54775808");
}

/* A double's exact value to 8 places, halves to even: what printf does. */
static void test_f64(void)
{
	char text[400];
	double f;
	dec8 v;

	for (int i = 0; i < 100000; i++) {
		v = random_dec8();
		f = strtod(text_of(v), NULL);
		CHECK_SAME(dec8_f64(v), f);
		f *= 1 + (double)(int64_t)random64() * 1e-21;
		snprintf(text, sizeof text, "%.8f", f);
		if (dec8_of_f64(f, DEC8_HALF_EVEN, &v))
			CHECK(v == of_text(text));
		else
			CHECK(fabs(f) >= 92233720368.0);
	}
	CHECK(dec8_of_f64(1e-30, DEC8_UP, &v) && v == 1 && dec8_of_f64(-1e-300, DEC8_UP, &v) && v == -1);
	CHECK(dec8_of_f64(1e-30, DEC8_HALF_UP, &v) && v == 0 && dec8_of_f64(0.0, DEC8_UP, &v) && v == 0);
	CHECK(dec8_of_f64(0.1, DEC8_UP, &v) && v == 10000001 && dec8_of_f64(0.1, DEC8_DOWN, &v) && v == 10000000);
	CHECK(!dec8_of_f64(NAN, DEC8_DOWN, &v) && !dec8_of_f64(INFINITY, DEC8_DOWN, &v) && !dec8_of_f64(-1e11, DEC8_DOWN, &v));
}

static void check_rounding(dec8 got, long double exact, enum dec8_round r)
{
	volatile long double one = 1;
	long double off = (long double)got - exact, size = fabsl(exact);

	/* Without places left, as under valgrind, whose long double is a double, the model says nothing. */
	if (size > 1e15L || one + LDBL_EPSILON == one)
		return;
	CHECK(r == DEC8_DOWN ? fabsl((long double)got) <= size && size - fabsl((long double)got) < 1 :
	      r == DEC8_UP ? fabsl((long double)got) >= size && fabsl((long double)got) - size < 1 : fabsl(off) <= 0.5L);
}

static void test_arithmetic(void)
{
	dec8 a, b;

	for (int i = 0; i < 100000; i++)
		for (unsigned r = DEC8_DOWN; r <= DEC8_HALF_EVEN; r++) {
			a = random_dec8() / 1000;
			b = random_dec8() / 1000;
			check_rounding(dec8_mul(a, b, r), (long double)a * (long double)b / 1e8L, r);
			if (b)
				check_rounding(dec8_div(a, b, r), (long double)a * 1e8L / (long double)b, r);
		}
	CHECK(dec8_mul(of_text("0.00000001"), of_text("0.5"), DEC8_HALF_UP) == 1);
	CHECK(dec8_mul(of_text("0.00000001"), of_text("-0.5"), DEC8_HALF_UP) == -1);
	CHECK(dec8_mul(of_text("0.00000001"), of_text("0.5"), DEC8_HALF_EVEN) == 0);
	CHECK(dec8_mul(of_text("0.00000003"), of_text("0.5"), DEC8_HALF_EVEN) == 2);
	CHECK(dec8_div(of_text("1"), of_text("-3"), DEC8_DOWN) == -33333333 && dec8_div(-1, -2, DEC8_DOWN) == 50000000);
	CHECK(dec8_mul(INT64_MAX, INT64_MAX, DEC8_DOWN) == INT64_MAX && dec8_mul(INT64_MAX, INT64_MIN, DEC8_DOWN) == INT64_MIN);
	CHECK(dec8_div(INT64_MIN, -1, DEC8_DOWN) == INT64_MAX && dec8_div(INT64_MAX, 1, DEC8_DOWN) == INT64_MAX);
	CHECK(dec8_places(of_text("1.999"), 2, DEC8_DOWN) == of_text("1.99") && dec8_places(of_text("-1.5"), 0, DEC8_UP) == -DEC8_OF(2));
	CHECK(dec8_places(12345, 8, DEC8_UP) == 12345 && dec8_places(12345, 20, DEC8_UP) == 12345);
}

/* The tick rule off the text: places, and digits from the first that is not zero. */
static bool tick_of_text(const char *text, unsigned sz_decimals, bool spot)
{
	const char *point = strchr(text, '.');
	unsigned most = spot ? 8 : 6, significant = 0;

	if (!point)
		return true;
	for (const char *p = text; *p; p++)
		significant += isdigit((unsigned char)*p) && (significant || *p != '0');
	return significant <= 5 && strlen(point + 1) <= (sz_decimals < most ? most - sz_decimals : 0);
}

static void test_ticks(void)
{
	unsigned sz_decimals;
	dec8 px, cut, up;
	bool spot;

	for (int i = 0; i < 200000; i++) {
		px = random_dec8() & INT64_MAX;
		if (i % 2)
			px = dec8_places(px / 1000, (unsigned)(random64() % 9), DEC8_DOWN);
		sz_decimals = (unsigned)(random64() % 9);
		spot = random64() % 2;
		CHECK(tick_ok(px, sz_decimals, spot) == tick_of_text(text_of(px), sz_decimals, spot));
		if (px > INT64_MAX / 2)
			continue;
		cut = tick_round(px, sz_decimals, spot, DEC8_DOWN);
		up = tick_round(px, sz_decimals, spot, DEC8_UP);
		CHECK(cut <= px && up >= px && tick_ok(cut, sz_decimals, spot) && tick_ok(up, sz_decimals, spot));
		CHECK(tick_ok(px, sz_decimals, spot) == (cut == up));
		CHECK(lot_ok(px, sz_decimals) == (lot_round(px, sz_decimals, DEC8_DOWN) == lot_round(px, sz_decimals, DEC8_UP)));
	}
	CHECK(slippage_price(0, 0.05, true, 2, false) == 0 && slippage_price(DEC8_OF(1), 1.5, false, 2, false) == 0);
}

static void check_wire(const char *text, const char *want)
{
	struct buf b = BUF_INIT;
	struct errmsg e;

	if (wire_number(text, strlen(text), &b, &e))
		CHECK_TEXT(buf_cstr(&b), want);
	else
		CHECK(!*want && b.len == 0 && strstr(e.text, text));
	buf_release(&b);
}

static void check_scaled(const char *text, unsigned power, const char *want)
{
	struct buf b = BUF_INIT;
	struct errmsg e;

	if (wire_scaled(text, strlen(text), power, &b, &e))
		CHECK_TEXT(buf_cstr(&b), want);
	else
		CHECK(!*want && b.len == 0);
	buf_release(&b);
}

static void test_wire(void)
{
	struct buf b = BUF_INIT;

	check_wire("-0.00", "0");
	check_wire("-00.5000", "-0.5");
	check_wire("123456789012345678901234567890.12345678901234567890", "123456789012345678901234567890.1234567890123456789");
	check_wire("1e5", "");
	check_wire(".", "");
	check_scaled("-0.0000001", 6, "");
	check_scaled("0.0009999", 0, "0");
	check_scaled("-0.0009999", 0, "0");
	check_scaled("0.001", 0, "");
	check_scaled("0.999", 0, "");
	check_scaled("9.9991", 0, "10");
	check_scaled("-1.5", 6, "-1500000");
	check_scaled("12345678901234567890123456789012345678", 0, "");
	CHECK(!wire_f64(NAN, &b, NULL) && !wire_f64(-INFINITY, &b, NULL) && b.len == 0);
	buf_release(&b);
}

/* ---- actions ---- */

static struct buf packed, canonical;

/* Both forms of an action's text; false with e. */
static bool pack(const char *text, struct errmsg *e)
{
	struct json_doc d;
	bool ok;

	buf_clear(&packed);
	buf_clear(&canonical);
	if (!CHECK(json_parse(&d, text, strlen(text), e)))
		return false;
	ok = action_pack(&d, d.tok, &packed, &canonical, e);
	json_release(&d);
	return ok;
}

/* text is hashed as want, and want is already in form. */
static void check_canonical(const char *text, const char *want)
{
	struct buf first = BUF_INIT;
	struct errmsg e;

	CHECK(pack(text, &e));
	CHECK_TEXT(buf_cstr(&canonical), want);
	buf_add(&first, packed.data, packed.len);
	CHECK(pack(want, &e));
	CHECK_TEXT(buf_cstr(&canonical), want);
	CHECK(first.len == packed.len && memcmp(first.data, packed.data, packed.len) == 0);
	buf_release(&first);
}

#define ORDER "{\"a\":1,\"b\":true,\"p\":\"100\",\"s\":\"0.5\",\"r\":false,\"t\":{\"limit\":{\"tif\":\"Gtc\"}}"

static void test_canonical(void)
{
	check_canonical("{\"grouping\":\"na\",\"orders\":[{\"t\":{\"limit\":{\"x\":1,\"tif\":\"Gtc\"}, \"trigger\":null},\"r\":false,"
			"\"s\":\"0.50\",\"p\":\"0100.\",\"b\":true,\"a\":1,\"c\":null}],\"type\":\"order\",\"builder\":null}",
			"{\"type\":\"order\",\"orders\":[" ORDER "}],\"grouping\":\"na\"}");
	check_canonical("{\"type\":\"order\",\"orders\":[" ORDER ",\"c\":\"0XABCDEF0123456789abcdef0123456789\"}],\"grouping\":"
			"{\"p\":7,\"q\":1},\"builder\":{\"f\":10,\"b\":\"6530512A6c89C7cfCEbC3BA7fcD9aDa5f30827a6\"}}",
			"{\"type\":\"order\",\"orders\":[" ORDER ",\"c\":\"0xabcdef0123456789abcdef0123456789\"}],\"grouping\":"
			"{\"p\":7},\"builder\":{\"b\":\"0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6\",\"f\":10}}");
	check_canonical("{\"type\":\"cancel\",\"f\":false,\"cancels\":[{\"o\":18446744073709551615,\"a\":0}]}",
			"{\"type\":\"cancel\",\"cancels\":[{\"a\":0,\"o\":18446744073709551615}]}");
	check_canonical("{\"type\":\"cancel\",\"f\":true,\"cancels\":[]}", "{\"type\":\"cancel\",\"cancels\":[],\"f\":true}");
	check_canonical("{\"type\":\"modify\",\"a\":null,\"oid\":\"0x5EBC605e932b1dc6fb65dd07913b4032\",\"order\":" ORDER "}}",
			"{\"type\":\"modify\",\"oid\":\"0x5ebc605e932b1dc6fb65dd07913b4032\",\"order\":" ORDER "}}");
	check_canonical("{\"type\":\"scheduleCancel\",\"time\":null}", "{\"type\":\"scheduleCancel\"}");
	check_canonical("{\"type\":\"noop\",\"x\":{\"y\":[1.5]}}", "{\"type\":\"noop\"}");
	check_canonical("{\"type\":\"topUpIsolatedOnlyMargin\",\"asset\":7,\"leverage\":\"2.50\"}",
			"{\"type\":\"topUpIsolatedOnlyMargin\",\"asset\":7,\"leverage\":\"2.5\"}");
	check_canonical("{\"z\":null,\"type\":\"dummy\",\"a\":[false,-3,\"1.0\",{}]}",
			"{\"z\":null,\"type\":\"dummy\",\"a\":[false,-3,\"1.0\",{}]}");
}

static void check_refused(const char *text, const char *why)
{
	struct errmsg e;

	CHECK(!pack(text, &e));
	if (!CHECK(strstr(e.text, why)))
		printf("\t%s: %s\n", text, e.text);
}

static void test_ill_typed(void)
{
	char nested[128] = "{\"type\":\"dummy\",\"a\":";

	check_refused("[]", "no \"type\"");
	check_refused("{}", "no \"type\"");
	check_refused("{\"type\":7}", "no \"type\"");
	check_refused("{\"type\":\"order\",\"grouping\":\"na\"}", "\"orders\" is missing");
	check_refused("{\"type\":\"order\",\"orders\":{},\"grouping\":\"na\"}", "\"orders\"");
	check_refused("{\"type\":\"order\",\"orders\":[7],\"grouping\":\"na\"}", "\"orders\"");
	check_refused("{\"type\":\"order\",\"orders\":[],\"grouping\":\"no\"}", "\"grouping\"");
	check_refused("{\"type\":\"order\",\"orders\":[],\"grouping\":{\"q\":1}}", "\"p\" is missing");
	check_refused("{\"type\":\"order\",\"orders\":[" ORDER ",\"c\":\"0x1\"}],\"grouping\":\"na\"}", "\"c\"");
	check_refused("{\"type\":\"order\",\"orders\":[{\"a\":1.0}],\"grouping\":\"na\"}", "\"a\"");
	check_refused("{\"type\":\"order\",\"orders\":[{\"a\":-1}],\"grouping\":\"na\"}", "\"a\"");
	check_refused("{\"type\":\"order\",\"orders\":[{\"a\":1,\"b\":1}],\"grouping\":\"na\"}", "\"b\"");
	check_refused("{\"type\":\"order\",\"orders\":[{\"a\":1,\"b\":true,\"p\":100}],\"grouping\":\"na\"}", "\"p\"");
	check_refused("{\"type\":\"order\",\"orders\":[{\"a\":1,\"b\":true,\"p\":\"1e5\"}],\"grouping\":\"na\"}", "\"p\"");
	check_refused("{\"type\":\"modify\",\"oid\":1,\"order\":{\"a\":1,\"b\":true,\"p\":\"1\",\"s\":\"1\",\"r\":false,\"t\":{}}}",
		      "\"t\"");
	check_refused("{\"type\":\"modify\",\"oid\":1,\"order\":{\"a\":1,\"b\":true,\"p\":\"1\",\"s\":\"1\",\"r\":false,\"t\":{\"limit\":"
		      "{\"tif\":\"Gtc\"},\"trigger\":{\"isMarket\":true,\"triggerPx\":\"1\",\"tpsl\":\"tp\"}}}}", "\"t\"");
	check_refused("{\"type\":\"modify\",\"oid\":1,\"order\":{\"a\":1,\"b\":true,\"p\":\"1\",\"s\":\"1\",\"r\":false,\"t\":{\"limit\":"
		      "{\"tif\":\"gtc\"}}}}", "\"tif\"");
	check_refused("{\"type\":\"modify\",\"oid\":null,\"order\":" ORDER "}}", "\"oid\"");
	check_refused("{\"type\":\"cancel\",\"cancels\":[{\"a\":0,\"o\":18446744073709551616}]}", "\"o\"");
	check_refused("{\"type\":\"cancel\",\"cancels\":[],\"f\":\"true\"}", "\"f\"");
	check_refused("{\"type\":\"updateIsolatedMargin\",\"asset\":1,\"isBuy\":true,\"ntli\":1.5}", "\"ntli\"");
	check_refused("{\"type\":\"vaultTransfer\",\"vaultAddress\":\"0x1\",\"isDeposit\":true,\"usd\":1}", "\"vaultAddress\"");
	check_refused("{\"type\":\"dummy\",\"x\":1.5}", "64 bits");
	for (unsigned i = 0; i < 40; i++)
		strcat(nested, "[");
	for (unsigned i = 0; i < 40; i++)
		strcat(nested, "]");
	strcat(nested, "}");
	check_refused(nested, "deeper");
}

static void random_order(struct hl_order *o)
{
	*o = (struct hl_order){
		.asset = (uint32_t)random64(), .buy = random64() % 2, .reduce_only = random64() % 2,
		.px = random_dec8() & INT64_MAX, .sz = random_dec8() & INT64_MAX,
		.trigger = random64() % 2, .has_cloid = random64() % 2,
	};
	if (o->trigger) {
		o->is_market = random64() % 2;
		o->tp = random64() % 2;
		o->trigger_px = random_dec8() & INT64_MAX;
	} else {
		o->tif = random64() % 4;
	}
	for (unsigned i = 0; o->has_cloid && i < sizeof o->cloid; i++)
		o->cloid[i] = (unsigned char)random64();
}

static bool same_order(const struct hl_order *a, const struct hl_order *b)
{
	return a->asset == b->asset && a->buy == b->buy && a->reduce_only == b->reduce_only && a->px == b->px && a->sz == b->sz &&
		a->tif == b->tif && a->trigger == b->trigger && a->is_market == b->is_market && a->tp == b->tp &&
		a->trigger_px == b->trigger_px && a->has_cloid == b->has_cloid && memcmp(a->cloid, b->cloid, sizeof a->cloid) == 0;
}

/* What a builder writes is in form, and is cleared. */
static void check_built(struct buf *json)
{
	struct errmsg e;

	if (!CHECK(pack(buf_cstr(json), &e)))
		printf("\t%s: %s\n", buf_cstr(json), e.text);
	CHECK_TEXT(buf_cstr(&canonical), json->data);
	buf_clear(json);
}

static void test_orders(void)
{
	struct buf json = BUF_INIT;
	struct hl_order o[16], back;
	struct json_doc d;
	struct errmsg e;

	for (unsigned n = 0; n <= 16; n++) {
		for (unsigned i = 0; i < n; i++)
			random_order(&o[i]);
		action_write_orders(&json, o, n, n % 2 ? "na" : "normalTpsl");
		CHECK(json_parse(&d, json.data, json.len, &e));
		for (unsigned i = 0; i < n; i++)
			CHECK(order_read(&d, json_at(json_get(&d, d.tok, "orders"), i), &back, &e) && same_order(&o[i], &back));
		json_release(&d);
		check_built(&json);
	}
	buf_release(&json);
}

static void test_builders(void)
{
	struct hl_cancel cancels[] = { { 0, 1 }, { UINT32_MAX, UINT64_MAX } };
	struct hl_cancel_cloid by_cloid[] = { { 3, { 1, 2 } }, { 4, { 0xff } } };
	struct hl_modify m[] = { { .oid = 7 }, { .by_cloid = true, .cloid = { 9 } } };
	int64_t time = 1763828060000;
	struct buf json = BUF_INIT;

	random_order(&m[0].order);
	random_order(&m[1].order);
	action_write_cancels(&json, cancels, 2);
	check_built(&json);
	action_write_cancels_cloid(&json, by_cloid, 2);
	check_built(&json);
	action_write_modify(&json, &m[0], false);
	check_built(&json);
	action_write_modify(&json, &m[1], true);
	check_built(&json);
	action_write_modifies(&json, m, 2, false);
	check_built(&json);
	action_write_modifies(&json, m, 1, true);
	check_built(&json);
	action_write_leverage(&json, 5, false, 3);
	check_built(&json);
	action_write_isolated_margin(&json, 1, -1000000);
	check_built(&json);
	action_write_schedule_cancel(&json, &time);
	check_built(&json);
	action_write_schedule_cancel(&json, NULL);
	check_built(&json);
	action_write_noop(&json);
	check_built(&json);
	buf_release(&json);
}

static void check_user_action(struct buf *json, const char *want)
{
	unsigned char digest[32];
	struct errmsg e;

	CHECK_TEXT(buf_cstr(json), want);
	CHECK(exchange_digest(json->data, json->len, HL_TESTNET, 5, NULL, NULL, digest, NULL, NULL, &e));
	CHECK(!exchange_digest(json->data, json->len, HL_MAINNET, 5, NULL, NULL, digest, NULL, NULL, &e));
	CHECK(strstr(e.text, "this network"));
	CHECK(!exchange_digest(json->data, json->len, HL_TESTNET, 6, NULL, NULL, digest, NULL, NULL, &e));
	CHECK(strstr(e.text, "nonce"));
	CHECK(!exchange_digest(json->data, json->len, HL_TESTNET, 5, NULL, &(uint64_t){ 9 }, digest, NULL, NULL, &e));
	buf_clear(json);
}

static void test_user_actions(void)
{
	struct address agent = { { 0x0d, 0x1d } };
	struct buf json = BUF_INIT;

	action_write_approve_agent(&json, HL_TESTNET, 0, &agent, "a \"b\"", 5);
	check_user_action(&json, "{\"type\":\"approveAgent\",\"signatureChainId\":\"0x66eee\",\"hyperliquidChain\":\"Testnet\","
			  "\"agentAddress\":\"0x0d1d000000000000000000000000000000000000\",\"agentName\":\"a \\\"b\\\"\",\"nonce\":5}");
	action_write_usd_class_transfer(&json, HL_TESTNET, 0xa4b1, "12.5", true, 5);
	check_user_action(&json, "{\"type\":\"usdClassTransfer\",\"signatureChainId\":\"0xa4b1\",\"hyperliquidChain\":\"Testnet\","
			  "\"amount\":\"12.5\",\"toPerp\":true,\"nonce\":5}");
	buf_release(&json);
}

/* ---- requests ---- */

static bool read_request(const char *body, struct exchange_request *r, struct errmsg *e)
{
	struct json_doc d;
	bool ok;

	if (!CHECK(json_parse(&d, body, strlen(body), e)))
		return false;
	ok = exchange_request_read(&d, r, e);
	json_release(&d);
	return ok;
}

/* The body of a signed noop. */
static const char *signed_body(struct signer *s, uint64_t nonce, const struct address *vault, const uint64_t *expires_ms)
{
	static const char action[] = "{\"type\":\"noop\"}";
	static struct buf body;
	unsigned char digest[32];
	struct signature sig;

	buf_clear(&body);
	CHECK(exchange_digest(action, strlen(action), HL_MAINNET, nonce, vault, expires_ms, digest, NULL, NULL, NULL));
	CHECK(signer_sign(s, digest, &sig));
	exchange_request_write(&body, action, strlen(action), nonce, &sig, vault, expires_ms);
	return buf_cstr(&body);
}

static void check_signer(const char *body, enum hl_network n, const struct address *want, bool same)
{
	struct exchange_request r = { 0 };
	struct address by;
	struct errmsg e;

	CHECK(read_request(body, &r, &e) && exchange_request_signer(&r, n, &by) && address_same(&by, want) == same);
	exchange_request_release(&r);
}

static void test_requests(void)
{
	unsigned char key[32] = { [31] = 1 };
	struct signer *s = signer_new(key, NULL);
	const struct address *self = signer_address(s);
	struct address vault = { { 1, 2, 3 } };
	uint64_t expires = 1763828060000;
	char *body, *at;

	for (unsigned i = 0; i < 4; i++) {
		body = xstrdup(signed_body(s, 77 + i, i & 1 ? &vault : NULL, i & 2 ? &expires : NULL));
		check_signer(body, HL_MAINNET, self, true);
		check_signer(body, HL_TESTNET, self, false);
		free(body);
	}
	body = xstrdup(signed_body(s, 77, &vault, NULL));
	at = strstr(body, "0x010203");		/* some clients leave the prefix away */
	memmove(at, at + 2, strlen(at + 2) + 1);
	check_signer(body, HL_MAINNET, self, true);
	strstr(body, "\"nonce\":77")[9] = '8';
	check_signer(body, HL_MAINNET, self, false);
	free(body);
	signer_free(s);
}

#define SIGNATURE "\"signature\":{\"r\":\"0x1\",\"s\":\"0x2\",\"v\":27}"

static void check_body(const char *body, const char *why)
{
	struct exchange_request r = { 0 };
	struct errmsg e = { "" };
	bool ok = read_request(body, &r, &e);

	CHECK(ok == !*why && strstr(e.text, why));
	exchange_request_release(&r);
}

static void test_bodies(void)
{
	struct exchange_request r = { 0 };
	struct address by;
	struct errmsg e;

	check_body("{\"action\":{\"type\":\"noop\"},\"nonce\":1," SIGNATURE ",\"vaultAddress\":null,\"expiresAfter\":null,\"x\":1}", "");
	check_body("[]", "no object");
	check_body("{\"nonce\":1," SIGNATURE "}", "\"action\"");
	check_body("{\"action\":\"noop\",\"nonce\":1," SIGNATURE "}", "\"action\"");
	check_body("{\"action\":{\"type\":\"noop\"}," SIGNATURE "}", "\"nonce\"");
	check_body("{\"action\":{\"type\":\"noop\"},\"nonce\":\"1\"," SIGNATURE "}", "\"nonce\"");
	check_body("{\"action\":{\"type\":\"noop\"},\"nonce\":-1," SIGNATURE "}", "\"nonce\"");
	check_body("{\"action\":{\"type\":\"noop\"},\"nonce\":1}", "\"signature\"");
	check_body("{\"action\":{\"type\":\"noop\"},\"nonce\":1,\"signature\":{\"r\":\"0xg\",\"s\":\"0x2\",\"v\":27}}", "\"signature\"");
	check_body("{\"action\":{\"type\":\"noop\"},\"nonce\":1," SIGNATURE ",\"vaultAddress\":\"0x1\"}", "\"vaultAddress\"");
	check_body("{\"action\":{\"type\":\"noop\"},\"nonce\":1," SIGNATURE ",\"expiresAfter\":1.5}", "\"expiresAfter\"");
	check_body("{\"action\":{\"type\":\"usdSend\"},\"nonce\":1," SIGNATURE "}", "\"hyperliquidChain\"");
	check_body("{\"action\":{\"type\":\"usdSend\",\"hyperliquidChain\":\"Mainnet\"},\"nonce\":1," SIGNATURE "}",
		   "\"signatureChainId\"");
	check_body("{\"action\":{\"type\":\"usdSend\",\"hyperliquidChain\":\"Mainnet\",\"signatureChainId\":\"0x1\",\"destination\":1},"
		   "\"nonce\":1," SIGNATURE "}", "\"destination\"");
	CHECK(read_request("{\"action\":{\"type\":\"noop\"},\"nonce\":1,\"signature\":{\"r\":\"0x1\",\"s\":\"0x2\",\"v\":283}}", &r, &e));
	CHECK(r.bad_signature && !exchange_request_signer(&r, HL_MAINNET, &by));
	CHECK(read_request("{\"action\":{\"type\":\"noop\"},\"nonce\":1,\"signature\":{\"r\":\"0x0\",\"s\":\"0x2\",\"v\":27}}", &r, &e));
	CHECK(!r.bad_signature && !exchange_request_signer(&r, HL_MAINNET, &by));
	CHECK(read_request("{\"action\":{\"type\":\"approveAgent\",\"hyperliquidChain\":\"Testnet\",\"signatureChainId\":\"0x66EEE\","
			   "\"agentAddress\":\"0x0D1d9635D0640821d15e323ac8AdADfA9c111414\",\"nonce\":9},\"nonce\":9," SIGNATURE "}", &r, &e));
	CHECK(r.user_signed && r.known && r.user.network == HL_TESTNET && r.user.chain_id == 0x66eee && r.user.nonce == 9);
	exchange_request_release(&r);
}

/* ---- nonces ---- */

struct model { uint64_t at[4096]; unsigned n; };

/* The rule as it reads: the hundred highest are what counts. */
static enum nonce_answer model_take(struct model *m, uint64_t nonce, int64_t now)
{
	uint64_t floor = 0;
	unsigned above;

	if ((int64_t)nonce <= now - 172800000 || (int64_t)nonce >= now + 86400000)
		return NONCE_OUT_OF_WINDOW;
	for (unsigned i = 0; i < m->n; i++) {
		above = 0;
		for (unsigned k = 0; k < m->n; k++)
			above += m->at[k] > m->at[i];
		if (above == 99)
			floor = m->at[i];
	}
	if (nonce < floor)
		return NONCE_TOO_LOW;
	for (unsigned i = 0; i < m->n; i++)
		if (m->at[i] == nonce)
			return NONCE_DUPLICATE;
	m->at[m->n++] = nonce;
	return NONCE_OK;
}

static void test_nonces(void)
{
	static struct model model;
	unsigned seen[4] = { 0 };
	struct nonces s = { 0 };
	enum nonce_answer want;
	int64_t now = 1763828000000;
	uint64_t nonce;

	for (int i = 0; i < 1500; i++, now += (int64_t)(random64() % 3)) {
		nonce = (uint64_t)now + random64() % 300 - (i % 50 == 0 ? 172800000 : 0) + (i % 70 == 0 ? 86400000 : 0);
		want = model_take(&model, nonce, now);
		seen[want]++;
		CHECK(nonces_take(&s, nonce, now) == want);
	}
	CHECK(s.n == NONCES_KEPT && seen[NONCE_OK] > 100 && seen[NONCE_DUPLICATE] && seen[NONCE_TOO_LOW] && seen[NONCE_OUT_OF_WINDOW]);
	CHECK(nonces_take(&s, UINT64_MAX, now) == NONCE_OUT_OF_WINDOW);
	CHECK(nonce_next(0, 5) == 5 && nonce_next(5, 5) == 6 && nonce_next(9, 5) == 10 && nonce_next(3, -1) == 4);
}

/* ---- errors ---- */

/* A text as the exchange would send it. */
static void fill(struct buf *b, const char *pattern, const char *part)
{
	buf_clear(b);
	for (; *pattern; pattern++)
		if (*pattern == '*')
			buf_adds(b, part);
		else
			buf_addc(b, *pattern);
}

static void test_errors(void)
{
	struct buf b = BUF_INIT, prefixed = BUF_INIT;

	for (unsigned e = HL_ERR_UNKNOWN + 1; e < N_HL_ERRORS; e++) {
		fill(&b, hl_error_text(e), "0x1f.5");
		CHECK(hl_error_of(buf_cstr(&b)) == e);
		buf_adds(&b, " asset=12");
		CHECK(hl_error_of(buf_cstr(&b)) == e);
		for (size_t i = 0; i < b.len; i++)
			b.data[i] = (char)toupper((unsigned char)b.data[i]);
		CHECK(hl_error_of(buf_cstr(&b)) == e);
		buf_clear(&prefixed);
		buf_addf(&prefixed, "L1 error: %s", buf_cstr(&b));
		CHECK(hl_error_of(buf_cstr(&prefixed)) == e);
		CHECK(*hl_error_name(e) && *hl_error_meaning(e) && *hl_reaction_text(hl_error_reaction(e)));
	}
	CHECK(hl_error_of("") == HL_ERR_UNKNOWN && hl_error_of("Order") == HL_ERR_UNKNOWN && hl_error_of("no") == HL_ERR_UNKNOWN);
	CHECK_TEXT(hl_error_name(HL_ERR_NONCE_LOW), "nonce_low");
	buf_clear(&b);
	hl_error_put(&b, HL_ERR_NONCE_LOW, "5", "7");
	CHECK_TEXT(buf_cstr(&b), "Invalid nonce: nonce too low 5 < 7");
	buf_release(&b);
	buf_release(&prefixed);
}

/* The document's table is the list. */
static void test_document(void)
{
	struct buf doc = BUF_INIT, row = BUF_INIT;

	CHECK(buf_read_file(&doc, "docs/exchange.md", 1 << 20, NULL));
	buf_cstr(&doc);
	for (unsigned e = HL_ERR_UNKNOWN + 1; e < N_HL_ERRORS; e++) {
		buf_clear(&row);
		buf_addf(&row, "\n| `%s` | `%s` | %s | %s |\n", hl_error_name(e), hl_error_text(e), hl_error_meaning(e),
			 hl_reaction_text(hl_error_reaction(e)));
		if (!CHECK(strstr(doc.data, buf_cstr(&row))))
			printf("\tdocs/exchange.md lacks %s", row.data + 1);
	}
	buf_release(&doc);
	buf_release(&row);
}

/* ---- assets ---- */

static bool add_meta(struct assets *a, const char *text, struct errmsg *e)
{
	struct json_doc d;
	bool ok = CHECK(json_parse(&d, text, strlen(text), e)) && assets_add_meta(a, &d, d.tok, 0, e);

	json_release(&d);
	return ok;
}

static void test_assets(void)
{
	struct assets *a = assets_new();
	const struct margin_tier *tiers;
	struct margin_tier single;
	struct errmsg e;
	unsigned n;
	size_t all;

	CHECK(add_meta(a, "{\"universe\":[{\"szDecimals\":5,\"name\":\"BTC\",\"maxLeverage\":40,\"marginTableId\":56},"
		       "{\"szDecimals\":1,\"name\":\"MATIC\",\"maxLeverage\":20,\"marginTableId\":20,\"isDelisted\":true},"
		       "{\"szDecimals\":2,\"name\":\"XYZ\",\"maxLeverage\":3,\"marginTableId\":3,\"onlyIsolated\":true,"
		       "\"marginMode\":\"strictIsolated\"}],\"marginTables\":[[56,{\"description\":\"\",\"marginTiers\":["
		       "{\"lowerBound\":\"0.0\",\"maxLeverage\":40},{\"lowerBound\":\"150000000.0\",\"maxLeverage\":20}]}]]}", &e));
	CHECK(assets_find(a, "XYZ")->id == 2 && assets_at(a, 2)->only_isolated && assets_at(a, 2)->no_margin_removal);
	CHECK(assets_find(a, "MATIC")->delisted && !assets_find(a, "matic") && !assets_at(a, 3));
	tiers = assets_tiers(a, assets_find(a, "BTC"), &single, &n);
	CHECK(n == 2 && tiers[1].lower_bound == DEC8_OF(150000000) && tiers[1].max_leverage == 20);
	tiers = assets_tiers(a, assets_find(a, "XYZ"), &single, &n);
	CHECK(n == 1 && tiers == &single && single.lower_bound == 0 && single.max_leverage == 3);
	CHECK(!add_meta(a, "{\"universe\":[{\"szDecimals\":5,\"name\":\"A\",\"maxLeverage\":1},{\"name\":\"B\"}]}", &e));
	CHECK(strstr(e.text, "asset 1") && assets_all(a, &all) && all == 3);
	CHECK(!add_meta(a, "{\"universe\":[],\"marginTables\":[[1,{\"marginTiers\":[]}]]}", &e) && !add_meta(a, "{}", &e));
	CHECK(!add_meta(a, "{\"universe\":[],\"marginTables\":[[60,{\"marginTiers\":[{\"lowerBound\":\"5\",\"maxLeverage\":9},"
			"{\"lowerBound\":\"5\",\"maxLeverage\":3}]}]]}", &e));
	assets_clear(a);
	CHECK(!assets_find(a, "BTC"));
	assets_free(a);
	assets_free(NULL);
}

int main(void)
{
	test_parse();
	test_f64();
	test_arithmetic();
	test_ticks();
	test_wire();
	test_canonical();
	test_ill_typed();
	test_orders();
	test_builders();
	test_user_actions();
	test_requests();
	test_bodies();
	test_nonces();
	test_errors();
	test_document();
	test_assets();
	buf_release(&packed);
	buf_release(&canonical);
	return test_end("hl");
}
