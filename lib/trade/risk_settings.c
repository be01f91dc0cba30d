/* SPDX-License-Identifier: MIT
 * Settings of the risk rules, and the words that operators use: truths, kill levels. */
#include "trade/risk.h"

#include "base/num.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void risk_defaults(struct risk_settings *s)
{
	memset(s, 0, sizeof *s);
#define RISK_SETTING(kind, name, dflt, lo, hi, variable, meaning) s->name = dflt;
#include "trade/risk_settings.def"
#undef RISK_SETTING
}

/* Text of one word, trimmed; false: it is longer, or not there. */
static bool word_of(const char *text, char word[32])
{
	size_t n;

	if (!text)
		return false;
	while (isspace((unsigned char)*text))
		text++;
	n = strlen(text);
	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	if (n == 0 || n >= 32)
		return false;
	memcpy(word, text, n);
	word[n] = '\0';
	return true;
}

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcasecmp(word, *list) == 0)
			return true;
	return false;
}

static const char *const yes[] = { "1", "true", "yes", "y", "on", NULL };
static const char *const no[] = { "0", "false", "no", "n", "off", NULL };

bool truthy(const char *text)
{
	char word[32];

	return word_of(text, word) && is_one_of(word, yes);
}

static bool read_bool(const char *text, bool *v)
{
	char word[32];

	if (!word_of(text, word) || (!is_one_of(word, yes) && !is_one_of(word, no)))
		return false;
	*v = is_one_of(word, yes);
	return true;
}

static bool read_double(const char *text, double *v)
{
	char word[32];
	const char *end;

	if (!word_of(text, word))
		return false;
	end = word + strlen(word);
	return num_f64_get(word, end, v) == end && isfinite(*v);
}

struct reading { const char *(*get)(void *arg, const char *name); void (*say)(void *arg, const char *text); void *arg; unsigned wrong; };

static void is_wrong(struct reading *r, const char *variable, const char *text, double lo, double hi)
{
	char line[256];

	snprintf(line, sizeof line, "%s: \"%.40s\" is not from %g to %g: it stays as it was", variable, text, lo, hi);
	r->say(r->arg, line);
	r->wrong++;
}

static void setting_bool(struct reading *r, bool *to, const char *variable, double lo, double hi)
{
	const char *text = r->get(r->arg, variable);

	if (text && *text && !read_bool(text, to))
		is_wrong(r, variable, text, lo, hi);
}

static void setting_double(struct reading *r, double *to, const char *variable, double lo, double hi)
{
	const char *text = r->get(r->arg, variable);
	double v;

	if (!text || !*text)
		return;
	if (read_double(text, &v) && v >= lo && v <= hi)
		*to = v;
	else
		is_wrong(r, variable, text, lo, hi);
}

static void setting_exclude(struct reading *r, struct risk_settings *s)
{
	static const char variable[] = "AI_QUANT_RISK_EXPOSURE_EXCLUDE_SYMBOLS";
	const char *text = r->get(r->arg, variable);
	char line[128];

	if (!text)
		return;
	if (strlen(text) < sizeof s->exclude) {
		strcpy(s->exclude, text);
		return;
	}
	snprintf(line, sizeof line, "%s has more than %zu bytes: it stays as it was", variable, sizeof s->exclude - 1);
	r->say(r->arg, line);
	r->wrong++;
}

unsigned risk_read(struct risk_settings *s, const char *(*get)(void *arg, const char *name), void (*say)(void *arg, const char *text),
		   void *arg)
{
	struct reading r = { get, say, arg, 0 };

#define RISK_SETTING(kind, name, dflt, lo, hi, variable, meaning) setting_##kind(&r, &s->name, variable, lo, hi);
#include "trade/risk_settings.def"
#undef RISK_SETTING
	setting_exclude(&r, s);
	return r.wrong;
}

/* Whether one of the words of a text, which is letters, digits and '_', is in the list. */
static bool has_word(const char *text, const char *const *list)
{
	char word[32];

	for (size_t n; *text; text += n) {
		for (n = 0; isalnum((unsigned char)text[n]) || text[n] == '_'; n++)
			;
		if (n > 0 && n < sizeof word) {
			memcpy(word, text, n);
			word[n] = '\0';
			if (is_one_of(word, list))
				return true;
		}
		n += n == 0;
	}
	return false;
}

/* Where words contradict each other the one that closes more holds. */
bool kill_text(const char *text, const char *mode, enum kill_level *level, bool *clear)
{
	static const char *const halts[] = { "halt", "halt_all", "2", "stop", "full", NULL };
	static const char *const closes[] = { "close_only", "close", NULL };
	static const char *const clears[] = { "clear", "resume", "off", "unpause", NULL };

	*level = KILL_OFF;
	*clear = false;
	if (!text)
		return false;
	if (has_word(text, halts))
		*level = KILL_HALT_ALL;
	else if (has_word(text, closes))
		*level = KILL_CLOSE_ONLY;
	else if (has_word(text, yes))
		*level = mode && has_word(mode, halts) ? KILL_HALT_ALL : KILL_CLOSE_ONLY;
	else
		*clear = has_word(text, clears);
	return *level != KILL_OFF || *clear;
}
