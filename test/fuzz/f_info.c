/* SPDX-License-Identifier: MIT
 * REST answers. The first line says whose: a type of POST /info, or "200 3" for the answer to an action of three elements with
 * that status. Whatever follows is read or refused with a reason, records can be written and read back, and an action gets
 * one ack for each element. */
#include "hl/answer.h"
#include "hl/info.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct out written;

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void hear(void *arg, const struct record *r)
{
	static struct record again;
	unsigned *records = arg;
	struct errmsg e;

	written.len = 0;
	record_write(&written, r->type, &r->u);
	require(record_parse(&again, written.data, written.len - 1, &e) && again.type == r->type);
	require(r->type != REC_ack || r->u.ack.index == *records);
	++*records;
}

static void check(const char *line, const char *body, size_t n)
{
	unsigned records = 0, status, elements;
	struct errmsg e = { "" };
	uint64_t rows;

	if (sscanf(line, "%3u %3u", &status, &elements) == 2) {
		elements %= 256;
		hl_answer_http((int)status, "application/json", body, n, elements, hear, &records);
		require(records == elements);
	} else if (!hl_info_read(line, body, n, 1, hear, &records, &rows, &e)) {
		require(*e.text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t n = end ? size - (size_t)(end + 1 - data) : 0;
	char *line, *body;

	if (!written.data)
		out_fd(&written, open("/dev/null", O_WRONLY), "null");
	if (!end || memchr(data, '\0', (size_t)(end - data)))
		return 0;
	line = strndup((const char *)data, (size_t)(end - data));
	body = malloc(n ? n : 1);
	memcpy(body, end + 1, n);
	check(line, body, n);
	free(line);
	free(body);
	return 0;
}
