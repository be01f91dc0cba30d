/* SPDX-License-Identifier: MIT
 * What keeps a key inside its process: nobody attaches, nothing is dumped, and after sandbox_enter() the kernel ends the
 * process at any system call other than reading, writing, waiting and leaving. */
#ifndef OCQ_SIGN_SANDBOX_H
#define OCQ_SIGN_SANDBOX_H

#include "base/err.h"

/* First of all, before the key is read: no core, no debugger, no inherited descriptor but the standard three, memory kept from
 * swap as far as the limit on locked memory allows. */
bool sandbox_prepare(struct errmsg *e) MUST_USE;
/* Once everything is open: the environment is cleared, heap_bytes of heap are set aside, for no memory can be had later, and the
 * filter is set. Never undone. */
bool sandbox_enter(size_t heap_bytes, struct errmsg *e) MUST_USE;

#endif
