/* SPDX-License-Identifier: MIT
 * A sweep specification: the axes of a parameter space, from YAML (docs/sweep.md "The specification"). */
#ifndef OCQ_CONFIG_SPEC_H
#define OCQ_CONFIG_SPEC_H

#include "config/config.h"

/* One axis. Values are a sweep's numbers, as the file lists them. A gate makes the axis active only where the row gate_row has
 * the value gate_eq (to 1e-9); an inactive axis stays at its first value. */
struct spec_axis {
	uint16_t row;			/* of params.def: param_rows[row].path */
	uint32_t n;
	double *value;			/* n >= 1, finite, within the key's hard range */
	bool gated;
	uint16_t gate_row;
	double gate_eq;
	int gate_axis;			/* index of the axis of gate_row, -1: no axis has it */
	uint32_t line;			/* of the file */
};

struct spec {
	struct spec_axis *axis;		/* in file order */
	uint32_t n;
	bool has_balance, has_lookback;
	double initial_balance_usd;
	uint32_t lookback;
	char *file;			/* for messages */
};

/* Reads and checks ("-" is stdin). False: *e says file:line, the axis and what would be right, for unknown keys, paths that are
 * no axis, doubled paths (both names of one key too), no values, values that are no numbers or out of range, gates on paths
 * that do not exist, and gates that form a cycle. s needs no release then. */
bool spec_load(struct spec *s, const char *path, struct errmsg *e) MUST_USE;
/* The same from memory; name stands for the file in messages. */
bool spec_load_text(struct spec *s, const char *name, const char *text, size_t len, struct errmsg *e) MUST_USE;
void spec_release(struct spec *s);
/* Warns of what is allowed and looks like a mistake: axes that no listed value of their gate's axis makes active, values that
 * the key takes as another one, values outside the key's usual domain. */
void spec_check(const struct spec *s, config_warn_fn *on_warning, void *arg);
/* Does the value at a gate open it? */
bool spec_opens(const struct spec_axis *a, double gate_value);
/* Index of the axis of a row, or of its other name; -1: none. */
int spec_find(const struct spec *s, unsigned row);

#endif
