/* SPDX-License-Identifier: MIT
 * Candidate streams, a header and a record: any bytes are refused, or become a point that is written and read back the same. */
#include "engine/point.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
	if (!ok)
		abort();
}

static void round_trip(struct points *p, const struct point *pt)
{
	static struct point again;
	struct out o;
	struct errmsg e;
	bool candidate;

	out_fd(&o, -1, "memory");
	point_write(&o, pt, false);
	need(points_parse(p, o.data, o.len - 1, &again, &candidate, &e) && candidate);
	need(again.n == pt->n && strcmp(again.id, pt->id) == 0);
	need(memcmp(again.row, pt->row, pt->n * sizeof *pt->row) == 0);
	need(memcmp(again.value, pt->value, pt->n * sizeof *pt->value) == 0);
	free(o.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct point pt;
	struct points p = { 0 };
	struct errmsg e;
	bool candidate;
	const char *text = (const char *)data, *end = text + size, *newline;

	while (text < end) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline)
			newline = end;
		if (points_parse(&p, text, (size_t)(newline - text), &pt, &candidate, &e) && candidate)
			round_trip(&p, &pt);
		text = newline + 1;
	}
	json_release(&p.doc);
	return 0;
}
