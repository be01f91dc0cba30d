/* SPDX-License-Identifier: MIT
 * What the parts of the feed say to each other. */
#include "feed/feed.h"

#include "base/clock.h"
#include "feed/api.h"
#include "feed/archive.h"
#include "feed/notify.h"
#include "feed/rest.h"
#include "feed/session.h"
#include "hl/info.h"
#include "net/unix.h"
#include "net/url.h"
#include "store/candles.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TURN_MS = 10, TURN_SIMULATED_MS = 1, SLOW_TURN_MS = 1000,
	FLUSH_EVERY = 32,		/* messages of a burst, so that the first does not wait for the last */
	META_PATIENCE_MS = 30000,	/* then symbols are subscribed unchecked */
	SIMULATED_BACK_OFF_MS = 5,	/* hours may pass in half a second */
	META_AGAIN_MS = 60000, HISTORY_AGAIN_MS = 60000,
	CLOCK_JUMP_MS = 1000,
	RECORD_ROOM = 32768,		/* the longest record is shorter */
};

struct feed {
	const struct feed_options *o;
	struct out *out;
	struct feed_count *n;
	struct loop *loop;
	struct collect *c;
	struct session *s;
	struct archive *archive;
	struct rest *rest;
	struct api *api;
	struct unix_server *server;
	struct loop_timer turn, slow, meta, watchdog;

	struct names coins;		/* of the exchange, its spelling */
	bool coins_known, top_known;
	int64_t started_ns;
	int64_t ahead_ms, offset_ms;	/* of our clock: before the exchange's, and before the monotonic one when last looked at */
	struct symbol_list symbols, guests, top, users;
	struct symbol_file symbols_file, require_file;
	struct symbol_list last_symbols, last_require;	/* what these said when they could be read */
	struct symbol_list warned;	/* symbols that the exchange does not have */
	bool wants_changed, following;

	unsigned unflushed;
	int64_t frame_ns;		/* when the first of these was read */
	bool row_given;
	int64_t *bbo_sampled_ms;	/* by symbol number */
	uint32_t n_sampled;
	struct history **history;
	size_t n_history;
};

/* Bars before the live ones that the store should have: asked for once per series. */
struct history {
	char symbol[SYMBOL_MAX];
	unsigned interval;
	uint64_t bars;
	bool asked, done;
	int64_t done_ms, failed_ms;
	char why[200];		/* the last failure */
	struct feed *f;
};

/* ---- records and rows out ---- */

static const char *symbol_of(enum record_type type, const void *rec)
{
	switch (type) {
	case REC_candle: case REC_revision: return ((const struct rec_candle *)rec)->symbol;
	case REC_gap: return ((const struct rec_gap *)rec)->symbol;
	case REC_mid: return ((const struct rec_mid *)rec)->symbol;
	case REC_bbo: return ((const struct rec_bbo *)rec)->symbol;
	case REC_fill: return ((const struct rec_fill *)rec)->symbol;
	case REC_order: return ((const struct rec_order *)rec)->symbol;
	case REC_funding: return ((const struct rec_funding *)rec)->symbol;
	case REC_health: return ((const struct rec_health *)rec)->symbol;
	default: return "";
	}
}

/* Whether it belongs to the cross-section of a step. */
static bool is_of_step(const struct feed *f, enum record_type type, const void *rec)
{
	const char *interval = type == REC_candle ? ((const struct rec_candle *)rec)->interval :
			       type == REC_gap ? ((const struct rec_gap *)rec)->interval : "";

	return type == REC_step || strcmp(interval, f->o->collect.interval[0]) == 0;
}

/* Once per symbol and sample_ms. */
static void sample_bbo(struct feed *f, const struct rec_bbo *b, int64_t now_ms)
{
	uint32_t i = names_find(collect_names(f->c), b->symbol, strlen(b->symbol)), n = f->n_sampled;

	if (i == NAME_NONE || b->bid <= 0 || b->ask <= 0)
		return;
	if (i >= n) {
		f->n_sampled = 2 * i + 64;
		f->bbo_sampled_ms = xreallocarray(f->bbo_sampled_ms, f->n_sampled, sizeof *f->bbo_sampled_ms);
		for (; n < f->n_sampled; n++)
			f->bbo_sampled_ms[n] = INT64_MIN / 2;
	}
	if (now_ms < f->bbo_sampled_ms[i] + f->o->bbo_sample_ms)
		return;
	f->bbo_sampled_ms[i] = now_ms;
	archive_bbo(f->archive, b->symbol, now_ms, b->bid, b->ask);
	f->row_given = true;
}

static void on_record(void *arg, enum record_type type, const void *rec)
{
	struct feed *f = arg;
	const char *symbol = symbol_of(type, rec);
	bool guest = *symbol && collect_is_guest(f->c, symbol);
	size_t from;

	if (type == REC_bbo && f->archive && f->o->bbo_hours)
		sample_bbo(f, rec, clock_ms());
	out_room(f->out, RECORD_ROOM);
	from = f->out->len;
	record_write(f->out, type, rec);
	if (f->api)
		api_record(f->api, type, symbol, f->out->data + from, f->out->len - from, !guest && is_of_step(f, type, rec),
			   type == REC_step ? ((const struct rec_step *)rec)->t_ms : 0);
	if (guest)	/* what only clients of the socket asked for */
		f->out->len = from;
	else
		f->n->records++;
}

static void on_row(void *arg, unsigned interval, const struct rec_candle *c)
{
	struct feed *f = arg;

	if (!f->archive)
		return;
	archive_candle(f->archive, interval, c);
	f->row_given = true;
}

static void on_step(void *arg, int64_t t_ms)
{
	struct feed *f = arg;

	if (!f->archive)
		return;
	archive_step(f->archive, 0, t_ms);
	f->row_given = true;
}

static size_t on_recall(void *arg, unsigned interval, const char *symbol, struct rec_candle *to, size_t max)
{
	struct feed *f = arg;

	return f->archive ? archive_newest(f->archive, interval, symbol, to, max) : 0;
}

static void on_prove(void *arg)
{
	session_ping(((struct feed *)arg)->s);
}

/* ---- how long records take ---- */

double feed_us(unsigned class)
{
	return exp2(class / 4.0);
}

static void count_time(struct feed *f)
{
	double us = (double)(clock_mono_ns() - f->frame_ns) / 1000;
	int class = us > 1 ? (int)(4 * log2(us)) : 0;

	f->n->us[class < FEED_US_CLASSES ? class : FEED_US_CLASSES - 1] += f->unflushed;
	f->n->messages += f->unflushed;
}

double feed_quantile(const struct feed_count *n, double q)
{
	uint64_t below = 0;
	unsigned class = 0;

	while (class < FEED_US_CLASSES - 1 && (double)(below += n->us[class]) < q * (double)n->messages)
		class++;
	return n->messages ? feed_us(class + 1) : 0;
}

/* What is written may be committed; never before, so that a kill between the two repeats a record rather than losing it. */
static void flush(struct feed *f)
{
	if (f->out->len)
		out_flush(f->out);
	if (f->unflushed)
		count_time(f);
	f->unflushed = 0;
	if (f->row_given)
		archive_release(f->archive);
	f->row_given = false;
}

/* ---- our clock and the exchange's ---- */

static void set_ahead(struct feed *f, int64_t ahead_ms)
{
	ahead_ms = ahead_ms > 0 ? ahead_ms : 0;
	if (ahead_ms > CLOCK_JUMP_MS && f->ahead_ms <= CLOCK_JUMP_MS)
		warn("the clock of this host is %lld ms ahead of the exchange's: no bar is told before the exchange has it",
		     (long long)ahead_ms);
	f->ahead_ms = ahead_ms;
	collect_ahead(f->c, ahead_ms);
}

/* The exchange's clock does not jump when ours is set. If that was a correction, the next answer tells. */
static void watch_clock(struct feed *f)
{
	int64_t offset_ms = clock_ms() - clock_mono_ns() / 1000000, jump_ms = offset_ms - f->offset_ms;

	if (!clock_simulated() && f->offset_ms && (jump_ms > CLOCK_JUMP_MS || jump_ms < -CLOCK_JUMP_MS))
		set_ahead(f, f->ahead_ms + jump_ms);
	f->offset_ms = offset_ms;
}

static void compare_clocks(struct feed *f, const struct rest_answer *a)
{
	if (a->ahead_ms >= 0)
		set_ahead(f, a->ahead_ms);
}

/* ---- questions to the exchange ---- */

/* A row that is no bar is left out and told. */
static bool is_bar(const struct rec_candle *c)
{
	const char *problem = candle_problem(c);
	char t[CLOCK_TEXT_MAX];

	if (problem) {
		*clock_put(t, c->t_ms) = '\0';
		warn("%s %s %s: the exchange's bar is not taken: %s", c->symbol, c->interval, t, problem);
	}
	return !problem;
}

struct ask { struct feed *f; uint32_t series; int64_t from_ms, to_ms; };

static bool ask_page(void *arg, const struct rec_candle *row, size_t n, int64_t from_ms, int64_t to_ms, int64_t asked_ms)
{
	struct ask *a = arg;

	(void)from_ms, (void)to_ms;
	for (size_t i = 0; i < n; i++)
		if (is_bar(&row[i]))
			collect_row(a->f->c, a->series, &row[i], asked_ms);
	return true;
}

static void ask_done(void *arg, const struct rest_answer *answer)
{
	struct ask *a = arg;
	int64_t now_ms = clock_ms();

	if (a->f->rest) {	/* else the feed ends */
		compare_clocks(a->f, answer);
		collect_answered(a->f->c, a->series, a->from_ms, a->to_ms, answer->asked_ms, answer->outcome != REST_OK, now_ms);
		collect_rest(a->f->c, answer->outcome == REST_OK, answer->outcome == REST_OK ? "" : answer->why, now_ms);
	}
	free(a);
}

static void on_ask(void *arg, uint32_t series, int64_t from_ms, int64_t to_ms, bool urgent)
{
	struct feed *f = arg;
	struct ask *a = xmalloc(sizeof *a);
	struct rest_candles q = { .from_ms = from_ms, .to_ms = to_ms, .urgent = urgent, .page = ask_page, .done = ask_done,
		.arg = a };
	const char *symbol, *interval;

	*a = (struct ask){ f, series, from_ms, to_ms };
	collect_series(f->c, series, &symbol, &interval);
	strncpy(q.symbol, symbol, sizeof q.symbol - 1);
	strncpy(q.interval, interval, sizeof q.interval - 1);
	rest_candles(f->rest, &q);
}

static bool history_page(void *arg, const struct rec_candle *row, size_t n, int64_t from_ms, int64_t to_ms, int64_t asked_ms)
{
	struct history *h = arg;

	(void)from_ms, (void)to_ms, (void)asked_ms;
	for (size_t i = 0; i < n; i++)
		if (is_bar(&row[i]))
			archive_candle(h->f->archive, h->interval, &row[i]);
	h->f->row_given = true;
	return true;
}

static void history_done(void *arg, const struct rest_answer *answer)
{
	struct history *h = arg;

	h->done = answer->outcome == REST_OK;
	h->asked = h->done;
	strncpy(h->why, h->done ? "" : answer->why, sizeof h->why - 1);
	*(h->done ? &h->done_ms : &h->failed_ms) = clock_ms();
}

static struct history *history_of(struct feed *f, const char *symbol, unsigned interval)
{
	for (size_t i = 0; i < f->n_history; i++)
		if (f->history[i]->interval == interval && strcmp(f->history[i]->symbol, symbol) == 0)
			return f->history[i];
	return NULL;
}

/* Whether the store lacks bars among the `bars` ones that are over; *from_ms: the first of them. */
static bool lacks_history(struct feed *f, const char *symbol, unsigned interval, uint64_t bars, int64_t *from_ms, int64_t *to_ms)
{
	const char *name = f->o->collect.interval[interval];
	struct live_span s;

	if (bars > DEPTH_BARS)
		bars = DEPTH_BARS;
	*to_ms = clock_bar(name, clock_ms() - REST_GRACE_MS, -1);
	*from_ms = clock_bar(name, *to_ms, 1 - (int64_t)bars);
	return bars && archive_span(f->archive, interval, symbol, *from_ms, &s) && s.rows < bars;
}

static void ask_history(struct feed *f, const char *symbol, unsigned interval, uint64_t bars)
{
	struct history *h = history_of(f, symbol, interval);
	struct rest_candles q = { .page = history_page, .done = history_done };

	if (!f->archive || !bars)
		return;
	if (!h) {
		f->history = xreallocarray(f->history, f->n_history + 1, sizeof *f->history);
		h = f->history[f->n_history++] = xmalloc(sizeof *h);
		*h = (struct history){ .interval = interval, .f = f };
		strncpy(h->symbol, symbol, sizeof h->symbol - 1);
	}
	if (h->asked && bars <= h->bars)
		return;
	h->bars = bars > h->bars ? bars : h->bars;
	h->asked = true;
	h->done = !lacks_history(f, symbol, interval, h->bars, &q.from_ms, &q.to_ms);
	if (h->done)
		return;
	q.arg = h;
	strncpy(q.symbol, symbol, sizeof q.symbol - 1);
	strncpy(q.interval, f->o->collect.interval[interval], sizeof q.interval - 1);
	rest_candles(f->rest, &q);
}

/* ---- symbols ---- */

/* The exchange's spelling of a symbol; NULL: it has none such. */
static const char *known(struct feed *f, const char *symbol)
{
	uint32_t i;

	if (!f->coins_known)
		return symbol;
	i = names_find_any_case(&f->coins, symbol, strlen(symbol));
	if (i != NAME_NONE)
		return f->coins.name[i];
	if (!symbol_list_has(&f->warned, symbol) && symbol_list_add(&f->warned, symbol, strlen(symbol), NULL))
		warn("%s: the exchange has no such perpetual", symbol);
	return NULL;
}

static void add_known(struct feed *f, struct symbol_list *to, const struct symbol_list *from)
{
	for (unsigned i = 0; i < from->n; i++) {
		const char *symbol = known(f, from->at[i]);

		if (symbol)
			(void)!symbol_list_add(to, symbol, strlen(symbol), NULL);
	}
}

/* What cannot be read is as it was: a file may be gone, or half written, for a moment. */
static void read_list(struct feed *f, struct symbol_list *to, struct symbol_list *last, const char *text, bool may_be_empty)
{
	struct symbol_list l = { 0 };
	struct errmsg e;
	bool ok = !text || symbol_list_read(&l, text, &e);

	if (ok && text && !l.n && last->n && !may_be_empty)
		ok = errmsg_set(&e, "%s: there is no symbol in it", text + 1);
	if (ok) {
		symbol_list_release(last);
		*last = l;
	} else {
		warn("%s; what it said before still counts", e.text);
		symbol_list_release(&l);
	}
	add_known(f, to, last);
}

static void want_series(void *arg, const char *symbol, const char *interval, uint64_t limit)
{
	struct feed *f = arg;
	unsigned k = collect_interval(f->c, interval);

	symbol = known(f, symbol);
	if (!symbol)
		return;
	if (!symbol_list_has(&f->symbols, symbol))
		(void)!symbol_list_add(&f->guests, symbol, strlen(symbol), NULL);
	if (k < f->o->collect.n_intervals)
		ask_history(f, symbol, k, limit);
}

/* Everything that decides who is followed, again. */
static void follow(struct feed *f)
{
	struct symbol_list require = { 0 };
	struct errmsg e;
	unsigned beyond;

	symbol_list_release(&f->symbols);
	symbol_list_release(&f->guests);
	symbol_list_release(&f->users);
	read_list(f, &f->symbols, &f->last_symbols, f->o->symbols, false);
	add_known(f, &f->symbols, &f->top);
	read_list(f, &require, &f->last_require, f->o->require, true);
	add_known(f, &f->symbols, &require);
	if (f->o->users && !user_list_read(&f->users, f->o->users, &e))
		warn("%s", e.text);
	if (f->api)
		api_wants(f->api, want_series, &f->users, f);
	collect_require(f->c, require.at, require.n);
	collect_follow(f->c, f->symbols.at, f->symbols.n, f->guests.at, f->guests.n, clock_ms());
	beyond = session_refresh(f->s, &f->users);
	if (beyond)
		warn("%u subscriptions are more than the exchange allows and are left out; the exchange is asked for their bars instead", beyond);
	for (unsigned i = 0; i < f->symbols.n; i++)
		for (unsigned k = 0; k < f->o->collect.n_intervals; k++)
			ask_history(f, f->symbols.at[i], k, f->o->history_bars);
	f->following = true;
	f->wants_changed = false;
	symbol_list_release(&require);
}

static void take_coin(void *arg, const struct record *r)
{
	struct feed *f = arg;

	if (r->type == REC_asset && !r->u.asset.delisted)
		names_add(&f->coins, r->u.asset.symbol, strlen(r->u.asset.symbol));
}

static void ask_meta(void *arg);

static void meta_done(void *arg, const struct rest_answer *a)
{
	struct feed *f = arg;
	struct errmsg e;
	int64_t now_ms = clock_ms();

	if (!f->rest)
		return;
	compare_clocks(f, a);
	collect_rest(f->c, a->outcome == REST_OK, a->outcome == REST_OK ? "" : a->why, now_ms);
	if (a->outcome != REST_OK) {
		loop_after(f->loop, &f->meta, SLOW_TURN_MS, ask_meta, f);
		return;
	}
	names_release(&f->coins);
	f->coins_known = hl_info_read("metaAndAssetCtxs", a->body, a->len, now_ms, take_coin, f, NULL, &e);
	if (!f->coins_known) {
		warn("%s", e.text);
		loop_after(f->loop, &f->meta, META_AGAIN_MS, ask_meta, f);
	}
	if (f->o->top && !f->top_known) {
		f->top_known = symbol_list_top(&f->top, a->body, a->len, f->o->top, f->o->min_volume_usd, &e);
		f->following = false;
	}
	f->wants_changed = f->wants_changed || !f->following;
}

static void ask_meta(void *arg)
{
	struct feed *f = arg;
	static const char body[] = "{\"type\":\"metaAndAssetCtxs\"}";

	rest_ask(f->rest, "metaAndAssetCtxs", body, sizeof body - 1, 0, true, meta_done, f);
}

/* ---- the socket ---- */

static void api_send(void *arg, void *conn, const char *line, size_t len)
{
	(void)arg;
	unix_send(conn, line, len);
}

static void api_drop(void *arg, void *conn)
{
	(void)arg;
	unix_drop(conn);
}

static void api_restart(void *arg)
{
	session_restart(((struct feed *)arg)->s);
}

static void api_changed(void *arg)
{
	((struct feed *)arg)->wants_changed = true;
}

static void put_ms(struct jsonw *w, const char *key, int64_t ms)
{
	jsonw_key(w, key);
	if (ms)
		jsonw_i64(w, ms);
	else
		jsonw_null(w);
}

static void api_stats(void *arg, struct jsonw *w, bool all)
{
	struct feed *f = arg;
	const struct ws_stats *s = ws_stats(session_ws(f->s));
	char close[32];

	snprintf(close, sizeof close, "%u", s->close_code);
	jsonw_key(w, "connected");
	jsonw_bool(w, ws_connected(session_ws(f->s)));
	jsonw_put_u64(w, "ws_connect_attempt", s->attempts);
	jsonw_put_u64(w, "ws_disconnect_count", s->disconnects);
	jsonw_put_text(w, "ws_last_error", s->error);
	put_ms(w, "ws_last_error_ms", s->error_ms);
	jsonw_put_text(w, "ws_last_close", s->close_code ? close : NULL);
	put_ms(w, "ws_last_close_ms", s->close_code ? s->disconnected_ms : 0);
	jsonw_put_u64(w, "ws_incoming_drops_full", 0);	/* nothing is ever dropped here */
	jsonw_put_u64(w, "ws_incoming_drops_closed", 0);
	put_ms(w, "ws_last_incoming_drop_ms", 0);
	if (!all)
		return;
	put_ms(w, "ws_connected_at_ms", s->connected_ms);
	put_ms(w, "ws_last_disconnect_ms", s->disconnected_ms);
	jsonw_key(w, "desired_user");
	jsonw_bool(w, f->users.n > 0);
	jsonw_put_u64(w, "ws_messages", s->messages);
	jsonw_put_u64(w, "ws_messages_bad", session_stats(f->s)->bad);
	jsonw_put_u64(w, "subscriptions_refused", session_stats(f->s)->refused);
	jsonw_put_u64(w, "records", f->n->records);
	jsonw_put_f64(w, "record_us_p50", feed_quantile(f->n, 0.5));
	jsonw_put_f64(w, "record_us_p99", feed_quantile(f->n, 0.99));
}

/* Ready: the exchange has been asked for all bars that are wanted, there are no holes to speak of, and the newest is fresh. */
static bool api_coverage(void *arg, struct jsonw *w, const char *symbol, const char *interval, uint64_t limit)
{
	struct feed *f = arg;
	unsigned k = collect_interval(f->c, interval);
	uint32_t number = names_find(collect_names(f->c), symbol, strlen(symbol));
	const struct bar_series *b = collect_bars(f->c, number, k);
	struct history *h = k < f->o->collect.n_intervals ? history_of(f, symbol, k) : NULL;
	int64_t now_ms = clock_ms(), length = collect_length_ms(interval), from_ms;
	uint64_t bars = limit > f->o->history_bars ? limit : f->o->history_bars, between = 0;
	struct live_span s = { 0 };
	bool ready;

	bars = bars > DEPTH_BARS ? DEPTH_BARS : bars;
	from_ms = length ? clock_bar(interval, now_ms, -(int64_t)bars) : 0;
	if (b && f->archive)
		archive_span(f->archive, k, symbol, from_ms, &s);
	if (s.rows)
		between = (uint64_t)((s.max_t_ms - s.min_t_ms) / length) + 1;
	ready = b && b->next_ms + 2 * length >= now_ms && (!bars || (h && h->done && s.rows &&
		(double)s.rows >= 0.98 * (double)between));
	if (!w)
		return ready;
	jsonw_key(w, "ready");
	jsonw_bool(w, ready);
	jsonw_put_u64(w, "have_count", s.rows);
	jsonw_put_u64(w, "expected_count", bars);
	put_ms(w, "min_t", s.rows ? s.min_t_ms : 0);
	put_ms(w, "max_t", s.rows ? s.max_t_ms : 0);
	put_ms(w, "max_t_close", s.rows ? s.max_t_close_ms : 0);
	jsonw_key(w, "checked_at_ms");
	jsonw_i64(w, now_ms);
	put_ms(w, "last_ok_backfill_ms", h ? h->done_ms : 0);
	jsonw_put_text(w, "last_err_backfill", h ? h->why : NULL);
	return ready;
}

static void peer_opened(void *arg, struct unix_peer *p)
{
	p->user = api_opened(((struct feed *)arg)->api, p);
}

static void peer_line(void *arg, struct unix_peer *p, const char *line, size_t n)
{
	api_line(((struct feed *)arg)->api, p->user, line, n, clock_ms());
}

static void peer_closed(void *arg, struct unix_peer *p)
{
	struct feed *f = arg;

	if (f->api)
		api_closed(f->api, p->user);
}

/* ---- turns ---- */

static void taken(void *arg)
{
	struct feed *f = arg;

	if (f->unflushed++ == 0)
		f->frame_ns = ws_stats(session_ws(f->s))->frame_ns;
	if (f->unflushed >= FLUSH_EVERY)
		flush(f);
}

static void user_event(void *arg, enum user_events kind, const char *json, size_t len)
{
	struct feed *f = arg;

	if (f->api)
		api_event(f->api, (unsigned)kind, json, len, clock_ms());
}

static void before_wait(void *arg)
{
	struct feed *f = arg;

	watch_clock(f);
	collect_turn(f->c, clock_ms());
	flush(f);
	if (collect_is_over(f->c))
		loop_stop(f->loop, EX_OK);
}

static void turn(void *arg)
{
	struct feed *f = arg;

	session_turn(f->s);
	if (f->wants_changed && (f->coins_known || f->following ||
		clock_mono_ns() > f->started_ns + META_PATIENCE_MS * INT64_C(1000000)))
		follow(f);
	if (f->api)
		api_turn(f->api, clock_ms());
	loop_after(f->loop, &f->turn, clock_simulated() ? TURN_SIMULATED_MS : TURN_MS, turn, f);
}

static void slow_turn(void *arg)
{
	struct feed *f = arg;
	struct errmsg why = { "" };
	bool changed = (f->o->symbols && symbol_file_changed(&f->symbols_file, f->o->symbols)) ||
		       (f->o->require && symbol_file_changed(&f->require_file, f->o->require));

	f->wants_changed = f->wants_changed || changed || !f->following;
	for (size_t i = 0; i < f->n_history; i++)
		if (!f->history[i]->asked && clock_ms() > f->history[i]->failed_ms + HISTORY_AGAIN_MS)
			ask_history(f, f->history[i]->symbol, f->history[i]->interval, f->history[i]->bars);
	if (f->archive) {
		int64_t late_ms = archive_late_ms(f->archive, &why);

		collect_store(f->c, late_ms, why.text, clock_ms());
	}
	loop_after(f->loop, &f->slow, SLOW_TURN_MS, slow_turn, f);
}

/* systemd is told that all is well only while data are. */
static void pet_watchdog(void *arg)
{
	struct feed *f = arg;

	if (!collect_is_stale(f->c))
		notify_send("WATCHDOG=1");
	loop_after(f->loop, &f->watchdog, notify_watchdog_ms(), pet_watchdog, f);
}

/* ---- start and end ---- */

/* The step behind the last one of the store. A clock that was ahead may have left one of the future, and steps never go back. */
static int64_t step_behind(const struct feed *f, int64_t told_ms)
{
	int64_t step_ms = told_ms + collect_length_ms(f->o->collect.interval[0]);
	char t[CLOCK_TEXT_MAX];

	*clock_put(t, step_ms) = '\0';
	if (step_ms > clock_ms())
		warn("%s: its last step lies in the future; the next one is %s, unless --from says otherwise", f->o->dir, t);
	return step_ms;
}

static void start_stores(struct feed *f)
{
	struct fault fault;
	int64_t step_ms = f->o->from_ms, told_ms = INT64_MIN;

	if (f->o->dir && !(f->archive = archive_open(f->o->dir, f->o->collect.interval, f->o->collect.n_intervals,
		f->o->bbo_hours, &fault)))
		die((enum exit_status)fault.status, "%s", fault.e.text);
	if (f->archive && archive_last_step(f->archive, 0, &told_ms) && step_ms == INT64_MIN)
		step_ms = step_behind(f, told_ms);
	if (step_ms != INT64_MIN)
		collect_start(f->c, step_ms, told_ms);
}

static void start_rest(struct feed *f)
{
	struct rest_options o = { .url = f->o->url, .ca_file = f->o->ca_file, .class = BUDGET_READ, .tries = 2,	/* the collector asks again by itself */
				  .back_off_ms = clock_simulated() ? SIMULATED_BACK_OFF_MS : 0 };
	struct errmsg e;

	if (f->o->no_limits)
		o.per_minute = UINT32_MAX / 4;
	f->rest = rest_new(f->loop, &o, &e);
	if (!f->rest)
		die(EX_USAGE, "%s", e.text);
	ask_meta(f);
}

static void start_session(struct feed *f)
{
	static const struct session_handlers handlers = { taken, user_event };
	char *url = url_ws(f->o->url);
	struct errmsg e;

	f->s = session_new(f->loop, &(struct session_options){ url, f->o->ca_file, !f->o->no_limits }, f->c, &handlers, f, &e);
	if (!f->s)
		die(EX_USAGE, "%s", e.text);
	free(url);
}

static void start_socket(struct feed *f)
{
	static const struct unix_handlers peers = { peer_opened, peer_line, peer_closed };
	static const struct api_host host = { api_send, api_drop, api_restart, api_changed, api_stats, api_coverage };
	struct errmsg e;

	if (!f->o->socket)
		return;
	f->api = api_new(f->c, &host, f, f->o->client_ttl_ms);
	f->server = unix_listen(f->loop, f->o->socket, NULL, &peers, f, &e);
	if (!f->server)
		die(EX_RETRY, "%s", e.text);
}

/* False: rows that were told are not in the stores. */
static bool finish(struct feed *f)
{
	struct rest *rest = f->rest;
	bool ok;

	flush(f);
	f->rest = NULL;
	rest_free(rest);
	session_free(f->s);
	if (f->server)
		unix_free(f->server);
	api_free(f->api);
	ok = archive_close(f->archive);
	collect_free(f->c);
	names_release(&f->coins);
	symbol_list_release(&f->symbols);
	symbol_list_release(&f->guests);
	symbol_list_release(&f->top);
	symbol_list_release(&f->users);
	symbol_list_release(&f->warned);
	symbol_list_release(&f->last_symbols);
	symbol_list_release(&f->last_require);
	loop_cancel(f->loop, &f->turn);
	loop_cancel(f->loop, &f->slow);
	loop_cancel(f->loop, &f->meta);
	loop_cancel(f->loop, &f->watchdog);
	loop_free(f->loop);
	free(f->bbo_sampled_ms);
	while (f->n_history)
		free(f->history[--f->n_history]);
	free(f->history);
	return ok;
}

int feed_run(const struct feed_options *o, struct out *out, struct feed_count *n)
{
	static const struct collect_sink sink = { on_record, on_row, on_step, on_ask, on_prove, on_recall };
	struct feed f = { .o = o, .out = out, .n = n };
	int status;

	f.started_ns = clock_mono_ns();
	f.loop = loop_new();
	f.c = collect_new(&o->collect, &sink, &f);
	start_stores(&f);
	start_session(&f);
	start_rest(&f);
	start_socket(&f);
	loop_before_wait(f.loop, before_wait, &f);
	turn(&f);
	slow_turn(&f);
	notify_send("READY=1");
	if (notify_watchdog_ms())
		pet_watchdog(&f);
	status = loop_run(f.loop);
	return finish(&f) ? status : EX_RETRY;
}
