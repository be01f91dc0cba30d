/* SPDX-License-Identifier: MIT
 * States of accounts, to those who subscribed, and what follows an acknowledgement. */
#include "venue/push.h"

#include <string.h>

#define SNAPSHOT_ROWS 500

/* ---- states of accounts ---- */

static void put_web(struct exchange *x, struct jsonw *w, const struct person *p)
{
	jsonw_object(w);
	jsonw_key(w, "userState");
	jsonw_object(w);
	if (p->n_agents)
		put_address(w, "agentAddress", &p->agents[0].address);
	else
		jsonw_put_text(w, "agentAddress", NULL);
	jsonw_key(w, "agentValidUntil");
	if (p->n_agents)
		jsonw_i64(w, p->agents[0].valid_until_ms);
	else
		jsonw_null(w);
	put_dec(w, "cumLedger", 0);
	put_int(w, "serverTime", exchange_now(x));
	jsonw_key(w, "isVault");
	jsonw_bool(w, p->role == ROLE_VAULT);
	jsonw_put_text(w, "user", p->text);
	if (strcmp(p->abstraction, "default"))
		jsonw_put_text(w, "abstraction", p->abstraction);
	jsonw_end(w);
	jsonw_key(w, "perpDexStates");
	jsonw_array(w);
	jsonw_object(w);
	put_dec(w, "totalVaultEquity", 0);
	jsonw_end(w);
	jsonw_end(w);
	jsonw_end(w);
}

void make_state(struct exchange *x, const struct sub *s)
{
	struct jsonw w = push_open(x, s->channel);

	if (s->channel == CH_WEB) {
		put_web(x, &w, s->person);
	} else if (s->channel == CH_ASSET_DATA) {
		asset_data(&w, x, s->person, &s->person->address, s->coin);
	} else {
		jsonw_object(&w);
		if (s->channel != CH_SPOT) {
			jsonw_key(&w, "dex");
			jsonw_str(&w, s->dex);
		}
		jsonw_put_text(&w, "user", s->person->text);
		jsonw_key(&w, s->channel == CH_STATE ? "clearinghouseState" : s->channel == CH_SPOT ? "spotState" : "orders");
		if (s->channel == CH_STATE)
			account_state(&w, x, s->person, s->dex);
		else if (s->channel == CH_SPOT)
			spot_state(&w, s->person);
		else
			open_orders_array(&w, x, s->person, s->dex, true);
	}
	push_close(&w);
}

static const enum channel state_channels[] = { CH_STATE, CH_OPEN_ORDERS, CH_SPOT, CH_WEB, CH_ASSET_DATA };
#define N_STATES (sizeof state_channels / sizeof state_channels[0])

static void push_states(struct exchange *x, struct person *p)
{
	const struct sublist *l;
	unsigned i;
	size_t k;

	for (k = 0; k < N_STATES; k++)
		for (l = &p->subs[state_channels[k]], i = 0; i < l->n; i++) {
			make_state(x, l->at[i]);
			push_text(x, l->at[i]->conn, channel_names[state_channels[k]], p->text, x->message.data, x->message.len);
		}
}

/* A mark moves every account that has a position. */
void touch_holders(struct exchange *x)
{
	struct venue_position position;
	struct person *p;
	size_t i;

	for (i = 0; i < x->people.n; i++) {
		p = x->people.order[i];
		if ((p->subs[CH_STATE].n || p->subs[CH_ASSET_DATA].n) && p->account
		    && venue_position(x->core, p->account, 0, &position))
			touch_person(x, p);
	}
}

void push_dirty(struct exchange *x)
{
	int64_t now_ms = venue_now(x->core);
	size_t i, left = 0;

	for (i = 0; i < x->n_dirty; i++) {
		if (now_ms < x->dirty[i]->state_pushed_ms + x->opt.state_ms) {
			x->dirty[left++] = x->dirty[i];
			continue;
		}
		push_states(x, x->dirty[i]);
		x->dirty[i]->state_pushed_ms = now_ms;
		x->dirty[i]->dirty = false;
	}
	x->n_dirty = left;
}

/* ---- what follows an acknowledgement ---- */

static void first_rows(struct exchange *x, struct sub *s)
{
	struct jsonw w = push_open(x, s->channel);
	const struct venue_account *a = s->person->account;
	const struct venue_funding *f;
	const struct venue_ledger *l;
	unsigned k, rows;

	jsonw_object(&w);
	jsonw_put_text(&w, "user", s->person->text);
	jsonw_key(&w, "isSnapshot");
	jsonw_bool(&w, true);
	if (s->channel == CH_FILLS) {
		jsonw_key(&w, "fills");
		fills_array(&w, x, s->person, s->aggregate, INT64_MIN, INT64_MAX, false, &rows);
	} else if (s->channel == CH_HISTORY) {
		jsonw_key(&w, "orderHistory");
		history_array(&w, x, s->person, &rows);
	} else if (s->channel == CH_FUNDINGS) {
		jsonw_key(&w, "fundings");
		jsonw_array(&w);
		for (k = 0; a && k < SNAPSHOT_ROWS && (f = venue_funding(a, k)); k++) {
			jsonw_object(&w);
			put_int(&w, "time", funding_row_time(x, f));
			funding_members(&w, x, f);
			jsonw_end(&w);
		}
	} else {
		jsonw_key(&w, "nonFundingLedgerUpdates");
		jsonw_array(&w);
		for (k = 0; a && k < SNAPSHOT_ROWS && (l = venue_ledger(a, k)); k++)
			ledger_row(&w, x, l);
	}
	push_close(&w);
}

/* False: this channel begins with nothing. */
static bool make_first(struct exchange *x, struct sub *s)
{
	switch (s->channel) {
	case CH_MIDS:
		make_mids(x, s);
		return true;
	case CH_CANDLE:
		return make_candle(x, s);
	case CH_BBO:
		make_bbo(x, s->coin);
		return true;
	case CH_BOOK:
		make_book(x, s);
		return true;
	case CH_TRADES:
		return make_trades(x, s->coin);
	case CH_CTX:
		make_ctx(x, s->coin);
		return true;
	case CH_FILLS:
	case CH_FUNDINGS:
	case CH_LEDGER:
	case CH_HISTORY:
		first_rows(x, s);
		return true;
	case CH_ORDERS:
	case CH_EVENTS:
	case CH_NOTIFICATION:
		return false;
	default:
		make_state(x, s);
		return true;
	}
}

void push_first(struct exchange *x, struct sub *s)
{
	if (make_first(x, s))
		push_text(x, s->conn, channel_names[s->channel], s->person ? s->person->text : NULL, x->message.data, x->message.len);
}
