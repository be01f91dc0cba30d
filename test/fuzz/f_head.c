/* SPDX-License-Identifier: MIT
 * HTTP heads and chunked bodies: nothing is read beyond the head, what is accepted is one message however it comes in. */
#include "net/head.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 1000 };

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* The status of a chunked body, what was used of it, and the body. */
static int read_body(const char *text, size_t size, size_t step, struct buf *body, size_t *used)
{
	struct chunks c = { 0 };
	const char *at = text, *end = text + size;
	int status = 0;

	while (!status && at < end)
		status = chunks_read(&c, &at, (size_t)(end - at) < step ? end : at + step, body, BODY_MAX);
	require(body->len <= BODY_MAX && at <= end);
	*used = (size_t)(at - text);
	return status;
}

static void try_body(const char *text, size_t size)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	size_t used_a, used_b;
	int status = read_body(text, size, 1, &a, &used_a);

	require(status == read_body(text, size, size + 1, &b, &used_b));
	require(status != 1 || (used_a == used_b && a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0)));
	buf_release(&a);
	buf_release(&b);
}

static void try_heads(const char *data, size_t n)
{
	char *text = malloc(n + 1);
	struct head h;

	memcpy(text, data, n);
	text[n] = '\0';
	if (head_request(text, n, &h) == 0) {
		require(*h.method && *h.path && strlen(h.type) < n && strlen(h.key) < n);
		require(!(h.chunked && h.has_length));
	}
	memcpy(text, data, n);
	text[n] = '\0';
	if (head_response(text, n, &h))
		require(h.status >= 0 && h.status < 1000 && strlen(h.accept) < n);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t seen = 0, n = 0, at, whole;

	for (at = 0; at <= size && !n; at++)
		n = head_size(text, at, &seen);
	seen = 0;
	whole = head_size(text, size, &seen);
	require(n == whole);
	if (n)
		try_heads(text, n);
	try_body(text + n, size - n);
	return 0;
}
