/* SPDX-License-Identifier: MIT
 * Test vectors of the protocol: each section of a vectors file is held against the rules of this library. */
#ifndef OCQ_HL_VECTORS_H
#define OCQ_HL_VECTORS_H

#include "base/stream.h"
#include "json/json.h"

/* The run of one file. */
struct vectors {
	const struct json_doc *doc;
	const struct json *root;	/* the file; "keys" and "vectors" are members */
	const char *section;
	char id[96];			/* of the case at hand */
	struct out *out;		/* a line per failing case goes here */
	uint64_t passed, failed;
	bool wrong;			/* the case at hand has failed already */
	char **texts;			/* vector_text()'s, freed with the case */
	size_t n_texts, cap_texts;
};

/* One case of a section, an object with its "id". The function calls vector_same() or vector_fail() for what differs; a case
 * that neither complains of has passed. */
typedef void vector_case(struct vectors *t, const struct json *c);

/* Sections by name; the lists end with a NULL name. whole: the section is an object, no array of cases; the function gets all of
 * it and calls vector_begin() and vector_end() round each case. */
struct vector_section { const char *name; vector_case *run; bool whole; };
extern const struct vector_section vectors_signing[];	/* vectors_sign.c */
extern const struct vector_section vectors_numbers[];	/* vectors_num.c */
extern const struct vector_section vectors_perp[];	/* vectors_perp.c */
extern const struct vector_section vectors_answers[];	/* vectors_answer.c */

/* What a section function uses. Values are compared as text; where: what in the case, "digest", "mainnet.r". A case prints its
 * first difference only: "section id where: want ..., got ...". */
void vector_same(struct vectors *t, const char *where, const char *want, const char *got);
void vector_fail(struct vectors *t, const char *where, const char *fmt, ...) PRINTF(3, 4);
void vector_begin(struct vectors *t, const char *id);
void vector_end(struct vectors *t);

/* Members of a case. One that is missing or ill-typed fails the case; the answer is "" or false then. A number is given as its
 * text, true and false as theirs. Texts live until the case ends. */
const char *vector_text(struct vectors *t, const struct json *c, const char *key);
const char *vector_text_or_null(struct vectors *t, const struct json *c, const char *key);	/* NULL: null or absent */
bool vector_bool(struct vectors *t, const struct json *c, const char *key);			/* absent is false */
bool vector_u64(struct vectors *t, const struct json *c, const char *key, uint64_t *v);
char *vector_keep(struct vectors *t, const char *s, size_t n);	/* a copy of s that lives as long */
/* A case of another section by its id; NULL fails the case at hand. */
const struct json *vector_other(struct vectors *t, const char *section, const char *id);

/* Runs every section of text; prints "skipped: NAME" for the ones without a rule and "N passed, N failed" last. False: the text is
 * no vectors file, e says why; nothing was printed then. */
bool vectors_run(const char *text, size_t n, struct out *out, uint64_t *failed, struct errmsg *e) MUST_USE;

#endif
