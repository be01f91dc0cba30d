/* SPDX-License-Identifier: MIT
 * The command line options that choose market data, the same in every program that takes it (docs/rules/data.md). */
#ifndef OCQ_STORE_OPTIONS_H
#define OCQ_STORE_OPTIONS_H

#include "base/opt.h"
#include "store/market.h"

/* Rows for a table of struct opt; q is a static struct market_query. --pack is not among them. */
#define MARKET_OPTIONS(q) \
	{ 0, "candles", OPT_TEXT, &(q).candles, "DBS", "candle stores: files and directories, comma separated" }, \
	{ 'i', "interval", OPT_TEXT, &(q).interval, "IV", "indicator bars" }, \
	{ 0, "exit-candles", OPT_TEXT, &(q).exit_candles, "DBS", "finer bars for exits" }, \
	{ 0, "exit-interval", OPT_TEXT, &(q).exit_interval, "IV" }, \
	{ 0, "entry-candles", OPT_TEXT, &(q).entry_candles, "DBS", "finer bars for entries" }, \
	{ 0, "entry-interval", OPT_TEXT, &(q).entry_interval, "IV" }, \
	{ 0, "funding", OPT_TEXT, &(q).funding, "DB", "funding rates; listings to choose symbols by" }, \
	{ 0, "universe", OPT_TEXT, &(q).universe, "DB" }, \
	{ 's', "symbols", OPT_TEXT, &(q).symbols, "A,B", "these only" }, \
	{ 0, "from", OPT_TIME, &(q).from_ms, "T", "window, both ends included" }, \
	{ 0, "to", OPT_TIME, &(q).to_ms, "T" }, \
	{ 0, "no-auto-scope", OPT_FLAG, &(q).no_auto_scope, NULL, "do not narrow it to what all stores cover" }

#endif
