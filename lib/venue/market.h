/* SPDX-License-Identifier: MIT
 * Making the market file of an exchange: its answers meta, spotMeta and perpDexs for a list of symbols. */
#ifndef OCQ_VENUE_MARKET_H
#define OCQ_VENUE_MARKET_H

#include "base/buf.h"

#include <stdint.h>

/* Appends JSON text. Coins that everybody knows get the lots and leverage of the real exchange, others what suits their price (NULL:
 * unknown). */
void market_write(struct buf *out, const char *const *name, const double *px, uint32_t n);

#endif
