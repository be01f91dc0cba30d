/* SPDX-License-Identifier: MIT
 * What every kernel file starts from. The kernel is pure: no globals, no allocation, no I/O, no libc but libm. The same
 * text is compiled by gcc, clang, g++ and nvcc, and gives the same bits everywhere: + - * / sqrt, comparisons and
 * rounding only, in the written order, never contracted (docs/parity.md). C17 that is also C++17: no restrict, no
 * compound literals, no implicit void * casts. */
#ifndef OCQ_KERNEL_KERNEL_H
#define OCQ_KERNEL_KERNEL_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __CUDACC__
#define KERNEL_FN __host__ __device__
#else
#define KERNEL_FN
#endif
#define KERNEL_INLINE KERNEL_FN static inline
/* For a GPU. INTO: a function that becomes part of each caller, so that what the caller knows of its arguments leaves out the rest. UNROLL:
 * a loop that becomes a line, so that its array stays in registers. */
#define KERNEL_ALIGNED(n) __attribute__((aligned(n)))
#ifdef __CUDACC__
#define KERNEL_INTO __forceinline__
#define KERNEL_UNROLL _Pragma("unroll")
#else
#define KERNEL_INTO
#define KERNEL_UNROLL
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum side { SIDE_LONG, SIDE_SHORT };
enum signal_side { SIGNAL_NEUTRAL, SIGNAL_BUY, SIGNAL_SELL };
enum confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };
enum macd_mode { MACD_ACCEL, MACD_SIGN, MACD_NONE };

/* Changes whenever some input gives other events than before; part of every contract. */
#define KERNEL_VERSION "1"

#define T_NEVER INT64_MIN	/* "has not happened" in a time field */

#ifdef __cplusplus
}
#endif
#endif
