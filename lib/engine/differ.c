/* SPDX-License-Identifier: MIT
 * Two records, member by member; changes when a member explains a difference in another way. */
#include "engine/differ.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Members in the order in which a difference explains the others. Those that are not listed come after them, before
 * last_fields, and are figures. */
struct field { const char *key; enum parity_class class; };
static const struct field identity_fields[] = {
	{ "type", PARITY_INVALID_COMPARISON },
	{ "id", PARITY_INVALID_COMPARISON },
	{ "config_id", PARITY_INVALID_COMPARISON },
	{ "contract_id", PARITY_INVALID_COMPARISON },
	{ "overrides", PARITY_INVALID_COMPARISON },
	{ "values", PARITY_INVALID_COMPARISON },
};
static const struct field first_fields[] = {
	{ "total_trades", PARITY_STATE_MACHINE },
	{ "events_hash", PARITY_REDUCTION_ORDER },
	{ "t_ms", PARITY_DECISION },
	{ "timestamp", PARITY_DECISION },
	{ "symbol", PARITY_DECISION },
	{ "action", PARITY_DECISION },
	{ "reason_code", PARITY_DECISION },
	{ "reason", PARITY_DECISION },
	{ "confidence", PARITY_DECISION },
	{ "entry_atr", PARITY_DECISION },
	{ "price", PARITY_PRICE },
	{ "size", PARITY_SIZE },
	{ "notional_usd", PARITY_SIZE },
	{ "leverage", PARITY_SIZE },
	{ "margin_usd", PARITY_SIZE },
	{ "fee", PARITY_FEE },
	{ "fee_usd", PARITY_FEE },
	{ "pnl", PARITY_PRICE },
	{ "pnl_usd", PARITY_PRICE },
};
static const struct field last_fields[] = {	/* what any earlier difference changes as well */
	{ "balance", PARITY_REDUCTION_ORDER },
	{ "balance_usd", PARITY_REDUCTION_ORDER },
	{ "seq", PARITY_ORDER },
};
#define LIST(array) array, sizeof (array) / sizeof *(array)

static bool parse(struct json_doc *d, const char *text, size_t len)
{
	struct errmsg e;

	json_release(d);
	return json_parse(d, text, len, &e) && d->tok->type == JSON_OBJECT;
}

bool differ_parse(struct differ *d, const char *a, size_t na, const char *b, size_t nb)
{
	return parse(&d->a, a, na) && parse(&d->b, b, nb);
}

void differ_release(struct differ *d)
{
	json_release(&d->a);
	json_release(&d->b);
}

/* ---- values ---- */

static bool same_bytes(const struct differ *d, const struct json *a, const struct json *b)
{
	return a->end - a->start == b->end - b->start && !memcmp(d->a.text + a->start, d->b.text + b->start, a->end - a->start);
}

/* Where two values part: the path from them down to two others, which are a and b. NULL: that side has none. */
struct parting { char path[PARITY_PATH]; const struct json *a, *b; };

static bool part(struct parting *w, const struct json *a, const struct json *b)
{
	*w = (struct parting){ .a = a, .b = b };
	return false;
}

/* Puts a step in front of the path. */
static bool lead(struct parting *w, const char *step)
{
	size_t len = strlen(step), rest = strlen(w->path);
	bool dot = rest && *w->path != '[';

	if (len + dot + rest >= PARITY_PATH)
		return false;	/* its end says more */
	memmove(w->path + len + dot, w->path, rest + 1);
	memcpy(w->path, step, len);
	if (dot)
		w->path[len] = '.';
	return false;
}

static bool same_value(const struct differ *d, const struct json *a, const struct json *b, struct parting *w);

static bool same_list(const struct differ *d, const struct json *a, const struct json *b, struct parting *w)
{
	const struct json *x = a + 1, *y = b + 1;
	char step[16];
	uint32_t i;

	if (a->size != b->size)
		return part(w, a, b);
	for (i = 0; i < a->size; i++, x += x->skip, y += y->skip)
		if (!same_value(d, x, y, w)) {
			snprintf(step, sizeof step, "[%" PRIu32 "]", i);
			return lead(w, step);
		}
	return true;
}

static bool same_object(const struct differ *d, const struct json *a, const struct json *b, struct parting *w)
{
	const struct json *key = a + 1;
	char text[PARITY_PATH];
	uint32_t i;

	if (a->size != b->size)
		return part(w, a, b);
	for (i = 0; i < a->size; i++, key += 1 + key[1].skip) {
		if (!json_str(&d->a, key, text, sizeof text))
			return part(w, a, b);	/* too long a name to look for */
		if (!same_value(d, key + 1, json_get(&d->b, b, text), w))
			return lead(w, text);
	}
	return true;
}

static bool same_value(const struct differ *d, const struct json *a, const struct json *b, struct parting *w)
{
	double x, y;

	if (!a && !b)
		return true;
	if (!a || !b || a->type != b->type)
		return part(w, a, b);
	if (same_bytes(d, a, b))
		return true;
	switch (a->type) {
	case JSON_NUMBER: return (json_f64(&d->a, a, &x) && json_f64(&d->b, b, &y) && !memcmp(&x, &y, sizeof x)) || part(w, a, b);
	case JSON_ARRAY: return same_list(d, a, b, w);
	case JSON_OBJECT: return same_object(d, a, b, w);
	default: return part(w, a, b);
	}
}

bool differ_same(const struct differ *d, const char *key)
{
	struct parting unused;

	return same_value(d, json_get(&d->a, d->a.tok, key), json_get(&d->b, d->b.tok, key), &unused);
}

/* ---- members ---- */

/* Rows of two forms have those members in common that both have; their form is none of them. */
static bool two_forms(const struct differ *d)
{
	return json_is(&d->a, json_get(&d->a, d->a.tok, "type"), "result") && !differ_same(d, "output_mode");
}

/* A point is given by overrides or by values: the one says nothing about the other. */
static bool is_spelling(const char *key)
{
	return !strcmp(key, "overrides") || !strcmp(key, "values");
}

static struct parity_text text_of(const struct json_doc *d, const struct json *v)
{
	bool quoted = v && v->type == JSON_STRING;

	return v ? (struct parity_text){ d->text + v->start - quoted, v->end - v->start + 2 * quoted } : (struct parity_text){ 0 };
}

static bool differs(const struct differ *d, const char *key, enum parity_class class, struct member_difference *m)
{
	const struct json *a = json_get(&d->a, d->a.tok, key), *b = json_get(&d->b, d->b.tok, key);
	struct parting w;

	if (same_value(d, a, b, &w) || ((!a || !b) && is_spelling(key)))
		return false;
	if (two_forms(d) && (!a || !b || !strcmp(key, "output_mode")))
		return false;
	lead(&w, key);
	*m = (struct member_difference){ .class = class, .a = text_of(&d->a, w.a), .b = text_of(&d->b, w.b) };
	strcpy(m->path, w.path);
	return true;
}

static bool is_unknown(const struct json_doc *d, const char *key)
{
	const struct json *v = json_get(d, d->tok, key);

	return !v || v->type == JSON_NULL;
}

/* What a run was made from: it may be ignored, and where a side does not know it, it is taken for equal. */
static bool passes(const struct differ *d, const char *key)
{
	return (!strcmp(key, "config_id") || !strcmp(key, "contract_id")) &&
		(d->ignore_contract || is_unknown(&d->a, key) || is_unknown(&d->b, key));
}

static bool list_differs(const struct differ *d, const struct field *f, size_t n, struct member_difference *m)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!passes(d, f[i].key) && differs(d, f[i].key, f[i].class, m))
			return true;
	return false;
}

static bool is_listed(const char *key, const struct field *f, size_t n)
{
	while (n--)
		if (!strcmp(f[n].key, key))
			return true;
	return false;
}

/* Members of one side that no list has. */
static bool rest_differs(const struct differ *d, const struct json_doc *doc, struct member_difference *m)
{
	const struct json *k = doc->tok + 1;
	char key[PARITY_PATH];
	uint32_t i;

	for (i = 0; i < doc->tok->size; i++, k += 1 + k[1].skip) {
		if (!json_str(doc, k, key, sizeof key)) {	/* too long a name to look for */
			*m = (struct member_difference){ .class = PARITY_REDUCTION_ORDER };
			return true;
		}
		if (!is_listed(key, LIST(identity_fields)) && !is_listed(key, LIST(first_fields)) && !is_listed(key, LIST(last_fields)) &&
		    differs(d, key, PARITY_REDUCTION_ORDER, m))
			return true;
	}
	return false;
}

bool differ_first(const struct differ *d, bool balance, struct member_difference *m)
{
	return list_differs(d, LIST(identity_fields), m) || list_differs(d, LIST(first_fields), m) ||
		rest_differs(d, &d->a, m) || rest_differs(d, &d->b, m) || (balance && list_differs(d, LIST(last_fields), m));
}
