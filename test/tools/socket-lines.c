/* SPDX-License-Identifier: MIT
 * socket-lines PATH N - sends the lines of stdin to a unix socket and prints the first N that come back; exit 1 when they do not within
 * ten seconds or the other side leaves. */
#include "base/clock.h"
#include "base/stream.h"
#include "net/unix.h"

#include <stdio.h>
#include <stdlib.h>

static long left;
static bool gone;

static void on_line(void *arg, struct unix_peer *p, const char *line, size_t n)
{
	(void)arg, (void)p;
	if (left-- > 0)
		printf("%.*s\n", (int)n, line);
}

static void on_closed(void *arg, struct unix_peer *p)
{
	(void)arg, (void)p;
	gone = true;
}

int main(int argc, char **argv)
{
	static const struct unix_handlers handlers = { .line = on_line, .closed = on_closed };
	int64_t until_ns = clock_mono_ns() + 5 * INT64_C(2000000000);
	struct unix_peer *p;
	struct loop *l;
	struct errmsg e;
	const char *line;
	size_t len;
	struct in in;

	err_init(argv[0]);
	if (argc != 3)
		die(EX_USAGE, "PATH N");
	left = atol(argv[2]);
	stream_signals();
	l = loop_new();
	p = unix_connect(l, argv[1], NULL, &handlers, NULL, &e);
	if (!p)
		die(EX_ABSENT, "%s", e.text);
	in_open(&in, "-");
	while (in_line(&in, &line, &len))
		unix_send(p, line, len);
	in_close(&in);
	while (left > 0 && !gone && clock_mono_ns() < until_ns && loop_turn(l, 100))
		;
	if (!gone)
		unix_drop(p);
	while (!gone)
		loop_turn(l, 0);
	loop_free(l);
	return left > 0;
}
