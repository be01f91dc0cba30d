/* SPDX-License-Identifier: MIT
 * Signing and recovering with libsecp256k1. */
#include "crypto/signature.h"

#include "crypto/keccak.h"

#include <secp256k1_recovery.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

struct signer {
	secp256k1_context *context;
	struct address address;
	unsigned char public[65];
	unsigned char *key;	/* in a page of its own */
};

static void serialize(const secp256k1_pubkey *key, unsigned char out[65])
{
	size_t n = 65;

	(void)!secp256k1_ec_pubkey_serialize(secp256k1_context_static, out, &n, key, SECP256K1_EC_UNCOMPRESSED);
}

static void public_address(const unsigned char public[65], struct address *a)
{
	unsigned char hash[32];

	keccak256(public + 1, 64, hash);
	memcpy(a->at, hash + 12, sizeof a->at);
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Neither swapped nor dumped; a child process finds zeros, which are no key. */
static unsigned char *secret_page(struct errmsg *e)
{
	size_t size = page_size();
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED) {
		errmsg_set(e, "no memory for the key: %m");
		return NULL;
	}
	if (mlock(at, size) || madvise(at, size, MADV_DONTDUMP) || madvise(at, size, MADV_WIPEONFORK)) {
		errmsg_set(e, "the key's memory cannot be locked: %m");
		munmap(at, size);
		return NULL;
	}
	return at;
}

/* Random numbers make the running time of signing tell nothing about the key. */
static bool blind(secp256k1_context *context, struct errmsg *e)
{
	unsigned char seed[32];
	bool ok = getrandom(seed, sizeof seed, 0) == sizeof seed && secp256k1_context_randomize(context, seed);

	explicit_bzero(seed, sizeof seed);
	return ok || errmsg_set(e, "no random numbers to protect the key with");
}

static bool take_key(struct signer *s, const unsigned char key[32], struct errmsg *e)
{
	secp256k1_pubkey public;

	s->key = secret_page(e);
	if (!s->key)
		return false;
	if (!secp256k1_ec_pubkey_create(s->context, &public, key))
		return errmsg_set(e, "no private key: it must be above 0 and below the order of secp256k1");
	memcpy(s->key, key, 32);
	serialize(&public, s->public);
	public_address(s->public, &s->address);
	return true;
}

struct signer *signer_new(const unsigned char key[32], struct errmsg *e)
{
	struct signer *s = xcalloc(1, sizeof *s);

	s->context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
	if (!blind(s->context, e) || !take_key(s, key, e)) {
		signer_free(s);
		return NULL;
	}
	return s;
}

void signer_free(struct signer *s)
{
	if (!s)
		return;
	if (s->key) {
		explicit_bzero(s->key, 32);
		munmap(s->key, page_size());
	}
	secp256k1_context_destroy(s->context);
	free(s);
}

const struct address *signer_address(const struct signer *s)
{
	return &s->address;
}

void signer_public(const struct signer *s, unsigned char out[65])
{
	memcpy(out, s->public, sizeof s->public);
}

bool signer_sign(struct signer *s, const unsigned char digest[32], struct signature *out)
{
	secp256k1_ecdsa_recoverable_signature made;
	struct signature sig;
	struct address by;
	unsigned char compact[64];
	int id;

	if (!secp256k1_ecdsa_sign_recoverable(s->context, &made, digest, s->key, NULL, NULL) ||
	    !secp256k1_ecdsa_recoverable_signature_serialize_compact(s->context, compact, &id, &made))
		return false;
	memcpy(sig.r, compact, 32);
	memcpy(sig.s, compact + 32, 32);
	sig.v = (uint8_t)(27 + id);
	if (!signature_recover(digest, &sig, &by) || !address_same(&by, &s->address))
		return false;
	*out = sig;
	return true;
}

bool signature_recover(const unsigned char digest[32], const struct signature *sig, struct address *out)
{
	secp256k1_ecdsa_recoverable_signature given;
	unsigned char compact[64], bytes[65];
	secp256k1_pubkey public;

	if (sig->v != 27 && sig->v != 28)
		return false;
	memcpy(compact, sig->r, 32);
	memcpy(compact + 32, sig->s, 32);
	if (!secp256k1_ecdsa_recoverable_signature_parse_compact(secp256k1_context_static, &given, compact, sig->v - 27) ||
	    !secp256k1_ecdsa_recover(secp256k1_context_static, &public, &given, digest))
		return false;
	serialize(&public, bytes);
	public_address(bytes, out);
	return true;
}
