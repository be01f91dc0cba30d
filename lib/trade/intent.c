/* SPDX-License-Identifier: MIT
 * Ids from their causes. */
#include "trade/intent.h"

#include "base/hash.h"
#include "base/num.h"

#include <string.h>

enum { ID_BYTES = 16, CLOID_ID = 4, CLOID_ATTEMPT = 15, ID_DIGITS_IN_CLOID = 22 };

struct cause { struct sha256 hash; bool begun; };

static void add(struct cause *c, const char *text, size_t n)
{
	if (!c->begun)
		sha256_init(&c->hash);
	else
		sha256_add(&c->hash, "|", 1);
	c->begun = true;
	sha256_add(&c->hash, text, n);
}

static void add_text(struct cause *c, const char *text)
{
	add(c, text, strlen(text));
}

static void add_i64(struct cause *c, int64_t v)
{
	char text[NUM_I64_MAX];

	add(c, text, (size_t)(num_i64_put(text, v) - text));
}

static void end(struct cause *c, char id[INTENT_ID])
{
	unsigned char hash[32];

	sha256_end(&c->hash, hash);
	hex_put(id, hash, ID_BYTES);
}

void intent_id(char id[INTENT_ID], const char *mode, const char *account, const char *symbol, int64_t t_ms, enum intent_action a,
	       unsigned ordinal)
{
	struct cause c = { .begun = false };

	add_text(&c, mode);
	add_text(&c, account);
	add_text(&c, symbol);
	add_i64(&c, t_ms);
	add_text(&c, intent_action_name(a));
	add_i64(&c, ordinal);
	end(&c, id);
}

void intent_id_op(char id[INTENT_ID], const char *op, const char *symbol, enum intent_action a)
{
	struct cause c = { .begun = false };

	add_text(&c, op);
	add_text(&c, symbol);
	add_text(&c, intent_action_name(a));
	end(&c, id);
}

void op_id(char id[INTENT_ID], const char *by, const char *what, const char *text, int64_t t_ms)
{
	struct cause c = { .begun = false };

	add_text(&c, by);
	add_text(&c, what);
	add_text(&c, text);
	add_i64(&c, t_ms);
	end(&c, id);
}

/* ---- client order ids ---- */

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void intent_cloid(unsigned char cloid[16], const char prefix[4], const char *id, unsigned attempt)
{
	memcpy(cloid, prefix, CLOID_ID);
	for (unsigned i = CLOID_ID; i < CLOID_ATTEMPT; i++, id += 2)
		cloid[i] = (unsigned char)(digit(id[0]) << 4 | digit(id[1]));
	cloid[CLOID_ATTEMPT] = (unsigned char)attempt;
}

bool intent_of_cloid(const unsigned char cloid[16], const char prefix[4], char id_begins[23], unsigned *attempt)
{
	if (memcmp(cloid, prefix, CLOID_ID) != 0)
		return false;
	hex_put(id_begins, cloid + CLOID_ID, ID_DIGITS_IN_CLOID / 2);
	*attempt = cloid[CLOID_ATTEMPT];
	return true;
}
