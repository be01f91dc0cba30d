/* SPDX-License-Identifier: MIT
 * A behaviour plan: which behaviours are on, and in which order exits and entry modes are tried. Only these two groups
 * honour order (docs/rules/behaviours.md). */
#ifndef OCQ_KERNEL_PLAN_H
#define OCQ_KERNEL_PLAN_H

#include "kernel/kernel.h"

enum behaviour {
#define BEHAVIOUR_GROUP(group)
#define BEHAVIOUR(group, name, id, meaning) B_##name,
#include "kernel/behaviours.def"
#undef BEHAVIOUR
#undef BEHAVIOUR_GROUP
	N_BEHAVIOURS
};

enum { N_EXITS = 18, N_MODES = 3 };

struct plan {
	uint64_t on;			/* bit per enum behaviour */
	uint8_t exits[N_EXITS];		/* enum behaviour, in the order tried */
	uint8_t modes[N_MODES];
};

KERNEL_INLINE bool plan_on(const struct plan *p, int b)
{
	return p->on >> b & 1;
}

/* Everything on, in default order. */
KERNEL_INLINE void plan_default(struct plan *p)
{
	int i;

	p->on = ((uint64_t)1 << N_BEHAVIOURS) - 1;
	for (i = 0; i < N_EXITS; i++)
		p->exits[i] = (uint8_t)(B_EXIT_STOP_LOSS_ASE + i);
	for (i = 0; i < N_MODES; i++)
		p->modes[i] = (uint8_t)(B_SIGNAL_MODE_STANDARD_TREND + i);
}

#endif
