/* SPDX-License-Identifier: MIT
 * What a replay or a sweep runs on: the strategy and the market that its command line names. Start-up code: whatever is wrong
 * ends the program with a message and the right status. */
#ifndef OCQ_ENGINE_LOAD_H
#define OCQ_ENGINE_LOAD_H

#include "config/config.h"
#include "store/options.h"

#include <math.h>

struct load {
	const char *config_path;
	struct config_layers layers;	/* symbol is filled in: the query's, if it names exactly one */
	struct market_query query;	/* intervals that it lacks are filled in from the configuration */
	double slippage_bps;		/* instead of trade.slippage_bps; NAN: as configured */
	bool strict_semantics;		/* all repairs */
};
#define LOAD_INIT { .query = MARKET_QUERY_INIT, .slippage_bps = NAN }

/* Rows for a table of struct opt; l is a static struct load. */
#define LOAD_CONFIG_OPTION(l) { 'c', "config", OPT_TEXT, &(l).config_path, "FILE", "strategy YAML" }
#define LOAD_PACK_OPTION(l) { 0, "pack", OPT_TEXT, &(l).query.pack, "FILE", "all of the data from a pack instead" }

/* The configuration, checked against the run it is for. */
void load_config(struct load *l, struct config *c, uint32_t lookback);
void load_market(struct load *l, struct market *m, const struct config *c);

#endif
