/* SPDX-License-Identifier: MIT
 * Stores: any bytes as a database file are refused with a message, or give a market that keeps its promises. */
#include "store/candles.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

static void need(bool ok)
{
	if (!ok)
		abort();
}

static void remove_file(void)
{
	unlink(path);
}

static void write_file(const uint8_t *data, size_t size)
{
	int fd;

	if (!*path) {
		snprintf(path, sizeof path, "%s/ocq-f_db-%d.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
		atexit(remove_file);
	}
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	need(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void walk(const struct market *m)
{
	need(m->n_symbols > 0 && m->n_timeline > 0);
	for (uint32_t i = 0; i < m->n_symbols; i++) {
		const struct bars *b = &m->main.of[i];

		need(b->n > 0 && market_find(m, m->symbol[i]) == (int)i);
		for (size_t k = 0; k < b->n; k++)
			need((k == 0 || b->t_ms[k - 1] < b->t_ms[k]) && isfinite(b->open[k]) && isfinite(b->volume[k]));
		for (size_t k = 1; m->funding && k < m->funding[i].n; k++)
			need(m->funding[i].t_ms[k - 1] < m->funding[i].t_ms[k]);
	}
	for (size_t k = 1; k < m->n_timeline; k++)
		need(m->timeline[k - 1] < m->timeline[k]);
}

static void ask(const struct market_query *q)
{
	struct errmsg e = { "" };
	struct market m;
	int status;

	if (!market_load(&m, q, &e, &status)) {
		need(*e.text && (status == EX_DATA || status == EX_USAGE || status == EX_RETRY));
		return;
	}
	walk(&m);
	market_release(&m);
}

static void found(void *arg, const struct rec_finding *f)
{
	need(strlen(f->problem) > 0 && strlen(f->file) > 0);
	++*(unsigned *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct market_query q = MARKET_QUERY_INIT;
	struct interval_list l;
	struct fault f;
	unsigned n = 0;

	if (size > 1 << 16)
		return 0;
	write_file(data, size);
	q.candles = path;
	q.interval = "1h";
	ask(&q);
	q.exit_candles = path;
	q.exit_interval = "5m";
	q.funding = q.universe = path;
	q.funding_before_window = q.btc_context = q.want_data_id = true;
	if (size % 2) {
		q.symbols = "ETH";
		q.no_auto_scope = true;
	}
	ask(&q);
	if (store_intervals(path, &l, &f))
		free(l.at);
	if (!store_check(path, found, &n, &f))
		need(*f.e.text);
	return 0;
}
