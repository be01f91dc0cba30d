/* SPDX-License-Identifier: MIT
 * lib/lane/follow.h: what one program appends another folds; a restart goes on from the snapshot; what contradicts is refused with its place;
 * one program of a kind. */
#include "test.h"

#include "base/err.h"
#include "lane/follow.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/t_follow.XXXXXX", journal[64];
static struct errmsg why;
static unsigned seen, seen_fresh;

static void see(void *arg, const struct record *r, uint64_t seq, bool fresh)
{
	(void)arg;
	CHECK(r->len && seq);
	seen++;
	seen_fresh += fresh;
}

static bool readable(const struct follow *f)
{
	struct pollfd p = { .fd = f->watch_fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static const struct rec_lane lane_record = { .mode = "paper", .account = "0xaa", .network = "testnet", .interval = "1h", .balance_usd = 7 };

static void test_follow(void)
{
	struct follow a = { .seen = NULL }, b = { .seen = see };
	struct out *o;

	CHECK(follow_open(&a, journal, &why) == EX_OK && !a.lane.begun && follow_catch_up(&a, &why) == EX_OK);
	CHECK(follow_put(&a, REC_lane, &lane_record, JOURNAL_DURABLE, &why) == EX_OK && a.lane.begun && a.lane.seq == 1);
	CHECK(follow_open(&b, journal, &why) == EX_OK && b.lane.begun && seen == 1 && seen_fresh == 0 && !readable(&b));
	o = follow_begin(&a);
	CHECK(follow_commit(&a, JOURNAL_KEPT, &why) == EX_OK && a.lane.seq == 1);	/* nothing written */
	record_write(o, REC_step_commit, &(struct rec_step_commit){ .t_ms = 5, .balance_usd = 6 });
	CHECK(follow_put(&a, REC_beat, &(struct rec_beat){ .by = "a" }, JOURNAL_KEPT, &why) == EX_OK && a.lane.seq == 2);	/* beside it */
	record_write(o, REC_armed, &(struct rec_armed){ .armed = true });
	CHECK(follow_commit(&a, JOURNAL_KEPT, &why) == EX_OK && a.lane.seq == 4 && a.lane.armed && a.lane.step_ms == 5);
	CHECK(readable(&b) && b.lane.seq == 1);
	CHECK(follow_catch_up(&b, &why) == EX_OK && b.lane.seq == 4 && seen == 4 && seen_fresh == 3 && !readable(&b));
	follow_begin(&a);
	CHECK(follow_commit(&a, JOURNAL_KEPT, &why) == EX_OK && a.lane.seq == 4);	/* what was written before is not written again */
	follow_close(&a);
	follow_close(&b);
}

static void test_snapshot(void)
{
	struct follow a = { .seen = NULL };

	CHECK(follow_open(&a, journal, &why) == EX_OK && a.lane.seq == 4 && !follow_snapshot_due(&a));
	CHECK(follow_snapshot(&a, &why) == EX_OK && a.lane.seq == 5 && a.snapshot_seq == 5);
	CHECK(follow_put(&a, REC_armed, &(struct rec_armed){ .armed = false }, JOURNAL_KEPT, &why) == EX_OK && a.lane.seq == 6);
	follow_close(&a);
	seen = 0;
	a.seen = see;
	CHECK(follow_open(&a, journal, &why) == EX_OK && a.lane.seq == 6 && a.lane.step_ms == 5 && !a.lane.armed && seen == 2 && a.snapshot_seq == 5);
	follow_close(&a);
}

/* A start does not read more than came since the last snapshots. */
static void test_snapshot_due(void)
{
	struct follow a = { .seen = NULL };
	struct out *o;
	char path[80];

	snprintf(path, sizeof path, "%s/due", dir);
	CHECK(follow_open(&a, path, &why) == EX_OK);
	for (int i = 0; i < 3; i++) {
		CHECK(!follow_snapshot_due(&a));
		o = follow_begin(&a);
		for (int k = 0; k < 10001; k++)
			record_write(o, REC_beat, &(struct rec_beat){ .by = "a" });
		CHECK(follow_commit(&a, JOURNAL_KEPT, &why) == EX_OK && follow_snapshot_due(&a));
		CHECK(follow_snapshot(&a, &why) == EX_OK);
	}
	follow_close(&a);
	seen = 0;
	a.seen = see;
	CHECK(follow_open(&a, path, &why) == EX_OK && a.lane.seq == 30006 && seen == 1);
	follow_close(&a);
}

static void test_contradiction(void)
{
	struct follow a = { .seen = NULL };
	char want[256];

	CHECK(follow_open(&a, journal, &why) == EX_OK);
	CHECK(follow_put(&a, REC_step_commit, &(struct rec_step_commit){ .t_ms = 5 }, JOURNAL_KEPT, &why) == EX_DATA);
	snprintf(want, sizeof want, "%s/00000001.ndjson:7: record 7: step 5 does not come after the last one, 5", journal);
	CHECK(strcmp(why.text, want) == 0);
	follow_close(&a);
	CHECK(follow_open(&a, journal, &why) == EX_DATA);
	CHECK(strcmp(why.text, want) == 0);
}

static void test_no_directory(void)
{
	struct follow a = { .seen = NULL };

	CHECK(follow_open(&a, "/nonexistent/lane", &why) == EX_RETRY);
}

static void test_lock(void)
{
	char want[256];

	CHECK(follow_lock(journal, "exec", &why) && follow_lock(journal, "risk", &why));
	CHECK(!follow_lock(journal, "exec", &why));
	snprintf(want, sizeof want, "%s/lock.exec: held by process %ld; one program of a kind runs for a lane", journal, (long)getpid());
	CHECK(strcmp(why.text, want) == 0);
	CHECK(!follow_lock("/nonexistent", "exec", &why) && strstr(why.text, "cannot be locked"));
}

int main(void)
{
	char command[128];

	if (!mkdtemp(dir))
		return 1;
	snprintf(journal, sizeof journal, "%s/j", dir);
	test_follow();
	test_snapshot();
	test_snapshot_due();
	test_contradiction();
	test_no_directory();
	test_lock();
	snprintf(command, sizeof command, "rm -r %s", dir);
	CHECK(system(command) == 0);
	return test_end("follow");
}
