/* SPDX-License-Identifier: MIT
 * Keys from passphrases: scrypt (RFC 7914) with p = 1, and HMAC-SHA256 (RFC 2104), which it stands on. */
#ifndef OCQ_CRYPTO_SCRYPT_H
#define OCQ_CRYPTO_SCRYPT_H

#include <stddef.h>

void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t n, unsigned char out[32]);

/* len bytes from a passphrase and a salt, for which 128 * r * 2^log_n bytes of memory are filled and wiped again. r <= 32. */
void scrypt(const void *pass, size_t pass_len, const void *salt, size_t salt_len, unsigned log_n, unsigned r, void *out, size_t len);

#endif
