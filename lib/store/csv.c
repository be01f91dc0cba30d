/* SPDX-License-Identifier: MIT
 * Splitting CSV lines, and what their columns are called. */
#include "store/csv.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/num.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum kind { TEXT_SYMBOL, TEXT_INTERVAL, TIME, DECIMAL, COUNT };

/* Every name a column may have; the first of a member is the one that messages use. */
enum { NAMES_MAX = 5 };
#define MEMBERS(X) \
	X(SYMBOL,   symbol,     TEXT_SYMBOL,   "symbol", "s", "coin") \
	X(INTERVAL, interval,   TEXT_INTERVAL, "interval", "i") \
	X(OPENS,    t_ms,       TIME,          "t_ms", "t", "time", "timestamp", "open_time") \
	X(CLOSES,   t_close_ms, TIME,          "t_close_ms", "t_close", "T", "close_time") \
	X(O,        o,          DECIMAL,       "o", "open") \
	X(H,        h,          DECIMAL,       "h", "high") \
	X(L,        l,          DECIMAL,       "l", "low") \
	X(C,        c,          DECIMAL,       "c", "close") \
	X(V,        v,          DECIMAL,       "v", "volume") \
	X(N,        n,          COUNT,         "n", "trades", "count")

enum {
#define MEMBER(id, member, kind, ...) M_##id,
	MEMBERS(MEMBER)
#undef MEMBER
	N_MEMBERS
};
static const struct { enum kind kind; size_t at, size; const char *name[NAMES_MAX]; } members[] = {
#define MEMBER(id, member, kind, ...) \
	{ kind, offsetof(struct rec_candle, member), sizeof ((struct rec_candle *)0)->member, { __VA_ARGS__ } },
	MEMBERS(MEMBER)
#undef MEMBER
};

/* The fields of a line, unquoted, one after the other in text. */
struct fields { unsigned n; char *at[CSV_FIELDS_MAX]; char text[CSV_BYTES_MAX]; };

/* One field from p on, to *to; returns where it ends (a comma or the end), NULL if the quotes are wrong. */
static const char *unquote(const char *p, const char *end, char **to)
{
	bool quoted = p < end && *p == '"';

	for (p += quoted; p < end; p++) {
		if (!quoted && *p == ',')
			break;
		if (*p == '"') {
			if (!quoted)
				return NULL;
			if (p + 1 == end || p[1] != '"') {
				*(*to)++ = '\0';
				return p + 1 == end || p[1] == ',' ? p + 1 : NULL;
			}
			p++;
		}
		*(*to)++ = *p;
	}
	*(*to)++ = '\0';
	return quoted ? NULL : p;
}

static bool split(struct fields *f, const char *line, size_t len, struct errmsg *e)
{
	const char *p = line, *end;
	char *to = f->text;

	if (len && line[len - 1] == '\r')
		len--;
	if (len + CSV_FIELDS_MAX >= sizeof f->text)
		return errmsg_set(e, "line of more than %zu bytes", sizeof f->text - CSV_FIELDS_MAX);
	if (memchr(line, '\0', len))
		return errmsg_set(e, "a byte 0 in the line");
	end = line + len;
	for (f->n = 0;; p++) {
		if (f->n == CSV_FIELDS_MAX)
			return errmsg_set(e, "more than %d columns", CSV_FIELDS_MAX);
		f->at[f->n++] = to;
		if (!(p = unquote(p, end, &to)))
			return errmsg_set(e, "column %u: quotation marks do not match", f->n);
		if (p == end)
			return true;
	}
}

static int find_as(const char *name, int (*compare)(const char *, const char *))
{
	for (int m = 0; m < N_MEMBERS; m++)
		for (int k = 0; k < NAMES_MAX && members[m].name[k]; k++)
			if (compare(members[m].name[k], name) == 0)
				return m;
	return -1;
}

/* Exact first: the exchange calls the two ends of a bar t and T. */
static int find_member(const char *name)
{
	int m = find_as(name, strcmp);

	return m >= 0 ? m : find_as(name, strcasecmp);
}

/* False, with what the column may be called and what would do instead. */
static bool no_column(int m, struct errmsg *e)
{
	const char *const *name = members[m].name;
	struct buf b = BUF_INIT;

	for (int k = 1; k < NAMES_MAX && name[k]; k++)
		buf_addf(&b, "%s%s", k == 1 ? " (or " : ", ", name[k]);
	errmsg_set(e, "no column \"%s\"%s)%s", name[0], buf_cstr(&b), m == M_SYMBOL ? "; give one name with --symbols" :
	           m == M_INTERVAL ? "; give it with --interval" : "");
	buf_release(&b);
	return false;
}

/* Is there a value for every member that cannot be derived? */
static bool complete(const struct csv *c, const bool *seen, struct errmsg *e)
{
	for (int m = 0; m < N_MEMBERS; m++)
		if (!seen[m] && m != M_CLOSES && m != M_N && !(m == M_SYMBOL && *c->preset.symbol) &&
		    !(m == M_INTERVAL && *c->preset.interval))
			return no_column(m, e);
	return true;
}

bool csv_header(struct csv *c, const char *line, size_t len, const struct rec_candle *preset, struct errmsg *e)
{
	bool seen[N_MEMBERS] = { false };
	struct fields f;

	*c = (struct csv){ .preset = *preset };
	if (len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {	/* byte order mark */
		line += 3;
		len -= 3;
	}
	if (!split(&f, line, len, e))
		return false;
	for (c->n = 0; c->n < f.n; c->n++) {
		int m = c->member[c->n] = find_member(f.at[c->n]);

		if (m >= 0 && seen[m])
			return errmsg_set(e, "column \"%s\" is there twice", members[m].name[0]);
		if (m >= 0)
			seen[m] = true;
	}
	return complete(c, seen, e);
}

static bool set_member(struct rec_candle *out, int m, const char *text, struct errmsg *e)
{
	static const char *const want[] = { "a symbol", "an interval", "a time (milliseconds, seconds, a date, or RFC 3339 with its zone)", "a decimal", "an integer" };
	char *to = (char *)out + members[m].at;
	bool ok = false;

	switch (members[m].kind) {
	case TEXT_SYMBOL:
	case TEXT_INTERVAL:
		ok = *text && strlen(text) < members[m].size;
		if (ok)
			memcpy(to, text, strlen(text) + 1);
		break;
	case TIME:
		ok = clock_parse(text, (int64_t *)to);
		break;
	case DECIMAL:
		ok = num_f64_parse(text, (double *)to);
		break;
	case COUNT:
		ok = num_i64_parse(text, (int64_t *)to);
		break;
	}
	return ok || errmsg_set(e, "\"%s\" is not %s: \"%.40s\"", members[m].name[0], want[members[m].kind], text);
}

bool csv_row(const struct csv *c, const char *line, size_t len, struct rec_candle *out, struct errmsg *e)
{
	struct fields f;
	bool closes = false;

	if (!split(&f, line, len, e))
		return false;
	if (f.n != c->n)
		return errmsg_set(e, "%u columns instead of %u", f.n, c->n);
	*out = c->preset;
	for (unsigned k = 0; k < f.n; k++) {
		if (c->member[k] >= 0 && !set_member(out, c->member[k], f.at[k], e))
			return false;
		closes = closes || c->member[k] == M_CLOSES;
	}
	if (!closes && __builtin_add_overflow(out->t_ms, clock_length_ms(out->interval) - 1, &out->t_close_ms))
		return errmsg_set(e, "\"t_ms\" is no time between 1970 and 9999");
	return true;
}
