/* SPDX-License-Identifier: MIT
 * A ring of jobs. Slots go through FREE -> READY -> TAKEN -> DONE -> FREE; `given` <= `taken` <= `started`, counted from the
 * first job, say how far the ring is in each stage. Whoever finishes the job that is next in line gives out all that wait
 * behind it; `giving` keeps a second thread from doing so at the same time. */
#include "engine/crew.h"

#include "base/err.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t work_there, given_out;
	size_t depth, job_bytes;
	char *jobs;
	bool *done;
	uint64_t started, taken, given;
	bool giving, closing;
	void (*work)(void *arg, unsigned worker, void *job);
	void (*emit)(void *arg, void *job);
	void *arg;
	unsigned n;
	struct worker { struct crew *crew; unsigned index; pthread_t thread; } *worker;
};

static void *job_at(const struct crew *c, uint64_t i)
{
	return c->jobs + i % c->depth * c->job_bytes;
}

/* With the lock, which is given up while something is emitted. */
static void give_out(struct crew *c)
{
	if (c->giving)
		return;
	c->giving = true;
	while (c->given < c->started && c->done[c->given % c->depth]) {
		void *job = job_at(c, c->given);

		pthread_mutex_unlock(&c->lock);
		c->emit(c->arg, job);
		pthread_mutex_lock(&c->lock);
		c->done[c->given++ % c->depth] = false;
		if (c->given == c->started) {
			pthread_mutex_unlock(&c->lock);
			c->emit(c->arg, NULL);
			pthread_mutex_lock(&c->lock);
		}
		pthread_cond_broadcast(&c->given_out);
	}
	c->giving = false;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct crew *c = w->crew;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		uint64_t i;

		while (c->taken == c->started && !c->closing)
			pthread_cond_wait(&c->work_there, &c->lock);
		if (c->taken == c->started)
			break;
		i = c->taken++;
		pthread_mutex_unlock(&c->lock);
		c->work(c->arg, w->index, job_at(c, i));
		pthread_mutex_lock(&c->lock);
		c->done[i % c->depth] = true;
		give_out(c);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

struct crew *crew_open(unsigned threads, size_t depth, size_t job_bytes, void (*work_fn)(void *arg, unsigned worker, void *job),
		       void (*emit)(void *arg, void *job), void *arg)
{
	struct crew *c = xcalloc(1, sizeof *c);
	unsigned i;

	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work_there, NULL);
	pthread_cond_init(&c->given_out, NULL);
	c->depth = depth;
	c->job_bytes = job_bytes;
	c->jobs = xcalloc(depth, job_bytes);
	c->done = xcalloc(depth, sizeof *c->done);
	c->work = work_fn;
	c->emit = emit;
	c->arg = arg;
	c->n = threads;
	c->worker = xcalloc(threads, sizeof *c->worker);
	for (i = 0; i < threads; i++) {
		c->worker[i].crew = c;
		c->worker[i].index = i;
		if (pthread_create(&c->worker[i].thread, NULL, work, &c->worker[i]))
			die(EX_RETRY, "thread %u of %u cannot be started", i + 1, threads);
	}
	return c;
}

void *crew_next(struct crew *c)
{
	void *job;

	pthread_mutex_lock(&c->lock);
	while (c->started - c->given == c->depth)
		pthread_cond_wait(&c->given_out, &c->lock);
	job = job_at(c, c->started);
	pthread_mutex_unlock(&c->lock);
	return job;
}

void crew_start(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	c->started++;
	pthread_cond_signal(&c->work_there);
	pthread_mutex_unlock(&c->lock);
}

void crew_settle(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	while (c->given < c->started)
		pthread_cond_wait(&c->given_out, &c->lock);
	pthread_mutex_unlock(&c->lock);
}

void crew_close(struct crew *c, void (*release)(void *job))
{
	size_t i;

	crew_settle(c);
	pthread_mutex_lock(&c->lock);
	c->closing = true;
	pthread_cond_broadcast(&c->work_there);
	pthread_mutex_unlock(&c->lock);
	for (i = 0; i < c->n; i++)
		pthread_join(c->worker[i].thread, NULL);
	for (i = 0; release && i < c->depth; i++)
		release(c->jobs + i * c->job_bytes);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->work_there);
	pthread_cond_destroy(&c->given_out);
	free(c->worker);
	free(c->done);
	free(c->jobs);
	free(c);
}
