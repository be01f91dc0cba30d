/* SPDX-License-Identifier: MIT
 * Sealing and opening. */
#include "sign/sealed.h"

#include "base/hash.h"
#include "crypto/address.h"
#include "crypto/scrypt.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#define FORM "ocq-key-1 "
#define FORM_LEN (sizeof FORM - 1)
#define LOG_N 17
#define R 8

/* What a line holds, and what a passphrase makes of its salt. */
struct sealed { unsigned char salt[16], cipher[32], mac[32]; };
struct secrets { unsigned char pad[32], mac_key[32]; };

bool sealed_is(const char *text, size_t n)
{
	return n >= FORM_LEN && memcmp(text, FORM, FORM_LEN) == 0;
}

static void derive(const struct sealed *s, const char *pass, size_t pass_len, struct secrets *k)
{
	scrypt(pass, pass_len, s->salt, sizeof s->salt, LOG_N, R, k, sizeof *k);
}

static void authenticate(const struct sealed *s, const struct secrets *k, unsigned char mac[32])
{
	unsigned char said[FORM_LEN + sizeof s->salt + sizeof s->cipher];

	memcpy(said, FORM, FORM_LEN);
	memcpy(said + FORM_LEN, s->salt, sizeof s->salt);
	memcpy(said + FORM_LEN + sizeof s->salt, s->cipher, sizeof s->cipher);
	hmac_sha256(k->mac_key, sizeof k->mac_key, said, sizeof said, mac);
}

static void combine(unsigned char out[32], const unsigned char a[32], const unsigned char b[32])
{
	int i;

	for (i = 0; i < 32; i++)
		out[i] = a[i] ^ b[i];
}

/* Takes the same time wherever they differ. */
static bool same(const unsigned char a[32], const unsigned char b[32])
{
	unsigned char differ = 0;
	int i;

	for (i = 0; i < 32; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

/* ---- the line ---- */

static void put_line(char *text, const struct sealed *s)
{
	char hex[2 * 32 + 1], *p = mempcpy(text, FORM, FORM_LEN);

	hex_put(hex, s->salt, sizeof s->salt);
	p = mempcpy(p, hex, 2 * sizeof s->salt);
	*p++ = ' ';
	hex_put(hex, s->cipher, sizeof s->cipher);
	p = mempcpy(p, hex, 2 * sizeof s->cipher);
	*p++ = ' ';
	hex_put(hex, s->mac, sizeof s->mac);
	p = mempcpy(p, hex, 2 * sizeof s->mac);
	*p = '\n';
}

static bool get_line(const char *text, size_t n, struct sealed *s)
{
	const char *p = text + FORM_LEN;

	return n == SEALED_TEXT && sealed_is(text, n) && p[32] == ' ' && p[97] == ' ' && p[162] == '\n' &&
		hex_parse(p, 32, s->salt, 16) && hex_parse(p + 33, 64, s->cipher, 32) && hex_parse(p + 98, 64, s->mac, 32);
}

bool sealed_make(char *text, const char *pass, size_t pass_len, const unsigned char key[32], struct errmsg *e)
{
	struct sealed s;
	struct secrets k;

	if (getrandom(s.salt, sizeof s.salt, 0) != sizeof s.salt)
		return errmsg_set(e, "no random bytes: %s", strerror(errno));
	derive(&s, pass, pass_len, &k);
	combine(s.cipher, key, k.pad);
	authenticate(&s, &k, s.mac);
	put_line(text, &s);
	explicit_bzero(&k, sizeof k);
	return true;
}

bool sealed_open(const char *text, size_t n, const char *pass, size_t pass_len, unsigned char key[32], struct errmsg *e)
{
	struct sealed s;
	struct secrets k;
	unsigned char mac[32];
	bool ok;

	if (!get_line(text, n, &s))
		return errmsg_set(e, "is damaged: it begins like a key under a passphrase");
	derive(&s, pass, pass_len, &k);
	authenticate(&s, &k, mac);
	ok = same(mac, s.mac);
	if (ok)
		combine(key, s.cipher, k.pad);
	explicit_bzero(&k, sizeof k);
	return ok || errmsg_set(e, "another passphrase, or the file was changed");
}
