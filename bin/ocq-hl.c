/* SPDX-License-Identifier: MIT
 * ocq-hl - the exchange by hand: questions, orders, cancellations. Changes when a verb or an option is added. */
#include "base/clock.h"
#include "base/coproc.h"
#include "base/near.h"
#include "base/num.h"
#include "base/opt.h"
#include "hl/answer.h"
#include "hl/nonce.h"
#include "hl/request.h"
#include "hl/ticket.h"
#include "hl/vectors.h"
#include "hl/weight.h"
#include "net/budget.h"
#include "net/http.h"
#include "net/url.h"
#include "sign/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_MAX = 64 << 20, LOOK_AGAIN_MS = 200 };

static const char *url, *network = "mainnet", *ca_file, *user, *vault, *meta_file, *key_file, *limits_file, *signer;
static const char *tif, *cloid, *trigger;
static int64_t from_ms = -1, to_ms = -1;
static uint64_t nonce;
static uint32_t expires_s;
static double slippage = 0.05;
static bool raw, no_header, dry, everything, reduce_only, take_profit, stop_loss;

static const struct opt opts[] = {
	{ 0, "network", OPT_TEXT, &network, "mainnet|testnet", "whose, in signatures as well (mainnet)" },
	{ 0, "url", OPT_TEXT, &url, "URL", "another exchange than the network's own" },
	{ 0, "ca", OPT_TEXT, &ca_file, "FILE", "its authorities, instead of the system's", OPT_HOST },
	{ 'u', "user", OPT_TEXT, &user, "ADDRESS", "account that is asked about" },
	{ 0, "vault", OPT_TEXT, &vault, "ADDRESS", "vault or sub-account that is acted for" },
	{ 0, "from", OPT_TIME, &from_ms, "T", "fills, funding: of this time" },
	{ 0, "to", OPT_TIME, &to_ms, "T", NULL },
	{ 0, "raw", OPT_FLAG, &raw, NULL, "the answer's own JSON instead of records" },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "records without header and end", OPT_OUTPUT },
	{ 'k', "key", OPT_TEXT, &key_file, "FILE", "order, cancel: ocq-sign signs with this", OPT_HOST },
	{ 'l', "limits", OPT_TEXT, &limits_file, "FILE", NULL, OPT_HOST },
	{ 0, "signer", OPT_TEXT, &signer, "COMMAND", "or this command, which is like ocq-sign", OPT_HOST },
	{ 0, "dry", OPT_FLAG, &dry, NULL, "show the action and its hash, send nothing" },
	{ 0, "meta", OPT_TEXT, &meta_file, "FILE", "markets of a saved answer (meta --raw)" },
	{ 0, "expires", OPT_U32, &expires_s, "S", "not later than in S seconds (no end)" },
	{ 0, "nonce", OPT_U64, &nonce, "N", NULL },
	{ 0, "tif", OPT_TEXT, &tif, "Gtc|Ioc|Alo", "order: how it rests (Gtc)" },
	{ 0, "cloid", OPT_TEXT, &cloid, "0x...", NULL },
	{ 0, "trigger", OPT_TEXT, &trigger, "PX", "order: at this mark, to win or to stop a loss" },
	{ 0, "tp", OPT_FLAG, &take_profit, NULL, NULL },
	{ 0, "sl", OPT_FLAG, &stop_loss, NULL, NULL },
	{ 0, "reduce-only", OPT_FLAG, &reduce_only, NULL, "order: can only make a position smaller" },
	{ 0, "slippage", OPT_F64, &slippage, "F", "order at market: at most so far away (0.05)" },
	{ 0, "all", OPT_FLAG, &everything, NULL, "cancel: all of the user's, or of one symbol" },
	{ 0 }
};

/* ---- the exchange at the other end ---- */

static struct { struct loop *loop; struct http *http; struct budget *budget; } place;

static enum hl_network whose_network(void)
{
	enum hl_network n;

	if (!hl_network_parse(network, &n))
		die(EX_USAGE, "--network: \"%s\" is not mainnet or testnet", network);
	return n;
}

static const char *base_url(void)
{
	static char *base;

	if (!base)
		base = url_option(url ? url : whose_network() == HL_MAINNET ? "https://api.hyperliquid.xyz" : "https://api.hyperliquid-testnet.xyz");
	return base;
}

static void connect_place(void)
{
	char *path;
	struct errmsg e;

	if (place.http)
		return;
	whose_network();	/* a wrong one is met before anything is asked */
	path = budget_path(base_url());
	place.loop = loop_new();
	place.http = http_new(place.loop, &(struct http_options){ .ca_file = ca_file });
	place.budget = budget_open(path, 0, 0, &e);
	if (!place.budget)
		die(EX_RETRY, "%s", e.text);
	free(path);
}

static void leave_place(void)
{
	if (!place.http)
		return;
	budget_close(place.budget);
	http_free(place.http);
	loop_free(place.loop);
}

/* Posts once the weight of the address allows it. The answer is valid until the next one. */
static const struct http_answer *post(const char *path, const struct buf *body, unsigned weight, enum budget_class class,
				      uint32_t *ticket)
{
	struct buf to = BUF_INIT;
	const struct http_answer *a;
	int64_t wait_ms;

	connect_place();
	while ((wait_ms = budget_take(place.budget, weight, class, ticket)) > 0)
		if (!loop_turn(place.loop, wait_ms < LOOK_AGAIN_MS ? wait_ms : LOOK_AGAIN_MS))
			die(EX_RETRY, "stopped while it waited for its turn");
	buf_addf(&to, "%s%s", base_url(), path);
	a = http_post_wait(place.http, buf_cstr(&to), body->data, body->len);
	buf_release(&to);
	if (a->status == 429)
		budget_refused(place.budget, a->retry_after_s);
	return a;
}

static void check_answer(const struct http_answer *a)
{
	if (a->outcome != HTTP_ANSWERED)
		die(EX_ABSENT, "%s", a->why);
	if (a->status == 429)
		die(EX_RETRY, "the exchange wants fewer requests (HTTP 429)");
	if (a->status >= 500)
		die(EX_ABSENT, "the exchange fails (HTTP %d)", a->status);
	if (a->status != 200)
		die(EX_NO, "the exchange refuses the question (HTTP %d): %.*s", a->status, (int)strcspn(a->body, "\r\n"), a->body);
}

/* Asks; dies without an answer. Who has read it calls settle(). */
static const struct http_answer *ask(const char *type, const struct buf *body, uint32_t *ticket)
{
	unsigned weight = hl_weight_info(type);
	const struct http_answer *a = post("/info", body, weight, BUDGET_READ, ticket);

	if (a->outcome != HTTP_ANSWERED || a->status != 200)
		budget_settle(place.budget, *ticket, a->outcome == HTTP_NOT_SENT ? 0 : weight);
	check_answer(a);
	return a;
}

static void settle(const char *type, uint64_t rows, uint32_t ticket)
{
	budget_settle(place.budget, ticket, hl_weight_info(type) + hl_weight_rows(type, rows));
}

/* ---- records out ---- */

static struct out out;
static uint64_t written;

static void begin_records(void)
{
	out_open(&out, "-");
	if (!no_header && !raw)
		record_header(&out, NULL, NULL, NULL);
}

static void end_records(void)
{
	if (!no_header && !raw)
		record_end(&out, written);
	out_close(&out);
}

static void put_record(void *arg, const struct record *r)
{
	(void)arg;
	if (!raw)
		record_write(&out, r->type, &r->u);
	written++;
}

static void put_raw(const struct http_answer *a)
{
	out_add(&out, a->body, a->len);
	out_add(&out, "\n", 1);
}

static void write_answer(const char *type, const struct http_answer *a, uint32_t ticket)
{
	struct errmsg e;
	uint64_t rows = 0;
	bool ok;

	begin_records();
	ok = hl_info_read(type, a->body, a->len, clock_ms(), put_record, NULL, &rows, &e) || raw;	/* rows weigh, raw or not */
	settle(type, rows, ticket);
	if (!ok) {
		out_flush(&out);
		die(EX_DATA, "the exchange's answer is wrong: %s", e.text);
	}
	if (raw)
		put_raw(a);
	end_records();
}

/* ---- questions ---- */

static void question(const char *type, const struct buf *body)
{
	const struct http_answer *a;
	uint32_t ticket;

	if (!raw && !hl_info_has_records(hl_info_find(type)))
		die(EX_USAGE, "nothing makes records of %s: --raw shows the answer", type);
	a = ask(type, body, &ticket);
	write_answer(type, a, ticket);
}

static int do_info(char **operands, int n)
{
	struct buf body = BUF_INIT;
	struct errmsg e;

	if (n < 1)
		die(EX_USAGE, "info: want a TYPE and its KEY=VALUE, see ocq-hl(1)");
	if (!hl_info_body(&body, operands[0], (const char *const *)operands + 1, (unsigned)n - 1, &e))
		die(EX_USAGE, "%s", e.text);
	question(operands[0], &body);
	buf_release(&body);
	return EX_OK;
}

static void no_operands(int n)
{
	if (n)
		die(EX_USAGE, "this verb takes no operands");
}

static int do_meta(char **operands, int n)
{
	struct buf body = BUF_INIT;

	(void)operands;
	no_operands(n);
	hl_info_plain(&body, "meta");
	question("meta", &body);
	buf_release(&body);
	return EX_OK;
}

static void parse_address(const char *option, const char *text, struct address *a)
{
	if (!address_parse(text, strlen(text), a))
		die(EX_USAGE, "--%s: \"%s\" is no address of 40 hex digits", option, text);
}

/* The address of --user as the exchange writes it. */
static const char *whose(void)
{
	static char text[ADDRESS_TEXT];
	struct address a;

	if (!user)
		die(EX_USAGE, "whose? --user ADDRESS");
	parse_address("user", user, &a);
	address_put(text, &a);
	return text;
}

static int ask_user(const char *type, bool of_time, int n)
{
	struct buf body = BUF_INIT;

	no_operands(n);
	if (of_time)
		hl_info_user_span(&body, type, whose(), from_ms, to_ms);
	else
		hl_info_user(&body, type, whose());
	question(type, &body);
	buf_release(&body);
	return EX_OK;
}

static int do_positions(char **operands, int n)
{
	(void)operands;
	return ask_user("clearinghouseState", false, n);
}

static int do_orders(char **operands, int n)
{
	(void)operands;
	return ask_user("frontendOpenOrders", false, n);
}

static int do_fills(char **operands, int n)
{
	(void)operands;
	if (to_ms >= 0 && from_ms < 0)
		die(EX_USAGE, "fills: --to needs --from");
	return from_ms < 0 ? ask_user("userFills", false, n) : ask_user("userFillsByTime", true, n);
}

static int do_funding(char **operands, int n)
{
	(void)operands;
	if (from_ms < 0)
		die(EX_USAGE, "funding: since when? --from T");
	return ask_user("userFunding", true, n);
}

/* ---- markets ---- */

static struct assets *markets;

/* Reads text as JSON and adds what is in it; dex < 0: spot. */
static void add_markets(const char *what, const char *text, size_t n, int dex)
{
	struct json_doc d;
	struct errmsg e;

	if (!json_parse(&d, text, n, &e) ||
	    !(dex < 0 ? assets_add_spot(markets, &d, d.tok, &e) : assets_add_meta(markets, &d, d.tok, (unsigned)dex, &e)))
		die(EX_DATA, "%s: %s", what, e.text);
	json_release(&d);
}

/* Asks with one word, "KEY=VALUE", or with none (NULL). */
static const struct http_answer *ask_with(const char *type, const char *word, uint32_t *ticket)
{
	struct buf body = BUF_INIT;
	const struct http_answer *a;
	struct errmsg e;

	if (!hl_info_body(&body, type, &word, word ? 1 : 0, &e))
		die(EX_USAGE, "%s", e.text);
	a = ask(type, &body, ticket);
	buf_release(&body);
	return a;
}

static void ask_markets(const char *type, const char *word, int dex)
{
	const struct http_answer *a;
	uint32_t ticket;

	a = ask_with(type, word, &ticket);
	add_markets(type, a->body, a->len, dex);
	settle(type, 0, ticket);
}

/* The place of a builder's exchange, which its markets' numbers begin with. */
static int find_dex(const char *name)
{
	const struct http_answer *a;
	struct json_doc d;
	struct errmsg e;
	uint32_t ticket;
	int place_of;

	a = ask_with("perpDexs", NULL, &ticket);
	if (!json_parse(&d, a->body, a->len, &e))
		die(EX_DATA, "perpDexs: %s", e.text);
	place_of = assets_dex_place(&d, d.tok, name);
	settle("perpDexs", 0, ticket);
	json_release(&d);
	if (place_of < 0)
		die(EX_USAGE, "there is no exchange \"%s\"", name);
	return place_of;
}

/* "dex=NAME" for a market of a builder's exchange, NAME:COIN; else NULL. */
static const char *dex_word(const char *symbol)
{
	static struct buf b;
	const char *colon = strchr(symbol, ':');

	if (!colon)
		return NULL;
	buf_clear(&b);
	buf_addf(&b, "dex=%.*s", (int)(colon - symbol), symbol);
	return buf_cstr(&b);
}

static void load_file(void)
{
	struct buf text = BUF_INIT;
	struct errmsg e;

	if (!buf_read_file(&text, meta_file, FILE_MAX, &e))
		die(EX_DATA, "%s", e.text);
	add_markets(meta_file, text.data, text.len, 0);
	buf_release(&text);
}

/* The markets among which the symbol must be; NULL: all but those of builders' exchanges. */
static void load_markets(const char *symbol)
{
	markets = assets_new();
	if (meta_file) {
		load_file();
	} else if (!symbol) {
		ask_markets("meta", NULL, 0);
		ask_markets("spotMeta", NULL, -1);
	} else if (dex_word(symbol)) {
		ask_markets("meta", dex_word(symbol), find_dex(dex_word(symbol) + strlen("dex=")));
	} else if (strchr(symbol, '/') || *symbol == '@') {
		ask_markets("spotMeta", NULL, -1);
	} else {
		ask_markets("meta", NULL, 0);
	}
}

static const struct asset *nearest_market(const char *symbol)
{
	unsigned least = (unsigned)strlen(symbol) / 2 + 1;
	const struct asset *best = NULL, *all;
	size_t n;

	all = assets_all(markets, &n);
	for (size_t i = 0; i < n; i++) {
		unsigned far = strcasecmp(symbol, all[i].name) == 0 ? 0 : near_distance(symbol, all[i].name);

		if (far < least) {
			least = far;
			best = &all[i];
		}
	}
	return best;
}

static const struct asset *find_market(const char *symbol)
{
	const struct asset *a = assets_find(markets, symbol), *best;

	if (!a)
		a = assets_find_symbol(markets, symbol);
	if (a)
		return a;
	best = nearest_market(symbol);
	if (best)
		die(EX_USAGE, "there is no market \"%s\": did you mean %s?", symbol, best->name);
	die(EX_USAGE, "there is no market \"%s\"", symbol);
}

/* ---- actions ---- */

struct intent {
	struct buf json;
	unsigned elements;
	struct signing signing;
};

/* What the action's signature will stand for. */
static void reckon(struct intent *i)
{
	struct signing *s = &i->signing;

	s->network = whose_network();
	s->nonce = nonce ? nonce : nonce_next(0, clock_ms());
	s->has_expires = expires_s > 0;
	s->expires_ms = (uint64_t)(clock_ms() + expires_s * INT64_C(1000));
	if ((s->has_vault = vault != NULL))
		parse_address("vault", vault, &s->vault);
	signing_reckon(s, i->json.data, i->json.len);
}

static int show(const struct intent *i)
{
	struct buf line = BUF_INIT;

	signing_write(&i->signing, "action", &line);
	buf_addf(&line, ",\"hash\":\"%s\"}\n", i->signing.hash);
	begin_records();
	out_add(&out, line.data, line.len);
	written = 1;
	end_records();
	buf_release(&line);
	return EX_OK;
}

static void start_signer(struct coproc *c)
{
	char *shell[] = { "sh", "-c", (char *)signer, NULL };
	char *bounded[] = { "ocq-sign", "--key", (char *)key_file, "--limits", (char *)limits_file, NULL };
	char *name = (char *)hl_network_name(whose_network());
	char *free_hand[] = { "ocq-sign", "--key", (char *)key_file, "--no-limits", "--network", name, NULL };
	struct errmsg e;

	if ((key_file != NULL) == (signer != NULL))
		die(EX_USAGE, "who signs? one of --key FILE and --signer COMMAND, or --dry");
	if (limits_file && !key_file)
		die(EX_USAGE, "--limits goes with --key");
	if (!coproc_start(c, signer ? shell : limits_file ? bounded : free_hand, &e))
		die(EX_ABSENT, "%s", e.text);
}

static void sign(const struct intent *i, struct buf *body)
{
	struct coproc c;
	bool done;

	start_signer(&c);
	signing_ask(&i->signing, "ocq-hl", &c);
	coproc_shut(&c);
	done = signing_take(&i->signing, &c, &out, body);
	coproc_end(&c);
	if (!done)
		die(EX_DENIED, "the signer gave no signature");
}

/* Where nobody knows what became of the action the exchange counts as absent. */
static int status_of(enum hl_outcome worst, const struct http_answer *a)
{
	if (worst == HL_UNKNOWN)
		warn("what became of it is not known: look at orders and fills before it is done again");
	if (worst == HL_UNKNOWN || a->outcome != HTTP_ANSWERED)
		return EX_ABSENT;
	if (a->status == 429)
		return EX_RETRY;
	return worst == HL_REFUSED ? EX_NO : EX_OK;
}

static int send(const struct intent *i)
{
	struct buf body = BUF_INIT;
	unsigned weight = hl_weight_action(i->elements);
	const struct http_answer *a;
	enum hl_outcome worst;
	uint32_t ticket;
	int status;

	sign(i, &body);
	a = post("/exchange", &body, weight, BUDGET_ORDER, &ticket);
	begin_records();
	if (a->outcome == HTTP_ANSWERED) {
		worst = hl_answer_http(a->status, a->type, a->body, a->len, i->elements, put_record, NULL);
	} else {
		warn("%s", a->why);
		worst = hl_answer_none(a->outcome == HTTP_UNKNOWN, a->why, i->elements, put_record, NULL);
	}
	if (raw && a->outcome == HTTP_ANSWERED)
		put_raw(a);
	end_records();
	budget_settle(place.budget, ticket, a->outcome == HTTP_NOT_SENT ? 0 : weight);
	status = status_of(worst, a);
	buf_release(&body);
	return status;
}

/* Shows or sends the action. */
static int act(struct intent *i)
{
	int status;

	reckon(i);
	status = dry ? show(i) : send(i);
	buf_release(&i->json);
	buf_release(&i->signing.canonical);
	assets_free(markets);
	return status;
}

/* ---- orders ---- */

/* SYMBOL buy|sell SIZE [@] PRICE, or "market" for the price. */
static const char *read_words(char **w, int n, struct ticket *t)
{
	const char *price;

	if (n == 5 && strcmp(w[3], "@") == 0)
		price = w[4];
	else if (n == 4)
		price = *w[3] == '@' ? w[3] + 1 : w[3];
	else
		die(EX_USAGE, "order: want SYMBOL buy|sell SIZE @ PRICE, or market for @ PRICE");
	t->side = w[1];
	t->size = w[2];
	t->price = strcmp(price, "market") == 0 ? NULL : price;
	return w[0];
}

static dec8 pick_mid(const char *symbol, const struct http_answer *a)
{
	struct json_doc d;
	struct errmsg e;
	char text[64];
	dec8 mid = 0;

	if (!json_parse(&d, a->body, a->len, &e))
		die(EX_DATA, "allMids: %s", e.text);
	if (json_str(&d, json_get(&d, d.tok, symbol), text, sizeof text) && !dec8_parse(text, strlen(text), &mid))
		die(EX_DATA, "allMids: \"%s\" is no decimal", text);
	json_release(&d);
	return mid;
}

static dec8 ask_mid(const char *symbol)
{
	const struct http_answer *a;
	uint32_t ticket;
	dec8 mid;

	a = ask_with("allMids", dex_word(symbol), &ticket);
	mid = pick_mid(symbol, a);
	settle("allMids", 0, ticket);
	return mid;
}

static int do_order(char **operands, int n)
{
	struct ticket t = { .tif = tif, .trigger = trigger, .cloid = cloid, .take_profit = take_profit, .reduce_only = reduce_only,
			    .slippage = slippage };
	struct intent i = { .elements = 1 };
	const char *symbol = read_words(operands, n, &t);
	const struct asset *a;
	struct hl_order order;
	struct errmsg e;

	if (take_profit + stop_loss != (trigger != NULL))
		die(EX_USAGE, "order: --trigger goes with one of --tp and --sl");
	load_markets(symbol);
	a = find_market(symbol);
	if (!ticket_order(&t, a, ticket_needs_mid(&t) ? ask_mid(a->name) : 0, &order, &e))
		die(EX_USAGE, "%s", e.text);
	action_write_orders(&i.json, &order, 1, "na");
	return act(&i);
}

/* ---- cancellations ---- */

static uint64_t read_oid(const char *text)
{
	const char *end = text + strlen(text);
	uint64_t oid;

	if (num_u64_get(text, end, &oid) != end)
		die(EX_USAGE, "cancel: \"%s\" is neither an order number nor a client order id", text);
	return oid;
}

static void cancel_by_oid(struct intent *i, uint32_t asset, char **ids, unsigned n)
{
	struct hl_cancel *list = xcalloc(n, sizeof *list);

	for (unsigned k = 0; k < n; k++)
		list[k] = (struct hl_cancel){ asset, read_oid(ids[k]) };
	action_write_cancels(&i->json, list, n);
	free(list);
}

static void cancel_by_cloid(struct intent *i, uint32_t asset, char **ids, unsigned n)
{
	struct hl_cancel_cloid *list = xcalloc(n, sizeof *list);

	for (unsigned k = 0; k < n; k++) {
		list[k].asset = asset;
		if (!cloid_parse(ids[k], strlen(ids[k]), list[k].cloid))
			die(EX_USAGE, "cancel: \"%s\" is no client order id of 0x and 32 hex digits (and kinds do not mix)", ids[k]);
	}
	action_write_cancels_cloid(&i->json, list, n);
	free(list);
}

/* The open orders that --all means. */
struct open_orders { const char *symbol; struct hl_cancel *list; unsigned n; };

static void add_open(void *arg, const struct record *r)
{
	struct open_orders *o = arg;

	if (o->symbol && strcmp(o->symbol, r->u.order.symbol) != 0)
		return;
	o->list = xreallocarray(o->list, o->n + 1, sizeof *o->list);
	o->list[o->n++] = (struct hl_cancel){ find_market(r->u.order.symbol)->id, read_oid(r->u.order.oid) };
}

static void find_open(struct open_orders *o)
{
	struct buf body = BUF_INIT;
	const struct http_answer *a;
	struct errmsg e;
	uint32_t ticket;

	hl_info_user(&body, "frontendOpenOrders", whose());
	a = ask("frontendOpenOrders", &body, &ticket);
	if (!hl_info_read("frontendOpenOrders", a->body, a->len, clock_ms(), add_open, o, NULL, &e))
		die(EX_DATA, "the exchange's answer is wrong: %s", e.text);
	settle("frontendOpenOrders", 0, ticket);
	buf_release(&body);
}

static int cancel_all(const char *symbol)
{
	struct open_orders open = { 0 };
	struct intent i = { 0 };

	load_markets(symbol);
	open.symbol = symbol ? find_market(symbol)->name : NULL;
	find_open(&open);
	if (!open.n)
		return EX_IDLE;
	if (open.n > HL_BATCH_MAX)
		warn("%u of %u open orders are cancelled: an action takes no more", HL_BATCH_MAX, open.n);
	i.elements = open.n < HL_BATCH_MAX ? open.n : HL_BATCH_MAX;
	action_write_cancels(&i.json, open.list, i.elements);
	free(open.list);
	return act(&i);
}

static int do_cancel(char **operands, int n)
{
	struct intent i = { .elements = n > 1 ? (unsigned)n - 1 : 0 };
	uint32_t asset;

	if (everything && n < 2)
		return cancel_all(n ? operands[0] : NULL);
	if (everything || n < 2 || i.elements > HL_BATCH_MAX)
		die(EX_USAGE, "cancel: want SYMBOL and up to %d order numbers or client order ids, or --all [SYMBOL]", HL_BATCH_MAX);
	load_markets(operands[0]);
	asset = find_market(operands[0])->id;
	if (strncmp(operands[1], "0x", 2) == 0)
		cancel_by_cloid(&i, asset, operands + 1, i.elements);
	else
		cancel_by_oid(&i, asset, operands + 1, i.elements);
	return act(&i);
}

/* ---- vectors ---- */

static int do_vectors(char **operands, int n)
{
	struct buf text = BUF_INIT;
	struct errmsg e;
	uint64_t failed;

	if (n != 1)
		die(EX_USAGE, "vectors: want one file of vectors");
	if (!buf_read_file(&text, operands[0], FILE_MAX, &e))
		die(EX_DATA, "%s", e.text);
	out_open(&out, "-");
	if (!vectors_run(text.data, text.len, &out, &failed, &e))
		die(EX_DATA, "%s: %s", operands[0], e.text);
	out_close(&out);
	buf_release(&text);
	return failed ? EX_NO : EX_OK;
}

#define AT_PLACE "network url ca "
#define ASKS AT_PLACE "raw no-header "
#define ACTS ASKS "vault key limits signer dry meta expires nonce "

static const struct verb verbs[] = {
	{ "info", do_info, ASKS },
	{ "meta", do_meta, ASKS },
	{ "positions", do_positions, ASKS "user" },
	{ "orders", do_orders, ASKS "user" },
	{ "fills", do_fills, ASKS "user from to" },
	{ "funding", do_funding, ASKS "user from to" },
	{ "order", do_order, ACTS "tif cloid trigger tp sl reduce-only slippage" },
	{ "cancel", do_cancel, ACTS "user all" },
	{ "vectors", do_vectors, "" },
	{ 0 }
};

int main(int argc, char **argv)
{
	int status;

	err_init(argv[0]);
	stream_signals();
	status = opt_verb(argc, argv, opts, verbs, "VERB [options] [OPERAND...]", "The exchange by hand.");
	leave_place();
	return status;
}
