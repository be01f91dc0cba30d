/* SPDX-License-Identifier: MIT
 * Mids and best bids and asks by symbol, each with its age. Two ages per symbol: since the last message that named it, and
 * since its value changed; the sequence numbers go up with every change (docs/market-data.md "Prices"). */
#ifndef OCQ_FEED_MIDS_H
#define OCQ_FEED_MIDS_H

#include <stdbool.h>
#include <stdint.h>

struct price {
	double mid, bid, ask, bid_sz, ask_sz;		/* 0: none */
	int64_t mid_ms, mid_changed_ms, bbo_ms, bbo_changed_ms;	/* local clock; INT64_MIN: never */
	int64_t bbo_time_ms;				/* the exchange's */
};

struct mids {
	struct price *of;		/* by the symbol's number in names.h */
	uint32_t n;
	uint64_t mid_seq, bbo_seq;
	int64_t heard_ms;		/* last message with mids */
	bool from_bbo;			/* a mid is the middle of bid and ask while these are younger than fallback_ms */
	int64_t fallback_ms;
};

enum { MIDS_FALLBACK_MS = 5000 };

void mids_init(struct mids *m, bool from_bbo);
void mids_release(struct mids *m);

/* Each returns whether the mid of that symbol changed. Prices that are not finite and > 0 are not taken. */
bool mids_mid(struct mids *m, uint32_t symbol, double px, int64_t now_ms);
bool mids_bbo(struct mids *m, uint32_t symbol, const struct price *bbo, int64_t now_ms, bool *bbo_changed);

/* The clock has been set back: no price is younger than now. */
void mids_set_back(struct mids *m, int64_t now_ms);

const struct price *mids_of(const struct mids *m, uint32_t symbol);	/* NULL: never heard of */
/* INT64_MAX for INT64_MIN, which is never; 0 where the clock has been set back. */
int64_t ms_since(int64_t at_ms, int64_t now_ms);
/* ms since a message named the symbol; INT64_MAX: never. */
int64_t mids_age_ms(const struct mids *m, uint32_t symbol, int64_t now_ms);
int64_t bbo_age_ms(const struct mids *m, uint32_t symbol, int64_t now_ms);

#endif
