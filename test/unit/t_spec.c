/* SPDX-License-Identifier: MIT
 * lib/config/spec: what a specification says, and the messages for what it may not. */
#include "config/row.h"
#include "config/spec.h"

#include "test.h"

#include <stdlib.h>

static struct buf warnings;	/* of the last check: a line each */

static void keep_warning(void *arg, const char *text)
{
	(void)arg;
	buf_addf(&warnings, "%s\n", text);
}

static bool load(struct spec *s, const char *text, struct errmsg *e)
{
	return spec_load_text(s, "s.yaml", text, strlen(text), e);
}

/* Refused with exactly this message. */
#define FAILS(text, message) fails(text, message, __FILE__, __LINE__)
static void fails(const char *text, const char *message, const char *file, int line)
{
	struct errmsg e;
	struct spec s;
	bool ok = load(&s, text, &e);

	test_text(ok ? "" : e.text, message, file, line);
	test_check(ok || (!s.axis && !s.file && !s.n), file, line, "nothing is left behind");
	if (ok)
		spec_release(&s);
}
/* The same for the values of one axis, or its gate, from line 2 on. */
#define AXIS_FAILS(rest, message) fails("axes:\n- {path: " rest "}\n", "s.yaml:2: " message, __FILE__, __LINE__)

/* Taken, with exactly these warnings. */
#define WARNS(text, warned) warns(text, warned, __FILE__, __LINE__)
static void warns(const char *text, const char *warned, const char *file, int line)
{
	struct errmsg e;
	struct spec s;

	if (!test_check(load(&s, text, &e), file, line, text))
		return;
	buf_clear(&warnings);
	spec_check(&s, keep_warning, NULL);
	test_text(buf_cstr(&warnings), warned, file, line);
	spec_release(&s);
}

/* The values of the first axis. */
#define VALUES(rest, n, ...) values("axes:\n- {path: " rest "}\n", n, (const double[]){ __VA_ARGS__ }, __FILE__, __LINE__)
static void values(const char *text, uint32_t n, const double *want, const char *file, int line)
{
	struct errmsg e = { "" };
	struct spec s;
	uint32_t i;

	if (!test_check(load(&s, text, &e), file, line, e.text))
		return;
	test_check(s.n == 1 && s.axis->n == n, file, line, "number of values");
	for (i = 0; i < n && i < s.axis->n; i++)
		test_same(s.axis->value[i], want[i], file, line, text);
	spec_release(&s);
}

static void test_document(void)
{
	static const char text[] =
		"# a comment\n"
		"lookback: 260\n"
		"axes:\n"
		"- path: trade.sl_atr_mult\n"
		"  values: [1.5, 2.5]\n"
		"- path: filters.adx_rising_saturation\n"
		"  gate: {path: filters.require_adx_rising, eq: 1}\n"
		"  values:\n"
		"  - 28\n"
		"  - 40\n"
		"- path: filters.require_adx_rising\n"
		"  values: [0, 1]\n"
		"  gate: ~\n"
		"- path: trade.tp_partial_pct\n"
		"  values: [0.5]\n"
		"  gate: {path: trade.enable_partial_tp, eq: true}\n"
		"initial_balance: 10000000\n";
	struct errmsg e;
	struct spec s;

	if (!CHECK(load(&s, text, &e)))
		return;
	CHECK_TEXT(s.file, "s.yaml");
	CHECK(s.n == 4 && s.has_lookback && s.lookback == 260 && s.has_balance);
	CHECK_SAME(s.initial_balance_usd, 10000000.0);
	CHECK_TEXT(param_rows[s.axis[0].row].path, "trade.sl_atr_mult");
	CHECK(s.axis[0].n == 2 && !s.axis[0].gated && s.axis[0].gate_axis == -1 && s.axis[0].line == 4);
	CHECK_SAME(s.axis[0].value[1], 2.5);
	CHECK(s.axis[1].gated && s.axis[1].gate_axis == 2 && s.axis[1].line == 6);
	CHECK(s.axis[1].gate_row == s.axis[2].row && !s.axis[2].gated);
	CHECK_SAME(s.axis[1].gate_eq, 1.0);
	CHECK(s.axis[3].gated && s.axis[3].gate_axis == -1);
	CHECK_TEXT(param_rows[s.axis[3].gate_row].path, "trade.enable_partial_tp");
	CHECK_SAME(s.axis[3].gate_eq, 1.0);
	CHECK(spec_find(&s, s.axis[2].row) == 2 && spec_find(&s, (unsigned)row_find("trade.leverage")) == -1);
	CHECK(spec_opens(s.axis + 1, 1) && spec_opens(s.axis + 1, 1 + 9e-10) && !spec_opens(s.axis + 1, 1 + 2e-9) && !spec_opens(s.axis + 1, 0));
	spec_release(&s);
	CHECK(load(&s, "axes: [{path: trade.leverage, values: [1]}]\n", &e) && !s.has_lookback && !s.has_balance);
	spec_release(&s);
}

static void test_file(void)
{
	struct errmsg e;
	struct spec s;

	if (CHECK(spec_load(&s, "config/sweep.yaml", &e))) {
		CHECK(s.n == 7);
		buf_clear(&warnings);
		spec_check(&s, keep_warning, NULL);
		CHECK_TEXT(buf_cstr(&warnings), "");
		spec_release(&s);
	}
	CHECK(!spec_load(&s, "config/nowhere.yaml", &e) && strstr(e.text, "config/nowhere.yaml") && !s.axis && !s.file);
}

/* Either name of the ATR average's window is one key, as axis and at a gate. */
static void test_twins(void)
{
	static const char text[] =
		"axes:\n"
		"- {path: indicators.ave_avg_atr_window, values: [20, 50]}\n"
		"- {path: trade.leverage, values: [1, 2], gate: {path: thresholds.entry.ave_avg_atr_window, eq: 50}}\n";
	struct errmsg e;
	struct spec s;

	if (CHECK(load(&s, text, &e))) {
		CHECK(s.axis[1].gate_axis == 0);
		spec_release(&s);
	}
	FAILS("axes:\n- {path: indicators.ave_avg_atr_window, values: [20]}\n- path: thresholds.entry.ave_avg_atr_window\n  values: [20]\n",
	      "s.yaml:3: thresholds.entry.ave_avg_atr_window is the same key as indicators.ave_avg_atr_window, an axis at line 2");
	FAILS("axes:\n- {path: trade.leverage, values: [1]}\n- values: [2]\n  path: trade.leverage\n",
	      "s.yaml:4: trade.leverage is already an axis at line 2");
}

static void test_values(void)
{
	VALUES("trade.sl_atr_mult, values: [1, 2.5, .5, 5., 1e1, +3]", 6, 1, 2.5, 0.5, 5, 10, 3);
	VALUES("trade.enable_partial_tp, values: [true, 0]", 2, 1, 0);
	VALUES("trade.enable_partial_tp, values: [False, 1]", 2, 0, 1);
	VALUES("trade.entry_min_confidence, values: [low, 1, High]", 3, 0, 1, 2);
	VALUES("thresholds.entry.macd_hist_entry_mode, values: [none, accel, \"sign\"]", 3, 2, 0, 1);
	VALUES("trade.max_adds_per_symbol, values: [0, 4294967295]", 2, 0, 4294967295);
	VALUES("indicators.adx_window, values: [1, 4096.5]", 2, 1, 4096.5);	/* decoded: 4096 */

	AXIS_FAILS("trade.sl_atr_mult, values: []", "trade.sl_atr_mult: values is empty; an axis has one value at least");
	AXIS_FAILS("trade.sl_atr_mult, values: 2", "trade.sl_atr_mult: values is not a list of numbers");
	AXIS_FAILS("trade.sl_atr_mult, values: ~", "trade.sl_atr_mult: values is not a list of numbers");
	AXIS_FAILS("trade.sl_atr_mult", "trade.sl_atr_mult: values is missing; a list of numbers is wanted");
	AXIS_FAILS("trade.sl_atr_mult, values: [1, x]", "trade.sl_atr_mult: \"x\" is not a number");
	AXIS_FAILS("trade.sl_atr_mult, values: [true]", "trade.sl_atr_mult: \"true\" is not a number");
	AXIS_FAILS("trade.sl_atr_mult, values: [\"1\"]", "trade.sl_atr_mult: \"1\" is a string; write the number without quotes");
	AXIS_FAILS("trade.sl_atr_mult, values: [[1]]", "trade.sl_atr_mult: a value is not a number");
	AXIS_FAILS("trade.sl_atr_mult, values: [~]", "trade.sl_atr_mult: a value is not a number");
	AXIS_FAILS("trade.sl_atr_mult, values: [.nan]", "trade.sl_atr_mult: .nan is not a finite number");
	AXIS_FAILS("trade.sl_atr_mult, values: [1, -.inf]", "trade.sl_atr_mult: -.inf is not a finite number");
	AXIS_FAILS("trade.sl_atr_mult, values: [1e999]", "trade.sl_atr_mult: \"1e999\" is not a number");
	AXIS_FAILS("trade.enable_partial_tp, values: [yes]", "trade.enable_partial_tp: \"yes\" is not true or false");
	AXIS_FAILS("trade.entry_min_confidence, values: [none]", "trade.entry_min_confidence: \"none\" is not low, medium or high");
	FAILS("axes:\n- path: indicators.adx_window\n  values:\n  - 1\n  - 0.9\n", "s.yaml:5: indicators.adx_window: 0.9 is out of range; from 1 to 4096 is wanted");
	FAILS("axes:\n- path: indicators.adx_window\n  values: [1,\n    4097]\n", "s.yaml:4: indicators.adx_window: 4097 is out of range; from 1 to 4096 is wanted");
	AXIS_FAILS("trade.allocation_pct, values: [1.01]", "trade.allocation_pct: 1.01 is out of range; from 0 to 1 is wanted");
}

/* Two values that the key takes as one would be the same candidate under two ids. */
static void test_same_values(void)
{
	AXIS_FAILS("trade.sl_atr_mult, values: [1, 2, 1.0]", "trade.sl_atr_mult: the values 1 and 1.0 both mean 1.0");
	AXIS_FAILS("trade.sl_atr_mult, values: [0, -0.0]", "trade.sl_atr_mult: the values 0 and -0.0 both mean -0.0");
	AXIS_FAILS("trade.max_adds_per_symbol, values: [8.2, 3, 8.7]", "trade.max_adds_per_symbol: the values 8.2 and 8.7 both mean 8");
	AXIS_FAILS("trade.max_adds_per_symbol, values: [0, -3]", "trade.max_adds_per_symbol: the values 0 and -3 both mean 0");
	AXIS_FAILS("trade.enable_partial_tp, values: [1, 0.5]", "trade.enable_partial_tp: the values 1 and 0.5 both mean true");
	AXIS_FAILS("trade.entry_min_confidence, values: [2, high]", "trade.entry_min_confidence: the values 2 and high both mean \"high\"");
	AXIS_FAILS("trade.entry_min_confidence, values: [2, 3]", "trade.entry_min_confidence: the values 2 and 3 both mean \"high\"");
	FAILS("axes:\n- path: trade.leverage\n  values:\n  - 5\n  - 7\n  - 5\n", "s.yaml:6: trade.leverage: the values 5 and 5 both mean 5.0");
}

static void test_keys(void)
{
	FAILS("", "s.yaml:1: empty; a mapping is wanted");
	FAILS("- a\n", "s.yaml:1: a specification is not a mapping");
	FAILS("lookback: 5\n", "s.yaml:1: axes is missing; a list of {path: KEY, values: [NUMBER, ...]} is wanted");
	FAILS("axes:\n", "s.yaml:1: axes is not a list of axes, {path: KEY, values: [NUMBER, ...]} each");
	FAILS("axes: []\n", "s.yaml:1: axes is empty; one axis at least is wanted");
	FAILS("axes: [1]\n", "s.yaml:1: an axis is not a mapping");
	FAILS("axes: []\nlokback: 5\n", "s.yaml:2: a specification has no key \"lokback\"; did you mean lookback?");
	FAILS("global: {}\naxes: []\n", "s.yaml:1: a specification has no key \"global\"");
	FAILS("axes:\n- {values: [1]}\n", "s.yaml:2: an axis has no path; the key that it varies is wanted");
	FAILS("axes:\n- path: trade.leverage\n  value: [1]\n", "s.yaml:3: an axis has no key \"value\"; did you mean values?");
	FAILS("axes:\n- path: [trade.leverage]\n  values: [1]\n", "s.yaml:2: path is not the name of a key");
	FAILS("axes:\n- path: ~\n  values: [1]\n", "s.yaml:2: path is not the name of a key");
	AXIS_FAILS("trade.sl_atr_mul, values: [1]", "\"trade.sl_atr_mul\" is not a known key; did you mean trade.sl_atr_mult?");
	AXIS_FAILS("thresholds.stoch_rsi.overbought, values: [1]", "\"thresholds.stoch_rsi.overbought\" is not a known key");
	AXIS_FAILS("engine.interval, values: [1]", "engine.interval is not an axis of a sweep");
	FAILS("axes: [{path: trade.leverage, values: [1]}]\n---\n", "s.yaml:2: a second document (---) is not taken; one file, one document");
}

static void test_numbers_of_the_root(void)
{
	static const char bars[] = "s.yaml:2: lookback is not a number of bars, a whole number from 0 to 4294967295",
		usd[] = "s.yaml:2: initial_balance is not an amount in USD, a number above 0";
	static const char *const no_bars[] = { "-1", "260.0", "4294967296", "x", "~", "\"5\"", "[5]", ".nan" }, *const no_usd[] = { "0", "-5", "x", "~", ".inf", "{}" };
	struct errmsg e;
	char text[128];
	struct spec s;
	size_t i;

	for (i = 0; i < sizeof no_bars / sizeof *no_bars; i++) {
		snprintf(text, sizeof text, "axes: [{path: trade.leverage, values: [1]}]\nlookback: %s\n", no_bars[i]);
		FAILS(text, bars);
	}
	for (i = 0; i < sizeof no_usd / sizeof *no_usd; i++) {
		snprintf(text, sizeof text, "axes: [{path: trade.leverage, values: [1]}]\ninitial_balance: %s\n", no_usd[i]);
		FAILS(text, usd);
	}
	if (CHECK(load(&s, "axes: [{path: trade.leverage, values: [1]}]\nlookback: 0\ninitial_balance: 0.5\n", &e))) {
		CHECK(s.has_lookback && s.lookback == 0 && s.has_balance && s.initial_balance_usd == 0.5);
		spec_release(&s);
	}
}

static void test_gates(void)
{
	AXIS_FAILS("trade.leverage, values: [1], gate: trade.enable_partial_tp", "gate is not a mapping");
	AXIS_FAILS("trade.leverage, values: [1], gate: {path: trade.enable_partial_tp}", "trade.leverage: gate has no eq; {path: KEY, eq: NUMBER} is wanted");
	AXIS_FAILS("trade.leverage, values: [1], gate: {eq: 1}", "trade.leverage: gate has no path; {path: KEY, eq: NUMBER} is wanted");
	AXIS_FAILS("trade.leverage, values: [1], gate: {path: trade.enable_partial_tp, equals: 1}", "gate has no key \"equals\"");
	AXIS_FAILS("trade.leverage, values: [1], gate: {path: trade.enable_partial_t, eq: 1}",
		   "\"trade.enable_partial_t\" is not a known key; did you mean trade.enable_partial_tp?");
	AXIS_FAILS("trade.leverage, values: [1], gate: {path: engine.interval, eq: 1}", "engine.interval is not an axis of a sweep");
	AXIS_FAILS("trade.leverage, values: [1], gate: {path: trade.enable_partial_tp, eq: on}", "trade.enable_partial_tp: \"on\" is not true or false");
	AXIS_FAILS("trade.leverage, values: [1], gate: {path: trade.enable_partial_tp, eq: ~}", "trade.enable_partial_tp: eq is not a number");
	AXIS_FAILS("trade.leverage, values: [1, 2], gate: {path: trade.leverage, eq: 1}", "trade.leverage: its gate is the axis itself");
	AXIS_FAILS("indicators.ave_avg_atr_window, values: [1, 2], gate: {path: thresholds.entry.ave_avg_atr_window, eq: 1}",
		   "indicators.ave_avg_atr_window: its gate is the axis itself");
	FAILS("axes:\n"
	      "- {path: trade.leverage, values: [1], gate: {path: trade.leverage_low, eq: 1}}\n"	/* leads to the circle, is none of it */
	      "- {path: trade.leverage_low, values: [1], gate: {path: trade.leverage_medium, eq: 1}}\n"
	      "- {path: trade.leverage_high, values: [1], gate: {path: trade.leverage_low, eq: 1}}\n"
	      "- {path: trade.leverage_medium, values: [1], gate: {path: trade.leverage_high, eq: 1}}\n",
	      "s.yaml:3: the gates form a circle: trade.leverage_low <- trade.leverage_medium <- trade.leverage_high <- trade.leverage_low");
	FAILS("axes:\n"
	      "- {path: trade.leverage, values: [1], gate: {path: trade.leverage_low, eq: 1}}\n"
	      "- {path: trade.leverage_low, values: [1], gate: {path: trade.leverage, eq: 1}}\n",
	      "s.yaml:2: the gates form a circle: trade.leverage <- trade.leverage_low <- trade.leverage");
}

static void test_warnings(void)
{
	WARNS("axes:\n- {path: trade.sl_atr_mult, values: [1, 2]}\n", "");
	WARNS("axes:\n- {path: trade.enable_partial_tp, values: [0]}\n- {path: trade.tp_partial_pct, values: [0.5, 0.6], gate: {path: trade.enable_partial_tp, eq: 1}}\n",
	      "s.yaml:3: trade.tp_partial_pct: never active, as no value of trade.enable_partial_tp is 1\n");
	WARNS("axes:\n- {path: trade.tp_partial_pct, values: [0.5], gate: {path: trade.enable_partial_tp, eq: 7}}\n", "");	/* no axis: the base decides */
	WARNS("axes:\n- {path: trade.max_adds_per_symbol, values: [2.5, -1]}\n",
	      "s.yaml:2: trade.max_adds_per_symbol: 2.5 is taken as 2\ns.yaml:2: trade.max_adds_per_symbol: -1 is taken as 0\n");
	WARNS("axes:\n- {path: trade.enable_partial_tp, values: [0, 5]}\n", "s.yaml:2: trade.enable_partial_tp: 5 is taken as true\n");
	WARNS("axes:\n- {path: trade.entry_min_confidence, values: [low, 9]}\n", "s.yaml:2: trade.entry_min_confidence: 9 is taken as \"high\"\n");
	WARNS("axes:\n- {path: trade.sl_atr_mult, values: [0, 1]}\n", "s.yaml:2: trade.sl_atr_mult: 0 is out of range; more than 0 is wanted\n");
}

int main(void)
{
	test_document();
	test_file();
	test_twins();
	test_values();
	test_same_values();
	test_keys();
	test_numbers_of_the_root();
	test_gates();
	test_warnings();
	buf_release(&warnings);
	return test_end("spec");
}
