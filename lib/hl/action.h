/* SPDX-License-Identifier: MIT
 * Actions of POST /exchange. actions.def lists the L1 actions in hashing order and the user-signed ones with their typed fields;
 * who signs and who verifies bring an action into the exchange's form by that one table. */
#ifndef OCQ_HL_ACTION_H
#define OCQ_HL_ACTION_H

#include "crypto/address.h"
#include "hl/decimal.h"
#include "json/json.h"

enum hl_network { HL_MAINNET, HL_TESTNET };
/* "mainnet", "testnet" (settings, any case) or "Mainnet", "Testnet" (messages). */
const char *hl_network_name(enum hl_network n);		/* lower case */
const char *hl_network_chain(enum hl_network n);	/* as user-signed actions write it */
bool hl_network_parse(const char *text, enum hl_network *n);

/* An action as the exchange hashes it: keys in their order, numbers in wire form, hex in lower case, flags that are false, null
 * optionals and keys that the type does not have left out. An action whose type is not in the table keeps its order and
 * values. Appends to msgpack, and its canonical JSON text to json unless that is NULL. False: a key is missing or ill-typed (the
 * exchange answers HTTP 422); what was appended is garbage then. */
bool action_pack(const struct json_doc *d, const struct json *action, struct buf *msgpack, struct buf *json,
		 struct errmsg *e) MUST_USE;
/* Any JSON value as it stands; numbers must be integers of 64 bits. */
bool json_pack(const struct json_doc *d, const struct json *v, struct buf *msgpack, struct errmsg *e) MUST_USE;

bool action_is_known(const char *type);		/* in the table of L1 actions */
bool action_is_user_signed(const char *type);

/* keccak(msgpack, nonce, vault or none, expiry or none). vault and expires_ms may be NULL. */
void action_hash(const struct buf *msgpack, uint64_t nonce, const struct address *vault, const uint64_t *expires_ms,
		 unsigned char out[32]);
/* The "Agent" structure of an L1 action's hash, and what is signed of it. */
void action_agent(const unsigned char hash[32], enum hl_network n, unsigned char out[32]);
void action_digest(const unsigned char hash[32], enum hl_network n, unsigned char out[32]);

/* What is signed of a user-signed action: its own fields, in the domain of its signatureChainId. */
struct user_action {
	char type_text[320];			/* "HyperliquidTransaction:UsdSend(string hyperliquidChain,...)" */
	unsigned char domain[32], structure[32], digest[32];
	uint64_t chain_id, nonce;		/* nonce: its own nonce or time, to equal the request's */
	enum hl_network network;		/* of hyperliquidChain */
};
bool user_action_read(const struct json_doc *d, const struct json *action, struct user_action *u, struct errmsg *e) MUST_USE;
/* The same for an action whose type is known from elsewhere; user_action_of_primary("UsdSend") is "usdSend", or NULL. */
bool user_action_read_as(const struct json_doc *d, const struct json *action, const char *type, struct user_action *u,
			 struct errmsg *e) MUST_USE;
const char *user_action_of_primary(const char *primary);
/* The digest alone. */
bool user_action_digest(const struct json_doc *d, const struct json *action, unsigned char out[32], struct errmsg *e) MUST_USE;

/* Client order ids: 16 bytes, as text "0x" and 32 lower-case digits. */
#define CLOID_TEXT 35
bool cloid_parse(const char *s, size_t n, unsigned char out[16]);	/* any case, prefix needed */
void cloid_put(char dst[CLOID_TEXT], const unsigned char cloid[16]);

enum hl_tif { TIF_GTC, TIF_IOC, TIF_ALO, TIF_FRONTEND_MARKET };
const char *tif_name(enum hl_tif t);
bool tif_parse(const char *s, size_t n, enum hl_tif *t);

struct hl_order {
	uint32_t asset;
	bool buy, reduce_only;
	dec8 px, sz;
	enum hl_tif tif;		/* limit orders */
	bool trigger, is_market, tp;	/* trigger orders: else sl */
	dec8 trigger_px;
	bool has_cloid;
	unsigned char cloid[16];
};
struct hl_cancel { uint32_t asset; uint64_t oid; };
struct hl_cancel_cloid { uint32_t asset; unsigned char cloid[16]; };
struct hl_modify { bool by_cloid; uint64_t oid; unsigned char cloid[16]; struct hl_order order; };

/* One element of "orders", or the "order" of a modify, of an action that action_pack() accepted. False: a number that no dec8
 * holds. */
bool order_read(const struct json_doc *d, const struct json *order, struct hl_order *o, struct errmsg *e) MUST_USE;

/* Builders: append an action's canonical JSON text. grouping: "na", "normalTpsl", "positionTpsl". */
void order_write(struct buf *json, const struct hl_order *o);
void action_write_orders(struct buf *json, const struct hl_order *o, unsigned n, const char *grouping);
void action_write_cancels(struct buf *json, const struct hl_cancel *c, unsigned n);
void action_write_cancels_cloid(struct buf *json, const struct hl_cancel_cloid *c, unsigned n);
void action_write_modify(struct buf *json, const struct hl_modify *m, bool always);
void action_write_modifies(struct buf *json, const struct hl_modify *m, unsigned n, bool always);
void action_write_leverage(struct buf *json, uint32_t asset, bool cross, unsigned leverage);
void action_write_isolated_margin(struct buf *json, uint32_t asset, int64_t millionths);	/* of a USD; negative takes out */
void action_write_schedule_cancel(struct buf *json, const int64_t *time_ms);			/* NULL: take the switch away */
void action_write_noop(struct buf *json);
/* name "" for the unnamed agent; chain_id is the signatureChainId, 0 for the usual one (0x66eee). */
void action_write_approve_agent(struct buf *json, enum hl_network n, uint64_t chain_id, const struct address *agent,
				const char *name, uint64_t nonce);
void action_write_usd_class_transfer(struct buf *json, enum hl_network n, uint64_t chain_id, const char *amount, bool to_perp,
				     uint64_t nonce);

#endif
