/* SPDX-License-Identifier: MIT
 * Changes when two runs are told apart in another way (docs/rules/report.md "Parity"). */
#include "engine/parity.h"

#include "base/num.h"
#include "engine/contract.h"
#include "engine/differ.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 512	/* records that a record may have moved and still be found */

static const char *const class_names[] = {
#define X(name, meaning) #name,
	PARITY_CLASSES(X)
#undef X
};

const char *parity_class_name(enum parity_class c)
{
	return class_names[c];
}

struct item {
	struct buf text;
	uint64_t line, closes;
	bool is_funding;
	char id[TEXT_MAX];	/* a row's; "" for an event */
};

/* One side: the records read ahead, oldest first. */
struct reader {
	struct record_in *in;
	struct item *ahead[WINDOW];
	size_t n;
	struct item *spare[WINDOW];
	size_t n_spare;
	bool eof;
	struct buf header;
	uint64_t records, closes;
};

struct parity {
	struct reader a, b;
	struct differ d;
	const struct parity_options *o;
	struct parity_result *r;
	bool parted;		/* from here on balances differ as a consequence */
	bool seen[N_PARITY_CLASSES];	/* of pairs of records */
};

static void note_action(struct item *i, const char *action)
{
	i->closes = !strncmp(action, "CLOSE_", 6) || !strncmp(action, "REDUCE_", 7);
	i->is_funding = !strcmp(action, "FUNDING");
}

/* A record of another type is a row if it has an "id". */
static void note_row(struct item *i)
{
	struct json_span want[] = { { .path = "id" }, { .path = "total_trades" } };
	struct json_doc d = { 0 };
	struct errmsg e;
	double closes = 0;

	if (json_skim(i->text.data, i->text.len, want, 2)) {
		if (!want[0].start || *want[0].start != '"' || !json_decode(want[0].start + 1, want[0].end - 1, i->id, sizeof i->id))
			i->id[0] = '\0';
		if (!want[1].start || num_f64_get(want[1].start, want[1].end, &closes) != want[1].end)
			closes = 0;
	} else if (json_parse(&d, i->text.data, i->text.len, &e)) {
		if (!json_str(&d, json_get(&d, d.tok, "id"), i->id, sizeof i->id))
			i->id[0] = '\0';
		json_f64(&d, json_get(&d, d.tok, "total_trades"), &closes);
		json_release(&d);
	}
	i->closes = i->id[0] && closes > 0 ? (uint64_t)closes : 0;
}

/* Reads one record ahead; false at the end. */
static bool read_ahead(struct reader *s)
{
	struct record r;
	struct item *i;

	while (!s->eof && record_read(s->in, &r)) {
		if (r.type == REC_end)
			continue;
		if (r.type == REC_header) {
			buf_clear(&s->header);
			buf_add(&s->header, r.line, r.len);
			continue;
		}
		i = s->n_spare ? s->spare[--s->n_spare] : xcalloc(1, sizeof *i);
		buf_clear(&i->text);
		buf_add(&i->text, r.line, r.len);
		i->line = s->in->in.line;
		i->closes = 0;
		i->is_funding = false;
		i->id[0] = '\0';
		if (r.type == REC_event)
			note_action(i, r.u.event.action);
		else if (r.type == REC_trade)
			note_action(i, r.u.trade.action);
		else if (r.type == REC_OTHER)
			note_row(i);
		s->ahead[s->n++] = i;
		s->records++;
		s->closes += i->closes;
		return true;
	}
	s->eof = true;
	return false;
}

/* The record k places ahead, NULL behind the end or the window. */
static struct item *peek(struct reader *s, size_t k)
{
	while (s->n <= k)
		if (k >= WINDOW || !read_ahead(s))
			return NULL;
	return s->ahead[k];
}

static void drop(struct reader *s, size_t k)
{
	s->spare[s->n_spare++] = s->ahead[k];
	memmove(&s->ahead[k], &s->ahead[k + 1], (--s->n - k) * sizeof *s->ahead);
}

static void reader_release(struct reader *s)
{
	while (s->n)
		drop(s, s->n - 1);
	while (s->n_spare) {
		buf_release(&s->spare[--s->n_spare]->text);
		free(s->spare[s->n_spare]);
	}
	buf_release(&s->header);
}

static bool same_text(const struct item *a, const struct item *b)
{
	return a->text.len == b->text.len && !memcmp(a->text.data, b->text.data, a->text.len);
}

static bool parse(struct parity *p, const struct item *a, const struct item *b)
{
	return differ_parse(&p->d, a->text.data, a->text.len, b->text.data, b->text.len);
}

static struct parity_record as_record(const struct item *i)
{
	return i ? (struct parity_record){ i->text.data, i->text.len, i->line, { 0 } } : (struct parity_record){ 0 };
}

/* Do two records differ, and by which member? Without `balance`, what follows from earlier records is left out. */
static bool records_differ(struct parity *p, const struct item *a, const struct item *b, bool balance, struct parity_difference *d)
{
	struct member_difference m = { .class = PARITY_INVALID_COMPARISON };

	if (same_text(a, b) || (parse(p, a, b) && !differ_first(&p->d, balance, &m)))
		return false;
	*d = (struct parity_difference){ .class = m.class, .a = as_record(a), .b = as_record(b) };
	strcpy(d->field, m.path);
	d->a.value = m.a;
	d->b.value = m.b;
	if ((a->is_funding || b->is_funding) && d->class != PARITY_INVALID_COMPARISON)
		d->class = PARITY_FUNDING;
	return true;
}

static bool are_rows(const struct item *a, const struct item *b)
{
	return (a && a->id[0]) || (b && b->id[0]);
}

/* Is b what a is, perhaps in another place? */
static bool match(struct parity *p, const struct item *a, const struct item *b)
{
	struct parity_difference unused;

	return are_rows(a, b) ? !strcmp(a->id, b->id) : !records_differ(p, a, b, false, &unused);
}

/* Do a and b stand for one event or row, however its figures differ? */
static bool aligned(struct parity *p, const struct item *a, const struct item *b)
{
	static const char *const event[] = { "type", "t_ms", "timestamp", "symbol", "action" };
	size_t i;

	if (are_rows(a, b))
		return !strcmp(a->id, b->id);
	if (!parse(p, a, b))
		return false;
	for (i = 0; i < sizeof event / sizeof *event; i++)
		if (!differ_same(&p->d, event[i]))
			return false;
	return true;
}

/* Where `i` of one side stands in the other; 0 if it is not in the window. */
static size_t find(struct parity *p, const struct item *i, struct reader *other, bool i_is_a)
{
	struct item *x;
	size_t k;

	for (k = 1; (x = peek(other, k)); k++)
		if (i_is_a ? match(p, i, x) : match(p, x, i))
			return k;
	return 0;
}

static void tell(struct parity *p, const struct parity_difference *d, bool rows)
{
	if (!p->r->differences++)
		p->r->first = d->class;
	p->r->rows[d->class] += rows;
	p->parted = true;
	if (p->r->differences <= p->o->max)
		p->o->tell(p->o->arg, d);
}

static void tell_pair(struct parity *p, const struct parity_difference *d, const struct item *a, const struct item *b)
{
	p->seen[d->class] = true;
	tell(p, d, are_rows(a, b));
}

/* A record that only one side has. */
static void tell_alone(struct parity *p, const struct item *a, const struct item *b)
{
	const struct item *i = a ? a : b;
	struct parity_difference d = { .a = as_record(a), .b = as_record(b),
		.class = i->is_funding ? PARITY_FUNDING : i->id[0] ? PARITY_INVALID_COMPARISON : PARITY_DECISION };

	tell(p, &d, i->id[0]);
}

/* Enough events have been told, the rest is only counted; rows are compared to the last. */
static bool is_enough(const struct parity *p, const struct item *a, const struct item *b)
{
	return p->r->differences >= p->o->max && !are_rows(a, b);
}

/* Two records that do not stand for one event: one is extra, both are, or they changed places. */
static void resolve(struct parity *p, struct item *a, struct item *b)
{
	size_t in_b = find(p, a, &p->b, true), in_a = find(p, b, &p->a, false);
	struct parity_difference d = { .class = PARITY_ORDER, .a = as_record(a), .b = as_record(b) };

	if (in_a && in_b) {
		tell_pair(p, &d, a, b);
		b = p->b.ahead[in_b];
		if (!is_enough(p, a, b) && records_differ(p, a, b, false, &d))
			tell_pair(p, &d, a, b);
		drop(&p->a, 0);
		drop(&p->b, in_b);
	} else if (in_b) {
		tell_alone(p, NULL, b);
		drop(&p->b, 0);
	} else if (in_a) {
		tell_alone(p, a, NULL);
		drop(&p->a, 0);
	} else {
		records_differ(p, a, b, true, &d);
		tell_pair(p, &d, a, b);
		drop(&p->a, 0);
		drop(&p->b, 0);
	}
}

/* Compares the next record of each side; false at the end of both. */
static bool step(struct parity *p)
{
	struct item *a = peek(&p->a, 0), *b = peek(&p->b, 0);
	struct parity_difference d;

	if (!a && !b)
		return false;
	if (!is_enough(p, a, b)) {
		if (a && b && !same_text(a, b) && !aligned(p, a, b)) {
			resolve(p, a, b);
			return true;
		}
		if (!a || !b)
			tell_alone(p, a, b);
		else if (records_differ(p, a, b, !p->parted, &d))
			tell_pair(p, &d, a, b);
	}
	if (a)
		drop(&p->a, 0);
	if (b)
		drop(&p->b, 0);
	return true;
}

/* Contract. Headers say what was run; who ran it, with which words, is no part of that. */

static void add_name(struct parity_result *r, const char *group, const char *key)
{
	size_t len = strlen(r->invalid);

	snprintf(r->invalid + len, sizeof r->invalid - len, "%s%s%s", len ? ", " : "", group, key);
}

/* One identity of two headers; one that a side does not know matches unless strict. */
static void compare_identity(struct parity *p, const char *key)
{
	const struct json *a = json_get(&p->d.a, p->d.a.tok, key), *b = json_get(&p->d.b, p->d.b.tok, key);
	bool unknown = !a || !b || a->type == JSON_NULL || b->type == JSON_NULL;

	p->r->unverified |= unknown;
	if (unknown ? p->o->strict : !differ_same(&p->d, key))
		add_name(p->r, "", key);
}

/* Other paths make other points of the same values; a stream without has none to compare. */
static void compare_paths(struct parity *p)
{
	if (json_get(&p->d.a, p->d.a.tok, "paths") && json_get(&p->d.b, p->d.b.tok, "paths") && !differ_same(&p->d, "paths"))
		add_name(p->r, "", "paths");
}

static void compare_headers(struct parity *p)
{
	char a[LONG_MAX_TEXT], b[LONG_MAX_TEXT], name[64];
	const char *at = a;

	compare_identity(p, "schema");
	compare_identity(p, "config_id");
	compare_identity(p, "contract_id");
	if (json_str(&p->d.a, json_get(&p->d.a, p->d.a.tok, "contract"), a, sizeof a) &&
	    json_str(&p->d.b, json_get(&p->d.b, p->d.b.tok, "contract"), b, sizeof b))
		while (contract_difference(&at, b, name))
			add_name(p->r, "contract ", name);
	compare_paths(p);
}

/* Rows that say themselves what contract they are of; the first ones speak for all. */
static void compare_first_rows(struct parity *p)
{
	const struct item *a = peek(&p->a, 0), *b = peek(&p->b, 0);
	const struct json *x, *y;

	if (!a || !b || !a->id[0] || !b->id[0] || !parse(p, a, b))
		return;
	x = json_get(&p->d.a, p->d.a.tok, "contract_id");
	y = json_get(&p->d.b, p->d.b.tok, "contract_id");
	if (!x || !y || x->type != JSON_STRING || y->type != JSON_STRING)
		return;
	if (differ_same(&p->d, "contract_id")) {
		p->r->unverified = false;
		return;
	}
	add_name(p->r, "", "contract_id");
	p->r->invalid_rows = true;
}

/* True if the two may be compared. */
static bool same_contract(struct parity *p)
{
	const struct buf *a = &p->a.header, *b = &p->b.header;

	if (p->o->ignore_contract)
		return true;
	if (!a->len || !b->len) {
		p->r->unverified = true;
		if (p->o->strict)
			add_name(p->r, "", "header");
	} else if (!differ_parse(&p->d, a->data, a->len, b->data, b->len)) {
		add_name(p->r, "", "header");
	} else {
		compare_headers(p);
	}
	if (!p->r->invalid[0])
		compare_first_rows(p);
	return !p->r->invalid[0];
}

static enum parity_class summary(const struct parity *p)
{
	if (p->r->invalid[0] || p->seen[PARITY_INVALID_COMPARISON])
		return PARITY_INVALID_COMPARISON;
	return p->seen[PARITY_STATE_MACHINE] || p->a.closes != p->b.closes ? PARITY_STATE_MACHINE : PARITY_REDUCTION_ORDER;
}

static void summarise(struct parity *p)
{
	struct parity_result *r = p->r;

	r->records[0] = p->a.records;
	r->records[1] = p->b.records;
	r->closes[0] = p->a.closes;
	r->closes[1] = p->b.closes;
	r->summary = summary(p);
}

void parity_compare(struct parity_result *r, struct record_in *a, struct record_in *b, const struct parity_options *o)
{
	struct parity *p = xcalloc(1, sizeof *p);

	*r = (struct parity_result){ 0 };
	p->a.in = a;
	p->b.in = b;
	p->o = o;
	p->r = r;
	p->d.ignore_contract = o->ignore_contract;
	peek(&p->a, 0);
	peek(&p->b, 0);
	if (same_contract(p)) {
		while (step(p))
			;
		record_finish(a);
		record_finish(b);
	} else {
		r->differences = 1;
		r->first = PARITY_INVALID_COMPARISON;
	}
	summarise(p);
	reader_release(&p->a);
	reader_release(&p->b);
	differ_release(&p->d);
	free(p);
}
