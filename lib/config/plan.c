/* SPDX-License-Identifier: MIT
 * Profiles: which behaviours and stages are on, in which order, and what that does to the parameters
 * (docs/rules/behaviours.md). */
#include "config/row.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const behaviour_id[] = {
#define BEHAVIOUR_GROUP(group)
#define BEHAVIOUR(group, name, id, meaning) id,
#include "kernel/behaviours.def"
#undef BEHAVIOUR_GROUP
#undef BEHAVIOUR
};
const char *const behaviour_meaning[] = {
#define BEHAVIOUR_GROUP(group)
#define BEHAVIOUR(group, name, id, meaning) meaning,
#include "kernel/behaviours.def"
#undef BEHAVIOUR_GROUP
#undef BEHAVIOUR
};
const char *const group_name[] = {
#define BEHAVIOUR_GROUP(group) #group,
#define BEHAVIOUR(group, name, id, meaning)
#include "kernel/behaviours.def"
#undef BEHAVIOUR_GROUP
#undef BEHAVIOUR
};
static const uint8_t group_of[] = {
#define BEHAVIOUR_GROUP(group)
#define BEHAVIOUR(group, name, id, meaning) GROUP_##group,
#include "kernel/behaviours.def"
#undef BEHAVIOUR_GROUP
#undef BEHAVIOUR
};

/* profiles.def, one expansion per kind of line. */
#define STAGE(name) #name,
#define RANKER(name)
#define PROFILE(name)
#define PROFILE_STAGE_OFF(profile, stage)
#define PROFILE_OFF(profile, behaviour)
static const char *const stage_name[] = {
#include "config/profiles.def"
};
#undef STAGE
#define STAGE(name)
#undef RANKER
#define RANKER(name) #name,
static const char *const ranker_name[] = {
#include "config/profiles.def"
};
#undef RANKER
#define RANKER(name)
#undef PROFILE
#define PROFILE(name) #name,
static const char *const builtin_name[] = {
#include "config/profiles.def"
};
#undef PROFILE
#define PROFILE(name) BUILTIN_##name,
enum {
#include "config/profiles.def"
	N_BUILTINS
};
#undef PROFILE
#define PROFILE(name)
#undef PROFILE_STAGE_OFF
#define PROFILE_STAGE_OFF(profile, stage) { BUILTIN_##profile, STAGE_##stage },
static const struct { uint8_t builtin, stage; } builtin_stage_off[] = {
#include "config/profiles.def"
};
#undef PROFILE_STAGE_OFF
#define PROFILE_STAGE_OFF(profile, stage)
#undef PROFILE_OFF
#define PROFILE_OFF(profile, behaviour) { BUILTIN_##profile, B_##behaviour },
static const struct { uint8_t builtin, behaviour; } builtin_off[] = {
#include "config/profiles.def"
};

#undef STAGE
#undef RANKER
#undef PROFILE
#undef PROFILE_STAGE_OFF
#undef PROFILE_OFF

#define COUNT(a) (sizeof (a) / sizeof *(a))

unsigned group_first(unsigned group)
{
	unsigned b = 0;

	while (b < N_BEHAVIOURS && group_of[b] != group)
		b++;
	return b;
}

int group_find(const char *name)
{
	int g;

	for (g = 0; g < N_GROUPS; g++)
		if (strcmp(group_name[g], name) == 0)
			return g;
	return -1;
}

struct config_profile *profile_find(const struct config *c, const char *name)
{
	uint32_t i;

	for (i = 0; i < c->n_profiles; i++)
		if (strcmp(c->profiles[i].name, name) == 0)
			return c->profiles + i;
	return NULL;
}

static int builtin_find(const char *name)
{
	int i;

	for (i = 0; i < N_BUILTINS; i++)
		if (strcasecmp(builtin_name[i], name) == 0)
			return i;
	return -1;
}

static const char *trim(const char *s, char dst[CONFIG_NAME_MAX])
{
	size_t len;

	s += strspn(s, " \t\r\n");
	len = strlen(s);
	while (len && strchr(" \t\r\n", s[len - 1]))
		len--;
	if (len >= CONFIG_NAME_MAX)
		len = CONFIG_NAME_MAX - 1;
	memcpy(dst, s, len);
	dst[len] = '\0';
	return dst;
}

const char *config_profile_name(const struct config *c, const char *profile, char dst[CONFIG_NAME_MAX])
{
	const char *try[] = { profile ? profile : "", c->runtime_profile, c->pipeline_default_profile, builtin_name[BUILTIN_production] };
	size_t i;

	for (i = 0; !*trim(try[i], dst); i++)
		;
	return dst;
}

/* One group's or the stages' lists being resolved. */
struct lists {
	const struct config *c;
	struct config_profile *profile;
	const char *path;		/* "pipeline.profiles.custom.behaviours.gates" */
	const char *const *names;	/* first..first + n are the ids that may stand in these lists */
	unsigned first, n;
	struct fault *f;
	struct errmsg *e;
};

static bool fault(const struct lists *l, struct config_list *list, const char *kind, uint32_t at, const char *text)
{
	uint32_t line = list && list->n && list->line ? list->line[at < list->n ? at : 0] : l->profile->line;

	*l->f = (struct fault){ l->profile, list, at };
	if (l->c->file && line)
		return errmsg_set(l->e, "%s:%u: %s.%s: %s", l->c->file, line, l->path, kind, text);
	return errmsg_set(l->e, "%s.%s: %s", l->path, kind, text);
}

/* Finds item `at`: l->first.. for a known id, -1 for a blank one, -2 for an unknown one. */
static int item(const struct lists *l, const struct config_list *list, uint32_t at)
{
	char id[CONFIG_NAME_MAX];
	unsigned i;

	if (!*trim(list->id[at], id))
		return -1;
	for (i = l->first; i < l->first + l->n; i++)
		if (strcmp(l->names[i], id) == 0)
			return (int)i;
	return -2;
}

static bool unknown(const struct lists *l, struct config_list *list, const char *kind, uint32_t at)
{
	struct errmsg text, hint;
	struct shown s;
	struct nearest near = { .want = list->id[at] };
	unsigned i;

	for (i = l->first; i < l->first + l->n; i++)
		nearest_try(&near, l->names[i]);
	errmsg_set(&text, "%s is not known here%s", shown(&s, list->id[at]), nearest_hint(&near, &hint));
	return fault(l, list, kind, at, text.text);
}

/* The ids of a list as bits; order: none may stand twice, and ids go to order[] as they come. */
static bool read_list(const struct lists *l, struct config_list *list, const char *kind, uint64_t *bits, uint8_t *order, unsigned *n)
{
	struct shown s;
	struct errmsg text;
	uint32_t i;
	int id;

	*bits = 0;
	for (i = 0; i < list->n; i++) {
		id = item(l, list, i);
		if (id == -2)
			return unknown(l, list, kind, i);
		if (id < 0)
			continue;
		if (order && *bits >> id & 1) {
			errmsg_set(&text, "%s stands twice", shown(&s, list->id[i]));
			return fault(l, list, kind, i, text.text);
		}
		*bits |= (uint64_t)1 << id;
		if (order)
			order[(*n)++] = (uint8_t)id;
	}
	return true;
}

static uint64_t range_bits(unsigned first, unsigned n)
{
	return (((uint64_t)1 << n) - 1) << first;
}

/* A list that the file leaves empty is the built-in profile's. */
static uint64_t builtin_behaviours_off(int builtin)
{
	uint64_t off = 0;
	size_t i;

	for (i = 0; i < COUNT(builtin_off); i++)
		if (builtin_off[i].builtin == builtin)
			off |= (uint64_t)1 << builtin_off[i].behaviour;
	return off;
}

static uint64_t builtin_stages_off(int builtin)
{
	uint64_t off = 0;
	size_t i;

	for (i = 0; i < COUNT(builtin_stage_off); i++)
		if (builtin_stage_off[i].builtin == builtin)
			off |= (uint64_t)1 << builtin_stage_off[i].stage;
	return off;
}

static bool resolve_group(struct lists *l, struct config_group *g, uint64_t builtin, struct resolved *r)
{
	uint64_t listed, enabled, disabled, all = range_bits(l->first, l->n);
	unsigned n = 0, i;

	if (!read_list(l, &g->order, "order", &listed, r->order + l->first, &n) ||
	    !read_list(l, &g->enabled, "enabled", &enabled, NULL, NULL) ||
	    !read_list(l, &g->disabled, "disabled", &disabled, NULL, NULL))
		return false;
	for (i = l->first; i < l->first + l->n; i++)
		if (!(listed >> i & 1))
			r->order[l->first + n++] = (uint8_t)i;
	if (!g->disabled.n)
		disabled = builtin & all;
	r->on &= ~(all & (disabled | ~(enabled ? enabled : all)));
	return true;
}

static bool resolve_stages(struct lists *l, struct config_profile *p, uint64_t builtin, struct resolved *r)
{
	uint64_t listed, enabled, disabled;
	uint8_t order[N_STAGES];
	unsigned n = 0, i;
	struct errmsg text;

	if (!read_list(l, &p->stage_order, "stage_order", &listed, order, &n) ||
	    !read_list(l, &p->enabled_stages, "enabled_stages", &enabled, NULL, NULL) ||
	    !read_list(l, &p->disabled_stages, "disabled_stages", &disabled, NULL, NULL))
		return false;
	for (i = 0; p->stage_order.n && i < N_STAGES; i++)
		if (!(listed >> i & 1)) {
			errmsg_set(&text, "%s is missing; list all %u stages or none", stage_name[i], (unsigned)N_STAGES);
			return fault(l, &p->stage_order, "stage_order", p->stage_order.n, text.text);
		}
	if (!p->disabled_stages.n)
		disabled = builtin;
	for (i = 0; i < N_STAGES; i++)
		if (enabled & disabled & (uint64_t)1 << i) {
			errmsg_set(&text, "%s is disabled as well", stage_name[i]);
			return fault(l, &p->enabled_stages, "enabled_stages", p->enabled_stages.n, text.text);
		}
	r->stages = (uint32_t)((enabled ? enabled : range_bits(0, N_STAGES)) & ~disabled);
	return true;
}

static bool check_ranker(const struct lists *l)
{
	struct shown s;
	struct errmsg text;
	size_t i;

	if (!*l->profile->ranker)
		return true;
	for (i = 0; i < COUNT(ranker_name); i++)
		if (strcmp(ranker_name[i], l->profile->ranker) == 0)
			return true;
	errmsg_set(&text, "%s is not %s or %s", shown(&s, l->profile->ranker), ranker_name[0], ranker_name[1]);
	return fault(l, NULL, "ranker", 0, text.text);
}

bool profile_resolve(const struct config *c, const char *name, struct resolved *r, struct fault *f, struct errmsg *e)
{
	static struct config_group no_group;
	struct config_profile *p = profile_find(c, name);
	struct lists l = { .c = c, .profile = p, .f = f, .e = e };
	int builtin = builtin_find(name);
	uint64_t off = builtin_behaviours_off(builtin);
	char path[CONFIG_NAME_MAX + 64];
	unsigned g;

	*r = (struct resolved){ .on = range_bits(0, N_BEHAVIOURS), .known = p || builtin >= 0 };
	l.path = path;
	for (g = 0; g < N_GROUPS; g++) {
		snprintf(path, sizeof path, "pipeline.profiles.%s.behaviours.%s", name, group_name[g]);
		l.names = behaviour_id;
		l.first = group_first(g);
		l.n = group_first(g + 1) - l.first;
		if (!resolve_group(&l, p ? &p->group[g] : &no_group, off, r))
			return false;
	}
	snprintf(path, sizeof path, "pipeline.profiles.%s", name);
	l.names = stage_name;
	l.first = 0;
	l.n = N_STAGES;
	r->stages = (uint32_t)(range_bits(0, N_STAGES) & ~builtin_stages_off(builtin));
	return !p || (resolve_stages(&l, p, builtin_stages_off(builtin), r) && check_ranker(&l));
}

void config_lower(const struct config *c, const struct plan *plan, struct params *lowered)
{
	*lowered = c->params;
#define LOWER(behaviour, member, value) \
	if (!plan_on(plan, B_##behaviour)) \
		lowered->member = value;
#include "config/lowering.def"
#undef LOWER
}

bool config_plan(const struct config *c, const char *profile, struct plan *plan, struct params *lowered, struct errmsg *e)
{
	char name[CONFIG_NAME_MAX];
	struct resolved r;
	struct fault f;

	if (!profile_resolve(c, config_profile_name(c, profile, name), &r, &f, e))
		return false;
	plan->on = r.on;
	memcpy(plan->exits, r.order + group_first(GROUP_exits), N_EXITS);
	memcpy(plan->modes, r.order + group_first(GROUP_signal_modes), N_MODES);
	config_lower(c, plan, lowered);
	return true;
}
