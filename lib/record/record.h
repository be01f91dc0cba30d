/* SPDX-License-Identifier: MIT
 * The records on every pipe: one JSON object per line, first member "type" (ocq-records(5), printed from records.def).
 * A struct, a reader, a writer and the documentation of each type are expansions of that list. */
#ifndef OCQ_RECORD_RECORD_H
#define OCQ_RECORD_RECORD_H

#include "base/stream.h"
#include "kernel/snapshot.h"

#define RECORD_SCHEMA 1		/* of records.def; a change that old readers cannot bear raises it */
#define SYMBOL_MAX 32	/* bytes of a symbol, terminator included */
#define TEXT_MAX 128
#define LONG_MAX_TEXT 2048
#define ID_MAX 65

enum record_type {
	REC_OTHER,	/* a type this version does not know: passed through unchanged */
#define RECORD(name, meaning) REC_##name,
#define FIELD(kind, member, key, meaning)
#define RECORD_END
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END
	N_RECORD_TYPES
};

/* Member types by kind, kind_ms to kind_id */
typedef char char_symbol[SYMBOL_MAX];
typedef char char_text[TEXT_MAX];
typedef char char_long[LONG_MAX_TEXT];
typedef char char_id[ID_MAX];
#define KIND(name, type, want) typedef type kind_##name;
#include "record/kinds.def"
#undef KIND

#define RECORD(name, meaning) struct rec_##name {
#define FIELD(kind, member, key, meaning) kind_##kind member;
#define RECORD_END };
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END

struct record {
	enum record_type type;
	const char *line;	/* the text it was read from, without newline: for passing through */
	size_t len;
	union {
#define RECORD(name, meaning) struct rec_##name name;
#define FIELD(kind, member, key, meaning)
#define RECORD_END
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END
	} u;
};

/* Reads the next record. Wrong JSON, a missing or ill-typed field dies with EX_DATA: 'ocq-x: stdin:17: "c" is not a
 * decimal'. False at the end of input. A header is checked (schema) and an end is noted, both are returned. Members may
 * stand in any order; the writer's own order is the fast path. Unknown members are ignored, a member given twice is an
 * error. Strict: a line without its newline, an end that counts other records than came, and records behind it are
 * errors as well; otherwise a last line without newline counts if it is a whole record. Raw, set after record_open(): rows
 * in the writer's own form, {"type":"result",..., come as REC_OTHER and nobody has looked into them: their reader does. */
struct record_in { struct in in; bool strict, raw, seen_header, seen_end; uint64_t records; };
void record_open(struct record_in *i, const char *path, struct out *flush, bool strict);
bool record_read(struct record_in *i, struct record *r);
/* The same in two halves, for who has a faster way to read some type that is not of records.def: after record_line() either
 * record_parse_line(), or record_other() if the line was a whole record of that type. */
bool record_line(struct record_in *i, struct record *r);
void record_parse_line(struct record_in *i, struct record *r);
void record_other(struct record_in *i);
/* At the end of input: under strict a missing header or end dies with EX_DATA, unless stream_stop ended the input. */
void record_finish(struct record_in *i);

void record_write(struct out *o, enum record_type type, const void *rec);	/* rec: struct rec_X of that type */
void record_pass(struct out *o, const struct record *r);			/* unchanged */
/* "header" with program, version and opt_command(); ids and contract may be NULL. A text too long for its field ends
 * in "...". */
void record_header(struct out *o, const char *config_id, const char *contract_id, const char *contract);
/* Adds members to the record written last: n bytes of JSON, each member after a comma (",\"lookback\":200"). */
void record_extend(struct out *o, const char *members, size_t n);
/* Writes nothing once stream_stop is set: what a signal cut short is not whole. */
void record_end(struct out *o, uint64_t n_records);

/* Parses one line without a stream (tests, fuzzers, parity). False: message without position. */
bool record_parse(struct record *r, const char *line, size_t len, struct errmsg *e) MUST_USE;

/* Between the kernel's struct and the record. */
void record_from_snapshot(struct rec_snapshot *r, const char *symbol, const struct snapshot *s);
void record_to_snapshot(struct snapshot *s, const struct rec_snapshot *r);

/* For documentation and generic readers: walks the tables. */
struct record_field { const char *key, *kind, *meaning; };
struct record_desc { const char *name, *meaning; const struct record_field *fields; unsigned n_fields; };
extern const struct record_desc record_descs[];	/* by enum record_type; [REC_OTHER] is empty */

#endif
