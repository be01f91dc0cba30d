/* SPDX-License-Identifier: MIT
 * Runs a function that ends the program, in a process of its own: its status, what it wrote on stdout and stderr. */
#ifndef OCQ_TEST_CHILD_H
#define OCQ_TEST_CHILD_H

#include "test.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct child { int status; char out[8192], err[8192]; };

static void child_collect(FILE *f, char *text, size_t cap)
{
	rewind(f);
	text[fread(text, 1, cap - 1, f)] = '\0';
	fclose(f);
}

/* stdin of the child is `input` (NULL: empty). A function that returns gives status 0. */
static struct child child_run(void (*function)(void *), void *arg, const char *input)
{
	struct child c = { .status = -1 };
	FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
	int status;
	pid_t pid;

	if (input)
		fputs(input, in);
	rewind(in);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (dup2(fileno(in), 0) < 0 || dup2(fileno(out), 1) < 0 || dup2(fileno(err), 2) < 0)
			_exit(126);
		function(arg);
		exit(0);
	}
	fclose(in);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		c.status = WEXITSTATUS(status);
	child_collect(out, c.out, sizeof c.out);
	child_collect(err, c.err, sizeof c.err);
	return c;
}

/* Ends with this status and these words on stderr. */
#define CHECK_DIES(function, arg, input, want_status, want_err) do { \
	struct child child_ = child_run(function, arg, input); \
	test_check(child_.status == (want_status), __FILE__, __LINE__, "status of " #function); \
	test_text(child_.err, want_err, __FILE__, __LINE__); \
} while (0)

#endif
