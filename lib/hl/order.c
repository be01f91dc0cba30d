/* SPDX-License-Identifier: MIT
 * Orders read from actions, and actions built. */
#include "hl/action.h"

#include <stdio.h>
#include <string.h>

#define USUAL_CHAIN_ID 0x66eee

static const char *const tif_names[] = { "Gtc", "Ioc", "Alo", "FrontendMarket" };

const char *tif_name(enum hl_tif t)
{
	return tif_names[t];
}

bool tif_parse(const char *s, size_t n, enum hl_tif *t)
{
	for (unsigned i = TIF_GTC; i <= TIF_FRONTEND_MARKET; i++)
		if (strlen(tif_names[i]) == n && memcmp(tif_names[i], s, n) == 0) {
			*t = i;
			return true;
		}
	return false;
}

bool cloid_parse(const char *s, size_t n, unsigned char out[16])
{
	return hex0x_parse(s, n, out, 16);
}

void cloid_put(char dst[CLOID_TEXT], const unsigned char cloid[16])
{
	hex0x_put(dst, cloid, 16);
}

static bool read_decimal(const struct json_doc *d, const struct json *object, const char *key, dec8 *v, struct errmsg *e)
{
	char text[64];

	if (!json_str(d, json_get(d, object, key), text, sizeof text) || !dec8_parse(text, strlen(text), v))
		return errmsg_set(e, "\"%s\" is no decimal of at most 8 places below 9.2e10", key);
	return true;
}

static bool read_asset(const struct json_doc *d, const struct json *order, uint32_t *asset, struct errmsg *e)
{
	int64_t v;

	if (!json_i64(d, json_get(d, order, "a"), &v) || v < 0 || v > UINT32_MAX)
		return errmsg_set(e, "\"a\" is no asset number");
	*asset = (uint32_t)v;
	return true;
}

static bool read_limit(const struct json_doc *d, const struct json *limit, struct hl_order *o, struct errmsg *e)
{
	char tif[16];

	if (!json_str(d, json_get(d, limit, "tif"), tif, sizeof tif) || !tif_parse(tif, strlen(tif), &o->tif))
		return errmsg_set(e, "\"t\" is neither limit nor trigger");
	return true;
}

static bool read_trigger(const struct json_doc *d, const struct json *trigger, struct hl_order *o, struct errmsg *e)
{
	o->trigger = true;
	o->tp = json_is(d, json_get(d, trigger, "tpsl"), "tp");
	if (!json_bool(json_get(d, trigger, "isMarket"), &o->is_market))
		return errmsg_set(e, "\"isMarket\" is not true or false");
	return read_decimal(d, trigger, "triggerPx", &o->trigger_px, e);
}

static bool read_type(const struct json_doc *d, const struct json *t, struct hl_order *o, struct errmsg *e)
{
	const struct json *trigger = json_get(d, t, "trigger");

	if (trigger && trigger->type == JSON_OBJECT)
		return read_trigger(d, trigger, o, e);
	return read_limit(d, json_get(d, t, "limit"), o, e);
}

static bool read_cloid(const struct json_doc *d, const struct json *c, struct hl_order *o, struct errmsg *e)
{
	char text[CLOID_TEXT];

	if (!c || c->type == JSON_NULL)
		return true;
	o->has_cloid = json_str(d, c, text, sizeof text) && cloid_parse(text, strlen(text), o->cloid);
	return o->has_cloid || errmsg_set(e, "\"c\" is no client order id");
}

bool order_read(const struct json_doc *d, const struct json *order, struct hl_order *o, struct errmsg *e)
{
	*o = (struct hl_order){ 0 };
	if (!json_bool(json_get(d, order, "b"), &o->buy) || !json_bool(json_get(d, order, "r"), &o->reduce_only))
		return errmsg_set(e, "\"b\" or \"r\" is not true or false");
	return read_asset(d, order, &o->asset, e) && read_decimal(d, order, "p", &o->px, e) &&
		read_decimal(d, order, "s", &o->sz, e) && read_type(d, json_get(d, order, "t"), o, e) &&
		read_cloid(d, json_get(d, order, "c"), o, e);
}

static void add_decimal(struct buf *json, const char *key, dec8 v)
{
	char text[DEC8_TEXT];

	buf_addf(json, ",\"%s\":\"%.*s\"", key, (int)(dec8_put(text, v) - text), text);
}

static void add_bool(struct buf *json, const char *key, bool v)
{
	buf_addf(json, ",\"%s\":%s", key, v ? "true" : "false");
}

static void add_cloid(struct buf *json, const char *key, const unsigned char cloid[16])
{
	char text[CLOID_TEXT];

	cloid_put(text, cloid);
	buf_addf(json, "\"%s\":\"%s\"", key, text);
}

static void add_type(struct buf *json, const struct hl_order *o)
{
	char px[DEC8_TEXT];

	if (o->trigger) {
		*dec8_put(px, o->trigger_px) = '\0';
		buf_addf(json, ",\"t\":{\"trigger\":{\"isMarket\":%s,\"triggerPx\":\"%s\",\"tpsl\":\"%s\"}}",
			 o->is_market ? "true" : "false", px, o->tp ? "tp" : "sl");
	} else {
		buf_addf(json, ",\"t\":{\"limit\":{\"tif\":\"%s\"}}", tif_name(o->tif));
	}
}

void order_write(struct buf *json, const struct hl_order *o)
{
	buf_addf(json, "{\"a\":%u", o->asset);
	add_bool(json, "b", o->buy);
	add_decimal(json, "p", o->px);
	add_decimal(json, "s", o->sz);
	add_bool(json, "r", o->reduce_only);
	add_type(json, o);
	if (o->has_cloid) {
		buf_addc(json, ',');
		add_cloid(json, "c", o->cloid);
	}
	buf_addc(json, '}');
}

void action_write_orders(struct buf *json, const struct hl_order *o, unsigned n, const char *grouping)
{
	buf_adds(json, "{\"type\":\"order\",\"orders\":[");
	for (unsigned i = 0; i < n; i++) {
		if (i)
			buf_addc(json, ',');
		order_write(json, &o[i]);
	}
	buf_addf(json, "],\"grouping\":\"%s\"}", grouping);
}

void action_write_cancels(struct buf *json, const struct hl_cancel *c, unsigned n)
{
	buf_adds(json, "{\"type\":\"cancel\",\"cancels\":[");
	for (unsigned i = 0; i < n; i++)
		buf_addf(json, "%s{\"a\":%u,\"o\":%llu}", i ? "," : "", c[i].asset, (unsigned long long)c[i].oid);
	buf_adds(json, "]}");
}

void action_write_cancels_cloid(struct buf *json, const struct hl_cancel_cloid *c, unsigned n)
{
	buf_adds(json, "{\"type\":\"cancelByCloid\",\"cancels\":[");
	for (unsigned i = 0; i < n; i++) {
		buf_addf(json, "%s{\"asset\":%u,", i ? "," : "", c[i].asset);
		add_cloid(json, "cloid", c[i].cloid);
		buf_addc(json, '}');
	}
	buf_adds(json, "]}");
}

static void add_modify(struct buf *json, const struct hl_modify *m)
{
	if (m->by_cloid)
		add_cloid(json, "oid", m->cloid);
	else
		buf_addf(json, "\"oid\":%llu", (unsigned long long)m->oid);
	buf_adds(json, ",\"order\":");
	order_write(json, &m->order);
}

void action_write_modify(struct buf *json, const struct hl_modify *m, bool always)
{
	buf_adds(json, "{\"type\":\"modify\",");
	add_modify(json, m);
	buf_adds(json, always ? ",\"a\":true}" : "}");
}

void action_write_modifies(struct buf *json, const struct hl_modify *m, unsigned n, bool always)
{
	buf_adds(json, "{\"type\":\"batchModify\",\"modifies\":[");
	for (unsigned i = 0; i < n; i++) {
		buf_adds(json, i ? ",{" : "{");
		add_modify(json, &m[i]);
		buf_addc(json, '}');
	}
	buf_adds(json, always ? "],\"a\":true}" : "]}");
}

void action_write_leverage(struct buf *json, uint32_t asset, bool cross, unsigned leverage)
{
	buf_addf(json, "{\"type\":\"updateLeverage\",\"asset\":%u,\"isCross\":%s,\"leverage\":%u}", asset, cross ? "true" : "false",
		 leverage);
}

void action_write_isolated_margin(struct buf *json, uint32_t asset, int64_t millionths)
{
	buf_addf(json, "{\"type\":\"updateIsolatedMargin\",\"asset\":%u,\"isBuy\":true,\"ntli\":%lld}", asset, (long long)millionths);
}

void action_write_schedule_cancel(struct buf *json, const int64_t *time_ms)
{
	buf_adds(json, "{\"type\":\"scheduleCancel\"");
	if (time_ms)
		buf_addf(json, ",\"time\":%lld", (long long)*time_ms);
	buf_addc(json, '}');
}

void action_write_noop(struct buf *json)
{
	buf_adds(json, "{\"type\":\"noop\"}");
}

static void begin_user_action(struct buf *json, struct jsonw *w, const char *type, enum hl_network n, uint64_t chain_id)
{
	char id[20];

	snprintf(id, sizeof id, "0x%llx", (unsigned long long)(chain_id ? chain_id : USUAL_CHAIN_ID));
	jsonw_init(w, json, false);
	jsonw_object(w);
	jsonw_key(w, "type");
	jsonw_str(w, type);
	jsonw_key(w, "signatureChainId");
	jsonw_str(w, id);
	jsonw_key(w, "hyperliquidChain");
	jsonw_str(w, hl_network_chain(n));
}

void action_write_approve_agent(struct buf *json, enum hl_network n, uint64_t chain_id, const struct address *agent,
				const char *name, uint64_t nonce)
{
	char text[ADDRESS_TEXT];
	struct jsonw w;

	address_put(text, agent);
	begin_user_action(json, &w, "approveAgent", n, chain_id);
	jsonw_key(&w, "agentAddress");
	jsonw_str(&w, text);
	jsonw_key(&w, "agentName");
	jsonw_str(&w, name);
	jsonw_put_u64(&w, "nonce", nonce);
	jsonw_end(&w);
}

void action_write_usd_class_transfer(struct buf *json, enum hl_network n, uint64_t chain_id, const char *amount, bool to_perp,
				     uint64_t nonce)
{
	struct jsonw w;

	begin_user_action(json, &w, "usdClassTransfer", n, chain_id);
	jsonw_key(&w, "amount");
	jsonw_str(&w, amount);
	jsonw_key(&w, "toPerp");
	jsonw_bool(&w, to_perp);
	jsonw_put_u64(&w, "nonce", nonce);
	jsonw_end(&w);
}
