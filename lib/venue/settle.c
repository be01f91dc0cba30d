/* SPDX-License-Identifier: MIT
 * What every call begins and ends with. The end follows up what the call has moved, marks, triggers and margins, until
 * nothing moves. */
#include "venue/core.h"

void settle_begin(struct venue *v)
{
	v->calls++;
	v->hashed = false;
}

static void check_holders(struct venue *v, const struct market *m)
{
	for (struct venue_account *a = v->first; a; a = a->next) {
		const struct holding *h = account_find(a, m);

		if (h && h->at.size)
			account_check(a);
	}
}

static bool moved(struct venue *v, struct market *m)
{
	dec8 mark = market_mark(m), oracle = market_oracle(m);

	if (mark == m->seen_mark && oracle == m->seen_oracle)
		return false;
	m->seen_mark = mark;
	m->seen_oracle = oracle;
	event_market(v, VENUE_EV_MARK, m->asset.id, false);
	return true;
}

static bool follow_markets(struct venue *v)
{
	bool any = false;

	for (unsigned k = 0; k < v->touched.n; k++) {
		struct market *m = v->touched.at[k];

		if (!moved(v, m) && !m->run_triggers)
			continue;
		any = true;
		m->run_triggers = false;
		check_holders(v, m);
		trigger_run(v, m);
	}
	return any;
}

static bool follow_accounts(struct venue *v)
{
	bool any = v->to_check.n;

	while (v->to_check.n) {
		struct venue_account *a = v->to_check.at[0];

		list_drop_at(&v->to_check, 0);
		a->to_check = false;
		liquidate_check(v, a);
	}
	return any;
}

static bool same(struct best a, struct best b)
{
	return a.px == b.px && a.sz == b.sz;
}

static void announce_book(struct venue *v, struct market *m)
{
	struct best now[2] = { book_top(m, false), book_top(m, true) };
	bool bbo = !same(now[0], m->seen[0]) || !same(now[1], m->seen[1]);

	m->seen[0] = now[0];
	m->seen[1] = now[1];
	m->book_changed = false;
	event_market(v, VENUE_EV_BOOK, m->asset.id, bbo);
}

/* Who is being liquidated looks for a better book. */
static void check_liquidating(struct venue *v, const struct market *m)
{
	for (struct venue_account *a = v->first; a; a = a->next) {
		const struct holding *h = account_find(a, m);

		if (h && h->at.size && (h->liquidating || a->liquidating))
			account_check(a);
	}
}

void settle(struct venue *v)
{
	for (unsigned k = 0; k < v->touched.n; k++)
		check_liquidating(v, v->touched.at[k]);
	while (follow_markets(v) || follow_accounts(v))
		;
	for (unsigned k = 0; k < v->touched.n; k++) {
		struct market *m = v->touched.at[k];

		m->touched = false;
		if (m->book_changed)
			announce_book(v, m);
	}
	v->touched.n = 0;
}
