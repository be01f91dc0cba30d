/* SPDX-License-Identifier: MIT
 * An earlier output of a sweep that is to be continued: which rows it has, and whether it belongs to this sweep
 * (docs/sweep.md "Stopping and going on"). */
#ifndef OCQ_ENGINE_RESUME_H
#define OCQ_ENGINE_RESUME_H

#include "base/stream.h"
#include "engine/point.h"

struct resume {
	const char *path;
	bool has_header, has_end;
	uint64_t rows;			/* whole rows */
	struct resume_row *seen;	/* private: what rows there are */
	uint64_t slots;
};

/* path NULL or a file that does not exist: nothing was done yet. A last line without newline was torn and does not count; if out
 * writes to the same file, it is cut off, and so is an end, behind which more may come; the file is locked then. Dies
 * with EX_DATA for anything that is no result stream, and when its header names another configuration, contract or row
 * form. */
void resume_open(struct resume *r, const char *path, struct out *out, const char *config_id, const char *contract_id, const char *rows);
/* Is there a row of this candidate? RESUME_OTHER: one of its id, but of another candidate. */
enum resume_answer { RESUME_NO, RESUME_YES, RESUME_OTHER };
enum resume_answer resume_has(const struct resume *r, const struct point *pt);
void resume_close(struct resume *r);

#endif
