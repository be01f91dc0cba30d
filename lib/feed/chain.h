/* SPDX-License-Identifier: MIT
 * Where a consumer gets prices and bars when the feed is away (docs/market-data.md "Fallback chain"): the feed's socket, the candle
 * stores, the exchange. Each price says where it is from. Calls wait for at most timeout_ms per place. */
#ifndef OCQ_FEED_CHAIN_H
#define OCQ_FEED_CHAIN_H

#include "record/record.h"

enum chain_source { CHAIN_WS_MID, CHAIN_WS_BBO, CHAIN_REST_MID, CHAIN_CANDLE_CLOSE };
const char *chain_source_text(enum chain_source s);	/* ws_mid ws_bbo rest_mid candle_close */

/* A place that is NULL is not asked. */
struct chain_options {
	const char *socket;		/* of ocq-feed */
	const char *dir;		/* of candle stores */
	const char *interval;		/* whose last close is the last resort */
	const char *url, *ca_file;	/* of the exchange, as in feed.h */
	int64_t max_age_ms;		/* of a mid, of bid and ask, and of the exchange's answer, which is kept for so long */
	int timeout_ms;
};
enum { CHAIN_MAX_AGE_MS = 60000, CHAIN_TIMEOUT_MS = 2000, CHAIN_FRESH_MS = 300000 };

struct chain *chain_open(const struct chain_options *o);	/* the texts must outlive it */
void chain_close(struct chain *c);

struct chain_price { double px; int64_t age_ms; enum chain_source source; };
bool chain_price(struct chain *c, const char *symbol, struct chain_price *p);	/* false: nobody knows one */

/* The newest closed bars, oldest first, at least min_rows of them, else false. fresh: the last one ended at most max(3 bars,
 * 300 s) ago. */
struct chain_bars { struct rec_candle *row; size_t n; bool fresh; };
bool chain_bars(struct chain *c, const char *symbol, const char *interval, size_t min_rows, struct chain_bars *b);
void chain_bars_release(struct chain_bars *b);

#endif
