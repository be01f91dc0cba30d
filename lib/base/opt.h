/* SPDX-License-Identifier: MIT
 * Command line options from one table: parsing, --help, the header's command and the man page check read it.
 * Every program has -h/--help, -V/--version and -q/--quiet without listing them. */
#ifndef OCQ_BASE_OPT_H
#define OCQ_BASE_OPT_H

#include <stdbool.h>
#include <stdint.h>

enum opt_kind {
	OPT_FLAG,	/* bool: set to true */
	OPT_TEXT,	/* const char *: the argument, never empty */
	OPT_F64,	/* double: finite */
	OPT_U32,	/* uint32_t */
	OPT_U64,	/* uint64_t */
	OPT_TIME,	/* int64_t ms UTC: clock_parse() */
};

enum opt_flags {
	OPT_OUTPUT = 1,	/* names an output: left out of the header's command, so that records do not depend on it */
	OPT_HOST = 2,	/* threads and the like: left out as well */
};

struct opt {
	char letter;		/* 0: long form only */
	const char *name;	/* NULL ends the table */
	enum opt_kind kind;
	void *to;
	const char *arg;	/* name of the argument in --help; NULL for OPT_FLAG */
	const char *help;	/* one line, no capital, no full stop; NULL: shares the line of the option before */
	unsigned flags;
};

/* Reads the options; dies with EX_USAGE and one line that says what would have been right. --help prints
 * "usage: NAME SYNOPSIS", the purpose, and the table on stdout (at most 24 lines of 80 columns where possible)
 * and exits 0. Options and operands may be mixed; "--" ends options; "--name=value" and "--name value" are the
 * same. Returns the number of operands, which are moved to argv[0..n-1]. */
int opt_parse(int argc, char **argv, const struct opt *table, const char *synopsis, const char *purpose);

/* Whether the command line had this row of the table. */
bool opt_given(const struct opt *o);

/* Programs of several verbs: the first operand names one. takes: names of the options that a verb has, separated by spaces; any
 * other one is EX_USAGE. name NULL ends the list, which --help shows behind the purpose. Returns what run() does, which gets the
 * operands behind the verb. */
struct verb { const char *name; int (*run)(char **operands, int n); const char *takes; };
int opt_verb(int argc, char **argv, const struct opt *table, const struct verb *verbs, const char *synopsis, const char *purpose);

/* The command for the stream header: program, options given (without OPT_OUTPUT and OPT_HOST), operands. A static string. */
const char *opt_command(void);

#endif
