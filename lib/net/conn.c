/* SPDX-License-Identifier: MIT
 * Reading, writing and closing a non-blocking stream socket. */
#include "net/conn.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEP_MAX (1u << 20)	/* memory that an empty queue keeps */

void conn_open(struct conn *c, struct loop *l, int fd, loop_ready *ready, void *arg)
{
	*c = (struct conn){ .loop = l, .fd = fd };
	loop_fd(l, fd, POLLIN, ready, arg);
}

void conn_close(struct conn *c)
{
	if (c->fd >= 0) {
		loop_fd_drop(c->loop, c->fd);
		close(c->fd);
	}
	c->fd = -1;
	buf_release(&c->out);
	c->sent = 0;
}

bool conn_flush(struct conn *c)
{
	ssize_t n;

	while (conn_backlog(c)) {
		n = send(c->fd, c->out.data + c->sent, conn_backlog(c), MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return false;
		c->sent += (size_t)n;
	}
	if (!conn_backlog(c)) {
		buf_clear(&c->out);
		c->sent = 0;
		if (c->out.cap > KEEP_MAX)
			buf_release(&c->out);
	} else if (c->sent > c->out.len / 2) {
		c->out.len -= c->sent;
		memmove(c->out.data, c->out.data + c->sent, c->out.len);
		c->sent = 0;
	}
	return true;
}

void conn_watch(struct conn *c, bool reading)
{
	loop_fd_events(c->loop, c->fd, (short)((reading ? POLLIN : 0) | (conn_backlog(c) ? POLLOUT : 0)));
}

int conn_read(struct conn *c, char *to, size_t n)
{
	ssize_t got;

	while ((got = recv(c->fd, to, n, 0)) < 0 && errno == EINTR)
		;
	return got >= 0 ? (int)got : errno == EAGAIN ? -1 : -2;
}
