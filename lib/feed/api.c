/* SPDX-License-Identifier: MIT
 * The socket protocol, method by method. */
#include "feed/api.h"

#include "base/clock.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WAIT_MS = 25000, WAIT_MIN_MS = 50, WAIT_MAX_MS = 120000, ID_BYTES = 128, SYMBOLS_MAX = 2000 };

struct event { char *json; size_t len; };
struct events { struct event *at; size_t first, n, bytes; };	/* a ring of EVENTS_MAX */

/* What a client asked for with ensure_started; it outlives its connection. */
struct wish {
	char id[ID_BYTES], interval[8], user[64];
	struct symbol_list symbols;
	uint64_t limit;
	int64_t seen_ms;
};

struct api_client {
	void *conn;
	struct api_client *next;
	char wish[ID_BYTES];	/* whose requests these are; "": nobody's */
	bool pushes, all_types;
	bool type[N_RECORD_TYPES];
	struct symbol_list only;	/* empty: every symbol */

	bool waits;		/* for a change of prices */
	uint64_t id, after, after_bbo;
	struct symbol_list asked;
	bool all_mids;
	double max_age_s;
	int64_t until_ms;
	struct buf behind;	/* lines that came meanwhile */
};

struct recent { int64_t t_ms; struct buf lines; };

struct api {
	struct collect *c;
	struct api_host host;
	void *arg;
	int64_t ttl_ms;
	struct api_client *clients;
	unsigned n_pushes;
	struct wish *wish;
	unsigned n_wishes, cap_wishes;
	struct events events[API_EVENTS];
	struct buf answer, step;	/* step: lines of the one that is being told */
	struct recent recent[RECENT_STEPS];
	unsigned n_recent;		/* told so far */
};

/* A request, taken apart. */
struct request {
	struct api *a;
	struct api_client *k;
	const struct json_doc *d;
	const struct json *params;
	uint64_t id;
	int64_t now_ms;
	struct jsonw w;
};

struct api *api_new(struct collect *c, const struct api_host *host, void *arg, int64_t ttl_ms)
{
	struct api *a = xcalloc(1, sizeof *a);

	a->c = c;
	a->host = *host;
	a->arg = arg;
	a->ttl_ms = ttl_ms;
	return a;
}

/* ---- clients ---- */

struct api_client *api_opened(struct api *a, void *conn)
{
	struct api_client *k = xcalloc(1, sizeof *k);

	k->conn = conn;
	k->next = a->clients;
	a->clients = k;
	return k;
}

void api_closed(struct api *a, struct api_client *k)
{
	struct api_client **at = &a->clients;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	a->n_pushes -= k->pushes;
	symbol_list_release(&k->only);
	symbol_list_release(&k->asked);
	buf_release(&k->behind);
	free(k);
}

static void forget_wish(struct api *a, unsigned i)
{
	symbol_list_release(&a->wish[i].symbols);
	a->wish[i] = a->wish[--a->n_wishes];
}

void api_free(struct api *a)
{
	if (!a)
		return;
	while (a->clients)
		api_closed(a, a->clients);
	while (a->n_wishes)
		forget_wish(a, 0);
	free(a->wish);
	for (unsigned k = 0; k < API_EVENTS; k++) {
		for (struct events *e = &a->events[k]; e->n; e->n--)
			free(e->at[(e->first + e->n - 1) % EVENTS_MAX].json);
		free(a->events[k].at);
	}
	for (unsigned i = 0; i < RECENT_STEPS; i++)
		buf_release(&a->recent[i].lines);
	buf_release(&a->answer);
	buf_release(&a->step);
	free(a);
}

static struct wish *wish_of(struct api *a, const char *id)
{
	for (unsigned i = 0; i < a->n_wishes; i++)
		if (strcmp(a->wish[i].id, id) == 0)
			return &a->wish[i];
	return NULL;
}

/* ---- parameters ---- */

static const struct json *param(const struct request *r, const char *key)
{
	return json_get(r->d, r->params, key);
}

/* false: it is there but no text that fits */
static void text_param(const struct request *r, const char *key, const char *otherwise, char *dst, size_t cap)
{
	if (!json_str(r->d, param(r, key), dst, cap))
		strcpy(dst, otherwise);
}

static double number_param(const struct request *r, const char *key, double otherwise)
{
	double v;

	return json_f64(r->d, param(r, key), &v) ? v : otherwise;
}

static uint64_t count_param(const struct request *r, const char *key, uint64_t otherwise)
{
	double v = number_param(r, key, -1);

	return v >= 0 && v < 9e15 ? (uint64_t)v : otherwise;
}

static void trim(char *s)
{
	size_t from = strspn(s, " \t\r\n"), n = strlen(s + from);

	memmove(s, s + from, n + 1);
	while (n && strchr(" \t\r\n", s[n - 1]))
		s[--n] = '\0';
}

/* "1HR" is 1h. */
static void interval_param(const struct request *r, char interval[8])
{
	char text[32];
	size_t n;

	text_param(r, "interval", "1h", text, sizeof text);
	trim(text);
	n = strlen(text);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)tolower((unsigned char)text[i]);
	if (n > 2 && strcmp(text + n - 2, "hr") == 0)
		text[n - 1] = '\0';
	strncpy(interval, text, 7);
	interval[7] = '\0';
}

static void symbols_param(const struct request *r, const char *key, struct symbol_list *l)
{
	const struct json *v = param(r, key);
	char text[64];

	if (!v || v->type != JSON_ARRAY)
		return;
	for (const struct json *s = v + 1; s < v + v->skip && l->n < SYMBOLS_MAX; s += s->skip) {
		if (!json_str(r->d, s, text, sizeof text))
			continue;
		trim(text);
		(void)!symbol_list_add(l, text, strlen(text), NULL);
	}
}

/* A symbol as clients spell it: the exchange's spelling first, else in any case. */
static uint32_t number_of(const struct request *r, const char *symbol)
{
	return names_find_any_case(collect_names(r->a->c), symbol, strlen(symbol));
}

static const struct bar_series *series_of(const struct request *r, const char *symbol, const char *interval)
{
	return collect_bars(r->a->c, number_of(r, symbol), collect_interval(r->a->c, interval));
}

/* ---- answers ---- */

static void begin_answer(struct request *r, bool ok)
{
	buf_clear(&r->a->answer);
	jsonw_init(&r->w, &r->a->answer, false);
	jsonw_object(&r->w);
	jsonw_put_u64(&r->w, "id", r->id);
	jsonw_key(&r->w, "ok");
	jsonw_bool(&r->w, ok);
	jsonw_key(&r->w, ok ? "result" : "error");
}

static void send_answer(struct request *r)
{
	jsonw_end(&r->w);
	r->a->host.send(r->a->arg, r->k->conn, r->a->answer.data, r->a->answer.len);
}

static void say_error(struct request *r, const char *what, const char *more)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "%s%s", what, more);
	begin_answer(r, false);
	jsonw_str(&r->w, buf_cstr(&text));
	send_answer(r);
	buf_release(&text);
}

static void say_ok(struct request *r)
{
	begin_answer(r, true);
	jsonw_object(&r->w);
	jsonw_key(&r->w, "ok");
	jsonw_bool(&r->w, true);
	jsonw_end(&r->w);
	send_answer(r);
}

static void put_age(struct jsonw *w, const char *key, int64_t age_ms)
{
	jsonw_key(w, key);
	if (age_ms == INT64_MAX)
		jsonw_null(w);
	else
		jsonw_f64(w, (double)age_ms / 1000);
}

/* ---- what is wanted ---- */

static void ensure_started(struct request *r)
{
	char id[ID_BYTES], user[64];
	struct api *a = r->a;
	struct wish *w;

	text_param(r, "client_id", "default", id, sizeof id);
	w = wish_of(a, id);
	if (!w) {
		if (a->n_wishes == a->cap_wishes)
			a->wish = xreallocarray(a->wish, a->cap_wishes = a->cap_wishes ? 2 * a->cap_wishes : 8, sizeof *a->wish);
		w = &a->wish[a->n_wishes++];
		*w = (struct wish){ 0 };
		strcpy(w->id, id);
	}
	strcpy(r->k->wish, id);
	w->seen_ms = r->now_ms;
	symbol_list_release(&w->symbols);
	symbols_param(r, "symbols", &w->symbols);
	interval_param(r, w->interval);
	w->limit = count_param(r, "candle_limit", 0);
	if (json_str(r->d, param(r, "user"), user, sizeof user)) {	/* null leaves it, "" clears it */
		trim(user);
		strcpy(w->user, user);
	}
	a->host.wants(a->arg);
	say_ok(r);
}

void api_wants(struct api *a, api_series *series, struct symbol_list *users, void *arg)
{
	for (unsigned i = 0; i < a->n_wishes; i++) {
		const struct wish *w = &a->wish[i];

		for (unsigned s = 0; s < w->symbols.n; s++)
			series(arg, w->symbols.at[s], w->interval, w->limit);
		if (*w->user)
			(void)!user_list_add(users, w->user, strlen(w->user), NULL);
	}
}

static void restart(struct request *r)
{
	r->a->host.restart(r->a->arg);
	say_ok(r);
}

/* ---- health ---- */

static void put_ages(struct request *r, const struct symbol_list *symbols, const char *interval)
{
	int64_t candles = INT64_MIN, bbo = INT64_MIN;
	const struct mids *m = collect_mids(r->a->c);

	for (unsigned i = 0; i < symbols->n; i++) {
		uint32_t number = number_of(r, symbols->at[i]);
		const struct bar_series *b = series_of(r, symbols->at[i], interval);
		int64_t t = bbo_age_ms(m, number, r->now_ms);

		if (t != INT64_MAX && t > bbo)
			bbo = t;
		if (b && b->heard_ms != INT64_MIN && ms_since(b->heard_ms, r->now_ms) > candles)
			candles = ms_since(b->heard_ms, r->now_ms);
	}
	put_age(&r->w, "candle_age_s", candles == INT64_MIN ? INT64_MAX : candles);
	put_age(&r->w, "bbo_age_s", bbo == INT64_MIN ? INT64_MAX : bbo);
}

static void health(struct request *r)
{
	struct symbol_list symbols = { 0 };
	char interval[8];

	symbols_param(r, "symbols", &symbols);
	interval_param(r, interval);
	begin_answer(r, true);
	jsonw_object(&r->w);
	r->a->host.stats(r->a->arg, &r->w, false);
	put_age(&r->w, "mids_age_s", ms_since(collect_mids(r->a->c)->heard_ms, r->now_ms));
	put_ages(r, &symbols, interval);
	jsonw_end(&r->w);
	send_answer(r);
	symbol_list_release(&symbols);
}

static void ws_stats_method(struct request *r)
{
	const struct collect_options *o = collect_options(r->a->c);
	unsigned n;

	collect_followed(r->a->c, &n);
	begin_answer(r, true);
	jsonw_object(&r->w);
	r->a->host.stats(r->a->arg, &r->w, true);
	put_age(&r->w, "mids_age_s", ms_since(collect_mids(r->a->c)->heard_ms, r->now_ms));
	jsonw_put_u64(&r->w, "clients", r->a->n_wishes);
	jsonw_put_u64(&r->w, "desired_symbols", n);
	jsonw_put_u64(&r->w, "desired_candles", (uint64_t)n * o->n_intervals);
	jsonw_end(&r->w);
	send_answer(r);
}

static uint64_t limit_of(const struct api *a, const char *symbol, const char *interval)
{
	uint64_t limit = 0;

	for (unsigned i = 0; i < a->n_wishes; i++)
		if (a->wish[i].limit > limit && strcmp(a->wish[i].interval, interval) == 0 &&
		    symbol_list_has(&a->wish[i].symbols, symbol))
			limit = a->wish[i].limit;
	return limit;
}

/* The exchange's spelling, or the client's where the exchange has no such symbol. */
static const char *spelling(const struct request *r, const char *symbol)
{
	uint32_t number = number_of(r, symbol);

	return number == NAME_NONE ? symbol : collect_names(r->a->c)->name[number];
}

static void candles_ready(struct request *r)
{
	struct symbol_list symbols = { 0 };
	bool all = true;
	char interval[8];
	struct buf not_ready = BUF_INIT;
	struct jsonw w;

	symbols_param(r, "symbols", &symbols);
	interval_param(r, interval);
	jsonw_init(&w, &not_ready, false);
	jsonw_array(&w);
	for (unsigned i = 0; i < symbols.n; i++) {
		const char *s = symbols.at[i];

		if (r->a->host.coverage(r->a->arg, NULL, spelling(r, s), interval, limit_of(r->a, s, interval)))
			continue;
		all = false;
		jsonw_str(&w, s);
	}
	jsonw_end(&w);
	begin_answer(r, true);
	jsonw_object(&r->w);
	jsonw_key(&r->w, "ready");
	jsonw_bool(&r->w, all);
	buf_addf(r->w.out, ",\"not_ready\":%s", buf_cstr(&not_ready));
	jsonw_end(&r->w);
	send_answer(r);
	buf_release(&not_ready);
	symbol_list_release(&symbols);
}

static void candles_health(struct request *r)
{
	struct symbol_list symbols = { 0 };
	char interval[8];

	symbols_param(r, "symbols", &symbols);
	interval_param(r, interval);
	begin_answer(r, true);
	jsonw_object(&r->w);
	jsonw_key(&r->w, "ws_candle_disabled_s");
	jsonw_null(&r->w);
	jsonw_key(&r->w, "items");
	jsonw_array(&r->w);
	for (unsigned i = 0; i < symbols.n; i++) {
		jsonw_object(&r->w);
		jsonw_put_text(&r->w, "symbol", symbols.at[i]);
		jsonw_put_text(&r->w, "interval", interval);
		r->a->host.coverage(r->a->arg, &r->w, spelling(r, symbols.at[i]), interval,
				    limit_of(r->a, symbols.at[i], interval));
		jsonw_end(&r->w);
	}
	jsonw_end(&r->w);
	jsonw_end(&r->w);
	send_answer(r);
	symbol_list_release(&symbols);
}

/* ---- prices ---- */

static bool is_fresh(int64_t age_ms, double max_age_s)
{
	return age_ms != INT64_MAX && !((double)age_ms / 1000 > max_age_s);	/* NaN: no limit */
}

static void symbol_param(const struct request *r, char symbol[64])
{
	text_param(r, "symbol", "", symbol, 64);
	trim(symbol);
}

static void get_mid(struct request *r)
{
	const struct mids *m = collect_mids(r->a->c);
	char symbol[64];
	uint32_t number;

	symbol_param(r, symbol);
	number = number_of(r, symbol);
	begin_answer(r, true);
	if (is_fresh(mids_age_ms(m, number, r->now_ms), number_param(r, "max_age_s", NAN)))
		jsonw_f64(&r->w, mids_of(m, number)->mid);
	else
		jsonw_null(&r->w);
	send_answer(r);
}

static void get_bbo(struct request *r)
{
	const struct mids *m = collect_mids(r->a->c);
	const struct price *p;
	char symbol[64];
	uint32_t number;

	symbol_param(r, symbol);
	number = number_of(r, symbol);
	begin_answer(r, true);
	if (is_fresh(bbo_age_ms(m, number, r->now_ms), number_param(r, "max_age_s", NAN))) {
		p = mids_of(m, number);
		jsonw_array(&r->w);
		jsonw_f64(&r->w, p->bid);
		jsonw_f64(&r->w, p->ask);
		jsonw_end(&r->w);
	} else {
		jsonw_null(&r->w);
	}
	send_answer(r);
}

static void put_bbo(struct jsonw *w, const char *key, const struct price *p)
{
	jsonw_key(w, key);
	jsonw_object(w);
	jsonw_put_f64(w, "bid", p->bid);
	jsonw_put_f64(w, "ask", p->ask);
	jsonw_put_f64(w, "mid", (p->bid + p->ask) / 2);
	jsonw_end(w);
}

static void put_mids(struct request *r, const struct symbol_list *symbols, bool all, double max_age_s)
{
	const struct names *names = collect_names(r->a->c);
	const struct mids *m = collect_mids(r->a->c);
	uint32_t n = all ? names->n : symbols->n;
	int64_t oldest = INT64_MIN;

	jsonw_key(&r->w, "mids");
	jsonw_object(&r->w);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t number = all ? i : number_of(r, symbols->at[i]);

		if (is_fresh(mids_age_ms(m, number, r->now_ms), max_age_s))
			jsonw_put_f64(&r->w, all ? names->name[i] : symbols->at[i], mids_of(m, number)->mid);
	}
	jsonw_end(&r->w);
	put_age(&r->w, "mids_age_s", ms_since(m->heard_ms, r->now_ms));
	jsonw_put_u64(&r->w, "mids_seq", m->mid_seq);
	jsonw_key(&r->w, "bbo");
	jsonw_object(&r->w);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t number = all ? i : number_of(r, symbols->at[i]);
		int64_t t = bbo_age_ms(m, number, r->now_ms);

		if (!is_fresh(t, max_age_s))
			continue;
		oldest = t > oldest ? t : oldest;
		put_bbo(&r->w, all ? names->name[i] : symbols->at[i], mids_of(m, number));
	}
	jsonw_end(&r->w);
	put_age(&r->w, "bbo_age_s", oldest == INT64_MIN ? INT64_MAX : oldest);
	jsonw_put_u64(&r->w, "bbo_seq", m->bbo_seq);
}

static void get_mids(struct request *r)
{
	struct symbol_list symbols = { 0 };

	symbols_param(r, "symbols", &symbols);
	begin_answer(r, true);
	jsonw_object(&r->w);
	put_mids(r, &symbols, param(r, "symbols") == NULL, number_param(r, "max_age_s", NAN));
	jsonw_end(&r->w);
	send_answer(r);
	symbol_list_release(&symbols);
}

/* A sequence below the client's is that of a feed that was started again. */
static bool waits_over(const struct api *a, const struct api_client *k, bool *reset)
{
	const struct mids *m = collect_mids(a->c);
	bool newer = m->mid_seq > k->after || m->bbo_seq > k->after_bbo;

	*reset = !newer && (m->mid_seq < k->after || m->bbo_seq < k->after_bbo);
	return newer || *reset;
}

static void end_wait(struct api *a, struct api_client *k, bool changed, bool reset, int64_t now_ms)
{
	struct request r = { .a = a, .k = k, .id = k->id, .now_ms = now_ms };

	k->waits = false;
	begin_answer(&r, true);
	jsonw_object(&r.w);
	put_mids(&r, &k->asked, k->all_mids, k->max_age_s);
	jsonw_key(&r.w, "changed");
	jsonw_bool(&r.w, changed);
	jsonw_key(&r.w, "timed_out");
	jsonw_bool(&r.w, !changed);
	jsonw_key(&r.w, "seq_reset");
	jsonw_bool(&r.w, reset);
	jsonw_end(&r.w);
	send_answer(&r);
}

static void wait_mids(struct request *r)
{
	struct api_client *k = r->k;
	double wait_ms = number_param(r, "timeout_ms", WAIT_MS);
	bool reset;

	symbol_list_release(&k->asked);
	symbols_param(r, "symbols", &k->asked);
	k->all_mids = param(r, "symbols") == NULL;
	k->max_age_s = number_param(r, "max_age_s", NAN);
	k->after = count_param(r, "after_seq", 0);
	k->after_bbo = count_param(r, "after_bbo_seq", 0);
	k->until_ms = r->now_ms + (int64_t)fmin(fmax(wait_ms, WAIT_MIN_MS), WAIT_MAX_MS);
	k->id = r->id;
	k->waits = true;
	if (waits_over(r->a, k, &reset))
		end_wait(r->a, k, true, reset, r->now_ms);
}

/* ---- candles ---- */

static void put_times(struct request *r, bool any, int64_t t_ms, int64_t length_ms)
{
	begin_answer(r, true);
	jsonw_array(&r->w);
	if (any) {
		jsonw_i64(&r->w, t_ms);
		jsonw_i64(&r->w, t_ms + length_ms - 1);
	} else {
		jsonw_null(&r->w);
		jsonw_null(&r->w);
	}
	jsonw_end(&r->w);
	send_answer(r);
}

static void get_latest_candle_times(struct request *r)
{
	const struct bar_series *b;
	struct bar_values v;
	char symbol[64], interval[8];
	int64_t t = 0;
	bool any;

	symbol_param(r, symbol);
	interval_param(r, interval);
	b = series_of(r, symbol, interval);
	any = b && bars_newest(b, &t, &v);
	put_times(r, any, t, b ? b->interval_ms : 0);
}

/* The newest bar that is over with its grace. */
static void get_last_closed_candle_times(struct request *r)
{
	const struct bar_series *b;
	char symbol[64], interval[8];
	int64_t t = 0, grace_ms = (int64_t)fmax(number_param(r, "grace_ms", GRACE_MS), 0);

	symbol_param(r, symbol);
	interval_param(r, interval);
	b = series_of(r, symbol, interval);
	if (b)
		for (t = b->next_ms - b->interval_ms; t >= b->past_from_ms; t -= b->interval_ms)
			if (bars_past_values(b, t) && r->now_ms >= t + b->interval_ms + grace_ms)
				break;
	put_times(r, b && t >= b->past_from_ms && t < b->next_ms, t, b ? b->interval_ms : 0);
}

/* ---- user events ---- */

void api_event(struct api *a, unsigned kind, const char *json, size_t len, int64_t now_ms)
{
	struct events *e = &a->events[kind];
	struct buf text = BUF_INIT;

	if (!e->at)
		e->at = xcalloc(EVENTS_MAX, sizeof *e->at);
	while (e->n && (e->n == EVENTS_MAX || e->bytes + len > EVENT_BYTES_MAX)) {
		e->bytes -= e->at[e->first].len;
		free(e->at[e->first].json);
		e->first = (e->first + 1) % EVENTS_MAX;
		e->n--;
	}
	if (kind == 0)
		buf_add(&text, json, len);
	else
		buf_addf(&text, "{\"t\":%.3f,\"data\":%.*s}", (double)now_ms / 1000, (int)len, json);
	e->at[(e->first + e->n++) % EVENTS_MAX] = (struct event){ text.data, text.len };
	e->bytes += text.len;
}

static void drain(struct request *r, unsigned kind)
{
	struct events *e = &r->a->events[kind];
	uint64_t max = count_param(r, "max_items", UINT64_MAX);

	begin_answer(r, true);
	buf_addc(r->w.out, '[');
	for (bool first = true; e->n && max; max--, first = false) {
		struct event *x = &e->at[e->first];

		if (!first)
			buf_addc(r->w.out, ',');
		buf_add(r->w.out, x->json, x->len);
		e->bytes -= x->len;
		free(x->json);
		e->first = (e->first + 1) % EVENTS_MAX;
		e->n--;
	}
	buf_addc(r->w.out, ']');
	send_answer(r);
}

static void drain_user_fills(struct request *r) { drain(r, 0); }
static void drain_order_updates(struct request *r) { drain(r, 1); }
static void drain_user_fundings(struct request *r) { drain(r, 2); }
static void drain_user_ledger_updates(struct request *r) { drain(r, 3); }

/* ---- records ---- */

static bool set_types(struct request *r)
{
	const struct json *types = param(r, "types");
	char name[32];

	r->k->all_types = types == NULL;
	memset(r->k->type, 0, sizeof r->k->type);
	if (!types)
		return true;
	for (const struct json *v = types + 1; v < types + types->skip; v += v->skip) {
		unsigned type = REC_OTHER + 1;

		if (!json_str(r->d, v, name, sizeof name))
			return false;
		while (type < N_RECORD_TYPES && strcmp(record_descs[type].name, name) != 0)
			type++;
		if (type == N_RECORD_TYPES)
			return false;
		r->k->type[type] = true;
	}
	return true;
}

static bool wants(const struct api_client *k, enum record_type type, const char *symbol)
{
	return k->pushes && (k->all_types || k->type[type]) && (!*symbol || !k->only.n || symbol_list_has(&k->only, symbol));
}

/* What the client wants of a step's lines. */
static void send_wanted(struct api *a, const struct api_client *k, const struct buf *lines)
{
	const char *line = lines->data, *end = lines->data + lines->len;
	struct record r;
	struct errmsg e;

	for (size_t n; line < end; line += n + 1) {
		n = (size_t)((const char *)memchr(line, '\n', (size_t)(end - line)) - line);
		if (record_parse(&r, line, n, &e) && wants(k, r.type, r.type == REC_candle ? r.u.candle.symbol :
							   r.type == REC_gap ? r.u.gap.symbol : ""))
			a->host.send(a->arg, k->conn, line, n);
	}
}

/* Steps behind after_ms that are remembered, oldest first. */
static void send_recent(struct request *r, int64_t after_ms)
{
	struct api *a = r->a;

	for (unsigned i = a->n_recent < RECENT_STEPS ? 0 : a->n_recent - RECENT_STEPS; i < a->n_recent; i++) {
		const struct recent *x = &a->recent[i % RECENT_STEPS];

		if (x->t_ms <= after_ms)
			continue;
		if (!r->k->all_types || r->k->only.n)
			send_wanted(a, r->k, &x->lines);
		else
			a->host.send(a->arg, r->k->conn, x->lines.data, x->lines.len - 1);
	}
}

static void subscribe(struct request *r)
{
	struct api_client *k = r->k;
	double after_ms = number_param(r, "after_ms", NAN);

	if (!set_types(r)) {
		say_error(r, "bad params: ", "types are names of records");
		return;
	}
	symbol_list_release(&k->only);
	symbols_param(r, "symbols", &k->only);
	r->a->n_pushes += !k->pushes;
	k->pushes = true;
	say_ok(r);
	if (after_ms >= 0 && after_ms < 9e15)
		send_recent(r, (int64_t)after_ms);
}

static void unsubscribe(struct request *r)
{
	r->a->n_pushes -= r->k->pushes;
	r->k->pushes = false;
	say_ok(r);
}

static void remember_step(struct api *a, enum record_type type, const char *line, size_t len, int64_t t_ms)
{
	struct recent *x = &a->recent[a->n_recent % RECENT_STEPS];

	buf_add(&a->step, line, len);
	if (type != REC_step)
		return;
	x->t_ms = t_ms;
	buf_clear(&x->lines);
	buf_add(&x->lines, a->step.data, a->step.len);
	buf_clear(&a->step);
	a->n_recent++;
}

void api_record(struct api *a, enum record_type type, const char *symbol, const char *line, size_t len, bool of_step, int64_t t_ms)
{
	if (of_step)
		remember_step(a, type, line, len, t_ms);
	if (!a->n_pushes)
		return;
	for (struct api_client *k = a->clients; k; k = k->next)
		if (wants(k, type, symbol))
			a->host.send(a->arg, k->conn, line, len - 1);
}

/* ---- requests ---- */

static const struct { const char *name; void (*run)(struct request *); } methods[] = {
	{ "ensure_started", ensure_started },
	{ "restart", restart },
	{ "health", health },
	{ "ws_stats", ws_stats_method },
	{ "candles_ready", candles_ready },
	{ "candles_health", candles_health },
	{ "get_mid", get_mid },
	{ "get_mids", get_mids },
	{ "wait_mids", wait_mids },
	{ "get_bbo", get_bbo },
	{ "get_latest_candle_times", get_latest_candle_times },
	{ "get_last_closed_candle_times", get_last_closed_candle_times },
	{ "drain_user_fills", drain_user_fills },
	{ "drain_order_updates", drain_order_updates },
	{ "drain_user_fundings", drain_user_fundings },
	{ "drain_user_ledger_updates", drain_user_ledger_updates },
	{ "subscribe", subscribe },
	{ "unsubscribe", unsubscribe },
};

static void run(struct request *r, const char *method)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(method, methods[i].name) == 0) {
			methods[i].run(r);
			return;
		}
	say_error(r, "unknown method: ", method);
}

static void take_request(struct api *a, struct api_client *k, const char *line, size_t len, int64_t now_ms)
{
	struct json_doc d;
	struct request r = { .a = a, .k = k, .d = &d, .now_ms = now_ms };
	struct wish *w = *k->wish ? wish_of(a, k->wish) : NULL;
	struct errmsg e;
	char method[64];
	int64_t id;

	if (w)
		w->seen_ms = now_ms;
	if (!json_parse(&d, line, len, &e)) {
		say_error(&r, "bad json: ", e.text);
		return;
	}
	if (!json_i64(&d, json_get(&d, d.tok, "id"), &id) || id < 0) {
		say_error(&r, "bad json: ", "\"id\" is not an integer from 0");
	} else if (!json_str(&d, json_get(&d, d.tok, "method"), method, sizeof method)) {
		say_error(&r, "bad json: ", "\"method\" is not a name");
	} else {
		r.id = (uint64_t)id;
		r.params = json_get(&d, d.tok, "params");
		run(&r, method);
	}
	json_release(&d);
}

void api_line(struct api *a, struct api_client *k, const char *line, size_t len, int64_t now_ms)
{
	if (!k->waits) {
		take_request(a, k, line, len, now_ms);
		return;
	}
	if (k->behind.len + len > WAITING_MAX) {
		a->host.drop(a->arg, k->conn);
		return;
	}
	buf_add(&k->behind, line, len);
	buf_addc(&k->behind, '\n');
}

static void take_behind(struct api *a, struct api_client *k, int64_t now_ms)
{
	struct buf lines = k->behind;
	size_t at = 0;

	k->behind = (struct buf)BUF_INIT;
	while (at < lines.len) {
		size_t n = (size_t)((char *)memchr(lines.data + at, '\n', lines.len - at) - (lines.data + at));

		api_line(a, k, lines.data + at, n, now_ms);
		at += n + 1;
	}
	buf_release(&lines);
}

void api_turn(struct api *a, int64_t now_ms)
{
	bool forgot = false, reset;

	for (struct api_client *k = a->clients, *next; k; k = next) {
		next = k->next;
		if (!k->waits)
			continue;
		if (waits_over(a, k, &reset))
			end_wait(a, k, true, reset, now_ms);
		else if (now_ms >= k->until_ms)
			end_wait(a, k, false, false, now_ms);
		if (!k->waits)
			take_behind(a, k, now_ms);
	}
	for (unsigned i = a->n_wishes; i-- > 0; )
		if (now_ms > a->wish[i].seen_ms + a->ttl_ms) {
			forget_wish(a, i);
			forgot = true;
		}
	if (forgot)
		a->host.wants(a->arg);
}
