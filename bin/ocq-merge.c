/* SPDX-License-Identifier: MIT
 * ocq-merge - the parts of a sweep as one: their rows in the order of the candidates. Changes when its options do, or what the parts
 * of one sweep must have in common. */
#include "base/hash.h"
#include "base/opt.h"
#include "engine/point.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool strict, no_header;

static const struct opt opts[] = {
	{ 0, "strict", OPT_FLAG, &strict, NULL, "candidates and parts must be whole streams", OPT_HOST },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "write the rows without header and end", OPT_OUTPUT },
	{ 0 }
};

/* A stream and its next row, the first that is neither header nor end. */
struct rows { struct record_in in; struct record row; bool more; char id[TEXT_MAX]; };

struct merge {
	struct points candidates;
	struct rows *part;
	uint32_t n;
	struct rec_header first;	/* of the first part that has one */
	const char *first_name;		/* NULL: none has */
	struct out out;
	uint64_t written;
};

/* ---- rows ---- */

static void read_id(struct rows *r)
{
	struct json_span id = { .path = "id" };
	struct json_doc d;
	struct errmsg e;
	bool ok;

	if (json_skim(r->row.line, r->row.len, &id, 1) && id.start && *id.start == '"') {
		ok = json_decode(id.start + 1, id.end - 1, r->id, sizeof r->id);
	} else {	/* not in the writer's form */
		if (!json_parse(&d, r->row.line, r->row.len, &e))
			in_die(&r->in.in, "%s", e.text);
		ok = json_str(&d, json_get(&d, d.tok, "id"), r->id, sizeof r->id);
		json_release(&d);
	}
	if (!ok || !r->id[0])
		in_die(&r->in.in, "\"id\" is not a text of 1 to %d bytes", TEXT_MAX - 1);
}

/* False at the end, or with a header in r->row. */
static bool read_row(struct rows *r)
{
	do
		r->more = record_read(&r->in, &r->row);
	while (r->more && r->row.type == REC_end);
	if (!r->more) {
		record_finish(&r->in);
		return false;
	}
	if (r->row.type == REC_header)
		return false;
	read_id(r);
	return true;
}

static void check_identity(struct merge *m, struct rows *part, const char *key, const char *id, const char *first)
{
	if (strcmp(id, first))
		in_die(&part->in.in, "\"%s\" is not that of %s: they are parts of two sweeps", key, m->first_name);
}

/* The headers of all parts say that they are of one sweep; the first one is that of the whole. */
static void take_header(struct merge *m, struct rows *part)
{
	const struct rec_header *h = &part->row.u.header;

	if (m->first_name) {
		check_identity(m, part, "config_id", h->config_id, m->first.config_id);
		check_identity(m, part, "contract_id", h->contract_id, m->first.contract_id);
		return;
	}
	m->first = *h;
	m->first_name = part->in.in.name;
	if (!no_header)
		record_pass(&m->out, &part->row);
}

static void next(struct merge *m, struct rows *part)
{
	while (!read_row(part) && part->more)
		take_header(m, part);
}

/* ---- the whole ---- */

static void open_parts(struct merge *m, char **path, int n)
{
	int i;

	m->n = (uint32_t)n;
	m->part = xcalloc((size_t)n, sizeof *m->part);
	for (i = 0; i < n; i++) {
		record_open(&m->part[i].in, path[i], NULL, strict);
		m->part[i].in.raw = true;
		next(m, &m->part[i]);
	}
}

/* The part whose next row is the candidate's. Where all parts of ocq-grid --shard are given in their order, it is the first that is
 * asked. NULL: none. */
static struct rows *find(const struct merge *m, const char *id)
{
	uint64_t guess = checksum64(id, strlen(id));
	uint32_t i;

	for (i = 0; i < m->n; i++) {
		struct rows *part = &m->part[(guess + i) % m->n];

		if (part->more && !strcmp(part->id, id))
			return part;
	}
	return NULL;
}

/* An id alone may be another sweep's. */
static void check_point(struct rows *part, const struct point *pt)
{
	uint64_t mark;
	struct json_doc d;
	struct errmsg e;

	if (!json_parse(&d, part->row.line, part->row.len, &e) || !point_mark_of_row(&d, &mark, &e))
		in_die(&part->in.in, "%s", e.text);
	if (mark != point_mark(pt))
		in_die(&part->in.in, "\"%s\" is the row of another candidate than that of this id", pt->id);
	json_release(&d);
}

static void merge(struct merge *m)
{
	static struct point pt;
	struct rows *part;

	points_open(&m->candidates, "-", &m->out, strict);
	while (points_read(&m->candidates, &pt)) {
		part = find(m, pt.id);
		if (!part)
			in_die(&m->candidates.in.in, "\"%s\" is in no part, or not in the order of the candidates", pt.id);
		check_point(part, &pt);
		record_pass(&m->out, &part->row);
		m->written++;
		next(m, part);
	}
	if (stream_stop)
		die(EX_RETRY, "stopped by a signal before the end");
	points_close(&m->candidates);
}

/* What is left over belongs to other candidates. */
static void check_rest(struct merge *m)
{
	uint32_t i;

	for (i = 0; i < m->n; i++)
		if (m->part[i].more) {
			out_flush(&m->out);
			in_die(&m->part[i].in.in, "\"%s\" is no candidate, or not in their order", m->part[i].id);
		}
}

static void close_all(struct merge *m)
{
	uint32_t i;

	for (i = 0; i < m->n; i++)
		in_close(&m->part[i].in.in);
	free(m->part);
}

int main(int argc, char **argv)
{
	static struct merge m;
	int n;

	err_init(argv[0]);
	stream_signals();
	n = opt_parse(argc, argv, opts, "[--strict] [--no-header] PART... <CANDIDATES",
		      "Joins the results of a sweep's parts: one row per candidate, in their order.");
	if (!n)
		die(EX_USAGE, "which parts? ocq-merge PART... <CANDIDATES");
	out_open(&m.out, "-");
	open_parts(&m, argv, n);
	merge(&m);
	check_rest(&m);
	if (!no_header)
		record_end(&m.out, m.written);
	note("%" PRIu64 " rows of %d parts", m.written, n);
	out_close(&m.out);
	close_all(&m);
	return EX_OK;
}
