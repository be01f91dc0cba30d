/* SPDX-License-Identifier: MIT
 * Progress of long work on stderr: done/total, rate, ETA, one line rewritten twice a second. Silent unless stderr
 * is a terminal and -q was not given. */
#ifndef OCQ_BASE_PROGRESS_H
#define OCQ_BASE_PROGRESS_H

#include <stdint.h>

struct progress { const char *what, *more; uint64_t total; int64_t start_ns, shown_ns; };	/* more: what else to show; NULL or empty: nothing */
void progress_start(struct progress *p, const char *what, uint64_t total);	/* total 0: unknown */
void progress_at(struct progress *p, uint64_t done);				/* cheap: call as often as you like */
void progress_end(struct progress *p);

#endif
