/* SPDX-License-Identifier: MIT
 * Verdicts, kill levels and their settings (trade/risk.h), against docs/lane.md "Risk" and "Kill levels": each rule at its border. */
#include "test.h"
#include "trade/risk.h"

#include <stdlib.h>

#define NOW INT64_C(1700000000000)	/* 22:13:20 UTC */
#define DAY INT64_C(86400000)

static struct lane lane;
static struct lane_intent intent[64];
static struct risk_settings set;
static int64_t again_ms;

/* A paper lane with an account of 1,000 USD and no positions. */
static void begin(void)
{
	lane.intent = NULL;	/* the array is ours */
	lane.n_intents = 0;
	lane_release(&lane);
	lane_init(&lane);
	lane.intent = intent;
	lane.mode = LANE_PAPER;
	lane.step_seq = 10;
	lane.has_account = true;
	lane.account_value_usd = 1000;
	risk_defaults(&set);
}

static struct lane_intent *add(const char *symbol, enum intent_action action, bool buy, double size, double px)
{
	struct lane_intent *i = &intent[lane.n_intents];

	*i = (struct lane_intent){ .action = action, .buy = buy, .ref_px = px, .notional_usd = size * px, .leverage = 1, .seq = 20 + lane.n_intents };
	strcpy(i->symbol, symbol);
	snprintf(i->id, sizeof i->id, "%032u", lane.n_intents++);
	CHECK(dec8_of_f64(size, DEC8_HALF_EVEN, &i->size));
	return i;
}

static struct lane_intent *open_of(const char *symbol) { return add(symbol, INTENT_OPEN, true, 1, 100); }
static struct lane_intent *close_of(const char *symbol) { return add(symbol, INTENT_CLOSE, false, 1, 100); }

/* One that was allowed ago ms ago and not sent yet. */
static struct lane_intent *allowed(struct lane_intent *i, int64_t ago_ms)
{
	i->judged = i->allowed = true;
	i->judged_ms = NOW - ago_ms;
	return i;
}

static void sent(const char *symbol, bool entry, double usd, int64_t ago_ms)
{
	struct lane_sent *s = &lane.sent[lane.n_sent++ % LANE_RING];

	*s = (struct lane_sent){ .ms = NOW - ago_ms, .entry = entry, .notional_usd = usd };
	strcpy(s->symbol, symbol);
}

static struct lane_symbol *hold(const char *symbol, double size, double px)
{
	struct lane_symbol *s = lane_symbol(&lane, symbol);

	CHECK(dec8_of_f64(size, DEC8_HALF_EVEN, &s->theirs));
	s->theirs_known = true;
	s->theirs_entry_px = px;
	return s;
}

static unsigned at_most_20(void *arg, const char *symbol, double notional_usd)
{
	(void)arg, (void)notional_usd;
	return strcmp(symbol, "NEW") == 0 ? 0 : 20;
}

static const char *judge(const struct lane_intent *i)
{
	const struct risk_view v = { NOW, at_most_20, NULL };

	return verdict_name(risk_judge(&lane, &set, i, &v, &again_ms));
}
#define JUDGED(i, verdict, again) do { CHECK_TEXT(judge(i), verdict); CHECK(again_ms == (again)); } while (0)

static void t_kills(void)
{
	begin();
	struct lane_intent *entry = open_of("ETH"), *exit = close_of("ETH");

	JUDGED(entry, "ok", 0);
	JUDGED(exit, "ok", 0);
	lane.kill[KILL_drawdown].level = KILL_CLOSE_ONLY;
	JUDGED(entry, "close_only", 0);
	JUDGED(exit, "ok", 0);
	entry->action = INTENT_ADD;
	JUDGED(entry, "close_only", 0);
	exit->action = INTENT_REDUCE;
	JUDGED(exit, "ok", 0);
	lane.kill[KILL_operator].level = KILL_HALT_ALL;
	JUDGED(entry, "halt_all", 0);
	JUDGED(exit, "halt_all", 0);
	CHECK_TEXT(verdict_name(N_VERDICTS), "unknown");
}

static void t_unresolved(void)
{
	begin();
	struct lane_intent *before = allowed(close_of("ETH"), 0), *entry = open_of("ETH"), *exit = close_of("ETH");

	before->attempts = 1;
	before->in_flight = true;
	JUDGED(entry, "unresolved", 0);
	JUDGED(exit, "ok", 0);
	JUDGED(open_of("SOL"), "ok", 0);
}

static void t_gap(void)
{
	begin();
	struct lane_intent *entry = open_of("ETH"), *exit = close_of("ETH");

	set.min_order_gap_ms = 500;
	JUDGED(entry, "ok", 0);
	sent("SOL", true, 10, 499);
	JUDGED(entry, "min_order_gap", 0);
	JUDGED(exit, "min_order_gap", NOW + 1);
	lane.n_sent = 0;
	sent("SOL", true, 10, 500);
	JUDGED(exit, "ok", 0);
	sent("SOL", true, 10, -3600000);	/* of a clock that was an hour ahead */
	JUDGED(exit, "ok", 0);
	JUDGED(entry, "min_order_gap", 0);
	lane.n_sent = 0;
	struct lane_intent *other = allowed(close_of("SOL"), 100);
	JUDGED(exit, "min_order_gap", NOW + 400);
	other->judged_ms = NOW - 600000;	/* one that is held up holds up nothing else */
	JUDGED(exit, "ok", 0);
	other->judged_ms = NOW;
	other->over = true;
	JUDGED(exit, "ok", 0);
}

static void t_exposure(void)
{
	begin();
	struct lane_intent *buy = open_of("ETH"), *sale = add("ETH", INTENT_OPEN, false, 1, 100);

	set.exposure_enabled = true;
	set.exposure_alts_max_longs = 2;
	hold("BTC", 1, 100);
	hold("SOL", 1, 100);
	hold("DOGE", -1, 100);
	JUDGED(buy, "ok", 0);
	struct lane_intent *pending = allowed(open_of("XRP"), 0);
	JUDGED(buy, "exposure_alts_longs", 0);
	JUDGED(sale, "ok", 0);
	JUDGED(open_of("BTC"), "ok", 0);
	JUDGED(add("SOL", INTENT_ADD, true, 1, 100), "ok", 0);
	lane_symbol(&lane, "BTC")->theirs = 0;
	JUDGED(open_of("BTC"), "ok", 0);	/* flat, and counts on no side */
	hold("BTC", 1, 100);
	strcpy(set.exclude, "LINK, sol");
	JUDGED(buy, "ok", 0);
	*set.exclude = '\0';
	set.exposure_enabled = false;
	JUDGED(buy, "ok", 0);
	set.exposure_enabled = true;
	set.exposure_alts_max_shorts = 1;
	JUDGED(sale, "exposure_alts_shorts", 0);
	/* what was filled counts until the ledger has it, and then once */
	pending->over = true;
	JUDGED(buy, "ok", 0);
	pending->acked = pending->size;
	JUDGED(buy, "exposure_alts_longs", 0);
	pending->filled = pending->size;
	JUDGED(buy, "ok", 0);
	hold("XRP", 1, 100);
	JUDGED(buy, "exposure_alts_longs", 0);
}

/* Nothing of a rehearsal is in the ledger: what it holds stands on the strategy's account, which has had the intents already. */
static void t_rehearsal(void)
{
	begin();
	lane.mode = LANE_DRY_LIVE;
	struct lane_intent *first = open_of("ETH"), *second = open_of("SOL");

	set.max_open_positions = 1;
	for (uint32_t k = 0; k < 2; k++) {
		struct lane_symbol *s = lane_symbol(&lane, intent[k].symbol);

		s->own.pos = (struct position){ .open = true, .side = SIDE_LONG, .size = 1, .entry_price = 100 };
	}
	JUDGED(first, "ok", 0);
	allowed(first, 0);
	JUDGED(second, "max_open_positions", 0);
	first->over = true;
	first->over_seq = 11;
	first->outcome = OUTCOME_would;
	JUDGED(second, "max_open_positions", 0);
	first->outcome = OUTCOME_blocked;
	JUDGED(second, "ok", 0);
	first->over_seq = 9;		/* a step has taken that over */
	JUDGED(second, "max_open_positions", 0);
}

static void t_heat(void)
{
	begin();
	struct lane_intent *i = add("ETH", INTENT_OPEN, true, 2, 100);	/* loses 2 * 0.5 % of 100 * 1.5: 1.5 USD */

	set.heat_max_pct = 0.15;
	JUDGED(i, "ok", 0);
	set.heat_enabled = true;
	JUDGED(i, "ok", 0);
	i->entry_atr = 0.51;
	JUDGED(i, "portfolio_heat", 0);
	i->entry_atr = 0.5;
	struct lane_symbol *s = hold("SOL", -1, 100);	/* 0.75 */
	JUDGED(i, "portfolio_heat", 0);
	set.heat_max_pct = 0.225;
	JUDGED(i, "ok", 0);
	s->own.pos = (struct position){ .open = true, .side = SIDE_SHORT, .size = 1, .entry_price = 100, .entry_atr = 2 };	/* 3 */
	set.heat_max_pct = 0.45;
	JUDGED(i, "ok", 0);
	set.heat_max_pct = 0.44;
	JUDGED(i, "portfolio_heat", 0);
	s->own.pos.has_trailing = true;
	s->own.pos.trailing_sl = 102;
	set.heat_max_pct = 0.351;
	JUDGED(i, "ok", 0);
	set.heat_max_pct = 0.349;
	JUDGED(i, "portfolio_heat", 0);
	s->own.pos.trailing_sl = 99;	/* nothing to lose, and nothing that others may lose instead */
	set.heat_max_pct = 0.149;
	JUDGED(i, "portfolio_heat", 0);
	set.heat_max_pct = 100;
	lane.account_value_usd = 0;
	JUDGED(i, "portfolio_heat", 0);
	lane.account_value_usd = -1;
	JUDGED(i, "portfolio_heat", 0);
	lane.account_value_usd = 1000;
	s->theirs = -s->theirs;		/* long from 100, stop at 98 */
	s->own.pos.side = SIDE_LONG;
	s->own.pos.trailing_sl = 98;
	set.heat_max_pct = 0.351;
	JUDGED(i, "ok", 0);
	set.heat_max_pct = 0.349;
	JUDGED(i, "portfolio_heat", 0);
}

static void t_rates(void)
{
	begin();
	struct lane_intent *entry = open_of("ETH"), *exit = close_of("ETH");

	for (int k = 0; k < 29; k++)
		sent(k % 2 ? "A" : "B", true, 10, 59999 - k);
	sent("ETH", false, 10, 0);
	JUDGED(entry, "ok", 0);
	struct lane_intent *pending = allowed(open_of("C"), 59999);
	JUDGED(entry, "entry_rate", 0);
	JUDGED(exit, "ok", 0);
	pending->judged_ms = NOW - 60000;
	JUDGED(entry, "ok", 0);

	begin();
	entry = open_of("ETH");
	for (int k = 0; k < 6; k++)
		sent("ETH", true, 10, 60000 - (k > 0));
	JUDGED(entry, "ok", 0);
	sent("ETH", true, 10, 0);
	JUDGED(entry, "entry_rate_symbol", 0);
	JUDGED(open_of("SOL"), "ok", 0);

	begin();
	entry = open_of("ETH");
	sent("SOL", true, 50, 9999);
	set.notional_window_s = 10;
	set.max_notional_per_window_usd = 150;
	JUDGED(entry, "ok", 0);
	set.max_notional_per_window_usd = 149;
	JUDGED(entry, "entry_notional_rate", 0);
	lane.sent[0].ms = NOW - 10000;
	JUDGED(entry, "ok", 0);

	begin();
	exit = close_of("ETH");
	set.max_exit_orders_per_min = 2;
	sent("A", false, 10, 59000);
	sent("B", false, 10, 20);
	JUDGED(exit, "exit_rate", NOW + 1000);
	JUDGED(open_of("ETH"), "ok", 0);
	lane.sent[0].ms = NOW - 60000;
	JUDGED(exit, "ok", 0);
	lane.kill[KILL_env].level = KILL_CLOSE_ONLY;
	lane.sent[0].ms = NOW;
	JUDGED(exit, "exit_rate", NOW - 20 + 60000);
	lane.n_sent = lane.n_intents = 0;
	exit = close_of("ETH");
	set.max_exit_orders_per_min = 1;
	sent("SOL", false, 10, -1);	/* of a clock that was ahead */
	JUDGED(exit, "ok", 0);
	sent("SOL", false, 10, 0);
	JUDGED(exit, "exit_rate", NOW + 60000);
}

static void t_account(void)
{
	begin();
	struct lane_intent *i = open_of("ETH");

	set.max_notional_usd_per_order = 100;
	JUDGED(i, "ok", 0);
	set.max_notional_usd_per_order = 99;
	JUDGED(i, "max_notional", 0);
	set.max_notional_usd_per_order = 0;

	set.max_open_positions = 2;
	hold("SOL", 1, 10);
	JUDGED(i, "ok", 0);
	struct lane_intent *two = allowed(open_of("XRP"), 0), *more = allowed(add("XRP", INTENT_ADD, true, 1, 1), 0);
	JUDGED(i, "max_open_positions", 0);
	JUDGED(add("SOL", INTENT_ADD, true, 1, 1), "ok", 0);
	set.max_open_positions = 3;	/* two orders of a symbol make one position */
	JUDGED(i, "ok", 0);
	two->over = more->over = true;

	i->leverage = 2;
	lane.margin_used_usd = 950;
	JUDGED(i, "ok", 0);
	allowed(add("XRP", INTENT_OPEN, true, 0.01, 1), 0);
	JUDGED(i, "margin", 0);
	intent[lane.n_intents - 1].over = true;
	i->leverage = 0;		/* the symbol's */
	JUDGED(i, "margin", 0);
	lane_symbol(&lane, "ETH")->theirs_leverage = 2;
	JUDGED(i, "ok", 0);
	lane.has_account = false;
	JUDGED(i, "ok", 0);
	lane.mode = LANE_LIVE;
	JUDGED(i, "margin", 0);
	lane.mode = LANE_DRY_LIVE;
	JUDGED(i, "ok", 0);

	i->leverage = 20;
	JUDGED(i, "ok", 0);
	i->leverage = 21;
	JUDGED(i, "leverage", 0);
	strcpy(i->symbol, "NEW");	/* of which nothing is known */
	i->leverage = 50;
	JUDGED(i, "ok", 0);
	i->leverage = 50.5;
	JUDGED(i, "leverage", 0);
}

/* With every rule that there is broken, an exit is delayed at most. */
static void t_exits_never_starve(void)
{
	static const char *const may_be[] = { "ok", "min_order_gap", "exit_rate" };

	for (unsigned k = 0; k < 64; k++) {
		begin();
		struct lane_intent *other = allowed(open_of("ETH"), 0), *i = close_of("ETH");
		bool fine = false;
		const char *v;

		set = (struct risk_settings){ .exposure_enabled = true, .exposure_alts_max_longs = 1, .exposure_alts_max_shorts = 1,
					      .heat_enabled = true, .heat_max_pct = 1e-9, .max_open_positions = 1,
					      .max_notional_usd_per_order = 1, .max_notional_per_window_usd = 1, .notional_window_s = 60,
					      .max_exit_orders_per_min = k & 1 ? 1 : 1000, .min_order_gap_ms = k & 2 ? 1000 : 0 };
		i->leverage = 1000;
		i->action = k & 4 ? INTENT_REDUCE : INTENT_CLOSE;
		other->attempts = k & 8 ? 1 : 0;
		other->in_flight = k & 8;
		lane.account_value_usd = k & 16 ? -5 : 1000;
		lane.kill[KILL_feed].level = k & 32 ? KILL_CLOSE_ONLY : KILL_OFF;
		sent("ETH", false, 1e6, 10);
		v = judge(i);
		for (unsigned n = 0; n < 3; n++)
			fine |= strcmp(v, may_be[n]) == 0;
		CHECK(fine);
		CHECK((strcmp(v, "ok") == 0) == (again_ms == 0));
		CHECK(again_ms <= NOW + 60000);
	}
}

/* ---- kill levels ---- */

static enum kill_level raised[N_KILL_CAUSES];
static char why[256];

static void on_raise(void *arg, enum kill_cause c, enum kill_level level, const char *text)
{
	(void)arg;
	raised[c] = level;
	snprintf(why, sizeof why, "%s", text);
}

/* What is raised, as one text. */
static const char *watch(int64_t now_ms)
{
	static char text[256];

	memset(raised, 0, sizeof raised);
	risk_watch(&lane, &set, now_ms, on_raise, NULL);
	*text = '\0';
	for (unsigned c = 0; c < N_KILL_CAUSES; c++)
		if (raised[c])
			snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s %s", *text ? ", " : "", kill_cause_name(c),
				 kill_level_name(raised[c]));
	return text;
}

static void t_drawdown(void)
{
	begin();
	lane.peak[lane.n_peaks++] = (struct lane_peak){ NOW / DAY - 1, 1250 };
	lane.peak[lane.n_peaks++] = (struct lane_peak){ NOW / DAY, 1100 };
	CHECK_TEXT(watch(NOW), "");
	set.max_drawdown_pct = 10;
	CHECK_TEXT(watch(NOW), "");		/* 9.09 % of today's */
	lane.account_value_usd = 990;
	CHECK_TEXT(watch(NOW), "drawdown close_only");
	CHECK(strstr(why, "990.00") && strstr(why, "1100.00") && strstr(why, "10 %"));
	CHECK_TEXT(watch(NOW + DAY), "");	/* midnight: the peak is forgotten */
	lane.account_value_usd = 0;		/* all of it is lost */
	CHECK_TEXT(watch(NOW), "drawdown close_only");
	lane.account_value_usd = 990;
	set.max_drawdown_pct = 20;
	set.peak_window_days = 2;
	CHECK_TEXT(watch(NOW), "drawdown close_only");
	CHECK_TEXT(watch(NOW + DAY), "");
	lane.kill[KILL_drawdown].level = KILL_CLOSE_ONLY;
	CHECK_TEXT(watch(NOW), "");		/* it stands */
	lane.kill[KILL_drawdown].level = KILL_OFF;
	lane.has_account = false;
	CHECK_TEXT(watch(NOW), "");
}

static void t_daily_loss(void)
{
	begin();
	lane.loss_day = NOW / DAY;
	lane.day_pnl_usd = -8;
	lane.day_fee_usd = 2;
	lane.day_entry_fee_usd = 1;
	CHECK_TEXT(watch(NOW), "");
	set.max_daily_loss_usd = 10.01;
	CHECK_TEXT(watch(NOW), "");
	set.max_daily_loss_usd = 10;
	CHECK_TEXT(watch(NOW), "daily_loss close_only");
	set.daily_include_entry_fees = false;
	CHECK_TEXT(watch(NOW), "");
	set.max_daily_loss_usd = 9;
	CHECK_TEXT(watch(NOW), "daily_loss close_only");
	CHECK_TEXT(watch((NOW / DAY + 1) * DAY - 1), "daily_loss close_only");
	CHECK_TEXT(watch((NOW / DAY + 1) * DAY), "");
}

static void t_slippage(void)
{
	begin();
	set.slippage_guard_max_median_bps = 5;
	set.slippage_guard_window_fills = 4;
	for (int k = 0; k < 3; k++)
		lane.slip_bps[lane.n_slip++] = 100;
	CHECK_TEXT(watch(NOW), "");
	set.slippage_guard_enabled = true;
	CHECK_TEXT(watch(NOW), "");		/* three of four */
	lane.slip_bps[lane.n_slip++] = 0;
	CHECK_TEXT(watch(NOW), "slippage close_only");
	lane.slip_bps[lane.n_slip++] = 4;
	lane.slip_bps[lane.n_slip++] = 6;	/* 0 4 6 100: 5 */
	CHECK_TEXT(watch(NOW), "");
	set.slippage_guard_window_fills = 1;
	CHECK_TEXT(watch(NOW), "slippage close_only");
	set.slippage_guard_max_median_bps = 0;
	CHECK_TEXT(watch(NOW), "");
}

static void exits(const double *net, unsigned n)
{
	lane.n_exits = 0;
	for (unsigned k = 0; k < n; k++)
		lane.exits[lane.n_exits++] = (struct lane_exit){ .ms = NOW - 60000 * (int64_t)(n - 1 - k), .net_usd = net[k] };
}

static void t_performance(void)
{
	static const double mixed[] = { 3, -2, -2, 1 }, good[] = { 1, 1 };

	begin();
	exits(mixed, 4);			/* 4 / 4, half of them, mean 0 */
	set.perf_stop_min_pf = 1.01;
	CHECK_TEXT(watch(NOW), "");
	set.perf_stop_enabled = true;
	CHECK_TEXT(watch(NOW), "performance close_only");
	set.perf_stop_halt_all = true;
	CHECK_TEXT(watch(NOW), "performance halt_all");
	lane.kill[KILL_performance].level = KILL_CLOSE_ONLY;
	CHECK_TEXT(watch(NOW), "performance halt_all");
	lane.kill[KILL_performance].level = KILL_HALT_ALL;
	CHECK_TEXT(watch(NOW), "");
	lane.kill[KILL_performance].level = KILL_OFF;
	set.perf_stop_halt_all = false;
	set.perf_stop_min_pf = 1;
	CHECK_TEXT(watch(NOW), "");
	set.perf_stop_min_trades = 5;
	set.perf_stop_min_wr = 0.51;
	CHECK_TEXT(watch(NOW), "");
	set.perf_stop_min_trades = 4;
	CHECK_TEXT(watch(NOW), "performance close_only");
	set.perf_stop_min_wr = 0.5;
	CHECK_TEXT(watch(NOW), "");
	set.perf_stop_min_sharpe = 0.001;
	CHECK_TEXT(watch(NOW), "performance close_only");
	set.perf_stop_min_sharpe = 0;
	set.perf_stop_min_trades = 0;
	set.perf_stop_window_trades = 3;	/* -2 -2 1 */
	CHECK_TEXT(watch(NOW), "performance close_only");
	set.perf_stop_window_trades = 0;
	set.perf_stop_window_minutes = 2;	/* the same, its bound included */
	CHECK_TEXT(watch(NOW), "performance close_only");
	set.perf_stop_window_minutes = 3;
	CHECK_TEXT(watch(NOW), "");
	exits(good, 2);				/* no losses: 9999, 1, 999 */
	set.perf_stop_min_pf = 9999;
	set.perf_stop_min_sharpe = 999;
	set.perf_stop_min_wr = 1;
	CHECK_TEXT(watch(NOW), "");
	exits(good, 0);
	CHECK_TEXT(watch(NOW), "");
}

static void t_unknown_for_long(void)
{
	begin();
	struct lane_intent *i = allowed(open_of("ETH"), 0);

	i->send.sent_ms = NOW - 600000;
	CHECK_TEXT(watch(NOW), "");
	i->in_flight = true;
	CHECK_TEXT(watch(NOW - 1), "");
	CHECK_TEXT(watch(NOW), "unresolved close_only");
	CHECK(strstr(why, i->id) && strstr(why, "ETH"));
}

/* ---- settings and words ---- */

struct env { const char *name, *value; };
static unsigned said;

static const char *get(void *arg, const char *name)
{
	for (const struct env *e = arg; e->name; e++)
		if (strcmp(e->name, name) == 0)
			return e->value;
	return NULL;
}

static void say(void *arg, const char *text)
{
	(void)arg;
	said++;
	snprintf(why, sizeof why, "%s", text);
}

static unsigned read_one(const char *name, const char *value)
{
	struct env e[] = { { name, value }, { NULL, NULL } };

	said = 0;
	return risk_read(&set, get, say, e);
}

static void t_settings(void)
{
	char longer[600];

	risk_defaults(&set);
	CHECK(set.max_entry_orders_per_min == 30 && set.max_exit_orders_per_min == 120 && set.max_cancels_per_min == 120);
	CHECK(set.max_entry_orders_per_min_per_symbol == 6 && set.min_order_gap_ms == 0 && set.notional_window_s == 60);
	CHECK(set.peak_window_days == 1 && set.daily_include_entry_fees && !set.slippage_guard_enabled);
	CHECK(set.slippage_guard_window_fills == 20 && set.heat_sl_atr_mult == 1.5 && set.heat_fallback_atr_pct == 0.005);
	CHECK(!set.exposure_enabled && !set.heat_enabled && !set.perf_stop_enabled && !*set.exclude);

	CHECK(read_one("AI_QUANT_RISK_MAX_ENTRY_ORDERS_PER_MIN", " 12 ") == 0 && set.max_entry_orders_per_min == 12);
	CHECK(read_one("AI_QUANT_RISK_MAX_ENTRY_ORDERS_PER_MIN", "") == 0 && set.max_entry_orders_per_min == 12);
	CHECK(read_one("AI_QUANT_RISK_MAX_EXIT_ORDERS_PER_MIN", "1") == 0 && set.max_exit_orders_per_min == 1);
	CHECK(read_one("AI_QUANT_RISK_MAX_EXIT_ORDERS_PER_MIN", "1000") == 0 && set.max_exit_orders_per_min == 1000);
	CHECK(read_one("AI_QUANT_RISK_MAX_ENTRY_ORDERS_PER_MIN", "0") == 1 && set.max_entry_orders_per_min == 12 && said == 1);
	CHECK(read_one("AI_QUANT_RISK_MAX_ENTRY_ORDERS_PER_MIN", "1001") == 1 && set.max_entry_orders_per_min == 12);
	CHECK(read_one("AI_QUANT_RISK_MAX_ENTRY_ORDERS_PER_MIN", "12x") == 1 && strstr(why, "\"12x\" is not from 1 to 1000"));
	CHECK(read_one("AI_QUANT_RISK_MAX_DRAWDOWN_PCT", "nan") == 1 && set.max_drawdown_pct == 0);
	CHECK(read_one("AI_QUANT_RISK_PERF_STOP_MIN_SHARPE", "-0.5") == 0 && set.perf_stop_min_sharpe == -0.5);
	CHECK(read_one("AI_QUANT_RISK_HEAT_ENABLED", "Yes") == 0 && set.heat_enabled);
	CHECK(read_one("AI_QUANT_RISK_HEAT_ENABLED", "maybe") == 1 && set.heat_enabled);
	CHECK(read_one("AI_QUANT_RISK_HEAT_ENABLED", "off") == 0 && !set.heat_enabled);
	CHECK(read_one("AI_QUANT_LIVE_MAX_OPEN_POSITIONS", "3") == 0 && set.max_open_positions == 3);
	CHECK(read_one("AI_QUANT_RISK_EXPOSURE_EXCLUDE_SYMBOLS", "ETH,SOL") == 0);
	CHECK_TEXT(set.exclude, "ETH,SOL");
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	CHECK(read_one("AI_QUANT_RISK_EXPOSURE_EXCLUDE_SYMBOLS", longer) == 1 && said == 1);
	CHECK_TEXT(set.exclude, "ETH,SOL");
}

/* "level" or "clear" or "nothing" */
static const char *words(const char *text, const char *mode)
{
	enum kill_level level;
	bool clear, says = kill_text(text, mode, &level, &clear);

	CHECK(says == (clear || level != KILL_OFF));
	return !says ? "nothing" : clear ? "clear" : kill_level_name(level);
}

static void t_words(void)
{
	static const char *const nothing[] = { "", " ", "0", "false", "no", "none", "maybe", NULL };
	static const char *const closes[] = { "1", "true", "YES", " y\n", "on", "close_only", "Close", NULL };
	static const char *const halts[] = { "halt", "halt_all", "HALT_ALL\n", "2", "stop", "full", "halt_all: the desk said so", "clear? no: halt",
					     NULL };
	static const char *const clears[] = { "clear", "resume", "off", "UNPAUSE", NULL };

	CHECK_TEXT(words(NULL, NULL), "nothing");
	for (unsigned k = 0; nothing[k]; k++)
		CHECK_TEXT(words(nothing[k], "halt_all"), "nothing");
	for (unsigned k = 0; closes[k]; k++)
		CHECK_TEXT(words(closes[k], k % 2 ? NULL : "close_only"), "close_only");
	for (unsigned k = 0; halts[k]; k++)
		CHECK_TEXT(words(halts[k], NULL), "halt_all");
	for (unsigned k = 0; clears[k]; k++)
		CHECK_TEXT(words(clears[k], "halt_all"), "clear");
	CHECK_TEXT(words("1", "halt_all"), "halt_all");
	CHECK_TEXT(words("true", "halt"), "halt_all");
	CHECK_TEXT(words("1", "what"), "close_only");
	CHECK_TEXT(words("close_only", "halt_all"), "close_only");
	CHECK(truthy("1") && truthy(" True\n") && truthy("y") && truthy("ON") && truthy("yes"));
	CHECK(!truthy(NULL) && !truthy("") && !truthy("0") && !truthy("close_only") && !truthy("yes yes"));
}

int main(void)
{
	t_kills();
	t_unresolved();
	t_gap();
	t_exposure();
	t_rehearsal();
	t_heat();
	t_rates();
	t_account();
	t_exits_never_starve();
	t_drawdown();
	t_daily_loss();
	t_slippage();
	t_performance();
	t_unknown_for_long();
	t_settings();
	t_words();
	return test_end("risk");
}
