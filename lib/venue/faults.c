/* SPDX-License-Identifier: MIT
 * Faults: reading them, and finding the one that strikes. */
#include "venue/faults.h"

#include "base/rng.h"
#include "hl/decimal.h"

#include <stdlib.h>
#include <string.h>

#define MS_MAX (INT64_C(1) << 40)

struct faults {
	struct mishap *at;
	size_t n, cap;
	uint64_t seed, next_id;
};

const char *const fault_names[N_FAULT_KINDS] = {
#define FAULT(name, where, meaning) #name,
#include "venue/faults.def"
#undef FAULT
};

const char *const fault_meanings[N_FAULT_KINDS] = {
#define FAULT(name, where, meaning) meaning,
#include "venue/faults.def"
#undef FAULT
};

static const unsigned places[N_FAULT_KINDS] = {
#define FAULT(name, where, meaning) AT_##where,
#include "venue/faults.def"
#undef FAULT
};

struct faults *faults_new(uint64_t seed)
{
	struct faults *f = xcalloc(1, sizeof *f);

	f->seed = seed;
	return f;
}

void faults_clear(struct faults *f)
{
	f->n = 0;
}

void faults_free(struct faults *f)
{
	if (!f)
		return;
	free(f->at);
	free(f);
}

/* ---- reading ---- */

static bool find_name(const char *name, enum fault_kind *what)
{
	unsigned i;

	for (i = 0; i < N_FAULT_KINDS; i++)
		if (!strcmp(fault_names[i], name)) {
			*what = (enum fault_kind)i;
			return true;
		}
	return false;
}

static bool read_count(const struct json_doc *d, const struct json *v, uint64_t *to)
{
	int64_t n;

	if (!json_i64(d, v, &n) || n < 0)
		return false;
	*to = (uint64_t)n;
	return true;
}

static bool read_probability(const struct json_doc *d, const struct json *v, double *p)
{
	return json_f64(d, v, p) && *p >= 0 && *p <= 1;
}

static bool read_account(const struct json_doc *d, const struct json *v, char account[43])
{
	char *p;

	if (!json_str(d, v, account, 43) || strlen(account) != 42)
		return false;
	for (p = account; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return true;
}

static bool read_sizes(const struct json_doc *d, const struct json *v, struct mishap *m)
{
	char text[32];
	uint32_t i;

	if (v->type != JSON_ARRAY || v->size > FAULT_SIZES_MAX)
		return false;
	for (i = 0; i < v->size; i++)
		if (!json_str(d, json_at(v, i), text, sizeof text) || !dec8_parse(text, strlen(text), &m->sizes[i])
		    || m->sizes[i] <= 0)
			return false;
	m->n_sizes = v->size;
	return true;
}

static bool read_member(const struct json_doc *d, const char *key, const struct json *v, struct mishap *m, bool *known)
{
	*known = true;
	if (!strcmp(key, "fault"))
		return true;
	if (!strcmp(key, "ms"))
		return json_i64(d, v, &m->ms) && m->ms < MS_MAX && m->ms > -MS_MAX;
	if (!strcmp(key, "status"))
		return json_i64(d, v, &m->status) && (m->status == 429 || (m->status >= 500 && m->status <= 504));
	if (!strcmp(key, "code"))
		return json_i64(d, v, &m->code) && m->code >= -1 && m->code < 5000;
	if (!strcmp(key, "k"))
		return read_count(d, v, &m->k) && m->k && m->k <= 1000;
	if (!strcmp(key, "after"))
		return json_bool(v, &m->after);
	if (!strcmp(key, "text"))
		return json_str(d, v, m->text, sizeof m->text);
	if (!strcmp(key, "sizes"))
		return read_sizes(d, v, m);
	if (!strcmp(key, "kind"))
		return json_str(d, v, m->kind, sizeof m->kind);
	if (!strcmp(key, "coin"))
		return json_str(d, v, m->coin, sizeof m->coin);
	if (!strcmp(key, "account"))
		return read_account(d, v, m->account);
	if (!strcmp(key, "nth"))
		return read_count(d, v, &m->nth) && m->nth;
	if (!strcmp(key, "times"))
		return read_count(d, v, &m->times);
	if (!strcmp(key, "p"))
		return read_probability(d, v, &m->p);
	if (!strcmp(key, "from"))
		return json_i64(d, v, &m->from_ms);
	if (!strcmp(key, "to"))
		return json_i64(d, v, &m->to_ms);
	*known = false;
	return true;
}

bool fault_read(const struct json_doc *d, const struct json *object, struct mishap *m, struct errmsg *e)
{
	const struct json *key, *v;
	char name[64];
	bool known, times = json_get(d, object, "times") != NULL;
	uint32_t i;

	*m = (struct mishap){ .nth = 1, .times = 1, .p = -1, .k = 1, .status = 502, .from_ms = INT64_MIN, .to_ms = INT64_MAX };
	if (!object || object->type != JSON_OBJECT)
		return errmsg_set(e, "a fault is an object");
	if (!json_str(d, json_get(d, object, "fault"), name, sizeof name))
		return errmsg_set(e, "\"fault\" is missing");
	if (!find_name(name, &m->what))
		return errmsg_set(e, "no fault is called %s", name);
	for (key = object + 1, i = 0; i < object->size; i++, key = v + v->skip) {
		v = key + 1;
		if (!json_str(d, key, name, sizeof name))
			return errmsg_set(e, "a fault has no member with so long a name");
		if (!read_member(d, name, v, m, &known))
			return errmsg_set(e, "\"%s\" of a fault is not what it should be", name);
		if (!known)
			return errmsg_set(e, "a fault has no \"%s\"", name);
	}
	if (m->p >= 0 && !times)
		m->times = 0;
	m->where = places[m->what];
	/* a delay may be meant for a channel; whether it is one is seen when a push of that name comes */
	if (m->what == FAULT_delay)
		m->where |= AT_PUSH;
	return true;
}

static void keep(struct faults *f, const struct mishap *m, int64_t now_ms)
{
	if (f->n == f->cap) {
		f->cap = f->cap ? 2 * f->cap : 16;
		f->at = xreallocarray(f->at, f->cap, sizeof *f->at);
	}
	f->at[f->n] = *m;
	f->at[f->n].armed_ms = now_ms;
	f->at[f->n++].id = ++f->next_id;
}

bool faults_add(struct faults *f, const struct json_doc *d, const struct json *object, int64_t now_ms, struct errmsg *e)
{
	struct mishap m;

	if (!fault_read(d, object, &m, e))
		return false;
	keep(f, &m, now_ms);
	return true;
}

static bool load_text(struct faults *f, const char *text, size_t n, int64_t now_ms, struct errmsg *e)
{
	struct json_doc d = { 0 };
	uint32_t i;
	bool ok = json_parse(&d, text, n, e);

	if (ok && d.tok->type == JSON_ARRAY)
		for (i = 0; i < d.tok->size && ok; i++)
			ok = faults_add(f, &d, json_at(d.tok, i), now_ms, e);
	else if (ok)
		ok = faults_add(f, &d, d.tok, now_ms, e);
	json_release(&d);
	return ok;
}

static bool is_array(const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n && strchr(" \t\r\n", text[i]); i++)
		;
	return i < n && text[i] == '[';
}

static bool load_lines(struct faults *f, const char *text, size_t n, int64_t now_ms, struct errmsg *e)
{
	const char *end = text + n, *stop;
	struct errmsg why;
	unsigned line = 1;

	for (; text < end; text = stop + 1, line++) {
		stop = memchr(text, '\n', (size_t)(end - text));
		if (!stop)
			stop = end;
		if (stop > text && !load_text(f, text, (size_t)(stop - text), now_ms, &why))
			return errmsg_set(e, "line %u: %s", line, why.text);
	}
	return true;
}

bool faults_load(struct faults *f, const char *text, size_t n, int64_t now_ms, struct errmsg *e)
{
	size_t before = f->n;
	bool ok = is_array(text, n) ? load_text(f, text, n, now_ms, e) : load_lines(f, text, n, now_ms, e);

	if (!ok)
		f->n = before;
	return ok;
}

void fault_write(struct jsonw *w, const struct mishap *m)
{
	char text[DEC8_TEXT];
	unsigned i;

	jsonw_object(w);
	jsonw_put_text(w, "fault", fault_names[m->what]);
	jsonw_key(w, "ms");
	jsonw_i64(w, m->ms);
	jsonw_put_u64(w, "k", m->k);
	if (*m->text)
		jsonw_put_text(w, "text", m->text);
	if (m->n_sizes) {
		jsonw_key(w, "sizes");
		jsonw_array(w);
		for (i = 0; i < m->n_sizes; i++)
			jsonw_strn(w, text, (size_t)(dec8_put(text, m->sizes[i]) - text));
		jsonw_end(w);
	}
	jsonw_end(w);
}

/* ---- striking ---- */

static bool same_or_any(const char *want, const char *got)
{
	return !*want || (got && !strcmp(want, got));
}

static bool kind_matches(const struct mishap *m, const struct happening *h)
{
	/* pushes must be named: {"fault":"delay"} means answers */
	if (m->what == FAULT_delay && h->where == AT_PUSH && !*m->kind)
		return false;
	return !*m->kind || (h->kind && !strcmp(m->kind, h->kind)) || (h->class && !strcmp(m->kind, h->class));
}

static bool matches(const struct mishap *m, const struct happening *h)
{
	return (m->where & h->where) && h->now_ms >= m->from_ms && h->now_ms <= m->to_ms && kind_matches(m, h)
		&& same_or_any(m->account, h->account) && same_or_any(m->coin, h->coin);
}

static bool may_strike(const struct faults *f, const struct mishap *m)
{
	return (!m->times || m->struck < m->times) && m->seen >= m->nth && (m->p < 0 || rng_f64(f->seed, m->id, m->seen) < m->p);
}

/* Every fault counts what matches it, whether another one strikes or not. */
const struct mishap *faults_strike(struct faults *f, const struct happening *h)
{
	struct mishap *m, *hit = NULL;
	size_t i;

	for (i = 0; i < f->n; i++) {
		m = &f->at[i];
		if (!matches(m, h))
			continue;
		m->seen++;
		if (hit || !may_strike(f, m))
			continue;
		hit = m;
		hit->struck++;
	}
	return hit;
}

const struct mishap *faults_in_force(const struct faults *f, enum fault_kind what, const char *coin, int64_t now_ms)
{
	const struct mishap *m;
	int64_t from;
	size_t i;

	for (i = 0; i < f->n; i++) {
		m = &f->at[i];
		from = m->from_ms == INT64_MIN ? m->armed_ms : m->from_ms;
		if (m->what == what && same_or_any(m->coin, coin) && now_ms >= from && now_ms <= m->to_ms
		    && (what == FAULT_clock_skew || !m->ms || now_ms < from + m->ms))
			return m;
	}
	return NULL;
}
