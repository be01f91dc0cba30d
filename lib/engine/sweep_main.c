/* SPDX-License-Identifier: MIT
 * The course of a sweep; changes when what goes in or comes out does (docs/sweep.md "Results"). */
#include "engine/sweep_main.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_LOOKBACK 200
#define THREADS_MAX 1024
#define FLUSH_NS 100000000	/* rows wait no longer than this */

/* ---- rows ---- */

void sweep_main_flush(struct sweep_main *m)
{
	out_flush(&m->out);
	m->flushed_ns = clock_mono_ns();
}

void sweep_main_rows(struct sweep_main *m, const char *text, size_t len, uint64_t n)
{
	out_add(&m->out, text, len);
	progress_at(&m->progress, m->written += n);
	if (clock_mono_ns() - m->flushed_ns > FLUSH_NS)
		sweep_main_flush(m);
}

void sweep_main_fail(struct sweep_main *m, uint64_t line, const char *id, const struct errmsg *why)
{
	sweep_main_flush(m);
	die(EX_DATA, "%s:%" PRIu64 ": %s: %s", m->points.in.in.name, line, id, why->text);
}

/* ---- start ---- */

void sweep_main_options(struct sweep_main *m, int argc, char **argv, const struct opt *opts, const char *purpose)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int n;

	err_init(argv[0]);
	n = opt_parse(argc, argv, opts, "-c FILE (--candles DB | --pack FILE) [options] [CANDIDATES]", purpose);
	if (n > 1)
		die(EX_USAGE, "one file of candidates, or stdin; \"%s\" is too many", argv[1]);
	if (!(m->balance_usd > 0))
		die(EX_USAGE, "--balance must be above 0");
	if (!row_form_parse(m->rows, &m->form))
		die(EX_USAGE, "--rows is full, candidate or id, not \"%s\"", m->rows);
	if (m->threads > THREADS_MAX)
		die(EX_USAGE, "--threads is at most %d", THREADS_MAX);
	m->candidates_path = n ? argv[0] : "-";
	if (!m->threads)
		m->threads = cores > 0 ? (uint32_t)cores : 1;
	stream_signals();
}

static void load_data(struct sweep_main *m)
{
	struct errmsg e;

	m->load.query.want_data_id = true;
	load_market(&m->load, &m->market, &m->base);
	if (!prepare(&m->data, &m->market, &m->base, &e))
		die(EX_DATA, "%s", e.text);
}

/* The first candidate is read before anything else: its header may name the lookback. */
static bool open_points(struct sweep_main *m, struct point *first)
{
	bool some;

	points_open(&m->points, m->candidates_path, NULL, m->strict);
	some = points_read(&m->points, first);
	if (m->lookback == UINT32_MAX)
		m->lookback = m->points.has_lookback ? m->points.lookback : DEFAULT_LOOKBACK;
	return some;
}

static void open_output(struct sweep_main *m)
{
	char id[65];

	config_id(&m->base, id);
	contract_make(&m->contract, &m->market, m->lookback, m->balance_usd, m->base.params.trade_slippage_bps);
	out_fd(&m->out, STDOUT_FILENO, "stdout");
	resume_open(&m->resume, m->resume_path, &m->out, id, m->contract.id, m->rows);
	if (m->no_header || m->resume.has_header)
		return;
	record_header(&m->out, id, m->contract.id, m->contract.text.data);
	sweep_main_flush(m);
}

static void open_sweep(struct sweep_main *m)
{
	sweep_init(&m->sweep, &m->base, &m->data, m->form, m->balance_usd, m->lookback);
	m->sweep.cache = cache_open(&m->data, (uint64_t)m->cache_mib << 20);
}

/* ---- course ---- */

static void start(struct sweep_main *m, const struct sweep_evaluator *ev, void *arg, const struct point *pt)
{
	enum resume_answer had = resume_has(&m->resume, pt);

	if (had == RESUME_OTHER)
		in_die(&m->points.in.in, "%s: %s has a row of this id, but of another candidate", pt->id, m->resume.path);
	if (had == RESUME_NO)
		ev->start(arg, m->points.in.in.line);
}

static void evaluate(struct sweep_main *m, const struct sweep_evaluator *ev, void *arg, const struct point *first)
{
	struct point *pt = ev->next(arg);

	*pt = *first;
	do {
		start(m, ev, arg, pt);
		pt = ev->next(arg);
	} while (points_read(&m->points, pt));
}

static void finish(struct sweep_main *m)
{
	if (!m->no_header && (!m->resume.has_end || m->written > 0))
		record_end(&m->out, m->resume.rows + m->written);
	note("%s%" PRIu64 " candidates", stream_stop ? "stopped after " : "", m->written);
	out_close(&m->out);
	cache_close(m->sweep.cache);
	resume_close(&m->resume);
	contract_release(&m->contract);
	prepared_release(&m->data);
	market_release(&m->market);
	config_release(&m->base);
}

int sweep_main_run(struct sweep_main *m, const struct sweep_evaluator *ev)
{
	static struct point first;
	void *arg;
	bool some;

	load_config(&m->load, &m->base, 0);
	some = open_points(m, &first);
	load_data(m);
	open_output(m);
	open_sweep(m);
	arg = ev->open(m);
	m->points.in.in.settle = ev->settle;
	m->points.in.in.settle_arg = arg;
	progress_start(&m->progress, "candidates", m->points.total);
	if (some)
		evaluate(m, ev, arg, &first);
	ev->settle(arg);
	progress_end(&m->progress);
	points_close(&m->points);
	ev->close(arg);
	finish(m);
	return EX_OK;
}
