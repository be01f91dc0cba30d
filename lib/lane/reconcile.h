/* SPDX-License-Identifier: MIT
 * ocq-reconcile: the exchange's side of a lane into its journal, and where it differs from the strategy's (docs/lane.md "Reconciliation"). */
#ifndef OCQ_LANE_RECONCILE_H
#define OCQ_LANE_RECONCILE_H

#include "base/stream.h"

#include <stdbool.h>
#include <stdint.h>

struct reconcile_options {
	const char *dir;	/* the journal */
	const char *url;	/* of the exchange */
	const char *ca_file;	/* NULL: the system's */
	int64_t every_ms;	/* real time between two looks at everything */
	bool once;		/* one look, no pushes */
};

/* Until a signal, or behind one look. Returns the exit status. */
int reconcile_run(const struct reconcile_options *o, struct out *out);

#endif
