/* SPDX-License-Identifier: MIT
 * Actions: who acts, and what is refused before anything is done. docs/exchange.md has the order of the checks. */
#include "base/num.h"
#include "venue/act.h"

#include <stdlib.h>
#include <string.h>

#define BUDGET_START 10000
#define BUDGET_CANCELS 100000
#define BUDGET_WAIT_MS 10000
#define EXPIRED_COST 5

/* ---- all of them ---- */

static const struct { const char *type; bool (*act)(struct acting *a); } actions[] = {
	{ "order", act_order },
	{ "cancel", act_cancel },
	{ "cancelByCloid", act_cancel_by_cloid },
	{ "modify", act_modify },
	{ "batchModify", act_batch_modify },
	{ "updateLeverage", act_leverage },
	{ "updateIsolatedMargin", act_isolated_margin },
	{ "topUpIsolatedOnlyMargin", act_top_up },
	{ "scheduleCancel", act_schedule_cancel },
	{ "noop", act_nothing },
	{ "setReferrer", act_nothing },
	{ "reserveRequestWeight", act_reserve_weight },
	{ "twapOrder", act_twap },
	{ "twapCancel", act_twap_cancel },
	{ "agentSetAbstraction", act_agent_abstraction },
	{ "createSubAccount", act_create_sub },
	{ "subAccountTransfer", act_sub_transfer },
	{ "vaultTransfer", act_vault_transfer },
	{ "approveAgent", act_approve_agent },
	{ "approveBuilderFee", act_approve_builder },
	{ "usdClassTransfer", act_class_transfer },
	{ "usdSend", act_send },
	{ "withdraw3", act_withdraw },
	{ "spotSend", act_send_token },
	{ "sendAsset", act_send_token },
	{ "userSetAbstraction", act_user_abstraction },
};

/* ---- before it is done ---- */

void action_resolve(struct acting *a)
{
	struct exchange *x = a->x;

	a->has_signer = exchange_request_signer(a->q, x->opt.network, &a->signer);
	if (!a->has_signer)
		return;
	a->master = person_signing(&x->people, &a->signer, exchange_now(x), &a->by_agent);
	a->person = a->q->has_vault ? person_find(&x->people, &a->q->vault) : a->master;
}

static bool check_signer(struct acting *a)
{
	char text[ADDRESS_TEXT];

	if (!a->has_signer)
		return act_refuse(a, HL_ERR_NO_SIGNER, "", "", "");
	address_put(text, &a->signer);
	if (a->q->user_signed && a->by_agent)	/* an agent's own account is empty */
		return act_refuse(a, HL_ERR_NO_DEPOSIT, text, "", "");
	if (!a->master)
		return act_refuse(a, HL_ERR_NO_USER, text, "", "");
	if (!venue_ever_funded(a->master->account))
		return act_refuse(a, HL_ERR_NO_DEPOSIT, a->master->text, "", "");
	return true;
}

static bool check_account(struct acting *a)
{
	char text[ADDRESS_TEXT];

	if (!a->q->has_vault || a->q->user_signed) {
		a->person = a->master;
		return true;
	}
	address_put(text, &a->q->vault);
	if (!a->person || !a->person->account || a->person->master != a->master)
		return act_refuse(a, HL_ERR_NO_VAULT, text, "", "");
	return true;
}

static bool check_expiry(struct acting *a)
{
	if (!a->q->has_expires || a->x->opt.any_nonce_time || a->q->expires_ms >= (uint64_t)exchange_now(a->x))
		return true;
	a->person->requests += EXPIRED_COST * action_elements(a->d, a->q);
	return act_refuse(a, HL_ERR_EXPIRED, "", "", "");
}

static bool check_nonce(struct acting *a)
{
	struct nonces *s = nonces_of(&a->x->people, &a->signer);
	char nonce[NUM_I64_MAX] = "", floor[NUM_I64_MAX] = "";
	int64_t now_ms = a->x->opt.any_nonce_time ? (int64_t)(a->q->nonce & INT64_MAX) : exchange_now(a->x);

	*num_u64_put(nonce, a->q->nonce) = 0;
	if (a->q->user_signed && a->q->user.nonce != a->q->nonce)	/* only the one inside was signed */
		return act_refuse(a, HL_ERR_NONCE_WINDOW, nonce, "", "");
	switch (nonces_take(s, a->q->nonce, now_ms)) {
	case NONCE_OK:
		return true;
	case NONCE_DUPLICATE:
		return act_refuse(a, HL_ERR_NONCE_DUPLICATE, nonce, "", "");
	case NONCE_TOO_LOW:
		*num_u64_put(floor, s->kept[0]) = 0;
		return act_refuse(a, HL_ERR_NONCE_LOW, nonce, floor, "");
	default:
		return act_refuse(a, HL_ERR_NONCE_WINDOW, nonce, "", "");
	}
}

/* Requests that this account may have sent since it exists. */
static uint64_t budget_of(const struct acting *a)
{
	uint64_t traded = (uint64_t)(venue_volume(a->person->account) / DEC8_ONE);
	uint64_t cap = limits_scaled(a->x->limits, BUDGET_START) + traded + a->person->surplus;
	uint64_t more = limits_scaled(a->x->limits, BUDGET_CANCELS);

	if (!strcmp(a->q->type, "cancel") || !strcmp(a->q->type, "cancelByCloid"))
		cap += more < cap ? more : cap;
	return cap;
}

static bool check_budget(struct acting *a)
{
	struct person *p = a->person;
	unsigned n = action_elements(a->d, a->q);
	char sent[NUM_I64_MAX], cap[NUM_I64_MAX], volume[DEC8_TEXT];
	int64_t now_ms = venue_now(a->x->core);

	if (a->x->opt.limits && p->requests + n > budget_of(a) && now_ms < p->last_request_ms + BUDGET_WAIT_MS) {
		*num_u64_put(sent, p->requests + n) = 0;
		*num_u64_put(cap, budget_of(a)) = 0;
		*dec8_put_answer(volume, venue_volume(p->account)) = 0;
		return act_refuse(a, HL_ERR_REQUESTS, sent, cap, volume);
	}
	p->requests += n;
	p->last_request_ms = now_ms;
	return true;
}

static bool check_batch(struct acting *a)
{
	const struct json *batch = act_batch(a->d, a->q);

	if (!batch)
		return true;
	if (!batch->size)
		return errmsg_set(&a->e, "Empty batch.");
	return batch->size <= HL_BATCH_MAX || act_refuse(a, HL_ERR_BATCH, "200", "", "");
}

static bool run(struct acting *a)
{
	size_t i;

	for (i = 0; i < sizeof actions / sizeof actions[0]; i++)
		if (!strcmp(actions[i].type, a->q->type))
			return actions[i].act(a);
	return errmsg_set(&a->e, "Unknown action");
}

/* ---- faults of what it does ---- */

static void before(struct acting *a)
{
	if (!a->mishap || a->mishap->what != FAULT_agent_expired || !a->by_agent)
		return;
	agent_drop(&a->x->people, &a->signer);
	a->master = a->person = NULL;
	a->by_agent = false;
}

/* Every position is closed against the profitable side of the market. */
static void deleverage(const struct acting *a)
{
	struct venue_market_state s;
	struct venue_position p;
	uint32_t left;

	for (left = a->x->n_coins; left && venue_position(a->x->core, a->person->account, 0, &p); left--)
		if (!venue_market_state(a->x->core, p.asset, &s)
		    || !venue_deleverage(a->x->core, a->person->account, p.asset, 0, s.mark))
			return;
}

static void keep_input(struct acting *a, const char *body, size_t n)
{
	struct jsonw w;

	input_begin(a->x, &w, "request");
	jsonw_key(&w, "body");
	jsonw_strn(&w, body, n);
	if (a->mishap) {
		jsonw_key(&w, "with");
		fault_write(&w, a->mishap);
	}
	input_end(a->x, &w);
}

void action_execute(struct acting *a, const char *body, size_t n, struct buf *answer)
{
	struct jsonw w;
	bool ok;

	keep_input(a, body, n);
	jsonw_init(&w, answer, false);
	a->w = &w;
	before(a);
	ok = check_signer(a) && check_account(a) && check_expiry(a) && check_nonce(a) && check_budget(a) && check_batch(a) && run(a);
	if (ok && a->mishap && a->mishap->what == FAULT_adl_fill)
		deleverage(a);
	if (a->person && a->person->account)
		touch_person(a->x, a->person);
	if (ok)
		return;
	jsonw_init(&w, answer, false);
	jsonw_object(&w);
	jsonw_put_text(&w, "status", "err");
	jsonw_put_text(&w, "response", a->e.text);
	jsonw_end(&w);
}
