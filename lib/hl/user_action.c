/* SPDX-License-Identifier: MIT
 * User-signed actions: their own fields are the EIP-712 message. */
#include "hl/action.h"

#include "crypto/eip712.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELDS_MAX 9

enum user_kind { user_string, user_address, user_bool, user_uint64 };
static const char *const kind_names[] = { "string", "address", "bool", "uint64" };

struct user_field { const char *key; enum user_kind kind; bool optional; };

static const struct user_type { const char *type, *primary; struct user_field fields[FIELDS_MAX]; } types[] = {
#define USER_ACTION(type, primary) { type, primary, {
#define USER(kind, key) { key, user_##kind, false },
#define USER_MAYBE(kind, key) { key, user_##kind, true },
#define USER_END } },
#include "hl/actions.def"
};

static const struct { const char *name, *chain; } networks[] = { { "mainnet", "Mainnet" }, { "testnet", "Testnet" } };

const char *hl_network_name(enum hl_network n)
{
	return networks[n].name;
}

const char *hl_network_chain(enum hl_network n)
{
	return networks[n].chain;
}

bool hl_network_parse(const char *text, enum hl_network *n)
{
	for (unsigned i = HL_MAINNET; i <= HL_TESTNET; i++)
		if (strcasecmp(networks[i].name, text) == 0) {
			*n = i;
			return true;
		}
	return false;
}

static const struct user_type *find_type(const char *type)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].type, type) == 0)
			return &types[i];
	return NULL;
}

const char *user_action_of_primary(const char *primary)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].primary, primary) == 0)
			return types[i].type;
	return NULL;
}

bool action_is_user_signed(const char *type)
{
	return find_type(type) != NULL;
}

/* "HyperliquidTransaction:UsdSend(string hyperliquidChain,...)" */
static void write_type(const struct user_type *t, char *dst, size_t cap)
{
	int n = snprintf(dst, cap, "HyperliquidTransaction:%s(", t->primary);

	for (const struct user_field *f = t->fields; f->key; f++)
		n += snprintf(dst + n, cap - (size_t)n, "%s%s %s", f == t->fields ? "" : ",", kind_names[f->kind], f->key);
	snprintf(dst + n, cap - (size_t)n, ")");
}

static bool add_string(struct keccak *k, const struct json_doc *d, const struct json *v)
{
	size_t cap;
	char *text;
	bool ok;

	if (!v || v->type != JSON_STRING)
		return false;
	cap = v->end - v->start + 1;
	text = xmalloc(cap);
	ok = json_str(d, v, text, cap);
	if (ok)
		eip712_text(k, text, strlen(text));
	free(text);
	return ok;
}

static bool add_address(struct keccak *k, const struct json_doc *d, const struct json *v)
{
	char text[ADDRESS_TEXT + 1];
	struct address a;

	if (!json_str(d, v, text, sizeof text) || !address_parse(text, strlen(text), &a))
		return false;
	eip712_address(k, &a);
	return true;
}

static bool add_bool(struct keccak *k, const struct json *v)
{
	bool b;

	if (!json_bool(v, &b))
		return false;
	eip712_u64(k, b);
	return true;
}

static bool add_nonce(struct keccak *k, const struct json_doc *d, const struct json *v, uint64_t *nonce)
{
	if (!json_u64(d, v, nonce))
		return false;
	eip712_u64(k, *nonce);
	return true;
}

static bool add_field(struct keccak *k, const struct json_doc *d, const struct json *v, const struct user_field *f,
		      struct user_action *u)
{
	if (f->optional && (!v || v->type == JSON_NULL)) {
		eip712_text(k, "", 0);
		return true;
	}
	switch (f->kind) {
	case user_string:
		return add_string(k, d, v);
	case user_address:
		return add_address(k, d, v);
	case user_bool:
		return add_bool(k, v);
	case user_uint64:
		return add_nonce(k, d, v, &u->nonce);
	}
	return false;
}

static bool take_chain_id(const struct json_doc *d, const struct json *action, uint64_t *id)
{
	unsigned char bytes[8];
	char text[24];

	if (!json_str(d, json_get(d, action, "signatureChainId"), text, sizeof text) || strncasecmp(text, "0x", 2) != 0 ||
	    !hex_number(text, strlen(text), bytes, sizeof bytes))
		return false;
	*id = 0;
	for (unsigned i = 0; i < sizeof bytes; i++)
		*id = *id << 8 | bytes[i];
	return true;
}

static bool take_network(const struct json_doc *d, const struct json *action, enum hl_network *n)
{
	const struct json *chain = json_get(d, action, "hyperliquidChain");

	*n = json_is(d, chain, hl_network_chain(HL_TESTNET)) ? HL_TESTNET : HL_MAINNET;
	return chain && json_is(d, chain, hl_network_chain(*n));
}

bool user_action_read_as(const struct json_doc *d, const struct json *action, const char *type, struct user_action *u,
			 struct errmsg *e)
{
	const struct user_type *t = find_type(type);
	struct keccak k;

	if (!t)
		return errmsg_set(e, "\"%s\" is no user-signed action", type);
	if (!take_network(d, action, &u->network))
		return errmsg_set(e, "\"hyperliquidChain\" must be \"Mainnet\" or \"Testnet\"");
	if (!take_chain_id(d, action, &u->chain_id))
		return errmsg_set(e, "\"signatureChainId\" must be a hex number");
	write_type(t, u->type_text, sizeof u->type_text);
	eip712_begin(&k, u->type_text);
	for (const struct user_field *f = t->fields; f->key; f++)
		if (!add_field(&k, d, json_get(d, action, f->key), f, u))
			return errmsg_set(e, "\"%s\" is missing or has a wrong value", f->key);
	keccak_end(&k, u->structure);
	eip712_domain("HyperliquidSignTransaction", "1", u->chain_id, u->domain);
	eip712_digest(u->domain, u->structure, u->digest);
	return true;
}

bool user_action_read(const struct json_doc *d, const struct json *action, struct user_action *u, struct errmsg *e)
{
	char type[48];

	if (!json_str(d, json_get(d, action, "type"), type, sizeof type))
		return errmsg_set(e, "the action has no \"type\"");
	return user_action_read_as(d, action, type, u, e);
}

bool user_action_digest(const struct json_doc *d, const struct json *action, unsigned char out[32], struct errmsg *e)
{
	struct user_action u;

	if (!user_action_read(d, action, &u, e))
		return false;
	memcpy(out, u.digest, sizeof u.digest);
	return true;
}
