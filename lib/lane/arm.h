/* SPDX-License-Identifier: MIT
 * Whether a live lane may send: the environment's pair and the arm file, read anew each time (docs/lane.md "Arming"). */
#ifndef OCQ_LANE_ARM_H
#define OCQ_LANE_ARM_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define ARM_CONFIRM "I_UNDERSTAND_THIS_CAN_LOSE_MONEY"

/* NULL: every condition holds. Else the first that does not, in words; a static string. file may be NULL: there is none. account: lower case. */
const char *arm_missing(const char *file, const char *account, int64_t now_ms);
/* AI_QUANT_HARD_KILL_SWITCH is set to something true. */
bool arm_hard_kill(void);

#endif
