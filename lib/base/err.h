/* SPDX-License-Identifier: MIT
 * Messages and exit statuses. die() belongs in bin/, start-up code and the stream functions (stream.h);
 * every other library function returns bool or int marked MUST_USE and leaves the wording to its caller. */
#ifndef OCQ_BASE_ERR_H
#define OCQ_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum exit_status {
#define EXIT_ROW(name, number, meaning) EX_##name = number,
#include "base/exits.def"
#undef EXIT_ROW
};

/* Text of a status, "unknown" for a number that is not in exits.def. */
const char *exit_meaning(int status);

/* The name that messages start with; main() calls err_init(argv[0]) first. It also ignores SIGPIPE,
 * so that a closed reader is seen as EPIPE by stream.h, which then ends the program quietly, and SIGXFSZ, so that a file
 * that may not grow is an error like a full disk. A standard descriptor that is closed is filled. */
void err_init(const char *argv0);
extern const char *err_program;		/* "ocq-replay" */
extern bool err_quiet;			/* -q: note() says nothing */

/* Each prints one line "ocq-replay: <text>\n" on stderr in a single write. */
void note(const char *fmt, ...) PRINTF(1, 2);	/* progress and summaries; silent under -q */
void warn(const char *fmt, ...) PRINTF(1, 2);
_Noreturn void die(enum exit_status, const char *fmt, ...) PRINTF(2, 3);
_Noreturn void die_sys(enum exit_status, const char *fmt, ...) PRINTF(2, 3);	/* ...: <strerror(errno)> */

/* A message that a library function hands to its caller. Holds at most 511 bytes, always terminated. */
struct errmsg { char text[512]; };
/* Fills *e and returns false, so that `return errmsg_set(e, ...)` reads well. e may be NULL. */
bool errmsg_set(struct errmsg *e, const char *fmt, ...) PRINTF(2, 3);
/* For who calls a function that returns an exit status: dies with it and its message, unless it is EX_OK. */
void must(int status, const struct errmsg *e);

/* Memory: these never return NULL; out of memory is die(EX_RETRY). */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
void *xreallocarray(void *p, size_t n, size_t size);	/* an overflowing product is out of memory */
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);

#endif
