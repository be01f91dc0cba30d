/* SPDX-License-Identifier: MIT
 * Runs while building: prints ocq-records(5) from the record table. */
#include "record/record.h"

#include <stdio.h>

static void kinds(void)
{
	puts(".Bl -tag -width long");
#define KIND(name, type, want) puts(".It Cm " #name "\n" want);
#include "record/kinds.def"
#undef KIND
	puts(".El");
}

static void record(const struct record_desc *d)
{
	printf(".Ss %s\n%s.\n.Bl -tag -width Ds -compact\n", d->name, d->meaning);
	for (unsigned i = 0; i < d->n_fields; i++)
		printf(".It Va %s Pq %s\n%s\n", d->fields[i].key, d->fields[i].kind, d->fields[i].meaning);
	puts(".El");
}

static void open_records(void)
{
#define OPEN_RECORD(name, meaning) puts(".Ss " #name "\n" meaning ".\n.Bl -tag -width Ds -compact");
#define OPEN_FIELD(kind, key, meaning) puts(".It Va " key " Pq " kind "\n" meaning);
#define OPEN_END puts(".El");
#include "record/open.def"
#undef OPEN_RECORD
#undef OPEN_FIELD
#undef OPEN_END
}

int main(void)
{
	puts(".\\\" Printed from lib/record/records.def by lib/record/gen_doc.c.\n"
	     ".Dd November 22, 2026\n"
	     ".Dt OCQ-RECORDS 5\n"
	     ".Os\n"
	     ".Sh NAME\n"
	     ".Nm ocq-records\n"
	     ".Nd the records on every pipe\n"
	     ".Sh DESCRIPTION\n"
	     "A stream is UTF-8 text with one JSON object per line.\n"
	     "The member\n"
	     ".Va type\n"
	     "comes first and says what the object is; the other members may stand in any\n"
	     "order, unknown ones are ignored, and none may occur twice.\n"
	     "A filter passes records of a type that it does not know through unchanged.\n"
	     ".Pp\n"
	     "A stream starts with a\n"
	     ".Cm header\n"
	     "and closes with an\n"
	     ".Cm end ;\n"
	     "under\n"
	     ".Fl -strict\n"
	     "a stream without them was cut and is refused, and so is one whose\n"
	     ".Cm end\n"
	     "counts other records than came.\n"
	     "Two streams are the same when the records between header and end are.\n"
	     "Market records come in order of time, then of symbol; a\n"
	     ".Cm step\n"
	     "closes each time step.\n"
	     ".Pp\n"
	     "A decimal is an IEEE double, written with the fewest digits that read back to\n"
	     "the same bits, as ECMAScript writes it (100, 43012.3, 1e-7, 1e+21), except that\n"
	     "minus zero is -0.\n"
	     "NaN and infinity do not occur.\n"
	     "Times are milliseconds UTC since 1970.\n"
	     ".Sh KINDS\n"
	     "In brackets behind each member stands what kind of value it has:");
	kinds();
	puts(".Sh RECORD TYPES");
	for (int i = REC_OTHER + 1; i < N_RECORD_TYPES; i++)
		record(&record_descs[i]);
	open_records();
	puts(".Sh EXAMPLES\n"
	     "Closing prices of one symbol:\n"
	     ".Dl jq -r 'select(.type==\"candle\" and .symbol==\"BTC\") | .c' <candles.ndjson\n"
	     ".Sh SEE ALSO\n"
	     ".Xr jq 1 ,\n"
	     ".Xr ocq 7");
	return ferror(stdout) || fflush(stdout);
}
