/* SPDX-License-Identifier: MIT
 * ocq-parity - compares two runs record by record. Changes when its options or its printed form do; what a difference is
 * called is lib/engine/parity.h's business. */
#include "base/opt.h"
#include "engine/parity.h"
#include "json/json.h"

#include <inttypes.h>
#include <string.h>

#define SHOWN 2000	/* bytes of a record that the text form shows */
#define SHOWN_VALUE 200	/* of the value in it that differs */

static bool strict, ignore_contract;
static const char *format = "text";
static uint64_t max = 1;

static const struct opt opts[] = {
	{ 'f', "format", OPT_TEXT, &format, "text|json", "how differences are printed (text)", 0 },
	{ 'n', "max", OPT_U64, &max, "N", "show the first N differences (1)", 0 },
	{ 0, "ignore-contract", OPT_FLAG, &ignore_contract, NULL, "compare runs of different contracts all the same", 0 },
	{ 0, "strict", OPT_FLAG, &strict, NULL, "require headers with known identities, and ends", 0 },
	{ 0 }
};

struct printer { struct out *out; const char *name[2]; };

/* A long record is cut, and the value that differs shown behind the cut. */
static void text_record(struct buf *b, char side, const struct parity_record *r, const char *field)
{
	if (!r->text) {
		buf_addf(b, "  %c: no such record\n", side);
		return;
	}
	buf_addf(b, "  %c: %.*s", side, (int)(r->len < SHOWN ? r->len : SHOWN), r->text);
	if (r->len > SHOWN && r->value.text)
		buf_addf(b, " ... \"%s\":%.*s", field, (int)(r->value.len < SHOWN_VALUE ? r->value.len : SHOWN_VALUE), r->value.text);
	buf_adds(b, r->len > SHOWN ? " ...\n" : "\n");
}

static void text_difference(struct buf *b, const struct printer *p, const struct parity_difference *d)
{
	const struct parity_record *side[2] = { &d->a, &d->b };
	int i;

	for (i = 0; i < 2; i++)
		if (side[i]->text)
			buf_addf(b, "%s:%" PRIu64 ": ", p->name[i], side[i]->line);
	buf_adds(b, parity_class_name(d->class));
	if (d->field[0])
		buf_addf(b, " in \"%s\"", d->field);
	buf_addc(b, '\n');
	text_record(b, 'a', &d->a, d->field);
	text_record(b, 'b', &d->b, d->field);
}

/* A record goes into the line as the JSON that it is. */
static void json_record(struct buf *b, char side, const struct parity_record *r)
{
	if (!r->text)
		return;
	b->len--;	/* the brace that the writer closed with */
	buf_addf(b, ",\"line_%c\":%" PRIu64 ",\"%c\":", side, r->line, side);
	buf_add(b, r->text, r->len);
	buf_addc(b, '}');
}

static void json_difference(struct buf *b, const struct parity_difference *d)
{
	struct jsonw w;

	jsonw_init(&w, b, false);
	jsonw_object(&w);
	jsonw_key(&w, "type");
	jsonw_str(&w, "difference");
	jsonw_key(&w, "class");
	jsonw_str(&w, parity_class_name(d->class));
	jsonw_key(&w, "field");
	if (d->field[0])
		jsonw_str(&w, d->field);
	else
		jsonw_null(&w);
	jsonw_end(&w);
	json_record(b, 'a', &d->a);
	json_record(b, 'b', &d->b);
	buf_addc(b, '\n');
}

static void print_difference(void *arg, const struct parity_difference *d)
{
	struct printer *p = arg;
	struct buf b = BUF_INIT;

	if (!strcmp(format, "json"))
		json_difference(&b, d);
	else
		text_difference(&b, p, d);
	out_add(p->out, b.data, b.len);
	buf_release(&b);
}

/* "; rows: 1 STATE_MACHINE, 2 REDUCTION_ORDER" */
static void text_rows(struct buf *b, const struct parity_result *r)
{
	const char *before = "; rows: ";
	int i;

	for (i = 0; i < N_PARITY_CLASSES; i++)
		if (r->rows[i]) {
			buf_addf(b, "%s%" PRIu64 " %s", before, r->rows[i], parity_class_name(i));
			before = ", ";
		}
}

static void text_verdict(struct buf *b, const struct parity_result *r)
{
	if (r->invalid[0]) {
		buf_addf(b, "INVALID_COMPARISON: the %s differ in %s (--ignore-contract compares all the same)\n",
			 r->invalid_rows ? "rows" : "headers", r->invalid);
	} else if (r->differences) {
		buf_addf(b, "different: first %s, in all %s; %" PRIu64 " and %" PRIu64 " records, %" PRIu64 " and %" PRIu64 " closes",
			 parity_class_name(r->first), parity_class_name(r->summary), r->records[0], r->records[1], r->closes[0], r->closes[1]);
		text_rows(b, r);
		buf_addc(b, '\n');
	} else {
		buf_addf(b, "equal: %" PRIu64 " records, %" PRIu64 " closes\n", r->records[0], r->closes[0]);
	}
}

static void pair_u64(struct jsonw *w, const char *key, const uint64_t v[2])
{
	jsonw_key(w, key);
	jsonw_array(w);
	jsonw_u64(w, v[0]);
	jsonw_u64(w, v[1]);
	jsonw_end(w);
}

/* Rows that differ, by class. */
static void json_rows(struct jsonw *w, const struct parity_result *r)
{
	int i;

	jsonw_key(w, "rows");
	jsonw_object(w);
	for (i = 0; i < N_PARITY_CLASSES; i++)
		if (r->rows[i]) {
			jsonw_key(w, parity_class_name(i));
			jsonw_u64(w, r->rows[i]);
		}
	jsonw_end(w);
}

static void json_class(struct jsonw *w, const char *key, bool known, enum parity_class c)
{
	jsonw_key(w, key);
	if (known)
		jsonw_str(w, parity_class_name(c));
	else
		jsonw_null(w);
}

static void json_verdict(struct buf *b, const struct parity_result *r)
{
	struct jsonw w;

	jsonw_init(&w, b, false);
	jsonw_object(&w);
	jsonw_key(&w, "type");
	jsonw_str(&w, "parity");
	jsonw_key(&w, "equal");
	jsonw_bool(&w, !r->differences);
	json_class(&w, "class", r->differences, r->first);
	json_class(&w, "summary", r->differences, r->summary);
	jsonw_key(&w, "contract");
	if (r->invalid[0])
		jsonw_str(&w, r->invalid);
	else
		jsonw_null(&w);
	jsonw_key(&w, "verified");
	jsonw_bool(&w, !r->unverified && !ignore_contract);
	pair_u64(&w, "records", r->records);
	pair_u64(&w, "closes", r->closes);
	json_rows(&w, r);
	jsonw_end(&w);
	buf_addc(b, '\n');
}

static void print_verdict(struct out *out, const struct parity_result *r)
{
	struct buf b = BUF_INIT;

	if (!strcmp(format, "json"))
		json_verdict(&b, r);
	else
		text_verdict(&b, r);
	out_add(out, b.data, b.len);
	buf_release(&b);
}

int main(int argc, char **argv)
{
	struct record_in a, b;
	struct parity_result result;
	struct out out;
	int n;

	err_init(argv[0]);
	n = opt_parse(argc, argv, opts, "[-f text|json] [-n N] [--strict] [--ignore-contract] A B",
		      "Compares two runs (events, trades or result rows), names the first difference.");
	if (n != 2)
		die(EX_USAGE, "two operands are needed, the runs to compare (\"-\" is stdin)");
	if (strcmp(format, "text") && strcmp(format, "json"))
		die(EX_USAGE, "--format is text or json, not \"%s\"", format);
	if (max == 0)
		die(EX_USAGE, "--max is at least 1");
	if (!strcmp(argv[0], "-") && !strcmp(argv[1], "-"))
		die(EX_USAGE, "only one of the two runs can come from stdin");
	out_open(&out, "-");
	record_open(&a, argv[0], NULL, strict);
	record_open(&b, argv[1], NULL, strict);
	parity_compare(&result, &a, &b, &(struct parity_options){ .strict = strict, .ignore_contract = ignore_contract, .max = max,
		.tell = print_difference, .arg = &(struct printer){ &out, { a.in.name, b.in.name } } });
	if (result.unverified && !ignore_contract)
		note("an identity is missing: that both runs have one contract is taken for granted (--strict refuses)");
	print_verdict(&out, &result);
	in_close(&a.in);
	in_close(&b.in);
	out_close(&out);
	return result.differences ? EX_NO : EX_OK;
}
