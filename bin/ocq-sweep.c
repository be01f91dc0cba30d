/* SPDX-License-Identifier: MIT
 * ocq-sweep - candidates in, results out: a strategy's variants evaluated on CPU threads. */
#include "engine/crew.h"
#include "engine/sweep_main.h"

#include <stdlib.h>

static struct sweep_main m = SWEEP_MAIN_INIT;

static const struct opt opts[] = {
	SWEEP_OPTIONS(m),
	{ 0 }
};

struct job { struct point point; uint64_t line; struct buf row; bool failed; struct errmsg why; };

static struct threads {
	struct sweep_worker *worker;
	struct crew *crew;
	struct job *next;
} threads;

static void evaluate(void *arg, unsigned worker, void *memory)
{
	struct threads *t = arg;
	struct job *job = memory;

	buf_clear(&job->row);
	job->failed = !sweep_evaluate(&t->worker[worker], &m.sweep, &job->point, &job->row, &job->why);
}

static void emit(void *arg, void *memory)
{
	struct job *job = memory;

	(void)arg;
	if (!job)
		sweep_main_flush(&m);
	else if (job->failed)
		sweep_main_fail(&m, job->line, job->point.id, &job->why);
	else
		sweep_main_rows(&m, job->row.data, job->row.len, 1);
}

static void *open_threads(struct sweep_main *of)
{
	unsigned n = of->threads, i;

	threads.worker = xcalloc(n, sizeof *threads.worker);
	for (i = 0; i < n; i++)
		sweep_worker_init(&threads.worker[i], &of->sweep);
	threads.crew = crew_open(n, n * (size_t)8, sizeof(struct job), evaluate, emit, &threads);
	return &threads;
}

static struct point *next(void *arg)
{
	struct threads *t = arg;

	t->next = crew_next(t->crew);
	return &t->next->point;
}

static void start(void *arg, uint64_t line)
{
	struct threads *t = arg;

	t->next->line = line;
	crew_start(t->crew);
}

static void settle(void *arg)
{
	crew_settle(((struct threads *)arg)->crew);
}

static void job_release(void *memory)
{
	buf_release(&((struct job *)memory)->row);
}

static void close_threads(void *arg)
{
	struct threads *t = arg;
	unsigned i;

	crew_close(t->crew, job_release);
	for (i = 0; i < m.threads; i++)
		sweep_worker_release(&t->worker[i]);
	free(t->worker);
}

int main(int argc, char **argv)
{
	static const struct sweep_evaluator evaluator = { open_threads, next, start, settle, close_threads };

	sweep_main_options(&m, argc, argv, opts, "Evaluates candidates on recorded bars: one result row each, in their order.");
	return sweep_main_run(&m, &evaluator);
}
