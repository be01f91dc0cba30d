/* SPDX-License-Identifier: MIT
 * systemd's notification socket: READY=1, WATCHDOG=1. Nothing happens without NOTIFY_SOCKET. */
#ifndef OCQ_FEED_NOTIFY_H
#define OCQ_FEED_NOTIFY_H

#include <stdint.h>

void notify_send(const char *state);	/* "READY=1" */
int64_t notify_watchdog_ms(void);	/* how often WATCHDOG=1 is wanted: half of what systemd allows; 0: not at all */

#endif
