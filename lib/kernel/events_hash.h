/* SPDX-License-Identifier: MIT
 * 128 bits over the canonical event stream: equal hash, equal trades (docs/parity.md "Events hash"). Eight 64-bit words an
 * event: time, symbol name, action and reason, and the bits of size, price, fee, pnl, balance, with +0 for -0. */
#ifndef OCQ_KERNEL_EVENTS_HASH_H
#define OCQ_KERNEL_EVENTS_HASH_H

#include "kernel/event.h"

struct events_hash { uint64_t a, b, n; };

KERNEL_FN void events_hash_init(struct events_hash *h);
KERNEL_FN void events_hash_add(struct events_hash *h, const struct event *e, uint64_t name_hash);
KERNEL_FN void events_hash_end(const struct events_hash *h, uint64_t out[2]);

#endif
