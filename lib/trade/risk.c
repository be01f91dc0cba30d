/* SPDX-License-Identifier: MIT
 * The verdict on an intent, rule by rule in the order of verdicts.def. */
#include "trade/risk.h"

#include <string.h>
#include <strings.h>

#define MINUTE_MS 60000
#define LEVERAGE_MAX 50

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
#define VERDICT(name, meaning) #name,
#include "trade/verdicts.def"
#undef VERDICT
	};

	return (unsigned)v < N_VERDICTS ? names[v] : "unknown";
}

struct judge { const struct lane *l; const struct risk_settings *s; const struct lane_intent *i; const struct risk_view *v; };

/* ---- what is held, and what is under way ---- */

/* In a rehearsal the strategy's account holds what was not refused; orders that are not decided yet, or were refused, are taken off. */
static dec8 held_in_rehearsal(const struct lane *l, const struct lane_symbol *s)
{
	dec8 size = lane_own_size(s);

	for (uint32_t k = 0; k < l->n_intents; k++) {
		const struct lane_intent *x = &l->intent[k];
		bool counts = x->over && (x->outcome == OUTCOME_would || x->over_seq < l->step_seq);

		if (!*x->op && !counts && strcmp(x->symbol, s->name) == 0)
			size -= x->buy ? x->size : -x->size;
	}
	return size;
}

static dec8 held_size(const struct lane *l, const struct lane_symbol *s)
{
	return l->mode == LANE_DRY_LIVE ? held_in_rehearsal(l, s) : s->theirs;
}

static bool held(const struct lane *l, const char *symbol)
{
	const struct lane_symbol *s = lane_symbol_find(l, symbol);

	return s && held_size(l, s) != 0;
}

/* Of an entry: what may still come to the ledger. */
static dec8 under_way(const struct lane_intent *x)
{
	dec8 most = x->over ? x->acked : x->size;

	return intent_enters(x->action) && x->allowed && most > x->filled ? most - x->filled : 0;
}

static double under_way_usd(const struct lane_intent *x)
{
	return dec8_f64(under_way(x)) * x->ref_px;
}

/* Intent k will make a position where there is none; the first one of its symbol that does. */
static bool opens(const struct lane *l, uint32_t k)
{
	const struct lane_intent *x = &l->intent[k];

	if (under_way(x) == 0 || held(l, x->symbol))
		return false;
	while (k-- > 0)
		if (under_way(&l->intent[k]) && strcmp(l->intent[k].symbol, x->symbol) == 0)
			return false;
	return true;
}

/* Orders of a span of time, by number and worth: sent, or allowed and about to be. Times that lie ahead are of a clock that was set back: they
 * hold back entries, but no exit. */
struct span { bool entries; const char *symbol; int64_t now_ms; double ms; };
struct sum { double n, usd; int64_t oldest_ms; };

static void sum_add(struct sum *s, const struct span *w, bool entry, const char *symbol, int64_t ms, double usd)
{
	if (entry != w->entries || (!entry && ms > w->now_ms) || (double)(w->now_ms - ms) >= w->ms || (w->symbol && strcmp(symbol, w->symbol) != 0))
		return;
	s->n++;
	s->usd += usd;
	if (ms < s->oldest_ms)
		s->oldest_ms = ms;
}

/* Allowed, and not sent yet: it counts as sent when it was allowed, so that one that is held up does not count for ever. */
static bool pending(const struct lane_intent *x)
{
	return x->judged && x->allowed && !x->over && x->attempts == 0;
}

static struct sum sum_of(const struct lane *l, struct span w)
{
	struct sum s = { 0, 0, w.now_ms };

	for (uint64_t k = l->n_sent > LANE_RING ? l->n_sent - LANE_RING : 0; k < l->n_sent; k++) {
		const struct lane_sent *x = &l->sent[k % LANE_RING];

		sum_add(&s, &w, x->entry, x->symbol, x->ms, x->notional_usd);
	}
	for (uint32_t k = 0; k < l->n_intents; k++) {
		const struct lane_intent *x = &l->intent[k];

		if (pending(x))
			sum_add(&s, &w, intent_enters(x->action), x->symbol, x->judged_ms, x->notional_usd);
	}
	return s;
}

static void later(int64_t *last_ms, int64_t ms, int64_t until_ms)
{
	if (ms <= until_ms && ms > *last_ms)
		*last_ms = ms;
}

static int64_t last_order_ms(const struct lane *l, int64_t until_ms)
{
	int64_t last_ms = INT64_MIN;

	for (uint64_t k = l->n_sent > LANE_RING ? l->n_sent - LANE_RING : 0; k < l->n_sent; k++)
		later(&last_ms, l->sent[k % LANE_RING].ms, until_ms);
	for (uint32_t k = 0; k < l->n_intents; k++)
		if (pending(&l->intent[k]))
			later(&last_ms, l->intent[k].judged_ms, until_ms);
	return last_ms;
}

/* *again_ms: of an exit. */
static bool too_soon(const struct judge *j, int64_t *again_ms)
{
	bool enters = intent_enters(j->i->action);
	int64_t gap_ms = (int64_t)j->s->min_order_gap_ms, last_ms = gap_ms > 0 ? last_order_ms(j->l, enters ? INT64_MAX : j->v->now_ms) : INT64_MIN;

	if (last_ms == INT64_MIN || j->v->now_ms - last_ms >= gap_ms)
		return false;
	*again_ms = enters ? 0 : last_ms + gap_ms;
	return true;
}

/* ---- exposure ---- */

static bool excluded(const struct risk_settings *s, const char *symbol)
{
	size_t n = strlen(symbol);
	const char *at;

	if (strcmp(symbol, "BTC") == 0)
		return true;
	for (at = s->exclude + strspn(s->exclude, ", "); *at; at += strcspn(at, ", "), at += strspn(at, ", "))
		if (strcspn(at, ", ") == n && strncasecmp(at, symbol, n) == 0)
			return true;
	return false;
}

/* Positions on the intent's side besides the excluded symbols, and those that are about to be. */
static double on_its_side(const struct judge *j)
{
	const struct lane *l = j->l;
	double n = 0;

	for (uint32_t k = 0; k < l->n_symbols; k++) {
		dec8 size = held_size(l, &l->sym[k]);

		n += size != 0 && (size > 0) == j->i->buy && !excluded(j->s, l->sym[k].name);
	}
	for (uint32_t k = 0; k < l->n_intents; k++)
		n += opens(l, k) && l->intent[k].buy == j->i->buy && !excluded(j->s, l->intent[k].symbol);
	return n;
}

static enum verdict exposure(const struct judge *j)
{
	double most = j->i->buy ? j->s->exposure_alts_max_longs : j->s->exposure_alts_max_shorts;

	if (!j->s->exposure_enabled || most <= 0 || excluded(j->s, j->i->symbol) || held(j->l, j->i->symbol) || on_its_side(j) < most)
		return VERDICT_ok;
	return j->i->buy ? VERDICT_exposure_alts_longs : VERDICT_exposure_alts_shorts;
}

/* ---- heat ---- */

static double stop_distance(const struct risk_settings *s, double atr, double px)
{
	return (atr > 0 ? atr : px * s->heat_fallback_atr_pct) * s->heat_sl_atr_mult;
}

/* What is lost at the stop. The strategy knows it for what it holds itself; for another position the fallback does. */
static double position_risk(const struct risk_settings *s, const struct lane_symbol *sym, dec8 size)
{
	const struct position *p = &sym->own.pos;
	bool ours = p->open && (p->side == SIDE_LONG) == (size > 0);
	double px = ours ? p->entry_price : sym->theirs_entry_px;
	double away = stop_distance(s, ours ? p->entry_atr : 0, px);

	if (ours && p->has_trailing && p->trailing_sl > 0)
		away = size > 0 ? px - p->trailing_sl : p->trailing_sl - px;
	return away > 0 ? away * dec8_f64(dec8_abs(size)) : 0;
}

static double order_risk(const struct risk_settings *s, const struct lane_intent *x, dec8 size)
{
	return stop_distance(s, x->entry_atr, x->ref_px) * dec8_f64(size);
}

static double equity(const struct lane *l)
{
	return l->has_account && l->mode != LANE_DRY_LIVE ? l->account_value_usd : l->balance_usd;
}

/* Without equity any risk is too large. */
static bool too_hot(const struct judge *j)
{
	const struct lane *l = j->l;
	double sum = order_risk(j->s, j->i, j->i->size);

	if (!j->s->heat_enabled || j->s->heat_max_pct <= 0)
		return false;
	for (uint32_t k = 0; k < l->n_symbols; k++)
		sum += position_risk(j->s, &l->sym[k], held_size(l, &l->sym[k]));
	for (uint32_t k = 0; k < l->n_intents; k++)
		sum += order_risk(j->s, &l->intent[k], under_way(&l->intent[k]));
	return !(equity(l) > 0) || sum / equity(l) * 100 > j->s->heat_max_pct;
}

/* ---- the account ---- */

static bool too_many_positions(const struct judge *j)
{
	const struct lane *l = j->l;
	double n = 0;

	if (j->s->max_open_positions <= 0 || held(l, j->i->symbol))
		return false;
	for (uint32_t k = 0; k < l->n_symbols; k++)
		n += held_size(l, &l->sym[k]) != 0;
	for (uint32_t k = 0; k < l->n_intents; k++)
		n += opens(l, k);
	return n >= j->s->max_open_positions;
}

/* An intent that leaves the leverage as it is has the symbol's, at least 1. */
static double leverage_of(const struct lane *l, const struct lane_intent *x)
{
	const struct lane_symbol *s = lane_symbol_find(l, x->symbol);
	double leverage = x->leverage > 0 ? x->leverage : s ? s->theirs_leverage : 0;

	return leverage >= 1 ? leverage : 1;
}

/* A rehearsal uses nothing of the account. A live lane does not enter before it knows the account. */
static bool no_margin(const struct judge *j)
{
	const struct lane *l = j->l;
	double need = j->i->notional_usd / leverage_of(l, j->i);

	if (l->mode == LANE_DRY_LIVE || !l->has_account)
		return l->mode == LANE_LIVE;
	for (uint32_t k = 0; k < l->n_intents; k++)
		need += under_way_usd(&l->intent[k]) / leverage_of(l, &l->intent[k]);
	return need > l->account_value_usd - l->margin_used_usd;
}

static bool too_levered(const struct judge *j)
{
	const struct risk_view *v = j->v;
	unsigned most = v->max_leverage ? v->max_leverage(v->arg, j->i->symbol, j->i->notional_usd) : 0;

	return j->i->leverage > LEVERAGE_MAX || (most && j->i->leverage > most);
}

/* ---- the verdict ---- */

static enum verdict rates(const struct judge *j)
{
	const struct risk_settings *s = j->s;
	const struct span minute = { true, NULL, j->v->now_ms, MINUTE_MS }, its_minute = { true, j->i->symbol, j->v->now_ms, MINUTE_MS };
	const struct span window = { true, NULL, j->v->now_ms, s->notional_window_s * 1000 };

	if (sum_of(j->l, minute).n >= s->max_entry_orders_per_min)
		return VERDICT_entry_rate;
	if (sum_of(j->l, its_minute).n >= s->max_entry_orders_per_min_per_symbol)
		return VERDICT_entry_rate_symbol;
	if (s->max_notional_per_window_usd > 0 && sum_of(j->l, window).usd + j->i->notional_usd > s->max_notional_per_window_usd)
		return VERDICT_entry_notional_rate;
	return VERDICT_ok;
}

static enum verdict judge_entry(const struct judge *j)
{
	enum verdict v = exposure(j);

	if (v == VERDICT_ok && too_hot(j))
		v = VERDICT_portfolio_heat;
	if (v == VERDICT_ok)
		v = rates(j);
	if (v != VERDICT_ok)
		return v;
	if (j->s->max_notional_usd_per_order > 0 && j->i->notional_usd > j->s->max_notional_usd_per_order)
		return VERDICT_max_notional;
	if (too_many_positions(j))
		return VERDICT_max_open_positions;
	if (no_margin(j))
		return VERDICT_margin;
	return too_levered(j) ? VERDICT_leverage : VERDICT_ok;
}

static enum verdict judge_exit(const struct judge *j, int64_t *again_ms)
{
	struct sum exits = sum_of(j->l, (struct span){ false, NULL, j->v->now_ms, MINUTE_MS });

	if (exits.n < j->s->max_exit_orders_per_min)
		return VERDICT_ok;
	*again_ms = exits.oldest_ms + MINUTE_MS;
	return VERDICT_exit_rate;
}

enum verdict risk_judge(const struct lane *l, const struct risk_settings *s, const struct lane_intent *i, const struct risk_view *v,
			int64_t *again_ms)
{
	const struct judge j = { l, s, i, v };
	enum kill_level level = lane_kill_level(l);
	bool enters = intent_enters(i->action);

	*again_ms = 0;
	if (level == KILL_HALT_ALL)
		return VERDICT_halt_all;
	if (level == KILL_CLOSE_ONLY && enters)
		return VERDICT_close_only;
	if (enters && lane_unresolved(l, i->symbol))
		return VERDICT_unresolved;
	if (too_soon(&j, again_ms))
		return VERDICT_min_order_gap;
	return enters ? judge_entry(&j) : judge_exit(&j, again_ms);
}
