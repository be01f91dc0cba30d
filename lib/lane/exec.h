/* SPDX-License-Identifier: MIT
 * ocq-exec: what a lane's journal allows, sent once, and what became of it (docs/lane.md "Sending"). */
#ifndef OCQ_LANE_EXEC_H
#define OCQ_LANE_EXEC_H

#include "base/stream.h"

#include <stdbool.h>
#include <stdint.h>

struct exec_options {
	const char *dir;		/* the journal */
	const char *url;		/* the exchange: /info, /exchange and /ws below it */
	const char *ca_file;		/* NULL: the system's */
	const char *venue_path;
	const char *arm_file;		/* NULL: none */
	const char *progress;		/* a file that says which step is through, as clock_publish() does; NULL: none */
	char **signer;			/* argv of ocq-sign */
	char prefix[4];			/* of client order ids */
	double slippage;		/* of market orders: a fraction */
	int64_t stale_ms;		/* what has rested so long is taken back; 0: never */
	int64_t expires_ms;		/* an order is not taken later than this after it was signed */
	bool dry;			/* everything but the sending */
};

/* Until the input (fd 0, which only rings) has ended and nothing is left to be done, or a signal. Returns the exit status. */
int exec_run(const struct exec_options *o, struct out *out);

#endif
