/* SPDX-License-Identifier: MIT
 * The whole feed, WebSocket in, records out, against an exchange in another process of this machine: 200 symbols with bid and ask and
 * candles of all 13 intervals. Prints "name<TAB>value<TAB>unit": messages per second of one core's time, and how long records take
 * from the read of their frame while 20,000 messages a second come. */
#include "base/buf.h"
#include "base/clock.h"
#include "feed/feed.h"
#include "net/server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SYMBOLS = 200, TEXTS = 4096, BURST = 2000000, PACED_PER_MS = 20, PACED_MS = 5000, BACKLOG = 1 << 20 };

enum { INTERVALS = 13 };	/* of clock_intervals: all but months */

/* ---- the exchange ---- */

struct exchange {
	struct loop *loop;
	struct server_conn *conn;
	struct loop_timer timer;
	char *text[TEXTS];
	size_t len[TEXTS];
	unsigned subscriptions;
	uint64_t sent, want;
	unsigned per_ms;	/* 0: as fast as they are taken */
	int64_t start_ns;
};

static void make_texts(struct exchange *x)
{
	int64_t now = clock_ms();
	struct buf b = BUF_INIT;

	for (unsigned i = 0; i < TEXTS; i++) {
		unsigned s = i * 7919 % SYMBOLS, px = 10000 + i * 31 % 5000;
		const char *iv = clock_intervals[i / 2 % INTERVALS];
		int64_t length = collect_length_ms(iv), t = clock_bar(iv, now, 0);

		buf_clear(&b);
		if (i % 2)
			buf_addf(&b, "{\"channel\":\"bbo\",\"data\":{\"coin\":\"S%u\",\"time\":%lld,\"bbo\":[{\"px\":\"%u.5\",\"sz\":\"12.5\",\"n\":3},"
				 "{\"px\":\"%u.0\",\"sz\":\"8.25\",\"n\":2}]}}", s, (long long)now, px, px + 1);
		else
			buf_addf(&b, "{\"channel\":\"candle\",\"data\":{\"t\":%lld,\"T\":%lld,\"s\":\"S%u\",\"i\":\"%s\",\"o\":\"%u.0\",\"c\":\"%u.5\","
				 "\"h\":\"%u.0\",\"l\":\"%u.0\",\"v\":\"%u.125\",\"n\":%u}}", (long long)t, (long long)(t + length - 1), s, iv, px, px, px + 9,
				 px - 9, i, i);
		x->text[i] = xstrndup(b.data, b.len);
		x->len[i] = b.len;
	}
	buf_release(&b);
}

static void pump(void *arg)
{
	struct exchange *x = arg;
	uint64_t due = x->per_ms ? (uint64_t)((clock_mono_ns() - x->start_ns) / 1000000 * x->per_ms) : x->want;

	due = due < x->want ? due : x->want;
	for (; x->conn && x->sent < due && server_backlog(x->conn) < BACKLOG; x->sent++)
		server_send(x->conn, x->text[x->sent % TEXTS], x->len[x->sent % TEXTS]);
	if (x->sent == x->want && x->conn && !server_backlog(x->conn)) {
		usleep(100000);
		kill(getppid(), SIGTERM);
		loop_stop(x->loop, 0);
	}
	loop_after(x->loop, &x->timer, x->per_ms ? 1 : 0, pump, x);
}

static void on_text(void *arg, struct server_conn *c, const char *text, size_t n)
{
	struct exchange *x = arg;

	(void)c;
	if (!memmem(text, n, "\"subscribe\"", 11) || ++x->subscriptions != 1 + SYMBOLS * (INTERVALS + 1))
		return;
	x->conn = c;
	x->start_ns = clock_mono_ns();
	pump(x);
}

static void on_request(void *arg, struct server_request *r)
{
	struct buf b = BUF_INIT;

	(void)arg;
	if (!strstr(r->body, "metaAndAssetCtxs")) {
		server_reply(r, 200, "application/json", "[]", 2);
		return;
	}
	buf_adds(&b, "[{\"universe\":[");
	for (unsigned i = 0; i < SYMBOLS; i++)
		buf_addf(&b, "%s{\"szDecimals\":2,\"name\":\"S%u\",\"maxLeverage\":10,\"marginTableId\":10}", i ? "," : "", i);
	buf_adds(&b, "],\"marginTables\":[]},[");
	for (unsigned i = 0; i < SYMBOLS; i++)
		buf_addf(&b, "%s{\"funding\":\"0\",\"openInterest\":\"0\",\"prevDayPx\":\"1\",\"dayNtlVlm\":\"1\",\"oraclePx\":\"1\",\"markPx\":\"1\"}", i ? "," : "");
	buf_adds(&b, "]]");
	server_reply(r, 200, "application/json", b.data, b.len);
	buf_release(&b);
}

static void run_exchange(int port_fd, uint64_t want, unsigned per_ms)
{
	static const struct server_handlers handlers = { .request = on_request, .ws_text = on_text };
	struct exchange x = { .loop = loop_new(), .want = want, .per_ms = per_ms };
	struct server *server;
	struct errmsg e;
	uint16_t port;

	make_texts(&x);
	server = server_new(x.loop, NULL, &handlers, &x, &e);
	if (!server)
		die(EX_RETRY, "%s", e.text);
	port = server_port(server);
	if (write(port_fd, &port, sizeof port) != sizeof port)
		die_sys(EX_RETRY, "pipe");
	loop_run(x.loop);
	_exit(0);
}

/* ---- the feed ---- */

static double cpu_s(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static double rss_mib(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)r.ru_maxrss / 1024;
}

static struct feed_count run(uint64_t messages, unsigned per_ms, double *cpu, double *wall)
{
	struct feed_options o = { .from_ms = INT64_MIN, .to_ms = INT64_MAX, .no_limits = true, .client_ttl_ms = 1000, .bbo_sample_ms = 1000,
				  .collect = { .n_intervals = INTERVALS, .grace_ms = GRACE_MS, .patience_ms = PATIENCE_MS,
					       .mids = true, .bbo = true } };
	struct feed_count n = { 0 };
	struct buf symbols = BUF_INIT;
	char url[64];
	int64_t start;
	struct out out;
	uint16_t port;
	int fd[2];
	pid_t pid;

	for (unsigned k = 0; k < INTERVALS; k++)
		strcpy(o.collect.interval[k], clock_intervals[k]);
	for (unsigned i = 0; i < SYMBOLS; i++)
		buf_addf(&symbols, "%sS%u", i ? "," : "", i);
	o.symbols = buf_cstr(&symbols);
	if (pipe(fd) != 0 || (pid = fork()) < 0)
		die_sys(EX_RETRY, "fork");
	if (pid == 0)
		run_exchange(fd[1], messages, per_ms);
	if (read(fd[0], &port, sizeof port) != sizeof port)
		die_sys(EX_RETRY, "pipe");
	snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
	o.url = url;
	out_fd(&out, open("/dev/null", O_WRONLY), "null");
	stream_stop = 0;
	start = clock_mono_ns();
	*cpu = cpu_s();
	feed_run(&o, &out, &n);
	*cpu = cpu_s() - *cpu;
	*wall = (double)(clock_mono_ns() - start) / 1e9;
	waitpid(pid, NULL, 0);
	out_close(&out);
	close(fd[0]);
	close(fd[1]);
	buf_release(&symbols);
	return n;
}

/* Each in a process of its own: a signal ends it. */
static void measure(uint64_t messages, unsigned per_ms)
{
	struct feed_count n;
	double cpu, wall;
	pid_t pid = fork();

	if (pid == 0) {
		stream_signals();
		n = run(messages, per_ms, &cpu, &wall);
		if (n.messages < messages)
			die(EX_BUG, "%llu messages of %llu", (unsigned long long)n.messages, (unsigned long long)messages);
		if (!per_ms) {
			printf("feed_messages\t%.0f\tk/s\n", (double)n.messages / cpu / 1e3);
			printf("feed_rss\t%.1f\tMiB\n", rss_mib());
		} else {
			printf("feed_us_p50\t%.0f\tus\n", feed_quantile(&n, 0.5));
			printf("feed_us_p99\t%.0f\tus\n", feed_quantile(&n, 0.99));
		}
		exit(0);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	(void)argc;
	err_init(argv[0]);
	measure(BURST, 0);
	measure(PACED_PER_MS * PACED_MS, PACED_PER_MS);
	return 0;
}
