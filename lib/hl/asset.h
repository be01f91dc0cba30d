/* SPDX-License-Identifier: MIT
 * Asset numbers, read from the exchange's answers meta, spotMeta and perpDexs: they differ between networks and change. */
#ifndef OCQ_HL_ASSET_H
#define OCQ_HL_ASSET_H

#include "hl/decimal.h"
#include "json/json.h"

#define ASSET_NAME 32			/* bytes of a coin's name, terminator included */
#define ASSET_SPOT 10000u		/* + index of the pair */
#define ASSET_DEX 100000u		/* + 10000 * place of the dex in perpDexs (1..) + index in its universe */
#define ASSET_OUTCOME 100000000u	/* + 10 * outcome + side */

struct asset {
	char name[ASSET_NAME];		/* the coin of messages: "BTC", "dex:NAME", "PURR/USDC", "@107" */
	char symbol[ASSET_NAME];	/* spot: the tokens' names, "HYPE/USDC"; else the name */
	uint32_t id;
	uint16_t dex;			/* its place in perpDexs; 0: the main one */
	uint8_t sz_decimals;
	uint16_t max_leverage;		/* 0 for spot */
	uint32_t margin_table;
	bool delisted, only_isolated, no_margin_removal, spot;
};

struct margin_tier { dec8 lower_bound; uint16_t max_leverage; };	/* notional from here on */

struct assets;
struct assets *assets_new(void);
void assets_free(struct assets *a);
void assets_clear(struct assets *a);	/* as new; pointers into it end */

/* Adds an answer. dex: 0 for the main one, else its place in perpDexs, as assets_dex_place() finds it ("" is 0; -1: no such dex).
 * Every row counts for the numbering, delisted ones too. False: not that answer; nothing has been added. */
bool assets_add_meta(struct assets *a, const struct json_doc *d, const struct json *meta, unsigned dex, struct errmsg *e) MUST_USE;
bool assets_add_spot(struct assets *a, const struct json_doc *d, const struct json *spot_meta, struct errmsg *e) MUST_USE;
int assets_dex_place(const struct json_doc *d, const struct json *perp_dexs, const char *name);

/* NULL: unknown. Names are exact: "btc" is no coin. Valid until the next change. */
const struct asset *assets_find(const struct assets *a, const char *name);
const struct asset *assets_find_symbol(const struct assets *a, const char *symbol);
const struct asset *assets_at(const struct assets *a, uint32_t id);
/* In the order in which they were added. */
const struct asset *assets_all(const struct assets *a, size_t *n);

/* Tiers of an asset's margin table, ascending, at least one. A table that is not listed is one tier, which is then *single. */
const struct margin_tier *assets_tiers(const struct assets *a, const struct asset *of, struct margin_tier *single, unsigned *n);

#endif
