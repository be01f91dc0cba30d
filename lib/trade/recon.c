/* SPDX-License-Identifier: MIT
 * Two sizes compared. */
#include "trade/recon.h"

#include "trade/adopt.h"

#include <string.h>

static const char *const class_names[] = { "match", "side_mismatch", "size_mismatch", "missing_exchange", "missing_ours" };
static const char *const severity_names[] = { "none", "minor", "major", "critical" };

const char *drift_class_name(enum drift_class c)
{
	return class_names[c];
}

const char *drift_severity_name(enum drift_severity s)
{
	return severity_names[s];
}

enum drift_class drift_of(dec8 ours, dec8 theirs, enum drift_severity *severity)
{
	dec8 a = dec8_abs(ours), b = dec8_abs(theirs), larger = a > b ? a : b, apart = a > b ? a - b : b - a;

	*severity = SEVERITY_none;
	if (ours == theirs)
		return DRIFT_match;
	*severity = SEVERITY_major;
	if (theirs == 0)
		return DRIFT_missing_exchange;
	if (ours == 0)
		return DRIFT_missing_ours;
	if ((ours < 0) != (theirs < 0)) {
		*severity = SEVERITY_critical;
		return DRIFT_side_mismatch;
	}
	if (apart <= larger / 100) {
		*severity = SEVERITY_none;
		return DRIFT_match;
	}
	if (apart <= larger / 10)
		*severity = SEVERITY_minor;
	return DRIFT_size_mismatch;
}

bool drift_expected(const struct lane *l, const struct lane_symbol *s, dec8 *ours)
{
	struct adoption a;
	uint32_t k;

	for (k = 0; k < l->n_intents; k++)
		if (!lane_done(&l->intent[k]) && strcmp(l->intent[k].symbol, s->name) == 0)
			return false;
	if (s->heal)
		return false;
	adopt_look(&a, l, s);
	*ours = a.after;
	return true;
}

bool drift_heals(dec8 ours, dec8 theirs)
{
	return ours != 0 && (theirs == 0 || ((ours < 0) == (theirs < 0) && dec8_abs(theirs) < dec8_abs(ours)));
}
