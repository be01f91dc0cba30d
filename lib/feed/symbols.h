/* SPDX-License-Identifier: MIT
 * Lists of symbols: "BTC,ETH", or @FILE with such a list a line, # for comments; the top N by volume from the answer of
 * metaAndAssetCtxs. Exact case is kept. */
#ifndef OCQ_FEED_SYMBOLS_H
#define OCQ_FEED_SYMBOLS_H

#include "record/record.h"

struct symbol_list { unsigned n, cap; const char **at; };	/* owned; .at serves as const char *const * */

void symbol_list_release(struct symbol_list *l);
bool symbol_list_has(const struct symbol_list *l, const char *symbol);
/* Once each. False: it is no symbol. */
bool symbol_list_add(struct symbol_list *l, const char *s, size_t len, struct errmsg *e) MUST_USE;
/* The same for an account, 0x and 40 hexadecimal digits, kept in lower case. */
bool user_list_add(struct symbol_list *l, const char *s, size_t len, struct errmsg *e) MUST_USE;
bool user_list_read(struct symbol_list *l, const char *text, struct errmsg *e) MUST_USE;	/* a comma list */
/* A list or @FILE; adds to *l, which holds what came before the fault if there is one. */
bool symbol_list_read(struct symbol_list *l, const char *text, struct errmsg *e) MUST_USE;
/* The n perpetuals of the highest day's volume, of at least min_usd; delisted ones are left out, equal ones keep the exchange's
 * order. */
bool symbol_list_top(struct symbol_list *l, const char *answer, size_t len, unsigned n, double min_usd, struct errmsg *e) MUST_USE;

/* The file behind @FILE: true when it is another one, or has another time or size, than when last asked. text may be a list:
 * never. */
struct symbol_file { int64_t stamp_ns, size; uint64_t inode; };
bool symbol_file_changed(struct symbol_file *f, const char *text);

#endif
