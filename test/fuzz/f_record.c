/* SPDX-License-Identifier: MIT
 * Record lines: an accepted line is JSON, its record written is read back by the fast path with the same bytes, and the
 * reader agrees with itself when the line's form defeats the fast path. */
#include "json/json.h"
#include "record/record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct out written, spaced;

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* The text of r in the writer's form; false for a type that is only passed through. */
static bool write_record(struct out *o, struct record *r)
{
	o->len = 0;
	switch (r->type) {
#define RECORD(name, meaning) case REC_##name: record_write(o, r->type, &r->u.name); return true;
#define FIELD(kind, member, key, meaning)
#define RECORD_END
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END
	default:
		return false;
	}
}

static void check(struct record *r, const char *line, size_t len)
{
	static struct record again;
	struct json_doc d;
	struct errmsg e;

	require(json_parse(&d, line, len, &e));
	json_release(&d);
	if (!write_record(&written, r))
		return;
	require(record_parse(&again, written.data, written.len - 1, &e) && again.type == r->type);
	require(write_record(&spaced, &again));
	require(spaced.len == written.len && memcmp(spaced.data, written.data, written.len) == 0);

	spaced.len = 0;	/* a space in front: through the tokens */
	out_add(&spaced, " ", 1);
	out_add(&spaced, written.data, written.len);
	require(record_parse(&again, spaced.data, spaced.len, &e) && write_record(&spaced, &again));
	require(spaced.len == written.len && memcmp(spaced.data, written.data, written.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct record r;
	char *line = malloc(size ? size : 1);
	struct errmsg e = { "" };

	if (!written.data) {
		out_fd(&written, open("/dev/null", O_WRONLY), "null");
		out_fd(&spaced, written.fd, "null");
	}
	if (size)
		memcpy(line, data, size);
	if (record_parse(&r, line, size, &e))
		check(&r, line, size);
	else
		require(*e.text);
	free(line);
	return 0;
}
