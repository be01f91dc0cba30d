/* SPDX-License-Identifier: MIT
 * Places for series on a device, as a table on the host: which series is where, who uses it, and what makes way for another. The
 * device's memory is cut into equal slots once, since taking and returning it would stop the device each time. */
#ifndef OCQ_ENGINE_SLOTS_H
#define OCQ_ENGINE_SLOTS_H

#include "engine/cache.h"

struct slots;

struct slots *slots_open(uint32_t n);
void slots_close(struct slots *s);

/* The slot of a series, held until slots_give(): its own, or else the one of a series that was used longest ago. *fresh: the caller
 * has to put it there and then says slots_filled(), before it waits for those of others. Any thread may call. Dies when all
 * slots are held: users share out the n among themselves. */
uint32_t slots_take(struct slots *s, const struct cache_key *key, bool *fresh);
void slots_filled(struct slots *s, uint32_t slot, bool ok);
/* Waits until whoever fills the slot has done so. False: it was not. */
bool slots_wait(struct slots *s, uint32_t slot);
void slots_give(struct slots *s, uint32_t slot);

#endif
