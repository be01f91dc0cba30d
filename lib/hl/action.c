/* SPDX-License-Identifier: MIT
 * L1 actions into the form that the exchange hashes, and the hash. actions.def is the table. */
#include "hl/action.h"

#include "crypto/eip712.h"
#include "crypto/msgpack.h"

#include <string.h>

#define DEPTH_OF_OTHERS 24	/* of actions that are not in the table; jsonw nests no deeper than 32 */

enum kind { UINT, INT, TEXT, DECIMAL, BOOL, FLAG, ADDRESS, CLOID, OID, CHOICE, CHOICE_OR, OBJECT, LIST };

struct field {
	const char *key;	/* NULL ends a shape */
	enum kind kind;
	bool optional;
	const struct shape *shape;	/* CHOICE_OR, OBJECT, LIST */
	const char *texts;		/* CHOICE, CHOICE_OR */
};
struct shape { bool one_of; struct field fields[8]; };

#define SHAPE(name) static const struct shape name##_shape = { false, {
#define ONE_OF(name) static const struct shape name##_shape = { true, {
#define FIELD(kind, key) { key, kind, false, NULL, NULL },
#define OPTIONAL(kind, key) { key, kind, true, NULL, NULL },
#define CHOICE(key, texts) { key, CHOICE, false, NULL, texts },
#define CHOICE_OR(key, texts, shape) { key, CHOICE_OR, false, &shape##_shape, texts },
#define OBJECT(key, shape) { key, OBJECT, false, &shape##_shape, NULL },
#define MAYBE_OBJECT(key, shape) { key, OBJECT, true, &shape##_shape, NULL },
#define LIST(key, shape) { key, LIST, false, &shape##_shape, NULL },
#define SHAPE_END { 0 } } };
#include "hl/actions.def"

static const struct { const char *type; const struct shape *shape; } actions[] = {
#define ACTION(type, shape) { type, &shape##_shape },
#include "hl/actions.def"
};

/* Both forms of an action are written in one pass; w is NULL when only the hash's is wanted. */
struct packing { const struct json_doc *d; struct buf *msgpack; struct jsonw *w; struct buf text, wire; struct errmsg *e; };

static bool pack_shape(struct packing *p, const struct json *v, const struct shape *shape, const char *type);

static const struct shape *shape_of(const char *type)
{
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (strcmp(actions[i].type, type) == 0)
			return actions[i].shape;
	return NULL;
}

bool action_is_known(const char *type)
{
	return shape_of(type) != NULL;
}

static void put_text(struct packing *p, const char *s, size_t n)
{
	mp_str(p->msgpack, s, n);
	if (p->w)
		jsonw_strn(p->w, s, n);
}

static void put_u64(struct packing *p, uint64_t v)
{
	mp_u64(p->msgpack, v);
	if (p->w)
		jsonw_u64(p->w, v);
}

static void put_i64(struct packing *p, int64_t v)
{
	mp_i64(p->msgpack, v);
	if (p->w)
		jsonw_i64(p->w, v);
}

static void put_bool(struct packing *p, bool v)
{
	mp_bool(p->msgpack, v);
	if (p->w)
		jsonw_bool(p->w, v);
}

static void put_key(struct packing *p, const char *key)
{
	mp_str(p->msgpack, key, strlen(key));
	if (p->w)
		jsonw_key(p->w, key);
}

static void begin_map(struct packing *p, uint32_t pairs)
{
	mp_map(p->msgpack, pairs);
	if (p->w)
		jsonw_object(p->w);
}

static void begin_array(struct packing *p, uint32_t n)
{
	mp_array(p->msgpack, n);
	if (p->w)
		jsonw_array(p->w);
}

static void end(struct packing *p)
{
	if (p->w)
		jsonw_end(p->w);
}

/* A string's decoded bytes in p->text. */
static bool take_text(struct packing *p, const struct json *v)
{
	size_t cap;

	if (v->type != JSON_STRING)
		return false;
	cap = v->end - v->start + 1;
	buf_clear(&p->text);
	buf_reserve(&p->text, cap);
	if (!json_str(p->d, v, p->text.data, cap))
		return false;
	p->text.len = strlen(p->text.data);
	return true;
}

static bool pack_uint(struct packing *p, const struct json *v)
{
	uint64_t n;

	if (!json_u64(p->d, v, &n))
		return false;
	put_u64(p, n);
	return true;
}

static bool pack_int(struct packing *p, const struct json *v)
{
	int64_t n;

	if (!json_i64(p->d, v, &n))
		return false;
	put_i64(p, n);
	return true;
}

static bool pack_bool(struct packing *p, const struct json *v)
{
	bool b;

	if (!json_bool(v, &b))
		return false;
	put_bool(p, b);
	return true;
}

static bool pack_text(struct packing *p, const struct json *v)
{
	if (!take_text(p, v))
		return false;
	put_text(p, p->text.data, p->text.len);
	return true;
}

static bool pack_decimal(struct packing *p, const struct json *v)
{
	buf_clear(&p->wire);
	if (!take_text(p, v) || !wire_number(p->text.data, p->text.len, &p->wire, NULL))
		return false;
	put_text(p, p->wire.data, p->wire.len);
	return true;
}

static bool pack_address(struct packing *p, const struct json *v)
{
	char text[ADDRESS_TEXT];
	struct address a;

	if (!take_text(p, v) || !address_parse(p->text.data, p->text.len, &a))
		return false;
	address_put(text, &a);
	put_text(p, text, strlen(text));
	return true;
}

static bool pack_cloid(struct packing *p, const struct json *v)
{
	unsigned char cloid[16];
	char text[CLOID_TEXT];

	if (!take_text(p, v) || !cloid_parse(p->text.data, p->text.len, cloid))
		return false;
	cloid_put(text, cloid);
	put_text(p, text, strlen(text));
	return true;
}

static bool pack_choice(struct packing *p, const struct json *v, const char *texts)
{
	size_t n;

	if (!take_text(p, v))
		return false;
	for (; *texts; texts += n + (texts[n] == '|')) {
		n = strcspn(texts, "|");
		if (n == p->text.len && memcmp(texts, p->text.data, n) == 0) {
			put_text(p, texts, n);
			return true;
		}
	}
	return false;
}

static bool pack_list(struct packing *p, const struct json *v, const struct shape *shape)
{
	const struct json *item = v + 1;

	if (v->type != JSON_ARRAY)
		return false;
	begin_array(p, v->size);
	for (uint32_t i = 0; i < v->size; i++, item += item->skip)
		if (!pack_shape(p, item, shape, NULL))
			return false;
	end(p);
	return true;
}

static bool pack_value(struct packing *p, const struct json *v, const struct field *f)
{
	switch (f->kind) {
	case UINT:
		return pack_uint(p, v);
	case INT:
		return pack_int(p, v);
	case TEXT:
		return pack_text(p, v);
	case DECIMAL:
		return pack_decimal(p, v);
	case BOOL:
	case FLAG:
		return pack_bool(p, v);
	case ADDRESS:
		return pack_address(p, v);
	case CLOID:
		return pack_cloid(p, v);
	case OID:
		return pack_uint(p, v) || pack_cloid(p, v);
	case CHOICE:
		return pack_choice(p, v, f->texts);
	case CHOICE_OR:
		return v->type == JSON_OBJECT ? pack_shape(p, v, f->shape, NULL) : pack_choice(p, v, f->texts);
	case OBJECT:
		return pack_shape(p, v, f->shape, NULL);
	case LIST:
		return pack_list(p, v, f->shape);
	}
	return false;
}

/* NULL: not there, or as good as not there. */
static const struct json *present(const struct json_doc *d, const struct json *v, const struct field *f)
{
	const struct json *value = json_get(d, v, f->key);

	if (!value || (f->optional && value->type == JSON_NULL) || (f->kind == FLAG && value->type == JSON_FALSE))
		return NULL;
	return value;
}

static bool pack_fields(struct packing *p, const struct json *v, const struct shape *shape)
{
	const struct json *value;

	for (const struct field *f = shape->fields; f->key; f++) {
		value = present(p->d, v, f);
		if (!value && f->optional)
			continue;
		if (!value)
			return errmsg_set(p->e, "\"%s\" is missing", f->key);
		put_key(p, f->key);
		if (!pack_value(p, value, f))	/* what is wrong further down says more */
			return p->e->text[0] ? false : errmsg_set(p->e, "\"%s\" has a wrong value", f->key);
	}
	return true;
}

static uint32_t count_present(const struct json_doc *d, const struct json *v, const struct shape *shape)
{
	uint32_t n = 0;

	for (const struct field *f = shape->fields; f->key; f++)
		n += present(d, v, f) != NULL;
	return n;
}

static bool pack_shape(struct packing *p, const struct json *v, const struct shape *shape, const char *type)
{
	uint32_t n;

	if (v->type != JSON_OBJECT)
		return false;
	n = count_present(p->d, v, shape);
	if (shape->one_of && n != 1)
		return false;
	begin_map(p, n + (type != NULL));
	if (type) {
		put_key(p, "type");
		put_text(p, type, strlen(type));
	}
	if (!pack_fields(p, v, shape))
		return false;
	end(p);
	return true;
}

static bool pack_other(struct packing *p, const struct json *v, unsigned depth);

static bool pack_members(struct packing *p, const struct json *v, unsigned depth)
{
	const struct json *child = v + 1;

	if (depth == DEPTH_OF_OTHERS)
		return errmsg_set(p->e, "an action nests deeper than %u levels", depth);
	if (v->type == JSON_OBJECT)
		begin_map(p, v->size);
	else
		begin_array(p, v->size);
	for (uint32_t i = 0; i < v->size; i++, child += child->skip) {
		if (v->type == JSON_OBJECT) {
			if (!take_text(p, child))
				return false;
			put_key(p, p->text.data);
			child++;
		}
		if (!pack_other(p, child, depth + 1))
			return false;
	}
	end(p);
	return true;
}

/* Any value as it stands. */
static bool pack_other(struct packing *p, const struct json *v, unsigned depth)
{
	switch (v->type) {
	case JSON_NULL:
		mp_nil(p->msgpack);
		if (p->w)
			jsonw_null(p->w);
		return true;
	case JSON_FALSE:
	case JSON_TRUE:
		return pack_bool(p, v);
	case JSON_NUMBER:
		return pack_uint(p, v) || pack_int(p, v) || errmsg_set(p->e, "a number is no integer of 64 bits");
	case JSON_STRING:
		return pack_text(p, v);
	default:
		return pack_members(p, v, depth);
	}
}

bool json_pack(const struct json_doc *d, const struct json *v, struct buf *msgpack, struct errmsg *e)
{
	struct packing p = { .d = d, .msgpack = msgpack, .e = e };
	bool ok = pack_other(&p, v, 0);

	buf_release(&p.text);
	return ok;
}

bool action_pack(const struct json_doc *d, const struct json *action, struct buf *msgpack, struct buf *json, struct errmsg *e)
{
	struct errmsg own;
	struct packing p = { .d = d, .msgpack = msgpack, .e = e ? e : &own };
	const struct shape *shape;
	struct jsonw w;
	char type[48];
	bool ok;

	if (!json_str(d, json_get(d, action, "type"), type, sizeof type))
		return errmsg_set(e, "the action has no \"type\"");
	p.e->text[0] = '\0';
	if (json) {
		jsonw_init(&w, json, false);
		p.w = &w;
	}
	shape = shape_of(type);
	ok = shape ? pack_shape(&p, action, shape, type) : pack_other(&p, action, 0);
	buf_release(&p.text);
	buf_release(&p.wire);
	return ok;
}

static void put_be64(unsigned char at[8], uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		at[i] = (unsigned char)(v >> 8 * (7 - i));
}

void action_hash(const struct buf *msgpack, uint64_t nonce, const struct address *vault, const uint64_t *expires_ms,
		 unsigned char out[32])
{
	unsigned char tail[8 + 1 + 20 + 1 + 8];
	size_t n = 9;
	struct keccak k;

	put_be64(tail, nonce);
	tail[8] = vault != NULL;
	if (vault) {
		memcpy(tail + n, vault->at, sizeof vault->at);
		n += sizeof vault->at;
	}
	if (expires_ms) {
		tail[n++] = 0;
		put_be64(tail + n, *expires_ms);
		n += 8;
	}
	keccak_init(&k);
	keccak_add(&k, msgpack->data, msgpack->len);
	keccak_add(&k, tail, n);
	keccak_end(&k, out);
}

void action_agent(const unsigned char hash[32], enum hl_network n, unsigned char out[32])
{
	struct keccak k;

	eip712_begin(&k, "Agent(string source,bytes32 connectionId)");
	eip712_text(&k, n == HL_MAINNET ? "a" : "b", 1);
	eip712_word(&k, hash);
	keccak_end(&k, out);
}

void action_digest(const unsigned char hash[32], enum hl_network n, unsigned char out[32])
{
	unsigned char domain[32], agent[32];

	eip712_domain("Exchange", "1", 1337, domain);
	action_agent(hash, n, agent);
	eip712_digest(domain, agent, out);
}
