/* SPDX-License-Identifier: MIT
 * Where two runs part: event streams, trade lists or result rows, record by record (docs/rules/report.md "Parity").
 * Numbers are equal when they are the same double; nothing is compared within a tolerance. */
#ifndef OCQ_ENGINE_PARITY_H
#define OCQ_ENGINE_PARITY_H

#include "base/buf.h"
#include "record/record.h"

#define PARITY_CLASSES(X) \
	X(DECISION, "another action, time, symbol, reason or confidence; or an event that only one side has") \
	X(ORDER, "the same records in another order") \
	X(PRICE, "another price, or a profit that follows from one") \
	X(SIZE, "another size, notional, leverage or margin") \
	X(FEE, "another fee") \
	X(FUNDING, "a funding payment differs or is on one side only") \
	X(STATE_MACHINE, "summary: another number of closes") \
	X(REDUCTION_ORDER, "summary: as many closes, another figure") \
	X(INVALID_COMPARISON, "not runs of one contract or points of one name, or a row that only one side has: numbers say nothing")

enum parity_class {
#define X(name, meaning) PARITY_##name,
	PARITY_CLASSES(X)
#undef X
	N_PARITY_CLASSES
};
const char *parity_class_name(enum parity_class c);

struct parity_text { const char *text; size_t len; };	/* NULL: there is none */

/* One record of a side, and the value in it that differs; without text where the side has none. */
struct parity_record { const char *text; size_t len; uint64_t line; struct parity_text value; };

#define PARITY_PATH 128
struct parity_difference {
	enum parity_class class;
	char field[PARITY_PATH];	/* path to the first value that differs; "" when a record is on one side only */
	struct parity_record a, b;	/* valid during the call */
};

struct parity_options {
	bool strict;		/* headers, ends and known identities are required */
	bool ignore_contract;
	uint64_t max;		/* differences to tell; the rest is only counted */
	void (*tell)(void *arg, const struct parity_difference *d);
	void *arg;
};

struct parity_result {
	uint64_t differences;		/* of rows all, of events those found while fewer than max were told */
	enum parity_class first, summary;	/* valid if differences > 0 */
	uint64_t records[2], closes[2];	/* of a and b; a row counts its total_trades */
	uint64_t rows[N_PARITY_CLASSES];	/* differences of rows by class */
	bool unverified;		/* a header or an identity is missing, so that the contract could not be checked */
	char invalid[256];		/* INVALID_COMPARISON by contract: what differs, else "" */
	bool invalid_rows;		/* and that it is the rows that say so, not the headers */
};

/* Reads both to their ends. A wrong record ends the program as record_read() does. */
void parity_compare(struct parity_result *r, struct record_in *a, struct record_in *b, const struct parity_options *o);

#endif
