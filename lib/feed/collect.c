/* SPDX-License-Identifier: MIT
 * The collector: what comes in is put where it belongs at once, what follows from it is told by collect_turn(). */
#include "feed/collect.h"

#include "base/clock.h"
#include "base/num.h"
#include "feed/steps.h"
#include "feed/watch.h"
#include "store/candles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STEP_INTERVAL = 0,		/* its place among the intervals */
	ASKS_MAX = 4,			/* questions under way that no step waits for */
	ASK_AGAIN_MS = 5000,		/* after an answer that left the question open */
	ASK_RETRY_MS = 2000, ASK_RETRY_MAX_MS = 60000,	/* after a failure, doubled */
	HOPELESS = 3,			/* failures in a row */
	SCAN_MS = 1000,			/* of everything that is not woken by a bar's end */
	REST_GRACE_LEAST_MS = 2000,	/* rows of answers are not final earlier */
};

#define BENCHMARK "BTC"

/* Reasons in gap records. */
#define NO_SUCH_BAR "the exchange has no such bar"
#define TOO_LATE "not there in time; a revision follows if the exchange has it"
#define BEFORE_START "before the first step"
#define TOO_OLD "older than what the exchange has"

struct series {
	struct bar_series b;
	bool asking;
	unsigned fails;
	int64_t retry_ms;	/* not asked for before */
	struct watch stale;
};

/* What is kept of a symbol, by its number; series NULL: it is not followed. */
struct follower {
	struct series *series;	/* by interval */
	bool required, listed, guest;
	int64_t since_ms;	/* followed since; what was not heard of counts from then */
	struct watch mids, bbo;
	int64_t mid_free_ms, bbo_free_ms;	/* when the next record may be written */
	bool mid_due, bbo_due;
};

struct collect {
	struct collect_options o;
	struct collect_sink sink;
	void *arg;
	int64_t length_ms[COLLECT_INTERVALS_MAX], answer_grace_ms;

	struct names names;
	struct follower *of;
	uint32_t n_of;
	uint32_t *order;	/* followed, by name */
	unsigned n_order, n_guests;

	struct feed_link link;
	int64_t heard_ms, pinged_ms;
	int64_t ahead_ms;	/* our clock is so far ahead of the exchange's */
	int64_t turned_ms;	/* last turn; INT64_MIN: none yet */
	struct mids mids;
	struct seen seen;
	unsigned prices_due;	/* records that the throttle holds back */

	bool started;
	int64_t step_ms, turn_ms;		/* the step to close next; since when it is its turn, INT64_MIN: it is not over */
	int64_t told_ms;			/* last step of an earlier run; INT64_MIN: none */
	int64_t from_ms;			/* the first symbols begin there, where the store has nothing; INT64_MAX: with the present */
	int64_t wake_ms[COLLECT_INTERVALS_MAX];	/* no bar of the interval is over before */
	int64_t scan_ms;	/* what is wanted is looked for then; INT64_MIN: something has happened. A simulated clock may stand */
	int64_t watch_ms, audit_ms;
	unsigned asks, next_ask;
	bool auditing;
	uint32_t audited;	/* series of the audit under way */
	struct watch connection, rest, store;
	int64_t rest_ms;	/* last answer */
	char why[LONG_MAX_TEXT];	/* why the connection is down */
};

int64_t collect_length_ms(const char *interval)
{
	int64_t first = clock_bar(interval, 0, 0);

	return first == INT64_MIN || strcmp(interval, "1M") == 0 ? 0 : clock_bar(interval, 0, 1) - first;
}

struct collect *collect_new(const struct collect_options *o, const struct collect_sink *sink, void *arg)
{
	struct collect *c = xcalloc(1, sizeof *c);

	c->o = *o;
	c->sink = *sink;
	c->arg = arg;
	for (unsigned k = 0; k < o->n_intervals; k++)
		c->length_ms[k] = collect_length_ms(o->interval[k]);
	c->answer_grace_ms = o->grace_ms > REST_GRACE_LEAST_MS ? o->grace_ms : REST_GRACE_LEAST_MS;
	c->heard_ms = c->pinged_ms = c->turn_ms = c->turned_ms = INT64_MIN;	/* heard_ms: from the first symbols on */
	c->connection.limit_ms = STALE_CONNECTION_MS;
	c->rest.limit_ms = c->store.limit_ms = 1;
	mids_init(&c->mids, o->mids_from_bbo);
	return c;
}

/* ---- symbols ---- */

static void unfollow(struct collect *c, struct follower *f)
{
	for (unsigned k = 0; f->series && k < c->o.n_intervals; k++) {
		c->asks -= k != STEP_INTERVAL && f->series[k].asking;
		bars_release(&f->series[k].b);
	}
	free(f->series);
	c->prices_due -= f->mid_due + f->bbo_due;
	*f = (struct follower){ .required = f->required };
}

void collect_free(struct collect *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->n_of; i++)
		unfollow(c, &c->of[i]);
	free(c->of);
	free(c->order);
	names_release(&c->names);
	mids_release(&c->mids);
	seen_release(&c->seen);
	free(c);
}

void collect_start(struct collect *c, int64_t step_ms, int64_t told_ms)
{
	c->told_ms = told_ms;
	c->from_ms = step_ms;
	c->step_ms = clock_bar(c->o.interval[STEP_INTERVAL], step_ms, 0);
	c->started = true;
}

/* The number of a symbol, with a place for it; NAME_NONE: it is none. */
static uint32_t number_of(struct collect *c, const char *symbol, size_t len)
{
	uint32_t i = names_add(&c->names, symbol, len), n = c->n_of;

	if (i != NAME_NONE && i >= n) {
		c->n_of = i + 1 > 2 * n ? i + 1 : 2 * n;
		c->of = xreallocarray(c->of, c->n_of, sizeof *c->of);
		memset(c->of + n, 0, (c->n_of - n) * sizeof *c->of);
	}
	return i;
}

static struct bar_values values_of(const struct rec_candle *r)
{
	return (struct bar_values){ r->o, r->h, r->l, r->c, r->v, r->n };
}

static void gap(struct collect *c, uint32_t symbol, unsigned k, int64_t from_ms, int64_t to_ms, const char *why)
{
	struct rec_gap g = { .from_ms = from_ms, .to_ms = to_ms, .bars = (uint64_t)((to_ms - from_ms) / c->length_ms[k]) + 1 };

	memcpy(g.symbol, c->names.name[symbol], sizeof g.symbol);
	memcpy(g.interval, c->o.interval[k], sizeof c->o.interval[k]);
	strcpy(g.why, why);
	c->sink.record(c->arg, REC_gap, &g);
}

/* The bar that forms, or one that is over but still in its grace. */
static int64_t forming_bar(const struct collect *c, unsigned k, int64_t now_ms)
{
	return clock_bar(c->o.interval[k], now_ms - c->answer_grace_ms, 0);
}

/* Where a series goes on: at the step; others behind what the store has, or where all begins, as far as the exchange can still
 * give it. */
static void begin(struct collect *c, uint32_t symbol, unsigned k, int64_t now_ms)
{
	struct rec_candle row[BARS_TOLD];
	size_t n = c->sink.recall ? c->sink.recall(c->arg, k, c->names.name[symbol], row, BARS_TOLD) : 0;
	int64_t length = c->length_ms[k], forming = forming_bar(c, k, now_ms), next = forming;
	struct series *s = &c->of[symbol].series[k];

	if (k == STEP_INTERVAL && !c->of[symbol].guest)
		next = c->step_ms;
	else if (n && row[n - 1].t_ms < forming)
		next = row[n - 1].t_ms + length;
	else if (!n && c->from_ms < forming)
		next = clock_bar(c->o.interval[k], c->from_ms, 0);
	if (next < forming - DEPTH_BARS * length) {
		gap(c, symbol, k, next, forming - (DEPTH_BARS + 1) * length, TOO_OLD);
		next = forming - DEPTH_BARS * length;
	}
	bars_init(&s->b, length, next);
	s->stale.limit_ms = c->o.stale_candles_ms;
	if (n && row[0].t_ms < next)
		bars_remember(&s->b, row[0].t_ms);
	if (n && k == STEP_INTERVAL && c->told_ms != INT64_MIN && c->told_ms + length < s->b.past_from_ms)
		gap(c, symbol, k, c->told_ms + length, s->b.past_from_ms - length, BEFORE_START);
	for (size_t i = 0; i < n; i++) {
		struct bar_values v = values_of(&row[i]);

		bars_recall(&s->b, row[i].t_ms, &v);
	}
	c->wake_ms[k] = 0;
}

static void follow(struct collect *c, uint32_t symbol, int64_t now_ms)
{
	struct follower *f = &c->of[symbol];

	f->series = xcalloc(c->o.n_intervals, sizeof *f->series);
	f->since_ms = now_ms;
	f->mids.limit_ms = c->o.mids ? c->o.stale_mids_ms : 0;
	f->bbo.limit_ms = c->o.bbo ? c->o.stale_bbo_ms : 0;
	for (unsigned k = 0; k < c->o.n_intervals; k++)
		begin(c, symbol, k, now_ms);
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct names *names = arg;

	return strcmp(names->name[*(const uint32_t *)a], names->name[*(const uint32_t *)b]);
}

static void list_symbols(struct collect *c, const char *const *symbol, unsigned n, bool guest)
{
	for (unsigned i = 0; i < n; i++) {
		uint32_t at = number_of(c, symbol[i], strlen(symbol[i]));
		struct follower *f = at == NAME_NONE ? NULL : &c->of[at];

		if (!f || f->listed)
			continue;
		if (f->series && f->guest != guest)	/* it begins anew in its other part */
			unfollow(c, f);
		f->listed = true;
		f->guest = guest;
	}
}

void collect_follow(struct collect *c, const char *const *symbol, unsigned n, const char *const *guest, unsigned n_guests,
		int64_t now_ms)
{
	if (!c->started) {
		collect_start(c, forming_bar(c, STEP_INTERVAL, now_ms), INT64_MIN);
		c->from_ms = INT64_MAX;
	}
	if (c->heard_ms == INT64_MIN)
		c->heard_ms = now_ms;
	for (uint32_t i = 0; i < c->n_of; i++)
		c->of[i].listed = false;
	list_symbols(c, symbol, n, false);
	list_symbols(c, guest, n_guests, true);
	c->order = xreallocarray(c->order, n + n_guests + 1, sizeof *c->order);
	c->n_order = c->n_guests = 0;
	for (uint32_t i = 0; i < c->n_of; i++) {
		struct follower *f = &c->of[i];

		if (f->listed) {
			c->order[c->n_order++] = i;
			c->n_guests += f->guest;
		}
		if (f->listed && !f->series)
			follow(c, i, now_ms);
		else if (!f->listed && f->series)
			unfollow(c, f);
	}
	qsort_r(c->order, c->n_order, sizeof *c->order, by_name, &c->names);
	c->from_ms = INT64_MAX;
	c->scan_ms = INT64_MIN;
}

void collect_require(struct collect *c, const char *const *symbol, unsigned n)
{
	for (uint32_t i = 0; i < c->n_of; i++)
		c->of[i].required = false;
	for (unsigned i = 0; i < n; i++) {
		uint32_t at = number_of(c, symbol[i], strlen(symbol[i]));

		if (at != NAME_NONE)
			c->of[at].required = true;
	}
}

/* ---- health ---- */

static void tell_health(struct collect *c, struct watch *w, const char *what, const char *symbol, const char *interval,
		int64_t age_ms, const char *why, int64_t now_ms)
{
	enum watch_turn turn = watch_look(w, age_ms);
	struct rec_health h = { .t_ms = now_ms, .age_ms = age_ms, .limit_ms = w->limit_ms };

	if (turn == WATCH_SAME)
		return;
	snprintf(h.what, sizeof h.what, "%s", what);
	snprintf(h.symbol, sizeof h.symbol, "%s", symbol);
	snprintf(h.interval, sizeof h.interval, "%s", interval);
	snprintf(h.state, sizeof h.state, "%s", turn == WATCH_STALE ? "stale" : "well");
	snprintf(h.why, sizeof h.why, "%s", turn == WATCH_STALE ? why : "");
	c->sink.record(c->arg, REC_health, &h);
}

static int64_t age(int64_t at_ms, int64_t now_ms)
{
	return now_ms > at_ms ? now_ms - at_ms : 0;
}

/* Of what was never heard of: since it is followed. */
static int64_t price_age(int64_t age_ms, const struct follower *f, int64_t now_ms)
{
	int64_t followed_ms = now_ms - f->since_ms;

	return age_ms < followed_ms ? age_ms : followed_ms;
}

/* What comes over the connection can be no better than it is: while it is stale nothing else is told. */
static void watch(struct collect *c, int64_t now_ms)
{
	if (c->heard_ms == INT64_MIN)
		return;
	tell_health(c, &c->connection, "connection", "", "", age(c->heard_ms, now_ms), c->why, now_ms);
	if (c->connection.stale)
		return;
	for (unsigned i = 0; i < c->n_order; i++) {
		struct follower *f = &c->of[c->order[i]];
		const char *name = c->names.name[c->order[i]];

		tell_health(c, &f->mids, "mids", name, "", price_age(mids_age_ms(&c->mids, c->order[i], now_ms), f, now_ms), "",
			now_ms);
		tell_health(c, &f->bbo, "bbo", name, "", price_age(bbo_age_ms(&c->mids, c->order[i], now_ms), f, now_ms), "",
			now_ms);
		for (unsigned k = 0; k < c->o.n_intervals; k++)
			tell_health(c, &f->series[k].stale, "candles", name, c->o.interval[k],
				    age(f->series[k].b.next_ms + c->length_ms[k], now_ms), "", now_ms);
	}
}

bool collect_is_stale(const struct collect *c)
{
	if (c->connection.stale)
		return true;
	for (unsigned i = 0; i < c->n_order; i++) {
		const struct follower *f = &c->of[c->order[i]];

		if (!f->mids.stale && !f->bbo.stale && !f->series[STEP_INTERVAL].stale.stale)
			return false;
	}
	return c->n_order > 0;
}

/* ---- the connection ---- */

void collect_up(struct collect *c, int64_t now_ms)
{
	c->link.epoch++;
	c->link.proved_ms = 0;
	c->link.up = true;
	c->pinged_ms = INT64_MIN;
	c->heard_ms = now_ms;
	c->why[0] = '\0';
	c->scan_ms = INT64_MIN;
}

void collect_down(struct collect *c, const char *why)
{
	c->link.up = false;
	c->scan_ms = INT64_MIN;
	snprintf(c->why, sizeof c->why, "%s", why);
}

/* By the exchange's clock: a ping proves nothing about the time that only ours has reached. */
void collect_proved(struct collect *c, int64_t t_ms)
{
	t_ms -= c->ahead_ms;
	if (t_ms > c->link.proved_ms)
		c->link.proved_ms = t_ms;
	c->scan_ms = INT64_MIN;
	if (t_ms >= c->pinged_ms)
		c->pinged_ms = INT64_MIN;
}

void collect_ahead(struct collect *c, int64_t ahead_ms)
{
	c->ahead_ms = ahead_ms;
}

void collect_doubt(struct collect *c)
{
	c->link.epoch++;	/* as if it were another connection */
	c->scan_ms = INT64_MIN;
}

void collect_heard(struct collect *c, int64_t now_ms)
{
	c->heard_ms = now_ms;
}

void collect_rest(struct collect *c, bool well, const char *why, int64_t now_ms)
{
	if (well)
		c->rest_ms = now_ms;
	else if (!c->rest_ms)
		c->rest_ms = now_ms - 1;	/* it never answered: it counts from here */
	tell_health(c, &c->rest, "rest", "", "", well ? 0 : age(c->rest_ms, now_ms) + 1, why, now_ms);
}

void collect_store(struct collect *c, int64_t late_ms, const char *why, int64_t now_ms)
{
	tell_health(c, &c->store, "store", "", "", late_ms, why, now_ms);
}

/* ---- messages ---- */

static struct follower *followed(struct collect *c, const char *symbol, uint32_t *number)
{
	*number = names_find(&c->names, symbol, strlen(symbol));
	return *number < c->n_of && c->of[*number].series ? &c->of[*number] : NULL;
}

unsigned collect_interval(const struct collect *c, const char *interval)
{
	unsigned k = 0;

	while (k < c->o.n_intervals && strcmp(c->o.interval[k], interval) != 0)
		k++;
	return k;
}

bool collect_candle(struct collect *c, const struct rec_candle *m, int64_t now_ms)
{
	uint32_t number;
	struct follower *f = followed(c, m->symbol, &number);
	unsigned k = collect_interval(c, m->interval);
	struct bar_values v = values_of(m);

	if (!f || k == c->o.n_intervals)
		return false;
	if (candle_problem(m)) {
		bars_doubt(&f->series[k].b);
		return false;
	}
	return bars_message(&f->series[k].b, m->t_ms, &v, c->link.epoch, now_ms);
}

static void write_mid(struct collect *c, uint32_t symbol)
{
	const struct price *p = mids_of(&c->mids, symbol);
	struct rec_mid r = { .t_ms = p->mid_changed_ms, .px = p->mid };

	memcpy(r.symbol, c->names.name[symbol], sizeof r.symbol);
	c->sink.record(c->arg, REC_mid, &r);
}

static void write_bbo(struct collect *c, uint32_t symbol)
{
	const struct price *p = mids_of(&c->mids, symbol);
	struct rec_bbo r = { .t_ms = p->bbo_time_ms, .bid = p->bid, .bid_sz = p->bid_sz, .ask = p->ask, .ask_sz = p->ask_sz };

	memcpy(r.symbol, c->names.name[symbol], sizeof r.symbol);
	c->sink.record(c->arg, REC_bbo, &r);
}

/* A change is written now, or when the throttle lets it. */
static void changed(struct collect *c, uint32_t symbol, void (*write)(struct collect *, uint32_t), int64_t *free_ms, bool *due,
		int64_t now_ms)
{
	if (now_ms >= *free_ms && !*due) {
		*free_ms = now_ms + c->o.throttle_ms;
		write(c, symbol);
	} else if (!*due) {
		*due = true;
		c->prices_due++;
	}
}

static void write_prices_due(struct collect *c, int64_t now_ms)
{
	for (unsigned i = 0; c->prices_due && i < c->n_order; i++) {
		struct follower *f = &c->of[c->order[i]];

		if (f->mid_due && now_ms >= f->mid_free_ms) {
			f->mid_due = false;
			c->prices_due--;
			changed(c, c->order[i], write_mid, &f->mid_free_ms, &f->mid_due, now_ms);
		}
		if (f->bbo_due && now_ms >= f->bbo_free_ms) {
			f->bbo_due = false;
			c->prices_due--;
			changed(c, c->order[i], write_bbo, &f->bbo_free_ms, &f->bbo_due, now_ms);
		}
	}
}

void collect_mid(struct collect *c, const struct rec_mid *m, int64_t now_ms)
{
	uint32_t i = number_of(c, m->symbol, strlen(m->symbol));

	if (i == NAME_NONE || !mids_mid(&c->mids, i, m->px, now_ms) || !c->o.mids || !c->of[i].series)
		return;
	changed(c, i, write_mid, &c->of[i].mid_free_ms, &c->of[i].mid_due, now_ms);
}

void collect_bbo(struct collect *c, const struct rec_bbo *m, int64_t now_ms)
{
	struct price p = { .bid = m->bid, .ask = m->ask, .bid_sz = m->bid_sz, .ask_sz = m->ask_sz, .bbo_time_ms = m->t_ms };
	uint32_t i;
	struct follower *f = followed(c, m->symbol, &i);
	bool bbo, mid;

	if (!f)
		return;
	mid = mids_bbo(&c->mids, i, &p, now_ms, &bbo);
	if (mid && c->o.mids)
		changed(c, i, write_mid, &f->mid_free_ms, &f->mid_due, now_ms);
	if (bbo && c->o.bbo)
		changed(c, i, write_bbo, &f->bbo_free_ms, &f->bbo_due, now_ms);
}

static const char *i64_text(int64_t v, char text[NUM_I64_MAX])
{
	*num_i64_put(text, v) = '\0';
	return text;
}

static const char *f64_text(double v, char text[NUM_F64_MAX])
{
	*num_f64_put(text, v) = '\0';
	return text;
}

/* Whether it came before; else it is told. */
static bool once(struct collect *c, const char *const *part, unsigned n, enum record_type type, const void *rec)
{
	if (seen_before(&c->seen, seen_key(part, n)))
		return false;
	c->sink.record(c->arg, type, rec);
	return true;
}

bool collect_fill(struct collect *c, const struct rec_fill *m)
{
	const char *part[] = { "fill", m->symbol, m->tid };

	return once(c, part, 3, REC_fill, m);
}

bool collect_order(struct collect *c, const struct rec_order *m)
{
	char t[NUM_I64_MAX], sz[NUM_F64_MAX];
	const char *part[] = { "order", m->oid, m->status, i64_text(m->t_ms, t), f64_text(m->sz, sz) };

	return once(c, part, 5, REC_order, m);
}

bool collect_funding(struct collect *c, const struct rec_funding *m)
{
	char t[NUM_I64_MAX], usdc[NUM_F64_MAX];
	const char *part[] = { "funding", m->symbol, i64_text(m->t_ms, t), f64_text(m->usdc, usdc) };

	return once(c, part, 4, REC_funding, m);
}

bool collect_ledger(struct collect *c, const struct rec_ledger *m)
{
	char t[NUM_I64_MAX], usdc[NUM_F64_MAX];
	const char *part[] = { "ledger", m->hash, m->what, i64_text(m->t_ms, t), f64_text(m->usdc, usdc) };

	return once(c, part, 5, REC_ledger, m);
}

/* ---- answers ---- */

static struct series *series_at(const struct collect *c, uint32_t series)
{
	uint32_t symbol = series / c->o.n_intervals;

	return symbol < c->n_of && c->of[symbol].series ? &c->of[symbol].series[series % c->o.n_intervals] : NULL;
}

void collect_series(const struct collect *c, uint32_t series, const char **symbol, const char **interval)
{
	*symbol = c->names.name[series / c->o.n_intervals];
	*interval = c->o.interval[series % c->o.n_intervals];
}

static void candle_of_bar(const struct collect *c, struct rec_candle *r, uint32_t symbol, unsigned k, int64_t t_ms,
		const struct bar_values *v)
{
	*r = (struct rec_candle){ .t_ms = t_ms, .t_close_ms = t_ms + c->length_ms[k] - 1, .o = v->o, .h = v->h, .l = v->l,
		.c = v->c, .v = v->v, .n = v->n };
	memcpy(r->symbol, c->names.name[symbol], sizeof r->symbol);
	memcpy(r->interval, c->o.interval[k], sizeof c->o.interval[k]);
}

void collect_row(struct collect *c, uint32_t series, const struct rec_candle *row, int64_t asked_ms)
{
	struct series *s = series_at(c, series);
	unsigned k = series % c->o.n_intervals;
	struct bar_values v = values_of(row);
	struct rec_candle r;

	if (!s || candle_problem(row) || !bars_row(&s->b, row->t_ms, &v, asked_ms, c->answer_grace_ms))
		return;
	candle_of_bar(c, &r, series / c->o.n_intervals, k, row->t_ms, &v);
	c->sink.record(c->arg, REC_revision, &r);	/* members as those of a candle */
	c->sink.row(c->arg, k, &r);
}

void collect_answered(struct collect *c, uint32_t series, int64_t from_ms, int64_t to_ms, int64_t asked_ms, bool failed,
		int64_t now_ms)
{
	struct series *s = series_at(c, series);
	unsigned k = series % c->o.n_intervals;
	int64_t again_from, again_to;

	if (c->auditing && c->audited == series)
		c->auditing = false;
	if (!s || !s->asking)
		return;
	s->asking = false;
	c->asks -= k != STEP_INTERVAL;
	if (failed) {
		s->retry_ms = now_ms + (s->fails < 5 ? ASK_RETRY_MS << s->fails : ASK_RETRY_MAX_MS);
		s->fails++;
		return;
	}
	s->fails = 0;
	bars_answered(&s->b, from_ms, to_ms, asked_ms, c->answer_grace_ms);
	s->retry_ms = bars_wanted(&s->b, &c->link, now_ms, c->answer_grace_ms, &again_from, &again_to) && again_to <= to_ms ?
		      now_ms + ASK_AGAIN_MS : now_ms;
	c->wake_ms[k] = 0;
	c->scan_ms = INT64_MIN;
}

static void ask(struct collect *c, uint32_t symbol, unsigned k, int64_t from_ms, int64_t to_ms)
{
	c->of[symbol].series[k].asking = true;
	c->asks += k != STEP_INTERVAL;
	c->sink.ask(c->arg, symbol * c->o.n_intervals + k, from_ms, to_ms, k == STEP_INTERVAL);
}

static void ask_if_wanted(struct collect *c, uint32_t symbol, unsigned k, int64_t now_ms)
{
	struct series *s = &c->of[symbol].series[k];
	int64_t from_ms, to_ms;

	if (!s->asking && now_ms >= s->retry_ms && bars_wanted(&s->b, &c->link, now_ms, c->answer_grace_ms, &from_ms, &to_ms))
		ask(c, symbol, k, from_ms, to_ms);
}

/* The step's series first; of the others a few at a time, each in turn: what waits meanwhile becomes one question. */
static void ask_wanted(struct collect *c, int64_t now_ms)
{
	unsigned n = c->n_order * (c->o.n_intervals - 1);

	for (unsigned i = 0; i < c->n_order; i++)
		ask_if_wanted(c, c->order[i], STEP_INTERVAL, now_ms);
	for (unsigned i = 0; i < n && c->asks < ASKS_MAX; i++) {
		c->next_ask = (c->next_ask + 1) % n;
		ask_if_wanted(c, c->order[c->next_ask % c->n_order], 1 + c->next_ask / c->n_order, now_ms);
	}
}

/* The series whose told bars have gone unconfirmed for longest. */
static void audit(struct collect *c, int64_t now_ms)
{
	int64_t oldest = INT64_MAX, from_ms, to_ms, from = 0, to = 0;
	uint32_t symbol = 0;
	unsigned interval = 0;

	for (unsigned i = 0; i < c->n_order; i++)
		for (unsigned k = 0; k < c->o.n_intervals; k++) {
			const struct series *s = &c->of[c->order[i]].series[k];

			if (s->asking || now_ms < s->retry_ms || !bars_unchecked(&s->b, now_ms, &from_ms, &to_ms) ||
				from_ms + c->length_ms[k] >= oldest)
				continue;
			oldest = from_ms + c->length_ms[k];
			symbol = c->order[i];
			interval = k;
			from = from_ms;
			to = to_ms;
		}
	if (oldest == INT64_MAX)
		return;
	c->auditing = true;
	c->audited = symbol * c->o.n_intervals + interval;
	c->of[symbol].series[interval].asking = true;
	c->asks += interval != STEP_INTERVAL;
	c->sink.ask(c->arg, c->audited, from, to, false);
}

/* ---- telling ---- */

static void tell_candle(struct collect *c, uint32_t symbol, unsigned k, int64_t t_ms, const struct bar_values *v)
{
	struct rec_candle r;

	candle_of_bar(c, &r, symbol, k, t_ms, v);
	c->sink.record(c->arg, REC_candle, &r);
	c->sink.row(c->arg, k, &r);
}

static struct step_count count_step(const struct collect *c, int64_t now_ms)
{
	struct step_count n = { 0 };
	struct bar_values v;

	for (unsigned i = 0; i < c->n_order; i++) {
		const struct follower *f = &c->of[c->order[i]];
		const struct series *s = &f->series[STEP_INTERVAL];
		enum bar_look is;

		if (f->guest || s->b.next_ms != c->step_ms)
			continue;	/* the latter joins later */
		is = bars_look(&s->b, &c->link, now_ms, c->o.grace_ms, &v);
		n.followed++;
		n.final += is == BAR_FINAL;
		n.absent += is == BAR_ABSENT;
		n.hopeless += is == BAR_WAITS && s->fails >= HOPELESS;
		n.required_waits |= is == BAR_WAITS && (f->required || strcmp(c->names.name[c->order[i]], BENCHMARK) == 0);
	}
	return n;
}

static void close_step(struct collect *c, enum step_verdict verdict, int64_t now_ms)
{
	struct bar_values v;

	for (unsigned i = 0; i < c->n_order; i++) {
		struct bar_series *b = &c->of[c->order[i]].series[STEP_INTERVAL].b;
		enum bar_look is;

		if (c->of[c->order[i]].guest || b->next_ms != c->step_ms)
			continue;
		is = bars_look(b, &c->link, now_ms, c->o.grace_ms, &v);
		bars_told(b, is == BAR_FINAL ? &v : NULL);
		if (is == BAR_FINAL)
			tell_candle(c, c->order[i], STEP_INTERVAL, c->step_ms, &v);
		else
			gap(c, c->order[i], STEP_INTERVAL, c->step_ms, c->step_ms, is == BAR_ABSENT ? NO_SUCH_BAR : TOO_LATE);
	}
	if (verdict == STEP_DUE)
		c->sink.record(c->arg, REC_step, &(struct rec_step){ .t_ms = c->step_ms });
	c->sink.step(c->arg, c->step_ms);
}

bool collect_is_over(const struct collect *c)
{
	return c->started && c->o.to_ms && c->step_ms > c->o.to_ms;
}

static void tell_steps(struct collect *c, int64_t now_ms)
{
	int64_t length = c->length_ms[STEP_INTERVAL];
	enum step_verdict verdict;
	struct step_count n;

	while (c->n_order > c->n_guests && !collect_is_over(c) && now_ms >= c->step_ms + length + c->o.grace_ms) {
		if (c->turn_ms == INT64_MIN)
			c->turn_ms = now_ms;
		n = count_step(c, now_ms);
		verdict = step_look(&n, c->step_ms + length, c->turn_ms, now_ms, c->o.grace_ms, c->o.patience_ms);
		if (verdict == STEP_WAITS)
			return;
		close_step(c, verdict, now_ms);
		c->step_ms += length;
		c->turn_ms = INT64_MIN;
	}
	c->wake_ms[STEP_INTERVAL] = c->step_ms + length + c->o.grace_ms;
}

/* Everything of one series that is due; neighbouring bars that are missing are one gap. */
static void tell_series(struct collect *c, uint32_t symbol, unsigned k, int64_t now_ms)
{
	struct bar_series *b = &c->of[symbol].series[k].b;
	int64_t gap_ms = INT64_MIN;
	struct bar_values v;
	enum bar_look is;

	while ((is = bars_look(b, &c->link, now_ms, c->o.grace_ms, &v)) != BAR_WAITS) {
		if (is == BAR_ABSENT && gap_ms == INT64_MIN)
			gap_ms = b->next_ms;
		if (is == BAR_FINAL && gap_ms != INT64_MIN) {
			gap(c, symbol, k, gap_ms, b->next_ms - b->interval_ms, NO_SUCH_BAR);
			gap_ms = INT64_MIN;
		}
		if (is == BAR_FINAL)
			tell_candle(c, symbol, k, b->next_ms, &v);
		bars_told(b, is == BAR_FINAL ? &v : NULL);
	}
	if (gap_ms != INT64_MIN)
		gap(c, symbol, k, gap_ms, b->next_ms - b->interval_ms, NO_SUCH_BAR);
}

static void tell_others(struct collect *c, int64_t now_ms)
{
	for (unsigned i = 0; c->n_guests && i < c->n_order; i++)
		if (c->of[c->order[i]].guest)
			tell_series(c, c->order[i], STEP_INTERVAL, now_ms);
	for (unsigned k = STEP_INTERVAL + 1; k < c->o.n_intervals; k++) {
		int64_t wake = INT64_MAX;

		if (now_ms < c->wake_ms[k])
			continue;
		for (unsigned i = 0; i < c->n_order; i++) {
			struct bar_series *b = &c->of[c->order[i]].series[k].b;

			if (now_ms >= b->next_ms + b->interval_ms + c->o.grace_ms)
				tell_series(c, c->order[i], k, now_ms);
			if (b->next_ms + b->interval_ms + c->o.grace_ms < wake)
				wake = b->next_ms + b->interval_ms + c->o.grace_ms;
		}
		c->wake_ms[k] = wake;
	}
}

/* Once after the end of each of the shortest bars, and their grace, the connection has to show that nothing is behind. */
static void prove(struct collect *c, int64_t now_ms)
{
	int64_t shortest = c->length_ms[0], end;

	now_ms -= c->ahead_ms;
	for (unsigned k = 1; k < c->o.n_intervals; k++)
		shortest = c->length_ms[k] < shortest ? c->length_ms[k] : shortest;
	end = now_ms - c->o.grace_ms;
	end -= end % shortest;
	if (!c->link.up || c->link.proved_ms >= end + c->o.grace_ms || c->pinged_ms >= end + c->o.grace_ms)
		return;
	c->pinged_ms = now_ms;
	c->sink.prove(c->arg);
}

/* Bars are waited for: something ended that is not told. */
static bool is_awake(const struct collect *c, int64_t now_ms)
{
	if (c->n_guests)
		return true;
	for (unsigned k = 0; k < c->o.n_intervals; k++)
		if (now_ms >= c->wake_ms[k])
			return true;
	return false;
}

static int64_t not_after(int64_t t_ms, int64_t now_ms)
{
	return t_ms < now_ms ? t_ms : now_ms;
}

/* The clock has been set back: nothing waits until it comes back to where it was, nothing is younger than now, and what the
 * connection proved it has to prove again. */
static void set_back(struct collect *c, int64_t now_ms)
{
	c->link.proved_ms = 0;
	c->pinged_ms = c->scan_ms = c->watch_ms = c->audit_ms = INT64_MIN;
	c->heard_ms = not_after(c->heard_ms, now_ms);
	c->rest_ms = not_after(c->rest_ms, now_ms);
	c->turn_ms = not_after(c->turn_ms, now_ms);
	memset(c->wake_ms, 0, sizeof c->wake_ms);
	mids_set_back(&c->mids, now_ms);
	for (unsigned i = 0; i < c->n_order; i++) {
		struct follower *f = &c->of[c->order[i]];

		f->since_ms = not_after(f->since_ms, now_ms);
		f->mid_free_ms = not_after(f->mid_free_ms, now_ms);
		f->bbo_free_ms = not_after(f->bbo_free_ms, now_ms);
		for (unsigned k = 0; k < c->o.n_intervals; k++)
			f->series[k].retry_ms = not_after(f->series[k].retry_ms, now_ms);
	}
}

void collect_turn(struct collect *c, int64_t now_ms)
{
	bool awake;

	if (now_ms < c->turned_ms)
		set_back(c, now_ms);
	c->turned_ms = now_ms;
	awake = is_awake(c, now_ms);
	if (c->prices_due)
		write_prices_due(c, now_ms);
	if (awake) {
		prove(c, now_ms);
		tell_steps(c, now_ms);
		tell_others(c, now_ms);
	}
	if (now_ms >= c->scan_ms) {
		c->scan_ms = now_ms + (awake ? COLLECT_TURN_MS : SCAN_MS);
		ask_wanted(c, now_ms);
	}
	if (now_ms >= c->watch_ms) {
		c->watch_ms = now_ms + SCAN_MS;
		watch(c, now_ms);
	}
	if (c->o.audit_ms && now_ms >= c->audit_ms && !c->auditing) {
		c->audit_ms = now_ms + c->o.audit_ms;
		audit(c, now_ms);
	}
}

/* ---- readers ---- */

const struct collect_options *collect_options(const struct collect *c)
{
	return &c->o;
}

const struct names *collect_names(const struct collect *c)
{
	return &c->names;
}

const struct mids *collect_mids(const struct collect *c)
{
	return &c->mids;
}

const uint32_t *collect_followed(const struct collect *c, unsigned *n)
{
	*n = c->n_order;
	return c->order;
}

bool collect_is_guest(const struct collect *c, const char *symbol)
{
	uint32_t i = names_find(&c->names, symbol, strlen(symbol));

	return i < c->n_of && c->of[i].guest;
}

const struct bar_series *collect_bars(const struct collect *c, uint32_t symbol, unsigned interval)
{
	return symbol < c->n_of && c->of[symbol].series && interval < c->o.n_intervals ? &c->of[symbol].series[interval].b : NULL;
}
