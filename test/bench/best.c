/* SPDX-License-Identifier: MIT
 * best N COMMAND... - runs a command N times, stdout thrown away, stdin the same file from its start each time, and prints
 * the least wall clock seconds, the least CPU seconds (children included) and the greatest memory in MiB. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static void child(char **command)
{
	int null = open("/dev/null", O_WRONLY);

	if (null < 0 || dup2(null, 1) < 0)
		_exit(126);
	lseek(0, 0, SEEK_SET);
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

int main(int argc, char **argv)
{
	double wall = 1e9, cpu = 1e9;
	long rss = 0;
	int n = argc > 2 ? atoi(argv[1]) : 0;

	if (n < 1) {
		fprintf(stderr, "usage: best N COMMAND...\n");
		return 64;
	}
	while (n--) {
		struct rusage u;
		double start = now(), spent;
		int status;
		pid_t pid = fork();

		if (pid == 0)
			child(argv + 2);
		if (pid < 0 || wait4(pid, &status, 0, &u) != pid || status != 0) {
			fprintf(stderr, "best: %s failed\n", argv[2]);
			return 1;
		}
		spent = now() - start;
		wall = spent < wall ? spent : wall;
		spent = seconds(u.ru_utime) + seconds(u.ru_stime);
		cpu = spent < cpu ? spent : cpu;
		rss = u.ru_maxrss > rss ? u.ru_maxrss : rss;
	}
	printf("%.6f %.6f %.1f\n", wall, cpu, (double)rss / 1024);
	return 0;
}
