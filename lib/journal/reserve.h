/* SPDX-License-Identifier: MIT
 * Room on the disk that is kept for what must be appended when there is no other (journal.h). The lock of the directory is held. Private to
 * the journal. */
#ifndef OCQ_JOURNAL_RESERVE_H
#define OCQ_JOURNAL_RESERVE_H

#include <stdbool.h>

/* Makes it if it is not there. False: the disk has no room for it, and there is none. */
bool reserve_make(int dir_fd);
/* False: there was none. */
bool reserve_give_up(int dir_fd);

#endif
