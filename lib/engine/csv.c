/* SPDX-License-Identifier: MIT
 * Changes when the trade CSV gets another column or another rule (docs/rules/report.md "The trade CSV"). */
#include "engine/metrics.h"

#include "engine/reason.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct open_trade {
	bool open;
	uint64_t position_id, exits;
	int64_t entry_ms;
	double entry_price, low, high;
};

struct row {
	const struct event *exit;
	const char *symbol;
	char trade_id[48];	/* position:exit */
	uint64_t position_id;
	int64_t entry_ms;
	double entry_price, mae, mfe;
};

struct rows { struct row *row; size_t n; };

static bool is_open(int action)
{
	return action == ACT_OPEN_LONG || action == ACT_OPEN_SHORT;
}

/* Events by symbol, then time, then place in the log. */
struct ref { const struct event *e; uint64_t position_id; };

static int by_symbol_time(const void *a, const void *b)
{
	const struct event *x = ((const struct ref *)a)->e, *y = ((const struct ref *)b)->e;

	if (x->symbol != y->symbol)
		return x->symbol < y->symbol ? -1 : 1;
	if (x->t_ms != y->t_ms)
		return x->t_ms < y->t_ms ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int by_exit(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order;

	if (x->exit->t_ms != y->exit->t_ms)
		return x->exit->t_ms < y->exit->t_ms ? -1 : 1;
	order = strcmp(x->symbol, y->symbol);
	if (!order)
		order = strcmp(x->trade_id, y->trade_id);
	return order ? order : x->exit < y->exit ? -1 : x->exit > y->exit;
}

static void start(struct open_trade *t, uint64_t id, int64_t entry_ms, double price)
{
	*t = (struct open_trade){ .open = true, .position_id = id, .entry_ms = entry_ms,
		.entry_price = price, .low = price, .high = price };
}

/* Takes the bars up to `until` into the extremes; those from before the entry are only passed by. */
static void fold(struct open_trade *t, const struct bars *b, size_t *bar, int64_t until)
{
	for (; *bar < b->n && b->t_ms[*bar] <= until; ++*bar) {
		if (!t->open || b->t_ms[*bar] < t->entry_ms)
			continue;
		if (b->low[*bar] < t->low)
			t->low = b->low[*bar];
		if (b->high[*bar] > t->high)
			t->high = b->high[*bar];
	}
}

static void add_row(struct rows *rows, struct open_trade *t, const struct event *e, const char *symbol)
{
	struct row *w = &rows->row[rows->n++];
	bool is_short = event_side(e) == SIDE_SHORT;
	double against = is_short ? t->entry_price - t->high : t->low - t->entry_price;
	double along = is_short ? t->entry_price - t->low : t->high - t->entry_price;

	*w = (struct row){ .exit = e, .symbol = symbol, .position_id = t->position_id,
		.entry_ms = t->entry_ms, .entry_price = t->entry_price };
	snprintf(w->trade_id, sizeof w->trade_id, "%" PRIu64 ":%" PRIu64, t->position_id, ++t->exits);
	w->mae = t->entry_price > 0 ? against / t->entry_price : 0;
	w->mfe = t->entry_price > 0 ? along / t->entry_price : 0;
	if (e->action == ACT_CLOSE_LONG || e->action == ACT_CLOSE_SHORT)
		t->open = false;
}

/* One symbol's events in order of time, with its bars. */
static void walk(struct rows *rows, struct open_trade t, const struct ref *ref, size_t n, const struct bars *b, const char *symbol)
{
	size_t i, bar = 0;

	for (i = 0; i < n; i++) {
		const struct event *e = ref[i].e;

		if (is_open(e->action))
			start(&t, ref[i].position_id, e->t_ms, e->price);
		fold(&t, b, &bar, e->t_ms);
		if (action_is_close(e->action) && t.open)
			add_row(rows, &t, e, symbol);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct init_position *const *)a)->symbol, (*(struct init_position *const *)b)->symbol);
}

/* Positions that the run started with take the first ids, ascending by symbol. Returns how many there are. */
static uint64_t start_imported(struct open_trade *t, const struct market *m, const struct init_state *init)
{
	struct init_position **sorted;
	uint64_t id = 0;
	size_t i;
	int s;

	if (!init || !init->n_positions)
		return 0;
	sorted = xreallocarray(NULL, init->n_positions, sizeof *sorted);
	for (i = 0; i < init->n_positions; i++)
		sorted[i] = &init->position[i];
	qsort(sorted, init->n_positions, sizeof *sorted, by_name);
	for (i = 0; i < init->n_positions; i++) {
		s = market_find(m, sorted[i]->symbol);
		if (s >= 0 && sorted[i]->pos.size > 0)
			start(&t[s], ++id, sorted[i]->pos.open_ms, sorted[i]->pos.entry_price);
	}
	free(sorted);
	return id;
}

static void put_quoted(struct buf *out, const char *s)
{
	if (!strpbrk(s, ",\"\r\n")) {
		buf_adds(out, s);
		return;
	}
	buf_addc(out, '"');
	for (; *s; s++) {
		if (*s == '"')
			buf_addc(out, '"');
		buf_addc(out, *s);
	}
	buf_addc(out, '"');
}

static void put_row(struct buf *out, const struct row *w)
{
	const struct event *e = w->exit;
	char reason[128];

	reason_text(reason, sizeof reason, e);
	buf_addf(out, "%s,%" PRIu64 ",%" PRId64 ",%" PRId64 ",", w->trade_id, w->position_id, w->entry_ms, e->t_ms);
	put_quoted(out, w->symbol);
	buf_addf(out, ",%s,%.8f,%.8f,%.8f,%.8f,%.8f,%.8f,%.8f,%s,", event_side(e) == SIDE_SHORT ? "SHORT" : "LONG",
		 w->entry_price, e->price, e->size, e->pnl_usd, e->fee_usd, w->mae, w->mfe, reason_code_name(reason_code_of(e->reason)));
	put_quoted(out, reason);
	buf_addc(out, '\n');
}

static void put_rows(struct buf *out, const struct rows *rows)
{
	size_t i;

	buf_adds(out, "trade_id,position_id,entry_ts_ms,exit_ts_ms,symbol,side,entry_price,exit_price,exit_size,"
		"pnl_usd,fee_usd,mae_pct,mfe_pct,reason_code,reason\n");
	for (i = 0; i < rows->n; i++)
		put_row(out, &rows->row[i]);
}

void trades_csv(struct buf *out, const struct run_result *r, const struct market *m, const struct init_state *init)
{
	struct ref *ref = xreallocarray(NULL, r->n_events + 1, sizeof *ref);
	struct rows rows = { xreallocarray(NULL, r->n_events + 1, sizeof *rows.row), 0 };
	struct open_trade *imported = xcalloc(m->n_symbols + 1, sizeof *imported);
	uint64_t id = start_imported(imported, m, init);
	size_t i, end;

	for (i = 0; i < r->n_events; i++)
		ref[i] = (struct ref){ &r->event[i], is_open(r->event[i].action) ? ++id : 0 };
	qsort(ref, r->n_events, sizeof *ref, by_symbol_time);
	for (i = 0; i < r->n_events; i = end) {
		uint32_t s = ref[i].e->symbol;

		for (end = i; end < r->n_events && ref[end].e->symbol == s; end++)
			;
		walk(&rows, imported[s], &ref[i], end - i, &m->main.of[s], m->symbol[s]);
	}
	qsort(rows.row, rows.n, sizeof *rows.row, by_exit);
	put_rows(out, &rows);
	free(imported);
	free(rows.row);
	free(ref);
}
