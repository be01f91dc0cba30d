/* SPDX-License-Identifier: MIT
 * Lines over unix-domain sockets, server and client. */
#include "net/unix.h"

#include "net/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_SIZE (64u << 10)
#define ACCEPT_AT_ONCE 32

/* A server, or the company of the one peer that unix_connect() made. */
struct unix_server {
	struct loop *loop;
	struct unix_options o;
	struct unix_handlers on;
	void *arg;
	char *path;		/* NULL: no server */
	int fd;
	struct peer *peers, *marked;
	unsigned n;
};

/* Marked: has output, or is over; settle() sees to it before the loop waits, and is the only place where a peer is freed. */
struct peer {
	struct unix_peer public;
	struct unix_server *server;
	struct peer *prev, *next, *next_marked;
	bool marked, over;
	struct conn io;
	struct buf in;
	size_t scanned;		/* of in: known to hold no newline */
};

static void mark(struct peer *p)
{
	if (p->marked)
		return;
	p->marked = true;
	p->next_marked = p->server->marked;
	p->server->marked = p;
}

static void end_peer(struct peer *p)
{
	p->over = true;
	mark(p);
}

/* ---- in ---- */

static void give_lines(struct peer *p)
{
	struct unix_server *s = p->server;
	size_t at = 0;
	char *newline;

	while (!p->over && (newline = memchr(p->in.data + p->scanned, '\n', p->in.len - p->scanned))) {
		*newline = '\0';
		if (s->on.line)
			s->on.line(s->arg, &p->public, p->in.data + at, (size_t)(newline - p->in.data) - at);
		at = p->scanned = (size_t)(newline - p->in.data) + 1;
	}
	p->in.len -= at;
	memmove(p->in.data, p->in.data + at, p->in.len);
	p->scanned = p->in.len;
	if (p->in.len > s->o.line_max)
		end_peer(p);
}

static void peer_ready(void *arg, short revents)
{
	struct peer *p = arg;
	int n;

	if (revents & POLLIN) {
		buf_reserve(&p->in, READ_SIZE);
		n = conn_read(&p->io, p->in.data + p->in.len, READ_SIZE);
		if (n == 0 || n == -2)
			end_peer(p);
		if (n > 0) {
			p->in.len += (size_t)n;
			give_lines(p);
		}
	} else if (revents & (POLLERR | POLLHUP)) {
		end_peer(p);
	}
	if (revents & POLLOUT)
		mark(p);
}

/* ---- out, and the end ---- */

bool unix_send(struct unix_peer *public, const char *line, size_t n)
{
	struct peer *p = (struct peer *)public;

	if (p->over)
		return false;
	if (conn_backlog(&p->io) + n + 1 > p->server->o.backlog_max) {
		end_peer(p);
		return false;
	}
	buf_reserve(&p->io.out, n + 1);
	buf_add(&p->io.out, line, n);
	buf_addc(&p->io.out, '\n');
	mark(p);
	return true;
}

size_t unix_backlog(const struct unix_peer *p) { return conn_backlog(&((const struct peer *)p)->io); }

void unix_drop(struct unix_peer *p) { end_peer((struct peer *)p); }

static void settle(void *arg);

static void free_server(struct unix_server *s)
{
	loop_before_wait_drop(s->loop, settle, s);
	free(s->path);
	free(s);
}

static void finish(struct peer *p)
{
	struct unix_server *s = p->server;

	conn_close(&p->io);
	*(p->prev ? &p->prev->next : &s->peers) = p->next;
	if (p->next)
		p->next->prev = p->prev;
	s->n--;
	if (s->on.closed)
		s->on.closed(s->arg, &p->public);
	buf_release(&p->in);
	free(p);
}

static void settle(void *arg)
{
	struct unix_server *s = arg;
	struct peer *p;

	while ((p = s->marked)) {
		s->marked = p->next_marked;
		p->marked = false;
		if (p->over || !conn_flush(&p->io))
			finish(p);
		else
			conn_watch(&p->io, true);
	}
	if (!s->path && !s->peers)
		free_server(s);
}

/* ---- coming together ---- */

static struct peer *welcome(struct unix_server *s, int fd)
{
	struct peer *p = xcalloc(1, sizeof *p);

	p->server = s;
	conn_open(&p->io, s->loop, fd, peer_ready, p);
	p->next = s->peers;
	if (p->next)
		p->next->prev = p;
	s->peers = p;
	s->n++;
	return p;
}

static void accept_ready(void *arg, short revents)
{
	struct unix_server *s = arg;
	struct peer *p;
	int fd, i;

	(void)revents;
	for (i = 0; i < ACCEPT_AT_ONCE && (fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0; i++) {
		if (s->n >= s->o.clients) {
			close(fd);
			continue;
		}
		p = welcome(s, fd);
		if (s->on.opened)
			s->on.opened(s->arg, &p->public);
	}
}

static struct unix_server *new_server(struct loop *l, const struct unix_options *o, const struct unix_handlers *h, void *arg)
{
	struct unix_server *s = xcalloc(1, sizeof *s);

	*s = (struct unix_server){ .loop = l, .on = *h, .arg = arg, .fd = -1 };
	if (o)
		s->o = *o;
	s->o.line_max = s->o.line_max ? s->o.line_max : 1u << 20;
	s->o.backlog_max = s->o.backlog_max ? s->o.backlog_max : 4u << 20;
	s->o.clients = s->o.clients ? s->o.clients : 256;
	loop_before_wait(l, settle, s);
	return s;
}

static bool address_of(const char *path, struct sockaddr_un *a, struct errmsg *e)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof a->sun_path)
		return errmsg_set(e, "%s: longer than the %zu bytes that a socket's name may have", path, sizeof a->sun_path - 1);
	strcpy(a->sun_path, path);
	return true;
}

static int connect_to(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof *a) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool make_parent(const char *path, struct errmsg *e)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	bool ok;

	if (!slash || slash == path)
		return true;
	dir = xstrndup(path, (size_t)(slash - path));
	ok = mkdir(dir, 0700) == 0 || errno == EEXIST;
	if (!ok)
		errmsg_set(e, "%s: cannot be created: %s", dir, strerror(errno));
	free(dir);
	return ok;
}

/* A socket that nobody listens on any more was left by a process that was killed. */
static bool remove_stale(const char *path, const struct sockaddr_un *a, struct errmsg *e)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) < 0)
		return true;
	if (!S_ISSOCK(st.st_mode))
		return errmsg_set(e, "%s: is there already, and no socket", path);
	fd = connect_to(a);
	if (fd >= 0 || errno == EAGAIN) {
		if (fd >= 0)
			close(fd);
		return errmsg_set(e, "%s: another process listens there", path);
	}
	return unlink(path) == 0 || errno == ENOENT || errmsg_set(e, "%s: cannot be removed: %s", path, strerror(errno));
}

static bool listen_on(struct unix_server *s, const char *path, struct errmsg *e)
{
	struct sockaddr_un a;
	mode_t mask;
	bool ok;

	if (!address_of(path, &a, e) || !make_parent(path, e) || !remove_stale(path, &a, e))
		return false;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mask = umask(0177);	/* never open to others, not even for a moment */
	ok = s->fd >= 0 && bind(s->fd, (struct sockaddr *)&a, sizeof a) == 0;
	umask(mask);
	if (ok)
		s->path = xstrdup(path);
	if (!ok || listen(s->fd, SOMAXCONN) < 0)
		return errmsg_set(e, "%s: cannot be listened on: %s", path, strerror(errno));
	return true;
}

struct unix_server *unix_listen(struct loop *l, const char *path, const struct unix_options *o, const struct unix_handlers *h,
				void *arg, struct errmsg *e)
{
	struct unix_server *s = new_server(l, o, h, arg);

	if (!listen_on(s, path, e)) {
		if (s->fd >= 0)
			close(s->fd);
		free_server(s);
		return NULL;
	}
	loop_fd(l, s->fd, POLLIN, accept_ready, s);
	return s;
}

void unix_free(struct unix_server *s)
{
	struct peer *p;

	if (!s)
		return;
	loop_fd_drop(s->loop, s->fd);
	close(s->fd);
	unlink(s->path);
	free(s->path);
	s->path = NULL;
	for (p = s->peers; p; p = p->next)
		end_peer(p);
	settle(s);
}

unsigned unix_clients(const struct unix_server *s) { return s->n; }

struct unix_peer *unix_connect(struct loop *l, const char *path, const struct unix_options *o, const struct unix_handlers *h,
			       void *arg, struct errmsg *e)
{
	struct sockaddr_un a;
	int fd;

	if (!address_of(path, &a, e))
		return NULL;
	fd = connect_to(&a);
	if (fd < 0) {
		errmsg_set(e, "%s: cannot be connected to: %s", path, strerror(errno));
		return NULL;
	}
	return &welcome(new_server(l, o, h, arg), fd)->public;
}
