/* SPDX-License-Identifier: MIT
 * Why a load failed: the message together with the exit status that belongs to it. */
#ifndef OCQ_STORE_FAULT_H
#define OCQ_STORE_FAULT_H

#include "base/clock.h"
#include "base/err.h"

struct fault { struct errmsg e; int status; };

/* Fills *f and returns false. */
bool fault_set(struct fault *f, int status, const char *fmt, ...) PRINTF(3, 4);

/* "2025-05-31T23:00:00Z" in one of four static buffers: for messages only. */
const char *time_text(int64_t t_ms);

#endif
