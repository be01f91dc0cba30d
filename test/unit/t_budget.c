/* SPDX-License-Identifier: MIT
 * The weight budget: what it lets through is counted as the venue counts it, on a simulated clock. */
#include "test.h"

#include "base/clock.h"
#include "net/budget.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/ocq-budget-XXXXXX", clock_file[64], file[64];
static int64_t now = 1700000000000;

static void advance(int64_t ms)
{
	clock_publish(clock_file, now += ms);
}

static struct budget *open_new(uint32_t per_minute, uint32_t reserve)
{
	struct errmsg e;
	struct budget *b = budget_open(file, per_minute, reserve, &e);

	if (!CHECK(b != NULL))
		printf("%s\n", e.text);
	return b;
}

static void begin(void)
{
	unlink(file);
	advance(1000000);
}

static void test_take(void)
{
	struct budget *b;
	uint32_t t[3], more;

	begin();
	b = open_new(0, 0);
	CHECK(budget_take(b, 1000, BUDGET_BACKFILL, &t[0]) == 0);
	CHECK(budget_take(b, 200, BUDGET_ORDER, &t[1]) == 0 && t[1] != t[0]);
	CHECK(budget_take(b, 1, BUDGET_ORDER, &more) == 1000);	/* both are under way: who knows how long */
	CHECK(budget_used(b) == 1200);
	advance(300);
	budget_settle(b, t[0], 900);
	CHECK(budget_take(b, 101, BUDGET_READ, &t[2]) == 51);	/* a weight of 1 drains in 50.04 ms */
	CHECK(budget_take(b, 100, BUDGET_READ, &t[2]) == 0);
	budget_settle(b, t[2], 0);
	CHECK(budget_used(b) == 1100);
	advance(200);
	CHECK(budget_used(b) == 1097);
	budget_settle(b, t[1], 200);
	CHECK(budget_take(b, 1200, BUDGET_READ, &t[2]) == 54846);
	advance(54845);
	CHECK(budget_take(b, 1200, BUDGET_READ, &t[2]) == 1);
	advance(1);
	CHECK(budget_take(b, 1200, BUDGET_READ, &t[2]) == 0);
	budget_settle(b, t[2], 1200);
	CHECK(budget_take(b, 5000, BUDGET_READ, &t[2]) == 60050);	/* above all bounds: when nothing else weighs */
	advance(60050);
	CHECK(budget_used(b) == 0 && budget_take(b, 5000, BUDGET_READ, &t[2]) == 0);
	budget_settle(b, t[2], 1000);
	advance(-1);			/* the clock was set back, by little */
	CHECK(budget_used(b) == 1000);
	advance(-60000);
	CHECK(budget_used(b) == 1000 && budget_take(b, 1200, BUDGET_READ, &t[2]) > 0);
	advance(60050);
	CHECK(budget_used(b) == 0);
	CHECK(budget_take(b, 5000, BUDGET_READ, &t[2]) == 0);
	advance(-1);			/* nor is what is under way forgotten */
	CHECK(budget_used(b) == 5000);
	budget_settle(b, t[2], 5000);
	CHECK(budget_used(b) == 5000);
	advance(-500000);		/* by much */
	CHECK(budget_take(b, 1200, BUDGET_READ, &t[2]) == 0);
	advance(600000);
	budget_close(b);
}

/* A backfill as the venue would see it: requests of 104, a new one whenever there is weight, each counted there at any moment until its
 * answer. */
static void test_pace(void)
{
	enum { N = 200, WEIGHT = 104 };
	struct budget *b;
	static int64_t counted[N];
	int64_t begun, wait;
	double level = 0, most = 0;
	uint32_t ticket;
	int i;

	begin();
	b = open_new(0, 0);
	begun = now;
	for (i = 0; i < N; i++) {
		while ((wait = budget_take(b, WEIGHT, BUDGET_BACKFILL, &ticket)))
			advance(wait);
		counted[i] = now + i * 37 % 120;	/* on its way */
		advance(i * 37 % 120 + i * 53 % 200);	/* and back */
		budget_settle(b, ticket, WEIGHT);
	}
	for (i = 0; i < N; i++) {
		level -= i ? (double)(counted[i] - counted[i - 1]) * 1200 / 60000 : 0;
		level = (level > 0 ? level : 0) + WEIGHT;
		most = level > most ? level : most;
	}
	CHECK(most <= 1200 && most > 1190);
	CHECK((double)(counted[N - 1] - begun) <= 1.01 * 60000 * (N * WEIGHT - 1200) / 1200);
	budget_close(b);
}

/* Requests that divide it go at the full rate. */
static void test_full_rate(void)
{
	enum { N = 600, WEIGHT = 20 };
	struct budget *b;
	int64_t begun, wait;
	uint32_t ticket;
	int i;

	begin();
	b = open_new(0, 0);
	begun = now;
	for (i = 0; i < N; i++) {
		while ((wait = budget_take(b, WEIGHT, BUDGET_BACKFILL, &ticket)))
			advance(wait);
		advance(150);
		budget_settle(b, ticket, WEIGHT);
	}
	CHECK((double)(now - begun) <= 1.02 * 60000 * (N * WEIGHT - 1200) / 1200);
	budget_close(b);
}

static void test_reserve(void)
{
	struct budget *fill, *live;
	uint32_t t;

	begin();
	fill = open_new(1200, 0);
	CHECK(budget_take(fill, 700, BUDGET_BACKFILL, &t) == 0);
	budget_settle(fill, t, 700);
	live = open_new(1200, 200);	/* someone who trades appears */
	CHECK(budget_take(fill, 51, BUDGET_BACKFILL, &t) > 0);
	CHECK(budget_take(fill, 50, BUDGET_BACKFILL, &t) == 0);
	CHECK(budget_take(live, 201, BUDGET_READ, &t) > 0);
	CHECK(budget_take(fill, 200, BUDGET_READ, &t) == 0);
	CHECK(budget_take(live, 201, BUDGET_ORDER, &t) > 0);
	CHECK(budget_take(live, 100, BUDGET_ORDER, &t) == 0);
	CHECK(budget_take(fill, 50, BUDGET_BACKFILL, &t) > 0);
	budget_close(live);		/* and is gone */
	CHECK(budget_take(fill, 50, BUDGET_BACKFILL, &t) == 0);
	budget_close(fill);
}

/* Beside someone who trades backfill leaves room for orders also where the last 60 s are what counts. */
static void test_either_way(void)
{
	enum { N = 120, WEIGHT = 20, RESERVE = 100 };
	struct budget *fill, *live;
	static int64_t sent[N];
	int64_t wait;
	uint32_t ticket;
	int i, first = 0, most = 0;

	begin();
	fill = open_new(0, 0);
	live = open_new(0, RESERVE);
	for (i = 0; i < N; i++) {
		while ((wait = budget_take(fill, WEIGHT, BUDGET_BACKFILL, &ticket)))
			advance(wait);
		budget_settle(fill, ticket, WEIGHT);
		sent[i] = now;
		while (sent[first] <= now - 60000)
			first++;
		most = (i - first + 1) * WEIGHT > most ? (i - first + 1) * WEIGHT : most;
	}
	CHECK(most <= 1200 - RESERVE && most > 1000);
	budget_close(live);
	budget_close(fill);
}

static void test_refused(void)
{
	struct budget *b, *other;
	uint32_t t;

	begin();
	b = open_new(0, 0);
	other = open_new(0, 0);
	CHECK(budget_take(b, 20, BUDGET_READ, &t) == 0);
	budget_refused(b, -1);
	budget_settle(b, t, 0);
	CHECK(budget_take(other, 1, BUDGET_ORDER, &t) == 5000);
	budget_refused(other, -1);	/* was under way */
	CHECK(budget_take(other, 1, BUDGET_ORDER, &t) == 5000);
	advance(5000);
	CHECK(budget_take(other, 1, BUDGET_ORDER, &t) == 0);
	budget_refused(other, 3);
	CHECK(budget_take(b, 1, BUDGET_ORDER, &t) == 10000);
	advance(10000);
	budget_refused(other, 100);
	CHECK(budget_take(b, 1, BUDGET_ORDER, &t) == 100000);
	advance(100000);
	budget_refused(other, 10000);
	CHECK(budget_take(b, 1, BUDGET_ORDER, &t) == 120000);
	advance(120000);
	CHECK(budget_take(b, 1, BUDGET_ORDER, &t) == 0);
	budget_settle(b, t, 1);
	budget_refused(b, -1);
	CHECK(budget_take(b, 1, BUDGET_ORDER, &t) == 5000);
	budget_close(b);
	budget_close(other);
}

static void hammer(unsigned weight)
{
	struct budget *b = budget_open(file, 1200, 0, NULL);
	uint32_t t;

	for (;;)
		if (budget_take(b, weight, BUDGET_READ, &t) == 0)
			budget_settle(b, t, weight);
}

/* Processes killed anywhere leave nothing that blocks others, and no weight is lost or made up. */
static void test_kills(void)
{
	struct budget *b;
	pid_t pid[3];
	uint32_t t;
	int i, k;

	begin();
	b = open_new(1200, 0);
	for (k = 0; k < 20; k++) {
		for (i = 0; i < 3; i++)
			if ((pid[i] = fork()) == 0)
				hammer((unsigned)i + 1);
		for (i = 0; i < 50; i++)
			budget_used(b);
		usleep(1000 + (unsigned)k * 300);
		for (i = 0; i < 3; i++)
			kill(pid[i], SIGKILL);
		for (i = 0; i < 3; i++)
			waitpid(pid[i], NULL, 0);
		CHECK(budget_used(b) <= 1200);
		if (k % 4 == 3) {
			advance(90050);
			CHECK(budget_used(b) == 0);
		}
	}
	CHECK(budget_take(b, 1200, BUDGET_READ, &t) == 0);	/* never settled */
	advance(89999);
	CHECK(budget_used(b) == 1200);
	advance(1);
	CHECK(budget_used(b) == 0);
	budget_close(b);
}

static void take_all(atomic_uint *taken)
{
	struct budget *b = budget_open(file, 1200, 0, NULL);
	uint32_t t;

	for (;;)
		if (budget_take(b, 1, BUDGET_READ, &t) == 0) {
			atomic_fetch_add(taken, 1);
			budget_settle(b, t, 1);
		}
}

/* Three processes that take what they can get: together what there is, but for what one of them held when the clock moved. */
static void test_together(void)
{
	atomic_uint *taken = mmap(NULL, sizeof *taken, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid[3];
	unsigned i, k;

	begin();
	for (i = 0; i < 3; i++)
		if ((pid[i] = fork()) == 0)
			take_all(taken);
	for (k = 1; k <= 10; k++) {
		for (i = 0; i < 2000 && atomic_load(taken) < 1200 * k - 3 * (k - 1); i++)
			usleep(1000);
		usleep(3000);
		CHECK(atomic_load(taken) <= 1200 * k && atomic_load(taken) >= 1200 * k - 3 * (k - 1));
		advance(60050);
	}
	for (i = 0; i < 3; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	munmap(taken, sizeof *taken);
}

static void test_files(void)
{
	struct errmsg e;
	char *path, other[80];
	int fd;

	setenv("XDG_RUNTIME_DIR", dir, 1);
	path = budget_path("https://api.hyperliquid.xyz/info");
	snprintf(other, sizeof other, "%s/ocq/budget3-api.hyperliquid.xyz-", dir);
	CHECK(strncmp(path, other, strlen(other)) == 0 && strlen(path) == strlen(other) + 16);	/* the clock is simulated */
	budget_close(budget_open(path, 0, 0, &e));
	CHECK(access(path, R_OK) == 0);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	free(path);
	fd = open(file, O_WRONLY | O_TRUNC | O_CREAT, 0600);
	CHECK(write(fd, "hello", 5) == 5);
	close(fd);
	CHECK(!budget_open(file, 0, 0, &e) && strstr(e.text, "is no weight budget"));
	CHECK(!budget_open(dir, 0, 0, &e));
	CHECK(!budget_open("/nowhere/at/all", 0, 0, &e) && strstr(e.text, "/nowhere/at/all: cannot be opened"));
}

/* A level that no requests can have made stops nobody for ever. */
static void test_damaged(void)
{
	struct errmsg e;
	struct budget *b;
	uint32_t ticket;
	int64_t huge = INT64_C(1) << 62;
	int fd, waited = 0;

	unlink(file);
	b = budget_open(file, 0, 0, &e);
	CHECK(b && budget_take(b, 20, BUDGET_READ, &ticket) == 0);
	budget_settle(b, ticket, 20);
	fd = open(file, O_WRONLY);
	CHECK(pwrite(fd, &huge, sizeof huge, 32) == sizeof huge);
	close(fd);
	CHECK(budget_take(b, 20, BUDGET_READ, &ticket) > 0);
	for (; budget_take(b, 20, BUDGET_READ, &ticket) > 0 && waited < 1000; waited++)
		advance(1000);
	CHECK(waited > 300 && waited < 700);
	budget_close(b);
}

int main(void)
{
	CHECK(mkdtemp(dir) != NULL);
	snprintf(clock_file, sizeof clock_file, "%s/clock", dir);
	snprintf(file, sizeof file, "%s/budget", dir);
	clock_publish(clock_file, now);
	setenv("OCQ_CLOCK", clock_file, 1);
	test_take();
	test_pace();
	test_full_rate();
	test_reserve();
	test_either_way();
	test_refused();
	test_kills();
	test_together();
	test_damaged();
	test_files();
	unlink(file);
	unlink(clock_file);
	rmdir(dir);
	return test_end("budget");
}
