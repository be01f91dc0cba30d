/* SPDX-License-Identifier: MIT
 * The session of ocq-decide on a journal: the market's memory, settled orders, one step after another. */
#include "lane/decide.h"

#include "base/clock.h"
#include "engine/venue.h"
#include "lane/follow.h"
#include "lane/step.h"
#include "trade/adopt.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct session {
	const struct decide_options *o;
	struct follow f;
	struct record_in *in;
	struct out *out;
	struct venue_table venue;
	struct config config;
	char config_id[65];
	struct timespec config_time;	/* mtime of the file as it was last looked at */
	int64_t interval_ms, max_delay_ms;
	struct stepper st;
	struct run_result result;	/* the events of one step */
	struct section section;
	struct symbol_state *before;	/* the symbols as the journal has them, beside st.sym */
	uint32_t cap_before;
	int64_t skipped_ms, skipped_to_ms;	/* steps that a live lane left out since the last one; 0: none */
};

/* What was written to the journal goes on to the next program. */
static void commit(struct session *s)
{
	follow_tell(&s->f, JOURNAL_KEPT, s->out);
}

/* ---- configuration ---- */

static void write_config(struct session *s, bool accepted, const char *id, const char *why)
{
	struct rec_config rec = { .accepted = accepted };

	strcpy(rec.config_id, id);
	snprintf(rec.path, sizeof rec.path, "%s", s->o->config_path);
	snprintf(rec.why, sizeof rec.why, "%s", why);
	record_write(follow_begin(&s->f), REC_config, &rec);
	commit(s);
}

/* A file that others can write is not what the operator left there. */
static bool safe(const struct stat *st, struct errmsg *e)
{
	return !(st->st_mode & (S_IWGRP | S_IWOTH)) || errmsg_set(e, "others may write to the file (mode %03o): chmod go-w", st->st_mode & 0777);
}

/* In force from here on. */
static void use_config(struct session *s)
{
	if (strcmp(s->f.lane.config_id, s->config_id) != 0)
		write_config(s, true, s->config_id, "");
}

static void load_config_first(struct session *s)
{
	struct errmsg e;
	struct stat st;

	if (!config_load(&s->config, s->o->config_path, &s->o->layers, config_warn, NULL, &e))
		die(EX_CONFIG, "%s", e.text);
	if (stat(s->o->config_path, &st) < 0)
		die(EX_CONFIG, "%s: %s", s->o->config_path, strerror(errno));
	if (!safe(&st, &e))
		die(EX_CONFIG, "%s: %s", s->o->config_path, e.text);
	s->config_time = st.st_mtim;
	config_id(&s->config, s->config_id);
	config_check_run(&s->config, &(struct config_run){ .lookback = s->o->lookback, .interval = s->o->interval }, config_warn, NULL);
}

/* The new configuration, if it may hold from this step on. */
static bool load_changed(struct session *s, struct config *c, const struct stat *st, struct errmsg *e)
{
	const char *cold;

	if (!safe(st, e) || !config_load(c, s->o->config_path, &s->o->layers, config_warn, NULL, e))
		return false;
	cold = config_cold_change(&s->config, c);
	if (!cold) {
		struct plan plan;
		struct params lowered;

		if (config_plan(c, NULL, &plan, &lowered, e)) {
			s->st.strategy.plan = plan;
			s->st.strategy.params = lowered;
			return true;
		}
	} else {
		errmsg_set(e, "%s changed, which needs a restart", cold);
	}
	config_release(c);
	return false;
}

/* At a step's boundary. What cannot hold is said once, and the old one stays. */
static void look_at_config(struct session *s)
{
	struct config c;
	struct errmsg e;
	struct stat st;

	if (stat(s->o->config_path, &st) < 0 || (st.st_mtim.tv_sec == s->config_time.tv_sec && st.st_mtim.tv_nsec == s->config_time.tv_nsec))
		return;		/* a file that is away for a moment is being replaced */
	s->config_time = st.st_mtim;
	if (!load_changed(s, &c, &st, &e)) {
		warn("%s: %s: the configuration stays as it was", s->o->config_path, e.text);
		write_config(s, false, "", e.text);
		return;
	}
	config_release(&s->config);
	s->config = c;
	config_id(&s->config, s->config_id);
	use_config(s);
}

/* ---- the lane ---- */

static void differs(const char *what, const char *journal, const char *given)
{
	die(EX_CONFIG, "%s is %s in the journal, and was given as %s: one lane keeps one journal", what, journal, given);
}

static void check_lane(const struct session *s)
{
	const struct lane *l = &s->f.lane;
	const struct decide_options *o = s->o;

	if (l->mode != o->mode)
		differs("the mode", lane_mode_name(l->mode), lane_mode_name(o->mode));
	if (strcmp(l->account, o->account) != 0)
		differs("the account", l->account, o->account);
	if (l->testnet != o->testnet)
		differs("the network", l->testnet ? "testnet" : "mainnet", o->testnet ? "testnet" : "mainnet");
	if (strcmp(l->interval, o->interval ? o->interval : s->config.engine_interval) != 0)
		differs("the interval", l->interval, o->interval ? o->interval : s->config.engine_interval);
	if (l->lookback != o->lookback)
		die(EX_CONFIG, "--lookback is %u in the journal: one lane keeps one journal", l->lookback);
	if (o->from_ms != INT64_MIN && l->from_ms != o->from_ms)
		die(EX_CONFIG, "--from is %" PRId64 " in the journal: one lane keeps one journal", l->from_ms);
}

/* The first step of the stream is the one that indicators are warmed from, now and at every start. */
static void begin_lane(struct session *s, int64_t first_ms)
{
	struct rec_lane rec = { .first_ms = first_ms, .from_ms = s->o->from_ms == INT64_MIN ? clock_ms() : s->o->from_ms,
				.lookback = s->o->lookback, .balance_usd = s->o->balance_usd };

	if (s->f.lane.begun && s->f.lane.first_ms != first_ms)
		die(EX_DATA, "the stream begins at %" PRId64 ", the journal's indicators at %" PRId64 ": start the feed with --from %" PRId64,
		    first_ms, s->f.lane.first_ms, s->f.lane.first_ms);
	if (s->f.lane.begun)
		return;
	strcpy(rec.mode, lane_mode_name(s->o->mode));
	strcpy(rec.account, s->o->account);
	strcpy(rec.network, s->o->testnet ? "testnet" : "mainnet");
	strcpy(rec.interval, s->o->interval ? s->o->interval : s->config.engine_interval);
	record_write(follow_begin(&s->f), REC_lane, &rec);
	commit(s);
}

static bool finer(const char *sub, const char *interval)
{
	return *sub && strcmp(sub, interval) != 0;
}

static void open_session(struct session *s)
{
	const char *interval;
	struct errmsg e;

	load_config_first(s);
	rules_load(&s->venue, s->o->venue_path);
	must(follow_open(&s->f, s->o->dir, &e), &e);
	if (!follow_lock(s->o->dir, "decide", &e))
		die(EX_RETRY, "%s", e.text);
	if (s->f.lane.begun)
		check_lane(s);
	interval = s->o->interval ? s->o->interval : s->config.engine_interval;
	if (strlen(interval) >= sizeof s->f.lane.interval || (s->interval_ms = clock_interval_ms(interval)) == 0)
		die(EX_CONFIG, "\"%s\" is no interval", interval);
	if (finer(s->config.engine_exit_interval, interval) || finer(s->config.engine_entry_interval, interval))
		die(EX_CONFIG, "%s: a lane decides at its %s bars alone: engine.exit_interval and engine.entry_interval must be empty or the same",
		    s->o->config_path, interval);
	s->max_delay_ms = s->o->max_delay_ms >= 0 ? s->o->max_delay_ms : s->interval_ms / 2 < 7200000 ? s->interval_ms / 2 : 7200000;
	if (!stepper_init(&s->st, &s->config, &(struct run_options){ .balance_usd = s->o->balance_usd, .lookback = s->o->lookback,
								     .venue = &s->venue }, &s->result, &e))
		die(EX_CONFIG, "%s", e.text);
}

/* ---- the strategy's account ---- */

static void count_open(struct run_state *r)
{
	uint32_t i;

	r->n_open = 0;
	for (i = 0; i < r->n_symbols; i++)
		r->n_open += r->sym[i].pos.open;
}

/* What the journal has of a symbol; of the market's memory nothing. */
static void recall_symbol(struct symbol_state *sym, const struct lane_symbol *l)
{
	const struct symbol_state *own = &l->own;

	sym->pos = own->pos;
	sym->last_entry_ms = own->last_entry_ms;
	sym->last_exit_ms = own->last_exit_ms;
	sym->last_close_ms = own->last_close_ms;
	sym->last_close_side = own->last_close_side;
	sym->last_close_was_flip = own->last_close_was_flip;
}

/* The account as the journal has it. After a step of this process that is what it left, unless an operator has set it since. */
static void recall(struct session *s)
{
	const struct lane *l = &s->f.lane;
	uint32_t i;

	s->st.run.balance_usd = l->balance_usd;
	for (i = 0; i < l->n_symbols; i++)
		if (l->sym[i].marked)
			recall_symbol(&s->st.sym[section_learn(&s->section, &s->st, l->sym[i].name)], &l->sym[i]);
	count_open(&s->st.run);
}

/* A position that the strategy never opened may be of a symbol that has brought no bar yet. */
static void learn_healed(struct session *s)
{
	const struct lane *l = &s->f.lane;
	uint32_t i;

	for (i = 0; i < l->n_symbols; i++)
		if (l->sym[i].heal)
			section_learn(&s->section, &s->st, l->sym[i].name);
}

static void keep_before(struct session *s)
{
	uint32_t n = s->st.run.n_symbols;

	if (n > s->cap_before) {
		s->cap_before = n * 2;
		s->before = xreallocarray(s->before, s->cap_before, sizeof *s->before);
	}
	memcpy(s->before, s->st.sym, n * sizeof *s->before);
}

/* ---- settled orders ---- */

static bool is_settled(const struct session *s)
{
	const struct lane *l = &s->f.lane;

	return s->o->mode == LANE_SHADOW || (lane_settled(l, l->step_ms) && (l->mode != LANE_LIVE || l->has_account));
}

/* Of what still waits when the time is up, the symbols may not enter. */
static void settle(struct session *s)
{
	int64_t until_ns = clock_mono_ns() + s->o->settle_wait_ms * 1000000;
	struct pollfd p = { .fd = s->f.watch_fd, .events = POLLIN };
	struct errmsg e;

	for (;;) {
		int64_t left_ns = until_ns - clock_mono_ns();

		must(follow_catch_up(&s->f, &e), &e);
		if (is_settled(s) || left_ns <= 0 || stream_stop)
			return;
		poll(&p, 1, left_ns < 1000000000 ? (int)(left_ns / 1000000) + 1 : 1000);
	}
}

static void write_adopt(struct session *s, const char *symbol, const struct adoption *a, int64_t t_ms, double balance_after)
{
	struct rec_adopt rec = { .t_ms = t_ms, .size_before = dec8_f64(a->before), .size_after = dec8_f64(a->after),
				 .balance_before = s->st.run.balance_usd, .balance_after = balance_after };

	strcpy(rec.symbol, symbol);
	strcpy(rec.cause, a->cause);
	strcpy(rec.intent, a->intent);
	record_write(&s->f.batch, REC_adopt, &rec);
	s->st.run.balance_usd = balance_after;
}

/* A live lane's strategy begins with what the account is worth. */
static void adopt_account(struct session *s, int64_t t_ms)
{
	const struct lane *l = &s->f.lane;

	if (l->mode != LANE_LIVE || l->step_ms != INT64_MIN)
		return;
	if (!l->has_account)
		die(EX_RETRY, "what the account is worth has not come: is ocq-reconcile running?");
	write_adopt(s, "", &(struct adoption){ .cause = "account" }, t_ms, l->account_value_usd);
}

static void adopt(struct session *s, int64_t t_ms)
{
	const struct lane *l = &s->f.lane;
	struct adoption a;
	uint32_t i;

	adopt_account(s, t_ms);
	for (i = 0; i < l->n_symbols; i++) {
		if (!adopt_look(&a, l, &l->sym[i]))
			continue;
		adopt_position(&s->st.sym[section_find(&s->section, l->sym[i].name)], &l->sym[i], &a, t_ms);
		write_adopt(s, l->sym[i].name, &a, t_ms, s->st.run.balance_usd + a.cash_usd);
	}
	count_open(&s->st.run);
}

/* ---- a step ---- */

/* Its bars, in the market's memory alone. */
static void remember(struct session *s, int64_t t_ms)
{
	struct snapshot snap;
	uint32_t i;

	stepper_begin(&s->st, t_ms);
	for (i = 0; i < s->section.n; i++) {
		record_to_snapshot(&snap, &s->section.rec[i]);
		stepper_feed(&s->st, (uint32_t)section_find(&s->section, s->section.rec[i].symbol), &snap);
	}
}

static void evaluated(void *arg, int64_t t_ms, uint32_t symbol, const struct symbol_state *sym, const struct snapshot *snap,
		      const struct bar_outcome *o)
{
	struct session *s = arg;

	(void)sym;
	if (o->signal.side != SIGNAL_NEUTRAL)
		step_write_signal(&s->f.batch, s->section.name[symbol], t_ms, snap, &o->signal);
}

static void run_kernel(struct session *s, int64_t t_ms, bool entries)
{
	struct snapshot snap;
	uint32_t i;

	stepper_begin(&s->st, t_ms);
	for (i = 0; i < s->section.n; i++) {
		const char *name = s->section.rec[i].symbol;

		record_to_snapshot(&snap, &s->section.rec[i]);
		stepper_bar(&s->st, (uint32_t)section_find(&s->section, name), &snap, true, entries && !lane_unresolved(&s->f.lane, name));
	}
	stepper_rank(&s->st, t_ms, NULL);
}

static void write_gap(struct session *s)
{
	struct rec_gap rec = { .from_ms = s->skipped_ms, .to_ms = s->skipped_to_ms };
	uint32_t i;

	if (s->skipped_ms == 0)
		return;
	strcpy(rec.interval, s->f.lane.interval);
	strcpy(rec.why, "behind: a live lane decides at the newest bar alone");
	rec.bars = (uint64_t)((rec.to_ms - rec.from_ms) / s->interval_ms + 1);
	for (i = 0; i < s->section.n; i++) {
		strcpy(rec.symbol, s->section.rec[i].symbol);
		record_write(&s->f.batch, REC_gap, &rec);
	}
	s->skipped_ms = s->skipped_to_ms = 0;
}

static void write_step(struct session *s, struct step_view *v)
{
	struct out *o = &s->f.batch;
	const struct event *bad = stepper_overflow(&s->result);

	if (bad)
		in_die(&s->in->in, "%s: " OVERFLOW_TEXT, s->section.name[bad->symbol]);
	step_write_decisions(o, v);
	step_write_marks(o, v);
	step_write_commit(o, v, (step_write_tunnels(o, v), step_write_intents(o, v)));
}

static void decide_step(struct session *s, int64_t t_ms)
{
	struct step_view v = { .lane = &s->f.lane, .st = &s->st, .section = &s->section, .config_id = s->config_id, .t_ms = t_ms,
			       .valid_until_ms = t_ms + s->interval_ms + s->o->grace_ms + s->max_delay_ms,
			       .orders = s->o->mode != LANE_SHADOW };
	struct errmsg e;

	look_at_config(s);
	settle(s);
	if (stream_stop)
		return;
	recall(s);
	learn_healed(s);
	keep_before(s);
	v.before = s->before;
	v.late = clock_ms() > v.valid_until_ms;
	follow_begin(&s->f);
	write_gap(s);
	adopt(s, t_ms);
	run_kernel(s, t_ms, !v.late);
	write_step(s, &v);
	commit(s);
	s->result.n_events = 0;
	if (follow_snapshot_due(&s->f))
		must(follow_snapshot(&s->f, &e), &e);
}

/* A live lane that is behind decides at the newest bar alone. */
static bool left_out(struct session *s, int64_t t_ms)
{
	if (s->o->mode == LANE_PAPER || s->o->mode == LANE_SHADOW || clock_ms() < t_ms + 2 * s->interval_ms + s->o->grace_ms)
		return false;
	if (s->skipped_ms == 0)
		s->skipped_ms = t_ms;
	s->skipped_to_ms = t_ms;
	return true;
}

static void take_step(struct session *s, int64_t t_ms)
{
	if (s->section.last_ms == INT64_MIN) {
		begin_lane(s, t_ms);
		use_config(s);
	}
	section_close(&s->section, &s->st, t_ms, &s->in->in);
	if (t_ms <= s->f.lane.step_ms || t_ms < s->f.lane.from_ms || left_out(s, t_ms))
		remember(s, t_ms);
	else
		decide_step(s, t_ms);
	s->section.n = 0;
}

static void decide_all(struct session *s)
{
	struct record r;

	while (record_read(s->in, &r)) {
		if (r.type == REC_snapshot)
			section_take(&s->section, &r.u.snapshot, &s->in->in);
		else if (r.type == REC_header)
			section_origin(&s->in->in, &r.u.header, s->config_id);
		else if (r.type == REC_step)
			take_step(s, r.u.step.t_ms);
	}
	record_finish(s->in);
}

void lane_decide(const struct decide_options *o, struct record_in *in, struct out *out)
{
	struct session s = { .o = o, .in = in, .out = out, .section = SECTION_INIT };
	const struct run_observer observer = { .arg = &s, .evaluated = evaluated };

	open_session(&s);
	s.st.observer = &observer;
	decide_all(&s);
	follow_close(&s.f);
	section_release(&s.section);
	stepper_release(&s.st);
	run_result_release(&s.result);
	rules_release(&s.venue);
	config_release(&s.config);
	free(s.before);
}
