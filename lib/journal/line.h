/* SPDX-License-Identifier: MIT
 * The form of a line (journal.h): made by the append, checked by readers. Private to the journal. */
#ifndef OCQ_JOURNAL_LINE_H
#define OCQ_JOURNAL_LINE_H

#include "journal/journal.h"

/* Is it a record that may be appended? False with what is wrong. */
bool line_check(const char *line, size_t n, struct errmsg *e) MUST_USE;
/* Adds the line of a checked record, newline included. */
void line_seal(struct buf *out, const char *record, size_t n, uint64_t seq, int64_t ts_ms, uint32_t more);

/* Reads a line of n bytes without its newline; false if its form or its checksum is wrong. Its text is record->line with '}' where the
 * checksum began: line_open() puts it there. */
bool line_read(const char *line, size_t n, struct journal_record *record) MUST_USE;
/* The same for a line whose checksum has been found right. */
bool line_parse(const char *line, size_t n, struct journal_record *record) MUST_USE;
void line_open(char *line, const struct journal_record *record);

#endif
