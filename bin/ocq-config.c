/* SPDX-License-Identifier: MIT
 * ocq-config - show, explain, check, compare and change strategy configurations */
#include "base/num.h"
#include "base/opt.h"
#include "base/stream.h"
#include "config/row.h"
#include "config/yaml.h"
#include "engine/point.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* X(name, least operands, most operands, what they are, help) */
#define COMMANDS(X) \
	X(show, 0, 1, "[FILE]", "the merged configuration as YAML") \
	X(explain, 1, 9999, "KEY...", "type, default, range; with -c also value and origin") \
	X(check, 0, 9999, "[FILE...]", "every fault of the files, on stderr") \
	X(diff, 2, 2, "A B", "what differs, tab separated; exit 1 if there is any") \
	X(id, 0, 1, "[FILE]", "config_id of the merged configuration") \
	X(set, 0, 9999, "[FILE] [KEY=VALUE...]", "the file with overrides in its global layer") \
	X(axes, 0, 0, "", "what a sweep may vary: path, kind, what it changes")

static const char *config, *symbols, *mode, *overrides, *output = "-";
static bool live, lenient, values;
static const struct opt opts[] = {
	{ 'c', "config", OPT_TEXT, &config, "FILE", "the configuration; - is stdin" },
	{ 's', "symbols", OPT_TEXT, &symbols, "A[,B]", "one symbol: its symbols layer too; several: none" },
	{ 0, "live", OPT_FLAG, &live, NULL, "the live layer too" },
	{ 0, "mode", OPT_TEXT, &mode, "MODE", "this entry of modes too" },
	{ 0, "lenient", OPT_FLAG, &lenient, NULL, "wrong contents are warnings, for old files" },
	{ 0, "values", OPT_FLAG, &values, NULL, "set: values are a sweep's numbers (true 1, high 2)" },
	{ 0, "overrides", OPT_TEXT, &overrides, "FILE", "set: a candidate or result; - is stdin" },
	{ 'o', "output", OPT_TEXT, &output, "FILE", "write to this file", OPT_OUTPUT },
	{ 0 }
};

static struct config_layers layers(void)
{
	return (struct config_layers){ symbols && !strchr(symbols, ',') ? symbols : NULL, live, mode, lenient };
}

/* file: NULL is no file, all defaults. */
static void load(struct config *c, const char *file)
{
	struct config_layers l = layers();
	struct errmsg e;

	if (!file)
		config_defaults(c);
	else if (!config_load(c, file, &l, config_warn, NULL, &e))
		die(EX_CONFIG, "%s", e.text);
}

/* The file that a command is about: its operand or -c, not both. */
static const char *file_of(int n, char **arg)
{
	if (n && config)
		die(EX_USAGE, "\"%s\" and --config %s: name one file", arg[0], config);
	return n ? arg[0] : config;
}

static int put_text(const struct buf *b)
{
	struct out o;

	out_open(&o, output);
	if (b->len)
		out_add(&o, b->data, b->len);
	out_close(&o);
	return EX_OK;
}

/* ---- show, id, axes ---- */

static int cmd_show(int n, char **arg)
{
	struct buf b = BUF_INIT;
	struct config c;
	int status;

	load(&c, file_of(n, arg));
	config_yaml(&c, &b);
	status = put_text(&b);
	buf_release(&b);
	config_release(&c);
	return status;
}

static int cmd_id(int n, char **arg)
{
	struct buf b = BUF_INIT;
	struct config c;
	char hex[65];
	int status;

	load(&c, file_of(n, arg));
	config_id(&c, hex);
	buf_addf(&b, "%s\n", hex);
	status = put_text(&b);
	buf_release(&b);
	config_release(&c);
	return status;
}

static const char *const type_word[] = {
	[PARAM_F64] = "f64", [PARAM_UINT] = "uint", [PARAM_FLAG] = "flag", [PARAM_CONF] = "conf", [PARAM_MACD] = "macd", [PARAM_TEXT] = "text",
};

static int cmd_axes(int n, char **arg)
{
	struct buf b = BUF_INIT;
	unsigned i;
	int status;

	(void)n, (void)arg;
	for (i = 0; i < N_PARAMS; i++)
		if (config_is_axis(param_rows + i))
			buf_addf(&b, "%s\t%s\t%s\n", param_rows[i].path, type_word[param_rows[i].type],
				 param_rows[i].flags & SERIES ? "series" : "rules");
	status = put_text(&b);
	buf_release(&b);
	return status;
}

/* ---- check ---- */

enum { MOST_SYMBOLS = 64 };	/* whose merged values are checked without being asked */

struct checked { const char *name; struct buf text, said; bool wrong; };

/* The ways to merge a file share most of their faults: each is said once. */
static void say_once(void *arg, const char *text)
{
	struct buf *said = arg, line = BUF_INIT;

	buf_addf(&line, "\n%s\n", text);
	if (!strstr(buf_cstr(said), buf_cstr(&line))) {
		warn("%s", text);
		buf_adds(said, buf_cstr(&line));
	}
	buf_release(&line);
}

static void check_merged(struct checked *k, struct config_layers l)
{
	struct config c;
	struct errmsg e, again;

	if (config_load_text(&c, k->name, k->text.data, k->text.len, &l, say_once, &k->said, &e)) {
		config_release(&c);
		return;
	}
	k->wrong = true;
	/* Once more with faults as warnings shows all of them, not the first alone. */
	l.lenient = l.only_named = true;
	if (config_load_text(&c, k->name, k->text.data, k->text.len, &l, say_once, &k->said, &again))
		config_release(&c);
	else
		say_once(&k->said, e.text);
}

static void check_symbols(struct checked *k, const struct ydoc *d, const struct ynode *map, bool with_live)
{
	const struct ynode *n;
	uint32_t i;

	if (!map || map->kind != Y_MAP)
		return;
	for (i = 0, n = map + 1; i < map->size && i < MOST_SYMBOLS; i++, n += 1 + n[1].skip) {
		check_merged(k, (struct config_layers){ .symbol = ynode_text(d, n), .lenient = lenient });
		if (with_live)
			check_merged(k, (struct config_layers){ .symbol = ynode_text(d, n), .live = true, .lenient = lenient });
	}
	if (map->size > MOST_SYMBOLS)
		note("%s: %u symbols; with their layers merged only the first %d are checked, the others by --symbols", k->name, map->size, MOST_SYMBOLS);
}

/* Every layer on top of those below it. */
static void check_layers(struct checked *k)
{
	const struct ynode *root, *modes, *with_live, *n;
	struct errmsg e;
	struct ydoc d;
	uint32_t i;

	check_merged(k, (struct config_layers){ .lenient = lenient });
	if (!ydoc_parse(&d, k->name, k->text.data, k->text.len, &e))
		return;
	root = d.node;
	with_live = ynode_get(&d, root, "live");
	modes = ynode_get(&d, root, "modes");
	if (with_live)
		check_merged(k, (struct config_layers){ .live = true, .lenient = lenient });
	for (i = 0, n = modes ? modes + 1 : NULL; modes && modes->kind == Y_MAP && i < modes->size; i++, n += 1 + n[1].skip) {
		check_merged(k, (struct config_layers){ .mode = ynode_text(&d, n), .lenient = lenient });
		if (with_live)
			check_merged(k, (struct config_layers){ .mode = ynode_text(&d, n), .live = true, .lenient = lenient });
	}
	check_symbols(k, &d, ynode_get(&d, root, "symbols"), with_live != NULL);
	check_symbols(k, &d, ynode_get(&d, with_live, "symbols"), true);
	ydoc_release(&d);
}

static bool check_file(const char *file)
{
	struct checked k = { .name = file };
	struct errmsg e;

	if (!buf_read_file(&k.text, file, YAML_MAX, &e)) {
		warn("%s", e.text);
		return false;
	}
	if (symbols || live || mode)
		check_merged(&k, layers());
	else
		check_layers(&k);
	buf_release(&k.text);
	buf_release(&k.said);
	return !k.wrong;
}

static int cmd_check(int n, char **arg)
{
	bool ok = true;
	int i;

	if (!n && !config)
		die(EX_USAGE, "check needs a file: ocq-config check FILE...");
	if (n && config)
		file_of(n, arg);
	if (!n)
		ok = check_file(config);
	for (i = 0; i < n; i++)
		ok = check_file(arg[i]) && ok;
	return ok ? EX_OK : EX_CONFIG;
}

/* ---- explain ---- */

static void explain_origin(struct buf *b, const struct config *c, unsigned row)
{
	static const char *const layer[] = { "default", "global", "symbols", "live", "modes", "set" };
	const struct config_origin *o = c->origin + row;

	buf_adds(b, "value: ");
	row_show(b, c, row);
	if (o->line)
		buf_addf(b, "\nfrom: %s:%u (%s)", c->file, o->line, layer[o->layer]);
	else
		buf_addf(b, "\nfrom: %s", layer[o->layer]);
	buf_addc(b, '\n');
}

static void explain_row(struct buf *b, const struct config *c, unsigned row, const struct config *defaults)
{
	const struct param_row *r = param_rows + row;
	struct errmsg range;

	buf_addf(b, "key: %s\nmeaning: %s\ntype: %s", r->path, r->meaning, type_word[r->type]);
	if (row_words(r->type))
		buf_addf(b, " (%s, %s, %s)", row_words(r->type)[0], row_words(r->type)[1], row_words(r->type)[2]);
	buf_adds(b, "\ndefault: ");
	row_show(b, defaults, row);
	if (r->type == PARAM_F64 || r->type == PARAM_UINT)
		buf_addf(b, "\nrange: %s%s", row_range(row, &range),
			 isinf(r->lo) && isinf(r->hi) ? "" : r->flags & (HARD | WINDOW) ? "; anything else is refused" : "; anything else is warned of");
	buf_addf(b, "\nchange: %s", r->flags & HOT ? "while a lane runs" : r->flags & WINDOW ? "needs another warm-up" : "needs a restart");
	buf_addf(b, "\naxis: %s\n", !config_is_axis(r) ? "no" : r->flags & SERIES ? "yes, of indicator series" : "yes");
	if (r->flags & UNUSED)
		buf_adds(b, "note: read by no rule\n");
	if (c)
		explain_origin(b, c, row);
}

/* Every key below a section, in the table's order. */
static bool explain_section(struct buf *b, const struct config *c, const char *section, const struct config *defaults)
{
	size_t len = strlen(section), before = b->len;
	unsigned i;

	for (i = 0; i < N_PARAMS; i++) {
		if (strncmp(param_rows[i].path, section, len) || param_rows[i].path[len] != '.')
			continue;
		if (b->len > before)
			buf_addc(b, '\n');
		explain_row(b, c, i, defaults);
	}
	return b->len > before;
}

static bool explain_other(struct buf *b, const char *key)
{
	const struct repair *r = repair_find(strncmp(key, "repairs.", 8) ? key : key + 8);
	unsigned i;

	if (idle_meaning(key))
		buf_addf(b, "key: %s\nmeaning: %s\nnote: has no effect\n", key, idle_meaning(key));
	else if (r)
		buf_addf(b, "key: repairs.%s\nmeaning: %s\ntype: flag\ndefault: false\naxis: no\n", r->name, r->meaning);
	else if (strcmp(key, "pipeline.default_profile") == 0)
		buf_addf(b, "key: %s\nmeaning: active profile where runtime.profile is empty\ntype: text\ndefault: \"production\"\naxis: no\n", key);
	else {
		for (i = 0; i < N_BEHAVIOURS && strcmp(behaviour_id[i], key); i++)
			;
		if (i == N_BEHAVIOURS)
			return false;
		buf_addf(b, "behaviour: %s\nmeaning: %s\n", key, behaviour_meaning[i]);
#define LOWER(behaviour, member, value) \
		if (i == B_##behaviour) \
			buf_addf(b, "off: %s = %s\n", member_path(#member), #value);
#include "config/lowering.def"
#undef LOWER
	}
	return true;
}

static int cmd_explain(int n, char **arg)
{
	struct config c, defaults;
	struct errmsg hint;
	struct shown s;
	struct buf b = BUF_INIT;
	int i, row, status;

	config_defaults(&defaults);
	if (config)
		load(&c, config);
	for (i = 0; i < n; i++) {
		if (i)
			buf_addc(&b, '\n');
		row = row_find(arg[i]);
		if (row >= 0)
			explain_row(&b, config ? &c : NULL, (unsigned)row, &defaults);
		else if (!explain_section(&b, config ? &c : NULL, arg[i], &defaults) && !explain_other(&b, arg[i]))
			die(EX_USAGE, "%s is not a known key%s", shown(&s, arg[i]), key_hint(arg[i], &hint));
	}
	status = put_text(&b);
	buf_release(&b);
	if (config)
		config_release(&c);
	config_release(&defaults);
	return status;
}

/* ---- diff ---- */

/* The leaves of a canonical form: path and JSON text, sorted by path. Lists are leaves. */
struct leaf { char *path; const char *text; int len; };
struct leaves { struct buf json; struct json_doc doc; struct leaf *leaf; size_t n, cap; };

static void add_leaves(struct leaves *l, const struct json *v, const char *path)
{
	const char *text = l->doc.text;
	const struct json *key = v + 1;
	struct buf below = BUF_INIT;
	uint32_t i;

	if (v->type != JSON_OBJECT || !v->size) {
		bool quoted = v->type == JSON_STRING;

		if (l->n == l->cap) {
			l->cap = l->cap ? 2 * l->cap : 256;
			l->leaf = xreallocarray(l->leaf, l->cap, sizeof *l->leaf);
		}
		l->leaf[l->n++] = (struct leaf){ xstrdup(path), text + v->start - quoted, (int)(v->end - v->start) + 2 * quoted };
		return;
	}
	for (i = 0; i < v->size; i++, key += 1 + key[1].skip) {
		buf_clear(&below);
		buf_addf(&below, "%s%s%.*s", path, *path ? "." : "", (int)(key->end - key->start), text + key->start);
		add_leaves(l, key + 1, buf_cstr(&below));
	}
	buf_release(&below);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct leaf *)a)->path, ((const struct leaf *)b)->path);
}

static void leaves_of(struct leaves *l, const char *file)
{
	struct errmsg e;
	struct config c;

	*l = (struct leaves){ 0 };
	load(&c, file);
	config_canonical(&c, &l->json);
	config_release(&c);
	if (!json_parse(&l->doc, l->json.data, l->json.len, &e))
		die(EX_BUG, "canonical form: %s", e.text);
	add_leaves(l, l->doc.tok, "");
	qsort(l->leaf, l->n, sizeof *l->leaf, by_path);
}

static void leaves_release(struct leaves *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->leaf[i].path);
	free(l->leaf);
	json_release(&l->doc);
	buf_release(&l->json);
}

static bool same_text(const struct leaf *a, const struct leaf *b)
{
	return a->len == b->len && memcmp(a->text, b->text, (size_t)a->len) == 0;
}

static int cmd_diff(int n, char **arg)
{
	static const struct leaf none = { NULL, "", 0 };
	struct leaves a, b;
	const struct leaf *x, *y;
	struct buf out = BUF_INIT;
	int c, status;

	(void)n;
	leaves_of(&a, arg[0]);
	leaves_of(&b, arg[1]);
	for (x = a.leaf, y = b.leaf; x < a.leaf + a.n || y < b.leaf + b.n; x += c <= 0, y += c >= 0) {
		c = x == a.leaf + a.n ? 1 : y == b.leaf + b.n ? -1 : strcmp(x->path, y->path);
		if (c || !same_text(x, y))
			buf_addf(&out, "%s\t%.*s\t%.*s\n", c <= 0 ? x->path : y->path, c <= 0 ? x->len : none.len, c <= 0 ? x->text : none.text,
				 c >= 0 ? y->len : none.len, c >= 0 ? y->text : none.text);
	}
	status = put_text(&out);
	if (out.len)
		status = EX_NO;
	buf_release(&out);
	leaves_release(&a);
	leaves_release(&b);
	return status;
}

/* ---- set ---- */

/* KEY=VALUE: text as in YAML, or under --values a sweep's number. */
static void set_operand(struct config *c, const char *operand)
{
	const char *equals = strchr(operand, '=');
	char *key = xstrndup(operand, (size_t)(equals - operand));
	struct errmsg e;
	double v;
	bool ok;

	if (!values)
		ok = config_set_text(c, key, equals + 1, &e);
	else if (num_f64_parse(equals + 1, &v))
		ok = config_set_value(c, key, v, &e);
	else
		ok = errmsg_set(&e, "%s: \"%.60s\" is not a number", key, equals + 1);
	if (!ok)
		die(EX_USAGE, "%s", e.text);
	free(key);
}

/* The one point of a stream: a candidate, or a result that says what it is the result of. Header and end may stand around it. */
static void read_point(struct point *pt, const char *file)
{
	struct point_paths paths = { .known = false };
	struct in in = { 0 };
	struct json_doc d;
	const char *line;
	struct errmsg e;
	unsigned found = 0;
	size_t len;

	in_open(&in, file);
	while (in_line(&in, &line, &len)) {
		const struct json *type;
		bool ok = true;

		if (!json_parse(&d, line, len, &e))
			in_die(&in, "%s", e.text);
		type = json_get(&d, d.tok, "type");
		if (json_is(&d, type, "header"))
			ok = point_paths(&paths, &d, d.tok, &e);
		else if (!json_is(&d, type, "end"))
			ok = found++ ? errmsg_set(&e, "a second candidate; one configuration holds one") : point_parse(pt, &paths, &d, d.tok, &e);
		if (!ok)
			in_die(&in, "%s", e.text);
		json_release(&d);
	}
	if (!found)
		die(EX_DATA, "%s: no candidate in it", in.name);
	in_close(&in);
}

static void set_from(struct config *c, const char *file)
{
	static struct point pt;
	uint32_t i;

	read_point(&pt, file);
	for (i = 0; i < pt.n; i++)
		config_set_row(c, pt.row[i], pt.value[i]);
}

/* The base's root with `global` replaced, other layers as they are. */
static void put_document(struct buf *out, const struct ydoc *d, const struct config *c)
{
	const struct ynode *n = d->node + 1;
	bool done = ynode_get(d, d->node, "global") == NULL;
	uint32_t i;

	if (done)
		config_yaml(c, out);
	for (i = 0; i < d->node->size; i++, n += 1 + n[1].skip)
		if (!done && n + 1 == ynode_get(d, d->node, "global"))
			config_yaml(c, out);
		else
			ynode_put_entry(d, n, 0, out);
}

/* What was written must read back as the same configuration. */
static void verify(const struct buf *text, const char *want)
{
	struct config_layers l = { .lenient = lenient };
	struct config c;
	struct errmsg e;
	char id[65];

	if (!config_load_text(&c, "result", text->data, text->len, &l, NULL, NULL, &e))
		die(EX_BUG, "the result does not read back: %s", e.text);
	config_id(&c, id);
	if (strcmp(id, want))
		die(EX_BUG, "the result reads back as another configuration");
	config_release(&c);
}

static int cmd_set(int n, char **arg)
{
	int first = n && !strchr(arg[0], '='), i, status;
	const char *file = file_of(first, arg);
	struct buf base = BUF_INIT, out = BUF_INIT;
	struct config_layers l = { .lenient = lenient };
	struct config c;
	struct ydoc d;
	struct errmsg e;
	char id[65];

	if (symbols || live || mode)
		die(EX_USAGE, "set works on the global layer: --symbols, --live and --mode have no place here");
	if (!file)
		die(EX_USAGE, "set needs a file: ocq-config set FILE KEY=VALUE...");
	if (n == first && !overrides)
		overrides = "-";
	if (overrides && strcmp(overrides, "-") == 0 && strcmp(file, "-") == 0)
		die(EX_USAGE, "the configuration and the candidate cannot both come from stdin");
	if (!buf_read_file(&base, file, YAML_MAX, &e) || !config_load_text(&c, file, base.data, base.len, &l, config_warn, NULL, &e) ||
	    !ydoc_parse(&d, c.file, base.data, base.len, &e))
		die(EX_CONFIG, "%s", e.text);
	if (overrides)
		set_from(&c, overrides);
	for (i = first; i < n; i++)
		if (strchr(arg[i], '='))
			set_operand(&c, arg[i]);
		else
			die(EX_USAGE, "\"%s\" is not KEY=VALUE", arg[i]);
	if (!config_check(&c, lenient, config_warn, NULL, &e))
		die(EX_CONFIG, "%s", e.text);
	config_id(&c, id);
	buf_addf(&out, "# config_id: %s\n", id);
	put_document(&out, &d, &c);
	verify(&out, id);
	status = put_text(&out);
	ydoc_release(&d);
	config_release(&c);
	buf_release(&base);
	buf_release(&out);
	return status;
}

static const struct command { const char *name; int least, most; const char *operands, *help; int (*run)(int n, char **arg); } commands[] = {
#define ROW(name, least, most, operands, help) { #name, least, most, operands, help, cmd_##name },
	COMMANDS(ROW)
#undef ROW
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static const char *purpose(void)
{
	static struct buf b;
	char usage[40];
	int i;

	buf_adds(&b, "Shows, explains, checks, compares and changes strategy configurations.");
	for (i = 0; i < N_COMMANDS; i++) {
		snprintf(usage, sizeof usage, "%s %s", commands[i].name, commands[i].operands);
		buf_addf(&b, "\n  %-26s %s", usage, commands[i].help);
	}
	return buf_cstr(&b);
}

static const struct command *find(const char *name)
{
	struct nearest near = { .want = name };
	struct errmsg hint;
	struct shown s;
	int i;

	for (i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return commands + i;
		nearest_try(&near, commands[i].name);
	}
	die(EX_USAGE, "%s is not a command%s", shown(&s, name), near.best ? nearest_hint(&near, &hint) : "; --help lists them");
}

int main(int argc, char **argv)
{
	const struct command *command;
	int n;

	err_init(argv[0]);
	n = opt_parse(argc, argv, opts, "COMMAND [options] [operands]", purpose());
	if (!n)
		die(EX_USAGE, "a command is missing; --help lists them");
	command = find(argv[0]);
	if (n - 1 < command->least || n - 1 > command->most)
		die(EX_USAGE, "%s %s: %d operands are too %s", command->name, command->operands, n - 1, n - 1 < command->least ? "few" : "many");
	return command->run(n - 1, argv + 1);
}
