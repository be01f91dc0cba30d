/* SPDX-License-Identifier: MIT
 * The one line on a terminal that says how far long work has come. */
#include "base/progress.h"

#include "base/clock.h"
#include "base/err.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define EVERY_NS INT64_C(500000000)

static void show(const struct progress *p, uint64_t done, int64_t now_ns)
{
	double seconds = (double)(now_ns - p->start_ns) / 1e9, rate = seconds > 0 ? (double)done / seconds : 0;
	char line[256];
	int n;

	n = snprintf(line, sizeof line, "\r%.40s: %.60s %" PRIu64, err_program, p->what, done);
	if (p->total)
		n += snprintf(line + n, sizeof line - (size_t)n, "/%" PRIu64 " (%.0f%%)", p->total,
			100.0 * (double)done / (double)p->total);
	n += snprintf(line + n, sizeof line - (size_t)n, ", %.3g/s", rate);
	if (p->total > done && rate > 0)
		n += snprintf(line + n, sizeof line - (size_t)n, ", %.0f s left", (double)(p->total - done) / rate);
	if (p->more && *p->more)
		n += snprintf(line + n, sizeof line - (size_t)n, ", %.60s", p->more);
	n += snprintf(line + n, sizeof line - (size_t)n, "\033[K");
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;	/* the terminal went away; the work goes on */
}

void progress_start(struct progress *p, const char *what, uint64_t total)
{
	p->what = what;
	p->more = NULL;
	p->total = total;
	p->start_ns = clock_mono_ns();
	p->shown_ns = err_quiet || !isatty(STDERR_FILENO) ? INT64_MAX : p->start_ns;	/* INT64_MAX: silent */
}

void progress_at(struct progress *p, uint64_t done)
{
	int64_t now;

	if (p->shown_ns == INT64_MAX || (now = clock_mono_ns()) - p->shown_ns < EVERY_NS)
		return;
	show(p, done, now);
	p->shown_ns = now;
}

void progress_end(struct progress *p)
{
	if (p->shown_ns != INT64_MAX && p->shown_ns != p->start_ns && write(STDERR_FILENO, "\r\033[K", 4) < 0)
		return;	/* as above */
}
