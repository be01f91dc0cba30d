/* SPDX-License-Identifier: MIT
 * A key under a passphrase: one line, "ocq-key-1 SALT CIPHER MAC" in hex. scrypt (N 2^17, r 8, p 1) of the passphrase and the
 * salt gives 64 bytes: the first half hides the key, once, since no salt is used twice; the second half authenticates the line
 * by HMAC-SHA256. The numbers belong to the form's name, so that no file can ask for less, or for all memory. */
#ifndef OCQ_SIGN_SEALED_H
#define OCQ_SIGN_SEALED_H

#include "base/err.h"

#include <stddef.h>

#define SEALED_TEXT 173		/* with its newline */

bool sealed_is(const char *text, size_t n);		/* begins like one */
/* text gets SEALED_TEXT bytes, no terminator. False: no random bytes. */
bool sealed_make(char *text, const char *pass, size_t pass_len, const unsigned char key[32], struct errmsg *e) MUST_USE;
/* False: damaged, or another passphrase: which one cannot be told. */
bool sealed_open(const char *text, size_t n, const char *pass, size_t pass_len, unsigned char key[32], struct errmsg *e) MUST_USE;

#endif
