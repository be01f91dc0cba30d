/* SPDX-License-Identifier: MIT
 * Changes when the picture should look otherwise or gnuplot is called in another way. */
#include "engine/plot.h"

#include "base/num.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool fail(int *status, enum exit_status s)
{
	*status = s;
	return false;
}

/* A name for gnuplot: single quotes, doubled inside. */
static void put_quoted(struct buf *b, const char *s)
{
	buf_addc(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_addc(b, '\'');
		buf_addc(b, *s);
	}
	buf_addc(b, '\'');
}

static void put_data(struct buf *b, const char *name, const struct curve *c)
{
	char value[NUM_F64_MAX];
	size_t i;

	buf_addf(b, "$%s << EOD\n", name);
	for (i = 0; i < c->n; i++) {
		buf_addf(b, "%" PRId64 " ", c->point[i].t_ms / 1000);
		buf_add(b, value, (size_t)(num_f64_put(value, c->point[i].balance_usd) - value));
		buf_addc(b, '\n');
	}
	buf_adds(b, "EOD\n");
}

static void put_script(struct buf *b, const char *file, const char *title, bool svg, const struct curve *equity, const struct curve *drawdown)
{
	put_data(b, "equity", equity);
	put_data(b, "drawdown", drawdown);
	buf_addf(b, "set terminal %s size 1200,675 font 'sans,11' background rgb 'white'\nset output ", svg ? "svg" : "pngcairo");
	put_quoted(b, file);
	buf_adds(b, "\nset multiplot\n"
		"set xdata time\nset timefmt '%s'\nset format x '%Y-%m-%d'\n"
		"set grid lc rgb '#e3e8ef' lt 1\nset border 3 lc rgb '#8894a7'\nset tics nomirror tc rgb '#445065'\n"
		"set lmargin 11\nset rmargin 8\nunset key\nset format y '%.0f'\n"
		"set tmargin at screen 0.92\nset bmargin at screen 0.36\nset format x ''\nset title ");
	put_quoted(b, title);
	buf_adds(b, " noenhanced font 'sans,14' tc rgb '#1b2430'\n"
		"plot $equity using 1:2 with lines lw 1.6 lc rgb '#2563c9'\n"
		"unset title\nset tmargin at screen 0.31\nset bmargin at screen 0.08\nset format x '%Y-%m-%d'\nset format y '%.0f %%'\n"
		"plot $drawdown using 1:($2*100) with filledcurves y1=0 fc rgb '#f3c3cc', "
		"$drawdown using 1:($2*100) with lines lw 1.2 lc rgb '#c4314b'\n"
		"unset multiplot\nset output\n");
}

static bool write_all(int fd, const char *p, size_t n)
{
	ssize_t done;

	for (; n; p += done, n -= (size_t)done) {
		done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			done = 0;
		else if (done < 0)
			return false;
	}
	return true;
}

/* gnuplot with the script on its stdin. */
static bool run_gnuplot(const struct buf *script, struct errmsg *e, int *status)
{
	char *argv[] = { "gnuplot", NULL };
	posix_spawn_file_actions_t actions;
	int fd[2], err, ended = 0;
	bool fed;
	pid_t pid;

	if (pipe(fd))
		return fail(status, EX_RETRY) || errmsg_set(e, "pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd[0], STDIN_FILENO);
	posix_spawn_file_actions_addclose(&actions, fd[0]);
	posix_spawn_file_actions_addclose(&actions, fd[1]);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	err = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fd[0]);
	if (err) {
		close(fd[1]);
		fail(status, err == ENOENT ? EX_ABSENT : EX_RETRY);
		return errmsg_set(e, err == ENOENT ? "--plot needs gnuplot, which is not installed (Debian: gnuplot-nox); --html draws without it" :
				  "gnuplot cannot be started");
	}
	fed = write_all(fd[1], script->data, script->len);
	close(fd[1]);
	while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
		;
	if (!fed || !WIFEXITED(ended) || WEXITSTATUS(ended))
		return fail(status, EX_RETRY) || errmsg_set(e, "gnuplot failed");
	return true;
}

bool plot_write(const char *path, const char *title, const struct curve *equity, const struct curve *drawdown, struct errmsg *e, int *status)
{
	const char *dot = strrchr(path, '.');
	struct buf script = BUF_INIT;
	char temp[4096];
	bool ok;

	if (!dot || (strcmp(dot, ".png") && strcmp(dot, ".svg")))
		return fail(status, EX_USAGE) || errmsg_set(e, "--plot %s: the name has to end in .png or .svg", path);
	if ((size_t)snprintf(temp, sizeof temp, "%s.%ld.tmp", path, (long)getpid()) >= sizeof temp)
		return fail(status, EX_USAGE) || errmsg_set(e, "--plot: the name is too long");
	put_script(&script, temp, title, !strcmp(dot, ".svg"), equity, drawdown);
	ok = run_gnuplot(&script, e, status);
	buf_release(&script);
	if (ok && rename(temp, path)) {
		fail(status, EX_RETRY);
		ok = errmsg_set(e, "%s: %s", path, strerror(errno));
	}
	if (!ok)
		unlink(temp);
	return ok;
}
