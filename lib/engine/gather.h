/* SPDX-License-Identifier: MIT
 * Rows of one or more record streams, one after another, as if it were one stream: the headers must allow it. A row is any
 * record but header and end.
 *
 *   gather_open(&g, ...); field = gather_want(&g, "total_pnl"); ...
 *   while (gather_read(&g)) { v = gather_number(&g, field); ... }
 *   gather_header(&g, &out); ... gather_close(&g);
 *
 * Different contracts, or configurations that they start from, die with EX_DATA unless ignore_contract; different paths of
 * "values" do in any case. */
#ifndef OCQ_ENGINE_GATHER_H
#define OCQ_ENGINE_GATHER_H

#include "json/json.h"
#include "record/record.h"

#define GATHER_WANTS 8

struct gather {
	struct record_in in;		/* the stream that is being read: for in_die(&g->in.in, ...) */
	struct record row;		/* the row read last; valid until the next read */
	bool cut;			/* a stream so far had a header, but no end: what is made of it has none either */
	bool has_paths;			/* a header of this very stream said what "values" are for */

	/* private */
	char **path;
	int n, at;			/* at: the next stream */
	bool open, strict, ignore_contract;
	struct json_span want[GATHER_WANTS];
	unsigned n_want;
	struct json_doc doc;
	bool parsed;			/* doc is the row's */
	struct identity { char id[ID_MAX]; const char *from; bool mixed; } config, contract;
	char text[LONG_MAX_TEXT];	/* the contract's */
	struct member { char *key, *value; bool mixed; } *member;	/* what headers say besides, as JSON */
	size_t n_members;
};

/* The files at path[0..n-1], stdin without any. */
void gather_open(struct gather *g, char **path, int n, bool strict, bool ignore_contract);
/* Before the first read: finds the member at this path (json_find()) of every row. Returns the number to ask for it by. */
unsigned gather_want(struct gather *g, const char *path);
/* The next row; false at the end of the last stream. Brackets and quotes of a row match, more is known once it is parsed. */
bool gather_read(struct gather *g);
/* The tokens of the row, which thereby is known to be right. */
const struct json_doc *gather_parse(struct gather *g);

/* A figure of the row: a number, or "Infinity" with or without sign, or "inf". NaN: missing, or null. Anything else dies. */
double gather_number(struct gather *g, unsigned want);
/* Dies with the words for a figure that is missing. */
_Noreturn void gather_missing(struct gather *g, unsigned want);
/* Is the figure written as null? Is the member this text (without anything to escape)? */
bool gather_null(const struct gather *g, unsigned want);
bool gather_is(struct gather *g, unsigned want, const char *text);

/* A header for all that was read: what all headers agree in. */
void gather_header(const struct gather *g, struct out *o);
/* The JSON of a member that headers have beyond records.def, such as "paths"; NULL: none has it. */
const char *gather_member(const struct gather *g, const char *key);
void gather_close(struct gather *g);

#endif
