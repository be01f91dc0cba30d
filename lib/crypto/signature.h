/* SPDX-License-Identifier: MIT
 * Recoverable ECDSA over secp256k1: deterministic (RFC 6979), low s. The only module that includes libsecp256k1. Not for two
 * threads at once. */
#ifndef OCQ_CRYPTO_SIGNATURE_H
#define OCQ_CRYPTO_SIGNATURE_H

#include "base/err.h"
#include "crypto/address.h"

#include <stdint.h>

struct signature { unsigned char r[32], s[32]; uint8_t v; };	/* v: 27 or 28 */

/* A key in a page of its own that is neither swapped, dumped nor seen by child processes, whose signers say false: so after the
 * last fork. It signs in a context blinded with fresh random bytes. NULL: the 32 bytes are no key (zero, or not below the group's
 * order), or the page cannot be locked; e says which. The caller still owns its copy of the key and wipes it. */
struct signer *signer_new(const unsigned char key[32], struct errmsg *e) MUST_USE;
void signer_free(struct signer *s);		/* wipes the key; NULL is fine */
const struct address *signer_address(const struct signer *s);
void signer_public(const struct signer *s, unsigned char out[65]);	/* uncompressed, 0x04 first */

/* True: the signature was made and its digest recovers to the signer's own address. False: never seen; use nothing. */
bool signer_sign(struct signer *s, const unsigned char digest[32], struct signature *out) MUST_USE;

/* The address that signed digest. False: no key can have made this signature. High s is recovered as well. */
bool signature_recover(const unsigned char digest[32], const struct signature *sig, struct address *out) MUST_USE;

#endif
