/* SPDX-License-Identifier: MIT
 * The device side of a sweep: memory, transfers, launches. Changes when what lies on a device or the order of the kernels does.
 *
 * Memory is taken once, at the start, from what is free: market, slots for series, and for each lane room for a round. A lane has a
 * stream of its own, so that one lane's kernels fill the device while the other's last ones end, or its host works. */
#ifdef OCQ_EMULATE
#include "cuda/emulate.h"
#else
#include <cuda_runtime.h>
#include <stdint.h>
#define LAUNCH(kernel, blocks, threads, shared, stream, job) kernel<<<blocks, threads, shared, stream>>>(job)
static __device__ uint64_t *shared_words()
{
	extern __shared__ uint64_t words[];

	return words;
}
#endif

#define KERNEL_NEAR	/* kernel/near.h */

#include "cuda/gpu.h"

#include "kernel/account.c"
#include "kernel/events_hash.c"
#include "kernel/exits.c"
#include "kernel/gates.c"
#include "kernel/signal.c"
#include "kernel/step.c"
#include "kernel/walk.c"

#include "cuda/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)
#define SLOTS_MAX 4096
#define LOGGED_MAX 16384	/* candidates of a round whose rows are whole reports */
#define SPEAKING_BARS 5		/* one bar in so many carries a signal: measured for random values of all axes */
#define LANES_MAX 8

struct lane {
	cudaStream_t stream;
	cudaEvent_t event[3];		/* before marks, between, after walks */
	struct gpu_task *task;
	struct rule_set *rules;		/* of the device, and as it is sent there */
	struct rule_set *rules_sent;
	uint64_t *mark;
	uint32_t *spoken_from;
	struct walk_spoken *spoken;
	unsigned long long *n_spoken;
	struct symbol_state *sym;
	uint64_t *open;
	struct candidate *cand;
	struct gpu_result *result;
	/* with logs */
	struct gate_stats *gates;
	struct event *events, *events_here;
	uint64_t *event_from, *event_from_here;
	double *equity, *equity_here;
	struct gpu_times times;
};

struct block { void *at; bool there; };	/* taken, on the device or here */

struct gpu {
	int device;
	char name[80];
	bool logs;
	struct walk_market market;	/* its arrays are on the device */
	uint32_t n_bars, n_ticks;
	struct walk_market *market_there;
	uint32_t *tick_step;
	uint32_t first_tick, end_tick;	/* of the window */
	uint64_t window_bars;
	char *slot;
	uint64_t slot_bytes;
	struct gpu_room room;
	uint64_t mark_words;		/* of one set of rules */
	uint64_t spoken_cap, events_cap;	/* of a lane */
	uint32_t equity_cap;		/* rows */
	unsigned n_lanes;
	struct lane lane[LANES_MAX];
	struct block *block;
	unsigned n_blocks, blocks_cap;
};

/* ---- calls that may fail ---- */

static bool failed(const struct gpu *g, struct gpu_error *e, cudaError_t code, const char *what)
{
	if (code == cudaSuccess)
		return false;
	snprintf(e->text, sizeof e->text, "device %d (%s): %s: %s", g->device, g->name, what, cudaGetErrorString(code));
	return true;
}

#define TRY(call) \
	do { \
		if (failed(g, e, (call), #call)) \
			return false; \
	} while (0)

static bool use(const struct gpu *g, struct gpu_error *e)
{
	TRY(cudaSetDevice(g->device));
	return true;
}

static bool no_memory(struct gpu_error *e, uint64_t n)
{
	snprintf(e->text, sizeof e->text, "%.1f MiB of memory cannot be had", (double)n / MIB);
	return false;
}

static bool note_block(struct gpu *g, void *at, bool there, struct gpu_error *e)
{
	if (g->n_blocks == g->blocks_cap) {
		unsigned cap = g->blocks_cap ? g->blocks_cap * 2 : 64;
		struct block *more = (struct block *)realloc(g->block, cap * sizeof *more);

		if (!more)
			return no_memory(e, cap * sizeof *more);
		g->block = more;
		g->blocks_cap = cap;
	}
	g->block[g->n_blocks].at = at;
	g->block[g->n_blocks++].there = there;
	return true;
}

/* Room for n objects on the device. */
template <typename T> static bool take(struct gpu *g, T **p, uint64_t n, struct gpu_error *e)
{
	uint64_t bytes = n ? n * sizeof **p : 1;
	void *at = 0;
	char what[64];

	snprintf(what, sizeof what, "cudaMalloc of %.1f MiB", (double)bytes / MIB);
	if (failed(g, e, cudaMalloc(&at, bytes), what))
		return false;
	*p = (T *)at;
	return note_block(g, at, true, e);
}

/* The same here, zeroed. */
template <typename T> static bool take_here(struct gpu *g, T **p, uint64_t n, struct gpu_error *e)
{
	void *at = calloc(n ? n : 1, sizeof **p);

	if (!at)
		return no_memory(e, n * sizeof **p);
	*p = (T *)at;
	return note_block(g, at, false, e);
}

template <typename T> static bool send(struct gpu *g, cudaStream_t stream, T *to, const T *from, uint64_t n, struct gpu_error *e)
{
	TRY(cudaMemcpyAsync(to, from, n * sizeof *to, cudaMemcpyHostToDevice, stream));
	return true;
}

template <typename T> static bool fetch_back(struct gpu *g, cudaStream_t stream, T *to, const T *from, uint64_t n, struct gpu_error *e)
{
	TRY(cudaMemcpyAsync(to, from, n * sizeof *to, cudaMemcpyDeviceToHost, stream));
	return true;
}

static bool wait_for(struct gpu *g, cudaStream_t stream, struct gpu_error *e)
{
	TRY(cudaStreamSynchronize(stream));
	return true;
}

int gpu_count(struct gpu_error *e)
{
	int n = 0;
	cudaError_t code = cudaGetDeviceCount(&n);

	if (code == cudaSuccess && n > 0)
		return n;
	snprintf(e->text, sizeof e->text, "no CUDA device: %s", code == cudaSuccess ? "none found" : cudaGetErrorString(code));
	return 0;
}

/* ---- the market ---- */

/* A copy on the device instead of the host's array; NULL stays NULL. */
template <typename T> static bool move(struct gpu *g, const T **array, uint64_t n, struct gpu_error *e)
{
	T *there;

	if (!*array)
		return true;
	if (!take(g, &there, n, e) || !send(g, 0, there, *array, n, e))
		return false;
	*array = there;
	return true;
}

static bool move_bars(struct gpu *g, struct walk_bars *b, uint64_t n, struct gpu_error *e)
{
	return move(g, &b->t_ms, n, e) && move(g, &b->open, n, e) && move(g, &b->high, n, e) && move(g, &b->low, n, e)
	    && move(g, &b->close, n, e) && move(g, &b->volume, n, e);
}

/* The step of each tick, which kernels over ticks want to know. */
static bool move_tick_steps(struct gpu *g, const struct walk_market *m, struct gpu_error *e)
{
	uint32_t *step_of = 0, step, tick;

	if (!m->tick_from)
		return true;
	if (!take_here(g, &step_of, g->n_ticks, e))
		return false;
	for (step = 0; step < m->n_steps; step++)
		for (tick = m->tick_from[step]; tick < m->tick_from[step + 1]; tick++)
			step_of[tick] = step;
	return take(g, &g->tick_step, g->n_ticks, e) && send(g, 0, g->tick_step, step_of, g->n_ticks, e);
}

static uint64_t bars_in_window(const struct walk_market *m)
{
	const uint32_t *from = m->bar_from + (uint64_t)m->first_step * m->n_symbols, *to = m->bar_from + (uint64_t)m->end_step * m->n_symbols;
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < m->n_symbols; i++)
		n += to[i] - from[i];
	return n;
}

static bool move_market(struct gpu *g, const struct gpu_market *of, struct gpu_error *e)
{
	struct walk_market *m = &g->market;
	uint64_t cells = ((uint64_t)of->walk->n_steps + 1) * of->walk->n_symbols;

	*m = *of->walk;
	g->n_bars = of->n_bars;
	g->n_ticks = of->n_ticks;
	if (m->tick_from) {
		g->first_tick = m->tick_from[m->first_step];
		g->end_tick = m->tick_from[m->end_step];
	}
	g->window_bars = bars_in_window(m);
	return move_tick_steps(g, of->walk, e)
	    && move(g, &m->step_ms, m->n_steps, e) && move(g, &m->first, m->n_symbols + (uint64_t)1, e)
	    && move_bars(g, &m->bars, of->n_bars, e) && move(g, &m->bar_from, cells, e)
	    && move(g, &m->exit_from, cells, e) && move_bars(g, &m->exit, of->n_exit_bars, e)
	    && move(g, &m->tick_from, m->n_steps + (uint64_t)1, e) && move(g, &m->tick_ms, of->n_ticks, e)
	    && move(g, &m->tick_bar, (uint64_t)of->n_ticks * m->n_symbols, e) && move_bars(g, &m->entry, of->n_entry_bars, e)
	    && move(g, &m->hour_from, m->n_steps + (uint64_t)1, e) && move(g, &m->hour_ms, of->n_hours, e)
	    && move(g, &m->rate, (uint64_t)of->n_hours * m->n_symbols, e) && move(g, &m->fresh, m->n_symbols, e)
	    && take(g, &g->market_there, 1, e) && send(g, 0, g->market_there, m, 1, e) && wait_for(g, 0, e);
}

/* ---- what there is room for ---- */

static uint32_t at_most(uint64_t n, uint64_t most)
{
	return (uint32_t)(n < most ? n : most);
}

static uint64_t candidate_bytes(const struct gpu *g)
{
	return sizeof(struct gpu_task) + sizeof(struct gpu_result)
	     + g->market.n_symbols * (sizeof(struct symbol_state) + sizeof(struct candidate)) + g->market.words * sizeof(uint64_t);
}

static uint64_t rules_bytes(const struct gpu *g)
{
	uint64_t n = sizeof(struct rule_set) + sizeof(struct gate_stats) + g->mark_words * sizeof(uint64_t);

	if (!g->market.tick_from)
		n += g->market.n_steps * sizeof(uint32_t) + g->window_bars / SPEAKING_BARS * sizeof(struct walk_spoken);
	return n;
}

static bool too_small(struct gpu *g, uint64_t free_bytes, struct gpu_error *e)
{
	snprintf(e->text, sizeof e->text, "device %d (%s): %.1f MiB of free memory are not enough for this market", g->device, g->name,
		 (double)free_bytes / MIB);
	return false;
}

/* Logs take a quarter of a lane, candidates at most a quarter, marks the rest. */
static bool plan_lane(struct gpu *g, uint64_t bytes, uint64_t at_once)
{
	uint64_t logs = g->logs ? bytes / 4 : 0, steps = g->market.end_step - g->market.first_step;
	uint64_t spare = g->market.tick_from ? 0 : g->window_bars * sizeof(struct walk_spoken);

	if (logs > 2048 * MIB)
		logs = 2048 * MIB;
	bytes -= logs;
	g->room.candidates = at_most(bytes / 4 / candidate_bytes(g), at_once);
	bytes -= g->room.candidates * candidate_bytes(g);
	if (bytes < spare)
		return false;
	g->room.rules = at_most((bytes - spare) / rules_bytes(g), g->room.candidates);
	g->spoken_cap = at_most(g->window_bars / SPEAKING_BARS * g->room.rules + g->window_bars, UINT32_MAX);
	g->equity_cap = steps ? at_most(logs / 4 / (steps * sizeof(double)), g->room.candidates) : g->room.candidates;
	g->events_cap = (logs - g->equity_cap * steps * sizeof(double)) / sizeof(struct event);
	return g->room.rules > 0 && (!g->logs || g->equity_cap > 0);
}

/* Five times as many candidates as run at once: then the last ones of a round are a small part of it. A device that also draws a
 * screen gets smaller rounds, since its driver ends kernels that take seconds. */
static bool plan(struct gpu *g, uint64_t candidates, struct gpu_error *e)
{
	const struct walk_market *m = &g->market;
	size_t free_bytes, total;
	int processors, watched;
	uint64_t budget, at_once, series = g->n_bars * sizeof(double), context = m->n_steps * (sizeof(double) + 1);

	TRY(cudaMemGetInfo(&free_bytes, &total));
	TRY(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, g->device));
	TRY(cudaDeviceGetAttribute(&watched, cudaDevAttrKernelExecTimeout, g->device));
	budget = free_bytes / 10 * 9;
	g->slot_bytes = ((series > context ? series : context) + 255) / 256 * 256;
	g->room.slots = at_most(budget / 4 / g->slot_bytes, SLOTS_MAX);
	if (g->room.slots < GPU_SERIES * g->n_lanes)
		g->room.slots = GPU_SERIES * g->n_lanes;
	at_once = (uint64_t)processors * WALK_WARPS * WALK_THREADS * 5;
	if (g->logs && at_once > LOGGED_MAX)
		at_once = LOGGED_MAX;
	at_once = at_most(candidates, watched ? at_once / 16 : at_once);
	g->mark_words = (uint64_t)(m->tick_from ? g->n_ticks : m->n_steps) * m->words;
	if (budget < g->room.slots * g->slot_bytes
	    || !plan_lane(g, (budget - g->room.slots * g->slot_bytes) / g->n_lanes, at_once))
		return too_small(g, free_bytes, e);
	return true;
}

static bool open_logs(struct gpu *g, struct lane *l, struct gpu_error *e)
{
	uint64_t equity = (uint64_t)g->equity_cap * (g->market.end_step - g->market.first_step);

	if (!g->logs)
		return true;
	return take_here(g, &l->events_here, g->events_cap, e) && take_here(g, &l->event_from_here, g->equity_cap + (uint64_t)1, e)
	    && take_here(g, &l->equity_here, equity, e) && take(g, &l->gates, g->room.rules, e) && take(g, &l->events, g->events_cap, e)
	    && take(g, &l->event_from, g->equity_cap + (uint64_t)1, e) && take(g, &l->equity, equity, e);
}

static bool open_lane(struct gpu *g, struct lane *l, struct gpu_error *e)
{
	uint64_t n = g->room.candidates, symbols = n * g->market.n_symbols, rules = g->room.rules;
	int i;

	TRY(cudaStreamCreateWithFlags(&l->stream, cudaStreamNonBlocking));
	for (i = 0; i < 3; i++)
		TRY(cudaEventCreate(&l->event[i]));
	if (!take_here(g, &l->rules_sent, rules, e))
		return false;
	if (!g->market.tick_from && (!take(g, &l->spoken_from, rules * g->market.n_steps, e) || !take(g, &l->spoken, g->spoken_cap, e)))
		return false;
	return take(g, &l->task, n, e) && take(g, &l->rules, rules, e) && take(g, &l->mark, rules * g->mark_words, e)
	    && take(g, &l->n_spoken, 1, e) && take(g, &l->sym, symbols, e) && take(g, &l->cand, symbols, e)
	    && take(g, &l->open, n * g->market.words, e) && take(g, &l->result, n, e) && open_logs(g, l, e);
}

/* A kernel's own memory is taken when it is first launched: with nothing to do, before anything is planned. */
static bool warm(struct gpu *g, struct gpu_error *e)
{
	struct mark_job marks = { 0 };
	struct walk_job walks = { 0 };

	TRY(cudaFuncSetAttribute((const void *)walk_plain, cudaFuncAttributePreferredSharedMemoryCarveout, cudaSharedmemCarveoutMaxShared));
	marks.blocks = 1;
	LAUNCH(mark_bars, 1, MARK_THREADS, 0, 0, marks);
	LAUNCH(mark_ticks, 1, MARK_THREADS, 0, 0, marks);
	LAUNCH(count_gates, 1, MARK_THREADS, 0, 0, marks);
	LAUNCH(walk_plain, 1, WALK_THREADS, 0, 0, walks);
	LAUNCH(walk_any, 1, WALK_THREADS, 0, 0, walks);
	TRY(cudaGetLastError());
	return wait_for(g, 0, e);
}

static bool open_all(struct gpu *g, const struct gpu_market *m, uint64_t candidates, struct gpu_error *e)
{
	cudaDeviceProp about;
	unsigned i;

	snprintf(g->name, sizeof g->name, "?");
	if (!use(g, e))
		return false;
	TRY(cudaGetDeviceProperties(&about, g->device));
	snprintf(g->name, sizeof g->name, "%.70s", about.name);
	if (!warm(g, e) || !move_market(g, m, e) || !plan(g, candidates, e))
		return false;
	for (i = 0; i < g->n_lanes; i++)
		if (!open_lane(g, &g->lane[i], e))
			return false;
	return take(g, &g->slot, g->room.slots * g->slot_bytes, e);
}

struct gpu *gpu_open(int device, const struct gpu_wish *wish, const struct gpu_market *m, struct gpu_error *e)
{
	struct gpu *g = (struct gpu *)calloc(1, sizeof *g);

	if (!g) {
		no_memory(e, sizeof *g);
		return NULL;
	}
	g->device = device;
	g->n_lanes = wish->lanes < LANES_MAX ? wish->lanes : LANES_MAX;
	g->logs = wish->logs;
	if (open_all(g, m, wish->candidates, e))
		return g;
	gpu_close(g);
	return NULL;
}

void gpu_close(struct gpu *g)
{
	unsigned i, k;

	if (!g)
		return;
	cudaSetDevice(g->device);
	while (g->n_blocks) {
		struct block *b = &g->block[--g->n_blocks];

		if (b->there)
			cudaFree(b->at);
		else
			free(b->at);
	}
	for (i = 0; i < g->n_lanes; i++) {
		for (k = 0; k < 3; k++)
			if (g->lane[i].event[k])
				cudaEventDestroy(g->lane[i].event[k]);
		if (g->lane[i].stream)
			cudaStreamDestroy(g->lane[i].stream);
	}
	free(g->block);
	free(g);
}

struct gpu_room gpu_room(const struct gpu *g)
{
	return g->room;
}

const char *gpu_name(const struct gpu *g)
{
	return g->name;
}

struct gpu_times gpu_times(const struct gpu *g)
{
	struct gpu_times sum = { 0, 0 };
	unsigned i;

	for (i = 0; i < g->n_lanes; i++) {
		sum.marks_s += g->lane[i].times.marks_s;
		sum.walks_s += g->lane[i].times.walks_s;
	}
	return sum;
}

bool gpu_put(struct gpu *g, unsigned lane, uint32_t slot, const void *series, uint64_t bytes, struct gpu_error *e)
{
	cudaStream_t stream = g->lane[lane].stream;

	return use(g, e) && send(g, stream, g->slot + slot * g->slot_bytes, (const char *)series, bytes, e) && wait_for(g, stream, e);
}

/* ---- a round ---- */

static const double *series(const struct gpu *g, const struct gpu_rules *r, int i)
{
	return (const double *)(g->slot + r->slot[i] * g->slot_bytes);
}

/* What a set of rules is for the kernels: strategy, columns, and where its marks are. */
static void set_rules(const struct gpu *g, const struct lane *l, const struct gpu_round *r, uint32_t i)
{
	const struct gpu_rules *rules = &r->rules[i];
	struct walk *w = &l->rules_sent[i].walk;
	struct walk_columns *columns = &l->rules_sent[i].rules.columns;
	struct walk_marks *marks = &l->rules_sent[i].rules.marks;
	int k = 0;

	w->market = g->market_there;
	w->rules = &l->rules[i].rules;
	w->strategy = r->task[rules->task].strategy;
#define X(name) columns->name = series(g, rules, k++);
	WALK_COLUMNS(X)
#undef X
	columns->vol_trend = (const uint8_t *)series(g, rules, k++);
	columns->slope_back = walk_slope_back(&w->strategy.params);
	marks->breadth = series(g, rules, k);
	marks->btc = (const uint8_t *)(marks->breadth + g->market.n_steps);
	marks->mark = l->mark + i * g->mark_words;
	marks->spoken = l->spoken;
	marks->spoken_from = l->spoken_from ? l->spoken_from + (uint64_t)i * g->market.n_steps : 0;
}

static bool send_round(struct gpu *g, struct lane *l, const struct gpu_round *r, struct gpu_error *e)
{
	uint32_t i;

	for (i = 0; i < r->n_rules; i++)
		set_rules(g, l, r, i);
	if (!send(g, l->stream, l->task, r->task, r->n_tasks, e) || !send(g, l->stream, l->rules, l->rules_sent, r->n_rules, e))
		return false;
	TRY(cudaMemsetAsync(l->n_spoken, 0, sizeof *l->n_spoken, l->stream));
	if (g->logs)
		TRY(cudaMemsetAsync(l->gates, 0, r->n_rules * sizeof *l->gates, l->stream));
	return true;
}

static void set_marks(struct mark_job *job, const struct gpu *g, const struct lane *l)
{
	memset(job, 0, sizeof *job);
	job->rules = l->rules;
	job->market = g->market;
	job->tick_step = g->tick_step;
	job->mark = l->mark;
	job->mark_words = g->mark_words;
	job->spoken = l->spoken;
	job->spoken_from = l->spoken_from;
	job->n_spoken = l->n_spoken;
	job->spoken_cap = g->spoken_cap;
	job->gates = l->gates;
}

static uint32_t set_range(struct mark_job *job, uint32_t first, uint32_t end, uint32_t n_rules)
{
	job->first = first;
	job->n = end - first;
	job->blocks = (job->n + MARK_THREADS - 1) / MARK_THREADS;
	return job->blocks * n_rules;
}

static bool start_marks(struct gpu *g, struct lane *l, const struct gpu_round *r, struct gpu_error *e)
{
	const struct walk_market *m = &g->market;
	struct mark_job job;
	uint32_t blocks;

	set_marks(&job, g, l);
	blocks = set_range(&job, m->first_step, m->end_step, r->n_rules);
	if (blocks && !m->tick_from)
		LAUNCH(mark_bars, blocks, MARK_THREADS, 0, l->stream, job);
	if (blocks && g->logs)
		LAUNCH(count_gates, blocks, MARK_THREADS, 0, l->stream, job);
	blocks = set_range(&job, g->first_tick, g->end_tick, r->n_rules);
	if (blocks && m->tick_from)
		LAUNCH(mark_ticks, blocks, MARK_THREADS, 0, l->stream, job);
	TRY(cudaGetLastError());
	return true;
}

/* A thread's walk with its set of open symbols: an odd number (kernels.h). */
static uint32_t walk_words(uint32_t words)
{
	return (uint32_t)(WALK_PLAIN / sizeof(uint64_t) + words) | 1;
}

static void set_walks(struct walk_job *job, const struct gpu *g, const struct lane *l, double balance_usd, uint32_t first, uint32_t n)
{
	memset(job, 0, sizeof *job);
	job->market = g->market;
	job->task = l->task;
	job->rules = l->rules;
	job->first = first;
	job->n = n;
	job->balance_usd = balance_usd;
	job->sym = l->sym;
	job->open = l->open;
	job->walk_words = walk_words(g->market.words);
	job->count = g->logs;
	job->cand = l->cand;
	job->result = l->result;
}

static bool start_walks(struct gpu *g, struct lane *l, const struct walk_job *job, struct gpu_error *e)
{
	uint32_t blocks = (job->n + WALK_THREADS - 1) / WALK_THREADS;

	if (g->logs || g->market.exit_from || g->market.tick_from)
		LAUNCH(walk_any, blocks, WALK_THREADS, 0, l->stream, *job);
	else
		LAUNCH(walk_plain, blocks, WALK_THREADS, WALK_THREADS * job->walk_words * sizeof(uint64_t), l->stream, *job);
	TRY(cudaGetLastError());
	return true;
}

static bool add_times(struct gpu *g, struct lane *l, struct gpu_error *e)
{
	float marks_ms, walks_ms;

	TRY(cudaEventElapsedTime(&marks_ms, l->event[0], l->event[1]));
	TRY(cudaEventElapsedTime(&walks_ms, l->event[1], l->event[2]));
	l->times.marks_s += marks_ms / 1e3;
	l->times.walks_s += walks_ms / 1e3;
	return true;
}

static bool mark_all(struct gpu *g, struct lane *l, const struct gpu_round *r, unsigned long long *n_spoken, struct gpu_error *e)
{
	if (!use(g, e) || !send_round(g, l, r, e))
		return false;
	TRY(cudaEventRecord(l->event[0], l->stream));
	return start_marks(g, l, r, e) && fetch_back(g, l->stream, n_spoken, l->n_spoken, 1, e) && wait_for(g, l->stream, e);
}

static bool walk_all(struct gpu *g, struct lane *l, const struct gpu_round *r, struct gpu_error *e)
{
	struct walk_job job;

	set_walks(&job, g, l, r->balance_usd, 0, r->n_tasks);
	TRY(cudaEventRecord(l->event[1], l->stream));
	if (!start_walks(g, l, &job, e))
		return false;
	TRY(cudaEventRecord(l->event[2], l->stream));
	if (g->logs && !fetch_back(g, l->stream, r->gates, l->gates, r->n_rules, e))
		return false;
	return fetch_back(g, l->stream, r->result, l->result, r->n_tasks, e) && wait_for(g, l->stream, e) && add_times(g, l, e);
}

static uint32_t fitting(const struct gpu *g, const struct gpu_round *r, unsigned long long n_spoken)
{
	uint32_t n = (uint32_t)((double)r->n_rules * (double)g->spoken_cap / (double)n_spoken * 0.95);

	return n > 0 ? n : 1;
}

enum gpu_answer gpu_run(struct gpu *g, unsigned lane, const struct gpu_round *r, uint32_t *fit, struct gpu_error *e)
{
	struct lane *l = &g->lane[lane];
	unsigned long long n_spoken;

	if (!mark_all(g, l, r, &n_spoken, e))
		return GPU_FAILED;
	if (n_spoken > g->spoken_cap) {
		*fit = fitting(g, r, n_spoken);
		return GPU_CROWDED;
	}
	return walk_all(g, l, r, e) ? GPU_DONE : GPU_FAILED;
}

/* How far from `from` on there is room, and where the events of each begin. */
static uint32_t fill_first(const struct gpu *g, struct lane *l, const struct gpu_round *r, uint32_t from)
{
	uint64_t *first = l->event_from_here;
	uint32_t n = 0;

	first[0] = 0;
	while (from + n < r->n_tasks && n < g->equity_cap && first[n] + r->result[from + n].n_events <= g->events_cap) {
		first[n + 1] = first[n] + r->result[from + n].n_events;
		n++;
	}
	return from + n;
}

bool gpu_logs(struct gpu *g, unsigned lane, const struct gpu_round *r, uint32_t from, uint32_t *to, struct gpu_logs *logs, struct gpu_error *e)
{
	struct lane *l = &g->lane[lane];
	uint32_t n, steps = g->market.end_step - g->market.first_step;
	struct walk_job job;

	*to = fill_first(g, l, r, from);
	n = *to - from;
	if (n == 0) {
		snprintf(e->text, sizeof e->text, "device %d (%s): no room for %llu events of one candidate", g->device, g->name,
			 (unsigned long long)r->result[from].n_events);
		return false;
	}
	set_walks(&job, g, l, r->balance_usd, from, n);
	job.event = l->events;
	job.event_from = l->event_from;
	job.equity_usd = l->equity;
	if (!use(g, e) || !send(g, l->stream, l->event_from, l->event_from_here, n + (uint64_t)1, e) || !start_walks(g, l, &job, e)
	    || !fetch_back(g, l->stream, l->events_here, l->events, l->event_from_here[n], e)
	    || !fetch_back(g, l->stream, l->equity_here, l->equity, (uint64_t)n * steps, e) || !wait_for(g, l->stream, e))
		return false;
	logs->event = l->events_here;
	logs->first = l->event_from_here;
	logs->equity_usd = l->equity_here;
	logs->n_steps = steps;
	return true;
}
