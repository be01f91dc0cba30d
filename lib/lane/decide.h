/* SPDX-License-Identifier: MIT
 * ocq-decide on a journal: the kernel's step on the strategy's own account, one atomic batch for each (docs/lane.md "A step"). */
#ifndef OCQ_LANE_DECIDE_H
#define OCQ_LANE_DECIDE_H

#include "config/config.h"
#include "record/record.h"
#include "trade/lane.h"

struct decide_options {
	const char *dir;		/* the journal */
	const char *config_path;	/* looked at again before every step */
	struct config_layers layers;
	const char *venue_path;
	/* What the journal's `lane` record says; every start must say the same. */
	enum lane_mode mode;
	const char *account;		/* lower case */
	bool testnet;
	const char *interval;		/* NULL: the configuration's */
	uint32_t lookback;
	double balance_usd;
	int64_t from_ms;		/* first step that may trade; INT64_MIN: as the journal says, or now */
	int64_t settle_wait_ms;		/* real time */
	int64_t max_delay_ms;		/* below 0: half an interval, at most 2 h */
	int64_t grace_ms;		/* the feed's */
};

/* Decides every step of the stream, and writes to out what it has written to the journal. Returns at the end of input; what is wrong ends
 * the program with a message and its status. */
void lane_decide(const struct decide_options *o, struct record_in *in, struct out *out);

#endif
