/* SPDX-License-Identifier: MIT
 * lib/trade: ids, words, the fold of a lane record by record, every contradiction, statuses, marks, and the snapshot. */
#include "test.h"

#include "base/num.h"
#include "base/rng.h"
#include "hl/action.h"
#include "trade/lane.h"

#include <stdlib.h>

#define T0 INT64_C(1763769600000)	/* 2025-11-22, midnight */
#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

static struct lane lane;
static uint64_t seq;
static int64_t now = T0;
static struct errmsg why;
static struct record record;

/* ---- helpers ---- */

static bool apply(enum record_type type, const void *rec, size_t size)
{
	record = (struct record){ .type = type };
	memcpy(&record.u, rec, size);
	why.text[0] = '\0';
	return lane_apply(&lane, &record, ++seq, now, &why);
}
#define APPLY(name, ...) apply(REC_##name, &(struct rec_##name){ __VA_ARGS__ }, sizeof (struct rec_##name))

static char *line_of(const struct lane *l)
{
	struct buf b = BUF_INIT;
	char *text;

	lane_write(l, &b);
	text = xstrndup(b.data, b.len);
	buf_release(&b);
	return text;
}

/* The line without "covers": what a record that is refused leaves as it was. */
static char *state_of(const struct lane *l)
{
	char *text = line_of(l), *comma = strchr(strstr(text, "\"covers\""), ',');

	memmove(text, comma, strlen(comma) + 1);
	return text;
}

static void refused(bool ok, const char *before, const char *words, int line)
{
	char *after = state_of(&lane), text[600];

	snprintf(text, sizeof text, "wanted \"%s\", got \"%s\"", words, ok ? "true" : why.text);
	test_check(!ok && strstr(why.text, words), __FILE__, line, text);
	test_check(strcmp(before, after) == 0, __FILE__, line, "a refused record leaves the state");
	free(after);
}

/* The record is refused with these words, and nothing has changed. */
#define REFUSED(words, name, ...) do { \
	char *before_ = state_of(&lane); \
	refused(APPLY(name, __VA_ARGS__), before_, words, __LINE__); \
	free(before_); \
} while (0)

static void begin(void)
{
	lane_release(&lane);
	seq = 0;
	now = T0;
	CHECK(APPLY(lane, .mode = "live", .account = "0xaa00000000000000000000000000000000000001", .network = "testnet", .interval = "1h",
		    .first_ms = T0 - 100 * HOUR, .from_ms = T0, .lookback = 50, .balance_usd = 1000));
}

static char ids[64][INTENT_ID];

static const char *id(unsigned i)
{
	intent_id(ids[i], "live", "0xaa", "BTC", T0, INTENT_OPEN, i);
	return ids[i];
}

static const char *cloid(unsigned i, unsigned attempt)
{
	static char text[CLOID_TEXT];
	unsigned char bytes[16];

	intent_cloid(bytes, CLOID_PREFIX, id(i), attempt);
	cloid_put(text, bytes);
	return text;
}

static bool put_intent(unsigned i, const char *symbol, const char *action, int64_t t_ms)
{
	struct rec_intent r = { .t_ms = t_ms, .size = "1.5", .ref_px = 100, .notional_usd = 150, .leverage = 3, .confidence = "high",
				.reason_code = "signal_trigger", .reason = "why", .place = i };

	strcpy(r.id, id(i));
	strcpy(r.symbol, symbol);
	strcpy(r.action, action);
	strcpy(r.side, *action == 'O' || *action == 'A' ? "buy" : "sell");
	r.reduce_only = *r.side == 's';
	return apply(REC_intent, &r, sizeof r);
}

static bool commit(int64_t t_ms)
{
	return APPLY(step_commit, .t_ms = t_ms, .balance_usd = 900);
}

static bool judge(unsigned i, bool allow, const char *cause)
{
	struct rec_verdict r = { .allow = allow };

	strcpy(r.intent, id(i));
	strcpy(r.cause, cause);
	return apply(REC_verdict, &r, sizeof r);
}

static bool put_send(unsigned i, unsigned attempt, uint64_t nonce)
{
	struct rec_send r = { .attempt = attempt, .kind = "order", .symbol = "BTC", .nonce = nonce, .size = "1.5", .limit_px = "101",
			      .mid_px = 100, .expires_ms = T0 + 1, .body = "{\"bytes\":1}" };

	strcpy(r.intent, id(i));
	strcpy(r.cloid, cloid(i, attempt));
	return apply(REC_send, &r, sizeof r);
}

static bool come_out(unsigned i, unsigned attempt, uint64_t nonce, const char *outcome, bool over, const char *filled)
{
	struct rec_outcome r = { .attempt = attempt, .nonce = nonce, .kind = "order", .over = over, .evidence = "answer" };

	strcpy(r.intent, id(i));
	strcpy(r.outcome, outcome);
	strcpy(r.filled, filled);
	return apply(REC_outcome, &r, sizeof r);
}

static bool put_fill(const char *symbol, const char *tid, const char *cl, bool buy, double px, double sz, double start, double pnl, int64_t t_ms)
{
	struct rec_fill r = { .t_ms = t_ms, .oid = "77", .px = px, .sz = sz, .start_position = start, .closed_pnl = pnl, .fee = 0.5 };

	strcpy(r.symbol, symbol);
	strcpy(r.tid, tid);
	strcpy(r.cloid, cl);
	strcpy(r.side, buy ? "B" : "A");
	return apply(REC_fill, &r, sizeof r);
}

static enum intent_status status(unsigned i)
{
	return lane_intent_status(lane_intent_find(&lane, id(i)));
}

/* A step with one intent that is allowed. */
static void order(unsigned i, const char *symbol, const char *action, int64_t t_ms)
{
	CHECK(put_intent(i, symbol, action, t_ms));
	CHECK(commit(t_ms));
	CHECK(judge(i, true, "ok"));
}

/* ---- ids and words ---- */

static void test_ids(void)
{
	char text[INTENT_ID], begins[23];
	unsigned char cl[16];
	unsigned attempt;

	/* printf 'live|0xab|BTC|1763769600000|OPEN|0' | sha256sum */
	intent_id(text, "live", "0xab", "BTC", T0, INTENT_OPEN, 0);
	CHECK_TEXT(text, "5d95ae6c0f07378e4ecb6f24cfadb393");
	intent_id_op(text, "0123", "ETH", INTENT_CLOSE);
	CHECK_TEXT(text, "b8203c332f7589af41e3b7ba2c56b32d");
	op_id(text, "me", "flat", "all", 5);
	CHECK_TEXT(text, "e77959736daff6e9af51c3cb32352add");
	intent_cloid(cl, CLOID_PREFIX, "00112233445566778899aabbccddeeff", 7);
	CHECK(memcmp(cl, "ocq_\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\x07", 16) == 0);
	CHECK(intent_of_cloid(cl, CLOID_PREFIX, begins, &attempt) && attempt == 7);
	CHECK_TEXT(begins, "00112233445566778899aa");
	CHECK(!intent_of_cloid(cl, "abcd", begins, &attempt));
}

static void test_words(void)
{
	enum lane_mode m;
	enum outcome o;
	enum kill_cause c;
	enum kill_level l;
	enum intent_action a;

	for (unsigned i = LANE_PAPER; i <= LANE_SHADOW; i++)
		CHECK(lane_mode_parse(lane_mode_name(i), &m) && m == i);
	for (unsigned i = 0; i < N_OUTCOMES; i++)
		CHECK(outcome_parse(outcome_name(i), &o) && o == i);
	for (unsigned i = 0; i < N_KILL_CAUSES; i++)
		CHECK(kill_cause_parse(kill_cause_name(i), &c) && c == i);
	for (unsigned i = KILL_OFF; i <= KILL_HALT_ALL; i++)
		CHECK(kill_level_parse(kill_level_name(i), &l) && l == i);
	for (unsigned i = INTENT_OPEN; i <= INTENT_CLOSE; i++)
		CHECK(intent_action_parse(intent_action_name(i), &a) && a == i);
	CHECK_TEXT(lane_mode_name(LANE_DRY_LIVE), "dry_live");
	CHECK_TEXT(intent_action_name(INTENT_REDUCE), "REDUCE");
	CHECK_TEXT(intent_status_name(INTENT_STATUS_PARTIAL_CANCELLED), "PARTIAL_CANCELLED");
	CHECK_TEXT(kill_level_name(KILL_CLOSE_ONLY), "close_only");
	CHECK(!lane_mode_parse("Live", &m) && !outcome_parse("", &o) && !kill_cause_parse("no", &c) && !kill_level_parse("halt", &l));
	CHECK(outcome_over(OUTCOME_dead) && !outcome_over(OUTCOME_resting) && intent_status_over(INTENT_STATUS_WOULD));
}

/* ---- the strategy ---- */

static void test_lane(void)
{
	lane_release(&lane);
	seq = 0;
	CHECK(!lane.begun && lane.step_ms == INT64_MIN);
	REFUSED("before the lane began", step_commit, .t_ms = T0);
	CHECK(!put_intent(0, "BTC", "OPEN", T0) && strstr(why.text, "before the lane began"));
	REFUSED("\"mode\"", lane, .mode = "both", .network = "mainnet");
	REFUSED("\"network\"", lane, .mode = "paper", .network = "moon");
	REFUSED("\"interval\"", lane, .mode = "paper", .network = "mainnet", .interval = "123456789");
	CHECK(APPLY(kill_level, .cause = "operator", .level = "halt_all"));	/* a lane can be closed before it begins */
	begin();
	CHECK(lane.begun && lane.mode == LANE_LIVE && lane.testnet && lane.first_ms == T0 - 100 * HOUR && lane.from_ms == T0 &&
	      lane.lookback == 50 && lane.balance_usd == 1000);
	CHECK_TEXT(lane.interval, "1h");
	CHECK_TEXT(lane.account, "0xaa00000000000000000000000000000000000001");
	REFUSED("second lane", lane, .mode = "live", .network = "mainnet");
	CHECK(APPLY(config, .config_id = "aa", .accepted = true));
	CHECK(APPLY(config, .config_id = "bb", .accepted = false));
	CHECK_TEXT(lane.config_id, "aa");
	CHECK(APPLY(beat, .by = "x") && APPLY(alarm, .what = "x") && APPLY(decision, .balance_usd = 1) && lane.seq == seq);
	record = (struct record){ .type = REC_OTHER };
	CHECK(lane_apply(&lane, &record, ++seq, now, &why) && lane.seq == seq);
}

static void test_steps(void)
{
	begin();
	CHECK(commit(T0));
	CHECK(lane.step_ms == T0 && lane.balance_usd == 900 && lane.step_seq == seq && lane.prev_step_seq == 0);
	REFUSED("does not come after", step_commit, .t_ms = T0);
	REFUSED("does not come after", step_commit, .t_ms = T0 - 1);
	REFUSED("comes behind it", step_commit, .t_ms = T0 + 1, .seen = lane.seq + 2);
	CHECK(commit(T0 + 1));
	CHECK(lane.prev_step_seq == seq - 4);	/* three were refused in between */
	/* what became of an order between a step's look and its commit is for the next one */
	CHECK(APPLY(step_commit, .t_ms = T0 + 2, .balance_usd = 900, .seen = lane.seq - 1) && lane.step_seq == lane.seq - 2);
}

static bool put_mark(const char *symbol, const char *side, double size, double sl)
{
	struct rec_mark r = { .size = size, .entry_price = 10, .trailing_sl = sl, .has_trailing = sl > 0, .confidence = "medium",
			      .last_close_side = "short", .open_ms = T0, .last_entry_ms = T0, .close = 11 };

	strcpy(r.symbol, symbol);
	strcpy(r.side, side);
	return apply(REC_mark, &r, sizeof r);
}

static void test_marks(void)
{
	struct lane_symbol *s;

	begin();
	CHECK(put_mark("ETH", "long", 2.5, 0) && put_mark("BTC", "short", 1, 0) && put_mark("SOL", "flat", 3, 0));
	CHECK(lane.n_symbols == 3);
	CHECK_TEXT(lane.sym[0].name, "BTC");
	CHECK_TEXT(lane.sym[2].name, "SOL");
	s = lane_symbol_find(&lane, "ETH");
	CHECK(s && s->marked && lane_own_size(s) == DEC8_ONE * 5 / 2 && !s->prior.open && s->own.close == 11);
	CHECK(lane_own_size(lane_symbol_find(&lane, "BTC")) == -DEC8_ONE && lane_own_size(lane_symbol_find(&lane, "SOL")) == 0);
	CHECK(!lane_symbol_find(&lane, "XRP"));
	CHECK(put_mark("ETH", "long", 2.5, 9));		/* a trailing stop alone */
	CHECK(!s->prior.open && s->own.pos.trailing_sl == 9);
	CHECK(put_mark("ETH", "flat", 2.5, 9));
	CHECK(s->prior.open && s->prior.size == 2.5 && s->prior.trailing_sl == 9 && !s->own.pos.open);
	CHECK(put_mark("ETH", "short", 2.5, 0));	/* the side alone */
	CHECK(!s->prior.open);
	REFUSED("\"side\"", mark, .symbol = "ETH", .side = "both", .confidence = "low", .last_close_side = "long");
	REFUSED("\"confidence\"", mark, .symbol = "ETH", .side = "long", .confidence = "none", .last_close_side = "long");
	REFUSED("\"last_close_side\"", mark, .symbol = "ETH", .side = "long", .confidence = "low");
	REFUSED("out of range", mark, .symbol = "ETH", .side = "long", .confidence = "low", .last_close_side = "long", .size = 1e12);
}

static void test_mark_record(void)
{
	struct symbol_state s = { .pos = { .entry_price = 1, .size = 2, .margin_usd = 3, .entry_atr = 4, .entry_adx_threshold = 5,
		.trailing_sl = 6, .leverage = 7, .open_ms = 8, .last_add_ms = T_NEVER, .adds_count = 9, .side = SIDE_SHORT,
		.confidence = CONFIDENCE_HIGH, .open = true, .tp1_taken = true, .has_trailing = true },
		.last_entry_ms = 10, .last_exit_ms = T_NEVER, .last_close_ms = 12, .last_close_side = SIDE_SHORT,
		.last_close_was_flip = true, .close = 13 }, back = { .bars = 14 };
	struct rec_mark m, again;

	mark_from_state(&m, &s, "BTC", T0);
	CHECK(m.t_ms == T0 && m.last_add_ms == 0 && m.last_exit_ms == 0 && m.last_close_ms == 12);
	CHECK_TEXT(m.symbol, "BTC");
	CHECK_TEXT(m.side, "short");
	CHECK_TEXT(m.last_close_side, "short");
	CHECK_TEXT(m.confidence, "high");
	mark_to_state(&back, &m);
	CHECK(back.bars == 14 && back.last_exit_ms == T_NEVER && back.pos.last_add_ms == T_NEVER && back.pos.side == SIDE_SHORT);
	mark_from_state(&again, &back, "BTC", T0);
	CHECK(memcmp(&m, &again, sizeof m) == 0);
}

static void test_adopt_and_heal(void)
{
	struct lane_symbol *s;

	begin();
	CHECK(APPLY(heal, .symbol = "BTC", .how = "resize", .size = "-0.5", .entry_px = 7));
	s = lane_symbol_find(&lane, "BTC");
	CHECK(s->heal && s->heal_size == -DEC8_ONE / 2 && s->heal_entry_px == 7);
	CHECK(APPLY(adopt, .symbol = "", .balance_after = 5) && s->heal && lane.balance_usd == 5);
	CHECK(APPLY(adopt, .symbol = "BTC", .balance_after = 6) && !s->heal && lane.balance_usd == 6);
	CHECK(APPLY(heal, .symbol = "BTC", .how = "ignore", .size = "1") && !s->heal);
	REFUSED("no decimal", heal, .symbol = "BTC", .how = "adopt", .size = "x");
}

/* ---- intents ---- */

static void test_intents(void)
{
	const struct lane_intent *i;

	begin();
	CHECK(put_intent(0, "BTC", "OPEN", T0));
	i = lane_intent_find(&lane, id(0));
	CHECK(i && i->action == INTENT_OPEN && i->buy && !i->reduce_only && i->size == DEC8_ONE * 3 / 2 && i->created_ms == now &&
	      i->seq == seq && !*i->op && i->place == 0 && lane.intents_ever == 1);
	CHECK(lane_intent_of_cloid(&lane, cloid(0, 3)) == i && !lane_intent_of_cloid(&lane, "0x12") && !lane_intent_find(&lane, "x"));
	CHECK(!put_intent(0, "BTC", "OPEN", T0) && strstr(why.text, "a second time"));
	CHECK(!put_send(0, 0, 1) && strstr(why.text, "before its step was committed"));
	CHECK(commit(T0));
	CHECK(!put_intent(1, "BTC", "OPEN", T0) && strstr(why.text, "has been committed"));
	CHECK(lane.n_intents == 1);
	REFUSED("\"id\"", intent, .id = "12");
	REFUSED("\"action\"", intent, .id = "00000000000000000000000000000000", .action = "FLIP");
	REFUSED("\"side\"", intent, .id = "00000000000000000000000000000000", .action = "OPEN", .side = "B");
	REFUSED("\"size\"", intent, .id = "00000000000000000000000000000000", .action = "OPEN", .side = "buy", .size = "1e3");
	REFUSED("\"limit_px\"", intent, .id = "00000000000000000000000000000000", .action = "OPEN", .side = "buy", .size = "1", .limit_px = "-1");
	REFUSED("\"op\"", intent, .id = "00000000000000000000000000000000", .action = "OPEN", .side = "buy", .size = "1",
		.op = "000000000000000000000000000000000");
	/* an operator's: of no step, sent without a commit */
	CHECK(APPLY(intent, .id = "00000000000000000000000000000000", .t_ms = T0, .symbol = "ETH", .action = "CLOSE", .side = "sell",
		    .size = "1", .op = "0f", .confidence = "low", .reason_code = "manual_trade"));
	CHECK(APPLY(send, .intent = "00000000000000000000000000000000", .kind = "order", .symbol = "ETH", .nonce = 1, .size = "1",
		    .limit_px = "1", .cloid = "0x00000000000000000000000000000000"));
}

/* What a record says of an intent is kept whole. */
static void test_intent_members(void)
{
	const struct lane_intent *i;

	begin();
	CHECK(APPLY(intent, .id = "0123456789abcdef0123456789abcdef", .t_ms = 1, .symbol = "ETH", .action = "REDUCE", .side = "sell", .size = "2",
		    .reduce_only = true, .ref_px = 3, .limit_px = "4", .notional_usd = 5, .leverage = 6, .confidence = "low",
		    .reason_code = "code", .reason = "words", .entry_atr = 7, .adx_threshold = 8, .valid_until_ms = 9, .place = 10, .op = "0b"));
	i = &lane.intent[0];
	CHECK(i->t_ms == 1 && i->action == INTENT_REDUCE && !i->buy && i->reduce_only && i->size == 2 * DEC8_ONE && i->ref_px == 3);
	CHECK(i->limit_px == 4 * DEC8_ONE && i->notional_usd == 5 && i->leverage == 6 && i->entry_atr == 7 && i->adx_threshold == 8);
	CHECK(i->valid_until_ms == 9 && i->place == 10);
	CHECK_TEXT(i->symbol, "ETH");
	CHECK_TEXT(i->confidence, "low");
	CHECK_TEXT(i->reason_code, "code");
	CHECK_TEXT(i->reason, "words");
	CHECK_TEXT(i->op, "0b");
	REFUSED("\"id\"", intent, .id = "0123456789abcdef0123456789abcdeg");
	REFUSED("\"confidence\"", intent, .id = "0123456789abcdef0123456789abcdee", .action = "OPEN", .side = "buy", .size = "1",
		.confidence = "a long one");
}

static void test_verdicts(void)
{
	begin();
	CHECK(put_intent(0, "BTC", "OPEN", T0) && put_intent(1, "ETH", "CLOSE", T0) && commit(T0));
	CHECK(status(0) == INTENT_STATUS_NEW);
	CHECK(judge(0, false, "close_only") && status(0) == INTENT_STATUS_REJECTED);
	CHECK(judge(0, true, "ok") && status(0) == INTENT_STATUS_ALLOWED);
	CHECK(judge(1, false, "exit_rate") && status(1) == INTENT_STATUS_NEW);
	CHECK(judge(1, false, "min_order_gap") && status(1) == INTENT_STATUS_NEW);
	CHECK(judge(1, false, "halt_all") && status(1) == INTENT_STATUS_REJECTED);
	CHECK(judge(0, false, "min_order_gap") && status(0) == INTENT_STATUS_REJECTED);
	CHECK(!judge(9, true, "ok") && strstr(why.text, "which is not there"));
}

static void test_sends(void)
{
	const struct lane_intent *i;

	begin();
	order(0, "BTC", "OPEN", T0);
	order(1, "BTC", "ADD", T0 + 1);
	order(2, "ETH", "OPEN", T0 + 2);
	now += 5;
	CHECK(put_send(0, 0, 10));
	i = lane_intent_find(&lane, id(0));
	CHECK(i->in_flight && i->attempts == 1 && i->send.nonce == 10 && i->send.seq == seq && i->send.sent_ms == now &&
	      i->send.mid_px == 100 && lane.nonce == 10 && lane.n_sent == 1 && lane.sent[0].entry && lane.sent[0].notional_usd == 150);
	CHECK_TEXT(i->send.body, "{\"bytes\":1}");
	CHECK_TEXT(lane.sent[0].symbol, "BTC");
	CHECK(i->send.expires_ms == T0 + 1 && i->send.size == DEC8_ONE * 3 / 2 && i->send.limit_px == 101 * DEC8_ONE);
	CHECK(status(0) == INTENT_STATUS_UNKNOWN && lane_unresolved(&lane, "BTC") && !lane_unresolved(&lane, "ETH"));
	CHECK(!put_send(1, 0, 11) && strstr(why.text, "while an order of BTC is unresolved"));
	CHECK(!put_send(2, 1, 11) && strstr(why.text, "where 0 is due"));
	CHECK(!put_send(2, 0, 10) && strstr(why.text, "not above the last one"));
	CHECK(!put_send(9, 0, 11) && strstr(why.text, "which is not there"));
	REFUSED("which is not there", send, .intent = "", .kind = "order");
	record.u.send = (struct rec_send){ .kind = "order", .nonce = 99, .size = "1", .limit_px = "1", .cloid = "0x12" };
	strcpy(record.u.send.intent, id(2));
	CHECK(!lane_apply(&lane, &record, ++seq, now, &why) && strstr(why.text, "\"cloid\""));
	CHECK(APPLY(send, .kind = "noop", .nonce = 10) && lane.nonce == 10);
	CHECK(APPLY(send, .kind = "cancel", .nonce = 12) && lane.nonce == 12 && lane.n_cancels == 1 && lane.cancel_ms[0] == now);
	CHECK(APPLY(send, .kind = "leverage", .symbol = "ETH", .nonce = 13) && lane.nonce == 13 && lane.n_sent == 1);
	CHECK(come_out(0, 0, 10, "filled", true, "1.5"));
	CHECK(!put_send(0, 1, 20) && strstr(why.text, "which has ended"));
	CHECK(put_send(1, 0, 20) && come_out(1, 0, 20, "resting", false, "0"));
	CHECK(!put_send(1, 1, 21) && strstr(why.text, "whose order rests"));
	CHECK(put_send(2, 0, 22));
}

static void test_outcomes(void)
{
	const struct lane_intent *i;

	begin();
	order(0, "BTC", "CLOSE", T0);
	CHECK(!come_out(0, 0, 10, "filled", true, "1") && strstr(why.text, "not what was sent last"));
	CHECK(!come_out(9, 0, 0, "would", true, "") && strstr(why.text, "which is not there"));
	CHECK(put_send(0, 0, 10));
	i = lane_intent_find(&lane, id(0));
	CHECK(!come_out(0, 0, 11, "filled", true, "1") && strstr(why.text, "not what was sent last"));
	CHECK(!come_out(0, 1, 10, "filled", true, "1") && strstr(why.text, "not what was sent last"));
	CHECK(!come_out(0, 0, 0, "expired", true, "") && strstr(why.text, "is unresolved"));
	CHECK(!come_out(0, 0, 10, "resting", true, "") && strstr(why.text, "cannot end"));
	CHECK(!come_out(0, 0, 10, "lost", true, "") && strstr(why.text, "\"outcome\""));
	CHECK(come_out(0, 0, 10, "unknown", false, "") && i->in_flight && i->send.body && status(0) == INTENT_STATUS_UNKNOWN);
	CHECK(!lane_settled(&lane, T0) && lane_settled(&lane, T0 - 1));
	CHECK(come_out(0, 0, 10, "dead", false, "0") && !i->in_flight && !i->send.body && status(0) == INTENT_STATUS_ALLOWED);
	CHECK(put_send(0, 1, 11) && i->outcome == OUTCOME_unknown && come_out(0, 1, 11, "partial", false, "0.5") && i->acked == DEC8_ONE / 2);
	CHECK(put_send(0, 2, 12) && come_out(0, 2, 12, "resting", false, "0.25") && i->acked == DEC8_ONE * 3 / 4);
	CHECK(status(0) == INTENT_STATUS_PARTIAL && lane_settled(&lane, T0));
	CHECK(come_out(0, 2, 12, "cancelled", true, "0.5") && i->acked == DEC8_ONE && i->over && i->over_seq == seq);
	CHECK(status(0) == INTENT_STATUS_PARTIAL_CANCELLED);
	CHECK(!come_out(0, 2, 12, "filled", true, "1") && strstr(why.text, "which has ended"));
	CHECK(APPLY(outcome, .kind = "leverage", .outcome = "done", .nonce = 9));	/* of none */
	order(1, "ETH", "OPEN", T0 + 1);
	record.u.outcome = (struct rec_outcome){ .kind = "order", .outcome = "rejected", .oid = "55", .error = "too small", .over = true };
	record.type = REC_outcome;
	strcpy(record.u.outcome.intent, id(1));
	CHECK(lane_apply(&lane, &record, ++seq, now, &why));
	CHECK_TEXT(lane_intent_find(&lane, id(1))->oid, "55");
	CHECK_TEXT(lane_intent_find(&lane, id(1))->error, "too small");
	CHECK(APPLY(outcome, .kind = "noop", .outcome = "rejected", .nonce = 10));
	order(2, "SOL", "OPEN", T0 + 2);
	record.u.outcome = (struct rec_outcome){ .kind = "leverage", .outcome = "rejected", .nonce = 9, .over = true };
	record.type = REC_outcome;
	strcpy(record.u.outcome.intent, id(2));	/* whose leverage it was */
	CHECK(lane_apply(&lane, &record, ++seq, now, &why) && !lane_intent_find(&lane, id(2))->over);
}

/* What a single attempt that ends comes to. */
static void test_statuses(void)
{
	static const struct { const char *outcome, *filled; enum intent_status want; } rows[] = {
		{ "filled", "1.5", INTENT_STATUS_FILLED }, { "filled", "1.4", INTENT_STATUS_FILLED },
		{ "partial", "1", INTENT_STATUS_PARTIAL_CANCELLED }, { "partial", "0", INTENT_STATUS_CANCELLED },
		{ "partial", "1.4985", INTENT_STATUS_FILLED }, { "partial", "1.4984", INTENT_STATUS_PARTIAL_CANCELLED },
		{ "cancelled", "0", INTENT_STATUS_CANCELLED }, { "cancelled", "1", INTENT_STATUS_PARTIAL_CANCELLED },
		{ "rejected", "0", INTENT_STATUS_REJECTED }, { "dead", "0", INTENT_STATUS_DEAD }, { "expired", "", INTENT_STATUS_EXPIRED },
	};
	static const struct { const char *outcome; enum intent_status want; } unsent[] = {
		{ "would", INTENT_STATUS_WOULD }, { "expired", INTENT_STATUS_EXPIRED }, { "blocked", INTENT_STATUS_REJECTED },
		{ "rejected", INTENT_STATUS_REJECTED },
	};

	begin();
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		order(i, "BTC", "OPEN", T0 + i);
		CHECK(put_send(i, 0, 10 + i) && come_out(i, 0, 10 + i, rows[i].outcome, true, rows[i].filled));
		CHECK_TEXT(intent_status_name(status(i)), intent_status_name(rows[i].want));
	}
	for (unsigned i = 0; i < sizeof unsent / sizeof *unsent; i++) {
		order(40 + i, "BTC", "OPEN", T0 + 40 + i);
		CHECK(come_out(40 + i, 0, 0, unsent[i].outcome, true, "") && status(40 + i) == unsent[i].want);
	}
	order(50, "BTC", "OPEN", T0 + 50);
	CHECK(put_send(50, 0, 100) && come_out(50, 0, 100, "resting", false, "0") && status(50) == INTENT_STATUS_SENT);
	CHECK(put_fill("BTC", "900", cloid(50, 0), true, 100, 1, 0, 0, T0) && status(50) == INTENT_STATUS_PARTIAL);
	CHECK(put_fill("BTC", "901", cloid(50, 0), true, 100, 0.5, 1, 0, T0) && status(50) == INTENT_STATUS_FILLED);
}

static void test_prune(void)
{
	begin();
	order(0, "BTC", "OPEN", T0);
	CHECK(come_out(0, 0, 0, "would", true, ""));
	order(1, "BTC", "OPEN", T0 + 1);	/* stays open */
	CHECK(lane.n_intents == 2);
	CHECK(commit(T0 + 2) && lane.n_intents == 1);
	CHECK(commit(T0 + 3) && commit(T0 + 4) && lane.n_intents == 1 && lane_intent_find(&lane, id(1)));
	CHECK(lane.intents_ever == 2);
	CHECK(!put_intent(0, "BTC", "OPEN", T0) && strstr(why.text, "has been committed"));	/* forgotten, refused all the same */
}

/* ---- the ledger ---- */

static void test_fills(void)
{
	const struct lane_intent *i;
	struct lane_symbol *s;

	begin();
	order(0, "BTC", "OPEN", T0);
	CHECK(put_send(0, 0, 10));
	CHECK(put_fill("BTC", "1", cloid(0, 0), true, 100.1, 1, 0, 0, T0 + 5));
	i = lane_intent_find(&lane, id(0));
	s = lane_symbol_find(&lane, "BTC");
	CHECK(i->filled == DEC8_ONE && i->fee_usd == 0.5 && i->filled_usd == 100.1 && s->theirs == DEC8_ONE && s->theirs_entry_px == 100.1);
	CHECK(s->theirs_known && s->theirs_ms == T0 + 5 && lane_fill_seen(&lane, "BTC", "1", T0) && !lane_fill_seen(&lane, "ETH", "1", T0));
	CHECK(put_fill("BTC", "1", cloid(0, 0), true, 100.1, 1, 0, 0, T0 + 5) && i->filled == DEC8_ONE && lane.n_tids == 1);	/* again */
	CHECK(put_fill("BTC", "2", "", true, 102.1, 1, 1, 0, T0 + 5) && s->theirs == 2 * DEC8_ONE);	/* by hand, the same millisecond */
	CHECK(s->theirs_entry_px == 101.1 && i->filled == DEC8_ONE);
	CHECK(put_fill("BTC", "3", "", true, 50, 1, 7, 0, T0 + 5) && s->theirs == 2 * DEC8_ONE);	/* does not follow */
	CHECK(put_fill("BTC", "4", "", false, 50, 1, 1, 0, T0 + 4) && s->theirs == 2 * DEC8_ONE);	/* older */
	CHECK(put_fill("BTC", "5", "", false, 90, 3, 2, -20, T0 + 6) && s->theirs == -DEC8_ONE && s->theirs_entry_px == 90);
	CHECK(put_fill("BTC", "6", "", true, 95, 1, -1, -5, T0 + 7) && s->theirs == 0 && s->theirs_entry_px == 0);
	REFUSED("\"side\"", fill, .symbol = "BTC", .tid = "7", .side = "buy");
	REFUSED("\"tid\"", fill, .symbol = "BTC", .tid = "012345678901234567890123", .side = "B");
	REFUSED("out of range", fill, .symbol = "BTC", .tid = "7", .side = "B", .sz = 1e12);
	REFUSED("\"px\", \"closed_pnl\" or \"fee\" is out of range", fill, .symbol = "BTC", .tid = "7", .side = "B", .px = 1e15);
	REFUSED("\"px\", \"closed_pnl\" or \"fee\" is out of range", fill, .symbol = "BTC", .tid = "7", .side = "B", .fee = -1e15);
	REFUSED("\"px\", \"closed_pnl\" or \"fee\" is out of range", fill, .symbol = "BTC", .tid = "7", .side = "B", .closed_pnl = 1e300);
	CHECK(APPLY(cursor, .what = "fills", .to_ms = T0 + 2 * DAY) && lane.fills_to_ms == T0 + 2 * DAY);
	CHECK(APPLY(cursor, .what = "fills", .to_ms = T0) && lane.fills_to_ms == T0 + 2 * DAY);
	CHECK(APPLY(cursor, .what = "funding", .to_ms = 9) && lane.funding_to_ms == 9 && APPLY(cursor, .what = "ledger", .to_ms = 9));
	CHECK(put_fill("ETH", "1", "", true, 1, 1, 0, 0, T0 + 2 * DAY));
	CHECK(lane.n_tids == 7 && commit(T0 + 1) && lane.n_tids == 1 && lane_fill_seen(&lane, "BTC", "1", 0));
	CHECK(put_fill("BTC", "1", cloid(0, 0), true, 100.1, 1, 0, 0, T0 + 5) && i->filled == DEC8_ONE);	/* long taken over */
}

static void test_fill_by_oid(void)
{
	begin();
	order(0, "BTC", "CLOSE", T0);
	CHECK(put_send(0, 0, 10));
	CHECK(APPLY(fill, .symbol = "BTC", .tid = "1", .oid = "55", .side = "A", .px = 9, .sz = 1, .start_position = 2, .t_ms = T0));
	CHECK(lane.intent[0].filled == 0);
	record.u.outcome = (struct rec_outcome){ .kind = "order", .nonce = 10, .outcome = "resting", .oid = "55" };
	record.type = REC_outcome;
	strcpy(record.u.outcome.intent, id(0));
	CHECK(lane_apply(&lane, &record, ++seq, now, &why));
	CHECK(APPLY(fill, .symbol = "BTC", .tid = "2", .oid = "55", .side = "A", .px = 9, .sz = 1, .start_position = 1, .t_ms = T0));
	CHECK(lane.intent[0].filled == DEC8_ONE);
}

static void test_risk_windows(void)
{
	begin();
	order(0, "BTC", "OPEN", T0);
	order(1, "ETH", "CLOSE", T0 + 1);
	CHECK(put_send(0, 0, 10) && put_send(1, 0, 11));
	CHECK(lane.n_sent == 2 && !lane.sent[1].entry);
	CHECK(put_fill("BTC", "1", cloid(0, 0), true, 100.5, 0.5, 0, 0, T0) && lane.n_slip == 1 && lane.slip_bps[0] == 50);
	CHECK(put_fill("BTC", "2", cloid(0, 0), true, 99, 0.5, 0.5, 0, T0) && lane.n_slip == 2 && lane.slip_bps[1] == 0);
	CHECK(lane.day_fee_usd == 1 && lane.day_entry_fee_usd == 1 && lane.day_pnl_usd == 0);
	CHECK(put_fill("ETH", "3", cloid(1, 0), false, 100, 1, 1.5, 10, T0 + 1) && lane.n_exits == 1 && lane.exits[0].net_usd == 9.5);
	CHECK(put_fill("ETH", "4", cloid(1, 0), false, 100, 0.5, 0.5, 5, T0 + 2) && lane.n_exits == 1 && lane.exits[0].net_usd == 14);
	CHECK(put_fill("XRP", "5", "", false, 1, 1, 2, -3, T0 + 3) && lane.n_exits == 2 && lane.exits[1].net_usd == -3.5);
	CHECK(put_fill("XRP", "6", "", true, 1, 1, 2, 0, T0 + 4) && lane.n_exits == 2 && lane.n_slip == 2);
	CHECK(lane.day_pnl_usd == 12 && lane.day_fee_usd == 3 && lane.day_entry_fee_usd == 1.5);
	CHECK(put_fill("ETH", "7", "", false, 1, 1, 1, -1, T0 + DAY) && lane.day_pnl_usd == -1 && lane.day_fee_usd == 0.5);
	CHECK(put_fill("ETH", "8", "", false, 1, 1, 1, -1, T0 + DAY - 1) && lane.day_pnl_usd == -1);	/* of the day before */
	CHECK(lane.loss_day == T0 / DAY + 1);
	/* clearing forgets what is measured */
	CHECK(APPLY(kill_level, .cause = "slippage", .level = "off") && lane.n_slip == 0);
	CHECK(APPLY(kill_level, .cause = "performance", .level = "off") && lane.n_exits == 0);
	CHECK(APPLY(kill_level, .cause = "daily_loss", .level = "off") && lane.day_pnl_usd == 0 && lane.day_fee_usd == 0);
	CHECK(put_fill("ETH", "9", cloid(1, 0), false, 100, 0.1, 0.5, 5, T0 + DAY) && lane.n_exits == 1 && lane.exits[0].net_usd == 4.5);
}

static bool put_account(int64_t t_ms, double usd)
{
	return APPLY(account, .t_ms = t_ms, .account_value = usd, .withdrawable = 7, .total_margin_used = 8);
}

static void test_account(void)
{
	int64_t day = T0 / DAY;

	begin();
	CHECK(!lane.has_account && lane_peak_usd(&lane, day, 1) == 0);
	CHECK(put_account(T0, 100) && put_account(T0 + 1, 90) && lane.account_value_usd == 90 && lane.withdrawable_usd == 7);
	CHECK(lane.has_account && lane.margin_used_usd == 8 && lane.account_ms == T0 + 1 && lane_peak_usd(&lane, day, 1) == 100);
	CHECK(put_account(T0, 120) && lane.account_value_usd == 90 && lane_peak_usd(&lane, day, 1) == 120);	/* late: a peak, not the value */
	CHECK(put_account(T0 + DAY, 80) && lane_peak_usd(&lane, day + 1, 1) == 80 && lane_peak_usd(&lane, day + 1, 2) == 120);
	CHECK(put_account(T0 + 3 * DAY, 85) && lane.n_peaks == 2);	/* tops the day before, not the first */
	CHECK(lane_peak_usd(&lane, day + 3, 3) == 85 && lane_peak_usd(&lane, day + 3, 4) == 120 && lane_peak_usd(&lane, day + 9, 2) == 0);
	CHECK(APPLY(kill_level, .cause = "drawdown", .level = "off") && lane_peak_usd(&lane, day + 3, 9) == 0);
	for (int i = 0; i < LANE_RING + 5; i++)
		CHECK(put_account(T0 + (10 + i) * DAY, 5000 - i));
	CHECK(lane.n_peaks == LANE_RING && lane.peak[0].usd == 4995);
}

static bool put_position(const char *symbol, double szi, int64_t t_ms)
{
	struct rec_position r = { .szi = szi, .t_ms = t_ms, .entry_px = 5, .leverage = 3, .margin_used = 2, .isolated = true,
				  .liquidation_px = 4 };

	strcpy(r.symbol, symbol);
	return apply(REC_position, &r, sizeof r);
}

static void test_positions(void)
{
	const struct lane_symbol *s;

	begin();
	CHECK(put_mark("SOL", "long", 1, 0) && !lane_symbol_find(&lane, "SOL")->theirs_known);
	CHECK(put_fill("ETH", "1", "", true, 9, 1, 0, 0, T0 + 10));
	CHECK(put_position("DOGE", 1, T0) && lane_symbol_find(&lane, "DOGE")->theirs_known);
	CHECK(put_fill("DOGE", "9", "", true, 9, 1, 1, 0, T0 + 5) && lane_symbol_find(&lane, "DOGE")->theirs == 2 * DEC8_ONE);
	CHECK(APPLY(positions, .t_ms = T0 + 5, .n = 2) && lane_symbol_find(&lane, "DOGE")->theirs == 0);
	CHECK(!commit(T0) && strstr(why.text, "\"position\" records are missing: 2"));
	CHECK(put_position("BTC", -0.5, T0 + 5));
	CHECK(put_position("ETH", 7, T0 + 4) && commit(T0));
	s = lane_symbol_find(&lane, "BTC");
	CHECK(s->theirs == -DEC8_ONE / 2 && s->theirs_isolated && s->theirs_known && s->theirs_ms == T0 + 5);
	CHECK(s->theirs_entry_px == 5 && s->theirs_leverage == 3 && s->theirs_margin_usd == 2 && s->theirs_liquidation_px == 4);
	CHECK(lane_symbol_find(&lane, "ETH")->theirs == DEC8_ONE);		/* the fill is newer */
	CHECK(lane_symbol_find(&lane, "SOL")->theirs_known && lane_symbol_find(&lane, "SOL")->theirs == 0);
	s = lane_symbol(&lane, "XRP");
	CHECK(s->theirs_known && s->theirs_ms == T0 + 5 && s->own.last_entry_ms == T_NEVER && s->own.last_exit_ms == T_NEVER &&
	      s->own.last_close_ms == T_NEVER && s->own.pos.open_ms == T_NEVER && s->prior.last_add_ms == T_NEVER);
	CHECK(APPLY(positions, .t_ms = T0 + 20, .n = 0) && lane_symbol_find(&lane, "ETH")->theirs == 0 && commit(T0 + 1));
	CHECK(lane_symbol_find(&lane, "BTC")->theirs_margin_usd == 0);
	CHECK(put_fill("BTC", "2", "", true, 9, 1, 0, 0, T0 + 19) && lane_symbol_find(&lane, "BTC")->theirs == 0);	/* in the batch already */
	CHECK(put_position("BTC", 3, T0 + 18) && lane_symbol_find(&lane, "BTC")->theirs == 0);	/* alone, older than the batch */
	CHECK(put_position("DOT", 3, T0 + 18) && lane_symbol_find(&lane, "DOT")->theirs == 0);
	CHECK(put_position("BTC", 2, T0 + 30) && lane_symbol_find(&lane, "BTC")->theirs == 2 * DEC8_ONE);	/* alone */
	CHECK(lane_symbol_find(&lane, "BTC")->theirs_ms == T0 + 30);
	REFUSED("out of range", position, .symbol = "BTC", .szi = 1e12);
	REFUSED("out of range", position, .symbol = "BTC", .entry_px = 1e300);
}

static bool put_order(const char *oid, const char *state, double sz, int64_t t_ms)
{
	struct rec_order r = { .symbol = "BTC", .cloid = "0x0000000000000000000000000000000a", .side = "B", .px = 9, .sz = sz,
			       .orig_sz = 4, .t_ms = t_ms };

	strcpy(r.oid, oid);
	strcpy(r.status, state);
	return apply(REC_order, &r, sizeof r);
}

static void test_orders(void)
{
	begin();
	CHECK(APPLY(open_orders, .t_ms = T0, .n = 2) && put_order("1", "open", 4, T0));
	CHECK(!put_mark("BTC", "flat", 0, 0) && strstr(why.text, "\"order\" records are missing: 1"));
	CHECK(put_order("2", "open", 3, T0) && lane.n_orders == 2 && lane.orders_ms == T0);
	CHECK(lane.order[1].open == 3 * DEC8_ONE && lane.order[1].has_cloid && lane.order[1].buy && lane.order[1].size == 4 * DEC8_ONE);
	CHECK(put_order("1", "open", 2, T0 + 1) && lane.n_orders == 2 && lane.order[0].open == 2 * DEC8_ONE);	/* pushed */
	CHECK(put_order("1", "open", 1, T0 + 1) && lane.order[0].open == DEC8_ONE);	/* in the same millisecond */
	CHECK(put_order("1", "filled", 0, T0) && lane.n_orders == 2);	/* older than what is known */
	CHECK(put_order("1", "filled", 0, T0 + 2) && lane.n_orders == 1 && !lane.order[0].reduce_only);
	CHECK_TEXT(lane.order[0].oid, "2");
	CHECK_TEXT(lane.order[0].symbol, "BTC");
	CHECK(put_order("3", "open", 1, T0 + 3) && lane.n_orders == 2 && put_order("4", "canceled", 1, T0 + 3) && lane.n_orders == 2);
	REFUSED("\"oid\"", order, .symbol = "BTC", .oid = "012345678901234567890123");
	REFUSED("out of range", order, .symbol = "BTC", .oid = "1", .px = 1e12);
	CHECK(APPLY(open_orders, .t_ms = T0 + 9, .n = 0) && lane.n_orders == 0);
	CHECK(APPLY(positions, .t_ms = T0 + 9, .n = 1) && put_position("BTC", 1, T0 + 9));	/* no orders are awaited any more */
	CHECK(APPLY(order, .symbol = "BTC", .oid = "9", .side = "A", .reduce_only = true, .status = "open") && lane.order[0].reduce_only &&
	      !lane.order[0].has_cloid && !lane.order[0].buy);
}

static void test_kill(void)
{
	begin();
	CHECK(lane_kill_level(&lane) == KILL_OFF);
	now = T0 + 1;
	CHECK(APPLY(kill_level, .cause = "drift", .level = "close_only", .why = "first"));
	now = T0 + 2;
	CHECK(APPLY(kill_level, .cause = "operator", .level = "close_only") && lane_kill_cause(&lane) == KILL_drift);
	CHECK(APPLY(kill_level, .cause = "drift", .level = "close_only", .why = "again") && lane.kill[KILL_drift].since_ms == T0 + 1);
	CHECK_TEXT(lane.kill[KILL_drift].why, "again");
	CHECK(APPLY(kill_level, .cause = "feed", .level = "halt_all") && lane_kill_level(&lane) == KILL_HALT_ALL);
	CHECK(lane_kill_cause(&lane) == KILL_feed);
	CHECK(APPLY(kill_level, .cause = "feed", .level = "off") && lane_kill_level(&lane) == KILL_CLOSE_ONLY);
	REFUSED("\"cause\"", kill_level, .cause = "mood", .level = "off");
	REFUSED("\"level\"", kill_level, .cause = "feed", .level = "none");
	CHECK(APPLY(armed, .armed = true, .why = "") && lane.armed && APPLY(armed, .armed = false, .why = "expired") && !lane.armed);
	CHECK_TEXT(lane.armed_why, "expired");
}

static void test_cancels(void)
{
	begin();
	CHECK(APPLY(cancel, .op = "a", .symbol = "ETH", .oid = "17") && APPLY(cancel, .op = "b") && lane.n_asked == 2);
	CHECK(!APPLY(cancel, .op = "a") && lane.n_asked == 2 && strstr(why.text, "a second cancellation"));
	CHECK_TEXT(lane_asked(&lane, "a")->oid, "17");
	CHECK_TEXT(lane_asked(&lane, "b")->symbol, "");
	CHECK(APPLY(outcome, .kind = "cancel", .intent = "a", .outcome = "unknown") && lane.n_asked == 2);
	CHECK(APPLY(outcome, .kind = "cancel", .intent = "a", .outcome = "done", .over = true) && !lane_asked(&lane, "a") && lane.n_asked == 1);
	CHECK(APPLY(outcome, .kind = "cancel", .intent = "a", .outcome = "done", .over = true) && lane_asked(&lane, "b"));
	CHECK(APPLY(outcome, .kind = "leverage", .intent = "b", .outcome = "done", .over = true) && lane_asked(&lane, "b"));
	CHECK(lane_cancels_since(&lane, now - 1) == 0 && APPLY(send, .kind = "cancel", .nonce = 20) && lane_cancels_since(&lane, lane.ts_ms - 1) == 1 &&
	      lane_cancels_since(&lane, lane.ts_ms) == 0);
}

/* A reason that is too long is cut between characters, so that the snapshot stays UTF-8. */
static void test_cut(void)
{
	struct rec_armed r = { .armed = false };
	struct lane back;
	char *line;

	begin();
	memset(r.why, 'x', sizeof r.why - 1);
	memcpy(r.why + TEXT_MAX - 3, "\xe2\x82\xac", 3);
	CHECK(apply(REC_armed, &r, sizeof r) && strlen(lane.armed_why) == TEXT_MAX - 3);
	line = line_of(&lane);
	CHECK(lane_read(&back, line, strlen(line), &why));
	lane_release(&back);
	free(line);
}

/* ---- snapshots ---- */

enum { RANDOM = 500 };
static struct record *journal;		/* what was applied, refused or not */
static char *snapshot[RANDOM + 1];	/* behind each */
static uint64_t draws;

static uint64_t draw(uint64_t n)
{
	return rng_below(11, 0, draws++, n);
}

static double draw_f64(void)
{
	return rng_f64(11, 1, draws++) * 1000;
}

static const char *const names[] = { "BTC", "ETH", "SOL", "kPEPE" };

static void random_strategy(unsigned k)
{
	if (draw(3) == 0)
		(void)put_mark(names[draw(4)], draw(2) ? "long" : "flat", draw_f64(), draw_f64());
	else if (draw(2))
		(void)put_intent((unsigned)draw(60), names[draw(4)], draw(2) ? "OPEN" : "CLOSE", lane.step_ms == INT64_MIN ? T0 : lane.step_ms + 1);
	else
		(void)commit(T0 + k);
}

static void random_order(unsigned k)
{
	const struct lane_intent *i = lane.n_intents ? &lane.intent[draw(lane.n_intents)] : NULL;
	unsigned n = i ? i->place : (unsigned)draw(60);

	if (!i || !i->judged)
		(void)judge(n, draw(4) > 0, "ok");
	else if (!i->in_flight && draw(3))
		(void)put_send(n, i->attempts, lane.nonce + 1);
	else
		(void)come_out(n, i->attempts ? i->send.attempt : 0, i->attempts ? i->send.nonce : 0, outcome_name((enum outcome)draw(N_OUTCOMES)),
			       draw(2), "0.5");
	(void)k;
}

static void random_ledger(unsigned k)
{
	char tid[NUM_I64_MAX];
	unsigned i = (unsigned)draw(60);

	*num_u64_put(tid, draw(200)) = '\0';
	switch (draw(6)) {
	case 0: (void)put_account(T0 + (int64_t)draw(5) * DAY, draw_f64()); break;
	case 1: (void)APPLY(cursor, .what = "fills", .to_ms = T0 + k); break;
	case 2: (void)put_order(tid, draw(2) ? "open" : "filled", 1, T0 + k); break;
	default: (void)put_fill(names[draw(4)], tid, draw(4) ? cloid(i, 0) : "", draw(2), draw_f64(), 0.25, draw(2) ? 0.25 : -1, draw_f64(), T0 + k);
	}
}

static void random_operator(unsigned k)
{
	struct rec_kill_level r = { .why = "b\"ecause" };

	strcpy(r.cause, kill_cause_name((enum kill_cause)draw(N_KILL_CAUSES)));
	strcpy(r.level, kill_level_name((enum kill_level)draw(3)));
	if (draw(6) == 0)
		(void)APPLY(cancel, .op = { (char)('a' + draw(9)) }, .symbol = "ETH", .oid = "7");
	else if (draw(3) == 0 && lane.n_asked)
		(void)APPLY(outcome, .kind = "cancel", .outcome = "done", .over = draw(2), .intent = { *lane.asked[draw(lane.n_asked)].op });
	else if (draw(3) == 0)
		(void)APPLY(heal, .symbol = "SOL", .how = "drop", .size = "0");
	else
		(void)apply(REC_kill_level, &r, sizeof r);
	(void)k;
}

/* The batches are whole, as the journal hands them out. */
static void random_record(unsigned k)
{
	if (lane.awaited && lane.awaits_orders)
		(void)put_order(lane.awaited % 2 ? "o1" : "o2", "open", 1, T0 + k);
	else if (lane.awaited)
		(void)put_position(names[lane.awaited % 4], draw_f64() - 500, T0 + k);
	else if (draw(20) == 0)
		(void)APPLY(positions, .t_ms = T0 + k, .n = draw(4));
	else if (draw(20) == 0)
		(void)APPLY(open_orders, .t_ms = T0 + k, .n = draw(3));
	else
		(draw(4) ? draw(3) ? draw(2) ? random_order : random_ledger : random_strategy : random_operator)(k);
}

static void check_from(unsigned k, const char *want)
{
	struct lane l;
	struct errmsg e;
	char *line;

	if (!CHECK(lane_read(&l, snapshot[k], strlen(snapshot[k]), &e))) {
		printf("%s\n", e.text);
		return;
	}
	line = line_of(&l);
	CHECK(strcmp(line, snapshot[k]) == 0);
	free(line);
	for (unsigned i = k; i < RANDOM; i++)
		if (!lane_apply(&l, &journal[i], i + 2, T0 + i, &e))
			continue;	/* as it was the first time */
	line = line_of(&l);
	CHECK(strcmp(line, want) == 0);
	free(line);
	lane_release(&l);
}

static void test_snapshots(void)
{
	unsigned refusals = 0;

	journal = xcalloc(RANDOM, sizeof *journal);
	begin();
	snapshot[0] = line_of(&lane);
	for (unsigned k = 0; k < RANDOM; k++) {
		char *before = state_of(&lane), *after;

		now = T0 + k;
		random_record(k);
		journal[k] = record;
		refusals += why.text[0] != '\0';
		after = state_of(&lane);
		CHECK(!why.text[0] || strcmp(before, after) == 0);
		snapshot[k + 1] = line_of(&lane);
		free(before);
		free(after);
	}
	CHECK(refusals > RANDOM / 50 && refusals < RANDOM / 2 && lane.n_sent > 10 && lane.n_exits && lane.n_symbols == 4);
	for (unsigned k = 0; k <= RANDOM; k++)
		check_from(k, snapshot[RANDOM]);
	for (unsigned k = 0; k <= RANDOM; k++)
		free(snapshot[k]);
	free(journal);
}

/* The rings go round. */
static void test_rings(void)
{
	struct lane back;
	char *line, *again, tid[NUM_I64_MAX];

	begin();
	for (unsigned i = 0; i < LANE_RING + 3; i++) {
		*num_u64_put(tid, i) = '\0';
		CHECK(put_fill("BTC", tid, "", false, 1, 1, 2, i, T0 + i) && APPLY(send, .kind = "cancel", .nonce = i));
	}
	CHECK(lane.n_exits == LANE_RING + 3 && lane.exits[2].net_usd == LANE_RING + 1.5);
	line = line_of(&lane);
	CHECK(lane_read(&back, line, strlen(line), &why));
	again = line_of(&back);
	CHECK(strcmp(line, again) == 0 && back.exits[2].net_usd == LANE_RING + 1.5 && back.n_cancels == LANE_RING + 3);
	lane_release(&back);
	free(line);
	free(again);
}

static void test_wrong_snapshots(void)
{
	static const struct { const char *cut, *put, *words; } rows[] = {
		{ "\"type\":\"state\"", "\"type\":\"other\"", "not a state" }, { "\"version\":2", "\"version\":1", "version" },
		{ "\"covers\"", "\"uncover\"", "covers" }, { "\"mode\":\"live\"", "\"mode\":\"life\"", "\"mode\" is wrong" },
		{ "\"nonce\"", "\"nones\"", "without \"nonce\"" }, { "\"peaks\":[]", "\"peaks\":{}", "\"peaks\" are wrong" },
		{ "\"n_sent\":0", "\"n_sent\":1", "\"sent\" are wrong" }, { "}\n", "\n", "line" },
	};
	struct lane back;
	char *line;

	begin();
	line = line_of(&lane);
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b = BUF_INIT;
		char *at = line, *next;

		while ((next = strstr(at + (at != line), rows[i].cut)))	/* the last one for "}\n" */
			at = next;
		buf_add(&b, line, (size_t)(at - line));
		buf_adds(&b, rows[i].put);
		buf_adds(&b, at + strlen(rows[i].cut));
		CHECK(!lane_read(&back, b.data, b.len, &why));
		test_check(strstr(why.text, rows[i].words) != NULL, __FILE__, __LINE__, why.text);
		buf_release(&b);
	}
	free(line);
}

int main(void)
{
	lane_init(&lane);
	test_ids();
	test_words();
	test_lane();
	test_steps();
	test_marks();
	test_mark_record();
	test_adopt_and_heal();
	test_intents();
	test_intent_members();
	test_verdicts();
	test_sends();
	test_outcomes();
	test_statuses();
	test_prune();
	test_fills();
	test_fill_by_oid();
	test_risk_windows();
	test_account();
	test_positions();
	test_orders();
	test_kill();
	test_cut();
	test_cancels();
	test_snapshots();
	test_rings();
	test_wrong_snapshots();
	lane_release(&lane);
	return test_end("lane");
}
