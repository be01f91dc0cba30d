/* SPDX-License-Identifier: MIT
 * Records to text: one function per type, an expansion of records.def. */
#include "record/record.h"

#include "base/num.h"
#include "base/opt.h"
#include "json/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bytes that a value of each kind may need. */
enum {
	ROOM_ms = NUM_I64_MAX, ROOM_i64 = NUM_I64_MAX, ROOM_u64 = NUM_I64_MAX, ROOM_f64 = NUM_F64_MAX, ROOM_flag = 5,
	ROOM_sym = 6 * SYMBOL_MAX, ROOM_text = 6 * TEXT_MAX, ROOM_long = 6 * LONG_MAX_TEXT, ROOM_id = 6 * ID_MAX,
};

static char *put_bytes(char *p, const char *bytes, size_t n)
{
	memcpy(p, bytes, n);
	return p + n;
}
#define PUT_LITERAL(p, text) put_bytes(p, text, sizeof text - 1)

static char *put_i64(char *p, int64_t v)
{
	return num_i64_put(p, v);
}

static char *put_ms(char *p, int64_t v)
{
	return num_i64_put(p, v);
}

static char *put_u64(char *p, uint64_t v)
{
	return num_u64_put(p, v);
}

/* A record cannot hold NaN or infinity (docs/parity.md); a rule that makes one is wrong and must not go unnoticed. */
static char *put_f64(char *p, double v)
{
	if (!isfinite(v))
		die(EX_BUG, "a record would hold %g", v);
	return num_f64_put(p, v);
}

static char *put_flag(char *p, bool v)
{
	return v ? PUT_LITERAL(p, "true") : PUT_LITERAL(p, "false");
}

static char *put_text(char *p, const char *s)
{
	*p++ = '"';
	p = json_encode(p, s, strlen(s));
	*p++ = '"';
	return p;
}

static char *put_sym(char *p, const char *s)
{
	return put_text(p, s);
}

static char *put_long(char *p, const char *s)
{
	return put_text(p, s);
}

static char *put_id(char *p, const char *s)
{
	return *s ? put_text(p, s) : PUT_LITERAL(p, "null");
}

#define RECORD(name, meaning) static char *put_rec_##name(char *p, const struct rec_##name *r) \
{ \
	p = PUT_LITERAL(p, "{\"type\":\"" #name "\"");
#define FIELD(kind, member, key, meaning) \
	p = PUT_LITERAL(p, ",\"" key "\":"); \
	p = put_##kind(p, r->member);
#define RECORD_END \
	return PUT_LITERAL(p, "}\n"); \
}
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END

#define RECORD(name, meaning) enum { room_##name = sizeof "{\"type\":\"" #name "\"}\n"
#define FIELD(kind, member, key, meaning) + sizeof ",\"\":" + sizeof key + ROOM_##kind
#define RECORD_END };
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END

void record_write(struct out *o, enum record_type type, const void *rec)
{
	switch (type) {
#define RECORD(name, meaning) case REC_##name: o->len = (size_t)(put_rec_##name(out_room(o, room_##name), rec) - o->data); return;
#define FIELD(kind, member, key, meaning)
#define RECORD_END
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END
	case REC_OTHER:
	case N_RECORD_TYPES:
		break;
	}
	die(EX_BUG, "record type %d cannot be written", (int)type);
}

void record_pass(struct out *o, const struct record *r)
{
	char *p = out_room(o, r->len + 1);

	memcpy(p, r->line, r->len);
	p[r->len] = '\n';
	o->len += r->len + 1;
}

static void copy(char *dst, size_t cap, const char *src)
{
	if ((size_t)snprintf(dst, cap, "%s", src) >= cap)
		strcpy(dst + cap - sizeof "...", "...");
}

void record_header(struct out *o, const char *config_id, const char *contract_id, const char *contract)
{
	struct rec_header h = { .schema = RECORD_SCHEMA };

	copy(h.program, sizeof h.program, err_program);
	copy(h.version, sizeof h.version, OCQ_VERSION);
	copy(h.command, sizeof h.command, opt_command());
	copy(h.config_id, sizeof h.config_id, config_id ? config_id : "");
	copy(h.contract_id, sizeof h.contract_id, contract_id ? contract_id : "");
	copy(h.contract, sizeof h.contract, contract ? contract : "");
	record_write(o, REC_header, &h);
}

void record_extend(struct out *o, const char *members, size_t n)
{
	if (n == 0)
		return;
	o->len -= 2;	/* "}\n" */
	out_add(o, members, n);
	out_add(o, "}\n", 2);
}

void record_end(struct out *o, uint64_t n_records)
{
	if (!stream_stop)
		record_write(o, REC_end, &(struct rec_end){ .records = n_records });
}
