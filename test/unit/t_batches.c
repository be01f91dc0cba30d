/* SPDX-License-Identifier: MIT
 * What stands between a stream of points and devices: batches come in order whatever lane has them and however full they are, slots
 * go to series by last use, spread work is done once. */
#include "engine/batches.h"
#include "engine/slots.h"
#include "engine/spread.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- batches ---- */

struct tally { uint64_t next, batches; uint32_t largest; bool order; };

static void sleep_some(void *arg, unsigned lane, struct batch *b)
{
	(void)arg;
	usleep((lane * 7919 + b->n) % 13 * 50);
}

static void count(void *arg, unsigned lane, struct batch *b)
{
	struct tally *t = arg;

	(void)lane;
	for (uint32_t i = 0; i < b->n; i++, t->next++)
		t->order &= b->line[i] == t->next && strtoull(b->point[i].id, NULL, 10) == t->next;
	__atomic_fetch_add(&t->batches, 1, __ATOMIC_SEQ_CST);
	t->largest = b->n > t->largest ? b->n : t->largest;
}

static void add(struct batches *b, uint64_t n)
{
	static struct point pt;

	snprintf(pt.id, sizeof pt.id, "%llu", (unsigned long long)n);
	batches_add(b, &pt, n);
}

static void test_batches(void)
{
	for (unsigned lanes = 1; lanes <= 4; lanes++)
		for (uint32_t cap = 1; cap <= 64; cap *= 4) {
			struct tally t = { .order = true };
			struct batches *b = batches_open(lanes, cap, sleep_some, count, &t);
			uint64_t i;

			for (i = 0; i < 500; i++)
				add(b, i);
			batches_settle(b);
			CHECK(t.order && t.next == 500 && t.largest == cap && t.batches == (500 + cap - 1) / cap);
			batches_limit(b, 3);
			t.largest = 0;
			for (; i < 600; i++)
				add(b, i);
			batches_close(b);
			CHECK(t.order && t.next == 600 && t.largest == (cap < 3 ? cap : 3));
		}
}

/* A batch that is not full goes while the reader waits, and only then. */
static void test_waiting(void)
{
	struct tally t = { .order = true };
	struct batches *b = batches_open(2, 100, sleep_some, count, &t);

	add(b, 0);
	usleep(20000);
	CHECK(__atomic_load_n(&t.batches, __ATOMIC_SEQ_CST) == 0);
	batches_wait(b, true);
	for (int i = 0; i < 2000 && !__atomic_load_n(&t.batches, __ATOMIC_SEQ_CST); i++)
		usleep(1000);
	batches_wait(b, false);
	CHECK(t.next == 1 && t.batches == 1);
	add(b, 1);
	batches_close(b);
	CHECK(t.next == 2 && t.order);
}

/* ---- slots ---- */

static uint32_t take(struct slots *s, uint32_t window, bool want_fresh)
{
	struct cache_key key = { 1, { window } };
	uint32_t slot;
	bool fresh;

	slot = slots_take(s, &key, &fresh);
	CHECK(fresh == want_fresh);
	if (fresh)
		slots_filled(s, slot, true);
	CHECK(slots_wait(s, slot));
	return slot;
}

static void test_slots(void)
{
	struct slots *s = slots_open(3);
	struct cache_key broken = { 2, { 0 } };
	uint32_t a = take(s, 10, true), b = take(s, 20, true), c = take(s, 30, true);
	bool fresh;

	CHECK(a != b && b != c && a != c);
	CHECK(take(s, 10, false) == a);
	slots_give(s, a);
	slots_give(s, a);
	slots_give(s, b);
	CHECK(take(s, 40, true) == b);		/* used before a was */
	slots_give(s, c);
	CHECK(take(s, 10, false) == a);		/* given back, but still there */
	CHECK(slots_take(s, &broken, &fresh) == c && fresh);
	slots_filled(s, c, false);
	CHECK(!slots_wait(s, c));
	slots_give(s, c);
	take(s, 30, true);			/* gone */
	slots_close(s);
}

/* ---- spread ---- */

static void visit(void *arg, uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		__atomic_fetch_add(&((unsigned char *)arg)[from], 1, __ATOMIC_RELAXED);
}

static void test_spread(void)
{
	static unsigned char seen[1000];

	for (unsigned threads = 1; threads <= 5; threads += 2)
		for (uint32_t piece = 1; piece <= 1024; piece *= 8)
			for (uint32_t n = 0; n <= 1000; n += 250) {
				bool once = true;

				memset(seen, 0, sizeof seen);
				spread(threads, n, piece, visit, seen);
				for (uint32_t i = 0; i < sizeof seen; i++)
					once &= seen[i] == (i < n);
				CHECK(once);
			}
}

int main(void)
{
	test_batches();
	test_waiting();
	test_slots();
	test_spread();
	return test_end("t_batches");
}
