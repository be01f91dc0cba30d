/* SPDX-License-Identifier: MIT
 * From an action's text to a signature that has been checked, and back from a body to its signer. Prints
 * "name<TAB>value<TAB>unit" per line, best of several turns. */
#include "base/clock.h"
#include "crypto/keccak.h"
#include "hl/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS 200
#define CALLS 10

static const char action[] = "{\"type\":\"order\",\"orders\":[{\"a\":0,\"b\":true,\"p\":\"84143\",\"s\":\"0.0015\",\"r\":false,"
	"\"t\":{\"limit\":{\"tif\":\"Gtc\"}},\"c\":\"0x192438d96863a2de36df66953b0e6fb4\"}],\"grouping\":\"na\"}";

static struct signer *signer;
static struct buf body;
static unsigned char block[KECCAK_BLOCK - 1];
static uint64_t nonce = 1763828000000;

/* The least time of TURNS times CALLS calls, in us per call. */
static double best(void (*work)(void))
{
	int64_t least = INT64_MAX, start, spent;

	for (int i = 0; i < TURNS; i++) {
		start = clock_mono_ns();
		for (int k = 0; k < CALLS; k++)
			work();
		spent = clock_mono_ns() - start;
		least = spent < least ? spent : least;
	}
	return (double)least / CALLS / 1e3;
}

static void hash_block(void)
{
	unsigned char hash[32];

	keccak256(block, sizeof block, hash);
	memcpy(block, hash, sizeof hash);
}

static void digest_action(unsigned char digest[32])
{
	if (!exchange_digest(action, sizeof action - 1, HL_MAINNET, ++nonce, NULL, NULL, digest, NULL, NULL, NULL))
		die(EX_BUG, "the action was refused");
}

static void hash_action(void)
{
	unsigned char digest[32];

	digest_action(digest);
}

static void sign_action(void)
{
	unsigned char digest[32];
	struct signature sig;

	digest_action(digest);
	if (!signer_sign(signer, digest, &sig))
		die(EX_BUG, "no signature");
	buf_clear(&body);
	exchange_request_write(&body, action, sizeof action - 1, nonce, &sig, NULL, NULL);
}

static void verify_body(void)
{
	static struct exchange_request r;
	struct json_doc d;
	struct address by;

	if (!json_parse(&d, body.data, body.len, NULL) || !exchange_request_read(&d, &r, NULL) ||
	    !exchange_request_signer(&r, HL_MAINNET, &by) || !address_same(&by, signer_address(signer)))
		die(EX_BUG, "the body was not verified");
	json_release(&d);
}

int main(void)
{
	unsigned char key[32] = { [31] = 1 };
	struct errmsg e;

	err_init("bench_crypto");
	signer = signer_new(key, &e);
	if (!signer)
		die(EX_BUG, "%s", e.text);
	printf("keccak\t%.3f\tus\n", best(hash_block));
	printf("action_digest\t%.2f\tus\n", best(hash_action));
	printf("sign_verify\t%.1f\tus\n", best(sign_action));
	printf("body_signer\t%.1f\tus\n", best(verify_body));
	signer_free(signer);
	buf_release(&body);
	return 0;
}
