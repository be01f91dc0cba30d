/* SPDX-License-Identifier: MIT
 * crypto/scrypt against the vectors of RFC 4231 and RFC 7914, and keys under a passphrase, which stand on it. */
#include "test.h"

#include "base/hash.h"
#include "crypto/scrypt.h"
#include "sign/sealed.h"

static void check_hex(const unsigned char *bytes, size_t n, const char *want)
{
	char hex[2 * 64 + 1];

	hex_put(hex, bytes, n);
	CHECK_TEXT(hex, want);
}

static void test_hmac(void)
{
	unsigned char out[32], key[131];

	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
	check_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof key);
	hmac_sha256(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First", 54, out);
	check_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void test_scrypt(void)
{
	unsigned char out[64];

	scrypt("", 0, "", 0, 4, 1, out, sizeof out);
	check_hex(out, sizeof out, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
		  "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
	scrypt("pleaseletmein", 13, "SodiumChloride", 14, 14, 8, out, sizeof out);
	check_hex(out, sizeof out, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
		  "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
}

/* Made by other software from the description in sealed.h: what was sealed once opens for ever. */
static const char sealed[] = "ocq-key-1 000102030405060708090a0b0c0d0e0f "
	"4d488c36cc34294283890f4802361ca19a82404b5b2652dc4bad55a8a687434f "
	"1c261b967a8a1ea9a6f4784a5e169b144ba46f5f8c6d5cf8733712b128c1d203\n";
static const char key_hex[] = "0123456789012345678901234567890123456789012345678901234567890123";

static bool opens(const char *text, size_t n, const char *pass)
{
	unsigned char key[32] = { 0 };
	struct errmsg e;
	bool ok = sealed_open(text, n, pass, strlen(pass), key, &e);

	if (ok)
		check_hex(key, 32, key_hex);
	return ok;
}

static void test_sealed(void)
{
	unsigned char key[32];
	char text[2][SEALED_TEXT + 1], bad[SEALED_TEXT + 1];
	struct errmsg e;
	size_t i;

	CHECK(sealed_is(sealed, SEALED_TEXT) && opens(sealed, SEALED_TEXT, "correct horse"));
	CHECK(!opens(sealed, SEALED_TEXT, "correct horsf"));
	CHECK(!opens(sealed, SEALED_TEXT - 1, "correct horse") && !opens(sealed, SEALED_TEXT + 1, "correct horse"));
	for (i = 10; i < SEALED_TEXT; i += 54) {	/* salt, cipher, authentication, newline */
		memcpy(bad, sealed, sizeof bad);
		bad[i] = bad[i] == '0' ? '1' : '0';
		CHECK(!opens(bad, SEALED_TEXT, "correct horse"));
	}
	CHECK(!sealed_is(key_hex, sizeof key_hex));
	for (i = 0; i < 32; i++)
		key[i] = (unsigned char)((key_hex[2 * i] - '0') * 16 + key_hex[2 * i + 1] - '0');
	CHECK(sealed_make(text[0], "a", 1, key, &e) && sealed_make(text[1], "a", 1, key, &e));
	CHECK(memcmp(text[0], text[1], SEALED_TEXT) != 0 && opens(text[0], SEALED_TEXT, "a") && !opens(text[1], SEALED_TEXT, "b"));
}

int main(void)
{
	test_hmac();
	test_scrypt();
	test_sealed();
	return test_end("t_scrypt");
}
