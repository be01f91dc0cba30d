/* SPDX-License-Identifier: MIT
 * Answers of /info about accounts, and the rows that pushes have too. Somebody unknown has an empty account. */
#include "venue/info.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define FUNDINGS_MOST 500
#define BUDGET_START 10000

const char *coin_text(const struct exchange *x, uint32_t asset)
{
	const struct coin *c = coin_at(x, asset);

	return c ? c->asset.name : "?";
}

void put_flag(struct jsonw *w, const char *key, bool v)
{
	jsonw_key(w, key);
	jsonw_bool(w, v);
}

void put_null(struct jsonw *w, const char *key)
{
	jsonw_key(w, key);
	jsonw_null(w);
}

void put_cloid(struct jsonw *w, const unsigned char cloid[16])
{
	char text[CLOID_TEXT];

	cloid_put(text, cloid);
	jsonw_put_text(w, "cloid", text);
}

/* ---- whose ---- */

bool info_user(const struct info *i, struct address *a, struct person **p)
{
	char text[64];

	if (!json_str(i->d, json_get(i->d, i->v, "user"), text, sizeof text) || !address_parse(text, strlen(text), a))
		return false;
	*p = person_find(&i->x->people, a);
	if (*p && !(*p)->account)
		*p = NULL;
	return true;
}

/* ---- funding, ledger ---- */

void funding_members(struct jsonw *w, const struct exchange *x, const struct venue_funding *f)
{
	jsonw_put_text(w, "coin", coin_text(x, f->asset));
	put_dec(w, "usdc", f->usdc);
	put_dec(w, "szi", f->size);
	put_rate(w, "fundingRate", f->rate);
	put_null(w, "nSamples");
}

int64_t funding_row_time(const struct exchange *x, const struct venue_funding *f)
{
	const struct coin *c = coin_at(x, f->asset);

	return c ? funding_time(x, c, f->t_ms) : f->t_ms;
}

static void user_funding_row(struct jsonw *w, const struct exchange *x, const struct venue_funding *f)
{
	static const unsigned char none[32];

	jsonw_object(w);
	put_int(w, "time", funding_row_time(x, f));
	put_hash(w, none);
	jsonw_key(w, "delta");
	jsonw_object(w);
	jsonw_put_text(w, "type", "funding");
	funding_members(w, x, f);
	jsonw_end(w);
	jsonw_end(w);
}

static bool time_or_nothing(const struct info *i, const char *key, int64_t *t_ms)
{
	const struct json *v = json_get(i->d, i->v, key);

	return !v || v->type == JSON_NULL || json_i64(i->d, v, t_ms);
}

/* Clients leave the start out, too. */
static bool open_range(const struct info *i, int64_t *from_ms, int64_t *to_ms)
{
	*from_ms = INT64_MIN;
	*to_ms = INT64_MAX;
	return time_or_nothing(i, "startTime", from_ms) && time_or_nothing(i, "endTime", to_ms);
}

int info_user_funding(struct info *i)
{
	const struct venue_funding *f;
	int64_t from_ms, to_ms;
	struct address a;
	struct person *p;
	unsigned n = 0, k, rows = 0;

	if (!info_user(i, &a, &p) || !open_range(i, &from_ms, &to_ms))
		return 422;
	while (p && venue_funding(p->account, n))
		n++;
	jsonw_array(&i->w);
	for (k = n; k-- > 0 && rows < FUNDINGS_MOST; ) {
		f = venue_funding(p->account, k);
		if (funding_row_time(i->x, f) < from_ms || funding_row_time(i->x, f) > to_ms)
			continue;
		user_funding_row(&i->w, i->x, f);
		rows++;
	}
	jsonw_end(&i->w);
	i->rows = rows;
	return 200;
}

static void liquidation_delta(struct jsonw *w, const struct exchange *x, const struct venue_ledger *l)
{
	jsonw_put_text(w, "type", "liquidation");
	put_dec(w, "liquidatedNtlPos", l->usdc);
	put_dec(w, "accountValue", l->account_value);
	jsonw_put_text(w, "leverageType", l->isolated ? "Isolated" : "Cross");
	jsonw_key(w, "liquidatedPositions");
	jsonw_array(w);
	for (unsigned k = 0; k < l->n_liquidated; k++) {
		jsonw_object(w);
		jsonw_put_text(w, "coin", coin_text(x, l->liquidated[k].asset));
		put_dec(w, "szi", l->liquidated[k].size);
		jsonw_end(w);
	}
	jsonw_end(w);
}

void ledger_row(struct jsonw *w, const struct exchange *x, const struct venue_ledger *l)
{
	dec8 size = l->usdc < 0 ? -l->usdc : l->usdc;

	jsonw_object(w);
	put_int(w, "time", l->t_ms);
	put_hash(w, l->hash);
	jsonw_key(w, "delta");
	jsonw_object(w);
	switch (l->kind) {
	case VENUE_LIQUIDATION:
		liquidation_delta(w, x, l);
		break;
	case VENUE_CLASS_TRANSFER:
		jsonw_put_text(w, "type", "accountClassTransfer");
		put_dec(w, "usdc", size);
		put_flag(w, "toPerp", l->usdc > 0);
		break;
	case VENUE_SUB_TRANSFER:
	case VENUE_INTERNAL_TRANSFER:
		jsonw_put_text(w, "type", l->kind == VENUE_SUB_TRANSFER ? "subAccountTransfer" : "internalTransfer");
		put_dec(w, "usdc", size);
		put_address(w, "user", &l->from);
		put_address(w, "destination", &l->to);
		if (l->kind == VENUE_INTERNAL_TRANSFER)
			put_dec(w, "fee", 0);
		break;
	case VENUE_WITHDRAW:
		jsonw_put_text(w, "type", "withdraw");
		put_dec(w, "usdc", size);
		put_int(w, "nonce", l->t_ms);
		put_dec(w, "fee", 0);
		break;
	default:
		jsonw_put_text(w, "type", "deposit");
		put_dec(w, "usdc", size);
	}
	jsonw_end(w);
	jsonw_end(w);
}

int info_ledger(struct info *i)
{
	const struct venue_ledger *l;
	int64_t from_ms, to_ms;
	struct address a;
	struct person *p;
	unsigned n = 0, k, rows = 0;

	if (!info_user(i, &a, &p) || !open_range(i, &from_ms, &to_ms))
		return 422;
	while (p && venue_ledger(p->account, n))
		n++;
	jsonw_array(&i->w);
	for (k = n; k-- > 0 && rows < FUNDINGS_MOST; ) {
		l = venue_ledger(p->account, k);
		if (l->t_ms < from_ms || l->t_ms > to_ms)
			continue;
		ledger_row(&i->w, i->x, l);
		rows++;
	}
	jsonw_end(&i->w);
	i->rows = rows;
	return 200;
}

/* ---- positions and balances ---- */

static void put_summary(struct jsonw *w, const char *key, const struct venue_summary *s)
{
	jsonw_key(w, key);
	jsonw_object(w);
	put_dec(w, "accountValue", s->account_value);
	put_dec(w, "totalNtlPos", s->total_ntl);
	put_dec(w, "totalRawUsd", s->raw_usd);
	put_dec(w, "totalMarginUsed", s->margin_used);
	jsonw_end(w);
}

static void put_leverage(struct jsonw *w, bool cross, unsigned value, dec8 raw_usd)
{
	jsonw_key(w, "leverage");
	jsonw_object(w);
	jsonw_put_text(w, "type", cross ? "cross" : "isolated");
	put_int(w, "value", value);
	if (!cross)
		put_dec(w, "rawUsd", raw_usd);
	jsonw_end(w);
}

static void put_position(struct jsonw *w, const struct exchange *x, const struct venue_position *p)
{
	const struct coin *c = coin_at(x, p->asset);

	jsonw_object(w);
	jsonw_put_text(w, "type", "oneWay");
	jsonw_key(w, "position");
	jsonw_object(w);
	jsonw_put_text(w, "coin", c->asset.name);
	put_dec(w, "szi", p->size);
	put_leverage(w, p->cross, p->leverage, p->raw_usd);
	put_dec(w, "entryPx", p->entry_px);
	put_dec(w, "positionValue", p->value);
	put_dec(w, "unrealizedPnl", p->pnl);
	put_rate(w, "returnOnEquity", p->return_on_equity);
	if (p->has_liquidation_px)
		put_dec(w, "liquidationPx", p->liquidation_px);
	else
		put_null(w, "liquidationPx");
	put_dec(w, "marginUsed", p->margin_used);
	put_int(w, "maxLeverage", c->asset.max_leverage);
	jsonw_key(w, "cumFunding");
	jsonw_object(w);
	put_dec(w, "allTime", p->funding_all);
	put_dec(w, "sinceOpen", p->funding_open);
	put_dec(w, "sinceChange", p->funding_change);
	jsonw_end(w);
	jsonw_end(w);
	jsonw_end(w);
}

/* One margin stands behind the positions of all dexs; the main one shows it. */
void account_state(struct jsonw *w, const struct exchange *x, const struct person *p, const char *dex)
{
	struct venue_state s = { 0 };
	struct venue_position position;
	unsigned k;

	if (p && p->account && !*dex)
		venue_state(x->core, p->account, &s);
	jsonw_object(w);
	put_summary(w, "marginSummary", &s.all);
	put_summary(w, "crossMarginSummary", &s.cross);
	put_dec(w, "crossMaintenanceMarginUsed", s.cross_maintenance);
	put_dec(w, "withdrawable", s.withdrawable);
	jsonw_key(w, "assetPositions");
	jsonw_array(w);
	for (k = 0; p && p->account && venue_position(x->core, p->account, k, &position); k++)
		if (of_dex(coin_at(x, position.asset), dex))
			put_position(w, x, &position);
	jsonw_end(w);
	put_int(w, "time", exchange_now(x));
	jsonw_end(w);
}

int info_state(struct info *i)
{
	char dex[ASSET_NAME];
	struct address a;
	struct person *p;
	int status = info_dex(i, dex);

	if (!info_user(i, &a, &p))
		return 422;
	if (status == 200)
		account_state(&i->w, i->x, p, dex);
	return status;
}

void spot_state(struct jsonw *w, const struct person *p)
{
	jsonw_object(w);
	jsonw_key(w, "balances");
	jsonw_array(w);
	if (p && p->account) {
		jsonw_object(w);
		jsonw_put_text(w, "coin", "USDC");
		put_int(w, "token", 0);
		put_dec(w, "total", p->spot_usdc);
		put_dec(w, "hold", 0);
		put_dec(w, "entryNtl", 0);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
}

int info_spot_state(struct info *i)
{
	struct address a;
	struct person *p;

	if (!info_user(i, &a, &p))
		return 422;
	spot_state(&i->w, p);
	return 200;
}

void asset_data(struct jsonw *w, const struct exchange *x, const struct person *p, const struct address *user, const struct coin *c)
{
	unsigned most = c->asset.max_leverage;
	struct venue_setting s = { .cross = !c->asset.only_isolated, .leverage = most < 20 ? most : 20 };
	struct venue_market_state m = { 0 };

	if (p && p->account)
		venue_setting(x->core, p->account, c->asset.id, &s);
	venue_market_state(x->core, c->asset.id, &m);
	jsonw_object(w);
	put_address(w, "user", user);
	jsonw_put_text(w, "coin", c->asset.name);
	put_leverage(w, s.cross, s.leverage, s.raw_usd);
	jsonw_key(w, "maxTradeSzs");
	jsonw_array(w);
	put_dec_value(w, s.max_buy);
	put_dec_value(w, s.max_sell);
	jsonw_end(w);
	jsonw_key(w, "availableToTrade");
	jsonw_array(w);
	put_dec_value(w, s.free_buy);
	put_dec_value(w, s.free_sell);
	jsonw_end(w);
	put_dec(w, "markPx", m.mark);
	jsonw_end(w);
}

int info_asset_data(struct info *i)
{
	struct address a;
	struct person *p;
	struct coin *c;
	char name[64];

	if (!info_user(i, &a, &p) || !json_str(i->d, json_get(i->d, i->v, "coin"), name, sizeof name))
		return 422;
	c = coin_named(i->x, name);
	if (!c)
		return 500;
	asset_data(&i->w, i->x, p, &a, c);
	return 200;
}

/* What nobody has here: TWAP orders. */
int info_nothing(struct info *i)
{
	struct address a;
	struct person *p;

	if (!info_user(i, &a, &p))
		return 422;
	jsonw_array(&i->w);
	jsonw_end(&i->w);
	return 200;
}

/* ---- who somebody is ---- */

static void put_role(struct jsonw *w, const char *role, const char *key, const struct person *of)
{
	jsonw_object(w);
	jsonw_put_text(w, "role", role);
	if (of) {
		jsonw_key(w, "data");
		jsonw_object(w);
		jsonw_put_text(w, key, of->text);
		jsonw_end(w);
	}
	jsonw_end(w);
}

int info_role(struct info *i)
{
	struct person *p, *master;
	struct address a;
	bool agent;

	if (!info_user(i, &a, &p))
		return 422;
	master = person_signing(&i->x->people, &a, exchange_now(i->x), &agent);
	if (master && agent)
		put_role(&i->w, "agent", "user", master);
	else if (!p)
		put_role(&i->w, "missing", NULL, NULL);
	else if (p->role == ROLE_SUB)
		put_role(&i->w, "subAccount", "master", p->master);
	else
		put_role(&i->w, p->role == ROLE_VAULT ? "vault" : "user", NULL, NULL);
	return 200;
}

int info_agents(struct info *i)
{
	struct address a;
	struct person *p;
	unsigned k;

	if (!info_user(i, &a, &p))
		return 422;
	jsonw_array(&i->w);
	for (k = 0; p && k < p->n_agents; k++) {
		if (!*p->agents[k].name || p->agents[k].valid_until_ms <= exchange_now(i->x))
			continue;
		jsonw_object(&i->w);
		jsonw_put_text(&i->w, "name", p->agents[k].name);
		put_address(&i->w, "address", &p->agents[k].address);
		put_int(&i->w, "validUntil", p->agents[k].valid_until_ms);
		jsonw_end(&i->w);
	}
	jsonw_end(&i->w);
	return 200;
}

int info_abstraction(struct info *i)
{
	struct address a;
	struct person *p;

	if (!info_user(i, &a, &p))
		return 422;
	jsonw_str(&i->w, p ? p->abstraction : "default");
	return 200;
}

int info_builder_fee(struct info *i)
{
	char text[64];
	struct address a, builder;
	struct person *p;
	int tenths;

	if (!info_user(i, &a, &p) || !json_str(i->d, json_get(i->d, i->v, "builder"), text, sizeof text)
	    || !address_parse(text, strlen(text), &builder))
		return 422;
	tenths = p ? approval_of(p, &builder) : -1;
	jsonw_i64(&i->w, tenths < 0 ? 0 : tenths);
	return 200;
}

int info_sub_accounts(struct info *i)
{
	struct person *p, *sub;
	struct address a;
	size_t k;

	if (!info_user(i, &a, &p))
		return 422;
	if (!p || !p->n_subs) {
		jsonw_null(&i->w);
		return 200;
	}
	jsonw_array(&i->w);
	for (k = 0; k < i->x->people.n; k++) {
		sub = i->x->people.order[k];
		if (sub->role != ROLE_SUB || sub->master != p)
			continue;
		jsonw_object(&i->w);
		jsonw_put_text(&i->w, "name", sub->name);
		jsonw_put_text(&i->w, "subAccountUser", sub->text);
		jsonw_put_text(&i->w, "master", p->text);
		jsonw_key(&i->w, "clearinghouseState");
		account_state(&i->w, i->x, sub, "");
		jsonw_key(&i->w, "spotState");
		spot_state(&i->w, sub);
		jsonw_end(&i->w);
	}
	jsonw_end(&i->w);
	return 200;
}

/* ---- fees and requests ---- */

static void put_day(struct jsonw *w, int64_t t_ms, dec8 volume)
{
	char day[CLOCK_TEXT_MAX];

	*clock_put(day, t_ms - t_ms % 86400000) = 0;
	day[10] = 0;
	jsonw_object(w);
	jsonw_put_text(w, "date", day);
	put_dec(w, "userCross", volume);
	put_dec(w, "userAdd", 0);
	put_dec(w, "exchange", volume);
	jsonw_end(w);
}

static const char fee_schedule[] = "{\"cross\":\"0.00045\",\"add\":\"0.00015\",\"spotCross\":\"0.0007\",\"spotAdd\":\"0.0004\","
	"\"tiers\":{\"vip\":[{\"ntlCutoff\":\"5000000.0\",\"cross\":\"0.0004\",\"add\":\"0.00012\",\"spotCross\":\"0.0006\","
	"\"spotAdd\":\"0.0003\"}],"
	"\"mm\":[{\"makerFractionCutoff\":\"0.005\",\"add\":\"-0.00001\"}]},\"referralDiscount\":\"0.04\","
	"\"stakingDiscountTiers\":[{\"bpsOfMaxSupply\":\"0.0\",\"discount\":\"0.0\"}]}";

int info_fees(struct info *i)
{
	struct jsonw *w = &i->w;
	struct address a;
	struct person *p;

	if (!info_user(i, &a, &p))
		return 422;
	jsonw_object(w);
	jsonw_key(w, "dailyUserVlm");
	jsonw_array(w);
	put_day(w, exchange_now(i->x), p ? venue_volume(p->account) : 0);
	jsonw_end(w);
	buf_addf(w->out, ",\"feeSchedule\":%s", fee_schedule);
	put_rate(w, "userCrossRate", p ? venue_taker(p->account) : i->x->opt.rules.taker);
	put_rate(w, "userAddRate", p ? venue_maker(p->account) : i->x->opt.rules.maker);
	jsonw_put_text(w, "userSpotCrossRate", "0.0007");
	jsonw_put_text(w, "userSpotAddRate", "0.0004");
	jsonw_put_text(w, "activeReferralDiscount", "0.0");
	put_null(w, "trial");
	jsonw_put_text(w, "feeTrialEscrow", "0.0");
	put_null(w, "nextTrialAvailableTimestamp");
	put_null(w, "stakingLink");
	jsonw_key(w, "activeStakingDiscount");
	jsonw_object(w);
	jsonw_put_text(w, "bpsOfMaxSupply", "0.0");
	jsonw_put_text(w, "discount", "0.0");
	jsonw_end(w);
	jsonw_end(w);
	return 200;
}

int info_rate_limit(struct info *i)
{
	struct address a;
	struct person *p;
	dec8 volume;

	if (!info_user(i, &a, &p))
		return 422;
	volume = p ? venue_volume(p->account) : 0;
	jsonw_object(&i->w);
	put_dec(&i->w, "cumVlm", volume);
	jsonw_put_u64(&i->w, "nRequestsUsed", p ? p->requests : 0);
	jsonw_put_u64(&i->w, "nRequestsCap", limits_scaled(i->x->limits, BUDGET_START) + (uint64_t)(volume / DEC8_ONE));
	jsonw_put_u64(&i->w, "nRequestsSurplus", p ? p->surplus : 0);
	jsonw_end(&i->w);
	return 200;
}
