/* SPDX-License-Identifier: MIT
 * What the files of lib/config share: parameters by row and by path, words, the nearest known name, text for messages. */
#ifndef OCQ_CONFIG_ROW_H
#define OCQ_CONFIG_ROW_H

#include "config/config.h"

/* Row of a path, -1 if there is none. */
int row_find(const char *path);
/* Rows in the order of the canonical form: sections in theirs, keys of a section bytewise. N_PARAMS of them. */
const uint8_t *row_order(void);
/* True if rows live below this path ("thresholds.entry"). */
bool row_section(const char *path);

/* The three words of CONF or MACD at their numbers; NULL for another type. */
const char *const *row_words(enum param_type type);

/* Values of a row: numbers (FLAG 0 and 1, CONF and MACD their enum), or the text of a TEXT row. */
double row_get(const struct config *c, unsigned row);
const char *row_get_text(const struct config *c, unsigned row);
void row_put(struct config *c, unsigned row, double v, struct config_origin from);
void row_put_text(struct config *c, unsigned row, const char *text, struct config_origin from);
void row_free_text(struct config *c, unsigned row);
/* A sweep's number as the row's type takes it (docs/rules/parameters.md "Sweep values"). */
double row_typed(unsigned row, double v);
/* The other ave_avg_atr_window row, or -1: a sweep sets both. */
int row_twin(unsigned row);
/* The value as the canonical form has it: 3.0, 14, true, "1h". */
void row_show(struct buf *b, const struct config *c, unsigned row);
void row_show_value(struct buf *b, unsigned row, double v);
void row_show_string(struct buf *b, const char *s);

/* config_check(); fix: where lenient puts sensible values (c itself) or NULL. */
bool check_values(const struct config *c, struct config *fix, bool lenient, config_warn_fn *on_warning, void *arg, struct errmsg *e) MUST_USE;

/* The words for a row's domain: "more than 0", "from 0 to 1", "any". */
const char *row_range(unsigned row, struct errmsg *to);
/* The path of a member of struct params: "entry_min_adx" is thresholds.entry.min_adx. NULL: none. */
const char *member_path(const char *member);
/* What a key of idle.def was; NULL: none of them. */
const char *idle_meaning(const char *path);

/* repairs.def by name: offsets into struct params, sorted by name. */
enum { N_REPAIRS = 0
#define REPAIR(name, meaning) + 1
#include "kernel/repairs.def"
#undef REPAIR
};
struct repair { const char *name; size_t at; const char *meaning; };
const struct repair *repair_find(const char *name);	/* NULL: unknown */
const struct repair *repair_at(unsigned i);		/* i < N_REPAIRS, ascending by name */
static inline bool *repair_flag(struct config *c, const struct repair *r)
{
	return (bool *)((char *)&c->params + r->at);
}

/* Types a scalar for a row; plain: it had no quotes. False: why says what is wrong and what would be right. */
struct typed { double v; const char *text; };
bool row_type(unsigned row, const char *text, bool plain, struct typed *t, struct errmsg *why) MUST_USE;
bool flag_type(const char *text, bool plain, bool *v, struct errmsg *why) MUST_USE;
bool string_type(const char *text, bool plain, struct errmsg *why) MUST_USE;

/* Behaviours by id, and where a group's begin (group N_GROUPS: N_BEHAVIOURS). */
extern const char *const behaviour_id[], *const behaviour_meaning[];
extern const char *const group_name[];
unsigned group_first(unsigned group);
int group_find(const char *name);	/* -1: unknown */

/* Stages of a profile (profiles.def). */
enum stage {
#define STAGE(name) STAGE_##name,
#define RANKER(name)
#define PROFILE(name)
#define PROFILE_STAGE_OFF(profile, stage)
#define PROFILE_OFF(profile, behaviour)
#include "config/profiles.def"
#undef STAGE
#undef RANKER
#undef PROFILE
#undef PROFILE_STAGE_OFF
#undef PROFILE_OFF
	N_STAGES
};

/* A profile resolved: what is on, and every group's order. */
struct resolved { uint64_t on; uint8_t order[N_BEHAVIOURS]; uint32_t stages; bool known; };
/* What stands in the way: item `at` of a list; the list as a whole when at == list->n; the ranker when list is NULL. */
struct fault { struct config_profile *profile; struct config_list *list; uint32_t at; };
bool profile_resolve(const struct config *c, const char *name, struct resolved *r, struct fault *f, struct errmsg *e) MUST_USE;
/* The profile of this exact name, or NULL. */
struct config_profile *profile_find(const struct config *c, const char *name);

/* "text" in quotes for a message: at most some 60 bytes, control characters as '?'. */
struct shown { char text[80]; };
const char *shown(struct shown *s, const char *text);

/* The nearest of the names tried, for "did you mean". */
struct nearest { const char *want, *best; unsigned cost; };
void nearest_try(struct nearest *n, const char *name);
/* "; did you mean X?" or "". */
const char *nearest_hint(const struct nearest *n, struct errmsg *hint);
/* The same for all keys of a configuration. */
const char *key_hint(const char *path, struct errmsg *hint);

#endif
