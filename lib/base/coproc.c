/* SPDX-License-Identifier: MIT
 * Running a command and talking with it, both ways at once. */
#include "base/coproc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_SIZE (256u << 10)
#define PIPE_SIZE (1 << 20)	/* asked for; what the system gives is enough */

static pid_t running;

static void stop_running(void)
{
	if (running)
		kill(running, SIGTERM);
}

/* SIGPIPE, which we ignore, ends it as it would any command. */
static int spawn(pid_t *pid, char **argv, int in, int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t pipe_signal;
	int error;

	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawnattr_setsigdefault(&attr, &pipe_signal);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	error = posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return error;
}

bool coproc_start(struct coproc *c, char **argv, struct errmsg *e)
{
	static bool registered;
	int in[2], out[2], error;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		die_sys(EX_RETRY, "no pipe for %s", argv[0]);
	*c = (struct coproc){ .name = argv[0], .in = in[1], .out = out[0] };
	buf_reserve(&c->from, READ_SIZE);
	fcntl(c->in, F_SETFL, O_NONBLOCK);	/* of our end alone */
	fcntl(c->in, F_SETPIPE_SZ, PIPE_SIZE);
	fcntl(c->out, F_SETPIPE_SZ, PIPE_SIZE);
	error = spawn(&c->pid, argv, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	if (error) {
		close(c->in);
		close(c->out);
		buf_release(&c->from);
		return errmsg_set(e, "%s: cannot be run: %s", argv[0], strerror(error));
	}
	running = c->pid;
	if (!registered)
		registered = atexit(stop_running) == 0;
	return true;
}

/* ---- to the command ---- */

static void close_in(struct coproc *c)
{
	if (c->in >= 0)
		close(c->in);
	c->in = -1;
	buf_clear(&c->to);
	c->sent = 0;
}

void coproc_send(struct coproc *c, const void *bytes, size_t n)
{
	if (c->in >= 0)
		buf_add(&c->to, bytes, n);
}

void coproc_shut(struct coproc *c)
{
	c->shut = true;
	if (c->sent == c->to.len)
		close_in(c);
}

/* A command that reads no more gets no more: what it has to say comes by its output and its status. */
static void write_some(struct coproc *c)
{
	ssize_t n = write(c->in, c->to.data + c->sent, c->to.len - c->sent);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		close_in(c);
		return;
	}
	c->sent += n > 0 ? (size_t)n : 0;
	if (c->sent < c->to.len)
		return;
	buf_clear(&c->to);
	c->sent = 0;
	if (c->shut)
		close_in(c);
}

/* ---- from the command ---- */

static void read_some(struct coproc *c)
{
	ssize_t n;

	if (c->at) {
		memmove(c->from.data, c->from.data + c->at, c->from.len - c->at);
		c->from.len -= c->at;
		c->at = 0;
	}
	buf_reserve(&c->from, READ_SIZE);
	n = read(c->out, c->from.data + c->from.len, READ_SIZE);
	if (n < 0 && errno == EINTR)
		return;
	if (n < 0)
		die_sys(EX_RETRY, "%s: cannot be read", c->name);
	c->from.len += (size_t)n;
	if (n == 0) {
		close(c->out);
		c->out = -1;
	}
}

static void stop(struct coproc *c)
{
	c->stopped = true;
	kill(c->pid, SIGTERM);
	close_in(c);
}

/* Waits until something can be done, and does it. */
static void turn(struct coproc *c)
{
	struct pollfd p[] = {
		{ .fd = c->out, .events = POLLIN },
		{ .fd = c->sent < c->to.len ? c->in : -1, .events = POLLOUT },
		{ .fd = c->stopped ? -1 : stream_stop_fd(), .events = POLLIN },
	};

	while (poll(p, 3, -1) < 0)
		if (errno != EINTR)
			die_sys(EX_RETRY, "%s: cannot be waited for", c->name);
	if (p[2].revents)
		stop(c);
	else if (p[1].revents)
		write_some(c);
	if (p[0].revents)
		read_some(c);
}

bool coproc_line(struct coproc *c, struct out *flush, const char **line, size_t *len)
{
	size_t seen = 0;	/* bytes of this line known to hold no newline */
	char *newline;

	while (!(newline = memchr(c->from.data + c->at + seen, '\n', c->from.len - c->at - seen))) {
		seen = c->from.len - c->at;
		if (c->out < 0) {
			c->torn = seen > 0;
			return false;
		}
		if (seen > LINE_LIMIT)
			die(EX_DATA, "%s:%" PRIu64 ": line is longer than %u bytes", c->name, c->line + 1, LINE_LIMIT);
		out_flush(flush);
		turn(c);
	}
	*line = c->from.data + c->at;
	*len = (size_t)(newline - *line);
	c->at += *len + 1;
	c->line++;
	return true;
}

int coproc_end(struct coproc *c)
{
	int status;

	close_in(c);
	if (c->out >= 0)
		close(c->out);
	while (waitpid(c->pid, &status, 0) < 0)
		if (errno != EINTR)
			die_sys(EX_RETRY, "%s: cannot be waited for", c->name);
	running = 0;
	buf_release(&c->to);
	buf_release(&c->from);
	return status;
}
