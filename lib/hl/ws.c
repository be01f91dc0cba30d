/* SPDX-License-Identifier: MIT
 * Messages of the WebSocket: prices straight from the text where it has the exchange's usual form, all others by tokens, which
 * also find the words for what is wrong. */
#include "hl/ws.h"

#include "hl/rows.h"

#include <ctype.h>
#include <stdlib.h>

struct reader { struct hl_ws_event *event; hl_ws_fn *fn; void *arg; struct rows rows; char user[ID_MAX]; };

static void hand_on(struct reader *r, enum hl_ws_kind kind)
{
	r->event->kind = kind;
	r->fn(r->arg, r->event);
}

/* What lib/hl/rows.c hands on lies in the event already. */
static void record(void *arg, const struct record *rec)
{
	(void)rec;
	hand_on(arg, HL_WS_RECORD);
}

/* ---- channels by tokens: each gets the message's "data" ---- */

typedef bool channel_fn(struct reader *, const struct json *);

static const struct json *get(const struct reader *r, const struct json *object, const char *key)
{
	return json_get(r->rows.doc, object, key);
}

static bool is(const struct reader *r, const struct json *v, const char *text)
{
	return json_is(r->rows.doc, v, text);
}

static void set_text(struct reader *r, const struct json *v)
{
	bool quoted = v->type == JSON_STRING;

	r->event->text = r->rows.doc->text + v->start - quoted;
	r->event->n = v->end - v->start + 2 * quoted;
}

static bool read_candle(struct reader *r, const struct json *data) { return rows_candle(&r->rows, data); }
static bool read_bbo(struct reader *r, const struct json *data) { return rows_bbo(&r->rows, data); }
static bool read_mids(struct reader *r, const struct json *data) { return rows_mids(&r->rows, get(r, data, "mids")); }
static bool read_context(struct reader *r, const struct json *data) { return rows_context(&r->rows, data); }
static bool read_book(struct reader *r, const struct json *data) { return rows_book(&r->rows, data); }
static bool read_updates(struct reader *r, const struct json *data) { return rows_history(&r->rows, data); }

static bool read_account(struct reader *r, const struct json *data)
{
	return rows_account(&r->rows, get(r, data, "clearinghouseState"));
}

static bool read_open_orders(struct reader *r, const struct json *data)
{
	return rows_open_orders(&r->rows, get(r, data, "orders"));
}

static bool read_balances(struct reader *r, const struct json *data)
{
	return rows_balances(&r->rows, get(r, data, "spotState"));
}

/* A user's rows, and after the first message of a subscription the word that they are all here. */
static bool read_snapshot(struct reader *r, const struct json *data, const char *list, rows_fn *read)
{
	const struct json *first = get(r, data, "isSnapshot");

	if (!*r->user)
		return errmsg_set(r->rows.e, "\"user\" is missing");
	r->rows.snapshot = first && first->type == JSON_TRUE;
	if (!read(&r->rows, get(r, data, list)))
		return false;
	if (r->rows.snapshot)
		hand_on(r, HL_WS_SNAPSHOT);
	return true;
}

static bool read_fills(struct reader *r, const struct json *data)
{
	return read_snapshot(r, data, "fills", rows_fills);
}

static bool read_payments(struct reader *r, const struct json *data)
{
	return read_snapshot(r, data, "fundings", rows_payments);
}

static bool read_ledger(struct reader *r, const struct json *data)
{
	return read_snapshot(r, data, "nonFundingLedgerUpdates", rows_ledger);
}

/* One of several; those that nobody here wants are ignored. */
static bool read_user(struct reader *r, const struct json *data)
{
	static const struct { const char *key; rows_fn *read; } kinds[] = {
		{ "fills", rows_fills }, { "funding", rows_payment }, { "nonUserCancel", rows_cancels },
		{ "liquidation", rows_liquidation },
	};

	if (!data || data->type != JSON_OBJECT)
		return errmsg_set(r->rows.e, "\"data\" is not an object");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const struct json *v = get(r, data, kinds[i].key);

		if (v && !kinds[i].read(&r->rows, v))
			return false;
	}
	return true;
}

static bool read_subscription(struct reader *r, const struct json *data)
{
	const struct json *method = get(r, data, "method"), *subscription = get(r, data, "subscription");

	if (!subscription || subscription->type != JSON_OBJECT)
		return errmsg_set(r->rows.e, "\"subscription\" is not an object");
	set_text(r, subscription);
	if (is(r, method, "subscribe"))
		hand_on(r, HL_WS_SUBSCRIBED);
	else if (is(r, method, "unsubscribe"))
		hand_on(r, HL_WS_UNSUBSCRIBED);
	else
		return errmsg_set(r->rows.e, "\"method\" is neither subscribe nor unsubscribe");
	return true;
}

static bool read_error(struct reader *r, const struct json *data)
{
	static const char already[] = "Already ";
	size_t cap = data ? data->end - data->start + 1 : 1;
	char *text = xmalloc(cap);
	bool ok = json_str(r->rows.doc, data, text, cap);

	if (ok) {
		r->event->text = text;
		r->event->n = strlen(text);
		r->event->already = strncmp(text, already, sizeof already - 1) == 0;
		hand_on(r, HL_WS_REFUSED);
	}
	free(text);
	return ok || errmsg_set(r->rows.e, "\"data\" is not a text");
}

static bool read_pong(struct reader *r, const struct json *data)
{
	(void)data;
	hand_on(r, HL_WS_PONG);
	return true;
}

static bool post_kind(const struct reader *r, const struct json *type, enum hl_ws_post *kind)
{
	static const char *const names[] = { [HL_POST_INFO] = "info", [HL_POST_ACTION] = "action", [HL_POST_ERROR] = "error" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (is(r, type, names[i])) {
			*kind = (enum hl_ws_post)i;
			return true;
		}
	return false;
}

/* The answer to a question is a level deeper than that to an action. */
static bool read_post(struct reader *r, const struct json *data)
{
	const struct json *response = get(r, data, "response"), *payload = get(r, response, "payload");

	if (!field_read(r->rows.doc, get(r, data, "id"), "id", FIELD_COUNT, &r->event->id, r->rows.e))
		return false;
	if (!post_kind(r, get(r, response, "type"), &r->event->post))
		return errmsg_set(r->rows.e, "\"type\" of the response is not known");
	if (r->event->post == HL_POST_INFO)
		payload = get(r, payload, "data");
	if (!payload)
		return errmsg_set(r->rows.e, "the response has no payload");
	set_text(r, payload);
	hand_on(r, HL_WS_POST);
	return true;
}

/* ---- prices straight from the text: p is at the message's "data". False: by tokens then ---- */

static const char close_message[] = "}";

static bool skim_candle(struct reader *r, const char *p, const char *end)
{
	p = fields_skim(p, end, candle_fields, &r->rows.record->u);
	if (!p || !(p = SKIM(p, end, close_message)) || p != end)
		return false;
	rows_emit(&r->rows, REC_candle);
	return true;
}

struct quote { double px, sz; };
static const struct field quote_fields[] = {
	{ "px", FIELD_DEC, offsetof(struct quote, px), false }, { "sz", FIELD_DEC, offsetof(struct quote, sz), false }, { 0 }
};

static const char *skim_side(const char *p, const char *end, double *px, double *sz)
{
	struct quote quote = { 0 };
	const char *nobody = SKIM(p, end, "null");

	p = nobody ? nobody : fields_skim(p, end, quote_fields, &quote);
	*px = quote.px;
	*sz = quote.sz;
	return p;
}

static bool skim_bbo(struct reader *r, const char *p, const char *end)
{
	struct rec_bbo *bbo = &r->rows.record->u.bbo;

	if (!(p = SKIM(p, end, "{\"coin\":")) || !(p = field_skim(p, end, FIELD_SYM, bbo->symbol)) ||
	    !(p = SKIM(p, end, ",\"time\":")) || !(p = field_skim(p, end, FIELD_INT, &bbo->t_ms)) ||
	    !(p = SKIM(p, end, ",\"bbo\":[")) || !(p = skim_side(p, end, &bbo->bid, &bbo->bid_sz)) ||
	    !(p = SKIM(p, end, ",")) || !(p = skim_side(p, end, &bbo->ask, &bbo->ask_sz)) ||
	    !(p = SKIM(p, end, "]}}")) || p != end)
		return false;
	rows_emit(&r->rows, REC_bbo);
	return true;
}

static bool skim_mids(struct reader *r, const char *p, const char *end)
{
	struct rec_mid *mid = &r->rows.record->u.mid;

	mid->t_ms = r->rows.now_ms;
	for (p = SKIM(p, end, "{\"mids\":{"); p; p = SKIM(p, end, ",")) {
		if (!(p = field_skim(p, end, FIELD_SYM, mid->symbol)) || !(p = SKIM(p, end, ":")) ||
		    !(p = field_skim(p, end, FIELD_DEC, &mid->px)))
			return false;
		r->rows.n++;
		rows_emit(&r->rows, REC_mid);
		if (SKIM(p, end, "}}}") && end - p == 3)
			return true;
	}
	return false;
}

/* ---- messages ---- */

typedef bool skim_fn(struct reader *, const char *, const char *);
static const struct channel { const char *name; channel_fn *read; skim_fn *skim; } channels[] = {
	{ "bbo", read_bbo, skim_bbo }, { "candle", read_candle, skim_candle }, { "allMids", read_mids, skim_mids },
	{ "activeAssetCtx", read_context }, { "activeSpotAssetCtx", read_context }, { "l2Book", read_book },
	{ "orderUpdates", read_updates }, { "user", read_user }, { "userFills", read_fills }, { "userFundings", read_payments },
	{ "userNonFundingLedgerUpdates", read_ledger },
	{ "clearinghouseState", read_account }, { "openOrders", read_open_orders }, { "spotState", read_balances },
	{ "subscriptionResponse", read_subscription }, { "error", read_error }, { "pong", read_pong }, { "post", read_post }, { 0 }
};

static const struct channel *find_channel(const char *name, size_t n)
{
	const struct channel *c = channels;

	while (c->name && (strlen(c->name) != n || memcmp(c->name, name, n) != 0))
		c++;
	return c;
}

/* The channel of a message of the usual form, *p at its data. NULL: it has another form. */
static const struct channel *skim_channel(const char *text, const char *end, const char **p)
{
	const char *name = SKIM(text, end, "{\"channel\":\""), *stop = name ? memchr(name, '"', (size_t)(end - name)) : NULL;

	*p = stop ? SKIM(stop, end, "\",\"data\":") : NULL;
	return *p ? find_channel(name, (size_t)(stop - name)) : NULL;
}

/* Whose message it is stands beside its rows, if anywhere. */
static bool read_data(struct reader *r, const struct channel *c, const struct json *data)
{
	const struct json *user = get(r, data, "user");

	if (user && !field_read(r->rows.doc, user, "user", FIELD_ID, r->user, r->rows.e))
		return false;
	return c->read(r, data);
}

static bool read_tokens(struct reader *r, const char *text, size_t n)
{
	const struct channel *c = NULL;
	struct json_doc doc;
	char name[TEXT_MAX];
	bool ok = true;

	if (!json_parse(&doc, text, n, r->rows.e))
		return false;
	r->rows.doc = &doc;
	if (json_str(&doc, get(r, doc.tok, "channel"), name, sizeof name))
		c = find_channel(name, strlen(name));
	if (!c)
		ok = errmsg_set(r->rows.e, "the message has no channel");
	else if (c->name) {
		r->event->channel = c->name;
		ok = read_data(r, c, get(r, doc.tok, "data"));
	}
	json_release(&doc);
	return ok;
}

bool hl_ws_read(struct hl_ws_event *scratch, const char *text, size_t n, int64_t now_ms, hl_ws_fn *fn, void *arg, struct errmsg *e)
{
	const char *end = text + n, *data;
	const struct channel *c;
	struct errmsg why;
	struct reader r = { .event = scratch, .fn = fn, .arg = arg, .user = "" };

	while (text < end && isspace((unsigned char)*text))
		text++;
	if (text == end || *text != '{')	/* a greeting */
		return true;
	r.rows = (struct rows){ .record = &scratch->record, .fn = record, .arg = &r, .now_ms = now_ms, .e = &why };
	c = skim_channel(text, end, &data);
	if (c && !c->name)
		return true;
	scratch->channel = c ? c->name : "";
	scratch->user = r.user;
	if (c && c->skim && c->skim(&r, data, end))
		return true;
	r.rows.skip = r.rows.n;
	r.rows.n = 0;
	return read_tokens(&r, text, (size_t)(end - text)) ||
	       errmsg_set(e, "%s%s%s", scratch->channel, *scratch->channel ? ": " : "", why.text);
}

/* ---- what is sent ---- */

static void put_method(struct buf *b, const char *method, const char *subscription, size_t n)
{
	buf_addf(b, "{\"method\":\"%s\",\"subscription\":", method);
	buf_add(b, subscription, n);
	buf_addc(b, '}');
}

void hl_ws_subscribe(struct buf *b, const char *subscription, size_t n)
{
	put_method(b, "subscribe", subscription, n);
}

void hl_ws_unsubscribe(struct buf *b, const char *subscription, size_t n)
{
	put_method(b, "unsubscribe", subscription, n);
}

void hl_ws_ping(struct buf *b)
{
	buf_adds(b, "{\"method\":\"ping\"}");
}

static void put_post(struct buf *b, uint64_t id, const char *type, const char *body, size_t n)
{
	buf_addf(b, "{\"method\":\"post\",\"id\":%llu,\"request\":{\"type\":\"%s\",\"payload\":", (unsigned long long)id, type);
	buf_add(b, body, n);
	buf_adds(b, "}}");
}

void hl_ws_post_info(struct buf *b, uint64_t id, const char *body, size_t n)
{
	put_post(b, id, "info", body, n);
}

void hl_ws_post_action(struct buf *b, uint64_t id, const char *body, size_t n)
{
	put_post(b, id, "action", body, n);
}

/* {"type":T,KEY:VALUE,...} of pairs that end with NULL. */
static void put_subscription(struct buf *b, const char *type, const char *const *pairs)
{
	struct jsonw w;

	jsonw_init(&w, b, false);
	jsonw_object(&w);
	jsonw_put_text(&w, "type", type);
	for (; *pairs; pairs += 2)
		jsonw_put_text(&w, pairs[0], pairs[1]);
	jsonw_end(&w);
}

void hl_ws_sub_mids(struct buf *b)
{
	put_subscription(b, "allMids", (const char *const[]){ NULL });
}

void hl_ws_sub_bbo(struct buf *b, const char *symbol)
{
	put_subscription(b, "bbo", (const char *const[]){ "coin", symbol, NULL });
}

void hl_ws_sub_candle(struct buf *b, const char *symbol, const char *interval)
{
	put_subscription(b, "candle", (const char *const[]){ "coin", symbol, "interval", interval, NULL });
}

void hl_ws_sub_user(struct buf *b, const char *type, const char *user)
{
	put_subscription(b, type, (const char *const[]){ "user", user, NULL });
}

/* ---- which subscription an acknowledgement is of ---- */

/* Addresses come back in lower case. */
static bool same_text(const char *a, const char *b, size_t n, bool any_case)
{
	return any_case ? strncasecmp(a, b, n) == 0 : memcmp(a, b, n) == 0;
}

static bool same_value(const struct json_doc *x, const struct json *a, const struct json_doc *y, const struct json *b, bool any_case)
{
	size_t n;

	if (!b || a->type != b->type || a->type >= JSON_ARRAY)
		return false;
	n = a->end - a->start;
	return n == b->end - b->start && same_text(x->text + a->start, y->text + b->start, n, any_case);
}

static bool same_members(const struct json_doc *x, const struct json_doc *y)
{
	const struct json *key = x->tok + 1;
	char name[TEXT_MAX];

	if (x->tok->type != JSON_OBJECT || y->tok->type != JSON_OBJECT)
		return false;
	for (uint32_t i = 0; i < x->tok->size; i++, key += 1 + key[1].skip)
		if (!json_str(x, key, name, sizeof name) ||
		    !same_value(x, key + 1, y, json_get(y, y->tok, name), strcmp(name, "user") == 0))
			return false;
	return true;
}

bool hl_ws_same(const char *sent, size_t n, const char *acked, size_t m)
{
	struct json_doc x, y;
	bool same = false;

	if (!json_parse(&x, sent, n, NULL))
		return false;
	if (json_parse(&y, acked, m, NULL)) {
		same = same_members(&x, &y);
		json_release(&y);
	}
	json_release(&x);
	return same;
}
