/* SPDX-License-Identifier: MIT
 * Questions to POST /info and what their answers hold. */
#include "hl/info.h"

#include "base/clock.h"
#include "base/num.h"
#include "crypto/address.h"
#include "hl/rows.h"

#include <string.h>

#define rows_NONE NULL

const struct hl_info hl_infos[] = {
#define HL_INFO(type, weight, rows, keys, reader, meaning) { #type, weight, rows, keys, meaning },
#include "hl/info.def"
#undef HL_INFO
	{ 0 }
};

static rows_fn *const readers[] = {
#define HL_INFO(type, weight, rows, keys, reader, meaning) rows_##reader,
#include "hl/info.def"
#undef HL_INFO
};

const struct hl_info *hl_info_find(const char *type)
{
	for (const struct hl_info *i = hl_infos; i->type; i++)
		if (strcmp(i->type, type) == 0)
			return i;
	return NULL;
}

bool hl_info_has_records(const struct hl_info *i)
{
	return readers[i - hl_infos] != NULL;
}

/* ---- questions from words ---- */

enum key_kind { KEY_TEXT, KEY_ADDRESS, KEY_TIME, KEY_NUMBER, KEY_FLAG, KEY_ORDER };

static const struct { const char *key; enum key_kind kind; } kinds[] = {
	{ "aggregateByTime", KEY_FLAG }, { "builder", KEY_ADDRESS }, { "coin", KEY_TEXT }, { "dex", KEY_TEXT }, { "endTime", KEY_TIME },
	{ "interval", KEY_TEXT }, { "mantissa", KEY_NUMBER }, { "nSigFigs", KEY_NUMBER }, { "oid", KEY_ORDER },
	{ "startTime", KEY_TIME }, { "user", KEY_ADDRESS },
};

static enum key_kind kind_of(const char *key, size_t n)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strlen(kinds[i].key) == n && memcmp(kinds[i].key, key, n) == 0)
			return kinds[i].kind;
	die(EX_BUG, "info.def has the key %.*s, of no kind", (int)n, key);
}

/* The value of a key among the words, NULL if none gives it. */
static const char *value_of(const char *key, size_t n, const char *const *words, unsigned n_words)
{
	for (unsigned i = 0; i < n_words; i++)
		if (strncmp(words[i], key, n) == 0 && words[i][n] == '=')
			return words[i] + n + 1;
	return NULL;
}

static bool put_address(struct jsonw *w, const char *value, struct errmsg *e)
{
	struct address a;
	char text[ADDRESS_TEXT];

	if (!address_parse(value, strlen(value), &a))
		return errmsg_set(e, "\"%s\" is no address of 40 hex digits", value);
	address_put(text, &a);
	jsonw_str(w, text);
	return true;
}

static bool put_order(struct jsonw *w, const char *value, struct errmsg *e)
{
	const char *end = value + strlen(value);
	uint64_t oid;

	if (num_u64_get(value, end, &oid) == end)
		jsonw_u64(w, oid);
	else if (strncmp(value, "0x", 2) == 0 && strlen(value) == 34)
		jsonw_str(w, value);
	else
		return errmsg_set(e, "\"%s\" is neither an order number nor a client order id of 0x and 32 hex digits", value);
	return true;
}

static bool put_integer(struct jsonw *w, bool time, const char *value, struct errmsg *e)
{
	int64_t v;

	if (time ? !clock_parse(value, &v) : !num_i64_parse(value, &v))
		return errmsg_set(e, "\"%s\" is no %s", value, time ? "time" : "integer");
	jsonw_i64(w, v);
	return true;
}

static bool put_value(struct jsonw *w, enum key_kind kind, const char *value, struct errmsg *e)
{
	bool yes = strcmp(value, "true") == 0;

	switch (kind) {
	case KEY_ADDRESS:
		return put_address(w, value, e);
	case KEY_TIME:
	case KEY_NUMBER:
		return put_integer(w, kind == KEY_TIME, value, e);
	case KEY_ORDER:
		return put_order(w, value, e);
	case KEY_FLAG:
		if (!yes && strcmp(value, "false") != 0)
			return errmsg_set(e, "\"%s\" is neither true nor false", value);
		jsonw_bool(w, yes);
		return true;
	case KEY_TEXT:
		break;
	}
	jsonw_str(w, value);
	return true;
}

/* Writes the row's keys that the words give; *used counts them. */
static bool put_keys(struct jsonw *w, const struct hl_info *info, const char *const *words, unsigned n_words, unsigned *used,
		     struct errmsg *e)
{
	const char *value;
	char key[32];
	size_t n;

	for (const char *p = info->keys; *p; p += n + (p[n] == '!'), p += *p == ' ') {
		n = strcspn(p, " !");
		value = value_of(p, n, words, n_words);
		if (!value && p[n] == '!')
			return errmsg_set(e, "%s needs %.*s=VALUE", info->type, (int)n, p);
		if (!value)
			continue;
		*(char *)mempcpy(key, p, n) = '\0';
		jsonw_key(w, key);
		if (!put_value(w, kind_of(p, n), value, e))
			return false;
		++*used;
	}
	return true;
}

/* candleSnapshot alone has its keys one level down. */
static bool is_nested(const char *type)
{
	return strcmp(type, "candleSnapshot") == 0;
}

static void begin(struct jsonw *w, struct buf *b, const char *type)
{
	jsonw_init(w, b, false);
	jsonw_object(w);
	jsonw_key(w, "type");
	jsonw_str(w, type);
	if (is_nested(type)) {
		jsonw_key(w, "req");
		jsonw_object(w);
	}
}

static void finish(struct jsonw *w, const char *type)
{
	if (is_nested(type))
		jsonw_end(w);
	jsonw_end(w);
}

bool hl_info_body(struct buf *b, const char *type, const char *const *words, unsigned n, struct errmsg *e)
{
	const struct hl_info *info = hl_info_find(type);
	struct jsonw w;
	unsigned used = 0;

	if (!info)
		return errmsg_set(e, "there is no question \"%s\"", type);
	begin(&w, b, type);
	if (!put_keys(&w, info, words, n, &used, e))
		return false;
	if (used != n)
		return errmsg_set(e, "%s takes %s%s, each once, as KEY=VALUE", type, *info->keys ? "the keys " : "no keys", info->keys);
	finish(&w, type);
	return true;
}

/* ---- questions from programs ---- */

static void put_text(struct jsonw *w, const char *key, const char *text)
{
	jsonw_key(w, key);
	jsonw_str(w, text);
}

static void put_span(struct jsonw *w, int64_t from_ms, int64_t to_ms)
{
	jsonw_key(w, "startTime");
	jsonw_i64(w, from_ms);
	if (to_ms < 0)
		return;
	jsonw_key(w, "endTime");
	jsonw_i64(w, to_ms);
}

void hl_info_plain(struct buf *b, const char *type)
{
	struct jsonw w;

	begin(&w, b, type);
	finish(&w, type);
}

void hl_info_user(struct buf *b, const char *type, const char *user)
{
	struct jsonw w;

	begin(&w, b, type);
	put_text(&w, "user", user);
	finish(&w, type);
}

void hl_info_user_span(struct buf *b, const char *type, const char *user, int64_t from_ms, int64_t to_ms)
{
	struct jsonw w;

	begin(&w, b, type);
	put_text(&w, "user", user);
	put_span(&w, from_ms, to_ms);
	finish(&w, type);
}

void hl_info_candles(struct buf *b, const char *symbol, const char *interval, int64_t from_ms, int64_t to_ms)
{
	struct jsonw w;

	begin(&w, b, "candleSnapshot");
	put_text(&w, "coin", symbol);
	put_text(&w, "interval", interval);
	put_span(&w, from_ms, to_ms < 0 ? clock_ms() : to_ms);
	finish(&w, "candleSnapshot");
}

void hl_info_rates(struct buf *b, const char *symbol, int64_t from_ms, int64_t to_ms)
{
	struct jsonw w;

	begin(&w, b, "fundingHistory");
	put_text(&w, "coin", symbol);
	put_span(&w, from_ms, to_ms);
	finish(&w, "fundingHistory");
}

void hl_info_book(struct buf *b, const char *symbol)
{
	struct jsonw w;

	begin(&w, b, "l2Book");
	put_text(&w, "coin", symbol);
	finish(&w, "l2Book");
}

void hl_info_order(struct buf *b, const char *user, const char *oid_or_cloid)
{
	struct errmsg e;
	struct jsonw w;

	begin(&w, b, "orderStatus");
	put_text(&w, "user", user);
	jsonw_key(&w, "oid");
	if (!put_order(&w, oid_or_cloid, &e))
		die(EX_BUG, "%s", e.text);
	finish(&w, "orderStatus");
}

/* ---- answers ---- */

static bool read_tokens(struct rows *r, rows_fn *read, const char *body, size_t n, struct errmsg *e)
{
	struct json_doc doc;
	bool ok;

	if (!json_parse(&doc, body, n, e))
		return false;
	r->doc = &doc;
	ok = read(r, doc.tok);
	json_release(&doc);
	return ok;
}

/* Candles come by the thousand: straight from the text as long as it has the usual form. True: to the end of it. */
static bool skim_candles(struct rows *r, const char *p, const char *end)
{
	if (!(p = SKIM(p, end, "[")))
		return false;
	if (end - p == 1 && *p == ']')
		return true;
	for (; (p = fields_skim(p, end, candle_fields, &r->record->u)) && p < end; p++) {
		r->n++;
		rows_emit(r, REC_candle);
		if (*p != ',')
			return end - p == 1 && *p == ']';
	}
	return false;
}

static bool candles(struct rows *r, const char *body, size_t n, struct errmsg *e)
{
	if (skim_candles(r, body, body + n))
		return true;
	r->skip = r->n;
	r->n = 0;
	return read_tokens(r, rows_candles, body, n, e);
}

bool hl_info_read(const char *type, const char *body, size_t n, int64_t now_ms, hl_record_fn *fn, void *arg, uint64_t *rows,
		  struct errmsg *e)
{
	const struct hl_info *info = hl_info_find(type);
	rows_fn *read = info ? readers[info - hl_infos] : NULL;
	struct record record = { .type = REC_OTHER };
	struct errmsg why;
	struct rows r = { .record = &record, .fn = fn, .arg = arg, .now_ms = now_ms, .snapshot = true, .e = &why };
	bool ok;

	if (!read)
		return errmsg_set(e, "nothing makes records of %s", type);
	ok = read == rows_candles ? candles(&r, body, n, &why) : read_tokens(&r, read, body, n, &why);
	if (rows)
		*rows = r.n;
	return ok || errmsg_set(e, "%s: %s", type, why.text);
}
