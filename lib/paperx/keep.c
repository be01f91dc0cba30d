/* SPDX-License-Identifier: MIT
 * The journal of inputs: kept before what follows from them leaves, taken again at a restart, and read a second time, late, by a twin
 * that answers as the exchange would have some time ago. */
#include "base/hash.h"
#include "json/json.h"
#include "paperx/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* An exchange that lags behind. */
struct twin { struct exchange *x; struct path *path; struct journal_reader *from; struct journal_record next; bool has_next; };

/* ---- keeping ---- */

void keep_input(void *paperx, const char *line, size_t n)
{
	struct paperx *p = paperx;
	enum journal_sync sync = p->o.durable ? JOURNAL_DURABLE : JOURNAL_KEPT;
	struct errmsg e;
	int status;

	if (!p->keeps || p->failed)
		return;
	status = journal_append(&p->journal, line, n, venue_now(exchange_core(p->x)), sync, &e);
	if (status == EX_OK)
		return;
	warn("%s", e.text);
	p->failed = true;	/* nothing is answered any more */
	loop_stop(p->loop, status);
}

/* ---- taking again ---- */

static void step_to(void *path, uint64_t position)
{
	while (path && path_position(path) < position && path_next(path) != INT64_MAX)
		path_step(path);
}

static bool is_first(const struct journal_record *r)
{
	return r->type_len == 5 && !memcmp(r->type, "start", 5);
}

/* The first record says what the exchange was started with; another start would give another state. */
static bool same_start(const struct paperx *p, const struct journal_record *r, struct errmsg *e)
{
	char want[80], hex[65];

	sha256_hex(p->start.data, p->start.len, hex);
	snprintf(want, sizeof want, "\"id\":\"%s\"", hex);
	return memmem(r->line, r->len, want, strlen(want))
		|| errmsg_set(e, "%s was begun with other options, accounts or markets", p->o.journal);
}

static bool write_start(struct paperx *p, struct errmsg *e, int *status)
{
	char line[128], hex[65];
	int n;

	sha256_hex(p->start.data, p->start.len, hex);
	n = snprintf(line, sizeof line, "{\"type\":\"start\",\"id\":\"%s\"}\n", hex);
	*status = journal_append(&p->journal, line, (size_t)n, venue_now(exchange_core(p->x)), JOURNAL_DURABLE, e);
	return *status == EX_OK;
}

static bool take_again(struct paperx *p, struct journal_reader *from, struct errmsg *e, int *status)
{
	struct journal_record r;
	struct errmsg why;

	while ((*status = journal_next(from, &r, e)) == EX_OK) {
		*status = EX_DATA;
		if (is_first(&r)) {
			if (!same_start(p, &r, e)) {
				*status = EX_CONFIG;
				return false;
			}
		} else if (!exchange_again(p->x, r.line, r.len, step_to, p->o.path, &why)) {
			return errmsg_set(e, "%s: record %llu: %s", p->o.journal, (unsigned long long)r.seq, why.text);
		}
	}
	return *status == EX_IDLE;
}

/* A journal goes on from the time at which it was begun, whenever that was. */
bool keep_peek(struct paperx *p, struct errmsg *e, int *status)
{
	struct journal_reader *from;
	struct journal_record r;
	struct stat st;

	*status = EX_OK;
	if (!p->o.journal || stat(p->o.journal, &st))
		return true;
	*status = journal_read(&from, p->o.journal, 1, e);
	if (*status != EX_OK)
		return false;
	*status = journal_next(from, &r, e);
	if (*status == EX_OK)
		p->o.exchange.rules.t_ms = r.ts_ms;
	journal_reader_free(from);
	return *status == EX_OK || *status == EX_IDLE;
}

/* Two exchanges on one journal would give the same numbers to different orders. */
static bool own_journal(struct paperx *p, struct errmsg *e, int *status)
{
	struct buf path = BUF_INIT;
	bool ok;

	buf_addf(&path, "%s/lock", p->o.journal);
	p->lock_fd = open(buf_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ok = p->lock_fd >= 0 && flock(p->lock_fd, LOCK_EX | LOCK_NB) == 0;
	*status = EX_RETRY;
	if (p->lock_fd < 0 || (!ok && errno != EWOULDBLOCK))
		errmsg_set(e, "%s: cannot be locked: %s", buf_cstr(&path), strerror(errno));
	else if (!ok)
		errmsg_set(e, "%s: another exchange keeps its inputs there", p->o.journal);
	if (!ok && p->lock_fd >= 0)
		close(p->lock_fd);
	buf_release(&path);
	return ok;
}

bool keep_open(struct paperx *p, struct errmsg *e, int *status)
{
	struct journal_reader *from = NULL;
	bool ok;

	if (!p->o.journal)
		return true;
	*status = journal_open(&p->journal, p->o.journal, 0, e);
	if (*status != EX_OK)
		return false;
	if (!own_journal(p, e, status)) {
		journal_close(&p->journal);
		return false;
	}
	p->keeps = true;
	if (p->journal.cut_bytes)
		note("%s: %llu bytes of a torn record were cut", p->o.journal, (unsigned long long)p->journal.cut_bytes);
	if (!p->journal.seq)
		return write_start(p, e, status);
	*status = journal_read(&from, p->o.journal, 1, e);
	ok = *status == EX_OK && take_again(p, from, e, status);
	journal_reader_free(from);
	return ok;
}

/* ---- the twin ---- */

static void drop_twin(struct twin *t)
{
	if (!t)
		return;
	exchange_free(t->x);
	path_free(t->path);
	journal_reader_free(t->from);
	free(t);
}

static struct twin *make_twin(struct paperx *p)
{
	struct twin *t = xcalloc(1, sizeof *t);
	struct exchange_sink none = { 0 };
	struct errmsg e;
	int status;

	t->x = paperx_make(p, &none, &e, &status);
	if (t->x && p->o.path) {
		t->path = path_again(p->o.path);
		path_attach(t->path, t->x);
	}
	if (t->x && journal_read(&t->from, p->o.journal, 1, &e) == EX_OK)
		return t;
	warn("%s", e.text);
	drop_twin(t);
	return NULL;
}

/* Takes what was put in up to t_ms. False: the journal cannot be read. */
static bool catch_up(struct twin *t, int64_t t_ms)
{
	struct errmsg e;
	int status;

	for (;;) {
		if (!t->has_next) {
			status = journal_next(t->from, &t->next, &e);
			if (status == EX_IDLE)
				break;
			if (status != EX_OK)
				return false;
			t->has_next = true;
		}
		if (t->next.ts_ms > t_ms)
			break;
		t->has_next = false;
		if (!is_first(&t->next) && !exchange_again(t->x, t->next.line, t->next.len, step_to, t->path, &e))
			return false;
	}
	exchange_advance(t->x, t_ms);
	return true;
}

bool keep_stale(void *paperx, int64_t t_ms, const char *body, size_t n, struct buf *answer)
{
	struct paperx *p = paperx;
	struct exchange_ask a = { "POST", "/info", "application/json", body, n, "" };
	struct exchange_reply r;

	if (!p->keeps)
		return false;
	if (!p->twin)
		p->twin = make_twin(p);
	if (!p->twin || !catch_up(p->twin, t_ms))
		return false;
	exchange_http(p->twin->x, &a, &r);
	buf_add(answer, r.body.data, r.body.len);
	buf_release(&r.body);
	return r.status == 200;
}

void keep_close(struct paperx *p)
{
	drop_twin(p->twin);
	if (!p->keeps)
		return;
	journal_close(&p->journal);
	close(p->lock_fd);
}
