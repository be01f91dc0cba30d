/* SPDX-License-Identifier: MIT
 * The surface of the local exchange. An input is lines, the first letter says where each goes: I an /info body, E an /exchange body, A an
 * action that the account signs, W a socket's text, C control, F a fault file, R a feed's record, T lets a minute go by. Whatever comes:
 * every answer has a status of the real exchange and is JSON where it says so, every push is JSON, and the inputs taken again by a
 * second exchange give the same answers. */
#include "crypto/signature.h"
#include "hl/request.h"
#include "json/json.h"
#include "venue/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define T0 INT64_C(1763829000000)
#define ACCOUNT "0x14791697260e4c9a71f18484c9f997b308e59325"

static const unsigned char key[32] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01,
	0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23,
};

static struct signer *signer;
static struct buf inputs;
static uint64_t nonce;
static bool closed;

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void require_json(const char *text, size_t n)
{
	struct json_doc d = { 0 };

	require(json_parse(&d, text, n, NULL));
	json_release(&d);
}

static void on_text(void *arg, uint64_t conn, const char *text, size_t n, int64_t delay_ms)
{
	(void)arg;
	(void)conn;
	(void)delay_ms;
	require_json(text, n);
}

static void on_drop(void *arg, uint64_t conn, int code)
{
	(void)arg;
	(void)conn;
	(void)code;
	closed = true;
}

static void on_input(void *arg, const char *line, size_t n)
{
	(void)arg;
	require_json(line, n);
	buf_add(&inputs, line, n);
}

static struct exchange *make(bool first)
{
	struct exchange_options o = exchange_options();
	struct exchange_sink sink = { .text = on_text, .drop = on_drop, .input = first ? on_input : NULL };
	struct exchange *x;
	struct errmsg e;

	o.rules.t_ms = T0;
	o.limits = false;
	x = exchange_new(&o, &sink, &e);
	require(x && exchange_account(x, ACCOUNT, "100000", &e));
	return x;
}

static void ask(struct exchange *x, const char *path, const char *text, size_t n)
{
	struct exchange_ask a = { "POST", path, "application/json", text, n, "127.0.0.1:1" };
	struct exchange_reply r;

	exchange_http(x, &a, &r);
	if (!r.drop) {
		require(r.status == 200 || r.status == 400 || r.status == 422 || r.status == 429 || r.status >= 500);
		require(r.status == 200 || r.body.len);
	}
	buf_release(&r.body);
}

/* The answer of a healthy exchange. */
static void answer_of(struct exchange *x, const char *text, struct buf *out)
{
	struct exchange_ask a = { "POST", "/info", "application/json", text, strlen(text), "127.0.0.1:1" };
	struct exchange_reply r;

	exchange_http(x, &a, &r);
	if (r.status == 200)
		require_json(r.body.data, r.body.len);
	buf_add(out, r.body.data, r.body.len);
	buf_release(&r.body);
}

static void sign_and_send(struct exchange *x, const char *action, size_t n)
{
	struct buf canonical = BUF_INIT, body = BUF_INIT;
	unsigned char digest[32];
	struct signature sig;

	if (exchange_digest(action, n, HL_MAINNET, ++nonce, NULL, NULL, digest, NULL, &canonical, NULL)) {
		require(signer_sign(signer, digest, &sig));
		exchange_request_write(&body, canonical.data, canonical.len, nonce, &sig, NULL, NULL);
		ask(x, "/exchange", body.data, body.len);
	}
	buf_release(&canonical);
	buf_release(&body);
}

/* The server sees to it that a socket's text is UTF-8; NUL comes back escaped, which our own reader refuses. */
static bool is_text(const char *text, size_t n)
{
	struct json_doc d = { 0 };
	size_t i;
	bool ok;

	if (memchr(text, 0, n))
		return false;
	for (i = 0; i < n && !((unsigned char)text[i] & 0x80); i++)
		;
	if (i == n)
		return true;
	ok = json_parse(&d, text, n, NULL);
	json_release(&d);
	return ok;
}

static void say(struct exchange *x, const char *text, size_t n)
{
	static uint64_t conn;

	if (!is_text(text, n))
		return;
	if (closed || !conn) {
		exchange_closed(x, conn);
		exchange_opened(x, ++conn, "127.0.0.1:2");
		closed = false;
	}
	exchange_text(x, conn, text, n);
}

static void do_line(struct exchange *x, char where, const char *text, size_t n)
{
	struct buf out = BUF_INIT;
	struct errmsg e;
	bool done;

	switch (where) {
	case 'I':
		ask(x, "/info", text, n);
		break;
	case 'E':
		ask(x, "/exchange", text, n);
		break;
	case 'A':
		sign_and_send(x, text, n);
		break;
	case 'W':
		say(x, text, n);
		break;
	case 'C':
		if (exchange_control(x, text, n, &out))
			require_json(out.data, out.len);
		break;
	case 'F':
		done = exchange_faults_load(x, text, n, &e);
		require(done || *e.text);
		break;
	case 'R':
		done = exchange_record(x, text, n, &e);
		require(done || *e.text);
		break;
	case 'T':
		exchange_advance(x, venue_now(exchange_core(x)) + 60000);
		break;
	default:
		break;
	}
	buf_release(&out);
}

static void gather(struct exchange *x, struct buf *out)
{
	answer_of(x, "{\"type\":\"clearinghouseState\",\"user\":\"" ACCOUNT "\"}", out);
	answer_of(x, "{\"type\":\"historicalOrders\",\"user\":\"" ACCOUNT "\"}", out);
	answer_of(x, "{\"type\":\"userFills\",\"user\":\"" ACCOUNT "\"}", out);
	answer_of(x, "{\"type\":\"extraAgents\",\"user\":\"" ACCOUNT "\"}", out);
	answer_of(x, "{\"type\":\"userRateLimit\",\"user\":\"" ACCOUNT "\"}", out);
	answer_of(x, "{\"type\":\"metaAndAssetCtxs\"}", out);
}

static void again(struct exchange *first)
{
	struct exchange *second = make(false);
	struct buf one = BUF_INIT, two = BUF_INIT, clear = BUF_INIT;
	const char *at, *stop, *end = inputs.len ? inputs.data + inputs.len : NULL;
	struct errmsg e;

	for (at = inputs.data; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		if (!exchange_again(second, at, (size_t)(stop - at), NULL, NULL, &e))
			require(*e.text != 0);
	}
	require(exchange_control(first, "{\"clear_faults\":true}", 21, &clear));
	exchange_advance(second, venue_now(exchange_core(first)));
	gather(first, &one);
	gather(second, &two);
	require(one.len == two.len && !memcmp(one.data, two.data, one.len));
	buf_release(&one);
	buf_release(&two);
	buf_release(&clear);
	exchange_free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *at, *stop;
	struct exchange *x;
	struct errmsg e;

	if (!signer)
		signer = signer_new(key, &e);
	buf_clear(&inputs);
	nonce = (uint64_t)T0;
	closed = true;
	x = make(true);
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	for (at = text; at < text + size; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(text + size - at));
		if (!stop)
			stop = text + size;
		if (stop > at)
			do_line(x, *at, at + 1, (size_t)(stop - at - 1));
	}
	again(x);
	exchange_free(x);
	free(text);
	return 0;
}
