/* SPDX-License-Identifier: MIT
 * Request weight of an address, shared by all processes of a host. The venue keeps a level that rises with each request and
 * drains evenly, a minute's weight in a minute; who would pass it is answered 429. The budget is a small mapped file under a lock
 * that dies with its holder, and every entry is worth something by itself, so a process may be killed anywhere.
 *
 * A request takes its weight before it is sent and settles it when it is over. The venue counted it at some moment between the two,
 * unknown to us, so it drains from then on. Hence our level is never below the venue's, however long answers take. What a
 * killed process left open weighs for a minute and a half.
 *
 * Times are clock_ms(): on a simulated clock the minute is simulated too. */
#ifndef OCQ_NET_BUDGET_H
#define OCQ_NET_BUDGET_H

#include "base/err.h"

#include <stdint.h>

#define BUDGET_PER_MINUTE 1200

/* Who goes first. With a reserve R declared by any process that is alive, reads leave R of the minute free, and backfill leaves 2 R
 * and weighs twice; without one all classes may use everything. A level that starts empty lets two minutes' weight through in its first
 * minute. Should a venue count the last 60 s instead, that is a 429 for whoever comes last, which must not be an order: weighing
 * twice, backfill keeps to either way of counting. */
enum budget_class { BUDGET_ORDER, BUDGET_READ, BUDGET_BACKFILL };

/* The file for the venue of a URL: $XDG_RUNTIME_DIR/ocq/budget3-HOST (else in /tmp/ocq-UID), another one for each
 * simulated clock. The caller frees it. */
char *budget_path(const char *url);

/* Opens or creates the file and its directory. per_minute 0: 1200. reserve: what this process wants kept for its orders, as long
 * as it lives. NULL: *e says why. */
struct budget *budget_open(const char *path, uint32_t per_minute, uint32_t reserve, struct errmsg *e) MUST_USE;
void budget_close(struct budget *b);

/* Takes weight for one request: 0, and *ticket is what to settle; else the ms of clock_ms() after which to ask again (at least 1).
 * Never blocks longer than another process looks at the table (microseconds). A weight above per_minute is taken once nothing else
 * weighs. */
int64_t budget_take(struct budget *b, uint32_t weight, enum budget_class c, uint32_t *ticket) MUST_USE;
/* The request is over; it cost `weight` (rows of the answer may change it). 0: nothing was counted: it never left, or was refused. */
void budget_settle(struct budget *b, uint32_t ticket, uint32_t weight);
/* The venue said 429: nobody sends for retry_after_s (< 0: not given), at least 5 s, doubled for each 429 that comes after such a
 * wait, up to two minutes, until a request is settled with a weight. Call it before that request is settled. */
void budget_refused(struct budget *b, int retry_after_s);

uint32_t budget_used(struct budget *b);		/* weight that counts now */

#endif
