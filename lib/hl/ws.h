/* SPDX-License-Identifier: MIT
 * WebSocket messages of the exchange to records, and the messages that are sent. Prices (candle, bbo, allMids) are read straight
 * from the text, without allocation; everything else through JSON tokens. */
#ifndef OCQ_HL_WS_H
#define OCQ_HL_WS_H

#include "base/buf.h"
#include "record/record.h"

enum hl_ws_kind {
	HL_WS_RECORD,		/* record: candle, bbo, mid, context, fill, order, funding, ledger, cancelled, liquidation */
	HL_WS_SNAPSHOT,		/* the first message of a subscription ends here: channel, user. Its records came before */
	HL_WS_SUBSCRIBED,	/* text: the subscription as the exchange put it, JSON */
	HL_WS_UNSUBSCRIBED,	/* the same */
	HL_WS_REFUSED,		/* text: what the exchange says, decoded; already: it was so before, which is success */
	HL_WS_PONG,
	HL_WS_POST,		/* id, post, text: the payload, JSON */
};
enum hl_ws_post { HL_POST_INFO, HL_POST_ACTION, HL_POST_ERROR };

/* Handed to a hl_ws_fn, valid until it returns. Texts are not terminated. A candle's record is a state of the bar: whether it
 * is closed is the reader's business. */
struct hl_ws_event {
	enum hl_ws_kind kind;
	const char *channel, *user, *text;	/* user: "" where the message names none */
	size_t n;				/* of text */
	uint64_t id;
	enum hl_ws_post post;
	bool already;
	struct record record;			/* .line is not set */
};
typedef void hl_ws_fn(void *arg, const struct hl_ws_event *);

/* Reads one whole message. now_ms: when it was received, t_ms of mids and contexts. scratch is the reader's memory, one per
 * connection or thread; what an event's kind does not name is left over from earlier ones. Events come in the message's order, one
 * for each row. Text that is no JSON object (a greeting), unknown channels and unknown keys are ignored: true without an
 * event. False: a message that is broken, or lacks or has wrong what its channel promises; events before the place were handed on. */
bool hl_ws_read(struct hl_ws_event *scratch, const char *text, size_t n, int64_t now_ms, hl_ws_fn *fn, void *arg,
		struct errmsg *e) MUST_USE;

/* What is sent; each appends one whole message. subscription is JSON, see below. */
void hl_ws_subscribe(struct buf *b, const char *subscription, size_t n);
void hl_ws_unsubscribe(struct buf *b, const char *subscription, size_t n);
void hl_ws_ping(struct buf *b);
void hl_ws_post_info(struct buf *b, uint64_t id, const char *body, size_t n);	/* body: as for POST /info */
void hl_ws_post_action(struct buf *b, uint64_t id, const char *body, size_t n);	/* body: as for POST /exchange */

/* Subscriptions as JSON, appended: {"type":"candle","coin":"BTC","interval":"1h"} and so on. user in lower case. */
void hl_ws_sub_mids(struct buf *b);
void hl_ws_sub_bbo(struct buf *b, const char *symbol);
void hl_ws_sub_candle(struct buf *b, const char *symbol, const char *interval);
void hl_ws_sub_user(struct buf *b, const char *type, const char *user);		/* userFills, orderUpdates, userFundings, ... */

/* Whether an acknowledgement is of this subscription: every member of `sent` stands in `acked` with the same value, in any
 * order; addresses in any case. False as well if either is not an object. */
bool hl_ws_same(const char *sent, size_t n, const char *acked, size_t m);

#endif
