/* SPDX-License-Identifier: MIT
 * Members of the exchange's JSON objects into members of a record, by tables. The exchange prints decimals and integers now as
 * texts, now as numbers: both are taken. Members that no table names are ignored. */
#ifndef OCQ_HL_FIELDS_H
#define OCQ_HL_FIELDS_H

#include "json/json.h"
#include "record/record.h"

#include <string.h>

enum field_kind {
	FIELD_DEC,	/* double */
	FIELD_INT,	/* int64_t */
	FIELD_COUNT,	/* uint64_t */
	FIELD_SYM,	/* char[SYMBOL_MAX], not empty */
	FIELD_SIDE,	/* char[TEXT_MAX]: "A" or "B" */
	FIELD_TEXT,	/* char[TEXT_MAX] */
	FIELD_DIGITS,	/* char[TEXT_MAX]: an integer from 0, whatever its size */
	FIELD_ID,	/* char[ID_MAX] */
	FIELD_FLAG,	/* bool */
};

/* A row of a table; key NULL ends it. optional: missing or null leaves 0, false or "". */
struct field { const char *key; enum field_kind kind; size_t at; bool optional; };

/* From tokens. False: 'the object lacks "px"', '"px" is not a decimal'. */
bool fields_read(const struct json_doc *d, const struct json *object, const struct field *table, void *record,
		 struct errmsg *e) MUST_USE;
/* One value, which must be there. */
bool field_read(const struct json_doc *d, const struct json *value, const char *key, enum field_kind kind, void *dst,
		struct errmsg *e) MUST_USE;

/* From the text of an object at p that is in the exchange's usual compact form and holds nothing but scalars: returns the byte
 * behind it. NULL: it is not, or something is wrong; the tokens tell. */
const char *fields_skim(const char *p, const char *end, const struct field *table, void *record);
/* The value at p, the same way. */
const char *field_skim(const char *p, const char *end, enum field_kind kind, void *dst);

/* The byte behind a literal text, NULL if something else stands at p. */
static inline const char *skim_text(const char *p, const char *end, const char *text, size_t n)
{
	return (size_t)(end - p) >= n && memcmp(p, text, n) == 0 ? p + n : NULL;
}
#define SKIM(p, end, text) skim_text(p, end, text, sizeof text - 1)

#endif
