/* SPDX-License-Identifier: MIT
 * ocq-project - keeps the SQLite view of a lane's journal; its only writer. */
#include "base/opt.h"
#include "lane/follow.h"
#include "lane/view.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

enum { RECORDS = 1000 };	/* of a transaction: short enough for readers, long enough to be fast */

static const char *dir;
static bool once;

static const struct opt opts[] = {
	{ 'j', "journal", OPT_TEXT, &dir, "DIR", "the journal", 0 },
	{ 0, "once", OPT_FLAG, &once, NULL, "stop at the journal's end instead of waiting for more", 0 },
	{ 0 }
};

/* False: the program shall stop. */
static bool wait_for_more(int watch_fd)
{
	struct pollfd p[] = { { .fd = watch_fd, .events = POLLIN }, { .fd = stream_stop_fd(), .events = POLLIN } };

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			die_sys(EX_RETRY, "poll");
	journal_watch_drain(watch_fd);
	return !stream_stop;
}

/* The mode stands in the first record that a reader that resumes gets: the lane's own, or a snapshot. */
static bool read_mode(enum lane_mode *mode)
{
	struct journal_reader *r;
	struct journal_record j;
	struct record record;
	struct errmsg e;
	struct lane l;
	int rc = journal_resume(&r, dir, &e);

	if (rc == EX_OK && (rc = journal_next(r, &j, &e)) == EX_IDLE) {
		journal_reader_free(r);
		return false;
	}
	lane_init(&l);
	if (rc == EX_OK && !(j.type_len == 5 && memcmp(j.type, "state", 5) == 0 ? lane_read(&l, j.line, j.len, &e)
		: record_parse(&record, j.line, j.len, &e) && lane_apply(&l, &record, j.seq, j.ts_ms, &e)))
		rc = EX_DATA;
	if (rc != EX_OK)
		die((enum exit_status)rc, "%s", e.text);
	if (!l.begun)
		die(EX_DATA, "%s: does not begin with a lane record; name the view", dir);
	*mode = l.mode;
	lane_release(&l);
	journal_reader_free(r);
	return true;
}

/* Beside the journal, by what the lane trades on. */
static const char *default_path(int watch_fd)
{
	static struct buf path;
	enum lane_mode mode;
	const char *slash;
	size_t n = strlen(dir);

	while (!read_mode(&mode))
		if (once || !wait_for_more(watch_fd))
			return NULL;
	while (n > 1 && dir[n - 1] == '/')
		n--;
	slash = memrchr(dir, '/', n);
	buf_add(&path, dir, slash ? (size_t)(slash - dir) + 1 : 0);
	buf_adds(&path, mode == LANE_LIVE || mode == LANE_DRY_LIVE ? "trading_engine_live.db" : "trading_engine.db");
	return buf_cstr(&path);
}

static void project(const char *path, int watch_fd)
{
	uint64_t missing;
	struct fault f;
	struct view v;
	bool more;

	if (!view_open(&v, path, dir, &missing, &f))
		die((enum exit_status)f.status, "%s", f.e.text);
	if (missing)
		warn("%s: begins with record %" PRIu64 ": what came before is not in %s", dir, missing, path);
	do
		do
			if (!view_take(&v, RECORDS, &more, &f))
				die((enum exit_status)f.status, "%s", f.e.text);
		while (more && !stream_stop);
	while (!stream_stop && !once && wait_for_more(watch_fd));
	note("%s: up to record %" PRIu64, path, v.applied);
	view_close(&v);
}

int main(int argc, char **argv)
{
	struct errmsg e;
	const char *path;
	int n, watch_fd;

	err_init(argv[0]);
	n = opt_parse(argc, argv, opts, "-j DIR [--once] [VIEW]", "Keeps the SQLite view of a lane's journal.");
	if (!dir || n > 1)
		die(EX_USAGE, dir ? "give one view" : "--journal is missing");
	stream_signals();
	if ((watch_fd = journal_watch(dir, &e)) < 0)
		die(EX_DATA, "%s", e.text);
	path = n ? argv[0] : default_path(watch_fd);
	if (!path)
		return once ? EX_IDLE : EX_OK;
	if (!follow_lock(dir, "project", &e))
		die(EX_RETRY, "%s", e.text);
	project(path, watch_fd);
	return EX_OK;
}
