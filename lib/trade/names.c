/* SPDX-License-Identifier: MIT
 * Words of the lane's records and the numbers they stand for. */
#include "trade/lane.h"

#include <string.h>

#define N(a) (sizeof (a) / sizeof *(a))

static const char *const modes[] = { "paper", "dry_live", "live", "shadow" };
static const char *const actions[] = { "OPEN", "ADD", "REDUCE", "CLOSE" };
static const char *const levels[] = { "off", "close_only", "halt_all" };
static const char *const outcomes[] = {
#define OUTCOME(name, over, meaning) #name,
#include "trade/outcomes.def"
#undef OUTCOME
};
static const char *const statuses[] = {
#define STATUS(name, over, meaning) #name,
#include "trade/statuses.def"
#undef STATUS
};
static const char *const causes[] = {
#define KILL_CAUSE(name, meaning) #name,
#include "trade/kill_causes.def"
#undef KILL_CAUSE
};

/* The place of text in a list; -1: it is not there. */
static int place(const char *const *names, unsigned n, const char *text)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(names[i], text) == 0)
			return (int)i;
	return -1;
}

/* The two directions of a list. */
#define NAMES(type, what, names) \
const char *what##_name(enum type v) \
{ \
	return (unsigned)v < N(names) ? names[v] : "unknown"; \
} \
bool what##_parse(const char *text, enum type *v) \
{ \
	int i = place(names, N(names), text); \
\
	if (i >= 0) \
		*v = (enum type)i; \
	return i >= 0; \
}
NAMES(lane_mode, lane_mode, modes)
NAMES(intent_action, intent_action, actions)
NAMES(outcome, outcome, outcomes)
NAMES(kill_cause, kill_cause, causes)
NAMES(kill_level, kill_level, levels)
#undef NAMES

const char *intent_status_name(enum intent_status s)
{
	return (unsigned)s < N(statuses) ? statuses[s] : "unknown";
}

bool outcome_over(enum outcome o)
{
	static const bool over[] = {
#define OUTCOME(name, over, meaning) over,
#include "trade/outcomes.def"
#undef OUTCOME
	};

	return over[o];
}

bool intent_status_over(enum intent_status s)
{
	static const bool over[] = {
#define STATUS(name, over, meaning) over,
#include "trade/statuses.def"
#undef STATUS
	};

	return over[s];
}
