/* SPDX-License-Identifier: MIT
 * JSON: a strict scanner into a token array (no allocation per value) and a writer. Strict: UTF-8 checked, no duplicate
 * keys, no NaN, nothing after the value. For flat records lib/record has a faster reader of its own. */
#ifndef OCQ_JSON_JSON_H
#define OCQ_JSON_JSON_H

#include "base/buf.h"

#include <stdint.h>

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Arrays and objects nest at most this deep. */
#define JSON_DEPTH 64

/* A value; for an object the children alternate key, value. */
struct json {
	uint8_t type;
	bool escaped;		/* a string with backslashes in it */
	uint32_t start, end;	/* bytes of the text; a string's without its quotes */
	uint32_t size;		/* members of an object, elements of an array */
	uint32_t skip;		/* tokens of this value with all below it: v + v->skip is the next sibling */
};
struct json_doc { const char *text; struct json *tok; uint32_t n, cap; };

/* Parses text (kept by reference: it must outlive the doc). False: "line 3, column 7: ...". */
bool json_parse(struct json_doc *d, const char *text, size_t len, struct errmsg *e) MUST_USE;
void json_release(struct json_doc *d);

/* Access; every one accepts NULL for v and then answers NULL / false, so that lookups chain. */
const struct json *json_get(const struct json_doc *d, const struct json *object, const char *key);
const struct json *json_at(const struct json *array, uint32_t index);
bool json_f64(const struct json_doc *d, const struct json *v, double *out);
bool json_i64(const struct json_doc *d, const struct json *v, int64_t *out);
bool json_u64(const struct json_doc *d, const struct json *v, uint64_t *out);
bool json_bool(const struct json *v, bool *out);
bool json_is(const struct json_doc *d, const struct json *string, const char *text);
/* Decoded copy of a string, terminated; false if it is no string or does not fit cap. */
bool json_str(const struct json_doc *d, const struct json *v, char *dst, size_t cap);

/* The member at a path, from an object: "gate_stats.total_checks" is looked for as one key first, then as total_checks of
 * gate_stats. NULL: there is none. */
const struct json *json_find(const struct json_doc *d, const struct json *object, const char *path);

/* The same for texts of which little is wanted: finds the values of several paths in one pass that looks for quotes and
 * brackets alone and makes no tokens. False: the text is no object in the writer's compact form, or is broken: json_parse()
 * tells. True: brackets and quotes match, start..end is the value's text (a string's with its quotes, start NULL: no such
 * member, or one whose key is spelt with escapes); nothing else has been checked. */
struct json_span { const char *path, *start, *end; };
bool json_skim(const char *text, size_t len, struct json_span *want, unsigned n) MUST_USE;

/* Strings without a document, for readers of their own (lib/record). json_string_end(): p is behind the opening quote;
 * returns the closing quote, NULL with what is wrong in *why (UTF-8, escapes and control characters are checked).
 * json_decode(): the checked bytes p..end decoded to dst, terminated; false if they do not fit cap.
 * json_string_get(): both at once, from the opening quote at p: the byte behind the closing one, NULL if no string that is right
 * and fits stands there.
 * json_encode(): n bytes of UTF-8 escaped, without quotes, at most 6 * n bytes; returns the end. */
const char *json_string_end(const char *p, const char *end, bool *escaped, const char **why);
bool json_decode(const char *p, const char *end, char *dst, size_t cap);
const char *json_string_get(const char *p, const char *end, char *dst, size_t cap);
char *json_encode(char *dst, const char *s, size_t n);

/* Writer: commas, indentation and escaping are its business; pretty = one space per level as in the reports, else compact. */
struct jsonw { struct buf *out; bool pretty; unsigned depth; bool first[32], is_array[32], after_key; };
void jsonw_init(struct jsonw *w, struct buf *out, bool pretty);
void jsonw_object(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_end(struct jsonw *w);	/* closes what is open */
void jsonw_key(struct jsonw *w, const char *key);
void jsonw_str(struct jsonw *w, const char *s);
void jsonw_strn(struct jsonw *w, const char *s, size_t n);
void jsonw_f64(struct jsonw *w, double v);	/* finite, else null */
void jsonw_i64(struct jsonw *w, int64_t v);
void jsonw_u64(struct jsonw *w, uint64_t v);
void jsonw_bool(struct jsonw *w, bool v);
void jsonw_null(struct jsonw *w);
/* A member at once; a text that is NULL or "" becomes null. */
void jsonw_put_f64(struct jsonw *w, const char *key, double v);
void jsonw_put_u64(struct jsonw *w, const char *key, uint64_t v);
void jsonw_put_text(struct jsonw *w, const char *key, const char *text);

#endif
