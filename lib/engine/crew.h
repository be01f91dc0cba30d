/* SPDX-License-Identifier: MIT
 * Jobs done by several threads, their results given out one at a time in the order of the jobs. */
#ifndef OCQ_ENGINE_CREW_H
#define OCQ_ENGINE_CREW_H

#include <stddef.h>

struct crew;

/* work(arg, worker, job): on one of the threads, worker from 0; jobs side by side. emit(arg, job): in order, never two at
 * once, on any thread; job NULL: nothing is left to give out for now. Both get the same arg. depth: jobs that may be under
 * way; each has job_bytes of memory, zero at first and reused as it was left. */
struct crew *crew_open(unsigned threads, size_t depth, size_t job_bytes, void (*work)(void *arg, unsigned worker, void *job),
		       void (*emit)(void *arg, void *job), void *arg);
/* The memory of the next job; waits while all are under way. */
void *crew_next(struct crew *c);
/* Hands it over. */
void crew_start(struct crew *c);
/* Waits until every job has been given out. */
void crew_settle(struct crew *c);
/* Settles, ends the threads, calls release (may be NULL) with the memory of every job. */
void crew_close(struct crew *c, void (*release)(void *job));

#endif
