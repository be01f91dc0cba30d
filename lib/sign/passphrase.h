/* SPDX-License-Identifier: MIT
 * A passphrase from the terminal, and from nowhere else. */
#ifndef OCQ_SIGN_PASSPHRASE_H
#define OCQ_SIGN_PASSPHRASE_H

#include "base/err.h"

#include <stddef.h>

struct passphrase { char text[1024]; size_t n; };

/* Asks on /dev/tty, without echo. False: there is no terminal, nothing or too much was typed, or a signal came. */
bool passphrase_ask(struct passphrase *p, const char *prompt, struct errmsg *e) MUST_USE;
/* Asks twice, and wants the same. */
bool passphrase_ask_new(struct passphrase *p, struct errmsg *e) MUST_USE;
void passphrase_wipe(struct passphrase *p);

#endif
