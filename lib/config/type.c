/* SPDX-License-Identifier: MIT
 * From a scalar's text to a typed value, and the words for what is wrong with it; changes when a typing rule does
 * (docs/rules/parameters.md "Types"). */
#include "config/row.h"
#include "config/yaml.h"

#include <string.h>

const char *shown(struct shown *s, const char *text)
{
	enum { MOST = 60 };
	size_t i;

	s->text[0] = '"';
	for (i = 0; i < MOST && text[i]; i++)
		s->text[i + 1] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
	strcpy(s->text + i + 1, text[i] ? "...\"" : "\"");
	return s->text;
}

static bool null_type(struct errmsg *why)
{
	return errmsg_set(why, "null is no value; leave the key out to keep what lower layers say");
}

static bool number_type(const char *text, bool plain, double *v, bool *whole, struct errmsg *why)
{
	struct shown s;

	if (!yaml_number(text, v, whole))
		return errmsg_set(why, "%s is not a number", shown(&s, text));
	if (!plain)
		return errmsg_set(why, "%s is a string; write the number without quotes", shown(&s, text));
	if (!isfinite(*v))
		return errmsg_set(why, "%s is not a finite number", text);
	return true;
}

static bool f64_type(const char *text, bool plain, double *v, struct errmsg *why)
{
	bool whole;

	return number_type(text, plain, v, &whole, why);
}

static bool uint_type(const char *text, bool plain, double *v, struct errmsg *why)
{
	bool whole;

	if (!number_type(text, plain, v, &whole, why))
		return false;
	if (*v < 0)
		return errmsg_set(why, "%.60s is negative; a whole number from 0 is wanted", text);
	if (*v > UINT32_MAX)
		return errmsg_set(why, "%.60s is more than %u", text, UINT32_MAX);
	if (!whole && *v == floor(*v))
		return errmsg_set(why, "%.60s is written as a decimal; a whole number is wanted: %.0f", text, *v);
	if (!whole)
		return errmsg_set(why, "%.60s is not a whole number", text);
	return true;
}

bool flag_type(const char *text, bool plain, bool *v, struct errmsg *why)
{
	enum yword w = plain ? yaml_word(text) : Y_STRING;
	struct shown s;

	*v = w == Y_TRUE;
	return w == Y_TRUE || w == Y_FALSE || errmsg_set(why, "%s is not true or false", shown(&s, text));
}

bool string_type(const char *text, bool plain, struct errmsg *why)
{
	if (plain && yaml_word(text) == Y_NULL)
		return null_type(why);
	if (plain && yaml_word(text) != Y_STRING)
		return errmsg_set(why, "%.60s is not a string; write \"%.60s\"", text, text);
	return true;
}

/* Blanks around the word and capitals do not matter. */
static bool same_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	text += strspn(text, " \t\n");
	return strncasecmp(text, word, len) == 0 && !text[len + strspn(text + len, " \t\n")];
}

static bool word_type(const char *text, const char *const *words, double *v, struct errmsg *why)
{
	struct shown s;
	int i;

	for (i = 0; i < 3; i++)
		if (same_word(text, words[i])) {
			*v = i;
			return true;
		}
	return errmsg_set(why, "%s is not %s, %s or %s", shown(&s, text), words[0], words[1], words[2]);
}

bool row_type(unsigned row, const char *text, bool plain, struct typed *t, struct errmsg *why)
{
	enum param_type type = param_rows[row].type;
	bool flag;

	*t = (struct typed){ .text = text };
	if (plain && yaml_word(text) == Y_NULL)
		return null_type(why);
	switch (type) {
	case PARAM_F64: return f64_type(text, plain, &t->v, why);
	case PARAM_UINT: return uint_type(text, plain, &t->v, why);
	case PARAM_CONF:
	case PARAM_MACD: return word_type(text, row_words(type), &t->v, why);
	case PARAM_TEXT: return string_type(text, plain, why);
	case PARAM_FLAG: break;
	}
	if (!flag_type(text, plain, &flag, why))
		return false;
	t->v = flag;
	return true;
}
