/* SPDX-License-Identifier: MIT
 * ocq-snapshot - the strategy's account of a lane as a document, and a lane that starts from one. */
#include "base/opt.h"
#include "engine/run.h"
#include "json/json.h"
#include "lane/follow.h"
#include "lane/operator.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *dir, *old_dir;

static const struct opt opts[] = {
	{ 'j', "journal", OPT_TEXT, &dir, "DIR", "the lane's journal", 0 },
	{ 0, "replace", OPT_TEXT, &old_dir, "DIR", "seed: begin a new journal for the lane of this one", 0 },
	{ 0 }
};

static void open_lane(struct follow *f, const char *journal)
{
	struct errmsg e;

	operator_need_journal(journal);
	must(follow_open(f, journal, &e), &e);
	if (!f->lane.begun)
		die(EX_DATA, "%s: no lane has begun in this journal", journal);
}

/* -- export -- */

static int64_t time_of(int64_t ms)
{
	return ms == T_NEVER ? 0 : ms;
}

static void put_ms(struct jsonw *w, const char *key, int64_t ms)
{
	jsonw_key(w, key);
	jsonw_i64(w, time_of(ms));
}

static void put_position(struct jsonw *w, const struct lane *l, const char *symbol, const struct position *p)
{
	struct rec_mark m;
	struct symbol_state s = { .pos = *p };

	mark_from_state(&m, &s, symbol, 0);
	jsonw_object(w);
	jsonw_put_text(w, "symbol", symbol);
	jsonw_put_text(w, "side", m.side);
	jsonw_put_f64(w, "size", p->size);
	jsonw_put_f64(w, "entry_price", p->entry_price);
	jsonw_put_f64(w, "entry_atr", p->entry_atr);
	jsonw_key(w, "trailing_sl");
	if (p->has_trailing)
		jsonw_f64(w, p->trailing_sl);
	else
		jsonw_null(w);
	jsonw_put_text(w, "confidence", m.confidence);
	jsonw_put_f64(w, "leverage", p->leverage);
	jsonw_put_f64(w, "margin_used", p->margin_usd);
	jsonw_put_u64(w, "adds_count", p->adds_count);
	jsonw_key(w, "tp1_taken");
	jsonw_bool(w, p->tp1_taken);
	put_ms(w, "open_time_ms", p->open_ms);
	put_ms(w, "last_funding_time_ms", l->funding_to_ms > p->open_ms ? l->funding_to_ms : p->open_ms);
	put_ms(w, "last_add_time_ms", p->last_add_ms);
	jsonw_put_f64(w, "entry_adx_threshold", p->entry_adx_threshold);
	jsonw_end(w);
}

static void put_clocks(struct jsonw *w, const struct lane *l, const char *key, bool exits)
{
	jsonw_key(w, key);
	jsonw_object(w);
	for (uint32_t i = 0; i < l->n_symbols; i++) {
		const struct symbol_state *s = &l->sym[i].own;
		int64_t ms = exits ? s->last_exit_ms : s->last_entry_ms;

		if (l->sym[i].marked && time_of(ms))
			put_ms(w, l->sym[i].name, ms);
	}
	jsonw_end(w);
}

static void put_closes(struct jsonw *w, const struct lane *l)
{
	jsonw_key(w, "last_close_info_by_symbol");
	jsonw_object(w);
	for (uint32_t i = 0; i < l->n_symbols; i++) {
		const struct symbol_state *s = &l->sym[i].own;

		if (!l->sym[i].marked || !time_of(s->last_close_ms))
			continue;
		jsonw_key(w, l->sym[i].name);
		jsonw_object(w);
		put_ms(w, "timestamp_ms", s->last_close_ms);
		jsonw_put_text(w, "side", s->last_close_side == SIDE_SHORT ? "short" : "long");
		jsonw_put_text(w, "reason", s->last_close_was_flip ? "Signal Flip" : "other");
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void put_lane(struct jsonw *w, const struct lane *l)
{
	jsonw_object(w);
	jsonw_put_u64(w, "version", 2);
	jsonw_put_text(w, "source", lane_mode_name(l->mode));
	put_ms(w, "exported_at_ms", l->ts_ms);
	jsonw_put_f64(w, "balance", l->balance_usd);
	jsonw_key(w, "positions");
	jsonw_array(w);
	for (uint32_t i = 0; i < l->n_symbols; i++)
		if (l->sym[i].own.pos.open)
			put_position(w, l, l->sym[i].name, &l->sym[i].own.pos);
	jsonw_end(w);
	jsonw_key(w, "runtime");
	jsonw_object(w);
	put_clocks(w, l, "entry_attempt_ms_by_symbol", false);
	put_clocks(w, l, "exit_attempt_ms_by_symbol", true);
	put_closes(w, l);
	jsonw_end(w);
	jsonw_end(w);
}

static int do_export(char **operand, int n)
{
	struct buf text = BUF_INIT;
	struct follow f = { .seen = NULL };
	struct jsonw w;
	struct out o;

	if (n || !dir)
		die(EX_USAGE, n ? "export: takes no operand: \"%s\"" : "no journal: give -j DIR", n ? operand[0] : "");
	open_lane(&f, dir);
	jsonw_init(&w, &text, true);
	put_lane(&w, &f.lane);
	buf_addc(&text, '\n');
	out_open(&o, "-");
	out_add(&o, text.data, text.len);
	out_close(&o);
	buf_release(&text);
	follow_close(&f);
	return EX_OK;
}

/* -- seed -- */

/* What an order still works on cannot be set from outside. */
static void check_at_rest(const struct lane *l)
{
	for (uint32_t i = 0; i < l->n_symbols; i++)
		if (l->sym[i].own.pos.open)
			die(EX_DENIED, "%s: %s is open: ocq-flat first, or --replace into a new journal", dir, l->sym[i].name);
	for (uint32_t i = 0; i < l->n_intents; i++)
		if (!l->intent[i].over)
			die(EX_DENIED, "%s: intent %s of %s has not ended: wait for it, or --replace into a new journal", dir, l->intent[i].id,
			    l->intent[i].symbol);
}

static void check_document(const struct init_state *s, const char *path)
{
	for (size_t i = 0; i < s->n_positions; i++) {
		const struct position *p = &s->position[i].pos;

		if (!(p->size > 0 && p->entry_price > 0 && p->leverage > 0))
			die(EX_DATA, "%s: \"positions\": %s: size, entry_price and leverage must be above 0", path, s->position[i].symbol);
	}
}

/* The state of a symbol as the document has it: flat and without a past where it has nothing. */
static void state_of(struct symbol_state *s, const struct init_state *doc, const char *symbol)
{
	*s = (struct symbol_state){ .last_entry_ms = T_NEVER, .last_exit_ms = T_NEVER, .last_close_ms = T_NEVER,
				    .pos = { .open_ms = T_NEVER, .last_add_ms = T_NEVER } };
	for (size_t i = 0; i < doc->n_positions; i++)
		if (strcmp(doc->position[i].symbol, symbol) == 0) {
			s->pos = doc->position[i].pos;
			s->close = s->pos.entry_price;
		}
	for (size_t i = 0; i < doc->n_last_entry; i++)
		if (strcmp(doc->last_entry[i].symbol, symbol) == 0)
			s->last_entry_ms = doc->last_entry[i].t_ms;
	for (size_t i = 0; i < doc->n_last_exit; i++)
		if (strcmp(doc->last_exit[i].symbol, symbol) == 0)
			s->last_exit_ms = doc->last_exit[i].t_ms;
	for (size_t i = 0; i < doc->n_last_close; i++)
		if (strcmp(doc->last_close[i].symbol, symbol) == 0) {
			s->last_close_ms = doc->last_close[i].t_ms;
			s->last_close_side = doc->last_close[i].side;
			s->last_close_was_flip = doc->last_close[i].was_flip;
		}
}

/* The lane that is written to has every symbol that the document or the lane knows. */
static void add_symbols(struct lane *l, const struct init_state *doc)
{
	for (size_t i = 0; i < doc->n_positions; i++)
		(void)lane_symbol(l, doc->position[i].symbol);
	for (size_t i = 0; i < doc->n_last_entry; i++)
		(void)lane_symbol(l, doc->last_entry[i].symbol);
	for (size_t i = 0; i < doc->n_last_exit; i++)
		(void)lane_symbol(l, doc->last_exit[i].symbol);
	for (size_t i = 0; i < doc->n_last_close; i++)
		(void)lane_symbol(l, doc->last_close[i].symbol);
}

static void write_seed(struct out *o, const struct lane *l, const struct init_state *doc, const char *path)
{
	struct rec_adopt balance = { .cause = "seed", .balance_before = l->balance_usd, .balance_after = doc->balance_usd };
	struct symbol_state s;
	struct rec_mark mark;
	struct rec_op op;

	operator_op(&op, NULL, "seed", path);
	balance.t_ms = op.t_ms;
	record_write(o, REC_op, &op);
	record_write(o, REC_adopt, &balance);
	for (uint32_t i = 0; i < l->n_symbols; i++) {
		state_of(&s, doc, l->sym[i].name);
		mark_from_state(&mark, &s, l->sym[i].name, op.t_ms);
		record_write(o, REC_mark, &mark);
	}
}

/* The lane record of the journal that is replaced: the first step that may trade is behind its last one. */
static void write_lane(struct out *o, const struct lane *l)
{
	struct rec_lane r = { .first_ms = l->first_ms, .from_ms = l->step_ms == INT64_MIN ? l->from_ms : l->step_ms + 1,
			      .lookback = l->lookback, .balance_usd = l->balance_usd };

	strcpy(r.mode, lane_mode_name(l->mode));
	strcpy(r.account, l->account);
	strcpy(r.network, l->testnet ? "testnet" : "mainnet");
	strcpy(r.interval, l->interval);
	record_write(o, REC_lane, &r);
}

static int do_seed(char **operand, int n)
{
	struct follow old = { .seen = NULL }, f = { .seen = NULL };
	struct init_state doc;
	struct errmsg e;

	if (n != 1 || !dir)
		die(EX_USAGE, dir ? "seed: give one file" : "no journal: give -j DIR");
	if (!init_state_load(&doc, operand[0], &e))
		die(EX_DATA, "%s", e.text);
	check_document(&doc, operand[0]);
	if (old_dir && access(dir, F_OK) == 0)
		die(EX_USAGE, "%s: is there already; --replace begins a new journal", dir);
	open_lane(old_dir ? &old : &f, old_dir ? old_dir : dir);
	if (old_dir)
		must(follow_open(&f, dir, &e), &e);
	else
		check_at_rest(&f.lane);
	(void)follow_begin(&f);
	if (old_dir)
		write_lane(&f.batch, &old.lane);
	add_symbols(&f.lane, &doc);
	write_seed(&f.batch, &f.lane, &doc, operand[0]);
	must(follow_commit(&f, JOURNAL_DURABLE, &e), &e);
	note("%s: %zu positions, balance %g", dir, doc.n_positions, doc.balance_usd);
	init_state_release(&doc);
	if (old_dir)
		follow_close(&old);
	follow_close(&f);
	return EX_OK;
}

static const struct verb verbs[] = {
	{ "export", do_export, "journal" },
	{ "seed", do_seed, "journal replace" },
	{ NULL }
};

int main(int argc, char **argv)
{
	err_init(argv[0]);
	return opt_verb(argc, argv, opts, verbs, "VERB -j DIR [options] [FILE]", "The strategy's account of a lane as a document.");
}
