/* SPDX-License-Identifier: MIT
 * Strategy configuration: YAML layers -> typed parameters (docs/rules/parameters.md). Merge order: defaults <- global <-
 * symbols.SYM <- live <- modes.MODE. Every error names file:line and what would have been right. */
#ifndef OCQ_CONFIG_CONFIG_H
#define OCQ_CONFIG_CONFIG_H

#include "base/buf.h"
#include "kernel/params.h"
#include "kernel/plan.h"

struct config_layers {
	const char *symbol;	/* NULL: no symbol layer; looked up exact, upper case, lower case */
	bool live;
	const char *mode;	/* NULL: none */
	bool lenient;		/* errors of content become warnings: for old files */
	bool only_named;	/* with lenient: those warnings do not say what is done about it */
};

enum { N_PARAMS = 0
#define PARAM(type, path, section, key, init, lo, hi, flags, meaning) + 1
#include "kernel/params.def"
#undef PARAM
};

/* Which layer set a parameter last, and at which line of the file (0: none). */
enum config_layer { LAYER_DEFAULT, LAYER_GLOBAL, LAYER_SYMBOL, LAYER_LIVE, LAYER_MODE, LAYER_SET };
struct config_origin { uint8_t layer; uint32_t line; };

struct config_list { char **id; uint32_t *line; uint32_t n; };	/* line: where each id stands, or NULL */
struct config_group { struct config_list order, enabled, disabled; };
enum config_group_id {
#define BEHAVIOUR_GROUP(group) GROUP_##group,
#define BEHAVIOUR(group, name, id, meaning)
#include "kernel/behaviours.def"
#undef BEHAVIOUR
#undef BEHAVIOUR_GROUP
	N_GROUPS
};
struct config_profile {
	char *name, *ranker;
	uint32_t line;
	struct config_list stage_order, enabled_stages, disabled_stages;
	struct config_group group[N_GROUPS];
};

struct config {
	struct params params;		/* as merged: before lowering */
	/* TEXT keys of params.def */
	char *engine_interval, *engine_entry_interval, *engine_exit_interval;
	char *runtime_profile, *runtime_state_backend, *runtime_audit_sink;
	char *pipeline_default_profile;
	struct config_profile *profiles;	/* ascending by name */
	uint32_t n_profiles;
	char *file;			/* for messages; NULL: defaults only */
	struct config_origin origin[N_PARAMS];
};

/* For table readers (ocq-config, sweep axes, man pages): row i of params.def, i < N_PARAMS. */
enum param_type { PARAM_F64, PARAM_UINT, PARAM_FLAG, PARAM_CONF, PARAM_MACD, PARAM_TEXT };
enum param_flags { HOT = 1, RESTART = 2, WINDOW = 4, SERIES = 8, HARD = 16, UNUSED = 32 };
struct param_row { const char *path; enum param_type type; double init; const char *init_text; double lo, hi; bool lo_open; unsigned flags; const char *meaning; };
extern const struct param_row param_rows[];
extern const unsigned n_param_rows;

/* What a warning looks like is the caller's business: one call per warning, without newline. */
typedef void config_warn_fn(void *arg, const char *text);
config_warn_fn config_warn;	/* the usual one: a line on stderr */

/* Reads ("-" is stdin), merges, types and checks. False: *e says file:line, key, what is wrong, nearest known key, nothing was
 * warned of and *c needs no release. Every layer of the file is typed, also those that l does not ask for. l, on_warning
 * and e may be NULL. */
bool config_load(struct config *c, const char *path, const struct config_layers *l,
		 config_warn_fn *on_warning, void *arg, struct errmsg *e) MUST_USE;
/* The same from memory; name stands for the file in messages. */
bool config_load_text(struct config *c, const char *name, const char *text, size_t len, const struct config_layers *l,
		      config_warn_fn *on_warning, void *arg, struct errmsg *e) MUST_USE;
void config_defaults(struct config *c);
void config_release(struct config *c);

/* Sets one parameter by path ("trade.sl_atr_mult"), typed as a sweep value is: UINT truncates and saturates, FLAG is v != 0,
 * CONF and MACD are coded 0, 1, 2; either ave_avg_atr_window path sets both. Only sweep axes: engine, runtime, pipeline and
 * repairs are refused. Ranges are config_check()'s business. */
bool config_set_value(struct config *c, const char *path, double value, struct errmsg *e) MUST_USE;
bool config_get_value(const struct config *c, const char *path, double *value);
/* The same by row of params.def, for who has many values to set: config_row() once, -1 for an unknown path or one that is no
 * axis (*e says which). config_row_takes(): false if a value is outside the range that config_check() insists on; its e may be NULL. */
int config_row(const char *path, struct errmsg *e) MUST_USE;
void config_set_row(struct config *c, unsigned row, double value);
double config_get_row(const struct config *c, unsigned row);
bool config_row_takes(unsigned row, double value, struct errmsg *e) MUST_USE;
/* The row that means the same key by its other name, else -1. */
int config_row_twin(unsigned row);
/* The same from text as YAML has it ("2.5", "true", "high", "1h"), for every key but the lists of pipeline.profiles. */
bool config_set_text(struct config *c, const char *path, const char *text, struct errmsg *e) MUST_USE;
/* True if config_set_value() takes this row. */
bool config_is_axis(const struct param_row *r);

/* Checks ranges and combinations again (after config_set_value or --slippage-bps). */
bool config_check(const struct config *c, bool lenient, config_warn_fn *on_warning, void *arg, struct errmsg *e) MUST_USE;
/* The part of it that numbers decide, without warnings: all that a point of a sweep can do wrong on a base that is right. */
bool config_check_numbers(const struct config *c, struct errmsg *e) MUST_USE;

/* How a run is about to use the configuration, as its command line says; NULL or 0 for what was not given. */
struct config_run { uint32_t lookback; const char *interval, *entry_interval, *exit_interval; };
/* Warns of a lookback below a window and of intervals that the configuration does not have. */
void config_check_run(const struct config *c, const struct config_run *run, config_warn_fn *on_warning, void *arg);

/* The name of the active profile: the explicit one, runtime.profile, pipeline.default_profile, "production"; the first that is not
 * blank, trimmed into dst. */
enum { CONFIG_NAME_MAX = 128 };
const char *config_profile_name(const struct config *c, const char *profile, char dst[CONFIG_NAME_MAX]);
/* Resolves the active profile's behaviour plan (profile: explicit name or NULL) and rewrites a copy of the parameters for
 * what is switched off. False: unknown or doubled id, with the group's path. */
bool config_plan(const struct config *c, const char *profile, struct plan *plan, struct params *lowered, struct errmsg *e) MUST_USE;
/* Its second half, for many configurations that have one plan. */
void config_lower(const struct config *c, const struct plan *plan, struct params *lowered);

/* The first key that differs and may not change while a lane runs; NULL: none does. */
const char *config_cold_change(const struct config *a, const struct config *b);

/* The canonical compact JSON and its SHA-256: config_id. */
void config_canonical(const struct config *c, struct buf *json);
void config_id(const struct config *c, char hex[65]);
/* The same as a YAML document whose global layer holds every key. */
void config_yaml(const struct config *c, struct buf *yaml);

#endif
