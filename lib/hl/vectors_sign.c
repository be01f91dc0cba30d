/* SPDX-License-Identifier: MIT
 * Vectors of hashes, msgpack, actions and signatures. */
#include "hl/vectors.h"

#include "base/hash.h"
#include "crypto/eip712.h"
#include "hl/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const network_keys[] = { "mainnet", "testnet" };

static void same_bytes(struct vectors *t, const char *where, const char *want, const void *bytes, size_t n)
{
	struct buf text = BUF_INIT;

	buf_reserve(&text, 2 * n + 3);
	hex0x_put(text.data, bytes, n);
	vector_same(t, where, want, strncmp(want, "0x", 2) == 0 ? text.data : text.data + 2);
	buf_release(&text);
}

static void same_member(struct vectors *t, const struct json *c, const char *key, const void *bytes, size_t n)
{
	same_bytes(t, key, vector_text(t, c, key), bytes, n);
}

/* Upper case in the vectors is no difference. */
static void same_address(struct vectors *t, const char *where, const char *want, const struct address *got)
{
	char want_text[ADDRESS_TEXT] = "no address", text[ADDRESS_TEXT];
	struct address a;

	if (address_parse(want, strlen(want), &a))
		address_put(want_text, &a);
	address_put(text, got);
	vector_same(t, where, want_text, text);
}

static bool take_bytes(struct vectors *t, const struct json *c, const char *key, unsigned char *out, size_t n)
{
	const char *text = vector_text(t, c, key);

	if (hex_number(text, strlen(text), out, n))
		return true;
	vector_fail(t, key, "is not %zu bytes of hex", n);
	return false;
}

static bool take_json(struct vectors *t, const struct json *c, const char *key, struct json_doc *d)
{
	const char *text = vector_text(t, c, key);
	struct errmsg e;

	if (json_parse(d, text, strlen(text), &e))
		return true;
	vector_fail(t, key, "%s", e.text);
	return false;
}

static void run_keccak(struct vectors *t, const struct json *c)
{
	const char *hex = vector_text(t, c, "input"), *text = vector_text_or_null(t, c, "text");
	size_t n = strlen(hex) / 2;
	unsigned char hash[32], *bytes = xmalloc(n + 1);

	if (hex_parse(hex, strlen(hex), bytes, n)) {
		keccak256(bytes, n, hash);
		same_member(t, c, "output", hash, sizeof hash);
		if (text && (strlen(text) != n || memcmp(text, bytes, n) != 0))
			vector_fail(t, "text", "is not what input says");
	} else {
		vector_fail(t, "input", "is no hex");
	}
	free(bytes);
}

static struct signer *signer_of(struct vectors *t, const char *where, const char *hex)
{
	struct signer *s = NULL;
	unsigned char key[32];
	struct errmsg e;

	if (!hex_number(hex, strlen(hex), key, sizeof key))
		vector_fail(t, where, "is no key of 32 bytes");
	else if (!(s = signer_new(key, &e)))
		vector_fail(t, where, "%s", e.text);
	explicit_bzero(key, sizeof key);
	return s;
}

/* "key" names one of the file's keys. */
static struct signer *named_signer(struct vectors *t, const struct json *c)
{
	const struct json *keys = json_get(t->doc, t->root, "keys"), *k;
	const char *name = vector_text(t, c, "key");

	for (uint32_t i = 0; (k = json_at(keys, i)); i++)
		if (json_is(t->doc, json_get(t->doc, k, "name"), name))
			return signer_of(t, "key", vector_text(t, k, "private_key"));
	vector_fail(t, "key", "%s is not among the file's keys", name);
	return NULL;
}

static void run_address(struct vectors *t, const struct json *c)
{
	struct signer *s = signer_of(t, "private_key", vector_text(t, c, "private_key"));
	char text[ADDRESS_TEXT];
	unsigned char public[65];

	if (!s)
		return;
	signer_public(s, public);
	same_member(t, c, "public_key", public, sizeof public);
	same_member(t, c, "address", signer_address(s), sizeof(struct address));
	address_put_checksum(text, signer_address(s));
	vector_same(t, "checksum_address", vector_text(t, c, "checksum_address"), text);
	signer_free(s);
}

static void run_bad_key(struct vectors *t, const struct json *c)
{
	const char *hex = vector_text(t, c, "private_key");
	struct signer *s;
	unsigned char key[32];

	if (!hex_number(hex, strlen(hex), key, sizeof key))
		return;		/* not 32 bytes: refused as well */
	s = signer_new(key, NULL);
	if (s)
		vector_fail(t, "private_key", "want refused, got a key");
	signer_free(s);
}

static void run_msgpack(struct vectors *t, const struct json *c)
{
	struct buf packed = BUF_INIT;
	struct json_doc d;
	struct errmsg e;

	if (!take_json(t, c, "json", &d))
		return;
	if (json_pack(&d, d.tok, &packed, &e))
		same_member(t, c, "msgpack", packed.data, packed.len);
	else
		vector_fail(t, "json", "%s", e.text);
	buf_release(&packed);
	json_release(&d);
}

static void hash_text(const char *s, unsigned char hash[32])
{
	keccak256(s, strlen(s), hash);
}

static void run_constant(struct vectors *t, const struct json *whole, const char *id, const unsigned char hash[32])
{
	vector_begin(t, id);
	same_member(t, whole, id, hash, 32);
	vector_end(t);
}

/* The type whose hash this is, as the file spells it. */
static void run_type(struct vectors *t, const struct json *whole, const char *type, const char *hash_key)
{
	unsigned char hash[32];

	vector_begin(t, type);
	hash_text(vector_text(t, whole, type), hash);
	same_member(t, whole, hash_key, hash, sizeof hash);
	vector_end(t);
}

static void run_domains(struct vectors *t, const struct json *domains)
{
	const struct json *key = domains ? domains + 1 : NULL, *value;
	unsigned char hash[32];
	char chain[24];

	for (uint32_t i = 0; domains && i < domains->size; i++, key = value + value->skip) {
		value = key + 1;
		if (!json_str(t->doc, key, chain, sizeof chain))
			*chain = '\0';
		vector_begin(t, chain);
		eip712_domain("HyperliquidSignTransaction", "1", strtoull(chain, NULL, 10), hash);
		same_member(t, domains, chain, hash, sizeof hash);
		vector_end(t);
	}
}

static void run_eip712(struct vectors *t, const struct json *whole)
{
	unsigned char hash[32];

	run_type(t, whole, "domain_type", "domain_type_hash");
	run_type(t, whole, "agent_type", "agent_type_hash");
	hash_text("a", hash);
	run_constant(t, whole, "source_a_hash", hash);
	hash_text("b", hash);
	run_constant(t, whole, "source_b_hash", hash);
	eip712_domain("Exchange", "1", 1337, hash);
	run_constant(t, whole, "l1_domain_separator", hash);
	run_domains(t, json_get(t->doc, whole, "user_signed_domain_separators"));
}

/* What stands beside the action in a case. */
struct around { uint64_t nonce, expires; struct address vault; bool has_vault, has_expires; };

static bool take_around(struct vectors *t, const struct json *c, struct around *a)
{
	const char *vault = vector_text_or_null(t, c, "vault_address"), *expires = vector_text_or_null(t, c, "expires_after");

	*a = (struct around){ .has_vault = vault != NULL, .has_expires = expires != NULL };
	if (vault && !address_parse(vault, strlen(vault), &a->vault)) {
		vector_fail(t, "vault_address", "is no address");
		return false;
	}
	return vector_u64(t, c, "nonce", &a->nonce) && (!expires || vector_u64(t, c, "expires_after", &a->expires));
}

static void hash_packed(const struct buf *packed, const struct around *a, unsigned char hash[32])
{
	action_hash(packed, a->nonce, a->has_vault ? &a->vault : NULL, a->has_expires ? &a->expires : NULL, hash);
}

/* raw: the action as it stands, not as the exchange hashes it. */
static bool pack(struct vectors *t, const struct json *c, const char *key, bool raw, struct buf *packed)
{
	struct json_doc d;
	struct errmsg e;
	bool ok;

	if (!take_json(t, c, key, &d))
		return false;
	ok = raw || d.tok->type != JSON_OBJECT ? json_pack(&d, d.tok, packed, &e) : action_pack(&d, d.tok, packed, NULL, &e);
	if (!ok)
		vector_fail(t, key, "%s", e.text);
	json_release(&d);
	return ok;
}

static bool hash_of(struct vectors *t, const struct json *c, const char *key, bool raw, const struct around *a,
		    unsigned char hash[32])
{
	struct buf packed = BUF_INIT;
	bool ok = pack(t, c, key, raw, &packed);

	if (ok)
		hash_packed(&packed, a, hash);
	buf_release(&packed);
	return ok;
}

static void same_signature(struct vectors *t, const struct json *c, struct signer *s, const unsigned char digest[32])
{
	struct signature sig;
	char v[8];

	if (!signer_sign(s, digest, &sig)) {
		vector_fail(t, "digest", "cannot be signed");
		return;
	}
	same_member(t, c, "r", sig.r, sizeof sig.r);
	same_member(t, c, "s", sig.s, sizeof sig.s);
	snprintf(v, sizeof v, "%u", sig.v);
	vector_same(t, "v", vector_text(t, c, "v"), v);
}

static void same_on_network(struct vectors *t, const struct json *want, enum hl_network n, struct signer *s,
			    const unsigned char hash[32])
{
	unsigned char agent[32], digest[32];

	vector_same(t, "source", vector_text(t, want, "source"), n == HL_MAINNET ? "a" : "b");
	action_agent(hash, n, agent);
	same_member(t, want, "struct_hash", agent, sizeof agent);
	action_digest(hash, n, digest);
	same_member(t, want, "digest", digest, sizeof digest);
	same_signature(t, want, s, digest);
}

/* The tail is what the hash takes behind the msgpack. */
static void same_tail(struct vectors *t, const struct json *c, const struct buf *packed, const unsigned char hash[32])
{
	const char *tail = vector_text(t, c, "tail");
	unsigned char bytes[64], again[32];
	size_t n = strlen(tail) / 2;
	struct keccak k;

	if (n > sizeof bytes || !hex_parse(tail, strlen(tail), bytes, n)) {
		vector_fail(t, "tail", "is no hex");
		return;
	}
	keccak_init(&k);
	keccak_add(&k, packed->data, packed->len);
	keccak_add(&k, bytes, n);
	keccak_end(&k, again);
	if (memcmp(again, hash, sizeof again) != 0)
		vector_fail(t, "tail", "is not what was hashed");
}

static void same_l1(struct vectors *t, const struct json *c, const struct around *a, const struct buf *packed, struct signer *s)
{
	unsigned char hash[32];

	hash_packed(packed, a, hash);
	same_member(t, c, "msgpack", packed->data, packed->len);
	same_tail(t, c, packed, hash);
	same_member(t, c, "action_hash", hash, sizeof hash);
	same_address(t, "signer", vector_text(t, c, "signer"), signer_address(s));
	for (unsigned n = HL_MAINNET; n <= HL_TESTNET; n++)
		same_on_network(t, json_get(t->doc, c, network_keys[n]), n, s, hash);
}

static void run_l1(struct vectors *t, const struct json *c)
{
	struct buf packed = BUF_INIT;
	struct signer *s = named_signer(t, c);
	struct around a;

	if (s && take_around(t, c, &a) && pack(t, c, "action_json", false, &packed))
		same_l1(t, c, &a, &packed, s);
	buf_release(&packed);
	signer_free(s);
}

/* What the exchange recovers from the signature of a hash that is not its own. */
static void same_stranger(struct vectors *t, const struct json *c, struct signer *s, const unsigned char wrong[32],
			  const unsigned char right[32])
{
	unsigned char digest[32];
	struct signature sig;
	struct address by;

	action_digest(wrong, HL_MAINNET, digest);
	if (!signer_sign(s, digest, &sig)) {
		vector_fail(t, "digest", "cannot be signed");
		return;
	}
	action_digest(right, HL_MAINNET, digest);
	if (!signature_recover(digest, &sig, &by))
		memset(&by, 0, sizeof by);
	same_address(t, "recovered_mainnet_if_hashed_right", vector_text(t, c, "recovered_mainnet_if_hashed_right"), &by);
	same_address(t, "true_signer", vector_text(t, c, "true_signer"), signer_address(s));
}

static void run_key_order(struct vectors *t, const struct json *c)
{
	const struct json *of = vector_other(t, "l1_actions", vector_text(t, c, "of"));
	struct signer *s = of ? named_signer(t, of) : NULL;
	unsigned char wrong[32], right[32];
	struct around a;

	if (s && take_around(t, of, &a) && hash_of(t, c, "wrong_action_json", true, &a, wrong) &&
	    hash_of(t, c, "wrong_action_json", false, &a, right)) {
		same_member(t, c, "wrong_action_hash", wrong, sizeof wrong);
		same_member(t, c, "right_action_hash", right, sizeof right);
		same_stranger(t, c, s, wrong, right);
	}
	signer_free(s);
}

static void run_false_flag(struct vectors *t, const struct json *c)
{
	unsigned char with[32], without[32];
	struct around a;

	if (!take_around(t, c, &a) || !hash_of(t, c, "sent", true, &a, with) || !hash_of(t, c, "sent", false, &a, without))
		return;
	same_member(t, c, "hash_with_flag", with, sizeof with);
	same_member(t, c, "hash_the_exchange_uses", without, sizeof without);
}

/* "primary_type" names the action's type; SDK tests leave "type" away. */
static bool read_user(struct vectors *t, const struct json *c, struct user_action *u)
{
	static const char prefix[] = "HyperliquidTransaction:";
	const char *primary = vector_text(t, c, "primary_type"), *type = NULL;
	struct json_doc d;
	struct errmsg e;
	bool ok;

	if (strncmp(primary, prefix, sizeof prefix - 1) == 0)
		type = user_action_of_primary(primary + sizeof prefix - 1);
	if (!type) {
		vector_fail(t, "primary_type", "%s is not known here", primary);
		return false;
	}
	if (!take_json(t, c, "action_json", &d))
		return false;
	ok = user_action_read_as(&d, d.tok, type, u, &e);
	if (!ok)
		vector_fail(t, "action_json", "%s", e.text);
	json_release(&d);
	return ok;
}

static void same_user(struct vectors *t, const struct json *c, const struct user_action *u, struct signer *s)
{
	unsigned char hash[32];
	uint64_t v;

	vector_same(t, "encode_type", vector_text(t, c, "encode_type"), u->type_text);
	hash_text(u->type_text, hash);
	same_member(t, c, "type_hash", hash, sizeof hash);
	if (vector_u64(t, c, "chain_id", &v) && v != u->chain_id)
		vector_fail(t, "chain_id", "want %llu, got %llu", (unsigned long long)v, (unsigned long long)u->chain_id);
	same_member(t, c, "domain_separator", u->domain, sizeof u->domain);
	same_member(t, c, "struct_hash", u->structure, sizeof u->structure);
	same_member(t, c, "digest", u->digest, sizeof u->digest);
	same_signature(t, c, s, u->digest);
}

static void run_user(struct vectors *t, const struct json *c)
{
	struct signer *s = named_signer(t, c);
	struct user_action u;

	if (s && read_user(t, c, &u))
		same_user(t, c, &u, s);
	signer_free(s);
}

static void run_recover(struct vectors *t, const struct json *c)
{
	const char *want = vector_text_or_null(t, c, "address");
	char got[ADDRESS_TEXT] = "none";
	unsigned char digest[32];
	struct signature sig;
	struct address a;
	uint64_t v;

	if (!take_bytes(t, c, "digest", digest, 32) || !take_bytes(t, c, "r", sig.r, 32) || !take_bytes(t, c, "s", sig.s, 32) ||
	    !vector_u64(t, c, "v", &v))
		return;
	sig.v = v > UINT8_MAX ? 0 : (uint8_t)v;
	if (signature_recover(digest, &sig, &a))
		address_put(got, &a);
	vector_same(t, "address", want ? want : "none", got);
}

static void same_published(struct vectors *t, const struct json *c, const char *key, enum hl_network n, struct signer *s,
			   const unsigned char hash[32])
{
	const struct json *want = json_get(t->doc, c, key);
	unsigned char digest[32];

	if (!want || want->type == JSON_NULL)
		return;
	action_digest(hash, n, digest);
	same_signature(t, want, s, digest);
}

static void run_published_l1(struct vectors *t, const struct json *c, struct signer *s)
{
	bool connection = strcmp(vector_text(t, c, "kind"), "connection id") == 0;
	const char *published = vector_text_or_null(t, c, "published_action_hash");
	unsigned char hash[32];
	struct around a;

	if (connection ? !take_bytes(t, c, "action_hash", hash, 32) :
	    !take_around(t, c, &a) || !hash_of(t, c, "action_json", true, &a, hash))
		return;
	same_member(t, c, "action_hash", hash, sizeof hash);
	if (published)
		same_bytes(t, "published_action_hash", published, hash, sizeof hash);
	same_published(t, c, "published_mainnet", HL_MAINNET, s, hash);
	same_published(t, c, "published_testnet", HL_TESTNET, s, hash);
}

static void run_published(struct vectors *t, const struct json *c)
{
	struct signer *s = signer_of(t, "private_key", vector_text(t, c, "private_key"));
	struct user_action u;

	if (!s)
		return;
	same_address(t, "signer", vector_text(t, c, "signer"), signer_address(s));
	if (strcmp(vector_text(t, c, "kind"), "user-signed") != 0)
		run_published_l1(t, c, s);
	else if (read_user(t, c, &u))
		same_signature(t, json_get(t->doc, c, "published"), s, u.digest);
	signer_free(s);
}

/* A body whose id says that it was tampered with must name somebody else. */
static void same_signer(struct vectors *t, const struct json *c, const char *recovered)
{
	size_t n = strlen(t->id), m = strlen("-tampered");
	const char *signer = vector_text(t, c, "signer");

	vector_same(t, "recovered", vector_text(t, c, "recovered"), recovered);
	if (n < m || strcmp(t->id + n - m, "-tampered") != 0)
		vector_same(t, "signer", signer, recovered);
	else if (strcmp(signer, recovered) == 0)
		vector_fail(t, "recovered", "want a stranger, got the signer");
}

static void same_request(struct vectors *t, const struct json *c, const struct exchange_request *r)
{
	const char *network = vector_text(t, c, "network"), *hash = vector_text_or_null(t, c, "action_hash");
	char recovered[ADDRESS_TEXT] = "none";
	unsigned char digest[32];
	struct address by;
	enum hl_network n;
	uint64_t nonce;

	if (!hl_network_parse(network, &n)) {
		vector_fail(t, "network", "%s is unknown", network);
		return;
	}
	if (r->user_signed)
		memcpy(digest, r->hash, sizeof digest);
	else
		action_digest(r->hash, n, digest);
	if (exchange_request_signer(r, n, &by))
		address_put(recovered, &by);
	vector_same(t, "action_type", vector_text(t, c, "action_type"), r->type);
	if (vector_u64(t, c, "nonce", &nonce) && nonce != r->nonce)
		vector_fail(t, "nonce", "want %llu, got %llu", (unsigned long long)nonce, (unsigned long long)r->nonce);
	if (hash)
		same_bytes(t, "action_hash", hash, r->hash, sizeof r->hash);
	same_member(t, c, "digest", digest, sizeof digest);
	same_signer(t, c, recovered);
}

static void run_body(struct vectors *t, const struct json *c)
{
	struct exchange_request r = { 0 };
	struct json_doc d;
	struct errmsg e;

	if (!take_json(t, c, "body", &d))
		return;
	if (exchange_request_read(&d, &r, &e))
		same_request(t, c, &r);
	else
		vector_fail(t, "body", "%s", e.text);
	exchange_request_release(&r);
	json_release(&d);
}

const struct vector_section vectors_signing[] = {
	{ "keccak256", run_keccak, false },
	{ "addresses", run_address, false },
	{ "invalid_private_keys", run_bad_key, false },
	{ "msgpack", run_msgpack, false },
	{ "eip712", run_eip712, true },
	{ "l1_actions", run_l1, false },
	{ "key_order", run_key_order, false },
	{ "explicit_false", run_false_flag, false },
	{ "user_signed", run_user, false },
	{ "recover", run_recover, false },
	{ "published_values", run_published, false },
	{ "exchange_http_bodies", run_body, false },
	{ NULL, NULL, false }
};
