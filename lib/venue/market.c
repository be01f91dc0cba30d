/* SPDX-License-Identifier: MIT
 * What is traded: the exchange's own answers meta, spotMeta and perpDexs, read from a file, or made for a list of symbols. */
#include "venue/market.h"

#include "base/num.h"
#include "venue/surface.h"

#include <math.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- making one ---- */

/* Coins that everybody knows, with the lots and leverage that the exchange gives them. */
static const struct { const char *name; unsigned sz_decimals, leverage, table; } known[] = {
	{ "BTC", 5, 40, 56 }, { "ETH", 4, 25, 55 }, { "SOL", 2, 20, 54 }, { "XRP", 0, 20, 53 }, { "BNB", 3, 10, 10 },
	{ "DOGE", 0, 10, 10 }, { "AVAX", 2, 10, 10 }, { "LINK", 1, 10, 10 }, { "LTC", 2, 10, 10 }, { "ADA", 0, 10, 10 },
	{ "HYPE", 2, 10, 10 }, { "kPEPE", 0, 10, 10 },
};
#define N_KNOWN (sizeof known / sizeof known[0])

static const char margin_tables[] = "[[56,{\"description\":\"tiered 40x\",\"marginTiers\":[{\"lowerBound\":\"0.0\",\"maxLeverage\":40},"
	"{\"lowerBound\":\"150000000.0\",\"maxLeverage\":20}]}],"
	"[55,{\"description\":\"tiered 25x\",\"marginTiers\":[{\"lowerBound\":\"0.0\",\"maxLeverage\":25},"
	"{\"lowerBound\":\"100000000.0\",\"maxLeverage\":15}]}],"
	"[54,{\"description\":\"tiered 20x\",\"marginTiers\":[{\"lowerBound\":\"0.0\",\"maxLeverage\":20},"
	"{\"lowerBound\":\"70000000.0\",\"maxLeverage\":10}]}],"
	"[53,{\"description\":\"tiered 20x\",\"marginTiers\":[{\"lowerBound\":\"0.0\",\"maxLeverage\":20},"
	"{\"lowerBound\":\"40000000.0\",\"maxLeverage\":10}]}]]";

static const char spot_meta[] = "{\"tokens\":[{\"name\":\"USDC\",\"szDecimals\":8,\"weiDecimals\":8,\"index\":0,"
	"\"tokenId\":\"0x6d1e7cde53ba9467b783cb7c530ce054\",\"isCanonical\":true,\"evmContract\":null,\"fullName\":null,"
	"\"deployerTradingFeeShare\":\"0.0\"},{\"name\":\"PURR\",\"szDecimals\":0,\"weiDecimals\":5,\"index\":1,"
	"\"tokenId\":\"0xc1fb593aeffbeb02f85e0308e9956a90\",\"isCanonical\":true,\"evmContract\":null,\"fullName\":null,"
	"\"deployerTradingFeeShare\":\"0.0\"}],\"universe\":[{\"tokens\":[1,0],\"name\":\"PURR/USDC\",\"index\":0,\"isCanonical\":true}]}";

/* Lots worth about a dollar; prices keep five digits whatever that leaves them. */
static unsigned lots_for(double px)
{
	unsigned n = 0;

	while (n < 5 && px > 2 * pow(10, n))
		n++;
	return n;
}

static void put_coin(struct jsonw *w, const char *name, double px)
{
	unsigned i, decimals = lots_for(px), leverage = 10, table = 10;

	for (i = 0; i < N_KNOWN; i++)
		if (!strcmp(known[i].name, name)) {
			decimals = known[i].sz_decimals;
			leverage = known[i].leverage;
			table = known[i].table;
		}
	jsonw_object(w);
	put_int(w, "szDecimals", decimals);
	jsonw_put_text(w, "name", name);
	put_int(w, "maxLeverage", leverage);
	put_int(w, "marginTableId", table);
	jsonw_end(w);
}

void market_write(struct buf *out, const char *const *name, const double *px, uint32_t n)
{
	struct jsonw w;
	uint32_t i;

	jsonw_init(&w, out, false);
	buf_adds(out, "{\"meta\":");
	jsonw_object(&w);
	jsonw_key(&w, "universe");
	jsonw_array(&w);
	for (i = 0; i < n; i++)
		put_coin(&w, name[i], px ? px[i] : 100);
	jsonw_end(&w);
	buf_addf(out, ",\"marginTables\":%s,\"collateralToken\":0", margin_tables);
	jsonw_end(&w);
	buf_addf(out, ",\"spotMeta\":%s,\"perpDexs\":[null]}", spot_meta);
}

static void write_built_in(struct buf *out)
{
	const char *name[N_KNOWN];
	unsigned i;

	for (i = 0; i < N_KNOWN; i++)
		name[i] = known[i].name;
	market_write(out, name, NULL, N_KNOWN);
}

/* ---- reading one ---- */

static int by_asset(const void *a, const void *b)
{
	const struct asset *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static const struct coin *sorting;

static int by_name(const void *a, const void *b)
{
	return strcmp(sorting[*(const uint32_t *)a].asset.name, sorting[*(const uint32_t *)b].asset.name);
}

static void tell_core(struct exchange *x, const struct assets *all, const struct asset *a)
{
	struct margin_tier single;
	const struct margin_tier *tiers;
	unsigned n;

	tiers = assets_tiers(all, a, &single, &n);
	venue_market(x->core, a, tiers, n < PERP_TIERS ? n : PERP_TIERS);
}

static void make_coins(struct exchange *x, const struct assets *all)
{
	const struct asset *a;
	struct asset *sorted;
	size_t n, i;

	a = assets_all(all, &n);
	sorted = xmalloc((n ? n : 1) * sizeof *sorted);
	memcpy(sorted, a, n * sizeof *a);
	qsort(sorted, n, sizeof *sorted, by_asset);
	x->n_coins = (uint32_t)n;
	x->coin = xcalloc(n ? n : 1, sizeof *x->coin);
	x->by_name = xcalloc(n ? n : 1, sizeof *x->by_name);
	x->touched = xcalloc(n ? n : 1, sizeof *x->touched);
	for (i = 0; i < n; i++) {
		x->coin[i].asset = sorted[i];
		x->coin[i].index = x->by_name[i] = (uint32_t)i;
		tell_core(x, all, &sorted[i]);
	}
	free(sorted);
	sorting = x->coin;
	qsort(x->by_name, n, sizeof *x->by_name, by_name);
	tapes_init(&x->tapes, x->n_coins);
}

const struct json *market_meta(const struct exchange *x, const char *dex)
{
	return *dex ? json_get(&x->market, json_get(&x->market, x->market.tok, "metas"), dex) : x->meta;
}

static bool add_dexs(struct exchange *x, struct assets *all, struct errmsg *e)
{
	const struct json *dexs = json_get(&x->market, x->market.tok, "metas"), *key;
	char name[ASSET_NAME];
	uint32_t i;
	int place;

	if (!dexs || dexs->type != JSON_OBJECT)
		return true;
	for (key = dexs + 1, i = 0; i < dexs->size; i++, key = key + 1 + key[1].skip) {
		if (!json_str(&x->market, key, name, sizeof name))
			return errmsg_set(e, "a dex of \"metas\" has too long a name");
		place = assets_dex_place(&x->market, x->perp_dexs, name);
		if (place < 1)
			return errmsg_set(e, "\"perpDexs\" has no dex %s", name);
		if (!assets_add_meta(all, &x->market, key + 1, (unsigned)place, e))
			return false;
	}
	return true;
}

static bool add_all(struct exchange *x, struct assets *all, struct errmsg *e)
{
	x->meta = json_get(&x->market, x->market.tok, "universe") ? x->market.tok : json_get(&x->market, x->market.tok, "meta");
	x->spot_meta = json_get(&x->market, x->market.tok, "spotMeta");
	x->perp_dexs = json_get(&x->market, x->market.tok, "perpDexs");
	return assets_add_meta(all, &x->market, x->meta, 0, e) && (!x->spot_meta || assets_add_spot(all, &x->market, x->spot_meta, e))
		&& add_dexs(x, all, e);
}

/* Names find coins, and the core divides by leverages. */
static bool check_coins(const struct exchange *x, struct errmsg *e)
{
	const struct asset *a, *before;
	uint32_t i;

	for (i = 0; i < x->n_coins; i++) {
		a = &x->coin[x->by_name[i]].asset;
		before = i ? &x->coin[x->by_name[i - 1]].asset : NULL;
		if (!*a->name || (!a->spot && !a->max_leverage))
			return errmsg_set(e, "asset %" PRIu32 " has no name or a maxLeverage of 0", a->id);
		if (before && !strcmp(before->name, a->name))
			return errmsg_set(e, "two assets are called %s", a->name);
	}
	return true;
}

bool market_read(struct exchange *x, const char *text, struct errmsg *e)
{
	struct assets *all = assets_new();
	bool ok;

	if (text)
		buf_adds(&x->market_text, text);
	else
		write_built_in(&x->market_text);
	ok = json_parse(&x->market, x->market_text.data, x->market_text.len, e) && add_all(x, all, e);
	if (ok)
		make_coins(x, all);
	assets_free(all);
	return ok && check_coins(x, e);
}

void market_close(struct exchange *x)
{
	uint32_t i;
	int k;

	for (i = 0; i < x->n_coins; i++) {
		free(x->coin[i].rates);
		for (k = 0; k < (int)N_CHANNELS; k++)
			free(x->coin[i].subs[k].at);
		for (k = 0; k < INTERVAL_COUNT; k++)
			free(x->coin[i].candles[k].at);
	}
	tapes_release(&x->tapes);
	free(x->coin);
	free(x->by_name);
	free(x->touched);
	json_release(&x->market);
	buf_release(&x->market_text);
}

/* ---- finding ---- */

struct coin *coin_named(const struct exchange *x, const char *name)
{
	uint32_t low = 0, high = x->n_coins, mid;
	int order;

	while (low < high) {
		mid = (low + high) / 2;
		order = strcmp(name, x->coin[x->by_name[mid]].asset.name);
		if (!order)
			return &x->coin[x->by_name[mid]];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

struct coin *coin_at(const struct exchange *x, uint32_t asset)
{
	uint32_t low = 0, high = x->n_coins, mid;

	if (asset < x->n_coins && x->coin[asset].asset.id == asset)
		return &x->coin[asset];
	while (low < high) {
		mid = (low + high) / 2;
		if (x->coin[mid].asset.id == asset)
			return &x->coin[mid];
		if (asset < x->coin[mid].asset.id)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

bool of_dex(const struct coin *c, const char *dex)
{
	const char *colon = strchr(c->asset.name, ':');

	if (c->asset.spot)
		return false;
	return *dex ? colon && !strncmp(c->asset.name, dex, (size_t)(colon - c->asset.name)) && !dex[colon - c->asset.name] : !colon;
}

bool dex_known(const struct exchange *x, const char *dex)
{
	return !*dex || market_meta(x, dex) != NULL;
}
