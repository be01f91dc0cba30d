/* SPDX-License-Identifier: MIT
 * The contract's members: written in their fixed order, hashed, told apart. */
#include "engine/contract.h"

#include "base/hash.h"
#include "base/num.h"
#include "kernel/kernel.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define UNKNOWN "unknown"	/* the value of a member that was not computed */

static void add_f64(struct buf *b, const char *name, double v)
{
	char text[NUM_F64_MAX];

	buf_addf(b, " %s=", name);
	buf_add(b, text, (size_t)(num_f64_put(text, v) - text));
}

static void add_time(struct buf *b, const char *name, int64_t t_ms, int64_t open_end)
{
	if (t_ms == open_end)
		buf_addf(b, " %s=open", name);
	else
		buf_addf(b, " %s=%" PRId64, name, t_ms);
}

/* The names themselves would not fit a header: their number and the start of their hash do. */
static void add_symbols(struct buf *b, const struct market *m)
{
	struct buf names = BUF_INIT;
	char hex[65];
	uint32_t i;

	for (i = 0; i < m->n_symbols; i++) {
		buf_adds(&names, m->symbol[i]);
		buf_addc(&names, '\n');
	}
	sha256_hex(names.data, names.len, hex);
	buf_addf(b, " symbols=%u:%.16s", m->n_symbols, hex);
	buf_release(&names);
}

void contract_make(struct contract *c, const struct market *m, uint32_t lookback, double balance_usd, double slippage_bps)
{
	struct buf *b = &c->text;

	memset(c, 0, sizeof *c);
	buf_addf(b, "kernel=%s data=%s", KERNEL_VERSION, m->data_id[0] ? m->data_id : UNKNOWN);
	add_time(b, "from_ms", m->from_ms, INT64_MIN);
	add_time(b, "to_ms", m->to_ms, INT64_MAX);
	buf_addf(b, " interval=%s exit=%s entry=%s", m->main.interval, m->exit.of ? m->exit.interval : "none",
		 m->entry.of ? m->entry.interval : "none");
	buf_addf(b, " funding=%s lookback=%u", m->funding ? "yes" : "no", lookback);
	add_f64(b, "balance_usd", balance_usd);
	add_f64(b, "slippage_bps", slippage_bps);
	add_symbols(b, m);
	if (m->data_id[0])
		sha256_hex(b->data, b->len, c->id);
	buf_addc(b, '\0');	/* a string, too */
}

void contract_release(struct contract *c)
{
	buf_release(&c->text);
}

/* A member's value; length 0: not there or not known. */
static size_t member_value(const char *text, const char *name, size_t name_len, const char **value)
{
	for (; *text; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");

		if (len > name_len && !strncmp(text, name, name_len) && text[name_len] == '=') {
			*value = text + name_len + 1;
			len -= name_len + 1;
			return len == strlen(UNKNOWN) && !strncmp(*value, UNKNOWN, len) ? 0 : len;
		}
		text += len;
	}
	return 0;
}

bool contract_difference(const char **at, const char *b, char name[64])
{
	const char *member, *x = NULL, *y = NULL;
	size_t len, nx, ny;

	while (*(member = *at)) {
		len = strcspn(member, "= ");
		nx = member_value(member, member, len, &x);
		ny = member_value(b, member, len, &y);
		*at += strcspn(member, " ");
		*at += strspn(*at, " ");
		if (nx && ny && (nx != ny || memcmp(x, y, nx))) {
			snprintf(name, 64, "%.*s", (int)len, member);
			return true;
		}
	}
	return false;
}
