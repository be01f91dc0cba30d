/* SPDX-License-Identifier: MIT
 * Kill levels that follow from what a lane has been through (docs/lane.md "Kill levels"). */
#include "trade/risk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
#define UNRESOLVED_MS 600000

struct watch {
	const struct lane *l;
	const struct risk_settings *s;
	int64_t now_ms;
	void (*raise)(void *arg, enum kill_cause c, enum kill_level level, const char *why);
	void *arg;
};

/* Rising only. */
static void due(const struct watch *w, enum kill_cause c, enum kill_level level, const char *why)
{
	if (w->l->kill[c].level < level)
		w->raise(w->arg, c, level, why);
}

static void drawdown(const struct watch *w)
{
	double most = w->s->max_drawdown_pct, peak = lane_peak_usd(w->l, w->now_ms / DAY_MS, w->s->peak_window_days), lost;
	char why[128];

	if (most <= 0 || !(peak > 0) || !w->l->has_account)
		return;
	lost = (peak - w->l->account_value_usd) / peak * 100;
	snprintf(why, sizeof why, "equity %.2f is %.2f %% below its peak %.2f: bound %g %%", w->l->account_value_usd, lost, peak, most);
	if (lost >= most)
		due(w, KILL_drawdown, KILL_CLOSE_ONLY, why);
}

static void daily_loss(const struct watch *w)
{
	double most = w->s->max_daily_loss_usd, fees = w->l->day_fee_usd, net;
	char why[128];

	if (most <= 0 || w->l->loss_day != w->now_ms / DAY_MS)
		return;
	if (!w->s->daily_include_entry_fees)
		fees -= w->l->day_entry_fee_usd;
	net = w->l->day_pnl_usd - fees;
	snprintf(why, sizeof why, "the day's result is %.2f: bound %.2f", net, -most);
	if (net <= -most)
		due(w, KILL_daily_loss, KILL_CLOSE_ONLY, why);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void slippage(const struct watch *w)
{
	uint32_t n = (uint32_t)w->s->slippage_guard_window_fills, i;
	double v[LANE_RING], median;
	char why[128];

	if (!w->s->slippage_guard_enabled || w->s->slippage_guard_max_median_bps <= 0 || w->l->n_slip < n)
		return;
	for (i = 0; i < n; i++)
		v[i] = w->l->slip_bps[(w->l->n_slip - 1 - i) % LANE_RING];
	qsort(v, n, sizeof *v, by_value);
	median = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
	snprintf(why, sizeof why, "the median of %u entries slipped %.2f bps: bound %g", n, median, w->s->slippage_guard_max_median_bps);
	if (median > w->s->slippage_guard_max_median_bps)
		due(w, KILL_slippage, KILL_CLOSE_ONLY, why);
}

/* ---- results of the last exits ---- */

struct results { double n, won, lost, wins, sum, squares; };

static struct results results_of(const struct watch *w)
{
	struct results r = { 0 };
	uint64_t i, had = w->l->n_exits < LANE_RING ? w->l->n_exits : LANE_RING;

	for (i = 0; i < had; i++) {
		const struct lane_exit *x = &w->l->exits[(w->l->n_exits - 1 - i) % LANE_RING];

		if (w->s->perf_stop_window_trades > 0 && r.n >= w->s->perf_stop_window_trades)
			break;
		if (w->s->perf_stop_window_minutes > 0 && (double)(w->now_ms - x->ms) > w->s->perf_stop_window_minutes * 60000)
			break;
		r.n++;
		r.sum += x->net_usd;
		r.squares += x->net_usd * x->net_usd;
		if (x->net_usd > 0) {
			r.won += x->net_usd;
			r.wins++;
		} else {
			r.lost -= x->net_usd;
		}
	}
	return r;
}

static double profit_factor(const struct results *r)
{
	return r->lost > 0 ? r->won / r->lost : r->won > 0 ? 9999 : 0;
}

static double sharpe(const struct results *r)
{
	double mean = r->sum / r->n, variance = r->n > 1 ? (r->squares - r->n * mean * mean) / (r->n - 1) : 0, v;

	if (!(variance > 0))
		return mean > 0 ? 999 : mean < 0 ? -999 : 0;
	v = mean / sqrt(variance);
	return v > 999 ? 999 : v < -999 ? -999 : v;
}

static void performance(const struct watch *w)
{
	const struct risk_settings *s = w->s;
	struct results r;
	char why[160];

	if (!s->perf_stop_enabled)
		return;
	r = results_of(w);
	if (r.n == 0 || r.n < s->perf_stop_min_trades)
		return;
	snprintf(why, sizeof why, "of %g exits: profit factor %.2f (bound %g), win rate %.2f (%g), Sharpe ratio %.2f (%g)", r.n,
		 profit_factor(&r), s->perf_stop_min_pf, r.wins / r.n, s->perf_stop_min_wr, sharpe(&r), s->perf_stop_min_sharpe);
	if ((s->perf_stop_min_pf > 0 && profit_factor(&r) < s->perf_stop_min_pf) ||
	    (s->perf_stop_min_wr > 0 && r.wins / r.n < s->perf_stop_min_wr) ||
	    (s->perf_stop_min_sharpe != 0 && sharpe(&r) < s->perf_stop_min_sharpe))
		due(w, KILL_performance, s->perf_stop_halt_all ? KILL_HALT_ALL : KILL_CLOSE_ONLY, why);
}

static void unresolved(const struct watch *w)
{
	char why[128];
	uint32_t i;

	for (i = 0; i < w->l->n_intents; i++) {
		const struct lane_intent *x = &w->l->intent[i];

		if (!x->in_flight || w->now_ms - x->send.sent_ms < UNRESOLVED_MS)
			continue;
		snprintf(why, sizeof why, "what became of order %s of %s is not known for ten minutes", x->id, x->symbol);
		due(w, KILL_unresolved, KILL_CLOSE_ONLY, why);
		return;
	}
}

void risk_watch(const struct lane *l, const struct risk_settings *s, int64_t now_ms,
		void (*raise)(void *arg, enum kill_cause c, enum kill_level level, const char *why), void *arg)
{
	const struct watch w = { l, s, now_ms, raise, arg };

	drawdown(&w);
	daily_loss(&w);
	slippage(&w);
	performance(&w);
	unresolved(&w);
}
