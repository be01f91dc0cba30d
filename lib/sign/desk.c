/* SPDX-License-Identifier: MIT
 * Reads a request, asks the gate, signs, answers. */
#include "sign/desk.h"

#include "base/num.h"
#include "hl/request.h"

#include <inttypes.h>
#include <stdio.h>

#define INTEGER_MAX ((UINT64_C(1) << 53) - 1)	/* beyond it other readers of JSON lose digits */
#define HASH_TEXT 67

struct request {
	char id[65];		/* "": none could be read */
	const struct json *action;
	enum hl_network network;
	uint64_t nonce, expires_ms;
	struct address vault;
	bool has_vault, has_expires;
};

void desk_init(struct desk *d, struct signer *s, const struct limits *l)
{
	*d = (struct desk){ .signer = s };
	gate_init(&d->gate, l);
}

void desk_release(struct desk *d)
{
	signer_free(d->signer);
	gate_release(&d->gate);
	buf_release(&d->canonical);
	buf_release(&d->body);
	buf_release(&d->answer);
}

/* ---- requests ---- */

static bool is_given(const struct json *v)
{
	return v && v->type != JSON_NULL;
}

/* An integer, or its digits as text. */
static bool read_integer(const struct json_doc *d, const struct json *v, uint64_t *n)
{
	const char *end = v ? d->text + v->end : NULL;

	return v && (v->type == JSON_NUMBER || v->type == JSON_STRING) && num_u64_get(d->text + v->start, end, n) == end &&
		*n <= INTEGER_MAX;
}

static bool read_network(const struct json_doc *d, const struct json *v, enum hl_network *n)
{
	char name[16];

	return !is_given(v) || (json_str(d, v, name, sizeof name) && hl_network_parse(name, n));
}

static bool read_vault(const struct json_doc *d, const struct json *v, struct request *r)
{
	r->has_vault = is_given(v);
	return !r->has_vault || (v->type == JSON_STRING && address_parse(d->text + v->start, v->end - v->start, &r->vault));
}

static bool read_expiry(const struct json_doc *d, const struct json *v, struct request *r)
{
	r->has_expires = is_given(v);
	return !r->has_expires || read_integer(d, v, &r->expires_ms);
}

/* Nothing that the sender meant may be overlooked. */
static bool knows_members(const struct json_doc *d, const struct json *object, struct errmsg *e)
{
	static const char *const known[] = { "type", "id", "action", "nonce", "vault", "expires_ms", "network" };
	const struct json *key = object + 1;
	size_t k;
	uint32_t i;

	for (i = 0; i < object->size; i++, key += 1 + key[1].skip) {
		for (k = 0; k < sizeof known / sizeof *known && !json_is(d, key, known[k]); k++)
			;
		if (k == sizeof known / sizeof *known)
			return errmsg_set(e, "\"%.*s\" is no member of sign", (int)(key->end - key->start), d->text + key->start);
	}
	return true;
}

static void read_id(const struct json_doc *d, struct request *r)
{
	if (!json_str(d, json_get(d, d->tok, "id"), r->id, sizeof r->id))
		*r->id = '\0';
}

static bool read_request(const struct json_doc *d, struct request *r, struct errmsg *e)
{
	const struct json *object = d->tok;

	r->action = json_get(d, object, "action");
	if (!*r->id)
		return errmsg_set(e, "\"id\" is not a text of 1 to 64 bytes");
	if (!r->action || r->action->type != JSON_OBJECT)
		return errmsg_set(e, "\"action\" is not an object");
	if (!read_integer(d, json_get(d, object, "nonce"), &r->nonce))
		return errmsg_set(e, "\"nonce\" is not an integer from 0 to %" PRIu64, INTEGER_MAX);
	if (!read_vault(d, json_get(d, object, "vault"), r))
		return errmsg_set(e, "\"vault\" is not an address or null");
	if (!read_expiry(d, json_get(d, object, "expires_ms"), r))
		return errmsg_set(e, "\"expires_ms\" is not an integer from 0 to %" PRIu64 " or null", INTEGER_MAX);
	if (!read_network(d, json_get(d, object, "network"), &r->network))
		return errmsg_set(e, "\"network\" is not \"mainnet\", \"testnet\" or null");
	return knows_members(d, object, e);
}

/* ---- answers ---- */

static void answer_begin(struct desk *d, struct jsonw *w, const char *type, const char *id)
{
	buf_clear(&d->answer);
	jsonw_init(w, &d->answer, false);
	jsonw_object(w);
	jsonw_put_text(w, "type", type);
	jsonw_put_text(w, "id", id);
}

static void answer_end(struct desk *d, struct jsonw *w, struct out *out)
{
	jsonw_end(w);
	buf_addc(&d->answer, '\n');
	out_add(out, d->answer.data, d->answer.len);
}

/* A reason may quote the request, and may be cut within a character. */
static void refused(struct desk *d, const char *id, enum sign_limit limit, const char *reason, struct out *out)
{
	struct errmsg plain;
	struct jsonw w;
	char *p;

	errmsg_set(&plain, "%s", reason);
	for (p = plain.text; *p; p++)
		if (*p & 0x80)
			*p = '?';
	answer_begin(d, &w, "refused", id);
	jsonw_put_text(&w, "limit", sign_limit_name(limit));
	jsonw_put_text(&w, "reason", plain.text);
	answer_end(d, &w, out);
}

static void killed(struct desk *d, const char *id, struct out *out)
{
	struct jsonw w;

	answer_begin(d, &w, "killed", id);
	answer_end(d, &w, out);
}

static void answer_signed(struct desk *d, const struct request *r, const unsigned char hash[32], const struct signature *sig,
			  struct out *out)
{
	char address[ADDRESS_TEXT], hash_text[HASH_TEXT];
	struct jsonw w;

	address_put(address, signer_address(d->signer));
	hex0x_put(hash_text, hash, 32);
	buf_clear(&d->body);
	exchange_request_write(&d->body, d->canonical.data, d->canonical.len, r->nonce, sig, r->has_vault ? &r->vault : NULL,
			       r->has_expires ? &r->expires_ms : NULL);
	answer_begin(d, &w, "signed", r->id);
	jsonw_put_u64(&w, "nonce", r->nonce);
	jsonw_put_text(&w, "hash", hash_text);
	jsonw_put_text(&w, "address", address);
	jsonw_key(&w, "body");
	jsonw_strn(&w, d->body.data, d->body.len);
	answer_end(d, &w, out);
}

/* ---- signing ---- */

/* An action for the master key names its network itself. */
static bool chain_matches(const struct desk *d, const struct json_doc *doc, const struct json *action, struct refusal *why)
{
	const struct json *chain = json_get(doc, action, "hyperliquidChain");
	enum hl_network own = d->gate.limits.network;

	if (!chain || json_is(doc, chain, hl_network_chain(own)))
		return true;
	why->limit = LIMIT_network;
	snprintf(why->reason, sizeof why->reason, "hyperliquidChain is not %s, but this key signs for %s", hl_network_chain(own),
		 hl_network_name(own));
	return false;
}

/* Asks the gate about the canonical text, which is what leaves. */
static bool may_sign(struct desk *d, const struct request *r, int64_t now_ms, struct gate_cost *cost, struct refusal *why)
{
	struct gate_request q = { .network = r->network, .nonce = r->nonce };
	struct json_doc doc;
	struct errmsg e;
	bool ok;

	if (!json_parse(&doc, d->canonical.data, d->canonical.len, &e)) {
		why->limit = LIMIT_malformed;
		snprintf(why->reason, sizeof why->reason, "canonical form: %.200s", e.text);
		return false;
	}
	q.doc = &doc;
	q.action = doc.tok;
	q.vault = r->has_vault ? &r->vault : NULL;
	q.expires_ms = r->has_expires ? &r->expires_ms : NULL;
	ok = gate_check(&d->gate, &q, now_ms, cost, why);
	json_release(&doc);
	return ok;
}

static void answer_request(struct desk *d, const struct json_doc *doc, struct request *r, int64_t now_ms, struct out *out)
{
	unsigned char digest[32], hash[32];
	struct gate_cost cost;
	struct refusal why;
	struct signature sig;
	struct errmsg e;

	buf_clear(&d->canonical);
	if (!read_request(doc, r, &e)) {
		refused(d, r->id, LIMIT_malformed, e.text, out);
	} else if (!chain_matches(d, doc, r->action, &why)) {
		refused(d, r->id, why.limit, why.reason, out);
	} else if (!exchange_digest(doc->text + r->action->start, r->action->end - r->action->start, d->gate.limits.network, r->nonce,
				    r->has_vault ? &r->vault : NULL, r->has_expires ? &r->expires_ms : NULL, digest, hash,
				    &d->canonical, &e)) {
		refused(d, r->id, LIMIT_malformed, e.text, out);
	} else if (!may_sign(d, r, now_ms, &cost, &why)) {
		refused(d, r->id, why.limit, why.reason, out);
	} else if (!signer_sign(d->signer, digest, &sig)) {
		refused(d, r->id, LIMIT_signature, "the signature did not verify", out);
	} else {
		gate_charge(&d->gate, &cost, now_ms);
		answer_signed(d, r, hash, &sig, out);
	}
}

static unsigned answer_line(struct desk *d, const struct json_doc *doc, int64_t now_ms, struct out *out)
{
	const struct json *type = json_get(doc, doc->tok, "type");
	struct request r = { .network = d->gate.limits.network };

	read_id(doc, &r);
	if (json_is(doc, type, "sign")) {
		answer_request(d, doc, &r, now_ms, out);
	} else if (json_is(doc, type, "kill")) {
		d->gate.killed = true;
		killed(d, r.id, out);
	} else if (!json_is(doc, type, "header") && !json_is(doc, type, "end")) {
		refused(d, r.id, LIMIT_malformed, "\"type\" is neither sign nor kill", out);
	} else {
		return 0;
	}
	return 1;
}

unsigned desk_line(struct desk *d, const char *line, size_t len, bool cut, int64_t now_ms, struct out *out)
{
	struct json_doc doc;
	struct errmsg e;
	unsigned answers = 1;

	if (cut) {
		refused(d, NULL, LIMIT_malformed, "the line has no newline, or is longer than 131072 bytes", out);
	} else if (!json_parse(&doc, line, len, &e)) {
		refused(d, NULL, LIMIT_malformed, e.text, out);
	} else {
		answers = answer_line(d, &doc, now_ms, out);
		json_release(&doc);
	}
	return answers;
}
