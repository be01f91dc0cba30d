/* SPDX-License-Identifier: MIT
 * Changes when a record of a run carries more or less of it. */
#include "engine/rebuild.h"

#include "engine/reason.h"

#include <stdlib.h>
#include <string.h>

/* Grows an array by doubling; returns the place of the new element. */
static void *grow(void **array, size_t *n, size_t *cap, size_t size)
{
	if (*n == *cap) {
		*cap = *cap ? 2 * *cap : 256;
		*array = xreallocarray(*array, *cap, size);
	}
	return (char *)*array + (*n)++ * size;
}

static struct event *new_event(struct run_result *r)
{
	void *array = r->event;
	struct event *e = grow(&array, &r->n_events, &r->cap_events, sizeof *e);

	r->event = array;
	*e = (struct event){ 0 };
	return e;
}

static void add_point(struct run_result *r, int64_t t_ms, double balance)
{
	void *array = r->equity;
	struct equity_point *p = grow(&array, &r->n_equity, &r->cap_equity, sizeof *p);

	r->equity = array;
	*p = (struct equity_point){ t_ms, balance };
}

/* Index in order of appearance; rebuild_end() makes it ascending by name. */
static uint32_t symbol_index(struct market *m, const char *symbol)
{
	uint32_t i;

	for (i = 0; i < m->n_symbols; i++)
		if (!strcmp(m->symbol[i], symbol))
			return i;
	m->symbol = xreallocarray(m->symbol, i + 1, sizeof *m->symbol);
	m->symbol[m->n_symbols++] = xstrdup(symbol);
	return i;
}

struct names { const char *action, *reason, *confidence, *symbol; };

/* The numbers behind the names of an event. */
static bool set_names(struct rebuilt *b, struct event *e, const struct names *n, struct errmsg *err)
{
	int action = action_parse(n->action), reason = reason_parse(n->reason), confidence = confidence_parse(n->confidence);

	if (action < 0)
		return errmsg_set(err, "\"action\" is \"%s\", which no list has", n->action);
	if (reason < 0)
		return errmsg_set(err, "\"reason\" is \"%s\", which no list has", n->reason);
	if (confidence < 0)
		return errmsg_set(err, "\"confidence\" is \"%s\", not low, medium or high", n->confidence);
	e->action = (uint8_t)action;
	e->reason = (uint8_t)reason;
	e->confidence = (uint8_t)confidence;
	e->symbol = symbol_index(&b->market, n->symbol);
	return true;
}

static bool add_event(struct rebuilt *b, const struct rec_event *r, struct errmsg *err)
{
	struct event *e = new_event(&b->run);

	e->t_ms = r->t_ms;
	e->price = r->price;
	e->size = r->size;
	e->notional_usd = r->notional_usd;
	e->pnl_usd = r->pnl_usd;
	e->fee_usd = r->fee_usd;
	e->balance_usd = r->balance_usd;
	e->entry_atr = r->entry_atr;
	e->leverage = r->leverage;
	e->margin_usd = r->margin_usd;
	return set_names(b, e, &(struct names){ r->action, r->reason, r->confidence, r->symbol }, err);
}

static bool add_trade(struct rebuilt *b, const struct rec_trade *r, struct errmsg *err)
{
	struct event *e = new_event(&b->run);

	e->t_ms = r->timestamp;
	e->price = r->price;
	e->size = r->size;
	e->pnl_usd = r->pnl;
	e->fee_usd = r->fee;
	e->balance_usd = r->balance;
	return set_names(b, e, &(struct names){ r->action, r->reason, r->confidence, r->symbol }, err);
}

bool rebuild_add(struct rebuilt *b, const struct record *r, struct errmsg *e)
{
	if (r->type == REC_event)
		return add_event(b, &r->u.event, e);
	if (r->type == REC_trade)
		return add_trade(b, &r->u.trade, e);
	if (r->type == REC_equity)
		add_point(&b->run, r->u.equity.t_ms, r->u.equity.balance);
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_symbols(struct rebuilt *b)
{
	uint32_t n = b->market.n_symbols, i, k, *place = xcalloc(n + 1, sizeof *place);
	const char **sorted = xcalloc(n + 1, sizeof *sorted);
	size_t e;

	for (i = 0; i < n; i++)
		sorted[i] = b->market.symbol[i];
	qsort(sorted, n, sizeof *sorted, by_name);
	for (i = 0; i < n; i++)
		for (k = 0; k < n; k++)
			if (sorted[k] == b->market.symbol[i])
				place[i] = k;
	for (e = 0; e < b->run.n_events; e++)
		b->run.event[e].symbol = place[b->run.event[e].symbol];
	free(b->market.symbol);
	b->market.symbol = sorted;
	free(place);
}

/* Events stand in order of processing, not of time: the curve's clock never runs back. */
static void equity_from_events(struct run_result *r)
{
	int64_t t = INT64_MIN;
	size_t i;

	for (i = 0; i < r->n_events; i++) {
		if (r->event[i].t_ms > t)
			t = r->event[i].t_ms;
		add_point(r, t, r->event[i].balance_usd);
	}
}

void rebuild_end(struct rebuilt *b)
{
	struct run_result *r = &b->run;
	const struct event *first = r->event, *last = r->n_events ? &r->event[r->n_events - 1] : NULL;

	sort_symbols(b);
	if (r->n_equity && (!last || r->equity[0].t_ms < first->t_ms))
		r->initial_balance_usd = r->equity[0].balance_usd;
	else if (last)
		r->initial_balance_usd = first->balance_usd - (first->pnl_usd - first->fee_usd);
	if (last)
		r->final_balance_usd = last->balance_usd;
	else if (r->n_equity)
		r->final_balance_usd = r->equity[r->n_equity - 1].balance_usd;
	if (!r->n_equity)
		equity_from_events(r);
}

void rebuild_release(struct rebuilt *b)
{
	uint32_t i;

	for (i = 0; i < b->market.n_symbols; i++)
		free((char *)b->market.symbol[i]);
	free(b->market.symbol);
	free(b->run.event);
	free(b->run.equity);
	*b = (struct rebuilt){ 0 };
}
