/* SPDX-License-Identifier: MIT
 * Weights by the list of questions. */
#include "hl/weight.h"

#include "hl/info.h"

enum { USUAL = 20, BATCH_SHARE = 40 };

unsigned hl_weight_action(unsigned batch)
{
	return 1 + batch / BATCH_SHARE;
}

unsigned hl_weight_info(const char *type)
{
	const struct hl_info *i = hl_info_find(type);

	return i ? i->weight : USUAL;
}

unsigned hl_weight_rows(const char *type, uint64_t rows)
{
	const struct hl_info *i = hl_info_find(type);

	return i && i->rows ? (unsigned)(rows / i->rows) : 0;
}

unsigned hl_weight_candles(uint64_t rows)
{
	return hl_weight_info("candleSnapshot") + hl_weight_rows("candleSnapshot", rows);
}
