/* SPDX-License-Identifier: MIT
 * Vectors of numbers on the wire, client ids, prices, sizes, asset numbers and nonces. */
#include "hl/vectors.h"

#include "hl/action.h"
#include "hl/asset.h"
#include "hl/nonce.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What this library made of a case, "refused" included, against "wire" or the like; "also_valid" is as good. A case that depends
 * on the input being a double may be refused. */
static void same_or_refused(struct vectors *t, const struct json *c, const char *key, const char *got)
{
	const char *want = vector_text_or_null(t, c, key), *also = vector_text_or_null(t, c, "also_valid");

	if (vector_bool(t, c, "refused"))
		want = "refused";
	else if (vector_bool(t, c, "depends_on_double") && strcmp(got, "refused") == 0)
		return;
	if (!also || strcmp(also, got) != 0)
		vector_same(t, key, want ? want : "null", got);
}

static const char *keep_or_refused(struct vectors *t, bool ok, struct buf *b)
{
	const char *text = ok ? vector_keep(t, b->data, b->len) : "refused";

	buf_release(b);
	return text;
}

static const char *keep_dec8(struct vectors *t, dec8 v)
{
	char text[DEC8_TEXT];

	return vector_keep(t, text, (size_t)(dec8_put(text, v) - text));
}

/* Digit number n of a number with `whole` of them before the point. */
static void add_digit(struct buf *b, long n, long whole, char digit)
{
	if (n == whole)
		buf_addc(b, '.');
	buf_addc(b, digit);
}

/* Number text without its exponent: "1e-5" is "0.00001". Other texts as they are. */
static const char *plain(struct vectors *t, const char *text)
{
	const char *e = strpbrk(text, "eE"), *point;
	struct buf b = BUF_INIT;
	long at, whole, n = 0;
	char *end;

	at = e ? strtol(e + 1, &end, 10) : 0;
	if (!e || *end || labs(at) > 400)
		return text;
	if (*text == '-')
		buf_addc(&b, *text++);
	point = memchr(text, '.', (size_t)(e - text));
	at += (point ? point : e) - text;
	whole = at > 1 ? at : 1;
	for (; n < 1 - at; n++)
		add_digit(&b, n, whole, '0');
	for (; text < e; text++)
		if (text != point)
			add_digit(&b, n++, whole, *text);
	for (; n < whole; n++)
		add_digit(&b, n, whole, '0');
	return keep_or_refused(t, true, &b);
}

/* Read to 8 places, toward zero. */
static bool parse_cut(const char *text, dec8 *v)
{
	const char *point = strchr(text, '.');
	size_t n = strlen(text);

	if (point && strspn(point + 1, "0123456789") != strlen(point + 1))
		return false;
	if (point && n > (size_t)(point - text) + 9)
		n = (size_t)(point - text) + 9;
	return dec8_parse(text, n, v);
}

static bool take_market(struct vectors *t, const struct json *c, unsigned *sz_decimals, bool *spot)
{
	const char *market = vector_text_or_null(t, c, "market");
	uint64_t v;

	*spot = market && strcmp(market, "spot") == 0;
	if (!vector_u64(t, c, "sz_decimals", &v))
		return false;
	*sz_decimals = (unsigned)v;
	return true;
}

/* The SDK whose rule this is writes what is not finite by name; nothing here would send it. */
static void run_float_to_wire(struct vectors *t, const struct json *c)
{
	double v = strtod(vector_text(t, c, "input"), NULL);
	struct buf b = BUF_INIT;

	if (isfinite(v))
		same_or_refused(t, c, "wire", keep_or_refused(t, wire_f64(v, &b, NULL), &b));
	else
		same_or_refused(t, c, "wire", isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity");
}

static void run_float_to_int(struct vectors *t, const struct json *c)
{
	const char *text = plain(t, vector_text(t, c, "input"));
	struct buf b = BUF_INIT;
	uint64_t power;
	bool ok;

	if (!vector_u64(t, c, "power", &power))
		return;
	ok = power <= 18 && wire_scaled(text, strlen(text), (unsigned)power, &b, NULL);
	same_or_refused(t, c, "value", keep_or_refused(t, ok, &b));
}

/* A price is above zero, a size not below. */
static void run_decimal(struct vectors *t, const struct json *c)
{
	const char *text = vector_text(t, c, "input");
	struct buf b = BUF_INIT;
	bool ok = wire_number(text, strlen(text), &b, NULL);

	if (ok && (*b.data == '-' || (strcmp(vector_text(t, c, "field"), "price") == 0 && strcmp(buf_cstr(&b), "0") == 0)))
		ok = false;
	same_or_refused(t, c, "wire", keep_or_refused(t, ok, &b));
}

static bool cloid_of_integer(const char *digits, unsigned char out[16])
{
	unsigned carry;

	memset(out, 0, 16);
	for (; *digits; digits++) {
		if (*digits < '0' || *digits > '9')
			return false;
		carry = (unsigned)(*digits - '0');
		for (unsigned i = 16; i-- > 0; carry >>= 8) {
			carry += 10u * out[i];
			out[i] = (unsigned char)carry;
		}
		if (carry)
			return false;
	}
	return true;
}

static void run_cloid(struct vectors *t, const struct json *c)
{
	const char *integer = vector_text_or_null(t, c, "integer"), *input = integer ? integer : vector_text(t, c, "input");
	char text[CLOID_TEXT] = "refused";
	unsigned char cloid[16];

	if (integer ? cloid_of_integer(integer, cloid) : cloid_parse(input, strlen(input), cloid))
		cloid_put(text, cloid);
	same_or_refused(t, c, "wire", text);
}

/* A double of a request, as the wire has it. */
static bool take_f64(struct vectors *t, const struct json *c, const char *key, dec8 *v)
{
	double f = strtod(vector_text(t, c, key), NULL);
	struct buf b = BUF_INIT;
	bool ok = wire_f64(f, &b, NULL) && dec8_parse(b.data, b.len, v);

	buf_release(&b);
	return ok;
}

static bool take_type(struct vectors *t, const struct json *type, struct hl_order *o)
{
	const struct json *limit = json_get(t->doc, type, "limit"), *trigger = json_get(t->doc, type, "trigger");
	const char *tif;

	if (limit) {
		tif = vector_text(t, limit, "tif");
		return tif_parse(tif, strlen(tif), &o->tif);
	}
	o->trigger = true;
	o->is_market = vector_bool(t, trigger, "isMarket");
	o->tp = strcmp(vector_text(t, trigger, "tpsl"), "tp") == 0;
	return take_f64(t, trigger, "triggerPx", &o->trigger_px);
}

static bool take_order(struct vectors *t, const struct json *r, struct hl_order *o)
{
	const char *cloid = vector_text_or_null(t, r, "cloid");

	o->buy = vector_bool(t, r, "is_buy");
	o->reduce_only = vector_bool(t, r, "reduce_only");
	o->has_cloid = cloid != NULL;
	return take_f64(t, r, "sz", &o->sz) && take_f64(t, r, "limit_px", &o->px) &&
		take_type(t, json_get(t->doc, r, "order_type"), o) && (!cloid || cloid_parse(cloid, strlen(cloid), o->cloid));
}

static void run_order_wire(struct vectors *t, const struct json *c)
{
	struct hl_order o = { 0 };
	struct buf b = BUF_INIT;
	uint64_t asset;
	bool ok;

	if (!vector_u64(t, c, "asset", &asset))
		return;
	o.asset = (uint32_t)asset;
	ok = take_order(t, json_get(t->doc, c, "request"), &o);
	if (ok)
		order_write(&b, &o);
	same_or_refused(t, c, "wire_json", keep_or_refused(t, ok, &b));
}

static void run_price_format(struct vectors *t, const struct json *c)
{
	const char *text = plain(t, vector_text(t, c, "price"));
	unsigned sz_decimals;
	bool spot;
	dec8 px;

	if (!take_market(t, c, &sz_decimals, &spot))
		return;
	px = parse_cut(text, &px) ? tick_round(px, sz_decimals, spot, DEC8_DOWN) : 0;
	same_or_refused(t, c, "rounded_toward_zero", px > 0 ? keep_dec8(t, px) : "refused");
}

static void run_size_format(struct vectors *t, const struct json *c)
{
	const char *text = plain(t, vector_text(t, c, "size"));
	unsigned sz_decimals;
	bool spot;
	dec8 sz;

	if (!take_market(t, c, &sz_decimals, &spot))
		return;
	sz = parse_cut(text, &sz) ? lot_round(sz, sz_decimals, DEC8_DOWN) : 0;
	same_or_refused(t, c, "rounded_toward_zero", sz > 0 ? keep_dec8(t, sz) : "refused");
}

static void run_price_valid(struct vectors *t, const struct json *c)
{
	const char *text = vector_text(t, c, "price");
	unsigned sz_decimals;
	bool spot, valid;
	dec8 px;

	if (!take_market(t, c, &sz_decimals, &spot))
		return;
	valid = dec8_parse(text, strlen(text), &px) && px > 0 && tick_ok(px, sz_decimals, spot);
	vector_same(t, "valid", vector_text(t, c, "valid"), valid ? "true" : "false");
}

static void run_slippage(struct vectors *t, const struct json *c)
{
	const char *text = vector_text(t, c, "mid");
	unsigned sz_decimals;
	bool spot;
	dec8 mid;

	if (!take_market(t, c, &sz_decimals, &spot))
		return;
	if (!dec8_parse(text, strlen(text), &mid)) {
		vector_fail(t, "mid", "%s is no decimal of 8 places", text);
		return;
	}
	mid = slippage_price(mid, strtod(vector_text(t, c, "slippage"), NULL), vector_bool(t, c, "is_buy"), sz_decimals, spot);
	vector_same(t, "price", vector_text(t, c, "price"), keep_dec8(t, mid));
}

/* Null: that client gave nothing. */
static void run_half_up(struct vectors *t, const struct json *c)
{
	const char *text = vector_text(t, c, "value"), *price = vector_text_or_null(t, c, "price_rounded_half_up");
	const char *amount = vector_text_or_null(t, c, "amount_rounded");
	unsigned sz_decimals;
	bool spot;
	dec8 v;

	if (!take_market(t, c, &sz_decimals, &spot))
		return;
	if (!dec8_parse(text, strlen(text), &v)) {
		vector_fail(t, "value", "%s is no decimal of 8 places", text);
		return;
	}
	if (price)
		vector_same(t, "price_rounded_half_up", price, keep_dec8(t, tick_round(v, sz_decimals, spot, DEC8_HALF_UP)));
	if (amount)
		vector_same(t, "amount_rounded", amount, keep_dec8(t, lot_round(v, sz_decimals, DEC8_HALF_UP)));
}

/* "meta:NAME" is the meta of that dex. */
static bool add_dexs(struct vectors *t, const struct json *fixture, struct assets *a, struct errmsg *e)
{
	const struct json *dexs = json_get(t->doc, fixture, "perpDexs"), *key = fixture + 1, *value;
	char name[64];
	int place;

	for (uint32_t i = 0; i < fixture->size; i++, key = value + value->skip) {
		value = key + 1;
		if (!json_str(t->doc, key, name, sizeof name) || strncmp(name, "meta:", 5) != 0)
			continue;
		place = assets_dex_place(t->doc, dexs, name + 5);
		if (place < 0)
			return errmsg_set(e, "%s is not among perpDexs", name + 5);
		if (!assets_add_meta(a, t->doc, value, (unsigned)place, e))
			return false;
	}
	return true;
}

static bool read_fixture(struct vectors *t, const struct json *fixture, struct assets *a, struct errmsg *e)
{
	if (!fixture || fixture->type != JSON_OBJECT)
		return errmsg_set(e, "is missing");
	return assets_add_meta(a, t->doc, json_get(t->doc, fixture, "meta"), 0, e) &&
		assets_add_spot(a, t->doc, json_get(t->doc, fixture, "spotMeta"), e) && add_dexs(t, fixture, a, e);
}

static const char *number_or_null(struct vectors *t, bool known, uint32_t v)
{
	char text[16];

	return known ? vector_keep(t, text, (size_t)snprintf(text, sizeof text, "%u", v)) : "null";
}

static void run_asset(struct vectors *t, const struct json *c, const struct assets *a)
{
	const struct asset *s = assets_find_symbol(a, vector_text(t, c, "symbol"));
	const char *id = vector_text_or_null(t, c, "asset_id"), *decimals = vector_text_or_null(t, c, "sz_decimals");
	const char *pair = vector_text_or_null(t, c, "spot_pair_id");

	vector_same(t, "asset_id", id ? id : "null", number_or_null(t, s, s ? s->id : 0));
	vector_same(t, "sz_decimals", decimals ? decimals : "null", number_or_null(t, s, s ? s->sz_decimals : 0));
	vector_same(t, "spot_pair_id", pair ? pair : "null", s && s->spot ? s->name : "null");
}

static void run_assets(struct vectors *t, const struct json *whole)
{
	const struct json *cases = json_get(t->doc, whole, "cases"), *c;
	struct assets *a = assets_new();
	struct errmsg e;
	bool ok = read_fixture(t, json_get(t->doc, whole, "fixture"), a, &e);

	for (uint32_t i = 0; (c = json_at(cases, i)); i++) {
		vector_begin(t, "");
		vector_begin(t, vector_text(t, c, "id"));
		if (ok)
			run_asset(t, c, a);
		else
			vector_fail(t, "fixture", "%s", e.text);
		vector_end(t);
	}
	assets_free(a);
}

#define SIGNERS 16

static struct nonces *set_of(struct nonces sets[SIGNERS], char names[SIGNERS][24], const char *name)
{
	for (unsigned i = 0; i < SIGNERS; i++) {
		if (!*names[i])
			snprintf(names[i], sizeof names[i], "%s", name);
		if (strcmp(names[i], name) == 0)
			return &sets[i];
	}
	return NULL;
}

/* Where several answers are right they are joined by " or ". */
static bool among(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = strstr(list, word); p; p = strstr(p + 1, word))
		if ((p == list || strncmp(p - 4, " or ", 4) == 0) && (!p[n] || strncmp(p + n, " or ", 4) == 0))
			return true;
	return false;
}

static void run_nonces(struct vectors *t, const struct json *c)
{
	static const char *const answers[] = { "ok", "duplicate", "too low", "out of window" };
	struct nonces *sets = xcalloc(SIGNERS, sizeof *sets), *s;
	const struct json *steps = json_get(t->doc, c, "steps"), *step = steps ? steps + 1 : NULL;
	char names[SIGNERS][24] = { "" };
	const char *want, *got;
	uint64_t now, nonce;

	for (uint32_t i = 0; steps && i < steps->size; i++, step += step->skip) {
		s = set_of(sets, names, vector_text(t, step, "signer"));
		want = vector_text(t, step, "expect");
		if (!s || !vector_u64(t, step, "now", &now) || !vector_u64(t, step, "nonce", &nonce))
			break;
		got = answers[nonces_take(s, nonce, (int64_t)now)];
		if (!among(want, got))
			vector_fail(t, "expect", "step %u: want %s, got %s", i, want, got);
	}
	if (!steps || steps->type != JSON_ARRAY || steps->size == 0)
		vector_fail(t, "steps", "is missing");
	free(sets);
}

const struct vector_section vectors_numbers[] = {
	{ "float_to_wire", run_float_to_wire, false },
	{ "float_to_int", run_float_to_int, false },
	{ "decimal_to_wire", run_decimal, false },
	{ "cloid", run_cloid, false },
	{ "order_wire", run_order_wire, false },
	{ "price_format", run_price_format, false },
	{ "size_format", run_size_format, false },
	{ "price_valid", run_price_valid, false },
	{ "slippage_price", run_slippage, false },
	{ "ccxt_precision", run_half_up, false },
	{ "asset_ids", run_assets, true },
	{ "nonce_rules", run_nonces, false },
	{ NULL, NULL, false }
};
