/* SPDX-License-Identifier: MIT
 * What an account takes over of orders that ended otherwise (trade/adopt.h), against docs/lane.md "Two accounts". */
#include "test.h"
#include "trade/adopt.h"

#include <string.h>

static struct lane lane;
static struct lane_symbol *sym;

static struct position held(uint8_t side, double size, double px)
{
	return (struct position){ .open = true, .side = side, .size = size, .entry_price = px, .margin_usd = size * px / 2, .leverage = 2,
				  .entry_atr = 1, .open_ms = 7 };
}

/* A lane whose last step left the symbol with `now`, which had `before` until then. */
static void begin(struct position before, struct position now)
{
	lane_release(&lane);
	lane_init(&lane);
	lane.mode = LANE_PAPER;
	lane.step_seq = 10;
	sym = lane_symbol(&lane, "BTC");
	sym->prior = before;
	sym->own.pos = now;
	sym->own.close = 50;
}

static void ended(enum intent_action action, bool buy, double size, double filled, enum outcome o, double cash_usd)
{
	static struct lane_intent store[4];
	struct lane_intent i = { .action = action, .buy = buy, .over = true, .over_seq = 11, .outcome = o, .cash_usd = cash_usd };

	if (lane.n_intents == 0)
		lane.intent = store;
	strcpy(i.symbol, "BTC");
	strcpy(i.id, "00000000000000000000000000000001");
	CHECK(dec8_of_f64(size, DEC8_HALF_EVEN, &i.size) && dec8_of_f64(filled, DEC8_HALF_EVEN, &i.acked));
	lane.intent[lane.n_intents++] = i;
}

/* lane_release() frees what it grew itself. */
static void end(void)
{
	lane.intent = NULL;
	lane.n_intents = 0;
}

static bool adopt(struct adoption *a, struct symbol_state *own)
{
	bool any = adopt_look(a, &lane, sym);

	*own = sym->own;
	if (any)
		adopt_position(own, sym, a, 99);
	end();
	return any;
}

static void entries(void)
{
	struct adoption a;
	struct symbol_state own;
	struct position none = { 0 };

	begin(none, held(SIDE_LONG, 2, 100));
	ended(INTENT_OPEN, true, 2, 2, OUTCOME_filled, -0.09);
	CHECK(!adopt(&a, &own));

	begin(none, held(SIDE_LONG, 2, 100));
	ended(INTENT_OPEN, true, 2, 0, OUTCOME_rejected, -0.09);
	CHECK(adopt(&a, &own));
	CHECK_TEXT(a.cause, "rejected");
	CHECK(!own.pos.open);
	CHECK_SAME(a.cash_usd, 0.09);

	begin(none, held(SIDE_SHORT, 2, 100));
	ended(INTENT_OPEN, false, 2, 0.5, OUTCOME_partial, -0.09);
	CHECK(adopt(&a, &own));
	CHECK(own.pos.open && own.pos.side == SIDE_SHORT);
	CHECK_SAME(own.pos.size, 0.5);
	CHECK_SAME(own.pos.margin_usd, 25);
	CHECK_SAME(own.pos.entry_price, 100);
	CHECK_SAME(a.cash_usd, 0.09 * 0.75);
}

static void adds(void)
{
	struct adoption a;
	struct symbol_state own;
	struct position before = held(SIDE_LONG, 1, 100), after = held(SIDE_LONG, 2, 110);

	begin(before, after);
	ended(INTENT_ADD, true, 1, 0, OUTCOME_dead, -0.05);
	CHECK(adopt(&a, &own));
	CHECK_SAME(own.pos.size, 1);
	CHECK_SAME(own.pos.entry_price, 100);
	CHECK_SAME(own.pos.margin_usd, 50);

	begin(before, after);	/* the second one was bought at 120 */
	ended(INTENT_ADD, true, 1, 0.5, OUTCOME_partial, -0.05);
	CHECK(adopt(&a, &own));
	CHECK_SAME(own.pos.size, 1.5);
	CHECK_SAME(own.pos.entry_price, (100 + 60) / 1.5);
	CHECK_SAME(own.pos.margin_usd, 50 + 60 * 0.5);
}

static void exits(void)
{
	struct adoption a;
	struct symbol_state own;
	struct position before = held(SIDE_LONG, 2, 100), gone = before, half = held(SIDE_LONG, 1, 100);

	gone.open = false;
	begin(before, gone);
	ended(INTENT_CLOSE, false, 2, 0, OUTCOME_blocked, 7);
	CHECK(adopt(&a, &own));
	CHECK(own.pos.open && own.pos.size == 2 && own.pos.margin_usd == 100 && own.pos.open_ms == 7);
	CHECK_SAME(a.cash_usd, -7);

	begin(before, gone);
	ended(INTENT_CLOSE, false, 2, 1.5, OUTCOME_partial, 7);
	CHECK(adopt(&a, &own));
	CHECK_SAME(own.pos.size, 0.5);
	CHECK_SAME(own.pos.margin_usd, 25);
	CHECK_SAME(a.cash_usd, -1.75);

	begin(before, gone);	/* the exchange had less: it is flat all the same */
	ended(INTENT_CLOSE, false, 2, 1.5, OUTCOME_filled, 7);
	CHECK(!adopt(&a, &own));

	half.tp1_taken = true;
	begin(before, half);
	ended(INTENT_REDUCE, false, 1, 0, OUTCOME_dead, 3);
	CHECK(adopt(&a, &own));
	CHECK(own.pos.size == 2 && !own.pos.tp1_taken);
}

static void flips(void)
{
	struct adoption a;
	struct symbol_state own;
	struct position before = held(SIDE_LONG, 2, 100), now = held(SIDE_SHORT, 3, 90);

	begin(before, now);
	ended(INTENT_CLOSE, false, 2, 2, OUTCOME_filled, 7);
	ended(INTENT_OPEN, false, 3, 0, OUTCOME_expired, -1);
	CHECK(adopt(&a, &own));
	CHECK(!own.pos.open);
	CHECK_SAME(a.cash_usd, 1);

	begin(before, now);
	ended(INTENT_CLOSE, false, 2, 0, OUTCOME_dead, 7);
	ended(INTENT_OPEN, false, 3, 0, OUTCOME_rejected, -1);
	CHECK(adopt(&a, &own));
	CHECK(own.pos.open && own.pos.side == SIDE_LONG && own.pos.size == 2);
	CHECK_TEXT(a.cause, "dead");
	CHECK_SAME(a.cash_usd, -6);
}

/* An entry whose end was told only after the strategy had left the position again. */
static void late(void)
{
	struct adoption a;
	struct symbol_state own;
	struct position before = held(SIDE_LONG, 2, 100), gone = before;

	gone.open = false;
	begin(before, gone);
	ended(INTENT_OPEN, true, 2, 0, OUTCOME_dead, -1);
	ended(INTENT_CLOSE, false, 2, 0, OUTCOME_rejected, 5);
	CHECK(adopt(&a, &own));
	CHECK(!own.pos.open);
	CHECK_SAME(a.cash_usd, -4);
}

static void heals(void)
{
	struct adoption a;
	struct symbol_state own;
	struct position none = { 0 };

	begin(none, held(SIDE_LONG, 2, 100));
	sym->heal = true;
	CHECK(adopt(&a, &own) && !own.pos.open && strcmp(a.cause, "heal") == 0);

	begin(none, none);
	sym->heal = true;
	sym->heal_size = -DEC8_OF(3);
	sym->heal_entry_px = 40;
	sym->theirs_leverage = 5;
	CHECK(adopt(&a, &own));
	CHECK(own.pos.open && own.pos.side == SIDE_SHORT && own.pos.size == 3 && own.pos.margin_usd == 24 && own.pos.open_ms == 99);

	begin(none, held(SIDE_LONG, 2, 100));	/* to what is held already: answered as well, or it would stay asked for */
	sym->heal = true;
	sym->heal_size = DEC8_OF(2);
	CHECK(adopt(&a, &own) && own.pos.open && own.pos.size == 2 && own.pos.margin_usd == 100 && a.cash_usd == 0);
}

static void rehearsal(void)
{
	struct adoption a;
	struct symbol_state own;
	struct position none = { 0 };

	begin(none, held(SIDE_LONG, 2, 100));
	lane.mode = LANE_DRY_LIVE;
	ended(INTENT_OPEN, true, 2, 0, OUTCOME_would, -1);
	CHECK(!adopt(&a, &own));
	begin(none, held(SIDE_LONG, 2, 100));
	ended(INTENT_OPEN, true, 2, 0, OUTCOME_would, -1);
	CHECK(adopt(&a, &own) && !own.pos.open);	/* not armed: nothing is held */
	begin(none, held(SIDE_LONG, 2, 100));
	ended(INTENT_OPEN, true, 2, 0, OUTCOME_dead, -1);
	lane.intent[0].over_seq = 10;			/* an earlier step has seen it */
	CHECK(!adopt(&a, &own));
}

int main(void)
{
	entries();
	adds();
	exits();
	flips();
	late();
	heals();
	rehearsal();
	lane_release(&lane);
	return test_end("adopt");
}
