/* SPDX-License-Identifier: MIT
 * ocq-top - the best rows of result streams by one figure. Changes when its options do, or how the best are kept. */
#include "base/opt.h"
#include "engine/gather.h"
#include "engine/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *field = "total_pnl", *output = "-";
static uint64_t max = 10, min_trades;
static bool ascending, ignore_contract, strict, no_header;

static const struct opt opts[] = {
	{ 'n', "max", OPT_U64, &max, "N", "how many rows (10); 0: all, in order" },
	{ 'f', "field", OPT_TEXT, &field, "FIELD", "the member they are ordered by (total_pnl)" },
	{ 0, "ascending", OPT_FLAG, &ascending, NULL, "the least first" },
	{ 0, "min-trades", OPT_U64, &min_trades, "N", "only rows with this many total_trades (0)" },
	{ 0, "ignore-contract", OPT_FLAG, &ignore_contract, NULL, "take results of different contracts all the same" },
	{ 'o', "output", OPT_TEXT, &output, "FILE", "write there (stdout)", OPT_OUTPUT },
	{ 0, "strict", OPT_FLAG, &strict, NULL, "a stream without header or end is an error" },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "write the rows without header and end", OPT_OUTPUT },
	{ 0 }
};

/* Keys ascend from the best row to the worst; seq is the row's place in the input. */
struct row { int64_t key; uint64_t seq; char *text; size_t len, cap; };

/* The rows kept. Once there are max of them they are a heap: none is better than its parent, the worst is rows[0]. */
struct top { struct row *rows; size_t n, cap; uint64_t seq; };

static int compare(const struct row *a, const struct row *b)
{
	return a->key != b->key ? (a->key > b->key) - (a->key < b->key) : (a->seq > b->seq) - (a->seq < b->seq);
}

static int compare_rows(const void *a, const void *b)
{
	return compare(a, b);
}

/* Moves a row down to where none below it is worse. */
static void sift(struct top *t, size_t at)
{
	struct row row = t->rows[at];
	size_t child;

	for (; (child = 2 * at + 1) < t->n; at = child) {
		if (child + 1 < t->n && compare(&t->rows[child + 1], &t->rows[child]) > 0)
			child++;
		if (compare(&t->rows[child], &row) <= 0)
			break;
		t->rows[at] = t->rows[child];
	}
	t->rows[at] = row;
}

static void make_heap(struct top *t)
{
	size_t at;

	for (at = t->n / 2; at-- > 0; )
		sift(t, at);
}

static void set_text(struct row *r, const struct record *from)
{
	if (r->cap < from->len) {
		free(r->text);
		r->text = xmalloc(from->len);
		r->cap = from->len;
	}
	memcpy(r->text, from->line, from->len);
	r->len = from->len;
}

static struct row *new_row(struct top *t)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->rows = xreallocarray(t->rows, t->cap, sizeof *t->rows);
	}
	t->rows[t->n] = (struct row){ 0 };
	return &t->rows[t->n++];
}

/* Keeps the row that was read last, if it is among the best so far. */
static void offer(struct top *t, struct gather *g, int64_t key)
{
	struct row *r = t->rows;
	bool full = max && t->n == max;

	t->seq++;
	if (full && key >= r->key)	/* of equal rows the first stays */
		return;
	gather_parse(g);	/* what is written must be right */
	if (!full)
		r = new_row(t);
	r->key = key;
	r->seq = t->seq;
	set_text(r, &g->row);
	if (full)
		sift(t, 0);
	else if (t->n == max)
		make_heap(t);
}

static double number(struct gather *g, unsigned want)
{
	double v = gather_number(g, want);

	if (isnan(v))
		gather_missing(g, want);
	return v;
}

static void read_rows(struct top *t, struct gather *g)
{
	unsigned figure = gather_want(g, field), trades = gather_want(g, "total_trades");
	int64_t key;

	while (gather_read(g)) {
		key = rank_total(number(g, figure));
		if (min_trades && number(g, trades) < (double)min_trades)
			continue;
		offer(t, g, ascending ? key : -key);
	}
}

/* What is best is known at the end of the input only; a file is written whole or not at all. */
static void die_if_stopped(void)
{
	if (stream_stop)
		die(EX_RETRY, "stopped by a signal before the end");
}

static void write_rows(struct top *t, const struct gather *g)
{
	struct out out;
	size_t i;

	if (t->n)
		qsort(t->rows, t->n, sizeof *t->rows, compare_rows);
	out_open(&out, output);
	if (!no_header)
		gather_header(g, &out);
	for (i = 0; i < t->n; i++)
		record_pass(&out, &(struct record){ .line = t->rows[i].text, .len = t->rows[i].len });
	if (!no_header && !g->cut)
		record_end(&out, t->n);
	die_if_stopped();
	out_close(&out);
}

int main(int argc, char **argv)
{
	struct top top = { 0 };
	struct gather g;
	int n;

	err_init(argv[0]);
	stream_signals();
	n = opt_parse(argc, argv, opts, "[-n N] [-f FIELD] [--ascending] [options] [FILE...]",
		      "The rows with the highest figure, the best first; equal ones keep their order.");
	gather_open(&g, argv, n, strict, ignore_contract);
	read_rows(&top, &g);
	die_if_stopped();
	write_rows(&top, &g);
	while (top.n)
		free(top.rows[--top.n].text);
	free(top.rows);
	gather_close(&g);
	return EX_OK;
}
