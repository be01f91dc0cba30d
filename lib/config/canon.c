/* SPDX-License-Identifier: MIT
 * The canonical form of a configuration, its SHA-256, and the same as YAML. Changing a byte here changes every
 * config_id (docs/rules/parameters.md "Fingerprint"). */
#include "config/row.h"
#include "config/yaml.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

static void close_levels(struct buf *b, const char *path)
{
	for (; *path; path++)
		if (*path == '.')
			buf_addc(b, '}');
}

static void put_key(struct buf *b, const char *name, size_t len)
{
	buf_addc(b, '"');
	buf_add(b, name, len);
	buf_add(b, "\":", 2);
}

/* Closes and opens objects on the way from one leaf's path to the next, and writes the leaf's key. */
static void go_to(struct buf *b, const char *from, const char *to)
{
	const char *p, *name = to;

	for (p = to; *p && *from == *p; p++, from++)
		if (*p == '.')
			name = p + 1;
	close_levels(b, from);
	if (b->data[b->len - 1] != '{')
		buf_addc(b, ',');
	for (p = name; *p; p++)
		if (*p == '.') {
			put_key(b, name, (size_t)(p - name));
			buf_addc(b, '{');
			name = p + 1;
		}
	put_key(b, name, (size_t)(p - name));
}

static void put_list(struct buf *b, const char *name, const struct config_list *l)
{
	uint32_t i;

	put_key(b, name, strlen(name));
	buf_addc(b, '[');
	for (i = 0; i < l->n; i++) {
		if (i)
			buf_addc(b, ',');
		row_show_string(b, l->id[i]);
	}
	buf_addc(b, ']');
}

static int by_group_name(const void *a, const void *b)
{
	return strcmp(group_name[*(const int *)a], group_name[*(const int *)b]);
}

static void put_behaviours(struct buf *b, const struct config_profile *p)
{
	int order[N_GROUPS], i;

	for (i = 0; i < N_GROUPS; i++)
		order[i] = i;
	qsort(order, N_GROUPS, sizeof *order, by_group_name);
	buf_adds(b, "\"behaviours\":{");
	for (i = 0; i < N_GROUPS; i++) {
		buf_addf(b, "%s\"%s\":{", i ? "," : "", group_name[order[i]]);
		put_list(b, "disabled", &p->group[order[i]].disabled);
		buf_addc(b, ',');
		put_list(b, "enabled", &p->group[order[i]].enabled);
		buf_addc(b, ',');
		put_list(b, "order", &p->group[order[i]].order);
		buf_addc(b, '}');
	}
	buf_addc(b, '}');
}

static void put_profile(struct buf *b, const struct config_profile *p)
{
	row_show_string(b, p->name);
	buf_adds(b, ":{");
	put_behaviours(b, p);
	buf_addc(b, ',');
	put_list(b, "disabled_stages", &p->disabled_stages);
	buf_addc(b, ',');
	put_list(b, "enabled_stages", &p->enabled_stages);
	buf_adds(b, ",\"ranker\":");
	row_show_string(b, p->ranker);
	buf_addc(b, ',');
	put_list(b, "stage_order", &p->stage_order);
	buf_addc(b, '}');
}

static void put_pipeline(struct buf *b, const struct config *c)
{
	uint32_t i;

	buf_adds(b, ",\"pipeline\":{\"default_profile\":");
	row_show_string(b, c->pipeline_default_profile);
	buf_adds(b, ",\"profiles\":{");
	for (i = 0; i < c->n_profiles; i++) {
		if (i)
			buf_addc(b, ',');
		put_profile(b, c->profiles + i);
	}
	buf_adds(b, "}}");
}

/* Repairs that are off leave no trace: the fingerprint of a file without them stays the reference's. */
static void put_repairs(struct buf *b, const struct config *c)
{
	unsigned i, n = 0;

	for (i = 0; i < N_REPAIRS; i++)
		if (*(const bool *)((const char *)&c->params + repair_at(i)->at))
			buf_addf(b, "%s\"%s\":true", n++ ? "," : ",\"repairs\":{", repair_at(i)->name);
	if (n)
		buf_addc(b, '}');
}

void config_canonical(const struct config *c, struct buf *json)
{
	const uint8_t *order = row_order();
	const char *from = "";
	unsigned i;

	buf_addc(json, '{');
	for (i = 0; i < N_PARAMS; i++) {
		go_to(json, from, param_rows[order[i]].path);
		row_show(json, c, order[i]);
		from = param_rows[order[i]].path;
	}
	close_levels(json, from);
	put_pipeline(json, c);
	put_repairs(json, c);
	buf_addc(json, '}');
}

void config_id(const struct config *c, char hex[65])
{
	struct buf json = BUF_INIT;

	config_canonical(c, &json);
	sha256_hex(json.data, json.len, hex);
	buf_release(&json);
}

/* JSON is YAML, so the reader of one and the writer of the other make the page. */
void config_yaml(const struct config *c, struct buf *yaml)
{
	struct buf json = BUF_INIT;
	struct errmsg e;
	struct ydoc d;

	config_canonical(c, &json);
	if (!ydoc_parse(&d, "canonical form", json.data, json.len, &e))
		die(EX_BUG, "%s", e.text);
	buf_adds(yaml, "global:\n");
	ynode_put(&d, d.node, 1, yaml);
	ydoc_release(&d);
	buf_release(&json);
}
