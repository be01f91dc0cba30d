/* SPDX-License-Identifier: MIT
 * The stepper: room for events, candidates of a step, observers. No rule of the trade lives here. */
#include "engine/stepper.h"

#include <stdlib.h>
#include <string.h>

/* Room for n more events; the kernel writes them in place. */
static struct event *room(struct run_result *r, size_t n)
{
	if (r->n_events + n > r->cap_events) {
		r->cap_events = (r->n_events + n) * 2;
		r->event = xreallocarray(r->event, r->cap_events, sizeof *r->event);
	}
	return r->event + r->n_events;
}

bool stepper_init(struct stepper *s, const struct config *c, const struct run_options *o, struct run_result *out,
		  struct errmsg *e)
{
	memset(s, 0, sizeof *s);
	if (!config_plan(c, NULL, &s->strategy.plan, &s->strategy.params, e))
		return false;
	s->strategy.lookback = o->lookback;
	s->out = out;
	s->observer = o->observer;
	s->venue = o->venue;
	run_init(&s->run, o->balance_usd);
	s->run.stats = &out->stats;
	return true;
}

void stepper_release(struct stepper *s)
{
	free(s->sym);
	free(s->cand);
	memset(s, 0, sizeof *s);
}

void stepper_insert(struct stepper *s, uint32_t at, const char *name)
{
	struct run_state *r = &s->run;

	if (r->n_symbols == s->cap_symbols) {
		s->cap_symbols = s->cap_symbols ? s->cap_symbols * 2 : 64;
		s->sym = xreallocarray(s->sym, s->cap_symbols, sizeof *s->sym);
		s->cand = xreallocarray(s->cand, s->cap_symbols, sizeof *s->cand);
	}
	memmove(s->sym + at + 1, s->sym + at, (r->n_symbols - at) * sizeof *s->sym);
	s->sym[at] = (struct symbol_state){ 0 };	/* a position that never was is told as zeros */
	symbol_init(&s->sym[at], name, (uint32_t)strlen(name));
	if (s->venue)
		s->sym[at].venue = &rules_find(s->venue, name)->rule;
	run_symbols(r, s->sym, r->n_symbols + 1);
}

void stepper_import(struct stepper *s, const struct init_state *init, int (*find)(void *arg, const char *name), void *arg)
{
	size_t i;
	int k;

	for (i = 0; i < init->n_positions; i++) {
		k = find(arg, init->position[i].symbol);
		if (k < 0 || s->sym[k].pos.open)
			continue;
		s->sym[k].pos = init->position[i].pos;
		s->sym[k].pos.open = true;
		s->run.n_open++;
	}
	for (i = 0; i < init->n_last_entry; i++)
		if ((k = find(arg, init->last_entry[i].symbol)) >= 0)
			s->sym[k].last_entry_ms = init->last_entry[i].t_ms;
	for (i = 0; i < init->n_last_exit; i++)
		if ((k = find(arg, init->last_exit[i].symbol)) >= 0)
			s->sym[k].last_exit_ms = init->last_exit[i].t_ms;
}

void stepper_begin(struct stepper *s, int64_t t_ms)
{
	step_begin(&s->run, &s->context);
	s->n_cand = 0;
	if (s->observer && s->observer->context)
		s->observer->context(s->observer->arg, t_ms, &s->context);
}

void stepper_feed(struct stepper *s, uint32_t symbol, const struct snapshot *snap)
{
	step_feed(&s->run, symbol, snap);
	s->out->bars++;
}

static void note_outcome(struct stepper *s, uint32_t symbol, const struct snapshot *snap, int64_t now_ms,
			 const struct bar_outcome *o)
{
	s->n_cand += o->candidate;
	if (o->evaluated && s->observer && s->observer->evaluated)
		s->observer->evaluated(s->observer->arg, now_ms, symbol, &s->sym[symbol], snap, o);
}

void stepper_bar(struct stepper *s, uint32_t symbol, const struct snapshot *snap, bool exits, bool entries)
{
	struct event *ev = room(s->out, STEP_BAR_EVENTS);
	struct bar_outcome o;

	stepper_feed(s, symbol, snap);
	s->out->n_events += (size_t)step_bar(&s->run, &s->strategy, &s->context, symbol, snap, exits, entries, ev,
					     s->cand + s->n_cand, &o);
	note_outcome(s, symbol, snap, snap->t_ms, &o);
}

void stepper_exit_sub_bar(struct stepper *s, uint32_t symbol, const struct snapshot *snap, int64_t now_ms)
{
	s->out->n_events += (size_t)step_exit_sub_bar(&s->run, &s->strategy, symbol, snap, now_ms, room(s->out, 1));
}

void stepper_entry_sub_bar(struct stepper *s, uint32_t symbol, const struct snapshot *snap, int64_t now_ms)
{
	struct event *ev = room(s->out, 1);
	struct bar_outcome o;

	s->out->n_events += (size_t)step_entry_sub_bar(&s->run, &s->strategy, &s->context, symbol, snap, now_ms, ev,
						       s->cand + s->n_cand, &o);
	note_outcome(s, symbol, snap, now_ms, &o);
}

void stepper_rank(struct stepper *s, int64_t now_ms, const double *equity_usd)
{
	uint32_t n = s->n_cand;

	s->n_cand = 0;
	if (n == 0)
		return;
	rank(s->cand, n);
	if (s->observer && s->observer->ranked)
		s->observer->ranked(s->observer->arg, now_ms, s->cand, n);
	s->out->n_events += (size_t)step_execute(&s->run, &s->strategy, s->cand, n,
						 equity_usd ? *equity_usd : run_equity(&s->run), room(s->out, n));
}

void stepper_funding(struct stepper *s, uint32_t symbol, double rate, int64_t t_ms)
{
	account_funding(&s->run, symbol, rate, t_ms, room(s->out, 1));
	s->out->n_events++;
}

bool stepper_close_out(struct stepper *s, int64_t t_ms, uint32_t *without)
{
	uint32_t i;
	int n;

	for (i = 0; i < s->run.n_symbols; i++) {
		n = step_close_out(&s->run, i, t_ms, room(s->out, 1));
		if (n < 0) {
			*without = i;
			return false;
		}
		s->out->n_events += (size_t)n;
	}
	return true;
}

void stepper_equity(struct stepper *s, int64_t t_ms)
{
	struct run_result *r = s->out;

	if (r->n_equity == r->cap_equity) {
		r->cap_equity = r->cap_equity ? r->cap_equity * 2 : 4096;
		r->equity = xreallocarray(r->equity, r->cap_equity, sizeof *r->equity);
	}
	r->equity[r->n_equity++] = (struct equity_point){ t_ms, s->run.balance_usd };
}

const struct event *stepper_overflow(const struct run_result *r)
{
	size_t i;

	for (i = 0; i < r->n_events; i++)
		if (!event_is_finite(&r->event[i]))
			return &r->event[i];
	return NULL;
}
