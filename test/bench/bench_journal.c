/* SPDX-License-Identifier: MIT
 * The journal: batches of three records of 170 bytes in, records out. Prints "name<TAB>value<TAB>unit" per line. */
#include "base/clock.h"
#include "journal/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RECORD "{\"type\":\"fill\",\"symbol\":\"BTC\",\"t_ms\":1763828003456,\"tid\":\"118906512037719\",\"oid\":\"91490942\",\"side\":\"B\"," \
	"\"px\":84143,\"sz\":0.001,\"fee\":0.037864}\n"
static const char batch[] = RECORD RECORD RECORD;

static struct errmsg why;

static void must(int status)
{
	if (status != EX_OK)
		die(status, "%s", why.text);
}

/* us a batch */
static double append(struct journal *j, unsigned n, enum journal_sync sync)
{
	int64_t start = clock_mono_ns();

	for (unsigned i = 0; i < n; i++)
		must(journal_append(j, batch, sizeof batch - 1, 1763828003456, sync, &why));
	return (double)(clock_mono_ns() - start) / 1e3 / n;
}

/* M records/s, checksums looked at */
static double read_all(const char *dir)
{
	int64_t start = clock_mono_ns();
	struct journal_record record;
	struct journal_reader *r;
	uint64_t n = 0;

	must(journal_read(&r, dir, 1, &why));
	while (journal_next(r, &record, &why) == EX_OK)
		n++;
	journal_reader_free(r);
	return (double)n * 1e3 / (double)(clock_mono_ns() - start);
}

int main(void)
{
	char dir[] = "/tmp/bench_journal.XXXXXX", command[64];
	struct journal j;

	err_init("bench_journal");
	if (!mkdtemp(dir) || chdir(dir) != 0)
		die_sys(EX_RETRY, "%s", dir);
	must(journal_open(&j, "j", 0, &why));
	printf("journal_append\t%.2f\tus\n", append(&j, 50000, JOURNAL_KEPT));
	printf("journal_durable\t%.0f\tus\n", append(&j, 200, JOURNAL_DURABLE));
	printf("journal_read\t%.2f\tM/s\n", read_all("j"));
	journal_close(&j);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}
