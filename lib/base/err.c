/* SPDX-License-Identifier: MIT
 * How a program speaks on stderr and ends, and memory that never fails quietly. */
#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX 2048

const char *err_program = "ocq";
bool err_quiet;

const char *exit_meaning(int status)
{
	switch (status) {
#define EXIT_ROW(name, number, meaning) case number: return meaning;
#include "base/exits.def"
#undef EXIT_ROW
	}
	return "unknown";
}

/* A standard descriptor that the caller closed would go to the next file that is opened. stdin becomes empty, stdout cannot be
 * written to, stderr leads nowhere. */
static void fill_standard(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EX_RETRY);
}

void err_init(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	err_program = slash ? slash + 1 : argv0;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	fill_standard();
}

/* A message may quote what came from outside, and a terminal obeys control characters. */
static void make_plain(char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
}

/* One write per message: programs of a pipeline share stderr, and their lines must not mix. */
static void say(const char *fmt, va_list ap, int error)
{
	char line[MESSAGE_MAX];
	const size_t room = sizeof line - 1;
	size_t n = (size_t)snprintf(line, room, "%s: ", err_program);

	if (n < room)
		n += (size_t)vsnprintf(line + n, room - n, fmt, ap);
	if (n < room && error)
		n += (size_t)snprintf(line + n, room - n, ": %s", strerror(error));
	if (n >= room)
		n = room - 1;
	make_plain(line, n);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return;	/* there is nobody left to tell */
}

void note(const char *fmt, ...)
{
	va_list ap;

	if (err_quiet)
		return;
	va_start(ap, fmt);
	say(fmt, ap, 0);
	va_end(ap);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, 0);
	va_end(ap);
}

void die(enum exit_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, 0);
	va_end(ap);
	exit(status);
}

void die_sys(enum exit_status status, const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, error);
	va_end(ap);
	exit(status);
}

bool errmsg_set(struct errmsg *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return false;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return false;
}

void must(int status, const struct errmsg *e)
{
	if (status != EX_OK)
		die((enum exit_status)status, "%s", e->text);
}

static void *got(void *p)
{
	if (!p)
		die(EX_RETRY, "out of memory");
	return p;
}

void *xmalloc(size_t n)
{
	return got(malloc(n ? n : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return got(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t n)
{
	return got(realloc(p, n ? n : 1));
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		got(NULL);
	return xrealloc(p, n * size);
}

char *xstrdup(const char *s)
{
	return got(strdup(s));
}

char *xstrndup(const char *s, size_t n)
{
	return got(strndup(s, n));
}
