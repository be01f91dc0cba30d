/* SPDX-License-Identifier: MIT
 * The exchange's objects and the records that they become: a table for each. */
#include "hl/rows.h"

#include "hl/asset.h"

#include <stddef.h>

#define AT(rec, key, kind, member) { key, FIELD_##kind, offsetof(struct rec_##rec, member), false }
#define MAY(rec, key, kind, member) { key, FIELD_##kind, offsetof(struct rec_##rec, member), true }

#define HOUR_MS 3600000

_Static_assert(ASSET_NAME == SYMBOL_MAX, "a market's name is a symbol");

const struct field candle_fields[] = {
	AT(candle, "t", INT, t_ms), AT(candle, "T", INT, t_close_ms), AT(candle, "s", SYM, symbol), AT(candle, "i", TEXT, interval),
	AT(candle, "o", DEC, o), AT(candle, "c", DEC, c), AT(candle, "h", DEC, h), AT(candle, "l", DEC, l), AT(candle, "v", DEC, v),
	AT(candle, "n", INT, n), { 0 }
};

static const struct field bbo_fields[] = { AT(bbo, "coin", SYM, symbol), AT(bbo, "time", INT, t_ms), { 0 } };

static const struct field level_fields[] = { AT(level, "px", DEC, px), AT(level, "sz", DEC, sz), MAY(level, "n", COUNT, n), { 0 } };
static const struct field book_fields[] = { AT(level, "coin", SYM, symbol), AT(level, "time", INT, t_ms), { 0 } };

static const struct field rate_fields[] = {
	AT(rate, "coin", SYM, symbol), AT(rate, "time", INT, t_ms), AT(rate, "fundingRate", DEC, rate), { 0 }
};

static const struct field context_fields[] = {
	AT(context, "markPx", DEC, mark_px), MAY(context, "oraclePx", DEC, oracle_px), MAY(context, "midPx", DEC, mid_px),
	MAY(context, "funding", DEC, funding), MAY(context, "openInterest", DEC, open_interest),
	MAY(context, "prevDayPx", DEC, prev_day_px), MAY(context, "dayNtlVlm", DEC, day_ntl_vlm), { 0 }
};

static const struct field account_fields[] = {
	AT(account, "time", INT, t_ms), AT(account, "crossMaintenanceMarginUsed", DEC, cross_maintenance),
	AT(account, "withdrawable", DEC, withdrawable), { 0 }
};
static const struct field summary_fields[] = {
	AT(account, "accountValue", DEC, account_value), AT(account, "totalNtlPos", DEC, total_ntl_pos),
	AT(account, "totalRawUsd", DEC, total_raw_usd), AT(account, "totalMarginUsed", DEC, total_margin_used), { 0 }
};
static const struct field cross_fields[] = {
	AT(account, "accountValue", DEC, cross_account_value), AT(account, "totalMarginUsed", DEC, cross_margin_used), { 0 }
};

static const struct field position_fields[] = {
	AT(position, "coin", SYM, symbol), AT(position, "szi", DEC, szi), MAY(position, "entryPx", DEC, entry_px),
	AT(position, "positionValue", DEC, value), AT(position, "unrealizedPnl", DEC, unrealized_pnl),
	MAY(position, "liquidationPx", DEC, liquidation_px), AT(position, "marginUsed", DEC, margin_used),
	MAY(position, "maxLeverage", COUNT, max_leverage), { 0 }
};
static const struct field leverage_fields[] = { AT(position, "value", DEC, leverage), { 0 } };
static const struct field paid_fields[] = { MAY(position, "sinceOpen", DEC, funding_since_open), { 0 } };

static const struct field balance_fields[] = {
	AT(balance, "coin", SYM, symbol), AT(balance, "total", DEC, total), AT(balance, "hold", DEC, hold), { 0 }
};

static const struct field order_fields[] = {
	AT(order, "coin", SYM, symbol), AT(order, "side", SIDE, side), AT(order, "limitPx", DEC, px), AT(order, "sz", DEC, sz),
	AT(order, "oid", DIGITS, oid), AT(order, "timestamp", INT, t_ms), AT(order, "origSz", DEC, orig_sz),
	MAY(order, "cloid", ID, cloid), MAY(order, "reduceOnly", FLAG, reduce_only), MAY(order, "triggerPx", DEC, trigger_px), { 0 }
};
static const struct field state_fields[] = { AT(order, "status", TEXT, status), AT(order, "statusTimestamp", INT, t_ms), { 0 } };

static const struct field fill_fields[] = {
	AT(fill, "coin", SYM, symbol), AT(fill, "px", DEC, px), AT(fill, "sz", DEC, sz), AT(fill, "side", SIDE, side),
	AT(fill, "time", INT, t_ms), AT(fill, "startPosition", DEC, start_position), AT(fill, "dir", TEXT, dir),
	AT(fill, "closedPnl", DEC, closed_pnl), AT(fill, "hash", TEXT, hash), AT(fill, "oid", DIGITS, oid),
	AT(fill, "crossed", FLAG, crossed), AT(fill, "fee", DEC, fee), AT(fill, "tid", DIGITS, tid),
	MAY(fill, "feeToken", TEXT, fee_token), MAY(fill, "cloid", ID, cloid), { 0 }
};

static const struct field payment_fields[] = {
	AT(funding, "coin", SYM, symbol), AT(funding, "usdc", DEC, usdc), AT(funding, "szi", DEC, szi),
	AT(funding, "fundingRate", DEC, rate), { 0 }
};
static const struct field payment_time[] = { AT(funding, "time", INT, t_ms), { 0 } };

static const struct field ledger_fields[] = { AT(ledger, "time", INT, t_ms), MAY(ledger, "hash", TEXT, hash), { 0 } };
static const struct field delta_fields[] = { AT(ledger, "type", TEXT, what), MAY(ledger, "usdc", DEC, usdc), { 0 } };

static const struct field cancelled_fields[] = { AT(cancelled, "coin", SYM, symbol), AT(cancelled, "oid", DIGITS, oid), { 0 } };
static const struct field liquidation_fields[] = {
	AT(liquidation, "lid", DIGITS, lid), AT(liquidation, "liquidator", TEXT, liquidator),
	AT(liquidation, "liquidated_user", TEXT, liquidated), AT(liquidation, "liquidated_ntl_pos", DEC, ntl_pos),
	AT(liquidation, "liquidated_account_value", DEC, account_value), { 0 }
};

static const struct field fees_fields[] = {
	AT(fees, "userCrossRate", DEC, taker), AT(fees, "userAddRate", DEC, maker), MAY(fees, "userSpotCrossRate", DEC, spot_taker),
	MAY(fees, "userSpotAddRate", DEC, spot_maker), { 0 }
};
static const struct field budget_fields[] = {
	AT(budget, "cumVlm", DEC, volume), AT(budget, "nRequestsUsed", COUNT, used), AT(budget, "nRequestsCap", COUNT, cap), { 0 }
};
static const struct field role_fields[] = { AT(role, "role", TEXT, role), { 0 } };
static const struct field agent_fields[] = {
	MAY(agent, "name", TEXT, name), AT(agent, "address", TEXT, address), MAY(agent, "validUntil", INT, valid_until_ms), { 0 }
};
static const struct field venue_fields[] = { AT(venue, "time", INT, t_ms), { 0 } };

/* ---- helpers ---- */

void rows_emit(struct rows *r, enum record_type type)
{
	r->record->type = type;
	r->fn(r->arg, r->record);
}

static bool read_fields(struct rows *r, const struct json *object, const struct field *table)
{
	return fields_read(r->doc, object, table, &r->record->u, r->e);
}

static const struct json *get(const struct rows *r, const struct json *object, const char *key)
{
	return json_get(r->doc, object, key);
}

/* Calls fn for each element of the list. */
static bool each(struct rows *r, const struct json *list, rows_fn *fn)
{
	const struct json *v;

	if (!list || list->type != JSON_ARRAY)
		return errmsg_set(r->e, "what should be a list is none");
	v = list + 1;
	for (uint32_t i = 0; i < list->size; i++, v += v->skip) {
		r->n++;
		if (!fn(r, v))
			return false;
	}
	return true;
}

/* One object whose members are the record's. */
static bool plain(struct rows *r, const struct json *v, const struct field *table, enum record_type type)
{
	if (!read_fields(r, v, table))
		return false;
	rows_emit(r, type);
	return true;
}

/* A value's JSON as it stands, "" if it is missing, null or too long. */
static void copy_json(const struct rows *r, const struct json *v, char *dst, size_t cap)
{
	size_t quotes = v && v->type == JSON_STRING, n;

	*dst = '\0';
	if (!v || v->type == JSON_NULL)
		return;
	n = v->end - v->start + 2 * quotes;
	if (n < cap)
		*(char *)mempcpy(dst, r->doc->text + v->start - quotes, n) = '\0';
}

/* ---- markets ---- */

static bool read_context(struct rows *r, const struct json *v)
{
	r->record->u.context.t_ms = r->now_ms;
	return plain(r, v, context_fields, REC_context);
}

static void emit_market(struct rows *r, const struct asset *from)
{
	struct rec_asset *to = &r->record->u.asset;

	*to = (struct rec_asset){ .id = from->id, .sz_decimals = from->sz_decimals, .max_leverage = from->max_leverage,
				  .delisted = from->delisted, .only_isolated = from->only_isolated };
	strcpy(to->symbol, from->name);
	rows_emit(r, REC_asset);
	r->n++;
}

/* Every market, with its context behind it where there are some. */
static bool read_markets(struct rows *r, const struct json *meta, const struct json *contexts)
{
	struct assets *all = assets_new();
	const struct asset *a;
	size_t n = 0;
	bool ok = assets_add_meta(all, r->doc, meta, 0, r->e);

	a = assets_all(all, &n);
	if (ok && contexts && (contexts->type != JSON_ARRAY || contexts->size != n))
		ok = errmsg_set(r->e, "there are %zu markets, and not as many contexts", n);
	for (size_t i = 0; ok && i < n; i++) {
		emit_market(r, &a[i]);
		if (!contexts)
			continue;
		strcpy(r->record->u.context.symbol, a[i].name);
		ok = read_context(r, json_at(contexts, (uint32_t)i));
	}
	assets_free(all);
	return ok;
}

bool rows_meta(struct rows *r, const struct json *v)
{
	return read_markets(r, v, NULL);
}

bool rows_meta_ctxs(struct rows *r, const struct json *v)
{
	const struct json *contexts = json_at(v, 1);

	return contexts ? read_markets(r, json_at(v, 0), contexts) : errmsg_set(r->e, "what should be a pair is none");
}

bool rows_context(struct rows *r, const struct json *v)
{
	return field_read(r->doc, get(r, v, "coin"), "coin", FIELD_SYM, r->record->u.context.symbol, r->e) &&
	       read_context(r, get(r, v, "ctx"));
}

bool rows_mids(struct rows *r, const struct json *v)
{
	struct rec_mid *mid = &r->record->u.mid;
	const struct json *key;

	if (!v || v->type != JSON_OBJECT)
		return errmsg_set(r->e, "mids are not an object");
	mid->t_ms = r->now_ms;
	key = v + 1;
	for (uint32_t i = 0; i < v->size; i++, key += 1 + key[1].skip) {
		if (++r->n <= r->skip)
			continue;
		if (!field_read(r->doc, key, "symbol", FIELD_SYM, mid->symbol, r->e) ||
		    !field_read(r->doc, key + 1, mid->symbol, FIELD_DEC, &mid->px, r->e))
			return false;
		rows_emit(r, REC_mid);
	}
	return true;
}

/* A side that nobody is on is null. */
static bool read_side(struct rows *r, const struct json *v, double *px, double *sz)
{
	*px = *sz = 0;
	return (v && v->type == JSON_NULL) ||
	       (field_read(r->doc, get(r, v, "px"), "px", FIELD_DEC, px, r->e) &&
		field_read(r->doc, get(r, v, "sz"), "sz", FIELD_DEC, sz, r->e));
}

bool rows_bbo(struct rows *r, const struct json *v)
{
	struct rec_bbo *bbo = &r->record->u.bbo;
	const struct json *sides = get(r, v, "bbo");

	if (!read_fields(r, v, bbo_fields))
		return false;
	if (!sides || sides->type != JSON_ARRAY || sides->size != 2)
		return errmsg_set(r->e, "\"bbo\" is not a pair");
	if (!read_side(r, json_at(sides, 0), &bbo->bid, &bbo->bid_sz) || !read_side(r, json_at(sides, 1), &bbo->ask, &bbo->ask_sz))
		return false;
	rows_emit(r, REC_bbo);
	return true;
}

static bool read_level(struct rows *r, const struct json *v)
{
	return plain(r, v, level_fields, REC_level);
}

/* null: there is no such market. */
bool rows_book(struct rows *r, const struct json *v)
{
	const struct json *levels = get(r, v, "levels");

	if (v && v->type == JSON_NULL)
		return true;
	if (!read_fields(r, v, book_fields))
		return false;
	if (!levels || levels->type != JSON_ARRAY || levels->size != 2)
		return errmsg_set(r->e, "\"levels\" is not a pair");
	strcpy(r->record->u.level.side, "B");
	if (!each(r, json_at(levels, 0), read_level))
		return false;
	strcpy(r->record->u.level.side, "A");
	return each(r, json_at(levels, 1), read_level);
}

bool rows_candle(struct rows *r, const struct json *v)
{
	return plain(r, v, candle_fields, REC_candle);
}

static bool read_candle(struct rows *r, const struct json *v)
{
	return r->n <= r->skip || rows_candle(r, v);
}

bool rows_candles(struct rows *r, const struct json *v)
{
	return each(r, v, read_candle);
}

/* The exchange stamps a rate some milliseconds after its hour. */
static bool read_rate(struct rows *r, const struct json *v)
{
	struct rec_rate *rate = &r->record->u.rate;

	if (!read_fields(r, v, rate_fields))
		return false;
	rate->t_ms -= rate->t_ms % HOUR_MS;
	rows_emit(r, REC_rate);
	return true;
}

bool rows_rates(struct rows *r, const struct json *v)
{
	return each(r, v, read_rate);
}

bool rows_venue(struct rows *r, const struct json *v)
{
	copy_json(r, get(r, v, "specialStatuses"), r->record->u.venue.special, LONG_MAX_TEXT);
	return plain(r, v, venue_fields, REC_venue);
}

/* ---- accounts ---- */

static bool read_position(struct rows *r, const struct json *v)
{
	struct rec_position *p = &r->record->u.position;
	const struct json *position = get(r, v, "position");
	const struct json *leverage = get(r, position, "leverage"), *paid = get(r, position, "cumFunding");

	if (!read_fields(r, position, position_fields) || !read_fields(r, leverage, leverage_fields))
		return false;
	p->isolated = json_is(r->doc, get(r, leverage, "type"), "isolated");
	p->funding_since_open = 0;
	if (paid && !read_fields(r, paid, paid_fields))
		return false;
	rows_emit(r, REC_position);
	return true;
}

bool rows_account(struct rows *r, const struct json *v)
{
	struct rec_account *a = &r->record->u.account;
	int64_t t_ms;

	if (!read_fields(r, v, account_fields) || !read_fields(r, get(r, v, "marginSummary"), summary_fields) ||
	    !read_fields(r, get(r, v, "crossMarginSummary"), cross_fields))
		return false;
	t_ms = a->t_ms;
	rows_emit(r, REC_account);
	r->record->u.position.t_ms = t_ms;	/* which read_position() leaves alone */
	return each(r, get(r, v, "assetPositions"), read_position);
}

static bool read_balance(struct rows *r, const struct json *v)
{
	return plain(r, v, balance_fields, REC_balance);
}

bool rows_balances(struct rows *r, const struct json *v)
{
	return each(r, get(r, v, "balances"), read_balance);
}

bool rows_fees(struct rows *r, const struct json *v)
{
	return plain(r, v, fees_fields, REC_fees);
}

bool rows_budget(struct rows *r, const struct json *v)
{
	return plain(r, v, budget_fields, REC_budget);
}

bool rows_role(struct rows *r, const struct json *v)
{
	const struct json *data = get(r, v, "data"), *master = get(r, data, "user");
	char *to = r->record->u.role.master;

	*to = '\0';
	if (!master)
		master = get(r, data, "master");
	if (master && !field_read(r->doc, master, "user", FIELD_ID, to, r->e))
		return false;
	return plain(r, v, role_fields, REC_role);
}

static bool read_agent(struct rows *r, const struct json *v)
{
	return plain(r, v, agent_fields, REC_agent);
}

bool rows_agents(struct rows *r, const struct json *v)
{
	return each(r, v, read_agent);
}

bool rows_abstraction(struct rows *r, const struct json *v)
{
	if (!field_read(r->doc, v, "abstraction", FIELD_TEXT, r->record->u.abstraction.mode, r->e))
		return false;
	rows_emit(r, REC_abstraction);
	return true;
}

/* ---- orders ---- */

static bool read_open(struct rows *r, const struct json *v)
{
	const struct json *children = get(r, v, "children");

	if (!read_fields(r, v, order_fields))
		return false;
	strcpy(r->record->u.order.status, "open");
	rows_emit(r, REC_order);
	return !children || each(r, children, read_open);
}

bool rows_open_orders(struct rows *r, const struct json *v)
{
	return each(r, v, read_open);
}

/* {"order":{...},"status":"filled","statusTimestamp":...} */
bool rows_update(struct rows *r, const struct json *v)
{
	if (!read_fields(r, get(r, v, "order"), order_fields) || !read_fields(r, v, state_fields))
		return false;
	rows_emit(r, REC_order);
	return true;
}

bool rows_history(struct rows *r, const struct json *v)
{
	return each(r, v, rows_update);
}

bool rows_order_status(struct rows *r, const struct json *v)
{
	if (json_is(r->doc, get(r, v, "status"), "unknownOid"))
		return true;
	r->n++;
	return rows_update(r, get(r, v, "order"));
}

static bool read_fill(struct rows *r, const struct json *v)
{
	r->record->u.fill.snapshot = r->snapshot;
	return plain(r, v, fill_fields, REC_fill);
}

bool rows_fills(struct rows *r, const struct json *v)
{
	return each(r, v, read_fill);
}

static bool read_cancelled(struct rows *r, const struct json *v)
{
	return plain(r, v, cancelled_fields, REC_cancelled);
}

bool rows_cancels(struct rows *r, const struct json *v)
{
	return each(r, v, read_cancelled);
}

bool rows_liquidation(struct rows *r, const struct json *v)
{
	return plain(r, v, liquidation_fields, REC_liquidation);
}

/* ---- money that moves without a trade ---- */

static bool read_payment(struct rows *r, const struct json *timed, const struct json *payment)
{
	return read_fields(r, timed, payment_time) && plain(r, payment, payment_fields, REC_funding);
}

bool rows_payment(struct rows *r, const struct json *v)
{
	return read_payment(r, v, v);
}

bool rows_payments(struct rows *r, const struct json *v)
{
	return each(r, v, rows_payment);
}

static bool read_funding(struct rows *r, const struct json *v)
{
	return read_payment(r, v, get(r, v, "delta"));
}

bool rows_fundings(struct rows *r, const struct json *v)
{
	return each(r, v, read_funding);
}

static bool read_ledger(struct rows *r, const struct json *v)
{
	const struct json *delta = get(r, v, "delta");

	if (!read_fields(r, v, ledger_fields) || !read_fields(r, delta, delta_fields))
		return false;
	copy_json(r, delta, r->record->u.ledger.delta, LONG_MAX_TEXT);
	rows_emit(r, REC_ledger);
	return true;
}

bool rows_ledger(struct rows *r, const struct json *v)
{
	return each(r, v, read_ledger);
}
