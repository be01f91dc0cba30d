/* SPDX-License-Identifier: MIT
 * Reading and writing of YAML; changes when the accepted subset of YAML does. */
#include "config/yaml.h"

#include "base/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct build {
	struct ydoc *d;
	struct errmsg *e;
	uint32_t open[YDEPTH];	/* mappings and lists that are not closed yet */
	unsigned depth;
	uint32_t documents;
};

static bool wrong(const struct build *b, const yaml_event_t *ev, const char *text)
{
	return errmsg_set(b->e, "%s:%zu: %s", b->d->name, ev->start_mark.line + 1, text);
}

static bool syntax_error(const struct build *b, const yaml_parser_t *p, const char *bytes, size_t len)
{
	size_t line = p->problem_mark.line + 1, i;

	if (p->error == YAML_MEMORY_ERROR)
		return errmsg_set(b->e, "%s: out of memory", b->d->name);
	if (p->error == YAML_READER_ERROR)	/* has an offset and no mark */
		for (line = 1, i = 0; i < p->problem_offset && i < len; i++)
			line += bytes[i] == '\n';
	if (p->context && p->context_mark.line + 1 != line)
		return errmsg_set(b->e, "%s:%zu: not YAML: %s (%s from line %zu)", b->d->name, line, p->problem, p->context,
				  p->context_mark.line + 1);
	return errmsg_set(b->e, "%s:%zu: not YAML: %s", b->d->name, line, p->problem ? p->problem : "syntax error");
}

static bool is_key(const struct build *b)
{
	const struct ynode *up;

	if (!b->depth)
		return false;
	up = b->d->node + b->open[b->depth - 1];
	return up->kind == Y_MAP && up->size % 2 == 0;
}

/* While a mapping is open its size counts keys and values. */
static struct ynode *add_node(struct build *b, const yaml_event_t *ev, enum ykind kind)
{
	struct ydoc *d = b->d;
	struct ynode *n;

	if (d->n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 256;
		d->node = xreallocarray(d->node, d->cap, sizeof *d->node);
	}
	if (b->depth)
		d->node[b->open[b->depth - 1]].size++;
	n = d->node + d->n++;
	*n = (struct ynode){ .kind = (uint8_t)kind, .line = (uint32_t)ev->start_mark.line + 1, .skip = 1 };
	return n;
}

static bool add_scalar(struct build *b, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	bool plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE, key = is_key(b);
	struct ynode *n;

	if (ev->data.scalar.anchor)
		return wrong(b, ev, "anchors (&name) are not taken; write the value out");
	if (ev->data.scalar.tag)
		return wrong(b, ev, "tags (!name) are not taken; leave the tag out");
	if (strlen(text) != ev->data.scalar.length)
		return wrong(b, ev, "a text with a NUL character is not taken");
	if (key && plain && strcmp(text, "<<") == 0)
		return wrong(b, ev, "merge keys (<<) are not taken; write the entries out, or use a layer");
	if (key && !*text)
		return wrong(b, ev, "a key is empty");
	n = add_node(b, ev, Y_SCALAR);
	n->plain = plain;
	n->text = (uint32_t)b->d->text.len;
	buf_add(&b->d->text, text, ev->data.scalar.length + 1);
	return true;
}

static bool open_node(struct build *b, const yaml_event_t *ev, enum ykind kind, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return wrong(b, ev, "anchors (&name) are not taken; write the value out");
	if (tag)
		return wrong(b, ev, "tags (!name) are not taken; leave the tag out");
	if (is_key(b))
		return wrong(b, ev, "a key must be a word, not a mapping or a list");
	if (b->depth == YDEPTH)
		return wrong(b, ev, "nested too deeply");
	add_node(b, ev, kind);
	b->open[b->depth++] = b->d->n - 1;
	return true;
}

struct key { const char *text; uint32_t line; };

static int by_text(const void *x, const void *y)
{
	const struct key *a = x, *b = y;
	int c = strcmp(a->text, b->text);

	return c ? c : (a->line > b->line) - (a->line < b->line);
}

/* A doubled key would silently drop one of two limits. */
static bool keys_differ(const struct build *b, const struct ynode *map)
{
	const struct ydoc *d = b->d;
	const struct ynode *n = map + 1;
	struct key *key = xmalloc(map->size * sizeof *key);
	uint32_t i;
	bool ok = true;

	for (i = 0; i < map->size; i++, n += 1 + n[1].skip)
		key[i] = (struct key){ ynode_text(d, n), n->line };
	qsort(key, map->size, sizeof *key, by_text);
	for (i = 1; ok && i < map->size; i++)
		if (strcmp(key[i].text, key[i - 1].text) == 0)
			ok = errmsg_set(b->e, "%s:%u: key \"%.60s\" is already given at line %u", d->name, key[i].line,
					key[i].text, key[i - 1].line);
	free(key);
	return ok;
}

static bool close_node(struct build *b)
{
	uint32_t at = b->open[--b->depth];
	struct ynode *n = b->d->node + at;

	n->skip = b->d->n - at;
	if (n->kind != Y_MAP)
		return true;
	n->size /= 2;
	return n->size < 2 || keys_differ(b, n);
}

static bool take_event(struct build *b, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		return b->documents++ == 0 || wrong(b, ev, "a second document (---) is not taken; one file, one document");
	case YAML_ALIAS_EVENT:
		return wrong(b, ev, "aliases (*name) are not taken; write the value out");
	case YAML_SCALAR_EVENT:
		return add_scalar(b, ev);
	case YAML_MAPPING_START_EVENT:
		return open_node(b, ev, Y_MAP, ev->data.mapping_start.anchor, ev->data.mapping_start.tag);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(b, ev, Y_LIST, ev->data.sequence_start.anchor, ev->data.sequence_start.tag);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return close_node(b);
	default:
		return true;
	}
}

bool ydoc_parse(struct ydoc *d, const char *name, const char *bytes, size_t len, struct errmsg *e)
{
	struct build b = { .d = d, .e = e };
	yaml_parser_t p;
	yaml_event_t ev;
	bool ok = true, end = false;

	*d = (struct ydoc){ .name = name };
	if (len > YAML_MAX)
		return errmsg_set(e, "%s: %zu bytes are too much; %u is the limit", name, len, YAML_MAX);
	if (!yaml_parser_initialize(&p))
		return errmsg_set(e, "%s: out of memory", name);
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p, (const unsigned char *)bytes, len);
	while (ok && !end) {
		if (!yaml_parser_parse(&p, &ev)) {
			ok = syntax_error(&b, &p, bytes, len);
			break;
		}
		ok = take_event(&b, &ev);
		end = ev.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&p);
	if (ok && !d->n)
		ok = errmsg_set(e, "%s:1: empty; a mapping is wanted", name);
	if (!ok)
		ydoc_release(d);
	return ok;
}

void ydoc_release(struct ydoc *d)
{
	free(d->node);
	buf_release(&d->text);
	*d = (struct ydoc){ 0 };
}

const struct ynode *ynode_get(const struct ydoc *d, const struct ynode *map, const char *key)
{
	const struct ynode *n;
	uint32_t i;

	if (!map || map->kind != Y_MAP)
		return NULL;
	for (i = 0, n = map + 1; i < map->size; i++, n += 1 + n[1].skip)
		if (strcmp(ynode_text(d, n), key) == 0)
			return n + 1;
	return NULL;
}

bool ynode_null(const struct ydoc *d, const struct ynode *n)
{
	return !n || (n->kind == Y_SCALAR && n->plain && yaml_word(ynode_text(d, n)) == Y_NULL);
}

static bool one_of(const char *s, const char *const *words)
{
	while (*words && strcmp(s, *words))
		words++;
	return *words != NULL;
}

static bool not_finite(const char *s, double *v)
{
	static const char *const inf[] = { ".inf", ".Inf", ".INF", NULL }, *const nan[] = { ".nan", ".NaN", ".NAN", NULL };

	if (one_of(s, nan))
		*v = NAN;
	else if (one_of(s + (*s == '-' || *s == '+'), inf))
		*v = *s == '-' ? -INFINITY : INFINITY;
	else
		return false;
	return true;
}

bool yaml_number(const char *s, double *v, bool *whole)
{
	char text[128], *p = text;
	const char *digits = s + (*s == '-' || *s == '+');
	size_t len = strlen(s);

	*whole = digits[strspn(digits, "0123456789")] == '\0';
	if (not_finite(s, v))
		return true;
	if (!*s || len > sizeof text - 3 || strchr(s, '.') != strrchr(s, '.'))
		return false;
	/* To JSON's grammar: no plus, a digit on both sides of the point. */
	if (*s == '-')
		*p++ = '-';
	if (*digits == '.')
		*p++ = '0';
	for (s = digits; *s; s++) {
		*p++ = *s;
		if (*s == '.' && s[1] >= '0' && s[1] <= '9')
			continue;
		if (*s == '.' && s > digits)
			*p++ = '0';
	}
	*p = '\0';
	if (num_f64_get(text, p, v) != p)
		return false;
	if (*whole && *v == 0)
		*v = 0;	/* a whole number has no sign of zero */
	return true;
}

enum yword yaml_word(const char *s)
{
	static const char *const null[] = { "", "~", "null", "Null", "NULL", NULL }, *const yes[] = { "true", "True", "TRUE", NULL },
		*const no[] = { "false", "False", "FALSE", NULL };
	double v;
	bool whole;

	return one_of(s, null) ? Y_NULL : one_of(s, yes) ? Y_TRUE : one_of(s, no) ? Y_FALSE : yaml_number(s, &v, &whole) ? Y_NUMBER : Y_STRING;
}

/* Words that no YAML reader, of whatever version, takes for anything but a string. */
static bool safe_word(const char *s)
{
	static const char *const not[] = { "y", "n", "yes", "no", "on", "off", "true", "false", "null", NULL };
	char lower[8];
	size_t i, len = strlen(s);

	if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_'))
		return false;
	if (s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")])
		return false;
	if (len >= sizeof lower)
		return true;
	for (i = 0; i <= len; i++)
		lower[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
	return !one_of(lower, not);
}

/* Decodes a character of text that libyaml has checked. */
static uint32_t next_char(const unsigned char **p)
{
	const unsigned char *s = *p;
	unsigned more = *s < 0x80 ? 0 : *s < 0xe0 ? 1 : *s < 0xf0 ? 2 : 3;
	uint32_t c = more ? *s & (0x3f >> more) : *s;

	for (s++; more && *s; more--)
		c = c << 6 | (*s++ & 0x3f);
	*p = s;
	return c;
}

static bool printable(uint32_t c)
{
	return (c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c < 0xfffe && c != 0xfeff && c != 0x2028 && c != 0x2029) || c > 0xffff;
}

static void put_quoted(const char *text, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)text, *from;
	uint32_t c;

	buf_addc(out, '"');
	while (*p) {
		from = p;
		c = next_char(&p);
		if (c == '"' || c == '\\')
			buf_addc(out, '\\');
		if (printable(c))
			buf_add(out, from, (size_t)(p - from));
		else
			buf_addf(out, "\\u%04x", c);
	}
	buf_addc(out, '"');
}

static void put_scalar(const struct ydoc *d, const struct ynode *n, struct buf *out)
{
	const char *text = ynode_text(d, n);
	enum yword word = n->plain ? yaml_word(text) : Y_STRING;

	if (word == Y_NULL)
		buf_adds(out, "null");
	else if (word != Y_STRING || safe_word(text))
		buf_adds(out, text);
	else
		put_quoted(text, out);
}

static void put_indent(unsigned depth, struct buf *out)
{
	while (depth--)
		buf_adds(out, "  ");
}

/* The value after "key:" or "-", ending the line. */
static void put_value(const struct ydoc *d, const struct ynode *n, unsigned depth, struct buf *out)
{
	if (n->kind != Y_SCALAR && n->size) {
		buf_addc(out, '\n');
		ynode_put(d, n, depth + 1, out);
		return;
	}
	buf_addc(out, ' ');
	if (n->kind == Y_SCALAR)
		put_scalar(d, n, out);
	else
		buf_adds(out, n->kind == Y_MAP ? "{}" : "[]");
	buf_addc(out, '\n');
}

void ynode_put_entry(const struct ydoc *d, const struct ynode *key, unsigned depth, struct buf *out)
{
	put_indent(depth, out);
	if (safe_word(ynode_text(d, key)))
		buf_adds(out, ynode_text(d, key));
	else
		put_quoted(ynode_text(d, key), out);
	buf_addc(out, ':');
	put_value(d, key + 1, depth, out);
}

void ynode_put(const struct ydoc *d, const struct ynode *n, unsigned depth, struct buf *out)
{
	const struct ynode *at = n + 1;
	uint32_t i;

	if (n->kind == Y_SCALAR)
		put_value(d, n, depth, out);
	for (i = 0; n->kind == Y_MAP && i < n->size; i++, at += 1 + at[1].skip)
		ynode_put_entry(d, at, depth, out);
	for (i = 0; n->kind == Y_LIST && i < n->size; i++, at += at->skip) {
		put_indent(depth, out);
		buf_addc(out, '-');
		put_value(d, at, depth, out);
	}
}
