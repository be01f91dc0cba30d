/* SPDX-License-Identifier: MIT
 * Error texts: told apart by pattern, and written. */
#include "hl/errors.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

static const struct { const char *name, *text, *meaning; enum hl_reaction reaction; } errors[N_HL_ERRORS] = {
	{ "unknown", "", "a text that is not in the list", HL_DO_NOTHING },
#define HL_ERROR(name, text, reaction, meaning) { #name, text, meaning, HL_DO_##reaction },
#include "hl/errors.def"
};

static const char *const reactions[] = {
#define HL_REACTION(name, text) text,
#include "hl/errors.def"
};

/* True if text begins with what pattern allows. Each part between stars may as well be the first that is found: anything may
 * follow the last. */
static bool matches(const char *pattern, const char *text)
{
	char part[160];
	size_t n = strcspn(pattern, "*");

	if (strncasecmp(pattern, text, n) != 0)
		return false;
	text += n;
	while (*(pattern += n)) {
		n = strcspn(++pattern, "*");
		*(char *)mempcpy(part, pattern, n) = '\0';
		text = strcasestr(text, part);
		if (!text)
			return false;
		text += n;
	}
	return true;
}

enum hl_error hl_error_of(const char *text)
{
	static const char prefix[] = "L1 error: ";

	if (strncasecmp(text, prefix, sizeof prefix - 1) == 0)
		text += sizeof prefix - 1;
	for (unsigned e = HL_ERR_UNKNOWN + 1; e < N_HL_ERRORS; e++)
		if (matches(errors[e].text, text))
			return e;
	return HL_ERR_UNKNOWN;
}

const char *hl_error_name(enum hl_error e)
{
	static char names[N_HL_ERRORS][32];
	char *name = names[e];

	for (size_t i = 0; errors[e].name[i]; i++)
		name[i] = (char)tolower((unsigned char)errors[e].name[i]);
	return name;
}

const char *hl_error_text(enum hl_error e)
{
	return errors[e].text;
}

const char *hl_error_meaning(enum hl_error e)
{
	return errors[e].meaning;
}

enum hl_reaction hl_error_reaction(enum hl_error e)
{
	return errors[e].reaction;
}

const char *hl_reaction_text(enum hl_reaction r)
{
	return reactions[r];
}

void hl_error_put(struct buf *out, enum hl_error e, ...)
{
	va_list parts;

	va_start(parts, e);
	for (const char *p = errors[e].text; *p; p++) {
		if (*p == '*')
			buf_adds(out, va_arg(parts, const char *));
		else
			buf_addc(out, *p);
	}
	va_end(parts);
}
