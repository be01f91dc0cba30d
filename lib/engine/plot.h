/* SPDX-License-Identifier: MIT
 * Equity and drawdown as a picture, drawn by gnuplot. */
#ifndef OCQ_ENGINE_PLOT_H
#define OCQ_ENGINE_PLOT_H

#include "engine/chart.h"

/* path ends in .png or .svg; the file appears whole or not at all. False: *status is EX_USAGE (another ending), EX_ABSENT
 * (no gnuplot) or EX_RETRY (it failed, or the file cannot be written). */
bool plot_write(const char *path, const char *title, const struct curve *equity, const struct curve *drawdown,
		struct errmsg *e, int *status) MUST_USE;

#endif
