/* SPDX-License-Identifier: MIT
 * The typed strategy parameters that rules read, made from params.def, after merging and lowering
 * (docs/rules/parameters.md). Strings (engine.interval, runtime.profile ...) live in struct config. */
#ifndef OCQ_KERNEL_PARAMS_H
#define OCQ_KERNEL_PARAMS_H

#include "kernel/kernel.h"

#include <stddef.h>

/* Members come by size, so that there are no gaps between them. */
#define WIDE_F64(member) double member;
#define WIDE_UINT(member)
#define WIDE_FLAG(member)
#define WIDE_CONF(member)
#define WIDE_MACD(member)
#define WIDE_TEXT(member)
#define WORD_F64(member)
#define WORD_UINT(member) uint32_t member;
#define WORD_FLAG(member)
#define WORD_CONF(member)
#define WORD_MACD(member)
#define WORD_TEXT(member)
#define BYTE_F64(member)
#define BYTE_UINT(member)
#define BYTE_FLAG(member) bool member;
#define BYTE_CONF(member) uint8_t member;	/* enum confidence */
#define BYTE_MACD(member) uint8_t member;	/* enum macd_mode */
#define BYTE_TEXT(member)

/* The sections that rules read once there is a signal; those of gates and signals are the others. */
#define ACCOUNT_trade(member) member
#define ACCOUNT_filters(member) member
#define ACCOUNT_market_regime(member) member
#define ACCOUNT_indicators(member)
#define ACCOUNT_entry(member)
#define ACCOUNT_ranging(member)
#define ACCOUNT_anomaly(member)
#define ACCOUNT_tp_and_momentum(member)
#define ACCOUNT_stoch_rsi(member)
#define ACCOUNT_engine(member)
#define ACCOUNT_runtime(member)
#define SIGNAL_trade(member)
#define SIGNAL_filters(member)
#define SIGNAL_market_regime(member)
#define SIGNAL_indicators(member) member
#define SIGNAL_entry(member) member
#define SIGNAL_ranging(member) member
#define SIGNAL_anomaly(member) member
#define SIGNAL_tp_and_momentum(member) member
#define SIGNAL_stoch_rsi(member) member
#define SIGNAL_engine(member) member
#define SIGNAL_runtime(member) member

struct params {
#define PARAM(type, path, section, key, init, lo, hi, flags, meaning) ACCOUNT_##section(WIDE_##type(section##_##key))
#include "kernel/params.def"
#undef PARAM
#define PARAM(type, path, section, key, init, lo, hi, flags, meaning) ACCOUNT_##section(WORD_##type(section##_##key))
#include "kernel/params.def"
#undef PARAM
#define PARAM(type, path, section, key, init, lo, hi, flags, meaning) ACCOUNT_##section(BYTE_##type(section##_##key))
#include "kernel/params.def"
#undef PARAM
/* PARAMS_ACCOUNT bytes up to here. */
#define PARAM(type, path, section, key, init, lo, hi, flags, meaning) SIGNAL_##section(WIDE_##type(section##_##key))
#include "kernel/params.def"
#undef PARAM
#define PARAM(type, path, section, key, init, lo, hi, flags, meaning) SIGNAL_##section(WORD_##type(section##_##key))
#include "kernel/params.def"
#undef PARAM
#define PARAM(type, path, section, key, init, lo, hi, flags, meaning) SIGNAL_##section(BYTE_##type(section##_##key))
#include "kernel/params.def"
#undef PARAM
/* Repairs of reference quirks, all false by default (docs/parity.md). */
#define REPAIR(name, meaning) bool repair_##name;
#include "kernel/repairs.def"
#undef REPAIR
};

#define PARAMS_ACCOUNT offsetof(struct params, entry_min_adx)

#endif
