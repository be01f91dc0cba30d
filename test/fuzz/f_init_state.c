/* SPDX-License-Identifier: MIT
 * Imported state: any file is read or refused with a message that names it. The reader takes a path, so the input goes
 * through a file in memory. */
#include "engine/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be used: names end, numbers are finite and not negative. */
static void check(const struct init_state *s)
{
	size_t i;

	if (!(s->balance_usd >= 0))
		abort();
	for (i = 0; i < s->n_positions; i++) {
		const struct position *p = &s->position[i].pos;

		if (!memchr(s->position[i].symbol, '\0', sizeof s->position[i].symbol) || p->side > SIDE_SHORT ||
		    p->confidence > CONFIDENCE_HIGH || !(p->size >= 0) || !(p->entry_price >= 0) || !(p->margin_usd >= 0))
			abort();
	}
	for (i = 0; i < s->n_last_entry; i++)
		if (!memchr(s->last_entry[i].symbol, '\0', sizeof s->last_entry[i].symbol))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("state", 0);
	struct init_state s;
	struct errmsg e = { "" };
	char path[64];

	err_quiet = true;
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (init_state_load(&s, path, &e))
		check(&s);
	else if (!e.text[0])
		abort();
	init_state_release(&s);
	close(fd);
	return 0;
}
