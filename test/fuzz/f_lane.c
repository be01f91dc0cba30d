/* SPDX-License-Identifier: MIT
 * A lane's journal of any records, which may begin with a snapshot: a record that is refused leaves the state as it was, and a snapshot that is
 * written is read back the same. */
#include "trade/lane.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void write_state(const struct lane *l, struct buf *b)
{
	buf_clear(b);
	lane_write(l, b);
}

/* Also of the end of "covers", which a record that is refused raises. */
static bool same(const struct buf *a, const struct buf *b)
{
	const char *p = memchr(a->data + 16, ',', a->len - 16), *q = memchr(b->data + 16, ',', b->len - 16);
	size_t n = (size_t)(a->data + a->len - p);

	return n == (size_t)(b->data + b->len - q) && memcmp(p, q, n) == 0;
}

static void check_snapshot(const struct lane *l)
{
	struct buf once = BUF_INIT, again = BUF_INIT;
	struct errmsg e;
	struct lane back;

	write_state(l, &once);
	require(lane_read(&back, once.data, once.len, &e));
	write_state(&back, &again);
	require(once.len == again.len && memcmp(once.data, again.data, once.len) == 0);
	lane_release(&back);
	buf_release(&once);
	buf_release(&again);
}

static void apply(struct lane *l, const char *line, size_t n)
{
	struct buf before = BUF_INIT, after = BUF_INIT;
	struct record r;
	struct errmsg e;

	if (record_parse(&r, line, n, &e)) {
		write_state(l, &before);
		if (!lane_apply(l, &r, l->seq + 1, (int64_t)l->seq, &e)) {
			write_state(l, &after);
			require(e.text[0] && same(&before, &after));
		}
	}
	buf_release(&before);
	buf_release(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size, *newline;
	struct errmsg e;
	struct lane l;

	newline = size ? memchr(p, '\n', size) : NULL;
	if (newline && lane_read(&l, p, (size_t)(newline - p), &e))
		p = newline + 1;
	else
		lane_init(&l);
	for (; p < end && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1)
		apply(&l, p, (size_t)(newline - p));
	check_snapshot(&l);
	lane_release(&l);
	return 0;
}
