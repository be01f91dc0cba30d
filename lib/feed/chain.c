/* SPDX-License-Identifier: MIT
 * One place after another. */
#include "feed/chain.h"

#include "base/buf.h"
#include "base/clock.h"
#include "hl/info.h"
#include "json/json.h"
#include "net/http.h"
#include "net/unix.h"
#include "store/live.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MORE_ROWS = 50, ROWS_LEAST = 200, CLOSES = 2 };

struct mid { char symbol[SYMBOL_MAX]; double px; };

struct chain {
	struct chain_options o;
	struct loop *loop;
	struct http *http;
	struct unix_peer *peer;
	struct buf answer;
	bool answered;
	struct mid *mids;		/* of the exchange, by name */
	size_t n_mids, cap_mids;
	int64_t mids_ms;		/* when it said so */
};

const char *chain_source_text(enum chain_source s)
{
	static const char *const text[] = { "ws_mid", "ws_bbo", "rest_mid", "candle_close" };

	return text[s];
}

struct chain *chain_open(const struct chain_options *o)
{
	struct chain *c = xcalloc(1, sizeof *c);

	c->o = *o;
	c->mids_ms = INT64_MIN / 2;
	c->loop = loop_new();
	return c;
}

void chain_close(struct chain *c)
{
	if (!c)
		return;
	if (c->peer)
		unix_drop(c->peer);
	while (c->peer)
		loop_turn(c->loop, 0);
	if (c->http)
		http_free(c->http);
	loop_free(c->loop);
	buf_release(&c->answer);
	free(c->mids);
	free(c);
}

/* ---- the socket ---- */

static void on_line(void *arg, struct unix_peer *p, const char *line, size_t n)
{
	struct chain *c = arg;

	(void)p;
	buf_clear(&c->answer);
	buf_add(&c->answer, line, n);
	c->answered = true;
}

static void on_closed(void *arg, struct unix_peer *p)
{
	(void)p;
	((struct chain *)arg)->peer = NULL;
}

/* The answer to a request is in c->answer. An answer that comes too late must not be taken for the next one's. */
static bool ask_socket(struct chain *c, const char *request, size_t n)
{
	static const struct unix_handlers handlers = { .line = on_line, .closed = on_closed };
	int64_t until_ns = clock_mono_ns() + c->o.timeout_ms * INT64_C(1000000);
	struct errmsg e;

	if (!c->o.socket)
		return false;
	if (!c->peer)
		c->peer = unix_connect(c->loop, c->o.socket, NULL, &handlers, c, &e);
	c->answered = false;
	if (!c->peer || !unix_send(c->peer, request, n))
		return false;
	while (!c->answered && c->peer && clock_mono_ns() < until_ns && loop_turn(c->loop, 50))
		;
	if (!c->answered && c->peer)
		unix_drop(c->peer);
	return c->answered;
}

static bool socket_price(struct chain *c, const char *symbol, struct chain_price *p)
{
	struct buf request = BUF_INIT;
	const struct json *result, *bbo;
	struct json_doc d;
	struct jsonw w;
	double age_s = 0;
	bool ok;

	buf_adds(&request, "{\"id\":1,\"method\":\"get_mids\",\"params\":");
	jsonw_init(&w, &request, false);
	jsonw_object(&w);
	jsonw_key(&w, "symbols");
	jsonw_array(&w);
	jsonw_str(&w, symbol);
	jsonw_end(&w);
	jsonw_put_f64(&w, "max_age_s", (double)c->o.max_age_ms / 1000);
	jsonw_end(&w);
	buf_addc(&request, '}');
	ok = ask_socket(c, request.data, request.len);
	buf_release(&request);
	if (!ok || !json_parse(&d, c->answer.data, c->answer.len, NULL))
		return false;
	result = json_get(&d, d.tok, "result");
	bbo = json_get(&d, json_get(&d, result, "bbo"), symbol);
	p->source = CHAIN_WS_MID;
	ok = json_f64(&d, json_get(&d, json_get(&d, result, "mids"), symbol), &p->px);
	if (ok) {
		json_f64(&d, json_get(&d, result, "mids_age_s"), &age_s);
	} else {
		double bid = 0, ask = 0;

		p->source = CHAIN_WS_BBO;
		ok = json_f64(&d, json_get(&d, bbo, "bid"), &bid) && json_f64(&d, json_get(&d, bbo, "ask"), &ask) && bid > 0 &&
			ask > 0;
		p->px = (bid + ask) / 2;
		json_f64(&d, json_get(&d, result, "bbo_age_s"), &age_s);
	}
	p->age_ms = (int64_t)(age_s * 1000);
	json_release(&d);
	return ok;
}

/* ---- the exchange ---- */

static const struct http_answer *ask_exchange(struct chain *c, const struct buf *body)
{
	struct http_options o = { .ca_file = c->o.ca_file, .connect_ms = c->o.timeout_ms, .total_ms = c->o.timeout_ms };
	const struct http_answer *a;
	struct buf url = BUF_INIT;

	if (!c->o.url)
		return NULL;
	if (!c->http)
		c->http = http_new(c->loop, &o);
	buf_addf(&url, "%s/info", c->o.url);
	a = http_post_wait(c->http, buf_cstr(&url), body->data, body->len);
	buf_release(&url);
	return a->outcome == HTTP_ANSWERED && a->status == 200 ? a : NULL;
}

static void take_mid(void *arg, const struct record *r)
{
	struct chain *c = arg;

	if (r->type != REC_mid)
		return;
	if (c->n_mids == c->cap_mids)
		c->mids = xreallocarray(c->mids, c->cap_mids = c->cap_mids ? 2 * c->cap_mids : 512, sizeof *c->mids);
	memcpy(c->mids[c->n_mids].symbol, r->u.mid.symbol, SYMBOL_MAX);
	c->mids[c->n_mids++].px = r->u.mid.px;
}

static bool ask_mids(struct chain *c)
{
	struct buf body = BUF_INIT;
	const struct http_answer *a;
	bool ok;

	hl_info_plain(&body, "allMids");
	a = ask_exchange(c, &body);
	c->n_mids = 0;
	ok = a && hl_info_read("allMids", a->body, a->len, clock_ms(), take_mid, c, NULL, NULL);
	if (ok)
		c->mids_ms = clock_ms();
	buf_release(&body);
	return ok;
}

static bool exchange_price(struct chain *c, const char *symbol, struct chain_price *p)
{
	if (clock_ms() > c->mids_ms + c->o.max_age_ms && !ask_mids(c))
		return false;
	for (size_t i = 0; i < c->n_mids; i++)
		if (strcmp(c->mids[i].symbol, symbol) == 0) {
			*p = (struct chain_price){ c->mids[i].px, clock_ms() - c->mids_ms, CHAIN_REST_MID };
			return true;
		}
	return false;
}

struct rows { struct rec_candle *at; size_t n, cap; int64_t before_ms; };

static void take_row(void *arg, const struct record *r)
{
	struct rows *rows = arg;

	if (r->type == REC_candle && rows->n < rows->cap && r->u.candle.t_close_ms < rows->before_ms)
		rows->at[rows->n++] = r->u.candle;
}

static size_t exchange_rows(struct chain *c, const char *symbol, const char *interval, struct rec_candle *to, size_t max,
		int64_t over_ms)
{
	struct rows rows = { to, 0, max, over_ms };
	struct buf body = BUF_INIT;
	const struct http_answer *a;

	hl_info_candles(&body, symbol, interval, over_ms - clock_interval_ms(interval) * (int64_t)max, over_ms);
	a = ask_exchange(c, &body);
	if (a && !hl_info_read("candleSnapshot", a->body, a->len, clock_ms(), take_row, &rows, NULL, NULL))
		rows.n = 0;
	buf_release(&body);
	return rows.n;
}

/* ---- stores ---- */

static size_t store_rows(struct chain *c, const char *symbol, const char *interval, struct rec_candle *to, size_t max,
		int64_t over_ms)
{
	struct buf path = BUF_INIT;
	struct fault f;
	size_t n = 0;

	if (!c->o.dir)
		return 0;
	buf_addf(&path, "%s/candles_%s.db", c->o.dir, interval);
	if (!store_newest(buf_cstr(&path), interval, symbol, over_ms - clock_interval_ms(interval), to, max, &n, &f))
		n = 0;
	buf_release(&path);
	return n;
}

/* ---- what consumers call ---- */

static bool is_fresh(const struct chain_bars *b, int64_t length_ms)
{
	int64_t limit_ms = 3 * length_ms > CHAIN_FRESH_MS ? 3 * length_ms : CHAIN_FRESH_MS;

	return b->n && clock_ms() - b->row[b->n - 1].t_close_ms <= limit_ms;
}

bool chain_bars(struct chain *c, const char *symbol, const char *interval, size_t min_rows, struct chain_bars *b)
{
	int64_t length_ms = clock_interval_ms(interval), over_ms = clock_ms() - 2000;
	size_t max = (min_rows > ROWS_LEAST ? min_rows : ROWS_LEAST) + MORE_ROWS, n;
	struct rec_candle *row;

	*b = (struct chain_bars){ 0 };
	if (!length_ms)
		return false;
	b->row = xcalloc(max, sizeof *b->row);
	b->n = store_rows(c, symbol, interval, b->row, max, over_ms);
	b->fresh = is_fresh(b, length_ms);
	if (b->n < min_rows || !b->fresh) {
		row = xcalloc(max, sizeof *row);
		n = exchange_rows(c, symbol, interval, row, max, over_ms);
		if (n >= min_rows && n) {
			free(b->row);
			*b = (struct chain_bars){ .row = row, .n = n };
			b->fresh = is_fresh(b, length_ms);
		} else {
			free(row);
		}
	}
	if (b->n && b->n >= min_rows)
		return true;
	chain_bars_release(b);
	return false;
}

void chain_bars_release(struct chain_bars *b)
{
	free(b->row);
	*b = (struct chain_bars){ 0 };
}

static bool close_price(struct chain *c, const char *symbol, struct chain_price *p)
{
	struct chain_bars b;

	if (!c->o.interval || !chain_bars(c, symbol, c->o.interval, CLOSES, &b))
		return false;
	*p = (struct chain_price){ b.row[b.n - 1].c, clock_ms() - b.row[b.n - 1].t_close_ms, CHAIN_CANDLE_CLOSE };
	chain_bars_release(&b);
	return true;
}

bool chain_price(struct chain *c, const char *symbol, struct chain_price *p)
{
	return socket_price(c, symbol, p) || exchange_price(c, symbol, p) || close_price(c, symbol, p);
}
