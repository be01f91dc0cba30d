/* SPDX-License-Identifier: MIT
 * WebSocket framing and HTTP heads, without sockets. */
#include "test.h"

#include "net/frame.h"
#include "net/head.h"

/* ---- frames ---- */

static const unsigned char MASK[4] = { 0x12, 0x34, 0x56, 0x78 };

static void feed(struct frames *f, const void *bytes, size_t n)
{
	if (n)
		memcpy(frames_room(f, n), bytes, n);
	f->in.len += n;
}

/* Gives frames to a reader `step` bytes at a time and writes down what comes out: "text:abc ping: bad:1002". */
static const char *heard(const struct buf *wire, bool masked, size_t step)
{
	static const char *const name[] = {
		[FRAME_TEXT] = "text", [FRAME_BINARY] = "binary", [FRAME_CLOSE] = "close", [FRAME_PING] = "ping", [FRAME_PONG] = "pong",
	};
	static char out[2048];
	struct frames f = { .masked = masked, .max = 1000 };
	const char *text;
	size_t at = 0, n, len = 0;
	int op = 0;

	*out = '\0';
	for (; at < wire->len && op >= 0; at += step) {
		feed(&f, wire->data + at, step < wire->len - at ? step : wire->len - at);
		while ((op = frames_next(&f, &text, &n)) > 0)
			len += (size_t)snprintf(out + len, sizeof out - len, "%s%s:%.*s", len ? " " : "", name[op], (int)n, text);
	}
	if (op < 0)
		snprintf(out + len, sizeof out - len, "%sbad:%u", len ? " " : "", f.bad);
	frames_release(&f);
	return out;
}

static void check_heard(const struct buf *wire, bool masked, const char *want)
{
	size_t step;

	for (step = 1; step <= wire->len; step = step < 8 ? step + 1 : step * 2)
		CHECK_TEXT(heard(wire, masked, step), want);
	CHECK_TEXT(heard(wire, masked, wire->len), want);
}

static void test_messages(void)
{
	struct buf b = BUF_INIT;

	frame_put(&b, FRAME_TEXT, true, "hello", 5, MASK);
	frame_put(&b, FRAME_TEXT, false, "a", 1, MASK);
	frame_put(&b, FRAME_PING, true, "p", 1, MASK);
	frame_put(&b, FRAME_MORE, false, "bcdefghijk", 10, MASK);
	frame_put(&b, FRAME_MORE, true, "", 0, MASK);
	frame_put(&b, FRAME_BINARY, true, "x", 1, MASK);
	frame_put(&b, FRAME_TEXT, true, "", 0, MASK);
	frame_put(&b, FRAME_CLOSE, true, "", 0, MASK);
	check_heard(&b, true, "text:hello ping:p text:abcdefghijk binary:x text: close:");
	CHECK_TEXT(heard(&b, false, b.len), "bad:1002");	/* masked, where it must not be */
	buf_clear(&b);
	frame_put(&b, FRAME_TEXT, true, "plain", 5, NULL);
	check_heard(&b, false, "text:plain");
	CHECK_TEXT(heard(&b, true, b.len), "bad:1002");
	buf_release(&b);
}

/* Lengths around the three forms of a frame's head, from the writer and by hand. */
static void test_lengths(void)
{
	static const size_t sizes[] = { 0, 1, 125, 126, 127, 65535, 65536, 70000 };
	static char text[70000];
	struct frames f = { .masked = true, .max = sizeof text };
	struct buf b = BUF_INIT;
	const char *got;
	size_t i, k, n;

	for (k = 0; k < sizeof text; k++)
		text[k] = (char)('a' + k * 7 % 26);
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		buf_clear(&b);
		frame_put(&b, FRAME_TEXT, true, text, sizes[i], MASK);
		CHECK(b.len == sizes[i] + 6 + (sizes[i] < 126 ? 0 : sizes[i] < 65536 ? 2 : 8));
		feed(&f, b.data, b.len);
		CHECK(frames_next(&f, &got, &n) == FRAME_TEXT && n == sizes[i] && memcmp(got, text, n) == 0);
		CHECK(frames_next(&f, &got, &n) == 0);
	}
	frames_release(&f);
	buf_release(&b);
}

static void check_bad(const char *bytes, size_t n, unsigned code)
{
	struct frames f = { .max = 1000 };
	const char *text;
	size_t len;
	int op;

	feed(&f, bytes, n);
	while ((op = frames_next(&f, &text, &len)) > 0)
		;
	CHECK(op == -1 && f.bad == code);
	frames_release(&f);
}

static void test_broken_frames(void)
{
	check_bad("\xc1\x00", 2, 1002);				/* a reserved bit: compression was never agreed on */
	check_bad("\x83\x00", 2, 1002);				/* reserved opcodes */
	check_bad("\x8b\x00", 2, 1002);
	check_bad("\x80\x00", 2, 1002);				/* goes on with nothing */
	check_bad("\x01\x01" "a\x81\x01" "b", 6, 1002);		/* begins anew amid a message */
	check_bad("\x09\x00", 2, 1002);				/* a ping in fragments */
	check_bad("\x89\x7e\x00\x7e", 4, 1002);			/* and one that is too long */
	check_bad("\x81\x7e\x03\xe9", 4, 1009);			/* 1,001 bytes where 1,000 may be: known before they come */
	check_bad("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10, 1009);
}

static void test_fragments_limit(void)
{
	struct frames f = { .max = 10 };
	const char *text;
	size_t n;

	feed(&f, "\x01\x06" "abcdef\x80\x04" "ghij", 14);
	CHECK(frames_next(&f, &text, &n) == FRAME_TEXT && n == 10 && memcmp(text, "abcdefghij", 10) == 0);
	feed(&f, "\x01\x06" "abcdef\x80\x05" "ghijk", 15);
	CHECK(frames_next(&f, &text, &n) == -1 && f.bad == CLOSE_TOO_BIG);
	frames_release(&f);
}

static void test_close_codes(void)
{
	static const struct { const char *text; size_t n; unsigned code; } rows[] = {
		{ "", 0, 1005 }, { "\x03\xe8", 2, 1000 }, { "\x03\xe9" "bye", 5, 1001 }, { "\x0b\xb8", 2, 3000 }, { "\x13\x87", 2, 4999 },
		{ "\x03", 1, 1002 }, { "\x03\xed", 2, 1002 }, { "\x03\xee", 2, 1002 }, { "\x03\xe7", 2, 1002 }, { "\x13\x88", 2, 1002 },
		{ "\x03\xe8\xff", 3, 1002 },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		CHECK(frame_close_code(rows[i].text, rows[i].n) == rows[i].code);
}

static void test_utf8(void)
{
	static const char *const good[] = { "", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "12345678\xe2\x82\xac" "12345678" };
	static const char *const bad[] = { "\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "12345678\xe2\x82", "1234567\xe2(\xa1" };
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++)
		CHECK(utf8_ok(good[i], strlen(good[i])));
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(!utf8_ok(bad[i], strlen(bad[i])));
}

/* The example of RFC 6455, and a key so long that SHA-1 takes two blocks. */
static void test_accept(void)
{
	char got[29];

	frame_accept(got, "dGhlIHNhbXBsZSBub25jZQ==", 24);
	CHECK_TEXT(got, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	frame_accept(got, "x3JJHMbDL1EzLkh9GBhXDw==", 24);
	CHECK_TEXT(got, "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

/* ---- heads ---- */

static int request(const char *text, struct head *h)
{
	static char copy[40000];
	size_t n = strlen(text);

	memcpy(copy, text, n + 1);
	return head_request(copy, n, h);
}

static void test_request(void)
{
	struct head h;

	CHECK(request("POST /info?x=%20 HTTP/1.1\r\nHost: a\r\nContent-Type:  application/json ; charset=utf-8 \t\r\n"
		      "content-LENGTH: 12\r\n\r\n", &h) == 0);
	CHECK_TEXT(h.method, "POST");
	CHECK_TEXT(h.path, "/info?x=%20");
	CHECK_TEXT(h.type, "application/json ; charset=utf-8");
	CHECK(h.has_length && h.length == 12 && h.keep && !h.chunked && !h.websocket && !h.expect);
	CHECK(request("GET / HTTP/1.1\r\nhost:\r\nConnection: foo , Close\r\n\r\n", &h) == 0 && !h.keep);
	CHECK(request("GET / HTTP/1.0\r\n\r\n", &h) == 0 && !h.keep);
	CHECK(request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", &h) == 0 && h.keep);
	CHECK(request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n", &h) == 0);
	CHECK(h.chunked && h.expect);
	CHECK(request("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\n"
		      "Sec-WebSocket-Version: 13\r\n\r\n", &h) == 0 && h.websocket);
	CHECK_TEXT(h.key, "k");
	CHECK_TEXT(h.version, "13");
	CHECK(request("POST /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", &h) == 0 && !h.websocket);
	CHECK(request("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", &h) == 0 && !h.websocket);
}

static void test_broken_requests(void)
{
	static const struct { int status; const char *text; } rows[] = {
		{ 400, "\r\n\r\n" },
		{ 400, "GET\r\n\r\n" },
		{ 400, "GET /\r\n\r\n" },
		{ 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n" },
		{ 505, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n" },
		{ 400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n" },
		{ 400, "GET / FTP/1.1\r\nHost: a\r\n\r\n" },
		{ 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n" },
		{ 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n" },
		{ 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" },
		{ 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" },
		{ 501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" },
		{ 501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" },
	};
	static char many[20000];
	struct head h;
	size_t i, n;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!CHECK(request(rows[i].text, &h) == rows[i].status))
			printf("  %d wanted for %s", rows[i].status, rows[i].text);
	for (n = (size_t)sprintf(many, "GET / HTTP/1.1\r\nHost: a\r\n"), i = 0; i < 100; i++)
		n += (size_t)sprintf(many + n, "X: %zu\r\n", i);
	strcpy(many + n, "\r\n");
	CHECK(request(many, &h) == 431);
	memset(many, 'a', 17000);
	memcpy(many, "GET /", 5);
	strcpy(many + 17000, " HTTP/1.1\r\nHost: a\r\n\r\n");
	CHECK(request(many, &h) == 431);
	CHECK(head_request((char[]){ "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n" }, 29, &h) == 400);
}

static void test_head_size(void)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody";
	size_t n, seen = 0;

	for (n = 0; n < 27; n++)
		CHECK(head_size(text, n, &seen) == 0);
	CHECK(head_size(text, 27, &seen) == 27);
	seen = 0;
	CHECK(head_size(text, sizeof text - 1, &seen) == 27);
}

static void test_response(void)
{
	char good[] = "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: abc=\r\n\r\n";
	char refused[] = "HTTP/1.1 429 Too Many\r\nContent-Length: 3\r\n\r\n";
	char none[] = "SSH-2.0-OpenSSH_9.2\r\n\r\n", torn[] = "HTTP/1.1 20 OK\r\n\r\n";
	struct head h;

	CHECK(head_response(good, strlen(good), &h) && h.status == 101 && h.websocket);
	CHECK_TEXT(h.accept, "abc=");
	CHECK(head_response(refused, strlen(refused), &h) && h.status == 429 && !h.websocket);
	CHECK(!head_response(none, strlen(none), &h));
	CHECK(!head_response(torn, strlen(torn), &h));
}

/* Reads a chunked body in steps; the status, and the body in *b. */
static int chunked(const char *text, size_t step, struct buf *b, size_t max, size_t *used)
{
	struct chunks c = { 0 };
	const char *at = text, *end = text + strlen(text), *stop;
	int status = 0;

	buf_clear(b);
	while (!status && at < end) {
		stop = (size_t)(end - at) < step ? end : at + step;
		status = chunks_read(&c, &at, stop, b, max);
	}
	*used = (size_t)(at - text);
	return status;
}

static void test_chunks(void)
{
	static const char *const broken[] = {
		"x\r\n", "\r\n", "1\nA\r\n", "1\r\nAB", "1\r\nA\n", "1 \r\nA\r\n", "123456789\r\n", "0\r\nX\n", "1;a\nA", "0\r\n\rX",
	};
	struct buf b = BUF_INIT;
	size_t step, used, i;

	for (step = 1; step < 60; step++) {
		CHECK(chunked("5\r\nhello\r\n00B;ext=1\r\n, the world\r\n0\r\nTrailer: x\r\n\r\nGET", step, &b, 100, &used) == 1);
		CHECK_TEXT(buf_cstr(&b), "hello, the world");
		CHECK(used == 51);
	}
	CHECK(chunked("5\r\nhello\r\n", 3, &b, 100, &used) == 0);
	CHECK(chunked("5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n", 100, &b, 9, &used) == 413);
	CHECK(chunked("ffffffff\r\n12345678901", 100, &b, 10, &used) == 413);
	for (i = 0; i < sizeof broken / sizeof *broken; i++)
		CHECK(chunked(broken[i], 100, &b, 100, &used) == 400);
	buf_release(&b);
}

int main(void)
{
	test_messages();
	test_lengths();
	test_broken_frames();
	test_fragments_limit();
	test_close_codes();
	test_utf8();
	test_accept();
	test_request();
	test_broken_requests();
	test_head_size();
	test_response();
	test_chunks();
	return test_end("frame");
}
