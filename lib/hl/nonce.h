/* SPDX-License-Identifier: MIT
 * Nonces: which ones the exchange takes from a signer, and the ones that a client makes. */
#ifndef OCQ_HL_NONCE_H
#define OCQ_HL_NONCE_H

#include <stdbool.h>
#include <stdint.h>

#define NONCES_KEPT 100			/* the highest ones, per signer */
#define NONCE_PAST_MS 172800000		/* two days back */
#define NONCE_FUTURE_MS 86400000	/* one day ahead, both without their ends */

enum nonce_answer { NONCE_OK, NONCE_DUPLICATE, NONCE_TOO_LOW, NONCE_OUT_OF_WINDOW };

/* The set of one signer; { 0 } is empty. kept[0..n) ascends, kept[0] is the floor once n is NONCES_KEPT. */
struct nonces { uint64_t kept[NONCES_KEPT]; unsigned n; };

/* Takes a nonce into the set (NONCE_OK), or says why not. Asked only when the signature was good; what becomes of the action does
 * not matter afterwards. */
enum nonce_answer nonces_take(struct nonces *s, uint64_t nonce, int64_t now_ms);

/* The next one of a client that used last (0: none yet): now, or last + 1 where the clock has not moved on. */
uint64_t nonce_next(uint64_t last, int64_t now_ms);

#endif
