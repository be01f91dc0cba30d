/* SPDX-License-Identifier: MIT
 * lib/crypto beside the vectors of test/vectors.bats: hashing in pieces, the EIP-712 paper's own example, hex, and where a key lies. */
#include "base/buf.h"
#include "child.h"
#include "crypto/eip712.h"
#include "crypto/msgpack.h"
#include "crypto/signature.h"

static const char *hex_of(const void *bytes, size_t n)
{
	static char text[2][160];
	static unsigned turn;
	char *at = text[turn++ % 2];

	hex0x_put(at, bytes, n);
	return at;
}

static void test_keccak(void)
{
	unsigned char bytes[600], whole[32], pieces[32];
	struct keccak k;

	keccak256("", 0, whole);
	CHECK_TEXT(hex_of(whole, 32), "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
	keccak256("abc", 3, whole);
	CHECK_TEXT(hex_of(whole, 32), "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 256);
	for (size_t n = 0; n <= sizeof bytes; n += n < 280 ? 1 : 80) {
		keccak256(bytes, n, whole);
		for (size_t cut = 0; cut <= n; cut++) {
			keccak_init(&k);
			keccak_add(&k, bytes, cut);
			keccak_add(&k, bytes + cut, n - cut);
			keccak_end(&k, pieces);
			CHECK(memcmp(whole, pieces, 32) == 0);
		}
	}
}

/* Heads where a length or a number grows by a byte; the vectors have the shorter ones. */
static void test_msgpack(void)
{
	static const struct { uint32_t n; const char *map, *array; } heads[] = {
		{ 15, "0x8f", "0x9f" }, { 16, "0xde0010", "0xdc0010" }, { 65535, "0xdeffff", "0xdcffff" },
		{ 65536, "0xdf00010000", "0xdd00010000" },
	};
	struct buf b = BUF_INIT, text = BUF_INIT;

	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		buf_clear(&b);
		mp_map(&b, heads[i].n);
		CHECK_TEXT(hex_of(b.data, b.len), heads[i].map);
		buf_clear(&b);
		mp_array(&b, heads[i].n);
		CHECK_TEXT(hex_of(b.data, b.len), heads[i].array);
	}
	buf_reserve(&text, 65536);
	memset(text.data, 'x', 65536);
	buf_clear(&b);
	mp_str(&b, text.data, 65535);
	CHECK_TEXT(hex_of(b.data, 3), "0xdaffff");
	CHECK(b.len == 3 + 65535);
	buf_clear(&b);
	mp_str(&b, text.data, 65536);
	CHECK_TEXT(hex_of(b.data, 5), "0xdb00010000");
	buf_clear(&b);
	mp_i64(&b, INT64_MIN);
	mp_u64(&b, UINT64_MAX);
	CHECK_TEXT(hex_of(b.data, b.len), "0xd38000000000000000cfffffffffffffffff");
	buf_release(&b);
	buf_release(&text);
}

static void test_hex(void)
{
	unsigned char at[4] = { 9, 9, 9, 9 };
	struct address a, b;
	char text[ADDRESS_TEXT];

	CHECK(!hex_parse("0123456", 7, at, 4) && !hex_parse("0123456g", 8, at, 4) && at[0] == 9);
	CHECK(hex_parse("01fFAb7e", 8, at, 4) && at[1] == 0xff && at[3] == 0x7e);
	CHECK(!hex0x_parse("01020304", 8, at, 4) && hex0x_parse("0X01020304", 10, at, 4) && at[3] == 4);
	CHECK(hex_number("0xabc", 5, at, 4) && at[0] == 0 && at[1] == 0 && at[2] == 0xa && at[3] == 0xbc);
	CHECK(hex_number("ffffffff", 8, at, 4) && at[0] == 0xff);
	CHECK(!hex_number("0x", 2, at, 4) && !hex_number("", 0, at, 4) && !hex_number("0x1ffffffff", 11, at, 4));
	CHECK(!hex_number("0xg", 3, at, 4) && !hex_number(" 1", 2, at, 4));
	CHECK(address_parse("0x14791697260E4c9A71f18484C9f997B308e59325", 42, &a));
	CHECK(address_parse("14791697260e4c9a71f18484c9f997b308e59325", 40, &b) && address_same(&a, &b));
	CHECK(!address_parse("0x14791697260e4c9a71f18484c9f997b308e5932", 41, &b));
	CHECK(!address_parse("0x14791697260e4c9a71f18484c9f997b308e593255", 43, &b));
	CHECK(!address_parse("", 0, &b) && !address_is_zero(&a));
	address_put(text, &a);
	CHECK_TEXT(text, "0x14791697260e4c9a71f18484c9f997b308e59325");
	address_put_checksum(text, &a);
	CHECK_TEXT(text, "0x14791697260E4c9A71f18484C9f997B308e59325");
}

/* The example of the EIP: Cow sends Bob a mail. */
static void person(const char *name, const char *wallet, unsigned char out[32])
{
	struct address a;
	struct keccak k;

	CHECK(address_parse(wallet, strlen(wallet), &a));
	eip712_begin(&k, "Person(string name,address wallet)");
	eip712_text(&k, name, strlen(name));
	eip712_address(&k, &a);
	keccak_end(&k, out);
}

static void mail_domain(unsigned char out[32])
{
	struct address contract;
	struct keccak k;

	CHECK(address_parse("0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC", 42, &contract));
	eip712_begin(&k, "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
	eip712_text(&k, "Ether Mail", 10);
	eip712_text(&k, "1", 1);
	eip712_u64(&k, 1);
	eip712_address(&k, &contract);
	keccak_end(&k, out);
}

static void test_mail(void)
{
	unsigned char from[32], to[32], domain[32], mail[32], digest[32], key[32];
	struct signature sig = { 0 };
	struct signer *cow;
	struct keccak k;

	person("Cow", "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826", from);
	person("Bob", "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB", to);
	eip712_begin(&k, "Mail(Person from,Person to,string contents)Person(string name,address wallet)");
	eip712_word(&k, from);
	eip712_word(&k, to);
	eip712_text(&k, "Hello, Bob!", 11);
	keccak_end(&k, mail);
	mail_domain(domain);
	eip712_digest(domain, mail, digest);
	CHECK_TEXT(hex_of(digest, 32), "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
	keccak256("cow", 3, key);
	cow = signer_new(key, NULL);
	CHECK(cow && signer_sign(cow, digest, &sig));
	CHECK_TEXT(hex_of(sig.r, 4), "0x4355c47d");
	CHECK_TEXT(hex_of(sig.s, 4), "0x07299936");
	CHECK(sig.v == 28);
	signer_free(cow);
}

#ifdef __SANITIZE_ADDRESS__	/* under which mlock() does nothing */
#define LOCKED ""
#else
#define LOCKED " lo"
#endif

/* Whether this process has a page that is locked, not dumped and wiped on fork. */
static bool has_secret_page(void)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	bool found = false;

	while (fgets(line, sizeof line, f))
		if (strncmp(line, "VmFlags:", 8) == 0)
			found = found || (strstr(line, LOCKED) && strstr(line, " dd") && strstr(line, " wf"));
	fclose(f);
	return found;
}

static void sign_in_child(void *arg)
{
	unsigned char digest[32] = { 1 };
	struct signature sig;

	exit(signer_sign(arg, digest, &sig) ? 0 : 7);
}

static void test_signer(void)
{
	unsigned char key[32] = { [31] = 1 }, digest[32] = { 1 }, zero[32] = { 0 };
	struct signer *s = signer_new(key, NULL);
	struct signature sig, again;
	struct address by;
	struct errmsg e;

	CHECK_TEXT(hex_of(signer_address(s), 20), "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
	CHECK(has_secret_page());
	CHECK(signer_sign(s, digest, &sig) && signer_sign(s, digest, &again) && memcmp(&sig, &again, sizeof sig) == 0);
	CHECK(signature_recover(digest, &sig, &by) && address_same(&by, signer_address(s)));
	CHECK(child_run(sign_in_child, s, NULL).status == 7);	/* a child has no key */
	sig.v = 26;
	CHECK(!signature_recover(digest, &sig, &by));
	sig.v = 29;
	CHECK(!signature_recover(digest, &sig, &by));
	signer_free(s);
	CHECK(!has_secret_page());
	signer_free(NULL);
	CHECK(!signer_new(zero, &e) && strstr(e.text, "no private key"));
}

int main(void)
{
	test_keccak();
	test_msgpack();
	test_hex();
	test_mail();
	test_signer();
	return test_end("crypto");
}
