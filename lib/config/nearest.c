/* SPDX-License-Identifier: MIT
 * Which known name is nearest to an unknown one. */
#include "config/row.h"

#include "base/near.h"

#include <string.h>

static const char *leaf(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

/* A right leaf in the wrong section is near as well. */
void nearest_try(struct nearest *n, const char *name)
{
	const char *have = leaf(n->want), *want = leaf(name);
	unsigned whole = near_distance(n->want, name), part = near_distance(have, want) + 1, cost = part < whole ? part : whole;

	if (strcmp(n->want, name) == 0)	/* a section where a key is wanted: no other spelling helps */
		return;
	if (cost > strlen(want) / 3 + 1 || cost > 4 || (n->best && cost >= n->cost))
		return;
	n->best = name;
	n->cost = cost;
}

const char *nearest_hint(const struct nearest *n, struct errmsg *hint)
{
	hint->text[0] = '\0';
	if (n->best)
		errmsg_set(hint, "; did you mean %s?", n->best);
	return hint->text;
}

const char *key_hint(const char *path, struct errmsg *hint)
{
	static const char *const others[] = { "trade", "indicators", "filters", "market_regime", "thresholds", "thresholds.entry",
		"thresholds.ranging", "thresholds.anomaly", "thresholds.tp_and_momentum", "thresholds.stoch_rsi", "engine", "runtime",
		"pipeline", "pipeline.default_profile", "pipeline.profiles", "repairs" };
	struct nearest n = { .want = path };
	unsigned i;

	for (i = 0; i < N_PARAMS; i++)
		nearest_try(&n, param_rows[i].path);
	for (i = 0; i < sizeof others / sizeof *others; i++)
		nearest_try(&n, others[i]);
	return nearest_hint(&n, hint);
}
