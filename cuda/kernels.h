/* SPDX-License-Identifier: MIT
 * What runs on the device. A kernel picks the index of its thread and calls the functions of lib/kernel, which are all of the
 * rules. Every value is computed by one thread, in the kernel's order; only counts are summed across threads. */
#ifndef OCQ_CUDA_KERNELS_H
#define OCQ_CUDA_KERNELS_H

#include "kernel/walk.h"

enum { MARK_THREADS = 128, WALK_THREADS = 32 };

/* Warps of a walk that a multiprocessor shall hold: shared memory has room for no more of the plain loop's (walk_plain()), and with so few
 * no register spills (test/cuda). */
#define WALK_WARPS 8

/* A set of entry rules. walk.rules points to what stands beside it, and walk_speaks() finds in walk all that it reads. */
struct rule_set { struct walk walk; struct walk_rules rules; };

/* ---- marks: a thread has a set of entry rules and a step or tick; threads side by side have steps side by side ---- */

struct mark_job {
	const struct rule_set *rules;
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
	n = mark_step(&job.rules[t.rules].walk, t.at, mark);
	if (n)
		from = atomicAdd(job.n_spoken, (unsigned long long)n);
	job.spoken_from[(uint64_t)t.rules * job.market.n_steps + t.at] = (uint32_t)from;
	if (n && from + n <= job.spoken_cap)
		speak(&job.rules[t.rules].walk, t.at, mark, job.spoken + from);
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
			set |= (uint64_t)walk_tick_speaks(&job.rules[t.rules].walk, i, job.tick_step[t.at], t.at) << i % 64;
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
		if (walk_entry_bar(&job.rules[t.rules].walk, i, t.at, &at))
			walk_speaks(&job.rules[t.rules].walk, i, t.at, at, &unused, &mine);
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
	const struct rule_set *rules;
	uint32_t first, n;		/* tasks first..first + n */
	double balance_usd;
	struct symbol_state *sym;
	uint64_t *open;			/* of walk_any() */
	struct candidate *cand;
	struct gpu_result *result;
	uint32_t walk_words;		/* of shared memory, for each thread of walk_plain() */
	bool count;			/* what blocks entries */
	/* With logs: events of task first + i go to event + event_from[i], if event; its equity is row i. */
	struct event *event;
	const uint64_t *event_from;
	double *equity_usd;
};

/* The task of this thread. */
static __device__ bool walk_turn(uint32_t *i, const struct walk_job *job)
{
	*i = blockIdx.x * WALK_THREADS + threadIdx.x;
	return *i < job->n;
}

static __device__ void arm(struct walk *w, const struct walk_job *job, uint32_t i)
{
	w->market = &job->market;
	w->rules = &job->rules[job->task[job->first + i].rules].rules;
	w->cand = job->cand + (uint64_t)(job->first + i) * job->market.n_symbols;
	w->log = 0;
}

static __device__ void report(const struct walk *w, const struct walk_job *job, uint32_t i, uint64_t n_events)
{
	struct gpu_result *r = &job->result[job->first + i];

	r->sums = w->sums;
	r->balance_usd = w->run.balance_usd;
	r->n_events = n_events;
}

static __device__ struct symbol_state *symbols_of(const struct walk_job *job, uint32_t i)
{
	return job->sym + (uint64_t)(job->first + i) * job->market.n_symbols;
}

/* The walk is in shared memory: all that is not the market's, the rules' or a symbol's. Threads lie an odd number of 8-byte words apart,
 * so that the same member of neighbours lies in other banks. */
__global__ void __launch_bounds__(WALK_THREADS, WALK_WARPS) walk_plain(const __grid_constant__ struct walk_job job)
{
	struct walk *w = (struct walk *)(shared_words() + threadIdx.x * job.walk_words);
	const uint64_t *from;
	uint64_t *to;
	uint32_t i, word;

	if (!walk_turn(&i, &job))
		return;
	arm(w, &job, i);
	from = (const uint64_t *)&job.task[job.first + i].strategy;
	to = (uint64_t *)&w->strategy;
	for (word = 0; word < (WALK_PLAIN - offsetof(struct walk, strategy)) / 8; word++)
		to[word] = from[word];
	walk_begin(w, symbols_of(&job, i), (uint64_t *)w + WALK_PLAIN / 8, 0, job.balance_usd);
	walk_run_plain(w);
	report(w, &job, i, 0);
}

__global__ void __launch_bounds__(WALK_THREADS, WALK_WARPS) walk_any(const __grid_constant__ struct walk_job job)
{
	struct gate_stats none = { 0 }, *stats = 0;
	struct walk_log log = { 0 };
	struct walk w;
	uint32_t i;

	if (!walk_turn(&i, &job))
		return;
	arm(&w, &job, i);
	w.strategy = job.task[job.first + i].strategy;
	if (job.count) {
		stats = &job.result[job.first + i].walked;
		*stats = none;
	}
	if (job.event) {
		log.event = job.event + job.event_from[i];
		log.cap = job.event_from[i + 1] - job.event_from[i];
		log.equity_usd = job.equity_usd + (uint64_t)i * (job.market.end_step - job.market.first_step);
	}
	w.log = &log;
	walk_begin(&w, symbols_of(&job, i), job.open + (uint64_t)(job.first + i) * job.market.words, stats, job.balance_usd);
	walk_run_told(&w);
	report(&w, &job, i, log.n);
}

#endif
