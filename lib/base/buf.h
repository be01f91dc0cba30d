/* SPDX-License-Identifier: MIT
 * A growing byte buffer. Never NULL-terminated unless buf_cstr() is asked for; data is owned by the buffer. */
#ifndef OCQ_BASE_BUF_H
#define OCQ_BASE_BUF_H

#include "base/err.h"

struct buf { char *data; size_t len, cap; };
#define BUF_INIT { 0 }

void buf_reserve(struct buf *b, size_t more);		/* room for `more` bytes after len */
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
const char *buf_cstr(struct buf *b);			/* valid until the next change */
void buf_clear(struct buf *b);				/* len = 0, memory kept */
void buf_release(struct buf *b);			/* frees; b is BUF_INIT again */

/* Reads a whole file ("-" is stdin). False with a message that names the file. Refuses more than max bytes. */
bool buf_read_file(struct buf *b, const char *path, size_t max, struct errmsg *e) MUST_USE;

#endif
