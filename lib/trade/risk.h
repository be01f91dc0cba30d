/* SPDX-License-Identifier: MIT
 * Risk rules: the verdict on an intent, and the kill levels that follow from the state of a lane (docs/lane.md "Risk"). Pure functions over
 * the fold, the settings and the time. */
#ifndef OCQ_TRADE_RISK_H
#define OCQ_TRADE_RISK_H

#include "trade/lane.h"

enum verdict {
#define VERDICT(name, meaning) VERDICT_##name,
#include "trade/verdicts.def"
#undef VERDICT
	N_VERDICTS
};
const char *verdict_name(enum verdict v);

/* Settings, from environment and configuration: risk_settings.def lists them with default, range and variable. A wrong number keeps the
 * old value and is said. */
struct risk_settings {
#define RISK_SETTING(kind, name, dflt, lo, hi, variable, meaning) kind name;
#include "trade/risk_settings.def"
#undef RISK_SETTING
	char exclude[512];		/* symbols, comma separated, that exposure does not count; BTC always */
};
void risk_defaults(struct risk_settings *s);
/* Reads variable after variable by get (getenv, or a test's). Returns how many were wrong; say(arg, text) for each. */
unsigned risk_read(struct risk_settings *s, const char *(*get)(void *arg, const char *name), void (*say)(void *arg, const char *text),
		   void *arg);

/* What the rules need besides the fold. */
struct risk_view {
	int64_t now_ms;
	/* Highest leverage that the symbol allows for a notional; 0: not known. May be NULL. */
	unsigned (*max_leverage)(void *arg, const char *symbol, double notional_usd);
	void *arg;
};

/* The verdict on an intent that has none. VERDICT_exit_rate and VERDICT_min_order_gap of an exit mean: ask again at
 * *again_ms, which is 0 for all others. */
enum verdict risk_judge(const struct lane *l, const struct risk_settings *s, const struct lane_intent *i, const struct risk_view *v,
			int64_t *again_ms);

/* Kill levels that follow from the fold now: drawdown, daily_loss, slippage, performance, unresolved. Calls raise() for each that is due and
 * above what stands. */
void risk_watch(const struct lane *l, const struct risk_settings *s, int64_t now_ms,
		void (*raise)(void *arg, enum kill_cause c, enum kill_level level, const char *why), void *arg);

/* Text of AI_QUANT_KILL_SWITCH, or of the file: one parser for both, which looks for words. False: it says nothing. *clear: it says that
 * nothing is to be closed, and *level is KILL_OFF. mode: of AI_QUANT_KILL_SWITCH_MODE, may be NULL. */
bool kill_text(const char *text, const char *mode, enum kill_level *level, bool *clear);
/* truthy: 1 true yes y on, in any case, trimmed. */
bool truthy(const char *text);

#endif
