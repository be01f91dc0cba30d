/* SPDX-License-Identifier: MIT
 * What the files of pushes share. A message is made in x->message, then sent. */
#ifndef OCQ_VENUE_PUSH_H
#define OCQ_VENUE_PUSH_H

#include "venue/info.h"

/* deliver.c: a message begun, ended, and sent to all of a list. */
struct jsonw push_open(struct exchange *x, enum channel ch);
void push_close(struct jsonw *w);
void push_list(struct exchange *x, const struct sublist *l, const char *channel, const char *account);

/* push_market.c: what happened to a coin (true: something is left for later), and messages in full; false: there is nothing to show. */
bool push_coin(struct exchange *x, struct coin *c);
void push_mids(struct exchange *x);
void make_mids(struct exchange *x, const struct sub *s);
void make_bbo(struct exchange *x, const struct coin *c);
void make_book(struct exchange *x, const struct sub *s);
void make_ctx(struct exchange *x, const struct coin *c);
bool make_trades(struct exchange *x, const struct coin *c);
bool make_candle(struct exchange *x, const struct sub *s);

/* push_state.c: states of accounts */
void push_dirty(struct exchange *x);
void touch_holders(struct exchange *x);
void make_state(struct exchange *x, const struct sub *s);

#endif
