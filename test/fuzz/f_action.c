/* SPDX-License-Identifier: MIT
 * Bodies of POST /exchange: any bytes are refused, or become an action whose canonical text is hashed the same, whose orders are
 * written and read back the same, and a signer or none. */
#include "hl/request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
	if (!ok)
		abort();
}

/* The canonical text is its own canonical text. */
static void settle(const struct json_doc *d, const struct exchange_request *r)
{
	struct buf packed = BUF_INIT, text = BUF_INIT, again = BUF_INIT, same = BUF_INIT;
	struct json_doc own;
	struct errmsg e;

	need(action_pack(d, r->action, &packed, &text, &e));
	need(packed.len == r->packed.len && memcmp(packed.data, r->packed.data, packed.len) == 0);
	need(json_parse(&own, text.data, text.len, &e) && action_pack(&own, own.tok, &again, &same, &e));
	need(again.len == packed.len && memcmp(again.data, packed.data, packed.len) == 0);
	need(same.len == text.len && memcmp(same.data, text.data, text.len) == 0);
	json_release(&own);
	buf_release(&packed);
	buf_release(&text);
	buf_release(&again);
	buf_release(&same);
}

static void orders(const struct json_doc *d, const struct exchange_request *r)
{
	const struct json *list = json_get(d, r->action, "orders"), *item = list ? list + 1 : NULL;
	struct buf text = BUF_INIT;
	struct hl_order o, back;
	struct json_doc own;
	struct errmsg e;

	for (uint32_t i = 0; list && i < list->size; i++, item += item->skip) {
		if (!order_read(d, item, &o, &e))
			continue;
		buf_clear(&text);
		order_write(&text, &o);
		need(json_parse(&own, text.data, text.len, &e) && order_read(&own, own.tok, &back, &e));
		need(o.px == back.px && o.sz == back.sz && o.asset == back.asset && o.trigger_px == back.trigger_px);
		need(o.trigger == back.trigger && o.tif == back.tif && memcmp(o.cloid, back.cloid, sizeof o.cloid) == 0);
		json_release(&own);
	}
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct exchange_request r;
	struct address by;
	struct json_doc d;
	struct errmsg e;

	if (!json_parse(&d, (const char *)data, size, &e))
		return 0;
	if (exchange_request_read(&d, &r, &e)) {
		if (!r.user_signed)
			settle(&d, &r);
		if (strcmp(r.type, "order") == 0)
			orders(&d, &r);
		(void)!exchange_request_signer(&r, HL_MAINNET, &by);
		(void)!exchange_request_signer(&r, HL_TESTNET, &by);
	}
	json_release(&d);
	return 0;
}
