/* SPDX-License-Identifier: MIT
 * What runs on the device. A kernel picks the index of its thread and calls the functions of lib/kernel, which are all of the
 * rules. Every value is computed by one thread, in the kernel's order; only counts are summed across threads. */
#ifndef OCQ_CUDA_KERNELS_H
#define OCQ_CUDA_KERNELS_H

#include "kernel/walk.h"

enum { MARK_THREADS = 128, WALK_THREADS = 64 };

/* Blocks that a multiprocessor shall hold: 640 threads of the plain loop have 96 registers each, 384 of the other 168. Newer ones want
 * more for the same text; none of these spills (test/cuda). */
#if defined __CUDA_ARCH__ && __CUDA_ARCH__ >= 1000
#define PLAIN_BLOCKS 8
#define ANY_BLOCKS 4
#else
#define PLAIN_BLOCKS 10
#define ANY_BLOCKS 6
#endif

/* ---- marks: a thread has a set of entry rules and a step or tick; threads side by side have steps side by side ---- */

struct mark_job {
	const struct walk *rules;	/* with all that walk_speaks() reads */
	struct walk_market market;
	const uint32_t *tick_step;	/* the step of each tick */
	uint32_t first, n, blocks;	/* steps or ticks first..first + n, in so many blocks for each of the rules */
	uint64_t *mark;
	uint64_t mark_words;		/* for each of the rules */
	struct walk_spoken *spoken;
	uint32_t *spoken_from;
	unsigned long long *n_spoken, spoken_cap;
	struct gate_stats *gates;
};

struct mark_turn { uint32_t rules, at; };	/* at: the step or tick */

static __device__ bool mark_turn(struct mark_turn *t, const struct mark_job *job)
{
	uint32_t i = blockIdx.x % job->blocks * MARK_THREADS + threadIdx.x;

	t->rules = blockIdx.x / job->blocks;
	t->at = job->first + i;
	return i < job->n;
}

/* The set of symbols for which the rules speak at a step; returns how many. */
static __device__ uint32_t mark_step(const struct walk *w, uint32_t step, uint64_t *mark)
{
	struct walk_spoken unused;
	uint32_t word, i, at, n = 0;

	for (word = 0; word < w->market->words; word++) {
		uint64_t set = 0;

		for (i = word * 64; i < w->market->n_symbols && i < word * 64 + 64; i++)
			if (walk_entry_bar(w, i, step, &at) && walk_speaks(w, i, step, at, &unused, 0)) {
				set |= (uint64_t)1 << i % 64;
				n++;
			}
		mark[word] = set;
	}
	return n;
}

/* Asks again for what was said: far fewer bars than there are. */
static __device__ void speak(const struct walk *w, uint32_t step, const uint64_t *mark, struct walk_spoken *to)
{
	uint32_t word, i, at;
	uint64_t todo;

	for (word = 0; word < w->market->words; word++)
		for (todo = mark[word]; todo; todo &= todo - 1) {
			i = word * 64 + lowest(todo);
			walk_entry_bar(w, i, step, &at);
			walk_speaks(w, i, step, at, to++, 0);
		}
}

__global__ void mark_bars(const __grid_constant__ struct mark_job job)
{
	struct mark_turn t;
	uint64_t *mark;
	uint32_t n;
	unsigned long long from = 0;

	if (!mark_turn(&t, &job))
		return;
	mark = job.mark + t.rules * job.mark_words + (uint64_t)t.at * job.market.words;
	n = mark_step(&job.rules[t.rules], t.at, mark);
	if (n)
		from = atomicAdd(job.n_spoken, (unsigned long long)n);
	job.spoken_from[(uint64_t)t.rules * job.market.n_steps + t.at] = (uint32_t)from;
	if (n && from + n <= job.spoken_cap)
		speak(&job.rules[t.rules], t.at, mark, job.spoken + from);
}

__global__ void mark_ticks(const __grid_constant__ struct mark_job job)
{
	struct mark_turn t;
	uint32_t word, i;

	if (!mark_turn(&t, &job))
		return;
	for (word = 0; word < job.market.words; word++) {
		uint64_t set = 0;

		for (i = word * 64; i < job.market.n_symbols && i < word * 64 + 64; i++)
			set |= (uint64_t)walk_tick_speaks(&job.rules[t.rules], i, job.tick_step[t.at], t.at) << i % 64;
		job.mark[t.rules * job.mark_words + (uint64_t)t.at * job.market.words + word] = set;
	}
}

/* The gates of every bar, which only whole reports have. */
__global__ void count_gates(const __grid_constant__ struct mark_job job)
{
	struct gate_stats mine = { 0 };
	struct walk_spoken unused;
	struct mark_turn t;
	uint32_t i, at;

	if (!mark_turn(&t, &job))
		return;
	for (i = 0; i < job.market.n_symbols; i++)
		if (walk_entry_bar(&job.rules[t.rules], i, t.at, &at))
			walk_speaks(&job.rules[t.rules], i, t.at, at, &unused, &mine);
#define X(name) \
	if (mine.name) \
		atomicAdd((unsigned long long *)&job.gates[t.rules].name, (unsigned long long)mine.name);
	GATE_STATS(X)
#undef X
}

/* ---- walks: a thread has a candidate ---- */

struct walk_job {
	struct walk_market market;
	const struct gpu_task *task;
	const struct walk *rules;	/* columns and marks */
	uint32_t first, n;		/* tasks first..first + n */
	double balance_usd;
	struct symbol_state *sym;
	struct candidate *cand;
	struct gpu_result *result;
	/* With logs: events of task first + i go to event + event_from[i], if event; its equity is row i. */
	struct event *event;
	const uint64_t *event_from;
	double *equity_usd;
};

/* Parameters and sums are the thread's own memory, where neighbours lie side by side: all of them read the same member at the same
 * time. Symbols are not: each thread is at another. */
static __device__ bool arm(struct walk *w, const struct walk_job *job, uint32_t *i)
{
	const struct walk *rules;

	*i = blockIdx.x * WALK_THREADS + threadIdx.x;
	if (*i >= job->n)
		return false;
	rules = &job->rules[job->task[job->first + *i].rules];
	w->market = &job->market;
	w->columns = rules->columns;
	w->marks = rules->marks;
	w->strategy = job->task[job->first + *i].strategy;
	w->cand = job->cand + (uint64_t)(job->first + *i) * job->market.n_symbols;
	w->log = 0;
	return true;
}

static __device__ void report(const struct walk *w, const struct walk_job *job, uint32_t i, uint64_t n_events)
{
	struct gpu_result *r = &job->result[job->first + i];

	r->sums = w->sums;
	r->balance_usd = w->run.balance_usd;
	r->walked = w->run.stats;
	r->n_events = n_events;
}

static __device__ struct symbol_state *symbols_of(const struct walk_job *job, uint32_t i)
{
	return job->sym + (uint64_t)(job->first + i) * job->market.n_symbols;
}

__global__ void __launch_bounds__(WALK_THREADS, PLAIN_BLOCKS) walk_plain(const __grid_constant__ struct walk_job job)
{
	struct walk w;
	uint32_t i;

	if (!arm(&w, &job, &i))
		return;
	walk_begin(&w, symbols_of(&job, i), job.balance_usd);
	walk_run_plain(&w);
	report(&w, &job, i, 0);
}

__global__ void __launch_bounds__(WALK_THREADS, ANY_BLOCKS) walk_any(const __grid_constant__ struct walk_job job)
{
	struct walk w;
	struct walk_log log = { 0 };
	uint32_t i;

	if (!arm(&w, &job, &i))
		return;
	if (job.event) {
		log.event = job.event + job.event_from[i];
		log.cap = job.event_from[i + 1] - job.event_from[i];
		log.equity_usd = job.equity_usd + (uint64_t)i * (job.market.end_step - job.market.first_step);
	}
	w.log = &log;
	walk_begin(&w, symbols_of(&job, i), job.balance_usd);
	walk_run_told(&w);
	report(&w, &job, i, log.n);
}

#endif
