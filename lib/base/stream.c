/* SPDX-License-Identifier: MIT
 * Bytes in and out of a program: line input, buffered output, files that are replaced whole, the stop signal. */
#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (256u << 10)
#define STOP_MS 3000	/* that a reader who does not read is given once the program shall stop */

/* ---- files replaced whole ---- */

/* A temporary sibling of path with the old file's mode, or the mode that open() would give a new one. */
static int temp_open(const char *path, char **temp, struct errmsg *e)
{
	struct stat old;
	mode_t mask;
	int fd;

	if (stat(path, &old) < 0) {
		mask = umask(0);
		umask(mask);
		old.st_mode = 0666 & ~mask;
	}
	*temp = xmalloc(strlen(path) + sizeof ".XXXXXX");
	strcpy(stpcpy(*temp, path), ".XXXXXX");
	fd = mkostemp(*temp, O_CLOEXEC);
	if (fd >= 0 && fchmod(fd, old.st_mode & 07777) == 0)
		return fd;
	errmsg_set(e, "%s: cannot be created: %s", path, strerror(errno));
	if (fd >= 0) {
		unlink(*temp);
		close(fd);
	}
	free(*temp);
	*temp = NULL;
	return -1;
}

/* The name is durable only when its directory is. */
static bool sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xstrndup(path, slash > path ? (size_t)(slash - path) : 1) : xstrdup(".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(dir);
	return ok;
}

/* Closes fd in every case; the temporary is gone afterwards, either renamed or removed. */
static bool temp_commit(int fd, const char *temp, const char *path, struct errmsg *e)
{
	bool ok = fsync(fd) == 0;

	if (close(fd) < 0)
		ok = false;
	ok = ok && rename(temp, path) == 0;
	if (!ok) {
		errmsg_set(e, "%s: cannot be written: %s", path, strerror(errno));
		unlink(temp);
		return false;
	}
	return sync_directory(path) || errmsg_set(e, "%s: its directory cannot be synced: %s", path, strerror(errno));
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* Behind a symbolic link the file is replaced, not the link. */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

/* Devices and pipes are written to, never replaced. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static bool special_write(const char *path, const void *bytes, size_t n, struct errmsg *e)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write_all(fd, bytes, n);

	if (fd >= 0 && close(fd) < 0)
		ok = false;
	return ok || errmsg_set(e, "%s: cannot be written: %s", path, strerror(errno));
}

bool file_replace(const char *path, const void *bytes, size_t n, struct errmsg *e)
{
	char *real, *temp;
	bool ok = false;
	int fd;

	if (is_special(path))
		return special_write(path, bytes, n, e);
	real = resolve(path);
	fd = temp_open(real, &temp, e);
	if (fd >= 0 && write_all(fd, bytes, n)) {
		ok = temp_commit(fd, temp, real, e);
	} else if (fd >= 0) {
		errmsg_set(e, "%s: cannot be written: %s", path, strerror(errno));
		close(fd);
		unlink(temp);
	}
	free(temp);
	free(real);
	return ok;
}

/* ---- output ---- */

/* Temporaries of outputs that are still open: a program that dies must not leave them behind. */
static struct { char **temp; size_t n; } unfinished;

static void remove_unfinished(void)
{
	for (size_t i = 0; i < unfinished.n; i++)
		unlink(unfinished.temp[i]);
}

static void unfinished_add(char *temp)
{
	static bool registered;

	if (!registered)
		registered = atexit(remove_unfinished) == 0;
	unfinished.temp = xreallocarray(unfinished.temp, unfinished.n + 1, sizeof *unfinished.temp);
	unfinished.temp[unfinished.n++] = temp;
}

static void unfinished_drop(const char *temp)
{
	for (size_t i = 0; i < unfinished.n; i++)
		if (unfinished.temp[i] == temp) {
			unfinished.temp[i] = unfinished.temp[--unfinished.n];
			break;
		}
	if (!unfinished.n) {
		free(unfinished.temp);
		unfinished.temp = NULL;
	}
}

void out_fd(struct out *o, int fd, const char *name)
{
	*o = (struct out){ .fd = fd, .name = name, .cap = BLOCK };
	o->data = xmalloc(o->cap);
}

void out_memory(struct out *o)
{
	out_fd(o, -1, "memory");
}

void out_open(struct out *o, const char *path)
{
	struct errmsg e;
	int fd;

	if (strcmp(path, "-") == 0) {
		out_fd(o, STDOUT_FILENO, "stdout");
		return;
	}
	if (is_special(path)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			die_sys(EX_RETRY, "%s: cannot be opened for writing", path);
		out_fd(o, fd, path);
		return;
	}
	out_fd(o, -1, path);
	o->path = resolve(path);
	o->fd = temp_open(o->path, &o->temp, &e);
	if (o->fd < 0)
		die(EX_RETRY, "%s", e.text);
	unfinished_add(o->temp);
}

static void out_forget(struct out *o)
{
	if (o->temp)
		unfinished_drop(o->temp);
	free(o->data);
	free(o->path);
	free(o->temp);
	*o = (struct out){ .fd = -1 };
}

_Noreturn static void out_failed(const struct out *o)
{
	if (errno == EPIPE)
		exit(EX_OK);	/* the reader has had enough */
	die_sys(EX_RETRY, "%s: cannot be written", o->name);
}

/* Whether the reader has room. Once the program shall stop it does not wait for one that has gone to sleep for ever. */
static bool reader_takes(const struct out *o)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };
	int n;

	while ((n = poll(&p, 1, STOP_MS)) < 0 && errno == EINTR)
		;
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0;
}

/* Once the program shall stop, in parts that a pipe takes without a wait. */
static bool write_out(struct out *o)
{
	size_t at = 0;

	while (at < o->len) {
		size_t n = o->len - at;
		ssize_t w;

		if (stream_stop && !reader_takes(o))
			return false;
		w = write(o->fd, o->data + at, stream_stop && n > PIPE_BUF ? PIPE_BUF : n);
		if (w < 0 && errno != EINTR)
			return false;
		at += w > 0 ? (size_t)w : 0;
	}
	return true;
}

void out_flush(struct out *o)
{
	if (o->fd < 0)
		return;
	if (!write_out(o))
		out_failed(o);
	o->len = 0;
}

char *out_room(struct out *o, size_t n)
{
	if (o->cap - o->len < n) {
		out_flush(o);
		if (o->cap - o->len < n) {
			o->cap = o->fd < 0 ? 2 * o->cap + n : n;
			o->data = xrealloc(o->data, o->cap);
		}
	}
	return o->data + o->len;
}

void out_add(struct out *o, const void *bytes, size_t n)
{
	memcpy(out_room(o, n), bytes, n);
	o->len += n;
}

void out_close(struct out *o)
{
	struct errmsg e;

	out_flush(o);
	if (o->temp) {
		unfinished_drop(o->temp);
		if (!temp_commit(o->fd, o->temp, o->path, &e))
			die(EX_RETRY, "%s", e.text);
		free(o->temp);
		o->temp = NULL;
	} else if (close(o->fd) < 0) {
		out_failed(o);	/* some file systems report a full disk only here */
	}
	out_forget(o);
}

void out_abandon(struct out *o)
{
	if (o->temp)
		unlink(o->temp);
	if (o->fd > STDERR_FILENO)
		close(o->fd);
	out_forget(o);
}

/* ---- the stop signal ---- */

volatile int stream_stop;
static int stop_pipe[2] = { -1, -1 };	/* readable once stopped, so that a wait for input cannot miss the signal */

static void on_stop(int signal_number)
{
	int error = errno;

	(void)signal_number;
	stream_stop = 1;
	if (write(stop_pipe[1], "", 1) < 0)
		stream_stop = 1;	/* the pipe is full: it is readable already */
	errno = error;
}

void stream_signals(void)
{
	struct sigaction action = { .sa_handler = on_stop };

	if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) < 0 || sigaction(SIGTERM, &action, NULL) < 0 || sigaction(SIGINT, &action, NULL) < 0)
		die_sys(EX_RETRY, "signals cannot be set up");
}

int stream_stop_fd(void) { return stop_pipe[0]; }

static int poll_readable(int fd, int timeout_ms)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = stop_pipe[0], .events = POLLIN } };
	int n;

	while ((n = poll(p, 2, timeout_ms)) < 0 && errno == EINTR)
		;
	return n;
}

/* Waits until the input can be read; false when the program shall stop. */
static bool wait_readable(const struct in *i)
{
	bool tell = i->waits && poll_readable(i->fd, 0) == 0;

	if (tell)
		i->waits(i->waits_arg, true);
	if (tell || stop_pipe[0] >= 0)
		poll_readable(i->fd, -1);
	if (tell)
		i->waits(i->waits_arg, false);
	return !stream_stop;
}

/* ---- input ---- */

void in_fd(struct in *i, int fd, const char *name)
{
	*i = (struct in){ .fd = fd, .name = name, .cap = BLOCK };
	i->data = xmalloc(i->cap);
}

void in_open(struct in *i, const char *path)
{
	if (strcmp(path, "-") == 0) {
		in_fd(i, STDIN_FILENO, "stdin");
		return;
	}
	in_fd(i, open(path, O_RDONLY | O_CLOEXEC), path);
	if (i->fd < 0)
		die_sys(EX_DATA, "%s: cannot be opened", path);
}

void in_close(struct in *i)
{
	if (i->fd > STDERR_FILENO)
		close(i->fd);
	free(i->data);
	*i = (struct in){ .fd = -1 };
}

void in_die(struct in *i, const char *fmt, ...)
{
	struct errmsg e;
	va_list ap;

	if (i->settle)
		i->settle(i->settle_arg);
	if (i->flush)
		out_flush(i->flush);	/* what the lines before this one gave */
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof e.text, fmt, ap);
	va_end(ap);
	die(EX_DATA, "%s:%" PRIu64 ": %s", i->name, i->line, e.text);
}

/* Room behind the unfinished line: moves it to the front, grows when it fills the buffer. */
static void in_make_room(struct in *i)
{
	if (i->at) {
		memmove(i->data, i->data + i->at, i->end - i->at);
		i->end -= i->at;
		i->at = 0;
	}
	if (i->end < i->cap)
		return;
	if (i->cap > LINE_LIMIT) {
		i->line++;
		in_die(i, "line is longer than %u bytes", LINE_LIMIT);
	}
	i->cap *= 2;
	i->data = xrealloc(i->data, i->cap);
}

/* False at the end of the input or when the program shall stop. */
static bool in_fill(struct in *i)
{
	ssize_t n;

	if (i->flush)
		out_flush(i->flush);
	in_make_room(i);
	do {
		if (!wait_readable(i))
			return false;
		n = read(i->fd, i->data + i->end, i->cap - i->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		die_sys(EX_RETRY, "%s:%" PRIu64 ": cannot be read", i->name, i->line + 1);
	i->end += (size_t)n;
	i->eof = n == 0;
	return n > 0;
}

bool in_line(struct in *i, const char **line, size_t *len)
{
	size_t seen = 0;	/* bytes of this line known to hold no newline */
	char *newline;

	i->cut = false;
	if (stream_stop)
		return false;
	while (!(newline = memchr(i->data + i->at + seen, '\n', i->end - i->at - seen))) {
		seen = i->end - i->at;
		if (i->limit && seen > i->limit) {
			i->cut = true;
			i->at = i->end;
			seen = 0;
		}
		if (!i->eof && in_fill(i))
			continue;
		if (stream_stop || (seen == 0 && !i->cut))
			return false;
		i->torn = true;
		break;
	}
	*line = i->data + i->at;
	*len = newline ? (size_t)(newline - *line) : seen;
	i->cut |= i->limit && *len > i->limit;
	if (*len > LINE_LIMIT) {
		i->line++;
		in_die(i, "line is longer than %u bytes", LINE_LIMIT);
	}
	i->at += *len + (newline != NULL);
	i->line++;
	return true;
}
