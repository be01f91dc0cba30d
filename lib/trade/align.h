/* SPDX-License-Identifier: MIT
 * A lane's journal against the replay of its bars, decision for decision, and its fills against its decisions. Every difference gets one
 * cause of a closed list (docs/parity.md "A lane and its replay"). Pure: no clock, no files. */
#ifndef OCQ_TRADE_ALIGN_H
#define OCQ_TRADE_ALIGN_H

#include "trade/lane.h"

enum align_cause {
#define ALIGN_CAUSE(name, meaning) ALIGN_##name,
#include "trade/align_causes.def"
#undef ALIGN_CAUSE
	N_ALIGN_CAUSES
};
const char *align_cause_name(enum align_cause c);

struct align_intent;
struct align_fill;

struct align {
	/* Of each difference, as it is found; set before the first record. */
	void (*tell)(void *arg, const struct rec_misalign *m);
	void *arg;
	char config_id[ID_MAX];		/* of the replay; "": not known, the lane's first */
	bool config_seen;		/* a step of the lane was decided under it */
	struct rec_alignment sum;	/* whole after align_finish() */
	/* Private. */
	struct lane lane;
	struct rec_decision *want, *batch;	/* the replay's, and the lane's of the step at hand */
	uint32_t n_want, cap_want, at, n_batch, cap_batch;
	struct align_intent *intent;
	uint32_t n_intents, cap_intents, n_settled;	/* those before n_settled: a step has seen their end */
	struct align_fill *stray;	/* fills that no intent asked for */
	uint32_t n_strays, cap_strays;
	struct rec_gap *gap;
	uint32_t n_gaps, cap_gaps;
	uint64_t held;			/* positions behind the last step */
	int64_t begin_ms;		/* ts_ms of the `lane` record */
	/* From here on the two accounts may differ: why, and whether a difference of it has been told. */
	struct align_since { bool set, told, balance_alone; enum align_cause cause; char detail[TEXT_MAX]; } since;
};

void align_init(struct align *a);
void align_release(struct align *a);
/* The next decision of the replay: all of them, before the journal's. */
void align_expect(struct align *a, const struct rec_decision *d);
/* The next record of the journal, from its first one on. False: lane_apply() says what is wrong with it. */
bool align_take(struct align *a, const struct record *r, uint64_t seq, int64_t ts_ms, struct errmsg *e) MUST_USE;
/* Behind the last one: the ledger. */
void align_finish(struct align *a);

#endif
