/* SPDX-License-Identifier: MIT
 * The surface of the local exchange: what is refused and how, what actions answer, the shapes of /info, subscriptions and the order
 * of pushes, faults, limits, and that inputs taken again give the same exchange. */
#include "base/buf.h"
#include "crypto/signature.h"
#include "hl/request.h"
#include "test.h"
#include "venue/exchange.h"
#include "venue/faults.h"

#include <stdlib.h>

#define T0 INT64_C(1763829000000)
#define MASTER "0x14791697260e4c9a71f18484c9f997b308e59325"
#define MASTER_KEY "0x0123456789012345678901234567890123456789012345678901234567890123"
#define AGENT "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23"
#define AGENT_KEY "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
#define STRANGER_KEY "0xe908f86dbb4d55ac876378565aafeabc187f6690f046459397b17d9b9a19688e"
#define STRANGER "0xcd49bbac6e85fdeb167eb7ca41a945d2b8758f6f"
#define SUB "0x1719884eb866cb12b2287399b15f7db5e7d775ea"

/* ---- an exchange, and what it said ---- */

static struct exchange *x;
static struct buf pushed;	/* a line per message: "conn text" */
static struct buf inputs, log_lines;
static int dropped, frozen, torn;
static int64_t held_ms;
static uint64_t nonce;

static void on_text(void *arg, uint64_t conn, const char *text, size_t n, int64_t delay_ms)
{
	(void)arg;
	held_ms = delay_ms;
	buf_addf(&pushed, "%u ", (unsigned)conn);
	buf_add(&pushed, text, n);
	buf_addc(&pushed, '\n');
}

static void on_drop(void *arg, uint64_t conn, int code)
{
	(void)arg;
	(void)conn;
	dropped = 1 + code;
}

static void on_tear(void *arg, uint64_t conn, const char *text, size_t n)
{
	(void)arg;
	(void)conn;
	(void)text;
	torn += n > 0;
}

static void on_freeze(void *arg, uint64_t conn)
{
	(void)arg;
	(void)conn;
	frozen++;
}

static void on_input(void *arg, const char *line, size_t n)
{
	(void)arg;
	buf_add(&inputs, line, n);
}

static void on_log(void *arg, const char *line, size_t n)
{
	(void)arg;
	buf_add(&log_lines, line, n);
}

static bool on_stale(void *arg, int64_t t_ms, const char *body, size_t n, struct buf *answer)
{
	(void)arg;
	(void)body;
	(void)n;
	buf_addf(answer, "{\"then\":%lld}", (long long)t_ms);
	return true;
}

static struct exchange *make(struct exchange_options *o)
{
	struct exchange_sink sink = { NULL, on_text, on_drop, on_tear, on_freeze, on_log, on_input, on_stale };
	struct exchange *made;
	struct errmsg e;

	o->rules.t_ms = T0;
	made = exchange_new(o, &sink, &e);
	if (!made || !exchange_account(made, MASTER, "10000", &e)) {
		printf("%s\n", e.text);
		exit(1);
	}
	return made;
}

static const char *control(const char *line)
{
	static struct buf out;

	buf_clear(&out);
	if (!exchange_control(x, line, strlen(line), &out))
		return "not ours";
	return buf_cstr(&out);
}

static void start_with(struct exchange_options o)
{
	exchange_free(x);
	buf_clear(&pushed);
	buf_clear(&inputs);
	buf_clear(&log_lines);
	dropped = frozen = torn = 0;
	nonce = (uint64_t)T0;
	x = make(&o);
	control("{\"set_book\":{\"coin\":\"BTC\",\"bids\":[[\"84143\",\"1.5\"],[\"84100\",\"2\"]],\"asks\":[[\"84144\",\"1\"],[\"84150\",\"3\"]]}}");
	control("{\"mark\":{\"coin\":\"BTC\",\"px\":\"84143.5\"}}");
	control("{\"oracle\":{\"coin\":\"BTC\",\"px\":\"84143.5\"}}");
}

static void start(void)
{
	start_with(exchange_options());
}

/* ---- requests ---- */

static struct exchange_reply last;

static const char *http(const char *path, const char *body)
{
	struct exchange_ask a = { "POST", path, "application/json", body, strlen(body), "127.0.0.1:40000" };

	buf_release(&last.body);
	exchange_http(x, &a, &last);
	return buf_cstr(&last.body);
}

static const char *info(const char *body)
{
	return http("/info", body);
}

/* The answer to an info request about the master. */
static const char *about(const char *type, const char *more)
{
	static char body[512];

	snprintf(body, sizeof body, "{\"type\":\"%s\",\"user\":\"" MASTER "\"%s}", type, more);
	return info(body);
}

static const char *body_with(const char *key_hex, const char *action, const char *vault, int64_t expires, enum hl_network net)
{
	static struct buf body, canonical;
	unsigned char key[32], digest[32];
	uint64_t expires_ms = (uint64_t)expires;
	struct address v;
	struct signature sig;
	struct signer *signer;
	struct errmsg e;

	buf_clear(&body);
	buf_clear(&canonical);
	hex0x_parse(key_hex, strlen(key_hex), key, sizeof key);
	if (vault)
		address_parse(vault, strlen(vault), &v);
	signer = signer_new(key, &e);
	if (!signer || !exchange_digest(action, strlen(action), net, ++nonce, vault ? &v : NULL, expires ? &expires_ms : NULL, digest, NULL,
					&canonical, &e) || !signer_sign(signer, digest, &sig)) {
		printf("cannot sign: %s\n", e.text);
		exit(1);
	}
	exchange_request_write(&body, canonical.data, canonical.len, nonce, &sig, vault ? &v : NULL, expires ? &expires_ms : NULL);
	signer_free(signer);
	return buf_cstr(&body);
}

static const char *signed_by(const char *key_hex, const char *action)
{
	return http("/exchange", body_with(key_hex, action, NULL, 0, HL_MAINNET));
}

static const char *act(const char *action)
{
	return signed_by(MASTER_KEY, action);
}

static const char *user_action(const char *type, const char *chain, const char *fields, const char *nonce_key)
{
	static char action[512];

	snprintf(action, sizeof action, "{\"type\":\"%s\",\"hyperliquidChain\":\"%s\",\"signatureChainId\":\"0x66eee\",%s,\"%s\":%llu}",
		 type, chain, fields, nonce_key, (unsigned long long)nonce + 1);
	return action;
}

static const char *user_signed(const char *type, const char *fields, const char *nonce_key)
{
	return act(user_action(type, "Mainnet", fields, nonce_key));
}

static const char *order(const char *buy, const char *px, const char *sz, const char *reduce, const char *tif)
{
	static char action[512];

	snprintf(action, sizeof action, "{\"type\":\"order\",\"orders\":[{\"a\":0,\"b\":%s,\"p\":\"%s\",\"s\":\"%s\",\"r\":%s,"
		 "\"t\":{\"limit\":{\"tif\":\"%s\"}}}],\"grouping\":\"na\"}", buy, px, sz, reduce, tif);
	return action;
}

static bool has(const char *text, const char *part)
{
	bool found = strstr(text, part) != NULL;

	if (!found)
		printf("%.600s\n  lacks %s\n", text, part);
	return found;
}

#define ERR(text) "{\"status\":\"err\",\"response\":\"" text "\"}"
#define DEFAULT "{\"status\":\"ok\",\"response\":{\"type\":\"default\"}}"

/* An order's number out of an answer. */
static unsigned long long oid_in(const char *answer)
{
	const char *at = strstr(answer, "\"oid\":");

	return at ? strtoull(at + 6, NULL, 10) : 0;
}

/* ---- HTTP ---- */

static void http_failures(void)
{
	struct exchange_ask a = { "GET", "/info", "application/json", "", 0, "127.0.0.1:1" };

	start();
	exchange_http(x, &a, &last);
	CHECK(last.status == 405 && !last.body.len);
	a.method = "POST";
	a.type = "text/plain";
	exchange_http(x, &a, &last);
	CHECK(last.status == 415);
	CHECK_TEXT(buf_cstr(&last.body), "Expected request with `Content-Type: application/json`");
	buf_release(&last.body);
	a.type = "application/jsonx";
	exchange_http(x, &a, &last);
	CHECK(last.status == 415);
	buf_release(&last.body);
	a.type = "Application/JSON;charset=utf-8";
	exchange_http(x, &a, &last);
	CHECK(last.status == 400);
	buf_release(&last.body);
	a.path = "/other";
	exchange_http(x, &a, &last);
	CHECK(last.status == 404);
	CHECK(has(http("/info", "{"), "Failed to parse the request body as JSON: ") && last.status == 400);
	CHECK(has(http("/exchange", "x"), "Failed to parse the request body as JSON: ") && last.status == 400);
	CHECK_TEXT(http("/info", "{\"type\":\"nothing\"}"), "Failed to deserialize the JSON body into the target type");
	CHECK(last.status == 422);
	CHECK_TEXT(http("/info", "{\"type\":\"openOrders\"}"), "Failed to deserialize the JSON body into the target type");
	CHECK_TEXT(http("/info", "[1]"), "Failed to deserialize the JSON body into the target type");
	CHECK_TEXT(http("/exchange", "{\"action\":{\"type\":\"order\"}}"), "Failed to deserialize the JSON body into the target type");
	act("{\"type\":\"magic\"}");
	CHECK(last.status == 422);
	CHECK_TEXT(info("{\"type\":\"meta\",\"dex\":\"none\"}"), "null");
	CHECK(last.status == 500);
	CHECK_TEXT(info("{\"type\":\"fundingHistory\",\"coin\":\"NONE\",\"startTime\":0}"), "null");
	CHECK(last.status == 500);
	CHECK_TEXT(info("{\"type\":\"l2Book\",\"coin\":\"NONE\"}"), "null");
	CHECK(last.status == 200);
	CHECK_TEXT(info("{\"type\":\"l2Book\",\"coin\":\"BTC\",\"nSigFigs\":5,\"mantissa\":1}"), "null");
	CHECK(last.status == 500);
}

/* ---- who may act ---- */

static void signers(void)
{
	const char *noop = "{\"type\":\"noop\"}";
	static char copy[2048];
	char *r;

	start();
	CHECK_TEXT(act(noop), DEFAULT);
	CHECK_TEXT(signed_by(STRANGER_KEY, noop), ERR("User or API Wallet " STRANGER " does not exist."));
	CHECK(has(http("/exchange", body_with(MASTER_KEY, noop, NULL, 0, HL_TESTNET)), "\"User or API Wallet 0x"));
	snprintf(copy, sizeof copy, "%s", body_with(MASTER_KEY, noop, NULL, 0, HL_MAINNET));
	r = strstr(copy, "\"r\":\"0x") + 7;
	memset(r, 'f', 64);
	CHECK_TEXT(http("/exchange", copy), ERR("Unable to recover signer."));
	CHECK(has(http("/exchange", body_with(MASTER_KEY, user_action("withdraw3", "Testnet", "\"destination\":\"" MASTER "\",\"amount\":\"1\"",
								      "time"), NULL, 0, HL_TESTNET)), "\"User or API Wallet 0x"));
	CHECK(strstr(buf_cstr(&last.body), MASTER) == NULL);

	control("{\"fund\":{\"account\":\"" STRANGER "\",\"usd\":\"0\"}}");
	CHECK_TEXT(signed_by(STRANGER_KEY, noop), ERR("Must deposit before performing actions. User: " STRANGER));
	control("{\"fund\":{\"account\":\"" STRANGER "\",\"usd\":\"5\"}}");
	CHECK_TEXT(signed_by(STRANGER_KEY, noop), DEFAULT);

	CHECK_TEXT(http("/exchange", body_with(MASTER_KEY, noop, SUB, 0, HL_MAINNET)), ERR("Vault not registered: " SUB));
	control("{\"sub_account\":{\"master\":\"" MASTER "\",\"account\":\"" SUB "\",\"name\":\"one\"}}");
	CHECK_TEXT(http("/exchange", body_with(MASTER_KEY, noop, SUB, 0, HL_MAINNET)), DEFAULT);
	CHECK_TEXT(http("/exchange", body_with(STRANGER_KEY, noop, SUB, 0, HL_MAINNET)), ERR("Vault not registered: " SUB));
	CHECK(has(info("{\"type\":\"userRole\",\"user\":\"" SUB "\"}"), "{\"role\":\"subAccount\",\"data\":{\"master\":\"" MASTER "\"}}"));
	CHECK(has(about("subAccounts", ""), "\"subAccountUser\":\"" SUB "\""));
}

static void agents(void)
{
	const char *noop = "{\"type\":\"noop\"}";
	char action[512];

	start();
	snprintf(action, sizeof action, "{\"type\":\"approveAgent\",\"hyperliquidChain\":\"Mainnet\",\"signatureChainId\":\"0x66eee\","
		 "\"agentAddress\":\"" AGENT "\",\"agentName\":\"bot\",\"nonce\":%llu}", (unsigned long long)nonce + 1);
	CHECK_TEXT(act(action), DEFAULT);
	CHECK_TEXT(signed_by(AGENT_KEY, noop), DEFAULT);
	CHECK(has(about("extraAgents", ""), "[{\"name\":\"bot\",\"address\":\"" AGENT "\",\"validUntil\":"));
	CHECK_TEXT(info("{\"type\":\"userRole\",\"user\":\"" AGENT "\"}"), "{\"role\":\"agent\",\"data\":{\"user\":\"" MASTER "\"}}");
	CHECK_TEXT(about("userRole", ""), "{\"role\":\"user\"}");
	CHECK_TEXT(info("{\"type\":\"userRole\",\"user\":\"" STRANGER "\"}"), "{\"role\":\"missing\"}");
	CHECK(has(signed_by(AGENT_KEY, order("true", "80000", "0.01", "false", "Gtc")), "resting"));
	CHECK(has(about("openOrders", ""), "\"limitPx\":\"80000.0\""));
	CHECK_TEXT(info("{\"type\":\"openOrders\",\"user\":\"" AGENT "\"}"), "[]");
	snprintf(action, sizeof action, "{\"type\":\"usdClassTransfer\",\"hyperliquidChain\":\"Mainnet\",\"signatureChainId\":\"0x66eee\","
		 "\"amount\":\"1\",\"toPerp\":false,\"nonce\":%llu}", (unsigned long long)nonce + 1);
	CHECK_TEXT(signed_by(AGENT_KEY, action), ERR("Must deposit before performing actions. User: " AGENT));

	/* an address once approved is never approved again; the zero address takes a name's agent away */
	CHECK(has(control("{\"approve_agent\":{\"master\":\"" MASTER "\",\"agent\":\"" AGENT "\",\"name\":\"two\"}}"), "Extra agent already used."));
	CHECK_TEXT(control("{\"approve_agent\":{\"master\":\"" MASTER "\",\"agent\":\"0x0000000000000000000000000000000000000000\","
			   "\"name\":\"bot\"}}"), "{\"ok\":true}");
	CHECK_TEXT(signed_by(AGENT_KEY, noop), ERR("User or API Wallet " AGENT " does not exist."));
	CHECK(has(control("{\"approve_agent\":{\"master\":\"" MASTER "\",\"agent\":\"0x00000000000000000000000000000000000000a1\","
			  "\"name\":\"old valid_until 1\"}}"), "Agent valid_until already expired."));
	CHECK_TEXT(control("{\"approve_agent\":{\"master\":\"" MASTER "\",\"agent\":\"" STRANGER "\",\"name\":\"x valid_until 1763829001000\"}}"),
		   "{\"ok\":true}");
	CHECK_TEXT(signed_by(STRANGER_KEY, noop), DEFAULT);
	control("{\"advance_ms\":1000}");
	CHECK_TEXT(signed_by(STRANGER_KEY, noop), ERR("User or API Wallet " STRANGER " does not exist."));
}

static void agent_names(void)
{
	char line[256];
	int i;

	start();
	for (i = 1; i <= 4; i++) {
		snprintf(line, sizeof line, "{\"approve_agent\":{\"master\":\"" MASTER "\",\"agent\":\"0x%040d\",\"name\":\"n%d\"}}", i, i);
		CHECK(has(control(line), i < 4 ? "ok" : "Too many extra agents for cumulative volume traded. Current limit is 3"));
	}
	CHECK_TEXT(control("{\"approve_agent\":{\"master\":\"" MASTER "\",\"agent\":\"0x0000000000000000000000000000000000000009\"}}"),
		   "{\"ok\":true}");
	CHECK_TEXT(control("{\"approve_agent\":{\"master\":\"" MASTER "\",\"agent\":\"0x000000000000000000000000000000000000000a\","
			   "\"name\":\"n1\"}}"), "{\"ok\":true}");
	CHECK(!strstr(about("extraAgents", ""), "0x0000000000000000000000000000000000000001"));
	CHECK(!strstr(about("extraAgents", ""), "0x0000000000000000000000000000000000000009"));	/* the unnamed one is no extra */
	exchange_advance(x, T0 + INT64_C(181) * 86400000);
	CHECK_TEXT(about("extraAgents", ""), "[]");
	for (i = 11; i <= 13; i++) {	/* who has expired makes room */
		snprintf(line, sizeof line, "{\"approve_agent\":{\"master\":\"" MASTER "\",\"agent\":\"0x%040d\",\"name\":\"m%d\"}}", i, i);
		CHECK_TEXT(control(line), "{\"ok\":true}");
	}
}

static void nonces(void)
{
	static char first[2048];
	const char *noop = "{\"type\":\"noop\"}";
	int i;

	start();
	snprintf(first, sizeof first, "%s", body_with(MASTER_KEY, noop, NULL, 0, HL_MAINNET));
	CHECK_TEXT(http("/exchange", first), DEFAULT);
	CHECK_TEXT(http("/exchange", first), ERR("Invalid nonce: duplicate nonce 1763829000001"));
	for (i = 0; i < 100; i++)
		act(noop);
	nonce = (uint64_t)T0 - 1;
	CHECK_TEXT(act(noop), ERR("Invalid nonce: nonce too low 1763829000000 < 1763829000002"));
	nonce = (uint64_t)T0 + 86400000;
	CHECK(has(act(noop), "\"Invalid nonce"));
	nonce = (uint64_t)T0 + 500;
	CHECK_TEXT(http("/exchange", body_with(MASTER_KEY, noop, NULL, T0 - 1, HL_MAINNET)), ERR("Action already expired"));
	nonce--;
	CHECK_TEXT(http("/exchange", body_with(MASTER_KEY, noop, NULL, T0 + 1, HL_MAINNET)), DEFAULT);	/* it was not consumed */
}

/* ---- actions ---- */

static void orders(void)
{
	const char *r;

	start();
	r = act(order("true", "84145", "0.01", "false", "Gtc"));
	CHECK(has(r, "{\"status\":\"ok\",\"response\":{\"type\":\"order\",\"data\":{\"statuses\":[{\"filled\":{\"totalSz\":\"0.01\","
		  "\"avgPx\":\"84144.0\",\"oid\":"));
	CHECK(has(act(order("true", "80000", "0.01", "false", "Alo")), "[{\"resting\":{\"oid\":"));
	CHECK(has(act(order("true", "84144", "0.01", "false", "Alo")),
		  "{\"error\":\"Post only order would have immediately matched, bbo was 84143@84144. asset=0\"}"));
	CHECK(has(act(order("true", "84000", "0.01", "false", "Ioc")),
		  "{\"error\":\"Order could not immediately match against any resting orders. asset=0\"}"));
	CHECK(has(act(order("true", "80000", "0.0001", "false", "Gtc")), "Order must have minimum value of $10. asset=0"));
	CHECK(has(act(order("true", "80000.5", "0.01", "false", "Gtc")), "Price must be divisible by tick size. asset=0"));
	CHECK(has(act(order("true", "80000", "0.0123456", "false", "Gtc")), "Order has invalid size. asset=0"));
	CHECK(has(act(order("true", "80000", "100", "false", "Gtc")), "Insufficient margin to place order. asset=0"));
	CHECK(has(act(order("true", "80000", "0.01", "true", "Gtc")), "Reduce only order would increase position. asset=0"));
	CHECK(has(act(order("true", "99999999999999", "0.01", "false", "Gtc")), "Order has invalid price. asset=0"));
	CHECK(has(act(order("true", "9000", "0.01", "false", "Gtc")),
		  "Order price cannot be more than 80% away from the reference price"));
	CHECK(has(act("{\"type\":\"order\",\"orders\":[{\"a\":10000,\"b\":true,\"p\":\"0.2\",\"s\":\"49\",\"r\":false,"
		      "\"t\":{\"limit\":{\"tif\":\"Gtc\"}}}],\"grouping\":\"na\"}"), "Order must have minimum value of 10 USDC. asset=10000"));
	CHECK(has(act("{\"type\":\"order\",\"orders\":[{\"a\":10000,\"b\":true,\"p\":\"0.2\",\"s\":\"50\",\"r\":false,"
		      "\"t\":{\"limit\":{\"tif\":\"Gtc\"}}}],\"grouping\":\"na\"}"), "Insufficient spot balance asset=10000"));
	CHECK(has(act("{\"type\":\"order\",\"orders\":[],\"grouping\":\"na\"}"), "{\"status\":\"err\""));
	CHECK(has(act("{\"type\":\"order\",\"orders\":[{\"a\":999,\"b\":true,\"p\":\"1\",\"s\":\"1\",\"r\":false,"
		      "\"t\":{\"limit\":{\"tif\":\"Gtc\"}}}],\"grouping\":\"na\"}"), "Invalid asset"));
	/* a batch: each on its own */
	r = act("{\"type\":\"order\",\"orders\":[{\"a\":0,\"b\":true,\"p\":\"81000\",\"s\":\"0.001\",\"r\":false,\"t\":{\"limit\":{\"tif\":\"Gtc\"}},"
		"\"c\":\"0x00000000000000000000000000000aa1\"},{\"a\":0,\"b\":true,\"p\":\"81000.5\",\"s\":\"0.001\",\"r\":false,"
		"\"t\":{\"limit\":{\"tif\":\"Gtc\"}}}],\"grouping\":\"na\"}");
	CHECK(has(r, "\"cloid\":\"0x00000000000000000000000000000aa1\"}},{\"error\":\"Price must"));
	CHECK(has(about("orderStatus", ",\"oid\":\"0x00000000000000000000000000000AA1\""), "{\"status\":\"order\",\"order\":{\"order\":{\"coin\":\"BTC\""));
	CHECK_TEXT(about("orderStatus", ",\"oid\":1"), "{\"status\":\"unknownOid\"}");
}

static void cancels(void)
{
	unsigned long long oid;
	char action[256];

	start();
	oid = oid_in(act(order("true", "80000", "0.01", "false", "Gtc")));
	snprintf(action, sizeof action, "{\"type\":\"cancel\",\"cancels\":[{\"a\":0,\"o\":%llu},{\"a\":0,\"o\":%llu}]}", oid, oid);
	CHECK_TEXT(act(action), "{\"status\":\"ok\",\"response\":{\"type\":\"cancel\",\"data\":{\"statuses\":[\"success\",{\"error\":"
		   "\"Order was never placed, already canceled, or filled. asset=0\"}]}}}");
	act("{\"type\":\"order\",\"orders\":[{\"a\":0,\"b\":true,\"p\":\"81000\",\"s\":\"0.001\",\"r\":false,\"t\":{\"limit\":{\"tif\":\"Gtc\"}},"
	    "\"c\":\"0x00000000000000000000000000000aa2\"}],\"grouping\":\"na\"}");
	CHECK(has(act("{\"type\":\"cancelByCloid\",\"cancels\":[{\"asset\":0,\"cloid\":\"0x00000000000000000000000000000aa2\"}]}"),
		  "{\"statuses\":[\"success\"]}"));
	CHECK_TEXT(about("openOrders", ""), "[]");
	CHECK(has(about("historicalOrders", ""), "\"status\":\"canceled\""));
}

static void modifies(void)
{
	unsigned long long oid;
	char action[512];
	const char *r;

	start();
	oid = oid_in(act(order("true", "80000", "0.01", "false", "Gtc")));
	snprintf(action, sizeof action, "{\"type\":\"batchModify\",\"modifies\":[{\"oid\":%llu,\"order\":{\"a\":0,\"b\":true,\"p\":\"80100\","
		 "\"s\":\"0.02\",\"r\":false,\"t\":{\"limit\":{\"tif\":\"Gtc\"}}}}]}", oid);
	r = act(action);
	CHECK(has(r, "{\"type\":\"order\",\"data\":{\"statuses\":[{\"resting\":{\"oid\":") && oid_in(r) != oid);
	oid = oid_in(r);
	snprintf(action, sizeof action, "{\"type\":\"modify\",\"oid\":%llu,\"order\":{\"a\":0,\"b\":true,\"p\":\"80200\","
		 "\"s\":\"0.02\",\"r\":false,\"t\":{\"limit\":{\"tif\":\"Alo\"}}}}", oid);
	CHECK_TEXT(act(action), DEFAULT);
	CHECK_TEXT(act(action), ERR("Cannot modify canceled or filled order"));
	CHECK(has(about("openOrders", ""), "\"limitPx\":\"80200.0\",\"sz\":\"0.02\""));
}

static void settings(void)
{
	start();
	CHECK_TEXT(act("{\"type\":\"updateLeverage\",\"asset\":0,\"isCross\":true,\"leverage\":7}"), DEFAULT);
	CHECK(has(about("activeAssetData", ",\"coin\":\"BTC\""), "\"leverage\":{\"type\":\"cross\",\"value\":7}"));
	CHECK_TEXT(act("{\"type\":\"updateLeverage\",\"asset\":1,\"isCross\":false,\"leverage\":7}"), DEFAULT);
	CHECK(has(about("activeAssetData", ",\"coin\":\"ETH\""), "\"leverage\":{\"type\":\"isolated\",\"value\":7,\"rawUsd\":\"0.0\"}"));
	CHECK_TEXT(act("{\"type\":\"updateLeverage\",\"asset\":0,\"isCross\":true,\"leverage\":41}"), ERR("Invalid leverage value"));
	CHECK_TEXT(act("{\"type\":\"updateLeverage\",\"asset\":0,\"isCross\":true,\"leverage\":0}"), ERR("Invalid leverage value"));
	CHECK(has(act("{\"type\":\"updateIsolatedMargin\",\"asset\":0,\"isBuy\":true,\"ntli\":1000000}"), "{\"status\":\"err\""));
	CHECK(has(act("{\"type\":\"updateIsolatedMargin\",\"asset\":0,\"isBuy\":true,\"ntli\":-9223372036854775808}"), "sufficient margin"));
	CHECK(has(act("{\"type\":\"scheduleCancel\",\"time\":1763829010000}"),
		  "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0."));
	control("{\"rules\":{\"schedule_volume\":\"0\"}}");
	act(order("true", "80000", "0.01", "false", "Gtc"));
	CHECK(has(act("{\"type\":\"scheduleCancel\",\"time\":1763829004000}"), "must be at least 5 seconds from now."));
	CHECK_TEXT(act("{\"type\":\"scheduleCancel\",\"time\":1763829010000}"), DEFAULT);
	control("{\"advance_ms\":10000}");
	CHECK_TEXT(about("openOrders", ""), "[]");
	CHECK(has(about("historicalOrders", ""), "\"status\":\"scheduledCancel\""));
	CHECK_TEXT(act("{\"type\":\"setReferrer\",\"code\":\"X\"}"), DEFAULT);
	CHECK_TEXT(act("{\"type\":\"reserveRequestWeight\",\"weight\":100}"), DEFAULT);
	CHECK(has(about("userRateLimit", ""), "\"nRequestsSurplus\":100"));
	CHECK(has(act("{\"type\":\"twapOrder\",\"twap\":{\"a\":0,\"b\":true,\"s\":\"1\",\"r\":false,\"m\":30,\"t\":false}}"),
		  "{\"type\":\"twapOrder\",\"data\":{\"status\":{\"error\":\"Invalid TWAP duration"));
	CHECK(has(act("{\"type\":\"twapCancel\",\"a\":0,\"t\":1}"), "TWAP was never placed"));
	CHECK_TEXT(act("{\"type\":\"agentSetAbstraction\",\"abstraction\":\"u\"}"), DEFAULT);
	CHECK_TEXT(about("userAbstraction", ""), "\"unifiedAccount\"");
}

/* The nonce that was signed is the one inside: with another outside it is not counted again. */
static void replay(void)
{
	static char copy[2048];
	char *outer;

	snprintf(copy, sizeof copy, "%s", body_with(MASTER_KEY, user_action("withdraw3", "Mainnet", "\"destination\":\"" MASTER "\",\"amount\":\"1\"",
									    "time"), NULL, 0, HL_MAINNET));
	CHECK_TEXT(http("/exchange", copy), DEFAULT);
	outer = strstr(copy, "\"nonce\":") + strlen("\"nonce\":");
	outer[12] = outer[12] == '9' ? '8' : '9';
	CHECK(has(http("/exchange", copy), "{\"status\":\"err\",\"response\":\"Invalid nonce: "));
}

static void money(void)
{
	const char *sub;
	char action[256];

	start();
	CHECK_TEXT(user_signed("usdClassTransfer", "\"amount\":\"100.5\",\"toPerp\":false", "nonce"), DEFAULT);
	CHECK(has(about("spotClearinghouseState", ""), "\"coin\":\"USDC\",\"token\":0,\"total\":\"100.5\""));
	CHECK(has(about("clearinghouseState", ""), "\"withdrawable\":\"9899.5\""));
	CHECK_TEXT(user_signed("usdClassTransfer", "\"amount\":\"200\",\"toPerp\":true", "nonce"), ERR("Insufficient spot balance"));
	CHECK_TEXT(user_signed("usdClassTransfer", "\"amount\":\"100.5\",\"toPerp\":true", "nonce"), DEFAULT);
	CHECK_TEXT(user_signed("withdraw3", "\"destination\":\"" MASTER "\",\"amount\":\"20000\"", "time"),
		   ERR("Insufficient balance for withdrawal"));
	CHECK_TEXT(user_signed("withdraw3", "\"destination\":\"" MASTER "\",\"amount\":\"1000\"", "time"), DEFAULT);
	CHECK_TEXT(user_signed("usdSend", "\"destination\":\"" STRANGER "\",\"amount\":\"500\"", "time"), DEFAULT);
	CHECK(has(info("{\"type\":\"clearinghouseState\",\"user\":\"" STRANGER "\"}"), "\"accountValue\":\"500.0\""));
	CHECK(has(about("userNonFundingLedgerUpdates", ",\"startTime\":0"), "\"delta\":{\"type\":\"internalTransfer\",\"usdc\":\"500.0\",\"user\":\""
		  MASTER "\",\"destination\":\"" STRANGER "\",\"fee\":\"0.0\"}"));
	replay();
	CHECK_TEXT(user_signed("approveBuilderFee", "\"maxFeeRate\":\"0.01%\",\"builder\":\"" SUB "\"", "nonce"), DEFAULT);
	CHECK_TEXT(about("maxBuilderFee", ",\"builder\":\"" SUB "\""), "10");
	CHECK(has(act("{\"type\":\"order\",\"orders\":[{\"a\":0,\"b\":true,\"p\":\"84145\",\"s\":\"0.01\",\"r\":false,\"t\":{\"limit\":"
		      "{\"tif\":\"Ioc\"}}}],\"grouping\":\"na\",\"builder\":{\"b\":\"" SUB "\",\"f\":10}}"), "filled"));
	CHECK(has(about("userFills", ""), "\"builderFee\":\"0.084144\""));
	CHECK_TEXT(act("{\"type\":\"order\",\"orders\":[{\"a\":0,\"b\":true,\"p\":\"84145\",\"s\":\"0.01\",\"r\":false,\"t\":{\"limit\":"
		      "{\"tif\":\"Ioc\"}}}],\"grouping\":\"na\",\"builder\":{\"b\":\"" SUB "\",\"f\":11}}"),
		   ERR("Builder fee has not been approved."));
	control("{\"rules\":{\"refuse_builder_fee\":true}}");
	CHECK(has(user_signed("approveBuilderFee", "\"maxFeeRate\":\"0.01%\",\"builder\":\"" SUB "\"", "nonce"), "{\"status\":\"err\""));
	sub = act("{\"type\":\"createSubAccount\",\"name\":\"s1\"}");
	CHECK(has(sub, "{\"status\":\"ok\",\"response\":{\"type\":\"createSubAccount\",\"data\":\"0x"));
	snprintf(action, sizeof action, "{\"type\":\"subAccountTransfer\",\"subAccountUser\":\"%.42s\",\"isDeposit\":true,\"usd\":5000000}",
		 strstr(sub, "0x"));
	CHECK_TEXT(act(action), DEFAULT);
	CHECK(has(about("userNonFundingLedgerUpdates", ",\"startTime\":0"), "\"type\":\"subAccountTransfer\",\"usdc\":\"5.0\""));
}

/* ---- answers ---- */

static void shapes(void)
{
	start();
	act(order("true", "84145", "0.01", "false", "Gtc"));
	CHECK(has(info("{\"type\":\"meta\"}"), "{\"universe\":[{\"szDecimals\":5,\"name\":\"BTC\",\"maxLeverage\":40,\"marginTableId\":56}"));
	CHECK(has(info("{\"type\":\"metaAndAssetCtxs\"}"), "\"collateralToken\":0},[{\"funding\":\"0.0000125\",\"openInterest\":"));
	CHECK_TEXT(info("{\"type\":\"allMids\"}"), "{\"BTC\":\"84143.5\"}");
	CHECK(has(info("{\"type\":\"l2Book\",\"coin\":\"BTC\"}"), "{\"coin\":\"BTC\",\"time\":1763829000000,\"levels\":[[{\"px\":\"84143.0\","
		  "\"sz\":\"1.5\",\"n\":1},{\"px\":\"84100.0\",\"sz\":\"2.0\",\"n\":1}],[{\"px\":\"84144.0\",\"sz\":\"0.99\",\"n\":1}"));
	CHECK(has(info("{\"type\":\"l2Book\",\"coin\":\"BTC\",\"nSigFigs\":2,\"mantissa\":null}"),
		  "[[{\"px\":\"84000.0\",\"sz\":\"3.5\",\"n\":2}],[{\"px\":\"85000.0\",\"sz\":\"3.99\",\"n\":2}]]"));
	CHECK(has(info("{\"type\":\"l2Book\",\"coin\":\"BTC\",\"nSigFigs\":5,\"mantissa\":5}"), "[[{\"px\":\"84140.0\""));
	CHECK(has(info("{\"type\":\"recentTrades\",\"coin\":\"BTC\"}"), "[{\"coin\":\"BTC\",\"side\":\"B\",\"px\":\"84144.0\",\"sz\":\"0.01\","));
	CHECK_TEXT(info("{\"type\":\"candleSnapshot\",\"req\":{\"coin\":\"BTC\",\"interval\":\"1m\",\"startTime\":0,\"endTime\":9999999999999}}"),
		   "[{\"t\":1763829000000,\"T\":1763829059999,\"s\":\"BTC\",\"i\":\"1m\",\"o\":\"84144.0\",\"c\":\"84144.0\",\"h\":\"84144.0\","
		   "\"l\":\"84144.0\",\"v\":\"0.01\",\"n\":1}]");
	CHECK_TEXT(info("{\"type\":\"perpDexs\"}"), "[null]");
	CHECK(has(info("{\"type\":\"spotMeta\"}"), "{\"tokens\":[{\"name\":\"USDC\""));
	CHECK(has(info("{\"type\":\"spotMetaAndAssetCtxs\"}"), "[{\"prevDayPx\":"));
	CHECK(has(info("{\"type\":\"predictedFundings\"}"), "[[\"BTC\",[[\"HlPerp\",{\"fundingRate\":\"0.0000125\",\"nextFundingTime\":1763830800000,"
		  "\"fundingIntervalHours\":1}]]]"));
	CHECK_TEXT(info("{\"type\":\"exchangeStatus\"}"), "{\"specialStatuses\":null,\"time\":1763829000000}");
	CHECK_TEXT(info("{\"type\":\"outcomeMeta\"}"), "{\"outcomes\":[],\"questions\":[]}");
	CHECK(has(about("clearinghouseState", ""), "\"assetPositions\":[{\"type\":\"oneWay\",\"position\":{\"coin\":\"BTC\",\"szi\":\"0.01\","
		  "\"leverage\":{\"type\":\"cross\",\"value\":20},\"entryPx\":\"84144.0\""));
	CHECK(has(about("userFills", ",\"aggregateByTime\":true"), "\"startPosition\":\"0.0\",\"dir\":\"Open Long\",\"closedPnl\":\"0.0\""));
	CHECK(has(about("userFillsByTime", ",\"startTime\":1763829000000"), "\"fee\":\"0.378648\""));
	CHECK_TEXT(about("userFillsByTime", ",\"startTime\":1763829000001"), "[]");
	CHECK_TEXT(about("userFunding", ",\"startTime\":0"), "[]");
	CHECK(has(about("userNonFundingLedgerUpdates", ""), "\"type\":\"deposit\""));
	CHECK_TEXT(about("userNonFundingLedgerUpdates", ",\"endTime\":1763828999999"), "[]");
	CHECK_TEXT(about("userNonFundingLedgerUpdates", ",\"startTime\":\"x\""), "Failed to deserialize the JSON body into the target type");
	control("{\"advance_ms\":1800000}");
	CHECK(has(about("userFunding", ",\"startTime\":0"), "\"delta\":{\"type\":\"funding\",\"coin\":\"BTC\",\"usdc\":\"-0.010518\",\"szi\":\"0.01\","
		  "\"fundingRate\":\"0.0000125\",\"nSamples\":null}}"));
	CHECK(has(info("{\"type\":\"fundingHistory\",\"coin\":\"BTC\",\"startTime\":0}"), "[{\"coin\":\"BTC\",\"fundingRate\":\"0.0000125\",\"premium\":"));
	CHECK(has(about("userFees", ""), "\"userCrossRate\":\"0.00045\",\"userAddRate\":\"0.00015\""));
	CHECK(has(about("userRateLimit", ""), "{\"cumVlm\":\"841.44\",\"nRequestsUsed\":1,\"nRequestsCap\":10841,\"nRequestsSurplus\":0}"));
}

/* Somebody unknown is an empty account, in every answer, and in whatever case its address comes. */
static void strangers(void)
{
	static const struct { const char *type, *more, *want; } cases[] = {
		{ "openOrders", "", "[]" }, { "frontendOpenOrders", "", "[]" }, { "historicalOrders", "", "[]" }, { "userFills", "", "[]" },
		{ "userFunding", ",\"startTime\":0", "[]" }, { "userNonFundingLedgerUpdates", ",\"startTime\":0", "[]" },
		{ "spotClearinghouseState", "", "{\"balances\":[]}" }, { "extraAgents", "", "[]" }, { "userAbstraction", "", "\"default\"" },
		{ "maxBuilderFee", ",\"builder\":\"" SUB "\"", "0" }, { "orderStatus", ",\"oid\":5", "{\"status\":\"unknownOid\"}" },
	};
	char body[256];
	size_t i;

	start();
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(body, sizeof body, "{\"type\":\"%s\",\"user\":\"0xCD49bbac6e85fdeb167eb7ca41a945d2b8758f6f\"%s}", cases[i].type,
			 cases[i].more);
		CHECK_TEXT(info(body), cases[i].want);
	}
	CHECK(has(info("{\"type\":\"clearinghouseState\",\"user\":\"" STRANGER "\"}"), "\"withdrawable\":\"0.0\",\"assetPositions\":[]"));
	CHECK(has(info("{\"type\":\"activeAssetData\",\"user\":\"" STRANGER "\",\"coin\":\"BTC\"}"), "\"maxTradeSzs\":[\"0.0\",\"0.0\"]"));
	CHECK(has(info("{\"type\":\"userFees\",\"user\":\"" STRANGER "\"}"), "\"userCrossRate\":\"0.00045\""));
}

static void other_dexs(void)
{
	struct exchange_options o = exchange_options();

	o.market = "{\"meta\":{\"universe\":[{\"szDecimals\":5,\"name\":\"BTC\",\"maxLeverage\":40,\"marginTableId\":40}],\"marginTables\":[]},"
		"\"perpDexs\":[null,{\"name\":\"abc\"}],\"metas\":{\"abc\":{\"universe\":[{\"szDecimals\":1,\"name\":\"abc:X\",\"maxLeverage\":5,"
		"\"marginTableId\":5}],\"marginTables\":[]}}}";
	start_with(o);
	control("{\"set_book\":{\"coin\":\"abc:X\",\"bids\":[[\"9.9\",\"100\"]],\"asks\":[[\"10.1\",\"100\"]]}}");
	CHECK(has(act("{\"type\":\"order\",\"orders\":[{\"a\":110000,\"b\":true,\"p\":\"10.1\",\"s\":\"10\",\"r\":false,\"t\":{\"limit\":"
		      "{\"tif\":\"Ioc\"}}}],\"grouping\":\"na\"}"), "filled"));
	CHECK(has(about("clearinghouseState", ",\"dex\":\"abc\""), "\"coin\":\"abc:X\",\"szi\":\"10.0\""));
	CHECK(has(about("clearinghouseState", ""), "\"assetPositions\":[]"));
	CHECK(has(about("clearinghouseState", ",\"dex\":\"abc\""), "\"accountValue\":\"0.0\""));
}

static void triggers_in_answers(void)
{
	start();
	act(order("true", "84145", "0.01", "false", "Gtc"));
	CHECK(has(act("{\"type\":\"order\",\"orders\":[{\"a\":0,\"b\":false,\"p\":\"79000\",\"s\":\"0.01\",\"r\":true,\"t\":{\"trigger\":"
		      "{\"isMarket\":true,\"triggerPx\":\"80000\",\"tpsl\":\"sl\"}}}],\"grouping\":\"na\"}"), "{\"resting\":{\"oid\":"));
	CHECK(has(about("frontendOpenOrders", ""), "\"triggerCondition\":\"Price below 80000\",\"isTrigger\":true,\"triggerPx\":\"80000.0\","
		  "\"children\":[],\"isPositionTpsl\":false,\"reduceOnly\":true,\"orderType\":\"Stop Market\""));
	CHECK(has(about("openOrders", ""), "\"reduceOnly\":true"));
	CHECK(has(act("{\"type\":\"order\",\"orders\":[{\"a\":0,\"b\":true,\"p\":\"83000\",\"s\":\"0.01\",\"r\":false,\"t\":{\"limit\":{\"tif\":\"Gtc\"}}},"
		      "{\"a\":0,\"b\":false,\"p\":\"90000\",\"s\":\"0.01\",\"r\":true,\"t\":{\"trigger\":{\"isMarket\":true,\"triggerPx\":\"90000\","
		      "\"tpsl\":\"tp\"}}}],\"grouping\":\"normalTpsl\"}"), ",\"waitingForFill\"]"));
	CHECK(has(about("frontendOpenOrders", ""), "\"children\":[{\"coin\":\"BTC\",\"side\":\"A\",\"limitPx\":\"90000.0\""));
}

/* ---- sockets ---- */

static void say(unsigned conn, const char *text)
{
	exchange_text(x, conn, text, strlen(text));
}

static void subscribe(unsigned conn, const char *inside)
{
	char text[512];

	snprintf(text, sizeof text, "{\"method\":\"subscribe\",\"subscription\":{%s}}", inside);
	say(conn, text);
}

static const char *heard(void)
{
	return buf_cstr(&pushed);
}

#define USER "\"user\":\"" MASTER "\""

static void acknowledgements(void)
{
	start();
	exchange_opened(x, 1, "127.0.0.1:5");
	CHECK(!exchange_subscribed(x, 1));
	subscribe(1, "\"coin\":\"BTC\",\"type\":\"l2Book\"");
	CHECK(exchange_subscribed(x, 1));
	CHECK(has(heard(), "1 {\"channel\":\"subscriptionResponse\",\"data\":{\"method\":\"subscribe\",\"subscription\":{\"type\":\"l2Book\","
		  "\"coin\":\"BTC\",\"nSigFigs\":null,\"mantissa\":null,\"fast\":false}}}\n1 {\"channel\":\"l2Book\",\"data\":{\"coin\":\"BTC\""));
	subscribe(1, "\"type\":\"l2Book\",\"coin\":\"BTC\",\"nSigFigs\":null,\"mantissa\":null");
	CHECK(has(heard(), "{\"channel\":\"error\",\"data\":\"Already subscribed: {\\\"type\\\":\\\"l2Book\\\""));
	subscribe(1, "\"type\":\"userFills\",\"user\":\"0x14791697260E4C9A71f18484C9f997B308e59325\"");
	CHECK(has(heard(), "{\"type\":\"userFills\"," USER ",\"aggregateByTime\":false}"));
	CHECK(has(heard(), "{\"channel\":\"userFills\",\"data\":{" USER ",\"isSnapshot\":true,\"fills\":[]}}"));
	subscribe(1, "\"type\":\"webData2\"," USER);
	CHECK(has(heard(), "\"data\":\"Invalid subscription {\\\"type\\\":\\\"webData2\\\""));
	say(1, "{\"method\":\"unsubscribe\",\"subscription\":{\"type\":\"bbo\",\"coin\":\"BTC\"}}");
	CHECK(has(heard(), "\"data\":\"Already unsubscribed: {\\\"type\\\":\\\"bbo\\\",\\\"coin\\\":\\\"BTC\\\"}\""));
	say(1, "{\"method\":\"unsubscribe\",\"subscription\":{\"type\":\"l2Book\",\"coin\":\"BTC\"}}");
	CHECK(has(heard(), "{\"method\":\"unsubscribe\",\"subscription\":{\"type\":\"l2Book\""));
	say(1, "{\"method\":\"ping\"}");
	CHECK(has(heard(), "1 {\"channel\":\"pong\"}\n"));
	say(1, "{\"method\":\"dance\"}");
	CHECK(has(heard(), "Error parsing JSON into valid websocket request: {\\\"method\\\":\\\"dance\\\"}"));
	say(1, "Hello");
	CHECK(has(heard(), "Error parsing JSON into valid websocket request: Hello"));
	CHECK(!dropped);
	subscribe(1, "\"type\":\"bbo\",\"coin\":\"NONE\"");
	CHECK(dropped == 1);
	exchange_opened(x, 2, "127.0.0.1:6");
	dropped = 0;
	subscribe(2, "\"type\":\"l2Book\",\"coin\":\"BTC\",\"nSigFigs\":7");
	CHECK(dropped == 1);
	exchange_closed(x, 1);
	exchange_closed(x, 2);
	CHECK(exchange_upgrade(x, "/ws", "127.0.0.1:7") == 0);
	CHECK(exchange_upgrade(x, "/wsx", "127.0.0.1:7") == 404);
}

/* Every channel is acknowledged as it was asked for. */
static void all_channels(void)
{
	static const char *const subs[] = {
		"\"type\":\"allMids\"", "\"type\":\"candle\",\"coin\":\"BTC\",\"interval\":\"15m\"", "\"type\":\"bbo\",\"coin\":\"BTC\"",
		"\"type\":\"trades\",\"coin\":\"BTC\"", "\"type\":\"activeAssetCtx\",\"coin\":\"BTC\"",
		"\"type\":\"activeAssetData\"," USER ",\"coin\":\"BTC\"", "\"type\":\"orderUpdates\"," USER, "\"type\":\"userEvents\"," USER,
		"\"type\":\"userFundings\"," USER, "\"type\":\"userNonFundingLedgerUpdates\"," USER,
		"\"type\":\"clearinghouseState\"," USER ",\"dex\":\"\"", "\"type\":\"openOrders\"," USER ",\"dex\":\"\"", "\"type\":\"spotState\"," USER,
		"\"type\":\"webData3\"," USER, "\"type\":\"notification\"," USER, "\"type\":\"userHistoricalOrders\"," USER,
	};
	char want[512];
	size_t i;

	start();
	exchange_opened(x, 1, "127.0.0.1:5");
	for (i = 0; i < sizeof subs / sizeof subs[0]; i++) {
		buf_clear(&pushed);
		subscribe(1, subs[i]);
		snprintf(want, sizeof want, "\"method\":\"subscribe\",\"subscription\":{%s}}}", subs[i]);
		CHECK(has(heard(), want));
	}
	buf_clear(&pushed);
	act(order("true", "84145", "0.01", "false", "Gtc"));
	for (i = 0; i < sizeof subs / sizeof subs[0]; i++) {
		sscanf(subs[i], "\"type\":\"%40[^\"]", want);
		if (strcmp(want, "notification") && strcmp(want, "userFundings") && strcmp(want, "userNonFundingLedgerUpdates")) {
			memmove(want + 11, want, strlen(want) + 1);
			memcpy(want, "\"channel\":\"", 11);
			CHECK(has(heard(), strcmp(want, "\"channel\":\"userEvents") ? want : "\"channel\":\"user\""));
		}
	}
	buf_clear(&pushed);
	control("{\"advance_ms\":1800000}");
	CHECK(has(heard(), "{\"channel\":\"userFundings\",\"data\":{" USER ",\"fundings\":[{\"time\":1763830800"));
	CHECK(has(heard(), "{\"channel\":\"user\",\"data\":{\"funding\":{\"time\":1763830800"));
	buf_clear(&pushed);
	control("{\"fund\":{\"account\":\"" MASTER "\",\"usd\":\"7\"}}");
	CHECK(has(heard(), "\"nonFundingLedgerUpdates\":[{\"time\":"));
	exchange_closed(x, 1);
}

/* The order of pushes for a taker fill, and that all subscribers of a user hear the same. */
static void push_order(void)
{
	const char *a, *b, *c;

	start();
	exchange_opened(x, 1, "127.0.0.1:5");
	exchange_opened(x, 2, "127.0.0.1:6");
	subscribe(1, "\"type\":\"trades\",\"coin\":\"BTC\"");
	subscribe(1, "\"type\":\"userFills\"," USER);
	subscribe(1, "\"type\":\"orderUpdates\"," USER);
	subscribe(2, "\"type\":\"orderUpdates\"," USER);
	buf_clear(&pushed);
	act(order("true", "84145", "0.01", "false", "Gtc"));
	a = strstr(heard(), "1 {\"channel\":\"orderUpdates\"");
	b = strstr(heard(), "1 {\"channel\":\"userFills\",\"data\":{" USER ",\"fills\"");
	c = strstr(heard(), "1 {\"channel\":\"trades\"");
	CHECK(a && b && c && a < b && b < c);
	CHECK(has(heard(), "2 {\"channel\":\"orderUpdates\",\"data\":[{\"order\":{\"coin\":\"BTC\",\"side\":\"B\",\"limitPx\":\"84145.0\",\"sz\":\"0.0\","));
	CHECK(has(heard(), "\"origSz\":\"0.01\"},\"status\":\"filled\",\"statusTimestamp\":1763829000000}]}"));
	exchange_closed(x, 1);
	exchange_closed(x, 2);
}

static void posts(void)
{
	static struct buf text;

	start();
	exchange_opened(x, 1, "127.0.0.1:5");
	say(1, "{\"method\":\"post\",\"id\":7,\"request\":{\"type\":\"info\",\"payload\":{\"type\":\"l2Book\",\"coin\":\"NONE\"}}}");
	CHECK(has(heard(), "{\"channel\":\"post\",\"data\":{\"id\":7,\"response\":{\"type\":\"info\",\"payload\":{\"type\":\"l2Book\",\"data\":null}}}}"));
	buf_clear(&text);
	buf_addf(&text, "{\"method\":\"post\",\"id\":8,\"request\":{\"type\":\"action\",\"payload\":%s}}",
		 body_with(MASTER_KEY, "{\"type\":\"noop\"}", NULL, 0, HL_MAINNET));
	say(1, buf_cstr(&text));
	CHECK(has(heard(), "{\"id\":8,\"response\":{\"type\":\"action\",\"payload\":" DEFAULT "}}}"));
	say(1, buf_cstr(&text));
	CHECK(has(heard(), "{\"type\":\"action\",\"payload\":{\"status\":\"err\",\"response\":\"Invalid nonce: duplicate"));
	say(1, "{\"method\":\"post\",\"id\":9,\"request\":{\"type\":\"info\",\"payload\":{\"type\":\"none\"}}}");
	CHECK(has(heard(), "{\"id\":9,\"response\":{\"type\":\"error\",\"payload\":\"Failed to deserialize"));
	say(1, "{\"method\":\"post\",\"id\":10,\"request\":{\"type\":\"info\",\"payload\":{\"type\":\"meta\",\"dex\":\"none\"}}}");
	CHECK(has(heard(), "{\"id\":10,\"response\":{\"type\":\"error\",\"payload\":\"500 Internal Server Error\"}}"));
	say(1, "{\"method\":\"post\",\"request\":{}}");
	CHECK(has(heard(), "Error parsing JSON into valid websocket request: {\\\"method\\\":\\\"post\\\""));
	buf_release(&text);
	exchange_closed(x, 1);
}

/* ---- limits ---- */

static void limits(void)
{
	int i;

	start();
	for (i = 0; i < 60; i++)
		CHECK(strcmp(info("{\"type\":\"meta\"}"), "") && last.status == 200);
	info("{\"type\":\"exchangeStatus\"}");
	CHECK(last.status == 429);
	act("{\"type\":\"noop\"}");
	CHECK(last.status == 429);
	control("{\"advance_ms\":99}");		/* a weight of 2 drains in 100 ms */
	info("{\"type\":\"exchangeStatus\"}");
	CHECK(last.status == 429);
	control("{\"advance_ms\":1}");
	info("{\"type\":\"exchangeStatus\"}");
	CHECK(last.status == 200);
}

static void limits_of_addresses(void)
{
	struct exchange_options o = exchange_options();
	int i;

	o.limit_scale = 0.02;		/* 24 of weight a minute, 200 requests of an account */
	start_with(o);
	for (i = 0; i < 200; i++) {
		control("{\"advance_ms\":3000}");
		CHECK_TEXT(act("{\"type\":\"noop\"}"), DEFAULT);
	}
	CHECK_TEXT(act("{\"type\":\"noop\"}"), ERR("Too many cumulative requests sent (201 > 200) for cumulative volume traded $0.0. "
		   "Place taker orders to free up 1 request per USDC traded."));
	CHECK(has(act("{\"type\":\"cancel\",\"cancels\":[{\"a\":0,\"o\":1}]}"), "\"type\":\"cancel\""));	/* they have more room */
	control("{\"advance_ms\":10000}");
	CHECK_TEXT(act("{\"type\":\"noop\"}"), DEFAULT);	/* one per 10 s is left */
	CHECK(has(act("{\"type\":\"noop\"}"), "(203 > 200)"));
	control("{\"advance_ms\":50000}");
	CHECK(has(about("userRateLimit", ""), "\"nRequestsUsed\":202,\"nRequestsCap\":200"));
}

/* An expired action costs five requests, a batch as many as it has elements. */
static void cost_of_actions(void)
{
	start();
	http("/exchange", body_with(MASTER_KEY, "{\"type\":\"noop\"}", NULL, T0 - 1, HL_MAINNET));
	CHECK(has(about("userRateLimit", ""), "\"nRequestsUsed\":5,"));
	act("{\"type\":\"cancel\",\"cancels\":[{\"a\":0,\"o\":1},{\"a\":0,\"o\":2},{\"a\":0,\"o\":3}]}");
	CHECK(has(about("userRateLimit", ""), "\"nRequestsUsed\":8,"));
}

/* One message about the state of an account for an input, however much it changed. */
static void states_once(void)
{
	const char *at;
	int n = 0;

	start();
	exchange_opened(x, 1, "127.0.0.1:5");
	subscribe(1, "\"type\":\"clearinghouseState\"," USER);
	buf_clear(&pushed);
	act(order("true", "84160", "1.5", "false", "Gtc"));
	for (at = heard(); (at = strstr(at, "\"channel\":\"clearinghouseState\"")); at++)
		n++;
	CHECK(n == 1);
	say(1, "{\"method\":\"unsubscribe\",\"subscription\":{\"type\":\"clearinghouseState\"," USER ",\"dex\":\"none\"}}");
	CHECK(has(heard(), "Invalid subscription"));
	exchange_closed(x, 1);
}

static void limits_of_sockets(void)
{
	struct exchange_options o = exchange_options();
	char sub[128];
	int i, n = 0;

	start();
	for (i = 0; i < 12; i++)
		n += exchange_upgrade(x, "/ws", "127.0.0.1:7") == 0;
	CHECK(n == 10);
	exchange_opened(x, 1, "127.0.0.1:7");
	for (i = 0; i < 11; i++) {
		snprintf(sub, sizeof sub, "\"type\":\"orderUpdates\",\"user\":\"0x%040d\"", i + 1);
		subscribe(1, sub);
	}
	CHECK(has(heard(), "Cannot track more than 10 total users."));
	CHECK(has(control("{\"state\":true}"), "\"accounts\":11}"));	/* who was refused is not remembered */
	exchange_closed(x, 1);
	CHECK(has(control("{\"state\":true}"), "\"accounts\":1}"));
	o.limit_scale = 0.01;
	start_with(o);
	exchange_opened(x, 1, "127.0.0.1:7");
	for (i = 0; i < 21; i++)
		say(1, "{\"method\":\"ping\"}");
	CHECK(has(heard(), "{\"channel\":\"error\",\"data\":\"Too many messages"));
	o.limits = false;
	start_with(o);
	for (i = 0; i < 100; i++)
		info("{\"type\":\"meta\"}");
	CHECK(last.status == 200);
}

/* Anybody may ask about any address: who is no longer watched, and never had an account, is forgotten, and nobody else is. */
static void strangers_forgotten(void)
{
	struct exchange_options o = exchange_options();
	char text[160];
	int i, watched = 0;

	o.limits = false;
	start_with(o);
	exchange_opened(x, 1, "127.0.0.1:7");
	exchange_opened(x, 2, "127.0.0.1:8");
	for (i = 1; i <= 500; i++) {
		snprintf(text, sizeof text, "\"type\":\"userEvents\",\"user\":\"0x%040d\"", 37 * i);
		subscribe(1 + i % 3 / 2, text);
		snprintf(text, sizeof text, "{\"method\":\"unsubscribe\",\"subscription\":{\"type\":\"userEvents\",\"user\":\"0x%040d\"}}",
			 37 * (i - 1));
		if (i % 3)
			say(1 + (i - 1) % 3 / 2, text);
	}
	CHECK(has(control("{\"state\":true}"), "\"accounts\":168}"));	/* the master, each third, the last */
	for (i = 1; i <= 500; i++) {
		buf_clear(&pushed);
		snprintf(text, sizeof text, "{\"method\":\"unsubscribe\",\"subscription\":{\"type\":\"userEvents\",\"user\":\"0x%040d\"}}",
			 37 * i);
		say(1 + i % 3 / 2, text);
		watched += strstr(buf_cstr(&pushed), "subscriptionResponse") != NULL;
	}
	CHECK(watched == 167);
	CHECK(has(control("{\"state\":true}"), "\"accounts\":1}"));
}

/* ---- faults ---- */

static void fault(const char *json)
{
	char line[512];

	snprintf(line, sizeof line, "{\"fault\":%s}", json);
	CHECK_TEXT(control(line), "{\"ok\":true}");
}

static void faults_of_requests(void)
{
	static const struct { const char *name; int status; } https[] = {
		{ "http_429", 429 }, { "http_500", 500 }, { "http_502", 502 }, { "http_503", 503 }, { "http_504", 504 },
	};
	const char *rest = order("true", "80000", "0.01", "false", "Gtc");
	char line[128];
	size_t i;

	start();
	for (i = 0; i < sizeof https / sizeof https[0]; i++) {
		snprintf(line, sizeof line, "{\"fault\":\"%s\",\"kind\":\"order\"}", https[i].name);
		fault(line);
		act(rest);
		CHECK(last.status == https[i].status);
	}
	CHECK_TEXT(about("openOrders", ""), "[]");	/* none was executed */
	fault("{\"fault\":\"http_502\",\"kind\":\"order\",\"after\":true}");
	act(rest);
	CHECK(last.status == 502 && strcmp(about("openOrders", ""), "[]"));
	fault("{\"fault\":\"drop_before\",\"kind\":\"exchange\"}");
	act(order("true", "80001", "0.01", "false", "Gtc"));
	CHECK(last.drop && !strstr(about("openOrders", ""), "80001.0"));
	fault("{\"fault\":\"drop_after\",\"kind\":\"exchange\",\"account\":\"" MASTER "\"}");
	act(order("true", "80002", "0.01", "false", "Gtc"));
	CHECK(last.drop && strstr(about("openOrders", ""), "80002.0"));
	fault("{\"fault\":\"delay\",\"kind\":\"order\",\"ms\":250}");
	act(rest);
	CHECK(last.delay_ms == 250);
	fault("{\"fault\":\"bad_json\",\"kind\":\"exchangeStatus\"}");
	CHECK_TEXT(info("{\"type\":\"exchangeStatus\"}"), "{\"specialStatuses\":nul");
	fault("{\"fault\":\"empty_body\",\"kind\":\"info\"}");
	CHECK_TEXT(info("{\"type\":\"exchangeStatus\"}"), "");
	CHECK(last.status == 200);
	fault("{\"fault\":\"text_type\",\"kind\":\"info\"}");
	info("{\"type\":\"exchangeStatus\"}");
	CHECK(!strncmp(last.type, "text/plain", 10));
	fault("{\"fault\":\"err_status\",\"kind\":\"noop\",\"text\":\"No.\"}");
	CHECK_TEXT(act("{\"type\":\"noop\"}"), ERR("No."));
	fault("{\"fault\":\"single_status\",\"kind\":\"order\",\"text\":\"No.\"}");
	CHECK_TEXT(act(rest), "{\"status\":\"ok\",\"response\":{\"type\":\"order\",\"data\":{\"statuses\":[{\"error\":\"No.\"}]}}}");
	fault("{\"fault\":\"stale_info\",\"kind\":\"exchangeStatus\",\"ms\":1000}");
	CHECK_TEXT(info("{\"type\":\"exchangeStatus\"}"), "{\"then\":1763828999000}");
	CHECK(has(info("{\"type\":\"exchangeStatus\"}"), "1763829000000"));
}

static void faults_of_actions(void)
{
	unsigned long long oid;
	char action[256];

	start();
	fault("{\"fault\":\"reject_next\",\"kind\":\"order\",\"text\":\"Not now.\"}");
	CHECK(has(act(order("true", "80000", "0.01", "false", "Gtc")), "[{\"error\":\"Not now.\"}]"));
	fault("{\"fault\":\"item_error\",\"kind\":\"order\",\"k\":2,\"text\":\"Not you.\"}");
	CHECK(has(act("{\"type\":\"order\",\"orders\":[{\"a\":0,\"b\":true,\"p\":\"80000\",\"s\":\"0.01\",\"r\":false,\"t\":{\"limit\":{\"tif\":\"Gtc\"}}},"
		      "{\"a\":0,\"b\":true,\"p\":\"80000\",\"s\":\"0.01\",\"r\":false,\"t\":{\"limit\":{\"tif\":\"Gtc\"}}}],\"grouping\":\"na\"}"),
		  "}},{\"error\":\"Not you.\"}]"));
	fault("{\"fault\":\"fill_delay\",\"kind\":\"order\",\"ms\":500}");
	CHECK(has(act(order("true", "84150", "0.01", "false", "Gtc")), "resting"));
	CHECK_TEXT(about("userFills", ""), "[]");
	control("{\"advance_ms\":500}");
	CHECK(has(about("userFills", ""), "\"time\":1763829000500"));
	fault("{\"fault\":\"partial_fill\",\"kind\":\"order\",\"ms\":100,\"sizes\":[\"0.001\",\"0.002\"]}");
	act(order("true", "84150", "0.01", "false", "Gtc"));
	control("{\"advance_ms\":100}");
	CHECK(has(about("userFills", ""), "\"sz\":\"0.001\""));
	control("{\"advance_ms\":100}");
	CHECK(has(about("userFills", ""), "\"sz\":\"0.002\""));
	control("{\"advance_ms\":100}");
	CHECK(has(about("userFills", ""), "\"sz\":\"0.007\""));
	fault("{\"fault\":\"cancel_race\",\"kind\":\"cancel\"}");
	oid = oid_in(act(order("true", "80000", "0.01", "false", "Gtc")));
	snprintf(action, sizeof action, "{\"type\":\"cancel\",\"cancels\":[{\"a\":0,\"o\":%llu}]}", oid);
	CHECK(has(act(action), "Order was never placed, already canceled, or filled."));
	CHECK(has(about("userFills", ""), "\"px\":\"80000.0\""));
	fault("{\"fault\":\"adl_fill\",\"kind\":\"noop\"}");
	act("{\"type\":\"noop\"}");
	CHECK(has(about("clearinghouseState", ""), "\"assetPositions\":[]"));
	control("{\"approve_agent\":{\"master\":\"" MASTER "\",\"agent\":\"" AGENT "\",\"name\":\"bot\"}}");
	fault("{\"fault\":\"agent_expired\"}");
	CHECK_TEXT(signed_by(AGENT_KEY, "{\"type\":\"noop\"}"), ERR("User or API Wallet " AGENT " does not exist."));
	CHECK(has(buf_cstr(&inputs), "\"with\":{\"fault\":\"agent_expired\""));
}

static void faults_of_pushes(void)
{
	start();
	exchange_opened(x, 1, "127.0.0.1:5");
	subscribe(1, "\"type\":\"orderUpdates\"," USER);
	subscribe(1, "\"type\":\"userFills\"," USER);
	buf_clear(&pushed);
	fault("{\"fault\":\"ws_dup\",\"kind\":\"userFills\"}");
	act(order("true", "84145", "0.01", "false", "Gtc"));
	CHECK(strstr(strstr(heard(), "\"channel\":\"userFills\"") + 1, "\"channel\":\"userFills\"") != NULL);
	buf_clear(&pushed);
	fault("{\"fault\":\"ws_reorder\",\"kind\":\"orderUpdates\",\"k\":2}");
	act(order("true", "84145", "0.01", "false", "Gtc"));
	CHECK(strstr(heard(), "userFills") < strstr(heard(), "orderUpdates"));
	buf_clear(&pushed);
	fault("{\"fault\":\"ws_lose\",\"kind\":\"orderUpdates\",\"k\":2}");
	act(order("true", "84145", "0.01", "false", "Gtc"));
	CHECK_TEXT(heard(), "");
	act(order("true", "84145", "0.01", "false", "Gtc"));
	CHECK(has(heard(), "orderUpdates"));
	fault("{\"fault\":\"delay\",\"kind\":\"userFills\",\"ms\":40}");
	act(order("true", "84145", "0.01", "false", "Gtc"));
	CHECK(held_ms == 40 && last.delay_ms == 0);
	fault("{\"fault\":\"ws_drop\",\"kind\":\"orderUpdates\",\"code\":1001}");
	act(order("true", "84145", "0.01", "false", "Gtc"));
	CHECK(dropped == 1002);
	exchange_opened(x, 2, "127.0.0.1:5");
	fault("{\"fault\":\"ws_drop\",\"kind\":\"pong\",\"code\":-1}");
	say(2, "{\"method\":\"ping\"}");
	CHECK(torn == 1);
	exchange_opened(x, 3, "127.0.0.1:5");
	fault("{\"fault\":\"ws_silent\",\"kind\":\"pong\"}");
	buf_clear(&pushed);
	say(3, "{\"method\":\"ping\"}");
	say(3, "{\"method\":\"ping\"}");
	CHECK(frozen == 1 && !pushed.len);
	exchange_opened(x, 4, "127.0.0.1:5");
	fault("{\"fault\":\"dup_response_ws\",\"kind\":\"exchangeStatus\"}");
	say(4, "{\"method\":\"post\",\"id\":1,\"request\":{\"type\":\"info\",\"payload\":{\"type\":\"exchangeStatus\"}}}");
	CHECK(strstr(strstr(heard(), "\"id\":1") + 1, "\"id\":1") != NULL);
	fault("{\"fault\":\"no_post_answer\",\"kind\":\"exchangeStatus\"}");
	say(4, "{\"method\":\"post\",\"id\":2,\"request\":{\"type\":\"info\",\"payload\":{\"type\":\"exchangeStatus\"}}}");
	CHECK(!strstr(heard(), "\"id\":2"));
	fault("{\"fault\":\"ws_late_snapshot\",\"ms\":100}");
	subscribe(4, "\"type\":\"userFills\"," USER);
	CHECK(!strstr(heard(), "isSnapshot"));
	act(order("true", "84145", "0.01", "false", "Gtc"));
	control("{\"advance_ms\":100}");
	CHECK(strstr(heard(), "isSnapshot") > strstr(heard(), "\"fills\""));
	fault("{\"fault\":\"ws_refuse\",\"ms\":1000,\"status\":502}");
	CHECK(exchange_upgrade(x, "/ws", "127.0.0.1:7") == 502 && exchange_upgrade(x, "/ws", "127.0.0.1:7") == 502);
	control("{\"advance_ms\":1000}");
	CHECK(exchange_upgrade(x, "/ws", "127.0.0.1:7") == 0);
}

static void put_candle(const char *t, const char *close)
{
	char line[256];

	snprintf(line, sizeof line, "{\"candle\":{\"coin\":\"BTC\",\"interval\":\"1m\",\"t\":%s,\"o\":\"1\",\"h\":\"9\",\"l\":\"1\",\"c\":\"%s\",\"v\":\"3\",\"n\":2}}",
		 t, close);
	CHECK_TEXT(control(line), "{\"ok\":true}");
}

static void faults_of_markets(void)
{
	start();
	exchange_opened(x, 1, "127.0.0.1:5");
	subscribe(1, "\"type\":\"candle\",\"coin\":\"BTC\",\"interval\":\"1m\"");
	fault("{\"fault\":\"clock_skew\",\"ms\":-5000}");
	CHECK(has(info("{\"type\":\"exchangeStatus\"}"), "1763828995000"));
	control("{\"clear_faults\":true}");
	fault("{\"fault\":\"stuck_mark\",\"ms\":1000}");
	control("{\"mark\":{\"coin\":\"BTC\",\"px\":\"90000\"}}");
	CHECK(has(info("{\"type\":\"metaAndAssetCtxs\"}"), "\"markPx\":\"84143.5\""));
	control("{\"advance_ms\":1000}");
	control("{\"mark\":{\"coin\":\"BTC\",\"px\":\"90000\"}}");
	CHECK(has(info("{\"type\":\"metaAndAssetCtxs\"}"), "\"markPx\":\"90000.0\""));
	control("{\"clear_faults\":true}");
	buf_clear(&pushed);
	fault("{\"fault\":\"gap_candles\",\"from\":1763829060000,\"ms\":60000,\"coin\":\"BTC\"}");
	put_candle("1763829000000", "2");
	put_candle("1763829060000", "3");
	put_candle("1763829120000", "4");
	CHECK(has(heard(), "\"t\":1763829000000") && !strstr(heard(), "\"t\":1763829060000") && has(heard(), "\"t\":1763829120000"));
	CHECK(!strstr(info("{\"type\":\"candleSnapshot\",\"req\":{\"coin\":\"BTC\",\"interval\":\"1m\",\"startTime\":0}}"), "1763829060000"));
	control("{\"clear_faults\":true}");
	buf_clear(&pushed);
	fault("{\"fault\":\"flat_candles\",\"from\":1763829180000,\"ms\":60000}");
	put_candle("1763829180000", "5");
	CHECK(has(heard(), "\"o\":\"1.0\",\"c\":\"1.0\",\"h\":\"1.0\",\"l\":\"1.0\""));
	put_candle("1763829240000", "6");
	CHECK(has(heard(), "\"t\":1763829180000,\"T\":1763829239999,\"s\":\"BTC\",\"i\":\"1m\",\"o\":\"1.0\",\"c\":\"5.0\",\"h\":\"9.0\""));
}

/* nth, times, p, windows; and what no fault is. */
static void fault_selectors(void)
{
	struct faults *f = faults_new(7);
	struct happening h = { AT_REQUEST, "order", "exchange", "0xaa", NULL, 100 };
	const char *text = "{\"fault\":\"delay\",\"ms\":1,\"nth\":3,\"times\":2}\n\n{\"fault\":\"drop_after\",\"from\":200,\"to\":300,\"times\":0}\n";
	struct errmsg e;
	int i, n = 0;

	CHECK(faults_load(f, text, strlen(text), 0, &e));
	for (i = 0; i < 6; i++)
		n = n * 2 + (faults_strike(f, &h) != NULL);
	CHECK(n == 0x0c);	/* 001100 */
	h.now_ms = 200;
	CHECK(faults_strike(f, &h) != NULL && faults_strike(f, &h) != NULL);
	h.now_ms = 301;
	CHECK(!faults_strike(f, &h));
	faults_clear(f);
	text = "[{\"fault\":\"delay\",\"p\":0.25,\"kind\":\"order\"}]";
	CHECK(faults_load(f, text, strlen(text), 0, &e));
	for (i = n = 0; i < 4000; i++)
		n += faults_strike(f, &h) != NULL;
	CHECK(n > 850 && n < 1150);
	h.kind = "cancel";
	CHECK(!faults_strike(f, &h));
	text = "{\"fault\":\"delay\"}\n{\"fault\":\"nothing\"}";
	CHECK(!faults_load(f, text, strlen(text), 0, &e) && has(e.text, "line 2: no fault is called nothing"));
	text = "{\"fault\":\"delay\",\"mss\":3}";
	CHECK(!faults_load(f, text, strlen(text), 0, &e) && has(e.text, "a fault has no \"mss\""));
	text = "{\"fault\":\"delay\",\"p\":2}";
	CHECK(!faults_load(f, text, strlen(text), 0, &e) && has(e.text, "\"p\" of a fault is not what it should be"));
	faults_free(f);
}

/* ---- inputs taken again ---- */

static void inputs_again(void)
{
	struct exchange_options o = exchange_options();
	struct exchange *twin, *first;
	struct buf kept = BUF_INIT, want = BUF_INIT;
	static const char *const asked[] = { "clearinghouseState", "historicalOrders", "userFills", "extraAgents", "userRateLimit" };
	struct errmsg e;
	char *at, *stop;
	size_t i;

	start();
	fault("{\"fault\":\"partial_fill\",\"kind\":\"order\",\"ms\":100,\"sizes\":[\"0.001\"]}");
	act(order("true", "84150", "0.01", "false", "Gtc"));
	control("{\"approve_agent\":{\"master\":\"" MASTER "\",\"agent\":\"" AGENT "\",\"name\":\"bot\"}}");
	signed_by(AGENT_KEY, order("true", "80000", "0.01", "false", "Gtc"));
	fault("{\"fault\":\"clock_skew\",\"ms\":-200000000}");
	CHECK(has(act("{\"type\":\"noop\"}"), "Invalid nonce"));
	control("{\"clear_faults\":true}");
	exchange_advance(x, T0 + 150);
	exchange_advance(x, T0 + 7200000);
	signed_by(STRANGER_KEY, "{\"type\":\"noop\"}");
	act(order("false", "84000", "0.005", "true", "Ioc"));
	for (i = 0; i < sizeof asked / sizeof asked[0]; i++)
		buf_addf(&want, "%s\n", about(asked[i], ""));
	buf_add(&kept, inputs.data, inputs.len);
	first = x;
	twin = x = make(&o);
	for (at = kept.data; at < kept.data + kept.len; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(kept.data + kept.len - at));
		if (!CHECK(exchange_again(twin, at, (size_t)(stop - at), NULL, NULL, &e)))
			printf("%s\n", e.text);
	}
	exchange_advance(twin, venue_now(exchange_core(first)));
	buf_clear(&kept);
	for (i = 0; i < sizeof asked / sizeof asked[0]; i++)
		buf_addf(&kept, "%s\n", about(asked[i], ""));
	CHECK_TEXT(buf_cstr(&kept), buf_cstr(&want));
	CHECK(!exchange_again(twin, "{\"type\":\"odd\",\"t\":1}", 20, NULL, NULL, &e));
	exchange_free(first);
	buf_release(&kept);
	buf_release(&want);
}

/* ---- control, records, log ---- */

static void controls(void)
{
	struct errmsg e;
	const char *line = "{\"type\":\"bbo\",\"symbol\":\"ETH\",\"t_ms\":1763829000000,\"bid\":2500,\"bid_sz\":3,\"ask\":2501,\"ask_sz\":4}";

	start();
	CHECK_TEXT(control("{\"hold\":true}"), "not ours");
	CHECK(has(control("{\"mark\":{\"coin\":\"BTC\"}}"), "{\"error\":\"\\\"px\\\" is not a decimal\"}"));
	CHECK(has(control("{\"mark\":{\"coin\":\"NONE\",\"px\":\"1\"}}"), "\\\"coin\\\" is not a coin of this exchange"));
	CHECK(has(control("{}"), "an object with one member"));
	CHECK(has(control("[1,"), "\"error\""));
	CHECK(has(control("{\"fault\":{\"fault\":\"stuck_mark\",\"ms\":-9223372036854775808}}"), "\"error\""));
	CHECK(has(control("{\"state\":true}"), "{\"ok\":true,\"t_ms\":1763829000000,\"position\":0,\"connections\":0,\"accounts\":1}"));
	CHECK_TEXT(control("{\"trade\":{\"coin\":\"BTC\",\"side\":\"A\",\"px\":\"84143\",\"sz\":\"0.2\"}}"), "{\"ok\":true}");
	CHECK(has(info("{\"type\":\"recentTrades\",\"coin\":\"BTC\"}"), "\"side\":\"A\",\"px\":\"84143.0\",\"sz\":\"0.2\""));
	CHECK(exchange_record(x, line, strlen(line), &e));
	CHECK(has(info("{\"type\":\"l2Book\",\"coin\":\"ETH\"}"), "[[{\"px\":\"2500.0\",\"sz\":\"3.0\",\"n\":1}],[{\"px\":\"2501.0\",\"sz\":\"4.0\",\"n\":1}]]"));
	line = "{\"type\":\"mid\",\"symbol\":\"SOL\",\"t_ms\":1763829000000,\"px\":140.5}";
	CHECK(exchange_record(x, line, strlen(line), &e));
	CHECK(has(info("{\"type\":\"metaAndAssetCtxs\"}"), "\"markPx\":\"140.5\""));
	line = "{\"type\":\"mid\",\"symbol\":\"NONE\",\"t_ms\":1763829000000,\"px\":140.5}";
	CHECK(!exchange_record(x, line, strlen(line), &e) && has(e.text, "NONE is no coin"));
}

/* No clock jumps by ten years; one that stands wrong moves nothing. */
static void odd_clocks(void)
{
	start();
	exchange_advance(x, INT64_MAX);
	exchange_advance(x, T0 - 1);
	exchange_advance(x, INT64_MIN);
	CHECK(venue_now(exchange_core(x)) == T0);
	CHECK(has(control("{\"advance_ms\":1099511627776}"), "\"error\""));
	exchange_advance(x, T0 + INT64_C(4) * 365 * 86400000);	/* 35,040 hours of funding: the latest are known */
	CHECK(has(info("{\"type\":\"fundingHistory\",\"coin\":\"BTC\",\"startTime\":1889800000000}"), "\"time\":18898"));
}

static void logs(void)
{
	struct exchange_options o = exchange_options();

	o.log = true;
	start_with(o);
	fault("{\"fault\":\"http_500\",\"kind\":\"noop\"}");
	act("{\"type\":\"noop\"}");
	info("{\"type\":\"exchangeStatus\"}");
	CHECK(has(buf_cstr(&log_lines), "\"kind\":\"fault\",\"what\":\"http_500\",\"on\":\"noop\",\"struck\":1}"));
	CHECK(has(buf_cstr(&log_lines), "\"kind\":\"request\",\"what\":\"noop\",\"account\":\"" MASTER "\",\"signer\":\"" MASTER "\",\"text\":"));
	CHECK(has(buf_cstr(&log_lines), "\"kind\":\"answer\",\"what\":\"exchangeStatus\""));
}

int main(void)
{
	http_failures();
	signers();
	agents();
	agent_names();
	nonces();
	orders();
	cancels();
	modifies();
	settings();
	money();
	shapes();
	strangers();
	other_dexs();
	triggers_in_answers();
	acknowledgements();
	all_channels();
	push_order();
	posts();
	limits();
	limits_of_addresses();
	limits_of_sockets();
	cost_of_actions();
	states_once();
	strangers_forgotten();
	faults_of_requests();
	faults_of_actions();
	faults_of_pushes();
	faults_of_markets();
	fault_selectors();
	inputs_again();
	controls();
	odd_clocks();
	logs();
	exchange_free(x);
	buf_release(&pushed);
	buf_release(&inputs);
	buf_release(&log_lines);
	buf_release(&last.body);
	return test_end("exchange");
}
