/* SPDX-License-Identifier: MIT
 * What stores or a pack offer before a query has chosen from it: the middle between reading and struct market, so that
 * scoping and filtering are the same for both (docs/rules/data.md "Choosing"). */
#ifndef OCQ_STORE_SOURCE_H
#define OCQ_STORE_SOURCE_H

#include "record/record.h"
#include "store/columns.h"
#include "store/fault.h"

enum { SET_MAIN, SET_EXIT, SET_ENTRY, N_SETS };

struct source_symbol {
	char name[SYMBOL_MAX];
	int64_t listed_from_ms, listed_to_ms;	/* the universe's; the whole time axis without one */
	struct bars bars[N_SETS];
	struct rates rates;
	bool wanted;				/* set by source_choose() */
};

struct source {
	uint32_t n;
	struct source_symbol *symbol;		/* ascending by bytes */
	uint32_t context_only;			/* a symbol that cannot be asked for, else UINT32_MAX */
	char interval[N_SETS][8];		/* "" where nothing is loaded */
	bool has_rates;
	int64_t range_from_ms, range_to_ms;	/* of the main candles, before any choice */
	int64_t limit_from_ms, limit_to_ms;	/* bounds that a query may name */
	int64_t from_ms, to_ms;			/* the window when it names none; INT64_MIN / INT64_MAX where open */
	size_t n_timeline;
	const int64_t *timeline;		/* of all symbols; NULL: not known */
	char data_id[65];			/* of everything in it, or "" */

	/* set by source_choose() */
	uint32_t context;			/* wanted for context only, else UINT32_MAX */
	uint32_t *taken;			/* source index of each market symbol */

	/* what is freed with it */
	struct columns *column;
	size_t n_columns;
	int64_t *own_timeline;
	struct bars *set[N_SETS];
	struct rates *rates;
	const char **name;
	void *map;
	size_t map_len;
};

/* Applies window, symbols, universe and the context symbol of q: sets from_ms, to_ms, wanted, context. */
bool source_choose(struct source *s, const struct market_query *q, struct fault *f) MUST_USE;
/* Builds the market of the wanted symbols; m owns s from now on. */
void source_take(struct source *s, const struct market_query *q, struct market *m);
void source_free(struct source *s);	/* NULL is fine */

/* Index of a name or -1. */
int64_t source_find(const struct source *s, const char *name, size_t len);

/* Sorted union of the main times of the symbols for which keep() is true; allocated. */
int64_t *timeline_of(const struct source *s, bool wanted_only, size_t *n);

/* Stores: the catalogue first, then, after source_choose(), the rows. NULL with *f set on failure. */
struct stores;
struct source *stores_open(struct stores **st, const struct market_query *q, struct fault *f);
bool stores_fetch(struct stores *st, struct source *s, struct fault *f) MUST_USE;
bool stores_fetch_times(struct stores *st, struct source *s, struct fault *f) MUST_USE;	/* t_ms of the main set only */
void stores_close(struct stores *st);

/* A pack, mapped and verified. */
struct source *pack_open(const char *path, struct fault *f);

#endif
