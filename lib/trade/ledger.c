/* SPDX-License-Identifier: MIT
 * What the exchange's records do to a lane: fills, positions, open orders, the account. */
#include "trade/fold.h"

#include "hl/action.h"

#include <math.h>
#include <string.h>

/* Sums and products of such amounts stay finite, whatever is added up. */
static bool is_amount(double v)
{
	return v < 1e15 && v > -1e15;
}

/* ---- positions ---- */

static void set_flat(struct lane_symbol *s)
{
	s->theirs = 0;
	s->theirs_entry_px = s->theirs_margin_usd = s->theirs_liquidation_px = 0;
}

bool fold_positions(struct lane *l, const struct rec_positions *r, struct errmsg *e)
{
	if (r->n > UINT32_MAX)
		return errmsg_set(e, "\"n\" is too large");
	l->awaited = (uint32_t)r->n;
	l->awaits_orders = false;
	l->positions_ms = r->t_ms;
	for (uint32_t i = 0; i < l->n_symbols; i++) {
		struct lane_symbol *s = &l->sym[i];

		s->theirs_known = true;
		if (s->theirs_ms > r->t_ms)
			continue;	/* a later fill said so */
		s->theirs_ms = r->t_ms;
		set_flat(s);
	}
	return true;
}

/* One of a batch, or one alone. */
bool fold_position(struct lane *l, const struct rec_position *r, struct errmsg *e)
{
	int64_t t_ms = l->awaited ? l->positions_ms : r->t_ms;
	struct lane_symbol *s;
	dec8 size;

	if (!dec8_of_f64(r->szi, DEC8_HALF_EVEN, &size) || !is_amount(r->entry_px))
		return errmsg_set(e, "\"szi\" or \"entry_px\" is out of range");
	if (l->awaited)
		l->awaited--;
	s = lane_symbol(l, r->symbol);
	s->theirs_leverage = r->leverage;
	s->theirs_isolated = r->isolated;
	if (s->theirs_known && s->theirs_ms > t_ms)
		return true;
	s->theirs_known = true;
	s->theirs_ms = t_ms;
	s->theirs = size;
	s->theirs_entry_px = r->entry_px;
	s->theirs_margin_usd = r->margin_used;
	s->theirs_liquidation_px = r->liquidation_px;
	return true;
}

/* ---- open orders ---- */

bool fold_open_orders(struct lane *l, const struct rec_open_orders *r, struct errmsg *e)
{
	if (r->n > UINT32_MAX)
		return errmsg_set(e, "\"n\" is too large");
	l->awaited = (uint32_t)r->n;
	l->awaits_orders = true;
	l->orders_ms = r->t_ms;
	l->n_orders = 0;
	return true;
}

static bool read_order(struct lane_order *o, const struct rec_order *r, struct errmsg *e)
{
	if (strlen(r->oid) >= sizeof o->oid)
		return errmsg_set(e, "\"oid\" has more than %zu bytes", sizeof o->oid - 1);
	if (!dec8_of_f64(r->px, DEC8_HALF_EVEN, &o->px) || !dec8_of_f64(r->sz, DEC8_HALF_EVEN, &o->open) ||
	    !dec8_of_f64(r->orig_sz, DEC8_HALF_EVEN, &o->size))
		return errmsg_set(e, "\"px\", \"sz\" or \"orig_sz\" is out of range");
	strcpy(o->symbol, r->symbol);
	strcpy(o->oid, r->oid);
	o->has_cloid = cloid_parse(r->cloid, strlen(r->cloid), o->cloid);
	o->buy = strcmp(r->side, "B") == 0;
	o->reduce_only = r->reduce_only;
	o->t_ms = r->t_ms;
	return true;
}

static struct lane_order *find_order(const struct lane *l, const char *oid)
{
	for (uint32_t i = 0; i < l->n_orders; i++)
		if (strcmp(l->order[i].oid, oid) == 0)
			return &l->order[i];
	return NULL;
}

static void drop_order(struct lane *l, struct lane_order *o)
{
	size_t behind = (size_t)(l->order + l->n_orders - (o + 1));

	memmove(o, o + 1, behind * sizeof *o);
	l->n_orders--;
}

/* One of a batch, or one alone: then its status says whether it is still open. */
bool fold_order(struct lane *l, const struct rec_order *r, struct errmsg *e)
{
	struct lane_order order = { .open = 0 }, *o = find_order(l, r->oid);
	bool open = l->awaited || strcmp(r->status, "open") == 0;

	if (!read_order(&order, r, e))
		return false;
	if (l->awaited)
		l->awaited--;
	if (o && o->t_ms > order.t_ms)
		return true;
	if (o && !open) {
		drop_order(l, o);
	} else if (o) {
		*o = order;
	} else if (open) {
		l->order = lane_room(l->order, l->n_orders, &l->cap_orders, sizeof *l->order);
		l->order[l->n_orders++] = order;
	}
	return true;
}

/* ---- fills ---- */

struct fill { const struct rec_fill *r; dec8 size, start; bool buy; };

static bool read_fill(struct fill *f, const struct rec_fill *r, struct errmsg *e)
{
	f->r = r;
	f->buy = strcmp(r->side, "B") == 0;
	if (!f->buy && strcmp(r->side, "A") != 0)
		return errmsg_set(e, "\"side\" is \"%s\": neither B nor A", r->side);
	if (!dec8_of_f64(r->sz, DEC8_HALF_EVEN, &f->size) || !dec8_of_f64(r->start_position, DEC8_HALF_EVEN, &f->start))
		return errmsg_set(e, "\"sz\" or \"start_position\" is out of range");
	if (!is_amount(r->px) || !is_amount(r->closed_pnl) || !is_amount(r->fee))
		return errmsg_set(e, "\"px\", \"closed_pnl\" or \"fee\" is out of range");
	if (strlen(r->tid) >= sizeof ((struct lane_tid *)0)->tid)
		return errmsg_set(e, "\"tid\" has more than %zu bytes", sizeof ((struct lane_tid *)0)->tid - 1);
	return true;
}

/* Mean entry price behind a fill that leads from one signed size to another. */
static double entry_behind(double entry_px, dec8 from, dec8 to, double px)
{
	if (to == 0)
		return 0;
	if (from == 0 || (from > 0) != (to > 0))
		return px;
	if (dec8_abs(to) < dec8_abs(from))
		return entry_px;
	return (entry_px * dec8_f64(dec8_abs(from)) + px * dec8_f64(dec8_abs(to - from))) / dec8_f64(dec8_abs(to));
}

/* Of the fills of one millisecond each begins where the one before it ended. */
static void move_position(struct lane *l, const struct fill *f)
{
	struct lane_symbol *s = lane_symbol(l, f->r->symbol);
	dec8 to = f->start + (f->buy ? f->size : -f->size);

	if (s->theirs_known && (f->r->t_ms < s->theirs_ms || (f->r->t_ms == s->theirs_ms && f->start != s->theirs)))
		return;
	s->theirs_entry_px = entry_behind(s->theirs_entry_px, f->start, to, f->r->px);
	s->theirs_known = true;
	s->theirs_ms = f->r->t_ms;
	s->theirs = to;
	if (to == 0)
		set_flat(s);
}

static struct lane_intent *intent_of(const struct lane *l, const struct rec_fill *r)
{
	struct lane_intent *i = *r->cloid ? lane_intent_of_cloid(l, r->cloid) : NULL;

	for (uint32_t k = l->n_intents; !i && *r->oid && k-- > 0;)
		if (strcmp(l->intent[k].oid, r->oid) == 0)
			i = &l->intent[k];
	return i;
}

static void note_slip(struct lane *l, const struct fill *f, double mid_px)
{
	double bps = (f->r->px - mid_px) / mid_px * 1e4;

	bps = fmin(f->buy ? bps : -bps, 1e15);	/* the middle may be all but 0 */
	l->slip_bps[l->n_slip++ % LANE_RING] = bps > 0 ? bps : 0;
}

/* The fills of one order are one exit, as long as its entry is kept. */
static void note_exit(struct lane *l, const struct fill *f, struct lane_intent *i)
{
	double net = f->r->closed_pnl - f->r->fee;

	if (i && i->exit_no && i->exit_no + LANE_RING > l->n_exits) {
		l->exits[(i->exit_no - 1) % LANE_RING].net_usd += net;
		return;
	}
	l->exits[l->n_exits++ % LANE_RING] = (struct lane_exit){ .ms = f->r->t_ms, .net_usd = net };
	if (i)
		i->exit_no = l->n_exits;
}

static int64_t day_of(int64_t t_ms)
{
	return t_ms / DAY_MS - (t_ms % DAY_MS < 0);
}

static void note_day(struct lane *l, const struct fill *f, bool entry)
{
	int64_t day = day_of(f->r->t_ms);

	if (day < l->loss_day)
		return;
	if (day > l->loss_day)
		l->day_pnl_usd = l->day_fee_usd = l->day_entry_fee_usd = 0;
	l->loss_day = day;
	l->day_pnl_usd += f->r->closed_pnl;
	l->day_fee_usd += f->r->fee;
	if (entry)
		l->day_entry_fee_usd += f->r->fee;
}

/* Without an order of ours behind it (by hand, a liquidation) it enters unless it makes a position smaller. */
static bool enters(const struct fill *f, const struct lane_intent *i)
{
	return i ? intent_enters(i->action) : f->start == 0 || (f->start > 0) == f->buy;
}

bool fold_fill(struct lane *l, const struct rec_fill *r, struct errmsg *e)
{
	struct lane_intent *i;
	struct fill f;
	bool entry;

	if (!read_fill(&f, r, e))
		return false;
	if (lane_fill_is_old(l, r->t_ms) || !lane_tid_add(l, r))
		return true;
	move_position(l, &f);
	i = intent_of(l, r);
	if (i) {
		i->filled += f.size;
		i->filled_usd += r->px * r->sz;
		i->fee_usd += r->fee;
	}
	entry = enters(&f, i);
	note_day(l, &f, entry);
	if (!entry)
		note_exit(l, &f, i);
	else if (i && i->attempts && i->send.mid_px > 0)
		note_slip(l, &f, i->send.mid_px);
	return true;
}

/* ---- the account ---- */

/* Days that are no higher than a later one can never be asked for. */
static void note_peak(struct lane *l, int64_t day, double usd)
{
	while (l->n_peaks && l->peak[l->n_peaks - 1].usd <= usd && l->peak[l->n_peaks - 1].day <= day)
		l->n_peaks--;
	if (usd <= 0 || (l->n_peaks && l->peak[l->n_peaks - 1].day >= day))
		return;
	if (l->n_peaks == LANE_RING)
		memmove(l->peak, l->peak + 1, --l->n_peaks * sizeof *l->peak);
	l->peak[l->n_peaks++] = (struct lane_peak){ .day = day, .usd = usd };
}

bool fold_account(struct lane *l, const struct rec_account *r)
{
	note_peak(l, day_of(r->t_ms), r->account_value);
	if (l->has_account && r->t_ms < l->account_ms)
		return true;
	l->has_account = true;
	l->account_ms = r->t_ms;
	l->account_value_usd = r->account_value;
	l->withdrawable_usd = r->withdrawable;
	l->margin_used_usd = r->total_margin_used;
	return true;
}
