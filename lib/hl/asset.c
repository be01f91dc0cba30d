/* SPDX-License-Identifier: MIT
 * Asset numbers from the exchange's answers. */
#include "hl/asset.h"

#include <stdlib.h>
#include <string.h>

#define DEX_ASSETS 10000u	/* numbers per dex */
#define UNLISTED_TABLE 50	/* ids below need no list: one tier of that leverage */

struct margin_table { uint32_t id; unsigned dex, n; struct margin_tier *tiers; };

struct assets {
	struct asset *at;
	size_t n, cap;
	struct margin_table *tables;
	size_t n_tables, cap_tables;
};

struct assets *assets_new(void)
{
	return xcalloc(1, sizeof(struct assets));
}

/* Takes back what was added behind these numbers. */
static void cut(struct assets *a, size_t n, size_t n_tables)
{
	a->n = n;
	while (a->n_tables > n_tables)
		free(a->tables[--a->n_tables].tiers);
}

void assets_clear(struct assets *a)
{
	cut(a, 0, 0);
}

void assets_free(struct assets *a)
{
	if (!a)
		return;
	assets_clear(a);
	free(a->at);
	free(a->tables);
	free(a);
}

static struct asset *new_asset(struct assets *a)
{
	if (a->n == a->cap) {
		a->cap = a->cap ? 2 * a->cap : 256;
		a->at = xreallocarray(a->at, a->cap, sizeof *a->at);
	}
	a->at[a->n] = (struct asset){ 0 };
	return &a->at[a->n++];
}

static struct margin_table *new_table(struct assets *a)
{
	if (a->n_tables == a->cap_tables) {
		a->cap_tables = a->cap_tables ? 2 * a->cap_tables : 16;
		a->tables = xreallocarray(a->tables, a->cap_tables, sizeof *a->tables);
	}
	a->tables[a->n_tables] = (struct margin_table){ 0 };
	return &a->tables[a->n_tables++];
}

static bool take_int(const struct json_doc *d, const struct json *object, const char *key, int64_t max, int64_t *v)
{
	return json_i64(d, json_get(d, object, key), v) && *v >= 0 && *v <= max;
}

static bool flag(const struct json_doc *d, const struct json *object, const char *key)
{
	bool v = false;

	return json_bool(json_get(d, object, key), &v) && v;
}

static bool add_perp(struct assets *a, const struct json_doc *d, const struct json *row, uint32_t id, unsigned dex,
		     struct errmsg *e)
{
	const struct json *mode = json_get(d, row, "marginMode");
	struct asset *to = new_asset(a);
	int64_t decimals, leverage, table;

	if (!json_str(d, json_get(d, row, "name"), to->name, sizeof to->name) || !take_int(d, row, "szDecimals", 8, &decimals) ||
	    !take_int(d, row, "maxLeverage", UINT16_MAX, &leverage))
		return errmsg_set(e, "asset %u of meta has no name, szDecimals or maxLeverage", id);
	if (!take_int(d, row, "marginTableId", UINT32_MAX, &table))
		table = leverage;
	strcpy(to->symbol, to->name);
	to->id = id;
	to->dex = (uint16_t)dex;
	to->sz_decimals = (uint8_t)decimals;
	to->max_leverage = (uint16_t)leverage;
	to->margin_table = (uint32_t)table;
	to->delisted = flag(d, row, "isDelisted");
	to->no_margin_removal = json_is(d, mode, "strictIsolated");
	to->only_isolated = flag(d, row, "onlyIsolated") || to->no_margin_removal || json_is(d, mode, "noCross");
	return true;
}

static bool read_tier(const struct json_doc *d, const struct json *row, struct margin_tier *t)
{
	char bound[32];
	int64_t leverage;

	if (!json_str(d, json_get(d, row, "lowerBound"), bound, sizeof bound) ||
	    !dec8_parse(bound, strlen(bound), &t->lower_bound) || !take_int(d, row, "maxLeverage", UINT16_MAX, &leverage) || leverage == 0)
		return false;
	t->max_leverage = (uint16_t)leverage;
	return true;
}

/* [56, {"description": "...", "marginTiers": [...]}] */
static bool add_table(struct assets *a, const struct json_doc *d, const struct json *pair, unsigned dex, struct errmsg *e)
{
	const struct json *tiers = json_get(d, json_at(pair, 1), "marginTiers"), *row;
	struct margin_table *t = new_table(a);
	int64_t id;

	if (!json_i64(d, json_at(pair, 0), &id) || id < 0 || id > UINT32_MAX || !tiers || tiers->type != JSON_ARRAY || tiers->size == 0)
		return errmsg_set(e, "a margin table has no id or no tiers");
	t->id = (uint32_t)id;
	t->dex = dex;
	t->tiers = xreallocarray(NULL, tiers->size, sizeof *t->tiers);
	row = tiers + 1;
	for (; t->n < tiers->size; t->n++, row += row->skip)
		if (!read_tier(d, row, &t->tiers[t->n]) || (t->n && t->tiers[t->n].lower_bound <= t->tiers[t->n - 1].lower_bound))
			return errmsg_set(e, "margin table %u has a wrong tier", t->id);
	return true;
}

static bool add_meta(struct assets *a, const struct json_doc *d, const struct json *meta, unsigned dex, struct errmsg *e)
{
	const struct json *universe = json_get(d, meta, "universe"), *tables = json_get(d, meta, "marginTables"), *row;
	uint32_t first = dex ? ASSET_DEX + DEX_ASSETS * dex : 0;

	if (!universe || universe->type != JSON_ARRAY || universe->size > DEX_ASSETS)
		return errmsg_set(e, "meta has no universe");
	row = universe + 1;
	for (uint32_t i = 0; i < universe->size; i++, row += row->skip)
		if (!add_perp(a, d, row, first + i, dex, e))
			return false;
	if (!tables || tables->type != JSON_ARRAY)
		return true;
	row = tables + 1;
	for (uint32_t i = 0; i < tables->size; i++, row += row->skip)
		if (!add_table(a, d, row, dex, e))
			return false;
	return true;
}

bool assets_add_meta(struct assets *a, const struct json_doc *d, const struct json *meta, unsigned dex, struct errmsg *e)
{
	size_t n = a->n, n_tables = a->n_tables;

	if (add_meta(a, d, meta, dex, e))
		return true;
	cut(a, n, n_tables);
	return false;
}

/* A pair's tokens are named by their "index", which need not be their place. */
static const struct json *find_token(const struct json_doc *d, const struct json *tokens, const struct json *index)
{
	const struct json *t = tokens ? tokens + 1 : NULL;
	int64_t want, have;

	if (!t || tokens->type != JSON_ARRAY || !json_i64(d, index, &want))
		return NULL;
	for (uint32_t i = 0; i < tokens->size; i++, t += t->skip)
		if (json_i64(d, json_get(d, t, "index"), &have) && have == want)
			return t;
	return NULL;
}

static bool set_symbol(struct asset *to, const struct json_doc *d, const struct json *base, const struct json *quote)
{
	char base_name[ASSET_NAME], quote_name[ASSET_NAME];
	size_t n;

	if (!json_str(d, json_get(d, base, "name"), base_name, sizeof base_name) ||
	    !json_str(d, json_get(d, quote, "name"), quote_name, sizeof quote_name))
		return false;
	n = strlen(base_name);
	if (n + 1 + strlen(quote_name) >= sizeof to->symbol)
		return false;
	memcpy(to->symbol, base_name, n);
	to->symbol[n] = '/';
	strcpy(to->symbol + n + 1, quote_name);
	return true;
}

static bool add_pair(struct assets *a, const struct json_doc *d, const struct json *tokens, const struct json *row,
		     struct errmsg *e)
{
	const struct json *pair = json_get(d, row, "tokens"), *base = find_token(d, tokens, json_at(pair, 0));
	const struct json *quote = find_token(d, tokens, json_at(pair, 1));
	struct asset *to = new_asset(a);
	int64_t index, decimals;

	if (!json_str(d, json_get(d, row, "name"), to->name, sizeof to->name) ||
	    !take_int(d, row, "index", ASSET_DEX - ASSET_SPOT - 1, &index))
		return errmsg_set(e, "a pair of spotMeta has no name or index");
	if (!take_int(d, base, "szDecimals", 8, &decimals) || !set_symbol(to, d, base, quote))
		return errmsg_set(e, "the tokens of pair %s are not in spotMeta", to->name);
	to->id = ASSET_SPOT + (uint32_t)index;
	to->sz_decimals = (uint8_t)decimals;
	to->spot = true;
	return true;
}

bool assets_add_spot(struct assets *a, const struct json_doc *d, const struct json *spot_meta, struct errmsg *e)
{
	const struct json *universe = json_get(d, spot_meta, "universe"), *tokens = json_get(d, spot_meta, "tokens"), *row;
	size_t n = a->n;

	if (!universe || universe->type != JSON_ARRAY)
		return errmsg_set(e, "spotMeta has no universe");
	row = universe + 1;
	for (uint32_t i = 0; i < universe->size; i++, row += row->skip)
		if (!add_pair(a, d, tokens, row, e)) {
			cut(a, n, a->n_tables);
			return false;
		}
	return true;
}

int assets_dex_place(const struct json_doc *d, const struct json *perp_dexs, const char *name)
{
	const struct json *dex;

	if (!*name)
		return 0;
	for (uint32_t i = 1; (dex = json_at(perp_dexs, i)); i++)
		if (json_is(d, json_get(d, dex, "name"), name))
			return (int)i;
	return -1;
}

const struct asset *assets_find(const struct assets *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->at[i].name, name) == 0)
			return &a->at[i];
	return NULL;
}

const struct asset *assets_find_symbol(const struct assets *a, const char *symbol)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->at[i].symbol, symbol) == 0)
			return &a->at[i];
	return NULL;
}

const struct asset *assets_at(const struct assets *a, uint32_t id)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->at[i].id == id)
			return &a->at[i];
	return NULL;
}

const struct asset *assets_all(const struct assets *a, size_t *n)
{
	*n = a->n;
	return a->at;
}

const struct margin_tier *assets_tiers(const struct assets *a, const struct asset *of, struct margin_tier *single, unsigned *n)
{
	for (size_t i = 0; i < a->n_tables; i++)
		if (a->tables[i].id == of->margin_table && a->tables[i].dex == of->dex) {
			*n = a->tables[i].n;
			return a->tables[i].tiers;
		}
	*single = (struct margin_tier){ 0, of->max_leverage };
	if (of->margin_table > 0 && of->margin_table < UNLISTED_TABLE)
		single->max_leverage = (uint16_t)of->margin_table;
	*n = 1;
	return single;
}
