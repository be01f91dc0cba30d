/* SPDX-License-Identifier: MIT
 * The exchange as a whole: its rules, its making and its end. */
#include "venue/core.h"

#include <stdlib.h>

struct venue_rules venue_rules(void)
{
	return (struct venue_rules){
		.seed = 1, .taker = 45 * (RATE16_ONE / 100000), .maker = 15 * (RATE16_ONE / 100000), .band = 8 * (RATE16_ONE / 10),
		.trigger_slippage = RATE16_ONE / 10, .min_value = DEC8_OF(10), .open_orders = 1000, .notional_caps = true,
		.schedule_volume = DEC8_OF(1000000), .schedule_fires = 10, .modify_posts = true, .funding = true,
	};
}

struct venue *venue_new(const struct venue_rules *rules, venue_listener *listener, void *arg)
{
	struct venue *v = xcalloc(1, sizeof *v);

	v->rules = *rules;
	v->now = rules->t_ms;
	v->listener = listener;
	v->arg = arg;
	return v;
}

struct venue_rules *venue_knobs(struct venue *v)
{
	return &v->rules;
}

void venue_free(struct venue *v)
{
	struct venue_account *next;

	if (!v)
		return;
	for (struct venue_account *a = v->first; a; a = next) {
		next = a->next;
		account_release(a);
		free(a);
	}
	for (unsigned k = 0; k < v->markets.n; k++) {
		markets_release(v->markets.at[k]);
		free(v->markets.at[k]);
	}
	list_release(&v->markets);
	list_release(&v->touched);
	list_release(&v->to_check);
	list_release(&v->held);
	free(v->buckets);
	free(v);
}
