/* SPDX-License-Identifier: MIT
 * What a key may be used for: the limits file, a strict JSON object with every member that limits.def marks FILE. Amounts are
 * decimal text and never go through a double. */
#ifndef OCQ_SIGN_LIMITS_H
#define OCQ_SIGN_LIMITS_H

#include "crypto/address.h"
#include "hl/action.h"
#include "hl/decimal.h"

enum sign_limit {
#define LIMIT(name, place, meaning) LIMIT_##name,
#include "sign/limits.def"
#undef LIMIT
	N_SIGN_LIMITS
};
const char *sign_limit_name(enum sign_limit limit);

#define LIMIT_NONE INT64_MAX	/* of a bound that is null */

struct limit_asset { char symbol[32]; uint32_t asset; dec8 max_size; };

struct limits {
	enum hl_network network;
	bool any_vault, has_vault;		/* any: without a limits file; else it is this one, or none */
	struct address vault;
	bool any_action;			/* without a limits file: every action but those that only the master key may sign */
	char (*actions)[32];			/* NULL: those of actions.def that are marked DEFAULT */
	unsigned n_actions;
	bool any_asset;
	struct limit_asset *assets;		/* owned, as actions are */
	unsigned n_assets;
	dec8 max_order_usd, max_minute_usd;
	int64_t max_minute_orders, max_leverage, expires_within_ms, nonce_window_ms;
	bool reduce_only, any_builder, has_builder, priority;
	struct address builder;
};

/* Reads a limits file, which nobody but root and its user may be able to write. False: what is missing, unknown or out of range. */
bool limits_load(struct limits *l, const char *path, struct errmsg *e) MUST_USE;
bool limits_parse(struct limits *l, const char *text, size_t len, struct errmsg *e) MUST_USE;
/* No bound at all on what an agent may sign. */
void limits_none(struct limits *l, enum hl_network network);
void limits_release(struct limits *l);

const struct limit_asset *limits_asset(const struct limits *l, uint32_t asset);	/* NULL: not named */

#endif
