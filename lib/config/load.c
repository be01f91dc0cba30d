/* SPDX-License-Identifier: MIT
 * From a YAML file to a merged, typed configuration; changes when the shape of the file does
 * (docs/rules/parameters.md "Layers"). Every layer is typed as it stands; the ones that were not asked for go to a
 * scratch configuration, so that a slip in `live:` is found by the first replay. */
#include "config/row.h"
#include "config/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_HINTS = 20 };	/* looking for near names is slow, and twenty are enough */

struct loader {
	struct ydoc doc;
	struct config_layers l;
	struct config *c, scratch;
	struct errmsg *e;
	struct buf warnings;	/* texts, each ended by NUL */
	struct buf idle;	/* ", path:line" of keys without effect */
	unsigned n_idle, hints;
};
/* A layer on its way into a configuration. */
struct target { struct config *c; enum config_layer layer; };

static void add_warning(void *arg, const char *text)
{
	struct loader *L = arg;

	buf_add(&L->warnings, text, strlen(text) + 1);
}

PRINTF(3, 4) static void warning(struct loader *L, const struct ynode *n, const char *fmt, ...)
{
	struct errmsg text, all;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text.text, sizeof text.text, fmt, ap);
	va_end(ap);
	errmsg_set(&all, "%s:%u: %.400s", L->doc.name, n->line, text.text);
	add_warning(L, all.text);
}

/* A wrong content: the end, or under --lenient a warning. The caller goes on where this returns true. */
PRINTF(3, 4) static bool problem(struct loader *L, const struct ynode *n, const char *fmt, ...)
{
	struct errmsg text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text.text, sizeof text.text, fmt, ap);
	va_end(ap);
	if (!L->l.lenient)
		return errmsg_set(L->e, "%s:%u: %.400s", L->doc.name, n->line, text.text);
	warning(L, n, "%.400s%s", text.text, L->l.only_named ? "" : "; ignored");
	return true;
}

static const char *kind_word(const struct loader *L, const struct ynode *n)
{
	return n->kind == Y_MAP ? "a mapping" : n->kind == Y_LIST ? "a list" : ynode_null(&L->doc, n) ? "null" : "a single value";
}

/* key and value of a mapping in turn: for (i = 0, n = first(map); i < map->size; i++, n = after(n)) */
static const struct ynode *first(const struct ynode *map)
{
	return map + 1;
}

static const struct ynode *after(const struct ynode *key)
{
	return key + 1 + key[1].skip;
}

static bool unknown_key(struct loader *L, const struct ynode *key, const char *path)
{
	struct errmsg hint = { "" };
	struct shown s;

	if (L->hints++ < MOST_HINTS)
		key_hint(path, &hint);
	return problem(L, key, "%s is not a known key%s", shown(&s, path), hint.text);
}

/* Lists of pipeline.profiles. */

static void list_release(struct config_list *l)
{
	uint32_t i;

	for (i = 0; i < l->n; i++)
		free(l->id[i]);
	free(l->id);
	free(l->line);
	*l = (struct config_list){ 0 };
}

static void profile_release(struct config_profile *p)
{
	int g;

	free(p->name);
	free(p->ranker);
	list_release(&p->stage_order);
	list_release(&p->enabled_stages);
	list_release(&p->disabled_stages);
	for (g = 0; g < N_GROUPS; g++) {
		list_release(&p->group[g].order);
		list_release(&p->group[g].enabled);
		list_release(&p->group[g].disabled);
	}
}

static void list_drop(struct config_list *l, uint32_t at)
{
	if (at >= l->n) {
		list_release(l);
		return;
	}
	free(l->id[at]);
	l->n--;
	memmove(l->id + at, l->id + at + 1, (l->n - at) * sizeof *l->id);
	memmove(l->line + at, l->line + at + 1, (l->n - at) * sizeof *l->line);
}

static bool put_list(struct loader *L, const struct ynode *key, const char *path, struct config_list *to)
{
	const struct ynode *list = key + 1, *n = list + 1;
	struct config_list l = { 0 };
	struct errmsg why;
	uint32_t i;

	if (list->kind != Y_LIST)
		return problem(L, list, "%s is %s; a list of names is wanted", path, kind_word(L, list));
	l.id = xreallocarray(NULL, list->size + 1, sizeof *l.id);
	l.line = xreallocarray(NULL, list->size + 1, sizeof *l.line);
	for (i = 0; i < list->size; i++, n += n->skip) {
		if (n->kind == Y_SCALAR && string_type(ynode_text(&L->doc, n), n->plain, &why)) {
			l.line[l.n] = n->line;
			l.id[l.n++] = xstrdup(ynode_text(&L->doc, n));
			continue;
		}
		if (n->kind != Y_SCALAR)
			errmsg_set(&why, "%s stands in the list; a name is wanted", kind_word(L, n));
		if (!problem(L, n, "%s: %s", path, why.text)) {
			list_release(&l);
			return false;
		}
	}
	list_release(to);
	*to = l;
	return true;
}

static bool put_string(struct loader *L, const struct ynode *key, const char *path, char **to)
{
	const struct ynode *n = key + 1;
	struct errmsg why;
	char *copy;

	if (n->kind != Y_SCALAR)
		return problem(L, n, "%s is %s; a string is wanted", path, kind_word(L, n));
	if (!string_type(ynode_text(&L->doc, n), n->plain, &why))
		return problem(L, n, "%s: %s", path, why.text);
	copy = xstrdup(ynode_text(&L->doc, n));
	free(*to);
	*to = copy;
	return true;
}

static bool not_map(struct loader *L, const struct ynode *n, const char *path)
{
	return problem(L, n, "%s is %s; a mapping is wanted", path, kind_word(L, n));
}

static bool put_group(struct loader *L, const struct ynode *map, const char *path, struct config_group *g)
{
	struct { const char *name; struct config_list *list; } part[] = {
		{ "order", &g->order }, { "enabled", &g->enabled }, { "disabled", &g->disabled } };
	const struct ynode *n;
	struct errmsg at;
	uint32_t i;
	int k;

	if (map->kind != Y_MAP)
		return not_map(L, map, path);
	for (i = 0, n = first(map); i < map->size; i++, n = after(n)) {
		errmsg_set(&at, "%s.%s", path, ynode_text(&L->doc, n));
		for (k = 0; k < 3 && strcmp(part[k].name, ynode_text(&L->doc, n)); k++)
			;
		if (k < 3 ? !put_list(L, n, at.text, part[k].list)
			  : !problem(L, n, "%.300s is not known; order, enabled and disabled are", at.text))
			return false;
	}
	return true;
}

static bool put_behaviours(struct loader *L, const struct ynode *map, const char *path, struct config_profile *p)
{
	struct nearest near;
	const struct ynode *n;
	struct errmsg at, hint;
	uint32_t i;
	int g, k;

	if (map->kind != Y_MAP)
		return not_map(L, map, path);
	for (i = 0, n = first(map); i < map->size; i++, n = after(n)) {
		errmsg_set(&at, "%s.%s", path, ynode_text(&L->doc, n));
		g = group_find(ynode_text(&L->doc, n));
		near = (struct nearest){ .want = ynode_text(&L->doc, n) };
		for (k = 0; g < 0 && k < N_GROUPS; k++)
			nearest_try(&near, group_name[k]);
		if (g >= 0 ? !put_group(L, n + 1, at.text, &p->group[g])
			   : !problem(L, n, "%.300s is not a group of behaviours%s", at.text, nearest_hint(&near, &hint)))
			return false;
	}
	return true;
}

/* A new profile goes where its name belongs. */
static struct config_profile *need_profile(struct config *c, const char *name, uint32_t line)
{
	struct config_profile *p = profile_find(c, name);
	uint32_t at;

	if (p)
		return p;
	for (at = 0; at < c->n_profiles && strcmp(c->profiles[at].name, name) < 0; at++)
		;
	c->profiles = xreallocarray(c->profiles, c->n_profiles + 1, sizeof *c->profiles);
	p = c->profiles + at;
	memmove(p + 1, p, (c->n_profiles++ - at) * sizeof *p);
	*p = (struct config_profile){ .name = xstrdup(name), .ranker = xstrdup(""), .line = line };
	return p;
}

static bool put_profile(struct loader *L, const struct ynode *key, struct config *c)
{
	const struct ynode *map = key + 1, *n;
	const char *name = ynode_text(&L->doc, key), *k;
	struct config_profile *p;
	struct errmsg path, at;
	uint32_t i;
	bool ok = true;

	if (strlen(name) >= CONFIG_NAME_MAX)
		return problem(L, key, "the name of a profile is longer than %d bytes", CONFIG_NAME_MAX - 1);
	errmsg_set(&path, "pipeline.profiles.%s", name);
	if (map->kind != Y_MAP)
		return not_map(L, map, path.text);
	p = need_profile(c, name, key->line);
	for (i = 0, n = first(map); ok && i < map->size; i++, n = after(n)) {
		k = ynode_text(&L->doc, n);
		errmsg_set(&at, "%s.%s", path.text, k);
		if (strcmp(k, "ranker") == 0)
			ok = put_string(L, n, at.text, &p->ranker);
		else if (strcmp(k, "stage_order") == 0)
			ok = put_list(L, n, at.text, &p->stage_order);
		else if (strcmp(k, "enabled_stages") == 0)
			ok = put_list(L, n, at.text, &p->enabled_stages);
		else if (strcmp(k, "disabled_stages") == 0)
			ok = put_list(L, n, at.text, &p->disabled_stages);
		else if (strcmp(k, "behaviours") == 0)
			ok = put_behaviours(L, n + 1, at.text, p);
		else
			ok = problem(L, n, "%.300s is not known; ranker, stage_order, enabled_stages, disabled_stages and behaviours are", at.text);
	}
	return ok;
}

static bool put_pipeline(struct loader *L, const struct ynode *map, struct target to)
{
	const struct ynode *n, *m;
	const char *k;
	struct errmsg path;
	uint32_t i, j;
	bool ok = true;

	if (map->kind != Y_MAP)
		return not_map(L, map, "pipeline");
	for (i = 0, n = first(map); ok && i < map->size; i++, n = after(n)) {
		k = ynode_text(&L->doc, n);
		errmsg_set(&path, "pipeline.%s", k);
		if (strcmp(k, "default_profile") == 0)
			ok = put_string(L, n, path.text, &to.c->pipeline_default_profile);
		else if (strcmp(k, "profiles"))
			ok = unknown_key(L, n, path.text);
		else if (n[1].kind != Y_MAP)
			ok = not_map(L, n + 1, path.text);
		else
			for (j = 0, m = first(n + 1); ok && j < n[1].size; j++, m = after(m))
				ok = put_profile(L, m, to.c);
	}
	return ok;
}

static bool put_repairs(struct loader *L, const struct ynode *map, struct target to)
{
	const struct repair *r;
	const struct ynode *n;
	struct nearest near;
	struct errmsg why, hint;
	struct shown s;
	uint32_t i;
	unsigned k;
	bool v, ok = true;

	if (map->kind != Y_MAP)
		return not_map(L, map, "repairs");
	for (i = 0, n = first(map); ok && i < map->size; i++, n = after(n)) {
		r = repair_find(ynode_text(&L->doc, n));
		near = (struct nearest){ .want = ynode_text(&L->doc, n) };
		for (k = 0; !r && k < N_REPAIRS; k++)
			nearest_try(&near, repair_at(k)->name);
		if (!r)
			ok = problem(L, n, "%s is not a repair%s", shown(&s, ynode_text(&L->doc, n)), nearest_hint(&near, &hint));
		else if (n[1].kind != Y_SCALAR)
			ok = problem(L, n + 1, "repairs.%s is %s; true or false is wanted", r->name, kind_word(L, n + 1));
		else if (!flag_type(ynode_text(&L->doc, n + 1), n[1].plain, &v, &why))
			ok = problem(L, n + 1, "repairs.%s: %s", r->name, why.text);
		else
			*repair_flag(to.c, r) = v;
	}
	return ok;
}

/* Sections and parameters. */

static bool put_row(struct loader *L, const struct ynode *n, unsigned row, struct target to)
{
	struct config_origin from = { (uint8_t)to.layer, n->line };
	struct errmsg why;
	struct typed t;

	if (n->kind != Y_SCALAR)
		return problem(L, n, "%s is %s; a single value is wanted", param_rows[row].path, kind_word(L, n));
	if (!row_type(row, ynode_text(&L->doc, n), n->plain, &t, &why))
		return problem(L, n, "%s: %s", param_rows[row].path, why.text);
	if (param_rows[row].type == PARAM_TEXT)
		row_put_text(to.c, row, t.text, from);
	else
		row_put(to.c, row, t.v, from);
	return true;
}

static bool note_idle(struct loader *L, const struct ynode *key, const char *path)
{
	struct errmsg item;

	if (!idle_meaning(path))
		return false;
	errmsg_set(&item, ", %s (line ", path);
	if (strstr(buf_cstr(&L->idle), item.text))
		return true;
	buf_addf(&L->idle, "%s%u)", item.text, key->line);
	L->n_idle++;
	return true;
}

static bool put_section(struct loader *L, const struct ynode *map, const char *prefix, struct target to);

static bool put_key(struct loader *L, const struct ynode *key, const char *path, struct target to)
{
	bool dotted = strchr(ynode_text(&L->doc, key), '.');
	int row = row_find(path);

	if (row >= 0 && dotted)
		return problem(L, key, "%s is one key here; write its parts as mappings, one inside the other", path);
	if (row >= 0)
		return put_row(L, key + 1, (unsigned)row, to);
	if (dotted)
		return unknown_key(L, key, path);
	if (row_section(path))
		return put_section(L, key + 1, path, to);
	if (strcmp(path, "pipeline") == 0)
		return put_pipeline(L, key + 1, to);
	if (strcmp(path, "repairs") == 0)
		return put_repairs(L, key + 1, to);
	return note_idle(L, key, path) || unknown_key(L, key, path);
}

/* A mapping of keys below prefix ("" for a layer). */
static bool put_section(struct loader *L, const struct ynode *map, const char *prefix, struct target to)
{
	const struct ynode *n;
	struct errmsg path;
	uint32_t i;

	if (map->kind != Y_MAP)
		return not_map(L, map, prefix);
	for (i = 0, n = first(map); i < map->size; i++, n = after(n)) {
		errmsg_set(&path, "%s%s%s", prefix, *prefix ? "." : "", ynode_text(&L->doc, n));
		if (!put_key(L, n, path.text, to))
			return false;
	}
	return true;
}

/* Layers. */

/* What a layer is put into: the configuration if it is asked for, else the scratch one. */
static struct target target(struct loader *L, bool wanted, enum config_layer layer)
{
	return (struct target){ wanted ? L->c : &L->scratch, layer };
}

static bool put_layer(struct loader *L, const struct ynode *n, const char *name, struct target to)
{
	if (ynode_null(&L->doc, n))
		return true;
	return n->kind == Y_MAP ? put_section(L, n, "", to) : not_map(L, n, name);
}

/* The entry of a name as it stands, in capitals, in small letters. */
static const struct ynode *choose(const struct loader *L, const struct ynode *map, const char *name)
{
	const struct ynode *n;
	char folded[CONFIG_NAME_MAX];
	size_t i, len;
	int up;

	if (!name || (n = ynode_get(&L->doc, map, name)))
		return name ? n : NULL;
	len = strlen(name);
	for (up = 1; !n && up >= 0 && len < sizeof folded; up--) {
		for (i = 0; i <= len; i++)
			folded[i] = up && name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 32)
				  : !up && name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
		n = ynode_get(&L->doc, map, folded);
	}
	return n;
}

static bool put_symbols(struct loader *L, const struct ynode *map, const char *name, bool wanted, enum config_layer layer)
{
	const struct ynode *n, *chosen = wanted ? choose(L, map, L->l.symbol) : NULL;
	struct errmsg at;
	uint32_t i;

	if (ynode_null(&L->doc, map))
		return true;
	if (map->kind != Y_MAP)
		return not_map(L, map, name);
	for (i = 0, n = first(map); i < map->size; i++, n = after(n)) {
		errmsg_set(&at, "%s.%s", name, ynode_text(&L->doc, n));
		if (!put_layer(L, n + 1, at.text, target(L, n + 1 == chosen, layer)))
			return false;
	}
	return true;
}

/* live, or an entry of modes: with `global` or `symbols` inside it is a document of its own, else it is a global layer. */
static bool put_scoped(struct loader *L, const struct ynode *map, const char *name, bool wanted, enum config_layer layer)
{
	const struct ynode *global = ynode_get(&L->doc, map, "global"), *symbols = ynode_get(&L->doc, map, "symbols"), *n;
	struct errmsg at;
	uint32_t i;

	if (!global && !symbols)
		return put_layer(L, map, name, target(L, wanted, layer));
	for (i = 0, n = first(map); i < map->size; i++, n = after(n))
		if (n + 1 != global && n + 1 != symbols && !problem(L, n, "%s.%s stands beside global or symbols, where it has no effect; move it into global", name, ynode_text(&L->doc, n)))
			return false;
	errmsg_set(&at, "%s.global", name);
	if (!put_layer(L, global, at.text, target(L, wanted, layer)))
		return false;
	errmsg_set(&at, "%s.symbols", name);
	return put_symbols(L, symbols, at.text, wanted, layer);
}

static const char *mode_name(const char *mode, char dst[CONFIG_NAME_MAX])
{
	static const char *const alias[][2] = { { "mode1", "primary" }, { "m1", "primary" }, { "mode2", "fallback" }, { "m2", "fallback" },
		{ "mode3", "conservative" }, { "m3", "conservative" }, { "safety", "conservative" }, { "safe", "conservative" },
		{ "halt", "flat" }, { "pause", "flat" }, { "paused", "flat" } };
	size_t i, len;

	mode += strspn(mode, " \t\r\n");
	len = strcspn(mode, "\r\n\t ");
	snprintf(dst, CONFIG_NAME_MAX, "%.*s", (int)(len < CONFIG_NAME_MAX ? len : CONFIG_NAME_MAX - 1), mode);
	for (i = 0; dst[i]; i++)
		if (dst[i] >= 'A' && dst[i] <= 'Z')
			dst[i] = (char)(dst[i] + 32);
	for (i = 0; i < sizeof alias / sizeof *alias; i++)
		if (strcmp(dst, alias[i][0]) == 0)
			return alias[i][1];
	return dst;
}

static bool put_modes(struct loader *L, const struct ynode *map)
{
	char folded[CONFIG_NAME_MAX];
	const char *name = mode_name(L->l.mode ? L->l.mode : "", folded);
	const struct ynode *n, *chosen = *name ? choose(L, map, name) : NULL;
	struct errmsg at;
	struct shown s;
	uint32_t i;

	if (*name && !chosen)
		warning(L, map ? map : L->doc.node, "there is no mode %s; none is applied", shown(&s, name));
	if (ynode_null(&L->doc, map))
		return true;
	if (map->kind != Y_MAP)
		return not_map(L, map, "modes");
	for (i = 0, n = first(map); i < map->size; i++, n = after(n)) {
		errmsg_set(&at, "modes.%s", ynode_text(&L->doc, n));
		if (!put_scoped(L, n + 1, at.text, n + 1 == chosen, LAYER_MODE))
			return false;
	}
	return true;
}

static void note_root_keys(struct loader *L)
{
	static const char *const known[] = { "global", "symbols", "live", "modes" };
	const struct ynode *root = L->doc.node, *n;
	struct errmsg hint;
	struct nearest near;
	struct shown s;
	const char *k;
	uint32_t i;
	int j;

	for (i = 0, n = first(root); i < root->size; i++, n = after(n)) {
		k = ynode_text(&L->doc, n);
		near = (struct nearest){ .want = k };
		for (j = 0; j < 4 && strcmp(known[j], k); j++)
			nearest_try(&near, known[j]);
		if (j == 4 && *k != '_')
			warning(L, n, "%s is ignored: layers are global, symbols, live and modes%s", shown(&s, k),
				row_section(k) ? "; sections stand inside global" : nearest_hint(&near, &hint));
	}
}

/* Every profile must resolve, not only the active one. What cannot is dropped under --lenient. */
static bool check_profiles(struct loader *L)
{
	struct resolved r;
	struct errmsg e;
	struct fault f;
	uint32_t i;

	for (i = 0; i < L->c->n_profiles; i++)
		while (!profile_resolve(L->c, L->c->profiles[i].name, &r, &f, &e)) {
			if (!L->l.lenient)
				return errmsg_set(L->e, "%s", e.text);
			if (!L->l.only_named)
				strncat(e.text, "; ignored", sizeof e.text - strlen(e.text) - 1);
			add_warning(L, e.text);
			if (f.list)
				list_drop(f.list, f.at);
			else
				*f.profile->ranker = '\0';
		}
	return true;
}

static bool put_document(struct loader *L)
{
	const struct ynode *root = L->doc.node;
	struct errmsg text;

	if (root->kind != Y_MAP)
		return errmsg_set(L->e, "%s:%u: the file is %s; a mapping with global, symbols, live or modes is wanted", L->doc.name, root->line,
				  kind_word(L, root));
	note_root_keys(L);
	if (!put_layer(L, ynode_get(&L->doc, root, "global"), "global", target(L, true, LAYER_GLOBAL)) ||
	    !put_symbols(L, ynode_get(&L->doc, root, "symbols"), "symbols", true, LAYER_SYMBOL) ||
	    !put_scoped(L, ynode_get(&L->doc, root, "live"), "live", L->l.live, LAYER_LIVE) ||
	    !put_modes(L, ynode_get(&L->doc, root, "modes")))
		return false;
	if (L->n_idle) {
		errmsg_set(&text, "%s: %u known keys have no effect: %.400s", L->doc.name, L->n_idle, buf_cstr(&L->idle) + 2);
		add_warning(L, text.text);
	}
	return check_profiles(L) && check_values(L->c, L->l.lenient && !L->l.only_named ? L->c : NULL, L->l.lenient, add_warning, L, L->e);
}

bool config_load_text(struct config *c, const char *name, const char *text, size_t len, const struct config_layers *l,
		      config_warn_fn *on_warning, void *arg, struct errmsg *e)
{
	struct loader L = { .c = c, .e = e };
	size_t at;
	bool ok;

	if (l)
		L.l = *l;
	config_defaults(c);
	config_defaults(&L.scratch);
	c->file = xstrdup(strcmp(name, "-") ? name : "stdin");
	ok = ydoc_parse(&L.doc, c->file, text, len, e) && put_document(&L);
	for (at = 0; ok && on_warning && at < L.warnings.len; at += strlen(L.warnings.data + at) + 1)
		on_warning(arg, L.warnings.data + at);
	ydoc_release(&L.doc);
	buf_release(&L.warnings);
	buf_release(&L.idle);
	config_release(&L.scratch);
	if (!ok)
		config_release(c);
	return ok;
}

bool config_load(struct config *c, const char *path, const struct config_layers *l, config_warn_fn *on_warning, void *arg, struct errmsg *e)
{
	struct buf text = BUF_INIT;
	bool ok = buf_read_file(&text, path, YAML_MAX, e) && config_load_text(c, path, text.data, text.len, l, on_warning, arg, e);

	if (!ok)
		*c = (struct config){ 0 };
	buf_release(&text);
	return ok;
}

void config_release(struct config *c)
{
	uint32_t i;

	for (i = 0; i < N_PARAMS; i++)
		if (param_rows[i].type == PARAM_TEXT)
			row_free_text(c, i);
	for (i = 0; i < c->n_profiles; i++)
		profile_release(c->profiles + i);
	free(c->profiles);
	free(c->pipeline_default_profile);
	free(c->file);
	*c = (struct config){ 0 };
}
