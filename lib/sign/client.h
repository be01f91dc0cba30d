/* SPDX-License-Identifier: MIT
 * The other end of ocq-sign's pipes (ocq-sign(1)): an action is asked to be signed, and what is signed must be that action. */
#ifndef OCQ_SIGN_CLIENT_H
#define OCQ_SIGN_CLIENT_H

#include "base/coproc.h"
#include "crypto/address.h"
#include "hl/action.h"

#define SIGNING_HASH 67		/* "0x", 64 digits, terminator */

/* What a signature stands for. The caller sets the first members, signing_reckon() the others. */
struct signing {
	enum hl_network network;
	uint64_t nonce;
	bool has_vault, has_expires;
	struct address vault;
	uint64_t expires_ms;
	struct buf canonical;		/* the action in canonical form */
	char hash[SIGNING_HASH];	/* of the action with nonce, vault and expiry */
};

/* action: n bytes of JSON that this program wrote; a wrong one is EX_BUG. canonical starts as BUF_INIT and is the caller's to release. */
void signing_reckon(struct signing *s, const char *action, size_t n);
/* Appends {"type":TYPE, nonce, network, vault, expiry and action, without the closing brace. */
void signing_write(const struct signing *s, const char *type, struct buf *line);
/* Asks the signer, as id. */
void signing_ask(const struct signing *s, const char *id, struct coproc *signer);
/* Its answer: appends the body that is to be sent. False: it has left without a signature. A refusal ends the program with EX_DENIED, an
 * answer of another action with EX_DATA. flush is flushed before a wait. */
bool signing_take(const struct signing *s, struct coproc *signer, struct out *flush, struct buf *body) MUST_USE;

#endif
