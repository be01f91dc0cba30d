/* SPDX-License-Identifier: MIT
 * Changes when the report document gets another member (docs/rules/report.md "The report"). Members are written in
 * ascending order of key, as readers of the reference's reports expect. */
#include "engine/metrics.h"

#include "engine/reason.h"
#include "json/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CLOSE_SLIPPAGE_BPS 0.5	/* what every close pays, whatever the configuration says */
#define RUN_ID "replay"

/* All records of one symbol. */
struct symbol_figures {
	struct bucket closes;
	uint64_t losses, fills, funding_events;
	double funding_usd, fees_usd, slippage_usd;
	double running_usd, peak_usd, drawdown_usd;	/* of pnl minus fees, from 0 */
};

static void put_list(struct jsonw *w, const char *key)
{
	jsonw_key(w, key);
	jsonw_array(w);
}

/* One row of a by_* list; a bucket without closes has none. */
static void put_bucket(struct jsonw *w, const char *key, const char *name, const struct bucket *b)
{
	if (!b->trades)
		return;
	jsonw_object(w);
	jsonw_put_f64(w, "pnl", b->pnl_usd);
	jsonw_put_text(w, key, name);
	jsonw_put_u64(w, "trades", b->trades);
	jsonw_put_f64(w, "win_rate", bucket_win_rate(b));
	jsonw_end(w);
}

static void by_confidence(struct jsonw *w, const struct metrics *m)
{
	int i;

	put_list(w, "by_confidence");
	for (i = CONFIDENCE_LOW; i <= CONFIDENCE_HIGH; i++) {
		const struct bucket *b = &m->by_confidence[i];

		if (!b->trades)
			continue;
		jsonw_object(w);
		jsonw_put_f64(w, "avg_pnl", b->pnl_usd / (double)b->trades);
		jsonw_put_text(w, "confidence", confidence_name(i));
		jsonw_put_f64(w, "pnl", b->pnl_usd);
		jsonw_put_u64(w, "trades", b->trades);
		jsonw_put_f64(w, "win_rate", bucket_win_rate(b));
		jsonw_end(w);
	}
	jsonw_end(w);
}

/* The first reason of the category that this reason belongs to. */
static int category_index(int reason)
{
	int i = 0;

	while (strcmp(reason_category(i), reason_category(reason)))
		i++;
	return i;
}

static int by_category(const void *a, const void *b)
{
	return strcmp(reason_category(*(const int *)a), reason_category(*(const int *)b));
}

static void by_exit_reason(struct jsonw *w, const struct run_result *r)
{
	struct bucket bucket[N_REASONS] = { 0 };
	int order[N_REASONS], i;
	size_t k;

	for (k = 0; k < r->n_events; k++)
		if (action_is_close(r->event[k].action))
			bucket_add(&bucket[category_index(r->event[k].reason)], r->event[k].pnl_usd);
	for (i = 0; i < N_REASONS; i++)
		order[i] = i;
	qsort(order, N_REASONS, sizeof *order, by_category);
	put_list(w, "by_exit_reason");
	for (i = 0; i < N_REASONS; i++)
		put_bucket(w, "reason", reason_category(order[i]), &bucket[order[i]]);
	jsonw_end(w);
}

static void by_reason_code(struct jsonw *w, const struct metrics *m)
{
	int i;

	put_list(w, "by_reason_code");
	for (i = 0; i < N_REASON_CODES; i++)
		put_bucket(w, "reason_code", reason_code_name(i), &m->by_code[i]);
	jsonw_end(w);
}

static void by_side(struct jsonw *w, const struct metrics *m)
{
	put_list(w, "by_side");
	put_bucket(w, "side", "LONG", &m->by_side[SIDE_LONG]);
	put_bucket(w, "side", "SHORT", &m->by_side[SIDE_SHORT]);
	jsonw_end(w);
}

static void by_symbol(struct jsonw *w, const struct symbol_figures *f, const struct market *market)
{
	uint32_t s;

	put_list(w, "by_symbol");
	for (s = 0; s < market->n_symbols; s++)
		put_bucket(w, "symbol", market->symbol[s], &f[s].closes);
	jsonw_end(w);
}

static double slippage_bps(const struct event *e, const struct report_context *c)
{
	return e->action == ACT_FUNDING ? 0 : action_is_close(e->action) ? CLOSE_SLIPPAGE_BPS : c->slippage_bps;
}

static void add_event(struct symbol_figures *f, const struct event *e, const struct report_context *c)
{
	f->fills++;
	f->fees_usd += e->fee_usd;
	f->slippage_usd += e->notional_usd * (slippage_bps(e, c) / 10000);
	if (e->action == ACT_FUNDING) {
		f->funding_events++;
		f->funding_usd += e->pnl_usd;
	} else if (action_is_close(e->action)) {
		bucket_add(&f->closes, e->pnl_usd);
		f->losses += e->pnl_usd < 0;
	}
	f->running_usd += e->pnl_usd - e->fee_usd;
	if (f->running_usd > f->peak_usd)
		f->peak_usd = f->running_usd;
	if (f->peak_usd - f->running_usd > f->drawdown_usd)
		f->drawdown_usd = f->peak_usd - f->running_usd;
}

static void put_symbol(struct jsonw *w, const struct symbol_figures *f)
{
	jsonw_object(w);
	jsonw_put_f64(w, "estimated_slippage_usd", f->slippage_usd);
	jsonw_put_f64(w, "fees_usd", f->fees_usd);
	jsonw_put_u64(w, "fills", f->fills);
	jsonw_put_u64(w, "funding_events", f->funding_events);
	jsonw_put_f64(w, "funding_pnl_usd", f->funding_usd);
	jsonw_put_u64(w, "losses", f->losses);
	jsonw_put_f64(w, "max_drawdown_usd", f->drawdown_usd);
	jsonw_put_f64(w, "net_pnl_usd", f->closes.pnl_usd + f->funding_usd - f->fees_usd);
	jsonw_put_f64(w, "realised_pnl_usd", f->closes.pnl_usd);
	jsonw_put_u64(w, "trades", f->closes.trades);
	jsonw_put_f64(w, "win_rate", bucket_win_rate(&f->closes));
	jsonw_put_u64(w, "wins", f->closes.wins);
	jsonw_end(w);
}

static void per_symbol(struct jsonw *w, const struct symbol_figures *f, const struct market *market)
{
	uint32_t s;

	jsonw_key(w, "per_symbol");
	jsonw_object(w);
	for (s = 0; s < market->n_symbols; s++)
		if (f[s].fills) {
			jsonw_key(w, market->symbol[s]);
			put_symbol(w, &f[s]);
		}
	jsonw_end(w);
}

static void gate_stats(struct jsonw *w, const struct gate_stats *g)
{
	uint64_t signals = g->buy + g->sell;

	jsonw_key(w, "gate_stats");
	jsonw_object(w);
#define BLOCKED(gate) jsonw_put_u64(w, "blocked_by_" #gate, g->gate)
	BLOCKED(adx_low);
	BLOCKED(adx_not_rising);
	BLOCKED(anomaly);
	BLOCKED(btc);
	BLOCKED(confidence);
	BLOCKED(extension);
	BLOCKED(margin);
	BLOCKED(max_positions);
	BLOCKED(pesc);
	BLOCKED(ranging);
	BLOCKED(reef);
	BLOCKED(ssf);
	BLOCKED(volume);
#undef BLOCKED
	jsonw_put_f64(w, "signal_pct", g->total_checks ? (double)signals / (double)g->total_checks : 0);
	jsonw_put_u64(w, "signals_generated", signals);
	jsonw_put_u64(w, "total_checks", g->total_checks);
	jsonw_end(w);
}

static void compat(struct jsonw *w, const char *const *name)
{
	put_list(w, "compat");
	for (; name && *name; name++)
		jsonw_str(w, *name);
	jsonw_end(w);
}

/* Wins without a loss have no finite factor. */
void profit_factor_put(struct jsonw *w, double v)
{
	if (isinf(v))
		jsonw_put_text(w, "profit_factor", v > 0 ? "Infinity" : "-Infinity");
	else
		jsonw_put_f64(w, "profit_factor", v);
}

void report_members(struct jsonw *w, const struct run_result *r, const struct metrics *m, const struct report_context *c)
{
	struct symbol_figures *f = xcalloc(c->market->n_symbols + 1, sizeof *f);
	size_t i;

	for (i = 0; i < r->n_events; i++)
		add_event(&f[r->event[i].symbol], &r->event[i], c);
	jsonw_put_f64(w, "avg_loss", m->avg_loss);
	jsonw_put_f64(w, "avg_trade_pnl", m->avg_trade_pnl);
	jsonw_put_f64(w, "avg_win", m->avg_win);
	by_confidence(w, m);
	by_exit_reason(w, r);
	by_reason_code(w, m);
	by_side(w, m);
	by_symbol(w, f, c->market);
	if (!c->row) {
		compat(w, c->compat);
		jsonw_put_text(w, "config_fingerprint", c->config_id);
	}
	jsonw_put_text(w, "config_id", c->config_id);
	jsonw_put_text(w, "contract_id", c->contract_id);
	jsonw_put_text(w, "events_hash", r->events_hash);
	jsonw_put_f64(w, "final_balance", m->final_balance);
	gate_stats(w, &r->stats);
	if (!c->row)
		jsonw_put_text(w, "id", RUN_ID);
	jsonw_put_f64(w, "initial_balance", m->initial_balance);
	jsonw_put_f64(w, "max_drawdown_pct", m->max_drawdown_pct);
	jsonw_put_f64(w, "max_drawdown_usd", m->max_drawdown_usd);
	jsonw_put_u64(w, "neutral_pct", 0);	/* neutral evaluations are not logged as signals */
	per_symbol(w, f, c->market);
	profit_factor_put(w, m->profit_factor);
	jsonw_put_f64(w, "sharpe_ratio", m->sharpe_ratio);
	jsonw_put_f64(w, "slippage_bps", c->slippage_bps);
	jsonw_put_f64(w, "total_fees", m->total_fees);
	jsonw_put_u64(w, "total_losses", m->total_losses);
	jsonw_put_f64(w, "total_pnl", m->total_pnl);
	jsonw_put_u64(w, "total_signals", r->stats.buy + r->stats.sell);
	jsonw_put_u64(w, "total_trades", m->total_trades);
	jsonw_put_u64(w, "total_wins", m->total_wins);
	jsonw_put_f64(w, "win_rate", m->win_rate);
	free(f);
}

void report_json(struct buf *out, const struct run_result *r, const struct metrics *m, const struct report_context *c)
{
	struct jsonw w;

	jsonw_init(&w, out, true);
	jsonw_object(&w);
	report_members(&w, r, m, c);
	jsonw_end(&w);
	buf_addc(out, '\n');
}
