/* SPDX-License-Identifier: MIT
 * The snapshot that every rule reads. Prices in quote currency, adx/di/rsi 0..100, stoch_rsi 0..1, slopes per bar;
 * ema_slow_slope = (ema_slow now - ema_slow (slow_drift_slope_window - 1) bars ago) / close, 0 while unknown. */
#ifndef OCQ_KERNEL_SNAPSHOT_H
#define OCQ_KERNEL_SNAPSHOT_H

#include "kernel/kernel.h"

struct snapshot {
	int64_t t_ms;		/* the bar's open */
	uint64_t bar_count;	/* bars fed before this one */
	bool vol_trend;
#define SNAP_F64(member, init, meaning) double member;
#include "kernel/snapshot.def"
#undef SNAP_F64
};

/* The snapshot of a bank that was never fed. */
KERNEL_INLINE void snapshot_init(struct snapshot *s)
{
	s->t_ms = 0;
	s->bar_count = 0;
	s->vol_trend = false;
#define SNAP_F64(member, init, meaning) s->member = init;
#include "kernel/snapshot.def"
#undef SNAP_F64
}

#endif
