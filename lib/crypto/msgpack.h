/* SPDX-License-Identifier: MIT
 * A msgpack writer: every value in its shortest form. Maps and arrays are headers; the caller writes as many members. */
#ifndef OCQ_CRYPTO_MSGPACK_H
#define OCQ_CRYPTO_MSGPACK_H

#include "base/buf.h"

#include <stdint.h>

void mp_map(struct buf *b, uint32_t pairs);
void mp_array(struct buf *b, uint32_t n);
void mp_str(struct buf *b, const char *s, size_t n);	/* n bytes of UTF-8, less than 4 GiB */
void mp_u64(struct buf *b, uint64_t v);
void mp_i64(struct buf *b, int64_t v);
void mp_bool(struct buf *b, bool v);
void mp_nil(struct buf *b);

#endif
