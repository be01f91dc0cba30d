/* SPDX-License-Identifier: MIT
 * Which symbols are followed. */
#include "feed/symbols.h"

#include "base/buf.h"
#include "hl/info.h"
#include "store/columns.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES_MAX = 1 << 20 };

void symbol_list_release(struct symbol_list *l)
{
	for (unsigned i = 0; i < l->n; i++)
		free((char *)l->at[i]);
	free(l->at);
	*l = (struct symbol_list){ 0 };
}

bool symbol_list_has(const struct symbol_list *l, const char *symbol)
{
	for (unsigned i = 0; i < l->n; i++)
		if (strcmp(l->at[i], symbol) == 0)
			return true;
	return false;
}

/* Takes the text over. */
static bool add(struct symbol_list *l, char *text)
{
	if (symbol_list_has(l, text)) {
		free(text);
		return true;
	}
	if (l->n == l->cap)
		l->at = xreallocarray(l->at, l->cap = l->cap ? 2 * l->cap : 16, sizeof *l->at);
	l->at[l->n++] = text;
	return true;
}

bool symbol_list_add(struct symbol_list *l, const char *s, size_t len, struct errmsg *e)
{
	if (!symbol_valid(s, len))
		return errmsg_set(e, "\"%.*s\" is not a symbol: 1 to %d printable characters", len < 40 ? (int)len : 40, s,
			SYMBOL_MAX - 1);
	return add(l, xstrndup(s, len));
}

bool user_list_add(struct symbol_list *l, const char *s, size_t len, struct errmsg *e)
{
	bool ok = len == 42 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	char *text;

	for (size_t i = 2; ok && i < len; i++)
		ok = isxdigit((unsigned char)s[i]);
	if (!ok)
		return errmsg_set(e, "\"%.*s\" is not an address: 0x and 40 hexadecimal digits", len < 60 ? (int)len : 60, s);
	text = xstrndup(s, len);
	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return add(l, text);
}

bool user_list_read(struct symbol_list *l, const char *text, struct errmsg *e)
{
	for (size_t n; *text; text += n + (text[n] == ',')) {
		n = strcspn(text, ",");
		if (n && !user_list_add(l, text, n, e))
			return false;
	}
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

/* Symbols between blanks and commas; # starts a comment up to the end of its line. */
static bool read_words(struct symbol_list *l, const char *p, const char *end, struct errmsg *e)
{
	while (p < end) {
		const char *start = p;

		if (*p == '#')
			while (p < end && *p != '\n')
				p++;
		while (p < end && !is_blank(*p) && *p != '#')
			p++;
		if (*start != '#' && p > start && !symbol_list_add(l, start, (size_t)(p - start), e))
			return false;
		while (p < end && is_blank(*p))
			p++;
	}
	return true;
}

bool symbol_list_read(struct symbol_list *l, const char *text, struct errmsg *e)
{
	struct buf b = BUF_INIT;
	struct errmsg why;
	bool ok;

	if (*text != '@')
		return read_words(l, text, text + strlen(text), e);
	ok = buf_read_file(&b, text + 1, FILE_BYTES_MAX, e);
	if (ok && b.len && !read_words(l, b.data, b.data + b.len, &why))
		ok = errmsg_set(e, "%s: %s", text + 1, why.text);
	buf_release(&b);
	return ok;
}

struct ranked { char name[SYMBOL_MAX]; double volume; unsigned place; };
struct ranking { struct ranked *at; unsigned n, cap; bool delisted; };

/* An asset, then its context. */
static void rank(void *arg, const struct record *r)
{
	struct ranking *k = arg;

	if (r->type == REC_asset)
		k->delisted = r->u.asset.delisted;
	if (r->type != REC_context || k->delisted)
		return;
	if (k->n == k->cap)
		k->at = xreallocarray(k->at, k->cap = k->cap ? 2 * k->cap : 256, sizeof *k->at);
	k->at[k->n] = (struct ranked){ .volume = r->u.context.day_ntl_vlm, .place = k->n };
	memcpy(k->at[k->n++].name, r->u.context.symbol, SYMBOL_MAX);
}

static int by_volume(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->volume != y->volume ? (x->volume < y->volume) - (x->volume > y->volume) :
		(x->place > y->place) - (x->place < y->place);
}

bool symbol_list_top(struct symbol_list *l, const char *answer, size_t len, unsigned n, double min_usd, struct errmsg *e)
{
	struct ranking k = { 0 };
	bool ok = hl_info_read("metaAndAssetCtxs", answer, len, 0, rank, &k, NULL, e);

	if (ok && k.n)
		qsort(k.at, k.n, sizeof *k.at, by_volume);
	for (unsigned i = 0; ok && i < k.n && i < n && k.at[i].volume >= min_usd; i++)
		ok = symbol_list_add(l, k.at[i].name, strlen(k.at[i].name), e);
	free(k.at);
	return ok;
}

bool symbol_file_changed(struct symbol_file *f, const char *text)
{
	struct symbol_file is = { 0 };
	struct stat st;
	bool changed;

	if (*text != '@')
		return false;
	if (stat(text + 1, &st) == 0)
		is = (struct symbol_file){ st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec, st.st_size, st.st_ino };
	changed = is.stamp_ns != f->stamp_ns || is.size != f->size || is.inode != f->inode;
	*f = is;
	return changed;
}
