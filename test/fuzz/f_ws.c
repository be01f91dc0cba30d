/* SPDX-License-Identifier: MIT
 * WebSocket messages: whatever comes is read or refused with a reason; records that come of it can be written and read back;
 * and the way straight from the text and the way by tokens agree. */
#include "hl/ws.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct out written;

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* A checksum of all that was handed on. */
struct heard { uint64_t events, sum; };

static void mix(struct heard *h, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h->sum = (h->sum ^ (unsigned char)bytes[i]) * 0x100000001b3;
}

static void hear(void *arg, const struct hl_ws_event *e)
{
	static struct record again;
	struct heard *h = arg;
	struct errmsg why;

	h->events++;
	mix(h, (const char *)&e->kind, sizeof e->kind);
	if (e->kind == HL_WS_RECORD) {
		written.len = 0;
		record_write(&written, e->record.type, &e->record.u);
		require(record_parse(&again, written.data, written.len - 1, &why) && again.type == e->record.type);
		mix(h, written.data, written.len);
	} else if (e->kind == HL_WS_SNAPSHOT) {
		mix(h, e->user, strlen(e->user));
	} else if (e->kind != HL_WS_PONG) {
		mix(h, e->text, e->n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hl_ws_event scratch;
	char *text = malloc(size + 1), *spaced = malloc(size + 2);
	struct errmsg e = { "" }, by_tokens = { "" };
	struct heard fast = { 0 }, slow = { 0 };
	bool ok, ok_tokens;

	if (!written.data)
		out_fd(&written, open("/dev/null", O_WRONLY), "null");
	if (size) {
		memcpy(text, data, size);
		spaced[0] = text[0];
		spaced[1] = ' ';
		memcpy(spaced + 2, data + 1, size - 1);
	}
	ok = hl_ws_read(&scratch, text, size, 1, hear, &fast, &e);
	require(ok || *e.text);
	if (size && text[0] == '{') {
		ok_tokens = hl_ws_read(&scratch, spaced, size + 1, 1, hear, &slow, &by_tokens);
		if (ok_tokens)
			require(ok && fast.events == slow.events && fast.sum == slow.sum);
		else	/* channels and members that nobody wants are not looked into */
			require(fast.events >= slow.events);
	}
	free(text);
	free(spaced);
	return 0;
}
