/* SPDX-License-Identifier: MIT
 * Bodies of POST /exchange. */
#include "hl/request.h"

#include <string.h>

/* Some clients leave the zeros in front away. */
static bool take_number(const struct json_doc *d, const struct json *v, unsigned char out[32])
{
	char text[68];

	return json_str(d, v, text, sizeof text) && hex_number(text, strlen(text), out, 32);
}

static bool read_signature(const struct json_doc *d, const struct json *v, struct exchange_request *r, struct errmsg *e)
{
	uint64_t recovery;

	if (!take_number(d, json_get(d, v, "r"), r->sig.r) || !take_number(d, json_get(d, v, "s"), r->sig.s) ||
	    !json_u64(d, json_get(d, v, "v"), &recovery))
		return errmsg_set(e, "\"signature\" must have \"r\", \"s\" and \"v\"");
	r->bad_signature = recovery != 27 && recovery != 28;
	r->sig.v = (uint8_t)recovery;
	return true;
}

static bool read_vault(const struct json_doc *d, const struct json *v, struct exchange_request *r, struct errmsg *e)
{
	char text[ADDRESS_TEXT];

	r->has_vault = v && v->type != JSON_NULL;
	if (!r->has_vault)
		return true;
	return (json_str(d, v, text, sizeof text) && address_parse(text, strlen(text), &r->vault)) ||
		errmsg_set(e, "\"vaultAddress\" is no address");
}

static bool read_expiry(const struct json_doc *d, const struct json *v, struct exchange_request *r, struct errmsg *e)
{
	r->has_expires = v && v->type != JSON_NULL;
	return !r->has_expires || json_u64(d, v, &r->expires_ms) || errmsg_set(e, "\"expiresAfter\" is no time in ms");
}

static bool read_action(const struct json_doc *d, struct exchange_request *r, struct errmsg *e)
{
	if (!json_str(d, json_get(d, r->action, "type"), r->type, sizeof r->type))
		return errmsg_set(e, "\"action\" must be an object with a \"type\"");
	r->user_signed = action_is_user_signed(r->type);
	r->known = r->user_signed || action_is_known(r->type);
	buf_clear(&r->packed);
	if (!r->user_signed)
		return action_pack(d, r->action, &r->packed, NULL, e);
	if (!user_action_read(d, r->action, &r->user, e))
		return false;
	memcpy(r->hash, r->user.digest, sizeof r->hash);
	return true;
}

bool exchange_request_read(const struct json_doc *d, struct exchange_request *r, struct errmsg *e)
{
	const struct json *body = d->tok;

	if (body->type != JSON_OBJECT)
		return errmsg_set(e, "the body is no object");
	r->action = json_get(d, body, "action");
	if (!read_action(d, r, e) || !read_signature(d, json_get(d, body, "signature"), r, e) ||
	    !read_vault(d, json_get(d, body, "vaultAddress"), r, e) || !read_expiry(d, json_get(d, body, "expiresAfter"), r, e))
		return false;
	if (!json_u64(d, json_get(d, body, "nonce"), &r->nonce))
		return errmsg_set(e, "\"nonce\" is no integer");
	if (!r->user_signed)
		action_hash(&r->packed, r->nonce, r->has_vault ? &r->vault : NULL, r->has_expires ? &r->expires_ms : NULL, r->hash);
	return true;
}

void exchange_request_release(struct exchange_request *r)
{
	buf_release(&r->packed);
}

bool exchange_request_signer(const struct exchange_request *r, enum hl_network n, struct address *signer)
{
	unsigned char digest[32];

	if (r->bad_signature)
		return false;
	if (r->user_signed) {
		memcpy(digest, r->hash, sizeof digest);
		digest[0] ^= r->user.network != n;	/* on this network that is another message */
	} else
		action_digest(r->hash, n, digest);
	return signature_recover(digest, &r->sig, signer);
}

static bool digest_user(const struct json_doc *d, enum hl_network net, uint64_t nonce, const struct user_action *u,
			struct buf *canonical, struct errmsg *e)
{
	if (u->network != net)
		return errmsg_set(e, "\"hyperliquidChain\" is not this network's");
	if (u->nonce != nonce)
		return errmsg_set(e, "the action's own nonce differs from the request's");
	if (canonical)
		buf_add(canonical, d->text + d->tok->start, d->tok->end - d->tok->start);
	return true;
}

static bool digest_doc(const struct json_doc *d, enum hl_network net, uint64_t nonce, const struct address *vault,
		       const uint64_t *expires_ms, unsigned char digest[32], unsigned char hash[32], struct buf *canonical,
		       struct errmsg *e)
{
	struct buf packed = BUF_INIT;
	struct user_action u;
	char type[48];
	bool ok;

	if (json_str(d, json_get(d, d->tok, "type"), type, sizeof type) && action_is_user_signed(type)) {
		if (vault || expires_ms)
			return errmsg_set(e, "a user-signed action has neither vaultAddress nor expiresAfter");
		if (!user_action_read(d, d->tok, &u, e) || !digest_user(d, net, nonce, &u, canonical, e))
			return false;
		memcpy(digest, u.digest, 32);
		memcpy(hash, u.digest, 32);
		return true;
	}
	ok = action_pack(d, d->tok, &packed, canonical, e);
	if (ok) {
		action_hash(&packed, nonce, vault, expires_ms, hash);
		action_digest(hash, net, digest);
	}
	buf_release(&packed);
	return ok;
}

bool exchange_digest(const char *action_json, size_t n, enum hl_network net, uint64_t nonce, const struct address *vault,
		     const uint64_t *expires_ms, unsigned char digest[32], unsigned char hash[32], struct buf *canonical,
		     struct errmsg *e)
{
	unsigned char own[32];
	struct json_doc d;
	bool ok;

	if (!json_parse(&d, action_json, n, e))
		return false;
	ok = digest_doc(&d, net, nonce, vault, expires_ms, digest, hash ? hash : own, canonical, e);
	json_release(&d);
	return ok;
}

void exchange_request_write(struct buf *out, const char *action_json, size_t n, uint64_t nonce, const struct signature *sig,
			    const struct address *vault, const uint64_t *expires_ms)
{
	char r[67], s[67], text[ADDRESS_TEXT];

	hex0x_put(r, sig->r, 32);
	hex0x_put(s, sig->s, 32);
	buf_adds(out, "{\"action\":");
	buf_add(out, action_json, n);
	buf_addf(out, ",\"nonce\":%llu,\"signature\":{\"r\":\"%s\",\"s\":\"%s\",\"v\":%u}", (unsigned long long)nonce, r, s, sig->v);
	if (vault) {
		address_put(text, vault);
		buf_addf(out, ",\"vaultAddress\":\"%s\"", text);
	}
	if (expires_ms)
		buf_addf(out, ",\"expiresAfter\":%llu", (unsigned long long)*expires_ms);
	buf_addc(out, '}');
}
