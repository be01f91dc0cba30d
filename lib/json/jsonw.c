/* SPDX-License-Identifier: MIT
 * Writing JSON: values in, punctuation by itself. */
#include "json/json.h"

#include "base/num.h"

#include <math.h>
#include <string.h>

#define DEPTH_MAX (sizeof ((struct jsonw *)0)->first)

void jsonw_init(struct jsonw *w, struct buf *out, bool pretty)
{
	*w = (struct jsonw){ .out = out, .pretty = pretty };
}

static void new_line(struct jsonw *w)
{
	if (!w->pretty)
		return;
	buf_addc(w->out, '\n');
	for (unsigned i = 0; i < w->depth; i++)
		buf_addc(w->out, ' ');
}

/* What stands between this value or key and the one before it. */
static void separate(struct jsonw *w)
{
	bool *first = w->depth ? &w->first[w->depth - 1] : NULL;

	if (w->after_key || !first) {
		w->after_key = false;
		return;
	}
	if (!*first)
		buf_addc(w->out, ',');
	*first = false;
	new_line(w);
}

static void open_container(struct jsonw *w, bool is_array)
{
	separate(w);
	if (w->depth == DEPTH_MAX)
		die(EX_BUG, "JSON is written deeper than %zu levels", DEPTH_MAX);
	buf_addc(w->out, is_array ? '[' : '{');
	w->first[w->depth] = true;
	w->is_array[w->depth++] = is_array;
}

void jsonw_object(struct jsonw *w)
{
	open_container(w, false);
}

void jsonw_array(struct jsonw *w)
{
	open_container(w, true);
}

void jsonw_end(struct jsonw *w)
{
	w->depth--;
	if (!w->first[w->depth])
		new_line(w);
	buf_addc(w->out, w->is_array[w->depth] ? ']' : '}');
}

static void add_string(struct jsonw *w, const char *s, size_t n)
{
	struct buf *b = w->out;

	buf_reserve(b, 6 * n + 2);
	b->data[b->len++] = '"';
	b->len = (size_t)(json_encode(b->data + b->len, s, n) - b->data);
	b->data[b->len++] = '"';
}

void jsonw_key(struct jsonw *w, const char *key)
{
	separate(w);
	add_string(w, key, strlen(key));
	buf_adds(w->out, w->pretty ? ": " : ":");
	w->after_key = true;
}

void jsonw_strn(struct jsonw *w, const char *s, size_t n)
{
	separate(w);
	add_string(w, s, n);
}

void jsonw_str(struct jsonw *w, const char *s)
{
	jsonw_strn(w, s, strlen(s));
}

static void add_word(struct jsonw *w, const char *word)
{
	separate(w);
	buf_adds(w->out, word);
}

void jsonw_f64(struct jsonw *w, double v)
{
	char text[NUM_F64_MAX];

	if (!isfinite(v)) {
		jsonw_null(w);
		return;
	}
	separate(w);
	buf_add(w->out, text, (size_t)(num_f64_put(text, v) - text));
}

void jsonw_i64(struct jsonw *w, int64_t v)
{
	char text[NUM_I64_MAX];

	separate(w);
	buf_add(w->out, text, (size_t)(num_i64_put(text, v) - text));
}

void jsonw_u64(struct jsonw *w, uint64_t v)
{
	char text[NUM_I64_MAX];

	separate(w);
	buf_add(w->out, text, (size_t)(num_u64_put(text, v) - text));
}

void jsonw_bool(struct jsonw *w, bool v)
{
	add_word(w, v ? "true" : "false");
}

void jsonw_null(struct jsonw *w)
{
	add_word(w, "null");
}

void jsonw_put_f64(struct jsonw *w, const char *key, double v)
{
	jsonw_key(w, key);
	jsonw_f64(w, v);
}

void jsonw_put_u64(struct jsonw *w, const char *key, uint64_t v)
{
	jsonw_key(w, key);
	jsonw_u64(w, v);
}

void jsonw_put_text(struct jsonw *w, const char *key, const char *text)
{
	jsonw_key(w, key);
	if (text && *text)
		jsonw_str(w, text);
	else
		jsonw_null(w);
}
