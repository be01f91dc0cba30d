/* SPDX-License-Identifier: MIT
 * The command line: one table in, values, --help, messages and the header's command out. */
#include "base/opt.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/near.h"
#include "base/num.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCREEN_LINES 24
#define HELP_COLUMN 26

/* ---- the options of every program ---- */

static bool want_help, want_version;
static const struct opt common[] = {
	{ 'h', "help", OPT_FLAG, &want_help, NULL, "show this and exit", OPT_HOST },
	{ 'V', "version", OPT_FLAG, &want_version, NULL, "show the version and exit", OPT_HOST },
	{ 'q', "quiet", OPT_FLAG, &err_quiet, NULL, "no progress, no summary", OPT_HOST },
	{ 0 },
};

static const struct opt *const *tables(const struct opt *own)
{
	static const struct opt *both[3];

	both[0] = own;
	both[1] = common;
	return both;
}

/* ---- --help ---- */

/* Lines that the table takes: an option without help shares the line of the one before. */
static int count_lines(const struct opt *table)
{
	int n = 0;

	for (const struct opt *o = table; o->name; o++)
		n += o->help != NULL;
	return n;
}

static int show_name(const struct opt *o)
{
	int n = o->letter ? printf("  -%c, --%s", o->letter, o->name) : printf("      --%s", o->name);

	return n + (o->arg ? printf(" %s", o->arg) : 0);
}

static int show_more(const struct opt *o)
{
	return printf(", --%s", o->name) + (o->arg ? printf(" %s", o->arg) : 0);
}

/* One line: the option, those that share its help, the help. Returns the next option. */
static const struct opt *show_option(const struct opt *o)
{
	const char *help = o->help;
	int n = show_name(o);

	for (o++; o->name && !o->help; o++)
		n += show_more(o);
	printf("%*s%s\n", n < HELP_COLUMN ? HELP_COLUMN - n : 2, "", help);
	return o;
}

/* The common options share a line where they would push the rest off the screen. */
static void show_help(const struct opt *table, const char *synopsis, const char *purpose)
{
	bool tight = count_lines(table) + count_lines(common) + 4 > SCREEN_LINES;
	const struct opt *o;

	printf("usage: %s %s\n%s\n\n", err_program, synopsis, purpose);
	for (o = table; o->name; )
		o = show_option(o);
	for (o = common; o->name; )
		if (tight)
			show_name(o++);
		else
			o = show_option(o);
	if (tight)
		putchar('\n');
}

_Noreturn static void end_stdout(void)
{
	if (fflush(stdout) || ferror(stdout))
		die_sys(EX_RETRY, "stdout: cannot be written");
	exit(EX_OK);
}

/* ---- messages ---- */

_Noreturn static void unknown_option(const struct opt *table, const char *name)
{
	const struct opt *best = NULL;
	unsigned best_distance = (unsigned)strlen(name) / 2 + 1;

	for (const struct opt *const *t = tables(table); *t; t++)
		for (const struct opt *o = *t; o->name; o++) {
			unsigned d = strncmp(o->name, name, strlen(name)) == 0 ? 1 : near_distance(name, o->name);

			if (d < best_distance) {
				best = o;
				best_distance = d;
			}
		}
	if (best)
		die(EX_USAGE, "unknown option --%s: did you mean --%s?", name, best->name);
	die(EX_USAGE, "unknown option --%s: --help lists them all", name);
}

/* ---- the header's command ---- */

static struct buf command;

static void command_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

	buf_addc(&command, ' ');
	if (*word && word[strspn(word, plain)] == '\0') {
		buf_adds(&command, word);
		return;
	}
	buf_addc(&command, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buf_adds(&command, "'\\''");
		else
			buf_addc(&command, *word);
	buf_addc(&command, '\'');
}

static void command_option(const struct opt *o, const char *value)
{
	if (o->flags & (OPT_OUTPUT | OPT_HOST))
		return;
	buf_addf(&command, " --%s", o->name);
	if (value)
		command_word(value);
}

const char *opt_command(void)
{
	return command.len ? buf_cstr(&command) : err_program;
}

/* ---- parsing ---- */

/* Stores the value; returns what would have been right, NULL if it was. */
static const char *store(const struct opt *o, const char *value)
{
	const char *end = value ? value + strlen(value) : NULL;
	uint64_t u;

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)o->to = true;
		return NULL;
	case OPT_TEXT:
		*(const char **)o->to = value;
		return *value ? NULL : "a text that is not empty";
	case OPT_F64:
		return num_f64_parse(value, o->to) ? NULL : "a number";
	case OPT_U32:
		if (num_u64_get(value, end, &u) != end || u > UINT32_MAX)
			return "a whole number from 0 to 4294967295";
		*(uint32_t *)o->to = (uint32_t)u;
		return NULL;
	case OPT_U64:
		if (num_u64_get(value, end, &u) != end)
			return "a whole number from 0 to 18446744073709551615";
		*(uint64_t *)o->to = u;
		return NULL;
	case OPT_TIME:
		return clock_parse(value, o->to) ? NULL : "a time: RFC 3339, YYYY-MM-DD, or seconds or milliseconds since 1970";
	}
	die(EX_BUG, "option --%s has kind %d", o->name, (int)o->kind);
}

/* The rows met so far; a row that is given twice counts once. */
static const struct opt *given[64];

bool opt_given(const struct opt *o)
{
	for (size_t i = 0; i < sizeof given / sizeof *given && given[i]; i++)
		if (given[i] == o)
			return true;
	return false;
}

static void note_given(const struct opt *o)
{
	size_t n = 0;

	while (n < sizeof given / sizeof *given && given[n] && given[n] != o)
		n++;
	if (n == sizeof given / sizeof *given)
		die(EX_BUG, "more options than opt.c can note");
	given[n] = o;
}

static void apply(const struct opt *o, const char *value)
{
	const char *want = store(o, value);

	note_given(o);

	if (want)
		die(EX_USAGE, "--%s: \"%s\" is not %s", o->name, value, want);
	command_option(o, value);
}

struct args { int argc, at; char **argv; const struct opt *table; };

/* The argument after this one, for an option that needs a value. */
static const char *take_value(struct args *a, const struct opt *o)
{
	if (++a->at >= a->argc)
		die(EX_USAGE, "--%s needs a value: --%s %s", o->name, o->name, o->arg);
	return a->argv[a->at];
}

/* name[=value], without the dashes */
static void parse_long(struct args *a, const char *text)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);

	for (const struct opt *const *t = tables(a->table); *t; t++)
		for (const struct opt *o = *t; o->name; o++) {
			if (strncmp(o->name, text, len) != 0 || o->name[len])
				continue;
			if (o->kind == OPT_FLAG && equals)
				die(EX_USAGE, "--%s takes no value", o->name);
			apply(o, o->kind == OPT_FLAG ? NULL : equals ? equals + 1 : take_value(a, o));
			return;
		}
	unknown_option(a->table, xstrndup(text, len));
}

static const struct opt *by_letter(const struct opt *table, char letter)
{
	for (const struct opt *const *t = tables(table); *t; t++)
		for (const struct opt *o = *t; o->name; o++)
			if (o->letter == letter)
				return o;
	die(EX_USAGE, "unknown option -%c: --help lists them all", letter);
}

/* Letters of flags, then perhaps one with a value: "-qc FILE", "-qcFILE" */
static void parse_letters(struct args *a, const char *letters)
{
	while (*letters) {
		const struct opt *o = by_letter(a->table, *letters++);

		if (o->kind == OPT_FLAG) {
			apply(o, NULL);
			continue;
		}
		apply(o, *letters ? letters : take_value(a, o));
		return;
	}
}

int opt_parse(int argc, char **argv, const struct opt *table, const char *synopsis, const char *purpose)
{
	struct args a = { .argc = argc, .argv = argv, .table = table };
	bool options = true;
	int operands = 0;

	buf_clear(&command);
	buf_adds(&command, err_program);
	for (a.at = 1; a.at < argc; a.at++) {
		char *arg = argv[a.at];

		if (options && strcmp(arg, "--") == 0)
			options = false;
		else if (options && strncmp(arg, "--", 2) == 0)
			parse_long(&a, arg + 2);
		else if (options && arg[0] == '-' && arg[1])
			parse_letters(&a, arg + 1);
		else
			argv[operands++] = arg;
		if (want_help || want_version)
			break;
	}
	if (want_help)
		show_help(table, synopsis, purpose);
	else if (want_version)
		printf("%s %s\n", err_program, OCQ_VERSION);
	if (want_help || want_version)
		end_stdout();
	for (int i = 0; i < operands; i++)
		command_word(argv[i]);
	return operands;
}

/* ---- verbs ---- */

/* Is the word in the list of words? */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/* text and the verbs behind it, each after a space */
static const char *with_verbs(const char *text, const struct verb *verbs)
{
	static struct buf b;

	buf_clear(&b);
	buf_adds(&b, text);
	for (const struct verb *v = verbs; v->name; v++)
		buf_addf(&b, " %s", v->name);
	return buf_cstr(&b);
}

static const struct verb *find_verb(const char *name, const struct verb *verbs)
{
	for (const struct verb *v = verbs; v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	die(EX_USAGE, "\"%.40s\" is not one of%s", name, with_verbs("", verbs));
}

int opt_verb(int argc, char **argv, const struct opt *table, const struct verb *verbs, const char *synopsis, const char *purpose)
{
	const struct verb *v;
	struct buf text = BUF_INIT;
	int n;

	buf_addf(&text, "%s The verbs are\n ", purpose);
	n = opt_parse(argc, argv, table, synopsis, with_verbs(buf_cstr(&text), verbs));
	buf_release(&text);
	if (n == 0)
		die(EX_USAGE, "which verb?%s", with_verbs("", verbs));
	v = find_verb(argv[0], verbs);
	for (const struct opt *o = table; o->name; o++)
		if (opt_given(o) && !has_word(v->takes, o->name))
			die(EX_USAGE, "%s: takes no --%s", v->name, o->name);
	return v->run(argv + 1, n - 1);
}
