/* SPDX-License-Identifier: MIT
 * ocq-manual - trades by hand on a lane: looked at first, then done once. The orders go the way of all others. */
#include "base/clock.h"
#include "base/num.h"
#include "base/opt.h"
#include "engine/venue.h"
#include "hl/info.h"
#include "hl/weight.h"
#include "json/json.h"
#include "lane/hand.h"
#include "lane/operator.h"
#include "lane/settings.h"
#include "net/budget.h"
#include "net/http.h"
#include "net/url.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 200, PREVIEW_MS = 60000, SYMBOL_PAUSE_MS = 5000, MINUTE_MS = 60000, LEVERAGE_MAX = 50, MIN_USD = 10, MAX_USD = 5000 };

static const char *dir, *venue_path, *url, *ca_file, *price_text, *limit_text;
static double leverage, band = 0.005, timeout_s = 60;
static bool wait_for;

static const struct opt opts[] = {
	{ 'j', "journal", OPT_TEXT, &dir, "DIR", "the lane's journal" },
	{ 0, "venue", OPT_TEXT, &venue_path, "META", "the exchange's markets: records of ocq-hl info meta" },
	{ 0, "url", OPT_TEXT, &url, "URL", "the exchange that is asked for the price" },
	{ 0, "ca", OPT_TEXT, &ca_file, "FILE", "its authorities, instead of the system's", OPT_HOST },
	{ 0, "price", OPT_TEXT, &price_text, "PX", "or this price" },
	{ 0, "limit", OPT_TEXT, &limit_text, "PX", "preview: an order that rests at this price" },
	{ 0, "leverage", OPT_F64, &leverage, "N", "preview: for the symbol (as it is)" },
	{ 0, "band", OPT_F64, &band, "F", "execute: the price may have moved by this part (0.005)" },
	{ 'w', "wait", OPT_FLAG, &wait_for, NULL, "for what becomes of it, and show it" },
	{ 0, "timeout", OPT_F64, &timeout_s, "S", "at most so long (60)" },
	{ 0 }
};

static struct follow lane;
static struct venue_table venue;
static struct out out;

static dec8 number(const char *text, const char *what)
{
	dec8 v;

	if (!dec8_parse(text, strlen(text), &v) || v <= 0)
		die(EX_USAGE, "%s is \"%s\": a decimal above 0", what, text);
	return v;
}

/* ---- what is known ---- */

static void begin(int n, int least, int most)
{
	struct errmsg e;

	if (n < least || n > most)
		die(EX_USAGE, "wrong number of operands: see --help");
	if (!dir)
		die(EX_USAGE, "whose? -j DIR, the lane's journal");
	if (!(band >= 0 && band <= 1) || !(timeout_s >= 0 && timeout_s <= 86400))
		die(EX_USAGE, "--band is from 0 to 1, --timeout at most a day");
	operator_need_journal(dir);
	if (truthy(getenv("AI_QUANT_HARD_KILL_SWITCH")))
		die(EX_DENIED, "AI_QUANT_HARD_KILL_SWITCH is set");
	stream_signals();
	must(follow_open(&lane, dir, &e), &e);
	if (!lane.lane.begun)
		die(EX_DATA, "%s: no lane has begun in this journal", dir);
	if (!follow_lock(dir, "manual", &e))
		die(EX_RETRY, "%s", e.text);
	if (venue_path)
		rules_load(&venue, venue_path);
	out_open(&out, "-");
}

static int end(const char *op)
{
	struct errmsg e;
	int rc = EX_OK;

	if (wait_for && op)
		rc = hand_wait(&lane, dir, op, (int64_t)(timeout_s * 1000), &out, &e);
	out_close(&out);
	if (rc != EX_OK)
		warn("%s", e.text);
	follow_close(&lane);
	rules_release(&venue);
	return rc;
}

static const struct venue_market *market(const char *symbol)
{
	if (!venue_path)
		die(EX_USAGE, "how large are lots? --venue META, the exchange's markets");
	return rules_need(&venue, symbol);
}

static dec8 held_of(const char *symbol)
{
	const struct lane_symbol *s = lane_symbol_find(&lane.lane, symbol);

	return s ? hand_held(&lane.lane, s) : 0;
}

static double their_leverage(const char *symbol)
{
	const struct lane_symbol *s = lane_symbol_find(&lane.lane, symbol);

	return s ? s->theirs_leverage : 0;
}

/* ---- the price ---- */

struct wanted { const char *symbol; double px; };

static void take_mid(void *arg, const struct record *r)
{
	struct wanted *w = arg;

	if (r->type == REC_mid && strcmp(r->u.mid.symbol, w->symbol) == 0)
		w->px = r->u.mid.px;
}

/* Once the weight of the address allows it. */
static const struct http_answer *post(struct loop *loop, struct http *http, const char *base, const struct buf *body)
{
	unsigned weight = hl_weight_info("allMids");
	char *path = budget_path(base);
	struct buf to = BUF_INIT;
	const struct http_answer *a;
	struct budget *budget;
	struct errmsg e;
	uint32_t ticket;
	int64_t wait_ms;

	if (!(budget = budget_open(path, 0, 0, &e)))
		die(EX_RETRY, "%s", e.text);
	while ((wait_ms = budget_take(budget, weight, BUDGET_READ, &ticket)) > 0)
		if (!loop_turn(loop, wait_ms < LOOK_AGAIN_MS ? wait_ms : LOOK_AGAIN_MS))
			die(EX_RETRY, "stopped while it waited for its turn");
	buf_addf(&to, "%s/info", base);
	a = http_post_wait(http, buf_cstr(&to), body->data, body->len);
	if (a->status == 429)
		budget_refused(budget, a->retry_after_s);
	budget_settle(budget, ticket, a->outcome == HTTP_NOT_SENT ? 0 : weight);
	budget_close(budget);
	buf_release(&to);
	free(path);
	return a;
}

static dec8 ask_price(const char *symbol)
{
	struct loop *loop = loop_new();
	struct http *http = http_new(loop, &(struct http_options){ .ca_file = ca_file });
	struct buf body = BUF_INIT;
	char *base = url_option(url);
	struct wanted w = { symbol, 0 };
	const struct http_answer *a;
	struct errmsg e;
	dec8 px;

	hl_info_plain(&body, "allMids");
	a = post(loop, http, base, &body);
	if (a->outcome != HTTP_ANSWERED)
		die(EX_ABSENT, "%s", a->why);
	if (a->status != 200)
		die(a->status == 429 ? EX_RETRY : EX_ABSENT, "the exchange answers HTTP %d", a->status);
	if (!hl_info_read("allMids", a->body, a->len, clock_ms(), take_mid, &w, NULL, &e))
		die(EX_DATA, "the exchange's answer is wrong: %s", e.text);
	if (!dec8_of_f64(w.px, DEC8_HALF_EVEN, &px) || px <= 0)
		die(EX_NO, "the exchange has no price of %s", symbol);
	free(base);
	buf_release(&body);
	http_free(http);
	loop_free(loop);
	return px;
}

static dec8 price_now(const char *symbol)
{
	if (price_text)
		return number(price_text, "--price");
	if (!url)
		die(EX_USAGE, "at what price? --url URL asks for it, --price PX gives it");
	return ask_price(symbol);
}

/* ---- previews ---- */

/* What an operator is shown, and what must still hold when it is executed. */
struct preview {
	char_symbol symbol;
	bool buy;
	dec8 size, px, limit_px, held;	/* limit_px 0: at market */
	double leverage, their_leverage;
};

static void put_dec(struct jsonw *w, const char *key, dec8 v)
{
	char text[DEC8_TEXT];

	*dec8_put(text, v) = '\0';
	jsonw_key(w, key);
	jsonw_str(w, text);
}

static void preview_write(const struct preview *p, struct buf *text)
{
	struct jsonw w;

	jsonw_init(&w, text, false);
	jsonw_object(&w);
	jsonw_put_text(&w, "symbol", p->symbol);
	jsonw_put_text(&w, "side", p->buy ? "buy" : "sell");
	put_dec(&w, "size", p->size);
	put_dec(&w, "px", p->px);
	put_dec(&w, "limit_px", p->limit_px);
	put_dec(&w, "held", p->held);
	jsonw_put_f64(&w, "leverage", p->leverage);
	jsonw_put_f64(&w, "their_leverage", p->their_leverage);
	jsonw_put_f64(&w, "notional_usd", dec8_f64(dec8_mul(p->size, p->px, DEC8_HALF_EVEN)));
	jsonw_end(&w);
}

static bool get_dec(const struct json_doc *d, const char *key, dec8 *v)
{
	char text[DEC8_TEXT];

	return json_str(d, json_get(d, d->tok, key), text, sizeof text) && dec8_parse(text, strlen(text), v);
}

static bool preview_read(struct preview *p, const char *text)
{
	struct json_doc d;
	struct errmsg e;
	bool ok;

	*p = (struct preview){ .size = 0 };
	if (!json_parse(&d, text, strlen(text), &e))
		return false;
	ok = json_str(&d, json_get(&d, d.tok, "symbol"), p->symbol, sizeof p->symbol) && get_dec(&d, "size", &p->size) && get_dec(&d, "px", &p->px) &&
	     get_dec(&d, "limit_px", &p->limit_px) && get_dec(&d, "held", &p->held) && p->px > 0 &&
	     json_f64(&d, json_get(&d, d.tok, "leverage"), &p->leverage) && json_f64(&d, json_get(&d, d.tok, "their_leverage"), &p->their_leverage);
	p->buy = json_is(&d, json_get(&d, d.tok, "side"), "buy");
	json_release(&d);
	return ok;
}

static dec8 most_usd(void)
{
	const char *text = getenv("AI_QUANT_MANUAL_MAX_NOTIONAL_USD");

	return text && *text ? number(text, "AI_QUANT_MANUAL_MAX_NOTIONAL_USD") : DEC8_OF(MAX_USD);
}

/* Holds for a preview, and again when it is executed. */
static void check_order(const struct preview *p)
{
	const struct venue_market *m = market(p->symbol);
	dec8 usd = dec8_mul(p->size, p->limit_px ? p->limit_px : p->px, DEC8_HALF_EVEN);

	if (!lot_ok(p->size, m->sz_decimals))
		die(EX_DENIED, "the size has more than the %u decimals of %s", m->sz_decimals, p->symbol);
	if (usd < DEC8_OF(MIN_USD) || usd > most_usd())
		die(EX_DENIED, "%.2f USD is not from %d to %.2f (AI_QUANT_MANUAL_MAX_NOTIONAL_USD)", dec8_f64(usd), MIN_USD, dec8_f64(most_usd()));
	if (p->leverage != 0 && !(p->leverage >= 1 && p->leverage <= LEVERAGE_MAX && p->leverage <= m->rule.max_leverage))
		die(EX_DENIED, "leverage %g is not from 1 to %g, which %s allows", p->leverage, fmin(LEVERAGE_MAX, m->rule.max_leverage), p->symbol);
	if (p->held != 0 && (p->held > 0) != p->buy)
		die(EX_DENIED, "%s is held on the other side: close it first", p->symbol);
}

static bool side_of(const char *text)
{
	if (strcmp(text, "buy") != 0 && strcmp(text, "sell") != 0)
		die(EX_USAGE, "\"%s\" is neither buy nor sell", text);
	return strcmp(text, "buy") == 0;
}

/* Rounded down to lots, but to one at least. */
static dec8 size_for(dec8 usd, dec8 px, unsigned sz_decimals)
{
	dec8 size = dec8_div(usd, px, DEC8_DOWN), lots = lot_round(size, sz_decimals, DEC8_DOWN);

	return lots > 0 ? lots : lot_round(size > 0 ? size : 1, sz_decimals, DEC8_UP);
}

static int do_preview(char **operand, int n)
{
	struct preview p = { .leverage = leverage };
	struct buf text = BUF_INIT;
	struct rec_op op;
	struct errmsg e;
	dec8 usd;

	begin(n, 3, 3);
	p.buy = side_of(operand[0]);
	if (strlen(operand[1]) >= sizeof p.symbol)
		die(EX_USAGE, "\"%s\" is no symbol", operand[1]);
	strcpy(p.symbol, operand[1]);
	usd = number(operand[2], "the amount in USD");
	p.px = price_now(p.symbol);
	p.limit_px = limit_text ? number(limit_text, "--limit") : 0;
	if (p.limit_px && !tick_ok(p.limit_px, market(p.symbol)->sz_decimals, false))
		die(EX_DENIED, "--limit %s is no price of %s: at most 5 digits that count, and %u decimals", limit_text, p.symbol,
		    tick_places(market(p.symbol)->sz_decimals, false));
	p.size = size_for(usd, p.limit_px ? p.limit_px : p.px, market(p.symbol)->sz_decimals);
	p.held = held_of(p.symbol);
	p.their_leverage = their_leverage(p.symbol);
	check_order(&p);
	preview_write(&p, &text);
	operator_op(&op, NULL, "preview", buf_cstr(&text));
	must(follow_put(&lane, REC_op, &op, JOURNAL_DURABLE, &e), &e);
	record_write(&out, REC_op, &op);
	note("to do this within %d s: ocq-manual execute %s", PREVIEW_MS / 1000, op.id);
	buf_release(&text);
	return end(NULL);
}

/* ---- execution ---- */

struct token { const char *id; bool previewed, executed; struct rec_op op; };

static void look_at_op(void *arg, const struct record *r)
{
	struct token *t = arg;

	if (strcmp(r->u.op.id, t->id) == 0 && strcmp(r->u.op.what, "preview") == 0) {
		t->previewed = true;
		t->op = r->u.op;
	}
}

static void look_at_intent(void *arg, const struct record *r)
{
	struct token *t = arg;

	t->executed |= strcmp(r->u.intent.op, t->id) == 0;
}

/* What must not have changed since. */
static void check_drift(const struct preview *p, dec8 px)
{
	double moved = fabs(dec8_f64(px) / dec8_f64(p->px) - 1);

	if (moved > band)
		die(EX_DENIED, "the price has moved by %.4f, more than --band %g: preview again", moved, band);
	if (held_of(p->symbol) != p->held)
		die(EX_DENIED, "the position in %s has changed: preview again", p->symbol);
	if (p->leverage == 0 && their_leverage(p->symbol) != p->their_leverage)
		die(EX_DENIED, "the leverage of %s has changed from %g to %g: preview again", p->symbol, p->their_leverage, their_leverage(p->symbol));
	check_order(p);
}

static void check_pause(const char *symbol)
{
	for (uint32_t k = 0; k < lane.lane.n_intents; k++) {
		const struct lane_intent *i = &lane.lane.intent[k];

		if (*i->op && strcmp(i->symbol, symbol) == 0 && clock_ms() - i->created_ms < SYMBOL_PAUSE_MS)
			die(EX_RETRY, "%s was traded by hand less than %d s ago", symbol, SYMBOL_PAUSE_MS / 1000);
	}
}

/* One batch: the action, and the order that belongs to it. */
static void put_order(const struct rec_op *op, const struct rec_intent *i)
{
	struct errmsg e;

	record_write(follow_begin(&lane), REC_op, op);
	record_write(&lane.batch, REC_intent, i);
	must(follow_commit(&lane, JOURNAL_DURABLE, &e), &e);
	if (!wait_for)
		record_write(&out, REC_intent, i);
}

static void execute(const struct token *t)
{
	struct rec_intent i;
	struct preview p;
	struct rec_op op;
	dec8 px;

	if (clock_ms() - t->op.t_ms > PREVIEW_MS)
		die(EX_DENIED, "the preview is older than %d s: preview again", PREVIEW_MS / 1000);
	if (!preview_read(&p, t->op.text))
		die(EX_DATA, "the preview %s cannot be read", t->id);
	px = price_now(p.symbol);
	check_drift(&p, px);
	check_pause(p.symbol);
	operator_op(&op, NULL, "execute", t->id);
	hand_intent(&i, t->id, p.symbol, p.held ? INTENT_ADD : INTENT_OPEN, p.buy, p.size, dec8_f64(px), op.t_ms);
	if (p.limit_px)
		*dec8_put(i.limit_px, p.limit_px) = '\0';
	i.leverage = p.leverage;
	i.valid_until_ms = op.t_ms + PREVIEW_MS;
	strcpy(i.reason, "by hand");
	put_order(&op, &i);
}

static int do_execute(char **operand, int n)
{
	struct token t = { .id = n ? operand[0] : "" };
	struct errmsg e;

	begin(n, 1, 1);
	must(hand_each(dir, REC_op, look_at_op, &t, &e), &e);
	must(hand_each(dir, REC_intent, look_at_intent, &t, &e), &e);
	if (!t.previewed)
		die(EX_DENIED, "\"%s\" is no preview of this lane", t.id);
	if (t.executed)
		note("%s was executed before", t.id);
	else
		execute(&t);
	return end(t.id);
}

/* ---- closing, cancelling, healing ---- */

static dec8 part_of(dec8 held, const char *symbol, const char *percent)
{
	dec8 p = percent ? number(percent, "the percentage") : DEC8_OF(100), size;

	if (p > DEC8_OF(100))
		die(EX_USAGE, "%s percent is more than all", percent);
	if (p == DEC8_OF(100))
		return held;
	size = lot_round(dec8_div(dec8_mul(held, p, DEC8_DOWN), DEC8_OF(100), DEC8_DOWN), market(symbol)->sz_decimals, DEC8_DOWN);
	if (size == 0)
		die(EX_DENIED, "%s percent of %s are less than one lot", percent, symbol);
	return size;
}

/* A price that is not given is the last one known. */
static double close_px(const struct lane_symbol *s)
{
	if (price_text || url)
		return dec8_f64(price_now(s->name));
	return s->own.close > 0 ? s->own.close : s->theirs_entry_px;
}

static int do_close(char **operand, int n)
{
	const struct lane_symbol *s;
	struct buf text = BUF_INIT;
	struct rec_intent i;
	struct rec_op op;
	dec8 held, size;

	begin(n, 1, 2);
	s = lane_symbol_find(&lane.lane, operand[0]);
	held = s ? hand_held(&lane.lane, s) : 0;
	if (held == 0)
		die(EX_DENIED, "%s is not held", operand[0]);
	check_pause(s->name);
	size = part_of(dec8_abs(held), s->name, n > 1 ? operand[1] : NULL);
	buf_addf(&text, "%s %s", s->name, n > 1 ? operand[1] : "100");
	operator_op(&op, NULL, "close", buf_cstr(&text));
	hand_intent(&i, op.id, s->name, size == dec8_abs(held) ? INTENT_CLOSE : INTENT_REDUCE, held < 0, size, close_px(s), op.t_ms);
	strcpy(i.reason, "by hand");
	put_order(&op, &i);
	buf_release(&text);
	return end(op.id);
}

static void check_cancels(void)
{
	const struct lane *l = &lane.lane;
	struct risk_settings s;
	unsigned sent;

	settings_read(&s);
	sent = lane_cancels_since(l, clock_ms() - MINUTE_MS);
	if (sent >= s.max_cancels_per_min)
		die(EX_RETRY, "%u cancellations in a minute (AI_QUANT_RISK_MAX_CANCELS_PER_MIN)", sent);
}

static int do_cancel(char **operand, int n)
{
	struct buf text = BUF_INIT;
	struct rec_cancel c;
	struct rec_op op;
	struct jsonw w;
	struct errmsg e;

	begin(n, 1, 2);
	check_cancels();
	jsonw_init(&w, &text, false);
	jsonw_object(&w);
	jsonw_put_text(&w, "cancel", operand[0]);
	if (n > 1)
		jsonw_put_text(&w, "oid", operand[1]);
	jsonw_end(&w);
	operator_op(&op, NULL, "cancel", buf_cstr(&text));
	operator_cancel(&c, &op, strcmp(operand[0], "all") == 0 ? NULL : operand[0], n > 1 ? operand[1] : NULL);
	record_write(follow_begin(&lane), REC_op, &op);
	record_write(&lane.batch, REC_cancel, &c);
	must(follow_commit(&lane, JOURNAL_DURABLE, &e), &e);
	if (!wait_for)
		record_write(&out, REC_op, &op);
	buf_release(&text);
	return end(op.id);
}

static dec8 healed(const struct lane_symbol *s, const char *how, const char *size)
{
	dec8 v = 0;

	if ((strcmp(how, "resize") == 0) != (size != NULL))
		die(EX_USAGE, "resize wants a signed size, the others none");
	if (strcmp(how, "adopt") == 0 && !s->theirs_known)
		die(EX_NO, "what the exchange holds of %s is not known yet", s->name);
	if (strcmp(how, "adopt") == 0)
		return s->theirs;
	if (strcmp(how, "ignore") == 0)
		return lane_own_size(s);
	if (strcmp(how, "drop") != 0 && strcmp(how, "resize") != 0)
		die(EX_USAGE, "\"%s\" is not adopt, drop, resize or ignore", how);
	if (size && !dec8_parse(size, strlen(size), &v))
		die(EX_USAGE, "\"%s\" is no signed size", size);
	return v;
}

static int do_heal(char **operand, int n)
{
	const struct lane_symbol *s;
	struct buf text = BUF_INIT;
	struct rec_heal heal = { .how = "" };
	struct rec_op op;
	struct errmsg e;

	begin(n, 2, 3);
	s = lane_symbol_find(&lane.lane, operand[0]);
	if (!s)
		die(EX_NO, "%s is not known to this lane", operand[0]);
	*dec8_put(heal.size, healed(s, operand[1], n > 2 ? operand[2] : NULL)) = '\0';
	buf_addf(&text, "%s %s %s", s->name, operand[1], heal.size);
	operator_op(&op, NULL, "heal", buf_cstr(&text));
	strcpy(heal.symbol, s->name);
	strcpy(heal.how, operand[1]);
	strcpy(heal.by, op.by);
	heal.t_ms = op.t_ms;
	heal.entry_px = s->theirs_entry_px;
	record_write(follow_begin(&lane), REC_op, &op);
	record_write(&lane.batch, REC_heal, &heal);
	must(follow_commit(&lane, JOURNAL_DURABLE, &e), &e);
	record_write(&out, REC_heal, &heal);
	buf_release(&text);
	return end(NULL);
}

static const struct verb verbs[] = {
	{ "preview", do_preview, "journal venue url ca price limit leverage" },
	{ "execute", do_execute, "journal venue url ca price band wait timeout" },
	{ "close", do_close, "journal venue url ca price wait timeout" },
	{ "cancel", do_cancel, "journal wait timeout" },
	{ "heal", do_heal, "journal" },
	{ NULL }
};

int main(int argc, char **argv)
{
	err_init(argv[0]);
	return opt_verb(argc, argv, opts, verbs, "VERB -j DIR [options] [OPERANDS]", "Trades by hand on a lane.");
}
