/* SPDX-License-Identifier: MIT
 * The running feed: collector, session, stores, REST side and socket on one loop. */
#ifndef OCQ_FEED_FEED_H
#define OCQ_FEED_FEED_H

#include "feed/collect.h"
#include "feed/symbols.h"
#include "net/loop.h"

struct feed_options {
	const char *url;		/* "https://api.hyperliquid.xyz": /info is asked, /ws subscribed */
	const char *ca_file;		/* NULL: the system's */
	const char *symbols;		/* a list or @FILE; NULL: none */
	const char *require;		/* the same */
	unsigned top;			/* and the symbols of the highest volume */
	double min_volume_usd;
	const char *users;		/* addresses, comma separated; NULL: none */
	const char *dir;		/* of the stores; NULL: none are kept */
	const char *socket;		/* NULL: none */
	unsigned history_bars;		/* that the stores should have of a series */
	unsigned bbo_hours;		/* 0: no bbo store */
	int64_t bbo_sample_ms;
	int64_t client_ttl_ms;
	int64_t from_ms;		/* first step; INT64_MIN: behind the last one of the store */
	bool no_limits;
	struct collect_options collect;
};

/* What it did. us[]: messages by the time from the read of their frame to the write of the records behind them: us[i] took
 * less than feed_us(i + 1) microseconds. */
enum { FEED_US_CLASSES = 96 };
struct feed_count { uint64_t records, messages, us[FEED_US_CLASSES]; };
double feed_us(unsigned class);				/* classes are a quarter of an octave wide */
double feed_quantile(const struct feed_count *n, double q);	/* in microseconds: an upper bound */

/* Writes records to out until a signal or the last step. Returns the exit status. */
int feed_run(const struct feed_options *o, struct out *out, struct feed_count *n);

/* The records of another feed, by its socket; from_ms: steps from this one on that it still remembers. */
int feed_follow(const char *socket, int64_t from_ms, int64_t to_ms, struct out *out, struct feed_count *n);

#endif
