/* SPDX-License-Identifier: MIT
 * The record table as data, for documentation and for readers that handle any type. */
#include "record/record.h"

#define RECORD(name, meaning) static const struct record_field fields_##name[] = {
#define FIELD(kind, member, key, meaning) { key, #kind, meaning },
#define RECORD_END };
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END

const struct record_desc record_descs[] = {
	[REC_OTHER] = { 0 },
#define RECORD(name, meaning) [REC_##name] = { #name, meaning, fields_##name, sizeof fields_##name / sizeof *fields_##name },
#define FIELD(kind, member, key, meaning)
#define RECORD_END
#include "record/records.def"
#undef RECORD
#undef FIELD
#undef RECORD_END
};
