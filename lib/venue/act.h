/* SPDX-License-Identifier: MIT
 * What the actions share: refusals, answers, and reading an action that action_pack() has accepted. */
#ifndef OCQ_VENUE_ACT_H
#define OCQ_VENUE_ACT_H

#include "hl/errors.h"
#include "venue/surface.h"

/* The exchange's text for e, whose varying parts follow, into a->e; false, so that refusals read well. */
bool act_refuse(struct acting *a, enum hl_error e, const char *one, const char *two, const char *three);
/* The fault's text that refuses element k (from 0) of this action; NULL: none does. */
const char *act_struck(const struct acting *a, unsigned k);

/* Answers: {"status":"ok","response":{"type":type,"data": is begun; a list of statuses in it; all of it ended. */
void act_open(struct jsonw *w, const char *type);
void act_open_statuses(struct acting *a, const char *type);
void act_close(struct jsonw *w);
void act_put_error(struct jsonw *w, const char *text);
void act_put_result(struct jsonw *w, const struct venue_result *r);
/* Whole ones, true: type default; one status that is an error. */
bool act_done(struct acting *a);
bool act_single_error(struct acting *a, const char *type, const char *text);

/* Members of the action. */
const struct json *act_member(const struct acting *a, const char *key);
bool act_text(const struct acting *a, const char *key, char *dst, size_t cap);
bool act_address(const struct acting *a, const char *key, struct address *to);
int64_t act_integer(const struct acting *a, const struct json *v);
bool act_flag(const struct json *v);
uint32_t act_asset(const struct acting *a, const struct json *v);
const struct json *act_batch(const struct json_doc *d, const struct exchange_request *q);	/* its elements; NULL: it has none */

/* What each type does. False: refused, a->e says why and nothing was written. */
bool act_order(struct acting *a), act_cancel(struct acting *a), act_cancel_by_cloid(struct acting *a),
	act_modify(struct acting *a), act_batch_modify(struct acting *a), act_leverage(struct acting *a),
	act_isolated_margin(struct acting *a), act_top_up(struct acting *a), act_schedule_cancel(struct acting *a),
	act_nothing(struct acting *a), act_reserve_weight(struct acting *a), act_twap(struct acting *a),
	act_twap_cancel(struct acting *a), act_agent_abstraction(struct acting *a), act_create_sub(struct acting *a),
	act_sub_transfer(struct acting *a), act_vault_transfer(struct acting *a), act_approve_agent(struct acting *a),
	act_approve_builder(struct acting *a), act_class_transfer(struct acting *a), act_send(struct acting *a),
	act_withdraw(struct acting *a), act_send_token(struct acting *a), act_user_abstraction(struct acting *a);

#endif
