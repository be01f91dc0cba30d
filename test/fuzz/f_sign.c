/* SPDX-License-Identifier: MIT
 * ocq-sign: the first line is a limits file, or there are no limits; the others are requests. Every answer is one record, and what
 * was signed verifies as the exchange would verify it, for the network of the limits. */
#include "hl/request.h"
#include "sign/desk.h"

#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1763828000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
	if (!ok)
		abort();
}

static struct desk d;

static void check_body(const struct json_doc *answer)
{
	const struct json *text = json_get(answer, answer->tok, "body");
	char *body = malloc(text->end - text->start + 1);
	struct exchange_request r = { 0 };
	struct address by;
	struct json_doc doc;
	struct errmsg e;

	need(json_str(answer, text, body, text->end - text->start + 1));
	need(json_parse(&doc, body, strlen(body), &e));
	need(exchange_request_read(&doc, &r, &e));
	need(exchange_request_signer(&r, d.gate.limits.network, &by) && address_same(&by, signer_address(d.signer)));
	need(!r.user_signed || !d.gate.limits.any_action);
	exchange_request_release(&r);
	json_release(&doc);
	free(body);
}

static void check_answer(const char *line, size_t len)
{
	struct json_doc doc;
	struct errmsg e;

	need(len && line[len - 1] == '\n' && !memchr(line, '\n', len - 1));
	need(json_parse(&doc, line, len, &e));
	if (json_is(&doc, json_get(&doc, doc.tok, "type"), "signed"))
		check_body(&doc);
	else
		need(json_is(&doc, json_get(&doc, doc.tok, "type"), "refused") || json_is(&doc, json_get(&doc, doc.tok, "type"), "killed"));
	json_release(&doc);
}

static const char *line_end(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));

	return newline ? newline : end;
}

static void ask(const char *line, size_t len)
{
	struct out out;
	unsigned answers;

	out_fd(&out, -1, "memory");
	answers = desk_line(&d, line, len, len > SIGN_LINE_MAX, NOW, &out);
	need(answers == (out.len != 0));
	if (answers)
		check_answer(out.data, out.len);
	free(out.data);
}

static void close_desk(void)
{
	desk_release(&d);
}

static void open_desk(void)
{
	static const unsigned char key[32] = { 1 };
	struct errmsg e;

	d.signer = signer_new(key, &e);
	need(d.signer && !atexit(close_desk));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size, *stop = line_end(p, end);
	struct limits l;
	struct errmsg e;

	if (!d.signer)
		open_desk();
	if (!limits_parse(&l, p, (size_t)(stop - p), &e))
		limits_none(&l, size & 1 ? HL_MAINNET : HL_TESTNET);
	gate_init(&d.gate, &l);
	while (stop < end) {
		p = stop + 1;
		stop = line_end(p, end);
		ask(p, (size_t)(stop - p));
	}
	gate_release(&d.gate);
	return 0;
}
