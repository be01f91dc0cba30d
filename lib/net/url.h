/* SPDX-License-Identifier: MIT
 * An exchange's address: what /info, /exchange and /ws lie below. */
#ifndef OCQ_NET_URL_H
#define OCQ_NET_URL_H

#include "base/err.h"

#include <stdbool.h>

/* http:// or https://, a host, perhaps a port and a path; no user, question or fragment. Returns it without slashes at its end, for the
 * caller to free; NULL: *e. */
char *url_base(const char *text, struct errmsg *e) MUST_USE;
/* The same for an option --url: what is wrong ends the program with EX_USAGE. */
char *url_option(const char *text);
/* path below it; the WebSocket of it. For the caller to free. */
char *url_below(const char *base, const char *path);
char *url_ws(const char *base);
/* This very host: localhost, 127.0.0.0/8 or [::1]. */
bool url_is_loopback(const char *base);

#endif
