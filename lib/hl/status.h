/* SPDX-License-Identifier: MIT
 * The states of an order in the exchange's words (status.def) and what they mean for its owner (docs/exchange.md). */
#ifndef OCQ_HL_STATUS_H
#define OCQ_HL_STATUS_H

enum hl_life {
	HL_LIFE_UNKNOWN,	/* no rule knows the word: ask again, do not conclude */
	HL_LIFE_ALIVE,		/* may still be filled */
	HL_LIFE_FILLED,		/* done, wholly */
	HL_LIFE_CANCELLED,	/* done; orig_sz - sz was filled before */
	HL_LIFE_REJECTED,	/* never rested, nothing was filled */
};

/* By the word, or by its form where it is new: ...Canceled, ...Rejected. */
enum hl_life hl_status_life(const char *status);

/* The known words with their meaning, NULL at the end. */
struct hl_status { const char *word; enum hl_life life; const char *meaning; };
extern const struct hl_status hl_statuses[];

#endif
