/* SPDX-License-Identifier: MIT
 * Changes when a name in actions.def, reasons.def or reason_codes.def needs another spelling rule (docs/rules/report.md
 * "Reasons"). The lists themselves belong to the kernel. */
#include "engine/reason.h"

#include "base/num.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct reason_row { int code; const char *category, *text; };

static const struct reason_row reasons[N_REASONS] = {
#define REASON(name, number, code, category, text) [number] = { CODE_##code, category, text },
#include "kernel/reasons.def"
#undef REASON
};

static const char *const actions[] = {
#define ACTION(name, number) [number] = #name,
#include "kernel/actions.def"
#undef ACTION
};
enum { N_ACTIONS = sizeof actions / sizeof *actions };

static const char *const codes[N_REASON_CODES] = {
#define REASON_CODE(name, text) [CODE_##name] = text,
#include "kernel/reason_codes.def"
#undef REASON_CODE
};

static const char *const confidences[][2] = {	/* in records, in sentences */
	[CONFIDENCE_LOW] = { "low", "Low" },
	[CONFIDENCE_MEDIUM] = { "medium", "Medium" },
	[CONFIDENCE_HIGH] = { "high", "High" },
};
enum { N_CONFIDENCES = sizeof confidences / sizeof *confidences };

const char *action_name(int action)
{
	return action >= 0 && action < N_ACTIONS ? actions[action] : "UNKNOWN";
}

const char *confidence_name(int confidence)
{
	return confidence >= 0 && confidence < N_CONFIDENCES ? confidences[confidence][0] : "unknown";
}

int reason_code_of(int reason)
{
	return reason >= 0 && reason < N_REASONS ? reasons[reason].code : CODE_UNKNOWN;
}

const char *reason_code_name(int code)
{
	return codes[code >= 0 && code < N_REASON_CODES ? code : CODE_UNKNOWN];
}

const char *reason_category(int reason)
{
	return reason >= 0 && reason < N_REASONS ? reasons[reason].category : "";
}

/* One conversion of a sentence. *spec stands on the '%' and is moved behind the conversion; an argument is taken from
 * *arg unless the conversion needs none. */
static size_t convert(char *dst, size_t cap, const char **spec, const double **arg, const struct event *e)
{
	const char *s = *spec + 1;
	char number[NUM_F64_MAX], fmt[8];
	size_t n;

	if (*s == 'C') {
		*spec = s + 1;
		return (size_t)snprintf(dst, cap, "%s", e->confidence < N_CONFIDENCES ? confidences[e->confidence][1] : "Unknown");
	}
	if (*s == 'S') {
		*spec = s + 1;
		n = (size_t)(num_f64_put(number, *(*arg)++) - number);
		return (size_t)snprintf(dst, cap, "%.*s", (int)n, number);
	}
	if (*s == 'U') {
		*spec = s + 1;
		n = (size_t)(num_u64_put(number, (uint64_t)*(*arg)++) - number);
		return (size_t)snprintf(dst, cap, "%.*s", (int)n, number);
	}
	n = strcspn(s, "f") + 1;	/* ".2f" */
	snprintf(fmt, sizeof fmt, "%%%.*s", (int)n, s);
	*spec = s + n;
	return (size_t)snprintf(dst, cap, fmt, *(*arg)++);
}

size_t reason_text(char *dst, size_t cap, const struct event *e)
{
	const char *s = e->reason < N_REASONS ? reasons[e->reason].text : codes[CODE_UNKNOWN];
	const double *arg = e->arg;
	size_t len = 0, n;

	while (*s && len + 1 < cap) {
		if (*s == '%') {
			n = convert(dst + len, cap - len, &s, &arg, e);
		} else {
			dst[len] = *s++;
			n = 1;
		}
		len = n < cap - len ? len + n : cap - 1;
	}
	if (cap)
		dst[len] = '\0';
	return len;
}

int action_parse(const char *name)
{
	int i;

	for (i = 0; i < N_ACTIONS; i++)
		if (!strcmp(name, actions[i]))
			return i;
	return -1;
}

int confidence_parse(const char *name)
{
	int i;

	for (i = 0; i < N_CONFIDENCES; i++)
		if (!strcasecmp(name, confidences[i][0]))
			return i;
	return -1;
}

/* Does the sentence come from this text? A conversion matches what stands up to the text's next character. */
static bool fits(const char *text, const char *sentence)
{
	while (*text) {
		if (*text != '%') {
			if (*text++ != *sentence++)
				return false;
			continue;
		}
		text += text[1] == '.' ? strcspn(text, "f") + 1 : 2;
		if (*sentence == '\0')
			return false;
		while (*sentence && *sentence != *text)
			sentence++;
	}
	return *sentence == '\0';
}

int reason_parse(const char *sentence)
{
	int i;

	for (i = 0; i < N_REASONS; i++)
		if (fits(reasons[i].text, sentence))
			return i;
	return -1;
}
