/* SPDX-License-Identifier: MIT
 * lib/sign: the limits file, every check of the gate, what the desk answers. The walls are tested on the program (test/sign.bats). */
#include "test.h"

#include "json/json.h"
#include "sign/desk.h"

#include <stdlib.h>

#define NOW INT64_C(1763828000000)

static const unsigned char test_key[32] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01,
	0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23,
};

/* ---- the limits file ---- */

/* A limits file with one member replaced. */
static const char *limits_with(const char *name, const char *value)
{
	static const char *const usual[][2] = {
		{ "network", "\"mainnet\"" }, { "vault", "null" }, { "actions", "null" },
		{ "assets", "{\"BTC\":{\"asset\":0,\"max_size\":\"0.5\"},\"SOL\":5}" }, { "max_order_usd", "\"1000\"" },
		{ "max_minute_usd", "2500.5" }, { "max_minute_orders", "4" }, { "max_leverage", "5" }, { "reduce_only", "false" },
		{ "expires_within_s", "60" }, { "nonce_window_s", "30" }, { "builder", "null" }, { "priority", "false" },
	};
	static char text[2048];
	char *p = text;
	size_t i;

	for (i = 0; i < sizeof usual / sizeof *usual; i++)
		p += sprintf(p, "%c\"%s\":%s", i ? ',' : '{', usual[i][0], strcmp(usual[i][0], name) == 0 ? value : usual[i][1]);
	strcpy(p, "}");
	return text;
}

static bool parses(const char *text, struct errmsg *e)
{
	struct limits l;
	bool ok = limits_parse(&l, text, strlen(text), e);

	if (ok)
		limits_release(&l);
	return ok;
}

static void check_wrong(const char *name, const char *value, const char *want)
{
	struct errmsg e = { "" };

	CHECK(!parses(limits_with(name, value), &e));
	CHECK_TEXT(e.text, want);
}

static void test_limits_values(void)
{
	const char *text = limits_with("", "");
	struct limits l;
	struct errmsg e;

	CHECK(limits_parse(&l, text, strlen(text), &e));
	CHECK(l.network == HL_MAINNET && !l.has_vault && !l.any_vault && !l.actions && !l.any_action && !l.any_asset);
	CHECK(l.n_assets == 2 && limits_asset(&l, 0)->max_size == DEC8_ONE / 2 && limits_asset(&l, 5)->max_size == LIMIT_NONE);
	CHECK(!limits_asset(&l, 1));
	CHECK_TEXT(limits_asset(&l, 5)->symbol, "SOL");
	CHECK(l.max_order_usd == DEC8_OF(1000) && l.max_minute_usd == DEC8_OF(2500) + DEC8_ONE / 2);
	CHECK(l.max_minute_orders == 4 && l.max_leverage == 5 && l.expires_within_ms == 60000 && l.nonce_window_ms == 30000);
	CHECK(!l.reduce_only && !l.has_builder && !l.any_builder && !l.priority);
	limits_release(&l);
	CHECK(parses(limits_with("assets", "null"), &e));
	CHECK(parses(limits_with("max_order_usd", "null"), &e));
	CHECK(parses(limits_with("actions", "[\"order\",\"usdSend\"]"), &e));
	CHECK(parses(limits_with("vault", "\"0x14791697260e4c9a71f18484c9f997b308e59325\""), &e));
}

static void test_limits_wrong(void)
{
	static const char *const names[] = {
		"network", "vault", "actions", "assets", "max_order_usd", "max_minute_usd", "max_minute_orders", "max_leverage",
		"reduce_only", "expires_within_s", "nonce_window_s", "builder", "priority",
	};
	struct errmsg e;
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {	/* none may be left out, none takes just anything */
		char text[2048], *at;

		strcpy(text, limits_with("", ""));
		at = strstr(text, names[i]);
		at[0] = 'X';
		CHECK(!parses(text, &e) && strstr(e.text, names[i]) && strstr(e.text, "is missing"));
		CHECK(!parses(limits_with(names[i], "\"x\""), &e) && strstr(e.text, names[i]));
		CHECK(!parses(limits_with(names[i], "-1"), &e) && strstr(e.text, names[i]));
		CHECK(!parses(limits_with(names[i], "[[]]"), &e) && strstr(e.text, names[i]));
	}
	check_wrong("priority", "false,\"max_usd\":1", "\"max_usd\" is no limit");
	check_wrong("network", "null", "\"network\" is not \"mainnet\" or \"testnet\"");
	check_wrong("max_order_usd", "1e3", "\"max_order_usd\" is not null or a decimal above 0");
	check_wrong("max_order_usd", "\"0\"", "\"max_order_usd\" is not null or a decimal above 0");
	check_wrong("max_minute_orders", "1.5", "\"max_minute_orders\" is not null or an integer from 1 to 1000000000");
	check_wrong("max_leverage", "0", "\"max_leverage\" is not null or an integer from 1 to 1000000000");
	check_wrong("actions", "[\"order\",\"ordre\"]", "\"actions\" has ordre, which is no action type");
	check_wrong("assets", "{\"BTC\":0,\"XBT\":0}", "\"assets\" has asset 0 twice");
	check_wrong("assets", "{\"BTC\":{\"max_size\":\"1\"}}", "\"assets\" has \"BTC\" without an asset number");
	check_wrong("assets", "{\"BTC\":{\"asset\":0,\"size\":\"1\"}}", "\"assets\" has \"BTC\" with more than asset and max_size");
	check_wrong("assets", "{\"BTC\":{\"asset\":0,\"max_size\":\"-1\"}}",
		    "\"assets\" has \"BTC\" with a max_size that is not a decimal above 0");
	check_wrong("vault", "\"0x12\"", "\"vault\" is not null or an address of 40 hex digits");
	CHECK(!parses("[]", &e) && !parses("", &e) && !parses("{}", &e));
}

/* ---- the desk ---- */

static struct desk open_desk(const char *limits)
{
	struct desk d;
	struct limits l;
	struct errmsg e = { "" };

	if (!CHECK(limits_parse(&l, limits, strlen(limits), &e)))
		puts(e.text);
	desk_init(&d, signer_new(test_key, &e), &l);
	return d;
}

/* The answer to a line: "limit: reason" of a refusal, "signed", "killed", "" for none. */
static const char *answer_at(struct desk *d, const char *line, int64_t now_ms)
{
	static char text[600];
	char limit[64], reason[512];
	struct json_doc doc;
	struct errmsg e;
	struct out o;

	out_fd(&o, -1, "memory");
	*text = '\0';
	if (desk_line(d, line, strlen(line), false, now_ms, &o) && CHECK(o.len && json_parse(&doc, o.data, o.len, &e))) {
		if (json_str(&doc, json_get(&doc, doc.tok, "limit"), limit, sizeof limit) &&
		    json_str(&doc, json_get(&doc, doc.tok, "reason"), reason, sizeof reason))
			snprintf(text, sizeof text, "%s: %s", limit, reason);
		else
			json_str(&doc, json_get(&doc, doc.tok, "type"), text, sizeof text);
		json_release(&doc);
	}
	free(o.data);
	return text;
}

static const char *answer(struct desk *d, const char *line)
{
	return answer_at(d, line, NOW);
}

/* A request of the action with an expiry in 10 s, and further members. */
static const char *request(const char *action, const char *members)
{
	static char line[4096];

	snprintf(line, sizeof line, "{\"type\":\"sign\",\"id\":\"a\",\"action\":%s,\"nonce\":%" PRId64 "%s}", action, NOW + 5, members);
	return line;
}

#define DATED ",\"expires_ms\":1763828010000"
#define ORDER(a, b, p, s, r, t) "{\"a\":" #a ",\"b\":" #b ",\"p\":\"" p "\",\"s\":\"" s "\",\"r\":" #r ",\"t\":" t "}"
#define GTC "{\"limit\":{\"tif\":\"Gtc\"}}"
#define STOP(px) "{\"trigger\":{\"isMarket\":true,\"triggerPx\":\"" px "\",\"tpsl\":\"sl\"}}"
#define ORDERS(list) "{\"type\":\"order\",\"orders\":[" list "],\"grouping\":\"na\"}"

/* What a fresh desk with one member of the usual limits replaced says to one action. */
static const char *verdict(const char *name, const char *value, const char *action, const char *members)
{
	struct desk d = open_desk(limits_with(name, value));
	const char *text = answer(&d, request(action, members));

	desk_release(&d);
	return text;
}
#define CHECK_VERDICT(name, value, action, members, want) CHECK_TEXT(verdict(name, value, action, members), want)
#define CHECK_USUAL(action, members, want) CHECK_VERDICT("", "", action, members, want)

static const char buy[] = ORDERS(ORDER(0, true, "84143", "0.01", false, GTC));

static void test_network_and_vault(void)
{
	CHECK_USUAL(buy, DATED, "signed");
	CHECK_USUAL(buy, DATED ",\"network\":\"mainnet\"", "signed");
	CHECK_USUAL(buy, DATED ",\"network\":\"testnet\"", "network: for testnet, but this key signs for mainnet");
	CHECK_USUAL(buy, DATED ",\"vault\":\"0x14791697260E4c9A71f18484C9f997B308e59325\"",
		    "vault: vault 0x14791697260e4c9a71f18484c9f997b308e59325 is not none");
	CHECK_VERDICT("vault", "\"14791697260e4c9a71f18484c9f997b308e59325\"", buy, DATED,
		      "vault: vault none is not 0x14791697260e4c9a71f18484c9f997b308e59325");
	CHECK_VERDICT("vault", "\"14791697260e4c9a71f18484c9f997b308e59325\"", buy,
		      DATED ",\"vault\":\"0x14791697260E4c9A71f18484C9f997B308e59325\"", "signed");
	CHECK_VERDICT("vault", "\"14791697260e4c9a71f18484c9f997b308e59326\"", buy,
		      DATED ",\"vault\":\"0x14791697260E4c9A71f18484C9f997B308e59325\"",
		      "vault: vault 0x14791697260e4c9a71f18484c9f997b308e59325 is not 0x14791697260e4c9a71f18484c9f997b308e59326");
}

static const char send[] = "{\"type\":\"usdSend\",\"signatureChainId\":\"0x66eee\",\"hyperliquidChain\":\"Mainnet\","
	"\"destination\":\"0x14791697260e4c9a71f18484c9f997b308e59325\",\"amount\":\"1\",\"time\":1763828000005}";
static const char send_test[] = "{\"type\":\"usdSend\",\"signatureChainId\":\"0x66eee\",\"hyperliquidChain\":\"Testnet\","
	"\"destination\":\"0x14791697260e4c9a71f18484c9f997b308e59325\",\"amount\":\"1\",\"time\":1763828000005}";

static void test_actions(void)
{
	static const char margin[] = "{\"type\":\"updateIsolatedMargin\",\"asset\":0,\"isBuy\":true,\"ntli\":1000000}";
	static const char unknown[] = "{\"type\":\"dummy\",\"num\":1}";

	CHECK_USUAL(send, "", "actions: usdSend is not among the actions that are signed");
	CHECK_USUAL(margin, DATED, "actions: updateIsolatedMargin is not among the actions that are signed");
	CHECK_USUAL(unknown, DATED, "actions: dummy is not among the actions that are signed");
	CHECK_VERDICT("actions", "[\"usdSend\"]", send, "", "signed");
	CHECK_VERDICT("actions", "[\"usdSend\"]", send_test, "", "network: hyperliquidChain is not Mainnet, but this key signs for mainnet");
	CHECK_VERDICT("actions", "[\"usdSend\"]", buy, DATED, "actions: order is not among the actions that are signed");
	CHECK_VERDICT("actions", "[]", buy, DATED, "actions: order is not among the actions that are signed");
	CHECK_VERDICT("actions", "[\"updateIsolatedMargin\"]", margin, DATED, "signed");
	CHECK_USUAL("{\"type\":\"noop\"}", "", "signed");
	CHECK_USUAL("{\"type\":\"scheduleCancel\",\"time\":1763828100000}", "", "signed");
}

static void test_assets(void)
{
	CHECK_USUAL(ORDERS(ORDER(1, true, "100", "1", false, GTC)), DATED, "assets: asset 1 is none of the 2 that are named");
	CHECK_USUAL(ORDERS(ORDER(1, true, "100", "1", true, GTC)), DATED, "assets: asset 1 is none of the 2 that are named");
	CHECK_VERDICT("assets", "null", ORDERS(ORDER(1, true, "100", "1", false, GTC)), DATED, "signed");
	CHECK_USUAL(ORDERS(ORDER(5, true, "100", "1", false, GTC) "," ORDER(1, true, "1", "1", false, GTC)), DATED,
		    "assets: asset 1 is none of the 2 that are named");
	CHECK_USUAL("{\"type\":\"cancel\",\"cancels\":[{\"a\":0,\"o\":1},{\"a\":7,\"o\":1}]}", "",
		    "assets: asset 7 is none of the 2 that are named");
	CHECK_USUAL("{\"type\":\"cancel\",\"cancels\":[{\"a\":0,\"o\":1},{\"a\":5,\"o\":1}]}", "", "signed");
	CHECK_USUAL("{\"type\":\"cancelByCloid\",\"cancels\":[{\"asset\":7,\"cloid\":\"0x00000000000000000000000000000001\"}]}", "",
		    "assets: asset 7 is none of the 2 that are named");
	CHECK_USUAL("{\"type\":\"updateLeverage\",\"asset\":7,\"isCross\":true,\"leverage\":2}", DATED,
		    "assets: asset 7 is none of the 2 that are named");
	CHECK_VERDICT("actions", "[\"twapCancel\"]", "{\"type\":\"twapCancel\",\"a\":7,\"t\":1}", "",
		      "assets: asset 7 is none of the 2 that are named");
	CHECK_USUAL("{\"type\":\"modify\",\"oid\":1,\"order\":" ORDER(7, true, "1", "1", false, GTC) "}", DATED,
		    "assets: asset 7 is none of the 2 that are named");
}

static void test_order_bounds(void)
{
	CHECK_USUAL(ORDERS(ORDER(5, true, "1000", "1", false, GTC)), DATED, "signed");
	CHECK_USUAL(ORDERS(ORDER(5, true, "1000.00000001", "1", false, GTC)), DATED,
		    "max_order_usd: order 1: 1000.00000001 USD are more than 1000");
	CHECK_USUAL(ORDERS(ORDER(5, false, "0.00000003", "33333333333.4", false, GTC)), DATED,	/* rounded up, or it would pass */
		    "max_order_usd: order 1: 1000.00000001 USD are more than 1000");
	CHECK_USUAL(ORDERS(ORDER(5, true, "90000000000", "90000000000", false, GTC)), DATED,
		    "max_order_usd: order 1: 92233720368.54775807 USD are more than 1000");
	CHECK_USUAL(ORDERS(ORDER(5, true, "900", "1", false, STOP("1001"))), DATED,
		    "max_order_usd: order 1: 1001 USD are more than 1000");
	CHECK_USUAL(ORDERS(ORDER(5, true, "1001", "1", false, STOP("900"))), DATED,
		    "max_order_usd: order 1: 1001 USD are more than 1000");
	CHECK_USUAL(ORDERS(ORDER(5, true, "900", "1", false, STOP("1000"))), DATED, "signed");
	CHECK_USUAL(ORDERS(ORDER(5, true, "1", "1", false, GTC) "," ORDER(5, true, "1001", "1", false, GTC)), DATED,
		    "max_order_usd: order 2: 1001 USD are more than 1000");
	CHECK_USUAL(ORDERS(ORDER(0, false, "1", "0.50000001", false, GTC)), DATED, "max_size: order 1: 0.50000001 BTC are more than 0.5");
	CHECK_USUAL(ORDERS(ORDER(0, false, "1", "0.5", false, GTC)), DATED, "signed");
	CHECK_USUAL(ORDERS(ORDER(0, false, "84000", "7", true, GTC)), DATED, "signed");	/* closing has no such bound */
	CHECK_USUAL("{\"type\":\"batchModify\",\"modifies\":[{\"oid\":1,\"order\":" ORDER(5, true, "1001", "1", false, GTC) "}]}", DATED,
		    "max_order_usd: order 1: 1001 USD are more than 1000");
	CHECK_USUAL("{\"type\":\"modify\",\"oid\":1,\"order\":" ORDER(5, true, "1001", "1", false, GTC) "}", DATED,
		    "max_order_usd: order 1: 1001 USD are more than 1000");
	CHECK_USUAL(ORDERS(ORDER(5, true, "-1", "100000", false, GTC)), DATED, "malformed: order 1: a price or size below 0");
	CHECK_USUAL(ORDERS(ORDER(5, true, "1", "-100000", false, GTC)), DATED, "malformed: order 1: a price or size below 0");
	CHECK_VERDICT("max_order_usd", "null", ORDERS(ORDER(5, true, "2000", "1", false, GTC)), DATED, "signed");
}

static void test_minute(void)
{
	struct desk d = open_desk(limits_with("", ""));
	const char *big = ORDERS(ORDER(5, true, "1000", "1", false, GTC)), *small = ORDERS(ORDER(5, true, "500.5", "1", false, GTC));

	CHECK_TEXT(answer(&d, request(big, DATED)), "signed");
	CHECK_TEXT(answer(&d, request(big, DATED)), "signed");
	CHECK_TEXT(answer(&d, request(big, DATED)), "max_minute_usd: 3000 USD in a minute are more than 2500.5");
	CHECK_TEXT(answer(&d, request(small, DATED)), "signed");
	CHECK_TEXT(answer(&d, request(ORDERS(ORDER(5, true, "0.00000001", "1", false, GTC)), DATED)),
		   "max_minute_usd: 2500.50000001 USD in a minute are more than 2500.5");
	CHECK_TEXT(answer(&d, request(ORDERS(ORDER(5, true, "0", "1", false, GTC)), DATED)), "signed");
	CHECK_TEXT(answer(&d, request(ORDERS(ORDER(5, true, "0", "1", false, GTC)), DATED)),
		   "max_minute_orders: 5 orders in a minute are more than 4");
	for (int i = 0; i < 4; i++)	/* who opens uses up nothing that an exit needs */
		CHECK_TEXT(answer(&d, request(ORDERS(ORDER(5, true, "9000", "1", true, GTC)), DATED)), "signed");
	CHECK_TEXT(answer(&d, request(ORDERS(ORDER(5, true, "9000", "1", true, GTC)), DATED)),
		   "max_minute_orders: 5 reduce-only orders in a minute are more than 4");
	CHECK_TEXT(answer(&d, request("{\"type\":\"noop\"}", "")), "signed");
	CHECK_TEXT(answer(&d, request("{\"type\":\"cancel\",\"cancels\":[{\"a\":0,\"o\":1}]}", "")), "signed");
	desk_release(&d);
}

/* What was signed at `first` counts at `then`, or does not any more. */
static bool counts_at(int64_t first, int64_t then)
{
	struct desk d = open_desk(limits_with("max_minute_orders", "1"));
	const char *line = "{\"type\":\"sign\",\"id\":\"a\",\"action\":" ORDERS(ORDER(5, true, "1", "1", true, GTC)) ",\"nonce\":0}";
	bool counts;

	d.gate.limits.nonce_window_ms = d.gate.limits.expires_within_ms = LIMIT_NONE;
	CHECK_TEXT(answer_at(&d, line, first), "signed");
	counts = strncmp(answer_at(&d, line, then), "max_minute_orders: ", 19) == 0;
	desk_release(&d);
	return counts;
}

static void test_minute_slides(void)
{
	int64_t ms;

	for (ms = 0; ms < 1000; ms += 37) {
		CHECK(counts_at(NOW + ms, NOW + ms));
		CHECK(counts_at(NOW + ms, NOW + ms + 60000));
		CHECK(!counts_at(NOW + ms, NOW + ms + 61000));
		CHECK(!counts_at(NOW + ms, NOW + ms + 122000));
		CHECK(counts_at(NOW + ms, NOW + ms - 90000));	/* a clock set back frees nothing */
	}
	CHECK(counts_at(-5, -5));
}

/* Setting the clock back must not wipe a second that counts. */
static void test_minute_keeps(void)
{
	struct desk d = open_desk(limits_with("max_minute_orders", "3"));
	const char *line = "{\"type\":\"sign\",\"id\":\"a\",\"action\":" ORDERS(ORDER(5, true, "1", "1", true, GTC)) ",\"nonce\":0}";

	d.gate.limits.nonce_window_ms = d.gate.limits.expires_within_ms = LIMIT_NONE;
	CHECK_TEXT(answer_at(&d, line, NOW), "signed");
	CHECK_TEXT(answer_at(&d, line, NOW - GATE_SECONDS * 1000), "signed");
	CHECK_TEXT(answer_at(&d, line, NOW - 2 * GATE_SECONDS * 1000), "signed");
	CHECK_TEXT(answer_at(&d, line, NOW), "max_minute_orders: 4 reduce-only orders in a minute are more than 3");
	desk_release(&d);
}

static void test_leverage(void)
{
	CHECK_USUAL("{\"type\":\"updateLeverage\",\"asset\":0,\"isCross\":true,\"leverage\":5}", DATED, "signed");
	CHECK_USUAL("{\"type\":\"updateLeverage\",\"asset\":0,\"isCross\":true,\"leverage\":6}", DATED,
		    "max_leverage: leverage 6 is more than 5");
	CHECK_VERDICT("max_leverage", "null", "{\"type\":\"updateLeverage\",\"asset\":0,\"isCross\":true,\"leverage\":50}", DATED, "signed");
	CHECK_VERDICT("actions", "[\"topUpIsolatedOnlyMargin\"]",
		      "{\"type\":\"topUpIsolatedOnlyMargin\",\"asset\":0,\"leverage\":\"5.1\"}", DATED,
		      "max_leverage: leverage 5.1 is more than 5");
}

static const char twap_open[] = "{\"type\":\"twapOrder\",\"twap\":{\"a\":0,\"b\":true,\"s\":\"0.1\",\"r\":false,\"m\":5,\"t\":false}}";
static const char twap_close[] = "{\"type\":\"twapOrder\",\"twap\":{\"a\":0,\"b\":true,\"s\":\"9\",\"r\":true,\"m\":5,\"t\":false}}";

static void test_twap(void)
{
	struct desk d = open_desk(limits_with("actions", "[\"twapOrder\"]"));

	CHECK_TEXT(answer(&d, request(twap_open, DATED)), "max_order_usd: twapOrder has no price to hold against a bound");
	CHECK_TEXT(answer(&d, request(twap_close, DATED)), "signed");
	d.gate.limits.max_order_usd = d.gate.limits.max_minute_usd = LIMIT_NONE;
	CHECK_TEXT(answer(&d, request(twap_open, DATED)), "signed");
	d.gate.limits.assets[0].max_size = DEC8_ONE / 20;
	CHECK_TEXT(answer(&d, request(twap_open, DATED)), "max_size: order 1: 0.1 BTC are more than 0.05");
	d.gate.killed = true;
	CHECK_TEXT(answer(&d, request(twap_open, DATED)), "reduce_only: order 1 is not reduce-only, which a kill asks for");
	desk_release(&d);
}

static void test_times(void)
{
	CHECK_USUAL(buy, "", "expires_within_s: order does not expire, but must within 60 s");
	CHECK_USUAL(buy, ",\"expires_ms\":null", "expires_within_s: order does not expire, but must within 60 s");
	CHECK_USUAL(buy, ",\"expires_ms\":1763828060000", "signed");
	CHECK_USUAL(buy, ",\"expires_ms\":1763828060001", "expires_within_s: it expires in 60001 ms, later than in 60 s");
	CHECK_USUAL(buy, ",\"expires_ms\":1763828000000", "expires_within_s: it expired 0 ms ago");
	CHECK_VERDICT("expires_within_s", "null", buy, "", "signed");
	CHECK_USUAL("{\"type\":\"cancel\",\"cancels\":[{\"a\":0,\"o\":1}]}", ",\"expires_ms\":1763828060001", "signed");
}

static void test_nonces(void)
{
	struct desk d = open_desk(limits_with("", ""));
	char line[512];
	static const struct { int64_t off; const char *want; } cases[] = {
		{ 30000, "signed" }, { -30000, "signed" },
		{ 30001, "nonce_window_s: the nonce is 30001 ms from the clock, more than 30 s" },
		{ -30001, "nonce_window_s: the nonce is -30001 ms from the clock, more than 30 s" },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(line, sizeof line, "{\"type\":\"sign\",\"id\":\"a\",\"action\":%s,\"nonce\":\"%" PRId64 "\"" DATED "}",
			 ORDERS(ORDER(5, true, "1", "1", true, GTC)), NOW + cases[i].off);
		CHECK_TEXT(answer(&d, line), cases[i].want);
	}
	CHECK_TEXT(answer(&d, "{\"type\":\"sign\",\"id\":\"a\",\"action\":{\"type\":\"noop\"},\"nonce\":1}"), "signed");
	desk_release(&d);
}

static void test_fees(void)
{
	static const char paid[] = "{\"type\":\"order\",\"orders\":[" ORDER(5, true, "1", "1", false, GTC) "],\"grouping\":\"na\","
		"\"builder\":{\"b\":\"0x8c967e73e7b15087c42a10d344cff4c96d877f1d\",\"f\":10}}";
	static const char priority[] = "{\"type\":\"order\",\"orders\":[" ORDER(5, true, "1", "1", false, GTC) "],\"grouping\":{\"p\":80000}}";

	CHECK_USUAL(paid, DATED, "builder: a fee to builder 0x8c967e73e7b15087c42a10d344cff4c96d877f1d, who is not the one named");
	CHECK_VERDICT("builder", "\"0x8c967e73e7b15087c42a10d344cff4c96d877f1d\"", paid, DATED, "signed");
	CHECK_VERDICT("builder", "\"0x8c967e73e7b15087c42a10d344cff4c96d877f1e\"", paid, DATED,
		      "builder: a fee to builder 0x8c967e73e7b15087c42a10d344cff4c96d877f1d, who is not the one named");
	CHECK_USUAL(priority, DATED, "priority: the order pays for priority");
	CHECK_VERDICT("priority", "true", priority, DATED, "signed");
}

static void check_kill(struct desk *d, const char *who)
{
	char want[128];

	snprintf(want, sizeof want, "reduce_only: order 1 is not reduce-only, which %s asks for", who);
	CHECK_TEXT(answer(d, request(buy, DATED)), want);
	CHECK_TEXT(answer(d, request("{\"type\":\"modify\",\"oid\":1,\"order\":" ORDER(0, true, "1", "0.1", false, GTC) "}", DATED)), want);
	snprintf(want, sizeof want, "reduce_only: order 2 is not reduce-only, which %s asks for", who);
	CHECK_TEXT(answer(d, request(ORDERS(ORDER(0, true, "1", "0.1", true, GTC) "," ORDER(0, true, "1", "0.1", false, GTC)), DATED)), want);
	snprintf(want, sizeof want, "reduce_only: updateLeverage does not reduce a position, which %s asks for", who);
	CHECK_TEXT(answer(d, request("{\"type\":\"updateLeverage\",\"asset\":0,\"isCross\":true,\"leverage\":1}", DATED)), want);
	snprintf(want, sizeof want, "reduce_only: scheduleCancel without a time takes the dead man's switch away, which %s forbids", who);
	CHECK_TEXT(answer(d, request("{\"type\":\"scheduleCancel\"}", "")), want);
	CHECK_TEXT(answer(d, request(ORDERS(ORDER(0, true, "84143", "7", true, GTC)), DATED)), "signed");
	CHECK_TEXT(answer(d, request("{\"type\":\"batchModify\",\"modifies\":[{\"oid\":1,\"order\":" ORDER(0, true, "1", "1", true, GTC) "}]}",
				    DATED)), "signed");
	CHECK_TEXT(answer(d, request("{\"type\":\"scheduleCancel\",\"time\":1763828100000}", "")), "signed");
	CHECK_TEXT(answer(d, request("{\"type\":\"cancel\",\"cancels\":[{\"a\":0,\"o\":1}]}", "")), "signed");
	CHECK_TEXT(answer(d, request("{\"type\":\"noop\"}", "")), "signed");
}

static void test_kill(void)
{
	struct desk d = open_desk(limits_with("", ""));

	CHECK_TEXT(answer(&d, request("{\"type\":\"scheduleCancel\"}", "")), "signed");
	CHECK_TEXT(answer(&d, "{\"type\":\"kill\",\"cause\":\"drawdown\",\"level\":1}"), "killed");
	check_kill(&d, "a kill");
	desk_release(&d);
	d = open_desk(limits_with("reduce_only", "true"));
	check_kill(&d, "the limits file");
	desk_release(&d);
	CHECK_VERDICT("reduce_only", "true", buy, DATED, "reduce_only: order 1 is not reduce-only, which the limits file asks for");
}

static void test_malformed(void)
{
	struct desk d = open_desk(limits_with("", ""));
	static const char *const lines[][2] = {
		{ "", "the text ends too early" }, { "x", "no JSON value" }, { "[]", "neither sign nor kill" },
		{ "{}", "neither sign nor kill" }, { "{\"type\":\"signed\"}", "neither sign nor kill" },
		{ "{\"type\":\"sign\"}", "\"id\" is not" },
		{ "{\"type\":\"sign\",\"id\":7}", "\"id\" is not" },
		{ "{\"type\":\"sign\",\"id\":\"a\",\"id\":\"b\"}", "same key twice" },
		{ "{\"type\":\"sign\",\"id\":\"a\",\"action\":[]}", "\"action\" is not an object" },
		{ "{\"type\":\"sign\",\"id\":\"a\",\"action\":{\"type\":\"noop\"}}", "\"nonce\" is not" },
		{ "{\"type\":\"sign\",\"id\":\"a\",\"action\":{\"type\":\"noop\"},\"nonce\":-1}", "\"nonce\" is not" },
		{ "{\"type\":\"sign\",\"id\":\"a\",\"action\":{\"type\":\"noop\"},\"nonce\":9007199254740992}", "\"nonce\" is not" },
		{ "{\"type\":\"sign\",\"id\":\"a\",\"action\":{\"type\":\"noop\"},\"nonce\":1,\"vault\":7}", "\"vault\" is not" },
		{ "{\"type\":\"sign\",\"id\":\"a\",\"action\":{\"type\":\"noop\"},\"nonce\":1,\"expires_ms\":\"x\"}", "\"expires_ms\" is not" },
		{ "{\"type\":\"sign\",\"id\":\"a\",\"action\":{\"type\":\"noop\"},\"nonce\":1,\"network\":\"a\"}", "\"network\" is not" },
		{ "{\"type\":\"sign\",\"id\":\"a\",\"action\":{\"type\":\"noop\"},\"nonce\":1,\"expires\":5}", "\"expires\" is no member" },
		{ "{\"type\":\"sign\",\"id\":\"a\",\"action\":{\"type\":\"order\"},\"nonce\":1}", "" },
		{ "{\"type\":\"sign\",\"id\":\"a\",\"action\":{\"num\":1},\"nonce\":1}", "" },
	};
	size_t i;

	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		const char *text = answer(&d, lines[i][0]);

		if (!CHECK(strncmp(text, "malformed: ", 11) == 0 && strstr(text, lines[i][1])))
			printf("%s\n%s\n", lines[i][0], text);
	}
	for (i = 505; i < 515; i++) {	/* a message that quotes more than it can hold, cut within a character: still UTF-8 */
		char line[1024], name[600];

		memset(name, 'x', i);
		strcpy(name + i, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
		snprintf(line, sizeof line, "{\"type\":\"sign\",\"id\":\"a\",\"action\":{\"type\":\"noop\"},\"nonce\":1,\"%s\":5}", name);
		CHECK(strncmp(answer(&d, line), "malformed: \"xxxx", 16) == 0);
	}
	CHECK_TEXT(answer(&d, "{\"type\":\"header\",\"schema\":1}"), "");
	CHECK_TEXT(answer(&d, "{\"type\":\"end\",\"records\":0}"), "");
	desk_release(&d);
}

static void test_no_limits(void)
{
	struct desk d;
	struct limits l;
	struct errmsg e;

	limits_none(&l, HL_MAINNET);
	desk_init(&d, signer_new(test_key, &e), &l);
	CHECK_TEXT(answer(&d, request(ORDERS(ORDER(77, true, "90000000000", "90000000000", false, GTC)), "")), "signed");
	CHECK_TEXT(answer(&d, request("{\"type\":\"dummy\",\"num\":1}", "")), "signed");
	CHECK_TEXT(answer(&d, request(send, "")), "actions: usdSend is not among the actions that are signed");
	CHECK_TEXT(answer(&d, request(buy, ",\"network\":\"testnet\"")), "network: for testnet, but this key signs for mainnet");
	CHECK_TEXT(answer(&d, "{\"type\":\"kill\"}"), "killed");
	CHECK_TEXT(answer(&d, request(buy, "")), "reduce_only: order 1 is not reduce-only, which a kill asks for");
	CHECK_TEXT(answer(&d, request("{\"type\":\"dummy\",\"num\":1}", "")),
		   "reduce_only: dummy does not reduce a position, which a kill asks for");
	desk_release(&d);
}

int main(void)
{
	test_limits_values();
	test_limits_wrong();
	test_network_and_vault();
	test_actions();
	test_assets();
	test_order_bounds();
	test_minute();
	test_minute_slides();
	test_minute_keeps();
	test_leverage();
	test_twap();
	test_times();
	test_nonces();
	test_fees();
	test_kill();
	test_malformed();
	test_no_limits();
	return test_end("t_sign");
}
