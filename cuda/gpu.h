/* SPDX-License-Identifier: MIT
 * One GPU: market data on it, slots for series, and lanes that each evaluate a round of candidates (docs/sweep.md "On a GPU"). This
 * is all that the C side and the device side know of each other. Behind it stands gpu.cu, compiled by nvcc or, for tests, with
 * emulate.h by a C++ compiler; or absent.c, where there was no nvcc.
 *
 * A function that fails says in *e what failed; nothing is usable after that but gpu_close(). Lanes are independent of each other:
 * one thread each. */
#ifndef OCQ_CUDA_GPU_H
#define OCQ_CUDA_GPU_H

#include "kernel/walk.h"

#ifdef __cplusplus
extern "C" {
#endif

struct gpu_error { char text[400]; };

/* Devices there are, at least 1; 0: none that can be used. */
int gpu_count(struct gpu_error *e);

/* The market and the lengths of its arrays. */
struct gpu_market {
	const struct walk_market *walk;
	uint32_t n_bars, n_exit_bars, n_entry_bars, n_ticks, n_hours;
};

struct gpu;
/* Takes most of the memory that is free, or what `candidates` need if they are fewer. logs: rounds keep events, equity and gates, too.
 * NULL: failed. */
struct gpu_wish { unsigned lanes; bool logs; uint64_t candidates; };
struct gpu *gpu_open(int device, const struct gpu_wish *wish, const struct gpu_market *m, struct gpu_error *e);
void gpu_close(struct gpu *g);

/* What there is memory for. */
struct gpu_room {
	uint32_t candidates, rules;	/* in a round of one lane */
	uint32_t slots;			/* of all lanes together */
};
struct gpu_room gpu_room(const struct gpu *g);
const char *gpu_name(const struct gpu *g);
/* Seconds that kernels of all lanes took, by the device's clock. */
struct gpu_times { double marks_s, walks_s; };
struct gpu_times gpu_times(const struct gpu *g);

/* Series of a set of entry rules: the columns in the order of struct walk_columns, and the context (engine/cache.h). */
enum { GPU_SERIES = 13 };

/* Puts a series into a slot. */
bool gpu_put(struct gpu *g, unsigned lane, uint32_t slot, const void *series, uint64_t bytes, struct gpu_error *e);

struct gpu_task { struct strategy strategy; uint32_t rules; };	/* a candidate, and which of the round's entry rules it has */
struct gpu_rules { uint32_t task; uint32_t slot[GPU_SERIES]; };	/* a task that has them */
struct gpu_result {
	struct walk_sums sums;
	double balance_usd;
	uint64_t n_events;
	struct gate_stats walked;
};

struct gpu_round {
	const struct gpu_task *task;
	uint32_t n_tasks;
	const struct gpu_rules *rules;
	uint32_t n_rules;
	double balance_usd;
	struct gpu_result *result;	/* [n_tasks] */
	struct gate_stats *gates;	/* [n_rules], with logs: of every bar of the window */
};

/* Evaluates a round. GPU_CROWDED: its rules spoke more often than there is room for; *fit of them should do, and one always does. */
enum gpu_answer { GPU_DONE, GPU_CROWDED, GPU_FAILED };
enum gpu_answer gpu_run(struct gpu *g, unsigned lane, const struct gpu_round *r, uint32_t *fit, struct gpu_error *e);

/* After gpu_run() with logs: those of tasks from..*to, as many as there is room for, at least one. Events of task i begin at
 * event[first[i - from]]; equity has a row a task, of the window's steps. They stay until the next call on the lane. */
struct gpu_logs { struct event *event; const uint64_t *first; const double *equity_usd; uint32_t n_steps; };
bool gpu_logs(struct gpu *g, unsigned lane, const struct gpu_round *r, uint32_t from, uint32_t *to, struct gpu_logs *logs, struct gpu_error *e);

#ifdef __cplusplus
}
#endif
#endif
