/* SPDX-License-Identifier: MIT
 * Settings of an account, money between accounts, permissions. */
#include "crypto/keccak.h"
#include "venue/act.h"

#include <stdlib.h>
#include <string.h>

#define WEIGHT_PRICE 50000		/* dec8: 0.0005 USD for a request */
#define MILLIONTH 100			/* dec8 per millionth of a USD */

/* ---- settings of an account ---- */

bool act_leverage(struct acting *a)
{
	int64_t leverage = act_integer(a, act_member(a, "leverage"));

	if (leverage < 1 || leverage > 1000)
		return act_refuse(a, HL_ERR_LEVERAGE, "", "", "");
	return venue_leverage(a->x->core, a->person->account, act_asset(a, act_member(a, "asset")), act_flag(act_member(a, "isCross")),
			      (unsigned)leverage, &a->e) && act_done(a);
}

bool act_isolated_margin(struct acting *a)
{
	int64_t millionths = act_integer(a, act_member(a, "ntli"));

	if (millionths > INT64_MAX / MILLIONTH || millionths < -(INT64_MAX / MILLIONTH))
		return act_refuse(a, HL_ERR_MARGIN_INCREASE, "", "", "");
	return venue_isolated_margin(a->x->core, a->person->account, act_asset(a, act_member(a, "asset")), millionths * MILLIONTH, &a->e)
		&& act_done(a);
}

bool act_top_up(struct acting *a)
{
	char text[32];
	dec8 leverage;

	if (!act_text(a, "leverage", text, sizeof text) || !dec8_parse(text, strlen(text), &leverage))
		return act_refuse(a, HL_ERR_LEVERAGE, "", "", "");
	return venue_top_up(a->x->core, a->person->account, act_asset(a, act_member(a, "asset")), leverage, &a->e) && act_done(a);
}

bool act_schedule_cancel(struct acting *a)
{
	const struct json *v = act_member(a, "time");
	int64_t t_ms = act_integer(a, v);

	return venue_schedule_cancel(a->x->core, a->person->account, v && v->type == JSON_NUMBER ? &t_ms : NULL, &a->e) && act_done(a);
}

bool act_nothing(struct acting *a)
{
	return act_done(a);
}

bool act_reserve_weight(struct acting *a)
{
	int64_t weight = act_integer(a, act_member(a, "weight"));

	if (weight <= 0 || weight > 1000000000)
		return errmsg_set(&a->e, "Invalid request weight");
	if (!venue_fund(a->x->core, a->person->account, VENUE_WITHDRAW, -weight * WEIGHT_PRICE, &a->e))
		return act_refuse(a, HL_ERR_WITHDRAWAL, "", "", "");
	a->person->surplus += (uint64_t)weight;
	return act_done(a);
}

bool act_twap(struct acting *a)
{
	return act_single_error(a, "twapOrder", "Invalid TWAP duration: this exchange runs none");
}

bool act_twap_cancel(struct acting *a)
{
	return act_single_error(a, "twapCancel", hl_error_text(HL_ERR_TWAP_GONE));
}

bool act_agent_abstraction(struct acting *a)
{
	const struct json *v = act_member(a, "abstraction");
	const char *name = json_is(a->d, v, "u") ? "unifiedAccount" : json_is(a->d, v, "p") ? "portfolioMargin" : "disabled";

	strcpy(a->person->abstraction, name);
	return act_done(a);
}

bool act_user_abstraction(struct acting *a)
{
	return act_text(a, "abstraction", a->person->abstraction, sizeof a->person->abstraction) ? act_done(a)
		: errmsg_set(&a->e, "Invalid abstraction");
}

/* ---- money between accounts ---- */

/* The address of a new sub-account follows from its owner and number. */
bool act_create_sub(struct acting *a)
{
	struct keccak k;
	unsigned char hash[32], n = (unsigned char)a->person->n_subs;
	struct address made;
	char name[AGENT_NAME], text[ADDRESS_TEXT];
	struct person *sub;

	if (a->person->role != ROLE_USER || !act_text(a, "name", name, sizeof name) || a->person->n_subs >= 10)
		return errmsg_set(&a->e, "Cannot create sub-account");
	keccak_init(&k);
	keccak_add(&k, a->person->address.at, sizeof a->person->address.at);
	keccak_add(&k, &n, 1);
	keccak_end(&k, hash);
	memcpy(made.at, hash + 12, sizeof made.at);
	sub = person_known(&a->x->people, a->x->core, &made);
	person_belongs(sub, a->person, ROLE_SUB, name);
	address_put(text, &made);
	act_open(a->w, "createSubAccount");
	jsonw_str(a->w, text);
	act_close(a->w);
	return true;
}

static bool transfer_with(struct acting *a, const char *key, enum role role)
{
	int64_t millionths = act_integer(a, act_member(a, "usd"));
	char text[64] = "";
	struct venue_account *from, *to;
	struct address other;
	struct person *sub = NULL;

	act_text(a, key, text, sizeof text);
	if (address_parse(text, strlen(text), &other))
		sub = person_find(&a->x->people, &other);
	if (!sub || !sub->account || sub->role != role || (role == ROLE_SUB && sub->master != a->person))
		return act_refuse(a, HL_ERR_NO_VAULT, text, "", "");
	if (millionths <= 0 || millionths > INT64_MAX / MILLIONTH)
		return act_refuse(a, HL_ERR_WITHDRAWAL, "", "", "");
	if (act_flag(act_member(a, "isDeposit"))) {
		from = a->person->account;
		to = sub->account;
	} else {
		from = sub->account;
		to = a->person->account;
	}
	return venue_transfer(a->x->core, from, to, VENUE_SUB_TRANSFER, millionths * MILLIONTH, &a->e) && act_done(a);
}

bool act_sub_transfer(struct acting *a)
{
	return transfer_with(a, "subAccountUser", ROLE_SUB);
}

bool act_vault_transfer(struct acting *a)
{
	return transfer_with(a, "vaultAddress", ROLE_VAULT);
}

/* "12.5", or "12.5 subaccount:0x..." for a sub-account of the signer. */
static struct person *class_transfer_of(struct acting *a, char *text)
{
	char *rest = strchr(text, ' ');
	struct address sub;
	struct person *p;

	if (!rest)
		return a->person;
	*rest++ = 0;
	if (strncmp(rest, "subaccount:", 11) || !address_parse(rest + 11, strlen(rest + 11), &sub))
		return NULL;
	p = person_find(&a->x->people, &sub);
	return p && p->master == a->person ? p : NULL;
}

bool act_class_transfer(struct acting *a)
{
	bool to_perp = act_flag(act_member(a, "toPerp"));
	char text[96];
	struct person *p;
	dec8 usdc;

	if (!act_text(a, "amount", text, sizeof text))
		return act_refuse(a, HL_ERR_WITHDRAWAL, "", "", "");
	p = class_transfer_of(a, text);
	if (!p || !dec8_parse(text, strlen(text), &usdc) || usdc <= 0)
		return act_refuse(a, HL_ERR_WITHDRAWAL, "", "", "");
	if (!strcmp(p->abstraction, "unifiedAccount") || !strcmp(p->abstraction, "portfolioMargin"))
		return act_refuse(a, HL_ERR_UNIFIED, "", "", "");
	if (to_perp && p->spot_usdc < usdc)
		return act_refuse(a, HL_ERR_SPOT_BALANCE, "", "", "");
	if (!venue_fund(a->x->core, p->account, VENUE_CLASS_TRANSFER, to_perp ? usdc : -usdc, &a->e))
		return act_refuse(a, HL_ERR_WITHDRAWAL, "", "", "");
	p->spot_usdc += to_perp ? -usdc : usdc;
	return act_done(a);
}

static bool read_amount(struct acting *a, dec8 *usdc)
{
	char text[64];

	return act_text(a, "amount", text, sizeof text) && dec8_parse(text, strlen(text), usdc) && *usdc > 0;
}

bool act_send(struct acting *a)
{
	struct address to;
	dec8 usdc;

	if (!act_address(a, "destination", &to) || !read_amount(a, &usdc))
		return act_refuse(a, HL_ERR_WITHDRAWAL, "", "", "");
	return venue_transfer(a->x->core, a->person->account, person_known(&a->x->people, a->x->core, &to)->account,
			      VENUE_INTERNAL_TRANSFER, usdc, &a->e) && act_done(a);
}

bool act_withdraw(struct acting *a)
{
	dec8 usdc;

	if (!read_amount(a, &usdc))
		return act_refuse(a, HL_ERR_WITHDRAWAL, "", "", "");
	return venue_fund(a->x->core, a->person->account, VENUE_WITHDRAW, -usdc, &a->e) && act_done(a);
}

/* Spot tokens are not kept here. */
bool act_send_token(struct acting *a)
{
	return act_refuse(a, HL_ERR_SPOT_BALANCE, "", "", "");
}

/* ---- permissions ---- */

bool act_approve_agent(struct acting *a)
{
	char name[96] = "";
	struct address agent;

	act_text(a, "agentName", name, sizeof name);
	if (!act_address(a, "agentAddress", &agent))
		return errmsg_set(&a->e, "Invalid agent address");
	return agent_approve(&a->x->people, a->person, &agent, name, exchange_now(a->x), &a->e) && act_done(a);
}

/* "0.01%" is 1 basis point, 10 tenths. */
static bool read_percent(const char *text, unsigned *tenths)
{
	size_t n = strlen(text);
	dec8 v;

	if (!n || text[n - 1] != '%' || !dec8_parse(text, n - 1, &v) || v < 0 || v > DEC8_OF(1))
		return false;
	*tenths = (unsigned)(v * 1000 / DEC8_ONE);
	return true;
}

bool act_approve_builder(struct acting *a)
{
	char text[32];
	struct address builder;
	unsigned tenths;

	if (a->x->opt.refuse_builder_fee)
		return errmsg_set(&a->e, "Builder fees are not taken here.");
	if (!act_text(a, "maxFeeRate", text, sizeof text) || !read_percent(text, &tenths) || !act_address(a, "builder", &builder))
		return errmsg_set(&a->e, "Invalid builder fee");
	approval_set(a->person, &builder, tenths);
	return act_done(a);
}
