/* SPDX-License-Identifier: MIT
 * Between the kernel's snapshot and its record. */
#include "record/record.h"

#include <stdio.h>

void record_from_snapshot(struct rec_snapshot *r, const char *symbol, const struct snapshot *s)
{
	snprintf(r->symbol, sizeof r->symbol, "%s", symbol);
	r->t_ms = s->t_ms;
	r->bar_count = s->bar_count;
	r->vol_trend = s->vol_trend;
#define SNAP_F64(member, init, meaning) r->member = s->member;
#include "kernel/snapshot.def"
#undef SNAP_F64
}

void record_to_snapshot(struct snapshot *s, const struct rec_snapshot *r)
{
	s->t_ms = r->t_ms;
	s->bar_count = r->bar_count;
	s->vol_trend = r->vol_trend;
#define SNAP_F64(member, init, meaning) s->member = r->member;
#include "kernel/snapshot.def"
#undef SNAP_F64
}
