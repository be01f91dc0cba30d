/* SPDX-License-Identifier: MIT
 * lib/hl: the exchange's messages and answers as records, questions out, order states, weights. */
#include "test.h"

#include "hl/answer.h"
#include "hl/info.h"
#include "hl/status.h"
#include "hl/weight.h"
#include "hl/ws.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

#define NOW 1763828000500
#define USER "0x14791697260e4c9a71f18484c9f997b308e59325"
#define CLOID "0x1234567890abcdef1234567890abcdef"
#define HASH "0x0000000000000000000000000000000000000000000000000000000000000000"

/* What was handed on, a line for each thing: records as they are written, other events in words. */
static struct out got = { .fd = -1, .name = "got" };

static void add(const char *text)
{
	out_add(&got, text, strlen(text));
}

static void on_record(void *arg, const struct record *r)
{
	(void)arg;
	record_write(&got, r->type, &r->u);
}

static void on_event(void *arg, const struct hl_ws_event *e)
{
	static const char *const words[] = { [HL_WS_SNAPSHOT] = "snapshot", [HL_WS_SUBSCRIBED] = "subscribed",
		[HL_WS_UNSUBSCRIBED] = "unsubscribed", [HL_WS_REFUSED] = "refused", [HL_WS_PONG] = "pong", [HL_WS_POST] = "post" };
	char line[512];

	if (e->kind == HL_WS_RECORD) {
		on_record(arg, &e->record);
		return;
	}
	add(words[e->kind]);
	if (e->kind == HL_WS_SNAPSHOT) {
		snprintf(line, sizeof line, " %s %s", e->channel, e->user);
		add(line);
	} else if (e->kind == HL_WS_POST) {
		snprintf(line, sizeof line, " %" PRIu64 " %d %.*s", e->id, e->post, (int)e->n, e->text);
		add(line);
	} else if (e->kind != HL_WS_PONG) {
		snprintf(line, sizeof line, "%s %.*s", e->kind == HL_WS_REFUSED && e->already ? " already" : "", (int)e->n, e->text);
		add(line);
	}
	add("\n");
}

static const char *got_text(void)
{
	*out_room(&got, 1) = '\0';
	return got.data;
}

static void got_clear(void)
{
	got.len = 0;
}

/* Reads a message from memory that ends where it does. */
static bool read_ws(const char *text, size_t n, struct errmsg *e)
{
	static struct hl_ws_event scratch;
	char *exact = malloc(n ? n : 1);
	bool ok;

	memcpy(exact, text, n);
	got_clear();
	e->text[0] = '\0';
	ok = hl_ws_read(&scratch, exact, n, NOW, on_event, NULL, e);
	free(exact);
	return ok;
}

/* The same message in a form that is not read straight from the text. */
static bool read_ws_tokens(const char *text, size_t n, struct errmsg *e)
{
	char *spaced = malloc(n + 2);
	bool ok;

	spaced[0] = text[0];
	spaced[1] = ' ';
	memcpy(spaced + 2, text + 1, n - 1);
	ok = read_ws(spaced, n + 1, e);
	free(spaced);
	return ok;
}

/* ---- messages ---- */

#define CANDLE "{\"channel\":\"candle\",\"data\":{\"t\":1763820000000,\"T\":1763820899999,\"s\":\"BTC\",\"i\":\"15m\",\"o\":\"84010.0\"," \
	"\"c\":\"84055.0\",\"h\":\"84101.0\",\"l\":\"83990.0\",\"v\":\"131.20421\",\"n\":1821}}"
#define CANDLE_WANT "{\"type\":\"candle\",\"symbol\":\"BTC\",\"interval\":\"15m\",\"t_ms\":1763820000000,\"t_close_ms\":1763820899999," \
	"\"o\":84010,\"h\":84101,\"l\":83990,\"c\":84055,\"v\":131.20421,\"n\":1821}\n"
#define FILL "{\"coin\":\"BTC\",\"px\":\"84143.0\",\"sz\":\"0.001\",\"side\":\"B\",\"time\":1763828003456,\"startPosition\":\"0.0\"," \
	"\"dir\":\"Open Long\",\"closedPnl\":\"0.0\",\"hash\":\"" HASH "\",\"oid\":91490942,\"crossed\":true,\"fee\":\"0.037864\"," \
	"\"tid\":118906512037719,\"feeToken\":\"USDC\",\"twapId\":null,\"cloid\":\"" CLOID "\"}"
#define FILL_WANT(snapshot) "{\"type\":\"fill\",\"symbol\":\"BTC\",\"t_ms\":1763828003456,\"tid\":\"118906512037719\",\"oid\":\"91490942\"," \
	"\"cloid\":\"" CLOID "\",\"side\":\"B\",\"px\":84143,\"sz\":0.001,\"start_position\":0,\"dir\":\"Open Long\",\"closed_pnl\":0," \
	"\"fee\":0.037864,\"fee_token\":\"USDC\",\"crossed\":true,\"hash\":\"" HASH "\",\"snapshot\":" snapshot "}\n"
#define UPDATE "{\"order\":{\"coin\":\"BTC\",\"side\":\"B\",\"limitPx\":\"84143.0\",\"sz\":\"0.0015\",\"oid\":91490942," \
	"\"timestamp\":1763828003456,\"origSz\":\"0.002\",\"cloid\":\"" CLOID "\"},\"status\":\"open\",\"statusTimestamp\":1763828003463}"
#define UPDATE_WANT "{\"type\":\"order\",\"symbol\":\"BTC\",\"t_ms\":1763828003463,\"oid\":\"91490942\",\"cloid\":\"" CLOID "\"," \
	"\"side\":\"B\",\"px\":84143,\"sz\":0.0015,\"orig_sz\":0.002,\"reduce_only\":false,\"trigger_px\":0,\"status\":\"open\"}\n"
#define FUNDING "\"time\":1763827200034,\"coin\":\"ETH\",\"usdc\":\"-0.010519\",\"szi\":\"0.01\",\"fundingRate\":\"0.0000125\",\"nSamples\":null"
#define FUNDING_WANT "{\"type\":\"funding\",\"symbol\":\"ETH\",\"t_ms\":1763827200034,\"usdc\":-0.010519,\"szi\":0.01,\"rate\":0.0000125}\n"
#define SUBSCRIPTION "{\"type\":\"bbo\",\"coin\":\"BTC\"}"

static const struct { const char *text, *want; } messages[] = {
	{ CANDLE, CANDLE_WANT },
	/* numbers as numbers, an integer as text, other order, unknown members */
	{ "{\"channel\":\"candle\",\"data\":{\"x\":\"new\",\"s\":\"kPEPE\",\"i\":\"1m\",\"n\":\"7\",\"t\":\"60000\",\"T\":119999,\"o\":1.5,\"h\":2,"
	  "\"l\":1e-1,\"c\":\"0.25\",\"v\":0,\"y\":null,\"z\":false}}",
	  "{\"type\":\"candle\",\"symbol\":\"kPEPE\",\"interval\":\"1m\",\"t_ms\":60000,\"t_close_ms\":119999,\"o\":1.5,\"h\":2,\"l\":0.1,\"c\":0.25,"
	  "\"v\":0,\"n\":7}\n" },
	/* an unknown member that is no scalar; spaces */
	{ "{ \"channel\" : \"candle\", \"data\": {\"t\":60000,\"T\":119999,\"s\":\"A\",\"i\":\"1m\",\"o\":1,\"h\":1,\"l\":1,\"c\":1,\"v\":1,\"n\":1,"
	  "\"x\":{\"y\":[1]}}, \"more\": [] }",
	  "{\"type\":\"candle\",\"symbol\":\"A\",\"interval\":\"1m\",\"t_ms\":60000,\"t_close_ms\":119999,\"o\":1,\"h\":1,\"l\":1,\"c\":1,\"v\":1,\"n\":1}\n" },
	{ "{\"channel\":\"bbo\",\"data\":{\"coin\":\"BTC\",\"time\":1763828003456,\"bbo\":[{\"px\":\"84143.0\",\"sz\":\"1.5\",\"n\":4},"
	  "{\"px\":\"84144.0\",\"sz\":\"0.7\",\"n\":2}]}}",
	  "{\"type\":\"bbo\",\"symbol\":\"BTC\",\"t_ms\":1763828003456,\"bid\":84143,\"bid_sz\":1.5,\"ask\":84144,\"ask_sz\":0.7}\n" },
	{ "{\"channel\":\"bbo\",\"data\":{\"coin\":\"BTC\",\"time\":1,\"bbo\":[null,{\"px\":\"2\",\"sz\":\"3\",\"n\":1}]}}",
	  "{\"type\":\"bbo\",\"symbol\":\"BTC\",\"t_ms\":1,\"bid\":0,\"bid_sz\":0,\"ask\":2,\"ask_sz\":3}\n" },
	{ "{\"channel\":\"bbo\",\"data\":{\"time\":1,\"coin\":\"BTC\",\"bbo\":[{\"px\":2,\"sz\":3},null]}}",
	  "{\"type\":\"bbo\",\"symbol\":\"BTC\",\"t_ms\":1,\"bid\":2,\"bid_sz\":3,\"ask\":0,\"ask_sz\":0}\n" },
	{ "{\"channel\":\"allMids\",\"data\":{\"mids\":{\"BTC\":\"84143.5\",\"@107\":\"40.12\"}}}",
	  "{\"type\":\"mid\",\"symbol\":\"BTC\",\"t_ms\":1763828000500,\"px\":84143.5}\n"
	  "{\"type\":\"mid\",\"symbol\":\"@107\",\"t_ms\":1763828000500,\"px\":40.12}\n" },
	{ "{\"channel\":\"allMids\",\"data\":{\"dex\":\"\",\"mids\":{\"\\u0042TC\":1}}}", "{\"type\":\"mid\",\"symbol\":\"BTC\",\"t_ms\":1763828000500,\"px\":1}\n" },
	{ "{\"channel\":\"allMids\",\"data\":{\"mids\":{}}}", "" },
	{ "{\"channel\":\"activeAssetCtx\",\"data\":{\"coin\":\"BTC\",\"ctx\":{\"prevDayPx\":\"84610.0\",\"dayNtlVlm\":\"1000.5\",\"markPx\":\"84143.5\","
	  "\"midPx\":null,\"funding\":\"0.0000125\",\"openInterest\":\"10.5\",\"premium\":null,\"oraclePx\":\"84150.0\",\"impactPxs\":null}}}",
	  "{\"type\":\"context\",\"symbol\":\"BTC\",\"t_ms\":1763828000500,\"mark_px\":84143.5,\"oracle_px\":84150,\"mid_px\":0,\"funding\":0.0000125,"
	  "\"open_interest\":10.5,\"prev_day_px\":84610,\"day_ntl_vlm\":1000.5}\n" },
	{ "{\"channel\":\"activeSpotAssetCtx\",\"data\":{\"coin\":\"@107\",\"ctx\":{\"dayNtlVlm\":\"1\",\"markPx\":\"2\",\"midPx\":\"3\",\"prevDayPx\":\"4\","
	  "\"circulatingSupply\":\"5\"}}}", "{\"type\":\"context\",\"symbol\":\"@107\",\"t_ms\":1763828000500,\"mark_px\":2,\"oracle_px\":0,\"mid_px\":3,"
	  "\"funding\":0,\"open_interest\":0,\"prev_day_px\":4,\"day_ntl_vlm\":1}\n" },
	{ "{\"channel\":\"l2Book\",\"data\":{\"coin\":\"BTC\",\"time\":5,\"levels\":[[{\"px\":\"3\",\"sz\":\"1\",\"n\":4}],[{\"px\":\"4\",\"sz\":\"2\",\"n\":1}]]}}",
	  "{\"type\":\"level\",\"symbol\":\"BTC\",\"t_ms\":5,\"side\":\"B\",\"px\":3,\"sz\":1,\"n\":4}\n"
	  "{\"type\":\"level\",\"symbol\":\"BTC\",\"t_ms\":5,\"side\":\"A\",\"px\":4,\"sz\":2,\"n\":1}\n" },
	{ "{\"channel\":\"orderUpdates\",\"data\":[" UPDATE "]}", UPDATE_WANT },
	{ "{\"channel\":\"userFills\",\"data\":{\"user\":\"" USER "\",\"isSnapshot\":true,\"fills\":[" FILL "]}}",
	  FILL_WANT("true") "snapshot userFills " USER "\n" },
	{ "{\"channel\":\"userFills\",\"data\":{\"user\":\"" USER "\",\"isSnapshot\":true,\"fills\":[]}}", "snapshot userFills " USER "\n" },
	{ "{\"channel\":\"userFills\",\"data\":{\"user\":\"" USER "\",\"isSnapshot\":false,\"fills\":[" FILL "]}}", FILL_WANT("false") },
	{ "{\"channel\":\"userFills\",\"data\":{\"user\":\"" USER "\",\"fills\":[" FILL "]}}", FILL_WANT("false") },
	{ "{\"channel\":\"user\",\"data\":{\"fills\":[" FILL "," FILL "]}}", FILL_WANT("false") FILL_WANT("false") },
	{ "{\"channel\":\"user\",\"data\":{\"funding\":{" FUNDING "}}}", FUNDING_WANT },
	{ "{\"channel\":\"user\",\"data\":{\"nonUserCancel\":[{\"coin\":\"BTC\",\"oid\":5}]}}", "{\"type\":\"cancelled\",\"symbol\":\"BTC\",\"oid\":\"5\"}\n" },
	{ "{\"channel\":\"user\",\"data\":{\"liquidation\":{\"lid\":7,\"liquidator\":\"0x1\",\"liquidated_user\":\"0x2\",\"liquidated_ntl_pos\":\"10.5\","
	  "\"liquidated_account_value\":\"-1.5\"}}}",
	  "{\"type\":\"liquidation\",\"lid\":\"7\",\"liquidator\":\"0x1\",\"liquidated\":\"0x2\",\"ntl_pos\":10.5,\"account_value\":-1.5}\n" },
	{ "{\"channel\":\"user\",\"data\":{\"twapHistory\":[]}}", "" },
	{ "{\"channel\":\"userFundings\",\"data\":{\"user\":\"" USER "\",\"isSnapshot\":true,\"fundings\":[{" FUNDING "}]}}",
	  FUNDING_WANT "snapshot userFundings " USER "\n" },
	{ "{\"channel\":\"userNonFundingLedgerUpdates\",\"data\":{\"user\":\"" USER "\",\"nonFundingLedgerUpdates\":[{\"time\":9,\"hash\":\"0xab\","
	  "\"delta\":{\"type\":\"deposit\",\"usdc\":\"100.0\"}}]}}",
	  "{\"type\":\"ledger\",\"t_ms\":9,\"what\":\"deposit\",\"usdc\":100,\"hash\":\"0xab\",\"delta\":\"{\\\"type\\\":\\\"deposit\\\",\\\"usdc\\\":\\\"100.0\\\"}\"}\n" },
	{ "{\"channel\":\"openOrders\",\"data\":{\"dex\":\"\",\"user\":\"" USER "\",\"orders\":[]}}", "" },
	{ "{\"channel\":\"spotState\",\"data\":{\"user\":\"" USER "\",\"spotState\":{\"balances\":[{\"coin\":\"USDC\",\"token\":0,\"total\":\"1500.25\","
	  "\"hold\":\"0.5\",\"entryNtl\":\"0.0\"}]}}}", "{\"type\":\"balance\",\"symbol\":\"USDC\",\"total\":1500.25,\"hold\":0.5}\n" },
	{ "{\"channel\":\"subscriptionResponse\",\"data\":{\"method\":\"subscribe\",\"subscription\":" SUBSCRIPTION "}}", "subscribed " SUBSCRIPTION "\n" },
	{ "{\"channel\":\"subscriptionResponse\",\"data\":{\"method\":\"unsubscribe\",\"subscription\":" SUBSCRIPTION "}}", "unsubscribed " SUBSCRIPTION "\n" },
	{ "{\"channel\":\"error\",\"data\":\"Already subscribed: {\\\"type\\\":\\\"bbo\\\"}\"}", "refused already Already subscribed: {\"type\":\"bbo\"}\n" },
	{ "{\"channel\":\"error\",\"data\":\"Invalid subscription {\\\"type\\\":\\\"bbo\\\"}\"}", "refused Invalid subscription {\"type\":\"bbo\"}\n" },
	{ "{\"channel\":\"pong\"}", "pong\n" },
	{ "{\"channel\":\"post\",\"data\":{\"id\":256,\"response\":{\"type\":\"info\",\"payload\":{\"type\":\"l2Book\",\"data\":{\"x\":1}}}}}", "post 256 0 {\"x\":1}\n" },
	{ "{\"channel\":\"post\",\"data\":{\"id\":\"257\",\"response\":{\"type\":\"action\",\"payload\":{\"status\":\"ok\"}}}}", "post 257 1 {\"status\":\"ok\"}\n" },
	{ "{\"channel\":\"post\",\"data\":{\"id\":258,\"response\":{\"type\":\"error\",\"payload\":\"429 Too Many Requests\"}}}", "post 258 2 \"429 Too Many Requests\"\n" },
	/* nothing for us */
	{ "Websocket connection established.", "" },
	{ "", "" },
	{ "{\"channel\":\"trades\",\"data\":[{\"coin\":\"BTC\"}]}", "" },
	{ "{\"data\":[1,2],\"channel\":\"webData3\"}", "" },
};

static void test_messages(void)
{
	struct errmsg e;

	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		const char *text = messages[i].text;

		CHECK(read_ws(text, strlen(text), &e));
		CHECK_TEXT(e.text, "");
		CHECK_TEXT(got_text(), messages[i].want);
		if (*text != '{')
			continue;
		CHECK(read_ws_tokens(text, strlen(text), &e));
		CHECK_TEXT(got_text(), messages[i].want);
	}
}

static void test_wrong_messages(void)
{
	static const struct { const char *text, *want; } wrong[] = {
		{ "{", "line 1, column 2: a key in quotes is expected" },
		{ "{}", "the message has no channel" },
		{ "{\"channel\":5}", "the message has no channel" },
		{ "{\"channel\":\"candle\"}", "candle: what should be an object is none" },
		{ "{\"channel\":\"candle\",\"data\":{}}", "candle: \"t\" is missing" },
		{ "{\"channel\":\"candle\",\"data\":[]}", "candle: what should be an object is none" },
		{ "{\"channel\":\"candle\",\"data\":{\"t\":1.5}}", "candle: \"t\" is not an integer" },
		{ "{\"channel\":\"candle\",\"data\":{\"t\":null}}", "candle: \"t\" is not an integer" },
		{ "{\"channel\":\"candle\",\"data\":{\"t\":1,\"T\":2,\"s\":\"\"}}", "candle: \"s\" is not a symbol" },
		{ "{\"channel\":\"candle\",\"data\":{\"t\":1,\"t\":1}}", "candle: line 1, column 40: an object has the same key twice" },
		{ "{\"channel\":\"candle\",\"data\":{\"t\":1,\"T\":2,\"s\":\"A\",\"i\":\"1m\",\"o\":1,\"c\":1,\"h\":1,\"l\":1,\"v\":1,\"n\":1,\"n\":2}}",
		  "candle: line 1, column 99: an object has the same key twice" },
		{ "{\"channel\":\"candle\",\"data\":{\"t\":1,\"T\":2,\"s\":\"A\",\"i\":\"1m\",\"o\":\"NaN\"}}", "candle: \"o\" is not a decimal" },
		{ "{\"channel\":\"candle\",\"data\":{\"t\":1,\"T\":2,\"s\":\"A\",\"i\":\"1m\",\"o\":\"1.0\\u0030\"}}", "candle: \"o\" is not a decimal" },
		{ "{\"channel\":\"bbo\",\"data\":{\"coin\":\"A\",\"time\":1,\"bbo\":[null]}}", "bbo: \"bbo\" is not a pair" },
		{ "{\"channel\":\"bbo\",\"data\":{\"coin\":\"A\",\"time\":1,\"bbo\":[null,{\"px\":1}]}}", "bbo: \"sz\" is missing" },
		{ "{\"channel\":\"bbo\",\"data\":{\"coin\":\"A\",\"time\":1,\"bbo\":[1,null]}}", "bbo: \"px\" is missing" },
		{ "{\"channel\":\"allMids\",\"data\":{}}", "allMids: mids are not an object" },
		{ "{\"channel\":\"allMids\",\"data\":{\"mids\":{\"A\":\"x\"}}}", "allMids: \"A\" is not a decimal" },
		{ "{\"channel\":\"orderUpdates\",\"data\":{}}", "orderUpdates: what should be a list is none" },
		{ "{\"channel\":\"orderUpdates\",\"data\":[{\"status\":\"open\"}]}", "orderUpdates: what should be an object is none" },
		{ "{\"channel\":\"userFills\",\"data\":{\"fills\":[]}}", "userFills: \"user\" is missing" },
		{ "{\"channel\":\"userFills\",\"data\":{\"user\":\"0x1\",\"fills\":[{}]}}", "userFills: \"coin\" is missing" },
		{ "{\"channel\":\"userFills\",\"data\":{\"user\":\"0x1\",\"fills\":[{\"coin\":\"A\",\"px\":1,\"sz\":1,\"side\":\"X\"}]}}", "userFills: \"side\" is not A or B" },
		{ "{\"channel\":\"user\",\"data\":[]}", "user: \"data\" is not an object" },
		{ "{\"channel\":\"subscriptionResponse\",\"data\":{\"method\":\"x\",\"subscription\":{}}}", "subscriptionResponse: \"method\" is neither subscribe nor unsubscribe" },
		{ "{\"channel\":\"subscriptionResponse\",\"data\":{}}", "subscriptionResponse: \"subscription\" is not an object" },
		{ "{\"channel\":\"error\",\"data\":{}}", "error: \"data\" is not a text" },
		{ "{\"channel\":\"post\",\"data\":{\"id\":-1}}", "post: \"id\" is not an integer from 0" },
		{ "{\"channel\":\"post\",\"data\":{\"id\":1,\"response\":{\"type\":\"x\",\"payload\":1}}}", "post: \"type\" of the response is not known" },
		{ "{\"channel\":\"post\",\"data\":{\"id\":1,\"response\":{\"type\":\"info\",\"payload\":{}}}}", "post: the response has no payload" },
	};
	struct errmsg e;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		CHECK(!read_ws(wrong[i].text, strlen(wrong[i].text), &e));
		CHECK_TEXT(e.text, wrong[i].want);
		CHECK_TEXT(got_text(), "");
	}
	CHECK(!read_ws("{\"channel\":\"allMids\",\"data\":{\"mids\":{\"A\":1,\"B\":2,\"C\":true}}}", 61, &e));
	CHECK_TEXT(got_text(), "{\"type\":\"mid\",\"symbol\":\"A\",\"t_ms\":1763828000500,\"px\":1}\n{\"type\":\"mid\",\"symbol\":\"B\",\"t_ms\":1763828000500,\"px\":2}\n");
}

/* Both ways of reading agree on a broken message; only that keys which nobody wants stand twice may escape the fast one. */
static void check_agree(const char *text, size_t n)
{
	struct errmsg tokens, fast;
	bool ok_tokens = read_ws_tokens(text, n, &tokens), ok;
	char *want = strdup(got_text());

	ok = read_ws(text, n, &fast);
	CHECK(ok_tokens == ok || (ok && strstr(tokens.text, "twice")));
	if (ok_tokens)
		CHECK_TEXT(got_text(), want);
	else
		CHECK(strncmp(got_text(), want, strlen(want)) == 0);	/* the fast one is further when it meets the fault */
	free(want);
}

static void test_mutated_messages(void)
{
	static const char bytes[] = "\"{}[],:0-e.\\n \x80\xff";

	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		const char *text = messages[i].text;
		size_t n = strlen(text);
		char *broken = malloc(n + 1);

		if (*text != '{')
			n = 0;
		for (size_t at = 1; at < n; at++) {
			memcpy(broken, text, at);
			memcpy(broken + at, text + at + 1, n - at - 1);
			if (!strstr(text, "trades") && !strstr(text, "webData3") && at > sizeof "{\"channel\":\"userNonFundingLedgerUpdates\"") {
				check_agree(text, at);
				check_agree(broken, n - 1);
			}
			memcpy(broken, text, n);
			for (const char *b = bytes; *b; b++) {
				struct errmsg e;

				broken[at] = *b;
				if (!read_ws(broken, n, &e))
					CHECK(*e.text);
			}
		}
		free(broken);
	}
}

static void test_sent(void)
{
	struct buf b = BUF_INIT;

	hl_ws_sub_candle(&b, "kPEPE", "1h");
	CHECK_TEXT(buf_cstr(&b), "{\"type\":\"candle\",\"coin\":\"kPEPE\",\"interval\":\"1h\"}");
	buf_clear(&b);
	hl_ws_sub_user(&b, "userFills", USER);
	CHECK_TEXT(buf_cstr(&b), "{\"type\":\"userFills\",\"user\":\"" USER "\"}");
	buf_clear(&b);
	hl_ws_sub_mids(&b);
	CHECK_TEXT(buf_cstr(&b), "{\"type\":\"allMids\"}");
	buf_clear(&b);
	hl_ws_sub_bbo(&b, "BTC");
	CHECK_TEXT(buf_cstr(&b), SUBSCRIPTION);
	buf_clear(&b);
	hl_ws_subscribe(&b, SUBSCRIPTION, strlen(SUBSCRIPTION));
	CHECK_TEXT(buf_cstr(&b), "{\"method\":\"subscribe\",\"subscription\":" SUBSCRIPTION "}");
	buf_clear(&b);
	hl_ws_unsubscribe(&b, SUBSCRIPTION, strlen(SUBSCRIPTION));
	CHECK_TEXT(buf_cstr(&b), "{\"method\":\"unsubscribe\",\"subscription\":" SUBSCRIPTION "}");
	buf_clear(&b);
	hl_ws_ping(&b);
	CHECK_TEXT(buf_cstr(&b), "{\"method\":\"ping\"}");
	buf_clear(&b);
	hl_ws_post_info(&b, 256, "{}", 2);
	CHECK_TEXT(buf_cstr(&b), "{\"method\":\"post\",\"id\":256,\"request\":{\"type\":\"info\",\"payload\":{}}}");
	buf_clear(&b);
	hl_ws_post_action(&b, 257, "{}", 2);
	CHECK_TEXT(buf_cstr(&b), "{\"method\":\"post\",\"id\":257,\"request\":{\"type\":\"action\",\"payload\":{}}}");
	buf_release(&b);
}

static bool same(const char *sent, const char *acked)
{
	return hl_ws_same(sent, strlen(sent), acked, strlen(acked));
}

static void test_acknowledged(void)
{
	CHECK(same(SUBSCRIPTION, SUBSCRIPTION));
	CHECK(same(SUBSCRIPTION, "{ \"coin\":\"BTC\", \"type\":\"bbo\" }"));
	CHECK(same("{\"type\":\"l2Book\",\"coin\":\"BTC\"}", "{\"type\":\"l2Book\",\"coin\":\"BTC\",\"nSigFigs\":null,\"mantissa\":null,\"fast\":false}"));
	CHECK(same("{\"type\":\"userFills\",\"user\":\"0xABcd\"}", "{\"type\":\"userFills\",\"user\":\"0xabcd\",\"aggregateByTime\":false}"));
	CHECK(same("{\"a\":null,\"b\":false,\"c\":5}", "{\"c\":5,\"b\":false,\"a\":null}"));
	CHECK(!same(SUBSCRIPTION, "{\"type\":\"bbo\"}"));
	CHECK(!same(SUBSCRIPTION, "{\"type\":\"bbo\",\"coin\":\"btc\"}"));
	CHECK(!same(SUBSCRIPTION, "{\"type\":\"bbo\",\"coin\":5}"));
	CHECK(!same("{\"c\":5}", "{\"c\":\"5\"}"));
	CHECK(!same("[]", "[]"));
	CHECK(!same("{", SUBSCRIPTION));
	CHECK(!same(SUBSCRIPTION, "{"));
}

/* ---- answers of /info ---- */

#define OPEN_ORDER "{\"coin\":\"BTC\",\"side\":\"A\",\"limitPx\":\"79000.0\",\"sz\":\"0.0015\",\"oid\":7,\"timestamp\":1763828003456," \
	"\"triggerCondition\":\"Price below 80000\",\"isTrigger\":true,\"triggerPx\":\"80000.0\",\"children\":[%s],\"isPositionTpsl\":false," \
	"\"reduceOnly\":true,\"orderType\":\"Stop Market\",\"origSz\":\"0.002\",\"tif\":null,\"cloid\":null}"
#define OPEN_ORDER_WANT "{\"type\":\"order\",\"symbol\":\"BTC\",\"t_ms\":1763828003456,\"oid\":\"7\",\"cloid\":null,\"side\":\"A\",\"px\":79000,\"sz\":0.0015," \
	"\"orig_sz\":0.002,\"reduce_only\":true,\"trigger_px\":80000,\"status\":\"open\"}\n"
#define SUMMARY "{\"accountValue\":\"46599.6\",\"totalNtlPos\":\"377667.0\",\"totalRawUsd\":\"-331067.4\",\"totalMarginUsed\":\"37766.7\"}"
#define STATE(positions) "{\"marginSummary\":" SUMMARY ",\"crossMarginSummary\":" SUMMARY ",\"crossMaintenanceMarginUsed\":\"4720.8375\"," \
	"\"withdrawable\":\"8832.9\",\"assetPositions\":[" positions "],\"time\":1763828000500}"
#define ACCOUNT_WANT "{\"type\":\"account\",\"t_ms\":1763828000500,\"account_value\":46599.6,\"total_ntl_pos\":377667,\"total_raw_usd\":-331067.4," \
	"\"total_margin_used\":37766.7,\"cross_account_value\":46599.6,\"cross_margin_used\":37766.7,\"cross_maintenance\":4720.8375,\"withdrawable\":8832.9}\n"
#define UNIVERSE "{\"universe\":[{\"szDecimals\":5,\"name\":\"BTC\",\"maxLeverage\":40,\"marginTableId\":56}," \
	"{\"szDecimals\":1,\"name\":\"MATIC\",\"maxLeverage\":20,\"marginTableId\":20,\"isDelisted\":true,\"onlyIsolated\":true}]," \
	"\"marginTables\":[[56,{\"description\":\"tiered 40x\",\"marginTiers\":[{\"lowerBound\":\"0.0\",\"maxLeverage\":40}]}]],\"collateralToken\":0}"
#define BTC_WANT "{\"type\":\"asset\",\"symbol\":\"BTC\",\"id\":0,\"sz_decimals\":5,\"max_leverage\":40,\"delisted\":false,\"only_isolated\":false}\n"
#define MATIC_WANT "{\"type\":\"asset\",\"symbol\":\"MATIC\",\"id\":1,\"sz_decimals\":1,\"max_leverage\":20,\"delisted\":true,\"only_isolated\":true}\n"
#define CONTEXT_WANT(symbol) "{\"type\":\"context\",\"symbol\":\"" symbol "\",\"t_ms\":1763828000500,\"mark_px\":2,\"oracle_px\":0,\"mid_px\":0,\"funding\":0," \
	"\"open_interest\":0,\"prev_day_px\":0,\"day_ntl_vlm\":0}\n"
#define BAR "{\"t\":1763820000000,\"T\":1763820899999,\"s\":\"BTC\",\"i\":\"15m\",\"o\":\"84010.0\",\"c\":\"84055.0\",\"h\":\"84101.0\",\"l\":\"83990.0\"," \
	"\"v\":\"131.20421\",\"n\":1821}"

static const struct { const char *type, *text; uint64_t rows; const char *want; } infos[] = {
	{ "meta", UNIVERSE, 2, BTC_WANT MATIC_WANT },
	{ "metaAndAssetCtxs", "[" UNIVERSE ",[{\"markPx\":\"2\"},{\"markPx\":2,\"midPx\":null}]]", 2,
	  BTC_WANT CONTEXT_WANT("BTC") MATIC_WANT CONTEXT_WANT("MATIC") },
	{ "allMids", "{\"BTC\":\"84143.5\"}", 1, "{\"type\":\"mid\",\"symbol\":\"BTC\",\"t_ms\":1763828000500,\"px\":84143.5}\n" },
	{ "l2Book", "null", 0, "" },
	{ "l2Book", "{\"coin\":\"BTC\",\"time\":5,\"levels\":[[],[{\"px\":\"4\",\"sz\":\"2\",\"n\":1}]],\"spread\":\"1\"}", 1,
	  "{\"type\":\"level\",\"symbol\":\"BTC\",\"t_ms\":5,\"side\":\"A\",\"px\":4,\"sz\":2,\"n\":1}\n" },
	{ "candleSnapshot", "[]", 0, "" },
	{ "candleSnapshot", "[" BAR "," BAR "]", 2, CANDLE_WANT CANDLE_WANT },
	{ "candleSnapshot", "[" BAR ", " BAR " ]", 2, CANDLE_WANT CANDLE_WANT },
	{ "fundingHistory", "[{\"coin\":\"BTC\",\"fundingRate\":\"0.0000125\",\"premium\":\"0.0002973\",\"time\":1763823600061}]", 1,
	  "{\"type\":\"rate\",\"symbol\":\"BTC\",\"t_ms\":1763823600000,\"rate\":0.0000125}\n" },
	{ "exchangeStatus", "{\"specialStatuses\":null,\"time\":1763828000500}", 0, "{\"type\":\"venue\",\"t_ms\":1763828000500,\"special\":\"\"}\n" },
	{ "exchangeStatus", "{\"specialStatuses\":[\"x\"],\"time\":1}", 0, "{\"type\":\"venue\",\"t_ms\":1,\"special\":\"[\\\"x\\\"]\"}\n" },
	{ "clearinghouseState", STATE(""), 0, ACCOUNT_WANT },
	{ "clearinghouseState",
	  STATE("{\"type\":\"oneWay\",\"position\":{\"coin\":\"BTC\",\"szi\":\"4.5\",\"leverage\":{\"type\":\"cross\",\"value\":10},\"entryPx\":\"83926.0\","
	  "\"positionValue\":\"377667.0\",\"unrealizedPnl\":\"0.5\",\"returnOnEquity\":\"0.0\",\"liquidationPx\":\"74501.80590717\",\"marginUsed\":\"37766.7\","
	  "\"maxLeverage\":40,\"cumFunding\":{\"allTime\":\"12.5\",\"sinceOpen\":\"1.25\",\"sinceChange\":\"0.5\"}}},"
	  "{\"type\":\"oneWay\",\"position\":{\"coin\":\"ETH\",\"szi\":\"-1\",\"leverage\":{\"type\":\"isolated\",\"value\":3,\"rawUsd\":\"5\"},\"entryPx\":null,"
	  "\"positionValue\":\"2500\",\"unrealizedPnl\":\"-2\",\"liquidationPx\":null,\"marginUsed\":\"800\"}}"), 2,
	  ACCOUNT_WANT "{\"type\":\"position\",\"symbol\":\"BTC\",\"t_ms\":1763828000500,\"szi\":4.5,\"entry_px\":83926,\"value\":377667,\"unrealized_pnl\":0.5,"
	  "\"liquidation_px\":74501.80590717,\"margin_used\":37766.7,\"leverage\":10,\"max_leverage\":40,\"isolated\":false,\"funding_since_open\":1.25}\n"
	  "{\"type\":\"position\",\"symbol\":\"ETH\",\"t_ms\":1763828000500,\"szi\":-1,\"entry_px\":0,\"value\":2500,\"unrealized_pnl\":-2,\"liquidation_px\":0,"
	  "\"margin_used\":800,\"leverage\":3,\"max_leverage\":0,\"isolated\":true,\"funding_since_open\":0}\n" },
	{ "spotClearinghouseState", "{\"balances\":[{\"coin\":\"USDC\",\"token\":0,\"total\":\"1\",\"hold\":\"0.0\"}]}", 1,
	  "{\"type\":\"balance\",\"symbol\":\"USDC\",\"total\":1,\"hold\":0}\n" },
	{ "openOrders", "[]", 0, "" },
	{ "orderStatus", "{\"status\":\"unknownOid\"}", 0, "" },
	{ "orderStatus", "{\"status\":\"order\",\"order\":" UPDATE "}", 1, UPDATE_WANT },
	{ "historicalOrders", "[" UPDATE "," UPDATE "]", 2, UPDATE_WANT UPDATE_WANT },
	{ "userFills", "[" FILL "]", 1, FILL_WANT("true") },
	{ "userFillsByTime", "[" FILL "]", 1, FILL_WANT("true") },
	{ "userFunding", "[{\"time\":1763827200034,\"hash\":\"0x0\",\"delta\":{\"type\":\"funding\",\"coin\":\"ETH\",\"usdc\":\"-0.010519\",\"szi\":\"0.01\","
	  "\"fundingRate\":\"0.0000125\",\"nSamples\":null}}]", 1, FUNDING_WANT },
	{ "userNonFundingLedgerUpdates", "[{\"time\":9,\"hash\":\"0xab\",\"delta\":{\"type\":\"x\"}}]", 1,
	  "{\"type\":\"ledger\",\"t_ms\":9,\"what\":\"x\",\"usdc\":0,\"hash\":\"0xab\",\"delta\":\"{\\\"type\\\":\\\"x\\\"}\"}\n" },
	{ "userFees", "{\"userCrossRate\":\"0.000432\",\"userAddRate\":\"-0.00001\",\"userSpotCrossRate\":\"0.000672\",\"userSpotAddRate\":\"0.000384\"}", 0,
	  "{\"type\":\"fees\",\"taker\":0.000432,\"maker\":-0.00001,\"spot_taker\":0.000672,\"spot_maker\":0.000384}\n" },
	{ "userRateLimit", "{\"cumVlm\":\"2854574.59\",\"nRequestsUsed\":2890,\"nRequestsCap\":2864574,\"nRequestsSurplus\":0}", 0,
	  "{\"type\":\"budget\",\"volume\":2854574.59,\"used\":2890,\"cap\":2864574}\n" },
	{ "userRole", "{\"role\":\"user\"}", 0, "{\"type\":\"role\",\"role\":\"user\",\"master\":null}\n" },
	{ "userRole", "{\"role\":\"agent\",\"data\":{\"user\":\"0xab\"}}", 0, "{\"type\":\"role\",\"role\":\"agent\",\"master\":\"0xab\"}\n" },
	{ "userRole", "{\"role\":\"subAccount\",\"data\":{\"master\":\"0xcd\"}}", 0, "{\"type\":\"role\",\"role\":\"subAccount\",\"master\":\"0xcd\"}\n" },
	{ "extraAgents", "[{\"name\":\"bot\",\"address\":\"0xab\",\"validUntil\":1771604000000},{\"name\":\"b\",\"address\":\"0xcd\",\"validUntil\":null}]", 2,
	  "{\"type\":\"agent\",\"name\":\"bot\",\"address\":\"0xab\",\"valid_until_ms\":1771604000000}\n"
	  "{\"type\":\"agent\",\"name\":\"b\",\"address\":\"0xcd\",\"valid_until_ms\":0}\n" },
	{ "userAbstraction", "\"unifiedAccount\"", 0, "{\"type\":\"abstraction\",\"mode\":\"unifiedAccount\"}\n" },
};

static bool read_info(const char *type, const char *text, size_t n, uint64_t *rows, struct errmsg *e)
{
	char *exact = malloc(n ? n : 1);
	bool ok;

	memcpy(exact, text, n);
	got_clear();
	ok = hl_info_read(type, exact, n, NOW, on_record, NULL, rows, e);
	free(exact);
	return ok;
}

static void test_infos(void)
{
	char child[1024], parent[2048];
	struct errmsg e = { 0 };
	uint64_t rows;

	for (size_t i = 0; i < sizeof infos / sizeof *infos; i++) {
		CHECK(read_info(infos[i].type, infos[i].text, strlen(infos[i].text), &rows, &e));
		CHECK_TEXT(e.text, "");
		CHECK_TEXT(got_text(), infos[i].want);
		CHECK(rows == infos[i].rows);
	}
	snprintf(child, sizeof child, OPEN_ORDER, "");
	snprintf(parent, sizeof parent, "[" OPEN_ORDER "]", child);
	CHECK(read_info("frontendOpenOrders", parent, strlen(parent), &rows, &e));
	CHECK_TEXT(got_text(), OPEN_ORDER_WANT OPEN_ORDER_WANT);
}

static void test_wrong_infos(void)
{
	static const struct { const char *type, *text, *want; } wrong[] = {
		{ "spotMeta", "{}", "nothing makes records of spotMeta" },
		{ "nothing", "{}", "nothing makes records of nothing" },
		{ "userFills", "null", "userFills: what should be a list is none" },
		{ "userFills", "<html>", "userFills: line 1, column 1: no JSON value" },
		{ "userFills", "", "userFills: line 1, column 1: the text ends too early" },
		{ "candleSnapshot", "[" BAR ",{\"t\":1}]", "candleSnapshot: \"T\" is missing" },
		{ "candleSnapshot", "[" BAR ",]", "candleSnapshot: line 1, column 141: no JSON value" },
		{ "metaAndAssetCtxs", "[" UNIVERSE ",[]]", "metaAndAssetCtxs: there are 2 markets, and not as many contexts" },
		{ "metaAndAssetCtxs", "[]", "metaAndAssetCtxs: what should be a pair is none" },
		{ "orderStatus", "{\"status\":\"order\"}", "orderStatus: what should be an object is none" },
		{ "l2Book", "{\"coin\":\"BTC\",\"time\":5,\"levels\":[[]]}", "l2Book: \"levels\" is not a pair" },
		{ "userAbstraction", "{}", "userAbstraction: \"abstraction\" is not a text of at most 127 bytes" },
		{ "clearinghouseState", "{}", "clearinghouseState: \"time\" is missing" },
	};
	struct errmsg e;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		CHECK(!read_info(wrong[i].type, wrong[i].text, strlen(wrong[i].text), NULL, &e));
		CHECK_TEXT(e.text, wrong[i].want);
	}
	CHECK(!read_info("candleSnapshot", "[" BAR ",{\"t\":1}]", strlen("[" BAR ",{\"t\":1}]"), NULL, &e));
	CHECK_TEXT(got_text(), CANDLE_WANT);	/* what stands before the fault was handed on once */
}

static void test_mutated_infos(void)
{
	struct errmsg e;

	for (size_t i = 0; i < sizeof infos / sizeof *infos; i++) {
		const char *text = infos[i].text;
		size_t n = strlen(text);
		char *broken = strdup(text);

		for (size_t at = 0; at < n; at++) {
			if (!read_info(infos[i].type, text, at, NULL, &e))
				CHECK(*e.text);
			for (const char *b = "\"{}[],:0-\\\x80"; *b; b++) {
				broken[at] = *b;
				if (!read_info(infos[i].type, broken, n, NULL, &e))
					CHECK(*e.text);
			}
			broken[at] = text[at];
		}
		free(broken);
	}
}

/* ---- questions ---- */

static void check_body(const char *type, const char *const *words, unsigned n, const char *want)
{
	struct buf b = BUF_INIT;
	struct errmsg e;

	if (CHECK(hl_info_body(&b, type, words, n, &e)))
		CHECK_TEXT(buf_cstr(&b), want);
	else
		printf("%s\n", e.text);
	buf_release(&b);
}
#define BODY(want, type, ...) check_body(type, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), want)

static void check_no_body(const char *type, const char *word, const char *want)
{
	struct buf b = BUF_INIT;
	struct errmsg e = { 0 };

	CHECK(!hl_info_body(&b, type, &word, word ? 1 : 0, &e));
	CHECK_TEXT(e.text, want);
	buf_release(&b);
}

static void test_bodies(void)
{
	BODY("{\"type\":\"candleSnapshot\",\"req\":{\"coin\":\"BTC\",\"interval\":\"15m\",\"startTime\":1763820000000,\"endTime\":1763828000000}}", "candleSnapshot",
	     "endTime=1763828000000", "coin=BTC", "interval=15m", "startTime=2025-11-22T14:00:00Z");
	BODY("{\"type\":\"userFillsByTime\",\"user\":\"" USER "\",\"startTime\":0,\"aggregateByTime\":true}", "userFillsByTime",
	     "user=0x14791697260E4C9A71F18484C9F997B308E59325", "startTime=1970-01-01", "aggregateByTime=true");
	BODY("{\"type\":\"orderStatus\",\"user\":\"" USER "\",\"oid\":91490942}", "orderStatus", "user=" USER, "oid=91490942");
	BODY("{\"type\":\"orderStatus\",\"user\":\"" USER "\",\"oid\":\"" CLOID "\"}", "orderStatus", "user=" USER, "oid=" CLOID);
	BODY("{\"type\":\"l2Book\",\"coin\":\"a\\\"b\",\"nSigFigs\":5,\"mantissa\":2}", "l2Book", "coin=a\"b", "nSigFigs=5", "mantissa=2");
	check_body("meta", NULL, 0, "{\"type\":\"meta\"}");
	check_no_body("nothing", NULL, "there is no question \"nothing\"");
	check_no_body("userFills", NULL, "userFills needs user=VALUE");
	check_no_body("userFills", "user=0x12", "\"0x12\" is no address of 40 hex digits");
	check_no_body("meta", "coin=BTC", "meta takes the keys dex, each once, as KEY=VALUE");
	check_no_body("meta", "dexx=", "meta takes the keys dex, each once, as KEY=VALUE");
	check_no_body("exchangeStatus", "x", "exchangeStatus takes no keys, each once, as KEY=VALUE");
	check_no_body("l2Book", "coin", "l2Book needs coin=VALUE");
}

static void check_same_text(struct buf *b, const char *want)
{
	CHECK_TEXT(buf_cstr(b), want);
	buf_clear(b);
}

static void test_program_bodies(void)
{
	struct buf b = BUF_INIT;

	hl_info_plain(&b, "allMids");
	check_same_text(&b, "{\"type\":\"allMids\"}");
	hl_info_user(&b, "userRole", USER);
	check_same_text(&b, "{\"type\":\"userRole\",\"user\":\"" USER "\"}");
	hl_info_user_span(&b, "userFunding", USER, 5, -1);
	check_same_text(&b, "{\"type\":\"userFunding\",\"user\":\"" USER "\",\"startTime\":5}");
	hl_info_user_span(&b, "userFillsByTime", USER, 5, 6);
	check_same_text(&b, "{\"type\":\"userFillsByTime\",\"user\":\"" USER "\",\"startTime\":5,\"endTime\":6}");
	hl_info_candles(&b, "BTC", "1h", 5, 6);
	check_same_text(&b, "{\"type\":\"candleSnapshot\",\"req\":{\"coin\":\"BTC\",\"interval\":\"1h\",\"startTime\":5,\"endTime\":6}}");
	hl_info_rates(&b, "BTC", 5, -1);
	check_same_text(&b, "{\"type\":\"fundingHistory\",\"coin\":\"BTC\",\"startTime\":5}");
	hl_info_book(&b, "BTC");
	check_same_text(&b, "{\"type\":\"l2Book\",\"coin\":\"BTC\"}");
	hl_info_order(&b, USER, CLOID);
	check_same_text(&b, "{\"type\":\"orderStatus\",\"user\":\"" USER "\",\"oid\":\"" CLOID "\"}");
	buf_release(&b);
}

/* ---- answers of /exchange ---- */

#define ORDERS(list) "{\"status\":\"ok\",\"response\":{\"type\":\"order\",\"data\":{\"statuses\":[" list "]}}}"
#define ACK(index, outcome, rest) "{\"type\":\"ack\",\"index\":" #index ",\"outcome\":\"" outcome "\"," rest "}\n"
#define NONE "\"oid\":null,\"cloid\":null,\"total_sz\":0,\"avg_px\":0,"
#define PLAIN NONE "\"code\":null,\"error\":\"\""
#define REFUSED(code, text) NONE "\"code\":\"" code "\",\"error\":\"" text "\""
#define UNCLEAR(text) NONE "\"code\":null,\"error\":\"" text "\""

static const struct { int status; const char *type, *body; unsigned n; enum hl_outcome worst; const char *want; } answers[] = {
	{ 200, "application/json", ORDERS("{\"resting\":{\"oid\":77738308}}"), 1, HL_RESTING,
	  ACK(0, "resting", "\"oid\":\"77738308\",\"cloid\":null,\"total_sz\":0,\"avg_px\":0,\"code\":null,\"error\":\"\"") },
	{ 200, "application/json; charset=utf-8", ORDERS("{\"filled\":{\"totalSz\":\"0.02\",\"avgPx\":\"1891.4\",\"oid\":7,\"cloid\":\"" CLOID "\"}}"), 1, HL_FILLED,
	  ACK(0, "filled", "\"oid\":\"7\",\"cloid\":\"" CLOID "\",\"total_sz\":0.02,\"avg_px\":1891.4,\"code\":null,\"error\":\"\"") },
	{ 200, "Application/JSON", ORDERS("\"waitingForFill\",\"waitingForTrigger\""), 2, HL_WAITING, ACK(0, "waiting", PLAIN) ACK(1, "waiting", PLAIN) },
	{ 200, "application/json", ORDERS("{\"resting\":{\"oid\":5}},{\"error\":\"Insufficient margin to place order. asset=0\"}"), 2, HL_REFUSED,
	  ACK(0, "resting", "\"oid\":\"5\",\"cloid\":null,\"total_sz\":0,\"avg_px\":0,\"code\":null,\"error\":\"\"")
	  ACK(1, "refused", REFUSED("margin", "Insufficient margin to place order. asset=0")) },
	/* one word for a whole batch */
	{ 200, "application/json", ORDERS("{\"error\":\"Order has invalid price.\"}"), 3, HL_REFUSED,
	  ACK(0, "refused", REFUSED("bad_price", "Order has invalid price.")) ACK(1, "refused", REFUSED("bad_price", "Order has invalid price."))
	  ACK(2, "refused", REFUSED("bad_price", "Order has invalid price.")) },
	{ 200, "application/json", ORDERS("{\"resting\":{\"oid\":5}}"), 2, HL_UNKNOWN,
	  ACK(0, "unknown", UNCLEAR("the answer has one status for many orders")) ACK(1, "unknown", UNCLEAR("the answer has one status for many orders")) },
	{ 200, "application/json", ORDERS("\"waitingForFill\",\"waitingForFill\""), 1, HL_UNKNOWN,
	  ACK(0, "unknown", UNCLEAR("the answer has not one status for each order")) },
	{ 200, "application/json", ORDERS(""), 1, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("the answer has not one status for each order")) },
	{ 200, "application/json", ORDERS("{\"resting\":{}}"), 1, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("a status that is not known")) },
	{ 200, "application/json", ORDERS("\"new\""), 1, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("a status that is not known")) },
	{ 200, "application/json", ORDERS("{\"error\":5}"), 1, HL_REFUSED, ACK(0, "refused", REFUSED("unknown", "refused without a text")) },
	{ 200, "application/json", "{\"status\":\"ok\",\"response\":{\"type\":\"cancel\",\"data\":{\"statuses\":[\"success\",{\"error\":\"Order was never placed, "
	  "already canceled, or filled. asset=0\"}]}}}", 2, HL_REFUSED,
	  ACK(0, "cancelled", PLAIN) ACK(1, "refused", REFUSED("gone", "Order was never placed, already canceled, or filled. asset=0")) },
	{ 200, "application/json", "{\"status\":\"ok\",\"response\":{\"type\":\"default\"}}", 1, HL_OK, ACK(0, "ok", PLAIN) },
	{ 200, "application/json", "{\"status\":\"ok\",\"response\":{\"type\":\"twapOrder\",\"data\":{\"status\":{\"running\":{\"twapId\":5}}}}}", 1, HL_OK, ACK(0, "ok", PLAIN) },
	{ 200, "application/json", "{\"status\":\"ok\",\"response\":{\"type\":\"twapCancel\",\"data\":{\"status\":\"success\"}}}", 1, HL_OK, ACK(0, "ok", PLAIN) },
	{ 200, "application/json", "{\"status\":\"ok\",\"response\":{\"type\":\"twapCancel\",\"data\":{\"status\":{\"error\":\"TWAP was never placed, already canceled, "
	  "or filled.\"}}}}", 1, HL_REFUSED, ACK(0, "refused", REFUSED("twap_gone", "TWAP was never placed, already canceled, or filled.")) },
	{ 200, "application/json", "{\"status\":\"err\",\"response\":\"Invalid nonce: duplicate nonce 5\"}", 2, HL_REFUSED,
	  ACK(0, "refused", REFUSED("nonce_duplicate", "Invalid nonce: duplicate nonce 5")) ACK(1, "refused", REFUSED("nonce_duplicate", "Invalid nonce: duplicate nonce 5")) },
	{ 200, "application/json", "{\"status\":\"err\",\"response\":\"something new\"}", 1, HL_REFUSED, ACK(0, "refused", REFUSED("unknown", "something new")) },
	{ 200, "application/json", "{\"status\":", 1, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("the answer is broken JSON")) },
	{ 200, "application/json", "", 1, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("the answer is broken JSON")) },
	{ 200, "application/json", "null", 1, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("the answer has no status")) },
	{ 200, "application/json", "{\"status\":\"ok\",\"response\":{\"type\":\"order\",\"data\":{\"statuses\":null}}}", 1, HL_UNKNOWN,
	  ACK(0, "unknown", UNCLEAR("the answer has no list of statuses")) },
	{ 200, "application/json", "{\"status\":\"ok\",\"response\":{\"type\":\"cancel\"}}", 1, HL_UNKNOWN,
	  ACK(0, "unknown", UNCLEAR("the answer has no list of statuses")) },
	{ 200, "application/json", "{\"status\":\"ok\"}", 1, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("the answer has no response")) },
	{ 200, "text/plain", "{\"status\":\"ok\",\"response\":{\"type\":\"default\"}}", 1, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("the answer is not application/json")) },
	{ 200, NULL, "", 1, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("the answer is not application/json")) },
	{ 429, "text/plain", "Too Many Requests", 1, HL_REFUSED, ACK(0, "refused", REFUSED("http_429", "HTTP 429: Too Many Requests")) },
	{ 422, "text/plain", "Failed to deserialize\n\xff", 1, HL_REFUSED, ACK(0, "refused", REFUSED("http_422", "HTTP 422: Failed to deserialize??")) },
	{ 405, NULL, "", 1, HL_REFUSED, ACK(0, "refused", REFUSED("http_405", "HTTP 405")) },
	{ 408, NULL, "", 1, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("HTTP 408")) },
	{ 500, "application/json", "null", 1, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("HTTP 500: null")) },
	{ 502, "text/html", "<html>bad gateway</html>", 2, HL_UNKNOWN, ACK(0, "unknown", UNCLEAR("HTTP 502: <html>bad gateway</html>"))
	  ACK(1, "unknown", UNCLEAR("HTTP 502: <html>bad gateway</html>")) },
};

static void test_answers(void)
{
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		got_clear();
		CHECK(hl_answer_http(answers[i].status, answers[i].type, answers[i].body, strlen(answers[i].body), answers[i].n, on_record, NULL) == answers[i].worst);
		CHECK_TEXT(got_text(), answers[i].want);
	}
	got_clear();
	CHECK(hl_answer_post(true, "\"429 Too Many Requests\"", 23, 1, on_record, NULL) == HL_REFUSED);
	CHECK(hl_answer_post(true, "\"gone\"", 6, 1, on_record, NULL) == HL_UNKNOWN);
	CHECK(hl_answer_post(false, "{\"status\":\"ok\",\"response\":{\"type\":\"default\"}}", 45, 1, on_record, NULL) == HL_OK);
	CHECK(hl_answer_none(true, "timed out", 1, on_record, NULL) == HL_UNKNOWN);
	CHECK(hl_answer_none(false, "no route", 1, on_record, NULL) == HL_REFUSED);
	CHECK_TEXT(got_text(), ACK(0, "refused", REFUSED("http_429", "HTTP 429: \\\"429 Too Many Requests\\\"")) ACK(0, "unknown", UNCLEAR("\\\"gone\\\""))
		ACK(0, "ok", PLAIN) ACK(0, "unknown", UNCLEAR("timed out")) ACK(0, "refused", REFUSED("not_sent", "no route")));
}

static void count_acks(void *arg, const struct record *r)
{
	CHECK(r->type == REC_ack && r->u.ack.index == (*(uint64_t *)arg)++);
}

/* Whatever comes, there is one ack for each order. */
static void test_mutated_answers(void)
{
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		size_t n = strlen(answers[i].body);
		char *broken = strdup(answers[i].body);

		for (size_t at = 0; at < n; at++) {
			for (const char *b = "\"{}[],:0x"; *b; b++) {
				uint64_t acks = 0;

				broken[at] = *b;
				hl_answer_http(answers[i].status, answers[i].type, broken, n, answers[i].n, count_acks, &acks);
				CHECK(acks == answers[i].n);
			}
			broken[at] = answers[i].body[at];
		}
		free(broken);
	}
}

static void test_outcomes(void)
{
	enum hl_outcome o, back;

	for (o = HL_RESTING; o <= HL_UNKNOWN; o++)
		CHECK(hl_outcome_find(hl_outcome_name(o), &back) && back == o);
	CHECK(!hl_outcome_find("x", &back));
}

/* ---- order states and weights ---- */

/* The rule by the word's form alone, as docs/exchange.md has it. */
static enum hl_life life_by_form(const char *word)
{
	size_t n = strlen(word);

	if (strcmp(word, "open") == 0 || strcmp(word, "triggered") == 0)
		return HL_LIFE_ALIVE;
	if (strcmp(word, "filled") == 0)
		return HL_LIFE_FILLED;
	if (strcmp(word, "canceled") == 0 || strcmp(word, "scheduledCancel") == 0 || strcmp(word, "internalCancel") == 0 ||
	    (n >= 8 && strcmp(word + n - 8, "Canceled") == 0))
		return HL_LIFE_CANCELLED;
	if (strcmp(word, "rejected") == 0 || (n >= 8 && strcmp(word + n - 8, "Rejected") == 0))
		return HL_LIFE_REJECTED;
	return HL_LIFE_UNKNOWN;
}

static void test_states(void)
{
	unsigned n = 0;

	for (const struct hl_status *s = hl_statuses; s->word; s++, n++) {
		CHECK(s->life == life_by_form(s->word));
		CHECK(hl_status_life(s->word) == s->life);
	}
	CHECK(n == 32);
	CHECK(hl_status_life("somethingNewCanceled") == HL_LIFE_CANCELLED);
	CHECK(hl_status_life("somethingNewRejected") == HL_LIFE_REJECTED);
	CHECK(hl_status_life("somethingNew") == HL_LIFE_UNKNOWN);
	CHECK(hl_status_life("") == HL_LIFE_UNKNOWN);
}

static void test_weights(void)
{
	CHECK(hl_weight_action(1) == 1 && hl_weight_action(39) == 1 && hl_weight_action(40) == 2 && hl_weight_action(200) == 6);
	CHECK(hl_weight_info("allMids") == 2 && hl_weight_info("userRole") == 60 && hl_weight_info("meta") == 20 && hl_weight_info("new") == 20);
	CHECK(hl_weight_rows("userFills", 2000) == 100 && hl_weight_rows("userFills", 19) == 0 && hl_weight_rows("fundingHistory", 500) == 25);
	CHECK(hl_weight_rows("candleSnapshot", 5000) == 83 && hl_weight_rows("meta", 5000) == 0 && hl_weight_rows("new", 100) == 0);
	CHECK(hl_weight_candles(5000) == 103);
}

/* ---- what other clients send and understand: the vectors ---- */

static const char *text_of(const struct json_doc *d, const struct json *v, char *dst, size_t cap)
{
	if (!json_str(d, v, dst, cap))
		*dst = '\0';
	return dst;
}

/* The same question, asked by words. */
static void check_question(const char *body)
{
	struct json_doc d;
	struct errmsg e;
	struct buf b = BUF_INIT;
	char words[16][256], type[64], key[64], value[128];
	const char *list[16];
	const struct json *object, *k;
	unsigned n = 0;

	if (!CHECK(json_parse(&d, body, strlen(body), &e)))
		return;
	text_of(&d, json_get(&d, d.tok, "type"), type, sizeof type);
	object = json_get(&d, d.tok, "req");
	object = object ? object : d.tok;
	k = object + 1;
	for (uint32_t i = 0; i < object->size && n < 16; i++, k += 1 + k[1].skip) {
		text_of(&d, k, key, sizeof key);
		if (strcmp(key, "type") == 0)
			continue;
		snprintf(value, sizeof value, "%.*s", (int)(k[1].end - k[1].start), d.text + k[1].start);
		snprintf(words[n], sizeof words[n], "%s=%s", key, value);
		list[n] = words[n];
		n++;
	}
	if (CHECK(hl_info_body(&b, type, list, n, &e)))
		CHECK_TEXT(buf_cstr(&b), body);
	else
		printf("%s: %s\n", body, e.text);
	buf_release(&b);
	json_release(&d);
}

static void check_traffic(const struct json_doc *d, const struct json *vector, unsigned *questions)
{
	const struct json *sent = json_get(d, vector, "sent");
	char path[64], client[64], body[1024];

	if (strcmp(text_of(d, json_get(d, vector, "client"), client, sizeof client), "nktkas") != 0)
		return;
	for (uint32_t i = 0; sent && i < sent->size; i++) {
		const struct json *s = json_at(sent, i);

		if (strcmp(text_of(d, json_get(d, s, "path"), path, sizeof path), "/info") != 0)
			continue;
		check_question(text_of(d, json_get(d, s, "body"), body, sizeof body));
		++*questions;
	}
}

/* Answers that a real client understood give records here, frames give events. */
static void check_read(const struct json_doc *d, const struct json *vector, unsigned *reads)
{
	const struct json *answers_of = json_get(d, vector, "answers"), *frames = json_get(d, vector, "frames"), *k;
	char type[64], id[32];
	struct errmsg e;
	uint64_t rows;

	text_of(d, json_get(d, vector, "id"), id, sizeof id);
	k = answers_of ? answers_of + 1 : NULL;
	for (uint32_t i = 0; answers_of && i < answers_of->size; i++, k += 1 + k[1].skip) {
		const struct hl_info *info = hl_info_find(text_of(d, k, type, sizeof type));
		bool quoted = k[1].type == JSON_STRING;

		if (!info || !hl_info_has_records(info))
			continue;
		if (!CHECK(read_info(type, d->text + k[1].start - quoted, k[1].end - k[1].start + 2 * quoted, &rows, &e)))
			printf("%s: %s\n", id, e.text);
		++*reads;
	}
	for (uint32_t i = 0; frames && i < frames->size; i++) {
		const struct json *f = json_at(frames, i);
		char *text = malloc(f->end - f->start + 1);

		if (CHECK(json_str(d, f, text, f->end - f->start + 1)) && !CHECK(read_ws(text, strlen(text), &e)))
			printf("%s: %s\n", id, e.text);
		free(text);
		++*reads;
	}
}

static void test_vectors(void)
{
	struct buf file = BUF_INIT;
	struct json_doc d;
	struct errmsg e;
	const struct json *vectors, *list;
	unsigned questions = 0, reads = 0;

	if (!CHECK(buf_read_file(&file, "test/fixtures/hyperliquid_vectors.json", 1 << 26, &e) && json_parse(&d, file.data, file.len, &e)))
		return;
	vectors = json_get(&d, d.tok, "vectors");
	list = json_get(&d, vectors, "client_traffic");
	for (uint32_t i = 0; list && i < list->size; i++)
		check_traffic(&d, json_at(list, i), &questions);
	list = json_get(&d, vectors, "client_reads");
	for (uint32_t i = 0; list && i < list->size; i++)
		check_read(&d, json_at(list, i), &reads);
	CHECK(questions >= 20 && reads >= 30);
	json_release(&d);
	buf_release(&file);
}

int main(void)
{
	out_room(&got, 1 << 20);	/* never flushed */
	test_messages();
	test_wrong_messages();
	test_mutated_messages();
	test_sent();
	test_acknowledged();
	test_infos();
	test_wrong_infos();
	test_mutated_infos();
	test_bodies();
	test_program_bodies();
	test_answers();
	test_mutated_answers();
	test_outcomes();
	test_states();
	test_weights();
	test_vectors();
	free(got.data);
	return test_end("t_message");
}
