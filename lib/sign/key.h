/* SPDX-License-Identifier: MIT
 * Where the key lies: a file that only its owner can read, or a credential of the service manager. It holds 64 hex digits, or
 * the same under a passphrase (sealed.h), which is then asked for. */
#ifndef OCQ_SIGN_KEY_H
#define OCQ_SIGN_KEY_H

#include "crypto/signature.h"

/* Reads a key file (0600 or 0400, ours, no link) and hands it over to locked memory; every copy on the way is wiped. False:
 * what is wrong with the file and what to do about it; the message holds nothing of its content. */
struct signer *key_read(const char *path, struct errmsg *e) MUST_USE;
/* The same for $CREDENTIALS_DIRECTORY/name, whose owner and group bits are the service manager's business. */
struct signer *key_credential(const char *name, struct errmsg *e) MUST_USE;
/* A new key of the kernel's randomness in a new file, 0600; sealed: under a passphrase, which is asked for. False when path
 * exists: a key is never replaced. */
bool key_create(const char *path, bool sealed, struct address *address, struct errmsg *e) MUST_USE;

#endif
