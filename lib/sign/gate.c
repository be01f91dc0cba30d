/* SPDX-License-Identifier: MIT
 * The checks, in the order in which a request meets them: whose and where, what, when, then the orders one by one. */
#include "sign/gate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void gate_init(struct gate *g, const struct limits *l)
{
	*g = (struct gate){ .limits = *l };
}

void gate_release(struct gate *g)
{
	limits_release(&g->limits);
}

/* One request on its way through the checks. */
struct judge {
	struct gate *gate;
	const struct limits *limits;
	const struct gate_request *r;
	int64_t now_ms;
	char type[48];
	bool user_signed;
	unsigned order;			/* number of the order at hand, from 1 */
	struct gate_cost *cost;
	struct refusal *why;
};

PRINTF(3, 4) static bool refuse(struct judge *j, enum sign_limit limit, const char *fmt, ...)
{
	va_list ap;

	j->why->limit = limit;
	va_start(ap, fmt);
	vsnprintf(j->why->reason, sizeof j->why->reason, fmt, ap);
	va_end(ap);
	return false;
}

/* Who asks that nothing be opened or enlarged; NULL: nobody. */
static const char *who_stops(const struct judge *j)
{
	return j->gate->killed ? "a kill" : j->limits->reduce_only ? "the limits file" : NULL;
}

static const char *amount(char text[DEC8_TEXT + 1], dec8 v)
{
	*dec8_put(text, v) = '\0';
	return text;
}

static dec8 saturated_sum(dec8 a, dec8 b)
{
	dec8 sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* ---- the last minute ---- */

static int64_t gate_second(struct gate *g, int64_t now_ms)
{
	if (g->last_ms < now_ms)
		g->last_ms = now_ms;
	return g->last_ms / 1000;
}

static void add_cost(struct gate_cost *sum, const struct gate_cost *more)
{
	sum->opening += more->opening;
	sum->reducing += more->reducing;
	sum->usd = saturated_sum(sum->usd, more->usd);
}

static struct gate_cost last_minute(struct gate *g, int64_t now_ms)
{
	int64_t now = gate_second(g, now_ms);
	struct gate_cost sum = { 0 };
	int i;

	for (i = 0; i < GATE_SECONDS; i++)
		if (g->seconds[i].second > now - GATE_SECONDS)
			add_cost(&sum, &g->seconds[i].cost);
	return sum;
}

void gate_charge(struct gate *g, const struct gate_cost *cost, int64_t now_ms)
{
	int64_t now = gate_second(g, now_ms);
	struct gate_second *s = &g->seconds[now % GATE_SECONDS];

	if (s->second != now)
		*s = (struct gate_second){ .second = now };
	add_cost(&s->cost, cost);
}

static bool check_count(struct judge *j, uint64_t more, uint64_t all, const char *kind)
{
	return !more || all <= (uint64_t)j->limits->max_minute_orders ||
	       refuse(j, LIMIT_max_minute_orders, "%" PRIu64 " %sorders in a minute are more than %" PRId64, all, kind,
		      j->limits->max_minute_orders);
}

static bool check_minute(struct judge *j)
{
	struct gate_cost all = last_minute(j->gate, j->now_ms);
	char value[DEC8_TEXT + 1], bound[DEC8_TEXT + 1];

	add_cost(&all, j->cost);
	if (!check_count(j, j->cost->opening, all.opening, "") || !check_count(j, j->cost->reducing, all.reducing, "reduce-only "))
		return false;
	if (j->cost->usd && all.usd > j->limits->max_minute_usd)
		return refuse(j, LIMIT_max_minute_usd, "%s USD in a minute are more than %s", amount(value, all.usd),
			      amount(bound, j->limits->max_minute_usd));
	return true;
}

static void count_order(struct judge *j, bool reduces)
{
	*(reduces ? &j->cost->reducing : &j->cost->opening) += 1;
}

/* ---- what an action holds ---- */

static bool check_asset(struct judge *j, const struct json *number, const struct limit_asset **named)
{
	int64_t asset;

	*named = NULL;
	if (!json_i64(j->r->doc, number, &asset) || asset < 0 || asset > UINT32_MAX)
		return refuse(j, LIMIT_malformed, "%s names no asset", j->type);
	if (j->limits->any_asset)
		return true;
	*named = limits_asset(j->limits, (uint32_t)asset);
	return *named || refuse(j, LIMIT_assets, "asset %" PRId64 " is none of the %u that are named", asset, j->limits->n_assets);
}

static bool check_assets_of(struct judge *j, const struct json *list, const char *key)
{
	const struct limit_asset *named;
	const struct json *v = list ? list + 1 : NULL;
	uint32_t i;

	for (i = 0; list && i < list->size; i++, v += v->skip)
		if (!check_asset(j, json_get(j->r->doc, v, key), &named))
			return false;
	return true;
}

static bool check_size(struct judge *j, const struct limit_asset *named, dec8 size)
{
	char value[DEC8_TEXT + 1], bound[DEC8_TEXT + 1];

	if (!named || size <= named->max_size)
		return true;
	return refuse(j, LIMIT_max_size, "order %u: %s %s are more than %s", j->order, amount(value, size), named->symbol,
		      amount(bound, named->max_size));
}

/* What is opened is bounded by its size and worth; closing is not, so that no budget that was spent keeps a position open. */
static bool check_opening(struct judge *j, const struct limit_asset *named, const struct hl_order *o)
{
	dec8 px = o->trigger && o->trigger_px > o->px ? o->trigger_px : o->px, usd = dec8_mul(px, o->sz, DEC8_UP);
	char value[DEC8_TEXT + 1], bound[DEC8_TEXT + 1];

	if (who_stops(j))
		return refuse(j, LIMIT_reduce_only, "order %u is not reduce-only, which %s asks for", j->order, who_stops(j));
	if (!check_size(j, named, o->sz))
		return false;
	if (usd > j->limits->max_order_usd)
		return refuse(j, LIMIT_max_order_usd, "order %u: %s USD are more than %s", j->order, amount(value, usd),
			      amount(bound, j->limits->max_order_usd));
	j->cost->usd = saturated_sum(j->cost->usd, usd);
	return true;
}

static bool check_order(struct judge *j, const struct json *order)
{
	const struct limit_asset *named;
	struct hl_order o;
	struct errmsg e;

	j->order++;
	if (!order || !order_read(j->r->doc, order, &o, &e))
		return refuse(j, LIMIT_malformed, "order %u: %s", j->order, order ? e.text : "missing");
	if (o.px < 0 || o.sz < 0 || (o.trigger && o.trigger_px < 0))
		return refuse(j, LIMIT_malformed, "order %u: a price or size below 0", j->order);
	count_order(j, o.reduce_only);
	return check_asset(j, json_get(j->r->doc, order, "a"), &named) && (o.reduce_only || check_opening(j, named, &o));
}

static bool check_builder(struct judge *j, const struct json *builder)
{
	const struct json *to = json_get(j->r->doc, builder, "b");
	struct address a;

	if (!builder || j->limits->any_builder)
		return true;
	if (!to || !address_parse(j->r->doc->text + to->start, to->end - to->start, &a))
		return refuse(j, LIMIT_malformed, "the builder has no address");
	return (j->limits->has_builder && address_same(&a, &j->limits->builder)) ||
		refuse(j, LIMIT_builder, "a fee to builder %.*s, who is not the one named", (int)(to->end - to->start),
		       j->r->doc->text + to->start);
}

static bool check_list(struct judge *j, const struct json *list, const char *key)
{
	const struct json *v;
	uint32_t i;

	if (!list || list->type != JSON_ARRAY)
		return refuse(j, LIMIT_malformed, "%s has no list of orders", j->type);
	for (i = 0, v = list + 1; i < list->size; i++, v += v->skip)
		if (!check_order(j, key ? json_get(j->r->doc, v, key) : v))
			return false;
	return true;
}

static bool check_leverage_of(struct judge *j, const struct json *leverage)
{
	char bound[DEC8_TEXT + 1];
	dec8 times;

	if (j->limits->max_leverage == LIMIT_NONE)
		return true;
	if (!leverage || !dec8_parse(j->r->doc->text + leverage->start, leverage->end - leverage->start, &times))
		return refuse(j, LIMIT_malformed, "%s has no leverage", j->type);
	return times <= DEC8_OF(j->limits->max_leverage) ||
		refuse(j, LIMIT_max_leverage, "leverage %s is more than %" PRId64, amount(bound, times), j->limits->max_leverage);
}

/* ---- the actions of actions.def ---- */

static const struct json *member(const struct judge *j, const char *key)
{
	return json_get(j->r->doc, j->r->action, key);
}

static bool check_type_order(struct judge *j)
{
	const struct json *grouping = member(j, "grouping");

	if (grouping && grouping->type == JSON_OBJECT && !j->limits->priority)
		return refuse(j, LIMIT_priority, "the order pays for priority");
	return check_builder(j, member(j, "builder")) && check_list(j, member(j, "orders"), NULL);
}

static bool check_type_modify(struct judge *j)
{
	return check_order(j, member(j, "order"));
}

static bool check_type_batchModify(struct judge *j)
{
	return check_list(j, member(j, "modifies"), "order");
}

static bool check_type_cancel(struct judge *j)
{
	return check_assets_of(j, member(j, "cancels"), "a");
}

static bool check_type_cancelByCloid(struct judge *j)
{
	return check_assets_of(j, member(j, "cancels"), "asset");
}

/* Without a time it takes the switch away. */
static bool check_type_scheduleCancel(struct judge *j)
{
	return member(j, "time") || !who_stops(j) ||
		refuse(j, LIMIT_reduce_only, "scheduleCancel without a time takes the dead man's switch away, which %s forbids",
		       who_stops(j));
}

static bool check_type_noop(struct judge *j)
{
	(void)j;
	return true;
}

static bool check_type_updateIsolatedMargin(struct judge *j)
{
	const struct limit_asset *named;

	return check_asset(j, member(j, "asset"), &named);
}

static bool check_type_updateLeverage(struct judge *j)
{
	return check_type_updateIsolatedMargin(j) && check_leverage_of(j, member(j, "leverage"));
}

static bool check_type_topUpIsolatedOnlyMargin(struct judge *j)
{
	return check_type_updateLeverage(j);
}

/* It has no price: its worth is not known. */
static bool check_type_twapOrder(struct judge *j)
{
	const struct json *twap = member(j, "twap"), *size = json_get(j->r->doc, twap, "s");
	const struct limit_asset *named;
	bool reduces;
	dec8 sz;

	j->order++;
	if (!check_asset(j, json_get(j->r->doc, twap, "a"), &named))
		return false;
	if (!json_bool(json_get(j->r->doc, twap, "r"), &reduces) || !size ||
	    !dec8_parse(j->r->doc->text + size->start, size->end - size->start, &sz) || sz < 0)
		return refuse(j, LIMIT_malformed, "twapOrder without its size");
	count_order(j, reduces);
	if (reduces)
		return true;
	if (who_stops(j))
		return refuse(j, LIMIT_reduce_only, "order %u is not reduce-only, which %s asks for", j->order, who_stops(j));
	if (j->limits->max_order_usd != LIMIT_NONE || j->limits->max_minute_usd != LIMIT_NONE)
		return refuse(j, LIMIT_max_order_usd, "twapOrder has no price to hold against a bound");
	return check_size(j, named, sz);
}

static bool check_type_twapCancel(struct judge *j)
{
	const struct limit_asset *named;

	return check_asset(j, member(j, "a"), &named);
}

enum listed { NAMED, DEFAULT };
enum under_kill { STOPS, PASSES, REDUCES };
enum expiry { UNDATED, DATED };
static const struct rule {
	const char *type;
	enum listed listed;
	enum under_kill kill;
	enum expiry expiry;
	bool (*check)(struct judge *);
} rules[] = {
#define SIGN_ACTION(type, listed, kill, expiry) { #type, listed, kill, expiry, check_type_##type },
#include "sign/actions.def"
#undef SIGN_ACTION
}, other_action = { "", NAMED, STOPS, DATED, check_type_noop }, master_action = { "", NAMED, STOPS, UNDATED, check_type_noop };

static const struct rule *rule_of(const struct judge *j)
{
	size_t i;

	for (i = 0; i < sizeof rules / sizeof *rules; i++)
		if (strcmp(rules[i].type, j->type) == 0)
			return &rules[i];
	return j->user_signed ? &master_action : &other_action;
}

/* ---- whose, where, what, when ---- */

static bool check_network(struct judge *j)
{
	return j->r->network == j->limits->network || refuse(j, LIMIT_network, "for %s, but this key signs for %s",
		hl_network_name(j->r->network), hl_network_name(j->limits->network));
}

static bool check_vault(struct judge *j)
{
	char asked[ADDRESS_TEXT] = "none", named[ADDRESS_TEXT] = "none";
	const struct limits *l = j->limits;

	if (l->any_vault || (j->r->vault ? l->has_vault && address_same(j->r->vault, &l->vault) : !l->has_vault))
		return true;
	if (j->r->vault)
		address_put(asked, j->r->vault);
	if (l->has_vault)
		address_put(named, &l->vault);
	return refuse(j, LIMIT_vault, "vault %s is not %s", asked, named);
}

static bool is_listed(const struct judge *j)
{
	unsigned i;

	if (j->limits->any_action)
		return !j->user_signed;
	if (!j->limits->actions)
		return rule_of(j)->listed == DEFAULT;
	for (i = 0; i < j->limits->n_actions; i++)
		if (strcmp(j->limits->actions[i], j->type) == 0)
			return true;
	return false;
}

static bool check_action(struct judge *j)
{
	if (!is_listed(j))
		return refuse(j, LIMIT_actions, "%s is not among the actions that are signed", j->type);
	if (rule_of(j)->kill == STOPS && who_stops(j))
		return refuse(j, LIMIT_reduce_only, "%s does not reduce a position, which %s asks for", j->type, who_stops(j));
	return true;
}

/* A noop takes a nonce away from an older action, so it may carry any. */
static bool check_nonce(struct judge *j)
{
	int64_t off = (int64_t)j->r->nonce - j->now_ms, window = j->limits->nonce_window_ms;

	if (strcmp(j->type, "noop") == 0 || (off <= window && off >= -window))
		return true;
	return refuse(j, LIMIT_nonce_window_s, "the nonce is %" PRId64 " ms from the clock, more than %" PRId64 " s", off, window / 1000);
}

static bool check_expiry(struct judge *j)
{
	int64_t within = j->limits->expires_within_ms, left;

	if (within == LIMIT_NONE || rule_of(j)->expiry == UNDATED)
		return true;
	if (!j->r->expires_ms)
		return refuse(j, LIMIT_expires_within_s, "%s does not expire, but must within %" PRId64 " s", j->type, within / 1000);
	left = (int64_t)*j->r->expires_ms - j->now_ms;
	if (left > within)
		return refuse(j, LIMIT_expires_within_s, "it expires in %" PRId64 " ms, later than in %" PRId64 " s", left, within / 1000);
	return left > 0 || refuse(j, LIMIT_expires_within_s, "it expired %" PRId64 " ms ago", -left);
}

bool gate_check(struct gate *g, const struct gate_request *r, int64_t now_ms, struct gate_cost *cost, struct refusal *why)
{
	struct judge j = { .gate = g, .limits = &g->limits, .r = r, .now_ms = now_ms, .cost = cost, .why = why };

	*cost = (struct gate_cost){ 0 };
	if (!json_str(r->doc, json_get(r->doc, r->action, "type"), j.type, sizeof j.type))
		return refuse(&j, LIMIT_malformed, "the action has no type");
	j.user_signed = action_is_user_signed(j.type);
	return check_network(&j) && check_vault(&j) && check_action(&j) && check_nonce(&j) && check_expiry(&j) &&
		rule_of(&j)->check(&j) && check_minute(&j);
}
