/* SPDX-License-Identifier: MIT
 * Which reproduced quirks bear on a run. */
#ifndef OCQ_ENGINE_COMPAT_H
#define OCQ_ENGINE_COMPAT_H

#include "engine/run.h"

#define COMPAT_MAX 64

/* Fills names (NULL-terminated, static strings) and returns how many. */
int compat_list(const char *names[COMPAT_MAX], const struct config *c, const struct market *m, const struct run_options *o);

#endif
