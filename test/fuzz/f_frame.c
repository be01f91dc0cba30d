/* SPDX-License-Identifier: MIT
 * WebSocket frames: what comes out does not depend on the pieces that the bytes come in, stays within its bounds, and a message that is
 * written again is read as the same. */
#include "net/frame.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 5000 };

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void feed(struct frames *f, const void *bytes, size_t n)
{
	if (n)
		memcpy(frames_room(f, n), bytes, n);
	f->in.len += n;
}

static void again(int op, const char *text, size_t n, bool masked)
{
	struct frames f = { .masked = masked, .max = MESSAGE_MAX };
	struct buf b = BUF_INIT;
	const char *got;
	size_t len;

	frame_put(&b, (enum frame_op)op, true, text, n, masked ? (const unsigned char *)"\x11\x22\x33\x44" : NULL);
	feed(&f, b.data, b.len);
	require(frames_next(&f, &got, &len) == op && len == n && memcmp(got, text, n) == 0);
	require(frames_next(&f, &got, &len) == 0);
	frames_release(&f);
	buf_release(&b);
}

/* A number for everything that came out. */
static uint32_t read_in_steps(const uint8_t *data, size_t size, size_t step, bool masked)
{
	struct frames f = { .masked = masked, .max = MESSAGE_MAX };
	const char *text;
	uint32_t sum = 0;
	size_t at = 0, n;
	int op = 0;

	for (; at < size && op >= 0; at += step) {
		feed(&f, data + at, step < size - at ? step : size - at);
		while ((op = frames_next(&f, &text, &n)) > 0) {
			require(n <= MESSAGE_MAX);
			sum = crc32_ieee(sum, &op, sizeof op);
			sum = crc32_ieee(sum, text, n);
			again(op, text, n, masked);
			if (op == FRAME_CLOSE)
				require(frame_close_code(text, n) >= 1000);
			if (op == FRAME_TEXT && n && (unsigned char)text[n - 1] >= 0xc0)
				require(!utf8_ok(text, n));	/* a character that has only begun */
		}
	}
	sum = crc32_ieee(sum, &f.bad, sizeof f.bad);
	frames_release(&f);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool masked;
	size_t step;

	if (size < 2)
		return 0;
	masked = data[0] & 1;
	step = data[1] + 1u;
	require(read_in_steps(data + 2, size - 2, step, masked) == read_in_steps(data + 2, size - 2, size, masked));
	return 0;
}
