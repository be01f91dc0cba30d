/* SPDX-License-Identifier: MIT
 * CSV import: any lines are refused with a message or become bars; a bar written as CSV reads back as itself. */
#include "base/num.h"
#include "store/candles.h"
#include "store/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
	if (!ok)
		abort();
}

/* A symbol or interval as a quoted field. */
static char *put_quoted(char *p, const char *text)
{
	*p++ = '"';
	for (; *text; text++) {
		if (*text == '"')
			*p++ = '"';
		*p++ = *text;
	}
	*p++ = '"';
	*p++ = ',';
	return p;
}

static void check_round(const struct rec_candle *c)
{
	static const char header[] = "symbol,interval,t_ms,t_close_ms,o,h,l,c,v,n";
	const double value[] = { c->o, c->h, c->l, c->c, c->v };
	struct rec_candle none = { .symbol = "" }, again;
	char line[1024], *p = line;
	struct errmsg e;
	struct csv csv;

	/* Smaller numbers are seconds, larger ones microseconds. */
	if (candle_problem(c) || c->t_ms < INT64_C(10000000000) || c->t_ms >= INT64_C(10000000000000))
		return;
	p = put_quoted(put_quoted(p, c->symbol), c->interval);
	p += sprintf(p, "%" PRId64 ",%" PRId64, c->t_ms, c->t_close_ms);
	for (int k = 0; k < 5; k++) {
		*p++ = ',';
		p = num_f64_put(p, value[k]);
	}
	p += sprintf(p, ",%" PRId64, c->n);
	need(csv_header(&csv, header, sizeof header - 1, &none, &e));
	need(csv_row(&csv, line, (size_t)(p - line), &again, &e));
	need(strcmp(again.symbol, c->symbol) == 0 && again.t_ms == c->t_ms && again.n == c->n);
	need(memcmp(&again.o, &c->o, 5 * sizeof c->o) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rec_candle preset = { .symbol = "" }, row;
	const char *line = (const char *)data, *end = line + size, *eol;
	struct errmsg e = { "" };
	struct csv csv;
	bool head = true;

	if (size % 2)
		preset = (struct rec_candle){ .symbol = "kPEPE", .interval = "1h" };
	for (; line < end; line = eol + 1, head = false) {
		eol = memchr(line, '\n', (size_t)(end - line));
		if (!eol)
			eol = end;
		if (head ? !csv_header(&csv, line, (size_t)(eol - line), &preset, &e) :
		    !csv_row(&csv, line, (size_t)(eol - line), &row, &e)) {
			need(*e.text && !strchr(e.text, '\n'));
			return 0;
		}
		if (!head)
			check_round(&row);
	}
	return 0;
}
