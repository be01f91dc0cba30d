/* SPDX-License-Identifier: MIT
 * sd_notify(3) without its library: a datagram to a unix socket. */
#include "feed/notify.h"

#include "base/num.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_send(const char *state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len == 0 || len >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, len);
	if (*path == '@')	/* an abstract name */
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&to,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

int64_t notify_watchdog_ms(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t value;

	if (!us || !num_i64_parse(us, &value) || value <= 0)
		return 0;
	if (pid && (!num_i64_parse(pid, &value) || value != getpid()))
		return 0;
	return num_i64_parse(us, &value) && value / 2000 > 0 ? value / 2000 : 1;
}
