/* SPDX-License-Identifier: MIT
 * The body of POST /exchange, read as the exchange reads it and written as clients send it. */
#ifndef OCQ_HL_REQUEST_H
#define OCQ_HL_REQUEST_H

#include "crypto/signature.h"
#include "hl/action.h"

struct exchange_request {
	const struct json *action;		/* in the doc that was read */
	char type[48];				/* of the action */
	bool user_signed, known;		/* known: user-signed or in the table of L1 actions */
	uint64_t nonce;
	bool has_vault, has_expires;
	struct address vault;
	uint64_t expires_ms;
	struct signature sig;
	bool bad_signature;			/* numbers that no signature has: nothing can be recovered */
	unsigned char hash[32];			/* of an L1 action; what is signed itself for a user-signed one */
	struct user_action user;		/* if user_signed */
	struct buf packed;			/* msgpack of an L1 action; kept for the next read */
};

/* r starts as { 0 }. False: the exchange answers HTTP 422 (a key missing or ill-typed). The doc must outlive *r. */
bool exchange_request_read(const struct json_doc *d, struct exchange_request *r, struct errmsg *e) MUST_USE;
void exchange_request_release(struct exchange_request *r);

/* Who signed it, if it was signed for this network; any mistake in the hash gives a stranger's address. False: "Unable to recover
 * signer." */
bool exchange_request_signer(const struct exchange_request *r, enum hl_network n, struct address *signer) MUST_USE;

/* What a signer signs of action text: L1 or user-signed by its type. vault and expires_ms may be NULL, and must be for user-signed
 * actions, whose own nonce must be this one and whose chain this network's. hash and canonical may be NULL: the action's hash (the
 * digest of a user-signed one) and its canonical text, which is what to send. */
bool exchange_digest(const char *action_json, size_t n, enum hl_network net, uint64_t nonce, const struct address *vault,
		     const uint64_t *expires_ms, unsigned char digest[32], unsigned char hash[32], struct buf *canonical,
		     struct errmsg *e) MUST_USE;

/* Appends the body; r and s get 64 digits. */
void exchange_request_write(struct buf *out, const char *action_json, size_t n, uint64_t nonce, const struct signature *sig,
			    const struct address *vault, const uint64_t *expires_ms);

#endif
