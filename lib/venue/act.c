/* SPDX-License-Identifier: MIT
 * Refusals, answers and members of actions. */
#include "venue/act.h"

#include <string.h>

/* ---- answers ---- */

/* The exchange's text for e, whose varying parts follow; false, so that refusals read well. */
bool act_refuse(struct acting *a, enum hl_error e, const char *one, const char *two, const char *three)
{
	struct buf text = BUF_INIT;

	hl_error_put(&text, e, one, two, three);
	errmsg_set(&a->e, "%s", buf_cstr(&text));
	buf_release(&text);
	return false;
}

static void open_ok(struct jsonw *w, const char *type)
{
	jsonw_object(w);
	jsonw_put_text(w, "status", "ok");
	jsonw_key(w, "response");
	jsonw_object(w);
	jsonw_put_text(w, "type", type);
}

void act_open(struct jsonw *w, const char *type)
{
	open_ok(w, type);
	jsonw_key(w, "data");
}

void act_close(struct jsonw *w)
{
	while (w->depth)
		jsonw_end(w);
}

bool act_done(struct acting *a)
{
	open_ok(a->w, "default");
	act_close(a->w);
	return true;
}

void act_put_error(struct jsonw *w, const char *text)
{
	jsonw_object(w);
	jsonw_put_text(w, "error", text);
	jsonw_end(w);
}

/* {"type": T, "data": {"status": {"error": text}}}: twaps */
bool act_single_error(struct acting *a, const char *type, const char *text)
{
	act_open(a->w, type);
	jsonw_object(a->w);
	jsonw_key(a->w, "status");
	act_put_error(a->w, text);
	act_close(a->w);
	return true;
}

void act_open_statuses(struct acting *a, const char *type)
{
	act_open(a->w, type);
	jsonw_object(a->w);
	jsonw_key(a->w, "statuses");
	jsonw_array(a->w);
}

static void put_ids(struct jsonw *w, const struct venue_result *r)
{
	char cloid[CLOID_TEXT];

	jsonw_put_u64(w, "oid", r->oid);
	if (!r->has_cloid)
		return;
	cloid_put(cloid, r->cloid);
	jsonw_put_text(w, "cloid", cloid);
}

void act_put_result(struct jsonw *w, const struct venue_result *r)
{
	if (r->outcome == VENUE_WAITING_FOR_FILL) {
		jsonw_str(w, "waitingForFill");
		return;
	}
	if (r->outcome == VENUE_WAITING_FOR_TRIGGER) {
		jsonw_str(w, "waitingForTrigger");
		return;
	}
	if (r->outcome == VENUE_ERROR) {
		act_put_error(w, r->error);
		return;
	}
	jsonw_object(w);
	jsonw_key(w, r->outcome == VENUE_MATCHED ? "filled" : "resting");
	jsonw_object(w);
	if (r->outcome == VENUE_MATCHED) {
		put_dec(w, "totalSz", r->total_sz);
		put_dec(w, "avgPx", r->avg_px);
	}
	put_ids(w, r);
	jsonw_end(w);
	jsonw_end(w);
}

/* ---- reading elements; action_pack() has seen to their types ---- */

const struct json *act_member(const struct acting *a, const char *key)
{
	return json_get(a->d, a->q->action, key);
}

int64_t act_integer(const struct acting *a, const struct json *v)
{
	int64_t n = 0;

	return json_i64(a->d, v, &n) ? n : 0;
}

bool act_flag(const struct json *v)
{
	bool b = false;

	return json_bool(v, &b) && b;
}

bool act_text(const struct acting *a, const char *key, char *dst, size_t cap)
{
	return json_str(a->d, act_member(a, key), dst, cap);
}

bool act_address(const struct acting *a, const char *key, struct address *to)
{
	char text[64];

	return act_text(a, key, text, sizeof text) && address_parse(text, strlen(text), to);
}

uint32_t act_asset(const struct acting *a, const struct json *v)
{
	int64_t n = act_integer(a, v);

	return n < 0 || n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

const struct json *act_batch(const struct json_doc *d, const struct exchange_request *q)
{
	static const struct { const char *type, *key; } batches[] = {
		{ "order", "orders" }, { "cancel", "cancels" }, { "cancelByCloid", "cancels" }, { "batchModify", "modifies" },
	};
	size_t i;

	for (i = 0; i < sizeof batches / sizeof batches[0]; i++)
		if (!strcmp(q->type, batches[i].type))
			return json_get(d, q->action, batches[i].key);
	return NULL;
}

unsigned action_elements(const struct json_doc *d, const struct exchange_request *q)
{
	const struct json *batch = act_batch(d, q);

	return batch && batch->size ? batch->size : 1;
}

/* The text with which a fault refuses element k (from 0) of this action; NULL: it does not. */
const char *act_struck(const struct acting *a, unsigned k)
{
	const struct mishap *m = a->mishap;

	if (!m || (m->what != FAULT_item_error && m->what != FAULT_reject_next) || k + 1 != m->k)
		return NULL;
	return *m->text ? m->text : "Order was refused by a fault.";
}
