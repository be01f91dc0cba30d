/* SPDX-License-Identifier: MIT
 * The desk of ocq-sign: a line comes in, one answer goes out, in the order of the lines; no line ends the program.
 *   {"type":"sign","id":ID,"action":{...},"nonce":N,"vault":ADDRESS,"expires_ms":T,"network":NAME}
 *      -> signed {id, nonce, hash, address, body} or refused {id, limit, reason}
 *   {"type":"kill", ...} -> killed {id}: from now on only what cannot open or enlarge a position
 *   header and end -> nothing. Everything else is refused as malformed.
 * id is a text of 1 to 64 bytes; vault, expires_ms and network may be left out or null; a nonce or time is an integer below 2^53
 * or its digits as text. A member that sign does not know is refused; kill is obeyed whatever else it has. */
#ifndef OCQ_SIGN_DESK_H
#define OCQ_SIGN_DESK_H

#include "base/stream.h"
#include "sign/gate.h"
#include "sign/key.h"

#define SIGN_LINE_MAX (128u << 10)		/* bytes of a line; a longer one is refused */
#define SIGN_HEAP (16u << 20)			/* more than any line can make us allocate */

struct desk { struct signer *signer; struct gate gate; struct buf canonical, body, answer; };

void desk_init(struct desk *d, struct signer *s, const struct limits *l);	/* takes both over */
void desk_release(struct desk *d);		/* wipes the key */
/* How many answers it wrote. cut: the line was longer than SIGN_LINE_MAX, or has no newline; it is refused whatever it says. */
unsigned desk_line(struct desk *d, const char *line, size_t len, bool cut, int64_t now_ms, struct out *out);

#endif
