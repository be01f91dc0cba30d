/* SPDX-License-Identifier: MIT
 * lib/config: layers, types, checks with their messages, profiles, lowering, fingerprints. */
#include "config/row.h"
#include "config/yaml.h"

#include "base/hash.h"
#include "base/near.h"

#include "test.h"

#include <stdlib.h>

#define FIXTURES "test/fixtures/config/"

/* ---- helpers ---- */

static struct buf warnings;	/* of the last load: a line each */

static void keep_warning(void *arg, const char *text)
{
	(void)arg;
	buf_addf(&warnings, "%s\n", text);
}

static const char *error(struct errmsg *e, bool ok)
{
	return ok ? "" : e->text;
}

static bool load_text(struct config *c, const char *text, const struct config_layers *l, struct errmsg *e)
{
	buf_clear(&warnings);
	return config_load_text(c, "f.yaml", text, strlen(text), l, keep_warning, NULL, e);
}

/* Refused with exactly this message, and without a warning beside it. */
#define FAILS(text, message) fails(text, message, __FILE__, __LINE__)
static void fails(const char *text, const char *message, const char *file, int line)
{
	struct config c;
	struct errmsg e;
	bool ok = load_text(&c, text, NULL, &e);

	test_text(error(&e, ok), message, file, line);
	test_check(!warnings.len && !c.file && !c.engine_interval, file, line, "nothing is left behind");
	if (ok)
		config_release(&c);
}

/* Lenient: loads with exactly these warnings, and path has this value. */
#define BENDS(text, warned, path, value) bends(text, warned, path, value, __FILE__, __LINE__)
static void bends(const char *text, const char *warned, const char *path, double value, const char *file, int line)
{
	struct config c;
	struct errmsg e;
	double v = NAN;

	if (!test_check(load_text(&c, text, &(struct config_layers){ .lenient = true }, &e), file, line, e.text))
		return;
	test_text(buf_cstr(&warnings), warned, file, line);
	if (path)
		test_check(config_get_value(&c, path, &v), file, line, path);
	if (path)
		test_same(v, value, file, line, path);
	config_release(&c);
}

/* Loads, with exactly these warnings. */
#define WARNS(text, warned) warns(text, warned, NULL, __FILE__, __LINE__)
static void warns(const char *text, const char *warned, const struct config_layers *l, const char *file, int line)
{
	struct config c;
	struct errmsg e;

	if (!test_check(load_text(&c, text, l, &e), file, line, e.text))
		return;
	test_text(buf_cstr(&warnings), warned, file, line);
	config_release(&c);
}

static double value(const struct config *c, const char *path)
{
	double v = NAN;

	CHECK(config_get_value(c, path, &v));
	return v;
}

/* ---- the table ---- */

static void test_rows(void)
{
	unsigned i, axes = 0, series = 0;
	struct config c;
	struct errmsg e;

	CHECK(n_param_rows == 150 && N_PARAMS == 150);
	for (i = 0; i < N_PARAMS; i++) {
		const struct param_row *r = param_rows + i;

		CHECK(row_find(r->path) == (int)i);
		CHECK(*r->meaning && !strchr(r->meaning, '\n'));
		axes += config_is_axis(r);
		series += r->flags & SERIES && config_is_axis(r);
		if (r->flags & WINDOW)
			CHECK(r->type == PARAM_UINT && r->lo == 1 && r->hi == 4096);
		if (r->type == PARAM_TEXT)
			CHECK(r->init_text && !config_is_axis(r));
	}
	CHECK(axes == 142);
	CHECK(series == 19);	/* 14 windows, two more in thresholds.entry, the switch and the limits of StochRSI */
	CHECK(row_find("trade") < 0 && row_find("") < 0 && row_find("trade.") < 0);
	CHECK(row_twin((unsigned)row_find("indicators.ave_avg_atr_window")) == row_find("thresholds.entry.ave_avg_atr_window"));
	CHECK(row_twin((unsigned)row_find("thresholds.entry.ave_avg_atr_window")) == row_find("indicators.ave_avg_atr_window"));
	CHECK(row_twin(0) == -1);
	CHECK_TEXT(member_path("entry_min_adx"), "thresholds.entry.min_adx");
	CHECK_TEXT(member_path("trade_sl_atr_mult"), "trade.sl_atr_mult");
	CHECK_TEXT(member_path("market_regime_enable_auto_reverse"), "market_regime.enable_auto_reverse");
	CHECK(!member_path("trade_sl_atr") && !member_path("min_adx"));

	buf_clear(&warnings);
	config_defaults(&c);
	CHECK(config_check(&c, false, keep_warning, NULL, &e));
	CHECK_TEXT(buf_cstr(&warnings), "");
	CHECK_SAME(c.params.trade_allocation_pct, 0.03);
	CHECK(c.params.indicators_ema_macro_window == 200 && c.params.trade_entry_min_confidence == CONFIDENCE_HIGH);
	CHECK(c.params.entry_macd_hist_entry_mode == MACD_ACCEL && !c.params.repair_btc_context);
	CHECK_TEXT(c.engine_interval, "1h");
	CHECK_TEXT(c.pipeline_default_profile, "production");
	config_release(&c);
	config_release(&c);	/* twice is harmless */
}

static void test_distance(void)
{
	char longer[NEAR_LONGEST + 2];

	CHECK(near_distance("", "") == 0 && near_distance("same", "same") == 0);
	CHECK(near_distance("abc", "ab") == 1 && near_distance("ab", "abc") == 1 && near_distance("abc", "axc") == 1);
	CHECK(near_distance("abcd", "abdc") == 1 && near_distance("abcd", "badc") == 2);
	CHECK(near_distance("kitten", "sitting") == 3 && near_distance("", "abc") == 3);
	memset(longer, 'a', sizeof longer);
	longer[NEAR_LONGEST + 1] = '\0';
	CHECK(near_distance(longer, longer) == NEAR_LONGEST);
	longer[NEAR_LONGEST] = '\0';
	CHECK(near_distance(longer, longer) == 0);
}

/* ---- fingerprints ---- */

static void check_id(const char *file, const struct config_layers *l, size_t bytes, const char *id, int line)
{
	struct buf json = BUF_INIT;
	struct config c;
	struct errmsg e;
	char hex[65];

	if (!test_check(config_load(&c, file, l, NULL, NULL, &e), __FILE__, line, e.text))
		return;
	config_canonical(&c, &json);
	test_check(json.len == bytes, __FILE__, line, "length of the canonical form");
	config_id(&c, hex);
	test_text(hex, id, __FILE__, line);
	buf_release(&json);
	config_release(&c);
}
#define ID(file, bytes, id, ...) check_id(FIXTURES file, &(struct config_layers){ __VA_ARGS__ }, bytes, id, __LINE__)

/* The ids of the fixtures were computed by another program from the merged trees. */
static void test_fingerprints(void)
{
	static const char defaults[] = "abd84e02d52cae946f74c58444bbca0067c9e92a266d7b2985e4211c60008021";
	struct buf json = BUF_INIT;
	struct config c;
	struct errmsg e;
	char hex[65];

	config_defaults(&c);
	config_canonical(&c, &json);
	CHECK(json.len == 4169);
	sha256_hex(json.data, json.len, hex);
	CHECK_TEXT(hex, defaults);
	CHECK(strncmp(json.data, "{\"trade\":{\"add_cooldown_minutes\":60,\"add_fraction_of_base_margin\":0.5,\"add_min_confidence\":\"medium\",", 99) == 0);
	CHECK(strstr(buf_cstr(&json), "\"thresholds\":{\"anomaly\":{\"ema_fast_dev_pct_gt\":0.5,\"price_change_pct_gt\":0.1},\"entry\":{\"ave_adx_mult\":1.25,"));
	CHECK(strstr(buf_cstr(&json), "\"pipeline\":{\"default_profile\":\"production\",\"profiles\":{}}}"));

	/* A repair shows only while it is on. */
	c.params.repair_intervals_from_data = c.params.repair_btc_context = true;
	buf_clear(&json);
	config_canonical(&c, &json);
	CHECK(strstr(buf_cstr(&json), "\"profiles\":{}},\"repairs\":{\"btc_context\":true,\"intervals_from_data\":true}}"));
	c.params.repair_intervals_from_data = c.params.repair_btc_context = false;
	config_id(&c, hex);
	CHECK_TEXT(hex, defaults);

	/* Number texts. */
	CHECK(config_set_value(&c, "trade.sl_atr_mult", 1e-6, &e) && config_set_value(&c, "trade.tp_atr_mult", 1e16, &e));
	CHECK(config_set_value(&c, "trade.leverage", 0.00001, &e));
	buf_clear(&json);
	config_canonical(&c, &json);
	CHECK(strstr(buf_cstr(&json), "\"leverage\":0.00001,") && strstr(buf_cstr(&json), "\"sl_atr_mult\":1e-6,"));
	CHECK(strstr(buf_cstr(&json), "\"tp_atr_mult\":1e16,"));
	config_release(&c);

	/* Comments, order, defaults written out and unread keys do not show. */
	CHECK(load_text(&c, "# x\n_meta: {a: [1, {b: c}]}\nglobal: {engine: {interval: 1h}, watchlist_exclude: [A], trade: {sl_atr_mult: 2, max_adds_per_symbol: 2}}\n", NULL, &e));
	config_id(&c, hex);
	CHECK_TEXT(hex, defaults);
	config_release(&c);
	buf_release(&json);

	ID("reference.yaml", 4175, "02597fbbfa7a3ec35f7f56046c94afea0e1981410f22a992e741adf8e2234538", NULL);
	ID("reference.yaml", 4174, "54a6ba2f775ed4e3dee9840b0007d235d8ca45e1106a26a567d9df9b25c75784", .mode = "fallback");
	ID("layers.yaml", 4732, "8d031dced56bb51ac08ecb5b1abec503e007fe0ba0ac00ae67d6520a89a502d1", NULL);
	ID("layers.yaml", 4733, "44b08443a900994f334c44c93a0510c6014f0efaac2fd380a5219bcd605fd837", .symbol = "kPEPE");
	ID("layers.yaml", 5232, "fcb2ddcce950e8530953f5eafa8b760f5c8f12256adca5213e961d9791df4426", .symbol = "SUI");
	ID("layers.yaml", 5232, "524b92478cb83e7906908b0bc93b2c4f69aa7cdccb775f8f2cc2ee8c69de78cf", .symbol = "SUI", .live = true);
	ID("layers.yaml", 5233, "025f71122b677e4b5bd119f6f8de7a1a77a16222b292c610dd277f94ccd7a567", .symbol = "SUI", .live = true, .mode = "primary");
	ID("layers.yaml", 5233, "e794ba05353bc374bc5601ac855c6484d4ba6ff2f5f817ce6bbd11d2011496c4", .symbol = "SUI", .live = true, .mode = "conservative");
	ID("layers.yaml", 4734, "63ab43affd1906ca075b1e8bb36c87e68606e475cc60f6f09cc3e8b44494ba70", .live = true, .mode = "conservative");
}

/* ---- layers ---- */

static double slippage(const char *symbol, bool live, const char *mode)
{
	struct config c;
	struct errmsg e;
	double v;

	if (!CHECK(config_load(&c, FIXTURES "layers.yaml", &(struct config_layers){ .symbol = symbol, .live = live, .mode = mode }, NULL, NULL, &e)))
		return NAN;
	v = c.params.trade_slippage_bps;
	config_release(&c);
	return v;
}

static void test_layers(void)
{
	struct config c;
	struct errmsg e;

	CHECK_SAME(slippage(NULL, false, NULL), 1);
	CHECK_SAME(slippage("SUI", false, NULL), 21);
	CHECK_SAME(slippage("SUI", true, NULL), 310);
	CHECK_SAME(slippage(NULL, true, NULL), 300);
	CHECK_SAME(slippage("kPEPE", true, NULL), 300);
	CHECK_SAME(slippage("SUI", true, "primary"), 4000);
	CHECK_SAME(slippage("SUI", false, "primary"), 4000);
	CHECK_SAME(slippage("SUI", true, "conservative"), 4110);
	CHECK_SAME(slippage(NULL, true, "conservative"), 4100);
	CHECK_SAME(slippage(NULL, false, "empty"), 1);
	/* names: as given, upper case, lower case; the file's own case is not folded */
	CHECK_SAME(slippage("kPEPE", false, NULL), 20);
	CHECK_SAME(slippage("KPEPE", false, NULL), 1);
	CHECK_SAME(slippage("sui", false, NULL), 21);
	CHECK_SAME(slippage("BTC", false, NULL), 22);
	CHECK_SAME(slippage("Btc", false, NULL), 22);
	CHECK_SAME(slippage("ETH", false, NULL), 1);
	CHECK_SAME(slippage("Eth", false, NULL), 23);
	CHECK(load_text(&c, "symbols: {AZ: {trade: {leverage: 2}}, az: {trade: {leverage: 4}}}\n", &(struct config_layers){ .symbol = "aZ" }, &e));
	CHECK_SAME(c.params.trade_leverage, 2);
	config_release(&c);
	CHECK(load_text(&c, "symbols: {az: {trade: {leverage: 4}}}\n", &(struct config_layers){ .symbol = "AZ" }, &e));
	CHECK_SAME(c.params.trade_leverage, 4);
	config_release(&c);
	/* modes and their other names; upper-case keys are found as well */
	CHECK_SAME(slippage(NULL, false, "mode1"), 4000);
	CHECK_SAME(slippage(NULL, false, " M1 "), 4000);
	CHECK_SAME(slippage(NULL, false, "PRIMARY"), 4000);
	CHECK_SAME(slippage(NULL, false, "mode3"), 4100);
	CHECK_SAME(slippage(NULL, false, "m3"), 4100);
	CHECK_SAME(slippage(NULL, false, "safety"), 4100);
	CHECK_SAME(slippage(NULL, false, "Safe"), 4100);
	CHECK_SAME(slippage(NULL, false, ""), 1);
	CHECK_SAME(slippage(NULL, false, "  "), 1);
	for (const char *const *m = (const char *const[]){ "flat", "halt", "pause", "paused", NULL }; *m; m++) {
		CHECK(config_load(&c, FIXTURES "layers.yaml", &(struct config_layers){ .symbol = "SUI", .mode = *m }, NULL, NULL, &e));
		CHECK(c.params.trade_max_entry_orders_per_loop == 0);
		CHECK_SAME(c.params.trade_slippage_bps, 21);
		config_release(&c);
	}

	/* where a value comes from; lists are replaced; profiles ascend */
	CHECK(config_load(&c, FIXTURES "layers.yaml", &(struct config_layers){ .symbol = "SUI", .live = true }, NULL, NULL, &e));
	CHECK(c.origin[row_find("trade.slippage_bps")].layer == LAYER_LIVE && c.origin[row_find("trade.slippage_bps")].line == 22);
	CHECK(c.origin[row_find("trade.sl_atr_mult")].layer == LAYER_GLOBAL && c.origin[row_find("trade.sl_atr_mult")].line == 4);
	CHECK(c.origin[row_find("trade.tp_atr_mult")].layer == LAYER_DEFAULT && c.origin[row_find("trade.tp_atr_mult")].line == 0);
	CHECK(c.n_profiles == 2 && strcmp(c.profiles[0].name, "mine") == 0 && strcmp(c.profiles[1].name, "other") == 0);
	CHECK(c.profiles[0].group[GROUP_exits].disabled.n == 1);
	CHECK_TEXT(c.profiles[0].group[GROUP_exits].disabled.id[0], "exit.smart.mmde");
	CHECK_TEXT(c.profiles[0].ranker, "confidence_adx");
	CHECK_SAME(c.params.trade_leverage_low, 2);
	config_release(&c);

	warns("global: {}\n", "f.yaml:1: there is no mode \"fallback\"; none is applied\n", &(struct config_layers){ .mode = "m2" }, __FILE__, __LINE__);
	warns("global:\nsymbols: ~\nlive: null\nmodes:\n", "", &(struct config_layers){ .symbol = "BTC", .live = true }, __FILE__, __LINE__);
	WARNS("symbols: {BTC: }\nlive: {global: , symbols: }\nmodes: {flat: {symbols: {BTC: ~}}}\n", "");
	WARNS("trade: {sl_atr_mult: 3}\nglobl: {}\ninitial_balance: 5\n_promoted_meta: {a: 1}\n",
	      "f.yaml:1: \"trade\" is ignored: layers are global, symbols, live and modes; sections stand inside global\n"
	      "f.yaml:2: \"globl\" is ignored: layers are global, symbols, live and modes; did you mean global?\n"
	      "f.yaml:3: \"initial_balance\" is ignored: layers are global, symbols, live and modes\n");

	/* layers that nobody asked for are typed too */
	FAILS("live: {trade: {sl_atr_mult: x}}\n", "f.yaml:1: trade.sl_atr_mult: \"x\" is not a number");
	FAILS("symbols:\n  BTC:\n    trade:\n      sl_atr_mul: 1\n", "f.yaml:4: \"trade.sl_atr_mul\" is not a known key; did you mean trade.sl_atr_mult?");
	FAILS("modes: {x: {symbols: {A: {filters: 1}}}}\n", "f.yaml:1: filters is a single value; a mapping is wanted");
	FAILS("live:\n  global: {}\n  trade: {}\n", "f.yaml:3: live.trade stands beside global or symbols, where it has no effect; move it into global");
	FAILS("global: 3\n", "f.yaml:1: global is a single value; a mapping is wanted");
	FAILS("symbols: [BTC]\n", "f.yaml:1: symbols is a list; a mapping is wanted");
	FAILS("symbols: {BTC: []}\n", "f.yaml:1: symbols.BTC is a list; a mapping is wanted");
	FAILS("live: yes\n", "f.yaml:1: live is a single value; a mapping is wanted");
	FAILS("modes: {flat: 1}\n", "f.yaml:1: modes.flat is a single value; a mapping is wanted");
	FAILS("live: {symbols: 1}\n", "f.yaml:1: live.symbols is a single value; a mapping is wanted");
	FAILS("- a\n", "f.yaml:1: the file is a list; a mapping with global, symbols, live or modes is wanted");
	FAILS("word\n", "f.yaml:1: the file is a single value; a mapping with global, symbols, live or modes is wanted");
	FAILS("", "f.yaml:1: empty; a mapping is wanted");
	FAILS("# nothing\n", "f.yaml:1: empty; a mapping is wanted");
}

/* ---- YAML that is refused ---- */

static void test_yaml(void)
{
	struct buf deep = BUF_INIT;
	int i;

	FAILS("global:\n  trade: {leverage: 1}\n  trade: {leverage: 2}\n", "f.yaml:3: key \"trade\" is already given at line 2");
	FAILS("global: {}\n\"global\": {}\n", "f.yaml:2: key \"global\" is already given at line 1");
	FAILS("_x: {a: 1, b: 2, a: 3}\n", "f.yaml:1: key \"a\" is already given at line 1");
	FAILS("global: &a {}\n", "f.yaml:1: anchors (&name) are not taken; write the value out");
	FAILS("global: {trade: {leverage: &l 3}}\n", "f.yaml:1: anchors (&name) are not taken; write the value out");
	FAILS("_x: [&a [1]]\n", "f.yaml:1: anchors (&name) are not taken; write the value out");
	FAILS("global: {}\nlive: *a\n", "f.yaml:2: aliases (*name) are not taken; write the value out");
	FAILS("global:\n  trade: {leverage: !!float 3}\n", "f.yaml:2: tags (!name) are not taken; leave the tag out");
	FAILS("global: !!map {}\n", "f.yaml:1: tags (!name) are not taken; leave the tag out");
	FAILS("global:\n  trade:\n    <<: {leverage: 3}\n", "f.yaml:3: merge keys (<<) are not taken; write the entries out, or use a layer");
	FAILS("global: {}\n---\nglobal: {}\n", "f.yaml:2: a second document (---) is not taken; one file, one document");
	FAILS("global: {}\n...\n---\n", "f.yaml:3: a second document (---) is not taken; one file, one document");
	FAILS("? {a: 1}\n: 2\n", "f.yaml:1: a key must be a word, not a mapping or a list");
	FAILS("global: {[a]: 1}\n", "f.yaml:1: a key must be a word, not a mapping or a list");
	FAILS(": 1\n", "f.yaml:1: not YAML: did not find expected key");
	FAILS("?\n: 1\n", "f.yaml:1: a key is empty");
	FAILS("\"\": 1\n", "f.yaml:1: a key is empty");
	FAILS("_x: \"a\\0b\"\n", "f.yaml:1: a text with a NUL character is not taken");
	FAILS("global:\n  trade: {leverage: \"3\n", "f.yaml:3: not YAML: found unexpected end of stream (while scanning a quoted scalar from line 2)");
	FAILS("global:\n\ttrade: 1\n", "f.yaml:2: not YAML: found character that cannot start any token");
	FAILS("a: 1\nb: \xff\n", "f.yaml:2: not YAML: invalid leading UTF-8 octet");
	FAILS("a: 1\n\nb: \x01\n", "f.yaml:3: not YAML: control characters are not allowed");
	WARNS("\xef\xbb\xbfglobal: {}\n", "");
	WARNS("%YAML 1.2\n---\nglobal: {}\n...\n", "");

	buf_adds(&deep, "_x: ");
	for (i = 0; i < YDEPTH; i++)
		buf_addc(&deep, '[');
	FAILS(buf_cstr(&deep), "f.yaml:1: nested too deeply");
	buf_clear(&deep);
	buf_adds(&deep, "_x: ");
	for (i = 0; i < YDEPTH - 1; i++)
		buf_addc(&deep, '[');
	for (i = 0; i < YDEPTH - 1; i++)
		buf_addc(&deep, ']');
	WARNS(buf_cstr(&deep), "");
	buf_release(&deep);
}

static void check_number(const char *text, double want, bool whole, int line)
{
	double v = 0;
	bool w = !whole, ok = yaml_number(text, &v, &w);

	test_check(ok, __FILE__, line, text);
	test_same(v, want, __FILE__, line, text);
	if (isfinite(want))
		test_check(w == whole, __FILE__, line, text);
}

static void test_words(void)
{
	static const char *const not[] = { "", "x", "1x", "0x10", "0o7", "1_000", "01", "-", "+", ".", "-.", "..5", "5..", "5.5.5", "1e", "1e+", "e5", "- 5", "1e999",
		"nan", "inf", ".infinity", "..................................................................................................................." };
	double v;
	bool whole;
	size_t i;

	for (i = 0; i < sizeof not / sizeof *not; i++)
		if (!CHECK(!yaml_number(not[i], &v, &whole)))
			printf("  %s\n", not[i]);
	check_number("5", 5, true, __LINE__);
	check_number("-5", -5, true, __LINE__);
	check_number("+5", 5, true, __LINE__);
	check_number("0", 0, true, __LINE__);
	check_number("-0", 0, true, __LINE__);
	check_number("-0.0", -0.0, false, __LINE__);
	check_number(".5", 0.5, false, __LINE__);
	check_number("-.5", -0.5, false, __LINE__);
	check_number("+.5e1", 5, false, __LINE__);
	check_number("5.", 5, false, __LINE__);
	check_number("5.e1", 50, false, __LINE__);
	check_number("1e3", 1000, false, __LINE__);
	check_number("1E-3", 0.001, false, __LINE__);
	check_number("0.1", 0.1, false, __LINE__);
	check_number("9007199254740993", 9007199254740992, true, __LINE__);
	check_number("18446744073709551616", 18446744073709551616.0, true, __LINE__);
	check_number(".inf", INFINITY, false, __LINE__);
	check_number("-.Inf", -INFINITY, false, __LINE__);
	check_number("+.INF", INFINITY, false, __LINE__);
	check_number(".NaN", NAN, false, __LINE__);
	CHECK(yaml_word("") == Y_NULL && yaml_word("~") == Y_NULL && yaml_word("NULL") == Y_NULL && yaml_word("nUll") == Y_STRING);
	CHECK(yaml_word("true") == Y_TRUE && yaml_word("False") == Y_FALSE && yaml_word("yes") == Y_STRING && yaml_word("1") == Y_NUMBER);
}

/* What is written reads back as the same tree. */
static void test_writer(void)
{
	static const char text[] = "a: 1\nb: \"1\"\nc: 'yes'\nd: ~\ne: [x, \"a: b\", [], {}, [1, [2]], {k: v}]\n\"f g\": |\n  two\n  lines\n"
		"h: \"tab\\t quote\\\" back\\\\ nul\\x01 del\\x7f bom\\ufeff ls\\u2028 nel\\x85 \\U0001f600 \xc3\xa9\"\ni: {j: {k: {l: m}}}\nplain text: two words\n"
		"\"1\": {}\n\"true\": 1h\nn: -0.0\no: '# no'\np: \"\"\n'Yes': 'ON'\n'True': 'NULL'\n";
	struct buf out = BUF_INIT, again = BUF_INIT;
	struct ydoc a, b;
	struct errmsg e;
	uint32_t i;

	CHECK(ydoc_parse(&a, "a", text, strlen(text), &e));
	ynode_put(&a, a.node, 0, &out);
	if (!CHECK(ydoc_parse(&b, "b", out.data, out.len, &e))) {
		printf("%s\n%s", e.text, buf_cstr(&out));
		return;
	}
	CHECK(a.n == b.n);
	for (i = 0; i < a.n && i < b.n; i++) {
		bool scalar = a.node[i].kind == Y_SCALAR;

		CHECK(a.node[i].kind == b.node[i].kind && a.node[i].size == b.node[i].size && a.node[i].skip == b.node[i].skip);
		if (scalar && !ynode_null(&a, a.node + i))
			CHECK_TEXT(ynode_text(&b, b.node + i), ynode_text(&a, a.node + i));
		/* what it means: a string stays one, a number stays one */
		if (scalar)
			CHECK((a.node[i].plain ? yaml_word(ynode_text(&a, a.node + i)) : Y_STRING) ==
			      (b.node[i].plain ? yaml_word(ynode_text(&b, b.node + i)) : Y_STRING));
	}
	ynode_put(&b, b.node, 0, &again);
	CHECK(out.len == again.len && memcmp(out.data, again.data, out.len) == 0);
	CHECK(strncmp(buf_cstr(&out), "a: 1\nb: \"1\"\nc: \"yes\"\nd: null\ne:\n  - x\n  - \"a: b\"\n  - []\n  - {}\n  -\n    - 1\n    -\n      - 2\n  -\n    k: v\n", 96) == 0);
	ydoc_release(&a);
	ydoc_release(&b);
	buf_release(&out);
	buf_release(&again);
}

/* The merged configuration as YAML is the same configuration. */
static void test_show(void)
{
	struct buf yaml = BUF_INIT;
	struct config c, again;
	struct errmsg e;
	char a[65], b[65];

	CHECK(config_load(&c, FIXTURES "layers.yaml", &(struct config_layers){ .symbol = "SUI", .live = true, .mode = "primary" }, NULL, NULL, &e));
	CHECK(config_set_text(&c, "runtime.profile", "1e3", &e) && config_set_text(&c, "repairs.btc_context", "true", &e));
	config_id(&c, a);
	config_yaml(&c, &yaml);
	CHECK(load_text(&again, buf_cstr(&yaml), NULL, &e));
	config_id(&again, b);
	CHECK_TEXT(b, a);
	config_release(&c);
	config_release(&again);
	buf_release(&yaml);
}

/* ---- types ---- */

static void test_types(void)
{
	/* numbers */
	FAILS("global:\n  trade:\n    sl_atr_mult: fast\n", "f.yaml:3: trade.sl_atr_mult: \"fast\" is not a number");
	FAILS("global: {trade: {sl_atr_mult: \"2\"}}\n", "f.yaml:1: trade.sl_atr_mult: \"2\" is a string; write the number without quotes");
	FAILS("global: {trade: {sl_atr_mult: true}}\n", "f.yaml:1: trade.sl_atr_mult: \"true\" is not a number");
	FAILS("global: {trade: {sl_atr_mult: }}\n", "f.yaml:1: trade.sl_atr_mult: null is no value; leave the key out to keep what lower layers say");
	FAILS("global: {trade: {sl_atr_mult: .nan}}\n", "f.yaml:1: trade.sl_atr_mult: .nan is not a finite number");
	FAILS("global: {trade: {sl_atr_mult: -.inf}}\n", "f.yaml:1: trade.sl_atr_mult: -.inf is not a finite number");
	FAILS("global: {trade: {sl_atr_mult: [1]}}\n", "f.yaml:1: trade.sl_atr_mult is a list; a single value is wanted");
	FAILS("global: {trade: {sl_atr_mult: {}}}\n", "f.yaml:1: trade.sl_atr_mult is a mapping; a single value is wanted");
	FAILS("global: {trade: {max_open_positions: 20.0}}\n", "f.yaml:1: trade.max_open_positions: 20.0 is written as a decimal; a whole number is wanted: 20");
	FAILS("global: {trade: {max_open_positions: 2.5}}\n", "f.yaml:1: trade.max_open_positions: 2.5 is not a whole number");
	FAILS("global: {trade: {max_open_positions: -1}}\n", "f.yaml:1: trade.max_open_positions: -1 is negative; a whole number from 0 is wanted");
	FAILS("global: {trade: {max_open_positions: 4294967296}}\n", "f.yaml:1: trade.max_open_positions: 4294967296 is more than 4294967295");
	FAILS("global: {trade: {max_open_positions: ~}}\n",
	      "f.yaml:1: trade.max_open_positions: null is no value; leave the key out to keep what lower layers say");
	/* switches and words */
	FAILS("global: {trade: {enable_pyramiding: yes}}\n", "f.yaml:1: trade.enable_pyramiding: \"yes\" is not true or false");
	FAILS("global: {trade: {enable_pyramiding: 1}}\n", "f.yaml:1: trade.enable_pyramiding: \"1\" is not true or false");
	FAILS("global: {trade: {enable_pyramiding: \"true\"}}\n", "f.yaml:1: trade.enable_pyramiding: \"true\" is not true or false");
	FAILS("global: {trade: {entry_min_confidence: medum}}\n", "f.yaml:1: trade.entry_min_confidence: \"medum\" is not low, medium or high");
	FAILS("global: {trade: {entry_min_confidence: 1}}\n", "f.yaml:1: trade.entry_min_confidence: \"1\" is not low, medium or high");
	FAILS("global: {thresholds: {entry: {macd_hist_entry_mode: off}}}\n",
	      "f.yaml:1: thresholds.entry.macd_hist_entry_mode: \"off\" is not accel, sign or none");
	FAILS("global: {engine: {interval: 5}}\n", "f.yaml:1: engine.interval: 5 is not a string; write \"5\"");
	FAILS("global: {runtime: {profile: true}}\n", "f.yaml:1: runtime.profile: true is not a string; write \"true\"");
	/* sections */
	FAILS("global:\n  trade:\n", "f.yaml:2: trade is null; a mapping is wanted");
	FAILS("global: {thresholds: {entry: [1]}}\n", "f.yaml:1: thresholds.entry is a list; a mapping is wanted");
	FAILS("global: {\"trade.sl_atr_mult\": 2}\n", "f.yaml:1: trade.sl_atr_mult is one key here; write its parts as mappings, one inside the other");
	/* nearest names */
	FAILS("global: {trades: {}}\n", "f.yaml:1: \"trades\" is not a known key; did you mean trade?");
	FAILS("global: {trade: {sl_art_mult: 2}}\n", "f.yaml:1: \"trade.sl_art_mult\" is not a known key; did you mean trade.sl_atr_mult?");
	FAILS("global: {trade: {min_adx: 2}}\n", "f.yaml:1: \"trade.min_adx\" is not a known key; did you mean thresholds.entry.min_adx?");
	FAILS("global: {sl_atr_mult: 2}\n", "f.yaml:1: \"sl_atr_mult\" is not a known key; did you mean trade.sl_atr_mult?");
	FAILS("global: {trade: {sl_atr_mult: 0123456789012345678901234567890123456789012345678901234567890}}\n",
	      "f.yaml:1: trade.sl_atr_mult: \"012345678901234567890123456789012345678901234567890123456789...\" is not a number");
	FAILS("global: {zzzzzz: 2}\n", "f.yaml:1: \"zzzzzz\" is not a known key");
	FAILS("global: {\"a\\nb\\x1b[\": 2}\n", "f.yaml:1: \"a?b?[\" is not a known key");
	/* repairs */
	FAILS("global: {repairs: {btc_contxt: true}}\n", "f.yaml:1: \"btc_contxt\" is not a repair; did you mean btc_context?");
	FAILS("global: {repairs: {btc_context: 1}}\n", "f.yaml:1: repairs.btc_context: \"1\" is not true or false");
	FAILS("global: {repairs: {btc_context:\n yes}}\n", "f.yaml:2: repairs.btc_context: \"yes\" is not true or false");
	FAILS("global: {repairs: {btc_context: []}}\n", "f.yaml:1: repairs.btc_context is a list; true or false is wanted");
	FAILS("global: {repairs: [btc_context]}\n", "f.yaml:1: repairs is a list; a mapping is wanted");

	BENDS("global: {trade: {sl_atr_mult: fast}}\n", "f.yaml:1: trade.sl_atr_mult: \"fast\" is not a number; ignored\n", "trade.sl_atr_mult", 2);
	BENDS("global: {trade: {sl_atr_mult: .inf, leverage_low: 2}}\n", "f.yaml:1: trade.sl_atr_mult: .inf is not a finite number; ignored\n", "trade.leverage_low", 2);
	BENDS("global: {trade: {sl_art_mult: 3, sl_atr_mult: 1.5}}\n",
	      "f.yaml:1: \"trade.sl_art_mult\" is not a known key; did you mean trade.sl_atr_mult?; ignored\n", "trade.sl_atr_mult", 1.5);
	BENDS("global: {trade: 7}\n", "f.yaml:1: trade is a single value; a mapping is wanted; ignored\n", "trade.sl_atr_mult", 2);
	BENDS("global: {trade: {sl_atr_mult: 3}}\nlive: {trade: {sl_atr_mult: ~}}\n",
	      "f.yaml:2: trade.sl_atr_mult: null is no value; leave the key out to keep what lower layers say; ignored\n", "trade.sl_atr_mult", 3);
}

static void test_accepted(void)
{
	static const char text[] = "global:\n  trade: {sl_atr_mult: 3, tp_atr_mult: 1e1, entry_min_confidence: ' Low ', add_min_confidence: HIGH, max_open_positions: 0, "
		"enable_pyramiding: FALSE, enable_partial_tp: True}\n  thresholds: {entry: {macd_hist_entry_mode: None, pullback_confidence: \"medium\"}}\n"
		"  engine: {interval: \"4h\", entry_interval: '', exit_interval: 1m}\n  runtime: {state_backend: \"5\"}\n  repairs: {btc_context: true, exit_needs_fed_bar: false}\n";
	struct config c;
	struct errmsg e;
	double v;

	if (!CHECK(load_text(&c, text, NULL, &e))) {
		printf("%s\n", e.text);
		return;
	}
	CHECK_TEXT(buf_cstr(&warnings), "");
	CHECK_SAME(c.params.trade_sl_atr_mult, 3);
	CHECK_SAME(c.params.trade_tp_atr_mult, 10);
	CHECK(c.params.trade_entry_min_confidence == CONFIDENCE_LOW && c.params.trade_add_min_confidence == CONFIDENCE_HIGH);
	CHECK(c.params.trade_max_open_positions == 0 && !c.params.trade_enable_pyramiding && c.params.trade_enable_partial_tp);
	CHECK(c.params.entry_macd_hist_entry_mode == MACD_NONE && c.params.entry_pullback_confidence == CONFIDENCE_MEDIUM);
	CHECK_TEXT(c.engine_interval, "4h");
	CHECK_TEXT(c.engine_entry_interval, "");
	CHECK_TEXT(c.engine_exit_interval, "1m");
	CHECK_TEXT(c.runtime_state_backend, "5");
	CHECK(c.params.repair_btc_context && !c.params.repair_exit_needs_fed_bar && !c.params.repair_intervals_from_data);
	CHECK(!config_get_value(&c, "engine.interval", &v) && !config_get_value(&c, "nothing", &v) && !config_get_value(&c, "repairs.btc_context", &v));
	config_release(&c);
}

/* ---- checks of the merged values ---- */

static void test_checks(void)
{
	FAILS("global:\n  indicators:\n    adx_window: 0\n", "f.yaml:3: indicators.adx_window: 0 is out of range; from 1 to 4096 is wanted");
	FAILS("global: {indicators: {bb_width_avg_window: 0}}\n", "f.yaml:1: indicators.bb_width_avg_window: 0 is out of range; from 1 to 4096 is wanted");
	FAILS("global: {thresholds: {entry: {slow_drift_slope_window: 4097}}}\n",
	      "f.yaml:1: thresholds.entry.slow_drift_slope_window: 4097 is out of range; from 1 to 4096 is wanted");
	WARNS("global: {indicators: {ema_macro_window: 4096, vol_trend_window: 1}}\n", "");
	FAILS("global: {trade: {allocation_pct: 1.01}}\n", "f.yaml:1: trade.allocation_pct: 1.01 is out of range; from 0 to 1 is wanted");
	FAILS("global: {trade: {allocation_pct: -0.01}}\n", "f.yaml:1: trade.allocation_pct: -0.01 is out of range; from 0 to 1 is wanted");
	WARNS("global: {trade: {allocation_pct: 1}}\n", "");
	WARNS("global: {trade: {allocation_pct: 0}}\n", "");
	FAILS("global:\n  trade:\n    vol_scalar_min: 0.9\n    vol_scalar_max: 0.8\n", "f.yaml:3: trade.vol_scalar_min: 0.9 is above trade.vol_scalar_max, 0.8");
	WARNS("global: {trade: {vol_scalar_min: 0.8, vol_scalar_max: 0.8}}\n", "");
	FAILS("global: {trade: {adx_sizing_min_mult: 1.5}}\n", "f.yaml:1: trade.adx_sizing_min_mult: 1.5 is above 1, the upper bound of that multiplier");
	WARNS("global: {trade: {adx_sizing_min_mult: 1}}\n", "");
	FAILS("global: {engine: {interval: 2h}}\n", "f.yaml:1: engine.interval: \"2h\" is not an interval; 1m 3m 5m 15m 30m 1h 4h and 1d are");
	FAILS("global: {engine: {interval: ''}}\n", "f.yaml:1: engine.interval: \"\" is not an interval; 1m 3m 5m 15m 30m 1h 4h and 1d are");
	FAILS("global: {engine: {exit_interval: mid}}\n",
	      "f.yaml:1: engine.exit_interval: \"mid\" is not an interval; 1m 3m 5m 15m 30m 1h 4h and 1d are, or \"\" for the main bar");
	/* the merged value counts, at the line of the layer that set it */
	FAILS("global: {trade: {vol_scalar_max: 0.4, vol_scalar_min: 0.3}}\nsymbols: {}\nlive: {}\nmodes: {}\n" "_x: 1\n" "symbols: {}\n",
	      "f.yaml:6: key \"symbols\" is already given at line 2");

	BENDS("global: {indicators: {adx_window: 0}}\n", "f.yaml:1: indicators.adx_window: 0 is out of range; from 1 to 4096 is wanted; using 1\n", "indicators.adx_window", 1);
	BENDS("global: {indicators: {adx_window: 9999}}\n", "f.yaml:1: indicators.adx_window: 9999 is out of range; from 1 to 4096 is wanted; using 4096\n", "indicators.adx_window", 4096);
	BENDS("global: {trade: {allocation_pct: 7}}\n", "f.yaml:1: trade.allocation_pct: 7.0 is out of range; from 0 to 1 is wanted; using 1.0\n", "trade.allocation_pct", 1);
	BENDS("global: {trade: {vol_scalar_min: 2}}\n", "f.yaml:1: trade.vol_scalar_min: 2 is above trade.vol_scalar_max, 1; using 1.0\n", "trade.vol_scalar_min", 1);
	BENDS("global: {trade: {adx_sizing_min_mult: 2}}\n",
	      "f.yaml:1: trade.adx_sizing_min_mult: 2 is above 1, the upper bound of that multiplier; using 1.0\n", "trade.adx_sizing_min_mult", 1);
	BENDS("global: {engine: {interval: 2h, exit_interval: mid}}\n",
	      "f.yaml:1: engine.interval: \"2h\" is not an interval; 1m 3m 5m 15m 30m 1h 4h and 1d are; using \"1h\"\n"
	      "f.yaml:1: engine.exit_interval: \"mid\" is not an interval; 1m 3m 5m 15m 30m 1h 4h and 1d are, or \"\" for the main bar; using \"\"\n", NULL, 0);
}

static void test_warnings(void)
{
	struct config c;
	struct errmsg e;

	WARNS("global:\n  trade:\n    sl_atr_mult: 0\n    tp_partial_pct: 1.5\n    slippage_bps: -1\n",
	      "f.yaml:3: trade.sl_atr_mult: 0.0 is out of range; more than 0 is wanted\n"
	      "f.yaml:5: trade.slippage_bps: -1.0 is out of range; at least 0 is wanted\n"
	      "f.yaml:4: trade.tp_partial_pct: 1.5 is out of range; from 0 to 1 is wanted\n");
	WARNS("global: {indicators: {ema_fast_window: 50}}\n",
	      "f.yaml:1: indicators.ema_fast_window (50) >= indicators.ema_slow_window (50): the fast average is not the faster one\n");
	WARNS("global: {indicators: {ema_fast_window: 49}}\n", "");
	WARNS("global: {indicators: {vol_trend_window: 20}}\n",
	      "f.yaml:1: indicators.vol_trend_window (20) >= indicators.vol_sma_window (20): the short volume mean is not the shorter one\n");
	WARNS("global: {thresholds: {tp_and_momentum: {adx_weak_lt: 41, tp_mult_weak: 8}}}\n",
	      "f.yaml:1: thresholds.tp_and_momentum.adx_weak_lt (41.0) > thresholds.tp_and_momentum.adx_strong_gt (40.0): weak is above strong\n"
	      "f.yaml:1: thresholds.tp_and_momentum.tp_mult_weak (8.0) > thresholds.tp_and_momentum.tp_mult_strong (7.0): weak is above strong\n");
	WARNS("global: {thresholds: {tp_and_momentum: {adx_weak_lt: 40}}}\n", "");
	WARNS("global: {thresholds: {ranging: {rsi_low: 53}}}\n",
	      "f.yaml:1: thresholds.ranging.rsi_low (53.0) >= thresholds.ranging.rsi_high (53.0): the RSI vote can never be cast\n");
	WARNS("global: {market_regime: {breadth_block_long_below: 91, auto_reverse_breadth_low: 91}}\n",
	      "f.yaml:1: market_regime.breadth_block_long_below (91.0) > market_regime.breadth_block_short_above (90.0): some breadths block both sides\n"
	      "f.yaml:1: market_regime.auto_reverse_breadth_low (91.0) > market_regime.auto_reverse_breadth_high (90.0): no breadth reverses anything\n");
	WARNS("global: {trade: {reentry_cooldown_min_mins: 181, reef_long_rsi_block_gt: 76, reef_short_rsi_block_lt: 24}}\n",
	      "f.yaml:1: trade.reentry_cooldown_min_mins (181) > trade.reentry_cooldown_max_mins (180): a strong trend waits longer than a weak one\n"
	      "f.yaml:1: trade.reef_long_rsi_block_gt (76.0) > trade.reef_long_rsi_extreme_gt (75.0): a strong trend is blocked earlier than a weak one\n"
	      "f.yaml:1: trade.reef_short_rsi_block_lt (24.0) < trade.reef_short_rsi_extreme_lt (25.0): a strong trend is blocked earlier than a weak one\n");
	WARNS("global: {engine: {interval: 5m, entry_interval: 5m, exit_interval: 1h}}\n",
	      "f.yaml:1: engine.entry_interval: 5m is not shorter than engine.interval, 5m\n"
	      "f.yaml:1: engine.exit_interval: 1h is not shorter than engine.interval, 5m\n");
	WARNS("global: {indicators: {ave_avg_atr_window: 60}}\n",
	      "f.yaml:1: indicators.ave_avg_atr_window is read by no rule; set thresholds.entry.ave_avg_atr_window\n");
	WARNS("global: {indicators: {ave_avg_atr_window: 60}, thresholds: {entry: {ave_avg_atr_window: 60}}}\n", "");
	WARNS("global: {thresholds: {entry: {ave_avg_atr_window: 60}}}\n", "");
	/* keys that nothing reads: one line, each once */
	WARNS("global:\n  watchlist_exclude: [A, B]\n  market_regime:\n    enable_regime_gate: true\n  trade: {size_multiplier: 2}\nlive: {trade: {size_multiplier: 3, min_margin_usd: 1}}\n",
	      "f.yaml: 4 known keys have no effect: watchlist_exclude (line 2), market_regime.enable_regime_gate (line 4), trade.size_multiplier (line 5), "
	      "trade.min_margin_usd (line 6)\n");
	/* how a run uses it */
	buf_clear(&warnings);
	config_defaults(&c);
	config_check_run(&c, &(struct config_run){ .lookback = 200, .interval = "1h" }, keep_warning, NULL);
	CHECK_TEXT(buf_cstr(&warnings), "");
	config_check_run(&c, &(struct config_run){ 0 }, keep_warning, NULL);
	CHECK_TEXT(buf_cstr(&warnings), "");
	config_check_run(&c, &(struct config_run){ 49, "4h", "5m", "1m" }, keep_warning, NULL);
	CHECK_TEXT(buf_cstr(&warnings),
		   "a lookback of 49 bars is shorter than indicators.ema_slow_window (50), indicators.ema_macro_window (200), thresholds.entry.ave_avg_atr_window (50): "
		   "the first decisions see unfinished values\n"
		   "--interval 4h, but engine.interval is 1h\n"
		   "--entry-interval 5m, but engine.entry_interval is not set; rules that read it go by the main bar\n"
		   "--exit-interval 1m, but engine.exit_interval is not set; rules that read it go by the main bar\n");
	/* without a file there is no line to name; nobody listening is fine */
	CHECK(config_set_value(&c, "trade.allocation_pct", 2, &e));
	CHECK(!config_check(&c, false, NULL, NULL, &e));
	CHECK_TEXT(e.text, "trade.allocation_pct: 2.0 is out of range; from 0 to 1 is wanted");
	buf_clear(&warnings);
	CHECK(config_check(&c, true, keep_warning, NULL, &e));
	CHECK_TEXT(buf_cstr(&warnings), "trade.allocation_pct: 2.0 is out of range; from 0 to 1 is wanted\n");
	CHECK_SAME(c.params.trade_allocation_pct, 2);
	CHECK(config_set_value(&c, "trade.allocation_pct", NAN, &e) && !config_check(&c, false, NULL, NULL, &e));
	CHECK_TEXT(e.text, "trade.allocation_pct is not a finite number");
	config_release(&c);
}

/* ---- one value at a time ---- */

static void check_set(struct config *c, const char *path, double v, double want, int line)
{
	struct errmsg e = { "" };
	double got = NAN;

	test_check(config_set_value(c, path, v, &e) && config_get_value(c, path, &got), __FILE__, line, e.text);
	test_same(got, want, __FILE__, line, path);
	test_check(c->origin[row_find(path)].layer == LAYER_SET, __FILE__, line, "origin");
}

static void test_values(void)
{
	struct config c;
	struct errmsg e;

	config_defaults(&c);
	check_set(&c, "trade.sl_atr_mult", 1.25, 1.25, __LINE__);
	check_set(&c, "trade.sl_atr_mult", -0.0, -0.0, __LINE__);
	check_set(&c, "trade.max_open_positions", 2.999, 2, __LINE__);
	check_set(&c, "trade.max_open_positions", -3, 0, __LINE__);
	check_set(&c, "trade.max_open_positions", NAN, 0, __LINE__);
	check_set(&c, "trade.max_open_positions", 0.5, 0, __LINE__);
	check_set(&c, "trade.max_open_positions", 1e300, 4294967295.0, __LINE__);
	check_set(&c, "trade.max_open_positions", INFINITY, 4294967295.0, __LINE__);
	check_set(&c, "trade.enable_pyramiding", 0, 0, __LINE__);
	check_set(&c, "trade.enable_pyramiding", -0.0, 0, __LINE__);
	check_set(&c, "trade.enable_pyramiding", 0.1, 1, __LINE__);
	check_set(&c, "trade.enable_pyramiding", NAN, 1, __LINE__);
	check_set(&c, "trade.entry_min_confidence", 0.9, CONFIDENCE_LOW, __LINE__);
	check_set(&c, "trade.entry_min_confidence", 1.9, CONFIDENCE_MEDIUM, __LINE__);
	check_set(&c, "trade.entry_min_confidence", 2, CONFIDENCE_HIGH, __LINE__);
	check_set(&c, "trade.entry_min_confidence", 77, CONFIDENCE_HIGH, __LINE__);
	check_set(&c, "trade.entry_min_confidence", -1, CONFIDENCE_LOW, __LINE__);
	check_set(&c, "trade.entry_min_confidence", NAN, CONFIDENCE_LOW, __LINE__);
	check_set(&c, "thresholds.entry.macd_hist_entry_mode", 1, MACD_SIGN, __LINE__);
	check_set(&c, "thresholds.entry.macd_hist_entry_mode", 5, MACD_NONE, __LINE__);
	check_set(&c, "indicators.ave_avg_atr_window", 33, 33, __LINE__);
	CHECK_SAME(value(&c, "thresholds.entry.ave_avg_atr_window"), 33);
	check_set(&c, "thresholds.entry.ave_avg_atr_window", 44.7, 44, __LINE__);
	CHECK_SAME(value(&c, "indicators.ave_avg_atr_window"), 44);
	CHECK(!config_set_value(&c, "trade.sl_atr_mul", 1, &e));
	CHECK_TEXT(e.text, "\"trade.sl_atr_mul\" is not a known key; did you mean trade.sl_atr_mult?");
	CHECK(!config_set_value(&c, "engine.loop_target_s", 1, &e));
	CHECK_TEXT(e.text, "engine.loop_target_s is not an axis of a sweep");
	CHECK(!config_set_value(&c, "engine.interval", 1, &e) && !config_set_value(&c, "repairs.btc_context", 1, &e));
	CHECK(!config_set_value(&c, "runtime.profile", 1, NULL));

	CHECK(config_set_text(&c, "trade.sl_atr_mult", "2.5", &e) && value(&c, "trade.sl_atr_mult") == 2.5);
	CHECK(config_set_text(&c, "trade.enable_pyramiding", "false", &e) && value(&c, "trade.enable_pyramiding") == 0);
	CHECK(config_set_text(&c, "trade.entry_min_confidence", "Medium", &e) && value(&c, "trade.entry_min_confidence") == CONFIDENCE_MEDIUM);
	CHECK(config_set_text(&c, "engine.interval", "4h", &e) && strcmp(c.engine_interval, "4h") == 0);
	CHECK(config_set_text(&c, "engine.entry_interval", "", &e) && strcmp(c.engine_entry_interval, "") == 0);
	CHECK(config_set_text(&c, "engine.signal_on_candle_close", "false", &e) && !c.params.engine_signal_on_candle_close);
	CHECK(config_set_text(&c, "pipeline.default_profile", "stage_debug", &e) && strcmp(c.pipeline_default_profile, "stage_debug") == 0);
	CHECK(config_set_text(&c, "repairs.btc_context", "true", &e) && c.params.repair_btc_context);
	CHECK(config_set_text(&c, "indicators.ave_avg_atr_window", "21", &e) && value(&c, "thresholds.entry.ave_avg_atr_window") == 21);
	CHECK(!config_set_text(&c, "trade.sl_atr_mult", "fast", &e));
	CHECK_TEXT(e.text, "trade.sl_atr_mult: \"fast\" is not a number");
	CHECK(!config_set_text(&c, "trade.max_open_positions", "1.0", &e) && !config_set_text(&c, "trade.sl_atr_mult", "", &e));
	CHECK(!config_set_text(&c, "repairs.btc_contex", "true", &e));
	CHECK_TEXT(e.text, "\"btc_contex\" is not a repair; did you mean btc_context?");
	CHECK(!config_set_text(&c, "repairs.btc_context", "1", &e));
	CHECK_TEXT(e.text, "repairs.btc_context: \"1\" is not true or false");
	CHECK(!config_set_text(&c, "pipeline", "x", &e));
	config_release(&c);
}

/* ---- profiles ---- */

#define PROFILE(lists) "global:\n  runtime: {profile: p}\n  pipeline:\n    profiles:\n      p:\n" lists

static bool plan_of(const char *text, const char *profile, struct plan *plan, struct params *lowered)
{
	struct config c;
	struct errmsg e;
	bool ok;

	if (!load_text(&c, text, NULL, &e)) {
		printf("%s\n", e.text);
		return false;
	}
	ok = config_plan(&c, profile, plan, lowered, &e);
	config_release(&c);
	return ok;
}

static void test_profiles(void)
{
	static const uint64_t all = ((uint64_t)1 << N_BEHAVIOURS) - 1;
	static const char custom[] = PROFILE("        behaviours:\n          exits:\n            order: [exit.smart.mmde, ' exit.stop_loss.base ', '']\n"
		"            disabled: [exit.smart.tsme, exit.smart.tsme, '']\n          signal_modes: {order: [signal.mode.slow_drift], enabled: [signal.mode.slow_drift, signal.mode.pullback], disabled: [signal.mode.pullback]}\n"
		"          risk: {enabled: ['']}\n");
	uint64_t isolation = 0;
	struct plan plan, other;
	struct params p;
	struct config c;
	struct errmsg e;
	char name[CONFIG_NAME_MAX];
	int i;

	/* order: what is listed, then the rest; an empty allow-list allows all; disabled wins */
	CHECK(plan_of(custom, NULL, &plan, &p));
	CHECK(plan.exits[0] == B_EXIT_SMART_MMDE && plan.exits[1] == B_EXIT_STOP_LOSS_BASE && plan.exits[2] == B_EXIT_STOP_LOSS_ASE);
	CHECK(plan.exits[17] == B_EXIT_SMART_RSI_OVEREXTENSION);
	CHECK(plan.modes[0] == B_SIGNAL_MODE_SLOW_DRIFT && plan.modes[1] == B_SIGNAL_MODE_STANDARD_TREND && plan.modes[2] == B_SIGNAL_MODE_PULLBACK);
	CHECK(plan.on == (all & ~((uint64_t)1 << B_EXIT_SMART_TSME | (uint64_t)1 << B_SIGNAL_MODE_STANDARD_TREND | (uint64_t)1 << B_SIGNAL_MODE_PULLBACK)));

	/* which profile is active */
	plan_default(&other);
	CHECK(plan_of(custom, "production", &plan, &p) && plan.on == other.on);
	CHECK(memcmp(plan.exits, other.exits, sizeof plan.exits) == 0 && memcmp(plan.modes, other.modes, sizeof plan.modes) == 0);
	CHECK(plan_of(custom, "PARITY_baseline", &plan, &p) && plan.on == all);
	CHECK(plan_of(custom, "P", &plan, &p) && plan.on == all);	/* names in the file are exact */
	for (i = B_EXIT_SMART_TREND_BREAKDOWN; i <= B_EXIT_SMART_RSI_OVEREXTENSION; i++)
		isolation |= (uint64_t)1 << i;
	isolation |= (uint64_t)1 << B_EXIT_STOP_LOSS_BREAKEVEN | (uint64_t)1 << B_EXIT_TRAILING_LOW_CONF_OVERRIDE |
		     (uint64_t)1 << B_EXIT_TRAILING_VOL_BUFFER | (uint64_t)1 << B_EXIT_TAKE_PROFIT_PARTIAL;
	CHECK(plan_of("global: {}\n", "parity_exit_isolation", &plan, &p) && plan.on == (all & ~isolation));
	CHECK(!p.trade_enable_partial_tp && p.trade_tp_partial_pct == 0);
	CHECK(plan_of("global: {}\n", "stage_debug", &plan, &p) && plan.on == all);
	/* a list of the file replaces the built-in one, an empty one keeps it */
	CHECK(plan_of("global: {pipeline: {profiles: {parity_exit_isolation: {behaviours: {exits: {disabled: [exit.smart.tsme], order: []}}}}}}\n", "parity_exit_isolation", &plan, &p));
	CHECK(plan.on == (all & ~((uint64_t)1 << B_EXIT_SMART_TSME)));
	CHECK(plan_of("global: {pipeline: {profiles: {parity_exit_isolation: {behaviours: {exits: {disabled: []}}}}}}\n", "parity_exit_isolation", &plan, &p));
	CHECK(plan.on == (all & ~isolation));

	config_defaults(&c);
	CHECK_TEXT(config_profile_name(&c, NULL, name), "production");
	CHECK_TEXT(config_profile_name(&c, " x ", name), "x");
	CHECK(config_set_text(&c, "pipeline.default_profile", "d", &e));
	CHECK_TEXT(config_profile_name(&c, "", name), "d");
	CHECK(config_set_text(&c, "runtime.profile", "r", &e));
	CHECK_TEXT(config_profile_name(&c, " ", name), "r");
	CHECK_TEXT(config_profile_name(&c, "x", name), "x");
	CHECK(config_set_text(&c, "runtime.profile", " ", &e) && config_set_text(&c, "pipeline.default_profile", "", &e));
	CHECK_TEXT(config_profile_name(&c, NULL, name), "production");
	config_release(&c);
}

static void test_profile_faults(void)
{
	FAILS(PROFILE("        behaviours: {gates: {disabled: [gate.adx_flor]}}\n"),
	      "f.yaml:6: pipeline.profiles.p.behaviours.gates.disabled: \"gate.adx_flor\" is not known here; did you mean gate.adx_floor?");
	FAILS(PROFILE("        behaviours:\n          exits:\n            order:\n              - exit.smart.tsme\n              - gate.adx_floor\n"),
	      "f.yaml:10: pipeline.profiles.p.behaviours.exits.order: \"gate.adx_floor\" is not known here");
	FAILS(PROFILE("        behaviours:\n          exits:\n            order:\n              - exit.smart.tsme\n              - exit.smart.mmde\n              - exit.smart.tsme\n"),
	      "f.yaml:11: pipeline.profiles.p.behaviours.exits.order: \"exit.smart.tsme\" stands twice");
	FAILS(PROFILE("        behaviours: {exits: {enabled: [EXIT.smart.tsme]}}\n"),
	      "f.yaml:6: pipeline.profiles.p.behaviours.exits.enabled: \"EXIT.smart.tsme\" is not known here; did you mean exit.smart.tsme?");
	FAILS(PROFILE("        behaviours: {exit: {}}\n"), "f.yaml:6: pipeline.profiles.p.behaviours.exit is not a group of behaviours; did you mean exits?");
	FAILS(PROFILE("        behaviours: {exits: {orders: []}}\n"),
	      "f.yaml:6: pipeline.profiles.p.behaviours.exits.orders is not known; order, enabled and disabled are");
	FAILS(PROFILE("        behaviours: {exits: {order: exit.smart.tsme}}\n"),
	      "f.yaml:6: pipeline.profiles.p.behaviours.exits.order is a single value; a list of names is wanted");
	FAILS(PROFILE("        behaviours: {exits: {order: ~}}\n"), "f.yaml:6: pipeline.profiles.p.behaviours.exits.order is null; a list of names is wanted");
	FAILS(PROFILE("        behaviours: {exits: {order: [5]}}\n"), "f.yaml:6: pipeline.profiles.p.behaviours.exits.order: 5 is not a string; write \"5\"");
	FAILS(PROFILE("        behaviours: {exits: {order: [[]]}}\n"), "f.yaml:6: pipeline.profiles.p.behaviours.exits.order: a list stands in the list; a name is wanted");
	FAILS(PROFILE("        behaviours: []\n"), "f.yaml:6: pipeline.profiles.p.behaviours is a list; a mapping is wanted");
	FAILS(PROFILE("        behaviors: {}\n"),
	      "f.yaml:6: pipeline.profiles.p.behaviors is not known; ranker, stage_order, enabled_stages, disabled_stages and behaviours are");
	FAILS(PROFILE("        ranker: best\n"), "f.yaml:5: pipeline.profiles.p.ranker: \"best\" is not confidence_adx or raw_notional_desc");
	FAILS(PROFILE("        ranker: 1\n"), "f.yaml:6: pipeline.profiles.p.ranker: 1 is not a string; write \"1\"");
	FAILS(PROFILE("        ranker: []\n"), "f.yaml:6: pipeline.profiles.p.ranker is a list; a string is wanted");
	FAILS(PROFILE("        enabled_stages: [rankin]\n"), "f.yaml:6: pipeline.profiles.p.enabled_stages: \"rankin\" is not known here; did you mean ranking?");
	FAILS(PROFILE("        stage_order: [ranking, risk_checks]\n"),
	      "f.yaml:6: pipeline.profiles.p.stage_order: market_data_normalisation is missing; list all 11 stages or none");
	FAILS(PROFILE("        stage_order: [ranking, ranking]\n"), "f.yaml:6: pipeline.profiles.p.stage_order: \"ranking\" stands twice");
	FAILS(PROFILE("        enabled_stages: [ranking]\n        disabled_stages: [ranking]\n"),
	      "f.yaml:6: pipeline.profiles.p.enabled_stages: ranking is disabled as well");
	FAILS("global: {pipeline: {profiles: {parity_baseline: {enabled_stages: [broker_execution]}}}}\n",
	      "f.yaml:1: pipeline.profiles.parity_baseline.enabled_stages: broker_execution is disabled as well");
	FAILS("global: {pipeline: {profiles: {p: ~}}}\n", "f.yaml:1: pipeline.profiles.p is null; a mapping is wanted");
	FAILS("global: {pipeline: {profiles: []}}\n", "f.yaml:1: pipeline.profiles is a list; a mapping is wanted");
	FAILS("global: {pipeline: []}\n", "f.yaml:1: pipeline is a list; a mapping is wanted");
	FAILS("global: {pipeline: {default_profil: x}}\n", "f.yaml:1: \"pipeline.default_profil\" is not a known key; did you mean pipeline.default_profile?");
	FAILS("global: {pipeline: {default_profile: ~}}\n", 
	      "f.yaml:1: pipeline.default_profile: null is no value; leave the key out to keep what lower layers say");
	FAILS(PROFILE("        enabled_stages: [~]\n"), "f.yaml:6: pipeline.profiles.p.enabled_stages: null is no value; leave the key out to keep what lower layers say");

	BENDS(PROFILE("        behaviours: {gates: {disabled: [gate.adx_flor, gate.alignment.btc]}}\n"),
	      "f.yaml:6: pipeline.profiles.p.behaviours.gates.disabled: \"gate.adx_flor\" is not known here; did you mean gate.adx_floor?; ignored\n", NULL, 0);
	BENDS(PROFILE("        behaviours:\n          gates:\n            disabled:\n              - gate.a\n              - gate.adx_rising\n              - gate.b\n              - gate.c\n"),
	      "f.yaml:9: pipeline.profiles.p.behaviours.gates.disabled: \"gate.a\" is not known here; ignored\n"
	      "f.yaml:11: pipeline.profiles.p.behaviours.gates.disabled: \"gate.b\" is not known here; ignored\n"
	      "f.yaml:12: pipeline.profiles.p.behaviours.gates.disabled: \"gate.c\" is not known here; ignored\n", NULL, 0);
	BENDS(PROFILE("        stage_order: [ranking]\n        ranker: best\n        enabled_stages: [ranking]\n        disabled_stages: [ranking]\n"),
	      "f.yaml:6: pipeline.profiles.p.stage_order: market_data_normalisation is missing; list all 11 stages or none; ignored\n"
	      "f.yaml:8: pipeline.profiles.p.enabled_stages: ranking is disabled as well; ignored\n"
	      "f.yaml:5: pipeline.profiles.p.ranker: \"best\" is not confidence_adx or raw_notional_desc; ignored\n", NULL, 0);

	/* what has no effect is said */
	WARNS(PROFILE("        behaviours: {gates: {order: [gate.adx_floor]}, risk: {order: [risk.exposure_guard, risk.entry_cooldown]}}\n        ranker: raw_notional_desc\n"),
	      "f.yaml:6: pipeline.profiles.p.behaviours.gates.order has no effect: only exits and signal_modes are tried in an order\n"
	      "f.yaml:5: pipeline.profiles.p.ranker has no effect: entries are ranked by confidence and ADX\n");
	WARNS("global: {pipeline: {profiles: {p: {behaviours: {gates: {order: [gate.adx_floor]}}}}}}\n", "");	/* not the active one */
	WARNS(PROFILE("        stage_order: [persistence_audit, fill_reconciliation, broker_execution, oms_transition, intent_generation, risk_checks, ranking, signal_generation, "
		      "gate_evaluation, indicator_build, market_data_normalisation]\n        ranker: confidence_adx\n        disabled_stages: [ranking]\n"), "");
	WARNS("global: {runtime: {profile: nobody}}\n", "f.yaml:1: there is no profile \"nobody\": everything is on, in default order\n");
	WARNS("global: {pipeline: {default_profile: nobody}}\n", "there is no profile \"nobody\": everything is on, in default order\n");
	WARNS("global: {runtime: {profile: Stage_Debug}}\n", "");
}

/* ---- lowering: what each behaviour changes, against the table of lowering.tsv ---- */

static void changes(const struct config *c, const struct params *lowered, struct buf *out)
{
	struct config low = *c;
	unsigned i;

	low.params = *lowered;
	for (i = 0; i < N_PARAMS; i++)
		if (param_rows[i].type != PARAM_TEXT && row_get(c, i) != row_get(&low, i)) {
			buf_addf(out, "%s%s=", out->len ? " " : "", param_rows[i].path);
			row_show_value(out, i, row_get(&low, i));
		}
}

/* Turns every value away from what lowering would set. */
static void unlike_lowered(struct config *c)
{
	unsigned i;

	for (i = 0; i < N_PARAMS; i++)
		if (param_rows[i].type == PARAM_FLAG)
			row_put(c, i, 1, (struct config_origin){ 0 });
		else if (param_rows[i].type == PARAM_F64 || param_rows[i].type == PARAM_UINT)
			row_put(c, i, 7, (struct config_origin){ 0 });
}

static void add_expected(struct config *c, char *list)
{
	struct errmsg e;
	char *item, *save, *equals;

	for (item = strtok_r(list, " \n", &save); item; item = strtok_r(NULL, " \n", &save)) {
		equals = strchr(item, '=');
		*equals = '\0';
		CHECK(config_set_value(c, item, strcmp(equals + 1, "false") ? atof(equals + 1) : 0, &e));
	}
}

static void test_lowering(void)
{
	FILE *f = fopen(FIXTURES "lowering.tsv", "r");
	struct buf yaml = BUF_INIT, got = BUF_INIT, want = BUF_INIT;
	unsigned n = 0, g;
	struct errmsg e;
	char line[512];

	while (CHECK(f) && fgets(line, sizeof line, f)) {
		char *list = strchr(line, '\t');
		struct config c, expected;
		struct params lowered;
		struct plan plan;

		*list++ = '\0';
		for (g = 0; g < N_GROUPS && !(n >= group_first(g) && n < group_first(g + 1)); g++)
			;
		CHECK_TEXT(line, behaviour_id[n]);
		buf_clear(&yaml);
		buf_addf(&yaml, "global: {runtime: {profile: p}, pipeline: {profiles: {p: {behaviours: {%s: {disabled: [%s]}}}}}}\n", group_name[g], line);
		if (!CHECK(load_text(&c, buf_cstr(&yaml), NULL, &e)))
			break;
		unlike_lowered(&c);
		CHECK(config_plan(&c, NULL, &plan, &lowered, &e));
		CHECK(!plan_on(&plan, (int)n) && __builtin_popcountll(plan.on) == N_BEHAVIOURS - 1);
		buf_clear(&got);
		changes(&c, &lowered, &got);
		config_defaults(&expected);
		unlike_lowered(&expected);
		add_expected(&expected, list);
		lowered = expected.params;
		buf_clear(&want);
		changes(&c, &lowered, &want);
		CHECK_TEXT(buf_cstr(&got), buf_cstr(&want));
		config_release(&expected);
		config_release(&c);
		n++;
	}
	CHECK(n == N_BEHAVIOURS);
	if (f)
		fclose(f);
	buf_release(&yaml);
	buf_release(&got);
	buf_release(&want);
}

/* ---- sizes ---- */

static void test_large(void)
{
	struct buf text = BUF_INIT;
	struct config c;
	struct errmsg e;
	int i;

	/* two thousand symbols, unsorted */
	buf_adds(&text, "symbols:\n");
	for (i = 0; i < 2000; i++)
		buf_addf(&text, "  S%d: {trade: {sl_atr_mult: %d.5, leverage_low: 2}}\n", i * 7919 % 2000, i);
	CHECK(config_load_text(&c, "big", text.data, text.len, &(struct config_layers){ .symbol = "s1999" }, NULL, NULL, &e));
	CHECK(c.params.trade_leverage_low == 2);
	config_release(&c);
	buf_adds(&text, "  S7: {}\n");
	CHECK(!config_load_text(&c, "big", text.data, text.len, NULL, NULL, NULL, &e));
	CHECK(strncmp(e.text, "big:2002: key \"S7\" is already given at line ", 43) == 0);

	/* hundreds of thousands of unknown keys end in reasonable time */
	buf_clear(&text);
	buf_adds(&text, "global:\n");
	for (i = 0; i < 100000; i++)
		buf_addf(&text, "  unknown_key_number_%d: 1\n", i);
	CHECK(config_load_text(&c, "big", text.data, text.len, &(struct config_layers){ .lenient = true }, NULL, NULL, &e));
	config_release(&c);
	buf_clear(&text);
	buf_reserve(&text, YAML_MAX + 1);
	memset(text.data, ' ', YAML_MAX + 1);
	CHECK(!config_load_text(&c, "big", text.data, YAML_MAX, NULL, NULL, NULL, &e));
	CHECK_TEXT(e.text, "big:1: empty; a mapping is wanted");
	CHECK(!config_load_text(&c, "big", text.data, YAML_MAX + 1, NULL, NULL, NULL, &e));
	CHECK_TEXT(e.text, "big: 8388609 bytes are too much; 8388608 is the limit");
	buf_release(&text);

	CHECK(!config_load(&c, "no/such/file.yaml", NULL, NULL, NULL, &e));
	CHECK(strstr(e.text, "no/such/file.yaml"));
	config_release(&c);
}

int main(void)
{
	test_rows();
	test_distance();
	test_fingerprints();
	test_layers();
	test_yaml();
	test_words();
	test_writer();
	test_show();
	test_types();
	test_accepted();
	test_checks();
	test_warnings();
	test_values();
	test_profiles();
	test_profile_faults();
	test_lowering();
	test_large();
	buf_release(&warnings);
	return test_end("config");
}
