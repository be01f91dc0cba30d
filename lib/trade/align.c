/* SPDX-License-Identifier: MIT
 * Decisions side by side, fills beside decisions, and why they differ. */
#include "trade/align.h"

#include "base/num.h"
#include "json/json.h"
#include "trade/fold.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAME_PX 1e-9		/* of the price: sums of products round */
#define SAME_RATE 1e-6		/* of the notional, 0.01 bps: the exchange rounds its fees */

struct align_intent {
	struct rec_intent rec;
	struct rec_decision decision;	/* if decided */
	bool decided, over, settled, adopted, has_fills;
	uint64_t attempt;
	dec8 acked, before;		/* filled, by outcomes: of all attempts, and of those before this one */
	double acked_usd, before_usd;
	dec8 filled;			/* by fills */
	double filled_usd, fee_usd;
	dec8 limit_px;			/* of the last send */
	bool wrong_side;
	char oid[ID_MAX];
	char_text outcome;
};
struct align_fill { struct rec_fill rec; bool healed, settled; };

const char *align_cause_name(enum align_cause c)
{
	static const char *const names[] = {
#define ALIGN_CAUSE(name, meaning) #name,
#include "trade/align_causes.def"
#undef ALIGN_CAUSE
	};

	return names[c];
}

void align_init(struct align *a)
{
	*a = (struct align){ .sum = { .from_ms = 0 } };
	lane_init(&a->lane);
}

void align_release(struct align *a)
{
	lane_release(&a->lane);
	free(a->want);
	free(a->batch);
	free(a->intent);
	free(a->stray);
	free(a->gap);
}

void align_expect(struct align *a, const struct rec_decision *d)
{
	a->want = lane_room(a->want, a->n_want, &a->cap_want, sizeof *a->want);
	a->want[a->n_want++] = *d;
}

/* ---- telling ---- */

static void tell(struct align *a, struct rec_misalign *m, enum align_cause c, const char *detail)
{
	a->sum.differences++;
	a->sum.unexplained += c == ALIGN_unexplained;
	strcpy(m->cause, align_cause_name(c));
	snprintf(m->detail, sizeof m->detail, "%s", detail);
	a->tell(a->arg, m);
}

static struct rec_misalign of_decision(const struct rec_decision *d, const char *what)
{
	struct rec_misalign m = { .t_ms = d->t_ms };

	strcpy(m.symbol, d->symbol);
	strcpy(m.action, d->action);
	strcpy(m.what, what);
	return m;
}

/* The newest reason why the accounts are not the same any more. */
static void differ_from_here(struct align *a, enum align_cause c, const char *detail, bool balance_alone)
{
	a->since = (struct align_since){ .set = true, .balance_alone = balance_alone, .cause = c };
	snprintf(a->since.detail, sizeof a->since.detail, "%s", detail);
}

/* ---- decisions ---- */

static bool enters(const struct rec_decision *d)
{
	return strncmp(d->action, "OPEN_", 5) == 0 || strncmp(d->action, "ADD_", 4) == 0;
}

static bool in_gap(const struct align *a, const char *symbol, int64_t t_ms)
{
	uint32_t i;

	for (i = a->n_gaps; i-- > 0;)
		if (t_ms >= a->gap[i].from_ms && t_ms <= a->gap[i].to_ms && strcmp(a->gap[i].symbol, symbol) == 0)
			return true;
	return false;
}

/* Why the lane did not decide what the replay did, where its journal says so; from there on the accounts differ. */
static void note_left_out(struct align *a, const struct rec_decision *d, bool late)
{
	enum align_cause c;

	if (in_gap(a, d->symbol, d->t_ms))
		c = ALIGN_gap;
	else if (enters(d) && late)
		c = ALIGN_late;
	else if (enters(d) && lane_unresolved(&a->lane, d->symbol))
		c = ALIGN_unresolved;
	else
		return;
	differ_from_here(a, c, "", false);
}

static void tell_decision(struct align *a, struct rec_misalign *m)
{
	if (!a->since.set) {
		tell(a, m, ALIGN_unexplained, "");
	} else if (a->since.told) {
		a->sum.follows++;
	} else {
		a->since.told = true;
		tell(a, m, a->since.cause, a->since.detail);
	}
}

static void missing(struct align *a, const struct rec_decision *d, bool late)
{
	struct rec_misalign m = of_decision(d, "replay");

	strcpy(m.other, d->action);
	note_left_out(a, d, late);
	tell_decision(a, &m);
}

static void extra(struct align *a, const struct rec_decision *d)
{
	struct rec_misalign m = of_decision(d, "replay");

	strcpy(m.lane, d->action);
	tell_decision(a, &m);
}

static void text_of(struct out *o, const struct rec_decision *d)
{
	out_memory(o);
	record_write(o, REC_decision, d);
	o->len--;	/* the newline */
}

static void value(char_text dst, const struct json_doc *d, uint32_t v)
{
	snprintf(dst, TEXT_MAX, "%.*s", (int)(d->tok[v].end - d->tok[v].start), d->text + d->tok[v].start);
}

/* The first member in which two texts of one writer differ: every second token is a key. */
static void name_field(struct rec_misalign *m, const struct out *ours, const struct out *theirs)
{
	struct json_doc a = { 0 }, b = { 0 };
	uint32_t i;

	if (json_parse(&a, ours->data, ours->len, NULL) && json_parse(&b, theirs->data, theirs->len, NULL))
		for (i = 1; i + 1 < a.n && i + 1 < b.n && !m->field[0]; i += 2) {
			value(m->lane, &a, i + 1);
			value(m->other, &b, i + 1);
			if (strcmp(m->lane, m->other) != 0)
				value(m->field, &a, i);
		}
	json_release(&a);
	json_release(&b);
}

static void compare(struct align *a, const struct rec_decision *ours, const struct rec_decision *theirs)
{
	struct rec_misalign m = of_decision(ours, "replay");
	struct out x, y;

	text_of(&x, ours);
	text_of(&y, theirs);
	if (x.len == y.len && memcmp(x.data, y.data, x.len) == 0) {
		a->sum.equal++;
		if (a->since.balance_alone)	/* and the balance is the same again */
			a->since.set = false;
	} else {
		name_field(&m, &x, &y);
		tell_decision(a, &m);
	}
	out_abandon(&x);
	out_abandon(&y);
}

static bool same_event(const struct rec_decision *x, const struct rec_decision *y)
{
	return x->t_ms == y->t_ms && strcmp(x->symbol, y->symbol) == 0 && strcmp(x->action, y->action) == 0;
}

/* Whether the replay decides it as well, later in the step. */
static bool wanted(const struct align *a, const struct rec_decision *d, uint32_t to)
{
	uint32_t i;

	for (i = a->at; i < to; i++)
		if (same_event(&a->want[i], d))
			return true;
	return false;
}

/* The step's decisions, in order. What the replay decided before it, and behind the last step, the lane did not decide. */
static void compare_step(struct align *a, int64_t t_ms, bool late)
{
	uint32_t i = 0, to = a->at;

	while (to < a->n_want && a->want[to].t_ms <= t_ms)
		to++;
	a->sum.replayed += to - a->at;
	while (i < a->n_batch || a->at < to) {
		if (i < a->n_batch && a->at < to && same_event(&a->batch[i], &a->want[a->at]))
			compare(a, &a->batch[i++], &a->want[a->at++]);
		else if (i < a->n_batch && !wanted(a, &a->batch[i], to))
			extra(a, &a->batch[i++]);
		else
			missing(a, &a->want[a->at], late && a->want[a->at].t_ms == t_ms), a->at++;
	}
}

/* ---- the ledger ---- */

static struct align_intent *find_intent(const struct align *a, const char *id)
{
	uint32_t i;

	for (i = a->n_intents; i-- > 0;)
		if (strcmp(a->intent[i].rec.id, id) == 0)
			return &a->intent[i];
	return NULL;
}

/* A client order id names its intent by 22 digits behind "0x" and the prefix. */
static struct align_intent *intent_of_fill(const struct align *a, const struct rec_fill *f)
{
	bool has_cloid = strlen(f->cloid) == 34;
	uint32_t i;

	for (i = a->n_intents; i-- > 0;)
		if ((has_cloid && strncmp(a->intent[i].rec.id, f->cloid + 10, 22) == 0) ||
		    (*f->oid && strcmp(a->intent[i].oid, f->oid) == 0))
			return &a->intent[i];
	return NULL;
}

static void take_intent(struct align *a, const struct rec_intent *r)
{
	a->intent = lane_room(a->intent, a->n_intents, &a->cap_intents, sizeof *a->intent);
	a->intent[a->n_intents++] = (struct align_intent){ .rec = *r };
}

static void take_send(struct align *a, const struct rec_send *r)
{
	struct align_intent *i = find_intent(a, r->intent);

	if (i && strcmp(r->kind, "order") == 0 && !dec8_parse(r->limit_px, strlen(r->limit_px), &i->limit_px))
		i->limit_px = 0;
}

static void take_outcome(struct align *a, const struct rec_outcome *r)
{
	struct align_intent *i = find_intent(a, r->intent);
	dec8 filled = 0;

	if (!i || (strcmp(r->kind, "order") != 0 && !r->over))
		return;
	if (r->attempt != i->attempt) {
		i->attempt = r->attempt;
		i->before = i->acked;
		i->before_usd = i->acked_usd;
	}
	if (strcmp(r->kind, "order") == 0 && dec8_parse(r->filled, strlen(r->filled), &filled)) {
		i->acked = i->before + filled;
		i->acked_usd = i->before_usd + dec8_f64(filled) * r->avg_px;
	}
	if (*r->oid)
		strcpy(i->oid, r->oid);
	strcpy(i->outcome, r->outcome);
	i->over |= r->over;
}

/* What was filled before the lane began is not its own. */
static void take_fill(struct align *a, const struct rec_fill *r)
{
	struct align_intent *i = intent_of_fill(a, r);
	dec8 size;

	if (r->t_ms < a->begin_ms || lane_fill_seen(&a->lane, r->symbol, r->tid, r->t_ms))
		return;
	if (!i) {
		a->stray = lane_room(a->stray, a->n_strays, &a->cap_strays, sizeof *a->stray);
		a->stray[a->n_strays++] = (struct align_fill){ .rec = *r };
		return;
	}
	i->has_fills = true;
	i->wrong_side |= strcmp(r->side, strcmp(i->rec.side, "buy") == 0 ? "B" : "A") != 0 || strcmp(r->symbol, i->rec.symbol) != 0;
	if (dec8_of_f64(r->sz, DEC8_HALF_EVEN, &size))
		i->filled += size;
	i->filled_usd += r->sz * r->px;
	i->fee_usd += r->fee;
}

static void take_adopt(struct align *a, const struct rec_adopt *r)
{
	uint32_t i;

	for (i = a->n_settled; i < a->n_intents; i++)
		if (a->intent[i].over && strcmp(a->intent[i].rec.symbol, r->symbol) == 0)
			a->intent[i].adopted = true;
	for (i = 0; i < a->n_strays && strcmp(r->cause, "heal") == 0; i++)
		if (strcmp(a->stray[i].rec.symbol, r->symbol) == 0)
			a->stray[i].healed = true;
	if (r->size_before != r->size_after || r->balance_before != r->balance_after)
		differ_from_here(a, ALIGN_adopted, r->cause, !*r->symbol);
}

/* A step has seen what ended before it. */
static void settle(struct align *a)
{
	uint32_t i;

	for (i = a->n_settled; i < a->n_intents; i++)
		a->intent[i].settled |= a->intent[i].over;
	while (a->n_settled < a->n_intents && a->intent[a->n_settled].settled)
		a->n_settled++;
	for (i = 0; i < a->n_strays; i++)
		a->stray[i].settled = true;
}

static unsigned ordinal(const struct align *a, uint32_t n, enum intent_action action)
{
	enum intent_action other;
	unsigned k = 0;
	char name[TEXT_MAX];
	uint32_t i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof name, "%.*s", (int)strcspn(a->batch[i].action, "_"), a->batch[i].action);
		k += strcmp(a->batch[i].symbol, a->batch[n].symbol) == 0 && intent_action_parse(name, &other) && other == action;
	}
	return k;
}

/* Each decision but funding has the intent that its id follows from. A shadow lane has none. */
static void decide_intent(struct align *a, uint32_t n)
{
	const struct rec_decision *d = &a->batch[n];
	struct align_intent *i;
	enum intent_action action;
	char name[TEXT_MAX], id[INTENT_ID];
	struct rec_misalign m;

	snprintf(name, sizeof name, "%.*s", (int)strcspn(d->action, "_"), d->action);
	if (a->lane.mode == LANE_SHADOW || !intent_action_parse(name, &action))
		return;
	intent_id(id, lane_mode_name(a->lane.mode), a->lane.account, d->symbol, d->t_ms, action, ordinal(a, n, action));
	i = find_intent(a, id);
	if (i) {
		i->decided = true;
		i->decision = *d;
		return;
	}
	m = of_decision(d, "ledger");
	strcpy(m.field, "intent");
	strcpy(m.lane, id);
	tell(a, &m, ALIGN_unexplained, "");
}

static void put_f64(char_text dst, double v)
{
	*num_f64_put(dst, v) = '\0';
}

static void tell_numbers(struct align *a, const struct align_intent *i, const char *field, double ours, double theirs, enum align_cause c,
			 const char *detail)
{
	struct rec_misalign m = of_decision(&i->decision, "ledger");

	strcpy(m.field, field);
	put_f64(m.lane, ours);
	put_f64(m.other, theirs);
	tell(a, &m, c, detail);
}

/* Less was filled than decided: the account has taken that over, or no step has come yet that would. In a rehearsal nothing is filled. */
static void check_size(struct align *a, const struct align_intent *i, dec8 filled)
{
	bool ended_short = strcmp(i->outcome, "filled") != 0, rehearsal = a->lane.mode == LANE_DRY_LIVE && strcmp(i->outcome, "would") == 0;
	dec8 size;

	if (!dec8_parse(i->rec.size, strlen(i->rec.size), &size) || filled == size)
		return;
	if (filled < size && ended_short && (i->adopted || rehearsal))
		tell_numbers(a, i, "size", dec8_f64(size), dec8_f64(filled), ALIGN_adopted, i->outcome);
	else if (!ended_short && strcmp(i->rec.action, "CLOSE") == 0)
		tell_numbers(a, i, "size", dec8_f64(size), dec8_f64(filled), ALIGN_size, "");
	else
		tell_numbers(a, i, "size", dec8_f64(size), dec8_f64(filled), ALIGN_unexplained, i->outcome);
}

static void check_price(struct align *a, const struct align_intent *i, double px, double filled)
{
	bool buy = strcmp(i->rec.side, "buy") == 0;
	double limit = dec8_f64(i->limit_px), beyond = buy ? px - limit : limit - px;

	a->sum.price_usd += (buy ? px - i->decision.price : i->decision.price - px) * filled;
	if (fabs(px - i->decision.price) <= SAME_PX * px)
		return;
	tell_numbers(a, i, "price", i->decision.price, px, limit > 0 && beyond > SAME_PX * px ? ALIGN_unexplained : ALIGN_price, "");
}

/* Rates, since the fee of another size or price is another one. */
static void check_fee(struct align *a, const struct align_intent *i)
{
	double decided = i->decision.fee_usd / i->decision.notional_usd;

	a->sum.fee_usd += i->fee_usd - decided * i->filled_usd;
	if (fabs(i->fee_usd / i->filled_usd - decided) > SAME_RATE)
		tell_numbers(a, i, "fee_usd", decided * i->filled_usd, i->fee_usd, ALIGN_fee, "");
}

static void tell_ledger(struct align *a, const struct align_intent *i, const char *field, const char *ours, const char *theirs)
{
	struct rec_misalign m = { .t_ms = i->rec.t_ms };

	strcpy(m.symbol, i->rec.symbol);
	strcpy(m.action, i->decided ? i->decision.action : "");
	strcpy(m.what, "ledger");
	strcpy(m.field, field);
	strcpy(m.lane, ours);
	strcpy(m.other, theirs);
	tell(a, &m, ALIGN_unexplained, "");
}

static void check_intent(struct align *a, const struct align_intent *i)
{
	dec8 filled = i->has_fills ? i->filled : i->acked;
	double usd = i->has_fills ? i->filled_usd : i->acked_usd;

	a->sum.intents++;
	if (!i->decided) {
		tell_ledger(a, i, "decision", "", i->rec.id);
		return;
	}
	if (!i->settled) {
		a->sum.pending++;
		return;
	}
	if (i->wrong_side)
		tell_ledger(a, i, "side", i->rec.side, "");
	if (i->has_fills && i->filled != i->acked)
		tell_numbers(a, i, "filled", dec8_f64(i->acked), dec8_f64(i->filled), ALIGN_unexplained, "");
	check_size(a, i, filled);
	if (filled > 0 && usd > 0)
		check_price(a, i, usd / dec8_f64(filled), dec8_f64(filled));
	if (i->has_fills && i->filled_usd > 0 && i->decision.notional_usd > 0)
		check_fee(a, i);
}

static void check_stray(struct align *a, const struct align_fill *f)
{
	struct rec_misalign m = { .t_ms = f->rec.t_ms };

	if (!f->settled)
		return;
	strcpy(m.symbol, f->rec.symbol);
	strcpy(m.what, "ledger");
	put_f64(m.other, strcmp(f->rec.side, "B") == 0 ? f->rec.sz : -f->rec.sz);
	tell(a, &m, f->healed ? ALIGN_adopted : ALIGN_unexplained, f->healed ? "heal" : "");
}

/* ---- the journal ---- */

static void take_decision(struct align *a, const struct rec_decision *d)
{
	a->batch = lane_room(a->batch, a->n_batch, &a->cap_batch, sizeof *a->batch);
	a->batch[a->n_batch++] = *d;
}

/* Steps that were left out while something was held: its stops have moved without the lane. */
static void take_gap(struct align *a, const struct rec_gap *g)
{
	char detail[TEXT_MAX];

	a->gap = lane_room(a->gap, a->n_gaps, &a->cap_gaps, sizeof *a->gap);
	a->gap[a->n_gaps++] = *g;
	snprintf(detail, sizeof detail, "%" PRId64 " to %" PRId64, g->from_ms, g->to_ms);
	if (a->held > 0)
		differ_from_here(a, ALIGN_gap, detail, false);
}

static void heed_config(struct align *a, const char *id)
{
	if (!*a->config_id)
		strcpy(a->config_id, id);
	if (strcmp(a->config_id, id) == 0)
		a->config_seen = true;
	else if (!a->since.set || a->since.cause != ALIGN_config)
		differ_from_here(a, ALIGN_config, id, false);
}

static void take_commit(struct align *a, const struct rec_step_commit *r)
{
	uint32_t i;

	heed_config(a, r->config_id);
	for (i = 0; i < a->n_batch; i++)
		decide_intent(a, i);
	compare_step(a, r->t_ms, r->late);
	settle(a);
	if (a->sum.steps++ == 0)
		a->sum.from_ms = r->t_ms;
	a->sum.to_ms = r->t_ms;
	a->sum.decisions += a->n_batch;
	a->n_batch = 0;
	a->held = r->positions;
}

/* Before the fold has it: an order that is unresolved now was so when the step was decided. */
static void take(struct align *a, const struct record *r, int64_t ts_ms)
{
	switch (r->type) {
	case REC_lane: a->begin_ms = ts_ms; break;
	case REC_decision: take_decision(a, &r->u.decision); break;
	case REC_adopt: take_adopt(a, &r->u.adopt); break;
	case REC_gap: take_gap(a, &r->u.gap); break;
	case REC_intent: take_intent(a, &r->u.intent); break;
	case REC_send: take_send(a, &r->u.send); break;
	case REC_outcome: take_outcome(a, &r->u.outcome); break;
	case REC_fill: take_fill(a, &r->u.fill); break;
	case REC_step_commit: take_commit(a, &r->u.step_commit); break;
	default: break;
	}
}

bool align_take(struct align *a, const struct record *r, uint64_t seq, int64_t ts_ms, struct errmsg *e)
{
	take(a, r, ts_ms);
	return lane_apply(&a->lane, r, seq, ts_ms, e);
}

void align_finish(struct align *a)
{
	uint32_t i;

	for (i = 0; i < a->n_intents; i++)
		if (!*a->intent[i].rec.op)
			check_intent(a, &a->intent[i]);
	for (i = 0; i < a->n_strays; i++)
		check_stray(a, &a->stray[i]);
}
