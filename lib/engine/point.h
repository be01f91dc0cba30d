/* SPDX-License-Identifier: MIT
 * A candidate stream: points of a parameter space, one record each (ocq-records(5) "candidate"). A header may name the paths
 * once; then records give bare values:
 *   {"type":"header",...,"lookback":200,"candidates":24,"paths":["trade.sl_atr_mult","indicators.ema_fast_window"]}
 *   {"type":"candidate","id":"sweep_0000","values":[1.5,8]}
 * or every record names its own:
 *   {"type":"candidate","id":"sweep_0000","overrides":{"trade.sl_atr_mult":1.5,"indicators.ema_fast_window":8}}
 * Values are a sweep's numbers (config_set_row()). */
#ifndef OCQ_ENGINE_POINT_H
#define OCQ_ENGINE_POINT_H

#include "config/config.h"
#include "json/json.h"
#include "record/record.h"

/* row[i] is the row of params.def that value[i] is for; no row occurs twice. */
struct point {
	char id[TEXT_MAX];
	uint32_t n;
	uint16_t row[N_PARAMS];
	double value[N_PARAMS];
};

/* What values are for, as a header says; known: it has paths. */
struct point_paths { bool known; uint32_t n; uint16_t row[N_PARAMS]; };

/* From the tokens of a header, and of a candidate or any other record with "overrides" or "values" (a result). False: *e names
 * the member and what is wrong. point_parse() leaves pt->id alone. */
bool point_paths(struct point_paths *p, const struct json_doc *d, const struct json *header, struct errmsg *e) MUST_USE;
bool point_parse(struct point *pt, const struct point_paths *p, const struct json_doc *d, const struct json *record, struct errmsg *e) MUST_USE;

/* The same for two points that set the same keys to the same typed values, in whatever order and under whichever name; of a
 * point of which only the id is known, a key that no other id and no known point has. */
enum { POINT_KEY = 32 };
void point_key(const struct point *pt, unsigned char key[POINT_KEY]);
void point_key_of_id(const char *id, unsigned char key[POINT_KEY]);
/* The first 64 bits of the key, as a number and as 16 hex digits: rows without overrides carry them, so that rows of one id can be
 * told apart. Any thread may call. */
uint64_t point_mark(const struct point *pt);
void point_mark_text(uint64_t mark, char text[17]);
/* That of a result row: its "point", or of its overrides. */
bool point_mark_of_row(const struct json_doc *d, uint64_t *mark, struct errmsg *e) MUST_USE;

struct points {
	struct record_in in;
	struct json_doc doc;		/* private */
	bool has_lookback;		/* the header of the stream named one */
	uint32_t lookback;
	uint64_t total;			/* candidates that the header promised; 0: unknown */
	struct point_paths paths;
};

/* flush: written out before the input blocks, may be NULL. */
void points_open(struct points *p, const char *path, struct out *flush, bool strict);
/* The next point; false at the end. Anything wrong (no id, unknown path, a path that is no axis, both names of one key, not a
 * number, a value outside the key's hard range, values without paths) dies with EX_DATA, line and field. */
bool points_read(struct points *p, struct point *pt);
/* One line without a stream: a header (then *candidate is false and its paths and lookback hold for what follows) or a candidate.
 * False: *e says what is wrong, without its place. For points_read(), and for tests. */
bool points_parse(struct points *p, const char *line, size_t len, struct point *pt, bool *candidate, struct errmsg *e) MUST_USE;
/* At the end of input: under strict the stream must have been whole. */
void points_close(struct points *p);

/* ---- writing ---- */

/* Header of a candidate stream. n paths (0: every record names its own); lookback may be NULL; total 0: unknown. */
void points_header(struct out *o, const char *config_id, const uint16_t *row, uint32_t n, const uint32_t *lookback, uint64_t total);
/* compact: bare values, which must then be those of the header's paths. */
void point_write(struct out *o, const struct point *pt, bool compact);
/* {"path":value,...} in the point's order. */
void point_overrides(struct jsonw *w, const struct point *pt);

#endif
