/* SPDX-License-Identifier: MIT
 * Records into rows: the statements of project.sql, prepared once, with members of the record and of the fold bound by name. */
#include "lane/view.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/num.h"
#include "hl/decimal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char schema[] =
#include "lane/view.sql.inc"
	;
static const char statements[] =
#include "lane/project.sql.inc"
	;

struct one { uint32_t next; sqlite3_stmt *s; };		/* next: the statement of the same record behind it, plus 1 */
struct view_statements {
	struct one *one;
	uint32_t n, first[N_RECORD_TYPES], last[N_RECORD_TYPES];	/* plus 1 */
	sqlite3_stmt *put;					/* into meta */
};

/* ---- functions that statements call ---- */

static void put_time(sqlite3_context *c, int n, sqlite3_value **v)
{
	char text[CLOCK_TEXT_MAX + 1];
	char *end = clock_put(text, sqlite3_value_int64(v[0]));

	(void)n;
	sqlite3_result_text(c, text, (int)(end - text), SQLITE_TRANSIENT);
}

/* "paper:1h:1763828000000": the mode is in it, so that no two lanes share a step. NULL of NULL. */
static void put_step(sqlite3_context *c, int n, sqlite3_value **v)
{
	const struct lane *l = sqlite3_user_data(c);
	struct buf b = BUF_INIT;

	(void)n;
	if (sqlite3_value_type(v[0]) == SQLITE_NULL)
		return;
	buf_addf(&b, "%s:%s:%" PRId64, lane_mode_name(l->mode), l->interval, (int64_t)sqlite3_value_int64(v[0]));
	sqlite3_result_text(c, b.data, (int)b.len, SQLITE_TRANSIENT);
	buf_release(&b);
}

static void put_null0(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	if (sqlite3_value_double(v[0]) != 0)
		sqlite3_result_value(c, v[0]);
}

static bool add_functions(struct view *v, struct fault *f)
{
	static const struct { const char *name; void (*call)(sqlite3_context *, int, sqlite3_value **); } list[] = {
		{ "iso", put_time }, { "step", put_step }, { "null0", put_null0 },
	};

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (sqlite3_create_function(v->db.h, list[i].name, 1, SQLITE_UTF8, &v->lane, list[i].call, NULL, NULL) != SQLITE_OK)
			return db_fault(&v->db, f);
	return true;
}

/* ---- binding ---- */

static void bind_i64(sqlite3_stmt *s, const char *name, int64_t x)
{
	int at = sqlite3_bind_parameter_index(s, name);

	if (at)
		sqlite3_bind_int64(s, at, x);
}

static void bind_f64(sqlite3_stmt *s, const char *name, double x)
{
	int at = sqlite3_bind_parameter_index(s, name);

	if (at)
		sqlite3_bind_double(s, at, x);
}

static void bind_bytes(sqlite3_stmt *s, const char *name, const char *x, size_t n)
{
	int at = sqlite3_bind_parameter_index(s, name);

	if (at)
		sqlite3_bind_text(s, at, x, (int)n, SQLITE_TRANSIENT);
}

static void bind_text(sqlite3_stmt *s, const char *name, const char *x)
{
	bind_bytes(s, name, x, strlen(x));
}

static void bind_some(sqlite3_stmt *s, const char *name, const char *x)
{
	if (*x)
		bind_text(s, name, x);
}

#define bind_ms(s, name, x) bind_i64(s, name, x)
#define bind_u64(s, name, x) bind_i64(s, name, (int64_t)(x))
#define bind_flag(s, name, x) bind_i64(s, name, x)
#define bind_sym(s, name, x) bind_text(s, name, x)
#define bind_long(s, name, x) bind_text(s, name, x)
#define bind_id(s, name, x) bind_some(s, name, x)

static void bind_record(sqlite3_stmt *s, const struct record *r)
{
	switch (r->type) {
#define RECORD(name, meaning) case REC_##name: { const struct rec_##name *x = &r->u.name; (void)x;
#define FIELD(kind, member, key, meaning) bind_##kind(s, ":" key, x->member);
#define RECORD_END break; }
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END
	case REC_OTHER:
	case N_RECORD_TYPES:
		break;
	}
}

/* ---- what the fold says ---- */

/* What a fill did to the position it names; one that turned it did two things. */
struct part { const char *action; bool is_long; double size, pnl; };
struct parts { unsigned n; struct part part[2]; };

static struct parts parts_of(const struct rec_fill *r)
{
	double before = r->start_position, after = before + (strcmp(r->side, "B") == 0 ? r->sz : -r->sz);
	double dust = 1e-9 * fmax(fabs(before), r->sz);
	struct parts p = { .n = 1, .part[0] = { .size = r->sz, .pnl = r->closed_pnl, .is_long = before > 0 } };

	if (fabs(before) <= dust || (before > 0) == (strcmp(r->side, "B") == 0)) {
		p.part[0].action = fabs(before) <= dust ? "OPEN" : "ADD";
		p.part[0].is_long = after > 0;
	} else if (fabs(after) > dust && (after > 0) == (before > 0)) {
		p.part[0].action = "REDUCE";
	} else {
		p.part[0].action = "CLOSE";
		if (fabs(after) > dust) {
			p.part[0].size = fabs(before);
			p.part[p.n++] = (struct part){ "OPEN", after > 0, fabs(after), 0 };
		}
	}
	return p;
}

static const struct lane_intent *intent_of_oid(const struct lane *l, const char *oid)
{
	for (uint32_t i = 0; i < l->n_intents; i++)
		if (*oid && strcmp(l->intent[i].oid, oid) == 0)
			return &l->intent[i];
	return NULL;
}

/* The intent that a record is about; NULL: none, or one that the fold has done with. */
static const struct lane_intent *intent_of(const struct lane *l, const struct record *r)
{
	const struct lane_intent *i;

	switch (r->type) {
	case REC_intent:
		return lane_intent_find(l, r->u.intent.id);
	case REC_verdict:
		return lane_intent_find(l, r->u.verdict.intent);
	case REC_send:
		return lane_intent_find(l, r->u.send.intent);
	case REC_outcome:
		return lane_intent_find(l, r->u.outcome.intent);
	case REC_fill:
		i = *r->u.fill.cloid ? lane_intent_of_cloid(l, r->u.fill.cloid) : NULL;
		return i ? i : intent_of_oid(l, r->u.fill.oid);
	default:
		return NULL;
	}
}

static void bind_intent(sqlite3_stmt *s, const struct lane_intent *i)
{
	char cloid[2 + 32 + 1] = "0x";

	bind_text(s, "@id", i->id);
	bind_text(s, "@status", intent_status_name(lane_intent_status(i)));
	bind_some(s, "@oid", i->oid);
	bind_some(s, "@error", i->error);
	if (i->attempts == 0)
		return;
	hex_put(cloid + 2, i->send.cloid, 16);
	bind_text(s, "@cloid", cloid);
	bind_i64(s, "@sent_ms", i->send.sent_ms);
}

static void bind_own(sqlite3_stmt *s, const struct lane *l, const char *symbol)
{
	const struct lane_symbol *y = lane_symbol_find(l, symbol);

	if (y && y->own.pos.entry_atr > 0)
		bind_f64(s, "@own_atr", y->own.pos.entry_atr);
	if (y && y->own.pos.leverage > 0)
		bind_f64(s, "@own_leverage", y->own.pos.leverage);
}

struct context {
	const struct record *r;
	const struct journal_record *j;
	const struct lane_intent *intent;
	bool listed;			/* one of a list of open orders */
	unsigned n_part;
	const struct part *part;	/* of a fill */
};

static void bind_fold(sqlite3_stmt *s, const struct lane *l, const struct context *c)
{
	bind_u64(s, "@seq", c->j->seq);
	bind_i64(s, "@ts", c->j->ts_ms);
	bind_bytes(s, "@line", c->j->line, c->j->len);
	bind_text(s, "@mode", lane_mode_name(l->mode));
	bind_text(s, "@interval", l->interval);
	bind_i64(s, "@interval_ms", clock_length_ms(l->interval));
	bind_f64(s, "@balance", l->balance_usd);
	bind_i64(s, "@step_ms", l->step_ms);
	bind_i64(s, "@listed", c->listed);
	bind_i64(s, "@awaited", l->awaited);
	if (c->intent)
		bind_intent(s, c->intent);
	if (!c->part)
		return;
	bind_i64(s, "@part", c->n_part);
	bind_text(s, "@part_action", c->part->action);
	bind_text(s, "@part_type", c->part->is_long ? "LONG" : "SHORT");
	bind_f64(s, "@part_size", c->part->size);
	bind_f64(s, "@part_pnl", c->part->pnl);
	bind_own(s, l, c->r->u.fill.symbol);
}

/* ---- the statements ---- */

static bool run(struct view *v, sqlite3_stmt *s, struct fault *f)
{
	bool row, ok = db_step(&v->db, s, &row, f);

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return ok;
}

static bool run_all(struct view *v, const struct context *c, struct fault *f)
{
	const struct view_statements *t = v->statements;

	for (uint32_t at = t->first[c->r->type]; at; at = t->one[at - 1].next) {
		bind_record(t->one[at - 1].s, c->r);
		bind_fold(t->one[at - 1].s, &v->lane, c);
		if (!run(v, t->one[at - 1].s, f))
			return false;
	}
	return true;
}

static void add_one(struct view_statements *t, enum record_type type, sqlite3_stmt *s)
{
	t->one = xreallocarray(t->one, t->n + 1, sizeof *t->one);
	t->one[t->n++] = (struct one){ 0, s };
	if (t->first[type])
		t->one[t->last[type] - 1].next = t->n;
	else
		t->first[type] = t->n;
	t->last[type] = t->n;
}

static bool add_section(struct view *v, const char *name, size_t n, const char *sql, size_t sql_len, struct fault *f)
{
	const char *end = sql + sql_len;
	unsigned type = REC_OTHER + 1;
	sqlite3_stmt *s;

	while (type < N_RECORD_TYPES && (strncmp(record_descs[type].name, name, n) != 0 || record_descs[type].name[n]))
		type++;
	if (type == N_RECORD_TYPES)
		return fault_set(f, EX_BUG, "project.sql: no record \"%.*s\"", (int)n, name);
	while (sql < end) {
		if (sqlite3_prepare_v3(v->db.h, sql, (int)(end - sql), SQLITE_PREPARE_PERSISTENT, &s, &sql) != SQLITE_OK)
			return db_fault(&v->db, f);
		if (s)
			add_one(v->statements, (enum record_type)type, s);
	}
	return true;
}

/* Sections begin with a line "-- on RECORD...". */
static bool prepare(struct view *v, struct fault *f)
{
	static const char mark[] = "\n-- on ";
	const char *at = strstr(statements, mark), *names, *sql, *next;

	v->statements = xcalloc(1, sizeof *v->statements);
	for (; at; at = next) {
		names = at + strlen(mark);
		sql = strchr(names, '\n');
		next = strstr(sql, mark);
		for (size_t n; names < sql; names += n + (names[n] == ' ')) {
			n = strcspn(names, " \n");
			if (!add_section(v, names, n, sql, next ? (size_t)(next - sql) : strlen(sql), f))
				return false;
		}
	}
	return db_prepare(&v->db, &v->statements->put, "INSERT INTO meta VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value", f);
}

/* ---- meta ---- */

static bool put_meta(struct view *v, const char *key, const char *text, size_t n, struct fault *f)
{
	sqlite3_bind_text(v->statements->put, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_text(v->statements->put, 2, text, (int)n, SQLITE_STATIC);
	return run(v, v->statements->put, f);
}

/* What the lane record says: without it two journals that were begun in the same way differ in their last record. */
static void journal_id(const struct lane *l, struct buf *b)
{
	buf_addf(b, "%s/%s/%s/%s/%" PRId64 "/%" PRId64, lane_mode_name(l->mode), l->account, l->testnet ? "testnet" : "mainnet", l->interval,
		 l->first_ms, l->from_ms);
}

static bool put_place(struct view *v, struct fault *f)
{
	struct buf state = BUF_INIT, id = BUF_INIT;
	char seq[NUM_I64_MAX];
	bool ok;

	lane_write(&v->lane, &state);
	journal_id(&v->lane, &id);
	ok = put_meta(v, "applied_seq", seq, (size_t)(num_i64_put(seq, (int64_t)v->applied) - seq), f) &&
	     put_meta(v, "applied_sha256", v->last, strlen(v->last), f) && put_meta(v, "journal", id.data, id.len, f) &&
	     put_meta(v, "schema", seq, (size_t)(num_i64_put(seq, VIEW_SCHEMA) - seq), f) && put_meta(v, "state", state.data, state.len, f);
	buf_release(&state);
	buf_release(&id);
	return ok;
}

/* Text of a member of meta, to be freed; NULL: there is none. */
static bool get_meta(struct db *d, const char *key, char **text, struct fault *f)
{
	sqlite3_stmt *s = NULL;
	bool row = false, ok = db_prepare(d, &s, "SELECT value FROM meta WHERE key = ?1", f) &&
			       sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC) == SQLITE_OK && db_step(d, s, &row, f);

	*text = ok && row && sqlite3_column_text(s, 0) ? xstrdup((const char *)sqlite3_column_text(s, 0)) : NULL;
	sqlite3_finalize(s);
	return ok;
}

static bool get_place(struct view *v, struct fault *f)
{
	char *seq = NULL, *last = NULL, *state = NULL;
	bool ok = get_meta(&v->db, "applied_seq", &seq, f) && get_meta(&v->db, "applied_sha256", &last, f) &&
		  get_meta(&v->db, "state", &state, f);
	struct errmsg e;

	if (ok && seq) {
		ok = last && state && strlen(last) < sizeof v->last && num_u64_get(seq, seq + strlen(seq), &v->applied) &&
		     lane_read(&v->lane, state, strlen(state), &e);
		if (ok)
			strcpy(v->last, last);
		else
			fault_set(f, EX_DATA, "%s: \"meta\" is damaged; delete the file, it is made again", v->db.path);
	}
	free(seq);
	free(last);
	free(state);
	return ok;
}

/* ---- the journal ---- */

static bool journal_fault(int status, const struct errmsg *e, struct fault *f)
{
	return fault_set(f, status, "%s", e->text);
}

static bool wrong(const struct view *v, const char *why, struct fault *f)
{
	struct errmsg place;

	journal_place(v->reader, &place);
	return fault_set(f, EX_DATA, "%s: %s", place.text, why);
}

/* Behind what is in the view: the journal must still say there what it said. */
static bool read_on(struct view *v, const char *dir, struct fault *f)
{
	struct journal_record j;
	char now[65] = "";
	struct errmsg e;
	int rc = journal_read(&v->reader, dir, v->applied, &e);

	if (rc == EX_OK && (rc = journal_next(v->reader, &j, &e)) == EX_OK)
		sha256_hex(j.line, j.len, now);
	if (rc != EX_OK && rc != EX_IDLE)
		return journal_fault(rc, &e, f);
	return strcmp(now, v->last) == 0 ||
	       fault_set(f, EX_DATA, "%s: not a view of %s: that has another record %" PRIu64 "; delete the view, or name another file", v->db.path,
			 dir, v->applied);
}

/* From the beginning; where that was removed, from the last snapshot. */
static bool read_first(struct view *v, const char *dir, uint64_t *missing, struct fault *f)
{
	struct journal_record j;
	struct errmsg e;
	int rc = journal_read(&v->reader, dir, 0, &e);

	if (rc == EX_OK && (rc = journal_next(v->reader, &j, &e)) == EX_OK && j.seq != 1) {
		*missing = j.seq;
		journal_reader_free(v->reader);
		v->reader = NULL;
		rc = journal_resume(&v->reader, dir, &e);
		if (rc == EX_OK && (rc = journal_next(v->reader, &j, &e)) == EX_OK && !lane_read(&v->lane, j.line, j.len, &e))
			return wrong(v, e.text, f);
	} else if (rc == EX_OK || rc == EX_IDLE) {
		journal_reader_free(v->reader);
		v->reader = NULL;
		rc = journal_read(&v->reader, dir, 0, &e);
	}
	return rc == EX_OK || journal_fault(rc, &e, f);
}

/* ---- opening ---- */

static bool user_version(struct db *d, int64_t *version, struct fault *f)
{
	sqlite3_stmt *s = NULL;
	bool row = false, ok = db_prepare(d, &s, "PRAGMA user_version", f) && db_step(d, s, &row, f);

	*version = ok && row ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return ok;
}

/* Before anything is written to it. */
static bool is_ours(const char *path, struct fault *f)
{
	struct db d;
	int64_t version;
	bool found, ok;

	if (access(path, F_OK) != 0)
		return true;
	if (!db_open_look(&d, path, "meta", &found, f))
		return false;
	ok = user_version(&d, &version, f);
	if (ok && version > VIEW_SCHEMA)
		ok = fault_set(f, EX_DATA, "%s: made by a newer ocq (schema %" PRId64 ", this one knows %d): use that one, or delete the file, it "
			       "is made again", path, version, VIEW_SCHEMA);
	else if (ok && found && version != VIEW_SCHEMA)
		ok = fault_set(f, EX_DATA, "%s: not a view of a lane (schema %" PRId64 "); name another file", path, version);
	db_close(&d);
	return ok;
}

/* Tables and version at once, so that a file that has one has both. */
static bool create(struct view *v, const char *path, struct fault *f)
{
	struct buf sql = BUF_INIT;
	bool ok;

	buf_addf(&sql, "BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT", schema, VIEW_SCHEMA);
	ok = db_open_write(&v->db, path, buf_cstr(&sql), f);
	buf_release(&sql);
	return ok;
}

bool view_open(struct view *v, const char *path, const char *dir, uint64_t *missing, struct fault *f)
{
	*v = (struct view){ .reader = NULL };
	*missing = 0;
	lane_init(&v->lane);
	if (is_ours(path, f) && create(v, path, f) && add_functions(v, f) && prepare(v, f) && get_place(v, f) &&
	    (v->applied ? read_on(v, dir, f) : read_first(v, dir, missing, f)))
		return true;
	view_close(v);
	return false;
}

void view_close(struct view *v)
{
	struct view_statements *t = v->statements;

	for (uint32_t i = 0; t && i < t->n; i++)
		sqlite3_finalize(t->one[i].s);
	if (t) {
		sqlite3_finalize(t->put);
		free(t->one);
	}
	free(t);
	v->statements = NULL;
	journal_reader_free(v->reader);
	v->reader = NULL;
	db_close(&v->db);
	lane_release(&v->lane);
}

/* ---- taking ---- */

static bool take(struct view *v, const struct journal_record *j, struct fault *f)
{
	struct context c = { .j = j, .listed = v->lane.awaited && v->lane.awaits_orders };
	struct parts parts = { .n = 1 };
	struct record r;
	struct errmsg e;

	if (!record_parse(&r, j->line, j->len, &e) || !lane_apply(&v->lane, &r, j->seq, j->ts_ms, &e))
		return wrong(v, e.text, f);
	v->applied = j->seq;
	sha256_hex(j->line, j->len, v->last);
	c.r = &r;
	c.intent = intent_of(&v->lane, &r);
	if (r.type == REC_fill)
		parts = parts_of(&r.u.fill);
	for (; c.n_part < parts.n; c.n_part++) {
		c.part = r.type == REC_fill ? &parts.part[c.n_part] : NULL;
		if (!run_all(v, &c, f))
			return false;
	}
	return true;
}

bool view_take(struct view *v, uint64_t records, bool *more, struct fault *f)
{
	struct journal_record j;
	struct errmsg e;
	uint64_t n = 0;
	bool whole = true;
	int rc = EX_OK;

	if (!db_run(&v->db, "BEGIN IMMEDIATE", f))
		return false;
	for (; (n < records || !whole) && (rc = journal_next(v->reader, &j, &e)) == EX_OK; n++) {
		if (!take(v, &j, f))
			return false;
		whole = j.more == 0;
	}
	*more = rc == EX_OK;
	if (rc != EX_OK && rc != EX_IDLE)
		return journal_fault(rc, &e, f);
	return (n == 0 || put_place(v, f)) && db_run(&v->db, "COMMIT", f);
}
