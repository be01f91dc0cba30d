/* SPDX-License-Identifier: MIT
 * The market data of one run: what a replay or sweep reads, from SQLite stores or from a pack, with equal bytes either
 * way. Columns per symbol, ascending in time, owned by the market (heap or the pack's mapping). */
#ifndef OCQ_STORE_MARKET_H
#define OCQ_STORE_MARKET_H

#include "base/err.h"

#include <stdint.h>

struct bars {		/* one symbol, one interval; unique t_ms ascending */
	size_t n;
	const int64_t *t_ms, *t_close_ms;
	const double *open, *high, *low, *close, *volume;
	const int64_t *trades;
};

struct bar_set {
	char interval[8];	/* "" and of == NULL: not loaded */
	struct bars *of;	/* by symbol index; n == 0 where a symbol has none */
};

struct rates { size_t n; const int64_t *t_ms; const double *rate; };	/* hourly funding fractions */

struct market {
	uint32_t n_symbols;
	const char **symbol;		/* ascending by bytes; every one has at least one bar in `main` */
	struct bar_set main, exit, entry;
	struct rates *funding;		/* by symbol index; NULL: not loaded */
	size_t n_timeline;
	const int64_t *timeline;	/* sorted union of main's t_ms */
	int64_t from_ms, to_ms;		/* inclusive window after scoping; INT64_MIN / INT64_MAX where open */
	int64_t data_from_ms, data_to_ms;	/* first and last t_ms of main */
	char data_id[65];		/* "" unless computed or carried by the pack */
	uint32_t context_symbol;	/* index of a symbol loaded for context only (repair btc_context), else UINT32_MAX */
	void *owner;			/* private */
};

/* Which data, as the options of ocq-replay and ocq-pack name it. NULL and 0 mean "not given". */
struct market_query {
	const char *pack;				/* then nothing else but symbols, from, to is needed */
	const char *candles, *interval;			/* comma list of files and directories */
	const char *exit_candles, *exit_interval;
	const char *entry_candles, *entry_interval;
	const char *funding, *universe;
	const char *symbols;				/* comma list */
	int64_t from_ms, to_ms;				/* INT64_MIN / INT64_MAX: not given */
	bool no_auto_scope;
	bool funding_before_window, btc_context;	/* repairs */
	bool want_data_id;
	bool any_interval;				/* also those that only stores know */
};
#define MARKET_QUERY_INIT { .from_ms = INT64_MIN, .to_ms = INT64_MAX }

/* Loads, merges, scopes and filters (docs/rules/data.md). On failure: false, a message that names the file and what is
 * wrong with it, *status one of EX_DATA, EX_RETRY, EX_USAGE; m is empty. */
bool market_load(struct market *m, const struct market_query *q, struct errmsg *e, int *status) MUST_USE;
void market_release(struct market *m);

/* Symbol's index or -1 (binary search, exact case). */
int market_find(const struct market *m, const char *symbol);

/* SHA-256 of the canonical series (docs/rules/data.md): the same from stores and from the pack made of them. */
void market_data_id(const struct market *m, char hex[65]);

/* Writes a pack: whole or not at all. Sets its data_id. */
bool pack_write(const char *path, struct market *m, struct errmsg *e) MUST_USE;
/* Verifies the SHA-256 as well as the checksum that every load verifies. */
bool pack_check(const char *path, char data_id[65], struct errmsg *e) MUST_USE;

#endif
