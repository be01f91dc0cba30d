/* SPDX-License-Identifier: MIT
 * libcurl's sockets and timer as descriptors and a timer of the loop. */
#include "net/multi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libcurl wants the descriptor back, our callbacks carry one pointer. */
struct socket { struct multi *m; int fd; };

struct multi {
	struct loop *loop;
	CURLM *m;
	multi_done *done;
	void *arg;
	struct loop_timer timer;
	bool inside, over;	/* inside libcurl or done(): multi_free() waits until they are left */
};

static void destroy(struct multi *m)
{
	loop_cancel(m->loop, &m->timer);
	curl_multi_cleanup(m->m);
	loop_cancel(m->loop, &m->timer);
	free(m);
}

static void act(struct multi *m, curl_socket_t fd, int what)
{
	CURLMsg *message;
	int n;

	m->inside = true;
	curl_multi_socket_action(m->m, fd, what, &n);
	while (!m->over && (message = curl_multi_info_read(m->m, &n)))
		if (message->msg == CURLMSG_DONE)
			m->done(m->arg, message->easy_handle, message->data.result);
	m->inside = false;
	if (m->over)
		destroy(m);
}

static void socket_ready(void *arg, short revents)
{
	struct socket *s = arg;
	int what = (revents & POLLIN ? CURL_CSELECT_IN : 0) | (revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
		   (revents & (POLLERR | POLLHUP) ? CURL_CSELECT_ERR : 0);

	act(s->m, s->fd, what);
}

static void timer_fired(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	struct multi *m = arg;
	struct socket *s = of_socket;
	short events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		loop_fd_drop(m->loop, fd);
		free(s);
		curl_multi_assign(m->m, fd, NULL);
	} else if (s) {
		loop_fd_events(m->loop, fd, events);
	} else {
		s = xcalloc(1, sizeof *s);
		*s = (struct socket){ m, fd };
		curl_multi_assign(m->m, fd, s);
		loop_fd(m->loop, fd, events, socket_ready, s);
	}
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct multi *m = arg;

	(void)multi;
	if (ms < 0)
		loop_cancel(m->loop, &m->timer);
	else
		loop_after(m->loop, &m->timer, ms, timer_fired, m);
	return 0;
}

struct multi *multi_new(struct loop *l, multi_done *done, void *arg)
{
	static bool begun;
	struct multi *m = xcalloc(1, sizeof *m);

	if (!begun && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		die(EX_RETRY, "libcurl cannot be started");
	begun = true;
	*m = (struct multi){ .loop = l, .m = curl_multi_init(), .done = done, .arg = arg };
	if (!m->m)
		die(EX_RETRY, "out of memory");
	curl_multi_setopt(m->m, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(m->m, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->m, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(m->m, CURLMOPT_TIMERDATA, m);
	return m;
}

void multi_free(struct multi *m)
{
	if (m->inside)
		m->over = true;
	else
		destroy(m);
}

void multi_add(struct multi *m, CURL *easy)
{
	if (curl_multi_add_handle(m->m, easy) != CURLM_OK)
		die(EX_RETRY, "out of memory");
}

void multi_drop(struct multi *m, CURL *easy)
{
	curl_multi_remove_handle(m->m, easy);
}

CURLM *multi_handle(struct multi *m) { return m->m; }

CURL *multi_easy(const char *url, const char *ca_file, long connect_ms, char error[CURL_ERROR_SIZE])
{
	CURL *easy = curl_easy_init();

	if (!easy || curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK)
		die(EX_RETRY, "out of memory");
	*error = '\0';
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	if (ca_file) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	return easy;
}

bool multi_ca_ok(const char *ca_file, struct errmsg *e)
{
	return !ca_file || access(ca_file, R_OK) == 0 || errmsg_set(e, "%s: cannot be read: %s", ca_file, strerror(errno));
}

/* Of https://host:port/path the host and port. */
void multi_why(char *dst, size_t cap, const char *url, CURLcode result, const char *error)
{
	const char *host = strstr(url, "://");
	size_t n;

	host = host ? host + 3 : url;
	n = strcspn(host, "/?#");
	snprintf(dst, cap, "%.*s: %s", (int)(n < 80 ? n : 80), host, *error ? error : curl_easy_strerror(result));
}
