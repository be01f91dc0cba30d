/* SPDX-License-Identifier: MIT
 * Changes when a figure of a run is defined otherwise (docs/rules/report.md). Every sum starts at 0 and runs in log order;
 * nothing here may be reordered or contracted. */
#include "engine/metrics.h"

#include "engine/reason.h"

#include <math.h>

#define DAY_MS 86400000
#define TINY 1e-12

void bucket_add(struct bucket *b, double pnl_usd)
{
	b->trades++;
	b->wins += pnl_usd > 0;
	b->pnl_usd += pnl_usd;
}

double bucket_win_rate(const struct bucket *b)
{
	return b->trades ? (double)b->wins / (double)b->trades : 0;
}

double profit_factor_of(double profit_usd, double loss_usd)
{
	return fabs(loss_usd) > TINY ? profit_usd / fabs(loss_usd) : profit_usd > 0 ? INFINITY : 0;
}

/* Wins, losses and means over the closes; profit before fees. */
static void closes(struct metrics *m, const struct run_result *r)
{
	double all = 0, profit = 0, loss = 0;
	size_t i;

	for (i = 0; i < r->n_events; i++) {
		const struct event *e = &r->event[i];

		m->total_fees += e->fee_usd;
		if (!action_is_close(e->action))
			continue;
		m->total_trades++;
		all += e->pnl_usd;
		if (e->pnl_usd > 0) {
			m->total_wins++;
			profit += e->pnl_usd;
		} else if (e->pnl_usd < 0) {
			m->total_losses++;
			loss += e->pnl_usd;
		}
		bucket_add(&m->by_confidence[e->confidence], e->pnl_usd);
		bucket_add(&m->by_code[reason_code_of(e->reason)], e->pnl_usd);
		bucket_add(&m->by_side[event_side(e)], e->pnl_usd);
	}
	m->win_rate = m->total_trades ? (double)m->total_wins / (double)m->total_trades : 0;
	m->avg_trade_pnl = m->total_trades ? all / (double)m->total_trades : 0;
	m->avg_win = m->total_wins ? profit / (double)m->total_wins : 0;
	m->avg_loss = m->total_losses ? loss / (double)m->total_losses : 0;
	m->profit_factor = profit_factor_of(profit, loss);
}

/* Last balance of the day that starts at point *i, which is moved to the next day's first point. */
static double day_end(const struct run_result *r, size_t *i)
{
	int64_t day = r->equity[*i].t_ms / DAY_MS;

	while (*i + 1 < r->n_equity && r->equity[*i + 1].t_ms / DAY_MS == day)
		++*i;
	return r->equity[(*i)++].balance_usd;
}

static double daily_return(double before, double after)
{
	return fabs(before) <= TINY ? 0 : (after - before) / before;
}

/* Sum over days of the return, or of its squared distance from a mean; *n counts the returns. */
static double sum_returns(const struct run_result *r, const double *mean, uint64_t *n)
{
	double sum = 0, before, after, x;
	size_t i = 0;

	*n = 0;
	for (before = day_end(r, &i); i < r->n_equity; before = after, ++*n) {
		after = day_end(r, &i);
		x = daily_return(before, after);
		sum += mean ? (x - *mean) * (x - *mean) : x;
	}
	return sum;
}

/* Daily, without a risk-free rate, population deviation, times sqrt(365). */
static double sharpe(const struct run_result *r)
{
	double sum, mean, deviation;
	uint64_t n;

	if (r->n_equity < 2)
		return 0;
	sum = sum_returns(r, NULL, &n);
	if (n == 0)
		return 0;
	mean = sum / (double)n;
	deviation = sqrt(sum_returns(r, &mean, &n) / (double)n);
	return deviation < TINY ? 0 : mean / deviation * sqrt(365.0);
}

/* The peak starts at the first point, and the two maxima may stand at different points. */
static void drawdown(struct metrics *m, const struct run_result *r)
{
	double peak = r->n_equity ? r->equity[0].balance_usd : 0, depth, part;
	size_t i;

	for (i = 0; i < r->n_equity; i++) {
		if (r->equity[i].balance_usd > peak)
			peak = r->equity[i].balance_usd;
		depth = peak - r->equity[i].balance_usd;
		part = peak <= TINY ? 0 : depth / peak;
		if (depth > m->max_drawdown_usd)
			m->max_drawdown_usd = depth;
		if (part > m->max_drawdown_pct)
			m->max_drawdown_pct = part;
	}
}

void metrics_compute(struct metrics *m, const struct run_result *r)
{
	*m = (struct metrics){ .initial_balance = r->initial_balance_usd, .final_balance = r->final_balance_usd };
	m->total_pnl = r->final_balance_usd - r->initial_balance_usd;
	closes(m, r);
	m->sharpe_ratio = sharpe(r);
	drawdown(m, r);
}
