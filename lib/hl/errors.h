/* SPDX-License-Identifier: MIT
 * The exchange's error texts and what to do about them; errors.def is the list. Texts are matched by their leading words, in any
 * case. */
#ifndef OCQ_HL_ERRORS_H
#define OCQ_HL_ERRORS_H

#include "base/buf.h"

enum hl_error {
	HL_ERR_UNKNOWN,		/* refused with a text that is not in the list: never retry blindly */
#define HL_ERROR(name, text, reaction, meaning) HL_ERR_##name,
#include "hl/errors.def"
	N_HL_ERRORS
};

/* What a client does; the meanings are in errors.def. */
enum hl_reaction {
#define HL_REACTION(name, text) HL_DO_##name,
#include "hl/errors.def"
};

/* text is terminated; "L1 error: " before it and " asset=N" behind it do not matter. */
enum hl_error hl_error_of(const char *text);
const char *hl_error_name(enum hl_error e);		/* lower case, for records: "tick", "min_value" */
const char *hl_error_text(enum hl_error e);		/* with '*' for each varying part */
const char *hl_error_meaning(enum hl_error e);
enum hl_reaction hl_error_reaction(enum hl_error e);
const char *hl_reaction_text(enum hl_reaction r);

/* Appends the text with its varying parts: one const char * per '*' of it. */
void hl_error_put(struct buf *out, enum hl_error e, ...);

#endif
