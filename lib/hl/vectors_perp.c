/* SPDX-License-Identifier: MIT
 * Test vectors of perpetual futures: funding, margin, positions, fees. Values are held against the exact ones within a case's
 * tolerance; fees and texts must be the same. */
#include "hl/perp.h"
#include "hl/vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a section names no tolerance: less than any digit that it prints. */
#define TIGHT 1e-12
#define MONEY 1e-6

static dec8 amount(struct vectors *t, const struct json *c, const char *key)
{
	const char *text = vector_text(t, c, key);
	dec8 v = 0;

	if (!dec8_parse(text, strlen(text), &v))
		vector_fail(t, key, "\"%s\" is no amount", text);
	return v;
}

static rate16 rate(struct vectors *t, const struct json *c, const char *key)
{
	const char *text = vector_text(t, c, key);
	rate16 v = 0;

	if (!rate16_parse(text, strlen(text), &v))
		vector_fail(t, key, "\"%s\" is no rate", text);
	return v;
}

static unsigned whole(struct vectors *t, const struct json *c, const char *key)
{
	uint64_t v = 0;

	return vector_u64(t, c, key, &v) && v < 1000000 ? (unsigned)v : 1;
}

static double tolerance(struct vectors *t, const struct json *c, double without)
{
	const struct json *given = json_get(t->doc, c, "tolerance");

	return given ? strtod(vector_text(t, c, "tolerance"), NULL) : without;
}

static void near(struct vectors *t, const struct json *c, const char *key, double got, double within)
{
	const char *want = vector_text(t, c, key);

	if (!(fabs(strtod(want, NULL) - got) <= within))
		vector_fail(t, key, "want %s, got %.17g", want, got);
}

static void near_amount(struct vectors *t, const struct json *c, const char *key, dec8 got, double within)
{
	near(t, c, key, dec8_f64(got), within);
}

static void near_rate(struct vectors *t, const struct json *c, const char *key, rate16 got, double within)
{
	near(t, c, key, (double)got / (double)RATE16_ONE, within);
}

static void same_amount(struct vectors *t, const struct json *c, const char *key, dec8 got)
{
	dec8 want = amount(t, c, key);
	char texts[2][DEC8_TEXT + 1];

	*dec8_put(texts[0], want) = '\0';
	*dec8_put(texts[1], got) = '\0';
	vector_same(t, key, texts[0], texts[1]);
}

static void same_bool(struct vectors *t, const struct json *c, const char *key, bool got)
{
	vector_same(t, key, vector_bool(t, c, key) ? "true" : "false", got ? "true" : "false");
}

static bool is_null(struct vectors *t, const struct json *c, const char *key)
{
	return !vector_text_or_null(t, c, key);
}

static void funding_rate(struct vectors *t, const struct json *c)
{
	rate16 premium = rate(t, c, "average_premium"), f = perp_funding_8h(premium), hourly = perp_funding_hourly(premium);
	double within = tolerance(t, c, TIGHT);

	near_rate(t, c, "rate_8h", f, within);
	near_rate(t, c, "hourly_rate", hourly, within);
	same_bool(t, c, "capped", f > 8 * (RATE16_ONE / 25) || f < -8 * (RATE16_ONE / 25));
}

static void premium(struct vectors *t, const struct json *c)
{
	rate16 got = perp_premium(amount(t, c, "oracle"), amount(t, c, "impact_bid"), amount(t, c, "impact_ask"));

	near_rate(t, c, "premium", got, tolerance(t, c, TIGHT));
}

static void funding_payment(struct vectors *t, const struct json *c)
{
	dec8 got = perp_funding_payment(amount(t, c, "szi"), amount(t, c, "oracle"), rate(t, c, "hourly_rate"));

	near_amount(t, c, "usdc", got, tolerance(t, c, MONEY));
}

static void read_tiers(struct vectors *t, const struct json *c, struct perp_tiers *tiers)
{
	const struct json *table = json_get(t->doc, c, "margin_table"), *row;

	*tiers = (struct perp_tiers){ 0 };
	while (tiers->n < PERP_TIERS && (row = json_at(table, tiers->n))) {
		struct margin_tier *tier = &tiers->at[tiers->n++];

		tier->lower_bound = amount(t, row, "lowerBound");
		tier->max_leverage = (uint16_t)whole(t, row, "maxLeverage");
	}
	if (!tiers->n) {
		vector_fail(t, "margin_table", "no tiers");
		*tiers = (struct perp_tiers){ .n = 1, .at[0].max_leverage = 1 };
	}
}

static void margin(struct vectors *t, const struct json *c)
{
	const struct json *want = json_get(t->doc, c, "expect");
	bool cross = !strcmp(vector_text(t, c, "mode"), "cross"), liquidates;
	dec8 size = amount(t, c, "szi"), entry = amount(t, c, "entry_px"), mark = amount(t, c, "mark_px"), px;
	dec8 ntl = perp_notional(mark, size < 0 ? -size : size), value, maintenance;
	struct perp_position p = { .size = size, .cost = perp_notional(entry, size) };
	double within = tolerance(t, c, MONEY);
	unsigned leverage = whole(t, c, "leverage"), tier;
	struct perp_tiers tiers;
	char index[16];

	read_tiers(t, c, &tiers);
	tier = perp_tier_of(&tiers, ntl);
	if (cross)
		value = amount(t, c, "cash");
	else
		value = perp_initial_margin(p.cost < 0 ? -p.cost : p.cost, leverage) + amount(t, c, "extra_isolated_margin");
	value += perp_pnl(&p, mark);
	maintenance = perp_maintenance(&tiers, ntl);
	near_amount(t, want, "notional", ntl, within);
	near_amount(t, want, "unrealized_pnl", perp_pnl(&p, mark), within);
	near_amount(t, want, "account_or_isolated_value", value, within);
	near_amount(t, want, "initial_margin", perp_initial_margin(ntl, leverage), within);
	snprintf(index, sizeof index, "%u", tier);
	vector_same(t, "tier_index", vector_text(t, want, "tier_index"), index);
	near_rate(t, want, "maintenance_rate", perp_maintenance_rate(&tiers, tier), within);
	near_amount(t, want, "maintenance_deduction", perp_maintenance_deduction(&tiers, tier), within);
	near_amount(t, want, "maintenance_margin", maintenance, within);
	same_bool(t, want, "is_liquidatable", value < maintenance);
	liquidates = perp_liquidation_px(&tiers, size, mark, value - maintenance, &px);
	if (is_null(t, want, "liquidation_px"))
		vector_same(t, "liquidation_px", "null", liquidates ? "a price" : "null");
	else if (liquidates)
		near_amount(t, want, "liquidation_px", px, within);
	else
		vector_same(t, "liquidation_px", vector_text(t, want, "liquidation_px"), "null");
}

/* One fill of a chain; what it did to position and sums. */
static void chain_fill(struct vectors *t, const struct json *c, const struct json *fill, struct perp_position *p, dec8 sums[2])
{
	const struct json *want = json_get(t->doc, fill, "expect");
	bool buy = !strcmp(vector_text(t, fill, "side"), "B");
	dec8 px = amount(t, fill, "px"), sz = amount(t, fill, "sz"), fee;
	struct perp_change change = perp_fill(p, px, buy ? sz : -sz);

	fee = perp_fee(perp_notional(px, sz), rate(t, c, vector_bool(t, fill, "crossed") ? "taker_rate" : "maker_rate"));
	sums[0] += change.closed_pnl;
	sums[1] += fee;
	same_amount(t, want, "start_position", change.start);
	vector_same(t, "dir", vector_text(t, want, "dir"), change.dir);
	near_amount(t, want, "closed_pnl", change.closed_pnl, MONEY);
	same_amount(t, want, "fee", fee);
	same_amount(t, want, "position", p->size);
	if (is_null(t, want, "entry_px"))
		vector_same(t, "entry_px", "null", p->size ? "a price" : "null");
	else
		near_amount(t, want, "entry_px", perp_entry_px(p), MONEY);
}

static void position(struct vectors *t, const struct json *c)
{
	const struct json *fills = json_get(t->doc, c, "fills"), *fill;
	struct perp_position p = { 0 };
	dec8 sums[2] = { 0 };

	for (uint32_t k = 0; (fill = json_at(fills, k)); k++)
		chain_fill(t, c, fill, &p, sums);
	near_amount(t, c, "total_closed_pnl", sums[0], MONEY);
	same_amount(t, c, "total_fees", sums[1]);
}

/* closedPnl, where entry and start are known: the exchange keeps a rounded entry, so the notional's last digits are not ours. */
static void real_closed_pnl(struct vectors *t, const struct json *c, dec8 px, dec8 sz)
{
	struct perp_position p = { .size = amount(t, c, "start_position") };
	struct perp_change change;

	p.cost = perp_notional(amount(t, c, "entry_px"), p.size);
	change = perp_fill(&p, px, p.size > 0 ? -sz : sz);
	near_amount(t, c, "closedPnl", change.closed_pnl, 1e-4 * dec8_f64(perp_notional(px, sz)));
}

/* Rows of which it is known that they follow another rule prove nothing. */
static void real_fills(struct vectors *t, const struct json *c)
{
	dec8 px = amount(t, c, "px"), sz = amount(t, c, "sz"), ntl = perp_notional(px, sz), builder = 0;

	if (json_get(t->doc, c, "rule_agrees") && !vector_bool(t, c, "rule_agrees"))
		return;
	if (!is_null(t, c, "builder_bp_tenths"))
		builder = perp_builder_fee(ntl, whole(t, c, "builder_bp_tenths"));
	same_amount(t, c, "fee", perp_fee(ntl, rate(t, c, "rate")) + builder);
	if (!is_null(t, c, "builderFee"))
		same_amount(t, c, "builderFee", builder);
	if (!is_null(t, c, "closedPnl") && !is_null(t, c, "entry_px") && !is_null(t, c, "start_position"))
		real_closed_pnl(t, c, px, sz);
}

static void fill_dir(struct vectors *t, const struct json *c)
{
	bool buy = !strcmp(vector_text(t, c, "side"), "B");
	dec8 sz = amount(t, c, "sz");

	vector_same(t, "dir", vector_text(t, c, "dir"), perp_dir(amount(t, c, "start_position"), buy ? sz : -sz));
}

const struct vector_section vectors_perp[] = {
	{ "funding_rate", funding_rate, false },
	{ "premium", premium, false },
	{ "funding_payment", funding_payment, false },
	{ "margin", margin, false },
	{ "position", position, false },
	{ "real_fills", real_fills, false },
	{ "fill_dir", fill_dir, false },
	{ 0 }
};
