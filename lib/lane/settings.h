/* SPDX-License-Identifier: MIT
 * A lane's risk settings from the environment. */
#ifndef OCQ_LANE_SETTINGS_H
#define OCQ_LANE_SETTINGS_H

#include "trade/risk.h"

/* Defaults, and what the environment says otherwise. A wrong value is warned of and changes nothing. */
void settings_read(struct risk_settings *s);

#endif
