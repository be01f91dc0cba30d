/* SPDX-License-Identifier: MIT
 * Requests for signatures, and their answers. */
#include "sign/client.h"

#include "hl/request.h"
#include "json/json.h"
#include "record/record.h"

#include <inttypes.h>
#include <stdlib.h>

void signing_reckon(struct signing *s, const char *action, size_t n)
{
	unsigned char digest[32], hash[32];
	struct errmsg e;

	if (!exchange_digest(action, n, s->network, s->nonce, s->has_vault ? &s->vault : NULL, s->has_expires ? &s->expires_ms : NULL, digest,
			     hash, &s->canonical, &e))
		die(EX_BUG, "the action is wrong: %s", e.text);
	hex0x_put(s->hash, hash, sizeof hash);
}

void signing_write(const struct signing *s, const char *type, struct buf *line)
{
	char text[ADDRESS_TEXT];

	buf_addf(line, "{\"type\":\"%s\",\"nonce\":%" PRIu64 ",\"network\":\"%s\"", type, s->nonce, hl_network_name(s->network));
	address_put(text, &s->vault);
	if (s->has_vault)
		buf_addf(line, ",\"vault\":\"%s\"", text);
	if (s->has_expires)
		buf_addf(line, ",\"expires_ms\":%" PRIu64, s->expires_ms);
	buf_adds(line, ",\"action\":");
	buf_add(line, s->canonical.data, s->canonical.len);
}

_Noreturn static void refused(const struct json_doc *d)
{
	char limit[TEXT_MAX], reason[TEXT_MAX * 4];

	if (!json_str(d, json_get(d, d->tok, "limit"), limit, sizeof limit) || !json_str(d, json_get(d, d->tok, "reason"), reason, sizeof reason))
		die(EX_DENIED, "the signer refuses");
	die(EX_DENIED, "the signer refuses (%s): %s", limit, reason);
}

/* The signer's answer, if the line is one. */
static bool read_signed(const struct signing *s, const char *line, size_t n, struct buf *body)
{
	char *text = xmalloc(n + 1);
	struct json_doc d;
	struct errmsg e;
	bool ok;

	if (!json_parse(&d, line, n, &e))
		die(EX_DATA, "the signer: %s", e.text);
	if (json_is(&d, json_get(&d, d.tok, "type"), "refused"))
		refused(&d);
	ok = json_is(&d, json_get(&d, d.tok, "type"), "signed");
	if (ok && !json_is(&d, json_get(&d, d.tok, "hash"), s->hash))
		die(EX_DATA, "the signer signed another action than it was asked to");
	if (ok && !json_str(&d, json_get(&d, d.tok, "body"), text, n + 1))
		die(EX_DATA, "the signer's answer has no body");
	if (ok)
		buf_adds(body, text);
	json_release(&d);
	free(text);
	return ok;
}

void signing_ask(const struct signing *s, const char *id, struct coproc *signer)
{
	struct buf line = BUF_INIT;

	signing_write(s, "sign", &line);
	buf_addf(&line, ",\"id\":\"%s\"}\n", id);
	coproc_send(signer, line.data, line.len);
	buf_release(&line);
}

bool signing_take(const struct signing *s, struct coproc *signer, struct out *flush, struct buf *body)
{
	const char *answer;
	bool done = false;
	size_t n;

	while (!done && coproc_line(signer, flush, &answer, &n))
		done = read_signed(s, answer, n, body);
	return done;
}
