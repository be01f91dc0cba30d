/* SPDX-License-Identifier: MIT
 * One candidate after another: configuration, walk, row. Changes when a row's members do (ocq-records(5) "result"). */
#include "engine/sweep.h"

#include "engine/contract.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool row_form_parse(const char *name, enum row_form *form)
{
	static const char *const names[] = {
#define X(name) #name,
		ROW_FORMS(X)
#undef X
	};
	int i;

	for (i = 0; i < N_ROW_FORMS; i++)
		if (strcmp(names[i], name) == 0) {
			*form = (enum row_form)i;
			return true;
		}
	return false;
}

void sweep_worker_init(struct sweep_worker *w, const struct sweep *s)
{
	uint32_t n = s->data->walk.n_symbols;

	memset(w, 0, sizeof *w);
	w->sym = xcalloc(n, sizeof *w->sym);
	w->walk.cand = xcalloc(n, sizeof *w->walk.cand);
	w->walk.market = &s->data->walk;
	if (s->rows != ROWS_full)
		return;
	w->walk.log = &w->log;
	w->log.cap = 1024;
	w->log.event = xcalloc(w->log.cap, sizeof *w->log.event);
	w->log.equity_usd = xcalloc(s->data->walk.n_steps, sizeof *w->log.equity_usd);
}

void sweep_worker_release(struct sweep_worker *w)
{
	free(w->sym);
	free(w->walk.cand);
	free(w->log.event);
	free(w->log.equity_usd);
}

void sweep_init(struct sweep *s, const struct config *base, const struct prepared *data, enum row_form rows, double balance_usd, uint32_t lookback)
{
	struct params unused;
	struct errmsg e;

	*s = (struct sweep){ .base = base, .data = data, .rows = rows, .balance_usd = balance_usd, .lookback = lookback };
	if (!config_plan(base, NULL, &s->plan, &unused, &e))
		die(EX_BUG, "a base that was checked has no plan: %s", e.text);
}

bool sweep_config(struct config *c, const struct sweep *s, const struct point *pt, struct errmsg *e)
{
	uint32_t i;

	*c = *s->base;
	for (i = 0; i < pt->n; i++)
		config_set_row(c, pt->row[i], pt->value[i]);
	return config_check_numbers(c, e);
}

void sweep_strategy(struct strategy *st, const struct sweep *s, const struct config *c)
{
	st->plan = s->plan;
	st->lookback = s->lookback;
	config_lower(c, &s->plan, &st->params);
}

/* ---- rows ---- */

static void begin_row(struct jsonw *w, struct buf *out, const struct point *pt)
{
	jsonw_init(w, out, false);
	jsonw_object(w);
	jsonw_put_text(w, "type", "result");
	jsonw_put_text(w, "id", pt->id);
}

static void end_row(struct jsonw *w, struct buf *out)
{
	jsonw_end(w);
	buf_addc(out, '\n');
}

/* What a candidate's row says of its identity. */
struct identity { char config_id[65]; struct contract contract; };

static void identify(struct identity *id, const struct sweep *s, const struct config *c)
{
	config_id(c, id->config_id);
	contract_make(&id->contract, s->data->market, s->lookback, s->balance_usd, c->params.trade_slippage_bps);
}

static void put_overrides(struct jsonw *w, const struct point *pt)
{
	jsonw_key(w, "overrides");
	point_overrides(w, pt);
}

static void sums_row(struct buf *out, const struct sweep *s, const struct sweep_outcome *o, const struct point *pt, const struct config *c)
{
	const struct walk_sums *sums = o->sums;
	bool candidate = s->rows == ROWS_candidate;
	struct identity id;
	uint64_t bits[2];
	char hash[33], mark[17];
	struct jsonw w;

	begin_row(&w, out, pt);
	if (candidate) {
		identify(&id, s, c);
		jsonw_key(&w, "candidate_mode");
		jsonw_bool(&w, true);
		jsonw_put_text(&w, "config_id", id.config_id);
		jsonw_put_text(&w, "contract_id", id.contract.id);
		contract_release(&id.contract);
	}
	events_hash_end(&sums->hash, bits);
	events_hash_text(hash, bits);
	jsonw_put_text(&w, "events_hash", hash);
	jsonw_put_f64(&w, "max_drawdown_pct", sums->max_drawdown_pct);
	if (candidate) {
		jsonw_put_text(&w, "output_mode", "candidate");
		put_overrides(&w, pt);
	} else {
		point_mark_text(point_mark(pt), mark);
		jsonw_put_text(&w, "point", mark);
	}
	profit_factor_put(&w, profit_factor_of(sums->profit_usd, sums->loss_usd));
	if (candidate)
		jsonw_put_u64(&w, "schema_version", 1);
	jsonw_put_f64(&w, "total_pnl", o->balance_usd - s->balance_usd);
	jsonw_put_u64(&w, "total_trades", sums->trades);
	end_row(&w, out);
}

void sweep_full_row(struct buf *out, const struct sweep *s, const struct run_result *r, const struct point *pt, const struct config *c)
{
	struct identity id;
	struct metrics m;
	struct jsonw w;

	identify(&id, s, c);
	metrics_compute(&m, r);
	begin_row(&w, out, pt);
	report_members(&w, r, &m, &(struct report_context){ s->data->market, id.config_id, id.contract.id,
							    c->params.trade_slippage_bps, NULL, true });
	jsonw_put_text(&w, "output_mode", "full");
	put_overrides(&w, pt);
	end_row(&w, out);
	contract_release(&id.contract);
}

/* The outcome in the form of a replay's result; its equity is the caller's to free. Gates of every bar are none of a walk's business. */
static void fill_run(struct run_result *r, const struct sweep *s, const struct sweep_outcome *o)
{
	const struct walk_market *m = &s->data->walk;
	uint64_t bits[2];
	uint32_t i;

	*r = (struct run_result){ .initial_balance_usd = s->balance_usd, .final_balance_usd = o->balance_usd, .event = o->event,
				  .n_events = o->n_events, .stats = *o->gates };
	r->equity = xreallocarray(NULL, m->end_step - m->first_step + 1, sizeof *r->equity);
	for (i = m->first_step; i < m->end_step; i++)
		r->equity[r->n_equity++] = (struct equity_point){ m->step_ms[i], o->equity_usd[i - m->first_step] };
	r->stats.confidence = o->walked->confidence;
	r->stats.max_positions = o->walked->max_positions;
	r->stats.pesc = o->walked->pesc;
	r->stats.ssf = o->walked->ssf;
	r->stats.reef = o->walked->reef;
	r->stats.margin = o->walked->margin;
	events_hash_end(&o->sums->hash, bits);
	events_hash_text(r->events_hash, bits);
}

static bool check_sums(const struct walk_sums *sums, struct errmsg *e)
{
	if (sums->no_price)
		return errmsg_set(e, "an open position has no price up to the end of the window");
	if (sums->overflow)
		return errmsg_set(e, OVERFLOW_TEXT);
	return true;
}

bool sweep_row(struct buf *out, const struct sweep *s, const struct sweep_outcome *o, const struct point *pt, const struct config *c, struct errmsg *e)
{
	struct run_result r;

	if (!check_sums(o->sums, e))
		return false;
	if (s->rows != ROWS_full) {
		sums_row(out, s, o, pt, c);
		return true;
	}
	fill_run(&r, s, o);
	sweep_full_row(out, s, &r, pt, c);
	free(r.equity);
	return true;
}

/* ---- evaluation ---- */

static void walk_once(struct sweep_worker *w, const struct sweep *s)
{
	w->blocked = (struct gate_stats){ 0 };
	walk_begin(&w->walk, w->sym, w->open, s->rows == ROWS_full ? &w->blocked : NULL, s->balance_usd);
	walk_run(&w->walk);
}

/* The walk again with room for all of its events; they are the same. */
static void walk_logged(struct sweep_worker *w, const struct sweep *s)
{
	walk_once(w, s);
	if (w->log.n <= w->log.cap)
		return;
	w->log.cap = w->log.n;
	w->log.event = xreallocarray(w->log.event, w->log.cap, sizeof *w->log.event);
	walk_once(w, s);
}

bool sweep_evaluate(struct sweep_worker *w, const struct sweep *s, const struct point *pt, struct buf *out, struct errmsg *e)
{
	struct gate_stats gates = { 0 };
	struct cache_held held;
	struct config c;

	if (!sweep_config(&c, s, pt, e))
		return false;
	sweep_strategy(&w->walk.strategy, s, &c);
	cache_take(s->cache, &w->walk, s->rows == ROWS_full ? &gates : NULL, &held);
	if (s->rows == ROWS_full)
		walk_logged(w, s);
	else
		walk_once(w, s);
	cache_give(s->cache, &held);
	return sweep_row(out, s, &(struct sweep_outcome){ &w->walk.sums, w->walk.run.balance_usd, w->log.event, w->log.n, w->log.equity_usd,
							  &gates, &w->blocked }, pt, &c, e);
}
