/* SPDX-License-Identifier: MIT
 * What ocq-exec does next (trade/plan.h), against docs/lane.md "Sending". */
#include "test.h"
#include "trade/plan.h"

#include <stdlib.h>
#include <string.h>

static struct lane lane;

static struct lane_intent *add(const char *symbol, enum intent_action action, int64_t t_ms)
{
	static struct lane_intent store[8];
	struct lane_intent *i = &store[lane.n_intents];

	*i = (struct lane_intent){ .action = action, .t_ms = t_ms, .seq = lane.n_intents + 1, .judged = true, .allowed = true,
				   .size = DEC8_OF(2), .reduce_only = !intent_enters(action), .buy = intent_enters(action) };
	strcpy(i->symbol, symbol);
	snprintf(i->id, sizeof i->id, "%032u", lane.n_intents);
	lane.intent = store;
	lane.n_intents++;
	return i;
}

static void begin(void)
{
	lane.intent = NULL;
	lane.n_intents = 0;
	lane_release(&lane);
	lane.mode = LANE_PAPER;
}

static void turns(void)
{
	struct lane_intent *a, *b, *c;

	begin();
	a = add("ETH", INTENT_CLOSE, 1);
	b = add("BTC", INTENT_OPEN, 1);
	c = add("ETH", INTENT_OPEN, 1);
	CHECK(plan_turn(&lane, a) && !plan_turn(&lane, b) && !plan_turn(&lane, c));
	a->in_flight = true;
	CHECK(!plan_turn(&lane, a));
	a->in_flight = false;
	a->over = true;
	CHECK(plan_turn(&lane, b) && plan_turn(&lane, c));
	b->in_flight = true;
	CHECK(plan_turn(&lane, c));	/* entries do not wait for each other */
	begin();
	a = add("ETH", INTENT_CLOSE, 1);
	b = add("BTC", INTENT_OPEN, 2);	/* of another step */
	CHECK(plan_turn(&lane, b));
}

static enum plan_move gate(const struct lane_intent *i, struct plan_gates g, enum outcome *o, const char **why)
{
	*why = "";
	return plan_gate(&lane, i, &g, o, why);
}

static void gates(void)
{
	struct plan_gates g = { .now_ms = 100 };
	struct lane_intent *in, *ex;
	const char *why;
	enum outcome o;

	begin();
	ex = add("ETH", INTENT_CLOSE, 1);
	in = add("BTC", INTENT_OPEN, 1);
	CHECK(gate(in, g, &o, &why) == PLAN_SEND);
	in->judged = false;
	CHECK(gate(in, g, &o, &why) == PLAN_WAIT);
	in->judged = true;
	in->allowed = ex->allowed = false;
	strcpy(in->cause, "min_order_gap");
	strcpy(ex->cause, "min_order_gap");
	CHECK(gate(in, g, &o, &why) == PLAN_END && o == OUTCOME_blocked && strcmp(why, "min_order_gap") == 0);
	CHECK(gate(ex, g, &o, &why) == PLAN_WAIT);
	in->allowed = ex->allowed = true;

	lane.kill[KILL_operator].level = KILL_CLOSE_ONLY;
	CHECK(gate(in, g, &o, &why) == PLAN_END && o == OUTCOME_blocked);
	CHECK(gate(ex, g, &o, &why) == PLAN_SEND);
	lane.kill[KILL_file].level = KILL_HALT_ALL;
	CHECK(gate(ex, g, &o, &why) == PLAN_END && o == OUTCOME_blocked);
	memset(lane.kill, 0, sizeof lane.kill);
	CHECK(gate(ex, (struct plan_gates){ .hard_kill = true }, &o, &why) == PLAN_END && o == OUTCOME_blocked);

	in->valid_until_ms = 100;
	CHECK(gate(in, g, &o, &why) == PLAN_SEND);
	in->valid_until_ms = 99;
	CHECK(gate(in, g, &o, &why) == PLAN_END && o == OUTCOME_expired);
	in->valid_until_ms = 0;
	g.not_armed = "no arm file";
	CHECK(gate(in, g, &o, &why) == PLAN_SEND);	/* a paper lane needs none */
	lane.mode = LANE_LIVE;
	CHECK(gate(in, g, &o, &why) == PLAN_END && o == OUTCOME_would && strcmp(why, "no arm file") == 0);
}

/* A flip whose first half did not happen has no second. */
static void flips(void)
{
	struct plan_gates g = { .now_ms = 100 };
	struct lane_intent *ex, *in;
	const char *why;
	enum outcome o;

	begin();
	ex = add("ETH", INTENT_CLOSE, 1);
	in = add("ETH", INTENT_OPEN, 1);
	ex->over = true;
	ex->outcome = OUTCOME_filled;
	CHECK(gate(in, g, &o, &why) == PLAN_SEND);
	ex->outcome = OUTCOME_partial;
	CHECK(gate(in, g, &o, &why) == PLAN_END && o == OUTCOME_rejected);
	ex->t_ms = 0;
	CHECK(gate(in, g, &o, &why) == PLAN_SEND);
}

static void sizes(void)
{
	struct lane_intent *i;
	struct lane_symbol *s;
	const char *why;
	dec8 size;

	begin();
	i = add("ETH", INTENT_OPEN, 1);
	i->size = DEC8_ONE * 155 / 100;
	CHECK(plan_size(&lane, i, 1, DEC8_OF(100), &size, &why) && size == DEC8_ONE * 15 / 10);
	CHECK(!plan_size(&lane, i, 1, DEC8_OF(6), &size, &why) && strcmp(why, "less than 10 USD") == 0);
	i->size = DEC8_ONE / 100;
	CHECK(!plan_size(&lane, i, 1, DEC8_OF(10000), &size, &why) && strcmp(why, "less than a lot") == 0);

	begin();
	i = add("ETH", INTENT_CLOSE, 1);
	CHECK(plan_size(&lane, i, 1, DEC8_OF(100), &size, &why) && size == DEC8_OF(2));
	i->acked = DEC8_OF(1);
	CHECK(plan_size(&lane, i, 1, DEC8_OF(100), &size, &why) && size == DEC8_OF(1));
	s = lane_symbol(&lane, "ETH");
	s->theirs_known = true;
	s->theirs = DEC8_OF(3);		/* the exchange holds more */
	CHECK(plan_size(&lane, i, 1, DEC8_OF(100), &size, &why) && size == DEC8_OF(3));
	s->theirs = -DEC8_OF(3);	/* the other side: not ours to close */
	CHECK(plan_size(&lane, i, 1, DEC8_OF(100), &size, &why) && size == DEC8_OF(1));
	CHECK(plan_size(&lane, i, 1, DEC8_OF(2), &size, &why) && size == DEC8_OF(5));	/* 10 USD at least: the exchange cuts it */
}

static bool is(struct plan_result r, enum outcome o, bool over)
{
	return r.outcome == o && r.over == over;
}

static void results(void)
{
	struct lane_intent *in, *ex;

	begin();
	in = add("ETH", INTENT_OPEN, 1);
	ex = add("BTC", INTENT_CLOSE, 1);
	in->attempts = ex->attempts = 1;
	in->send.size = ex->send.size = DEC8_OF(2);
	CHECK(is(plan_answer(in, HL_FILLED, DEC8_OF(2), NULL), OUTCOME_filled, true));
	CHECK(is(plan_answer(in, HL_FILLED, DEC8_OF(1), NULL), OUTCOME_partial, true));
	CHECK(is(plan_answer(ex, HL_FILLED, DEC8_OF(1), NULL), OUTCOME_partial, false));
	CHECK(is(plan_answer(in, HL_REFUSED, 0, "ioc"), OUTCOME_rejected, true));
	CHECK(is(plan_answer(ex, HL_REFUSED, 0, "ioc"), OUTCOME_rejected, false));
	CHECK(is(plan_answer(ex, HL_REFUSED, 0, "http_429"), OUTCOME_rejected, false));
	CHECK(is(plan_answer(ex, HL_REFUSED, 0, "reduce_only"), OUTCOME_rejected, true));
	CHECK(is(plan_answer(ex, HL_UNKNOWN, 0, NULL), OUTCOME_unknown, false));
	CHECK(is(plan_answer(ex, HL_RESTING, 0, NULL), OUTCOME_unknown, false));	/* immediate or cancel: look what became of it */
	ex->limit_px = DEC8_OF(1);
	CHECK(is(plan_answer(ex, HL_RESTING, 0, NULL), OUTCOME_resting, false));
	ex->limit_px = 0;
	ex->acked = DEC8_OF(1);		/* one of two: what is left was raised to the least order, and cut by the exchange */
	ex->send.size = DEC8_OF(5);
	CHECK(is(plan_answer(ex, HL_FILLED, DEC8_OF(1), NULL), OUTCOME_filled, true));
	CHECK(is(plan_answer(ex, HL_FILLED, DEC8_ONE / 2, NULL), OUTCOME_partial, false));
	CHECK(is(plan_ended(in, 0, true), OUTCOME_dead, true));
	CHECK(is(plan_ended(ex, 0, true), OUTCOME_dead, false));
	ex->attempts = PLAN_ATTEMPTS;
	CHECK(is(plan_ended(ex, 0, true), OUTCOME_dead, true));
	CHECK(is(plan_answer(ex, HL_REFUSED, 0, "ioc"), OUTCOME_rejected, true));
}

int main(void)
{
	turns();
	gates();
	flips();
	sizes();
	results();
	begin();
	return test_end("plan");
}
