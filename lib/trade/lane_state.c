/* SPDX-License-Identifier: MIT
 * The snapshot of a lane: tables of members, written and read by the same walk. */
#include "trade/fold.h"

#include "base/hash.h"
#include "hl/action.h"
#include "json/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define N(a) (sizeof (a) / sizeof *(a))

enum { STATE_VERSION = 2 };

enum kind { K_bool, K_side, K_confidence, K_unsigned, K_u64, K_i64, K_f64, K_text, K_owned, K_cloid, K_mode, K_action, K_outcome, K_level };

/* A member of a struct: cap is a text's. */
struct member { const char *key; enum kind kind; size_t at, cap; };

#define M(kind, type, name) { #name, K_##kind, offsetof(struct type, name), sizeof ((struct type *)0)->name }
#define M_AS(kind, type, name, key) { key, K_##kind, offsetof(struct type, name), sizeof ((struct type *)0)->name }

static const struct member lane_members[] = {
	M(bool, lane, begun), M(mode, lane, mode), M(text, lane, account), M(text, lane, interval), M(bool, lane, testnet),
	M(i64, lane, first_ms), M(i64, lane, from_ms), M(unsigned, lane, lookback), M(text, lane, config_id),
	M_AS(i64, lane, ts_ms, "last_ts_ms"),	/* ts_ms is the journal's own */
	M(i64, lane, step_ms), M(u64, lane, step_seq), M(u64, lane, prev_step_seq), M(f64, lane, balance_usd), M(u64, lane, intents_ever),
	M(i64, lane, orders_ms), M(bool, lane, has_account), M(f64, lane, account_value_usd), M(f64, lane, withdrawable_usd),
	M(f64, lane, margin_used_usd), M(i64, lane, account_ms), M(i64, lane, positions_ms), M(u64, lane, nonce),
	M(i64, lane, fills_to_ms), M(i64, lane, funding_to_ms), M(i64, lane, loss_day), M(f64, lane, day_pnl_usd),
	M(f64, lane, day_fee_usd), M(f64, lane, day_entry_fee_usd), M(u64, lane, n_sent), M(u64, lane, n_cancels), M(u64, lane, n_slip),
	M(u64, lane, n_exits), M(bool, lane, armed), M(text, lane, armed_why), M(unsigned, lane, awaited), M(bool, lane, awaits_orders),
};

#define POSITION(pos, prefix) \
	M_AS(bool, lane_symbol, pos.open, prefix "open"), M_AS(side, lane_symbol, pos.side, prefix "side"), \
	M_AS(f64, lane_symbol, pos.size, prefix "size"), M_AS(f64, lane_symbol, pos.entry_price, prefix "entry_price"), \
	M_AS(f64, lane_symbol, pos.margin_usd, prefix "margin_usd"), M_AS(f64, lane_symbol, pos.leverage, prefix "leverage"), \
	M_AS(f64, lane_symbol, pos.entry_atr, prefix "entry_atr"), \
	M_AS(f64, lane_symbol, pos.entry_adx_threshold, prefix "entry_adx_threshold"), \
	M_AS(f64, lane_symbol, pos.trailing_sl, prefix "trailing_sl"), M_AS(bool, lane_symbol, pos.has_trailing, prefix "has_trailing"), \
	M_AS(bool, lane_symbol, pos.tp1_taken, prefix "tp1_taken"), M_AS(unsigned, lane_symbol, pos.adds_count, prefix "adds_count"), \
	M_AS(confidence, lane_symbol, pos.confidence, prefix "confidence"), M_AS(i64, lane_symbol, pos.open_ms, prefix "open_ms"), \
	M_AS(i64, lane_symbol, pos.last_add_ms, prefix "last_add_ms")

static const struct member symbol_members[] = {
	M(text, lane_symbol, name), M(bool, lane_symbol, marked), POSITION(own.pos, ""),
	M_AS(i64, lane_symbol, own.last_entry_ms, "last_entry_ms"), M_AS(i64, lane_symbol, own.last_exit_ms, "last_exit_ms"),
	M_AS(i64, lane_symbol, own.last_close_ms, "last_close_ms"), M_AS(side, lane_symbol, own.last_close_side, "last_close_side"),
	M_AS(bool, lane_symbol, own.last_close_was_flip, "last_close_was_flip"), M_AS(f64, lane_symbol, own.close, "close"),
	POSITION(prior, "prior_"), M(i64, lane_symbol, theirs), M(f64, lane_symbol, theirs_entry_px), M(f64, lane_symbol, theirs_leverage),
	M(f64, lane_symbol, theirs_margin_usd), M(f64, lane_symbol, theirs_liquidation_px), M(bool, lane_symbol, theirs_isolated),
	M(bool, lane_symbol, theirs_known), M(i64, lane_symbol, theirs_ms), M(bool, lane_symbol, heal), M(i64, lane_symbol, heal_size),
	M(f64, lane_symbol, heal_entry_px),
};

static const struct member intent_members[] = {
	M(text, lane_intent, id), M(text, lane_intent, symbol), M(action, lane_intent, action), M(bool, lane_intent, buy),
	M(bool, lane_intent, reduce_only), M(i64, lane_intent, size), M(i64, lane_intent, limit_px), M(f64, lane_intent, ref_px),
	M(f64, lane_intent, notional_usd), M(f64, lane_intent, cash_usd), M(f64, lane_intent, leverage), M(f64, lane_intent, entry_atr), M(f64, lane_intent, adx_threshold),
	M(text, lane_intent, confidence), M(text, lane_intent, reason_code), M(text, lane_intent, reason), M(i64, lane_intent, t_ms),
	M(i64, lane_intent, created_ms), M(i64, lane_intent, valid_until_ms), M(unsigned, lane_intent, place), M(text, lane_intent, op),
	M(u64, lane_intent, seq), M(bool, lane_intent, judged), M(i64, lane_intent, judged_ms), M(bool, lane_intent, allowed), M(text, lane_intent, cause),
	M(unsigned, lane_intent, attempts), M(bool, lane_intent, in_flight), M(outcome, lane_intent, outcome), M(bool, lane_intent, over),
	M(u64, lane_intent, over_seq), M(text, lane_intent, oid), M(i64, lane_intent, acked), M(i64, lane_intent, filled),
	M(f64, lane_intent, filled_usd), M(f64, lane_intent, fee_usd), M(u64, lane_intent, exit_no), M(text, lane_intent, error),
#define SENT(kind, name) M_AS(kind, lane_intent, send.name, "send_" #name)
	SENT(unsigned, attempt), SENT(u64, nonce), SENT(u64, seq), SENT(i64, sent_ms), SENT(i64, expires_ms), SENT(cloid, cloid),
	SENT(i64, size), SENT(i64, limit_px), SENT(f64, mid_px), SENT(i64, acked), SENT(owned, body),
#undef SENT
};

static const struct member order_members[] = {
	M(text, lane_order, symbol), M(text, lane_order, oid), M(bool, lane_order, has_cloid), M(cloid, lane_order, cloid),
	M(bool, lane_order, buy), M(bool, lane_order, reduce_only), M(i64, lane_order, px), M(i64, lane_order, open),
	M(i64, lane_order, size), M(i64, lane_order, t_ms),
};

static const struct member asked_members[] = {
	M(text, lane_cancel, op), M(text, lane_cancel, symbol), M(text, lane_cancel, oid), M(i64, lane_cancel, asked_ms),
};
static const struct member tid_members[] = { M(text, lane_tid, symbol), M(text, lane_tid, tid), M(i64, lane_tid, t_ms) };
static const struct member kill_members[] = { M(level, lane_kill, level), M(i64, lane_kill, since_ms), M(text, lane_kill, why) };
static const struct member peak_members[] = { M(i64, lane_peak, day), M(f64, lane_peak, usd) };
static const struct member exit_members[] = { M(i64, lane_exit, ms), M(f64, lane_exit, net_usd) };
static const struct member sent_members[] = {
	M(i64, lane_sent, ms), M(bool, lane_sent, entry), M(text, lane_sent, symbol), M(f64, lane_sent, notional_usd),
};
static const struct member time_members[] = { { "ms", K_i64, 0, 0 } };
static const struct member slip_members[] = { { "bps", K_f64, 0, 0 } };

/* ---- one member ---- */

static void put_cloid(struct jsonw *w, const unsigned char *cloid)
{
	char text[CLOID_TEXT];

	cloid_put(text, cloid);
	jsonw_str(w, text);
}

static void put_owned(struct jsonw *w, const char *text)
{
	if (text)
		jsonw_str(w, text);
	else
		jsonw_null(w);
}

static void put(struct jsonw *w, const struct member *m, const void *at)
{
	switch (m->kind) {
	case K_bool: jsonw_bool(w, *(const bool *)at); break;
	case K_side:
	case K_confidence: jsonw_u64(w, *(const uint8_t *)at); break;
	case K_unsigned: jsonw_u64(w, *(const uint32_t *)at); break;
	case K_u64: jsonw_u64(w, *(const uint64_t *)at); break;
	case K_i64: jsonw_i64(w, *(const int64_t *)at); break;
	case K_f64: jsonw_f64(w, *(const double *)at); break;
	case K_text: jsonw_str(w, at); break;
	case K_owned: put_owned(w, *(char *const *)at); break;
	case K_cloid: put_cloid(w, at); break;
	case K_mode: jsonw_str(w, lane_mode_name(*(const enum lane_mode *)at)); break;
	case K_action: jsonw_str(w, intent_action_name(*(const enum intent_action *)at)); break;
	case K_outcome: jsonw_str(w, outcome_name(*(const enum outcome *)at)); break;
	case K_level: jsonw_str(w, kill_level_name(*(const enum kill_level *)at)); break;
	}
}

static bool get_small(const struct json_doc *d, const struct json *v, uint64_t most, uint64_t *out)
{
	return json_u64(d, v, out) && *out <= most;
}

static bool get_owned(const struct json_doc *d, const struct json *v, char **dst)
{
	if (v->type == JSON_NULL)
		return true;
	*dst = xmalloc(LONG_MAX_TEXT);
	return json_str(d, v, *dst, LONG_MAX_TEXT);
}

static bool get(const struct json_doc *d, const struct json *v, const struct member *m, void *at)
{
	char word[TEXT_MAX];
	uint64_t small;

	switch (m->kind) {
	case K_bool: return json_bool(v, at);
	case K_side: return get_small(d, v, SIDE_SHORT, &small) && (*(uint8_t *)at = (uint8_t)small, true);
	case K_confidence: return get_small(d, v, CONFIDENCE_HIGH, &small) && (*(uint8_t *)at = (uint8_t)small, true);
	case K_unsigned: return get_small(d, v, UINT32_MAX, &small) && (*(uint32_t *)at = (uint32_t)small, true);
	case K_u64: return json_u64(d, v, at);
	case K_i64: return json_i64(d, v, at);
	case K_f64: return json_f64(d, v, at);
	case K_text: return json_str(d, v, at, m->cap);
	case K_owned: return get_owned(d, v, at);
	case K_cloid: return json_str(d, v, word, sizeof word) && cloid_parse(word, strlen(word), at);
	case K_mode: return json_str(d, v, word, sizeof word) && lane_mode_parse(word, at);
	case K_action: return json_str(d, v, word, sizeof word) && intent_action_parse(word, at);
	case K_outcome: return json_str(d, v, word, sizeof word) && outcome_parse(word, at);
	case K_level: return json_str(d, v, word, sizeof word) && kill_level_parse(word, at);
	}
	return false;
}

/* ---- a struct ---- */

static void put_members(struct jsonw *w, const struct member *m, size_t n, const void *object)
{
	for (size_t i = 0; i < n; i++) {
		jsonw_key(w, m[i].key);
		put(w, &m[i], (const char *)object + m[i].at);
	}
}

static bool get_members(const struct json_doc *d, const struct json *v, const struct member *m, size_t n, void *object, struct errmsg *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct json *value = json_get(d, v, m[i].key);

		if (!value)
			return errmsg_set(e, "a state without \"%s\"", m[i].key);
		if (!get(d, value, &m[i], (char *)object + m[i].at))
			return errmsg_set(e, "a state whose \"%s\" is wrong", m[i].key);
	}
	return true;
}

/* ---- lists ---- */

/* Elements that are numbered from 0, of which the last LANE_RING are there (ring), or all. */
struct list { const char *key; const struct member *m; size_t n_members, size; bool ring; };

enum { L_SYMBOLS, L_INTENTS, L_ORDERS, L_ASKED, L_TIDS, L_KILLS, L_PEAKS, L_SENT, L_CANCELS, L_SLIP, L_EXITS, N_LISTS };
static const struct list lists[N_LISTS] = {
	[L_SYMBOLS] = { "symbols", symbol_members, N(symbol_members), sizeof (struct lane_symbol), false },
	[L_INTENTS] = { "intents", intent_members, N(intent_members), sizeof (struct lane_intent), false },
	[L_ORDERS] = { "orders", order_members, N(order_members), sizeof (struct lane_order), false },
	[L_ASKED] = { "asked", asked_members, N(asked_members), sizeof (struct lane_cancel), false },
	[L_TIDS] = { "tids", tid_members, N(tid_members), sizeof (struct lane_tid), false },
	[L_KILLS] = { "kills", kill_members, N(kill_members), sizeof (struct lane_kill), false },
	[L_PEAKS] = { "peaks", peak_members, N(peak_members), sizeof (struct lane_peak), false },
	[L_SENT] = { "sent", sent_members, N(sent_members), sizeof (struct lane_sent), true },
	[L_CANCELS] = { "cancels", time_members, N(time_members), sizeof (int64_t), true },
	[L_SLIP] = { "slips", slip_members, N(slip_members), sizeof (double), true },
	[L_EXITS] = { "exits", exit_members, N(exit_members), sizeof (struct lane_exit), true },
};

static uint64_t first_kept(const struct list *list, uint64_t n)
{
	return list->ring && n > LANE_RING ? n - LANE_RING : 0;
}

/* Where number k is, in bytes. */
static size_t element(const struct list *list, uint64_t k)
{
	return (size_t)(list->ring ? k % LANE_RING : k) * list->size;
}

static void put_list(struct jsonw *w, const struct list *list, const void *elements, uint64_t n)
{
	jsonw_key(w, list->key);
	jsonw_array(w);
	for (uint64_t k = first_kept(list, n); k < n; k++) {
		jsonw_object(w);
		put_members(w, list->m, list->n_members, (const char *)elements + element(list, k));
		jsonw_end(w);
	}
	jsonw_end(w);
}

/* The elements of an array that must be those that are kept of n. */
static bool get_list(const struct json_doc *d, const struct list *list, void *elements, uint64_t n, struct errmsg *e)
{
	const struct json *array = json_get(d, d->tok, list->key), *v;
	uint64_t k;

	if (!array || array->type != JSON_ARRAY || array->size != n - first_kept(list, n))
		return errmsg_set(e, "a state whose \"%s\" are wrong", list->key);
	k = first_kept(list, n);
	v = array + 1;
	for (uint32_t i = 0; i < array->size; i++, k++, v += v->skip)
		if (!get_members(d, v, list->m, list->n_members, (char *)elements + element(list, k), e))
			return false;
	return true;
}

/* How many elements an array has: a list that is allocated takes as many. */
static uint32_t list_size(const struct json_doc *d, const struct list *list)
{
	const struct json *array = json_get(d, d->tok, list->key);

	return array && array->type == JSON_ARRAY ? array->size : 0;
}

static void *list_room(const struct json_doc *d, const struct list *list, uint32_t *n, uint32_t *cap)
{
	*n = *cap = list_size(d, list);
	return xcalloc(*n ? *n : 1, list->size);
}

/* ---- the whole ---- */

void lane_write(const struct lane *l, struct buf *line)
{
	struct jsonw w;

	jsonw_init(&w, line, false);
	jsonw_object(&w);
	jsonw_key(&w, "type");
	jsonw_str(&w, "state");
	jsonw_put_u64(&w, "covers", l->seq);
	jsonw_put_u64(&w, "version", STATE_VERSION);
	put_members(&w, lane_members, N(lane_members), l);
	put_list(&w, &lists[L_SYMBOLS], l->sym, l->n_symbols);
	put_list(&w, &lists[L_INTENTS], l->intent, l->n_intents);
	put_list(&w, &lists[L_ORDERS], l->order, l->n_orders);
	put_list(&w, &lists[L_ASKED], l->asked, l->n_asked);
	put_list(&w, &lists[L_TIDS], l->tid, l->n_tids);
	put_list(&w, &lists[L_KILLS], l->kill, N_KILL_CAUSES);
	put_list(&w, &lists[L_PEAKS], l->peak, l->n_peaks);
	put_list(&w, &lists[L_SENT], l->sent, l->n_sent);
	put_list(&w, &lists[L_CANCELS], l->cancel_ms, l->n_cancels);
	put_list(&w, &lists[L_SLIP], l->slip_bps, l->n_slip);
	put_list(&w, &lists[L_EXITS], l->exits, l->n_exits);
	jsonw_end(&w);
	buf_addc(line, '\n');
}

static bool read_lists(struct lane *l, const struct json_doc *d, struct errmsg *e)
{
	l->sym = list_room(d, &lists[L_SYMBOLS], &l->n_symbols, &l->cap_symbols);
	l->intent = list_room(d, &lists[L_INTENTS], &l->n_intents, &l->cap_intents);
	l->order = list_room(d, &lists[L_ORDERS], &l->n_orders, &l->cap_orders);
	l->asked = list_room(d, &lists[L_ASKED], &l->n_asked, &l->cap_asked);
	l->tid = list_room(d, &lists[L_TIDS], &l->n_tids, &l->cap_tids);
	l->n_peaks = list_size(d, &lists[L_PEAKS]);
	return (l->n_peaks <= LANE_RING || errmsg_set(e, "a state with too many \"peaks\"")) &&
	       get_list(d, &lists[L_SYMBOLS], l->sym, l->n_symbols, e) && get_list(d, &lists[L_INTENTS], l->intent, l->n_intents, e) &&
	       get_list(d, &lists[L_ORDERS], l->order, l->n_orders, e) && get_list(d, &lists[L_ASKED], l->asked, l->n_asked, e) &&
	       get_list(d, &lists[L_TIDS], l->tid, l->n_tids, e) &&
	       get_list(d, &lists[L_KILLS], l->kill, N_KILL_CAUSES, e) && get_list(d, &lists[L_PEAKS], l->peak, l->n_peaks, e) &&
	       get_list(d, &lists[L_SENT], l->sent, l->n_sent, e) && get_list(d, &lists[L_CANCELS], l->cancel_ms, l->n_cancels, e) &&
	       get_list(d, &lists[L_SLIP], l->slip_bps, l->n_slip, e) && get_list(d, &lists[L_EXITS], l->exits, l->n_exits, e);
}

static bool read_state(struct lane *l, const struct json_doc *d, struct errmsg *e)
{
	uint64_t version;

	if (!json_is(d, json_get(d, d->tok, "type"), "state"))
		return errmsg_set(e, "not a state");
	if (!json_u64(d, json_get(d, d->tok, "version"), &version) || version != STATE_VERSION)
		return errmsg_set(e, "a state of another version than %d: fold from the first record", STATE_VERSION);
	if (!json_u64(d, json_get(d, d->tok, "covers"), &l->seq))
		return errmsg_set(e, "a state without \"covers\"");
	return get_members(d, d->tok, lane_members, N(lane_members), l, e) && read_lists(l, d, e);
}

bool lane_read(struct lane *l, const char *line, size_t n, struct errmsg *e)
{
	struct json_doc d;
	bool ok;

	lane_init(l);
	if (!json_parse(&d, line, n, e))
		return false;
	ok = read_state(l, &d, e);
	if (ok)
		lane_tids_index(l);
	json_release(&d);
	if (!ok)
		lane_release(l);
	return ok;
}
