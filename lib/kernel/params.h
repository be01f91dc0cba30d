/* SPDX-License-Identifier: MIT
 * The typed strategy parameters that rules read, made from params.def, after merging and lowering
 * (docs/rules/parameters.md). Strings (engine.interval, runtime.profile ...) live in struct config. */
#ifndef OCQ_KERNEL_PARAMS_H
#define OCQ_KERNEL_PARAMS_H

#include "kernel/kernel.h"

struct params {
#define PARAM_F64(section, key) double section##_##key;
#define PARAM_UINT(section, key) uint32_t section##_##key;
#define PARAM_FLAG(section, key) bool section##_##key;
#define PARAM_CONF(section, key) uint8_t section##_##key;	/* enum confidence */
#define PARAM_MACD(section, key) uint8_t section##_##key;	/* enum macd_mode */
#define PARAM_TEXT(section, key)
#define PARAM(type, path, section, key, init, lo, hi, flags, meaning) PARAM_##type(section, key)
#include "kernel/params.def"
#undef PARAM
#undef PARAM_F64
#undef PARAM_UINT
#undef PARAM_FLAG
#undef PARAM_CONF
#undef PARAM_MACD
#undef PARAM_TEXT
/* Repairs of reference quirks, all false by default (docs/parity.md). */
#define REPAIR(name, meaning) bool repair_##name;
#include "kernel/repairs.def"
#undef REPAIR
};

#endif
