/* SPDX-License-Identifier: MIT
 * The growing byte buffer, and reading a whole file into one. */
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_STEP (64u << 10)

void buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more, cap = b->cap ? b->cap : 64;

	if (need < more)
		die(EX_RETRY, "out of memory");
	if (need <= b->cap)
		return;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	b->data = xrealloc(b->data, cap);
	b->cap = cap;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	if (!n)
		return;
	buf_reserve(b, n);
	memcpy(b->data + b->len, bytes, n);
	b->len += n;
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	buf_reserve(b, 1);
	b->data[b->len++] = c;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		buf_reserve(b, (size_t)n + 1);
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

const char *buf_cstr(struct buf *b)
{
	buf_reserve(b, 1);
	b->data[b->len] = '\0';
	return b->data;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
}

void buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT;
}

/* Reads to the end or to one byte more than max, which is how a file that is too large shows. */
static bool read_fd(struct buf *b, int fd, size_t max)
{
	size_t room = max < SIZE_MAX ? max + 1 : max, start = b->len;

	for (;;) {
		size_t left = room - (b->len - start);
		ssize_t n;

		if (left > READ_STEP)
			left = READ_STEP;
		buf_reserve(b, left);
		n = read(fd, b->data + b->len, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		b->len += (size_t)n;
	}
}

bool buf_read_file(struct buf *b, const char *path, size_t max, struct errmsg *e)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "stdin" : path;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	size_t start = b->len;
	bool ok;

	if (fd < 0)
		return errmsg_set(e, "%s: cannot be opened: %s", name, strerror(errno));
	ok = read_fd(b, fd, max);
	if (!ok)
		errmsg_set(e, "%s: cannot be read: %s", name, strerror(errno));
	else if (b->len - start > max)
		ok = errmsg_set(e, "%s: larger than %zu bytes", name, max);
	if (!is_stdin)
		close(fd);
	if (!ok)
		b->len = start;
	return ok;
}
